"""The solver's verdicts: an optimum, a conflict with names, a limit, an interruption; and files that other solvers read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest

import planner
from planner.errors import Interrupted, LimitError, NoPlanError
from planner.program import make_program
from planner.solver import highs
from planner.solver.engine import Engine
from planner.solver.highs import NoSolution, Solution, SolverError, solve, write_model
from planner.solver.lower import LinearProgram, name_of
from tests.planner.solver.toy_programs import FREE, TRANSPORT_OPTIMUM, TRANSPORT_PLAN, program, random_program, staircase, transport

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
"""Seconds within which HiGHS is at work, on a machine that does much else."""
FIELDS = ["cost", "value", "lower", "upper", "row_lower", "row_upper"]


def spoiled(field: str, number: float) -> LinearProgram:
    lp = transport()
    values = getattr(lp, field).copy()
    values[0] = number
    return replace(lp, **{field: values})


@pytest.mark.parametrize("field", FIELDS)
def test_nan_is_refused(field: str) -> None:
    with pytest.raises(SolverError, match=r"not finite|not a number"):
        solve(spoiled(field, np.nan))


@pytest.mark.parametrize("field", ["cost", "value"])
@pytest.mark.parametrize("number", [np.inf, -np.inf])
def test_infinite_coefficients_are_refused(field: str, number: float) -> None:
    with pytest.raises(SolverError, match="not finite"):
        solve(spoiled(field, number))


@pytest.mark.parametrize(("field", "number"), [("lower", np.inf), ("upper", -np.inf), ("row_lower", np.inf), ("row_upper", -np.inf)])
def test_bounds_that_nothing_can_keep_are_refused(field: str, number: float) -> None:
    with pytest.raises(SolverError, match="refused"):
        solve(spoiled(field, number))


def test_an_unknown_option_is_an_error_and_not_a_line_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(highs.OPTIONS, "solver", "no_such_solver")
    with pytest.raises(SolverError, match="solver='no_such_solver'"):
        solve(transport())


def test_infeasible_names_the_rows_that_conflict_and_no_others() -> None:
    """x + y >= 10 with x <= 3 and y <= 4 cannot be; x + z <= 20 has no part in it."""
    lp = program([1, 1, 1], [[1, 0, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0]], [(-FREE, 20), (10, FREE), (-FREE, 3), (-FREE, 4)])
    answer = solve(lp)
    assert isinstance(answer, NoSolution)
    assert answer.status == "infeasible"
    assert sorted(answer.rows) == [1, 2, 3]


def test_infeasible_by_bounds_alone_names_the_row() -> None:
    """x >= 2 as a row, x <= 1 as a bound."""
    answer = solve(program([1, 1], [[0, 1], [1, 0]], [(-FREE, 5), (2, FREE)], [(0, 1), (0, FREE)]))
    assert isinstance(answer, NoSolution)
    assert (answer.status, answer.rows, answer.columns) == ("infeasible", (1,), (0,))


def test_an_empty_row_that_cannot_hold_is_named() -> None:
    answer = solve(program([1, 1], [[1, 1], [0, 0]], [(1, 1), (2, FREE)]))
    assert isinstance(answer, NoSolution)
    assert (answer.status, answer.rows) == ("infeasible", (1,))


def test_dropping_any_named_row_makes_it_feasible() -> None:
    """The named rows are irreducible: x + y >= 10, y <= x/2, x <= 5."""
    matrix, rows = [[1.0, 1.0], [-0.5, 1.0], [1.0, 0.0], [1.0, -1.0]], [(10.0, FREE), (-FREE, 0.0), (-FREE, 5.0), (-FREE, 9.0)]
    answer = solve(program([1, 1], matrix, rows))
    assert isinstance(answer, NoSolution)
    assert answer.rows
    for dropped in answer.rows:
        kept = [i for i in range(4) if i != dropped]
        assert isinstance(solve(program([1, 1], [matrix[i] for i in kept], [rows[i] for i in kept])), Solution)


def test_a_run_from_another_basis_may_not_say_that_there_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS has erred from a basis that is not the program's own; the program is asked again without."""
    lp = transport()
    first = solve(lp)
    assert isinstance(first, Solution)
    assert first.optimum is not None
    honest, from_basis = Engine.run, []

    def run(engine: Engine, *words: Any) -> Any:
        status = honest(engine, *words)
        from_basis.append(status)
        return highspy.HighsModelStatus.kInfeasible if len(from_basis) == 1 else status

    monkeypatch.setattr(Engine, "run", run)
    again = solve(lp, start=first.optimum.basis)
    assert isinstance(again, Solution)
    assert len(from_basis) == 2
    assert float(lp.cost @ again.x) == pytest.approx(TRANSPORT_OPTIMUM)


def test_unbounded_names_the_columns_of_the_ray() -> None:
    """x and y may grow together (x - y <= 3) and each pair of units earns 1; z has no part."""
    answer = solve(program([-2, 1, 1], [[1, -1, 0], [0, 0, 1]], [(-FREE, 3), (1, FREE)]))
    assert isinstance(answer, NoSolution)
    assert answer.status == "unbounded"
    assert sorted(answer.columns) == [0, 1]


def test_what_is_infeasible_as_well_as_unbounded_is_called_infeasible() -> None:
    """z <= 3 and z >= 5 conflict, whatever x and y earn."""
    answer = solve(program([-2, 1, 1], [[1, -1, 0], [0, 0, 1], [0, 0, 1]], [(-FREE, 3), (-FREE, 3), (5, FREE)]))
    assert isinstance(answer, NoSolution)
    assert (answer.status, sorted(answer.rows)) == ("infeasible", [1, 2])


@pytest.mark.parametrize(("lp", "plan"), [(program([], [], []), []), (program([1, -1], [], [], [(2, 5), (0, 5)]), [2, 5])], ids=["nothing", "no rows"])
def test_programs_without_rows_have_an_optimum(lp: LinearProgram, plan: list[float]) -> None:
    answer = solve(lp)
    assert isinstance(answer, Solution)
    assert answer.x.tolist() == plan


@pytest.mark.parametrize("limit", [0.0, -1.0, 1e-9])
def test_no_time_is_a_limit_and_not_a_plan(limit: float) -> None:
    with pytest.raises(LimitError, match="time limit"):
        solve(transport(), time_limit=limit)


def test_a_time_limit_stops_a_long_solve() -> None:
    lp = staircase(1500)
    started = time.process_time()
    with pytest.raises(LimitError, match="there is no plan"):
        solve(lp, time_limit=0.05)
    # its own work, whatever else the machine does
    assert time.process_time() - started < 1.0


def test_an_ample_limit_does_not_add_up_over_solves() -> None:
    """A solver counts its time from its birth; each solve has its own."""
    for _ in range(20):
        assert isinstance(solve(transport(), time_limit=0.5), Solution)


def test_ctrl_c_stops_at_once() -> None:
    """A real SIGINT, from another thread, while HiGHS is at work."""
    lp = staircase(4000)
    at_work = threading.Event()
    started: list[float] = []

    def press() -> None:
        if at_work.wait(PATIENCE):
            started.append(time.process_time())
            os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    try:
        with pytest.raises(Interrupted, match="there is no plan"):
            solve(lp, waiting=lambda _: at_work.set())
    finally:
        presser.join()
    # its own work, whatever else the machine does
    assert time.process_time() - started[0] < 2.0


def test_an_interruption_while_waiting_stops_too() -> None:
    def press(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        solve(staircase(1500), waiting=press)


def test_waiting_is_told_the_seconds() -> None:
    told: list[float] = []
    assert isinstance(solve(staircase(800), waiting=told.append), Solution)
    assert told
    assert told == sorted(told)
    assert 0 < told[0] < 1


def test_two_solves_give_the_same_bits() -> None:
    first, second = solve(random_program(11, 30, 40)), solve(random_program(11, 30, 40))
    assert isinstance(first, Solution)
    assert isinstance(second, Solution)
    for one, two in ((first.x, second.x), (first.y, second.y), (first.d, second.d)):
        np.testing.assert_array_equal(one, two)


def test_answers_lie_within_their_bounds_exactly() -> None:
    for seed in range(10):
        lp = random_program(seed)
        answer = solve(lp)
        assert isinstance(answer, Solution)
        assert np.all(answer.x >= lp.lower)
        assert np.all(answer.x <= lp.upper)


@pytest.mark.parametrize(
    "lp", [transport(), program([1], [[1], [1]], [(2, FREE), (-FREE, 1)]), program([-1], [[1]], [(0, FREE)])], ids=["optimal", "infeasible", "unbounded"]
)
def test_solving_prints_nothing(lp: LinearProgram, capfd: pytest.CaptureFixture[str]) -> None:
    solve(lp)
    assert capfd.readouterr() == ("", "")


def read_back(path: Path) -> tuple[Any, float]:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return solver.getLp(), float(solver.getObjectiveValue())


@pytest.mark.parametrize("suffix", [".lp", ".mps"])
@pytest.mark.parametrize("make", [transport, lambda: random_program(5), lambda: replace(transport(), offset=1000.0)], ids=["transport", "random", "offset"])
def test_files_hold_the_same_program(suffix: str, make: Callable[[], LinearProgram], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lp, path = make(), tmp_path / f"model{suffix}"
    write_model(lp, path)
    assert capfd.readouterr() == ("", "")
    answer = solve(lp)
    assert isinstance(answer, Solution)
    read, objective = read_back(path)
    assert objective == pytest.approx(lp.cost @ answer.x + lp.offset, rel=1e-9)
    ranged = np.isfinite(lp.row_lower) & np.isfinite(lp.row_upper) & (lp.row_lower != lp.row_upper)
    assert read.num_row_ == len(lp.rows) + (int(ranged.sum()) if suffix == ".lp" else 0), "LP files hold a ranged row as two"
    assert read.num_col_ == len(lp.columns)
    assert list(tmp_path.iterdir()) == [path]


def test_offset_is_part_of_the_objective() -> None:
    """The next assertion would fail if files forgot the constant cost of committed projects."""
    lp = replace(transport(), offset=1000.0)
    answer = solve(lp)
    assert isinstance(answer, Solution)
    assert lp.cost @ answer.x + lp.offset == pytest.approx(TRANSPORT_OPTIMUM + 1000)


@pytest.mark.parametrize("name", ["tests/cases/cutoff_ramp", "tests/cases/share_cap", "scenarios/japan/cutoff"])
def test_files_of_a_scenario_have_readable_names_and_its_cost(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lp, mps = tmp_path / "model.lp", tmp_path / "model.mps"
    loaded = planner.load(ROOT / f"{name}.yaml")
    plan = planner.solve(loaded, lp=lp, mps=mps)
    assert capfd.readouterr() == ("", "")
    _, program_ = make_program(loaded)
    names = {name_of(key) for key in program_.columns}
    assert len(names) == len(program_.columns), "two columns share a name"
    assert len({name_of(key) for key in program_.rows}) == len(program_.rows), "two rows share a name"
    for path in (lp, mps):
        read, objective = read_back(path)
        assert objective == pytest.approx(plan.total_cost, rel=1e-7)
        assert set(read.col_names_) <= names


@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_a_file_that_cannot_be_written_is_bad_input(suffix: str, tmp_path: Path) -> None:
    lines = [
        "from pathlib import Path",
        "from planner.errors import InputError",
        "from planner.solver.highs import write_model",
        "from tests.planner.solver.toy_programs import transport",
        "try:",
        f"    write_model(transport(), Path('no_folder/model.{suffix}'))",
        "except InputError as error:",
        "    print(error)",
    ]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "models")])
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"exit code {run.returncode}"
    assert run.stdout.startswith(f"no_folder/model.{suffix}: the model could not be written")


CONFLICT = """
version: 1
horizon: {start: 2026-01, end: 2028-01, step: year}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 40, price: 10}}
stockpiles: {pile: {material: ore, initial: 15}}
demands: {plants: {material: ore, quantity: {2026: 30, 2027: 70}}, spare: {material: ore, quantity: 1, shortage: 5}}
"""


def test_an_infeasible_scenario_names_its_rules(tmp_path: Path) -> None:
    """100 t are wanted in all, 80 can be bought and 15 lie in store; `spare` may run short and has no part."""
    path = tmp_path / "conflict.yaml"
    path.write_text(CONFLICT, encoding="utf-8")
    with pytest.raises(NoPlanError) as caught:
        planner.solve(path)
    assert caught.value.status == "infeasible"
    named = {conflict.rule: set(conflict.rows) for conflict in caught.value.conflicts}
    assert named["demand_balance"] == {"demand_balance(plants,2026)", "demand_balance(plants,2027)"}
    assert named["supplier_capacity"] == {"supplier_capacity(mine,2026)", "supplier_capacity(mine,2027)"}
    assert set(named) == {"demand_balance", "supplier_capacity", "stock_balance", "material_balance"}


def test_money_from_nothing_is_called_unbounded_with_who_makes_it(tmp_path: Path) -> None:
    """A process that earns 5 a unit, without limit and without inputs."""
    path = tmp_path / "unbounded.yaml"
    path.write_text(CONFLICT.replace("capacity: 40", "capacity: 400") + "processes: {press: {cost: -5}}\n", encoding="utf-8")
    with pytest.raises(NoPlanError) as caught:
        planner.solve(path)
    assert caught.value.status == "unbounded"
    (conflict,) = caught.value.conflicts
    assert set(conflict.rows) & {"activity(press,2026)", "activity(press,2027)"}


def tried(*refused: int) -> tuple[Solution, list[int]]:
    """Solve while the first attempts are refused; which rungs of the ladder were tried."""
    asked: list[Solution] = []

    def accept(solution: Solution) -> bool:
        asked.append(solution)
        return len(asked) - 1 not in refused

    answer = solve(transport(), accept=accept)
    assert isinstance(answer, Solution)
    return answer, [highs.LADDER.index(dict(attempt.options)) for attempt in answer.attempts]


def test_the_ladder_starts_with_presolve_and_goes_on_without() -> None:
    """Cold without presolve, interior point with crossover, the other simplex, tighter tolerances with scaling."""
    assert [rung["presolve"] for rung in highs.LADDER] == ["choose", "off", "off", "off", "off"]
    assert highs.LADDER[1] == {"presolve": "off"}
    assert highs.LADDER[2]["solver"] == "ipm"
    assert highs.LADDER[2]["run_crossover"] == "on"
    assert highs.LADDER[3]["simplex_strategy"] == 4
    last = highs.LADDER[4]
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        tolerances = float(last[name]), float(highs.OPTIONS[name])
        assert tolerances[0] < tolerances[1]
    assert last["simplex_scale_strategy"] == 4


@pytest.mark.parametrize("refused", range(5))
def test_each_way_is_reached_when_the_ones_before_are_refused(refused: int) -> None:
    answer, rungs = tried(*range(refused))
    assert rungs == list(range(refused + 1))
    assert [attempt.accepted for attempt in answer.attempts] == [False] * refused + [True]
    assert {attempt.status for attempt in answer.attempts} == {"Optimal"}
    assert answer.options == {**highs.OPTIONS, **highs.LADDER[refused]}
    np.testing.assert_allclose(answer.x, TRANSPORT_PLAN, atol=1e-9)


def test_where_all_ways_are_refused_the_last_answer_comes_back_with_its_history() -> None:
    """Whoever refused it then says so; nothing is retried for ever."""
    answer, rungs = tried(*range(9))
    assert rungs == [0, 1, 2, 3, 4]
    assert not any(attempt.accepted for attempt in answer.attempts)


def test_without_a_judge_the_first_optimum_is_taken() -> None:
    answer = solve(transport())
    assert isinstance(answer, Solution)
    assert [(dict(attempt.options), attempt.status, attempt.accepted) for attempt in answer.attempts] == [({"presolve": "choose"}, "Optimal", True)]


def test_own_options_replace_those_of_the_first_way_only() -> None:
    answer = solve(transport(), accept=lambda _: False, options={"solver": "ipm", "random_seed": 3})
    assert isinstance(answer, Solution)
    assert [dict(attempt.options) for attempt in answer.attempts] == [{"presolve": "choose", "solver": "ipm", "random_seed": 3}, *highs.LADDER[1:]]


def scripted(monkeypatch: pytest.MonkeyPatch, *statuses: highspy.HighsModelStatus | None) -> list[dict[str, Any]]:
    """Let runs end as told, None for as they do; the options of each."""
    seen: list[dict[str, Any]] = []
    run = Engine.run

    def instead(self: Engine, waiting: Callable[[float], None] | None = None) -> highspy.HighsModelStatus:
        number = len(seen)
        seen.append({name: self.highs.getOptionValue(name)[1] for name in ("presolve", "solver")})
        found = run(self, waiting)
        told = statuses[number] if number < len(statuses) else None
        return found if told is None else told

    monkeypatch.setattr(Engine, "run", instead)
    return seen


def test_an_end_without_an_answer_is_tried_again_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    status = highspy.HighsModelStatus
    seen = scripted(monkeypatch, status.kUnknown, status.kSolveError)
    answer = solve(transport())
    assert isinstance(answer, Solution)
    assert [(attempt.status, attempt.accepted) for attempt in answer.attempts] == [("Unknown", False), ("Solve error", False), ("Optimal", True)]
    assert [options["solver"] for options in seen] == ["simplex", "simplex", "ipm"]


def test_presolve_alone_never_says_that_there_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been seen to call a feasible program infeasible; the run without it has the last word."""
    seen = scripted(monkeypatch, highspy.HighsModelStatus.kInfeasible)
    answer = solve(transport())
    assert isinstance(answer, Solution)
    assert [attempt.status for attempt in answer.attempts] == ["Infeasible", "Optimal"]
    assert [options["presolve"] for options in seen] == ["choose", "off"]


def test_after_an_optimum_nobody_may_say_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer was refused by its check, the second run says infeasible: one of them is wrong, so the search goes on."""
    scripted(monkeypatch, None, highspy.HighsModelStatus.kInfeasible)
    verdicts = iter([False, True])
    answer = solve(transport(), accept=lambda _: next(verdicts))
    assert isinstance(answer, Solution)
    assert [attempt.status for attempt in answer.attempts] == ["Optimal", "Infeasible", "Optimal"]


def test_failing_in_every_way_is_an_error_that_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, *[highspy.HighsModelStatus.kUnknown] * 5)
    with pytest.raises(SolverError, match=r"no answer: Unknown \(presolve=choose\), .*simplex_scale_strategy=4\)$"):
        solve(transport())


def test_a_limit_ends_the_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kTimeLimit)
    with pytest.raises(LimitError, match="time limit"):
        solve(transport())
    assert len(seen) == 2


def test_the_record_of_a_plan_says_how_it_was_found(tmp_path: Path) -> None:
    """Which ways were tried, what came of them, and how ties were broken."""
    planner.solve(ROOT / "tests/cases/share_cap.yaml").save(tmp_path / "plan")
    record = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert record["attempts"] == [{"options": {"presolve": "choose"}, "status": "Optimal", "accepted": True}]
    assert next(iter(record["tie_break"])) == "serve earliest"
    assert "decided" in record["tie_break"].values()
    assert record["options"]["primal_feasibility_tolerance"] == 1e-9


@pytest.mark.parametrize("unlimited", [1e6, 1e9, 1e12, 1e15])
def test_a_capacity_written_for_no_limit_does_not_set_the_size_of_things(unlimited: float, tmp_path: Path) -> None:
    """100 a year for three years, 5 of them from the store; the rest is made of two tonnes of ore at 1, for 0.3: 295 · 2.3."""
    path = tmp_path / "unlimited.yaml"
    path.write_text(
        "version: 1\nhorizon: {start: 2026, end: 2029, step: year}\nmoney: {discount_rate: 0}\nmaterials: {ore: {}, m: {}}\n"
        f"suppliers:\n  mine: {{material: ore, capacity: {unlimited}, price: 1}}\n  trade: {{material: m, capacity: {unlimited}, price: 3}}\n"
        f"processes: {{plant: {{inputs: {{ore: 2}}, outputs: {{m: 1}}, capacity: {unlimited}, cost: 0.3}}}}\n"
        f"stockpiles: {{k: {{material: m, capacity: {unlimited}, initial: 5, holding_cost: 0.1}}}}\n"
        "demands: {d: {material: m, quantity: 100, shortage: 50}}\n",
        encoding="utf-8",
    )
    plan = planner.solve(path)
    assert plan.total_cost == pytest.approx(295 * 2.3, rel=1e-9)
    assert len(plan.record["attempts"]) == 1
