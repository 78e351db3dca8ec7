"""``plan verify``: a whole folder passes; one changed in any file, with or without fresh digests, does not, and says where."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner import cli
from planner.errors import InputError
from planner.pipeline import solve_scenario
from planner.plan import Plan, digest
from planner.proof import Report, verify_folder
from planner.scenario.changes import relaxed_keys, with_relaxed, without_relaxed
from planner.scenario.load import load
from planner.verify import windows
from planner.verify.recheck import recheck
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario
from tests.samples import number, some

CASES = Path(__file__).parents[1] / "cases"
SEED = 115
"""Purchases, contracts, projects, processes, transfers, disposals, shortage, broken soft policies, goods in transit."""
TABLES = [
    "purchases", "contracts", "arrivals", "capacity", "commitments", "stockpiles", "demands", "processes", "transfers", "disposals", "violations", "costs",
    "prices",
]  # fmt: skip


@cache
def solved() -> Plan:
    return solve_scenario(loaded(random_scenario(SEED)))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return solved().save(tmp_path_factory.mktemp("whole") / "plan")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "plan"))


def seal(folder: Path, change: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Write fresh digests, as somebody who knows how would, after a change of the record."""
    record = json.loads((folder / "plan.json").read_text())
    if change is not None:
        change(record)
    record["files"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.name != "plan.json"}
    record["resolved_sha256"] = record["files"]["scenario.yaml"]
    record["sha256"] = digest(record)
    (folder / "plan.json").write_text(json.dumps(record))


def write(folder: Path, name: str, table: pd.DataFrame) -> None:
    table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    table.to_parquet(folder / f"{name}.parquet", index=False)


def rules(report: Report) -> set[str]:
    assert json.dumps(report.as_dict(), allow_nan=False)
    return {check.rule for check in report.checks if not check.passed}


def run(*words: str | Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the command, in this process."""
    monkeypatch.setattr(sys, "argv", ["plan", *map(str, words)])
    code = cli.main()
    return code, *capsys.readouterr()


# ------------------------------------------------------------------------------------------------------------ whole plans
def test_a_whole_plan_passes(whole: Path) -> None:
    report = verify_folder(whole)
    assert report.passed, report.failed
    names = {check.rule for check in report.checks}
    assert {"files", "csv and parquet", "record", "figures", "material balance", "duality gap", "reduced costs", "costs by cause"} <= names
    assert len(names) == len(report.checks)


def test_one_that_was_sealed_again_passes(folder: Path) -> None:
    """Else the corruptions below would prove nothing."""
    for name in TABLES:
        write(folder, name, pd.read_parquet(folder / f"{name}.parquet"))
    seal(folder)
    assert verify_folder(folder).passed


def test_one_without_digests_is_judged_by_its_numbers(folder: Path) -> None:
    record = json.loads((folder / "plan.json").read_text())
    del record["files"], record["sha256"]
    (folder / "plan.json").write_text(json.dumps(record))
    assert verify_folder(folder).passed


@pytest.mark.parametrize("name", ["bim", "cutoff_ramp", "sailco", "share_cap"])
def test_the_cases_pass(name: str, tmp_path: Path) -> None:
    assert verify_folder(solve_scenario(CASES / f"{name}.yaml").save(tmp_path / "p")).passed


def test_the_command_prints_a_line_a_rule(whole: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run("verify", whole, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert not err
    report = verify_folder(whole)
    assert all(any(line.startswith(check.rule) for line in out.splitlines()) for check in report.checks)
    assert "verified" in out.splitlines()[-1]
    assert any(line.startswith("duality gap") and solved().record["currency"] in line for line in out.splitlines())


def test_the_command_gives_json(whole: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = run("verify", whole, "--json", capsys=capsys, monkeypatch=monkeypatch)
    assert (code, err, json.loads(out)["status"]) == (0, "", "ok")
    (folder / "purchases.csv").write_text("no table\n")
    code, out, err = run("verify", folder, "--json", capsys=capsys, monkeypatch=monkeypatch)
    report = json.loads(out)
    assert (code, report["status"]) == (5, "check failed")
    assert any("purchases.csv was changed after the plan was written" in text for text in report["failed"])
    assert all(set(rule) == {"rule", "relative", "absolute", "where", "unit", "passed"} for rule in report["rules"])
    assert "Traceback" not in err


def test_the_command_fails_with_5(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "purchases", _number(pd.read_parquet(folder / "purchases.parquet")))
    seal(folder)
    code, out, err = run("verify", folder, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 5
    assert "material balance: off by" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"format": "something else"}'])
def test_what_is_no_plan_is_bad_input(content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p").mkdir()
    if content is not None:
        (tmp_path / "p" / "plan.json").write_text(content)
    code, out, err = run("verify", tmp_path / "p", capsys=capsys, monkeypatch=monkeypatch)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    with pytest.raises(InputError):
        verify_folder(tmp_path / "absent")


# -------------------------------------------------------------------------------------------------------- corrupted tables
def _number(table: pd.DataFrame) -> pd.DataFrame:
    row = table["value"].abs().idxmax()
    return table.assign(value=table["value"].where(table.index != row, table["value"] * 1.001))


def _word(column: int, word: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        name = table.columns[column]
        return table.assign(**{name: table[name].where(table.index != len(table) // 2, word)})

    return change


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(value=[f"about {value}" for value in table["value"]])


def _set_last(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(value=table["value"].where(table.index != len(table) - 1, value))


CORRUPTIONS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "number": _number,
    "lost row": lambda table: table.drop(index=table["value"].abs().idxmax()),
    "repeated row": lambda table: pd.concat([table, table.iloc[[0]]], ignore_index=True),
    "id": _word(0, "nobody"),
    "period": lambda table: table.assign(period=table["period"].where(table.index != 0, "2999-01")),
    "unit": lambda table: table.assign(unit=table["unit"].where(table.index != 0, "kg")),
    "column name": lambda table: table.rename(columns={"value": "values"}),
    "lost column": lambda table: table.drop(columns="period"),
    "extra column": lambda table: table.assign(note="hello"),
    "not a number": _set_last(float("nan")),
    "infinite": _set_last(float("inf")),
    "huge": _set_last(1e308),
    "text": _as_text,
    "no rows": lambda table: table.iloc[:0],
}


@pytest.mark.parametrize(("name", "corruption"), some(list(itertools.product(TABLES, CORRUPTIONS))))
def test_a_corrupted_table_is_caught(name: str, corruption: str, folder: Path) -> None:
    """In both files and with fresh digests, so that only the numbers and words themselves can tell."""
    write(folder, name, CORRUPTIONS[corruption](pd.read_parquet(folder / f"{name}.parquet")))
    seal(folder)
    found = rules(verify_folder(folder))
    assert found
    assert not found & {"files", "csv and parquet"}


@pytest.mark.parametrize("corruption", ["number", "lost row", "unit"])
@pytest.mark.parametrize("name", ["purchases", "stockpiles", "prices"])
def test_one_corrupted_file_is_caught(name: str, corruption: str, folder: Path) -> None:
    """In the csv alone, in the parquet alone, and in both without fresh digests."""
    table = pd.read_parquet(folder / f"{name}.parquet")
    fresh = CORRUPTIONS[corruption](table)
    fresh.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    report = verify_folder(folder)
    assert rules(report) == {"files", "csv and parquet"}
    assert f"{name}.csv was changed after the plan was written" in "\n".join(report.failed)
    write(folder, name, table)
    fresh.to_parquet(folder / f"{name}.parquet", index=False)
    assert {"files", "csv and parquet"} < rules(verify_folder(folder))
    write(folder, name, fresh)
    found = rules(verify_folder(folder))
    assert "files" in found
    assert len(found) > 1
    assert "csv and parquet" not in found


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["purchases", "prices", "transfers"])
def test_a_damaged_file_is_caught(name: str, suffix: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / f"{name}.{suffix}"
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = [whole[:middle], b"", whole[: len(whole) - 1], whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :], b"\xff\xfe" + whole]
    for content in damaged:
        path.write_bytes(content)
        code, out, err = run("verify", folder, capsys=capsys, monkeypatch=monkeypatch)
        assert code == 5
        assert name in err
        assert "Traceback" not in out + err
    path.unlink()
    assert run("verify", folder, capsys=capsys, monkeypatch=monkeypatch)[0] == 5


def test_a_flipped_byte_anywhere_in_a_parquet_is_caught(folder: Path) -> None:
    path = folder / "demands.parquet"
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // number(60))):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 17]) + whole[place + 1 :])
        assert rules(verify_folder(folder))


def test_a_foreign_table_is_caught(folder: Path) -> None:
    shutil.copy(folder / "purchases.parquet", folder / "extra.parquet")
    assert "files" in rules(verify_folder(folder))


def test_another_meaning_of_a_price_is_caught(folder: Path) -> None:
    table = pd.read_parquet(folder / "prices.parquet")
    table.loc[2, "meaning"] = "worth nothing"
    write(folder, "prices", table)
    seal(folder)
    assert rules(verify_folder(folder)) == {"meanings"}


@pytest.mark.parametrize("name", ["low", "high"])
def test_a_wider_interval_of_a_price_is_caught(name: str, folder: Path) -> None:
    """It still encloses the price, so that only solving again can tell."""
    table = pd.read_parquet(folder / "prices.parquet")
    table[name] = table[name] + (-1e9 if name == "low" else 1e9)
    write(folder, "prices", table)
    seal(folder)
    assert rules(verify_folder(folder)) == {"prices solved again"}


def test_a_price_that_proves_the_plan_as_well_is_caught(folder: Path) -> None:
    """The dual of a row whose side is 0 and that nothing uses may be any number: it is none of those that were chosen."""
    table = pd.read_parquet(folder / "prices.parquet")
    doubled = 0
    # where no interval could be told there are others that are right
    for place in table["high"].sort_values(na_position="first").index:
        other = table.copy()
        other.loc[place, "value"] *= 2
        write(folder, "prices", other)
        seal(folder)
        doubled += rules(verify_folder(folder)) == {"prices solved again"}
        if doubled:
            break
    else:
        pytest.skip("every price of this plan is proven to be the only one")


@pytest.mark.parametrize("name", ["plan.json", "scenario.yaml", "purchases.csv", "purchases.parquet"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(name: str, folder: Path) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    if name == "plan.json":
        with pytest.raises(InputError, match="not a plan folder"):
            verify_folder(folder)
    else:
        assert not verify_folder(folder).passed


def test_a_table_without_end_is_not_read(folder: Path) -> None:
    """Compressed, sixty million equal rows are a small file."""
    table = pa.table({name: pa.array(["a"]).dictionary_encode().take(pa.array([0] * 6_000_000, pa.int8())) for name in ("supplier",)})
    pq.write_table(table, folder / "purchases.parquet")
    report = verify_folder(folder)
    assert "more than 5,000,000 rows" in report.failed[0]


def test_a_record_that_says_something_twice_is_refused(folder: Path) -> None:
    text = (folder / "plan.json").read_text()
    (folder / "plan.json").write_text(text.replace("{", '{"total_cost": 1, ', 1))
    assert "total_cost stands twice" in verify_folder(folder).failed[0]


# -------------------------------------------------------------------------------------------------------- corrupted record
def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all numbers and texts below a place."""
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(value, (*path, key))
    else:
        yield path


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Set a leaf; the value that was there."""
    for key in path[:-1]:
        tree = tree[key]
    old, tree[path[-1]] = tree[path[-1]], value
    return old


FACTS = ["title", "currency", "discount_rate", "total_cost", "status", "tables", "costs"]


def test_any_changed_number_of_the_record_is_caught(folder: Path) -> None:
    """With fresh digests: all that the record repeats must follow from scenario and tables."""
    record = json.loads((folder / "plan.json").read_text())
    places = [("figures", *path) for path in leaves(record["figures"])]
    chosen = [place for key in FACTS for place in leaves({key: record[key]})] + places[:: max(1, len(places) // number(60))]
    assert len(chosen) > number(60)
    for place in chosen:
        tree = json.loads(json.dumps(record))
        old = put(tree, place, 0)
        put(tree, place, old * (1 + 1e-6) + (old == 0) if isinstance(old, float) else f"{old} or so" if isinstance(old, str) else 77)
        seal(folder, lambda mine, tree=tree: mine.update(tree))  # type: ignore[misc]
        assert rules(verify_folder(folder)), place


KEYS = ["total_cost", "costs", "figures", "tables", "resolved_sha256", "files", "sha256", "title"]
SHAPES = [None, "text", 0, [], {}, True, [1], {"a": None}, float("nan"), float("inf")]


@pytest.mark.parametrize(("key", "value"), some(list(itertools.product(KEYS, SHAPES))))
def test_a_record_of_another_shape_is_caught(key: str, value: Any, folder: Path) -> None:
    record = json.loads((folder / "plan.json").read_text())
    record[key] = value
    (folder / "plan.json").write_text(json.dumps(record))
    assert rules(verify_folder(folder))


def test_what_the_digest_alone_holds_is_caught(folder: Path) -> None:
    """Notes of how the plan was made follow from nothing."""
    record = json.loads((folder / "plan.json").read_text())
    record["warnings"].append("all is well")
    (folder / "plan.json").write_text(json.dumps(record))
    report = verify_folder(folder)
    assert rules(report) == {"files"}
    assert "plan.json was changed after the plan was written" in report.failed[0]


def test_windows_of_a_policy_are_found_once_however_many_rows_were_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """48 months above a soft limit are 48 violations of one policy."""
    made = {
        "version": 1,
        "horizon": {"start": 2026, "end": 2030, "step": "month"},
        "materials": {"m": {}},
        "suppliers": {"s": {"material": "m", "capacity": 1000, "price": 2, "emissions": 1}},
        "demands": {"d": {"material": "m", "quantity": 120}},
        "policies": {"air": {"kind": "max_emissions", "limit": 1, "penalty": 0.01}},
    }
    given = loaded(made)
    plan = solve_scenario(given)
    assert len(plan.tables["violations"]) == 48
    asked, find = [], windows.windows_of

    def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return find(*arguments)

    monkeypatch.setattr(windows, "windows_of", counted)
    assert all(check.passed for check in recheck(given.scenario, given.calendar, plan.tables, plan.costs, plan.total_cost))
    assert len(asked) == 1


# ---------------------------------------------------------------------------------------------------------- relaxed plans
@cache
def gave_way() -> Plan:
    return solve_scenario(load(CASES / "bim.yaml", ["policies.monthly_budget.limit=1900"]), relax=True)


def test_a_relaxed_plan_passes_and_its_scenario_says_what_gave_way(tmp_path: Path) -> None:
    folder = gave_way().save(tmp_path / "p")
    report = verify_folder(folder)
    assert report.passed, report.failed
    assert relaxed_keys(load(folder / "scenario.yaml").scenario) == ["policies.monthly_budget.limit"]
    assert any("digest alone" in text for text in report.as_dict()["limits"])


def _forget(record: dict[str, Any]) -> None:
    del record["relaxations"]
    record["status"] = "optimal"


@pytest.mark.parametrize(
    "change",
    [
        _forget,
        lambda record: record.update(status="optimal"),
        lambda record: record.pop("relaxations"),
        lambda record: record.update(relaxations=[]),
        lambda record: record.update(relaxations=None),
        lambda record: record.update(relaxations="all is well"),
        lambda record: record["relaxations"][0].update(path="policies.other.limit"),
        lambda record: record.update(relaxations=record["relaxations"] * 2),
    ],
)
def test_a_relaxed_plan_that_hides_it_is_caught(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    folder = gave_way().save(tmp_path / "p")
    seal(folder, change)
    assert rules(verify_folder(folder)) == {"record"}


def test_an_optimal_plan_that_claims_to_be_relaxed_is_caught(folder: Path) -> None:
    seal(folder, lambda record: record.update(status="relaxed", relaxations=[{"path": "policies.p.limit"}]))
    assert rules(verify_folder(folder)) == {"record"}


def test_a_relaxed_scenario_that_is_solved_again_is_a_scenario_of_its_own(tmp_path: Path) -> None:
    """Its numbers are then what it asks for; what it says otherwise stays."""
    first = gave_way().save(tmp_path / "p")
    plan = solve_scenario(first / "scenario.yaml")
    assert plan.record["status"] == "optimal"
    assert plan.total_cost == pytest.approx(gave_way().total_cost, rel=1e-9)
    assert verify_folder(plan.save(tmp_path / "q")).passed
    noted = with_relaxed(loaded({**random_scenario(SEED), "assumption": "all is invented"}), ["policies.p.limit"])
    assert relaxed_keys(noted.scenario) == ["policies.p.limit"]
    assert without_relaxed(noted).scenario.assumption == {"also": "all is invented"}


# ------------------------------------------------------------------------------------------------------ corrupted scenario
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: text.replace("discount_rate:", "base_year: 2020\n  discount_rate:", 1), "files"),
        (lambda text: text[: len(text) // 2], "scenario"),
        (lambda text: "", "scenario"),
        (lambda text: text.replace("materials:", "materails:", 1), "scenario"),
        (lambda text: text + "\nversion: 1\n", "scenario"),
        (lambda text: "\x00" + text, "scenario"),
    ],
)
def test_a_changed_scenario_is_caught(change: Callable[[str], str], rule: str, folder: Path) -> None:
    text = (folder / "scenario.yaml").read_text()
    fresh = change(text)
    assert fresh != text
    (folder / "scenario.yaml").write_text(fresh)
    found = rules(verify_folder(folder))
    assert rule in found
    assert "files" in found


def test_numbers_of_the_scenario_are_what_the_plan_is_judged_by(folder: Path) -> None:
    """With fresh digests the plan is one of another question, and is not right there."""
    import yaml

    path = folder / "scenario.yaml"
    whole = yaml.safe_load(path.read_text())
    found = []
    for n, demand in whole["demands"].items():
        fresh = json.loads(json.dumps(whole))
        fresh["demands"][n] = {**demand, "quantity": 12345}
        path.write_text(yaml.safe_dump(fresh, sort_keys=False))
        seal(folder)
        found.append(rules(verify_folder(folder)))
    assert all({"wanted", "demand balance"} <= one for one in found)
