"""One plan as everything on the page needs it: its scenario read again, its tables as rows, names for ids, numbers cut short."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from planner.compile.setting import Setting
from planner.errors import InputError
from planner.plan import SCENARIO, Plan
from planner.scenario.dates import Calendar, Period
from planner.scenario.load import Loaded, load
from planner.scenario.schema import Scenario

Tree = dict[str, Any]
"""Plain data, fit for JSON."""
DIGITS = 6
"""Significant digits of numbers on the page; the tables of the plan have them all."""


@dataclass(frozen=True)
class Case:
    """A plan with the scenario that it carries."""

    plan: Plan
    loaded: Loaded

    @staticmethod
    def of(plan: Plan) -> Case:
        """Read the scenario that a plan carries.

        Raises:
            InputError: if it is no scenario (any more).
        """
        with tempfile.TemporaryDirectory(prefix="stopgap-") as folder:
            path = Path(folder) / SCENARIO
            path.write_text(plan.resolved, encoding="utf-8")
            try:
                return Case(plan, load(path, root=folder))
            except InputError as error:
                first = error.problems[0] if error.problems else error
                raise InputError(f"{plan.name}: the plan is damaged: its scenario cannot be read: {first}") from None

    @property
    def scenario(self) -> Scenario:
        """The validated scenario."""
        return self.loaded.scenario

    @property
    def calendar(self) -> Calendar:
        """Its grid."""
        return self.loaded.calendar

    @property
    def periods(self) -> tuple[Period, ...]:
        """Periods in order."""
        return self.calendar.periods

    @property
    def figures(self) -> Tree:
        """Key figures of the record."""
        found: Tree = self.plan.record["figures"]
        return found

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.scenario.money.currency

    @cached_property
    def setting(self) -> Setting:
        """What compiling functions share."""
        return Setting(self.scenario, self.calendar)

    @cached_property
    def year_of(self) -> dict[str, str]:
        """Calendar year of each period."""
        return {period.label: str(period.start.year) for period in self.periods}

    @cached_property
    def years(self) -> list[str]:
        """Calendar years in which periods start."""
        return sorted(set(self.year_of.values()))

    @cached_property
    def materials(self) -> list[str]:
        """Materials of which something is wanted: those in demand first, then those that processes use."""
        demanded = dict.fromkeys(item.material for item in self.scenario.demands.values())
        return [key for key in demanded if key in self.figures["mix"]] + sorted(set(self.figures["mix"]) - set(demanded))

    def rows(self, table: str) -> Iterator[Tree]:
        """Rows of a table, keys as text."""
        frame = self.plan.tables[table]
        names = [str(name) for name in frame.columns]
        for values in zip(*(frame[name].tolist() for name in frame.columns), strict=True):
            yield dict(zip(names, values, strict=True))

    def label(self, kind: str, key: str) -> str:
        """Name of an entity; its id where it has none."""
        entity = getattr(self.scenario, kind).get(key)
        return (entity.label if entity is not None else "") or key

    def unit(self, material: str) -> str:
        """Unit of a material."""
        return self.scenario.materials[material].unit


def short(value: float) -> float | int:
    """A number with as many digits as the page shows; what rounding left of zero is zero."""
    rounded = float(f"{value:.{DIGITS}g}")
    if abs(rounded) < 1e-9:
        return 0
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def money(value: float, currency: str) -> str:
    """Money in words that fit: ``11.74 bn USD``."""
    for size, word in ((1e9, "bn "), (1e6, "M "), (1e4, "k ")):
        if abs(value) >= size:
            return f"{value / (size if word != 'k ' else 1e3):,.4g} {word}{currency}"
    return f"{value:,.4g} {currency}"


def amount(value: float) -> str:
    """A quantity in at most six characters or so."""
    if abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.95 else f"{value:.2g}"
