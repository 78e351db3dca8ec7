"""Key figures of plans side by side: cost, shortage, origins, concentration, cover, capital, stocks, emissions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from planner.comparison.sides import Side
from planner.scenario.units import DAYS_PER_YEAR

Value = float | str | None
Key = tuple[str, str, str]
"""Figure, item, calendar year (empty where a figure is about the whole horizon)."""


@dataclass(frozen=True)
class Figure:
    """One figure of every plan; shares are fractions, HHI is between 0 and 10,000."""

    figure: str
    item: str
    label: str
    year: str
    unit: str
    values: dict[str, Value]
    """By name of the plan; None where a plan has no such thing."""


def figures_of(sides: Sequence[Side], currency: str) -> list[Figure]:
    """Key figures of plans side by side, in the order in which a planner asks.

    Args:
        sides: The plans, the base first.
        currency: Money of the comparison.
    """
    countries = sorted({country for side in sides for event in side.loaded.scenario.events.values() for country in event.cut_off})
    rows: dict[Key, tuple[str, str, dict[str, Value]]] = {}
    for side in sides:
        for key, label, unit, value in _figures(side, currency, countries):
            rows.setdefault(key, (label, unit, {}))[2][side.name] = value
    ranked = sorted(rows, key=lambda key: ORDER.index(key[0]))
    # a line that is nothing in any plan says nothing
    shown = [key for key in ranked if key[0] not in _MAY_BE_NOTHING or any(rows[key][2].values())]
    return [Figure(*key[:2], rows[key][0], key[2], rows[key][1], {side.name: rows[key][2].get(side.name) for side in sides}) for key in shown]


Row = tuple[Key, str, str, Value]
"""Key, label, unit, value."""


def _figures(side: Side, currency: str, countries: Sequence[str]) -> Iterator[Row]:
    record = side.plan.record
    yield ("total cost", "", ""), "Cost", currency, side.total_cost
    for line, money in record["costs"].items():
        yield ("cost line", line, ""), line.replace("_", " "), currency, side.factor * money
    for find in _PARTS:
        yield from find(side)
    yield from _origins(side, countries)
    capex = side.factor * sum(item["capex"] for item in record["figures"]["commitments"])
    yield ("capex", "", ""), "Capex of new commitments, undiscounted", currency, capex


def _shortage(side: Side) -> Iterator[Row]:
    shortage = side.plan.record["figures"]["shortage"]
    years = side.loaded.calendar.years
    for kind in ("materials", "demands"):
        for key, item in shortage[kind].items():
            about = (item["label"], item["unit"])
            share = item["short"] / item["wanted"] if item["wanted"] else 0.0
            name = "short" if kind == "materials" else "demand short"
            yield (name, key, ""), *about, item["short"]
            yield (f"{name} share", key, ""), about[0], "share", share
            yield (f"{name} days", key, ""), about[0], "days", share * years * DAYS_PER_YEAR
            yield (f"first {name}", key, ""), about[0], "", item["first"]


def _origins(side: Side, countries: Sequence[str]) -> Iterator[Row]:
    figures = side.plan.record["figures"]
    for material, by_year in figures["origin_share"].items():
        label = figures["materials"].get(material, {}).get("label", material)
        for year, shares in by_year.items():
            for country in countries:
                yield ("origin share", f"{country} in {material}", year), f"{country} in {label}", "share", shares.get(country, 0.0)
            largest = max(shares, key=lambda country: (shares[country], country))
            yield ("largest share", material, year), label, "share", shares[largest]
            yield ("largest origin", material, year), label, "", largest
            yield ("HHI", material, year), label, "points", 1e4 * sum(share**2 for share in shares.values())


def _stocks(side: Side) -> Iterator[Row]:
    """Peak of all stockpiles of a material together, and months of that year's demand that the year's last level covers."""
    figures, calendar = side.plan.record["figures"], side.loaded.calendar
    levels: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for pile in figures["stock"].values():
        for period, level in pile["level"].items():
            levels[pile["material"]][period] += level
    for material, by_period in levels.items():
        item = figures["shortage"]["materials"].get(material) or figures["materials"].get(material)
        label, unit = (item["label"], item["unit"]) if item else (material, side.loaded.scenario.materials[material].unit)
        initial = sum(pile["initial"] for pile in figures["stock"].values() if pile["material"] == material)
        yield ("peak stock", material, ""), label, unit, max(initial, *by_period.values())
        wanted = figures["mix"].get(material, {}).get("all wanted", {})
        length: dict[str, float] = defaultdict(float)
        last: dict[str, str] = {}
        for period in calendar.periods:
            length[str(period.start.year)] += period.years
            last[str(period.start.year)] = period.label
        for year, period_label in last.items():
            rate = wanted.get(year, 0.0) / length[year]
            if rate > 0 and max(by_period.values()) > 0:
                yield ("months of cover", material, year), label, "months", 12 * by_period[period_label] / rate


def _emissions(side: Side) -> Iterator[Row]:
    """Emissions of what suppliers ship and processes do."""
    scenario, tables = side.loaded.scenario, side.plan.tables
    total = 0.0
    contracts = tables["contracts"][tables["contracts"]["measure"] == "lifted"]
    for table in (tables["purchases"], contracts):
        shipped = _sums(table, "supplier")
        total += sum(scenario.suppliers[key].emissions * units for key, units in shipped.items())
    activity = tables["processes"][tables["processes"]["measure"] == "activity"]
    total += sum(scenario.processes[key].emissions * units for key, units in _sums(activity, "process").items())
    yield ("emissions", "", ""), "Emissions", "t_CO2e", total


def _sums(table: pd.DataFrame, key: str) -> dict[str, float]:
    return {str(name): float(units) for name, units in table.groupby(key)["value"].sum().items()} if len(table) else {}


_PARTS: tuple[Callable[[Side], Iterator[Row]], ...] = (_shortage, _stocks, _emissions)
ORDER = (
    "total cost", "cost line", "first short", "short", "short share", "short days", "first demand short", "demand short", "demand short share",
    "demand short days", "origin share", "largest share", "largest origin", "HHI", "months of cover", "peak stock", "capex", "emissions",
)  # fmt: skip
"""Figures in the order in which they are shown."""
_MAY_BE_NOTHING = frozenset(ORDER) - {"total cost", "short"}
