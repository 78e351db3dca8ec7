"""Draws sheets into the bytes of a workbook."""

from __future__ import annotations

import datetime as dt
import io
import math
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from planner.errors import InputError
from planner.scenario.characters import harmless
from planner.sheets import LONGEST_TEXT, OWN, Chart, Kind, Sheet

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_NAME = 31
FORMATS: dict[Kind, str] = {"general": "General", "money": "#,##0", "quantity": "#,##0.00##", "share": "0.0 %", "year": "0", "count": "#,##0"}
MEASURED_ROWS = 2_000
"""Rows that the width of a column is taken from."""
NARROWEST = 6
LINE = 15.0
"""Height of a line of text, in points."""
CHART = (720, 360)
"""Width and height of a chart, in pixels; a row is 20 pixels high."""
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


class _Exact(float):
    """A number that is written with all of its digits: XlsxWriter asks for 16, and a double has up to 17."""

    def __format__(self, _: str) -> str:
        """The shortest text that means this very number."""
        return float.__repr__(self)


def drawn(where: str, sheets: Sequence[Sheet], title: str) -> bytes:
    """A workbook.

    Args:
        where: What messages call it.
        sheets: In the order of the tabs.
        title: Among the properties of the document.

    Raises:
        InputError: for tables and texts that do not fit.
    """
    import xlsxwriter

    for sheet in sheets:
        _check_size(where, sheet)
    made = io.BytesIO()
    inert = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(made, {"in_memory": True, **inert}) as book:
        book.set_properties({"title": _written(title)[:255], "created": _created(), "comments": "Written by Stopgap (plan)."})
        book.set_calc_mode("auto")
        names = legal_names([sheet.name for sheet in sheets])
        places = {sheet.name: (name, sheet) for name, sheet in zip(names, sheets, strict=True)}
        pages = [(book.add_worksheet(name), sheet) for name, sheet in zip(names, sheets, strict=True)]
        for page, sheet in pages:
            _Page(where, book, page, sheet).draw(places)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(OWN, (1980, 1, 1, 0, 0, 0)), '<?xml version="1.0" encoding="UTF-8"?>\n<stopgap workbook="1"/>')
    return made.getvalue()


def legal_names(names: Sequence[str]) -> list[str]:
    """Names that Excel takes for sheets: short, without brackets, slashes, ``:``, ``*`` and ``?``, no two alike but for capitals."""
    taken: set[str] = {"history"}
    found = []
    for name in names:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f]", "_", _written(name)).strip("'") or "sheet"
        number, unique = 1, plain[:LONGEST_NAME]
        while unique.casefold() in taken:
            number += 1
            unique = f"{plain[: LONGEST_NAME - 1 - len(str(number))]}~{number}"
        taken.add(unique.casefold())
        found.append(unique)
    return found


def _created() -> dt.datetime:
    """The time that the document says it was made: a fixed one, so that the same plan gives the same bytes."""
    try:
        return dt.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), dt.UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return EARLIEST


def _check_size(where: str, sheet: Sheet) -> None:
    rows, columns = _top(sheet) + 1 + len(sheet.frame), len(sheet.frame.columns)
    if rows > MOST_ROWS:
        raise InputError(f"{where}: sheet '{sheet.name}' would have {rows:,} rows; a sheet holds {MOST_ROWS:,}")
    if columns > MOST_COLUMNS:
        raise InputError(f"{where}: sheet '{sheet.name}' would have {columns:,} columns; a sheet holds {MOST_COLUMNS:,}")


def _top(sheet: Sheet) -> int:
    """Row of the header, counted from 0."""
    lines = bool(sheet.title) + len(sheet.notes)
    return lines + 1 if lines else 0


def _written(text: str) -> str:
    """A text without what no XML may hold."""
    return _NOT_XML.sub(lambda match: harmless(match[0]) if match[0] < "\ue000" else "\ufffd", text)


class _Page:
    """One sheet while it is drawn."""

    def __init__(self, where: str, book: Any, page: Any, sheet: Sheet) -> None:
        self.where, self.book, self.page, self.sheet = where, book, page, sheet
        self.top = _top(sheet)
        self.names = [str(name) for name in sheet.frame.columns]
        # a column may hold anything: its values as Python has them, not as its type would
        self.columns = [sheet.frame.iloc[:, position].astype(object).tolist() for position in range(len(self.names))]
        self.form = cache(self._form)

    def draw(self, places: dict[str, tuple[str, Sheet]]) -> None:
        """Everything of the sheet."""
        self.above()
        widths = [self.width(name, values) for name, values in zip(self.names, self.columns, strict=True)]
        for position, width in enumerate(widths):
            self.page.set_column(position, position, width)
        self.table(widths)
        self.around()
        below = self.top
        for chart in self.sheet.charts:
            self.chart(chart, *places[chart.sheet or self.sheet.name], below)
            below += CHART[1] // 20 + 1

    def above(self) -> None:
        """Title and notes."""
        if self.sheet.title:
            self.page.write_string(0, 0, self.text(self.sheet.title, 0, 0), self.form("title"))
        for row, note in enumerate(self.sheet.notes, bool(self.sheet.title)):
            self.page.write_string(row, 0, self.text(note, row, 0), self.form("note"))

    def around(self) -> None:
        """What stays in sight, the filter, and how it prints."""
        rows, columns = len(self.sheet.frame), len(self.names)
        self.page.freeze_panes(self.top + 1, self.sheet.frozen)
        if columns:
            self.page.autofilter(self.top, 0, self.top + rows, columns - 1)
        self.page.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.fit_to_pages(1, 0)
        self.page.repeat_rows(self.top)

    def table(self, widths: list[float]) -> None:
        """Header and cells."""
        for column, name in enumerate(self.names):
            # a heading stands over its numbers
            form = self.form("number header" if any(isinstance(value, int | float) for value in self.columns[column]) else "header")
            self.page.write_string(self.top, column, self.text(name, self.top, column), form)
        units = self.columns[self.names.index(self.sheet.unit)] if self.sheet.unit in self.names else None
        wrapped = [any(_lines(value, width) > 1 for value in values[:MEASURED_ROWS]) for values, width in zip(self.columns, widths, strict=True)]
        for number, values in enumerate(zip(*self.columns, strict=True)):
            row = self.top + 1 + number
            if any(wrapped):
                lines = max(_lines(value, width) for value, width in zip(values, widths, strict=True))
                self.page.set_row(row, LINE * min(lines, self.sheet.tallest))
            for column, value in enumerate(values):
                kind = self.kind(self.names[column], units[number] if units is not None else "")
                self.cell(row, column, value, kind, wrapped[column])

    def kind(self, name: str, unit: Any) -> Kind:
        """How a number of a column is shown in a row of that unit."""
        if name in self.sheet.kinds:
            return self.sheet.kinds[name]
        if not isinstance(unit, str) or not unit:
            return "general"
        return "money" if unit == self.sheet.currency else "share" if unit == "share" else "quantity"

    def cell(self, row: int, column: int, value: Any, kind: Kind, wrap: bool) -> None:
        """Write one value; nothing where there is none."""
        if isinstance(value, bool):
            self.page.write_boolean(row, column, value, self.form("text"))
        elif isinstance(value, (int, float)) or hasattr(value, "dtype"):
            number = float(value)
            if math.isfinite(number):
                self.page.write_number(row, column, _Exact(number), self.form(kind))
        elif isinstance(value, (dt.date, dt.datetime)):
            self.page.write_string(row, column, value.isoformat(), self.form("text"))
        elif value is not None and value != "":
            self.page.write_string(row, column, self.text(str(value), row, column), self.form("wrapped" if wrap else "text"))

    def text(self, text: str, row: int, column: int) -> str:
        """A text that fits a cell.

        Raises:
            InputError: if it does not; nothing is cut off silently.
        """
        if len(text) > LONGEST_TEXT:
            place = f"sheet '{self.sheet.name}', row {row + 1}, column '{self.names[column]}'"
            raise InputError(f"{self.where}: {place}: a text of {len(text):,} characters; a cell holds {LONGEST_TEXT:,}")
        return _written(text)

    def width(self, name: str, values: list[Any]) -> float:
        """Width of a column, in characters: of its header with the filter's arrow, or of its contents."""
        longest = max((_length(value) for value in values[:MEASURED_ROWS]), default=0)
        return float(max(NARROWEST, min(len(name), self.sheet.widest) + 4, min(longest, self.sheet.widest) + 2))

    def _form(self, name: str) -> Any:
        """A cell format, made once a sheet."""
        base: dict[str, Any] = {"valign": "top"}
        if name in ("header", "number header"):
            base |= {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, **({} if name == "header" else {"align": "right"})}
        elif name == "title":
            base |= {"bold": True, "font_size": 14}
        elif name == "note":
            base |= {"font_color": "#555555"}
        elif name in FORMATS:
            base |= {"num_format": next(text for kind, text in FORMATS.items() if kind == name)}
        else:
            base |= {"align": "left", "text_wrap": name == "wrapped"}
        return self.book.add_format(base)

    def chart(self, chart: Chart, name: str, sheet: Sheet, row: int) -> None:
        """Draw one chart from the numbers of a sheet."""
        base, _, sub = {"stacked column": "column stacked", "stacked area": "area stacked"}.get(chart.kind, chart.kind).partition(" ")
        made = self.book.add_chart({"type": base, **({"subtype": sub} if sub else {})})
        for series in _series(chart, name, sheet):
            made.add_series({**series, **({"gap": 40} if base in ("bar", "column") else {})})
        # a title that begins with "=" would be taken for a reference
        made.set_title({"name": f" {_written(chart.title)}", "name_font": {"size": 12}, "overlay": False})
        numbers = _axis(chart, sheet)
        # categories stand where bars of negative numbers do not run over them; the first one is the uppermost
        words = {"label_position": "low", "reverse": base == "bar"}
        made.set_y_axis(words if base == "bar" else numbers)
        made.set_x_axis(numbers if base == "bar" else words)
        made.set_legend({"none": True} if len(chart.y) == 1 and chart.by == "column" else {"position": "bottom"})
        made.set_size({"width": CHART[0], "height": CHART[1]})
        self.page.insert_chart(row, len(self.names) + 1, made)


MILLIONS = 2e7
"""Numbers from here on are shown in millions along an axis."""


def _axis(chart: Chart, sheet: Sheet) -> dict[str, Any]:
    """The axis of numbers: from zero on where nothing is negative, as a bar that is cut off misleads."""
    last = len(sheet.frame) if chart.last is None else chart.last + 1
    cells = sheet.frame[list(chart.y)].iloc[chart.first : last].to_numpy().ravel().tolist()
    numbers = [cell for cell in cells if isinstance(cell, int | float) and math.isfinite(cell)]
    large = chart.shown == "money" and max(map(abs, numbers), default=0.0) >= MILLIONS
    unit = f"million {chart.unit}" if large and chart.unit else chart.unit
    # each comma of a format divides by a thousand, which all programs know; display units only some do
    shown = "#,##0,," if large else FORMATS[chart.shown]
    axis: dict[str, Any] = {"num_format": shown, "name": f" {unit}" if unit else "", "major_gridlines": {"visible": True}}
    return axis | ({"min": 0} if numbers and min(numbers) >= 0 else {})


def _series(chart: Chart, name: str, sheet: Sheet) -> Iterator[dict[str, Any]]:
    """References to the numbers of a chart, as XlsxWriter takes them."""
    header = _top(sheet)
    names = [str(column) for column in sheet.frame.columns]
    first = header + 1 + chart.first
    last = header + 1 + (len(sheet.frame) - 1 if chart.last is None else chart.last)
    x, ys = names.index(chart.x), [names.index(y) for y in chart.y]
    if chart.by == "column":
        for y in ys:
            yield {"name": [name, header, y], "categories": [name, first, x, last, x], "values": [name, first, y, last, y]}
        return
    for row in range(first, last + 1):
        yield {"name": [name, row, x], "categories": [name, header, ys[0], header, ys[-1]], "values": [name, row, ys[0], row, ys[-1]]}


def _length(value: Any) -> int:
    """Characters of a value as it is shown, about."""
    if isinstance(value, str):
        return max(map(len, value.split("\n")))
    if isinstance(value, (int, float)) and math.isfinite(value):
        return len(f"{value:,.2f}")
    return len(str(value)) if value is not None else 0


def _lines(value: Any, width: float) -> int:
    return sum(max(1, math.ceil(len(line) / max(1.0, width - 1))) for line in value.split("\n")) if isinstance(value, str) else 1
