"""The lowering equals Pyomo's own compiler, number by number, and refuses what is not linear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

import planner
import sourcing_lp
from planner.compile import compile_scenario
from planner.solver.lower import LinearProgram, NotLinearError, lower, name_of
from sourcing_lp.units import counted_in
from tests.oracle.random_scenarios import write
from tests.samples import some

ROOT = Path(__file__).parents[3]
FILES = [path for path in sorted((ROOT / "tests" / "cases").glob("*.yaml")) if path.name != "expected.yaml"]
JAPAN = ("cutoff", "terminated", "base", "pooled", "capex_capped", "military_only", "no_ramp")
FILES += [ROOT / "scenarios" / "japan" / f"{name}.yaml" for name in JAPAN]
SEEDS = range(61)


def model_of(path: Path) -> Any:
    loaded = planner.load(path)
    return sourcing_lp.build(compile_scenario(loaded.scenario, loaded.calendar))


def assert_same_as_pyomo(model: Any, program: LinearProgram) -> None:
    """Rows, columns, bounds, costs and right-hand sides, each by name; matrix entries as one sparse difference."""
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    ours_column = {key: position for position, key in enumerate(program.columns)}
    column = np.array([ours_column[variable.parent_component().local_name, variable.index()] for variable in form.columns], dtype=int)
    names = [(row.constraint.parent_component().local_name, row.constraint.index()) for row in form.rows]
    assert names == program.rows

    # columns: Pyomo leaves out variables that stand nowhere
    entries = program.start[1:] - program.start[:-1]
    used = set(program.index.tolist()) | set(np.flatnonzero(program.cost).tolist())
    assert used <= set(column.tolist())
    for position, variable in zip(column, form.columns, strict=True):
        low, high = variable.bounds
        assert program.lower[position] == (-np.inf if low is None else low)
        assert program.upper[position] == (np.inf if high is None else high)

    matrix = form.A.tocoo()
    theirs = {(int(i), int(column[j])): float(value) for i, j, value in zip(matrix.row, matrix.col, matrix.data, strict=True) if value}
    ours = {(int(i), int(j)): float(value) for i, j, value in zip(np.repeat(np.arange(len(entries)), entries), program.index, program.value, strict=True)}
    assert len(ours) == len(program.value), "an entry stands twice"
    assert ours.keys() == theirs.keys()
    keys = list(ours)
    assert_close(np.array([ours[key] for key in keys]), np.array([theirs[key] for key in keys]))

    # mixed form: a row's sense is -1 for >=, 1 for <=, 0 for =
    sense = np.array([row.bound_type for row in form.rows])
    side = np.asarray(form.rhs, dtype=float)
    assert_close(program.row_lower, np.where(sense <= 0, side, -np.inf))
    assert_close(program.row_upper, np.where(sense >= 0, side, np.inf))

    cost = np.zeros(len(program.columns))
    objective = form.c.tocoo()
    np.add.at(cost, column[objective.col], objective.data)
    assert_close(program.cost, cost)
    assert program.offset == pytest.approx(float(form.c_offset[0]), rel=1e-12, abs=1e-9)


def assert_close(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> None:
    """Equal but for the order of additions."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}-{path.stem}" for path in FILES])
def test_equals_pyomos_compiler_on_files(path: Path) -> None:
    model = model_of(path)
    assert_same_as_pyomo(model, lower(model, counted_in(model.data)))


@pytest.mark.parametrize("seed", some(SEEDS))
def test_equals_pyomos_compiler_on_random_scenarios(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "random.yaml"
    write(seed, str(path), False)
    model = model_of(path)
    assert_same_as_pyomo(model, lower(model, counted_in(model.data)))


def toy() -> Any:
    """Two variables and one parameter; tests add what they need."""
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 5))
    model.y = pyo.Var(["a", "b c"], domain=pyo.NonNegativeReals)
    model.rate = pyo.Param(initialize=3.0, mutable=True)
    model.cost = pyo.Objective(expr=model.x)
    return model


def test_every_form_of_a_linear_row_is_understood() -> None:
    """-(2x - 4)/2 + 3(y_a + rate·x) - 1 >= 7 - y_b, that is 8x + 3y_a + y_b >= 6."""
    model = toy()
    x, y, rate = model.x, model.y, model.rate
    model.inner = pyo.Expression(expr=y["a"] + rate * x)
    model.row = pyo.Constraint(expr=-(2 * x - 4) / 2 + 3 * model.inner - 1 >= 7 - y["b c"])
    program = lower(model)
    # Pyomo brings a row of two variable sides into the form left - right <= 0
    assert program.columns == [("x", None), ("y", "a"), ("y", "b c")]
    sign = -1.0 if np.isfinite(program.row_upper[0]) else 1.0
    assert sign * program.times(np.array([1.0, 0.0, 0.0])) == pytest.approx([8.0])
    assert sign * program.times(np.array([0.0, 1.0, 0.0])) == pytest.approx([3.0])
    assert sign * program.times(np.array([0.0, 0.0, 1.0])) == pytest.approx([1.0])
    assert sorted([sign * program.row_lower[0], sign * program.row_upper[0]]) == [pytest.approx(6.0), np.inf]
    assert_same_as_pyomo(model, program)


def test_a_ranged_row_and_a_fixed_sum_keep_both_sides() -> None:
    model = toy()
    model.row = pyo.Constraint(expr=(1, model.x + model.y["a"] + 2, 9))
    program = lower(model)
    assert (program.row_lower[0], program.row_upper[0]) == (-1.0, 7.0)


def test_terms_that_cancel_leave_no_entry() -> None:
    model = toy()
    model.row = pyo.Constraint(expr=model.x + model.y["a"] - model.x <= 4)
    program = lower(model)
    assert program.index.tolist() == [1]
    assert program.value.tolist() == [1.0]


def test_deactivated_rows_are_left_out() -> None:
    model = toy()
    model.row = pyo.Constraint(expr=model.x >= 1)
    model.other = pyo.Constraint(expr=model.x >= 2)
    model.other.deactivate()
    assert lower(model).rows == [("row", None)]


def test_lines_are_the_named_parts_of_the_objective() -> None:
    """cost = (2x + 5) + y_a + 7, of which the first part has a name."""
    model = toy()
    model.part = pyo.Expression(expr=2 * model.x + 5)
    model.cost.set_value(model.part + model.y["a"] + 7)
    program = lower(model)
    found = {name: (line.constant, dict(zip(line.columns.tolist(), line.values.tolist(), strict=True))) for name, line in program.lines.items()}
    assert found == {"part": (5.0, {0: 2.0}), "cost": (7.0, {1: 1.0})}
    assert program.cost.tolist() == [2.0, 1.0, 0.0]
    assert program.offset == 12.0


def test_columns_counted_in_the_same_unit_share_a_group() -> None:
    model = toy()
    model.z = pyo.Var()
    groups = lower(model, {"x": lambda index: "ore", "y": lambda index: "ore" if index == "a" else "scrap"}).groups.tolist()
    assert groups[0] == groups[1]
    assert len({groups[1], groups[2], groups[3]}) == 3


@pytest.mark.parametrize(
    "product",
    [
        lambda x, y: x * y,
        lambda x, y: 2 * (x * y + x),
        lambda x, y: x**2,
        lambda x, y: x / y,
        lambda x, y: 1 / x,
        lambda x, y: pyo.exp(x) + y,
        lambda x, y: abs(x - y),
        lambda x, y: (x + 1) * (y + 1),
    ],
    ids=["product", "inside", "square", "quotient", "reciprocal", "exponential", "absolute", "sums"],
)
@pytest.mark.parametrize("place", ["row", "cost"])
def test_what_is_not_linear_is_refused_with_the_component(product: Any, place: str) -> None:
    model = toy()
    expression = product(model.x, model.y["a"])
    if place == "row":
        model.row = pyo.Constraint(expr=expression <= 1)
    else:
        model.cost.set_value(expression)
    with pytest.raises(NotLinearError, match=rf"^{place}: .* is not linear$"):
        lower(model)


def test_names_are_readable_without_blanks_or_dashes() -> None:
    assert name_of(("purchase", ("mine", 1, "home", "2026-01"))) == "purchase(mine,1,home,2026_01)"
    assert name_of(("final_stock", "pile")) == "final_stock(pile)"
    assert name_of(("nothing", None)) == "nothing"
    assert name_of(("max_share", ("cap", "Hong Kong.ore.home", "total"))) == "max_share(cap,Hong_Kong.ore.home,total)"
