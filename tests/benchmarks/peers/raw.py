"""The sourcing program as a matrix, in full; or a matrix that is read from an .mps file.

Run: ``python -m tests.benchmarks.peers.raw ARRAYS.npz`` or ``... MODEL.mps``. Blocks and rows are named as in models/README.md.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass

import highspy
import numpy as np

from tests.benchmarks.peers.matrix import Matrix, engine, solved
from tests.benchmarks.peers.shared import Arrays, Ints, Solved, report


@dataclass(frozen=True)
class Flows:
    """Numbers of the columns that meet in material balances."""

    purchase: Ints
    """[m, s, t]"""
    serve: Ints
    """[m, n, t]"""
    fill: Ints
    """[m, t]"""
    draw: Ints
    """[m, t]"""


def build(market: Arrays) -> highspy.HighsLp:
    """The sourcing program."""
    matrix = Matrix()
    available = _projects(matrix, market)
    flows = Flows(_suppliers(matrix, market, available), _demands(matrix, market), *_stockpiles(matrix, market))
    _balances(matrix, market, flows)
    return matrix.finish()


def _projects(matrix: Matrix, market: Arrays) -> Ints:
    """Commitments and the capacity they bring; returns its columns [m, e, t], -1 where there cannot be any."""
    grows = market.grows
    commit = matrix.columns(market.capex[:, :, None] * market.decided)
    available: Ints = np.full(grows.shape, -1)
    capacity_ramp: Ints = np.full(grows.shape, -1)
    available[grows] = matrix.columns((market.fixed[:, :, None] / 12 * market.discount)[grows])
    capacity_ramp[grows] = matrix.rows(0.0, np.zeros(grows.sum()))
    matrix.put(capacity_ramp[grows], available[grows], 1.0)
    m, e, v, t = np.nonzero(market.ramp)
    matrix.put(capacity_ramp[m, e, t], commit[m, e, v], -market.ramp[m, e, v, t])
    project_size = matrix.rows(-np.inf, market.size)
    matrix.put(project_size[:, :, None], commit, 1.0)
    if market.limited:
        year = np.arange(commit.shape[2]) // 12
        budget = matrix.rows(-np.inf, np.full(year.max() + 1, market.budget))
        matrix.put(budget[year], commit, market.capex[:, :, None])
    return available


def _suppliers(matrix: Matrix, market: Arrays, available: Ints) -> Ints:
    """Purchases [m, s, t], the capacity they use, and the cutoff."""
    purchase = matrix.columns(market.unit_cost * market.discount)
    supplier_capacity = matrix.rows(-np.inf, np.repeat(market.capacity[:, :, None] / 12, purchase.shape[2], axis=2))
    matrix.put(supplier_capacity, purchase, 1.0)
    added = available >= 0
    matrix.put(supplier_capacity[:, purchase.shape[1] - available.shape[1] :][added], available[added], -1 / 12)
    spot_gate = matrix.rows(-np.inf, np.zeros(market.gated.sum()))
    matrix.put(spot_gate, purchase[market.gated], 1.0)
    return purchase


def _demands(matrix: Matrix, market: Arrays) -> Ints:
    """What is served [m, n, t], and what is short."""
    serve = matrix.columns(np.zeros_like(market.wanted))
    shortage = matrix.columns(market.shortage[:, :, None] * market.discount)
    demand_balance = matrix.rows(market.wanted, market.wanted)
    matrix.put(demand_balance, serve, 1.0)
    matrix.put(demand_balance, shortage, 1.0)
    return serve


def _stockpiles(matrix: Matrix, market: Arrays) -> tuple[Ints, Ints]:
    """What is put into stockpiles, and what is taken from them [m, t]."""
    everywhere = np.zeros((len(market.initial), len(market.discount)))
    fill, draw = matrix.columns(everywhere), matrix.columns(everywhere)
    stock = matrix.columns(market.holding[:, None] / 12 * market.discount)
    matrix.put(matrix.rows(-np.inf, np.repeat(market.draw[:, None], draw.shape[1], axis=1)), draw, 1.0)
    before = everywhere.copy()
    before[:, 0] = market.initial
    stock_balance = matrix.rows(before, before)
    for block, sign in ((stock, 1.0), (fill, -1.0), (draw, 1.0)):
        matrix.put(stock_balance, block, sign)
    matrix.put(stock_balance[:, 1:], stock[:, :-1], -1.0)
    return fill, draw


def _balances(matrix: Matrix, market: Arrays, flows: Flows) -> None:
    """What arrives or is drawn is served or put into store."""
    material_balance = matrix.rows(0.0, np.zeros(flows.fill.shape))
    m, s, t = np.nonzero(market.arrives)
    matrix.put(material_balance[m, t + market.lead[m, s]], flows.purchase[m, s, t], 1.0)
    matrix.put(material_balance, flows.draw, 1.0)
    matrix.put(material_balance, flows.fill, -1.0)
    matrix.put(material_balance[:, None, :], flows.serve, -1.0)


def solve(market: Arrays) -> Solved:
    """Build and solve a market."""
    highs = engine()
    highs.passModel(build(market))
    return solved(highs)


def solve_file(path: str) -> None:
    """Solve a matrix from a file, and print one line of JSON; ``read_seconds`` of CPU went into reading it."""
    highs = engine()
    started = time.process_time()
    highs.readModel(path)
    seconds = time.process_time() - started
    print(json.dumps({**vars(solved(highs)), "read_seconds": seconds}))


if __name__ == "__main__":
    if sys.argv[1].endswith(".mps"):
        solve_file(sys.argv[1])
    else:
        report(solve)
