"""``plan sweep``: many variations of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planner.cli.findings import Html, check_places, tell
from planner.cli.shared import AsJson, Progress, Root, app
from planner.scenario.characters import message


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.yaml", help="Sweep file: what varies, and how.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results; default sweeps/<name>.", show_default=False)] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help="Worker processes; default one a core.", show_default=False)] = None,
    as_json: AsJson = False,
    html: Html = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to solve on, such as tcp://10.0.0.1:8786.", show_default=False)] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was solved before.")] = False,
    root: Root = None,
) -> None:
    """Solve many variations of a scenario; stopped and started again it goes on where it was."""
    from planner.sweep import default_folder
    from planner.sweep import sweep as swept

    check_places(None, html)
    folder = out if out is not None else default_folder(file)
    with Progress() as progress:
        found = swept(file, out=folder, workers=workers, cluster=cluster, fresh=fresh, root=root, count=progress.pace)
    tell(found, as_json, None, html)
    typer.echo(f"wrote {message(str(folder))}", err=as_json)
