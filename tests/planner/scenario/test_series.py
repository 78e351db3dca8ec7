"""Means of what changes at dates, or grows at anniversaries."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.scenario.dates import Days, Period, add_months, make_calendar
from planner.scenario.series import Series

D = dt.date
START = D(2026, 1, 1)
YEARS = make_calendar(START, [(D(2030, 1, 1), "year")]).periods
MONTHS = make_calendar(START, [(D(2030, 1, 1), "month")]).periods


def at(series: Series, day: dt.date, origin: dt.date) -> float:
    """The value on a day."""
    return series.mean(Period("", day, day + dt.timedelta(1), 0, 0), origin)


def test_a_constant_is_its_mean() -> None:
    series = Series.constant(7)
    assert series.is_constant
    assert [series.mean(p, START) for p in YEARS] == [7] * 4


def test_each_value_holds_from_its_date_and_the_first_also_before() -> None:
    series = Series(((D(2027, 1, 1), 100), (D(2028, 7, 1), 250)))
    assert at(series, D(2020, 1, 1), START) == at(series, D(2028, 6, 30), START) == 100
    assert at(series, D(2028, 7, 1), START) == 250
    assert not series.is_constant
    # 2028 has 366 days, 182 of them before 1 July
    assert [series.mean(p, START) for p in YEARS] == [100, 100, pytest.approx((182 * 100 + 184 * 250) / 366), 250]


def test_a_date_inside_a_period_acts_by_days() -> None:
    series = Series(((START, 0), (D(2026, 1, 6), 31), (D(2026, 1, 31), 62)))
    assert series.mean(MONTHS[0], START) == pytest.approx((5 * 0 + 25 * 31 + 1 * 62) / 31)


def test_growth_multiplies_at_anniversaries_of_the_start() -> None:
    series = Series(((D(1900, 1, 1), 100),), 0.1)
    assert [series.mean(p, START) for p in YEARS] == pytest.approx([100, 110, 121, 133.1])
    assert at(series, D(2026, 12, 31), START) == 100
    assert at(series, D(2027, 1, 1), START) == pytest.approx(110)
    assert at(series, D(2020, 5, 1), START) == 100


def test_growth_inside_a_period() -> None:
    start = D(2026, 7, 1)
    (year,) = make_calendar(D(2027, 1, 1), [(D(2028, 1, 1), "year")]).periods
    series = Series(((D(1900, 1, 1), 100),), 0.1)
    # up to 1 July 2027 (181 days) nothing has grown, then once
    assert series.mean(year, start) == pytest.approx((181 * 100 + 184 * 110) / 365)


def test_a_start_on_leap_day_has_its_anniversary_on_28_february() -> None:
    start = D(2028, 2, 29)
    series = Series(((D(1900, 1, 1), 100),), 1.0)
    assert [at(series, day, start) for day in (D(2029, 2, 27), D(2029, 2, 28), D(2032, 2, 28), D(2032, 2, 29))] == [100, 200, 800, 1600]


def test_falling_to_nothing() -> None:
    assert Series(((D(1900, 1, 1), 100),), -1.0).mean(YEARS[1], START) == 0


def test_means_of_what_is_constant_between_days() -> None:
    first = D(2026, 1, 1).toordinal()
    days = Days.of((Period("p", D(2026, 1, 1), D(2026, 1, 11), 0, 1 / 12), Period("q", D(2026, 1, 11), D(2026, 1, 21), 1 / 12, 1 / 12)))
    assert days.means([first + 2], lambda day: np.where(day < first + 2, 5.0, 10.0)) == [pytest.approx((2 * 5 + 8 * 10) / 10), 10]
    assert days.means([first, first + 10, first + 20], lambda day: (day - first).astype(float)) == [0, 10]


def test_what_holds_for_a_whole_period_is_its_mean_to_the_last_digit() -> None:
    series = Series(((START, 0.1), (D(2026, 2, 15), 0.7)))
    assert [mean for mean in series.means(make_calendar(START, [(D(2030, 1, 1), "month")])) if mean not in (0.1, 0.7)] == [pytest.approx(0.4)]


DAYS = st.dates(D(2025, 1, 1), D(2031, 1, 1))
STEPS = st.dictionaries(DAYS, st.floats(0, 1000), min_size=1, max_size=6)
SERIES = st.builds(lambda steps, growth: Series(tuple(sorted(steps.items())), growth), STEPS, st.sampled_from([0.0, 0.05, -0.3]))


@settings(deadline=None)
@given(SERIES, st.sampled_from(range(4)))
def test_monthly_means_add_up_to_the_yearly_mean(series: Series, year: int) -> None:
    months = MONTHS[12 * year : 12 * year + 12]
    weighted = sum(series.mean(p, START) * p.days for p in months) / YEARS[year].days
    assert weighted == pytest.approx(series.mean(YEARS[year], START), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(SERIES, st.sampled_from(MONTHS))
def test_the_mean_is_the_mean_of_the_days(series: Series, period: Period) -> None:
    days = [period.start + dt.timedelta(n) for n in range(period.days)]
    assert series.mean(period, START) == pytest.approx(sum(at(series, day, START) for day in days) / len(days), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(SERIES, st.sampled_from(["month", "year"]))
def test_the_means_of_all_periods_are_those_of_each(series: Series, step: str) -> None:
    calendar = make_calendar(START, [(D(2030, 1, 1), step)])
    assert series.means(calendar) == [series.mean(period, START) for period in calendar.periods]


@settings(deadline=None)
@given(DAYS, st.integers(0, 4))
def test_anniversaries(start: dt.date, years: int) -> None:
    series = Series(((D(1900, 1, 1), 1.0),), 1.0)
    assert at(series, add_months(start, 12 * years), start) == 2**years
    if years:
        assert at(series, add_months(start, 12 * years) - dt.timedelta(1), start) == 2 ** (years - 1)
