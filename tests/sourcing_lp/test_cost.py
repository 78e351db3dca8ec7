"""Cost lines: each in its place, with its discounting, and together the total."""

from __future__ import annotations

import pytest

from sourcing_lp.cost import COST_LINES
from tests.sourcing_lp.plan_reading import Solve, total

ALL = """
horizon: {start: 2026, end: 2028, step: year}
money: {discount_rate: 10 %}
parties: {home: {}, ally: {}}
materials: {ore: {unit: t}, slag: {unit: t, disposal_cost: 2}, metal: {unit: t}}
suppliers:
  mine: {material: ore, country: AA, capacity: 30, price: 10, freight: 1, tariff: 5 %, sells_to: [home]}
  seller: {material: ore, country: BB, price: 90, capacity: 20, sells_to: [home]}
projects: {pit: {adds_to: mine, committed: 2026-01, size: 10, capex: 8, fixed_cost: 3, life: 4 years, salvage: straight_line}}
contracts: {frame: {supplier: seller, party: home, quantity: 10, price: 9, take_or_pay: 50 %, breach_price: 1}}
processes: {smelter: {party: home, inputs: {ore: 1}, outputs: {metal: 0.5, slag: 0.5}, cost: 6}}
routes: {ship: {from: home, to: ally, materials: [metal], cost: 4}}
stockpiles: {pile: {party: home, material: ore, initial: 5, floor: 3, floor_penalty: 20, holding_cost: 2, final: {min: 2, value: 50}}}
demands:
  plants: {party: home, material: metal, quantity: 30, shortage: 200}
  allies: {party: ally, material: metal, quantity: 2, shortage: 300, min_service: 100 %}
policies: {carbon: {kind: budget, covers: [process], limit: 100, penalty: 0.5}}
"""


def test_lines_add_up_and_credits_are_negative(solve: Solve) -> None:
    plan = solve(ALL)
    assert tuple(plan.costs) == tuple(COST_LINES)
    assert sum(plan.costs.values()) == pytest.approx(plan.total_cost, rel=1e-12)
    credits_ = {"salvage", "final_stock_value"}
    assert {line for line, money in plan.costs.items() if money < 0} == credits_
    positive = {line for line, money in plan.costs.items() if money > 0}
    assert set(COST_LINES) - positive - credits_ == {"breach"}, "the contract is cheap, so that nobody breaks it"
    for line, money in plan.costs.items():
        assert total(plan, "costs", line=line) == pytest.approx(money, abs=1e-9)


def test_each_line_is_priced_from_the_tables(solve: Solve) -> None:
    """Quantities of the plan times the scenario's prices, discounted from the middle of the years."""
    plan = solve(ALL)
    d: dict[str, float] = {"2026": 1.1**-0.5, "2027": 1.1**-1.5}

    def present(table: str, price: float, **keys: object) -> float:
        return sum((d[t] * price * total(plan, table, period=t, **keys) for t in d), 0.0)

    assert plan.costs["purchases"] == pytest.approx(present("purchases", 10, supplier="mine") + present("purchases", 90, supplier="seller"))
    assert plan.costs["contracts"] == pytest.approx(present("contracts", 9, measure="lifted"))
    assert plan.costs["freight"] == pytest.approx(present("purchases", 1, supplier="mine"))
    assert plan.costs["tariffs"] == pytest.approx(present("purchases", 0.5, supplier="mine"))
    assert plan.costs["capex"] == pytest.approx(80)
    assert plan.costs["fixed_cost"] == pytest.approx(30 * sum(d.values()))
    assert plan.costs["process"] == pytest.approx(present("processes", 6, measure="activity"))
    assert plan.costs["transport"] == pytest.approx(present("transfers", 4))
    assert plan.costs["storage"] == pytest.approx(present("stockpiles", 2, measure="stock"))
    assert plan.costs["shortage"] == pytest.approx(present("demands", 200, demand="plants", measure="short"))
    assert plan.costs["disposal"] == pytest.approx(present("disposals", 2))
    assert plan.costs["policy_penalties"] == pytest.approx(present("violations", 0.5) + present("stockpiles", 20, measure="floor_gap"))
    assert plan.costs["salvage"] == pytest.approx(-80 * 0.5 / 1.1**2)
    assert plan.costs["final_stock_value"] == pytest.approx(-50 * total(plan, "stockpiles", measure="stock", period="2027") / 1.1**2)


SIMPLE = """
horizon: {start: 2026, end: 2028, step: STEP}
money: {discount_rate: 10 %}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 100, price: 1}}
demands: {plants: {material: ore, quantity: 100}}
"""


@pytest.mark.parametrize(("step", "n"), [("year", 1), ("quarter", 4), ("month", 12)])
def test_money_is_discounted_from_the_middle_of_its_period(step: str, n: int, solve: Solve) -> None:
    expected = sum(100 / n / 1.1 ** ((period + 0.5) / n) for period in range(2 * n))
    assert solve(SIMPLE.replace("STEP", step)).total_cost == pytest.approx(expected)


def test_a_negative_rate_is_allowed_and_counts_later_money_dearer(solve: Solve) -> None:
    plan = solve(SIMPLE.replace("STEP", "year"), "money.discount_rate=-5 %")
    assert plan.total_cost == pytest.approx(100 * (0.95**-0.5 + 0.95**-1.5))


def test_breach_is_discounted_from_its_period(solve: Solve) -> None:
    plan = solve(SIMPLE.replace("STEP", "year") + "contracts: {frame: {supplier: mine, quantity: 10, price: 9, take_or_pay: 50 %, breach_price: 2}}\n")
    assert plan.costs["breach"] == pytest.approx(5 * 2 * (1.1**-0.5 + 1.1**-1.5))


def test_scaling_all_money_scales_the_cost_and_keeps_the_plan(solve: Solve) -> None:
    one, thousand = solve(SIMPLE.replace("STEP", "quarter")), solve(SIMPLE.replace("STEP", "quarter").replace("price: 1}", "price: 1000}"))
    assert thousand.total_cost == pytest.approx(1000 * one.total_cost)
    assert thousand.tables["purchases"].equals(one.tables["purchases"])
