"""Components of a program, and the fixed numbers that are counted within them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from planner.noise import noise
from planner.solver.components import components
from tests.planner.solver.toy_programs import FREE, program


@given(st.lists(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=7, max_size=7), min_size=1, max_size=9))
def test_components_are_those_of_the_graph(matrix: list[list[int]]) -> None:
    """Held against scipy: two columns or rows share a number exactly if they share a component."""
    columns, rows = components(program([1] * 7, matrix, [(0, FREE)] * len(matrix)))
    pattern = np.array(matrix)
    graph = np.block([[np.zeros((7, 7)), pattern.T], [pattern, np.zeros((len(matrix),) * 2)]])
    _, expected = connected_components(csr_matrix(graph), directed=False)
    found = np.concatenate([columns, rows])
    assert len(set(zip(found.tolist(), expected.tolist(), strict=True))) == len(set(found.tolist())) == len(set(expected.tolist()))


def test_noise_is_the_same_whoever_else_is_there() -> None:
    alone = noise(np.zeros(4, dtype=np.int32))
    assert len(set(alone.tolist())) == 4
    assert ((alone >= 0) & (alone < 1)).all()
    mixed = np.array([3, 0, 0, 3, 7, 0, 3, 0], dtype=np.int32)
    for member, size in ((0, 4), (3, 3), (7, 1)):
        assert noise(mixed)[mixed == member].tolist() == alone[:size].tolist()
    assert noise(np.zeros(0, dtype=np.int32)).tolist() == []
