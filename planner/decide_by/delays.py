"""What a plan becomes when decisions wait: commitments and signatures before some date are closed, and all else is planned anew.

A later date closes more, so least cost and least shortage never fall as it moves. The latest date that keeps to a limit is found by halving.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from planner.decided import SHORT, shortage_columns, wanted
from planner.opened import Opened
from planner.solver.certificate import TOLERANCE, proven
from planner.solver.elastic import Row, Slack, with_rows, with_slacks
from planner.solver.engine import SolverError
from planner.solver.highs import Solution
from planner.solver.lower import Floats, LinearProgram
from planner.solver.whatif import Outcome, WhatIf

VARIABLES = {"project": "commit", "contract": "sign"}
"""The variable by which each kind of decision is taken."""
DEMAND = 1.0
"""All of a demand: what runs short is proven to a millionth of that."""
Measure = Callable[[int], float]


@dataclass(frozen=True)
class Decision:
    """Something that may be committed to or signed at the start of some periods."""

    kind: str
    """``project`` or ``contract``."""
    key: str


def decisions_of(part: Opened) -> list[Decision]:
    """The open decisions of a part, in the scenario's order."""
    found = [Decision("project", key) for key in part.data.ramp.windows]
    return found + [Decision("contract", key) for key in part.data.contracts.sign_windows]


@dataclass
class Curve:
    """A measure of the plan by the date from which on something may be decided; what is not asked for is not computed.

    Args:
        starts: Numbers of the periods in which it may be decided, rising; nothing is closed before the first.
        never: A number beyond all of them.
        measure: What the plan becomes if all before a period is closed; it never falls.
    """

    starts: tuple[int, ...]
    never: int
    measure: Measure
    known: dict[int, float] = field(default_factory=dict)

    def at(self, place: int) -> float:
        """The measure with all decisions before a period closed."""
        place = self.date(place)
        if place not in self.known:
            self.known[place] = self.measure(place)
        return self.known[place]

    def date(self, place: int) -> int:
        """The first date of decision from a period on: until then nothing more is closed."""
        return next((start for start in self.starts if start >= place), self.never)

    def latest(self, allowed: float) -> int | None:
        """The last period of decision that keeps the measure within a limit; None where it need not be decided at all."""
        if self.at(self.never) <= allowed:
            return None
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.at(self.starts[middle]) <= allowed else (low, middle)
        return self.starts[low]


class Delays:
    """Asks one part of a scenario what waiting does.

    Args:
        part: The part at its cheapest plan.
    """

    def __init__(self, part: Opened) -> None:
        self.part = part
        self._outcomes: dict[frozenset[int], Outcome | None] = {}

    def columns(self, decisions: Collection[Decision]) -> dict[int, list[int]]:
        """By number of a period: columns of some decisions."""
        found: dict[int, list[int]] = {}
        for decision in decisions:
            for label, column in self.part.columns.get((VARIABLES[decision.kind], decision.key), {}).items():
                found.setdefault(self.part.calendar.position[label], []).append(column)
        return found

    def extra_cost(self, closed: frozenset[int]) -> float:
        """What closing columns adds to the least cost [discounted money]; infinite where no plan is left."""
        outcome = self.outcome(closed)
        return math.inf if outcome is None else max(0.0, outcome.cost - self.part.whatif.now.cost)

    def outcome(self, closed: frozenset[int]) -> Outcome | None:
        """The cheapest plan without some columns; the plan itself where it uses none of them."""
        used = frozenset(column for column in closed if self.part.solution.x[column] > 0)
        if not used:
            return Outcome(self.part.cost, self.part.solution.x, self.part.solution.y)
        if closed not in self._outcomes:
            self._outcomes[closed] = self.part.whatif.ask(closed=closed)
        return self._outcomes[closed]

    def shorter(self, closed: frozenset[int]) -> dict[str, float]:
        """By demand: how much more is left short in the cheapest plan without some columns [units]; less is negative."""
        outcome = self.outcome(closed)
        if outcome is None:
            return {}
        now, then = (self.unserved(x) for x in (self.part.solution.x, outcome.x))
        return {n: then[n] - now[n] for n in now if abs(then[n] - now[n]) > SHORT * self.wanted[n]}

    @cached_property
    def wanted(self) -> dict[str, float]:
        """By demand: all that is wanted [units]."""
        return wanted(self.part.data)

    @cached_property
    def shortages(self) -> dict[str, list[int]]:
        """By demand: columns of what is left short."""
        return shortage_columns(self.part.program)

    def unserved(self, x: Floats) -> dict[str, float]:
        """By demand: all that a plan leaves short [units]."""
        return {n: max(0.0, float(x[columns].sum())) for n, columns in self.shortages.items()}

    @cached_property
    def _kept(self) -> WhatIf | None:
        """The least, over all plans whatever they cost, by which demands run shorter than in the cheapest plan."""
        return _opened_again(keeping_service(self.part.program, self.shortages, self.unserved(self.part.solution.x), self.wanted), DEMAND)

    def lost_service(self, closed: frozenset[int]) -> float:
        """By how much demands run shorter without some columns than the cheapest plan leaves them, at least [sum of shares of demands]."""
        if not any(self.part.solution.x[column] > 0 for column in closed):
            return 0.0
        if self._kept is None:
            # where nothing may run short there is a plan that serves all, or none
            return math.inf if self.outcome(closed) is None else 0.0
        outcome = self._kept.ask(closed=closed, worth=DEMAND)
        return math.inf if outcome is None else outcome.cost

    @cached_property
    def _least(self) -> WhatIf | None:
        """The least cost of shortage, whatever all else costs."""
        return _opened_again(only_shortage(self.part.program), self._worth)

    @property
    def _worth(self) -> float:
        """A cost of shortage that is worth caring about, so that it is proven to what counts as rounding."""
        return self.part.rounding / TOLERANCE

    @cached_property
    def accepted(self) -> float:
        """What of the plan's cost of shortage could be avoided at any price [discounted money]; 0 where none could."""
        if self._least is None:
            return 0.0
        line = self.part.program.lines["cost_shortage"]
        avoidable = float(line.values @ self.part.solution.x[line.columns]) + line.constant - self._least.now.cost
        return avoidable if avoidable > self.part.rounding else 0.0

    def least_shortage(self, closed: frozenset[int]) -> float:
        """What closing columns adds to the least cost of shortage that any plan could have [discounted money]."""
        if self._least is None:
            return 0.0
        outcome = self._least.ask(closed=closed, worth=self._worth)
        return math.inf if outcome is None else outcome.cost - self._least.now.cost


def before(columns: Mapping[int, Collection[int]], place: int) -> frozenset[int]:
    """Columns of all periods before one."""
    return frozenset(column for start, found in columns.items() if start < place for column in found)


def _opened_again(program: LinearProgram | None, worth: float) -> WhatIf | None:
    """A program of which it is known that it has a plan, open for questions; None where there is nothing in it.

    Args:
        program: The program.
        worth: What its objective, which may be next to nothing, is worth caring about.
    """
    if program is None:
        return None
    found = proven(program, worth=worth)
    if not isinstance(found, Solution) or found.optimum is None:
        raise SolverError("the least shortage of a scenario that has a plan could not be found")
    return WhatIf(program, found.optimum)


def only_shortage(program: LinearProgram) -> LinearProgram | None:
    """The program in which nothing but shortage costs anything; None where no shortage does."""
    line = program.lines["cost_shortage"]
    if not line.values.any():
        return None
    cost = np.zeros(program.shape[1])
    cost[line.columns] = line.values
    return replace(program, cost=cost, offset=line.constant, lines={})


def keeping_service(
    program: LinearProgram, shortages: Mapping[str, Collection[int]], unserved: Mapping[str, float], wanted: Mapping[str, float]
) -> LinearProgram | None:
    """The program of the least by which demands run shorter than they may, each counted as a share of what is wanted.

    Args:
        program: The scenario's program.
        shortages: By demand: columns of what is left short.
        unserved: By demand: how much may be left short.
        wanted: By demand: how much is wanted.

    Returns:
        None where no demand may run short at all.
    """
    if not shortages:
        return None
    count = program.shape[0]
    limits = [Row(("unserved", n), dict.fromkeys(columns, 1.0), upper=unserved[n]) for n, columns in shortages.items()]
    slacks = [Slack(("shorter", n), {count + place: wanted[n]}, 1.0) for place, n in enumerate(shortages)]
    return with_slacks(with_rows(program, limits), slacks)
