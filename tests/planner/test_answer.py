"""The plan of parts is the plan of the whole, whoever makes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.errors import NoPlanError
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.proof import verify_folder
from planner.scenario import parts
from planner.scenario.load import Loaded
from tests.oracle.plans import loaded, renamed
from tests.oracle.random_scenarios import random_scenario

NAMED = ("materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes", "routes")
"""Kinds of entities that get names of their own."""


def beside(seed: int, copies: int) -> dict[str, Any]:
    """A random scenario several times over, side by side; its events and policies, which speak of ids in many ways, are left out."""
    one = {key: items for key, items in random_scenario(seed).items() if key not in ("policies", "events", "in_transit")}
    whole: dict[str, Any] = {**one, **{kind: {} for kind in NAMED}}
    for number in range(copies):
        names = {name: f"{name}_{number}" for kind in NAMED for name in one.get(kind, {})}
        for kind in NAMED:
            whole[kind].update(renamed(one.get(kind, {}), names))
    return whole


def markets(number: int = 4) -> dict[str, Any]:
    """Markets that nothing links, each with choices that cost the same."""
    ids = [f"m{place}" for place in range(number)]
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2027, "step": "month"},
        "materials": {m: {} for m in ids},
        "suppliers": {f"{s}_{m}": {"material": m, "country": "CN" if s == "a" else "AU", "capacity": 60, "price": 5} for m in ids for s in "ab"},
        "projects": {
            f"more_{m}": {"adds_to": f"b_{m}", "committed": "2026-03", "size": 5, "ramp": "1 year", "capex": 7, "fixed_cost": 1, "life": "20 years"}
            for m in ids
        },
        "stockpiles": {f"k_{m}": {"material": m, "initial": 4, "holding_cost": 1} for m in ids},
        "demands": {f"d_{m}": {"material": m, "quantity": 70 + place, "shortage": 90} for place, m in enumerate(ids)},
        "events": {"cutoff": {"from": "2026-05", "match": {"country": ["CN"]}, "spot": 0}},
        "policies": {
            "spread": {"kind": "max_share", "by": "country", "share": 0.9},
            "serve": {"kind": "min_service", "demands": ["d_m0", "d_m3"], "share": 0.2},
        },
    }


def must_be_equal(one: Plan, other: Plan, exactly: bool) -> None:
    """The same tables, row by row."""
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=exactly, rtol=1e-8, atol=1e-9, obj=name)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part by itself, however small."""
    monkeypatch.setattr(parts, "WHOLE", 1)


def test_a_material_that_nobody_uses_is_a_part_without_rows(apart: None) -> None:
    """Its plan is empty, and the plans of the others are as they were."""
    with_idle = markets() | {"materials": markets()["materials"] | {"idle": {}}}
    plan, other = solve_scenario(loaded(with_idle)), solve_scenario(loaded(markets()))
    assert plan.record["size"]["parts"] == 5
    must_be_equal(_without_inputs(plan), _without_inputs(other), exactly=True)


def _without_inputs(plan: Plan) -> Plan:
    return replace(plan, tables={name: table for name, table in plan.tables.items() if name != "inputs"})


def test_parts_together_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = solve_scenario(loaded(markets()))
    monkeypatch.setattr(parts, "WHOLE", 1)
    split = solve_scenario(loaded(markets()))
    assert (whole.record["size"]["parts"], split.record["size"]["parts"]) == (1, 4)
    assert [whole.record["size"][key] for key in ("rows", "nonzeros")] == [split.record["size"][key] for key in ("rows", "nonzeros")]
    assert split.total_cost == pytest.approx(whole.total_cost, rel=1e-12)
    must_be_equal(whole, split, exactly=False)
    assert whole.tables["costs"]["item"].tolist().count("committed projects") == split.tables["costs"]["item"].tolist().count("committed projects") > 0


@pytest.mark.parametrize("seed", range(8))
def test_random_scenarios_side_by_side(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = loaded(beside(seed, 3))
    whole = _solved(given)
    monkeypatch.setattr(parts, "WHOLE", 1)
    split = _solved(given)
    if isinstance(whole, str) or isinstance(split, str):
        assert split == whole
        return
    assert split.record["size"]["parts"] >= 3
    assert split.total_cost == pytest.approx(whole.total_cost, rel=1e-9)
    must_be_equal(whole, split, exactly=False)


def _solved(given: Loaded) -> Plan | str:
    try:
        return solve_scenario(given)
    except NoPlanError as error:
        return error.status


@pytest.mark.usefixtures("apart")
def test_any_number_of_workers_makes_the_same_plan(tmp_path: Path) -> None:
    one, two, eight = (solve_scenario(loaded(markets()), workers=number) for number in (1, 2, 8))
    must_be_equal(one, two, exactly=True)
    must_be_equal(one, eight, exactly=True)
    # what is left over in a check is rounding, and may come from a sum in another order
    told = [{key: value for key, value in plan.record.items() if key not in ("seconds", "checks")} for plan in (one, two, eight)]
    assert told[0] == told[1] == told[2]
    assert verify_folder(two.save(tmp_path / "p")).passed


@pytest.mark.usefixtures("apart")
def test_only_parts_without_a_plan_are_explained() -> None:
    given = markets()
    del given["demands"]["d_m1"]["shortage"]
    del given["demands"]["d_m2"]["shortage"]
    with pytest.raises(NoPlanError) as refused:
        solve_scenario(loaded(given))
    assert refused.value.status == "infeasible"
    told = str(refused.value.conflicts)
    assert "d_m1" in told
    assert "d_m3" not in told


@pytest.mark.usefixtures("apart")
def test_what_is_done_in_one_market_leaves_the_others_as_they_are() -> None:
    before, given = solve_scenario(loaded(markets())), markets()
    given["suppliers"]["a_m1"]["price"] = 9
    after = solve_scenario(loaded(given))
    others = [plan.tables["purchases"].query("material != 'm1'").reset_index(drop=True) for plan in (before, after)]
    pd.testing.assert_frame_equal(others[0], others[1], check_exact=True)
