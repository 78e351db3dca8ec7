"""Compiles projects: ramps by decision period, capex by due date, salvage, and committed capacity."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.compile.events import Target, process_target, supplier_target
from planner.compile.ramps import Ramp
from planner.compile.setting import Setting
from planner.scenario.dates import Period, nominal_years
from planner.scenario.schema import Project, SizeChoice
from sourcing_lp.data import RampData


@dataclass
class Committed:
    """What projects decided before bring: capacity and payments as facts."""

    capacity: dict[tuple[str, str], float] = field(default_factory=dict)
    """[target, t] units/yr."""
    capex_due: dict[tuple[str, str], float] = field(default_factory=dict)
    """[e, t] undiscounted money."""
    fixed_due: dict[tuple[str, str], float] = field(default_factory=dict)
    """[e, t] undiscounted money."""
    capex: float = 0.0
    fixed_cost: float = 0.0
    salvage: float = 0.0


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


def stages_due(setting: Setting, project: Project, decided: float) -> list[tuple[float, float]]:
    """(nominal time, money per unit/yr) of the stages inside the horizon; earlier ones are sunk, later ones not paid."""
    stages = [(decided + after, cost) for after, cost in project.stages]
    return [(time, cost) for time, cost in stages if cost and setting.calendar.holding(time) is not None]


def _paid(setting: Setting, project: Project, decided: float) -> tuple[float, float]:
    """(discounted capex, discounted salvage) per unit/yr."""
    due = stages_due(setting, project, decided)
    capex = sum(setting.discount(max(0.0, time)) * cost for time, cost in due)
    if project.salvage == "none":
        return capex, 0.0
    end = setting.calendar.years
    return capex, setting.discount(end) * sum(cost for _, cost in due) * ramp_of(project).unused(end - decided)


def _commit(setting: Setting, key: str, project: Project, committed: Committed) -> None:
    assert project.committed is not None
    assert isinstance(project.size, float)
    decided, ramp = nominal_years(setting.calendar.start, project.committed), ramp_of(project)
    for period in setting.periods:
        share = ramp.mean(period.begin - decided, period.begin + period.years - decided)
        if share > 0:
            target = project.adds_to, period.label
            committed.capacity[target] = committed.capacity.get(target, 0.0) + share * project.size
            fixed = period.years * project.fixed_cost * share * project.size
            if fixed:
                committed.fixed_due[key, period.label] = fixed
                committed.fixed_cost += setting.discount(period.begin + period.years / 2) * fixed
    for time, cost in stages_due(setting, project, decided):
        period_due = setting.calendar.holding(time)
        assert period_due is not None
        slot = key, period_due.label
        committed.capex_due[slot] = committed.capex_due.get(slot, 0.0) + cost * project.size
    capex, salvage = _paid(setting, project, decided)
    committed.capex += capex * project.size
    committed.salvage += salvage * project.size


@dataclass
class _Decisions:
    """Decisions under construction, field by field as in ``RampData``."""

    windows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ramp: dict[tuple[str, str, str], float] = field(default_factory=dict)
    growing: dict[tuple[str, str], None] = field(default_factory=dict)
    projects_on: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    size_max: dict[str, float] = field(default_factory=dict)
    gate: dict[tuple[str, str], float] = field(default_factory=dict)
    capex: dict[tuple[str, str], float] = field(default_factory=dict)
    payments: dict[tuple[str, str, str], float] = field(default_factory=dict)
    salvage: dict[tuple[str, str], float] = field(default_factory=dict)


def _decide(setting: Setting, choices: dict[str, Project], committed: Committed) -> RampData:
    build = _Decisions()
    for key, project in choices.items():
        assert project.decide is not None
        if isinstance(project.size, SizeChoice) and project.size.max is not None:
            build.size_max[key] = project.size.max
        opens = [period for period in setting.periods if project.decide.holds(period.start)]
        build.windows[key] = tuple(period.label for period in opens)
        ramp, target = ramp_of(project), project_target(setting, project)
        for v in opens:
            _open(setting, key, project, v, ramp, target, build)
        for t in setting.periods:
            if (key, t.label) in build.growing:
                build.projects_on.setdefault((project.adds_to, t.label), []).append(key)
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


def _open(setting: Setting, key: str, project: Project, v: Period, ramp: Ramp, target: Target, build: _Decisions) -> None:
    """What a commitment at the start of one period costs and brings."""
    share = setting.events.on(target).smallest("commitments", v)
    if share < 1:
        build.gate[key, v.label] = share
    build.capex[key, v.label], build.salvage[key, v.label] = _paid(setting, project, v.begin)
    for time, cost in stages_due(setting, project, v.begin):
        due = setting.calendar.holding(time)
        assert due is not None
        slot = key, v.label, due.label
        build.payments[slot] = build.payments.get(slot, 0.0) + cost
    for t in setting.periods:
        mean = ramp.aged(t.begin - v.begin, t.years) if t.begin >= v.begin else 0.0
        if mean > 0:
            build.ramp[key, v.label, t.label] = mean
            build.growing[key, t.label] = None


def project_target(setting: Setting, project: Project) -> Target:
    """What an event must match to close a project: the supplier or process it adds to."""
    scenario, key = setting.scenario, project.adds_to
    if key in scenario.suppliers:
        return supplier_target(key, scenario.suppliers[key])
    if key in scenario.processes:
        return process_target(key, scenario.processes[key])
    return Target(materials=frozenset({scenario.stockpiles[key].material}))
