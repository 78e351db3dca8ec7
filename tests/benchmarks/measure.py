"""Runs a command and measures it: wall time, CPU and memory of the process and everything it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
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


def run(command: list[str], folder: Path, limit: float, env: dict[str, str] | None = None) -> Usage:
    """Run a command in a folder; it is ended after ``limit`` seconds."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors, env=env, start_new_session=True)
        watch = _Watch(process.pid, started + limit)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watch.end()
        process.returncode = os.waitstatus_to_exitcode(status)
        failure = OVER_LIMIT if watch.over else f"exit {process.returncode}" if process.returncode else None
        return Usage(wall, usage.ru_utime + usage.ru_stime, watch.peak, _text(errors if failure else output), failure)


class _Watch(threading.Thread):
    """Samples the memory of a session until it is told that its leader has ended, and kills the session at the deadline."""

    def __init__(self, pid: int, deadline: float) -> None:
        super().__init__(daemon=True)
        self.pid, self.deadline, self.peak, self.over, self._ended = pid, deadline, 0.0, False, threading.Event()

    def run(self) -> None:
        for sample in count():
            if sample % SEARCH == 0:
                members = _session(self.pid)
            self.peak = max(self.peak, _memory(members))
            if not self.over and time.perf_counter() > self.deadline:
                self.over = True
                os.killpg(self.pid, signal.SIGKILL)
            if self._ended.wait(EVERY):
                return

    def end(self) -> None:
        self._ended.set()
        self.join()


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
