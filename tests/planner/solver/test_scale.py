"""Internal units: the answer must not depend on whether money is in cents or bn, or goods in grams or Mt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import planner
from planner.solver.certificate import certify
from planner.solver.highs import Solution, solve
from planner.solver.lower import LinearProgram
from planner.solver.scale import scale
from tests.planner.solver.toy_programs import FREE, TRANSPORT_OPTIMUM, TRANSPORT_PLAN, Floats, program, random_program, transport

MONEY = [1e-12, 1e-9, 1e-7, 1e-6, 1.0, 1e6, 1e9]
QUANTITY = [1e-9, 1e-6, 1.0, 1e6, 1e12]


def solved(lp: LinearProgram) -> Solution:
    answer = solve(lp)
    assert isinstance(answer, Solution)
    return answer


def plain_highs(lp: LinearProgram) -> tuple[str, Solution]:
    """Status and answer of HiGHS with its own tolerances and no internal units."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    rows, columns = lp.shape
    solver.passModel(
        columns, rows, len(lp.value), highspy.MatrixFormat.kRowwise.value, highspy.ObjSense.kMinimize.value, lp.offset,
        lp.cost, lp.lower, lp.upper, lp.row_lower, lp.row_upper, lp.start, lp.index, lp.value, np.zeros(columns, dtype=np.int32),
    )  # fmt: skip
    solver.run()
    answer = solver.getSolution()
    parts = [np.array(part) for part in (answer.col_value, answer.row_dual, answer.col_dual)]
    return solver.modelStatusToString(solver.getModelStatus()), Solution(parts[0], parts[1], parts[2], 0, 0.0)


def test_transport_by_hand() -> None:
    """The plan of :func:`transport`, and its duals: 13 is the last unit's price at the third user, whom the first supplier saves 3."""
    lp = transport()
    answer = solved(lp)
    np.testing.assert_allclose(answer.x, TRANSPORT_PLAN, atol=1e-9)
    assert lp.cost @ answer.x == pytest.approx(TRANSPORT_OPTIMUM)
    np.testing.assert_allclose(answer.y, [-3, 0, 0, 9, 9, 13], atol=1e-9)
    np.testing.assert_allclose(answer.d, [2, 1, 0, 0, 3, 0, 5, 0, 3], atol=1e-9)


@pytest.mark.parametrize("money", MONEY)
@pytest.mark.parametrize("quantity", QUANTITY)
def test_the_units_of_money_and_goods_change_nothing(money: float, quantity: float) -> None:
    """``money`` per unit of money and ``quantity`` units a tonne: cost × money, amounts × quantity, duals × money / quantity."""
    lp = transport(money, quantity)
    answer = solved(lp)
    assert lp.cost @ answer.x == pytest.approx(TRANSPORT_OPTIMUM * money, rel=1e-9)
    np.testing.assert_allclose(answer.x / quantity, TRANSPORT_PLAN, atol=1e-7)
    np.testing.assert_allclose(answer.y * quantity / money, [-3, 0, 0, 9, 9, 13], atol=1e-7)
    assert certify(lp, answer).passed


@pytest.mark.parametrize(("money", "quantity"), [(1e-9, 1.0), (1.0, 1e-9), (1e-12, 1e6)])
def test_without_internal_units_highs_calls_a_wrong_answer_optimal_and_the_certificate_refuses_it(money: float, quantity: float) -> None:
    """Why scaling and certificate exist; if HiGHS ever gets these right, the test says so."""
    lp = transport(money, quantity)
    status, answer = plain_highs(lp)
    assert status == "Optimal"
    assert abs(lp.cost @ answer.x / (TRANSPORT_OPTIMUM * money) - 1) > 0.1
    assert not certify(lp, answer).passed


def test_materials_of_very_different_size_have_their_own_units() -> None:
    """1e-6 kg of a dopant go into each of 1e9 pieces, beside 2e5 t of steel: 1e9·1e-6·5e6 + 2e5·700 = 5.14e9."""
    lp = program([5e6, 0.0, 700.0], [[1, -1e-6, 0], [0, 1, 0], [0, 0, 1]], [(0, 0), (1e9, FREE), (2e5, FREE)], groups=[0, 1, 2])
    answer = solved(lp)
    np.testing.assert_allclose(answer.x, [1e3, 1e9, 2e5], rtol=1e-9)
    assert lp.cost @ answer.x == pytest.approx(5.14e9, rel=1e-12)


def test_scaling_keeps_every_digit() -> None:
    """Factors are powers of two, so that mantissas stay, and scaled rows have a largest coefficient of about one."""
    lp = random_program(3)
    scaled, scaling = scale(lp)
    for before, after in ((lp.value, scaled.value), (lp.cost, scaled.cost), (lp.row_lower, scaled.row_lower), (lp.upper, scaled.upper)):
        np.testing.assert_array_equal(np.frexp(before)[0], np.frexp(after)[0])
    for factors in (scaling.column, scaling.row, np.array([scaling.money])):
        np.testing.assert_array_equal(np.frexp(factors)[0], 0.5)
    largest = np.zeros(len(lp.rows))
    np.maximum.at(largest, scaled.row_of, np.abs(scaled.value))
    assert np.all((largest >= 2**-0.5) & (largest <= 2**0.5))


def test_columns_of_a_group_share_their_factor() -> None:
    lp = random_program(4)
    _, scaling = scale(lp)
    for group in set(lp.groups.tolist()):
        assert len(set(scaling.column[lp.groups == group].tolist())) == 1


def test_unscale_undoes_scale() -> None:
    lp = transport(1e-9, 1e6)
    scaled, scaling = scale(lp)
    inner = np.arange(1.0, 10.0), np.arange(1.0, 7.0), np.arange(2.0, 11.0)
    x, y, d = scaling.unscale(*inner)
    np.testing.assert_allclose(lp.times(x) * scaling.row, scaled.times(inner[0]), rtol=1e-14)
    assert lp.cost @ x == pytest.approx(scaling.money * (scaled.cost @ inner[0]), rel=1e-14)
    np.testing.assert_allclose(lp.transposed_times(y) * scaling.column / scaling.money, scaled.transposed_times(inner[1]), rtol=1e-14)
    np.testing.assert_allclose(d * scaling.column / scaling.money, inner[2], rtol=1e-14)


def test_programs_without_costs_rows_or_sizes_scale_to_themselves() -> None:
    for lp in (program([0.0, 0.0], [[1, 1]], [(0, 0)]), program([1.0], [], []), program([], [], [])):
        scaled, scaling = scale(lp)
        assert scaled.shape == lp.shape
        for factors in (scaling.column, scaling.row, np.array([scaling.money])):
            assert np.all(np.isfinite(factors))
            assert np.all(factors > 0)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    money=st.sampled_from(MONEY),
    sizes=st.tuples(*[st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e6])] * 3),
)
def test_agrees_with_scipy_whatever_the_units(seed: int, money: float, sizes: tuple[float, float, float]) -> None:
    """Each group of columns in a unit of its own, money in another; scipy solves the program before the change of units."""
    lp = random_program(seed)
    optimum = scipy_optimum(lp)
    unit = np.array(sizes)[lp.groups]
    changed = replace(lp, cost=lp.cost * money / unit, lower=lp.lower * unit, upper=lp.upper * unit, value=lp.value / unit[lp.index])
    answer = solved(changed)
    assert changed.cost @ answer.x == pytest.approx(optimum * money, rel=1e-7)
    assert certify(changed, answer).passed


def scipy_optimum(lp: LinearProgram) -> float:
    dense: Floats = np.zeros(lp.shape)
    dense[lp.row_of, lp.index] = lp.value
    low, high = np.isfinite(lp.row_lower), np.isfinite(lp.row_upper)
    answer = linprog(
        lp.cost,
        A_ub=np.vstack([-dense[low], dense[high]]),
        b_ub=np.concatenate([-lp.row_lower[low], lp.row_upper[high]]),
        bounds=list(zip(lp.lower, lp.upper, strict=True)),
    )
    assert answer.status == 0
    assert answer.fun is not None
    return float(answer.fun)


SCENARIO = """
version: 1
horizon: {{start: 2026-01, end: 2028-01, step: year}}
money: {{currency: {currency}, discount_rate: 5 %, rates: {rates}}}
materials: {{ore: {{unit: {unit}}}}}
suppliers:
  near: {{material: ore, country: AA, capacity: 60 t/yr, price: 90 USD/t}}
  far: {{material: ore, country: BB, capacity: 60 t/yr, price: 40 USD/t, freight: 7 USD/t}}
stockpiles: {{pile: {{material: ore, initial: 20 t, capacity: 50 t, holding_cost: 3 USD/t/yr, final: {{min: 5 t}}}}}}
demands: {{plants: {{material: ore, quantity: {{2026: 70 t/yr, 2027: 130 t/yr}}, shortage: 2000 USD/t}}}}
"""


@pytest.mark.parametrize("unit", ["t", "kg", "g", "kt", "Mt"])
@pytest.mark.parametrize(("currency", "worth"), [("USD", 1.0), ("GUSD", 1e9), ("NUSD", 1e-9)])
def test_a_scenario_in_other_units_costs_the_same(unit: str, currency: str, worth: float, tmp_path: Path) -> None:
    """`far` ships 60 t a year, `near` the rest: 200 + 5 at the end - 20 in stock - 120 = 65 t."""
    plans: list[Any] = []
    for number, (name, money, rates) in enumerate([("t", "USD", "{}"), (unit, currency, "{}" if currency == "USD" else f"{{USD: {1 / worth!r}}}")]):
        path = tmp_path / f"units{number}.yaml"
        path.write_text(SCENARIO.format(unit=name, currency=money, rates=rates), encoding="utf-8")
        plans.append(planner.solve(path))
    assert plans[1].total_cost * worth == pytest.approx(plans[0].total_cost, rel=1e-9)
    tonnes = {"t": 1.0, "kg": 1e-3, "g": 1e-6, "kt": 1e3, "Mt": 1e6}[unit]
    bought = [plan.tables["purchases"].groupby("supplier")["value"].sum().to_dict() for plan in plans]
    assert bought[0] == {"far": pytest.approx(120.0), "near": pytest.approx(65.0)}
    assert {key: value * tonnes for key, value in bought[1].items()} == {"far": pytest.approx(120.0), "near": pytest.approx(65.0)}
