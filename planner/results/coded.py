"""Tables whose texts are numbers: quick to make, to send to another process, to put together and to sort."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.solver.lower import Key

Cells = npt.NDArray[Any]
Columns = dict[str, Cells]
"""The columns of one table, each of shape (rows,)."""
Thing = TypeVar("Thing", bound=Hashable)

NUMBERS = frozenset({"value", "low", "high", "tier"})
"""Columns that hold numbers; the cells of all others are numbers of texts."""


class Texts(dict[str, int]):
    """The number of every text of some tables, in order of first use."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number

    def numbers(self, texts: Sequence[str]) -> Cells:
        """The number of each text, shape (texts,)."""
        return np.fromiter(map(self.__getitem__, texts), dtype=np.int32, count=len(texts))

    def facts(self, things: Sequence[Thing], **tell: Callable[[Thing], str]) -> Columns:
        """Columns of what is told of each thing, each of shape (things,); asked once for things that are equal."""
        place = {thing: number for number, thing in enumerate(dict.fromkeys(things))}
        places = np.fromiter(map(place.__getitem__, things), dtype=np.int32, count=len(things))
        return {key: self.numbers([told(thing) for thing in place])[places] for key, told in tell.items()}

    def same(self, text: str, rows: int) -> Cells:
        """The number of one text, shape (rows,)."""
        return np.full(rows, self[text], dtype=np.int32)

    def ranks(self, first: Sequence[str] = ()) -> Cells:
        """Place of each text by its number: in the order of the alphabet, but before all others those that are given, in their order."""
        texts = list(self)
        given = {text: place for place, text in enumerate(first)}
        found = np.empty(len(texts), dtype=np.int64)
        found[sorted(range(len(texts)), key=lambda number: (given.get(texts[number], len(given)), texts[number]))] = np.arange(len(texts))
        return found


@dataclass(frozen=True)
class Coded:
    """Tables whose texts are numbers."""

    texts: list[str]
    """Each text, at the place of its number."""
    tables: dict[str, Columns]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables as frames whose columns of texts are categories: nothing is copied."""
        dtype = pd.CategoricalDtype(self.texts)
        return {
            name: pd.DataFrame(
                {key: cells if key in NUMBERS else pd.Categorical.from_codes(cells, dtype=dtype, validate=False) for key, cells in columns.items()}, copy=False
            )
            for name, columns in self.tables.items()
        }

    def plain(self) -> dict[str, pd.DataFrame]:
        """The tables as frames of texts and numbers."""
        texts = pd.Index(self.texts, dtype="str").array
        return {
            name: pd.DataFrame({key: cells if key in NUMBERS else texts.take(cells) for key, cells in columns.items()}, copy=False)
            for name, columns in self.tables.items()
        }


def coded(texts: Texts, tables: Mapping[str, Columns]) -> Coded:
    """Tables of finished texts, in the smallest whole numbers that pandas counts so many categories in."""
    kind = np.int8 if len(texts) < 2**7 - 1 else np.int16 if len(texts) < 2**15 - 1 else np.int32
    found = {name: {key: cells if key in NUMBERS else cells.astype(kind) for key, cells in columns.items()} for name, columns in tables.items()}
    return Coded(list(texts), found)


def stacked(parts: Sequence[Columns]) -> Columns:
    """Columns below each other."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def taken(columns: Columns, rows: Cells) -> Columns:
    """Some rows, by place or by mask."""
    return {key: cells[rows] for key, cells in columns.items()}


def renumbered(columns: Columns, numbers: Cells) -> Columns:
    """Columns with the numbers that their texts have elsewhere, by the numbers they have here."""
    return {key: cells if key in NUMBERS else numbers[cells] for key, cells in columns.items()}


def transposed(rows: Sequence[tuple[Any, ...]], size: int) -> list[tuple[Any, ...]]:
    """Rows of so many cells as columns."""
    return list(zip(*rows, strict=True)) or [()] * size


def blocks(keys: Sequence[Key]) -> dict[str, slice]:
    """Where the columns or rows of each component stand: one after another, as a model declares them."""
    found: dict[str, slice] = {}
    start = 0
    while start < len(keys):
        name = keys[start][0]
        end = bisect_left(keys, True, start, key=lambda key: key[0] != name)
        found[name] = slice(start, end)
        start = end
    return found
