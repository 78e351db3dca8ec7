"""The sourcing program in linopy, on labelled arrays. Run: ``python -m tests.benchmarks.peers.lino ARRAYS.npz``."""

from __future__ import annotations

from typing import Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from tests.benchmarks.peers.shared import OPTIONS, Arrays, Solved, report, timed_runs

linopy.options["semantics"] = "v1"
Index = dict[str, pd.RangeIndex]


def build(market: Arrays) -> linopy.Model:
    """The sourcing program."""
    model = linopy.Model()
    index = _coordinates(market)
    purchase, cost = _purchases(model, market, index)
    inside, holding = _stockpiles(model, market, index)
    served, harm = _demands(model, market, index)
    lead = _array(market.lead, "ms", index)
    arrived = sum(purchase.where(lead == months).shift(t=months).fillna(0).sum("s") for months in np.unique(market.lead))
    model.add_constraints(arrived + inside - served == 0, name="material_balance")
    objective = cost + holding + harm + (_projects(model, market, index, purchase) if market.size.size else 0)
    model.add_objective(objective)
    return model


def _coordinates(market: Arrays) -> Index:
    materials, suppliers, months = market.gated.shape
    lengths = {"m": materials, "s": suppliers, "t": months, "n": market.wanted.shape[1], "v": market.ramp.shape[2]}
    index = {name: pd.RangeIndex(length, name=name) for name, length in lengths.items()}
    return index | {"e": pd.RangeIndex(suppliers - market.size.shape[1], suppliers, name="e")}


def _array(values: Any, dimensions: str, index: Index) -> xr.DataArray:
    return xr.DataArray(values, dims=list(dimensions), coords={name: index[name] for name in dimensions})


def _over(dimensions: str, index: Index) -> list[pd.RangeIndex]:
    return [index[name] for name in dimensions]


def _purchases(model: linopy.Model, market: Arrays, index: Index) -> tuple[Any, Any]:
    """What is shipped, and its cost; the capacity of suppliers with a project stands with the projects."""
    purchase = model.add_variables(lower=0, coords=_over("mst", index), name="purchase")
    fixed = slice(len(index["s"]) - market.size.shape[1])
    model.add_constraints(purchase.isel(s=fixed) <= _array(market.capacity / 12, "ms", index).isel(s=fixed), name="supplier_capacity")
    model.add_constraints(purchase <= 0, mask=_array(market.gated, "mst", index), name="spot_gate")
    return purchase, (_array(market.unit_cost * market.discount, "mst", index) * purchase).sum()


def _stockpiles(model: linopy.Model, market: Arrays, index: Index) -> tuple[Any, Any]:
    """What stockpiles give and take, and the cost of holding them."""
    over = _over("mt", index)
    fill, draw, stock = (model.add_variables(lower=0, coords=over, name=name) for name in ("fill", "draw", "stock"))
    model.add_constraints(draw <= _array(market.draw, "m", index), name="draw_rate")
    before = np.zeros((len(index["m"]), len(index["t"])))
    before[:, 0] = market.initial
    model.add_constraints(stock - stock.shift(t=1).fillna(0) - fill + draw == _array(before, "mt", index), name="stock_balance")
    holding = _array(market.holding[:, None] / 12 * market.discount, "mt", index)
    return draw - fill, (holding * stock).sum()


def _demands(model: linopy.Model, market: Arrays, index: Index) -> tuple[Any, Any]:
    """What is served, and the harm of shortages."""
    serve, shortage = (model.add_variables(lower=0, coords=_over("mnt", index), name=name) for name in ("serve", "shortage"))
    model.add_constraints(serve + shortage == _array(market.wanted, "mnt", index), name="demand_balance")
    harm = _array(market.shortage[:, :, None] * market.discount, "mnt", index)
    return serve.sum("n"), (harm * shortage).sum()


def _projects(model: linopy.Model, market: Arrays, index: Index, purchase: Any) -> Any:
    """Commitments and the capacity they bring; returns their cost. Projects ``e`` carry the labels of their suppliers."""
    commit = model.add_variables(lower=0, coords=_over("mev", index), name="commit")
    available = model.add_variables(lower=0, coords=_over("met", index), mask=_array(market.grows, "met", index), name="available")
    ramp = _array(market.ramp, "mevt", index)
    growing = _array(market.grows, "met", index)
    model.add_constraints(available - (ramp * commit).sum("v") == 0, name="capacity_ramp", mask=growing)
    model.add_constraints(commit.sum("v") <= _array(market.size, "me", index), name="project_size")
    capacity = _array(market.capacity[:, index["e"]] / 12, "me", index)
    own = purchase.sel(s=index["e"]).rename(s="e")
    model.add_constraints(own - available.fillna(0) / 12 <= capacity, name="grown_capacity")
    capex = _array(market.capex, "me", index)
    if market.limited:
        year = _array(index["v"] // 12, "v", index).rename("year")
        model.add_constraints((capex * commit).sum(["m", "e"]).groupby(year).sum() <= float(market.budget), name="budget")
    fixed = _array(market.fixed[:, :, None] / 12 * market.discount, "met", index)
    return (capex * _array(market.decided, "v", index) * commit).sum() + (fixed * available).sum()


def solve(market: Arrays) -> Solved:
    """Build and solve a market."""
    model = build(market)
    with timed_runs() as spent:
        model.solve(solver_name="highs", io_api="direct", progress=False, **OPTIONS)
    highs = model.solver_model
    return Solved(float(model.objective.value), highs.getNumRow(), highs.getNumCol(), highs.getNumNz(), spent.seconds)


if __name__ == "__main__":
    report(solve)
