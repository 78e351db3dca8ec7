"""The runs of a sweep: which keys of which scenario each of them sets, and the key by which its result is known."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

from planner.errors import InputError, Mark, Problem, UnitError, did_you_mean
from planner.scenario.changes import changed, with_values
from planner.scenario.characters import harmless
from planner.scenario.load import Loaded, assemble
from planner.scenario.overlay import ENTITY_MAPS, default_root, gather, must_be_folder
from planner.scenario.reader import Node
from planner.scenario.resolved import resolved_text
from planner.scenario.units import split
from planner.sweep.design import Point, Points, number_of_points, points_of, quantiles
from planner.sweep.figures import names_of
from planner.sweep.spec import MOST_RUNS, SweepSpec, Variation, mark_at

Path_ = tuple[str | int, ...]
Values = dict[Path_, Any]
NONE = "none"
FORMAT = 1
"""Of the figures that are kept of a run: raised whenever they mean something else."""


@dataclass(frozen=True)
class Case:
    """One run."""

    number: int
    overlays: tuple[str, ...]
    """Overlay of each kind, as the sweep names it."""
    point: Point
    values: Values
    """What is set, by path."""
    key: str
    problem: str = ""
    """Why it cannot be run at all."""


@dataclass(frozen=True)
class Family:
    """All runs on one combination of overlays, and the scenario that they change."""

    base: Loaded
    cases: list[Case] = field(default_factory=list)


def families(spec: SweepSpec, tree: Node, path: Path, root: Path | None, known: Iterable[Problem] = ()) -> tuple[list[Family], Points]:
    """All runs of a sweep, family by family; run numbers count on.

    Args:
        spec: The sweep.
        tree: Its file, for the places of what is wrong.
        path: Its file's path.
        root: Folder that no file may lie outside of.
        known: What is wrong with the file already.

    Raises:
        InputError: for scenarios, overlays, inputs and outputs that are wrong whatever else is set, with what is known already.
    """
    combinations = list(itertools.product(*spec.overlays.values()))
    too_many = list(_too_many(spec, tree, len(combinations)))
    problems = [*known, *too_many]
    bases: list[Loaded] = []
    for chosen in combinations[:1] if too_many else combinations:
        try:
            bases.append(base_of(spec, tree, path, root, chosen))
        except InputError as error:
            if not error.problems:
                raise
            problems += error.problems
    problems += [*_which_never_work(spec, tree, bases), *_without_figure(spec, tree, bases)] if bases else []
    if problems:
        raise InputError(problems)
    points, found, number = points_of(spec), [], 0
    for chosen, base in zip(combinations, bases, strict=True):
        family, texts, found_paths = Family(base), Texts(base), _Paths(base.sources.tree)
        for point in points.points:
            number += 1
            values, problem = found_paths.values(spec.vary, point)
            family.cases.append(Case(number, chosen, point, values, texts.key(values) if not problem else "", problem))
        found.append(family)
    return found, points


def base_of(spec: SweepSpec, tree: Node, path: Path, root: Path | None, chosen: Iterable[str]) -> Loaded:
    """The scenario under one combination of overlays.

    Raises:
        InputError: with all that is wrong.
    """
    named = [(spec.scenario, mark_at(tree, "scenario"), "scenario")]
    for (kind, names), name in zip(spec.overlays.items(), chosen, strict=True):
        if name != NONE:
            named.append((name, mark_at(tree, "overlays", kind, names.index(name)), f"overlays.{kind}"))
    within = root if root is not None else default_root(path)
    must_be_folder(within)
    wrong = [problem for name, mark, key in named for problem in _not_there(path, within, name, mark, key)]
    if wrong:
        raise InputError(wrong)
    scenario, *overlays = (path.parent / name for name, _, _ in named)
    sources = gather(scenario, within, (), overlays)
    return assemble(harmless(scenario.stem), sources)


def _not_there(path: Path, root: Path, name: str, mark: Mark, key: str) -> Iterator[Problem]:
    """A file that a sweep names and that is not there, or where it may not be read."""
    target = path.parent / name
    if not target.is_file():
        near = did_you_mean(target.name, [other.name for other in target.parent.glob("*.y*ml")] if target.parent.is_dir() else [])
        yield Problem(mark, key, f"there is no file '{harmless(name)}'", near)
    elif not target.resolve().is_relative_to(root.resolve()):
        yield Problem(mark, key, f"'{harmless(name)}' lies outside of {harmless(str(root))}", "name a folder that holds both with --root DIR")


def _too_many(spec: SweepSpec, tree: Node, combinations: int) -> Iterator[Problem]:
    """A design that is too large."""
    size = combinations * number_of_points(spec)
    if size > MOST_RUNS:
        yield Problem(mark_at(tree, "design"), "design", f"makes {size:,} runs, more than {MOST_RUNS:,}", "take fewer values, or latin_hypercube")


def _which_never_work(spec: SweepSpec, tree: Node, bases: list[Loaded]) -> Iterator[Problem]:
    """Inputs that give no scenario with any of their values on any base: nobody meant that."""
    for name, variation in spec.vary.items():
        tried = [_problem_with(base, variation, value) for base in bases for value in _samples(variation)[:1]]
        if all(tried):
            tried = [_problem_with(base, variation, value) for base in bases for value in _samples(variation)]
        if all(tried):
            text, hint = next(problem for problem in tried if problem)
            where = "paths" if variation.path is None else "path"
            yield Problem(mark_at(tree, "vary", name, where), f"vary.{name}", text, hint)


def _without_figure(spec: SweepSpec, tree: Node, bases: list[Loaded]) -> Iterator[Problem]:
    """Outputs that no run can have."""
    names = names_of(*(base.scenario for base in bases))
    for place, pattern in enumerate(spec.outputs):
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = did_you_mean(pattern, names, "write total_cost, short.*, cost.*")
            yield Problem(mark_at(tree, "outputs", place), "outputs", f"there is no figure '{pattern}'", hint)


def _samples(variation: Variation) -> list[Any]:
    """Values to try."""
    if variation.levels is not None:
        return variation.levels
    import numpy as np

    return [float(value) for value in quantiles(variation, np.array([0.5]))]


def _problem_with(base: Loaded, variation: Variation, value: Any) -> tuple[str, str] | None:
    """(problem, hint) of a value of one input set alone."""
    try:
        values = _Paths(base.sources.tree).of(variation, value)
        changed(base, values)
    except UnitError as error:
        return str(error), error.hint
    except InputError as error:
        first = error.problems[0] if error.problems else Problem(Mark(""), "", str(error))
        return f"{first.path}: {first.problem}", first.hint
    return None


class _Paths:
    """Finds what inputs set in a tree.

    Args:
        tree: The base of the runs.
    """

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.found: dict[str, list[Path_]] = {}

    def values(self, vary: Mapping[str, Variation], point: Point) -> tuple[Values, str]:
        """What a point sets, or why it cannot be set."""
        values: Values = {}
        try:
            for name, value in point.items():
                values.update(self.of(vary[name], value, values))
        except UnitError as error:
            return {}, f"{error}" + (f"; {error.hint}" if error.hint else "")
        return values, ""

    def of(self, variation: Variation, value: Any, before: Mapping[Path_, Any] | None = None) -> Values:
        """What one input sets.

        Args:
            variation: The input.
            value: Its value.
            before: What other inputs have set already, which factors multiply.

        Raises:
            UnitError: if there is nothing to set or to multiply.
        """
        found: Values = {}
        for key in variation.keys:
            for path in self.matching(key):
                dotted = ".".join(map(str, path))
                if variation.multiplies:
                    node, reached = self.tree.at(path)
                    if len(reached) < len(path):
                        raise UnitError(f"{dotted}: nothing stands there to be multiplied", "vary its value instead, or name the key that is set")
                    found[path] = multiplied((before or {}).get(path, node.plain()), float(value), dotted)
                else:
                    found[path] = f"{value!r} {variation.unit}" if variation.unit and not isinstance(value, str) else value
        return found

    def matching(self, key: str) -> list[Path_]:
        """Paths that a key means: each * stands for all that is there.

        Raises:
            UnitError: if there is no such place.
        """
        if key not in self.found:
            parts = key.split(".")
            if not all(parts):
                raise UnitError(f"'{key}' is no path of a key", "write it as after --set, such as suppliers.my_supplier.price")
            self.found[key] = list(_matching(self.tree, parts, (), key))
        return self.found[key]


def _matching(node: Node, parts: list[str], done: Path_, key: str) -> Iterator[Path_]:
    part, *rest = parts
    children = list(node.value) if isinstance(node.value, dict) else list(range(len(node.value))) if isinstance(node.value, list) else []
    if part == "*":
        if not children:
            raise UnitError(f"{key}: nothing stands at '{'.'.join(map(str, done))}' for * to mean")
        for child in children:
            yield from _matching(node.value[child], rest, (*done, child), key) if rest else [(*done, child)]
        return
    here: str | int = int(part) if isinstance(node.value, list) and part.isdecimal() else part
    if isinstance(node.value, list) and here not in children:
        raise UnitError(f"{key}: '{part}' is no position in a list of {len(children)}", "positions count from 0")
    if here not in children and len(done) == 1 and done[0] in ENTITY_MAPS and rest:
        raise UnitError(f"{key}: there is no '{part}' in {done[0]}", did_you_mean(part, map(str, children)))
    if not rest:
        yield (*done, here)
    elif here in children:
        yield from _matching(node.value[here], rest, (*done, here), key)
    else:
        # a key that the scenario leaves out: it is made, as --set makes it
        yield (*done, here, *rest)


def multiplied(value: Any, factor: float, path: str) -> Any:
    """What stands at a path times a factor.

    Args:
        value: A number, a quantity with its unit, steps by date, or a start with its growth, of which the start is multiplied.
        factor: The factor.
        path: For messages.

    Raises:
        UnitError: if it is nothing of that kind.
    """
    if isinstance(value, Mapping):
        if "start" in value:
            return {**value, "start": multiplied(value["start"], factor, f"{path}.start")}
        if not all(str(key)[:4].isdigit() for key in value):
            first = next(iter(value), "…")
            raise UnitError(f"{path}: is a map of keys, which have no factor in common", f"name those that are meant, such as {path}.{first}")
        return {key: multiplied(part, factor, f"{path}.{key}") for key, part in value.items()}
    if isinstance(value, str):
        number, unit = split(value)
        # times one it is what it was, to the letter
        return value if factor == 1 else f"{number * factor!r} {unit}".strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        what = "a list, which has no factor" if isinstance(value, (list, tuple)) else f"{value!r}, not a number"
        raise UnitError(f"{path}: is {what}", f"name what is meant, such as {path}.0" if isinstance(value, (list, tuple)) else "")
    return value if factor == 1 else value * factor


class Texts:
    """Digests of scenarios that differ little from one: only what differs is written anew.

    Args:
        base: The scenario.
    """

    def __init__(self, base: Loaded) -> None:
        self.base = base
        self.pieces: dict[Path_, str] = {}
        for top, node in base.sources.tree.value.items():
            self.pieces.update(_pieces(top, node))
        self.whole = "".join(self.pieces.values()) != base.resolved

    def key(self, values: Values) -> str:
        """The key of a run: of its resolved scenario, and of what solves it.

        Args:
            values: What it sets.
        """
        return hashlib.sha256(f"{self.digest(values)} stopgap {version('stopgap')} format {FORMAT}".encode()).hexdigest()

    def digest(self, values: Values) -> str:
        """What ``Loaded.digest`` would be."""
        tree = with_values(self.base.sources.tree, values)
        return hashlib.sha256((resolved_text(tree) if self.whole else self._patched(tree, values)).encode()).hexdigest()

    def _patched(self, tree: Node, values: Values) -> str:
        pieces = dict(self.pieces)
        for top in {path[0] for path in values}:
            entries = {path[1] for path in values if path[0] == top and len(path) > 1}
            node = tree.value.get(str(top))
            if node is None or not all((top, entry) in pieces and entry in node.value for entry in entries) or (top,) in pieces or not entries:
                # an entry comes or goes, or the map is written otherwise
                return resolved_text(tree)
            for entry in entries:
                pieces[top, entry] = _entry(str(top), str(entry), node.value[entry])
        return "".join(pieces.values())


def _pieces(top: str, node: Node) -> dict[Path_, str]:
    """The text of one key of the scenario, entry by entry where it is a map."""
    if not isinstance(node.value, dict) or not node.value:
        return {(top,): resolved_text(Node({top: node}, node.mark))}
    name = resolved_text(Node({top: node}, node.mark)).split("\n", 1)[0] + "\n"
    return {(top, ""): name, **{(top, entry): _entry(top, entry, child) for entry, child in node.value.items()}}


def _entry(top: str, entry: str, node: Node) -> str:
    """The lines of one entry, written where they stand."""
    return resolved_text(Node({top: Node({entry: node}, node.mark)}, node.mark)).split("\n", 1)[1]
