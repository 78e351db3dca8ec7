"""The values of a model's variables, read back from the tables of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from planner.scenario.schema import Scenario
from planner.solver.lower import Key

Tables = Mapping[str, pd.DataFrame]
Values = dict[Key, float]
"""By component and index; what is zero may be absent."""


def values_of(tables: Tables) -> Values:
    """Values of every variable that costs or decides something, in the units of the tables."""
    found: Values = {}
    for component, table, keys, only in _COLUMNS:
        for index, value in _rows(tables[table], keys, only):
            found[component, index] = found.get((component, index), 0.0) + value
    return found


def _rows(table: pd.DataFrame, keys: tuple[str, ...], only: tuple[str, str] | None) -> Iterator[tuple[Any, float]]:
    if only is not None:
        table = table[table[only[0]] == only[1]]
    columns = (table[key].tolist() for key in (*keys, "value"))
    for *index, value in zip(*columns, strict=True):
        yield tuple(int(part[5:]) if isinstance(part, str) and key == "by" and part.startswith("tier ") else part
                    for key, part in zip(keys, index, strict=True)), float(value)  # fmt: skip


_COLUMNS: tuple[tuple[str, str, tuple[str, ...], tuple[str, str] | None], ...] = (
    ("purchase", "purchases", ("supplier", "tier", "party", "period"), None),
    ("lift", "contracts", ("contract", "period"), ("measure", "lifted")),
    ("breach", "contracts", ("contract", "period"), ("measure", "breached")),
    ("sign", "contracts", ("contract", "period"), ("measure", "signed")),
    ("commit", "commitments", ("project", "period"), ("status", "decided")),
    ("available", "capacity", ("part", "period"), None),
    *((component, "stockpiles", ("stockpile", "period"), ("measure", component)) for component in ("stock", "fill", "draw", "floor_gap")),
    ("serve", "demands", ("demand", "by", "period"), ("measure", "served")),
    ("serve", "demands", ("demand", "by", "period"), ("measure", "substituted")),
    ("shortage", "demands", ("demand", "by", "period"), ("measure", "short")),
    ("activity", "processes", ("process", "period"), ("measure", "activity")),
    ("transfer", "transfers", ("route", "material", "period"), None),
    ("surplus", "disposals", ("material", "party", "period"), None),
    ("violation", "violations", ("policy", "item", "period"), None),
)
"""Component, table, columns of its index, and which rows."""


def material_of(scenario: Scenario, key: Key) -> str:
    """The material that a variable is counted in, or the process or policy itself where it is about none or several."""
    component, index = key
    find = _MATERIAL.get(component)
    return str(index[0]) if find is None else find(scenario, index)


def target_material(scenario: Scenario, target: str) -> str:
    """The material of what a project adds to: activity of a process counts in its first input, else in its first output."""
    return scenario.counted_in(target) or target


_MATERIAL: dict[str, Callable[[Scenario, Any], str]] = {
    "purchase": lambda scenario, index: scenario.suppliers[index[0]].material,
    **dict.fromkeys(("lift", "breach", "sign"), lambda scenario, index: scenario.suppliers[scenario.contracts[index[0]].supplier].material),
    **dict.fromkeys(("commit", "available"), lambda scenario, index: target_material(scenario, scenario.projects[index[0]].adds_to)),
    **dict.fromkeys(("stock", "fill", "draw", "floor_gap"), lambda scenario, index: scenario.stockpiles[index[0]].material),
    **dict.fromkeys(("serve", "shortage"), lambda scenario, index: scenario.demands[index[0]].material),
    "transfer": lambda _, index: str(index[1]),
}
"""How each component finds its material; what the others are about is the first part of their index."""
