"""What stands in one cell for a value of the scenario, and which value a cell means.

A number is a number; a text is itself; lists and maps are written as in a scenario file, ``[a, b]`` and ``{2026-01: 100 t/yr}``.
A text that would be read as something else (``007``, ``{draft}``, one with a blank at its end) stands in double quotes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from planner.errors import InputError, Mark, Problems
from planner.scenario.reader import Budget, Node, scalar
from planner.scenario.tables import Cells
from planner.sheets import LONGEST_TEXT

LINE = 70
"""Longer lists and maps stand with one entry a line."""
_PLAIN = re.compile(r"-?[\w(](?:[\w .()/%*+^-]*[\w()/%*+^.-])?\Z")
"""Texts that YAML takes without quotes wherever they stand."""
_ODD = re.compile("[\u0085\u00a0\u2028\u2029\ufeff\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
"""What is lost or means something else on the way through a workbook or YAML, and is written by its number."""
Cell = str | int | float | bool


class CellMark(Mark):
    """A place in a workbook."""

    @override
    def __str__(self) -> str:
        """Render as spreadsheets name it: ``book.xlsx[suppliers]!C7``."""
        letters, number = "", self.column
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{self.file}!{letters}{self.line}"


@dataclass(frozen=True)
class ScenarioCells(Cells):
    """Makes cells as the tables of the language do; a text in double quotes is that text."""

    @override
    def text(self, text: str, mark: Mark) -> Node:
        unquoted = _unquoted(text)
        if unquoted is None:
            return super().text(text, mark)
        # quotes make a text of whatever is in them; what no text may hold is still looked for
        self.budget.take(1, mark)
        checked = self.checked(unquoted, mark)
        return Node(checked, mark)


def _unquoted(text: str) -> str | None:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return None
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def value_of(cell: Cell) -> Any:
    """The value that a cell means.

    Raises:
        InputError: if it means nothing.
    """
    problems = Problems()
    found = ScenarioCells(problems, Budget()).value(cell, Mark("cell"))
    problems.raise_if_any()
    return found.plain()


def cell_of(value: Any, path: str) -> Cell:
    """What stands in a cell for a value.

    Args:
        value: Text, number, list or map, as a scenario file holds it.
        path: The key that has it, for messages.

    Raises:
        InputError: if no cell can hold it.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value if _is_double(value) else str(value)
    found = _text_cell(value) if isinstance(value, str) else flow(value)
    if len(found) > LONGEST_TEXT:
        raise InputError(f"{path}: is a text of {len(found):,} characters; a cell of a workbook holds {LONGEST_TEXT:,}, so write it shorter")
    if not _reads_as(found, value):
        raise InputError(f"{path}: cannot be written into a cell so that it is read again; write it in a simpler way")
    return found


def _is_double(value: float) -> bool:
    return math.isfinite(value) and abs(value) < 1e300 and float(value) == value


def _text_cell(value: str) -> str:
    return value if not _ODD.search(value) and _reads_as(value, value) else _quoted(value)


def _reads_as(cell: str, value: Any) -> bool:
    try:
        found = value_of(cell)
    except InputError:
        return False
    return bool(found == value) and isinstance(found, type(value))


def flow(value: Any) -> str:
    """A list or map on one line, or with one entry a line where that would be long."""
    if isinstance(value, Mapping):
        parts = [f"{_word(str(key), key=True)}: {flow(item)}" for key, item in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, str):
        parts = [flow(item) for item in value]
    else:
        return _scalar(value)
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    inline = f"{opening}{', '.join(parts)}{closing}"
    # steps of a series stand close together, whatever their number
    few = len(inline) <= LINE or all(len(part) <= LINE // 3 for part in parts)
    return inline if few else f"{opening}{(',' + chr(10) + ' ').join(parts)}{closing}"


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return _word(value) if isinstance(value, str) else repr(value)


def _word(text: str, *, key: bool = False) -> str:
    """A text inside a list or map; keys are always texts, so that none of them needs quotes to be one."""
    try:
        plain = _PLAIN.match(text) is not None and not _ODD.search(text) and (key or scalar(text) == text)
    except ValueError:
        plain = False
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return _ODD.sub(_numbers, json.dumps(text, ensure_ascii=False))


def _numbers(match: re.Match[str]) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in match[0])
