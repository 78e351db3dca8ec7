"""The daily clock against the compiler's dates: two ways of reading time, one set of numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.compile.events import Events, Target
from planner.compile.projects import ramp_of
from planner.compile.setting import Setting
from planner.scenario.dates import Calendar, make_calendar
from planner.scenario.schema import CurveRamp, Event, Match, MoneySettings, Project, Scenario
from planner.scenario.series import Series
from planner.verify.clock import Clock, Effects
from planner.verify.recheck import supplier_thing
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario

quick = settings(deadline=None, derandomize=True, database=None, max_examples=80)
days = st.dates(dt.date(2024, 11, 1), dt.date(2033, 6, 1))
shares = st.integers(0, 20).map(lambda k: k / 20)


def exactly(values: list[float]) -> Any:
    """Equal but for rounding."""
    return pytest.approx(values, rel=1e-12, abs=1e-12)


def scenario_with(**parts: Any) -> Scenario:
    """Only the parts that a test needs, not validated."""
    return Scenario.model_construct(**parts)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Months, quarters and years in any order, from any day of a month that every month has."""
    start = dt.date(draw(st.integers(2026, 2028)), draw(st.integers(1, 12)), draw(st.sampled_from([1, 1, 1, 15, 28])))
    parts, edge = [], start
    for step in draw(st.lists(st.sampled_from(["month", "quarter", "year"]), min_size=1, max_size=3)):
        months = {"month": 1, "quarter": 3, "year": 12}[step] * draw(st.integers(1, 5))
        month = edge.month - 1 + months
        edge = dt.date(edge.year + month // 12, month % 12 + 1, edge.day)
        parts.append((edge, step))
    return make_calendar(start, parts)


@given(calendars(), st.dictionaries(days, st.floats(0, 1e6), min_size=1, max_size=5), st.sampled_from([0.0, 0.0, 0.07, -0.03]))
@quick
def test_period_means_of_series(calendar: Calendar, steps: dict[dt.date, float], growth: float) -> None:
    series = Series(tuple(sorted(steps.items())), growth)
    compiled = [series.mean(period, calendar.start) for period in calendar.periods]
    assert Clock(calendar, 0.0).series(series) == exactly(compiled)


@given(calendars(), days, days)
@quick
def test_shares_of_periods_in_windows(calendar: Calendar, first: dt.date, last: dt.date) -> None:
    clock = Clock(calendar, 0.0)
    assert clock.mean(clock.between(first, last)) == exactly([period.share(first, last) for period in calendar.periods])
    assert clock.mean(clock.between(None, last)) == exactly([period.share(calendar.start, last) for period in calendar.periods])
    assert clock.mean(clock.between(first, None)) == exactly([period.share(first, calendar.end) for period in calendar.periods])


@given(calendars(), st.sampled_from([0.0, 0.04, -0.02]))
@quick
def test_discounts_and_nominal_times(calendar: Calendar, rate: float) -> None:
    setting = Setting(scenario_with(money=MoneySettings.model_construct(discount_rate=rate)), calendar)
    clock = Clock(calendar, rate)
    assert clock.discount == exactly([setting.discount(period.begin + period.years / 2) for period in calendar.periods])
    assert clock.begins == exactly([period.begin for period in calendar.periods])
    assert clock.end == pytest.approx(calendar.years, rel=1e-12)


@given(calendars(), st.integers(-30, 90))
@quick
def test_whole_months_count_a_twelfth_each(calendar: Calendar, months: int) -> None:
    month = calendar.start.month - 1 + months
    day = dt.date(calendar.start.year + month // 12, month % 12 + 1, calendar.start.day)

    assert Clock(calendar, 0.0).since_start(day) == pytest.approx(months / 12, abs=1e-12)


@given(calendars(), st.integers(0, 800), st.integers(0, 400))
@quick
def test_shipments_arrive_shifted_by_their_lead_time(calendar: Calendar, least: int, more: int) -> None:
    """Lead times may differ from period to period, as events make them."""
    clock = Clock(calendar, 0.0)
    lead = np.array([(least + more * (position % 3)) / 365.25 for position in range(clock.size)])
    shifted = clock.shifted(lead)
    for row, found in enumerate(calendar.overlaps(calendar.begins + lead, calendar.begins + lead + calendar.lengths)):
        compiled = np.zeros(clock.size)
        for arrival, share in found:
            compiled[clock.position[arrival]] += share
        assert shifted.arrivals(np.eye(clock.size)[row]) == pytest.approx(compiled, abs=3e-12)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Any ramp with flat parts, jumps and falls; times in months or days."""
    unit = draw(st.sampled_from([12.0, 365.25]))
    most = int(5 * unit)
    times = sorted(draw(st.lists(st.integers(0, most), min_size=1, max_size=5)))
    curve = tuple((time / unit, draw(shares)) for time in times)
    life = draw(st.none() | st.integers(1, most).map(lambda k: k / unit))
    return Project.model_construct(adds_to="x", ramp=CurveRamp.model_construct(curve=curve), life=life, capex=0.0)


@given(calendars(), projects(), st.integers(-40, 60))
@settings(quick, max_examples=250)
def test_ramps_with_jumps_and_lives(calendar: Calendar, project: Project, month: int) -> None:
    clock, ramp, decided = Clock(calendar, 0.0), ramp_of(project), month / 12
    compiled = [ramp.mean(period.begin - decided, period.begin + period.years - decided) for period in calendar.periods]
    assert clock.ramp(project, decided) == pytest.approx(compiled, rel=1e-12, abs=2e-11)  # areas below 1e-12 are rounded off
    assert clock.life_start(project) == ramp.begins
    assert clock.life_end(project) == ramp.ends


words = st.none() | st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=2).map(tuple)


@st.composite
def events(draw: st.DrawFn) -> Event:
    first, last = sorted(draw(st.tuples(days, days)))
    named: dict[str, Any] = {key: draw(words) for key in draw(st.sets(st.sampled_from(["country", "origin", "suppliers", "materials", "parties"]), max_size=2))}
    effects: dict[str, Any] = {
        key: draw(shares)
        for key in draw(st.sets(st.sampled_from(["spot", "contracts", "capacity", "price", "tariff", "lead_time", "commitments", "demand", "draw"])))
    }
    return Event.model_construct(
        from_=draw(st.sampled_from([first, None])), until=draw(st.sampled_from([last + dt.timedelta(1), None])), match=Match.model_construct(**named), **effects
    )


@given(calendars(), st.lists(events(), max_size=5), st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from(["", "a", "b"]))
@quick
def test_effects_of_overlapping_events(calendar: Calendar, happening: list[Event], supplier: str, country: str, party: str) -> None:
    compiled = Events(scenario_with(events={f"e{number}": event for number, event in enumerate(happening)}), calendar)
    target = Target(
        country=frozenset({country}),
        origin=frozenset({"a"}),
        suppliers=frozenset({supplier}),
        materials=frozenset({"b"}),
        parties=frozenset({party} if party else ()),
    )
    daily = Effects(Clock(calendar, 0.0), happening)
    thing: dict[str, set[str | None]] = {
        "country": {country},
        "origin": {"a"},
        "suppliers": {supplier},
        "materials": {"b"},
        "parties": {party} if party else set(),
    }
    for factor in ("capacity", "price", "demand", "draw"):
        assert daily.factor(factor, thing) == exactly(compiled.on(target).factor(factor))
    for added in ("tariff", "lead_time"):
        assert daily.added(added, thing) == exactly(compiled.on(target).added(added))
    for least in ("spot", "contracts", "commitments"):
        assert daily.smallest(least, thing) == exactly(compiled.on(target).smallest(least))


@pytest.mark.parametrize("seed", range(40))
def test_random_scenarios_seen_by_both_clocks(seed: int) -> None:
    """Every series, ramp and supplier of a scenario as the language's reader made them."""
    from planner.compile.events import supplier_target

    read = loaded(random_scenario(seed))
    scenario, calendar = read.scenario, read.calendar
    clock, setting = Clock(calendar, scenario.money.discount_rate), Setting(scenario, calendar)
    effects = Effects(clock, scenario.events.values())
    series = [demand.quantity for demand in scenario.demands.values()] + [contract.quantity for contract in scenario.contracts.values()]
    for supplier in scenario.suppliers.values():
        series += [supplier.capacity, supplier.freight, supplier.tariff, *(tier.price for tier in supplier.tiers)]
    for one in series:
        assert clock.series(one) == exactly([setting.mean(one, period) for period in calendar.periods])
    for key, supplier in scenario.suppliers.items():
        for party in scenario.party_ids:
            thing, target = supplier_thing(key, supplier, party), supplier_target(key, supplier, party)
            assert effects.smallest("spot", thing) == exactly(setting.events.on(target).smallest("spot"))
            assert effects.factor("price", thing) == exactly(setting.events.on(target).factor("price"))
            assert effects.added("lead_time", thing) == exactly(setting.events.on(target).added("lead_time"))
    for project in scenario.projects.values():
        for period in calendar.periods:
            ramp = ramp_of(project)
            compiled = [ramp.mean(t.begin - period.begin, t.begin + t.years - period.begin) for t in calendar.periods]
            assert clock.ramp(project, period.begin) == pytest.approx(compiled, rel=1e-12, abs=2e-11)
