"""What everything that is shown on a terminal shares: widths, headings, numbers that fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from planner.plan import Record

WIDEST = 110


@dataclass(frozen=True)
class Screen:
    """How wide everything may be."""

    width: int

    @property
    def first(self) -> int:
        """Width of the first column."""
        return 34 if self.width >= 100 else 26

    def room(self, column: int) -> int:
        """How many columns of a width fit beside the first one."""
        return max(1, (self.width - self.first - 1) // column)

    def table(self, name: str, note: str, columns: Iterable[str]) -> Table:
        """A table without lines whose first heading is the section's title."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", width=self.width)
        table.add_column(heading(name, note), min_width=self.first, no_wrap=True, overflow="ellipsis", ratio=1)
        for column in columns:
            table.add_column(column, justify="right", no_wrap=True)
        return table


def money(value: float, currency: str) -> str:
    """Money in words that fit: ``11.74 bn USD``."""
    for size, word in ((1e9, " bn"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (size if word != ' k' else 1e3):,.4g}{word} {currency}"
    return f"{value:,.6g} {currency}"


def amount(value: float, nothing: float = 0.0) -> str:
    """A quantity in at most six characters or so; a dot for what is not more than ``nothing``."""
    if abs(value) <= nothing:
        return "·"
    if abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 0.95 else f"{value:.2g}"


def years_shown(figures: Record, room: int) -> list[str]:
    """Calendar years to show, as many as there is room for: the first ones, then every so many, and the last."""
    most = min(8, max(3, room))
    years = sorted({period["start"][:4] for period in figures["periods"]})
    if len(years) <= most:
        return years
    head, rest = years[: most - 3], years[most - 3 :]
    return [*head, *{rest[len(rest) // 3]: 0, rest[2 * len(rest) // 3]: 0, rest[-1]: 0}]


def heading(text: str, note: str = "") -> Text:
    """The title of a section, with a note beside it."""
    return Text.assemble((text, "bold cyan"), (f"  {note}" if note else "", "dim"))
