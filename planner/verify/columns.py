"""Tables by columns: words as codes, so that what holds for a word or for a group of rows is found once and not once a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NUMBERS = ("value", "low", "high")
"""Columns that hold numbers; all others hold keys."""
LARGEST = 2**62
"""Codes of several columns are put together into one number as long as they stay below."""


@dataclass(frozen=True)
class Table:
    """A table of a plan."""

    size: int
    words: Mapping[str, list[Any]]
    """[key column] what stands in it, each once."""
    codes: Mapping[str, Ints]
    """[key column] place of each row's word in ``words``."""
    numbers: Mapping[str, Floats]
    """[column of numbers] a number a row."""

    @property
    def value(self) -> Floats:
        """The number of each row."""
        return self.numbers["value"]

    def column(self, name: str, rows: Ints | None = None) -> list[Any]:
        """Cells of a column, of all rows or of some."""
        source = self.numbers[name] if name in self.numbers else self.codes[name]
        cells = (source if rows is None else source[rows]).tolist()
        return cells if name in self.numbers else list(map(self.words[name].__getitem__, cells))

    def rows_with(self, column: str, word: str) -> Ints:
        """Rows that hold a word."""
        return np.flatnonzero(self.mask(column, (word,)))

    def mask(self, column: str, chosen: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Whether each row holds one of some words."""
        wanted = frozenset(chosen)
        known = np.array([word in wanted for word in self.words[column]], dtype=bool)
        return np.asarray(known[self.codes[column]])

    def groups(self, columns: Sequence[str], rows: Ints | None = None) -> tuple[Ints, Ints]:
        """(group of each row, first row of each group): rows are of a group where they hold the same words, in order of appearance."""
        code = np.zeros(self.size if rows is None else len(rows), dtype=np.int64)
        if not len(code):
            return code, code
        number = 1
        for column in columns:
            own, width = self.codes[column], max(len(self.words[column]), 1)
            if number * width > LARGEST:
                code, number = pd.factorize(code)[0], len(code)
            code = code * width + (own if rows is None else own[rows])
            number *= width
        group, distinct = pd.factorize(code)
        first = np.empty(len(distinct), dtype=np.int64)
        # of several rows of a group the one that is written last stays
        first[group[::-1]] = np.arange(len(group))[::-1]
        return group, first if rows is None else rows[first]

    def keys(self, columns: Sequence[str], rows: Ints) -> list[tuple[Any, ...]]:
        """Words of some columns in some rows."""
        return list(zip(*(self.column(column, rows) for column in columns), strict=True)) if columns else [()] * len(rows)


def read_table(frame: pd.DataFrame) -> tuple[Table, list[str]]:
    """Read a table, or say where cells are not of the kind of their column.

    Returns:
        The table, and one problem for each column with such a cell; with any of them the table is not to be used.
    """
    if not len(frame):
        return _empty(frame), []
    numbers: dict[str, Floats] = {}
    words: dict[str, list[Any]] = {}
    codes: dict[str, Ints] = {}
    problems = []
    for name, cells in frame.items():
        column = str(name)
        kind: type = float if column in NUMBERS else int if column == "tier" else str
        encoded = _encoded(cells) if kind is str and _holds_texts(cells.dtype) else None
        if encoded is None and cells.dtype != _SURE.get(kind) and not {type(cell) for cell in cells.tolist()} <= {kind}:
            problems.append(_odd_cell(column, cells, kind))
        elif kind is float:
            numbers[column] = cells.to_numpy(dtype=float)
        else:
            words[column], codes[column] = encoded or _encoded(cells) or ([], _NOTHING)
    return Table(len(frame), words, codes, numbers), problems


def _empty(frame: pd.DataFrame) -> Table:
    names = list(map(str, frame.columns))
    keys = [name for name in names if name not in NUMBERS]
    return Table(0, {name: [] for name in keys}, dict.fromkeys(keys, _NOTHING), {name: np.zeros(0) for name in names if name in NUMBERS})


_NOTHING = np.zeros(0, dtype=np.int64)
_SURE = {float: np.dtype("float64"), int: np.dtype("int64")}
"""Types of columns whose cells are of one kind, whatever they are."""


def _odd_cell(name: str, cells: pd.Series, kind: type) -> str:
    row, cell = next((row, cell) for row, cell in enumerate(cells.tolist(), 1) if type(cell) is not kind)
    return f"row {row}, column {name}: {cell!r} is not a {_KINDS[kind]} (the column holds {cells.dtype})"


_KINDS = {float: "number", int: "whole number", str: "text"}


def _holds_texts(dtype: Any) -> bool:
    """Whether a column can hold nothing but texts, and empty cells."""
    return isinstance(dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype, pd.StringDtype)


def _encoded(cells: pd.Series) -> tuple[list[Any], Ints] | None:
    """(distinct words, the place of each cell's); None where a cell is empty."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return _categories(cells)
    found = pa.array(cells).dictionary_encode()
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    if whole.null_count:
        return None
    return whole.dictionary.to_pylist(), whole.indices.to_numpy().astype(np.int64)


def _categories(cells: pd.Series) -> tuple[list[Any], Ints] | None:
    """The same of a categorical column: of its categories, those that stand in it."""
    places = cells.cat.codes.to_numpy().astype(np.int64)
    if (places < 0).any():
        return None
    stands = np.bincount(places, minlength=len(cells.cat.categories)) > 0
    return cells.cat.categories[stands].tolist(), (np.cumsum(stands) - 1)[places]
