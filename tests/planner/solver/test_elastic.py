"""Programs with rows that may give way."""

from __future__ import annotations

import numpy as np
import pytest

from planner.solver.elastic import Column, Row, Slack, with_added, with_columns, with_rows, with_slacks
from planner.solver.highs import Solution, solve
from planner.solver.lower import LinearProgram
from planner.solver.scale import scale
from tests.planner.solver.toy_programs import FREE, Floats, program, random_program


def dense(lp: LinearProgram) -> Floats:
    matrix: Floats = np.zeros((len(lp.rows), len(lp.columns)))
    matrix[lp.row_of, lp.index] = lp.value
    return matrix


def answer(lp: LinearProgram) -> Floats:
    found = solve(lp)
    assert isinstance(found, Solution)
    return found.x


def test_each_kind_of_row_gives_way_on_its_side() -> None:
    """x is fixed at 5, against at most 3, at least 9 and exactly 4 - and one more: the equation lacks -1, which counts on its left, so it is 6."""
    lp = program([1], [[1], [1], [1]], [(-FREE, 3), (9, FREE), (6, 6)], [(5, 5)])
    slacks = [Slack(("eased", row), {row: 1.0}, 1.0) for row in range(3)]
    assert answer(with_slacks(lp, slacks)).tolist() == [5, 2, 4, 1]


def test_one_slack_eases_several_rows_each_by_its_own_measure() -> None:
    """At least 9 and at least 20, with 2 and 5 of it a unit: 9 <= 5 + 2u and 20 <= 5 + 5u, so u is 3."""
    lp = program([1], [[1], [1]], [(9, FREE), (20, FREE)], [(0, 5)])
    assert answer(with_slacks(lp, [Slack(("eased", 0), {0: 2.0, 1: 5.0}, 1.0)])).tolist() == [5, 3]


def test_the_dearer_slack_is_used_last_and_limits_hold() -> None:
    """6 are missing: 4 of the cheaper, as far as it goes, then 2."""
    lp = program([1], [[1]], [(10, FREE)], [(0, 4)])
    found = answer(with_slacks(lp, [Slack(("eased", "dear"), {0: 1.0}, 5.0), Slack(("eased", "cheap"), {0: 1.0}, 1.0, 4.0)]))
    assert found.tolist() == [4, 2, 4]


def test_own_columns_cost_nothing_unless_told() -> None:
    lp = program([7, 7], [[1, 1]], [(3, FREE)])
    assert with_slacks(lp, [Slack(("eased", 0), {0: 1.0}, 2.0)]).cost.tolist() == [0, 0, 2]
    eased = with_slacks(lp, [Slack(("eased", 0), {0: 1.0}, 2.0)], cost=lp.cost)
    assert eased.cost.tolist() == [7, 7, 2]
    assert answer(eased).tolist() == [0, 0, 3]
    assert eased.columns == [*lp.columns, ("eased", 0)]


def test_slacks_leave_the_internal_units_alone() -> None:
    """Quantities near 1e9 keep their size although every row of theirs has a slack beside them, and slacks stay as they are."""
    lp = program([1, 1], [[1, 0], [0, 1]], [(1e9, FREE), (-FREE, 3e-6)], groups=[0, 1])
    before, after = scale(lp)[1], scale(with_slacks(lp, [Slack(("eased", 0), {0: 1e9, 1: 1e-6}, 1.0)]))[1]
    np.testing.assert_array_equal(after.column, [*before.column, 1.0])


def test_without_slacks_the_rows_stay() -> None:
    lp = random_program(3)
    same = with_slacks(lp, [], cost=lp.cost)
    np.testing.assert_array_equal(dense(same), dense(lp))
    np.testing.assert_array_equal(same.start, lp.start)
    assert same.offset == 0


def test_coefficients_add_up_and_vanish() -> None:
    """2x + 3y becomes 2x - 3z + 5y: what was there is added to, what becomes zero is gone, what was absent appears."""
    lp = program([1, 1, 1], [[2, 3, 0], [0, 0, 4]], [(0, FREE), (0, FREE)])
    moved = with_added(lp, {(0, 1): 2.0, (0, 2): -3.0, (1, 2): -4.0})
    assert dense(moved).tolist() == [[2, 5, -3], [0, 0, 0]]
    assert moved.start.tolist() == [0, 3, 3]
    assert moved.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(10))
def test_the_matrix_is_the_old_one_with_the_new_columns(seed: int) -> None:
    lp = random_program(seed)
    random = np.random.default_rng(seed)
    steps = np.round(random.uniform(0.1, 2, (len(lp.rows), 3)) * (random.random((len(lp.rows), 3)) < 0.5), 1)
    slacks = [Slack(("eased", j), {int(i): float(steps[i, j]) for i in np.flatnonzero(steps[:, j])}, 1.0) for j in range(3)]
    sign = np.where(np.isfinite(lp.row_lower), 1.0, -1.0)
    np.testing.assert_array_equal(dense(with_slacks(lp, slacks)), np.hstack([dense(lp), steps * sign[:, None]]))


@pytest.mark.parametrize("seed", range(10))
def test_what_has_a_plan_needs_no_easing(seed: int) -> None:
    lp = random_program(seed)
    slacks = [Slack(("eased", row), {row: 1.0}, 1.0) for row in range(len(lp.rows))]
    assert not answer(with_slacks(lp, slacks))[len(lp.columns) :].any()


@pytest.mark.parametrize("seed", range(10))
def test_further_rows_and_columns_stand_below_and_behind(seed: int) -> None:
    lp = random_program(seed)
    random = np.random.default_rng(seed)
    count, width = len(lp.rows), len(lp.columns)
    below = np.round(random.uniform(-2, 2, (2, width)) * (random.random((2, width)) < 0.5), 1)
    behind = np.round(random.uniform(-2, 2, (count + 2, 2)) * (random.random((count + 2, 2)) < 0.5), 1)
    taller = with_rows(lp, [Row(("new", i), {int(j): float(below[i, j]) for j in np.flatnonzero(below[i])}, upper=7.0 + i) for i in range(2)])
    columns = [Column(("new", j), {int(i): float(behind[i, j]) for i in np.flatnonzero(behind[:, j])}, cost=3.0, upper=5.0) for j in range(2)]
    both = with_columns(taller, columns)
    np.testing.assert_array_equal(dense(both), np.hstack([np.vstack([dense(lp), below]), behind]))
    assert both.row_upper[count:].tolist() == [7, 8]
    assert np.isneginf(both.row_lower[count:]).all()
    assert both.cost[width:].tolist() == [3, 3]
    assert both.upper[width:].tolist() == [5, 5]
    assert (both.rows[count:], both.columns[width:]) == ([("new", 0), ("new", 1)], [("new", 0), ("new", 1)])
    assert both.offset == lp.offset


def test_a_further_row_binds_and_a_further_column_helps() -> None:
    """x and y at 1 and 3 make 10; x at most 4 by a new row, so 4 + 6 · 3 = 22. A new column z at 2 makes as much as y: 4 + 6 · 2 = 16."""
    lp = program([1, 3], [[1, 1]], [(10, FREE)])
    bounded = with_rows(lp, [Row(("most", None), {0: 1.0}, upper=4.0)])
    assert answer(bounded).tolist() == [4, 6]
    assert answer(with_columns(bounded, [Column(("z", None), {0: 1.0}, cost=2.0)])).tolist() == [4, 0, 6]
