"""Many solves at once: worker processes, started afresh since Pyomo and HiGHS forbid threads and forks."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.util
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from planner.collector import collect_seldom
from planner.errors import StopgapError

Task = TypeVar("Task")
Made = TypeVar("Made")
AHEAD = 2
"""Tasks that lie ready for each worker, so that it need not wait for this process."""


def worthwhile(workers: int | None, effort: float, least: float) -> int | None:
    """How many processes to use: as many as were asked for, else one a core where the effort is worth it, and one where it is not."""
    return workers if workers is not None or effort > least else 1


def chunks(items: Sequence[Task], size: int) -> list[tuple[Task, ...]]:
    """Items by so many, in order: what does not depend on the number of workers that share them."""
    return [tuple(items[first : first + size]) for first in range(0, len(items), size)]


def in_parallel(work: Callable[[Task], Made], tasks: Sequence[Task], workers: int | None, done: Callable[[int], None]) -> list[Made]:
    """Results of all tasks, in the order of the tasks whatever the number of workers.

    This process works as well, from the last task backwards: the others take seconds to start.

    Args:
        work: A function of a module, so that another process finds it.
        tasks: What it is called with; sent to the worker.
        workers: Processes, this one included; None for one a core.
        done: Called with the number of finished tasks after each.

    Raises:
        StopgapError: if a worker is ended from outside; else what a task that fails raises.
    """
    number = min(len(tasks), workers or os.cpu_count() or 1)
    if number < 2:
        return list(_one_by_one(work, tasks, done))
    with _pool(number - 1) as pool:
        found = _shared(pool, number - 1, work, tasks, done)
    return [found[place] for place in range(len(tasks))]


def as_done(work: Callable[[Task], Made], tasks: Sequence[Task], workers: int | None) -> Iterator[tuple[int, Made]]:
    """(place, result) of each task as soon as it is done; this process has its hands free between two of them.

    Args:
        work: A function of a module, so that another process finds it.
        tasks: What it is called with; sent to the worker.
        workers: Processes beside this one; None for one a core, 1 for this process alone.

    Raises:
        StopgapError: if a worker is ended from outside; else what a task that fails raises.
    """
    number = min(len(tasks), workers or os.cpu_count() or 1)
    if number < 2:
        yield from enumerate(map(work, tasks))
        return
    with _pool(number) as pool:
        left, running = deque(enumerate(tasks)), dict[Future[Made], int]()
        while left or running:
            with _nameless_main():
                while left and len(running) < AHEAD * number:
                    place, task = left.popleft()
                    running[pool.submit(_call, pickle.dumps((work, task), pickle.HIGHEST_PROTOCOL))] = place
            for future in wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()


@contextmanager
def worker_ahead(workers: int | None, module: str) -> Iterator[None]:
    """Start a worker while this process still finds out what there is to do.

    The first call of :func:`in_parallel` for no more processes takes it over; where there is none, it is sent away.

    Args:
        workers: Processes, this one included; None for one a core.
        module: What the worker imports meanwhile.
    """
    others = (workers or os.cpu_count() or 1) - 1
    if others < 1:
        yield
        return
    pool = _new_pool(others)
    _waiting.append((others, pool))
    try:
        with _nameless_main():
            pool.submit(_import, module)
        yield
    finally:
        if (others, pool) in _waiting:
            _waiting.remove((others, pool))
            _send_away(pool)


_waiting: list[tuple[int, ProcessPoolExecutor]] = []
"""(workers, pool) that were started ahead and that nobody has taken over yet."""


def _new_pool(others: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(others, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)


def _send_away(pool: ProcessPoolExecutor) -> None:
    """End workers without waiting for what they do."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(cancel_futures=True)


def _import(module: str) -> None:
    importlib.import_module(module)


@contextmanager
def _pool(others: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, which end with what they are used for, however it ends."""
    # a pool starts its processes only as tasks come, so a larger one does
    ahead = next((found for found in _waiting if found[0] >= others), None)
    if ahead is not None:
        _waiting.remove(ahead)
    pool = _new_pool(others) if ahead is None else ahead[1]
    try:
        yield pool
    except BaseException as error:
        # nobody waits for what is left
        _send_away(pool)
        if isinstance(error, BrokenProcessPool):
            raise StopgapError("a worker process was ended from outside, perhaps for want of memory; try --workers 1") from None
        raise
    pool.shutdown()


def _shared(pool: ProcessPoolExecutor, others: int, work: Callable[[Task], Made], tasks: Sequence[Task], done: Callable[[int], None]) -> dict[int, Made]:
    """Results by place, from the workers and from this process."""
    left, found = deque(range(len(tasks))), dict[int, Made]()
    feeder = _Feeder(pool)
    while left or feeder.busy:
        while left and len(feeder.ready) < AHEAD * others:
            place = left.popleft()
            # pickled here and now: a thread would do so while this process works on what tasks share
            feeder.ready.append((place, pickle.dumps((work, tasks[place]), pickle.HIGHEST_PROTOCOL)))
        with _nameless_main():
            feeder.fill(others)
        mine = left.pop() if left else feeder.take_back()
        if mine is not None:
            found[mine] = work(tasks[mine])
            done(len(found))
        for place, made in feeder.finished(patient=mine is None):
            found[place] = made
            done(len(found))
    return found


class _Feeder:
    """Gives workers one task each, and the next one as soon as it is done, while this process is at work itself.

    A task that lay ready for a worker could not be taken back, and this process would wait for it at the end.

    Args:
        pool: The workers, all of which the first call of :meth:`fill` starts.
    """

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.pool = pool
        self.ready: deque[tuple[int, bytes]] = deque()
        """(place, pickled task) in order."""
        self._running: dict[Future[Any], int] = {}
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether something is ready or running."""
        with self._lock:
            return bool(self.ready or self._running)

    def fill(self, workers: int) -> None:
        """Give tasks to workers until so many are running."""
        while self.ready and len(self._running) < workers and self._next():
            pass

    def _next(self, over: Future[Any] | None = None) -> bool:
        """Give the next task; called by the pool's own thread when one is over, which may not ask anything of a broken pool."""
        if over is not None and (over.cancelled() or over.exception() is not None):
            return False
        with self._lock:
            if not self.ready:
                return False
            place, task = self.ready.popleft()
            try:
                future = self.pool.submit(_call, task)
            except RuntimeError:
                # the pool is broken or closed, which the results tell
                self.ready.appendleft((place, task))
                return False
            self._running[future] = place
        future.add_done_callback(self._next)
        return True

    def take_back(self) -> int | None:
        """The last task that no worker has yet; None where there is none."""
        with self._lock:
            return self.ready.pop()[0] if self.ready else None

    def finished(self, patient: bool) -> list[tuple[int, Any]]:
        """(place, result) of what is done; the patient wait for one."""
        with self._lock:
            running = list(self._running)
        over = wait(running, timeout=None if patient else 0, return_when=FIRST_COMPLETED).done
        with self._lock:
            return [(self._running.pop(future), future.result()) for future in over]


def _call(pickled: bytes) -> Any:
    work, task = pickle.loads(pickled)  # noqa: S301 - made by the process that started this one
    return work(task)


def _one_by_one(work: Callable[[Task], Made], tasks: Sequence[Task], done: Callable[[int], None]) -> Iterator[Made]:
    for count, task in enumerate(tasks, 1):
        yield work(task)
        done(count)


@contextmanager
def _nameless_main() -> Iterator[None]:
    """Start workers without the script that started all: they would run it again, down to this very call."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _prepare() -> None:
    """Ctrl-C reaches the whole group of processes; the one that started the others ends them."""
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _leave(*_: object) -> None:
    """End at once, but give back the semaphores that libraries have taken: Python would complain of each on the terminal."""
    multiprocessing.util._run_finalizers()  # type: ignore[attr-defined]
    os._exit(1)


def _end_with_parent() -> None:
    """A process that was killed cannot end its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
