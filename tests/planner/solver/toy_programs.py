"""Small programs in array form for the tests of the solve path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from planner.solver.lower import Line, LinearProgram

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
FREE = np.inf


def program(
    cost: Sequence[float],
    matrix: Sequence[Sequence[float]],
    rows: Sequence[tuple[float, float]],
    bounds: Sequence[tuple[float, float]] | None = None,
    groups: Sequence[int] | None = None,
    offset: float = 0.0,
) -> LinearProgram:
    """A program from a dense matrix; zeros are left out, bounds default to zero and above."""
    dense = np.array(matrix, dtype=float).reshape(len(rows), len(cost))
    bounds = bounds or [(0.0, FREE)] * len(cost)
    where = [np.flatnonzero(row) for row in dense]
    return LinearProgram(
        cost=np.array(cost, dtype=float),
        offset=offset,
        lower=np.array([low for low, _ in bounds], dtype=float),
        upper=np.array([high for _, high in bounds], dtype=float),
        row_lower=np.array([low for low, _ in rows], dtype=float),
        row_upper=np.array([high for _, high in rows], dtype=float),
        start=np.cumsum([0, *(len(part) for part in where)]).astype(np.int32),
        index=np.concatenate([np.zeros(0, dtype=int), *where]).astype(np.int32),
        value=np.concatenate([np.zeros(0), *(row[part] for row, part in zip(dense, where, strict=True))]),
        columns=[("x", position) for position in range(len(cost))],
        rows=[("row", position) for position in range(len(rows))],
        groups=np.array(groups if groups is not None else [0] * len(cost), dtype=np.int32),
        lines={"cost": Line(offset, np.arange(len(cost), dtype=np.int32), np.array(cost, dtype=float))},
    )


def transport(money: float = 1.0, quantity: float = 1.0) -> LinearProgram:
    """Three suppliers, three users: nine variables, as in stack-facts 0.1. ``money`` and ``quantity`` are sizes of the units.

    Supply 40, 50, 60 and demand 30, 45, 55. Costs (8 7 10), (9 12 13), (14 9 16): the optimum ships
    40 from the first to the third, 30 from the second to the first and 15 to the third, 45 from the third to the second:
    40·10 + 30·9 + 15·13 + 45·9 = 1270; no other plan is as cheap, and no basic amount is zero, so that the duals are unique too.
    """
    cost = [8.0, 7.0, 10.0, 9.0, 12.0, 13.0, 14.0, 9.0, 16.0]
    out = [[float(column // 3 == i) for column in range(9)] for i in range(3)]
    into = [[float(column % 3 == j) for column in range(9)] for j in range(3)]
    rows = [(-FREE, 40.0), (-FREE, 50.0), (-FREE, 60.0), (30.0, 30.0), (45.0, 45.0), (55.0, 55.0)]
    return program([money * c / quantity for c in cost], out + into, [(low * quantity, high * quantity) for low, high in rows])


TRANSPORT_OPTIMUM = 1270.0
TRANSPORT_PLAN = [0.0, 0.0, 40.0, 30.0, 0.0, 15.0, 0.0, 45.0, 0.0]


def random_program(seed: int, rows: int = 5, columns: int = 7) -> LinearProgram:
    """A bounded feasible program with three groups of columns: random rows that a random point keeps, and a limit for each group.

    As in the model, each group has a row of its own, from which it takes its size.
    """
    random = np.random.default_rng(seed)
    matrix = np.round(random.uniform(0.1, 5, (rows, columns)) * (random.random((rows, columns)) < 0.6), 2)
    point = np.round(random.uniform(0, 10, columns), 1)
    activity = matrix @ point
    sides: list[tuple[float, float]] = []
    for i, value in enumerate(activity):
        sides.append([(value, FREE), (-FREE, value + 1), (value, value), (value - 2, value + 2)][i % 4])
    cost = np.round(random.uniform(1, 20, columns), 2)
    groups = np.arange(columns) % 3
    limits = [(groups == group).astype(float) for group in range(3)]
    sides += [(-FREE, float(limit @ point) + 5) for limit in limits]
    return program(cost.tolist(), np.vstack([matrix, *limits]).tolist(), sides, [(0.0, 20.0)] * columns, groups=groups.tolist())


def staircase(steps: int) -> LinearProgram:
    """A long chain of stock, purchases and demand with random numbers: takes HiGHS seconds from some thousand steps on."""
    random = np.random.default_rng(1)
    width = 12
    columns = steps * width
    entry_rows: list[Integers] = []
    entry_columns: list[Integers] = []
    entry_values: list[Floats] = []
    position = np.arange(steps * width)
    # row block 1: level, purchases and use of neighbouring steps, densely mixed
    for shift in (0, 1, width, width + 3, 5 * width):
        valid = position + shift < columns
        entry_rows.append(position[valid])
        entry_columns.append(position[valid] + shift)
        entry_values.append(random.uniform(0.1, 3, int(valid.sum())))
    rows, places, values = np.concatenate(entry_rows), np.concatenate(entry_columns), np.concatenate(entry_values)
    order = np.argsort(rows, kind="stable")
    count = steps * width
    return LinearProgram(
        cost=random.uniform(1, 10, columns),
        offset=0.0,
        lower=np.zeros(columns),
        upper=np.full(columns, 50.0),
        row_lower=random.uniform(1, 9, count),
        row_upper=np.full(count, FREE),
        start=np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int32),
        index=places[order].astype(np.int32),
        value=values[order],
        columns=[("x", i) for i in range(columns)],
        rows=[("row", i) for i in range(count)],
        groups=np.zeros(columns, dtype=np.int32),
        lines={},
    )
