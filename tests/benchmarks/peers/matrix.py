"""A linear program put together in blocks with numpy, and handed to highspy at once."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from tests.benchmarks.peers.shared import OPTIONS, Floats, Ints, Solved, timed


class Matrix:
    """A linear program under construction, in blocks of columns, rows and coefficients."""

    def __init__(self) -> None:
        self.cost: list[Floats] = []
        self.upper: list[Floats] = []
        self.limits: list[tuple[Floats, Floats]] = []
        self.entries: list[tuple[Ints, Ints, Floats]] = []
        self.width = self.height = 0

    def columns(self, cost: Any, upper: Any = np.inf) -> Ints:
        """Add a column for each cost, between zero and ``upper``; returns their numbers in the shape of the costs."""
        self.cost.append(np.ravel(cost))
        self.upper.append(np.broadcast_to(upper, np.shape(cost)).ravel())
        self.width += np.size(cost)
        return np.arange(self.width - np.size(cost), self.width, dtype=np.int32).reshape(np.shape(cost))

    def rows(self, lower: Any, upper: Any) -> Ints:
        """Add a row for each pair of limits; returns their numbers in the shape of ``upper``."""
        self.limits.append((np.broadcast_to(lower, np.shape(upper)).ravel(), np.ravel(upper)))
        self.height += np.size(upper)
        return np.arange(self.height - np.size(upper), self.height, dtype=np.int32).reshape(np.shape(upper))

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        """Add coefficients; shapes are broadcast."""
        row, column, value = np.broadcast_arrays(rows, columns, values)
        self.entries.append((row.ravel(), column.ravel(), value.ravel()))

    def finish(self) -> highspy.HighsLp:
        """The program by rows."""
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        self.entries.clear()
        order = np.argsort(row, kind="stable")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.width, self.height
        program.col_cost_, program.col_upper_ = np.concatenate(self.cost), np.concatenate(self.upper)
        program.col_lower_ = np.zeros(self.width)
        program.row_lower_, program.row_upper_ = (np.concatenate(part) for part in zip(*self.limits, strict=True))
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=self.height))))
        program.a_matrix_.index_, program.a_matrix_.value_ = column[order], value[order]
        return program


def engine() -> highspy.Highs:
    """HiGHS with the options of every peer."""
    highs = highspy.Highs()
    for name, value in OPTIONS.items():
        highs.setOptionValue(name, value)
    return highs


def solved(highs: highspy.Highs) -> Solved:
    """Solve what HiGHS holds."""
    with timed() as spent:
        highs.run()
    return Solved(highs.getObjectiveValue(), highs.getNumRow(), highs.getNumCol(), highs.getNumNz(), spent.seconds)
