"""Tables as CSV files, in which no text is a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.scenario.characters import inert

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

EXPONENTS = 1e-4, 1e10
"""Between these Arrow and Python write numbers alike, without an exponent."""


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV in which no text is a formula; Parquet holds texts as they are."""
    return csv_bytes(table).decode()


def csv_bytes(table: pd.DataFrame) -> bytes:
    """The same as it stands in a file, in UTF-8."""
    head = ",".join(_csv_cell(str(column)) for column in table.columns) + "\n"
    if table.empty:
        return head.encode()
    # the texts of a column lie one after the other, so that lines with their ends are the file
    lines = _joined([_joined([_cells(table[column]) for column in table.columns], ","), ""], "\n")
    return head.encode() + bytes(lines.buffers()[2].to_pybytes())


def _joined(columns: Sequence[pa.Array | str], mark: str) -> pa.Array:
    """Columns, or a text in every row, row by row with a mark between them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [pa.scalar(part, pa.large_string()) if isinstance(part, str) else part for part in (*columns, mark)]
    return pc.binary_join_element_wise(*parts)


def _cells(column: pd.Series[Any]) -> pa.Array:
    """A column as the cells of a CSV file; what is missing is empty."""
    import pyarrow as pa
    from pandas.api.types import infer_dtype

    if column.dtype.kind in "iu":
        return pa.array(column, from_pandas=True).cast(pa.large_string()).fill_null("")
    if column.dtype.kind == "f":
        return _numbers(column)
    if infer_dtype(column, skipna=True) not in ("string", "categorical", "empty"):
        # 1, 1.0 and True are equal, and would be written alike
        column = column.map(str, na_action="ignore")
    # ids and labels stand in many rows, and are made fit once
    numbers, texts = column.factorize()
    cells = pa.array([*(_csv_cell(inert(str(text))) for text in texts), ""], pa.large_string())
    return cells.take(pa.array(numbers % len(cells)))


def _numbers(column: pd.Series[float]) -> pa.Array:
    """Numbers in the fewest digits that stand for them, as Python writes them: ``5.0``, ``1e-05``."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = column.to_numpy(dtype=float, na_value=np.nan)
    cells, size = pa.array(values, from_pandas=True).cast(pa.large_string()), np.abs(values)
    # Arrow writes whole numbers without a point, and turns to exponents elsewhere
    with np.errstate(invalid="ignore"):
        rounded = np.trunc(values)
    whole = (values == rounded) & (size < EXPONENTS[1])
    odd = ((size < EXPONENTS[0]) & ~whole) | (size >= EXPONENTS[1])
    for chosen, told in ((whole, _joined([cells.filter(pa.array(whole)), "0"], ".")), (odd, list(map(repr, values[odd].tolist())))):
        cells = pc.replace_with_mask(cells, pa.array(chosen), pa.array(told, pa.large_string()))
    return cells.fill_null("")


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
