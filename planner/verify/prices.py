"""The table of prices, asked by those who know which prices a scenario has; a row that nobody asks for is none of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.verify.arrays import PlanArrays
from planner.verify.clock import Floats, Ints
from planner.verify.limits import Flags
from planner.verify.residuals import TOLERANCE

EQUATIONS = frozenset({"material_balance", "demand_balance", "stock_balance", "capacity_ramp"})
"""Rules whose price may have either sign."""
MONEY = "{currency}"
NOBODY = -1


class Prices:
    """The table of prices, and in which unit each of its rows was asked for."""

    def __init__(self, plan: PlanArrays) -> None:
        self.plan, self.table = plan, plan.tables["prices"]
        table, keys = self.table, ("rule", "item", "party")
        group, first = table.groups(keys)
        self.blocks = {key: number for number, key in enumerate(table.keys(keys, first))}
        self.labels = {label: place for place, label in enumerate(table.words["period"])}
        # a label that no row bears has the last place, where there never is a row
        self.rows = np.full((len(first), len(self.labels) + 1), -1, dtype=np.int64)
        self.rows[group, table.codes["period"]] = np.arange(table.size)
        self.periods = self.places(plan.clock.labels)
        self.units = {unit: place for place, unit in enumerate(table.words["unit"])}
        self.asked = np.full(table.size, NOBODY)

    def places(self, labels: Sequence[str]) -> Ints:
        """Where rows of some labels stand in each block of rows."""
        return np.array([self.labels.get(label, len(self.labels)) for label in labels], dtype=np.int64)

    def found(self, rule: str, item: str, party: str, places: Ints) -> Ints:
        """Row of each label; -1 where there is none."""
        block = self.blocks.get((rule, item, party))
        return np.full(len(places), -1) if block is None else self.rows[block, places]

    def series(self, rule: str, item: str, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Prices of a rule that has a row a period, as present values."""
        if (rule, item, party) not in self.blocks:
            return self.plan.zero
        rows = self.found(rule, item, party, self.periods)
        return self._ask(np.where(exists, rows, -1), unit) * self.plan.clock.discount

    def labelled(self, rule: str, item: str, labels: Sequence[str], unit: str, party: str = "") -> Floats:
        """Prices of rows that are no period's."""
        if (rule, item, party) not in self.blocks:
            return np.zeros(len(labels))
        return self._ask(self.found(rule, item, party, self.places(labels)), unit)

    def _ask(self, rows: Ints, unit: str) -> Floats:
        """Prices of some rows; 0 where there is none."""
        here = rows >= 0
        self.asked[rows[here]] = self.units.setdefault(unit.replace(MONEY, self.plan.scenario.money.currency), len(self.units))
        return np.where(here, self.table.value[rows], 0.0)

    def forget(self, rows: Ints) -> None:
        """Rows that turn out to be none of the scenario's."""
        self.asked[rows] = NOBODY

    def check(self) -> None:
        """Note prices of no row, in a wrong unit, with a wrong sign, or outside their own interval."""
        table, wrong = self.table, self.asked != self.table.codes["unit"]
        for row in np.flatnonzero(wrong)[:1].tolist():
            if self.asked[row] == NOBODY:
                self.plan.fail("price rows", f"prices: row {row + 1}: the scenario has no {self._place(row)}")
            else:
                unit, own = table.words["unit"][table.codes["unit"][row]], list(self.units)[self.asked[row]]
                self.plan.fail("price rows", f"prices: row {row + 1}, column unit: {unit!r} where the scenario says {own!r}")
        negative = np.flatnonzero((table.value < 0) & ~wrong & ~table.mask("rule", EQUATIONS))
        for row in negative[:1].tolist():
            self.plan.note("price signs", self._place(row), table.value[row], abs(float(table.value[row])))
        self.plan.note("price signs", "all prices", np.zeros(1), 1.0)
        if "low" in table.numbers:
            self._check_intervals()
        if "price rows" not in self.plan.worst:
            self.plan.note("price rows", "all prices", np.zeros(1), 1.0)

    def _place(self, row: int) -> str:
        """What a row is about."""
        words = self.table.keys(("rule", "item", "party", "period"), np.array([row]))[0]
        return " ".join(filter(None, words))

    def _check_intervals(self) -> None:
        value, low, high = (self.table.numbers[column] for column in ("value", "low", "high"))
        # both ends are left open where nobody has looked for them
        sizes = np.max([np.abs(value), *(np.where(np.isfinite(end), np.abs(end), 0.0) for end in (low, high))], axis=0)
        outside = ~((low <= value + TOLERANCE * sizes) & (value <= high + TOLERANCE * sizes)) & ~(np.isnan(low) & np.isnan(high))
        for row in np.flatnonzero(outside)[:1].tolist():
            place = f"prices: row {row + 1}: {value[row]:g} lies outside low {low[row]:g} to high {high[row]:g}"
            self.plan.fail("price intervals", place, int(outside.sum()))
