"""Two helpers that keep rules short where terms may all be absent."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo


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


def equal(model: pyo.ConcreteModel, left: Any, right: Any) -> Any:
    """``left == right`` as a row, even where no variable is left in it; see :func:`at_most`."""
    if _is_number(left) and _is_number(right):
        return pyo.Constraint.Skip if left == right else model.nothing + left == right
    return left == right


def _is_number(expression: Any) -> bool:
    return isinstance(expression, (int, float))
