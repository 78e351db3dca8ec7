"""The proven cheapest plan of a scenario, opened for analyses of what lies around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from planner.inquiry import Inquiry
from planner.optimum import proven_best
from planner.program import make_program
from planner.scenario.schema import Scenario
from planner.solver.highs import NoSolution
from planner.solver.lower import Floats, Line, LinearProgram
from sourcing_lp.data import SourcingData

SHORTAGE = "cost_shortage"
PENALTIES = (SHORTAGE, "cost_policy_penalties")
"""Cost lines that nobody pays: they say how much harm is done."""


@dataclass(frozen=True)
class Cheapest:
    """A scenario as one program, and the plan that ``plan solve`` finds for it."""

    inquiry: Inquiry
    data: SourcingData
    program: LinearProgram
    x: Floats
    cost: float
    """Discounted money."""

    @property
    def scenario(self) -> Scenario:
        """What is asked about."""
        return self.inquiry.loaded.scenario

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.scenario.money.currency


def cheapest(inquiry: Inquiry) -> Cheapest:
    """Find the cheapest plan of a scenario, all of it in one program.

    Raises:
        NoPlanError: if it is infeasible or unbounded.
        CheckError: if the plan could not be proven.
    """
    loaded = inquiry.loaded
    data, program = make_program(loaded)
    best = proven_best(loaded.scenario, data, program)
    if isinstance(best, NoSolution):
        from planner.negotiate import refusal

        raise refusal(loaded, data, program, best)[0]
    x = best.solution.x
    return Cheapest(inquiry, data, program, x, float(program.cost @ x) + program.offset)


def without(program: LinearProgram, lines: Iterable[Line]) -> LinearProgram:
    """The program with some costs left out of what is minimised; it has no cost lines any more."""
    cost, offset = program.cost.copy(), program.offset
    for line in lines:
        left = cost[line.columns] - line.values
        # what is left of a cost that was nothing else is rounding
        cost[line.columns] = np.where(np.abs(left) < 1e-12 * np.abs(line.values), 0.0, left)
        offset -= line.constant
    return replace(program, cost=cost, offset=offset, lines={})
