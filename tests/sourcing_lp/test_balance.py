"""Material balances: what is on its way, what may be thrown away, what a unit is worth, and the balance from solved values."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner
from planner.errors import NoPlanError
from planner.plan import Plan
from tests.oracle.random_scenarios import write
from tests.samples import some
from tests.sourcing_lp.plan_reading import Solve, price, total

TRANSIT = """
horizon: {start: 2026-01, end: 2026-03, step: month}
materials: {ore: {unit: t, disposal_cost: 2}}
suppliers: {mine: {material: ore, country: AA, capacity: 999, price: 7}}
demands: {plants: {material: ore, quantity: 120}}
in_transit: [{material: ore, quantity: 12, arrives: 2026-01-31}]
"""


def test_what_is_on_its_way_arrives_in_its_period(solve: Solve) -> None:
    """12 t arrive in January, which wants 10: 2 t are disposed of at 2 each; February's 10 are bought at 7."""
    plan = solve(TRANSIT)
    assert plan.total_cost == pytest.approx(4 + 70)
    assert total(plan, "arrivals", source="in_transit", period="2026-01") == pytest.approx(12)


def test_the_first_day_of_a_period_belongs_to_it(solve: Solve) -> None:
    """Arriving on 1 February, the 12 t come too late for January's 10."""
    assert solve(TRANSIT.replace("2026-01-31", "2026-02-01")).total_cost == pytest.approx(70 + 4)


def test_what_arrives_after_the_horizon_is_left_out(solve: Solve) -> None:
    assert solve(TRANSIT.replace("2026-01-31", "2026-03-01")).total_cost == pytest.approx(140)


def test_a_surplus_without_outlet_has_no_plan_and_the_balance_says_so(solve: Solve) -> None:
    """Scrap arrives that nobody uses; its balance has no variable at all."""
    text = TRANSIT.replace("materials: {", "materials: {scrap: {unit: t}, ").replace("[{material: ore", "[{material: scrap")
    with pytest.raises(NoPlanError) as caught:
        solve(text)
    assert [(conflict.rule, conflict.rows) for conflict in caught.value.conflicts] == [("material_balance", ("material_balance(scrap,home,2026_01)",))]


@pytest.mark.parametrize(
    ("more", "worth"),
    [
        ("", 7.0),
        ("stockpiles: {pile: {material: ore, initial: 3}}\n", 7.0),
        ("contracts: {frame: {supplier: mine, quantity: 60, price: 5}}\n", 7.0),
        ("contracts: {frame: {supplier: mine, quantity: 600, price: 5}}\n", 5.0),
        ("processes: {sieve: {inputs: {ore: 1}, outputs: {ore: 0.5}}}\n", 7.0),
        ("suppliers: {near: {material: ore, country: BB, capacity: 60, price: 3}}\n", 7.0),
    ],
    ids=["plain", "stock", "contract", "contract alone", "process", "two suppliers"],
)
def test_the_dual_is_what_one_more_unit_there_and_then_saves(more: str, worth: float, solve: Solve) -> None:
    """Whatever stands on the two sides of the balance, and however Pyomo orders them."""
    text = TRANSIT.replace("quantity: 12,", "quantity: 1,")
    if more.startswith("suppliers"):
        text, more = text.replace("price: 7}}", "price: 7}, " + more[len("suppliers: {") :].rstrip("\n").removesuffix("}") + "}"), ""
    plan, richer = solve(text + more), solve((text + more).replace("quantity: 1, arrives", "quantity: 2, arrives"))
    assert price(plan, "material_balance", "2026-01") == pytest.approx(worth)
    assert plan.total_cost - richer.total_cost == pytest.approx(worth)


def test_where_nothing_comes_in_a_unit_is_worth_what_is_missing(solve: Solve) -> None:
    """Nobody sells: the balance has no inflow, and a unit saves a shortage of 50."""
    plan = solve("""
horizon: {start: 2026, end: 2027, step: year}
materials: {ore: {unit: t}}
demands: {plants: {material: ore, quantity: 3, shortage: 50}}
""")
    assert plan.total_cost == pytest.approx(150)
    assert price(plan, "material_balance", "2026") == pytest.approx(50)


def rest(plan: Plan, material: str, party: str, period: str, ratios: dict[tuple[str, str], float]) -> tuple[float, float]:
    """(inflow - outflow, size) of one balance from the tables of a plan, for a material that no route carries and no use returns."""
    keys = {"material": material, "party": party, "period": period}
    ins = total(plan, "arrivals", **keys) + total(plan, "processes", measure="made", **keys) + total(plan, "stockpiles", measure="draw", **keys)
    outs = total(plan, "processes", measure="used", **keys) + total(plan, "stockpiles", measure="fill", **keys) + total(plan, "disposals", **keys)
    for demand in set(plan.tables["demands"]["demand"]):
        outs += ratios.get((demand, material), 1.0) * total(plan, "demands", demand=demand, by=material, party=party, period=period)
    return ins - outs, max(ins, outs)


@pytest.mark.parametrize("first", some(range(0, 24, 6)))
def test_every_balance_closes_in_the_tables(first: int, tmp_path: Path) -> None:
    """Recomputed from the result tables of random scenarios alone; what routes carry and uses return is left to planner.verify."""
    checked = 0
    for seed in range(first, first + 6):
        path = tmp_path / "random.yaml"
        write(seed, str(path))
        loaded = planner.load(path)
        scenario = loaded.scenario
        try:
            plan = planner.solve(loaded)
        except NoPlanError:
            continue
        apart = {m for route in scenario.routes.values() for m in route.materials} | {d.returns.material for d in scenario.demands.values() if d.returns}
        ratios = {(n, m): substitute.ratio for n, demand in scenario.demands.items() for m, substitute in demand.substitutes.items()}
        balances = [(m, g, p.label) for m in scenario.materials if m not in apart for g in scenario.party_ids for p in loaded.calendar.periods]
        for m, g, t in balances:
            missing, size = rest(plan, m, g, t, ratios)
            assert abs(missing) <= 1e-6 * max(size, 1e-3), (seed, m, g, t, missing)
            checked += size > 0
    assert checked > 20
