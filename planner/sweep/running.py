"""Runs a sweep: what is not known yet is solved chunk by chunk, and each chunk is written down as soon as it is done."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterable, Iterator, Sequence

from planner.errors import InputError, LimitError, StopgapError
from planner.stopwatch import Count
from planner.sweep.cases import Family
from planner.sweep.result import Result
from planner.sweep.solving import Chunk, solve_chunk
from planner.sweep.store import Store
from planner.workers import as_done

CHUNK = 25
"""Runs that are solved and written down together; what they share is built once a process."""
IN_FLIGHT = 4
"""Chunks that lie ready for each worker of a cluster."""
PATIENCE = 10
"""Seconds that a scheduler may take to answer."""


def run_all(families: Sequence[Family], store: Store, workers: int | None, cluster: str | None, time_limit: float | None, count: Count) -> dict[str, Result]:
    """Results of all runs by key; each scenario is solved once, whoever asks for it.

    Args:
        families: The runs.
        store: Where results are kept.
        workers: Processes; None for one a core.
        cluster: Address of a Dask scheduler to solve on instead.
        time_limit: Seconds of each run.
        count: Told how many runs are done.
    """
    known = store.found([case.key for family in families for case in family.cases])
    chunks = list(chunks_of(families, known, time_limit))
    whole = len(known) + sum(len(chunk.runs) for chunk in chunks)
    count("runs", len(known), whole)
    done = _on_cluster(chunks, cluster) if cluster is not None else (results for _, results in as_done(solve_chunk, chunks, workers))
    for results in done:
        store.add(results)
        known.update(results)
        count("runs", len(known), whole)
    return known


def chunks_of(families: Iterable[Family], known: Iterable[str], time_limit: float | None) -> Iterator[Chunk]:
    """What is not known yet, each scenario once."""
    seen = {*known}
    for family in families:
        left = {case.key: case.values for case in family.cases if not case.problem and case.key not in seen}
        seen.update(left)
        runs = list(left.items())
        pickled = pickle.dumps(family.base, pickle.HIGHEST_PROTOCOL) if runs else b""
        for place in range(0, len(runs), CHUNK):
            yield Chunk(family.base.digest, pickled, tuple(runs[place : place + CHUNK]), time_limit)


def _on_cluster(chunks: Sequence[Chunk], address: str) -> Iterator[dict[str, Result]]:
    """Results of chunks that the workers of a Dask scheduler solve; what a worker that is lost had in hand others do again.

    Raises:
        InputError: if there is no scheduler.
        StopgapError: if a chunk is lost again and again.
    """
    try:
        from distributed import Client, as_completed
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise InputError("--cluster needs Dask; install it with: pip install 'stopgap[cluster]'") from None
    try:
        # a client that finds nobody leaves threads behind which may keep the next one from starting
        socket.create_connection(get_address_host_port(address), PATIENCE).close()
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"--cluster {address}: no scheduler answers there ({error}); start one with: dask scheduler") from None
    left = iter(chunks)
    with client:
        ready = as_completed()
        for _ in range(IN_FLIGHT * max(1, len(client.scheduler_info()["workers"]))):
            _submit(client, ready, left)
        for future in ready:
            if future.status != "finished":
                raise _lost(future.exception())
            yield future.result()
            _submit(client, ready, left)


def _submit(client: object, ready: object, left: Iterator[Chunk]) -> None:
    """Send one more chunk, if there is one."""
    chunk = next(left, None)
    if chunk is not None:
        ready.add(client.submit(solve_chunk, chunk, pure=False))  # type: ignore[attr-defined]


def _lost(error: BaseException | None) -> StopgapError:
    """Why a chunk has no results."""
    if isinstance(error, StopgapError) and not isinstance(error, LimitError):
        return error
    return StopgapError(f"a worker of the cluster failed ({type(error).__name__}: {error}); what is done is kept, run the same command again to go on")
