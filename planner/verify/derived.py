"""Tables that follow from others: what arrives, what stands, what is used and made, costs by cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.verify.arrays import PlanArrays, Tables, wanted
from planner.verify.clock import Floats


def check_derived(plan: PlanArrays, tables: Tables, costs: Mapping[str, float]) -> None:
    """Every row of a derived table says what the tables it follows from say."""
    _arrivals(plan, tables)
    _capacity(plan, tables)
    _flows(plan, tables)
    by_line = tables["costs"].groupby("line")["value"].sum()
    size = max([abs(value) for value in costs.values()], default=0.0)
    for line in {*costs, *by_line.index}:
        plan.note("costs by cause", line, np.array([float(by_line.get(line, 0.0)) - costs.get(line, 0.0)]), size)


def _arrivals(plan: PlanArrays, tables: Tables) -> None:
    expected: dict[tuple[str, ...], Floats] = {}
    size: dict[tuple[str, ...], Floats] = {}
    for (s, g), units in plan.shipped.items():
        key = s, plan.scenario.suppliers[s].material, g
        expected[key], size[key] = units @ plan.lead[s, g], plan.zero + units.max()
    for shipment in plan.scenario.in_transit:
        key = "in_transit", shipment.material, shipment.party
        lands = [float(period.start <= shipment.arrives < period.end) for period in plan.clock.calendar.periods]
        expected[key] = expected.get(key, plan.zero) + shipment.quantity * np.array(lands)
    found = plan.arrays(tables["arrivals"], ["source", "material", "party"])
    for arrival in {*expected, *found}:
        plan.equal("arrivals", ".".join(arrival), found.get(arrival, plan.zero), expected.get(arrival, plan.zero), size.get(arrival, plan.zero))


def _capacity(plan: PlanArrays, tables: Tables) -> None:
    """What stands without decisions, and what each decision adds; a supplier that cannot ship has no row."""
    scenario = plan.scenario
    for (kind, key, part), units in plan.arrays(tables["capacity"], ["kind", "id", "part"]).items():
        if part != "standing":
            expected = plan.available(part, scenario.projects[part])
        else:
            facts = {name: project for name, project in scenario.projects.items() if project.committed is not None and project.adds_to == key}
            expected = sum((plan.available(name, project) for name, project in facts.items()), plan.zero)
            if kind == "stockpile":
                pile = scenario.stockpiles[key]
                expected = expected + (plan.amount(pile, pile.capacity) if pile.capacity is not None else 0.0)
            else:
                series = scenario.suppliers[key].capacity if kind == "supplier" else scenario.processes[key].capacity
                expected = expected + (plan.clock.series(series) if series is not None else 0.0)
        # a supplier has rows only for periods in which it can ship something
        stands = np.where(units == 0, 0.0, expected) if kind == "supplier" and part == "standing" else expected
        plan.equal("capacity", f"{key}.{part}", units, stands, expected)


def _flows(plan: PlanArrays, tables: Tables) -> None:
    demands, processes, commitments = tables["demands"], tables["processes"], tables["commitments"]
    wants = plan.arrays(demands[demands["measure"] == "wanted"], ["demand"])
    for n, demand in plan.scenario.demands.items():
        plan.equal("wanted", n, wants.get((n,), plan.zero), wanted(plan, demand))
    for measure in ("used", "made"):
        found = plan.arrays(processes[processes["measure"] == measure], ["process", "material"])
        for p, process in plan.scenario.processes.items():
            for material, ratio in (process.inputs if measure == "used" else process.outputs).items():
                level = ratio * plan.activity.get((p,), plan.zero)
                plan.equal("process flows", f"{p} {material}", found.get((p, material), plan.zero), level)
    facts = commitments[commitments["status"] == "committed"]
    for e, size in zip(facts["project"], facts["value"], strict=True):
        plan.note("committed projects", e, np.array([size - float(plan.scenario.projects[e].size)]), abs(size))  # type: ignore[arg-type]
