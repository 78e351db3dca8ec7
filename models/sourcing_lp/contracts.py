"""Contracts: volumes to lift, minima to lift or pay for, and shares to sign."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import at_most


def add_contracts(model: pyo.ConcreteModel) -> None:
    """Declare what is lifted, breached and signed, and the rows between them."""
    data = model.data.contracts
    signs = [(c, v) for c, windows in data.sign_windows.items() for v in windows]
    model.LIFTS = pyo.Set(dimen=2, initialize=data.lifts, doc="(c, t): contract c has volume in t")
    model.DUTIES = pyo.Set(dimen=2, initialize=list(data.minimum), doc="(c, t): contract c has a minimum in t")
    model.OPTIONS = pyo.Set(initialize=list(data.sign_windows), doc="Contracts c not signed yet [id]")
    model.SIGNS = pyo.Set(dimen=2, initialize=signs, doc="(c, v): contract c may be signed at the start of v")
    model.GATED_SIGNS = pyo.Set(dimen=2, initialize=list(data.sign_gate), doc="(c, v): events bound signing")
    model.lift = pyo.Var(model.LIFTS, domain=pyo.NonNegativeReals, doc="Contract tonnage shipped in t [units]")
    model.breach = pyo.Var(model.DUTIES, domain=pyo.NonNegativeReals, doc="Shortfall below the minimum, paid for [units]")
    model.sign = pyo.Var(model.SIGNS, domain=pyo.NonNegativeReals, doc="Share of the contract signed at the start of v [-]")
    model.contract_volume = pyo.Constraint(model.LIFTS, rule=contract_volume, doc="Lifts stay within the signed volume [units]")
    model.take_or_pay = pyo.Constraint(model.DUTIES, rule=take_or_pay, doc="The minimum is lifted or paid for [units]")
    model.sign_once = pyo.Constraint(model.OPTIONS, rule=sign_once, doc="A contract is signed at most once over [-]")
    model.sign_gate = pyo.Constraint(model.GATED_SIGNS, rule=sign_gate, doc="Events close new contracts, wholly or in part [-]")


def signed(model: pyo.ConcreteModel, c: str, t: str) -> Any:
    """Share of the contract in force in t [-]."""
    windows = model.data.contracts.sign_windows
    if c not in windows:
        return 1
    position = model.PERIODS.ord
    return sum(model.sign[c, v] for v in windows[c] if position(v) <= position(t))


def contract_volume(model: pyo.ConcreteModel, c: str, t: str) -> Any:
    """The right: no more than the honoured part of what was signed."""
    return model.lift[c, t] <= model.data.contracts.volume[c, t] * signed(model, c, t)


def take_or_pay(model: pyo.ConcreteModel, c: str, t: str) -> Any:
    """The duty: what is not lifted of the minimum is paid for; it shrinks with what the seller delivers."""
    return model.lift[c, t] + model.breach[c, t] >= model.data.contracts.minimum[c, t] * signed(model, c, t)


def sign_once(model: pyo.ConcreteModel, c: str) -> Any:
    """Shares signed in different periods add up to one contract."""
    return at_most(model, sum(model.sign[c, v] for v in model.data.contracts.sign_windows[c]), 1)


def sign_gate(model: pyo.ConcreteModel, c: str, v: str) -> Any:
    """While an event forbids new contracts none can be signed."""
    return model.sign[c, v] <= model.data.contracts.sign_gate[c, v]
