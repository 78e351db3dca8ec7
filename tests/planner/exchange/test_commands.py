"""``plan export`` and ``plan import``: where they write, what they refuse, what they say; and how an exported plan looks."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

import planner
from planner.cli import main
from planner.exchange import export_plan
from tests.planner.exchange.books import edited, put, small
from tests.shipped import SCENARIOS

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solved plan."""
    place = tmp_path_factory.mktemp("plans")
    small(place)
    return planner.solve(place / "small.yaml").save(place / "small")


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> Said:
    """Code, output and messages of the command."""
    monkeypatch.setattr("sys.argv", ["plan", *map(str, words)])
    code = main()
    out, err = capsys.readouterr()
    return code, out.replace("\n", " "), err.replace("\n", " ")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: said(capsys, monkeypatch, *words)


def test_there_and_back(folder: Path, run: Run, tmp_path: Path) -> None:
    code, out, _ = run("export", folder, "--xlsx", "book.xlsx")
    assert (code, out.split(";")[0]) == (0, "Workbook written to book.xlsx")
    assert run("import", "book.xlsx") == (0, "Scenario written to book.yaml; now: plan solve book.yaml ", "")
    assert run("check", "book.yaml")[0] == 0
    assert planner.load(tmp_path / "book.yaml").scenario == planner.load(folder / "scenario.yaml").scenario


@pytest.mark.parametrize("words", [("{}",), ("{}", "--xlsx")])
def test_without_a_name_the_book_stands_beside_the_folder(words: tuple[str, ...], folder: Path, run: Run) -> None:
    book = folder.with_name("small.xlsx")
    assert run("export", *(word.format(folder) for word in words))[0] == 0
    assert book.is_file()
    book.unlink()


@pytest.mark.parametrize("words", [("--xlsx", "book.xlsx", "{}"), ("{}", "book.xlsx"), ("{}", "book.xlsx", "--xlsx")])
def test_the_name_may_stand_anywhere(words: tuple[str, ...], folder: Path, run: Run) -> None:
    assert run("export", *(word.format(folder) for word in words))[0] == 0
    assert Path("book.xlsx").is_file()


def test_nothing_of_a_planner_is_overwritten(folder: Path, run: Run, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    assert run("export", folder, "book.xlsx")[0] == 0
    # what this program wrote and nobody has saved since may go
    assert run("export", folder, "book.xlsx")[0] == 0
    edited(book, lambda _: None).replace(book)
    code, _, err = run("export", folder, "book.xlsx")
    assert code == 2
    assert "book.xlsx: is there already, and no workbook of this program or changed since it wrote it; choose another name, or replace it with --force" in err
    assert run("import", "book.xlsx")[0] == 0
    code, _, err = run("import", "book.xlsx")
    assert (code, err.strip()) == (2, "error: book.yaml: is there already; choose another place with --out, or replace it with --force")
    assert run("import", "book.xlsx", "--force")[0] == 0
    assert run("export", folder, "book.xlsx", "--force")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.xlsx", "book.yaml"]


def test_places_that_cannot_be(folder: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.xlsx").mkdir()
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "elsewhere.xlsx")
    for name, words in {
        "d.xlsx": "is a folder; name a file in it",
        "link.xlsx": "is not a regular file",
        "book.xls": "the file name must end in .xlsx",
        "/proc/none/book.xlsx": "cannot be written",
    }.items():
        code, _, err = run("export", folder, name)
        assert (code, words in err) == (2, True), err
    assert run("export", tmp_path / "nothing")[0] == 2
    assert run("export", folder, "made/here/book.xlsx")[0] == 0
    assert run("import", "made/here/book.xlsx", "--out", "other")[0] == 0
    assert (tmp_path / "other" / "book.yaml").is_file()


def test_problems_are_told_all_at_once(folder: Path, run: Run, tmp_path: Path) -> None:
    def edit(grids: dict[str, list[list[object]]]) -> None:
        put(grids, "suppliers", "norway", "price", "5 USD/fortnight")
        put(grids, "demands", "works", "material", "metl")

    assert run("export", folder, "book.xlsx")[0] == 0
    edited(tmp_path / "book.xlsx", edit)
    code, _, err = run("import", "edited.xlsx")
    assert code == 2
    assert "edited.xlsx[demands]!B2: demands.works.material: there is no material 'metl'; did you mean 'metal'?" in err
    assert "edited.xlsx[suppliers]!" in err
    assert err.strip().endswith("2 problems")
    assert not Path("edited.yaml").exists()


def test_a_changed_plan_is_told(folder: Path, run: Run, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "changed")
    path = tmp_path / "changed" / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Small", "Smell"), encoding="utf-8")
    code, _, err = run("export", "changed")
    assert (code, "warning: changed was changed after it was written: scenario.yaml" in err) == (0, True)


def test_an_interrupted_export_leaves_nothing(folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("planner.disk.os.fsync", interrupted)
    assert run("export", folder, "made/book.xlsx")[0] == 130
    assert list(tmp_path.iterdir()) == []


def test_how_an_exported_plan_of_japan_looks(tmp_path: Path) -> None:
    plan = planner.solve(SCENARIOS / "japan" / "three_months.yaml")
    book = export_plan(plan.save(tmp_path / "plan"))
    reader = CalamineWorkbook.from_path(book)
    names = reader.sheet_names
    assert names[:4] == ["plan", "scenario", "parties", "materials"]
    assert {f"plan_{name}" for name in plan.tables} <= set(names)
    cover = reader.get_sheet_by_name("plan").to_python()
    assert cover[0][0] == plan.record["title"]
    assert next(row[2] for row in cover if row[:2] == ["cost", "total"]) == plan.total_cost
    assert {row[1] for row in cover if row[0] == "sheet"} == set(names) - {"plan", "routes"}
    for name, table in plan.tables.items():
        rows = reader.get_sheet_by_name(f"plan_{name}").to_python()
        top = next(number for number, row in enumerate(rows) if row[0] == table.columns[0])
        assert rows[top] == list(table.columns)
        assert len(rows) == top + 1 + len(table)
        if len(table) and "value" in table:
            assert [row[rows[top].index("value")] for row in rows[top + 1 :]] == table["value"].tolist()
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    sheets = {name: parts[f"xl/worksheets/sheet{number}.xml"] for number, name in enumerate(names, 1)}
    for name, text in sheets.items():
        assert 'state="frozen"' in text, name
        assert "<autoFilter" in text, name
        assert not re.search(r"<f[ >/]|<hyperlink", text), name
        widths = [float(width) for width in re.findall(r'<col [^>]*width="([^"]+)"', text)]
        assert all(6 <= width <= 115 for width in widths), name
    assert 'formatCode="0.0 %"' in parts["xl/styles.xml"]
    assert len([name for name in parts if name.startswith("xl/charts/chart")]) >= 2
