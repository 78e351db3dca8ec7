"""Which events act on what, and how they compose."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.compile.events import Events, Target, material_target, process_target, supplier_target
from planner.scenario.dates import Period, make_calendar
from planner.scenario.load import validate
from planner.scenario.reader import parse_yaml
from planner.scenario.schema import Scenario

TEXT = """
version: 1
horizon: {start: 2026-01, end: 2028-01, step: year}
parties: {japan: {}, us: {}}
materials: {dy: {}, tb: {}}
suppliers:
  china: {material: dy, country: CN}
  myanmar: {material: dy, country: CN, origin: MM}
  france: {material: tb, country: FR, origin: CN}
  nowhere: {material: dy}
processes:
  split: {party: japan, inputs: {dy: 1}, outputs: {tb: 1}}
"""


def scenario(events: str) -> Scenario:
    return validate(parse_yaml(TEXT + ("events:\n" if events else "") + "".join(f"  {line}\n" for line in events.splitlines()), "f"))


def events(text: str) -> Events:
    made = scenario(text)
    return Events(made, make_calendar(made.horizon.start, made.horizon.parts))


SUPPLIERS = validate(parse_yaml(TEXT, "f")).suppliers
PROCESS = validate(parse_yaml(TEXT, "f")).processes["split"]
CHINA = supplier_target("china", SUPPLIERS["china"], "japan")


def reached(match: str) -> set[str]:
    """Names of all that an event with this match acts on."""
    happening = events(f"e: {{match: {match}, spot: 0}}")
    targets = {key: supplier_target(key, item) for key, item in SUPPLIERS.items()}
    targets |= {f"{key}@us": supplier_target(key, item, "us") for key, item in SUPPLIERS.items()}
    targets |= {"split": process_target("split", PROCESS), "dy@japan": material_target("dy", "japan"), "tb@us": material_target("tb", "us")}
    return {name for name, target in targets.items() if happening.on(target).events}


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("{country: [CN]}", {"china", "myanmar", "china@us", "myanmar@us"}),
        ("{origin: [CN]}", {"china", "france", "china@us", "france@us"}),
        ("{country: [CN], origin: [CN]}", {"china", "china@us"}),
        ("{country: [CN, FR], origin: [MM, CN], materials: [tb]}", {"france", "france@us"}),
        ("{suppliers: [nowhere, france]}", {"nowhere", "france", "nowhere@us", "france@us"}),
        ("{suppliers: [france], materials: [dy]}", set()),
        ("{materials: [dy]}", {"china", "myanmar", "nowhere", "china@us", "myanmar@us", "nowhere@us", "split", "dy@japan"}),
        ("{materials: [tb]}", {"france", "france@us", "split", "tb@us"}),
        ("{processes: [split]}", {"split"}),
        ("{processes: [split], country: [CN]}", set()),
        ("{parties: [us]}", {"china@us", "myanmar@us", "france@us", "nowhere@us", "tb@us"}),
        ("{parties: [japan], materials: [dy]}", {"dy@japan"}),
        ("{country: []}", set()),
    ],
)
def test_all_given_keys_must_match(match: str, names: set[str]) -> None:
    assert reached(match) == names


def test_no_match_acts_on_everything() -> None:
    assert len(reached("{}")) == 4 + 4 + 3
    assert events("e: {spot: 0}").on(Target()).events


def two_years(text: str, effect: Any, target: Target = CHINA) -> list[float]:
    happening = events(text)
    found = happening.on(target)
    method = found.smallest if effect in ("spot", "contracts", "commitments") else found.added if effect in ("tariff", "lead_time") else found.factor
    return method(effect)


def test_without_events_nothing_changes() -> None:
    assert two_years("", "spot") == [1, 1]
    assert two_years("", "price") == [1, 1]
    assert two_years("", "tariff") == [0, 0]


def test_an_event_acts_in_proportion_of_days() -> None:
    # 6 January 2026 to 1 April 2027: 360 of 365 and 90 of 365 days
    window = "from: 2026-01-06, until: 2027-04-01"
    assert two_years(f"e: {{{window}, spot: 20 %}}", "spot") == pytest.approx([1 - 0.8 * 360 / 365, 1 - 0.8 * 90 / 365])
    assert two_years(f"e: {{{window}, price: 3}}", "price") == pytest.approx([1 + 2 * 360 / 365, 1 + 2 * 90 / 365])
    assert two_years(f"e: {{{window}, tariff: 50 %}}", "tariff") == pytest.approx([0.5 * 360 / 365, 0.5 * 90 / 365])
    assert two_years(f"e: {{{window}, lead_time: 6 months}}", "lead_time") == pytest.approx([0.5 * 360 / 365, 0.5 * 90 / 365])


def test_a_window_is_the_horizon_where_it_is_not_given() -> None:
    assert two_years("e: {spot: 0}", "spot") == [0, 0]
    assert two_years("e: {from: 2027, spot: 0}", "spot") == [1, 0]
    assert two_years("e: {until: 2027, spot: 0}", "spot") == [0, 1]
    assert two_years("e: {from: 2020, until: 2027, spot: 0}", "spot") == [0, 1]
    assert two_years("e: {from: 2030, spot: 0}", "spot") == [1, 1]


@pytest.mark.parametrize("effect", ["capacity", "price", "demand", "draw"])
def test_factors_multiply_as_period_means(effect: str) -> None:
    # each 0.5 for half of the year that the other leaves alone: means 1 - 0.5*181/365 and 1 - 0.5*184/365, multiplied
    text = f"a: {{until: 2026-07-01, {effect}: 0.5}}\nb: {{from: 2026-07-01, until: 2027-01-01, {effect}: 0.5}}"
    assert two_years(text, effect)[0] == pytest.approx((1 - 0.5 * 181 / 365) * (1 - 0.5 * 184 / 365))
    assert two_years(f"a: {{{effect}: 0.5}}\nb: {{{effect}: 3}}", effect) == pytest.approx([1.5, 1.5])


@pytest.mark.parametrize("effect", ["tariff", "lead_time"])
def test_tariffs_and_lead_times_add_up(effect: str) -> None:
    text = f"a: {{{effect}: 0.25}}\nb: {{from: 2026-07-01, until: 2027-01-01, {effect}: 0.5}}"
    assert two_years(text, effect) == pytest.approx([0.25 + 0.5 * 184 / 365, 0.25])


def test_tariffs_may_fall() -> None:
    assert two_years("a: {tariff: 25 %}\nb: {tariff: -10 %}", "tariff") == pytest.approx([0.15, 0.15])


@pytest.mark.parametrize("effect", ["spot", "contracts", "commitments"])
def test_of_shares_the_smallest_at_each_instant_counts(effect: str) -> None:
    # 2026: 50 % to 1 April (90 days), 20 % to 1 July (91 days), then 20 % alone to 1 October (92), then all (92)
    text = f"a: {{until: 2026-07-01, {effect}: 50 %}}\nb: {{from: 2026-04-01, until: 2026-10-01, {effect}: 20 %}}"
    assert two_years(text, effect) == pytest.approx([(90 * 0.5 + 91 * 0.2 + 92 * 0.2 + 92 * 1) / 365, 1])


def test_an_event_without_the_effect_does_not_count() -> None:
    assert two_years("a: {price: 2, spot: 0}\nb: {tariff: 10 %}", "capacity") == [1, 1]


def test_an_event_that_names_parties_leaves_what_belongs_to_nobody() -> None:
    text = "e: {match: {parties: [us]}, capacity: 0, price: 2}"
    assert two_years(text, "capacity", supplier_target("china", SUPPLIERS["china"])) == [1, 1]
    assert two_years(text, "price", supplier_target("china", SUPPLIERS["china"], "japan")) == [1, 1]
    assert two_years(text, "price", supplier_target("china", SUPPLIERS["china"], "us")) == [2, 2]


DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31))
WINDOWS = st.lists(st.tuples(DAYS, st.integers(1, 900), st.sampled_from([0.0, 0.2, 0.5, 1.0])), min_size=1, max_size=4)


def _written(windows: list[tuple[dt.date, int, float]], effect: str) -> str:
    return "\n".join(f"e{n}: {{from: {first}, until: {first + dt.timedelta(days)}, {effect}: {value}}}" for n, (first, days, value) in enumerate(windows))


def _daily(windows: list[tuple[dt.date, int, float]], period: Period) -> list[list[float]]:
    days = [period.start + dt.timedelta(n) for n in range(period.days)]
    return [[value for first, length, value in windows if first <= day < first + dt.timedelta(length)] for day in days]


@settings(deadline=None)
@given(WINDOWS)
def test_shares_day_by_day(windows: list[tuple[dt.date, int, float]]) -> None:
    found = events(_written(windows, "spot"))
    expected = [sum(min([1.0, *values]) for values in _daily(windows, period)) / period.days for period in found.calendar.periods]
    assert found.on(CHINA).smallest("spot") == pytest.approx(expected)


@settings(deadline=None)
@given(WINDOWS)
def test_added_day_by_day(windows: list[tuple[dt.date, int, float]]) -> None:
    found = events(_written(windows, "tariff"))
    expected = [sum(map(sum, _daily(windows, period))) / period.days for period in found.calendar.periods]
    assert found.on(CHINA).added("tariff") == pytest.approx(expected)
