# ruff: noqa: E501 -- tables of dates
"""Dates, nominal time and the grid of periods."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.scenario.dates import STEPS, Calendar, add_months, make_calendar, nominal_years, parse_date

D = dt.date


def grid(start: str, *steps: tuple[str, str]) -> Calendar:
    return make_calendar(parse_date(start), [(parse_date(end), step) for end, step in steps])


def overlaps(calendar: Calendar, first: float, last: float) -> list[tuple[str, float]]:
    """Shares of one interval."""
    (found,) = calendar.overlaps(np.array([first]), np.array([last]))
    return found


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (2026, D(2026, 1, 1)),
        ("2026", D(2026, 1, 1)),
        ("2026-07", D(2026, 7, 1)),
        ("2026-7-6", D(2026, 7, 6)),
        ("2028-02-29", D(2028, 2, 29)),
        ("1900", D(1900, 1, 1)),
        ("2300-12-31", D(2300, 12, 31)),
    ],
)
def test_the_earliest_day_meant(text: object, day: dt.date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("2026-13", "'2026-13' does not exist in the calendar"), ("2026-02-30", "'2026-02-30' does not exist in the calendar"), ("2027-02-29", "'2027-02-29' does not exist in the calendar"),
        ("2026-00", "'2026-00' does not exist in the calendar"), (1899, "1899 lies outside the years 1900 to 2300"), ("2301", "'2301' lies outside the years 1900 to 2300"),
        ("26-01", "'26-01' is not a date; write 2026, 2026-01 or 2026-01-06"), ("2026-01-06T00:00", None), ("Jan 2026", None), (2026.0, None), (True, None), (None, None), ("", None), ("2026-01\n", None), (20260106, None), ("2026/01", None),
    ],
)  # fmt: skip
def test_what_is_no_date(value: object, problem: str | None) -> None:
    with pytest.raises(ValueError, match=r"is not a date|does not exist|lies outside") as caught:
        parse_date(value)
    assert problem is None or str(caught.value) == problem


def test_months_and_years_of_a_mixed_grid() -> None:
    calendar = grid("2026-11", ("2027-02", "month"), ("2027-08", "quarter"), ("2029-08", "year"))
    assert [(p.label, p.start, p.end, p.days) for p in calendar.periods] == [
        ("2026-11", D(2026, 11, 1), D(2026, 12, 1), 30),
        ("2026-12", D(2026, 12, 1), D(2027, 1, 1), 31),
        ("2027-01", D(2027, 1, 1), D(2027, 2, 1), 31),
        ("2027-02", D(2027, 2, 1), D(2027, 5, 1), 89),
        ("2027-05", D(2027, 5, 1), D(2027, 8, 1), 92),
        ("2027-08", D(2027, 8, 1), D(2028, 8, 1), 366),
        ("2028-08", D(2028, 8, 1), D(2029, 8, 1), 365),
    ]
    assert [p.begin for p in calendar.periods] == pytest.approx([0, 1 / 12, 2 / 12, 3 / 12, 6 / 12, 9 / 12, 21 / 12])
    assert [p.years for p in calendar.periods] == pytest.approx([1 / 12] * 3 + [1 / 4] * 2 + [1] * 2)
    assert (calendar.start, calendar.end) == (D(2026, 11, 1), D(2029, 8, 1))
    assert calendar.years == pytest.approx(33 / 12)


def test_years_of_the_calendar_are_labelled_by_year() -> None:
    assert [p.label for p in grid("2026", ("2028", "year")).periods] == ["2026", "2027"]
    assert [p.label for p in grid("2026", ("2026-07", "quarter")).periods] == ["2026-01", "2026-04"]


def test_a_start_in_the_middle_of_a_month() -> None:
    calendar = grid("2026-01-31", ("2026-05-31", "month"))
    assert [p.start for p in calendar.periods] == [D(2026, 1, 31), D(2026, 2, 28), D(2026, 3, 31), D(2026, 4, 30)]
    assert [p.label for p in calendar.periods] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert calendar.end == D(2026, 5, 31)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([("2026-03-15", "month")], "2026-03-15 is not a whole number of months after 2026-03-01; the nearest grid dates are 2026-03-01 and 2026-04-01"),
        ([("2026-05", "quarter")], "2026-05-01 is not a whole number of quarters after 2026-04-01; the nearest grid dates are 2026-04-01 and 2026-07-01"),
        (
            [("2027-01", "month"), ("2027-09", "year")],
            "2027-09-01 is not a whole number of years after 2027-01-01; the nearest grid dates are 2027-01-01 and 2028-01-01",
        ),
        ([("2026-01", "month")], "2026-01-01 is not after 2026-01-01"),
        ([("2025-01", "month")], "2025-01-01 is not after 2026-01-01"),
        ([("2027-01", "month"), ("2027-01", "year")], "2027-01-01 is not after 2027-01-01"),
    ],
)
def test_ends_off_the_grid(steps: list[tuple[str, str]], problem: str) -> None:
    with pytest.raises(ValueError, match="not ") as caught:
        grid("2026-01", *steps)
    assert str(caught.value) == problem


def test_nominal_years() -> None:
    assert nominal_years(D(2026, 1, 1), D(2027, 1, 1)) == pytest.approx(1)
    assert nominal_years(D(2026, 1, 1), D(2025, 3, 1)) == pytest.approx(-10 / 12)
    assert nominal_years(D(2026, 2, 15), D(2026, 3, 1)) == pytest.approx(14 / 28 / 12)
    assert nominal_years(D(2028, 2, 15), D(2028, 3, 1)) == pytest.approx(15 / 29 / 12)


def test_the_share_of_a_period_is_by_actual_days() -> None:
    (year,) = grid("2026", ("2027", "year")).periods
    assert year.share(D(2026, 1, 6), D(2028, 1, 1)) == pytest.approx(360 / 365)
    assert year.share(D(2020, 1, 1), D(2026, 2, 1)) == pytest.approx(31 / 365)
    assert year.share(D(2026, 2, 1), D(2026, 3, 1)) == pytest.approx(28 / 365)
    assert year.share(D(2027, 1, 1), D(2028, 1, 1)) == year.share(D(2025, 1, 1), D(2026, 1, 1)) == year.share(D(2026, 5, 1), D(2026, 4, 1)) == 0
    assert year.share(D(2026, 1, 1), D(2027, 1, 1)) == 1


def test_a_lead_time_of_one_and_a_half_months_halves_a_month() -> None:
    calendar = grid("2026-01", ("2026-07", "month"))
    shift = 1.5 / 12
    assert dict(overlaps(calendar, shift, 1 / 12 + shift)) == {"2026-02": pytest.approx(0.5), "2026-03": pytest.approx(0.5)}


def test_overlaps_at_the_edges() -> None:
    calendar = grid("2026-01", ("2026-03", "month"), ("2027-03", "year"))
    assert overlaps(calendar, 0, 1 / 12) == [("2026-01", 1.0)]
    assert dict(overlaps(calendar, 1.5 / 12, 2.5 / 12)) == {"2026-02": pytest.approx(0.5), "2026-03": pytest.approx(0.5)}
    assert dict(overlaps(calendar, 1, 2)) == {"2026-03": pytest.approx(2 / 12)}
    assert overlaps(calendar, 5, 6) == []
    assert calendar.overlaps(np.array([5, 1 / 12]), np.array([6, 2 / 12])) == [[], [("2026-02", 1.0)]]


def test_the_period_that_holds_a_time() -> None:
    calendar = grid("2026", ("2028", "year"))
    found = [calendar.holding(time) for time in (-0.001, 0, 0.999, 1.0, 1.999, 2.0, 7)]
    assert [p.label if p else None for p in found] == [None, "2026", "2026", "2027", "2027", None, None]


def test_the_period_that_holds_a_day() -> None:
    calendar = grid("2026-03", ("2026-05", "month"), ("2027-05", "year"))
    days = [D(2026, 2, 28), D(2026, 3, 1), D(2026, 4, 30), D(2026, 5, 1), D(2027, 4, 30), D(2027, 5, 1)]
    assert [p.label if (p := calendar.on(day)) else None for day in days] == [None, "2026-03", "2026-04", "2026-05", "2026-05", None]


def test_add_months() -> None:
    assert add_months(D(2026, 1, 31), 1) == D(2026, 2, 28)
    assert add_months(D(2027, 11, 30), 3) == D(2028, 2, 29)
    assert add_months(D(2026, 1, 1), -1) == D(2025, 12, 1)


CALENDARS = st.builds(
    lambda start, parts: make_calendar(start, _ends(start, parts)),
    st.dates(D(2000, 1, 1), D(2100, 12, 31)),
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 6)), min_size=1, max_size=3),
)


def _ends(start: dt.date, parts: list[tuple[str, int]]) -> list[tuple[dt.date, str]]:
    months, found = 0, []
    for step, count in parts:
        months += STEPS[step] * count
        found.append((add_months(start, months), step))
    return found


@settings(deadline=None)
@given(CALENDARS)
def test_periods_join_without_gap(calendar: Calendar) -> None:
    for before, after in zip(calendar.periods, calendar.periods[1:], strict=False):
        assert before.end == after.start
        assert before.begin + before.years == pytest.approx(after.begin)
    assert len({p.label for p in calendar.periods}) == len(calendar.periods)


@settings(deadline=None)
@given(CALENDARS, st.floats(0, 3), st.floats(0.01, 3))
def test_overlaps_add_up_to_what_lies_inside(calendar: Calendar, first: float, length: float) -> None:
    inside = max(0.0, min(first + length, calendar.years) - first) / length
    assert sum(share for _, share in overlaps(calendar, first, first + length)) == pytest.approx(inside, abs=1e-9)


@settings(deadline=None)
@given(CALENDARS, st.dates(D(2000, 1, 1), D(2110, 1, 1)), st.integers(0, 4000))
def test_shares_add_up_to_the_days_inside(calendar: Calendar, first: dt.date, days: int) -> None:
    last = first + dt.timedelta(days)
    inside = max(0, (min(last, calendar.end) - max(first, calendar.start)).days)
    assert sum(p.share(first, last) * p.days for p in calendar.periods) == pytest.approx(inside)
    assert calendar.days.share(first, last).tolist() == [p.share(first, last) for p in calendar.periods]
