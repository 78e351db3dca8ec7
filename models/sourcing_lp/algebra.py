"""Helpers that keep rules short: sums, and rows whose terms may all be absent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.core as pyo
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression


def total(terms: Iterable[Any]) -> Any:
    """Sum of linear terms: what ``sum`` gives, as one flat expression and in a fraction of the time.

    Args:
        terms: Numbers, variables, multiples of them, and sums that this function has made.

    Returns:
        A linear expression; a number where there is no variable.
    """
    constant = 0.0
    linear: list[Any] = []
    for term in terms:
        kind = term.__class__
        if kind is MonomialTermExpression or kind is VarData:
            linear.append(term)
        elif kind is LinearExpression:
            linear += term.args
        elif _is_number(term):
            constant += term
        else:
            factor, inner = term.args  # a number times a sum
            linear += [factor * part for part in inner.args]
    if not linear:
        return constant
    if constant:
        linear.append(constant)
    return linear[0] if len(linear) == 1 else LinearExpression(linear)


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
    return isinstance(expression, (int, float))
