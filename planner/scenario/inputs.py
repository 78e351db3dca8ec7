"""The keys of a scenario one by one: what was written, in which unit, where, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from planner.scenario.fields import ANNOTATIONS, STORED, Quantity, SeriesOf, StockAmount, StockSeriesOf
from planner.scenario.load import Loaded
from planner.scenario.reader import Node
from planner.scenario.schema import Scenario
from planner.scenario.units import Kind

Path = tuple[str, ...]
_WORDS = {None: "null", True: "true", False: "false"}


class Input(NamedTuple):
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


def inputs_of(loaded: Loaded) -> list[Input]:
    """Every key of a scenario in the order of its text, lists by position; empty maps and lists stand for themselves."""
    found: list[Input] = []
    _walk(loaded.sources.tree, (), dict.fromkeys(ANNOTATIONS, ""), loaded.scenario, found)
    return found


def _walk(node: Node, path: Path, notes: Mapping[str, str], scenario: Scenario, found: list[Input]) -> None:
    value = node.value
    if not value or not isinstance(value, (dict, list)):
        bare = isinstance(value, (int, float)) and not isinstance(value, bool)
        found.append(Input(path, text_of(value), default_unit(path, scenario) if bare else "", node.mark.file, node.mark.line, notes))
        return
    if isinstance(value, list):
        for place, child in enumerate(value):
            _walk(child, (*path, str(place)), notes, scenario, found)
        return
    told = {name: value[name].plain() for name in ANNOTATIONS if name in value}
    for key, child in value.items():
        if key not in told:
            _walk(child, (*path, key), {**notes, **_said(told, key)} if told else notes, scenario, found)


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
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)


def default_unit(path: Path, scenario: Scenario) -> str:
    """The unit that a number at a path is counted in, empty where it has none."""
    about, stored = path[:2], False
    if path[0] == "projects" and len(path) > 2:
        target = scenario.projects[path[1]].adds_to
        about = next((owner, target) for owner in ("suppliers", "processes", "stockpiles") if target in getattr(scenario, owner))
        stored = about[0] == "stockpiles"
    pattern = (path[0], "*", *path[2:]) if len(path) > 2 else path
    return _unit(pattern, stored, scenario.money.currency, _material_unit(about, scenario))


@lru_cache(maxsize=4096)
def _unit(pattern: Path, stored: bool, currency: str, material: str) -> str:
    """The unit of numbers at a pattern of paths, ``stored`` for what belongs to a stockpile."""
    kind = next(iter(_kinds(Scenario, pattern)), None)
    if kind is None:
        return ""
    return (STORED.get(kind, kind) if stored else kind).unit(currency, material)


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


def _kinds(annotation: Any, path: Path) -> Iterator[Kind]:
    """What numbers at a path may mean, from the types of the schema."""
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
