"""The certificate passes an optimum and nothing beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.solver import certificate
from planner.solver.certificate import TOLERANCE, Certificate, certify, proven
from planner.solver.engine import SolverError
from planner.solver.highs import Solution, solve
from planner.solver.lower import LinearProgram
from tests.planner.solver.toy_programs import FREE, TRANSPORT_OPTIMUM, program, random_program, transport

SIZES = [1e-9, 1e-3, 1.0, 1e3, 1e9]


def optimum(lp: LinearProgram) -> Solution:
    answer = solve(lp)
    assert isinstance(answer, Solution)
    return answer


def test_an_optimum_passes_with_equal_objectives() -> None:
    lp = replace(transport(), offset=30.0)
    judged = certify(lp, optimum(lp))
    assert judged.passed
    assert judged.primal_objective == pytest.approx(TRANSPORT_OPTIMUM + 30)
    assert judged.dual_objective == pytest.approx(TRANSPORT_OPTIMUM + 30)


def test_residuals_are_what_they_say() -> None:
    """min 2x, 3x >= 12: at x = 4.4 the row is kept and the gap is (8.8 - 8)/8.8; at x = 3 the row misses 3 of 12."""
    lp = program([2], [[3]], [(12, FREE)])
    high = certify(lp, Solution(np.array([4.4]), np.array([2 / 3]), np.zeros(1), 0, 0.0))
    assert (high.primal, high.dual) == (0.0, 0.0)
    assert high.gap == pytest.approx(0.8 / 8.8)
    low = certify(lp, Solution(np.array([3.0]), np.array([2 / 3]), np.zeros(1), 0, 0.0))
    assert low.primal == pytest.approx(0.25)
    # a dual of -1 asks for an upper side that the row has not, and leaves a reduced cost of 5
    wrong = certify(lp, Solution(np.array([4.0]), np.array([-1.0]), np.array([5.0]), 0, 0.0))
    assert wrong.dual == pytest.approx(0.5), "wrong by 1, where costs are about 2"


@pytest.mark.parametrize("values", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (float("inf"), 0.0, 0.0)])
def test_any_one_residual_fails_it(values: tuple[float, float, float]) -> None:
    assert not Certificate(values[0], values[1], values[2], 1.0, 1.0).passed
    within = [min(value, TOLERANCE) for value in values]
    assert Certificate(within[0], within[1], within[2], 1.0, 1.0).passed


@pytest.mark.parametrize("part", ["x", "y"])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_fail_it(part: str, number: float) -> None:
    lp = transport()
    answer = optimum(lp)
    values = getattr(answer, part).copy()
    values[0] = number
    with np.errstate(invalid="ignore"):
        assert not certify(lp, replace(answer, **{part: values})).passed


@settings(max_examples=150, deadline=None)
@given(
    position=st.integers(0, 8),
    change=st.floats(1e-4, 10),
    sign=st.sampled_from([-1.0, 1.0]),
    money=st.sampled_from(SIZES),
    quantity=st.sampled_from(SIZES),
)
def test_no_other_plan_passes(position: int, change: float, sign: float, money: float, quantity: float) -> None:
    """The optimum of the transport is unique, so that a change of any amount by 1e-4 t or more must show."""
    lp = transport(money, quantity)
    answer = optimum(lp)
    assert certify(lp, answer).passed
    x = answer.x.copy()
    x[position] += sign * change * quantity
    assert not certify(lp, replace(answer, x=x)).passed


@settings(max_examples=150, deadline=None)
@given(
    position=st.integers(0, 5),
    change=st.floats(1e-3, 10),
    sign=st.sampled_from([-1.0, 1.0]),
    money=st.sampled_from(SIZES),
    quantity=st.sampled_from(SIZES),
)
def test_no_other_duals_pass(position: int, change: float, sign: float, money: float, quantity: float) -> None:
    """So are its duals; costs are about 10 a tonne, of which 1e-3 shows."""
    lp = transport(money, quantity)
    answer = optimum(lp)
    y = answer.y.copy()
    y[position] += sign * change * money / quantity
    assert not certify(lp, replace(answer, y=y)).passed


@settings(max_examples=200, deadline=None)
@given(data=st.data(), field=st.sampled_from(["cost", "value", "row_lower", "row_upper"]), factor=st.sampled_from([0.5, 0.9, 0.999, 1.001, 1.1, 2.0]))
def test_an_optimum_of_other_numbers_fails(data: st.DataObject, field: str, factor: float) -> None:
    """One number of the program is changed after the solve. Where it matters (the optimum is another), the old answer must fail."""
    lp = transport()
    answer = optimum(lp)
    values = getattr(lp, field).copy()
    position = data.draw(st.integers(0, len(values) - 1))
    values[position] *= factor
    changed = replace(lp, **{field: values})
    if field.startswith("row") and lp.row_lower[position] == lp.row_upper[position]:
        # an equality has two sides, which move together
        change = np.where(np.arange(len(values)) == position, factor, 1.0)
        changed = replace(lp, row_lower=lp.row_lower * change, row_upper=lp.row_upper * change)
    other = solve(changed)
    if isinstance(other, Solution):
        same_cost = abs(changed.cost @ answer.x - changed.cost @ other.x) <= 1e-9 * TRANSPORT_OPTIMUM
        outside = np.maximum(changed.row_lower - changed.times(answer.x), changed.times(answer.x) - changed.row_upper).max() > 1e-9
        still_optimal = same_cost and not outside
        judged = certify(changed, answer)
        if not still_optimal:
            assert not judged.passed
        if judged.passed:
            assert changed.cost @ answer.x == pytest.approx(changed.cost @ other.x, rel=1e-6)
    else:
        assert not certify(changed, answer).passed


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), move=st.integers(0, 6), step=st.floats(-5, 5))
def test_whatever_passes_is_as_cheap_as_the_optimum(seed: int, move: int, step: float) -> None:
    """On random programs, where ties are allowed: a plan that passes costs what the optimum costs."""
    lp = random_program(seed)
    answer = optimum(lp)
    x = answer.x.copy()
    x[move] = np.clip(x[move] + step, 0, 20)
    judged = certify(lp, replace(answer, x=x))
    if judged.passed:
        assert lp.cost @ x == pytest.approx(lp.cost @ answer.x, rel=1e-5)
    else:
        assert certify(lp, answer).passed
        assert x[move] != answer.x[move]


def test_what_is_proven_is_an_optimum_that_passes() -> None:
    lp = transport()
    answer = proven(lp)
    assert isinstance(answer, Solution)
    assert certify(lp, answer).passed
    assert lp.cost @ answer.x == pytest.approx(TRANSPORT_OPTIMUM)
    assert proven(program([1], [[1]], [(5, 3)])).status == "infeasible"  # type: ignore[union-attr]
    # nothing to solve is nothing to prove
    assert isinstance(proven(program([], [], [])), Solution)


def test_an_optimum_that_no_way_of_solving_can_prove_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """``solve`` itself returns the last one that was not accepted."""
    monkeypatch.setattr(certificate, "certify", lambda *_: Certificate(1.0, 0.0, 0.0, 1.0, 1.0))
    with pytest.raises(SolverError, match="could not be proven"):
        proven(transport())
