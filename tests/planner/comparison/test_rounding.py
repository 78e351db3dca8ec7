"""Parts add up as they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.comparison.rounding import apportioned, quantum_of, rounded


@pytest.mark.parametrize(
    ("values", "total", "expected"),
    [([1.4, 1.4, 1.2], 4.0, [2.0, 1.0, 1.0]), ([0.6, -0.6], 0.0, [1.0, -1.0]), ([], 3.0, []), ([10.0, 0.0], 10.3, [10.0, 0.0])],
)
def test_by_hand(values: list[float], total: float, expected: list[float]) -> None:
    found = apportioned(values, total, 1.0)
    assert sum(found) == (round(total) if values else 0)
    assert sorted(map(abs, found)) == sorted(map(abs, expected))


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12), st.integers(-3, 3))
def test_parts_add_up_and_stay_near(values: list[float], power: int) -> None:
    quantum = 10.0**power
    found = apportioned(values, sum(values), quantum)
    assert sum(round(part / quantum) for part in found) == round(rounded(sum(values), quantum) / quantum)
    assert all(abs(part - value) <= quantum * 1.01 + 1e-6 for part, value in zip(found, values, strict=True))


@pytest.mark.parametrize(("size", "digits", "quantum"), [(3723.6, 5, 0.1), (9.99, 3, 0.01), (1e9, 3, 1e7), (0.0, 5, 1.0), (float("inf"), 5, 1.0)])
def test_quantum_shows_so_many_digits(size: float, digits: int, quantum: float) -> None:
    assert quantum_of(size, digits) == pytest.approx(quantum)


def test_decimals_are_exact() -> None:
    assert rounded(0.1 + 0.2, 0.1) == 0.3
    assert apportioned([0.7, 0.1], 0.8, 0.1) == [0.7, 0.1]
