"""The plans of a comparison: read or solved, named apart, and brought to one currency and one grid."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path

from planner.errors import InputError, listed
from planner.plan import RECORD, Plan
from planner.scenario.load import Loaded, loads
from planner.scenario.schema import Material


@dataclass(frozen=True)
class Side:
    """One plan of a comparison."""

    name: str
    plan: Plan
    loaded: Loaded
    factor: float = 1.0
    """Money of the comparison in one unit of the plan's money."""

    @property
    def total_cost(self) -> float:
        """Discounted cost in the money of the comparison."""
        return self.factor * self.plan.total_cost


@dataclass(frozen=True)
class Grid:
    """Buckets of time that every period of every plan lies in."""

    labels: tuple[str, ...]
    bucket_of: Mapping[str, Mapping[str, str]]
    """By name of a plan and label of a period: the bucket that holds it."""
    same: bool
    """Whether all plans have the same periods, which the buckets then are."""


def sides_of(plans: Sequence[Plan], names: Sequence[str]) -> list[Side]:
    """Plans that can be compared, the first one being the base.

    Args:
        plans: At least two.
        names: What each is called, made different where they are not.

    Raises:
        InputError: naming every reason why they cannot be compared.
    """
    sides = [Side(name, plan, loads(plan.resolved, name)) for name, plan in zip(_apart(names, plans), plans, strict=True)]
    problems = [problem for side in sides[1:] for problem in _odds(sides[0], side)]
    factors = []
    for side in sides:
        try:
            factors.append(_factor(sides[0], side))
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("these plans cannot be compared:\n  " + "\n  ".join(problems))
    return [Side(side.name, side.plan, side.loaded, factor) for side, factor in zip(sides, factors, strict=True)]


def _apart(names: Sequence[str], plans: Sequence[Plan]) -> list[str]:
    """Different names: the scenario's where the folders are called alike, then numbers."""
    names = [str(name) for name in names]
    counts = Counter(names)
    names = [plan.name if counts[name] > 1 else name for name, plan in zip(names, plans, strict=True)]
    counts = Counter(names)
    taken, found = set[str](), list[str]()
    for name in names:
        numbered = (f"{name} ({number})" for number in count(1))
        mine = next(other for other in numbered if other not in taken and other not in counts) if counts[name] > 1 else name
        taken.add(mine)
        found.append(mine)
    return found


def _odds(base: Side, side: Side) -> list[str]:
    """Why two plans cannot be compared, but for their currencies."""
    one, other = base.loaded, side.loaded
    found = []
    spans = [(loaded.calendar.start, loaded.calendar.end) for loaded in (one, other)]
    if spans[0] != spans[1]:
        told = [f"{name} covers {start:%Y-%m} to {end:%Y-%m}" for name, (start, end) in zip((base.name, side.name), spans, strict=True)]
        found.append(f"{' and '.join(told)}: costs over different horizons say nothing; solve one again, as with --set horizon.end={spans[0][1]:%Y-%m}")
    years = [loaded.scenario.money.base_year for loaded in (one, other)]
    if None not in years and years[0] != years[1]:
        found.append(f"{base.name} counts in money of {years[0]}, {side.name} in money of {years[1]}: write the prices of one in the other's base_year")
    shared = one.scenario.materials.keys() & other.scenario.materials.keys()
    units = {key: (_counted(one.scenario.materials[key]), _counted(other.scenario.materials[key])) for key in shared}
    odd = [f"{key} ({here} and {there})" for key, (here, there) in sorted(units.items()) if here != there]
    if odd:
        found.append(f"{base.name} and {side.name} count {listed(odd)} in different units: give the materials the same 'unit' and 'basis'")
    return found


def _counted(material: Material) -> str:
    return f"{material.unit} of {material.basis}" if material.basis else material.unit


def _factor(base: Side, side: Side) -> float:
    """Money of the base in one unit of another plan's money.

    Raises:
        InputError: where no rate says so, or two rates disagree.
    """
    here, there = (loaded.scenario.money for loaded in (base.loaded, side.loaded))
    if here.currency == there.currency:
        return 1.0
    rates = []
    if there.currency in here.rates:
        rates.append(here.rates[there.currency])
    if here.currency in there.rates:
        rates.append(1 / there.rates[here.currency])
    if not rates:
        hint = f"give one of them a rate, such as 'money: {{rates: {{{there.currency}: 0.9}}}}' in {base.name}"
        raise InputError(f"{base.name} counts in {here.currency}, {side.name} in {there.currency}: {hint}")
    if abs(rates[0] - rates[-1]) > 1e-6 * rates[0]:
        told = " in {}, but ".join(f"{rate:g} {here.currency}" for rate in (rates[0], rates[-1])).format(base.name)
        raise InputError(f"one {there.currency} is {told} in {side.name}: give both the same rate")
    return float(rates[0])


def common_grid(sides: Sequence[Side]) -> Grid:
    """The finest buckets that no period of any plan straddles."""
    calendars = [side.loaded.calendar for side in sides]
    borders = sorted(set.intersection(*({period.start for period in calendar.periods} | {calendar.end} for calendar in calendars)))
    same = all(len(calendar.periods) == len(borders) - 1 for calendar in calendars)
    names = dict(zip(borders, (_label(first, last, sides) for first, last in pairwise(borders)), strict=False))
    bucket_of = {side.name: {p.label: names[max(border for border in borders if border <= p.start)] for p in side.loaded.calendar.periods} for side in sides}
    return Grid(tuple(names.values()), bucket_of, same)


def _label(first: dt.date, last: dt.date, sides: Sequence[Side]) -> str:
    """The label of a period with these borders, else both of them."""
    for side in sides:
        for period in side.loaded.calendar.periods:
            if (period.start, period.end) == (first, last):
                return period.label
    return f"{first:%Y-%m} to {last:%Y-%m}"


def is_plan_folder(path: Path) -> bool:
    """Whether a path is a folder that says it is a plan, rather than a scenario file."""
    return path.is_dir() or path.name == RECORD


def folder_of(path: Path) -> Path:
    """The folder of a plan that is named by its folder or its record."""
    return path if path.is_dir() else path.parent
