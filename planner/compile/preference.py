"""Which of many plans of equal cost is taken: serve earliest, keep more stock, buy from the less risky first, then order of ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from planner.noise import noise
from planner.scenario.schema import Scenario
from sourcing_lp.data import SourcingData

Integers = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]
Column = tuple[str, Any]


def preferences(scenario: Scenario, data: SourcingData, columns: Sequence[Column], component: Integers) -> list[tuple[str, Weights]]:
    """What to minimise among plans of equal cost, in order of rank.

    Args:
        scenario: The scenario.
        data: What it compiles to.
        columns: (variable, index) of each column of the program.
        component: Connected component of each column.

    Returns:
        (name, a weight for each column, in the solver's internal units, which make materials comparable).
    """
    position = {t: place for place, t in enumerate(data.time.periods)}
    risks = supplier_risks(scenario, data)
    early, stock, risk = (np.zeros(len(columns)) for _ in range(3))
    for j, (name, index) in enumerate(columns):
        if name == "shortage":
            early[j] = 2 - position[index[-1]] / len(position)
        elif name == "stock":
            stock[j] = -data.time.years[index[-1]]
        elif name == "purchase":
            risk[j] = risks[index[0]]
        elif name == "lift":
            risk[j] = risks[data.contracts.supplier[index[0]]]
    return [("serve earliest", early), ("keep more stock", stock), ("less risky first", risk), ("order of ids", _order(columns, position, component))]


def supplier_risks(scenario: Scenario, data: SourcingData) -> dict[str, float]:
    """What may go wrong with each supplier, from what the scenario itself says; 0 is safe.

    The mean part of its capacity that events take or close over the horizon, and the part of all capacity for the material
    that its origin holds: what sits in one place fails together.
    """
    years = sum(data.time.years.values())
    closed = dict.fromkeys(scenario.suppliers, 0.0)
    holds: dict[tuple[str, str | None], float] = {}
    whole: dict[str, float] = {}
    for (s, t), rate in data.supply.capacity.items():
        length = data.time.years[t]
        opened = min((data.supply.spot.get((s, g, t), 1.0) for g in data.supply.buyers.get((s, t), ())), default=1.0)
        closed[s] += length * (1 - min(1.0, data.supply.availability.get((s, t), 1.0)) * opened)
        supplier = scenario.suppliers[s]
        holds[supplier.material, supplier.mined_in] = holds.get((supplier.material, supplier.mined_in), 0.0) + length * rate
        whole[supplier.material] = whole.get(supplier.material, 0.0) + length * rate
    return {
        s: closed[s] / years + _part(holds.get((item.material, item.mined_in), 0.0), whole.get(item.material, 0.0)) for s, item in scenario.suppliers.items()
    }


def _part(some: float, whole: float) -> float:
    return some / whole if whole else 0.0


def _order(columns: Sequence[Column], position: dict[str, int], component: Integers) -> Weights:
    """Small amounts, first ids and early periods first; fixed numbers tell apart what would still be equal.

    Ids are ranked within each component, so that what is not linked to a column has no say.
    """
    indices = [index if isinstance(index, tuple) else (index,) for _, index in columns]
    times = np.array([position.get(index[-1], 0) for index in indices]) / max(1, len(position))
    return 1.0 + _rank(np.array([str(index[0]) for index in indices]), component) + 0.5 * times + 1e-3 * noise(component)


def _rank(ids: npt.NDArray[np.str_], component: Integers) -> Weights:
    """Place of each id among the ids of its component, as a part of their number."""
    _, number = np.unique(ids, return_inverse=True)
    pairs, which = np.unique(component.astype(np.int64) * (len(ids) + 1) + number, return_inverse=True)
    owner = pairs // (len(ids) + 1)
    first = np.searchsorted(owner, owner, side="left")
    count = np.searchsorted(owner, owner, side="right") - first
    return np.asarray(((np.arange(len(pairs)) - first) / count)[which])
