"""A sweep on a Dask cluster: real scheduler and worker processes on this machine, one of which is lost on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
import yaml

from planner.errors import InputError
from planner.sweep import sweep
from tests.planner.test_sweep import MINE

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's command, ended with the test."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'models'}"}
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler, and its workers."""
    address = folder / "address.json"
    with ExitStack() as stack:
        places = ("--scheduler-file", str(address), "--no-dashboard")
        stack.enter_context(started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *places))
        while not address.exists() or not address.read_text():
            time.sleep(0.05)
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
        processes = [stack.enter_context(started("distributed.cli.dask_worker", "--scheduler-file", str(address), *options)) for _ in range(workers)]
        yield yaml.safe_load(address.read_text())["address"], processes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_lost_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    vary = {"capacity": {"path": "suppliers.mine.capacity", "uniform": [10, 150]}}
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({"scenario": "mine.yaml", "vary": vary, "design": {"monte_carlo": {"runs": 200}}}))
    with cluster(tmp_path, 2) as (address, workers):

        def lose(_: str, done: int, __: int) -> None:
            # with its first results in hand, and more on the way
            if done and workers[0].poll() is None:
                workers[0].send_signal(signal.SIGKILL)

        runs = sweep(path, out=tmp_path / "cluster", cluster=address, progress=lose).tables["runs"]
        assert workers[0].wait() == -signal.SIGKILL
    alone = sweep(path, out=tmp_path / "alone", workers=1).tables["runs"]
    pd.testing.assert_frame_equal(runs, alone, check_exact=True)


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump({"scenario": "mine.yaml", "vary": {"a": {"path": "suppliers.mine.price", "values": [1]}}, "design": "grid"}))
    for address in ("tcp://127.0.0.1:1", "nonsense", "tcp://no.such.host.invalid:1"):
        with pytest.raises(InputError, match="no scheduler answers there"):
            sweep(path, out=tmp_path / "out", cluster=address)
