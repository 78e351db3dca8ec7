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
        expected[key] = limits.lead(plan, s, g).arrivals(units)
        # of a shipment that lands after the horizon a share of rounding may land inside
        shipped[key] = plan.zero + 1e-6 * float(np.abs(units).max())
    for (m, g), units in limits.in_transit(plan).items():
        key = "in_transit", m, g
        expected[key] = expected.get(key, plan.zero) + units
    found = plan.arrays("arrivals", ["source", "material", "party"])
    for arrival in expected | found:
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
    for kind, key, part in expected | found:
        left, right = (table.get((kind, key, part), plan.zero) for table in (found, expected))
        plan.equal("capacity", f"{key}.{part}", left, right)


def _shown(plan: PlanArrays, s: str) -> limits.Flags:
    """Periods in which somebody could take something from a supplier, by purchase or contract."""
    shown = np.full(plan.clock.size, bool(limits.buyers(plan, s)))
    for c in plan.contracts_of.get(s, ()):
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
    table, processes = plan.tables["processes"], plan.scenario.processes
    found = set(table.keys(("process", "measure", "material", "period"), np.arange(table.size)))
    runs = [(p, label) for p, measure, _, label in found if measure == "activity"]
    flows = {p: [*(("used", m) for m in process.inputs), *(("made", m) for m in process.outputs)] for p, process in processes.items()}
    wrong = found ^ {(p, *flow, label) for p, label in runs for flow in (("activity", ""), *flows[p])}
    if wrong:
        plan.fail("process flows", "processes: lost or idle row of " + " ".join(filter(None, min(wrong))), len(wrong))


def _facts(plan: PlanArrays) -> None:
    """What was committed before stands with its size."""
    table = plan.tables["commitments"]
    rows = table.rows_with("status", "committed")
    found = dict(zip(table.column("project", rows), table.column("value", rows), strict=True))
    facts = {e: float(project.size) for e, project in plan.scenario.projects.items() if project.committed is not None and isinstance(project.size, float)}
    names = sorted(facts)
    plan.note_rows("committed projects", names.__getitem__, np.array([found.get(e, 0.0) for e in names]), np.array([facts[e] for e in names]))
    for e in sorted({*facts} - {*found}):
        plan.fail("committed projects", f"commitments: {e} has no row")


def check_costs(plan: PlanArrays, rows: CostRows, costs: Mapping[str, float], total_cost: float) -> None:
    """Cost rows, lines and total are what the decisions cost."""
    _costs_by_cause(plan, rows)
    sums = dict.fromkeys(LINES, 0.0)
    for (line, _), money in rows.flows.items():
        sums[line] += float(money.sum())
    for (line, _, _), value in rows.single.items():
        sums[line] += value
    size = max([abs(total_cost), *map(abs, costs.values()), *map(abs, sums.values()), 1e-300])
    lines = sorted({*sums, *costs})
    told, made = (np.array([source.get(line, 0.0) for line in lines], dtype=float) for source in (costs, sums))
    plan.note_rows("cost lines", lines.__getitem__, told, made, 1e-6 * size)
    plan.note_rows("cost lines add up", lambda _: "total cost", np.array([float(sum(costs.values()))]), np.array([float(total_cost)]), size)


def _costs_by_cause(plan: PlanArrays, rows: CostRows) -> None:
    """Each row of the table is what a decision costs; a residual is judged by not less than a millionth of the largest row of its line."""
    keys, labels = list(rows.flows), plan.clock.labels
    expected, caused = (np.array(list(cells.values())).reshape(len(keys), len(labels)) for cells in (rows.flows, rows.caused))
    found, written = _written_costs(plan, rows, caused.astype(bool))
    largest = dict.fromkeys(LINES, 0.0)
    for (line, _), money in rows.flows.items():
        largest[line] = max(largest[line], float(np.abs(money).max()))
    for (line, _, _), value in rows.single.items():
        largest[line] = max(largest[line], abs(value))
    flow, period = np.nonzero(caused)
    single = list(rows.single)
    lines = [*(line for line, _ in keys), *(line for line, _, _ in single)]
    floor = 1e-6 * np.array([largest[line] for line in lines])[np.append(flow, len(keys) + np.arange(len(single)))]

    def where(row: int) -> str:
        words = (*keys[flow[row]], labels[period[row]]) if row < len(flow) else single[row - len(flow)]
        return " ".join(filter(None, words))

    left = np.append(found[flow, period], [written.get(key, 0.0) for key in single])
    plan.note_rows("costs by cause", where, left, np.append(expected[flow, period], list(rows.single.values())), floor)


def _written_costs(plan: PlanArrays, rows: CostRows, caused: limits.Flags) -> tuple[Floats, dict[tuple[str, str, str], float]]:
    """What the table of costs says: ([flow, period] of each flow, [line, cause, label] of what is of no period); fails where nothing causes a row."""
    table, period = plan.tables["costs"], plan.places("costs")
    place = {key: number for number, key in enumerate(rows.flows)}
    group, first = table.groups(("line", "item"))
    flow = np.array([place.get(key, -1) for key in table.keys(("line", "item"), first)], dtype=np.int64)[group]
    known = np.zeros(table.size, dtype=bool)
    timed, others = np.flatnonzero((flow >= 0) & (period >= 0)), np.flatnonzero(period < 0)
    known[timed] = caused[flow[timed], period[timed]]
    found = np.zeros(caused.shape)
    found[flow[timed], period[timed]] = table.value[timed]
    columns = ("line", "item", "period")
    written = dict(zip(table.keys(columns, others), table.column("value", others), strict=True))
    known[others] = [key in rows.single for key in written]
    for key in table.keys(columns, np.flatnonzero(~known)[:1]):
        plan.fail("costs by cause", f"costs: nothing causes {' '.join(filter(None, key))}")
    return found, written
