"""Runs HiGHS on arrays and judges what it says.

Options are set by own code with their status checked, the solve runs in HiGHS's thread so that Ctrl-C and progress work,
and no status but a verified optimum yields a solution.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import highspy
import numpy as np

from planner.errors import InputError, Interrupted, LimitError, StopgapError
from planner.solver.lower import Floats, LinearProgram, name_of
from planner.solver.scale import Scaling, scale

OPTIONS: dict[str, str | int | float | bool] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
"""Options of every solve: one thread and a fixed seed give the same plan on every run; internal units make 1e-9 safe."""

NOISE = 1e-10
"""Below this a number in internal units is rounding."""
Status = highspy.HighsModelStatus
_LIMITS = {Status.kTimeLimit: "time limit", Status.kIterationLimit: "iteration limit", Status.kMemoryLimit: "memory limit"}
_STOPPED = {Status.kInterrupt, getattr(Status, "kHighsInterrupt", Status.kInterrupt)}


@dataclass(frozen=True)
class Solution:
    """An optimum in the units of the program: ``x`` by column, ``y`` (duals) by row, ``d`` (reduced costs) by column."""

    x: Floats
    y: Floats
    d: Floats
    iterations: int
    seconds: float
    options: dict[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class NoSolution:
    """The program has no optimum: ``infeasible`` or ``unbounded``; ``rows`` and ``columns`` name who takes part."""

    status: str
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()


class SolverError(StopgapError):
    """HiGHS refused the program or an option, or ended without an answer: a bug or a numerical failure."""


LADDER: tuple[dict[str, str | int | float | bool], ...] = (
    {"presolve": "choose"},
    {"presolve": "off"},
    {"presolve": "off", "simplex_strategy": 4},
    {"presolve": "off", "solver": "ipm"},
)
"""Ways to solve, in order: the next one is tried where the one before ends without an answer, or with one that is not accepted."""


def solve(
    program: LinearProgram,
    time_limit: float | None = None,
    waiting: Callable[[float], None] | None = None,
    accept: Callable[[Solution], bool] | None = None,
) -> Solution | NoSolution:
    """Solve a program.

    Args:
        program: Finite numbers, in any units.
        time_limit: Seconds for everything; None for no limit.
        waiting: Called about ten times a second with the seconds so far.
        accept: Judges an optimum; one that is not accepted is tried again in another way, and the last one returned.

    Raises:
        LimitError: if a limit was reached before an optimum.
        Interrupted: if the user pressed Ctrl-C.
        SolverError: if HiGHS failed in every way.
    """
    _must_be_numbers(program)
    scaled, scaling = scale(program)
    deadline = None if time_limit is None else time.monotonic() + max(time_limit, 0.0)
    doubtful: Solution | None = None
    status = Status.kNotset
    for rung in LADDER:
        options = {**OPTIONS, **rung}
        solver = _load(scaled, options)
        _limit(solver, deadline)
        started = time.perf_counter()
        status = _run(solver, waiting)
        if status == Status.kOptimal:
            solution = _solution(solver, scaled, scaling, options, time.perf_counter() - started)
            if accept is None or accept(solution):
                return solution
            doubtful = solution
        if status == Status.kModelEmpty:
            return Solution(np.zeros(len(program.columns)), np.zeros(0), program.cost.copy(), 0, 0.0, options)
        _stop_at_limits(status)
        # presolve may err: only a run without it may say that there is no plan
        if options["presolve"] == "off" and doubtful is None and status in _NO_OPTIMUM:
            return _explained(scaled, solver, status, deadline)
    if doubtful is not None:
        return doubtful
    raise SolverError(f"HiGHS ended with status {solver.modelStatusToString(status)}")


_NO_OPTIMUM = {Status.kInfeasible, Status.kUnbounded, Status.kUnboundedOrInfeasible}


def _solution(solver: highspy.Highs, scaled: LinearProgram, scaling: Scaling, options: dict[str, str | int | float | bool], seconds: float) -> Solution:
    found = solver.getSolution()
    x, y, d = (_without_noise(np.array(part)) for part in (found.col_value, found.row_dual, found.col_dual))
    x, y, d = scaling.unscale(np.clip(x, scaled.lower, scaled.upper), y, d)
    return Solution(x, y, d, int(solver.getInfo().simplex_iteration_count), seconds, options)


def _stop_at_limits(status: highspy.HighsModelStatus) -> None:
    if status in _LIMITS:
        raise LimitError(f"the solver reached its {_LIMITS[status]}; there is no plan")
    if status in _STOPPED:
        raise Interrupted("interrupted; there is no plan")


def _explained(scaled: LinearProgram, solver: highspy.Highs, status: highspy.HighsModelStatus, deadline: float | None) -> NoSolution:
    """Who takes part in an infeasibility, or may grow without end."""
    try:
        if status == Status.kInfeasible:
            return NoSolution("infeasible", *_conflict(solver, deadline))
        return _unbounded(scaled, solver, deadline)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; there is no plan") from None


def _without_noise(values: Floats) -> Floats:
    """Numbers that are zero but for rounding, in internal units, become zero."""
    return np.where(np.abs(values) < NOISE, 0.0, values)


def _load(program: LinearProgram, options: dict[str, str | int | float | bool]) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in options.items():
        _set(solver, name, value)
    _must_be_numbers(program)
    rows, columns = program.shape
    status = solver.passModel(
        columns, rows, len(program.value), highspy.MatrixFormat.kRowwise.value, highspy.ObjSense.kMinimize.value, program.offset,
        program.cost, program.lower, program.upper, program.row_lower, program.row_upper,
        program.start, program.index, program.value, np.zeros(columns, dtype=np.int32),
    )  # fmt: skip
    if status == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the program")
    return solver


def _must_be_numbers(program: LinearProgram) -> None:
    """Refuse what is not finite, before any arithmetic on it: HiGHS would call such a program optimal."""
    for numbers in (program.cost, program.value):
        if not np.isfinite(numbers).all():
            raise SolverError("the program holds a number that is not finite")
    if np.isnan(np.concatenate([program.lower, program.upper, program.row_lower, program.row_upper])).any():
        raise SolverError("the program holds a bound that is not a number")


def _set(solver: highspy.Highs, name: str, value: str | int | float | bool) -> None:
    if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
        raise SolverError(f"HiGHS does not know the option {name}={value!r}")


def _run(solver: highspy.Highs, waiting: Callable[[float], None] | None) -> highspy.HighsModelStatus:
    """Run in HiGHS's thread; the main thread stays free for Ctrl-C and progress."""
    solver.HandleUserInterrupt = True
    started = time.perf_counter()
    try:
        solver.startSolve()
        while not solver.wait(0.1)[0]:
            if waiting is not None:
                waiting(time.perf_counter() - started)
    except KeyboardInterrupt:
        solver.cancelSolve()
        solver.wait(5.0)
        raise Interrupted("interrupted; there is no plan") from None
    return solver.getModelStatus()


def _limit(solver: highspy.Highs, deadline: float | None) -> None:
    """Let a run go on until the deadline; the limit of a solver counts from its first run."""
    if deadline is not None:
        _set(solver, "time_limit", solver.getRunTime() + max(0.0, deadline - time.monotonic()))


def _conflict(solver: highspy.Highs, deadline: float | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns of a small infeasible part: an elastic program, then one by one (strategy 2 + 4)."""
    _set(solver, "iis_strategy", 6)
    if deadline is not None:
        _set(solver, "iis_time_limit", max(0.0, deadline - time.monotonic()))
    status, iis = solver.getIis()
    if status == highspy.HighsStatus.kError:
        return (), ()
    return tuple(iis.row_index_), tuple(iis.col_index_)


def _unbounded(program: LinearProgram, solver: highspy.Highs, deadline: float | None) -> NoSolution:
    """Tell unbounded from infeasible by a solve without costs; name the columns of the ray."""
    flat = _load(LinearProgram(**{**vars(program), "cost": np.zeros(len(program.columns))}), {**OPTIONS, "presolve": "off"})
    _limit(flat, deadline)
    status = _run(flat, None)
    _stop_at_limits(status)
    if status != Status.kOptimal:
        return NoSolution("infeasible", *_conflict(flat, deadline))
    _, exists, ray = solver.getPrimalRay()
    columns = np.flatnonzero(np.abs(np.array(ray)) > 1e-9) if exists else np.array([], dtype=int)
    return NoSolution("unbounded", columns=tuple(int(column) for column in columns))


def write_model(program: LinearProgram, path: Path) -> None:
    """Write the program as ``.lp`` or ``.mps`` with readable names, in the scenario's units.

    Raises:
        InputError: if the file cannot be written.
    """
    solver = _load(program, {"output_flag": False})
    for i, key in enumerate(program.columns):
        solver.passColName(i, name_of(key))
    for i, key in enumerate(program.rows):
        solver.passRowName(i, name_of(key))
    temporary = path.with_name(f".{path.name}.tmp{path.suffix}")
    try:
        temporary.touch()  # HiGHS's LP writer crashes the process where it cannot open the file
        status = solver.writeModel(str(temporary))
        if status == highspy.HighsStatus.kError or not temporary.is_file() or temporary.stat().st_size == 0:
            raise InputError(f"{path}: the model could not be written")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: the model could not be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
