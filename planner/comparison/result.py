"""A comparison of plans: what was changed, what came of it, why the cost differs, and what is done differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planner.comparison.bridge import CAUSES, Bridge
from planner.comparison.changes import Change
from planner.comparison.decisions import Decision, Divergence
from planner.comparison.effects import Effects
from planner.comparison.figures import Figure
from planner.comparison.sides import Side
from planner.notebook import card

if TYPE_CHECKING:
    import pandas as pd

    from planner.plan import Plan

FORMAT = "stopgap comparison 1"


@dataclass(frozen=True)
class Against:
    """One plan against the base."""

    name: str
    changes: list[Change]
    bridge_parts: Bridge
    effects: Effects
    decisions: list[Decision]
    keep_all: str
    """What keeping all of the base's decisions would do: as :attr:`Decision.keep`, empty where it was not asked."""
    divergence: Divergence | None


@dataclass(frozen=True)
class Comparison:
    """Plans compared with a base, which comes first; money in the base's currency."""

    sides: tuple[Side, ...]
    currency: str
    notes: tuple[str, ...]
    figures: list[Figure]
    against: list[Against]

    @property
    def base(self) -> str:
        """Name of the base."""
        return self.sides[0].name

    @property
    def plans(self) -> dict[str, Plan]:
        """Plans by their name in the comparison, the base first."""
        return {side.name: side.plan for side in self.sides}

    @property
    def bridge(self) -> pd.DataFrame:
        """Why the cost differs: plan, line, material, cause, value, unit; a plan's rows sum to its difference from the base."""
        return self.frames()["bridge"]

    def tables(self, name: str) -> pd.DataFrame:
        """One table of all plans, tidy, with the column ``plan`` first.

        Args:
            name: A table of a plan, such as ``purchases``.

        Raises:
            KeyError: if a plan has no such table.
        """
        return stacked(self.plans, name)

    def frames(self) -> dict[str, pd.DataFrame]:
        """The comparison as tidy tables: changes, figures, bridge, effects, decisions, divergence."""
        import pandas as pd

        found = {
            "changes": self._rows("changes"),
            "figures": self._figure_rows(),
            "bridge": self._bridge_rows(),
            "effects": [
                {"plan": each.name, "method": each.effects.method, **asdict(row), "unit": self.currency} for each in self.against for row in each.effects.rows
            ],
            "decisions": self._rows("decisions"),
            "divergence": self._divergence(),
        }
        return {name: pd.DataFrame(rows, columns=list(FRAMES[name])) for name, rows in found.items()}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return [{"plan": each.name, **asdict(row)} for each in self.against for row in getattr(each, name)]

    def _divergence(self) -> list[dict[str, Any]]:
        return [{"plan": each.name, **asdict(each.divergence)} for each in self.against if each.divergence is not None]

    def _figure_rows(self) -> list[dict[str, Any]]:
        rows = []
        for figure in self.figures:
            for plan, value in figure.values.items():
                number, text = (None, value) if isinstance(value, str) else (value, "")
                rows.append({"figure": figure.figure, "item": figure.item, "label": figure.label, "year": figure.year, "plan": plan,
                             "value": number, "text": text, "unit": figure.unit})  # fmt: skip
        return rows

    def _bridge_rows(self) -> list[dict[str, Any]]:
        return [
            {"plan": each.name, "line": line, "material": material, "cause": cause, "value": money, "unit": self.currency}
            for each in self.against
            for (line, material), causes in each.bridge_parts.cells.items()
            for cause, money in causes.items()
            if money
        ]

    def _repr_html_(self) -> str:
        """What a notebook shows: plans, and the bridge of each against the base."""
        plans = [[side.name, f"{side.total_cost:,.0f}", f"{side.total_cost - self.sides[0].total_cost:+,.0f}"] for side in self.sides]
        tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = [("Cost, discounted", ("Plan", self.currency, "difference"), plans)]
        for each in self.against:
            rows = [[line, *(f"{causes[cause]:+,.0f}" for cause in CAUSES), f"{each.bridge_parts.total(causes):+,.0f}"]
                    for line, causes in each.bridge_parts.lines.items()]  # fmt: skip
            tables.append((f"Why {each.name} costs what it does more or less", ("Cost line", *CAUSES, "total"), rows))
            effects = [[row.group, f"{row.effect:+,.0f}"] for row in each.effects.rows]
            tables.append((f"What each change does in {each.name}", ("Set of changes", "effect"), effects))
        return card(f"Plans compared with {self.base}", self.notes, tables)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, fit for JSON."""
        return {
            "format": FORMAT,
            "base": self.base,
            "currency": self.currency,
            "plans": [_plan(side) for side in self.sides],
            "notes": list(self.notes),
            "changes": self._rows("changes"),
            "figures": [asdict(figure) for figure in self.figures],
            "bridges": [_bridge(each) for each in self.against],
            "decisions": [{"plan": each.name, **asdict(row), "tie": row.keep == "tie"} for each in self.against for row in each.decisions],
            "keep_all": {each.name: each.keep_all for each in self.against},
            "divergence": self._divergence(),
        }


FRAMES: dict[str, tuple[str, ...]] = {
    "changes": ("plan", "path", "kind", "base_value", "value", "base_place", "place"),
    "figures": ("figure", "item", "label", "year", "plan", "value", "text", "unit"),
    "bridge": ("plan", "line", "material", "cause", "value", "unit"),
    "effects": ("plan", "method", "group", "changes", "effect", "alone", "last", "unit"),
    "decisions": ("plan", "kind", "item", "label", "material", "period", "base_value", "value", "unit", "base_total", "total", "keep", "keep_cost"),
    "divergence": ("plan", "period", "what"),
}
"""Columns of each table of a comparison."""


def stacked(plans: Mapping[str, Plan], name: str) -> pd.DataFrame:
    """One table of several plans, tidy, with the column ``plan`` first.

    Args:
        plans: By the name that the column ``plan`` gives them.
        name: A table of a plan.

    Raises:
        KeyError: if a plan has no such table.
    """
    import pandas as pd

    found = []
    for plan, item in plans.items():
        table = item.tables[name].copy()
        table.insert(0, "plan", plan)
        found.append(table)
    return pd.concat(found, ignore_index=True)


def _plan(side: Side) -> dict[str, Any]:
    record = side.plan.record
    return {"name": side.name, "title": record["title"], "status": record["status"], "currency": record["currency"], "total_cost": side.total_cost}


def _bridge(each: Against) -> dict[str, Any]:
    parts, effects = each.bridge_parts, each.effects
    return {
        "plan": each.name,
        "difference": parts.difference,
        "lines": [{"line": line, **causes, "total": parts.total(causes)} for line, causes in parts.lines.items()],
        "materials": [{"line": line, "material": material, **causes, "total": parts.total(causes)} for (line, material), causes in parts.cells.items()],
        "effects": asdict(effects),
    }
