"""One plan, not one of many: whatever the solver's settings, the order of a file's lines or the ids of what is tied."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import planner
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.results.tables import COLUMNS
from planner.scenario.load import load
from planner.solver.engine import Option
from tests.oracle.plans import loaded, plan_of
from tests.oracle.random_scenarios import random_scenario
from tests.samples import THOROUGH, some

ROOT = Path(__file__).parents[1]
SETTINGS: list[dict[str, Option]] = [
    {},
    {"presolve": "off"},
    {"presolve": "off", "simplex_strategy": 4},
    {"solver": "ipm"},
    {"random_seed": 7, "simplex_dual_edge_weight_strategy": 0},
    {"presolve": "off", "simplex_strategy": 1, "random_seed": 3, "simplex_scale_strategy": 0},
]
DIGITS = 7
"""What tables and screen print; files hold nine significant digits."""


def printed(plan: Plan) -> dict[str, pd.DataFrame]:
    """Tables as they are printed: sorted by their keys, numbers to so many digits of the largest of their kind."""
    found = {}
    for name in COLUMNS:
        unsorted = plan.tables[name]
        keys = [column for column in unsorted.columns if unsorted[column].dtype.kind not in "f"]
        table = unsorted.sort_values(keys, ignore_index=True)
        for column in table.select_dtypes("float"):
            finite = table[column][np.isfinite(table[column])]
            places = DIGITS - 1 - int(np.floor(np.log10(max(finite.abs().max(), 1e-300)))) if len(finite) else 0
            table[column] = table[column].round(places) + 0.0
        found[name] = table[(table["value"] != 0) | (name in ("prices", "stockpiles", "demands"))].reset_index(drop=True)
    return found


def must_be_alike(plan: Plan, other: Plan) -> None:
    first, second = printed(plan), printed(other)
    assert first.keys() == second.keys()
    for name in first:
        pd.testing.assert_frame_equal(first[name], second[name], check_exact=True, obj=name)


JAPAN = some([ROOT / "scenarios/japan/cutoff.yaml", ROOT / "scenarios/japan/terminated.yaml"])
SCENARIOS = [*sorted((ROOT / "tests" / "cases").glob("[!e]*.yaml")), *JAPAN]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_six_settings_of_the_solver_give_one_plan(path: Path) -> None:
    scenario = load(path)
    # the small cases take all of them
    settings = SETTINGS if THOROUGH or path not in JAPAN else SETTINGS[::3]
    plans = [solve_scenario(scenario, options=options) for options in settings]
    for other in plans[1:]:
        must_be_alike(plans[0], other)


def shuffled(tree: Any, seed: int) -> Any:
    """The same scenario with the keys of every map in another order; a process counts in its first input, so those stay."""
    if not isinstance(tree, dict):
        return [shuffled(item, seed) for item in tree] if isinstance(tree, list) else tree
    keys = list(tree)
    random.Random(seed).shuffle(keys)
    return {key: tree[key] if key in ("inputs", "outputs") else shuffled(tree[key], seed + 1) for key in keys}


@pytest.mark.parametrize("seed", some(range(20)))
def test_settings_and_shuffled_keys_give_one_plan_of_random_scenarios(seed: int) -> None:
    scenario = random_scenario(seed)
    try:
        first = plan_of(scenario)
    except planner.NoPlanError:
        pytest.skip("this random scenario has no plan")
    for options in SETTINGS[1 + seed % 2 :: 2]:
        must_be_alike(first, solve_scenario(loaded(scenario), options=options))
    must_be_alike(first, plan_of(shuffled(scenario, seed)))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_order_of_keys_does_not_matter(path: Path, tmp_path: Path) -> None:
    resolved = load(path).resolved
    other = tmp_path / "scenario.yaml"
    other.write_text(yaml.safe_dump(shuffled(yaml.safe_load(resolved), 1), sort_keys=False, allow_unicode=True), encoding="utf-8")
    first, second = planner.solve(path), planner.solve(other)
    must_be_alike(first, second)
    assert first.total_cost == second.total_cost
