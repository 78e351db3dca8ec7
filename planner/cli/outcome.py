"""How a run ends: every outcome has its exit code, and says what happened."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import typer

from planner.cli.shared import interrupted, print_json
from planner.errors import InputError, Interrupted, NoPlanError, StopgapError, counted
from planner.scenario.characters import message

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
        print_json(report)


def guarded(run: Callable[..., Any]) -> int:
    """Run the command; whatever becomes of it is told, and its exit code returned."""
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
        if interrupted():
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
