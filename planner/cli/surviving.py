"""``plan runway``: how long everything is served when somebody fails."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from planner.cli.findings import Html, Out, find_and_tell
from planner.cli.shared import AsJson, Root, ScenarioFile, Sets, Workers, app


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
    workers: Workers = None,
) -> None:
    """Say how long every demand is served without a supplier, country, stockpile, contract, process or route, and what that costs."""
    from planner.runway import runway as survived

    find = partial(survived, scenario, sets=sets or (), root=root, start=start, recover=recover, only=only, pairs=pairs, levers=levers, workers=workers)
    find_and_tell(find, as_json, out, html)
