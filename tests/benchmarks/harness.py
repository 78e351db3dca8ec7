"""Measures ``plan solve`` against the same program written by hand in other libraries, and writes RESULTS.md.

Run, at the root of the repository: ``python -m tests.benchmarks.harness [--sizes S M L L3 XL] [--variants plain linked …] [--peers raw
lean linopy …] [--rounds 3] [--limit 1800] [--more]``. A case is a variant at a size. What was measured of other cases is kept in
measured.json and shown again; a case that is measured anew replaces its former rounds, or adds to them with ``--more``. ``--render``
only writes RESULTS.md.

The peers live in an environment of their own, which is made once in the cache. Every measurement is a whole process, from the start of
the interpreter to its end. Contenders take turns within a round, each round begins with another one, and ratios are taken within a
round, so that a noisy machine disturbs all of them. Who fails or exceeds the limit is not run again in that case.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import measure, results, trials
from tests.benchmarks.generator import SIZES, make, scenario, write
from tests.benchmarks.mixed import CHAINS, mixed
from tests.benchmarks.trials import Measured, Round, Trial

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLAN = [sys.executable, "-m", "planner"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "models")])
}
"""Makes sure that it is this checkout which is measured, whatever is installed, and that nobody compiles Python in every run."""
MODULES = {"raw": "raw", "linopy": "lino", "poi": "poi", "pypsa": "psa", "lean": "lean"}
"""Module of each peer."""
BY_HAND = ("raw", "linopy", "poi", "lean")
VARIANTS = {"plain": BY_HAND, "linked": BY_HAND, "bare": (*BY_HAND, "pypsa"), "processes": ("raw",), "parties": ("raw",), "mixed": ("raw",)}
"""Peers that take part in each variant."""
FROM_MATRIX = ("processes", "parties", "mixed")
"""Variants in which raw solves the matrix that plan writes."""
SAME_PROGRAM = ("raw", "linopy", "poi")
"""Peers that state the program of plan row by row; the others state a smaller or another one of the same optimum."""
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
    _compile(sys.executable, ROOT / "planner", ROOT / "models")
    _compile(python, HERE)
    return python


def _compile(python: str, *sources: Path) -> None:
    """Make sure that the bytecode of sources and of all that is installed is at hand; some tools install without, or what is there is stale."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    installed = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([python, "-m", "compileall", "-q", *map(str, sources), installed], check=False, capture_output=True, env=ENVIRONMENT)


def prepare(case: Case, limit: float) -> bool:
    """Write the scenario and what peers start from; nothing of this is measured. Returns whether peers have something to start from."""
    market = make(*SIZES[case.size], linked=case.variant == "linked", bare=case.variant == "bare")
    processes, parties = case.variant == "processes", case.variant == "parties"
    tree = mixed(CHAINS[case.size]) if case.variant == "mixed" else scenario(market, processes=processes, parties=parties)
    write(tree, case.folder)
    if case.variant not in FROM_MATRIX:
        np.savez(case.input, **market.arrays)
        return True
    written = measure.run(_plan_solve(case, "--mps", str(case.input)), case.folder, limit, ENVIRONMENT)
    return _failed(written, "plan --mps").failure is None


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
    size = {name: found[name] for name in results.COUNTS}
    read = found.get("read_seconds", 0.0)
    return Trial(used.wall - read, used.cpu - read, used.memory, found["objective"], size, found["solve_seconds"])


def compare(case: Case, contenders: list[str], python: str, rounds: int, limit: float) -> Iterator[dict[str, Trial]]:
    """Run all contenders in turns; yields every round that is done."""
    running = list(contenders)
    for turn in range(rounds):
        made: dict[str, Trial] = {}
        first = turn % max(len(running), 1)
        for name in running[first:] + running[:first]:
            made[name] = trial(case, name, python, limit)
            print(f"{case.variant} {case.size} round {turn + 1}: {name} {made[name].failure or f'{made[name].wall:.2f} s'}", file=sys.stderr)
        running = [name for name in running if made[name].failure is None]
        must_agree(case, made)
        yield {name: made[name] for name in contenders if name in made}


def must_agree(case: Case, made: dict[str, Trial]) -> None:
    """The same optimum, and of those who state the same program the same size.

    Raises:
        SystemExit: if they differ.
    """
    finished = {name: one for name, one in made.items() if one.failure is None}
    objectives = {name: one.objective for name, one in finished.items()}
    if finished and max(objectives.values()) - min(objectives.values()) > TOLERANCE * max(map(abs, objectives.values())):
        raise SystemExit(f"{case.variant} {case.size}: objectives differ: {objectives}")
    sizes = {name: one.size for name, one in finished.items() if name == "plan" or name in SAME_PROGRAM}
    if not all(same_size(one, other) for one in sizes.values() for other in sizes.values()):
        raise SystemExit(f"{case.variant} {case.size}: programs differ: {sizes}")


def same_size(one: dict[str, int], other: dict[str, int]) -> bool:
    """Whether two programs have the same rows, columns and nonzeros, but for the empty column ``nothing`` in each part of plan's."""
    spare = max(one.get("parts", 1), other.get("parts", 1))
    return one["rows"] == other["rows"] and one["nonzeros"] == other["nonzeros"] and abs(one["columns"] - other["columns"]) <= spare


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """All cases, variant by variant."""
    for variant in given.variants:
        for size in given.sizes:
            yield Case(variant, size, given.cache / f"{variant}-{size}")


def in_order(measured: Iterable[Measured]) -> list[Measured]:
    """Cases variant by variant, from small to large."""
    variants, sizes = list(VARIANTS), list(SIZES)
    return sorted(measured, key=lambda one: (variants.index(one.variant), sizes.index(one.size)))


def measure_all(given: argparse.Namespace) -> None:
    """Measure every case; measured.json and RESULTS.md are written anew after every round."""
    python = environment(given.cache)
    about = results.machine(python)
    for case in cases(given):
        peers = [name for name in VARIANTS[case.variant] if name in given.peers]
        contenders = ["plan", *peers] if prepare(case, given.limit) else ["plan"]
        stored = trials.load(given.measured).get((case.variant, case.size))
        kept = stored.rounds if stored and given.more else []
        for made in compare(case, contenders, python, given.rounds, given.limit):
            kept = [*kept, Round(about, made)]
            everything = trials.load(given.measured)
            everything[case.variant, case.size] = Measured(case.variant, case.size, kept)
            trials.save(given.measured, everything)
            results.update(given.out, in_order(everything.values()))


def main() -> None:
    """Measure everything asked for."""
    parser = argparse.ArgumentParser(description="Measure plan solve against peers.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["S", "M", "L", "L3"])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--peers", nargs="*", choices=MODULES, default=list(MODULES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds for one run")
    parser.add_argument("--more", action="store_true", help="add to the rounds of these cases that were measured before")
    parser.add_argument("--render", action="store_true", help="measure nothing, write RESULTS.md from what was measured")
    parser.add_argument("--cache", type=lambda text: Path(text).resolve(), default=Path(".benchmarks").resolve())
    parser.add_argument("--measured", type=Path, default=HERE / "measured.json")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    if given.render:
        results.update(given.out, in_order(trials.load(given.measured).values()))
    else:
        measure_all(given)


if __name__ == "__main__":
    main()
