"""Compiles suppliers and contracts: prices, capacity, gates, arrivals, volumes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from planner.compile.events import supplier_target
from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.scenario.dates import Period
from planner.scenario.schema import Contract, Supplier
from sourcing_lp.data import ContractData, RampData, SupplyData


def compile_contracts(setting: Setting) -> ContractData:
    """Compile all contracts."""
    volume: dict[tuple[str, str], float] = {}
    minimum: dict[tuple[str, str], float] = {}
    price: dict[tuple[str, str], float] = {}
    breach_price: dict[tuple[str, str], float] = {}
    sign_gate: dict[tuple[str, str], float] = {}
    lifts_of: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    windows: dict[str, tuple[str, ...]] = {}
    for key, contract in setting.scenario.contracts.items():
        supplier = setting.scenario.suppliers[contract.supplier]
        target = supplier_target(contract.supplier, supplier, contract.party)
        if contract.sign is not None:
            windows[key] = tuple(period.label for period in setting.periods if contract.sign.holds(period.start))
        for period in setting.periods:
            slot = key, period.label
            if period.label in windows.get(key, ()):
                gate = _sign_gate(setting, contract, supplier, period)
                if gate < 1:
                    sign_gate[slot] = gate
            share = period.share(contract.start or setting.calendar.start, contract.end or setting.calendar.end)
            honoured = setting.events.smallest("contracts", target, period) if share else 0.0
            units = period.years * setting.mean(contract.quantity, period) * share * honoured
            if units > 0:
                volume[slot] = units
                lifts_of[contract.supplier, contract.party, period.label].append(key)
                price[slot] = setting.mean(contract.price, period)
                if contract.take_or_pay:
                    minimum[slot] = contract.take_or_pay * units
                    breach_price[slot] = setting.mean(contract.breach_price or contract.price, period)
    contracts = setting.scenario.contracts
    return ContractData(
        lifts=tuple(volume),
        lifts_of={slot: tuple(keys) for slot, keys in lifts_of.items()},
        supplier={key: contract.supplier for key, contract in contracts.items()},
        party={key: contract.party for key, contract in contracts.items()},
        volume=volume,
        minimum=minimum,
        price=price,
        breach_price=breach_price,
        sign_windows=windows,
        sign_gate=sign_gate,
    )


def _sign_gate(setting: Setting, contract: Contract, supplier: Supplier, period: Period) -> float:
    spot = setting.events.smallest("spot", supplier_target(contract.supplier, supplier, contract.party), period)
    return min(spot, setting.events.smallest("commitments", supplier_target(contract.supplier, supplier), period))


@dataclass
class _Supply:
    """Supply under construction, field by field as in ``SupplyData``."""

    purchases: list[tuple[str, int, str, str]] = field(default_factory=list)
    offers: dict[tuple[str, str, str], tuple[int, ...]] = field(default_factory=dict)
    buyers: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    pairs: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    capacity: dict[tuple[str, str], float] = field(default_factory=dict)
    availability: dict[tuple[str, str], float] = field(default_factory=dict)
    spot: dict[tuple[str, str, str], float] = field(default_factory=dict)
    tier_limit: dict[tuple[str, int, str], float] = field(default_factory=dict)
    price: dict[tuple[str, int, str, str], float] = field(default_factory=dict)
    freight: dict[tuple[str, str], float] = field(default_factory=dict)
    tariff: dict[tuple[str, str, str], float] = field(default_factory=dict)
    landed: dict[tuple[str, str, str], float] = field(default_factory=dict)
    arrivals: dict[tuple[str, str, str], list[tuple[str, str, float]]] = field(default_factory=lambda: defaultdict(list))


def compile_supply(setting: Setting, ramp: RampData, committed: Committed, contracts: ContractData) -> SupplyData:
    """Compile all suppliers."""
    build = _Supply()
    for key, supplier in setting.scenario.suppliers.items():
        for period in setting.periods:
            _ship(setting, key, supplier, period, ramp, committed, contracts, build)
    return SupplyData(
        material={key: supplier.material for key, supplier in setting.scenario.suppliers.items()},
        purchases=tuple(build.purchases),
        offers=build.offers,
        buyers={slot: tuple(parties) for slot, parties in build.buyers.items()},
        pairs={label: tuple(pairs) for label, pairs in build.pairs.items()},
        capacity=build.capacity,
        availability=build.availability,
        spot=build.spot,
        tier_limit=build.tier_limit,
        price=build.price,
        freight=build.freight,
        tariff=build.tariff,
        landed=build.landed,
        arrivals={slot: tuple(found) for slot, found in build.arrivals.items()},
        emissions={key: supplier.emissions for key, supplier in setting.scenario.suppliers.items() if supplier.emissions},
    )


def _ship(
    setting: Setting, key: str, supplier: Supplier, period: Period, ramp: RampData, committed: Committed, contracts: ContractData, build: _Supply
) -> None:
    """What one supplier can ship in one period, to whom, and when it arrives."""
    t = period.label
    capacity = setting.mean(supplier.capacity, period) + committed.capacity.get((key, t), 0.0)
    sells = capacity > 0 or (key, t) in ramp.projects_on
    buyers = setting.buyers(supplier) if sells else ()
    holders = [contract.party for _, contract in setting.contracts_with.get(key, []) if (key, contract.party, t) in contracts.lifts_of]
    parties = [party for party in setting.scenario.party_ids if party in buyers or party in holders]
    if not parties:
        return
    build.capacity[key, t] = capacity
    build.availability[key, t] = setting.events.factor("capacity", supplier_target(key, supplier), period)
    build.freight[key, t] = setting.mean(supplier.freight, period)
    tiers = supplier.tiers
    prices = [setting.mean(tier.price, period) for tier in tiers]
    for party in parties:
        target = supplier_target(key, supplier, party)
        build.buyers[key, t].append(party)
        build.pairs[t].append((key, party))
        _land(setting, key, supplier, period, party, build)
        build.tariff[key, party, t] = setting.mean(supplier.tariff, period) + setting.events.added("tariff", target, period)
        if party not in buyers:
            continue
        factor = setting.events.factor("price", target, period)
        build.offers[key, party, t] = tuple(range(1, len(tiers) + 1))
        for j, price in enumerate(prices, 1):
            build.purchases.append((key, j, party, t))
            build.price[key, j, party, t] = price * factor
        spot = setting.events.smallest("spot", target, period)
        if spot < 1:
            build.spot[key, party, t] = spot
    if buyers:
        for j, tier in enumerate(tiers, 1):
            if tier.quantity is not None:
                build.tier_limit[key, j, t] = setting.mean(tier.quantity, period)


def _land(setting: Setting, key: str, supplier: Supplier, period: Period, party: str, build: _Supply) -> None:
    """Spread a shipment over the periods in which it arrives; what arrives after the horizon is left out."""
    lead = supplier.lead_time + setting.events.added("lead_time", supplier_target(key, supplier, party), period)
    landed = 0.0
    for arrival, share in setting.calendar.overlaps(period.begin + lead, period.begin + lead + period.years):
        build.arrivals[supplier.material, party, arrival.label].append((key, period.label, share))
        landed += share
    build.landed[key, party, period.label] = min(landed, 1.0)
