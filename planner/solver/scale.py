"""Internal units: HiGHS tolerances are absolute, so quantities and money must be of ordinary size inside the solver.

Variables of one material share a power of two near the typical quantity of that material, rows are brought to a largest
coefficient of about one, money to the median cost. Powers of two leave every digit as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from planner.solver.lower import Floats, Integers, LinearProgram


@dataclass(frozen=True)
class Scaling:
    """``x = column * x'``, row i of the scaled program is ``row[i]`` times the original, costs are divided by ``money``."""

    column: Floats
    row: Floats
    money: float

    def unscale(self, x: Floats, y: Floats, d: Floats) -> tuple[Floats, Floats, Floats]:
        """Solution of the original program from that of the scaled one."""
        return x * self.column, y * self.row * self.money, d / self.column * self.money


def scale(program: LinearProgram) -> tuple[LinearProgram, Scaling]:
    """Bring a program to ordinary size; ``program.groups`` says which columns share a size, -1 which are of ordinary size already."""
    column = _power_of_two(_sizes(program)[program.groups])
    scaled = np.abs(program.value) * column[program.index]
    row = _power_of_two(1 / _largest(program.shape[0], program.row_of, scaled))
    cost = np.abs(program.cost * column)
    money = float(_power_of_two(np.array([np.median(cost[cost > 0])]))[0]) if np.any(cost > 0) else 1.0
    return (
        replace(
            program,
            cost=program.cost * column / money,
            offset=0.0,
            lower=program.lower / column,
            upper=program.upper / column,
            row_lower=program.row_lower * row,
            row_upper=program.row_upper * row,
            value=program.value * column[program.index] * row[program.row_of],
        ),
        Scaling(column, row, money),
    )


def _sizes(program: LinearProgram) -> Floats:
    """Typical quantity of each group: the median of what the rows that belong to one group ask for, else of what they allow.

    What is asked for (demands, stocks) says more than what is allowed: people write ``1e12`` for a capacity without limit. A
    group that only meets others, such as an intermediate product, takes its size from them through its coefficients.
    """
    count = int(program.groups.max(initial=-1)) + 1
    grouped = program.groups[program.index] >= 0
    rows, groups, values = program.row_of[grouped], program.groups[program.index][grouped], np.abs(program.value[grouped])
    first = np.full(program.shape[0], count, dtype=np.int32)
    last = np.full(program.shape[0], -1, dtype=np.int32)
    np.minimum.at(first, rows, groups)
    np.maximum.at(last, rows, groups)
    widest = _largest(program.shape[0], rows, values)
    sizes = np.full(count, np.nan)
    asked = _finite(program.row_lower)
    allowed = np.where(asked > 0, 0.0, _finite(program.row_upper))
    for side in (asked, allowed):
        own = (first == last) & (side > 0)
        sizes = np.where(np.isnan(sizes), _medians(first[own], np.log2(side[own] / widest[own]), count), sizes)
        sizes = _spread(rows, groups, np.log2(values), sizes, program.shape[0])
    default = float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else 0.0
    return np.append(np.exp2(np.clip(np.where(np.isnan(sizes), default, sizes), -80, 80)), 1.0)


def _spread(rows: Integers, groups: Integers, coefficients: Floats, sizes: Floats, count: int) -> Floats:
    """Sizes of further groups from those of the groups that they meet, as far as that leads; all as powers of two."""
    unknown = int(np.isnan(sizes).sum())
    while 0 < unknown < len(sizes):
        reach = sizes[groups] + coefficients
        known = ~np.isnan(reach)
        implied = _medians(rows[known], reach[known], count)[rows] - coefficients
        usable = ~np.isnan(implied)
        sizes = np.where(np.isnan(sizes), _medians(groups[usable], implied[usable], len(sizes)), sizes)
        before, unknown = unknown, int(np.isnan(sizes).sum())
        if unknown == before:
            break
    return sizes


def _medians(places: Integers | npt.NDArray[np.int64], values: Floats, length: int) -> Floats:
    """Median of the values at each place; NaN where there is none."""
    order = np.lexsort((values, places))
    sorted_places = places[order]
    begins = np.flatnonzero(np.diff(sorted_places, prepend=-1))
    counts = np.diff(begins, append=len(places))
    found = np.full(length, np.nan)
    found[sorted_places[begins]] = values[order][begins + counts // 2]
    return found


def _largest(count: int, rows: Integers, values: Floats) -> Floats:
    """Largest value of each row; 1 for an empty row."""
    largest = np.zeros(count)
    np.maximum.at(largest, rows, values)
    largest[largest == 0] = 1.0
    return largest


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), np.abs(values), 0.0)


def _power_of_two(values: Floats) -> Floats:
    return np.exp2(np.round(np.log2(values)))
