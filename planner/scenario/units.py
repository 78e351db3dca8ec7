"""Quantities with units: a closed list of words, one small grammar, exact factors.

A unit is a product of powers of mass, count, money, time and CO2e. Masses may carry a formula (``t_Dy``), which is
converted to the formula of the material (its ``basis``) by atomic mass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from planner.errors import InputError, UnitError, did_you_mean
from planner.scenario.chemistry import composition, held

DAYS_PER_YEAR = 365.25

MASS = {"t": 1.0, "tonne": 1.0, "tonnes": 1.0, "kg": 1e-3, "g": 1e-6, "kt": 1e3, "Mt": 1e6, "lb": 0.45359237e-3, "toz": 31.1034768e-6}
COUNT = {"each": 1.0, "pcs": 1.0}
TIME = {
    **dict.fromkeys(("year", "years", "yr", "y", "a"), 1.0),
    **dict.fromkeys(("quarter", "quarters"), 1 / 4),
    **dict.fromkeys(("month", "months", "mo"), 1 / 12),
    **dict.fromkeys(("week", "weeks"), 7 / DAYS_PER_YEAR),
    **dict.fromkeys(("day", "days", "d"), 1 / DAYS_PER_YEAR),
}
CO2 = {"t_CO2e": 1.0, "tCO2e": 1.0, "t_CO2": 1.0, "tCO2": 1.0, "kg_CO2e": 1e-3, "kgCO2e": 1e-3, "kt_CO2e": 1e3, "ktCO2e": 1e3}
SCALES = {"k": 1e3, "M": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
COMPOUND = {"mtu": (0.01, "WO3")}
"""Units that name a formula of their own: a metric tonne unit is 10 kg of WO3."""
_HINTS = {
    "ton": "write t (1000 kg) or lb; 'ton' differs between countries",
    "tons": "write t (1000 kg) or lb; 'ton' differs between countries",
    "T": "write t",
    "mt": "write t, or Mt for a million tonnes",
    "KG": "write kg",
    "kT": "write kt",
    "m": "write months",
    "Y": "write years",
    "percent": "write %",
    "€": "write EUR",
    "$": "write USD",
    "£": "write GBP",
    "¥": "write JPY or CNY",
}


class Kind(Enum):
    """What a number means."""

    AMOUNT = "amount"
    RATE = "rate"
    PRICE = "price"
    MONEY = "money"
    CAPEX = "capex"
    HOLDING = "holding"
    DURATION = "duration"
    SHARE = "share"
    YEARLY = "yearly share"
    RATIO = "ratio"
    INTENSITY = "intensity"
    CO2 = "emissions"
    CO2_PRICE = "emission price"

    def unit(self, currency: str, material: str) -> str:
        """The default unit in words, as tables and messages show it."""
        return _DEFAULT_UNIT[self].format(currency=currency, unit=material)


_POWERS: dict[Kind, dict[str, int]] = {
    Kind.AMOUNT: {"material": 1},
    Kind.RATE: {"material": 1, "time": -1},
    Kind.PRICE: {"money": 1, "material": -1},
    Kind.MONEY: {"money": 1},
    Kind.CAPEX: {"money": 1, "material": -1, "time": 1},
    Kind.HOLDING: {"money": 1, "material": -1, "time": -1},
    Kind.DURATION: {"time": 1},
    Kind.SHARE: {},
    Kind.YEARLY: {},
    Kind.RATIO: {},
    Kind.INTENSITY: {"material": -1, "co2": 1},
    Kind.CO2: {"co2": 1},
    Kind.CO2_PRICE: {"money": 1, "co2": -1},
}
_DEFAULT_UNIT = {
    Kind.AMOUNT: "{unit}",
    Kind.RATE: "{unit}/yr",
    Kind.PRICE: "{currency}/{unit}",
    Kind.MONEY: "{currency}",
    Kind.CAPEX: "{currency}/({unit}/yr)",
    Kind.HOLDING: "{currency}/{unit}/yr",
    Kind.DURATION: "years",
    Kind.SHARE: "share",
    Kind.YEARLY: "share/yr",
    Kind.INTENSITY: "t_CO2e/{unit}",
    Kind.CO2: "t_CO2e",
    Kind.CO2_PRICE: "{currency}/t_CO2e",
    Kind.RATIO: "ratio",
}
EXAMPLES = {
    Kind.AMOUNT: "450 t",
    Kind.RATE: "450 t/yr",
    Kind.PRICE: "250 USD/kg",
    Kind.MONEY: "300 MUSD",
    Kind.CAPEX: "90 USD/(kg/yr)",
    Kind.HOLDING: "900 USD/t/yr",
    Kind.DURATION: "18 months",
    Kind.SHARE: "65 %",
    Kind.YEARLY: "4 %",
    Kind.INTENSITY: "12 t_CO2e/t",
    Kind.CO2: "20000 t_CO2e",
    Kind.CO2_PRICE: "80 USD/t_CO2e",
    Kind.RATIO: "0.6",
}


@dataclass(frozen=True, slots=True)
class MaterialUnit:
    """The default unit of a material, and the formula its mass is counted in."""

    unit: str = "t"
    basis: str | None = None

    @property
    def dimension(self) -> str:
        """``mass`` or ``count``."""
        return "count" if self.unit in COUNT else "mass"

    @property
    def factor(self) -> float:
        """Tonnes (or pieces) in one unit."""
        return COUNT.get(self.unit) or MASS[self.unit]


@dataclass(frozen=True, slots=True)
class Money:
    """The currency of the scenario and what one unit of each other currency is worth in it."""

    currency: str = "USD"
    rates: Mapping[str, float] | None = None

    def factor(self, code: str) -> float | None:
        """Worth of one unit of ``code``, or None where it is unknown."""
        if code == self.currency:
            return 1.0
        worth = (self.rates or {}).get(code)
        return worth if worth else None


@dataclass(frozen=True, slots=True)
class _Unit:
    powers: tuple[tuple[str, int], ...]
    factor: float
    formulas: tuple[tuple[str, int], ...]


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(r"\s*(?:([A-Za-z%€$¥£][A-Za-z0-9_.%]*)|([/*()·]))")


def split(text: str) -> tuple[float, str]:
    """Split ``450 t/yr`` into number and unit.

    Raises:
        UnitError: where there is no plain finite number in front.
    """
    stripped = text.strip()
    match = _NUMBER.match(stripped)
    if match is None or len(stripped) > 80:
        raise UnitError(f"'{text[:60]}' is not a number with a unit")
    number, unit = float(match[0]), stripped[match.end() :].strip()
    if not math.isfinite(number):
        raise UnitError(f"'{text[:60]}' is too large for a number")
    if unit[:1] == "," and re.match(r",\d{1,2}(?!\d)", unit):
        raise UnitError(f"'{text[:60]}' is not a number with a unit", f"write a decimal point: {stripped.replace(',', '.', 1)[:60]}")
    if unit[:1] in (",", "_", ".", "'") or unit[:1].isdigit():
        raise UnitError(f"'{text[:60]}' is not a number with a unit", "write numbers without separators: 1000000 or 1e6")
    return number, unit


def convert(text: str, kind: Kind, money: Money, material: MaterialUnit | None) -> float:
    """Convert a quantity to the default unit of its kind.

    Args:
        text: Number and unit; without a unit the number stands in the default unit.
        kind: What the number means.
        money: Currency and rates.
        material: The material the number belongs to; None where there is none.

    Returns:
        The number in ``kind.unit(money.currency, material.unit)``.

    Raises:
        UnitError: for unknown words, wrong dimensions, or a formula that does not fit.
    """
    number, unit = split(text)
    result = number if unit == "" else number * unit_factor(unit, kind, money, material)
    if not math.isfinite(result):
        raise UnitError(f"'{text[:60]}' is too large for a number")
    return result


def share_of(text: str, what: str, most: float = math.inf) -> float:
    """A share that was asked for outside a scenario, such as ``2 %`` or ``0.02``; not below 0.

    Args:
        text: Number, perhaps with ``%``.
        what: What messages call it, such as ``--within``.
        most: What it may not exceed.

    Raises:
        InputError: if it is none.
    """
    try:
        share = convert(text, Kind.SHARE, Money(), None)
    except UnitError as error:
        raise InputError(f"{what} {text}: {error}; {error.hint or 'write for instance 2 %'}") from None
    if share < 0:
        raise InputError(f"{what} {text}: is below 0; write for instance 2 %")
    if share > most:
        hint = f"; write {text.strip()}% for {share:g} of a hundred" if share <= 100 * most and text.strip()[-1].isdigit() else ""
        raise InputError(f"{what} {text}: is more than {100 * most:g} %{hint}")
    return share


def unit_factor(text: str, kind: Kind, money: Money, material: MaterialUnit | None) -> float:
    """What one ``text`` is worth in the default unit of ``kind``; see :func:`convert`."""
    return _factor(text, kind, money.currency, tuple(sorted((money.rates or {}).items())), material)


@lru_cache(maxsize=4096)
def _factor(text: str, kind: Kind, currency: str, rates: tuple[tuple[str, float], ...], material: MaterialUnit | None) -> float:
    unit, money = _parse(text, currency, rates), Money(currency, dict(rates))
    emissions = kind in (Kind.INTENSITY, Kind.CO2, Kind.CO2_PRICE)
    powers = _without_co2(dict(unit.powers)) if emissions else dict(unit.powers)
    fits = powers == _wanted(kind, material)
    if kind is Kind.RATIO and text.strip() != "%":
        raise UnitError(f"unit '{text}' does not fit here, which takes a plain number", "count each side in its own unit: g of one per t of the other, say")
    if kind is Kind.YEARLY and powers == {"time": -1}:
        fits = any(word in text for word in ("yr", "year", "/y", "/a"))
    if not fits:
        raise _mismatch(text, kind, money, material)
    power = _POWERS[kind].get("material", 0)
    if material is None or not power:
        if unit.formulas:
            raise _mismatch(text, kind, money, material)
        return unit.factor
    factor = unit.factor / material.factor**power
    for formula, exponent in unit.formulas:
        factor *= _basis_factor(formula, material, text) ** exponent
    return factor


def is_duration(text: str, money: Money) -> bool:
    """Whether a quantity is written in a unit of time, as the days of a stockpile are."""
    word = split(text)[1]
    return bool(word) and dict(_parse(word, money.currency, tuple(sorted((money.rates or {}).items()))).powers) == {"time": 1}


def _wanted(kind: Kind, material: MaterialUnit | None) -> dict[str, int]:
    dimension = material.dimension if material else "mass"
    return _without_co2({dimension if key == "material" else key: power for key, power in _POWERS[kind].items()})


def _without_co2(powers: dict[str, int]) -> dict[str, int]:
    """Count CO2e as a mass, so that ``12 t/t`` and ``20000 t`` are understood where emissions are meant."""
    folded = {key: power for key, power in powers.items() if key != "co2"}
    if "co2" in powers:
        folded["mass"] = folded.get("mass", 0) + powers["co2"]
    return {key: power for key, power in folded.items() if power}


def _mismatch(text: str, kind: Kind, money: Money, material: MaterialUnit | None) -> UnitError:
    default = kind.unit(money.currency, material.unit if material else "t")
    what = {"share": "a plain number or a percentage", "ratio": "a plain number or a percentage", "years": "a duration"}.get(default, f"a unit like {default}")
    example = EXAMPLES[kind].replace("USD", money.currency)
    if material and material.dimension == "count":
        example = re.sub(r"\b(kg|t)\b", "each", example)
    return UnitError(f"unit '{text}' does not fit here, which takes {what}", f"write for instance {example}")


def _basis_factor(formula: str, material: MaterialUnit, text: str) -> float:
    if material.basis is None:
        raise UnitError(f"unit '{text}' names {formula}, but the material has no basis", "add for instance 'basis: Dy2O3' to the material")
    try:
        return held(formula, material.basis)
    except UnitError as error:
        raise UnitError(f"unit '{text}' names {error}", error.hint) from None


@lru_cache(maxsize=4096)
def _parse(text: str, currency: str, rates: tuple[tuple[str, float], ...]) -> _Unit:
    money = Money(currency, dict(rates))
    tokens = _tokens(text)
    powers: dict[str, int] = {}
    formulas: dict[str, int] = {}
    factor, sign, outer, scale = 1.0, 1, [1], 1.0
    wants_word = True
    for token_count, token in enumerate(tokens):
        if token in ("*", "·", "/", ")"):
            if wants_word and not (token == "/" and token_count == 0):
                raise UnitError(f"unit '{text}' is not complete before '{token}'", _UNIT_EXAMPLES)
            if token == ")":
                if len(outer) == 1:
                    raise UnitError(f"unit '{text}' has an unmatched bracket", _UNIT_EXAMPLES)
                outer.pop()
            else:
                sign = -1 if token == "/" else 1
                wants_word = True
        elif token == "(":
            if not wants_word:
                raise UnitError(f"unit '{text}' has a bracket without '/' or '*' before it", _UNIT_EXAMPLES)
            outer.append(outer[-1] * sign)
            sign = 1
        elif token in SCALES and token not in MASS:
            scale *= SCALES[token]
        else:
            power = outer[-1] * sign
            dimension, size, formula = _word(token, money, text)
            factor *= (size * scale) ** power
            scale, sign, wants_word = 1.0, 1, False
            if dimension:
                powers[dimension] = powers.get(dimension, 0) + power
            if formula:
                formulas[formula] = formulas.get(formula, 0) + power
    if len(outer) != 1 or scale != 1.0 or wants_word:
        raise UnitError(f"unit '{text}' is not complete", _UNIT_EXAMPLES)
    return _Unit(tuple((k, p) for k, p in powers.items() if p), factor, tuple((k, p) for k, p in formulas.items() if p))


_UNIT_EXAMPLES = "write for instance t/yr, USD/kg, USD/(t/yr), months or %"


def _tokens(text: str) -> list[str]:
    if len(text) > 60:
        raise UnitError(f"unit '{text[:60]}…' is too long")
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if text[position:].strip() == "":
                break
            raise UnitError(f"unit '{text}' cannot be read at '{text[position:].strip()[:20]}'", "write for instance t/yr, USD/kg, months or %")
        tokens.append(match[1] or match[2])
        position = match.end()
    return tokens


def _word(word: str, money: Money, text: str) -> tuple[str, float, str | None]:
    """(dimension, factor, formula) of one unit word."""
    if word == "%":
        return "", 0.01, None
    for dimension, table in (("co2", CO2), ("mass", MASS), ("count", COUNT), ("time", TIME)):
        if word in table:
            return dimension, table[word], None
    if word in COMPOUND:
        return "mass", *COMPOUND[word]
    mass, _, formula = word.partition("_")
    if formula and mass in MASS:
        composition(formula)
        return "mass", MASS[mass], formula
    for code, scale in [(word, 1.0)] + [(word[len(p) :], s) for p, s in SCALES.items() if word.startswith(p)]:
        worth = money.factor(code)
        if worth is not None:
            return "money", worth * scale, None
    raise UnitError(f"unknown unit '{word}' in '{text}'", _word_hint(word, money))


def _word_hint(word: str, money: Money) -> str:
    if word in _HINTS:
        return _HINTS[word]
    if re.fullmatch(r"[kM]?[A-Z]{3}", word):
        return f"give its worth under money.rates, as in rates: {{{word[-3:]}: …}}; the scenario's currency is {money.currency}"
    known = [*MASS, *COUNT, *TIME, *CO2, *COMPOUND, money.currency, *(money.rates or {}), "%"]
    return did_you_mean(word, known, "known are t, kg, g, kt, Mt, lb, toz, mtu, each, years, months, weeks, days, %, t_CO2e and currencies")
