"""What an optimum becomes when sides, costs or columns change: warm runs, each one proven before it is believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.solver.certificate import certify, proven
from planner.solver.engine import Engine, Option, SolverError, Status, stop_at_limits
from planner.solver.highs import WARM, Optimum, Solution
from planner.solver.lower import Floats, LinearProgram

KEPT = 1e-7
"""How far a column that is kept may still move, as a share of its value."""


def rooms(kept: Mapping[int, float]) -> dict[int, float]:
    """How far each column that is kept may move: what is kept was rounded when it was written."""
    largest = max(map(abs, kept.values()), default=0.0)
    return {column: KEPT * max(abs(value), 1e-3 * largest) for column, value in kept.items()}


class Unbounded(SolverError):  # noqa: N818 - an answer rather than an error
    """A change lets somebody make money from nothing."""


@dataclass(frozen=True)
class Outcome:
    """Least cost under a change, with the plan and its duals, in the units of the program."""

    cost: float
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Border:
    """A change of price from which on the least cost is that of doing without.

    ``at`` is None where nothing is bought even at the lowest price, infinite where there is no plan without.
    """

    at: float | None
    without: float | None
    """Least cost without; None where there is no plan."""


class WhatIf:
    """Asks one program many questions.

    Args:
        program: The program.
        optimum: Its optimum, whose basis every run starts from.
        options: HiGHS options; ``WARM_COSTS`` where all questions are about costs.
    """

    def __init__(self, program: LinearProgram, optimum: Optimum, options: Mapping[str, Option] = WARM) -> None:
        self.program, self.scaling, self.basis = program, optimum.scaling, optimum.basis
        self.engine = Engine(optimum.program, options)
        self.now = self._unscaled(optimum.x, optimum.y)
        self.size = float(np.abs(program.cost * self.now.x).sum()) + abs(program.offset)
        """All costs and credits together: what a difference of costs is judged against."""

    def _unscaled(self, x: Floats, y: Floats) -> Outcome:
        x, y, _ = self.scaling.unscale(x, y, np.zeros_like(x))
        return Outcome(float(self.program.cost @ x) + self.program.offset, x, y)

    def ask(
        self,
        sides: Mapping[int, float] | None = None,
        cost: Floats | None = None,
        closed: Collection[int] = (),
        onward: bool = False,
        kept: Mapping[int, float] | None = None,
        worth: float = 0.0,
    ) -> Outcome | None:
        """The optimum under a change.

        Args:
            sides: By row, how far its sides move.
            cost: Costs by column instead of the program's.
            closed: Columns that must stay zero.
            onward: Start from where the last question ended, which is near where questions come in a row.
            kept: Columns that must stay at these values, but for rounding.
            worth: What the objective is worth caring about, where it may be next to nothing.

        Returns:
            None where no plan is left.

        Raises:
            SolverError: if there is no answer, or it grows without end.
        """
        program = self._changed(sides or {}, cost, closed, kept or {})
        scaling, money = self.scaling, self.scaling.money
        self.engine.change(
            program.cost * scaling.column / money,
            (program.lower / scaling.column, program.upper / scaling.column),
            (program.row_lower * scaling.row, program.row_upper * scaling.row),
        )
        if not onward:
            self.engine.start_from(self.basis)
        status = self.engine.run()
        stop_at_limits(status)
        if status == Status.kOptimal:
            x, y, d = scaling.unscale(*self.engine.answer())
            if certify(program, Solution(np.clip(x, program.lower, program.upper), y, d, 0, 0.0), worth).passed:
                return Outcome(float(program.cost @ x) + program.offset, x, y)
        # from scratch and in every way, where the warm run has no proven answer
        outcome = proven(program, worth=worth)
        if isinstance(outcome, Solution):
            return Outcome(float(program.cost @ outcome.x) + program.offset, outcome.x, outcome.y)
        if outcome.status == "unbounded":
            raise Unbounded("the change makes money from nothing")
        return None

    def least(self, weights: Floats, sides: Mapping[int, float] | None = None, onward: bool = False) -> Outcome | None:
        """The plan with the least of something else than money, counted so that it is of ordinary size in the solver.

        It is proven to a millionth of itself, or of one usual quantity where it is less than that.

        Args:
            weights: By column, not all zero.
            sides: By row, how far its sides move.
            onward: Start from where the last question ended.

        Returns:
            That plan, whose ``cost`` is what was asked for, and whose duals are in multiples of it; None where no plan is left.

        Raises:
            SolverError: if there is no answer, or it has no end.
        """
        sizes = np.abs(weights * self.scaling.column)
        usual = float(np.median(sizes[sizes > 0]))
        outcome = self.ask(sides, weights * (self.scaling.money / usual), onward=onward, worth=self.scaling.money)
        if outcome is None:
            return None
        x = np.clip(outcome.x, self.program.lower, self.program.upper)
        return replace(outcome, cost=float(weights @ x), x=x)

    def _changed(self, sides: Mapping[int, float], cost: Floats | None, closed: Collection[int], kept: Mapping[int, float]) -> LinearProgram:
        low, high = self.program.row_lower.copy(), self.program.row_upper.copy()
        lower, upper = self.program.lower.copy(), self.program.upper.copy()
        for row, step in sides.items():
            low[row] += step
            high[row] += step
        upper[list(closed)] = 0.0
        for column, room in rooms(kept).items():
            lower[column], upper[column] = max(lower[column], kept[column] - room), min(upper[column], kept[column] + room)
        return replace(self.program, row_lower=low, row_upper=high, lower=lower, upper=upper, cost=self.program.cost if cost is None else cost)

    def holds(self, sides: Mapping[int, float], slope: float, most: float) -> float:
        """How large a step may be before the cost leaves the line of its slope.

        The least cost is convex in the sides, so tangents from beyond reach the line no sooner than the cost does.

        Args:
            sides: The step, by row.
            slope: Change of the cost per step.
            most: Largest step of interest.
        """
        low, high = 0.0, most
        line = _Line(self.now.cost, slope, 1e-9 * max(self.size, abs(slope) * most))
        step, by_tangent = most, True
        for count in range(60):
            outcome = self.ask({row: step * move for row, move in sides.items()}, onward=count > 0)
            on_line = outcome is not None and line.holds(step, outcome.cost)
            if on_line and by_tangent:
                # beyond this step the tangent that led here is above the line
                return step
            low, high = (step, high) if on_line else (low, step)
            if low >= high * (1 - 1e-4) or high <= 1e-9 * most:
                break
            nearer = high
            if outcome is not None and not on_line:
                nearer = line.meets(step, outcome.cost, sum(float(outcome.y[row]) * move for row, move in sides.items()))
            # a tangent that does not come nearer, or no plan at all: halve what is left
            by_tangent = low < nearer < high * (1 - 1e-6)
            step = nearer if by_tangent else (low + high) / 2
        return low

    def border(self, columns: Collection[int], weights: Floats, start: float) -> Border:
        """At which price something is used no more.

        The least cost is concave in a price, so tangents reach the cost of doing without no later than the cost does.

        Args:
            columns: What is bought.
            weights: By column, what one unit of price adds to its cost.
            start: A price change at which it is used, if at all.
        """
        without = self.ask(closed=columns)
        if without is None:
            return Border(float("inf"), None)
        price, size = start, max(self.size, abs(without.cost))
        for count in range(60):
            try:
                outcome = self.ask(cost=self.program.cost + price * weights, onward=count > 0)
            except Unbounded:
                # as cheap as that, it would be bought without end
                price /= 2
                continue
            assert outcome is not None
            used = float(weights @ outcome.x)
            gain = without.cost - outcome.cost
            if used <= 0 or gain <= 1e-10 * size:
                return Border(None if count == 0 else price, without.cost)
            price += gain / used
        return Border(price, without.cost)

    def stays(self, weights: Floats, most: float) -> float:
        """How far a price may rise before less is used: as far as the cost keeps to the line of what is used now.

        Args:
            weights: By column, what one unit of price adds to its cost.
            most: A rise at which less is used.
        """
        slope = float(weights @ self.now.x)
        line = _Line(-self.now.cost, -slope, 1e-9 * max(self.size, abs(slope) * most))
        price = most
        for count in range(60):
            outcome = self.ask(cost=self.program.cost + price * weights, onward=count > 0)
            # concave: the same as convex with its sign turned
            if outcome is None or line.holds(price, -outcome.cost):
                return price
            nearer = line.meets(price, -outcome.cost, -float(weights @ outcome.x))
            if nearer >= price * (1 - 1e-6):
                return price
            price = max(nearer, 0.0)
            if price <= 1e-9 * most:
                return 0.0
        return price


@dataclass(frozen=True)
class _Line:
    """The cost along a step, as far as it is straight."""

    start: float
    slope: float
    rounding: float

    def holds(self, step: float, cost: float) -> bool:
        """Whether a cost lies on the line."""
        excess = cost - self.start - self.slope * step
        if excess < -10 * self.rounding:
            raise SolverError("a cost lies below its tangent")
        return excess <= self.rounding

    def meets(self, step: float, cost: float, tangent: float) -> float:
        """Where the tangent at a step meets the line; the step itself where it does not before."""
        return (cost - self.start - tangent * step) / (self.slope - tangent) if tangent > self.slope else step
