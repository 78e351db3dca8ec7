"""The proven cheapest plan of a scenario, opened for analyses of what lies around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from planner.checks import warnings_of
from planner.errors import CheckError
from planner.optimum import find_best
from planner.program import make_program
from planner.scenario.changes import without_relaxed
from planner.scenario.load import Loaded, load
from planner.solver.highs import NoSolution
from planner.solver.lower import Floats, Line, LinearProgram
from sourcing_lp.data import SourcingData

SHORTAGE = "cost_shortage"
PENALTIES = (SHORTAGE, "cost_policy_penalties")
"""Cost lines that nobody pays: they say how much harm is done."""


@dataclass(frozen=True)
class Cheapest:
    """A scenario as one program, and the plan that ``plan solve`` finds for it."""

    loaded: Loaded
    data: SourcingData
    program: LinearProgram
    x: Floats
    cost: float
    """Discounted money."""

    @property
    def title(self) -> str:
        """Title of the scenario, or its name."""
        return self.loaded.scenario.title or self.loaded.name

    @property
    def currency(self) -> str:
        """Currency of all money."""
        return self.loaded.scenario.money.currency

    @property
    def record(self) -> dict[str, Any]:
        """What was asked about, for the record of what was found."""
        return {
            "scenario": self.loaded.name,
            "resolved_sha256": self.loaded.digest,
            "total_cost": self.cost,
            "warnings": [str(problem) for problem in (*self.loaded.sources.warnings, *warnings_of(self.loaded))],
        }


def cheapest(source: str | Path | Loaded, sets: Iterable[str] = (), root: str | Path | None = None) -> Cheapest:
    """Find the cheapest plan of a scenario, all of it in one program.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.

    Raises:
        InputError: for a bad scenario.
        NoPlanError: if it is infeasible or unbounded.
        CheckError: if the answer failed its check.
    """
    loaded = without_relaxed(source if isinstance(source, Loaded) else load(source, sets, root))
    data, program = make_program(loaded)
    best = find_best(loaded.scenario, data, program)
    if isinstance(best, NoSolution):
        from planner.negotiate import refusal

        raise refusal(loaded, data, program, best)[0]
    if not best.certificate.passed:
        raise CheckError("the cheapest plan could not be proven, so nothing can be said of what lies around it")
    x = best.solution.x
    return Cheapest(loaded, data, program, x, float(program.cost @ x) + program.offset)


def without(program: LinearProgram, lines: Iterable[Line]) -> LinearProgram:
    """The program with some costs left out of what is minimised; it has no cost lines any more."""
    cost, offset = program.cost.copy(), program.offset
    for line in lines:
        left = cost[line.columns] - line.values
        # what is left of a cost that was nothing else is rounding
        cost[line.columns] = np.where(np.abs(left) < 1e-12 * np.abs(line.values), 0.0, left)
        offset -= line.constant
    return replace(program, cost=cost, offset=offset, lines={})
