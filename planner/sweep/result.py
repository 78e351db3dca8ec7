"""What is kept of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "infeasible", "unbounded", "failed", "limit"]
Figures = Mapping[str, float | str | None]


@dataclass(frozen=True)
class Result:
    """What came of one scenario."""

    status: Status
    reason: str = ""
    """Why there is no plan, in one sentence."""
    figures: Figures = field(default_factory=dict)
    """Key figures of the plan by name."""
    seconds: float = 0.0
    """CPU time that it took."""
