"""``plan alternatives`` and ``plan frontier``: what lies around the cheapest plan, and what one aim costs in terms of another."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from planner.cli.findings import Html, Out, find_and_tell
from planner.cli.shared import AsJson, Root, ScenarioFile, Sets, Workers, app


@app.command()
def alternatives(
    scenario: ScenarioFile,
    slack: Annotated[list[str], typer.Option("--slack", metavar="SHARE", help="Extra cost allowed, such as 5%; may be repeated.")] = ["5%"],  # noqa: B006
    plans: Annotated[int, typer.Option("--plans", metavar="N", min=0, max=50, help="So many plans that differ most.")] = 5,
    sets: Sets = None,
    root: Root = None,
    workers: Workers = None,
    as_json: AsJson = False,
    out: Out = None,
    html: Html = None,
) -> None:
    """Say what all plans have in common that cost nearly the same, and show a few that differ most."""
    from planner.alternatives import alternatives as found_near
    from planner.scenario.units import share_of

    slacks = [share_of(text, "--slack", most=1.0) for text in slack]
    find_and_tell(partial(found_near, scenario, slacks, plans, sets=sets or (), root=root, workers=workers), as_json, out, html)


@app.command()
def frontier(
    scenario: ScenarioFile,
    over: Annotated[
        str,
        typer.Option(
            "--over",
            metavar="QUANTITY",
            help="shortage, shortage:ID, share:COUNTRY[:MATERIAL], stockpile:ID (size), opening:ID (opening stock), capex or emissions.",
            show_default=False,
        ),
    ],
    points: Annotated[int, typer.Option("--points", metavar="N", min=1, max=1000, help="So many segments at most.")] = 20,
    sets: Sets = None,
    root: Root = None,
    as_json: AsJson = False,
    out: Out = None,
    html: Html = None,
) -> None:
    """Trace least cost against another quantity: what each further unit less of it costs."""
    from planner.frontier import frontier as traced

    find_and_tell(partial(traced, scenario, over, points, sets=sets or (), root=root), as_json, out, html)
