"""What plans do differently, what it costs to keep the base's ways, and which differences are ties."""

from __future__ import annotations

import pytest

from planner.comparison.decisions import Decision
from planner.plan import Plan
from tests.planner.comparison.comparing import compared, plan


def decisions(one: Plan, other: Plan) -> dict[tuple[str, str, str], Decision]:
    return {(item.kind, item.item, item.period): item for item in compared(one, other, effects=False).against[0].decisions}


def test_supply_by_year_and_what_keeping_it_costs() -> None:
    """The near mine becomes dear: 100 t/yr move to the far one at 30; staying with it at 35 would cost 2 x 100 x 5 more."""
    found = decisions(plan(), plan("other", suppliers__near__price=35))
    near = found["supply", "near", "2026"]
    assert (near.base_value, near.value, near.unit, near.keep) == (100, 0, "t", "costs")
    assert near.keep_cost == pytest.approx(1000, rel=1e-4)
    assert {key[1:] for key in found} == {("near", "2026"), ("near", "2027"), ("far", "2026"), ("far", "2027")}


def test_totals_are_those_of_the_whole_horizon() -> None:
    """One year of two is closed: near ships 200 and then 100 in all."""
    found = decisions(plan(), plan("other", events={"cut": {"from": "2027", "match": {"country": ["CN"]}, "spot": 0}}))
    near = found["supply", "near", "2027"]
    assert (near.base_value, near.value, near.base_total, near.total) == (100, 0, 200, 100)


def test_a_small_cost_beside_a_huge_one_is_no_tie() -> None:
    """Keeping the far mine costs 0.5 a tonne for 200 t, beside a shortage of 2 bn that has nothing to do with it."""
    huge = {"materials__ore2": {"unit": "t"}, "demands__big": {"material": "ore2", "quantity": 1000, "shortage": 1e6}, "suppliers__near__capacity": 200}
    found = decisions(plan("a", **huge, suppliers__far__price=9.9), plan("b", **huge, suppliers__far__price=10.5))
    assert {item.keep for item in found.values()} == {"costs"}
    assert found["supply", "far", "2026"].keep_cost == pytest.approx(100, rel=1e-3)


def test_a_move_between_parties_or_to_a_contract_is_a_difference() -> None:
    contract = {"frame": {"supplier": "near", "quantity": 50, "price": 11, "start": "2025", "end": "2029"}}
    found = decisions(plan("a", contracts=contract), plan("b", contracts={"frame": {**contract["frame"], "price": 9}}))
    assert {(kind, item) for kind, item, _ in found} == {("supply", "near"), ("contract", "frame")}


def test_a_closed_mine_cannot_be_kept() -> None:
    found = decisions(plan(), plan("other", events={"cut": {"from": "2027", "match": {"country": ["CN"]}, "spot": 0}}))
    assert {key[2]: item.keep for key, item in found.items() if key[1] == "near"} == {"2027": "not possible"}


def test_differences_that_cost_nothing_are_ties() -> None:
    """Two mines at one price: whichever the plan takes, the other costs the same."""
    same = {"suppliers__near__price": 20, "suppliers__far__price": 20, "suppliers__near__capacity": 900}
    even = plan("even", **same)
    pairs = [compared(plan(side, **(same | {f"suppliers__{side}__price": 19})), even, effects=False).against[0] for side in ("near", "far")]
    differing = [each for each in pairs if each.decisions]
    assert differing
    for each in differing:
        assert {item.keep for item in each.decisions} == {"tie"}
        assert each.keep_all == "tie"
        assert all(item.keep_cost == 0 for item in each.decisions)


def test_commitments_by_date_and_first_divergence() -> None:
    project = {"adds_to": "near", "decide": {"earliest": "2026", "latest": "2027"}, "size": {"max": 100}, "capex": 1, "ramp": 0}
    one = plan("one", suppliers__near__capacity=0, projects={"mine": project})
    later = {**project, "decide": {"earliest": "2027", "latest": "2027"}}
    other = plan("other", suppliers__near__capacity=0, projects={"mine": later})
    found = decisions(one, other)
    assert {key[2]: (item.base_value, item.value, item.unit, item.keep) for key, item in found.items() if key[0] == "commitment"} == {
        "2026": (100, 0, "t/yr", "not possible"),
        "2027": (0, 100, "t/yr", "not possible"),
    }
    divergence = compared(one, other, effects=False, keep=False).against[0].divergence
    assert divergence is not None
    assert divergence.period == "2026"
    assert "commitment of mine" in divergence.what


def test_the_same_plan_differs_in_nothing() -> None:
    found = compared(plan(), plan("again", title="The same"))
    assert found.against[0].decisions == []
    assert found.against[0].divergence is None
    assert found.against[0].bridge_parts.difference == 0
