"""Recomputes a plan from the scenario's own numbers and its written tables, by code that does not know the model.

Every rule of ``models/README.md`` has a check here: balances, capacities with ramps and lead times, cutoffs, contracts,
stockpiles, demands, policies, cost lines and their sum. A residual is judged against the size of the numbers it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.scenario.dates import Calendar
from planner.scenario.fields import Stock, StockSeries
from planner.scenario.schema import (
    Budget,
    Contract,
    Demand,
    MaxEmissions,
    MaxShare,
    MinCover,
    MinService,
    Project,
    Scenario,
    StockLimit,
    Stockpile,
    Supplier,
)
from planner.scenario.units import COUNT, MASS
from planner.verify.clock import Clock, Effects, Floats

TOLERANCE = 1e-6
Tables = Mapping[str, pd.DataFrame]
Thing = dict[str, set[str | None]]


@dataclass(frozen=True)
class Check:
    """Worst residual of one rule: relative, absolute in the scenario's units, and where."""

    rule: str
    relative: float
    absolute: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether the residual is within the tolerance."""
        return self.relative <= TOLERANCE


def recheck(scenario: Scenario, calendar: Calendar, tables: Tables, costs: Mapping[str, float], total_cost: float) -> list[Check]:
    """Check a plan.

    Args:
        scenario: The validated scenario.
        calendar: Its grid.
        tables: The plan's tables, as written.
        costs: Discounted money by cost line.
        total_cost: Their claimed sum.

    Returns:
        One check a rule, the worst residual of each.
    """
    plan = _Plan(scenario, calendar, tables)
    for check in (_supply, _ramps, _contracts, _stockpiles, _conversion, _demands, _balances, _policies):
        check(plan)
    _costs(plan, costs, total_cost)
    return [plan.worst[rule] for rule in sorted(plan.worst)]


class _Plan:
    """A plan's tables as arrays over periods, and the residuals found so far."""

    def __init__(self, scenario: Scenario, calendar: Calendar, tables: Tables) -> None:
        self.scenario, self.clock = scenario, Clock(calendar, scenario.money.discount_rate)
        self.effects = Effects(self.clock, scenario.events.values())
        self.worst: dict[str, Check] = {}
        self.zero = np.zeros(self.clock.size)
        self.purchase = self._arrays(tables["purchases"], ["supplier", "tier", "party"])
        self.lift = self._measure(tables["contracts"], "lifted", ["contract"])
        self.breach = self._measure(tables["contracts"], "breached", ["contract"])
        self.sign = self._measure(tables["contracts"], "signed", ["contract"])
        decided = tables["commitments"]
        self.commit = self._arrays(decided[decided["status"] == "decided"], ["project"])
        self.stock, self.fill, self.draw, self.gap = (
            self._measure(tables["stockpiles"], measure, ["stockpile"]) for measure in ("stock", "fill", "draw", "floor_gap")
        )
        self.served = self._measure(tables["demands"], "served", ["demand", "by"]) | self._measure(tables["demands"], "substituted", ["demand", "by"])
        self.short = self._measure(tables["demands"], "short", ["demand", "by"])
        self.activity = self._measure(tables["processes"], "activity", ["process"])
        self.transfer = self._arrays(tables["transfers"], ["route", "material"])
        self.surplus = self._arrays(tables["disposals"], ["material", "party"])
        violations = tables["violations"]
        self.violation = dict(zip(zip(violations["policy"], violations["item"], violations["period"], strict=True), violations["value"], strict=True))
        self.shipped: dict[tuple[str, str], Floats] = {}
        self.lead: dict[tuple[str, str], Floats] = {}
        for (s, _, g), units in self.purchase.items():
            self.shipped[s, g] = self.shipped.get((s, g), self.zero) + units
        for (c,), units in self.lift.items():
            contract = scenario.contracts[c]
            key = contract.supplier, contract.party
            self.shipped[key] = self.shipped.get(key, self.zero) + units
        for s, g in self.shipped:
            supplier = scenario.suppliers[s]
            self.lead[s, g] = self.clock.shifted(supplier.lead_time + self.effects.added("lead_time", supplier_thing(s, supplier, g)))
        self.added = self._capacity_added()

    def _arrays(self, table: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], Floats]:
        found: dict[tuple[Any, ...], Floats] = {}
        for *key, period, value in table[[*keys, "period", "value"]].itertuples(index=False, name=None):
            array = found.setdefault(tuple(key), np.zeros(self.clock.size))
            array[self.clock.position[period]] += value
        return found

    def _measure(self, table: pd.DataFrame, measure: str, keys: list[str]) -> dict[tuple[Any, ...], Floats]:
        return self._arrays(table[table["measure"] == measure], keys)

    def _capacity_added(self) -> dict[str, Floats]:
        """Capacity of projects by target: each commitment along its ramp from its own date."""
        found: dict[str, Floats] = {}
        for key, project in self.scenario.projects.items():
            found[project.adds_to] = found.get(project.adds_to, self.zero) + self.available(key, project)
        return found

    def available(self, key: str, project: Project) -> Floats:
        """Mean capacity of one project in each period."""
        total = self.zero.copy()
        for decided, size in self.decisions(key, project):
            total += size * self.clock.ramp(project, decided)
        return total

    def decisions(self, key: str, project: Project) -> list[tuple[float, float]]:
        """(nominal time, nameplate) of each commitment."""
        if project.committed is not None and isinstance(project.size, float):
            return [(self.clock.since_start(project.committed), project.size)]
        committed = self.commit.get((key,), self.zero)
        return [(float(self.clock.begins[v]), float(committed[v])) for v in np.flatnonzero(committed)]

    def note(self, rule: str, item: str, residual: Floats, size: Floats | float) -> None:
        """Keep the worst residual of a rule; anything that is not a number is infinitely bad."""
        residual = np.atleast_1d(np.abs(np.nan_to_num(residual, nan=np.inf)))
        relative = residual / np.maximum(np.broadcast_to(size, residual.shape), 1e-300)
        worst = int(np.argmax(np.where(residual == 0, 0.0, relative)))
        value = 0.0 if residual[worst] == 0 else float(relative[worst])
        if rule not in self.worst or value > self.worst[rule].relative:
            period = f" in {self.clock.labels[worst]}" if len(residual) == self.clock.size and self.clock.size > 1 else ""
            self.worst[rule] = Check(rule, value, float(residual[worst]), f"{item}{period}")

    def at_most(self, rule: str, item: str, used: Floats, limit: Floats, *terms: Floats) -> None:
        """Note by how much ``used`` exceeds ``limit``."""
        size = _size(used, limit, *terms)
        self.note(rule, item, np.maximum(used - limit, 0.0), size)

    def equal(self, rule: str, item: str, left: Floats, right: Floats, *terms: Floats) -> None:
        """Note by how much two sides differ."""
        self.note(rule, item, left - right, _size(left, right, *terms))

    def amount(self, pile: Stockpile, stock: Stock) -> float:
        """Units of an amount that may be written in days of demand."""
        return stock.units + stock.years * self.first_demand(pile.material, pile.party)

    def first_demand(self, material: str, party: str) -> float:
        """Yearly demand in the first period, before events."""
        wanted = (d for d in self.scenario.demands.values() if (d.material, d.party) == (material, party))
        return sum(float(self.clock.series(d.quantity)[0]) for d in wanted)


def _size(*terms: Floats) -> Floats:
    """What a residual is compared with: the largest term, but not less than a millionth of the largest over time."""
    largest = np.max([np.abs(term) for term in terms], axis=0)
    return np.asarray(np.maximum(largest, 1e-6 * largest.max(initial=0.0)))


def supplier_thing(key: str, supplier: Supplier, party: str | None = None) -> Thing:
    """How events see a supplier, and a party that buys from it."""
    return {
        "country": {supplier.country},
        "origin": {supplier.origin or supplier.country},
        "suppliers": {key},
        "materials": {supplier.material},
        "parties": {party} if party else set(),
    }


def _thing_of_target(scenario: Scenario, key: str) -> Thing:
    if key in scenario.suppliers:
        return supplier_thing(key, scenario.suppliers[key])
    if key in scenario.processes:
        process = scenario.processes[key]
        return {"processes": {key}, "materials": {*process.inputs, *process.outputs}}
    return {"materials": {scenario.stockpiles[key].material}}


def _supply(plan: _Plan) -> None:
    clock, effects = plan.clock, plan.effects
    for s, supplier in plan.scenario.suppliers.items():
        ships = {g: units for (other, g), units in plan.shipped.items() if other == s}
        if not ships:
            continue
        standing = clock.series(supplier.capacity) + plan.added.get(s, plan.zero)
        capacity = clock.years * effects.factor("capacity", supplier_thing(s, supplier)) * standing
        plan.at_most("supplier capacity", s, sum(ships.values(), plan.zero), capacity)
        for j, tier in enumerate(supplier.tiers, 1):
            bought = sum((units for (other, i, _), units in plan.purchase.items() if (other, i) == (s, j)), plan.zero)
            if tier.quantity is not None:
                plan.at_most("price tiers", f"{s} tier {j}", bought, clock.years * clock.series(tier.quantity))
        for g in ships:
            bought = sum((units for (other, _, party), units in plan.purchase.items() if (other, party) == (s, g)), plan.zero)
            spot = effects.smallest("spot", supplier_thing(s, supplier, g))
            plan.at_most("export cutoff", f"{s} to {g}", bought, np.where(spot < 1, spot * capacity, np.inf), capacity)
            if supplier.sells_to is not None and g not in supplier.sells_to:
                plan.at_most("who may buy", f"{s} to {g}", bought, plan.zero, capacity)


def _ramps(plan: _Plan) -> None:
    for key, project in plan.scenario.projects.items():
        committed = plan.commit.get((key,), plan.zero)
        plan.at_most("no negative number", key, -committed, plan.zero, committed)
        if project.decide is None:
            continue
        largest = getattr(project.size, "max", None)
        opened = np.array([project.decide.holds(period.start) for period in plan.clock.calendar.periods])
        plan.at_most("decision windows", key, np.where(opened, 0.0, committed), plan.zero, committed)
        gate = plan.effects.smallest("commitments", _thing_of_target(plan.scenario, project.adds_to))
        if largest is not None:
            plan.note("project size", key, np.maximum(committed.sum() - largest, 0.0), max(largest, committed.sum()))
            plan.at_most("commitment gate", key, committed, gate * largest, plan.zero + largest)
        else:
            plan.at_most("commitment gate", key, np.where(gate == 0, committed, 0.0), plan.zero, committed)


def _contracts(plan: _Plan) -> None:
    clock = plan.clock
    for c, contract in plan.scenario.contracts.items():
        supplier = plan.scenario.suppliers[contract.supplier]
        thing = supplier_thing(contract.supplier, supplier, contract.party)
        lifted, breached, signed = (table.get((c,), plan.zero) for table in (plan.lift, plan.breach, plan.sign))
        share = np.ones(clock.size)
        if contract.sign is not None:
            share = np.cumsum(signed)
            plan.note("signatures", c, np.maximum(signed.sum() - 1, 0.0), 1.0)
            opened = np.array([contract.sign.holds(period.start) for period in clock.calendar.periods])
            spot = plan.effects.smallest("spot", thing)
            gate = np.minimum(spot, plan.effects.smallest("commitments", supplier_thing(contract.supplier, supplier)))
            plan.at_most("signatures", c, signed, np.where(opened, gate, 0.0), np.ones(clock.size))
        volume = contract_volume(plan, contract, thing) * share
        plan.at_most("contract volume", c, lifted, volume)
        plan.at_most("take or pay", c, contract.take_or_pay * volume, lifted + breached)


def contract_volume(plan: _Plan, contract: Contract, thing: Thing) -> Floats:
    """Units a period at full signature."""
    clock = plan.clock
    window = clock.mean(clock.between(contract.start, contract.end))
    return np.asarray(clock.years * clock.series(contract.quantity) * window * plan.effects.smallest("contracts", thing))


def _stockpiles(plan: _Plan) -> None:
    clock = plan.clock
    for k, pile in plan.scenario.stockpiles.items():
        stock, fill, draw, gap = (table.get((k,), plan.zero) for table in (plan.stock, plan.fill, plan.draw, plan.gap))
        before = np.concatenate([[plan.amount(pile, pile.initial)], stock[:-1]])
        kept = (1 - pile.loss) ** clock.years * before
        plan.equal("stock balance", k, stock, kept + fill - draw, before, fill, draw)
        scale = np.maximum(before, stock)
        if pile.capacity is not None:
            plan.at_most("stock capacity", k, stock, plan.amount(pile, pile.capacity) + plan.added.get(k, plan.zero))
        if pile.floor is not None:
            missing = gap if pile.floor_penalty is not None else plan.zero
            plan.at_most("stock floor", k, _floor(plan, pile, pile.floor), stock + missing)
        if pile.max_fill is not None:
            plan.at_most("fill rate", k, fill, clock.years * pile.max_fill)
        plan.at_most("draw rate", k, draw, _draw_limit(plan, pile), scale)
        least = pile.final.min
        units = plan.amount(pile, least if isinstance(least, Stock) else pile.initial)
        plan.note("final stock", k, np.maximum(units - stock[-1], 0.0), max(units, float(scale.max())))


def _floor(plan: _Plan, pile: Stockpile, floor: StockSeries) -> Floats:
    return plan.clock.series(floor.units) + plan.clock.series(floor.years) * plan.first_demand(pile.material, pile.party)


def _draw_limit(plan: _Plan, pile: Stockpile) -> Floats:
    clock = plan.clock
    opened = clock.mean(clock.between(pile.release, None)) * plan.effects.factor("draw", {"materials": {pile.material}, "parties": {pile.party}})
    if pile.max_draw is None:
        return np.where(opened == 0, 0.0, np.inf)
    return np.asarray(clock.years * pile.max_draw * opened)


def _conversion(plan: _Plan) -> None:
    clock, scenario = plan.clock, plan.scenario
    for p, process in scenario.processes.items():
        if process.capacity is not None:
            factor = plan.effects.factor("capacity", _thing_of_target(scenario, p))
            capacity = clock.years * factor * (clock.series(process.capacity) + plan.added.get(p, plan.zero))
            plan.at_most("process capacity", p, plan.activity.get((p,), plan.zero), capacity)
    for r, route in scenario.routes.items():
        if route.capacity is not None:
            first = _tonnes(scenario, route.materials[0])
            carried = sum((units * _tonnes(scenario, m) / first for (other, m), units in plan.transfer.items() if other == r), plan.zero)
            plan.at_most("route capacity", r, carried, clock.years * clock.series(route.capacity))


def _tonnes(scenario: Scenario, material: str) -> float:
    unit = scenario.materials[material].unit
    return COUNT[unit] if unit in COUNT else MASS[unit]


def wanted(plan: _Plan, demand: Demand) -> Floats:
    """Units wanted in each period, after events."""
    factor = plan.effects.factor("demand", {"materials": {demand.material}, "parties": {demand.party}})
    return np.asarray(plan.clock.years * plan.clock.series(demand.quantity) * factor)


def _total_served(plan: _Plan, n: str) -> Floats:
    return sum((units for (other, _), units in plan.served.items() if other == n), plan.zero)


def _demands(plan: _Plan) -> None:
    clock = plan.clock
    for n, demand in plan.scenario.demands.items():
        quantity, served = wanted(plan, demand), _total_served(plan, n)
        short = sum((units for (other, _), units in plan.short.items() if other == n), plan.zero)
        plan.equal("demand balance", n, served + short, quantity)
        plan.at_most("essential service", n, demand.min_service * quantity, served, quantity)
        for i, (share, _) in enumerate(demand.shortage_tiers, 1):
            if share is not None:
                plan.at_most("shortage tiers", f"{n} tier {i}", plan.short.get((n, f"tier {i}"), plan.zero), share * quantity, quantity)
        if not demand.shortage_tiers:
            plan.at_most("no shortage", n, short, plan.zero, quantity)
        for m, substitute in demand.substitutes.items():
            limit = substitute.max_share * quantity * clock.mean(clock.between(substitute.from_, None))
            plan.at_most("substitutes", f"{n} by {m}", plan.served.get((n, m), plan.zero), limit, quantity)


def _balances(plan: _Plan) -> None:
    """Every tonne that leaves a balance entered it."""
    scenario, clock = plan.scenario, plan.clock
    inflow: dict[tuple[str, str], Floats] = {}
    outflow: dict[tuple[str, str], Floats] = {}

    def add(side: dict[tuple[str, str], Floats], material: str, party: str, units: Floats) -> None:
        side[material, party] = side.get((material, party), plan.zero) + units

    for (s, g), units in plan.shipped.items():
        add(inflow, scenario.suppliers[s].material, g, units @ plan.lead[s, g])
    for shipment in scenario.in_transit:
        arrives = np.array([float(period.start <= shipment.arrives < period.end) for period in clock.calendar.periods])
        add(inflow, shipment.material, shipment.party, shipment.quantity * arrives)
    for (p,), level in plan.activity.items():
        process = scenario.processes[p]
        for material, ratio in process.outputs.items():
            add(inflow, material, process.party, ratio * level)
        for material, ratio in process.inputs.items():
            add(outflow, material, process.party, ratio * level)
    for k, pile in scenario.stockpiles.items():
        add(inflow, pile.material, pile.party, plan.draw.get((k,), plan.zero))
        add(outflow, pile.material, pile.party, plan.fill.get((k,), plan.zero))
    for (r, m), units in plan.transfer.items():
        route = scenario.routes[r]
        add(outflow, m, route.from_, units)
        add(inflow, m, route.to, (1 - route.loss) * (units @ clock.shifted(plan.zero + route.lead_time)))
    for (n, m), units in plan.served.items():
        demand = scenario.demands[n]
        ratio = 1.0 if m == demand.material else demand.substitutes[m].ratio
        add(outflow, m, demand.party, ratio * units)
        if demand.returns is not None:
            back = units @ clock.shifted(plan.zero + demand.returns.after)
            add(inflow, demand.returns.material, demand.party, demand.returns.ratio * back)
    for (m, g), units in plan.surplus.items():
        add(outflow, m, g, units)
        allowed = np.inf if scenario.materials[m].disposal_cost is not None else 0.0
        plan.at_most("disposal", f"{m} of {g}", units, plan.zero + allowed, units)
    for key in {*inflow, *outflow}:
        left, right = inflow.get(key, plan.zero), outflow.get(key, plan.zero)
        plan.equal("material balance", f"{key[0]} of {key[1]}", left, right)
    for table in (
        plan.purchase,
        plan.lift,
        plan.breach,
        plan.sign,
        plan.stock,
        plan.fill,
        plan.draw,
        plan.served,
        plan.short,
        plan.activity,
        plan.transfer,
        plan.surplus,
    ):
        for name, units in table.items():
            plan.at_most("no negative number", ".".join(map(str, name)), -units, plan.zero, np.abs(units))


def _windows(plan: _Plan, policy: Any, by_level: bool = False) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    """(label, mask over periods) of each window of a policy."""
    clock = plan.clock
    inside = clock.mean(clock.between(policy.from_, policy.until)) > 0.5
    if by_level or policy.per == "period":
        return [(clock.labels[t], np.arange(clock.size) == t) for t in np.flatnonzero(inside)]
    if policy.per == "total":
        return [("total", inside)]
    years = np.array([period.start.year for period in clock.calendar.periods])
    return [(str(year), inside & (years == year)) for year in sorted(set(years[inside].tolist()))]


def _policies(plan: _Plan) -> None:
    for key, policy in plan.scenario.policies.items():
        if isinstance(policy, MaxShare):
            _max_share(plan, key, policy)
        elif isinstance(policy, Budget):
            spent = sum((money_due(plan, line, policy.parties) for line in policy.covers), plan.zero)
            _limit(plan, key, policy, spent)
        elif isinstance(policy, MaxEmissions):
            _limit(plan, key, policy, _emissions(plan, policy.parties))
        elif isinstance(policy, StockLimit):
            first = _tonnes(plan.scenario, plan.scenario.stockpiles[policy.stockpiles[0]].material)
            piles = {k: plan.scenario.stockpiles[k] for k in policy.stockpiles}
            level = sum(
                (
                    plan.stock.get((k,), plan.zero) * _tonnes(plan.scenario, pile.material) / first
                    for k, pile in piles.items()
                    if _for(pile.party, policy.parties)
                ),
                plan.zero,
            )
            for label, mask in _windows(plan, policy, by_level=True):
                _judge(plan, key, "all", label, float(level[mask].sum()), policy.limit)
        elif isinstance(policy, MinService):
            for n in policy.demands or plan.scenario.demands:
                if _for(plan.scenario.demands[n].party, policy.parties):
                    quantity, served = wanted(plan, plan.scenario.demands[n]), _total_served(plan, n)
                    for label, mask in _windows(plan, policy):
                        _judge(plan, key, n, label, policy.share * float(quantity[mask].sum()), float(served[mask].sum()))
        else:
            _min_cover(plan, key, policy)


def _for(party: str | None, parties: tuple[str, ...] | None) -> bool:
    return parties is None or party in parties


def _judge(plan: _Plan, key: str, item: str, label: str, used: float, limit: float, *terms: float) -> None:
    """A policy row: what is used stays within the limit, but for what a soft policy pays for."""
    policy = plan.scenario.policies[key]
    paid = float(plan.violation.get((key, item, label), 0.0)) if policy.penalty is not None else 0.0
    size = max(abs(used), abs(limit), abs(paid), *map(abs, terms), 1e-300)
    plan.note(f"policy {policy.kind}", f"{key} {item} {label}", np.array([max(used - limit - paid, 0.0)]), size)


def _limit(plan: _Plan, key: str, policy: Budget | MaxEmissions, used: Floats) -> None:
    for label, mask in _windows(plan, policy):
        _judge(plan, key, "all", label, float(used[mask].sum()), policy.limit)


def _max_share(plan: _Plan, key: str, policy: MaxShare) -> None:
    scenario = plan.scenario
    member: dict[str, Callable[[str], str | None]] = {
        "origin": lambda s: scenario.suppliers[s].origin or scenario.suppliers[s].country,
        "country": lambda s: scenario.suppliers[s].country,
        "supplier": lambda s: s,
    }
    for material in policy.materials or scenario.materials:
        for party in policy.parties or scenario.party_ids:
            parts: dict[str | None, Floats] = {}
            for (s, g), units in plan.shipped.items():
                if g == party and scenario.suppliers[s].material == material:
                    parts[member[policy.by](s)] = parts.get(member[policy.by](s), plan.zero) + units
            everything = sum(parts.values(), plan.zero)
            for name, units in parts.items():
                if name is not None and (policy.of is None or name in policy.of):
                    for label, mask in _windows(plan, policy):
                        allowed = policy.share * float(everything[mask].sum())
                        _judge(plan, key, f"{name}.{material}.{party}", label, float(units[mask].sum()), allowed)


def _min_cover(plan: _Plan, key: str, policy: MinCover) -> None:
    for material in policy.materials or plan.scenario.materials:
        for party in policy.parties or plan.scenario.party_ids:
            level = policy.days / 365.25 * plan.first_demand(material, party)
            piles = [k for k, pile in plan.scenario.stockpiles.items() if (pile.material, pile.party) == (material, party)]
            stock = sum((plan.stock.get((k,), plan.zero) for k in piles), plan.zero)
            for label, mask in _windows(plan, policy, by_level=True):
                _judge(plan, key, f"{material}.{party}", label, level, float(stock[mask].sum()))


def _emissions(plan: _Plan, parties: tuple[str, ...] | None) -> Floats:
    scenario = plan.scenario
    ships = sum((scenario.suppliers[s].emissions * units for (s, g), units in plan.shipped.items() if _for(g, parties)), plan.zero)
    runs = (scenario.processes[p].emissions * level for (p,), level in plan.activity.items() if _for(scenario.processes[p].party, parties))
    return sum(runs, ships)


def _landed(plan: _Plan, s: str, g: str) -> Floats:
    return np.asarray(plan.lead[s, g].sum(axis=1))


def _owner(scenario: Scenario, project: Project) -> str | None:
    target = scenario.processes.get(project.adds_to) or scenario.stockpiles.get(project.adds_to)
    return target.party if target is not None else None


def money_due(plan: _Plan, line: str, parties: tuple[str, ...] | None = None) -> Floats:
    """Undiscounted money of one budget line by due date."""
    return sum(_DUE[line](plan, parties), plan.zero)


def _purchases_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for (s, j, g), units in plan.purchase.items():
        if _for(g, parties):
            supplier = plan.scenario.suppliers[s]
            price = plan.clock.series(supplier.tiers[int(j) - 1].price) * plan.effects.factor("price", supplier_thing(s, supplier, g))
            found.append(units * price * _landed(plan, s, g))
    return found


def _contracts_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for (c,), units in plan.lift.items():
        contract = plan.scenario.contracts[c]
        if _for(contract.party, parties):
            found.append(units * plan.clock.series(contract.price) * _landed(plan, contract.supplier, contract.party))
    return found


def _freight_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    suppliers = plan.scenario.suppliers
    ships = ((s, g, units) for (s, g), units in plan.shipped.items() if _for(g, parties))
    return [units * plan.clock.series(suppliers[s].freight) * _landed(plan, s, g) for s, g, units in ships]


def _tariffs_due(plan: _Plan) -> list[Floats]:
    found = []
    for (s, j, g), units in plan.purchase.items():
        supplier = plan.scenario.suppliers[s]
        price = plan.clock.series(supplier.tiers[int(j) - 1].price) * plan.effects.factor("price", supplier_thing(s, supplier, g))
        found.append(units * price * _tariff(plan, s, g))
    for (c,), units in plan.lift.items():
        contract = plan.scenario.contracts[c]
        found.append(units * plan.clock.series(contract.price) * _tariff(plan, contract.supplier, contract.party))
    return found


def _tariff(plan: _Plan, s: str, g: str) -> Floats:
    supplier = plan.scenario.suppliers[s]
    return (plan.clock.series(supplier.tariff) + plan.effects.added("tariff", supplier_thing(s, supplier, g))) * _landed(plan, s, g)


def _stages(plan: _Plan, key: str, project: Project) -> list[tuple[float, float, float]]:
    """(nominal time, money, time of the decision) of what is paid inside the horizon."""
    return [
        (decided + after, cost * size, decided)
        for decided, size in plan.decisions(key, project)
        for after, cost in project.stages
        if -1e-9 <= decided + after < plan.clock.end - 1e-9
    ]


def _capex_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    due = plan.zero.copy()
    for key, project in plan.scenario.projects.items():
        if _for(_owner(plan.scenario, project), parties):
            for time, money, _ in _stages(plan, key, project):
                due[np.searchsorted(plan.clock.begins, time + 1e-9, side="right") - 1] += money
    return [due]


def _fixed_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    projects = ((key, project) for key, project in plan.scenario.projects.items() if _for(_owner(plan.scenario, project), parties))
    return [plan.clock.years * project.fixed_cost * plan.available(key, project) for key, project in projects]


def _storage_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    found = []
    for k, pile in plan.scenario.stockpiles.items():
        if _for(pile.party, parties):
            stock, fill, draw = (table.get((k,), plan.zero) for table in (plan.stock, plan.fill, plan.draw))
            found.append(plan.clock.years * plan.clock.series(pile.holding_cost) * stock + pile.fill_cost * fill + pile.draw_cost * draw)
    return found


def _process_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    scenario = plan.scenario
    runs = [plan.clock.series(scenario.processes[p].cost) * level for (p,), level in plan.activity.items() if _for(scenario.processes[p].party, parties)]
    for (n, m), units in plan.served.items():
        demand = scenario.demands[n]
        if m != demand.material and _for(demand.party, parties):
            runs.append(demand.substitutes[m].cost * units)
    return runs


def _routes_due(plan: _Plan, parties: tuple[str, ...] | None) -> list[Floats]:
    routes = plan.scenario.routes
    return [plan.clock.series(routes[r].cost) * units for (r, _), units in plan.transfer.items() if _for(routes[r].to, parties)]


_DUE: dict[str, Callable[[_Plan, tuple[str, ...] | None], list[Floats]]] = {
    "purchases": _purchases_due,
    "contracts": _contracts_due,
    "capex": _capex_due,
    "fixed": _fixed_due,
    "storage": _storage_due,
    "process": _process_due,
    "transport": lambda plan, parties: _freight_due(plan, parties) + _routes_due(plan, parties),
}


def cost_lines(plan: _Plan) -> dict[str, float]:
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
        "policy_penalties": now(gaps) + _penalties(plan),
        "salvage": -salvage,
        "final_stock_value": -float(clock.discounted(clock.end, scenario.money.discount_rate)) * left,
    }


def _capex(plan: _Plan) -> tuple[float, float]:
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


def _penalties(plan: _Plan) -> float:
    total = 0.0
    for (key, _, label), units in plan.violation.items():
        policy = plan.scenario.policies[key]
        masks = dict(_windows(plan, policy, by_level=isinstance(policy, StockLimit | MinCover)))
        total += (policy.penalty or 0.0) * units * float(plan.clock.discount[np.flatnonzero(masks[label])[-1]])
    return total


def _costs(plan: _Plan, costs: Mapping[str, float], total_cost: float) -> None:
    found = cost_lines(plan)
    size = max([abs(total_cost), *map(abs, costs.values()), *map(abs, found.values()), 1e-300])
    for line in {*found, *costs}:
        plan.note("cost lines", line, np.array([costs.get(line, 0.0) - found.get(line, 0.0)]), size)
    plan.note("cost lines add up", "total cost", np.array([sum(costs.values()) - total_cost]), size)
