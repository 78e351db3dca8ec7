"""Time to survive and time to recover, after Simchi-Levi and others: how long everything is served when somebody fails, and what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from planner.errors import InputError, UnitError
from planner.findings import Findings
from planner.inquiry import inquire
from planner.runway.asking import Asker
from planner.runway.cuts import chosen, cuts_of, pairs_of
from planner.runway.grid import later, with_edges
from planner.runway.levers import quicker
from planner.runway.telling import tell
from planner.runway.unserved import Case
from planner.scenario.dates import parse_date
from planner.scenario.load import Loaded
from planner.scenario.parts import smallest_parts
from planner.scenario.units import Kind, Money, convert
from planner.stopwatch import Count, untold

__all__ = ["RECOVER", "runway"]

RECOVER = "6 months"
"""How long somebody is out where nothing else is said."""


def runway(
    source: str | Path | Loaded,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    start: str | None = None,
    recover: str = RECOVER,
    only: str | None = None,
    pairs: bool = False,
    levers: bool = True,
    workers: int | None = None,
    progress: Count = untold,
) -> Findings:
    """Find how long every demand is served in full when a supplier, a country, a stockpile, a contract, a process or a route fails.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        start: Date from which it gives nothing; default the horizon's start.
        recover: How long it is out where the loss is counted, such as ``6 months``.
        only: What may fail, such as ``suppliers.lynas_dy,countries.CN`` or ``contracts``; default everything.
        pairs: Whether every two of the countries fail together as well.
        levers: Whether to ask what would make the time longer.
        workers: Processes; what is found is the same for any number. Default one a core.
        progress: Told what is being done, how much of it is done, and how much there is.

    Returns:
        Days until somebody runs short, who and why; money lost until recovery; days that levers give.

    Raises:
        InputError: for a bad scenario, date, duration or name.
        CheckError: if it cannot be proven whether a demand is served.
    """
    inquiry = inquire(source, sets, root)
    loaded = inquiry.loaded
    first, recovered = _dates(loaded, start, recover)
    cuts = chosen(cuts_of(loaded.scenario), only)
    cases = _cases(loaded, first, recovered)
    asker = Asker(cases, levers, workers, progress)
    asked = [asker.as_it_is()]
    # countries come last: what is known of their suppliers bounds them
    for kind in ("contract", "stockpile", "process", "route", "supplier", "country"):
        asked += asker.ask([cut for cut in cuts if cut.kind == kind], "failures")
    if pairs:
        asked += asker.ask(list(pairs_of([cut for cut in cuts if cut.kind == "country"])), "pairs of countries", levers=False)
    record = inquiry.record(start=first.isoformat(), recover=recover, recovered=recovered.isoformat(), only=only, parts=len(cases))
    return tell(loaded.scenario, cases, asked, record)


def _dates(loaded: Loaded, start: str | None, recover: str) -> tuple[dt.date, dt.date]:
    """First day of the failure, and first day after it where it has an end.

    Raises:
        InputError: saying what is wrong.
    """
    calendar = loaded.calendar
    try:
        first = calendar.start if start is None else parse_date(start)
    except ValueError as error:
        raise InputError(f"--from {error}") from None
    if not calendar.start <= first < calendar.end:
        raise InputError(f"--from {first}: lies outside the horizon; choose a day from {calendar.start} until before {calendar.end}")
    if recover.strip().replace(".", "", 1).isdecimal():
        raise InputError(f"--recover {recover}: has no unit; write for instance {recover.strip()} months")
    try:
        years = convert(recover, Kind.DURATION, Money(loaded.scenario.money.currency, dict(loaded.scenario.money.rates)), None)
    except UnitError as error:
        raise InputError(f"--recover {error}; {error.hint or 'write for instance 6 months'}") from None
    if not 0 < years <= 1000:
        raise InputError(f"--recover {recover}: must be longer than 0 and no longer than 1000 years; write for instance 6 months")
    return first, min(max(later(first, years), first + dt.timedelta(days=1)), calendar.end)


def _cases(loaded: Loaded, first: dt.date, recovered: dt.date) -> list[Case]:
    """The parts in which something is wanted, each on a grid with an edge where the failure begins and ends."""
    calendar = with_edges(loaded.calendar, (first, recovered))
    parts = [part for part in smallest_parts(loaded.scenario) if part.demands]
    if not parts:
        raise InputError(f"{loaded.name}: has no demand that could be served or run short; add one")
    key = f"{loaded.digest} {first} {recovered}"
    return [Case(f"{key} {number}", part, quicker(part), calendar, first, recovered) for number, part in enumerate(parts)]
