"""Turns measurements into the generated part of RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from tests.benchmarks.targets import slopes, targets
from tests.benchmarks.trials import QUANTITIES, Measured, Trial

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
OURS = ("highspy", "numpy", "pandas", "pyarrow", "pyomo")
PEERS = ("highspy", "numpy", "linopy", "pyoptinterface", "pypsa")
MISSING = "–"
COUNTS = ("rows", "columns", "nonzeros")


def machine(python: str) -> str:
    """State of the sources, versions and hardware, in one paragraph; ``python`` is the interpreter of the peers."""
    ask = f"import importlib.metadata, json; print(json.dumps({{name: importlib.metadata.version(name) for name in {PEERS!r}}}))"
    theirs = json.loads(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout)
    ours = {name: version(name) for name in OURS}
    return (
        f"{_commit()}, Python {platform.python_version()}; plan with {_listed(ours)}; peers with {_listed(theirs)}. "
        f"{_processor()}, {os.cpu_count()} cores, {_memory()}, {platform.system()}."
    )


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _commit() -> str:
    """The commit that is measured, and whether files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--", "planner", "models") else ""
    return f"Commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{changed}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"


def update(path: Path, measured: Sequence[Measured]) -> None:
    """Replace what stands between the two markers; text around them stays."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    goals = [[one.target, one.case, _spread(one.values), "met" if one.met else "not met"] for one in targets(measured)]
    parts = [
        "## Targets: met or not met\n\nMinimum / median / maximum of what was measured; the median decides.",
        _table(["target", "case", "measured", ""], goals),
        *(_section(variant, list(several)) for variant, several in groupby(measured, lambda one: one.variant)),
        _abouts(measured),
    ]
    path.write_text(before + "\n\n".join([BEGIN, *parts, END]) + after, encoding="utf-8")


def _abouts(measured: Sequence[Measured]) -> str:
    """Machines, commits and versions, with the cases that were measured there."""
    cases: dict[str, list[str]] = {}
    for one in measured:
        for about in dict.fromkeys(turn.about for turn in one.rounds):
            cases.setdefault(about, []).append(f"{one.variant} {one.size}")
    return "## What was measured where\n\n" + "\n".join(f"- {', '.join(names)}: {about}" for about, names in cases.items())


def _section(variant: str, measured: list[Measured]) -> str:
    growth = [_growth(measured)] if len(measured) > 1 else []
    return "\n\n".join([f"## {variant}", *map(_case, measured), *growth])


def _case(measured: Measured) -> str:
    """Absolute numbers of one case, and ratios of plan to each peer."""
    rounds = len(measured.rounds)
    absolute = [[name, *_sizes(measured.trials(name)), *_absolute(measured, name)] for name in measured.contenders]
    title = f"### {measured.variant}, {measured.size}\n\nMinimum / median / maximum of {rounds} round{'s' if rounds > 1 else ''}."
    parts = [title, _table(["", *COUNTS, *QUANTITIES], absolute)]
    ratios = [[f"plan / {name}", *(_spread(measured.ratios(name, label)) for label in QUANTITIES)] for name in measured.contenders if name != "plan"]
    if ratios:
        parts.append(_table(["", *(name.partition(",")[0] for name in QUANTITIES)], ratios))
    return "\n\n".join([*parts, *_stages(measured)])


def _sizes(trials: list[Trial]) -> list[str]:
    size = next((trial.size for trial in trials if trial.size), {})
    return [f"{size[name]:,}" if name in size else MISSING for name in COUNTS]


def _absolute(measured: Measured, contender: str) -> list[str]:
    failures = [trial.failure for trial in measured.trials(contender) if trial.failure]
    return [failures[-1] if failures else _spread(measured.values(contender, label)) for label in QUANTITIES]


def _stages(measured: Measured) -> list[str]:
    """The median of each stage of plan [wall seconds; of HiGHS: CPU seconds]."""
    stages = [trial.stages for trial in measured.trials("plan") if trial.failure is None]
    if not stages:
        return []
    medians = {name: statistics.median(one[name] for one in stages if name in one) for name in stages[0]}
    return ["Stages of plan, seconds, added up over its processes: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in medians.items()) + "."]


def _growth(measured: list[Measured]) -> str:
    """Exponents of growth: slopes of log quantity over log columns, over all sizes and from each size to the next."""
    steps = [f"{small.size} to {large.size}" for small, large in pairwise(measured)]
    names = dict.fromkeys(name for one in measured for name in one.contenders)
    rows = [[name, label, *map(_exponent, slopes(measured, name, label))] for name in names for label in QUANTITIES]
    return "### Growth\n\nExponents in the number of columns, from medians.\n\n" + _table(["", "", "all sizes", *steps], rows)


def _exponent(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else MISSING


def _spread(values: Iterable[float]) -> str:
    """Minimum, median and maximum."""
    known = list(values)
    if not known:
        return MISSING
    if len(known) == 1:
        return _digits(known[0])
    return " / ".join(map(_digits, (min(known), statistics.median(known), max(known))))


def _digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---", *["--:"] * (len(head) - 1)], *rows))
