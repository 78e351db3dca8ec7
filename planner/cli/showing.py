"""``plan show``, ``plan verify`` and ``plan explain``: what reads a plan folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.shared import AsJson, Folder, Progress, app, as_written, print_json, show_record, terminal
from planner.errors import CheckError, InputError, counted
from planner.scenario.characters import harmless, message

if TYPE_CHECKING:
    from planner.proof import Report


@app.command()
def show(
    folder: Folder,
    table: Annotated[str | None, typer.Option("--table", "-t", metavar="NAME", help="Print a table of the plan instead.", show_default=False)] = None,
    materials: Annotated[
        list[str] | None, typer.Option("--material", "-m", metavar="ID", help="Show every source of this material; may be repeated.", show_default=False)
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", metavar="FORM", help="text, csv or json.")] = "text",
) -> None:
    """Show a plan again, all sources of a material, or one of its tables."""
    from planner.plan import read_record, recover

    if form not in ("text", "csv", "json"):
        raise InputError(f"--format {form}: is not one of text, csv, json")
    if recover(folder):
        typer.echo(f"note: brought back the plan in {folder}, which a killed run had moved away", err=True)
    if materials and (table is not None or form != "text"):
        raise InputError("--material: goes without --table and --format; tables are filtered where they are read")
    if table is not None:
        _show_table(folder, table, form)
        return
    record = read_record(folder)
    if form == "csv":
        raise InputError("--format csv: needs --table NAME")
    intact = as_written(folder, record)
    if form == "json":
        print_json(record, strict=False)
        return
    try:
        show_record(record, materials or ())
    except InputError:
        raise
    except Exception as error:
        # the output may fail for another reason, and a plan as it was written shows a bug
        if intact or isinstance(error, OSError):
            raise
        raise InputError(f"{folder / 'plan.json'}: the plan is damaged and cannot be shown: {type(error).__name__}: {error}") from None


@app.command()
def verify(folder: Folder, as_json: AsJson = False) -> None:
    """Check a plan folder by itself: its files, every rule of its scenario, its costs, and that no plan is cheaper."""
    from planner.proof import verify_folder

    report = verify_folder(folder)
    if as_json:
        print_json(report.as_dict())
        for problem in report.failed:
            typer.echo(f"error: {message(problem)}", err=True)
        if not report.passed:
            raise typer.Exit(CheckError.exit_code)
        return
    _show_report(report)
    report.raise_if_failed()
    typer.echo(f"{message(str(folder))}: verified, {counted(len(report.checks), 'rules')} hold and no plan is cheaper")


@app.command()
def explain(
    folder: Folder,
    material: Annotated[str | None, typer.Option(metavar="ID", help="Only what concerns this material.", show_default=False)] = None,
    supplier: Annotated[str | None, typer.Option(metavar="ID", help="Only what concerns this supplier.", show_default=False)] = None,
    project: Annotated[str | None, typer.Option(metavar="ID", help="Only what concerns this project.", show_default=False)] = None,
    period: Annotated[str | None, typer.Option(metavar="LABEL", help="Only what happens in this period, such as 2027-03.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a plan is what it is: what is worth how much, and at which price decisions change."""
    from planner.explain import Filter
    from planner.explain import explain as explained

    with Progress() as progress:
        progress.show("solve", 0.0)
        answer = explained(folder, Filter(material, supplier, project, period), lambda count: progress.show(f"explain: {counted(count, 'statements')}", 0.0))
    if as_json:
        print_json(answer.as_dict())
        return
    from planner.show import render_explanation

    console = terminal()
    console.print(render_explanation(answer, console.width))


def _show_report(report: Report) -> None:
    """One line a rule: its worst residual, that as a share of the numbers it comes from, and where it is."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("rule")
    table.add_column("worst residual", justify="right")
    table.add_column("relative", justify="right")
    table.add_column("where", overflow="fold")
    for check in report.checks:
        style = "" if check.passed else "bold red"
        relative = f"{check.relative:.1e}" if report.residual(check) else "ok" if check.passed else "wrong"
        table.add_row(check.rule, report.residual(check), relative, message(check.where), style=style)
    terminal().print(table)


def _show_table(folder: Path, name: str, form: str) -> None:
    from planner.csvs import csv_text
    from planner.errors import did_you_mean, listed
    from planner.plan import Plan
    from planner.results.tables import COLUMNS

    plan = Plan.load(folder)
    tables = plan.tables
    if name not in tables:
        raise InputError(f"--table {name}: the plan has no such table; {did_you_mean(name, tables, f'it has {listed(tables, 20)}')}")
    table = tables[name]
    lost = {*COLUMNS[name], "value", "unit"} - set(table.columns) if name in COLUMNS else set()
    if not as_written(folder, plan.record, f"{name}.csv", f"{name}.parquet") and lost:
        raise InputError(f"{folder / f'{name}.parquet'}: the plan is damaged: without the columns {listed(lost)}")
    if form == "csv":
        typer.echo(csv_text(table), nl=False)
    elif form == "json":
        typer.echo(harmless(table.to_json(orient="records", indent=1, force_ascii=False, double_precision=15)))
    else:
        typer.echo(harmless(table.to_string(index=False, float_format=lambda value: f"{value:.6g}")) if len(table) else "(no rows)")
