"""The command ``plan``: parse, call the library, print. The only file that prints or exits."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.errors import CheckError, InputError, Interrupted, NoPlanError, StopgapError, counted
from planner.scenario.characters import harmless, message

if TYPE_CHECKING:
    from rich.console import Console

    from planner.plan import Plan
    from planner.proof import Report

app = typer.Typer(
    name="plan",
    help="Find the cheapest way through an export cutoff: what to buy from whom, when to draw the stockpile, which capacity to commit to now.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok · 1 a bug · 2 bad input · 3 infeasible or unbounded · 4 stopped by a limit · 5 the answer failed its check · 130 interrupted",
)

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (YAML).", show_default=False)]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Plan folder.", show_default=False)]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value, read as YAML; may be repeated.", show_default=False)]
Root = Annotated[Path | None, typer.Option("--root", metavar="DIR", help="Folder that no file of the scenario may lie outside of.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; messages go to stderr.")]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"stopgap {version('stopgap')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    if debug:
        os.environ["STOPGAP_DEBUG"] = "1"


@app.command()
def solve(
    scenario: ScenarioFile,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Plan folder; default plans/<scenario>.", show_default=False)] = None,
    sets: Sets = None,
    root: Root = None,
    as_json: AsJson = False,
    time_limit: Annotated[float | None, typer.Option(metavar="SECONDS", min=0.0, help="Stop the solver after so long.", show_default=False)] = None,
    lp: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the model in LP format.", show_default=False)] = None,
    mps: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the model in MPS format.", show_default=False)] = None,
    horizon_test: Annotated[
        float | None, typer.Option(metavar="YEARS", help="Solve again with a horizon longer by so much; say which early decisions move.", show_default=False)
    ] = None,
    relax: Annotated[bool, typer.Option("--relax", help="Where no plan can keep all rules, solve under the cheapest relaxation of them.")] = False,
    no_tie_break: Annotated[bool, typer.Option("--no-tie-break", help="Take any of the plans that cost the same.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only where the plan is.")] = False,
) -> None:
    """Find the cheapest plan, check it, write it, show it."""
    from planner.pipeline import solve_scenario
    from planner.plan import refuse_foreign

    if time_limit is not None and not math.isfinite(time_limit):
        raise InputError(f"--time-limit {time_limit}: is not a number of seconds")
    if out is not None:
        # better now than after the solve
        refuse_foreign(out)
    _suffix(lp, ".lp")
    _suffix(mps, ".mps")
    longer = _longer(scenario, sets, root, horizon_test)
    with _Progress() as progress:
        plan = solve_scenario(
            scenario, sets=sets or (), root=root, time_limit=time_limit, lp=lp, mps=mps, tie_break=not no_tie_break, relax=relax, progress=progress.show
        )
        if longer is not None:
            plan.record["horizon_test"] = longer(plan, time_limit=time_limit, tie_break=not no_tie_break, progress=progress.show)
        progress.show("write", 0.0)
        folder = out if out is not None else Path("plans") / plan.name
        earlier = _title_of(folder)
        _save(plan, folder)
    if earlier not in (None, plan.record["title"]):
        typer.echo(f"note: replaced the plan of '{earlier}' in {folder}", err=True)
    for warning in plan.record["warnings"]:
        typer.echo(f"warning: {message(warning)}", err=True)
    for relaxation in plan.record.get("relaxations", ()):
        typer.echo(f"relaxed: {message(relaxation['path'])}: {message(relaxation['text'])}", err=True)
    if as_json:
        tested = {key: plan.record[key] for key in ("horizon_test", "relaxations") if key in plan.record}
        typer.echo(harmless(json.dumps({**plan.summary(), **tested, "out": str(folder)}, indent=1, ensure_ascii=False, allow_nan=False)))
    elif quiet:
        typer.echo(str(folder))
    else:
        _show(plan.record)
        typer.echo(f"Plan written to {folder}")


@app.command()
def check(
    scenario: ScenarioFile,
    sets: Sets = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check a scenario without solving it; warn about what looks wrong."""
    from planner.checks import warnings_of
    from planner.scenario.load import load

    loaded = load(scenario, sets or (), root)
    warnings = [*loaded.sources.warnings, *warnings_of(loaded)]
    found = loaded.scenario
    counts = {kind: len(getattr(found, kind)) for kind in ("materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "events", "policies")}
    if as_json:
        report = {"status": "ok", "warnings": [str(problem) for problem in warnings], "periods": len(loaded.calendar.periods), **counts}
        typer.echo(harmless(json.dumps(report, indent=1, ensure_ascii=False)))
        return
    for problem in warnings:
        typer.echo(f"warning: {message(str(problem))}", err=True)
    parts = [counted(len(loaded.calendar.periods), "periods"), *(counted(number, kind) for kind, number in counts.items() if number)]
    typer.echo(f"{message(str(scenario))}: ok, {', '.join(parts)}" + (f"; {counted(len(warnings), 'warnings')}" if warnings else ""))


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
    intact = _as_written(folder, record)
    if form == "json":
        typer.echo(harmless(json.dumps(record, indent=1, ensure_ascii=False)))
        return
    try:
        _show(record, materials or ())
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
        typer.echo(harmless(json.dumps(report.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)))
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

    with _Progress() as progress:
        progress.show("solve", 0.0)
        answer = explained(folder, Filter(material, supplier, project, period), lambda count: progress.show(f"explain: {counted(count, 'statements')}", 0.0))
    if as_json:
        typer.echo(harmless(json.dumps(answer.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)))
        return
    from planner.show import render_explanation

    console = _console()
    console.print(render_explanation(answer, console.width))


@app.command()
def compare(
    items: Annotated[list[str], typer.Argument(metavar="PLAN…", help="Plan folders or scenario files, which are solved.", show_default=False)],
    base: Annotated[str | None, typer.Option(metavar="PLAN", help="The one that the others are compared with; default the first.", show_default=False)] = None,
    as_json: AsJson = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="Write the comparison as CSV tables.", show_default=False)] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write it as an Excel workbook.", show_default=False)] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page with charts.", show_default=False)] = None,
    root: Root = None,
    no_effects: Annotated[bool, typer.Option("--no-effects", help="Do not solve again to find what each change does.")] = False,
    no_keep: Annotated[bool, typer.Option("--no-keep", help="Do not ask what keeping each decision of the base would cost.")] = False,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help="Worker processes; default one a core.", show_default=False)] = None,
) -> None:
    """Compare plans: what was changed, why the cost differs, what is done differently."""
    from planner.comparison import compare as compared
    from planner.comparison.workbook import refuse_other_tables, write_tables, write_workbook
    from planner.report import comparison_page
    from planner.report.files import refuse_other, write_report
    from planner.sheets import refuse_foreign_book

    for path, refuse in ((csv, refuse_other_tables), (xlsx, refuse_foreign_book), (html, refuse_other)):
        if path is not None:
            # better now than after the solves
            refuse(path)
    with _Progress() as progress:
        found = compared(*items, base=base, effects=not no_effects, keep=not no_keep, root=root, workers=workers, progress=progress.count)
        written = [] if csv is None else [write_tables(found, csv)]
        if xlsx is not None:
            written.append(write_workbook(found, xlsx))
        if html is not None:
            written.append(write_report(html, comparison_page(found)))
    if as_json:
        typer.echo(harmless(json.dumps(found.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)))
    else:
        from planner.show.comparison import render_comparison

        console = _console()
        console.print(render_comparison(found, console.width))
    for path in written:
        typer.echo(f"wrote {message(str(path))}", err=as_json)


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
    _as_written(folder, record, SCENARIO, *(f"{name}.parquet" for name in record["tables"]))
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
    from planner.report import comparison_page, read_plan, report_page

    if len(folders) > 1:
        from planner.comparison import compare as compared

        with _Progress() as progress:
            return comparison_page(compared(*folders, progress=progress.count))
    plan, odd = read_plan(folders[0])
    if odd:
        typer.echo(f"warning: {folders[0]} was changed after it was written: {', '.join(odd)}; see plan verify {folders[0]}", err=True)
    return report_page([plan])


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write it there instead of printing it.", show_default=False)] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from planner.language import schema_text

    if out is None:
        typer.echo(schema_text(), nl=False)
        return
    try:
        out.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror or error}") from None


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.", show_default=False)]) -> None:
    """Write a small, commented scenario that solves."""
    from planner.language import new_scenario

    for path in new_scenario(folder):
        typer.echo(f"wrote {path}")
    typer.echo(f"\nNow try:  plan solve {folder / 'scenario.yaml'}\n          plan solve {folder / 'cutoff.yaml'}")


def _longer(scenario: Path, sets: list[str] | None, root: Path | None, years: float | None) -> Callable[..., dict[str, Any]] | None:
    """The horizon test that is asked for; years that do not fit the grid are refused before the solve."""
    if years is None:
        return None
    from planner.horizon import horizon_test, lengthen
    from planner.scenario.load import load

    loaded = load(scenario, sets or (), root)
    lengthen(loaded, years)
    return lambda plan, **settings: horizon_test(loaded, plan, years, **settings)


def _save(plan: Plan, folder: Path) -> None:
    """Write a plan; once it stands, an interruption would only spoil its display."""
    try:
        plan.save(folder)
        _no_more_signals()
    except KeyboardInterrupt:
        # it may have come when the plan already stood
        if not plan.stands_in(folder):
            raise
        _no_more_signals()


def _no_more_signals() -> None:
    """Ctrl-C has no say any more; a request to end ends the process as it stands."""
    _received.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if callable(signal.getsignal(getattr(signal, name, signal.SIGINT))):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _as_written(folder: Path, record: dict[str, Any], *names: str) -> bool:
    """Whether a plan is known to be what was written; warn if it is known not to be."""
    from planner.plan import DIGESTS, changed

    odd = changed(folder, record, names)
    if odd:
        typer.echo(f"warning: {folder} was changed after it was written: {', '.join(odd)}; see plan verify {folder}", err=True)
    return not odd and DIGESTS[1] in record


def _title_of(folder: Path) -> str | None:
    """Title of the plan that a folder holds, None where there is none."""
    from planner.plan import read_record

    try:
        return str(read_record(folder)["title"])
    except InputError:
        return None


def _suffix(path: Path | None, suffix: str) -> None:
    if path is not None and path.suffix.lower() != suffix:
        raise InputError(f"{path}: the file name must end in {suffix}")


def _console() -> Console:
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    return Console(width=width, highlight=False, markup=False)


def _show(record: dict[str, Any], materials: Sequence[str] = ()) -> None:
    from planner.show import render, render_mix

    console = _console()
    console.print(render_mix(record, materials, console.width) if materials else render(record, console.width))


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
    _console().print(table)


def _show_table(folder: Path, name: str, form: str) -> None:
    from planner.errors import did_you_mean, listed
    from planner.plan import Plan, csv_text
    from planner.results.tables import COLUMNS

    plan = Plan.load(folder)
    tables = plan.tables
    if name not in tables:
        raise InputError(f"--table {name}: the plan has no such table; {did_you_mean(name, tables, f'it has {listed(tables, 20)}')}")
    table = tables[name]
    lost = {*COLUMNS[name], "value", "unit"} - set(table.columns) if name in COLUMNS else set()
    if not _as_written(folder, plan.record, f"{name}.csv", f"{name}.parquet") and lost:
        raise InputError(f"{folder / f'{name}.parquet'}: the plan is damaged: without the columns {listed(lost)}")
    if form == "csv":
        typer.echo(csv_text(table), nl=False)
    elif form == "json":
        typer.echo(harmless(table.to_json(orient="records", indent=1, force_ascii=False, double_precision=15)))
    else:
        typer.echo(harmless(table.to_string(index=False, float_format=lambda value: f"{value:.6g}")) if len(table) else "(no rows)")


class _Progress:
    """A status line on stderr for anything above two seconds; silent where stderr is not a terminal."""

    def __init__(self) -> None:
        import time

        self.clock = time.monotonic
        self.started = self.clock()
        self.shown = False

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, stage: str, _: float) -> None:
        """Show the stage, once the whole run has taken two seconds."""
        if _received:
            # a library has swallowed the interruption
            raise KeyboardInterrupt
        total = self.clock() - self.started
        if total > 2 and sys.stderr.isatty():
            self.shown = True
            sys.stderr.write(f"\r\x1b[K{stage} … {total:.0f} s")
            sys.stderr.flush()

    def count(self, what: str, done: int, of: int) -> None:
        """Show how much of something is done."""
        self.show(f"{what}: {done} of {of}" if of else what, 0.0)


STATUS = {2: "bad input", 4: "limit", 5: "check failed", 130: "interrupted"}


def _negotiation(error: NoPlanError) -> None:
    """Which rules contradict each other, and the cheapest way out."""
    chosen = [conflict for conflict in error.conflicts if not conflict.structural]
    if chosen:
        typer.echo("These contradict each other:" if error.status == "infeasible" else "These prices earn without end:", err=True)
    for conflict in chosen:
        typer.echo(f"  {message(str(conflict))}", err=True)
    ties = ", ".join(conflict.path for conflict in error.conflicts if conflict.structural)
    if ties:
        typer.echo(f"  tied together by {message(ties)}", err=True)
    if error.relaxations:
        typer.echo("The cheapest way out:", err=True)
        for relaxation in error.relaxations:
            typer.echo(f"  {message(str(relaxation))}", err=True)
        typer.echo("Solve it that way with --relax, or say with 'negotiable' what may give way.", err=True)


def _report(error: StopgapError) -> None:
    """Print an error on stderr; with ``--json`` also an object on stdout."""
    if isinstance(error, InputError) and error.problems:
        for problem in error.problems:
            typer.echo(message(str(problem)), err=True)
        typer.echo(counted(len(error.problems), "problems"), err=True)
    else:
        lines = f"{'' if isinstance(error, Interrupted) else 'error: '}{error}".split("\n")
        typer.echo("\n".join(map(message, lines)), err=True)
    if isinstance(error, NoPlanError):
        for warning in error.warnings:
            typer.echo(f"warning: {message(warning)}", err=True)
        _negotiation(error)
    if "--json" in sys.argv[2:]:
        status = error.status if isinstance(error, NoPlanError) else STATUS.get(error.exit_code, "error")
        report: dict[str, Any] = {"status": status, "message": str(error)}
        if isinstance(error, NoPlanError):
            report["conflicts"] = [asdict(conflict) for conflict in error.conflicts]
            report["relaxations"] = [asdict(relaxation) for relaxation in error.relaxations]
            report["smallest_relaxation"] = {relaxation.path: relaxation.after for relaxation in error.relaxations if relaxation.after is not None}
        if isinstance(error, InputError):
            report["problems"] = [str(problem) for problem in error.problems]
        typer.echo(harmless(json.dumps(report, indent=1, ensure_ascii=False)))


_received: list[int] = []
"""Signals that have asked this run to end; whoever starts the command fills it."""


def main(received: list[int] | None = None) -> int:
    """Run the command and map every outcome to its exit code.

    Args:
        received: Where signals that ask to end are noted; whatever fails after one is an interruption.
    """
    global _received  # noqa: PLW0603 - signals belong to the process
    _received = received if received is not None else []
    return _guarded(app)


def _guarded(run: Callable[..., Any]) -> int:
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character shows its number
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = int(run(standalone_mode=False) or 0)
        sys.stdout.flush()
        # the option parser turns an interruption into this code by itself
        return _ended(Interrupted("interrupted; there is no plan")) if code == Interrupted.exit_code else code
    except StopgapError as error:
        return _ended(error)
    except (KeyboardInterrupt, typer.Abort):
        return _ended(Interrupted("interrupted; there is no plan"))
    except SystemExit as leaving:
        # the option parser leaves by itself where output is cut off (`| head`) or the user interrupts
        if isinstance(leaving.__context__, BrokenPipeError):
            return _cut_off()
        return _ended(Interrupted("interrupted; there is no plan")) if leaving.code == Interrupted.exit_code else int(leaving.code or 0)
    except BrokenPipeError:
        return _cut_off()
    except OSError as error:
        return _ended(InputError(f"the output cannot be written: {error.strerror or error}"))
    except Exception as error:
        if _received:
            # what a library makes of an interruption
            return _ended(Interrupted("interrupted; there is no plan"))
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            # a wrong use of the options, in the parser's words
            error.show()
            return int(error.exit_code)
        if os.environ.get("STOPGAP_DEBUG"):
            raise
        return _ended(StopgapError(f"internal error: {type(error).__name__}: {error}; this is a bug: run again with 'plan --debug …' and report the traceback"))


def _ended(error: StopgapError) -> int:
    """Report an error as far as the streams allow, and give its exit code."""
    with contextlib.suppress(OSError):
        _report(error)
    return error.exit_code


def _cut_off() -> int:
    """Whoever read the output has seen enough; keep the interpreter from complaining about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
