"""Time, read day by day: means of step functions and events, shifts by lead times, ramps.

Written apart from :mod:`planner.compile` on purpose: the check of an answer must not share the code that made it. Here a
period is an array of days, there it is cut at dates.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from planner.scenario.dates import Calendar, add_months, nominal_years
from planner.scenario.schema import Event, Match, Project
from planner.scenario.series import Series

Floats = npt.NDArray[np.float64]


class Clock:
    """The days of a horizon; every result is an array with one value a period unless it says otherwise."""

    def __init__(self, calendar: Calendar, rate: float) -> None:
        self.calendar = calendar
        self.labels = [period.label for period in calendar.periods]
        self.position = calendar.position
        self.size = len(self.labels)
        self.years = np.array([period.years for period in calendar.periods])
        self.begins = np.concatenate([[0.0], np.cumsum(self.years)[:-1]])
        self.end = float(self.years.sum())
        self.discount = self.discounted(self.begins + self.years / 2, rate)
        first, last = calendar.start.toordinal(), calendar.end.toordinal()
        self.days = np.arange(first, last)
        self.starts = np.array([period.start.toordinal() - first for period in calendar.periods])
        self.lengths = np.diff(np.append(self.starts, len(self.days)))
        span = range(calendar.end.year - calendar.start.year + 1)
        anniversaries = [add_months(calendar.start, 12 * year).toordinal() for year in span]
        self.anniversary = np.searchsorted(anniversaries, self.days, side="right") - 1

    @staticmethod
    def discounted(years: Floats | float, rate: float) -> Floats:
        """Discount factors of times after the start."""
        return np.asarray((1 + rate) ** -np.asarray(years, dtype=float))

    def mean(self, daily: Floats | npt.NDArray[np.bool_]) -> Floats:
        """Mean over the days of each period."""
        return np.asarray(np.add.reduceat(daily.astype(float), self.starts) / self.lengths)

    def series(self, series: Series) -> Floats:
        """Period means of a series."""
        dates = [date.toordinal() for date, _ in series.steps]
        at = np.maximum(np.searchsorted(dates, self.days, side="right") - 1, 0)
        return self.mean(np.array(series.values)[at] * (1 + series.growth) ** self.anniversary)

    def between(self, first: object, last: object) -> npt.NDArray[np.bool_]:
        """Days from ``first`` (or the start) up to ``last`` (or the end), the latter exclusive."""
        low = first.toordinal() if hasattr(first, "toordinal") else self.days[0]
        high = last.toordinal() if hasattr(last, "toordinal") else self.days[-1] + 1
        return np.asarray((self.days >= low) & (self.days < high))

    def shifted(self, lead: Floats) -> Floats:
        """[ship period, arrival period] share of what ships that arrives; rows of what arrives late add up to less than 1."""
        first = (self.begins + lead)[:, None]
        last = first + self.years[:, None]
        overlap = np.minimum(last, (self.begins + self.years)[None, :]) - np.maximum(first, self.begins[None, :])
        return np.asarray(np.clip(overlap, 0.0, None) / self.years[:, None])

    def ramp(self, project: Project, decided: float | Floats) -> Floats:
        """Mean share of nameplate in each period for a commitment ``decided`` nominal years after the start; a row for each of several."""
        points, gone = list(project.points), self.life_end(project)
        low = self.begins - np.asarray(decided)[..., None]
        high = low + self.years
        total = np.zeros(low.shape)
        pieces = [*itertools.pairwise(points), (points[-1], (np.inf, points[-1][1]))]
        for (t0, s0), (t1, s1) in pieces:
            if t1 <= t0:
                continue
            left, right = np.maximum(np.maximum(low, t0), 0.0), np.minimum(np.minimum(high, t1), gone)
            width = np.clip(right - left, 0.0, None)
            slope = 0.0 if np.isinf(t1) else (s1 - s0) / (t1 - t0)
            # the mean of a straight line is its value in the middle
            total += np.where(width > 0, width * (s0 + slope * ((left + right) / 2 - t0)), 0.0)
        # what is less is the rounding of dates that meet
        return np.where(total > 1e-12, total / self.years, 0.0)

    @staticmethod
    def life_start(project: Project) -> float:
        """Years after the commitment at which the ramp leaves 0."""
        points = project.points
        if points[0][1] > 0:
            return float(points[0][0])
        leaving = [t0 for (t0, s0), (_, s1) in itertools.pairwise(points) if s0 == 0 < s1]
        return float(leaving[0]) if leaving else float("inf")

    def life_end(self, project: Project) -> float:
        """Years after the commitment at which the capacity is gone."""
        return float("inf") if project.life is None else self.life_start(project) + project.life

    def since_start(self, day: object) -> float:
        """Nominal years from the start to a date."""
        return nominal_years(self.calendar.start, day)  # type: ignore[arg-type]


class Effects:
    """What events do, day by day. A thing is described by the sets of words that ``match`` may name."""

    def __init__(self, clock: Clock, events: Iterable[Event]) -> None:
        self.clock = clock
        self.events = [(event, clock.between(event.from_, event.until)) for event in events]

    def _on(self, effect: str, thing: dict[str, set[str | None]]) -> list[tuple[float, npt.NDArray[np.bool_]]]:
        return [(getattr(event, effect), days) for event, days in self.events if getattr(event, effect) is not None and _fits(event.match, thing)]

    def factor(self, effect: str, thing: dict[str, set[str | None]]) -> Floats:
        """Product of the period means of the factors."""
        product = np.ones(self.clock.size)
        for value, days in self._on(effect, thing):
            product *= self.clock.mean(np.where(days, value, 1.0))
        return product

    def added(self, effect: str, thing: dict[str, set[str | None]]) -> Floats:
        """Sum of the period means."""
        total = np.zeros(self.clock.size)
        for value, days in self._on(effect, thing):
            total += self.clock.mean(np.where(days, value, 0.0))
        return total

    def smallest(self, effect: str, thing: dict[str, set[str | None]]) -> Floats:
        """Period mean of the smallest share on each day."""
        daily = np.ones(len(self.clock.days))
        for value, days in self._on(effect, thing):
            daily = np.where(days, np.minimum(daily, value), daily)
        return self.clock.mean(daily)


def _fits(match: Match, thing: dict[str, set[str | None]]) -> bool:
    named = {key: getattr(match, key) for key in ("country", "origin", "suppliers", "processes", "materials", "parties")}
    return all(thing.get(key, set()).intersection(words) for key, words in named.items() if words is not None)
