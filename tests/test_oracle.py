"""The planner against an independent solver of the same language: status and total cost of random scenarios."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from planner.errors import InputError, NoPlanError
from planner.pipeline import solve_scenario
from tests.oracle.plans import Json, plan_of
from tests.oracle.random_scenarios import random_scenario, write
from tests.oracle.reference_solver import Result
from tests.oracle.reference_solver import solve as reference

CHUNK = 25


def difference(seed: int, contested: bool, path: Path) -> str:
    """What the two solvers disagree on; empty if nothing. The planner reads a file, and its plan passes its own recheck."""
    write(seed, str(path), contested)
    expected = reference(random_scenario(seed, contested))
    try:
        status, cost = "optimal", solve_scenario(path).total_cost
    except NoPlanError as error:
        status, cost = error.status, math.nan
    if status != expected.status:
        return f"seed {seed}: {status}, the reference says {expected.status}"
    if status == "optimal" and not math.isclose(cost, expected.total_cost, rel_tol=1e-6, abs_tol=1e-6 * scale(expected)):
        return f"seed {seed}: {cost!r}, the reference says {expected.total_cost!r}"
    return ""


def scale(result: Result) -> float:
    """Size of the largest cost line: a total near zero is a difference of large lines."""
    return max(map(abs, result.costs.values()))


@pytest.mark.parametrize("first", range(0, 150, CHUNK))
def test_agrees_with_reference(first: int, tmp_path: Path) -> None:
    found = [difference(seed, False, tmp_path / "scenario.yaml") for seed in range(first, first + CHUNK)]
    assert not [text for text in found if text]


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_agrees_with_reference_in_contested_corners(first: int, tmp_path: Path) -> None:
    """The planner does not accept one thing that the reference does: a window in which nothing can happen."""
    found, refused = [], []
    for seed in range(first, first + 20):
        try:
            found.append(difference(seed, True, tmp_path / "scenario.yaml"))
        except InputError as error:
            refused.append(error)
    assert not [text for text in found if text]
    assert all(problem.problem.startswith("the window is empty") for error in refused for problem in error.problems)
    assert len(refused) <= 5


def test_random_scenarios_repeat_and_differ() -> None:
    assert random_scenario(7) == random_scenario(7)
    assert random_scenario(7) != random_scenario(8)


def test_most_random_scenarios_have_a_plan() -> None:
    statuses = [reference(random_scenario(seed)).status for seed in range(150)]
    assert statuses.count("optimal") >= 120
    assert statuses.count("infeasible") >= 2


def test_a_commitment_on_the_grid_of_a_horizon_from_mid_month() -> None:
    """Nothing in the first month, 100 t at 1 in the second: 100 short at 10, and 100 bought at 1."""
    scenario: Json = {
        "version": 1,
        "horizon": {"start": "2026-01-15", "end": "2026-03-15", "step": "month"},
        "materials": {"ore": {}},
        "suppliers": {"mine": {"material": "ore", "country": "AU", "price": 1}},
        "projects": {"plant": {"adds_to": "mine", "committed": "2026-02-15", "size": 1200}},
        "demands": {"use": {"material": "ore", "quantity": 1200, "shortage": 10}},
    }
    assert reference(scenario).total_cost == pytest.approx(1100)

    assert plan_of(scenario).total_cost == pytest.approx(1100)


def test_a_false_infeasible_of_presolve_is_not_believed() -> None:
    """Seed 974: presolve calls the reference's program infeasible, though leaving out a soft policy makes it feasible."""
    scenario = random_scenario(974)
    assert reference(scenario).status == "optimal"
    assert plan_of(scenario).total_cost == pytest.approx(reference(scenario).total_cost, rel=1e-6)
