"""What all compiling functions share: the scenario, its calendar, its events, and a few derived facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np

from planner.compile.events import Effects, Events
from planner.compile.ramps import Ramp
from planner.scenario.dates import Calendar, Floats, Integers, Period
from planner.scenario.schema import Contract, Scenario, Supplier, Window
from planner.scenario.series import Series

Made = TypeVar("Made")
Memory = dict[tuple[str, str], tuple[tuple[Any, ...], Any]]
"""What was made for an entity of a scenario that differs little, and of which facts."""


class Shift(NamedTuple):
    """When arrives what leaves in each period."""

    arrivals: list[list[tuple[str, float]]]
    """[period of departure] (period of arrival, share of what leaves)."""
    landed: list[float]
    """[period of departure] share that arrives inside the horizon."""


class Ages(NamedTuple):
    """Each period as seen from the start of each one: a few ages that the grid repeats."""

    begin: Floats
    """Distinct ages at which periods begin [years]; what lies before counts as one that is over at 0."""
    lengths: Floats
    """Distinct lengths of periods [years]."""
    age: Integers
    """[decision period, period] number of the age."""
    length: Integers
    """[period] number of the length."""


@dataclass(frozen=True)
class Setting:
    """One scenario on its grid. Lists have one value a period."""

    scenario: Scenario
    calendar: Calendar
    memory: Memory | None = None

    def once(self, slot: tuple[str, str], facts: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """What is made of some facts, made again only where they are other ones than at the last time.

        Args:
            slot: Kind and id of what it belongs to.
            facts: All that it depends on beside the calendar.
            make: Makes it; nobody may change it afterwards.
        """
        if self.memory is None:
            return make()
        facts = self.calendar, *facts
        known = self.memory.get(slot)
        if known is None or known[0] != facts:
            known = self.memory[slot] = facts, make()
        return cast("Made", known[1])

    @cached_property
    def events(self) -> Events:
        """Event effects by period."""
        return Events(self.scenario, self.calendar)

    @property
    def periods(self) -> tuple[Period, ...]:
        """Periods in order."""
        return self.calendar.periods

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of the periods."""
        return self.calendar.labels

    @cached_property
    def years(self) -> list[float]:
        """Nominal length of each period."""
        years: list[float] = self.calendar.lengths.tolist()
        return years

    @cached_property
    def ages(self) -> Ages:
        """Ages of the periods, rounded: equal ones must be the same number, or equal rows would differ by their rounding."""
        begins = self.calendar.begins
        lengths, length = np.unique(self.calendar.lengths, return_inverse=True)
        begin, age = np.unique(np.round(np.maximum(begins - begins[:, None], -lengths[-1]), 12), return_inverse=True)
        return Ages(begin, lengths, age.reshape(len(begins), -1), length)

    @cached_property
    def by_age(self) -> dict[Ramp, Floats]:
        """[age, length] means of ramps over periods, by the numbers of ``ages``."""
        return {}

    def means(self, series: Series) -> list[float]:
        """Mean of a series over each period; computed once for each series."""
        found = self._means.get(id(series))
        if found is None:
            found = self._means[id(series)] = series, series.means(self.calendar)
        return found[1]

    @cached_property
    def _means(self) -> dict[int, tuple[Series, list[float]]]:
        # a series is kept with its means, so that no other one can get its identity
        return {}

    def mean(self, series: Series, period: Period) -> float:
        """Mean of a series over a period, which need not be one of the grid."""
        place = self.calendar.position.get(period.label)
        if place is not None and self.periods[place] is period:
            return self.means(series)[place]
        return series.mean(period, self.calendar.start)

    def rate_once_signed(self, contract: Contract, signed: dt.date) -> float:
        """Quantity a year of a contract on the first day on which one that was signed then is in force [units/yr]."""
        first = max(signed, contract.start or signed)
        return self.mean(contract.quantity, Period("", first, first + dt.timedelta(days=1), 0.0, 0.0))

    def open_in(self, window: Window) -> list[int]:
        """Places of the periods at whose start a decision may be taken."""
        return [place for place, period in enumerate(self.periods) if window.holds(period.start)]

    def shares_from(self, first: dt.date | None) -> list[float]:
        """Share of each period, by actual days, that lies after a date; all of it without one."""
        shares: list[float] = self.calendar.days.share(first or self.calendar.start, self.calendar.end).tolist()
        return shares

    def shift(self, delay: float, effects: Effects | None = None) -> Shift:
        """What leaves in each period arrives as that period shifted by a delay in years, and by the lead time that events add to it.

        What would arrive after the horizon is left out.
        """
        key = delay, effects
        found = self._shifts.get(key)
        if found is None:
            first = self.calendar.begins + (delay if effects is None else delay + np.array(effects.added("lead_time")))
            arrivals = self.calendar.overlaps(first, first + self.calendar.lengths)
            found = self._shifts[key] = Shift(arrivals, [min(sum((share for _, share in parts), 0.0), 1.0) for parts in arrivals])
        return found

    @cached_property
    def _shifts(self) -> dict[tuple[float, Effects | None], Shift]:
        return {}

    def discount(self, years: float) -> float:
        """Discount factor of a time after the horizon's start."""
        return float(self._yearly_growth**-years)

    @cached_property
    def _yearly_growth(self) -> float:
        return 1 + self.scenario.money.discount_rate

    @cached_property
    def yearly_demand(self) -> dict[tuple[str, str], float]:
        """[m, g] yearly demand for the material by the party in the first period, before events."""
        found: dict[tuple[str, str], float] = {}
        for demand in self.scenario.demands.values():
            key = demand.material, demand.party
            found[key] = found.get(key, 0.0) + self.mean(demand.quantity, self.periods[0])
        return found

    @cached_property
    def outlets(self) -> set[tuple[str, str]]:
        """(m, g) where a material can go somewhere."""
        scenario = self.scenario
        found = {(stockpile.material, stockpile.party) for stockpile in scenario.stockpiles.values()}
        for demand in scenario.demands.values():
            found |= {(material, demand.party) for material in (demand.material, *demand.substitutes)}
        for process in scenario.processes.values():
            found |= {(material, process.party) for material in process.inputs}
        for route in scenario.routes.values():
            found |= {(material, route.from_) for material in route.materials}
        disposable = [key for key, material in scenario.materials.items() if material.disposal_cost is not None]
        return found | {(material, party) for material in disposable for party in scenario.party_ids}

    def buyers(self, supplier: Supplier) -> tuple[str, ...]:
        """Parties that may buy from a supplier outside contracts and could use what they buy."""
        parties = supplier.sells_to or self.scenario.party_ids
        return tuple(party for party in parties if (supplier.material, party) in self.outlets)

    @cached_property
    def suppliers_of(self) -> dict[str, list[tuple[str, Supplier]]]:
        """[m] suppliers."""
        found: dict[str, list[tuple[str, Supplier]]] = {}
        for key, supplier in self.scenario.suppliers.items():
            found.setdefault(supplier.material, []).append((key, supplier))
        return found

    @cached_property
    def contracts_with(self) -> dict[str, list[tuple[str, Contract]]]:
        """[s] contracts."""
        found: dict[str, list[tuple[str, Contract]]] = {}
        for key, contract in self.scenario.contracts.items():
            found.setdefault(contract.supplier, []).append((key, contract))
        return found

    def counted_in(self, key: str) -> str:
        """Material in whose units a supplier, process or stockpile counts its capacity; empty for a process without materials."""
        return self.scenario.counted_in(key)
