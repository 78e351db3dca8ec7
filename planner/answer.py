"""The answer to a scenario, part by part: each is built, solved, proven, tabulated and rechecked by itself, then all are put together."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from planner.collector import collector_paused
from planner.errors import CheckError, LimitError
from planner.optimum import Best, find_best
from planner.program import cost_lines, program_of
from planner.results.coded import Coded
from planner.results.columns import Answer
from planner.results.tables import joined, make_tables
from planner.scenario.dates import Calendar
from planner.scenario.parts import split
from planner.scenario.schema import Budget, MaxEmissions, Scenario, StockLimit
from planner.scenario.size import size_of
from planner.solver.certificate import Certificate
from planner.solver.engine import SPENT, Option
from planner.solver.highs import NoSolution
from planner.stopwatch import Progress, Stopwatch
from planner.verify.recheck import Check, recheck
from planner.workers import in_parallel, worthwhile

WORTH_WORKERS = 150_000
"""Coefficients below which a scenario is solved sooner than a worker process has started."""


@dataclass(frozen=True)
class Manner:
    """How to solve."""

    tie_break: bool = True
    options: Mapping[str, Option] | None = None
    deadline: float | None = None
    """Value of ``time.time()``, which all processes share, at which every solve stops."""

    @property
    def left(self) -> float | None:
        """Seconds that are left."""
        return None if self.deadline is None else self.deadline - time.time()


@dataclass(frozen=True)
class Part:
    """One part of a scenario, to be solved in any process."""

    scenario: Scenario
    calendar: Calendar
    manner: Manner


@dataclass(frozen=True)
class Answered:
    """An answer that has passed its checks, of a part or of the whole."""

    tables: Coded
    costs: dict[str, float]
    """Discounted money by cost line."""
    checks: list[Check]
    certificate: Certificate
    options: dict[str, Any]
    attempts: list[dict[str, Any]]
    """Ways to solve that were tried, each once."""
    tie_break: dict[str, str]
    size: dict[str, int]
    """Rows, columns and non-zeros."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By stage, added up over parts."""
    parts: int = 1


def answer(scenario: Scenario, calendar: Calendar, manner: Manner, workers: int | None = None, progress: Progress | None = None) -> Answered | list[Scenario]:
    """Answer a scenario.

    Args:
        scenario: The scenario.
        calendar: Its grid.
        manner: How to solve.
        workers: Processes; None for one a core where that pays.
        progress: Called with a stage and its seconds so far.

    Returns:
        The answer, the same for any number of workers, or the parts that have no plan.

    Raises:
        LimitError: if the time limit was reached.
        CheckError: if an answer failed its check.
    """
    parts = [Part(part, calendar, manner) for part in split(scenario, calendar)]
    if len(parts) == 1:
        found = answer_part(parts[0], progress)
        return [scenario] if found is None else found
    number = worthwhile(workers, size_of(scenario, calendar), WORTH_WORKERS)
    clock, started = Stopwatch(progress), time.perf_counter()
    outcomes = in_parallel(answer_part, parts, number, lambda done: clock.tell(f"part {done} of {len(parts)}", time.perf_counter() - started))
    without = [part.scenario for part, outcome in zip(parts, outcomes, strict=True) if outcome is None]
    return without or _checked_whole(scenario, calendar, put_together([outcome for outcome in outcomes if outcome is not None]))


def answer_part(part: Part, progress: Progress | None = None) -> Answered | None:
    """Answer one part; None where it has no plan.

    Raises:
        LimitError: if the time limit was reached.
        CheckError: if the answer failed its check.
    """
    # what is made for a part is gone through once, when the part is done
    with collector_paused():
        return _answered(part, Stopwatch(progress))


def _answered(part: Part, clock: Stopwatch) -> Answered | None:
    manner, waited = part.manner, SPENT.seconds
    with clock.stage("build"):
        data, program = program_of(part.scenario, part.calendar)
    if manner.left is not None and manner.left <= 0:
        raise LimitError("the solver reached its time limit; there is no plan")
    with clock.stage("solve"):
        best = find_best(
            part.scenario,
            data,
            program,
            tie_break=manner.tie_break,
            time_limit=manner.left,
            waiting=lambda seconds: clock.tell("solve", seconds),
            options=manner.options,
        )
    if isinstance(best, NoSolution):
        return None
    with clock.stage("check"):
        tables = make_tables(Answer(part.scenario, part.calendar, data, program, best.solution, best.intervals))
        costs = cost_lines(program, best.solution)
        checks = recheck(part.scenario, part.calendar, tables.frames(), costs, sum(costs.values()))
        _must_pass(checks, best.certificate)
    size = {"rows": program.shape[0], "columns": program.shape[1], "nonzeros": len(program.value)}
    seconds = {**clock.seconds, "highs": round(SPENT.seconds - waited, 4)}
    return Answered(tables, costs, checks, best.certificate, best.solution.options, _attempts(best), best.stages, size, seconds)


def _checked_whole(scenario: Scenario, calendar: Calendar, found: Answered) -> Answered:
    """The whole with its own check, where a policy adds up over materials: were it in one part only, no part would notice."""
    if not any(isinstance(policy, StockLimit | Budget | MaxEmissions) for policy in scenario.policies.values()):
        return found
    checks = recheck(scenario, calendar, found.tables.frames(), found.costs, sum(found.costs.values()))
    _must_pass(checks)
    return replace(found, checks=checks)


def put_together(parts: Sequence[Answered]) -> Answered:
    """The answer to the whole from those to its parts: flows stand side by side, money adds up, residuals are the worst of all."""
    worst: dict[str, Check] = {}
    for check in (check for part in parts for check in part.checks):
        if check.rule not in worst or check.relative > worst[check.rule].relative:
            worst[check.rule] = check
    return Answered(
        tables=joined([part.tables for part in parts]),
        costs=_added(part.costs for part in parts),
        checks=[worst[rule] for rule in sorted(worst)],
        certificate=_worst_certificate([part.certificate for part in parts]),
        options=parts[0].options,
        attempts=_each_once(attempt for part in parts for attempt in part.attempts),
        tie_break=_summarised([part.tie_break for part in parts]),
        size=_added(part.size for part in parts),
        seconds={name: round(value, 4) for name, value in _added(part.seconds for part in parts).items()},
        parts=len(parts),
    )


def _added(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums by key, the same to the last digit in whichever order the parts come."""
    numbers: dict[str, list[Any]] = {}
    for part in parts:
        for key, value in part.items():
            numbers.setdefault(key, []).append(value)
    return {key: math.fsum(values) if isinstance(values[0], float) else sum(values) for key, values in numbers.items()}


def _worst_certificate(parts: Sequence[Certificate]) -> Certificate:
    return Certificate(
        primal=max(part.primal for part in parts),
        dual=max(part.dual for part in parts),
        gap=max(part.gap for part in parts),
        primal_objective=sum(part.primal_objective for part in parts),
        dual_objective=sum(part.dual_objective for part in parts),
    )


def _attempts(best: Best) -> list[dict[str, Any]]:
    return [{"options": dict(attempt.options), "status": attempt.status, "accepted": attempt.accepted} for attempt in best.solution.attempts]


def _each_once(attempts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for attempt in attempts:
        if attempt not in found:
            found.append(attempt)
    return found


def _summarised(parts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What became of each preference: where parts differ, in how many of them."""
    outcomes: dict[str, Counter[str]] = {}
    for part in parts:
        for name, outcome in part.items():
            outcomes.setdefault(name, Counter())[outcome] += 1
    return {
        name: next(iter(found)) if len(found) == 1 else ", ".join(f"{outcome} in {number} parts" for outcome, number in sorted(found.items()))
        for name, found in outcomes.items()
    }


def _must_pass(checks: list[Check], certificate: Certificate | None = None) -> None:
    failed = [f"{check.rule}: off by {check.absolute:.6g} ({check.relative:.1e} of its size) at {check.where}" for check in checks if not check.passed]
    if certificate is not None and not certificate.passed:
        failed.insert(0, f"certificate: primal {certificate.primal:.1e}, dual {certificate.dual:.1e}, gap {certificate.gap:.1e}")
    if failed:
        raise CheckError("the answer failed its check and was not written:\n  " + "\n  ".join(failed))
