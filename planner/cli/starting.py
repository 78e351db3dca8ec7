"""``plan new`` and ``plan schema``: how to begin."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.shared import app
from planner.errors import InputError


class Language(StrEnum):
    """What a file is written in."""

    scenario = "scenario"
    sweep = "sweep"


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.", show_default=False)]) -> None:
    """Write a small, commented scenario that solves."""
    from planner.language import new_scenario

    for path in new_scenario(folder):
        typer.echo(f"wrote {path}")
    tries = [f"plan {command} {folder / name}" for command, name in (("solve", "scenario.yaml"), ("solve", "cutoff.yaml"), ("sweep", "sweep.yaml"))]
    typer.echo("\nNow try:  " + "\n          ".join(tries))


@app.command()
def schema(
    of: Annotated[Language, typer.Argument(metavar="scenario|sweep", help="What the files are.", show_default=True)] = Language.scenario,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there instead of printing it.", show_default=False)] = None,
) -> None:
    """Print the JSON Schema of scenario files or of sweep files, for editors."""
    from planner.language import schema_text

    text = schema_text(of.value)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror or error}") from None
