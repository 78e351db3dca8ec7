"""The benchmarks keep working: small scenarios of every family solve, and peers state the same program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from planner.pipeline import solve_scenario
from planner.plan import Plan
from tests.benchmarks import measure, results, trials
from tests.benchmarks.generator import Market, make, scenario, write
from tests.benchmarks.harness import Case, in_order, must_agree
from tests.benchmarks.mixed import mixed
from tests.benchmarks.peers import lean, matrix, raw
from tests.benchmarks.peers.shared import Arrays, Solved
from tests.benchmarks.targets import targets
from tests.benchmarks.trials import Measured, Round, Trial

TINY = (2, 6, 48, 2)
"""Materials, suppliers of each, months, demands for each."""
CASE = Case("tiny", "S", Path())


def solved(tree: dict[str, Any], folder: Path, mps: Path | None = None) -> Trial:
    """What plan finds."""
    plan: Plan = solve_scenario(write(tree, folder), mps=mps, workers=1)
    return Trial(objective=plan.total_cost, size=plan.record["size"])


def peer(found: Solved) -> Trial:
    return Trial(objective=found.objective, size={name: getattr(found, name) for name in results.COUNTS})


def arrays(market: Market) -> Arrays:
    return Arrays(**{field.name: market.arrays[field.name] for field in fields(Arrays)})


@pytest.mark.parametrize("variant", ["plain", "linked", "bare"])
def test_raw_states_the_program_of_plan(tmp_path: Path, variant: str) -> None:
    market = make(*TINY, linked=variant == "linked", bare=variant == "bare")
    ours, theirs, short = solved(scenario(market), tmp_path), peer(raw.solve(arrays(market))), peer(lean.solve(arrays(market)))
    assert ours.objective > 0
    must_agree(CASE, {"plan": ours, "raw": theirs, "lean": short})
    assert short.size["rows"] < theirs.size["rows"]


@pytest.mark.parametrize(
    "make_tree",
    [lambda: scenario(make(*TINY), processes=True), lambda: scenario(make(*TINY), parties=True), lambda: mixed(1, seed=3)],
    ids=["processes", "parties", "mixed"],
)
def test_raw_solves_the_matrix_of_plan(tmp_path: Path, make_tree: Callable[[], dict[str, Any]]) -> None:
    ours = solved(make_tree(), tmp_path, mps=tmp_path / "model.mps")
    highs = matrix.engine()
    highs.readModel(str(tmp_path / "model.mps"))
    must_agree(CASE, {"plan": ours, "raw": peer(matrix.solved(highs))})


def test_tables_say_the_same_as_one_file(tmp_path: Path) -> None:
    tree = scenario(make(1, 4, 12, 2))
    assert solved(tree, tmp_path / "one").objective == solved_tables(tree, tmp_path / "several")


def solved_tables(tree: dict[str, Any], folder: Path) -> float:
    return solve_scenario(write(tree, folder, tables=True), workers=1).total_cost


@pytest.mark.parametrize(("objective", "rows", "says"), [(1.00001, 5, "objectives differ"), (1.0, 6, "programs differ")])
def test_who_disagrees_stops_the_harness(objective: float, rows: int, says: str) -> None:
    size = {"rows": 5, "columns": 4, "nonzeros": 9}
    with pytest.raises(SystemExit, match=says):
        must_agree(
            CASE, {"plan": Trial(objective=1.0, size={**size, "columns": 7, "parts": 3}), "raw": Trial(objective=objective, size={**size, "rows": rows})}
        )


def test_what_children_use_is_counted(tmp_path: Path) -> None:
    child = "import time; kept = bytearray(80_000_000)\nwhile time.process_time() < 0.4: pass"
    code = f"import subprocess, sys; kept = bytearray(50_000_000); subprocess.run([sys.executable, '-c', {child!r}]); print('done')"
    used = measure.run([sys.executable, "-c", code], tmp_path, 60.0)
    assert (used.failure, used.output) == (None, "done\n")
    assert used.cpu >= 0.4
    assert used.memory > 130e6


def test_what_takes_too_long_or_fails_is_told(tmp_path: Path) -> None:
    assert measure.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.2).failure == measure.OVER_LIMIT
    failed = measure.run([sys.executable, "-c", "raise SystemExit('no')"], tmp_path, 60.0)
    assert (failed.failure, failed.output) == ("exit 1", "no\n")


def grown(size: str, columns: int, exponent: float) -> Measured:
    """Two rounds whose ratios are 0.5 and 1.5, and CPU outside HiGHS that grows with an exponent."""

    def trial(wall: float) -> Trial:
        return Trial(wall, 2 * columns**exponent, 1e8 * wall, 7.0, {"rows": 3, "columns": columns, "nonzeros": 9}, columns**exponent)

    return Measured("plain", size, [Round("here", {"plan": trial(wall), "linopy": trial(1.0), "raw": trial(1.0)}) for wall in (0.5, 1.5)])


@pytest.mark.parametrize(("exponent", "met"), [(1.05, True), (1.2, False)])
def test_targets_are_judged_by_what_was_measured(exponent: float, met: bool) -> None:
    found = {(one.target, one.case): one for one in targets([grown("S", 1000, exponent), grown("M", 10_000, exponent), grown("L", 100_000, exponent)])}
    growth = found["CPU outside HiGHS: exponent at most 1.1", "plain S to L"]
    assert growth.values == [pytest.approx(exponent)]
    assert growth.met is met
    assert found["wall: faster than linopy", "plain L"].values == [0.5, 1.5]
    assert found["memory: at most 2 times raw's", "plain S"].met
    assert found["CPU outside HiGHS / inside: at most 1", "plain L"].met


def test_measurements_are_kept_and_shown(tmp_path: Path) -> None:
    several = {(one.variant, one.size): one for one in (grown("M", 10_000, 1.0), grown("S", 1000, 1.0))}
    trials.save(tmp_path / "measured.json", several)
    stored = trials.load(tmp_path / "measured.json")
    assert stored == several
    page = tmp_path / "RESULTS.md"
    page.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n", encoding="utf-8")
    results.update(page, in_order(stored.values()))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.index("### plain, S") < text.index("### plain, M")
    assert "| plan / linopy | 0.5 / 1 / 1.5 |" in text
    assert "- plain S, plain M: here" in text
