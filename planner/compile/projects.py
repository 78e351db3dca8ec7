"""Compiles projects: ramps by decision period, capex by due date, salvage, and committed capacity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, repeat
from typing import NamedTuple

import numpy as np

from planner.compile.events import Target, process_target, supplier_target
from planner.compile.ramps import Ramp
from planner.compile.setting import Setting
from planner.scenario.dates import Floats, nominal_years
from planner.scenario.schema import Project, SizeChoice
from sourcing_lp.data import RampData


@dataclass
class Committed:
    """What projects decided before bring: capacity and payments as facts."""

    capacity: dict[str, list[float]] = field(default_factory=dict)
    """[target] units/yr by period."""
    capex_due: dict[tuple[str, str], float] = field(default_factory=dict)
    """[e, t] undiscounted money."""
    fixed_due: dict[tuple[str, str], float] = field(default_factory=dict)
    """[e, t] undiscounted money."""
    capex: float = 0.0
    fixed_cost: float = 0.0
    salvage: float = 0.0

    def added_to(self, target: str, base: list[float]) -> list[float]:
        """Base capacity by period with what committed projects add to it."""
        more = self.capacity.get(target)
        return base if more is None else [one + other for one, other in zip(base, more, strict=True)]


def compile_ramp(setting: Setting) -> tuple[RampData, Committed]:
    """Compile all projects."""
    committed = Committed()
    facts = {key: project for key, project in setting.scenario.projects.items() if project.committed is not None}
    choices = {key: project for key, project in setting.scenario.projects.items() if project.decide is not None}
    for key, project in facts.items():
        _commit(setting, key, project, committed)
    return _decide(setting, choices, committed), committed


def ramp_of(project: Project) -> Ramp:
    """The ramp of a project."""
    return Ramp(project.points, project.life)


class _Bill(NamedTuple):
    """What a commitment costs, per unit/yr."""

    due: list[tuple[str, float]]
    """(period, undiscounted money) of the stages inside the horizon; earlier ones are sunk, later ones not paid."""
    capex: float
    """Discounted, from the stages' own dates."""
    salvage: float
    """Discounted."""


def _bills(setting: Setting, project: Project, decided: Iterable[float]) -> Iterator[_Bill]:
    """The bill of a commitment at each of some times."""
    end, ramp = setting.calendar.years, ramp_of(project)
    final = 0.0 if project.salvage == "none" else setting.discount(end)
    stages = [(after, cost) for after, cost in project.stages if cost]
    for start in decided:
        due, capex, paid = [], 0.0, 0.0
        for after, cost in stages:
            period = setting.calendar.holding(start + after)
            if period is not None:
                due.append((period.label, cost))
                capex += setting.discount(max(0.0, start + after)) * cost
                paid += cost
        yield _Bill(due, capex, final * paid * ramp.unused(end - start) if final else 0.0)


def _commit(setting: Setting, key: str, project: Project, committed: Committed) -> None:
    assert project.committed is not None
    assert isinstance(project.size, float)
    decided, begins = nominal_years(setting.calendar.start, project.committed), setting.calendar.begins
    shares = ramp_of(project).means(begins - decided, begins + setting.calendar.lengths - decided)
    committed.capacity[project.adds_to] = committed.added_to(project.adds_to, (shares * project.size).tolist())
    for period, share in zip(setting.periods, shares.tolist(), strict=True):
        fixed = period.years * project.fixed_cost * share * project.size
        if fixed:
            committed.fixed_due[key, period.label] = fixed
            committed.fixed_cost += setting.discount(period.begin + period.years / 2) * fixed
    (bill,) = _bills(setting, project, [decided])
    for label, cost in bill.due:
        committed.capex_due[key, label] = committed.capex_due.get((key, label), 0.0) + cost * project.size
    committed.capex += bill.capex * project.size
    committed.salvage += bill.salvage * project.size


@dataclass(frozen=True)
class _Decision:
    """A project to be decided: what a commitment in each open period costs and brings, field by field as in ``RampData``."""

    opens: list[int]
    capex: dict[tuple[str, str], float]
    salvage: dict[tuple[str, str], float]
    payments: dict[tuple[str, str, str], float]
    ramp: dict[tuple[str, str, str], float]
    grows: list[str]
    """Periods in which a commitment could have capacity."""
    growing: list[tuple[str, str]]


@dataclass
class _Decisions:
    """Decisions under construction, field by field as in ``RampData``."""

    windows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ramp: dict[tuple[str, str, str], float] = field(default_factory=dict)
    growing: list[tuple[str, str]] = field(default_factory=list)
    projects_on: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    size_max: dict[str, float] = field(default_factory=dict)
    gate: dict[tuple[str, str], float] = field(default_factory=dict)
    capex: dict[tuple[str, str], float] = field(default_factory=dict)
    payments: dict[tuple[str, str, str], float] = field(default_factory=dict)
    salvage: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, key: str, project: Project, decision: _Decision, setting: Setting) -> None:
        """Add a project."""
        if isinstance(project.size, SizeChoice) and project.size.max is not None:
            self.size_max[key] = project.size.max
        self.windows[key] = tuple(setting.labels[v] for v in decision.opens)
        gate = setting.events.on(project_target(setting, project)).smallest("commitments")
        self.gate |= {(key, setting.labels[v]): gate[v] for v in decision.opens if gate[v] < 1}
        for t in decision.grows:
            self.projects_on.setdefault((project.adds_to, t), []).append(key)
        self.growing += decision.growing
        self.ramp.update(decision.ramp)
        self.payments.update(decision.payments)
        self.capex.update(decision.capex)
        self.salvage.update(decision.salvage)


def _decide(setting: Setting, choices: dict[str, Project], committed: Committed) -> RampData:
    build = _Decisions()
    for key, project in choices.items():
        facts = project, setting.scenario.money.discount_rate
        build.add(key, project, setting.once(("projects", key), facts, partial(_decision, setting, key, project)), setting)
    return RampData(
        material={key: setting.counted_in(project.adds_to) for key, project in choices.items()},
        commits=tuple((key, v) for key, vs in build.windows.items() for v in vs),
        windows=build.windows,
        ramp=build.ramp,
        growing=tuple(build.growing),
        projects_on={key: tuple(found) for key, found in build.projects_on.items()},
        size_max=build.size_max,
        gate=build.gate,
        capex=build.capex,
        payments=build.payments,
        salvage=build.salvage,
        fixed_cost={key: project.fixed_cost for key, project in choices.items() if project.fixed_cost},
        committed_capex=committed.capex,
        committed_fixed_cost=committed.fixed_cost,
        committed_salvage=committed.salvage,
    )


def _decision(setting: Setting, key: str, project: Project) -> _Decision:
    """What a commitment at the start of each open period costs, and what it brings in each later one."""
    assert project.decide is not None
    opens, labels = setting.open_in(project.decide), setting.labels
    bills = list(_bills(setting, project, [setting.periods[v].begin for v in opens]))
    slots = [(key, labels[v]) for v in opens]
    payments: dict[tuple[str, str, str], float] = {}
    for slot, bill in zip(slots, bills, strict=True):
        for label, cost in bill.due:
            payments[*slot, label] = payments.get((*slot, label), 0.0) + cost
    means = _means(setting, project, opens)
    ramp: dict[tuple[str, str, str], float] = {}
    for v, shares in zip(opens, means.tolist(), strict=True):
        later = zip(repeat(key), repeat(labels[v]), labels[v:])
        ramp.update(compress(zip(later, shares[v:], strict=True), shares[v:]))
    grows = np.flatnonzero(means.any(axis=0))
    # in order of the first decision that brings something
    first = np.argmax(means[:, grows] > 0, axis=0)
    return _Decision(
        opens=opens,
        capex={slot: bill.capex for slot, bill in zip(slots, bills, strict=True)},
        salvage={slot: bill.salvage for slot, bill in zip(slots, bills, strict=True)},
        payments=payments,
        ramp=ramp,
        grows=[labels[t] for t in grows.tolist()],
        growing=[(key, labels[t]) for t in grows[np.argsort(first, kind="stable")].tolist()],
    )


def _means(setting: Setting, project: Project, opens: list[int]) -> Floats:
    """[open period, period] mean of the ramp; what projects have in common is found once."""
    ages, ramp = setting.ages, ramp_of(project)
    if ramp not in setting.by_age:
        setting.by_age[ramp] = ramp.means(ages.begin[:, None], ages.begin[:, None] + ages.lengths)
    found: Floats = setting.by_age[ramp][ages.age[opens], ages.length]
    return found


def project_target(setting: Setting, project: Project) -> Target:
    """What an event must match to close a project: the supplier or process it adds to."""
    scenario, key = setting.scenario, project.adds_to
    if key in scenario.suppliers:
        return supplier_target(key, scenario.suppliers[key])
    if key in scenario.processes:
        return process_target(key, scenario.processes[key])
    return Target(materials=frozenset({scenario.stockpiles[key].material}))
