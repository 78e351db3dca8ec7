"""Futures as a worker knows them: texts with weights, and the parts of them at their cheapest plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.opened import Opened, opened, parts_of
from planner.scenario.schema import Scenario


@dataclass(frozen=True)
class Weighted:
    """A future, for a worker."""

    name: str
    text: str
    """The resolved scenario."""
    weight: float


@dataclass(frozen=True)
class Known:
    """The part of a future that something belongs to."""

    name: str
    weight: float
    part: Opened


def parts_with(futures: Sequence[Weighted], holds: Callable[[Scenario], bool]) -> list[Known]:
    """By future: the part that holds something; futures where none does are left out."""
    found = []
    for future in futures:
        for place, scenario in enumerate(parts_of(future.text)[1]):
            if holds(scenario):
                found.append(Known(future.name, future.weight, opened(future.text, place, tie_break=False)))
    return found


def rounding_of(known: Sequence[Known]) -> float:
    """Differences of expected costs up to this are none."""
    return sum(one.weight * one.part.rounding for one in known)
