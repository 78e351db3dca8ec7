"""The optimum of a scenario: solved, proven, and settled where several plans or prices are equally good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from planner.compile.preference import preferences
from planner.errors import CheckError, LimitError
from planner.scenario.schema import Scenario
from planner.solver.certificate import Certificate, certify
from planner.solver.components import components
from planner.solver.directions import Directions
from planner.solver.engine import Basis, Option, SolverError
from planner.solver.face import Preference, settle, significant
from planner.solver.highs import NoSolution, Solution, solve
from planner.solver.lower import LinearProgram
from sourcing_lp.data import SourcingData

SAME_COST = 1e-8
"""Plans whose costs differ by less, relative to the sum of all costs and credits in them, cost the same."""
MOST_INTERVALS = 24
"""Prices that are not unique get an interval, first periods first; each takes two more runs of the solver, so only so many a component."""


@dataclass(frozen=True)
class Best:
    """A proven optimum."""

    solution: Solution
    certificate: Certificate
    stages: dict[str, str] = field(default_factory=dict)
    """What became of each preference among plans of equal cost."""
    intervals: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Smallest and largest optimal dual of some rows."""


def find_best(
    scenario: Scenario,
    data: SourcingData,
    program: LinearProgram,
    *,
    tie_break: bool = True,
    time_limit: float | None = None,
    waiting: Callable[[float], None] | None = None,
    options: Mapping[str, Option] | None = None,
    start: Basis | None = None,
    prices: bool = True,
) -> Best | NoSolution:
    """Solve a program, prove the answer, and choose among equals.

    Args:
        scenario: The scenario.
        data: What it compiles to.
        program: What that lowers to.
        tie_break: Whether to choose; without, the plan may depend on the solver.
        time_limit: Seconds for everything; None for no limit.
        waiting: Called about ten times a second with the seconds so far.
        options: HiGHS options of the first way to solve.
        start: Basis of a program with the same rows and columns, near which the optimum is expected.
        prices: Whether to choose among optimal prices as well, and to find how far others may lie; the plan is the same without.

    Raises:
        LimitError: if a limit was reached before an optimum.
        Interrupted: if the user pressed Ctrl-C.
        SolverError: if HiGHS failed in every way.
    """
    outcome = solve(program, time_limit, waiting, lambda solution: certify(program, solution).passed, options, start)
    if isinstance(outcome, NoSolution):
        return outcome
    first = _best(program, replace(outcome, x=significant(outcome.x), y=significant(outcome.y), d=significant(outcome.d)))
    if not tie_break or outcome.optimum is None or not first.certificate.passed:
        return replace(first, stages={} if tie_break else {"tie-break": "off"})
    columns, _ = components(program)
    ranked = [Preference(name, weights) for name, weights in preferences(scenario, data, program.columns, columns)]
    for warm in (True, False):
        try:
            settled = settle(outcome, ranked, warm, prices)
        except LimitError:
            return replace(first, stages={"tie-break": "skipped: time limit"})
        except SolverError:
            continue
        second = _best(program, settled.solution)
        if second.certificate.passed and _cost_the_same(program, first.solution, second.solution):
            found = _intervals(data, program, settled.directions) if prices else {}
            return replace(second, stages=settled.stages, intervals=found)
    return replace(first, stages={"tie-break": "skipped: no other plan could be proven to cost the same"})


def proven_best(scenario: Scenario, data: SourcingData, program: LinearProgram, tie_break: bool = True) -> Best | NoSolution:
    """The optimum that further questions are asked of.

    Args:
        scenario: The scenario.
        data: What it compiles to.
        program: What that lowers to.
        tie_break: Whether to choose among plans of equal cost.

    Raises:
        CheckError: if it could not be proven.
    """
    best = find_best(scenario, data, program, tie_break=tie_break)
    if isinstance(best, Best) and not best.certificate.passed:
        raise CheckError("the cheapest plan could not be proven, so nothing can be asked of it")
    return best


def _intervals(data: SourcingData, program: LinearProgram, directions: Directions | None) -> dict[int, tuple[float, float]]:
    """Range of the prices that say what one more unit of a material is worth."""
    assert directions is not None
    try:
        return directions.intervals(_balances(data, program), MOST_INTERVALS)
    except (LimitError, SolverError):
        # the plan and its prices stand; only how unique they are stays open
        return {}


def _best(program: LinearProgram, solution: Solution) -> Best:
    return Best(solution, certify(program, solution))


def _balances(data: SourcingData, program: LinearProgram) -> list[int]:
    """Rows whose duals say what one more unit of a demanded material is worth, in order of time."""
    position = {t: place for place, t in enumerate(data.time.periods)}
    demanded = {(m, data.demand.party[n]) for n, m in data.demand.material.items()}
    rows = [(position[index[-1]], row) for row, (rule, index) in enumerate(program.rows) if rule == "material_balance" and index[:2] in demanded]
    return [row for _, row in sorted(rows)]


def _cost_the_same(program: LinearProgram, first: Solution, second: Solution) -> bool:
    size = float(np.abs(program.cost * first.x).sum())
    return abs(float(program.cost @ (first.x - second.x))) <= SAME_COST * size
