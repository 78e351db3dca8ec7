"""Proof from the scenario and the table ``prices`` alone that no plan is cheaper.

Every decision of ``models/README.md`` is an amount that is not negative. For any prices on its rules, ones on limits not
negative, the value of all right-hand sides at those prices is a lower bound of the cost of every plan, provided that no
decision costs less than the rules that it uses are worth at them: its *reduced cost*. Here that is computed for each decision
that the scenario allows, and the bound is compared with what the plan costs. Where the two meet the plan is a cheapest one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify import limits, money
from planner.verify.arrays import PlanArrays, concerns, kind_of, tonnes, wanted
from planner.verify.bound import PER_SIZE, Proof
from planner.verify.clock import Floats
from planner.verify.limits import Flags
from planner.verify.money import CostRows
from planner.verify.prices import MONEY
from planner.verify.tables import counted_in
from planner.verify.windows import windows


def check_optimal(plan: PlanArrays, rows: CostRows) -> None:
    """Check that the plan's prices prove it a cheapest one.

    Args:
        plan: The plan's tables.
        rows: What its decisions cost, by cause.
    """
    proof = Proof(plan)
    for add in (_policies, _supply, _contracts, _stockpiles, _conversion, _demands, _projects, _balances):
        add(proof)
    proof.prices.check()
    proof.judge_columns()
    proof.judge_gap(rows)


def _window_prices(proof: Proof, rule: str, key: str, item: str, side: Floats | float, unit: str) -> Floats:
    """Prices of a policy's rows, each in all periods of its window; counts them, and judges what breaking a soft one costs."""
    found, penalty = windows(proof.plan, key), limits.penalty_of(proof.plan, key, item)
    discount = proof.plan.clock.discount[found.last]
    price = discount * proof.prices.labelled(rule, f"{key}.{item}", found.labels, unit)
    proof.count(price, side)
    if penalty is not None:
        proof.decision(f"violation of {key} {item}", True, discount * penalty, -price, labels=found.labels)
    return found.spread(price)


def _policies(proof: Proof) -> None:
    for key, policy in proof.plan.scenario.policies.items():
        if isinstance(policy, Budget):
            _budget(proof, key, policy)
        elif isinstance(policy, MaxEmissions):
            proof.emitting.append((policy, _window_prices(proof, "max_emissions", key, "all", -policy.limit, f"{MONEY}/t_CO2e")))
        elif isinstance(policy, MaxShare):
            _max_share(proof, key, policy)
        elif isinstance(policy, MinService):
            _service(proof, key, policy)
        else:
            _levels(proof, key, policy)


def _budget(proof: Proof, key: str, policy: Budget) -> None:
    facts = sum((money.committed_due(proof.plan, line, policy.parties) for line in policy.covers), proof.none)
    price = _window_prices(proof, "budget", key, "all", windows(proof.plan, key).sums(facts) - policy.limit, f"{MONEY}/{MONEY}")
    proof.budgets.append((policy, price))


def _max_share(proof: Proof, key: str, policy: MaxShare) -> None:
    plan = proof.plan
    for m in policy.materials or plan.scenario.materials:
        for g in policy.parties or plan.scenario.party_ids:
            members = limits.members(plan, policy, m)
            rows = [_window_prices(proof, "max_share", key, f"{name}.{m}.{g}", 0.0, proof.unit(m)) for name in members]
            if rows:
                _charge_shares(proof, g, policy.share, np.array(rows), list(members.values()), list(plan.suppliers_of[m]))


def _charge_shares(proof: Proof, g: str, share: float, prices: Floats, members: list[list[str]], everyone: list[str]) -> None:
    """A unit shipped counts in the row of its own group, and by a share in those of all groups."""
    total, sizes = prices.sum(axis=0), np.sort(np.abs(prices), axis=0)
    first, second = sizes[-1], sizes[-2] if len(sizes) > 1 else proof.none
    charges = dict.fromkeys(everyone, (-share * total, share * first))
    for price, suppliers in zip(prices, members, strict=True):
        others = np.where(np.abs(price) == first, second, first)
        own = price - share * total, np.maximum((1 - share) * np.abs(price), share * others)
        charges |= dict.fromkeys(suppliers, own)
    for s, charge in charges.items():
        proof.share.setdefault((s, g), []).append(charge)


def _service(proof: Proof, key: str, policy: MinService) -> None:
    for n, m in limits.policy_items(proof.plan, key).items():
        least = policy.share * windows(proof.plan, key).sums(wanted(proof.plan, n))
        proof.serving.setdefault(n, []).append(-_window_prices(proof, "service_level", key, n, least, proof.unit(m)))


def _levels(proof: Proof, key: str, policy: StockLimit | MinCover) -> None:
    scenario = proof.plan.scenario
    for item, m in limits.policy_items(proof.plan, key).items():
        if isinstance(policy, StockLimit):
            price = _window_prices(proof, "stock_limit", key, item, -policy.limit, proof.unit(m))
            piles = (k for k in policy.stockpiles if concerns(scenario.stockpiles[k].party, policy.parties))
            charges = {k: tonnes(scenario, scenario.stockpiles[k].material) / tonnes(scenario, m) for k in piles}
        else:
            g = item.split(".")[1]
            level = limits.cover_level(proof.plan, policy, m, g)
            price = _window_prices(proof, "min_cover", key, item, level, proof.unit(m))
            charges = dict.fromkeys(proof.plan.piles_of.get((m, g), ()), -1.0)
        for k, weight in charges.items():
            proof.held.setdefault(k, []).append(weight * price)


def _supply(proof: Proof) -> None:
    plan = proof.plan
    for s, supplier in plan.scenario.suppliers.items():
        unit, buyers, sells = proof.unit(supplier.material), limits.buyers(plan, s), limits.sells(plan, s)
        lifts = [limits.contract_volume(plan, c) > 0 for c in plan.contracts_of.get(s, ())]
        rate, stands = limits.supplier_rate(plan, s), limits.supplier_standing(plan, s)
        ships = np.any([sells & bool(buyers), *lifts], axis=0)
        capacity = proof.limit("supplier_capacity", s, rate * stands, ships, unit)
        gain = rate * capacity
        tiers = [plan.clock.series(tier.quantity) if tier.quantity is not None else None for tier in supplier.tiers]
        widths = [
            proof.limit("tier_limit", f"{s}.{j}", plan.clock.years * width, sells & bool(buyers), unit) if width is not None else proof.none
            for j, width in enumerate(tiers, 1)
        ]
        for g in buyers:
            spot = limits.spot_share(plan, s, g)
            gate = proof.limit("spot_gate", s, spot * rate * stands, sells & (spot < 1), unit, party=g)
            gain = gain + spot * rate * gate
            for j, width in enumerate(widths, 1):
                price = limits.spot_price(plan, s, j, g)
                _shipment(proof, f"purchase from {s} tier {j} by {g}", (s, g, "purchases"), price, sells, [capacity, gate, width])
        proof.gain["supplier", s] = gain


def _shipment(proof: Proof, name: str, who: tuple[str, str, str], price: Floats, exists: Flags, rules: list[Floats]) -> None:
    """A purchase or a lift: price, freight and tariff on what lands, emissions and shares on what ships."""
    plan, (s, g, line) = proof.plan, who
    supplier, lands = plan.scenario.suppliers[s], limits.landed(plan, s, g)
    due = price * proof.pays(line, g) + limits.freight(plan, s) * proof.pays("transport", g) + limits.tariff(plan, s, g) * price * plan.clock.discount
    worth, largest = proof.lands(supplier.material, g, limits.lead(plan, s, g), exists)
    shares = proof.share.get((s, g), ())
    charges = [supplier.emissions * proof.emits(g), *(charge for charge, _ in shares)]
    proof.decision(name, exists, lands * due, -worth, *charges, *rules, largest=(largest, *(part for _, part in shares)))


def _contracts(proof: Proof) -> None:
    plan = proof.plan
    for c, contract in plan.scenario.contracts.items():
        s, g = contract.supplier, contract.party
        volume, unit = limits.contract_volume(plan, c), proof.unit(plan.scenario.suppliers[s].material)
        least = contract.take_or_pay * volume
        free = 0.0 if contract.sign is not None else 1.0
        right = proof.limit("contract_volume", c, free * volume, volume > 0, unit, party=g)
        duty = proof.duty("take_or_pay", c, free * least, least > 0, unit, party=g)
        # the supplier's own row was counted with the supplier
        capacity = proof.prices.series("supplier_capacity", s, volume > 0, unit)
        _shipment(proof, f"lift under {c}", (s, g, "contracts"), limits.contract_price(plan, c), volume > 0, [capacity, right, -duty])
        proof.decision(f"breach of {c}", least > 0, limits.breach_price(plan, c) * plan.clock.discount, -duty)
        if contract.sign is not None:
            _signature(proof, c, least * duty - volume * right)


def _signature(proof: Proof, c: str, each: Floats) -> None:
    """A share signed brings the right and the duty of every later period."""
    plan, g = proof.plan, proof.plan.scenario.contracts[c].party
    opened, gate = limits.sign_window(plan, c), limits.sign_gate(plan, c)
    once = proof.single("sign_once", c, -1.0, MONEY, party=g)
    closed = proof.limit("sign_gate", c, gate, opened & (gate < 1), MONEY, party=g)
    later = np.cumsum(each[::-1])[::-1]
    largest = np.maximum.accumulate(np.abs(each)[::-1])[::-1]
    proof.decision(f"signature of {c}", opened, proof.none, later, proof.none + once, closed, largest=(largest,))


def _stockpiles(proof: Proof) -> None:
    plan, clock = proof.plan, proof.plan.clock
    final = float(clock.discounted(clock.end, plan.scenario.money.discount_rate))
    last = np.arange(clock.size) == clock.size - 1
    for k, pile in plan.scenario.stockpiles.items():
        unit, g = proof.unit(pile.material), pile.party
        store = proof.prices.series("stock_balance", k, True, unit, g)
        kept = (1 - pile.loss) ** clock.years
        proof.count(-store[:1], kept[:1] * plan.amount(pile, pile.initial))
        stands, most = limits.standing(plan, "stockpile", k), limits.draw_limit(plan, k)
        room = proof.limit("stock_capacity", k, plan.zero if stands is None else stands, stands is not None, unit, g)
        proof.gain["stockpile", k] = room
        floor = limits.floor(plan, k)
        least = plan.zero if floor is None else floor
        duty = proof.duty("stock_floor", k, least, least > 0, unit, g)
        left = last * proof.single("final_stock", k, limits.final_min(plan, k), unit, g)
        paid, outside = proof.pays("storage", g), proof.moves(pile.material, g, 1.0)
        drawing = proof.limit("draw_rate", k, most, (most != 0) & np.isfinite(most), unit, g)
        filling = proof.limit("fill_rate", k, plan.zero + clock.years * (pile.max_fill or 0.0), pile.max_fill is not None, unit, g)
        held = clock.years * clock.series(pile.holding_cost) * paid - last * final * pile.final.value
        later = np.append(kept[1:] * store[1:], 0.0)
        proof.decision(f"stock of {k}", True, held, store, -later, room, -duty, -left, *proof.held.get(k, ()))
        proof.decision(f"fill of {k}", True, pile.fill_cost * paid, outside, -store, filling)
        proof.decision(f"draw of {k}", most != 0, pile.draw_cost * paid, -outside, store, drawing)
        if pile.floor_penalty is not None:
            proof.decision(f"floor gap of {k}", least > 0, clock.years * pile.floor_penalty * clock.discount, -duty)


def _conversion(proof: Proof) -> None:
    plan, scenario, clock = proof.plan, proof.plan.scenario, proof.plan.clock
    for p, process in scenario.processes.items():
        rate, stands = limits.process_rate(plan, p), limits.standing(plan, "process", p)
        unit, most = proof.unit(counted_in(scenario, "process", p)), rate * (0.0 if stands is None else stands)
        capacity = proof.limit("process_capacity", p, most, (rate == 0) | (stands is not None), unit, process.party)
        proof.gain["process", p] = rate * capacity
        used = [ratio * proof.moves(m, process.party, ratio) for m, ratio in process.inputs.items()]
        made = [-ratio * proof.moves(m, process.party, ratio) for m, ratio in process.outputs.items()]
        cost = clock.series(process.cost) * proof.pays("process", process.party)
        proof.decision(f"activity of {p}", True, cost, capacity, process.emissions * proof.emits(process.party), *used, *made)
    for r, route in scenario.routes.items():
        limited = route.capacity is not None
        most = clock.years * clock.series(route.capacity) if route.capacity is not None else plan.zero
        capacity = proof.limit("route_capacity", r, most, limited, proof.unit(route.materials[0]))
        shift = clock.shifted(plan.zero + route.lead_time)
        for m in route.materials:
            cost = clock.series(route.cost[m]) * proof.pays("transport", route.to) if m in route.cost else plan.zero
            weight = tonnes(scenario, m) / tonnes(scenario, route.materials[0]) if limited else 0.0
            worth, largest = proof.lands(m, route.to, shift, np.ones(clock.size, dtype=bool), kept=1 - route.loss)
            proof.decision(f"transfer of {m} on {r}", True, cost, weight * capacity, proof.moves(m, route.from_, 1.0), -worth, largest=(largest,))


def _demands(proof: Proof) -> None:
    plan, clock = proof.plan, proof.plan.clock
    for n, demand in plan.scenario.demands.items():
        unit, g, quantity = proof.unit(demand.material), demand.party, wanted(plan, n)
        exists = quantity > 0
        price = proof.duty("demand_balance", n, quantity, exists, unit, g)
        essential = proof.duty("min_service", n, demand.min_service * quantity, exists & (demand.min_service > 0), unit, g)
        for i, (share, cost) in enumerate(demand.shortage_tiers, 1):
            tier = proof.limit("shortage_tier", f"{n}.{i}", (share or 0.0) * quantity, exists & (share is not None), unit, g)
            proof.decision(f"shortage of {n} tier {i}", exists, cost * clock.discount, -price, tier)
        credits = [-price, -essential, *proof.serving.get(n, ())]
        _serve(proof, _Use(n, exists, credits), demand.material, 1.0, proof.none, proof.none)
        for m, substitute in demand.substitutes.items():
            most = limits.substitute_limit(plan, n, m)
            job = proof.limit("substitute_limit", f"{n}.{m}", most, most > 0, unit, g)
            _serve(proof, _Use(n, most > 0, credits), m, substitute.ratio, substitute.cost * proof.pays("process", g), job)


@dataclass(frozen=True)
class _Use:
    """A demand as far as any material may serve it."""

    n: str
    exists: Flags
    credits: list[Floats]


def _serve(proof: Proof, use: _Use, m: str, ratio: float, cost: Floats, job: Floats) -> None:
    plan, demand, credits = proof.plan, proof.plan.scenario.demands[use.n], use.credits
    taken = ratio * proof.moves(m, demand.party, np.where(use.exists, ratio, 0.0))
    largest: tuple[Floats, ...] = ()
    if demand.returns is not None:
        shift = plan.clock.shifted(plan.zero + demand.returns.after)
        back, most = proof.lands(demand.returns.material, demand.party, shift, use.exists, kept=demand.returns.ratio)
        credits, largest = [*credits, -back], (most,)
    proof.decision(f"serving {use.n} with {m}", use.exists, cost, taken, job, *credits, largest=largest)


def _projects(proof: Proof) -> None:
    plan = proof.plan
    for e, project in plan.scenario.projects.items():
        if project.decide is None:
            continue
        kind, owner = kind_of(plan.scenario, project.adds_to), money.owner(plan.scenario, project)
        unit = proof.unit(counted_in(plan.scenario, kind, project.adds_to), PER_SIZE)
        grows = limits.growing(plan, e)
        worth = proof.prices.series("capacity_ramp", e, grows, unit)
        fixed = plan.clock.years * project.fixed_cost * proof.pays("fixed", owner)
        proof.decision(f"capacity of {e}", grows, fixed, worth, -proof.gain[kind, project.adds_to])
        _commitment(proof, e, worth, unit)


def _commitment(proof: Proof, e: str, worth: Floats, unit: str) -> None:
    """Capex less salvage, and what budgets charge for each stage, against what the ramp brings."""
    plan, project = proof.plan, proof.plan.scenario.projects[e]
    opened, most = limits.opens(plan, e), getattr(project.size, "max", None)
    largest = most if most is not None else 0.0
    once = proof.single("project_size", e, -largest, unit) if most is not None else 0.0
    gate = limits.commitment_gate(plan, project)
    closed = proof.limit("commitment_gate", e, gate * largest, opened & (gate < 1) & ((gate == 0) | (most is not None)), unit)[opened]
    brings = limits.ramps(plan, e) * worth
    begins = plan.clock.begins[opened]
    capex, salvage = money.capex_and_salvage(plan, project, begins)
    charged = proof.pays("capex", money.owner(plan.scenario, project)) - plan.clock.discount
    due = money.stages_inside(plan, project, begins)
    budgets = sum((cost * charged[money.due_period(plan, time)] for time, cost in due), 0.0 * begins)
    labels = [label for label, here in zip(plan.clock.labels, opened, strict=True) if here]
    terms = (-salvage, budgets, -brings.sum(axis=1), once + 0.0 * budgets, closed)
    proof.decision(f"commitment of {e}", True, capex, *terms, largest=(np.abs(brings).max(axis=1, initial=0.0),), labels=labels)


def _balances(proof: Proof) -> None:
    """What may be disposed of, what is on its way, and whether each balance has its price."""
    plan, scenario = proof.plan, proof.plan.scenario
    transit = limits.in_transit(plan)
    for (m, g), units in transit.items():
        proof.count(-proof.material(m, g), units)
    handled = {key for key, most in proof.touched.items() if most.any()} | {key for key, units in transit.items() if units.any()}
    for m, g in handled:
        cost = scenario.materials[m].disposal_cost
        if cost is not None:
            proof.decision(f"disposal of {m} by {g}", True, cost * plan.clock.discount, proof.moves(m, g, 1.0))
    for m, g in proof.balance:
        most, rows = proof.touched.get((m, g), proof.none), proof.prices.found("material_balance", m, g, proof.prices.periods)
        lost = np.flatnonzero((most > 1e-9) & (rows < 0))
        if len(lost):
            plan.fail("price rows", f"prices: the balance of {m} of {g} in {plan.clock.labels[lost[0]]} is missing", len(lost))
        proof.prices.forget(rows[(rows >= 0) & (most == 0)])
