"""Tables as CSV files, in which no text is a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.scenario.characters import inert

if TYPE_CHECKING:
    import pandas as pd


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV in which no text is a formula; Parquet holds texts as they are."""
    columns = [_cells(table[column]) for column in table.columns]
    lines = [",".join(map(_csv_cell, map(str, table.columns))), *map(",".join, zip(*columns, strict=True))]
    return "\n".join(lines) + "\n"


def _cells(column: pd.Series[Any]) -> list[str]:
    """A column as the cells of a CSV file; what is missing is empty."""
    if column.dtype.kind in "iu":
        return list(map(str, column.tolist()))
    if column.dtype.kind == "f":
        return ["" if missing else repr(value) for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)]
    # ids and labels stand in many rows, and are made fit once
    numbers, texts = column.factorize()
    cells = [*(_csv_cell(inert(str(text))) for text in texts), ""]
    return [cells[number] for number in numbers.tolist()]


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
