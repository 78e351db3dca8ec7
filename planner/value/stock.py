"""What a stockpile is worth by its size: the expected least cost with more or less in store from the start."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.compile.use import stock_units
from planner.opened import Opened
from planner.solver.whatif import Outcome
from planner.value.curve import Asked, Piece, Point, furthest, pieces, points_between
from planner.value.known import Known, Weighted, parts_with, rounding_of
from planner.words import spans

GROWS = 4.0
"""So many times as large is the next size that is looked at in search of one that is worth nothing more."""
MOST_STEPS = 6
"""So many sizes are looked at in that search."""
LIMITS = {"stock_capacity": "its room", "draw_rate": "the rate of drawing", "fill_rate": "the rate of filling", "stock_floor": "its floor"}
"""Rows that keep a stockpile from being used as one likes, in words."""


@dataclass(frozen=True)
class Saved:
    """What a little more saves in one future [discounted money/unit]."""

    future: str
    weight: float
    value_now: float
    """One more unit in store from the start, in the room that there is."""
    room: float
    """Room for one more unit."""


@dataclass(frozen=True)
class Worth:
    """What a stockpile is worth by its size. Money is discounted to the start."""

    key: str
    initial: float
    """The size that it has [units]."""
    now: float
    """Expected least cost at that size [money]."""
    smallest: float
    """The smallest size for which there is a plan [units]."""
    worth: float
    """What all of the present stock saves [money]; infinite where there is no plan without it, NaN where a future starts with less and so cannot tell."""
    curve: tuple[Piece, ...]
    """Expected least cost by size, as far as size matters and there is room."""
    beyond: tuple[Piece, ...]
    """The same from there on, with as much more room at no cost; empty where what there is room for is not all worth something."""
    level: bool
    """Whether more than the last size of the curves is worth as much a unit, or nothing: they hold all that matters."""
    held_back: str
    """What keeps it from being used at the present size, in words."""
    by_future: tuple[Saved, ...]
    room: float
    """What it may hold [units]; infinite where nothing limits it."""

    @property
    def room_value(self) -> float:
        """What room for one more unit saves in the mean [money/unit]."""
        return sum(saved.weight * saved.room for saved in self.by_future)

    @property
    def value_now(self) -> float:
        """What one more unit saves in the mean [money/unit]; minus infinity where no plan is left with more."""
        return sum(saved.weight * saved.value_now for saved in self.by_future)

    def pays_up_to(self, price: float) -> float:
        """The largest size inside its room of which the last unit saves more than it costs [units]."""
        return max((piece.end for piece in self.curve if -piece.slope > price * (1 + 1e-9)), default=self.smallest)

    def pays_with_room(self, price: float) -> float:
        """The same where more room costs nothing."""
        return max((piece.end for piece in self.beyond if -piece.slope > price * (1 + 1e-9)), default=self.pays_up_to(price))

    def cost(self, size: float) -> float:
        """Expected least cost at a size on the curve [money]."""
        piece = next((piece for piece in self.curve if piece.start <= size <= piece.end), None)
        return self.now if piece is None else piece.first + piece.slope * (size - piece.start)


def worth_of(futures: Sequence[Weighted], key: str, initial: float, price: float) -> Worth:
    """The curve of a stockpile that every future has.

    Args:
        futures: They.
        key: Its id.
        initial: How much is in it now [units]; in futures that start with more or less the same is added.
        price: What a unit costs [money/unit]: the size up to which it pays is exact.
    """
    known = parts_with(futures, lambda scenario: key in scenario.stockpiles)
    least = min(one.part.data.stock.initial[key] for one in known)
    filled = [opening_moves(one.part, key) for one in known]
    ask = _asking(known, initial, [{} for _ in known], filled)
    now = ask(initial)
    assert now is not None
    # a future that starts with less cannot start with less than nothing
    low = furthest(ask, now, initial - least)
    # what is more than there is room for from the start is drawn at once
    rounding, room, step = rounding_of(known), max(room_of(known[0].part, key), initial), _step(known[0].part, key)
    high, level = _far(ask, now, step, rounding, room)
    ends = [low, now, high] if low.at < now.at else [now, high]
    curve = _curve(ask, [end for place, end in enumerate(ends) if place == 0 or end.at > ends[place - 1].at], rounding, price)
    beyond: tuple[Piece, ...] = ()
    if math.isfinite(room) and high.at >= room:
        # more than there is room for wants more room as well
        base = [_times(move, room - initial) for move in filled]
        ask = _asking(known, room, base, [{**move, **room_moves(one.part, key)} for one, move in zip(known, filled, strict=True)])
        start = ask(room)
        assert start is not None
        far, level = _far(ask, start, step, rounding, math.inf)
        beyond = _curve(ask, [start, far], rounding, price)
    saved = tuple(_saved(one, key, move) for one, move in zip(known, filled, strict=True))
    # far beyond the last size that is worth something there is nothing to tell
    curve = tuple(piece for piece in curve if piece.slope < 0 or piece.start < initial)
    beyond = tuple(piece for piece in beyond if piece.slope < 0)
    worth = low.value - now.value if low.at <= 1e-9 * initial else math.nan if low.at <= initial - least else math.inf
    return Worth(key, initial, now.value, low.at, worth, curve, beyond, level, held_back(known, key), saved, room_of(known[0].part, key))


def _saved(one: Known, key: str, filled: Mapping[int, float]) -> Saved:
    more_room = room_moves(one.part, key)
    room = -one.part.directions.along(more_room) if more_room else 0.0
    return Saved(one.name, one.weight, -one.part.directions.along(filled), max(0.0, room))


def _asking(known: Sequence[Known], origin: float, base: Sequence[Mapping[int, float]], moves: Sequence[Mapping[int, float]]) -> Asked:
    """The expected least cost by size; at the size ``origin`` rows have moved by ``base``, and from there by ``moves`` for each unit."""
    count = itertools.count()

    def ask(size: float) -> Point | None:
        # the next size is near the last one; the first starts from the plan, so that nothing hangs on what was asked before
        onward = next(count) > 0
        sides = [_sum(before, _times(move, size - origin)) for before, move in zip(base, moves, strict=True)]
        found = [one.part.whatif.ask(side, onward=onward) for one, side in zip(known, sides, strict=True)]
        return _expected(size, known, moves, found)

    return ask


def _curve(ask: Asked, ends: Sequence[Point], rounding: float, price: float) -> tuple[Piece, ...]:
    """All pieces between some points of a convex function."""
    points = [points_between(ask, one, other, rounding, -price) for one, other in itertools.pairwise(ends)]
    return tuple(pieces([point for place, found in enumerate(points) for point in (found if place == 0 else found[1:])], rounding))


def opening_moves(part: Opened, key: str) -> dict[int, float]:
    """By row: how far its sides move with one more unit in store from the start."""
    stock, first = part.data.stock, part.data.time.periods[0]
    moves = {part.rows["stock_balance", key][first]: stock.retention[key, first]}
    if part.scenario.stockpiles[key].final.min == "initial":
        moves |= {row: 1.0 for row, index in enumerate(part.program.rows) if index == ("final_stock", key)}
    return moves


def room_moves(part: Opened, key: str) -> dict[int, float]:
    """By row: how far its sides move with room for one more unit."""
    return dict.fromkeys(part.rows.get(("stock_capacity", key), {}).values(), 1.0)


def room_of(part: Opened, key: str) -> float:
    """What a stockpile may hold [units]; infinite where nothing limits it."""
    pile = part.scenario.stockpiles[key]
    return math.inf if pile.capacity is None else stock_units(part.setting, pile, pile.capacity)


def _sum(one: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    return {row: one.get(row, 0.0) + other.get(row, 0.0) for row in {**one, **other}}


def _times(moves: Mapping[int, float], units: float) -> dict[int, float]:
    return {row: move * units for row, move in moves.items()}


def _expected(size: float, known: Sequence[Known], moves: Sequence[Mapping[int, float]], found: Sequence[Outcome | None]) -> Point | None:
    """Mean of the futures' costs and of their slopes; None where one of them has no plan."""
    value = slope = 0.0
    for one, move, outcome in zip(known, moves, found, strict=True):
        if outcome is None:
            return None
        value += one.weight * outcome.cost
        slope += one.weight * sum(float(outcome.y[row]) * step for row, step in move.items())
    return Point(size, value, slope)


def _step(part: Opened, key: str) -> float:
    """A size to begin with: what it holds or may hold, or a year's demand [units]."""
    pile, room = part.scenario.stockpiles[key], room_of(part, key)
    return max(room if math.isfinite(room) else 0.0, part.data.stock.initial[key], part.setting.yearly_demand.get((pile.material, pile.party), 0.0)) or 1.0


def _far(ask: Asked, now: Point, step: float, rounding: float, most: float) -> tuple[Point, bool]:
    """A size beyond which more is worth nothing, or cannot be, or for which there is no room; else the largest that was looked at, and False."""
    last = now
    for _ in range(MOST_STEPS):
        size = min(now.at + step, most)
        if size <= last.at:
            return last, True
        found = ask(size)
        if found is None:
            return furthest(ask, last, size), True
        if -found.slope * step <= rounding:
            return found, True
        last, step = found, step * GROWS
    return last, False


def held_back(known: Sequence[Known], key: str) -> str:
    """What keeps a stockpile from being used as one likes, and when, in words; over all futures together."""
    when: dict[str, list[str]] = {}
    for one in known:
        rows, y = one.part.rows, one.part.whatif.now.y
        most = max((abs(y[row]) for row in rows["stock_balance", key].values()), default=0.0)
        for name, words in LIMITS.items():
            when.setdefault(words, []).extend(t for t, row in rows.get((name, key), {}).items() if abs(y[row]) > 1e-6 * most)
    calendar = known[0].part.calendar
    return "; ".join(f"{words} in {spans(calendar, labels)}" for words, labels in when.items() if labels)
