"""How far the sides of the model's rows move with the keys of the scenario that set them.

What may give way (:mod:`planner.negotiate`) and what one more unit is worth (:mod:`planner.explain`) ask the same: by how much a
row's side moves for one unit of its key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from planner.compile.setting import Setting
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR
from sourcing_lp.data import SourcingData

Parts = tuple[Any, ...]


class Reach:
    """Units of a row's side per unit of its key.

    Args:
        setting: The scenario on its grid.
        data: What it compiles to.
    """

    def __init__(self, setting: Setting, data: SourcingData) -> None:
        self.setting, self.data = setting, data

    def of(self, constraint: str, parts: Parts) -> float:
        """By how many units the side of a row moves for one unit of the key behind it, 1 where the key is the side itself.

        Shares count as a whole: one unit of a share is all of it. A row may move with a key that is not its own: the spot gate
        with the capacity behind it, the commitment gate with the project's size, the duty with the contract's quantity.
        """
        rule = _RULES.get(constraint)
        return 1.0 if rule is None else rule(self, parts)

    def floors(self, stockpile: str) -> Series:
        """The floor of a stockpile in units, period by period."""
        return Series(tuple((period.start, self.data.stock.floor.get((stockpile, period.label), 0.0)) for period in self.setting.periods))

    @cached_property
    def _windows(self) -> dict[Parts, tuple[str, ...]]:
        return {row.key: row.window.periods for row in self.data.policy.rows}

    def _supplier(self, parts: Parts) -> float:
        s, t = parts[0], parts[-1]
        return self.data.time.years[t] * self.data.supply.availability[s, t]

    def _spot(self, parts: Parts) -> float:
        return self.data.supply.spot[parts] * self._supplier(parts)

    def _process(self, parts: Parts) -> float:
        return self.data.time.years[parts[1]] * self.data.conversion.availability[parts]

    def _length(self, parts: Parts) -> float:
        return self.data.time.years[parts[-1]]

    def _commitment(self, parts: Parts) -> float:
        return self.data.ramp.gate[parts]

    def _contract(self, parts: Parts) -> float:
        return self.data.contracts.volume[parts] / self._quantity(parts)

    def _duty(self, parts: Parts) -> float:
        return self.data.contracts.minimum[parts] / self._quantity(parts)

    def _quantity(self, parts: Parts) -> float:
        """Contracted rate of the period; rows stand only where it is above 0."""
        return self.setting.mean(self.setting.scenario.contracts[parts[0]].quantity, self.setting.calendar.named(parts[1]))

    def _draw(self, parts: Parts) -> float:
        rate = self.setting.scenario.stockpiles[parts[0]].max_draw
        return self.data.stock.max_draw[parts] / rate if rate else 0.0

    def _substitute(self, parts: Parts) -> float:
        n, m, _ = parts
        return self.data.demand.substitute_limit[parts] / self.setting.scenario.demands[n].substitutes[m].max_share

    def _served(self, parts: Parts) -> float:
        return self.data.demand.demand[parts]

    def _service(self, parts: Parts) -> float:
        return sum(self.data.demand.demand.get((parts[1], t), 0.0) for t in self._windows[parts])

    def _cover(self, parts: Parts) -> float:
        material, party = parts[1].split(".", 1)
        return self.setting.yearly_demand.get((material, party), 0.0) / DAYS_PER_YEAR


_RULES: dict[str, Callable[[Reach, Parts], float]] = {
    "supplier_capacity": Reach._supplier,
    "spot_gate": Reach._spot,
    "tier_limit": Reach._length,
    "process_capacity": Reach._process,
    "route_capacity": Reach._length,
    "commitment_gate": Reach._commitment,
    "contract_volume": Reach._contract,
    "take_or_pay": Reach._duty,
    "fill_rate": Reach._length,
    "draw_rate": Reach._draw,
    "substitute_limit": Reach._substitute,
    "min_service": Reach._served,
    "service_level": Reach._service,
    "min_cover": Reach._cover,
}
"""Rows whose side is the key times something; all others have the key itself for a side."""
