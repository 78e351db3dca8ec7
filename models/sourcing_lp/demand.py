"""Demands: served with their own material or a substitute, or short at a cost."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import at_most, total


def add_demand(model: pyo.ConcreteModel) -> None:
    """Declare what is served and what runs short, and the rows between them."""
    data = model.data.demand
    served = [(n, t) for (n, t) in data.demand if n in data.min_service]
    model.DEMANDS = pyo.Set(dimen=2, initialize=list(data.demand), doc="(n, t): demand n in t")
    model.SERVES = pyo.Set(dimen=3, initialize=data.serves, doc="(n, m, t): material m can serve demand n in t")
    model.SHORTAGES = pyo.Set(dimen=3, initialize=data.shortages, doc="(n, i, t): demand n may run short in cost tier i")
    model.LIMITED_SUBSTITUTES = pyo.Set(dimen=3, initialize=list(data.substitute_limit), doc="(n, m, t): substitute m is limited")
    model.LIMITED_SHORTAGES = pyo.Set(dimen=3, initialize=list(data.shortage_limit), doc="(n, i, t): shortage tier i is limited")
    model.ESSENTIAL = pyo.Set(dimen=2, initialize=served, doc="(n, t): demand n must be served in part")
    model.serve = pyo.Var(model.SERVES, domain=pyo.NonNegativeReals, doc="Demand served with material m, in units of the demand's own [units]")
    model.shortage = pyo.Var(model.SHORTAGES, domain=pyo.NonNegativeReals, doc="Unmet demand in cost tier i [units]")
    model.demand_balance = pyo.Constraint(model.DEMANDS, rule=demand_balance, doc="Demand is served or short [units]")
    model.substitute_limit = pyo.Constraint(model.LIMITED_SUBSTITUTES, rule=substitute_limit, doc="Substitutes do part of the job only [units]")
    model.shortage_tier = pyo.Constraint(model.LIMITED_SHORTAGES, rule=shortage_tier, doc="Cheap shortage is limited [units]")
    model.min_service = pyo.Constraint(model.ESSENTIAL, rule=min_service, doc="Essential use is served [units]")


def served(model: pyo.ConcreteModel, n: str, t: str) -> Any:
    """Demand n served in t with all its materials [units of its own material]."""
    return total(model.serve[n, m, t] for m in model.data.demand.served_with.get((n, t), ()))


def demand_balance(model: pyo.ConcreteModel, n: str, t: str) -> Any:
    """Every unit of demand is served or counted as missing."""
    short = total(model.shortage[n, i, t] for i in model.data.demand.shortage_tiers[n])
    return total((served(model, n, t), short)) == model.data.demand.demand[n, t]


def substitute_limit(model: pyo.ConcreteModel, n: str, m: str, t: str) -> Any:
    """Engineering lets a substitute do only part of the job, and only from some date on."""
    return model.serve[n, m, t] <= model.data.demand.substitute_limit[n, m, t]


def shortage_tier(model: pyo.ConcreteModel, n: str, i: int, t: str) -> Any:
    """The least harmful cuts come first and are soon used up."""
    return model.shortage[n, i, t] <= model.data.demand.shortage_limit[n, i, t]


def min_service(model: pyo.ConcreteModel, n: str, t: str) -> Any:
    """Some use must go on whatever it costs; substitutes count."""
    data = model.data.demand
    return at_most(model, data.min_service[n] * data.demand[n, t], served(model, n, t))
