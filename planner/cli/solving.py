"""``plan solve`` and ``plan check``."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.cli.shared import AsJson, Progress, Root, ScenarioFile, Sets, app, forget_signals, print_json, show_record
from planner.errors import InputError, counted
from planner.scenario.characters import message

if TYPE_CHECKING:
    from planner.plan import Plan


LARGE = 30_000
"""Bytes of a scenario file below which it is planned before another process has started."""


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
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes for parts that nothing links; the plan is the same for any.", show_default=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only where the plan is.")] = False,
) -> None:
    """Find the cheapest plan, check it, write it, show it."""
    with _worker_ahead(scenario, workers):
        from planner.collector import keep_what_stands
        from planner.pipeline import solve_scenario
        from planner.plan import refuse_foreign

        keep_what_stands()
        if time_limit is not None and not math.isfinite(time_limit):
            raise InputError(f"--time-limit {time_limit}: is not a number of seconds")
        if out is not None:
            # better now than after the solve
            refuse_foreign(out)
        _suffix(lp, ".lp")
        _suffix(mps, ".mps")
        longer = _longer(scenario, sets, root, horizon_test)
        with Progress() as progress:
            asked: dict[str, Any] = {"time_limit": time_limit, "tie_break": not no_tie_break, "workers": workers, "progress": progress.show}
            plan = solve_scenario(scenario, sets=sets or (), root=root, lp=lp, mps=mps, relax=relax, **asked)
            if longer is not None:
                plan.record["horizon_test"] = longer(plan, **asked)
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
        print_json({**plan.summary(), **tested, "out": str(folder)})
    elif quiet:
        typer.echo(str(folder))
    else:
        show_record(plan.record)
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
        print_json(report)
        return
    for problem in warnings:
        typer.echo(f"warning: {message(str(problem))}", err=True)
    parts = [counted(len(loaded.calendar.periods), "periods"), *(counted(number, kind) for kind, number in counts.items() if number)]
    typer.echo(f"{message(str(scenario))}: ok, {', '.join(parts)}" + (f"; {counted(len(warnings), 'warnings')}" if warnings else ""))


def _worker_ahead(scenario: Path, workers: int | None) -> AbstractContextManager[None]:
    """A second process, started before anything is read, where a file is so large that it may have many parts."""
    try:
        large = scenario.stat().st_size >= LARGE
    except OSError:
        # reading it will tell
        large = False
    if not large:
        return nullcontext()
    from planner.workers import worker_ahead

    return worker_ahead(workers, "planner.answer")


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
    forget_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if callable(signal.getsignal(getattr(signal, name, signal.SIGINT))):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


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
