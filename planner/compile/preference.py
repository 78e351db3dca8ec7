"""Which of many plans of equal cost is taken: serve earliest, keep more stock, buy from the less risky first, then order of ids."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
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
    early, stock, risk, times = (np.zeros(len(columns)) for _ in range(4))
    ids: list[str] = []
    for name, block, first, last in _blocks(columns):
        ids += map(str, first)
        times[block] = [position.get(label, 0) for label in last]
        if name == "shortage":
            early[block] = 2 - times[block] / len(position)
        elif name == "stock":
            stock[block] = [-data.time.years[t] for t in last]
        elif name == "purchase":
            risk[block] = [risks[s] for s in first]
        elif name == "lift":
            risk[block] = [risks[data.contracts.supplier[c]] for c in first]
    # small amounts, first ids and early periods first; fixed numbers tell apart what would still be equal
    order = 1.0 + _rank(ids, component) + 0.5 * (times / max(1, len(position))) + 1e-3 * noise(component)
    return [("serve earliest", early), ("keep more stock", stock), ("less risky first", risk), ("order of ids", order)]


def _blocks(columns: Sequence[Column]) -> Iterator[tuple[str, slice, list[Any], list[Any]]]:
    """(variable, its columns, first part of their indices, last part of their indices) of each run of columns of one variable."""
    start = 0
    for name, run in groupby(columns, key=itemgetter(0)):
        indices = [index for _, index in run]
        block = slice(start, start + len(indices))
        if isinstance(indices[0], tuple):
            yield name, block, [index[0] for index in indices], [index[-1] for index in indices]
        else:
            yield name, block, indices, indices
        start = block.stop


def supplier_risks(scenario: Scenario, data: SourcingData) -> dict[str, float]:
    """What may go wrong with each supplier, from what the scenario itself says; 0 is safe.

    The mean part of its capacity that events take or close over the horizon, and the part of all capacity for the material
    that its origin holds: what sits in one place fails together.
    """
    supply, suppliers = data.supply, scenario.suppliers
    opened: dict[tuple[str, str], float] = {}
    for (s, _, t), share in supply.spot.items():
        opened[s, t] = min(share, opened.get((s, t), 1.0))
    place = {s: number for number, s in enumerate(suppliers)}
    owner = np.array([place[s] for s, _ in supply.capacity], dtype=np.int64)
    years = np.array([data.time.years[t] for _, t in supply.capacity])
    available = np.minimum(1.0, list(map(supply.availability.__getitem__, supply.capacity)))
    if opened:
        available *= [opened.get(slot, 1.0) for slot in supply.capacity]
    closed = np.bincount(owner, weights=years * (1 - available), minlength=len(place)) / sum(data.time.years.values())
    made = years * np.array(list(supply.capacity.values()))
    holds = _together([(item.material, item.mined_in) for item in suppliers.values()], owner, made)
    whole = _together([item.material for item in suppliers.values()], owner, made)
    parts = np.divide(holds, whole, out=np.zeros(len(place)), where=whole != 0)
    return dict(zip(suppliers, (closed + parts).tolist(), strict=True))


def _together(keys: Sequence[Hashable], owner: npt.NDArray[np.int64], made: Weights) -> Weights:
    """For each supplier, what all suppliers with its key make together."""
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    group = np.array([number[key] for key in keys], dtype=np.int64)
    return np.asarray(np.bincount(group[owner], weights=made, minlength=len(number))[group])


def _rank(ids: Sequence[str], component: Integers) -> Weights:
    """Place of each id among the ids of its component, as a part of their number, so that what is not linked to a column has no say."""
    place = {key: number for number, key in enumerate(sorted(set(ids)))}
    pairs, which = np.unique(component.astype(np.int64) * (len(ids) + 1) + np.array([place[key] for key in ids], dtype=np.int64), return_inverse=True)
    owner = pairs // (len(ids) + 1)
    first = np.searchsorted(owner, owner, side="left")
    count = np.searchsorted(owner, owner, side="right") - first
    return np.asarray(((np.arange(len(pairs)) - first) / count)[which])
