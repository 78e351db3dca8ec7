"""What can give way where a scenario is infeasible: one lever a key, with the rows of the program that it eases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.reach import Reach
from planner.scenario.schema import Budget, MaxEmissions, MinCover, StockLimit
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR
from planner.solver.lower import LinearProgram
from planner.words import POLICY_KEYS, Path
from sourcing_lp.data import ShareRow, SourcingData

NEGOTIABLE = {"policy": 1.0, "reserve": 0.5, "service": 0.2, "store": 0.1, "surplus": 0.1, "unmet": 0.05, "capacity": 0.01, "terms": 0.005}
"""How readily each kind of rule gives way; ``negotiable`` of a policy, stockpile or demand replaces it."""


@dataclass
class Lever:
    """A key that can give way, and the rows it sets."""

    path: Path
    kind: str
    negotiable: float
    usual: float
    """What a change of it is measured against, in units of the key."""
    unit: str
    sign: float
    """+1 where easing raises the number, -1 where it lowers it."""
    before: float | Series | None
    """The number as it stands; None where the key is absent."""
    adds_up: bool = False
    """Whether its rows ease one by one and the sum counts, instead of one number for all."""
    rows: dict[int, float] = field(default_factory=dict)
    """Units by which each row eases per unit of the key, all rows that the key sets; below 0 where it tightens."""
    periods: dict[int, str] = field(default_factory=dict)

    @property
    def dotted(self) -> str:
        """The path as planners write it."""
        return ".".join(map(str, self.path))

    @property
    def price(self) -> float:
        """What one unit of the key costs in the negotiation."""
        return 1.0 / (self.negotiable * self.usual)


class Levers:
    """All levers of one scenario.

    Args:
        setting: The scenario on its grid.
        data: What it compiles to.
        program: What that lowers to.
    """

    def __init__(self, setting: Setting, data: SourcingData, program: LinearProgram) -> None:
        self.setting, self.data, self.program = setting, data, program
        self.scenario, self.reach = setting.scenario, Reach(setting, data)
        self.share_rows: dict[int, ShareRow] = {}
        """Rows of shares, which are no linear keys."""
        self.all = self._levers()

    def _levers(self) -> list[Lever]:
        found: dict[Path, Lever] = {}
        policies, shares = {row.key: row for row in self.data.policy.rows}, {row.key: row for row in self.data.policy.max_share}
        for row, (name, index) in enumerate(self.program.rows):
            parts = index if isinstance(index, tuple) else (index,)
            if name in POLICY_KEYS:
                made = self._policy(policies[parts], name)
            else:
                maker = _MAKERS.get(name)
                made = maker(self, parts) if maker is not None else None
            if made is None or made.negotiable <= 0:
                continue
            # a share of what ships is no linear key; a duty grows where the right does
            step = self._shipped_about(shares[parts]) if name == "max_share" else self.reach.of(name, parts) * (-1 if name == "take_or_pay" else 1)
            if step == 0:
                continue
            if name == "max_share":
                self.share_rows[row] = shares[parts]
            lever = found.setdefault(made.path, made)
            lever.rows[row] = step
            lever.periods[row] = str(parts[-1]) if isinstance(index, tuple) else ""
        return [lever for lever in found.values() if any(step > 0 for step in lever.rows.values())]

    def _policy(self, row: Any, name: str) -> Lever | None:
        policy = self.scenario.policies[row.policy]
        if row.penalty is not None:
            return None
        path: Path = ("policies", row.policy, POLICY_KEYS[name])
        ready = NEGOTIABLE["policy"] if policy.negotiable is None else policy.negotiable
        sign = -1.0 if name in ("min_cover", "service_level") else 1.0
        if isinstance(policy, Budget):
            usual, unit, before = max(policy.limit, self._bill), self.scenario.money.currency, policy.limit
        elif isinstance(policy, MaxEmissions):
            usual, unit, before = max(policy.limit, self._emissions), "t CO2e", policy.limit
        elif isinstance(policy, StockLimit):
            material = self.scenario.stockpiles[policy.stockpiles[0]].material
            usual, unit, before = max(policy.limit, self._volume(material)), self._unit(material), policy.limit
        elif isinstance(policy, MinCover):
            usual, unit, before = DAYS_PER_YEAR, "days", policy.days
        else:
            usual, unit, before = 1.0, "share", policy.share
        return Lever(path, "policy", ready, usual, unit, sign, before)

    def _floor(self, parts: tuple[Any, ...]) -> Lever | None:
        pile = self.scenario.stockpiles[parts[0]]
        if pile.floor is None or pile.floor_penalty is not None:
            return None
        return self._of_store(parts[0], ("floor",), "reserve", -1.0, self.reach.floors(parts[0]))

    def _final(self, parts: tuple[Any, ...]) -> Lever:
        return self._of_store(parts[0], ("final", "min"), "reserve", -1.0, self.data.stock.final_min[parts[0]])

    def _store(self, parts: tuple[Any, ...]) -> Lever:
        pile = self.scenario.stockpiles[parts[0]]
        assert pile.capacity is not None
        return self._of_store(parts[0], ("capacity",), "store", 1.0, stock_units(self.setting, pile, pile.capacity))

    def _fill(self, parts: tuple[Any, ...]) -> Lever:
        return self._of_store(parts[0], ("max_fill",), "store", 1.0, self.scenario.stockpiles[parts[0]].max_fill, "/yr")

    def _draw(self, parts: tuple[Any, ...]) -> Lever:
        return self._of_store(parts[0], ("max_draw",), "store", 1.0, self.scenario.stockpiles[parts[0]].max_draw, "/yr")

    def _of_store(self, key: str, tail: Path, kind: str, sign: float, before: float | Series | None, per: str = "") -> Lever:
        pile = self.scenario.stockpiles[key]
        ready = NEGOTIABLE[kind] if pile.negotiable is None else pile.negotiable
        return Lever(("stockpiles", key, *tail), kind, ready, self._volume(pile.material), self._unit(pile.material) + per, sign, before)

    def _served(self, parts: tuple[Any, ...]) -> Lever:
        demand = self.scenario.demands[parts[0]]
        ready = NEGOTIABLE["service"] if demand.negotiable is None else demand.negotiable
        return Lever(("demands", parts[0], "min_service"), "service", ready, 1.0, "share", -1.0, demand.min_service)

    def _unmet(self, parts: tuple[Any, ...]) -> Lever:
        demand = self.scenario.demands[parts[0]]
        ready = NEGOTIABLE["unmet"] if demand.negotiable is None else demand.negotiable
        return Lever(("demands", parts[0], "shortage"), "unmet", ready, self._volume(demand.material), self._unit(demand.material), 1.0, None, adds_up=True)

    def _surplus(self, parts: tuple[Any, ...]) -> Lever | None:
        material = parts[0]
        if self.scenario.materials[material].disposal_cost is not None:
            return None
        path = ("materials", material, "disposal_cost")
        return Lever(path, "surplus", NEGOTIABLE["surplus"], self._volume(material), self._unit(material), 1.0, None, adds_up=True)

    def _supplier(self, parts: tuple[Any, ...]) -> Lever:
        supplier = self.scenario.suppliers[parts[0]]
        return self._capacity(("suppliers", parts[0], "capacity"), supplier.material, supplier.capacity)

    def _tier(self, parts: tuple[Any, ...]) -> Lever:
        s, j, _ = parts
        quantity = self.scenario.suppliers[s].tiers[j - 1].quantity
        return self._capacity(("suppliers", s, "price", "tiers", j - 1, "quantity"), self.scenario.suppliers[s].material, quantity)

    def _process(self, parts: tuple[Any, ...]) -> Lever | None:
        process = self.scenario.processes[parts[0]]
        if process.capacity is None:
            return None
        return self._capacity(("processes", parts[0], "capacity"), self.data.conversion.material[parts[0]], process.capacity)

    def _route(self, parts: tuple[Any, ...]) -> Lever:
        route = self.scenario.routes[parts[0]]
        return self._capacity(("routes", parts[0], "capacity"), route.materials[0], route.capacity)

    def _project(self, parts: tuple[Any, ...]) -> Lever | None:
        most = self.data.ramp.size_max.get(parts[0])
        return None if most is None else self._capacity(("projects", parts[0], "size", "max"), self.data.ramp.material[parts[0]], most)

    def _contract(self, parts: tuple[Any, ...]) -> Lever | None:
        contract = self.scenario.contracts[parts[0]]
        if contract.sign is not None:
            # an eased row would deliver what nobody signed
            return None
        return self._capacity(("contracts", parts[0], "quantity"), self.scenario.suppliers[contract.supplier].material, contract.quantity, "terms")

    def _substitute(self, parts: tuple[Any, ...]) -> Lever:
        n, m, _ = parts
        share = self.scenario.demands[n].substitutes[m].max_share
        path: Path = ("demands", n, "substitutes", m, "max_share")
        return Lever(path, "terms", NEGOTIABLE["terms"], 1.0, "share", 1.0, share)

    def _capacity(self, path: Path, material: str, before: float | Series | None, kind: str = "capacity") -> Lever:
        own = max(before.values) if isinstance(before, Series) else before
        return Lever(path, kind, NEGOTIABLE[kind], own or self._volume(material), f"{self._unit(material)}/yr", 1.0, before)

    def _unit(self, material: str) -> str:
        return self.scenario.materials[material].unit if material in self.scenario.materials else "unit"

    @cached_property
    def _volumes(self) -> dict[str, float]:
        """Yearly demand for each material, else what can be shipped, else what is in store."""
        found: dict[str, float] = {}
        for (material, _), rate in self.setting.yearly_demand.items():
            found[material] = found.get(material, 0.0) + rate
        for supplier in self.scenario.suppliers.values():
            if not found.get(supplier.material):
                found[supplier.material] = max(supplier.capacity.values)
        for key, pile in self.scenario.stockpiles.items():
            if not found.get(pile.material):
                found[pile.material] = self.data.stock.initial[key]
        return found

    def _volume(self, material: str) -> float:
        return self._volumes.get(material) or float(np.median([rate for rate in self._volumes.values() if rate] or [1.0]))

    @cached_property
    def _bill(self) -> float:
        """What a year's demand costs at the dearest prices."""
        prices: dict[str, float] = {}
        for supplier in self.scenario.suppliers.values():
            prices[supplier.material] = max(prices.get(supplier.material, 0.0), *supplier.tiers[-1].price.values)
        return sum(price * self._volume(material) for material, price in prices.items()) or 1.0

    @cached_property
    def _emissions(self) -> float:
        return sum(supplier.emissions * self._volume(supplier.material) for supplier in self.scenario.suppliers.values()) or 1.0

    def _shipped_about(self, row: ShareRow) -> float:
        """What ships in the window of a share, about: what is wanted then."""
        wanted = self.data.demand
        total = sum(
            wanted.demand.get((n, t), 0.0) for n, m in wanted.material.items() if (m, wanted.party[n]) == (row.material, row.party) for t in row.window.periods
        )
        years = sum(self.data.time.years[t] for t in row.window.periods)
        return total or years * self._volume(row.material)


_MAKERS: dict[str, Callable[[Levers, tuple[Any, ...]], Lever | None]] = {
    "stock_floor": Levers._floor,
    "final_stock": Levers._final,
    "stock_capacity": Levers._store,
    "fill_rate": Levers._fill,
    "draw_rate": Levers._draw,
    "min_service": Levers._served,
    "demand_balance": Levers._unmet,
    "material_balance": Levers._surplus,
    "supplier_capacity": Levers._supplier,
    "spot_gate": Levers._supplier,
    "tier_limit": Levers._tier,
    "process_capacity": Levers._process,
    "route_capacity": Levers._route,
    "project_size": Levers._project,
    "commitment_gate": Levers._project,
    "contract_volume": Levers._contract,
    "take_or_pay": Levers._contract,
    "substitute_limit": Levers._substitute,
}
"""What makes a constraint's rows give way; constraints that are absent never do."""
