"""Puts a scenario together from files: ``extends``, tables, and values set on the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from planner.errors import InputError, Mark, Problem, Problems, did_you_mean
from planner.scenario.characters import harmless
from planner.scenario.reader import MAX_ENTRIES, Budget, Node, parse_yaml, read_bytes, read_yaml
from planner.scenario.tables import MAX_PARTS, Row, column, entities, insert, moved, read_rows

MAX_DEPTH = 10
MAX_FILES = 200
ENTITY_MAPS = ("parties", "materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes", "routes", "events", "policies")
_NOTES = {"note", "source", "assumption", "confidence"}
_BESIDE_TABLE = {"table", "sheet", "entries", *_NOTES}
_BESIDE_COLUMN = {"table", "sheet", "column", *_NOTES}


@dataclass(slots=True)
class Sources:
    """A scenario put together: the tree, the files it came from, and what looked odd on the way."""

    tree: Node
    files: dict[str, str] = field(default_factory=dict)
    """Shown name to sha256 of every file that was read."""
    warnings: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong already; the tree is as good as it could be made."""


def gather(path: Path, root: Path | None = None, sets: Iterable[str] = (), overlays: Iterable[Path] = ()) -> Sources:
    """Read a scenario with all that it extends.

    Args:
        path: The scenario file.
        root: Folder that no file may lie outside of; default as the language says.
        sets: ``path=value`` items, the value read as YAML.
        overlays: Files to lay over the scenario, in this order. Of what they extend, files that were read already are left out.

    Raises:
        InputError: if the scenario or an overlay itself cannot be read; other problems are in the result.
    """
    try:
        if path.is_dir():
            raise InputError([Problem(Mark(str(path)), "", "is a folder", "name a scenario file")])
        _check_root(path, root)
        reader = _Reader((root or default_root(path)).resolve())
        tree = reader.file(path, _printed(path), ())
        for overlay in overlays:
            _check_root(overlay, reader.root)
            reader.file(overlay, _printed(overlay), (), tree)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError([Problem(Mark(str(path)), "", f"cannot be read: {error}")]) from None
    for item in sets:
        reader.set(tree, item)
    reader.series_tables(tree, ())
    return Sources(tree, reader.files, reader.warnings, reader.problems.items)


def _check_root(path: Path, root: Path | None) -> None:
    """Refuse a root that is no folder, or that the scenario itself lies outside of."""
    if root is None:
        return
    must_be_folder(root)
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(f"--root {root}: the scenario {path} lies outside of it")


def must_be_folder(root: Path) -> None:
    """Refuse a root that is none.

    Raises:
        InputError: naming it.
    """
    if not root.is_dir():
        raise InputError(f"--root {root}: is not a folder")


def default_root(path: Path) -> Path:
    """The working directory if it holds the scenario, else the scenario's folder."""
    here = Path.cwd().resolve()
    return here if path.resolve().is_relative_to(here) else path.resolve().parent


class _Reader:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, str] = {}
        self.seen: set[Path] = set()
        self.reads = 0
        self.budget = Budget()
        self.read_tables: dict[tuple[Path, str | None], list[Row]] = {}
        self.problems = Problems()
        self.warnings: list[Problem] = []

    def file(self, path: Path, shown: str, chain: tuple[Path, ...], onto: Node | None = None) -> Node:
        """Read one file and everything below it; what is wrong is noted, and the rest goes on.

        With ``onto`` it is laid over that tree, without what it extends of files that were read already.
        """
        real = path.resolve()
        self.seen.add(real)
        self.reads += 1
        if self.reads > MAX_FILES:
            raise InputError([Problem(Mark(shown), "extends", f"more than {MAX_FILES} files are read", "extend each file once")])
        tree = read_yaml(path, shown, self.problems, self.budget)
        self.files[shown] = _digest(real, shown)
        if not isinstance(tree.value, dict):
            raise InputError([Problem(tree.mark, "", "a scenario is a map of keys", "start with 'version: 1'")])
        if {"scenario", "design"} <= tree.value.keys():
            raise InputError([Problem(tree.mark, "", "is a sweep and no scenario", "solve it with plan sweep, or name the scenario that it varies")])
        parents = tree.value.pop("extends", None)
        self.tables(tree, path, shown)
        merged = Node({}, tree.mark) if onto is None else onto
        for reference in self.references(parents):
            base = self.parent(reference, path, shown, (*chain, real), onto)
            if base is not None and onto is None:
                self.merge(merged, base, ())
        self.merge(merged, tree, ())
        merged.mark = tree.mark
        return merged

    def references(self, node: Node | None) -> Sequence[Node]:
        if node is None or node.value is None:
            return []
        items = node.value if isinstance(node.value, list) else [node]
        for item in items:
            if not isinstance(item.value, str):
                self.problems.add(item.mark, "extends", "is not a file name", "write extends: base.yaml or a list of files")
        return [item for item in items if isinstance(item.value, str)]

    def parent(self, reference: Node, path: Path, shown: str, chain: tuple[Path, ...], onto: Node | None) -> Node | None:
        target = self.inside(reference, path, "extends")
        if target is None or (onto is not None and target in self.seen):
            return None
        if target in chain:
            circle = " → ".join(p.name for p in (*chain[chain.index(target) :], target))
            self.problems.add(reference.mark, "extends", f"goes round in a circle: {circle}", "remove one 'extends'")
            return None
        if len(chain) > MAX_DEPTH:
            self.problems.add(reference.mark, "extends", f"is more than {MAX_DEPTH} files deep")
            return None
        if self.budget.left < 0:
            return None
        try:
            return self.file(target, _shown(shown, str(reference.value)), chain, onto)
        except InputError as error:
            self.problems.items.extend(error.problems)
            return None

    def inside(self, reference: Node, path: Path, where: str) -> Path | None:
        """The file that a reference means, if it exists inside the root."""
        name = str(reference.value)
        if "://" in name or "\\" in name or name.startswith(("~", "/")) or "\0" in name:
            self.problems.add(reference.mark, where, f"'{name}' is not a relative path", "write it relative to this file, with '/'")
            return None
        try:
            target = (path.resolve().parent / name).resolve()
            target.is_file()
        except (OSError, RuntimeError, ValueError):
            self.problems.add(reference.mark, where, f"'{name}' cannot be resolved")
            return None
        if not target.is_relative_to(self.root):
            self.problems.add(reference.mark, where, f"'{name}' lies outside the root '{self.root.name}'", "move the file, or widen the root with --root DIR")
            return None
        if not target.is_file():
            near = did_you_mean(target.name, [p.name for p in target.parent.glob("*")] if target.parent.is_dir() else [])
            self.problems.add(reference.mark, where, f"there is no file '{name}'", near)
            return None
        return target

    def merge(self, base: Node, over: Node, path: tuple[str, ...]) -> None:
        """Merge a map over another, in place: maps deeply, all else replaced, null deletes. What is taken over is not copied."""
        for key, node in over.value.items():
            here = (*path, key)
            mine = base.value.get(key)
            if node.value is None:
                if mine is None:
                    self.nothing_to_delete(node, here, base.value)
                base.value.pop(key, None)
            elif not isinstance(node.value, dict):
                base.value[key] = node
            # a table and steps are two ways to write one series: the later one replaces the earlier
            elif mine is None or not isinstance(mine.value, dict) or _other_form(mine, node):
                base.value[key] = self.without_nulls(node, here)
            else:
                mine.mark, mine.key = node.mark, node.key
                self.merge(mine, node, here)

    def without_nulls(self, node: Node, path: tuple[str, ...]) -> Node:
        """A map that replaces nothing."""
        kept: dict[str, Node] = {}
        for key, child in node.value.items():
            if child.value is None:
                self.nothing_to_delete(child, (*path, key), kept)
            else:
                kept[key] = self.without_nulls(child, (*path, key)) if isinstance(child.value, dict) else child
        node.value = kept
        return node

    def nothing_to_delete(self, node: Node, path: tuple[str, ...], beside: Iterable[str]) -> None:
        near = did_you_mean(path[-1], beside, "write a value, {} for an entry without keys, or remove the line")
        self.warnings.append(Problem(node.key or node.mark, ".".join(path), "is empty: null deletes an entry, and there is none here", near))

    def set(self, tree: Node, item: str) -> None:
        """Apply one ``path=value`` from the command line."""
        name, separator, text = item.partition("=")
        mark = Mark(f"--set {harmless(name.strip())}")
        parts = name.strip().split(".")
        if not separator or not all(parts) or len(parts) > MAX_PARTS:
            self.problems.add(Mark("--set"), "", f"'{item}' is not path=value", "write --set policies.diversify.share='60 %'")
            return
        if not text.strip():
            self.problems.add(mark, name.strip(), "has no value", "write null to delete an entry")
            return
        try:
            value = moved(parse_yaml(text, str(mark.file), None, self.budget), mark)
        except InputError as error:
            self.problems.items.extend(Problem(mark, name, p.problem, p.hint) for p in error.problems)
            return
        known = self.known_ids(tree, parts)
        if known is not None and parts[1] not in known:
            self.warnings.append(Problem(mark, ".".join(parts[:2]), "does not exist yet and is made anew", did_you_mean(parts[1], known)))
        target, depth = tree, 0
        for part in parts[:-1]:
            child = _step(target, part)
            if child is None or not isinstance(child.value, (dict, list)):
                break
            target, depth = child, depth + 1
        if isinstance(target.value, list):
            self.set_in_list(target, parts, depth, value)
            return
        over = Node({}, mark, mark)
        insert(over, parts[depth:], value)
        self.merge(target, over, tuple(parts[:depth]))

    def known_ids(self, tree: Node, parts: list[str]) -> list[str] | None:
        """Ids that a path may go through; None where it does not go through an entity."""
        if len(parts) < 3 or parts[0] not in ENTITY_MAPS:
            return None
        entities_of = tree.value.get(parts[0])
        return list(entities_of.value) if entities_of is not None and isinstance(entities_of.value, dict) else []

    def set_in_list(self, target: Node, parts: list[str], depth: int, value: Node) -> None:
        part = parts[depth]
        if len(parts) > depth + 1 or not _is_position(part) or int(part) >= len(target.value):
            self.problems.add(value.mark, ".".join(parts), f"'{part}' is no position in a list of {len(target.value)}", "positions count from 0")
            return
        target.value[int(part)] = value

    def tables(self, tree: Node, path: Path, shown: str) -> None:
        """Fill in tables of entities, and note for those of series which file names them: they are read when all is merged."""
        for key, node in tree.value.items():
            if key in ENTITY_MAPS and isinstance(node.value, dict) and "table" in node.value and not isinstance(node.value["table"].value, dict):
                self.entity_table(node, path, shown, key)
        _note_home(tree, (path, shown))

    def entity_table(self, node: Node, path: Path, shown: str, key: str) -> None:
        for name, child in node.value.items():
            if name not in _BESIDE_TABLE:
                self.problems.add(child.key or child.mark, f"{key}.{name}", "stands beside 'table'", "put it under 'entries:'")
        table = Node(self.from_table(node, path, shown, key, entities) or {}, node.mark, node.key)
        more = node.value.get("entries")
        if more is not None and isinstance(more.value, dict):
            self.merge(table, more, (key,))
        node.value = table.value

    def series_tables(self, node: Node, where: tuple[str, ...]) -> None:
        """Replace every ``{table, column}`` of the merged scenario by the steps that the table holds."""
        for name, child in _branches(node):
            if name in _NOTES:
                continue
            here = (*where, name)
            if not _names_a_table(child):
                self.series_tables(child, here)
                continue
            asked, home = child.value.get("column"), child.value["table"].home
            for key, beside in child.value.items():
                if key not in _BESIDE_COLUMN:
                    self.problems.add(beside.key or beside.mark, ".".join((*here, key)), "stands beside 'table'", did_you_mean(key, _BESIDE_COLUMN))
            found = None
            if asked is None:
                self.problems.add(child.mark, ".".join(here), "'column' is missing", "write {table: prices.csv, column: dy}")
            elif home is None:
                self.problems.add(child.mark, ".".join(here), "tables cannot be named on the command line", "name it in an overlay")
            else:
                path, shown = home
                found = self.from_table(child, path, shown, ".".join(here), partial(column, name=str(asked.value), asked=asked.mark))
            # what cannot be read is reported here and stands as 0, so that nothing follows from it
            child.value = 0 if found is None else found

    def from_table(self, node: Node, path: Path, shown: str, where: str, make: Callable[..., dict[str, Node]]) -> dict[str, Node] | None:
        """What a table holds; problems get the path of the key that asks for it."""
        # what is too large is reported once, and nothing more is read
        opened = self.open_table(node, path, shown, where) if self.budget.left >= 0 else None
        if opened is None:
            return None
        problems = Problems()
        try:
            return self.counted(make(self.rows(*opened, problems), problems=problems), node.mark)
        except InputError as error:
            problems.items.extend(error.problems)
            return None
        finally:
            self.problems.items.extend(Problem(p.mark, ".".join(filter(None, (where, p.path))), p.problem, p.hint) for p in problems.items)

    def counted(self, found: dict[str, Node], asked: Mark) -> dict[str, Node]:
        """What a table gave; each use of it counts, though it is read once."""
        self.budget.take(len(found), asked)
        if len(found) > MAX_ENTRIES:
            raise InputError([Problem(asked, "", f"the table holds more than {MAX_ENTRIES} entries", "leave out what the scenario does not need")])
        return found

    def rows(self, target: Path, shown: str, sheet: str | None, asked: Mark, problems: Problems) -> list[Row]:
        """Rows of a table, read once however many series name it; problems with its cells are reported once as well."""
        key = target, sheet
        if key not in self.read_tables:
            self.read_tables[key] = read_rows(target, shown, sheet, asked, problems, self.budget)
        return self.read_tables[key]

    def open_table(self, node: Node, path: Path, shown: str, where: str) -> tuple[Path, str, str | None, Mark] | None:
        reference = node.value["table"]
        if not isinstance(reference.value, str):
            self.problems.add(reference.mark, where, "'table' is not a file name", "write table: file.csv")
            return None
        target = self.inside(reference, path, where)
        if target is None:
            return None
        sheet = node.value.get("sheet")
        name = _shown(shown, reference.value)
        if name not in self.files:
            try:
                self.files[name] = _digest(target, name)
            except InputError as error:
                self.problems.items.extend(Problem(p.mark, where, p.problem, p.hint) for p in error.problems)
                return None
        return target, name, None if sheet is None else str(sheet.value), reference.mark


def _digest(path: Path, shown: str) -> str:
    """sha256 of a file that may be read."""
    return hashlib.sha256(read_bytes(path, shown)).hexdigest()


def _printed(path: Path) -> str:
    """How messages and records name a file, whatever bytes its name is made of."""
    return harmless(str(path))


def _names_a_table(node: Node) -> bool:
    table = node.value.get("table") if isinstance(node.value, dict) else None
    return isinstance(table, Node) and isinstance(table.value, str)


def _other_form(mine: Node, over: Node) -> bool:
    """Whether one map is a table and the other steps; ``{column: …}`` alone goes on with the table."""
    if _names_a_table(over):
        return not _names_a_table(mine)
    return _names_a_table(mine) and not set(over.value) <= _BESIDE_COLUMN


def _note_home(node: Node, home: tuple[Path, str]) -> None:
    if _names_a_table(node):
        node.value["table"].home = home
    for _, child in _branches(node):
        _note_home(child, home)


def _is_position(part: str) -> bool:
    return part.isascii() and part.isdecimal()


def _step(node: Node, part: str) -> Node | None:
    if isinstance(node.value, list) and _is_position(part) and int(part) < len(node.value):
        return node.value[int(part)] if isinstance(node.value[int(part)], Node) else None
    child = node.value.get(part) if isinstance(node.value, dict) else None
    return child if isinstance(child, Node) else None


def _branches(node: Node) -> Iterator[tuple[str, Node]]:
    """Maps and lists in a map or list."""
    children = node.value.items() if isinstance(node.value, dict) else ((str(place), child) for place, child in enumerate(node.value))
    return ((name, child) for name, child in children if isinstance(child.value, (dict, list)))


def _shown(parent: str, reference: str) -> str:
    """How messages name a file that another one refers to."""
    parts: list[str] = []
    for part in (*Path(parent).parent.parts, *Path(reference).parts):
        if part == ".." and parts and parts[-1] not in ("..", "/"):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(Path(*parts))
