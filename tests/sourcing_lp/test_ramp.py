"""Projects by hand: ramps on every grid, life, salvage, capex stages, gates. 100 t/yr are wanted for four years, short at 10."""

from __future__ import annotations

import pytest

from tests.sourcing_lp.plan_reading import Solve, total

MINE = """
horizon: {HORIZON}
money: {discount_rate: 0}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AU, price: 1}}
projects: {pit: {adds_to: mine, decide: {latest: 2026-01}, size: {max: 100}, capex: 12, ramp: RAMP}}
demands: {plants: {material: ore, quantity: 100, shortage: 10}}
"""
YEARS = "start: 2026, end: 2030, step: year"
GRIDS = {
    "year": YEARS,
    "quarter": "start: 2026, end: 2030, step: quarter",
    "month": "start: 2026, end: 2030, step: month",
    "mixed": "start: 2026, steps: [{until: 2027, step: month}, {until: 2028, step: quarter}, {until: 2030, step: year}]",
}


def scenario(ramp: str, horizon: str = YEARS) -> str:
    return MINE.replace("HORIZON", horizon).replace("RAMP", ramp)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize(
    ("ramp", "served"),
    [
        ("4 years", 12.5 + 37.5 + 62.5 + 87.5),
        ("{delay: 1 year, full: 3 years}", 0 + 25 + 75 + 100),
        ("{delay: 18 months}", 0 + 50 + 100 + 100),
        ("{curve: [[1 year, 0 %], [2 years, 40 %], [2 years, 100 %]]}", 0 + 20 + 100 + 100),
        ("{curve: {6 months: 20 %, 18 months: 100 %}}", 20 + 90 + 100 + 100),
    ],
    ids=["linear", "delayed", "at once", "jump", "steep"],
)
def test_ramps_agree_on_every_grid(ramp: str, served: float, grid: str, solve: Solve) -> None:
    """A mine of 100 t/yr costs 1200; what its ramp yields is bought at 1, the rest of 400 t runs short at 10.

    The last ramp gives 20 % from 6 months on (a jump), then a line to 100 % at 18 months: .5 y·(.2+.6)/2 = 20 t in the first year and
    .5 y·(.6+1)/2 + .5 y = 90 t in the second.
    """
    plan = solve(scenario(ramp, GRIDS[grid]))
    assert plan.total_cost == pytest.approx(1200 + served + 10 * (400 - served))
    assert plan.commit == {"pit": pytest.approx(100)}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("delay", ["0 years", "1 year"])
def test_capacity_is_gone_at_the_end_of_its_life(grid: str, delay: str, solve: Solve) -> None:
    """18 months of production, which start when the ramp leaves 0: 150 t, whenever that is."""
    plan = solve(scenario(f"{{delay: {delay}}}", GRIDS[grid]), "projects.pit.life=18 months")
    assert plan.total_cost == pytest.approx(1200 + 150 + 2500)


def test_a_life_that_begins_with_a_slow_ramp(solve: Solve) -> None:
    """Linear over 2 years and gone after 3: 25 + 75 + 100 + 0."""
    plan = solve(scenario("2 years"), "projects.pit.life=3 years")
    assert [total(plan, "capacity", part="pit", period=str(year)) for year in range(2026, 2030)] == pytest.approx([25, 75, 100, 0])


def test_salvage_is_the_unused_share_of_life(solve: Solve) -> None:
    """After 4 of 10 years 60 % of 1200 come back at the end: 1200 + 400 - 720 = 880."""
    plan = solve(scenario("0 years"), "projects.pit.life=10 years", "projects.pit.salvage=straight_line")
    assert plan.total_cost == pytest.approx(880)
    assert plan.costs["salvage"] == pytest.approx(-720)


def test_salvage_is_discounted_from_the_end_and_capex_from_its_date(solve: Solve) -> None:
    """Decided in 2028 only: capex after 2 years, life used for 2 of 10."""
    plan = solve(
        scenario("0 years"),
        "projects.pit.life=10 years",
        "projects.pit.salvage=straight_line",
        "projects.pit.decide={earliest: 2028, latest: 2028}",
        "money.discount_rate=10 %",
    )
    assert plan.costs["capex"] == pytest.approx(1200 / 1.1**2)
    assert plan.costs["salvage"] == pytest.approx(-0.8 * 1200 / 1.1**4)
    assert plan.costs["purchases"] == pytest.approx(100 / 1.1**2.5 + 100 / 1.1**3.5)


def test_life_that_starts_late_is_unused_longer(solve: Solve) -> None:
    """Production starts after 2 years, so 2 of 10 years are used at the end: 80 % of 1200."""
    plan = solve(scenario("{delay: 2 years, full: 3 years}"), "projects.pit.life=10 years", "projects.pit.salvage=straight_line")
    assert plan.costs["salvage"] == pytest.approx(-960)


def test_stages_after_the_horizon_are_neither_paid_nor_salvaged(solve: Solve) -> None:
    """4 at once and 5 after 3 years are paid; 100 at the very end of the horizon is not: 900, of which 60 % come back."""
    stages = "{stages: [{after: 0 months, cost: 4}, {after: 3 years, cost: 5}, {after: 4 years, cost: 100}]}"
    plan = solve(scenario("0 years"), f"projects.pit.capex={stages}", "projects.pit.life=10 years", "projects.pit.salvage=straight_line")
    assert plan.costs["capex"] == pytest.approx(900)
    assert plan.costs["salvage"] == pytest.approx(-540)


COMMITTED = """
horizon: {start: 2026, end: 2030, step: year}
money: {discount_rate: 10 %}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, country: AU, price: 1}}
projects:
  pit: {adds_to: mine, committed: 2025-01, size: 100, capex: {stages: [{cost: 7}, {after: 18 months, cost: 5}, {after: 9 years, cost: 3}]},
        ramp: {delay: 1 year, full: 3 years}, fixed_cost: 2, life: 11 years, salvage: straight_line}
demands: {plants: {material: ore, quantity: 100, shortage: 10}}
"""


def test_committed_projects_enter_as_facts(solve: Solve) -> None:
    """Decided a year before: 25, 75, 100, 100 t. The first stage is sunk, the second falls due in mid-2026, the third after the horizon.

    Production began with 2026 and lasts 11 years, of which 4 are used: 7/11 of the 500 paid inside the horizon come back.
    """
    plan = solve(COMMITTED)
    mid = [1.1 ** -(year + 0.5) for year in range(4)]
    flows = [25, 75, 100, 100]
    assert plan.costs["capex"] == pytest.approx(500 / 1.1**0.5)
    assert plan.costs["purchases"] == pytest.approx(sum(d * x for d, x in zip(mid, flows, strict=True)))
    assert plan.costs["fixed_cost"] == pytest.approx(sum(2 * d * x for d, x in zip(mid, flows, strict=True)))
    assert plan.costs["shortage"] == pytest.approx(sum(10 * d * (100 - x) for d, x in zip(mid, flows, strict=True)))
    assert plan.costs["salvage"] == pytest.approx(-500 * 7 / 11 / 1.1**4)


def test_fixed_cost_falls_on_available_capacity(solve: Solve) -> None:
    """Linear over 4 years: 200 t of capacity over the horizon, at 2."""
    plan = solve(scenario("4 years"), "projects.pit.fixed_cost=2")
    assert plan.costs["fixed_cost"] == pytest.approx(400)
    assert plan.total_cost == pytest.approx(3400 + 400)


def test_a_gate_lets_a_share_of_the_size_through(solve: Solve) -> None:
    """40 % of 100 t/yr in 2026; the rest cannot be decided later: 480 + 160 + 240·10."""
    plan = solve(scenario("0 years") + "events: {freeze: {until: 2027, commitments: 40 %}}\n")
    assert plan.commit == {"pit": pytest.approx(40)}
    assert plan.total_cost == pytest.approx(480 + 160 + 2400)


def test_a_project_is_split_where_a_gate_makes_it_worth_while(solve: Solve) -> None:
    """40 t/yr in 2026 and the other 60 in 2027, so 40 + 100 + 100 + 100 t: 1200 + 340 + 60·10. Together they stay within the size."""
    plan = solve(scenario("0 years") + "events: {freeze: {until: 2027, commitments: 40 %}}\n", "projects.pit.decide.latest=2029")
    assert [total(plan, "commitments", period=str(year)) for year in (2026, 2027, 2028)] == pytest.approx([40, 60, 0])
    assert plan.total_cost == pytest.approx(1200 + 340 + 600)


@pytest.mark.parametrize(("share", "size"), [("0 %", 0.0), ("50 %", 100.0)])
def test_without_a_largest_size_only_a_shut_gate_closes(share: str, size: float, solve: Solve) -> None:
    plan = solve(scenario("0 years") + f"events: {{freeze: {{commitments: {share}}}}}\n", "projects.pit.size.max=null")
    assert plan.commit.get("pit", 0.0) == pytest.approx(size)
