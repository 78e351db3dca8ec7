"""Sums of terms of any linear kind are what Pyomo's own ``sum`` gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.core as pyo
import pytest

from planner.solver.lower import lower
from sourcing_lp.algebra import at_most, total


@pytest.fixture
def model() -> Any:
    model = pyo.ConcreteModel()
    model.nothing = pyo.Var(bounds=(0, 0))
    model.x = pyo.Var(["a", "b"])
    model.y = pyo.Var()
    return model


TERMS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "variables": lambda m, s: [m.x["a"], m.x["b"]],
    "multiples": lambda m, s: [2 * m.x["a"], m.x["b"] * 3.0, m.x["a"]],
    "a sum": lambda m, s: [s, m.x["a"]],
    "a multiple of a sum": lambda m, s: [2 * s, m.x["a"]],
    "a multiple of a multiple of a sum": lambda m, s: [2 * (3 * s)],
    "a sum of both": lambda m, s: [s + 2 * s, s],
    "a part of a sum": lambda m, s: [s / 2, s * 3],
    "less a sum": lambda m, s: [-s, m.x["b"]],
    "numbers": lambda m, s: [1, 2.5, np.int64(2), np.float64(0.5), m.x["a"]],
    "a variable without index": lambda m, s: [m.y, 2 * m.y],
}


@pytest.mark.parametrize("terms", TERMS.values(), ids=TERMS)
def test_total_is_the_sum(model: Any, terms: Callable[[Any, Any], list[Any]]) -> None:
    found = terms(model, total([model.x["a"], 2 * model.x["b"], 1.0]))
    model.row = pyo.Constraint(expr=total(found) <= 10)
    model.same = pyo.Constraint(expr=sum(found) <= 10)
    model.cost = pyo.Objective(expr=model.y)
    program = lower(model)
    first, second = program.value[: program.start[1]], program.value[program.start[1] :]
    np.testing.assert_allclose(first, second)
    assert program.index[: program.start[1]].tolist() == program.index[program.start[1] :].tolist()
    assert program.row_upper[0] == pytest.approx(program.row_upper[1])


def test_sums_without_variables_are_numbers() -> None:
    assert total([]) == 0
    assert total([1, np.float64(2.5)]) == 3.5


def test_a_row_without_variables_stands_only_where_it_cannot_hold(model: Any) -> None:
    assert at_most(model, np.float64(1.0), 2) is pyo.Constraint.Skip
    model.row = pyo.Constraint(expr=at_most(model, 3, 2.0))
    model.cost = pyo.Objective(expr=model.y)
    program = lower(model)
    assert (program.rows, program.row_upper.tolist()) == ([("row", None)], [-1.0])
