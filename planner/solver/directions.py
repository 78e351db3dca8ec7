"""Exact one-sided derivatives of the least cost: what a small change of right-hand sides saves or costs.

At a degenerate optimum a dual is one of several. The program of directions is exact there: among all small moves ``δ`` that
keep what is tight within the changed sides, the cheapest one's cost is the derivative. Its dual is an optimal dual of the
program itself, so it also chooses among those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import highspy
import numpy as np

from planner.noise import noise
from planner.solver.components import components
from planner.solver.engine import Engine, SolverError, Status, stop_at_limits
from planner.solver.highs import WARM, Optimum
from planner.solver.lower import Floats, Integers

TIGHT = 1e-8
"""A column or row this near to its side, in internal units, is at it."""
ROUNDING = 1e-8
"""A slope below this, in internal units, is rounding."""
CLEAR = 1e-9
"""Above this a dual or reduced cost in internal units is no rounding."""


class Directions:
    """Moves around an optimum.

    Args:
        optimum: The optimum; its engine is taken over, and must have been made with the options for warm runs.
    """

    def __init__(self, optimum: Optimum) -> None:
        self.engine, self.scaling = optimum.engine, optimum.scaling
        self.program, self.dual, self.basis = optimum.program, optimum.y, optimum.basis
        program, x = self.program, optimum.x
        # what has a clear price is at its side, whatever rounding has made of it
        falls = (x > program.lower + TIGHT) & (optimum.d <= CLEAR)
        rises = (x < program.upper - TIGHT) & (optimum.d >= -CLEAR)
        self.columns = np.where(falls, -np.inf, 0.0), np.where(rises, np.inf, 0.0)
        activity = program.times(x)
        self.at_lower = _near(activity, program.row_lower) | ((optimum.y > CLEAR) & np.isfinite(program.row_lower))
        self.at_upper = _near(activity, program.row_upper) | ((optimum.y < -CLEAR) & np.isfinite(program.row_upper))
        self._installed = False

    @cached_property
    def component(self) -> Integers:
        """Connected component of each row: what is chosen in one has nothing to do with another."""
        return components(self.program)[1]

    def smallest_prices(self) -> Floats:
        """The optimal dual with the smallest sum of absolute values, each times a number of its own: one, whatever the solver did.

        Returns:
            ``y`` by row, in internal units.
        """
        # fixed numbers between 1 and 2 tell equal sums apart
        slack = 1.0 + noise(self.component)
        self.engine.change(self.program.cost, self.columns, (np.where(self.at_lower, -slack, -np.inf), np.where(self.at_upper, slack, np.inf)))
        self.engine.start_from(self.basis)
        status = self.engine.run()
        stop_at_limits(status)
        if status != Status.kOptimal:
            raise SolverError(f"the prices could not be settled: {self.engine.highs.modelStatusToString(status)}")
        self._installed = False
        return self.engine.answer()[1]

    def along(self, change: Mapping[int, float]) -> float:
        """Derivative of the least cost when right-hand sides move.

        Args:
            change: By row, in the units of the program; a row with two sides moves with both.

        Returns:
            Money per unit of the step, 0 for what is rounding; infinite where no plan can follow the step.
        """
        scaled = {row: step * self.scaling.row[row] for row, step in change.items() if self.at_lower[row] or self.at_upper[row]}
        size = max(map(abs, scaled.values()), default=0.0)
        if not size:
            return 0.0
        slope = self._moved({row: step / size for row, step in scaled.items()})
        return slope * size * self.scaling.money if abs(slope) > ROUNDING else 0.0

    def priced(self, row: int) -> bool:
        """Whether a row has a dual that is no rounding."""
        return bool(abs(self.dual[row]) > ROUNDING)

    def intervals(self, rows: Iterable[int], most: float = float("inf")) -> dict[int, tuple[float, float]]:
        """Smallest and largest optimal dual of some rows, in the units of the program: left and right derivative.

        Args:
            rows: In order of interest.
            most: Stop after so many rows of a component whose dual is not unique, since each takes two runs of the solver.
        """
        unique = self._proven_unique()
        found: dict[int, tuple[float, float]] = {}
        asked: Counter[int] = Counter()
        for row in rows:
            if asked[int(self.component[row])] >= most:
                continue
            factor = float(self.scaling.row[row] * self.scaling.money)
            low = high = dual = float(self.dual[row])
            if row not in unique and (self.at_lower[row] or self.at_upper[row]):
                low, high = -self._moved({row: -1.0}), self._moved({row: 1.0})
                if high - low > 1e-7 * max(1.0, abs(dual)):
                    asked[int(self.component[row])] += 1
                else:
                    low = high = dual
            found[row] = min(low, dual) * factor, max(high, dual) * factor
        return found

    def _proven_unique(self) -> set[int]:
        """Duals that stay the same while the row's side moves either way: HiGHS's ranging proves them unique at little cost."""
        program = self.program
        self.engine.change(program.cost, (program.lower, program.upper), (program.row_lower, program.row_upper))
        self.engine.start_from(self.basis)
        self._installed = False
        if self.engine.run() != Status.kOptimal:
            return set()
        status, ranging = self.engine.highs.getRanging()
        if status != highspy.HighsStatus.kOk:
            return set()
        up, down = np.array(ranging.row_bound_up.value_), np.array(ranging.row_bound_dn.value_)
        _, y, _ = self.engine.answer()
        activity = np.array(self.engine.highs.getSolution().row_value)
        clear = (up > activity + 1e-6) & (down < activity - 1e-6) & (y != 0)
        return set(np.flatnonzero(clear).tolist())

    def _moved(self, change: Mapping[int, float]) -> float:
        """Cost of the cheapest small move that follows a change of sides, all in internal units."""
        if not self._installed:
            self._install(self.basis)
        self._shift(change)
        status = self.engine.run_briefly()
        if status not in _ANSWERS:
            # what earlier runs have left behind can spoil one; a new instance has nothing to spoil
            stop_at_limits(status)
            self.engine = Engine(self.program, WARM, self.engine.deadline)
            self._install(None)
            self._shift(change)
            status = self.engine.run_briefly()
        objective = self.engine.objective
        stop_at_limits(status)
        if status not in _ANSWERS:
            raise SolverError(f"a price could not be found: {self.engine.highs.modelStatusToString(status)}")
        self._shift(dict.fromkeys(change, 0.0))
        if status == Status.kOptimal:
            return objective
        # an infeasible run leaves a basis that is of no use to the next one
        self.engine.start_from(self.basis)
        return float("inf")

    def _install(self, basis: Any) -> None:
        """Put the program of directions into the solver."""
        sides = np.where(self.at_lower, 0.0, -np.inf), np.where(self.at_upper, 0.0, np.inf)
        self.engine.change(self.program.cost, self.columns, sides)
        self.engine.start_from(basis)
        self._installed = True

    def _shift(self, change: Mapping[int, float]) -> None:
        for row, step in change.items():
            self.engine.highs.changeRowBounds(row, step if self.at_lower[row] else -np.inf, step if self.at_upper[row] else np.inf)


_ANSWERS = (Status.kOptimal, Status.kInfeasible, Status.kUnboundedOrInfeasible)


def _near(activity: Floats, side: Floats) -> Any:
    finite = np.isfinite(side)
    side = np.where(finite, side, 0.0)
    return finite & (np.abs(activity - side) <= TIGHT * np.maximum(1.0, np.abs(side)))
