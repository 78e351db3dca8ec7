"""How commands that find something beyond one plan tell it: a summary or JSON, tables, a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.shared import Progress, print_json, terminal
from planner.errors import Interrupted
from planner.scenario.characters import message

if TYPE_CHECKING:
    from planner.findings import Findings

Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write all tables there, as CSV and Parquet.", show_default=False)]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.", show_default=False)]


Find = Callable[..., "Findings"]
"""Finds something, and tells its argument ``progress`` how far it is."""


def find_and_tell(find: Find, as_json: bool, out: Path | None, html: Path | None) -> None:
    """Find something and tell it in every way that was asked for; places that hold something else are refused first.

    Args:
        find: What finds it.
        as_json: Print JSON instead of a summary.
        out: Folder for the tables.
        html: File for the page.

    Raises:
        InputError: naming what is in the way; else whatever finding raises.
    """
    from planner.findings import refuse_other_findings

    if out is not None:
        refuse_other_findings(out)
    _refuse_other_page(html)
    with Progress() as progress:
        found = find(progress=progress.count)
    tell(found, as_json, html, [] if out is None else [found.save(out)])


def find_kept_and_tell(find: Find, as_json: bool, html: Path | None, folder: Path) -> None:
    """The same for what writes its folder itself, and takes so long that people want to know for how long still."""
    _refuse_other_page(html)
    try:
        with Progress() as progress:
            found = find(progress=progress.pace)
    except (KeyboardInterrupt, Interrupted):
        kept = f"; what was solved stands in {folder}, and the same command goes on from there" if folder.exists() else ""
        raise Interrupted(f"interrupted{kept}") from None
    tell(found, as_json, html, [folder])


def _refuse_other_page(html: Path | None) -> None:
    from planner.report.files import refuse_other

    if html is not None:
        refuse_other(html)


def tell(found: Findings, as_json: bool, html: Path | None, written: list[Path]) -> None:
    """Tell findings; warnings and what was written go where they do not disturb."""
    from planner.report.files import write_report
    from planner.report.findings import findings_page
    from planner.show.findings import render_findings

    if html is not None:
        written = [*written, write_report(html, findings_page(found))]
    for warning in found.record["warnings"]:
        typer.echo(f"warning: {message(warning)}", err=True)
    if as_json:
        print_json(found.as_dict())
    else:
        terminal().print(render_findings(found))
    for path in written:
        typer.echo(f"wrote {message(str(path))}", err=as_json)
