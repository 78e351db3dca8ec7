"""What moves a figure: ends of one input at a time, means over a grid, rank correlations, elementary effects, shares of variance."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.errors import listed
from planner.findings import ChartKind, Shown
from planner.sweep.design import Points, problem_of
from planner.sweep.spec import SweepSpec

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
COST = "total_cost"


@dataclass(frozen=True)
class Told:
    """How the measure of a design is told."""

    by: str
    """Column by which inputs are ranked."""
    columns: tuple[tuple[str, str, Shown], ...]
    chart: ChartKind
    y: tuple[str, ...]
    axis: str
    sentence: str
    as_: Shown
    note: str


_ENDS: tuple[tuple[str, str, Shown], ...] = (
    ("at_low", "at", "text"),
    ("low", "least", "money"),
    ("at_high", "at", "text"),
    ("high", "most", "money"),
    ("swing", "swing", "money"),
)
SHOWN: dict[str, Told] = {
    "one_at_a_time": Told(
        "swing", _ENDS, "range", ("low", "high"), "total cost",
        "What moves the cost most, alone: {input}, by {value} {currency}.", "money", "Each input alone, all others as in the scenario.",
    ),
    "grid": Told(
        "swing", _ENDS, "range", ("low", "high"), "mean total cost",
        "What moves the cost most: {input}, by {value} {currency} in the mean over all else.", "money",
        "Mean of the cost over all runs with a value of the input.",
    ),
    "monte_carlo": Told(
        "size", (("rank_correlation", "rank correlation", "number"), ("low", "from", "number"), ("high", "to (95 %)", "number")),
        "bar", ("rank_correlation",), "rank correlation with total cost",
        "What moves the cost most: {input}; their rank correlation is {value} in size.", "number",
        "From −1 (the cost falls whenever the input rises) to 1; near 0 it has no say, or one that goes both ways.",
    ),
    "morris": Told(
        "mu_star",
        (("mu_star", "mean effect, size", "money"), ("mu_star_conf", "± (95 %)", "money"), ("mu", "mean effect", "money"), ("sigma", "spread", "money")),
        "bar", ("mu_star",), "mean size of the effect on total cost",
        "What moves the cost most: {input}; the mean effect over its range is {value} {currency}.", "money",
        "Effects of moving an input over its whole range, from many places (Morris). A spread as large as the mean: it hangs on others, or is not straight.",
    ),
    "sobol": Told(
        "ST", (("S1", "alone", "percent"), ("S1_conf", "±", "percent"), ("ST", "with others", "percent"), ("ST_conf", "±", "percent")),
        "bar", ("S1", "ST"), "share of the variance of total cost",
        "What explains most of the variance of the cost: {input}, {value} of it with all that it does together with others.", "percent",
        "Shares of the variance of the cost (Sobol), with 95 % confidence; what exceeds the share alone comes from acting together with others.",
    ),
}  # fmt: skip
SHOWN["latin_hypercube"] = SHOWN["monte_carlo"]
RANDOM = ("latin_hypercube", "monte_carlo", "sobol")
"""Designs whose runs are drawn from distributions."""
UNSURE = 0.1
"""A share of the variance that is known no better than this is not known."""


@dataclass(frozen=True)
class Sample:
    """A figure over the runs of a design on one combination of overlays."""

    spec: SweepSpec
    family: pd.DataFrame
    points: Points
    values: Floats
    """The figure, NaN where there is no plan."""

    @property
    def unit(self) -> Floats:
        """The points in the unit cube, of random designs."""
        assert self.points.unit is not None
        return self.points.unit

    @property
    def lost(self) -> int:
        """How many runs have no such figure."""
        return int(np.isnan(self.values).sum())

    def blocks(self, size: int) -> tuple[Floats, Floats, int]:
        """Points and values of the blocks of runs in which all have the figure, and how many runs are left out."""
        whole = np.repeat(np.isfinite(self.values).reshape(-1, size).all(axis=1), size)
        return self.unit[whole], self.values[whole], int((~whole).sum())


def sensitivity(spec: SweepSpec, runs: pd.DataFrame, points: Points, outputs: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """What moves each figure.

    Args:
        spec: The sweep.
        runs: The frame of runs, in order.
        points: The points of the design.
        outputs: Figures.

    Returns:
        One row an output, combination of overlays and input, those that move it most first; and what had to be left out, in words.
    """
    if not spec.vary:
        return pd.DataFrame(), ""
    measure, shown = _MEASURES[spec.design.kind], SHOWN[spec.design.kind]
    rows: list[Row] = []
    left_out = 0
    size = len(points.points)
    for name in [output for output in outputs if not output.startswith("short_from.")]:
        for start in range(0, len(runs), size):
            family = runs.iloc[start : start + size].reset_index(drop=True)
            values = family[name].to_numpy(dtype=float)
            if not np.isfinite(values).any():
                continue
            found, lost = measure(Sample(spec, family, points, values))
            left_out = max(left_out, lost) if name == COST else left_out
            overlays = {overlay: family[overlay].iloc[0] for overlay in spec.overlays}
            ranked = sorted(found, key=lambda row: -abs(row[shown.by]) if np.isfinite(row[shown.by]) else 0.0)
            rows += [{"output": name, **overlays, **row} for row in ranked]
    note = f"{left_out} runs are left out, since they or others that they belong with have no plan." if left_out else ""
    return pd.DataFrame(rows), note


def doubt_of(kind: str, moves: pd.DataFrame) -> str:
    """What keeps the measure of a design from being believed, in a sentence; empty where nothing does.

    Args:
        kind: The design.
        moves: What moves the cost.
    """
    if kind == "sobol":
        shares, unsure = (moves[columns].to_numpy(dtype=float) for columns in (["S1", "ST"], ["S1_conf", "ST_conf"]))
        if not np.isfinite(shares).all() or (shares < -UNSURE).any():
            return "Too few runs for shares of variance: some are none, or below 0; raise runs."
        if not (unsure <= UNSURE).all():
            return f"Too few runs for shares of variance: they are known to ± {100 * unsure.max():.0f} points only; raise runs."
    if SHOWN[kind].by == "size" and len(moves) > 1:
        first = moves.iloc[0]
        least = min(abs(first["low"]), abs(first["high"])) if first["low"] * first["high"] > 0 else 0.0
        near = moves["label"][1:][moves["size"][1:] > least].tolist()
        return f"So few runs cannot tell it apart from {listed(near)}; more would." if near else ""
    if kind == "morris" and (moves["mu_star_conf"] > moves["mu_star"].max()).any():
        return "Too few trajectories: effects are known no better than to the size of the largest; raise trajectories."
    return ""


def _ends(sample: Sample) -> tuple[list[Row], int]:
    """Least and most of a figure over the values of each input, all others as in the scenario; the scenario itself is the first run."""
    rows: list[Row] = []
    for name in sample.spec.vary:
        mine = [0, *(place for place, point in enumerate(sample.points.points) if name in point)]
        rows += _row(name, [_written(sample.spec, name, sample.family[name].iloc[place]) for place in mine], sample.values[mine])
    return rows, sample.lost


def _means(sample: Sample) -> tuple[list[Row], int]:
    """Least and most of the mean of a figure over all runs with a value of an input."""
    rows: list[Row] = []
    for name in sample.spec.vary:
        # a value whose every run has no plan has no mean
        means = pd.Series(sample.values).groupby(sample.family[name].map(partial(_written, sample.spec, name)), sort=False).mean()
        rows += _row(name, [str(label) for label in means.index], np.asarray(means, dtype=np.float64))
    return rows, sample.lost


def _row(name: str, labels: Sequence[str], values: Floats) -> Iterator[Row]:
    if np.isfinite(values).any():
        low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
        ends = {"low": float(values[low]), "high": float(values[high])}
        yield {"input": name, "at_low": labels[low], "at_high": labels[high], **ends, "swing": ends["high"] - ends["low"]}


def _written(spec: SweepSpec, name: str, value: Any) -> str:
    """A value of an input as it is told."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "as it is"
    times = "× " if spec.vary[name].multiplies else ""
    return times + (f"{value:.6g}" if isinstance(value, float) else str(value))


def _correlations(sample: Sample) -> tuple[list[Row], int]:
    """Spearman's rank correlation of a figure with each input; listed values count in the order in which they are listed."""
    from scipy.stats import rankdata

    good = np.isfinite(sample.values)
    ranks = rankdata(sample.values[good])
    rows: list[Row] = []
    for place, (name, variation) in enumerate(sample.spec.vary.items()):
        position = sample.unit[good, place]
        mine = rankdata(position if variation.values is None else np.floor(position * len(variation.values)))
        straight = len(ranks) > 1 and np.ptp(ranks) > 0 and np.ptp(mine) > 0
        correlation = float(np.corrcoef(mine, ranks)[0, 1]) if straight else 0.0
        low, high = _interval(correlation, len(ranks))
        rows.append({"input": name, "rank_correlation": correlation, "low": low, "high": high, "size": abs(correlation)})
    return rows, sample.lost


def _interval(correlation: float, runs: int) -> tuple[float, float]:
    """Where a rank correlation lies with 95 % confidence, by Fisher's transformation."""
    if runs <= 3:
        return -1.0, 1.0
    centre, width = np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12)), 1.96 / np.sqrt(runs - 3)
    return float(np.tanh(centre - width)), float(np.tanh(centre + width))


def _elementary(sample: Sample) -> tuple[list[Row], int]:
    """Morris: mean, mean size and spread of elementary effects; trajectories with a run without a plan are left out."""
    from SALib.analyze import morris

    spec, design = sample.spec, sample.spec.design.morris
    assert design is not None
    unit, complete, lost = sample.blocks(len(spec.vary) + 1)
    if len(complete) < 2 * (len(spec.vary) + 1):
        return [], lost
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = morris.analyze(problem_of(list(spec.vary)), unit, complete, num_levels=design.levels, seed=spec.seed)
    measures = ("mu", "mu_star", "mu_star_conf", "sigma")
    return [{"input": name, **{key: float(found[key][place]) for key in measures}} for place, name in enumerate(spec.vary)], lost


def _variances(sample: Sample) -> tuple[list[Row], int]:
    """Sobol: shares of variance alone and with others; base points with a run without a plan are left out."""
    from SALib.analyze import sobol

    spec, design, inputs = sample.spec, sample.spec.design.sobol, len(sample.spec.vary)
    assert design is not None
    block = (2 * inputs if design.second_order else inputs) + 2
    _, complete, lost = sample.blocks(block)
    if len(complete) < 2 * block or np.ptp(complete) == 0:
        return [], lost
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = sobol.analyze(problem_of(list(spec.vary)), complete, calc_second_order=design.second_order, seed=spec.seed)
    rows: list[Row] = []
    for place, name in enumerate(spec.vary):
        row: Row = {"input": name, **{key: float(found[key][place]) for key in ("S1", "S1_conf", "ST", "ST_conf")}}
        if design.second_order:
            # SALib fills the triangle above the diagonal
            pairs = np.where(np.isnan(found["S2"]), found["S2"].T, found["S2"])[place]
            row |= {f"S2.{other}": float(pair) for other, pair in zip(spec.vary, pairs, strict=True)}
        rows.append(row)
    return rows, lost


_MEASURES: dict[str, Callable[[Sample], tuple[list[Row], int]]] = {
    "one_at_a_time": _ends,
    "grid": _means,
    "latin_hypercube": _correlations,
    "monte_carlo": _correlations,
    "morris": _elementary,
    "sobol": _variances,
}
