"""Compiles suppliers and contracts: prices, capacity, gates, arrivals, volumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, compress, cycle, repeat
from typing import TypeVar

from planner.compile.events import Effects, supplier_target
from planner.compile.projects import Committed
from planner.compile.setting import Setting
from planner.scenario.schema import Contract, Supplier
from sourcing_lp.data import ContractData, RampData, SupplyData

T = TypeVar("T")


@dataclass
class _Contracts:
    """Contracts under construction, field by field as in ``ContractData``."""

    lifts_of: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    volume: dict[tuple[str, str], float] = field(default_factory=dict)
    minimum: dict[tuple[str, str], float] = field(default_factory=dict)
    price: dict[tuple[str, str], float] = field(default_factory=dict)
    breach_price: dict[tuple[str, str], float] = field(default_factory=dict)
    sign_windows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sign_gate: dict[tuple[str, str], float] = field(default_factory=dict)


def compile_contracts(setting: Setting) -> ContractData:
    """Compile all contracts."""
    build = _Contracts()
    contracts = setting.scenario.contracts
    for key, contract in contracts.items():
        _sign(setting, key, contract, build)
        _deliver(setting, key, contract, build)
    return ContractData(
        lifts=tuple(build.volume),
        lifts_of={slot: tuple(keys) for slot, keys in build.lifts_of.items()},
        supplier={key: contract.supplier for key, contract in contracts.items()},
        party={key: contract.party for key, contract in contracts.items()},
        volume=build.volume,
        minimum=build.minimum,
        price=build.price,
        breach_price=build.breach_price,
        sign_windows=build.sign_windows,
        sign_gate=build.sign_gate,
    )


def _sign(setting: Setting, key: str, contract: Contract, build: _Contracts) -> None:
    """When a contract may still be signed, and to which share."""
    if contract.sign is None:
        return
    opens, supplier = setting.open_in(contract.sign), setting.scenario.suppliers[contract.supplier]
    build.sign_windows[key] = tuple(setting.labels[v] for v in opens)
    spot = setting.events.on(supplier_target(contract.supplier, supplier, contract.party)).smallest("spot")
    commitments = setting.events.on(supplier_target(contract.supplier, supplier)).smallest("commitments")
    gates = [min(spot[v], commitments[v]) for v in opens]
    build.sign_gate |= {(key, v): gate for v, gate in zip(build.sign_windows[key], gates, strict=True) if gate < 1}


def _deliver(setting: Setting, key: str, contract: Contract, build: _Contracts) -> None:
    """What can and what must be lifted in each period, and at which price."""
    target = supplier_target(contract.supplier, setting.scenario.suppliers[contract.supplier], contract.party)
    honoured = setting.events.on(target).smallest("contracts")
    shares = setting.calendar.days.share(contract.start or setting.calendar.start, contract.end or setting.calendar.end).tolist()
    prices, breach_prices = setting.means(contract.price), setting.means(contract.breach_price or contract.price)
    rates = zip(setting.years, setting.means(contract.quantity), shares, honoured, strict=True)
    for place, (years, rate, share, kept) in enumerate(rates):
        units = years * rate * share * kept
        if units <= 0:
            continue
        slot = key, setting.labels[place]
        build.volume[slot] = units
        build.lifts_of[contract.supplier, contract.party, setting.labels[place]].append(key)
        build.price[slot] = prices[place]
        if contract.take_or_pay:
            build.minimum[slot] = contract.take_or_pay * units
            build.breach_price[slot] = breach_prices[place]


@dataclass
class _Supply:
    """Supply under construction, field by field as in ``SupplyData``."""

    purchases: list[tuple[str, int, str, str]] = field(default_factory=list)
    offers: dict[tuple[str, str, str], tuple[int, ...]] = field(default_factory=dict)
    buyers: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
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

    def add(self, other: _Supply) -> None:
        """Add what belongs to another supplier."""
        self.purchases += other.purchases
        for name in ("offers", "buyers", "capacity", "availability", "spot", "tier_limit", "price", "freight", "tariff", "landed"):
            getattr(self, name).update(getattr(other, name))
        for t, pairs in other.pairs.items():
            self.pairs[t] += pairs
        for slot, arrivals in other.arrivals.items():
            self.arrivals[slot] += arrivals


def compile_supply(setting: Setting, ramp: RampData, committed: Committed, contracts: ContractData) -> SupplyData:
    """Compile all suppliers."""
    build = _Supply()
    for key, supplier in setting.scenario.suppliers.items():
        capacity = committed.added_to(key, setting.means(supplier.capacity))
        sells = [rate > 0 or (key, t) in ramp.projects_on for t, rate in zip(setting.labels, capacity, strict=True)]
        seller = _Seller.of(setting, key, supplier, sells, contracts)
        if seller.parties:
            build.add(setting.once(("suppliers", key), (capacity, *seller.facts(setting)), partial(_supplied, setting, seller, capacity)))
    return SupplyData(
        material={key: supplier.material for key, supplier in setting.scenario.suppliers.items()},
        purchases=tuple(build.purchases),
        offers=build.offers,
        buyers=build.buyers,
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
    """A supplier, and to whom it can ship when. ``slots``, ``ships`` and ``offers`` run over periods, and over parties within each."""

    key: str
    supplier: Supplier
    parties: dict[str, Effects]
    """Who can ever receive something, and what events do to sales to it."""
    slots: list[tuple[str, str, str]]
    """(supplier, party, period)."""
    ships: list[bool]
    """Whether something can be shipped."""
    offers: list[bool]
    """Whether that needs no contract."""

    @staticmethod
    def of(setting: Setting, key: str, supplier: Supplier, sells: list[bool], contracts: ContractData) -> _Seller:
        """A supplier that ``sells`` in some periods: to buyers then, and to holders of contracts while there is something to lift."""
        buyers, holders = set(setting.buyers(supplier)), {contract.party for _, contract in setting.contracts_with.get(key, ())}
        parties = [party for party in setting.scenario.party_ids if party in buyers or party in holders]
        slots = [(key, party, t) for t in setting.labels for party in parties]
        offers = [opened and party in buyers for opened in sells for party in parties]
        ships = [offered or slot in contracts.lifts_of for slot, offered in zip(slots, offers, strict=True)] if holders else offers
        return _Seller(key, supplier, {party: setting.events.on(supplier_target(key, supplier, party)) for party in parties}, slots, ships, offers)

    def facts(self, setting: Setting) -> tuple[object, ...]:
        """What its supply depends on, beside its capacity."""
        everywhere = setting.events.on(supplier_target(self.key, self.supplier))
        return self.supplier, self.ships, self.offers, everywhere.events, [(party, effects.events) for party, effects in self.parties.items()]

    @property
    def receivers(self) -> list[tuple[str, ...]]:
        """By period: parties that can receive something."""
        masks = list(zip(*[iter(self.ships)] * len(self.parties), strict=True))
        found = {mask: tuple(compress(self.parties, mask)) for mask in set(masks)}
        return [found[mask] for mask in masks]


def _in_turn(lists: list[list[T]]) -> Iterable[T]:
    """Several lists as one: the first values of all, then the second ones, and so on."""
    return lists[0] if len(lists) == 1 else chain.from_iterable(zip(*lists, strict=True))


def _supplied(setting: Setting, seller: _Seller, capacity: list[float]) -> _Supply:
    """All that belongs to one supplier."""
    build = _Supply()
    _ship(setting, seller, capacity, build)
    _land(setting, seller, build)
    _offer(setting, seller, build)
    return build


def _ship(setting: Setting, seller: _Seller, capacity: list[float], build: _Supply) -> None:
    """What a supplier can ship in each period, to whom, and what that costs whoever buys."""
    receivers = seller.receivers
    slots = list(zip(repeat(seller.key), setting.labels))
    freight = setting.means(seller.supplier.freight)
    available = setting.events.on(supplier_target(seller.key, seller.supplier)).factor("capacity")
    build.buyers.update(compress(zip(slots, receivers, strict=True), receivers))
    for found, values in ((build.capacity, capacity), (build.availability, available), (build.freight, freight)):
        found.update(compress(zip(slots, values, strict=True), receivers))
    pairs = cycle([(seller.key, party) for party in seller.parties])
    for (_, _, t), pair in compress(zip(seller.slots, pairs, strict=False), seller.ships):
        build.pairs[t].append(pair)


def _land(setting: Setting, seller: _Seller, build: _Supply) -> None:
    """When shipments arrive, and the tariff on them."""
    supplier, effects = seller.supplier, seller.parties.values()
    shifts = [setting.shift(supplier.lead_time, found) for found in effects]
    duty = setting.means(supplier.tariff)
    tariffs = [[one + more for one, more in zip(duty, found.added("tariff"), strict=True)] for found in effects]
    build.tariff.update(compress(zip(seller.slots, _in_turn(tariffs), strict=True), seller.ships))
    build.landed.update(compress(zip(seller.slots, _in_turn([shift.landed for shift in shifts]), strict=True), seller.ships))
    for (s, g, t), arrivals in compress(zip(seller.slots, _in_turn([shift.arrivals for shift in shifts]), strict=True), seller.ships):
        for arrival, share in arrivals:
            build.arrivals[supplier.material, g, arrival].append((s, t, share))


def _offer(setting: Setting, seller: _Seller, build: _Supply) -> None:
    """What parties can buy outside contracts, and at which price."""
    tiers, effects = seller.supplier.tiers, seller.parties.values()
    numbers = tuple(range(1, len(tiers) + 1))
    offered = list(compress(seller.slots, seller.offers))
    build.offers.update(zip(offered, repeat(numbers), strict=False))
    prices = [[one * factor for one, factor in zip(setting.means(tier.price), found.factor("price"), strict=True)] for found in effects for tier in tiers]
    purchases = [(s, j, g, t) for s, g, t in offered for j in numbers]
    build.purchases += purchases
    build.price.update(zip(purchases, compress(_in_turn(prices), _in_turn([seller.offers] * len(tiers))), strict=True))
    spots = [found.smallest("spot") for found in effects]
    if any(min(spot) < 1 for spot in spots):
        build.spot |= {slot: share for slot, share in zip(offered, compress(_in_turn(spots), seller.offers), strict=True) if share < 1}
    limits = {j: setting.means(tier.quantity) for j, tier in zip(numbers, tiers, strict=True) if tier.quantity is not None}
    opens = dict.fromkeys(t for _, _, t in offered) if limits else ()
    build.tier_limit |= {(seller.key, j, t): means[setting.calendar.position[t]] for t in opens for j, means in limits.items()}
