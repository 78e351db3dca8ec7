"""How commands that find something beyond one plan tell it: a summary or JSON, tables, a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.shared import print_json, terminal
from planner.scenario.characters import message

if TYPE_CHECKING:
    from planner.findings import Findings

Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Write all tables there, as CSV and Parquet.", show_default=False)]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.", show_default=False)]


def check_places(out: Path | None, html: Path | None) -> None:
    """Refuse places that hold something else, before anything is solved.

    Raises:
        InputError: naming what is in the way.
    """
    from planner.findings import refuse_other_findings
    from planner.report.files import refuse_other

    if out is not None:
        refuse_other_findings(out)
    if html is not None:
        refuse_other(html)


def tell(found: Findings, as_json: bool, out: Path | None, html: Path | None) -> None:
    """Tell findings in every way that was asked for."""
    from planner.report.files import write_report
    from planner.report.findings import findings_page
    from planner.show.findings import render_findings

    written = [] if out is None else [found.save(out)]
    if html is not None:
        written.append(write_report(html, findings_page(found)))
    if as_json:
        print_json(found.as_dict())
    else:
        console = terminal()
        console.print(render_findings(found))
    for path in written:
        typer.echo(f"wrote {message(str(path))}", err=as_json)
