"""What is exported comes back as it was: every shipped scenario, every case, and texts and numbers of any kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planner
from planner.errors import InputError
from planner.exchange import export_plan, import_book, read_book
from planner.exchange.cells import cell_of, value_of
from planner.scenario.characters import harmless, steering
from planner.sheets import Sheet, write_book
from tests.planner.exchange.books import exported, plain, small
from tests.shipped import SCENARIOS, whole

CASES = sorted(path for path in (Path(__file__).parents[2] / "cases").glob("*.yaml") if path.name != "expected.yaml")
FILES = [*whole(), *CASES]
quick = settings(deadline=None, derandomize=True, database=None, max_examples=200)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_scenario_comes_back_as_it_was(path: Path, tmp_path: Path) -> None:
    """The same data in the same order of ids is the same program, so the same plan."""
    before = planner.load(path)
    after = read_book(exported(before, tmp_path / "book.xlsx"))
    there, back = plain(before), plain(after)
    assert after.scenario == before.scenario
    assert back == there
    assert after.sources.warnings == []
    for kind, entries in there.items():
        if isinstance(entries, dict) and kind not in ("horizon", "money"):
            assert list(back[kind]) == list(entries), kind


SOLVED = [CASES[0], SCENARIOS / "embargo_2010" / "base.yaml", SCENARIOS / "japan" / "cutoff.yaml"]


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_comes_back_has_the_same_plan(path: Path, tmp_path: Path) -> None:
    plan = planner.solve(path)
    book = export_plan(plan.save(tmp_path / "plan"))
    assert book == tmp_path / "plan.xlsx"
    written, warnings = import_book(book)
    assert (written, warnings) == (tmp_path / "plan.yaml", [])
    again = planner.solve(written)
    assert again.total_cost == plan.total_cost
    for name, table in plan.tables.items():
        if name != "inputs":
            # that one says where each key stands, which is another file now
            pd.testing.assert_frame_equal(table, again.tables[name])


def test_the_file_that_import_writes_says_what_the_book_says(tmp_path: Path) -> None:
    before = small(tmp_path)
    path, _ = import_book(exported(before, tmp_path / "book.xlsx"), tmp_path / "made" / "here.yaml")
    assert planner.load(path).scenario == before.scenario
    assert path.read_text(encoding="utf-8").startswith("# From book.xlsx, by plan import.\n")


ODD_TEXTS = [
    "",
    " ",
    "007",
    "1e5",
    "0x1F",
    "1_000",
    "null",
    "~",
    "true",
    "False",
    ".nan",
    "2026-01",
    "-5",
    "+1",
    "=1+1",
    '=HYPERLINK("http://x")',
    "@x",
    "'x",
    '"x"',
    '"',
    "[draft]",
    "{a: b}",
    "{a",
    "#x",
    "a: b",
    "a #b",
    " padded ",
    "\ttab",
    "line\nline\n",
    "- x",
    "? x",
    "&a",
    "*a",
    "!t",
    "%",
    "`",
    "x" * 20_000,
    "é 東京 🜨",
    "a\u00a0b",
    "\u00a0a",
    "a\u2028b",
    "\ufeffx",
    "_x0041_",
    "_x000D_",
    "a_x005F_b",
    "<b>&amp;</b>",
    "http://example.org",
    "NO",
    "Ja",
    "1:30",
    "12.5.2026",
    "5 %",
    "\\n",
    "\\u0041",
    "C:\\x",
]
ODD_NUMBERS = [
    0,
    -0.0,
    100,
    100.0,
    0.1 + 0.2,
    1e-7,
    1e22,
    6.02e23,
    -1e-300,
    5e-324,
    1 / 3,
    2**53,
    2**53 + 1,
    10**19 + 1,
    123456789.123456789,
    0.65,
    1e15,
    999999999999999.0,
]


def test_odd_texts_and_numbers_come_back(tmp_path: Path) -> None:
    values: list[Any] = [*ODD_TEXTS, *ODD_NUMBERS, *([text] for text in ODD_TEXTS), {text or "k": text for text in ODD_TEXTS if len(text) < 100}, [ODD_NUMBERS]]
    found = through_a_book(values, tmp_path / "book.xlsx")
    for value, again in zip(values, found, strict=True):
        assert again == value
        assert isinstance(again, str) == isinstance(value, str), value


def through_a_book(values: list[Any], path: Path) -> list[Any]:
    """Values written into cells, and read again from the file."""
    from python_calamine import CalamineWorkbook

    frame = pd.DataFrame({"v": [cell_of(value, "here") for value in values], "end": ["." for _ in values]}, dtype=object)
    write_book(path, [Sheet("s", frame)], "t", force=True)
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("s").to_python(skip_empty_area=False)
    return [value_of(row[0]) for row in rows[1:]]


TEXTS = st.text(max_size=60).map(harmless).map(lambda text: text.replace("\r", ""))
NUMBERS = st.integers(-(10**19), 10**19) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(TEXTS | NUMBERS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8)


@quick
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_any_value_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    assert through_a_book(values, tmp_path_factory.mktemp("book") / "book.xlsx") == values


@quick
@given(st.text(max_size=60))
def test_a_text_that_no_scenario_may_hold_is_refused_or_comes_back(text: str) -> None:
    if steering(text) or "\r" in text:
        with pytest.raises(InputError, match="here: cannot be written into a cell"):
            cell_of(text, "here")
    else:
        assert value_of(cell_of(text, "here")) == text


def test_a_text_too_long_for_a_cell_is_refused_with_its_key() -> None:
    with pytest.raises(InputError, match=r"suppliers\.a\.note: is a text of 40,000 characters; a cell of a workbook holds 32,767"):
        cell_of("x" * 40_000, "suppliers.a.note")


def test_a_series_too_long_for_a_cell_gets_a_column_for_each_date(tmp_path: Path) -> None:
    before = small(tmp_path)
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=900)]
    steps = ", ".join(f"{day}: {1 / (index + 3)!r} kg/month" for index, day in enumerate(days))
    (tmp_path / "long.yaml").write_text(
        f"extends: small.yaml\nsuppliers: {{norway: {{capacity: {{{steps}}}}}, china: {{capacity: {{2026-01: 5}}}}}}", encoding="utf-8"
    )
    before = planner.load(tmp_path / "long.yaml")
    book = exported(before, tmp_path / "book.xlsx")
    assert read_book(book).scenario == before.scenario
    assert plain(read_book(book)) == plain(before)


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    before = small(tmp_path)
    one, two = exported(before, tmp_path / "one.xlsx"), exported(before, tmp_path / "two.xlsx")
    assert one.read_bytes() == two.read_bytes()
