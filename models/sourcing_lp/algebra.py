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


def balanced(model: pyo.ConcreteModel, difference: Any) -> Any:
    """``difference == 0`` as a row, even where no variable is left in it.

    Sides are brought together by the caller: Pyomo may swap the sides of ``left == right``, and the sign of the dual with them.
    """
    if _is_number(difference):
        return pyo.Constraint.Skip if difference == 0 else model.nothing + difference == 0
    return difference == 0


def _is_number(expression: Any) -> bool:
    return isinstance(expression, (int, float))
