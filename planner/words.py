"""The rows of the model in the scenario's own words: which key sets them, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from planner.compile.events import Target, supplier_target
from planner.compile.projects import project_target
from planner.compile.setting import Setting
from planner.scenario.dates import Calendar
from planner.scenario.schema import MaxShare
from planner.solver.lower import Key

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Rule:
    """What a row of the model says: the key that sets it, and a sentence without a subject."""

    path: Path
    words: str
    reached: str = ""
    """The same of a limit beyond which there is no more, for those who ask what stops them; empty where the words say it already."""

    @property
    def dotted(self) -> str:
        """The key's path as planners write it."""
        return ".".join(map(str, self.path))


POLICY_KEYS = {"max_share": "share", "budget": "limit", "max_emissions": "limit", "stock_limit": "limit", "min_cover": "days", "service_level": "share"}
"""The key that sets the number of each constraint that a policy makes."""
POLICY_WORDS = {
    "max_share": "no origin ships more than its share",
    "budget": "money due stays within the limit",
    "max_emissions": "emissions stay within the limit",
    "stock_limit": "stockpiles together stay within the limit",
    "min_cover": "stock covers so many days of demand",
    "service_level": "demand is served to this share",
}
_ENTITY: dict[str, tuple[str, Path, str]] = {
    "supplier_capacity": ("suppliers", ("capacity",), "ships no more than its capacity"),
    "contract_volume": ("contracts", ("quantity",), "delivers no more than was signed and is honoured"),
    "take_or_pay": ("contracts", ("take_or_pay",), "its minimum is lifted or paid for"),
    "sign_once": ("contracts", ("sign",), "is signed at most once"),
    "capacity_ramp": ("projects", ("ramp",), "gives capacity only along its ramp"),
    "project_size": ("projects", ("size", "max"), "is built up to its largest size"),
    "stock_balance": ("stockpiles", ("initial",), "holds what was there before, and what is put in and taken out"),
    "stock_capacity": ("stockpiles", ("capacity",), "holds no more than its capacity"),
    "stock_floor": ("stockpiles", ("floor",), "stays above its floor"),
    "draw_rate": ("stockpiles", ("max_draw",), "is drawn no faster than allowed"),
    "fill_rate": ("stockpiles", ("max_fill",), "is filled no faster than allowed"),
    "final_stock": ("stockpiles", ("final", "min"), "ends with enough"),
    "process_capacity": ("processes", ("capacity",), "runs within its capacity"),
    "route_capacity": ("routes", ("capacity",), "carries no more than its capacity"),
    "min_service": ("demands", ("min_service",), "is served at least to this share"),
    "shortage_tier": ("demands", ("shortage",), "runs short no further than its tiers allow"),
}
"""Constraints that one key of one entity sets: the map it stands in, the key, and the sentence."""
REACHED = {
    "supplier_capacity": "ships all that it can",
    "contract_volume": "delivers all that was agreed",
    "project_size": "is at its largest size",
    "stock_balance": "used up",
    "stock_capacity": "is full",
    "stock_floor": "is down to its floor",
    "draw_rate": "is drawn as fast as allowed",
    "fill_rate": "is filled as fast as allowed",
    "process_capacity": "runs at its capacity",
    "route_capacity": "carries all that it can",
    "tier_limit": "all at this price is sold",
    "substitute_limit": "the substitute does all that it may",
    "max_share": "the largest share is reached",
    "budget": "the limit of money is reached",
    "max_emissions": "the limit of emissions is reached",
    "stock_limit": "the stockpiles are at their limit",
}
"""What it means that a constraint holds with nothing to spare."""


class Words:
    """Says what rows mean.

    Args:
        setting: The scenario on its grid.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.scenario = setting.scenario

    def rule(self, key: Key) -> Rule:
        """The rule behind a row."""
        rule = self._rule(key)
        return replace(rule, reached=REACHED.get(key[0], ""))

    def _rule(self, key: Key) -> Rule:
        name, index = key
        parts = index if isinstance(index, tuple) else (index,)
        if name in POLICY_KEYS:
            words = POLICY_WORDS[name]
            policy = self.scenario.policies[parts[0]]
            if isinstance(policy, MaxShare):
                words = words.replace("origin", policy.by)
            return Rule(("policies", parts[0], POLICY_KEYS[name]), words)
        if name in _ENTITY:
            kind, tail, words = _ENTITY[name]
            return Rule((kind, parts[0], *tail), words)
        return _SPECIAL[name](self, parts)

    def item(self, key: Key) -> str:
        """Whom a row of a policy is about, such as ``dy_oxide from CN``; empty where it is about all."""
        name, index = key
        if name not in POLICY_KEYS or index[1] == "all":
            return ""
        first, *rest = str(index[1]).split(".")
        if name == "service_level":
            return first
        material, party = (rest[0], rest[1]) if name == "max_share" else (first, rest[0] if rest else "")
        whose = f" of {party}" if len(self.scenario.party_ids) > 1 and party else ""
        return material + whose + (f" from {first}" if name == "max_share" else "")

    def earning(self, column: Key) -> tuple[Path, str]:
        """The key of the price by which a variable can earn, and a sentence."""
        name, index = column
        key = index[0] if isinstance(index, tuple) else index
        earns = {
            "activity": (("processes", key, "cost"), "each unit of activity earns, and nothing limits it"),
            "surplus": (("materials", key, "disposal_cost"), "each unit thrown away earns, and nothing limits it"),
            "stock": (("stockpiles", key, "final", "value"), "each unit left at the end is worth more than it costs, and nothing limits it"),
            "commit": (("projects", key, "salvage"), "each unit of capacity is worth more at the end than it costs, and nothing limits it"),
        }
        return earns.get(name, ((), f"{name} of {key} earns without limit"))

    def tier(self, parts: tuple[Any, ...]) -> Rule:
        """A price tier."""
        return Rule(("suppliers", parts[0], "price", "tiers", parts[1] - 1, "quantity"), "the quantity at this price is limited")

    def substitute(self, parts: tuple[Any, ...]) -> Rule:
        """A substitute's largest share."""
        return Rule(("demands", parts[0], "substitutes", parts[1], "max_share"), "the substitute does no more than this share")

    def demand(self, parts: tuple[Any, ...]) -> Rule:
        """A demand that must be met."""
        demand = self.scenario.demands[parts[0]]
        if not demand.shortage_tiers:
            return Rule(("demands", parts[0], "quantity"), "must be served in full: no 'shortage' allows less")
        return Rule(("demands", parts[0], "quantity"), "is served, or short as far as 'shortage' allows")

    def balance(self, parts: tuple[Any, ...]) -> Rule:
        """A material balance."""
        material, party = parts[:2]
        outlet = "" if self.scenario.materials[material].disposal_cost is not None else ", since nothing may be disposed of"
        return Rule(("materials", material), f"what {party} uses must arrive, and what arrives must be used or stored{outlet}")

    def spot(self, parts: tuple[Any, ...]) -> Rule:
        """Purchases closed by events."""
        supplier = self.scenario.suppliers[parts[0]]
        return self._event("spot", supplier_target(parts[0], supplier, parts[1]), parts[-1], f"closes purchases from {supplier.label or parts[0]}")

    def sign(self, parts: tuple[Any, ...]) -> Rule:
        """Signing closed by events."""
        contract = self.scenario.contracts[parts[0]]
        supplier = self.scenario.suppliers[contract.supplier]
        said = f"closes the signing of {contract.label or parts[0]}"
        by_party, by_all = supplier_target(contract.supplier, supplier, contract.party), supplier_target(contract.supplier, supplier)
        spot, commitments = self._smallest("spot", by_party, parts[-1]), self._smallest("commitments", by_all, parts[-1])
        if spot is None or (commitments is not None and commitments[0] < spot[0]):
            return self._event("commitments", by_all, parts[-1], said)
        return self._event("spot", by_party, parts[-1], said)

    def commitment(self, parts: tuple[Any, ...]) -> Rule:
        """Decisions closed by events."""
        project = self.scenario.projects[parts[0]]
        return self._event("commitments", project_target(self.setting, project), parts[-1], f"closes the decision on {project.label or parts[0]}")

    def _event(self, effect: str, target: Target, label: str, words: str) -> Rule:
        found = self._smallest(effect, target, label)
        return Rule(("events", found[1], effect) if found else ("horizon",), words)

    def _smallest(self, effect: str, target: Target, label: str) -> tuple[float, str] | None:
        """Of the events that act in a period, the one that leaves least: (share, id)."""
        acting = self.setting.events.on(target).acting(effect, self.setting.calendar.named(label))
        return min(((float(getattr(self.scenario.events[key], effect)), key) for key in acting), default=None)


_SPECIAL: dict[str, Callable[[Words, tuple[Any, ...]], Rule]] = {
    "tier_limit": Words.tier,
    "substitute_limit": Words.substitute,
    "demand_balance": Words.demand,
    "material_balance": Words.balance,
    "spot_gate": Words.spot,
    "sign_gate": Words.sign,
    "commitment_gate": Words.commitment,
}
CONSTRAINTS = frozenset({*POLICY_KEYS, *_ENTITY, *_SPECIAL})
"""Every constraint of the model; a test holds the two together."""
STRUCTURAL = frozenset({"material_balance", "stock_balance", "capacity_ramp"})
"""Constraints that are arithmetic, not rules: they only tie the others together."""


def spans(calendar: Calendar, labels: Iterable[str]) -> str:
    """Periods in words, runs of them joined: ``2027-03 … 2027-07, 2028-01``; years likewise, and the window of a policy ``per: total``."""
    labels = list(dict.fromkeys(label for label in labels if label))
    places = sorted(calendar.position[label] for label in labels if label in calendar.position)
    others = sorted(label for label in labels if label not in calendar.position)
    years = [int(label) for label in others if label.isdecimal()]
    names = [_run(calendar.periods[first].label, calendar.periods[last].label) for first, last in _runs(places)]
    names += [_run(str(first), str(last)) for first, last in _runs(years)]
    return ", ".join([*names, *("all of its time" if label == "total" else label for label in others if not label.isdecimal())])


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def _run(first: str, last: str) -> str:
    return first if first == last else f"{first} … {last}"
