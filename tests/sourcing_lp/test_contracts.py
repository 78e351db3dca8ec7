"""Contracts by hand: take-or-pay against breach, signing, gates, windows, honoured shares."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, price, total

DUTY = """
horizon: {start: 2026, end: 2027, step: year}
materials: {ore: {unit: t}}
suppliers:
  seller: {material: ore, country: CN, price: 60, capacity: 100}
contracts: {frame: {supplier: seller, quantity: 10, price: 100, take_or_pay: 80 %, breach_price: BREACH}}
demands: {plants: {material: ore, quantity: 10}}
"""


@pytest.mark.parametrize(("breach", "cost", "lifted"), [(30, 840, 0), (39, 912, 0), (40, 920, None), (41, 920, 8), (50, 920, 8)])
def test_take_or_pay_against_breach(breach: float, cost: float, lifted: float | None, solve: Solve) -> None:
    """Peers M7: breach 8 t and buy all 10 at 60, or take 8 at 100 and buy 2: min(600 + 8h, 920); a tie at h = 40."""
    plan = solve(DUTY.replace("BREACH", str(breach)))
    assert plan.total_cost == pytest.approx(cost)
    if lifted is not None:
        assert total(plan, "contracts", measure="lifted") == pytest.approx(lifted)
        assert total(plan, "contracts", measure="breached") == pytest.approx(8 - lifted)
        assert price(plan, "take_or_pay", "2026") == pytest.approx(min(breach, 40))


def test_breach_costs_the_price_unless_said_otherwise(solve: Solve) -> None:
    """At a price of 100 lifting what is needed anyway is cheaper; of 4 t wanted, all are lifted, and 4 of the minimum of 8 are paid for."""
    plan = solve(DUTY.replace(", breach_price: BREACH", "").replace("material: ore, quantity: 10", "material: ore, quantity: 4"))
    assert plan.costs["contracts"] == pytest.approx(400)
    assert plan.costs["breach"] == pytest.approx(400)


def test_duties_shrink_with_what_is_honoured(solve: Solve) -> None:
    """Half is honoured: a minimum of 4, breached at 30: 600 + 120."""
    plan = solve(DUTY.replace("BREACH", "30") + "events: {licence: {contracts: 50 %}}\n")
    assert plan.total_cost == pytest.approx(720)


def test_contracts_use_the_suppliers_capacity_but_pass_the_cutoff(solve: Solve) -> None:
    """8 t of capacity: 6 by contract at 5. Before the cutoff 2 more at 60; after it none, and 4 run short at 500."""
    text = DUTY.replace("quantity: 10, price: 100, take_or_pay: 80 %, breach_price: BREACH", "quantity: 6, price: 5").replace("capacity: 100", "capacity: 8")
    text = text.replace("quantity: 10}", "quantity: 10, shortage: 500}")
    assert solve(text).total_cost == pytest.approx(30 + 120 + 2 * 500)
    assert solve(text + "events: {cutoff: {match: {country: [CN]}, spot: 0 %}}\n").total_cost == pytest.approx(30 + 4 * 500)


def test_a_contract_holds_between_its_dates_by_days(solve: Solve) -> None:
    """From 2 July 2027: 183 of 365 days of 365 t/yr at 1, the other 182 t at 60."""
    text = DUTY.replace("start: 2026, end: 2027, step", "start: 2027, end: 2028, step").replace("capacity: 100", "capacity: 400")
    text = text.replace("quantity: 10, price: 100, take_or_pay: 80 %, breach_price: BREACH", "quantity: 365, price: 1, start: 2027-07-02")
    plan = solve(text.replace("quantity: 10}", "quantity: 365}"))
    assert total(plan, "contracts", measure="lifted") == pytest.approx(183)
    assert plan.total_cost == pytest.approx(183 + 182 * 60)


def test_a_lift_that_lands_after_the_horizon_fulfils_the_duty_without_charge(solve: Solve) -> None:
    """All that ships in a year lands in the next: in 2027 the 8 t of duty ship free of charge. In 2026 they serve 2027 at 100 or are
    breached at 39, which with 60 for the same tonne is cheaper: 10·60 + 8·39, and 2026 itself runs short (10 at 200)."""
    text = DUTY.replace("end: 2027", "end: 2028").replace("BREACH", "39").replace("price: 60, cap", "price: 60, lead_time: 1 year, cap")
    plan = solve(text.replace("quantity: 10}", "quantity: 10, shortage: 200}"))
    assert plan.total_cost == pytest.approx(2000 + 600 + 312)
    assert total(plan, "contracts", measure="lifted", period="2027") >= 8 - 1e-6


OPTION = """
horizon: {start: 2026, end: 2028, step: year}
materials: {ore: {unit: t}}
suppliers:
  seller: {material: ore, country: CN, price: 90, capacity: 100}
  other: {material: ore, country: AU, price: 60, capacity: 100}
contracts: {offer: {supplier: seller, quantity: 10, price: 50, take_or_pay: 100 %, sign: {latest: 2026-12}}}
demands: {plants: {material: ore, quantity: {2026: 10, 2027: 4}}}
"""


def test_a_share_of_an_offer_is_signed(solve: Solve) -> None:
    """Up to 4 t the contract saves 10 in both years; beyond, it saves 10 in 2026 and costs 50 in 2027. So 40 %: 200 + 360 + 200."""
    plan = solve(OPTION)
    assert plan.total_cost == pytest.approx(760)
    assert total(plan, "contracts", measure="signed") == pytest.approx(0.4)
    assert total(plan, "contracts", measure="breached") == pytest.approx(0)


def test_rights_and_duties_begin_at_the_signing_period(solve: Solve) -> None:
    """Signed in 2027 at the earliest: 10 at 60, then 10 at 50."""
    plan = solve(OPTION, "contracts.offer.sign={earliest: 2027, latest: null}", "demands.plants.quantity=10")
    assert plan.total_cost == pytest.approx(1100)


def test_a_contract_is_signed_at_most_once_over(solve: Solve) -> None:
    """Offered in both years, wanted three times over: 10 t at 50 and 20 at 60, twice."""
    plan = solve(OPTION, "contracts.offer.sign.latest=null", "demands.plants.quantity=30")
    assert plan.total_cost == pytest.approx(2 * (500 + 1200))
    assert total(plan, "contracts", measure="signed") == pytest.approx(1)


@pytest.mark.parametrize(
    ("event", "share"), [("spot: 30 %", 0.3), ("commitments: 20 %", 0.2), ("spot: 30 %, commitments: 20 %", 0.2), ("spot: 0 %", 0.0), ("contracts: 100 %", 1.0)]
)
def test_events_bound_what_may_be_signed(event: str, share: float, solve: Solve) -> None:
    """10 t are wanted in both years; each share signed saves 10 on 10 t, twice."""
    plan = solve(OPTION + f"events: {{cutoff: {{until: 2027, match: {{country: [CN]}}, {event}}}}}\n", "demands.plants.quantity=10")
    assert plan.total_cost == pytest.approx(1200 - 200 * share)
    assert total(plan, "contracts", measure="signed") == pytest.approx(share)


def test_after_the_gate_the_rest_is_signed(solve: Solve) -> None:
    """30 % in 2026 and 70 % in 2027: saves 30, then 100."""
    plan = solve(
        OPTION + "events: {cutoff: {until: 2027, match: {country: [CN]}, spot: 30 %}}\n", "demands.plants.quantity=10", "contracts.offer.sign.latest=null"
    )
    assert plan.total_cost == pytest.approx(1200 - 130)
    assert [total(plan, "contracts", measure="signed", period=year) for year in ("2026", "2027")] == pytest.approx([0.3, 0.7])
