"""Policies: limits that somebody sets on the plan as a whole. Soft ones have a violation variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyomo.core as pyo

from sourcing_lp import payments
from sourcing_lp.algebra import at_most
from sourcing_lp.data import LimitRow, ServiceRow, ShareRow, StockRow, Window
from sourcing_lp.demand import served
from sourcing_lp.supply import shipped

Row = ShareRow | LimitRow | StockRow | ServiceRow


def add_policies(model: pyo.ConcreteModel) -> None:
    """Declare violations of soft policies and one constraint a kind of policy."""
    data = model.data.policy
    families: dict[str, tuple[Iterable[Row], Callable[..., Any], str]] = {
        "max_share": (data.max_share, max_share, "No origin exceeds its share of what is shipped [units]"),
        "budget": (data.budget, budget, "Money due stays within the budget [money, undiscounted]"),
        "max_emissions": (data.max_emissions, max_emissions, "Emissions stay below the limit [t CO2e]"),
        "stock_limit": (data.stock_limit, stock_limit, "Levels together fit under the limit [units]"),
        "min_cover": (data.min_cover, min_cover, "Stock covers enough days of demand [units]"),
        "service_level": (data.service, service_level, "Demand is served to the share agreed [units]"),
    }
    rows = {row.key: row for family, _, _ in families.values() for row in family}
    soft = [key for key, row in rows.items() if row.penalty is not None]
    model.policy_rows = rows
    model.VIOLATIONS = pyo.Set(dimen=3, initialize=soft, doc="(policy, item, window): rows of soft policies")
    model.violation = pyo.Var(model.VIOLATIONS, domain=pyo.NonNegativeReals, doc="Excess over a soft policy [units of its left-hand side]")
    for name, (family, rule, doc) in families.items():
        keys = [row.key for row in family]
        index = pyo.Set(dimen=3, initialize=keys, doc=f"(policy, item, window): rows of {name} policies")
        model.add_component(name.upper() + "S", index)
        model.add_component(name, pyo.Constraint(index, rule=rule, doc=doc))


def excess(model: pyo.ConcreteModel, key: tuple[str, ...]) -> Any:
    """How far a soft policy is broken; zero for a hard one."""
    return model.violation[key] if key in model.VIOLATIONS else 0


def discounted_penalties(model: pyo.ConcreteModel) -> Any:
    """Cost of broken policies, each discounted from the last period of its window [money]."""
    rows = model.policy_rows
    return sum(rows[key].window.discount * rows[key].penalty * model.violation[key] for key in model.VIOLATIONS)


def max_share(model: pyo.ConcreteModel, *key: str) -> Any:
    """A second source is worth its price before the first one fails; by ship period, contracts included."""
    row: ShareRow = model.policy_rows[key]
    one = _shipped(model, row.suppliers, row.party, row.window)
    return at_most(model, one - row.share * _shipped(model, row.all_suppliers, row.party, row.window), excess(model, key))


def _shipped(model: pyo.ConcreteModel, suppliers: tuple[str, ...], g: str, window: Window) -> Any:
    return sum(shipped(model, s, g, t) for t in window.periods for s in suppliers)


def budget(model: pyo.ConcreteModel, *key: str) -> Any:
    """Money is voted by the year, and not discounted."""
    row: LimitRow = model.policy_rows[key]
    spent = sum(payments.UNDISCOUNTED[line](model, t, row.parties) for line in row.covers for t in row.window.periods)
    return at_most(model, spent + row.constant, row.limit + excess(model, key))


def max_emissions(model: pyo.ConcreteModel, *key: str) -> Any:
    """What suppliers ship and processes do carries emissions."""
    row: LimitRow = model.policy_rows[key]
    emitted = sum(payments.emitted(model, t, row.parties) for t in row.window.periods)
    return at_most(model, emitted, row.limit + excess(model, key))


def stock_limit(model: pyo.ConcreteModel, *key: str) -> Any:
    """Several stockpiles may share one warehouse."""
    row: StockRow = model.policy_rows[key]
    return _levels(model, row) <= row.level + excess(model, key)


def min_cover(model: pyo.ConcreteModel, *key: str) -> Any:
    """Readiness: so many days of demand lie in store, in whichever stockpile of the party."""
    row: StockRow = model.policy_rows[key]
    return at_most(model, row.level, _levels(model, row) + excess(model, key))


def _levels(model: pyo.ConcreteModel, row: StockRow) -> Any:
    return sum(weight * model.stock[k, t] for k, weight in row.stockpiles for t in row.window.periods)


def service_level(model: pyo.ConcreteModel, *key: str) -> Any:
    """A demand is served to a share over a window, substitutes included."""
    row: ServiceRow = model.policy_rows[key]
    wanted = sum(model.data.demand.demand.get((row.demand, t), 0) for t in row.window.periods)
    return at_most(model, row.share * wanted, sum(served(model, row.demand, t) for t in row.window.periods) + excess(model, key))
