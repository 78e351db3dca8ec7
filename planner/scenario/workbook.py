"""Looks into an Excel file before it is opened: its size, its extent, and cells that hold errors.

The reader that is used afterwards allocates by extent, trusts the sizes that an archive states, and gives error cells back as
empty ones. So it gets an archive made anew from what was unpacked and looked through here, and nothing else.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

MAX_EXPANDED = 60_000_000
MAX_CELLS = 500_000
MAX_PARTS = 2_000
_PROTECTED = b"\xd0\xcf\x11\xe0"
_USED = re.compile(r"(\[Content_Types\]|_rels/\.rels|xl/(?!media/|drawings/|charts/|theme/|embeddings/|printerSettings/).*)", re.DOTALL)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL)
_INSIDE = re.compile(rb"""<c\b[^>]*\br\s*=\s*["']([A-Z]+)([0-9]+)["'][^>]*(?<!/)>((?:(?!</c>).)*)</c>""", re.DOTALL)
_FORMULA = re.compile(rb"<f[\s/>]")
_VALUE = re.compile(rb"<v[^>]*>[^<]|<is[\s>]")
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
# not the name space "r" that programs declare in every sheet: its address would count as a far column
_PLACE = re.compile(rb"""(?<![\w:])r\s*=\s*["']\s*([A-Za-z]*)([0-9]*)[^"']*["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_STRING = re.compile(rb"<(?:\w+:)?si[\s/>]")


_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_EMPTY = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
Unread = Callable[[str], bool]


class WorkbookError(ValueError):
    """The workbook must not be opened; the message is for the user."""


@dataclass(frozen=True)
class Book:
    """A workbook that has been looked through: the file made anew, and its parts."""

    file: bytes
    parts: dict[str, bytes]

    def errors(self, sheet: str | None) -> list[tuple[int, int, str]]:
        """(row, column, text) of each cell of a sheet (None: of all) that holds an error, such as ``#DIV/0!``."""
        return [
            (int(row), _column(letters), text.decode(errors="replace"))
            for member in _sheet_files(self.parts, sheet)
            for letters, row, text in _ERROR.findall(self.parts[member])
        ]

    def unfinished(self, sheet: str | None) -> list[tuple[int, int]]:
        """(row, column) of each cell of a sheet (None: of all) that holds a formula without its value, as programs write that do not calculate."""
        return [
            (int(row), _column(letters))
            for member in _sheet_files(self.parts, sheet)
            if b"<f" in self.parts[member]
            for letters, row, inside in _INSIDE.findall(self.parts[member])
            if _FORMULA.search(inside) and not _VALUE.search(inside)
        ]


def repacked(raw: bytes, unread: Unread = lambda _: False) -> Book:
    """Unpack a workbook within limits, look through its sheets, and pack what a reader needs of it.

    Args:
        raw: The file.
        unread: Tells by their names which sheets nobody asks for; they are left packed, and stand as empty ones.

    Raises:
        WorkbookError: if it is damaged, or far larger than any table of a scenario.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            used = [info for info in archive.infolist() if _USED.match(info.filename)]
            if len(used) > MAX_PARTS:
                raise WorkbookError(f"holds more than {MAX_PARTS:,} parts")
            lists = _unpacked(archive, [info for info in used if info.filename in (_BOOK, _RELATIONS)])
            left = _left_out([info.filename for info in used], lists, unread)
            parts = _unpacked(archive, [info for info in used if info.filename not in left]) | dict.fromkeys(left, _EMPTY)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, KeyError, EOFError, RuntimeError, OverflowError) as error:
        raise WorkbookError(f"cannot be read as a workbook: {error}") from None
    for name, content in parts.items():
        _look_through(name, content)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return Book(made.getvalue(), parts)


def _unpacked(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """Parts of an archive; never more than the stated size is unpacked, and what differs from it is damaged."""
    if sum(info.file_size for info in infos) > MAX_EXPANDED:
        raise WorkbookError(f"unpacks to more than {MAX_EXPANDED // 10**6} MB")
    return {info.filename: archive.read(info) for info in infos}


def _left_out(members: list[str], lists: dict[str, bytes], unread: Unread) -> set[str]:
    """Members that hold sheets nobody asks for, by the workbook's own lists."""
    found = _members(lists)
    asked = {member for name, member in found.items() if not unread(name)}
    return {member for name, member in found.items() if unread(name)} & set(members) - asked


@dataclass(frozen=True)
class Opened:
    """A workbook that is safe to read, and the reader on it."""

    book: Book
    names: list[str]
    """Its sheets in order, hidden ones included."""
    _reader: Any

    def rows(self, name: str) -> list[list[Any]]:
        """Rows of a sheet from its first cell on.

        Raises:
            WorkbookError: where the reader gives up.
        """
        from python_calamine import CalamineError

        try:
            found: list[list[Any]] = self._reader.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except (CalamineError, OSError, ValueError, OverflowError) as error:
            raise WorkbookError(f"cannot be read as a workbook: {error}") from None
        except BaseException as error:
            # the reader's own panics are no ordinary exceptions
            if type(error).__name__ != "PanicException":
                raise
            raise WorkbookError("cannot be read as a workbook: it is damaged") from None
        return found


def opened(raw: bytes, unread: Unread = lambda _: False) -> Opened:
    """Look through a workbook and open it; see :func:`repacked`.

    Raises:
        WorkbookError: if it is damaged, or far larger than any table of a scenario.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if raw.startswith(_PROTECTED):
        raise WorkbookError("is protected by a password, or of the old form .xls; save it as .xlsx without a password")
    book = repacked(raw, unread)
    try:
        reader = CalamineWorkbook.from_filelike(io.BytesIO(book.file))
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise WorkbookError(f"cannot be read as a workbook: {error}") from None
    return Opened(book, list(reader.sheet_names), reader)


def _look_through(name: str, content: bytes) -> None:
    if b"\0" in content and name.endswith((".xml", ".rels")):
        raise WorkbookError("cannot be read as a workbook: it is not written in UTF-8")
    if name.endswith((".xml", ".rels")) and (_ENTITY.search(content) or b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b"")):
        raise WorkbookError("cannot be read as a workbook: it names entities, which no table needs")
    if _more_than(MAX_CELLS, _STRING, content):
        raise WorkbookError(f"holds more than {MAX_CELLS:,} texts")
    if not name.startswith("xl/worksheets/"):
        return
    problem = f"spreads over more than {MAX_CELLS:,} cells; remove stray cells far from the table"
    if _more_than(MAX_CELLS, _CELL, content) or _more_than(2 * MAX_CELLS, _PLACE, content):
        raise WorkbookError(problem)
    # a cell without a place stands right of the one before it, a row without a number below
    last, widest = len(_ROW.findall(content)), max(len(_CELL.findall(row)) for row in _ROW.split(content))
    stated_last, stated_widest = 0, 0
    for letters, number in _PLACE.findall(content):
        stated_last = max(stated_last, int(number[:8] or 0))
        stated_widest = max(stated_widest, _column(letters[:8].upper()))
    if (last + stated_last) * (widest + stated_widest) > 4 * MAX_CELLS:
        raise WorkbookError(problem)


def _more_than(most: int, pattern: re.Pattern[bytes], content: bytes) -> bool:
    return sum(1 for _ in itertools.islice(pattern.finditer(content), most + 1)) > most


def _sheet_files(parts: dict[str, bytes], sheet: str | None) -> list[str]:
    """Members that hold the sheet, by the workbook's own list; all of them where that list cannot be read."""
    member = None if sheet is None else _members(parts).get(sheet)
    return [member] if member in parts else [name for name in parts if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]


def _members(parts: dict[str, bytes]) -> dict[str, str]:
    """By sheet: the member that holds it, as the workbook's own lists say."""
    targets = {_attribute(tag, b"Id"): _attribute(tag, b"Target") for tag in _RELATION.findall(parts.get(_RELATIONS, b""))}
    found: dict[str, str] = {}
    for tag in _SHEET.findall(parts.get(_BOOK, b"")):
        member = targets.get(_attribute(tag, b"r:id"), "").lstrip("/")
        found.setdefault(_attribute(tag, b"name"), member if member.startswith("xl/") else str(PurePosixPath("xl") / member))
    return found


def _attribute(tag: bytes, name: bytes) -> str:
    from html import unescape

    match = re.search(rb"\b" + re.escape(name) + rb'="([^"]*)"', tag)
    return unescape(match[1].decode(errors="replace")) if match else ""


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
