"""Tables that follow from others: what arrives, what stands, what is used and made, costs by cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.verify import limits
from planner.verify.arrays import PlanArrays, kind_of, wanted
from planner.verify.clock import Floats
from planner.verify.money import LINES, CostRows


def check_derived(plan: PlanArrays) -> None:
    """Every row of a derived table says what the tables it follows from say."""
    _arrivals(plan)
    _capacity(plan)
    _flows(plan)


def _arrivals(plan: PlanArrays) -> None:
    expected: dict[tuple[str, ...], Floats] = {}
    shipped: dict[tuple[str, ...], Floats] = {}
    for (s, g), units in plan.shipped.items():
        key = s, plan.scenario.suppliers[s].material, g
        expected[key] = units @ limits.lead(plan, s, g)
        # of a shipment that lands after the horizon a share of rounding may land inside
        shipped[key] = plan.zero + 1e-6 * float(np.abs(units).max())
    for (m, g), units in limits.in_transit(plan).items():
        key = "in_transit", m, g
        expected[key] = expected.get(key, plan.zero) + units
    found = plan.arrays("arrivals", ["source", "material", "party"])
    for arrival in {*expected, *found}:
        plan.equal("arrivals", ".".join(arrival), found.get(arrival, plan.zero), expected.get(arrival, plan.zero), shipped.get(arrival, plan.zero))


def _capacity(plan: PlanArrays) -> None:
    """What stands without decisions, and what each decision adds; a supplier from whom nobody can take anything has no row."""
    scenario = plan.scenario
    expected: dict[tuple[str, ...], Floats] = {}
    for kind, keys in (("supplier", scenario.suppliers), ("process", scenario.processes), ("stockpile", scenario.stockpiles)):
        for key in keys:
            stands = limits.standing(plan, kind, key)
            if stands is not None:
                expected[kind, key, "standing"] = np.where(_shown(plan, key), stands, 0.0) if kind == "supplier" else stands
    for e, project in scenario.projects.items():
        if project.decide is not None:
            expected[kind_of(scenario, project.adds_to), project.adds_to, e] = plan.available(e, project)
    found = plan.arrays("capacity", ["kind", "id", "part"])
    for kind, key, part in {*expected, *found}:
        left, right = (table.get((kind, key, part), plan.zero) for table in (found, expected))
        plan.equal("capacity", f"{key}.{part}", left, right)


def _shown(plan: PlanArrays, s: str) -> limits.Flags:
    """Periods in which somebody could take something from a supplier, by purchase or contract."""
    shown = np.full(plan.clock.size, bool(limits.buyers(plan, s)))
    for c, contract in plan.scenario.contracts.items():
        if contract.supplier == s:
            shown = shown | (limits.contract_volume(plan, c) > 0)
    return shown


def _flows(plan: PlanArrays) -> None:
    wants = plan.arrays("demands", ["demand"], "wanted")
    for n in plan.scenario.demands:
        plan.equal("wanted", n, wants.get((n,), plan.zero), wanted(plan, n))
    for measure in ("used", "made"):
        found = plan.arrays("processes", ["process", "material"], measure)
        for p, process in plan.scenario.processes.items():
            for material, ratio in (process.inputs if measure == "used" else process.outputs).items():
                level = ratio * plan.activity.get((p,), plan.zero)
                plan.equal("process flows", f"{p} {material}", found.get((p, material), plan.zero), level)
    _run_rows(plan)
    _facts(plan)


def _run_rows(plan: PlanArrays) -> None:
    """A process has a row for each of its materials whenever it runs, and only then."""
    table, processes = plan.lists["processes"], plan.scenario.processes
    found = set(zip(table["process"], table["measure"], table["material"], table["period"], strict=True))
    runs = [(p, label) for p, measure, _, label in found if measure == "activity"]
    flows = {p: [*(("used", m) for m in process.inputs), *(("made", m) for m in process.outputs)] for p, process in processes.items()}
    wrong = found ^ {(p, *flow, label) for p, label in runs for flow in (("activity", ""), *flows[p])}
    if wrong:
        plan.fail("process flows", "processes: lost or idle row of " + " ".join(filter(None, min(wrong))), len(wrong))


def _facts(plan: PlanArrays) -> None:
    """What was committed before stands with its size."""
    table = plan.lists["commitments"]
    rows = zip(table["project"], table["status"], table["value"], strict=True)
    found = {e: size for e, status, size in rows if status == "committed"}
    facts = {e: float(project.size) for e, project in plan.scenario.projects.items() if project.committed is not None and isinstance(project.size, float)}
    names = sorted(facts)
    plan.note_rows("committed projects", names, [found.get(e, 0.0) for e in names], [facts[e] for e in names])
    for e in sorted({*facts} - {*found}):
        plan.fail("committed projects", f"commitments: {e} has no row")


def check_costs(plan: PlanArrays, rows: CostRows, costs: Mapping[str, float], total_cost: float) -> None:
    """Cost rows, lines and total are what the decisions cost."""
    table = plan.lists["costs"]
    found = dict(zip(zip(table["line"], table["item"], table["period"], strict=True), table["value"], strict=True))
    largest, sums = dict.fromkeys(LINES, 0.0), dict.fromkeys(LINES, 0.0)
    for (line, _, _), money in rows.items():
        largest[line] = max(largest[line], abs(money))
        sums[line] += money
    for key in found:
        if key not in rows:
            plan.fail("costs by cause", f"costs: nothing causes {' '.join(filter(None, key))}")
    keys = list(rows)
    floor = [1e-6 * largest[key[0]] for key in keys]
    names = [" ".join(filter(None, key)) for key in keys]
    plan.note_rows("costs by cause", names, [found.get(key, 0.0) for key in keys], [rows.get(key, 0.0) for key in keys], floor)
    size = max([abs(total_cost), *map(abs, costs.values()), *map(abs, sums.values()), 1e-300])
    lines = sorted({*sums, *costs})
    plan.note_rows("cost lines", lines, [costs.get(line, 0.0) for line in lines], [sums.get(line, 0.0) for line in lines], 1e-6 * size)
    plan.note_rows("cost lines add up", ["total cost"], [sum(costs.values())], [total_cost], size)
