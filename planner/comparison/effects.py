"""What each change of input does to the cost: solves with the changes switched, shared out after Shapley."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from planner.comparison.changes import MOST_SHAPLEY, Group, switched
from planner.comparison.rounding import apportioned
from planner.comparison.sides import Side
from planner.errors import CheckError, InputError, Mark, counted
from planner.optimum import find_best
from planner.program import make_program
from planner.scenario.changes import node_of
from planner.scenario.load import assemble, loads
from planner.scenario.overlay import Sources
from planner.solver.highs import NoSolution
from planner.workers import in_parallel

Coalition = frozenset[int]
"""Groups that are as in the other scenario, by position."""
Counter = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Effect:
    """What one group of changes does to the cost, in the money of the comparison."""

    group: str
    changes: int
    effect: float
    """Its share of the difference; the shares add up to it."""
    alone: float | None
    """Change of the cost if nothing else were changed; None where there is no plan then, or it was not asked for."""
    last: float | None
    """Change of the cost if everything else were changed already."""


@dataclass(frozen=True)
class Effects:
    """Effects of all groups, and how they were found."""

    method: str
    """``shapley`` (mean over all orders), ``in order`` (one after the other), ``one group``, ``none`` (nothing that acts has changed)."""
    note: str
    solves: int
    rows: list[Effect]

    def summing_to(self, difference: float, quantum: float) -> Effects:
        """The same, rounded so that the effects add up to the difference in every digit."""
        shares = apportioned([row.effect for row in self.rows], difference, quantum)
        return replace(self, rows=[replace(row, effect=share) for row, share in zip(self.rows, shares, strict=True)])


def effects_of(base: Side, side: Side, groups: Sequence[Group], workers: int | None, count: Counter) -> Effects:
    """Share out the difference of two costs among groups of changes.

    Args:
        base: The scenario that all changes start from.
        side: The scenario with all of them.
        groups: In the order in which they are switched where there are too many for all orders.
        workers: Processes.
        count: Told of progress.

    Returns:
        Effects that add up to the difference: by Shapley (1953) the mean, over all orders of switching, of what a group adds.
    """
    ends = {Coalition(): base.total_cost, Coalition(range(len(groups))): side.total_cost}
    difference = side.total_cost - base.total_cost
    if not groups:
        return Effects("none", "no key that a plan depends on was changed", 0, [])
    if len(groups) == 1:
        return Effects("one group", "one set of changes makes the whole difference", 0, [_alone(groups[0], difference)])
    if base.loaded.scenario.money.currency != side.loaded.scenario.money.currency:
        return Effects("none", "the currencies differ, so that changes cannot be switched one by one", 0, [])
    costs = _Costs(base, side, groups, ends, workers, count)
    if len(groups) <= MOST_SHAPLEY:
        costs.find(map(Coalition, itertools.chain.from_iterable(itertools.combinations(range(len(groups)), size) for size in range(len(groups) + 1))))
        if None not in costs.known.values():
            return Effects("shapley", f"mean over all orders of {len(groups)} sets of changes", costs.solves, _shapley(groups, costs.known))
        note = "some sets of changes have no plan without others; switched in the order shown, those together that need each other"
    else:
        note = f"{counted(len(groups), 'sets')} of changes are too many for all orders; switched in the order shown"
    return Effects("in order", note, costs.solves, _in_order(groups, costs))


def _alone(group: Group, difference: float) -> Effect:
    return Effect(group.name, group.changes, difference, difference, difference)


def _shapley(groups: Sequence[Group], known: Mapping[Coalition, float | None]) -> list[Effect]:
    found = []
    everybody = Coalition(range(len(groups)))
    cost = {coalition: value for coalition, value in known.items() if value is not None}
    for place, group in enumerate(groups):
        steps: list[float] = []
        for coalition, value in cost.items():
            if place not in coalition:
                weight = 1 / (len(groups) * math.comb(len(groups) - 1, len(coalition)))
                steps.append(weight * (cost[coalition | {place}] - value))
        alone, last = cost[Coalition({place})] - cost[Coalition()], cost[everybody] - cost[everybody - {place}]
        found.append(Effect(group.name, group.changes, math.fsum(steps), alone, last))
    return found


def _in_order(groups: Sequence[Group], costs: _Costs) -> list[Effect]:
    """One step after the other; a step without a plan waits for the next one."""
    prefixes = [Coalition(range(length)) for length in range(1, len(groups))]
    costs.find(prefixes)
    found: list[Effect] = []
    before, waiting = costs.known[Coalition()], list[Group]()
    assert before is not None
    for place, group in enumerate(groups):
        waiting.append(group)
        now = costs.known[Coalition(range(place + 1))]
        if now is None:
            continue
        alone = costs.known.get(Coalition({place})) if len(waiting) == 1 else None
        name = " and ".join(item.name for item in waiting)
        step = None if alone is None else alone - (costs.known[Coalition()] or 0.0)
        found.append(Effect(name, sum(item.changes for item in waiting), now - before, step, None))
        before, waiting = now, []
    return found


class _Costs:
    """Least costs of coalitions, found when they are asked for."""

    def __init__(self, base: Side, side: Side, groups: Sequence[Group], known: Mapping[Coalition, float], workers: int | None, count: Counter) -> None:
        self.base, self.side, self.groups = base, side, groups
        self.known: dict[Coalition, float | None] = dict(known)
        self.workers, self.count = workers, count
        self.solves = 0

    def find(self, coalitions: Iterable[Coalition]) -> None:
        """Solve what is not known yet."""
        wanted = [coalition for coalition in coalitions if coalition not in self.known]
        texts = self.base.plan.resolved, self.side.plan.resolved
        tasks = [_Task(*texts, tuple(self.groups[place] for place in sorted(coalition))) for coalition in wanted]
        self.count("switch changes", 0, len(tasks))
        found = in_parallel(least_cost, tasks, self.workers, lambda done: self.count("switch changes", done, len(tasks)))
        self.solves += len(tasks)
        self.known |= {coalition: None if cost is None else self.base.factor * cost for coalition, cost in zip(wanted, found, strict=True)}


@dataclass(frozen=True)
class _Task:
    base: str
    other: str
    groups: tuple[Group, ...]


@lru_cache(maxsize=4)
def _tree(text: str) -> Any:
    return loads(text, "scenario").sources.tree.plain()


def least_cost(task: _Task) -> float | None:
    """Cost of the cheapest plan with some changes switched; None where there is no plan, or no valid scenario."""
    tree = switched(_tree(task.base), _tree(task.other), task.groups)
    try:
        loaded = assemble("switched", Sources(node_of(tree, Mark("switched"))))
    except InputError:
        return None
    data, program = make_program(loaded)
    best = find_best(loaded.scenario, data, program, tie_break=False)
    if isinstance(best, NoSolution):
        return None
    if not best.certificate.passed:
        raise CheckError("a cost with some of the changes could not be proven; see --no-effects")
    return float(program.cost @ best.solution.x) + program.offset
