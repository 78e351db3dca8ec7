"""A basis for a program by months, from the optimal basis of the same scenario by years: each month begins where its year ended up.

Shares of what is decided, shipped and stored differ little within a year, so that many statuses are right; those that are not, and a
number of basic columns that is not that of the rows, are left to the simplex method.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from planner.solver.engine import Basis
from planner.solver.lower import Key, LinearProgram

MONTH = re.compile(r"(\d{4})-\d{2}")
Statuses = npt.NDArray[np.object_]


def basis_of_years(program: LinearProgram, yearly: LinearProgram, basis: Basis) -> Basis:
    """A basis of a program by months.

    Args:
        program: By months, with names.
        yearly: By years, with names.
        basis: Of the program by years.
    """
    columns = _spread(program.columns, yearly.columns, basis.columns, highspy.HighsBasisStatus.kLower)
    rows = _spread(program.rows, yearly.rows, basis.rows, highspy.HighsBasisStatus.kBasic)
    return Basis(columns=columns, rows=rows)


def _spread(names: Iterable[Key], yearly: Iterable[Key], statuses: Iterable[Any], otherwise: highspy.HighsBasisStatus) -> Statuses:
    """Status of each name: that of its year, where there is one."""
    known = dict(zip(map(_in_years, yearly), statuses, strict=True))
    return np.array([known.get(_in_years(name), otherwise) for name in names], dtype=object)


def _in_years(name: Key) -> Key:
    """A name with its periods as years."""
    component, index = name
    parts = index if isinstance(index, tuple) else (index,)
    return component, tuple(MONTH.sub(r"\1", part) if isinstance(part, str) else part for part in parts)
