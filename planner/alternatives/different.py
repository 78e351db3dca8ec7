"""A handful of near-optimal plans that differ as much as possible: the farthest first, each pushed further while that helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.alternatives.ranges import Finder, NearPlan
from planner.decided import Amount, most_alike
from planner.solver.lower import Floats
from planner.solver.whatif import Unbounded

PUSHES = 6
"""So many times at most is a plan pushed further from its nearest one."""
SAME = 1e-6
"""Plans that differ by less are one plan."""


@dataclass(frozen=True)
class Alternative:
    """A plan far from those before it."""

    plan: NearPlan
    distance: float
    """To the nearest of those before it: Σ |difference| / most of its kind and material; a main source that is wholly replaced by another makes 2."""


def most_different(finder: Finder, start: NearPlan, pool: Sequence[NearPlan], slack: float, count: int) -> list[Alternative]:
    """Plans that are far from the cheapest one and from each other.

    Of the plans at hand the one that is farthest from its nearest chosen one is taken (Gonzalez 1985); then a linear program looks as far as it can
    in the direction from that nearest one, again and again as long as the distance grows.

    Args:
        finder: Finds further plans.
        start: The cheapest plan.
        pool: Plans at hand: those at the ends of the ranges.
        slack: Share of what the cheapest plan pays.
        count: How many.

    Returns:
        As many as differ at all, in order of choice.
    """
    scale = scales(finder.amounts, [start, *pool])
    chosen, found = [start.values / scale], list[Alternative]()
    for _ in range(count):
        best = max(pool, key=lambda plan: round(_nearest(plan.values / scale, chosen)[0], 9), default=None)
        if best is None:
            break
        best, distance = _pushed(finder, best, chosen, scale, slack)
        if distance <= SAME:
            break
        chosen.append(best.values / scale)
        found.append(Alternative(best, distance))
    return found


def scales(amounts: Sequence[Amount], plans: Sequence[NearPlan]) -> Floats:
    """By amount: the most of anything of its kind and material in some plans; infinite, so that it does not count, for what says nothing."""
    most = most_alike(amounts, np.max([plan.values for plan in plans], axis=0))
    return np.array([np.inf if amount.rotates or not value else value for amount, value in zip(amounts, most.tolist(), strict=True)])


def _nearest(shares: Floats, chosen: Sequence[Floats]) -> tuple[float, Floats]:
    """Distance to the nearest of some plans, and that plan."""
    distances = [float(np.abs(shares - other).sum()) for other in chosen]
    place = int(np.argmin(distances))
    return distances[place], chosen[place]


def _pushed(finder: Finder, plan: NearPlan, chosen: Sequence[Floats], scale: Floats, slack: float) -> tuple[NearPlan, float]:
    """A plan moved away from its nearest one as long as it gets farther from all; and how far it is."""
    distance, nearest = _nearest(plan.values / scale, chosen)
    for _ in range(PUSHES):
        away = plan.values / scale - nearest
        direction = np.where(np.abs(away) > SAME, np.sign(away), 0.0) / scale
        if not direction.any():
            break
        try:
            further = finder.furthest(direction, slack)
        except Unbounded:
            break
        reached, other = _nearest(further.values / scale, chosen)
        if reached <= distance * (1 + SAME):
            break
        plan, distance, nearest = further, reached, other
    return plan, distance
