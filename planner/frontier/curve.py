"""The convex, piecewise linear frontier of least cost, by weighted sums: exact, and without a grid.

The least of cost + λ · quantity over all plans is a corner of the frontier. With λ the slope of the chord between two points, either nothing lies below
the chord, and the segment between them is exact, or a corner is found, farther below it than any other point, and splits it (Cohon 1978, NISE).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from planner.errors import InputError
from planner.frontier.quantity import Quantity
from planner.solver.certificate import proven
from planner.solver.elastic import Row, with_rows
from planner.solver.highs import WARM_COSTS, NoSolution
from planner.solver.lower import Floats
from planner.solver.whatif import WhatIf

SAME = 1e-9
"""Costs that differ by less, relative to all costs and credits together, are the same."""
SAME_QUANTITY = 1e-7
"""Quantities that differ by less, relative to the whole range, are the same."""


@dataclass(frozen=True)
class Point:
    """A plan on the frontier."""

    quantity: float
    cost: float
    x: Floats


@dataclass(frozen=True)
class Curve:
    """Points in order of the quantity, and how far the frontier lies below the line from each to the next."""

    points: list[Point]
    gaps: list[float]
    """By segment [money]; 0 where it is exact."""
    solves: int
    prices: tuple[tuple[float, float], ...] = ()
    """Exact price of a unit less on the left and on the right of each point [money/unit]; NaN where there is no side, or where it was not asked for."""


def trace(quantity: Quantity, most: int, done: Callable[[int], None]) -> Curve:
    """Find the frontier from the least quantity that a plan can have to that of the cheapest plan.

    Args:
        quantity: What cost is held against.
        most: So many segments at most; where there are more, those that err most are split first.
        done: Called with the number of segments found so far.

    Raises:
        InputError: if the cost falls without end.
    """
    tracer = _Tracer(quantity)
    left, right = tracer.ends()
    if right.quantity - left.quantity <= SAME_QUANTITY * max(right.quantity, quantity.at_cheapest):
        return _with_today(Curve([right], [], tracer.solves), quantity, SAME_QUANTITY * right.quantity)
    tracer.span = right.quantity - left.quantity
    same = SAME_QUANTITY * max(tracer.span, quantity.at_cheapest)
    # where the plan is no end by its nature it is told between them
    between = np.isinf(quantity.up_to) and left.quantity + same < quantity.at_cheapest < right.quantity - same
    inside = [tracer.point(quantity.today)] if between and most > 1 else []
    # largest gap first; the number tells equal ones apart
    heap = [tracer.segment(*ends, number) for number, ends in enumerate(pairwise([left, *inside, right]))]
    heapq.heapify(heap)
    number = len(heap)
    while heap[0].gap > 0 and len(heap) < most:
        worst = heapq.heappop(heap)
        for first, last in ((worst.first, worst.corner), (worst.corner, worst.last)):
            number += 1
            heapq.heappush(heap, tracer.segment(first, last, number))
        done(len(heap))
    segments = sorted(heap, key=lambda segment: segment.first.quantity)
    curve = _trimmed(segments, tracer)
    asked = [0, *(place for place, point in enumerate(curve.points) if any(point is one for one in inside)), len(curve.points) - 1]
    prices = tuple(tracer.prices_at(segments[: len(curve.gaps)], place) if place in asked else (np.nan, np.nan) for place in range(len(curve.points)))
    return _with_today(replace(curve, prices=prices, solves=tracer.solves), quantity, same)


def _with_today(curve: Curve, quantity: Quantity, same: float) -> Curve:
    """The curve with the cheapest plan as the plan of the point that has as much and, on the curve, costs as much but for the digits that it is settled to."""
    nearest = min(curve.points, key=lambda point: abs(point.quantity - quantity.at_cheapest))
    if abs(nearest.quantity - quantity.at_cheapest) > same:
        return curve
    return replace(curve, points=[replace(point, x=quantity.today) if point is nearest else point for point in curve.points])


@dataclass(frozen=True)
class _Segment:
    first: Point
    last: Point
    corner: Point
    gap: float
    number: int

    def __lt__(self, other: _Segment) -> bool:
        return (-self.gap, self.number) < (-other.gap, other.number)


class _Tracer:
    """Asks one program for points of the frontier.

    Args:
        quantity: What cost is held against.
    """

    def __init__(self, quantity: Quantity) -> None:
        self.weights, program = quantity.weights, quantity.program
        if np.isfinite(quantity.up_to):
            terms = {int(column): float(self.weights[column]) for column in np.flatnonzero(self.weights)}
            # the cheapest plan was rounded when it was settled
            program = with_rows(program, [Row(("frontier", None), terms, upper=quantity.up_to * (1 + SAME))])
        outcome = proven(program)
        if isinstance(outcome, NoSolution) or outcome.optimum is None:
            raise InputError(f"cost against {quantity.title}: more of it earns without end, so there is no frontier; limit it, such as by a capacity")
        self.program, self.whatif = program, WhatIf(program, outcome.optimum, WARM_COSTS)
        self.start, self.solves, self.span = outcome.x, 1, 0.0

    def point(self, x: Floats) -> Point:
        """A plan as a point."""
        x = np.clip(x, self.program.lower, self.program.upper)
        return Point(float(self.weights @ x), float(self.program.cost @ x) + self.program.offset, x)

    def ends(self) -> tuple[Point, Point]:
        """A plan with the least of the quantity, at any cost, and the cheapest."""
        least = self.whatif.least(self.weights)
        assert least is not None
        self.solves += 1
        return self.point(least.x), self.point(self.start)

    def rounding(self, price: float) -> float:
        """Differences of cost + price · quantity that say nothing."""
        return SAME * (self.whatif.size + price * self.span)

    def segment(self, first: Point, last: Point, number: int) -> _Segment:
        """Two points and what lies farthest below the line between them."""
        while True:
            price = max(0.0, (first.cost - last.cost) / (last.quantity - first.quantity))
            outcome = self.whatif.ask(cost=self.program.cost + price * self.weights, onward=True)
            assert outcome is not None
            self.solves += 1
            corner = self.point(outcome.x)
            gap = first.cost + price * first.quantity - corner.cost - price * corner.quantity
            if gap <= self.rounding(price):
                return _Segment(first, last, corner, 0.0, number)
            if corner.quantity > first.quantity + SAME_QUANTITY * self.span:
                return _Segment(first, last, corner, gap, number)
            # the same quantity at less cost: the end was no corner yet
            first = corner

    def prices_at(self, segments: Sequence[_Segment], place: int) -> tuple[float, float]:
        """Exact prices of a unit less on both sides of a point; NaN where there is none."""
        left = self._price(segments[place - 1], at_first=False) if place > 0 else np.nan
        return left, self._price(segments[place], at_first=True) if place < len(segments) else np.nan

    def _price(self, segment: _Segment, at_first: bool) -> float:
        """The price at one end of a segment, which is split towards it until nothing lies below."""
        while segment.gap > 0:
            ends = (segment.first, segment.corner) if at_first else (segment.corner, segment.last)
            segment = self.segment(*ends, segment.number)
        return (segment.first.cost - segment.last.cost) / (segment.last.quantity - segment.first.quantity)


def _trimmed(segments: list[_Segment], tracer: _Tracer) -> Curve:
    """The curve without its flat end: where more costs the same, the least of it is the point."""
    points = [segments[0].first, *(segment.last for segment in segments)]
    # an end that was no corner has been replaced in its own segment
    points[:-1] = [segment.first for segment in segments]
    gaps = [segment.gap for segment in segments]
    while len(points) > 1 and points[-2].cost - points[-1].cost <= tracer.rounding(0.0) and gaps[-1] == 0:
        points.pop()
        gaps.pop()
    return Curve(points, gaps, tracer.solves)
