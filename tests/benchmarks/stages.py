"""Where the CPU time of one part of a benchmark scenario goes, step by step.

Run: ``python -m tests.benchmarks.stages [--size L] [--parts 5]`` at the root of the repository; writes its table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sourcing_lp
from planner.collector import collector_paused
from planner.compile import compile_scenario
from planner.optimum import Best, find_best
from planner.program import cost_lines
from planner.results.columns import Answer
from planner.results.tables import make_tables
from planner.scenario.dates import Calendar
from planner.scenario.load import load
from planner.scenario.parts import split
from planner.scenario.schema import Scenario
from planner.solver.engine import SPENT
from planner.solver.lower import lower
from planner.verify.recheck import recheck
from sourcing_lp.units import counted_in
from tests.benchmarks.choices import RESULTS, replaced
from tests.benchmarks.generator import SIZES, make, scenario, write

BEGIN, END = "<!-- stages: begin -->", "<!-- stages: end -->"


class Steps:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what is done meanwhile."""
        started = time.process_time()
        yield
        self.seconds[name] = time.process_time() - started


def of_part(part: Scenario, calendar: Calendar) -> dict[str, float]:
    """CPU seconds of each step from a part of a scenario to its checked tables."""
    steps, waited = Steps(), SPENT.seconds
    with steps.step("all"), collector_paused():
        with steps.step("compile"):
            data = compile_scenario(part, calendar)
        with steps.step("Pyomo rules"):
            model = sourcing_lp.build(data)
        with steps.step("lowering"):
            program = lower(model, counted_in(data))
            model.clear()
        with steps.step("optimum, ties and prices"):
            best = find_best(part, data, program)
        assert isinstance(best, Best)
        with steps.step("tables"):
            tables = make_tables(Answer(part, calendar, data, program, best.solution, best.intervals)).frames()
            costs = cost_lines(program, best.solution)
        with steps.step("recheck"):
            recheck(part, calendar, tables, costs, sum(costs.values()))
    return steps.seconds | {"of which HiGHS runs": SPENT.seconds - waited}


def main() -> None:
    """Measure some parts of one size, and write the table."""
    parser = argparse.ArgumentParser(description="Measure the steps of one part.")
    parser.add_argument("--size", choices=SIZES, default="L")
    parser.add_argument("--parts", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(write(scenario(make(*SIZES[given.size])), Path(folder)), root=folder)
    parts = split(loaded.scenario, loaded.calendar)
    of_part(parts[0], loaded.calendar)  # what is imported late is imported now
    found = [of_part(part, loaded.calendar) for part in parts[-given.parts :]]
    medians = {name: statistics.median(one[name] for one in found) for name in found[0]}
    rows = [f"| {name} | {1e3 * seconds:.0f} | {seconds / medians['all']:.0%} |" for name, seconds in medians.items()]
    title = f"One part of size {given.size}, median of {len(found)}:"
    text = "\n".join([title, "", "| step | CPU, ms | share |", "| --- | --: | --: |", *rows])
    print(text)
    replaced(RESULTS, BEGIN, END, text)


if __name__ == "__main__":
    main()
