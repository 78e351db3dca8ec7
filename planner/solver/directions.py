"""Exact one-sided derivatives of the least cost: what a small change of right-hand sides saves or costs.

At a degenerate optimum a dual is one of several. The program of directions is exact there: among all small moves ``δ`` that
keep what is tight within the changed sides, the cheapest one's cost is the derivative. Its dual is an optimal dual of the
program itself, so it also chooses among those.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import highspy
import numpy as np

from planner.noise import noise
from planner.solver.components import components
from planner.solver.engine import Engine, SolverError, Status, stop_at_limits
from planner.solver.highs import WARM, Optimum
from planner.solver.lower import Flags, Floats, Integers, LinearProgram
from planner.solver.undecided import stretch, subset, undecided

TIGHT = 1e-8
"""A column or row this near to its side, in internal units, is at it."""
ROUNDING = 1e-8
"""A slope below this, in internal units, is rounding."""
CLEAR = 1e-9
"""Above this a dual or reduced cost in internal units is no rounding."""


class Directions:
    """Moves around an optimum.

    Duals that equations settle one after the other are the same at every optimum; only the others are asked of the solver.

    Args:
        optimum: The optimum.
        warm: Leave those duals out, and start from the optimal basis.
    """

    def __init__(self, optimum: Optimum, warm: bool = True) -> None:
        self.scaling, self.deadline = optimum.scaling, optimum.deadline
        program, x = optimum.program, optimum.x
        # what has a clear price is at its side, whatever rounding has made of it
        falls = (x > program.lower + TIGHT) & (optimum.d <= CLEAR)
        rises = (x < program.upper - TIGHT) & (optimum.d >= -CLEAR)
        activity = program.times(x)
        self.at_lower = _near(activity, program.row_lower) | ((optimum.y > CLEAR) & np.isfinite(program.row_lower))
        self.at_upper = _near(activity, program.row_upper) | ((optimum.y < -CLEAR) & np.isfinite(program.row_upper))
        tight = self.at_lower | self.at_upper
        # what may move either way has no reduced cost, which is an equation between duals
        self.rows = undecided(tight, falls & rises, (program.row_of, program.index), program.value) if warm else tight
        self.dual = np.where(tight, optimum.y, 0.0)
        self.whole, self.x = program, x
        columns = (falls | rises) & _with_any(program, self.rows)
        # a program without columns is one that HiGHS does not solve
        columns[:1] |= not columns.any()
        self.columns = columns
        settled = program.transposed_times(np.where(self.rows, 0.0, self.dual))
        self.basis = optimum.basis.part(columns, self.rows) if warm else None
        self.program = replace(
            subset(replace(program, cost=program.cost - settled), columns, self.rows),
            lower=np.where(falls, -np.inf, 0.0)[columns],
            upper=np.where(rises, np.inf, 0.0)[columns],
            row_lower=np.where(self.at_lower, 0.0, -np.inf)[self.rows],
            row_upper=np.where(self.at_upper, 0.0, np.inf)[self.rows],
        )
        self.place = np.cumsum(self.rows) - 1

    @cached_property
    def component(self) -> Integers:
        """Connected component of each row: what is chosen in one has nothing to do with another."""
        return components(self.whole)[1]

    @cached_property
    def engine(self) -> Engine:
        """The solver at the program of directions, where no side moves."""
        return self._engine(self.program)

    def _engine(self, program: LinearProgram) -> Engine:
        engine = Engine(program, WARM, self.deadline)
        engine.start_from(self.basis)
        return engine

    def smallest_prices(self) -> Floats:
        """The optimal dual with the smallest sum of absolute values, each times a number of its own: one, whatever the solver did.

        Returns:
            ``y`` by row, in internal units.
        """
        if self.rows.any():
            # fixed numbers between 1 and 2 tell equal sums apart
            slack = (1.0 + noise(self.component))[self.rows]
            low, high = np.where(self.at_lower[self.rows], -slack, -np.inf), np.where(self.at_upper[self.rows], slack, np.inf)
            engine = self._engine(replace(self.program, row_lower=low, row_upper=high))
            status = engine.run()
            stop_at_limits(status)
            if status != Status.kOptimal:
                raise SolverError(f"the prices could not be settled: {engine.highs.modelStatusToString(status)}")
            self.dual = self.dual.copy()
            self.dual[self.rows] = engine.answer()[1]
        return self.dual

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
        slope = self._slope({row: step / size for row, step in scaled.items()})
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
        rows = list(rows)
        unique = self._proven_unique() if self.rows[rows].any() else np.ones(len(self.rows), dtype=bool)
        found: dict[int, tuple[float, float]] = {}
        asked: Counter[int] = Counter()
        for row in rows:
            if asked[int(self.component[row])] >= most:
                continue
            factor = float(self.scaling.row[row] * self.scaling.money)
            low = high = dual = float(self.dual[row])
            if self.rows[row] and not unique[row]:
                low, high = -self._slope({row: -1.0}), self._slope({row: 1.0})
                if high - low > 1e-7 * max(1.0, abs(dual)):
                    asked[int(self.component[row])] += 1
                else:
                    low = high = dual
            found[row] = min(low, dual) * factor, max(high, dual) * factor
        return found

    def _proven_unique(self) -> Flags:
        """Duals that stay the same while the row's side moves either way: HiGHS's ranging, which takes as long as a few runs, proves them unique."""
        found = ~self.rows
        engine = self._engine(replace(stretch(self.whole, self.x, self.columns, self.rows), cost=self.program.cost))
        if engine.run() != Status.kOptimal:
            return found
        status, ranging = engine.highs.getRanging()
        if status == highspy.HighsStatus.kOk:
            up, down = np.array(ranging.row_bound_up.value_), np.array(ranging.row_bound_dn.value_)
            activity = np.array(engine.highs.getSolution().row_value)
            found[self.rows] = (up > activity + 1e-6) & (down < activity - 1e-6) & (engine.answer()[1] != 0)
        return found

    def _slope(self, change: Mapping[int, float]) -> float:
        """Cost of the cheapest small move that follows a change of sides, all in internal units."""
        moved = {int(self.place[row]): step for row, step in change.items() if self.rows[row]}
        known = math.fsum(step * float(self.dual[row]) for row, step in change.items() if not self.rows[row])
        return known + (self._moved(moved) if moved else 0.0)

    def _moved(self, change: Mapping[int, float]) -> float:
        """The same for rows of the program of directions."""
        self._shift(change)
        status = self.engine.run_briefly()
        if status not in _ANSWERS:
            # what earlier runs have left behind can spoil one; a new instance has nothing to spoil
            stop_at_limits(status)
            self.engine = Engine(self.program, WARM, self.deadline)
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

    def _shift(self, change: Mapping[int, float]) -> None:
        for row, step in change.items():
            low, high = float(self.program.row_lower[row]), float(self.program.row_upper[row])
            self.engine.highs.changeRowBounds(row, low + step, high + step)


_ANSWERS = (Status.kOptimal, Status.kInfeasible, Status.kUnboundedOrInfeasible)


def _with_any(program: LinearProgram, rows: Flags) -> Flags:
    """Columns with a coefficient in any of some rows."""
    found = np.zeros(program.shape[1], dtype=bool)
    found[program.index[rows[program.row_of]]] = True
    return found


def _near(activity: Floats, side: Floats) -> Any:
    finite = np.isfinite(side)
    side = np.where(finite, side, 0.0)
    return finite & (np.abs(activity - side) <= TIGHT * np.maximum(1.0, np.abs(side)))
