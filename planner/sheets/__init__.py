"""Writes tables as an Excel workbook that planners can read at once and that does nothing by itself.

Every text is a text cell, whatever it begins with: no formula, no link. Numbers are written with all of their digits.
The same sheets give the same bytes.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.disk import replace_file
from planner.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["general", "money", "quantity", "share", "year", "count"]
"""How a number is shown: ``#,##0``, ``#,##0.00##``, ``0.0 %``, ``0``."""
OWN = "docProps/stopgap.xml"
"""A part that marks a workbook as written here and not saved by anybody else since: other programs drop what they do not know."""
SUFFIX = ".xlsx"
LONGEST_TEXT = 32_767
"""Characters of the longest text that a cell holds."""


@dataclass(frozen=True)
class Chart:
    """A chart of the numbers of a sheet."""

    kind: Literal["bar", "column", "stacked column", "stacked area", "line"]
    title: str
    x: str
    """Column of the categories; with ``by="row"`` the column that names the series."""
    y: Sequence[str]
    """Columns of numbers: a series each; with ``by="row"`` the categories, named by their headers."""
    sheet: str = ""
    """Sheet that holds the numbers; default the chart's own."""
    first: int = 0
    last: int | None = None
    """First and last row of the frame, counted from 0; default all."""
    by: Literal["column", "row"] = "column"
    unit: str = ""
    """Written along the axis of numbers."""
    shown: Kind = "general"


@dataclass(frozen=True)
class Sheet:
    """A table with what is written above it and how it is shown."""

    name: str
    """Characters that Excel does not allow are replaced, and names that are too long cut."""
    frame: pd.DataFrame = field(repr=False)
    """Columns in order with their headers; texts, numbers, booleans and dates (written as text). What is missing is empty."""
    title: str = ""
    notes: Sequence[str] = ()
    """Lines between the title and the header. Without title and notes the header is the first row."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """By column: how its numbers are shown."""
    unit: str = ""
    """Column that holds each row's unit; numbers of columns without a kind are shown by it."""
    currency: str = ""
    """The unit that means money."""
    frozen: int = 0
    """So many columns stay in sight beside the header."""
    widest: int = 60
    """Width of the widest column, in characters; longer text is wrapped over at most ``tallest`` lines."""
    tallest: int = 4
    charts: Sequence[Chart] = ()
    """Drawn right of the table, below each other."""


def write_book(path: str | Path, sheets: Sequence[Sheet], title: str, *, force: bool = False) -> Path:
    """Write sheets as one workbook, whole or not at all.

    Args:
        path: Where to; ends in ``.xlsx``. Its folder is made if absent.
        sheets: At least one, in the order of the tabs.
        title: Title among the properties of the document.
        force: Whether to replace whatever file is there.

    Raises:
        InputError: if something other than an untouched workbook of this program is in the way, a table is larger than a sheet can be,
            a text longer than a cell can be, or the disk refuses.
    """
    from planner.sheets.drawing import drawn

    path = Path(path)
    refuse_foreign_book(path, force=force)
    content = drawn(str(path), sheets, title)
    # somebody may have put something there while the sheets were drawn
    refuse_foreign_book(path, force=force)
    replace_file(path, content)
    return path


def refuse_foreign_book(path: Path, *, force: bool = False) -> None:
    """Refuse a place that a workbook cannot be written to, or that holds what is not ours to replace.

    Args:
        path: The workbook to be.
        force: Whether any regular file may be replaced.

    Raises:
        InputError: naming what is in the way.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file in it, such as {path / 'book.xlsx'}")
        if path.suffix.lower() != SUFFIX:
            raise InputError(f"{path}: the file name must end in {SUFFIX}")
        if not os.path.lexists(path):
            return
        if path.is_symlink() or not path.is_file():
            raise InputError(f"{path}: is not a regular file; choose another name")
        if not force and not _is_untouched(path):
            problem = "is there already, and no workbook of this program or changed since it wrote it"
            raise InputError(f"{path}: {problem}; choose another name, or replace it with --force")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _is_untouched(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return OWN in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
