"""Exact means of piecewise linear ramps, life and salvage."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.scenario.dates import Floats


@dataclass(frozen=True)
class Ramp:
    """Share of nameplate by years since the commitment: 0 before the first point, constant after the last, gone after ``life``."""

    points: tuple[tuple[float, float], ...]
    life: float | None = None

    @cached_property
    def begins(self) -> float:
        """When the ramp leaves 0, which is when production life starts; infinite if it never does."""
        before = 0.0
        for index, (time, share) in enumerate(self.points):
            if share > 0:
                return self.points[index - 1][0] if index and before == 0 else time
            before = share
        return math.inf

    @cached_property
    def ends(self) -> float:
        """When the capacity is gone."""
        return math.inf if self.life is None else self.begins + self.life

    def integral(self, time: Floats) -> Floats:
        """Integral of the share from the commitment to each time, life apart."""
        total = np.zeros(np.shape(time))
        for (t0, s0), (t1, s1) in itertools.pairwise(self.points):
            if t1 > t0:
                since = np.clip(time, t0, t1) - t0
                total += since * (s0 + (s0 + (s1 - s0) * since / (t1 - t0))) / 2
        last_time, last_share = self.points[-1]
        return np.asarray(total + np.maximum(time - last_time, 0.0) * last_share)

    def means(self, first: Floats, last: Floats) -> Floats:
        """Mean share over intervals of years since the commitment."""
        area = self.integral(np.minimum(last, self.ends)) - self.integral(np.clip(first, 0.0, self.ends))
        # below this an area is the rounding of dates that meet, and a coefficient of 1e-17 would upset the solver
        return np.where((area > 1e-12) & (last > 0), area / (last - first), 0.0)

    def mean(self, first: float, last: float) -> float:
        """Mean share over one interval."""
        return float(self.means(np.array(first), np.array(last)))

    def unused(self, age: float) -> float:
        """Share of life that is left at an age; 0 for an endless life."""
        if self.life is None:
            return 0.0
        return min(1.0, max(0.0, (self.ends - age) / self.life)) if math.isfinite(self.ends) else 1.0
