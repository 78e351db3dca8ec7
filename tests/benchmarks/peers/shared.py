"""What all peers share: the arrays of a market, solver options, and the line they print."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]

OPTIONS: dict[str, Any] = {"threads": 1, "solver": "simplex", "output_flag": False}
"""HiGHS options of every peer."""
RATE = 0.04
"""Discount rate a year."""


@dataclass(frozen=True)
class Arrays:
    """A market as arrays, as in ``generator.Market``: ``m`` material, ``s`` supplier, ``e`` project, ``n`` demand, ``t, v`` months."""

    capacity: Floats
    """[m, s] units/yr."""
    lead: Ints
    """[m, s] months."""
    shortage: Floats
    """[m, n] money/unit."""
    size: Floats
    """[m, e] units/yr; project e belongs to the e-th of the last suppliers."""
    capex: Floats
    """[m, e] money per unit/yr."""
    fixed: Floats
    """[m, e] money per unit/yr and year."""
    initial: Floats
    """[m] units in store."""
    draw: Floats
    """[m] units a month."""
    holding: Floats
    """[m] money per unit-year."""
    discount: Floats
    """[t] of the middle of each month."""
    unit_cost: Floats
    """[m, s, t] money/unit, undiscounted."""
    wanted: Floats
    """[m, n, t] units a month."""
    ramp: Floats
    """[m, e, v, t] share of nameplate."""
    gated: Bools
    """[m, s, t] whether the cutoff closes the supplier."""
    budget: Floats
    """[] capex a calendar year, undiscounted; not a number for no limit."""

    @property
    def limited(self) -> bool:
        """Whether a budget limits capex."""
        return not np.isnan(self.budget)

    @property
    def arrives(self) -> Bools:
        """[m, s, t] whether what is bought arrives inside the horizon."""
        months = np.arange(len(self.discount))
        return np.broadcast_to(months + self.lead[:, :, None] < len(months), self.gated.shape)

    @property
    def open(self) -> Bools:
        """[m, s, t] whether a purchase can be made and arrives."""
        return np.asarray(self.arrives & ~self.gated)

    @property
    def grows(self) -> Bools:
        """[m, e, t] whether a commitment could have capacity."""
        return np.asarray((self.ramp > 0).any(axis=2))

    @property
    def decided(self) -> Floats:
        """[v] discount at the start of each month in which projects may be decided."""
        return np.asarray((1 + RATE) ** -(np.arange(self.ramp.shape[2]) / 12))


@dataclass(frozen=True)
class Solved:
    """What a peer found, and how long its solver took."""

    objective: float
    """Money, discounted."""
    rows: int
    columns: int
    nonzeros: int | None
    """None where the library does not tell."""
    solve_seconds: float
    """CPU seconds inside HiGHS, on one thread."""


class Spent:
    """CPU seconds of this process while HiGHS ran."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Spent]:
    """Count what is done meanwhile."""
    spent, started = Spent(), time.process_time()
    yield spent
    spent.seconds = time.process_time() - started


@contextmanager
def timed_runs() -> Iterator[Spent]:
    """Count what is done in every run of highspy meanwhile, for libraries that call it themselves."""
    spent, run = Spent(), highspy.Highs.run

    def counted(highs: highspy.Highs) -> Any:
        with timed() as one:
            status = run(highs)
        spent.seconds += one.seconds
        return status

    highspy.Highs.run = counted
    try:
        yield spent
    finally:
        highspy.Highs.run = run


def load(path: Path) -> Arrays:
    """The arrays that the harness has written."""
    with np.load(path) as stored:
        return Arrays(**{field.name: stored[field.name] for field in fields(Arrays)})


def report(work: Callable[[Arrays], Solved]) -> None:
    """Build and solve the arrays named on the command line, and print one line of JSON."""
    print(json.dumps(vars(work(load(Path(sys.argv[1]))))))
