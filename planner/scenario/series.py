"""Numbers that change over time: steps at dates, or growth at anniversaries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from planner.scenario.dates import Calendar, Days, Floats, Integers, Period, add_months


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

    def means(self, calendar: Calendar) -> list[float]:
        """The mean over each period, weighted by actual days."""
        if self.is_constant:
            return [self.steps[0][1]] * len(calendar.periods)
        return self._means(calendar.days, calendar.start, calendar.end)

    def mean(self, period: Period, origin: dt.date) -> float:
        """The mean over any one period; ``origin`` is the horizon's start, whose anniversaries growth counts."""
        if self.is_constant:
            return self.steps[0][1]
        return self._means(Days.of((period,)), origin, period.end)[0]

    def _means(self, days: Days, origin: dt.date, end: dt.date) -> list[float]:
        dates = [date.toordinal() for date, _ in self.steps]
        steps, values = np.array(dates), np.array(self.values)
        anniversaries = _anniversaries(origin, end) if self.growth else np.empty(0, dtype=np.int64)
        grown = np.array([(1 + self.growth) ** years for years in range(len(anniversaries) + 1)])

        def value(day: Integers) -> Floats:
            step = np.maximum(np.searchsorted(steps, day, side="right") - 1, 0)
            return np.asarray(values[step] * grown[np.searchsorted(anniversaries, day, side="right")])

        return days.means((*dates, *anniversaries.tolist()), value)

    @property
    def values(self) -> list[float]:
        """All values that stand in the steps."""
        return [value for _, value in self.steps]


@lru_cache(maxsize=64)
def _anniversaries(origin: dt.date, end: dt.date) -> Integers:
    """Anniversaries of a date up to a day, as ordinals."""
    days = [add_months(origin, 12 * years) for years in range(1, end.year - origin.year + 1)]
    return np.array([day.toordinal() for day in days if day <= end], dtype=np.int64)
