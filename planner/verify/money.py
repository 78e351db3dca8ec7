"""Money by due date, cost lines and emissions, recomputed from the scenario."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from planner.scenario.schema import Project, Scenario
from planner.verify.arrays import PlanArrays, concerns, supplier_thing
from planner.verify.clock import Floats


def money_due(plan: PlanArrays, line: str, parties: tuple[str, ...] | None = None) -> Floats:
    """Undiscounted money of one budget line by due date."""
    return sum(_DUE[line](plan, parties), plan.zero)


def emitted(plan: PlanArrays, parties: tuple[str, ...] | None) -> Floats:
    """Emissions of shipments and processes in each period [t CO2e]."""
    scenario = plan.scenario
    ships = sum((scenario.suppliers[s].emissions * units for (s, g), units in plan.shipped.items() if concerns(g, parties)), plan.zero)
    runs = (scenario.processes[p].emissions * level for (p,), level in plan.activity.items() if concerns(scenario.processes[p].party, parties))
    return sum(runs, ships)


def _landed(plan: PlanArrays, s: str, g: str) -> Floats:
    return np.asarray(plan.lead[s, g].sum(axis=1))


def _owner(scenario: Scenario, project: Project) -> str | None:
    target = scenario.processes.get(project.adds_to) or scenario.stockpiles.get(project.adds_to)
    return target.party if target is not None else None


def _purchases_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for (s, j, g), units in plan.purchase.items():
        if concerns(g, parties):
            supplier = plan.scenario.suppliers[s]
            price = plan.clock.series(supplier.tiers[int(j) - 1].price) * plan.effects.factor("price", supplier_thing(s, supplier, g))
            found.append(units * price * _landed(plan, s, g))
    return found


def _contracts_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for (c,), units in plan.lift.items():
        contract = plan.scenario.contracts[c]
        if concerns(contract.party, parties):
            found.append(units * plan.clock.series(contract.price) * _landed(plan, contract.supplier, contract.party))
    return found


def _freight_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    suppliers = plan.scenario.suppliers
    ships = ((s, g, units) for (s, g), units in plan.shipped.items() if concerns(g, parties))
    return [units * plan.clock.series(suppliers[s].freight) * _landed(plan, s, g) for s, g, units in ships]


def _tariffs_due(plan: PlanArrays) -> list[Floats]:
    found = []
    for (s, j, g), units in plan.purchase.items():
        supplier = plan.scenario.suppliers[s]
        price = plan.clock.series(supplier.tiers[int(j) - 1].price) * plan.effects.factor("price", supplier_thing(s, supplier, g))
        found.append(units * price * _tariff(plan, s, g))
    for (c,), units in plan.lift.items():
        contract = plan.scenario.contracts[c]
        found.append(units * plan.clock.series(contract.price) * _tariff(plan, contract.supplier, contract.party))
    return found


def _tariff(plan: PlanArrays, s: str, g: str) -> Floats:
    supplier = plan.scenario.suppliers[s]
    return (plan.clock.series(supplier.tariff) + plan.effects.added("tariff", supplier_thing(s, supplier, g))) * _landed(plan, s, g)


def _stages(plan: PlanArrays, key: str, project: Project) -> list[tuple[float, float, float]]:
    """(nominal time, money, time of the decision) of what is paid inside the horizon."""
    return [
        (decided + after, cost * size, decided)
        for decided, size in plan.decisions(key, project)
        for after, cost in project.stages
        if -1e-9 <= decided + after < plan.clock.end - 1e-9
    ]


def _capex_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    due = plan.zero.copy()
    for key, project in plan.scenario.projects.items():
        if concerns(_owner(plan.scenario, project), parties):
            for time, money, _ in _stages(plan, key, project):
                due[np.searchsorted(plan.clock.begins, time + 1e-9, side="right") - 1] += money
    return [due]


def _fixed_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    projects = ((key, project) for key, project in plan.scenario.projects.items() if concerns(_owner(plan.scenario, project), parties))
    return [plan.clock.years * project.fixed_cost * plan.available(key, project) for key, project in projects]


def _storage_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for k, pile in plan.scenario.stockpiles.items():
        if concerns(pile.party, parties):
            stock, fill, draw = (table.get((k,), plan.zero) for table in (plan.stock, plan.fill, plan.draw))
            found.append(plan.clock.years * plan.clock.series(pile.holding_cost) * stock + pile.fill_cost * fill + pile.draw_cost * draw)
    return found


def _process_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    scenario = plan.scenario
    runs = [plan.clock.series(scenario.processes[p].cost) * level for (p,), level in plan.activity.items() if concerns(scenario.processes[p].party, parties)]
    for (n, m), units in plan.served.items():
        demand = scenario.demands[n]
        if m != demand.material and concerns(demand.party, parties):
            runs.append(demand.substitutes[m].cost * units)
    return runs


def _routes_due(plan: PlanArrays, parties: tuple[str, ...] | None) -> list[Floats]:
    routes = plan.scenario.routes
    sent = ((routes[r], m, units) for (r, m), units in plan.transfer.items() if concerns(routes[r].to, parties))
    return [plan.clock.series(route.cost[m]) * units for route, m, units in sent if m in route.cost]


_DUE: dict[str, Callable[[PlanArrays, tuple[str, ...] | None], list[Floats]]] = {
    "purchases": _purchases_due,
    "contracts": _contracts_due,
    "capex": _capex_due,
    "fixed": _fixed_due,
    "storage": _storage_due,
    "process": _process_due,
    "transport": lambda plan, parties: _freight_due(plan, parties) + _routes_due(plan, parties),
}


def cost_lines(plan: PlanArrays) -> dict[str, float]:
    """Discounted cost lines, recomputed from the plan's tables."""
    clock, scenario = plan.clock, plan.scenario

    def now(flows: list[Floats]) -> float:
        return float(clock.discount @ sum(flows, plan.zero))

    breach = [plan.clock.series(scenario.contracts[c].breach_price or scenario.contracts[c].price) * units for (c,), units in plan.breach.items()]
    disposal = [(scenario.materials[m].disposal_cost or 0.0) * units for (m, _), units in plan.surplus.items()]
    shortage = [scenario.demands[n].shortage_tiers[int(tier.split()[1]) - 1][1] * units for (n, tier), units in plan.short.items()]
    gaps = [clock.years * (scenario.stockpiles[k].floor_penalty or 0.0) * units for (k,), units in plan.gap.items()]
    capex, salvage = _capex(plan)
    left = sum(pile.final.value * float(plan.stock.get((k,), plan.zero)[-1]) for k, pile in scenario.stockpiles.items())
    return {
        "purchases": now(_purchases_due(plan, None)),
        "contracts": now(_contracts_due(plan, None)),
        "breach": now(breach),
        "freight": now(_freight_due(plan, None)),
        "tariffs": now(_tariffs_due(plan)),
        "capex": capex,
        "fixed_cost": now(_fixed_due(plan, None)),
        "process": now(_process_due(plan, None)),
        "transport": now(_routes_due(plan, None)),
        "storage": now(_storage_due(plan, None)),
        "shortage": now(shortage),
        "disposal": now(disposal),
        "policy_penalties": now(gaps),
        "salvage": -salvage,
        "final_stock_value": -float(clock.discounted(clock.end, scenario.money.discount_rate)) * left,
    }


def _capex(plan: PlanArrays) -> tuple[float, float]:
    """(capex, salvage), discounted: stages from their own dates, salvage from the end of the horizon."""
    clock, rate = plan.clock, plan.scenario.money.discount_rate
    capex = salvage = 0.0
    for key, project in plan.scenario.projects.items():
        for time, money, decided in _stages(plan, key, project):
            capex += money * float(clock.discounted(max(time, 0.0), rate))
            if project.salvage == "straight_line" and project.life:
                unused = min(1.0, max(0.0, (decided + clock.life_end(project) - clock.end) / project.life))
                salvage += money * unused * float(clock.discounted(clock.end, rate))
    return capex, salvage
