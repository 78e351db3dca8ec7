"""The scenario language as frozen pydantic models: its keys, their meaning, and the checks one entity allows by itself.

Numbers are in default units after validation: the material's own unit, per year for rates, years for durations,
fractions for shares, the scenario's currency for money.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag
from typing_extensions import override

from planner.errors import UnitError
from planner.scenario.base import Base, Entity, Text
from planner.scenario.chemistry import composition
from planner.scenario.context import Context
from planner.scenario.dates import Calendar
from planner.scenario.fields import (
    ID_PATTERN,
    ByMaterial,
    Curve,
    Day,
    Days,
    Flaw,
    PartyRef,
    Quantity,
    Ref,
    SeriesOf,
    Stock,
    StockAmount,
    StockSeries,
    StockSeriesOf,
    Year,
    no_duplicates,
)
from planner.scenario.series import Series
from planner.scenario.units import COUNT, MASS, Kind

Once = AfterValidator(no_duplicates)
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=64)]
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z(][A-Za-z0-9 .()_-]*$", max_length=40)]
Date = Annotated[dt.date, Day()]
Amount = Annotated[float, Quantity(Kind.AMOUNT)]
Rate = Annotated[float, Quantity(Kind.RATE)]
Price = Annotated[float, Quantity(Kind.PRICE)]
SignedPrice = Annotated[float, Quantity(Kind.PRICE, low=None)]
Holding = Annotated[float, Quantity(Kind.HOLDING)]
Duration = Annotated[float, Quantity(Kind.DURATION)]
Share = Annotated[float, Quantity(Kind.SHARE, 0.0, 1.0)]
Factor = Annotated[float, Quantity(Kind.SHARE)]
YearlyShare = Annotated[float, Quantity(Kind.YEARLY, 0.0, 1.0)]
Ratio = Annotated[float, Quantity(Kind.RATIO)]
Intensity = Annotated[float, Quantity(Kind.INTENSITY)]
RateSeries = Annotated[Series, SeriesOf(Kind.RATE)]
PriceSeries = Annotated[Series, SeriesOf(Kind.PRICE)]
TariffSeries = Annotated[Series, SeriesOf(Kind.SHARE, 0.0, 10.0)]
PartyId = Annotated[str, PartyRef(("parties",))]
PartyIds = Annotated[tuple[Annotated[str, Ref(("parties",))], ...], Once, Field(min_length=1)]
MaterialId = Annotated[str, Ref(("materials",))]
MaterialIds = Annotated[tuple[MaterialId, ...], Once, Field(min_length=1)]


Negotiable = Annotated[
    Annotated[float, Quantity(Kind.SHARE)] | None,
    Field(description="How readily its rules give way where the scenario is infeasible: 0 never; 1 as a policy does; 2 twice as readily."),
]


def _value_or_map(value: Any) -> str:
    return "as-map" if isinstance(value, Mapping) else "as-value"


def _need_order(first: dt.date | None, last: dt.date | None, names: tuple[str, str]) -> Iterator[Flaw]:
    if first is not None and last is not None and last <= first:
        yield (names[1],), f"the window is empty: '{names[1]}' {last} is not after '{names[0]}' {first}", "swap or move the dates"


class Step(Base):
    """Part of a horizon with one step."""

    until: Date = Field(description="End of this part, exclusive.")
    step: Literal["month", "quarter", "year"] = Field(description="Length of the periods.")


class Horizon(Base):
    """What is planned: from when to when, in which periods."""

    start: Date = Field(description="First day.")
    end: Date | None = Field(None, description="First day after the horizon.")
    step: Literal["month", "quarter", "year"] = Field("month", description="Length of the periods.")
    steps: tuple[Step, ...] | None = Field(None, min_length=1, description="Instead of end and step: several parts, such as months and then years.")

    @property
    def parts(self) -> list[tuple[dt.date, str]]:
        """(end, step) of each part."""
        if self.steps is not None:
            return [(part.until, part.step) for part in self.steps]
        assert self.end is not None
        return [(self.end, self.step)]

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.end is None and self.steps is None:
            yield (), "needs either 'end' (with 'step') or 'steps'", "write {start: 2026-01, end: 2033-01, step: month}"
        elif self.end is not None and self.steps is not None:
            yield ("end",), "stands beside 'steps', which has its own ends", "remove 'end'"
        elif self.end is not None:
            yield from _need_order(self.start, self.end, ("start", "end"))


class MoneySettings(Base):
    """Currency, exchange rates and discounting."""

    currency: Code = Field("USD", description="Currency of all results.")
    base_year: Annotated[int, Year()] | None = Field(None, description="Price year, shown in reports.")
    discount_rate: Annotated[float, Quantity(Kind.YEARLY, -0.5, 1.0)] = Field(0.0, description="Yearly discount rate.")
    rates: dict[Code, Annotated[float, Quantity(Kind.MONEY, positive=True)]] = Field(default_factory=dict, description="Worth of one unit of other currencies.")


class Party(Entity):
    """Who plans."""


class Material(Entity):
    """What is bought, made, stored and used."""

    unit: Annotated[str, StringConstraints(strict=True)] = Field("t", description="Default unit: t, kg, g, kt, Mt, lb, toz or each.")
    basis: Code | None = Field(None, description="Chemical formula that masses are counted in, such as Dy2O3.")
    disposal_cost: SignedPrice | None = Field(None, description="Cost of throwing a unit away; absent: nothing may be thrown away.")

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.unit not in MASS and self.unit not in COUNT:
            yield ("unit",), f"'{self.unit}' is no unit for a material", f"known are {', '.join([*MASS, *COUNT])}"
        if self.basis is not None:
            try:
                composition(self.basis)
            except UnitError as error:
                yield ("basis",), str(error), error.hint

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Itself: found by what it says, since an entity does not know its id."""
        own = (data.get("unit", "t"), data.get("basis"))
        return list(itertools.islice((key for key, unit in context.units.items() if (unit.unit, unit.basis) == own), 1))


class Tier(Base):
    """A quantity at a price."""

    quantity: RateSeries | None = Field(None, description="Width of the tier; absent: all the rest.")
    price: PriceSeries = Field(description="Price inside the tier.")


class Tiers(Base):
    """A rising supply curve."""

    tiers: tuple[Tier, ...] = Field(min_length=1, description="Tiers with rising price.")

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        for index, (lower, upper) in enumerate(itertools.pairwise(self.tiers), 1):
            if lower.quantity is None:
                yield ("tiers", index - 1), "has no quantity, so later tiers are never reached", "give every tier but the last a quantity"
            yield from _falling(lower.price, upper.price, index, context.calendar)


def _falling(lower: Series, upper: Series, index: int, calendar: Calendar | None) -> Iterator[Flaw]:
    """A tier that is cheaper than the one before it, in the first such period."""
    if calendar is None:
        return
    for period, below, above in zip(calendar.periods, lower.means(calendar), upper.means(calendar), strict=True):
        if above < below * (1 - 1e-12):
            yield ("tiers", index, "price"), f"the price falls from {below:g} to {above:g} in {period.label}", "order the tiers by rising price"
            return


class Supplier(Entity):
    """Somebody who can ship a material."""

    material: MaterialId = Field(description="What is shipped.")
    country: Code | None = Field(None, description="Country exported from.")
    origin: Code | None = Field(None, description="Country mined in; default the country.")
    sells_to: PartyIds | None = Field(None, description="Parties that may buy; default every party.")
    capacity: RateSeries = Field(Series.constant(0.0), description="What can be shipped before any project.")
    price: Annotated[
        Annotated[PriceSeries, Tag("as-value")] | Annotated[Tiers, Tag("as-tiers")],
        Discriminator(lambda v: "as-tiers" if isinstance(v, Mapping) and "tiers" in v else "as-value"),
    ] = Field(Series.constant(0.0), description="Price outside contracts, or tiers of rising price.")
    lead_time: Duration = Field(0.0, description="Time from shipping to arrival.")
    freight: PriceSeries = Field(Series.constant(0.0), description="Cost of shipping a unit.")
    tariff: TariffSeries = Field(Series.constant(0.0), description="Share of the price.")
    emissions: Intensity = Field(0.0, description="t CO2e per unit shipped.")

    @cached_property
    def tiers(self) -> tuple[Tier, ...]:
        """Price tiers; a plain price is one tier without limit."""
        return self.price.tiers if isinstance(self.price, Tiers) else (Tier.model_construct(quantity=None, price=self.price),)

    @property
    def mined_in(self) -> str | None:
        """Country of origin."""
        return self.origin or self.country


class Window(Base):
    """Dates between which a decision may be taken, both included."""

    earliest: Date | None = Field(None, description="First day; default the horizon's start.")
    latest: Date | None = Field(None, description="Last day; default the horizon's end.")

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.earliest is not None and self.latest is not None and self.latest < self.earliest:
            yield ("latest",), f"the window is empty: 'latest' {self.latest} lies before 'earliest' {self.earliest}", "swap or move the dates"
        elif context.calendar is not None and not any(self.holds(period.start) for period in context.calendar.periods):
            yield (), "the window is empty: no period of the horizon starts inside it", "decisions are taken at the start of a period"

    def holds(self, day: dt.date) -> bool:
        """Whether a decision may be taken on the day."""
        return (self.earliest is None or day >= self.earliest) and (self.latest is None or day <= self.latest)


class SizeChoice(Base):
    """Nameplate to be decided."""

    max: Rate | None = Field(None, description="Largest nameplate; absent: no limit.")


class DelayRamp(Base):
    """Nothing until ``delay``, then linear to 100 % at ``full``, both since commitment."""

    delay: Duration = Field(0.0, description="Time from commitment to first output.")
    full: Duration | None = Field(None, description="Time from commitment to 100 %; default at once after the delay.")

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.full is not None and self.full < self.delay:
            yield ("full",), f"'full' ({self.full:g} years) lies before 'delay' ({self.delay:g} years)", "both count from the commitment"


class CurveRamp(Base):
    """Piecewise linear through points, 0 before the first and constant after the last."""

    curve: Annotated[tuple[tuple[float, float], ...], Curve()] = Field(description="Points {time: share}, or a list of [time, share] that may jump.")


def _ramp_form(value: Any) -> str:
    if isinstance(value, Mapping):
        return "as-curve" if "curve" in value else "as-delay"
    return "as-value"


class Stage(Base):
    """A payment some time after the commitment."""

    after: Duration = Field(0.0, description="Time since the commitment.")
    cost: Annotated[float, Quantity(Kind.CAPEX)] = Field(description="Money per unit/yr of nameplate.")


class Stages(Base):
    """Payments by milestone."""

    stages: tuple[Stage, ...] = Field(min_length=1, description="Payments by milestone.")


class Project(Entity):
    """A capacity ramp-up: a fact (``committed``) or a decision (``decide``)."""

    adds_to: Annotated[str, Ref(("suppliers", "processes", "stockpiles"))] = Field(description="Supplier, process or stockpile that gains capacity.")
    committed: Date | None = Field(None, description="Date of a decision already taken.")
    decide: Window | None = Field(None, description="Dates between which it may be decided.")
    size: Annotated[Annotated[Rate, Tag("as-value")] | Annotated[SizeChoice, Tag("as-map")], Discriminator(_value_or_map)] = Field(
        SizeChoice.model_construct(), description="Nameplate: a number where committed, {max: …} where decided."
    )
    ramp: Annotated[
        Annotated[Duration, Tag("as-value")] | Annotated[DelayRamp, Tag("as-delay")] | Annotated[CurveRamp, Tag("as-curve")], Discriminator(_ramp_form)
    ] = Field(0.0, description="From commitment to capacity: a duration, {delay, full} or {curve}.")
    capex: Annotated[Annotated[Annotated[float, Quantity(Kind.CAPEX)], Tag("as-value")] | Annotated[Stages, Tag("as-map")], Discriminator(_value_or_map)] = (
        Field(0.0, description="Money per unit/yr of nameplate, or {stages: [{after, cost}]}.")
    )
    fixed_cost: Price = Field(0.0, description="Money per unit/yr of available capacity, per year.")
    life: Duration | None = Field(None, description="Years of production; absent: endless.")
    salvage: Literal["straight_line", "none"] = Field("none", description="What unused life is worth at the end of the horizon.")

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Materials of what it adds to."""
        target = str(data.get("adds_to"))
        return next((context.owner[kind, target] for kind in ("suppliers", "processes", "stockpiles") if (kind, target) in context.owner), [])

    @classmethod
    def stores(cls, data: Mapping[str, Any], context: Context) -> bool:
        """A stockpile's project adds an amount."""
        return ("stockpiles", str(data.get("adds_to"))) in context.owner

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.adds_to in context.unlimited:
            problem = f"'{self.adds_to}' has no capacity, so it is unlimited and nothing can be added"
            yield ("adds_to",), problem, f"give {self.adds_to} a capacity, 0 if it starts from nothing"
        if (self.committed is None) == (self.decide is None):
            yield (), "needs either 'committed' (a fact) or 'decide' (a decision)", "write decide: {earliest: 2026-03, latest: 2030-01}"
        elif self.committed is not None and isinstance(self.size, SizeChoice):
            yield ("size",) if "size" in self.model_fields_set else (), "a committed project needs its size as a number", "write size: 250 t/yr"
        elif self.decide is not None and not isinstance(self.size, SizeChoice):
            yield ("size",), "the size of a decision is a choice", f"write size: {{max: {self.size:g}}}"
        if self.salvage == "straight_line" and not self.life:
            yield ("salvage",), "straight_line needs 'life'", "add for instance life: 20 years"
        if self.life == 0:
            yield ("life",), "a life of 0 years means nothing", "leave it out for an endless life"

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """The ramp as points (years since commitment, share of nameplate)."""
        if isinstance(self.ramp, CurveRamp):
            return self.ramp.curve
        if isinstance(self.ramp, DelayRamp):
            return (self.ramp.delay, 0.0), (self.ramp.delay if self.ramp.full is None else self.ramp.full, 1.0)
        return (0.0, 0.0), (self.ramp, 1.0)

    @property
    def stages(self) -> tuple[tuple[float, float], ...]:
        """Capex as (years after commitment, money per unit/yr)."""
        if isinstance(self.capex, Stages):
            return tuple((stage.after, stage.cost) for stage in self.capex.stages)
        return ((0.0, self.capex),)


class Contract(Entity):
    """A right and a duty towards a supplier; uses its capacity."""

    supplier: Annotated[str, Ref(("suppliers",))] = Field(description="Who delivers.")
    party: PartyId = Field(None, validate_default=True, description="Who buys; default the only party.")
    quantity: RateSeries = Field(description="Contracted quantity.")
    price: PriceSeries = Field(Series.constant(0.0), description="Contract price.")
    start: Date | None = Field(None, description="First day; default the horizon's start.")
    end: Date | None = Field(None, description="First day after the contract; default the horizon's end.")
    take_or_pay: Share = Field(0.0, description="Share of the quantity that must be lifted or paid for, per period.")
    breach_price: PriceSeries | None = Field(None, description="Paid per unit below the minimum; default the price.")
    sign: Window | None = Field(None, description="Absent: signed already. Present: the plan chooses a share.")

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """The supplier's material."""
        return context.owner.get(("suppliers", str(data.get("supplier"))), [])

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        yield from _need_order(self.start, self.end, ("start", "end"))


class Final(Base):
    """What the end of the horizon asks of a stockpile, and pays for."""

    min: Annotated[Stock | Literal["initial"], StockAmount(same=True)] = Field(Stock(), description="Least level: an amount, days of demand, or 'initial'.")
    value: Price = Field(0.0, description="Value per unit left.")


class Stockpile(Entity):
    """A store of one material of one party."""

    party: PartyId = Field(None, validate_default=True, description="Whose demand it serves; default the only party.")
    material: MaterialId = Field(description="What is stored.")
    owner: Text = Field("", description="Free text, shown.")
    initial: Annotated[Stock, StockAmount()] = Field(Stock(), description="Level at the horizon's start: an amount or days of demand.")
    capacity: Annotated[Stock, StockAmount()] | None = Field(None, description="Largest level; absent: unlimited.")
    floor: Annotated[StockSeries, StockSeriesOf()] | None = Field(None, description="Least level at the end of each period.")
    floor_penalty: Holding | None = Field(None, description="Makes the floor soft: money per unit-year below.")
    max_draw: Rate | None = Field(None, description="Largest draw.")
    max_fill: Rate | None = Field(None, description="Largest fill.")
    release: Date | None = Field(None, description="No draw before.")
    holding_cost: Annotated[Series, SeriesOf(Kind.HOLDING)] = Field(
        Series.constant(0.0), description="Money per unit-year on the level at the end of each period."
    )
    draw_cost: Price = Field(0.0, description="Money per unit drawn.")
    fill_cost: Price = Field(0.0, description="Money per unit filled.")
    loss: YearlyShare = Field(0.0, description="Share of the level lost per year.")
    final: Final = Field(Final.model_construct(), description="What must be left at the end, and what it is worth.")
    negotiable: Negotiable = None


class ShortageTier(Base):
    """Part of a demand that may go unmet at a cost."""

    share: Share | None = Field(None, description="Width of the tier as a share of demand; absent: all the rest.")
    cost: Price = Field(description="Cost per unit unmet.")


class Substitute(Base):
    """Another material that does the same job."""

    ratio: Ratio = Field(1.0, description="Units of the substitute that replace one unit.")
    cost: Price = Field(0.0, description="Extra cost per unit of demand served this way.")
    max_share: Share = Field(1.0, description="Largest share of demand served this way.")
    from_: Date | None = Field(None, alias="from", description="Not before.")


class Returns(Base):
    """What comes back after use."""

    material: MaterialId = Field(description="Material that comes back.")
    ratio: Ratio = Field(description="Units returned per unit served.")
    after: Duration = Field(0.0, description="Time from use to return.")


class Demand(Entity):
    """A use of a material."""

    party: PartyId = Field(None, validate_default=True, description="Whose demand; default the only party.")
    material: MaterialId = Field(description="What is used.")
    quantity: RateSeries = Field(description="How much is wanted.")
    shortage: (
        Annotated[
            Annotated[Price, Tag("as-value")] | Annotated[tuple[ShortageTier, ...], Field(min_length=1), Tag("as-list")],
            Discriminator(lambda v: "as-list" if isinstance(v, (list, tuple)) else "as-value"),
        ]
        | None
    ) = Field(None, description="Cost of unmet demand: a price, or tiers of rising cost; absent: forbidden.")
    min_service: Share = Field(0.0, description="Share that must be served.")
    substitutes: dict[MaterialId, Substitute] = Field(default_factory=dict, description="Other materials that do the same job.")
    returns: Returns | None = Field(None, description="Scrap that comes back after use.")
    negotiable: Negotiable = None

    @property
    def shortage_tiers(self) -> tuple[tuple[float | None, float], ...]:
        """(share or None, cost) in order; empty where shortage is forbidden."""
        if self.shortage is None:
            return ()
        if isinstance(self.shortage, tuple):
            return tuple((tier.share, tier.cost) for tier in self.shortage)
        return ((None, self.shortage),)

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        tiers = self.shortage_tiers
        for index, (lower, upper) in enumerate(itertools.pairwise(tiers), 1):
            if upper[1] < lower[1]:
                yield ("shortage", index, "cost"), f"the cost falls from {lower[1]:g} to {upper[1]:g}", "order the tiers by rising cost"
            if lower[0] is None:
                yield ("shortage", index - 1), "has no share, so later tiers are never reached", "give every tier but the last a share"
        if self.material in self.substitutes:
            yield ("substitutes", self.material), f"'{self.material}' cannot replace itself", "name another material"


class Process(Entity):
    """Turns materials into others."""

    party: PartyId = Field(None, validate_default=True, description="Who runs it; default the only party.")
    inputs: dict[MaterialId, Ratio] = Field(default_factory=dict, description="Units used per unit of activity.")
    outputs: dict[MaterialId, Ratio] = Field(default_factory=dict, description="Units made per unit of activity.")
    capacity: RateSeries | None = Field(None, description="Activity per year; absent: unlimited.")
    cost: Annotated[Series, SeriesOf(Kind.PRICE, low=None)] = Field(Series.constant(0.0), description="Money per unit of activity.")
    emissions: Intensity = Field(0.0, description="t CO2e per unit of activity.")

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Inputs, then outputs: activity is counted in units of the first."""
        return [str(key) for part in ("inputs", "outputs") if isinstance(data.get(part), Mapping) for key in data[part]]


class Route(Entity):
    """A way from one party to another."""

    from_: PartyId = Field(alias="from", description="Sending party.")
    to: PartyId = Field(description="Receiving party, who pays.")
    materials: MaterialIds = Field(description="What it can carry.")
    capacity: RateSeries | None = Field(None, description="All materials together, in units of the first; absent: unlimited.")
    cost: Annotated[dict[str, Series], ByMaterial(series=True)] = Field(default_factory=dict, description="Money per unit sent, of each material.")
    loss: Share = Field(0.0, description="Share lost on the way.")
    lead_time: Duration = Field(0.0, description="Time from sending to arrival.")

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Materials it carries."""
        materials = data.get("materials")
        return [m for m in materials if isinstance(m, str)] if isinstance(materials, (list, tuple)) else []

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        if self.from_ == self.to:
            yield ("to",), f"goes from '{self.from_}' to itself", "name another party"
        if self.capacity is not None and len({context.units[m].dimension for m in self.materials if m in context.units}) > 1:
            yield ("capacity",), "bounds materials counted by mass and in pieces together", "make a route of each kind"


class InTransit(Entity):
    """A shipment on its way when the horizon starts."""

    party: PartyId = Field(None, validate_default=True, description="Who receives it; default the only party.")
    material: MaterialId = Field(description="What arrives.")
    quantity: Amount = Field(description="How much arrives.")
    arrives: Date = Field(description="When it arrives.")


class Match(Base):
    """What an event acts on: all given keys must match."""

    country: Annotated[tuple[Code, ...], Once] | None = Field(None, description="Countries exported from.")
    origin: Annotated[tuple[Code, ...], Once] | None = Field(None, description="Countries mined in.")
    suppliers: Annotated[tuple[Annotated[str, Ref(("suppliers",))], ...], Once] | None = Field(None, description="Suppliers.")
    processes: Annotated[tuple[Annotated[str, Ref(("processes",))], ...], Once] | None = Field(None, description="Processes.")
    materials: Annotated[tuple[MaterialId, ...], Once] | None = Field(None, description="Materials.")
    parties: Annotated[tuple[Annotated[str, Ref(("parties",))], ...], Once] | None = Field(None, description="Parties.")


class Event(Entity):
    """Something that happens between two dates."""

    from_: Date | None = Field(None, alias="from", description="First day; default the horizon's start.")
    until: Date | None = Field(None, description="First day after; default the horizon's end.")
    match: Match = Field(Match.model_construct(), description="What it acts on; absent: everything.")
    spot: Share | None = Field(None, description="Share of capacity open outside contracts and to new contracts.")
    contracts: Share | None = Field(None, description="Share of contract quantity still delivered.")
    capacity: Factor | None = Field(None, description="Factor on the capacity of suppliers and processes.")
    price: Factor | None = Field(None, description="Factor on prices outside contracts.")
    tariff: Annotated[float, Quantity(Kind.SHARE, -1.0, 10.0)] | None = Field(None, description="Added to tariffs.")
    lead_time: Duration | None = Field(None, description="Added to lead times.")
    commitments: Share | None = Field(None, description="Share of decisions still allowed.")
    demand: Factor | None = Field(None, description="Factor on demands.")
    draw: Factor | None = Field(None, description="Factor on the draw rate of stockpiles.")

    @property
    def cuts(self) -> bool:
        """Whether it takes sales, contracts or capacity away, wholly or in part."""
        return any(share is not None and share < 1 for share in (self.spot, self.contracts, self.capacity))

    @property
    def cut_off(self) -> set[str]:
        """Countries whose sales, contracts or capacity it takes away."""
        return {*(self.match.origin or ()), *(self.match.country or ())} if self.cuts else set()

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        yield from _need_order(self.from_, self.until, ("from", "until"))


class _Policy(Entity):
    from_: Date | None = Field(None, alias="from", description="First day; takes the periods more than half inside.")
    until: Date | None = Field(None, description="First day after.")
    parties: PartyIds | None = Field(None, description="Parties it holds for; default all.")
    negotiable: Negotiable = None

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        ordered = list(_need_order(self.from_, self.until, ("from", "until")))
        yield from ordered
        if not ordered and context.calendar is not None:
            first, last = self.from_ or context.calendar.start, self.until or context.calendar.end
            if not any(period.share(first, last) > 0.5 for period in context.calendar.periods):
                yield ("from" if self.from_ else "until",), "the window is empty: no period lies more than half inside it", "move the dates"

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Materials it names, or those of the stockpiles and demands it names."""
        found: list[str] = []
        for key in ("materials", "stockpiles", "demands"):
            items = data.get(key)
            for item in items if isinstance(items, (list, tuple)) else []:
                if not isinstance(item, str):
                    continue
                found += [item] if key == "materials" else context.owner.get((key, str(item)), [])
        return found or (list(context.ids["materials"]) if data.get("kind") in ("max_share", "min_cover", "min_service") else [])


Per = Annotated[
    Literal["period", "year", "total"], Field(description="Window over which it adds up: period, year (calendar year of the period's start) or total.")
]
UnitPenalty = Annotated[Annotated[dict[str, float], ByMaterial()] | None, Field(description="Makes it soft: money per unit of its left-hand side.")]


class MaxShare(_Policy):
    """No origin, country or supplier above a share of what is shipped, for each material and party."""

    kind: Literal["max_share"]
    by: Literal["origin", "country", "supplier"] = Field(description="What is counted together.")
    of: Annotated[tuple[Code, ...], Once] | None = Field(None, description="Whom it caps, each by itself; default every one.")
    materials: MaterialIds | None = Field(None, description="Materials; default all.")
    share: Share = Field(description="Largest share.")
    per: Per = "period"
    penalty: UnitPenalty = None


class Budget(_Policy):
    """A limit on undiscounted money by due date."""

    kind: Literal["budget"]
    covers: Annotated[
        Annotated[tuple[Literal["purchases", "contracts", "capex", "fixed", "storage", "process", "transport"], ...], Once],
        Field(min_length=1),
    ] = Field(description="What it covers.")
    limit: Annotated[float, Quantity(Kind.MONEY)] = Field(description="Money per window.")
    per: Per = "period"
    penalty: Annotated[float, Quantity(Kind.SHARE)] | None = Field(None, description="Makes it soft: money per unit of money above.")


class MaxEmissions(_Policy):
    """A limit on what suppliers ship and processes do."""

    kind: Literal["max_emissions"]
    limit: Annotated[float, Quantity(Kind.CO2)] = Field(description="t CO2e per window.")
    per: Per = "period"
    penalty: Annotated[float, Quantity(Kind.CO2_PRICE)] | None = Field(None, description="Makes it soft: money per t CO2e above.")


class StockLimit(_Policy):
    """A limit on several stockpiles together, at the end of each period."""

    kind: Literal["stock_limit"]
    stockpiles: Annotated[tuple[Annotated[str, Ref(("stockpiles",))], ...], Once, Field(min_length=1)] = Field(description="Stockpiles added up.")
    limit: Amount = Field(description="Largest level, in units of the first one's material.")
    per: Per = "period"
    penalty: UnitPenalty = None

    @override
    def flaws(self, context: Context) -> Iterator[Flaw]:
        yield from _Policy.flaws(self, context)
        materials = [m for k in self.stockpiles for m in context.owner.get(("stockpiles", k), [])]
        if len({context.units[m].dimension for m in materials if m in context.units}) > 1:
            yield ("stockpiles",), "adds up materials counted by mass and in pieces", "make a policy of each kind"


class MinService(_Policy):
    """Each demand is served to a share."""

    kind: Literal["min_service"]
    demands: Annotated[tuple[Annotated[str, Ref(("demands",))], ...], Once, Field(min_length=1)] | None = Field(
        None, description="Demands, each by itself; default all."
    )
    share: Share = Field(description="Least share served.")
    per: Per = "period"
    penalty: UnitPenalty = None


class MinCover(_Policy):
    """Stock at the end of each period against days of demand at the horizon's start."""

    kind: Literal["min_cover"]
    materials: MaterialIds | None = Field(None, description="Materials, each by itself; default all.")
    days: Annotated[float, Days()] = Field(description="Days of demand.")
    per: Per = "period"
    penalty: UnitPenalty = None


Policy = Annotated[MaxShare | Budget | MaxEmissions | StockLimit | MinService | MinCover, Field(discriminator="kind")]


class Scenario(Base):
    """One planning question."""

    version: Literal[1] = Field(description="Version of the language.")
    title: Text = Field("", description="Shown above results.")
    horizon: Horizon = Field(description="What is planned: from when to when, in which periods.")
    money: MoneySettings = Field(MoneySettings.model_construct(), description="Currency, exchange rates and discounting.")
    parties: dict[Id, Party] = Field(default_factory=dict, description="Who plans; default one party called home.")
    materials: dict[Id, Material] = Field(default_factory=dict, description="What is bought, made, stored and used.")
    suppliers: dict[Id, Supplier] = Field(default_factory=dict, description="Who can ship a material.")
    projects: dict[Id, Project] = Field(default_factory=dict, description="Capacity ramp-ups, decided or to be decided.")
    contracts: dict[Id, Contract] = Field(default_factory=dict, description="Rights and duties towards suppliers.")
    stockpiles: dict[Id, Stockpile] = Field(default_factory=dict, description="Stores.")
    demands: dict[Id, Demand] = Field(default_factory=dict, description="Uses of materials.")
    processes: dict[Id, Process] = Field(default_factory=dict, description="Separation, metal making, recycling, thrifting.")
    routes: dict[Id, Route] = Field(default_factory=dict, description="Ways between parties.")
    in_transit: tuple[InTransit, ...] = Field((), description="Shipped before the horizon.")
    events: dict[Id, Event] = Field(default_factory=dict, description="What happens.")
    policies: dict[Id, Policy] = Field(default_factory=dict, description="Limits on the plan as a whole.")

    def unit(self, material: str) -> str:
        """Unit of a material; a plain word for a process without any."""
        return self.materials[material].unit if material in self.materials else "unit"

    def size_unit(self, project: str) -> str:
        """Unit of a project's size: what it adds to a supplier or a process is a rate, what it adds to a stockpile is room."""
        target = self.projects[project].adds_to
        unit = self.unit(self.counted_in(target))
        return unit if target in self.stockpiles else f"{unit}/yr"

    def counted_in(self, key: str) -> str:
        """Material in whose units a process, or what a project adds to, counts; empty for a process without materials.

        What a project adds to is named by its id alone, so it is of one kind; a process may share its id with something else.
        """
        if key in self.processes:
            process = self.processes[key]
            return next(iter((*process.inputs, *process.outputs)), "")
        return (self.suppliers if key in self.suppliers else self.stockpiles)[key].material

    @property
    def party_ids(self) -> tuple[str, ...]:
        """Parties in order; ``home`` where none is named."""
        return tuple(self.parties) or ("home",)
