"""Lowers a linear Pyomo model to arrays, once, by walking its expressions.

Pyomo's general compilers handle any expression; this one handles the linear ones that the model consists of, in a
fraction of the time, and refuses anything else. A test holds it equal to ``LinearStandardFormCompiler``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyomo.core as pyo
from pyomo.core.expr import numeric_expr as expressions

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
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
        return len(self.rows), len(self.columns)

    @property
    def row_of(self) -> Integers:
        """Row of each non-zero."""
        return np.repeat(np.arange(len(self.rows), dtype=np.int32), np.diff(self.start))

    def times(self, x: Floats) -> Floats:
        """``A x``, shape (rows,)."""
        return np.asarray(np.bincount(self.row_of, weights=self.value * x[self.index], minlength=len(self.rows)), dtype=float)

    def transposed_times(self, y: Floats) -> Floats:
        """``Aᵀ y``, shape (columns,)."""
        return np.asarray(np.bincount(self.index, weights=self.value * y[self.row_of], minlength=len(self.columns)), dtype=float)


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
    columns, lowers, uppers, position = _variables(model)
    rows: list[Key] = []
    starts: list[int] = [0]
    index: list[int] = []
    value: list[float] = []
    row_lower: list[float] = []
    row_upper: list[float] = []
    for component in model.component_objects(pyo.Constraint, active=True, descend_into=False):
        for key, row in component.items():
            constant, terms = linear_terms(row.body, position, component.local_name)
            low, high = row.lower, row.upper
            rows.append((component.local_name, key))
            row_lower.append(-np.inf if low is None else float(pyo.value(low)) - constant)
            row_upper.append(np.inf if high is None else float(pyo.value(high)) - constant)
            index.extend(column for column, coefficient in terms.items() if coefficient)
            value.extend(coefficient for coefficient in terms.values() if coefficient)
            starts.append(len(index))
    lines = _objective_lines(model, position)
    cost = np.zeros(len(columns))
    for line in lines.values():
        cost[line.columns] += line.values
    offset = sum(line.constant for line in lines.values())
    return LinearProgram(
        cost=cost,
        offset=offset,
        lower=np.array(lowers, dtype=np.float64),
        upper=np.array(uppers, dtype=np.float64),
        row_lower=np.array(row_lower, dtype=np.float64),
        row_upper=np.array(row_upper, dtype=np.float64),
        start=np.array(starts, dtype=np.int32),
        index=np.array(index, dtype=np.int32),
        value=np.array(value, dtype=np.float64),
        columns=columns,
        rows=rows,
        groups=_groups(columns, counted_in or {}),
        lines=lines,
    )


def _objective_lines(model: pyo.ConcreteModel, position: dict[int, int]) -> dict[str, Line]:
    """The parts of the objective: named expressions by their name, all else under the objective's own."""
    objective = next(model.component_data_objects(pyo.Objective, active=True, descend_into=False))
    parts = objective.expr.args if type(objective.expr) in (expressions.SumExpression, expressions.LinearExpression) else (objective.expr,)
    named = [part for part in parts if hasattr(part, "is_named_expression_type") and part.is_named_expression_type()]
    lines = {part.local_name: _line(part, position, part.local_name) for part in named}
    rest = [part for part in parts if not any(part is other for other in named)]
    if rest:
        lines[objective.local_name] = _line(sum(rest), position, objective.local_name)
    return lines


def _line(expression: Any, position: dict[int, int], owner: str) -> Line:
    constant, terms = linear_terms(expression, position, owner)
    return Line(constant, np.array(list(terms), dtype=np.int32), np.array(list(terms.values()), dtype=np.float64))


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
    for component in model.component_objects(pyo.Var, descend_into=False):
        name = component.local_name
        for key, variable in component.items():
            low, high = variable.bounds
            position[id(variable)] = len(columns)
            columns.append((name, key))
            lowers.append(-np.inf if low is None else float(low))
            uppers.append(np.inf if high is None else float(high))
    return columns, lowers, uppers, position


def linear_terms(expression: Any, position: dict[int, int], owner: Any) -> tuple[float, dict[int, float]]:
    """Constant and coefficients by column of a linear expression.

    Args:
        expression: A Pyomo expression or a number.
        position: Column of each variable, by ``id``.
        owner: What messages call the component.

    Raises:
        NotLinearError: where a product, quotient or function of variables stands.
    """
    constant = 0.0
    terms: dict[int, float] = {}
    for factor, leaf in _leaves(expression, owner):
        if type(leaf) in (float, int):
            constant += factor * leaf
            continue
        column = position.get(id(leaf))
        if column is None:
            constant += factor * _number(leaf, owner)
        else:
            terms[column] = terms.get(column, 0.0) + factor
    return constant, terms


def _leaves(expression: Any, owner: Any) -> Iterator[tuple[float, Any]]:
    """Variables and numbers of a sum, each with its factor."""
    stack: list[tuple[float, Any]] = [(1.0, expression)]
    while stack:
        factor, node = stack.pop()
        kind = type(node)
        if kind is expressions.MonomialTermExpression:
            coefficient, variable = node.args
            yield factor * (coefficient if type(coefficient) is float else _number(coefficient, owner)), variable
        elif kind is expressions.LinearExpression or kind is expressions.SumExpression:
            stack.extend([(factor, argument) for argument in node.args])
        elif kind is float or kind is int or not hasattr(node, "is_expression_type") or not node.is_expression_type():
            yield factor, node
        elif kind is expressions.NegationExpression:
            stack.append((-factor, node.args[0]))
        elif kind is expressions.ProductExpression:
            left, right = node.args
            if _is_constant(left):
                stack.append((factor * _number(left, owner), right))
            else:
                stack.append((factor * _number(right, owner), left))
        elif kind is expressions.DivisionExpression:
            stack.append((factor / _number(node.args[1], owner), node.args[0]))
        elif node.is_named_expression_type():
            stack.append((factor, node.args[0]))
        else:
            raise NotLinearError(f"{owner}: {node} is not linear")


def _is_constant(node: Any) -> bool:
    return not hasattr(node, "is_expression_type") or not node.is_potentially_variable()


def _number(node: Any, owner: Any) -> float:
    if not _is_constant(node):
        raise NotLinearError(f"{owner}: {node} is not linear")
    return float(pyo.value(node))
