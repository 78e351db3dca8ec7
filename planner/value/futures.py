"""Futures: scenarios with weights, over which costs are averaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError
from planner.scenario.changes import as_own
from planner.scenario.load import Loaded
from planner.scenario.units import share_of


@dataclass(frozen=True)
class Future:
    """What may come."""

    name: str
    loaded: Loaded
    weight: float


def read_futures(first: Loaded, named: Sequence[str | Path], sets: Iterable[str], root: str | Path | None) -> list[Future]:
    """The scenario and other futures, with weights that add up to 1.

    Args:
        first: The scenario: a future like the others, whose weight is what they leave.
        named: Scenario files, each perhaps with its weight: ``cutoff.yaml=0.3``. Those without share what is left with the scenario.
        sets: ``path=value`` changes to every file.
        root: Folder that no file may lie outside of.

    Returns:
        The futures, the scenario first, whatever its weight.

    Raises:
        InputError: for bad scenarios, weights that exceed 1, or futures whose costs cannot be added up.
    """
    pairs = [_parsed(str(item)) for item in named]
    weights = _weights([None, *(weight for _, weight in pairs)])
    others = [as_own(path, sets, root) for path, _ in pairs]
    problems = [problem for other, (path, _) in zip(others, pairs, strict=True) for problem in _odds(first, other, path)]
    if problems:
        raise InputError("these futures cannot be taken together:\n  " + "\n  ".join(problems))
    names = _apart([first.name, *(other.name for other in others)])
    return [Future(name, loaded, weight) for name, loaded, weight in zip(names, (first, *others), weights, strict=True)]


def _parsed(item: str) -> tuple[str, float | None]:
    """(file, weight) of ``cutoff.yaml=0.3``; a file whose own name holds ``=`` is found as it is."""
    path, separator, weight = item.rpartition("=")
    if not separator or Path(item).exists():
        return item, None
    if not path:
        raise InputError(f"{item}: names no file; write for instance cutoff.yaml=0.3")
    return path, share_of(weight, f"{path}=")


def _weights(given: Sequence[float | None]) -> list[float]:
    """Weights that add up to 1: what is not given shares what is left."""
    rest = 1 - sum(weight for weight in given if weight is not None)
    if rest < -1e-9:
        raise InputError(f"the weights of the futures add up to {1 - rest:g}; they may not exceed 1, and what they leave is the scenario's own")
    open_ones = given.count(None)
    return [max(0.0, rest) / open_ones if weight is None else weight for weight in given]


def _apart(names: Sequence[str]) -> list[str]:
    """Different names: numbers where several are called alike."""
    return [name if names.index(name) == place else f"{name} ({place + 1})" for place, name in enumerate(names)]


def _odds(first: Loaded, other: Loaded, path: str) -> Iterator[str]:
    """Why costs of two scenarios cannot be averaged."""
    here, there = first.scenario.money, other.scenario.money
    if here.currency != there.currency:
        yield f"{path} counts in {there.currency}, {first.name} in {here.currency}: write both in one currency"
    if None not in (here.base_year, there.base_year) and here.base_year != there.base_year:
        yield f"{path} counts in money of {there.base_year}, {first.name} in money of {here.base_year}: write both in one base_year"
    spans = [(loaded.calendar.start, loaded.calendar.end) for loaded in (first, other)]
    if spans[0] != spans[1]:
        told = " and ".join(f"{name} covers {start:%Y-%m} to {end:%Y-%m}" for name, (start, end) in zip((first.name, path), spans, strict=True))
        yield f"{told}: give both the same horizon"
    for key in first.scenario.materials.keys() & other.scenario.materials.keys():
        units = [(loaded.scenario.materials[key].unit, loaded.scenario.materials[key].basis) for loaded in (first, other)]
        if units[0] != units[1]:
            yield f"{path} counts {key} in another unit or basis than {first.name}: give the material the same in both"


def that_count(futures: Iterable[Future]) -> list[Future]:
    """Futures with a weight; those of one scenario together."""
    found: dict[str, Future] = {}
    for future in futures:
        if future.weight > 1e-12:
            same = found.get(future.loaded.digest)
            found[future.loaded.digest] = future if same is None else replace(same, weight=same.weight + future.weight)
    return list(found.values())
