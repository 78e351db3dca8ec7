"""``plan compare`` as an analyst meets it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from planner.show.comparison import render_comparison
from tests.command import ROOT, run, run_apart
from tests.planner.comparison.comparing import compared, plan

CASES = ROOT / "tests" / "cases"
OVERLAY = "extends: cutoff_ramp.yaml\nversion: 1\nstockpiles: {reserve: {initial: 90}}\nsuppliers: {spot: {price: 70}}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder, and a scenario that extends its scenario."""
    root = tmp_path_factory.mktemp("compare")
    (root / "cutoff_ramp.yaml").write_text((CASES / "cutoff_ramp.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (root / "dear.yaml").write_text(OVERLAY, encoding="utf-8")
    run("solve", "cutoff_ramp.yaml", "-q", "-o", "first", cwd=root)
    return root


def test_a_folder_and_a_scenario_in_reading_order(folder: Path) -> None:
    text = run("compare", "first", "dear.yaml", cwd=folder, env={"COLUMNS": "100"}).stdout
    titles = ["Plans", "What was changed in dear", "Key figures", "Why dear costs more", "By change", "What dear does differently"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert "stockpiles.reserve.initial  120 t → 90 t  dear.yaml:3, was cutoff_ramp.yaml:22" in text
    assert "suppliers.spot.price  60 USD/t → 70 USD/t  dear.yaml:4, was cutoff_ramp.yaml:11" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_shown_adds_up(folder: Path, width: int) -> None:
    lines = run("compare", "first", "dear.yaml", cwd=folder, env={"COLUMNS": str(width)}).stdout.splitlines()
    assert max(map(len, lines)) <= width
    start = next(place for place, line in enumerate(lines) if line.startswith("Why dear"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        numbers = re.findall(r"(?<= )([-+][\d,.]+|·)(?= |$)", line)
        rows.append([0 if text == "·" else round(float(text.replace(",", "")) * 1000) for text in numbers])
    *parts, total = rows
    assert len(parts) > 2
    assert all(sum(row[:-1]) == row[-1] for row in rows)
    assert [sum(column) for column in zip(*parts, strict=True)] == total


def test_json_alone_goes_to_stdout(folder: Path, tmp_path: Path) -> None:
    done = run("compare", "first", "dear.yaml", "--json", "--csv", tmp_path / "t", "--xlsx", tmp_path / "b.xlsx", "--html", tmp_path / "p.html", cwd=folder)
    found = json.loads(done.stdout)
    assert found["plans"][0]["name"] == "first"
    assert done.stderr.count("wrote") == 3
    assert (tmp_path / "t" / "bridge.csv").is_file()
    assert (tmp_path / "b.xlsx").is_file()
    assert (tmp_path / "p.html").is_file()


def test_base_turns_the_comparison_round(folder: Path) -> None:
    there, back = (
        json.loads(run("compare", "first", "dear.yaml", "--json", "--no-effects", "--no-keep", *words, cwd=folder).stdout)
        for words in ((), ("--base", "dear.yaml"))
    )
    assert back["base"] == "dear"
    assert back["bridges"][0]["difference"] == pytest.approx(-there["bridges"][0]["difference"], rel=1e-12)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("first",), "a comparison needs two plans or more"),
        (("first", "nowhere.yaml"), "nowhere.yaml"),
        (("first", "nowhere"), "nowhere"),
        (("first", "."), "is not a plan folder"),
        (("first", "dear.yaml", "--base", "frist"), "did you mean 'first'"),
        (("first", "first", "--xlsx", "book.xls"), "must end in .xlsx"),
        (("first", "first", "--csv", "first"), "is no table of a comparison"),
        (("first", "first", "--html", "dear.yaml"), "dear.yaml"),
    ],
)
def test_what_cannot_be_is_said(folder: Path, words: tuple[str, ...], said: str) -> None:
    assert said in run("compare", *words, cwd=folder, code=2).stderr


def test_a_scenario_without_a_plan_ends_as_solve_does(folder: Path) -> None:
    (folder / "none.yaml").write_text("extends: cutoff_ramp.yaml\nversion: 1\ndemands: {plants: {shortage: null, quantity: 9000}}\n", encoding="utf-8")
    assert "infeasible" in run("compare", "first", "none.yaml", cwd=folder, code=3).stderr
    # also from a worker process
    told = run_apart("compare", "cutoff_ramp.yaml", "dear.yaml", "none.yaml", "--workers", "2", cwd=folder, code=3).stderr
    assert "The cheapest way out" in told


def test_ties_are_called_so() -> None:
    from rich.console import Console

    same = {"suppliers__near__price": 20, "suppliers__far__price": 20, "suppliers__near__capacity": 900}
    texts = []
    for side in ("near", "far"):
        console = Console(width=100)
        with console.capture() as capture:
            console.print(render_comparison(compared(plan(side, **(same | {f"suppliers__{side}__price": 19})), plan("even", **same), effects=False)))
        texts.append(capture.get())
    assert any("nothing: a tie" in text and "All of it is a tie" in text for text in texts)


def test_a_plan_that_was_changed_is_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "first", tmp_path / "odd")
    text = (tmp_path / "odd" / "scenario.yaml").read_text(encoding="utf-8")
    (tmp_path / "odd" / "scenario.yaml").write_text(text + "# mine\n", encoding="utf-8")
    shown = run("compare", folder / "first", "odd", "--no-effects", "--no-keep", cwd=tmp_path).stdout
    assert "odd was changed after it was written: scenario.yaml" in " ".join(shown.split())
