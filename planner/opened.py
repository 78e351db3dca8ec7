"""The parts of a scenario at their optimum, open for questions; a worker process finds the same ones again by the scenario's text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from planner.compile.setting import Setting
from planner.errors import CheckError, NoPlanError
from planner.optimum import SAME_COST, proven_best
from planner.program import make_program, program_of
from planner.scenario.dates import Calendar
from planner.scenario.load import Loaded, loads
from planner.scenario.parts import split
from planner.scenario.schema import Scenario
from planner.solver.directions import Directions
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution, Solution, solve
from planner.solver.lower import Key, LinearProgram, places_of
from planner.solver.whatif import WhatIf
from sourcing_lp.data import SourcingData


@dataclass(frozen=True)
class Opened:
    """A part of a scenario with its cheapest plan."""

    scenario: Scenario
    calendar: Calendar
    data: SourcingData
    program: LinearProgram
    solution: Solution

    @cached_property
    def setting(self) -> Setting:
        """The part on its grid."""
        return Setting(self.scenario, self.calendar)

    @cached_property
    def whatif(self) -> WhatIf:
        """What the plan becomes under changes.

        Raises:
            CheckError: where there is nothing to plan, so nothing to change.
        """
        if self.solution.optimum is None:
            raise CheckError("there is nothing to plan in this part of the scenario")
        return WhatIf(self.program, self.solution.optimum)

    @cached_property
    def directions(self) -> Directions:
        """One-sided slopes of the least cost."""
        assert self.solution.optimum is not None
        return Directions(self.solution.optimum)

    @cached_property
    def cost(self) -> float:
        """Least cost."""
        return float(self.program.cost @ self.solution.x) + self.program.offset

    @property
    def rounding(self) -> float:
        """Differences of costs up to this are none."""
        return SAME_COST * self.whatif.size

    @cached_property
    def columns(self) -> dict[tuple[str, str], dict[str, int]]:
        """Column by period, of each variable and key, such as ``("commit", "new_mine")``; only variables of one key and a period."""
        return _by_period(self.program.columns)

    @cached_property
    def rows(self) -> dict[tuple[str, str], dict[str, int]]:
        """Row by period, of each constraint and key, such as ``("stock_balance", "reserve")``."""
        return _by_period(self.program.rows)


def _by_period(keys: Iterable[Key]) -> dict[tuple[str, str], dict[str, int]]:
    return {key: {rest[0]: place for rest, place in places.items()} for key, places in places_of(keys).items() if all(len(rest) == 1 for rest in places)}


@lru_cache(maxsize=64)
def parts_of(text: str) -> tuple[Calendar, tuple[Scenario, ...]]:
    """The grid and the parts of a scenario that stands in one text."""
    loaded = loads(text, "scenario")
    return loaded.calendar, tuple(split(loaded.scenario, loaded.calendar))


@lru_cache(maxsize=64)
def opened(text: str, place: int, tie_break: bool = True) -> Opened:
    """One part of a scenario at its cheapest plan.

    Args:
        text: The resolved scenario.
        place: Number of the part.
        tie_break: Choose among plans of equal cost, as ``plan solve`` does.

    Raises:
        NoPlanError: if it has no plan.
        CheckError: if its plan could not be proven.
    """
    calendar, parts = parts_of(text)
    data, program = program_of(parts[place], calendar)
    best = proven_best(parts[place], data, program, tie_break)
    if isinstance(best, NoSolution):
        raise NoPlanError(best.status, f"the scenario is {best.status}; plan solve says why")
    return Opened(parts[place], calendar, data, program, best.solution)


def open_all(loaded: Loaded, tie_break: bool = True) -> Iterator[Opened]:
    """All parts of a scenario at its cheapest plan, one after the other.

    Raises:
        NoPlanError: if a part has no plan, with the rules that contradict each other and the cheapest way out.
        CheckError: if a plan could not be proven.
    """
    for place, part in enumerate(parts_of(loaded.resolved)[1]):
        try:
            yield opened(loaded.resolved, place, tie_break)
        except NoPlanError:
            raise _refused(replace(loaded, scenario=part)) from None


def _refused(loaded: Loaded) -> NoPlanError:
    from planner.negotiate import refusal

    data, program = make_program(loaded)
    outcome = solve(program)
    if not isinstance(outcome, NoSolution):
        raise SolverError("HiGHS finds a plan for what had none before")
    return refusal(loaded, data, program, outcome)[0]


def close() -> None:
    """Let go of what was opened."""
    opened.cache_clear()
    parts_of.cache_clear()
