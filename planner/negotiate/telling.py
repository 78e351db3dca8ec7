"""Relaxations in words, and as keys to set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from planner.errors import Relaxation, listed
from planner.negotiate.levers import Lever
from planner.scenario.changes import with_note
from planner.scenario.load import Loaded
from planner.scenario.schema import Stockpile
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR
from planner.solver.lower import LinearProgram
from planner.words import Path, Words, spans
from sourcing_lp.data import SourcingData

MARGIN = 1e-6
"""A relaxed scenario gets so much more room than it needs, relative to its numbers: rounding cannot close it, and no row is at its side by chance."""


class Telling:
    """Says what a lever's step means, and sets it.

    Args:
        loaded: The scenario.
        words: Its rows in words.
        data: What it compiles to.
        program: What that lowers to.
        serving: What one more unit of demand costs at most.
    """

    def __init__(self, loaded: Loaded, words: Words, data: SourcingData, program: LinearProgram, serving: float) -> None:
        self.loaded, self.words, self.data, self.program, self.serving = loaded, words, data, program, serving
        self.scenario, self.setting = loaded.scenario, words.setting

    def told(self, lever: Lever, step: float, rows: Mapping[int, float]) -> Relaxation:
        """A lever's step in words and numbers.

        Args:
            lever: The key.
            step: How far it moves, in its unit.
            rows: By how many units each row is eased.
        """
        when = spans(self.setting.calendar, [lever.periods[row] for row in (rows or lever.rows)])
        before = _single(lever.before)
        after = None if before is None else float(f"{max(0.0, before + lever.sign * step):.12g}")
        text = self._change(lever, step, rows, when)
        if rows and before is not None and not isinstance(lever.before, Series):
            text += self._needed_for(rows, when)
        unit, per_unit = ("days", self._days_per_unit(lever)) if self._days_per_unit(lever) else (lever.unit, 1.0)
        known = (None, None) if before is None or after is None else (before * per_unit, after * per_unit)
        return Relaxation(lever.dotted, text, step * per_unit, unit, known[0], known[1], when, str(self.loaded.mark(*lever.path)))

    def _needed_for(self, rows: Iterable[int], when: str) -> str:
        """Whom and when a number must give way for."""
        items = dict.fromkeys(self.words.item(self.program.rows[row]) for row in rows)
        whom = f" for {listed(items)}" if all(items) else ""
        then = f" in {when}" if when and len(self.setting.periods) > 1 else ""
        return f", needed{whom}{then}" if whom or then else ""

    def _change(self, lever: Lever, step: float, rows: Mapping[int, float], when: str) -> str:
        """The change in words; its numbers are those that ``edits`` sets, a little beyond what is needed."""
        if lever.kind == "unmet":
            share = f"{_number(100 * self._unmet_share(rows))} %"
            part = f"{share} of it" if len(rows) == 1 else f"at most {share} of it in a period"
            return f"let {step:.7g} {lever.unit} ({part}) go unserved in {when}; 'shortage' does not allow it"
        if lever.kind == "surplus":
            return f"let {step:.7g} {lever.unit} be disposed of in {when}; without 'disposal_cost' nothing may be"
        before = _single(lever.before)
        if before is not None:
            after = _beyond(before, step, lever.sign)
            text = self._from_to(lever, before, after)
            return f"{text} in {when}" if isinstance(lever.before, Series) and len(self.setting.periods) > 1 else text
        step = _beyond(0.0, step, 1.0)
        text = f"{'raise' if lever.sign > 0 else 'lower'} by {_number(step)} {lever.unit} in {when}"
        assert isinstance(lever.before, Series)
        standing = {self.setting.mean(lever.before, self.setting.calendar.named(lever.periods[row])) for row in rows}
        if len(standing) != 1:
            return text
        before = standing.pop()
        return f"{text} ({self._from_to(lever, before, max(0.0, before + lever.sign * step))})"

    def _from_to(self, lever: Lever, before: float, after: float) -> str:
        if lever.unit == "share":
            return f"{_number(100 * before)} % → {_number(100 * after)} %"
        return f"{_number(before)} → {_number(after)} {lever.unit}{self._in_days(lever, before, after)}"

    def _in_days(self, lever: Lever, before: float, after: float) -> str:
        """The same in days, where the scenario counts a stockpile in days."""
        per_unit = self._days_per_unit(lever)
        return f"; {before * per_unit:.5g} → {after * per_unit:.5g} days" if per_unit else ""

    def _days_per_unit(self, lever: Lever) -> float:
        """Days of demand in a unit, for keys that are counted in days; 0 for others."""
        if lever.path[0] != "stockpiles" or lever.path[-1] not in ("floor", "min", "capacity"):
            return 0.0
        pile = self.scenario.stockpiles[str(lever.path[1])]
        rate = self.setting.yearly_demand.get((pile.material, pile.party), 0.0)
        return DAYS_PER_YEAR / rate if rate and self._counted_in_days(pile, str(lever.path[-1])) else 0.0

    @staticmethod
    def _counted_in_days(pile: Stockpile, key: str) -> bool:
        if key == "floor":
            return pile.floor is not None and any(pile.floor.years.values)
        least = pile.final.min if key == "min" else pile.capacity
        return getattr(least, "years", 0.0) != 0

    def edits(self, lever: Lever, step: float, rows: Mapping[int, float]) -> dict[Path, Any]:
        """Keys to set, with a little room."""
        if lever.kind == "unmet":
            return self._shortage_allowed(str(lever.path[1]), rows)
        if lever.kind == "surplus":
            return {lever.path: 0}
        before = _single(lever.before)
        if before is not None and not isinstance(lever.before, Series):
            after = _with_room(_beyond(before, step, lever.sign), lever.sign, before)
            return {lever.path: min(1.0, after) if lever.unit == "share" else after}
        assert isinstance(lever.before, Series)
        eased = {lever.periods[row] for row in rows}
        step = _beyond(0.0, step, 1.0)
        numbers = {}
        for period in self.setting.periods:
            standing = self.setting.mean(lever.before, period)
            numbers[period.start.isoformat()] = _with_room(max(0.0, standing + lever.sign * step), lever.sign, standing) if period.label in eased else standing
        return {lever.path: _without_repeats(numbers)}

    def _unmet_share(self, rows: Mapping[int, float]) -> float:
        """Largest part of a demand that goes unserved in one period, a little more than needed."""
        wanted = {row: self.data.demand.demand[self.program.rows[row][1]] for row in rows}
        most = max((units / wanted[row] for row, units in rows.items() if wanted[row] > 0), default=0.0)
        return min(1.0, _beyond(0.0, most, 1.0))

    def _shortage_allowed(self, key: str, rows: Mapping[int, float]) -> dict[Path, Any]:
        """Shortage up to the share that is needed in any period, in sum no more than is needed, at a cost that lets nobody use it for gain."""
        demand = self.scenario.demands[key]
        share = min(1.0, _with_room(self._unmet_share(rows), 1.0, 1.0))
        tiers = [{"share": part, "cost": cost} for part, cost in demand.shortage_tiers if part is not None]
        dearest = max([1.0, *(max(tier.price.values) for supplier in self.scenario.suppliers.values() for tier in supplier.tiers)])
        cost = float(f"{max([10 * dearest, 2 * self.serving, *(tier['cost'] or 0.0 for tier in tiers)]):.6g}")
        wanted = sum(units for (n, _), units in self.data.demand.demand.items() if n == key)
        least = 1.0 - sum(tier["share"] or 0.0 for tier in tiers) - sum(rows.values()) / wanted - MARGIN
        policy = self._free_policy(f"relaxed_{key}")
        note = (
            f"shortage had to be allowed; its cost of {cost:g} a unit, above all that serving one more can cost, is an assumption that keeps it small, "
            f"and policies.{policy} keeps it in sum to what no plan can avoid"
        )
        served = {"kind": "min_service", "demands": [key], "share": max(0.0, least), "per": "total", "until": self.setting.calendar.end.isoformat()}
        return {
            ("demands", key, "shortage"): [*tiers, {"share": share, "cost": cost}],
            ("demands", key, "assumption"): with_note(demand.assumption, "shortage", note),
            ("policies", policy): served,
        }

    def _free_policy(self, name: str) -> str:
        """An id that no policy has."""
        name, count = name[:60], 1
        while (found := name if count == 1 else f"{name}_{count}") in self.scenario.policies:
            count += 1
        return found


def _beyond(before: float, step: float, sign: float) -> float:
    """A number after a step, rounded away from where it stood: so that who types it has a plan. Five digits of the step stay."""
    after = max(0.0, before + sign * step)
    if step <= 0:
        return after
    unit = 10.0 ** (math.floor(math.log10(max(step, 1e-11 * abs(before)))) - 4)
    places = after / unit
    whole = round(places) if abs(places - round(places)) < 1e-5 else math.ceil(places) if sign > 0 else math.floor(places)
    return float(f"{whole * unit:.12g}")


def _with_room(after: float, sign: float, before: float) -> float:
    """A number with room for rounding."""
    return max(0.0, after + sign * MARGIN * max(after, abs(before)))


def _single(number: float | Series | None) -> float | None:
    """The number of a key that holds one."""
    if isinstance(number, Series):
        return number.values[0] if len(set(number.values)) == 1 and not number.growth else None
    return number


def _without_repeats(numbers: Mapping[str, float]) -> dict[str, float]:
    """A step map without steps that change nothing."""
    kept: dict[str, float] = {}
    last: float | None = None
    for day, value in numbers.items():
        if value != last:
            kept[day] = value
        last = value
    return kept


def _number(value: float) -> str:
    """A number as people write it."""
    value = float(f"{value:.9g}")
    if abs(value) >= 1e6:
        return f"{value:,.10g}" if value != round(value) else f"{value:,.0f}"
    return f"{value:.10g}"
