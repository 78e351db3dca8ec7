"""Plans from plain data, and small changes to scenarios that keep their text valid."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import yaml

from planner.errors import NoPlanError
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.scenario.dates import make_calendar
from planner.scenario.load import Loaded, validate
from planner.scenario.overlay import Sources
from planner.scenario.reader import parse_yaml
from tests.oracle.random_scenarios import random_scenario

Json = dict[str, Any]
ENTITIES = ("parties", "materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes", "routes", "events", "policies")


def loaded(scenario: Json) -> Loaded:
    """Plain data read as if it stood in a file."""
    tree = parse_yaml(yaml.safe_dump(scenario, sort_keys=False, allow_unicode=True), "scenario.yaml")
    valid = validate(tree)
    return Loaded("scenario", valid, make_calendar(valid.horizon.start, valid.horizon.parts), Sources(tree))


def plan_of(scenario: Json) -> Plan:
    """The plan of plain data."""
    return solve_scenario(loaded(scenario))


def cost_of(scenario: Json) -> float:
    """Total cost of plain data; infinite where there is no plan."""
    try:
        return plan_of(scenario).total_cost
    except NoPlanError as error:
        if error.status != "infeasible":
            raise
        return float("inf")


@cache
def _plan(seed: int) -> Plan | None:
    try:
        return plan_of(random_scenario(seed))
    except NoPlanError:
        return None


def random_plan(seed: int) -> Plan:
    """The plan of a seed that is known to have one."""
    plan = _plan(seed)
    assert plan is not None, f"seed {seed} has no plan"
    return plan


def seeds_with(wanted: Callable[[Json], bool], count: int, start: int = 0) -> list[int]:
    """The first seeds whose scenarios have something."""
    found = [seed for seed in range(start, start + 1000) if wanted(random_scenario(seed))]
    assert len(found) >= count
    return found[:count]


_NUMBER = re.compile(r"\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)(.*)", re.DOTALL)


def scaled(value: Any, factor: float) -> Any:
    """A number, text with a unit, step map or growth series, times a factor."""
    if isinstance(value, dict):
        return {key: part if key == "growth" else scaled(part, factor) for key, part in value.items()}
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        assert match is not None, value
        return f"{float(match[1]) * factor!r}{match[2]}"
    return value * factor


def changed(scenario: Json, change: Callable[[Json], None]) -> Json:
    """A copy of a scenario after a change in place."""
    fresh = copy.deepcopy(scenario)
    change(fresh)
    return fresh


def renamed(node: Any, names: dict[str, str]) -> Any:
    """The same tree with ids replaced, as keys and as values."""
    if isinstance(node, dict):
        return {names.get(key, key): renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [renamed(value, names) for value in node]
    return names.get(node, node) if isinstance(node, str) else node
