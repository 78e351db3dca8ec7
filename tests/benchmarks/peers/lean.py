"""The sourcing program as a specialist writes it: capacities as bounds where they can be, and no purchase that cannot be made.

It has the optimum of the program that all others state in full, but no price for a capacity, a cutoff or a rate.
Run: ``python -m tests.benchmarks.peers.lean ARRAYS.npz``.
"""

from __future__ import annotations

import highspy
import numpy as np

from tests.benchmarks.peers.matrix import Matrix, engine, solved
from tests.benchmarks.peers.shared import Arrays, Floats, Ints, Solved, report


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


def solve(market: Arrays) -> Solved:
    """Build and solve a market."""
    highs = engine()
    highs.passModel(build(market))
    return solved(highs)


if __name__ == "__main__":
    report(solve)
