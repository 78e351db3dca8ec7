"""Reads entities and series from CSV files and Excel sheets, each cell with its place."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import InputError, Mark, Problem, Problems, did_you_mean, listed
from planner.scenario.characters import harmless, steering
from planner.scenario.reader import Budget, Node, parse_yaml, read_bytes, read_text, scalar
from planner.scenario.workbook import Opened, WorkbookError, opened

Row = list[Node]
MAX_PARTS = 32
MAX_COLUMNS = 2_000


def read_rows(path: Path, shown: str, sheet: str | None, asked: Mark, problems: Problems, budget: Budget | None = None) -> list[Row]:
    """Rows of a CSV file or Excel sheet, the header first; cells are scalars with their places.

    Args:
        path: An existing file inside the root.
        shown: The name that messages use.
        sheet: Sheet of an Excel file; None takes the only one.
        asked: Where the scenario asks for the table.
        problems: Takes what is wrong with single cells.
        budget: What all files of the scenario together may hold.

    Raises:
        InputError: for files that cannot be read, sheets that do not exist, or a table without a header.
    """
    if path.suffix.lower() == ".csv":
        rows = _csv_rows(path, shown, Cells(problems, budget or Budget()))
    elif path.suffix.lower() in (".xlsx", ".xlsm"):
        rows = _sheet_rows(path, shown, sheet, asked, Cells(problems, budget or Budget()))
    else:
        raise InputError([Problem(asked, "", f"'{path.name}' is neither a CSV file nor an Excel workbook", "use .csv or .xlsx")])
    if not rows or all(cell.value is None for cell in rows[0]):
        raise InputError([Problem(Mark(shown), "", "the table has no header", "name the keys in its first row")])
    if len(rows[0]) == 1 and ";" in _text(rows[0][0]):
        raise InputError([Problem(rows[0][0].mark, "", "the columns are separated by ';'", "save it with ',' between the columns")])
    _check_header(rows[0], problems)
    return rows


def _check_header(header: Row, problems: Problems) -> None:
    """Columns that would overwrite one another are reported: the same name, or a key beside keys nested in it."""
    seen: dict[str, int] = {}
    inner: dict[str, str] = {}
    """Every key that holds others, with a column that says so."""
    if len(header) > MAX_COLUMNS:
        raise InputError([Problem(header[MAX_COLUMNS].mark, "", f"the table has more than {MAX_COLUMNS:,} columns", "one key a column, one id a row")])
    for position, cell in enumerate(header, 1):
        name = _text(cell)
        outer = [".".join(name.split(".")[:length]) for length in range(1, min(name.count("."), MAX_PARTS) + 1)]
        nested = [other for other in outer if other in seen] + ([inner[name]] if name in inner else [])
        if name.count(".") > MAX_PARTS:
            problems.add(cell.mark, "", f"the header has more than {MAX_PARTS} dots")
        elif name in seen:
            problems.add(cell.mark, "", f"duplicate column '{name}'", f"first used in column {seen[name]}")
        elif name and nested:
            problems.add(cell.mark, "", f"column '{name}' stands beside column '{nested[0]}'", "keep one of them: a key is either a value or a map")
        elif name:
            seen[name] = position
            inner.update(dict.fromkeys(outer, name))


@dataclass(frozen=True)
class Cells:
    """Makes cells: problems are noted, and every cell counts."""

    problems: Problems
    budget: Budget
    place: type[Mark] = Mark
    """How the place of a cell in a workbook is written."""

    def text(self, text: str, mark: Mark) -> Node:
        """The value of a cell's text; what is wrong with it is noted, and its text stands."""
        self.budget.take(1, mark)
        text = self.checked(text, mark)
        try:
            if text[:1] in ("[", "{"):
                return Node(moved(parse_yaml(text, mark.file, None, self.budget), mark).value, mark)
            return Node(scalar(text), mark)
        except ValueError as error:
            self.problems.add(mark, "", str(error))
        except InputError as error:
            self.problems.items.extend(Problem(mark, "", problem.problem, problem.hint) for problem in error.problems)
        return Node(text, mark)

    def checked(self, text: str, mark: Mark) -> str:
        """The text without control characters; they are noted."""
        found = steering(text)
        if not found:
            return text
        self.problems.add(mark, "", f"holds the control character {found}", "remove it")
        return harmless(text)

    def value(self, value: Any, mark: Mark) -> Node:
        """The value of a cell of a workbook."""
        if isinstance(value, str):
            return self.text(value.strip(), mark)
        self.budget.take(1, mark)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return Node(int(value), mark)
        if isinstance(value, float) and not math.isfinite(value):
            self.problems.add(mark, "", "is not a finite number")
            return Node(0, mark)
        if isinstance(value, dt.datetime):
            return Node(value.date().isoformat(), mark)
        if isinstance(value, (dt.date, dt.time)):
            return Node(value.isoformat(), mark)
        return Node(str(value) if isinstance(value, dt.timedelta) else value, mark)


def _csv_rows(path: Path, shown: str, make: Cells) -> list[Row]:
    reader = csv.reader(io.StringIO(read_text(path, shown), newline=""), strict=True)
    try:
        return [[make.text(text.strip(), Mark(shown, reader.line_num, column)) for column, text in enumerate(cells, 1)] for cells in reader]
    except csv.Error as error:
        raise InputError([Problem(Mark(shown, reader.line_num), "", f"is not valid CSV: {error}")]) from None


def _sheet_rows(path: Path, shown: str, sheet: str | None, asked: Mark, make: Cells) -> list[Row]:
    try:
        book = opened(read_bytes(path, shown))
        if sheet is None and len(book.names) != 1:
            raise InputError([Problem(asked, "", f"'{path.name}' has several sheets", f"name one with sheet: {listed(book.names)}")])
        name = book.names[0] if sheet is None else sheet
        if name not in book.names:
            near = did_you_mean(name, book.names, f"it has {listed(book.names)}")
            raise InputError([Problem(asked, "", f"'{path.name}' has no sheet '{name}'", near)])
        return sheet_cells(book, name, f"{shown}[{harmless(name)}]", make)
    except WorkbookError as error:
        raise InputError([Problem(asked, "", f"'{path.name}' {error}")]) from None


def sheet_cells(book: Opened, name: str, called: str, make: Cells) -> list[Row]:
    """Cells of a sheet of a workbook, by row; what is wrong with them is noted.

    Args:
        book: The workbook.
        name: One of its sheets.
        called: What messages call the sheet.
        make: Makes the cells.

    Raises:
        WorkbookError: if the sheet cannot be read.
    """
    # a workbook of one sheet may be known by another name inside
    asked = name if len(book.names) > 1 else None
    faults = {(line, column): text for line, column, text in book.book.errors(asked)}
    for (line, column), text in faults.items():
        make.problems.add(make.place(called, line, column), "", f"the cell holds the error {text}", "mend the formula")
    for line, column in book.book.unfinished(asked):
        hint = "open the workbook in a spreadsheet program and save it"
        make.problems.add(make.place(called, line, column), "", "the cell holds a formula without its value", hint)
        faults[line, column] = "="
    # the reader gives such cells back as empty ones; what is told already must not be told as missing too
    rows = enumerate(book.rows(name), 1)
    return [[make.value(faults.get((line, c), value), make.place(called, line, c)) for c, value in enumerate(cells, 1)] for line, cells in rows]


def moved(node: Node, mark: Mark) -> Node:
    """The same node with one place for all of its parts: a cell, or an option of the command line."""
    if isinstance(node.value, dict):
        return Node({key: moved(child, mark) for key, child in node.value.items()}, mark, mark)
    if isinstance(node.value, list):
        return Node([moved(child, mark) for child in node.value], mark, mark)
    return Node(node.value, mark, mark)


def entities(rows: list[Row], problems: Problems) -> dict[str, Node]:
    """Entities from rows: one id a row, one key a column, dotted headers for nested keys."""
    names = [_text(cell) for cell in rows[0]]
    position = names.index("id") if "id" in names else 0
    found: dict[str, Node] = {}
    for cells in rows[1:]:
        if position >= len(cells) or cells[position].value is None:
            if any(cell.value is not None for cell in cells):
                problems.add(cells[0].mark, "", "the row has no id", f"fill column '{names[position]}'")
            continue
        key = cells[position]
        if _text(key) in found:
            problems.add(key.mark, _text(key), f"duplicate id '{_text(key)}'", "one row per id")
            continue
        found[_text(key)] = _entity(names, cells, position, problems)
    return found


def _entity(names: list[str], cells: Row, position: int, problems: Problems) -> Node:
    key = cells[position]
    entity = Node({}, key.mark, key.mark)
    for column, cell in enumerate(cells):
        if column != position and cell.value is not None:
            name = names[column] if column < len(names) else ""
            if name and name.count(".") <= MAX_PARTS:
                insert(entity, name.split("."), cell)
            elif not name:
                problems.add(cell.mark, _text(key), "the cell stands in a column without a header")
    return entity


def column(rows: list[Row], name: str, asked: Mark, problems: Problems) -> dict[str, Node]:
    """A step map from a table: dates in the column ``date`` (or the first one), values in column ``name``.

    Raises:
        InputError: where there is no such column.
    """
    names = [_text(cell) for cell in rows[0]]
    if name not in names:
        raise InputError([Problem(asked, "", f"the table has no column '{name}'", did_you_mean(name, names, f"it has {listed(names)}"))])
    dates, values = (names.index("date") if "date" in names else 0), names.index(name)
    steps: dict[str, Node] = {}
    for cells in rows[1:]:
        value = cells[values] if values < len(cells) else None
        if value is None or value.value is None:
            continue
        if dates >= len(cells) or cells[dates].value is None:
            problems.add(cells[0].mark, "", "the row has no date", f"fill column '{names[dates]}'")
            continue
        date = _text(cells[dates])
        if date in steps:
            problems.add(cells[dates].mark, "", f"the date {date} stands twice", "one row per date")
            continue
        steps[date] = Node(value.copy().value, value.mark, cells[dates].mark)
    return steps


def insert(target: Node, path: list[str], value: Node) -> None:
    """Set a value below a node of maps, making maps on the way."""
    for part in path[:-1]:
        child = target.value.get(part)
        if child is None or not isinstance(child.value, dict):
            child = Node({}, value.mark, value.key or value.mark)
            target.value[part] = child
        target = child
    # a cell may hold a list, and several entities may stand in one table
    target.value[path[-1]] = Node(value.copy().value, value.mark, value.key or value.mark)


def _text(cell: Node) -> str:
    return "" if cell.value is None else str(cell.value)
