"""Proof of optimality from the arrays alone: primal and dual feasibility, and the duality gap.

A status of "Optimal" is not proof. Residuals are relative to the size of the numbers they come from, so that a program
in bn or in grams is judged alike. Pass: 1e-6.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution, Solution, solve
from planner.solver.lower import Floats, LinearProgram

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Certificate:
    """Worst relative residuals of an optimum."""

    primal: float
    """Largest violation of a row or bound over the size of its terms."""
    dual: float
    """Largest wrong-signed dual or reduced cost over the size of its terms."""
    gap: float
    """Difference of primal and dual objective over their size."""
    primal_objective: float
    dual_objective: float

    @property
    def passed(self) -> bool:
        """Whether every residual is within the tolerance."""
        return max(self.primal, self.dual, self.gap) <= TOLERANCE

    def as_dict(self) -> dict[str, float]:
        """Plain numbers for the plan's record."""
        return asdict(self)


def certify(program: LinearProgram, solution: Solution, worth: float = 0.0) -> Certificate:
    """Recompute feasibility and the gap from the program's numbers.

    Args:
        program: The program as lowered, unscaled.
        solution: What the solver answered.
        worth: What the objective is worth caring about: the gap is judged against no less.

    Returns:
        Residuals; NaN anywhere counts as infinite.
    """
    x, y = solution.x, solution.y
    activity, terms = program.times(x), np.zeros(program.shape[0])
    np.maximum.at(terms, program.row_of, np.abs(program.value * x[program.index]))
    columns = np.zeros(program.shape[1])
    np.maximum.at(columns, program.index, np.abs(program.value * y[program.row_of]))
    reduced = program.cost - program.transposed_times(y)
    typical = _typical(x)
    primal = max(
        _worst(_outside(activity, program.row_lower, program.row_upper), np.maximum(_side(program.row_lower, program.row_upper), terms), typical * 1e-3),
        _worst(_outside(x, program.lower, program.upper), np.maximum(_side(program.lower, program.upper), np.abs(x)), typical * 1e-3),
    )
    price = _typical(program.cost)
    dual = max(
        _worst(_wrong_sign(y, program.row_lower, program.row_upper), np.abs(y), price),
        _worst(_wrong_sign(reduced, program.lower, program.upper), np.maximum(np.abs(program.cost), columns), price * 1e-3),
    )
    value = float(program.cost @ x)
    bound = _bound_value(y, program.row_lower, program.row_upper) + _bound_value(reduced, program.lower, program.upper)
    size = max(abs(value), abs(bound), float(np.abs(program.cost * x).max(initial=0.0)), price * typical * 1e-6, worth)
    gap = abs(value - bound) / size if size > 0 else 0.0
    primal, dual, gap = (residual if np.isfinite(residual) else float("inf") for residual in (primal, dual, gap))
    return Certificate(primal, dual, gap, primal_objective=value + program.offset, dual_objective=bound + program.offset)


def proven(program: LinearProgram, time_limit: float | None = None, worth: float = 0.0) -> Solution | NoSolution:
    """Solve a program; an optimum is one that its certificate proves.

    Args:
        program: Finite numbers, in any units.
        time_limit: Seconds for everything; None for no limit.
        worth: What the objective is worth caring about.

    Raises:
        LimitError: if a limit was reached before an optimum.
        SolverError: if no way of solving gave an optimum that could be proven.
    """
    outcome = solve(program, time_limit, accept=lambda solution: certify(program, solution, worth).passed)
    if isinstance(outcome, Solution) and outcome.attempts and not any(attempt.accepted for attempt in outcome.attempts):
        raise SolverError("HiGHS found an optimum that could not be proven")
    return outcome


def _typical(values: Floats) -> float:
    sizes = np.abs(values[values != 0])
    return float(np.median(sizes)) if sizes.size else 1.0


def _outside(values: Floats, low: Floats, high: Floats) -> Floats:
    return np.maximum(np.maximum(low - values, values - high), 0.0)


def _side(low: Floats, high: Floats) -> Floats:
    return np.maximum(np.where(np.isfinite(low), np.abs(low), 0.0), np.where(np.isfinite(high), np.abs(high), 0.0))


def _wrong_sign(dual: Floats, low: Floats, high: Floats) -> Floats:
    """A positive dual needs a finite lower side, a negative one a finite upper side."""
    return np.where((dual > 0) & ~np.isfinite(low), dual, 0.0) + np.where((dual < 0) & ~np.isfinite(high), -dual, 0.0)


def _bound_value(dual: Floats, low: Floats, high: Floats) -> float:
    side = np.where(dual > 0, low, high)
    used = (dual != 0) & np.isfinite(side)
    return float(dual[used] @ side[used])


def _worst(residual: Floats, size: Floats, floor: float) -> float:
    return float((residual / np.maximum(size, floor)).max(initial=0.0)) if not np.isnan(residual).any() else float("inf")
