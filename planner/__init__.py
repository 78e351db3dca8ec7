"""Stopgap: a sourcing planner for export cutoffs.

The command ``plan`` and this package say the same words: :func:`load` reads a scenario, :func:`solve` finds the cheapest
plan and checks it, :class:`Plan` holds its numbers and tables, :func:`compare` says how plans differ and why, :func:`near_optimal` what plans
that cost nearly the same have in common, :func:`cost_frontier` what less of something else costs.

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

    from planner.alternatives import alternatives as near_optimal
    from planner.comparison import Comparison, compare, stacked
    from planner.decide_by import decide_by as latest_decisions
    from planner.errors import CheckError, InputError, Interrupted, LimitError, NoPlanError, StopgapError
    from planner.frontier import frontier as cost_frontier
    from planner.pipeline import solve_scenario as solve
    from planner.plan import Plan
    from planner.runway import runway as time_to_survive
    from planner.scenario.load import load
    from planner.sweep import sweep as run_sweep
    from planner.value import value as stock_and_contract_value

__all__ = [
    "CheckError", "Comparison", "InputError", "Interrupted", "LimitError", "NoPlanError", "Plan", "StopgapError",
    "compare", "cost_frontier", "latest_decisions", "load", "near_optimal", "run_sweep", "solve", "stacked", "stock_and_contract_value",
    "time_to_survive",
]  # fmt: skip

_LAZY = {
    "load": ("planner.scenario.load", "load"),
    "solve": ("planner.pipeline", "solve_scenario"),
    "near_optimal": ("planner.alternatives", "alternatives"),
    "cost_frontier": ("planner.frontier", "frontier"),
    "time_to_survive": ("planner.runway", "runway"),
    "Plan": ("planner.plan", "Plan"),
    "latest_decisions": ("planner.decide_by", "decide_by"),
    "stock_and_contract_value": ("planner.value", "value"),
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
