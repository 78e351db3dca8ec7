"""Reads sums out of a plan's tables."""

from __future__ import annotations

from collections.abc import Callable

from planner.plan import Plan

Solve = Callable[..., Plan]


def total(plan: Plan, table: str, **keys: object) -> float:
    """Sum of a table's values over the rows with these keys; ``from_`` stands for ``from``."""
    rows = plan.tables[table]
    for key, wanted in keys.items():
        rows = rows[rows[key.rstrip("_")] == wanted]
    return float(rows["value"].sum())


def price(plan: Plan, rule: str, period: str, **keys: object) -> float:
    """The one price of a rule in a period."""
    rows = plan.prices
    rows = rows[(rows["rule"] == rule) & (rows["period"] == period)]
    for key, wanted in keys.items():
        rows = rows[rows[key] == wanted]
    assert len(rows) == 1, f"{len(rows)} rows of {rule} in {period}"
    return float(rows["value"].iloc[0])
