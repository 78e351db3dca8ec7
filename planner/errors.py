"""Every failure the program knows, with the exit code it maps to.

Bad input is a list of :class:`Problem`: where, which key, what is wrong, how to mend it. Nothing here prints.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_PROBLEMS = 1_000
"""So many problems are told at once."""


# nobody changes a place; but a scenario has tens of thousands, and what is frozen is slow to make
@dataclass(slots=True, unsafe_hash=True)
class Mark:
    """A place in an input file; ``line`` and ``column`` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Render as editors understand it: ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong (or worth a warning) at one place."""

    mark: Mark
    path: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        """Render as ``file:line:col: path: problem; hint``."""
        path = f"{self.path}: " if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.mark}: {path}{self.problem}{hint}"


class StopgapError(Exception):
    """Base of all errors that a user may see. ``exit_code`` is the process's."""

    exit_code = 1


class InputError(StopgapError):
    """The scenario, an overlay, a table or an option is wrong. Carries every problem found."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        self.problems: list[Problem] = [] if isinstance(problems, str) else _first(sorted(set(problems), key=_place))
        super().__init__(problems if isinstance(problems, str) else "\n".join(map(str, self.problems)))


class UnitError(ValueError):
    """A quantity that cannot be read; ``hint`` says how to mend it."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule of the scenario that takes part in an infeasibility, or a price that makes money from nothing."""

    rule: str
    """Name of the constraint in the model."""
    meaning: str
    rows: tuple[str, ...]
    """Rows (or columns) of the model that it stands for."""
    path: str = ""
    """The key that sets it."""
    where: str = ""
    """Place of that key, ``file:line:column``."""
    when: str = ""
    """Periods, in words."""
    structural: bool = False
    """Whether it only ties the others together and is nobody's choice: balances, ramps."""

    def __str__(self) -> str:
        """One line: ``path (place): meaning, in periods``."""
        place = f" ({self.where})" if self.where else ""
        return f"{self.path or self.rule}{place}: {self.meaning}" + (f", in {self.when}" if self.when else "")


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change of one key that helps an infeasible scenario to a plan."""

    path: str
    text: str
    """What to change, in words and numbers."""
    by: float
    """How far, in ``unit``; the sum where amounts add up over periods, else the largest."""
    unit: str
    before: float | None = None
    after: float | None = None
    when: str = ""
    where: str = ""

    def __str__(self) -> str:
        """One line: ``path: text``."""
        return f"{self.path}: {self.text}"


class NoPlanError(StopgapError):
    """The rules of the scenario contradict each other, or a price makes money from nothing."""

    exit_code = 3

    def __init__(self, status: str, message: str, conflicts: Sequence[Conflict] = (), relaxations: Sequence[Relaxation] = ()) -> None:
        self.status = status
        self.conflicts = list(conflicts)
        self.relaxations = list(relaxations)
        self.warnings: list[str] = []
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        """What another process needs to raise the same."""
        return type(self), (self.status, str(self), self.conflicts, self.relaxations), self.__dict__


class LimitError(StopgapError):
    """The solver stopped at a limit of time or memory; there is no plan."""

    exit_code = 4


class CheckError(StopgapError):
    """The answer failed its independent check and was not written."""

    exit_code = 5


class Interrupted(StopgapError):  # noqa: N818 - it is no error of anybody's
    """The user stopped the run; there is no plan."""

    exit_code = 130


@dataclass(slots=True)
class Problems:
    """Collects problems so that all are reported at once."""

    items: list[Problem] = field(default_factory=list)

    def add(self, mark: Mark, path: str, problem: str, hint: str = "") -> None:
        """Note one problem."""
        self.items.append(Problem(mark, path, problem, hint))

    def raise_if_any(self) -> None:
        """Raise everything noted so far.

        Raises:
            InputError: if there is at least one problem.
        """
        if self.items:
            raise InputError(self.items)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint naming the closest known words, or ``otherwise`` when none is close."""
    known = list(known)
    same = [other for other in known if other.casefold() == word.casefold() and other != word]
    near = same or difflib.get_close_matches(word, known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(repr(n) for n in near)}?" if near else otherwise


def listed(words: Iterable[str], most: int = 8) -> str:
    """Words for a message, cut where they would fill the screen."""
    words = sorted(words)
    return ", ".join(words[:most]) + (f" … ({len(words)} in all)" if len(words) > most else "")


def counted(number: int, plural: str) -> str:
    """A number with its noun: ``1 policy``, ``2 policies``."""
    singular = plural.removesuffix("ies") + "y" if plural.endswith("ies") else plural.removesuffix("s")
    return f"{number} {plural if number != 1 else singular}"


def _first(problems: list[Problem]) -> list[Problem]:
    """As many problems as anybody reads, and how many there are besides."""
    rest = len(problems) - MOST_PROBLEMS
    if rest <= 0:
        return problems
    last = Problem(problems[MOST_PROBLEMS].mark, "", f"from here on {rest:,} more problems", "mend these first")
    return [*problems[:MOST_PROBLEMS], last]


def _place(problem: Problem) -> tuple[str, int, int, str]:
    return problem.mark.file, problem.mark.line, problem.mark.column, problem.path
