"""What a value needs to know of the rest of the scenario while it is being read.

Units depend on the material an entity belongs to, dates on the horizon, references on the ids that exist. All of it is
picked from the raw tree before validation, forgiving whatever is malformed there: validation itself reports that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from planner.errors import UnitError, did_you_mean
from planner.scenario.dates import Calendar, make_calendar, parse_date
from planner.scenario.units import COUNT, MASS, Kind, MaterialUnit, Money, convert

DEFAULT_PARTY = "home"
LONGEST_NAME = 100


@dataclass(slots=True)
class Context:
    """Facts of the raw scenario; ``current`` is the material of the entity being read."""

    ids: dict[str, dict[str, None]]
    """Ids of each kind, in order."""
    money: Money
    units: dict[str, MaterialUnit]
    owner: dict[tuple[str, str], list[str]]
    """(kind, id) to the materials of a supplier, process, stockpile, contract, demand, project or policy."""
    calendar: Calendar | None
    unlimited: frozenset[str] = frozenset()
    """Processes and stockpiles without a capacity."""
    current: list[str] = field(default_factory=list)
    read: list[dict[str, Any]] = field(default_factory=list)
    """Fields read so far of the objects being read, innermost last."""
    stores: bool = False
    """Whether capacity is an amount, as a stockpile's is, and not a rate."""

    comparisons: int = 2_000_000
    """How many pairs of names may still be compared to guess what was meant; after so many slips nobody reads the guesses."""

    def near(self, word: str, known: Sequence[str], otherwise: str = "") -> str:
        """A hint naming the closest known words; ``otherwise`` when none is close, or too many have been looked for."""
        self.comparisons -= len(known)
        return did_you_mean(word, known, otherwise) if self.comparisons >= 0 and len(word) <= LONGEST_NAME else otherwise

    @property
    def material(self) -> MaterialUnit | None:
        """Unit of the current material; None where there is none or it does not exist."""
        return self.units.get(self.current[0]) if self.current else None

    @contextmanager
    def of(self, materials: list[str], stores: bool = False) -> Iterator[None]:
        """Read an entity of these materials; the first one gives the units."""
        before = self.current, self.stores
        self.current, self.stores = materials, stores
        try:
            yield
        finally:
            self.current, self.stores = before


def make_context(raw: Mapping[str, Any]) -> Context:
    """Pick what validation needs from a raw tree."""
    kinds = ("parties", "materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes")
    ids = {kind: dict.fromkeys(_map(raw, kind)) for kind in kinds}
    ids["parties"] = ids["parties"] or {DEFAULT_PARTY: None}
    units = {key: _unit(value) for key, value in _map(raw, "materials").items()}
    unlimited = frozenset(key for kind in ("processes", "stockpiles") for key, value in _map(raw, kind).items() if _get(value, "capacity") is None)
    return Context(ids, _money(raw), units, _owners(raw), _calendar(raw), unlimited)


def _map(raw: Any, key: str) -> dict[str, Any]:
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else {}


def _unit(value: Any) -> MaterialUnit:
    unit = value.get("unit") if isinstance(value, Mapping) else None
    basis = value.get("basis") if isinstance(value, Mapping) else None
    known = unit if isinstance(unit, str) and (unit in MASS or unit in COUNT) else "t"
    return MaterialUnit(known, basis if isinstance(basis, str) else None)


def _money(raw: Mapping[str, Any]) -> Money:
    money = _map(raw, "money")
    currency = money.get("currency")
    currency = currency if isinstance(currency, str) else "USD"
    rates: dict[str, float] = {}
    for code, rate in _map(money, "rates").items():
        if isinstance(rate, (int, float)) and not isinstance(rate, bool):
            rates[code] = float(rate)
        elif isinstance(rate, str):
            try:
                rates[code] = convert(rate, Kind.MONEY, Money(currency), None)
            except UnitError:
                continue
    return Money(currency, {code: rate for code, rate in rates.items() if rate > 0})


def _calendar(raw: Mapping[str, Any]) -> Calendar | None:
    horizon = _map(raw, "horizon")
    steps = horizon.get("steps")
    if steps is None:
        steps = [{"until": horizon.get("end"), "step": horizon.get("step", "month")}]
    try:
        start: dt.date = parse_date(horizon.get("start"))
        return make_calendar(start, [(parse_date(step["until"]), step["step"]) for step in steps])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _owners(raw: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    owner: dict[tuple[str, str], list[str]] = {}
    for kind in ("suppliers", "stockpiles", "demands"):
        for key, value in _map(raw, kind).items():
            owner[kind, key] = _texts([_get(value, "material")])
    for key, value in _map(raw, "processes").items():
        owner["processes", key] = [*_map(value, "inputs"), *_map(value, "outputs")]
    for key, value in _map(raw, "contracts").items():
        owner["contracts", key] = owner.get(("suppliers", str(_get(value, "supplier"))), [])
    for key, value in _map(raw, "routes").items():
        materials = _get(value, "materials")
        owner["routes", key] = _texts(materials if isinstance(materials, list) else [])
    return owner


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _texts(values: list[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
