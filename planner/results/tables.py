"""Tidy tables of a plan: keys first, ``value``, then ``unit``.

Flows that are zero have no row; levels, demands and prices stand for every period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from planner.results import columns
from planner.results.coded import Coded, Columns, Texts, coded, renumbered, stacked, taken
from planner.results.columns import CONSTANT, Answer
from planner.results.prices import PRICES, price_columns
from sourcing_lp.cost import COST_LINES

COLUMNS: dict[str, tuple[str, ...]] = {
    "purchases": ("supplier", "material", "country", "origin", "party", "tier", "period"),
    "contracts": ("contract", "supplier", "material", "country", "origin", "party", "measure", "period"),
    "arrivals": ("source", "material", "country", "origin", "party", "period"),
    "capacity": ("kind", "id", "part", "period"),
    "commitments": ("project", "adds_to", "material", "status", "period"),
    "stockpiles": ("stockpile", "material", "party", "measure", "period"),
    "demands": ("demand", "material", "party", "measure", "by", "period"),
    "processes": ("process", "party", "measure", "material", "period"),
    "transfers": ("route", "from", "to", "material", "period"),
    "disposals": ("material", "party", "period"),
    "violations": ("policy", "item", "period"),
    "costs": ("line", "item", "period"),
    "prices": ("rule", "item", "party", "period", "meaning"),
}
"""Key columns of each table; ``value`` and ``unit`` follow."""
EXTRA: dict[str, tuple[str, ...]] = {"prices": ("low", "high")}
"""Numbers that follow the unit."""

FIRST: dict[str, Sequence[str]] = {"prices": tuple(PRICES), "costs": tuple(COST_LINES)}
"""Tables whose first column has an order of its own."""

Tables = Mapping[str, pd.DataFrame]


def make_tables(answer: Answer) -> Coded:
    """All tables of an optimum."""
    found = {
        "purchases": columns.purchases(answer),
        "contracts": columns.contracts(answer),
        "arrivals": columns.arrivals(answer),
        "capacity": columns.capacity(answer),
        "commitments": columns.commitments(answer),
        "stockpiles": columns.stockpiles(answer),
        "demands": columns.demands(answer),
        "processes": columns.processes(answer),
        "transfers": columns.transfers(answer),
        "disposals": columns.disposals(answer),
        "violations": columns.violations(answer),
        "costs": columns.costs(answer),
        "prices": price_columns(answer.scenario, answer.data, answer.program, answer.solution, answer.intervals, answer.texts),
    }
    return _finished(answer.texts, found)


def joined(parts: Sequence[Coded]) -> Coded:
    """Tables of the whole from those that :func:`make_tables` gave for its parts."""
    texts = Texts()
    numbers = [texts.numbers(part.texts) for part in parts]
    pairs = list(zip(parts, numbers, strict=True))
    return _finished(texts, {name: stacked([renumbered(part.tables[name], number) for part, number in pairs]) for name in COLUMNS})


def _finished(texts: Texts, tables: Mapping[str, Columns]) -> Coded:
    """Tables in order of their rules or cost lines, then of ids; what comes after keeps its order, which is that of time."""
    ranks, found = texts.ranks(), {}
    for name, cells in tables.items():
        first, second = COLUMNS[name][:2]
        firsts = texts.ranks(FIRST[name]) if name in FIRST else ranks
        order = np.argsort(firsts[cells[first]] * len(texts) + ranks[cells[second]], kind="stable")
        found[name] = {key: cells[key][order] for key in (*COLUMNS[name], "value", "unit", *EXTRA.get(name, ()))}
    return coded(texts, {**found, "costs": _constants_added(texts, found["costs"])})


def _constants_added(texts: Texts, costs: Columns) -> Columns:
    """What committed projects cost stands once a cost line."""
    constant = np.flatnonzero(costs["item"] == texts.get(CONSTANT, -1))
    _, first, line = np.unique(costs["line"][constant], return_index=True, return_inverse=True)
    costs["value"][constant] = np.bincount(line, weights=costs["value"][constant])[line]
    return taken(costs, np.delete(np.arange(len(costs["line"])), np.delete(constant, first)))
