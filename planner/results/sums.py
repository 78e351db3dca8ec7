"""Tables added up by some of their columns, group by group instead of row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Key = tuple[str, ...]
Renamed = Mapping[str, Mapping[str, str]]
"""Column -> text -> what it counts as."""


def summed(table: pd.DataFrame, keys: Sequence[str], renamed: Renamed | None = None) -> dict[Key, float]:
    """Sums of ``value`` by keys, in order of first appearance; texts that are renamed alike are one."""
    group, found = _grouped(table, keys, renamed or {})
    return dict(zip(found, np.bincount(group, weights=table["value"], minlength=len(found)).tolist(), strict=True))


def by_period(table: pd.DataFrame, keys: Sequence[str], position: Mapping[str, int]) -> dict[Key, list[float]]:
    """The same as one list over periods for each group."""
    group, found = _grouped(table, keys, {})
    place, labels = _numbered(table["period"], {})
    places = np.array([position[label] for label in labels], dtype=np.int64)[place]
    sums = np.bincount(group * len(position) + places, weights=table["value"], minlength=len(found) * len(position))
    return {key: row.tolist() for key, row in zip(found, sums.reshape(len(found), len(position)), strict=True)}


def _grouped(table: pd.DataFrame, keys: Sequence[str], renamed: Renamed) -> tuple[npt.NDArray[np.int64], list[Key]]:
    """(group of each row, keys of each group), groups in order of first appearance."""
    code, texts = np.zeros(len(table), dtype=np.int64), list[list[str]]()
    for key in keys:
        number, distinct = _numbered(table[key], renamed.get(key, {}))
        code, texts = code * max(len(distinct), 1) + number, [*texts, distinct]
    group, codes = pd.factorize(code)
    places = np.unravel_index(codes, [max(len(distinct), 1) for distinct in texts])
    return group, list(zip(*([distinct[p] for p in place.tolist()] for distinct, place in zip(texts, places, strict=True)), strict=True))


def _numbered(column: pd.Series[str], renamed: Mapping[str, str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """A column as numbers, and the texts that these stand for."""
    # what is missing would be taken for the last text
    numbers, texts = pd.factorize(column, use_na_sentinel=False)
    told = [renamed.get(text, text) for text in texts.tolist()]
    place = {text: number for number, text in enumerate(dict.fromkeys(told))}
    return np.array([place[text] for text in told], dtype=np.int64)[numbers], list(place)
