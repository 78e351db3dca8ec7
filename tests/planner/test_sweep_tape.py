"""Noted arithmetic gives, on other numbers, what the same code gives on them, or says that the code would go another way."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.solver.lower import Arrangement
from planner.sweep.tape import Number, Tape

numbers = st.floats(-1e6, 1e6)


def formula(a: Any, b: Any, c: Any) -> Any:
    return sum([a * b, 3 - c, -a / 7, 2 * (b + c) - 1]) * 0.1


@given(st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers))
def test_played_back_is_done_again_to_the_last_digit(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    tape = Tape()
    place = tape.place(formula(*map(tape.given, first)))
    recording = tape.recording()
    for values in (first, second):
        found = recording.again(values)
        assert found is not None
        assert found[place] == formula(*values)


def larger(a: Any, b: Any) -> Any:
    return a if a > b else 2 * b


def not_zero(a: Any, b: Any) -> Any:
    return a if a else b


def quotient(a: Any, b: Any) -> Any:
    return a / b


def plain(a: Any, b: Any) -> Any:
    return float(a) + b


@pytest.mark.parametrize(
    ("code", "base", "same", "other"),
    [
        (larger, (3.0, 1.0), (9.0, 2.0), (1.0, 3.0)),
        (not_zero, (2.0, 1.0), (-5.0, 1.0), (0.0, 1.0)),
        (max, (3.0, 1.0), (9.0, 2.0), (1.0, 3.0)),
        (quotient, (1.0, 2.0), (1.0, -4.0), (1.0, 0.0)),
        # who takes the bare number out of it cannot be followed
        (plain, (2.0, 1.0), (2.0, 5.0), (2.5, 1.0)),
    ],
)
def test_a_question_with_another_answer_is_noticed(code: Any, base: tuple[float, float], same: tuple[float, float], other: tuple[float, float]) -> None:
    tape = Tape()
    place = tape.place(code(*map(tape.given, base)))
    recording = tape.recording()
    found = recording.again(same)
    assert found is not None
    assert found[place] == code(*same)
    assert recording.again(other) is None


def test_pyomo_takes_noted_numbers_as_numbers() -> None:
    tape = Tape()
    one, zero, limit = tape.given(1.0), tape.given(0.0), tape.given(5.0)
    model = pyo.ConcreteModel()
    model.x, model.y = pyo.Var(), pyo.Var()
    model.row = pyo.Constraint(expr=one * model.x + zero * model.y + model.x / limit + 2 <= limit)
    model.cost = pyo.Objective(expr=limit * (model.x - model.y) + one)
    arrangement = Arrangement(model)
    places = [tape.place(number) for number in arrangement.numbers]
    found = tape.recording().again([4.0, 3.0, 8.0])
    assert found is not None
    program = arrangement.program(found[places])
    assert program.value.tolist() == [4.0 + 1 / 8, 3.0]
    assert program.row_upper.tolist() == [6.0]
    assert program.cost.tolist() == [8.0, -8.0]
    assert program.offset == 4.0


def test_variables_and_texts_are_no_operands() -> None:
    number = Tape().given(2.0)
    assert isinstance(number, Number)
    for wrong in ("2", None, [2]):
        with pytest.raises(TypeError):
            number + wrong
        assert number != wrong
