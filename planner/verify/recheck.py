"""Recomputes a plan from the scenario's own numbers and its written tables, by code that does not know the model.

Every rule of ``models/README.md`` has a check here: balances, capacities with ramps and lead times, cutoffs, contracts,
stockpiles, demands, policies, cost lines and their sum; and its prices are used to prove that no plan is cheaper. A residual
is judged against the size of the numbers it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from planner.verify.arrays import PlanArrays, supplier_thing
from planner.verify.derived import check_costs, check_derived
from planner.verify.dual import check_optimal
from planner.verify.money import cost_rows
from planner.verify.policies import check_policies, check_violations, penalties
from planner.verify.residuals import TOLERANCE, Check
from planner.verify.rules import check_balances, check_contracts, check_conversion, check_demands, check_ramps, check_stockpiles, check_supply
from planner.verify.tables import read_tables

__all__ = ["TOLERANCE", "Check", "recheck", "supplier_thing"]


def recheck(scenario: Scenario, calendar: Calendar, tables: Mapping[str, pd.DataFrame], costs: Mapping[str, float], total_cost: float) -> list[Check]:
    """Check a plan.

    Args:
        scenario: The validated scenario.
        calendar: Its grid.
        tables: The plan's tables, as written.
        costs: Discounted money by cost line.
        total_cost: Their claimed sum.

    Returns:
        One check a rule, the worst residual of each; where tables are not even of the right shape, only what is wrong with them.
    """
    read, broken = read_tables(scenario, calendar, tables)
    if broken:
        return broken
    # a number of 1e300 in a damaged plan is a residual like any other
    with np.errstate(all="ignore"):
        plan = PlanArrays(scenario, calendar, read)
        if check_violations(plan):
            for check in (check_supply, check_ramps, check_contracts, check_stockpiles, check_conversion, check_demands, check_balances, check_policies):
                check(plan)
            check_derived(plan)
            rows = cost_rows(plan, penalties(plan))
            check_costs(plan, rows, costs, total_cost)
            check_optimal(plan, rows)
    return [plan.worst[rule] for rule in sorted(plan.worst)]
