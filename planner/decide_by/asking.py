"""What is asked of each open decision: how long it can wait, and what waiting costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from planner.decide_by.delays import Curve, Decision, Delays, before
from planner.decided import SHORT
from planner.opened import close, opened
from planner.scenario.dates import Calendar

MONTHS = (1, 3, 6, 12, 24)
"""Delays that are told of every decision."""


@dataclass(frozen=True)
class Point:
    """A delay: nothing is decided before a period."""

    place: int
    """Number of the period; that after the last one where it is never decided."""
    extra_cost: float
    """What it adds to the least cost [discounted money]; infinite where no plan is left."""
    shorter: dict[str, float]
    """By demand: how much more is left short [units]."""


@dataclass(frozen=True)
class Answer:
    """How long one decision, or all of them together, can wait. Dates are numbers of periods, None where it need not be decided at all."""

    decision: Decision | None
    """None for all together."""
    opens: int
    first: int | None
    """Where the cheapest plan first decides it; None where it does not."""
    size: dict[int, float]
    """How much of it the cheapest plan decides, by number of a period."""
    free: int | None
    """Latest date at no cost at all."""
    served: int | None
    """Latest date at which no demand need run shorter than in the cheapest plan, whatever that costs."""
    least: int | None
    """Latest date at which the least shortage that any plan could have is still to be had; as ``served`` where the cheapest plan has it."""
    within: int | None
    """Latest date that keeps to the allowed extra cost."""
    after: float
    """What a month costs from the latest date at no cost on [discounted money/month]; NaN where it can be decided no later."""
    never: float
    """What it costs not to decide it at all [discounted money]; infinite where no plan is left."""
    points: tuple[Point, ...]
    """Delays that were looked at, in order of time; all that ``MONTHS`` names and the grid has."""

    def delayed(self, calendar: Calendar, months: int) -> float:
        """What so many months later than in the cheapest plan cost; NaN where no period begins then."""
        place = after_months(calendar, self.first if self.first is not None else self.opens, months)
        if place is None:
            return math.nan
        return next((point.extra_cost for point in self.points if point.place >= place), 0.0 if self.first is None else self.never)


@dataclass(frozen=True)
class Task:
    """Some decisions of one part, for a worker."""

    text: str
    part: int
    decisions: tuple[Decision, ...]
    allowed: float


@lru_cache(maxsize=64)
def delays_of(text: str, part: int) -> Delays:
    """What waiting does to one part of a scenario that stands in a text."""
    return Delays(opened(text, part))


def forget() -> None:
    """Let go of what was asked."""
    delays_of.cache_clear()
    close()


def work(task: Task) -> list[Answer]:
    """Answer all decisions of a task."""
    delays = delays_of(task.text, task.part)
    return [ask([(delays, [decision])], decision, task.allowed) for decision in task.decisions]


def ask(waiting: Sequence[tuple[Delays, Sequence[Decision]]], decision: Decision | None, allowed: float) -> Answer:
    """How long some decisions can wait together.

    Args:
        waiting: They, by the part that they belong to.
        decision: Whom the answer is about; None for all.
        allowed: Extra cost that is accepted [discounted money].
    """
    calendar = waiting[0][0].part.calendar
    columns = [(delays, delays.columns(decisions)) for delays, decisions in waiting]
    starts, never = tuple(sorted({start for _, found in columns for start in found})), len(calendar.periods)

    def curve(measure: Callable[[Delays, frozenset[int]], float]) -> Curve:
        return Curve(starts, never, lambda place: sum(measure(delays, before(found, place)) for delays, found in columns))

    size: dict[int, float] = {}
    for delays, found in columns:
        for start, places in found.items():
            size[start] = size.get(start, 0.0) + float(delays.part.solution.x[places].sum())
    size = {start: units for start, units in sorted(size.items()) if units > 0}
    first = next(iter(size), None)
    rounding = sum(delays.part.rounding for delays, _ in columns)
    costs, lost = curve(Delays.extra_cost), curve(Delays.lost_service)
    free, served = costs.latest(rounding), lost.latest(SHORT)
    accepts = sum(delays.accepted for delays, _ in columns) > rounding
    least = curve(Delays.least_shortage).latest(rounding) if accepts else served
    within = costs.latest(max(allowed, rounding))
    wanted = [after_months(calendar, first, months) for months in MONTHS] if first is not None and free is not None else []
    after = _per_month(calendar, costs, free)
    places = sorted({costs.date(place) for place in (*wanted, *costs.known) if place is not None})
    points = tuple(Point(place, _zero(costs.at(place), rounding), _shorter(columns, place)) for place in places)
    return Answer(decision, starts[0], first, size, free, served, least, within, after, _zero(costs.at(never), rounding), points)


def after_months(calendar: Calendar, place: int, months: int) -> int | None:
    """Number of the period that begins so many months after another one begins; None where none does."""
    begin = round(12 * calendar.periods[place].begin) + months
    return next((number for number, period in enumerate(calendar.periods) if round(12 * period.begin) == begin), None)


def _zero(cost: float, rounding: float) -> float:
    return cost if cost > rounding else 0.0


def _shorter(columns: Sequence[tuple[Delays, dict[int, list[int]]]], place: int) -> dict[str, float]:
    return {n: units for delays, found in columns for n, units in delays.shorter(before(found, place)).items()}


def _per_month(calendar: Calendar, costs: Curve, free: int | None) -> float:
    """What a month costs at first once waiting costs something; NaN where there is no later date."""
    if free is None:
        return 0.0
    following = costs.date(free + 1)
    if following >= len(calendar.periods):
        return math.nan
    return costs.at(following) / (12 * (calendar.periods[following].begin - calendar.periods[free].begin))
