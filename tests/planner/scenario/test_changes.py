"""A scenario made from another one by changing keys is what a fresh reading of the changed file gives, and is compiled as if nothing were remembered."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.compile import compile_scenario
from planner.compile.setting import Memory
from planner.errors import InputError
from planner.scenario.changes import with_values
from planner.scenario.load import Loaded, assemble
from planner.scenario.overlay import Sources
from planner.scenario.reader import Node
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario
from tests.samples import number

Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All that stands anywhere in plain data."""
    if path:
        yield path, value
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*path, key))


def change(plain: Any, rng: random.Random) -> dict[Path, Any]:
    """Some keys with other values, most of them sensible."""
    found: dict[Path, Any] = {}
    for path, value in rng.sample(list(places(plain)), rng.choice([1, 1, 2, 4])):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[path] = rng.choice([value * 2, 0, "3 apples", -1])
        elif isinstance(value, str):
            found[path] = rng.choice([value, "no_such_thing"])
        elif isinstance(path[-1], str):
            found[path] = rng.choice([None, copy.deepcopy(value)])
    return found


def outcome(tree: Node, like: Loaded | None) -> Any:
    """The scenario, or what is wrong with it."""
    try:
        return assemble("changed", Sources(tree), like=like)
    except InputError as error:
        return [(str(problem.mark), problem.path, problem.problem, problem.hint) for problem in error.problems]


@settings(max_examples=number(25), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 400), st.integers(0, 10_000))
def test_reading_what_has_changed_is_reading_all(scenario_seed: int, seed: int) -> None:
    plain = random_scenario(scenario_seed)
    base = loaded(copy.deepcopy(plain))
    memory: Memory = {}
    compile_scenario(base.scenario, base.calendar, memory)
    for step in range(4):
        tree = with_values(base.sources.tree, change(plain, random.Random(4 * seed + step)))
        found, whole = outcome(tree, base), outcome(tree, None)
        if isinstance(whole, Loaded):
            assert found.scenario == whole.scenario
            assert found.calendar == whole.calendar
            assert same(compile_scenario(found.scenario, found.calendar, memory), compile_scenario(whole.scenario, whole.calendar))
        else:
            assert found == whole


def same(one: Any, other: Any) -> bool:
    """Equal, and maps in the same order."""
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and one == other
    if hasattr(one, "__dataclass_fields__"):
        return all(same(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    return bool(one == other)


@pytest.mark.parametrize(
    ("path", "value", "entity"),
    [
        # a material's unit is that of all who use it; what it costs is its own
        (("materials", "dy", "unit"), "kg", False),
        (("materials", "dy", "disposal_cost"), 5, True),
        (("suppliers", "seller", "price"), 12, False),
        (("demands", "user", "quantity"), 9, True),
        (("horizon", "end"), "2028-01", False),
        (("money", "rates"), {"EUR": 1.1}, False),
        (("money", "discount_rate"), 0.07, True),
    ],
)
def test_an_entity_is_read_again_exactly_where_it_or_what_it_knows_has_changed(path: Path, value: Any, entity: bool) -> None:
    base = loaded(
        {
            "version": 1,
            "horizon": {"start": "2026-01", "end": "2027-01", "step": "month"},
            "money": {"currency": "USD"},
            "materials": {"dy": {"unit": "t"}},
            "suppliers": {"seller": {"material": "dy", "capacity": "10 t/yr", "price": "10 USD/t"}},
            "demands": {"user": {"material": "dy", "quantity": "8 t/yr", "shortage": "1000 USD/t"}},
        }
    )
    found = assemble("changed", Sources(with_values(base.sources.tree, {path: value})), like=base)
    assert (found.scenario.suppliers["seller"] is base.scenario.suppliers["seller"]) is entity
