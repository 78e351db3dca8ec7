"""What plans do differently: supply, stocks, commitments, signatures, processes, shortage; and what each difference costs.

A difference is a tie where the base's decision could be kept at no extra cost: the other scenario is solved again with that
decision held at what the base does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from planner.comparison.columns import material_of, target_material, values_of
from planner.comparison.sides import Grid, Side
from planner.errors import CheckError
from planner.optimum import find_best
from planner.program import make_program
from planner.scenario.schema import Scenario
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution
from planner.solver.lower import Key
from planner.solver.whatif import Outcome, WhatIf, rooms

SAME = 1e-6
"""Amounts that differ by no more than this share of the largest one of their kind are the same."""
FREE = 1e-9
"""An extra cost below this share of all costs and credits is what solves leave open."""
MOST_KEPT = 150
"""So many decisions are asked what keeping them costs, the largest first."""
Fact = TypeVar("Fact")
Who = tuple[str, str]
"""Kind of a decision and the entity that it is about."""
KIND_OF = {
    "purchase": "supply", "lift": "contract", "stock": "stock", "commit": "commitment", "sign": "signature", "activity": "process",
    "shortage": "shortage", "transfer": "transfer",
}  # fmt: skip
"""Kind of decision of each component that decides something."""
ENTITIES = {
    "supply": "suppliers", "contract": "contracts", "stock": "stockpiles", "commitment": "projects", "signature": "contracts", "process": "processes",
    "shortage": "demands", "transfer": "routes",
}  # fmt: skip
"""Kind of entity that each kind of decision is about."""
DATED = frozenset({"commitment", "signature"})
"""Kinds of what is decided once, at a date."""
LEVELS = frozenset({"stock"})
"""Components that are levels: of a bucket the last one counts, flows are added up."""


@dataclass(frozen=True)
class Decision:
    """One amount that two plans choose differently."""

    kind: str
    item: str
    label: str
    material: str
    period: str
    """Calendar year, or the bucket of time in which something is committed or signed."""
    base_value: float
    value: float
    unit: str
    base_total: float
    """Over the whole horizon: the sum, of stocks the mean level."""
    total: float
    keep: str = "not asked"
    """What keeping the base's decision would do here: ``tie`` (nothing), ``costs``, ``not possible``, ``not asked``."""
    keep_cost: float | None = None
    """What it would cost, in the money of the comparison."""


@dataclass(frozen=True)
class Divergence:
    """When two plans first do something different."""

    period: str
    what: str


def decisions_between(base: Side, side: Side, grid: Grid) -> list[Decision]:
    """Every decision that differs, by kind, entity and year; by period where it is decided once, or moves inside a year."""
    finely = [_amounts(each, grid.bucket_of[each.name]) for each in (base, side)]
    yearly = [_amounts(each, {period.label: str(period.start.year) for period in each.loaded.calendar.periods}) for each in (base, side)]
    found = []
    for what in sorted({*finely[0], *finely[1]}, key=lambda what: (list(ENTITIES).index(what.kind), what.item)):
        fine = [each.get(what, {}) for each in finely]
        if not _different(*fine):
            continue
        year = [each.get(what, {}) for each in yearly]
        by_year = what.kind not in DATED and grid.same and _different(*year)
        one, other = year if by_year else fine
        # what is decided once is told whole
        periods = sorted({*one, *other}) if what.kind in DATED else _different(one, other)
        base_total, total = (_total(what.kind, each) for each in fine)
        for period in periods:
            here, there = one.get(period, 0.0), other.get(period, 0.0)
            found.append(Decision(what.kind, what.item, what.label, what.material, period, here, there, what.unit, base_total, total))
    return found


@dataclass(frozen=True)
class _What:
    """What a decision is about."""

    kind: str
    item: str
    """The entity, with the party or material that it is for where there are several."""
    label: str
    material: str
    unit: str


def _different(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    size = max((abs(value) for value in (*one.values(), *other.values())), default=0.0)
    return sorted(label for label in {*one, *other} if abs(one.get(label, 0.0) - other.get(label, 0.0)) > SAME * size)


def _total(kind: str, amounts: Mapping[str, float]) -> float:
    values = list(amounts.values())
    return sum(values) / len(values) if kind == "stock" and values else sum(values)


def _amounts(side: Side, label_of: Mapping[str, str]) -> dict[_What, dict[str, float]]:
    """Amounts by decision and stretch of time."""
    found: dict[_What, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, value in values_of(side.plan.tables).items():
        if key[0] in KIND_OF:
            cell, label = found[_what(side.loaded.scenario, key)], label_of[str(key[1][-1])]
            # periods come in order, so that the last level of a stretch stays
            cell[label] = value if key[0] in LEVELS else cell[label] + value
    return found


def _what(scenario: Scenario, key: Key) -> _What:
    component, index = key
    kind, entity = KIND_OF[component], str(index[0])
    detail = ""
    if kind == "supply" and len(scenario.party_ids) > 1:
        detail = f" to {index[2]}"
    elif kind == "transfer" and len(scenario.routes[entity].materials) > 1:
        detail = f" of {index[1]}"
    material = target_material(scenario, entity) if kind == "process" else material_of(scenario, key)
    unit = scenario.materials[material].unit if material in scenario.materials else "unit"
    if kind == "signature":
        unit = "share"
    elif kind == "commitment" and scenario.projects[entity].adds_to not in scenario.stockpiles:
        unit += "/yr"
    label = getattr(scenario, ENTITIES[kind])[entity].label or entity
    return _What(kind, entity + detail, label + detail, material, unit)


def first_divergence(base: Side, side: Side, grid: Grid, most: int = 3) -> Divergence | None:
    """The first bucket of time in which the plans differ, and in what most."""
    amounts = [_amounts(each, grid.bucket_of[each.name]) for each in (base, side)]
    differs: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for what in {*amounts[0], *amounts[1]}:
        one, other = (each.get(what, {}) for each in amounts)
        size = max(abs(value) for value in (*one.values(), *other.values()))
        for label in _different(one, other):
            differs[label].append((abs(one.get(label, 0.0) - other.get(label, 0.0)) / size, f"{what.kind} of {what.item}"))
    first = next((label for label in grid.labels if label in differs), None)
    if first is None:
        return None
    names = [name for _, name in sorted(differs[first], reverse=True)]
    return Divergence(first, ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else ""))


def with_keep_costs(decisions: Sequence[Decision], base: Side, side: Side, count: Callable[[str, int, int], None]) -> tuple[list[Decision], str]:
    """Decisions with what it would cost to keep each as in the base.

    Returns:
        The decisions, and what became of keeping all of them at once, in words; empty where there are none.

    All years of an entity are kept together. Plans on different grids cannot be kept.
    """
    if not decisions or [p.label for p in base.loaded.calendar.periods] != [p.label for p in side.loaded.calendar.periods]:
        return list(decisions), ""
    keeper = _Keeper(base, side)
    largest = _by_size(decisions, side)
    answers: dict[Who, tuple[str, float | None]] = {}
    for done, who in enumerate(largest):
        count("keep decisions", done, len(largest) + 1)
        answers[who] = keeper.keep([who])
    count("keep decisions", len(largest), len(largest) + 1)
    everything = keeper.keep(list({(d.kind, d.item) for d in decisions}))
    found = [replace(d, keep=answers[d.kind, d.item][0], keep_cost=answers[d.kind, d.item][1]) if (d.kind, d.item) in answers else d for d in decisions]
    return found, everything[0]


def _by_size(decisions: Sequence[Decision], side: Side) -> list[Who]:
    """The decisions that differ by most, as a share of what is wanted of their material."""
    wanted: dict[str, float] = defaultdict(float)
    for figure in side.plan.record["figures"]["shortage"]["demands"].values():
        wanted[figure["material"]] += figure["wanted"]
    sizes: dict[Who, float] = defaultdict(float)
    for d in decisions:
        sizes[d.kind, d.item] += abs(d.value - d.base_value) / (wanted[d.material] or max(abs(d.value), abs(d.base_value)))
    return sorted(sizes, key=lambda who: -sizes[who])[:MOST_KEPT]


def _by_decision(scenario: Scenario, facts: Mapping[Key, Fact]) -> dict[Who, dict[Key, Fact]]:
    """What is known of variables, by the decision that they belong to; others are left out."""
    found: dict[Who, dict[Key, Fact]] = defaultdict(dict)
    for key, fact in facts.items():
        if key[0] in KIND_OF:
            what = _what(scenario, key)
            found[what.kind, what.item][key] = fact
    return found


class _Keeper:
    """Asks a scenario what it costs to keep decisions of another plan."""

    def __init__(self, base: Side, side: Side) -> None:
        data, self.program = make_program(side.loaded)
        best = find_best(side.loaded.scenario, data, self.program, tie_break=False)
        if isinstance(best, NoSolution):
            raise CheckError(f"{side.name}: its scenario has no plan any more: {best.status}")
        self.factor = side.factor
        self.whatif = None if best.solution.optimum is None else WhatIf(self.program, best.solution.optimum)
        self.columns = _by_decision(side.loaded.scenario, {key: place for place, key in enumerate(self.program.columns)})
        self.wanted = _by_decision(base.loaded.scenario, {key: value for key, value in values_of(base.plan.tables).items() if value})

    def keep(self, whos: Sequence[Who]) -> tuple[str, float | None]:
        """What keeping decisions does: a word, and the extra cost."""
        kept: dict[int, float] = {}
        for who in whos:
            columns, values = self.columns.get(who, {}), self.wanted.get(who, {})
            if values.keys() - columns.keys():
                # there is no such decision here any more
                return "not possible", None
            kept |= {place: values.get(key, 0.0) for key, place in columns.items()}
        if self.whatif is None:
            return "not asked", None
        try:
            outcome = self.whatif.ask(kept=kept)
        except SolverError:
            return "not asked", None
        if outcome is None:
            return "not possible", None
        extra = outcome.cost - self.whatif.now.cost
        free = extra <= FREE * self.whatif.size + self._rounding(kept, outcome)
        return ("tie", 0.0) if free else ("costs", self.factor * extra)

    def _rounding(self, kept: Mapping[int, float], outcome: Outcome) -> float:
        """What keeping numbers of nine digits may cost or save by itself: the room that each has, at its worth."""
        worth = np.abs(self.program.cost - self.program.transposed_times(outcome.y))
        return 2 * sum(room * float(worth[column]) for column, room in rooms(kept).items())
