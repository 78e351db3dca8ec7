"""Programs with rows that may give way: further columns that ease rows, and coefficients that move."""

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


def with_slacks(program: LinearProgram, slacks: Sequence[Slack], cost: Floats | None = None) -> LinearProgram:
    """The program with further columns that ease rows: an upper side rises, a lower side falls, an equation counts it on its left.

    Args:
        program: The program.
        slacks: Its further columns, each counted so that its values are near one.
        cost: Cost of the program's own columns; default none.
    """
    count = program.shape[1]
    rows = [row for slack in slacks for row in slack.eases]
    columns = [count + j for j, slack in enumerate(slacks) for _ in slack.eases]
    upper_only = ~np.isfinite(program.row_lower)
    values = [(-1.0 if upper_only[row] else 1.0) * step for slack in slacks for row, step in slack.eases.items()]
    start, index, value = _merged(program, rows, columns, values)
    return replace(
        program,
        cost=np.concatenate([np.zeros(count) if cost is None else cost, [slack.cost for slack in slacks]]),
        offset=0.0,
        lower=np.concatenate([program.lower, np.zeros(len(slacks))]),
        upper=np.concatenate([program.upper, [slack.upper for slack in slacks]]),
        start=start,
        index=index,
        value=value,
        columns=[*program.columns, *(slack.key for slack in slacks)],
        # slacks are of ordinary size, and leave that of the program's own columns alone
        groups=np.concatenate([program.groups, np.full(len(slacks), -1)]).astype(np.int32),
        lines={},
    )


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
