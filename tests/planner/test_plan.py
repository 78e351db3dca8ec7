"""Plans on disk: written whole or not at all, read back the same, and never over anything that is not a plan."""

from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.errors import InputError
from planner.pipeline import solve_scenario
from planner.plan import FORMAT, Plan, is_plan, read_record
from planner.results.inputs import INPUTS
from planner.results.tables import COLUMNS
from planner.scenario.load import load

CASES = Path(__file__).parents[1] / "cases"


@cache
def small() -> Plan:
    return solve_scenario(CASES / "cutoff_ramp.yaml")


@cache
def other() -> Plan:
    return solve_scenario(CASES / "share_cap.yaml")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def undigested(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what only a folder can know."""
    return {key: value for key, value in record.items() if key not in ("files", "sha256")}


def assert_same(one: Plan, two: Plan) -> None:
    assert undigested(one.record) == undigested(two.record)
    assert one.resolved == two.resolved
    assert set(one.tables) == set(two.tables)
    for name, table in one.tables.items():
        # text may come back in another of pandas' types for text
        pd.testing.assert_frame_equal(table, two.tables[name], check_dtype=False, check_exact=True, obj=name)


# ------------------------------------------------------------------------------------------------------------ round trip
def test_saved_plans_come_back_the_same(tmp_path: Path) -> None:
    assert small().save(tmp_path / "a" / "b" / "plan") == tmp_path / "a" / "b" / "plan"
    again = Plan.load(tmp_path / "a" / "b" / "plan")
    assert_same(again, small())
    assert again.name == small().name == "cutoff_ramp"
    assert again.total_cost == small().total_cost
    assert again.summary() == small().summary()
    assert_same(again, Plan.load(again.save(tmp_path / "copy")))


def test_a_folder_holds_the_record_the_scenario_and_every_table_twice(tmp_path: Path) -> None:
    folder = small().save(tmp_path / "plan")
    names = {"plan.json", "scenario.yaml", *(f"{name}.{kind}" for name in (*COLUMNS, INPUTS) for kind in ("csv", "parquet"))}
    assert set(content(folder)) == names
    assert folder.stat().st_mode & 0o777 == 0o755
    for name, table in small().tables.items():
        shown = pd.read_csv(folder / f"{name}.csv", keep_default_na=False)
        assert list(shown.columns) == list(table.columns)
        if name != INPUTS:
            assert list(pd.to_numeric(shown["value"])) == pytest.approx(list(table["value"]))


def test_what_was_resolved_solves_to_the_same_plan(tmp_path: Path) -> None:
    plan = solve_scenario(CASES / "cutoff_ramp.yaml", sets=["stockpiles.reserve.initial=90", "demands.plants.quantity=98.5"])
    folder = plan.save(tmp_path / "plan")
    again = solve_scenario(folder / "scenario.yaml")
    assert again.total_cost == plan.total_cost
    assert again.record["resolved_sha256"] == plan.record["resolved_sha256"] == hashlib.sha256(plan.resolved.encode()).hexdigest()
    assert again.name == "plan"


# ----------------------------------------------------------------------------------------------------------- replacement
def test_a_plan_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = small().save(tmp_path / "plan")
    (folder / "costs_of_old.csv").write_text("a table that the new plan does not have")
    other().save(folder)
    assert_same(Plan.load(folder), other())
    assert not (folder / "costs_of_old.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_what_somebody_put_into_a_plan_folder_is_not_lost(tmp_path: Path) -> None:
    folder = small().save(tmp_path / "plan")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt, which is not part of a plan"):
        other().save(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert_same(Plan.load(folder), small())


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    small().save(tmp_path / "plan")
    assert is_plan(tmp_path / "plan")
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def make_file(path: Path) -> None:
    path.write_text("mine")


def make_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.tex").write_text("mine")


def make_lookalike(path: Path) -> None:
    path.mkdir()
    (path / "plan.json").write_text('{"format": "a holiday plan"}')


def make_list(path: Path) -> None:
    path.mkdir()
    (path / "plan.json").write_text("[1, 2]")


def make_broken(path: Path) -> None:
    path.mkdir()
    (path / "plan.json").write_text("{")


def make_link_to_plan(path: Path) -> None:
    path.symlink_to(small().save(path.parent / "real"))


def make_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


@pytest.mark.parametrize("make", [make_file, make_folder, make_lookalike, make_list, make_broken, make_link_to_plan, make_dangling_link])
def test_nothing_but_a_plan_is_replaced(make: Callable[[Path], None], tmp_path: Path) -> None:
    place = tmp_path / "plan"
    make(place)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"choose another place with --out") as caught:
        other().save(place)
    assert str(place) in str(caught.value)
    assert caught.value.exit_code == 2
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def no_space(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("earlier", [True, False], ids=["over a plan", "fresh"])
def test_a_full_disk_leaves_the_earlier_plan_whole(earlier: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plan"
    before = content(small().save(folder)) if earlier else {}
    monkeypatch.setattr(pd.DataFrame, "to_parquet", no_space)
    with pytest.raises(InputError, match=f"{folder}: cannot be written: No space left on device"):
        other().save(folder)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == (["plan"] if earlier else [])
    if earlier:
        assert content(folder) == before
        assert_same(Plan.load(folder), small())


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_failing_rename_brings_the_earlier_plan_back(fails_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small().save(tmp_path / "plan")
    before, rename, calls = content(folder), Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr("planner.disk.exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="cannot be written: Input/output error"):
        other().save(folder)
    monkeypatch.undo()
    assert content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_ctrl_c_in_the_middle_leaves_the_earlier_plan_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small().save(tmp_path / "plan")
    before = content(folder)

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_parquet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        other().save(folder)
    monkeypatch.undo()
    assert content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_a_place_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        small().save(tmp_path / "file" / "plan")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_number_that_json_lacks_is_never_written(tmp_path: Path) -> None:
    """NaN in a record is a bug, and must not end up in a file that other tools cannot read."""
    broken = Plan("broken", {**small().record, "total_cost": float("nan")}, small().resolved, small().tables)
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.save(tmp_path / "plan")
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------------------------------------- reading
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "plan.json").unlink(), "is not a plan folder"),
        (lambda folder: (folder / "plan.json").write_text("{"), "is not valid JSON"),
        (lambda folder: (folder / "plan.json").write_text('{"format": "stopgap plan 99"}'), "is not a plan of this version"),
        (lambda folder: (folder / "plan.json").write_text("[]"), "is not a plan of this version"),
        (lambda folder: (folder / "scenario.yaml").unlink(), "the plan is damaged"),
        (lambda folder: (folder / "costs.parquet").write_bytes(b"PAR1"), "the plan is damaged"),
        (lambda folder: (folder / "costs.parquet").unlink(), "the plan is damaged"),
        (lambda folder: (folder / "plan.json").write_bytes(b'{"format": "\xff"}'), "is not"),
    ],
    ids=["no record", "broken record", "other version", "a list", "no scenario", "broken table", "no table", "not UTF-8"],
)
def test_damaged_plans_are_refused(spoil: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    folder = small().save(tmp_path / "plan")
    spoil(folder)
    with pytest.raises(InputError, match=message) as caught:
        Plan.load(folder)
    assert str(folder) in str(caught.value)


def test_the_record_can_be_read_alone(tmp_path: Path) -> None:
    assert undigested(read_record(small().save(tmp_path / "plan"))) == small().record
    with pytest.raises(InputError, match="is not a plan folder"):
        read_record(tmp_path)
    assert not is_plan(tmp_path)


# ---------------------------------------------------------------------------------------------------------------- record
def test_the_record_says_where_a_plan_comes_from(tmp_path: Path) -> None:
    """Every file with its sha256, changes on the command line, versions, options, and the checks that it passed."""
    table = tmp_path / "suppliers.csv"
    table.write_text("id,material,country,capacity,price\na,metal,AA,500,10\n")
    base = tmp_path / "base.yaml"
    base.write_text((CASES / "share_cap.yaml").read_text())
    top = tmp_path / "top.yaml"
    top.write_text("version: 1\ntitle: Over the base\nextends: base.yaml\nsuppliers: {table: suppliers.csv}\n")
    record = solve_scenario(top, sets=["demands.need.quantity=90"], time_limit=60).record
    assert record["format"] == FORMAT
    assert record["status"] == "optimal"
    assert record["title"] == "Over the base"
    digests = {Path(name).name: digest for name, digest in record["inputs"].items()}
    assert digests == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (table, base, top)}
    assert record["set"] == ["demands.need.quantity=90"]
    assert record["versions"]["highspy"] == version("highspy")
    assert record["versions"]["stopgap"] == version("stopgap")
    assert {"python", "pyomo", "pandas", "numpy", "pydantic", "pyarrow"} <= set(record["versions"])
    assert record["options"]["threads"] == 1
    assert record["options"]["time_limit"] == 60
    assert all(count > 0 for count in record["size"].values())
    certificate = record["checks"]["certificate"]
    assert max(certificate["primal"], certificate["dual"], certificate["gap"]) <= 1e-6
    assert certificate["primal_objective"] == pytest.approx(certificate["dual_objective"])
    rules = {rule["rule"]: rule for rule in record["checks"]["rules"]}
    assert {"material balance", "demand balance", "supplier capacity", "cost lines", "policy max_share"} <= set(rules)
    assert all(set(rule) == {"rule", "relative", "absolute", "where"} and rule["relative"] <= 1e-6 for rule in rules.values())
    assert set(record["seconds"]) == {"read", "plan", "highs", "build", "solve", "check"}


@pytest.mark.parametrize("name", ["cutoff_ramp", "bim", "share_cap", "sailco"])
def test_plan_json_is_strict_json(name: str, tmp_path: Path) -> None:
    folder = solve_scenario(CASES / f"{name}.yaml").save(tmp_path / "plan")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = (folder / "plan.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse) == Plan.load(folder).record


def test_the_summary_is_what_a_script_needs() -> None:
    summary = small().summary()
    assert summary["status"] == "optimal"
    assert summary["total_cost"] == pytest.approx(30128.235294)
    assert sum(summary["costs"].values()) == summary["total_cost"]
    assert summary["shortage"] == {"plants": 0.0}
    assert summary["commit"] == {"new_mine": pytest.approx(60 / 0.85)}
    assert small().prices is small().tables["prices"]


# ---------------------------------------------------------------------------------------------------------- repeatability
@pytest.mark.parametrize("name", ["cutoff_ramp", "bim"])
def test_two_solves_give_equal_plans(name: str, tmp_path: Path) -> None:
    """Ties or not, the same question has the same answer, to the byte; only the clock differs."""
    one, two = (solve_scenario(CASES / f"{name}.yaml") for _ in range(2))
    for table in one.tables:
        pd.testing.assert_frame_equal(one.tables[table], two.tables[table], check_exact=True)
    assert {**one.record, "seconds": None} == {**two.record, "seconds": None}
    folders = [content(plan.save(tmp_path / str(number))) for number, plan in enumerate((one, two))]
    for kind in folders[0].keys() - {"plan.json"}:
        assert folders[0][kind] == folders[1][kind], kind


def test_a_loaded_scenario_and_its_file_give_one_plan() -> None:
    read = load(CASES / "cutoff_ramp.yaml")
    assert {**solve_scenario(read).record, "seconds": None} == {**small().record, "seconds": None}


# ------------------------------------------------------------------------------------------------------------ public names
@pytest.mark.parametrize(
    "use",
    [
        "import planner; planner.solve(path); planner.solve(path)",
        "import planner; planner.solve(planner.load(path)); planner.solve(path)",
        "from planner import solve; solve(path); from planner import solve; solve(path)",
        "import planner.pipeline; planner.solve(path)",
        "import planner; planner.Plan; planner.solve(path)",
    ],
)
def test_the_public_solve_stays_a_function(use: str) -> None:
    """No package takes its name, whatever was imported before; in a process of its own, as here everything is imported."""
    script = f"path = {str(CASES / 'share_cap.yaml')!r}\n{use.replace('; ', chr(10))}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=CASES.parents[1])
    assert done.returncode == 0, done.stderr
