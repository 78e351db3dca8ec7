"""The sourcing program as a matrix, put together with numpy and handed to highspy at once; or a matrix that is read from an .mps file.

Run: ``python -m tests.benchmarks.peers.raw ARRAYS.npz`` or ``... MODEL.mps``.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import highspy
import numpy as np

from tests.benchmarks.peers.shared import OPTIONS, Arrays, Floats, Ints, Solved, report


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
        return np.arange(self.width - np.size(cost), self.width).reshape(np.shape(cost))

    def rows(self, lower: Any, upper: Any) -> Ints:
        """Add a row for each pair of limits; returns their numbers in the shape of ``upper``."""
        self.limits.append((np.broadcast_to(lower, np.shape(upper)).ravel(), np.ravel(upper)))
        self.height += np.size(upper)
        return np.arange(self.height - np.size(upper), self.height).reshape(np.shape(upper))

    def put(self, rows: Any, columns: Any, values: Any) -> None:
        """Add coefficients; shapes are broadcast."""
        row, column, value = np.broadcast_arrays(rows, columns, values)
        self.entries.append((row.ravel(), column.ravel(), value.ravel()))

    def finish(self) -> highspy.HighsLp:
        """The program by rows."""
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
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


def build(market: Arrays) -> highspy.HighsLp:
    """The sourcing program."""
    matrix = Matrix()
    balance = _balances(matrix, market)
    m, s, t = np.nonzero(market.open)
    purchase = matrix.columns(market.unit_cost[m, s, t] * market.discount[t], _bounds(market)[m, s])
    matrix.put(balance[m, t + market.lead[m, s]], purchase, 1.0)
    _projects(matrix, market, purchase, (m, s, t))
    return matrix.finish()


def _bounds(market: Arrays) -> Floats:
    """[m, s] what suppliers without a project can ship in a month [units]; the others are bounded by rows."""
    bounds = market.capacity / 12
    bounds[:, bounds.shape[1] - market.size.shape[1] :] = np.inf
    return bounds


def _balances(matrix: Matrix, market: Arrays) -> Ints:
    """Demands, stockpiles and the rows where they meet; returns the numbers of those rows [m, t]."""
    materials, _, months = market.wanted.shape
    everywhere = np.zeros((materials, months))
    balance = matrix.rows(0.0, everywhere)
    serve = matrix.columns(np.zeros_like(market.wanted))
    shortage = matrix.columns(market.shortage[:, :, None] * market.discount)
    wanted = matrix.rows(market.wanted, market.wanted)
    matrix.put(wanted, serve, 1.0)
    matrix.put(wanted, shortage, 1.0)
    matrix.put(balance[:, None, :], serve, -1.0)
    fill = matrix.columns(everywhere)
    draw = matrix.columns(everywhere, market.draw[:, None])
    stock = matrix.columns(market.holding[:, None] / 12 * market.discount)
    before = everywhere.copy()
    before[:, 0] = market.initial
    level = matrix.rows(before, before)
    for block, sign in ((stock, 1.0), (fill, -1.0), (draw, 1.0)):
        matrix.put(level, block, sign)
    matrix.put(level[:, 1:], stock[:, :-1], -1.0)
    matrix.put(balance, fill, -1.0)
    matrix.put(balance, draw, 1.0)
    return balance


def _projects(matrix: Matrix, market: Arrays, purchase: Ints, place: tuple[Ints, Ints, Ints]) -> None:
    """Commitments, the capacity they bring, and the purchases it bounds."""
    m, s, t = place
    first = market.capacity.shape[1] - market.size.shape[1]
    grows = market.grows
    commit = matrix.columns(market.capex[:, :, None] * market.decided)
    available = np.full(grows.shape, -1)
    available[grows] = matrix.columns((market.fixed[:, :, None] / 12 * market.discount)[grows])
    ramp = np.full(grows.shape, -1)
    ramp[grows] = matrix.rows(0.0, np.zeros(grows.sum()))
    matrix.put(ramp[grows], available[grows], 1.0)
    a, e, v, u = np.nonzero(market.ramp)
    matrix.put(ramp[a, e, u], commit[a, e, v], -market.ramp[a, e, v, u])
    matrix.put(matrix.rows(-np.inf, market.size)[:, :, None], commit, 1.0)
    own = s >= first
    capacity = matrix.rows(-np.inf, market.capacity[m[own], s[own]] / 12)
    matrix.put(capacity, purchase[own], 1.0)
    found = available[m[own], s[own] - first, t[own]]
    matrix.put(capacity[found >= 0], found[found >= 0], -1 / 12)
    if market.limited:
        year = np.arange(commit.shape[2]) // 12
        budget = matrix.rows(-np.inf, np.full(year.max() + 1, market.budget))
        matrix.put(budget[year], commit, market.capex[:, :, None])


def _solve(highs: highspy.Highs) -> Solved:
    highs.run()
    return Solved(highs.getObjectiveValue(), highs.getNumRow(), highs.getNumCol(), highs.getNumNz(), highs.getRunTime())


def _engine() -> highspy.Highs:
    highs = highspy.Highs()
    for name, value in OPTIONS.items():
        highs.setOptionValue(name, value)
    return highs


def solve(market: Arrays) -> Solved:
    """Build and solve a market."""
    highs = _engine()
    highs.passModel(build(market))
    return _solve(highs)


def solve_file(path: str) -> None:
    """Solve a matrix from a file, and print one line of JSON; ``read_seconds`` of CPU went into reading it."""
    highs = _engine()
    started = time.process_time()
    highs.readModel(path)
    seconds = time.process_time() - started
    print(json.dumps({**vars(_solve(highs)), "read_seconds": seconds}))


if __name__ == "__main__":
    if sys.argv[1].endswith(".mps"):
        solve_file(sys.argv[1])
    else:
        report(solve)
