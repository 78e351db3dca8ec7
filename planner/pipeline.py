"""From a scenario to a checked plan: compile, build, lower, solve, certify, recheck, tabulate."""

from __future__ import annotations

import gc
import logging
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sourcing_lp
from planner.checks import warnings_of
from planner.compile import compile_scenario
from planner.errors import CheckError, Conflict, NoPlanError
from planner.plan import FORMAT, Plan, Record
from planner.results.figures import key_figures
from planner.results.tables import Answer, Tables, make_tables
from planner.scenario.load import Loaded, load
from planner.solver.certificate import Certificate, certify
from planner.solver.highs import NoSolution, Solution, solve, write_model
from planner.solver.lower import Key, LinearProgram, lower, name_of
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
        loaded = source if isinstance(source, Loaded) else load(source, sets, root)
    with clock.stage("build"):
        data, program = make_program(loaded)
    for path in (lp, mps):
        if path is not None:
            write_model(program, path)
    with clock.stage("solve"):
        outcome = solve(program, time_limit, clock.waiting, lambda solution: certify(program, solution).passed)
    warnings = [str(problem) for problem in (*loaded.sources.warnings, *warnings_of(loaded))]
    if isinstance(outcome, NoSolution):
        error = _no_plan(program, outcome)
        error.warnings = warnings
        raise error
    with clock.stage("check"):
        solved = _checked(loaded, data, program, outcome)
    record = _record(solved, warnings, clock.seconds, {"set": sets, "options": {**outcome.options, "time_limit": time_limit}})
    return Plan(loaded.name, record, loaded.resolved, solved.tables)


@dataclass(frozen=True)
class _Solved:
    """An answer that has passed its checks."""

    loaded: Loaded
    answer: Answer
    tables: Tables
    costs: dict[str, float]
    certificate: Certificate
    checks: list[Check]


def _checked(loaded: Loaded, data: SourcingData, program: LinearProgram, solution: Solution) -> _Solved:
    """Prove the optimum from the arrays, recompute the plan from the scenario, and refuse what fails either."""
    certificate = certify(program, solution)
    answer = Answer(loaded.scenario, loaded.calendar, data, program, solution)
    tables = make_tables(answer)
    costs = cost_lines(program, solution)
    checks = recheck(loaded.scenario, loaded.calendar, tables, costs, sum(costs.values()))
    _must_pass(certificate, checks)
    return _Solved(loaded, answer, tables, costs, certificate, checks)


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
        "figures": key_figures(solved.answer, solved.tables),
        "warnings": warnings,
        "inputs": loaded.sources.files,
        "resolved_sha256": loaded.digest,
        **settings,
        "size": {"rows": program.shape[0], "columns": program.shape[1], "nonzeros": len(program.value)},
        "checks": {"certificate": solved.certificate.as_dict(), "rules": [asdict(check) for check in solved.checks]},
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


def _no_plan(program: LinearProgram, outcome: NoSolution) -> NoPlanError:
    if outcome.status == "unbounded":
        names = [name_of(program.columns[column]) for column in outcome.columns[:6]]
        text = "the scenario is unbounded: some price makes money from nothing"
        return NoPlanError("unbounded", text, [Conflict("money from nothing", "amounts that can grow without end", tuple(names))])
    groups: dict[str, list[Key]] = {}
    for row in outcome.rows:
        groups.setdefault(program.rows[row][0], []).append(program.rows[row])
    conflicts = [Conflict(rule, RULES[rule], tuple(name_of(key) for key in keys)) for rule, keys in groups.items()]
    return NoPlanError("infeasible", "the scenario is infeasible: no plan can keep all of its rules", conflicts)


RULES = {
    "material_balance": "what arrives or is made must be used, stored or disposed of",
    "demand_balance": "demand must be served or short (and short only where 'shortage' allows it)",
    "supplier_capacity": "suppliers ship within their capacity",
    "spot_gate": "events close purchases outside contracts",
    "tier_limit": "cheap tonnes are limited",
    "contract_volume": "lifts stay within the signed and honoured volume",
    "take_or_pay": "contract minima are lifted or paid for",
    "sign_once": "a contract is signed once",
    "sign_gate": "events close new contracts",
    "capacity_ramp": "capacity follows the ramp of commitments",
    "project_size": "commitments stay within the project's size",
    "commitment_gate": "events close commitments",
    "stock_balance": "stock carries over",
    "stock_capacity": "stock fits into the store (stockpiles.*.capacity)",
    "stock_floor": "stock stays above the floor (stockpiles.*.floor)",
    "draw_rate": "draws stay within max_draw and release (stockpiles.*)",
    "fill_rate": "fills stay within max_fill (stockpiles.*)",
    "final_stock": "the end needs final.min (stockpiles.*)",
    "process_capacity": "processes run within their capacity",
    "route_capacity": "routes carry what they can",
    "substitute_limit": "substitutes do part of the job only",
    "shortage_tier": "shortage tiers are limited",
    "min_service": "demands.*.min_service must be served",
    "max_share": "policies of kind max_share",
    "budget": "policies of kind budget",
    "max_emissions": "policies of kind max_emissions",
    "stock_limit": "policies of kind stock_limit",
    "min_cover": "policies of kind min_cover",
    "service_level": "policies of kind min_service",
}
"""Each constraint of the model in the scenario's words."""


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
