"""A comparison as tables, workbook and notebook cell; what comes from files is inert there."""

from __future__ import annotations

import csv
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from planner.comparison import Comparison, stacked
from planner.comparison.result import FRAMES
from planner.comparison.workbook import write_tables, write_workbook
from planner.errors import InputError
from tests.planner.comparison.comparing import compared, plan

HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>'


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    event = {"cut": {"label": HOSTILE, "from": "2027", "match": {"country": ["CN"]}, "spot": 0}}
    return compared(plan(), plan("cut", title=HOSTILE, demands__plants__label=HOSTILE, events=event, suppliers__far__capacity=60))


def test_json_has_everything_and_only_numbers_that_json_knows(comparison: Comparison) -> None:
    found = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert [item["name"] for item in found["plans"]] == ["base", "cut"]
    assert found["base"] == "base"
    (bridge,) = found["bridges"]
    assert math.fsum(row["total"] for row in bridge["lines"]) == pytest.approx(bridge["difference"], rel=1e-13)
    assert math.fsum(row["effect"] for row in bridge["effects"]["rows"]) == pytest.approx(bridge["difference"], rel=1e-13)
    paths = {change["path"]: change for change in found["changes"]}
    assert paths["suppliers.far.capacity"]["base_value"] == "900 t/yr"
    assert paths["suppliers.far.capacity"]["value"] == "60 t/yr"
    assert paths["events.cut.from"]["kind"] == "added"
    assert all(change["place"] or change["base_place"] for change in found["changes"])
    figures = {(item["figure"], item["item"], item["year"]): item["values"] for item in found["figures"]}
    assert figures["short", "ore", ""] == {"base": 0.0, "cut": 40.0}
    assert figures["short share", "ore", ""] == {"base": 0.0, "cut": 0.2}
    assert figures["first short", "ore", ""] == {"base": None, "cut": "2027"}
    assert figures["origin share", "CN in ore", "2027"] == {"base": 1.0, "cut": 0.0}
    assert figures["HHI", "ore", "2027"] == {"base": 10000.0, "cut": 10000.0}
    assert figures["largest origin", "ore", "2027"] == {"base": "CN", "cut": "AU"}


def test_csv_tables_are_whole_and_inert(comparison: Comparison, tmp_path: Path) -> None:
    folder = write_tables(comparison, tmp_path / "tables")
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in FRAMES}
    for name, columns in FRAMES.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            header, *rows = list(csv.reader(handle))
        assert tuple(header) == columns
        assert len(rows) == len(comparison.frames()[name])
        assert not any(cell.startswith(("=", "@", "\t")) for row in rows for cell in row)
    write_tables(comparison, folder)
    (folder / "figures.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds figures.csv, which is no table of a comparison"):
        write_tables(comparison, folder)


def test_the_workbook_opens_and_runs_nothing(comparison: Comparison, tmp_path: Path) -> None:
    path = write_workbook(comparison, tmp_path / "book.xlsx")
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["plans", "changes", "figures", "bridge 1 cut", "effects", "decisions", "divergence"]
    cells: list[Any] = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert HOSTILE in cells
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert any(name.startswith("xl/charts/chart") for name in archive.namelist())
    assert not any("<f>" in text or "<hyperlink" in text for text in sheets)
    assert all('state="frozen"' in text for text in sheets)
    bridge = book.get_sheet_by_name("bridge 1 cut").to_python()
    total = next(row for row in bridge if row[0] == "all")
    assert total[-1] == comparison.against[0].bridge_parts.difference
    assert math.fsum(total[1:-1]) == pytest.approx(total[-1], rel=1e-12)
    first = path.read_bytes()
    assert write_workbook(comparison, path).read_bytes() == first


def test_a_notebook_shows_plans_and_comparisons_escaped(comparison: Comparison) -> None:
    for text in (comparison._repr_html_(), comparison.plans["cut"]._repr_html_()):
        assert "<table>" in text
        assert "<script>" not in text
    assert "&lt;script&gt;" in comparison.plans["cut"]._repr_html_()
    assert "Nothing runs short." in comparison.plans["base"]._repr_html_()


def test_one_table_of_many_plans(comparison: Comparison) -> None:
    table = comparison.tables("demands")
    assert next(iter(table.columns)) == "plan"
    assert table.groupby("plan")["value"].sum().to_dict() == {
        name: pytest.approx(item.tables["demands"]["value"].sum()) for name, item in comparison.plans.items()
    }
    assert stacked(comparison.plans, "demands").equals(table)
    with pytest.raises(KeyError):
        comparison.tables("nothing")
