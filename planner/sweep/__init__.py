"""Sweeps: many variations of one scenario, each solved, proven and kept."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.checks import warnings_of
from planner.disk import lock, refuse_foreign_folder, replace_file, sync_folder
from planner.errors import InputError
from planner.stopwatch import Count, untold
from planner.sweep.store import Store, is_store
from planner.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.findings import Findings
    from planner.sweep.cases import Family
    from planner.sweep.result import Result
    from planner.sweep.spec import SweepSpec

__all__ = ["default_folder", "refuse_other_folder", "sweep"]
STORE = "runs.sqlite"


def sweep(
    path: str | Path,
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    fresh: bool = False,
    root: str | Path | None = None,
    progress: Count = untold,
) -> Findings:
    """Solve many variations of a scenario; what an earlier call has solved is not solved again.

    Args:
        path: Sweep file, see ``scenarios/README.md``.
        out: Folder for the results; default ``sweeps/<name of the file>``.
        workers: Processes; the results are the same for any number. Default one a core.
        cluster: Address of a Dask scheduler to solve on instead, such as ``tcp://10.0.0.1:8786``.
        fresh: Forget what was solved before.
        root: Folder that no file of the scenario may lie outside of.
        progress: Told what is being done, how much of it is done and how much there is.

    Returns:
        The runs in one table, what moves the cost, and sentences; written to the folder as well.

    Raises:
        InputError: for a bad sweep file, scenario or folder. A single run that has no plan is a row with its reason.
    """
    from planner.sweep.cases import families
    from planner.sweep.running import run_all
    from planner.sweep.spec import read_spec
    from planner.sweep.telling import findings_of, outputs_of

    path, started = Path(path), time.perf_counter()
    folder = Path(out) if out is not None else default_folder(path)
    refuse_other_folder(folder)
    spec, tree, problems = read_spec(path)
    runs, points = families(spec, tree, path, Path(root) if root is not None else None, problems)
    outputs = outputs_of(spec, runs)
    _make(folder)
    with lock(folder, 0.0) as held:
        if held is False:
            raise InputError(f"{folder}: another sweep is at work there; wait for it or choose another place with --out")
        with closing(Store(folder / STORE, fresh)) as store:
            before = len(store.found([case.key for family in runs for case in family.cases]))
            results = run_all(runs, store, workers, cluster, spec.time_limit, progress)
            record = _record(path, spec, runs, results, before, started)
            found = findings_of(spec, runs, points, results, outputs, record)
            store.write_table("runs", found.tables["runs"])
        for name, content in found.files():
            replace_file(folder / name, content)
    return found


def _record(path: Path, spec: SweepSpec, runs: list[Family], results: Mapping[str, Result], before: int, started: float) -> dict[str, Any]:
    """How a sweep was run."""
    return {
        "sweep": str(path),
        "sweep_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "design": spec.design.model_dump(exclude_none=True, by_alias=True),
        "seed": spec.seed,
        "scenarios": [family.base.digest for family in runs],
        "runs": sum(len(family.cases) for family in runs),
        "different": len(results),
        "known_before": before,
        "warnings": list(dict.fromkeys(str(problem) for family in runs for problem in (*family.base.sources.warnings, *warnings_of(family.base)))),
        "versions": dict(versions()),
        "seconds": round(time.perf_counter() - started, 3),
    }


def default_folder(path: Path) -> Path:
    """Where the results of a sweep go unless told otherwise."""
    return Path("sweeps") / path.stem


def refuse_other_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier sweep.

    Raises:
        InputError: naming what is in the way.
    """
    refuse_foreign_folder(folder, _foreign, "no sweep has written")


def _foreign(folder: Path) -> list[str]:
    """Names of what is in a folder without the store of a sweep."""
    names = [path.name for path in folder.iterdir()]
    return [] if STORE in names and is_store(folder / STORE) else names


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
