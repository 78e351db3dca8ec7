"""Arithmetic that is noted while it is done, to be done again on other numbers at once.

The rules of the model are ordinary Python. Called with numbers of the class here they leave a tape: which number is the sum or product of
which, and every question that was asked of one ("is it zero?"). Played back on other numbers the tape gives what the rules would
give, by the same operations in the same order, hence to the last digit, as long as all questions have the answers that they had.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pyomo.common.numeric_types import RegisterNumericType

from planner.solver.lower import Floats, Integers

Operation = Callable[[Any, Any], Any]


class Tape:
    """Numbers in the order in which they came to be: given, constant, or made of two earlier ones."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._given: list[int] = []
        self._constants: dict[float, int] = {}
        self._depth: list[int] = []
        self._made: dict[tuple[int, Operation], list[tuple[int, int, int]]] = defaultdict(list)
        """By depth and operation: places of the result and of what it was made of."""
        self._asked: dict[tuple[Operation, int, int], bool] = {}
        """Answers to questions by what was compared."""

    def given(self, value: float) -> Number:
        """A number that may be another one next time; in the order of ``again``."""
        self._given.append(self._put(value, 0))
        return Number(self, self._given[-1])

    def place(self, number: Any) -> int:
        """Where a number stands; a plain one becomes a constant."""
        if number.__class__ is Number:
            return int(number.place)
        value = float(number)
        if value not in self._constants:
            self._constants[value] = self._put(value, 0)
        return self._constants[value]

    def made(self, operation: Operation, first: Any, second: Any) -> Number:
        """What an operation makes of two numbers."""
        one, two = self.place(first), self.place(second)
        depth = max(self._depth[one], self._depth[two]) + 1
        place = self._put(operation(self.values[one], self.values[two]), depth)
        self._made[depth, operation].append((place, one, two))
        return Number(self, place)

    def asked(self, question: Operation, first: Any, second: Any) -> bool:
        """The answer to a question, which must be the same next time."""
        one, two = self.place(first), self.place(second)
        answer = bool(question(self.values[one], self.values[two]))
        self._asked[question, one, two] = answer
        return answer

    def _put(self, value: float, depth: int) -> int:
        self.values.append(value)
        self._depth.append(depth)
        return len(self.values) - 1

    def recording(self) -> Recording:
        """All of it, ready to be played."""
        questions: dict[Operation, list[tuple[int, int, bool]]] = defaultdict(list)
        for (question, one, two), answer in self._asked.items():
            questions[question].append((one, two, answer))
        steps = [(operation, *_columns(made)) for (_, operation), made in sorted(self._made.items(), key=lambda item: item[0][0])]
        asked = [(question, *_columns(compared)) for question, compared in questions.items()]
        return Recording(np.array(self.values), np.array(self._given, dtype=np.int32), steps, asked)


def _columns(rows: Sequence[tuple[int, int, int | bool]]) -> tuple[Integers, Integers, Integers]:
    first, second, third = np.array(rows, dtype=np.int32).T
    return np.ascontiguousarray(first), np.ascontiguousarray(second), np.ascontiguousarray(third)


class Recording:
    """A tape that is done.

    Args:
        values: All numbers as they were.
        given: Places of those that were given.
        steps: Operations, what needs another one after it: places of results and of what they are made of.
        questions: Questions: places of what is compared, and the answers.
    """

    def __init__(
        self,
        values: Floats,
        given: Integers,
        steps: Sequence[tuple[Operation, Integers, Integers, Integers]],
        questions: Sequence[tuple[Operation, Integers, Integers, Integers]],
    ) -> None:
        self._values, self._given, self._steps, self._questions = values, given, steps, questions

    def again(self, given: Sequence[float]) -> Floats | None:
        """All numbers, from others that are given; None where a question has another answer."""
        values = self._values.copy()
        values[self._given] = given
        with np.errstate(all="ignore"):
            for operation, result, first, second in self._steps:
                values[result] = operation(values[first], values[second])
            same = all(np.array_equal(question(values[first], values[second]), answers.astype(bool)) for question, first, second, answers in self._questions)
        return values if same else None


class Number:
    """A number on a tape. What is no arithmetic and no comparison sees a plain number, which must be the same next time."""

    __slots__ = ("place", "tape")

    def __init__(self, tape: Tape, place: int) -> None:
        self.tape, self.place = tape, place

    def __float__(self) -> float:
        value = self.tape.values[self.place]
        self.tape.asked(operator.eq, self, value)
        return value

    def __bool__(self) -> bool:
        return self.tape.asked(operator.ne, self, 0.0)

    def __neg__(self) -> Number:
        return self.tape.made(operator.mul, -1.0, self)

    def __add__(self, other: Any) -> Any:
        return self._with(operator.add, self, other, 0.0)

    def __radd__(self, other: Any) -> Any:
        return self._with(operator.add, other, self, 0.0)

    def __sub__(self, other: Any) -> Any:
        return self._with(operator.sub, self, other, 0.0)

    def __rsub__(self, other: Any) -> Any:
        return self._with(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return self._with(operator.mul, self, other, 1.0)

    def __rmul__(self, other: Any) -> Any:
        return self._with(operator.mul, other, self, 1.0)

    def __truediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, self, other, 1.0)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(operator.truediv, other, self)

    def _with(self, operation: Operation, first: Any, second: Any, neutral: float | None = None) -> Any:
        """The result; the number itself where the other operand changes nothing."""
        other = second if first is self else first
        if other.__class__ not in _OPERANDS:
            # a variable knows how to take a number
            return NotImplemented
        if other.__class__ is not Number and other == neutral:
            return self
        if operation is operator.truediv and second.__class__ is Number:
            self.tape.asked(operator.ne, second, 0.0)
        return self.tape.made(operation, first, second)

    def __lt__(self, other: Any) -> Any:
        return self._compared(operator.lt, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(operator.le, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(operator.gt, other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(operator.ge, other)

    def __eq__(self, other: object) -> Any:
        return self._compared(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(operator.ne, other)

    def _compared(self, question: Operation, other: Any) -> Any:
        return self.tape.asked(question, self, other) if other.__class__ in _OPERANDS else NotImplemented

    # no number is looked up by its value: Pyomo asks a table whether it is one, and keeps it as it is where it is not found
    __hash__ = object.__hash__


_OPERANDS = frozenset({Number, float, int, np.float64})
RegisterNumericType(Number)
