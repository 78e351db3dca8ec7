"""``plan sweep``: many variations of a scenario."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.findings import Html, find_kept_and_tell
from planner.cli.shared import AsJson, Root, Workers, app


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.yaml", help="Sweep file: what varies, and how.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results; default sweeps/<name>.", show_default=False)] = None,
    workers: Workers = None,
    as_json: AsJson = False,
    html: Html = None,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to solve on, such as tcp://10.0.0.1:8786.", show_default=False)] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was solved before.")] = False,
    root: Root = None,
) -> None:
    """Solve many variations of a scenario; stopped and started again it goes on where it was."""
    from planner.sweep import default_folder
    from planner.sweep import sweep as swept

    folder = out if out is not None else default_folder(file)
    find = partial(swept, file, out=folder, workers=workers, cluster=cluster, fresh=fresh, root=root)
    find_kept_and_tell(find, as_json, html, folder)
