"""Key figures of an optimum, straight from its arrays.

A figure is a number (None where there is nothing to count) or the label of a period; amounts are in the unit of their material, money in the
scenario's currency. All of them belong to the one plan that ``plan solve`` chooses among plans of equal cost.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from planner.decided import wanted
from planner.program import cost_lines
from planner.scenario.schema import Scenario
from planner.solver.highs import Solution
from planner.solver.lower import Floats, LinearProgram
from planner.sweep.result import Figures
from sourcing_lp.cost import COST_LINES
from sourcing_lp.data import SourcingData

ROUNDING = 1e-6
"""Below this part of what is wanted a shortage is rounding."""


class Reading:
    """Where in the columns of a program the figures stand; the same for all that have the same columns.

    Args:
        program: The program.
    """

    def __init__(self, program: LinearProgram) -> None:
        self.of: dict[str, dict[str, list[int]]] = {name: defaultdict(list) for name in ("shortage", "commit", "purchase", "lift", "sign")}
        for column, (name, index) in enumerate(program.columns):
            if name in self.of:
                self.of[name][index[0]].append(column)
        self.period = {column: program.columns[column][1][-1] for columns in self.of["shortage"].values() for column in columns}

    def sums(self, name: str, x: Floats) -> dict[str, float]:
        """A variable added up over all but the first part of its index."""
        return {key: float(x[columns].sum()) for key, columns in self.of[name].items()}


def figures_of(scenario: Scenario, data: SourcingData, program: LinearProgram, solution: Solution, reading: Reading) -> Figures:
    """The figures of one part of a scenario.

    Args:
        scenario: The part.
        data: What it compiles to.
        program: Its program.
        solution: Its optimum.
        reading: Where the figures stand.
    """
    x = solution.x
    commits = reading.sums("commit", x)
    found: dict[str, float | str | None] = {f"cost.{line}": money for line, money in cost_lines(program, solution).items()}
    found["capex"] = math.fsum(size * cost for key, size in commits.items() for _, cost in scenario.projects[key].stages)
    found.update(_shortages(data, reading, x))
    found.update({f"commit.{key}": size for key, size in commits.items()})
    found.update({f"sign.{key}": share for key, share in reading.sums("sign", x).items()})
    found.update(_shares(scenario, data, reading, x))
    return found


def _shortages(data: SourcingData, reading: Reading, x: Floats) -> Iterator[tuple[str, float | str | None]]:
    """Units short and the first period of it, by demand and by material."""
    whole = wanted(data)
    short: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    position = {label: place for place, label in enumerate(data.time.periods)}
    for demand, material in data.demand.material.items():
        columns = reading.of["shortage"].get(demand, [])
        missing = float(x[columns].sum())
        short[material] += 0.0
        places = [position[reading.period[column]] for column in columns if x[column] > 0]
        if missing <= ROUNDING * whole.get(demand, 0.0):
            missing, places = 0.0, []
        yield f"demand_short.{demand}", missing
        short[material] += missing
        if places:
            first[material] = min(first.get(material, len(position)), *places)
    for material, units in short.items():
        yield f"short.{material}", units
        yield f"short_from.{material}", data.time.periods[first[material]] if material in first else None


def _shares(scenario: Scenario, data: SourcingData, reading: Reading, x: Floats) -> Iterator[tuple[str, float | None]]:
    """Share of each country of origin in all that is shipped of a material over the horizon, in and outside contracts."""
    shipped = reading.sums("purchase", x)
    for contract, units in reading.sums("lift", x).items():
        seller = data.contracts.supplier[contract]
        shipped[seller] = shipped.get(seller, 0.0) + units
    by_origin: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, supplier in sorted(scenario.suppliers.items()):
        if supplier.mined_in:
            by_origin[supplier.material][supplier.mined_in] += shipped.get(key, 0.0)
    for material, origins in by_origin.items():
        whole = sum(origins.values())
        yield from ((f"share.{material}.{origin}", units / whole if whole > 0 else None) for origin, units in origins.items())


def put_together(parts: Iterable[Figures]) -> Figures:
    """Figures of the whole: money adds up, all else stands side by side."""
    found: dict[str, float | str | None] = {}
    for part in parts:
        for name, value in part.items():
            before = found.get(name)
            found[name] = before + value if isinstance(before, float) and isinstance(value, float) and _is_money(name) else value
    money = [value for name, value in found.items() if name.startswith("cost.") and isinstance(value, float)]
    return {"total_cost": math.fsum(money), **found}


def _is_money(name: str) -> bool:
    return name == "capex" or name.startswith("cost.")


def names_of(*scenarios: Scenario) -> list[str]:
    """Names of all figures that scenarios may have, in the order in which they are told."""
    return list(dict.fromkeys(name for scenario in scenarios for name in _names(scenario)))


def _names(scenario: Scenario) -> list[str]:
    materials = list(dict.fromkeys(demand.material for demand in scenario.demands.values()))
    origins = sorted({(item.material, item.mined_in) for item in scenario.suppliers.values() if item.mined_in})
    return [
        "total_cost",
        *(f"short.{key}" for key in materials),
        *(f"short_from.{key}" for key in materials),
        "capex",
        *(f"cost.{line}" for line in COST_LINES),
        *(f"commit.{key}" for key, project in scenario.projects.items() if project.decide is not None),
        *(f"sign.{key}" for key, contract in scenario.contracts.items() if contract.sign is not None),
        *(f"share.{material}.{origin}" for material, origin in origins),
        *(f"demand_short.{key}" for key in scenario.demands),
    ]


def usual(scenario: Scenario) -> set[str]:
    """Names of the figures that are told unless others are asked for: of the countries those that events cut off, of demands the materials alone."""
    cut = {country for event in scenario.events.values() for country in event.cut_off}
    return {name for name in names_of(scenario) if not name.startswith("demand_short.") and (not name.startswith("share.") or name.rsplit(".", 1)[1] in cut)}


def told(name: str, scenario: Scenario) -> tuple[str, str]:
    """(title, unit) of a figure as people read it."""
    kind, _, rest = name.partition(".")
    currency = scenario.money.currency
    if kind in ("total_cost", "capex", "cost"):
        words = {"total_cost": "Total cost", "capex": "Capex of new commitments, undiscounted"}
        return words.get(kind, "Cost: " + rest.replace("_", " ")), currency
    if kind in ("short", "short_from"):
        material = scenario.materials[rest]
        label = material.label or rest
        return (f"{label} short", material.unit) if kind == "short" else (f"{label} short from", "")
    if kind == "demand_short":
        demand = scenario.demands[rest]
        return f"{demand.label or rest} short", scenario.materials[demand.material].unit
    if kind == "commit":
        return f"Committed to {scenario.projects[rest].label or rest}", scenario.size_unit(rest)
    if kind == "sign":
        return f"Signed of {scenario.contracts[rest].label or rest}", "share"
    material_id, _, origin = rest.rpartition(".")
    return f"Share of {origin} in {scenario.materials[material_id].label or material_id}", "share"
