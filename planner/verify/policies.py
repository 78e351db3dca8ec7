"""Policies, recomputed from the scenario."""

from __future__ import annotations

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify import limits
from planner.verify.arrays import PlanArrays, concerns, remembered, tonnes, total_served, wanted
from planner.verify.clock import Floats
from planner.verify.limits import Flags
from planner.verify.money import emitted, money_due


def check_policies(plan: PlanArrays) -> None:
    """Every policy row holds, but for what a soft policy pays for."""
    for key, policy in plan.scenario.policies.items():
        if isinstance(policy, MaxShare):
            _max_share(plan, key, policy)
        elif isinstance(policy, Budget):
            spent = sum((money_due(plan, line, policy.parties) for line in policy.covers), plan.zero)
            _limit(plan, key, policy, spent)
        elif isinstance(policy, MaxEmissions):
            _limit(plan, key, policy, emitted(plan, policy.parties))
        elif isinstance(policy, StockLimit) and limits.policy_items(plan, key):
            first = tonnes(plan.scenario, plan.scenario.stockpiles[policy.stockpiles[0]].material)
            piles = {k: plan.scenario.stockpiles[k] for k in policy.stockpiles}
            level = sum(
                (
                    plan.stock.get((k,), plan.zero) * tonnes(plan.scenario, pile.material) / first
                    for k, pile in piles.items()
                    if concerns(pile.party, policy.parties)
                ),
                plan.zero,
            )
            for label, mask in _windows(plan, key).items():
                _judge(plan, key, "all", label, float(level[mask].sum()), policy.limit)
        elif isinstance(policy, MinService):
            for n in policy.demands or plan.scenario.demands:
                if concerns(plan.scenario.demands[n].party, policy.parties):
                    quantity, served = wanted(plan, n), total_served(plan, n)
                    for label, mask in _windows(plan, key).items():
                        _judge(plan, key, n, label, policy.share * float(quantity[mask].sum()), float(served[mask].sum()))
        elif isinstance(policy, MinCover):
            _min_cover(plan, key, policy)


@remembered
def _windows(plan: PlanArrays, key: str) -> dict[str, Flags]:
    """Mask over periods of each window of a policy."""
    return dict(limits.windows_of(plan, plan.scenario.policies[key]))


def check_violations(plan: PlanArrays) -> bool:
    """Whether every violation is of a row that a soft policy has."""
    table = plan.lists["violations"]
    for row, (key, item, label, unit) in enumerate(zip(table["policy"], table["item"], table["period"], table["unit"], strict=True), 1):
        items = limits.policy_items(plan, key)
        if item not in items or label not in _windows(plan, key):
            plan.fail("tables", f"violations: row {row}: {key} has no {item} in {label}")
        elif unit != (own := violation_unit(plan, key, items[item])):
            plan.fail("tables", f"violations: row {row}, column unit: {unit!r} where the scenario says {own!r}")
    return "tables" not in plan.worst


def violation_unit(plan: PlanArrays, key: str, material: str) -> str:
    """Unit of a policy's left-hand side: money, t CO2e, or the unit of the material it is about."""
    kind = plan.scenario.policies[key].kind
    if kind in ("budget", "max_emissions"):
        return plan.scenario.money.currency if kind == "budget" else "t_CO2e"
    return plan.scenario.materials[material].unit


def _judge(plan: PlanArrays, key: str, item: str, label: str, used: float, limit: float, *terms: float) -> None:
    """A policy row: what is used stays within the limit, but for what a soft policy pays for."""
    policy = plan.scenario.policies[key]
    paid = float(plan.violation.get((key, item, label), 0.0)) if policy.penalty is not None else 0.0
    size = max(abs(used), abs(limit), abs(paid), *map(abs, terms), 1e-300)
    where = f"{key} {item} {label}"
    plan.note(f"policy {policy.kind}", where, np.array([max(used - limit - paid, 0.0)]), size)
    plan.note("no negative number", where, np.array([max(-paid, 0.0)]), size)
    if limits.penalty_of(plan, key, item):
        plan.note("soft policies", where, np.array([paid - max(used - limit, 0.0)]), size)


def _limit(plan: PlanArrays, key: str, policy: Budget | MaxEmissions, used: Floats) -> None:
    for label, mask in _windows(plan, key).items():
        _judge(plan, key, "all", label, float(used[mask].sum()), policy.limit)


def _max_share(plan: PlanArrays, key: str, policy: MaxShare) -> None:
    scenario = plan.scenario
    for material in policy.materials or scenario.materials:
        for party in policy.parties or scenario.party_ids:
            ships = {s: units for (s, g), units in plan.shipped.items() if g == party and scenario.suppliers[s].material == material}
            everything = sum(ships.values(), plan.zero)
            for name, suppliers in limits.members(plan, policy, material).items():
                part = sum((ships.get(s, plan.zero) for s in suppliers), plan.zero)
                for label, mask in _windows(plan, key).items():
                    allowed = policy.share * float(everything[mask].sum())
                    _judge(plan, key, f"{name}.{material}.{party}", label, float(part[mask].sum()), allowed)


def _min_cover(plan: PlanArrays, key: str, policy: MinCover) -> None:
    for item, material in limits.policy_items(plan, key).items():
        party = item.split(".")[1]
        piles = [k for k, pile in plan.scenario.stockpiles.items() if (pile.material, pile.party) == (material, party)]
        stock = sum((plan.stock.get((k,), plan.zero) for k in piles), plan.zero)
        for label, mask in _windows(plan, key).items():
            _judge(plan, key, item, label, limits.cover_level(plan, policy, material, party), float(stock[mask].sum()))


def penalties(plan: PlanArrays) -> dict[tuple[str, str], float]:
    """[policy, window] discounted money for broken soft policies, each from the last period of its window."""
    found: dict[tuple[str, str], float] = {}
    for (key, item, label), units in plan.violation.items():
        last = np.flatnonzero(_windows(plan, key)[label])[-1]
        money = (limits.penalty_of(plan, key, item) or 0.0) * units * float(plan.clock.discount[last])
        found[key, label] = found.get((key, label), 0.0) + money
    return found
