"""Facts that all compiling functions share."""

from __future__ import annotations

import pytest

from planner.compile.setting import Setting
from planner.scenario.dates import make_calendar
from planner.scenario.load import validate
from planner.scenario.reader import parse_yaml

TEXT = """
version: 1
horizon: {start: 2026-07, end: 2028-07, step: year}
money: {discount_rate: 10 %}
parties: {x: {}, y: {}}
materials: {ore: {}, tb: {}, slag: {disposal_cost: 0}, junk: {}}
suppliers: {a: {material: ore, sells_to: [x]}, b: {material: junk}, c: {material: slag}, d: {material: tb}}
contracts: {k: {supplier: a, party: y, quantity: 1}, l: {supplier: a, party: x, quantity: 1}}
demands:
  d: {party: x, material: ore, quantity: {2026-07: 10, 2027-01: 20}, substitutes: {tb: {}}}
  e: {party: x, material: ore, quantity: {start: 5, growth: 10 %}}
processes: {p: {party: y, inputs: {tb: 1}, outputs: {junk: 1}}, q: {party: y}}
routes: {r: {from: y, to: x, materials: [ore]}}
stockpiles: {s: {party: y, material: junk}}
events: {cut: {demand: 0}}
"""


@pytest.fixture(scope="module")
def setting() -> Setting:
    scenario = validate(parse_yaml(TEXT, "f"))
    return Setting(scenario, make_calendar(scenario.horizon.start, scenario.horizon.parts))


def test_yearly_demand_is_that_of_the_first_period_before_events(setting: Setting) -> None:
    # 1 July 2026 to 1 January 2027 are 184 of 365 days
    assert setting.yearly_demand == {("ore", "x"): pytest.approx((184 * 10 + 181 * 20) / 365 + 5)}


def test_discount(setting: Setting) -> None:
    assert [setting.discount(years) for years in (0, 1, 2, -1)] == pytest.approx([1, 1 / 1.1, 1 / 1.21, 1.1])


def test_outlets(setting: Setting) -> None:
    uses = {("ore", "x"), ("tb", "x"), ("tb", "y"), ("ore", "y"), ("junk", "y")}
    assert setting.outlets == uses | {("slag", "x"), ("slag", "y")}


def test_buyers_could_use_what_they_buy(setting: Setting) -> None:
    found = {key: setting.buyers(supplier) for key, supplier in setting.scenario.suppliers.items()}
    assert found == {"a": ("x",), "b": ("y",), "c": ("x", "y"), "d": ("x", "y")}


def test_contracts_by_supplier(setting: Setting) -> None:
    assert {key: [name for name, _ in items] for key, items in setting.contracts_with.items()} == {"a": ["k", "l"]}


def test_what_capacity_is_counted_in(setting: Setting) -> None:
    assert [setting.counted_in(key) for key in ("a", "p", "q", "s")] == ["ore", "tb", "", "junk"]


def test_means_use_the_start_of_the_horizon(setting: Setting) -> None:
    growing = setting.scenario.demands["e"].quantity
    assert [setting.mean(growing, period) for period in setting.periods] == pytest.approx([5, 5.5])
