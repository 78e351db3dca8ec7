"""A program that is built once and patched for scenarios with other numbers.

Which number of the data goes into which coefficients is not written down anywhere, since that would be a second formulation. It is found
out: the model is built once from data whose numbers note what is done with them (:mod:`planner.sweep.tape`). Where a scenario differs in numbers
alone, and every question that the rules have asked of a number still has its answer, the arithmetic is done again on the new numbers,
all coefficients at once. What else must be the same (who can ship when, which limits exist) is held against the template.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

import sourcing_lp
from planner.collector import collector_paused
from planner.solver.lower import Arrangement, LinearProgram
from planner.sweep.tape import Tape
from sourcing_lp.data import SourcingData
from sourcing_lp.units import counted_in


class Template:
    """A built program with its data.

    Args:
        data: A compiled scenario.
    """

    def __init__(self, data: SourcingData) -> None:
        # Pyomo logs to stdout, which belongs to --json
        logging.getLogger("pyomo").setLevel(logging.CRITICAL)
        tape = Tape()
        self._parts = [_Part(subject.name, part.name, data) for subject in fields(SourcingData) for part in fields(getattr(data, subject.name))]
        with collector_paused():
            model = sourcing_lp.build(with_numbers(data, tape.given))
            self._arrangement = Arrangement(model, counted_in(data))
            model.clear()
        self._places = np.array([tape.place(number) for number in self._arrangement.numbers], dtype=np.int32)
        self._recording = tape.recording()
        program = self.program_of(data)
        assert program is not None
        self.program = program

    def program_of(self, data: SourcingData) -> LinearProgram | None:
        """The program of other data.

        Args:
            data: Another compiled scenario.

        Returns:
            What building and lowering it gives, to the last digit; None where more than numbers differs, or the rules would go another way.
        """
        numbers: list[float] = []
        if not all(part.same(data, numbers) for part in self._parts):
            return None
        values = self._recording.again(numbers)
        return None if values is None else self._arrangement.program(values[self._places])


def with_numbers(value: Any, number: Callable[[float], Any]) -> Any:
    """The same value with other numbers.

    Args:
        value: Compiled data, or anything in them.
        number: Called with each float, in the order of :func:`taken_apart`.
    """
    if value.__class__ is float:
        return number(value)
    if isinstance(value, Mapping):
        return {key: with_numbers(part, number) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(with_numbers(part, number) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: with_numbers(getattr(value, part.name), number) for part in fields(value)})
    return value


class _Part:
    """One field of compiled data.

    Args:
        subject: Name of what it belongs to.
        name: Its own name.
        data: What others are compared with.
    """

    def __init__(self, subject: str, name: str, data: SourcingData) -> None:
        self.subject, self.name = subject, name
        self.value = self._in(data)
        self.numbers: list[float] = []
        self.shape = taken_apart(self.value, self.numbers)

    def _in(self, data: SourcingData) -> Any:
        return getattr(getattr(data, self.subject), self.name)

    def same(self, data: SourcingData, numbers: list[float]) -> bool:
        """Whether at most numbers differ in other data; they are put into a list, in order."""
        other = self._in(data)
        # most is the same to the letter, which is soon found out; maps that are equal may still differ in order
        if other == self.value and (not isinstance(other, Mapping) or all(map(operator.eq, other, self.value))):
            numbers += self.numbers
            return True
        return bool(taken_apart(other, numbers) == self.shape)


def taken_apart(value: Any, numbers: list[float]) -> Any:
    """What a value is but for its numbers: two are equal where only their numbers differ.

    Args:
        value: Compiled data, or anything in them.
        numbers: Where its numbers are put, in order.
    """
    if value.__class__ is float:
        numbers.append(value)
        return float
    if isinstance(value, Mapping):
        parts = value.values()
        if set(map(type, parts)) == {float}:
            numbers += parts
            return tuple(value), float
        return tuple(value), tuple([taken_apart(part, numbers) for part in parts])
    if isinstance(value, tuple):
        return tuple([taken_apart(part, numbers) for part in value])
    if is_dataclass(value):
        return value.__class__, tuple([taken_apart(getattr(value, part.name), numbers) for part in fields(value)])
    return value
