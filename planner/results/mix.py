"""The sourcing mix: per material and year, what is wanted and where it comes from; every year adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from planner.results.sums import summed
from planner.scenario.schema import Scenario

Tables = Mapping[str, pd.DataFrame]
Years = dict[str, float]
Mix = dict[str, dict[str, Years]]
"""Material -> source -> calendar year -> amount in the material's unit."""

ROUNDING = 1e-6
"""What a year may be off, of what is wanted in a usual year, before something is missing in its sum."""


def sourcing_mix(scenario: Scenario, tables: Tables, year_of: Mapping[str, str]) -> Mix:
    """What arrives, is made, is drawn from stock (net), comes back from use, is replaced or short, beside what is wanted in all.

    Of a material that only processes use, their use is what is wanted; of one in demand it is a part that leaves. Names with a blank are
    no ids: ``all wanted``, ``from stock``, ``returned from use``, ``by substitutes``, ``other uses`` (negative), ``left short``.

    Args:
        scenario: The validated scenario.
        tables: The plan's tables, amounts in each material's unit.
        year_of: Calendar year of each period.
    """
    flows = _flows(scenario, tables, year_of)
    gone = _gone(scenario, tables, year_of)
    returned = {demand.returns.material for demand in scenario.demands.values() if demand.returns is not None}
    found: Mix = {}
    for material, sources in flows.items():
        # what nobody wants in this plan is left out
        if sum(sources["all wanted"].values()) > 0:
            _balance(sources, gone[material], returned=material in returned)
            found[material] = {source: dict(years) for source, years in sources.items()}
    return found


def _flows(scenario: Scenario, tables: Tables, year_of: Mapping[str, str]) -> dict[str, dict[str, Years]]:
    demanded = {item.material for item in scenario.demands.values()}
    used = {material for process in scenario.processes.values() for material in process.inputs}
    # a process with the id of a supplier is told apart
    renamed = {"period": year_of, "process": {key: f"{key} (process)" for key in scenario.processes if key in scenario.suppliers}}
    found: dict[str, dict[str, Years]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))

    def add(table: pd.DataFrame, source: str, sign: float = 1.0) -> None:
        """Add a table up under its column ``source``, or under that very name where there is no such column."""
        named = source in table
        for (material, *name, year), value in summed(table, ["material", *([source] if named else []), "period"], renamed).items():
            if material in demanded | used:
                found[material][name[0] if named else source][year] += sign * value

    def only(name: str, measure: str) -> pd.DataFrame:
        """The rows of a table that are of one measure."""
        return tables[name][tables[name]["measure"] == measure]

    add(tables["arrivals"], "source")
    add(only("processes", "made"), "process")
    use = only("processes", "used")
    add(use[use["material"].isin(list(demanded))], "process", -1.0)
    add(use[~use["material"].isin(list(demanded))], "all wanted")
    add(only("stockpiles", "draw"), "from stock")
    add(only("stockpiles", "fill"), "from stock", -1.0)
    add(only("demands", "substituted"), "by substitutes")
    add(only("demands", "wanted"), "all wanted")
    add(only("demands", "short"), "left short")
    return found


def _gone(scenario: Scenario, tables: Tables, year_of: Mapping[str, str]) -> dict[str, Years]:
    """By material and year: what leaves for disposal, and to stand in for other materials."""
    found: dict[str, Years] = defaultdict(lambda: defaultdict(float))
    for (material, year), value in summed(tables["disposals"], ["material", "period"], {"period": year_of}).items():
        found[material][year] += value
    demands = tables["demands"][tables["demands"]["measure"] == "substituted"]
    for (demand, stand_in, year), value in summed(demands, ["demand", "by", "period"], {"period": year_of}).items():
        found[stand_in][year] += value * scenario.demands[demand].substitutes[stand_in].ratio
    return found


def _balance(sources: dict[str, Years], gone: Years, *, returned: bool) -> None:
    """Add what leaves for other uses (as a substitute, on routes, in disposal), and what comes back, so that every year adds up."""
    usual = sum(sources["all wanted"].values()) / len(sources["all wanted"])
    for year in sorted({year for years in sources.values() for year in years}):
        wanted = sources["all wanted"].setdefault(year, 0.0)
        rest = wanted - sum(years.get(year, 0.0) for name, years in sources.items() if name != "all wanted")
        other = -gone.get(year, 0.0) if returned else rest
        for name, units in (("other uses", other), ("returned from use", rest - other)):
            if abs(units) > ROUNDING * usual:
                sources[name][year] = units
