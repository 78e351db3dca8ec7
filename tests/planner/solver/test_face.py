"""One plan and one set of prices out of many that are equally good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from planner.errors import LimitError
from planner.solver.certificate import certify
from planner.solver.engine import Option
from planner.solver.face import Preference, Settled, settle, significant
from planner.solver.highs import Optimum, Solution, solve
from planner.solver.lower import LinearProgram
from tests.planner.solver.toy_programs import FREE, TRANSPORT_PLAN, Floats, program, random_program, transport

SETTINGS: list[dict[str, Option]] = [
    {},
    {"presolve": "off", "simplex_strategy": 4},
    {"solver": "ipm"},
    {"presolve": "off", "random_seed": 5},
]


def solved(lp: LinearProgram, options: dict[str, Option] | None = None) -> Solution:
    answer = solve(lp, options=options)
    assert isinstance(answer, Solution)
    return answer


def settled(lp: LinearProgram, *weights: list[float] | Floats, warm: bool = True, options: dict[str, Option] | None = None) -> Settled:
    return settle(solved(lp, options), [Preference(f"wish {rank}", np.array(row, dtype=float)) for rank, row in enumerate(weights, 1)], warm)


def optimum_of(solution: Solution) -> Optimum:
    assert solution.optimum is not None
    return solution.optimum


def equals() -> LinearProgram:
    """Three suppliers at one price, ten wanted, at most eight from each: the optimum is a polygon."""
    return program([5, 5, 5], [[1, 1, 1]], [(10, 10)], [(0, 8)] * 3)


@pytest.mark.parametrize(
    ("weights", "plan"),
    [([0, 1, 2], [8, 2, 0]), ([2, 1, 0], [0, 2, 8]), ([1, 0, 2], [2, 8, 0]), ([-1, -3, -2], [0, 8, 2])],
)
def test_a_preference_chooses_among_equals(weights: list[float], plan: list[float]) -> None:
    found = settled(equals(), weights)
    assert found.solution.x.tolist() == plan
    assert found.stages == {"wish 1": "decided"}


def test_an_earlier_preference_beats_a_later_one_and_the_later_one_chooses_in_what_is_left() -> None:
    """First as little as can be from the first (none is needed: 8 + 2 from the others), then as little as can be from the second."""
    found = settled(equals(), [1, 0, 0], [0, 1, 0], [9, 9, -9])
    assert found.solution.x.tolist() == [0, 2, 8]
    assert found.stages == {"wish 1": "narrowed", "wish 2": "decided"}
    assert settled(equals(), [0, 1, 0], [1, 0, 0]).solution.x.tolist() == [2, 0, 8]


def test_a_preference_never_costs_anything() -> None:
    """The second supplier is dearer by a hundredth of a thousandth; no wish makes anybody buy there."""
    lp = replace(equals(), cost=np.array([5, 5.00005, 5]))
    assert settled(lp, [9, -9, 0]).solution.x.tolist() == [2, 0, 8]


def test_where_one_plan_is_left_there_is_nothing_to_choose() -> None:
    found = settled(transport(), np.arange(9.0), [-1.0] * 9)
    assert found.stages == {"wish 1": "decided"}
    assert found.solution.x.tolist() == TRANSPORT_PLAN
    fixed = settled(program([1, 1], [[1, 1]], [(2, 2)], [(0, 0), (2, 2)]), [1, -1])
    assert fixed.stages == {"wish 1": "nothing to choose"}
    assert fixed.solution.x.tolist() == [0, 2]


def test_a_program_that_needs_no_solver_is_left_as_it_is() -> None:
    nothing = solved(program([], [], []))
    assert nothing.optimum is None
    assert settle(nothing, [Preference("wish", np.zeros(0))]) == Settled(nothing, {})


def test_the_smallest_prices_are_taken() -> None:
    """Both wanted, each once and two in all, at 2: 4 = 2 + 2 for each, or 2 a unit for both together. The second is smaller."""
    lp = program([2, 2], [[1, 0], [0, 1], [1, 1]], [(1, FREE), (1, FREE), (2, FREE)])
    found = settled(lp).solution
    assert found.y.tolist() == [0, 0, 2]
    assert found.d.tolist() == [0, 0]


@pytest.mark.parametrize("options", SETTINGS)
def test_prices_do_not_depend_on_the_solver_even_where_their_sums_are_equal(options: dict[str, Option]) -> None:
    """Two rows ask for the same: any split of 7 is as small."""
    lp = program([7, 9], [[1, 0], [1, 0], [0, 1]], [(3, FREE), (3, FREE), (1, FREE)])
    found = settled(lp, options=options).solution
    assert found.y[:2].sum() == 7
    assert found.y.tolist() == settled(lp).solution.y.tolist()
    assert 0 in found.y[:2]


def tied(seed: int) -> LinearProgram:
    """A random program in which every column stands twice, and costs are few whole numbers."""
    lp = random_program(seed)
    dense: Floats = np.zeros(lp.shape)
    dense[lp.row_of, lp.index] = lp.value
    sides = list(zip(lp.row_lower.tolist(), lp.row_upper.tolist(), strict=True))
    cost = np.round(lp.cost / 10) * 10
    return program([*cost, *cost], np.hstack([dense, dense]).tolist(), sides, [(0.0, 12.0)] * 14, groups=[*lp.groups, *lp.groups])


def least_wish(lp: LinearProgram, weights: Floats, cost: float) -> float:
    """The smallest value of a wish that any plan of this cost has, by another solver and with a row for the cost."""
    dense: Floats = np.zeros(lp.shape)
    dense[lp.row_of, lp.index] = lp.value
    low, high = np.isfinite(lp.row_lower), np.isfinite(lp.row_upper)
    answer = linprog(
        weights,
        A_ub=np.vstack([-dense[low], dense[high], lp.cost]),
        b_ub=np.concatenate([-lp.row_lower[low], lp.row_upper[high], [cost * (1 + 1e-10)]]),
        bounds=list(zip(lp.lower, lp.upper, strict=True)),
    )
    assert answer.fun is not None
    return float(answer.fun)


@pytest.mark.parametrize("seed", range(25))
def test_random_ties_end_in_the_plan_that_is_wished_for(seed: int) -> None:
    """The face holds all optima: no plan of the same cost, found by another solver, fulfils the wish better."""
    lp = tied(seed)
    weights = np.random.default_rng(seed).uniform(1, 2, 14)
    first, found = solved(lp), settled(lp, weights)
    assert found.stages == {"wish 1": "decided"}
    cost = float(lp.cost @ first.x)
    assert lp.cost @ found.solution.x == pytest.approx(cost, rel=1e-8)
    assert certify(lp, found.solution).passed
    scaling = optimum_of(first).scaling
    inner = weights / scaling.column
    assert inner @ found.solution.x == pytest.approx(least_wish(lp, inner, cost), rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("options", SETTINGS[1:])
def test_other_settings_and_a_cold_start_give_the_same_digits(seed: int, options: dict[str, Option]) -> None:
    lp = tied(seed)
    weights = np.random.default_rng(seed).uniform(1, 2, 14)
    first = settled(lp, weights).solution
    for other in (settled(lp, weights, options=options).solution, settled(lp, weights, warm=False, options=options).solution):
        for one, two in ((first.x, other.x), (first.y, other.y), (first.d, other.d)):
            np.testing.assert_array_equal(one, two)


def test_the_state_of_the_solver_goes_with_the_settled_plan() -> None:
    """Further questions start from the chosen plan, not from the one that was found first."""
    found = settled(equals(), [0, 1, 2]).solution
    inside = optimum_of(found)
    np.testing.assert_allclose(inside.x * inside.scaling.column, found.x, rtol=1e-9)
    np.testing.assert_allclose(inside.y * inside.scaling.row * inside.scaling.money, found.y, rtol=1e-9)


def test_no_time_left_is_a_limit() -> None:
    answer = solved(equals())
    answer = replace(answer, optimum=replace(optimum_of(answer), deadline=0.0))
    with pytest.raises(LimitError, match="time limit"):
        settle(answer, [Preference("wish", np.arange(3.0))])


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.0, 0.0), (1 / 3, 0.333333333), (2 / 3 * 1e7, 6666666.67), (123456789.4, 123456789.0), (1234567894.9, 1234567890.0),
        (-1 / 3e6, -3.33333333e-07), (0.5 - 1e-13, 0.5), (0.5 + 1e-13, 0.5), (9.9999999999e5, 1e6), (1e-30, 1e-30),
        (1.0000000005 - 1e-13, 1.0), (1.0000000005 + 1e-13, 1.0),
    ],
)  # fmt: skip
def test_nine_digits_stay(value: float, rounded: float) -> None:
    """The last two are half a unit of the ninth digit, but for rounding: both must end on the same side."""
    assert significant(np.array([value]))[0] == rounded


def test_numbers_that_differ_by_rounding_only_become_the_same() -> None:
    values = np.round(np.random.default_rng(0).uniform(0.1, 1, 1000), 6) * 10.0 ** np.random.default_rng(1).integers(-12, 12, 1000)
    np.testing.assert_array_equal(significant(values * (1 + 2e-14)), significant(values * (1 - 2e-14)))
    np.testing.assert_allclose(significant(values), values, rtol=5e-9)
