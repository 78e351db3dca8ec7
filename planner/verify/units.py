"""Units of residuals, so that a report can say how far off a plan is in the scenario's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from planner.scenario.schema import Scenario
from planner.verify.arrays import kind_of
from planner.verify.residuals import Check
from planner.verify.tables import counted_in, unit_of

Namer = Callable[[Scenario, str], str]
MONEY_RULES = frozenset({"cost lines", "cost lines add up", "costs by cause", "duality gap"})
PER_YEAR = frozenset({"capacity", "project size", "decision windows", "commitment gate", "committed projects"})


def _of_supplier(scenario: Scenario, key: str) -> str:
    return scenario.suppliers[key].material if key in scenario.suppliers else ""


def _of_project(scenario: Scenario, key: str) -> str:
    target = scenario.projects[key].adds_to if key in scenario.projects else key
    return counted_in(scenario, kind_of(scenario, target), target)


def _of_contract(scenario: Scenario, key: str) -> str:
    return _of_supplier(scenario, scenario.contracts[key].supplier)


def _of_pile(scenario: Scenario, key: str) -> str:
    return scenario.stockpiles[key].material


def _of_demand(scenario: Scenario, key: str) -> str:
    return scenario.demands[key].material


_THINGS: Mapping[str, Namer] = {
    **dict.fromkeys(("supplier capacity", "price tiers", "export cutoff", "who may buy"), _of_supplier),
    **dict.fromkeys(("capacity", "project size", "decision windows", "commitment gate", "committed projects"), _of_project),
    **dict.fromkeys(("contract volume", "take or pay"), _of_contract),
    **dict.fromkeys(("stock balance", "stock capacity", "stock floor", "soft floors", "fill rate", "draw rate", "final stock"), _of_pile),
    **dict.fromkeys(("demand balance", "essential service", "shortage tiers", "no shortage", "substitutes", "wanted"), _of_demand),
    **dict.fromkeys(("material balance", "disposal"), lambda _, key: key),
    "process capacity": lambda scenario, key: counted_in(scenario, "process", key),
    "route capacity": lambda scenario, key: scenario.routes[key].materials[0],
}


def unit_of_residual(scenario: Scenario, check: Check) -> str:
    """Unit of a rule's worst residual; empty where it has none, as shares have, or depends on what it is about."""
    if check.rule in MONEY_RULES or check.rule == "policy budget":
        return scenario.money.currency
    if check.rule == "policy max_emissions":
        return "t CO2e"
    words = check.where.replace(".", " ").split()
    if check.rule == "arrivals":
        return unit_of(scenario, words[1]) if len(words) > 1 else ""
    if check.rule == "process flows":
        return unit_of(scenario, words[1]) if len(words) > 1 else ""
    namer = _THINGS.get(check.rule)
    try:
        unit = unit_of(scenario, namer(scenario, words[0])) if namer else ""
    except LookupError:
        return ""
    return f"{unit}/yr" if unit and check.rule in PER_YEAR and not _is_store(scenario, words[0]) else unit


def _is_store(scenario: Scenario, key: str) -> bool:
    target = scenario.projects[key].adds_to if key in scenario.projects else key
    return kind_of(scenario, target) == "stockpile"
