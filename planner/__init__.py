"""Stopgap: a sourcing planner for export cutoffs.

The command ``plan`` and this package say the same words: :func:`load` reads a scenario, :func:`solve` finds the cheapest
plan and checks it, :class:`Plan` holds its numbers and tables, :func:`compare` says how plans differ and why.

>>> import planner
>>> plan = planner.solve("tests/cases/cutoff_ramp.yaml")
>>> f"{plan.total_cost:,.2f} {plan.record['currency']}"
'30,128.24 USD'
>>> plan.commit
{'new_mine': 70.5882353}
>>> longer = planner.solve("tests/cases/cutoff_ramp.yaml", sets=["stockpiles.reserve.initial=150"])
>>> comparison = planner.compare(plan, longer)
>>> [(row.group, round(row.effect, 2)) for row in comparison.against[0].effects.rows]
[('stockpiles.reserve.initial', -2622.45)]
>>> round(float(comparison.bridge["value"].sum()), 2)
-2622.45
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # importing typing takes as long as all else at the start, and an interruption meanwhile would not be quiet
    from typing import Any

    from planner.comparison import Comparison, compare, stacked
    from planner.errors import CheckError, InputError, Interrupted, LimitError, NoPlanError, StopgapError
    from planner.pipeline import solve_scenario as solve
    from planner.plan import Plan
    from planner.scenario.load import load
    from planner.sweep import sweep as run_sweep

__all__ = [
    "CheckError", "Comparison", "InputError", "Interrupted", "LimitError", "NoPlanError", "Plan", "StopgapError",
    "compare", "load", "run_sweep", "solve", "stacked",
]  # fmt: skip

_LAZY = {
    "load": ("planner.scenario.load", "load"),
    "solve": ("planner.pipeline", "solve_scenario"),
    "Plan": ("planner.plan", "Plan"),
    "run_sweep": ("planner.sweep", "sweep"),
    **{name: ("planner.comparison", name) for name in ("Comparison", "compare", "stacked")},
    **{name: ("planner.errors", name) for name in ("CheckError", "InputError", "Interrupted", "LimitError", "NoPlanError", "StopgapError")},
}


def __getattr__(name: str) -> Any:
    """Import on first use: ``plan --help`` must not wait for pyomo, pandas and HiGHS."""
    if name not in _LAZY:
        raise AttributeError(f"module 'planner' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _LAZY[name]
    return getattr(import_module(module), attribute)
