"""What only a solver can tell of a plan's prices: whether they are the chosen ones, and how far others that are right may lie.

The proof of a plan needs no solver, but many systems of prices prove the same plan. So the scenario is solved once more, and
its prices and their intervals are compared with those in the folder.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from planner.answer import Manner, answer
from planner.plan import Plan
from planner.results.tables import COLUMNS
from planner.scenario.load import Loaded

ALIKE = 1e-6
"""Prices agree to this share of their size, or to a thousandth of it of the largest price."""
Floats = npt.NDArray[np.float64]


def price_problems(plan: Plan, loaded: Loaded) -> Iterator[str]:
    """Prices of a plan that are not those which solving its scenario again gives.

    A plan whose ties were not broken may hold any prices that prove it, and is not compared.

    Args:
        plan: A plan that has passed its own proof.
        loaded: Its scenario.
    """
    chosen = plan.record.get("tie_break")
    if not isinstance(chosen, dict) or not chosen or "tie-break" in chosen:
        return
    again = answer(loaded.scenario, loaded.calendar, Manner())
    if isinstance(again, list):
        yield "the scenario in the folder has no plan"
        return
    if "tie-break" in again.tie_break:
        return
    found = again.tables.plain()["prices"]
    keys = list(COLUMNS["prices"])
    both = plan.tables["prices"].merge(found, on=keys, how="outer", suffixes=("", " again"), indicator=True)
    largest = float(found["value"].abs().max()) if len(found) else 0.0
    for place, row in both[both["_merge"] != "both"].iterrows():
        yield f"{row['rule']} {row['item']} {row['period']}: {'is none' if row['_merge'] == 'left_only' else 'is missing'} (row {place})"
    for name in ("value", "low", "high"):
        here, there = both[name].to_numpy(dtype=float), both[f"{name} again"].to_numpy(dtype=float)
        for place in np.flatnonzero(~_alike(here, there, largest) & (both["_merge"] == "both").to_numpy())[:3]:
            row = both.iloc[place]
            yield f"{row['rule']} {row['item']} {row['period']}: {name} is {here[place]:.9g}, solved again {there[place]:.9g}"


def _alike(here: Floats, there: Floats, largest: float) -> npt.NDArray[np.bool_]:
    """Equal but for rounding; infinite and absent ends only among themselves."""
    with np.errstate(invalid="ignore"):
        near = np.abs(here - there) <= ALIKE * np.maximum(np.abs(there), 1e-3 * largest)
    return np.asarray(near | (here == there) | (np.isnan(here) & np.isnan(there)), dtype=bool)
