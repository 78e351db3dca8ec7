"""Suppliers by hand: tiers, the cutoff, lead times, prices and tariffs. No discounting unless a test says so."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, price, total

TIERS = """
horizon: {start: 2026-01, end: 2026-07, step: quarter}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, country: AA, capacity: 200, price: {tiers: [{quantity: 50, price: 10}, {quantity: 30, price: 14}, {price: 20}]}}
demands: {plants: {material: ore, quantity: 100}}
"""


def test_cheap_tiers_fill_first(solve: Solve) -> None:
    """Half a year of 50·10 + 30·14 + 20·20 = 1320."""
    plan = solve(TIERS)
    assert plan.total_cost == pytest.approx(660)
    assert [total(plan, "purchases", tier=j, period="2026-04") for j in (1, 2, 3)] == pytest.approx([12.5, 7.5, 5])
    assert price(plan, "tier_limit", "2026-01", item="mine.1") == pytest.approx(10)
    assert price(plan, "tier_limit", "2026-01", item="mine.2") == pytest.approx(6)


def test_parties_share_a_tier(solve: Solve) -> None:
    """Two parties want 40 t each: 50·10 + 30·14 = 920."""
    plan = solve("""
horizon: {start: 2026, end: 2027, step: year}
parties: {a: {}, b: {}}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 200, price: {tiers: [{quantity: 50, price: 10}, {price: 14}]}}}
demands: {one: {party: a, material: ore, quantity: 40}, two: {party: b, material: ore, quantity: 40}}
""")
    assert plan.total_cost == pytest.approx(920)


def test_parties_share_capacity_and_only_those_sold_to_buy(solve: Solve) -> None:
    """30 t for `a` alone at 10, and 20 t of the dear source for whom the other does not sell to: 300 + 20·25 + 10 short at 90 = 1700."""
    plan = solve("""
horizon: {start: 2026, end: 2027, step: year}
parties: {a: {}, b: {}}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, country: AA, capacity: 30, price: 10, sells_to: [a]}
  dear: {material: ore, country: BB, capacity: 20, price: 25}
demands: {one: {party: a, material: ore, quantity: 30, shortage: 90}, two: {party: b, material: ore, quantity: 30, shortage: 90}}
""")
    assert plan.total_cost == pytest.approx(1700)
    assert total(plan, "purchases", supplier="mine", party="b") == 0


CUTOFF = """
horizon: {start: 2027, end: 2028, step: year}
materials: {ore: {unit: t}}
suppliers:
  old: {material: ore, country: CN, capacity: 365, price: 10}
  new: {material: ore, country: AU, capacity: 365, price: 50}
demands: {plants: {material: ore, quantity: 200}}
events: {cutoff: {from: 2027-07-02, match: {country: [CN]}, spot: 0 %}}
"""


def test_a_cutoff_inside_a_period_acts_by_days(solve: Solve) -> None:
    """182 of 365 days are open, so 182 t at 10 and 18 t at 50: 2720; one tonne more let through saves 40."""
    plan = solve(CUTOFF)
    assert plan.total_cost == pytest.approx(2720)
    assert total(plan, "purchases", supplier="old") == pytest.approx(182)
    assert price(plan, "spot_gate", "2027") == pytest.approx(40)


def test_of_two_cutoffs_the_smaller_counts_at_each_instant(solve: Solve) -> None:
    """Half open for 182 days, shut for 183: 91 t at 10, 109 t at 50."""
    plan = solve(CUTOFF.replace("events: {", "events: {half: {match: {country: [CN]}, spot: 50 %}, "))
    assert plan.total_cost == pytest.approx(910 + 5450)


def test_a_cutoff_takes_its_share_of_what_events_leave_of_capacity(solve: Solve) -> None:
    """Capacity falls to 80 % of 365 = 292, of which 25 % are open: 73 t."""
    plan = solve(CUTOFF.replace("from: 2027-07-02, match: {country: [CN]}, spot: 0 %", "match: {country: [CN]}, spot: 25 %, capacity: 80 %"))
    assert total(plan, "purchases", supplier="old") == pytest.approx(73)


def test_a_cutoff_for_one_party_leaves_the_other_alone(solve: Solve) -> None:
    """`a` pays 50 for its 10 t, `b` still pays 10."""
    plan = solve("""
horizon: {start: 2027, end: 2028, step: year}
parties: {a: {}, b: {}}
materials: {ore: {unit: t}}
suppliers:
  old: {material: ore, country: CN, capacity: 365, price: 10}
  new: {material: ore, country: AU, capacity: 365, price: 50}
demands: {one: {party: a, material: ore, quantity: 10}, two: {party: b, material: ore, quantity: 10}}
events: {cutoff: {match: {country: [CN], parties: [a]}, spot: 0 %}}
""")
    assert plan.total_cost == pytest.approx(600)


LEAD = """
horizon: {start: 2026-01, end: 2026-05, step: month}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AA, capacity: 120, price: 2, lead_time: 1.5 months}}
demands: {plants: {material: ore, quantity: 60, shortage: 100}}
"""


def test_a_shipment_arrives_spread_over_two_periods(solve: Solve) -> None:
    """5 t are wanted a month. 10 t shipped in January serve February and March; nothing can serve January (500).

    10 t shipped in March serve April; their other half lands after the horizon and is not charged: 500 + 20 + 10 = 530.
    """
    plan = solve(LEAD)
    assert plan.total_cost == pytest.approx(530)
    assert [total(plan, "arrivals", period=month) for month in ("2026-01", "2026-02", "2026-03", "2026-04")] == pytest.approx([0, 5, 5, 5])
    assert total(plan, "purchases", period="2026-03") == pytest.approx(10)


def test_freight_and_tariff_follow_what_lands(solve: Solve) -> None:
    """15 t land, at 2 + 1 freight + 10 % of 2: 500 + 15·3.2 = 548."""
    plan = solve(LEAD, "suppliers.mine.freight=1", "suppliers.mine.tariff=10 %")
    assert plan.total_cost == pytest.approx(548)
    assert plan.costs["freight"] == pytest.approx(15)
    assert plan.costs["tariffs"] == pytest.approx(3)


def test_goods_shipped_before_a_cutoff_still_arrive(solve: Solve) -> None:
    """Lead time a month, cutoff from February: February is served from January, all other months run short (5 t at 100)."""
    plan = solve(LEAD + "events: {cutoff: {from: 2026-02, spot: 0 %}}\n", "suppliers.mine.lead_time=1 month")
    assert plan.total_cost == pytest.approx(10 + 3 * 500)
    assert total(plan, "arrivals", period="2026-02") == pytest.approx(5)


def test_events_lengthen_lead_times(solve: Solve) -> None:
    """Half a month plus one month that the event adds is the 1.5 months of above."""
    plan = solve(LEAD + "events: {customs: {lead_time: 1 month}}\n", "suppliers.mine.lead_time=0.5 months")
    assert plan.total_cost == pytest.approx(530)


def test_price_factors_and_tariffs_enter_as_period_means(solve: Solve) -> None:
    """183 of 365 days at 150 % of the price and 20 % tariff; the two means multiply: 3650·(1 + .5·q)·(1 + .2·q), q = 183/365."""
    q = 183 / 365
    plan = solve(
        CUTOFF.replace("spot: 0 %", "price: 1.5, tariff: 20 %").replace("quantity: 200", "quantity: 365"),
    )
    assert plan.total_cost == pytest.approx(3650 * (1 + 0.5 * q) * (1 + 0.2 * q))
    assert plan.costs["purchases"] == pytest.approx(3650 + 0.5 * 10 * 183)


def test_a_dominated_supplier_changes_nothing(solve: Solve) -> None:
    plan = solve(CUTOFF, "suppliers.worse={material: ore, country: AU, capacity: 999, price: 51}")
    assert plan.total_cost == pytest.approx(2720)
    assert total(plan, "purchases", supplier="worse") == 0
