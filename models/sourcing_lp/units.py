"""Which material a variable is counted in: what its unit is, and how large it tends to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sourcing_lp.data import SourcingData


def counted_in(data: SourcingData) -> dict[str, Callable[[Any], str]]:
    """For each variable, a function from its index to the material it is counted in.

    Variables that are shares or belong to a policy are absent. A process counts activity in its first input (or output).
    """
    supplier, contract = data.supply.material, data.contracts.supplier
    project, process = data.ramp.material, data.conversion.material
    stockpile, demand = data.stock.material, data.demand.material
    return {
        "purchase": lambda index: supplier[index[0]],
        "lift": lambda index: supplier[contract[index[0]]],
        "breach": lambda index: supplier[contract[index[0]]],
        "commit": lambda index: project[index[0]],
        "available": lambda index: project[index[0]],
        "fill": lambda index: stockpile[index[0]],
        "draw": lambda index: stockpile[index[0]],
        "stock": lambda index: stockpile[index[0]],
        "floor_gap": lambda index: stockpile[index[0]],
        "activity": lambda index: process[index[0]],
        "transfer": lambda index: str(index[1]),
        "serve": lambda index: demand[index[0]],
        "shortage": lambda index: demand[index[0]],
        "surplus": lambda index: str(index[0]),
    }
