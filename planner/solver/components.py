"""Connected components of a linear program: sets of columns and rows that no coefficient links.

Each component is a program of its own. What breaks ties is counted within components, so that a plan stays the same whichever of
them are solved together.
"""

from __future__ import annotations

import numpy as np

from planner.solver.lower import Integers, LinearProgram


def components(program: LinearProgram) -> tuple[Integers, Integers]:
    """Components by columns and rows.

    Returns:
        Number of the component of each column and of each row, counted from 0; who has no coefficient is alone.
    """
    columns, rows = program.shape[1], program.shape[0]
    column, row = program.index, program.row_of + columns
    root = np.arange(columns + rows, dtype=np.int32)
    while True:
        one, other = root[column], root[row]
        apart = one != other
        if not apart.any():
            break
        # only what is still apart matters from here on
        column, row = column[apart], row[apart]
        low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
        # the larger root joins the smallest one that it meets, and paths are made short
        np.minimum.at(root, high, low)
        while not np.array_equal(shorter := root[root], root):
            root = shorter
    _, number = np.unique(root, return_inverse=True)
    numbers = np.asarray(number, dtype=np.int32)
    return numbers[:columns], numbers[columns:]
