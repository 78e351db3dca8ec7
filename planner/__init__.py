"""Stopgap: a sourcing planner for export cutoffs.

The command ``plan`` and this package say the same words: :func:`load` reads a scenario, :func:`solve` finds the cheapest
plan and checks it, :class:`Plan` holds its numbers and tables.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # importing typing takes as long as all else at the start, and an interruption meanwhile would not be quiet
    from typing import Any

    from planner.errors import CheckError, InputError, Interrupted, LimitError, NoPlanError, StopgapError
    from planner.pipeline import solve_scenario as solve
    from planner.plan import Plan
    from planner.scenario.load import load

__all__ = ["CheckError", "InputError", "Interrupted", "LimitError", "NoPlanError", "Plan", "StopgapError", "load", "solve"]

_LAZY = {
    "load": ("planner.scenario.load", "load"),
    "solve": ("planner.pipeline", "solve_scenario"),
    "Plan": ("planner.plan", "Plan"),
    **{name: ("planner.errors", name) for name in ("CheckError", "InputError", "Interrupted", "LimitError", "NoPlanError", "StopgapError")},
}


def __getattr__(name: str) -> Any:
    """Import on first use: ``plan --help`` must not wait for pyomo, pandas and HiGHS."""
    if name not in _LAZY:
        raise AttributeError(f"module 'planner' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)
