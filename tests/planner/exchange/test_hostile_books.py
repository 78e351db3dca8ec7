"""Workbooks from anywhere: always the scenario or a message, never code that runs, a hang, or all of the memory."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

import planner
from planner.errors import InputError
from planner.exchange import export_plan, read_book
from planner.plan import Plan
from tests.planner.exchange.books import Grids, edited, exported, plain, put, small, told

Bytes = Callable[[bytes], bytes]


def remade(raw: bytes, change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None) -> bytes:
    """The archive with its parts changed, left out (None), or joined by others."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return made.getvalue()


def bomb(raw: bytes) -> bytes:
    """A sheet of the scenario that unpacks to a hundred times its size."""
    return remade(raw, lambda name, content: content + b" " * 70_000_000 if name == "xl/worksheets/sheet1.xml" else content)


def far_cell(raw: bytes) -> bytes:
    cell = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    return remade(raw, lambda name, content: content.replace(b"</sheetData>", cell) if name == "xl/worksheets/sheet4.xml" else content)


def entities(raw: bytes) -> bytes:
    start = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    return remade(raw, lambda name, content: content.replace(b"<sst", start + b"<sst") if name == "xl/sharedStrings.xml" else content)


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


FILES: list[tuple[str, Bytes, str]] = [
    ("no zip", lambda _: b"id,label\n", "cannot be read as a workbook: File is not a zip file"),
    ("empty file", lambda _: b"", "cannot be read as a workbook: File is not a zip file"),
    (
        "password",
        lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096,
        "is protected by a password, or of the old form .xls; save it as .xlsx without a password",
    ),
    ("half of it", cut, "cannot be read as a workbook: File is not a zip file"),
    ("bomb", bomb, "unpacks to more than 60 MB"),
    ("far cell", far_cell, "spreads over more than 500,000 cells"),
    ("entities", entities, "it names entities, which no table needs"),
    ("no list of sheets", lambda raw: remade(raw, lambda name, content: None if name == "xl/workbook.xml" else content), "holds no sheet of a scenario"),
    ("no sheet", lambda raw: remade(raw, lambda name, content: None if name == "xl/worksheets/sheet2.xml" else content), "cannot be read as a workbook"),
    ("no zip at all", lambda _: b"PK\x03\x04" + b"\xff" * 1000, "cannot be read as a workbook"),
    ("other zip", lambda raw: remade(raw, lambda *_: None, {"a.txt": b"a"}), "cannot be read as a workbook"),
]


@pytest.mark.parametrize(("make", "expected"), [pytest.param(make, expected, id=name) for name, make, expected in FILES])
def test_a_file_that_is_no_workbook(make: Bytes, expected: str, tmp_path: Path) -> None:
    book = exported(small(tmp_path), tmp_path / "book.xlsx")
    book.write_bytes(make(book.read_bytes()))
    (found,) = told(book)
    assert found.startswith("book.xlsx:1:1: ")
    assert expected in found


def test_other_names_and_places(tmp_path: Path) -> None:
    (tmp_path / "book.ods").write_bytes(b"x")
    (tmp_path / "folder.xlsx").mkdir()
    assert told(tmp_path / "book.ods") == ["book.ods:1:1: is not an Excel workbook by its name; use .xlsx"]
    assert told(tmp_path / "folder.xlsx") == ["folder.xlsx:1:1: is not a regular file"]
    assert told(tmp_path / "absent.xlsx") == ["absent.xlsx:1:1: no such file"]


def test_many_columns(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        grids["suppliers"][0] += [f"x{number}" for number in range(16_000)]

    (found,) = told(edited(exported(small(tmp_path), tmp_path / "book.xlsx"), edit))
    assert "edited.xlsx[suppliers]!BXY1: suppliers: the sheet has more than 2,000 columns" in found


def test_hidden_sheets_merged_cells_and_macros_are_no_obstacle(tmp_path: Path) -> None:
    before = small(tmp_path)

    def change(name: str, content: bytes) -> bytes:
        if name == "xl/workbook.xml":
            return content.replace(b'name="events"', b'name="events" state="veryHidden"')
        return content.replace(b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A2:B2"/></mergeCells>') if "sheet4" in name else content

    book = exported(before, tmp_path / "book.xlsx")
    book.write_bytes(remade(book.read_bytes(), change, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" * 99}))
    macros = book.rename(tmp_path / "book.xlsm")
    assert plain(read_book(macros)) == plain(before)


def test_formulas_count_by_their_values(tmp_path: Path) -> None:
    """As a spreadsheet program stores them; without a value, or with an error, they are told."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        settings, demands = book.add_worksheet("scenario"), book.add_worksheet("demands")
        materials = book.add_worksheet("materials")
        for row, pair in enumerate([("key", "value"), ("version", 1), ("horizon.start", 2026), ("horizon.end", 2028), ("horizon.step", "year")]):
            settings.write_row(row, 0, pair)
        materials.write_row(0, 0, ["id"])
        materials.write_row(1, 0, ["ore"])
        demands.write_row(0, 0, ["id", "material", "quantity", "shortage"])
        demands.write_row(1, 0, ["good", "ore"])
        demands.write_formula(1, 2, "=2*21", None, 42)
        demands.write_row(2, 0, ["bad", "ore"])
        demands.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        demands.write_row(3, 0, ["empty", "ore"])
        demands.write_formula(3, 2, "=1", None, "")
    found = told(path)
    assert found == [
        "book.xlsx[demands]!C3: demands.bad.quantity: the cell holds the error #DIV/0!; mend the formula",
        "book.xlsx[demands]!C4: demands.empty.quantity: the cell holds a formula without its value; open the workbook in a spreadsheet program and save it",
    ]


def test_control_characters_are_told(tmp_path: Path) -> None:
    found = told(edited(exported(small(tmp_path), tmp_path / "book.xlsx"), lambda grids: put(grids, "suppliers", "norway", "label", "a\u202eb")))
    assert found == ["edited.xlsx[suppliers]!B2: suppliers.norway.label: holds the control character U+202E; remove it"]


INERT = [
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "http://example.org",
    "mailto:a@example.org",
    "{=1+1}",
    "\t=1",
]


def test_texts_do_nothing_in_an_exported_plan(tmp_path: Path) -> None:
    """Labels, notes, the title and ids that look like formulas or links are texts everywhere, and come back."""
    small(tmp_path)
    notes = "\n".join(
        f"  x{number}: {{unit: t, label: {text!r}}}" if "'" not in text else f'  x{number}: {{unit: t, label: "{text}"}}' for number, text in enumerate(INERT)
    )
    (tmp_path / "odd.yaml").write_text(f"extends: small.yaml\ntitle: '=1+1'\nmaterials:\n{notes}\n".replace("'\\t=1'", '"\\t=1"'), encoding="utf-8")
    plan = planner.solve(tmp_path / "odd.yaml")
    book = export_plan(plan.save(tmp_path / "plan"))
    with zipfile.ZipFile(book) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert b"oleObject" not in content
            if name.startswith("xl/worksheets/"):
                assert not re.search(rb"<f[ >/]|<hyperlink|dataValidation|externalLink", content), name
            if name.endswith(".rels"):
                assert b"TargetMode" not in content, name
    assert [read_book(book).scenario.materials[f"x{number}"].label for number in range(len(INERT))] == INERT
    assert read_book(book).scenario.title == "=1+1"


def test_a_damaged_plan_is_told(tmp_path: Path) -> None:
    small(tmp_path)
    folder = planner.solve(tmp_path / "small.yaml").save(tmp_path / "plan")
    plan = Plan.load(folder)
    plan.record["figures"]["shortage"] = 5
    plan.save(folder)
    with pytest.raises(InputError, match="the plan is damaged and cannot be exported"):
        export_plan(folder)
    assert not (tmp_path / "plan.xlsx").exists()
