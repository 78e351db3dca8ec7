"""What the commands share: the application, options that several have, the screen, progress, signals."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.scenario.characters import harmless

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
Workers = Annotated[int | None, typer.Option(metavar="N", min=1, help="Worker processes; default one a core.", show_default=False)]
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


def print_json(found: Any, strict: bool = True) -> None:
    """One JSON object on stdout; not strict is what somebody may have put NaN into."""
    typer.echo(harmless(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=not strict)))


def terminal() -> Console:
    """The terminal; where there is none, text of 100 columns."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    return Console(width=width, highlight=False, markup=False)


def show_record(record: dict[str, Any], materials: Sequence[str] = ()) -> None:
    """Show a plan, or all sources of some of its materials."""
    from planner.show import render, render_mix

    console = terminal()
    console.print(render_mix(record, materials, console.width) if materials else render(record, console.width))


def as_written(folder: Path, record: dict[str, Any], *names: str) -> bool:
    """Whether a plan is known to be what was written; warn if it is known not to be."""
    from planner.plan import DIGESTS, change_told, changed

    odd = changed(folder, record, names)
    if odd:
        typer.echo(f"warning: {change_told(folder, odd)}", err=True)
    return not odd and DIGESTS[1] in record


_received: list[int] = []
"""Signals that have asked this run to end; whoever starts the command fills it."""


def listen_to(received: list[int] | None) -> None:
    """Take note of signals where the one who starts the command notes them."""
    global _received  # noqa: PLW0603 - signals belong to the process
    _received = received if received is not None else []


def interrupted() -> bool:
    """Whether a signal has asked this run to end."""
    return bool(_received)


def forget_signals() -> None:
    """What was asked has no say any more."""
    _received.clear()


NOW_AND_THEN = 30.0
"""Seconds between lines of progress where nobody watches, such as in a log."""


class Progress:
    """A status line on stderr for anything above two seconds; where stderr is not a terminal, a line now and then."""

    def __init__(self) -> None:
        self.clock = time.monotonic
        self.started = self.clock()
        self.shown = False
        self.told = 0.0
        self.begun: tuple[float, int] | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, stage: str, _: float) -> None:
        """Show the stage, once the whole run has taken two seconds."""
        if interrupted():
            # a library has swallowed the interruption
            raise KeyboardInterrupt
        total = self.clock() - self.started
        if total > 2 and sys.stderr.isatty():
            self.shown = True
            sys.stderr.write(f"\r\x1b[K{stage} … {total:.0f} s")
            sys.stderr.flush()
        elif total - self.told >= NOW_AND_THEN:
            self.told = total
            typer.echo(f"{stage} … {total:.0f} s", err=True)

    def count(self, what: str, done: int, of: int) -> None:
        """Show how much of something is done."""
        self.show(f"{what}: {done} of {of}" if of else what, 0.0)

    def pace(self, what: str, done: int, of: int) -> None:
        """Show how much of something is done, how quickly, and how long the rest takes at that rate."""
        if self.begun is None:
            # what was done before this run says nothing of its rate
            self.begun = self.clock(), done
        since, before = self.begun
        rate = (done - before) / (self.clock() - since) if done > before else 0.0
        self.show(f"{what}: {done:,} of {of:,}" + (f", {rate:.3g} a second, {_spell((of - done) / rate)} left" if rate else ""), 0.0)


def _spell(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
