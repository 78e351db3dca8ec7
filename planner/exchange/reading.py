"""A workbook as a scenario: every cell with its place, every problem at the cell that has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from planner.errors import InputError, Mark, Problem, Problems, did_you_mean, listed
from planner.exchange.cells import CellMark, ScenarioCells
from planner.exchange.cover import COVER, PREFIX
from planner.exchange.scenario_sheets import KEYS, KINDS, LEGEND, SHEETS, SHIPMENTS
from planner.scenario.characters import harmless
from planner.scenario.load import Loaded, assemble, keys_at
from planner.scenario.overlay import Sources
from planner.scenario.reader import Budget, Node, read_bytes
from planner.scenario.tables import MAX_COLUMNS, MAX_PARTS, Row, entities, insert, sheet_cells
from planner.scenario.workbook import Opened, WorkbookError, opened

SUFFIXES = (".xlsx", ".xlsm")


def read_book(path: str | Path) -> Loaded:
    """Read the scenario that a workbook holds.

    Args:
        path: A workbook with the sheets that :func:`planner.exchange.scenario_sheets` writes; formulas count by their stored values.

    Returns:
        The scenario; its warnings say which sheets are missing.

    Raises:
        InputError: with all problems, each with file, sheet, cell and key.
    """
    path = Path(path)
    shown = harmless(str(path))
    if path.suffix.lower() not in SUFFIXES:
        raise InputError([Problem(Mark(shown), "", "is not an Excel workbook by its name", "use .xlsx")])
    raw = read_bytes(path, shown)
    try:
        reader = _Reader(shown, opened(raw, _unread))
        tree = reader.scenario()
    except WorkbookError as error:
        raise InputError([Problem(Mark(shown), "", str(error))]) from None
    sources = Sources(tree, {shown: hashlib.sha256(raw).hexdigest()}, reader.warnings, reader.found())
    return assemble(harmless(path.stem), sources, partial=reader.partial)


@dataclass
class _Reader:
    """Reads one workbook; what is wrong is noted, and the rest goes on."""

    shown: str
    book: Opened
    problems: Problems = field(default_factory=Problems)
    warnings: list[Problem] = field(default_factory=list)
    partial: bool = False
    """Whether a sheet or a column is not known, so that what it holds seems to be missing."""
    paths: dict[Mark, str] = field(default_factory=dict)
    """The key that each cell sets."""
    cells: ScenarioCells = field(init=False)

    def __post_init__(self) -> None:
        self.cells = ScenarioCells(self.problems, Budget(), CellMark)

    def scenario(self) -> Node:
        """The whole tree."""
        self.check_sheets()
        tree = Node({}, CellMark(self.called(KEYS)))
        if KEYS in self.book.names:
            self.keys(tree)
        for kind in KINDS:
            if kind in self.book.names:
                self.kind(tree, kind)
        return tree

    def found(self) -> list[Problem]:
        """All problems; those of single cells with the key that the cell sets."""
        return [Problem(p.mark, p.path or self.paths.get(p.mark, ""), p.problem, p.hint) for p in self.problems.items]

    def called(self, sheet: str) -> str:
        return f"{self.shown}[{harmless(sheet)}]"

    def stray(self, mark: Mark, path: str, problem: str, hint: str) -> None:
        """Note a name that is not known; what it holds is not read, and not asked for either."""
        self.problems.add(mark, path, problem, hint)
        self.partial = True

    def check_sheets(self) -> None:
        """Sheets that nobody reads are refused unless they say so: one may be a sheet of the scenario under another name."""
        missing = [name for name in SHEETS if name not in self.book.names]
        if len(missing) == len(SHEETS):
            hint = "make one with: plan export FOLDER --xlsx"
            raise InputError([Problem(Mark(self.shown), "", f"holds no sheet of a scenario, such as '{KEYS}'", hint)])
        for name in self.book.names:
            if name not in SHEETS and not _unread(name):
                otherwise = "delete it, or let its name begin with _ to keep it unread"
                self.stray(CellMark(self.called(name)), "", "a sheet of this name is not known", did_you_mean(name, missing, otherwise))
        if KEYS in missing:
            near = did_you_mean(KEYS, self.book.names, "it holds version, title, horizon and money in columns 'key' and 'value'")
            self.stray(Mark(self.shown), "", f"has no sheet '{KEYS}'", near)
            missing.remove(KEYS)
        if missing and not self.partial:
            self.warnings.append(Problem(Mark(self.shown), "", f"has no sheet {listed(missing, 20)}: the scenario has none of them"))

    def rows(self, sheet: str, *needed: str) -> tuple[list[str], list[Row]]:
        """(header, rows below it) of a sheet; nothing where the header lacks a column that is needed."""
        rows = sheet_cells(self.book, sheet, self.called(sheet), self.cells)
        if not rows:
            return [], []
        names = ["" if cell.value is None else str(cell.value) for cell in rows[0]]
        seen: dict[str, str] = {}
        for column, (name, cell) in enumerate(zip(names, rows[0], strict=True)):
            if name and name in seen:
                self.problems.add(cell.mark, f"{sheet}.{name}", f"duplicate column '{name}'", f"first used in {seen[name]}")
                _leave_out(rows, column)
            seen.setdefault(name, str(cell.mark).rpartition("!")[2])
        lost = [name for name in needed if name not in names]
        if len(names) > MAX_COLUMNS:
            self.stray(rows[0][MAX_COLUMNS].mark, sheet, f"the sheet has more than {MAX_COLUMNS:,} columns", "one key a column, one id a row")
            return [], []
        for name in lost:
            hint = did_you_mean(name, filter(None, names), "its header stands in the first row of the sheet")
            self.stray(rows[0][0].mark, sheet, f"the sheet has no column '{name}'", hint)
        return ([], []) if lost else (names, rows)

    def keys(self, tree: Node) -> None:
        """The keys that are no entities: one a row."""
        names, rows = self.rows(KEYS, "key", "value")
        at, to = (names.index("key"), names.index("value")) if names else (0, 0)
        seen: dict[str, Node] = {}
        for row in rows[1:]:
            key, value = row[at], row[to]
            if key.value is None:
                if value.value is not None:
                    self.problems.add(value.mark, "", "the row has no key", "fill column 'key'")
                continue
            path = str(key.value)
            self.paths[value.mark] = path
            if path in seen:
                self.problems.add(key.mark, path, f"duplicate key '{path}'", f"first used in {str(seen[path].mark).rpartition('!')[2]}")
            elif self.known(key.mark, path, ()) and value.value is not None and self.free(tree, path, value.mark):
                seen[path] = key
                insert(tree, path.split("."), Node(value.value, value.mark, key.mark))

    def kind(self, tree: Node, kind: str) -> None:
        """The entities of one kind: one a row."""
        names, rows = self.rows(kind, *(() if kind == SHIPMENTS else ("id",)))
        if not rows:
            return
        for column, (name, cell) in enumerate(zip(names, rows[0], strict=True)):
            if name and not (name == "id" and kind != SHIPMENTS) and not self.known(cell.mark, name, (kind, "0")):
                _leave_out(rows, column)
        if kind == SHIPMENTS:
            rows = [[Node("id", rows[0][0].mark), *rows[0]], *numbered(rows[1:])]
        identity = [cell.value for cell in rows[0]].index("id")
        for row in rows[1:]:
            self.note_paths(kind, rows[0], row, identity)
        noted = Problems()
        found = entities(rows, noted)
        self.problems.items.extend(Problem(p.mark, f"{kind}.{p.path}" if p.path else kind, p.problem, p.hint) for p in noted.items)
        if found:
            mark = rows[0][0].mark
            tree.value[kind] = Node(list(found.values()) if kind == SHIPMENTS else found, mark, mark)

    def note_paths(self, kind: str, header: Row, row: Row, identity: int) -> None:
        """Which key each cell sets; what stands beside keys inside it is reported and left out."""
        for name, cell in zip(header, row, strict=True):
            self.paths[cell.mark] = ".".join(str(part) for part in (kind, row[identity].value, name.value) if part is not None)
        given = {str(name.value): column for column, (name, cell) in enumerate(zip(header, row, strict=True)) if name.value and cell.value is not None}
        for key, column in given.items():
            outer = next((other for other in _outer(key) if other in given), None)
            if outer is not None:
                problem = f"stands beside a value in column '{outer}'"
                self.problems.add(row[column].mark, self.paths[row[column].mark], problem, "empty one of them: a key is either a value or a map")
                row[column] = Node(None, row[column].mark)

    def known(self, mark: Mark, name: str, above: tuple[str, ...]) -> bool:
        """Whether the language knows a dotted key at a place; reported once, at its header."""
        parts = name.split(".")
        shown = ".".join((*above[:1], name))
        if len(parts) > MAX_PARTS or not all(parts):
            self.stray(mark, shown, f"'{name}' is no key", f"keys are joined by single dots, at most {MAX_PARTS} of them")
            return False
        if not above and parts[0] in KINDS:
            self.stray(mark, shown, f"'{parts[0]}' has a sheet of its own", f"write it on the sheet '{parts[0]}'")
            return False
        for depth, part in enumerate(parts):
            keys = [key for key in keys_at((*above, *parts[:depth])) if above or depth or key not in KINDS]
            if keys and part not in keys:
                start = ".".join(parts[:depth]) + "." if depth else ""
                everything = [*(start + key for key in keys), *([] if depth else self.nested(keys, above))]
                self.stray(mark, shown, f"unknown key '{name}'", did_you_mean(name, everything, f"known are {listed((start + key for key in keys), 40)}"))
                return False
        return True

    def nested(self, keys: list[str], above: tuple[str, ...]) -> list[str]:
        """Keys of maps inside, as they stand in headers."""
        return [f"{key}.{inner}" for key in keys for inner in keys_at((*above, key))]

    def free(self, tree: Node, path: str, mark: Mark) -> bool:
        """Whether a key can be set: neither it nor what it stands in has a value."""
        node = tree
        parts = path.split(".")
        for part in parts[:-1]:
            child = node.value.get(part)
            if child is None:
                return True
            if not isinstance(child.value, dict):
                break
            node = child
        else:
            if parts[-1] not in node.value:
                return True
        self.problems.add(mark, path, "stands beside a value of the same key", "empty one of them: a key is either a value or a map")
        return False


def _leave_out(rows: list[Row], column: int) -> None:
    """Empty a column below its header, whose problem is told already."""
    for row in rows[1:]:
        row[column] = Node(None, row[column].mark)


def _unread(sheet: str) -> bool:
    """Whether a sheet holds results, help, or what a planner keeps for themselves."""
    return sheet in (COVER, LEGEND) or sheet.startswith((PREFIX, "_"))


def _outer(name: str) -> Iterator[str]:
    """The keys that a dotted key stands in, the nearest last."""
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def numbered(rows: list[Row]) -> Iterator[Row]:
    """Rows with a number in front, as an id for what has none; empty rows have none."""
    number = 0
    for row in rows:
        first = next((cell for cell in row if cell.value is not None), None)
        yield [Node(None if first is None else str(number), (first or row[0]).mark), *row]
        number += first is not None
