"""Time, read day by day: means of step functions and events, shifts by lead times, ramps.

Written apart from :mod:`planner.compile` on purpose: the check of an answer must not share the code that made it. Here a
period is an array of days, there it is cut at dates.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from planner.scenario.dates import Calendar, add_months, nominal_years
from planner.scenario.schema import Event, Match, Project
from planner.scenario.series import Series

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Thing = dict[str, set[str | None]]
"""How events see something: the sets of words that ``match`` may name."""


def summed(places: Ints, units: Floats, size: int) -> Floats:
    """Sum of the units at each of some places."""
    return np.asarray(np.bincount(places, weights=units, minlength=size), dtype=float)


@dataclass(frozen=True)
class Shift:
    """Which share of what is sent in one period arrives in another; what arrives after the horizon is missing."""

    size: int
    sent: Ints
    """Period of sending of each pair of periods, in order …"""
    lands: Ints
    """… its period of arrival …"""
    share: Floats
    """… and its share."""

    def arrivals(self, units: Floats) -> Floats:
        """What arrives in each period of what is sent."""
        return summed(self.lands, self.share * units[self.sent], self.size)

    @cached_property
    def inside(self) -> Floats:
        """Share of what is sent in each period that arrives inside the horizon."""
        return summed(self.sent, self.share, self.size)

    def worth(self, price: Floats) -> tuple[Floats, Floats]:
        """(what arrives of a unit sent in each period is worth, the largest part of it) at a price in each period."""
        parts, largest = self.share * price[self.lands], np.zeros(self.size)
        np.maximum.at(largest, self.sent, np.abs(parts))
        return summed(self.sent, parts, self.size), largest

    def reaches(self, exists: npt.NDArray[np.bool_]) -> Floats:
        """Largest share of what is sent in any of some periods that arrives in each."""
        found = np.zeros(self.size)
        np.maximum.at(found, self.lands, np.where(exists[self.sent], self.share, 0.0))
        return found


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
        self.memory: dict[Any, Any] = {}

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What many things share, such as a rate of growth, is found once."""
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]

    @staticmethod
    def discounted(years: Floats | float, rate: float) -> Floats:
        """Discount factors of times after the start."""
        return np.asarray((1 + rate) ** -np.asarray(years, dtype=float))

    def mean(self, daily: Floats | npt.NDArray[np.bool_]) -> Floats:
        """Mean over the days of each period."""
        return np.asarray(np.add.reduceat(daily.astype(float), self.starts) / self.lengths)

    def series(self, series: Series) -> Floats:
        """Period means of a series."""
        values = series.values
        if len(values) == 1:
            grown: Floats = self._once(("growth", series.growth), lambda: self.mean(self._growth(series.growth)))
            return values[0] * grown
        changes = np.array([date.toordinal() for date, _ in series.steps[1:]]) - self.days[0]
        lasts = np.diff(np.clip(changes, 0, len(self.days)), prepend=0, append=len(self.days))
        return self.mean(np.repeat(values, lasts) * self._growth(series.growth))

    def _growth(self, growth: float) -> Floats:
        """Factor on each day."""
        return np.asarray((1 + growth) ** np.arange(self.anniversary[-1] + 1))[self.anniversary]

    def between(self, first: object, last: object) -> npt.NDArray[np.bool_]:
        """Days from ``first`` (or the start) up to ``last`` (or the end), the latter exclusive."""
        low = first.toordinal() if hasattr(first, "toordinal") else self.days[0]
        high = last.toordinal() if hasattr(last, "toordinal") else self.days[-1] + 1
        return np.asarray((self.days >= low) & (self.days < high))

    def shifted(self, lead: Floats) -> Shift:
        """How what is sent in each period arrives, by the lead time of that period."""
        found: Shift = self._once(("lead", lead.tobytes()), lambda: self._shifted(lead))
        return found

    def _shifted(self, lead: Floats) -> Shift:
        ends, first = self.begins + self.years, self.begins + lead
        last = first + self.years
        earliest, after = np.searchsorted(ends, first, side="right"), np.searchsorted(self.begins, last, side="left")
        number = np.maximum(after - earliest, 0)
        sent = np.repeat(np.arange(self.size), number)
        lands = np.arange(len(sent)) + np.repeat(earliest - (np.cumsum(number) - number), number)
        overlap = np.minimum(last[sent], ends[lands]) - np.maximum(first[sent], self.begins[lands])
        return Shift(self.size, sent, lands, np.clip(overlap, 0.0, None) / self.years[sent])

    def ramps(self, project: Project, decided: npt.NDArray[np.bool_]) -> Floats:
        """[decision period, period] mean share of nameplate, a row for each period in which a project may be decided."""
        key = "ramps", project.points, self.life_end(project), decided.tobytes()
        found: Floats = self._once(key, lambda: self.ramp(project, self.begins[decided]))
        return found

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


Acting = list[tuple[float, npt.NDArray[np.bool_]]]
"""(value of an effect, days on which it acts) of events."""
_WORDS = ("suppliers", "processes", "materials", "origin", "country", "parties")


class Effects:
    """What events do, day by day."""

    def __init__(self, clock: Clock, events: Iterable[Event]) -> None:
        self.clock = clock
        self.events = [(event, clock.between(event.from_, event.until)) for event in events]
        self.about: dict[tuple[str, str | None], list[int]] = {}
        """Events by each word of one key of theirs, so that a thing is held against few of them only."""
        for place, (event, _) in enumerate(self.events):
            key = next((key for key in _WORDS if getattr(event.match, key) is not None), None)
            for word in ("",) if key is None else getattr(event.match, key):
                self.about.setdefault((key or "", word), []).append(place)
        self.memory: dict[Any, Floats] = {}

    def _on(self, effect: str, thing: Thing) -> tuple[int, ...]:
        """Events that have an effect on a thing."""
        named = [("", ""), *((key, word) for key, words in thing.items() for word in words)]
        near = {place for name in named for place in self.about.get(name, ())}
        return tuple(place for place in sorted(near) if getattr(self.events[place][0], effect) is not None and _fits(self.events[place][0].match, thing))

    def factor(self, effect: str, thing: Thing) -> Floats:
        """Product of the period means of the factors."""
        return self._known("factor", effect, thing, self._factor)

    def added(self, effect: str, thing: Thing) -> Floats:
        """Sum of the period means."""
        return self._known("added", effect, thing, self._added)

    def smallest(self, effect: str, thing: Thing) -> Floats:
        """Period mean of the smallest share on each day."""
        return self._known("smallest", effect, thing, self._smallest)

    def _known(self, kind: str, effect: str, thing: Thing, make: Callable[[Acting], Floats]) -> Floats:
        """The same for all things on which the same events have an effect."""
        on = self._on(effect, thing)
        key = kind, effect, on
        if key not in self.memory:
            self.memory[key] = make([(getattr(self.events[place][0], effect), self.events[place][1]) for place in on])
            self.memory[key].setflags(write=False)
        return self.memory[key]

    def _factor(self, events: Acting) -> Floats:
        product = np.ones(self.clock.size)
        for value, days in events:
            product *= self.clock.mean(np.where(days, value, 1.0))
        return product

    def _added(self, events: Acting) -> Floats:
        total = np.zeros(self.clock.size)
        for value, days in events:
            total += self.clock.mean(np.where(days, value, 0.0))
        return total

    def _smallest(self, events: Acting) -> Floats:
        daily = np.ones(len(self.clock.days))
        for value, days in events:
            daily = np.where(days, np.minimum(daily, value), daily)
        return self.clock.mean(daily)


def _fits(match: Match, thing: Thing) -> bool:
    named = {key: getattr(match, key) for key in _WORDS}
    return all(thing.get(key, set()).intersection(words) for key, words in named.items() if words is not None)
