"""The columns of each table of a plan, from an optimum: keys as numbers of texts, ``value`` and ``unit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from planner.results.coded import Cells, Columns, Texts, blocks, stacked, transposed
from planner.results.prices import unit_of
from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.solver.highs import Solution
from planner.solver.lower import LinearProgram
from sourcing_lp.data import SourcingData

CONSTANT = "committed projects"
"""What the constants of cost lines are caused by."""

Values = tuple[list[tuple[Any, ...]], Cells]
"""Columns of the indices of a variable, and its values, shape (rows,)."""


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

    @cached_property
    def texts(self) -> Texts:
        """Numbers of the texts of its tables."""
        return Texts()

    @cached_property
    def _blocks(self) -> dict[str, slice]:
        return blocks(self.program.columns)

    def values(self, component: str, size: int, *, zeros: bool = False) -> Values:
        """A variable with an index of so many parts, in the order of the program; with ``zeros`` also where it is zero."""
        block = self._blocks.get(component, slice(0, 0))
        x = self.solution.x[block]
        places = np.arange(len(x)) if zeros else np.flatnonzero(x)
        indices = [self.program.columns[place][1] for place in (places + block.start).tolist()]
        return transposed(indices, size), x[places]

    def numbers(self, found: Mapping[Any, float], size: int) -> Values:
        """The same for numbers of the compiled scenario, where they are not zero."""
        values = np.fromiter(found.values(), dtype=float, count=len(found))
        indices = [index for index, value in found.items() if value]
        return transposed(indices, size), values[values != 0]

    def unit(self, material: str) -> str:
        """Unit of a material."""
        return self.scenario.materials[material].unit if material in self.scenario.materials else ""

    def shipped(self, key: str, suppliers: Sequence[str]) -> Columns:
        """What suppliers ship, from where and in which unit; their ids stand in column ``key``."""
        items = self.scenario.suppliers
        return self.texts.facts(
            suppliers,
            material=lambda s: items[s].material,
            country=lambda s: items[s].country or "",
            origin=lambda s: items[s].mined_in or "",
            unit=lambda s: self.unit(items[s].material),
            **{key: str},
        )


def purchases(answer: Answer) -> Columns:
    """What is shipped outside contracts."""
    (s, j, g, t), value = answer.values("purchase", 4)
    numbers = answer.texts.numbers
    return {**answer.shipped("supplier", s), "party": numbers(g), "tier": np.array(j, dtype=np.int64), "period": numbers(t), "value": value}


def contracts(answer: Answer) -> Columns:
    """What is lifted, breached and signed."""
    contracts, texts, found = answer.scenario.contracts, answer.texts, []
    for component, measure in (("lift", "lifted"), ("breach", "breached"), ("sign", "signed")):
        (c, t), value = answer.values(component, 2)
        keys = texts.facts(c, contract=str, party=lambda key: contracts[key].party) | answer.shipped("supplier", [contracts[key].supplier for key in c])
        unit = {"unit": texts.same("share", len(c))} if measure == "signed" else {}
        found.append({**keys, "measure": texts.same(measure, len(c)), "period": texts.numbers(t), "value": value, **unit})
    return stacked(found)


def arrivals(answer: Answer) -> Columns:
    """What arrives when: of what is shipped inside the horizon, and of what was on its way before."""
    received = _received(answer)
    (s, g, t), texts = transposed(list(received), 3), answer.texts
    keys = {**answer.shipped("source", s), "party": texts.numbers(g), "period": texts.numbers(t)}
    arrived = {**keys, "value": np.array(list(received.values()), dtype=float)}
    before = answer.data.balance.in_transit
    (m, g, t), nowhere = transposed(list(before), 3), texts.same("", len(before))
    keys = {**texts.facts(m, material=str, unit=answer.unit), "source": texts.same("in_transit", len(m)), "country": nowhere, "origin": nowhere}
    keys |= {"party": texts.numbers(g), "period": texts.numbers(t)}
    return stacked([arrived, {**keys, "value": np.array(list(before.values()), dtype=float)}])


def _received(answer: Answer) -> dict[tuple[str, str, str], float]:
    """[s, g, t] units that arrive of what is shipped inside the horizon."""
    shipped: dict[tuple[str, str, str], float] = {}
    (s, _, g, t), value = answer.values("purchase", 4)
    (c, u), lifted = answer.values("lift", 2)
    contracts = answer.scenario.contracts
    lifts = [(contracts[key].supplier, contracts[key].party, period) for key, period in zip(c, u, strict=True)]
    for key, units in zip([*zip(s, g, t, strict=True), *lifts], [*value.tolist(), *lifted.tolist()], strict=True):
        shipped[key] = shipped.get(key, 0.0) + units
    received: dict[tuple[str, str, str], float] = {}
    for (_, party, period), parts in answer.data.supply.arrivals.items():
        for supplier, tau, share in parts:
            units = share * shipped.get((supplier, party, tau), 0.0)
            if units:
                received[supplier, party, period] = received.get((supplier, party, period), 0.0) + units
    return received


def capacity(answer: Answer) -> Columns:
    """Capacity by its parts: what stands without decisions, and what each decision adds."""
    data, texts, found = answer.data, answer.texts, []
    for kind, capacities in (("supplier", data.supply.capacity), ("process", data.conversion.capacity), ("stockpile", data.stock.capacity)):
        (key, t), value = answer.numbers(capacities, 2)
        keys = texts.facts(key, id=str, unit=partial(_size_unit, answer, kind)) | {"kind": texts.same(kind, len(key))}
        found.append({**keys, "part": texts.same("standing", len(key)), "period": texts.numbers(t), "value": value})
    (e, t), value = answer.values("available", 2)
    target, unit = partial(_target, answer), partial(_project_unit, answer)
    keys = texts.facts(e, kind=lambda key: _kind(answer, target(key)), id=target, part=str, unit=unit)
    return stacked([*found, {**keys, "period": texts.numbers(t), "value": value}])


def _target(answer: Answer, project: str) -> str:
    return answer.scenario.projects[project].adds_to


def _kind(answer: Answer, key: str) -> str:
    """Kind of what a project adds to; its id names one of them only."""
    if key in answer.scenario.suppliers:
        return "supplier"
    return "process" if key in answer.scenario.processes else "stockpile"


def _material(answer: Answer, kind: str, key: str) -> str:
    if kind == "process":
        return answer.data.conversion.material[key]
    return answer.scenario.suppliers[key].material if kind == "supplier" else answer.scenario.stockpiles[key].material


def _size_unit(answer: Answer, kind: str, key: str) -> str:
    return answer.unit(_material(answer, kind, key)) + ("" if kind == "stockpile" else "/yr")


def _project_unit(answer: Answer, project: str) -> str:
    target = _target(answer, project)
    return _size_unit(answer, _kind(answer, target), target)


def commitments(answer: Answer) -> Columns:
    """What was and what is to be committed."""
    projects, texts = answer.scenario.projects.items(), answer.texts
    given = [(key, item.committed.isoformat(), item.size) for key, item in projects if item.committed is not None and isinstance(item.size, float)]
    (known, dates, sizes), ((e, v), value) = transposed(given, 3), answer.values("commit", 2)
    target, unit = partial(_target, answer), partial(_project_unit, answer)
    facts = texts.facts([*known, *e], project=str, adds_to=target, material=lambda key: _material(answer, _kind(answer, target(key)), target(key)), unit=unit)
    status = texts.numbers(["committed"] * len(known) + ["decided"] * len(e))
    return {**facts, "status": status, "period": texts.numbers([*dates, *v]), "value": np.array([*sizes, *value.tolist()], dtype=float)}


def stockpiles(answer: Answer) -> Columns:
    """Levels of every period, and flows."""
    piles, texts, found = answer.scenario.stockpiles, answer.texts, []
    for measure in ("stock", "fill", "draw", "floor_gap"):
        (k, t), value = answer.values(measure, 2, zeros=measure == "stock")
        keys = texts.facts(
            k,
            stockpile=str,
            material=lambda key: piles[key].material,
            party=lambda key: piles[key].party,
            unit=lambda key: answer.unit(piles[key].material),
        )
        found.append({**keys, "measure": texts.same(measure, len(k)), "period": texts.numbers(t), "value": value})
    return stacked(found)


def demands(answer: Answer) -> Columns:
    """What is wanted, served, substituted and short."""
    items, wanted = answer.scenario.demands, answer.data.demand.demand
    (n, t), value = transposed(list(wanted), 2), np.array(list(wanted.values()), dtype=float)
    every = [_uses(answer, (n, ["wanted"] * len(n), [""] * len(n), t), value)]
    (n, m, t), value = answer.values("serve", 3)
    measures = ["served" if material == items[key].material else "substituted" for key, material in zip(n, m, strict=True)]
    every.append(_uses(answer, (n, measures, m, t), value))
    (n, i, t), value = answer.values("shortage", 3)
    return stacked([*every, _uses(answer, (n, ["short"] * len(n), [f"tier {tier}" for tier in i], t), value)])


def _uses(answer: Answer, keys: tuple[Sequence[str], ...], value: Cells) -> Columns:
    """Rows of the table of demands, from ids, measures, what by and periods."""
    items, texts, (n, measures, by, t) = answer.scenario.demands, answer.texts, keys
    facts = texts.facts(
        n, demand=str, material=lambda key: items[key].material, party=lambda key: items[key].party, unit=lambda key: answer.unit(items[key].material)
    )
    return {**facts, "measure": texts.numbers(measures), "by": texts.numbers(by), "period": texts.numbers(t), "value": value}


def processes(answer: Answer) -> Columns:
    """What runs, and period by period what that uses and makes."""
    (p, t), value = answer.values("activity", 2)
    items, texts = answer.scenario.processes, answer.texts
    steps = {key: _steps(answer, key) for key in dict.fromkeys(p)}
    count = np.array([len(steps[key]) for key in p], dtype=np.int64)
    measures, materials, ratios, units = transposed([step for key in p for step in steps[key]], 4)
    keys = {**texts.facts(p, process=str, party=lambda key: items[key].party), "period": texts.numbers(t), "value": value}
    flows = {name: np.repeat(cells, count) for name, cells in keys.items()}
    flows |= {"measure": texts.numbers(measures), "material": texts.numbers(materials), "unit": texts.numbers(units)}
    return {**flows, "value": np.array(ratios, dtype=float) * flows["value"]}


def _steps(answer: Answer, key: str) -> list[tuple[str, str, float, str]]:
    """(measure, material, amount for one unit of activity, unit) of each row that an activity has."""
    process = answer.scenario.processes[key]
    flows = [("used", process.inputs), ("made", process.outputs)]
    activity = "activity", "", 1.0, answer.unit(_material(answer, "process", key))
    return [activity, *((measure, material, ratio, answer.unit(material)) for measure, ratios in flows for material, ratio in ratios.items())]


def transfers(answer: Answer) -> Columns:
    """What is sent on routes."""
    (r, m, t), value = answer.values("transfer", 3)
    routes, texts = answer.scenario.routes, answer.texts
    ends = texts.facts(r, route=str, to=lambda key: routes[key].to, **{"from": lambda key: routes[key].from_})
    return {**ends, **texts.facts(m, material=str, unit=answer.unit), "period": texts.numbers(t), "value": value}


def disposals(answer: Answer) -> Columns:
    """What is disposed of."""
    (m, g, t), value = answer.values("surplus", 3)
    texts = answer.texts
    return {**texts.facts(m, material=str, unit=answer.unit), "party": texts.numbers(g), "period": texts.numbers(t), "value": value}


def violations(answer: Answer) -> Columns:
    """What soft policies are broken by."""
    (policy, item, window), value = answer.values("violation", 3)
    texts = answer.texts
    pairs = list(zip(policy, item, strict=True))
    facts = texts.facts(pairs, policy=lambda pair: pair[0], item=lambda pair: pair[1], unit=lambda pair: _violation_unit(answer, *pair))
    return {**facts, "period": texts.numbers(window), "value": value}


def _violation_unit(answer: Answer, policy: str, item: str) -> str:
    """Unit of a policy's left-hand side: money, t CO2e, or the unit of the material it is about."""
    rule = answer.scenario.policies[policy].kind
    if rule == "budget":
        return answer.scenario.money.currency
    name = "service_level" if rule == "min_service" else rule
    return "t_CO2e" if rule == "max_emissions" else unit_of(answer.scenario, answer.data, name, [policy, item])


def costs(answer: Answer) -> Columns:
    """Cost lines by what causes them and the period in which it is decided; they sum to the objective."""
    texts, columns = answer.texts, answer.program.columns
    # the variable that is always zero has no index, and no price
    items = texts.numbers([index[0] if index else "" for _, index in columns])
    periods = texts.numbers([index[-1] if index else "" for _, index in columns])
    found = []
    for name, (constant, places, prices) in answer.program.lines.items():
        item, period, value = _caused(answer, items[places], periods[places], prices * answer.solution.x[places])
        if constant:
            item, period = np.append(item, texts[CONSTANT]), np.append(period, texts[""])
            value = np.append(value, constant)
        line = texts.same(name.removeprefix("cost_"), len(value))
        found.append({"line": line, "item": item, "period": period, "value": value, "unit": texts.same(answer.scenario.money.currency, len(value))})
    return stacked(found)


def _caused(answer: Answer, item: Cells, period: Cells, value: Cells) -> tuple[Cells, Cells, Cells]:
    """Money added up by what causes it and its period, in order of time; windows of policies come first, as they appear."""
    rows = np.flatnonzero(value)
    pair = item[rows].astype(np.int64) * len(answer.texts) + period[rows]
    group, pairs = pd.factorize(pair)
    item, period = pairs // len(answer.texts), pairs % len(answer.texts)
    position = answer.calendar.position
    place = np.array([position.get(text, -1) for text in answer.texts], dtype=np.int64)
    order = np.argsort(place[period], kind="stable")
    return item[order], period[order], np.bincount(group, weights=value[rows], minlength=len(pairs))[order]
