"""The scenario as sheets: one a kind of entity, one row an id, one column a key; its other keys, and what every key means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.exchange.cells import Cell, cell_of, flow
from planner.scenario.fields import ANNOTATIONS
from planner.scenario.load import keys_at, meanings_at
from planner.scenario.overlay import ENTITY_MAPS
from planner.scenario.tables import MAX_COLUMNS
from planner.sheets import LONGEST_TEXT, Sheet

KEYS, SHIPMENTS, LEGEND = "scenario", "in_transit", "legend"
KINDS = (*ENTITY_MAPS, SHIPMENTS)
SHEETS = (KEYS, *KINDS)
"""Sheets that a scenario is read from."""
FIRST = ("label", "kind")
LAST = ("source", "assumption", "confidence", "note")
HELP = (
    "Change cells, add or delete rows, add columns for keys listed below; then: plan import BOOK.xlsx",
    "A number stands in the default unit: the material's own, per year for rates, per unit for prices, years for durations. 65 % and 0.65 are the same.",
    "Any other unit is written as text: 450 t/yr, 250 USD/kg, 18 months. A date is 2026, 2026-01 or 2026-01-31, as text or as a date.",
    "Over time: {2026-01: 100 t/yr, 2028-07: 250 t/yr} holds each value from its date on; {start: 100 t/yr, growth: 3 %} grows every year.",
    "Lists and maps are written as in a scenario file: [japan, us], {magnet_scrap: 1, dy_oxide: 0.03}, [{share: 10 %, cost: 2000}, {cost: 25000}].",
    "A column such as ramp.delay is a key inside another one; a column ramp may stand beside it for rows that say it in one word: 3 years.",
    'An empty cell means that the key is absent. A text that would be read as something else stands in double quotes: "007", "[draft]".',
    "Rows are read in their order. Sheets plan, plan_…, legend and those whose name begins with _ are not read.",
)
Path = tuple[str, ...]
Plain = Mapping[str, Any]


@dataclass(frozen=True)
class _Row:
    """One entity, or one shipment, which has no id."""

    key: str
    values: Plain


def scenario_sheets(scenario: Plain) -> list[Sheet]:
    """Sheets that hold a scenario as :func:`planner.exchange.read_book` reads it.

    Args:
        scenario: The resolved scenario as plain data (``Loaded.sources.tree.plain()``).

    Returns:
        Its keys without entities, a sheet of each kind of entity (a header alone where there is none), and the legend.

    Raises:
        InputError: for values that no cell can hold.
    """
    return [_keys_sheet(scenario), *(_entity_sheet(kind, scenario.get(kind)) for kind in KINDS), _legend()]


def _entity_sheet(kind: str, entries: Any) -> Sheet:
    named = kind != SHIPMENTS
    pairs = entries.items() if isinstance(entries, Mapping) else enumerate(entries or ())
    rows = [_Row(str(key), values) for key, values in pairs]
    columns: dict[str, list[Cell | None]] = {"id": [cell_of(row.key, f"{kind}.{row.key}") for row in rows]} if named else {}
    for path, values in _columns(kind, rows):
        columns[".".join(path)] = values
    if not rows:
        columns |= {name: [] for name in sorted(keys_at((kind, "0")), key=_rank)}
    return Sheet(kind, pd.DataFrame(columns, dtype=object), frozen=int(named))


def _columns(kind: str, rows: Sequence[_Row]) -> Iterator[tuple[Path, list[Cell | None]]]:
    """(key, its cell in every row) of a sheet, in the order of the language."""
    known = {name: position for position, name in enumerate(keys_at((kind, "0")))}
    found = sorted({name for row in rows for name in row.values}, key=lambda name: (*_rank(name), known.get(name, len(known))))
    for name in found:
        yield from _column(kind, rows, (name,), [row.values.get(name) for row in rows])


def _column(kind: str, rows: Sequence[_Row], path: Path, values: list[Any]) -> Iterator[tuple[Path, list[Cell | None]]]:
    """A key as one column, or as one for each key inside it."""
    given = [value for value in values if value is not None]
    if all(isinstance(value, Mapping) and value for value in given) and _splits(kind, path, given):
        for name in dict.fromkeys(name for value in given for name in value):
            inner = [value.get(name) if isinstance(value, Mapping) else None for value in values]
            yield from _column(kind, rows, (*path, name), inner)
        return
    places = [".".join((kind, row.key, *path)) for row in rows]
    yield path, [None if value is None else cell_of(value, place) for value, place in zip(values, places, strict=True)]


def _splits(kind: str, path: Path, given: Sequence[Plain]) -> bool:
    """Whether maps are better read in columns of their own: their keys are words of the language, or no cell could hold them."""
    inner = {name for value in given for name in value}
    if any(not name or "." in name or name != name.strip() for name in inner) or any(item is None for value in given for item in value.values()):
        return False
    if path[-1] not in ANNOTATIONS and inner <= set(keys_at((kind, "0", *path))):
        return True
    return len(inner) < MAX_COLUMNS // 2 and any(len(flow(value)) > LONGEST_TEXT for value in given)


def _rank(name: str) -> tuple[int, int]:
    """Names first, annotations last."""
    if name in FIRST:
        return 0, FIRST.index(name)
    return (2, LAST.index(name)) if name in LAST else (1, 0)


def _keys_sheet(scenario: Plain) -> Sheet:
    """The keys that are no entities, a row each; those that are absent stand there with nothing, to be filled in."""
    rows: list[tuple[str, Cell | None, str]] = []
    for name, meaning in sorted(meanings_at(()).items(), key=lambda item: _rank(item[0]) if item[0] in LAST else (0, 0)):
        if name in KINDS:
            continue
        value, inner = scenario.get(name), meanings_at((name,))
        if not inner or (value is not None and not (isinstance(value, Mapping) and value and set(value) <= set(inner))):
            rows.append((name, None if value is None else cell_of(value, name), meaning))
            continue
        for key, text in sorted(inner.items(), key=lambda item: _rank(item[0])):
            if key not in ANNOTATIONS or (value and key in value):
                item = value.get(key) if value else None
                rows.append((f"{name}.{key}", None if item is None else cell_of(item, f"{name}.{key}"), text))
    return Sheet(KEYS, pd.DataFrame(rows, columns=["key", "value", "meaning"], dtype=object), frozen=1)


def _legend() -> Sheet:
    """What may stand in the sheets."""
    rows = [(kind, name, meaning) for kind in KINDS for name, meaning in _legend_of(kind)]
    frame = pd.DataFrame(rows, columns=["sheet", "key", "meaning"], dtype=object)
    return Sheet(LEGEND, frame, title="How the sheets of the scenario are written", notes=HELP, widest=110)


def _legend_of(kind: str) -> Iterator[tuple[str, str]]:
    meanings = meanings_at((kind, "0"))
    for name in sorted(meanings, key=_rank):
        yield name, meanings[name]
        if name in ANNOTATIONS:
            continue
        for inner, meaning in meanings_at((kind, "0", name)).items():
            if inner not in ANNOTATIONS and name not in ("tiers", "shortage"):
                yield f"{name}.{inner}", meaning
