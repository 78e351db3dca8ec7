"""Assembles the program: an ordered list of subjects, each of which declares its own variables and constraints."""

from __future__ import annotations

import pyomo.core as pyo  # not pyomo.environ, which also loads every solver interface and takes twice as long

from sourcing_lp import balance, contracts, conversion, cost, demand, policy, ramp, stockpile, supply
from sourcing_lp.data import SourcingData


def build(data: SourcingData) -> pyo.ConcreteModel:
    """Build the linear program of one planning question.

    Args:
        data: Compiled numbers; see :mod:`sourcing_lp.data` for units and index letters.

    Returns:
        A concrete model with the objective ``total_cost`` [money, discounted]. ``model.data`` is the argument.
    """
    model = pyo.ConcreteModel(name="sourcing")
    model.data = data
    model.PERIODS = pyo.Set(initialize=data.time.periods, ordered=True, doc="Periods t, v of the horizon, in order of time [label]")
    model.nothing = pyo.Var(bounds=(0, 0), doc="Always zero: keeps a row whose terms are all absent, so that its conflict is reported [-]")
    ramp.add_ramp(model)
    supply.add_supply(model)
    contracts.add_contracts(model)
    stockpile.add_stockpiles(model)
    conversion.add_conversion(model)
    demand.add_demand(model)
    supply.add_supplier_limits(model)
    balance.add_balance(model)
    policy.add_policies(model)
    cost.add_cost(model)
    return model
