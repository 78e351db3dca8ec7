"""One HiGHS instance on one program: options with their status checked, runs that Ctrl-C and a deadline can stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import highspy
import numpy as np
import numpy.typing as npt

from planner.errors import Interrupted, LimitError, StopgapError
from planner.solver.lower import Flags, Floats, LinearProgram

Option = str | int | float | bool
Statuses = npt.NDArray[np.object_]
Status = highspy.HighsModelStatus
_LIMITS = {Status.kTimeLimit: "time limit", Status.kIterationLimit: "iteration limit", Status.kMemoryLimit: "memory limit"}
_STOPPED = {Status.kInterrupt, getattr(Status, "kHighsInterrupt", Status.kInterrupt)}


class SolverError(StopgapError):
    """HiGHS refused the program or an option, or ended without an answer: a bug or a numerical failure."""


class _Spent:
    """CPU seconds of this process while HiGHS ran."""

    seconds = 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what is done meanwhile."""
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds += time.process_time() - started


SPENT = _Spent()


class Basis:
    """Who is basic at a vertex, and at which side the others are: a basis of which parts can be taken and put back.

    Args:
        highs: As HiGHS has it; what crosses to Python and back is converted only where it is asked for.
        columns: Status of each column, where it is not HiGHS's.
        rows: Status of each row, the same.
    """

    def __init__(self, highs: highspy.HighsBasis | None = None, columns: Statuses | None = None, rows: Statuses | None = None) -> None:
        self._highs, self._columns, self._rows = highs, columns, rows

    @cached_property
    def highs(self) -> highspy.HighsBasis:
        """As HiGHS wants it; of one that was put together by hand it sees whether it is one, and completes it."""
        if self._highs is not None:
            return self._highs
        found = highspy.HighsBasis()
        found.col_status, found.row_status = self.columns.tolist(), self.rows.tolist()
        found.valid = found.alien = True
        return found

    @cached_property
    def columns(self) -> Statuses:
        """Status of each column."""
        return np.array(self.highs.col_status, dtype=object) if self._columns is None else self._columns

    @cached_property
    def rows(self) -> Statuses:
        """Status of each row."""
        return np.array(self.highs.row_status, dtype=object) if self._rows is None else self._rows

    def part(self, columns: Flags, rows: Flags) -> Basis:
        """The basis of a part of the program."""
        return Basis(columns=self.columns[columns], rows=self.rows[rows])

    def put(self, columns: Flags, rows: Flags, part: Basis) -> Basis:
        """This basis, with that of a part in its place."""
        all_columns, all_rows = self.columns.copy(), self.rows.copy()
        all_columns[columns], all_rows[rows] = part.columns, part.rows
        return Basis(columns=all_columns, rows=all_rows)

    def with_rows_at(self, rows: Flags, lower: Flags) -> Basis:
        """This basis, with those of some rows that are not basic at the lower side where so said, else at the upper one."""
        found = self.rows.copy()
        moved = rows & (found != _BASIC)
        found[moved & lower] = highspy.HighsBasisStatus.kLower
        found[moved & ~lower] = highspy.HighsBasisStatus.kUpper
        return Basis(columns=self.columns, rows=found)

    def may_move(self, columns: Flags, rows: Flags) -> bool:
        """Whether any of some columns and rows is not basic."""
        return bool((self.columns[columns] != _BASIC).any() or (self.rows[rows] != _BASIC).any())


_BASIC = highspy.HighsBasisStatus.kBasic


class Engine:
    """A program inside HiGHS, which keeps its basis while bounds and costs are changed.

    Args:
        program: Finite numbers, in any units.
        options: HiGHS options, all of them checked.
        deadline: Value of ``time.monotonic()`` at which every run stops; None for no limit.
    """

    def __init__(self, program: LinearProgram, options: Mapping[str, Option], deadline: float | None = None) -> None:
        must_be_numbers(program)
        self.highs = highspy.Highs()
        self.deadline = deadline
        for name, value in options.items():
            self.set(name, value)
        rows, columns = program.shape
        self._columns, self._rows = np.arange(columns, dtype=np.int32), np.arange(rows, dtype=np.int32)
        status = self.highs.passModel(
            columns, rows, len(program.value), highspy.MatrixFormat.kRowwise.value, highspy.ObjSense.kMinimize.value, program.offset,
            program.cost, program.lower, program.upper, program.row_lower, program.row_upper,
            program.start, program.index, program.value, np.zeros(columns, dtype=np.int32),
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the program")

    def set(self, name: str, value: Option) -> None:
        """Set an option.

        Raises:
            SolverError: if HiGHS does not know it.
        """
        if self.highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS does not know the option {name}={value!r}")

    def run(self, waiting: Callable[[float], None] | None = None) -> highspy.HighsModelStatus:
        """Run in HiGHS's thread; the main thread stays free for Ctrl-C and progress.

        Raises:
            Interrupted: if the user pressed Ctrl-C.
        """
        with SPENT.counting():
            return self._run(waiting)

    def _run(self, waiting: Callable[[float], None] | None) -> highspy.HighsModelStatus:
        self._keep_to_deadline()
        self.highs.HandleUserInterrupt = True
        started = time.perf_counter()
        try:
            self.highs.startSolve()
            while not self.highs.wait(0.1)[0]:
                if waiting is not None:
                    waiting(time.perf_counter() - started)
        except KeyboardInterrupt:
            self.highs.cancelSolve()
            self.highs.wait(5.0)
            raise Interrupted("interrupted; there is no plan") from None
        # the handler and the instance hold each other, so that its memory would stay, and the next run would add another handler
        self.highs.HandleUserInterrupt = False
        return self.highs.getModelStatus()

    def run_briefly(self) -> highspy.HighsModelStatus:
        """Run from the basis at hand where a few iterations are expected, without the cost of a thread."""
        self._keep_to_deadline()
        with SPENT.counting():
            self.highs.run()
        return self.highs.getModelStatus()

    def _keep_to_deadline(self) -> None:
        """The limit of an instance counts from its first run."""
        if self.deadline is not None:
            self.set("time_limit", self.highs.getRunTime() + max(0.0, self.deadline - time.monotonic()))

    def answer(self) -> tuple[Floats, Floats, Floats]:
        """``x`` by column, ``y`` by row, ``d`` by column."""
        found = self.highs.getSolution()
        return np.array(found.col_value), np.array(found.row_dual), np.array(found.col_dual)

    @property
    def objective(self) -> float:
        """Objective of the last run."""
        return float(self.highs.getInfo().objective_function_value)

    @property
    def iterations(self) -> int:
        """Simplex iterations of the last run."""
        return int(self.highs.getInfo().simplex_iteration_count)

    def basis(self) -> Basis:
        """The basis of the last run, to come back to."""
        return Basis(self.highs.getBasis())

    def start_from(self, basis: Basis | None) -> None:
        """Start the next run from a basis; from scratch where it is None."""
        if basis is None:
            self.highs.setBasis()
        else:
            self.highs.setBasis(basis.highs)

    def change(self, cost: Floats, columns: tuple[Floats, Floats], rows: tuple[Floats, Floats]) -> None:
        """Replace all costs and bounds; the basis stays."""
        self.highs.changeColsCost(len(self._columns), self._columns, cost)
        self.highs.changeColsBounds(len(self._columns), self._columns, *columns)
        self.highs.changeRowsBounds(len(self._rows), self._rows, *rows)


def must_be_numbers(program: LinearProgram) -> None:
    """Refuse what is not finite, before any arithmetic on it: HiGHS would call such a program optimal.

    Raises:
        SolverError: naming what is wrong.
    """
    for numbers in (program.cost, program.value):
        if not np.isfinite(numbers).all():
            raise SolverError("the program holds a number that is not finite")
    if np.isnan(np.concatenate([program.lower, program.upper, program.row_lower, program.row_upper])).any():
        raise SolverError("the program holds a bound that is not a number")


def stop_at_limits(status: highspy.HighsModelStatus) -> None:
    """Turn a limit into an error.

    Raises:
        LimitError: if a limit was reached.
        Interrupted: if the run was cancelled.
    """
    if status in _LIMITS:
        raise LimitError(f"the solver reached its {_LIMITS[status]}; there is no plan")
    if status in _STOPPED:
        raise Interrupted("interrupted; there is no plan")
