"""``plan sweep`` of many variations of Japan's cutoff, against as many times ``plan solve``.

Run: ``python -m tests.benchmarks.sweeps [--runs 1000] [--solves 5]`` at the root of the repository. Every run changes every part of the scenario.
The single solves stand around the sweep, half before and half after it, so that a machine that changes its speed disturbs both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import yaml

from tests.benchmarks.measure import Usage, run

ROOT = Path(__file__).parents[2]
PLAN = str(Path(sys.executable).with_name("plan"))
SCENARIO = ROOT / "scenarios" / "japan" / "cutoff.yaml"
LIMIT = 7200.0
VARY = {
    "price": {"path": "suppliers.lynas_dy.price", "uniform": [0.7, 1.5], "as": "factor"},
    "demand": {"path": "demands.*.quantity", "uniform": [0.9, 1.1], "as": "factor"},
    "stock": {"path": "stockpiles.national_dy.initial", "uniform": [0.5, 2.0], "as": "factor"},
    "leak": {"path": "events.cutoff.spot", "uniform": [0.0, 0.2]},
}
"""A price, all demands, a stock and the leak through the cutoff."""


def sweep(runs: int, folder: Path) -> tuple[Usage, int]:
    """What a Latin hypercube of so many runs takes, and how many of them have no plan."""
    spec = {"scenario": str(SCENARIO), "seed": 7, "vary": VARY, "design": {"latin_hypercube": {"runs": runs}}}
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    usage = run([PLAN, "sweep", str(path), "--out", str(folder / "out"), "--root", "/", "--json"], folder, LIMIT)
    if usage.failure:
        raise SystemExit(f"{usage.failure}: {usage.output}")
    return usage, sum(row["status"] != "ok" for row in json.loads(usage.output)["tables"]["runs"])


def solve(folder: Path) -> Usage:
    """What one plan takes."""
    usage = run([PLAN, "solve", str(SCENARIO), "--out", str(folder / "plan"), "--quiet"], folder, LIMIT)
    if usage.failure:
        raise SystemExit(f"{usage.failure}: {usage.output}")
    return usage


def main() -> None:
    """Measure both, and print the ratios."""
    parser = argparse.ArgumentParser(description="Measure sweeps against single solves.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--solves", type=int, default=6)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        solve(folder)  # bytecode and disk caches
        single = [solve(folder) for _ in range(given.solves // 2)]
        swept, lost = sweep(given.runs, folder)
        single += [solve(folder) for _ in range(given.solves - given.solves // 2)]
    print(f"{given.runs} runs, {lost} of them without a plan; {given.solves} single solves")
    for what in ("wall", "cpu"):
        times, whole = [float(getattr(usage, what)) for usage in single], float(getattr(swept, what))
        mean = statistics.mean(times)
        print(f"{what}: sweep {whole:.1f} s, a solve {min(times):.2f} to {max(times):.2f}, mean {mean:.2f} s: {given.runs * mean / whole:.1f} x")


if __name__ == "__main__":
    main()
