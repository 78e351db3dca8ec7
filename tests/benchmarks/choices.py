"""Measures ways to solve the program of a benchmark scenario with HiGHS, and writes what was found into RESULTS.md.

Run: ``python -m tests.benchmarks.choices [--sizes M L] [--limit 300]`` at the root of the repository. Every way gets the same program, in
internal units. Ratios are of CPU seconds in one run, to the way that ``plan solve`` tries first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from planner.errors import LimitError
from planner.program import make_program
from planner.scenario.load import load
from planner.solver.engine import Engine, Option, SolverError, Status, stop_at_limits
from planner.solver.highs import LADDER, OPTIONS
from planner.solver.lower import LinearProgram
from planner.solver.scale import scale
from tests.benchmarks.coarse import basis_of_years
from tests.benchmarks.generator import SIZES, make, scenario, write
from tests.benchmarks.pieces import basis_of_pieces, in_pieces

RESULTS = Path(__file__).parent / "RESULTS.md"
BEGIN, END = "<!-- choices: begin -->", "<!-- choices: end -->"
FIRST: dict[str, Option] = {**OPTIONS, **LADDER[0]}
"""Options of the way that is tried first."""


@dataclass(frozen=True)
class Case:
    """What is to be solved, in internal units."""

    program: LinearProgram
    yearly: LinearProgram
    """The same scenario on a grid of years."""


Way = Callable[[Case, float], float]
"""Solves a program within so many seconds; returns its optimum."""


def _with(**options: Option) -> Way:
    """The whole program at once, under other options."""

    def way(case: Case, limit: float) -> float:
        return _run(Engine(case.program, {**FIRST, **options}, time.monotonic() + limit))

    return way


def _one_by_one(case: Case, limit: float) -> float:
    """Piece by piece: no optimum of the whole where something links them."""
    deadline = time.monotonic() + limit
    return sum(_run(Engine(piece, FIRST, deadline)) for piece in in_pieces(case.program))


def _from_pieces(case: Case, limit: float) -> float:
    """The whole from the optimal bases of its pieces."""
    engine = Engine(case.program, {**FIRST, "presolve": "off"}, time.monotonic() + limit)
    engine.start_from(basis_of_pieces(case.program, FIRST))
    return _run(engine)


def _from_years(case: Case, limit: float) -> float:
    """The months from the optimal basis of the same scenario by years."""
    deadline = time.monotonic() + limit
    coarse = Engine(case.yearly, FIRST, deadline)
    _run(coarse)
    engine = Engine(case.program, {**FIRST, "presolve": "off"}, deadline)
    engine.start_from(basis_of_years(case.program, case.yearly, coarse.basis()))
    return _run(engine)


def _run(engine: Engine) -> float:
    status = engine.run()
    stop_at_limits(status)
    if status != Status.kOptimal:
        raise SolverError(f"no optimum: {status.name}")
    return engine.objective


WAYS: dict[str, Way] = {
    "dual simplex after presolve (what `plan solve` does)": _with(),
    "dual simplex without presolve": _with(presolve="off"),
    "primal simplex after presolve": _with(simplex_strategy=4),
    "interior point (IPX) with crossover": _with(solver="ipm", run_crossover="on"),
    "default tolerances of 1e-7": _with(primal_feasibility_tolerance=1e-7, dual_feasibility_tolerance=1e-7),
    "each piece by itself (of `linked`: without the budget)": _one_by_one,
    "the whole from the bases of its pieces": _from_pieces,
    "the months from the basis of a yearly grid": _from_years,
}


def measured(case: Case, limit: float) -> list[list[str]]:
    """A row for each way: its name, CPU seconds, and their ratio to those of the first."""
    rows: list[list[str]] = []
    first = 0.0
    for name, way in WAYS.items():
        started = time.process_time()
        try:
            way(case, limit)
        except (LimitError, SolverError) as error:
            told = f"over {limit:g}" if isinstance(error, LimitError) else str(error)
            rows.append([name, f"{told} (after {time.process_time() - started:.0f})", "–"])
            continue
        spent = time.process_time() - started
        first = first or spent
        rows.append([name, f"{spent:.2f}", f"{spent / first:.2f}"])
    return rows


def _case(size: str, linked: bool) -> Case:
    with tempfile.TemporaryDirectory() as folder:
        path = write(scenario(make(*SIZES[size], linked=linked)), Path(folder))
        monthly, yearly = (scale(make_program(load(path, sets, root=folder))[1])[0] for sets in ((), ("horizon.step=year",)))
        return Case(monthly, yearly)


def replaced(path: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two markers of a file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    path.write_text(before + f"{begin}\n\n{text}\n\n{end}" + rest.partition(end)[2], encoding="utf-8")


def main() -> None:
    """Measure every way at every size, and write the tables."""
    parser = argparse.ArgumentParser(description="Measure ways to solve with HiGHS.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["M", "L"])
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one way")
    given = parser.parse_args()
    parts = []
    for linked in (False, True):
        for size in given.sizes:
            case = _case(size, linked)
            rows = measured(case, given.limit)
            title = f"### {'linked' if linked else 'plain'}, {size}: {case.program.shape[1]:,} columns"
            table = ["| way | CPU, s | ratio |", "| --- | --: | --: |", *(f"| {' | '.join(row)} |" for row in rows)]
            parts.append("\n".join([title, "", *table]))
            print(parts[-1], flush=True)
    replaced(RESULTS, BEGIN, END, "\n\n".join(parts))


if __name__ == "__main__":
    main()
