"""Compiles policies into rows: one an origin, material, party and window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.compile.use import unit_factor
from planner.scenario.dates import Period
from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, Process, StockLimit, Stockpile, Supplier
from planner.scenario.units import DAYS_PER_YEAR
from sourcing_lp.data import DemandData, LimitRow, PolicyData, ServiceRow, ShareRow, StockRow, Window

AnyPolicy = MaxShare | Budget | MaxEmissions | StockLimit | MinService | MinCover
K = TypeVar("K", MaxShare, Budget, MaxEmissions, StockLimit, MinService, MinCover)
Row = TypeVar("Row", ShareRow, LimitRow, StockRow, ServiceRow)


def compile_policy(setting: Setting, committed: Committed, demand: DemandData) -> PolicyData:
    """Compile all policies."""
    scenario = setting.scenario

    def rows(kind: type[K], make: Callable[[str, K], list[Row]]) -> tuple[Row, ...]:
        return tuple(row for key, policy in scenario.policies.items() if isinstance(policy, kind) for row in make(key, policy))

    return PolicyData(
        max_share=rows(MaxShare, lambda key, policy: _max_share(setting, key, policy)),
        budget=rows(Budget, lambda key, policy: _budget(setting, committed, key, policy)),
        max_emissions=rows(MaxEmissions, lambda key, policy: _max_emissions(setting, key, policy)),
        stock_limit=rows(StockLimit, lambda key, policy: _stock_limit(setting, key, policy)),
        min_cover=rows(MinCover, lambda key, policy: _min_cover(setting, key, policy)),
        service=rows(MinService, lambda key, policy: _service(setting, demand, key, policy)),
        project_party=project_parties(setting),
        process_party={key: process.party for key, process in scenario.processes.items()},
        route_party={key: route.to for key, route in scenario.routes.items()},
    )


def project_parties(setting: Setting) -> dict[str, str]:
    """[e] party of a process's or stockpile's project; a supplier belongs to no party."""
    owners: dict[str, Process | Stockpile] = {**setting.scenario.processes, **setting.scenario.stockpiles}
    return {key: owners[project.adds_to].party for key, project in setting.scenario.projects.items() if project.adds_to in owners}


def windows_of(setting: Setting, policy: AnyPolicy) -> list[Window]:
    """Windows over which a policy adds up: periods more than half inside its dates, grouped as ``per`` says.

    Levels do not add up over time: what bounds a stock holds at the end of each period, whatever ``per`` says.
    """
    per = "period" if isinstance(policy, StockLimit | MinCover) else policy.per
    shares = setting.calendar.days.share(policy.from_ or setting.calendar.start, policy.until or setting.calendar.end)
    groups: dict[str, list[Period]] = {}
    for place in np.flatnonzero(shares > 0.5).tolist():
        period = setting.periods[place]
        label = {"period": period.label, "year": str(period.start.year), "total": "total"}[per]
        groups.setdefault(label, []).append(period)
    return [Window(label, tuple(period.label for period in group), setting.discount(group[-1].begin + group[-1].years / 2)) for label, group in groups.items()]


def _penalty(policy: MaxShare | StockLimit | MinService | MinCover, material: str) -> float | None:
    """Money per unit of the material above the limit; None where the policy is hard."""
    return None if policy.penalty is None else policy.penalty[material]


def _parties(setting: Setting, policy: AnyPolicy) -> tuple[str, ...]:
    return policy.parties or setting.scenario.party_ids


def _member(policy: MaxShare, key: str, supplier: Supplier) -> str | None:
    return {"origin": supplier.mined_in, "country": supplier.country, "supplier": key}[policy.by]


def _max_share(setting: Setting, key: str, policy: MaxShare) -> list[ShareRow]:
    rows = []
    windows, parties = windows_of(setting, policy), _parties(setting, policy)
    for material in policy.materials or setting.scenario.materials:
        groups: dict[str | None, list[str]] = {}
        for s, supplier in setting.suppliers_of.get(material, ()):
            groups.setdefault(_member(policy, s, supplier), []).append(s)
        everyone = tuple(s for group in groups.values() for s in group)
        capped = [(member, tuple(group)) for member, group in groups.items() if member is not None and (policy.of is None or member in policy.of)]
        penalty = _penalty(policy, material)
        for party in parties:
            for member, group in capped:
                rows += [ShareRow(key, member, material, party, window, group, everyone, policy.share, penalty) for window in windows]
    return rows


def _budget(setting: Setting, committed: Committed, key: str, policy: Budget) -> list[LimitRow]:
    windows, owner = windows_of(setting, policy), project_parties(setting)
    window_of = {t: window.label for window in windows for t in window.periods}
    due = dict.fromkeys((window.label for window in windows), 0.0)
    for line, payments in (("capex", committed.capex_due), ("fixed", committed.fixed_due)):
        covered = payments.items() if line in policy.covers else ()
        for (e, t), money in covered:
            if t in window_of and (policy.parties is None or owner.get(e) in policy.parties):
                due[window_of[t]] += money
    return [LimitRow(key, window, policy.covers, policy.parties, policy.limit, due[window.label], policy.penalty) for window in windows]


def _max_emissions(setting: Setting, key: str, policy: MaxEmissions) -> list[LimitRow]:
    return [LimitRow(key, window, (), policy.parties, policy.limit, 0.0, policy.penalty) for window in windows_of(setting, policy)]


def _stock_limit(setting: Setting, key: str, policy: StockLimit) -> list[StockRow]:
    piles = setting.scenario.stockpiles
    first = unit_factor(setting, piles[policy.stockpiles[0]].material)
    chosen = [k for k in policy.stockpiles if policy.parties is None or piles[k].party in policy.parties]
    weights = tuple((k, unit_factor(setting, piles[k].material) / first) for k in chosen)
    return (
        [StockRow(key, "all", window, weights, policy.limit, _penalty(policy, piles[policy.stockpiles[0]].material)) for window in windows_of(setting, policy)]
        if weights
        else []
    )


def _min_cover(setting: Setting, key: str, policy: MinCover) -> list[StockRow]:
    rows = []
    windows, parties = windows_of(setting, policy), _parties(setting, policy)
    piles: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for k, pile in setting.scenario.stockpiles.items():
        piles.setdefault((pile.material, pile.party), []).append((k, 1.0))
    for material in policy.materials or setting.scenario.materials:
        for party in parties:
            level = policy.days / DAYS_PER_YEAR * setting.yearly_demand.get((material, party), 0.0)
            if level > 0:
                found = tuple(piles.get((material, party), ()))
                rows += [StockRow(key, f"{material}.{party}", window, found, level, _penalty(policy, material)) for window in windows]
    return rows


def _service(setting: Setting, demand: DemandData, key: str, policy: MinService) -> list[ServiceRow]:
    chosen = [n for n in policy.demands or setting.scenario.demands if setting.scenario.demands[n].party in _parties(setting, policy)]
    windows = windows_of(setting, policy)
    return [
        ServiceRow(key, n, window, policy.share, _penalty(policy, setting.scenario.demands[n].material))
        for n in chosen
        for window in windows
        if any((n, t) in demand.demand for t in window.periods)
    ]
