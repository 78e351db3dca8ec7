"""One plan out of many that cost the same: a second solve that stays on the optimal face.

Every optimum keeps complementary slackness with any optimal dual: a column with a reduced cost stays at its bound, a row
with a dual stays at its side. Holding just these is the whole face, without a dense row for the cost. On it one preference
after the other is minimised from the basis at hand, until one plan is left. Duals get the same treatment in
:mod:`planner.solver.directions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np

from planner.solver.directions import CLEAR, Directions
from planner.solver.engine import Engine, Status, stop_at_limits
from planner.solver.highs import WARM, Optimum, Solution, without_noise
from planner.solver.lower import Floats

DIGITS = 9
"""Significant digits of a settled plan."""


@dataclass(frozen=True)
class Preference:
    """What to minimise among plans of equal cost: a weight for each column, in internal units."""

    name: str
    weights: Floats


@dataclass(frozen=True)
class Settled:
    """A solution in which nothing is left to chance, and how it came about."""

    solution: Solution
    stages: dict[str, str]
    """What became of each preference: ``decided`` (one plan is left), ``narrowed``, ``nothing to choose``, or why it was skipped."""


def settle(solution: Solution, preferences: Sequence[Preference], warm: bool = True) -> Settled:
    """Break ties between optima, and between optimal duals.

    Args:
        solution: An accepted optimum, with its solver state.
        preferences: In order of rank; the last one should tell all plans apart.
        warm: Start from the optimal basis.

    Returns:
        The preferred plan of the same cost with the smallest prices, to nine significant digits.

    Raises:
        LimitError: if the time limit was reached meanwhile.
        Interrupted: if the user pressed Ctrl-C.
    """
    optimum = solution.optimum
    if optimum is None:
        return Settled(solution, {})
    # a fresh instance: one that keeps factors and scales of a run under other options has been seen to end wrong
    optimum = replace(optimum, engine=Engine(optimum.program, WARM, optimum.engine.deadline), basis=optimum.basis if warm else None)
    face = _Face(optimum)
    stages: dict[str, str] = {}
    for preference in preferences:
        stages[preference.name] = face.prefer(preference.weights)
        if stages[preference.name] == "decided":
            break
    x = np.clip(without_noise(face.x), optimum.program.lower, optimum.program.upper)
    directions = Directions(replace(optimum, x=x))
    y = without_noise(directions.smallest_prices())
    d = without_noise(optimum.program.cost - optimum.program.transposed_times(y))
    plan, prices, reduced = (significant(part) for part in optimum.scaling.unscale(x, y, d))
    return Settled(replace(solution, x=plan, y=prices, d=reduced, optimum=replace(optimum, x=x, y=y, d=d)), stages)


class _Face:
    """The optima of a program: bounds and sides that all of them keep."""

    def __init__(self, optimum: Optimum) -> None:
        self.engine, self.program = optimum.engine, optimum.program
        self.x = optimum.x
        self.lower, self.upper = self.program.lower.copy(), self.program.upper.copy()
        self.row_lower, self.row_upper = self.program.row_lower.copy(), self.program.row_upper.copy()
        self._hold(optimum.y, optimum.d)
        self.engine.start_from(optimum.basis)

    def _hold(self, y: Floats, d: Floats) -> None:
        """Keep what has a clear price where it is."""
        # a side that does not exist cannot be held, whatever rounding makes of its price
        low, high = (d > CLEAR) & np.isfinite(self.lower), (d < -CLEAR) & np.isfinite(self.upper)
        self.upper[low] = self.lower[low]
        self.lower[high] = self.upper[high]
        at_lower, at_upper = (y > CLEAR) & np.isfinite(self.row_lower), (y < -CLEAR) & np.isfinite(self.row_upper)
        self.row_upper[at_lower] = self.row_lower[at_lower]
        self.row_lower[at_upper] = self.row_upper[at_upper]

    def prefer(self, weights: Floats) -> str:
        """Minimise a preference on the face and narrow it to the optima of that."""
        weights = np.where(self.upper > self.lower, weights, 0.0)
        if not weights.any():
            return "nothing to choose"
        self.engine.change(weights, (self.lower, self.upper), (self.row_lower, self.row_upper))
        status = self.engine.run()
        stop_at_limits(status)
        if status != Status.kOptimal:
            return f"skipped: {self.engine.highs.modelStatusToString(status).lower()}"
        self.x, y, d = self.engine.answer()
        self._hold(y, d)
        return "narrowed" if self._open() else "decided"

    def _open(self) -> bool:
        """Whether a nonbasic column or row may still move for nothing."""
        basis, basic = self.engine.basis(), highspy.HighsBasisStatus.kBasic
        # each access copies the list
        columns, rows = basis.col_status, basis.row_status
        free = [columns[j] for j in np.flatnonzero(self.upper > self.lower)] + [rows[i] for i in np.flatnonzero(self.row_upper > self.row_lower)]
        return any(status != basic for status in free)


def significant(values: Floats, digits: int = DIGITS) -> Floats:
    """Round to significant digits, by way of three more, so that 0.5 − 1e-13 and 0.5 + 1e-13 end alike."""
    size = np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values))))
    for places in (digits + 3, digits):
        shift = places - 1 - size
        unit = 10.0 ** np.abs(shift)
        # powers of ten up to 1e22 are exact, their inverses are not
        values = np.where(shift >= 0, np.round(values * unit) / unit, np.round(values / unit) * unit)
    return values
