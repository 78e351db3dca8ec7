"""Policies, recomputed from the scenario."""

from __future__ import annotations

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify import limits
from planner.verify.arrays import PlanArrays, concerns, tonnes, wanted
from planner.verify.clock import Floats
from planner.verify.money import emitted, money_due
from planner.verify.windows import windows


def check_policies(plan: PlanArrays) -> None:
    """Every policy row holds, but for what a soft policy pays for."""
    for key, policy in plan.scenario.policies.items():
        if isinstance(policy, MaxShare):
            _max_share(plan, key, policy)
        elif isinstance(policy, Budget):
            _judge(plan, key, "all", sum((money_due(plan, line, policy.parties) for line in policy.covers), plan.zero), policy.limit)
        elif isinstance(policy, MaxEmissions):
            _judge(plan, key, "all", emitted(plan, policy.parties), policy.limit)
        elif isinstance(policy, StockLimit) and limits.policy_items(plan, key):
            _judge(plan, key, "all", _level(plan, policy), policy.limit)
        elif isinstance(policy, MinService):
            for n in limits.policy_items(plan, key):
                _judge(plan, key, n, policy.share * wanted(plan, n), plan.total_served.get(n, plan.zero))
        elif isinstance(policy, MinCover):
            for item, material in limits.policy_items(plan, key).items():
                party = item.split(".")[1]
                stock = sum((plan.stock.get((k,), plan.zero) for k in plan.piles_of.get((material, party), ())), plan.zero)
                _judge(plan, key, item, plan.zero + limits.cover_level(plan, policy, material, party), stock)


def _level(plan: PlanArrays, policy: StockLimit) -> Floats:
    """What stands in some stockpiles together, in units of the first one's material."""
    piles = {k: plan.scenario.stockpiles[k] for k in policy.stockpiles}
    first = tonnes(plan.scenario, piles[policy.stockpiles[0]].material)
    counted = ((k, pile) for k, pile in piles.items() if concerns(pile.party, policy.parties))
    return sum((plan.stock.get((k,), plan.zero) * tonnes(plan.scenario, pile.material) / first for k, pile in counted), plan.zero)


def check_violations(plan: PlanArrays) -> bool:
    """Whether every violation is of a row that a soft policy has."""
    table = plan.tables["violations"]
    rows = zip(*(table.column(name) for name in ("policy", "item", "period", "unit")), strict=True)
    for row, (key, item, label, unit) in enumerate(rows, 1):
        items = limits.policy_items(plan, key)
        if item not in items or label not in windows(plan, key).places:
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


def _judge(plan: PlanArrays, key: str, item: str, used: Floats, most: Floats | float) -> None:
    """Policy rows: what is used in each window stays within the limit, but for what a soft policy pays for.

    Args:
        plan: The plan's tables.
        key: The policy.
        item: What the rows are about.
        used: Left-hand side in each period.
        most: Limit of each window, or what it adds up from in each period.
    """
    policy, found = plan.scenario.policies[key], windows(plan, key)
    spent = found.sums(used)
    limit = found.sums(most) if isinstance(most, np.ndarray) else np.full(len(spent), most)
    broken = plan.violation.get((key, item)) if policy.penalty is not None else None
    paid = np.array([broken.get(label, 0.0) for label in found.labels]) if broken else np.zeros(len(spent))
    over = np.maximum(spent - limit, 0.0)
    size = np.maximum(np.maximum(np.abs(spent), np.abs(limit)), np.abs(paid))

    def where(row: int) -> str:
        return f"{key} {item} {found.labels[row]}"

    plan.note_at(f"policy {policy.kind}", where, np.maximum(spent - limit - paid, 0.0), size)
    plan.note_at("no negative number", where, np.maximum(-paid, 0.0), size)
    if limits.penalty_of(plan, key, item):
        plan.note_at("soft policies", where, np.abs(paid - over), size)


def _max_share(plan: PlanArrays, key: str, policy: MaxShare) -> None:
    for material in policy.materials or plan.scenario.materials:
        for party in policy.parties or plan.scenario.party_ids:
            ships = {s: plan.shipped[s, party] for s in plan.suppliers_of.get(material, {}) if (s, party) in plan.shipped}
            everything = sum(ships.values(), plan.zero)
            for name, suppliers in limits.members(plan, policy, material).items():
                part = sum((ships[s] for s in suppliers if s in ships), plan.zero)
                _judge(plan, key, f"{name}.{material}.{party}", part, policy.share * everything)


def penalties(plan: PlanArrays) -> dict[tuple[str, str], float]:
    """[policy, window] discounted money for broken soft policies, each from the last period of its window."""
    found: dict[tuple[str, str], float] = {}
    for (key, item), broken in plan.violation.items():
        own = windows(plan, key)
        discount = dict(zip(own.labels, plan.clock.discount[own.last].tolist(), strict=True))
        for label, units in broken.items():
            found[key, label] = found.get((key, label), 0.0) + (limits.penalty_of(plan, key, item) or 0.0) * units * discount[label]
    return found
