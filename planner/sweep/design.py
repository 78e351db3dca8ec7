"""Designs: which points of the inputs are run. Random ones depend on the seed and on nothing else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from planner.sweep.spec import UNBOUNDED, SweepSpec, Variation

Floats = npt.NDArray[np.float64]
Point = dict[str, Any]
"""Value of each input that is set; others stay as in the scenario."""
ENDS = 0.05
"""One at a time, a distribution is taken at this quantile and at the one as far from the other end."""
FAR = 0.01
"""Morris's levels reach the ends of a distribution; one without an end is taken up to this quantile."""


@dataclass(frozen=True)
class Points:
    """Points of a design, in order, and the unit cube that they came from."""

    points: list[Point]
    unit: Floats | None = None
    """Random designs: (points, inputs) numbers between 0 and 1."""


def points_of(spec: SweepSpec) -> Points:
    """The points of a sweep's design, for each combination of overlays.

    Args:
        spec: The sweep.
    """
    kind = spec.design.kind
    if kind == "grid":
        levels = [variation.levels or [] for variation in spec.vary.values()]
        return Points([dict(zip(spec.vary, values, strict=True)) for values in itertools.product(*levels)])
    if kind == "one_at_a_time":
        return Points([{}, *({name: value} for name, variation in spec.vary.items() for value in variation.levels or ends(variation))])
    if not spec.vary:
        return Points([{}])
    unit = _unit(spec)
    columns = [_values(variation, unit[:, place], kind) for place, variation in enumerate(spec.vary.values())]
    return Points([dict(zip(spec.vary, row, strict=True)) for row in zip(*columns, strict=True)], unit)


def number_of_points(spec: SweepSpec) -> int:
    """How many points a design has, before any is made."""
    design, inputs = spec.design, len(spec.vary)
    sizes = [len(variation.levels or (0, 1)) for variation in spec.vary.values()]
    if design.grid:
        return math.prod(sizes)
    if design.one_at_a_time:
        return 1 + sum(sizes)
    if design.morris is not None:
        return design.morris.trajectories * (inputs + 1)
    if design.sobol is not None:
        return design.sobol.runs * ((2 * inputs if design.sobol.second_order else inputs) + 2)
    drawn = design.latin_hypercube or design.monte_carlo
    assert drawn is not None
    return drawn.runs


def problem_of(names: Sequence[str]) -> Mapping[str, Any]:
    """Inputs as SALib takes them."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def _unit(spec: SweepSpec) -> Floats:
    """Points in the unit cube, one column an input."""
    design, inputs = spec.design, len(spec.vary)
    if design.morris is not None:
        from SALib.sample import morris

        return np.asarray(morris.sample(problem_of(list(spec.vary)), design.morris.trajectories, num_levels=design.morris.levels, seed=spec.seed))
    if design.sobol is not None:
        from SALib.sample import sobol

        return np.asarray(sobol.sample(problem_of(list(spec.vary)), design.sobol.runs, calc_second_order=design.sobol.second_order, seed=spec.seed))
    if design.latin_hypercube is not None:
        from scipy.stats import qmc

        return np.asarray(qmc.LatinHypercube(inputs, seed=spec.seed).random(design.latin_hypercube.runs))
    assert design.monte_carlo is not None
    return np.random.default_rng(spec.seed).random((design.monte_carlo.runs, inputs))


def ends(variation: Variation) -> list[float]:
    """Low and high of a distribution: its 5 % and 95 % quantiles."""
    return [float(value) for value in quantiles(variation, np.array([ENDS, 1 - ENDS]))]


def _values(variation: Variation, unit: Floats, kind: str) -> list[Any]:
    """Values of one input at numbers between 0 and 1."""
    if variation.values is not None:
        last = len(variation.values) - 1
        return [variation.values[min(int(number * (last + 1)), last)] for number in unit]
    if kind == "morris" and variation.kind in UNBOUNDED:
        unit = FAR + (1 - 2 * FAR) * unit
    return [float(value) for value in quantiles(variation, unit)]


def quantiles(variation: Variation, unit: Floats) -> Floats:
    """The inverse of the distribution function.

    Args:
        variation: Numbers between two ends, or a distribution.
        unit: Between 0 and 1.
    """
    from scipy import stats

    steps = variation.range or variation.factor
    if steps is not None:
        return np.asarray(steps.from_ + (steps.to - steps.from_) * unit)
    if variation.uniform is not None:
        low, high = variation.uniform
        return np.asarray(low + (high - low) * unit)
    if variation.triangular is not None:
        low, mode, high = variation.triangular
        return np.asarray(stats.triang.ppf(unit, (mode - low) / (high - low), low, high - low))
    # the far ends of a distribution without end are no numbers
    inside = np.clip(unit, 1e-9, 1 - 1e-9)
    if variation.lognormal is not None:
        return np.asarray(variation.lognormal.median * np.exp(variation.lognormal.sigma * stats.norm.ppf(inside)))
    normal = variation.normal
    assert normal is not None
    low = -np.inf if normal.low is None else (normal.low - normal.mean) / normal.sd
    high = np.inf if normal.high is None else (normal.high - normal.mean) / normal.sd
    return np.asarray(stats.truncnorm.ppf(inside, low, high, normal.mean, normal.sd))
