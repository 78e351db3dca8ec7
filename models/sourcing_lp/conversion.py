"""Processes that make materials from others, and routes from one party to another."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.ramp import added_capacity


def add_conversion(model: pyo.ConcreteModel) -> None:
    """Declare process levels and transfers, and the rows that bound them."""
    data = model.data.conversion
    activities = [(p, t) for p in data.processes for t in model.data.time.periods]
    model.ACTIVITIES = pyo.Set(dimen=2, initialize=activities, doc="(p, t): process p can run in t")
    model.CAPPED_ACTIVITIES = pyo.Set(dimen=2, initialize=list(data.capacity), doc="(p, t): process p is limited in t")
    model.TRANSFERS = pyo.Set(dimen=3, initialize=data.transfers, doc="(r, m, t): route r can carry m in t")
    model.CAPPED_ROUTES = pyo.Set(dimen=2, initialize=list(data.route_capacity), doc="(r, t): route r is limited in t")
    model.activity = pyo.Var(model.ACTIVITIES, domain=pyo.NonNegativeReals, doc="Process level in t [units of activity]")
    model.transfer = pyo.Var(model.TRANSFERS, domain=pyo.NonNegativeReals, doc="Sent on the route in t [units]")
    model.process_capacity = pyo.Constraint(model.CAPPED_ACTIVITIES, rule=process_capacity, doc="Processes run within capacity [units of activity]")
    model.route_capacity = pyo.Constraint(model.CAPPED_ROUTES, rule=route_capacity, doc="Routes carry what they can [units]")


def process_capacity(model: pyo.ConcreteModel, p: str, t: str) -> Any:
    """A plant runs within what stands and what projects have added, as far as events let it."""
    data = model.data.conversion
    rate = data.capacity[p, t] + added_capacity(model, p, t)
    return model.activity[p, t] <= model.data.time.years[t] * data.availability[p, t] * rate


def route_capacity(model: pyo.ConcreteModel, r: str, t: str) -> Any:
    """All materials on a route share its capacity."""
    data = model.data.conversion
    carried = sum(weight * model.transfer[r, m, t] for m, weight in data.route_materials[r])
    return carried <= model.data.time.years[t] * data.route_capacity[r, t]
