"""Numbers that change over time: steps at dates, or growth at anniversaries."""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from planner.scenario.dates import Period, add_months


@dataclass(frozen=True)
class Series:
    """A step function of time. ``steps`` hold from their date on, the first one also before; ``growth`` multiplies at anniversaries."""

    steps: tuple[tuple[dt.date, float], ...]
    growth: float = 0.0

    @staticmethod
    def constant(value: float) -> Series:
        """A number that never changes."""
        return Series(((dt.date(1900, 1, 1), value),))

    @property
    def is_constant(self) -> bool:
        """Whether there is only one value."""
        return len(self.steps) == 1 and self.growth == 0

    @cached_property
    def _dates(self) -> list[dt.date]:
        return [date for date, _ in self.steps]

    def at(self, day: dt.date, origin: dt.date) -> float:
        """The value on a day; ``origin`` is the horizon's start, whose anniversaries growth counts."""
        base = self.steps[max(0, bisect_right(self._dates, day) - 1)][1]
        if self.growth == 0:
            return base
        return float(base * (1 + self.growth) ** _years_since(origin, day))

    def changes(self, period: Period, origin: dt.date) -> list[dt.date]:
        """Days inside a period on which the value may change."""
        days = self._dates[bisect_right(self._dates, period.start) : bisect_left(self._dates, period.end)]
        anniversaries = _anniversaries(origin, period.start, period.end) if self.growth else ()
        return sorted({*days, *anniversaries}) if anniversaries else days

    def mean(self, period: Period, origin: dt.date) -> float:
        """The mean over a period, weighted by actual days."""
        if self.is_constant:
            return self.steps[0][1]
        return mean_over(period, self.changes(period, origin), lambda day: self.at(day, origin))

    @property
    def values(self) -> list[float]:
        """All values that stand in the steps."""
        return [value for _, value in self.steps]


@lru_cache(maxsize=4096)
def _years_since(origin: dt.date, day: dt.date) -> int:
    """Anniversaries of a date until a day, 0 before it."""
    return max(0, day.year - origin.year - (add_months(origin, 12 * (day.year - origin.year)) > day))


@lru_cache(maxsize=4096)
def _anniversaries(origin: dt.date, start: dt.date, end: dt.date) -> tuple[dt.date, ...]:
    """Anniversaries of a date between two days."""
    years = range(start.year - origin.year, end.year - origin.year + 1)
    return tuple(day for day in (add_months(origin, 12 * year) for year in years) if start < day < end)


def mean_over(period: Period, changes: list[dt.date], value: Callable[[dt.date], float]) -> float:
    """Mean over a period of what is constant between ``changes``, weighted by actual days."""
    edges = [period.start, *changes, period.end]
    if len(edges) == 2:
        return value(period.start)
    return sum(value(first) * (last - first).days for first, last in itertools.pairwise(edges)) / period.days
