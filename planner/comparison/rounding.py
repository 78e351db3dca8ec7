"""Numbers that add up as they are shown: parts are rounded so that their sum is the rounded whole."""

from __future__ import annotations

import math
from collections.abc import Sequence


def apportioned(values: Sequence[float], total: float, quantum: float) -> list[float]:
    """Parts rounded to multiples of a quantum, whose sum is the rounded total.

    What rounding leaves over goes to the parts that were rounded furthest, and, where the parts never added up to the total, to
    the largest.

    Args:
        values: The parts.
        total: What they add up to, but for rounding.
        quantum: A positive number.

    Returns:
        As many numbers, each a multiple of the quantum but for the last bit.
    """
    if not values:
        return []
    scaled = [value / quantum for value in values]
    counts = [math.floor(value + 0.5) for value in scaled]
    left = math.floor(total / quantum + 0.5) - sum(counts)
    step = 1 if left > 0 else -1
    # those that lost most by rounding give way first
    for place in sorted(range(len(values)), key=lambda place: step * (counts[place] - scaled[place]))[: min(abs(left), len(values))]:
        counts[place] += step
        left -= step
    counts[max(range(len(values)), key=lambda place: abs(scaled[place]))] += left
    return [multiple(count, quantum) for count in counts]


def rounded(value: float, quantum: float) -> float:
    """A number rounded to a multiple of a quantum."""
    return multiple(math.floor(value / quantum + 0.5), quantum)


def multiple(count: int, quantum: float) -> float:
    """So many quanta, exact in its decimals where the quantum is a power of ten."""
    inverse = round(1 / quantum) if quantum < 1 else 0
    return count / inverse if inverse and math.isclose(inverse * quantum, 1.0, rel_tol=1e-12) else count * quantum


def quantum_of(size: float, digits: int) -> float:
    """The power of ten that shows a number of this size with so many digits."""
    if size <= 0 or not math.isfinite(size):
        return 1.0
    return float(10.0 ** (math.floor(math.log10(size)) + 1 - digits))
