"""Where every number of the scenario comes from: value, source or assumption, confidence, and the place that sets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.report.case import Case, Tree

NOTES = ("source", "assumption", "confidence", "note")
TEXT = 120
"""Characters of a value; longer ones are cut."""


def sources_tree(case: Case) -> Tree:
    """One row per key of the resolved scenario.

    Returns:
        ``texts``, each said once, and ``rows``: path, value, then the positions of place, source, assumption, confidence and note in the
        texts; position 0 is the empty text.
    """
    texts: dict[str, int] = {"": 0}
    rows = []
    for path, value, place, *notes in _table(case) if "inputs" in case.plan.tables else _walk(case.loaded.sources.tree.plain()):
        cut = value if len(value) <= TEXT else f"{value[:TEXT]} …"
        rows.append([path, cut, *(texts.setdefault(text, len(texts)) for text in (place, *notes))])
    return {"texts": list(texts), "rows": rows}


Row = tuple[str, ...]


def _table(case: Case) -> Iterator[Row]:
    """Rows of the plan's own table of inputs."""
    for row in case.rows("inputs"):
        if row["path"] in ("version", "title") or row["path"].endswith(".label"):
            continue
        place = f"{row['file']}:{row['line']}" if row["file"] else ""
        yield str(row["path"]), str(row["value"]), place, *(str(row[name]) for name in NOTES)


def _walk(tree: Mapping[str, Any]) -> Iterator[Row]:
    """Rows of a plan without that table: from its scenario alone, so without places."""
    for key, value in tree.items():
        if key not in ("version", "title", *NOTES):
            yield from _below((key,), value, [tree], [key])


def _below(path: tuple[str, ...], value: Any, owners: list[Mapping[str, Any]], keys: list[str]) -> Iterator[Row]:
    """Leaves under a path; what an object says of a key holds for all that lies below that key."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in NOTES or not isinstance(item, (str, Mapping)):
                yield from _below((*path, str(key)), item, [*owners, value], [*keys, str(key)])
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        for position, item in enumerate(value):
            yield from _below((*path, str(position)), item, owners, keys)
    elif path[-1] != "label":
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield ".".join(path), text, "", *(_said(name, owners, keys) for name in NOTES)


def _said(name: str, owners: list[Mapping[str, Any]], keys: list[str]) -> str:
    """What the nearest object says of the key; a text holds for all of its keys."""
    for owner, key in zip(reversed(owners), reversed(keys), strict=True):
        notes = owner.get(name)
        if isinstance(notes, str):
            return notes
        if isinstance(notes, Mapping) and key in notes:
            return str(notes[key])
    return ""
