"""What events do to each supplier, process, project, contract, demand and stockpile in each period."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from planner.scenario.dates import Calendar, Period
from planner.scenario.schema import Event, Process, Scenario, Supplier
from planner.scenario.series import mean_over

Factor = Literal["capacity", "price", "demand", "draw"]
Added = Literal["tariff", "lead_time"]
Smallest = Literal["spot", "contracts", "commitments"]


Dated = tuple[Event, dt.date, dt.date]
"""An event, its first day, and the first day after it."""


@dataclass(frozen=True)
class Target:
    """What an event may act on, by the keys of ``match``. A key that is empty here never matches."""

    country: frozenset[str | None] = frozenset()
    origin: frozenset[str | None] = frozenset()
    suppliers: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    materials: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()


def supplier_target(key: str, supplier: Supplier, party: str | None = None) -> Target:
    """A supplier, seen by a party where the effect belongs to one."""
    return Target(
        country=frozenset({supplier.country}),
        origin=frozenset({supplier.mined_in}),
        suppliers=frozenset({key}),
        materials=frozenset({supplier.material}),
        parties=frozenset({party} if party else ()),
    )


def process_target(key: str, process: Process) -> Target:
    """A process; its materials are all that it uses or makes."""
    return Target(processes=frozenset({key}), materials=frozenset({*process.inputs, *process.outputs}))


def material_target(material: str, party: str) -> Target:
    """A demand or a stockpile."""
    return Target(materials=frozenset({material}), parties=frozenset({party}))


class Events:
    """What events do to each target, composed as the language defines."""

    def __init__(self, scenario: Scenario, calendar: Calendar) -> None:
        self.calendar = calendar
        self.ids = {id(event): key for key, event in scenario.events.items()}
        self.events = [(event, event.from_ or calendar.start, event.until or calendar.end) for event in scenario.events.values()]
        self._on: dict[Target, Effects] = {}

    def on(self, target: Target) -> Effects:
        """What the events do to a target; look it up once and ask it for each period."""
        found = self._on.get(target)
        if found is None:
            found = self._on[target] = Effects([item for item in self.events if matches(item[0], target)], self.ids)
        return found


class Effects:
    """Period means of what some events do to one target."""

    def __init__(self, events: list[Dated], ids: dict[int, str]) -> None:
        self.events, self.ids = events, ids
        self._by_effect: dict[str, list[Dated]] = {}

    def factor(self, effect: Factor, period: Period) -> float:
        """Product of the period means of each event's factor."""
        product = 1.0
        for event, first, last in self._with(effect):
            product *= 1 + (float(getattr(event, effect)) - 1) * period.share(first, last)
        return product

    def added(self, effect: Added, period: Period) -> float:
        """Sum of the period means."""
        return sum(float(getattr(event, effect)) * period.share(first, last) for event, first, last in self._with(effect))

    def smallest(self, effect: Smallest, period: Period) -> float:
        """Period mean of the smallest share in force at each instant; 1 where none is."""
        acting = self._with(effect)
        if not acting:
            return 1.0

        def share(day: dt.date) -> float:
            return min([1.0, *(float(getattr(event, effect)) for event, first, last in acting if first <= day < last)])

        edges = {day for _, first, last in acting for day in (first, last) if period.start < day < period.end}
        return mean_over(period, sorted(edges), share)

    def acting(self, effect: str, period: Period) -> list[str]:
        """Ids of the events that have an effect in some part of a period."""
        return [self.ids[id(event)] for event, first, last in self._with(effect) if period.share(first, last) > 0]

    def _with(self, effect: str) -> list[Dated]:
        found = self._by_effect.get(effect)
        if found is None:
            found = self._by_effect[effect] = [item for item in self.events if getattr(item[0], effect) is not None]
        return found


def matches(event: Event, target: Target) -> bool:
    """Whether every key that ``match`` gives fits the target. What belongs to no party is not reached by an event that names parties."""
    for key in ("country", "origin", "suppliers", "processes", "materials", "parties"):
        wanted = getattr(event.match, key)
        if wanted is not None and not getattr(target, key) & set(wanted):
            return False
    return True
