# ruff: noqa: E501 -- messages stand in one line, as users see them
"""Entities and series from CSV files and workbooks, each cell with its place."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

import planner
import planner.scenario.workbook as workbook
from planner.errors import InputError
from planner.scenario.load import Loaded
from planner.scenario.schema import Project
from planner.scenario.series import Series
from tests.planner.scenario.writing import HEAD, loaded, problems, put

TABLE = "suppliers: {table: t.csv}\n"
BOOK = "suppliers: {table: t.xlsx}\n"
SERIES = "suppliers: {a: {material: ore, price: {table: t.csv, column: ore}}}\n"


def from_csv(folder: Path, csv: str, text: str = TABLE) -> Loaded:
    return loaded(folder, text, files={"t.csv": csv})


def wrong_csv(folder: Path, csv: str, text: str = TABLE) -> list[str]:
    return problems(folder, text, files={"t.csv": csv})


def book(folder: Path, sheets: dict[str, list[list[Any]]], name: str = "t.xlsx") -> Path:
    workbook = xlsxwriter.Workbook(str(folder / name))
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    clock = workbook.add_format({"num_format": "hh:mm:ss"})
    for title, rows in sheets.items():
        sheet = workbook.add_worksheet(title)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, dt.datetime):
                    sheet.write_datetime(r, c, value, day)
                elif isinstance(value, dt.time):
                    sheet.write_datetime(r, c, value, clock)
                elif isinstance(value, str) and value.startswith("#"):
                    sheet.write_formula(r, c, "=NA()", None, value)
                elif value is not None:
                    sheet.write(r, c, value)
    workbook.close()
    return folder / name


def price(found: Loaded, key: str = "a") -> Series:
    return found.scenario.suppliers[key].tiers[0].price


# ---- CSV


def test_entities_with_dotted_headers(tmp_path: Path) -> None:
    csv = "id,adds_to,decide.earliest,size.max,ramp.delay,ramp.full,capex,source.capex\np,a,2026-01,50 t/yr,6 months,2 years,90,me\nq,a,,,,,,\n"
    text = "suppliers: {a: {material: ore}}\nprojects: {table: t.csv, entries: {q: {decide: {}}}}\n"
    found = from_csv(tmp_path, csv, text).scenario.projects
    assert list(found) == ["p", "q"]
    assert isinstance(found["p"], Project)
    assert found["p"].points == ((0.5, 0), (2, 1))
    assert found["p"].source == {"capex": "me"}
    assert found["q"].stages == ((0, 0),)


def test_entries_beside_a_table(tmp_path: Path) -> None:
    csv = "id,material,price\na,ore,1\nb,ore,2\nc,ore,3\n"
    text = "suppliers: {table: t.csv, note: prices of last week, entries: {b: {price: 9}, c: null, d: {material: ore}}}\n"
    found = from_csv(tmp_path, csv, text).scenario.suppliers
    assert {key: supplier.tiers[0].price.values[0] for key, supplier in found.items()} == {"a": 1, "b": 9, "d": 0}


def test_the_id_may_stand_in_any_column_and_blank_rows_are_skipped(tmp_path: Path) -> None:
    found = from_csv(tmp_path, "\ufeffmaterial , id,price\r\nore, a ,1\r\n,,\r\n\r\nore,b,\r\n")
    assert {key: price(found, key).values for key in found.scenario.suppliers} == {"a": [1], "b": [0]}


def test_lists_and_maps_in_cells(tmp_path: Path) -> None:
    csv = 'id,material,country,sells_to,price\na,ore,NO,"[x, y]","{tiers: [{quantity: 5, price: 1}, {price: 2}]}"\n'
    found = from_csv(tmp_path, csv, "parties: {x: {}, y: {}}\n" + TABLE).scenario.suppliers["a"]
    assert (found.country, found.sells_to, len(found.tiers)) == ("NO", ("x", "y"), 2)


def test_marks_are_lines_and_columns_of_the_table(tmp_path: Path) -> None:
    csv = 'id,material,price\na,ore,"{tiers: [{price: 5 t}]}"\n\nb,orr,-1\n'
    assert wrong_csv(tmp_path, csv) == [
        "t.csv:2:3: suppliers.a.price.tiers.0.price: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg",
        "t.csv:4:2: suppliers.b.material: there is no material 'orr'; did you mean 'ore'?",
        "t.csv:4:3: suppliers.b.price: -1 is negative, which means nothing here; write a number of zero or more",
    ]


@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        ("id,material\na,ore\na,ore\n", "t.csv:3:1: suppliers.a: duplicate id 'a'; one row per id"),
        ("id,material\n,ore\n", "t.csv:2:1: suppliers: the row has no id; fill column 'id'"),
        ("id,material\na,ore,5\n", "t.csv:2:3: suppliers.a: the cell stands in a column without a header"),
        ("id,material,\na,ore,5\n", "t.csv:2:3: suppliers.a: the cell stands in a column without a header"),
        ("id,material,prise\na,ore,5\n", "t.csv:2:3: suppliers.a.prise: unknown key 'prise'; did you mean 'price'?"),
        (
            'id,material\n"a,ore\n',
            "t.csv:2:1: suppliers: is not valid CSV: unexpected end of data",
        ),
        ("id,material\nA b,ore\n", "t.csv:2:1: suppliers.A b: 'A b' is not a valid id; ids are small letters, digits and _, and start with a letter"),
        ("id,material,price,price\na,ore,1,2\n", "t.csv:1:4: suppliers: duplicate column 'price'; first used in column 3"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, csv: str, problem: str) -> None:
    assert wrong_csv(tmp_path, csv) == [problem]


def test_a_column_and_its_parts_contradict_each_other(tmp_path: Path) -> None:
    assert wrong_csv(tmp_path, "id,material,price,price.2026\na,ore,1,2\n")


def test_every_bad_cell_is_reported(tmp_path: Path) -> None:
    found = wrong_csv(tmp_path, "id,material,price\na,ore,.nan\nb,ore,012\nc,orr,1\n")
    assert [line.split(": ")[0] for line in found] == ["t.csv:2:3", "t.csv:3:3", "t.csv:4:2"]


def test_a_wrong_table_is_the_only_thing_reported_about_its_entities(tmp_path: Path) -> None:
    text = TABLE + "contracts: {c: {supplier: b, quantity: 1}}\n"
    found = wrong_csv(tmp_path, "id,material,price\na,ore,.nan\nb,ore,1\n", text)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("suppliers: {table: none.csv}", "s.yaml:4:20: suppliers: there is no file 'none.csv'; did you mean 't.csv'?"),
        ("suppliers: {table: tt.csv}", "s.yaml:4:20: suppliers: there is no file 'tt.csv'; did you mean 't.csv'?"),
        ("suppliers: {table: 5}", "s.yaml:4:20: suppliers: 'table' is not a file name; write table: file.csv"),
        ("suppliers: {table: ../t.csv}", "s.yaml:4:20: suppliers: '../t.csv' lies outside the root '{root}'; move the file, or widen the root with --root DIR"),
        ("suppliers: {table: s.yaml}", "s.yaml:4:20: suppliers: 's.yaml' is neither a CSV file nor an Excel workbook; use .csv or .xlsx"),
        ("suppliers: {table: t.csv, b: {material: ore}}", "s.yaml:4:27: suppliers.b: stands beside 'table'; put it under 'entries:'"),
    ],
)
def test_tables_that_cannot_be_found(tmp_path: Path, text: str, problem: str) -> None:
    assert problem.replace("{root}", tmp_path.name) in wrong_csv(tmp_path, "id,material\na,ore\n", text)


def test_an_empty_table_is_reported(tmp_path: Path) -> None:
    try:
        warnings = loaded(tmp_path, TABLE, files={"t.csv": ""}).sources.warnings
    except InputError as error:
        warnings = error.problems
    assert warnings


# ---- series


def test_a_sheet_of_many_rows_is_no_far_cell(tmp_path: Path) -> None:
    """The name space that every sheet declares as ``xmlns:r`` looked like a cell in column HTTP, and 14 rows like half a million cells."""
    rows = [["id", "unit"], *([f"m{number}", "t"] for number in range(2000))]
    book(tmp_path, {"materials": rows})
    (tmp_path / "s.yaml").write_text("version: 1\nhorizon: {start: 2026-01, end: 2027-01}\nmaterials: {table: t.xlsx}\n", encoding="utf-8")
    assert len(planner.load(tmp_path / "s.yaml").scenario.materials) == 2000


def test_a_series_from_a_table(tmp_path: Path) -> None:
    found = from_csv(tmp_path, "date,ore,dy\n2027-07,3 USD/kg,\n2026,1,9\n2027,,\n", SERIES)
    assert price(found).steps == ((dt.date(2026, 1, 1), 1), (dt.date(2027, 7, 1), 3000))


def test_the_first_column_holds_the_dates_where_none_says_so(tmp_path: Path) -> None:
    assert price(from_csv(tmp_path, "when,ore\n2026-03-04,7\n", SERIES)).steps == ((dt.date(2026, 3, 4), 7),)


@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        ("date,oer\n2026,1\n", "s.yaml:4:62: suppliers.a.price: the table has no column 'ore'; did you mean 'oer'?"),
        ("date,x\n2026,1\n", "s.yaml:4:62: suppliers.a.price: the table has no column 'ore'; it has date, x"),
        ("date,ore\n2026,1\n2026,2\n", "t.csv:3:1: suppliers.a.price: the date 2026 stands twice; one row per date"),
        ("date,ore\n2026,1\n2026-01,2\n", "t.csv:3:1: suppliers.a.price.2026-01: '2026-01' means the same day as an earlier key; a series is a number, {date: value, …}, {start, growth} or {table, column}"),
        ("date,ore\n2026,1 t\n", "t.csv:2:1: suppliers.a.price.2026: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg"),
        ("date,ore\n2026,\n", "s.yaml:4:39: suppliers.a.price: holds no value; write {2026-01: 100, 2028-07: 250}"),
        ("date,ore\n,5\n", "t.csv:2:1: suppliers.a.price: the row has no date; fill column 'date'"),
        ("ore,date\n5\n", "t.csv:2:1: suppliers.a.price: the row has no date; fill column 'date'"),
    ],
)  # fmt: skip
def test_series_that_are_wrong(tmp_path: Path, csv: str, problem: str) -> None:
    found = wrong_csv(tmp_path, csv, SERIES)
    assert problem in found
    assert len(found) == 1 or "holds no value" in found[1] or "holds no value" in found[0]


def test_a_series_table_takes_no_other_keys(tmp_path: Path) -> None:
    text = SERIES.replace("column: ore", "column: ore, growth: 3 %, shet: x")
    assert wrong_csv(tmp_path, "date,ore\n2026,1\n", text)


def test_a_series_table_without_a_column(tmp_path: Path) -> None:
    (found,) = wrong_csv(tmp_path, "date,ore\n2026,1\n", SERIES.replace(", column: ore", ""))
    assert "did you mean 'table'?" not in found
    assert "column" in found


def test_one_table_for_several_series(tmp_path: Path) -> None:
    text = (
        "suppliers:\n  a: {material: ore, price: {table: t.csv, column: p}, capacity: {table: t.csv, column: c}, tariff: {note: x, table: t.csv, column: d}}\n"
    )
    found = from_csv(tmp_path, "date,p,c,d\n2026,1,5 kt/yr,5 %\n", text).scenario.suppliers["a"]
    assert (found.tiers[0].price.values, found.capacity.values, found.tariff.values) == ([1], [5000], [0.05])


# ---- workbooks


def test_entities_from_a_sheet(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["id", "material", "country", "price", "lead_time"],
        ["a", "ore", "NO", 5.0, "45 days"],
        [None] * 5,
        ["b", "ore", "CN", 0.25, None],
    ]
    book(tmp_path, {"only": rows})
    found = loaded(tmp_path, BOOK).scenario.suppliers
    assert (found["a"].country, found["a"].tiers[0].price.values) == ("NO", [5])
    assert found["a"].lead_time == pytest.approx(45 / 365.25)
    assert found["b"].tiers[0].price.values == [0.25]


def test_a_sheet_by_name(tmp_path: Path) -> None:
    book(tmp_path, {"notes": [["x"]], "supply": [["id", "material"], ["a", "ore"]]})
    assert list(loaded(tmp_path, "suppliers: {table: t.xlsx, sheet: supply}").scenario.suppliers) == ["a"]
    assert "s.yaml:4:20: suppliers: 't.xlsx' has several sheets; name one with sheet: notes, supply" in problems(tmp_path, BOOK)
    assert "s.yaml:4:20: suppliers: 't.xlsx' has no sheet 'suply'; did you mean 'supply'?" in problems(tmp_path, "suppliers: {table: t.xlsx, sheet: suply}")


def test_a_problem_in_a_sheet_names_book_sheet_row_and_column(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "material", "price"], ["a", "ore", 5], ["b", "ore", "5 t"]]
    book(tmp_path, {"only": rows})
    assert problems(tmp_path, BOOK) == [
        "t.xlsx[only]:3:3: suppliers.b.price: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg"
    ]


def test_dates_of_a_workbook(tmp_path: Path) -> None:
    book(tmp_path, {"p": [["date", "ore"], [dt.datetime(2026, 3, 4), 7], [2027, 8.5], ["2028-02", "9 USD/kg"]]})
    found = loaded(tmp_path, SERIES.replace("t.csv", "t.xlsx"))
    assert price(found).steps == ((dt.date(2026, 3, 4), 7), (dt.date(2027, 1, 1), 8.5), (dt.date(2028, 2, 1), 9000))


def test_an_error_in_a_cell_is_not_an_empty_cell(tmp_path: Path) -> None:
    book(tmp_path, {"only": [["id", "material", "price"], ["a", "ore", "#DIV/0!"]]})
    assert problems(tmp_path, BOOK)


@pytest.mark.parametrize("value", [True, dt.time(12, 30)])
def test_cells_that_are_no_numbers(tmp_path: Path, value: Any) -> None:
    book(tmp_path, {"only": [["id", "material", "price"], ["a", "ore", value]]})
    (found,) = problems(tmp_path, BOOK)
    assert found.startswith("t.xlsx[only]:2:3: suppliers.a.price: ")
    assert "datetime" not in found


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book(tmp_path, {"only": [["id", "material"], ["a", "ore"]]})
    monkeypatch.setattr(workbook, "MAX_EXPANDED", 3_000_000)
    assert loaded(tmp_path, BOOK)
    with zipfile.ZipFile(tmp_path / "t.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * 3_000_000)
    assert (tmp_path / "t.xlsx").stat().st_size < 20_000
    assert "s.yaml:4:20: suppliers: 't.xlsx' unpacks to more than 3 MB" in problems(tmp_path, BOOK)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no workbook",
        b"PK\x03\x04" + bytes(100),
        bytes(10) + b"PK\x05\x06" + b"\xff" * 18,
    ],
)
def test_files_that_are_no_workbooks(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(raw)
    assert problems(tmp_path, BOOK)[0].startswith("s.yaml:4:20: ")


def _with_sheet(folder: Path, xml: bytes) -> None:
    """A workbook whose only sheet holds this XML."""
    book(folder, {"only": [["id", "material"], ["a", "ore"]]})
    with zipfile.ZipFile(folder / "t.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = xml
    with zipfile.ZipFile(folder / "t.xlsx", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


@pytest.mark.parametrize(
    "xml",
    [
        b'<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
        b'<worksheet><sheetData><row r="x"><c r="A',
        b"",
    ],
)
def test_workbooks_that_are_damaged_inside(tmp_path: Path, xml: bytes) -> None:
    _with_sheet(tmp_path, xml)
    assert problems(tmp_path, BOOK)


def test_a_sheet_with_a_far_corner_does_not_take_all_memory(tmp_path: Path) -> None:
    xml = b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    _with_sheet(tmp_path, xml)
    put(tmp_path, {"s.yaml": HEAD + BOOK})
    code = f"""
import resource; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from planner import InputError, load
try: load({str(tmp_path / "s.yaml")!r})
except InputError: print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False)

    assert (done.returncode, done.stdout) == (0, "refused\n")
