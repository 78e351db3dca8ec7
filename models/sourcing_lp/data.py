"""The data contract: everything the linear program needs, as plain numbers in sparse dictionaries.

One frozen dataclass a subject. A key that is absent means "no limit" or "zero", as each field says, so only tuples that
can matter exist. Index letters are those of ``models/README.md``: ``t, v`` periods, ``m`` material, ``g`` party,
``s`` supplier, ``j`` price tier, ``c`` contract, ``p`` process, ``e`` project, ``k`` stockpile, ``n`` demand,
``i`` shortage tier, ``r`` route. Quantities are in the unit of the material they belong to, times in nominal years,
money in the currency of the scenario, undiscounted unless a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RowKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TimeData:
    """Periods and discount factors."""

    periods: tuple[str, ...]
    """Labels in order of time."""
    years: Mapping[str, float]
    """[t] nominal length in years."""
    discount: Mapping[str, float]
    """[t] discount factor of the middle of the period."""
    final_discount: float
    """Discount factor of the end of the horizon."""


@dataclass(frozen=True, slots=True)
class SupplyData:
    """Suppliers: what they can ship, to whom, at which price, and when it arrives."""

    material: Mapping[str, str]
    """[s] what it ships."""
    purchases: tuple[tuple[str, int, str, str], ...]
    """(s, j, g, t) that can be non-zero."""
    offers: Mapping[tuple[str, str, str], tuple[int, ...]]
    """[s, g, t] price tiers open to the party."""
    buyers: Mapping[tuple[str, str], tuple[str, ...]]
    """[s, t] parties that can receive something."""
    pairs: Mapping[str, tuple[tuple[str, str], ...]]
    """[t] tuples (s, g): who can ship to whom."""
    capacity: Mapping[tuple[str, str], float]
    """[s, t] units/yr without decisions: base capacity and committed projects."""
    availability: Mapping[tuple[str, str], float]
    """[s, t] share of capacity that events leave."""
    spot: Mapping[tuple[str, str, str], float]
    """[s, g, t] share of capacity open outside contracts, only where below 1."""
    tier_limit: Mapping[tuple[str, int, str], float]
    """[s, j, t] units/yr, only where limited."""
    price: Mapping[tuple[str, int, str, str], float]
    """[s, j, g, t] money/unit, price factors of events included."""
    freight: Mapping[tuple[str, str], float]
    """[s, t] money/unit."""
    tariff: Mapping[tuple[str, str, str], float]
    """[s, g, t] share of the price."""
    landed: Mapping[tuple[str, str, str], float]
    """[s, g, t] share of what ships in t that arrives inside the horizon, and is charged."""
    arrivals: Mapping[tuple[str, str, str], tuple[tuple[str, str, float], ...]]
    """[m, g, t] tuples (s, ship period, share of that shipment)."""
    emissions: Mapping[str, float]
    """[s] t CO2e/unit."""


@dataclass(frozen=True, slots=True)
class RampData:
    """Projects: decisions that turn into capacity later. Committed ones are constants here."""

    material: Mapping[str, str]
    """[e] material that the capacity is counted in."""
    commits: tuple[tuple[str, str], ...]
    """(e, v) in which a project may be decided."""
    windows: Mapping[str, tuple[str, ...]]
    """[e] decision periods."""
    ramp: Mapping[tuple[str, str, str], float]
    """[e, v, t] mean of the ramp over t for a commitment at the start of v, only where above 0."""
    growing: tuple[tuple[str, str], ...]
    """(e, t) in which a decision could have capacity."""
    projects_on: Mapping[tuple[str, str], tuple[str, ...]]
    """[supplier, process or stockpile, t] projects that may have capacity there."""
    size_max: Mapping[str, float]
    """[e] largest nameplate, units/yr."""
    gate: Mapping[tuple[str, str], float]
    """[e, v] share of ``size_max`` that events leave open, only where below 1."""
    capex: Mapping[tuple[str, str], float]
    """[e, v] money per unit/yr committed in v, discounted from the stages' own dates."""
    payments: Mapping[tuple[str, str, str], float]
    """[e, v, t] undiscounted capex due in t per unit/yr committed in v."""
    salvage: Mapping[tuple[str, str], float]
    """[e, v] money per unit/yr committed in v, discounted."""
    fixed_cost: Mapping[str, float]
    """[e] money per unit/yr available, per year."""
    committed_capex: float
    """Discounted capex of committed projects inside the horizon."""
    committed_fixed_cost: float
    """Discounted fixed cost of committed projects."""
    committed_salvage: float
    """Discounted salvage of committed projects."""


@dataclass(frozen=True, slots=True)
class ContractData:
    """Contracts: rights and duties towards a supplier."""

    lifts: tuple[tuple[str, str], ...]
    """(c, t) in which there is something to lift."""
    lifts_of: Mapping[tuple[str, str, str], tuple[str, ...]]
    """[s, g, t] contracts."""
    supplier: Mapping[str, str]
    party: Mapping[str, str]
    volume: Mapping[tuple[str, str], float]
    """[c, t] units a period at full signature: quantity, window and honoured share."""
    minimum: Mapping[tuple[str, str], float]
    """[c, t] units a period that must be lifted or paid for, only where above 0."""
    price: Mapping[tuple[str, str], float]
    """[c, t] money/unit."""
    breach_price: Mapping[tuple[str, str], float]
    """[c, t] money/unit below the minimum."""
    sign_windows: Mapping[str, tuple[str, ...]]
    """[c] signing periods of contracts not signed yet; signed ones are absent."""
    sign_gate: Mapping[tuple[str, str], float]
    """[c, v] largest share that may be signed, only where below 1."""


@dataclass(frozen=True, slots=True)
class StockData:
    """Stockpiles."""

    stockpiles: tuple[str, ...]
    material: Mapping[str, str]
    party: Mapping[str, str]
    initial: Mapping[str, float]
    retention: Mapping[tuple[str, str], float]
    """[k, t] share of the level before t that is left after its losses in t."""
    draws: tuple[tuple[str, str], ...]
    """(k, t) in which the stockpile is open."""
    capacity: Mapping[tuple[str, str], float]
    """[k, t] units, only where limited."""
    floor: Mapping[tuple[str, str], float]
    """[k, t] units, only where above 0."""
    floor_penalty: Mapping[str, float]
    """[k] money per unit-year below a soft floor; absent where the floor is hard."""
    max_draw: Mapping[tuple[str, str], float]
    """[k, t] units a period, only where limited."""
    max_fill: Mapping[tuple[str, str], float]
    """[k, t] units a period, only where limited."""
    holding_cost: Mapping[tuple[str, str], float]
    """[k, t] money per unit-year on the level at the end of t."""
    draw_cost: Mapping[str, float]
    fill_cost: Mapping[str, float]
    final_min: Mapping[str, float]
    """[k] units at the end of the horizon, only where above 0."""
    final_value: Mapping[str, float]
    """[k] money/unit left at the end."""
    in_place: Mapping[tuple[str, str], tuple[str, ...]]
    """[m, g] stockpiles of the material and party."""


@dataclass(frozen=True, slots=True)
class ConversionData:
    """Processes that turn materials into others, and routes between parties."""

    processes: tuple[str, ...]
    material: Mapping[str, str]
    """[p] material that activity is counted in: the first input, else the first output."""
    capacity: Mapping[tuple[str, str], float]
    """[p, t] activity/yr without decisions, only where limited."""
    availability: Mapping[tuple[str, str], float]
    """[p, t] share of capacity that events leave, only where limited."""
    cost: Mapping[tuple[str, str], float]
    """[p, t] money per unit of activity."""
    emissions: Mapping[str, float]
    """[p] t CO2e per unit of activity."""
    made: Mapping[tuple[str, str], tuple[tuple[str, float], ...]]
    """[m, g] tuples (p, output per unit of activity)."""
    used: Mapping[tuple[str, str], tuple[tuple[str, float], ...]]
    """[m, g] tuples (p, input per unit of activity)."""
    transfers: tuple[tuple[str, str, str], ...]
    """(r, m, t)."""
    departures: Mapping[tuple[str, str], tuple[str, ...]]
    """[m, g] routes out."""
    transfer_arrivals: Mapping[tuple[str, str, str], tuple[tuple[str, str, float], ...]]
    """[m, g, t] tuples (r, sending period, share received)."""
    route_materials: Mapping[str, tuple[tuple[str, float], ...]]
    """[r] tuples (m, units of the route's capacity per unit of m)."""
    route_capacity: Mapping[tuple[str, str], float]
    """[r, t] units/yr, only where limited."""
    route_cost: Mapping[tuple[str, str, str], float]
    """[r, m, t] money per unit sent."""


@dataclass(frozen=True, slots=True)
class DemandData:
    """Demands, their substitutes, their shortage and what they return."""

    demand: Mapping[tuple[str, str], float]
    """[n, t] units a period."""
    material: Mapping[str, str]
    party: Mapping[str, str]
    serves: tuple[tuple[str, str, str], ...]
    """(n, m, t): the demand's own material and its substitutes."""
    served_with: Mapping[tuple[str, str], tuple[str, ...]]
    """[n, t] materials that can serve."""
    ratio: Mapping[tuple[str, str], float]
    """[n, m] units of m used per unit of demand served."""
    users: Mapping[tuple[str, str, str], tuple[str, ...]]
    """[m, g, t] demands the material can serve."""
    substitute_cost: Mapping[tuple[str, str], float]
    """[n, m] money per unit served."""
    substitute_limit: Mapping[tuple[str, str, str], float]
    """[n, m, t] units a period, only where limited."""
    shortages: tuple[tuple[str, int, str], ...]
    """(n, i, t)."""
    shortage_tiers: Mapping[str, tuple[int, ...]]
    shortage_cost: Mapping[tuple[str, int], float]
    """[n, i] money/unit."""
    shortage_limit: Mapping[tuple[str, int, str], float]
    """[n, i, t] units a period, only where limited."""
    min_service: Mapping[str, float]
    """[n] share of demand that must be served."""
    returns: Mapping[tuple[str, str, str], tuple[tuple[str, str, float], ...]]
    """[m, g, t] tuples (n, serving period, units returned in t per unit served then)."""


@dataclass(frozen=True, slots=True)
class BalanceData:
    """Where materials meet."""

    balances: tuple[tuple[str, str, str], ...]
    """(m, g, t)."""
    in_transit: Mapping[tuple[str, str, str], float]
    """[m, g, t] units that shipped before the horizon."""
    disposal_cost: Mapping[str, float]
    """[m] money/unit; absent where nothing may be disposed of."""


@dataclass(frozen=True, slots=True)
class Window:
    """The periods over which one policy row adds up."""

    label: str
    periods: tuple[str, ...]
    discount: float
    """Discount factor of the last period, for a penalty."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One origin (country, supplier) may be at most ``share`` of what is shipped to a party."""

    policy: str
    member: str
    material: str
    party: str
    window: Window
    suppliers: tuple[str, ...]
    all_suppliers: tuple[str, ...]
    share: float
    penalty: float | None

    @property
    def key(self) -> RowKey:
        """(policy, item, window)."""
        return self.policy, f"{self.member}.{self.material}.{self.party}", self.window.label


@dataclass(frozen=True, slots=True)
class LimitRow:
    """Money or emissions of a window stay below ``limit``; ``constant`` is what committed projects add."""

    policy: str
    window: Window
    covers: tuple[str, ...]
    parties: tuple[str, ...] | None
    limit: float
    constant: float
    penalty: float | None

    @property
    def key(self) -> RowKey:
        """(policy, item, window)."""
        return self.policy, "all", self.window.label


@dataclass(frozen=True, slots=True)
class StockRow:
    """Weighted stock levels at the end of a period, against a limit or a cover."""

    policy: str
    item: str
    window: Window
    stockpiles: tuple[tuple[str, float], ...]
    level: float
    penalty: float | None

    @property
    def key(self) -> RowKey:
        """(policy, item, window)."""
        return self.policy, self.item, self.window.label


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A demand is served at least to ``share`` over a window."""

    policy: str
    demand: str
    window: Window
    share: float
    penalty: float | None

    @property
    def key(self) -> RowKey:
        """(policy, item, window)."""
        return self.policy, self.demand, self.window.label


PolicyRow = ShareRow | LimitRow | StockRow | ServiceRow


@dataclass(frozen=True, slots=True)
class PolicyData:
    """Policies, one row an origin, party and window. A row with a ``penalty`` [money per unit of its left-hand side] is soft."""

    max_share: tuple[ShareRow, ...]
    budget: tuple[LimitRow, ...]
    max_emissions: tuple[LimitRow, ...]
    stock_limit: tuple[StockRow, ...]
    min_cover: tuple[StockRow, ...]
    service: tuple[ServiceRow, ...]
    project_party: Mapping[str, str]
    """[e] party of a process's or stockpile's project; a supplier's project has none."""
    process_party: Mapping[str, str]
    route_party: Mapping[str, str]
    """[r] receiving party, who pays."""

    @property
    def rows(self) -> tuple[PolicyRow, ...]:
        """The rows of all policies."""
        return *self.max_share, *self.budget, *self.max_emissions, *self.stock_limit, *self.min_cover, *self.service


@dataclass(frozen=True, slots=True)
class SourcingData:
    """One planning question, compiled."""

    time: TimeData
    supply: SupplyData
    ramp: RampData
    contracts: ContractData
    stock: StockData
    conversion: ConversionData
    demand: DemandData
    balance: BalanceData
    policy: PolicyData
