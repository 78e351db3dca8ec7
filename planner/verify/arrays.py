"""A plan's tables as arrays over periods, the residuals found in them, and how events see things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.fields import Stock
from planner.scenario.schema import Project, Scenario, Stockpile, Supplier
from planner.scenario.units import COUNT, MASS
from planner.verify.clock import Clock, Effects, Floats

TOLERANCE = 1e-6
Tables = Mapping[str, pd.DataFrame]
Lists = Mapping[str, Mapping[str, list[Any]]]
"""Tables as plain lists by column, which are read faster than frames."""
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

    def __init__(self, scenario: Scenario, calendar: Calendar, lists: Lists) -> None:
        self.scenario, self.clock, self.lists = scenario, Clock(calendar, scenario.money.discount_rate), lists
        self.effects = Effects(self.clock, scenario.events.values())
        self.worst: dict[str, Check] = {}
        self.memory: dict[Any, Any] = {}
        self.zero = np.zeros(self.clock.size)
        self.purchase = self.arrays("purchases", ["supplier", "tier", "party"])
        self.lift, self.breach, self.sign = (self.arrays("contracts", ["contract"], measure) for measure in ("lifted", "breached", "signed"))
        self.commit = self.arrays("commitments", ["project"], "decided")
        self.stock, self.fill, self.draw, self.gap = (self.arrays("stockpiles", ["stockpile"], measure) for measure in ("stock", "fill", "draw", "floor_gap"))
        self.served = self.arrays("demands", ["demand", "by"], "served") | self.arrays("demands", ["demand", "by"], "substituted")
        self.short = self.arrays("demands", ["demand", "by"], "short")
        self.activity = self.arrays("processes", ["process"], "activity")
        self.transfer = self.arrays("transfers", ["route", "material"])
        self.surplus = self.arrays("disposals", ["material", "party"])
        violations = lists["violations"]
        self.violation = dict(zip(zip(violations["policy"], violations["item"], violations["period"], strict=True), violations["value"], strict=True))
        self.shipped: dict[tuple[str, str], Floats] = {}
        for (s, _, g), units in self.purchase.items():
            self.shipped[s, g] = self.shipped.get((s, g), self.zero) + units
        for (c,), units in self.lift.items():
            contract = scenario.contracts[c]
            key = contract.supplier, contract.party
            self.shipped[key] = self.shipped.get(key, self.zero) + units
        self.added = self._capacity_added()

    def arrays(self, name: str, keys: list[str], kind: str | None = None) -> dict[tuple[Any, ...], Floats]:
        """A table's values by key, one array over periods each; with ``kind`` only rows of that measure or status."""
        found: dict[tuple[Any, ...], Floats] = {}
        table, position = self.lists[name], self.clock.position
        kinds = table.get("measure", table.get("status", ())) if kind is not None else ()
        for row, key in enumerate(zip(*(table[column] for column in keys), strict=True)):
            if kind is None or kinds[row] == kind:
                array = found.get(key)
                if array is None:
                    array = found[key] = np.zeros(self.clock.size)
                array[position[table["period"][row]]] += table["value"][row]
        return found

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
        residual = np.abs(np.atleast_1d(residual))
        worst, value = 0, 0.0
        if residual.max() != 0:
            residual = np.nan_to_num(residual, nan=np.inf, posinf=np.inf)
            relative = np.nan_to_num(residual / np.maximum(size, 1e-300), nan=np.inf, posinf=np.inf)
            worst = int(np.argmax(np.where(residual == 0, 0.0, relative)))
            value = 0.0 if residual[worst] == 0 else float(relative[worst])
        if rule not in self.worst or value > self.worst[rule].relative:
            period = f" in {self.clock.labels[worst]}" if len(residual) == self.clock.size and self.clock.size > 1 else ""
            self.worst[rule] = Check(rule, value, float(residual[worst]), f"{item}{period}")

    def note_rows(self, rule: str, names: Sequence[str], left: Sequence[float], right: Sequence[float], floor: Sequence[float] | float = 0.0) -> None:
        """Note by how much rows differ that have names instead of periods; a residual is judged by its row, but not by less than ``floor``."""
        if not names:
            return
        one, other = np.array(left, dtype=float), np.array(right, dtype=float)
        residual = np.nan_to_num(np.abs(one - other), nan=np.inf, posinf=np.inf)
        size = np.maximum(np.maximum(np.abs(one), np.abs(other)), floor)
        worst = int(np.argmax(np.where(residual == 0, 0.0, np.nan_to_num(residual / np.maximum(size, 1e-300), nan=np.inf, posinf=np.inf))))
        self.note(rule, names[worst], residual[worst : worst + 1], size[worst : worst + 1])

    def fail(self, rule: str, where: str, count: int = 1) -> None:
        """Note something that is wrong altogether, not off by some number."""
        if rule not in self.worst or self.worst[rule].passed:
            self.worst[rule] = Check(rule, 1.0, float(count), where)

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


Rest = ParamSpec("Rest")
Made = TypeVar("Made")


def remembered(make: Callable[Concatenate[PlanArrays, Rest], Made]) -> Callable[Concatenate[PlanArrays, Rest], Made]:
    """Let a plan remember what a function says of it: several rules and every cost line ask for the same numbers."""

    def recalled(plan: PlanArrays, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Made:
        key = make.__name__, args
        if key not in plan.memory:
            plan.memory[key] = make(plan, *args, **kwargs)
        found: Made = plan.memory[key]
        return found

    recalled.__doc__ = make.__doc__
    return recalled


def _size(*terms: Floats) -> Floats:
    """What a residual is compared with: the largest term, but not less than a millionth of the largest over time."""
    sizes = np.abs(np.array(terms))
    largest = np.where(np.isfinite(sizes), sizes, 0.0).max(axis=0)
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


def kind_of(scenario: Scenario, key: str) -> str:
    """Kind of what a project adds to."""
    if key in scenario.suppliers:
        return "supplier"
    return "process" if key in scenario.processes else "stockpile"


def tonnes(scenario: Scenario, material: str) -> float:
    """Tonnes (or pieces) in one unit of a material."""
    unit = scenario.materials[material].unit
    return COUNT[unit] if unit in COUNT else MASS[unit]


@remembered
def wanted(plan: PlanArrays, n: str) -> Floats:
    """Units of a demand wanted in each period, after events."""
    demand = plan.scenario.demands[n]
    factor = plan.effects.factor("demand", {"materials": {demand.material}, "parties": {demand.party}})
    return np.asarray(plan.clock.years * plan.clock.series(demand.quantity) * factor)


def total_served(plan: PlanArrays, n: str) -> Floats:
    """Units of a demand served with any material."""
    return sum((units for (other, _), units in plan.served.items() if other == n), plan.zero)


def concerns(party: str | None, parties: tuple[str, ...] | None) -> bool:
    """Whether something of a party (or of none) counts where only some parties are meant."""
    return parties is None or party in parties
