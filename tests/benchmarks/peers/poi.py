"""The sourcing program in PyOptInterface, in loops. Run: ``python -m tests.benchmarks.peers.poi ARRAYS.npz``."""

from __future__ import annotations

import ctypes
from itertools import product
from pathlib import Path
from typing import Any

import highspy
import pyoptinterface as poi
from pyoptinterface import highs

from tests.benchmarks.peers.shared import OPTIONS, Arrays, Solved, report, timed

Variables = dict[tuple[int, ...], Any]


class Program:
    """A model whose objective is collected variable by variable."""

    def __init__(self) -> None:
        self.model = highs.Model()
        for name, value in OPTIONS.items():
            self.model.set_raw_parameter(name, value)
        self.cost = poi.ExprBuilder()

    def priced(self, price: float) -> Any:
        """A variable that is not negative and costs ``price`` a unit."""
        variable = self.model.add_variable(lb=0.0)
        self.cost.add_affine_term(variable, price)
        return variable


def build(market: Arrays) -> highs.Model:
    """The sourcing program, material by material."""
    program = Program()
    commits: Variables = {}
    for m in range(len(market.capacity)):
        arrivals = _purchases(program, market, m, _projects(program, market, m, commits))
        _balances(program, market, m, arrivals)
    if market.limited:
        for year in range(market.ramp.shape[2] // 12):
            spent = poi.quicksum(market.capex[m, e] * commit for (m, e, v), commit in commits.items() if v // 12 == year)
            program.model.add_linear_constraint(spent, poi.Leq, float(market.budget))
    program.model.set_objective(program.cost, poi.ObjectiveSense.Minimize)
    return program.model


def _projects(program: Program, market: Arrays, m: int, commits: Variables) -> Variables:
    """Commitments of one material, added to ``commits``; returns the capacity they bring, [e, t]."""
    model = program.model
    _, projects, window, months = market.ramp.shape
    decided, discount, available = market.decided.tolist(), market.discount.tolist(), Variables()
    for e in range(projects):
        capex, fixed = float(market.capex[m, e]), float(market.fixed[m, e])
        own = [program.priced(capex * decided[v]) for v in range(window)]
        commits.update({(m, e, v): commit for v, commit in enumerate(own)})
        model.add_linear_constraint(poi.quicksum(own), poi.Leq, float(market.size[m, e]))
        ramp = market.ramp[m, e].T.tolist()
        for t in range(months):
            if any(ramp[t]):
                available[e, t] = program.priced(fixed / 12 * discount[t])
                brought = poi.quicksum(share * commit for share, commit in zip(ramp[t], own, strict=True) if share)
                model.add_linear_constraint(available[e, t] - brought, poi.Eq, 0.0)
    return available


def _purchases(program: Program, market: Arrays, m: int, available: Variables) -> dict[int, list[Any]]:
    """Purchases of one material; returns those that arrive in each month."""
    model = program.model
    suppliers, months = market.gated.shape[1:]
    first = suppliers - market.size.shape[1]
    arrivals: dict[int, list[Any]] = {t: [] for t in range(months)}
    cost = (market.unit_cost[m] * market.discount).tolist()
    capacity, lead, gated = (market.capacity[m] / 12).tolist(), market.lead[m].tolist(), market.gated[m].tolist()
    for s, t in product(range(suppliers), range(months)):
        purchase = program.priced(cost[s][t])
        added = available.get((s - first, t))
        model.add_linear_constraint(purchase if added is None else purchase - added / 12, poi.Leq, capacity[s])
        if gated[s][t]:
            model.add_linear_constraint(purchase, poi.Leq, 0.0)
        if t + lead[s] < months:
            arrivals[t + lead[s]].append(purchase)
    return arrivals


def _balances(program: Program, market: Arrays, m: int, arrivals: dict[int, list[Any]]) -> None:
    """Stockpile and demands of one material, and the rows where they meet arrivals."""
    model = program.model
    _, demands, months = market.wanted.shape
    wanted, discount = market.wanted[m].tolist(), market.discount.tolist()
    harm, holding, limit = market.shortage[m].tolist(), float(market.holding[m]) / 12, float(market.draw[m])
    before: Any = float(market.initial[m])
    for t in range(months):
        fill, draw = model.add_variable(lb=0.0), model.add_variable(lb=0.0)
        model.add_linear_constraint(draw, poi.Leq, limit)
        stock = program.priced(holding * discount[t])
        model.add_linear_constraint(stock - before - fill + draw, poi.Eq, 0.0)
        before = stock
        serve = [model.add_variable(lb=0.0) for _ in range(demands)]
        for n in range(demands):
            shortage = program.priced(harm[n] * discount[t])
            model.add_linear_constraint(serve[n] + shortage, poi.Eq, wanted[n][t])
        model.add_linear_constraint(poi.quicksum(arrivals[t]) + draw - fill - poi.quicksum(serve), poi.Eq, 0.0)


def _load_highs() -> ctypes.CDLL:
    """Use the HiGHS that highspy brings."""
    library = next(Path(highspy.__file__).parent.glob("libhighs*"))
    if not highs.load_library(str(library)):
        raise SystemExit(f"cannot load {library}")
    return ctypes.CDLL(str(library))


def solve(market: Arrays) -> Solved:
    """Build and solve a market."""
    library = _load_highs()
    model = build(market)
    with timed() as spent:
        model.optimize()
    objective = model.get_model_attribute(poi.ModelAttribute.ObjectiveValue)
    return Solved(objective, model.getnumrow(), model.getnumcol(), _nonzeros(library, model), spent.seconds)


def _nonzeros(library: ctypes.CDLL, model: highs.Model) -> int:
    """What HiGHS holds; PyOptInterface does not tell."""
    name, address, capsule = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer, model.get_raw_model()
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(library.Highs_getNumNz(ctypes.c_void_p(address(capsule, name(capsule)))))


if __name__ == "__main__":
    report(solve)
