"""Grids that end, or have an edge, on any day: what happens on a day is then exact to the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from planner.scenario.dates import Calendar, Period, add_months
from planner.scenario.schema import Scenario
from planner.scenario.units import DAYS_PER_YEAR


def until(calendar: Calendar, day: dt.date) -> Calendar:
    """The grid up to a day: its last period is shorter, and so many nominal years long in proportion.

    Args:
        calendar: A grid.
        day: First day after the new one, after the start of the grid.
    """
    return Calendar(tuple(_piece(period, period.start, min(day, period.end)) for period in calendar.periods if period.start < day))


def with_edges(calendar: Calendar, days: Iterable[dt.date]) -> Calendar:
    """The grid with further edges; a period that holds one becomes two."""
    periods = calendar.periods
    for day in days:
        periods = tuple(part for period in periods for part in _halves(period, day))
    return Calendar(periods)


def _halves(period: Period, day: dt.date) -> tuple[Period, ...]:
    if not period.start < day < period.end:
        return (period,)
    return _piece(period, period.start, day), replace(_piece(period, day, period.end), label=day.isoformat())


def _piece(period: Period, first: dt.date, last: dt.date) -> Period:
    """Some days of a period; the whole of it as it was."""
    if (first, last) == (period.start, period.end):
        return period
    begin = period.begin + period.years * period.share(period.start, first)
    return Period(period.label, first, last, begin, period.years * period.share(first, last))


def nominal_days(calendar: Calendar, first: dt.date, last: dt.date) -> float:
    """Days between two dates of a grid as days of demand are counted: 365.25 in a nominal year, so that a month has 30.4375."""
    return DAYS_PER_YEAR * sum(period.years * period.share(first, last) for period in calendar.periods)


def later(day: dt.date, years: float) -> dt.date:
    """The day some nominal years later: whole months by the calendar, all else by days."""
    months = round(12 * years)
    if abs(12 * years - months) < 1e-9:
        return add_months(day, months)
    return day + dt.timedelta(days=round(DAYS_PER_YEAR * years))


def decidable(scenario: Scenario, calendar: Calendar) -> Scenario:
    """The scenario without decisions that nobody can take on a grid that ends before their window opens."""
    starts = [period.start for period in calendar.periods]
    projects = {key: item for key, item in scenario.projects.items() if item.decide is None or any(map(item.decide.holds, starts))}
    contracts = {key: item for key, item in scenario.contracts.items() if item.sign is None or any(map(item.sign.holds, starts))}
    return scenario.model_copy(update={"projects": projects, "contracts": contracts})
