"""Runs a command and measures it: wall time, CPU and memory of the process and everything it starts."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

EVERY = 0.02
"""Seconds between samples of memory."""
SEARCH = 10
"""Samples between searches for processes that have been started since."""
OVER_LIMIT = "over limit"


@dataclass(frozen=True)
class Usage:
    """What one run of a command took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, of the process and of all descendants that were waited for."""
    memory: float
    """Peak in bytes: the largest sum of resident sets over all processes in any sample, or the largest peak of one process."""
    output: str
    """What it printed on stdout, or on stderr if it failed."""
    failure: str | None = None
    """Why there is no result: over the limit, or the exit status."""


def run(command: list[str], folder: Path, limit: float, env: dict[str, str]) -> Usage:
    """Run a command in a folder; it is ended after ``limit`` seconds."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors, env=env, start_new_session=True)
        status, usage, memory, over = _watch(process.pid, started + limit)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        failure = OVER_LIMIT if over else f"exit {process.returncode}" if process.returncode else None
        return Usage(wall, usage.ru_utime + usage.ru_stime, memory, _text(errors if failure else output), failure)


def _watch(pid: int, deadline: float) -> tuple[int, resource.struct_rusage, float, bool]:
    """Sample memory until the process ends; returns its status, its usage, the peak, and whether the deadline ended it."""
    peak, over = 0.0, False
    for sample in count():
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage, peak, over
        if sample % SEARCH == 0:
            members = _session(pid)
        peak = max(peak, _memory(members))
        if not over and time.perf_counter() > deadline:
            over = True
            os.killpg(pid, signal.SIGKILL)
        time.sleep(EVERY)
    raise AssertionError


def _memory(members: list[int]) -> float:
    """Bytes: the sum of resident sets, or the peak of one process if that was more."""
    sizes = [_resident(member) for member in members]
    return max([sum(now for now, _ in sizes), *(highest for _, highest in sizes)], default=0.0)


def _session(leader: int) -> list[int]:
    """All processes of a session: its leader and what it has started."""
    found = [leader]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        if int(after_name[3]) == leader and int(path.parent.name) != leader:
            found.append(int(path.parent.name))
    return found


def _resident(pid: int) -> tuple[float, float]:
    """(now, highest so far) resident set of a process in bytes; zero once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    fields = dict(line.split(":", 1) for line in lines)
    now, highest = (1024.0 * int(fields.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmHWM"))
    return now, highest


def _text(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()
