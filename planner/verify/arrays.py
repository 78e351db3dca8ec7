"""A plan's tables as arrays over periods, what belongs together in its scenario, and how events see things."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from planner.scenario.dates import Calendar
from planner.scenario.fields import Stock
from planner.scenario.schema import Project, Scenario, Stockpile, Supplier
from planner.scenario.units import COUNT, MASS
from planner.verify.clock import Clock, Effects, Floats, Ints, Thing, summed
from planner.verify.columns import Table
from planner.verify.residuals import Residuals

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


def added_up(amounts: Iterable[tuple[Key, Floats]]) -> dict[Key, Floats]:
    """Sums by key."""
    found: dict[Key, Floats] = {}
    for key, units in amounts:
        found[key] = found[key] + units if key in found else units
    return found


def grouped(items: Mapping[str, Item], key: Callable[[Item], Key]) -> dict[Key, dict[str, Item]]:
    """Things by what they have in common."""
    found: dict[Key, dict[str, Item]] = {}
    for name, item in items.items():
        found.setdefault(key(item), {})[name] = item
    return found


class PlanArrays(Residuals):
    """A plan's tables as arrays over periods, and the residuals found so far."""

    def __init__(self, scenario: Scenario, calendar: Calendar, tables: Mapping[str, Table]) -> None:
        self.scenario, self.clock, self.tables = scenario, Clock(calendar, scenario.money.discount_rate), tables
        super().__init__(self.clock.labels)
        self.effects = Effects(self.clock, scenario.events.values())
        self.memory: dict[Any, Any] = {}
        self.zero = np.zeros(self.clock.size)
        self._relate()
        self._read()
        self.shipped = added_up(self._shipments())
        self.ships = self._by_supplier()
        self.added = added_up((project.adds_to, self.available(key, project)) for key, project in scenario.projects.items())

    def _relate(self) -> None:
        """Find what belongs together, once."""
        scenario = self.scenario
        self.projects_of = grouped(scenario.projects, lambda project: project.adds_to)
        self.contracts_of = grouped(scenario.contracts, lambda contract: contract.supplier)
        self.suppliers_of = grouped(scenario.suppliers, lambda supplier: supplier.material)
        self.piles_of = grouped(scenario.stockpiles, lambda pile: (pile.material, pile.party))
        self.demands_of = grouped(scenario.demands, lambda demand: (demand.material, demand.party))

    def _read(self) -> None:
        self.purchase = self.arrays("purchases", ["supplier", "tier", "party"])
        self.lift, self.breach, self.sign = (self.arrays("contracts", ["contract"], measure) for measure in ("lifted", "breached", "signed"))
        self.commit = self.arrays("commitments", ["project"], "decided")
        self.stock, self.fill, self.draw, self.gap = (self.arrays("stockpiles", ["stockpile"], measure) for measure in ("stock", "fill", "draw", "floor_gap"))
        self.served = self.arrays("demands", ["demand", "by"], "served") | self.arrays("demands", ["demand", "by"], "substituted")
        self.short = self.arrays("demands", ["demand", "by"], "short")
        self.total_served = added_up((n, units) for (n, _), units in self.served.items())
        self.total_short = added_up((n, units) for (n, _), units in self.short.items())
        self.activity = self.arrays("processes", ["process"], "activity")
        self.transfer = self.arrays("transfers", ["route", "material"])
        self.surplus = self.arrays("disposals", ["material", "party"])
        self.violation: dict[tuple[str, str], dict[str, float]] = {}
        """[policy, item] by how much each window is broken."""
        columns = (self.tables["violations"].column(name) for name in ("policy", "item", "period", "value"))
        for key, item, label, units in zip(*columns, strict=True):
            self.violation.setdefault((key, item), {})[label] = units

    def places(self, name: str) -> Ints:
        """Position of each row's period; -1 for what is no period."""
        table, position = self.tables[name], self.clock.position
        return np.array([position.get(word, -1) for word in table.words["period"]], dtype=np.int64)[table.codes["period"]]

    def arrays(self, name: str, keys: list[str], kind: str | None = None) -> dict[tuple[Any, ...], Floats]:
        """A table's values by key, one array over periods each; with ``kind`` only rows of that measure or status."""
        table, places = self.tables[name], self.places(name)
        if not table.size:
            return {}
        rows = np.arange(table.size) if kind is None else table.rows_with("measure" if "measure" in table.words else "status", kind)
        group, first = table.groups(keys, rows)
        cells = summed(group * self.clock.size + places[rows], table.value[rows], len(first) * self.clock.size)
        return dict(zip(table.keys(keys, first), cells.reshape(len(first), self.clock.size), strict=True))

    def _shipments(self) -> Iterable[tuple[tuple[str, str], Floats]]:
        """((supplier, party), units) of purchases and lifts."""
        yield from (((s, g), units) for (s, _, g), units in self.purchase.items())
        contracts = self.scenario.contracts
        yield from (((contracts[c].supplier, contracts[c].party), units) for (c,), units in self.lift.items())

    def _by_supplier(self) -> dict[str, dict[str, Floats]]:
        found: dict[str, dict[str, Floats]] = {}
        for (s, g), units in self.shipped.items():
            found.setdefault(s, {})[g] = units
        return found

    def available(self, key: str, project: Project) -> Floats:
        """Mean capacity of one project in each period."""
        if ("available", key) not in self.memory:
            times, sizes = self.decisions(key, project)
            self.memory["available", key] = sizes @ self.clock.ramp(project, times) if len(times) else self.zero
        found: Floats = self.memory["available", key]
        return found

    def decisions(self, key: str, project: Project) -> tuple[Floats, Floats]:
        """Nominal times and nameplates of commitments."""
        if project.committed is not None and isinstance(project.size, float):
            return np.array([self.clock.since_start(project.committed)]), np.array([project.size])
        committed = self.commit.get((key,), self.zero)
        taken = committed != 0
        return self.clock.begins[taken], committed[taken]

    def amount(self, pile: Stockpile, stock: Stock) -> float:
        """Units of an amount that may be written in days of demand."""
        return stock.units + stock.years * self.first_demand(pile.material, pile.party)

    def first_demand(self, material: str, party: str) -> float:
        """Yearly demand in the first period, before events."""
        if ("first demand", material, party) not in self.memory:
            wanted = self.demands_of.get((material, party), {}).values()
            self.memory["first demand", material, party] = sum(float(self.clock.series(d.quantity)[0]) for d in wanted)
        return float(self.memory["first demand", material, party])


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


def concerns(party: str | None, parties: tuple[str, ...] | None) -> bool:
    """Whether something of a party (or of none) counts where only some parties are meant."""
    return parties is None or party in parties
