"""Small scenarios to compare, written from their parts."""

from __future__ import annotations

import copy
import functools
from typing import Any

import yaml

from planner.comparison import Comparison, compare
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.scenario.load import loads

BASE: dict[str, Any] = {
    "version": 1,
    "horizon": {"start": "2026", "end": "2028", "step": "year"},
    "money": {"currency": "USD", "discount_rate": 0},
    "materials": {"ore": {"unit": "t"}},
    "suppliers": {
        "near": {"material": "ore", "country": "CN", "capacity": 100, "price": 10},
        "far": {"material": "ore", "country": "AU", "capacity": 900, "price": 30},
    },
    "demands": {"plants": {"material": "ore", "quantity": 100, "shortage": 1000}},
}


def tree(**changes: Any) -> dict[str, Any]:
    """The base scenario with keys changed; ``a__b=1`` sets ``a.b``, None removes."""
    found: dict[str, Any] = copy.deepcopy(BASE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        node = found
        for part in parents:
            node = node.setdefault(part, {})
        if value is None:
            node.pop(last)
        else:
            node[last] = copy.deepcopy(value)
    return found


@functools.lru_cache(maxsize=256)
def _solved(text: str, name: str) -> Plan:
    return solve_scenario(loads(text, name))


def plan(name: str = "base", **changes: Any) -> Plan:
    """The plan of the base scenario with keys changed."""
    return _solved(yaml.safe_dump(tree(**changes), sort_keys=False), name)


def compared(one: Plan, other: Plan, **settings: Any) -> Comparison:
    """Two plans compared, solves in this process."""
    return compare(one, other, workers=1, **settings)


def causes(comparison: Comparison, line: str) -> dict[str, float]:
    """What moves a cost line, without what does not."""
    found = comparison.against[0].bridge_parts.lines.get(line, {})
    return {cause: money for cause, money in found.items() if money}
