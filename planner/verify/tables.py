"""The shape of a plan's tables, before anything is computed from them: columns, kinds of numbers, ids, labels, repeated facts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.verify.arrays import Check, Lists, Tables, kind_of
from planner.verify.money import LINES

Facts = dict[tuple[Any, ...], dict[str, str]]


@dataclass(frozen=True)
class Shape:
    """What the rows of a table may say."""

    columns: tuple[str, ...]
    """Key columns in order; ``value`` and ``unit`` follow."""
    by: tuple[str, ...]
    """Columns that together name something of the scenario …"""
    facts: Facts
    """… and what other columns then must say."""
    choices: dict[str, set[str]] = field(default_factory=dict)
    """What columns may say that stand for themselves."""
    zero: frozenset[str] = frozenset()
    """Words of a row that may say 0; elsewhere what is zero has no row."""


def read_tables(scenario: Scenario, calendar: Calendar, tables: Tables) -> tuple[Lists, list[Check]]:
    """Read tables whose shape is right.

    Returns:
        The tables as lists, and one check for each table that is not what a plan of the scenario could hold; what else is
        wrong with a plan can only be said when there are none.
    """
    shapes = _shapes(scenario, calendar)
    lists: dict[str, dict[str, list[Any]]] = {}
    checks = []
    for name, shape in shapes.items():
        if name not in tables:
            problems = ["is missing"]
        elif not (problems := list(_column_problems(tables[name], name, shape))):
            lists[name] = {column: tables[name][column].tolist() for column in tables[name].columns}
            problems = list(_kind_problems(tables[name], lists[name])) or list(_row_problems(lists[name], shape))
        if not problems and name == "stockpiles":
            problems = list(_missing_levels(lists[name], scenario, calendar))
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            checks.append(Check("tables", 1.0, float(len(problems)), f"{name}: {problems[0]}{more}"))
    return lists, checks


def _column_problems(table: pd.DataFrame, name: str, shape: Shape) -> Iterator[str]:
    wanted = [*shape.columns, "value", "unit"]
    columns = list(map(str, table.columns))
    if columns not in ([wanted, [*wanted, "low", "high"]] if name == "prices" else [wanted]):
        yield f"has the columns {', '.join(columns)} instead of {', '.join(wanted)}"


def _kind_problems(table: pd.DataFrame, lists: Mapping[str, list[Any]]) -> Iterator[str]:
    for column, cells in lists.items():
        kind: type = {"value": float, "low": float, "high": float, "tier": int}.get(column, str)
        if not {type(cell) for cell in cells} <= {kind}:
            row = next(row for row, cell in enumerate(cells, 1) if type(cell) is not kind)
            yield f"row {row}, column {column}: {cells[row - 1]!r} is not a {_KINDS[kind]} (the column holds {table[column].dtype})"


_KINDS = {float: "number", int: "whole number", str: "text"}


def _row_problems(table: Mapping[str, list[Any]], shape: Shape) -> Iterator[str]:
    for row, value in enumerate(table["value"], 1):
        if not math.isfinite(value):
            yield f"row {row}, column value: {value} is not a number"
    for column, allowed in shape.choices.items():
        for row, text in enumerate(table[column], 1):
            if text not in allowed:
                yield f"row {row}, column {column}: the scenario has no {text!r} there"
    keys = zip(*(table[column] for column in shape.by), strict=True)
    for row, key in enumerate(keys, 1):
        facts = shape.facts.get(key)
        if facts is None:
            yield f"row {row}, {', '.join(shape.by)}: the scenario has no {', '.join(map(str, key))!r} there"
            continue
        for column, text in facts.items():
            if table[column][row - 1] != text:
                yield f"row {row}, column {column}: {table[column][row - 1]!r} where the scenario says {text!r}"
    if "*" not in shape.zero:
        words = [set(texts) for texts in zip(*(table[column] for column in shape.columns), strict=True)]
        for row in (row for row, value in enumerate(table["value"]) if value == 0 and not words[row] & shape.zero):
            yield f"row {row + 1}, column value: is 0, which has no row"
    seen: dict[tuple[Any, ...], int] = {}
    # what a price means follows from its rule, and is no key
    for row, key in enumerate(zip(*(table[column] for column in shape.columns if column != "meaning"), strict=True), 1):
        if seen.setdefault(key, row) != row:
            yield f"row {row}: repeats row {seen[key]}"


def _missing_levels(table: Mapping[str, list[Any]], scenario: Scenario, calendar: Calendar) -> Iterator[str]:
    """Levels stand for every period, even where they are zero."""
    rows = zip(table["stockpile"], table["period"], table["measure"], strict=True)
    found = {(k, label) for k, label, measure in rows if measure == "stock"}
    for k in scenario.stockpiles:
        for label in calendar.position:
            if (k, label) not in found:
                yield f"the level of {k} in {label} is missing"


def _shapes(scenario: Scenario, calendar: Calendar) -> dict[str, Shape]:
    """Every table of a plan of a scenario."""
    periods, parties = set(calendar.position), set(scenario.party_ids)
    time: dict[str, set[str]] = {"period": periods}
    with_party = time | {"party": parties}
    own = {s: _supplier_facts(scenario, s) for s in scenario.suppliers}
    tiers: Facts = {(s, j): own[s] for s, supplier in scenario.suppliers.items() for j in range(1, len(supplier.tiers) + 1)}
    currency = scenario.money.currency
    return {
        "purchases": Shape(("supplier", "material", "country", "origin", "party", "tier", "period"), ("supplier", "tier"), tiers, with_party),
        "contracts": Shape(
            ("contract", "supplier", "material", "country", "origin", "party", "measure", "period"), ("contract", "measure"), _contract_facts(scenario), time
        ),
        "arrivals": Shape(
            ("source", "material", "country", "origin", "party", "period"),
            ("source", "material"),
            _arrival_facts(scenario),
            with_party,
            frozenset({"in_transit"}),
        ),
        "capacity": Shape(("kind", "id", "part", "period"), ("kind", "id", "part"), _capacity_facts(scenario), time),
        "commitments": Shape(
            ("project", "adds_to", "material", "status", "period"),
            ("project", "status", "period"),
            _commitment_facts(scenario, periods),
            zero=frozenset({"committed"}),
        ),
        "stockpiles": Shape(
            ("stockpile", "material", "party", "measure", "period"), ("stockpile", "measure"), _stockpile_facts(scenario), time, frozenset({"stock"})
        ),
        "demands": Shape(("demand", "material", "party", "measure", "by", "period"), ("demand", "measure", "by"), _demand_facts(scenario), time),
        "processes": Shape(
            ("process", "party", "measure", "material", "period"),
            ("process", "measure", "material"),
            _process_facts(scenario),
            time,
            frozenset({"used", "made"}),
        ),
        "transfers": Shape(("route", "from", "to", "material", "period"), ("route", "material"), _route_facts(scenario), time),
        "disposals": Shape(("material", "party", "period"), ("material",), {(m,): {"unit": unit_of(scenario, m)} for m in scenario.materials}, with_party),
        "violations": Shape(("policy", "item", "period"), ("policy",), {(key,): {} for key, p in scenario.policies.items() if p.penalty is not None}),
        "costs": Shape(("line", "item", "period"), ("line",), {(line,): {"unit": currency} for line in LINES}),
        "prices": Shape(("rule", "item", "party", "period", "meaning"), (), {}, zero=frozenset({"*"})),
    }


def unit_of(scenario: Scenario, material: str) -> str:
    """Unit of a material; empty for a process without any."""
    return scenario.materials[material].unit if material in scenario.materials else ""


def counted_in(scenario: Scenario, kind: str, key: str) -> str:
    """Material in whose units a supplier, process or stockpile counts its capacity; empty for a process without any."""
    if kind == "process":
        return next(iter((*scenario.processes[key].inputs, *scenario.processes[key].outputs)), "")
    return scenario.suppliers[key].material if kind == "supplier" else scenario.stockpiles[key].material


def _supplier_facts(scenario: Scenario, s: str) -> dict[str, str]:
    supplier = scenario.suppliers[s]
    origin = supplier.origin or supplier.country or ""
    return {"material": supplier.material, "country": supplier.country or "", "origin": origin, "unit": unit_of(scenario, supplier.material)}


def _contract_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for c, contract in scenario.contracts.items():
        facts = _supplier_facts(scenario, contract.supplier) | {"supplier": contract.supplier, "party": contract.party}
        found |= {(c, "lifted"): facts, (c, "breached"): facts, (c, "signed"): facts | {"unit": "share"}}
    return found


def _arrival_facts(scenario: Scenario) -> Facts:
    found: Facts = {("in_transit", s.material): {"country": "", "origin": "", "unit": unit_of(scenario, s.material)} for s in scenario.in_transit}
    for s, supplier in scenario.suppliers.items():
        facts = _supplier_facts(scenario, s)
        # a supplier may bear the name that shipments from before the horizon go by
        found[s, supplier.material] = {"unit": facts["unit"]} if (s, supplier.material) in found else facts
    return found


def _capacity_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for kind, things in (("supplier", scenario.suppliers), ("process", scenario.processes), ("stockpile", scenario.stockpiles)):
        for key in things:
            facts = {"unit": _size_unit(scenario, kind, key)}
            found[kind, key, "standing"] = facts
            for e, project in scenario.projects.items():
                if project.decide is not None and (kind_of(scenario, project.adds_to), project.adds_to) == (kind, key):
                    found[kind, key, e] = facts
    return found


def _size_unit(scenario: Scenario, kind: str, key: str) -> str:
    """Unit of the capacity of a supplier, process or stockpile."""
    return unit_of(scenario, counted_in(scenario, kind, key)) + ("" if kind == "stockpile" else "/yr")


def _commitment_facts(scenario: Scenario, periods: set[str]) -> Facts:
    found: Facts = {}
    for e, project in scenario.projects.items():
        kind = kind_of(scenario, project.adds_to)
        material, unit = counted_in(scenario, kind, project.adds_to), _size_unit(scenario, kind, project.adds_to)
        facts = {"adds_to": project.adds_to, "material": material, "unit": unit}
        if project.committed is not None:
            found[e, "committed", project.committed.isoformat()] = facts
        else:
            found |= {(e, "decided", label): facts for label in periods}
    return found


def _stockpile_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for k, pile in scenario.stockpiles.items():
        facts = {"material": pile.material, "party": pile.party, "unit": unit_of(scenario, pile.material)}
        found |= {(k, measure): facts for measure in ("stock", "fill", "draw", "floor_gap")}
    return found


def _demand_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for n, demand in scenario.demands.items():
        facts = {"material": demand.material, "party": demand.party, "unit": unit_of(scenario, demand.material)}
        keys = [("wanted", ""), ("served", demand.material), *(("substituted", m) for m in demand.substitutes)]
        found |= {(n, *key): facts for key in [*keys, *(("short", f"tier {i}") for i in range(1, len(demand.shortage_tiers) + 1))]}
    return found


def _process_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for p, process in scenario.processes.items():
        found[p, "activity", ""] = {"party": process.party, "unit": unit_of(scenario, counted_in(scenario, "process", p))}
        for measure, materials in (("used", process.inputs), ("made", process.outputs)):
            found |= {(p, measure, m): {"party": process.party, "unit": unit_of(scenario, m)} for m in materials}
    return found


def _route_facts(scenario: Scenario) -> Facts:
    found: Facts = {}
    for r, route in scenario.routes.items():
        found |= {(r, m): {"from": route.from_, "to": route.to, "unit": unit_of(scenario, m)} for m in route.materials}
    return found
