"""Asks how long each part of a scenario lasts under each cut; what cannot have changed is not asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.runway.cuts import AS_IT_IS, Cut, Source
from planner.runway.grid import nominal_days
from planner.runway.levers import LEVERS, reach
from planner.runway.loss import Rise, loss_of
from planner.runway.search import DAY, Answer, latest
from planner.runway.trial import Question, trial
from planner.runway.unserved import Case
from planner.stopwatch import Count
from planner.workers import in_parallel

ALL = ""
"""The question for all demands together; the others are named by the demand that is asked for alone."""


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
    loss: Rise | None
    gains: Sequence[Gain] = ()


@dataclass(frozen=True)
class _Task:
    """One cut of one part, to be asked in any process."""

    case: Case
    cut: frozenset[Source]
    fewer: Mapping[str, Answer]
    """By question: an answer under fewer failures."""
    base: Mapping[str, Answer]
    """By question: the answer where nothing fails."""
    levers: bool


def questions(case: Case) -> list[str]:
    """All demands together, and each one alone where there are several."""
    demands = case.scenario.demands
    return [ALL, *(demands if len(demands) > 1 else ())]


@dataclass(frozen=True)
class Asked:
    """A cut with what it does to each part that it reaches, by key of the part."""

    cut: Cut
    parts: Mapping[str, Found]


class Asker:
    """Asks parts of a scenario about cuts, and remembers the answers.

    Args:
        cases: The parts.
        levers: Whether to ask what levers give, where time is lost.
        workers: Processes.
        count: Told of progress.
    """

    def __init__(self, cases: Sequence[Case], levers: bool, workers: int | None, count: Count) -> None:
        self.cases, self.levers, self.workers, self.count = cases, levers, workers, count
        self.known: dict[str, dict[frozenset[Source], Found]] = {case.key: {} for case in cases}

    def as_it_is(self) -> Asked:
        """Ask every part where nothing fails; levers are asked for all demands together."""
        tasks = [(case, name) for case in self.cases for name in questions(case)]
        answers: dict[str, dict[str, Answer]] = {case.key: {} for case in self.cases}
        for (case, name), answer in zip(tasks, in_parallel(_alone, tasks, self.workers, self._telling("as it is", len(tasks))), strict=True):
            answers[case.key][name] = answer
        helped = [_Task(case, frozenset(), {}, answers[case.key], True) for case in self.cases if self.levers]
        gains = in_parallel(_gains_of_all, helped, self.workers, self._telling("levers", len(helped)))
        for place, case in enumerate(self.cases):
            self.known[case.key][frozenset()] = Found(answers[case.key], Rise(0.0, 0.0), gains[place] if gains else ())
        return Asked(AS_IT_IS, {case.key: self.known[case.key][frozenset()] for case in self.cases})

    def ask(self, cuts: Sequence[Cut], what: str, levers: bool = True) -> list[Asked]:
        """Ask about cuts; what was asked under another name is not asked again.

        Args:
            cuts: Each one with what it fails.
            what: What they are, for those who wait.
            levers: Whether levers are of interest.
        """
        reached = [{case.key: sources for case in self.cases if (sources := _within(case, cut))} for cut in cuts]
        tasks: dict[tuple[str, frozenset[Source]], _Task] = {}
        for parts in reached:
            for case in self.cases:
                failed = parts.get(case.key, frozenset())
                if failed not in self.known[case.key]:
                    tasks[case.key, failed] = _Task(case, failed, self._fewer(case, failed), self._base(case), self.levers and levers)
        found = in_parallel(_failing, list(tasks.values()), self.workers, self._telling(what, len(tasks)))
        for (key, failed), one in zip(tasks, found, strict=True):
            self.known[key][failed] = one
        return [Asked(cut, {key: self.known[key][sources] for key, sources in parts.items()}) for cut, parts in zip(cuts, reached, strict=True)]

    def _base(self, case: Case) -> Mapping[str, Answer]:
        return self.known[case.key][frozenset()].answers

    def _fewer(self, case: Case, sources: frozenset[Source]) -> dict[str, Answer]:
        """The soonest answers under fewer failures: with all of them it is no later."""
        fewer = [found.answers for failed, found in self.known[case.key].items() if failed < sources]
        return {name: min((answers[name] for answers in fewer), key=lambda answer: answer.day) for name in questions(case)}

    def _telling(self, what: str, of: int) -> Callable[[int], None]:
        return lambda done: self.count(what, done, of)


def _within(case: Case, cut: Cut) -> frozenset[Source]:
    """The sources of a cut that a part has."""
    return frozenset(source for source in cut.sources if source[1] in getattr(case.scenario, source[0]))


def _alone(task: tuple[Case, str]) -> Answer:
    case, name = task
    question = _question(case, name, frozenset())
    answer = latest(case, question, case.calendar.start, case.calendar.end)
    # the fewer sources a plan needs, the fewer cuts can change its time
    needed = trial(case, answer.day).lean(question) if answer.day > case.calendar.start else None
    return answer if needed is None else replace(answer, used=needed)


def _question(case: Case, name: str, cut: frozenset[Source], lever: str = "") -> Question:
    return Question(frozenset(case.scenario.demands if name == ALL else [name]), cut, lever)


def _failing(task: _Task) -> Found:
    case = task.case
    answers = {name: _without(case, name, task.cut, task.fewer[name]) for name in questions(case)}
    loss = loss_of(case).of(task.cut)
    lost = {name: nominal_days(case.calendar, answer.day, task.base[name].day) for name, answer in answers.items()}
    most = max(lost, key=lambda name: lost[name])
    return Found(answers, loss, _gains(case, most, task.cut, answers[most]) if task.levers and lost[most] > 0 else ())


def _without(case: Case, name: str, cut: frozenset[Source], known: Answer) -> Answer:
    """The answer without some sources: the same where a plan that lasts as long uses none of them."""
    if not known.used & cut:
        return known
    found = latest(case, _question(case, name, cut), case.calendar.start, known.day)
    if found.day < known.day:
        return found
    return replace(known, used=found.used)


def _gains_of_all(task: _Task) -> list[Gain]:
    return _gains(task.case, ALL, task.cut, task.base[ALL])


def _gains(case: Case, name: str, cut: frozenset[Source], without: Answer) -> list[Gain]:
    """What each lever gives for one question; nothing where all is served to the end anyway."""
    if without.open:
        return []
    return [Gain(name, lever, without, _helped(case, _question(case, name, cut, lever), without)) for lever in LEVERS]


def _helped(case: Case, question: Question, without: Answer) -> Answer:
    """The answer with the help of a lever; the same where it does not give even one day."""
    following = without.day + DAY
    if not reach(case.scenario, question.lever) or not trial(case, following, question.lever == "ramps").ask(question).served:
        return without
    return latest(case, question, following, case.calendar.end)


def days(case: Case, day: dt.date) -> float:
    """Days from the failure to a day; none where it lies before."""
    return nominal_days(case.calendar, case.first, day) if day > case.first else 0.0
