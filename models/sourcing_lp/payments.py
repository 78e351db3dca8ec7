"""Money by due date and emissions by period, as cost lines and budgets add them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import total
from sourcing_lp.supply import shipped

Parties = tuple[str, ...] | None
"""Whose money or emissions count: ``None`` means everybody's."""


def purchases_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Price of spot purchases shipped in t that arrive inside the horizon [money]."""
    data = model.data.supply
    offers = ((s, g, j) for s, g in _shipping(model, t, parties) for j in data.offers.get((s, g, t), ()))
    return total(data.landed[s, g, t] * data.price[s, j, g, t] * model.purchase[s, j, g, t] for s, g, j in offers)


def contracts_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Price of contract lifts shipped in t that arrive inside the horizon [money]."""
    data = model.data
    lifts = ((s, g, c) for s, g in _shipping(model, t, parties) for c in data.contracts.lifts_of.get((s, g, t), ()))
    return total(data.supply.landed[s, g, t] * data.contracts.price[c, t] * model.lift[c, t] for s, g, c in lifts)


def freight_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Freight on everything shipped in t that arrives inside the horizon [money]."""
    data = model.data.supply
    return total(data.landed[s, g, t] * data.freight[s, t] * shipped(model, s, g, t) for s, g in _shipping(model, t, parties) if data.freight[s, t])


def tariffs_due(model: pyo.ConcreteModel, t: str) -> Any:
    """Tariffs on the price of everything shipped in t that arrives inside the horizon [money]."""
    supply, contracts = model.data.supply, model.data.contracts
    due = 0
    for s, g in _shipping(model, t, None):
        rate = supply.landed[s, g, t] * supply.tariff[s, g, t]
        if rate:
            due += sum(rate * supply.price[s, j, g, t] * model.purchase[s, j, g, t] for j in supply.offers.get((s, g, t), ()))
            due += sum(rate * contracts.price[c, t] * model.lift[c, t] for c in contracts.lifts_of.get((s, g, t), ()))
    return due


def capex_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Undiscounted stages of decided projects that fall into t [money]."""
    data = model.data
    stages = ((e, v) for e, v in model.COMMITS if (e, v, t) in data.ramp.payments and _belongs(data.policy.project_party.get(e), parties))
    return total(data.ramp.payments[e, v, t] * model.commit[e, v] for e, v in stages)


def fixed_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Fixed cost of decided projects' available capacity in t [money]."""
    data = model.data
    years, owner = data.time.years[t], data.policy.project_party
    running = (e for e in data.ramp.windows if (e, t) in model.GROWING and e in data.ramp.fixed_cost and _belongs(owner.get(e), parties))
    return total(years * data.ramp.fixed_cost[e] * model.available[e, t] for e in running)


def process_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Cost of running processes in t, and of doing a job with a substitute [money]."""
    data, demand = model.data, model.data.demand
    running = (p for p in data.conversion.processes if (p, t) in data.conversion.cost and _belongs(data.policy.process_party[p], parties))
    replaced = ((n, m) for n, m in demand.substitute_cost if (n, m, t) in demand.substitute_limit and _belongs(demand.party[n], parties))
    return total(
        (
            *(data.conversion.cost[p, t] * model.activity[p, t] for p in running),
            *(demand.substitute_cost[n, m] * model.serve[n, m, t] for n, m in replaced),
        )
    )


def routes_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Cost of transfers sent in t, paid by the party that receives [money]."""
    data = model.data
    sent = ((r, m) for r, goods in data.conversion.route_materials.items() for m, _ in goods if _belongs(data.policy.route_party[r], parties))
    return total(data.conversion.route_cost[r, m, t] * model.transfer[r, m, t] for r, m in sent if (r, m, t) in data.conversion.route_cost)


def transport_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Freight and routes together, as budgets count them [money]."""
    return freight_due(model, t, parties) + routes_due(model, t, parties)


def storage_due(model: pyo.ConcreteModel, t: str, parties: Parties = None) -> Any:
    """Holding the level at the end of t, and moving material in and out [money]."""
    data, years = model.data.stock, model.data.time.years[t]
    due = 0
    for k in data.stockpiles:
        if not _belongs(data.party[k], parties):
            continue
        due += years * data.holding_cost.get((k, t), 0) * model.stock[k, t] + data.fill_cost.get(k, 0) * model.fill[k, t]
        if (k, t) in model.DRAWS:
            due += data.draw_cost.get(k, 0) * model.draw[k, t]
    return due


def shortage_due(model: pyo.ConcreteModel, t: str) -> Any:
    """What material missing in t costs those who want it [money]."""
    data = model.data.demand
    tiers = ((n, i) for n, numbers in data.shortage_tiers.items() for i in numbers if (n, i, t) in model.shortage)
    return total(data.shortage_cost[n, i] * model.shortage[n, i, t] for n, i in tiers)


def emitted(model: pyo.ConcreteModel, t: str, parties: Parties) -> Any:
    """Emissions of shipments and processes in t [t CO2e]."""
    data = model.data
    ships = ((s, g) for s, g in _shipping(model, t, parties) if s in data.supply.emissions)
    runs = (p for p in data.conversion.emissions if _belongs(data.policy.process_party[p], parties))
    return total(
        (
            *(data.supply.emissions[s] * shipped(model, s, g, t) for s, g in ships),
            *(data.conversion.emissions[p] * model.activity[p, t] for p in runs),
        )
    )


def _shipping(model: pyo.ConcreteModel, t: str, parties: Parties) -> list[tuple[str, str]]:
    return [(s, g) for s, g in model.data.supply.pairs.get(t, ()) if _belongs(g, parties)]


def _belongs(owner: str | None, parties: Parties) -> bool:
    return parties is None or owner in parties


UNDISCOUNTED: dict[str, Callable[..., Any]] = {
    "purchases": purchases_due,
    "contracts": contracts_due,
    "capex": capex_due,
    "fixed": fixed_due,
    "storage": storage_due,
    "process": process_due,
    "transport": transport_due,
}
"""What a budget may cover, each by due date."""
