"""Turns measurements into the generated part of RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
OURS = ("highspy", "numpy", "pyomo")
PEERS = ("highspy", "numpy", "linopy", "pyoptinterface", "pypsa")
MISSING = "–"


@dataclass(frozen=True)
class Trial:
    """One run of one contender."""

    wall: float = 0.0
    """Seconds."""
    cpu: float = 0.0
    """Seconds of the process and its descendants."""
    memory: float = 0.0
    """Peak in bytes."""
    objective: float = 0.0
    """Money, discounted."""
    size: dict[str, int | None] = field(default_factory=dict)
    """Rows, columns and nonzeros of the program."""
    solver: float | None = None
    """Seconds inside HiGHS, on one thread."""
    stages: dict[str, float] = field(default_factory=dict)
    """Wall seconds of the stages of ``plan solve``."""
    failure: str | None = None
    """Why there are no numbers."""

    @property
    def megabytes(self) -> float:
        """Peak of memory [MB]."""
        return self.memory / 1e6

    @property
    def outside(self) -> float | None:
        """CPU seconds outside HiGHS; None where the time inside is not known."""
        return None if self.solver is None else self.cpu - self.solver


Quantity = Callable[[Trial], float | None]
QUANTITIES: dict[str, Quantity] = {
    "wall, s": lambda trial: trial.wall,
    "CPU, s": lambda trial: trial.cpu,
    "CPU outside HiGHS, s": lambda trial: trial.outside,
    "memory, MB": lambda trial: trial.megabytes,
}
COMPARED = ("wall, s", "CPU, s", "memory, MB")
"""Quantities with ratios and growth exponents."""


@dataclass(frozen=True)
class Measured:
    """All rounds of one variant at one size."""

    variant: str
    size: str
    trials: dict[str, list[Trial]]
    """By contender, one a round."""

    def finished(self, contender: str) -> list[Trial]:
        """Rounds that came to an end; none if any did not."""
        trials = self.trials.get(contender, [])
        return [] if any(trial.failure for trial in trials) else trials


def machine(python: str) -> str:
    """Versions and hardware, in one paragraph; ``python`` is the interpreter of the peers."""
    ask = f"import importlib.metadata, json; print(json.dumps({{name: importlib.metadata.version(name) for name in {PEERS!r}}}))"
    theirs = json.loads(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout)
    ours = {name: version(name) for name in OURS}
    return (
        f"Python {platform.python_version()}; plan with {_listed(ours)}; peers with {_listed(theirs)}. "
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}."
    )


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def update(path: Path, about: str, measured: Sequence[Measured]) -> None:
    """Replace what stands between the two markers; text around them stays."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    parts = [about, *(_section(variant, list(several)) for variant, several in groupby(measured, lambda one: one.variant))]
    path.write_text(before + "\n\n".join([BEGIN, *parts, END]) + after, encoding="utf-8")


def _section(variant: str, measured: list[Measured]) -> str:
    growth = [_growth(measured)] if len(measured) > 1 else []
    return "\n\n".join([f"## {variant}", *map(_case, measured), *growth])


def _case(measured: Measured) -> str:
    """Absolute numbers of one case, and ratios of plan to each peer."""
    rounds = max(map(len, measured.trials.values()))
    absolute = [[name, *_sizes(trials), *_absolute(trials)] for name, trials in measured.trials.items()]
    title = f"### {measured.variant}, {measured.size}\n\nMinimum / median / maximum of {rounds} round{'s' if rounds > 1 else ''}."
    parts = [title, _table(["", "rows", "columns", "nonzeros", *QUANTITIES], absolute)]
    ratios = [[f"plan / {name}", *_ratios(measured, name)] for name in measured.trials if name != "plan"]
    if ratios:
        parts.append(_table(["", *(name.partition(",")[0] for name in COMPARED)], ratios))
    return "\n\n".join([*parts, *_stages(measured)])


def _sizes(trials: list[Trial]) -> list[str]:
    counts = [trials[0].size.get(name) for name in ("rows", "columns", "nonzeros")]
    return [MISSING if count is None else f"{count:,}" for count in counts]


def _absolute(trials: list[Trial]) -> list[str]:
    failure = trials[-1].failure
    return [failure or _spread([quantity(trial) for trial in trials]) for quantity in QUANTITIES.values()]


def _ratios(measured: Measured, peer: str) -> list[str]:
    """Ratios within each round."""
    pairs = list(zip(measured.finished("plan"), measured.finished(peer), strict=False))
    return [_spread([_ratio(quantity(ours), quantity(theirs)) for ours, theirs in pairs]) for quantity in map(QUANTITIES.__getitem__, COMPARED)]


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours and theirs else None


def _stages(measured: Measured) -> list[str]:
    """The median of each stage of plan [wall seconds]."""
    trials = measured.finished("plan")
    if not trials:
        return []
    medians = {name: statistics.median(trial.stages[name] for trial in trials) for name in trials[0].stages}
    return ["Stages of plan, wall seconds: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in medians.items()) + "."]


def _growth(measured: list[Measured]) -> str:
    """Exponents of growth: slopes of log quantity over log columns, over all sizes and from each size to the next."""
    contenders = list(measured[0].trials)
    columns = _columns(measured, contenders)
    steps = [f"{small.size} to {large.size}" for small, large in pairwise(measured)]
    rows = [[name, label, *_slopes(measured, columns, name, QUANTITIES[label])] for name in contenders for label in COMPARED]
    return "### Growth\n\nExponents in the number of columns, from medians.\n\n" + _table(["", "", "all sizes", *steps], rows)


def _columns(measured: list[Measured], contenders: list[str]) -> list[float]:
    """Columns at each size, as counted by the first contender that finished at all of them; not a number if none did."""
    for name in contenders:
        counts = [one.finished(name)[0].size["columns"] if one.finished(name) else None for one in measured]
        if None not in counts:
            return [float(count) for count in counts if count]
    return [np.nan] * len(measured)


def _slopes(measured: list[Measured], columns: list[float], contender: str, quantity: Quantity) -> list[str]:
    values = [[found for trial in one.finished(contender) if (found := quantity(trial)) is not None] for one in measured]
    points = [(np.log(count), np.log(statistics.median(several)) if several else np.nan) for count, several in zip(columns, values, strict=True)]
    return [_slope(points), *(_slope([small, large]) for small, large in pairwise(points))]


def _slope(points: Sequence[tuple[float, float]]) -> str:
    """Least squares through the points that are known."""
    known = np.array([point for point in points if np.isfinite(point).all()])
    return f"{np.polyfit(known[:, 0], known[:, 1], 1)[0]:.2f}" if len(known) > 1 else MISSING


def _spread(values: Sequence[float | None]) -> str:
    """Minimum, median and maximum."""
    known = [value for value in values if value is not None]
    if not known:
        return MISSING
    return " / ".join(_digits(value) for value in (min(known), statistics.median(known), max(known)))


def _digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---", *["--:"] * (len(head) - 1)], *rows))
