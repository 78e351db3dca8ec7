"""Tables as CSV: what stands in a cell, to the last character."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.csvs import csv_bytes, csv_text


def test_numbers_stand_as_python_writes_them() -> None:
    """Arrow writes 5, 1e-7 and 1.2e+10 where Python writes 5.0, 1e-07 and 12000000000.0."""
    random = np.random.default_rng(0)
    spread = random.random(2_000) * 10.0 ** random.integers(-12, 20, 2_000)
    edges = [0.0, -0.0, 5.0, -3.0, 1e-4, 9.999e-5, 1e-7, 1e10, 12_345_678_901.5, 9_999_999_999.5, 1e15, 1e16, 1e22, 5e-324, float("inf"), -float("inf")]
    values = np.concatenate([edges, spread, -spread, np.round(spread), np.round(spread, 2)])
    assert csv_text(pd.DataFrame({"value": values})).splitlines()[1:] == list(map(repr, values.tolist()))


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_texts_are_quoted_where_they_must_be_and_never_run(dtype: str) -> None:
    table = pd.DataFrame({"a,b": pd.Series(["plain", "=1+1", "a,b", 'q"u', "-5", "two\nlines", "", None], dtype=dtype), "tier": range(8)})
    assert csv_text(table) == '"a,b",tier\nplain,0\n\'=1+1,1\n"a,b",2\n"q""u",3\n-5,4\n"two\nlines",5\n,6\n,7\n'


def test_what_is_missing_is_empty_and_a_table_may_have_no_rows() -> None:
    table = pd.DataFrame({"low": [1.5, np.nan], "unit": ["t", "é"]})
    assert csv_text(table) == "low,unit\n1.5,t\n,é\n"
    assert csv_text(table[:0]) == "low,unit\n"
    assert csv_bytes(table) == csv_text(table).encode()


def test_values_of_several_kinds_in_one_column_stand_as_what_they_are() -> None:
    """1, 1.0 and True are equal to Python, and none of them is the other."""
    kinds = pd.Series([1, 1.0, True, None, "x", "=1"], dtype=object)
    assert csv_text(pd.DataFrame({"value": kinds})) == "value\n1\n1.0\nTrue\n\nx\n'=1\n"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pd.array([3, None], dtype="Int64"), "3"),
        (pd.array([3.0, None], dtype="Float64"), "3.0"),
        (pd.array([True, None], dtype="boolean"), "True"),
        (pd.array(["1", None], dtype="string"), "1"),
    ],
    ids=lambda part: str(getattr(part, "dtype", part)),
)
def test_what_is_missing_among_nullable_values_is_empty(values: pd.api.extensions.ExtensionArray, told: str) -> None:
    assert csv_text(pd.DataFrame({"value": values, "n": [1, 2]})) == f"value,n\n{told},1\n,2\n"
