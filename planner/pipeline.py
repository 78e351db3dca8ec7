"""From a scenario to a checked plan: compile, build, lower, solve, certify, recheck, tabulate."""

from __future__ import annotations

import gc
import logging
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sourcing_lp
from planner.checks import warnings_of
from planner.compile import compile_scenario
from planner.errors import CheckError, Relaxation
from planner.negotiate import refusal, relaxed
from planner.optimum import Best, find_best
from planner.plan import FORMAT, Plan, Record
from planner.results.ending import end_warnings
from planner.results.figures import key_figures
from planner.results.inputs import INPUTS, input_table
from planner.results.tables import Answer, Tables, make_tables
from planner.scenario.changes import with_relaxed, without_relaxed
from planner.scenario.load import Loaded, load
from planner.solver.certificate import Certificate
from planner.solver.engine import Option
from planner.solver.highs import NoSolution, Solution, write_model
from planner.solver.lower import LinearProgram, lower
from planner.verify.recheck import Check, recheck
from sourcing_lp.data import SourcingData
from sourcing_lp.units import counted_in

Progress = Callable[[str, float], None]


def make_program(loaded: Loaded) -> tuple[SourcingData, LinearProgram]:
    """Compile a scenario, build its model and lower it to arrays."""
    data = compile_scenario(loaded.scenario, loaded.calendar)
    # Pyomo logs to stdout, which belongs to --json
    logging.getLogger("pyomo").setLevel(logging.CRITICAL)
    with _collector_paused():
        return data, lower(sourcing_lp.build(data), counted_in(data))


def solve_scenario(
    source: str | Path | Loaded,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    time_limit: float | None = None,
    lp: Path | None = None,
    mps: Path | None = None,
    progress: Progress | None = None,
    tie_break: bool = True,
    relax: bool = False,
    options: Mapping[str, Option] | None = None,
) -> Plan:
    """Find the cheapest plan and check it.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        time_limit: Seconds for the solver.
        lp: Write the model there in LP format, with readable names.
        mps: Write the model there in MPS format.
        progress: Called with the stage and the seconds it has taken so far.
        tie_break: Choose among plans of equal cost, so that the plan depends on the scenario only.
        relax: Where the scenario is infeasible, solve it under the cheapest relaxation of its rules; the plan says so.
        options: HiGHS options of the first way to solve.

    Returns:
        A plan that has passed its checks.

    Raises:
        InputError: for a bad scenario.
        NoPlanError: if it is infeasible or unbounded.
        LimitError: if the time limit was reached.
        CheckError: if the answer failed its check.
    """
    clock = _Stopwatch(progress)
    sets = list(sets)
    with clock.stage("read"):
        loaded = without_relaxed(source if isinstance(source, Loaded) else load(source, sets, root))
    with clock.stage("build"):
        data, program = make_program(loaded)
    for path in (lp, mps):
        if path is not None:
            write_model(program, path)
    deadline = None if time_limit is None else time.monotonic() + time_limit
    with clock.stage("solve"):
        outcome = find_best(loaded.scenario, data, program, tie_break=tie_break, time_limit=time_limit, waiting=clock.waiting, options=options)
    warnings = [str(problem) for problem in (*loaded.sources.warnings, *warnings_of(loaded))]
    if isinstance(outcome, NoSolution):
        with clock.stage("negotiate"):
            error, settlement = refusal(loaded, data, program, outcome, deadline)
        error.warnings = warnings
        if not relax or not settlement.changes:
            raise error
        eased = relaxed(loaded, settlement)
        left = None if deadline is None else deadline - time.monotonic()
        return _marked(solve_scenario(eased, time_limit=left, progress=progress, tie_break=tie_break, options=options), eased, error.relaxations, sets)
    with clock.stage("check"):
        solved = _checked(loaded, data, program, outcome)
    warnings += [str(problem) for problem in end_warnings(loaded, solved.tables)]
    record = _record(solved, warnings, clock.seconds, {"set": sets, **_manner(outcome, time_limit)})
    return Plan(loaded.name, record, loaded.resolved, solved.tables)


def _marked(plan: Plan, eased: Loaded, relaxations: list[Relaxation], sets: list[str]) -> Plan:
    """The plan of a relaxed scenario, which says so: the record, and the scenario itself, so that nobody takes it for the scenario as it was."""
    marked = with_relaxed(eased, [relaxation.path for relaxation in relaxations])
    plan.record.update(status="relaxed", set=sets, relaxations=[asdict(relaxation) for relaxation in relaxations], resolved_sha256=marked.digest)
    return replace(plan, resolved=marked.resolved, tables={**plan.tables, INPUTS: input_table(marked)})


def _manner(best: Best, time_limit: float | None) -> Record:
    """How the optimum was found: options, ways tried, and how ties were broken."""
    return {
        "options": {**best.solution.options, "time_limit": time_limit},
        "attempts": [{"options": dict(attempt.options), "status": attempt.status, "accepted": attempt.accepted} for attempt in best.solution.attempts],
        "tie_break": best.stages,
    }


@dataclass(frozen=True)
class _Solved:
    """An answer that has passed its checks."""

    loaded: Loaded
    answer: Answer
    tables: Tables
    costs: dict[str, float]
    best: Best
    checks: list[Check]


def _checked(loaded: Loaded, data: SourcingData, program: LinearProgram, best: Best) -> _Solved:
    """Prove the optimum from the arrays, recompute the plan from the scenario, and refuse what fails either."""
    answer = Answer(loaded.scenario, loaded.calendar, data, program, best.solution, best.intervals)
    tables = {**make_tables(answer), INPUTS: input_table(loaded)}
    costs = cost_lines(program, best.solution)
    checks = recheck(loaded.scenario, loaded.calendar, tables, costs, sum(costs.values()))
    _must_pass(best.certificate, checks)
    return _Solved(loaded, answer, tables, costs, best, checks)


def _record(solved: _Solved, warnings: list[str], seconds: dict[str, float], settings: Record) -> Record:
    """What ``plan.json`` says of a plan."""
    loaded, program = solved.loaded, solved.answer.program
    return {
        "format": FORMAT,
        "status": "optimal",
        "scenario": loaded.name,
        "title": loaded.scenario.title,
        "currency": loaded.scenario.money.currency,
        "discount_rate": loaded.scenario.money.discount_rate,
        "total_cost": sum(solved.costs.values()),
        "costs": solved.costs,
        "tables": sorted(solved.tables),
        "figures": key_figures(loaded.scenario, loaded.calendar, solved.tables),
        "warnings": warnings,
        "inputs": loaded.sources.files,
        "resolved_sha256": loaded.digest,
        **settings,
        "size": {"rows": program.shape[0], "columns": program.shape[1], "nonzeros": len(program.value)},
        "checks": {"certificate": solved.best.certificate.as_dict(), "rules": [asdict(check) for check in solved.checks]},
        "versions": versions(),
        "seconds": seconds,
    }


def cost_lines(program: LinearProgram, solution: Solution) -> dict[str, float]:
    """Discounted money by cost line; credits are negative, so that the lines sum to the objective."""
    return {
        name.removeprefix("cost_"): constant + sum(coefficient * float(solution.x[column]) for column, coefficient in terms.items())
        for name, (constant, terms) in program.lines.items()
    }


def versions() -> dict[str, str]:
    """Versions of what made a plan."""
    found = {"python": platform.python_version()}
    for name in ("stopgap", "highspy", "pyomo", "pandas", "numpy", "pydantic", "pyarrow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _must_pass(certificate: Certificate, checks: list[Check]) -> None:
    failed = [f"{check.rule}: off by {check.absolute:.6g} ({check.relative:.1e} of its size) at {check.where}" for check in checks if not check.passed]
    if not certificate.passed:
        failed.insert(0, f"certificate: primal {certificate.primal:.1e}, dual {certificate.dual:.1e}, gap {certificate.gap:.1e}")
    if failed:
        raise CheckError("the answer failed its check and was not written:\n  " + "\n  ".join(failed))


class _Stopwatch:
    """Seconds by stage, passed on to whoever shows progress."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}
        self.current = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        self.current = name
        self.waiting(0.0)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 4)

    def waiting(self, seconds: float) -> None:
        """Pass on how long the current stage has taken."""
        if self.progress is not None:
            self.progress(self.current, seconds)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: building makes many objects that all stay, and walking them again and again is wasted."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
