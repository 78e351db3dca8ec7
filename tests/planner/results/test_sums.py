"""Tables whose texts are numbers, and their sums: the same whatever the texts are held in."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.results.coded import Coded, Texts, blocks, coded
from planner.results.sums import by_period, summed

ROWS: dict[str, list[Any]] = {"id": ["b", "a", "b", "b"], "period": ["2026-02", "2026-01", "2027-01", "2026-01"], "value": [1.0, 2.0, 4.0, 8.0]}


def numbered() -> Coded:
    texts = Texts()
    table = {key: np.array(cells) if key == "value" else texts.numbers(cells) for key, cells in ROWS.items()}
    return coded(texts, {"t": table})


@pytest.mark.parametrize("table", [pd.DataFrame(ROWS), numbered().frames()["t"]], ids=["texts", "categories"])
def test_sums_stand_in_order_of_appearance(table: pd.DataFrame) -> None:
    years = {"period": {"2026-01": "2026", "2026-02": "2026", "2027-01": "2027"}}
    assert list(summed(table, ["id"]).items()) == [(("b",), 13.0), (("a",), 2.0)]
    assert list(summed(table, ["id", "period"], years).items()) == [(("b", "2026"), 9.0), (("a", "2026"), 2.0), (("b", "2027"), 4.0)]
    assert by_period(table, ["id"], {"2026-01": 0, "2026-02": 1, "2027-01": 2}) == {("b",): [8.0, 1.0, 4.0], ("a",): [2.0, 0.0, 0.0]}
    assert summed(table[:0], ["id", "period"]) == {}
    assert by_period(table[:0], ["id"], {"2026-01": 0}) == {}


def test_plain_tables_are_texts_and_numbers_again() -> None:
    found = pickle.loads(pickle.dumps(numbered())).plain()["t"]
    pd.testing.assert_frame_equal(found, pd.DataFrame(ROWS).astype({"id": "str", "period": "str"}))


def test_ranks_are_of_the_alphabet_but_for_what_is_given_first() -> None:
    texts = Texts()
    texts.numbers(["c", "a", "é", "b"])
    assert texts.ranks().tolist() == [2, 0, 3, 1]
    assert texts.ranks(["b", "z", "c"]).tolist() == [1, 2, 3, 0]


def test_blocks_of_components() -> None:
    assert blocks([("x", 1), ("x", 2), ("nothing", None), ("y", (1, 2))]) == {"x": slice(0, 2), "nothing": slice(2, 3), "y": slice(3, 4)}
    assert blocks([]) == {}
