"""What an analysis is asked about: a scenario, and the record of the question that goes with what is found."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.checks import warnings_of
from planner.scenario.changes import as_own
from planner.scenario.load import Loaded
from planner.versions import versions


@dataclass(frozen=True)
class Inquiry:
    """A scenario that is asked about."""

    loaded: Loaded
    sets: list[str]
    """``path=value`` changes that were asked for."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def title(self) -> str:
        """Title of the scenario, or its name."""
        return self.loaded.scenario.title or self.loaded.name

    def record(self, **asked: Any) -> dict[str, Any]:
        """The record of what is found from now on: the scenario, what was asked, warnings, versions, and the seconds that it took.

        Args:
            asked: Settings and figures of the analysis itself.
        """
        return {
            "scenario": self.loaded.name,
            "resolved_sha256": self.loaded.digest,
            "set": self.sets,
            **asked,
            "warnings": [str(problem) for problem in (*self.loaded.sources.warnings, *warnings_of(self.loaded))],
            "versions": dict(versions()),
            "seconds": round(time.perf_counter() - self.started, 2),
        }


def inquire(source: str | Path | Loaded, sets: Iterable[str] = (), root: str | Path | None = None) -> Inquiry:
    """Read what is asked about.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.

    Raises:
        InputError: for a bad scenario.
    """
    started, sets = time.perf_counter(), list(sets)
    return Inquiry(as_own(source, sets, root), sets, started)
