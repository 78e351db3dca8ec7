"""Compiles stockpiles, demands, processes, routes and material balances."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat

from planner.compile.events import material_target, process_target
from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.scenario.fields import Stock
from planner.scenario.schema import Demand, Stockpile
from planner.scenario.units import MaterialUnit
from sourcing_lp.data import BalanceData, ConversionData, DemandData, StockData, SupplyData

Pair = tuple[str, str]
Triple = tuple[str, str, str]


def stock_units(setting: Setting, stockpile: Stockpile, stock: Stock) -> float:
    """An amount in a store, days of demand turned into units."""
    return stock.units + stock.years * setting.yearly_demand.get((stockpile.material, stockpile.party), 0.0)


@dataclass
class _Stock:
    """Levels and flows of stockpiles under construction, field by field as in ``StockData``."""

    retention: dict[Pair, float] = field(default_factory=dict)
    draws: list[Pair] = field(default_factory=list)
    capacity: dict[Pair, float] = field(default_factory=dict)
    floor: dict[Pair, float] = field(default_factory=dict)
    max_draw: dict[Pair, float] = field(default_factory=dict)
    max_fill: dict[Pair, float] = field(default_factory=dict)
    holding_cost: dict[Pair, float] = field(default_factory=dict)


def compile_stock(setting: Setting, committed: Committed) -> StockData:
    """Compile all stockpiles."""
    stockpiles = setting.scenario.stockpiles
    build = _Stock()
    in_place: dict[Pair, list[str]] = defaultdict(list)
    initial = {key: stock_units(setting, stockpile, stockpile.initial) for key, stockpile in stockpiles.items()}
    for key, stockpile in stockpiles.items():
        in_place[stockpile.material, stockpile.party].append(key)
        _store(setting, key, stockpile, committed, build)
        _limit_draws(setting, key, stockpile, build)
    return StockData(
        stockpiles=tuple(stockpiles),
        material={key: stockpile.material for key, stockpile in stockpiles.items()},
        party={key: stockpile.party for key, stockpile in stockpiles.items()},
        initial=initial,
        retention=build.retention,
        draws=tuple(build.draws),
        capacity=build.capacity,
        floor=build.floor,
        floor_penalty={key: stockpile.floor_penalty for key, stockpile in stockpiles.items() if stockpile.floor_penalty is not None},
        max_draw=build.max_draw,
        max_fill=build.max_fill,
        holding_cost=build.holding_cost,
        draw_cost={key: stockpile.draw_cost for key, stockpile in stockpiles.items() if stockpile.draw_cost},
        fill_cost={key: stockpile.fill_cost for key, stockpile in stockpiles.items() if stockpile.fill_cost},
        final_min=_final_min(setting, initial),
        final_value={key: stockpile.final.value for key, stockpile in stockpiles.items() if stockpile.final.value},
        in_place={slot: tuple(keys) for slot, keys in in_place.items()},
    )


def _store(setting: Setting, key: str, stockpile: Stockpile, committed: Committed, build: _Stock) -> None:
    """What a stockpile may and must hold in each period, and what that costs."""
    slots = [(key, t) for t in setting.labels]
    build.retention.update(zip(slots, [(1 - stockpile.loss) ** years for years in setting.years], strict=True))
    build.holding_cost.update(zip(slots, setting.means(stockpile.holding_cost), strict=True))
    if stockpile.capacity is not None:
        base = [stock_units(setting, stockpile, stockpile.capacity)] * len(slots)
        build.capacity.update(zip(slots, committed.added_to(key, base), strict=True))
    if stockpile.max_fill is not None:
        build.max_fill.update(zip(slots, [years * stockpile.max_fill for years in setting.years], strict=True))
    if stockpile.floor is not None:
        wanted = zip(setting.means(stockpile.floor.units), setting.means(stockpile.floor.years), strict=True)
        floors = [stock_units(setting, stockpile, Stock(units, years)) for units, years in wanted]
        build.floor |= {slot: floor for slot, floor in zip(slots, floors, strict=True) if floor > 0}


def _limit_draws(setting: Setting, key: str, stockpile: Stockpile, build: _Stock) -> None:
    """When a stockpile is open, and how much may be drawn in each period.

    Without ``max_draw`` only what is shut for the whole period counts: before ``release``, or while events set ``draw`` to 0.
    """
    opened = setting.shares_from(stockpile.release)
    factor = setting.events.on(material_target(stockpile.material, stockpile.party)).factor("draw")
    for t, years, share, left in zip(setting.labels, setting.years, opened, factor, strict=True):
        if stockpile.max_draw is not None:
            limit = build.max_draw[key, t] = years * stockpile.max_draw * share * left
        elif share == 0 or left == 0:
            limit = build.max_draw[key, t] = 0.0
        else:
            limit = math.inf
        if limit != 0:
            build.draws.append((key, t))


def _final_min(setting: Setting, initial: dict[str, float]) -> dict[str, float]:
    found = {}
    for key, stockpile in setting.scenario.stockpiles.items():
        least = stockpile.final.min
        units = stock_units(setting, stockpile, least) if isinstance(least, Stock) else initial[key]
        if units > 0:
            found[key] = units
    return found


@dataclass
class _Demand:
    """Demand under construction, field by field as in ``DemandData``."""

    demand: dict[Pair, float] = field(default_factory=dict)
    served_with: dict[Pair, tuple[str, ...]] = field(default_factory=dict)
    users: dict[Triple, list[str]] = field(default_factory=lambda: defaultdict(list))
    substitute_limit: dict[Triple, float] = field(default_factory=dict)
    shortage_limit: dict[tuple[str, int, str], float] = field(default_factory=dict)
    returns: dict[Triple, list[tuple[str, str, float]]] = field(default_factory=lambda: defaultdict(list))


def compile_demand(setting: Setting) -> DemandData:
    """Compile all demands."""
    demands = setting.scenario.demands
    build = _Demand()
    for key, item in demands.items():
        _want(setting, key, item, build)
    ratios = {(key, m): s.ratio for key, item in demands.items() for m, s in item.substitutes.items()}
    tiers = {key: tuple(enumerate(item.shortage_tiers, 1)) for key, item in demands.items()}
    return DemandData(
        demand=build.demand,
        material={key: item.material for key, item in demands.items()},
        party={key: item.party for key, item in demands.items()},
        serves=tuple((key, m, t) for (key, t), materials in build.served_with.items() for m in materials),
        served_with=build.served_with,
        ratio=ratios | {(key, item.material): 1.0 for key, item in demands.items()},
        users={slot: tuple(keys) for slot, keys in build.users.items()},
        substitute_cost={(key, m): s.cost for key, item in demands.items() for m, s in item.substitutes.items() if s.cost},
        substitute_limit=build.substitute_limit,
        shortages=tuple((key, i, t) for key, t in build.demand for i, _ in tiers[key]),
        shortage_tiers={key: tuple(i for i, _ in numbered) for key, numbered in tiers.items()},
        shortage_cost={(key, i): cost for key, numbered in tiers.items() for i, (_, cost) in numbered},
        shortage_limit=build.shortage_limit,
        min_service={key: item.min_service for key, item in demands.items() if item.min_service},
        returns={slot: tuple(found) for slot, found in build.returns.items()},
    )


def _want(setting: Setting, key: str, item: Demand, build: _Demand) -> None:
    """How much is wanted in each period, what serves it, what may be missing of it and what comes back."""
    factor = setting.events.on(material_target(item.material, item.party)).factor("demand")
    rates = zip(setting.years, setting.means(item.quantity), factor, strict=True)
    wanted = {t: units for t, units in zip(setting.labels, (years * rate * more for years, rate, more in rates), strict=True) if units > 0}
    build.demand.update(zip(zip(repeat(key), wanted), wanted.values(), strict=False))
    _serve(setting, key, item, wanted, build)
    widths = [(i, share) for i, (share, _) in enumerate(item.shortage_tiers, 1) if share is not None]
    build.shortage_limit |= {(key, i, t): share * units for t, units in wanted.items() for i, share in widths}
    if item.returns is not None:
        arrivals = setting.shift(item.returns.after).arrivals
        for t in wanted:
            for arrival, share in arrivals[setting.calendar.position[t]]:
                build.returns[item.returns.material, item.party, arrival].append((key, t, share * item.returns.ratio))


def _serve(setting: Setting, key: str, item: Demand, wanted: dict[str, float], build: _Demand) -> None:
    """What serves a demand, and how far; a substitute that is allowed from a date inside a period serves in proportion."""
    opened = [(m, other.max_share, setting.shares_from(other.from_)) for m, other in item.substitutes.items()]
    for t, units in wanted.items():
        materials = [item.material]
        for m, share, since in opened:
            limit = share * units * since[setting.calendar.position[t]]
            if limit > 0:
                build.substitute_limit[key, m, t] = limit
                materials.append(m)
        build.served_with[key, t] = tuple(materials)
        for m in materials:
            build.users[m, item.party, t].append(key)


def compile_conversion(setting: Setting, committed: Committed) -> ConversionData:
    """Compile all processes and routes."""
    scenario = setting.scenario
    capacity: dict[Pair, float] = {}
    availability: dict[Pair, float] = {}
    cost: dict[Pair, float] = {}
    for key, process in scenario.processes.items():
        slots = [(key, t) for t in setting.labels]
        cost |= {slot: price for slot, price in zip(slots, setting.means(process.cost), strict=True) if price}
        factor = setting.events.on(process_target(key, process)).factor("capacity")
        if process.capacity is not None:
            capacity.update(zip(slots, committed.added_to(key, setting.means(process.capacity)), strict=True))
            availability.update(zip(slots, factor, strict=True))
        else:
            # there is no capacity to scale, but what is shut for a whole period is shut
            shut = dict.fromkeys([slot for slot, left in zip(slots, factor, strict=True) if left == 0], 0.0)
            capacity |= shut
            availability |= shut
    routes = _compile_routes(setting)
    return ConversionData(
        processes=tuple(scenario.processes),
        material={key: setting.counted_in(key) for key in scenario.processes},
        capacity=capacity,
        availability=availability,
        cost=cost,
        emissions={key: process.emissions for key, process in scenario.processes.items() if process.emissions},
        made=_flows((key, process.party, process.outputs) for key, process in scenario.processes.items()),
        used=_flows((key, process.party, process.inputs) for key, process in scenario.processes.items()),
        transfers=tuple((key, m, t) for key, route in scenario.routes.items() for m in route.materials for t in setting.labels),
        departures={slot: tuple(keys) for slot, keys in routes.departures.items()},
        transfer_arrivals={slot: tuple(found) for slot, found in routes.transfer_arrivals.items()},
        route_materials={key: tuple((m, _relative(setting, m, route.materials[0])) for m in route.materials) for key, route in scenario.routes.items()},
        route_capacity=routes.route_capacity,
        route_cost=routes.route_cost,
    )


def _flows(processes: Iterable[tuple[str, str, dict[str, float]]]) -> dict[Pair, tuple[tuple[str, float], ...]]:
    """[m, g] tuples (process, units per unit of activity)."""
    found: dict[Pair, list[tuple[str, float]]] = defaultdict(list)
    for key, party, ratios in processes:
        for material, ratio in ratios.items():
            if ratio:
                found[material, party].append((key, ratio))
    return {slot: tuple(flows) for slot, flows in found.items()}


def _relative(setting: Setting, material: str, first: str) -> float:
    """Units of ``first`` in one unit of ``material``: 1000 where they are counted in kg and t."""
    return unit_factor(setting, material) / unit_factor(setting, first)


def unit_factor(setting: Setting, material: str) -> float:
    """Tonnes (or pieces) in one unit of a material."""
    return MaterialUnit(setting.scenario.materials[material].unit).factor


@dataclass
class _Routes:
    """Routes under construction, field by field as in ``ConversionData``."""

    departures: dict[Pair, list[str]] = field(default_factory=lambda: defaultdict(list))
    transfer_arrivals: dict[Triple, list[tuple[str, str, float]]] = field(default_factory=lambda: defaultdict(list))
    route_capacity: dict[Pair, float] = field(default_factory=dict)
    route_cost: dict[Triple, float] = field(default_factory=dict)


def _compile_routes(setting: Setting) -> _Routes:
    build = _Routes()
    for key, route in setting.scenario.routes.items():
        for material in route.materials:
            build.departures[material, route.from_].append(key)
        arrivals = setting.shift(route.lead_time).arrivals
        costs = {m: setting.means(series) for m, series in route.cost.items()}
        for place, t in enumerate(setting.labels):
            for arrival, share in arrivals[place]:
                for m in route.materials:
                    build.transfer_arrivals[m, route.to, arrival].append((key, t, share * (1 - route.loss)))
            build.route_cost |= {(key, m, t): prices[place] for m, prices in costs.items() if prices[place]}
        if route.capacity is not None:
            build.route_capacity.update(zip([(key, t) for t in setting.labels], setting.means(route.capacity), strict=True))
    return build


def compile_balance(setting: Setting, supply: SupplyData, stock: StockData, demand: DemandData, conversion: ConversionData) -> BalanceData:
    """Find which materials each party handles, and what is on its way to it."""
    scenario = setting.scenario
    in_transit: dict[Triple, float] = {}
    for shipment in scenario.in_transit:
        period = setting.calendar.on(shipment.arrives)
        if period is not None:
            slot = shipment.material, shipment.party, period.label
            in_transit[slot] = in_transit.get(slot, 0.0) + shipment.quantity
    handled = {(m, g) for m, g, _ in (*supply.arrivals, *in_transit, *demand.users, *demand.returns, *conversion.transfer_arrivals)}
    handled |= {*stock.in_place, *conversion.made, *conversion.used, *conversion.departures}
    ordered = [(m, g) for m in scenario.materials for g in scenario.party_ids if (m, g) in handled]
    return BalanceData(
        balances=tuple((m, g, t) for m, g in ordered for t in setting.labels),
        in_transit=in_transit,
        disposal_cost={key: material.disposal_cost for key, material in scenario.materials.items() if material.disposal_cost is not None},
    )
