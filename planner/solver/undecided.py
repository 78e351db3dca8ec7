"""The part of a known optimum that is still undecided, as a small program of its own.

Who breaks ties or asks for prices knows an optimum already, and nearly all of it is the only one there is: an equation with one unknown
settles that unknown, which leaves others with one unknown, and so on. What that does not reach is all that the solver needs to see.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.solver.lower import Flags, Floats, Integers, LinearProgram

WEAK = 1e-6
"""A coefficient below this, in internal units, settles nothing: rounding elsewhere would be blown up by it."""


def undecided(unknown: Flags, binding: Flags, places: tuple[Integers, Integers], coefficients: Floats) -> Flags:
    """Unknowns that are left when every equation with a single unknown has settled it, again and again.

    Args:
        unknown: By unknown: False for what is known already.
        binding: By equation: False for what may hold with slack.
        places: Unknown and equation of each coefficient.
        coefficients: None of them zero, in internal units.
    """
    unknown = unknown.copy()
    live = unknown[places[0]] & binding[places[1]]
    member, equation, strong = places[0][live], places[1][live], np.abs(coefficients[live]) > WEAK
    count = np.bincount(equation, minlength=len(binding))
    while (settles := (count[equation] == 1) & strong).any():
        unknown[member[settles]] = False
        left = unknown[member]
        count -= np.bincount(equation[~left], minlength=len(binding))
        member, equation, strong = member[left], equation[left], strong[left]
    return unknown


def subset(program: LinearProgram, columns: Flags, rows: Flags) -> LinearProgram:
    """Some columns and rows of a program, without their names; the sides of rows are left as they are."""
    kept = columns[program.index] & rows[program.row_of]
    number = np.cumsum(columns, dtype=np.int32) - np.int32(1)
    counts = np.bincount(program.row_of[kept], minlength=program.shape[0])[rows]
    return replace(
        program,
        cost=program.cost[columns],
        offset=0.0,
        lower=program.lower[columns],
        upper=program.upper[columns],
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        index=number[program.index[kept]],
        value=program.value[kept],
        columns=[],
        rows=[],
        groups=program.groups[columns],
        lines={},
    )


def stretch(program: LinearProgram, x: Floats, columns: Flags, rows: Flags) -> LinearProgram:
    """Some columns and rows of a program, while all other columns stay where they are."""
    used = program.times(np.where(columns, 0.0, x))
    return subset(replace(program, row_lower=program.row_lower - used, row_upper=program.row_upper - used), columns, rows)


def touching(program: LinearProgram, columns: Flags) -> Flags:
    """Rows with a coefficient in any of some columns."""
    found = np.zeros(program.shape[0], dtype=bool)
    found[program.row_of[columns[program.index]]] = True
    return found
