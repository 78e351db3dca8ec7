"""Lowers a linear Pyomo model to arrays, once, by walking its expressions.

Pyomo's general compilers handle any expression; this one handles the linear ones that the model consists of, in a
fraction of the time, and refuses anything else. A test holds it equal to ``LinearStandardFormCompiler``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

    @property
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
    columns, lowers, uppers, position = _variables(model)
    rows: list[Key] = []
    row_lower: list[float] = []
    row_upper: list[float] = []
    terms = _Terms(position)
    for component in model.component_objects(pyo.Constraint, active=True, descend_into=False):
        name = component.local_name
        for key, row in component.items():
            if row.active:
                low, high = terms.add_row(row.expr, name)
                rows.append((name, key))
                row_lower.append(low)
                row_upper.append(high)
    row_of, index, value = terms.merged(len(columns))
    lines = _objective_lines(model, position)
    cost, offset = _added_up(lines, len(columns))
    return LinearProgram(
        cost=cost,
        offset=offset,
        lower=np.array(lowers, dtype=np.float64),
        upper=np.array(uppers, dtype=np.float64),
        row_lower=np.array(row_lower, dtype=np.float64),
        row_upper=np.array(row_upper, dtype=np.float64),
        start=np.concatenate([[0], np.cumsum(np.bincount(row_of, minlength=len(rows)))]).astype(np.int32),
        index=index,
        value=value,
        columns=columns,
        rows=rows,
        groups=_groups(columns, counted_in or {}),
        lines=lines,
    )


class Relowering:
    """Lowers some rows and lines of a model anew, after its expressions were set to other numbers.

    Args:
        model: A model that was lowered and has kept its variables and rows.
        program: What it was lowered to.
    """

    def __init__(self, model: pyo.ConcreteModel, program: LinearProgram) -> None:
        self.model, self.program = model, program
        self.position = _variables(model)[3]

    def line(self, expression: Any, owner: str) -> Line:
        """An expression in the variables of the model, lowered."""
        return _line(expression, self.position, owner)

    def again(self, rows: Sequence[int], lines: Mapping[str, Line]) -> LinearProgram:
        """The program with what stands in the model now.

        Args:
            rows: Numbers of the rows that were set, in order.
            lines: What stands in the place of some expressions of the objective.

        Returns:
            The same arrays as lowering the whole model gives.
        """
        program, terms = self.program, _Terms(self.position)
        low, high = program.row_lower.copy(), program.row_upper.copy()
        for row in rows:
            name, key = program.rows[row]
            low[row], high[row] = terms.add_row(self.model.component(name)[key].expr, name)
        start, index, value = _spliced(program, rows, *terms.merged(program.shape[1]))
        told = {name: lines.get(name, line) for name, line in program.lines.items()}
        cost, offset = _added_up(told, program.shape[1])
        return replace(program, cost=cost, offset=offset, row_lower=low, row_upper=high, start=start, index=index, value=value, lines=told)


def weighted(lines: Sequence[Line], weights: Sequence[float]) -> Line:
    """A sum of multiples of lines, what stands in several of them added up."""
    columns, which = np.unique(np.concatenate([line.columns for line in lines]), return_inverse=True)
    values = np.bincount(which, weights=np.concatenate([weight * line.values for weight, line in zip(weights, lines, strict=True)]), minlength=len(columns))
    constant = sum(weight * line.constant for weight, line in zip(weights, lines, strict=True))
    return Line(constant, columns[values != 0].astype(np.int32), np.asarray(values[values != 0], dtype=np.float64))


def _spliced(program: LinearProgram, rows: Sequence[int], row_of: Integers, index: Integers, value: Floats) -> tuple[Integers, Integers, Floats]:
    """Start, column and value of the non-zeros with those of some rows replaced.

    Args:
        program: The rows as they were.
        rows: Rows that are replaced, in order.
        row_of: Place among them of each new non-zero.
        index: Its column.
        value: Its value.
    """
    counts = np.diff(program.start)
    replaced = np.zeros(len(counts), dtype=bool)
    replaced[list(rows)] = True
    kept = ~np.repeat(replaced, counts)
    counts[list(rows)] = np.bincount(row_of, minlength=len(rows))
    new = np.repeat(replaced, counts)
    columns, values = np.empty(len(new), dtype=np.int32), np.empty(len(new))
    columns[new], columns[~new] = index, program.index[kept]
    values[new], values[~new] = value, program.value[kept]
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), columns, values


def _added_up(lines: Mapping[str, Line], width: int) -> tuple[Floats, float]:
    """Cost by column, and the constant."""
    cost = np.zeros(width)
    for line in lines.values():
        cost[line.columns] += line.values
    return cost, sum(line.constant for line in lines.values())


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
    terms = _Terms(position)
    constant = terms.add(expression, 1.0, owner)
    terms.counts.append(len(terms.index))
    _, columns, values = terms.merged(len(position))
    return Line(constant, columns, values)


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
        self.value: list[float] = []
        self.counts: list[int] = [0]
        """Terms collected before each row."""

    def add_row(self, relation: Any, owner: str) -> tuple[float, float]:
        """Collect the terms of a relation; returns the lower and upper limit of what they add up to."""
        kind = relation.__class__
        low: float | None
        high: float | None
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

    def add(self, expression: Any, factor: float, owner: str) -> float:
        """Collect the terms of an expression, each times a factor; returns the constant that is left.

        Raises:
            NotLinearError: where a product, quotient or function of variables stands.
        """
        position, index, value = self.position, self.index, self.value
        constant = 0.0
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

    def merged(self, width: int) -> tuple[Integers, Integers, Floats]:
        """Row, column and value of each non-zero, in this order; what stands several times in a row is added up.

        Args:
            width: Number of columns.
        """
        row = np.repeat(np.arange(len(self.counts) - 1, dtype=np.int64), np.diff(self.counts))
        place = row * width + np.array(self.index, dtype=np.int64)
        unique, which = np.unique(place, return_inverse=True)
        value = np.bincount(which, weights=np.array(self.value, dtype=np.float64), minlength=len(unique))
        unique, value = unique[value != 0], value[value != 0]
        return (unique // max(width, 1)).astype(np.int32), (unique % max(width, 1)).astype(np.int32), np.asarray(value, dtype=np.float64)


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


def _bound(limit: Any, owner: str) -> float | None:
    return None if limit is None else _number(limit, owner)


def _is_constant(node: Any) -> bool:
    return not hasattr(node, "is_expression_type") or not node.is_potentially_variable()


def _number(node: Any, owner: Any) -> float:
    if not _is_constant(node):
        raise NotLinearError(f"{owner}: {node} is not linear")
    return float(pyo.value(node))
