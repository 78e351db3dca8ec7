"""From files to a validated scenario, with every problem at its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from os import PathLike
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from planner.collector import collector_paused
from planner.errors import MOST_PROBLEMS, InputError, Mark, Problem, Problems, did_you_mean
from planner.scenario.characters import harmless
from planner.scenario.context import Context, make_context
from planner.scenario.dates import Calendar, GridError, make_calendar
from planner.scenario.fields import ID_PATTERN
from planner.scenario.overlay import ENTITY_MAPS, Sources, gather
from planner.scenario.parts import oversize
from planner.scenario.reader import MAX_ENTRIES, Node, parse_yaml
from planner.scenario.resolved import resolved_text
from planner.scenario.schema import Scenario

Loc = tuple[str | int, ...]
MOST_GUESSED = 200
"""Slips up to which each is held against all ids, to guess which one was meant."""


@dataclass(frozen=True)
class Loaded:
    """A scenario that can be planned, and where it came from."""

    name: str
    scenario: Scenario
    calendar: Calendar
    sources: Sources

    def mark(self, *path: str | int) -> Mark:
        """Where the value at a path was set."""
        return _mark(self.sources.tree, path, key=False)

    @cached_property
    def resolved(self) -> str:
        """The scenario as one YAML text: overlays merged, tables replaced by what they hold."""
        return resolved_text(self.sources.tree)

    @cached_property
    def digest(self) -> str:
        """sha256 of the resolved scenario."""
        return hashlib.sha256(self.resolved.encode()).hexdigest()

    @cached_property
    def context(self) -> Context:
        """What its entities knew of each other when they were read."""
        return make_context(self.sources.tree.plain())


@collector_paused()
def load(path: str | PathLike[str], sets: Iterable[str] = (), root: str | PathLike[str] | None = None) -> Loaded:
    """Read, put together and validate a scenario.

    Args:
        path: Scenario file.
        sets: ``path=value`` changes, the value read as YAML.
        root: Folder that no file may lie outside of.

    Raises:
        InputError: with all problems, each with file, line, column, path and hint.
    """
    path = Path(path)
    sources = gather(path, Path(root) if root is not None else None, sets)
    return assemble(harmless(path.stem if path.stem != "scenario" else path.resolve().parent.name), sources)


def assemble(name: str, sources: Sources, *, partial: bool = False, like: Loaded | None = None) -> Loaded:
    """Validate what was put together.

    Args:
        name: What the scenario is called.
        sources: The tree, and what is known to be wrong with it.
        partial: Whether parts of it are missing for a reason that is known, so that nothing follows from their absence.
        like: A scenario from which this one was made by changing some of its keys.

    Raises:
        InputError: with all problems.
    """
    scenario = validate(sources.tree, sources.problems, partial=partial, like=like)
    calendar = make_calendar(scenario.horizon.start, scenario.horizon.parts)
    if like is not None and calendar == like.calendar:
        # which remembers what it was asked before
        calendar = like.calendar
    found = oversize(scenario, calendar)
    if found is not None:
        where, problem, hint = found
        raise InputError([Problem(_mark(sources.tree, where, key=True), ".".join(where), problem, hint)])
    return Loaded(name, scenario, calendar, sources)


@collector_paused()
def loads(text: str, name: str) -> Loaded:
    """Validate a scenario that stands in one text, such as the resolved one of a plan.

    Args:
        text: YAML.
        name: What messages call it.

    Raises:
        InputError: with all problems.
    """
    return assemble(name, Sources(parse_yaml(text, name)))


def validate(tree: Node, known: Iterable[Problem] = (), *, partial: bool = False, like: Loaded | None = None) -> Scenario:
    """Turn a tree into a scenario.

    Args:
        tree: The whole scenario.
        known: What is wrong with it already; places named there are not reported twice.
        partial: Whether something could not be read that others refer to; one problem with ``extends`` says so as well.
        like: A valid scenario; entities whose nodes the tree shares with it are not read again.

    Raises:
        InputError: with all problems.
    """
    known = list(known)
    _check_counts(tree, known)
    raw = tree.plain()
    context = make_context(raw)
    problems = Problems()
    _check_horizon(raw, tree, problems)
    try:
        scenario: Scenario | None = Scenario.model_validate(raw if like is None else _with_read(raw, tree, context, like), context=context)
    except ValidationError as error:
        problems.items.extend(problems_of(tree, error))
        scenario = None
    marks = {problem.mark for problem in known}
    partial = partial or any(problem.path == "extends" for problem in known)
    problems.items = [*known, *(problem for problem in problems.items if problem.mark not in marks and not (partial and _may_be_elsewhere(problem)))]
    problems.raise_if_any()
    assert scenario is not None
    return scenario


def _with_read(raw: Mapping[str, Any], tree: Node, context: Context, like: Loaded) -> Mapping[str, Any]:
    """The raw scenario with entities in the place of those that another scenario has read from the same nodes, knowing the same of all others."""
    if context != like.context:
        return raw
    found = dict(raw)
    for kind in ENTITY_MAPS:
        old, new = like.sources.tree.value.get(kind), tree.value.get(kind)
        if old is not None and new is not None and isinstance(old.value, dict) and isinstance(new.value, dict):
            entities = getattr(like.scenario, kind)
            found[kind] = {key: entities[key] if old.value.get(key) is node else raw[kind][key] for key, node in new.value.items()}
    return found


def problems_of(tree: Node, error: ValidationError, model: type[BaseModel] = Scenario) -> list[Problem]:
    """What is wrong with a file, each at its place.

    Args:
        tree: The file.
        error: What its model found.
        model: The model, which knows the keys.
    """
    items = error.errors(include_url=False)[: 2 * MOST_PROBLEMS]
    return [problem for item in items if not _follows_from(item, items) for problem in _problems(tree, item, model, len(items) <= MOST_GUESSED)]


def _check_counts(tree: Node, known: list[Problem]) -> None:
    """Refuse maps that have grown too large from several files, before each of their entries is looked at."""
    for key, node in tree.value.items():
        if isinstance(node.value, dict) and len(node.value) > MAX_ENTRIES:
            problem = f"holds more than {MAX_ENTRIES} entries"
            raise InputError([*known, Problem(node.key or node.mark, key, problem, "leave out what the scenario does not need")])


def _may_be_elsewhere(problem: Problem) -> bool:
    """Whether a problem may only follow from a file that could not be read."""
    return problem.problem.startswith("there is no") or problem.problem.endswith("is missing")


def _follows_from(item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is too short only because its items are wrong."""
    loc = item["loc"]
    return item["type"] == "too_short" and any(len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in items)


def _check_horizon(raw: Mapping[str, Any], tree: Node, problems: Problems) -> None:
    """Report dates that do not make a grid; malformed ones are left to validation."""
    from planner.scenario.schema import Horizon

    try:
        horizon = Horizon.model_validate(raw.get("horizon"), context=make_context({}))
        make_calendar(horizon.start, horizon.parts)
    except ValidationError:
        return
    except GridError as error:
        where = ("horizon", "steps") if horizon.steps else ("horizon", "end")
        problems.add(_mark(tree, where, key=False), ".".join(where), str(error), error.hint)


def _problems(tree: Node, item: Mapping[str, Any], model: type[BaseModel], guess: bool) -> list[Problem]:
    # pydantic puts the tags of unions ("as-…") and of keys among the parts of a path
    at_key = item["loc"][-1:] == ("[key]",)
    loc: Loc = tuple(part for part in item["loc"] if part != "[key]" and not str(part).startswith("as-"))
    if item["type"] == "union_tag_invalid":
        loc = (*loc, "kind")
    if item["type"] == "flaws":
        flaws = item["ctx"]["flaws"]
        return [Problem(_mark(tree, (*loc, *sub), key=at_key or bool(sub)), _path(tree, (*loc, *sub)), text, hint) for sub, text, hint in flaws]
    text, hint, about_key = _words(item, loc, model)
    if guess and item["type"] == "missing" and len(loc) == 3 and loc[0] in ENTITY_MAPS:
        # an entry that lacks what every entry needs is often another one, misspelt
        others = [key for key in tree.at(loc[:1])[0].value if key != loc[1]]
        hint = "; or ".join(filter(None, (hint, did_you_mean(str(loc[1]), others))))
    return [Problem(_mark(tree, loc, key=at_key or about_key), _path(tree, loc), text, hint)]


def _words(item: Mapping[str, Any], loc: Loc, model: type[BaseModel]) -> tuple[str, str, bool]:
    """(problem, hint, whether it is about the key) of a pydantic error."""
    kind, value, context = item["type"], item.get("input"), item.get("ctx", {})
    name = str(loc[-1]) if loc else ""
    if kind == "missing":
        return f"'{name}' is missing", "add it", False
    if kind == "extra_forbidden":
        known = keys_at(loc[:-1], model)
        return f"unknown key '{name}'", did_you_mean(name, known, f"known are {', '.join(sorted(known))}"), True
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"must be a map of keys, not {_kind_of(value)}", "indent its keys below it" if value is None else "", False
    if kind == "tuple_type":
        return f"must be a list, not {_kind_of(value)}", f"write [{value}]" if isinstance(value, (str, int)) else "", False
    if kind == "string_type":
        return f"must be text, not {_kind_of(value)}", f"write '{value}' in quotes" if isinstance(value, (int, float)) else "", False
    if kind == "string_pattern_mismatch" and context.get("pattern") != ID_PATTERN:
        return f"'{value}' is not a plain name", "use letters, digits, blanks, '.', '_' and '-'", False
    if kind == "string_pattern_mismatch":
        return f"'{value}' is not a valid id", "ids are small letters, digits and _, and start with a letter", True
    if kind == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        return f"{value!r} is not one of {', '.join(choices)}", did_you_mean(str(value), choices), False
    if kind == "union_tag_invalid":
        choices = str(context.get("expected_tags", "")).replace("'", "").split(", ")
        return f"unknown kind {context.get('tag')!r}", did_you_mean(str(context.get("tag")), choices, f"known are {', '.join(choices)}"), False
    if kind == "union_tag_not_found":
        return "'kind' is missing", "add for instance kind: budget", False
    if kind in ("too_short", "string_too_short"):
        return "is empty", "name at least one, or leave the key out", False
    return str(item["msg"])[:1].lower() + str(item["msg"])[1:], "", False


def _kind_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a map"
    return "a list" if isinstance(value, (list, tuple)) else f"'{value}'"


def _mark(tree: Node, path: Loc, key: bool) -> Mark:
    node, found = tree.at(path)
    missing = bool(path) and (not found or str(found[-1]) != str(path[-1]))
    return node.key if node.key is not None and (key or missing) else node.mark


def _path(tree: Node, path: Loc) -> str:
    """The path as the planner wrote it: without the tags of unions."""
    _, found = tree.at(path)
    last = str(path[-1]) if path else ""
    shown = [str(part) for part in found]
    if last and (not shown or shown[-1] != last):
        shown.append(last)
    return ".".join(shown)


def keys_at(loc: Loc, model: type[BaseModel] = Scenario) -> list[str]:
    """Keys that the language knows at a place."""
    return list(meanings_at(loc, model))


@lru_cache(maxsize=256)
def meanings_at(loc: Loc, model: type[BaseModel] = Scenario) -> dict[str, str]:
    """Keys that the language knows at a place, each with what it means."""
    annotation: Any = model
    for part in loc:
        options = [found for option in _options(annotation) for found in _below(option, part)]
        if not options:
            continue
        annotation = options[0] if len(options) == 1 else tuple(options)
    models = [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
    return {field.alias or name: field.description or "" for model in models for name, field in model.model_fields.items()}


def _options(annotation: Any) -> list[Any]:
    """The types that an annotation stands for, without ``Annotated`` and unions."""
    if isinstance(annotation, tuple):
        return [found for part in annotation for found in _options(part)]
    if get_origin(annotation) in (dict, tuple) or not get_args(annotation):
        return [annotation]
    if hasattr(annotation, "__metadata__"):
        return _options(annotation.__origin__)
    return [found for part in get_args(annotation) for found in _options(part)]


def _below(option: Any, part: str | int) -> list[Any]:
    if get_origin(option) in (dict, tuple):
        arguments = [argument for argument in get_args(option) if argument is not Ellipsis]
        return [arguments[-1]]
    if isinstance(option, type) and issubclass(option, BaseModel):
        tag = option.model_fields.get("kind")
        if tag is not None and part in get_args(tag.annotation):
            return [option]
        return [field.annotation for name, field in option.model_fields.items() if (field.alias or name) == part]
    return []
