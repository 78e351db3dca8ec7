"""What a unit for a stockpile costs today: that of the cheapest seller whom no event closes, or what was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from planner.compile.events import Effects, supplier_target
from planner.compile.projects import compile_ramp
from planner.compile.setting import Setting
from planner.errors import InputError, UnitError, did_you_mean, listed
from planner.scenario.load import Loaded
from planner.scenario.schema import Stockpile, Supplier
from planner.scenario.units import EXAMPLES, Kind, MaterialUnit, Money, convert


@dataclass(frozen=True)
class Bought:
    """A price of one unit in store, and where it comes from."""

    price: float
    """Money per unit, today."""
    source: str
    yearly: float = math.nan
    """What that seller can ship in a year at that price as things stand [units/yr]; NaN where the price was asked for."""
    shut: bool = False
    """Whether events keep everybody from selling, so that the price is that of before."""


def buying_prices(loaded: Loaded, asked: Iterable[str]) -> dict[str, Bought]:
    """By stockpile: what a unit more costs today, with putting it in; those that nobody offers are left out.

    The cheapest seller counts whom no event keeps from selling now, at what events make of his price; where there is none, the cheapest as if there were none.

    Args:
        loaded: The scenario.
        asked: ``id=price`` items, the id of a stockpile or of a material: ``national_dy=250 USD/kg``.

    Raises:
        InputError: for an id that is not in the scenario, or a price that is none.
    """
    given = dict(_asked(loaded, item) for item in asked)
    setting = Setting(loaded.scenario, loaded.calendar)
    capacity = _capacities(setting)
    found: dict[str, Bought] = {}
    for key, pile in loaded.scenario.stockpiles.items():
        price = given.get(key, given.get(pile.material))
        offers = [Bought(price, "as asked")] if price is not None else list(_offers(setting, pile, capacity))
        if offers:
            cheapest = min(offers, key=lambda offer: (offer.shut, offer.price))
            found[key] = replace(cheapest, price=cheapest.price + pile.fill_cost)
    return found


def _capacities(setting: Setting) -> dict[str, float]:
    """By supplier: what it can ship in the first period, committed projects included, before events [units/yr]."""
    _, committed = compile_ramp(setting)
    return {key: committed.added_to(key, setting.means(supplier.capacity))[0] for key, supplier in setting.scenario.suppliers.items()}


def _offers(setting: Setting, pile: Stockpile, capacity: dict[str, float]) -> Iterator[Bought]:
    """Who sells the material to the party in the first period, with tariff and freight."""
    first = setting.periods[0]
    for key, supplier in setting.scenario.suppliers.items():
        if supplier.material == pile.material and pile.party in setting.buyers(supplier) and capacity[key] > 0:
            everywhere, here = (setting.events.on(supplier_target(key, supplier, party)) for party in (None, pile.party))
            open_share = everywhere.factor("capacity")[0] * here.smallest("spot")[0]
            shut = open_share <= 0
            price = _price(setting, supplier, None if shut else here)
            cheap = supplier.tiers[0].quantity
            yearly = capacity[key] * open_share
            yearly = yearly if cheap is None else min(yearly, setting.mean(cheap, first))
            yield Bought(price, (supplier.label or key) + (", before events shut it" if shut else ""), yearly, shut)


def _price(setting: Setting, supplier: Supplier, effects: Effects | None) -> float:
    """Price of a unit in the first period, with tariff and freight; ``effects`` of events are part of it."""
    first = setting.periods[0]
    factor, more = (1.0, 0.0) if effects is None else (effects.factor("price")[0], effects.added("tariff")[0])
    return setting.mean(supplier.tiers[0].price, first) * factor * (1 + setting.mean(supplier.tariff, first) + more) + setting.mean(supplier.freight, first)


def _asked(loaded: Loaded, item: str) -> tuple[str, float]:
    """(stockpile or material, price) of ``id=price``."""
    scenario = loaded.scenario
    key, separator, text = (part.strip() for part in item.partition("="))
    example = EXAMPLES[Kind.PRICE].replace("USD", scenario.money.currency)
    if not separator or not text:
        raise InputError(f"--stock-price {item}: is not id=price; write for instance {next(iter(scenario.stockpiles), 'reserve')}='{example}'")
    material = scenario.stockpiles[key].material if key in scenario.stockpiles else key
    if material not in scenario.materials:
        known = [*scenario.stockpiles, *scenario.materials]
        hint = did_you_mean(key, known, f"known are {listed(scenario.stockpiles)}")
        raise InputError(f"--stock-price {item}: there is no stockpile or material '{key}'; {hint}")
    own = scenario.materials[material]
    try:
        price = convert(text, Kind.PRICE, Money(scenario.money.currency, scenario.money.rates), MaterialUnit(own.unit, own.basis))
    except UnitError as error:
        raise InputError(f"--stock-price {item}: {error}; {error.hint or f'write for instance {example}'}") from None
    if price < 0:
        raise InputError(f"--stock-price {item}: is below 0")
    return key, price
