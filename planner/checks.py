"""What is legal but looks wrong: warnings that a planner wants before the solver runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from operator import mul

from planner.compile.events import Target, material_target, process_target, supplier_target
from planner.compile.projects import ramp_of
from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.errors import Problem, did_you_mean, listed
from planner.scenario.fields import Stock
from planner.scenario.load import Loaded
from planner.scenario.schema import MaxShare, MinCover, SizeChoice, StockLimit, Stockpile


class _Checked(Setting):
    """A scenario on its grid, and what several checks ask."""

    @cached_property
    def growing(self) -> frozenset[str]:
        """What projects add to."""
        return frozenset(project.adds_to for project in self.scenario.projects.values())

    @cached_property
    def matching(self) -> frozenset[str]:
        """Ids of the events that act on something."""
        found: set[str] = set()
        for target in _targets(self):
            if len(found) == len(self.scenario.events):
                break
            found.update(event.key for event in self.events.on(target).events)
        return frozenset(found)


def warnings_of(loaded: Loaded) -> list[Problem]:
    """All warnings of a scenario, in order of the checks below."""
    setting = _Checked(loaded.scenario, loaded.calendar)
    return [problem for check in CHECKS for problem in check(loaded, setting)]


def surplus_without_outlet(loaded: Loaded, setting: Setting) -> Iterator[Problem]:
    """By-products, returns and minima of a material that can go nowhere force the plan to do without their cause."""
    scenario = loaded.scenario
    for key, process in scenario.processes.items():
        for material in (m for m, ratio in process.outputs.items() if ratio):
            if (material, process.party) not in setting.outlets:
                yield _at(loaded, ("processes", key, "outputs", material), f"'{material}' has no outlet, so the process cannot run", _outlet(material))
    for key, demand in scenario.demands.items():
        if demand.returns is not None and demand.returns.after < setting.calendar.years and (demand.returns.material, demand.party) not in setting.outlets:
            material = demand.returns.material
            yield _at(loaded, ("demands", key, "returns"), f"'{material}' comes back but has no outlet, so the demand cannot be served", _outlet(material))
    for index, shipment in enumerate(scenario.in_transit):
        if (shipment.material, shipment.party) not in setting.outlets:
            yield _at(loaded, ("in_transit", index), f"'{shipment.material}' arrives but '{shipment.party}' has no use for it", _outlet(shipment.material))
        elif not setting.calendar.start <= shipment.arrives < setting.calendar.end:
            yield _at(loaded, ("in_transit", index, "arrives"), "lies outside the horizon and is left out", "count it in the initial stock if it has arrived")


def _outlet(material: str) -> str:
    return f"give {material} a disposal_cost, a stockpile or a use"


def demand_without_source(loaded: Loaded, setting: Setting) -> Iterator[Problem]:
    """A demand that nobody could ever serve is usually a missing supplier or a misspelt material."""
    reachable = _reachable(setting)
    for key, demand in loaded.scenario.demands.items():
        if not any((material, demand.party) in reachable for material in (demand.material, *demand.substitutes)):
            forbidden = "" if demand.shortage_tiers else ", and shortage is forbidden, so there is no plan"
            yield _at(loaded, ("demands", key), f"nobody could ever serve it{forbidden}", f"add a supplier, stockpile or process for {demand.material}")


def _reachable(setting: Setting) -> set[tuple[str, str]]:
    """(material, party) that something can ever arrive for."""
    scenario = setting.scenario
    grows = {project.adds_to for project in scenario.projects.values()}
    found = {(shipment.material, shipment.party) for shipment in scenario.in_transit}
    found |= {(pile.material, pile.party) for key, pile in scenario.stockpiles.items() if pile.initial.units or pile.initial.years}
    for key, supplier in scenario.suppliers.items():
        if key in grows or max(supplier.capacity.values) > 0:
            parties = set(supplier.sells_to or scenario.party_ids) | {contract.party for _, contract in setting.contracts_with.get(key, [])}
            found |= {(supplier.material, party) for party in parties}
    while True:
        more = {
            (material, process.party)
            for process in scenario.processes.values()
            if all((source, process.party) in found for source in process.inputs)
            for material in process.outputs
        }
        more |= {(material, route.to) for route in scenario.routes.values() for material in route.materials if (material, route.from_) in found}
        more |= {
            (demand.returns.material, demand.party)
            for demand in scenario.demands.values()
            if demand.returns is not None and any((m, demand.party) in found for m in (demand.material, *demand.substitutes))
        }
        if more <= found:
            return found
        found |= more


def stockpile_above_demand(loaded: Loaded, setting: _Checked) -> Iterator[Problem]:
    """A stock that outlasts the horizon is usually a slip of units."""
    totals: dict[tuple[str, str], float] = {}
    for demand in loaded.scenario.demands.values():
        units = sum(map(mul, setting.years, setting.means(demand.quantity)))
        totals[demand.material, demand.party] = totals.get((demand.material, demand.party), 0.0) + units
    for key, pile in loaded.scenario.stockpiles.items():
        total = totals.get((pile.material, pile.party), 0.0)
        initial = stock_units(setting, pile, pile.initial)
        if total and initial > total:
            yield _at(loaded, ("stockpiles", key, "initial"), f"{initial:g} is more than all demand of the horizon ({total:g})", "check the unit")
        if pile.initial.years and not total:
            yield _at(loaded, ("stockpiles", key, "initial"), f"days of demand, but '{pile.party}' has no demand for '{pile.material}'", "write an amount")
        if pile.capacity is None or key in setting.growing:
            continue
        most = stock_units(setting, pile, pile.capacity) * (1 + 1e-9)
        if initial > most:
            problem = f"{initial:g} is more than the capacity, which holds from the end of the first period on"
            yield _at(loaded, ("stockpiles", key, "initial"), problem, "raise the capacity")
        floor = _highest_floor(setting, pile)
        if floor > most:
            yield _at(loaded, ("stockpiles", key, "floor"), f"{floor:g} is more than the capacity", "lower the floor or raise the capacity")


def _highest_floor(setting: Setting, pile: Stockpile) -> float:
    if pile.floor is None:
        return 0.0
    means = zip(setting.means(pile.floor.units), setting.means(pile.floor.years), strict=True)
    return max(stock_units(setting, pile, Stock(units, years)) for units, years in means)


def units_of_different_size(loaded: Loaded, _: Setting) -> Iterator[Problem]:
    """Quantities of one material that differ by more than a million are usually a slip of units."""
    scenario = loaded.scenario
    sizes: dict[str, list[tuple[float, tuple[str | int, ...]]]] = {}
    for key, demand in scenario.demands.items():
        sizes.setdefault(demand.material, []).append((max(demand.quantity.values), ("demands", key, "quantity")))
    for key, supplier in scenario.suppliers.items():
        sizes.setdefault(supplier.material, []).append((max(supplier.capacity.values), ("suppliers", key, "capacity")))
    for key, contract in scenario.contracts.items():
        sizes.setdefault(scenario.suppliers[contract.supplier].material, []).append((max(contract.quantity.values), ("contracts", key, "quantity")))
    for material, found in sizes.items():
        numbers = [(size, path) for size, path in found if size > 0]
        if numbers:
            (small, path), (large, other) = min(numbers), max(numbers)
            if large / small > 1e6:
                yield _at(
                    loaded,
                    path,
                    f"{small:g} {scenario.materials[material].unit}/yr is {large / small:.0e} times smaller than {'.'.join(map(str, other))}",
                    "check the units",
                )


def prices_of_different_size(loaded: Loaded, setting: _Checked) -> Iterator[Problem]:
    """Prices of one material that differ by hundreds are usually per kg where the others are per t; a shortage should not be the cheapest source."""
    scenario = loaded.scenario
    found: dict[str, list[tuple[float, tuple[str | int, ...]]]] = {}
    for key, supplier in scenario.suppliers.items():
        price = max(supplier.tiers[0].price.values)
        if price > 0:
            found.setdefault(supplier.material, []).append((price, ("suppliers", key, "price")))
        elif (key in setting.growing or max(supplier.capacity.values) > 0) and "price" not in supplier.model_fields_set:
            yield _at(loaded, ("suppliers", key), "has no price, so it ships for nothing", "add a price, 0 if that is meant")
    cheapest = {material: min(price for price, _ in offers) for material, offers in found.items()}
    for key, contract in scenario.contracts.items():
        if max(contract.price.values) > 0:
            found.setdefault(scenario.suppliers[contract.supplier].material, []).append((max(contract.price.values), ("contracts", key, "price")))
    for ranked in found.values():
        (low, cheap), (high, dear) = min(ranked), max(ranked)
        if high / low >= 200:
            yield _at(loaded, cheap, f"{low:g} is {high / low:.0f} times below {'.'.join(map(str, dear))}", "check the unit: per kg or per t?")
    for key, demand in scenario.demands.items():
        offer, cost = cheapest.get(demand.material), demand.shortage_tiers[-1][1] if demand.shortage_tiers else math.inf
        if offer is not None and cost < offer:
            problem = f"{cost:g} is below every price ({offer:g} and more), so nothing will be bought for it"
            yield _at(loaded, ("demands", key, "shortage"), problem, "check the unit")


def times_longer_than_the_horizon(loaded: Loaded, setting: Setting) -> Iterator[Problem]:
    """A bare number is years: days or months without their unit reach beyond the horizon."""
    years = setting.calendar.years
    hint = "a number without a unit is years: write for instance 45 days or 18 months"
    for key, supplier in loaded.scenario.suppliers.items():
        if supplier.lead_time >= years:
            yield _at(loaded, ("suppliers", key, "lead_time"), f"{supplier.lead_time:g} years is longer than the horizon, so nothing arrives", hint)
    for key, project in loaded.scenario.projects.items():
        begins = ramp_of(project).begins
        if math.isinf(begins):
            yield _at(loaded, ("projects", key, "ramp"), "never leaves 0 %", "let the ramp rise above 0 %")
        elif project.decide is not None and begins >= years:
            yield _at(loaded, ("projects", key, "ramp"), f"first output after {begins:g} years lies beyond the horizon", hint)


def numbers_out_of_the_ordinary(loaded: Loaded, _: Setting) -> Iterator[Problem]:
    """Growth of more than half a year on year, and factors above five, are usually percentages without their sign."""
    scenario = loaded.scenario
    for key, demand in scenario.demands.items():
        growth = demand.quantity.growth
        if growth > 0.5:
            yield _at(loaded, ("demands", key, "quantity", "growth"), f"grows by {100 * growth:g} % a year", f"did you mean {growth:g} %?")
    for key, event in scenario.events.items():
        for name in ("capacity", "demand", "draw"):
            factor = getattr(event, name)
            if factor is not None and factor > 5:
                yield _at(loaded, ("events", key, name), f"is a factor of {factor:g}", f"did you mean {factor:g} %?")


def names_that_match_nothing(loaded: Loaded, setting: _Checked) -> Iterator[Problem]:
    """Countries are free text: one that nobody has, or that differs only in case, is usually a slip."""
    scenario = loaded.scenario
    exported = {supplier.country for supplier in scenario.suppliers.values() if supplier.country}
    mined = {supplier.mined_in for supplier in scenario.suppliers.values() if supplier.mined_in}
    known = {"origin": mined, "country": exported, "supplier": set(scenario.suppliers)}
    asked: list[tuple[tuple[str, ...], tuple[str, ...], set[str]]] = []
    for key, event in scenario.events.items():
        if key in setting.matching:
            asked += [(("events", key, "match", name), getattr(event.match, name) or (), known[name]) for name in ("country", "origin")]
    for key, policy in scenario.policies.items():
        if isinstance(policy, MaxShare):
            asked.append((("policies", key, "of"), policy.of or (), known[policy.by]))
    # after so many slips nobody reads the guesses, and each is dear
    guesses = 200_000
    for path, values, names in asked:
        for index, value in enumerate(values):
            if value not in names:
                guesses -= len(names)
                told = f"known are {listed(names)}" if names else ""
                yield _at(loaded, (*path, index), f"no supplier has '{value}'", did_you_mean(value, names, told) if guesses >= 0 else "")
    spellings: dict[str, list[str]] = {}
    for name in sorted(exported | mined):
        spellings.setdefault(name.casefold(), []).append(name)
    for alike in (names for names in spellings.values() if len(names) > 1):
        for other in alike[1:]:
            key = next(key for key, supplier in scenario.suppliers.items() if other in (supplier.country, supplier.origin))
            yield _at(loaded, ("suppliers", key, "country"), f"'{other}' and '{alike[0]}' differ only in their case, and count as two", "write them alike")


def suppliers_that_never_ship(loaded: Loaded, setting: _Checked) -> Iterator[Problem]:
    """A supplier without capacity and without a project does nothing; a duty above the capacity can only be breached."""
    scenario, growing = loaded.scenario, setting.growing
    for key, supplier in scenario.suppliers.items():
        if key not in growing and max(supplier.capacity.values) <= 0 and "capacity" not in supplier.model_fields_set:
            yield _at(loaded, ("suppliers", key), "never ships: it has no capacity, and no project adds to it", "add a capacity")
    for key, contract in scenario.contracts.items():
        supplier = scenario.suppliers[contract.supplier]
        duty = contract.take_or_pay * max(contract.quantity.values)
        if contract.sign is None and contract.supplier not in growing and duty > max(supplier.capacity.values) > 0:
            yield _at(loaded, ("contracts", key, "quantity"), f"its minimum of {duty:g} a year is more than {contract.supplier} can ship", "check the quantity")


def events_that_do_nothing(loaded: Loaded, setting: _Checked) -> Iterator[Problem]:
    """An event that matches nothing is usually a misspelt country."""
    for key, event in loaded.scenario.events.items():
        if all(getattr(event, name) is None for name in EFFECTS):
            yield _at(loaded, ("events", key), "changes nothing", "add an effect such as spot: 0 %")
        if key not in setting.matching:
            yield _at(loaded, ("events", key, "match"), "matches nothing", "check its countries and ids; all given keys must match at once")
        if event.match.parties is not None:
            for name in ("capacity", "commitments"):
                if getattr(event, name) is not None:
                    yield _at(loaded, ("events", key, name), "does nothing in an event that names parties", f"put {name} into an event without parties")
        if (event.until or setting.calendar.end) <= setting.calendar.start or (event.from_ or setting.calendar.start) >= setting.calendar.end:
            yield _at(loaded, ("events", key), "lies outside the horizon", "check its dates")


def _targets(setting: Setting) -> Iterator[Target]:
    """Everything that an event may act on."""
    scenario, parties = setting.scenario, (None, *setting.scenario.party_ids)
    yield from (supplier_target(key, item, party) for key, item in scenario.suppliers.items() for party in parties)
    yield from (process_target(key, item) for key, item in scenario.processes.items())
    yield from (material_target(item.material, item.party) for item in scenario.demands.values())
    yield from (material_target(item.material, item.party) for item in scenario.stockpiles.values())


def capacity_without_limit(loaded: Loaded, _: Setting) -> Iterator[Problem]:
    """Odd combinations around projects and policies."""
    scenario = loaded.scenario
    for key, project in scenario.projects.items():
        if project.decide is not None and isinstance(project.size, SizeChoice) and project.size.max is None:
            yield _at(loaded, ("projects", key), "has no largest size", "add size: {max: …}")
    for key, policy in scenario.policies.items():
        if isinstance(policy, StockLimit | MinCover) and policy.per != "period":
            yield _at(loaded, ("policies", key, "per"), "levels do not add up over time: this holds at the end of each period", "remove 'per'")


EFFECTS = ("spot", "contracts", "capacity", "price", "tariff", "lead_time", "commitments", "demand", "draw")


def _at(loaded: Loaded, path: tuple[str | int, ...], text: str, hint: str) -> Problem:
    return Problem(loaded.mark(*path), ".".join(map(str, path)), text, hint)


CHECKS: tuple[Callable[[Loaded, _Checked], Iterator[Problem]], ...] = (
    surplus_without_outlet,
    demand_without_source,
    stockpile_above_demand,
    units_of_different_size,
    prices_of_different_size,
    times_longer_than_the_horizon,
    numbers_out_of_the_ordinary,
    names_that_match_nothing,
    suppliers_that_never_ship,
    events_that_do_nothing,
    capacity_without_limit,
)
