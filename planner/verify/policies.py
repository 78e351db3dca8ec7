"""Policies, recomputed from the scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify.arrays import PlanArrays, concerns, tonnes, total_served, wanted
from planner.verify.clock import Floats
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
        elif isinstance(policy, StockLimit):
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
            for label, mask in windows_of(plan, policy, by_level=True):
                _judge(plan, key, "all", label, float(level[mask].sum()), policy.limit)
        elif isinstance(policy, MinService):
            for n in policy.demands or plan.scenario.demands:
                if concerns(plan.scenario.demands[n].party, policy.parties):
                    quantity, served = wanted(plan, plan.scenario.demands[n]), total_served(plan, n)
                    for label, mask in windows_of(plan, policy):
                        _judge(plan, key, n, label, policy.share * float(quantity[mask].sum()), float(served[mask].sum()))
        else:
            _min_cover(plan, key, policy)


def windows_of(plan: PlanArrays, policy: Any, by_level: bool = False) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    """(label, mask over periods) of each window of a policy."""
    clock = plan.clock
    inside = clock.mean(clock.between(policy.from_, policy.until)) > 0.5
    if by_level or policy.per == "period":
        return [(clock.labels[t], np.arange(clock.size) == t) for t in np.flatnonzero(inside)]
    if policy.per == "total":
        return [("total", inside)]
    years = np.array([period.start.year for period in clock.calendar.periods])
    return [(str(year), inside & (years == year)) for year in sorted(set(years[inside].tolist()))]


def _judge(plan: PlanArrays, key: str, item: str, label: str, used: float, limit: float, *terms: float) -> None:
    """A policy row: what is used stays within the limit, but for what a soft policy pays for."""
    policy = plan.scenario.policies[key]
    paid = float(plan.violation.get((key, item, label), 0.0)) if policy.penalty is not None else 0.0
    size = max(abs(used), abs(limit), abs(paid), *map(abs, terms), 1e-300)
    where = f"{key} {item} {label}"
    plan.note(f"policy {policy.kind}", where, np.array([max(used - limit - paid, 0.0)]), size)
    plan.note("no negative number", where, np.array([max(-paid, 0.0)]), size)
    if penalty_of(plan, key, item):
        plan.note("soft policies", where, np.array([paid - max(used - limit, 0.0)]), size)


def _limit(plan: PlanArrays, key: str, policy: Budget | MaxEmissions, used: Floats) -> None:
    for label, mask in windows_of(plan, policy):
        _judge(plan, key, "all", label, float(used[mask].sum()), policy.limit)


def _max_share(plan: PlanArrays, key: str, policy: MaxShare) -> None:
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
                    for label, mask in windows_of(plan, policy):
                        allowed = policy.share * float(everything[mask].sum())
                        _judge(plan, key, f"{name}.{material}.{party}", label, float(units[mask].sum()), allowed)


def _min_cover(plan: PlanArrays, key: str, policy: MinCover) -> None:
    for material in policy.materials or plan.scenario.materials:
        for party in policy.parties or plan.scenario.party_ids:
            level = policy.days / 365.25 * plan.first_demand(material, party)
            piles = [k for k, pile in plan.scenario.stockpiles.items() if (pile.material, pile.party) == (material, party)]
            stock = sum((plan.stock.get((k,), plan.zero) for k in piles), plan.zero)
            for label, mask in windows_of(plan, policy, by_level=True):
                _judge(plan, key, f"{material}.{party}", label, level, float(stock[mask].sum()))


def penalties(plan: PlanArrays) -> float:
    """Discounted money for broken soft policies."""
    total = 0.0
    for (key, item, label), units in plan.violation.items():
        policy = plan.scenario.policies[key]
        masks = dict(windows_of(plan, policy, by_level=isinstance(policy, StockLimit | MinCover)))
        total += (penalty_of(plan, key, item) or 0.0) * units * float(plan.clock.discount[np.flatnonzero(masks[label])[-1]])
    return total


def penalty_of(plan: PlanArrays, key: str, item: str) -> float | None:
    """Money per unit of a policy row's left-hand side; None where the policy is hard."""
    policy = plan.scenario.policies[key]
    if isinstance(policy, Budget | MaxEmissions):
        return policy.penalty
    if policy.penalty is None:
        return None
    if isinstance(policy, MaxShare):
        return policy.penalty[item.split(".")[-2]]
    if isinstance(policy, MinService):
        return policy.penalty[plan.scenario.demands[item].material]
    if isinstance(policy, StockLimit):
        return policy.penalty[plan.scenario.stockpiles[policy.stockpiles[0]].material]
    return policy.penalty[item.split(".", maxsplit=1)[0]]
