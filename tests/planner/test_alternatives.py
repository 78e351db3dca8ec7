"""Near-optimal plans: ranges known by hand, ranges found again from scratch, and plans that differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.alternatives import alternatives
from planner.alternatives.near import near_optimal_plans
from planner.alternatives.telling import verdict
from planner.cheapest import cheapest
from planner.decided import amounts
from planner.errors import InputError, NoPlanError
from planner.findings import Findings
from planner.inquiry import inquire
from planner.scenario.units import share_of
from planner.solver.certificate import proven
from planner.solver.engine import SolverError
from planner.solver.highs import Solution
from tests.command import ROOT, run
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario

CASES = ROOT / "tests" / "cases"


def three_sources(**more: Any) -> dict[str, Any]:
    """100 t wanted, of three suppliers at 10, 10.4 and 11 with more than enough each."""
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2027, "step": "year"},
        "materials": {"m": {}},
        "suppliers": {key: {"material": "m", "capacity": 1000, "price": price} for key, price in (("a", 10), ("b", 10.4), ("c", 11))},
        "demands": {"d": {"material": "m", "quantity": 100}},
        **more,
    }


def ranges(found: Findings, kind: str, slack: float | None = None) -> dict[str, tuple[float, float, str]]:
    table = found.tables[kind]
    table = table if slack is None else table[table["slack"] == slack]
    columns = [table[name].tolist() for name in ("id", "least", "most", "verdict")]
    return {key: (round(least, 4), round(most, 4), word) for key, least, most, word in zip(*columns, strict=True)}


def test_three_sources_by_hand() -> None:
    """The cheapest buys 100 of a for 1000; 50 more may be paid. All of b costs 40 more, so b may have all; c costs 1 more a tonne: at most 50."""
    found = alternatives(loaded(three_sources()), 0.05, 2)
    assert ranges(found, "suppliers") == {"a": (0, 100, "may drop"), "b": (0, 100, "may add"), "c": (0, 50, "may add")}
    assert found.record["paid"] == pytest.approx(1000)
    plans = found.tables["plans"]
    assert plans["total_cost"].tolist() == pytest.approx([1000, 1040, 1050])
    side = found.tables["side_by_side"].set_index("id")
    assert side.loc["b", "plan 1"] == pytest.approx(100)
    assert side.loc["c", "plan 2"] == pytest.approx(50)


def test_a_smaller_slack_makes_the_cheapest_a_must() -> None:
    """10 more buys 25 of b (0.4 a tonne) or 10 of c: a keeps at least 75. At no slack there is one plan."""
    found = alternatives(loaded(three_sources()), [0.01, 0.0], 1)
    assert ranges(found, "suppliers", 0.01) == {"a": (75, 100, "must have"), "b": (0, 25, "may add"), "c": (0, 10, "may add")}
    at_none = found.tables["suppliers"][found.tables["suppliers"]["slack"] == 0.0]
    np.testing.assert_allclose(at_none["most"] - at_none["least"], 0, atol=1e-4)


def test_plans_of_equal_cost_differ_without_any_slack() -> None:
    """a and b both at 10: either may have all at no extra cost."""
    scenario = three_sources()
    scenario["suppliers"]["b"]["price"] = 10
    found = ranges(alternatives(loaded(scenario), 0.0, 0), "suppliers")
    for key in ("a", "b"):
        assert found[key][:2] == pytest.approx((0, 100), abs=1e-4)


def test_slack_is_a_share_of_what_is_paid_and_shortage_stays() -> None:
    """60 of a at 10 are all there is below the penalty of 50: 40 are short. 5 % of 600 is 30.

    d at 60 is dearer than shortage. Instead of a it costs 50 more a tonne: 30 / 50 = 0.6, which is more than 30 / 60 beside a.
    Were the penalty part of the money, 5 % of 2600 would be 130, and every tonne short less would give 50 more.
    """
    scenario = three_sources(demands={"d": {"material": "m", "quantity": 100, "shortage": 50}})
    scenario["suppliers"] = {"a": {"material": "m", "capacity": 60, "price": 10}, "d": {"material": "m", "capacity": 60, "price": 60}}
    found = alternatives(loaded(scenario), 0.05, 0)
    assert ranges(found, "suppliers") == {"a": (59.4, 60, "must have"), "d": (0, 0.6, "may add")}


def test_credits_do_not_shrink_the_slack() -> None:
    """30 are in store, and 50 left at the end are worth 8 each. 5 % is of the 1000 + 200 paid for 120, not of what is left of it after 400."""
    scenario = three_sources(stockpiles={"k": {"material": "m", "initial": 30, "capacity": 50, "final": {"min": 50, "value": 8}}})
    found = alternatives(loaded(scenario), 0.05, 0)
    assert found.record["paid"] == pytest.approx(1200)
    assert found.record["total_cost"] == pytest.approx(800)
    assert ranges(found, "suppliers")["c"][:2] == (0, 60)


def test_what_cannot_ship_is_never_used() -> None:
    scenario = three_sources()
    scenario["suppliers"]["c"]["capacity"] = 0
    assert ranges(alternatives(loaded(scenario), 0.05, 0), "suppliers")["c"] == (0, 0, "never")


def test_what_arrives_too_late_is_not_counted() -> None:
    """Half of what ships in the year arrives after it, free of charge: a ships 100 for the 50 that arrive in time, and could ship 1000 for nothing."""
    scenario = three_sources(demands={"d": {"material": "m", "quantity": 50}})
    scenario["suppliers"]["a"]["lead_time"] = "6 months"
    assert ranges(alternatives(loaded(scenario), 0.0, 0), "suppliers")["a"][1] == pytest.approx(50, abs=1e-4)


def test_projects_contracts_and_stockpiles_have_ranges() -> None:
    """A contract at 9 for up to 40 t is taken whole and may be left at 40 more, below the 48 allowed; so may a mine, which nobody needs.

    The cheapest pays 40 · 9 + 60 · 10 = 960; 5 % is 48. The mine costs 100 for 100 t/yr at 10: 48 % of the money would buy 48 t/yr.
    """
    scenario = three_sources(
        contracts={"k": {"supplier": "b", "quantity": 40, "price": 9, "sign": {}}},
        projects={"e": {"adds_to": "c", "decide": {}, "size": {"max": 200}, "ramp": 0, "capex": 1}},
        stockpiles={"s": {"material": "m", "initial": 10, "capacity": 10, "final": {"min": 10}}},
    )
    found = alternatives(loaded(scenario), 0.05, 0)
    assert ranges(found, "contracts") == {"k": (0, 1, "may drop")}
    assert ranges(found, "projects") == {"e": (0, 48, "may add")}
    pile = found.tables["stockpiles"].iloc[0]
    assert (pile["drawn"], pile["least_drawn"], pile["cheapest"], pile["least"], pile["most"]) == pytest.approx((0, 0, 10, 10, 10))
    assert found.tables["projects"]["most_share"].tolist() == pytest.approx([48 / 200])


def test_no_end_is_told_as_infinite() -> None:
    """A spring gives for nothing what a store without limit may hold."""
    scenario = three_sources(processes={"spring": {"inputs": {}, "outputs": {"w": 1.0}}}, stockpiles={"s": {"material": "w"}})
    scenario["materials"]["w"] = {}
    found = alternatives(loaded(scenario), 0.05, 1)
    assert found.tables["stockpiles"]["most"].tolist() == [float("inf")]
    assert json.dumps(found.as_dict(), allow_nan=False)


def test_the_ramp_that_is_needed_is_in_every_plan() -> None:
    """70.588 t/yr are the least that the mine can be; for 1 % more some is added, never taken away, since less would run short at 1000."""
    found = alternatives(CASES / "cutoff_ramp.yaml", 0.01, 0)
    least, most, word = ranges(found, "projects")["new_mine"]
    assert least == pytest.approx(70.588235, rel=1e-6)
    assert word == "must have"
    assert most > least


def test_verdicts() -> None:
    assert verdict(1, 2, used=True) == "must have"
    assert verdict(0, 2, used=True) == "may drop"
    assert verdict(0, 2, used=False) == "may add"
    assert verdict(0, 0, used=False) == "never"
    assert verdict(0, float("nan"), used=True) == "may drop"


def test_shares_as_people_write_them() -> None:
    assert [share_of(text, "--slack", 1.0) for text in ("5%", "5 %", "0.05", "0", "100 %")] == [0.05, 0.05, 0.05, 0, 1]
    with pytest.raises(InputError, match=r"write 5% for"):
        share_of("5", "--slack", 1.0)
    for text in ("-1%", "five", "5 t", "nan", "1000%", ""):
        with pytest.raises(InputError, match="--slack"):
            share_of(text, "--slack", 1.0)
    wrong: list[float | list[float]] = [-0.1, 1.1, float("nan"), []]
    for slack in wrong:
        with pytest.raises(InputError, match="from 0 to 1"):
            alternatives(loaded(three_sources()), slack)


def test_what_has_no_plan_or_pays_nothing_is_told() -> None:
    short = three_sources(demands={"d": {"material": "m", "quantity": 10_000}})
    with pytest.raises(NoPlanError, match="infeasible"):
        alternatives(loaded(short))
    with pytest.raises(InputError, match="pays nothing"):
        alternatives(loaded(three_sources(demands={"d": {"material": "m", "quantity": 0}})))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 400))
def test_ranges_hold_the_cheapest_and_are_found_again_from_scratch(seed: int) -> None:
    scenario = loaded(random_scenario(seed))
    try:
        found = alternatives(scenario, [0.02, 0.1], 2)
    except (NoPlanError, InputError):
        return
    limit = found.record["total_cost"] + 0.1 * found.record["paid"]
    assert (found.tables["plans"]["total_cost"] <= limit + 1e-6 * abs(limit)).all()
    for kind in ("suppliers", "projects", "contracts", "stockpiles"):
        if kind in found.tables:
            table = found.tables[kind]
            room = 1e-6 * table["most"].replace(np.inf, 0).max() + 1e-9
            assert (table["least"] <= table["cheapest"] + room).all()
            assert (table["cheapest"] <= table["most"] + room).all()
            narrow, wide = (table[table["slack"] == slack].set_index("id") for slack in (0.02, 0.1))
            assert (wide.loc[narrow.index, "least"] <= narrow["least"] + room).all()
            assert (narrow["most"] <= wide.loc[narrow.index, "most"] + room).all()
    _found_again(scenario, found)


def _found_again(scenario: Any, found: Findings) -> None:
    """The ends of the first suppliers, solved cold."""
    case = cheapest(inquire(scenario))
    near = near_optimal_plans(case)
    upper = near.program.row_upper.copy()
    upper[near.row] += 0.1 * near.paid
    table = found.tables.get("suppliers", pd.DataFrame({"slack": [], "id": []}))
    wide = table[table["slack"] == 0.1].set_index("id")
    for amount in [item for item in amounts(case.scenario, case.data, case.program) if item.kind == "supplier" and len(item.columns)][:3]:
        weights = amount.spread(near.program.shape[1])
        for sign, name in ((1.0, "least"), (-1.0, "most")):
            try:
                outcome = proven(replace(near.program, cost=sign * weights, offset=0.0, row_upper=upper))
            except SolverError:
                # HiGHS may not prove from scratch, in other units than the plan's, what it has proven from the plan
                continue
            assert isinstance(outcome, Solution)
            assert float(weights @ outcome.x) == pytest.approx(wide.loc[amount.id, name], rel=1e-5, abs=1e-5 * (1 + wide["most"].max()))


def test_the_findings_do_not_depend_on_workers() -> None:
    scenario = loaded(random_scenario(12))
    one, two = (alternatives(scenario, 0.05, 3, workers=number) for number in (1, 2))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name], check_exact=True)


def test_the_command(tmp_path: Path) -> None:
    words: list[str | Path] = ["alternatives", CASES / "share_cap.yaml", "--slack", "1%", "--slack", "5 %", "--plans", "2", "--json", "--out", tmp_path / "out"]
    told = json.loads(run(*words).stdout)
    assert told["command"] == "alternatives"
    # at most 40 each: 10 of the dearer for 10 of the cheaper cost 10 more, the 1 % that is allowed
    assert {row["id"]: row["verdict"] for row in told["tables"]["suppliers"] if row["slack"] == 0.01} == {"a": "must have", "b": "must have", "c": "must have"}
    assert (tmp_path / "out" / "suppliers.csv").exists()


def test_a_wrong_slack_ends_with_2() -> None:
    assert "write 5%" in run("alternatives", CASES / "share_cap.yaml", "--slack", "5", code=2).stderr
