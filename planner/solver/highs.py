"""Solves a program in internal units, in one way after the other until the answer is proven, and judges what HiGHS says.

No status but an accepted optimum yields a solution, and only a run without presolve may say that there is none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import highspy
import numpy as np

from planner.errors import InputError, Interrupted
from planner.solver.engine import Basis, Engine, Option, SolverError, Status, must_be_numbers, stop_at_limits
from planner.solver.lower import Floats, LinearProgram, name_of
from planner.solver.scale import Scaling, scale

__all__ = ["Attempt", "NoSolution", "Optimum", "Solution", "SolverError", "solve", "write_model"]

OPTIONS: dict[str, Option] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
"""Options of every solve: one thread and a fixed seed give the same plan on every run; internal units make 1e-9 safe."""

FROM_BASIS: Mapping[str, Option] = {"presolve": "off"}
"""How to go on from a basis, which presolve would throw away."""

WARM: dict[str, Option] = {**OPTIONS, **FROM_BASIS}
"""Options of further runs from the basis of an optimum."""

WARM_COSTS: dict[str, Option] = {**WARM, "simplex_strategy": 4}
"""The same where only costs change, or limits widen: the basis stays feasible, and the primal simplex needs a tenth of the time from there."""

LADDER: tuple[dict[str, Option], ...] = (
    {"presolve": "choose"},
    {"presolve": "off"},
    {"presolve": "off", "solver": "ipm", "run_crossover": "on"},
    {"presolve": "off", "simplex_strategy": 4},
    {"presolve": "off", "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10, "simplex_scale_strategy": 4},
)
"""Ways to solve, in order: the next one is tried where the one before ends without an answer, or with one that is not accepted."""

NOISE = 1e-10
"""Below this a number in internal units is rounding."""


@dataclass(frozen=True)
class Attempt:
    """One way of solving and what came of it."""

    options: Mapping[str, Option]
    status: str
    accepted: bool


@dataclass(frozen=True)
class Optimum:
    """An optimum in internal units: what further questions start from."""

    program: LinearProgram
    scaling: Scaling
    x: Floats
    y: Floats
    d: Floats
    basis: Basis
    """An optimal basis."""
    deadline: float | None = None
    """Value of ``time.monotonic()`` at which further runs stop; None for no limit."""


@dataclass(frozen=True)
class Solution:
    """An optimum in the units of the program: ``x`` by column, ``y`` (duals) by row, ``d`` (reduced costs) by column."""

    x: Floats
    y: Floats
    d: Floats
    iterations: int
    seconds: float
    options: dict[str, Option] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    optimum: Optimum | None = field(default=None, repr=False, compare=False)
    """None where there was nothing to solve."""


@dataclass(frozen=True)
class NoSolution:
    """The program has no optimum: ``infeasible`` or ``unbounded``; ``rows`` and ``columns`` name who takes part.

    ``ray`` is how much of each of the ``columns`` grows together where the program is unbounded.
    """

    status: str
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    ray: tuple[float, ...] = ()


def solve(
    program: LinearProgram,
    time_limit: float | None = None,
    waiting: Callable[[float], None] | None = None,
    accept: Callable[[Solution], bool] | None = None,
    options: Mapping[str, Option] | None = None,
    start: Basis | None = None,
) -> Solution | NoSolution:
    """Solve a program.

    Args:
        program: Finite numbers, in any units.
        time_limit: Seconds for everything; None for no limit.
        waiting: Called about ten times a second with the seconds so far.
        accept: Judges an optimum; one that is not accepted is tried again in another way, and the last one returned.
        options: HiGHS options that replace those of the first way to solve.
        start: Basis of a program with the same rows and columns, tried first.

    Raises:
        LimitError: if a limit was reached before an optimum.
        Interrupted: if the user pressed Ctrl-C.
        SolverError: if HiGHS failed in every way.
    """
    must_be_numbers(program)
    scaled, scaling = scale(program)
    deadline = None if time_limit is None else time.monotonic() + max(time_limit, 0.0)
    attempts: list[Attempt] = []
    doubtful: Solution | None = None
    ways = [(rung, None) for rung in ({**LADDER[0], **(options or {})}, *LADDER[1:])]
    for rung, basis in [*([] if start is None else [(dict(FROM_BASIS), start)]), *ways]:
        chosen = {**OPTIONS, **rung}
        engine = Engine(scaled, chosen, deadline)
        if basis is not None:
            engine.start_from(basis)
        started = time.perf_counter()
        status = engine.run(waiting)
        word = engine.highs.modelStatusToString(status)
        if status == Status.kOptimal:
            solution = _solution(engine, scaled, scaling, chosen, time.perf_counter() - started)
            accepted = accept is None or accept(solution)
            attempts.append(Attempt(rung, word, accepted))
            doubtful = replace(solution, attempts=tuple(attempts))
            if accepted:
                return doubtful
            continue
        attempts.append(Attempt(rung, word, False))
        if status == Status.kModelEmpty:
            return Solution(np.zeros(program.shape[1]), np.zeros(0), program.cost.copy(), 0, 0.0, chosen)
        stop_at_limits(status)
        # presolve may err, and so may a run from another program's basis: only one without either may say that there is no plan
        if chosen["presolve"] == "off" and basis is None and doubtful is None and status in _NO_OPTIMUM:
            return _explained(scaled, scaling, engine, status)
    if doubtful is not None:
        return doubtful
    raise SolverError("HiGHS found no answer: " + ", ".join(f"{attempt.status} ({_words(attempt.options)})" for attempt in attempts))


_NO_OPTIMUM = {Status.kInfeasible, Status.kUnbounded, Status.kUnboundedOrInfeasible}


def _words(options: Mapping[str, Option]) -> str:
    return " ".join(f"{name}={value}" for name, value in options.items())


def _solution(engine: Engine, scaled: LinearProgram, scaling: Scaling, options: dict[str, Option], seconds: float) -> Solution:
    x, y, d = (without_noise(part) for part in engine.answer())
    x = np.clip(x, scaled.lower, scaled.upper)
    optimum = Optimum(scaled, scaling, x, y, d, engine.basis(), engine.deadline)
    return Solution(*scaling.unscale(x, y, d), engine.iterations, seconds, options, optimum=optimum)


def _explained(scaled: LinearProgram, scaling: Scaling, engine: Engine, status: highspy.HighsModelStatus) -> NoSolution:
    """Who takes part in an infeasibility, or may grow without end."""
    try:
        if status == Status.kInfeasible:
            return NoSolution("infeasible", *_conflict(engine))
        return _unbounded(scaled, scaling, engine)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; there is no plan") from None


def without_noise(values: Floats) -> Floats:
    """Numbers that are zero but for rounding, in internal units, become zero."""
    return np.where(np.abs(values) < NOISE, 0.0, values)


def _conflict(engine: Engine) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns of a small infeasible part: an elastic program, then one by one (strategy 2 + 4).

    Nothing where the time is up before it is small: HiGHS then names all that has not been ruled out.
    """
    engine.set("iis_strategy", 6)
    if engine.deadline is not None:
        engine.set("iis_time_limit", max(0.0, engine.deadline - time.monotonic()))
    status, iis = engine.highs.getIis()
    if status == highspy.HighsStatus.kError or (engine.deadline is not None and time.monotonic() >= engine.deadline):
        return (), ()
    return tuple(iis.row_index_), tuple(iis.col_index_)


def _unbounded(program: LinearProgram, scaling: Scaling, engine: Engine) -> NoSolution:
    """Tell unbounded from infeasible by a solve without costs; name the columns of the ray."""
    flat = Engine(replace(program, cost=np.zeros(program.shape[1])), {**OPTIONS, "presolve": "off"}, engine.deadline)
    status = flat.run()
    stop_at_limits(status)
    if status != Status.kOptimal:
        return NoSolution("infeasible", *_conflict(flat))
    _, exists, ray = engine.highs.getPrimalRay()
    growth = np.array(ray) if exists else np.zeros(program.shape[1])
    columns = np.flatnonzero(np.abs(growth) > 1e-9)
    return NoSolution("unbounded", columns=tuple(int(j) for j in columns), ray=tuple(float(growth[j] * scaling.column[j]) for j in columns))


def write_model(program: LinearProgram, path: Path) -> None:
    """Write the program as ``.lp`` or ``.mps`` with readable names, in the scenario's units.

    Raises:
        InputError: if the file cannot be written.
    """
    solver = Engine(program, {"output_flag": False}).highs
    for i, key in enumerate(program.columns):
        solver.passColName(i, name_of(key))
    for i, key in enumerate(program.rows):
        solver.passRowName(i, name_of(key))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp{path.suffix}")
    try:
        temporary.touch()  # HiGHS's LP writer crashes the process where it cannot open the file
        status = solver.writeModel(str(temporary))
        # on a full disk HiGHS says that all is well, and the end is missing
        if status == highspy.HighsStatus.kError or not _ends_well(temporary):
            raise InputError(f"{path}: the model could not be written: the disk may be full")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: the model could not be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _ends_well(path: Path) -> bool:
    """Whether a model file has reached the disk with its last line."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())
        handle.seek(max(0, path.stat().st_size - 64))
        return handle.read().split()[-1:] in ([b"end"], [b"ENDATA"])
