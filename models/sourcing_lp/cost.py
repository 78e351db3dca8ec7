"""Cost lines: one named Expression each, and an objective that is their sum."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp import payments, policy

COST_LINES = (
    "purchases",
    "contracts",
    "breach",
    "freight",
    "tariffs",
    "capex",
    "fixed_cost",
    "process",
    "transport",
    "storage",
    "shortage",
    "disposal",
    "policy_penalties",
    "salvage",
    "final_stock_value",
)


def add_cost(model: pyo.ConcreteModel) -> None:
    """Declare the cost lines [money, discounted] and minimise their sum."""
    d = model.data.time.discount
    periods = model.data.time.periods
    lines: dict[str, Any] = {
        "purchases": sum(d[t] * payments.purchases_due(model, t) for t in periods),
        "contracts": sum(d[t] * payments.contracts_due(model, t) for t in periods),
        "breach": sum(d[t] * model.data.contracts.breach_price[c, t] * model.breach[c, t] for c, t in model.DUTIES),
        "freight": sum(d[t] * payments.freight_due(model, t) for t in periods),
        "tariffs": sum(d[t] * payments.tariffs_due(model, t) for t in periods),
        "capex": model.data.ramp.committed_capex + sum(model.data.ramp.capex[e, v] * model.commit[e, v] for e, v in model.COMMITS),
        "fixed_cost": model.data.ramp.committed_fixed_cost + sum(d[t] * payments.fixed_due(model, t) for t in periods),
        "process": sum(d[t] * payments.process_due(model, t) for t in periods),
        "transport": sum(d[t] * payments.routes_due(model, t) for t in periods),
        "storage": sum(d[t] * payments.storage_due(model, t) for t in periods),
        "shortage": sum(d[t] * model.data.demand.shortage_cost[n, i] * model.shortage[n, i, t] for n, i, t in model.SHORTAGES),
        "disposal": sum(d[t] * model.data.balance.disposal_cost[m] * model.surplus[m, g, t] for m, g, t in model.DISPOSALS),
        "policy_penalties": policy.discounted_penalties(model) + soft_floor_penalties(model),
        "salvage": -model.data.ramp.committed_salvage - sum(model.data.ramp.salvage[e, v] * model.commit[e, v] for e, v in model.COMMITS),
        "final_stock_value": -model.data.time.final_discount * final_value(model),
    }
    for name in COST_LINES:
        model.add_component(f"cost_{name}", pyo.Expression(expr=lines[name], doc=f"Cost line {name} [money, discounted]"))
    model.total_cost = pyo.Objective(expr=sum(model.component(f"cost_{name}") for name in COST_LINES), doc="Sum of all cost lines [money, discounted]")


def soft_floor_penalties(model: pyo.ConcreteModel) -> Any:
    """Penalty for what is missing below soft floors, by the time it is missing [money, discounted]."""
    time, penalty = model.data.time, model.data.stock.floor_penalty
    return sum(time.discount[t] * time.years[t] * penalty[k] * model.floor_gap[k, t] for k, t in model.SOFT_FLOORS)


def final_value(model: pyo.ConcreteModel) -> Any:
    """Value of what is left in store [money]."""
    last = model.PERIODS.last()
    return sum(value * model.stock[k, last] for k, value in model.data.stock.final_value.items())
