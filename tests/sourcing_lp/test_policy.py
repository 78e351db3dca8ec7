"""Every kind of policy by hand, hard and soft, per period, year and total. `a` sells at 10 and `b` at 14; 10 t a year for two years."""

from __future__ import annotations

import pytest

from planner.errors import NoPlanError
from tests.sourcing_lp.plan_reading import Solve, price, total

BASE = """
horizon: {start: 2026, end: 2028, step: STEP}
materials: {ore: {unit: t}}
suppliers:
  a: {material: ore, country: AA, capacity: 100, price: {2026: 10, 2027: 13}}
  b: {material: ore, country: BB, capacity: 100, price: 14}
demands: {plants: {material: ore, quantity: 10, shortage: 50}}
policies: {rule: POLICY}
"""
ONE = """
horizon: {start: 2026, end: 2028, step: STEP}
materials: {ore: {unit: t}}
suppliers: {a: {material: ore, country: AA, capacity: 100, price: 10, emissions: 2}}
demands: {plants: {material: ore, quantity: 10, shortage: 50}}
policies: {rule: POLICY}
"""


def scenario(policy: str, text: str = BASE, step: str = "year") -> str:
    return text.replace("POLICY", "{" + policy + "}").replace("STEP", step)


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("per: period", "year", 250),
        ("per: year", "year", 250),
        ("per: year", "quarter", 250),
        ("per: period", "quarter", 250),
        ("per: total", "year", 238),
        ("per: total", "quarter", 238),
        ("per: period, penalty: 3", "year", 246),
        ("per: total, penalty: 3", "year", 238),
        ("per: total, penalty: 0.5", "year", 234),
        ("from: 2027", "year", 234),
        ("until: 2027", "year", 246),
        ("from: 2026-07-01", "year", 250),
        ("from: 2026-07-03", "year", 234),
    ],
)
def test_max_share(policy: str, step: str, cost: float, solve: Solve) -> None:
    """`a` may ship 60 %. By the year: (60 + 56) + (78 + 56) = 250. In total 12 t, 10 of them in 2026: 126 + 8·14 = 238.

    Soft at 3 a tonne: breaking it saves 4 in 2026 and 1 in 2027, so that 2026 is 4 t above: 100 + 12 + 134 = 246; in total it saves
    1 < 3. At 0.5 it is broken by 8 t: 230 + 4. From 2027: 100 + 134; until 2027: 116 + 130. On 1 July 2026 more than half of the
    year is left (184 of 365 days), on 3 July less (182).
    """
    plan = solve(scenario(f"kind: max_share, by: supplier, of: [a], share: 60 %, {policy}", step=step))
    assert plan.total_cost == pytest.approx(cost)


def test_max_share_counts_origins_together_and_contracts_too(solve: Solve) -> None:
    """`a` and a contract with `c`, both of AA, may ship 6 t together: 2 by contract at 5, 4 at 10, 4 by `b` at 14, in 2026."""
    text = scenario("kind: max_share, by: origin, of: [AA], share: 60 %, until: 2027").replace("end: 2028", "end: 2027")
    text = text.replace("  b: {", "  c: {material: ore, country: ZZ, origin: AA, capacity: 2, price: 99}\n  b: {")
    plan = solve(text + "contracts: {frame: {supplier: c, quantity: 2, price: 5, take_or_pay: 100 %, breach_price: 500}}\n")
    assert plan.total_cost == pytest.approx(10 + 40 + 56)
    assert price(plan, "max_share", "2026") == pytest.approx(4)


def test_max_share_without_of_caps_everybody(solve: Solve) -> None:
    """Nobody above 30 % of what two can ship cannot be; 50 % is 5 t each."""
    with pytest.raises(NoPlanError, match="infeasible"):
        solve(scenario("kind: max_share, by: supplier, share: 30 %").replace(", shortage: 50", ""))
    assert solve(scenario("kind: max_share, by: supplier, share: 50 %")).total_cost == pytest.approx(50 + 70 + 65 + 70)


def test_max_share_holds_for_each_party_named(solve: Solve) -> None:
    """For `x` alone: it buys 6·10 + 4·14, the other 10·10."""
    text = scenario("kind: max_share, by: supplier, of: [a], share: 60 %, parties: [x]").replace("end: 2028", "end: 2027")
    text = text.replace("demands: {plants: {", "demands: {others: {party: y, material: ore, quantity: 10}, plants: {party: x, ")
    text = text.replace("demands:", "parties: {x: {}, y: {}}\ndemands:")
    assert solve(text).total_cost == pytest.approx(116 + 100)


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("limit: 80, per: period", "year", 360),
        ("limit: 80, per: year", "year", 360),
        ("limit: 80, per: year", "quarter", 360),
        ("limit: 20, per: period", "quarter", 360),
        ("limit: 170, per: total", "year", 320),
        ("limit: 170, per: total", "quarter", 320),
        ("limit: 170, per: total, penalty: 2", "year", 260),
        ("limit: 170, per: total, penalty: 5", "year", 320),
        ("limit: 80, per: year, penalty: 2", "quarter", 280),
    ],
)
def test_budget(policy: str, step: str, cost: float, solve: Solve) -> None:
    """80 a year buys 8 t, 2 run short at 50: 2·180. 170 in all buys 17 t, 3 run short: 320. A tonne bought saves 40 and takes 10 of budget:
    at a penalty of 2 all are bought (200 + 2·30, or 200 + 2·40 by the year), at 5 none above the limit."""
    assert solve(scenario(f"kind: budget, covers: [purchases], {policy}", ONE, step)).total_cost == pytest.approx(cost)


def test_budget_counts_what_committed_projects_owe(solve: Solve) -> None:
    """20 of capex fall due in 2026, and 5 of fixed cost in each year: 55 and 75 are left for purchases."""
    text = scenario("kind: budget, covers: [purchases, capex, fixed], limit: 80", ONE)
    plan = solve(text + "projects: {pit: {adds_to: a, committed: 2026-01, size: 5, capex: 4, fixed_cost: 1}}\n")
    assert [total(plan, "purchases", period=year) for year in ("2026", "2027")] == pytest.approx([5.5, 7.5])
    assert plan.total_cost == pytest.approx(20 + 10 + 130 + 50 * 7)


def test_budget_counts_contracts_storage_process_and_transport(solve: Solve) -> None:
    """One year, 30 of money, each covered in turn: 5 t at 6 by contract; 3 t through a process at 10; 2.5 t with a freight of 12."""
    one = ONE.replace("end: 2028", "end: 2027")
    contract = "contracts: {frame: {supplier: a, quantity: 99, price: 6}}\nevents: {cutoff: {spot: 0 %}}\n"
    assert solve(scenario("kind: budget, covers: [contracts], limit: 30", one) + contract).total_cost == pytest.approx(30 + 250)
    process = one.replace("ore: {unit: t}", "ore: {unit: t}, metal: {unit: t}").replace("plants: {material: ore", "plants: {material: metal")
    smelter = "processes: {smelter: {inputs: {ore: 1}, outputs: {metal: 1}, cost: 10}}\n"
    assert solve(scenario("kind: budget, covers: [process], limit: 30", process) + smelter).total_cost == pytest.approx(3 * 20 + 350)
    freight = one.replace("emissions: 2", "freight: 12")
    assert solve(scenario("kind: budget, covers: [transport], limit: 30", freight)).total_cost == pytest.approx(2.5 * 22 + 375)
    store = "stockpiles: {pile: {material: ore, initial: 10, draw_cost: 15}}\nevents: {cutoff: {spot: 0 %}}\n"
    assert solve(scenario("kind: budget, covers: [storage], limit: 30", one) + store).total_cost == pytest.approx(2 * 15 + 8 * 50)


def test_budget_is_undiscounted_and_its_penalty_discounted_from_the_last_period(solve: Solve) -> None:
    """At 10 % all 20 t are still bought, 30 above the limit; the penalty counts from the middle of 2027."""
    plan = solve(scenario("kind: budget, covers: [purchases], limit: 170, per: total, penalty: 2", ONE), "money={discount_rate: 10 %}")
    assert plan.costs["policy_penalties"] == pytest.approx(60 / 1.1**1.5)


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("limit: 16, per: period", "year", 360),
        ("limit: 16, per: year", "quarter", 360),
        ("limit: 4, per: period", "quarter", 360),
        ("limit: 34, per: total", "year", 320),
        ("limit: 34, per: total, penalty: 15", "year", 290),
        ("limit: 34, per: total, penalty: 25", "year", 320),
        ("limit: 16, per: year, penalty: 15", "quarter", 320),
    ],
)
def test_max_emissions(policy: str, step: str, cost: float, solve: Solve) -> None:
    """2 t CO2e a tonne: 16 a year allow 8 t (2 short at 50), 34 in all 17 t. A tonne saves 40, at 15 it costs 30 of penalty: 200 + 6·15,
    or by the year 200 + 8·15; at 25 it costs 50."""
    assert solve(scenario(f"kind: max_emissions, {policy}", ONE, step)).total_cost == pytest.approx(cost)


def test_max_emissions_counts_processes(solve: Solve) -> None:
    """Each tonne of metal takes 2 of ore (4 t CO2e) and emits 1 more: 20 a year allow 4 t, at 20 each; 6 run short."""
    text = scenario("kind: max_emissions, limit: 20", ONE).replace("ore: {unit: t}", "ore: {unit: t}, metal: {unit: t}")
    text = text.replace("plants: {material: ore", "plants: {material: metal")
    plan = solve(text + "processes: {smelter: {inputs: {ore: 2}, outputs: {metal: 1}, emissions: 1}}\n")
    assert plan.total_cost == pytest.approx(2 * (80 + 300))
    assert price(plan, "max_emissions", "2026") == pytest.approx(6)


STORES = """
horizon: {start: 2026, end: 2028, step: STEP}
materials: {ore: {unit: t, disposal_cost: 7}, fine: {unit: kg, disposal_cost: 0.007}}
stockpiles: {one: {material: ore, initial: 6}, two: {material: fine, initial: 6000}}
policies: {rule: POLICY}
"""


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("limit: 10", "year", 14),
        ("limit: 10", "quarter", 14),
        ("limit: 10, per: total", "year", 14),
        ("limit: 10, penalty: 3", "year", 12),
        ("limit: 10, penalty: 3", "quarter", 14),
        ("limit: 10, penalty: 3, from: 2027", "year", 6),
    ],
)
def test_stock_limit(policy: str, step: str, cost: float, solve: Solve) -> None:
    """6 t and 6000 kg under 10 t: 2 t are thrown away at 7. Soft at 3 a tonne and period: 2·2·3 = 12 over two years, 6 in one, but
    48 over eight quarters. Levels do not add up over time, so that `per` changes nothing."""
    assert solve(scenario(f"kind: stock_limit, stockpiles: [one, two], {policy}", STORES, step)).total_cost == pytest.approx(cost)


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("per: period", "year", 1280),
        ("per: year", "year", 1280),
        ("per: year", "quarter", 1280),
        ("per: period", "quarter", 1280),
        ("per: total", "year", 1220),
        ("per: total", "quarter", 1220),
        ("per: total, penalty: 8", "year", 1112),
        ("per: period, penalty: 15", "year", 1175),
        ("per: period, penalty: 40", "year", 1280),
    ],
)
def test_min_service(policy: str, step: str, cost: float, solve: Solve) -> None:
    """Ore costs 60 in 2026 and 80 in 2027, a shortage 50. 70 %: by the year (420 + 150) + (560 + 150) = 1280; in total 14 t, 10 of them in
    2026: 600 + 320 + 300 = 1220. At a penalty of 8 nothing is served (1000 + 14·8); at 15 it pays in 2026 only: 570 + 500 + 7·15."""
    text = scenario(f"kind: min_service, share: 70 %, {policy}", ONE, step).replace("price: 10", "price: {2026: 60, 2027: 80}")
    assert solve(text).total_cost == pytest.approx(cost)


def test_min_service_of_one_demand_leaves_others_alone(solve: Solve) -> None:
    """`plants` must have 7 of 10 t at 60, `spare` may run short at 1."""
    text = scenario("kind: min_service, demands: [plants], share: 70 %", ONE).replace("price: 10", "price: 60").replace("end: 2028", "end: 2027")
    plan = solve(text.replace("demands: {", "demands: {spare: {material: ore, quantity: 10, shortage: 1}, "))
    assert plan.total_cost == pytest.approx(420 + 150 + 10)
    assert price(plan, "service_level", "2026") == pytest.approx(10)


COVER = ONE + "stockpiles: {pile: {material: ore}}\n"


@pytest.mark.parametrize(
    ("policy", "step", "cost"),
    [
        ("days: 73.05", "year", 220),
        ("days: 73.05", "quarter", 220),
        ("days: 73.05, per: total", "year", 220),
        ("days: 73.05, penalty: 3", "year", 206),
        ("days: 73.05, penalty: 3", "quarter", 206),
        ("days: 73.05, penalty: 11", "quarter", 220),
        ("days: 73.05, penalty: 3, from: 2027", "year", 206),
        ("days: 146.1, until: 2027", "year", 200),
    ],
)
def test_min_cover(policy: str, step: str, cost: float, solve: Solve) -> None:
    """73.05 days of 10 t/yr are 2 t, bought at 10 beside the 20 t of use. Soft at 3 a tonne: what is bought a period early covers all periods but the
    last, which is missed by 2 t: 200 + 6, unless the penalty is above the price. A reserve asked for in 2026 only is used in 2027."""
    assert solve(scenario(f"kind: min_cover, {policy}", COVER, step)).total_cost == pytest.approx(cost)


def test_min_cover_without_a_store_has_no_plan_and_says_why(solve: Solve) -> None:
    with pytest.raises(NoPlanError) as caught:
        solve(scenario("kind: min_cover, days: 30", ONE))
    assert [conflict.rule for conflict in caught.value.conflicts] == ["min_cover"]


def test_violations_are_tabled_by_window(solve: Solve) -> None:
    """All 10 t of a year are bought, for 20 above the limit of 80."""
    plan = solve(scenario("kind: budget, covers: [purchases], limit: 80, per: year, penalty: 2", ONE, "quarter"))
    rows = plan.tables["violations"].set_index("period")["value"].to_dict()
    assert rows == {"2026": pytest.approx(20), "2027": pytest.approx(20)}
