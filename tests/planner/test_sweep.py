"""Sweeps: designs, runs that agree with single solves, what is kept when a run is killed, and what is told."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import planner
from planner.cli import app
from planner.errors import InputError
from planner.findings import Findings
from planner.language import new_scenario, sweep_schema
from planner.scenario.load import load, loads
from planner.sweep import sweep
from planner.sweep.design import number_of_points, points_of
from planner.sweep.figures import told
from planner.sweep.sensitivity import doubt_of
from planner.sweep.spec import SweepSpec, read_spec

ROOT = Path(__file__).parents[2]
MINE = """
version: 1
horizon: {start: 2026-01, end: 2027-01, step: year}
money: {currency: USD, discount_rate: 0}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 60, price: 10}}
demands: {works: {material: ore, quantity: 100, shortage: 100}}
"""
"""60 t at 10 USD and 40 t short at 100 USD: 4,600 USD, of which 4,000 for the shortage."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the scenario ``mine.yaml``."""
    (tmp_path / "mine.yaml").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, **keys: Any) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({"scenario": "mine.yaml", "design": "grid", **keys}, sort_keys=False))
    return path


def run(folder: Path, workers: int = 1, **keys: Any) -> Findings:
    return sweep(written(folder, **keys), out=folder / "out", workers=workers)


CAPACITY = {"path": "suppliers.mine.capacity", "values": [60, 80, 120]}
ENDS = ("at_low", "low", "at_high", "high")
PRICE = {"path": "suppliers.mine.price", "factor": {"from": 1, "to": 3, "steps": 3}}


def test_a_grid_by_hand(folder: Path) -> None:
    """Cost = price · min(capacity, 100) + 100 · max(0, 100 − capacity), with a price of 10, 20 and 30 USD/t.

    At a capacity of 60: 600 + 4,000, 1,200 + 4,000, 1,800 + 4,000; at 80: 800 + 2,000, …; at 120: 1,000, 2,000, 3,000.
    """
    runs = run(folder, vary={"capacity": CAPACITY, "price": PRICE}).tables["runs"]
    assert runs["run"].tolist() == list(range(1, 10))
    assert runs["capacity"].tolist() == [60, 60, 60, 80, 80, 80, 120, 120, 120]
    assert runs["price"].tolist() == [1, 2, 3] * 3
    assert runs["total_cost"].to_numpy() == pytest.approx([4600, 5200, 5800, 2800, 3600, 4400, 1000, 2000, 3000])
    assert runs["short.ore"].to_numpy() == pytest.approx([40, 40, 40, 20, 20, 20, 0, 0, 0])
    assert runs["short_from.ore"].tolist() == ["2026"] * 6 + [None] * 3
    assert runs["key"].nunique() == 9


def test_the_mean_over_a_grid_says_what_moves_the_cost(folder: Path) -> None:
    """Means by capacity: (4,600 + 5,200 + 5,800) / 3 = 5,200 at 60 and 2,000 at 120; by price: 8,400 / 3 = 2,800 at 1 and 13,200 / 3 = 4,400 at 3."""
    found = run(folder, vary={"capacity": CAPACITY, "price": PRICE})
    moves = found.tables["cost_sensitivity"].set_index("input")
    assert [moves.loc["capacity", name] for name in ("low", "high", "swing")] == pytest.approx([2000, 5200, 3200])
    assert [moves.loc["price", name] for name in ENDS] == pytest.approx(["× 1", 2800, "× 3", 4400])
    assert list(moves.index) == ["capacity", "price"]
    assert "What moves the cost most: capacity, by 3,200 USD in the mean over all else." in found.headline
    assert "Short in 6 of 9 runs: ore, 0 to 40 t." in found.headline


def test_one_at_a_time_begins_with_the_scenario(folder: Path) -> None:
    """Price alone: 600 · 3 + 4,000 = 5,800 at three times the price; capacity alone: 1,000 at 120."""
    found = run(folder, vary={"capacity": CAPACITY, "price": PRICE}, design="one_at_a_time")
    runs = found.tables["runs"]
    assert runs["total_cost"].to_numpy() == pytest.approx([4600, 4600, 2800, 1000, 4600, 5200, 5800])
    assert np.isnan(runs["capacity"].to_numpy()[0])
    moves = found.tables["cost_sensitivity"].set_index("input")
    assert [moves.loc["capacity", name] for name in ENDS] == pytest.approx(["120", 1000, "as it is", 4600])
    # three runs are the scenario itself, which is solved once
    assert found.record["runs"] == 7
    assert found.record["different"] == 5


def test_everything_that_stands_at_a_path_is_multiplied(folder: Path) -> None:
    """Demand 100, then 60 t in the second year, times 0.5: 50 + 30 t at 10 USD; growth is no level and stays."""
    scenario = yaml.safe_load(MINE)
    scenario["horizon"]["end"] = "2028-01"
    scenario["demands"]["works"]["quantity"] = {"2026-01": "100 t/yr", "2027-01": 60}
    scenario["suppliers"]["mine"]["price"] = {"start": "10 USD/t", "growth": "10 %"}
    (folder / "mine.yaml").write_text(yaml.safe_dump(scenario))
    half = {"from": 0.5, "to": 1, "steps": 2}
    runs = run(folder, vary={"demand": {"paths": ["demands.*.quantity", "suppliers.mine.price"], "factor": half}}).tables["runs"]
    assert runs["total_cost"].to_numpy() == pytest.approx([50 * 5 + 30 * 5.5, 60 * 10 + 40 * 100 + 60 * 11])


def test_overlays_are_crossed_and_leave_out_what_the_scenario_has_read(folder: Path) -> None:
    """A closed mine leaves 100 t short; with a dear one on top as well, whose base is the scenario's."""
    (folder / "shut.yaml").write_text("extends: mine.yaml\nevents: {cutoff: {from: 2026-01, spot: 0 %}}\n")
    (folder / "dear.yaml").write_text("extends: mine.yaml\nsuppliers: {mine: {price: 20}}\n")
    overlays = {"cutoff": ["none", "shut.yaml"], "price": ["none", "dear.yaml"]}
    runs = run(folder, overlays=overlays).tables["runs"]
    assert runs["cutoff"].tolist() == ["none", "none", "shut.yaml", "shut.yaml"]
    assert runs["price"].tolist() == ["none", "dear.yaml"] * 2
    assert runs["total_cost"].to_numpy() == pytest.approx([4600, 5200, 10000, 10000])


def test_what_cannot_be_planned_is_a_row_with_its_reason(folder: Path) -> None:
    vary = {
        "served": {"path": "demands.works.min_service", "values": ["50 %", "90 %", "200 %"]},
        "waste": {"path": "materials.ore.disposal_cost", "values": [1, -50]},
    }
    found = run(folder, vary=vary)
    runs = found.tables["runs"]
    assert runs["status"].tolist() == ["ok", "ok", "infeasible", "infeasible", "failed", "failed"]
    reasons = runs["reason"].tolist()
    assert "suppliers.mine.capacity" in reasons[2]
    assert "demands.works.min_service" in reasons[2]
    assert reasons[4].startswith("demands.works.min_service: ")
    assert found.headline[0] == "6 runs, 2 without a plan and 2 that could not be planned at all; why is told below."
    assert found.tables["without_plan"]["runs"].sum() == 4


def test_a_price_that_makes_money_from_nothing_is_told(folder: Path) -> None:
    scenario = yaml.safe_load(MINE)
    scenario["processes"] = {"pump": {"outputs": {"ore": 1}, "cost": 1}}
    scenario["materials"]["ore"]["disposal_cost"] = 0
    (folder / "mine.yaml").write_text(yaml.safe_dump(scenario))
    runs = run(folder, vary={"pump": {"path": "processes.pump.cost", "values": [1, -1]}}).tables["runs"]
    assert runs["status"].tolist() == ["ok", "unbounded"]
    assert "processes.pump.cost" in runs["reason"].tolist()[1]


@pytest.mark.parametrize("name", ["cutoff_ramp", "bim", "share_cap"])
def test_runs_agree_with_single_solves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(ROOT)
    scenario = ROOT / "tests/cases" / f"{name}.yaml"
    base = planner.load(scenario)
    supplier = next(iter(base.scenario.suppliers))
    demand = next(iter(base.scenario.demands))
    vary = {
        "price": {"path": f"suppliers.{supplier}.price", "uniform": [5, 500]},
        "rate": {"path": "money.discount_rate", "normal": {"mean": 5, "sd": 2, "low": 0}, "unit": "%"},
        "shortage": {"path": f"demands.{demand}.shortage", "lognormal": {"median": 900, "sigma": 0.5}},
    }
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({"scenario": os.path.relpath(scenario, tmp_path), "vary": vary, "design": {"latin_hypercube": {"runs": 6}}}))
    runs = sweep(path, out=tmp_path / "out", workers=1, root="/").tables["runs"]
    assert set(runs["status"]) == {"ok"}
    for _, row in runs.iterrows():
        sets = [f"suppliers.{supplier}.price={row['price']!r}", f"money.discount_rate={row['rate']!r} %", f"demands.{demand}.shortage={row['shortage']!r}"]
        plan = planner.solve(scenario, sets=sets)
        assert row["total_cost"] == pytest.approx(plan.total_cost, rel=1e-6)
        for line, money in plan.costs.items():
            if f"cost.{line}" in runs:
                assert row[f"cost.{line}"] == pytest.approx(money, rel=1e-6, abs=1e-6 * plan.total_cost), line
        for project, size in plan.commit.items():
            assert row[f"commit.{project}"] == pytest.approx(size, rel=1e-6)


@pytest.mark.parametrize("design", ["latin_hypercube", "monte_carlo", "morris", "sobol"])
def test_random_points_depend_on_the_seed_alone(design: str) -> None:
    sizes: dict[str, Any] = {"morris": {"trajectories": 4}, "sobol": {"runs": 8, "second_order": True}}
    vary = {"a": {"path": "x", "uniform": [2, 4]}, "b": {"path": "y", "triangular": [0, 1, 5]}, "c": {"path": "z", "values": ["p", "q", "r"]}}

    def points(seed: int) -> Any:
        spec = SweepSpec.model_validate({"scenario": "s", "vary": vary, "seed": seed, "design": {design: sizes.get(design, {"runs": 16})}})
        found = points_of(spec).points
        assert len(found) == number_of_points(spec)
        assert all(2 <= point["a"] <= 4 and 0 <= point["b"] <= 5 and point["c"] in "pqr" for point in found)
        return found

    assert points(1) == points(1)
    assert points(1) != points(2)


def test_a_latin_hypercube_covers_each_input_evenly() -> None:
    vary = {"a": {"path": "x", "uniform": [0, 20]}, "b": {"path": "y", "values": [1, 2]}}
    spec = SweepSpec.model_validate({"scenario": "s", "vary": vary, "design": {"latin_hypercube": {"runs": 20}}})
    points = points_of(spec).points
    assert sorted(int(point["a"]) for point in points) == list(range(20))
    assert [point["b"] for point in points].count(1) == 10


def test_elementary_effects_of_a_straight_line_by_hand(folder: Path) -> None:
    """With enough capacity the cost is 100 t · price: from 10 to 30 USD/t it rises by 2,000 wherever one starts, and the shortage price has no say."""
    vary = {
        "price": {"path": "suppliers.mine.price", "uniform": [10, 30]},
        "shortage": {"path": "demands.works.shortage", "uniform": [100, 200]},
        "capacity": {"path": "suppliers.mine.capacity", "values": [120]},
    }
    moves = run(folder, vary=vary, design={"morris": {"trajectories": 6}}).tables["cost_sensitivity"].set_index("input")
    assert moves.loc["price", "mu_star"] == pytest.approx(2000)
    assert moves.loc["price", "sigma"] == pytest.approx(0, abs=1e-6)
    assert moves.loc["shortage", "mu_star"] == pytest.approx(0, abs=1e-6)


def test_shares_of_variance_of_a_sum_by_hand(folder: Path) -> None:
    """Cost = 60 · price + 40 · shortage price: with ranges of 20 and 60 the variances are as (60 · 20)² to (40 · 60)², so 20 % and 80 %."""
    vary = {"price": {"path": "suppliers.mine.price", "uniform": [10, 30]}, "shortage": {"path": "demands.works.shortage", "uniform": [100, 160]}}
    moves = run(folder, vary=vary, design={"sobol": {"runs": 32}}).tables["cost_sensitivity"].set_index("input")
    assert moves["S1"].to_dict() == pytest.approx({"shortage": 0.8, "price": 0.2}, abs=0.05)
    assert moves["ST"].to_dict() == pytest.approx({"shortage": 0.8, "price": 0.2}, abs=0.05)


def test_shares_of_variance_from_few_runs_are_doubted(folder: Path) -> None:
    vary = {"price": {"path": "suppliers.mine.price", "uniform": [10, 30]}, "shortage": {"path": "demands.works.shortage", "uniform": [100, 160]}}
    found = run(folder, vary=vary, design={"sobol": {"runs": 4}})
    assert "Too few runs for shares of variance" in " ".join(found.headline)
    well_known = found.tables["cost_sensitivity"].assign(S1=[0.8, 0.2], ST=[0.8, 0.2], S1_conf=0.05, ST_conf=0.03)
    assert doubt_of("sobol", well_known) == ""
    assert "known to ± 12 points only" in doubt_of("sobol", well_known.assign(ST_conf=0.12))
    for share in (-0.3, float("nan")):
        assert "some are none, or below 0" in doubt_of("sobol", well_known.assign(S1=[0.8, share]))


def test_cases_are_told_by_the_overlays_that_make_them(folder: Path) -> None:
    (folder / "shut.yaml").write_text("extends: mine.yaml\nevents: {cutoff: {from: 2026-01, spot: 0 %}}\n")
    found = run(folder, overlays={"cutoff": ["none", "shut.yaml"]}, vary={"capacity": CAPACITY})
    assert found.tables["cases"]["label"].tolist() == ["cutoff: none", "cutoff: shut"]
    assert set(found.tables["cost_sensitivity"]["label"]) == {"capacity (cutoff: none)", "capacity (cutoff: shut)"}


def test_rank_correlations_have_the_sign_of_the_effect(folder: Path) -> None:
    vary = {"price": {"path": "suppliers.mine.price", "uniform": [10, 11]}, "capacity": {"path": "suppliers.mine.capacity", "uniform": [10, 90]}}
    found = run(folder, vary=vary, design={"monte_carlo": {"runs": 30}})
    assert not any("tell it apart" in sentence for sentence in found.headline)
    alike = {"price": {"path": "suppliers.mine.price", "uniform": [10, 30]}, "shortage": {"path": "demands.works.shortage", "uniform": [100, 130]}}
    doubted = run(folder, vary=alike, design={"monte_carlo": {"runs": 12}}, scenario="mine.yaml")
    assert any(sentence.startswith("So few runs cannot tell it apart from ") for sentence in doubted.headline)
    ends = doubted.tables["cost_sensitivity"]
    assert ((ends["low"] < ends["rank_correlation"]) & (ends["rank_correlation"] < ends["high"])).all()
    moves = found.tables["cost_sensitivity"].set_index("input")["rank_correlation"]
    assert moves["capacity"] == pytest.approx(-1, abs=0.01)
    assert abs(moves["price"]) < 0.5


def test_what_is_known_is_not_solved_again(folder: Path) -> None:
    first = run(folder, vary={"capacity": CAPACITY})
    assert first.record["known_before"] == 0
    again = run(folder, vary={"capacity": {**CAPACITY, "values": [80, 60, 40]}})
    assert again.record["known_before"] == 2
    assert again.tables["runs"]["total_cost"].to_numpy() == pytest.approx([2800, 4600, 6400])
    fresh = sweep(folder / "sweep.yaml", out=folder / "out", workers=1, fresh=True)
    assert fresh.record["known_before"] == 0


def test_the_number_of_workers_changes_nothing(folder: Path) -> None:
    vary = {"capacity": {"path": "suppliers.mine.capacity", "uniform": [10, 150]}, "price": {"path": "suppliers.mine.price", "uniform": [1, 99]}}
    path = written(folder, vary=vary, design={"monte_carlo": {"runs": 60}})
    one = sweep(path, out=folder / "one", workers=1).tables["runs"]
    two = sweep(path, out=folder / "two", workers=2).tables["runs"]
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_the_folder_holds_the_runs_in_every_form(folder: Path) -> None:
    runs = run(folder, vary={"capacity": CAPACITY, "text": {"path": "title", "values": ["one", "two"]}}).tables["runs"]
    out = folder / "out"
    assert {"runs.parquet", "runs.csv", "runs.sqlite", "findings.json", "summary.csv", "cost_sensitivity.parquet"} <= {path.name for path in out.iterdir()}
    pd.testing.assert_frame_equal(pd.read_parquet(out / "runs.parquet").drop(columns="short_from.ore"), runs.drop(columns="short_from.ore"), check_dtype=False)
    with closing(sqlite3.connect(out / "runs.sqlite")) as connection:
        rows = connection.execute('select run, text, total_cost, "short.ore" from runs order by run').fetchall()
    assert rows == list(runs[["run", "text", "total_cost", "short.ore"]].itertuples(index=False, name=None))
    assert json.loads((out / "findings.json").read_text())["record"]["runs"] == 6


@pytest.mark.slow
def test_killed_three_times_it_goes_on_and_ends_alike(folder: Path) -> None:
    vary = {"capacity": {"path": "suppliers.mine.capacity", "uniform": [10, 150]}, "price": {"path": "suppliers.mine.price", "uniform": [1, 99]}}
    path = written(folder, vary=vary, design={"monte_carlo": {"runs": 150}})
    done = 0
    for _ in range(3):
        command = [sys.executable, "-m", "planner", "sweep", str(path), "--out", "out", "--workers", "2"]
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'models'}"}, stdout=subprocess.DEVNULL)
        while process.poll() is None and known(folder) < min(done + 25, 125):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = known(folder)
    assert 0 < done <= 150
    resumed = sweep(path, out=folder / "out", workers=1)
    assert resumed.record["known_before"] >= done
    whole = sweep(path, out=folder / "whole", workers=1)
    pd.testing.assert_frame_equal(resumed.tables["runs"], whole.tables["runs"], check_exact=True)


def known(folder: Path) -> int:
    """How many results are kept."""
    store = folder / "out" / "runs.sqlite"
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("select count(*) from results").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


MANY = {"range": {"from": 1, "to": 2, "steps": 9000}}
BAD: dict[str, tuple[Any, str]] = {
    "misspelt key": ({"varry": {}}, "sweep.yaml:3:1: varry: unknown key 'varry'; did you mean 'vary'?"),
    "nothing varies": ({}, "nothing varies; add vary: or overlays:"),
    "two kinds": ({"vary": {"a": {"path": "title", "values": [1], "uniform": [1, 2]}}}, "has values and uniform to say how it varies"),
    "no path": ({"vary": {"a": {"values": [1]}}}, "vary.a: says nothing of what varies; add path:"),
    "misspelt kind": ({"vary": {"a": {"path": "title", "value": [1]}}}, "unknown key 'value'; did you mean 'values'?"),
    "no such supplier": ({"vary": {"a": {"path": "suppliers.mime.price", "values": [1]}}}, "there is no 'mime' in suppliers; did you mean 'mine'?"),
    "no such key": ({"vary": {"a": {"path": "suppliers.mine.pric", "values": [1]}}}, "unknown key 'pric'; did you mean 'price'?"),
    "nothing to multiply": ({"vary": {"a": {"path": "suppliers.mine.freight", "factor": {"from": 1, "to": 2}}}}, "nothing stands there to be multiplied"),
    "no factor of a map": ({"vary": {"a": {"path": "suppliers.mine", "factor": {"from": 1, "to": 2}}}}, "is a map of keys, which have no factor in common"),
    "wrong unit": ({"vary": {"a": {"path": "suppliers.mine.price", "values": [1], "unit": "USD/kgg"}}}, "unknown unit 'kgg'"),
    "grid of a distribution": ({"vary": {"a": {"path": "suppliers.mine.price", "uniform": [1, 2]}}}, "a grid cannot take every number of a distribution"),
    "no order": ({"vary": {"a": {"path": "title", "triangular": [3, 2, 1]}}}, "is not in order; write triangular: [low, most likely, high]"),
    "no design": ({"vary": {"a": CAPACITY}, "design": "gird"}, "design"),
    "no power of two": ({"vary": {"a": CAPACITY}, "design": {"sobol": {"runs": 100}}}, "100 is not a power of 2; write 128"),
    "too many": ({"vary": {"a": {"path": "suppliers.mine.price", **MANY}, "b": {"path": "suppliers.mine.capacity", **MANY}}}, "makes 81,000,000 runs"),
    "no scenario": ({"scenario": "mime.yaml", "vary": {"a": CAPACITY}}, "there is no file 'mime.yaml'; did you mean 'mine.yaml'"),
    "no overlay": ({"overlays": {"o": ["none", "shut.yaml"]}}, "there is no file 'shut.yaml'"),
    "no figure": ({"vary": {"a": CAPACITY}, "outputs": ["total_costs"]}, "there is no figure 'total_costs'; did you mean 'total_cost'?"),
    "taken name": ({"vary": {"status": CAPACITY}}, "'status' is the name of another column"),
    "bad name": ({"vary": {"A b": CAPACITY}}, "'A b'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_place(folder: Path, name: str) -> None:
    keys, message = BAD[name]
    with pytest.raises(InputError) as caught:
        run(folder, **keys)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(folder / "sweep.yaml:"))


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    """A misspelt key, a wrong path, a distribution out of order, a missing overlay and an unknown figure, each at its place."""
    vary = {
        "a": {"path": "suppliers.mime.price", "values": [1]},
        "b": {"path": "suppliers.mine.price", "triangular": [3, 2, 1]},
        "c": {"path": "suppliers.mine.pric", "values": [1]},
    }
    with pytest.raises(InputError) as caught:
        run(folder, vary=vary, sead=1, outputs=["total_costs"])
    told = [(problem.path, problem.mark.line) for problem in caught.value.problems]
    assert [path for path, _ in told] == ["vary.a", "vary.b.triangular", "vary.c", "sead", "outputs"]
    assert len({line for _, line in told}) == 5
    (folder / "sweep.yaml").write_text("scenario: mine.yaml\nseed: 1\nseed: 2\nvary: {a: {path: suppliers.mime.price, values: [1]}}\ndesign: gird\n")
    with pytest.raises(InputError) as caught:
        sweep(folder / "sweep.yaml", out=folder / "out")
    assert {problem.path for problem in caught.value.problems} == {"seed", "vary.a", "design"}
    with pytest.raises(InputError) as caught:
        run(folder, scenario="mime.yaml", overlays={"o": ["none", "shut.yaml"]}, design="gird")
    assert {problem.path for problem in caught.value.problems} == {"scenario", "overlays.o", "design"}


def test_a_scenario_is_no_sweep_and_a_sweep_no_scenario(folder: Path) -> None:
    written(folder, vary={"capacity": CAPACITY})
    (folder / "over.yaml").write_text("extends: mine.yaml\n")
    for scenario in ("mine.yaml", "over.yaml"):
        with pytest.raises(InputError, match="is a scenario and no sweep"):
            sweep(folder / scenario, out=folder / "out")
    (folder / "slip.yaml").write_text("version: 1\nscenaro: mine.yaml\nvary: {a: {path: suppliers.mine.price, values: [1]}}\ndesign: grid\n")
    with pytest.raises(InputError, match="scenaro: unknown key 'scenaro'; did you mean 'scenario'"):
        sweep(folder / "slip.yaml", out=folder / "out")
    with pytest.raises(InputError, match="is a sweep and no scenario; solve it with plan sweep"):
        load(folder / "sweep.yaml")


def test_what_lies_outside_of_the_root_is_told_at_its_place(folder: Path) -> None:
    (folder / "below").mkdir()
    written(folder / "below", scenario="../mine.yaml", vary={"capacity": CAPACITY})
    sweep_file = folder / "below" / "sweep.yaml"
    with pytest.raises(InputError, match=r"scenario: '../mine\.yaml' lies outside of .*name a folder that holds both with --root DIR"):
        sweep(sweep_file, out=folder / "out", root=folder / "below")
    with pytest.raises(InputError, match="--root nowhere: is not a folder"):
        sweep(sweep_file, out=folder / "out", root="nowhere")
    assert len(sweep(sweep_file, out=folder / "out", root=folder, workers=1).tables["runs"]) == 3


HOSTILE = {
    "empty": ("", "'scenario' is missing"),
    "a list": ("- 1\n", "a sweep is a map of keys"),
    "twice": ("scenario: mine.yaml\nscenario: mine.yaml\n", "duplicate key 'scenario'; first used in line 1"),
    "no text": ("scenario: [1]\nvary: 3\ndesign: grid\n", "sweep.yaml:1:11: scenario: must be text"),
    "a map for a path": ("scenario: mine.yaml\nvary: {a: {path: {b: 1}, values: [1]}}\ndesign: grid\n", "vary.a.path:"),
    "no steps": ("scenario: mine.yaml\nvary: {a: {path: suppliers.mine.price, range: {from: 1, to: 2, steps: 0}}}\ndesign: grid\n", "vary.a.range.steps:"),
    "runs below zero": ("scenario: mine.yaml\nvary: {a: {path: suppliers.mine.price, uniform: [1, 2]}}\ndesign: {monte_carlo: {runs: -1}}\n", "runs:"),
    "no number": ("scenario: mine.yaml\nvary: {a: {path: suppliers.mine.price, uniform: [1, .nan]}}\ndesign: {monte_carlo: {runs: 2}}\n", "vary.a.uniform"),
    "unknown distribution": ("scenario: mine.yaml\nvary: {a: {path: suppliers.mine.price, unifrom: [1, 2]}}\ndesign: grid\n", "did you mean 'uniform'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_sweep_file_is_a_traceback(folder: Path, name: str) -> None:
    text, message = HOSTILE[name]
    path = folder / "sweep.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        sweep(path, out=folder / "out", workers=1)
    assert message in str(caught.value)


def test_places_that_hold_something_else_are_left_alone(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "letter.txt").write_text("keep me")
    with pytest.raises(InputError, match="which no sweep has written"):
        run(folder, vary={"capacity": CAPACITY})
    (folder / "out" / "runs.sqlite").write_text("no database")
    with pytest.raises(InputError, match="which no sweep has written"):
        run(folder, vary={"capacity": CAPACITY})


def test_outputs_are_chosen_by_name(folder: Path) -> None:
    runs = run(folder, vary={"capacity": CAPACITY}, outputs=["short.*", "share.*"]).tables["runs"]
    assert list(runs.columns) == ["run", "key", "capacity", "status", "reason", "total_cost", "short.ore", "share.ore.AA"]
    assert runs["share.ore.AA"].tolist() == [1, 1, 1]


def test_the_command(folder: Path) -> None:
    written(folder, vary={"capacity": CAPACITY})
    found = CliRunner().invoke(app, ["sweep", "sweep.yaml", "--json", "--workers", "1", "--html", "page.html"])
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert [row["total_cost"] for row in told["tables"]["runs"]] == pytest.approx([4600, 2800, 1000])
    assert (folder / "sweeps" / "sweep" / "runs.parquet").exists()
    assert "What moves the cost" in (folder / "page.html").read_text()
    plain = CliRunner().invoke(app, ["sweep", "sweep.yaml", "--workers", "1"])
    assert "3 runs, all with a plan; 3 of 3 different ones had been solved before." in plain.stdout


def test_the_format_has_a_schema_that_describes_every_key() -> None:
    def described(schema: dict[str, Any]) -> None:
        for part in [schema, *schema.get("$defs", {}).values()]:
            for key, value in part.get("properties", {}).items():
                assert value.get("description"), key

    described(SweepSpec.model_json_schema())
    described(sweep_schema())


def test_the_schema_takes_what_the_reader_takes(tmp_path: Path) -> None:
    """Sweeps that ship, that ``plan new`` writes and that the manual shows; and of the wrong ones those that are wrong in their form."""
    valid = jsonschema.Draft7Validator(sweep_schema())
    new_scenario(tmp_path)
    manual = (ROOT / "scenarios/README.md").read_text(encoding="utf-8").split("## Sweeps")[1].split("```yaml\n")[1].split("```")[0]
    shipped = [path.read_text(encoding="utf-8") for path in (ROOT / "scenarios").glob("*/sweeps/*.yaml")]
    assert shipped
    for text in (*shipped, manual, (tmp_path / "sweep.yaml").read_text(encoding="utf-8")):
        assert list(valid.iter_errors(yaml.safe_load(text))) == []
    base = {"scenario": "mine.yaml", "design": "grid"}
    for name in ("misspelt key", "nothing varies", "two kinds", "no path", "misspelt kind", "no design", "bad name"):
        assert list(valid.iter_errors({**base, **BAD[name][0]})), name
    assert list(valid.iter_errors({**base, "vary": {"a": CAPACITY}, "design": {"grid": True, "sobol": {"runs": 4}}}))
    assert not list(valid.iter_errors({**base, "vary": {"a": CAPACITY}}))


def test_the_manual_has_a_sweep_that_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / "scenarios/README.md").read_text(encoding="utf-8")
    example = text.split("## Sweeps")[1].split("```yaml\n")[1].split("```")[0]
    (tmp_path / "sweep.yaml").write_text(example)
    spec, _, _ = read_spec(tmp_path / "sweep.yaml")
    assert spec.vary


def test_what_a_project_adds_to_a_store_is_room_and_no_rate() -> None:
    scenario = loads(
        "version: 1\nhorizon: {start: 2026-01, end: 2027-01, step: year}\nmaterials: {ore: {unit: t}}\nsuppliers: {mine: {material: ore, price: 1}}\n"
        "stockpiles: {reserve: {material: ore, initial: 1, capacity: 2}}\n"
        "projects:\n"
        "  shed: {adds_to: reserve, decide: {}, size: {max: 5}, ramp: 0 years}\n"
        "  shaft: {adds_to: mine, decide: {}, size: {max: 5}, ramp: 0 years}\n",
        "s",
    ).scenario
    assert [told(f"commit.{key}", scenario)[1] for key in ("shed", "shaft")] == ["t", "t/yr"]


def test_a_scenario_is_no_sweep(folder: Path) -> None:
    with pytest.raises(InputError, match="is a scenario and no sweep"):
        read_spec(folder / "mine.yaml")
