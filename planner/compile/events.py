"""What events do to each supplier, process, project, contract, demand and stockpile in each period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np

from planner.scenario.dates import Calendar, Floats, Integers, Period
from planner.scenario.schema import Event, Process, Scenario, Supplier

Factor = Literal["capacity", "price", "demand", "draw"]
Added = Literal["tariff", "lead_time"]
Smallest = Literal["spot", "contracts", "commitments"]


class Dated(NamedTuple):
    """An event with its id, its first day, and the first day after it."""

    key: str
    event: Event
    first: dt.date
    last: dt.date


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
        self.events = [Dated(key, event, event.from_ or calendar.start, event.until or calendar.end) for key, event in scenario.events.items()]
        self._matching = {key: _Matching.of(key, scenario.events.values()) for key in (field.name for field in fields(Target))}
        self._effects: dict[int, Effects] = {}

    def on(self, target: Target) -> Effects:
        """What the events do to a target; the same object for all targets that the same events reach."""
        reaching = self._reaching(target)
        found = self._effects.get(reaching)
        if found is None:
            events = [event for place, event in enumerate(self.events) if reaching >> place & 1]
            found = self._effects[reaching] = Effects(events, self.calendar)
        return found

    def _reaching(self, target: Target) -> int:
        """The events that reach a target, a bit each.

        Every key that ``match`` gives must fit. What belongs to no party is not reached by an event that names parties.
        """
        reaching = -1
        for key, matching in self._matching.items():
            fits = matching.silent
            for value in getattr(target, key):
                fits |= matching.naming.get(value, 0)
            reaching &= fits
        return reaching


@dataclass(frozen=True)
class _Matching:
    """Which events one key of ``match`` lets through; an event is a bit."""

    silent: int
    """Events that do not give the key."""
    naming: dict[str | None, int]
    """[value] events that name it."""

    @staticmethod
    def of(key: str, events: Iterable[Event]) -> _Matching:
        """Sort events by what they say of a key."""
        silent, naming = 0, dict[str | None, int]()
        for place, event in enumerate(events):
            named = getattr(event.match, key)
            if named is None:
                silent |= 1 << place
            for value in named or ():
                naming[value] = naming.get(value, 0) | 1 << place
        return _Matching(silent, naming)


class Effects:
    """Period means of what some events do to their targets: lists with one value a period, made once."""

    def __init__(self, events: list[Dated], calendar: Calendar) -> None:
        self.events, self.calendar = events, calendar
        self._made: dict[str, list[float]] = {}

    def factor(self, effect: Factor) -> list[float]:
        """Product of the period means of each event's factor."""
        return self._once(effect, self._factor)

    def added(self, effect: Added) -> list[float]:
        """Sum of the period means."""
        return self._once(effect, self._added)

    def smallest(self, effect: Smallest) -> list[float]:
        """Period mean of the smallest share in force at each instant; 1 where none is."""
        return self._once(effect, self._smallest)

    def acting(self, effect: str, period: Period) -> list[str]:
        """Ids of the events that have an effect in some part of a period."""
        return [key for key, _, first, last in self._with(effect) if period.share(first, last) > 0]

    def _once(self, effect: str, make: Callable[[str], list[float]]) -> list[float]:
        found = self._made.get(effect)
        if found is None:
            found = self._made[effect] = make(effect)
        return found

    def _factor(self, effect: str) -> list[float]:
        product = np.ones(len(self.calendar.periods))
        for _, event, first, last in self._with(effect):
            product *= 1 + (float(getattr(event, effect)) - 1) * self.calendar.days.share(first, last)
        return product.tolist()

    def _added(self, effect: str) -> list[float]:
        total = np.zeros(len(self.calendar.periods))
        for _, event, first, last in self._with(effect):
            total += float(getattr(event, effect)) * self.calendar.days.share(first, last)
        return total.tolist()

    def _smallest(self, effect: str) -> list[float]:
        acting = [(float(getattr(event, effect)), first.toordinal(), last.toordinal()) for _, event, first, last in self._with(effect)]

        def share(days: Integers) -> Floats:
            least = np.ones(len(days))
            for value, first, last in acting:
                inside = (first <= days) & (days < last)
                least[inside] = np.minimum(least[inside], value)
            return least

        return self.calendar.days.means([day for _, *window in acting for day in window], share)

    def _with(self, effect: str) -> list[Dated]:
        return [item for item in self.events if getattr(item.event, effect) is not None]
