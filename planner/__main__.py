"""Where the command ``plan`` starts, before anything else is imported: an interruption must be quiet from the first moment."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    # typing takes as long to import as everything here, and an interruption meanwhile would not be quiet
    from types import FrameType
    from typing import Any

_received: list[int] = []
"""Signals that have asked this run to end."""


def main() -> None:
    """Run the command ``plan`` and leave with its exit code."""
    _open_streams()
    try:
        _listen()
        from planner.collector import collect_seldom

        collect_seldom()
        from planner.cli import main as run

        code = run(_received)
        # the outcome is told: Python's way out has no place for an interruption
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except BaseException as error:
        # what is half imported can turn an interruption into any other error
        if not _received and not isinstance(error, KeyboardInterrupt):
            raise
        _say("interrupted; there is no plan\n")
        # and could complain on a regular way out
        os._exit(_code())
    sys.exit(_code() if code == 130 else code)


def _code() -> int:
    """The exit code of a run that a signal has ended, as shells count."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        # a closed terminal hears nothing
        return


def _open_streams() -> None:
    """Give a closed stream a place to go, lest a file of the plan is opened in its stead."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process


def _listen() -> None:
    """Let SIGTERM and a closed terminal end a run as Ctrl-C does: what it has begun to write goes."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # what somebody has switched off (nohup) stays off
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)
    sys.unraisablehook = _unraisable


def _stop(number: int, _: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt


def _unraisable(lost: Any) -> None:
    """Where Python cannot pass on an interruption, it is noted; the run ends at its next step (:class:`planner.cli.shared.Progress`)."""
    if not (_received and issubclass(lost.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(lost)


if __name__ == "__main__":
    main()
