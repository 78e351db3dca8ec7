"""Material balances: every tonne that leaves one entered it."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import balanced, total
from sourcing_lp.demand import served
from sourcing_lp.stockpile import drawn
from sourcing_lp.supply import shipped


def add_balance(model: pyo.ConcreteModel) -> None:
    """Declare disposal and the balance of each material, party and period."""
    data = model.data.balance
    disposals = [(m, g, t) for (m, g, t) in data.balances if m in data.disposal_cost]
    model.BALANCES = pyo.Set(dimen=3, initialize=data.balances, doc="(m, g, t): party g handles material m in t")
    model.DISPOSALS = pyo.Set(dimen=3, initialize=disposals, doc="(m, g, t): a surplus may be disposed of")
    model.surplus = pyo.Var(model.DISPOSALS, domain=pyo.NonNegativeReals, doc="Disposed of in t [units]")
    model.material_balance = pyo.Constraint(model.BALANCES, rule=material_balance, doc="What arrives or is made is used, stored, sent or disposed of [units]")


def inflow(model: pyo.ConcreteModel, m: str, g: str, t: str) -> Any:
    """Arrivals, outputs, draws, transfers in and returns [units]."""
    data = model.data
    received = total(share * shipped(model, s, g, tau) for s, tau, share in data.supply.arrivals.get((m, g, t), ()))
    made = total(rate * model.activity[p, t] for p, rate in data.conversion.made.get((m, g), ()))
    draws = total(drawn(model, k, t) for k in data.stock.in_place.get((m, g), ()))
    sent_here = data.conversion.transfer_arrivals.get((m, g, t), ())
    transfers = total(share * model.transfer[r, m, tau] for r, tau, share in sent_here)
    returned = total(ratio * served(model, n, tau) for n, tau, ratio in data.demand.returns.get((m, g, t), ()))
    return total((received, made, draws, transfers, returned, data.balance.in_transit.get((m, g, t), 0)))


def outflow(model: pyo.ConcreteModel, m: str, g: str, t: str) -> Any:
    """Process inputs, fills, use by demands, transfers out and disposal [units]."""
    data = model.data
    used = total(rate * model.activity[p, t] for p, rate in data.conversion.used.get((m, g), ()))
    fills = total(model.fill[k, t] for k in data.stock.in_place.get((m, g), ()))
    consumed = total(data.demand.ratio[n, m] * model.serve[n, m, t] for n in data.demand.users.get((m, g, t), ()))
    transfers = total(model.transfer[r, m, t] for r in data.conversion.departures.get((m, g), ()))
    disposed = model.surplus[m, g, t] if m in data.balance.disposal_cost else 0
    return total((used, fills, consumed, transfers, disposed))


def material_balance(model: pyo.ConcreteModel, m: str, g: str, t: str) -> Any:
    """The heart of the plan; its dual is what one more unit there and then is worth."""
    return balanced(model, outflow(model, m, g, t) - inflow(model, m, g, t))
