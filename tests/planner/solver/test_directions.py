"""What a small change of right-hand sides saves or costs, exactly, also where duals are not unique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from planner.solver.certificate import certify
from planner.solver.directions import Directions
from planner.solver.engine import Option
from planner.solver.highs import NoSolution, Solution, solve
from planner.solver.lower import LinearProgram
from tests.planner.solver.toy_programs import FREE, Floats, program, random_program, staircase, transport


def around(lp: LinearProgram) -> Directions:
    answer = solve(lp)
    assert isinstance(answer, Solution)
    assert answer.optimum is not None
    return Directions(answer.optimum)


def twice() -> LinearProgram:
    """At least 4 of x, said twice, at 3 each."""
    return program([3], [[1], [1]], [(4, FREE), (4, FREE)])


@pytest.mark.parametrize(
    ("change", "derivative"),
    [({0: 1}, 3), ({1: 2}, 6), ({0: -1}, 0), ({0: -1, 1: -1}, -3), ({0: 1, 1: 1}, 3), ({0: 2, 1: 1}, 6), ({0: -2, 1: -1}, -3), ({0: -5, 1: 1}, 3), ({}, 0)],
)
def test_what_is_said_twice(change: Mapping[int, float], derivative: float) -> None:
    """Raising either costs 3, lowering one alone saves nothing, lowering both saves 3 times the smaller step."""
    assert around(twice()).along(change) == pytest.approx(derivative, abs=1e-12)


def test_intervals_by_hand() -> None:
    """Either row's dual may be anything between 0 and 3."""
    found = around(twice()).intervals([0, 1])
    assert list(found) == [0, 1]
    for ends in found.values():
        assert ends == pytest.approx((0, 3))


def test_unique_duals_are_their_own_interval() -> None:
    for row, (low, high) in around(transport()).intervals(range(6)).items():
        assert low == pytest.approx([-3, 0, 0, 9, 9, 13][row])
        assert high == low


@pytest.mark.parametrize(("money", "quantity"), [(1.0, 1.0), (1e9, 1e-6), (1e-7, 1e6)])
def test_derivatives_are_in_the_units_of_the_program(money: float, quantity: float) -> None:
    """The next unit at the third user costs 13; each unit more that the first supplier ships saves 3."""
    found = around(transport(money, quantity))
    size = money / quantity
    assert found.along({5: 1.0}) == pytest.approx(13 * size)
    assert found.along({5: -2.0}) == pytest.approx(-26 * size)
    assert found.along({0: 1.0}) == pytest.approx(-3 * size)
    assert found.along({1: 1.0}) == 0
    assert found.along({0: 1.0, 5: 1.0}) == pytest.approx(10 * size)


def test_a_step_that_no_plan_can_follow_costs_without_end() -> None:
    """x is wanted to its very limit of 4."""
    found = around(program([3], [[1]], [(4, FREE)], [(0, 4)]))
    assert found.along({0: 1}) == np.inf
    assert found.along({0: -1}) == pytest.approx(-3)
    assert found.intervals([0])[0] == pytest.approx((3, np.inf))
    assert found.along({0: -1}) == pytest.approx(-3), "an infeasible run spoils nothing for the next one"


def test_both_sides_of_an_equation_move_together() -> None:
    """x - y = 0 with x at its least 2 and y free to cost 5: one more of the side means one more x, one less means one more y."""
    found = around(program([1, 5], [[1, -1]], [(0, 0)], [(2, FREE), (2, FREE)]))
    assert found.along({0: 1}) == pytest.approx(1)
    assert found.along({0: -1}) == pytest.approx(5)
    assert found.intervals([0])[0] == pytest.approx((-5, 1))


def test_rows_that_do_not_bind_are_worth_nothing() -> None:
    found = around(program([1], [[1], [1]], [(2, FREE), (-FREE, 9)]))
    assert found.along({1: -1}) == 0
    intervals = found.intervals([1, 0])
    assert intervals[1] == (0, 0)
    assert intervals[0] == pytest.approx((1, 1))


def test_only_so_many_intervals_are_sought() -> None:
    """Each row takes one, and each of the two components has one to take."""
    lp = program([3, 3], [[1, 0], [1, 0], [0, 1], [0, 1]], [(4, FREE)] * 4)
    assert list(around(lp).intervals([0, 1, 2, 3], most=1)) == [0, 2]
    assert around(lp).intervals([0, 1], most=0) == {}


def degenerate(seed: int) -> LinearProgram:
    """A random program with three more rows through its optimum, which stays one."""
    lp = random_program(seed)
    answer = solve(lp)
    assert isinstance(answer, Solution)
    random = np.random.default_rng(seed)
    dense: Floats = np.zeros(lp.shape)
    dense[lp.row_of, lp.index] = lp.value
    more = np.round(random.uniform(0, 3, (3, lp.shape[1])) * (random.random((3, lp.shape[1])) < 0.7), 1)
    at = more @ answer.x
    sides = [*zip(lp.row_lower.tolist(), lp.row_upper.tolist(), strict=True), (at[0], FREE), (-FREE, at[1]), (at[2], FREE)]
    bounds = list(zip(lp.lower.tolist(), lp.upper.tolist(), strict=True))
    return program(lp.cost.tolist(), np.vstack([dense, more]).tolist(), sides, bounds, groups=lp.groups.tolist())


def cost_after(lp: LinearProgram, change: Mapping[int, float], size: float) -> float:
    """Least cost after a step; infinite where there is no plan."""
    step = np.zeros(lp.shape[0])
    for row, part in change.items():
        step[row] = size * part
    answer = solve(replace(lp, row_lower=lp.row_lower + step, row_upper=lp.row_upper + step))
    if isinstance(answer, NoSolution):
        assert answer.status == "infeasible"
        return np.inf
    return float(lp.cost @ answer.x)


@pytest.mark.parametrize("seed", range(40))
def test_derivatives_are_what_a_small_step_costs(seed: int) -> None:
    """The least cost is piecewise linear, so that a small enough step shows the derivative, either way and for several rows at once."""
    lp = degenerate(seed)
    random = np.random.default_rng(seed)
    found = around(lp)
    cost, size = cost_after(lp, {}, 0.0), 1e-3
    changes: list[dict[int, float]] = [{int(row): sign} for row in random.choice(lp.shape[0], 3, replace=False) for sign in (1.0, -1.0)]
    changes.append({int(row): float(random.normal()) for row in random.choice(lp.shape[0], 4, replace=False)})
    for change in changes:
        assert found.along(change) == pytest.approx((cost_after(lp, change, size) - cost) / size, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("seed", range(25))
def test_intervals_hold_every_optimal_dual_and_end_at_the_one_sided_derivatives(seed: int) -> None:
    lp = degenerate(seed)
    found = around(lp)
    rows = range(lp.shape[0])
    intervals = found.intervals(rows)
    settings: list[dict[str, Option]] = [{}, {"presolve": "off", "simplex_strategy": 4}, {"solver": "ipm"}]
    for options in settings:
        answer = solve(lp, options=options)
        assert isinstance(answer, Solution)
        for row in rows:
            low, high = intervals[row]
            assert low - 1e-6 <= answer.y[row] <= high + 1e-6
    for row in rows:
        assert intervals[row] == pytest.approx((-found.along({row: -1.0}), found.along({row: 1.0})), rel=1e-6, abs=1e-6)
    assert any(high - low > 1e-6 for low, high in intervals.values()), "the rows through the optimum leave the duals open"


@pytest.mark.parametrize("seed", range(25))
def test_the_smallest_prices_are_optimal_and_no_larger_than_others(seed: int) -> None:
    lp = degenerate(seed)
    answer = solve(lp)
    assert isinstance(answer, Solution)
    assert answer.optimum is not None
    found = around(lp)
    inner = found.smallest_prices()
    weight = 1.0 + np.random.RandomState(0).random_sample(lp.shape[0])
    scaling = answer.optimum.scaling
    y = inner * scaling.row * scaling.money
    d = lp.cost - lp.transposed_times(y)
    assert certify(lp, replace(answer, y=y, d=d)).passed
    assert weight @ np.abs(inner) <= weight @ np.abs(answer.optimum.y) + 1e-7


@pytest.mark.parametrize("lp", [*map(degenerate, range(12)), staircase(15)], ids=[*map(str, range(12)), "chain"])
def test_leaving_out_what_is_settled_changes_no_slope_and_no_price(lp: LinearProgram) -> None:
    answer = solve(lp)
    assert isinstance(answer, Solution)
    assert answer.optimum is not None
    short, whole = Directions(answer.optimum), Directions(answer.optimum, warm=False)
    assert short.rows.sum() <= whole.rows.sum()
    np.testing.assert_allclose(short.smallest_prices(), whole.smallest_prices(), rtol=1e-7, atol=1e-9)
    rows = list(range(0, lp.shape[0], max(1, lp.shape[0] // 12)))
    for row, other in zip(rows, reversed(rows), strict=True):
        for change in ({row: 1.0}, {row: -1.0}, {row: 1.0, other: -0.5}):
            assert short.along(change) == pytest.approx(whole.along(change), rel=1e-7, abs=1e-7)
    assert short.intervals(rows) == {row: pytest.approx(ends, rel=1e-7, abs=1e-7) for row, ends in whole.intervals(rows).items()}


def test_a_chain_of_prices_needs_no_solver() -> None:
    """Two wanted now and three later; buying costs 3 now and 5 later, storing 1. What is bought now sets its price, 3, and with storage the later one, 4."""
    found = around(program([3, 5, 1], [[1, 0, -1], [0, 1, 1]], [(2, 2), (3, 3)]))
    assert not found.rows.any()
    assert found.intervals([0, 1]) == {0: pytest.approx((3, 3)), 1: pytest.approx((4, 4))}
    assert found.along({0: 1.0, 1: 2.0}) == pytest.approx(11)
