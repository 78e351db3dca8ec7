"""What stockpiles and contracts are worth over a set of futures: how much stock pays for itself, how much dearer a contract may get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.errors import InputError, NoPlanError
from planner.findings import Findings
from planner.inquiry import inquire
from planner.opened import close, open_all
from planner.scenario.load import Loaded
from planner.scenario.size import size_of
from planner.stopwatch import Count, untold
from planner.value.contracts import Premium, premium_of
from planner.value.futures import Future, read_futures, that_count
from planner.value.known import Weighted
from planner.value.prices import Bought, buying_prices
from planner.value.stock import Worth, worth_of
from planner.value.telling import Valued, tell
from planner.workers import chunks, in_parallel, worthwhile

__all__ = ["value"]

WORTH_WORKERS = 300_000
"""Coefficients times stockpiles and contracts, below which one process is done sooner than another has started."""
CHUNK = 4
"""Stockpiles or contracts that a process takes at once."""


def value(
    source: str | Path | Loaded,
    futures: Sequence[str | Path] = (),
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    stock_prices: Iterable[str] = (),
    workers: int | None = None,
    progress: Count = untold,
) -> Findings:
    """What stockpiles of other sizes save, and what contracts are worth, in the mean over some futures.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        futures: Further scenario files, each perhaps with its weight: ``cutoff.yaml=0.3``. The scenario itself has the weight that they
            leave; those without a weight share it.
        sets: ``path=value`` changes to every file.
        root: Folder that no file may lie outside of.
        stock_prices: ``id=price`` of a stockpile or material: what a unit costs today; default that of the cheapest seller whom no event closes.
        workers: Processes; default one a core where that pays.
        progress: Told how much has been looked at.

    Returns:
        Tables ``stockpiles``, ``stockpiles_by_future``, ``stock_value`` (each curve piece by piece), ``contracts`` and ``contracts_by_future``; money
        discounted.

    Raises:
        InputError: for bad scenarios or weights, or where there is neither a stockpile nor a contract.
        NoPlanError: if a future has no plan.
        CheckError: if a plan could not be proven.
    """
    asked, stock_prices = inquire(source, sets, root), list(stock_prices)
    loaded = asked.loaded
    read = read_futures(loaded, futures, asked.sets, root)
    if not loaded.scenario.stockpiles and not loaded.scenario.contracts:
        raise InputError(f"{loaded.name}: has neither a stockpile nor a contract, so there is nothing to value")
    prices = buying_prices(loaded, stock_prices)
    counting = that_count(read)
    try:
        worths, premiums = _asked(loaded, counting, prices, workers, progress)
    finally:
        close()
    record = asked.record(stock_price=stock_prices, futures={future.name: future.weight for future in counting})
    return tell(Valued(loaded, counting, prices, worths, premiums), record)


@dataclass(frozen=True)
class _Task:
    """Some stockpiles and contracts, for a worker."""

    futures: tuple[Weighted, ...]
    stockpiles: tuple[tuple[str, float, float], ...] = ()
    """(id, units now, price of a unit)"""
    contracts: tuple[str, ...] = ()


def _work(task: _Task) -> tuple[list[Worth], list[Premium]]:
    return [worth_of(task.futures, *stockpile) for stockpile in task.stockpiles], [premium_of(task.futures, key) for key in task.contracts]


def _asked(loaded: Loaded, futures: list[Future], prices: Mapping[str, Bought], workers: int | None, progress: Count) -> tuple[list[Worth], list[Premium]]:
    for place, future in enumerate(futures):
        progress("find the cheapest plans, future", place + 1, len(futures))
        _must_have_a_plan(future, several=len(futures) > 1)
    weighted = tuple(Weighted(future.name, future.loaded.resolved, future.weight) for future in futures)
    stockpiles = list(_stockpiles(loaded, futures, prices))
    tasks = [_Task(weighted, stockpiles=chunk) for chunk in chunks(stockpiles, CHUNK)]
    tasks += [_Task(weighted, contracts=chunk) for chunk in chunks(list(loaded.scenario.contracts), CHUNK)]
    effort = sum(size_of(future.loaded.scenario, future.loaded.calendar) for future in futures) * (len(stockpiles) + len(loaded.scenario.contracts))
    number = worthwhile(workers, effort, WORTH_WORKERS)
    found = in_parallel(_work, tasks, number, lambda done: progress("value stockpiles and contracts, group", done, len(tasks)))
    return [worth for worths, _ in found for worth in worths], [premium for _, premiums in found for premium in premiums]


def _must_have_a_plan(future: Future, several: bool) -> None:
    """Say so of a future without a plan before anything is asked of the others."""
    try:
        for _ in open_all(future.loaded, tie_break=False):
            pass
    except NoPlanError as error:
        raise NoPlanError(error.status, f"{future.name}: {error}" if several else str(error), error.conflicts, error.relaxations) from None


def _stockpiles(loaded: Loaded, futures: list[Future], prices: Mapping[str, Bought]) -> Iterator[tuple[str, float, float]]:
    """(id, units now, price of a unit) of the stockpiles that every future has."""
    setting = Setting(loaded.scenario, loaded.calendar)
    for key, pile in loaded.scenario.stockpiles.items():
        if all(key in future.loaded.scenario.stockpiles for future in futures):
            yield key, stock_units(setting, pile, pile.initial), prices[key].price if key in prices else 0.0
