"""Compiles projects: ramps by decision period, capex by due date, salvage, and committed capacity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
    by_age: dict[Ramp, Floats] = field(default_factory=dict)
    """[age, length] means of each ramp over periods, by the numbers of ``Setting.ages``."""


def _decide(setting: Setting, choices: dict[str, Project], committed: Committed) -> RampData:
    build = _Decisions()
    for key, project in choices.items():
        assert project.decide is not None
        if isinstance(project.size, SizeChoice) and project.size.max is not None:
            build.size_max[key] = project.size.max
        opens = setting.open_in(project.decide)
        build.windows[key] = tuple(setting.labels[v] for v in opens)
        _spend(setting, key, project, opens, build)
        _grow(setting, key, project, opens, build)
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


def _spend(setting: Setting, key: str, project: Project, opens: list[int], build: _Decisions) -> None:
    """What a commitment at the start of each open period costs, and how far events let it be taken."""
    gate = setting.events.on(project_target(setting, project)).smallest("commitments")
    bills = _bills(setting, project, [setting.periods[v].begin for v in opens])
    for v, bill in zip(opens, bills, strict=True):
        slot = key, setting.labels[v]
        if gate[v] < 1:
            build.gate[slot] = gate[v]
        build.capex[slot], build.salvage[slot] = bill.capex, bill.salvage
        for label, cost in bill.due:
            payment = *slot, label
            build.payments[payment] = build.payments.get(payment, 0.0) + cost


def _grow(setting: Setting, key: str, project: Project, opens: list[int], build: _Decisions) -> None:
    """What a commitment at the start of each open period brings in each later one."""
    labels, ages, ramp = setting.labels, setting.ages, ramp_of(project)
    if ramp not in build.by_age:
        build.by_age[ramp] = ramp.means(ages.begin[:, None], ages.begin[:, None] + ages.lengths)
    means = build.by_age[ramp][ages.age[opens], ages.length]
    for v, shares in zip(opens, means.tolist(), strict=True):
        slots = zip(repeat(key), repeat(labels[v]), labels[v:])
        build.ramp.update(compress(zip(slots, shares[v:], strict=True), shares[v:]))
    growing = np.flatnonzero(means.any(axis=0))
    for t in growing.tolist():
        build.projects_on.setdefault((project.adds_to, labels[t]), []).append(key)
    # in order of the first decision that brings something
    first = np.argmax(means[:, growing] > 0, axis=0)
    build.growing += [(key, labels[t]) for t in growing[np.argsort(first, kind="stable")].tolist()]


def project_target(setting: Setting, project: Project) -> Target:
    """What an event must match to close a project: the supplier or process it adds to."""
    scenario, key = setting.scenario, project.adds_to
    if key in scenario.suppliers:
        return supplier_target(key, scenario.suppliers[key])
    if key in scenario.processes:
        return process_target(key, scenario.processes[key])
    return Target(materials=frozenset({scenario.stockpiles[key].material}))
