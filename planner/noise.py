"""Fixed numbers that tell apart what is otherwise equal, so that a choice does not depend on the solver."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def noise(members: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """A fixed number between 0 and 1 for each member, counted anew in each component; no two members of one have the same."""
    order = np.argsort(members, kind="stable")
    begins = np.flatnonzero(np.diff(members[order], prepend=-1))
    place = np.empty(len(members), dtype=np.int64)
    place[order] = np.arange(len(members)) - np.repeat(begins, np.diff(begins, append=len(members)))
    # this generator never changes between versions
    return np.asarray(np.random.RandomState(0).random_sample(int(place.max(initial=-1)) + 1)[place])
