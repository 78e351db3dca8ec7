"""Rules of supply, ramps, contracts, stockpiles, conversion, demand and balance, each recomputed from the scenario."""

from __future__ import annotations

import numpy as np

from planner.scenario.fields import Stock, StockSeries
from planner.scenario.schema import Contract, Stockpile
from planner.verify.arrays import PlanArrays, Thing, supplier_thing, thing_of_target, tonnes, total_served, wanted
from planner.verify.clock import Floats


def check_supply(plan: PlanArrays) -> None:
    """Shipments stay within capacity, tiers, the cutoff, and who may buy."""
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


def check_ramps(plan: PlanArrays) -> None:
    """Commitments stay within their windows, sizes and gates."""
    for key, project in plan.scenario.projects.items():
        committed = plan.commit.get((key,), plan.zero)
        plan.at_most("no negative number", key, -committed, plan.zero, committed)
        if project.decide is None:
            continue
        largest = getattr(project.size, "max", None)
        opened = np.array([project.decide.holds(period.start) for period in plan.clock.calendar.periods])
        plan.at_most("decision windows", key, np.where(opened, 0.0, committed), plan.zero, committed)
        gate = plan.effects.smallest("commitments", thing_of_target(plan.scenario, project.adds_to))
        if largest is not None:
            plan.note("project size", key, np.maximum(committed.sum() - largest, 0.0), max(largest, committed.sum()))
            plan.at_most("commitment gate", key, committed, gate * largest, plan.zero + largest)
        else:
            plan.at_most("commitment gate", key, np.where(gate == 0, committed, 0.0), plan.zero, committed)


def check_contracts(plan: PlanArrays) -> None:
    """Lifts and duties follow what was signed and is honoured."""
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


def contract_volume(plan: PlanArrays, contract: Contract, thing: Thing) -> Floats:
    """Units a period at full signature."""
    clock = plan.clock
    window = clock.mean(clock.between(contract.start, contract.end))
    return np.asarray(clock.years * clock.series(contract.quantity) * window * plan.effects.smallest("contracts", thing))


def check_stockpiles(plan: PlanArrays) -> None:
    """Levels carry over and keep within capacity, floor, rates and final duty."""
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
            floor = _floor(plan, pile, pile.floor)
            plan.at_most("stock floor", k, floor, stock + missing)
            if pile.floor_penalty:
                plan.equal("soft floors", k, gap, np.maximum(floor - stock, 0.0), floor, stock)
        if pile.max_fill is not None:
            plan.at_most("fill rate", k, fill, clock.years * pile.max_fill)
        plan.at_most("draw rate", k, draw, _draw_limit(plan, pile), scale)
        least = pile.final.min
        units = plan.amount(pile, least if isinstance(least, Stock) else pile.initial)
        plan.note("final stock", k, np.maximum(units - stock[-1], 0.0), max(units, float(scale.max())))


def _floor(plan: PlanArrays, pile: Stockpile, floor: StockSeries) -> Floats:
    return plan.clock.series(floor.units) + plan.clock.series(floor.years) * plan.first_demand(pile.material, pile.party)


def _draw_limit(plan: PlanArrays, pile: Stockpile) -> Floats:
    clock = plan.clock
    opened = clock.mean(clock.between(pile.release, None)) * plan.effects.factor("draw", {"materials": {pile.material}, "parties": {pile.party}})
    if pile.max_draw is None:
        return np.where(opened == 0, 0.0, np.inf)
    return np.asarray(clock.years * pile.max_draw * opened)


def check_conversion(plan: PlanArrays) -> None:
    """Processes and routes stay within capacity."""
    clock, scenario = plan.clock, plan.scenario
    for p, process in scenario.processes.items():
        factor = plan.effects.factor("capacity", thing_of_target(scenario, p))
        capacity = np.where(factor == 0, 0.0, np.inf)
        if process.capacity is not None:
            capacity = clock.years * factor * (clock.series(process.capacity) + plan.added.get(p, plan.zero))
        level = plan.activity.get((p,), plan.zero)
        plan.at_most("process capacity", p, level, capacity, level)
    for r, route in scenario.routes.items():
        if route.capacity is not None:
            first = tonnes(scenario, route.materials[0])
            carried = sum((units * tonnes(scenario, m) / first for (other, m), units in plan.transfer.items() if other == r), plan.zero)
            plan.at_most("route capacity", r, carried, clock.years * clock.series(route.capacity))


def check_demands(plan: PlanArrays) -> None:
    """Demand is served or short, within tiers, substitutes and essential service."""
    clock = plan.clock
    for n, demand in plan.scenario.demands.items():
        quantity, served = wanted(plan, demand), total_served(plan, n)
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


class _Balances:
    """What enters and leaves the balance of each material and party."""

    def __init__(self, plan: PlanArrays) -> None:
        self.plan = plan
        self.inflow: dict[tuple[str, str], Floats] = {}
        self.outflow: dict[tuple[str, str], Floats] = {}

    def enters(self, material: str, party: str, units: Floats) -> None:
        """Add to what enters."""
        self.inflow[material, party] = self.inflow.get((material, party), self.plan.zero) + units

    def leaves(self, material: str, party: str, units: Floats) -> None:
        """Add to what leaves."""
        self.outflow[material, party] = self.outflow.get((material, party), self.plan.zero) + units


def check_balances(plan: PlanArrays) -> None:
    """Every tonne that leaves a balance entered it; nothing is negative."""
    sums = _Balances(plan)
    _add_supply(plan, sums)
    _add_conversion(plan, sums)
    _add_use(plan, sums)
    for key in {*sums.inflow, *sums.outflow}:
        left, right = sums.inflow.get(key, plan.zero), sums.outflow.get(key, plan.zero)
        plan.equal("material balance", f"{key[0]} of {key[1]}", left, right)
    flows = (plan.purchase, plan.lift, plan.breach, plan.sign, plan.stock, plan.gap, plan.fill, plan.draw)
    for table in (*flows, plan.served, plan.short, plan.activity, plan.transfer, plan.surplus):
        for name, units in table.items():
            plan.at_most("no negative number", ".".join(map(str, name)), -units, plan.zero, np.abs(units))


def _add_supply(plan: PlanArrays, sums: _Balances) -> None:
    for (s, g), units in plan.shipped.items():
        sums.enters(plan.scenario.suppliers[s].material, g, units @ plan.lead[s, g])
    for shipment in plan.scenario.in_transit:
        arrives = [float(period.start <= shipment.arrives < period.end) for period in plan.clock.calendar.periods]
        sums.enters(shipment.material, shipment.party, shipment.quantity * np.array(arrives))
    for k, pile in plan.scenario.stockpiles.items():
        sums.enters(pile.material, pile.party, plan.draw.get((k,), plan.zero))
        sums.leaves(pile.material, pile.party, plan.fill.get((k,), plan.zero))


def _add_conversion(plan: PlanArrays, sums: _Balances) -> None:
    for (p,), level in plan.activity.items():
        process = plan.scenario.processes[p]
        for material, ratio in process.outputs.items():
            sums.enters(material, process.party, ratio * level)
        for material, ratio in process.inputs.items():
            sums.leaves(material, process.party, ratio * level)
    for (r, m), units in plan.transfer.items():
        route = plan.scenario.routes[r]
        sums.leaves(m, route.from_, units)
        sums.enters(m, route.to, (1 - route.loss) * (units @ plan.clock.shifted(plan.zero + route.lead_time)))


def _add_use(plan: PlanArrays, sums: _Balances) -> None:
    for (n, m), units in plan.served.items():
        demand = plan.scenario.demands[n]
        sums.leaves(m, demand.party, units * (1.0 if m == demand.material else demand.substitutes[m].ratio))
        if demand.returns is not None:
            back = units @ plan.clock.shifted(plan.zero + demand.returns.after)
            sums.enters(demand.returns.material, demand.party, demand.returns.ratio * back)
    for (m, g), units in plan.surplus.items():
        sums.leaves(m, g, units)
        allowed = np.inf if plan.scenario.materials[m].disposal_cost is not None else 0.0
        plan.at_most("disposal", f"{m} of {g}", units, plan.zero + allowed, units)
