"""Which of many plans of equal cost is taken: ties whose winner is known by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.compile import compile_scenario
from planner.compile.preference import preferences, supplier_risks
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.program import make_program
from planner.solver.components import components
from tests.command import run
from tests.oracle.plans import loaded, plan_of

Json = dict[str, Any]
NAMES = ["serve earliest", "keep more stock", "less risky first", "order of ids"]


def scenario(steps: int = 2, **parts: Any) -> Json:
    """One material, years from 2026 on."""
    return {"version": 1, "horizon": {"start": 2026, "end": 2026 + steps, "step": "year"}, "money": {"discount_rate": 0}, "materials": {"m": {}}, **parts}


def bought(plan: Plan) -> dict[tuple[str, str], float]:
    table = plan.tables["purchases"]
    table = table[table["value"] > 0]
    return dict(zip(zip(table["supplier"], table["period"], strict=True), table["value"], strict=True))


def short(plan: Plan) -> dict[str, float]:
    table = plan.tables["demands"]
    table = table[table["measure"] == "short"]
    return dict(zip(table["period"], table["value"], strict=True))


def test_what_is_missing_is_missing_late() -> None:
    """150 lie in store for three years of 100, and a unit short costs the same in every year: serve 100, 50, 0."""
    parts: Json = {"stockpiles": {"k": {"material": "m", "initial": 150}}, "demands": {"d": {"material": "m", "quantity": 100, "shortage": 7}}}
    plan = plan_of(scenario(3, **parts))
    assert short(plan) == {"2027": 50, "2028": 100}
    assert plan.total_cost == 1050


def test_serving_early_beats_keeping_stock() -> None:
    """Keeping the 150 until the end would be the fuller store at the same cost."""
    parts: Json = {"stockpiles": {"k": {"material": "m", "initial": 150}}, "demands": {"d": {"material": "m", "quantity": 100, "shortage": 7}}}
    plan = plan_of(scenario(3, **parts))
    stock = plan.tables["stockpiles"]
    assert list(stock[stock["measure"] == "stock"]["value"]) == [50, 0, 0]


def test_of_two_ways_to_buy_the_one_that_fills_the_store_earlier() -> None:
    """100 are wanted in 2027 only, each year ships 100 at one price, and the store is free: all is bought in 2026."""
    parts: Json = {
        "suppliers": {"s": {"material": "m", "capacity": 100, "price": 3}},
        "stockpiles": {"k": {"material": "m"}},
        "demands": {"d": {"material": "m", "quantity": {2026: 0, 2027: 100}}},
    }
    assert bought(plan_of(scenario(**parts))) == {("s", "2026"): 100}


def test_the_fuller_store_is_not_filled_beyond_what_is_free() -> None:
    """Each unit kept costs 0.01 a year, so that it is bought when it is wanted."""
    parts: Json = {
        "suppliers": {"s": {"material": "m", "capacity": 100, "price": 3}},
        "stockpiles": {"k": {"material": "m", "holding_cost": 0.01}},
        "demands": {"d": {"material": "m", "quantity": {2026: 0, 2027: 100}}},
    }
    assert bought(plan_of(scenario(**parts))) == {("s", "2027"): 100}


RISKY: Json = {
    "suppliers": {key: {"material": "m", "country": land, "capacity": 100, "price": 3} for key, land in (("a", "CN"), ("b", "AU"), ("c", "MY"))},
    "demands": {"d": {"material": "m", "quantity": 100}},
}


def test_whom_an_event_strikes_comes_last() -> None:
    """`a` would be first by its id, but 2027 takes half of it; what it ships in 2026 is as good and as cheap."""
    plan = plan_of(scenario(**RISKY, events={"e": {"from": 2027, "match": {"country": ["CN"]}, "capacity": "50 %"}}))
    assert bought(plan) == {("b", "2026"): 100, ("b", "2027"): 100}


def test_a_closed_spot_market_counts_as_an_event() -> None:
    plan = plan_of(scenario(**RISKY, events={"e": {"from": 2027, "match": {"suppliers": ["a"]}, "spot": 0}}))
    assert bought(plan)[("b", "2026")] == 100


def test_whose_origin_holds_most_comes_last() -> None:
    """CN has 300 of 500 through two suppliers, AU and MY 100 each."""
    parts: Json = {**RISKY, "suppliers": {**RISKY["suppliers"], "a0": {"material": "m", "country": "CN", "capacity": 200, "price": 3}}}
    assert bought(plan_of(scenario(1, **parts))) == {("b", "2026"): 100}


def test_the_origin_counts_and_not_the_country_that_ships() -> None:
    """`b` ships from AU what was mined in CN, beside `a`: together 200 of 300."""
    suppliers = {**RISKY["suppliers"], "b": {**RISKY["suppliers"]["b"], "origin": "CN"}}
    assert bought(plan_of(scenario(1, **{**RISKY, "suppliers": suppliers}))) == {("c", "2026"): 100}


def test_a_dearer_supplier_is_never_taken_for_being_safer() -> None:
    suppliers = {**RISKY["suppliers"], "b": {**RISKY["suppliers"]["b"], "price": 3.001}, "c": {**RISKY["suppliers"]["c"], "price": 3.001}}
    plan = plan_of(scenario(1, **{**RISKY, "suppliers": suppliers}, events={"e": {"match": {"country": ["CN"]}, "capacity": "100 %", "lead_time": 0}}))
    assert bought(plan) == {("a", "2026"): 100}


def test_among_equals_in_all_else_the_first_ids() -> None:
    assert bought(plan_of(scenario(1, **RISKY))) == {("a", "2026"): 100}
    suppliers = dict(reversed(RISKY["suppliers"].items()))
    assert bought(plan_of(scenario(1, **{**RISKY, "suppliers": suppliers}))) == {("a", "2026"): 100}, "whatever the order in the file"


def test_stock_counts_before_risk() -> None:
    """The risky `a` ships in 2026, the safe `b` only in 2027: for the fuller store `a` is bought from."""
    parts: Json = {
        "suppliers": {
            "a": {"material": "m", "country": "CN", "capacity": {2026: 100, 2027: 0}, "price": 3},
            "b": {"material": "m", "country": "AU", "capacity": {2026: 0, 2027: 100}, "price": 3},
        },
        "stockpiles": {"k": {"material": "m"}},
        "demands": {"d": {"material": "m", "quantity": {2026: 0, 2027: 100}}},
        "events": {"e": {"from": 2027, "match": {"country": ["CN"]}, "capacity": "50 %"}},
    }
    assert bought(plan_of(scenario(**parts))) == {("a", "2026"): 100}


def test_risks_by_hand() -> None:
    """CN loses half of 2027, a quarter of the horizon, and holds 100 + 50 of 350; AU closes for all, and holds 100; `idle` has nothing."""
    suppliers = {**RISKY["suppliers"], "idle": {"material": "m", "country": "NO", "price": 1}}
    given = loaded(
        scenario(
            **{**RISKY, "suppliers": suppliers},
            events={"e": {"from": 2027, "match": {"country": ["CN"]}, "capacity": "50 %"}, "f": {"match": {"country": ["AU"]}, "spot": 0}},
        )
    )
    risks = supplier_risks(given.scenario, compile_scenario(given.scenario, given.calendar))
    assert risks["a"] == pytest.approx(0.25 + 1 / 3)
    assert risks["b"] == pytest.approx(1 + 1 / 3)
    assert risks["c"] == pytest.approx(1 / 3)
    assert risks["idle"] == 0


def test_the_order_tells_all_columns_apart() -> None:
    given = loaded(scenario(3, **RISKY))
    data, program = make_program(given)
    component, _ = components(program)
    found = preferences(given.scenario, data, program.columns, component)
    assert [name for name, _ in found] == NAMES
    last = found[-1][1]
    assert len(set(zip(component.tolist(), last.tolist(), strict=True))) == len(program.columns)
    assert (last > 0).all()


def test_without_tie_break_the_cost_stays(tmp_path: Path) -> None:
    """The command takes any of the plans, and says so in the record."""
    path = tmp_path / "s.yaml"
    text = scenario(3, stockpiles={"k": {"material": "m", "initial": 150}}, demands={"d": {"material": "m", "quantity": 100, "shortage": 7}})
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    run("solve", path, "-q", "--out", tmp_path / "p", "--no-tie-break")
    record = json.loads((tmp_path / "p" / "plan.json").read_text(encoding="utf-8"))
    assert record["tie_break"] == {"tie-break": "off"}
    assert record["total_cost"] == pytest.approx(1050)
    plan = solve_scenario(path)
    assert list(plan.record["tie_break"])[0:1] == ["serve earliest"]
    assert set(plan.record["tie_break"]) <= set(NAMES)
    assert list(plan.record["tie_break"].values())[-1] == "decided"
