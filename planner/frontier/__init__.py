"""The frontier between cost and something else: what the next unit less of it costs, exactly, all along."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from planner.cheapest import cheapest
from planner.decided import amounts, shortages
from planner.errors import InputError
from planner.findings import Findings
from planner.frontier.curve import trace
from planner.frontier.quantity import quantity_of
from planner.frontier.telling import decision_table, frontier_table, headline, sections
from planner.inquiry import inquire
from planner.scenario.load import Loaded
from planner.stopwatch import Count, untold

__all__ = ["frontier"]


def frontier(
    source: str | Path | Loaded,
    over: str,
    points: int = 20,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    progress: Count = untold,
) -> Findings:
    """Trace the least cost against a quantity, from the cheapest plan to the least that any plan can have of it.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        over: The quantity: ``shortage`` (mean share of demand), ``shortage:ID`` (units of a material or demand), ``share:COUNTRY[:MATERIAL]``
            (units mined in a country), ``stockpile:ID`` (the largest level of a stockpile, or of all of a material), ``opening:ID`` (what is in store
            at the start of one or all), ``capex`` or ``emissions``.
        points: So many segments at most.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        progress: Told what is being done, how much of it is done, and how much there is.

    Returns:
        Tables ``frontier`` (a row a corner, from the cheapest plan on: quantity, cost, price of one unit less from there to the next corner, what is
        shorter than in the plan as it is) and ``decisions`` (what the plan found at each corner does, and what every demand goes without).

    Raises:
        InputError: for a bad scenario or quantity.
        NoPlanError: if the scenario is infeasible or unbounded.
        CheckError: if an answer failed its check.
    """
    if points < 1:
        raise InputError(f"--points {points}: a frontier has at least one segment")
    progress("cheapest plan", 0, 0)
    case = cheapest(inquire(source, sets, root))
    decided, short = (of(case.scenario, case.data, case.program) for of in (amounts, shortages))
    quantity = quantity_of(case, over, decided)
    curve = trace(quantity, points, lambda found: progress("segments of the frontier", found, 0))
    table = frontier_table(case, quantity, curve, decided, short)
    return Findings(
        command="frontier",
        title=f"{case.inquiry.title}: cost against {quantity.title}",
        currency=case.currency,
        headline=headline(case, quantity, curve, table),
        sections=sections(case, quantity, table),
        tables={"frontier": table, "decisions": decision_table(curve, (*decided, *short))},
        record=case.inquiry.record(total_cost=case.cost, over=over, points=points, solves=curve.solves),
        limits=(*quantity.limits, "Each point is one plan; others with the same quantity and cost may do other things."),
    )
