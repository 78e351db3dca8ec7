"""What was changed between two scenarios, key by key, and the groups of changes that are switched together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import BaseModel

from planner.comparison.sides import Side
from planner.results.inputs import INPUTS, input_table
from planner.scenario.fields import ANNOTATIONS
from planner.scenario.overlay import ENTITY_MAPS

SILENT = frozenset({"title", "label", *ANNOTATIONS})
"""Keys that no plan depends on."""
MOST_SHAPLEY = 8
"""More groups than this are switched in order: every one more doubles the solves."""
MOST_BY_KEY = 4
"""More groups than this are put together by the entity that they belong to."""
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One key that two scenarios set differently; a place is ``file:line``, empty where the key is absent."""

    path: str
    kind: str
    """``set``, ``added`` or ``removed``."""
    base_value: str | None
    value: str | None
    base_place: str
    place: str


def changes_between(base: Side, side: Side) -> list[Change]:
    """Every key that differs, in the order of the texts; annotations apart."""
    one, other = _by_path(base), _by_path(side)
    order = dict.fromkeys([*one, *other])
    blank = ("", "")
    found = []
    for path in order:
        (here, base_place), (there, place) = one.get(path, blank), other.get(path, blank)
        if path not in other:
            found.append(Change(path, "removed", here, None, base_place, ""))
        elif path not in one:
            found.append(Change(path, "added", None, there, "", place))
        elif here != there:
            found.append(Change(path, "set", here, there, base_place, place))
    return found


def _by_path(side: Side) -> dict[str, tuple[str, str]]:
    """(value with its unit, place) by dotted path."""
    table = side.plan.tables.get(INPUTS)
    if table is None or not {"path", "value", "unit", "file", "line"} <= set(table.columns):
        # a plan of an earlier version: its own text is the only place that is known
        table = input_table(side.loaded)
    return {str(path): (f"{value} {unit}".strip(), f"{file}:{line}") for path, value, unit, file, line in _rows(table)}


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[column].tolist() for column in ("path", "value", "unit", "file", "line")), strict=True)


@dataclass(frozen=True)
class Group:
    """Changes that are switched together."""

    name: str
    paths: tuple[Path, ...]
    """Where the trees are exchanged: everything at and below each path."""
    changes: int


CONTEXT = ("money", "materials", "parties", "horizon")
"""Where these differ, the same text may mean another thing, and another text the same thing only there."""


def groups_of(base: Side, side: Side, changes: Sequence[Change], by_key: bool = True) -> list[Group]:
    """The sets of changes whose effect on the cost is asked for: by key if they are few, else by entity.

    Keys that are only written differently belong to none. What an entity that comes or goes is named by goes with it, as no
    scenario is valid without.
    """
    trees = base.loaded.sources.tree.plain(), side.loaded.sources.tree.plain()
    acting = [change for change in changes if not _is_silent(change.path.split(".")) and change.path not in ENTITY_MAPS]
    if by_key:
        found = _grouped(trees, acting, 3, base, side)
        if len(found) <= MOST_BY_KEY:
            return found
    return _grouped(trees, acting, 2, base, side)


def _is_silent(parts: Sequence[str]) -> bool:
    """Whether a path is that of a title or label; an entity may be called so."""
    return parts[-1] in SILENT and (len(parts) != 2 or parts[0] not in ENTITY_MAPS)


def _grouped(trees: tuple[Any, Any], changes: Iterable[Change], depth: int, base: Side, side: Side) -> list[Group]:
    counts: dict[Path, int] = {}
    one_context = all(trees[0].get(key) == trees[1].get(key) for key in CONTEXT)
    for change in changes:
        path = _root(tuple(change.path.split(".")), trees, depth)
        if not (one_context and _means_the_same(path, base, side)):
            counts[path] = counts.get(path, 0) + 1
    return [Group(_name(paths), paths, sum(counts[path] for path in paths)) for paths in _tied(list(counts), trees)]


def _root(path: Path, trees: tuple[Any, Any], depth: int) -> Path:
    """The path whose whole content is exchanged for a change below it: an entity that comes or goes moves as a whole."""
    if path[0] not in ENTITY_MAPS:
        return path[: 2 if path[0] == "money" else 1]
    for length in range(1, depth):
        if any(_at(tree, path[:length]) is None for tree in trees):
            return path[: max(length, 2)]
    return path[:depth]


def _at(tree: Any, path: Path) -> Any:
    for part in path:
        if not isinstance(tree, Mapping) or part not in tree:
            return None
        tree = tree[part]
    return tree


def _means_the_same(path: Path, base: Side, side: Side) -> bool:
    """Whether two spellings of a value are one, such as ``65 %`` and ``0.65``."""
    one, other = (_meaning(loaded, path) for loaded in (base.loaded.scenario, side.loaded.scenario))
    return one is not None and one == other


def _meaning(scenario: Any, path: Path) -> Any:
    """What a scenario has read at a path, without annotations."""
    for part in path:
        if isinstance(scenario, BaseModel):
            names = {field.alias or name: name for name, field in type(scenario).model_fields.items()}
            scenario = getattr(scenario, names.get(part, part), None)
        elif isinstance(scenario, Mapping):
            scenario = scenario.get(part)
    return _bare(scenario)


def _bare(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _bare(getattr(value, name)) for name in type(value).model_fields if name not in SILENT}
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list | tuple) else value


def _tied(paths: list[Path], trees: tuple[Any, Any]) -> list[tuple[Path, ...]]:
    """Paths that must be switched together: an entity that comes or goes, with all that name it."""
    leader = {path: path for path in paths}

    def find(path: Path) -> Path:
        while leader[path] != path:
            path = leader[path]
        return path

    comes_or_goes = [path for path in paths if len(path) == 2 and any(_at(tree, path) is None for tree in trees)]
    for entity in comes_or_goes:
        for path in paths:
            if path != entity and any(_names(_at(tree, path), entity[1]) for tree in trees):
                leader[find(path)] = find(entity)
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(find(path), []).append(path)
    return [tuple(group) for group in groups.values()]


def _names(value: Any, key: str) -> bool:
    """Whether a key or text of a tree is an id."""
    if isinstance(value, Mapping):
        return any(name == key or _names(item, key) for name, item in value.items())
    return any(_names(item, key) for item in value) if isinstance(value, list) else value == key


def _name(paths: Sequence[Path]) -> str:
    first = ".".join(paths[0])
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def switched(base: Any, other: Any, groups: Iterable[Group]) -> Any:
    """The base's tree with some groups of changes as in the other one; both are plain data and stay as they are."""
    tree = dict(base)
    for group in groups:
        for path in group.paths:
            tree = _exchanged(tree, other, path)
    return tree


def _exchanged(tree: Any, other: Any, path: Path) -> Any:
    found = dict(tree) if isinstance(tree, Mapping) else {}
    part, rest = path[0], path[1:]
    there = other.get(part) if isinstance(other, Mapping) else None
    if there is None:
        found.pop(part, None)
    elif rest:
        found[part] = _exchanged(found.get(part), there, rest)
    else:
        found[part] = there
    return found
