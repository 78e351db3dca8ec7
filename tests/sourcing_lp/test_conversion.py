"""Processes and routes by hand."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, price, total

SMELTER = """
horizon: {start: 2026, end: 2027, step: year}
materials: {ore: {unit: t}, metal: {unit: t}, slag: {unit: t, disposal_cost: 3}}
suppliers: {mine: {material: ore, country: AA, capacity: 100, price: 10}}
processes: {smelter: {inputs: {ore: 2}, outputs: {metal: 1, slag: 1}, cost: 5}}
demands: {plants: {material: metal, quantity: 4, shortage: 100}}
"""


def test_a_process_uses_makes_and_leaves_a_by_product(solve: Solve) -> None:
    """8 t of ore (80), 4 runs (20), 4 t of slag to dispose of (12)."""
    plan = solve(SMELTER)
    assert plan.total_cost == pytest.approx(112)
    assert [plan.costs["process"], plan.costs["disposal"]] == pytest.approx([20, 12])
    assert total(plan, "disposals", material="slag") == pytest.approx(4)
    assert price(plan, "material_balance", "2026", item="metal") == pytest.approx(28)
    assert price(plan, "material_balance", "2026", item="slag") == pytest.approx(-3)


def test_a_by_product_without_outlet_stops_the_process(solve: Solve) -> None:
    plan = solve(SMELTER, "materials.slag.disposal_cost=null")
    assert plan.total_cost == pytest.approx(400)
    assert total(plan, "processes", measure="activity") == 0


def test_a_by_product_may_be_sold_at_a_negative_disposal_cost(solve: Solve) -> None:
    """Slag is worth 8: 80 + 20 - 32."""
    assert solve(SMELTER, "materials.slag.disposal_cost=-8").total_cost == pytest.approx(68)


def test_capacity_of_a_process_after_events(solve: Solve) -> None:
    """Half of 6 runs: 3·28 + 100 short."""
    plan = solve(SMELTER + "events: {flood: {match: {processes: [smelter]}, capacity: 50 %}}\n", "processes.smelter.capacity=6")
    assert plan.total_cost == pytest.approx(184)
    assert price(plan, "process_capacity", "2026") == pytest.approx(72)


def test_a_project_enlarges_a_process(solve: Solve) -> None:
    """1 run more at a capex of 30 replaces a shortage of 100 by 28: 4·28 + 30."""
    plan = solve(SMELTER + "projects: {line: {adds_to: smelter, decide: {}, size: {max: 9}, capex: 30}}\n", "processes.smelter.capacity=3")
    assert plan.total_cost == pytest.approx(142)
    assert plan.commit == {"line": pytest.approx(1)}


def test_the_capacity_of_a_short_period_is_its_part_of_the_year(solve: Solve) -> None:
    """3 runs a year are 0.75 a quarter; a quarter wants 1 t."""
    plan = solve(SMELTER.replace("end: 2027, step: year", "end: 2026-04, step: quarter"), "processes.smelter.capacity=3")
    assert plan.total_cost == pytest.approx(0.75 * 28 + 0.25 * 100)


ROUTE = """
horizon: {start: 2026, end: 2028, step: year}
parties: {a: {}, b: {}}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 100, price: 10, sells_to: [a]}}
routes: {ship: {from: a, to: b, materials: [ore], cost: 2, loss: 10 %, lead_time: 6 months}}
demands: {plants: {party: b, material: ore, quantity: 9, shortage: 100}}
"""


def test_a_route_loses_on_the_way_and_takes_its_time(solve: Solve) -> None:
    """20 t sent in 2026 bring 9 t in each year: 20·(10 + 2) = 240."""
    plan = solve(ROUTE)
    assert plan.total_cost == pytest.approx(240)
    assert total(plan, "transfers", period="2026", from_="a", to="b") == pytest.approx(20)
    assert plan.costs["transport"] == pytest.approx(40)


def test_a_route_carries_what_it_can(solve: Solve) -> None:
    """15 t in 2026 bring 6.75 in each year; 5 t in 2027 add 2.25, and as much is lost to the horizon's end; 2.25 run short in 2026."""
    plan = solve(ROUTE, "routes.ship.capacity=15")
    assert plan.total_cost == pytest.approx(20 * 12 + 225)


def test_materials_share_a_route_in_units_of_the_first(solve: Solve) -> None:
    """10 t in all: 2000 kg of the dear dopant (short at 1 a kg) leave room for 8 of 10 t of ore (short at 100 a t)."""
    plan = solve("""
horizon: {start: 2026, end: 2027, step: year}
parties: {a: {}, b: {}}
materials: {ore: {unit: t}, dope: {unit: kg}}
suppliers:
  mine: {material: ore, country: AA, capacity: 100, price: 0, sells_to: [a]}
  lab: {material: dope, country: AA, capacity: 9000, price: 0, sells_to: [a]}
routes: {ship: {from: a, to: b, materials: [ore, dope], capacity: 10}}
demands: {plants: {party: b, material: ore, quantity: 10, shortage: 100}, chips: {party: b, material: dope, quantity: 2000, shortage: 1}}
""")
    assert plan.total_cost == pytest.approx(200)
    assert price(plan, "route_capacity", "2026") == pytest.approx(100)
