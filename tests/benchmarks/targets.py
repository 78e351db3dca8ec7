"""What is aimed at, and whether what was measured meets it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from tests.benchmarks.trials import Measured

SMALL, LARGE = ("S", "M"), ("L", "L3", "XL")
STEEPEST = 1.1
"""Largest exponent of growth."""
MEMORY = 2.0
"""Largest ratio to raw highspy's peak."""


@dataclass(frozen=True)
class Target:
    """One aim in one case."""

    target: str
    case: str
    values: list[float]
    """What was measured: ratios of all rounds, or one exponent."""
    most: float
    """What the median may not exceed."""

    @property
    def met(self) -> bool:
        """Whether the median is small enough."""
        return statistics.median(self.values) <= self.most


def targets(measured: Sequence[Measured]) -> list[Target]:
    """All aims for which there are measurements."""
    found = [*_wall(measured), *_solver(measured), *_growth(measured), *_memory(measured)]
    return [one for one in found if one.values]


def _wall(measured: Sequence[Measured]) -> Iterator[Target]:
    for one in measured:
        for peer in ("linopy",) if one.size in SMALL else ("linopy", "poi"):
            words = f"wall: not slower than {peer}" if one.size in SMALL else f"wall: faster than {peer}"
            yield Target(words, f"{one.variant} {one.size}", one.ratios(peer, "wall, s"), 1.0)


def _solver(measured: Sequence[Measured]) -> Iterator[Target]:
    for one in measured:
        if one.size in LARGE:
            inside = [trial.outside / trial.solver for trial in one.trials("plan") if trial.failure is None and trial.outside and trial.solver]
            yield Target("CPU outside HiGHS / inside: at most 1", f"{one.variant} {one.size}", inside, 1.0)


def _growth(measured: Sequence[Measured]) -> Iterator[Target]:
    for variant, several in groupby(measured, lambda one: one.variant):
        sizes = list(several)
        whole, *steps = slopes(sizes, "plan", "CPU outside HiGHS, s")
        words = f"CPU outside HiGHS: exponent at most {STEEPEST}"
        yield Target(words, f"{variant} {sizes[0].size} to {sizes[-1].size}", _known([whole]), STEEPEST)
        if len(steps) > 1:
            yield Target(words, f"{variant} {sizes[-2].size} to {sizes[-1].size}", _known(steps[-1:]), STEEPEST)


def _memory(measured: Sequence[Measured]) -> Iterator[Target]:
    for one in measured:
        yield Target(f"memory: at most {MEMORY:g} times raw's", f"{one.variant} {one.size}", one.ratios("raw", "memory, MB"), MEMORY)


def _known(values: list[float]) -> list[float]:
    return [value for value in values if np.isfinite(value)]


def slopes(measured: Sequence[Measured], contender: str, quantity: str) -> list[float]:
    """Exponents of a quantity in the number of columns: over all sizes, then from each size to the next; not a number if unknown."""
    points = [(_columns(one), _median(one.values(contender, quantity))) for one in measured]
    return [_slope(points), *(_slope([small, large]) for small, large in pairwise(points))]


def _columns(measured: Measured) -> float:
    """Columns of the program as plan states it, or as anybody does."""
    found = [trial.size["columns"] for name in measured.contenders for trial in measured.trials(name) if trial.size]
    return float(found[0]) if found else np.nan


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else np.nan


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares through the logarithms of the points that are known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(np.array(points, dtype=float))
    known = logs[np.isfinite(logs).all(axis=1)]
    return float(np.polyfit(known[:, 0], known[:, 1], 1)[0]) if len(known) > 1 else np.nan
