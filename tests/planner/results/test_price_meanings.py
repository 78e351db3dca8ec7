"""Prices mean what they say: solve again with a little more of each right-hand side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from planner.results.prices import PRICES
from tests.oracle.plans import Json, changed, plan_of

RATE, STEP = 0.1, 0.01
Change = Callable[[Json, float], None]


def base() -> Json:
    """Cheap ore from CN for 60 of 100 t/yr, dear ore from AU for the rest, and a little stock that is used at once."""
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2029, "step": "year"},
        "money": {"currency": "EUR", "discount_rate": RATE},
        "materials": {"ore": {"unit": "kt"}, "alt": {"unit": "kg"}},
        "suppliers": {
            "cheap": {"material": "ore", "country": "CN", "capacity": 60, "price": 10, "emissions": 10},
            "dear": {"material": "ore", "country": "AU", "capacity": 1000, "price": 50, "emissions": 1},
        },
        "stockpiles": {"pile": {"material": "ore", "initial": 25, "holding_cost": 2}},
        "demands": {"use": {"material": "ore", "quantity": 100, "shortage": 500}},
    }


@dataclass(frozen=True)
class Case:
    """What to add to the base, how to ease a rule by a step, and how many units that is in each period (or in all)."""

    rule: str
    item: str
    add: Callable[[Json], Any]
    ease: Change
    units: float | list[float] = 1.0
    costs: bool = False
    """Whether the step costs money rather than saves it."""
    unit: str = "EUR/kt"


def put(path: str, value: Any) -> Callable[[Json], Any]:
    """Set a dotted path."""

    def change(scenario: Json) -> None:
        *parents, last = path.split(".")
        node = scenario
        for key in parents:
            node = node.setdefault(key, {})
        node[last] = value

    return change


def more(path: str, per_unit: float = 1.0) -> Change:
    """Add a step to the number at a dotted path; list positions count from 0."""

    def change(scenario: Json, step: float) -> None:
        *parents, last = path.split(".")
        node: Any = scenario
        for key in parents:
            node = node[int(key) if key.isdigit() and isinstance(node, list) else key]
        node[last] = node[last] + step * per_unit

    return change


def both(*changes: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda scenario: [change(scenario) for change in changes]


rising = put("suppliers.dear.price", {"2026": 50, "2027": 90, "2028": 90})
CHEAP_SHORTAGE = put("demands.use.shortage", 20)
ONE = [0.0, 1.0, 0.0]
CASES = [
    Case("material_balance", "ore", put("in_transit", [{"material": "ore", "quantity": 1, "arrives": "2027-06-01"}]), more("in_transit.0.quantity"), ONE),
    Case("demand_balance", "use", put("demands.use.quantity", {"2026": 100, "2027": 100, "2028": 100}), more("demands.use.quantity.2027"), ONE, costs=True),
    Case("supplier_capacity", "cheap", put("suppliers.cheap.capacity", {"2026": 60, "2027": 60, "2028": 60}), more("suppliers.cheap.capacity.2027"), ONE),
    Case(
        "spot_gate", "cheap", put("events.cut", {"from": 2027, "until": 2028, "match": {"country": ["CN"]}, "spot": 0.5}), more("events.cut.spot", 1 / 60), ONE
    ),
    Case("spot_gate", "cheap", put("events.cut", {"from": 2027, "match": {"country": ["CN"]}, "spot": 0}), more("events.cut.spot", 1 / 60), [0, 1, 1]),
    Case(
        "tier_limit",
        "cheap.1",
        put("suppliers.cheap.price", {"tiers": [{"quantity": 20, "price": 10}, {"price": 30}]}),
        more("suppliers.cheap.price.tiers.0.quantity"),
    ),
    Case("stock_balance", "pile", lambda _: None, more("stockpiles.pile.initial"), [1, 0, 0]),
    Case("stock_floor", "pile", put("stockpiles.pile.floor", 10), more("stockpiles.pile.floor"), costs=True),
    Case("final_stock", "pile", put("stockpiles.pile.final", {"min": 12}), lambda s, step: s["stockpiles"]["pile"]["final"].update(min=12 + step), costs=True),
    Case("stock_capacity", "pile", both(rising, put("stockpiles.pile.capacity", 30)), more("stockpiles.pile.capacity")),
    Case("draw_rate", "pile", put("stockpiles.pile.max_draw", 10), more("stockpiles.pile.max_draw")),
    Case("fill_rate", "pile", both(rising, put("stockpiles.pile.max_fill", 8), put("stockpiles.pile.initial", 0)), more("stockpiles.pile.max_fill")),
    Case("contract_volume", "deal", put("contracts.deal", {"supplier": "dear", "quantity": 12, "price": 20}), more("contracts.deal.quantity")),
    Case(
        "take_or_pay",
        "deal",
        put("contracts.deal", {"supplier": "dear", "quantity": 10, "price": 80, "take_or_pay": 0.5, "breach_price": 100}),
        more("contracts.deal.take_or_pay", 0.1),
        costs=True,
    ),
    Case(
        "sign_once",
        "deal",
        put("contracts.deal", {"supplier": "dear", "quantity": 10, "price": 20, "sign": {"latest": 2026}}),
        more("contracts.deal.quantity", 10.0),
        unit="EUR",
    ),
    Case(
        "sign_gate",
        "deal",
        both(
            put("contracts.deal", {"supplier": "dear", "quantity": 10, "price": 20, "sign": {"latest": 2026}}),
            put("events.closing", {"until": 2027, "match": {"suppliers": ["dear"]}, "commitments": 0.5}),
        ),
        more("events.closing.commitments"),
        [1, 0, 0],
        unit="EUR",
    ),
    Case(
        "project_size",
        "mine",
        put("projects.mine", {"adds_to": "cheap", "decide": {}, "size": {"max": 9}, "capex": 15, "ramp": "1 year"}),
        more("projects.mine.size.max"),
        unit="EUR/(kt/yr)",
    ),
    Case(
        "commitment_gate",
        "mine",
        both(
            put("projects.mine", {"adds_to": "cheap", "decide": {"latest": 2026}, "size": {"max": 10}, "capex": 15}),
            put("events.closing", {"until": 2027, "match": {"suppliers": ["cheap"]}, "commitments": 0.5}),
        ),
        more("events.closing.commitments", 0.1),
        [1, 0, 0],
        unit="EUR/(kt/yr)",
    ),
    Case("process_capacity", "smelter", put("processes.smelter", {"outputs": {"ore": 1}, "cost": 5, "capacity": 10}), more("processes.smelter.capacity")),
    Case(
        "route_capacity",
        "ship",
        both(
            put("parties", {"home": {}, "us": {}}),
            put("suppliers.mine", {"material": "ore", "country": "US", "capacity": 40, "price": 3, "sells_to": ["us"]}),
            put("routes.ship", {"from": "us", "to": "home", "materials": ["ore"], "capacity": 7, "cost": 2}),
            put("stockpiles.pile.party", "home"),
            put("demands.use.party", "home"),
        ),
        more("routes.ship.capacity"),
    ),
    Case(
        "substitute_limit",
        "use.alt",
        both(
            put("suppliers.other", {"material": "alt", "country": "US", "capacity": 900, "price": 3}),
            put("demands.use.substitutes", {"alt": {"ratio": 2, "cost": 1, "max_share": 0.1}}),
        ),
        more("demands.use.substitutes.alt.max_share", 0.01),
    ),
    Case(
        "shortage_tier",
        "use.1",
        put("demands.use.shortage", [{"share": 0.1, "cost": 20}, {"cost": 500}]),
        lambda s, step: s["demands"]["use"]["shortage"][0].update(share=0.1 + step / 100),
    ),
    Case("min_service", "use", both(CHEAP_SHORTAGE, put("demands.use.min_service", 0.9)), more("demands.use.min_service", 0.01), costs=True),
    Case(
        "service_level",
        "rule.use",
        both(CHEAP_SHORTAGE, put("policies.rule", {"kind": "min_service", "share": 0.9, "per": "total"})),
        more("policies.rule.share", 1 / 300),
        costs=True,
    ),
    Case(
        "max_share",
        "rule.CN.ore.home",
        put("policies.rule", {"kind": "max_share", "by": "country", "of": ["CN"], "share": 0.4, "per": "total"}),
        more("policies.rule.share", 1 / 275),
    ),
    Case("budget", "rule.all", put("policies.rule", {"kind": "budget", "covers": ["purchases"], "limit": 2000}), more("policies.rule.limit"), unit="EUR/EUR"),
    Case(
        "max_emissions",
        "rule.all",
        put("policies.rule", {"kind": "max_emissions", "limit": 500, "per": "year"}),
        more("policies.rule.limit"),
        unit="EUR/t_CO2e",
    ),
    Case(
        "stock_limit", "rule.all", both(rising, put("policies.rule", {"kind": "stock_limit", "stockpiles": ["pile"], "limit": 30})), more("policies.rule.limit")
    ),
    Case("min_cover", "rule.ore.home", put("policies.rule", {"kind": "min_cover", "days": 36.525}), more("policies.rule.days", 3.6525), costs=True),
]


def present(period: str, size: int) -> float:
    """Discount factor of what a price of a period is in: its middle, the start where it belongs to no period."""
    if period == "":
        return 1.0
    year = size - 1 if period == "total" else int(period) - 2026
    return float((1 + RATE) ** -(year + 0.5))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_one_more_unit_saves_its_price(case: Case) -> None:
    """On both sides, so that there is no kink: the price is the slope of the cost."""
    scenario = changed(base(), case.add)
    plan = plan_of(scenario)
    prices = plan.prices[(plan.prices["rule"] == case.rule) & (plan.prices["item"] == case.item)]
    assert set(prices["unit"]) == {case.unit}
    assert (prices["value"] >= 0).all()
    units = case.units if isinstance(case.units, list) else [case.units] * 3
    value = 0.0
    for period, price in zip(prices["period"], prices["value"], strict=True):
        value += price * present(period, 3) * (1.0 if period in ("", "total") else units[int(period) - 2026])
    assert value > 0.01
    up, down = (plan_of(changed(scenario, lambda fresh, step=step: case.ease(fresh, step))).total_cost for step in (STEP, -STEP if _can_fall(case) else 0.0))  # type: ignore[misc]
    sign = 1.0 if case.costs else -1.0
    assert sign * (up - plan.total_cost) / STEP == pytest.approx(value, rel=2e-4)
    if _can_fall(case):
        assert sign * (plan.total_cost - down) / STEP == pytest.approx(value, rel=2e-4)


def _can_fall(case: Case) -> bool:
    """A share of 0 or a stock of 0 cannot be lowered."""
    scenario = changed(base(), case.add)
    return not (case.rule == "spot_gate" and scenario["events"]["cut"]["spot"] == 0)


def test_every_price_is_tested() -> None:
    """But for the ramp, whose right-hand side is no number of the scenario; see below."""
    assert {case.rule for case in CASES} == set(PRICES) - {"capacity_ramp"}


def test_capacity_of_a_ramp_is_worth_what_its_supplier_saves() -> None:
    """One more unit/yr of the mine saves the gap to the dear supplier, less its fixed cost, in each year that it stands."""
    plan = plan_of(
        changed(base(), put("projects.mine", {"adds_to": "cheap", "decide": {}, "size": {"max": 9}, "capex": 15, "fixed_cost": 7, "ramp": "1 year"}))
    )
    ramp = plan.prices[plan.prices["rule"] == "capacity_ramp"]
    assert dict(zip(ramp["period"], ramp["value"], strict=True)) == pytest.approx({"2026": 50 - 10 - 7, "2027": 50 - 10 - 7, "2028": 50 - 10 - 7})


def test_the_party_of_a_price() -> None:
    scenario = changed(base(), CASES[[case.rule for case in CASES].index("route_capacity")].add)
    prices = plan_of(scenario).prices
    assert set(prices.query("rule == 'material_balance'")["party"]) == {"home", "us"}
    assert set(prices.query("rule == 'demand_balance'")["party"]) == {"home"}
    cut = changed(scenario, put("events.cut", {"match": {"country": ["CN"]}, "spot": 0.2}))
    assert set(plan_of(cut).prices.query("rule == 'spot_gate'")["party"]) == {"home"}


def test_all_balances_have_a_price_and_other_rules_only_where_they_bind() -> None:
    prices = plan_of(base()).prices
    assert list(prices.query("rule == 'material_balance'")["value"]) == pytest.approx([50, 50, 50])
    assert (prices[prices["rule"] != "material_balance"]["value"] != 0).all()
    assert set(prices[prices["item"].str.startswith("dear")]["rule"]) == set()
