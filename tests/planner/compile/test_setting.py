"""Facts that all compiling functions share."""

from __future__ import annotations

import datetime as dt

import pytest

from planner.compile.events import material_target, supplier_target
from planner.compile.setting import Setting
from planner.scenario.dates import Period, make_calendar
from planner.scenario.load import validate
from planner.scenario.reader import parse_yaml
from planner.scenario.schema import Window

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
events: {cut: {demand: 0}, search: {from: 2027-07, match: {suppliers: [d]}, lead_time: 6 months}}
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
    assert setting.means(growing) is setting.means(growing)


def test_the_mean_of_a_period_that_is_not_of_the_grid(setting: Setting) -> None:
    growing = setting.scenario.demands["e"].quantity
    year = Period("2026-07", dt.date(2027, 1, 1), dt.date(2028, 1, 1), 0.0, 1.0)
    assert setting.mean(growing, year) == pytest.approx((181 * 5 + 184 * 5.5) / 365)


def test_periods_in_which_a_decision_may_be_taken(setting: Setting) -> None:
    dates = [(None, None), (dt.date(2026, 7, 2), None), (None, dt.date(2026, 7, 1)), (None, dt.date(2026, 6, 30))]
    windows = [Window.model_construct(earliest=earliest, latest=latest) for earliest, latest in dates]
    assert [setting.open_in(window) for window in windows] == [[0, 1], [1], [0], []]


def test_shares_from_a_date(setting: Setting) -> None:
    assert setting.shares_from(None) == [1, 1]
    assert setting.shares_from(dt.date(2027, 1, 1)) == [pytest.approx(181 / 365), 1]


def test_what_leaves_arrives_later_and_what_is_too_late_is_left_out(setting: Setting) -> None:
    found = setting.shift(0.25)
    assert [[label for label, _ in parts] for parts in found.arrivals] == [["2026-07", "2027-07"], ["2027-07"]]
    assert [share for parts in found.arrivals for _, share in parts] == pytest.approx([0.75, 0.25, 0.75])
    assert found.landed == [pytest.approx(1), pytest.approx(0.75)]
    assert setting.shift(0.25) is found


def test_events_delay_what_they_act_on(setting: Setting) -> None:
    searched = setting.events.on(supplier_target("d", setting.scenario.suppliers["d"]))
    assert setting.shift(0.25, searched).landed == [pytest.approx(1), pytest.approx(0.25)]
    assert setting.shift(0.25, setting.events.on(supplier_target("a", setting.scenario.suppliers["a"]))).landed == setting.shift(0.25).landed


def test_what_the_same_events_reach_shares_their_effects(setting: Setting) -> None:
    assert setting.events.on(material_target("ore", "x")) is setting.events.on(supplier_target("a", setting.scenario.suppliers["a"]))
    assert setting.events.on(material_target("ore", "x")).factor("demand") == [0, 0]


def test_suppliers_by_material(setting: Setting) -> None:
    assert {material: [key for key, _ in found] for material, found in setting.suppliers_of.items()} == {
        "ore": ["a"],
        "junk": ["b"],
        "slag": ["c"],
        "tb": ["d"],
    }
