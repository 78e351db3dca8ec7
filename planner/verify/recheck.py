"""Recomputes a plan from the scenario's own numbers and its written tables, by code that does not know the model.

Every rule of ``models/README.md`` has a check here: balances, capacities with ramps and lead times, cutoffs, contracts,
stockpiles, demands, policies, cost lines and their sum. A residual is judged against the size of the numbers it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.verify.arrays import TOLERANCE, Check, PlanArrays, Tables, supplier_thing
from planner.verify.derived import check_derived
from planner.verify.money import cost_lines
from planner.verify.policies import check_policies, penalties
from planner.verify.rules import check_balances, check_contracts, check_conversion, check_demands, check_ramps, check_stockpiles, check_supply

__all__ = ["TOLERANCE", "Check", "recheck", "supplier_thing"]


def recheck(scenario: Scenario, calendar: Calendar, tables: Tables, costs: Mapping[str, float], total_cost: float) -> list[Check]:
    """Check a plan.

    Args:
        scenario: The validated scenario.
        calendar: Its grid.
        tables: The plan's tables, as written.
        costs: Discounted money by cost line.
        total_cost: Their claimed sum.

    Returns:
        One check a rule, the worst residual of each.
    """
    plan = PlanArrays(scenario, calendar, tables)
    for check in (check_supply, check_ramps, check_contracts, check_stockpiles, check_conversion, check_demands, check_balances, check_policies):
        check(plan)
    check_derived(plan, tables, costs)
    _costs(plan, costs, total_cost)
    return [plan.worst[rule] for rule in sorted(plan.worst)]


def _costs(plan: PlanArrays, costs: Mapping[str, float], total_cost: float) -> None:
    found = cost_lines(plan)
    found["policy_penalties"] += penalties(plan)
    size = max([abs(total_cost), *map(abs, costs.values()), *map(abs, found.values()), 1e-300])
    for line in {*found, *costs}:
        plan.note("cost lines", line, np.array([costs.get(line, 0.0) - found.get(line, 0.0)]), size)
    plan.note("cost lines add up", "total cost", np.array([sum(costs.values()) - total_cost]), size)
