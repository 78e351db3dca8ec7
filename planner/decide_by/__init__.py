"""By when decisions must be taken: how long each project and each contract that is on offer can wait, and what waiting costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from planner.decide_by.asking import Task, ask, delays_of, forget, work
from planner.decide_by.delays import Decision, Delays, decisions_of
from planner.decide_by.telling import Asked, tell
from planner.errors import InputError
from planner.findings import Findings
from planner.inquiry import inquire
from planner.opened import open_all, parts_of
from planner.scenario.load import Loaded
from planner.stopwatch import Count, untold
from planner.workers import chunks, in_parallel, worthwhile

__all__ = ["WITHIN", "decide_by"]

WITHIN = 0.01
"""Extra cost that is accepted unless something else is asked, as a share of the least cost."""
WORTH_WORKERS = 500_000
"""Decisions times coefficients of their parts, below which one process is done sooner than another has started."""
CHUNK = 4
"""Decisions that a process takes at once."""


def decide_by(
    source: str | Path | Loaded,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    within: float = WITHIN,
    workers: int | None = None,
    progress: Count = untold,
) -> Findings:
    """By when each open decision must be taken, and what each month of delay costs, with all else planned anew.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        within: Extra cost that is accepted, as a share of the least cost.
        workers: Processes; default one a core where that pays.
        progress: Told how many decisions have been looked at.

    Returns:
        Tables ``decisions`` (one row a project or contract, and one for all together) and ``delays`` (every delay that was looked at);
        money discounted, in the scenario's currency.

    Raises:
        InputError: for a bad scenario, one without open decisions, or a share that is none.
        NoPlanError: if there is no plan.
        CheckError: if the cheapest plan could not be proven.
    """
    if not math.isfinite(within) or within < 0:
        raise InputError(f"--within {within:g}: is no share of the cost; write for instance 0.02")
    inquiry = inquire(source, sets, root)
    _must_be_open(inquiry.loaded)
    try:
        asked = _asked(inquiry.loaded, within, workers, progress)
    finally:
        forget()
    return tell(inquiry.loaded, asked, inquiry.record(total_cost=asked.cost, within=within))


def _must_be_open(loaded: Loaded) -> None:
    scenario = loaded.scenario
    open_ones = [project.decide for project in scenario.projects.values()] + [contract.sign for contract in scenario.contracts.values()]
    if not any(open_ones):
        raise InputError(f"{loaded.name}: nothing is open to decide; give a project 'decide: {{earliest: …, latest: …}}', or a contract 'sign: {{…}}'")


def _asked(loaded: Loaded, within: float, workers: int | None, progress: Count) -> Asked:
    text = loaded.resolved
    waiting: list[tuple[Delays, list[Decision]]] = []
    count = len(parts_of(text)[1])
    for place, part in enumerate(open_all(loaded)):
        progress("find the cheapest plan, part", place + 1, count)
        waiting.append((delays_of(text, place), decisions_of(part)))
    cost = sum(delays.part.cost for delays, _ in waiting)
    allowed = within * abs(cost)
    tasks = [Task(text, place, chunk, allowed) for place, (_, mine) in enumerate(waiting) for chunk in chunks(mine, CHUNK)]
    effort = sum(len(mine) * len(delays.part.program.value) for delays, mine in waiting)
    found = in_parallel(work, tasks, worthwhile(workers, effort, WORTH_WORKERS), lambda done: progress("look at decisions, group", done, len(tasks)))
    answers = [answer for mine in found for answer in mine]
    progress("look at all decisions together", 0, 0)
    together = ask([(delays, mine) for delays, mine in waiting if mine], None, allowed) if len(answers) > 1 else None
    return Asked(cost, within, answers, together, loaded.calendar, {n: units for delays, _ in waiting for n, units in delays.wanted.items()})
