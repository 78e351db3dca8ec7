"""A basis to start from, put together from the pieces into which a program falls when the rows that add up over everything are left out.

A budget over all materials makes one program of many that are solved much faster one by one. Each piece's optimal basis, with the rows
left out as basic, is a basis of the whole that keeps every reduced cost, so the dual simplex method only has to mend those few rows.
The whole is still solved to its own optimum: a start takes time or saves it, and changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import highspy
import numpy as np
import numpy.typing as npt

from planner.solver.components import components
from planner.solver.engine import Basis, Engine, Option
from planner.solver.lower import Flags, Integers, LinearProgram

COMMON = frozenset({"budget", "max_emissions", "stock_limit", "route_capacity"})
"""Constraints that may add up over what has nothing else in common."""
TOGETHER = 2_000
"""Columns up to which pieces are solved together."""

Places = npt.NDArray[np.int64]


def basis_of_pieces(program: LinearProgram, options: Mapping[str, Option]) -> Basis:
    """A basis for the whole from optima of its pieces.

    Args:
        program: A program in internal units, with the names of its rows.
        options: HiGHS options for pieces.
    """
    columns = np.full(program.shape[1], highspy.HighsBasisStatus.kLower, dtype=object)
    rows = np.full(program.shape[0], highspy.HighsBasisStatus.kBasic, dtype=object)
    for own_columns, own_rows, piece in pieces(program, common(program)):
        engine = Engine(piece, options)
        engine.run()
        basis = engine.basis()
        columns[own_columns], rows[own_rows] = basis.columns, basis.rows
    return Basis(columns=columns, rows=rows)


def in_pieces(program: LinearProgram) -> Iterator[LinearProgram]:
    """The program of each piece."""
    return (piece for _, _, piece in pieces(program, common(program)))


def common(program: LinearProgram) -> Flags:
    """Rows that may link what has nothing else in common."""
    return np.array([name in COMMON for name, _ in program.rows])


def pieces(program: LinearProgram, without: Flags) -> Iterator[tuple[Places, Places, LinearProgram]]:
    """Columns, rows and program of each piece that is left without some rows; small ones together."""
    kept = ~without[program.row_of]
    row, index, value = program.row_of[kept], program.index[kept], program.value[kept]
    of_column, of_row = _numbers(replace(program, start=_starts(row, program.shape[0]), index=index, value=value), without)
    inside = _sorted(of_row[row])
    place = np.empty(max(program.shape), dtype=np.int32)
    for columns, rows, entries in zip(_sorted(of_column), _sorted(of_row), inside, strict=True):
        place[rows] = np.arange(len(rows))
        start = _starts(place[row[entries]], len(rows))
        place[columns] = np.arange(len(columns))
        yield columns, rows, replace(
            program,
            cost=program.cost[columns], lower=program.lower[columns], upper=program.upper[columns],
            row_lower=program.row_lower[rows], row_upper=program.row_upper[rows],
            start=start, index=place[index[entries]], value=value[entries],
            columns=[], rows=[], groups=program.groups[columns], lines={}, offset=0.0,
        )  # fmt: skip


def _numbers(rest: LinearProgram, without: Flags) -> tuple[Integers, Integers]:
    """Piece of each column and row, counted from 0; -1 for rows that are left out."""
    of_column, of_row = components(rest)
    sizes = np.bincount(of_column, minlength=int(of_row.max(initial=0)) + 1)
    _, packed = np.unique((np.cumsum(sizes) - sizes) // TOGETHER, return_inverse=True)
    return packed[of_column].astype(np.int32), np.where(without, -1, packed[of_row]).astype(np.int32)


def _sorted(numbers: Integers) -> list[Places]:
    """Where each number from 0 on stands, in order."""
    order = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[order], range(int(numbers.max(initial=-1)) + 2))
    return [order[first:last] for first, last in pairwise(ends)]


def _starts(rows: Integers, count: int) -> Integers:
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int32)
