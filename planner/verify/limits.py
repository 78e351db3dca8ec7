"""Right-hand sides and prices per unit, recomputed from the scenario: what each thing may do in each period, and what it costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from planner.scenario.fields import Stock
from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, Project, StockLimit, Window
from planner.verify.arrays import PlanArrays, concerns, remembered, supplier_thing, thing_of_target, wanted
from planner.verify.clock import Floats, Shift, Thing

Flags = npt.NDArray[np.bool_]


@remembered
def lead(plan: PlanArrays, s: str, g: str) -> Shift:
    """How what a supplier ships to a party arrives."""
    supplier = plan.scenario.suppliers[s]
    return plan.clock.shifted(supplier.lead_time + plan.effects.added("lead_time", supplier_thing(s, supplier, g)))


@remembered
def landed(plan: PlanArrays, s: str, g: str) -> Floats:
    """Share of what is shipped in each period that arrives inside the horizon."""
    return lead(plan, s, g).inside


@remembered
def spot_price(plan: PlanArrays, s: str, j: int, g: str) -> Floats:
    """Price of a unit in a tier, outside contracts."""
    supplier = plan.scenario.suppliers[s]
    return plan.clock.series(supplier.tiers[j - 1].price) * plan.effects.factor("price", supplier_thing(s, supplier, g))


@remembered
def freight(plan: PlanArrays, s: str) -> Floats:
    """Freight of a unit."""
    return plan.clock.series(plan.scenario.suppliers[s].freight)


@remembered
def tariff(plan: PlanArrays, s: str, g: str) -> Floats:
    """Tariff as a share of the price."""
    supplier = plan.scenario.suppliers[s]
    return plan.clock.series(supplier.tariff) + plan.effects.added("tariff", supplier_thing(s, supplier, g))


@remembered
def standing(plan: PlanArrays, kind: str, key: str) -> Floats | None:
    """Capacity without decisions of a supplier, process or stockpile; None where it is not limited."""
    scenario = plan.scenario
    if kind == "supplier":
        return supplier_standing(plan, key)
    if kind == "stockpile":
        pile = scenario.stockpiles[key]
        base = None if pile.capacity is None else plan.zero + plan.amount(pile, pile.capacity)
    else:
        series = scenario.processes[key].capacity
        base = None if series is None else plan.clock.series(series)
    if base is None:
        return None
    return sum(_facts(plan, key), base)


def _facts(plan: PlanArrays, key: str) -> list[Floats]:
    """Capacity of the committed projects of what they add to."""
    return [plan.available(e, project) for e, project in plan.projects_of.get(key, {}).items() if project.committed is not None]


@remembered
def supplier_standing(plan: PlanArrays, s: str) -> Floats:
    """Capacity of a supplier without decisions."""
    return sum(_facts(plan, s), plan.clock.series(plan.scenario.suppliers[s].capacity))


@remembered
def supplier_rate(plan: PlanArrays, s: str) -> Floats:
    """Units in a period of one unit/yr of a supplier's capacity, after events."""
    return plan.clock.years * plan.effects.factor("capacity", supplier_thing(s, plan.scenario.suppliers[s]))


@remembered
def spot_share(plan: PlanArrays, s: str, g: str) -> Floats:
    """Share of a supplier's capacity open to a party outside contracts."""
    return plan.effects.smallest("spot", supplier_thing(s, plan.scenario.suppliers[s], g))


@remembered
def outlets(plan: PlanArrays) -> set[tuple[str, str]]:
    """(material, party) where a material can go somewhere."""
    scenario = plan.scenario
    found = {(pile.material, pile.party) for pile in scenario.stockpiles.values()}
    found |= {(m, demand.party) for demand in scenario.demands.values() for m in (demand.material, *demand.substitutes)}
    found |= {(m, process.party) for process in scenario.processes.values() for m in process.inputs}
    found |= {(m, route.from_) for route in scenario.routes.values() for m in route.materials}
    return found | {(m, g) for m, material in scenario.materials.items() if material.disposal_cost is not None for g in scenario.party_ids}


@remembered
def buyers(plan: PlanArrays, s: str) -> list[str]:
    """Parties that may buy outside contracts and could use what they buy."""
    supplier = plan.scenario.suppliers[s]
    return [g for g in supplier.sells_to or plan.scenario.party_ids if (supplier.material, g) in outlets(plan)]


@remembered
def opens(plan: PlanArrays, e: str) -> Flags:
    """Periods at whose start a project may be decided."""
    return _holds(plan, plan.scenario.projects[e].decide)


def _holds(plan: PlanArrays, window: Window | None) -> Flags:
    """Periods that start inside a window of decision."""
    if window is None:
        return np.zeros(plan.clock.size, dtype=bool)
    first, last = (day.toordinal() if day is not None else None for day in (window.earliest, window.latest))
    starts = plan.clock.days[plan.clock.starts]
    return np.asarray((starts >= (first or starts[0])) & (starts <= (last or starts[-1])))


def ramps(plan: PlanArrays, e: str) -> Floats:
    """[decision period, period] mean share of nameplate, a row for each period in which a project may be decided."""
    return plan.clock.ramps(plan.scenario.projects[e], opens(plan, e))


@remembered
def growing(plan: PlanArrays, e: str) -> Flags:
    """Periods in which a decision could have brought capacity."""
    return np.asarray(ramps(plan, e).max(axis=0, initial=0.0) > 0)


@remembered
def sells(plan: PlanArrays, s: str) -> Flags:
    """Periods in which a supplier has, or could have, capacity."""
    found = supplier_standing(plan, s) > 0
    for e, project in plan.projects_of.get(s, {}).items():
        if project.decide is not None:
            found = found | growing(plan, e)
    return found


@remembered
def contract_volume(plan: PlanArrays, c: str) -> Floats:
    """Units of a contract in each period at full signature."""
    clock, contract = plan.clock, plan.scenario.contracts[c]
    window = clock.mean(clock.between(contract.start, contract.end))
    return np.asarray(clock.years * clock.series(contract.quantity) * window * plan.effects.smallest("contracts", contract_thing(plan, c)))


def contract_thing(plan: PlanArrays, c: str) -> Thing:
    """How events see a contract."""
    contract = plan.scenario.contracts[c]
    return supplier_thing(contract.supplier, plan.scenario.suppliers[contract.supplier], contract.party)


@remembered
def sign_gate(plan: PlanArrays, c: str) -> Floats:
    """Share of a contract that events let be signed in each period, wherever its own window lies."""
    s = plan.scenario.contracts[c].supplier
    spot = plan.effects.smallest("spot", contract_thing(plan, c))
    return np.minimum(spot, plan.effects.smallest("commitments", supplier_thing(s, plan.scenario.suppliers[s])))


@remembered
def sign_window(plan: PlanArrays, c: str) -> Flags:
    """Periods in which a contract may be signed."""
    return _holds(plan, plan.scenario.contracts[c].sign)


@remembered
def contract_price(plan: PlanArrays, c: str) -> Floats:
    """Price of a unit under a contract."""
    return plan.clock.series(plan.scenario.contracts[c].price)


@remembered
def breach_price(plan: PlanArrays, c: str) -> Floats:
    """What is paid for a unit below the minimum."""
    contract = plan.scenario.contracts[c]
    return plan.clock.series(contract.breach_price or contract.price)


@remembered
def floor(plan: PlanArrays, k: str) -> Floats | None:
    """Least level of a stockpile; None without one."""
    pile = plan.scenario.stockpiles[k]
    if pile.floor is None:
        return None
    return plan.clock.series(pile.floor.units) + plan.clock.series(pile.floor.years) * plan.first_demand(pile.material, pile.party)


@remembered
def draw_limit(plan: PlanArrays, k: str) -> Floats:
    """Units that may be drawn; infinite without a limit."""
    clock, pile = plan.clock, plan.scenario.stockpiles[k]
    opened = clock.mean(clock.between(pile.release, None)) * plan.effects.factor("draw", {"materials": {pile.material}, "parties": {pile.party}})
    if pile.max_draw is None:
        return np.where(opened == 0, 0.0, np.inf)
    return np.asarray(clock.years * pile.max_draw * opened)


def final_min(plan: PlanArrays, k: str) -> float:
    """Units that must be left at the end."""
    pile = plan.scenario.stockpiles[k]
    return plan.amount(pile, pile.final.min if isinstance(pile.final.min, Stock) else pile.initial)


@remembered
def process_rate(plan: PlanArrays, p: str) -> Floats:
    """Activity in a period of one unit/yr of a process's capacity, after events."""
    return plan.clock.years * plan.effects.factor("capacity", thing_of_target(plan.scenario, p))


@remembered
def substitute_limit(plan: PlanArrays, n: str, m: str) -> Floats:
    """Units of a demand that a substitute may serve."""
    substitute = plan.scenario.demands[n].substitutes[m]
    return substitute.max_share * wanted(plan, n) * plan.clock.mean(plan.clock.between(substitute.from_, None))


def commitment_gate(plan: PlanArrays, project: Project) -> Floats:
    """Share of a project's largest size that events let be decided in each period."""
    return plan.effects.smallest("commitments", thing_of_target(plan.scenario, project.adds_to))


@remembered
def in_transit(plan: PlanArrays) -> dict[tuple[str, str], Floats]:
    """[material, party] units that arrive from before the horizon."""
    found: dict[tuple[str, str], Floats] = {}
    for shipment in plan.scenario.in_transit:
        units = found.setdefault((shipment.material, shipment.party), plan.zero.copy())
        day = shipment.arrives.toordinal() - plan.clock.days[0]
        if 0 <= day < len(plan.clock.days):
            units[np.searchsorted(plan.clock.starts, day, side="right") - 1] += shipment.quantity
    return found


def members(plan: PlanArrays, policy: MaxShare, material: str) -> dict[str, list[str]]:
    """Suppliers of a material by whom a share counts together, as far as the policy caps them."""
    found: dict[str, list[str]] = {}
    for s, supplier in plan.suppliers_of.get(material, {}).items():
        name = {"origin": supplier.origin or supplier.country, "country": supplier.country, "supplier": s}[policy.by]
        if name is not None and (policy.of is None or name in policy.of):
            found.setdefault(name, []).append(s)
    return found


def cover_level(plan: PlanArrays, policy: MinCover, material: str, party: str) -> float:
    """Units that days of demand stand for."""
    return policy.days / 365.25 * plan.first_demand(material, party)


@remembered
def policy_items(plan: PlanArrays, key: str) -> dict[str, str]:
    """Items of a policy's rows, with the material that each is counted in (empty for money and emissions)."""
    scenario, policy = plan.scenario, plan.scenario.policies[key]
    if isinstance(policy, Budget | MaxEmissions):
        return {"all": ""}
    if isinstance(policy, StockLimit):
        piles = [scenario.stockpiles[k] for k in policy.stockpiles]
        return {"all": piles[0].material} if any(concerns(pile.party, policy.parties) for pile in piles) else {}
    if isinstance(policy, MinService):
        chosen = ((n, scenario.demands[n]) for n in policy.demands or scenario.demands)
        return {n: demand.material for n, demand in chosen if concerns(demand.party, policy.parties)}
    pairs = [(m, g) for m in policy.materials or scenario.materials for g in policy.parties or scenario.party_ids]
    if isinstance(policy, MinCover):
        return {f"{m}.{g}": m for m, g in pairs if cover_level(plan, policy, m, g) > 0}
    return {f"{name}.{m}.{g}": m for m, g in pairs for name in members(plan, policy, m)}


def penalty_of(plan: PlanArrays, key: str, item: str) -> float | None:
    """Money per unit of a policy row's left-hand side; None where the policy is hard."""
    policy = plan.scenario.policies[key]
    if isinstance(policy, Budget | MaxEmissions):
        return policy.penalty
    return None if policy.penalty is None else policy.penalty[policy_items(plan, key)[item]]
