"""Whether some demands can be served in full up to a day: one program a day, asked under many cuts.

What is missing at least is a linear program; it is nothing if and only if there is a plan that serves all. The answer is proven either way.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from planner.errors import CheckError
from planner.runway.cuts import Source
from planner.runway.grid import until
from planner.runway.unserved import Case, unserved
from planner.solver.certificate import proven
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution
from planner.solver.lower import Floats, Integers, Key
from planner.solver.whatif import Outcome, WhatIf
from planner.words import STRUCTURAL, Rule, Words
from sourcing_lp.data import SourcingData

WHOLE = 1e-8
"""A demand of which less than this share is missing in a period is served in full: what is left is rounding."""
NO_RULES = frozenset({"demand_balance", "material_balance", "reserve_size"})
"""Rows that stop nothing: what is wanted, and arithmetic."""
SOURCES = {"purchase": "suppliers", "lift": "contracts", "draw": "stockpiles", "activity": "processes", "transfer": "routes"}
"""Variables by which sources give."""
FLOWS = frozenset({"demand_balance", "supplier_capacity", "spot_gate", "tier_limit", "draw_rate", "process_capacity", "route_capacity", "substitute_limit"})
"""Rows whose sides grow with the length of their period."""


@dataclass(frozen=True)
class Question:
    """Which demands are to be served, without which sources, with which help."""

    demands: frozenset[str]
    cut: frozenset[Source] = frozenset()
    lever: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer for one day."""

    served: bool
    missing: float = 0.0
    """What is missing at least, in years of demand; infinite where no plan keeps the rules."""
    since: dt.date | None = None
    """First day of the first period that something is missing in."""
    short: tuple[str, ...] = ()
    """Demands that something is missing of in that period."""
    outcome: Outcome | None = None


class Trial:
    """A case up to one day.

    Args:
        case: The case.
        day: First day that does not count any more.
        quicker: Whether ramps are quicker.
    """

    def __init__(self, case: Case, day: dt.date, quicker: bool) -> None:
        made = unserved(case, day, quicker)
        self.case, self.calendar = case, until(case.calendar, day)
        self.setting, self.data = made.setting, made.data
        self.program, self.weights = made.before(day)
        self.unserved = self._columns("unserved")

    def _columns(self, *names: str) -> Integers:
        return np.array([place for place, (name, _) in enumerate(self.program.columns) if name in names], dtype=np.int32)

    @cached_property
    def _closed(self) -> frozenset[int]:
        """Columns that no question but that of a lever opens."""
        return frozenset(self._columns("shortage", "reserve").tolist())

    @cached_property
    def _gives(self) -> dict[Source, list[int]]:
        """Columns by which each source gives something once it may have failed."""
        found: dict[Source, list[int]] = defaultdict(list)
        for place, (name, index) in enumerate(self.program.columns):
            if name in SOURCES and self.calendar.named(index[-1]).start >= self.case.first:
                found[SOURCES[name], index[0]].append(place)
        return found

    @cached_property
    def _whatif(self) -> WhatIf | None:
        """The program at its optimum where nothing fails; None where no plan keeps the rules, whatever goes unserved."""
        everything = Question(frozenset(self.data.demand.material))
        upper = self.program.upper.copy()
        upper[list(self._closed)] = 0.0
        found = proven(replace(self.program, upper=upper, cost=self._cost(everything)))
        if isinstance(found, NoSolution) or found.optimum is None:
            return None
        return WhatIf(self.program, found.optimum)

    def _cost(self, question: Question) -> Floats:
        asked = [place for place in self.unserved.tolist() if self.program.columns[place][1][0] in question.demands]
        cost = np.zeros(self.program.shape[1])
        cost[asked] = self.weights[asked]
        return cost

    def _shut(self, question: Question) -> set[int]:
        """Columns that must stay zero."""
        closed = {place for source in question.cut for place in self._gives.get(source, ())}
        return closed | (self._closed - self._opened(question.lever))

    def _opened(self, lever: str) -> set[int]:
        """Columns that a lever opens."""
        if lever == "stock":
            return set(self._columns("reserve").tolist())
        if lever == "priorities":
            first = {(n, 1) for n, i, _ in self.data.demand.shortage_limit if i == 1}
            return {place for place in self._columns("shortage").tolist() if self.program.columns[place][1][:2] in first}
        return set()

    def _moved(self, lever: str) -> dict[int, float]:
        """How far a lever moves sides of rows: a substitute may do ten points more of the job, up to all of it."""
        if lever != "substitutes":
            return {}
        found = {}
        for place, (name, index) in enumerate(self.program.rows):
            if name == "substitute_limit":
                share = self.setting.scenario.demands[index[0]].substitutes[index[1]].max_share
                found[place] = self.data.demand.substitute_limit[index] * (min(share + 0.1, 1.0) / share - 1)
        return found

    def ask(self, question: Question) -> Verdict:
        """Whether the demands can be served in full up to the day.

        Raises:
            CheckError: if nothing can be proven.
        """
        try:
            outcome = None if self._whatif is None else self._whatif.ask(self._moved(question.lever), self._cost(question), self._shut(question))
        except SolverError:
            problem = f"how much is missing until {self.calendar.end} could not be proven"
            raise CheckError(f"{problem}; quantities of one material may differ by too many orders of magnitude") from None
        if outcome is None:
            return Verdict(False, float("inf"))
        slots = [self.program.columns[place][1] for place in self.unserved.tolist()]
        gaps = outcome.x[self.unserved].tolist()
        missing = [slot for slot, gap in zip(slots, gaps, strict=True) if gap > WHOLE and slot[0] in question.demands]
        if not missing:
            return Verdict(True, outcome=outcome)
        since = min(self.calendar.named(t).start for _, t in missing)
        return Verdict(False, outcome.cost, since, tuple(n for n, t in missing if self.calendar.named(t).start == since), outcome)

    def border(self, verdict: Verdict) -> dt.date | None:
        """The day before which nothing would be missing if all went on as in the last period; None where that is unknown.

        What is missing falls with the length of the last period by the duals of its rows times their sides, which are flows.
        """
        if verdict.outcome is None:
            return None
        last = self.calendar.periods[-1]
        flows = [place for place, (name, index) in enumerate(self.program.rows) if name in FLOWS and index[-1] == last.label]
        upper = self.program.row_upper[flows]
        whole = float(verdict.outcome.y[flows] @ np.where(np.isfinite(upper), upper, self.program.row_lower[flows]))
        if whole <= 0:
            return None
        return self.calendar.end - dt.timedelta(days=math.ceil(last.days * min(verdict.missing / whole, 1.0) - 1e-6))

    def lean(self, question: Question) -> frozenset[Source] | None:
        """Sources that some plan for a question needs that takes as little as it can from all of them; None where that is not found."""
        if self._whatif is None:
            return None
        takes = [place for places in self._gives.values() for place in places]
        cost = np.zeros(self.program.shape[1])
        # as much of one material counts as much as of another: by the size in which each is counted inside
        cost[takes] = 1 / self._whatif.scaling.column[takes]
        served = np.flatnonzero(self._cost(question)).tolist()
        try:
            outcome = self._whatif.ask(self._moved(question.lever), cost, self._shut(question) | {*served})
        except SolverError:
            return None
        return None if outcome is None else self.used(Verdict(True, outcome=outcome), self.calendar.end)

    def used(self, verdict: Verdict, before: dt.date) -> frozenset[Source]:
        """Sources that the plan of a verdict uses before a day, once they may have failed."""
        if verdict.outcome is None:
            return frozenset()
        x = verdict.outcome.x
        early = {period.label for period in self.calendar.periods if period.start < before}
        return frozenset(source for source, places in self._gives.items() if any(x[p] > 0 and self.program.columns[p][1][-1] in early for p in places))

    def stopped_by(self, question: Question, verdict: Verdict) -> Rule | None:
        """The rule that stands most in the way of serving in full; None where there is nothing but the cut."""
        words = Words(self.setting)
        if verdict.outcome is None:
            rows = [self.program.rows[row] for row in self._conflict(question)]
            return next((words.rule(key) for key in rows if key[0] not in STRUCTURAL | NO_RULES), None)
        weight: dict[Rule, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for key, amount, dual in self._binding(verdict.outcome.x, verdict.outcome.y):
            rule = words.rule(key)
            weight[rule] = weight[rule][0] + amount, weight[rule][1] + dual
        return max(weight, key=lambda rule: weight[rule], default=None)

    def _binding(self, x: Floats, y: Floats) -> Iterator[tuple[Key, float, float]]:
        """Rows that keep something back, what that is worth (dual times limit, of gates dual times what they take away), and the dual."""
        for row in np.flatnonzero(y).tolist():
            key, dual = self.program.rows[row], abs(float(y[row]))
            amount = dual * (_taken(self.data, key[1]) if key[0] == "spot_gate" else self._limit(row, x))
            if key[0] not in NO_RULES and (amount > 0 or key[0] not in STRUCTURAL):
                yield key, amount, dual

    def _limit(self, row: int, x: Floats) -> float:
        """What a row allows or asks for: its side, with what moves the side of an inequality."""
        low, high = self.program.row_lower[row], self.program.row_upper[row]
        if low == high:
            return abs(float(low))
        places = slice(self.program.start[row], self.program.start[row + 1])
        terms = self.program.value[places] * x[self.program.index[places]]
        return abs(float(high - terms[terms < 0].sum() if np.isfinite(high) else low - terms[terms > 0].sum()))

    def _conflict(self, question: Question) -> tuple[int, ...]:
        """Rows of which no plan keeps all, whatever goes unserved."""
        upper = self.program.upper.copy()
        upper[list(self._shut(question))] = 0.0
        found = proven(replace(self.program, upper=upper))
        return found.rows if isinstance(found, NoSolution) else ()


def _taken(data: SourcingData, index: tuple[str, str, str]) -> float:
    """What a gate takes away of a supplier's capacity, before projects [units]."""
    s, _, t = index
    return (1 - data.supply.spot[index]) * data.time.years[t] * data.supply.availability[s, t] * data.supply.capacity[s, t]


@lru_cache(maxsize=10)
def trial(case: Case, day: dt.date, quicker: bool = False) -> Trial:
    """The trial of a day; neighbouring questions ask the same days."""
    return Trial(case, day, quicker)
