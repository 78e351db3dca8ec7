"""Stockpiles by hand: losses, floors, release, fills, what is left at the end."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, price, total

PILE = """
horizon: {start: 2026, end: 2028, step: year}
materials: {ore: {unit: t}}
stockpiles: {pile: {material: ore, initial: 10, floor: 8}}
demands: {plants: {material: ore, quantity: 5, shortage: 7}}
"""


@pytest.mark.parametrize("step", ["year", "quarter", "month"])
def test_stock_loses_its_share_a_year_on_any_grid(step: str, solve: Solve) -> None:
    """100 t lose 10 % a year: 81 t after two years."""
    plan = solve(f"""
horizon: {{start: 2026, end: 2028, step: {step}}}
materials: {{ore: {{unit: t}}}}
stockpiles: {{pile: {{material: ore, initial: 100, loss: 10 %}}}}
""")
    levels = plan.tables["stockpiles"]
    assert float(levels["value"].iloc[-1]) == pytest.approx(81)
    assert set(levels["measure"]) == {"stock"}


def test_what_is_lost_cannot_be_drawn(solve: Solve) -> None:
    """100 → 90, of which 45 are used; 45 → 40.5, so that 4.5 of 45 run short at 7."""
    plan = solve(PILE, "stockpiles.pile={initial: 100, loss: 10 %, floor: null}", "demands.plants.quantity=45")
    assert plan.total_cost == pytest.approx(31.5)
    assert total(plan, "stockpiles", measure="stock", period="2026") == pytest.approx(45)


def test_a_hard_floor_holds(solve: Solve) -> None:
    """Only 2 of 10 t may be used in all: 8 t short at 7. One more tonne of floor costs 7."""
    plan = solve(PILE)
    assert plan.total_cost == pytest.approx(56)
    assert price(plan, "stock_floor", "2027") == pytest.approx(7)


@pytest.mark.parametrize(("shortage", "cost"), [(7, 33), (5, 30), (2, 16)])
def test_a_soft_floor_is_undercut_where_it_pays(shortage: float, cost: float, solve: Solve) -> None:
    """3 a unit-year below the floor of 8. A tonne used in 2026 beyond the first 2 costs 6 of penalty, one used in 2027 costs 3.

    At 7 all 10 t are used: gaps of 3 and 8, 33. At 5 only 2 t in 2026 and 5 in 2027: a gap of 5 at the end (15), and 3 t short (15).
    At 2 no penalty is worth while: 2 t are used, 8 run short.
    """
    plan = solve(PILE, "stockpiles.pile.floor_penalty=3", f"demands.plants.shortage={shortage}")
    assert plan.total_cost == pytest.approx(cost)
    assert plan.costs["policy_penalties"] == pytest.approx(3 * total(plan, "stockpiles", measure="floor_gap"))


def test_a_soft_floors_penalty_counts_the_time_and_is_discounted(solve: Solve) -> None:
    """Half a year below by 4 t, in two quarters: 3 a unit-year, from the middle of each."""
    plan = solve(
        PILE.replace("end: 2028, step: year", "end: 2026-07, step: quarter"),
        "stockpiles.pile={initial: 4, floor_penalty: 3}",
        "demands.plants.quantity=0",
        "money={discount_rate: 10 %}",
    )
    assert plan.total_cost == pytest.approx(3 * 4 / 4 * (1.1**-0.125 + 1.1**-0.375))


RELEASE = """
horizon: {start: 2026, end: 2028, step: year}
materials: {ore: {unit: t}}
stockpiles: {pile: {material: ore, initial: 400, max_draw: 365, release: 2027-07-02}}
demands: {plants: {material: ore, quantity: 365, shortage: 2}}
"""


def test_the_release_date_counts_in_proportion(solve: Solve) -> None:
    """Shut in 2026; open for 183 of 365 days of 2027, at 365 t/yr: 365 + 182 t short at 2."""
    plan = solve(RELEASE)
    assert plan.total_cost == pytest.approx(2 * (365 + 182))
    assert total(plan, "stockpiles", measure="draw") == pytest.approx(183)


def test_without_a_rate_only_whole_periods_before_the_release_are_shut(solve: Solve) -> None:
    plan = solve(RELEASE, "stockpiles.pile.max_draw=null")
    assert plan.total_cost == pytest.approx(2 * 365)


def test_events_slow_the_draw(solve: Solve) -> None:
    """40 % of 183 t."""
    plan = solve(RELEASE + "events: {strike: {draw: 40 %}}\n")
    assert total(plan, "stockpiles", measure="draw") == pytest.approx(0.4 * 183)


def test_what_must_be_left_is_left(solve: Solve) -> None:
    """2 of 10 t may go: 8 t short at 7; one more tonne left costs 7 in present value."""
    plan = solve(PILE, "stockpiles.pile={floor: null, final: {min: 8}}")
    assert plan.total_cost == pytest.approx(56)
    assert float(plan.prices.set_index("rule")["value"]["final_stock"]) == pytest.approx(7)


def test_stock_is_refilled_to_the_initial_level(solve: Solve) -> None:
    """All 10 t of demand are bought at 3 in the end, whenever stock is drawn."""
    plan = solve(PILE + "suppliers: {mine: {material: ore, country: AA, capacity: 50, price: 3}}\n", "stockpiles.pile={floor: null, final: {min: initial}}")
    assert plan.total_cost == pytest.approx(30)
    assert total(plan, "stockpiles", measure="stock", period="2027") == pytest.approx(10)


@pytest.mark.parametrize(("value", "left"), [(6, 0), (8, 10)])
def test_the_end_value_decides_what_is_kept(value: float, left: float, solve: Solve) -> None:
    """A tonne used saves 7, a tonne kept is worth 6 or 8 (a credit, from the end of the horizon)."""
    plan = solve(PILE, f"stockpiles.pile={{floor: null, final: {{value: {value}}}}}")
    assert plan.total_cost == pytest.approx(7 * left - value * left)
    assert plan.costs["final_stock_value"] == pytest.approx(-value * left)


def test_the_end_value_is_discounted_from_the_end(solve: Solve) -> None:
    plan = solve(PILE, "stockpiles.pile={floor: null, final: {value: 100}}", "money={discount_rate: 10 %}")
    assert plan.costs["final_stock_value"] == pytest.approx(-1000 / 1.1**2)


FILL = """
horizon: {start: 2026, end: 2028, step: year}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 100, price: {2026: 10, 2027: 40}}}
stockpiles: {pile: {material: ore, max_fill: 6, fill_cost: 1, draw_cost: 2, holding_cost: 5}}
demands: {plants: {material: ore, quantity: {2026: 0, 2027: 10}}}
"""


def test_filling_is_limited_and_has_its_costs(solve: Solve) -> None:
    """A tonne by way of the store costs 10 + 1 + 5 + 2 = 18 and not 40: 6·18 + 4·40 = 268; one more unit of fill saves 22."""
    plan = solve(FILL)
    assert plan.total_cost == pytest.approx(268)
    assert plan.costs["storage"] == pytest.approx(6 * 8)
    assert price(plan, "fill_rate", "2026") == pytest.approx(22)


def test_holding_is_paid_by_the_year(solve: Solve) -> None:
    """On quarters the 6 t lie there at the end of four of them: 1.5 t are filled in each, so (1.5 + 3 + 4.5 + 6)/4 · 5 at most.

    Filling as late as the rate allows is all there is, since the rate binds in every quarter; in 2027 the store is emptied at once,
    as the first quarter wants 2.5 t, the second 2.5 and the third 1: levels 3.5, 1, 0.
    """
    plan = solve(FILL.replace("step: year", "step: quarter"))
    assert plan.costs["storage"] == pytest.approx(6 * 3 + 5 / 4 * (1.5 + 3 + 4.5 + 6 + 3.5 + 1))


def test_a_store_holds_its_capacity(solve: Solve) -> None:
    """3·18 + 7·40 = 334."""
    assert solve(FILL, "stockpiles.pile.capacity=3").total_cost == pytest.approx(334)


def test_a_project_enlarges_a_store(solve: Solve) -> None:
    """2 t more of store cost 4 each and save 22: 3·18 + 2·(18 + 4) + 5·40 = 298."""
    plan = solve(FILL + "projects: {hall: {adds_to: pile, decide: {latest: 2026}, size: {max: 2}, capex: 4}}\n", "stockpiles.pile.capacity=3")
    assert plan.total_cost == pytest.approx(298)
    assert plan.commit == {"hall": pytest.approx(2)}


def test_days_are_days_of_the_first_years_demand(solve: Solve) -> None:
    """73.05 of 365.25 days of 50 t/yr are 10 t, whatever demand and events do later."""
    plan = solve(PILE + "events: {boom: {demand: 3}}\n", "stockpiles.pile={initial: 73.05 days, floor: null}", "demands.plants.quantity={2026: 50, 2027: 500}")
    assert total(plan, "stockpiles", measure="draw") == pytest.approx(10)
    assert total(plan, "demands", measure="wanted") == pytest.approx(3 * 550)
