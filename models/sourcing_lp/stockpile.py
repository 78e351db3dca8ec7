"""Stockpiles: levels, floors, rates, and what must be left."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import at_most, balanced
from sourcing_lp.ramp import added_capacity


def add_stockpiles(model: pyo.ConcreteModel) -> None:
    """Declare fills, draws and levels, and the rows between them."""
    data = model.data.stock
    levels = [(k, t) for k in data.stockpiles for t in model.data.time.periods]
    soft = [(k, t) for (k, t) in data.floor if k in data.floor_penalty]
    model.LEVELS = pyo.Set(dimen=2, initialize=levels, doc="(k, t): stockpile k at the end of t")
    model.DRAWS = pyo.Set(dimen=2, initialize=data.draws, doc="(k, t): stockpile k is open in t")
    model.SOFT_FLOORS = pyo.Set(dimen=2, initialize=soft, doc="(k, t): the floor may be undercut at a penalty")
    model.CAPPED_LEVELS = pyo.Set(dimen=2, initialize=list(data.capacity), doc="(k, t): the level is limited")
    model.FLOORS = pyo.Set(dimen=2, initialize=list(data.floor), doc="(k, t): the level has a floor")
    model.CAPPED_DRAWS = pyo.Set(dimen=2, initialize=list(data.max_draw), doc="(k, t): draws are limited")
    model.CAPPED_FILLS = pyo.Set(dimen=2, initialize=list(data.max_fill), doc="(k, t): fills are limited")
    model.FINAL = pyo.Set(initialize=list(data.final_min), doc="Stockpiles k that must keep something [id]")
    model.fill = pyo.Var(model.LEVELS, domain=pyo.NonNegativeReals, doc="Put into the stockpile in t [units]")
    model.draw = pyo.Var(model.DRAWS, domain=pyo.NonNegativeReals, doc="Taken from the stockpile in t [units]")
    model.stock = pyo.Var(model.LEVELS, domain=pyo.NonNegativeReals, doc="Level at the end of t [units]")
    model.floor_gap = pyo.Var(model.SOFT_FLOORS, domain=pyo.NonNegativeReals, doc="Level missing below a soft floor at the end of t [units]")
    model.stock_balance = pyo.Constraint(model.LEVELS, rule=stock_balance, doc="Levels carry over, less losses [units]")
    model.stock_capacity = pyo.Constraint(model.CAPPED_LEVELS, rule=stock_capacity, doc="Levels fit into the store [units]")
    model.stock_floor = pyo.Constraint(model.FLOORS, rule=stock_floor, doc="Levels stay above the floor [units]")
    model.draw_rate = pyo.Constraint(model.CAPPED_DRAWS, rule=draw_rate, doc="Draws stay within the release rate [units]")
    model.fill_rate = pyo.Constraint(model.CAPPED_FILLS, rule=fill_rate, doc="Fills stay within the filling rate [units]")
    model.final_stock = pyo.Constraint(model.FINAL, rule=final_stock, doc="The horizon ends with enough in store [units]")


def drawn(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """What is taken from k in t: nothing while it is closed [units]."""
    return model.draw[k, t] if (k, t) in model.DRAWS else 0


def stock_balance(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """Nothing appears or vanishes in store, but for losses on what was there before t."""
    data = model.data.stock
    change = model.fill[k, t] - drawn(model, k, t)
    if t == model.PERIODS.first():
        return balanced(model, model.stock[k, t] - data.retention[k, t] * data.initial[k] - change)
    return balanced(model, model.stock[k, t] - data.retention[k, t] * model.stock[k, model.PERIODS.prev(t)] - change)


def stock_capacity(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """A store holds what it was built for, and what projects add to it."""
    return model.stock[k, t] <= model.data.stock.capacity[k, t] + added_capacity(model, k, t)


def stock_floor(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """A reserve stays in reserve; a soft floor may be undercut, at a price."""
    gap = model.floor_gap[k, t] if (k, t) in model.SOFT_FLOORS else 0
    return model.stock[k, t] + gap >= model.data.stock.floor[k, t]


def draw_rate(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """Release takes time: warehouses, auctions and law bound what leaves in a period."""
    return at_most(model, drawn(model, k, t), model.data.stock.max_draw[k, t])


def fill_rate(model: pyo.ConcreteModel, k: str, t: str) -> Any:
    """Filling takes time as well."""
    return model.fill[k, t] <= model.data.stock.max_fill[k, t]


def final_stock(model: pyo.ConcreteModel, k: str) -> Any:
    """Without a duty at the end the cheapest plan would leave every store empty."""
    return model.stock[k, model.PERIODS.last()] >= model.data.stock.final_min[k]
