"""What an analysis beyond one plan found: sentences, tables and charts, told alike on a terminal, as JSON, in files and on a page.

A sweep, a runway or a frontier is no plan; each has its own tables. What they share is how they are told, so it stands here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from planner.csvs import csv_bytes
from planner.disk import refuse_foreign_folder, staging, swap, write_file, writing
from planner.errors import InputError
from planner.notebook import card

FORMAT = 1
RECORD = "findings.json"
ChartKind = Literal["bar", "line", "step", "scatter", "range"]
Shown = Literal["text", "number", "money", "percent", "days"]
DIGITS, MOST_DIGITS = 4, 7
"""Digits of a number as it is read: so many, and so many at most where fewer would make different numbers alike."""


@dataclass(frozen=True)
class Column:
    """One column of a table as people read it."""

    name: str
    """Column of the frame."""
    title: str = ""
    """Heading; default the name."""
    shown: Shown = "text"

    @property
    def heading(self) -> str:
        """What stands above it."""
        return self.title or self.name.replace("_", " ")


@dataclass(frozen=True)
class Chart:
    """A chart of one table: ``x`` against each ``y``.

    ``bar`` has one horizontal bar a row, ``range`` a bar from the first to the second ``y``, ``scatter`` a point a row; ``line`` and
    ``step`` join rows in their order, one line for each value of ``by``.
    """

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    by: str = ""
    x_title: str = ""
    y_title: str = ""


@dataclass(frozen=True)
class Section:
    """One table with its heading, as it is told; the table itself may hold more rows and columns."""

    title: str
    table: str
    """Name of the frame."""
    columns: tuple[Column, ...]
    note: str = ""
    most: int = 15
    """Rows on a terminal, 0 where a table is of no use there; a page shows all that ``PAGE_ROWS`` allows."""
    chart: Chart | None = None
    where: str = ""
    """Which rows the section is about, as a query of pandas; default all."""
    says: str = ""
    """Which of these say something, likewise; the others are left out."""
    left_out: str = ""
    """Who they are, in words that follow their number."""
    by: str = ""
    """Column in whose order they stand, the largest first, or with ``-`` before it the smallest."""

    def about(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of its table that the section is about."""
        return table.query(self.where, engine="python") if self.where else table

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that are told, in order."""
        found = self.about(table)
        found = found.query(self.says, engine="python") if self.says else found
        return found.sort_values(self.by.removeprefix("-"), ascending=self.by.startswith("-"), kind="stable") if self.by else found


@dataclass(frozen=True)
class Findings:
    """What one command found."""

    command: str
    """Such as ``runway``."""
    title: str
    currency: str
    headline: tuple[str, ...]
    """What it comes to, in sentences."""
    sections: tuple[Section, ...]
    tables: Mapping[str, pd.DataFrame]
    """Tidy frames by name, complete."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """How it was found: scenario digest, settings, versions, seconds."""
    limits: tuple[str, ...] = ()
    """What the method does not say, in sentences."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``: NaN and infinities are None."""
        return {
            "status": "ok",
            "command": self.command,
            "title": self.title,
            "currency": self.currency,
            "headline": list(self.headline),
            "tables": {name: rows_of(table) for name, table in self.tables.items()},
            "limits": list(self.limits),
            "record": plain(self.record),
        }

    def save(self, folder: str | Path) -> Path:
        """Write every table as CSV and Parquet, and the record, replacing earlier findings there as a whole.

        Args:
            folder: Where to; made with its parents if absent.

        Raises:
            InputError: if something else is in the way, or the disk refuses.
        """
        folder = Path(folder)
        refuse_other_findings(folder)
        with writing(folder), staging(folder, is_findings) as new:
            for name, content in self.files():
                write_file(new / name, content)
            swap(new, folder)
        return folder

    def files(self) -> Iterator[tuple[str, bytes]]:
        """(name, content) of every file of a folder of findings, the record last."""
        for name, table in self.tables.items():
            yield f"{name}.csv", csv_bytes(table)
            yield f"{name}.parquet", table.to_parquet(index=False, engine="pyarrow")
        told = {key: value for key, value in self.as_dict().items() if key != "tables"}
        record = {"format": FORMAT, **told, "tables": sorted(self.tables)}
        yield RECORD, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False).encode()

    def _repr_html_(self) -> str:
        """Headline and tables for a notebook."""
        tables = [(section.title, [column.heading for column in section.columns], self.cells(section)) for section in self.sections]
        return card(self.title, self.headline, tables)

    def rows(self, section: Section) -> pd.DataFrame:
        """The rows of a section."""
        return section.rows(self.tables[section.table])

    def note(self, section: Section) -> str:
        """The note of a section, with how many rows it leaves out."""
        number = len(section.about(self.tables[section.table])) - len(self.rows(section))
        return f"{section.note}; left out: {number:,} {section.left_out}" if number and section.left_out else section.note

    def cells(self, section: Section) -> list[list[str]]:
        """The rows of a section as they are read."""
        table = self.rows(section)
        columns = [apart(table[column.name].tolist(), column.shown) for column in section.columns]
        return [list(row) for row in zip(*columns, strict=True)]


def named(labels: Iterable[str], most: int) -> str:
    """Some names in their order, and how many more."""
    labels = list(labels)
    more = len(labels) - most
    return " · ".join(labels[:most]) + (f" and {more} more" if more > 0 else "")


def amount_told(value: float, unit: str) -> str:
    """An amount of money or of anything else with its unit, in a sentence."""
    return f"{told(value, 'money')} {unit}"


def apart(values: Sequence[Any], shown: Shown) -> list[str]:
    """Cells of one column as they are read, money with as many digits as tell different numbers in neighbouring rows apart."""
    cells = [told(value, shown) for value in values]
    if shown != "money":
        return cells
    most = [told(value, shown, MOST_DIGITS) for value in values]
    for digits in range(DIGITS + 1, MOST_DIGITS + 1):
        if all(one != other or exact == like for (one, other), (exact, like) in zip(pairwise(cells), pairwise(most), strict=True)):
            break
        cells = [told(value, shown, digits) for value in values]
    return cells


def told(value: Any, shown: Shown, digits: int = DIGITS) -> str:
    """A cell as it is read: nothing for what is absent.

    Args:
        value: What is told.
        shown: How.
        digits: Of an amount of money, so many at least.
    """
    if value is None or pd.isna(value):
        return ""
    if shown == "text":
        return str(value)
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "-∞"
    if shown == "percent":
        return f"{100 * value:,.0f} %" if abs(value) >= 10 else f"{100 * value:.3g} %"
    if shown == "days":
        return f"{value:,.0f}"
    if shown == "money" and abs(value) >= 1e6:
        return f"{value / 1e9:,.{digits}g} bn" if abs(value) >= 1e9 else f"{value / 1e6:,.{digits}g} M"
    return f"{value:,.{max(0, digits - DIGITS)}f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def refuse_other_findings(folder: Path) -> None:
    """Refuse a folder that holds anything but earlier findings, which are replaced as a whole.

    Raises:
        InputError: naming what is in the way.
    """
    if folder.name in ("", ".."):
        raise InputError(f"{folder}: findings have a folder of their own; name one, such as --out {folder / 'found'}")
    refuse_foreign_folder(folder, _foreign, "no analysis has written")


def is_findings(folder: Path) -> bool:
    """Whether a folder holds findings and nothing else."""
    return (folder / RECORD).is_file() and not _foreign(folder)


def _foreign(folder: Path) -> set[str]:
    """Names of what is not part of the findings in a folder; of everything where there are none."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        own = {RECORD, *(f"{name}{suffix}" for name in record["tables"] for suffix in (".csv", ".parquet"))}
    except (OSError, ValueError, KeyError, TypeError):
        own = set()
    return {path.name for path in folder.iterdir()} - own


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain data."""
    return [plain(row) for row in table.to_dict("records")]


def plain(value: Any) -> Any:
    """Numbers of numpy as Python's own; what is no finite number is None."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
