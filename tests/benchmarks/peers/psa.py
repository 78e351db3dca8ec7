"""The part of the sourcing program that PyPSA states: a bare market. Run: ``python -m tests.benchmarks.peers.psa ARRAYS.npz``.

Buses are materials, generators are suppliers and (at the cost of shortage) demands that run short, storage units are stockpiles, and
power is units a month. A delay between commitment and capacity that depends on the month of the commitment has no counterpart: PyPSA
fixes the year a component is built in beforehand, and one component for each project and month of decision would be another program.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pypsa

from tests.benchmarks.peers.shared import OPTIONS, Arrays, Floats, Solved, report, timed_runs


def build(market: Arrays) -> pypsa.Network:
    """The network of a bare market."""
    if market.size.size or market.lead.any():
        raise SystemExit("only bare markets can be stated")
    network = pypsa.Network(snapshots=range(len(market.discount)))
    network.snapshot_weightings["objective"] = market.discount
    buses = pd.Index([f"m{m}" for m in range(len(market.capacity))])
    network.add("Bus", buses)
    _add_suppliers(network, market, buses)
    _add_demands(network, market, buses)
    network.add(
        "StorageUnit",
        buses,
        suffix=" stockpile",
        bus=buses,
        p_nom=market.draw,
        p_min_pu=-market.wanted.sum(axis=(1, 2)) / market.draw,  # filling has no limit
        max_hours=1e6,  # nor has the level
        state_of_charge_initial=market.initial,
        marginal_cost_storage=market.holding / 12,
    )
    return network


def _add_suppliers(network: pypsa.Network, market: Arrays, buses: pd.Index) -> None:
    names = _names(buses, market.capacity.shape[1], "s")
    network.add(
        "Generator",
        names,
        bus=np.repeat(buses, market.capacity.shape[1]),
        p_nom=market.capacity.ravel() / 12,
        p_max_pu=_series(network, market.open.astype(float), names),
        marginal_cost=_series(network, market.unit_cost, names),
    )


def _add_demands(network: pypsa.Network, market: Arrays, buses: pd.Index) -> None:
    names, size = _names(buses, market.wanted.shape[1], "d"), market.wanted.max(axis=2)
    own = np.repeat(buses, market.wanted.shape[1])
    network.add("Load", names, bus=own, p_set=_series(network, market.wanted, names))
    short = names + " short"
    share = _series(network, market.wanted / size[:, :, None], short)
    network.add("Generator", short, bus=own, p_nom=size.ravel(), p_max_pu=share, marginal_cost=market.shortage.ravel())


def _names(buses: pd.Index, count: int, letter: str) -> pd.Index:
    return pd.Index([f"{bus} {letter}{place}" for bus in buses for place in range(count)])


def _series(network: pypsa.Network, values: Floats, names: pd.Index) -> pd.DataFrame:
    """Snapshots by names, from an array that ends in months."""
    return pd.DataFrame(values.reshape(-1, values.shape[-1]).T, index=network.snapshots, columns=names)


def solve(market: Arrays) -> Solved:
    """Build and solve a bare market."""
    logging.disable(logging.WARNING)
    network = build(market)
    network.optimize.create_model(include_objective_constant=False)
    with timed_runs() as spent:
        network.optimize.solve_model(solver_name="highs", solver_options=dict(OPTIONS), io_api="direct")
    highs = network.model.solver_model
    return Solved(float(network.objective), highs.getNumRow(), highs.getNumCol(), highs.getNumNz(), spent.seconds)


if __name__ == "__main__":
    report(solve)
