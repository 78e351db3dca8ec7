"""The bridge between two costs on a terminal: by cost line and cause, and by change; what is shown adds up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from planner.comparison.bridge import CAUSES
from planner.comparison.effects import Effect
from planner.comparison.result import Against, Comparison
from planner.comparison.rounding import apportioned, quantum_of
from planner.scenario.characters import harmless
from planner.show.screen import Screen, heading

DIGITS = 5
"""Digits of the largest number of a bridge."""


@dataclass(frozen=True)
class _Money:
    """How the money of one bridge is shown: everything is a multiple of the quantum, so that it adds up on the screen as well."""

    quantum: float
    scale: float
    unit: str

    def text(self, value: float) -> str:
        """A number with its sign, a dot for nothing."""
        places = max(0, round(math.log10(self.scale / self.quantum)))
        return f"{value / self.scale:+,.{places}f}" if value else "·"


def _money_for(values: Iterable[float], currency: str) -> _Money:
    largest = max((abs(value) for value in values), default=0.0)
    scale, word = next(((size, word) for size, word in ((1e9, "bn "), (1e6, "M "), (1e3, "k ")) if largest >= 20 * size), (1.0, ""))
    return _Money(min(scale, quantum_of(largest, DIGITS)), scale, f"{word}{currency}")


def bridge_table(screen: Screen, comparison: Comparison, each: Against) -> RenderableType:
    """Cost lines by cause, rounded so that rows and columns add up to the difference."""
    parts = each.bridge_parts
    totals = {line: parts.total(causes) for line, causes in parts.lines.items()}
    if not totals or (not matters(parts.difference, comparison) and not any(matters(total, comparison) for total in totals.values())):
        return heading(f"{each.name} costs the same")
    shown = _money_for([parts.difference, *(value for causes in parts.lines.values() for value in causes.values())], comparison.currency)
    causes = [cause for cause in CAUSES if any(row[cause] for row in parts.lines.values())]
    table = screen.table(f"Why {each.name} costs {_how(parts.difference, comparison)}", shown.unit, [*causes, "total"])
    whole = apportioned(list(totals.values()), parts.difference, shown.quantum)
    sums = dict.fromkeys(causes, 0.0)
    for (line, row), total in sorted(zip(parts.lines.items(), whole, strict=True), key=lambda item: -abs(item[1])):
        cells = apportioned([row[cause] for cause in causes], total, shown.quantum)
        for cause, cell in zip(causes, cells, strict=True):
            sums[cause] += cell
        if any(cells) or total:
            table.add_row(f"  {line.replace('_', ' ')}", *map(shown.text, cells), Text(shown.text(total), style="bold"))
    table.add_row(Text("  all", style="bold"), *(Text(shown.text(round(sums[cause] / shown.quantum) * shown.quantum), style="bold") for cause in causes),
                  Text(shown.text(sum(whole)), style="bold"))  # fmt: skip
    return table


def matters(money: float, comparison: Comparison) -> bool:
    """Whether an amount is more than what solves and tables of nine digits leave open."""
    return abs(money) > 1e-9 * max(sum(map(abs, side.plan.costs.values())) * side.factor for side in comparison.sides)


def _how(difference: float, comparison: Comparison) -> str:
    return ("more" if difference > 0 else "less") if matters(difference, comparison) else "the same"


def effect_tables(screen: Screen, comparison: Comparison, each: Against) -> Iterator[RenderableType]:
    """What each set of changes does."""
    rows = each.effects.rows
    if not rows:
        if each.effects.note:
            yield Text(f"By change: {each.effects.note}", style="dim")
        return
    total = each.bridge_parts.difference
    ends = [value for row in rows for value in (row.effect, row.alone, row.last) if value is not None]
    shown = _money_for([total, *ends], comparison.currency)
    several = each.effects.method == "shapley"
    heads = ["effect", "alone", "last"] if several else ["effect" if len(rows) == 1 else "effect in this order"]
    table = screen.table("By change", shown.unit, heads)
    parts = apportioned([row.effect for row in rows], total, shown.quantum)
    pairs: Iterable[tuple[Effect, float]] = zip(rows, parts, strict=True)
    for row, part in sorted(pairs, key=lambda pair: -abs(pair[1])) if several else pairs:
        ends_shown = [shown.text(value or 0.0) for value in (row.alone, row.last)] if several else []
        table.add_row(f"  {harmless(row.group)}", Text(shown.text(part), style="bold"), *ends_shown)
    table.add_row(Text("  all", style="bold"), Text(shown.text(sum(parts)), style="bold"), *(["", ""] if several else []))
    yield table
    yield Text(f"  {each.effects.note}", style="dim")
