"""Near-optimal plans: what every good plan has in common, what may drop out, and a handful that differ as much as possible.

Modelling to generate alternatives: the cheapest plan is one of many that cost nearly the same. The ranges are exact; each end is a linear
program over all plans that pay at most so much more, and are short of nothing that the cheapest plan has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from planner.alternatives.different import most_different
from planner.alternatives.near import near_optimal_plans
from planner.alternatives.ranges import Finder, NearPlan, Question, find_ranges, optimum_of
from planner.alternatives.telling import headline, plan_sections, plan_tables, range_sections, range_tables
from planner.cheapest import cheapest
from planner.decided import amounts
from planner.errors import InputError
from planner.findings import Findings
from planner.inquiry import inquire
from planner.scenario.load import Loaded
from planner.stopwatch import Count, untold

__all__ = ["alternatives"]

LIMITS = (
    "Each range holds by itself: the least of one and the most of another need not be in one plan.",
    "Extra cost is a share of what the cheapest plan pays (its cost lines without penalties, before credits), for the whole scenario and horizon together.",
    "No demand has a larger shortage cost, and no soft policy or floor is broken at more cost, than in the cheapest plan.",
    "What ships so late that it arrives after the horizon is not counted.",
    "The plans are far apart, but that no others are farther apart is not proven.",
)


def alternatives(
    source: str | Path | Loaded,
    slack: float | Sequence[float] = 0.05,
    plans: int = 5,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    workers: int | None = None,
    progress: Count = untold,
) -> Findings:
    """Find what all near-optimal plans have in common, and plans that differ most.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        slack: Extra cost, as a share of what the cheapest plan pays; several give several ranges.
        plans: How many different plans to find, at the largest slack.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        workers: Processes; the findings are the same for any number. Default one a core where that pays.
        progress: Told what is being done, how much of it is done, and how much there is.

    Returns:
        Tables ``suppliers``, ``projects``, ``contracts`` and ``stockpiles`` (those that there are): least and most of each over all such plans, in
        units over the horizon, with a verdict; ``plans`` and ``side_by_side``.

    Raises:
        InputError: for a bad scenario, or a slack that is no share.
        NoPlanError: if the scenario is infeasible or unbounded.
        CheckError: if an answer failed its check.
    """
    slacks = sorted({float(share) for share in ([slack] if isinstance(slack, int | float) else slack)})
    if not slacks or not all(0 <= share <= 1 for share in slacks):
        raise InputError(f"slack {slacks}: extra cost is a share from 0 to 1, such as 0.05")
    progress("cheapest plan", 0, 0)
    case = cheapest(inquire(source, sets, root))
    near = near_optimal_plans(case)
    decided = tuple(amounts(case.scenario, case.data, case.program))
    at_cheapest = np.array([amount.of(case.x) for amount in decided])
    question = Question(near, decided, at_cheapest)
    ranges = find_ranges(question, slacks, workers, lambda done, of: progress("ranges", done, of))
    start = NearPlan(at_cheapest, case.cost)
    pool = [plan for found in ranges if found.slack == slacks[-1] for plan in found.plans]
    progress("different plans", 0, 0)
    found = most_different(Finder(question, optimum_of(question)), start, pool, slacks[-1], plans) if plans else []
    tables = range_tables(case, decided, at_cheapest, ranges)
    sections = range_sections(tables, len(slacks) > 1)
    if plans:
        tables |= plan_tables(case, near, decided, start, found)
        sections += plan_sections(slacks[-1], tables)
    return Findings(
        command="alternatives",
        title=f"{case.inquiry.title}: plans that cost nearly the same",
        currency=case.currency,
        headline=headline(case, near, slacks, tables),
        sections=tuple(sections),
        tables=tables,
        record=case.inquiry.record(total_cost=case.cost, slack=slacks, plans=len(found), paid=near.paid),
        limits=LIMITS,
    )
