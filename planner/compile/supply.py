"""Compiles suppliers and contracts: prices, capacity, gates, arrivals, volumes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from planner.compile.events import Effects, supplier_target
from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.scenario.dates import Period
from planner.scenario.schema import Contract, Supplier, Tier
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
        effects = setting.events.on(supplier_target(contract.supplier, supplier, contract.party))
        if contract.sign is not None:
            windows[key] = tuple(period.label for period in setting.periods if contract.sign.holds(period.start))
        for period in setting.periods:
            slot = key, period.label
            if period.label in windows.get(key, ()):
                gate = _sign_gate(setting, contract, supplier, period)
                if gate < 1:
                    sign_gate[slot] = gate
            share = period.share(contract.start or setting.calendar.start, contract.end or setting.calendar.end)
            honoured = effects.smallest("contracts", period) if share else 0.0
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
    spot = setting.events.on(supplier_target(contract.supplier, supplier, contract.party)).smallest("spot", period)
    return min(spot, setting.events.on(supplier_target(contract.supplier, supplier)).smallest("commitments", period))


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
        seller = _Seller.of(setting, key, supplier)
        for period in setting.periods:
            _ship(setting, seller, period, ramp, committed, contracts, build)
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


@dataclass(frozen=True)
class _Seller:
    """A supplier with what does not change from period to period."""

    key: str
    supplier: Supplier
    tiers: tuple[Tier, ...]
    buyers: tuple[str, ...]
    """Parties that may buy outside contracts and could use it."""
    effects: Effects
    """What events do to it, whoever buys."""
    towards: dict[str, Effects]
    """[g] what they do to its sales to a party."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Price tiers, counted from 1."""
        return tuple(range(1, len(self.tiers) + 1))

    @staticmethod
    def of(setting: Setting, key: str, supplier: Supplier) -> _Seller:
        """A supplier in its setting."""
        towards = {party: setting.events.on(supplier_target(key, supplier, party)) for party in setting.scenario.party_ids}
        return _Seller(key, supplier, supplier.tiers, setting.buyers(supplier), setting.events.on(supplier_target(key, supplier)), towards)


def _ship(setting: Setting, seller: _Seller, period: Period, ramp: RampData, committed: Committed, contracts: ContractData, build: _Supply) -> None:
    """What one supplier can ship in one period, to whom, and when it arrives."""
    t, key, supplier = period.label, seller.key, seller.supplier
    capacity = setting.mean(supplier.capacity, period) + committed.capacity.get((key, t), 0.0)
    sells = capacity > 0 or (key, t) in ramp.projects_on
    buyers = seller.buyers if sells else ()
    holders = [contract.party for _, contract in setting.contracts_with.get(key, ()) if (key, contract.party, t) in contracts.lifts_of]
    parties = [party for party in setting.scenario.party_ids if party in buyers or party in holders]
    if not parties:
        return
    build.capacity[key, t] = capacity
    build.availability[key, t] = seller.effects.factor("capacity", period)
    build.freight[key, t] = setting.mean(supplier.freight, period)
    tariff = setting.mean(supplier.tariff, period)
    for party in parties:
        effects = seller.towards[party]
        build.buyers[key, t].append(party)
        build.pairs[t].append((key, party))
        _land(setting, seller, period, party, build)
        build.tariff[key, party, t] = tariff + effects.added("tariff", period)
        if party in buyers:
            _offer(setting, seller, period, party, build)
    if buyers:
        for j, tier in enumerate(seller.tiers, 1):
            if tier.quantity is not None:
                build.tier_limit[key, j, t] = setting.mean(tier.quantity, period)


def _offer(setting: Setting, seller: _Seller, period: Period, party: str, build: _Supply) -> None:
    """What a party can buy outside contracts, and at which price."""
    t, key, effects = period.label, seller.key, seller.towards[party]
    factor = effects.factor("price", period)
    build.offers[key, party, t] = seller.numbers
    for j, tier in enumerate(seller.tiers, 1):
        build.purchases.append((key, j, party, t))
        build.price[key, j, party, t] = setting.mean(tier.price, period) * factor
    spot = effects.smallest("spot", period)
    if spot < 1:
        build.spot[key, party, t] = spot


def _land(setting: Setting, seller: _Seller, period: Period, party: str, build: _Supply) -> None:
    """Spread a shipment over the periods in which it arrives; what arrives after the horizon is left out."""
    lead = seller.supplier.lead_time + seller.towards[party].added("lead_time", period)
    landed = 0.0
    for arrival, share in setting.calendar.overlaps(period.begin + lead, period.begin + lead + period.years):
        build.arrivals[seller.supplier.material, party, arrival.label].append((seller.key, period.label, share))
        landed += share
    build.landed[seller.key, party, period.label] = min(landed, 1.0)
