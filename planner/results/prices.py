"""Duals as prices: what one more unit of each right-hand side is worth, in undiscounted money, with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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


def price_rows(
    scenario: Scenario, data: SourcingData, program: LinearProgram, solution: Solution, intervals: Mapping[int, tuple[float, float]]
) -> Iterator[tuple[Any, ...]]:
    """(rule, item, party, period, meaning, value, unit, low, high) of every row with a dual, and of all material balances.

    ``low`` and ``high`` are the smallest and largest price that is as right, for rows with an interval, else NaN.

    Duals of rows that belong to a period are divided by its discount factor, so that they read in money of that period;
    those of other rows stay present values, as their meaning says.
    """
    discounts = _window_discounts(data)
    facts = lru_cache(maxsize=None)(lambda rule, *parts: _facts(scenario, data, rule, list(parts)))
    for position, ((rule, index), dual) in enumerate(zip(program.rows, solution.y.tolist(), strict=True)):
        if dual == 0 and rule not in _ALWAYS:
            continue
        price = PRICES[rule]
        parts = [str(part) for part in (index if isinstance(index, tuple) else (index,))]
        period = parts.pop() if price.window or parts[-1] in data.time.discount else ""
        discount = discounts[tuple(index)] if price.window else data.time.discount.get(period, 1.0)
        item, party, unit = facts(rule, *parts)
        limits = intervals.get(position, (float("nan"),) * 2)
        # an end that is the dual itself keeps all its digits
        value, *ends = (_read(price, dual if abs(number - dual) <= 1e-8 * abs(dual) else number) / discount + 0.0 for number in (dual, *limits))
        yield rule, item, party, period, price.meaning, value, unit, min(ends), max(ends)


def _facts(scenario: Scenario, data: SourcingData, rule: str, parts: list[str]) -> tuple[str, str, str]:
    """(item, party, unit) of the rows of a rule that differ in their period only."""
    price = PRICES[rule]
    party = parts.pop(price.party) if price.party is not None else _party(scenario, rule, parts[0])
    unit = price.unit.format(currency=scenario.money.currency, unit=unit_of(scenario, data, rule, parts))
    return ".".join(parts), party, unit


def _read(price: Price, dual: float) -> float:
    return abs(dual) if price.sign is None else price.sign * dual


def _window_discounts(data: SourcingData) -> dict[tuple[str, ...], float]:
    return {row.key: row.window.discount for row in data.policy.rows}


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
