"""A plan's tables as arrays over periods, the residuals found in them, and how events see things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.fields import Stock
from planner.scenario.schema import Demand, Project, Scenario, Stockpile, Supplier
from planner.scenario.units import COUNT, MASS
from planner.verify.clock import Clock, Effects, Floats

TOLERANCE = 1e-6
Tables = Mapping[str, pd.DataFrame]
Thing = dict[str, set[str | None]]


@dataclass(frozen=True)
class Check:
    """Worst residual of one rule: relative, absolute in the scenario's units, and where."""

    rule: str
    relative: float
    absolute: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether the residual is within the tolerance."""
        return self.relative <= TOLERANCE


class PlanArrays:
    """A plan's tables as arrays over periods, and the residuals found so far."""

    def __init__(self, scenario: Scenario, calendar: Calendar, tables: Tables) -> None:
        self.scenario, self.clock = scenario, Clock(calendar, scenario.money.discount_rate)
        self.effects = Effects(self.clock, scenario.events.values())
        self.worst: dict[str, Check] = {}
        self.zero = np.zeros(self.clock.size)
        self.purchase = self.arrays(tables["purchases"], ["supplier", "tier", "party"])
        self.lift = self._measure(tables["contracts"], "lifted", ["contract"])
        self.breach = self._measure(tables["contracts"], "breached", ["contract"])
        self.sign = self._measure(tables["contracts"], "signed", ["contract"])
        decided = tables["commitments"]
        self.commit = self.arrays(decided[decided["status"] == "decided"], ["project"])
        self.stock, self.fill, self.draw, self.gap = (
            self._measure(tables["stockpiles"], measure, ["stockpile"]) for measure in ("stock", "fill", "draw", "floor_gap")
        )
        self.served = self._measure(tables["demands"], "served", ["demand", "by"]) | self._measure(tables["demands"], "substituted", ["demand", "by"])
        self.short = self._measure(tables["demands"], "short", ["demand", "by"])
        self.activity = self._measure(tables["processes"], "activity", ["process"])
        self.transfer = self.arrays(tables["transfers"], ["route", "material"])
        self.surplus = self.arrays(tables["disposals"], ["material", "party"])
        violations = tables["violations"]
        self.violation = dict(zip(zip(violations["policy"], violations["item"], violations["period"], strict=True), violations["value"], strict=True))
        self.shipped: dict[tuple[str, str], Floats] = {}
        self.lead: dict[tuple[str, str], Floats] = {}
        for (s, _, g), units in self.purchase.items():
            self.shipped[s, g] = self.shipped.get((s, g), self.zero) + units
        for (c,), units in self.lift.items():
            contract = scenario.contracts[c]
            key = contract.supplier, contract.party
            self.shipped[key] = self.shipped.get(key, self.zero) + units
        for s, g in self.shipped:
            supplier = scenario.suppliers[s]
            self.lead[s, g] = self.clock.shifted(supplier.lead_time + self.effects.added("lead_time", supplier_thing(s, supplier, g)))
        self.added = self._capacity_added()

    def arrays(self, table: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Floats]:
        """A table's values by key, one array over periods each."""
        found: dict[tuple[Any, ...], Floats] = {}
        for *key, period, value in table[[*keys, "period", "value"]].itertuples(index=False, name=None):
            array = found.setdefault(tuple(key), np.zeros(self.clock.size))
            array[self.clock.position[period]] += value
        return found

    def _measure(self, table: pd.DataFrame, measure: str, keys: list[str]) -> dict[tuple[Any, ...], Floats]:
        return self.arrays(table[table["measure"] == measure], keys)

    def _capacity_added(self) -> dict[str, Floats]:
        """Capacity of projects by target: each commitment along its ramp from its own date."""
        found: dict[str, Floats] = {}
        for key, project in self.scenario.projects.items():
            found[project.adds_to] = found.get(project.adds_to, self.zero) + self.available(key, project)
        return found

    def available(self, key: str, project: Project) -> Floats:
        """Mean capacity of one project in each period."""
        total = self.zero.copy()
        for decided, size in self.decisions(key, project):
            total += size * self.clock.ramp(project, decided)
        return total

    def decisions(self, key: str, project: Project) -> list[tuple[float, float]]:
        """(nominal time, nameplate) of each commitment."""
        if project.committed is not None and isinstance(project.size, float):
            return [(self.clock.since_start(project.committed), project.size)]
        committed = self.commit.get((key,), self.zero)
        return [(float(self.clock.begins[v]), float(committed[v])) for v in np.flatnonzero(committed)]

    def note(self, rule: str, item: str, residual: Floats, size: Floats | float) -> None:
        """Keep the worst residual of a rule; anything that is not a number is infinitely bad."""
        residual = np.atleast_1d(np.abs(np.nan_to_num(residual, nan=np.inf)))
        relative = residual / np.maximum(np.broadcast_to(size, residual.shape), 1e-300)
        worst = int(np.argmax(np.where(residual == 0, 0.0, relative)))
        value = 0.0 if residual[worst] == 0 else float(relative[worst])
        if rule not in self.worst or value > self.worst[rule].relative:
            period = f" in {self.clock.labels[worst]}" if len(residual) == self.clock.size and self.clock.size > 1 else ""
            self.worst[rule] = Check(rule, value, float(residual[worst]), f"{item}{period}")

    def at_most(self, rule: str, item: str, used: Floats, limit: Floats, *terms: Floats) -> None:
        """Note by how much ``used`` exceeds ``limit``."""
        size = _size(used, limit, *terms)
        self.note(rule, item, np.maximum(used - limit, 0.0), size)

    def equal(self, rule: str, item: str, left: Floats, right: Floats, *terms: Floats) -> None:
        """Note by how much two sides differ."""
        self.note(rule, item, left - right, _size(left, right, *terms))

    def amount(self, pile: Stockpile, stock: Stock) -> float:
        """Units of an amount that may be written in days of demand."""
        return stock.units + stock.years * self.first_demand(pile.material, pile.party)

    def first_demand(self, material: str, party: str) -> float:
        """Yearly demand in the first period, before events."""
        wanted = (d for d in self.scenario.demands.values() if (d.material, d.party) == (material, party))
        return sum(float(self.clock.series(d.quantity)[0]) for d in wanted)


def _size(*terms: Floats) -> Floats:
    """What a residual is compared with: the largest term, but not less than a millionth of the largest over time."""
    largest = np.max([np.where(np.isfinite(term), np.abs(term), 0.0) for term in terms], axis=0)
    return np.asarray(np.maximum(largest, 1e-6 * largest.max(initial=0.0)))


def supplier_thing(key: str, supplier: Supplier, party: str | None = None) -> Thing:
    """How events see a supplier, and a party that buys from it."""
    return {
        "country": {supplier.country},
        "origin": {supplier.origin or supplier.country},
        "suppliers": {key},
        "materials": {supplier.material},
        "parties": {party} if party else set(),
    }


def thing_of_target(scenario: Scenario, key: str) -> Thing:
    """How events see what a project adds to."""
    if key in scenario.suppliers:
        return supplier_thing(key, scenario.suppliers[key])
    if key in scenario.processes:
        process = scenario.processes[key]
        return {"processes": {key}, "materials": {*process.inputs, *process.outputs}}
    return {"materials": {scenario.stockpiles[key].material}}


def tonnes(scenario: Scenario, material: str) -> float:
    """Tonnes (or pieces) in one unit of a material."""
    unit = scenario.materials[material].unit
    return COUNT[unit] if unit in COUNT else MASS[unit]


def wanted(plan: PlanArrays, demand: Demand) -> Floats:
    """Units wanted in each period, after events."""
    factor = plan.effects.factor("demand", {"materials": {demand.material}, "parties": {demand.party}})
    return np.asarray(plan.clock.years * plan.clock.series(demand.quantity) * factor)


def total_served(plan: PlanArrays, n: str) -> Floats:
    """Units of a demand served with any material."""
    return sum((units for (other, _), units in plan.served.items() if other == n), plan.zero)


def concerns(party: str | None, parties: tuple[str, ...] | None) -> bool:
    """Whether something of a party (or of none) counts where only some parties are meant."""
    return parties is None or party in parties
