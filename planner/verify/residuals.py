"""By how much the rules of a plan are broken: the worst residual of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.verify.clock import Floats

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Check:
    """Worst residual of one rule: relative, absolute in the scenario's units, and where."""

    rule: str
    relative: float
    absolute: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether the residual is within the tolerance."""
        return self.relative <= TOLERANCE


class Residuals:
    """The worst residual of each rule so far."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        self.worst: dict[str, Check] = {}

    def note(self, rule: str, item: str, residual: Floats, size: Floats | float) -> None:
        """Keep the worst residual of a rule, of one row or of one a period."""
        residual = np.abs(np.atleast_1d(residual))
        timed = len(residual) == len(self.labels) > 1
        self.note_at(rule, lambda row: f"{item} in {self.labels[row]}" if timed else item, residual, size)

    def note_at(self, rule: str, where: Callable[[int], str], residual: Floats, size: Floats | float) -> None:
        """Keep the worst residual of rows, none of them negative; anything that is not a number is infinitely bad."""
        worst, value, absolute = 0, 0.0, 0.0
        if residual.any():
            residual = np.where(np.isnan(residual), np.inf, residual)
            relative = residual / np.maximum(size, 1e-300)
            relative = np.where(np.isnan(relative), np.inf, relative)
            worst = int(np.argmax(np.where(residual == 0, 0.0, relative)))
            absolute = float(residual[worst])
            value = 0.0 if absolute == 0 else float(relative[worst])
        if rule not in self.worst or value > self.worst[rule].relative:
            self.worst[rule] = Check(rule, value, absolute, where(worst))

    def note_rows(self, rule: str, where: Callable[[int], str], left: Floats, right: Floats, floor: Floats | float = 0.0) -> None:
        """Note by how much rows differ that have names instead of periods; a residual is judged by its row, but not by less than ``floor``."""
        if len(left):
            self.note_at(rule, where, np.abs(left - right), np.maximum(np.maximum(np.abs(left), np.abs(right)), floor))

    def fail(self, rule: str, where: str, count: int = 1) -> None:
        """Note something that is wrong altogether, not off by some number."""
        if rule not in self.worst or self.worst[rule].passed:
            self.worst[rule] = Check(rule, 1.0, float(count), where)

    def at_most(self, rule: str, item: str, used: Floats, limit: Floats, *terms: Floats) -> None:
        """Note by how much ``used`` exceeds ``limit``."""
        over = np.maximum(used - limit, 0.0)
        self.note(rule, item, over, _size(used, limit, *terms) if over.any() else 1.0)

    def equal(self, rule: str, item: str, left: Floats, right: Floats, *terms: Floats) -> None:
        """Note by how much two sides differ."""
        off = left - right
        self.note(rule, item, off, _size(left, right, *terms) if off.any() else 1.0)


def _size(*terms: Floats) -> Floats:
    """What a residual is compared with: the largest term, but not less than a millionth of the largest over time."""
    largest = np.zeros(len(terms[0]))
    for term in terms:
        size = np.abs(term)
        largest = np.maximum(largest, np.where(np.isfinite(size), size, 0.0))
    return np.asarray(np.maximum(largest, 1e-6 * largest.max(initial=0.0)))
