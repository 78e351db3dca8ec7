"""Money by due date, cost lines and emissions, recomputed from the scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from planner.scenario.schema import Project, Scenario
from planner.verify import limits
from planner.verify.arrays import PlanArrays, concerns
from planner.verify.clock import Floats, Ints
from planner.verify.limits import Flags

Parties = tuple[str, ...] | None
Flows = list[tuple[str, Floats]]
"""(what causes it, money in each period)."""
COMMITTED = "committed projects"


class CostRows:
    """Discounted money by cost line, what causes it, and when."""

    def __init__(self, plan: PlanArrays) -> None:
        self.clock = plan.clock
        self.flows: dict[tuple[str, str], Floats] = {}
        """[line, cause] money in each period."""
        self.caused: dict[tuple[str, str], Flags] = {}
        """[line, cause] periods in which there is any, even where it adds up to nothing."""
        self.single: dict[tuple[str, str, str], float] = {}
        """[line, cause, label] money of no period."""

    def add_flow(self, line: str, item: str, money: Floats) -> None:
        """Add money in each period."""
        here = money != 0
        if here.any():
            key = line, item
            self.flows[key] = self.flows[key] + money if key in self.flows else money
            self.caused[key] = self.caused[key] | here if key in self.caused else here

    def add(self, line: str, item: str, label: str, money: float) -> None:
        """Add money of one period, or of a label that is none."""
        if label in self.clock.position:
            due = np.zeros(self.clock.size)
            due[self.clock.position[label]] = money
            self.add_flow(line, item, due)
        elif money:
            self.single[line, item, label] = self.single.get((line, item, label), 0.0) + money


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


def stages_inside(plan: PlanArrays, project: Project, decided: Floats) -> list[tuple[Floats, Floats]]:
    """(nominal times, money per unit/yr) of each stage for commitments at some times; what is paid outside the horizon is 0."""
    times = [(decided + after, cost) for after, cost in project.stages]
    return [(time, np.where((time >= -1e-9) & (time < plan.clock.end - 1e-9), cost, 0.0)) for time, cost in times]


def due_period(plan: PlanArrays, time: Floats) -> Ints:
    """Position of the periods that hold nominal times; a boundary belongs to the later one."""
    return np.asarray(np.maximum(np.searchsorted(plan.clock.begins, time + 1e-9, side="right") - 1, 0))


def unused_life(plan: PlanArrays, project: Project, decided: Floats) -> Floats:
    """Share of a commitment's capex that is worth something at the end."""
    if project.salvage == "none" or not project.life:
        return 0.0 * decided
    return np.clip((decided + plan.clock.life_end(project) - plan.clock.end) / project.life, 0.0, 1.0)


def capex_and_salvage(plan: PlanArrays, project: Project, decided: Floats) -> tuple[Floats, Floats]:
    """(capex, salvage) of a unit/yr, discounted: stages from their own dates, salvage from the end of the horizon."""
    clock, rate, stages = plan.clock, plan.scenario.money.discount_rate, stages_inside(plan, project, decided)
    capex = sum((cost * clock.discounted(np.maximum(time, 0.0), rate) for time, cost in stages), 0.0 * decided)
    paid = sum((cost for _, cost in stages), 0.0 * decided)
    return capex, paid * unused_life(plan, project, decided) * float(clock.discounted(clock.end, rate))


def _projects(plan: PlanArrays, parties: Parties, committed: bool | None) -> Iterator[tuple[str, Project]]:
    for key, project in plan.scenario.projects.items():
        if concerns(owner(plan.scenario, project), parties) and committed in (None, project.committed is not None):
            yield key, project


def _capex_due(plan: PlanArrays, parties: Parties, committed: bool | None = None) -> Floats:
    due = plan.zero.copy()
    for key, project in _projects(plan, parties, committed):
        decided, size = plan.decisions(key, project)
        for time, cost in stages_inside(plan, project, decided):
            np.add.at(due, due_period(plan, time), cost * size)
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
    """What decisions cost, in the period in which each is taken.

    Args:
        plan: The plan's tables.
        penalties: [policy, window] discounted money for broken soft policies.
    """
    found = CostRows(plan)
    for line, flows in _flows(plan).items():
        for item, due in flows:
            found.add_flow(line, item, due * plan.clock.discount)
    for (key, label), money in penalties.items():
        found.add("policy_penalties", key, label, money)
    end = float(plan.clock.discounted(plan.clock.end, plan.scenario.money.discount_rate))
    for k, pile in plan.scenario.stockpiles.items():
        found.add("final_stock_value", k, plan.clock.labels[-1], -end * pile.final.value * float(plan.stock[(k,)][-1]))
    for line, money in committed_costs(plan).items():
        found.add(line, COMMITTED, "", money)
    for e, project in _projects(plan, None, committed=False):
        if (e,) in plan.commit:
            capex, salvage = capex_and_salvage(plan, project, plan.clock.begins)
            found.add_flow("capex", e, capex * plan.commit[(e,)])
            found.add_flow("salvage", e, -salvage * plan.commit[(e,)])
    return found


def _flows(plan: PlanArrays) -> dict[str, Flows]:
    """Undiscounted money of each cost line that is paid period by period."""
    scenario = plan.scenario
    return {
        "purchases": _purchases_due(plan, None),
        "contracts": _contracts_due(plan, None),
        "breach": [(c, limits.breach_price(plan, c) * units) for (c,), units in plan.breach.items()],
        "freight": _freight_due(plan, None),
        "tariffs": _tariffs_due(plan),
        "fixed_cost": _fixed_due(plan, None, committed=False),
        "process": _process_due(plan, None),
        "transport": _routes_due(plan, None),
        "storage": _storage_due(plan, None),
        "shortage": [(n, scenario.demands[n].shortage_tiers[int(tier.split()[1]) - 1][1] * units) for (n, tier), units in plan.short.items()],
        "disposal": [(m, (scenario.materials[m].disposal_cost or 0.0) * units) for (m, _), units in plan.surplus.items()],
        "policy_penalties": [(k, plan.clock.years * (scenario.stockpiles[k].floor_penalty or 0.0) * units) for (k,), units in plan.gap.items()],
    }


LINES = (
    "purchases", "contracts", "breach", "freight", "tariffs", "capex", "fixed_cost", "process", "transport", "storage", "shortage", "disposal",
    "policy_penalties", "salvage", "final_stock_value",
)  # fmt: skip
"""Cost lines of a plan."""


def committed_costs(plan: PlanArrays) -> dict[str, float]:
    """Discounted money of committed projects by cost line."""
    found = {"capex": 0.0, "salvage": 0.0}
    for key, project in _projects(plan, None, committed=True):
        decided, size = plan.decisions(key, project)
        capex, salvage = capex_and_salvage(plan, project, decided)
        found["capex"] += float(capex @ size)
        found["salvage"] -= float(salvage @ size)
    found["fixed_cost"] = float(plan.clock.discount @ sum((money for _, money in _fixed_due(plan, None, committed=True)), plan.zero))
    return found
