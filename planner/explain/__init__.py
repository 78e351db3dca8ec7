"""Why a plan is what it is: what everything is worth at the margin, at which price decisions change, what events cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from planner.errors import InputError, did_you_mean, listed
from planner.explain.borders import tell_borders
from planner.explain.case import Case, Filter, Proof, Statement
from planner.explain.events import tell_events
from planner.explain.rules import tell_rules
from planner.explain.worth import tell_worth
from planner.plan import SCENARIO, Plan
from planner.scenario.load import load
from planner.scenario.schema import Scenario

__all__ = ["SECTIONS", "Explanation", "Filter", "Proof", "Statement", "explain"]

SECTIONS = {
    "events": "What the events cost",
    "suppliers": "Suppliers: used or not, and at which price that changes",
    "contracts": "Contracts",
    "projects": "Projects",
    "one more unit": "What one more unit is worth",
    "capacity": "What one more unit of capacity is worth",
    "stockpiles": "Stockpiles",
    "rules": "Rules that bind",
}
"""Sections of an explanation, in order, with their headings."""


@dataclass(frozen=True)
class Explanation:
    """Statements on one plan."""

    title: str
    currency: str
    total_cost: float
    statements: list[Statement]
    narrow: bool = False
    """Whether something in particular was asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "status": "ok",
            "title": self.title,
            "currency": self.currency,
            "total_cost": self.total_cost,
            "statements": [asdict(s) for s in self.statements],
        }


def explain(folder: str | Path, wanted: Filter | None = None, told: Callable[[int], None] = lambda _: None) -> Explanation:
    """Explain a plan from its folder alone.

    Args:
        folder: Plan folder.
        wanted: What is asked about; default everything that matters.
        told: Called with the number of statements found so far.

    Returns:
        Statements by section, those that matter most first. Each holds the changes that prove it, where keys of the scenario can make them.

    Raises:
        InputError: if the folder is no plan, or an id is not in it.
        CheckError: if the scenario in the folder does not have the plan's cost.
    """
    plan = Plan.load(folder)
    loaded = load(Path(folder) / SCENARIO, root=folder)
    wanted = wanted or Filter()
    _must_exist(loaded.scenario, [period.label for period in loaded.calendar.periods], wanted)
    case = Case(loaded, plan)
    order = {name: place for place, name in enumerate(SECTIONS)}
    found = sorted(_statements(case, wanted, told), key=lambda statement: (order[statement.section], -statement.weight))
    return Explanation(plan.record["title"] or plan.name, case.currency, case.cost, found, not wanted.is_open)


def _statements(case: Case, wanted: Filter, told: Callable[[int], None]) -> Iterator[Statement]:
    for count, statement in enumerate(chain(*(tell(case, wanted) for tell in (tell_events, tell_borders, tell_worth, tell_rules)))):
        told(count)
        yield statement


def _must_exist(scenario: Scenario, periods: list[str], wanted: Filter) -> None:
    asked = (
        ("--material", wanted.material, list(scenario.materials)),
        ("--supplier", wanted.supplier, list(scenario.suppliers)),
        ("--project", wanted.project, list(scenario.projects)),
        ("--period", wanted.period, periods),
    )
    for option, value, known in asked:
        if value is not None and value not in known:
            raise InputError(f"{option} {value}: is not in the plan; {did_you_mean(value, known, f'known are {listed(known)}')}")
