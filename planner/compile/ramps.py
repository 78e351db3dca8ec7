"""Exact means of piecewise linear ramps, life and salvage."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Ramp:
    """Share of nameplate by years since the commitment: 0 before the first point, constant after the last, gone after ``life``."""

    points: tuple[tuple[float, float], ...]
    life: float | None = None
    _means: dict[tuple[float, float], float] = field(default_factory=dict, compare=False, repr=False)

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

    def integral(self, time: float) -> float:
        """Integral of the share from the commitment to ``time``, life apart."""
        total = 0.0
        for (t0, s0), (t1, s1) in zip(self.points, self.points[1:], strict=False):
            if time <= t0:
                return total
            upto = min(time, t1)
            if t1 > t0:
                total += (upto - t0) * (s0 + (s0 + (s1 - s0) * (upto - t0) / (t1 - t0))) / 2
        last_time, last_share = self.points[-1]
        return total + max(0.0, time - last_time) * last_share

    def mean(self, first: float, last: float) -> float:
        """Mean share over an interval of years since the commitment."""
        if last <= 0:
            return 0.0
        area = self.integral(min(last, self.ends)) - self.integral(min(max(first, 0.0), self.ends))
        # below this an area is the rounding of dates that meet, and a coefficient of 1e-17 would upset the solver
        return area / (last - first) if area > 1e-12 else 0.0

    def aged(self, age: float, years: float) -> float:
        """Mean share over a period that starts at an age; computed once for each age, since grids repeat them."""
        key = round(age, 12), years
        if key not in self._means:
            self._means[key] = self.mean(key[0], key[0] + years)
        return self._means[key]

    def unused(self, age: float) -> float:
        """Share of life that is left at an age; 0 for an endless life."""
        if self.life is None:
            return 0.0
        return min(1.0, max(0.0, (self.ends - age) / self.life)) if math.isfinite(self.ends) else 1.0
