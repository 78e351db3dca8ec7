"""The command ``plan`` in tests: within this process where its words and files are the subject, as a process of its own where that is."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from planner.cli import main

ROOT = Path(__file__).parents[1]
PLAN = Path(sys.executable).with_name("plan")


@dataclass(frozen=True)
class Said:
    """How a run ended, and what it wrote on its two streams."""

    returncode: int
    stdout: str
    stderr: str


def plan_here(*words: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Said:
    """Run ``plan`` in this process, which has all of its packages already: importing them takes longer than most of what tests ask."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [signal.signal(number, handler) for number, handler in handlers.items()])
        stack.enter_context(mock.patch.dict(os.environ, env or {}))
        stack.enter_context(mock.patch.object(sys, "argv", ["plan", *map(str, words)]))
        stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        code = main()
    for stream in (out, err):
        stream.flush()
    return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def plan_apart(*words: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> Said:
    """Run the installed ``plan`` as a user does."""
    done = subprocess.run([PLAN, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, **(env or {})})
    return Said(done.returncode, done.stdout, done.stderr)


def ended(done: Said, code: int) -> Said:
    """What was said, by a run that ended with this code; whatever happens, there is no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return done


def run(*words: str | Path, cwd: Path = ROOT, code: int = 0, env: dict[str, str] | None = None) -> Said:
    """Run ``plan`` in this process, and check its exit code."""
    return ended(plan_here(*words, cwd=cwd, env=env), code)


def run_apart(*words: str | Path, cwd: Path = ROOT, code: int = 0, env: dict[str, str] | None = None) -> Said:
    """Run ``plan`` as a process of its own, and check its exit code."""
    return ended(plan_apart(*words, cwd=cwd, env=env), code)
