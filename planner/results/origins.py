"""Where materials come from: shares of the countries of origin, followed through processes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from planner.results.sums import summed
from planner.scenario.schema import Scenario

Shares = dict[str, float]
"""Country of origin -> share; the shares of a material in a year add up to 1."""

ROUNDS = 200
"""Scrap goes round and loses on the way, so each round changes less; this many are never needed."""


def origin_shares(scenario: Scenario, tables: Mapping[str, pd.DataFrame], year_of: Mapping[str, str]) -> dict[str, dict[str, Shares]]:
    """Per material and calendar year: the share of each country of origin in what arrives and what is made.

    What a process makes has the origins of its first input in that year, so that a magnet made at home of Australian oxide counts as
    Australian, and what a joint product is parted into keeps its mine. Stock counts where it came in.

    Args:
        scenario: The validated scenario.
        tables: The plan's tables ``arrivals`` and ``processes``, amounts in each material's unit.
        year_of: Calendar year of each period.
    """
    arrived: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for (year, material, origin), units in summed(tables["arrivals"], ["period", "material", "origin"], {"period": year_of}).items():
        if origin:
            arrived[year][material, origin] += units
    made: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    processes = tables["processes"][tables["processes"]["measure"] == "made"]
    firsts = {key: next(iter(process.inputs), "") for key, process in scenario.processes.items()}
    for (year, material, first), units in summed(processes, ["period", "material", "process"], {"period": year_of, "process": firsts}).items():
        if first:
            made[year][material, first] += units
    found: dict[str, dict[str, Shares]] = defaultdict(dict)
    for year in sorted({*arrived, *made}):
        for material, shares in _one_year(arrived[year], made[year]).items():
            found[material][year] = shares
    return dict(found)


def _one_year(arrived: Mapping[tuple[str, str], float], made: Mapping[tuple[str, str], float]) -> dict[str, Shares]:
    """Shares of one year, from amounts by (material, origin) and by (material, the input it is made of)."""
    shares: dict[str, Shares] = {}
    for _ in range(ROUNDS):
        amounts: dict[str, Shares] = defaultdict(lambda: defaultdict(float))
        for (material, origin), units in arrived.items():
            amounts[material][origin] += units
        for (material, source), units in made.items():
            for origin, share in shares.get(source, {}).items():
                amounts[material][origin] += units * share
        before, shares = shares, {material: _shares(parts) for material, parts in amounts.items() if sum(parts.values()) > 0}
        if _settled(before, shares):
            break
    return shares


def _shares(parts: Shares) -> Shares:
    total = sum(parts.values())
    return {origin: units / total for origin, units in parts.items()}


def _settled(before: Mapping[str, Shares], after: Mapping[str, Shares]) -> bool:
    """Whether a round has changed no share by more than rounding."""
    return before.keys() == after.keys() and all(
        abs(shares.get(origin, 0.0) - before[material].get(origin, 0.0)) < 1e-12 for material, shares in after.items() for origin in shares
    )
