"""The command ``plan``: parse, call the library, print. The only file that prints or exits."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.errors import InputError, Interrupted, NoPlanError, StopgapError, counted

if TYPE_CHECKING:
    from rich.console import Console

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
    with _Progress() as progress:
        plan = solve_scenario(scenario, sets=sets or (), root=root, time_limit=time_limit, lp=lp, mps=mps, progress=progress.show)
        progress.show("write", 0.0)
        folder = out if out is not None else Path("plans") / plan.name
        earlier = _title_of(folder)
        plan.save(folder)
        # the plan stands: an interruption from here on would only spoil its display
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if earlier not in (None, plan.record["title"]):
        typer.echo(f"note: replaced the plan of '{earlier}' in {folder}", err=True)
    for warning in plan.record["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps({**plan.summary(), "out": str(folder)}, indent=1, ensure_ascii=False, allow_nan=False))
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
        typer.echo(json.dumps(report, indent=1, ensure_ascii=False))
        return
    for problem in warnings:
        typer.echo(f"warning: {problem}", err=True)
    parts = [counted(len(loaded.calendar.periods), "periods"), *(counted(number, kind) for kind, number in counts.items() if number)]
    typer.echo(f"{scenario}: ok, {', '.join(parts)}" + (f"; {counted(len(warnings), 'warnings')}" if warnings else ""))


@app.command()
def show(
    folder: Folder,
    table: Annotated[str | None, typer.Option("--table", "-t", metavar="NAME", help="Print a table of the plan instead.", show_default=False)] = None,
    form: Annotated[str, typer.Option("--format", "-f", metavar="FORM", help="text, csv or json.")] = "text",
) -> None:
    """Show a plan again, or one of its tables."""
    from planner.plan import read_record

    if form not in ("text", "csv", "json"):
        raise InputError(f"--format {form}: is not one of text, csv, json")
    if table is None:
        record = read_record(folder)
        if form == "csv":
            raise InputError("--format csv: needs --table NAME")
        if form == "json":
            typer.echo(json.dumps(record, indent=1, ensure_ascii=False))
        else:
            _show(record)
        return
    _show_table(folder, table, form)


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


def _show(record: dict[str, Any]) -> None:
    from planner.show import render

    console = _console()
    console.print(render(record, console.width))


def _show_table(folder: Path, name: str, form: str) -> None:
    from planner.errors import did_you_mean, listed
    from planner.plan import Plan

    tables = Plan.load(folder).tables
    if name not in tables:
        raise InputError(f"--table {name}: the plan has no such table; {did_you_mean(name, tables, f'it has {listed(tables, 20)}')}")
    table = tables[name]
    if form == "csv":
        typer.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)
    elif form == "json":
        typer.echo(table.to_json(orient="records", indent=1, force_ascii=False, double_precision=15))
    else:
        typer.echo(table.to_string(index=False, float_format=lambda value: f"{value:.6g}") if len(table) else "(no rows)")


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
        total = self.clock() - self.started
        if total > 2 and sys.stderr.isatty():
            self.shown = True
            sys.stderr.write(f"\r\x1b[K{stage} … {total:.0f} s")
            sys.stderr.flush()


STATUS = {2: "bad input", 4: "limit", 5: "check failed", 130: "interrupted"}


def _report(error: StopgapError) -> None:
    """Print an error on stderr; with ``--json`` also an object on stdout."""
    if isinstance(error, InputError) and error.problems:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        typer.echo(counted(len(error.problems), "problems"), err=True)
    else:
        typer.echo(f"{'' if isinstance(error, Interrupted) else 'error: '}{error}", err=True)
    if isinstance(error, NoPlanError):
        for warning in error.warnings:
            typer.echo(f"warning: {warning}", err=True)
        for conflict in error.conflicts:
            rows = ", ".join(conflict.rows[:4]) + (f" … ({len(conflict.rows)} rows)" if len(conflict.rows) > 4 else "")
            typer.echo(f"  {conflict.rule}: {conflict.meaning}\n      {rows}", err=True)
    if "--json" in sys.argv[2:]:
        status = error.status if isinstance(error, NoPlanError) else STATUS.get(error.exit_code, "error")
        report: dict[str, Any] = {"status": status, "message": str(error)}
        if isinstance(error, NoPlanError):
            report["conflicts"] = [{"rule": c.rule, "meaning": c.meaning, "rows": list(c.rows)} for c in error.conflicts]
        if isinstance(error, InputError):
            report["problems"] = [str(problem) for problem in error.problems]
        typer.echo(json.dumps(report, indent=1, ensure_ascii=False))


def main() -> int:
    """Run the command and map every outcome to its exit code."""
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
