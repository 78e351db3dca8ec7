"""Seconds by stage, passed on to whoever shows progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, float], None]
"""Called with a stage and the seconds it has taken so far."""
Count = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is; 0 where that is not known."""


def untold(*_: object) -> None:
    """Nobody waits to be told of progress."""


class Stopwatch:
    """Times stages.

    Args:
        progress: Told of each stage as it begins.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        self.tell(name, 0.0)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 4)

    def tell(self, name: str, seconds: float) -> None:
        """Pass on how long a stage has taken."""
        if self.progress is not None:
            self.progress(name, seconds)
