"""What it costs while sources fail: the least cost with them out for a while, less the least cost without."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from planner.cheapest import PENALTIES
from planner.program import lines_at, program_of
from planner.runway.cuts import Source
from planner.runway.trial import SOURCES
from planner.runway.unserved import Case
from planner.solver.certificate import proven
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution
from planner.solver.lower import Floats
from planner.solver.whatif import WhatIf


class Rise(NamedTuple):
    """By how much the least cost rises [discounted money]."""

    total: float
    """Negative where a duty falls away that cost more; infinite where no plan is left."""
    penalties: float
    """What of it shortage and broken rules count for; what the plans pay makes the rest. NaN where no plan is left."""


class Loss:
    """The cheapest plan of a case, and what it becomes while sources fail.

    Args:
        case: The case.
    """

    def __init__(self, case: Case) -> None:
        self.data, self.program = program_of(case.scenario, case.calendar)
        self.out = {period.label for period in case.calendar.periods if case.first <= period.start < case.recovered}
        self.whatif = self._opened()

    def _opened(self) -> WhatIf | None:
        """The cheapest plan where nothing fails; None where there is none, or none that is proven."""
        try:
            found = proven(self.program)
        except SolverError:
            return None
        return None if isinstance(found, NoSolution) or found.optimum is None else WhatIf(self.program, found.optimum)

    def of(self, cut: Collection[Source]) -> Rise | None:
        """What the failure of some sources costs.

        Returns:
            None where there is no plan to compare with, or a cost that cannot be proven.
        """
        if self.whatif is None:
            return None
        try:
            found = self.whatif.ask(self._duties(cut), closed=self._closed(cut))
        except SolverError:
            return None
        if found is None:
            return Rise(math.inf, math.nan)
        # what is below a billionth of all money is rounding, and depends on what was asked before
        digits = 9 - math.ceil(math.log10(self.whatif.size or 1.0))
        total = round(found.cost - self.whatif.now.cost, digits) + 0.0
        return Rise(total, round(self._penalties(found.x) - self._penalties(self.whatif.now.x), digits) + 0.0 if total else 0.0)

    def _penalties(self, x: Floats) -> float:
        """What shortage and broken rules count for in a plan, which nobody pays."""
        lines = lines_at(self.program, x)
        return sum(lines[name] for name in PENALTIES)

    def _closed(self, cut: Collection[Source]) -> list[int]:
        """What failing sources would ship or sign meanwhile."""
        sources = {**SOURCES, "sign": "contracts"}
        return [
            place for place, (name, index) in enumerate(self.program.columns) if name in sources and index[-1] in self.out and (sources[name], index[0]) in cut
        ]

    def _duties(self, cut: Collection[Source]) -> dict[int, float]:
        """How far sides of the minima move that nobody owes while the seller delivers nothing; no more than one contract is ever signed."""
        return {
            # a row that a signature is part of may be written the other way round
            place: math.copysign(self.data.contracts.minimum[index], 1.0 if np.isfinite(self.program.row_upper[place]) else -1.0)
            for place, (name, index) in enumerate(self.program.rows)
            if name == "take_or_pay" and index[1] in self.out and ("contracts", index[0]) in cut
        }


@lru_cache(maxsize=2)
def loss_of(case: Case) -> Loss:
    """The cheapest plan of a case, found once in each process."""
    return Loss(case)
