"""A patched program is the one that would be built, whichever number of the scenario changes; digests that are pieced together are the whole's."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.compile import compile_scenario
from planner.errors import InputError
from planner.program import program_of
from planner.scenario.changes import changed
from planner.scenario.load import Loaded, load
from planner.solver.lower import LinearProgram
from planner.sweep import solving
from planner.sweep.cases import Texts
from planner.sweep.solving import Base
from planner.sweep.template import Template
from sourcing_lp.data import SourcingData
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario
from tests.samples import number

ROOT = Path(__file__).parents[2]
ARRAYS = ("cost", "lower", "upper", "row_lower", "row_upper", "start", "index", "value", "groups")


def alike(one: LinearProgram, other: LinearProgram) -> None:
    assert one.rows == other.rows
    assert one.columns == other.columns
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.offset == other.offset
    for name, line in one.lines.items():
        assert line.constant == other.lines[name].constant
        np.testing.assert_array_equal(line.columns, other.lines[name].columns)
        np.testing.assert_array_equal(line.values, other.lines[name].values)


def numbers(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of all numbers of a scenario."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from numbers(part, (*path, place))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and path != ("version",):
        yield path


def changed_at_random(base: Loaded, plain: Any, seed: int) -> Loaded | None:
    """The scenario with some of its numbers changed; None where that is no scenario."""
    rng = random.Random(seed)
    paths = list(numbers(plain))
    chosen = rng.sample(paths, min(len(paths), rng.choice([1, 1, 2, 5])))
    values = {}
    for path in chosen:
        node, _ = base.sources.tree.at(path)
        values[path] = rng.choice([0.0, node.value * rng.uniform(0.5, 1.5), node.value * 2, node.value / 3])
    try:
        return changed(base, values)
    except InputError:
        return None


@settings(max_examples=number(15), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 400), st.integers(0, 10_000))
def test_patching_is_building(scenario_seed: int, seed: int) -> None:
    plain = random_scenario(scenario_seed)
    base = loaded(copy.deepcopy(plain))
    template = Template(compile_scenario(base.scenario, base.calendar))
    alike(template.program, program_of(base.scenario, base.calendar)[1])
    for step in range(4):
        other = changed_at_random(base, plain, 4 * seed + step)
        if other is None:
            continue
        patched = template.program_of(compile_scenario(other.scenario, other.calendar))
        if patched is not None:
            alike(patched, program_of(other.scenario, other.calendar)[1])


KEYS = {
    "money.discount_rate": "7 %",
    "suppliers.incumbent.price": 11,
    "suppliers.incumbent.capacity": 90,
    "suppliers.mine.lead_time": "6 months",
    "projects.new_mine.capex": 300,
    "projects.new_mine.size.max": 80,
    "projects.new_mine.life": "4 years",
    "stockpiles.reserve.initial": 77,
    "stockpiles.reserve.holding_cost": 3,
    "stockpiles.reserve.loss": "2 %",
    "demands.plants.quantity": 120,
    "demands.plants.shortage": 500,
}


@pytest.mark.parametrize("key", KEYS)
def test_usual_changes_are_patched_and_not_built(key: str) -> None:
    path = ROOT / "tests/cases/cutoff_ramp.yaml"
    base, other = load(path), load(path, [f"{key}={KEYS[key]}"])
    patched = Template(compile_scenario(base.scenario, base.calendar)).program_of(compile_scenario(other.scenario, other.calendar))
    # what arrives when it did not before is another structure
    assert (patched is None) == (key == "suppliers.mine.lead_time")
    if patched is not None:
        alike(patched, program_of(other.scenario, other.calendar)[1])


def test_each_structure_is_built_once_and_solved_as_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shipments that arrive at once or half a year later are two structures, whatever else is varied; every figure is that of a fresh start."""
    base = Base(load(ROOT / "tests/cases/cutoff_ramp.yaml"))
    built: list[Template] = []

    def noting(data: SourcingData) -> Template:
        built.append(Template(data))
        return built[-1]

    monkeypatch.setattr(solving, "Template", noting)
    price: tuple[str | int, ...] = ("suppliers", "spot", "price")
    runs = [{("suppliers", "mine", "lead_time"): delay, price: money} for money in (50, 60, 70) for delay in ("0 days", "6 months")]
    found = [base.run(values) for values in runs]
    assert len(built) == 2
    for values, result in zip(runs, found, strict=True):
        alone = Base(base.loaded).run(values)
        assert (result.status, result.figures) == ("ok", alone.figures)


def test_what_was_patched_leaves_no_trace() -> None:
    path = ROOT / "tests/cases/cutoff_ramp.yaml"
    base = load(path)
    template = Template(compile_scenario(base.scenario, base.calendar))

    def of(*sets: str) -> tuple[SourcingData, LinearProgram]:
        other = load(path, sets)
        return compile_scenario(other.scenario, other.calendar), program_of(other.scenario, other.calendar)[1]

    for sets in (["demands.plants.quantity=120"], ["suppliers.spot.price=5", "money.discount_rate=3 %"], []):
        data, built = of(*sets)
        patched = template.program_of(data)
        assert patched is not None
        alike(patched, built)


@pytest.mark.parametrize("name", ["tests/cases/cutoff_ramp.yaml", "tests/cases/bim.yaml", "scenarios/japan/cutoff.yaml", "scenarios/embargo_2010/base.yaml"])
def test_digests_are_those_of_the_whole(name: str) -> None:
    base = load(ROOT / name)
    texts = Texts(base)
    assert not texts.whole
    assert texts.digest({}) == base.digest
    supplier = next(iter(base.scenario.suppliers))
    changes: list[dict[tuple[str | int, ...], Any]] = [
        {("suppliers", supplier, "price"): 12.5},
        {("suppliers", supplier, "note"): "a text that is long enough to be folded over several lines, " * 5},
        {("suppliers", supplier, "price"): {"2026-01": 1, "2027-01": 2}, ("money", "discount_rate"): "3 %"},
        {("title",): "another"},
        {("events", "one_more"): {"from": "2027-01", "spot": 0.5}},
        {("policies", "purse"): {"kind": "budget", "covers": ["capex"], "limit": 1e9}},
        {("suppliers", supplier, "tariff"): None, ("demands",): base.sources.tree.value["demands"].plain()},
    ]
    for values in changes:
        assert texts.digest(values) == changed(base, values).digest
