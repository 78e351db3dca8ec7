"""What a plan wins only because nothing after the horizon counts: warnings with amounts, dates and the key that mends each.

A warning must mean something: amounts below a hundredth of a year's demand are left alone, and so is whatever goes on at
the end as it did before.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from planner.compile.events import supplier_target
from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.errors import Problem, counted
from planner.results.sums import by_period, summed
from planner.results.tables import Tables
from planner.scenario.dates import Period, add_months, nominal_years
from planner.scenario.fields import Stock
from planner.scenario.load import Loaded
from planner.scenario.schema import Contract, MinCover, Stockpile
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR

SMALL = 0.01
"""Share of a year's demand below which an amount is no matter of planning."""
CLEAR = 0.1
"""Share of what there was that must be gone, or of what is owed that must be unpaid."""
GUARDED = 0.25
"""A rule that asks for this share of the start is the planner's own word on what must be left."""
USUAL = 1.25
"""What goes on at the end at up to this multiple of its pace before is no effect of the end."""


def end_warnings(loaded: Loaded, tables: Tables) -> list[Problem]:
    """What a plan gains by draining stock or by leaving obligations to a time that does not count.

    Args:
        loaded: The scenario.
        tables: Tables of its plan.

    Returns:
        Warnings at the keys that would mend them, in order of the checks below.
    """
    end = _End(loaded, Setting(loaded.scenario, loaded.calendar), tables)
    return [problem for check in CHECKS for problem in check(end)]


@dataclass(frozen=True)
class _End:
    """The end of a plan: its tables, and what they are judged against."""

    loaded: Loaded
    setting: Setting
    tables: Tables

    @property
    def day(self) -> dt.date:
        """First day that does not count."""
        return self.loaded.calendar.end

    @cached_property
    def stretch(self) -> int:
        """Position of the first period of the last stretch: a year or a fifth of the horizon, never more than half of it."""
        years = self.loaded.calendar.years
        first = years - min(max(1.0, years / 5), years / 2)
        starts = [place for place, period in enumerate(self.setting.periods) if period.begin > first - 1e-9]
        return starts[0] if starts else len(self.setting.periods) - 1

    @cached_property
    def worth(self) -> dict[tuple[str, str], float]:
        """(material, party): what one more unit saves in the last period, in money of that period."""
        prices = self.tables["prices"]
        last = prices[(prices["rule"] == "material_balance") & (prices["period"] == self.setting.periods[-1].label)]
        return {(m, g): float(value) for m, g, value in zip(last["item"], last["party"], last["value"], strict=True)}

    def flows(self, name: str, key: str, measure: str) -> list[float]:
        """What a table with measures says of one id, by period."""
        return self._measured[name].get((key, measure), [0.0] * len(self.setting.periods))

    @cached_property
    def _measured(self) -> dict[str, dict[tuple[str, ...], list[float]]]:
        """Each table with measures by id and measure."""
        return {name: by_period(self.tables[name], [key, "measure"], self.loaded.calendar.position) for name, key in _MEASURED.items()}

    @cached_property
    def available(self) -> dict[tuple[str, ...], list[float]]:
        """(part,): capacity by period."""
        return by_period(self.tables["capacity"], ["part"], self.loaded.calendar.position)

    def yearly(self, material: str) -> float:
        """A year's demand for a material; of one that nobody demands, what is shipped of it in a year."""
        wanted = sum(rate for (m, _), rate in self.setting.yearly_demand.items() if m == material)
        return wanted or self._shipped.get((material,), 0.0) / self.loaded.calendar.years

    @cached_property
    def _shipped(self) -> dict[tuple[str, ...], float]:
        """(material,): what is bought and lifted."""
        contracts = self.tables["contracts"]
        rows = [table[["material", "value"]] for table in (self.tables["purchases"], contracts[contracts["measure"] == "lifted"])]
        found = summed(rows[0], ["material"])
        for key, units in summed(rows[1], ["material"]).items():
            found[key] = found.get(key, 0.0) + units
        return found

    def amount(self, value: float, material: str) -> str:
        """A quantity with its unit."""
        return f"{number(value)} {self.loaded.scenario.materials[material].unit}"

    def money(self, value: float) -> str:
        """Money with its currency."""
        currency = self.loaded.scenario.money.currency
        return f"{number(value / 1e6)} M {currency}" if abs(value) >= 1e6 else f"{number(value)} {currency}"

    def at(self, path: tuple[str, ...], text: str, hint: str) -> Problem:
        """A warning at the key that mends it, or at the entity where that key is absent."""
        return Problem(self.loaded.mark(*path), ".".join(path), text, hint)


def drained_stocks(end: _End) -> Iterator[Problem]:
    """A tonne left over is worth nothing unless the scenario says so, so the cheapest plan uses up what later years would need."""
    for key, pile in end.loaded.scenario.stockpiles.items():
        initial = stock_units(end.setting, pile, pile.initial)
        drawn, filled = end.flows("stockpiles", key, measure="draw"), end.flows("stockpiles", key, measure="fill")
        net = [out - back for out, back in zip(drawn, filled, strict=True)]
        first = _descent(net, SMALL * initial)
        late = sum(net[max(first, end.stretch) :])
        left = _left(end, key)
        if left >= (1 - CLEAR) * initial or late <= max(CLEAR * initial, SMALL * end.yearly(pile.material)):
            continue
        if _is_needed(end, pile) and not _only_moved(end, pile) and not _is_guarded(end, pile, left, initial):
            yield from _drained(end, key, pile, (left, initial), (first, sum(net[first:])))


def _drained(end: _End, key: str, pile: Stockpile, level: tuple[float, float], descent: tuple[int, float]) -> Iterator[Problem]:
    """The warning, unless what is left is worth as much as it costs."""
    last = end.setting.periods[-1]
    price, unit = end.worth.get((pile.material, pile.party), 0.0), end.loaded.scenario.materials[pile.material].unit
    # from the end of the horizon to the middle of the last period
    back = end.setting.discount(end.loaded.calendar.years) / end.setting.discount(last.begin + last.years / 2)
    value = pile.final.value * back
    if pile.final.value and price <= value * (1 + SMALL):
        return
    currency = end.loaded.scenario.money.currency
    span = _span(end.loaded.calendar.years - end.setting.periods[descent[0]].begin)
    text = f"ends with {end.amount(level[0], pile.material)} of {end.amount(level[1], pile.material)}: the plan draws "
    text += f"{end.amount(descent[1], pile.material)} in the last {span} because "
    if pile.final.value:
        text += f"one {unit} left counts {number(value)} {currency} in money of {last.label}, while it costs {number(price)} {currency} then"
    else:
        text += f"nothing after {end.day:%Y-%m} counts"
    worth = f", or a value above {_round(price / back)} {currency}/{unit}, which is what it costs at the end" if price > 0 else ""
    yield end.at(("stockpiles", key, "final"), text, f"set final: {{min: initial}}{worth}")


def _descent(net: list[float], tiny: float) -> int:
    """Position of the first draw after which the stock is never filled again."""
    first = len(net)
    for place in range(len(net) - 1, -1, -1):
        if net[place] < -tiny:
            break
        if net[place] > tiny:
            first = place
    return first


def _left(end: _End, key: str) -> float:
    return end.flows("stockpiles", key, measure="stock")[-1]


def _is_needed(end: _End, pile: Stockpile) -> bool:
    """Whether somebody still uses the material when the horizon ends."""
    scenario, last = end.loaded.scenario, end.setting.periods[-1]
    users = (demand for demand in scenario.demands.values() if demand.party == pile.party and pile.material in (demand.material, *demand.substitutes))
    if any(end.setting.mean(demand.quantity, last) > 0 for demand in users):
        return True
    made_of = any(process.party == pile.party and process.inputs.get(pile.material) for process in scenario.processes.values())
    return made_of or any(route.from_ == pile.party and pile.material in route.materials for route in scenario.routes.values())


def _siblings(end: _End, pile: Stockpile) -> dict[str, Stockpile]:
    """All stockpiles of the same material and party."""
    piles = end.loaded.scenario.stockpiles
    return {key: other for key, other in piles.items() if (other.material, other.party) == (pile.material, pile.party)}


def _only_moved(end: _End, pile: Stockpile) -> bool:
    """Whether what leaves one store of the party lies in another at the end."""
    siblings = _siblings(end, pile)
    initial = sum(stock_units(end.setting, other, other.initial) for other in siblings.values())
    return sum(_left(end, key) for key in siblings) >= (1 - CLEAR) * initial


def _is_guarded(end: _End, pile: Stockpile, left: float, initial: float) -> bool:
    """Whether a rule that is kept asks for a good part of the start: the planner has said what must be left."""
    setting, last = end.setting, end.setting.periods[-1]
    rules = [initial if isinstance(pile.final.min, str) else stock_units(setting, pile, pile.final.min)]
    if pile.floor is not None:
        rules.append(stock_units(setting, pile, Stock(setting.mean(pile.floor.units, last), setting.mean(pile.floor.years, last))))
    if any(GUARDED * initial <= rule <= left * (1 + 1e-6) for rule in rules):
        return True
    siblings = _siblings(end, pile)
    together = sum(_left(end, key) for key in siblings)
    start = sum(stock_units(setting, other, other.initial) for other in siblings.values())
    covers = [stock_units(setting, pile, Stock(years=policy.days / DAYS_PER_YEAR)) for policy in _covers(end, pile)]
    return any(GUARDED * start <= cover <= together * (1 + 1e-6) for cover in covers)


def _covers(end: _End, pile: Stockpile) -> Iterator[MinCover]:
    """Policies of cover that hold for a stockpile at the end."""
    last = end.setting.periods[-1]
    for policy in end.loaded.scenario.policies.values():
        if isinstance(policy, MinCover) and last.share(policy.from_ or last.start, policy.until or last.end) > 0.5:
            named = policy.materials is None or pile.material in policy.materials
            if named and (policy.parties is None or pile.party in policy.parties):
                yield policy


def half_paid_projects(end: _End) -> Iterator[Problem]:
    """Stages that fall after the horizon are not paid: capacity looks cheaper than it is."""
    table, years = end.tables["commitments"], end.loaded.calendar.years
    everything = float(end.tables["costs"]["value"].abs().sum())
    decided = table[table["status"] == "decided"]
    unit_of = dict(zip(decided["project"].tolist(), decided["unit"].tolist(), strict=True))
    sizes: dict[str, dict[str, float]] = {}
    for (key, label), size in summed(decided, ["project", "period"]).items():
        sizes.setdefault(key, {})[label] = size
    for key, project in end.loaded.scenario.projects.items():
        mine = sizes.get(key, {})
        whole = unpaid = 0.0
        last_due = end.day
        for label, size in mine.items():
            period = end.loaded.calendar.named(label)
            for after, cost in project.stages:
                whole += size * cost
                if period.begin + after > years - 1e-9:
                    unpaid += size * cost
                    last_due = max(last_due, add_months(period.start, math.ceil(12 * after)))
        if unpaid <= CLEAR * whole or unpaid <= 1e-3 * everything:
            continue
        text = f"{end.money(unpaid)} of the {end.money(whole)} for {number(sum(mine.values()))} {unit_of[key]}"
        text += f" fall due at or after the end, {end.day:%Y-%m}, and are not in the cost{_output(end, key, project.adds_to)}"
        yield end.at(("projects", key, "capex"), text, f"end the horizon after {last_due:%Y-%m}, or close its window earlier with decide.latest")


def _output(end: _End, project: str, target: str) -> str:
    """What the project could make inside the horizon, in words."""
    if target in end.loaded.scenario.stockpiles:
        return ""
    available = end.available.get((project,), [0.0] * len(end.setting.periods))
    units = sum(value * period.years for value, period in zip(available, end.setting.periods, strict=True))
    return f", while it can make {end.amount(units, end.setting.counted_in(target))} before"


def contracts_that_run_on(end: _End) -> Iterator[Problem]:
    """A minimum that falls due after the horizon is a duty which the plan has taken on for nothing, unless the goods are worth their price."""
    for key, contract in end.loaded.scenario.contracts.items():
        shares = end.flows("contracts", key, measure="signed")
        if contract.sign is None or contract.end is None or contract.end <= end.day or sum(shares) <= SMALL:
            continue
        supplier = end.loaded.scenario.suppliers[contract.supplier]
        material = supplier.material
        later = _window(max(end.day, contract.start or end.day), contract.end)
        after, inside = sum(shares) * _minimum(end, contract, later), _duty_inside(end, contract, shares)
        price = end.setting.mean(contract.price, later)
        landed = price * (1 + _tariff(end, contract)) + end.setting.mean(supplier.freight, later)
        worth = end.worth.get((material, contract.party), 0.0)
        if after <= max(CLEAR * (inside + after), SMALL * end.yearly(material)) or worth >= landed:
            continue
        unit = end.loaded.scenario.materials[material].unit
        text = f"is signed at {100 * sum(shares):.3g} % and runs on after {end.day:%Y-%m}: {end.amount(after, material)} of its minimum, "
        text += f"{end.money(after * price)} until {contract.end:%Y-%m}, are not in the cost (inside: {end.amount(inside, material)}); "
        text += f"one {unit} then costs {end.money(landed)} and is worth {end.money(worth)}"
        yield end.at(("contracts", key, "end"), text, f"end the horizon at {contract.end:%Y-%m}, or the contract at {end.day:%Y-%m}")


def _window(first: dt.date, last: dt.date) -> Period:
    """Two dates as one period."""
    return Period("", first, last, 0.0, nominal_years(first, last))


def _duty_inside(end: _End, contract: Contract, shares: list[float]) -> float:
    """Units that the minimum adds up to from each signature to the end."""
    starts = [(share, max(period.start, contract.start or period.start)) for share, period in zip(shares, end.setting.periods, strict=True) if share]
    return sum(share * _minimum(end, contract, _window(first, end.day)) for share, first in starts if first < end.day)


def _minimum(end: _End, contract: Contract, period: Period) -> float:
    """Units that a signed contract obliges to in a period; what events leave of it at the end holds on."""
    target = supplier_target(contract.supplier, end.loaded.scenario.suppliers[contract.supplier], contract.party)
    honoured = end.setting.events.on(target).smallest("contracts")[-1] if period.start >= end.day else 1.0
    return contract.take_or_pay * honoured * period.years * end.setting.mean(contract.quantity, period)


def _tariff(end: _End, contract: Contract) -> float:
    supplier, last = end.loaded.scenario.suppliers[contract.supplier], end.setting.periods[-1]
    return end.setting.mean(supplier.tariff, last) + end.setting.events.on(supplier_target(contract.supplier, supplier, contract.party)).added("tariff")[-1]


def lifts_that_nobody_receives(end: _End) -> Iterator[Problem]:
    """Goods that land after the end are not charged but fulfil a contract: lifting them where the minimum was breached before is for show."""
    for key, contract in end.loaded.scenario.contracts.items():
        material, periods = end.loaded.scenario.suppliers[contract.supplier].material, end.setting.periods
        lost = [1 - share for share in _landed(end, contract.supplier, contract.party)]
        first = next((place for place, share in enumerate(lost) if share > 0.5), len(lost))
        lifted = end.flows("contracts", key, measure="lifted")
        # above the minimum it is free as well, and means nothing
        duty = [
            min(units, contract.take_or_pay * period.years * end.setting.mean(contract.quantity, period)) for units, period in zip(lifted, periods, strict=True)
        ]
        late = sum(share * units for share, units in zip(lost[first:], duty[first:], strict=True))
        usual = _pace(end, lifted, first) * sum(share * period.years for share, period in zip(lost[first:], periods[first:], strict=True))
        if late - USUAL * usual <= SMALL * end.yearly(material):
            continue
        text = f"{end.amount(late, material)} of its minimum lifted since {periods[first].start:%Y-%m} land after {end.day:%Y-%m} and are not charged"
        text += f"; at the pace of the year before it would be {end.amount(usual, material)}"
        hint = f"end the horizon later, or the contract at {periods[first].start:%Y-%m}"
        yield end.at(("contracts", key, "end"), text, hint)


def _landed(end: _End, key: str, party: str) -> list[float]:
    """By period: share of what ships in it that arrives inside the horizon."""
    supplier = end.loaded.scenario.suppliers[key]
    return end.setting.shift(supplier.lead_time, end.setting.events.on(supplier_target(key, supplier, party))).landed


def _pace(end: _End, units: list[float], until: int) -> float:
    """Units a year in the year before a period, or in as much of it as there is; 0 where nothing is before."""
    periods = end.setting.periods
    edge = periods[until].begin if until < len(periods) else end.loaded.calendar.years
    before = [place for place in range(until) if periods[place].begin > edge - 1 - 1e-9] or list(range(until))[-1:]
    return sum(units[place] for place in before) / sum(periods[place].years for place in before) if before else 0.0


def breaches_at_the_end(end: _End) -> Iterator[Problem]:
    """A minimum that is paid for instead of lifted at the end alone, though a store could keep the goods for a later that does not count."""
    first = end.stretch
    for key, contract in end.loaded.scenario.contracts.items():
        material = end.loaded.scenario.suppliers[contract.supplier].material
        stores = [k for k, pile in end.loaded.scenario.stockpiles.items() if (pile.material, pile.party) == (material, contract.party)]
        breached = end.flows("contracts", key, measure="breached")
        late, years = sum(breached[first:]), end.loaded.calendar.years - end.setting.periods[first].begin
        usual = _pace(end, breached, first) * years
        if not stores or first == 0 or late - USUAL * usual <= SMALL * end.yearly(material):
            continue
        prices: Series = contract.breach_price or contract.price
        paid = sum(units * end.setting.mean(prices, period) for units, period in zip(breached[first:], end.setting.periods[first:], strict=True))
        text = f"{end.amount(late, material)} of its minimum are breached in the last {_span(years)} for {end.money(paid)}"
        text += f"; at the pace of the year before it would be {end.amount(usual, material)}"
        hint = f"if later years could use them, give what is left a worth: stockpiles.{stores[0]}.final.value"
        yield end.at(("contracts", key, "take_or_pay"), text, hint)


def number(value: float) -> str:
    """A number as it is read aloud: three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _round(value: float) -> str:
    """A number to three digits, as the language reads it."""
    return f"{float(f'{value:.3g}'):.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _span(years: float) -> str:
    months = round(12 * years)
    return counted(months, "months") if months < 24 else f"{years:.3g} years"


_MEASURED = {"stockpiles": "stockpile", "contracts": "contract"}
"""Tables with measures, and the column of their ids."""

CHECKS: tuple[Callable[[_End], Iterator[Problem]], ...] = (
    drained_stocks,
    half_paid_projects,
    contracts_that_run_on,
    lifts_that_nobody_receives,
    breaches_at_the_end,
)
