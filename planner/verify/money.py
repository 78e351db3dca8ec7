"""Money by due date, cost lines and emissions, recomputed from the scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from planner.scenario.schema import Project, Scenario
from planner.verify import limits
from planner.verify.arrays import PlanArrays, concerns
from planner.verify.clock import Floats

Parties = tuple[str, ...] | None
Flows = list[tuple[str, Floats]]
"""(what causes it, money in each period)."""
COMMITTED = "committed projects"
CostRows = dict[tuple[str, str, str], float]
"""[cost line, what causes it, period] discounted money."""


def money_due(plan: PlanArrays, line: str, parties: Parties = None) -> Floats:
    """Undiscounted money of one budget line by due date."""
    if line == "capex":
        return _capex_due(plan, parties)
    if line == "fixed":
        return sum((money for _, money in _fixed_due(plan, parties, committed=None)), plan.zero)
    return sum((money for _, money in _DUE[line](plan, parties)), plan.zero)


def committed_due(plan: PlanArrays, line: str, parties: Parties) -> Floats:
    """Undiscounted money of committed projects alone, which no decision changes."""
    if line == "capex":
        return _capex_due(plan, parties, committed=True)
    return sum((money for _, money in _fixed_due(plan, parties, committed=True)), plan.zero) if line == "fixed" else plan.zero


def emitted(plan: PlanArrays, parties: Parties) -> Floats:
    """Emissions of shipments and processes in each period [t CO2e]."""
    scenario = plan.scenario
    ships = sum((scenario.suppliers[s].emissions * units for (s, g), units in plan.shipped.items() if concerns(g, parties)), plan.zero)
    runs = (scenario.processes[p].emissions * level for (p,), level in plan.activity.items() if concerns(scenario.processes[p].party, parties))
    return sum(runs, ships)


def owner(scenario: Scenario, project: Project) -> str | None:
    """Party that pays for a project; nobody's for a supplier."""
    target = scenario.processes.get(project.adds_to) or scenario.stockpiles.get(project.adds_to)
    return target.party if target is not None else None


def _purchases_due(plan: PlanArrays, parties: Parties) -> Flows:
    bought = ((s, j, g, units) for (s, j, g), units in plan.purchase.items() if concerns(g, parties))
    return [(s, units * limits.spot_price(plan, s, j, g) * limits.landed(plan, s, g)) for s, j, g, units in bought]


def _lifts(plan: PlanArrays, parties: Parties) -> Iterator[tuple[str, str, str, Floats]]:
    """(contract, supplier, party, units)."""
    for (c,), units in plan.lift.items():
        contract = plan.scenario.contracts[c]
        if concerns(contract.party, parties):
            yield c, contract.supplier, contract.party, units


def _contracts_due(plan: PlanArrays, parties: Parties) -> Flows:
    return [(c, units * limits.contract_price(plan, c) * limits.landed(plan, s, g)) for c, s, g, units in _lifts(plan, parties)]


def _freight_due(plan: PlanArrays, parties: Parties) -> Flows:
    bought = [(s, s, g, units) for (s, _, g), units in plan.purchase.items() if concerns(g, parties)]
    return [(cause, units * limits.freight(plan, s) * limits.landed(plan, s, g)) for cause, s, g, units in (*bought, *_lifts(plan, parties))]


def _tariffs_due(plan: PlanArrays) -> Flows:
    rates = {(s, g): limits.tariff(plan, s, g) * limits.landed(plan, s, g) for s, g in plan.shipped}
    bought = [(s, units * limits.spot_price(plan, s, j, g) * rates[s, g]) for (s, j, g), units in plan.purchase.items()]
    return bought + [(c, units * limits.contract_price(plan, c) * rates[s, g]) for c, s, g, units in _lifts(plan, None)]


def stages_inside(plan: PlanArrays, project: Project, decided: float) -> list[tuple[float, float]]:
    """(nominal time, money per unit/yr) of what is paid inside the horizon for a commitment."""
    return [(decided + after, cost) for after, cost in project.stages if -1e-9 <= decided + after < plan.clock.end - 1e-9]


def due_period(plan: PlanArrays, time: float) -> int:
    """Position of the period that holds a nominal time; a boundary belongs to the later one."""
    return int(np.searchsorted(plan.clock.begins, time + 1e-9, side="right")) - 1


def unused_life(plan: PlanArrays, project: Project, decided: float) -> float:
    """Share of a commitment's capex that is worth something at the end."""
    if project.salvage == "none" or not project.life:
        return 0.0
    return min(1.0, max(0.0, (decided + plan.clock.life_end(project) - plan.clock.end) / project.life))


def capex_and_salvage(plan: PlanArrays, project: Project, decided: float) -> tuple[float, float]:
    """(capex, salvage) of a unit/yr, discounted: stages from their own dates, salvage from the end of the horizon."""
    clock, rate, stages = plan.clock, plan.scenario.money.discount_rate, stages_inside(plan, project, decided)
    capex = sum(cost * float(clock.discounted(max(time, 0.0), rate)) for time, cost in stages)
    return capex, sum(cost for _, cost in stages) * unused_life(plan, project, decided) * float(clock.discounted(clock.end, rate))


def _projects(plan: PlanArrays, parties: Parties, committed: bool | None) -> Iterator[tuple[str, Project]]:
    for key, project in plan.scenario.projects.items():
        if concerns(owner(plan.scenario, project), parties) and committed in (None, project.committed is not None):
            yield key, project


def _capex_due(plan: PlanArrays, parties: Parties, committed: bool | None = None) -> Floats:
    due = plan.zero.copy()
    for key, project in _projects(plan, parties, committed):
        for decided, size in plan.decisions(key, project):
            for time, cost in stages_inside(plan, project, decided):
                due[due_period(plan, time)] += cost * size
    return due


def _fixed_due(plan: PlanArrays, parties: Parties, committed: bool | None) -> Flows:
    found = _projects(plan, parties, committed)
    return [(key, plan.clock.years * project.fixed_cost * plan.available(key, project)) for key, project in found]


def _storage_due(plan: PlanArrays, parties: Parties) -> Flows:
    found = []
    for k, pile in plan.scenario.stockpiles.items():
        if concerns(pile.party, parties):
            stock, fill, draw = (table.get((k,), plan.zero) for table in (plan.stock, plan.fill, plan.draw))
            held = plan.clock.years * plan.clock.series(pile.holding_cost) * stock
            found.append((k, held + pile.fill_cost * fill + pile.draw_cost * draw))
    return found


def _process_due(plan: PlanArrays, parties: Parties) -> Flows:
    scenario = plan.scenario
    levels = ((p, scenario.processes[p], level) for (p,), level in plan.activity.items())
    runs = [(p, plan.clock.series(process.cost) * level) for p, process, level in levels if concerns(process.party, parties)]
    for (n, m), units in plan.served.items():
        demand = scenario.demands[n]
        if m != demand.material and concerns(demand.party, parties):
            runs.append((n, demand.substitutes[m].cost * units))
    return runs


def _routes_due(plan: PlanArrays, parties: Parties) -> Flows:
    routes = plan.scenario.routes
    sent = ((r, routes[r], m, units) for (r, m), units in plan.transfer.items() if concerns(routes[r].to, parties))
    return [(r, plan.clock.series(route.cost[m]) * units) for r, route, m, units in sent if m in route.cost]


_DUE: dict[str, Callable[[PlanArrays, Parties], Flows]] = {
    "purchases": _purchases_due,
    "contracts": _contracts_due,
    "storage": _storage_due,
    "process": _process_due,
    "transport": lambda plan, parties: _freight_due(plan, parties) + _routes_due(plan, parties),
}


def cost_rows(plan: PlanArrays, penalties: dict[tuple[str, str], float]) -> CostRows:
    """Discounted money by cost line, what causes it and the period in which it is decided.

    Args:
        plan: The plan's tables.
        penalties: [policy, window] discounted money for broken soft policies.
    """
    scenario, found = plan.scenario, dict[tuple[str, str, str], float]()

    def add(line: str, item: str, label: str, money: float) -> None:
        if money:
            found[line, item, label] = found.get((line, item, label), 0.0) + money

    def add_flows(line: str, flows: Flows) -> None:
        for item, due in flows:
            money = due * plan.clock.discount
            for t in np.flatnonzero(money):
                add(line, item, plan.clock.labels[t], float(money[t]))

    add_flows("purchases", _purchases_due(plan, None))
    add_flows("contracts", _contracts_due(plan, None))
    add_flows("breach", [(c, limits.breach_price(plan, c) * units) for (c,), units in plan.breach.items()])
    add_flows("freight", _freight_due(plan, None))
    add_flows("tariffs", _tariffs_due(plan))
    add_flows("fixed_cost", _fixed_due(plan, None, committed=False))
    add_flows("process", _process_due(plan, None))
    add_flows("transport", _routes_due(plan, None))
    add_flows("storage", _storage_due(plan, None))
    add_flows("shortage", [(n, scenario.demands[n].shortage_tiers[int(tier.split()[1]) - 1][1] * units) for (n, tier), units in plan.short.items()])
    add_flows("disposal", [(m, (scenario.materials[m].disposal_cost or 0.0) * units) for (m, _), units in plan.surplus.items()])
    add_flows("policy_penalties", [(k, plan.clock.years * (scenario.stockpiles[k].floor_penalty or 0.0) * units) for (k,), units in plan.gap.items()])
    for (key, label), money in penalties.items():
        add("policy_penalties", key, label, money)
    end = float(plan.clock.discounted(plan.clock.end, scenario.money.discount_rate))
    for k, pile in scenario.stockpiles.items():
        add("final_stock_value", k, plan.clock.labels[-1], -end * pile.final.value * float(plan.stock[(k,)][-1]))
    for line, money in committed_costs(plan).items():
        add(line, COMMITTED, "", money)
    for e, project in _projects(plan, None, committed=False):
        for v in np.flatnonzero(plan.commit.get((e,), plan.zero)):
            capex, salvage = capex_and_salvage(plan, project, float(plan.clock.begins[v]))
            size, label = float(plan.commit[(e,)][v]), plan.clock.labels[v]
            add("capex", e, label, capex * size)
            add("salvage", e, label, -salvage * size)
    return found


LINES = (
    "purchases", "contracts", "breach", "freight", "tariffs", "capex", "fixed_cost", "process", "transport", "storage", "shortage", "disposal",
    "policy_penalties", "salvage", "final_stock_value",
)  # fmt: skip
"""Cost lines of a plan."""


def committed_costs(plan: PlanArrays) -> dict[str, float]:
    """Discounted money of committed projects by cost line."""
    found = {"capex": 0.0, "salvage": 0.0}
    for key, project in _projects(plan, None, committed=True):
        for decided, size in plan.decisions(key, project):
            capex, salvage = capex_and_salvage(plan, project, decided)
            found["capex"] += capex * size
            found["salvage"] -= salvage * size
    found["fixed_cost"] = float(plan.clock.discount @ sum((money for _, money in _fixed_due(plan, None, committed=True)), plan.zero))
    return found
