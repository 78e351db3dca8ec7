"""Means of ramps, life and salvage, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.compile.ramps import Ramp

LINEAR = Ramp(((0, 0), (4, 1)))
DELAYED = Ramp(((1.5, 0), (4, 1)))
JUMPING = Ramp(((2, 0), (3, 0.5), (4, 0.7), (4, 1)))
AT_ONCE = Ramp(((0, 0), (0, 1)))


def yearly(ramp: Ramp, years: int = 6) -> list[float]:
    return [ramp.mean(year, year + 1) for year in range(years)]


def test_linear_from_the_start() -> None:
    assert yearly(LINEAR) == pytest.approx([0.125, 0.375, 0.625, 0.875, 1, 1])


def test_delay_and_full() -> None:
    # year 1: half a year from 0 to 0.2: 0.05; year 2: from 0.2 to 0.6; year 3: from 0.6 to 1
    assert yearly(DELAYED) == pytest.approx([0, 0.05, 0.4, 0.8, 1, 1])


def test_a_delay_without_a_ramp() -> None:
    assert yearly(Ramp(((1.5, 0), (1.5, 1)))) == pytest.approx([0, 0.5, 1, 1, 1, 1])


def test_at_once() -> None:
    assert yearly(AT_ONCE) == [1] * 6
    assert AT_ONCE.mean(-1, 0) == 0
    assert AT_ONCE.mean(-0.5, 0.5) == 0.5


def test_a_jump() -> None:
    assert yearly(JUMPING) == pytest.approx([0, 0, 0.25, 0.6, 1, 1])
    assert JUMPING.mean(3.5, 4.5) == pytest.approx((0.5 * (0.6 + 0.7) / 2 + 0.5 * 1) / 1)


def test_zero_before_the_first_point_and_constant_after_the_last() -> None:
    curve = Ramp(((1, 0.2), (3, 0.6)))
    assert yearly(curve) == pytest.approx([0, 0.3, 0.5, 0.6, 0.6, 0.6])
    assert Ramp(((2, 0.4),)).mean(1, 4) == pytest.approx(2 * 0.4 / 3)


def test_a_curve_may_fall() -> None:
    assert yearly(Ramp(((0, 0), (1, 1), (2, 0)))) == pytest.approx([0.5, 0.5, 0, 0, 0, 0])


def test_months_of_a_linear_ramp() -> None:
    assert LINEAR.mean(1 / 12, 2 / 12) == pytest.approx(1.5 / 48)


def test_an_interval_before_the_commitment_holds_nothing() -> None:
    assert Ramp(((0, 0.5),)).mean(-3, -1) == 0
    assert Ramp(((0, 0.5),)).mean(-1, 1) == pytest.approx(0.25)


def test_life_starts_when_the_ramp_leaves_zero() -> None:
    assert (Ramp(DELAYED.points, 3).begins, Ramp(DELAYED.points, 3).ends) == (1.5, 4.5)
    assert (LINEAR.begins, LINEAR.ends) == (0, math.inf)
    assert Ramp(JUMPING.points, 10).ends == 12
    assert Ramp(((1, 0), (2, 0), (3, 0.5)), 1).begins == 2
    assert Ramp(((1, 0.2), (3, 0.6)), 1).begins == 1
    assert Ramp(((1, 0), (1, 0.3), (2, 1)), 1).begins == 1
    assert Ramp(((0, 0), (3, 0)), 5).begins == math.inf


def test_at_the_end_of_life_the_capacity_is_gone() -> None:
    # leaves 0 at 1.5, gone at 3.5: the ramp stands at 0.8 then
    found = yearly(Ramp(DELAYED.points, 2))
    assert found == pytest.approx([0, 0.05, 0.4, 0.5 * (0.6 + 0.8) / 2, 0, 0])


def test_a_ramp_that_never_rises() -> None:
    never = Ramp(((0, 0), (3, 0)), 5)
    assert yearly(never) == [0] * 6
    assert never.unused(1) == 1


@pytest.mark.parametrize(("age", "share"), [(0, 1), (1.5, 1), (2, 0.95), (6.5, 0.5), (11.5, 0), (20, 0)])
def test_the_unused_share_of_life(age: float, share: float) -> None:
    assert Ramp(DELAYED.points, 10).unused(age) == pytest.approx(share)


def test_an_endless_life_has_no_unused_share() -> None:
    assert LINEAR.unused(3) == 0


def test_rounding_leaves_no_dust() -> None:
    assert Ramp(((1.0, 0.0), (1.0, 1.0))).mean(0, 1 + 1e-15) == 0


def _points(gaps: list[float], shares: list[float]) -> tuple[tuple[float, float], ...]:
    times, time = [], 0.0
    for gap in gaps:
        time += gap
        times.append(time)
    return tuple(zip(times, shares, strict=False))


RAMPS = st.builds(
    lambda gaps, shares, life: Ramp(_points(gaps, shares), life),
    st.lists(st.one_of(st.just(0.0), st.floats(0.05, 3)), min_size=1, max_size=5),
    st.lists(st.floats(0, 1.5), min_size=5, max_size=5),
    st.one_of(st.none(), st.floats(0.5, 6)),
)


@settings(deadline=None)
@given(RAMPS, st.integers(-2, 12))
def test_monthly_means_average_to_the_yearly_mean(ramp: Ramp, year: int) -> None:
    months = [ramp.mean(year + m / 12, year + (m + 1) / 12) for m in range(12)]
    assert sum(months) / 12 == pytest.approx(ramp.mean(year, year + 1), abs=1e-9)


@settings(deadline=None)
@given(RAMPS, st.floats(0, 10), st.floats(0.01, 3))
def test_the_mean_lies_between_least_and_most(ramp: Ramp, first: float, length: float) -> None:
    last = first + length
    shares = [share for _, share in ramp.points]
    assert -1e-12 <= ramp.mean(first, last) <= max(shares) + 1e-9
    if first >= ramp.points[-1][0] and last <= ramp.ends:
        assert ramp.mean(first, last) == pytest.approx(shares[-1], abs=1e-9)
    if ramp.life is None and first >= ramp.points[0][0]:
        assert ramp.mean(first, last) >= min(shares) - 1e-9


@settings(deadline=None)
@given(RAMPS, st.floats(0, 8))
def test_the_integral_is_a_sum_of_slices(ramp: Ramp, until: float) -> None:
    def share(time: float) -> float:
        for (t0, s0), (t1, s1) in zip(ramp.points, ramp.points[1:], strict=False):
            if t0 <= time < t1:
                return s0 + (s1 - s0) * (time - t0) / (t1 - t0)
        return ramp.points[-1][1] if time >= ramp.points[-1][0] else 0.0

    slices = 4000
    total = sum(share((n + 0.5) * until / slices) for n in range(slices)) * until / slices
    assert ramp.integral(np.array(until)) == pytest.approx(total, abs=0.02)
