"""A plan opened for questions: its scenario, its program at the optimum, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from planner.compile.setting import Setting
from planner.errors import CheckError
from planner.optimum import find_best
from planner.pipeline import make_program
from planner.plan import Plan
from planner.scenario.load import Loaded
from planner.scenario.series import Series
from planner.solver.directions import Directions
from planner.solver.highs import NoSolution, Optimum
from planner.solver.lower import Floats
from planner.solver.whatif import WhatIf
from planner.words import Path, Words
from sourcing_lp.data import LimitRow, ServiceRow, ShareRow, StockRow

SMALL = 1e-7
"""A slope below this part of the largest price is rounding."""


@dataclass(frozen=True)
class Proof:
    """A change that anybody can make, and what the least cost becomes."""

    set: Mapping[str, Any]
    """Keys of the scenario and their new values, as ``plan solve --set`` takes them; None removes a key."""
    total_cost: float


@dataclass(frozen=True)
class Statement:
    """One answer, in words and numbers, with the changes that prove it."""

    section: str
    about: str
    """Id of what it is about."""
    text: str
    value: float | None = None
    """Undiscounted money per unit, or the price at which something changes; see ``unit``."""
    unit: str = ""
    present_value: float | None = None
    """The same, discounted to the horizon's start."""
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


class Case:
    """The optimum of a plan's scenario, found again.

    Args:
        loaded: The plan's resolved scenario.
        plan: The plan.

    Raises:
        CheckError: if the scenario's optimum is not what the plan costs.
    """

    def __init__(self, loaded: Loaded, plan: Plan) -> None:
        self.loaded, self.plan = loaded, plan
        self.setting = Setting(loaded.scenario, loaded.calendar)
        self.scenario, self.calendar = loaded.scenario, loaded.calendar
        self.data, self.program = make_program(loaded)
        self.words = Words(self.setting)
        best = find_best(loaded.scenario, self.data, self.program)
        if isinstance(best, NoSolution) or best.solution.optimum is None:
            raise CheckError("the plan's scenario has no optimum to explain; see plan verify")
        self.optimum: Optimum = best.solution.optimum
        self.y, self.x = best.solution.y, best.solution.x
        self.whatif = WhatIf(self.program, self.optimum)
        self.cost = self.whatif.now.cost
        if abs(self.cost - plan.total_cost) > 1e-6 * max(abs(self.cost), abs(plan.total_cost)):
            raise CheckError(f"the plan costs {plan.total_cost:.9g}, but its scenario's optimum is {self.cost:.9g}; see plan verify")

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.scenario.money.currency

    def unit(self, material: str) -> str:
        """Unit of a material."""
        return self.scenario.materials[material].unit if material in self.scenario.materials else "unit"

    @cached_property
    def directions(self) -> Directions:
        """One-sided slopes of the least cost."""
        return Directions(self.optimum)

    @cached_property
    def rows(self) -> dict[str, dict[tuple[Any, ...], int]]:
        """Rows by constraint and index."""
        return _places(self.program.rows)

    @cached_property
    def columns(self) -> dict[str, dict[tuple[Any, ...], int]]:
        """Columns by variable and index."""
        return _places(self.program.columns)

    @cached_property
    def discounts(self) -> Floats:
        """Discount factor of each row's period, 1 where it belongs to none."""
        policy = self.data.policy
        rows = policy.max_share, policy.budget, policy.max_emissions, policy.stock_limit, policy.min_cover, policy.service
        windows: list[ShareRow | LimitRow | StockRow | ServiceRow] = [row for kind in rows for row in kind]
        by_window = {row.key: row.window.discount for row in windows}
        found = []
        for name, index in self.program.rows:
            parts = index if isinstance(index, tuple) else (index,)
            found.append(by_window[parts] if name in _POLICIES else self.data.time.discount.get(parts[-1], 1.0))
        return np.array(found)

    @cached_property
    def smallest(self) -> float:
        """Slopes below this are rounding, in money per unit of a row."""
        return SMALL * float(np.abs(self.y).max(initial=0.0))

    def undiscounted(self, sides: Mapping[int, float], slope: float) -> float:
        """A slope in money of the periods in which it arises: each row's part over its discount."""
        parts = [(self.y[row] * move, self.discounts[row]) for row, move in sides.items()]
        now = sum(part for part, _ in parts)
        return slope * sum(part / discount for part, discount in parts) / now if now else slope / float(np.mean([d for _, d in parts]))

    def per_period(self, series: Series, steps: Mapping[str, float]) -> dict[str, float]:
        """A series as its mean of each period, with steps added in some periods."""
        return {period.start.isoformat(): self.setting.mean(series, period) + steps.get(period.label, 0.0) for period in self.calendar.periods}

    def table(self, name: str) -> pd.DataFrame:
        """A table of the plan."""
        return self.plan.tables[name]


_POLICIES = frozenset({"max_share", "budget", "max_emissions", "stock_limit", "min_cover", "service_level"})


def _places(keys: Iterable[tuple[str, Any]]) -> dict[str, dict[tuple[Any, ...], int]]:
    found: dict[str, dict[tuple[Any, ...], int]] = {}
    for place, (name, index) in enumerate(keys):
        found.setdefault(name, {})[index if isinstance(index, tuple) else (index,)] = place
    return found


def proof(values: Mapping[Path, Any], total_cost: float) -> Proof:
    """A proof from changes by path."""
    return Proof({".".join(map(str, path)): _plain(value) for path, value in values.items()}, float(total_cost))


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's own, so that YAML and JSON can write them."""
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
