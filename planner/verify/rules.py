"""Rules of supply, ramps, contracts, stockpiles, conversion, demand and balance, each recomputed from the scenario."""

from __future__ import annotations

import numpy as np

from planner.verify import limits
from planner.verify.arrays import PlanArrays, added_up, tonnes, wanted
from planner.verify.clock import Floats


def check_supply(plan: PlanArrays) -> None:
    """Shipments stay within capacity, tiers, the cutoff, and who may buy."""
    clock = plan.clock
    of_tier = added_up(((s, j), units) for (s, j, _), units in plan.purchase.items())
    of_party = added_up(((s, g), units) for (s, _, g), units in plan.purchase.items())
    for s, supplier in plan.scenario.suppliers.items():
        ships = plan.ships.get(s)
        if ships is None:
            continue
        capacity = limits.supplier_rate(plan, s) * (clock.series(supplier.capacity) + plan.added.get(s, plan.zero))
        plan.at_most("supplier capacity", s, sum(ships.values(), plan.zero), capacity)
        for j, tier in enumerate(supplier.tiers, 1):
            if tier.quantity is not None:
                plan.at_most("price tiers", f"{s} tier {j}", of_tier.get((s, j), plan.zero), clock.years * clock.series(tier.quantity))
        for g in ships:
            bought = of_party.get((s, g), plan.zero)
            spot = limits.spot_share(plan, s, g)
            plan.at_most("export cutoff", f"{s} to {g}", bought, np.where(spot < 1, spot * capacity, np.inf), capacity)
            if g not in limits.buyers(plan, s):
                plan.at_most("who may buy", f"{s} to {g}", bought, plan.zero, capacity)


def check_ramps(plan: PlanArrays) -> None:
    """Commitments stay within their windows, sizes and gates."""
    for key, project in plan.scenario.projects.items():
        committed = plan.commit.get((key,), plan.zero)
        plan.at_most("no negative number", key, -committed, plan.zero, committed)
        if project.decide is None:
            continue
        largest = getattr(project.size, "max", None)
        plan.at_most("decision windows", key, np.where(limits.opens(plan, key), 0.0, committed), plan.zero, committed)
        gate = limits.commitment_gate(plan, project)
        if largest is not None:
            plan.note("project size", key, np.maximum(committed.sum() - largest, 0.0), max(largest, committed.sum()))
            plan.at_most("commitment gate", key, committed, gate * largest, plan.zero + largest)
        else:
            plan.at_most("commitment gate", key, np.where(gate == 0, committed, 0.0), plan.zero, committed)


def check_contracts(plan: PlanArrays) -> None:
    """Lifts and duties follow what was signed and is honoured."""
    clock = plan.clock
    for c, contract in plan.scenario.contracts.items():
        lifted, breached, signed = (table.get((c,), plan.zero) for table in (plan.lift, plan.breach, plan.sign))
        share = np.ones(clock.size)
        if contract.sign is not None:
            share = np.cumsum(signed)
            plan.note("signatures", c, np.maximum(signed.sum() - 1, 0.0), 1.0)
            opened = np.where(limits.sign_window(plan, c), limits.sign_gate(plan, c), 0.0)
            plan.at_most("signatures", c, signed, opened, np.ones(clock.size))
        else:
            plan.at_most("signatures", c, signed, plan.zero, np.ones(clock.size))
        volume = limits.contract_volume(plan, c)
        plan.at_most("contract volume", c, lifted, volume * share)
        plan.at_most("take or pay", c, contract.take_or_pay * volume * share, lifted + breached)
        # where there is no duty nothing can be breached
        plan.at_most("take or pay", c, np.where(contract.take_or_pay * volume > 0, 0.0, breached), plan.zero, volume)


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
        floor, soft = limits.floor(plan, k), pile.floor_penalty is not None
        if floor is not None:
            plan.at_most("stock floor", k, floor, stock + (gap if soft else plan.zero))
        # a gap stands only where a soft floor does
        plan.at_most("soft floors", k, np.where(floor > 0, 0.0, gap) if floor is not None and soft else gap, plan.zero, scale)
        if floor is not None and pile.floor_penalty:
            plan.equal("soft floors", k, gap, np.maximum(floor - stock, 0.0), floor, stock)
        if pile.max_fill is not None:
            plan.at_most("fill rate", k, fill, clock.years * pile.max_fill)
        plan.at_most("draw rate", k, draw, limits.draw_limit(plan, k), scale)
        units = limits.final_min(plan, k)
        plan.note("final stock", k, np.maximum(units - stock[-1], 0.0), max(units, float(scale.max())))


def check_conversion(plan: PlanArrays) -> None:
    """Processes and routes stay within capacity."""
    clock, scenario = plan.clock, plan.scenario
    for p, process in scenario.processes.items():
        rate = limits.process_rate(plan, p)
        capacity = np.where(rate == 0, 0.0, np.inf)
        if process.capacity is not None:
            capacity = rate * (clock.series(process.capacity) + plan.added.get(p, plan.zero))
        level = plan.activity.get((p,), plan.zero)
        plan.at_most("process capacity", p, level, capacity, level)
    for r, route in scenario.routes.items():
        if route.capacity is not None:
            first = tonnes(scenario, route.materials[0])
            carried = sum((plan.transfer.get((r, m), plan.zero) * tonnes(scenario, m) / first for m in route.materials), plan.zero)
            plan.at_most("route capacity", r, carried, clock.years * clock.series(route.capacity))


def check_demands(plan: PlanArrays) -> None:
    """Demand is served or short, within tiers, substitutes and essential service."""
    for n, demand in plan.scenario.demands.items():
        quantity, served = wanted(plan, n), plan.total_served.get(n, plan.zero)
        short = plan.total_short.get(n, plan.zero)
        plan.equal("demand balance", n, served + short, quantity)
        plan.at_most("essential service", n, demand.min_service * quantity, served)
        for i, (share, _) in enumerate(demand.shortage_tiers, 1):
            if share is not None:
                plan.at_most("shortage tiers", f"{n} tier {i}", plan.short.get((n, f"tier {i}"), plan.zero), share * quantity, quantity)
        if not demand.shortage_tiers:
            plan.at_most("no shortage", n, short, plan.zero, quantity)
        for m in demand.substitutes:
            plan.at_most("substitutes", f"{n} by {m}", plan.served.get((n, m), plan.zero), limits.substitute_limit(plan, n, m), quantity)


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
            plan.at_most("no negative number", ".".join(map(str, name)), -units, plan.zero, units)


def _add_supply(plan: PlanArrays, sums: _Balances) -> None:
    for (s, g), units in plan.shipped.items():
        sums.enters(plan.scenario.suppliers[s].material, g, limits.lead(plan, s, g).arrivals(units))
    for (m, g), units in limits.in_transit(plan).items():
        sums.enters(m, g, units)
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
        sums.enters(m, route.to, (1 - route.loss) * plan.clock.shifted(plan.zero + route.lead_time).arrivals(units))


def _add_use(plan: PlanArrays, sums: _Balances) -> None:
    for (n, m), units in plan.served.items():
        demand = plan.scenario.demands[n]
        sums.leaves(m, demand.party, units * (1.0 if m == demand.material else demand.substitutes[m].ratio))
        if demand.returns is not None:
            back = plan.clock.shifted(plan.zero + demand.returns.after).arrivals(units)
            sums.enters(demand.returns.material, demand.party, demand.returns.ratio * back)
    for (m, g), units in plan.surplus.items():
        sums.leaves(m, g, units)
        allowed = np.inf if plan.scenario.materials[m].disposal_cost is not None else 0.0
        plan.at_most("disposal", f"{m} of {g}", units, plan.zero + allowed, units)
