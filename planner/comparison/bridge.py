"""Why the cost differs, by cost line and by cause: both plans priced with both scenarios' unit costs.

A cost line is a sum of amounts times unit costs, ``Σ p q``. Between base A and plan B it changes by

- price       ``Σ (π_B - π_A) (q_A + q_B) / 2`` with the unit costs discounted at the same rate,
- discounting the same for what another rate does to the unit costs,
- volume      ``(Q_B - Q_A) (M_A + M_B) / 2``, Q the total amount of a material, M its mean unit cost,
- mix         ``(Q_A + Q_B) / 2 Σ_i (s_Bi - s_Ai) (m_Ai + m_Bi) / 2``, s_i the share and m_i the mean unit cost of who delivers,
- timing      ``(Q_A + Q_B) / 2 Σ_i (m_Bi - m_Ai) (s_Ai + s_Bi) / 2``, as m_i changes with when it is delivered,

where M and m_i are taken at the mean of both scenarios' unit costs. The effects add up exactly, and change their sign when the
plans change places (Bennet 1920; Diewert 2005, Index number theory using differences rather than ratios).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from planner.comparison.columns import Values, material_of, values_of
from planner.comparison.rounding import apportioned, quantum_of, rounded
from planner.comparison.sides import Grid, Side
from planner.errors import CheckError
from planner.program import make_program
from planner.scenario.changes import changed
from planner.scenario.load import Loaded
from planner.solver.lower import Key

CAUSES = ("price", "discounting", "volume", "mix", "timing", "given")
"""``given`` is what no plan decides, such as instalments of projects committed to before."""
DIGITS = 12
"""Digits of the money in a bridge, counted from the largest number in it."""
EXPLAINED = 1e-6
"""Share of a cost line that its causes may miss."""
Cell = tuple[str, str]
"""Cost line and material."""
Kind = tuple[str, str, str]
"""Cost line, component and material: what is counted in one unit."""
Item = tuple[str, str]
"""Who delivers (or stores, or wants), and the bucket of time."""


@dataclass
class Amounts:
    """What is counted in one unit, in both plans: amounts and unit costs by item, A first."""

    items: dict[Item, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))
    """Amounts in A and B."""
    money: dict[Item, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))
    """Cost in A and B."""
    prices: dict[Item, list[list[float]]] = field(default_factory=lambda: defaultdict(lambda: [[], [], [], []]))
    """Unit costs of A, of B, of A discounted as B, of B discounted as A: one for each variable."""

    def forget_free(self) -> None:
        """Leave out what costs nothing in either scenario: it is no part of what the line pays for."""
        for item in [item for item, prices in self.prices.items() if not any(map(any, prices))]:
            for each in (self.items, self.money, self.prices):
                each.pop(item, None)


@dataclass(frozen=True)
class Bridge:
    """The difference of two costs in the money of the comparison, shared out; every row adds up, and the rows add up to it."""

    difference: float
    quantum: float
    """What all its numbers are multiples of."""
    lines: dict[str, dict[str, float]]
    """Cost line -> cause -> money."""
    cells: dict[Cell, dict[str, float]]
    """Cost line and material -> cause -> money."""

    def total(self, causes: Mapping[str, float]) -> float:
        """The sum of a row."""
        return rounded(math.fsum(causes.values()), self.quantum)

    def by_cause(self) -> dict[str, float]:
        """The sum of each cause over all lines."""
        return {cause: rounded(math.fsum(row[cause] for row in self.lines.values()), self.quantum) for cause in CAUSES}


@dataclass(frozen=True)
class Priced:
    """Unit costs of a scenario by cost line."""

    given: dict[str, float]
    """What no plan decides."""
    terms: dict[str, dict[Key, float]]
    """Unit cost of each variable that costs anything."""
    columns: dict[str, list[Key]]
    """All variables, by component."""


def bridge_between(base: Side, side: Side, grid: Grid) -> Bridge:
    """Share out the difference of two costs by cost line, material and cause.

    Args:
        base: Plan A.
        side: Plan B.
        grid: Buckets of time in which amounts and unit costs are compared; within a bucket, timing counts as price.
    """
    amounts, given = _amounts(base, side, grid)
    cells: dict[Cell, dict[str, float]] = defaultdict(lambda: dict.fromkeys(CAUSES, 0.0))
    for (line, _, material), found in amounts.items():
        for cause, money in _causes(found).items():
            cells[line, material][cause] += money
    for line, money in given.items():
        cells[line, ""]["given"] += money
    return _exact(base, side, cells)


def _priced(loaded: Loaded, rate: float | None = None) -> Priced:
    """Unit costs of a scenario, discounted at its own rate or at another one."""
    if rate is not None and rate != loaded.scenario.money.discount_rate:
        loaded = changed(loaded, {("money", "discount_rate"): rate})
    _, program = make_program(loaded)
    given: dict[str, float] = {}
    terms: dict[str, dict[Key, float]] = {}
    for name, found in program.lines.items():
        line = name.removeprefix("cost_")
        prices = zip(found.columns.tolist(), found.values.tolist(), strict=True)
        given[line], terms[line] = found.constant, {program.columns[column]: price for column, price in prices}
    columns: dict[str, list[Key]] = defaultdict(list)
    for key in program.columns:
        columns[key[0]].append(key)
    return Priced(given, terms, columns)


def _amounts(base: Side, side: Side, grid: Grid) -> tuple[dict[Kind, Amounts], dict[str, float]]:
    rates = [each.loaded.scenario.money.discount_rate for each in (base, side)]
    priced = [_priced(base.loaded), _priced(side.loaded)]
    if rates[0] != rates[1]:
        priced += [_priced(base.loaded, rates[1]), _priced(side.loaded, rates[0])]
    # what costs something in one scenario costs nothing in the other, rather than being absent there
    pairs = sorted({(line, key[0]) for each in priced for line, terms in each.terms.items() for key in terms})
    cells: dict[Kind, Amounts] = defaultdict(Amounts)
    for place, each in enumerate((base, side, base, side)[: len(priced)]):
        _collect(cells, priced[place], pairs, place, each, values_of(each.plan.tables) if place < 2 else {}, grid)
    for cell in cells.values():
        cell.forget_free()
    given = {line: side.factor * priced[1].given[line] - base.factor * priced[0].given[line] for line in priced[0].given}
    return cells, given


def _collect(cells: Mapping[Kind, Amounts], priced: Priced, pairs: Sequence[tuple[str, str]], place: int, side: Side, values: Values, grid: Grid) -> None:
    """Add one plan's amounts and one scenario's unit costs up by cost line, material and item."""
    buckets = grid.bucket_of[side.name]
    for line, component in pairs:
        terms = priced.terms[line]
        for key in priced.columns.get(component, ()):
            index, price = key[1], side.factor * terms.get(key, 0.0)
            cell = cells[line, component, material_of(side.loaded.scenario, key)]
            item = ".".join(map(str, index[:-1])), buckets.get(str(index[-1]), str(index[-1]))
            cell.prices[item][place].append(price)
            if place < 2:
                amount = values.get(key, 0.0)
                cell.items[item][place] += amount
                cell.money[item][place] += price * amount


def _causes(cell: Amounts) -> dict[str, float]:
    """The causes of one line and material."""
    found = dict.fromkeys(CAUSES, 0.0)
    totals, means = [0.0, 0.0], {}
    for item in cell.prices:
        amounts = cell.items[item]
        unit = _unit_costs(cell, item)
        middle = (amounts[0] + amounts[1]) / 2
        found["price"] += middle * (unit[1] - unit[2] + unit[3] - unit[0]) / 2
        found["discounting"] += middle * (unit[2] - unit[0] + unit[1] - unit[3]) / 2
        totals = [totals[0] + amounts[0], totals[1] + amounts[1]]
        means[item] = (unit[0] + unit[1]) / 2
    if not totals[0] or not totals[1]:
        # what only one plan has at all is volume
        found["volume"] = sum(means[item] * (amounts[1] - amounts[0]) for item, amounts in cell.items.items())
        return found
    found["volume"], found["mix"], found["timing"] = _split(cell, totals, means)
    return found


def _unit_costs(cell: Amounts, item: Item) -> list[float]:
    """Unit costs of A, of B, of A discounted as B, of B discounted as A: of what moves, the mean of its bucket by amount.

    An item that one scenario lacks costs there what it costs in the other, at the rate of the one.
    """
    prices = cell.prices[item]
    amounts, money = cell.items[item], cell.money[item]
    found = [money[place] / amounts[place] if amounts[place] else _mean(prices[place]) for place in (0, 1)]
    # another rate moves the unit costs of all periods of a bucket alike
    usual = [_mean(prices[place]) for place in range(4)]
    again = [found[place] * usual[place + 2] / usual[place] if prices[place + 2] and usual[place] else found[place] for place in (0, 1)]
    if not prices[0]:
        return [again[1], found[1], found[1], again[1]]
    if not prices[1]:
        return [found[0], again[0], again[0], found[0]]
    return [*found, *again]


def _mean(prices: list[float]) -> float:
    return sum(prices) / len(prices) if prices else 0.0


def _split(cell: Amounts, totals: list[float], means: Mapping[Item, float]) -> tuple[float, float, float]:
    """Volume, mix and timing of what both plans have."""
    amounts: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    worth: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for item, pair in cell.items.items():
        for place in (0, 1):
            amounts[item[0]][place] += pair[place]
            worth[item[0]][place] += pair[place] * means[item]
    cost = [sum(pair[place] for pair in worth.values()) / totals[place] for place in (0, 1)]
    volume = (totals[1] - totals[0]) * (cost[0] + cost[1]) / 2
    mix = timing = 0.0
    for who, pair in amounts.items():
        share = [pair[place] / totals[place] for place in (0, 1)]
        unit = [worth[who][place] / pair[place] if pair[place] else None for place in (0, 1)]
        one, other = (unit[1] if unit[0] is None else unit[0]), (unit[0] if unit[1] is None else unit[1])
        if one is not None and other is not None:
            mix += (share[1] - share[0]) * (one + other) / 2
            timing += (other - one) * (share[0] + share[1]) / 2
    middle = (totals[0] + totals[1]) / 2
    return volume, middle * mix, middle * timing


def _exact(base: Side, side: Side, cells: Mapping[Cell, dict[str, float]]) -> Bridge:
    """The bridge between the costs that the plans state, which tables of nine digits miss by a little."""
    costs = [{line: each.factor * money for line, money in each.plan.costs.items()} for each in (base, side)]
    lines = list(dict.fromkeys([*costs[0], *costs[1]]))
    steps = {line: costs[1].get(line, 0.0) - costs[0].get(line, 0.0) for line in lines}
    quantum = quantum_of(max((abs(money) for each in costs for money in each.values()), default=0.0), DIGITS)
    difference = side.total_cost - base.total_cost
    stated = dict(zip(steps, apportioned(list(steps.values()), difference, quantum), strict=True))
    found: dict[Cell, dict[str, float]] = {}
    for line in lines:
        # something must take what the line has changed by, even where nothing of it moves
        rows = {(line, ""): dict.fromkeys(CAUSES, 0.0)} | {cell: causes for cell, causes in cells.items() if cell[0] == line}
        mine = {(cell, cause): money for cell, causes in rows.items() for cause, money in causes.items()}
        _must_explain(line, math.fsum(mine.values()), steps[line], max(abs(each.get(line, 0.0)) for each in costs))
        for (cell, cause), money in zip(mine, apportioned(list(mine.values()), stated[line], quantum), strict=True):
            found.setdefault(cell, {})[cause] = money
    found = {cell: causes for cell, causes in found.items() if any(causes.values())}
    by_line: dict[str, dict[str, float]] = {}
    for line in dict.fromkeys(cell[0] for cell in found):
        parts = [causes for cell, causes in found.items() if cell[0] == line]
        by_line[line] = {cause: rounded(math.fsum(causes[cause] for causes in parts), quantum) for cause in CAUSES}
    return Bridge(rounded(difference, quantum), quantum, by_line, found)


def _must_explain(line: str, explained: float, step: float, size: float) -> None:
    """Refuse a bridge that leaves more open than tables of nine digits do.

    Raises:
        CheckError: naming the cost line.
    """
    if abs(explained - step) > EXPLAINED * max(size, abs(step)):
        raise CheckError(f"the bridge explains {explained:.9g} of a change of {step:.9g} in {line}")
