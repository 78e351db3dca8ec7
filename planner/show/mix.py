"""The sourcing mix on a terminal: per material and year, what is wanted and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.errors import InputError, counted, did_you_mean, listed
from planner.plan import Record
from planner.show.screen import Screen, amount, years_shown

TOP_SOURCES = 3
IN_FULL = 4
_WANTED = "all wanted"
_LAST = ("from stock", "by substitutes", "other uses", "left short")


def mix_table(screen: Screen, figures: Record, years: list[str]) -> RenderableType | None:
    """What is in demand: the materials that run shortest in full, the others in short.

    Args:
        screen: How wide it may be.
        figures: The key figures of a plan.
        years: The years to show.
    """
    table = screen.table("Sourcing mix", "per year", years)
    wanted = {key: info for key, info in figures["shortage"]["materials"].items() if info["wanted"] > 0}
    shortest = sorted(wanted, key=lambda key: -wanted[key]["short"] / wanted[key]["wanted"])
    full = set(shortest[:IN_FULL])
    for material in [key for key in shortest if key in full] + [key for key in wanted if key not in full]:
        _Block(table, figures, material, years).add(TOP_SOURCES if material in full else 1, with_last=material in full)
    if len(wanted) > IN_FULL:
        table.add_row(Text("  all of one: --material ID", style="dim"))
    return table if table.row_count else None


def mix_of(screen: Screen, figures: Record, materials: Iterable[str]) -> RenderableType:
    """Every source of some materials, also of those that only processes use.

    Raises:
        InputError: Where the plan has no such material, or nothing of it moves.
    """
    years = years_shown(figures, screen.room(8))
    table = screen.table("Sourcing mix", "per year", years)
    for material in materials:
        if material not in figures["mix"]:
            known = did_you_mean(material, figures["mix"], f"known are {listed(figures['mix'])}")
            raise InputError(f"--material {material}: the plan wants nothing of it; {known}")
        _Block(table, figures, material, years).add(len(figures["mix"][material]), with_last=True)
    return table


class _Block:
    """The rows of one material."""

    def __init__(self, table: Table, figures: Record, material: str, years: list[str]) -> None:
        self.table, self.years = table, years
        self.sources: Record = figures["mix"][material]
        self.origins: Record = figures["origin_share"].get(material, {})
        self.name = f"{figures['materials'][material]['label']}, {figures['materials'][material]['unit']}"
        self.nothing = 1e-5 * sum(self.sources[_WANTED].values()) / len(self.sources[_WANTED])

    def add(self, most: int, *, with_last: bool) -> None:
        """What is wanted, the largest sources, the rest together, then stock, substitutes, other uses, shortage, the largest origin."""
        self._row(self.name, [_WANTED], "bold")
        candidates = [name for name in self.sources if name not in (_WANTED, *_LAST) and self._matters(name)]
        # what was shipped before the horizon is no decision, and comes last
        ranked = sorted(candidates, key=lambda name: (name == "in_transit", -self._peak(name)))
        last = list(filter(self._matters, _LAST))
        for name in ranked[:most]:
            self._row(f"  {name}", [name])
        rest = ranked[most:] if with_last else [*ranked[most:], *(name for name in last if name != "left short")]
        if rest:
            self._row(f"  {counted(len(rest), 'other sources')}" if with_last else "  all else, net of stock", rest)
        for name in last if with_last else [name for name in last if name == "left short"]:
            self._row(f"  {name}", [name], "red" if name == "left short" else "")
        self._largest_origin()

    def _row(self, name: str, parts: list[str], style: str = "") -> None:
        values = [sum(self.sources[part].get(year, 0.0) for part in parts if part in self.sources) for year in self.years]
        self.table.add_row(Text(name), *[amount(value, self.nothing) for value in values], style=style)

    def _largest_origin(self) -> None:
        """The country that most of what is supplied was mined in, year by year."""
        cells = [max(self.origins.get(year, {}).items(), key=lambda pair: pair[1], default=None) for year in self.years]
        if any(cells):
            texts = [f"{cell[0]} {100 * cell[1]:.0f}%" if cell else "" for cell in cells]
            self.table.add_row(Text("  largest origin"), *texts, style="dim")

    def _matters(self, name: str) -> bool:
        return any(abs(value) > self.nothing for value in self.sources.get(name, {}).values())

    def _peak(self, name: str) -> float:
        """Largest share of a year's need: what matters in any year is named, even if it ends soon."""
        wanted = self.sources[_WANTED]
        return max((abs(value) / wanted[year] for year, value in self.sources[name].items() if wanted.get(year)), default=0.0)
