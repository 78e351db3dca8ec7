"""The least and the most of every amount over all near-optimal plans: two programs each, in chunks that any process may take."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from planner.alternatives.near import Near
from planner.decided import Amount
from planner.errors import CheckError
from planner.solver.certificate import proven
from planner.solver.highs import WARM_COSTS, Optimum, Solution
from planner.solver.lower import Floats
from planner.solver.whatif import Outcome, Unbounded, WhatIf
from planner.workers import chunks, in_parallel, worthwhile

CHUNK = 8
"""Amounts a task; whoever takes it starts afresh, so that nothing depends on the number of workers."""
WORTH_WORKERS = 20_000
"""Coefficients below which all is done sooner than a worker process has started."""


@dataclass(frozen=True)
class Question:
    """What is asked: the near-optimal plans, and the amounts to range."""

    near: Near
    amounts: tuple[Amount, ...]
    at_cheapest: Floats
    """Each amount in the cheapest plan."""


@dataclass(frozen=True)
class NearPlan:
    """A plan at an end of a range: its amounts, and its cost [money, discounted]."""

    values: Floats
    cost: float


@dataclass(frozen=True)
class Range:
    """The ends of one amount at one slack, with the plans there; ``most`` is infinite where there is no end, NaN where it says nothing."""

    place: int
    slack: float
    least: float
    most: float
    plans: tuple[NearPlan, ...]


@dataclass(frozen=True)
class _Task:
    question: bytes
    places: tuple[int, ...]
    slacks: tuple[float, ...]


def find_ranges(question: Question, slacks: Sequence[float], workers: int | None, done: Callable[[int, int], None]) -> list[Range]:
    """The range of each amount at each slack.

    Args:
        question: What is asked.
        slacks: Shares of what the cheapest plan pays.
        workers: Processes; None for one a core where that pays.
        done: Called with the number of finished amounts, and of all.
    """
    pickled, count = pickle.dumps(question, pickle.HIGHEST_PROTOCOL), len(question.amounts)
    tasks = [_Task(pickled, places, tuple(slacks)) for places in chunks(range(count), CHUNK)]
    number = worthwhile(workers, len(question.near.program.value), WORTH_WORKERS)
    done(0, count)
    found = in_parallel(_ranged, tasks, number, lambda finished: done(min(count, finished * CHUNK), count))
    _opened.cache_clear()
    return [item for chunk in found for item in chunk]


def _ranged(task: _Task) -> list[Range]:
    question, optimum = _opened(task.question)
    finder = Finder(question, optimum)
    return [finder.range(place, slack) for place in task.places for slack in task.slacks]


@lru_cache(maxsize=1)
def _opened(pickled: bytes) -> tuple[Question, Optimum]:
    question: Question = pickle.loads(pickled)  # noqa: S301 - made by the process that started this one
    return question, optimum_of(question)


def optimum_of(question: Question) -> Optimum:
    """The optimum that every further run starts from.

    Raises:
        CheckError: if the bounds leave no plan, which the cheapest one contradicts.
    """
    outcome = proven(question.near.program)
    if not isinstance(outcome, Solution) or outcome.optimum is None:
        raise CheckError("the cheapest plan was not found again among the plans around it")
    return outcome.optimum


class Finder:
    """Finds near-optimal plans at the ends of directions.

    Args:
        question: What is asked.
        optimum: Where to start from.
    """

    def __init__(self, question: Question, optimum: Optimum) -> None:
        self.near, self.amounts, self.at_cheapest = question.near, question.amounts, question.at_cheapest
        self.whatif = WhatIf(question.near.program, optimum, WARM_COSTS)

    def range(self, place: int, slack: float) -> Range:
        """Both ends of one amount."""
        amount = self.amounts[place]
        if not len(amount.columns):
            return Range(place, slack, 0.0, 0.0, ())
        weights = amount.spread(self.near.program.shape[1])
        # nothing is less than nothing: what the cheapest plan does without needs no run
        low = self._end(weights, slack) if self.at_cheapest[place] > 0 else None
        least = max(0.0, low.cost) if low is not None else 0.0
        if amount.rotates:
            return Range(place, slack, least, float("nan"), self._plans(low))
        try:
            high = self._end(-weights, slack)
        except Unbounded:
            return Range(place, slack, least, float("inf"), self._plans(low))
        return Range(place, slack, least, max(0.0, -high.cost), self._plans(low, high))

    def furthest(self, direction: Floats, slack: float) -> NearPlan:
        """The plan with the most of a weighted sum of amounts, which must have an end."""
        weights = np.zeros(self.near.program.shape[1])
        for amount, weight in zip(self.amounts, direction.tolist(), strict=True):
            weights[amount.columns] -= weight * amount.weights
        return self.plan(self._end(weights, slack))

    def _end(self, weights: Floats, slack: float) -> Outcome:
        outcome = self.whatif.least(weights, {self.near.row: slack * self.near.paid})
        if outcome is None:
            raise CheckError("no plan was left among those around the cheapest one")
        return outcome

    def _plans(self, *ends: Outcome | None) -> tuple[NearPlan, ...]:
        return tuple(self.plan(end) for end in ends if end is not None)

    def plan(self, end: Outcome) -> NearPlan:
        """What is remembered of a plan."""
        program = self.near.program
        return NearPlan(np.array([amount.of(end.x) for amount in self.amounts]), float(program.cost @ end.x) + program.offset)
