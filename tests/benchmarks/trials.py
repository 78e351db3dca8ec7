"""What was measured, by variant and size, kept in measured.json so that results can be gathered over several runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Trial:
    """One run of one contender."""

    wall: float = 0.0
    """Seconds."""
    cpu: float = 0.0
    """Seconds of the process and its descendants."""
    memory: float = 0.0
    """Peak in bytes."""
    objective: float = 0.0
    """Money, discounted."""
    size: dict[str, int] = field(default_factory=dict)
    """Rows, columns and nonzeros of the program, and parts where it is solved in parts."""
    solver: float | None = None
    """CPU seconds while HiGHS ran, on one thread."""
    stages: dict[str, float] = field(default_factory=dict)
    """Wall seconds of the stages of ``plan solve``, added up over its processes."""
    failure: str | None = None
    """Why there are no numbers."""

    @property
    def megabytes(self) -> float:
        """Peak of memory [MB]."""
        return self.memory / 1e6

    @property
    def outside(self) -> float | None:
        """CPU seconds outside HiGHS; None where the time inside is not known."""
        return None if self.solver is None else self.cpu - self.solver


Quantity = Callable[[Trial], float | None]
QUANTITIES: dict[str, Quantity] = {
    "wall, s": lambda trial: trial.wall,
    "CPU, s": lambda trial: trial.cpu,
    "CPU outside HiGHS, s": lambda trial: trial.outside,
    "memory, MB": lambda trial: trial.megabytes,
}


@dataclass(frozen=True)
class Round:
    """One run of each contender, in turns."""

    about: str
    """Machine and versions."""
    trials: dict[str, Trial]
    """By contender."""


@dataclass(frozen=True)
class Measured:
    """All rounds of one variant at one size."""

    variant: str
    size: str
    rounds: list[Round]

    @property
    def contenders(self) -> list[str]:
        """All that took part in any round."""
        return list(dict.fromkeys(name for one in self.rounds for name in one.trials))

    def trials(self, contender: str) -> list[Trial]:
        """Runs of a contender."""
        return [one.trials[contender] for one in self.rounds if contender in one.trials]

    def values(self, contender: str, quantity: str) -> list[float]:
        """A quantity of all runs that came to an end."""
        finished = (trial for trial in self.trials(contender) if trial.failure is None)
        return [value for value in map(QUANTITIES[quantity], finished) if value is not None]

    def ratios(self, peer: str, quantity: str) -> list[float]:
        """Ratios of plan to a peer within each round."""
        return list(self._ratios(peer, QUANTITIES[quantity]))

    def _ratios(self, peer: str, quantity: Quantity) -> Iterator[float]:
        for one in self.rounds:
            pair = [quantity(one.trials[name]) for name in ("plan", peer) if name in one.trials and one.trials[name].failure is None]
            if len(pair) == 2 and pair[0] and pair[1]:
                yield pair[0] / pair[1]


def load(path: Path) -> dict[tuple[str, str], Measured]:
    """What has been measured before, by variant and size."""
    if not path.exists():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    found = [
        Measured(
            case["variant"], case["size"], [Round(one["about"], {name: Trial(**trial) for name, trial in one["trials"].items()}) for one in case["rounds"]]
        )
        for case in stored
    ]
    return {(one.variant, one.size): one for one in found}


def save(path: Path, measured: dict[tuple[str, str], Measured]) -> None:
    """Store everything that has been measured."""
    path.write_text(json.dumps([asdict(one) for one in measured.values()], indent=1) + "\n", encoding="utf-8")
