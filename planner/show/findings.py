"""What an analysis found, on a terminal: its sentences first, then one table a section."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.findings import Findings, Section
from planner.scenario.characters import harmless
from planner.show.screen import heading


def render_findings(found: Findings) -> RenderableType:
    """Everything that is told of findings."""
    return Group(*_parts(found))


def _parts(found: Findings) -> Iterator[RenderableType]:
    yield Text(harmless(found.title), style="bold")
    for sentence in found.headline:
        yield Text(harmless(sentence))
    for section in found.sections:
        yield Text("")
        yield heading(section.title, found.note(section))
        yield _table(found, section)
    if found.limits:
        yield Text("")
    for limit in found.limits:
        yield Text(harmless(limit), style="dim")


def _table(found: Findings, section: Section) -> RenderableType:
    cells = found.cells(section)
    if not cells:
        return Text("  nothing", style="dim")
    if not section.most:
        return Text(f"{len(cells)} rows: --json, --out and --html have them", style="dim")
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for place, column in enumerate(section.columns):
        # names may go on in a second line; what is counted must not
        counted = column.shown != "text"
        table.add_column(column.heading, justify="right" if counted else "left", min_width=12 if place == 0 else None)
    for row in cells[: section.most]:
        table.add_row(*(Text(harmless(cell), no_wrap=column.shown != "text") for cell, column in zip(row, section.columns, strict=True)))
    if len(cells) <= section.most:
        return table
    return Group(table, Text(f"and {len(cells) - section.most} more: --json, --out and --html have all", style="dim"))
