"""Cost lines: one named Expression each, and an objective that is their sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyomo.core as pyo

from sourcing_lp import payments, policy


def add_cost(model: pyo.ConcreteModel) -> None:
    """Declare the cost lines [money, discounted] and minimise their sum."""
    for name, line in COST_LINES.items():
        model.add_component(f"cost_{name}", pyo.Expression(expr=line(model), doc=f"Cost line {name} [money, discounted]"))
    model.total_cost = pyo.Objective(expr=sum(model.component(f"cost_{name}") for name in COST_LINES), doc="Sum of all cost lines [money, discounted]")


@dataclass(frozen=True)
class Discounted:
    """A cost line that adds up money due by period, discounted from the middle of the period."""

    due: Callable[[pyo.ConcreteModel, str], Any]

    def __call__(self, model: pyo.ConcreteModel) -> Any:
        """The line [money, discounted]."""
        return sum(model.data.time.discount[t] * self.due(model, t) for t in model.data.time.periods)


def breach(model: pyo.ConcreteModel) -> Any:
    """What is paid for contract minima that are not lifted [money]."""
    return sum(model.data.time.discount[t] * model.data.contracts.breach_price[c, t] * model.breach[c, t] for c, t in model.DUTIES)


def capex(model: pyo.ConcreteModel) -> Any:
    """Stages of projects inside the horizon, from their own dates [money]."""
    ramp = model.data.ramp
    return ramp.committed_capex + sum(ramp.capex[e, v] * model.commit[e, v] for e, v in model.COMMITS)


def fixed_cost(model: pyo.ConcreteModel) -> Any:
    """Keeping new capacity available [money]."""
    return model.data.ramp.committed_fixed_cost + Discounted(payments.fixed_due)(model)


def disposal(model: pyo.ConcreteModel) -> Any:
    """Throwing away what nobody needs [money]."""
    return sum(model.data.time.discount[t] * model.data.balance.disposal_cost[m] * model.surplus[m, g, t] for m, g, t in model.DISPOSALS)


def policy_penalties(model: pyo.ConcreteModel) -> Any:
    """Soft policies and floors that are broken [money]."""
    return policy.discounted_penalties(model) + soft_floor_penalties(model)


def salvage(model: pyo.ConcreteModel) -> Any:
    """Credit for the unused life of projects [money]."""
    ramp = model.data.ramp
    return -ramp.committed_salvage - sum(ramp.salvage[e, v] * model.commit[e, v] for e, v in model.COMMITS)


def soft_floor_penalties(model: pyo.ConcreteModel) -> Any:
    """Penalty for what is missing below soft floors, by the time it is missing [money, discounted]."""
    time, penalty = model.data.time, model.data.stock.floor_penalty
    return sum(time.discount[t] * time.years[t] * penalty[k] * model.floor_gap[k, t] for k, t in model.SOFT_FLOORS)


def final_stock_value(model: pyo.ConcreteModel) -> Any:
    """Credit for what is left in store [money]."""
    last = model.PERIODS.last()
    return -model.data.time.final_discount * sum(value * model.stock[k, last] for k, value in model.data.stock.final_value.items())


COST_LINES: dict[str, Callable[[pyo.ConcreteModel], Any]] = {
    "purchases": Discounted(payments.purchases_due),
    "contracts": Discounted(payments.contracts_due),
    "breach": breach,
    "freight": Discounted(payments.freight_due),
    "tariffs": Discounted(payments.tariffs_due),
    "capex": capex,
    "fixed_cost": fixed_cost,
    "process": Discounted(payments.process_due),
    "transport": Discounted(payments.routes_due),
    "storage": Discounted(payments.storage_due),
    "shortage": Discounted(payments.shortage_due),
    "disposal": disposal,
    "policy_penalties": policy_penalties,
    "salvage": salvage,
    "final_stock_value": final_stock_value,
}
"""Each line of the objective, in the order in which it is told [money, discounted]."""
