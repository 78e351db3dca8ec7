"""Tidy tables of a plan: keys first, ``value``, then ``unit``.

Flows that are zero have no row; levels, demands and prices stand for every period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from planner.results.prices import PRICES, price_rows, unit_of
from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.solver.highs import Solution
from planner.solver.lower import LinearProgram
from sourcing_lp.cost import COST_LINES
from sourcing_lp.data import SourcingData

COLUMNS: dict[str, tuple[str, ...]] = {
    "purchases": ("supplier", "material", "country", "origin", "party", "tier", "period"),
    "contracts": ("contract", "supplier", "material", "country", "origin", "party", "measure", "period"),
    "arrivals": ("source", "material", "country", "origin", "party", "period"),
    "capacity": ("kind", "id", "part", "period"),
    "commitments": ("project", "adds_to", "material", "status", "period"),
    "stockpiles": ("stockpile", "material", "party", "measure", "period"),
    "demands": ("demand", "material", "party", "measure", "by", "period"),
    "processes": ("process", "party", "measure", "material", "period"),
    "transfers": ("route", "from", "to", "material", "period"),
    "disposals": ("material", "party", "period"),
    "violations": ("policy", "item", "period"),
    "costs": ("line", "item", "period"),
    "prices": ("rule", "item", "party", "period", "meaning"),
}
"""Key columns of each table; ``value`` and ``unit`` follow."""
EXTRA: dict[str, tuple[str, ...]] = {"prices": ("low", "high")}
"""Numbers that follow the unit."""

CONSTANT = "committed projects"
"""What the constants of cost lines are caused by."""

Tables = dict[str, pd.DataFrame]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """An optimum by component and index."""

    scenario: Scenario
    calendar: Calendar
    data: SourcingData
    program: LinearProgram
    solution: Solution
    intervals: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """Smallest and largest dual of rows whose price may not be unique."""

    def values(self, component: str) -> Iterator[tuple[Any, float]]:
        """(index, value) of a variable, in the order of the program."""
        for position, (name, index) in enumerate(self.program.columns):
            if name == component:
                yield index, float(self.solution.x[position])

    def unit(self, material: str) -> str:
        """Unit of a material."""
        return self.scenario.materials[material].unit if material in self.scenario.materials else ""


def make_tables(answer: Answer) -> Tables:
    """All tables of an optimum."""
    by_name: dict[str, list[tuple[Any, float]]] = {}
    for position, (name, index) in enumerate(answer.program.columns):
        by_name.setdefault(name, []).append((index, float(answer.solution.x[position])))
    found = {
        "purchases": _purchases(answer, by_name),
        "contracts": _contracts(answer, by_name),
        "arrivals": _arrivals(answer, by_name),
        "capacity": _capacity(answer, by_name),
        "commitments": _commitments(answer, by_name),
        "stockpiles": _stockpiles(answer, by_name),
        "demands": _demands(answer, by_name),
        "processes": _processes(answer, by_name),
        "transfers": _transfers(answer, by_name),
        "disposals": ((*index, value, answer.unit(index[0])) for index, value in by_name.get("surplus", []) if value),
        "violations": ((*index, value, _violation_unit(answer, *index)) for index, value in by_name.get("violation", []) if value),
        "costs": _costs(answer),
        "prices": price_rows(answer.scenario, answer.data, answer.program, answer.solution, answer.intervals),
    }
    return {name: in_order(name, frame(name, rows)) for name, rows in found.items()}


def joined(parts: Sequence[Tables]) -> Tables:
    """Tables of the whole from those that :func:`make_tables` gave for its parts."""
    found = {name: in_order(name, pd.concat([part[name] for part in parts], ignore_index=True)) for name in COLUMNS}
    return {**found, "costs": _constants_added(found["costs"])}


def _constants_added(costs: pd.DataFrame) -> pd.DataFrame:
    """What committed projects cost stands once a cost line."""
    constant = costs["item"] == CONSTANT
    if not costs[constant].duplicated(["line"]).any():
        return costs
    sums = costs[constant].groupby("line", sort=False)["value"].transform("sum")
    costs = costs.assign(value=costs["value"].where(~constant, sums))
    return costs[~(constant & costs.duplicated(["line", "item"]))].reset_index(drop=True)


def in_order(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table in order of its rules or cost lines, then of ids; what comes after keeps its order, which is that of time."""
    first, second = COLUMNS[name][:2]
    ranks = {"prices": tuple(PRICES), "costs": COST_LINES}.get(name)
    keys = table[first] if ranks is None else pd.Categorical(table[first], categories=ranks).codes
    order = pd.DataFrame({"first": keys, "second": table[second]}).sort_values(["first", "second"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def frame(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    """A table from rows, with the columns of that table."""
    extra = EXTRA.get(name, ())
    names = [*COLUMNS[name], "value", "unit", *extra]
    kinds = dict.fromkeys(("value", *extra), "float64") | {key: ("int64" if key == "tier" else "str") for key in (*COLUMNS[name], "unit")}
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pd.DataFrame({key: pd.Series(column, dtype=kinds[key]) for key, column in zip(names, columns, strict=True)})


Values = dict[str, list[tuple[Any, float]]]


def _origin(answer: Answer, supplier: str) -> tuple[str, str, str]:
    item = answer.scenario.suppliers[supplier]
    return item.material, item.country or "", item.mined_in or ""


def _purchases(answer: Answer, values: Values) -> Iterator[Row]:
    for (s, j, g, t), value in values.get("purchase", []):
        if value:
            material, country, origin = _origin(answer, s)
            yield s, material, country, origin, g, j, t, value, answer.unit(material)


def _contracts(answer: Answer, values: Values) -> Iterator[Row]:
    for component, measure in (("lift", "lifted"), ("breach", "breached"), ("sign", "signed")):
        for (c, t), value in values.get(component, []):
            if value:
                contract = answer.scenario.contracts[c]
                origin = _origin(answer, contract.supplier)
                unit = "share" if measure == "signed" else answer.unit(origin[0])
                yield c, contract.supplier, *origin, contract.party, measure, t, value, unit


def _arrivals(answer: Answer, values: Values) -> Iterator[Row]:
    shipped: dict[tuple[str, str, str], float] = {}
    for (s, _, g, t), value in values.get("purchase", []):
        shipped[s, g, t] = shipped.get((s, g, t), 0.0) + value
    for (c, t), value in values.get("lift", []):
        contract = answer.scenario.contracts[c]
        key = contract.supplier, contract.party, t
        shipped[key] = shipped.get(key, 0.0) + value
    received: dict[tuple[str, str, str], float] = {}
    for (_, g, t), parts in answer.data.supply.arrivals.items():
        for s, tau, share in parts:
            units = share * shipped.get((s, g, tau), 0.0)
            if units:
                received[s, g, t] = received.get((s, g, t), 0.0) + units
    for (s, g, t), units in received.items():
        material, country, origin = _origin(answer, s)
        yield s, material, country, origin, g, t, units, answer.unit(material)
    for (m, g, t), units in answer.data.balance.in_transit.items():
        yield "in_transit", m, "", "", g, t, units, answer.unit(m)


def _capacity(answer: Answer, values: Values) -> Iterator[Row]:
    """Capacity by its parts: what stands without decisions, and what each decision adds."""
    data = answer.data
    standing = (("supplier", data.supply.capacity, "/yr"), ("process", data.conversion.capacity, "/yr"), ("stockpile", data.stock.capacity, ""))
    for kind, capacities, per in standing:
        for (key, t), value in capacities.items():
            if value:
                yield kind, key, "standing", t, value, answer.unit(_material(answer, kind, key)) + per
    for (e, t), value in values.get("available", []):
        if value:
            target = answer.scenario.projects[e].adds_to
            kind = _kind(answer, target)
            yield kind, target, e, t, value, _size_unit(answer, target)


def _kind(answer: Answer, key: str) -> str:
    """Kind of what a project adds to; its id names one of them only."""
    if key in answer.scenario.suppliers:
        return "supplier"
    return "process" if key in answer.scenario.processes else "stockpile"


def _material(answer: Answer, kind: str, key: str) -> str:
    if kind == "process":
        return answer.data.conversion.material[key]
    return answer.scenario.suppliers[key].material if kind == "supplier" else answer.scenario.stockpiles[key].material


def _commitments(answer: Answer, values: Values) -> Iterator[Row]:
    for key, project in answer.scenario.projects.items():
        if project.committed is not None and isinstance(project.size, float):
            material = _material(answer, _kind(answer, project.adds_to), project.adds_to)
            yield key, project.adds_to, material, "committed", project.committed.isoformat(), project.size, _size_unit(answer, project.adds_to)
    for (e, v), value in values.get("commit", []):
        if value:
            target = answer.scenario.projects[e].adds_to
            yield e, target, _material(answer, _kind(answer, target), target), "decided", v, value, _size_unit(answer, target)


def _size_unit(answer: Answer, target: str) -> str:
    kind = _kind(answer, target)
    return answer.unit(_material(answer, kind, target)) + ("" if kind == "stockpile" else "/yr")


def _stockpiles(answer: Answer, values: Values) -> Iterator[Row]:
    for component in ("stock", "fill", "draw", "floor_gap"):
        for (k, t), value in values.get(component, []):
            if value or component == "stock":
                pile = answer.scenario.stockpiles[k]
                yield k, pile.material, pile.party, component, t, value, answer.unit(pile.material)


def _demands(answer: Answer, values: Values) -> Iterator[Row]:
    scenario = answer.scenario
    for (n, t), value in answer.data.demand.demand.items():
        item = scenario.demands[n]
        yield n, item.material, item.party, "wanted", "", t, value, answer.unit(item.material)
    for (n, m, t), value in values.get("serve", []):
        item = scenario.demands[n]
        if value:
            yield n, item.material, item.party, "served" if m == item.material else "substituted", m, t, value, answer.unit(item.material)
    for (n, i, t), value in values.get("shortage", []):
        item = scenario.demands[n]
        if value:
            yield n, item.material, item.party, "short", f"tier {i}", t, value, answer.unit(item.material)


def _processes(answer: Answer, values: Values) -> Iterator[Row]:
    for (p, t), value in values.get("activity", []):
        if value:
            process = answer.scenario.processes[p]
            yield p, process.party, "activity", "", t, value, answer.unit(_material(answer, "process", p))
            for measure, ratios in (("used", process.inputs), ("made", process.outputs)):
                for material, ratio in ratios.items():
                    yield p, process.party, measure, material, t, ratio * value, answer.unit(material)


def _transfers(answer: Answer, values: Values) -> Iterator[Row]:
    for (r, m, t), value in values.get("transfer", []):
        if value:
            route = answer.scenario.routes[r]
            yield r, route.from_, route.to, m, t, value, answer.unit(m)


def _violation_unit(answer: Answer, policy: str, item: str, _: str) -> str:
    """Unit of a policy's left-hand side: money, t CO2e, or the unit of the material it is about."""
    rule = answer.scenario.policies[policy].kind
    if rule == "budget":
        return answer.scenario.money.currency
    name = "service_level" if rule == "min_service" else rule
    return "t_CO2e" if rule == "max_emissions" else unit_of(answer.scenario, answer.data, name, [policy, item])


def _costs(answer: Answer) -> Iterator[Row]:
    """Cost lines by what causes them and the period in which it is decided; they sum to the objective."""
    currency, columns = answer.scenario.money.currency, answer.program.columns
    order = answer.calendar.position
    for name, (constant, places, prices) in answer.program.lines.items():
        line = name.removeprefix("cost_")
        sums: dict[tuple[str, str], float] = {}
        for column, value in zip(places.tolist(), (prices * answer.solution.x[places]).tolist(), strict=True):
            if value:
                index = columns[column][1]
                key = str(index[0]), str(index[-1])
                sums[key] = sums.get(key, 0.0) + value
        for (item, period), value in sorted(sums.items(), key=lambda entry: (entry[0][0], order.get(entry[0][1], -1))):
            yield line, item, period, value, currency
        if constant:
            yield line, CONSTANT, "", constant, currency
