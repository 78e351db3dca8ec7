"""Looks into an Excel file before it is opened: its size, its extent, and cells that hold errors.

The reader that is used afterwards allocates by extent and gives error cells back as empty ones, so both are looked up in the
file's own XML first.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath

MAX_EXPANDED = 200_000_000
MAX_CELLS = 5_000_000
_SHEET = re.compile(rb"<sheet\b[^>]*>")
_RELATION = re.compile(rb"<Relationship\b[^>]*>")
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL)
_PLACE = re.compile(rb'<c\b[^>]*\br="([A-Z]{1,3})([0-9]{1,7})"')


class WorkbookError(ValueError):
    """The workbook must not be opened; the message is for the user."""


def inspect(path: Path, sheet: str | None) -> list[tuple[int, int, str]]:
    """Check a workbook's size, and find error cells of a sheet.

    Args:
        path: The file. What is no zip archive (such as ``.xls``) is not looked into.
        sheet: Name of the sheet; None for all sheets.

    Returns:
        (row, column, text) of each cell that holds an error, such as ``#DIV/0!``.

    Raises:
        WorkbookError: if it is damaged, or far larger than any table of a scenario.
    """
    if not zipfile.is_zipfile(path):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_EXPANDED:
                raise WorkbookError(f"unpacks to more than {MAX_EXPANDED // 10**6} MB")
            found: list[tuple[int, int, str]] = []
            for member in _sheet_files(archive, sheet):
                content = archive.read(member)
                places = [(int(row), _column(letters)) for letters, row in _PLACE.findall(content)]
                if places and max(row for row, _ in places) * max(column for _, column in places) > MAX_CELLS:
                    raise WorkbookError(f"spreads over more than {MAX_CELLS:,} cells; remove stray cells far from the table")
                found += [(int(row), _column(letters), text.decode(errors="replace")) for letters, row, text in _ERROR.findall(content)]
            return found
    except (zipfile.BadZipFile, NotImplementedError, OSError, KeyError, EOFError, RuntimeError) as error:
        raise WorkbookError(f"cannot be read as a workbook: {error}") from None


def _sheet_files(archive: zipfile.ZipFile, sheet: str | None) -> list[str]:
    """Members that hold the sheet, by the workbook's own list; all of them where that list cannot be read."""
    names = archive.namelist()
    every = [name for name in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
    if sheet is None or "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return every
    targets = {_attribute(tag, b"Id"): _attribute(tag, b"Target") for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))}
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        if _attribute(tag, b"name") == sheet:
            member = targets.get(_attribute(tag, b"r:id"), "").lstrip("/")
            member = member if member.startswith("xl/") else str(PurePosixPath("xl") / member)
            return [member] if member in names else every
    return every


def _attribute(tag: bytes, name: bytes) -> str:
    from html import unescape

    match = re.search(rb"\b" + re.escape(name) + rb'="([^"]*)"', tag)
    return unescape(match[1].decode(errors="replace")) if match else ""


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
