"""``plan decide-by`` and ``plan value``: until when decisions can wait, and what stocks and contracts are worth."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from planner.cli.findings import Html, Out, find_and_tell
from planner.cli.shared import AsJson, Root, ScenarioFile, Sets, Workers, app


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

    share = share_of(within, "--within", most=1.0)
    find_and_tell(partial(decided, scenario, sets=sets or (), root=root, within=share, workers=workers), as_json, out, html)


@app.command()
def value(
    scenario: ScenarioFile,
    futures: Annotated[
        list[str] | None,
        typer.Argument(metavar="FUTURE…", help="Further scenario files, each perhaps with a weight: cutoff.yaml=0.3.", show_default=False),
    ] = None,
    stock_price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=PRICE",
            help="What a unit for a stockpile costs, by stockpile or material; default that of the cheapest open seller.",
            show_default=False,
        ),
    ] = None,
    sets: Sets = None,
    root: Root = None,
    workers: Workers = None,
    as_json: AsJson = False,
    out: Out = None,
    html: Html = None,
) -> None:
    """What size of each stockpile pays for itself, and what each contract is worth, over some futures."""
    from planner.value import value as valued

    find = partial(valued, scenario, futures or (), sets=sets or (), root=root, stock_prices=stock_price or (), workers=workers)
    find_and_tell(find, as_json, out, html)
