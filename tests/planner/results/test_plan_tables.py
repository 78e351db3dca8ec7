"""The tables of a plan: tidy, in sensible units, and derived rows equal to what they follow from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.results.inputs import INPUTS
from planner.results.tables import COLUMNS, EXTRA
from planner.scenario.load import Loaded, load
from planner.verify.clock import Clock, Effects
from planner.verify.recheck import supplier_thing
from tests.oracle.plans import loaded, random_plan
from tests.oracle.random_scenarios import random_scenario

ROOT = Path(__file__).parents[3]
SEEDS = [0, 51, 74, 95, 115, 137, 145, -1]


@cache
def solved(seed: int) -> tuple[Loaded, Plan]:
    """A random scenario with its plan; -1 is Japan after the contracts' end."""
    if seed >= 0:
        return loaded(random_scenario(seed)), random_plan(seed)
    read = load(ROOT / "scenarios" / "japan" / "terminated.yaml")
    return read, solve_scenario(read)


def sums(table: pd.DataFrame, *keys: str) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for *key, value in table[[*keys, "value"]].itertuples(index=False, name=None):
        found[tuple(key)] = found.get(tuple(key), 0.0) + value
    return found


def by_period(table: pd.DataFrame, clock: Clock, *keys: str) -> dict[tuple[str, ...], np.ndarray]:
    """Arrays over periods."""
    found: dict[tuple[str, ...], np.ndarray] = {}
    for *key, period, value in table[[*keys, "period", "value"]].itertuples(index=False, name=None):
        found.setdefault(tuple(key), np.zeros(clock.size))[clock.position[period]] += value
    return found


def same(left: dict[tuple[str, ...], float], right: dict[tuple[str, ...], float]) -> bool:
    """Equal but for entries of no size, which may be absent on one side."""
    size = max([abs(value) for value in (*left.values(), *right.values())], default=1.0)
    return all(abs(left.get(key, 0.0) - right.get(key, 0.0)) <= 1e-9 * size for key in {*left, *right})


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_tidy(seed: int) -> None:
    """Keys, then value, then unit; nothing missing; one row a key."""
    read, plan = solved(seed)
    assert list(plan.tables) == [*COLUMNS, INPUTS]
    for name in COLUMNS:
        table = plan.tables[name]
        assert list(table.columns) == [*COLUMNS[name], "value", "unit", *EXTRA.get(name, ())], name
        assert not table.drop(columns=[*EXTRA.get(name, ())]).isna().to_numpy().any(), name
        assert np.isfinite(table["value"]).all(), name
        assert table["value"].dtype == float, name
        assert not table.duplicated(list(COLUMNS[name])).any(), name
        if name not in ("commitments", "costs"):
            periods = {period.label for period in read.calendar.periods}
            windows = {"total", *(label[:4] for label in periods), ""} if name in ("violations", "prices") else set()
            assert set(table["period"]) <= periods | windows, name


@pytest.mark.parametrize("seed", SEEDS)
def test_units_are_those_of_the_scenario(seed: int) -> None:
    read, plan = solved(seed)
    scenario, tables = read.scenario, plan.tables
    units = {key: material.unit for key, material in scenario.materials.items()}
    for name in ("purchases", "contracts", "arrivals", "stockpiles", "demands", "transfers", "disposals"):
        table = tables[name]
        flows = table[table["measure"] != "signed"] if "measure" in table else table
        assert all(units[material] == unit for material, unit in zip(flows["material"], flows["unit"], strict=True)), name
    assert set(tables["contracts"].query("measure == 'signed'")["unit"]) <= {"share"}
    assert set(tables["costs"]["unit"]) == {scenario.money.currency}
    assert all(unit.startswith(scenario.money.currency) for unit in tables["prices"]["unit"])
    assert all(unit == units[material] + "/yr" for material, unit in zip(tables["commitments"]["material"], tables["commitments"]["unit"], strict=True))


@pytest.mark.parametrize("seed", [115, 137])
def test_violations_have_a_unit(seed: int) -> None:
    violations = solved(seed)[1].tables["violations"]
    assert len(violations)

    assert all(violations["unit"] != "")


@pytest.mark.parametrize("seed", SEEDS)
def test_cost_rows_sum_to_lines_and_to_the_objective(seed: int) -> None:
    _, plan = solved(seed)
    rows = {line: value for (line,), value in sums(plan.tables["costs"], "line").items()}
    size = max(map(abs, plan.costs.values()))
    assert set(rows) <= set(plan.costs)
    assert {line: rows.get(line, 0.0) for line in plan.costs} == pytest.approx(plan.costs, rel=1e-9, abs=1e-9 * size)
    assert plan.tables["costs"]["value"].sum() == pytest.approx(plan.total_cost, rel=1e-9)
    assert sum(plan.costs.values()) == plan.total_cost
    assert plan.record["checks"]["certificate"]["primal_objective"] == pytest.approx(plan.total_cost, rel=1e-9)
    credits = {line for line, value in plan.costs.items() if value < -1e-9 * size}
    # scrap that is sold is disposal at a negative cost
    assert credits <= {"salvage", "final_stock_value", "disposal"}


@pytest.mark.parametrize("seed", SEEDS)
def test_arrivals_are_shipments_shifted(seed: int) -> None:
    """Recomputed by the daily clock: what ships is spread by its lead time, and what was on its way comes in."""
    read, plan = solved(seed)
    scenario, clock = read.scenario, Clock(read.calendar, 0.0)
    effects = Effects(clock, scenario.events.values())
    shipped = by_period(plan.tables["purchases"], clock, "supplier", "party")
    for key, units in by_period(plan.tables["contracts"].query("measure == 'lifted'"), clock, "supplier", "party").items():
        shipped[key] = shipped.get(key, np.zeros(clock.size)) + units
    expected: dict[tuple[str, ...], float] = {}
    for (s, g), units in shipped.items():
        lead = scenario.suppliers[s].lead_time + effects.added("lead_time", supplier_thing(s, scenario.suppliers[s], g))
        expected |= {(s, g, label): float(value) for label, value in zip(clock.labels, clock.shifted(lead).arrivals(units), strict=True)}
    for shipment in scenario.in_transit:
        for period in read.calendar.periods:
            if period.start <= shipment.arrives < period.end:
                key = "in_transit", shipment.party, period.label
                expected[key] = expected.get(key, 0.0) + shipment.quantity
    assert same(sums(plan.tables["arrivals"], "source", "party", "period"), expected)
    assert len(plan.tables["arrivals"])


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_follow_from_others(seed: int) -> None:
    """Wanted demand, what processes use and make, and committed projects: recheck does not read these."""
    read, plan = solved(seed)
    scenario, clock, tables = read.scenario, Clock(read.calendar, 0.0), plan.tables
    effects = Effects(clock, scenario.events.values())
    wanted = by_period(tables["demands"].query("measure == 'wanted'"), clock, "demand")
    for n, demand in scenario.demands.items():
        factor = effects.factor("demand", {"materials": {demand.material}, "parties": {demand.party}})
        assert wanted[n,] == pytest.approx(clock.years * clock.series(demand.quantity) * factor, rel=1e-9)
    level = by_period(tables["processes"].query("measure == 'activity'"), clock, "process")
    flows = {measure: by_period(tables["processes"][tables["processes"]["measure"] == measure], clock, "process", "material") for measure in ("used", "made")}
    for (p,), runs in level.items():
        for measure, ratios in (("used", scenario.processes[p].inputs), ("made", scenario.processes[p].outputs)):
            for material, ratio in ratios.items():
                assert flows[measure][p, material] == pytest.approx(ratio * runs)
    facts = {(key, project.committed.isoformat()): project.size for key, project in scenario.projects.items() if project.committed is not None}
    assert sums(tables["commitments"].query("status == 'committed'"), "project", "period") == facts


@pytest.mark.parametrize("seed", SEEDS)
def test_capacity_parts_follow_the_ramps(seed: int) -> None:
    """What a decision adds is the ramp of every commitment; what stands is what the scenario says plus committed projects."""
    read, plan = solved(seed)
    scenario, clock = read.scenario, Clock(read.calendar, 0.0)
    capacity = by_period(plan.tables["capacity"], clock, "kind", "id", "part")
    decided = plan.tables["commitments"].query("status == 'decided'")
    for e, project in scenario.projects.items():
        if project.decide is None:
            continue
        added = np.zeros(clock.size)
        for period, size in decided[decided["project"] == e][["period", "value"]].itertuples(index=False, name=None):
            added += size * clock.ramp(project, float(clock.begins[clock.position[period]]))
        shown = next((values for (_, _, part), values in capacity.items() if part == e), np.zeros(clock.size))
        assert shown == pytest.approx(added, rel=1e-6, abs=1e-9 * max(1.0, added.max()))
    for s, supplier in scenario.suppliers.items():
        if ("supplier", s, "standing") not in capacity:
            continue
        standing = clock.series(supplier.capacity)
        for project in scenario.projects.values():
            if project.adds_to == s and project.committed is not None and isinstance(project.size, float):
                standing = standing + project.size * clock.ramp(project, clock.since_start(project.committed))
        shown = capacity["supplier", s, "standing"]
        # where nobody can buy in a period the row is left out
        assert shown[shown > 0] == pytest.approx(standing[shown > 0], rel=1e-9)


def test_zero_flows_have_no_row_but_levels_do() -> None:
    _, plan = solved(115)
    for name in ("purchases", "contracts", "processes", "transfers", "disposals", "violations"):
        assert (plan.tables[name]["value"] != 0).all(), name
    stock = plan.tables["stockpiles"].query("measure == 'stock'")
    assert len(stock) == len(set(stock["stockpile"])) * len(plan.record["figures"]["periods"])
