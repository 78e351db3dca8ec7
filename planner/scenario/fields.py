"""Field types of the scenario language: quantities, series, dates, references.

Each reads what a planner writes and yields plain numbers in default units. What is wrong comes back as one pydantic
error that carries any number of ``(path below the field, problem, hint)``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import PydanticCustomError, core_schema
from typing_extensions import override

from planner.errors import UnitError, did_you_mean, listed
from planner.scenario.context import Context
from planner.scenario.dates import parse_date
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR, EXAMPLES, Kind, convert, is_duration

LARGEST = 1e24
"""Beyond this no quantity, price or time of this world lies, and what the solver takes for infinite begins."""
SMALLEST = 1e-24
"""What is nearer to zero is the rounding of somebody's sums, and would drown in the solver's own."""
ANNOTATIONS = ("note", "source", "assumption", "confidence")
Flaw = tuple[tuple[str | int, ...], str, str]


def fail(*flaws: Flaw) -> NoReturn:
    """Report flaws of the value that is being read."""
    raise PydanticCustomError("flaws", "{text}", {"text": flaws[0][1], "flaws": list(flaws)})


def no_duplicates(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list that names something twice: it would count twice."""
    seen: set[Any] = set()
    flaws: list[Flaw] = []
    for index, item in enumerate(items):
        if item in seen:
            flaws.append(((index,), f"'{item}' stands twice in the list", "remove one"))
        seen.add(item)
    if flaws:
        fail(*flaws)
    return items


class _Leaf:
    """A field type with its own reader and JSON schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()

    def read(self, value: Any, info: ValidationInfo) -> Any:
        """Turn what the planner wrote into a value, or :func:`fail`."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """What editors may offer and check."""
        raise NotImplementedError


def context_of(info: ValidationInfo) -> Context:
    """The facts of the raw scenario that validation runs with."""
    if not isinstance(info.context, Context):
        raise TypeError("scenarios are validated with a Context; use planner.load")
    return info.context


STORED = {Kind.RATE: Kind.AMOUNT, Kind.CAPEX: Kind.PRICE, Kind.PRICE: Kind.HOLDING}
"""A stockpile's capacity is an amount where a supplier's is a rate."""


def read_number(value: Any, kind: Kind, context: Context) -> float:
    """A number in the default unit of its kind.

    Raises:
        UnitError: if it is not one.
    """
    kind = STORED.get(kind, kind) if context.stores else kind
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise UnitError(f"{_shown(value)} is not a number", f"write for instance {EXAMPLES[kind]}")
    if isinstance(value, str):
        return convert(value, kind, context.money, context.material)
    return float(value)


def _example(error: UnitError, kind: Kind, context: Context) -> str:
    """A hint for what is no quantity at all."""
    if "is not a number" not in str(error):
        return ""
    kind = STORED.get(kind, kind) if context.stores else kind
    return f"write for instance {EXAMPLES[kind].replace('USD', context.money.currency)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "true" if value is True else "false" if value is False else repr(value)


@dataclass(frozen=True)
class Quantity(_Leaf):
    """A number or a quantity with a unit, between bounds given in the default unit."""

    kind: Kind
    low: float | None = 0.0
    high: float | None = None
    positive: bool = False
    """Whether 0 is refused as well."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> float:
        context = context_of(info)
        try:
            return self.number(value, context)
        except UnitError as error:
            fail(((), str(error), error.hint or _example(error, self.kind, context)))

    def number(self, value: Any, context: Context) -> float:
        """Read and check bounds.

        Raises:
            UnitError: if it is no such quantity.
        """
        number = read_number(value, self.kind, context)
        if abs(number) > LARGEST:
            raise UnitError(f"{_shown(value)} is too large for a number")
        if 0 < abs(number) < SMALLEST:
            raise UnitError(f"{_shown(value)} is too small for a number", "write 0")
        if self.low is not None and number < self.low:
            what = "is negative, which means nothing here" if self.low == 0 else f"is below {self.low:g}"
            raise UnitError(f"{_shown(value)} {what}", "write a number of zero or more" if self.low == 0 else "")
        if self.positive and number == 0:
            raise UnitError(f"{_shown(value)} is zero, which means nothing here", "write a number above zero")
        if self.high is not None and number > self.high:
            hint = f"did you mean {number:g} %?" if self.kind in (Kind.SHARE, Kind.YEARLY) and not isinstance(value, str) and number <= 100 else ""
            raise UnitError(f"{_shown(value)} is above {100 * self.high:g} %", hint)
        return number

    @override
    def json_schema(self) -> dict[str, Any]:
        number: dict[str, Any] = {"type": "number"}
        if self.low is not None:
            number["minimum"] = self.low
        if self.high is not None:
            number["maximum"] = self.high
        return {"anyOf": [number, {"type": "string", "examples": [EXAMPLES[self.kind]]}]}


_GROWTH = Quantity(Kind.YEARLY, -1.0, 5.0)
"""Growth of a series a year."""


class Day(_Leaf):
    """A date: ``2026``, ``2026-01`` or ``2026-01-06``, the earliest day meant."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> dt.date:
        try:
            return parse_date(value)
        except ValueError as error:
            fail(((), str(error), ""))

    @override
    def json_schema(self) -> dict[str, Any]:
        pattern = r"^\d{4}(-\d{1,2}(-\d{1,2})?)?$"
        return {"anyOf": [{"type": "string", "pattern": pattern, "examples": ["2026-01"]}, {"type": "integer", "minimum": 1900, "maximum": 2300}]}


class Days(_Leaf):
    """A number of days: a plain number, or a duration."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> float:
        context = context_of(info)
        try:
            if isinstance(value, str) and is_duration(value, context.money):
                return Quantity(Kind.DURATION).number(value, context) * DAYS_PER_YEAR
            return Quantity(Kind.RATIO).number(value, context)
        except UnitError as error:
            fail(((), str(error), error.hint or "write for instance 45 or 45 days"))

    @override
    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "examples": ["45 days"]}]}


class Year(_Leaf):
    """A calendar year."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1900 <= value <= 2300:
            fail(((), f"{_shown(value)} is not a year", "write for instance 2026"))
        return value

    @override
    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1900, "maximum": 2300}


@dataclass(frozen=True)
class Ref(_Leaf):
    """The id of another entity, of one of several kinds."""

    kinds: tuple[str, ...]

    @override
    def read(self, value: Any, info: ValidationInfo) -> str:
        context = context_of(info)
        name = _SINGULAR[self.kinds[0]] if len(self.kinds) == 1 else " or ".join(_SINGULAR[kind] for kind in self.kinds)
        if not isinstance(value, str):
            fail(((), f"{_shown(value)} is not the id of a {name}", ""))
        if not any(value in context.ids[kind] for kind in self.kinds):
            known = [key for kind in self.kinds for key in context.ids[kind]]
            fail(
                (
                    (),
                    f"there is no {name} '{value}'",
                    context.near(value, known, f"known are {listed(known)}" if known else f"none is defined under {self.kinds[0]}"),
                )
            )
        owners = [_SINGULAR[kind] for kind in self.kinds if value in context.ids[kind]]
        if len(owners) > 1:
            fail(((), f"'{value}' names both a {' and a '.join(owners)}", "rename one of them"))
        return value

    @override
    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": ID_PATTERN}


ID_PATTERN = r"^[a-z][a-z0-9_]*$"
_SINGULAR = {
    "parties": "party", "materials": "material", "suppliers": "supplier", "projects": "project", "contracts": "contract",
    "stockpiles": "stockpile", "demands": "demand", "processes": "process",
}  # fmt: skip


class PartyRef(Ref):
    """A party; the only one where there is only one."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> str:
        parties = context_of(info).ids["parties"]
        if value is None:
            if len(parties) == 1:
                return next(iter(parties))
            fail(((), "is missing: there are several parties", f"name one of {listed(parties)}"))
        return super().read(value, info)


class Annotation(_Leaf):
    """A text, or a map from key to text."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> str | dict[str, str]:
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping) and value and all(isinstance(text, str) for text in value.values()):
            return {str(key): text for key, text in value.items()}
        fail(((), "must be a text, or a map from key to text", "quote the text"))

    @override
    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}


def _steps(value: Mapping[str, Any], read: Callable[[Any], Any]) -> list[tuple[dt.date, Any]]:
    """Read a step map; every flaw is reported."""
    steps: dict[dt.date, Any] = {}
    flaws: list[Flaw] = []
    for key, entry in value.items():
        if key in ANNOTATIONS:
            continue
        try:
            date = parse_date(key)
            if date in steps:
                raise ValueError(f"'{key}' means the same day as an earlier key")
        except ValueError as error:
            near = did_you_mean(str(key), ("start", "growth", "table", "column"), "a series is a number, {date: value, …}, {start, growth} or {table, column}")
            flaws.append(((key,), str(error), near))
            continue
        try:
            steps[date] = read(entry)
        except UnitError as error:
            flaws.append(((key,), str(error), error.hint))
    if not steps and not flaws:
        flaws.append(((), "holds no value", "write {2026-01: 100, 2028-07: 250}"))
    if flaws:
        fail(*flaws)
    return sorted(steps.items())


@dataclass(frozen=True)
class SeriesOf(_Leaf):
    """A series: a scalar, ``{date: value}``, ``{start, growth}`` or ``{table, column}`` (already replaced by steps)."""

    kind: Kind
    low: float | None = 0.0
    high: float | None = None

    @cached_property
    def quantity(self) -> Quantity:
        """What each of its numbers is."""
        return Quantity(self.kind, self.low, self.high)

    @override
    def read(self, value: Any, info: ValidationInfo) -> Series:
        context, quantity = context_of(info), self.quantity
        if not isinstance(value, Mapping):
            try:
                return Series.constant(quantity.number(value, context))
            except UnitError as error:
                fail(((), str(error), error.hint or _example(error, self.kind, context)))
        if "growth" in value or "start" in value:
            return self._growing(value, quantity, context)
        return Series(tuple(_steps(value, lambda entry: quantity.number(entry, context))))

    def _growing(self, value: Mapping[str, Any], quantity: Quantity, context: Context) -> Series:
        flaws: list[Flaw] = [
            ((key,), "stands beside start and growth", did_you_mean(key, ("start", "growth"), "use either dates or start and growth"))
            for key in value
            if key not in ("start", "growth", *ANNOTATIONS)
        ]
        numbers = {}
        for key, part in (("start", quantity), ("growth", _GROWTH)):
            if key not in value:
                flaws.append(((), f"'{key}' is missing", "write {start: 100, growth: 3 %}"))
                continue
            try:
                numbers[key] = part.number(value[key], context)
            except UnitError as error:
                flaws.append(((key,), str(error), error.hint))
        if flaws:
            fail(*flaws)
        years = context.calendar.years if context.calendar is not None else 0.0
        if numbers["start"] > 0 and math.log10(numbers["start"]) + years * math.log10(max(1.0, 1 + numbers["growth"])) > math.log10(LARGEST):
            fail((("growth",), f"grows beyond any number within {years:g} years", "lower the growth"))
        return Series(((dt.date(1900, 1, 1), numbers["start"]),), numbers["growth"])

    @override
    def json_schema(self) -> dict[str, Any]:
        return _series_schema(self.quantity.json_schema())


def _series_schema(value: dict[str, Any]) -> dict[str, Any]:
    steps = {
        "type": "object",
        "patternProperties": {r"^\d{4}(-\d{1,2}(-\d{1,2})?)?$": value, f"^({'|'.join(ANNOTATIONS)})$": {}},
        "additionalProperties": False,
    }
    growth = {"type": "object", "required": ["start", "growth"], "properties": {"start": value, "growth": _GROWTH.json_schema()}}
    table = {
        "type": "object",
        "required": ["table", "column"],
        "properties": {"table": {"type": "string"}, "column": {"type": "string"}, "sheet": {"type": "string"}},
        "additionalProperties": False,
    }
    return {"anyOf": [*value["anyOf"], steps, growth, table]}


@dataclass(frozen=True)
class ByMaterial(_Leaf):
    """A price per unit of each material that an object names, read once for each in its own unit."""

    series: bool = False

    @override
    def read(self, value: Any, info: ValidationInfo) -> dict[str, Any]:
        context = context_of(info)
        leaf = SeriesOf(Kind.PRICE) if self.series else Quantity(Kind.PRICE)
        found = {}
        for material in context.current:
            with context.of([material]):
                found[material] = leaf.read(value, info)
        return found or {"": leaf.read(value, info)}

    @override
    def json_schema(self) -> dict[str, Any]:
        return (SeriesOf(Kind.PRICE) if self.series else Quantity(Kind.PRICE)).json_schema()


@dataclass(frozen=True)
class Stock:
    """An amount in a store: units, and years of the party's demand at the horizon's start."""

    units: float = 0.0
    years: float = 0.0


def _read_stock(value: Any, context: Context) -> Stock:
    if isinstance(value, str) and is_duration(value, context.money):
        return Stock(years=Quantity(Kind.DURATION).number(value, context))
    return Stock(units=Quantity(Kind.AMOUNT).number(value, context))


@dataclass(frozen=True)
class StockAmount(_Leaf):
    """An amount, or days of demand; ``initial`` where ``same`` allows it."""

    same: bool = False

    @override
    def read(self, value: Any, info: ValidationInfo) -> Stock | str:
        if self.same and value == "initial":
            return "initial"
        try:
            return _read_stock(value, context_of(info))
        except UnitError as error:
            fail(((), str(error), error.hint or "write an amount or days of demand, as in 60 days"))

    @override
    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "examples": ["60 days", "400 t", *(["initial"] if self.same else [])]}]}


@dataclass(frozen=True)
class StockSeries:
    """A series of amounts in a store."""

    units: Series
    years: Series


class StockSeriesOf(_Leaf):
    """A series of amounts or days of demand, in any of the forms of a series."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> StockSeries:
        context = context_of(info)
        if isinstance(value, Mapping) and not {"start", "growth"} & set(value):
            steps = _steps(value, lambda entry: _read_stock(entry, context))
            return StockSeries(Series(tuple((day, stock.units) for day, stock in steps)), Series(tuple((day, stock.years) for day, stock in steps)))
        start = value.get("start") if isinstance(value, Mapping) else value
        try:
            in_days = isinstance(start, str) and is_duration(start, context.money)
        except UnitError:
            in_days = False
        series = SeriesOf(Kind.DURATION if in_days else Kind.AMOUNT).read(value, info)
        return StockSeries(Series.constant(0.0), series) if in_days else StockSeries(series, Series.constant(0.0))

    @override
    def json_schema(self) -> dict[str, Any]:
        return _series_schema(StockAmount().json_schema())


class Curve(_Leaf):
    """A ramp's points: ``{time: share}`` or a list of ``[time, share]``, which may jump."""

    @override
    def read(self, value: Any, info: ValidationInfo) -> tuple[tuple[float, float], ...]:
        context = context_of(info)
        if isinstance(value, Mapping):
            pairs: list[tuple[Any, Any, Any]] = [(key, key, share) for key, share in value.items() if key not in ANNOTATIONS]
        elif isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
            pairs = [(index, *pair) for index, pair in enumerate(value)]
        else:
            fail(((), "is no curve", "write {1 year: 0 %, 3 years: 100 %} or [[1 year, 0 %], [3 years, 100 %]]"))
        points: list[tuple[float, float]] = []
        flaws: list[Flaw] = []
        for place, time, share in pairs:
            try:
                points.append((Quantity(Kind.DURATION).number(time, context), Quantity(Kind.SHARE, 0.0, 2.0).number(share, context)))
            except UnitError as error:
                flaws.append(((place,), str(error), error.hint))
        if isinstance(value, Mapping):
            points.sort()
            if len({time for time, _ in points}) < len(points):
                flaws.append(((), "two keys mean the same time", "only a list of [time, share] may jump"))
        elif any(later[0] < earlier[0] for earlier, later in itertools.pairwise(points)):
            flaws.append(((), "goes back in time", "order the points by time"))
        if not points and not flaws:
            flaws.append(((), "has no points", "write {1 year: 0 %, 3 years: 100 %}"))
        if flaws:
            fail(*flaws)
        return tuple(points)

    @override
    def json_schema(self) -> dict[str, Any]:
        share = Quantity(Kind.SHARE, 0.0, 2.0).json_schema()
        return {"anyOf": [{"type": "object", "additionalProperties": share}, {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}}]}
