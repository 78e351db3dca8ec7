"""A plan opened for questions: its scenario, its program at the optimum, and what may be asked of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from planner.compile.setting import Setting
from planner.errors import CheckError
from planner.optimum import proven_best
from planner.plan import Plan
from planner.program import make_program
from planner.reach import Reach
from planner.scenario.load import Loaded
from planner.scenario.series import Series
from planner.solver.directions import Directions
from planner.solver.highs import NoSolution, Optimum
from planner.solver.lower import places_of
from planner.solver.whatif import WhatIf
from planner.words import Path, Words
from sourcing_lp.units import counted_in

SAME = 1e-9
"""A difference of costs below this part of all costs and credits together is rounding."""
Index = tuple[Any, ...]


@dataclass(frozen=True)
class Proof:
    """A change that anybody can make, and what the least cost becomes."""

    set: tuple[str, ...]
    """``path=value`` changes in order, as ``plan solve --set`` takes them."""
    total_cost: float


@dataclass(frozen=True)
class Statement:
    """One answer, in words and numbers, with the changes that prove it."""

    section: str
    about: str
    """Id of what it is about."""
    text: str
    value: float | None = None
    """What a unit saves, negative where it costs; or the price at which something changes. In ``unit``."""
    unit: str = ""
    """Says so where money is present value: discounted to the horizon's start."""
    present_value: float | None = None
    """What a unit saves, discounted."""
    holds_for: float | None = None
    """How many units the value holds for; further ones are worth less."""
    period: str = ""
    materials: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    weight: float = 0.0
    """Order among its kind, largest first."""


@dataclass(frozen=True)
class Filter:
    """What is asked about; what is None is not asked for in particular."""

    material: str | None = None
    supplier: str | None = None
    project: str | None = None
    period: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing in particular is asked."""
        return not any((self.material, self.supplier, self.project, self.period))

    def concerns(self, materials: Iterable[str], supplier: str | None = None, project: str | None = None) -> bool:
        """Whether something that lasts over all periods is asked for."""
        if self.period is not None or self.supplier not in (None, supplier) or self.project not in (None, project):
            return False
        return self.material is None or self.material in materials


class Case:
    """The optimum of a plan's scenario, found again.

    Args:
        loaded: The plan's resolved scenario.
        plan: The plan.

    Raises:
        CheckError: if the scenario's optimum is not proven, or not what the plan costs.
    """

    def __init__(self, loaded: Loaded, plan: Plan) -> None:
        self.loaded = loaded
        self.setting = Setting(loaded.scenario, loaded.calendar)
        self.scenario, self.calendar = loaded.scenario, loaded.calendar
        self.data, self.program = make_program(loaded)
        self.words, self.reach = Words(self.setting), Reach(self.setting, self.data)
        best = proven_best(loaded.scenario, self.data, self.program)
        if isinstance(best, NoSolution) or best.solution.optimum is None:
            raise CheckError("the plan's scenario has no optimum to explain; see plan verify")
        self.optimum: Optimum = best.solution.optimum
        self.y, self.x = best.solution.y, best.solution.x
        self.whatif = WhatIf(self.program, self.optimum)
        self.cost = self.whatif.now.cost
        if abs(self.cost - plan.total_cost) > 1e-6 * self.whatif.size:
            raise CheckError(f"the plan costs {plan.total_cost:.9g}, but its scenario's optimum is {self.cost:.9g}; see plan verify")

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.scenario.money.currency

    def unit(self, material: str) -> str:
        """Unit of a material."""
        return self.scenario.unit(material)

    def matters(self, difference: float) -> bool:
        """Whether a difference of costs is more than rounding."""
        return abs(difference) > SAME * self.whatif.size

    @cached_property
    def directions(self) -> Directions:
        """One-sided slopes of the least cost."""
        return Directions(self.optimum)

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[Index, int]]:
        return places_of(self.program.rows)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], dict[Index, int]]:
        return places_of(self.program.columns)

    def rows(self, constraint: str, key: str) -> dict[Index, int]:
        """Rows of a constraint whose index begins with a key, by the rest of the index."""
        return self._rows.get((constraint, key), {})

    def columns(self, variable: str, key: str) -> dict[Index, int]:
        """Columns of a variable whose index begins with a key, by the rest of the index."""
        return self._columns.get((variable, key), {})

    def moving(self, constraint: str, key: str, periods: Collection[str] | None = None) -> dict[int, float]:
        """By row of a constraint: how far its side moves with one unit of the key behind it; only those that move, in some periods."""
        rows = {row: self.reach.of(constraint, (key, *index)) for index, row in self.rows(constraint, key).items() if periods is None or index[-1] in periods}
        return {row: move for row, move in rows.items() if move}

    def priced(self, rows: Mapping[Index, int]) -> dict[Index, int]:
        """Those rows that have a price."""
        return {index: row for index, row in rows.items() if self.directions.priced(row)}

    @cached_property
    def window_periods(self) -> dict[Index, tuple[str, ...]]:
        """Periods of each policy row, by its index."""
        return {row.key: row.window.periods for row in self.data.policy.rows}

    def periods_of(self, row: int) -> tuple[str, ...]:
        """Periods that a row is about; none where it is about no period."""
        _, index = self.program.rows[row]
        parts = index if isinstance(index, tuple) else (index,)
        if parts in self.window_periods:
            return self.window_periods[parts]
        return (parts[-1],) if parts[-1] in self.data.time.discount else ()

    @cached_property
    def _material_of(self) -> list[str]:
        counted = counted_in(self.data)
        return [counted[name](index) if name in counted else "" for name, index in self.program.columns]

    def materials_of(self, row: int) -> set[str]:
        """Materials that the variables of a row are counted in."""
        return {self._material_of[column] for column in self.program.index[self.program.start[row] : self.program.start[row + 1]]} - {""}

    def discount(self, sides: Mapping[int, float]) -> float | None:
        """Discount factor of what moves, where all of it moves in one calendar year; None where it moves over several."""
        labels = [t for row in sides for t in self.periods_of(row)]
        if len(labels) < len(sides) or len({self.calendar.named(t).start.year for t in labels}) != 1:
            return None
        weights = dict.fromkeys(labels, 0.0)
        for row, move in sides.items():
            for t in self.periods_of(row):
                weights[t] += abs(move)
        return sum(weight * self.data.time.discount[t] for t, weight in weights.items()) / sum(weights.values())

    def per_period(self, series: Series, steps: Mapping[str, float]) -> dict[str, float]:
        """A series as its mean of each period, with steps added in some periods."""
        return {period.start.isoformat(): self.setting.mean(series, period) + steps.get(period.label, 0.0) for period in self.calendar.periods}


def proof(values: Mapping[Path, Any], total_cost: float) -> Proof:
    """A proof from changes by path; None removes a key. What is a map replaces what was there, instead of being merged into it."""
    found: list[str] = []
    for path, value in values.items():
        name = ".".join(map(str, path))
        if value is None or isinstance(value, Mapping):
            found.append(f"{name}=null")
        if value:
            found.append(f"{name}={json.dumps(_plain(value), ensure_ascii=False)}")
        elif value is not None and not isinstance(value, Mapping):
            found.append(f"{name}={value}")
    return Proof(tuple(found), float(total_cost))


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's own, so that they can be written."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, np.floating) else value


def amount(value: float) -> str:
    """A number in a sentence: four digits or so."""
    for size, word in ((1e9, " bn"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:,.4g}{word}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: float) -> str:
    """A share in a sentence."""
    return f"{100 * share:,.0f} %" if abs(share) >= 0.1 else f"{100 * share:.2g} %"
