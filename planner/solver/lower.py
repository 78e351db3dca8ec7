"""Lowers a linear Pyomo model to arrays, once, by walking its expressions.

Pyomo's general compilers handle any expression; this one handles the linear ones that the model consists of, in a
fraction of the time, and refuses anything else. A test holds it equal to ``LinearStandardFormCompiler``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyomo.core as pyo
from pyomo.core.expr import numeric_expr as expressions
from pyomo.core.expr import relational_expr as relations

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Key = tuple[str, Any]


class NotLinearError(TypeError):
    """An expression of the model is not linear in its variables."""


class Line(NamedTuple):
    """A constant and coefficients by column: what one named expression adds to the objective."""

    constant: float
    columns: Integers
    values: Floats


@dataclass(frozen=True)
class LinearProgram:
    """``min cost·x + offset`` over ``row_lower <= A x <= row_upper``, ``lower <= x <= upper``; A by rows."""

    cost: Floats
    offset: float
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    start: Integers
    index: Integers
    value: Floats
    columns: list[Key]
    """(component, index) of each variable."""
    rows: list[Key]
    """(component, index) of each constraint."""
    groups: Integers
    """Columns with the same number are counted in the same unit, such as tonnes of one material."""
    lines: dict[str, Line]
    """Each named expression that the objective adds up."""

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.row_lower), len(self.cost)

    @cached_property
    def row_of(self) -> Integers:
        """Row of each non-zero."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int32), np.diff(self.start))

    def times(self, x: Floats) -> Floats:
        """``A x``, shape (rows,)."""
        return np.asarray(np.bincount(self.row_of, weights=self.value * x[self.index], minlength=self.shape[0]), dtype=float)

    def transposed_times(self, y: Floats) -> Floats:
        """``Aᵀ y``, shape (columns,)."""
        return np.asarray(np.bincount(self.index, weights=self.value * y[self.row_of], minlength=self.shape[1]), dtype=float)


def places_of(keys: Iterable[Key]) -> dict[tuple[str, str], dict[tuple[Any, ...], int]]:
    """By component and first part of the index: where each rest of the index stands."""
    found: dict[tuple[str, str], dict[tuple[Any, ...], int]] = {}
    for place, (name, index) in enumerate(keys):
        first, *rest = index if isinstance(index, tuple) else (index,)
        found.setdefault((name, str(first)), {})[tuple(rest)] = place
    return found


def name_of(key: Key) -> str:
    """A readable name without blanks, such as ``purchase(caremag_dy,1,japan,2026_01)``."""
    component, index = key
    if index is None:
        return component
    parts = index if isinstance(index, tuple) else (index,)
    return f"{component}({','.join(str(part) for part in parts)})".replace("-", "_").replace(" ", "_")


def lower(model: pyo.ConcreteModel, counted_in: Mapping[str, Callable[[Any], str]] | None = None) -> LinearProgram:
    """Lower a model with one objective to be minimised.

    Args:
        model: Variables with constant bounds, active linear constraints.
        counted_in: For some variables, what an index of theirs is counted in; others are counted by component.

    Raises:
        NotLinearError: naming the component whose expression is not linear.
    """
    arrangement = Arrangement(model, counted_in)
    return arrangement.program(np.array(arrangement.numbers, dtype=np.float64))


class Arrangement:
    """Which numbers a model has, and where they go in the arrays of its program, whatever they are.

    Args:
        model: Variables with constant bounds, active linear constraints. Its numbers may be of any class that Pyomo knows as numeric.
        counted_in: As for :func:`lower`.

    Raises:
        NotLinearError: naming the component whose expression is not linear.
    """

    def __init__(self, model: pyo.ConcreteModel, counted_in: Mapping[str, Callable[[Any], str]] | None = None) -> None:
        self.columns, lowers, uppers, position = _variables(model)
        self.lower, self.upper = np.array(lowers, dtype=np.float64), np.array(uppers, dtype=np.float64)
        self.groups = _groups(self.columns, counted_in or {})
        self.rows: list[Key] = []
        row_lower: list[Any] = []
        row_upper: list[Any] = []
        terms = _Terms(position)
        for component in model.component_objects(pyo.Constraint, active=True, descend_into=False):
            name = component.local_name
            for key, row in component.items():
                if row.active:
                    low, high = terms.add_row(row.expr, name)
                    self.rows.append((name, key))
                    row_lower.append(low)
                    row_upper.append(high)
        width = len(self.columns)
        self._matrix = _Places(terms, width)
        lines = _objective_lines(model, position)
        self._lines = {name: _Places(line, width) for name, (_, line) in lines.items()}
        self.numbers: list[Any] = [*row_lower, *row_upper, *terms.value]
        """Lower limits of rows, upper limits, terms, and for each line of the objective its constant and its terms."""
        for constant, line in lines.values():
            self.numbers += [constant, *line.value]

    def program(self, numbers: Floats) -> LinearProgram:
        """The program with numbers in the places of ``numbers``."""
        height, width = len(self.rows), len(self.columns)
        row_lower, row_upper, terms, rest = np.split(numbers, np.cumsum([height, height, self._matrix.number]))
        row_of, index, value = self._matrix.merged(terms)
        lines: dict[str, Line] = {}
        for name, places in self._lines.items():
            constant, terms, rest = np.split(rest, [1, 1 + places.number])
            lines[name] = Line(float(constant[0]), *places.merged(terms)[1:])
        cost, offset = _added_up(lines, width)
        return LinearProgram(
            cost=cost,
            offset=offset,
            lower=self.lower,
            upper=self.upper,
            row_lower=row_lower,
            row_upper=row_upper,
            start=np.concatenate([[0], np.cumsum(np.bincount(row_of, minlength=height))]).astype(np.int32),
            index=index,
            value=value,
            columns=self.columns,
            rows=self.rows,
            groups=self.groups,
            lines=lines,
        )


class _Places:
    """Where terms go of which several may stand for the same variable in a row.

    Args:
        terms: The terms, row by row.
        width: Number of columns.
    """

    def __init__(self, terms: _Terms, width: int) -> None:
        self.number = len(terms.index)
        row = np.repeat(np.arange(len(terms.counts) - 1, dtype=np.int64), np.diff(terms.counts))
        place = row * width + np.array(terms.index, dtype=np.int64)
        unique, self._which = np.unique(place, return_inverse=True)
        self._row, self._column = (unique // max(width, 1)).astype(np.int32), (unique % max(width, 1)).astype(np.int32)

    def merged(self, terms: Floats) -> tuple[Integers, Integers, Floats]:
        """Row, column and value of each non-zero, in this order; what stands several times in a row is added up."""
        value = np.bincount(self._which, weights=terms, minlength=len(self._row))
        there = value != 0
        return self._row[there], self._column[there], np.asarray(value[there], dtype=np.float64)


def _added_up(lines: Mapping[str, Line], width: int) -> tuple[Floats, float]:
    """Cost by column, and the constant."""
    cost = np.zeros(width)
    for line in lines.values():
        cost[line.columns] += line.values
    return cost, sum(line.constant for line in lines.values())


def _objective_lines(model: pyo.ConcreteModel, position: dict[int, int]) -> dict[str, tuple[Any, _Terms]]:
    """Constant and terms of the parts of the objective: named expressions by their name, all else under the objective's own."""
    objective = next(model.component_data_objects(pyo.Objective, active=True, descend_into=False))
    parts = objective.expr.args if type(objective.expr) in (expressions.SumExpression, expressions.LinearExpression) else (objective.expr,)
    named = [part for part in parts if hasattr(part, "is_named_expression_type") and part.is_named_expression_type()]
    lines = {part.local_name: _line(part, position, part.local_name) for part in named}
    rest = [part for part in parts if not any(part is other for other in named)]
    if rest:
        lines[objective.local_name] = _line(sum(rest), position, objective.local_name)
    return lines


def _line(expression: Any, position: dict[int, int], owner: str) -> tuple[Any, _Terms]:
    terms = _Terms(position)
    constant = terms.add(expression, 1.0, owner)
    terms.counts.append(len(terms.index))
    return constant, terms


def _groups(columns: list[Key], counted_in: Mapping[str, Callable[[Any], str]]) -> Integers:
    numbers: dict[tuple[str, str], int] = {}
    groups = np.empty(len(columns), dtype=np.int32)
    for position, (component, index) in enumerate(columns):
        unit = counted_in.get(component)
        label = ("unit", unit(index)) if unit else ("component", component)
        groups[position] = numbers.setdefault(label, len(numbers))
    return groups


def _variables(model: pyo.ConcreteModel) -> tuple[list[Key], list[float], list[float], dict[int, int]]:
    columns: list[Key] = []
    lowers: list[float] = []
    uppers: list[float] = []
    position: dict[int, int] = {}
    of_domain: dict[int, tuple[float, float]] = {}
    for component in model.component_objects(pyo.Var, descend_into=False):
        name = component.local_name
        for key, variable in component.items():
            position[id(variable)] = len(columns)
            columns.append((name, key))
            limits = None if variable._lb is not None or variable._ub is not None else of_domain.get(id(variable.domain))
            if limits is None:
                # finding out what a domain means takes longer than all the rest, so it is done once where only the domain counts
                low, high = variable.bounds
                limits = -np.inf if low is None else float(low), np.inf if high is None else float(high)
                if variable._lb is None and variable._ub is None:
                    of_domain[id(variable.domain)] = limits
            lowers.append(limits[0])
            uppers.append(limits[1])
    return columns, lowers, uppers, position


class _Terms:
    """Coefficients of linear expressions, collected term by term.

    Args:
        position: Column of each variable, by ``id``.
    """

    def __init__(self, position: Mapping[int, int]) -> None:
        self.position = position
        self.index: list[int] = []
        self.value: list[Any] = []
        self.counts: list[int] = [0]
        """Terms collected before each row."""

    def add_row(self, relation: Any, owner: str) -> tuple[Any, Any]:
        """Collect the terms of a relation; returns the lower and upper limit of what they add up to."""
        kind = relation.__class__
        if kind is relations.RangedExpression:
            first, body, last = relation.args
            constant, low, high = self.add(body, 1.0, owner), _bound(first, owner), _bound(last, owner)
        else:
            left, right = relation.args
            # whichever side is a number is the limit, as Pyomo itself has it
            if right.__class__ is float or _is_constant(right):
                constant, limit, above = self.add(left, 1.0, owner), _number(right, owner), True
            elif _is_constant(left):
                constant, limit, above = self.add(right, 1.0, owner), _number(left, owner), False
            else:
                constant, limit, above = self.add(left, 1.0, owner) + self.add(right, -1.0, owner), 0.0, True
            equal = kind is relations.EqualityExpression
            low, high = None if above and not equal else limit, limit if above or equal else None
        self.counts.append(len(self.index))
        return -np.inf if low is None else low - constant, np.inf if high is None else high - constant

    def add(self, expression: Any, factor: float, owner: str) -> Any:
        """Collect the terms of an expression, each times a factor; returns the constant that is left.

        Raises:
            NotLinearError: where a product, quotient or function of variables stands.
        """
        position, index, value = self.position, self.index, self.value
        constant: Any = 0.0
        stack = [(factor, expression)]
        while stack:
            factor, node = stack.pop()
            # nearly all of a model is sums of multiples of variables
            for part in node._args_[: node._nargs] if node.__class__ in _SUMS else (node,):
                if part.__class__ is expressions.MonomialTermExpression:
                    coefficient, variable = part.args
                    column = position.get(id(variable))
                    if column is None or coefficient.__class__ is not float:
                        coefficient = _number(coefficient, owner)
                    if column is None:
                        constant += factor * coefficient * _number(variable, owner)
                    else:
                        index.append(column)
                        value.append(factor * coefficient)
                elif part.__class__ is float:
                    constant += factor * part
                elif (column := position.get(id(part))) is not None:
                    index.append(column)
                    value.append(factor)
                elif _is_constant(part):
                    constant += factor * _number(part, owner)
                else:
                    stack.append(_opened(factor, part, owner))
        return constant


_SUMS = frozenset({expressions.LinearExpression, expressions.SumExpression})


def _opened(factor: float, node: Any, owner: str) -> tuple[float, Any]:
    """An expression that is no sum, as a number times another one.

    Raises:
        NotLinearError: where it is not linear.
    """
    kind = node.__class__
    if kind in _SUMS:
        return factor, node
    if kind is expressions.NegationExpression:
        return -factor, node.args[0]
    if kind is expressions.ProductExpression:
        left, right = node.args
        return (factor * _number(left, owner), right) if _is_constant(left) else (factor * _number(right, owner), left)
    if kind is expressions.DivisionExpression:
        return factor / _number(node.args[1], owner), node.args[0]
    if node.is_expression_type() and node.is_named_expression_type():
        return factor, node.args[0]
    raise NotLinearError(f"{owner}: {node} is not linear")


def _bound(limit: Any, owner: str) -> Any:
    return None if limit is None else _number(limit, owner)


def _is_constant(node: Any) -> bool:
    return not hasattr(node, "is_expression_type") or not node.is_potentially_variable()


def _number(node: Any, owner: Any) -> Any:
    if not _is_constant(node):
        raise NotLinearError(f"{owner}: {node} is not linear")
    # a number of its own class stays one; an integer becomes a float
    return 1.0 * pyo.value(node)
