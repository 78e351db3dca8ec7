"""The keys of a scenario one by one: what was written, in which unit, where, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from planner.scenario.fields import ANNOTATIONS, STORED, Quantity, SeriesOf, StockAmount, StockSeriesOf
from planner.scenario.load import Loaded
from planner.scenario.reader import Node
from planner.scenario.schema import Scenario
from planner.scenario.units import Kind

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One key of a resolved scenario that is not an annotation."""

    path: Path
    value: str
    """As written: a number without its unit, a text with whatever unit it has."""
    unit: str
    """Default unit of a number that stands alone; empty for texts."""
    file: str
    line: int
    notes: Mapping[str, str]
    """``source``, ``assumption``, ``confidence`` and ``note`` that speak of it, each empty where nobody does."""


def inputs_of(loaded: Loaded) -> Iterator[Input]:
    """Every key of a scenario in the order of its text, lists by position; empty maps and lists stand for themselves."""
    yield from _walk(loaded.sources.tree, (), dict.fromkeys(ANNOTATIONS, ""), loaded.scenario)


def _walk(node: Node, path: Path, notes: Mapping[str, str], scenario: Scenario) -> Iterator[Input]:
    children = _children(node)
    if children is None:
        bare = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        yield Input(path, text_of(node.value), default_unit(path, scenario) if bare else "", node.mark.file, node.mark.line, notes)
        return
    told = {name: node.value[name].plain() for name in ANNOTATIONS if isinstance(node.value, dict) and name in node.value}
    for key, child in children:
        if key not in told:
            yield from _walk(child, (*path, key), {**notes, **_said(told, key)}, scenario)


def _children(node: Node) -> list[tuple[str, Node]] | None:
    """Children by key or position; None for a leaf, which an empty map or list is as well."""
    if isinstance(node.value, dict) and node.value:
        return list(node.value.items())
    if isinstance(node.value, list) and node.value:
        return [(str(place), child) for place, child in enumerate(node.value)]
    return None


def _said(told: Mapping[str, Any], key: str) -> dict[str, str]:
    """What the annotations of a map say of one of its keys; ``default`` speaks of those that are not named."""
    found: dict[str, str] = {}
    for name, text in told.items():
        if not isinstance(text, Mapping):
            found[name] = str(text)
        elif key in text or "default" in text:
            found[name] = str(text[key] if key in text else text["default"])
    return found


def text_of(value: Any) -> str:
    """A scalar as it is written in YAML."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def default_unit(path: Path, scenario: Scenario) -> str:
    """The unit that a number at a path is counted in, empty where it has none."""
    kind = _kind((path[0], "*", *path[2:]) if len(path) > 2 else path)
    if kind is None:
        return ""
    about = path[:2]
    if path[0] == "projects":
        target = scenario.projects[path[1]].adds_to
        about = next((owner, target) for owner in ("suppliers", "processes", "stockpiles") if target in getattr(scenario, owner))
        if about[0] == "stockpiles":
            kind = STORED.get(kind, kind)
    return kind.unit(scenario.money.currency, _material_unit(about, scenario))


def _material_unit(about: Path, scenario: Scenario) -> str:
    """Unit of the first material that an entity is about, as numbers of it are read."""
    kind, key = about[0], about[1] if len(about) > 1 else ""
    material = key if kind == "materials" else ""
    if kind == "contracts":
        material = scenario.suppliers[scenario.contracts[key].supplier].material
    elif kind in ("suppliers", "stockpiles", "demands"):
        material = getattr(scenario, kind)[key].material
    elif kind == "processes":
        material = next(iter({**scenario.processes[key].inputs, **scenario.processes[key].outputs}), "")
    elif kind == "routes":
        material = next(iter(scenario.routes[key].materials), "")
    return scenario.materials[material].unit if material in scenario.materials else "unit"


@lru_cache(maxsize=4096)
def _kind(path: Path) -> Kind | None:
    """What a number at a path means, from the types of the schema."""
    return next(iter(_kinds(Scenario, path)), None)


def _kinds(annotation: Any, path: Path) -> Iterator[Kind]:
    if hasattr(annotation, "__metadata__"):
        yield from _marked(annotation.__metadata__, path)
        yield from _kinds(annotation.__origin__, path)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if path and path[0] in (name, field.alias):
                yield from _marked(field.metadata, path[1:])
                yield from _kinds(field.annotation, path[1:])
    elif get_origin(annotation) in (dict, tuple):
        inner = [argument for argument in get_args(annotation) if argument is not Ellipsis]
        if path and inner:
            yield from _kinds(inner[-1], path[1:])
    else:
        for option in get_args(annotation):
            yield from _kinds(option, path)


def _marked(marks: Iterable[Any], path: Path) -> Iterator[Kind]:
    """Kinds that the readers of a field say; a series has its numbers below its steps."""
    for mark in marks:
        if isinstance(mark, SeriesOf | StockSeriesOf):
            yield Kind.YEARLY if path[-1:] == ("growth",) else Kind.AMOUNT if isinstance(mark, StockSeriesOf) else mark.kind
        elif isinstance(mark, StockAmount) and not path:
            yield Kind.AMOUNT
        elif isinstance(mark, Quantity) and not path:
            yield mark.kind
