"""The command as a user meets it: output, exit codes, files, interruption."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import pytest

import planner
from planner.plan import Plan
from planner.show.screen import amount
from tests.command import PLAN, ROOT, run, run_apart

CASES = ROOT / "tests" / "cases"


@lru_cache(maxsize=1)
def plan_of_japan() -> Plan:
    """Solved once for all that only show it."""
    return planner.solve(ROOT / "scenarios/japan/cutoff.yaml")


def test_solve_writes_a_plan_and_prints_one_screen(tmp_path: Path) -> None:
    done = run_apart("solve", CASES / "cutoff_ramp.yaml", "--out", tmp_path / "plan")
    lines = done.stdout.splitlines()
    assert len(lines) <= 50
    sections = ("Cost", "Sourcing mix", "Stock runway", "Commit to", "Worth of", "Cost lines")
    order = [next(i for i, line in enumerate(lines) if line.startswith(word)) for word in sections]
    assert order == sorted(order)
    assert "30.13 k USD" in done.stdout
    assert (tmp_path / "plan" / "plan.json").is_file()


def test_default_folder_is_named_after_the_scenario(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", cwd=tmp_path)
    assert (tmp_path / "plans" / "sailco" / "purchases.csv").is_file()


def test_show_prints_the_same_again(tmp_path: Path) -> None:
    solved = run("solve", CASES / "sailco.yaml", "--out", tmp_path / "p").stdout.splitlines()
    shown = run("show", tmp_path / "p").stdout.splitlines()
    assert shown == solved[: len(shown)]


def test_json_is_one_object_on_stdout_with_the_promised_keys(tmp_path: Path) -> None:
    done = run("solve", CASES / "cutoff_ramp.yaml", "--json", "--out", tmp_path / "p")
    report = json.loads(done.stdout)
    assert {"status", "total_cost", "costs", "shortage", "commit", "out"} <= set(report)
    assert report["status"] == "optimal"
    assert report["total_cost"] == pytest.approx(30128.235294, rel=1e-9)
    assert sum(report["costs"].values()) == pytest.approx(report["total_cost"], rel=1e-12)
    assert report["shortage"] == {"plants": 0.0}
    assert report["commit"] == {"new_mine": pytest.approx(70.588235, rel=1e-6)}
    assert Path(report["out"]) == tmp_path / "p"


def test_set_changes_values_and_is_recorded(tmp_path: Path) -> None:
    setting = "stockpiles.reserve.final={min: 60}"
    done = run("solve", CASES / "cutoff_ramp.yaml", "--set", setting, "--json", "--out", tmp_path / "p")
    assert json.loads(done.stdout)["total_cost"] == pytest.approx(35624.736842, rel=1e-8)
    assert json.loads((tmp_path / "p" / "plan.json").read_text())["set"] == [setting]


@pytest.mark.parametrize("form", ["csv", "json", "text"])
def test_show_prints_any_table(tmp_path: Path, form: str) -> None:
    run("solve", CASES / "cutoff_ramp.yaml", "-q", "--out", tmp_path / "p")
    # each table in one of the forms
    tables = sorted(path.stem for path in (tmp_path / "p").glob("*.csv"))
    for table in tables[("text", "csv", "json").index(form) :: 3]:
        text = run("show", tmp_path / "p", "--table", table, "--format", form).stdout
        if form == "csv":
            assert text == (tmp_path / "p" / f"{table}.csv").read_text()
        elif form == "json":
            assert isinstance(json.loads(text), list)


def test_unknown_table_names_the_nearest(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", "--out", tmp_path / "p")
    assert "did you mean 'purchases'?" in run("show", tmp_path / "p", "--table", "purchase", code=2).stderr


def test_bad_input_lists_all_problems_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text((CASES / "sailco.yaml").read_text().replace("price: 400", "prize: 400").replace("initial: 10", "initial: -10"))
    done = run("check", "bad.yaml", cwd=tmp_path, code=2)
    assert "bad.yaml:9:57: suppliers.regular.prize: unknown key 'prize'; did you mean 'price'?" in done.stderr
    assert "stockpiles.yard.initial: -10 is negative" in done.stderr
    assert "2 problems" in done.stderr
    assert done.stdout == ""
    report = json.loads(run_apart("solve", "bad.yaml", "--json", cwd=tmp_path, code=2).stdout)
    assert report["status"] == "bad input"
    assert len(report["problems"]) == 2
    assert not (tmp_path / "plans").exists()


def test_infeasible_exits_with_3_and_names_rules_and_a_way_out(tmp_path: Path) -> None:
    done = run_apart("solve", CASES / "bim.yaml", "--set", "policies.monthly_budget.limit=1900", "--json", "--out", tmp_path / "p", code=3)
    assert "policies.monthly_budget.limit (--set" in done.stderr
    assert "policies.monthly_budget.limit: 1900 → 1914.941 EUR" in done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "infeasible"
    assert "budget" in {conflict["rule"] for conflict in report["conflicts"]}
    assert report["smallest_relaxation"] == {"policies.monthly_budget.limit": pytest.approx(1914.940594)}
    assert not (tmp_path / "p").exists()


def test_time_limit_exits_with_4_and_no_plan(tmp_path: Path) -> None:
    assert "time limit" in run_apart("solve", ROOT / "scenarios/japan/base.yaml", "--time-limit", "0", "--out", tmp_path / "p", code=4).stderr
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_plan_is_replaced_but_nothing_else_is(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", "--out", tmp_path / "p")
    done = run("solve", CASES / "bim.yaml", "--out", tmp_path / "p")
    assert "replaced the plan of 'Sailco'" in done.stderr
    (tmp_path / "p" / "stray.txt").write_text("left by hand")
    assert "holds stray.txt" in run("solve", CASES / "sailco.yaml", "--out", tmp_path / "p", code=2).stderr
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "work.txt").write_text("mine")
    assert "not a plan" in run("solve", CASES / "sailco.yaml", "--out", tmp_path / "own", code=2).stderr
    assert (tmp_path / "own" / "work.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own", "p"]


@pytest.mark.parametrize("seconds", [0.06, 0.3, 0.8])
def test_interrupt_exits_with_130_and_leaves_nothing(tmp_path: Path, seconds: float) -> None:
    command = [str(PLAN), "solve", str(ROOT / "scenarios/japan/cutoff.yaml"), "--out", str(tmp_path / "p")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=240)
    if process.returncode == 0 or process.returncode == -signal.SIGINT:
        pytest.skip("the signal came after the solve, or before Python had started")
    assert process.returncode == 130
    assert stderr == "interrupted; there is no plan\n"
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_fails_its_check_is_not_written(tmp_path: Path) -> None:
    code = (
        "import planner.answer as p, dataclasses, sys; from planner.__main__ import main\n"
        "find = p.find_best\n"
        "def wrong(*a, **k):\n    b = find(*a, **k)\n    return dataclasses.replace(b, solution=dataclasses.replace(b.solution, x=b.solution.x * 1.001))\n"
        "p.find_best = wrong\n"
        f"sys.argv = ['plan', 'solve', {str(CASES / 'cutoff_ramp.yaml')!r}, '--out', {str(tmp_path / 'p')!r}, '--json']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 5
    assert "was not written" in done.stderr
    assert json.loads(done.stdout)["status"] == "check failed"
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written_is_no_bug(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", "--out", tmp_path / "p")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([PLAN, "show", tmp_path / "p"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240, check=False)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    odd = tmp_path / "o[/x]"
    assert str(odd) in run_apart("solve", CASES / "sailco.yaml", "--out", odd, env={"PYTHONIOENCODING": "ascii"}).stdout


def test_show_gives_every_source_of_a_material(tmp_path: Path) -> None:
    """Of many materials the screen shows four in full; --material shows any, also one that only processes use."""
    plan_of_japan().save(tmp_path / "p")
    screen = run("show", tmp_path / "p").stdout
    assert screen.index("Yttrium oxide, t") < screen.index("Dysprosium oxide, t") < screen.index("Gallium, t")
    assert "ndpr_oxide" not in screen.partition("Sourcing mix")[2].partition("Stock runway")[0]
    shown = run("show", tmp_path / "p", "--material", "ndpr_oxide", "-m", "gallium").stdout
    mix = json.loads((tmp_path / "p" / "plan.json").read_text())["figures"]["mix"]
    assert len(mix["ndpr_oxide"]) > 8
    for name in {**mix["ndpr_oxide"], **mix["gallium"]}:
        assert name == "all wanted" or f"  {name} " in shown, name
    assert "did you mean 'ndpr_oxide'" in run("show", tmp_path / "p", "-m", "ndpr_oxid", code=2).stderr
    assert "goes without --table" in run("show", tmp_path / "p", "-m", "gallium", "-t", "costs", code=2).stderr


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_number_is_cut_on_a_narrow_terminal(tmp_path: Path, width: int) -> None:
    plan_of_japan().save(tmp_path / "p")
    lines = run("show", tmp_path / "p", env={"COLUMNS": str(width)}).stdout.splitlines()
    assert max(map(len, lines)) <= width
    years = next(line for line in lines if line.startswith("Sourcing mix")).split()[4:]
    shown = next(line for line in lines if line.startswith("Dysprosium oxide, t")).split()[3:]
    wanted = json.loads((tmp_path / "p" / "plan.json").read_text())["figures"]["mix"]["dy_oxide"]["all wanted"]
    assert shown == [amount(wanted[year]) for year in years]
    assert len(years) >= 3


def test_model_files_have_readable_names(tmp_path: Path) -> None:
    run("solve", CASES / "cutoff_ramp.yaml", "-q", "--out", tmp_path / "p", "--lp", tmp_path / "m.lp", "--mps", tmp_path / "m.mps")
    assert "supplier_capacity(mine,2028)" in (tmp_path / "m.lp").read_text()
    assert "commit(new_mine,2026)" in (tmp_path / "m.mps").read_text()
    assert "must end in .lp" in run("solve", CASES / "sailco.yaml", "--lp", tmp_path / "model.txt", code=2).stderr


def test_new_writes_a_scenario_that_solves_and_never_overwrites(tmp_path: Path) -> None:
    run("new", "mine", cwd=tmp_path)
    assert "ok" in run("check", "mine/cutoff.yaml", cwd=tmp_path).stdout
    assert run("check", "mine/cutoff.yaml", cwd=tmp_path).stderr == ""
    base = json.loads(run("solve", "mine/scenario.yaml", "--json", cwd=tmp_path).stdout)
    cut = json.loads(run("solve", "mine/cutoff.yaml", "--json", cwd=tmp_path).stdout)
    assert cut["total_cost"] > base["total_cost"]
    assert base["out"] == "plans/mine"
    swept = json.loads(run("sweep", "mine/sweep.yaml", "--json", cwd=tmp_path).stdout)
    assert [row["status"] for row in swept["tables"]["runs"]] == ["ok"] * 40
    assert (tmp_path / "mine" / "scenario.yaml").read_text().startswith("# yaml-language-server: $schema=plan.schema.json")
    assert "not overwritten" in run("new", "mine", cwd=tmp_path, code=2).stderr


def test_usage_errors_exit_with_2() -> None:
    assert "Did you mean 'solve'?" in run("solv", "x", code=2).stderr
    run_apart("solve", code=2)
    assert "no such file" in run("solve", "nowhere.yaml", code=2).stderr
    assert "is a folder" in run("solve", "scenarios", code=2).stderr
    assert "not a plan folder" in run("show", "scenarios", code=2).stderr


def test_version_and_help_do_not_import_the_heavy_packages() -> None:
    assert run_apart("--version").stdout.startswith("stopgap 0.")
    code = (
        "import sys; from planner.cli import guarded, app; sys.argv = ['plan', '--help']; guarded(app);"
        "print(sorted({'pyomo', 'pandas', 'highspy', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_color_is_respected(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", "--out", tmp_path / "p")
    forced = run_apart("show", tmp_path / "p", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[36" in forced or "\x1b[1;36" in forced
    plain = run_apart("show", tmp_path / "p", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[36" not in plain
    assert "\x1b[1;36" not in plain


def test_output_into_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    run("solve", CASES / "sailco.yaml", "-q", "--out", tmp_path / "p")
    done = subprocess.run(f"'{PLAN}' show '{tmp_path / 'p'}' --table prices | head -n 1", shell=True, capture_output=True, text=True, timeout=240, check=False)
    assert done.stderr == ""
