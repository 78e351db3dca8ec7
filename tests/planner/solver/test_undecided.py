"""What equations with one unknown leave open, and the program of it."""

from __future__ import annotations

import numpy as np
import pytest

from planner.solver.highs import Solution, solve
from planner.solver.lower import Floats, Integers
from planner.solver.undecided import stretch, subset, touching, undecided
from tests.planner.solver.toy_programs import FREE, program, random_program


def incidence(matrix: list[list[float]]) -> tuple[tuple[Integers, Integers], Floats]:
    """(unknown, equation) and coefficient of each entry of a matrix with a row an equation."""
    dense = np.array(matrix, dtype=float)
    equation, unknown = np.nonzero(dense)
    return (unknown.astype(np.int32), equation.astype(np.int32)), dense[equation, unknown]


def left(matrix: list[list[float]], unknown: list[int] | None = None, binding: list[int] | None = None) -> list[int]:
    places, values = incidence(matrix)
    rows, columns = np.shape(matrix)
    known = np.ones(columns, dtype=bool) if unknown is None else np.isin(np.arange(columns), unknown)
    holds = np.ones(rows, dtype=bool) if binding is None else np.isin(np.arange(rows), binding)
    return np.flatnonzero(undecided(known, holds, places, values)).tolist()


CHAIN: list[list[float]] = [[1, 0, 0, 0], [1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]]
"""a = …; a - b = …; b - c = …; c - d = …"""


def test_a_chain_is_settled_from_its_end() -> None:
    assert left(CHAIN) == []


def test_what_may_hold_with_slack_settles_nothing() -> None:
    assert left(CHAIN, binding=[0, 1, 3]) == [2, 3], "b - c has slack, and c - d alone leaves both open"
    assert left(CHAIN, binding=[1, 2, 3]) == [0, 1, 2, 3]


def test_what_is_known_is_no_unknown() -> None:
    assert left(CHAIN, unknown=[1, 3], binding=[1, 2, 3]) == []


def test_equations_with_two_unknowns_stay_open() -> None:
    """a + b and a - b would settle both together; only what one equation settles is left out."""
    assert left([[1, 1], [1, -1]]) == [0, 1]


def test_a_weak_coefficient_settles_nothing_but_counts() -> None:
    assert left([[1e-9]]) == [0]
    assert left([[1.0, 1e-9]]) == [0, 1]


def test_an_equation_settles_once_for_several() -> None:
    assert left([[2, 0], [3, 0], [0, 1]]) == []
    assert left([[2, 0], [3, 0]]) == [1], "nothing is said of the second"


def test_a_subset_keeps_sides_and_order() -> None:
    lp = program([1, 2, 3], [[1, 2, 0], [0, 3, 4], [5, 0, 6]], [(1, 9), (2, 8), (3, 7)], [(0, 1), (0, 2), (0, 3)])
    part = subset(lp, np.array([False, True, True]), np.array([True, False, True]))
    assert (part.shape, part.cost.tolist(), part.upper.tolist()) == ((2, 2), [2, 3], [2, 3])
    assert (part.row_lower.tolist(), part.row_upper.tolist()) == ([1, 3], [9, 7])
    assert (part.start.tolist(), part.index.tolist(), part.value.tolist()) == ([0, 1, 2], [0, 1], [2, 6])
    assert touching(lp, np.array([True, False, False])).tolist() == [True, False, True]


@pytest.mark.parametrize("seed", range(12))
def test_a_stretch_of_an_optimum_has_it_again(seed: int) -> None:
    """Whatever columns stay where an optimum has them, the others can do no better than there."""
    lp = random_program(seed)
    answer = solve(lp)
    assert isinstance(answer, Solution)
    columns = np.random.default_rng(seed).random(lp.shape[1]) < 0.4
    columns[0] = True
    again = solve(stretch(lp, answer.x, columns, touching(lp, columns)))
    assert isinstance(again, Solution)
    stays = lp.cost[~columns] @ answer.x[~columns]
    assert stays + lp.cost[columns] @ again.x == pytest.approx(lp.cost @ answer.x, rel=1e-9)


def test_a_stretch_moves_the_sides_by_what_stays() -> None:
    lp = program([1, 1], [[1, 2]], [(10, FREE)])
    part = stretch(lp, np.array([4.0, 3.0]), np.array([True, False]), np.array([True]))
    assert (part.row_lower.tolist(), part.row_upper.tolist()) == ([4.0], [FREE])
