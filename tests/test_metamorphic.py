"""Truths about any optimum that need no published number: how the cost must answer when the question changes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle.plans import ENTITIES, Json, changed, cost_of, plan_of, random_plan, renamed, scaled, seeds_with
from tests.oracle.random_scenarios import WORTH, random_scenario
from tests.oracle.reference_solver import load
from tests.samples import THOROUGH, number, some

CASES = Path(__file__).parent / "cases"
CASE_NAMES = sorted(path.stem for path in CASES.glob("*.yaml") if path.stem != "expected")
SEEDS = [0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14]
"""Random scenarios that have a plan; ``random_plan`` says so where one no longer does."""


def case(name: str) -> Json:
    return load(CASES / f"{name}.yaml")


def not_more(relaxed: float, base: float) -> bool:
    """At most the base, but for rounding; infinity is the cost of an infeasible question."""
    return relaxed <= base or math.isclose(relaxed, base, rel_tol=1e-7)


def entities(scenario: Json, kind: str) -> list[Json]:
    return list(scenario.get(kind, {}).values())


# ------------------------------------------------------------------------------------------------------ relaxations
def more_capacity(scenario: Json) -> None:
    for supplier in entities(scenario, "suppliers"):
        supplier["capacity"] = scaled(supplier.get("capacity", 0), 1.4)


def one_more_supplier(scenario: Json) -> None:
    material = next(iter(scenario["demands"].values()))["material"]
    scenario["suppliers"]["newcomer"] = {"material": material, "country": "BR", "capacity": 40, "price": 0.5 * WORTH.get(material, 1.0), "lead_time": "40 days"}


def one_more_contract(scenario: Json) -> None:
    supplier, spec = next(iter(scenario["suppliers"].items()))
    party = spec.get("sells_to", [*scenario.get("parties", {"home": {}})])[0]
    offer = {"supplier": supplier, "party": party, "quantity": 30, "price": 0.4 * WORTH.get(spec["material"], 1.0), "take_or_pay": "50 %", "sign": {}}
    scenario.setdefault("contracts", {})["offer"] = offer


def lower_floors(scenario: Json) -> None:
    for pile in entities(scenario, "stockpiles"):
        if "floor" in pile:
            pile["floor"] = scaled(pile["floor"], 0.5)


def less_left_at_the_end(scenario: Json) -> None:
    for pile in entities(scenario, "stockpiles"):
        pile.get("final", {}).pop("min", None)


def longer_choice(scenario: Json) -> None:
    for project in entities(scenario, "projects"):
        if "decide" in project:
            project["decide"] = {}


def larger_projects(scenario: Json) -> None:
    for project in entities(scenario, "projects"):
        if "decide" in project:
            project["size"] = {"max": scaled(project["size"]["max"], 2.0)}


def no_policies(scenario: Json) -> None:
    scenario.pop("policies", None)


def more_on_the_way_that_may_be_disposed_of(scenario: Json) -> None:
    material = next(iter(scenario["demands"].values()))["material"]
    scenario["materials"][material]["disposal_cost"] = 0
    party = next(iter(scenario.get("parties", {"home": {}})))
    scenario.setdefault("in_transit", []).append({"party": party, "material": material, "quantity": 3, "arrives": scenario["horizon"]["start"]})


RELAXATIONS: list[Callable[[Json], None]] = [
    more_capacity, one_more_supplier, one_more_contract, lower_floors, less_left_at_the_end, longer_choice, larger_projects, no_policies,
    more_on_the_way_that_may_be_disposed_of,
]  # fmt: skip


def feels(relax: Callable[[Json], None]) -> Callable[[Json], bool]:
    """Whether a relaxation changes a scenario at all, and the scenario has a plan."""
    return lambda scenario: changed(scenario, relax) != scenario


@pytest.mark.parametrize("relax", RELAXATIONS, ids=lambda relax: relax.__name__)
def test_relaxing_never_raises_the_cost(relax: Callable[[Json], None]) -> None:
    """For some of the seeds it lowers the cost, or the relaxation would not be felt."""
    lowered = 0
    for seed in seeds_with(feels(relax), number(9) + 2):
        base = random_scenario(seed)
        before, after = cost_of(base), cost_of(changed(base, relax))
        assert not_more(after, before), f"seed {seed}: {before} -> {after}"
        lowered += after < before - 1e-6 * abs(before)
    assert lowered >= (2 if THOROUGH else 1)


@pytest.mark.parametrize("seed", some(SEEDS[:12]))
def test_a_later_cutoff_never_raises_the_cost(seed: int) -> None:
    base = random_scenario(seed)

    def cutoff_at(part: float) -> float:
        periods = random_plan(seed).record["figures"]["periods"]
        event = {"from": periods[int(part * (len(periods) - 1))]["start"], "spot": "0 %", "match": {"country": ["CN", "AU", "US"]}}
        return cost_of(changed(base, lambda scenario: scenario.setdefault("events", {}).update(closing=event)))

    costs = [cutoff_at(part) for part in (0.0, 0.4, 0.8)]
    assert not_more(costs[1], costs[0])
    assert not_more(costs[2], costs[1])
    assert not_more(random_plan(seed).total_cost, costs[2])


@given(day=st.integers(0, 340))
@settings(max_examples=number(12), deadline=None, derandomize=True, database=None)
def test_a_cutoff_later_by_days_never_raises_the_cost(day: int) -> None:
    """Inside a period the date acts in proportion, so three weeks more of the incumbent save money."""
    early, late = (case("cutoff_ramp") for _ in range(2))
    early["events"]["cutoff"]["from"] = f"2027-{day // 31 + 1:02}-{day % 28 + 1:02}"
    late["events"]["cutoff"]["from"] = f"2027-{day // 31 + 1:02}-{min(day % 28 + 22, 28):02}"
    later = late["events"]["cutoff"]["from"] > early["events"]["cutoff"]["from"]
    saved = cost_of(early) - cost_of(late)
    assert saved > 1.0 if later else saved == pytest.approx(0.0, abs=1e-6)


# ------------------------------------------------------------------------------------------------------------ scaling
MONEY_KEYS = (
    "price",
    "freight",
    "capex",
    "fixed_cost",
    "breach_price",
    "holding_cost",
    "draw_cost",
    "fill_cost",
    "floor_penalty",
    "cost",
    "disposal_cost",
    "shortage",
)
QUANTITY_KEYS = ("capacity", "size", "quantity", "initial", "floor", "max_draw", "max_fill")


def scale_keys(node: Any, keys: tuple[str, ...], factor: float) -> None:
    """Scale the values of some keys wherever they stand, maps and lists below them included."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        structured = isinstance(value, list) or (isinstance(value, dict) and {"tiers", "stages", "max"} & set(value))
        if (key == "max" and "size" in keys) or (key in keys and not structured):
            node[key] = scaled(value, factor)
        elif isinstance(value, dict | list):
            scale_keys(value, keys, factor)


def scale_money(scenario: Json, factor: float) -> None:
    for kind in ("materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes", "routes"):
        scale_keys(scenario.get(kind, {}), MONEY_KEYS, factor)
    for pile in entities(scenario, "stockpiles"):
        if "value" in pile.get("final", {}):
            pile["final"]["value"] = scaled(pile["final"]["value"], factor)
    for policy in entities(scenario, "policies"):
        if policy["kind"] == "budget":
            policy["limit"] = scaled(policy["limit"], factor)
        elif "penalty" in policy:
            policy["penalty"] = scaled(policy["penalty"], factor)


def scale_quantities(scenario: Json, factor: float) -> None:
    for kind in ("suppliers", "projects", "contracts", "demands", "processes", "routes"):
        scale_keys(scenario.get(kind, {}), QUANTITY_KEYS, factor)
    for pile in entities(scenario, "stockpiles"):
        for key in ("initial", "capacity", "floor", "max_draw", "max_fill"):
            if key in pile and "days" not in str(pile[key]):
                pile[key] = scaled(pile[key], factor)
        least = pile.get("final", {}).get("min", "initial")
        if least != "initial" and "days" not in str(least):
            pile["final"]["min"] = scaled(least, factor)
    for shipment in scenario.get("in_transit", []):
        shipment["quantity"] = scaled(shipment["quantity"], factor)
    for policy in entities(scenario, "policies"):
        if "limit" in policy:
            policy["limit"] = scaled(policy["limit"], factor)


@pytest.mark.parametrize("factor", [1e-6, 1e3])
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_scaling_money_scales_every_cost(seed: int, factor: float) -> None:
    """The plan costs ``factor`` times as much; where prices leave no tie it is the same plan, line by line."""
    plan, dearer = random_plan(seed), plan_of(changed(random_scenario(seed), lambda scenario: scale_money(scenario, factor)))
    assert dearer.total_cost == pytest.approx(factor * plan.total_cost, rel=1e-7)


@pytest.mark.parametrize("factor", [1e-4, 7.0, 1e5])
@pytest.mark.parametrize("name", CASE_NAMES)
def test_scaling_money_keeps_the_plan_of_a_case(name: str, factor: float) -> None:
    base = case(name)
    plan, dearer = plan_of(base), plan_of(changed(base, lambda scenario: scale_money(scenario, factor)))
    assert dearer.total_cost == pytest.approx(factor * plan.total_cost, rel=1e-7)
    assert {key: value / factor for key, value in dearer.costs.items()} == pytest.approx(plan.costs, rel=1e-7, abs=1e-7 * plan.total_cost)
    assert dearer.commit == pytest.approx(plan.commit)


@pytest.mark.parametrize("factor", [1e-4, 1e3])
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_scaling_quantities_scales_the_cost(seed: int, factor: float) -> None:
    bigger = plan_of(changed(random_scenario(seed), lambda scenario: scale_quantities(scenario, factor)))
    assert bigger.total_cost == pytest.approx(factor * random_plan(seed).total_cost, rel=1e-6)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_scaling_quantities_keeps_the_prices_of_a_case(name: str) -> None:
    base = case(name)
    plan, bigger = plan_of(base), plan_of(changed(base, lambda scenario: scale_quantities(scenario, 50.0)))
    assert bigger.total_cost == pytest.approx(50 * plan.total_cost, rel=1e-7)
    assert bigger.commit == pytest.approx({key: 50 * size for key, size in plan.commit.items()})
    assert bigger.shortage == pytest.approx({key: 50 * units for key, units in plan.shortage.items()})


# ---------------------------------------------------------------------------------------- dominated and attractive offers
def worth(seed: int, material: str) -> dict[str, float]:
    """By period: what a unit of a material is worth to whoever values it most, in money of that period."""
    prices = random_plan(seed).prices
    mine = prices[(prices["rule"] == "material_balance") & (prices["item"] == material)]
    return {str(period): float(value) for period, value in mine.groupby("period")["value"].max().items()}


def without_rules_on_shipments(scenario: Json) -> bool:
    """Nothing but the balance gives a shipment a value, and events leave its price alone."""
    kinds = {policy["kind"] for policy in entities(scenario, "policies")}
    return not kinds & {"max_share", "budget", "max_emissions"} and "events" not in scenario


def with_offer(seed: int, material: str, price: float) -> Json:
    offer = {"material": material, "country": "BR", "capacity": 1e4, "price": price}
    return changed(random_scenario(seed), lambda scenario: scenario["suppliers"].update(newcomer=offer))


OPEN_SEEDS = [0, 11, 13, 22, 26, 39, 41, 71, 75, 120]


@pytest.mark.parametrize("seed", OPEN_SEEDS)
def test_a_dominated_supplier_changes_nothing(seed: int) -> None:
    """Above the highest marginal value nobody buys: the dual tells which supplier is dominated."""
    assert without_rules_on_shipments(random_scenario(seed))
    material = next(iter(random_scenario(seed)["demands"].values()))["material"]
    dear = 1.001 * max(worth(seed, material).values()) + 1e-3
    plan = plan_of(with_offer(seed, material, dear))
    assert plan.total_cost == pytest.approx(random_plan(seed).total_cost, rel=1e-9)
    assert "newcomer" not in set(plan.tables["purchases"]["supplier"])


@pytest.mark.parametrize("seed", OPEN_SEEDS)
def test_a_supplier_below_the_marginal_value_saves_money(seed: int) -> None:
    material = next(iter(random_scenario(seed)["demands"].values()))["material"]
    cheap = 0.9 * max(worth(seed, material).values())
    assert cheap > 0
    plan = plan_of(with_offer(seed, material, cheap))
    assert plan.total_cost < random_plan(seed).total_cost * (1 - 1e-9)
    assert "newcomer" in set(plan.tables["purchases"]["supplier"])


def test_a_clone_that_is_dearer_or_equal_changes_nothing() -> None:
    """In share_cap the cap counts suppliers, so a second `b` under another name would help; a dearer `d` does not."""
    base = case("share_cap")
    clone = changed(base, lambda scenario: scenario["suppliers"].update(d={**scenario["suppliers"]["c"], "price": 11.5}))
    twin = changed(base, lambda scenario: scenario["suppliers"].update(d=scenario["suppliers"]["b"]))
    assert cost_of(clone) == pytest.approx(1036)
    assert cost_of(twin) == pytest.approx(40 * 10 + 60 * 10.4)


# --------------------------------------------------------------------------------------------------------- grids
@given(
    demand=st.integers(20, 200),
    stock=st.integers(0, 400),
    delay=st.integers(1, 4),
    share=st.integers(0, 100),
    spot=st.integers(0, 60),
    life=st.sampled_from([2, 3, 30]),
)
@settings(max_examples=number(10), deadline=None, derandomize=True, database=None)
def test_grids_agree_when_nothing_varies_inside_the_year(demand: int, stock: int, delay: int, share: int, spot: int, life: int) -> None:
    """No discounting, no holding cost, changes at year ends only: months, quarters and years give one cost."""
    base = case("cutoff_ramp")
    base["demands"]["plants"]["quantity"] = {"2026": demand, "2029": demand / 2}
    base["stockpiles"]["reserve"] |= {"initial": stock, "holding_cost": 0, "max_draw": 90}
    steps = [[f"{delay} years", "0 %"], [f"{delay} years", f"{share} %"], [f"{delay + 1} years", f"{share} %"], [f"{delay + 1} years", "100 %"]]
    base["projects"]["new_mine"] |= {"ramp": {"curve": steps}, "fixed_cost": 15, "life": f"{life} years", "salvage": "straight_line"}
    base["suppliers"]["spot"]["capacity"] = spot
    base["contracts"] = {"frame": {"supplier": "incumbent", "quantity": 40, "price": 8, "end": "2029", "take_or_pay": "50 %"}}
    base["policies"] = {"cap": {"kind": "max_share", "by": "country", "of": ["AU"], "share": "70 %", "penalty": 3}}
    costs = [cost_of(changed(base, lambda scenario, step=step: scenario["horizon"].update(step=step))) for step in ("year", "quarter", "month")]  # type: ignore[misc]
    assert costs[1] == pytest.approx(costs[0], rel=1e-8)
    assert costs[2] == pytest.approx(costs[0], rel=1e-8)


# ------------------------------------------------------------------------------------------------- independent materials
def one_material(rng: random.Random, number: int) -> Json:
    """All that concerns one material, so that nothing links it to another."""
    m = f"ore_{number}"
    size, price = rng.uniform(50, 500), rng.uniform(10, 90)
    return {
        "materials": {m: {"unit": rng.choice(["t", "kg"])}},
        "suppliers": {
            f"near_{m}": {"material": m, "country": "CN", "capacity": size, "price": price, "lead_time": f"{rng.randint(0, 60)} days"},
            f"far_{m}": {
                "material": m,
                "country": "AU",
                "capacity": size * rng.uniform(0.1, 0.5),
                "price": {"tiers": [{"quantity": size / 9, "price": 2 * price}, {"price": 3 * price}]},
            },
            f"mine_{m}": {"material": m, "country": "BR", "price": price * 1.2},
        },
        "projects": {
            f"build_{m}": {
                "adds_to": f"mine_{m}",
                "decide": {},
                "size": {"max": size},
                "ramp": f"{rng.randint(1, 20)} months",
                "capex": price * rng.uniform(0.5, 4),
            }
        },
        "contracts": {f"deal_{m}": {"supplier": f"near_{m}", "quantity": size / 4, "price": price * 0.9, "take_or_pay": "80 %", "sign": {}}},
        "stockpiles": {f"pile_{m}": {"material": m, "initial": f"{rng.randint(10, 90)} days", "loss": 0.02, "holding_cost": price / 50}},
        "demands": {
            f"use_{m}": {"material": m, "quantity": {"start": size, "growth": 0.05}, "shortage": [{"share": 0.2, "cost": 5 * price}, {"cost": 40 * price}]}
        },
        "events": {f"cut_{m}": {"from": f"2026-{rng.randint(2, 9):02}-11", "match": {"country": ["CN"], "materials": [m]}, "spot": f"{rng.randint(0, 60)} %"}},
        "policies": {f"cover_{m}": {"kind": "min_cover", "materials": [m], "days": 20, "penalty": price}},
    }


@pytest.mark.parametrize("seed", range(5))
def test_independent_materials_cost_the_sum_of_their_own_plans(seed: int) -> None:
    rng = random.Random(seed)
    shared: Json = {"version": 1, "horizon": {"start": "2026-01", "end": "2028-01", "step": "quarter"}, "money": {"discount_rate": 0.05}}
    parts = [one_material(rng, number) for number in range(3)]
    # one policy without materials holds for each material separately
    together: Json = {"diversify": {"kind": "max_share", "by": "country", "share": "60 %", "penalty": 30}}
    separate = [plan_of({**shared, **part, "policies": part["policies"] | together}) for part in parts]
    joint = {kind: {key: value for part in parts for key, value in part[kind].items()} for kind in parts[0]}
    plan = plan_of({**shared, **joint, "policies": joint["policies"] | together})
    assert plan.total_cost == pytest.approx(sum(alone.total_cost for alone in separate), rel=1e-8)
    for line, value in plan.costs.items():
        assert value == pytest.approx(sum(alone.costs[line] for alone in separate), rel=1e-6, abs=1e-6 * plan.total_cost)
    assert plan.shortage == pytest.approx({key: units for alone in separate for key, units in alone.shortage.items()}, abs=1e-6)


# ---------------------------------------------------------------------------------------------------- names and units
@pytest.mark.parametrize("seed", SEEDS[:12])
def test_names_and_order_do_not_matter(seed: int) -> None:
    """Ids are given in reverse alphabetical order of what they were, and maps of entities are turned round."""
    base = random_scenario(seed)
    ids = sorted({key for kind in ENTITIES for key in base.get(kind, {})}, reverse=True)
    fresh = renamed(base, {key: f"x{position:03}" for position, key in enumerate(ids)})
    for kind in ENTITIES:
        if kind in fresh and kind != "parties":
            fresh[kind] = dict(reversed(fresh[kind].items()))
    assert fresh != base
    assert cost_of(fresh) == pytest.approx(random_plan(seed).total_cost, rel=1e-8)


WITH_UNITS = """
version: 1
horizon: {start: 2026-01, end: 2029-01, step: quarter}
money: {currency: USD, discount_rate: 4 %, rates: {EUR: 1.1}}
materials:
  oxide: {unit: UNIT, basis: Dy2O3, disposal_cost: 0.01 USD/kg}
suppliers:
  incumbent: {material: oxide, country: CN, capacity: 300 t/yr, price: 250 USD/kg, lead_time: 45 days, emissions: 12 t_CO2e/t}
  second:
    {material: oxide, country: FR, capacity: 3 kt_Dy/yr, freight: 2 USD/kg, price: {tiers: [{quantity: 40 t_Dy/yr, price: 300 EUR/kg}, {price: 900 EUR/kg}]}}
projects:
  plant: {adds_to: incumbent, decide: {}, size: {max: 120 t/yr}, ramp: 8 months, capex: 90 USD/(kg/yr), fixed_cost: 4 USD/kg}
contracts:
  frame: {supplier: incumbent, quantity: 5 t/month, price: 230 USD/kg, take_or_pay: 80 %, breach_price: 100 USD/kg}
stockpiles:
  store:
    {material: oxide, initial: 30 days, capacity: 90 t, floor: 9000 kg, floor_penalty: 50 USD/kg/yr, max_draw: 20 t/month, holding_cost: 900 USD/t/yr,
     draw_cost: 3 USD/t, final: {min: 4 t_Dy, value: 100 USD/kg}}
demands:
  motors: {material: oxide, quantity: 0.36 kt/yr, shortage: [{share: 10 %, cost: 2000 USD/kg}, {cost: 9000 USD/kg}]}
in_transit:
  - {material: oxide, quantity: 2500 kg, arrives: 2026-02-01}
events:
  cutoff: {from: 2027-02-10, match: {country: [CN]}, spot: 20 %}
policies:
  carbon: {kind: max_emissions, limit: 2500 t_CO2e, per: year, penalty: 80 USD/t_CO2e}
  share: {kind: max_share, by: country, of: [FR], share: 50 %, penalty: 70 USD/kg}
  store_limit: {kind: stock_limit, stockpiles: [store], limit: 80 t, penalty: 1 USD/kg}
"""


@pytest.mark.parametrize(("unit", "size"), [("kg", 1e-3), ("kt", 1e3), ("g", 1e-6), ("lb", 0.45359237e-3)])
def test_the_unit_of_a_material_does_not_matter(unit: str, size: float, tmp_path: Path) -> None:
    """With every quantity written with its unit, tonnes and kilograms give one cost and one plan."""
    plans = []
    for name in ("t", unit):
        (tmp_path / "units.yaml").write_text(WITH_UNITS.replace("UNIT", name), encoding="utf-8")
        plans.append(plan_of(load(tmp_path / "units.yaml")))
    in_tonnes, other = plans
    assert other.total_cost == pytest.approx(in_tonnes.total_cost, rel=1e-8)
    assert {key: units * size for key, units in other.commit.items()} == pytest.approx(in_tonnes.commit, rel=1e-6)
    assert {key: units * size for key, units in other.shortage.items()} == pytest.approx(in_tonnes.shortage, rel=1e-6)
    levels = [plan.tables["stockpiles"].query("measure == 'stock'")["value"] for plan in plans]
    assert [level * size for level in levels[1]] == pytest.approx(list(levels[0]), rel=1e-6, abs=1e-6)
    marginal = [plan.prices.query("rule == 'demand_balance'")["value"].max() for plan in plans]
    assert marginal[1] / size == pytest.approx(marginal[0], rel=1e-6)


# -------------------------------------------------------------------------------------------------------------- duals
def test_dual_of_the_hand_case_predicts_the_next_tonne() -> None:
    """A tonne in store at the start is worth 158.470588, more than the 60 of the spot market, because it shrinks the mine."""
    plan = plan_of(case("cutoff_ramp"))
    prices = plan.prices
    row = prices[(prices["rule"] == "stock_balance") & (prices["item"] == "reserve") & (prices["period"] == "2026")]
    assert float(row["value"].iloc[0]) == pytest.approx(158.470588, rel=1e-8)
    assert row["unit"].iloc[0] == "USD/t"

    def at(stock: float) -> float:
        return cost_of(changed(case("cutoff_ramp"), lambda scenario: scenario["stockpiles"]["reserve"].update(initial=stock)))

    for step in (0.25, -0.25):
        assert (at(120) - at(120 + step)) / step == pytest.approx(158.470588, rel=1e-6)
    # past the kink at 120.5 t the dual is less, as it must be in a convex problem
    assert 0 < at(121) - at(121.25) < 0.25 * 158.4


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_duals_bound_what_a_shipment_saves(seed: int) -> None:
    """Cost is convex in what arrives: a small extra shipment saves at most its dual, and, but at a kink, just that."""
    base, plan = random_scenario(seed), random_plan(seed)
    (first, *_) = (demand["material"] for demand in entities(base, "demands"))
    prices, periods = plan.prices, plan.record["figures"]["periods"]
    period = periods[len(periods) // 2]
    rows = prices[(prices["rule"] == "material_balance") & (prices["item"] == first) & (prices["period"] == period["period"])]
    party, value = str(rows["party"].iloc[0]), float(rows["value"].iloc[0])
    middle = sum(item["years"] for item in periods[: len(periods) // 2]) + period["years"] / 2
    present = value * (1 + plan.record["discount_rate"]) ** -middle
    units = 1e-3 * sum(float(figure["wanted"]) for figure in plan.record["figures"]["shortage"]["materials"].values()) / len(periods)
    shipment = {"party": party, "material": first, "quantity": units, "arrives": period["start"]}
    after = cost_of(changed(base, lambda scenario: scenario.setdefault("in_transit", []).append(shipment)))
    assert plan.total_cost - after <= present * units + 1e-8 * abs(plan.total_cost)
