"""Windows over which policies add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, StockLimit
from planner.verify.arrays import PlanArrays, remembered
from planner.verify.clock import Floats, Ints, summed

AnyPolicy = MaxShare | Budget | MaxEmissions | StockLimit | MinService | MinCover


@dataclass(frozen=True)
class Windows:
    """Windows over which a policy adds up; none has a period of another."""

    labels: list[str]
    of: Ints
    """Place of each period's window; -1 outside all of them."""

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each window, by its label."""
        return {label: place for place, label in enumerate(self.labels)}

    @cached_property
    def last(self) -> Ints:
        """Position of the last period of each window."""
        found = np.zeros(len(self.labels), dtype=np.int64)
        inside = np.flatnonzero(self.of >= 0)
        found[self.of[inside]] = inside
        return found

    def sums(self, values: Floats) -> Floats:
        """Sum over each window."""
        inside = self.of >= 0
        return summed(self.of[inside], values[inside], len(self.labels))

    def spread(self, values: Floats) -> Floats:
        """What holds for a window in each of its periods; 0 outside."""
        return np.where(self.of >= 0, np.append(values, 0.0)[self.of], 0.0)


@remembered
def windows(plan: PlanArrays, key: str) -> Windows:
    """Windows of a policy."""
    return windows_of(plan, plan.scenario.policies[key])


def windows_of(plan: PlanArrays, policy: AnyPolicy) -> Windows:
    """Windows of a policy; what bounds a level holds in each period, whatever ``per`` says."""
    clock = plan.clock
    inside = clock.mean(clock.between(policy.from_, policy.until)) > 0.5
    if isinstance(policy, StockLimit | MinCover) or policy.per == "period":
        return Windows([clock.labels[t] for t in np.flatnonzero(inside)], np.where(inside, np.cumsum(inside) - 1, -1))
    if policy.per == "total":
        return Windows(["total"], np.where(inside, 0, -1))
    years = np.array([period.start.year for period in clock.calendar.periods])
    found = np.unique(years[inside])
    return Windows(list(map(str, found.tolist())), np.where(inside, np.searchsorted(found, years), -1))
