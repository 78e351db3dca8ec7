"""Compiles stockpiles, demands, processes, routes and material balances."""

from __future__ import annotations

from collections import defaultdict

from planner.compile.events import material_target, process_target
from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.scenario.dates import Period
from planner.scenario.fields import Stock
from planner.scenario.schema import Demand, Stockpile
from planner.scenario.units import MaterialUnit
from sourcing_lp.data import BalanceData, ConversionData, DemandData, StockData, SupplyData

Pair = tuple[str, str]
Triple = tuple[str, str, str]


def stock_units(setting: Setting, stockpile: Stockpile, stock: Stock) -> float:
    """An amount in a store, days of demand turned into units."""
    return stock.units + stock.years * setting.yearly_demand.get((stockpile.material, stockpile.party), 0.0)


def compile_stock(setting: Setting, committed: Committed) -> StockData:
    """Compile all stockpiles."""
    stockpiles = setting.scenario.stockpiles
    draws: list[Pair] = []
    slots: dict[str, dict[Pair, float]] = {name: {} for name in ("retention", "capacity", "floor", "max_draw", "max_fill", "holding")}
    in_place: dict[Pair, list[str]] = defaultdict(list)
    initial = {key: stock_units(setting, stockpile, stockpile.initial) for key, stockpile in stockpiles.items()}
    for key, stockpile in stockpiles.items():
        in_place[stockpile.material, stockpile.party].append(key)
        for period in setting.periods:
            slot = key, period.label
            slots["retention"][slot] = (1 - stockpile.loss) ** period.years
            limit = _draw_limit(setting, stockpile, period)
            if limit != 0:
                draws.append(slot)
            if limit is not None:
                slots["max_draw"][slot] = limit
            if stockpile.capacity is not None:
                slots["capacity"][slot] = stock_units(setting, stockpile, stockpile.capacity) + committed.capacity.get(slot, 0.0)
            if stockpile.max_fill is not None:
                slots["max_fill"][slot] = period.years * stockpile.max_fill
            slots["holding"][slot] = setting.mean(stockpile.holding_cost, period)
            if stockpile.floor is not None:
                wanted = Stock(setting.mean(stockpile.floor.units, period), setting.mean(stockpile.floor.years, period))
                floor = stock_units(setting, stockpile, wanted)
                if floor > 0:
                    slots["floor"][slot] = floor
    return StockData(
        stockpiles=tuple(stockpiles),
        material={key: stockpile.material for key, stockpile in stockpiles.items()},
        party={key: stockpile.party for key, stockpile in stockpiles.items()},
        initial=initial,
        retention=slots["retention"],
        draws=tuple(draws),
        capacity=slots["capacity"],
        floor=slots["floor"],
        floor_penalty={key: stockpile.floor_penalty for key, stockpile in stockpiles.items() if stockpile.floor_penalty is not None},
        max_draw=slots["max_draw"],
        max_fill=slots["max_fill"],
        holding_cost=slots["holding"],
        draw_cost={key: stockpile.draw_cost for key, stockpile in stockpiles.items() if stockpile.draw_cost},
        fill_cost={key: stockpile.fill_cost for key, stockpile in stockpiles.items() if stockpile.fill_cost},
        final_min=_final_min(setting, initial),
        final_value={key: stockpile.final.value for key, stockpile in stockpiles.items() if stockpile.final.value},
        in_place={slot: tuple(keys) for slot, keys in in_place.items()},
    )


def _draw_limit(setting: Setting, stockpile: Stockpile, period: Period) -> float | None:
    """Units that may be drawn in a period; None without a limit.

    Without ``max_draw`` only what is shut for the whole period counts: before ``release``, or while events set ``draw`` to 0.
    """
    opened = period.share(stockpile.release, setting.calendar.end) if stockpile.release else 1.0
    factor = setting.events.on(material_target(stockpile.material, stockpile.party)).factor("draw", period)
    if stockpile.max_draw is None:
        return 0.0 if opened == 0 or factor == 0 else None
    return period.years * stockpile.max_draw * opened * factor


def _final_min(setting: Setting, initial: dict[str, float]) -> dict[str, float]:
    found = {}
    for key, stockpile in setting.scenario.stockpiles.items():
        least = stockpile.final.min
        units = stock_units(setting, stockpile, least) if isinstance(least, Stock) else initial[key]
        if units > 0:
            found[key] = units
    return found


def compile_demand(setting: Setting) -> DemandData:
    """Compile all demands."""
    scenario = setting.scenario
    demand: dict[Pair, float] = {}
    served_with: dict[Pair, tuple[str, ...]] = {}
    users: dict[Triple, list[str]] = defaultdict(list)
    substitute_limit: dict[Triple, float] = {}
    shortage_limit: dict[tuple[str, int, str], float] = {}
    returns: dict[Triple, list[tuple[str, str, float]]] = defaultdict(list)
    for key, item in scenario.demands.items():
        effects = setting.events.on(material_target(item.material, item.party))
        for period in setting.periods:
            t = period.label
            factor = effects.factor("demand", period)
            units = period.years * setting.mean(item.quantity, period) * factor
            if units <= 0:
                continue
            demand[key, t] = units
            limits = _substitute_limits(setting, item, period, units)
            served_with[key, t] = (item.material, *(m for m in item.substitutes if limits[m] > 0))
            substitute_limit |= {(key, m, t): limit for m, limit in limits.items() if limit > 0}
            for material in served_with[key, t]:
                users[material, item.party, t].append(key)
            for i, (share, _) in enumerate(item.shortage_tiers, 1):
                if share is not None:
                    shortage_limit[key, i, t] = share * units
            if item.returns is not None:
                first = period.begin + item.returns.after
                for back, share in setting.calendar.overlaps(first, first + period.years):
                    returns[item.returns.material, item.party, back.label].append((key, t, share * item.returns.ratio))
    demands = scenario.demands
    ratios = {(key, m): s.ratio for key, item in demands.items() for m, s in item.substitutes.items()}
    return DemandData(
        demand=demand,
        material={key: item.material for key, item in demands.items()},
        party={key: item.party for key, item in demands.items()},
        serves=tuple((key, m, t) for (key, t), materials in served_with.items() for m in materials),
        served_with=served_with,
        ratio=ratios | {(key, item.material): 1.0 for key, item in demands.items()},
        users={slot: tuple(keys) for slot, keys in users.items()},
        substitute_cost={(key, m): s.cost for key, item in demands.items() for m, s in item.substitutes.items() if s.cost},
        substitute_limit=substitute_limit,
        shortages=tuple((key, i, t) for key, t in demand for i in range(1, len(demands[key].shortage_tiers) + 1)),
        shortage_tiers={key: tuple(range(1, len(item.shortage_tiers) + 1)) for key, item in demands.items()},
        shortage_cost={(key, i): cost for key, item in demands.items() for i, (_, cost) in enumerate(item.shortage_tiers, 1)},
        shortage_limit=shortage_limit,
        min_service={key: item.min_service for key, item in demands.items() if item.min_service},
        returns={slot: tuple(found) for slot, found in returns.items()},
    )


def _substitute_limits(setting: Setting, demand: Demand, period: Period, units: float) -> dict[str, float]:
    """Units of demand that each substitute may serve; a start inside the period acts in proportion."""
    end = setting.calendar.end
    return {
        material: substitute.max_share * units * (period.share(substitute.from_, end) if substitute.from_ else 1.0)
        for material, substitute in demand.substitutes.items()
    }


def compile_conversion(setting: Setting, committed: Committed) -> ConversionData:
    """Compile all processes and routes."""
    scenario = setting.scenario
    capacity: dict[Pair, float] = {}
    availability: dict[Pair, float] = {}
    cost: dict[Pair, float] = {}
    made: dict[Pair, list[tuple[str, float]]] = defaultdict(list)
    used: dict[Pair, list[tuple[str, float]]] = defaultdict(list)
    for key, process in scenario.processes.items():
        for flows, ratios in ((made, process.outputs), (used, process.inputs)):
            for material, ratio in ratios.items():
                if ratio:
                    flows[material, process.party].append((key, ratio))
        effects = setting.events.on(process_target(key, process))
        for period in setting.periods:
            slot = key, period.label
            price = setting.mean(process.cost, period)
            if price:
                cost[slot] = price
            factor = effects.factor("capacity", period)
            if process.capacity is not None:
                capacity[slot] = setting.mean(process.capacity, period) + committed.capacity.get(slot, 0.0)
                availability[slot] = factor
            elif factor == 0:
                # there is no capacity to scale, but what is shut for a whole period is shut
                capacity[slot] = availability[slot] = 0.0
    routes = _routes(setting)
    return ConversionData(
        processes=tuple(scenario.processes),
        material={key: setting.counted_in(key) for key in scenario.processes},
        capacity=capacity,
        availability=availability,
        cost=cost,
        emissions={key: process.emissions for key, process in scenario.processes.items() if process.emissions},
        made={slot: tuple(found) for slot, found in made.items()},
        used={slot: tuple(found) for slot, found in used.items()},
        transfers=tuple((key, m, period.label) for key, route in scenario.routes.items() for m in route.materials for period in setting.periods),
        departures=routes[0],
        transfer_arrivals=routes[1],
        route_materials={key: tuple((m, _relative(setting, m, route.materials[0])) for m in route.materials) for key, route in scenario.routes.items()},
        route_capacity=routes[2],
        route_cost=routes[3],
    )


def _relative(setting: Setting, material: str, first: str) -> float:
    """Units of ``first`` in one unit of ``material``: 1000 where they are counted in kg and t."""
    return unit_factor(setting, material) / unit_factor(setting, first)


def unit_factor(setting: Setting, material: str) -> float:
    """Tonnes (or pieces) in one unit of a material."""
    return MaterialUnit(setting.scenario.materials[material].unit).factor


def _routes(setting: Setting) -> tuple[dict[Pair, tuple[str, ...]], dict[Triple, tuple[tuple[str, str, float], ...]], dict[Pair, float], dict[Triple, float]]:
    departures: dict[Pair, list[str]] = defaultdict(list)
    arrivals: dict[Triple, list[tuple[str, str, float]]] = defaultdict(list)
    capacity: dict[Pair, float] = {}
    cost: dict[Triple, float] = {}
    for key, route in setting.scenario.routes.items():
        for material in route.materials:
            departures[material, route.from_].append(key)
        for period in setting.periods:
            first = period.begin + route.lead_time
            for arrival, share in setting.calendar.overlaps(first, first + period.years):
                for material in route.materials:
                    arrivals[material, route.to, arrival.label].append((key, period.label, share * (1 - route.loss)))
            if route.capacity is not None:
                capacity[key, period.label] = setting.mean(route.capacity, period)
            for material, series in route.cost.items():
                price = setting.mean(series, period)
                if price:
                    cost[key, material, period.label] = price
    return (
        {slot: tuple(keys) for slot, keys in departures.items()},
        {slot: tuple(found) for slot, found in arrivals.items()},
        capacity,
        cost,
    )


def compile_balance(setting: Setting, supply: SupplyData, stock: StockData, demand: DemandData, conversion: ConversionData) -> BalanceData:
    """Find which materials each party handles, and what is on its way to it."""
    scenario = setting.scenario
    in_transit: dict[Triple, float] = {}
    for shipment in scenario.in_transit:
        for period in setting.periods:
            if period.start <= shipment.arrives < period.end:
                slot = shipment.material, shipment.party, period.label
                in_transit[slot] = in_transit.get(slot, 0.0) + shipment.quantity
    handled = {(m, g) for m, g, _ in (*supply.arrivals, *in_transit, *demand.users, *demand.returns, *conversion.transfer_arrivals)}
    handled |= {*stock.in_place, *conversion.made, *conversion.used, *conversion.departures}
    ordered = [(m, g) for m in scenario.materials for g in scenario.party_ids if (m, g) in handled]
    return BalanceData(
        balances=tuple((m, g, period.label) for m, g in ordered for period in setting.periods),
        in_transit=in_transit,
        disposal_cost={key: material.disposal_cost for key, material in scenario.materials.items() if material.disposal_cost is not None},
    )
