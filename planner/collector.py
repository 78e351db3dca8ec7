"""The garbage collector, held back where all that is made stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_seldom() -> None:
    """Look for garbage rarely: imports and scenarios make hundreds of thousands of objects that stay as long as the process."""
    gc.set_threshold(100_000, 20, 50)


def keep_what_stands() -> None:
    """Never look at what has been imported so far: it stays."""
    gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: building makes many objects that all stay, and walking them again and again is wasted.

    What was made meanwhile is gone through once at the end.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.collect(0)
            gc.enable()
