"""Dates, nominal time and the grid of periods.

Two clocks run side by side, as the language defines: shares of a period are weighted by actual days, while the length of
a period, ramps and lead times are nominal (month 1/12, quarter 1/4, year 1).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z")
STEPS = {"month": 1, "quarter": 3, "year": 12}
MAX_PERIODS = 1_200
"""A hundred years of months: decisions between all pairs of periods still fit into memory."""


class GridError(ValueError):
    """A horizon without a grid of periods; ``hint`` says how to mend it."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


def parse_date(value: object) -> dt.date:
    """The earliest day that ``2026``, ``2026-01`` or ``2026-01-06`` means.

    Raises:
        ValueError: with a message for the user.
    """
    match = _DATE.match(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is not a date; write 2026, 2026-01 or 2026-01-06")
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    if not 1900 <= year <= 2300:
        raise ValueError(f"{value!r} lies outside the years 1900 to 2300")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError(f"{value!r} does not exist in the calendar") from None


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def nominal_years(start: dt.date, end: dt.date) -> float:
    """Nominal years between two dates: months from the day of ``start`` count 1/12 each, days by their share of such a month."""
    months = 12 * (end.year - start.year) + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    first, last = add_months(start, months), add_months(start, months + 1)
    return (months + (end - first).days / (last - first).days) / 12


@dataclass(frozen=True, slots=True)
class Period:
    """One period: ``start`` inclusive, ``end`` exclusive, ``begin`` nominal years from the horizon's start to ``start``."""

    label: str
    start: dt.date
    end: dt.date
    begin: float
    years: float

    @property
    def days(self) -> int:
        """Actual days."""
        return (self.end - self.start).days

    def share(self, first: dt.date, last: dt.date) -> float:
        """Share of the period, by actual days, that lies in ``[first, last)``."""
        return max(0, (min(last, self.end) - max(first, self.start)).days) / self.days


@dataclass(frozen=True, eq=False)
class Days:
    """The actual days of consecutive periods as ordinals, for arithmetic on all periods at once."""

    edges: Integers
    """First day of each period, then the first day after the last."""

    @staticmethod
    def of(periods: tuple[Period, ...]) -> Days:
        """The days of consecutive periods."""
        return Days(np.array([*(period.start.toordinal() for period in periods), periods[-1].end.toordinal()]))

    @cached_property
    def lengths(self) -> Integers:
        """Days of each period."""
        return np.diff(self.edges)

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self.edges.tolist())

    def share(self, first: dt.date, last: dt.date) -> Floats:
        """Share of each period, by actual days, that lies in ``[first, last)``."""
        inside = np.minimum(self.edges[1:], last.toordinal()) - np.maximum(self.edges[:-1], first.toordinal())
        return np.asarray(np.maximum(inside, 0) / self.lengths)

    def means(self, cuts: Iterable[int], value: Callable[[Integers], Floats]) -> list[float]:
        """Mean over each period of what is constant between ``cuts``, weighted by actual days.

        Args:
            cuts: Days from which on there may be another value.
            value: The values on some days.
        """
        first, last = int(self.edges[0]), int(self.edges[-1])
        inside = {cut for cut in cuts if first < cut < last} - self._known
        means = self._means(inside, value) if inside else value(self.edges[:-1])
        found: list[float] = means.tolist()
        return found

    def _means(self, inside: Iterable[int], value: Callable[[Integers], Floats]) -> Floats:
        """Means where some of the cuts lie inside a period."""
        cuts = np.sort(np.concatenate([self.edges, [*inside]]))
        values, days = value(cuts[:-1]), cuts[1:] - cuts[:-1]
        owner = np.searchsorted(self.edges, cuts[:-1], side="right") - 1
        means = np.bincount(owner, weights=values * days) / self.lengths
        # what holds for a whole period is its mean, to the last digit
        whole = days == self.lengths[owner]
        means[owner[whole]] = values[whole]
        return means


@dataclass(frozen=True)
class Calendar:
    """The grid of periods of a horizon."""

    periods: tuple[Period, ...]

    def __getstate__(self) -> dict[str, tuple[Period, ...]]:
        """What goes to another process: what is remembered can be found again there, and is many times as large."""
        return {"periods": self.periods}

    @cached_property
    def start(self) -> dt.date:
        """First day."""
        return self.periods[0].start

    @cached_property
    def end(self) -> dt.date:
        """First day after the horizon."""
        return self.periods[-1].end

    @cached_property
    def years(self) -> float:
        """Nominal length of the horizon."""
        return self.periods[-1].begin + self.periods[-1].years

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Label of each period."""
        return tuple(period.label for period in self.periods)

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of each period in time, by its label."""
        return {label: place for place, label in enumerate(self.labels)}

    def named(self, label: str) -> Period:
        """The period of a label."""
        return self.periods[self.position[label]]

    def on(self, day: dt.date) -> Period | None:
        """The period that holds a day, or None outside the horizon."""
        place = bisect_right(self.periods, day, key=lambda period: period.start) - 1
        return self.periods[place] if self.start <= day < self.end else None

    @cached_property
    def days(self) -> Days:
        """Actual days of the periods."""
        return Days.of(self.periods)

    @cached_property
    def _begins(self) -> list[float]:
        return [period.begin for period in self.periods]

    @cached_property
    def begins(self) -> Floats:
        """Nominal years from the horizon's start to that of each period."""
        return np.array(self._begins)

    @cached_property
    def lengths(self) -> Floats:
        """Nominal years of each period."""
        return np.array([period.years for period in self.periods])

    def holding(self, time: float) -> Period | None:
        """The period that holds a nominal time, or None outside the horizon. A boundary belongs to the later period."""
        if time < -1e-9 or time >= self.years - 1e-9:
            return None
        return self.periods[bisect_right(self._begins, time + 1e-9) - 1]

    def overlaps(self, first: Floats, last: Floats) -> list[list[tuple[str, float]]]:
        """Periods that nominal intervals touch, with the share of the interval that each holds.

        What lies after the horizon is missing from the shares; no interval may start before the horizon.

        Args:
            first: [n] begin of each interval.
            last: [n] its end.

        Returns:
            [n] (label of the period, share), in order of time.
        """
        found: list[list[tuple[str, float]]] = [[] for _ in first]
        ends, length = self.begins + self.lengths, last - first
        which = np.flatnonzero(first < self.years)
        place = np.maximum(np.searchsorted(self.begins, first[which] + 1e-12, side="right") - 1, 0)
        while len(which):
            share = (np.minimum(last[which], ends[place]) - np.maximum(first[which], self.begins[place])) / length[which]
            share[share > 1 - 1e-12] = 1.0
            held = share > 1e-12
            for interval, period, part in zip(which[held].tolist(), place[held].tolist(), share[held].tolist(), strict=True):
                found[interval].append((self.labels[period], part))
            # on to the next period, wherever the interval reaches into it
            inside = place + 1 < len(ends)
            which, place = which[inside], place[inside] + 1
            reached = self.begins[place] < last[which]
            which, place = which[reached], place[reached]
        return found


def make_calendar(start: dt.date, steps: list[tuple[dt.date, str]]) -> Calendar:
    """Lay out periods from ``start``: each pair is an end and the step that leads to it.

    Raises:
        GridError: where an end is not on the step's grid, or the grid is too fine; the message is for the user.
    """
    periods: list[Period] = []
    edge, begin = start, 0.0
    months = 0
    for until, step in steps:
        if until <= edge:
            raise GridError(f"{until} is not after {edge}", "put the ends into order")
        while edge < until:
            months += STEPS[step]
            if len(periods) == MAX_PERIODS:
                hint = "take quarters or years for the later part, as in steps: [{until: 2036-01, step: month}, {until: 2100-01, step: year}]"
                raise GridError(f"the horizon has more than {MAX_PERIODS:,} periods", hint)
            following = add_months(start, months)
            if following > until:
                problem = f"{until} is not a whole number of {step}s after {edge}; the nearest grid dates are {edge} and {following}"
                raise GridError(problem, "the end must lie on the grid of steps")
            end_months = months / 12
            periods.append(Period(_label(edge, step), edge, following, begin, STEPS[step] / 12))
            edge, begin = following, end_months
    if not periods:
        raise GridError("the horizon has no period", "move its end")
    return Calendar(tuple(periods))


def _label(start: dt.date, step: str) -> str:
    if start.day != 1:
        return start.isoformat()
    return f"{start:%Y}" if step == "year" and start.month == 1 else f"{start:%Y-%m}"
