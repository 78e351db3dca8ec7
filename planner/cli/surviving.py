"""``plan runway``: how long everything is served when somebody fails."""

from __future__ import annotations

from typing import Annotated

import typer

from planner.cli.findings import Html, Out, check_places, tell
from planner.cli.shared import AsJson, Progress, Root, ScenarioFile, Sets, app


@app.command()
def runway(
    scenario: ScenarioFile,
    sets: Sets = None,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="It fails on this day; default the horizon's start.", show_default=False)] = None,
    recover: Annotated[str, typer.Option("--recover", metavar="DURATION", help="The loss is counted while it is out for so long.")] = "6 months",
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="WHAT", help="What fails, such as suppliers.lynas_dy,countries.CN or contracts; default each one.", show_default=False),
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also let every two of the countries fail together.")] = False,
    levers: Annotated[bool, typer.Option("--levers/--no-levers", help="Ask what would win time.")] = True,
    as_json: AsJson = False,
    out: Out = None,
    html: Html = None,
    root: Root = None,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help="Worker processes; default one a core.", show_default=False)] = None,
) -> None:
    """Say how long every demand is served without a supplier, country, stockpile or contract, and what that costs."""
    from planner.runway import runway as asked

    check_places(out, html)
    with Progress() as progress:
        found = asked(
            scenario, sets=sets or (), root=root, start=start, recover=recover, only=only, two=pairs, levers=levers, workers=workers, count=progress.count
        )
    tell(found, as_json, out, html)
