"""What all compiling functions share: the scenario, its calendar, its events, and a few derived facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from planner.compile.events import Events
from planner.scenario.dates import Calendar, Period
from planner.scenario.schema import Contract, Scenario, Supplier
from planner.scenario.series import Series


@dataclass(frozen=True)
class Setting:
    """One scenario on its grid."""

    scenario: Scenario
    calendar: Calendar

    @cached_property
    def events(self) -> Events:
        """Event effects by period."""
        return Events(self.scenario, self.calendar)

    @property
    def periods(self) -> tuple[Period, ...]:
        """Periods in order."""
        return self.calendar.periods

    def mean(self, series: Series, period: Period) -> float:
        """Mean of a series over a period."""
        return series.mean(period, self.calendar.start)

    def discount(self, years: float) -> float:
        """Discount factor of a time after the horizon's start."""
        return float((1 + self.scenario.money.discount_rate) ** -years)

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
    def contracts_with(self) -> dict[str, list[tuple[str, Contract]]]:
        """[s] contracts."""
        found: dict[str, list[tuple[str, Contract]]] = {}
        for key, contract in self.scenario.contracts.items():
            found.setdefault(contract.supplier, []).append((key, contract))
        return found

    def counted_in(self, key: str) -> str:
        """Material in whose units a supplier, process or stockpile counts its capacity; empty for a process without materials."""
        return self.scenario.counted_in(key)
