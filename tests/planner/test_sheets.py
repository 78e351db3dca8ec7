"""The writer of workbooks: what stands in them, how it is shown, what it refuses."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from planner.errors import InputError
from planner.sheets import Chart, Sheet, write_book
from planner.sheets.drawing import legal_names


def parts(book: Path) -> dict[str, str]:
    """The parts of a workbook."""
    with zipfile.ZipFile(book) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


FRAME = pd.DataFrame(
    {
        "item": ["a", "=1+1", "c"],
        "value": [1234567.891, float("nan"), 0.1 + 0.2],
        "unit": ["USD", "t", "share"],
        "year": [2026, 2027, 2028],
        "day": [dt.date(2026, 1, 2), None, pd.Timestamp("2026-05-06")],
        "odd": [True, None, float("inf")],
    }
)


def test_what_stands_in_the_cells(tmp_path: Path) -> None:
    book = write_book(tmp_path / "b.xlsx", [Sheet("one", FRAME, "Title", ("first", "second"))], "t")
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("one").to_python()
    assert [row[0] for row in rows[:4]] == ["Title", "first", "second", ""]
    assert rows[4] == list(FRAME.columns)
    assert rows[5] == ["a", 1234567.891, "USD", 2026.0, "2026-01-02", True]
    assert rows[6] == ["=1+1", "", "t", 2027.0, "", ""]
    assert rows[7] == ["c", 0.1 + 0.2, "share", 2028.0, "2026-05-06T00:00:00", ""]


def test_numbers_are_shown_by_their_units_and_kinds(tmp_path: Path) -> None:
    book = write_book(tmp_path / "b.xlsx", [Sheet("one", FRAME, kinds={"year": "year"}, unit="unit", currency="USD")], "t")
    found = parts(book)
    codes = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', found["xl/styles.xml"]))
    styles = re.findall(r'<xf numFmtId="(\d+)"', found["xl/styles.xml"].partition("<cellXfs")[2])
    used = re.findall(r'<c r="([BD]\d)" s="(\d+)"><v>', found["xl/worksheets/sheet1.xml"])
    # number 1 is the plain "0" of every program
    shown = {place: codes.get(styles[int(style)], styles[int(style)]) for place, style in used}
    assert shown == {"B2": "#,##0", "B4": "0.0 %", "D2": "1", "D3": "1", "D4": "1"}


def test_nothing_is_live_and_the_header_stays(tmp_path: Path) -> None:
    found = parts(write_book(tmp_path / "b.xlsx", [Sheet("one", FRAME, "=1+1", frozen=1)], "=t"))
    sheet = found["xl/worksheets/sheet1.xml"]
    assert not re.search(r"<f[ >/]|<hyperlink", sheet)
    assert 'xSplit="1" ySplit="3" topLeftCell="B4"' in sheet
    assert '<autoFilter ref="A3:F6"/>' in sheet


def test_long_texts_are_wrapped_in_a_column_that_is_not_too_wide(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["word " * 30, "short"], "n": [1, 2]})
    sheet = parts(write_book(tmp_path / "b.xlsx", [Sheet("s", frame, widest=40, tallest=3)], "t"))["xl/worksheets/sheet1.xml"]
    assert re.search(r'<col min="1" max="1" width="42\.7', sheet)
    assert re.findall(r'<row r="(\d)"[^>]* ht="(\d+)"', sheet) == [("2", "45")]


def test_charts_draw_from_any_sheet(tmp_path: Path) -> None:
    numbers = pd.DataFrame({"origin": ["CN", "AU"], "2026": [0.6, 0.4], "2027": [0.5, 0.5]})
    sheets = [
        Sheet(
            "cover: [1]",
            FRAME,
            charts=[Chart("stacked column", "=Mix", "origin", ("2026", "2027"), "num'bers", by="row"), Chart("bar", "b", "item", ("value",), first=1)],
        ),
        Sheet("num'bers", numbers, "t", charts=[Chart("line", "l", "origin", ("2026", "2027"), unit="share"), Chart("stacked area", "a", "origin", ("2026",))]),
    ]
    found = parts(write_book(tmp_path / "b.xlsx", sheets, "t"))
    first = found["xl/charts/chart1.xml"]
    assert "<c:f>'num''bers'!$B$4:$C$4</c:f>" in first
    assert "<c:f>'num''bers'!$B$3:$C$3</c:f>" in first
    assert " =Mix" in first
    assert "<c:f>'cover_ _1_'!$B$3:$B$4</c:f>" in found["xl/charts/chart2.xml"]
    assert {"xl/charts/chart3.xml", "xl/charts/chart4.xml"} <= set(found)


def test_names_of_sheets_are_made_legal() -> None:
    found = legal_names(["a", "A", "", "x/y:z*[1]?\\", "'quoted'", "n" * 40, "n" * 41, "History"])
    assert found == ["a", "A~2", "sheet", "x_y_z__1___", "quoted", "n" * 31, "n" * 29 + "~2", "History~2"]
    assert all(len(name) <= 31 for name in found)


def test_what_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    long = pd.DataFrame({"a": range(1_048_576)})
    wide = pd.DataFrame([[0] * 16_385])
    text = pd.DataFrame({"a": ["x" * 32_768]})
    for frame, words in ((long, "1,048,577 rows"), (wide, "16,385 columns"), (text, "row 2, column 'a': a text of 32,768 characters")):
        with pytest.raises(InputError, match=words):
            write_book(tmp_path / "new" / "b.xlsx", [Sheet("s", frame)], "t")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_earlier_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = write_book(tmp_path / "b.xlsx", [Sheet("s", FRAME)], "t")
    before = book.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("planner.disk.os.fsync", full)
    with pytest.raises(InputError, match=r"b\.xlsx: cannot be written: No space left on device"):
        write_book(book, [Sheet("s", FRAME, "other")], "t")
    assert book.read_bytes() == before
    assert list(tmp_path.iterdir()) == [book]


def test_the_same_sheets_give_the_same_bytes_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = [Sheet("s", FRAME, charts=[Chart("column", "c", "item", ("value",))])]
    one = write_book(tmp_path / "1.xlsx", sheets, "t").read_bytes()
    assert write_book(tmp_path / "2.xlsx", sheets, "t").read_bytes() == one
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    other = write_book(tmp_path / "3.xlsx", sheets, "t")
    assert "2023-11-14T22:13:20Z" in parts(other)["docProps/core.xml"]


def test_characters_that_no_file_may_hold_do_not_spoil_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x\0y", "\ud800", "\uffff", "_x0041_", "a\r\nb", "\x1b[31m"]}, dtype=object)
    book = write_book(tmp_path / "b.xlsx", [Sheet("s", frame)], "t\ud800")
    found = [row[0] for row in CalamineWorkbook.from_path(book).get_sheet_by_name("s").to_python()][1:]
    assert found[1:4] == ["\\ud800", "\ufffd", "_x0041_"]
