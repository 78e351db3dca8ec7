"""What plans do differently: supply, stocks, commitments, signatures, processes, shortage; and what each difference costs.

A difference is a tie where the base's decision could be kept at no extra cost: the other scenario is solved again with that
decision held at what the base does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.comparison.columns import Values, material_of, target_material, values_of
from planner.comparison.sides import Grid, Side
from planner.optimum import find_best
from planner.pipeline import make_program
from planner.scenario.schema import Scenario
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution
from planner.solver.lower import Key
from planner.solver.whatif import WhatIf

SAME = 1e-6
"""Amounts that differ by no more than this share of the largest one of their kind are the same."""
FREE = 1e-6
"""An extra cost below this share of all costs and credits is none: decisions are kept to seven digits only."""
MOST_KEPT = 150
"""So many decisions are asked what keeping them costs, the largest first."""
Who = tuple[str, str]
"""Kind of a decision and the entity that it is about."""
KIND_OF = {
    "purchase": "supply", "lift": "supply", "stock": "stock", "commit": "commitment", "sign": "signature", "activity": "process",
    "shortage": "shortage", "transfer": "transfer",
}  # fmt: skip
"""Kind of decision of each component that decides something."""
ENTITIES = {
    "supply": "suppliers", "stock": "stockpiles", "commitment": "projects", "signature": "contracts", "process": "processes", "shortage": "demands",
    "transfer": "routes",
}  # fmt: skip
"""Kind of entity that each kind of decision is about."""
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
    """Every decision that differs, by kind, entity and year (commitments and signatures by period)."""
    amounts = [_amounts(each, grid, by_year=True) for each in (base, side)]
    found = []
    for who in sorted({*amounts[0], *amounts[1]}, key=lambda who: (list(KIND_OF.values()).index(who[0]), who[1])):
        one, other = (each.get(who, {}) for each in amounts)
        scenario = (side if who in amounts[1] else base).loaded.scenario
        label = getattr(scenario, ENTITIES[who[0]])[who[1]].label or who[1]
        material, unit = _unit(scenario, who)
        for period in _different(one, other):
            here, there = one.get(period, 0.0), other.get(period, 0.0)
            found.append(Decision(*who, label, material, period, here, there, unit))
    return found


def _different(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    size = max((abs(value) for value in (*one.values(), *other.values())), default=0.0)
    return sorted(label for label in {*one, *other} if abs(one.get(label, 0.0) - other.get(label, 0.0)) > SAME * size)


def _amounts(side: Side, grid: Grid, by_year: bool) -> dict[Who, dict[str, float]]:
    """Amounts by decision and calendar year or bucket."""
    calendar, scenario = side.loaded.calendar, side.loaded.scenario
    found: dict[Who, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (component, index), value in values_of(side.plan.tables).items():
        kind = KIND_OF.get(component)
        if kind is None:
            continue
        period = str(index[-1])
        dated = kind in ("commitment", "signature")
        label = str(calendar.named(period).start.year) if by_year and not dated else grid.bucket_of[side.name][period]
        cell = found[_who(scenario, (component, index))]
        # periods come in order, so that the last level of a bucket stays
        cell[label] = value if component in LEVELS else cell[label] + value
    return found


def _who(scenario: Scenario, key: Key) -> Who:
    component, index = key
    entity = scenario.contracts[index[0]].supplier if component == "lift" else str(index[0])
    return KIND_OF[component], entity


def _unit(scenario: Scenario, who: Who) -> tuple[str, str]:
    """Material and unit of a decision."""
    kind, entity = who
    if kind == "signature":
        return material_of(scenario, ("sign", (entity, ""))), "share"
    if kind == "commitment":
        target = scenario.projects[entity].adds_to
        material = target_material(scenario, target)
        per = "" if target in scenario.stockpiles else "/yr"
    elif kind == "process":
        material, per = target_material(scenario, entity), ""
    elif kind == "transfer":
        material, per = scenario.routes[entity].materials[0], ""
    else:
        material, per = material_of(scenario, ({"supply": "purchase"}.get(kind, kind), (entity, ""))), ""
    return material, scenario.materials[material].unit + per if material in scenario.materials else f"unit{per}"


def first_divergence(base: Side, side: Side, grid: Grid, most: int = 3) -> Divergence | None:
    """The first bucket of time in which the plans differ, and in what most."""
    amounts = [_amounts(each, grid, by_year=False) for each in (base, side)]
    differs: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for who in {*amounts[0], *amounts[1]}:
        one, other = (each.get(who, {}) for each in amounts)
        size = max(abs(value) for value in (*one.values(), *other.values()))
        for label in _different(one, other):
            differs[label].append((abs(one.get(label, 0.0) - other.get(label, 0.0)) / size, " of ".join(who)))
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


class _Keeper:
    """Asks a scenario what it costs to keep decisions of another plan."""

    def __init__(self, base: Side, side: Side) -> None:
        data, self.program = make_program(side.loaded)
        best = find_best(side.loaded.scenario, data, self.program, tie_break=False)
        # a plan has been made of it before
        assert not isinstance(best, NoSolution)
        self.factor = side.factor
        self.whatif = None if best.solution.optimum is None else WhatIf(self.program, best.solution.optimum)
        self.columns = self._by_decision(side.loaded.scenario)
        self.wanted = self._wanted(base.loaded.scenario, values_of(base.plan.tables))

    def _by_decision(self, scenario: Scenario) -> dict[Who, dict[Key, int]]:
        found: dict[Who, dict[Key, int]] = defaultdict(dict)
        for place, key in enumerate(self.program.columns):
            if key[0] in KIND_OF:
                found[_who(scenario, key)][key] = place
        return found

    @staticmethod
    def _wanted(scenario: Scenario, values: Values) -> dict[Who, Values]:
        found: dict[Who, Values] = defaultdict(dict)
        for key, value in values.items():
            if key[0] in KIND_OF and value:
                found[_who(scenario, key)][key] = value
        return found

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
        free = extra <= FREE * self.whatif.size
        return ("tie", 0.0) if free else ("costs", self.factor * extra)
