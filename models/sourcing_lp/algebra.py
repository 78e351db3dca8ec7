"""Helpers that keep rules short: sums, and rows whose terms may all be absent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.core as pyo
from pyomo.common.numeric_types import native_numeric_types
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression, ProductExpression


def total(terms: Iterable[Any]) -> Any:
    """What ``sum`` gives, for many linear terms as one flat expression and in a fraction of the time.

    Args:
        terms: Numbers, variables and multiples of them, sums that this function has made and multiples of those are flattened; others are added as they are.

    Returns:
        A linear expression; a number where there is no variable.
    """
    constant = 0.0
    linear: list[Any] = []
    others: list[Any] = []
    for term in terms:
        kind = term.__class__
        if kind is MonomialTermExpression or kind is VarData:
            linear.append(term)
        elif kind is LinearExpression:
            linear += term.args
        elif kind in native_numeric_types:
            constant += term
        elif kind is ProductExpression and _is_number(term.args[0]) and term.args[1].__class__ is LinearExpression:
            linear += [term.args[0] * part for part in term.args[1].args]
        else:
            others.append(term)
    if constant or not linear:
        linear.append(constant)
    return sum(others, linear[0] if len(linear) == 1 else LinearExpression(linear))


def at_most(model: pyo.ConcreteModel, used: Any, limit: Any) -> Any:
    """``used <= limit`` as a row, even where no variable is left in it.

    Args:
        model: The model, whose variable ``nothing`` stands in for absent terms.
        used: Linear expression or number.
        limit: Linear expression or number.

    Returns:
        A relational expression, or ``Constraint.Skip`` where it holds for any plan.
    """
    if _is_number(used) and _is_number(limit):
        return pyo.Constraint.Skip if used <= limit else model.nothing + used <= limit
    return used <= limit


def balanced(model: pyo.ConcreteModel, difference: Any) -> Any:
    """``difference == 0`` as a row, even where no variable is left in it.

    Sides are brought together by the caller: Pyomo may swap the sides of ``left == right``, and the sign of the dual with them.
    """
    if _is_number(difference):
        return pyo.Constraint.Skip if difference == 0 else model.nothing + difference == 0
    return difference == 0


def _is_number(expression: Any) -> bool:
    return expression.__class__ in native_numeric_types
