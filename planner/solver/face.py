"""One plan out of many that cost the same: a second solve that stays on the optimal face.

Every optimum keeps complementary slackness with any optimal dual: a column with a reduced cost stays at its bound, a row
with a dual stays at its side. Holding just these is the whole face, without a dense row for the cost. On it one preference
after the other is minimised from the basis at hand, until one plan is left. Duals get the same treatment in
:mod:`planner.solver.directions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from planner.solver.directions import CLEAR, Directions
from planner.solver.engine import Basis, Engine, Status, stop_at_limits
from planner.solver.highs import WARM, Optimum, Solution, without_noise
from planner.solver.lower import Floats
from planner.solver.undecided import stretch, touching, undecided

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
    directions: Directions | None = field(default=None, repr=False, compare=False)
    """Moves around it; None where there was nothing to solve."""


def settle(solution: Solution, preferences: Sequence[Preference], warm: bool = True, prices: bool = True) -> Settled:
    """Break ties between optima, and between optimal duals.

    Args:
        solution: An accepted optimum, with its solver state.
        preferences: In order of rank; the last one should tell all plans apart.
        warm: Start from the optimal basis.
        prices: Choose among duals as well; without, they stay those of the solution.

    Returns:
        The preferred plan of the same cost with the smallest prices, to nine significant digits.

    Raises:
        LimitError: if the time limit was reached meanwhile.
        Interrupted: if the user pressed Ctrl-C.
    """
    optimum = solution.optimum
    if optimum is None:
        return Settled(solution, {})
    face = _Face(optimum, warm)
    stages: dict[str, str] = {}
    for preference in preferences:
        stages[preference.name] = face.prefer(preference.weights)
        if stages[preference.name] == "decided":
            break
    x = np.clip(without_noise(face.x), optimum.program.lower, optimum.program.upper)
    if not prices:
        plan = significant(optimum.scaling.unscale(x, optimum.y, optimum.d)[0])
        return Settled(replace(solution, x=plan, optimum=replace(optimum, x=x)), stages)
    directions = Directions(replace(optimum, x=x, basis=face.vertex()), warm)
    y = without_noise(directions.smallest_prices())
    d = without_noise(optimum.program.cost - optimum.program.transposed_times(y))
    plan, dual, reduced = (significant(part) for part in optimum.scaling.unscale(x, y, d))
    return Settled(replace(solution, x=plan, y=dual, d=reduced, optimum=replace(optimum, x=x, y=y, d=d)), stages, directions)


class _Face:
    """The optima of a program: bounds and sides that all of them keep.

    Args:
        optimum: One of them.
        warm: Leave out what has only one value, and start from the optimal basis.
    """

    def __init__(self, optimum: Optimum, warm: bool) -> None:
        self.program, self.deadline, self.warm = optimum.program, optimum.deadline, warm
        self.x = optimum.x.copy()
        self.lower, self.upper = self.program.lower.copy(), self.program.upper.copy()
        self.row_lower, self.row_upper = self.program.row_lower.copy(), self.program.row_upper.copy()
        self.free = np.ones(len(self.x), dtype=bool)
        self.basis = optimum.basis
        self._hold(optimum.y, optimum.d)

    def _hold(self, y: Floats, d: Floats) -> None:
        """Keep what has a clear price where it is."""
        # a side that does not exist cannot be held, whatever rounding makes of its price
        low, high = (d > CLEAR) & np.isfinite(self.lower), (d < -CLEAR) & np.isfinite(self.upper)
        self.upper[low] = self.lower[low]
        self.lower[high] = self.upper[high]
        at_lower, at_upper = (y > CLEAR) & np.isfinite(self.row_lower), (y < -CLEAR) & np.isfinite(self.row_upper)
        self.row_upper[at_lower] = self.row_lower[at_lower]
        self.row_lower[at_upper] = self.row_upper[at_upper]
        # what was settled once stays so
        self.free = self.free & (self.upper > self.lower)
        if self.warm:
            places = self.program.index, self.program.row_of
            self.free = undecided(self.free, self.row_upper == self.row_lower, places, self.program.value)

    def prefer(self, weights: Floats) -> str:
        """Minimise a preference on the face and narrow it to the optima of that."""
        if not weights[self.upper > self.lower].any():
            return "nothing to choose"
        if weights[self.free].any():
            status = self._minimise(weights)
            if status != Status.kOptimal:
                return f"skipped: {status.name.removeprefix('k').lower()}"
        return "narrowed" if self._open() else "decided"

    def _minimise(self, weights: Floats) -> Any:
        """Move to what is preferred of all that is left."""
        columns, rows = self.free, touching(self.program, self.free)
        face = replace(self.program, cost=weights, lower=self.lower, upper=self.upper, row_lower=self.row_lower, row_upper=self.row_upper)
        engine = Engine(stretch(face, self.x, columns, rows), WARM, self.deadline)
        if self.warm:
            engine.start_from(self.basis.part(columns, rows))
        status = engine.run()
        stop_at_limits(status)
        if status == Status.kOptimal:
            y, d = np.zeros(len(rows)), np.zeros(len(columns))
            self.x[columns], y[rows], d[columns] = engine.answer()
            self.basis = self.basis.put(columns, rows, engine.basis())
            self._hold(y, d)
        return status

    def vertex(self) -> Basis:
        """The basis of what was chosen; a row that the face holds is at the side where the program has it."""
        held = (self.row_lower == self.row_upper) & (self.program.row_lower < self.program.row_upper)
        return self.basis.with_rows_at(held, self.row_lower == self.program.row_lower)

    def _open(self) -> bool:
        """Whether a nonbasic column or row may still move for nothing."""
        rows = touching(self.program, self.free) & (self.row_upper > self.row_lower)
        return self.basis.may_move(self.free, rows)


def significant(values: Floats, digits: int = DIGITS) -> Floats:
    """Round to significant digits, by way of three more, so that 0.5 − 1e-13 and 0.5 + 1e-13 end alike."""
    size = np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values))))
    for places in (digits + 3, digits):
        shift = places - 1 - size
        unit = 10.0 ** np.abs(shift)
        # powers of ten up to 1e22 are exact, their inverses are not
        values = np.where(shift >= 0, np.round(values * unit) / unit, np.round(values / unit) * unit)
    return values
