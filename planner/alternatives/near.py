"""The near-optimal plans as one program: no more harm than the cheapest plan does, and little more money."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.cheapest import PENALTIES, Cheapest, without
from planner.errors import InputError
from planner.program import lines_at
from planner.solver.elastic import Row, with_rows
from planner.solver.lower import Floats, LinearProgram

ROUNDING = 1e-8
"""Rows that the cheapest plan meets exactly get so much room, relative to their terms, since it was settled to nine digits."""


@dataclass(frozen=True)
class Near:
    """The plans that do no more harm than the cheapest one, and pay no more; a slack moves one row."""

    program: LinearProgram
    row: int
    """The row that bounds what is paid: its side moves up by slack × ``paid``."""
    paid: float
    """What the cheapest plan pays: its cost lines without penalties, before credits [money, discounted]."""


def near_optimal_plans(case: Cheapest) -> Near:
    """Bound a program to the plans around its cheapest one.

    Raises:
        InputError: if that plan pays nothing, so that there is nothing to take a share of.
    """
    paid = sum(max(0.0, cost) for name, cost in lines_at(case.program, case.x).items() if name not in PENALTIES)
    if paid <= 0:
        raise InputError(f"{case.inquiry.loaded.name}: the cheapest plan pays nothing, so there is nothing that --slack could be a share of")
    upper, held = _harm_held(case.program, case.x)
    cost = without(case.program, [case.program.lines[name] for name in PENALTIES]).cost
    budget = Row(("near_optimal", None), _terms(cost), upper=float(cost @ case.x) + ROUNDING * float(np.abs(cost * case.x).sum()))
    program = with_rows(replace(case.program, upper=upper), [*held, budget])
    return Near(program, program.shape[0] - 1, paid)


def _harm_held(program: LinearProgram, x: Floats) -> tuple[Floats, list[Row]]:
    """Upper bounds and rows under which each demand, policy and soft floor is broken no more, in money, than in a plan.

    What is not broken at all stays so by bounds: a row could be off by a rounding that is dear.
    """
    groups: dict[tuple[str, str], dict[int, float]] = {}
    for line in (program.lines[name] for name in PENALTIES):
        for column, value in zip(line.columns.tolist(), line.values.tolist(), strict=True):
            name, index = program.columns[column]
            groups.setdefault((name, index[0]), {})[column] = value
    upper, rows = program.upper.copy(), []
    for key, terms in groups.items():
        harm = sum(value * float(x[column]) for column, value in terms.items())
        if harm > 0:
            rows.append(Row(("no_more_harm", key), terms, upper=harm * (1 + ROUNDING)))
        else:
            upper[list(terms)] = 0.0
    return upper, rows


def _terms(weights: Floats) -> dict[int, float]:
    return {int(column): float(weights[column]) for column in np.flatnonzero(weights)}
