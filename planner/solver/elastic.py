"""Programs that are more than they were: further columns, such as those that ease rows, further rows, and coefficients that move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.solver.lower import Floats, Key, LinearProgram


@dataclass(frozen=True)
class Slack:
    """A column that eases rows: how much one unit of it eases each, what it costs, and how large it may get."""

    key: Key
    eases: Mapping[int, float]
    cost: float
    upper: float = np.inf


@dataclass(frozen=True)
class Column:
    """A further column: its coefficient in each row, its cost, its bounds, and whose size it shares (-1: ordinary already)."""

    key: Key
    terms: Mapping[int, float]
    cost: float = 0.0
    lower: float = 0.0
    upper: float = np.inf
    group: int = -1


@dataclass(frozen=True)
class Row:
    """A further row: its coefficient for each column, and its sides."""

    key: Key
    terms: Mapping[int, float]
    lower: float = -np.inf
    upper: float = np.inf


def with_slacks(program: LinearProgram, slacks: Sequence[Slack], cost: Floats | None = None) -> LinearProgram:
    """The program with further columns that ease rows: an upper side rises, a lower side falls, an equation counts it on its left.

    Args:
        program: The program.
        slacks: Its further columns, each counted so that its values are near one.
        cost: Cost of the program's own columns; default none.
    """
    sign = np.where(np.isfinite(program.row_lower), 1.0, -1.0)
    # slacks are of ordinary size, and leave that of the program's own columns alone
    columns = [Column(slack.key, {row: sign[row] * step for row, step in slack.eases.items()}, slack.cost, upper=slack.upper) for slack in slacks]
    own = replace(program, cost=np.zeros(program.shape[1]) if cost is None else cost, offset=0.0, lines={})
    return with_columns(own, columns)


def with_columns(program: LinearProgram, columns: Sequence[Column]) -> LinearProgram:
    """The program with further columns, behind its own."""
    count = program.shape[1]
    places = [(row, count + j) for j, column in enumerate(columns) for row in column.terms]
    values = [value for column in columns for value in column.terms.values()]
    start, index, value = _merged(program, [row for row, _ in places], [column for _, column in places], values)
    return replace(
        program,
        cost=np.concatenate([program.cost, [column.cost for column in columns]]),
        lower=np.concatenate([program.lower, [column.lower for column in columns]]),
        upper=np.concatenate([program.upper, [column.upper for column in columns]]),
        start=start,
        index=index,
        value=value,
        columns=[*program.columns, *(column.key for column in columns)],
        groups=np.concatenate([program.groups, [column.group for column in columns]]).astype(np.int32),
    )


def with_rows(program: LinearProgram, rows: Sequence[Row]) -> LinearProgram:
    """The program with further rows, below its own."""
    count = program.shape[0]
    places = [(count + i, column) for i, row in enumerate(rows) for column in row.terms]
    values = [value for row in rows for value in row.terms.values()]
    taller = replace(
        program,
        row_lower=np.concatenate([program.row_lower, [row.lower for row in rows]]),
        row_upper=np.concatenate([program.row_upper, [row.upper for row in rows]]),
        start=np.concatenate([program.start, np.full(len(rows), program.start[-1])]).astype(np.int32),
        rows=[*program.rows, *(row.key for row in rows)],
    )
    start, index, value = _merged(taller, [row for row, _ in places], [column for _, column in places], values)
    return replace(taller, start=start, index=index, value=value)


def with_added(program: LinearProgram, entries: Mapping[tuple[int, int], float]) -> LinearProgram:
    """The program with numbers added to some coefficients, by (row, column)."""
    rows, columns = [row for row, _ in entries], [column for _, column in entries]
    start, index, value = _merged(program, rows, columns, list(entries.values()))
    return replace(program, start=start, index=index, value=value)


def _merged(program: LinearProgram, rows: Sequence[int], columns: Sequence[int], values: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrix by rows with further entries; those at one place are added up."""
    width = max([program.shape[1], *(column + 1 for column in columns)])
    all_rows = np.concatenate([program.row_of, np.array(rows, dtype=np.int64)])
    place = all_rows.astype(np.int64) * width + np.concatenate([program.index, np.array(columns, dtype=np.int64)])
    places, where = np.unique(place, return_inverse=True)
    summed = np.bincount(where, weights=np.concatenate([program.value, np.array(values, dtype=float)]), minlength=len(places))
    kept = summed != 0
    places, summed = places[kept], summed[kept]
    start = np.concatenate([[0], np.cumsum(np.bincount(places // width, minlength=program.shape[0]))]).astype(np.int32)
    return start, (places % width).astype(np.int32), summed
