"""Findings are told alike on a terminal, as JSON, in files and on a page, and never replace what is not theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from planner.cli.findings import find_kept_and_tell
from planner.cli.shared import Progress
from planner.errors import InputError, Interrupted
from planner.findings import RECORD, Chart, Column, Findings, Section, apart, plain, told
from planner.report.findings import findings_page
from planner.show.findings import render_findings
from tests.command import run


def found(rows: int = 3) -> Findings:
    names = [f"mine_{place} <b>" for place in range(rows)]
    table = pd.DataFrame({"supplier": names, "least": np.linspace(0, 10, rows), "most": np.linspace(5, 2e6, rows), "share": [0.25] * rows})
    columns = (Column("supplier"), Column("least", "at least, t", "number"), Column("most", "at most, t", "number"), Column("share", shown="percent"))
    section = Section("What each supplier may ship", "ranges", columns, most=2, chart=Chart("range", "supplier", ("least", "most"), y_title="t"))
    said = ("Two of three may be dropped.",)
    return Findings("alternatives", "Near the cheapest <plan>", "USD", said, (section,), {"ranges": table}, {"seed": 1}, ("It is not a plan.",))


def on_screen(findings: Findings) -> str:
    console = Console(width=100, file=None, record=True, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(render_findings(findings))
    return captured.get()


def test_a_terminal_shows_sentences_then_tables_then_limits() -> None:
    text = on_screen(found())
    assert text.index("Two of three") < text.index("What each supplier") < text.index("mine_0 <b>") < text.index("It is not a plan.")
    assert "and 1 more: --json, --out and --html have all" in text
    assert "25 %" in text


def test_an_empty_table_says_so() -> None:
    assert "nothing" in on_screen(found(0))


def test_tables_are_written_whole_and_only_over_earlier_ones(tmp_path: Path) -> None:
    folder = found().save(tmp_path / "deep" / "found")
    assert {path.name for path in folder.iterdir()} == {"ranges.csv", "ranges.parquet", RECORD}
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "ranges.parquet"), found().tables["ranges"])
    assert json.loads((folder / RECORD).read_text())["headline"] == ["Two of three may be dropped."]
    found(1).save(folder)
    assert len(pd.read_parquet(folder / "ranges.parquet")) == 1
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"mine\.txt"):
        found().save(folder)
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_file_or_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / RECORD).write_text("{}")
    for name in ("file", "folder"):
        with pytest.raises(InputError, match="choose another place with --out"):
            found().save(tmp_path / name)


def test_json_has_every_row_and_no_numbers_that_json_does_not_know() -> None:
    findings = found()
    findings.tables["ranges"].loc[0, "most"] = np.inf
    tree = findings.as_dict()
    assert json.loads(json.dumps(tree, allow_nan=False))["tables"]["ranges"][0]["most"] is None
    assert len(tree["tables"]["ranges"]) == 3


def test_plain_data_is_of_python_itself() -> None:
    assert plain({"a": [np.float64(1.5), float("nan")], 2: ("x", np.int64(3))}) == {"a": [1.5, None], "2": ["x", 3]}


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        (None, "number", ""), (float("nan"), "money", ""), (float("inf"), "days", "∞"), (0.1234, "percent", "12.3 %"),
        (255.4, "percent", "25,540 %"), (1234.5, "days", "1,234"),
        (2.5e9, "money", "2.5 bn"), (2.5e6, "money", "2.5 M"), (123.456, "number", "123.5"), ("a", "text", "a"), (-1.5e9, "money", "-1.5 bn"),
    ],
)  # fmt: skip
def test_cells_are_told_in_few_characters(value: object, shown: str, text: str) -> None:
    assert told(value, shown) == text  # type: ignore[arg-type]


def test_amounts_of_money_that_differ_are_told_apart() -> None:
    """28.73766 and 28.73773 bn are both 28.74 bn; what differs by rounding alone stays alike, and other numbers keep their digits."""
    assert apart([28.73766e9, 28.73773e9], "money") == ["28.73766 bn", "28.73773 bn"]
    assert apart([28.7e9, 28.7e9 * (1 + 1e-12), 1.0], "money") == ["28.7 bn", "28.7 bn", "1"]
    assert apart([28.73766e9, 1.0, 28.73773e9], "money") == ["28.74 bn", "1", "28.74 bn"]
    assert apart([1.23456, 1.23457], "number") == ["1.235", "1.235"]


def test_a_chart_has_no_more_lines_than_can_be_told_apart() -> None:
    table = pd.DataFrame({"of": [f"line_{place // 2}" for place in range(20)], "x": list(range(20)), "y": [1.0] * 20})
    section = Section("Lines", "lines", (Column("of"), Column("y", shown="number")), chart=Chart("line", "x", ("y",), by="of"))
    page = findings_page(Findings("sweep", "t", "USD", (), (section,), {"lines": table}))
    assert "The chart has the first 8 of 10." in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["charts"][0]["values"]["of"] == table["of"].tolist()[:16]
    assert page.count("<td") == 20


def test_where_nobody_watches_progress_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    progress, now = Progress(), iter([10, 31, 40, 59, 62])
    started = progress.started
    progress.clock = lambda: started + next(now)
    for done in range(5):
        progress.count("runs", done, 5)
    assert capsys.readouterr().err == "runs: 1 of 5 … 31 s\nruns: 4 of 5 … 62 s\n"


def test_a_page_escapes_texts_and_holds_its_data() -> None:
    page = findings_page(found())
    assert "Near the cheapest &lt;plan&gt;" in page
    assert "mine_0 &lt;b&gt;" in page
    assert "mine_0 <b>" not in page
    assert page == findings_page(found())


def test_a_notebook_shows_the_same() -> None:
    html = found()._repr_html_()
    assert "mine_0 &lt;b&gt;" in html
    assert "at least, t" in html


QUESTION = """version: 1
horizon: {start: 2026-01, end: 2027-01, step: quarter}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, price: 1, capacity: 200}}
stockpiles: {reserve: {material: ore, initial: 20, capacity: 50}}
demands: {plants: {material: ore, quantity: 120, shortage: 100}}
"""
COMMANDS = (("runway",), ("value",), ("alternatives",), ("frontier", "--over", "shortage"))


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_key_that_is_made_anew_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A misspelt id after --set changes nothing that was meant: whoever reads the findings must know."""
    (tmp_path / "q.yaml").write_text(QUESTION, encoding="utf-8")
    name, *options = words
    done = run(name, "q.yaml", *options, "--set", "events.cut.demand=1.0", "--json", cwd=tmp_path)
    told_on_screen = [line.removeprefix("warning: ") for line in done.stderr.splitlines()]
    assert any("events.cut: does not exist yet and is made anew" in line for line in told_on_screen)
    assert json.loads(done.stdout)["record"]["warnings"] == told_on_screen


def test_findings_have_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="name one, such as --out found"):
        found().save(".")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(InputError, match="is not a folder"):
        found().save(tmp_path / "link")


def test_who_interrupts_a_sweep_is_told_what_is_kept(tmp_path: Path) -> None:
    def stopped(**_: object) -> Findings:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"what was solved stands in .*, and the same command goes on from there"):
        find_kept_and_tell(stopped, False, None, tmp_path)
    with pytest.raises(Interrupted, match=r"interrupted$"):
        find_kept_and_tell(stopped, False, None, tmp_path / "not made yet")
