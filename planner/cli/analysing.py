"""``plan compare``, ``plan report``, ``plan export`` and ``plan import``: what analysts make of plans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.shared import AsJson, Folder, Progress, Root, Workers, app, as_written, print_json, terminal
from planner.scenario.characters import message


@app.command()
def compare(
    items: Annotated[list[str], typer.Argument(metavar="PLAN…", help="Plan folders or scenario files, which are solved.", show_default=False)],
    base: Annotated[str | None, typer.Option(metavar="PLAN", help="The one that the others are compared with; default the first.", show_default=False)] = None,
    as_json: AsJson = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="Write the comparison as CSV tables.", show_default=False)] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write it as an Excel workbook.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page with charts.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace whatever workbook is there.")] = False,
    root: Root = None,
    no_effects: Annotated[bool, typer.Option("--no-effects", help="Do not solve again to find what each change does.")] = False,
    no_keep: Annotated[bool, typer.Option("--no-keep", help="Do not ask what keeping each decision of the base would cost.")] = False,
    workers: Workers = None,
) -> None:
    """Compare plans: what was changed, why the cost differs, what is done differently."""
    from planner.comparison import compare as compared
    from planner.comparison.workbook import refuse_other_tables, write_tables, write_workbook
    from planner.report import comparison_page
    from planner.report.files import refuse_other, write_report
    from planner.sheets import refuse_foreign_book

    # better now than after the solves
    if csv is not None:
        refuse_other_tables(csv)
    if xlsx is not None:
        refuse_foreign_book(xlsx, force=force)
    if html is not None:
        refuse_other(html)
    with Progress() as progress:
        found = compared(*items, base=base, effects=not no_effects, keep=not no_keep, root=root, workers=workers, progress=progress.count)
        written = [] if csv is None else [write_tables(found, csv)]
        if xlsx is not None:
            written.append(write_workbook(found, xlsx, force=force))
        if html is not None:
            written.append(write_report(html, comparison_page(found)))
    if as_json:
        print_json(found.as_dict())
    else:
        from planner.show.comparison import render_comparison

        console = terminal()
        console.print(render_comparison(found, console.width))
    for path in written:
        typer.echo(f"wrote {message(str(path))}", err=as_json)


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Plan folders; several are compared with the first.", show_default=False)],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Where to; default <folder>.html beside the first.", show_default=False)] = None,
) -> None:
    """Write one self-contained HTML page of a plan, or of several compared: readable offline, fit for print."""
    from planner.report.files import default_file, refuse_other, write_report

    path = html if html is not None else default_file(folders[0])
    refuse_other(path)
    text = _page(folders)
    typer.echo(f"Report written to {write_report(path, text)}")


def _page(folders: Sequence[Path]) -> str:
    """The page of one plan, or of several that are compared."""
    from planner.plan import change_told
    from planner.report import comparison_page, read_plan, report_page

    if len(folders) > 1:
        from planner.comparison import compare as compared

        with Progress() as progress:
            return comparison_page(compared(*folders, progress=progress.count))
    plan, odd = read_plan(folders[0])
    if odd:
        told = change_told(folders[0], odd)
        typer.echo(f"warning: {told}", err=True)
        plan.record["warnings"] = [told, *plan.record.get("warnings", ())]
    return report_page([plan])


@app.command()
def export(
    folder: Folder,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Workbook; default FOLDER.xlsx beside the folder.", show_default=False)] = None,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="As an Excel workbook, which is the only form.", show_default=False)] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace whatever file is there.")] = False,
) -> None:
    """Write a plan as one workbook: its scenario to edit and import again, all of its tables, charts."""
    from planner.exchange import export_plan
    from planner.plan import SCENARIO, read_record

    if file is not None and folder.suffix.lower() == ".xlsx" and not folder.is_dir():
        # the file was written after the option, and the folder last
        folder, file = file, folder
    record = read_record(folder)
    as_written(folder, record, SCENARIO, *(f"{name}.parquet" for name in record["tables"]))
    path = export_plan(folder, file, force=force)
    typer.echo(f"Workbook written to {message(str(path))}; edit the scenario in it, then: plan import {message(str(path))}")


@app.command("import")
def import_(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="Workbook, as plan export writes it.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Scenario file or a folder for it; default BOOK.yaml beside BOOK.xlsx.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Make a scenario file from a workbook that was exported, and perhaps edited."""
    from planner.exchange import import_book

    path, warnings = import_book(book, out, force=force)
    for problem in warnings:
        typer.echo(f"warning: {message(str(problem))}", err=True)
    typer.echo(f"Scenario written to {message(str(path))}; now: plan solve {message(str(path))}")
