"""What events cost, the cutoff above all: the scenario solved again without them, and with a month less of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.errors import InputError
from planner.explain.case import Case, Filter, Statement, amount, percent, proof
from planner.program import make_program
from planner.scenario.changes import changed
from planner.scenario.dates import add_months
from planner.scenario.schema import Event
from planner.solver.certificate import proven
from planner.solver.highs import NoSolution
from planner.words import Path


def tell_events(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Statements on each event, and on all of them together."""
    if not wanted.is_open:
        return
    found = case.scenario.events
    if len(found) > 1:
        said = _without(case, "all events", "all events together", {("events",): {}})
        if said is not None:
            yield said
    for key, event in found.items():
        said = _without(case, key, key, {("events", key): None})
        if said is not None:
            yield said
        if any(getattr(event, effect) is not None for effect in CLOSING):
            yield from _months(case, key, event)


CLOSING = ("spot", "contracts", "capacity", "commitments", "draw")
"""Effects that close something; of these it is asked what a month less is worth."""


def cost_with(case: Case, changes: Mapping[Path, Any]) -> float | None:
    """Least cost of the changed scenario; None where it has no plan."""
    try:
        _, program = make_program(changed(case.loaded, changes))
    except InputError:
        return None
    outcome = proven(program)
    return None if isinstance(outcome, NoSolution) else float(program.cost @ outcome.x) + program.offset


def _without(case: Case, about: str, name: str, changes: Mapping[Path, Any]) -> Statement | None:
    cost = cost_with(case, changes)
    if cost is None:
        return None
    loss = case.cost - cost
    if not case.matters(loss):
        text = f"{name}: changes nothing that costs money"
    else:
        share = f" ({percent(abs(loss / cost))} of the cost without)" if cost else ""
        text = f"{name}: {'costs' if loss > 0 else 'saves'} {amount(abs(loss))} {case.currency} in all, in present value{share}"
    return Statement(
        "events", about, text, value=loss, unit=f"{case.currency}, present value", present_value=loss, proofs=(proof(changes, cost),), weight=abs(loss)
    )


def _months(case: Case, key: str, event: Event) -> Iterator[Statement]:
    """What a month less of it is worth, at its beginning and at its end."""
    first, last = event.from_ or case.calendar.start, event.until or case.calendar.end
    start, end = max(first, case.calendar.start), min(last, case.calendar.end)
    later, earlier = add_months(start, 1), add_months(end, -1)
    if later >= end or earlier <= start:
        return
    sooner_over = f"{key}: if it ended a month earlier, in {earlier:%Y-%m}," if event.until else f"{key}: if it ended a month before the horizon does,"
    for path, day, text in (("from", later, f"{key}: if it began a month later, in {later:%Y-%m},"), ("until", earlier, sooner_over)):
        changes: dict[Path, Any] = {("events", key, path): day.isoformat()}
        cost = cost_with(case, changes)
        if cost is None:
            continue
        gain = case.cost - cost
        if not case.matters(gain):
            words = f"{text} nothing would be saved"
        else:
            words = f"{text} {amount(abs(gain))} {case.currency} would be {'saved' if gain > 0 else 'added'} (present value)"
        unit = f"{case.currency}, present value"
        yield Statement("events", key, words, value=gain, unit=unit, present_value=gain, proofs=(proof(changes, cost),))
