"""A worker that is started ahead does the work that turns up, and is gone where none does."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.cli.solving import LARGE
from planner.errors import StopgapError
from planner.workers import in_parallel, worker_ahead


def who(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_a_worker_that_was_started_ahead_takes_the_work() -> None:
    with worker_ahead(2, "planner.errors"):
        (ahead,) = multiprocessing.active_children()
        found = set(in_parallel(who, range(40), 2, lambda _: None))
    assert found == {os.getpid(), ahead.pid}
    assert not multiprocessing.active_children()


def when(_: int) -> tuple[int, float, float]:
    begun = time.time()
    time.sleep(0.2)
    return os.getpid(), begun, time.time()


def test_no_task_waits_for_a_worker_while_this_process_has_nothing_to_do() -> None:
    with worker_ahead(2, "planner.errors"):
        found = in_parallel(when, range(11), 2, lambda _: None)
    ends = {pid: max(end for one, _, end in found if one == pid) for pid, _, _ in found}
    last = max(found, key=lambda one: one[1])
    assert all(last[1] <= end + 0.1 for end in ends.values())


def end_at_once(place: int) -> int:
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    return fail(place)


def fail(place: int) -> int:
    if multiprocessing.parent_process() is not None:
        raise ValueError(f"task {place}")
    time.sleep(0.05)
    return place


@pytest.mark.parametrize(("work", "raised", "said"), [(end_at_once, StopgapError, "ended from outside"), (fail, ValueError, "task ")])
def test_a_worker_that_dies_and_a_task_that_fails_there_are_told(work: Callable[[int], int], raised: type[Exception], said: str) -> None:
    with pytest.raises(raised, match=said):
        in_parallel(work, range(40), 2, lambda _: None)
    assert not multiprocessing.active_children()


def test_a_worker_without_work_is_gone_at_once() -> None:
    with worker_ahead(2, "planner.answer"):
        (ahead,) = multiprocessing.active_children()
    assert not ahead.is_alive()
    assert not multiprocessing.active_children()


def test_a_pool_for_more_processes_does_for_fewer() -> None:
    with worker_ahead(8, "planner.errors"):
        (ahead,) = multiprocessing.active_children()
        found = set(in_parallel(who, range(40), 2, lambda _: None))
        assert ahead.pid in found
    assert not multiprocessing.active_children()


def test_more_processes_than_were_started_ahead_are_started_anew() -> None:
    with worker_ahead(2, "planner.errors"):
        assert len(set(in_parallel(who, range(40), 3, lambda _: None))) > 1
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("workers", [1, None])
def test_one_process_alone_starts_none(workers: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with worker_ahead(workers, "planner.errors"):
        assert not multiprocessing.active_children()


def test_a_large_file_that_is_wrong_is_told_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("version: 1\nhorizon: {start: 2026-01, end: 2027-01}\nmateriels: {}\n# " + "x" * LARGE, encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "planner", "solve", str(path), "--workers", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "materiels" in done.stderr
    assert "Traceback" not in done.stderr
    assert "semaphore" not in done.stderr
