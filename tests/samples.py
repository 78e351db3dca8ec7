"""How many random samples tests take: with all of them a run takes much longer than anybody waits, so usually it is a part of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Sample = TypeVar("Sample")
THOROUGH = os.environ.get("STOPGAP_THOROUGH", "") not in ("", "0")
"""Whether all samples are wanted."""
PART = 4
"""One in so many is taken otherwise."""


def number(of: int) -> int:
    """How many of so many random samples to take."""
    return of if THOROUGH else max(1, of // PART)


def some(samples: Sequence[Sample]) -> list[Sample]:
    """Some of the samples, spread evenly; always the same ones."""
    wanted = number(len(samples))
    step = max(1, len(samples) // wanted)
    return list(samples[::step][:wanted])
