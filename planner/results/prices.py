"""Duals as prices: what one more unit of each right-hand side is worth, in undiscounted money, with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.results.coded import Cells, Columns, Texts, blocks, stacked
from planner.scenario.schema import Contract, Demand, Process, Scenario, Stockpile
from planner.solver.highs import Solution
from planner.solver.lower import LinearProgram
from sourcing_lp.data import SourcingData


@dataclass(frozen=True)
class Price:
    """How the dual of a constraint is read."""

    meaning: str
    unit: str
    """With ``{unit}`` for the material's unit and ``{currency}``."""
    sign: float | None = None
    """For equations: +1 where the dual is what one more unit costs, -1 where it is what one more unit saves.

    None for limits, where easing an active one by a unit saves the size of its dual, whichever side it bounds."""
    party: int | None = None
    """Position of the party in the index."""
    window: bool = False
    """Whether the last index is a policy window."""


PER_UNIT = "{currency}/{unit}"
PRICES: dict[str, Price] = {
    "material_balance": Price("saved by one more unit of the material there and then", PER_UNIT, sign=-1.0, party=1),
    "demand_balance": Price("cost of serving one more unit of demand", PER_UNIT, sign=1.0),
    "supplier_capacity": Price("saved by one more unit of supplier capacity in the period", PER_UNIT),
    "spot_gate": Price("price of the cutoff: saved by one more unit let through", PER_UNIT, party=1),
    "tier_limit": Price("saved by one more unit at the tier's price", PER_UNIT),
    "contract_volume": Price("saved by one more unit of contract volume", PER_UNIT),
    "take_or_pay": Price("cost of one more unit of contract minimum", PER_UNIT),
    "sign_once": Price("saved by a second contract of the kind (present value)", "{currency}"),
    "sign_gate": Price("saved by letting the whole contract be signed in the period", "{currency}"),
    "capacity_ramp": Price("saved by one more unit/yr of capacity in the period", "{currency}/({unit}/yr)", sign=-1.0),
    "project_size": Price("saved by one more unit/yr of largest size (present value)", "{currency}/({unit}/yr)"),
    "commitment_gate": Price("saved by one more unit/yr let through for decision", "{currency}/({unit}/yr)"),
    "stock_balance": Price("saved by one more unit in store", PER_UNIT, sign=-1.0),
    "stock_capacity": Price("saved by one more unit of store", PER_UNIT),
    "stock_floor": Price("cost of one more unit of floor", PER_UNIT),
    "draw_rate": Price("saved by one more unit of draw in the period", PER_UNIT),
    "fill_rate": Price("saved by one more unit of fill in the period", PER_UNIT),
    "final_stock": Price("cost of one more unit left at the end (present value)", PER_UNIT),
    "process_capacity": Price("saved by one more unit of activity in the period", PER_UNIT),
    "route_capacity": Price("saved by one more unit of route capacity in the period", PER_UNIT),
    "substitute_limit": Price("saved by letting the substitute serve one more unit", PER_UNIT),
    "shortage_tier": Price("saved by one more unit in the cheaper shortage tier", PER_UNIT),
    "min_service": Price("cost of one more unit that must be served", PER_UNIT),
    "max_share": Price("saved by one more unit above the share", PER_UNIT, window=True),
    "budget": Price("saved by one more unit of money in the budget", "{currency}/{currency}", window=True),
    "max_emissions": Price("saved by one more tonne of CO2e", "{currency}/t_CO2e", window=True),
    "stock_limit": Price("saved by one more unit under the limit", PER_UNIT, window=True),
    "min_cover": Price("cost of one more unit of cover", PER_UNIT, window=True),
    "service_level": Price("cost of one more unit that must be served", PER_UNIT, window=True),
}
"""One entry a constraint of the model; a test holds the two together."""

_ALWAYS = {"material_balance"}
_STOCK_RULES = frozenset({"stock_balance", "stock_capacity", "stock_floor", "draw_rate", "fill_rate", "final_stock"})


def price_columns(
    scenario: Scenario, data: SourcingData, program: LinearProgram, solution: Solution, intervals: Mapping[int, tuple[float, float]], texts: Texts
) -> Columns:
    """Rule, item, party, period, meaning, value, unit, low, high of every row with a dual, and of all material balances.

    ``low`` and ``high`` are the smallest and largest price that is as right, for rows with an interval, else NaN.

    Duals of rows that belong to a period are divided by its discount factor, so that they read in money of that period;
    those of other rows stay present values, as their meaning says.
    """
    ends = np.full((2, len(program.rows)), np.nan)
    for row, interval in intervals.items():
        ends[:, row] = interval
    # an end that is the dual itself keeps all its digits
    ends = np.where(np.abs(ends - solution.y) <= 1e-8 * np.abs(solution.y), solution.y, ends)
    none: Columns = {key: texts.numbers([]) for key in ("rule", "item", "party", "period", "meaning", "unit")}
    found = [{**none, **{key: np.zeros(0) for key in ("value", "low", "high")}}]
    for rule, block in blocks(program.rows).items():
        y = solution.y[block]
        places = block.start + (np.arange(len(y)) if rule in _ALWAYS else np.flatnonzero(y))
        indices = [program.rows[place][1] for place in places.tolist()]
        discount, keys = _keys(scenario, data, rule, indices, texts)
        value, low, high = (_read(PRICES[rule], duals[places]) / discount + 0.0 for duals in (solution.y, *ends))
        found.append({**keys, "value": value, "low": np.minimum(low, high), "high": np.maximum(low, high)})
    return stacked(found)


def _keys(scenario: Scenario, data: SourcingData, rule: str, indices: list[Any], texts: Texts) -> tuple[Cells, Columns]:
    """Discount factors of rows of one rule, and their columns of texts."""
    price = PRICES[rule]
    if indices and isinstance(indices[0], tuple):
        # whatever comes before, a period or a window comes last
        heads, periods = [index[:-1] for index in indices], [index[-1] for index in indices]
    else:
        heads, periods = [(index,) for index in indices], [""] * len(indices)
    windows = {row.key: row.window.discount for row in data.policy.rows} if price.window else {}
    discounts = [windows[index] for index in indices] if price.window else [data.time.discount.get(period, 1.0) for period in periods]
    facts = {head: _facts(scenario, data, rule, [str(part) for part in head]) for head in dict.fromkeys(heads)}
    told = texts.facts(heads, item=lambda head: facts[head][0], party=lambda head: facts[head][1], unit=lambda head: facts[head][2])
    same = {"rule": texts.same(rule, len(indices)), "meaning": texts.same(price.meaning, len(indices))}
    return np.array(discounts, dtype=float), {**same, **told, "period": texts.numbers(periods)}


def _facts(scenario: Scenario, data: SourcingData, rule: str, parts: list[str]) -> tuple[str, str, str]:
    """(item, party, unit) of the rows of a rule that differ in their period only."""
    price = PRICES[rule]
    party = parts.pop(price.party) if price.party is not None else _party(scenario, rule, parts[0])
    unit = price.unit.format(currency=scenario.money.currency, unit=unit_of(scenario, data, rule, parts))
    return ".".join(parts), party, unit


def _read(price: Price, duals: Cells) -> Cells:
    return np.abs(duals) if price.sign is None else price.sign * duals


def _party(scenario: Scenario, rule: str, key: str) -> str:
    """Party of what a rule is about; ids are unique among things of one kind only."""
    owners: dict[str, Mapping[str, Contract | Stockpile | Demand | Process]] = {
        **dict.fromkeys(("contract_volume", "take_or_pay", "sign_once", "sign_gate"), scenario.contracts),
        **dict.fromkeys(_STOCK_RULES, scenario.stockpiles),
        **dict.fromkeys(("demand_balance", "substitute_limit", "shortage_tier", "min_service"), scenario.demands),
        "process_capacity": scenario.processes,
    }
    return owners[rule][key].party if rule in owners else ""


def unit_of(scenario: Scenario, data: SourcingData, rule: str, parts: list[str]) -> str:
    """Unit of the material that a row is counted in."""
    key = parts[0]
    material = ""
    if rule == "material_balance":
        material = key
    elif rule in ("demand_balance", "substitute_limit", "shortage_tier", "min_service"):
        material = data.demand.material[key]
    elif rule in ("supplier_capacity", "spot_gate", "tier_limit"):
        material = data.supply.material[key]
    elif rule in ("contract_volume", "take_or_pay"):
        material = data.supply.material[data.contracts.supplier[key]]
    elif rule in ("capacity_ramp", "project_size", "commitment_gate"):
        material = data.ramp.material[key]
    elif rule == "process_capacity":
        material = data.conversion.material[key]
    elif rule == "route_capacity":
        material = data.conversion.route_materials[key][0][0]
    elif rule in _STOCK_RULES:
        material = data.stock.material[key]
    elif rule == "service_level":
        material = data.demand.material[parts[1]]
    elif rule == "min_cover":
        material = parts[1].split(".")[0]
    elif rule == "max_share":
        material = parts[1].split(".")[-2]
    elif rule == "stock_limit":
        row = next(row for row in data.policy.stock_limit if row.policy == key)
        material = data.stock.material[row.stockpiles[0][0]]
    return scenario.materials[material].unit if material in scenario.materials else "unit"
