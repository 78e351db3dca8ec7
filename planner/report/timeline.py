"""What happens when: events, contracts, commitments and releases, for a chart with bars."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator

from planner.compile.projects import ramp_of
from planner.report.case import Case, Tree, amount, short
from planner.report.countries import country
from planner.scenario.dates import add_months
from planner.scenario.schema import Contract, Event, Project


def timeline_tree(case: Case) -> list[Tree]:
    """Rows in order of group and date.

    Returns:
        Per row ``group``, ``label``, ``id``, ``materials`` (None: all), ``parties``, ``text`` and ``bars`` as [from, until, kind, words];
        dates are cut to the horizon. Kinds: ``event``, ``cut``, ``contract``, ``ended``, ``building``, ``ramping``, ``running``, ``release``.
    """
    rows = [*_events(case), *_commitments(case), *_contracts(case), *_releases(case)]
    return [row for row in rows if row["bars"]]


Bar = tuple[dt.date, dt.date, str, str]
"""(from, until, kind, words)."""


def _cut(case: Case, bars: list[Bar]) -> list[list[str]]:
    """Bars inside the horizon."""
    first, last = case.calendar.start, case.calendar.end
    cut = [(max(start, first), min(end, last), kind, words) for start, end, kind, words in bars]
    return [[start.isoformat(), end.isoformat(), kind, words] for start, end, kind, words in cut if end > start]


def _row(case: Case, names: tuple[str, str, str], materials: list[str] | None, parties: list[str] | None, text: str, bars: list[Bar]) -> Tree:
    """One row; ``names`` are its group, the kind of its entity and its id."""
    group, plural, key = names
    common = {"group": group, "id": key, "label": case.label(plural, key), "materials": materials, "parties": parties, "text": text}
    return {**common, "bars": _cut(case, bars)}


EFFECTS = {"spot": "spot sales", "contracts": "contracts", "capacity": "capacity", "commitments": "new commitments", "draw": "stock draws"}


def effect_words(event: Event) -> str:
    """What an event does, in words."""
    words = [f"{word} {100 * share:g} %" for name, word in EFFECTS.items() if (share := getattr(event, name)) is not None]
    words += [f"{name} × {factor:g}" for name in ("price", "demand") if (factor := getattr(event, name)) is not None]
    words += [f"tariff {100 * event.tariff:+g} %"] if event.tariff is not None else []
    words += [f"lead time +{12 * event.lead_time:.2g} months"] if event.lead_time is not None else []
    whom = [country(code) for code in dict.fromkeys([*(event.match.origin or ()), *(event.match.country or ())])]
    return (f"{', '.join(whom)}: " if whom else "") + ", ".join(words)


def _events(case: Case) -> Iterator[Tree]:
    for key, event in case.scenario.events.items():
        start, end = event.from_ or case.calendar.start, event.until or case.calendar.end
        kind = "cut" if event.cuts else "event"
        materials = list(event.match.materials) if event.match.materials is not None else None
        parties = list(event.match.parties) if event.match.parties is not None else None
        yield _row(case, ("Events", "events", key), materials, parties, effect_words(event), [(start, end, kind, effect_words(event))])


def honoured(case: Case, key: str) -> list[tuple[dt.date, dt.date, float]]:
    """Stretches of a contract and the smallest share of it that events leave."""
    contract = case.scenario.contracts[key]
    start, end = contract.start or case.calendar.start, contract.end or case.calendar.end
    hits = [event for event in case.scenario.events.values() if event.contracts is not None and _hits(case, event, contract)]
    span = [(max(event.from_ or start, start), min(event.until or end, end), float(event.contracts or 0.0)) for event in hits]
    edges = sorted({start, end, *(day for first, last, _ in span if last > first for day in (first, last))})
    stretches = []
    for first, last in itertools.pairwise(edges):
        stretches.append((first, last, min([share for one, two, share in span if one <= first and two >= last], default=1.0)))
    return stretches


def _hits(case: Case, event: Event, contract: Contract) -> bool:
    """Whether all that an event matches by holds for a contract."""
    supplier, match = case.scenario.suppliers[contract.supplier], event.match
    pairs = (
        (match.country, supplier.country), (match.origin, supplier.mined_in), (match.suppliers, contract.supplier),
        (match.materials, supplier.material), (match.parties, contract.party),
    )  # fmt: skip
    return match.processes is None and all(wanted is None or value in wanted for wanted, value in pairs)


def _contracts(case: Case) -> Iterator[Tree]:
    signed = {item["contract"]: item for item in case.figures["signatures"]}
    for key, contract in case.scenario.contracts.items():
        if contract.sign is not None and key not in signed:
            continue
        supplier = case.scenario.suppliers[contract.supplier]
        text = f"{case.label('suppliers', contract.supplier)}, {_quantity(case, contract)}"
        text += f", take or pay {100 * contract.take_or_pay:g} %" if contract.take_or_pay else ""
        if key in signed:
            text += f"; signed {signed[key]['period']} to {100 * signed[key]['share']:.0f} %"
        bars = []
        for first, last, share in honoured(case, key):
            words = text if share == 1 else f"{text}; {100 * share:g} % delivered under events"
            bars.append((first, last, "contract" if share > 0 else "ended", words))
        row = _row(case, ("Contracts", "contracts", key), [supplier.material], [contract.party], text, bars)
        yield row if contract.label else {**row, "label": f"{case.label('suppliers', contract.supplier)}: {key}"}


def _quantity(case: Case, contract: Contract) -> str:
    values = contract.quantity.values
    unit = case.unit(case.scenario.suppliers[contract.supplier].material)
    span = amount(min(values)) if min(values) == max(values) else f"{amount(min(values))} to {amount(max(values))}"
    return f"{span} {unit}/yr"


def _commitments(case: Case) -> Iterator[Tree]:
    decisions: dict[str, list[tuple[dt.date, float, str]]] = {}
    for row in case.rows("commitments"):
        day = dt.date.fromisoformat(row["period"]) if row["status"] == "committed" else case.calendar.named(row["period"]).start
        decisions.setdefault(row["project"], []).append((day, row["value"], row["unit"]))
    order = sorted(decisions, key=lambda key: (case.scenario.projects[key].committed is not None, min(decisions[key])[0]))
    for key in order:
        project = case.scenario.projects[key]
        group = "Committed before" if project.committed is not None else "New commitments"
        materials = _materials(case, project)
        text = "; ".join(f"{day.isoformat()[:7]}: {amount(size)} {unit}" for day, size, unit in sorted(decisions[key]))
        # of many decisions on one project the largest shows how long it takes; the others are in the words
        day = max(sorted(decisions[key]), key=lambda item: item[1])[0]
        row = _row(case, (group, "projects", key), materials, None, text, list(_phases(case, project, day)))
        row["marks"] = [[day.isoformat(), short(size)] for day, size, _ in sorted(decisions[key]) if day >= case.calendar.start]
        yield row


def _phases(case: Case, project: Project, day: dt.date) -> Iterator[Bar]:
    """Building, ramping up, running, after a commitment."""
    ramp = ramp_of(project)
    if not math.isfinite(ramp.begins):
        return
    rising = max((time for (time, share), (_, before) in zip(ramp.points[1:], ramp.points, strict=False) if share > before), default=ramp.begins)
    first, full = _after(day, ramp.begins), _after(day, max(rising, ramp.begins))
    end = _after(day, ramp.ends) if ramp.ends < 150 else case.calendar.end
    yield day, first, "building", f"committed {day.isoformat()[:7]}, first output {first.isoformat()[:7]}"
    yield first, full, "ramping", f"ramping up until {full.isoformat()[:7]}"
    yield full, max(full, end), "running", f"at full capacity from {full.isoformat()[:7]}"


def _after(day: dt.date, years: float) -> dt.date:
    return add_months(day, min(1200, round(12 * years)))


def _materials(case: Case, project: Project) -> list[str]:
    scenario, target = case.scenario, project.adds_to
    if target in scenario.suppliers:
        return [scenario.suppliers[target].material]
    if target in scenario.stockpiles:
        return [scenario.stockpiles[target].material]
    return list(scenario.processes[target].outputs)


def _releases(case: Case) -> Iterator[Tree]:
    for key, pile in case.scenario.stockpiles.items():
        figure = case.figures["stock"].get(key, {})
        if pile.release is not None and (figure.get("initial") or any(figure.get("level", {}).values())):
            words = f"may be drawn from {pile.release.isoformat()}"
            shut = f"closed until {pile.release.isoformat()}"
            bars = [(case.calendar.start, pile.release, "closed", shut), (pile.release, case.calendar.end, "release", words)]
            yield _row(case, ("Stock releases", "stockpiles", key), [pile.material], [pile.party], words, bars)
