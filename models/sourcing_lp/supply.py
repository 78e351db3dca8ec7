"""Suppliers: what is shipped, the capacity it uses, the export cutoff, and price tiers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import at_most, total
from sourcing_lp.ramp import added_capacity


def add_supply(model: pyo.ConcreteModel) -> None:
    """Declare purchases outside contracts."""
    data = model.data.supply
    model.PURCHASES = pyo.Set(dimen=4, initialize=data.purchases, doc="(s, j, g, t): supplier s can sell to party g in tier j")
    model.purchase = pyo.Var(model.PURCHASES, domain=pyo.NonNegativeReals, doc="Shipped in t outside contracts [units]")


def add_supplier_limits(model: pyo.ConcreteModel) -> None:
    """Declare the rows that bound what suppliers ship; contracts must be declared before."""
    data = model.data.supply
    model.shipments = shipments(model)
    model.SHIPPING = pyo.Set(dimen=2, initialize=list(data.buyers), doc="(s, t): supplier s can ship something in t")
    model.GATED_OFFERS = pyo.Set(dimen=3, initialize=list(data.spot), doc="(s, g, t): events bound spot purchases")
    model.LIMITED_TIERS = pyo.Set(dimen=3, initialize=list(data.tier_limit), doc="(s, j, t): tier j has a limit")
    model.supplier_capacity = pyo.Constraint(model.SHIPPING, rule=supplier_capacity, doc="Shipments stay within capacity [units]")
    model.spot_gate = pyo.Constraint(model.GATED_OFFERS, rule=spot_gate, doc="The export cutoff: spot purchases stay within the open share [units]")
    model.tier_limit = pyo.Constraint(model.LIMITED_TIERS, rule=tier_limit, doc="Cheap tonnes are limited [units]")


def purchased(model: pyo.ConcreteModel, s: str, g: str, t: str) -> Any:
    """What s ships to g in t outside contracts [units]."""
    return total(model.purchase[s, j, g, t] for j in model.data.supply.offers.get((s, g, t), ()))


def shipped(model: pyo.ConcreteModel, s: str, g: str, t: str) -> Any:
    """All that s ships to g in t, in and outside contracts [units]."""
    return model.shipments.get((s, g, t), 0)


def shipments(model: pyo.ConcreteModel) -> dict[tuple[str, str, str], Any]:
    """[s, g, t] all that is shipped, as capacities, balances, freight and shares add it up [units]."""
    found: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for (s, _, g, t), purchase in model.purchase.items():
        found[s, g, t].append(purchase)
    for (s, g, t), contracts in model.data.contracts.lifts_of.items():
        found[s, g, t] += [model.lift[c, t] for c in contracts]
    return {key: total(terms) for key, terms in found.items()}


def capacity(model: pyo.ConcreteModel, s: str, t: str) -> Any:
    """What s can ship in t after events [units]."""
    data = model.data.supply
    return model.data.time.years[t] * data.availability[s, t] * (data.capacity[s, t] + added_capacity(model, s, t))


def supplier_capacity(model: pyo.ConcreteModel, s: str, t: str) -> Any:
    """A supplier ships what it can produce, whoever buys and under whichever title."""
    return at_most(model, total(shipped(model, s, g, t) for g in model.data.supply.buyers[s, t]), capacity(model, s, t))


def spot_gate(model: pyo.ConcreteModel, s: str, g: str, t: str) -> Any:
    """A cutoff closes purchases outside contracts; the row stands even at zero because its dual is the price of the cutoff."""
    return purchased(model, s, g, t) <= model.data.supply.spot[s, g, t] * capacity(model, s, t)


def tier_limit(model: pyo.ConcreteModel, s: str, j: int, t: str) -> Any:
    """Each price holds for a limited quantity only, shared by all buyers."""
    data = model.data.supply
    buyers = (g for g in data.buyers[s, t] if j in data.offers.get((s, g, t), ()))
    return total(model.purchase[s, j, g, t] for g in buyers) <= model.data.time.years[t] * data.tier_limit[s, j, t]
