"""Proof from the scenario and the table ``prices`` alone that no plan is cheaper.

Every decision of ``models/README.md`` is an amount that is not negative. For any prices on its rules, ones on limits not
negative, the value of all right-hand sides at those prices is a lower bound of the cost of every plan, provided that no
decision costs less than the rules that it uses are worth at them: its *reduced cost*. Here that is computed for each decision
that the scenario allows, and the bound is compared with what the plan costs. Where the two meet the plan is a cheapest one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify import limits, money
from planner.verify.arrays import TOLERANCE, PlanArrays, concerns, kind_of, tonnes, wanted
from planner.verify.clock import Floats
from planner.verify.limits import Flags
from planner.verify.money import CostRows
from planner.verify.tables import counted_in, unit_of

EQUATIONS = frozenset({"material_balance", "demand_balance", "stock_balance", "capacity_ramp"})
"""Rules whose price may have either sign."""
MONEY = "{currency}"
PER_UNIT = "{currency}/{unit}"
PER_SIZE = "{currency}/({unit}/yr)"


def check_optimal(plan: PlanArrays, rows: CostRows) -> None:
    """Check that the plan's prices prove it a cheapest one.

    Args:
        plan: The plan's tables.
        rows: What its decisions cost, by cause.
    """
    proof = _Proof(plan)
    for add in (_policies, _supply, _contracts, _stockpiles, _conversion, _demands, _projects, _balances):
        add(proof)
    proof.prices.check()
    _judge_columns(plan, proof.columns)
    _judge_gap(plan, proof, rows)


@dataclass(frozen=True)
class _Column:
    """A decision in several periods."""

    name: str
    labels: list[str]
    reduced: Floats
    size: Floats
    """Largest term of each reduced cost."""
    cost: Floats


class _Prices:
    """The table of prices; a row that nobody asks for is no price of the scenario."""

    def __init__(self, plan: PlanArrays) -> None:
        self.plan, table = plan, plan.lists["prices"]
        self.table = table
        self.rows: dict[tuple[str, str, str], dict[str, int]] = {}
        for row, key in enumerate(zip(table["rule"], table["item"], table["party"], strict=True)):
            self.rows.setdefault(key, {})[table["period"][row]] = row
        self.units: dict[int, str] = {}

    def series(self, rule: str, item: str, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Prices of a rule that has a row a period, as present values."""
        found, value = np.zeros(self.plan.clock.size), self.table["value"]
        allowed = np.broadcast_to(exists, found.shape)
        for label, row in self.rows.get((rule, item, party), {}).items():
            t = self.plan.clock.position.get(label)
            if t is not None and allowed[t]:
                found[t] = value[row]
                self.units[row] = unit
        return found * self.plan.clock.discount

    def single(self, rule: str, item: str, label: str, unit: str, party: str = "") -> float:
        """Price of one row that is no period's."""
        row = self.rows.get((rule, item, party), {}).get(label)
        if row is None:
            return 0.0
        self.units[row] = unit
        return float(self.table["value"][row])

    def check(self) -> None:
        """Note prices of no row, in a wrong unit, with a wrong sign, or outside their own interval."""
        table, currency = self.table, self.plan.scenario.money.currency
        sizes = np.abs(table["value"])
        for row, (rule, value, unit) in enumerate(zip(table["rule"], table["value"], table["unit"], strict=True)):
            place = " ".join(filter(None, (rule, table["item"][row], table["party"][row], table["period"][row])))
            if row not in self.units:
                self.plan.fail("price rows", f"prices: row {row + 1}: the scenario has no {place}")
            elif unit != (own := self.units[row].replace(MONEY, currency)):
                self.plan.fail("price rows", f"prices: row {row + 1}, column unit: {unit!r} where the scenario says {own!r}")
            elif value < 0 and rule not in EQUATIONS:
                self.plan.note("price signs", place, np.array([value]), abs(value))
        self.plan.note("price signs", "all prices", np.zeros(1), 1.0)
        if "low" in table:
            self._check_intervals(sizes)
        if "price rows" not in self.plan.worst:
            self.plan.note("price rows", "all prices", np.zeros(1), 1.0)

    def _check_intervals(self, sizes: Floats) -> None:
        table = self.table
        value, low, high = (np.array(table[column], dtype=float) for column in ("value", "low", "high"))
        # both ends are left open where nobody has looked for them
        sizes = np.max([sizes, *(np.where(np.isfinite(end), np.abs(end), 0.0) for end in (low, high))], axis=0)
        outside = ~((low <= value + TOLERANCE * sizes) & (value <= high + TOLERANCE * sizes)) & ~(np.isnan(low) & np.isnan(high))
        for row in np.flatnonzero(outside)[:1]:
            place = f"prices: row {row + 1}: {value[row]:g} lies outside low {low[row]:g} to high {high[row]:g}"
            self.plan.fail("price intervals", place, int(outside.sum()))


class _Proof:
    """The bound and the reduced costs, as far as they have been added up."""

    def __init__(self, plan: PlanArrays) -> None:
        self.plan, self.prices = plan, _Prices(plan)
        self.columns: list[_Column] = []
        self.worth: list[float] = []
        self.balance: dict[tuple[str, str], Floats] = {}
        self.touched: dict[tuple[str, str], Floats] = {}
        self.none = plan.zero
        self.budgets: list[tuple[Budget, Floats]] = []
        self.emitting: list[tuple[MaxEmissions, Floats]] = []
        self.share: dict[tuple[str, str], list[Floats]] = {}
        """[supplier, party] what policies charge for a unit shipped."""
        self.held: dict[str, list[Floats]] = {}
        """[stockpile] what policies charge for a unit in store."""
        self.serving: dict[str, list[Floats]] = {}
        """[demand] what policies charge for a unit served: less than nothing."""
        self.gain: dict[tuple[str, str], Floats] = {}
        """[kind, what a project may add to] what one more unit/yr of capacity saves."""

    def unit(self, material: str, form: str = PER_UNIT) -> str:
        """Unit of a price."""
        return form.replace("{unit}", unit_of(self.plan.scenario, material) or "unit")

    def limit(self, rule: str, item: str, most: Floats, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Price of an upper limit in each period."""
        price = self.prices.series(rule, item, exists, unit, party)
        self.count(-price, most)
        return price

    def duty(self, rule: str, item: str, least: Floats, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Price of a lower limit in each period."""
        price = self.prices.series(rule, item, exists, unit, party)
        self.count(price, least)
        return price

    def single(self, rule: str, item: str, side: float, unit: str, party: str = "") -> float:
        """Price of a limit that is no period's; a negative side is an upper one."""
        price = self.prices.single(rule, item, "", unit, party)
        self.count(np.array([price]), np.array([side]))
        return price

    def count(self, price: Floats, side: Floats | float) -> None:
        """Add right-hand sides at their prices to the bound."""
        self.worth += np.where(price == 0, 0.0, price * side).tolist()

    def material(self, m: str, g: str) -> Floats:
        """What a unit of a material is worth to a party in each period."""
        if (m, g) not in self.balance:
            self.balance[m, g] = self.prices.series("material_balance", m, True, self.unit(m), g)
        return self.balance[m, g]

    def moves(self, m: str, g: str, coefficients: Floats | float) -> Floats:
        """Note which balances a decision takes part in, and give what a unit is worth there."""
        self.touched[m, g] = np.maximum(self.touched.get((m, g), self.none), coefficients)
        return self.material(m, g)

    def lands(self, m: str, g: str, shares: Floats, exists: Flags) -> tuple[Floats, Floats]:
        """(what arrives is worth, the largest part of it) for a unit sent in each period."""
        worth = shares * self.moves(m, g, np.where(exists[:, None], shares, 0.0).max(axis=0))
        return worth.sum(axis=1), np.abs(worth).max(axis=1)

    def pays(self, line: str, owner: str | None) -> Floats:
        """Present value of a unit of money of a line, with what budgets charge for it."""
        charged = (price for policy, price in self.budgets if line in policy.covers and concerns(owner, policy.parties))
        return sum(charged, self.plan.clock.discount)

    def emits(self, owner: str) -> Floats:
        """What policies charge for a t of CO2e."""
        return sum((price for policy, price in self.emitting if concerns(owner, policy.parties)), self.none)

    def decision(self, name: str, exists: Flags | bool, cost: Floats, *terms: Floats, largest: tuple[Floats, ...] = (), labels: Any = None) -> None:
        """A decision with its cost and what the rules that it takes part in add; credits are negative."""
        here = np.broadcast_to(exists, cost.shape)
        if not here.any():
            return
        all_terms = np.array([cost, *terms])
        size = np.abs(np.array([cost, *terms, *largest])).max(axis=0)
        periods = self.plan.clock.labels if labels is None else labels
        chosen = [periods[t] for t in np.flatnonzero(here)]
        self.columns.append(_Column(name, chosen, all_terms.sum(axis=0)[here], size[here], cost[here]))


def _judge_columns(plan: PlanArrays, columns: list[_Column]) -> None:
    """No decision costs less than the rules that it takes part in are worth."""
    costs = np.abs(np.concatenate([column.cost for column in columns] or [plan.zero]))
    # a decision that costs nothing and touches nothing is judged by what others cost
    typical = float(np.median(costs[costs > 0])) if (costs > 0).any() else 1.0
    worst, place, absolute = 0.0, "all decisions", 0.0
    for column in columns:
        short = np.nan_to_num(np.maximum(-column.reduced, 0.0), nan=np.inf, posinf=np.inf)
        relative = np.nan_to_num(short / np.maximum(column.size, 1e-3 * typical), nan=np.inf, posinf=np.inf)
        t = int(np.argmax(relative))
        if relative[t] > worst or np.isnan(column.reduced).any():
            worst, place, absolute = float(relative[t]), f"{column.name} in {column.labels[t]}", float(short[t])
    plan.note("reduced costs", place, np.array([absolute]), absolute / worst if worst else 1.0)


def _judge_gap(plan: PlanArrays, proof: _Proof, rows: CostRows) -> None:
    """What the plan costs and the bound meet; committed projects are part of neither."""
    chosen = np.array([value for (_, item, _), value in rows.items() if item != money.COMMITTED] or [0.0])
    worth = np.array(proof.worth or [0.0])
    cost, bound = float(chosen.sum()), float(worth.sum())
    size = max(abs(cost), abs(bound), float(np.abs(chosen).max()), 1e-6 * float(np.abs(worth).max()))
    plan.note("duality gap", "total cost", np.array([cost - bound]), size)


def _window_prices(proof: _Proof, rule: str, key: str, item: str, side: Any, unit: str) -> Floats:
    """Prices of a policy's rows, each in all periods of its window; counts them, and judges what breaking a soft one costs."""
    plan, policy = proof.plan, proof.plan.scenario.policies[key]
    price, penalty = plan.zero.copy(), limits.penalty_of(plan, key, item)
    labels, broken = [], []
    for label, mask in limits.windows_of(plan, policy):
        discount = float(plan.clock.discount[np.flatnonzero(mask)[-1]])
        one = discount * proof.prices.single(rule, f"{key}.{item}", label, unit)
        proof.count(np.array([one]), np.array([float(side(mask))]))
        price[mask] = one
        labels.append(label)
        broken.append((discount * (penalty or 0.0), one))
    if penalty is not None:
        costs, prices = np.array(broken).T
        proof.decision(f"violation of {key} {item}", True, costs, -prices, labels=labels)
    return price


def _policies(proof: _Proof) -> None:
    for key, policy in proof.plan.scenario.policies.items():
        if isinstance(policy, Budget):
            _budget(proof, key, policy)
        elif isinstance(policy, MaxEmissions):
            price = _window_prices(proof, "max_emissions", key, "all", lambda _, policy=policy: -policy.limit, f"{MONEY}/t_CO2e")
            proof.emitting.append((policy, price))
        elif isinstance(policy, MaxShare):
            _max_share(proof, key, policy)
        elif isinstance(policy, MinService):
            _service(proof, key, policy)
        else:
            _levels(proof, key, policy)


def _budget(proof: _Proof, key: str, policy: Budget) -> None:
    facts = sum((money.committed_due(proof.plan, line, policy.parties) for line in policy.covers), proof.none)
    price = _window_prices(proof, "budget", key, "all", lambda mask: float(facts[mask].sum()) - policy.limit, f"{MONEY}/{MONEY}")
    proof.budgets.append((policy, price))


def _max_share(proof: _Proof, key: str, policy: MaxShare) -> None:
    scenario = proof.plan.scenario
    for m in policy.materials or scenario.materials:
        everyone = [s for s, supplier in scenario.suppliers.items() if supplier.material == m]
        for g in policy.parties or scenario.party_ids:
            for name, suppliers in limits.members(proof.plan, policy, m).items():
                price = _window_prices(proof, "max_share", key, f"{name}.{m}.{g}", lambda _: 0.0, proof.unit(m))
                for s in everyone:
                    proof.share.setdefault((s, g), []).append(price * (float(s in suppliers) - policy.share))


def _service(proof: _Proof, key: str, policy: MinService) -> None:
    for n, m in limits.policy_items(proof.plan, key).items():
        quantity = wanted(proof.plan, n)
        price = _window_prices(proof, "service_level", key, n, lambda mask, q=quantity: policy.share * float(q[mask].sum()), proof.unit(m))
        proof.serving.setdefault(n, []).append(-price)


def _levels(proof: _Proof, key: str, policy: StockLimit | MinCover) -> None:
    scenario = proof.plan.scenario
    for item, m in limits.policy_items(proof.plan, key).items():
        if isinstance(policy, StockLimit):
            price = _window_prices(proof, "stock_limit", key, item, lambda _: -policy.limit, proof.unit(m))
            piles = (k for k in policy.stockpiles if concerns(scenario.stockpiles[k].party, policy.parties))
            charges = {k: tonnes(scenario, scenario.stockpiles[k].material) / tonnes(scenario, m) for k in piles}
        else:
            g = item.split(".")[1]
            level = limits.cover_level(proof.plan, policy, m, g)
            price = _window_prices(proof, "min_cover", key, item, lambda _, level=level: level, proof.unit(m))
            charges = {k: -1.0 for k, pile in scenario.stockpiles.items() if (pile.material, pile.party) == (m, g)}
        for k, weight in charges.items():
            proof.held.setdefault(k, []).append(weight * price)


def _supply(proof: _Proof) -> None:
    plan = proof.plan
    for s, supplier in plan.scenario.suppliers.items():
        unit, buyers, sells = proof.unit(supplier.material), limits.buyers(plan, s), limits.sells(plan, s)
        lifts = [limits.contract_volume(plan, c) > 0 for c, contract in plan.scenario.contracts.items() if contract.supplier == s]
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


def _shipment(proof: _Proof, name: str, who: tuple[str, str, str], price: Floats, exists: Flags, rules: list[Floats]) -> None:
    """A purchase or a lift: price, freight and tariff on what lands, emissions and shares on what ships."""
    plan, (s, g, line) = proof.plan, who
    supplier, lands = plan.scenario.suppliers[s], limits.landed(plan, s, g)
    due = price * proof.pays(line, g) + limits.freight(plan, s) * proof.pays("transport", g) + limits.tariff(plan, s, g) * price * plan.clock.discount
    worth, largest = proof.lands(supplier.material, g, limits.lead(plan, s, g), exists)
    charges = [supplier.emissions * proof.emits(g), *proof.share.get((s, g), ())]
    proof.decision(name, exists, lands * due, -worth, *charges, *rules, largest=(largest,))


def _contracts(proof: _Proof) -> None:
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


def _signature(proof: _Proof, c: str, each: Floats) -> None:
    """A share signed brings the right and the duty of every later period."""
    plan, g = proof.plan, proof.plan.scenario.contracts[c].party
    opened, gate = limits.sign_window(plan, c), limits.sign_gate(plan, c)
    once = proof.single("sign_once", c, -1.0, MONEY, party=g)
    closed = proof.limit("sign_gate", c, gate, opened & (gate < 1), MONEY, party=g)
    later = np.cumsum(each[::-1])[::-1]
    largest = np.maximum.accumulate(np.abs(each)[::-1])[::-1]
    proof.decision(f"signature of {c}", opened, proof.none, later, proof.none + once, closed, largest=(largest,))


def _stockpiles(proof: _Proof) -> None:
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


def _conversion(proof: _Proof) -> None:
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
        shares = (1 - route.loss) * clock.shifted(plan.zero + route.lead_time)
        for m in route.materials:
            cost = clock.series(route.cost[m]) * proof.pays("transport", route.to) if m in route.cost else plan.zero
            weight = tonnes(scenario, m) / tonnes(scenario, route.materials[0]) if limited else 0.0
            worth, largest = proof.lands(m, route.to, shares, np.ones(clock.size, dtype=bool))
            proof.decision(f"transfer of {m} on {r}", True, cost, weight * capacity, proof.moves(m, route.from_, 1.0), -worth, largest=(largest,))


def _demands(proof: _Proof) -> None:
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


def _serve(proof: _Proof, use: _Use, m: str, ratio: float, cost: Floats, job: Floats) -> None:
    plan, demand, credits = proof.plan, proof.plan.scenario.demands[use.n], use.credits
    taken = ratio * proof.moves(m, demand.party, np.where(use.exists, ratio, 0.0))
    largest: tuple[Floats, ...] = ()
    if demand.returns is not None:
        shares = demand.returns.ratio * plan.clock.shifted(plan.zero + demand.returns.after)
        back, most = proof.lands(demand.returns.material, demand.party, shares, use.exists)
        credits, largest = [*credits, -back], (most,)
    proof.decision(f"serving {use.n} with {m}", use.exists, cost, taken, job, *credits, largest=largest)


def _projects(proof: _Proof) -> None:
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


def _commitment(proof: _Proof, e: str, worth: Floats, unit: str) -> None:
    """Capex less salvage, and what budgets charge for each stage, against what the ramp brings."""
    plan, project = proof.plan, proof.plan.scenario.projects[e]
    opened, most = limits.opens(plan, e), getattr(project.size, "max", None)
    largest = most if most is not None else 0.0
    once = proof.single("project_size", e, -largest, unit) if most is not None else 0.0
    gate = limits.commitment_gate(plan, project)
    closed = proof.limit("commitment_gate", e, gate * largest, opened & (gate < 1) & ((gate == 0) | (most is not None)), unit)[opened]
    brings = limits.ramps(plan, e) * worth
    begins = plan.clock.begins[opened]
    paid = np.array([money.capex_and_salvage(plan, project, float(begin)) for begin in begins]).reshape(-1, 2)
    charged = proof.pays("capex", money.owner(plan.scenario, project)) - plan.clock.discount
    stages = [money.stages_inside(plan, project, float(begin)) for begin in begins]
    budgets = np.array([sum(cost * charged[money.due_period(plan, time)] for time, cost in due) for due in stages], dtype=float)
    labels = [label for label, here in zip(plan.clock.labels, opened, strict=True) if here]
    terms = (-paid[:, 1], budgets, -brings.sum(axis=1), once + 0.0 * budgets, closed)
    proof.decision(f"commitment of {e}", True, paid[:, 0], *terms, largest=(np.abs(brings).max(axis=1, initial=0.0),), labels=labels)


def _balances(proof: _Proof) -> None:
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
        most, found = proof.touched.get((m, g), proof.none), proof.prices.rows.get(("material_balance", m, g), {})
        lost = [label for label, share in zip(plan.clock.labels, most, strict=True) if share > 1e-9 and label not in found]
        if lost:
            plan.fail("price rows", f"prices: the balance of {m} of {g} in {lost[0]} is missing", len(lost))
        for label, row in found.items():
            if label in plan.clock.position and most[plan.clock.position[label]] == 0:
                proof.prices.units.pop(row, None)
