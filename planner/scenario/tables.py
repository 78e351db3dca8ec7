"""Reads entities and series from CSV files and Excel sheets, each cell with its place."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planner.errors import InputError, Mark, Problem, did_you_mean, listed
from planner.scenario.reader import Node, parse_yaml, read_text, scalar

MAX_EXPANDED = 200_000_000
Row = list[Node]


def read_rows(path: Path, shown: str, sheet: str | None, asked: Mark) -> Iterator[Row]:
    """Rows of a CSV file or Excel sheet, the header first; cells are scalars with their places.

    Args:
        path: An existing file inside the root.
        shown: The name that messages use.
        sheet: Sheet of an Excel file; None takes the only one.
        asked: Where the scenario asks for the table.

    Raises:
        InputError: for files that cannot be read or sheets that do not exist.
    """
    if path.suffix.lower() == ".csv":
        return _csv_rows(path, shown)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods"):
        return _sheet_rows(path, shown, sheet, asked)
    raise InputError([Problem(asked, "", f"'{path.name}' is neither a CSV file nor an Excel workbook", "use .csv or .xlsx")])


def _csv_rows(path: Path, shown: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(read_text(path, shown), newline=""), strict=True)
    try:
        for cells in reader:
            yield [_cell(text.strip(), Mark(shown, reader.line_num, column)) for column, text in enumerate(cells, 1)]
    except csv.Error as error:
        raise InputError([Problem(Mark(shown, reader.line_num), "", f"is not valid CSV: {error}")]) from None


def _sheet_rows(path: Path, shown: str, sheet: str | None, asked: Mark) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_EXPANDED:
                raise InputError([Problem(asked, "", f"'{path.name}' unpacks to more than {MAX_EXPANDED // 10**6} MB")])
    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        raise InputError([Problem(asked, "", f"'{path.name}' cannot be read as a workbook: {error}")]) from None
    names = workbook.sheet_names
    if sheet is None and len(names) != 1:
        raise InputError([Problem(asked, "", f"'{path.name}' has several sheets", f"name one with sheet: {listed(names)}")])
    name = names[0] if sheet is None else sheet
    if name not in names:
        raise InputError([Problem(asked, "", f"'{path.name}' has no sheet '{name}'", did_you_mean(name, names, f"it has {listed(names)}"))])
    book = f"{shown}[{name}]"
    for line, cells in enumerate(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), 1):
        yield [_excel_cell(value, Mark(book, line, column)) for column, value in enumerate(cells, 1)]


def _excel_cell(value: Any, mark: Mark) -> Node:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return Node(int(value), mark)
    if isinstance(value, dt.datetime):
        return Node(value.date().isoformat(), mark)
    if isinstance(value, dt.date):
        return Node(value.isoformat(), mark)
    return _cell(value.strip(), mark) if isinstance(value, str) else Node(value, mark)


def _cell(text: str, mark: Mark) -> Node:
    if text[:1] in ("[", "{"):
        inner = parse_yaml(text, mark.file)
        return Node(moved(inner, mark).value, mark)
    try:
        return Node(scalar(text), mark)
    except ValueError as error:
        raise InputError([Problem(mark, "", str(error))]) from None


def moved(node: Node, mark: Mark) -> Node:
    """The same node with one place for all of its parts: a cell, or an option of the command line."""
    if isinstance(node.value, dict):
        return Node({key: moved(child, mark) for key, child in node.value.items()}, mark, mark)
    if isinstance(node.value, list):
        return Node([moved(child, mark) for child in node.value], mark, mark)
    return Node(node.value, mark, mark)


def entities(rows: Iterator[Row]) -> tuple[dict[str, Node], list[Problem]]:
    """Entities from rows: one id a row, one key a column, dotted headers for nested keys."""
    problems: list[Problem] = []
    header, body = _split(rows)
    names = [_text(cell) for cell in header]
    position = names.index("id") if "id" in names else 0
    found: dict[str, Node] = {}
    for cells in body:
        if position >= len(cells) or cells[position].value is None:
            if any(cell.value is not None for cell in cells):
                problems.append(Problem(cells[0].mark, "", "the row has no id", f"fill column '{names[position]}'"))
            continue
        key = cells[position]
        if _text(key) in found:
            problems.append(Problem(key.mark, _text(key), f"duplicate id '{_text(key)}'", "one row per id"))
            continue
        entity = Node({}, key.mark, key.mark)
        for column, cell in enumerate(cells):
            if column != position and cell.value is not None:
                name = names[column] if column < len(names) else ""
                if not name:
                    problems.append(Problem(cell.mark, _text(key), "the cell stands in a column without a header"))
                    continue
                insert(entity, name.split("."), cell)
        found[_text(key)] = entity
    return found, problems


def column(rows: Iterator[Row], name: str, asked: Mark) -> dict[str, Node]:
    """A step map from a table: dates in the column ``date`` (or the first one), values in column ``name``.

    Raises:
        InputError: where there is no such column.
    """
    header, body = _split(rows)
    names = [_text(cell) for cell in header]
    if name not in names:
        raise InputError([Problem(asked, "", f"the table has no column '{name}'", did_you_mean(name, names, f"it has {listed(names)}"))])
    dates, values = (names.index("date") if "date" in names else 0), names.index(name)
    steps: dict[str, Node] = {}
    for cells in body:
        if values < len(cells) and cells[values].value is not None and cells[dates].value is not None:
            date = _text(cells[dates])
            if date in steps:
                raise InputError([Problem(cells[dates].mark, "", f"the date {date} stands twice", "one row per date")])
            steps[date] = Node(cells[values].value, cells[values].mark, cells[dates].mark)
    return steps


def insert(target: Node, path: list[str], value: Node) -> None:
    """Set a value below a node of maps, making maps on the way."""
    for part in path[:-1]:
        child = target.value.get(part)
        if child is None or not isinstance(child.value, dict):
            child = Node({}, value.mark, value.key or value.mark)
            target.value[part] = child
        target = child
    target.value[path[-1]] = Node(value.value, value.mark, value.key or value.mark)


def _split(rows: Iterator[Row]) -> tuple[Row, Iterator[Row]]:
    return next(rows, []), rows


def _text(cell: Node) -> str:
    return "" if cell.value is None else str(cell.value)
