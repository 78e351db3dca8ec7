"""A convex, piecewise linear function, found whole from its values and tangents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

MOST = 24
"""So many points are looked at between two; where that is not enough, the function is a little lower than it is told between them."""


@dataclass(frozen=True)
class Point:
    """A point with a tangent, which lies nowhere above the function."""

    at: float
    value: float
    slope: float


@dataclass(frozen=True)
class Piece:
    """Where the function is straight."""

    start: float
    end: float
    slope: float
    first: float
    """Value at the start."""
    last: float
    """Value at the end."""


Asked = Callable[[float], Point | None]


def points_between(ask: Asked, first: Point, last: Point, rounding: float, slope: float) -> list[Point]:
    """All corners between two points, with some points besides; where there are too many, those that matter.

    Two tangents meet below the function or on it. Where they meet on it the corner is found and there is none beside it; else the
    function is looked at from there to both sides.

    Args:
        ask: The function; defined everywhere between the two.
        first: A point.
        last: One further on.
        rounding: Differences up to this are none.
        slope: Where the function changes to this slope is found first; then where most may be hidden.
    """
    found = {first.at: first, last.at: last}
    waiting = [(first, last)]
    while waiting and len(found) < MOST:
        order = [(low.slope < slope <= high.slope, hidden(low, high)) for low, high in waiting]
        low, high = waiting.pop(max((place for place in range(len(waiting)) if order[place][1] > rounding), key=order.__getitem__, default=0))
        if hidden(low, high) <= rounding:
            continue
        middle = ask(_meeting(low, high))
        if middle is None or middle.at in found:
            continue
        found[middle.at] = middle
        if middle.value - (low.value + low.slope * (middle.at - low.at)) > rounding:
            waiting += [(low, middle), (middle, high)]
    return [found[at] for at in sorted(found)]


def hidden(low: Point, high: Point) -> float:
    """How far the function may lie below the chord of two points, at most."""
    if high.slope <= low.slope or high.at <= low.at:
        return 0.0
    at = _meeting(low, high)
    share = (at - low.at) / (high.at - low.at)
    return max(0.0, low.value + share * (high.value - low.value) - (low.value + low.slope * (at - low.at)))


def _meeting(low: Point, high: Point) -> float:
    """Where two tangents meet."""
    at = (high.value - low.value + low.slope * low.at - high.slope * high.at) / (low.slope - high.slope)
    return min(max(at, low.at), high.at)


def pieces(points: list[Point], rounding: float) -> list[Piece]:
    """The function as straight pieces; neighbours whose slopes are the same but for rounding are one."""
    found: list[Piece] = []
    for low, high in pairwise(points):
        piece = Piece(low.at, high.at, (high.value - low.value) / (high.at - low.at), low.value, high.value)
        if found and _straight(found[-1], piece, rounding):
            before = found.pop()
            piece = Piece(before.start, piece.end, (piece.last - before.first) / (piece.end - before.start), before.first, piece.last)
        found.append(piece)
    return found


def _straight(one: Piece, other: Piece, rounding: float) -> bool:
    """Whether the point between two pieces lies on the chord of both."""
    share = (one.end - one.start) / (other.end - one.start)
    return one.first + share * (other.last - one.first) - one.last <= rounding


def furthest(ask: Asked, known: Point, end: float) -> Point:
    """The point nearest to an end at which there is still a value, towards which the function is defined from a known point on."""
    found = ask(end)
    if found is not None:
        return found
    best, out = known, end
    for _ in range(20):
        middle = ask((best.at + out) / 2)
        best, out = (best, (best.at + out) / 2) if middle is None else (middle, out)
    return best
