"""Asks how long each part of a scenario lasts under each cut; what cannot have changed is not asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from planner.runway.cuts import Cut, Source
from planner.runway.grid import nominal_days
from planner.runway.levers import LEVERS, reach
from planner.runway.loss import loss_of
from planner.runway.search import DAY, Answer, latest
from planner.runway.trial import Case, Question, trial
from planner.workers import in_parallel

ALL = ""
"""The question for all demands together; the others are named by the demand that is asked for alone."""
Count = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Gain:
    """What a lever does for one question."""

    name: str
    """The question."""
    lever: str
    without: Answer
    answer: Answer


@dataclass(frozen=True)
class Found:
    """What a cut does to one part of the scenario."""

    answers: Mapping[str, Answer]
    """By question."""
    loss: float | None
    gains: Sequence[Gain] = ()


@dataclass(frozen=True)
class _Task:
    """One cut of one part, to be asked in any process."""

    case: Case
    cut: frozenset[Source]
    known: Mapping[str, Answer]
    """By question: an answer under fewer failures, which is no sooner. Nothing where none is known."""
    names: Sequence[str]
    base: Mapping[str, Answer] = field(default_factory=dict)
    """Answers where nothing fails, from which lost days are counted."""
    levers: bool = False
    losses: bool = True


def questions(case: Case) -> list[str]:
    """All demands together, and each one alone where there are several."""
    demands = case.scenario.demands
    return [ALL, *(demands if len(demands) > 1 else ())]


def as_it_is(cases: Sequence[Case], levers: bool, workers: int | None, count: Count) -> list[Found]:
    """Ask every part where nothing fails; levers are asked for all demands together."""
    tasks = [(case, name) for case in cases for name in questions(case)]
    answers = in_parallel(_alone, tasks, workers, lambda done: count("as it is", done, len(tasks)))
    by_case: list[dict[str, Answer]] = [{} for _ in cases]
    place = {case.key: number for number, case in enumerate(cases)}
    for (case, name), answer in zip(tasks, answers, strict=True):
        by_case[place[case.key]][name] = answer
    helped = [_Task(case, frozenset(), {}, [ALL], found, levers=True) for case, found in zip(cases, by_case, strict=True) if levers]
    gains = in_parallel(_gains, helped, workers, lambda done: count("levers", done, len(helped))) if helped else [[] for _ in cases]
    return [Found(found, 0.0, gain) for found, gain in zip(by_case, gains, strict=True)]


def failing(
    wanted: Sequence[tuple[Case, Cut, Sequence[Found]]], base: Mapping[str, Found], levers: bool, workers: int | None, what: str, count: Count
) -> list[Found]:
    """Ask parts with something failing.

    Args:
        wanted: Part, cut, and what is known of the part under fewer failures.
        base: By key of the part: what is known where nothing fails.
        levers: Whether to ask what levers give where time is lost.
        workers: Processes.
        what: What is being done, in words.
        count: Told of progress.
    """
    tasks: dict[tuple[str, frozenset[Source]], _Task] = {}
    order = []
    for case, cut, known in wanted:
        # countries with one supplier, and suppliers with one contract, are asked once
        sources = frozenset(source for source in cut.sources if source[1] in getattr(case.scenario, source[0]))
        order.append((case.key, sources))
        if order[-1] not in tasks:
            tasks[order[-1]] = _Task(case, sources, _soonest([found.answers for found in known]), questions(case), base[case.key].answers, levers)
    found = in_parallel(_failing, list(tasks.values()), workers, lambda done: count(what, done, len(tasks)))
    by_task = dict(zip(tasks, found, strict=True))
    return [by_task[key] for key in order]


def _soonest(known: Sequence[Mapping[str, Answer]]) -> dict[str, Answer]:
    return {name: min((answers[name] for answers in known), key=lambda answer: answer.day) for name in known[0]}


def _alone(task: tuple[Case, str]) -> Answer:
    case, name = task
    return latest(case, _question(case, name, frozenset()), case.calendar.start, case.calendar.end)


def _question(case: Case, name: str, cut: frozenset[Source], lever: str = "") -> Question:
    return Question(frozenset(case.scenario.demands if name == ALL else [name]), cut, lever)


def _failing(task: _Task) -> Found:
    case = task.case
    answers = {name: _without(case, name, task.cut, task.known[name]) for name in task.names}
    found = Found(answers, loss_of(case).of(task.cut) if task.losses else None)
    lost = {name: nominal_days(case.calendar, answers[name].day, task.base[name].day) for name in answers}
    most = max(lost, key=lambda name: lost[name])
    if not task.levers or lost[most] <= 0:
        return found
    return Found(found.answers, found.loss, _gains(_Task(case, task.cut, answers, [most], answers)))


def _without(case: Case, name: str, cut: frozenset[Source], known: Answer) -> Answer:
    """The answer without some sources: the same where a plan that lasts as long uses none of them."""
    if not known.used & cut:
        return known
    found = latest(case, _question(case, name, cut), case.calendar.start, known.day)
    if found.day < known.day:
        return found
    return Answer(known.day, known.open, known.short, known.rule, found.used)


def _gains(task: _Task) -> list[Gain]:
    """What each lever gives for some questions."""
    found = []
    for name in task.names:
        without = task.base[name]
        if not without.open:
            found += [Gain(name, lever, without, _helped(task.case, _question(task.case, name, task.cut, lever), without)) for lever in LEVERS]
    return found


def _helped(case: Case, question: Question, without: Answer) -> Answer:
    """The answer with the help of a lever; the same where it does not give even one day."""
    following = without.day + DAY
    if not reach(case.scenario, question.lever) or not trial(case, following, question.lever == "ramps").ask(question).served:
        return without
    return latest(case, question, following, case.calendar.end)


def days(case: Case, day: dt.date) -> float:
    """Days from the failure to a day; none where it lies before."""
    return nominal_days(case.calendar, case.first, day) if day > case.first else 0.0
