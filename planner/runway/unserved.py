"""The least that goes unserved up to a day, as a linear program: the rules of the plan without its costs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import compress

import numpy as np

from planner.compile.setting import Setting
from planner.program import program_of
from planner.runway.grid import decidable, until
from planner.scenario.dates import Calendar
from planner.scenario.schema import Budget, Scenario
from planner.solver.elastic import Row, Slack, with_rows, with_slacks
from planner.solver.lower import Floats, Key, LinearProgram
from planner.solver.undecided import subset

NOT_ASKED = frozenset({"final_stock", "min_service", "service_level"})
"""Rows that do not hold here: duties of an end that is not that of the scenario, and what follows from serving in full."""
MOST_EARLY = 3.0
"""How much more what is missing at the start weighs than at the end, beyond once: what can be put off is."""


@dataclass(frozen=True)
class Case:
    """A part of a scenario that nothing links to the rest."""

    key: str
    """Tells the cases of one process apart."""
    scenario: Scenario = field(compare=False)
    quicker: Scenario = field(compare=False)
    """The scenario with quicker ramps."""
    calendar: Calendar = field(compare=False)
    """Its grid, with an edge where sources fail."""
    first: dt.date = field(compare=False)
    """First day on which sources fail."""
    recovered: dt.date = field(compare=False)
    """First day on which they are back; only a loss depends on it."""


class Unserved:
    """What may go unserved on a grid, least first: the rows of a plan without its costs.

    Args:
        case: The case.
        calendar: Its grid, or the beginning of it.
        quicker: Whether ramps are quicker.
    """

    def __init__(self, case: Case, calendar: Calendar, quicker: bool) -> None:
        self.case, self.calendar = case, calendar
        self.setting = Setting(decidable(case.quicker if quicker else case.scenario, calendar), calendar)
        self.data, program = program_of(self.setting.scenario, calendar)
        self.lines = self._eased(program)
        self.weights = np.array([self._weight(*index) if name == "unserved" else 0.0 for name, index in self.lines.columns])

    def _eased(self, program: LinearProgram) -> LinearProgram:
        """The program in which all demands may go unserved, and a month of them may be in store besides."""
        places = {key: place for place, key in enumerate(program.rows)}
        slacks = [Slack(("unserved", slot), {places["demand_balance", slot]: units}, 0.0, 1.0) for slot, units in self.data.demand.demand.items()]
        months = {slot: rate / 12 for slot, rate in self.setting.yearly_demand.items() if rate > 0}
        for (m, g), units in months.items():
            slacks += [Slack(("reserve", (m, g, t)), {places["material_balance", (m, g, t)]: -units}, 0.0) for t in self.calendar.labels]
        return _with_totals(with_slacks(program, slacks), months)

    def _weight(self, n: str, t: str) -> float:
        """What it weighs that all of a demand is missing: years of all demand for the material, more the dearer and the sooner."""
        data = self.data.demand
        users = self._users[data.material[n], data.party[n]]
        total = sum(data.demand.get((other, t), 0.0) for other in users)
        rank = sum(self._harm(other) < self._harm(n) for other in users) / len(users)
        early = 1 - self.calendar.named(t).begin / self.case.calendar.years
        return self.data.time.years[t] * data.demand[n, t] / total * (1 + rank) * (1 + MOST_EARLY * early)

    @cached_property
    def _users(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for n, material in self.data.demand.material.items():
            found[material, self.data.demand.party[n]].append(n)
        return found

    def _harm(self, n: str) -> float:
        """Cost of the first unit that is missing; without end where nothing may be."""
        return self.data.demand.shortage_cost.get((n, 1), float("inf"))

    def before(self, day: dt.date) -> tuple[LinearProgram, Floats]:
        """The program and its weights without all that happens from a day on, which is an edge of the grid or its end."""
        later = {period.label for period in self.calendar.periods if period.start >= day}
        columns = np.array([_period(key) not in later for key in self.lines.columns], dtype=bool)
        rows = np.array([_period(key) not in later for key in self.lines.rows], dtype=bool)
        names = [list(compress(keys, kept.tolist())) for keys, kept in ((self.lines.columns, columns), (self.lines.rows, rows))]
        program = replace(subset(self.lines, columns, rows), columns=names[0], rows=names[1])
        low, high = program.row_lower.copy(), program.row_upper.copy()
        unfinished = self._unfinished(day)
        off = [place for place, key in enumerate(program.rows) if key[0] in NOT_ASKED or key in unfinished]
        low[off], high[off] = -np.inf, np.inf
        return replace(program, row_lower=low, row_upper=high), self.weights[columns]

    def _unfinished(self, day: dt.date) -> set[Key]:
        """Shares over several periods that end after a day: they hold once their time is over."""
        later = [period for period in self.case.calendar.periods if period.end > day]
        years = {str(period.start.year) for period in later}
        per = {key: policy.per for key, policy in self.setting.scenario.policies.items()}
        return {
            ("max_share", row.key)
            for row in self.data.policy.max_share
            if per[row.policy] != "period" and later and (per[row.policy] == "total" or row.window.label in years)
        }


def _period(key: Key) -> str | None:
    """The period that a row or column is about, if it is about one."""
    name, index = key
    return index[-1] if isinstance(index, tuple) and name not in ("project_size", "reserve_size") else None


@lru_cache(maxsize=4)
def _whole(case: Case, quicker: bool) -> Unserved:
    """The program of the whole horizon, of which those up to an edge of the grid are parts."""
    return Unserved(case, case.calendar, quicker)


def unserved(case: Case, day: dt.date, quicker: bool) -> Unserved:
    """The program from which that up to a day is taken.

    A budget counts what lands inside the horizon only, so that a shorter program is no part of a longer one.
    """
    edge = any(period.end == day for period in case.calendar.periods)
    if edge and not any(isinstance(policy, Budget) for policy in case.scenario.policies.values()):
        return _whole(case, quicker)
    return Unserved(case, until(case.calendar, day), quicker)


def _with_totals(program: LinearProgram, slots: Iterable[tuple[str, str]]) -> LinearProgram:
    """The program with a row for each reserve: all that is taken from it is no more than there is."""
    members: dict[tuple[str, str], dict[int, float]] = {slot: {} for slot in slots}
    for place, (name, index) in enumerate(program.columns):
        if name == "reserve":
            members[index[:2]][place] = 1.0
    return with_rows(program, [Row(("reserve_size", slot), terms, upper=1.0) for slot, terms in members.items()])
