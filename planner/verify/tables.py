"""The shape of a plan's tables, before anything is computed from them: columns, kinds of numbers, ids, labels, repeated facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.verify.arrays import kind_of
from planner.verify.columns import Table, read_table
from planner.verify.money import LINES
from planner.verify.residuals import Check

Facts = Callable[..., Mapping[str, str] | None]
"""What columns must say beside a key; None where the scenario has no such key."""
Cells = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Shape:
    """What the rows of a table may say."""

    columns: tuple[str, ...]
    """Key columns in order; ``value`` and ``unit`` follow."""
    by: tuple[str, ...] = ()
    """Columns that together name something of the scenario …"""
    facts: Facts | None = None
    """… and what other columns then must say."""
    choices: dict[str, set[str]] = field(default_factory=dict)
    """What columns may say that stand for themselves."""
    zero: frozenset[str] = frozenset()
    """Words of a row that may say 0; elsewhere what is zero has no row."""

    @property
    def distinct(self) -> tuple[str, ...]:
        """Columns that no two rows share; what a price means follows from its rule, and is no key."""
        return tuple(column for column in self.columns if column != "meaning")


def read_tables(scenario: Scenario, calendar: Calendar, tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, Table], list[Check]]:
    """Read tables whose shape is right.

    Returns:
        The tables, and one check for each table that is not what a plan of the scenario could hold; what else is wrong with
        a plan can only be said when there are none.
    """
    found: dict[str, Table] = {}
    checks = []
    for name, shape in _shapes(scenario, calendar).items():
        if name not in tables:
            problems = ["is missing"]
        elif not (problems := list(_column_problems(tables[name], name, shape))):
            found[name], problems = read_table(tables[name])
            if not problems and _looks_wrong(found[name], shape):
                cells = {column: found[name].column(column) for column in tables[name].columns}
                problems = list(_row_problems(cells, shape)) or ["is not what a plan could hold"]
        if not problems and name == "stockpiles":
            problems = _missing_levels(found[name], scenario, calendar)
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            checks.append(Check("tables", 1.0, float(len(problems)), f"{name}: {problems[0]}{more}"))
    return found, checks


def _column_problems(table: pd.DataFrame, name: str, shape: Shape) -> Iterator[str]:
    wanted = [*shape.columns, "value", "unit"]
    columns = list(map(str, table.columns))
    if columns not in ([wanted, [*wanted, "low", "high"]] if name == "prices" else [wanted]):
        yield f"has the columns {', '.join(columns)} instead of {', '.join(wanted)}"


def _looks_wrong(table: Table, shape: Shape) -> bool:
    """Whether any row breaks its shape, found from distinct words and groups of rows alone."""
    if not table.size:
        return False
    if not np.isfinite(table.value).all() or any(not allowed.issuperset(table.words[column]) for column, allowed in shape.choices.items()):
        return True
    if len(table.groups(shape.distinct)[1]) < table.size:
        return True
    if "*" not in shape.zero and (table.value == 0).any():
        may_be = np.any([table.mask(column, shape.zero) for column in shape.columns], axis=0)
        if ((table.value == 0) & ~may_be).any():
            return True
    return _contradicts(table, shape)


def _contradicts(table: Table, shape: Shape) -> bool:
    """Whether any row names what the scenario has not, or says of it what it does not."""
    if shape.facts is None:
        return False
    group, first = table.groups(shape.by)
    facts = [shape.facts(*key) for key in table.keys(shape.by, first)]
    known = [each for each in facts if each is not None]
    if len(known) < len(facts):
        return True
    for column in sorted({column for each in known for column in each}):
        places = {word: place for place, word in enumerate(table.words[column])}
        own = np.array([places.get(each[column], -1) if column in each else -2 for each in known])[group]
        if ((own != table.codes[column]) & (own != -2)).any():
            return True
    return False


def _row_problems(table: Cells, shape: Shape) -> Iterator[str]:
    for row, value in enumerate(table["value"], 1):
        if not math.isfinite(value):
            yield f"row {row}, column value: {value} is not a number"
    for column, allowed in shape.choices.items():
        for row, text in enumerate(table[column], 1):
            if text not in allowed:
                yield f"row {row}, column {column}: the scenario has no {text!r} there"
    yield from _fact_problems(table, shape)
    if "*" not in shape.zero:
        words = [set(texts) for texts in zip(*(table[column] for column in shape.columns), strict=True)]
        for row in (row for row, value in enumerate(table["value"]) if value == 0 and not words[row] & shape.zero):
            yield f"row {row + 1}, column value: is 0, which has no row"
    seen: dict[tuple[Any, ...], int] = {}
    for row, key in enumerate(zip(*(table[column] for column in shape.distinct), strict=True), 1):
        if seen.setdefault(key, row) != row:
            yield f"row {row}: repeats row {seen[key]}"


def _fact_problems(table: Cells, shape: Shape) -> Iterator[str]:
    if shape.facts is None:
        return
    for row, key in enumerate(zip(*(table[column] for column in shape.by), strict=True), 1):
        facts = shape.facts(*key)
        if facts is None:
            yield f"row {row}, {', '.join(shape.by)}: the scenario has no {', '.join(map(str, key))!r} there"
            continue
        for column, text in facts.items():
            if table[column][row - 1] != text:
                yield f"row {row}, column {column}: {table[column][row - 1]!r} where the scenario says {text!r}"


def _missing_levels(table: Table, scenario: Scenario, calendar: Calendar) -> list[str]:
    """Levels stand for every period, even where they are zero."""
    rows = table.rows_with("measure", "stock")
    if len(rows) == len(scenario.stockpiles) * len(calendar.periods):
        # none is there twice, and none is of anything else
        return []
    found = set(table.keys(("stockpile", "period"), rows))
    return [f"the level of {k} in {label} is missing" for k in scenario.stockpiles for label in calendar.position if (k, label) not in found]


def _shapes(scenario: Scenario, calendar: Calendar) -> dict[str, Shape]:
    """Every table of a plan of a scenario."""
    periods, parties = set(calendar.position), set(scenario.party_ids)
    time: dict[str, set[str]] = {"period": periods}
    with_party = time | {"party": parties}

    def shape(columns: str, by: str, facts: Callable[..., Mapping[str, str] | None], choices: dict[str, set[str]] = time, zero: str = "") -> Shape:
        return Shape(tuple(columns.split()), tuple(by.split()), partial(facts, scenario), choices, frozenset(zero.split()))

    return {
        "purchases": shape("supplier material country origin party tier period", "supplier tier", _tier_facts, with_party),
        "contracts": shape("contract supplier material country origin party measure period", "contract measure", _contract_facts),
        "arrivals": shape("source material country origin party period", "source material", _arrival_facts, with_party, "in_transit"),
        "capacity": shape("kind id part period", "kind id part", _capacity_facts),
        "commitments": shape("project adds_to material status period", "project status period", partial(_commitment_facts, periods), {}, "committed"),
        "stockpiles": shape("stockpile material party measure period", "stockpile measure", _stockpile_facts, zero="stock"),
        "demands": shape("demand material party measure by period", "demand measure by", _demand_facts),
        "processes": shape("process party measure material period", "process measure material", _process_facts, zero="used made"),
        "transfers": shape("route from to material period", "route material", _route_facts),
        "disposals": shape("material party period", "material", _material_facts, with_party),
        "violations": shape("policy item period", "policy", _policy_facts, {}),
        "costs": shape("line item period", "line", _line_facts, {}),
        "prices": Shape(("rule", "item", "party", "period", "meaning"), zero=frozenset({"*"})),
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


def _tier_facts(scenario: Scenario, s: str, tier: int) -> dict[str, str] | None:
    known = s in scenario.suppliers and 1 <= tier <= len(scenario.suppliers[s].tiers)
    return _supplier_facts(scenario, s) if known else None


def _contract_facts(scenario: Scenario, c: str, measure: str) -> dict[str, str] | None:
    if c not in scenario.contracts or measure not in ("lifted", "breached", "signed"):
        return None
    contract = scenario.contracts[c]
    facts = _supplier_facts(scenario, contract.supplier) | {"supplier": contract.supplier, "party": contract.party}
    return facts | {"unit": "share"} if measure == "signed" else facts


def _arrival_facts(scenario: Scenario, source: str, m: str) -> dict[str, str] | None:
    shipped = source in scenario.suppliers and scenario.suppliers[source].material == m
    on_its_way = source == "in_transit" and any(shipment.material == m for shipment in scenario.in_transit)
    if shipped and on_its_way:
        # a supplier may bear the name that shipments from before the horizon go by
        return {"unit": unit_of(scenario, m)}
    if shipped:
        return _supplier_facts(scenario, source)
    return {"country": "", "origin": "", "unit": unit_of(scenario, m)} if on_its_way else None


def _capacity_facts(scenario: Scenario, kind: str, key: str, part: str) -> dict[str, str] | None:
    things: Mapping[str, Mapping[str, object]] = {"supplier": scenario.suppliers, "process": scenario.processes, "stockpile": scenario.stockpiles}
    if key not in things.get(kind, {}):
        return None
    project = scenario.projects.get(part)
    adds = project is not None and project.decide is not None and (kind_of(scenario, project.adds_to), project.adds_to) == (kind, key)
    return {"unit": _size_unit(scenario, kind, key)} if part == "standing" or adds else None


def _size_unit(scenario: Scenario, kind: str, key: str) -> str:
    """Unit of the capacity of a supplier, process or stockpile."""
    return unit_of(scenario, counted_in(scenario, kind, key)) + ("" if kind == "stockpile" else "/yr")


def _commitment_facts(periods: set[str], scenario: Scenario, e: str, status: str, label: str) -> dict[str, str] | None:
    if e not in scenario.projects:
        return None
    project = scenario.projects[e]
    fact = project.committed is not None
    if status != ("committed" if fact else "decided") or label not in ({str(project.committed)} if fact else periods):
        return None
    kind = kind_of(scenario, project.adds_to)
    return {"adds_to": project.adds_to, "material": counted_in(scenario, kind, project.adds_to), "unit": _size_unit(scenario, kind, project.adds_to)}


def _stockpile_facts(scenario: Scenario, k: str, measure: str) -> dict[str, str] | None:
    if k not in scenario.stockpiles or measure not in ("stock", "fill", "draw", "floor_gap"):
        return None
    pile = scenario.stockpiles[k]
    return {"material": pile.material, "party": pile.party, "unit": unit_of(scenario, pile.material)}


def _demand_facts(scenario: Scenario, n: str, measure: str, by: str) -> dict[str, str] | None:
    if n not in scenario.demands:
        return None
    demand = scenario.demands[n]
    keys = {("wanted", ""), ("served", demand.material), *(("substituted", m) for m in demand.substitutes)}
    keys |= {("short", f"tier {i}") for i in range(1, len(demand.shortage_tiers) + 1)}
    facts = {"material": demand.material, "party": demand.party, "unit": unit_of(scenario, demand.material)}
    return facts if (measure, by) in keys else None


def _process_facts(scenario: Scenario, p: str, measure: str, material: str) -> dict[str, str] | None:
    if p not in scenario.processes:
        return None
    process = scenario.processes[p]
    keys = {("activity", ""), *(("used", m) for m in process.inputs), *(("made", m) for m in process.outputs)}
    counted = counted_in(scenario, "process", p) if measure == "activity" else material
    return {"party": process.party, "unit": unit_of(scenario, counted)} if (measure, material) in keys else None


def _route_facts(scenario: Scenario, r: str, m: str) -> dict[str, str] | None:
    if r not in scenario.routes or m not in scenario.routes[r].materials:
        return None
    return {"from": scenario.routes[r].from_, "to": scenario.routes[r].to, "unit": unit_of(scenario, m)}


def _material_facts(scenario: Scenario, m: str) -> dict[str, str] | None:
    return {"unit": unit_of(scenario, m)} if m in scenario.materials else None


def _policy_facts(scenario: Scenario, key: str) -> dict[str, str] | None:
    return {} if key in scenario.policies and scenario.policies[key].penalty is not None else None


def _line_facts(scenario: Scenario, line: str) -> dict[str, str] | None:
    return {"unit": scenario.money.currency} if line in LINES else None
