"""Where each unit of a material comes from and where it goes, by party and period; both sides add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from planner.report.case import Case

ALL = ""
"""All parties together: what they send each other cancels out."""
ROUNDING = 1e-6
"""What a side may lack, of what is needed in a usual period, before something is missing in it."""
Key = tuple[str, str]
"""(kind, id): ``supplier``, ``transit``, ``process``, ``stock``, ``returned``, ``substitute``, ``short`` bring; ``demand``, ``process``,
``stock``, ``stands_in``, ``sent``, ``disposal``, ``lost`` take."""
Amounts = dict[Key, dict[str, float]]


@dataclass
class Flows:
    """Of one material and party: amounts by source or use, and period, in the material's unit."""

    sources: Amounts = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    uses: Amounts = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))

    def total(self, side: str, period: str) -> float:
        """Everything on one side in a period."""
        amounts = self.sources if side == "sources" else self.uses
        return sum(periods.get(period, 0.0) for periods in amounts.values())


def flows_of(case: Case) -> dict[tuple[str, str], Flows]:
    """All flows of a plan by (material, party), the party being ``ALL`` for all of them together.

    A shortage is a source, so that the sources of a demand are what is wanted of it.
    """
    found: dict[tuple[str, str], Flows] = defaultdict(Flows)
    several = len(case.scenario.party_ids) > 1
    for side, material, party, key, period, units in _known(case):
        getattr(found[material, party], side)[key][period] += units
        if several and key[0] != "sent":
            getattr(found[material, ALL], side)[key][period] += units
    for (material, _), flows in found.items():
        _complete(case, material, flows)
    if not several:
        found = defaultdict(Flows, {(material, ALL): flows for (material, _), flows in found.items()})
    return {key: flows for key, flows in found.items() if key[0] in case.figures["mix"] and flows.uses}


Flow = tuple[str, str, str, Key, str, float]


def _known(case: Case) -> Iterator[Flow]:
    """(side, material, party, key, period, units) of everything that the tables say."""
    for row in case.rows("arrivals"):
        key = ("transit", "in_transit") if row["source"] == "in_transit" else ("supplier", row["source"])
        yield "sources", row["material"], row["party"], key, row["period"], row["value"]
    for row in case.rows("processes"):
        if row["measure"] != "activity":
            side = "sources" if row["measure"] == "made" else "uses"
            yield side, row["material"], row["party"], ("process", row["process"]), row["period"], row["value"]
    yield from _stock(case)
    yield from _demands(case)
    for row in case.rows("disposals"):
        yield "uses", row["material"], row["party"], ("disposal", ""), row["period"], row["value"]
    for row in case.rows("transfers"):
        yield "uses", row["material"], row["from"], ("sent", row["to"]), row["period"], row["value"]


def _stock(case: Case) -> Iterator[Flow]:
    """What is drawn less what is filled in the same period."""
    net: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for row in case.rows("stockpiles"):
        if row["measure"] in ("draw", "fill"):
            net[row["stockpile"], row["material"], row["party"], row["period"]] += row["value"] if row["measure"] == "draw" else -row["value"]
    for (pile, material, party, period), units in net.items():
        yield ("sources" if units > 0 else "uses"), material, party, ("stock", pile), period, abs(units)


def _demands(case: Case) -> Iterator[Flow]:
    for row in case.rows("demands"):
        demand, material, party, period, units = row["demand"], row["material"], row["party"], row["period"], row["value"]
        if row["measure"] == "wanted":
            yield "uses", material, party, ("demand", demand), period, units
        elif row["measure"] == "short":
            yield "sources", material, party, ("short", demand), period, units
        elif row["measure"] == "substituted":
            yield "sources", material, party, ("substitute", row["by"]), period, units
            ratio = case.scenario.demands[demand].substitutes[row["by"]].ratio
            yield "uses", row["by"], party, ("stands_in", demand), period, ratio * units


def _complete(case: Case, material: str, flows: Flows) -> None:
    """Add what no table says: returns from use, arrivals by routes, losses on them."""
    returned = any(demand.returns is not None and demand.returns.material == material for demand in case.scenario.demands.values())
    routed = any(material in route.materials for route in case.scenario.routes.values())
    name = "returned_routes" if returned and routed else "routes" if routed else "returned"
    totals = {period.label: (flows.total("sources", period.label), flows.total("uses", period.label)) for period in case.periods}
    usual = sum(max(pair) for pair in totals.values()) / len(totals)
    for period, (came, went) in totals.items():
        if went - came > ROUNDING * usual:
            flows.sources["returned", name][period] += went - came
        elif came - went > ROUNDING * usual:
            flows.uses["lost", ""][period] += came - went


NAMES = {
    ("transit", "in_transit"): "Shipped before the start",
    ("returned", "returned"): "Returned from use",
    ("returned", "routes"): "From other parties",
    ("returned", "returned_routes"): "Returned from use, and from other parties",
    ("disposal", ""): "Thrown away or sold off",
    ("lost", ""): "Lost or on its way",
}
KINDS = {"supplier": "suppliers", "process": "processes", "stock": "stockpiles", "demand": "demands", "short": "demands", "stands_in": "demands"}
WORDS = {"stock": "{}", "short": "Short: {}", "stands_in": "Stands in for: {}", "substitute": "Substitute: {}", "sent": "Sent to {}"}


def name_of(case: Case, key: Key) -> str:
    """What a source or a use is called on the page."""
    if key in NAMES:
        return NAMES[key]
    kind, item = key
    plural = KINDS.get(kind, "materials" if kind == "substitute" else "parties")
    return WORDS.get(kind, "{}").format(case.label(plural, item))
