"""Demands by hand: substitutes, shortage tiers, least service, returns."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, price, total

MAGNETS = """
horizon: {start: 2027, end: 2028, step: year}
materials: {dy: {unit: t}, tb: {unit: t}}
suppliers:
  dy_mine: {material: dy, country: AA, capacity: 100, price: 100}
  tb_mine: {material: tb, country: AA, capacity: 100, price: 50}
demands: {magnets: {material: dy, quantity: 10, substitutes: {tb: {ratio: 0.6, cost: 40, max_share: 15 %}}}}
"""


def test_a_substitute_does_its_share_at_its_ratio(solve: Solve) -> None:
    """A unit by substitute costs .6·50 + 40 = 70: 1.5·70 + 8.5·100 = 955. Its extra cost stands in the line `process`."""
    plan = solve(MAGNETS)
    assert plan.total_cost == pytest.approx(955)
    assert plan.costs["process"] == pytest.approx(60)
    assert total(plan, "purchases", material="tb") == pytest.approx(0.9)
    assert total(plan, "demands", measure="substituted", by="tb") == pytest.approx(1.5)
    assert price(plan, "substitute_limit", "2027") == pytest.approx(30)


def test_a_substitute_starts_at_its_date(solve: Solve) -> None:
    """183 of 365 days of 15 %."""
    plan = solve(MAGNETS, "demands.magnets.substitutes.tb.from=2027-07-02")
    assert total(plan, "demands", measure="substituted") == pytest.approx(1.5 * 183 / 365)


def test_a_dear_substitute_is_left_alone(solve: Solve) -> None:
    assert solve(MAGNETS, "demands.magnets.substitutes.tb.ratio=1.3").total_cost == pytest.approx(1000)


SHORT = """
horizon: {start: 2026, end: 2027, step: year}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 8, price: 1}}
demands: {plants: {material: ore, quantity: 10, shortage: [{share: 10 %, cost: 20}, {cost: 500}]}}
"""


def test_the_least_harmful_cuts_come_first(solve: Solve) -> None:
    """8 t are bought, one is cut at 20 and one at 500."""
    plan = solve(SHORT)
    assert plan.total_cost == pytest.approx(528)
    assert [total(plan, "demands", by=f"tier {i}") for i in (1, 2)] == pytest.approx([1, 1])
    assert price(plan, "shortage_tier", "2026") == pytest.approx(480)
    assert price(plan, "demand_balance", "2026") == pytest.approx(500)


def test_demand_follows_growth_and_events(solve: Solve) -> None:
    """10 t/yr times 1.5 for 183 of the 365 days of 2027 (after growth of 10 %): 11·(1 + .5·183/365), 8 t of it served."""
    plan = solve(
        SHORT.replace("end: 2027", "end: 2028") + "events: {boom: {from: 2027-07-02, demand: 150 %}}\n",
        "demands.plants.quantity={start: 10, growth: 10 %}",
        "demands.plants.shortage=20",
    )
    assert total(plan, "demands", measure="wanted", period="2027") == pytest.approx(11 * (1 + 0.5 * 183 / 365))
    assert plan.total_cost == pytest.approx(16 + 20 * (2 + 11 * (1 + 0.5 * 183 / 365) - 8))


def test_least_service_is_kept_whatever_it_costs(solve: Solve) -> None:
    """4 of 10 t at 1000, though a shortage costs 20; one more that must be served costs 980."""
    plan = solve(SHORT, "suppliers.mine.price=1000", "demands.plants.shortage=20", "demands.plants.min_service=40 %")
    assert plan.total_cost == pytest.approx(4000 + 120)
    assert price(plan, "min_service", "2026") == pytest.approx(980)


def test_substitutes_count_as_served(solve: Solve) -> None:
    """Dy is forbiddingly dear, so that the 15 % that must be served come from the substitute at 70; the rest runs short at 80."""
    plan = solve(MAGNETS, "suppliers.dy_mine.price=9000", "demands.magnets.min_service=15 %", "demands.magnets.shortage=80")
    assert plan.total_cost == pytest.approx(1.5 * 70 + 8.5 * 80)


RETURNS = """
horizon: {start: 2026, end: 2030, step: year}
materials: {ore: {unit: t}, scrap: {unit: t, disposal_cost: 4}}
suppliers: {mine: {material: ore, country: AA, capacity: 100, price: 10}}
demands: {plants: {material: ore, quantity: 10, returns: {material: scrap, ratio: 0.5, after: 18 months}}}
"""


def test_scrap_returns_after_its_delay(solve: Solve) -> None:
    """10 t served in a year return 5 t of scrap, half of it 1 and half 2 years later: 0, 2.5, 5, 5 inside the horizon, each at 4."""
    plan = solve(RETURNS)
    assert [total(plan, "disposals", period=str(year)) for year in range(2026, 2030)] == pytest.approx([0, 2.5, 5, 5])
    assert plan.total_cost == pytest.approx(400 + 50)


def test_scrap_closes_the_loop(solve: Solve) -> None:
    """Recycled at 1, scrap yields .8 of ore: 12.5 t give 10 t, so 30 t are bought."""
    plan = solve(RETURNS + "processes: {recycling: {inputs: {scrap: 1}, outputs: {ore: 0.8}, cost: 1}}\n")
    assert plan.total_cost == pytest.approx(300 + 12.5)


def test_what_a_substitute_serves_returns_too(solve: Solve) -> None:
    """All units served count, 10 a year, though 15 % are done with another material: 1 t of scrap each at 3, in the same year."""
    plan = solve(MAGNETS + "", "materials.scrap={disposal_cost: 3}", "demands.magnets.returns={material: scrap, ratio: 1}")
    assert plan.total_cost == pytest.approx(955 + 30)
