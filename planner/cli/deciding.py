"""``plan decide-by`` and ``plan value``: until when decisions can wait, and what stocks and contracts are worth."""

from __future__ import annotations

from typing import Annotated

import typer

from planner.cli.findings import Html, Out, check_places, tell
from planner.cli.shared import AsJson, Progress, Root, ScenarioFile, Sets, app

Workers = Annotated[int | None, typer.Option(metavar="N", min=1, help="Worker processes; default one a core where that pays.", show_default=False)]


@app.command("decide-by")
def decide_by(
    scenario: ScenarioFile,
    within: Annotated[str, typer.Option(metavar="SHARE", help="Extra cost that is accepted, as a share of the least cost.")] = "1 %",
    sets: Sets = None,
    root: Root = None,
    workers: Workers = None,
    as_json: AsJson = False,
    out: Out = None,
    html: Html = None,
) -> None:
    """By when each project and contract must be decided, and what each month of delay costs."""
    from planner.decide_by import decide_by as decided
    from planner.scenario.units import share_of

    check_places(out, html)
    share = share_of(within, "--within")
    with Progress() as progress:
        found = decided(scenario, sets=sets or (), root=root, within=share, workers=workers, progress=progress.count)
    tell(found, as_json, out, html)
