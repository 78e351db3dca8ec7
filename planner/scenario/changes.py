"""Changes to a scenario that is already loaded: the same as editing its keys, with the old places kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any, cast

from planner.errors import Mark
from planner.scenario.load import Loaded, assemble, load
from planner.scenario.reader import Node
from planner.scenario.schema import Scenario

Path = tuple[str | int, ...]
RELAXED = "plan solve --relax"
"""Key of the scenario's ``assumption`` under which a relaxed scenario names the keys that had to give way."""


def changed(loaded: Loaded, values: Mapping[Path, Any]) -> Loaded:
    """The scenario with some keys set to other values.

    Args:
        loaded: The scenario.
        values: By path, as plain data in default units; None removes the key.

    Raises:
        InputError: if the changed scenario is not valid.
    """
    return assemble(loaded.name, replace(loaded.sources, tree=with_values(loaded.sources.tree, values)), like=loaded)


def with_note(note: str | dict[str, str] | None, key: str, text: str) -> dict[str, str]:
    """An annotation with a text about one key more; what it said before stays."""
    return {**({"also": note} if isinstance(note, str) else note or {}), key: text}


def with_relaxed(loaded: Loaded, paths: Iterable[str]) -> Loaded:
    """The scenario that says itself which of its keys were relaxed."""
    return changed(loaded, {("assumption",): with_note(loaded.scenario.assumption, RELAXED, ", ".join(paths))})


def relaxed_keys(scenario: Scenario) -> list[str]:
    """The keys that a scenario says were relaxed."""
    note = scenario.assumption
    return note[RELAXED].split(", ") if isinstance(note, dict) and RELAXED in note else []


def without_relaxed(loaded: Loaded) -> Loaded:
    """The scenario as one of its own: what was relaxed to get there is what it asks for now."""
    if not relaxed_keys(loaded.scenario):
        return loaded
    note = loaded.scenario.assumption
    rest = {key: text for key, text in note.items() if key != RELAXED} if isinstance(note, dict) else {}
    return changed(loaded, {("assumption",): rest or None})


def as_own(source: str | PathLike[str] | Loaded, sets: Iterable[str] = (), root: str | PathLike[str] | None = None) -> Loaded:
    """A scenario to be planned as one of its own, read where it is a file.

    Args:
        source: Scenario file, or a scenario that is loaded.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.

    Raises:
        InputError: for a bad scenario.
    """
    return without_relaxed(source if isinstance(source, Loaded) else load(source, sets, root))


def with_values(tree: Node, values: Mapping[Path, Any]) -> Node:
    """A tree with some keys set to other values; the tree itself stays as it is, and shares what is not on the way to them.

    Args:
        tree: The scenario.
        values: By path, as plain data; None removes the key.
    """
    tree = _own(tree)
    for path, value in values.items():
        _set(tree, path, value)
    return tree


def _set(tree: Node, path: Path, value: Any) -> None:
    node = tree
    for part in path[:-1]:
        node = _below(node, part)
    last = path[-1]
    if isinstance(node.value, list) and isinstance(last, int):
        node.value[last] = node_of(value, node.value[last].mark)
        return
    if not isinstance(node.value, dict):
        node.value = {}
    name = str(last)
    old = node.value.get(name)
    if value is None:
        node.value.pop(name, None)
    else:
        node.value[name] = node_of(value, old.mark if old is not None else node.mark, old.key if old is not None else node.key)


def _below(node: Node, part: str | int) -> Node:
    """The node at a part of a path, made anew so that whoever shares it keeps it as it was."""
    if isinstance(node.value, list) and isinstance(part, int):
        node.value[part] = _own(node.value[part])
        return cast(Node, node.value[part])
    if not isinstance(node.value, dict):
        node.value = {}
    child = node.value.get(str(part))
    node.value[str(part)] = Node({}, node.mark, node.key) if child is None else _own(child)
    return cast(Node, node.value[str(part)])


def _own(node: Node) -> Node:
    """The same node with a map or list of its own."""
    return replace(node, value=node.value.copy() if isinstance(node.value, (dict, list)) else node.value)


def node_of(value: Any, mark: Mark, key: Mark | None = None) -> Node:
    """Plain data as nodes that all stand at one place."""
    if isinstance(value, Mapping):
        return Node({str(name): node_of(part, mark, mark) for name, part in value.items()}, mark, key)
    if isinstance(value, (list, tuple)):
        return Node([node_of(part, mark) for part in value], mark, key)
    return Node(value, mark, key)
