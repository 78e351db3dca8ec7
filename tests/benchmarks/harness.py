"""Measures ``plan solve`` against the same program written by hand in other libraries, and writes RESULTS.md.

Run: ``python -m tests.benchmarks.harness [--sizes S M L XL] [--variants plain linked bare processes parties] [--peers raw linopy poi
pypsa] [--rounds 3] [--limit 900] [--cache .benchmarks]`` at the root of the repository.

The peers live in an environment of their own, which is made once in the cache. Every measurement is a whole process, from the start of
the interpreter to its end. Contenders take turns within a round, so that a noisy machine disturbs all of them; ratios are taken within
a round. Who exceeds the limit once is not run again at that size.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import measure, results
from tests.benchmarks.generator import SIZES, Market, make, scenario, write
from tests.benchmarks.results import Measured, Trial

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLAN = [sys.executable, "-m", "planner"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "models")])}
"""Makes sure that it is this checkout which is measured, whatever is installed."""
MODULES = {"raw": "raw", "linopy": "lino", "poi": "poi", "pypsa": "psa"}
"""Module of each peer."""
VARIANTS = {
    "plain": ("raw", "linopy", "poi"),
    "linked": ("raw", "linopy", "poi"),
    "bare": ("raw", "linopy", "poi", "pypsa"),
    "processes": ("raw",),
    "parties": ("raw",),
}
"""Peers that take part in each variant; in the last two, raw solves the matrix that plan writes."""
FROM_MATRIX = ("processes", "parties")
DERIVED = ("discount", "unit_cost", "wanted", "ramp", "open")
"""Arrays that peers are given besides the numbers of the market."""
TOLERANCE = 1e-6
"""Largest relative difference between objectives."""


@dataclass(frozen=True)
class Case:
    """One variant at one size, and where its files are."""

    variant: str
    size: str
    folder: Path

    @property
    def plan(self) -> Path:
        """Folder of the plan."""
        return self.folder / "plan"

    @property
    def input(self) -> Path:
        """File that peers start from."""
        return self.folder / ("model.mps" if self.variant in FROM_MATRIX else "arrays.npz")


def environment(cache: Path) -> str:
    """The interpreter of the peers, in an environment that is made anew whenever its requirements change."""
    folder, wanted = cache / "peers", (HERE / "requirements.txt").read_text(encoding="utf-8")
    python, stamp = str(folder / "bin" / "python"), folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def prepare(case: Case, limit: float) -> str | None:
    """Write the scenario and what peers start from; nothing of this is measured. Returns why there is nothing to start from, or None."""
    market = make(*SIZES[case.size], linked=case.variant == "linked", bare=case.variant == "bare")
    write(scenario(market, processes=case.variant == "processes", parties=case.variant == "parties"), case.folder)
    if case.variant in FROM_MATRIX:
        return _failed(measure.run(_plan_solve(case, "--mps", str(case.input)), case.folder, limit, ENVIRONMENT), "plan").failure
    np.savez(case.input, **_arrays(market))
    return None


def _arrays(market: Market) -> dict[str, Any]:
    derived = {name: getattr(market, name) for name in DERIVED}
    return {**vars(market), **derived, "budget": np.nan if market.budget is None else market.budget}


def _plan_solve(case: Case, *options: str) -> list[str]:
    return [*PLAN, "solve", str(case.folder / "scenario.yaml"), "--quiet", "--out", str(case.plan), *options]


def trial(case: Case, contender: str, python: str, limit: float) -> Trial:
    """Run one contender once."""
    if contender == "plan":
        used = measure.run(_plan_solve(case), case.folder, limit, ENVIRONMENT)
        return _failed(used, contender) if used.failure else _of_plan(used, json.loads((case.plan / "plan.json").read_text(encoding="utf-8")))
    command = [python, "-W", "ignore", "-m", f"tests.benchmarks.peers.{MODULES[contender]}", str(case.input)]
    used = measure.run(command, ROOT, limit, ENVIRONMENT)
    return _failed(used, contender) if used.failure else _of_peer(used, json.loads(used.output.splitlines()[-1]))


def _failed(used: measure.Usage, contender: str) -> Trial:
    if used.failure not in {None, measure.OVER_LIMIT}:
        print(f"{contender}: {used.failure}\n{used.output[-2000:]}", file=sys.stderr)
    return Trial(failure=used.failure)


def _of_plan(used: measure.Usage, record: dict[str, Any]) -> Trial:
    stages = record["seconds"]
    return Trial(used.wall, used.cpu, used.memory, record["total_cost"], record["size"], stages.get("highs"), stages)


def _of_peer(used: measure.Usage, found: dict[str, Any]) -> Trial:
    size = {name: found[name] for name in ("rows", "columns", "nonzeros")}
    read = found.get("read_seconds", 0.0)
    return Trial(used.wall - read, used.cpu - read, used.memory, found["objective"], size, found["solve_seconds"])


def compare(case: Case, contenders: list[str], python: str, rounds: int, limit: float) -> Measured:
    """Run all contenders in turns."""
    trials: dict[str, list[Trial]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, made in trials.items():
            if made and made[-1].failure:
                continue
            made.append(trial(case, name, python, limit))
            print(f"{case.variant} {case.size} round {turn + 1}: {name} {made[-1].failure or f'{made[-1].cpu:.2f} s CPU'}", file=sys.stderr)
    _must_agree(case, trials)
    return Measured(case.variant, case.size, trials)


def _must_agree(case: Case, trials: dict[str, list[Trial]]) -> None:
    found = {name: made.objective for name, several in trials.items() for made in several if made.failure is None}
    if found and max(found.values()) - min(found.values()) > TOLERANCE * max(map(abs, found.values())):
        raise SystemExit(f"{case.variant} {case.size}: objectives differ: {found}")


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """All cases, variant by variant."""
    for variant in given.variants:
        for size in given.sizes:
            yield Case(variant, size, given.cache / f"{variant}-{size}")


def main() -> None:
    """Measure everything asked for; RESULTS.md is written anew after every case."""
    parser = argparse.ArgumentParser(description="Measure plan solve against peers.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["S", "M", "L"])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--peers", nargs="*", choices=MODULES, default=list(MODULES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900.0, help="seconds for one run")
    parser.add_argument("--cache", type=lambda text: Path(text).resolve(), default=Path(".benchmarks").resolve())
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    python = environment(given.cache)
    machine, measured = results.machine(python), []
    for case in cases(given):
        refused = prepare(case, given.limit)
        contenders = ["plan", *(name for name in VARIANTS[case.variant] if name in given.peers)]
        if refused:
            measured.append(Measured(case.variant, case.size, {"plan": [Trial(failure=refused)]}))
        else:
            measured.append(compare(case, contenders, python, given.rounds, given.limit))
        results.update(given.out, machine, measured)
        (given.cache / "measured.json").write_text(json.dumps([asdict(one) for one in measured], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
