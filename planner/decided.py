"""What a plan decides, as sums over its program's columns: shipments, commitments, signatures, stock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.findings import amount_told
from planner.scenario.schema import Scenario
from planner.solver.lower import Floats, Integers, LinearProgram
from sourcing_lp.data import SourcingData

SHORT = 1e-6
"""A shortage below this part of what is wanted is rounding."""
KINDS = {"supplier": "suppliers", "project": "projects", "contract": "contracts", "stockpile": "stockpiles"}
"""What is decided about, and its plural."""


@dataclass(frozen=True)
class Amount:
    """Σ weight · column: one number that says what a plan does with something, never negative."""

    kind: str
    """One of ``KINDS``, or ``demand``."""
    id: str
    label: str
    measure: str
    """``shipped``, ``committed``, ``signed``, ``drawn``, ``mean level`` or ``short``."""
    unit: str
    material: str
    columns: Integers
    weights: Floats

    @property
    def rotates(self) -> bool:
        """Whether its most says nothing: a store that is filled and drawn at once turns over any amount."""
        return self.measure == "drawn"

    def of(self, x: Floats) -> float:
        """The amount in a plan."""
        return max(0.0, float(self.weights @ x[self.columns]))

    def spread(self, width: int) -> Floats:
        """The weights by column of a program with so many."""
        found = np.zeros(width)
        found[self.columns] = self.weights
        return found


def amounts(scenario: Scenario, data: SourcingData, program: LinearProgram) -> list[Amount]:
    """The amounts that a plan decides, in the order of the scenario.

    Args:
        scenario: The scenario.
        data: What it compiles to.
        program: What that lowers to.

    Returns:
        For each supplier what it ships that arrives inside the horizon; for each project that may be decided the nameplate committed; for
        each contract that may be signed the share signed; for each stockpile what is drawn, and the mean level over time at ends of periods.
    """
    terms = _Terms(data, program)
    return [*_shipped(scenario, terms), *_committed(scenario, terms), *_signed(scenario, terms), *_stocked(scenario, terms)]


def shortages(scenario: Scenario, data: SourcingData, program: LinearProgram) -> list[Amount]:
    """What each demand goes without over the horizon; arguments as of :func:`amounts`. Demands that cannot run short are left out."""
    found = shortage_columns(program)
    return [_short(scenario, n, found[n]) for n in data.demand.material if n in found]


def shortage_columns(program: LinearProgram) -> dict[str, list[int]]:
    """By demand that can run short: the columns of what it goes without."""
    found: dict[str, list[int]] = {}
    for column, (name, index) in enumerate(program.columns):
        if name == "shortage":
            found.setdefault(index[0], []).append(column)
    return found


def _short(scenario: Scenario, n: str, columns: Sequence[int]) -> Amount:
    demand = scenario.demands[n]
    material = scenario.materials[demand.material]
    label = f"{material.label or demand.material}: {demand.label or n}"
    return Amount("demand", n, label, "short", material.unit, demand.material, np.array(columns, dtype=np.int32), np.ones(len(columns)))


def wanted(data: SourcingData) -> dict[str, float]:
    """By demand: all that is wanted over the horizon [units]."""
    found: dict[str, float] = {}
    for (n, _), units in data.demand.demand.items():
        found[n] = found.get(n, 0.0) + units
    return found


def short_told(scenario: Scenario, more: Mapping[str, float], wanted: Mapping[str, float]) -> list[str]:
    """Materials of which demands go shorter and by how much, those first that miss the largest part of what is wanted of them.

    Args:
        scenario: The scenario.
        more: By demand: how much more is left short [units].
        wanted: By demand: all that is wanted over the horizon [units].
    """
    sums, whole = (_by_material(scenario, units) for units in (more, wanted))
    worst = sorted((m for m, units in sums.items() if units > SHORT * whole[m]), key=lambda m: -sums[m] / whole[m])
    return [f"{scenario.materials[m].label or m} {amount_told(sums[m], scenario.unit(m))}" for m in worst]


def _by_material(scenario: Scenario, by_demand: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for n, units in by_demand.items():
        material = scenario.demands[n].material
        found[material] = found.get(material, 0.0) + units
    return found


def most_alike(amounts: Sequence[Amount], values: Floats) -> Floats:
    """By amount: the largest value of anything of its kind, material and measure."""
    found: dict[tuple[str, str, str], float] = {}
    keys = [(amount.kind, amount.material, amount.measure) for amount in amounts]
    for key, value in zip(keys, values.tolist(), strict=True):
        found[key] = max(found.get(key, 0.0), value)
    return np.array([found[key] for key in keys])


class _Terms:
    """Columns and weights by variable and first part of the index; lifts count for their supplier."""

    def __init__(self, data: SourcingData, program: LinearProgram) -> None:
        self.data = data
        self.found: dict[tuple[str, str], dict[int, float]] = {}
        years, landed, contracts = data.time.years, data.supply.landed, data.contracts
        whole = sum(years.values())
        weigh: dict[str, Callable[[Any], tuple[str, float]]] = {
            "purchase": lambda index: (index[0], landed[index[0], index[2], index[3]]),
            "lift": lambda index: (s := contracts.supplier[index[0]], landed[s, contracts.party[index[0]], index[1]]),
            "commit": lambda index: (index[0], 1.0),
            "sign": lambda index: (index[0], 1.0),
            "draw": lambda index: (index[0], 1.0),
            "stock": lambda index: (index[0], years[index[1]] / whole),
        }
        for column, (name, index) in enumerate(program.columns):
            if name in weigh:
                key, weight = weigh[name](index)
                if weight:
                    self.found.setdefault(("purchase" if name == "lift" else name, key), {})[column] = weight

    def of(self, name: str, key: str) -> tuple[Integers, Floats]:
        """Columns and weights of one; none where the plan has no choice."""
        terms = self.found.get((name, key), {})
        return np.fromiter(terms, dtype=np.int32, count=len(terms)), np.fromiter(terms.values(), dtype=float, count=len(terms))


def _shipped(scenario: Scenario, terms: _Terms) -> Iterator[Amount]:
    for s, supplier in scenario.suppliers.items():
        unit = scenario.materials[supplier.material].unit
        yield Amount("supplier", s, supplier.label or s, "shipped", unit, supplier.material, *terms.of("purchase", s))


def _committed(scenario: Scenario, terms: _Terms) -> Iterator[Amount]:
    for e, project in scenario.projects.items():
        if project.decide is not None:
            material = scenario.counted_in(project.adds_to)
            yield Amount("project", e, project.label or e, "committed", scenario.size_unit(e), material, *terms.of("commit", e))


def _signed(scenario: Scenario, terms: _Terms) -> Iterator[Amount]:
    for c, contract in scenario.contracts.items():
        if contract.sign is not None:
            material = scenario.suppliers[contract.supplier].material
            yield Amount("contract", c, contract.label or c, "signed", "share", material, *terms.of("sign", c))


def _stocked(scenario: Scenario, terms: _Terms) -> Iterator[Amount]:
    for k, pile in scenario.stockpiles.items():
        unit = scenario.materials[pile.material].unit
        yield Amount("stockpile", k, pile.label or k, "drawn", unit, pile.material, *terms.of("draw", k))
        yield Amount("stockpile", k, pile.label or k, "mean level", unit, pile.material, *terms.of("stock", k))
