"""From a scenario to a checked plan: read, answered part by part, and written down with its record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.answer import Answered, Manner, answer
from planner.checks import warnings_of
from planner.errors import NoPlanError, Relaxation
from planner.plan import FORMAT, Plan, Record
from planner.program import make_program
from planner.results.ending import end_warnings
from planner.results.figures import key_figures
from planner.results.inputs import INPUTS, input_table
from planner.scenario.changes import as_own, with_relaxed
from planner.scenario.load import Loaded
from planner.scenario.parts import together
from planner.scenario.schema import Scenario
from planner.solver.engine import Option
from planner.solver.highs import Solution, SolverError, solve, write_model
from planner.stopwatch import Progress, Stopwatch
from planner.versions import versions

if TYPE_CHECKING:
    # most scenarios have a plan
    from planner.negotiate import Settlement


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
    workers: int | None = None,
) -> Plan:
    """Find the cheapest plan and check it.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        time_limit: Seconds for building and solving.
        lp: Write the model there in LP format, with readable names.
        mps: Write the model there in MPS format.
        progress: Called with the stage and the seconds it has taken so far.
        tie_break: Choose among plans of equal cost, so that the plan depends on the scenario only.
        relax: Where the scenario is infeasible, solve it under the cheapest relaxation of its rules; the plan says so.
        options: HiGHS options of the first way to solve.
        workers: Processes for parts of the scenario that nothing links; the plan is the same for any number. Default one a core where that pays.

    Returns:
        A plan that has passed its checks.

    Raises:
        InputError: for a bad scenario.
        NoPlanError: if it is infeasible or unbounded.
        LimitError: if the time limit was reached.
        CheckError: if the answer failed its check.
    """
    clock = Stopwatch(progress)
    sets = list(sets)
    with clock.stage("read"):
        loaded = as_own(source, sets, root)
    _write_models(loaded, [path for path in (lp, mps) if path is not None])
    manner = Manner(tie_break, options, None if time_limit is None else time.time() + time_limit)
    with clock.stage("plan"):
        found = answer(loaded.scenario, loaded.calendar, manner, workers, clock.tell)
    warnings = [str(problem) for problem in (*loaded.sources.warnings, *warnings_of(loaded))]
    if isinstance(found, list):
        with clock.stage("negotiate"):
            error, settlement = _refused(loaded, found, manner)
        error.warnings = warnings
        if not relax or not settlement.changes:
            raise error
        from planner.negotiate import relaxed

        eased = relaxed(loaded, settlement)
        plan = solve_scenario(eased, time_limit=manner.left, progress=progress, tie_break=tie_break, options=options, workers=workers)
        return _marked(plan, eased, error.relaxations, sets)
    frames = found.tables.frames()
    warnings += [str(problem) for problem in end_warnings(loaded, frames)]
    figures = key_figures(loaded.scenario, loaded.calendar, frames)
    record = _record(loaded, found, figures, warnings, clock.seconds, {"set": sets, "time_limit": time_limit})
    return Plan(loaded.name, record, loaded.resolved, {**found.tables.plain(), INPUTS: input_table(loaded)})


def _write_models(loaded: Loaded, paths: list[Path]) -> None:
    """Write the program of a whole scenario."""
    if paths:
        _, program = make_program(loaded)
        for path in paths:
            write_model(program, path)


def _refused(loaded: Loaded, parts: list[Scenario], manner: Manner) -> tuple[NoPlanError, Settlement]:
    """Why the parts without a plan have none, and the cheapest way to one."""
    from planner.negotiate import refusal

    whole = replace(loaded, scenario=together(loaded.scenario, parts))
    data, program = make_program(whole)
    outcome = solve(program, manner.left, options=manner.options)
    if isinstance(outcome, Solution):
        raise SolverError("HiGHS finds a plan for what had none in parts")
    deadline = None if manner.left is None else time.monotonic() + manner.left
    return refusal(whole, data, program, outcome, deadline)


def _marked(plan: Plan, eased: Loaded, relaxations: list[Relaxation], sets: list[str]) -> Plan:
    """The plan of a relaxed scenario, which says so: the record, and the scenario itself, so that nobody takes it for the scenario as it was."""
    marked = with_relaxed(eased, [relaxation.path for relaxation in relaxations])
    plan.record.update(status="relaxed", set=sets, relaxations=[asdict(relaxation) for relaxation in relaxations], resolved_sha256=marked.digest)
    return replace(plan, resolved=marked.resolved, tables={**plan.tables, INPUTS: input_table(marked)})


def _record(loaded: Loaded, found: Answered, figures: Record, warnings: list[str], seconds: dict[str, float], asked: Record) -> Record:
    """What ``plan.json`` says of a plan."""
    return {
        "format": FORMAT,
        "status": "optimal",
        "scenario": loaded.name,
        "title": loaded.scenario.title,
        "currency": loaded.scenario.money.currency,
        "discount_rate": loaded.scenario.money.discount_rate,
        "total_cost": sum(found.costs.values()),
        "costs": found.costs,
        "tables": sorted([*found.tables.tables, INPUTS]),
        "figures": figures,
        "warnings": warnings,
        "inputs": loaded.sources.files,
        "resolved_sha256": loaded.digest,
        "set": asked["set"],
        "options": {**found.options, "time_limit": asked["time_limit"]},
        "attempts": found.attempts,
        "tie_break": found.tie_break,
        "size": {**found.size, "parts": found.parts},
        "checks": {"certificate": found.certificate.as_dict(), "rules": [asdict(check) for check in found.checks]},
        "versions": dict(versions()),
        "seconds": {**seconds, **found.seconds},
    }
