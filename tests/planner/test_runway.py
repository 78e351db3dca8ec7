"""How long everything is served without somebody, and what that costs; all numbers by hand."""

from __future__ import annotations

import datetime as dt
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import planner
from planner.errors import InputError
from planner.findings import Findings, told
from planner.runway import runway
from planner.runway.grid import later, nominal_days, until, with_edges
from planner.runway.levers import quicker
from planner.runway.search import latest
from planner.runway.trial import Question, Trial, trial
from planner.runway.unserved import Case, Unserved
from planner.scenario.load import Loaded, load
from planner.scenario.schema import CurveRamp

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
PLAN = Path(sys.executable).with_name("plan")

# A unit a day is wanted (365.25 a year, 30.4375 in a month of the grid), 60 are in store.
STORE = """version: 1
horizon: {start: 2026-01, end: 2027-01, step: month}
materials: {ore: {unit: t}}
suppliers:
  old: {material: ore, country: CN, capacity: 1000, price: 10}
stockpiles:
  store: {material: ore, initial: 60 t}
demands:
  plants: {material: ore, quantity: 365.25, shortage: 1000}
"""
ALTERNATIVE = "suppliers.other={material: ore, country: AU, capacity: {2026-01: 0, 2026-01-31: 146.1}, price: 20}"
"""0.4 a day from 31 January on."""
TIN = ("materials.tin={unit: t}", "suppliers.tin_mine={material: tin, country: BR, capacity: 10}")


def loaded(folder: Path, *sets: str, text: str = STORE) -> Loaded:
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return load(folder / "s.yaml", sets)


def found(scenario: Loaded, **options: Any) -> Findings:
    return runway(scenario, workers=1, **options)


def row(table: pd.DataFrame, **keys: str) -> dict[str, Any]:
    for column, value in keys.items():
        table = table[table[column] == value]
    (one,) = table.to_dict("records")
    return {str(key): value for key, value in one.items()}


def cut(findings: Findings, kind: str, key: str) -> dict[str, Any]:
    return row(findings.tables["cuts"], kind=kind, key=key)


def won(findings: Findings, lever: str, key: str = "old") -> dict[str, Any]:
    return row(findings.tables["levers"], kind="supplier", key=key, lever=lever)


def test_a_store_lasts_as_long_as_it_holds_days_of_demand(tmp_path: Path) -> None:
    """60 days of 365.25 are 1.97 months: January, and 27 of the 28 days of February: 59.8 days are served in whole days, and the 28th is not."""
    without = cut(found(loaded(tmp_path), levers=False, only="suppliers"), "supplier", "old")
    assert without["until"] == "2026-02-28"
    assert without["days"] == pytest.approx(30.4375 * (1 + 27 / 28))
    assert (without["short"], without["rule"], without["why"]) == ("plants", "stockpiles.store.initial", "store: used up")
    assert without["served"] == "60 days"


def test_an_alternative_that_comes_late_stretches_the_store(tmp_path: Path) -> None:
    """30 days from the store, then 0.6 a day of the other 30: 80 days.

    On the grid 31 January is a 31st of January: 60 - 30.4375 (1 - 0.4/31) = 29.955 are left, February takes 18.2625, so 11.693 are left for
    March, of which 11.693 / 18.2625 = 0.640, which is 19 whole days of 31: 2 + 19/31 months are 79.5 days.
    """
    scenario = loaded(tmp_path, ALTERNATIVE)
    without = cut(found(scenario, only="suppliers.old"), "supplier", "old")
    assert without["until"] == "2026-03-20"
    assert without["days"] == pytest.approx(30.4375 * (2 + 19 / 31))
    assert without["served"] == "80 days"


def test_nothing_further_is_the_first_row_and_lasts_to_the_end(tmp_path: Path) -> None:
    findings = found(loaded(tmp_path), only="stockpiles")
    first = findings.tables["cuts"].iloc[0]
    assert (first["kind"], bool(first["to_the_end"]), first["served"]) == ("as it is", True, "≥ 365 days")
    # the supplier gives all that is wanted: nobody needs the store
    store = cut(findings, "stockpile", "store")
    assert (store["days_lost"], store["loss"]) == (0, 0)


def test_what_matters_less_may_go_unserved(tmp_path: Path) -> None:
    """Only 0.3 a day is essential: 9 of the store until 31 January, and then 0.4 come in."""
    tiers = "demands.plants.shortage=[{share: 70 %, cost: 10}, {cost: 1000}]"
    gain = won(found(loaded(tmp_path, ALTERNATIVE, tiers), only="suppliers.old"), "priorities")
    assert gain["to_the_end"]
    assert gain["days_before"] == pytest.approx(30.4375 * (2 + 19 / 31))


def test_a_month_more_in_store(tmp_path: Path) -> None:
    """90.4375 without any other source: all of February, and 29.5625 days of March."""
    gain = won(found(loaded(tmp_path), only="suppliers.old"), "stock")
    assert gain["until"] == "2026-03-31"
    assert gain["days_gained"] == pytest.approx(30.4375 * ((2 + 30 / 31) - (1 + 27 / 28)))


def test_a_substitute_counts_as_served(tmp_path: Path) -> None:
    """A substitute does 0.4 a day, so 60 last 100 days: 3 months take 54.7875, 5.2125 / 18.2625 = 0.285 of April are 8 whole days.

    With 0.5 a day 60 last 120 days: 3 months take 45.65625, 14.34375 / 15.21875 of April are 28 whole days.
    """
    other = [
        "materials.tin={unit: t}",
        "suppliers.tin_mine={material: tin, country: BR, capacity: 1000}",
        "demands.plants.substitutes={tin: {max_share: 40 %}}",
    ]
    findings = found(loaded(tmp_path, *other), only="suppliers")
    assert cut(findings, "supplier", "old")["until"] == "2026-04-09"
    assert won(findings, "substitutes")["until"] == "2026-04-29"
    # with the store and the old supplier nobody needs the substitute
    assert cut(findings, "supplier", "tin_mine")["days_lost"] == 0


@pytest.mark.parametrize(("delay", "until_day"), [("8 months", None), ("6 months", "2027-01-01")])
def test_ramps_half_a_year_quicker(tmp_path: Path, delay: str, until_day: str | None) -> None:
    """A mine gives everything after its delay; half a year sooner it is in time before the store is empty only if it comes within 60 days."""
    mine = ["suppliers.mine={material: ore, country: AU}", f"projects.dig={{adds_to: mine, committed: 2026-01, size: 400, ramp: {{delay: {delay}}}}}"]
    gain = won(found(loaded(tmp_path, *mine), only="suppliers.old"), "ramps")
    assert gain["until"] == (until_day or gain["until"])
    assert bool(gain["to_the_end"]) == (until_day is not None)
    # eight months less six are two: the store of 60 days is empty a day before
    assert gain["days_gained"] < 2 or until_day


def test_a_quicker_ramp_is_the_ramp_half_a_year_later() -> None:
    scenario = load(CASES / "cutoff_ramp.yaml").scenario
    project = quicker(scenario).projects["new_mine"]
    assert isinstance(project.ramp, CurveRamp)
    assert [time for time, _ in project.points] == [0.0, 1.5, 2.5, 3.5, 3.5]
    assert [share for _, share in project.points] == pytest.approx([0.0, 0.0, 0.5, 0.7, 1.0])
    # it begins two years after its commitment, so it ends as late as it would have
    assert project.life == 30.5


def test_a_cut_from_a_day_inside_a_month(tmp_path: Path) -> None:
    """Cut off on 16 March a store that holds no more gives its 60 days from then on: 16/31 of March take 15.7, April 30.4, May 13.85 of 30.4."""
    without = cut(found(loaded(tmp_path, "stockpiles.store.capacity=60"), start="2026-03-16", levers=False, only="suppliers"), "supplier", "old")
    assert without["until"] == "2026-05-15"
    assert without["days"] == pytest.approx(30.4375 * (16 / 31 + 1 + 14 / 31))


def test_who_is_short_before_the_failure_is_told_so(tmp_path: Path) -> None:
    """Without the supplier the store is empty on 28 February, before anything fails in May."""
    findings = found(loaded(tmp_path, "suppliers.old.capacity=0"), start="2026-05", levers=False, only="suppliers")
    assert cut(findings, "as it is", "")["days"] == 0
    assert findings.headline[0].startswith(
        "As it is, if no cost is spared, every demand can be served in full until 2026-02-28 only, so for no day from 2026-05-01 on; then ore: plants"
    )


def test_the_loss_is_the_difference_of_two_plans(tmp_path: Path) -> None:
    """The same failure as an event costs what the solver says."""
    scenario = loaded(tmp_path, ALTERNATIVE, "money.discount_rate=5 %")
    event = "events.out={from: 2026-02, until: 2026-06, match: {suppliers: [old]}, spot: 0 %, contracts: 0 %, capacity: 0 %}"
    with_it = planner.solve(tmp_path / "s.yaml", sets=[ALTERNATIVE, "money.discount_rate=5 %", event]).total_cost
    without = planner.solve(scenario).total_cost
    loss = cut(found(scenario, start="2026-02", recover="4 months", levers=False, only="suppliers.old"), "supplier", "old")["loss"]
    assert loss == pytest.approx(with_it - without, rel=1e-6)
    assert loss > 0


def test_a_loss_is_split_into_penalties_and_what_is_paid(tmp_path: Path) -> None:
    """Half a year of 182.625 t: 100 t a year come from elsewhere at 20 instead of 10, the rest goes short at its price."""
    second = "suppliers.second={material: ore, country: AU, capacity: 100, price: 20}"
    old = cut(found(loaded(tmp_path, "stockpiles.store=null", second), levers=False, only="suppliers"), "supplier", "old")
    bought = 100 * 182.625 / 365.25
    short = 182.625 - bought
    assert old["loss_penalties"] == pytest.approx(1000 * short, rel=1e-6)
    assert old["loss"] - old["loss_penalties"] == pytest.approx(10 * bought - 10 * short, rel=1e-6)


def test_losses_are_compared_with_the_largest(tmp_path: Path) -> None:
    """Half a year of 182.625 is bought from the second supplier at 20 instead of 10; without the second one nothing is lost."""
    findings = found(loaded(tmp_path, "stockpiles.store=null", "suppliers.second={material: ore, country: AU, capacity: 1000, price: 20}"), levers=False)
    old, second = cut(findings, "supplier", "old"), cut(findings, "supplier", "second")
    assert (old["loss"], old["exposure"]) == (pytest.approx(1826.25), 1.0)
    assert (second["loss"], second["exposure"]) == (0.0, 0.0)
    assert cut(findings, "country", "CN")["loss"] == pytest.approx(1826.25)


def test_a_duty_that_nobody_has_signed_is_not_owed(tmp_path: Path) -> None:
    """A contract on offer at 900 is never signed; one at 5 saves 5 on each of 365.25 t, half a year of them while its seller is out."""
    offer = "contracts.offer={supplier: old, quantity: 365.25, price: %s, take_or_pay: 70 %%, sign: {earliest: 2026-01, latest: 2026-12}}"
    second = "suppliers.second={material: ore, country: AU, capacity: 1000, price: 10}"
    for price, loss in ((900, 0.0), (5, 5 * 182.625)):
        scenario = loaded(tmp_path, "stockpiles.store=null", second, offer % price)
        findings = found(scenario, levers=False, only="contracts,suppliers.old,countries.CN")
        event = "events.out={until: 2026-07-02, match: {suppliers: [old]}, spot: 0 %, contracts: 0 %}"
        told_apart = planner.solve(tmp_path / "s.yaml", sets=["stockpiles.store=null", second, offer % price, event]).total_cost
        now = planner.solve(scenario).total_cost
        for kind, key in (("contract", "offer"), ("supplier", "old"), ("country", "CN")):
            assert cut(findings, kind, key)["loss"] == pytest.approx(loss, abs=1.0)
        assert told_apart - now == pytest.approx(loss, rel=0.02, abs=1.0)


def test_a_time_to_recover_has_a_unit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--recover 6: has no unit; write for instance 6 months"):
        found(loaded(tmp_path), recover="6")


def test_what_stops_it_is_a_limit_that_is_reached(tmp_path: Path) -> None:
    """People are named as people call them, and limits as what has come to pass."""
    closed = "events.cut={match: {suppliers: [old]}, spot: 0 %}"
    findings = found(loaded(tmp_path, closed, "suppliers.old.label=The old mine", "events.cut.label=The cutoff"), levers=False, only="suppliers")
    assert cut(findings, "as it is", "")["why"] == "The cutoff: closes purchases from The old mine"
    small = found(loaded(tmp_path, "suppliers.old.capacity=100"), levers=False, only="stockpiles")
    assert cut(small, "stockpile", "store")["why"] == "old: ships all that it can"


def test_tables_leave_out_what_says_nothing(tmp_path: Path) -> None:
    """Where nobody loses a day, a loss or a lever, no table has rows of zeros."""
    findings = found(loaded(tmp_path, "suppliers.second={material: ore, country: AU, capacity: 1000, price: 10}"))
    shown = {section.table: findings.note(section) for section in findings.sections}
    assert set(shown) == {"cuts"}
    assert shown["cuts"].endswith("left out: 5 that take no day from all demands together")
    assert len(findings.tables["cuts"]) == 6


def test_a_duty_that_falls_away_can_save_money(tmp_path: Path) -> None:
    """A contract at 50 for all of the demand is out for half a year: 182.625 are bought at 10."""
    frame = "contracts.frame={supplier: old, quantity: 365.25, price: 50, take_or_pay: 100 %}"
    assert cut(found(loaded(tmp_path, "stockpiles.store=null", frame), levers=False), "contract", "frame")["loss"] == pytest.approx(-40 * 182.625)


def test_a_demand_that_forbids_shortage_leaves_no_plan(tmp_path: Path) -> None:
    findings = found(loaded(tmp_path, "demands.plants.shortage=null"), levers=False, only="suppliers")
    without = cut(findings, "supplier", "old")
    assert (without["loss"], without["until"]) == (float("inf"), "2026-02-28")
    assert any("leaves no plan" in sentence for sentence in findings.headline)
    assert (without["exposure"], "∞" in told(without["exposure"], "percent")) == (math.inf, True)
    assert findings.as_dict()["tables"]["cuts"][1]["loss"] is None


def test_a_scenario_without_a_plan_still_has_its_days(tmp_path: Path) -> None:
    findings = found(loaded(tmp_path, "demands.plants.shortage=null", "suppliers.old.capacity=0"), levers=False)
    assert cut(findings, "as it is", "")["until"] == "2026-02-28"
    assert pd.isna(cut(findings, "supplier", "old")["loss"])


def test_each_demand_by_itself(tmp_path: Path) -> None:
    """Plants and labs share 60: labs alone, 73.05 a year, take 6.0875 a month, so 9 months and 26 of the 31 days of October."""
    labs = "demands.labs={material: ore, quantity: 73.05, shortage: 5000}"
    findings = found(loaded(tmp_path, labs), levers=False, only="suppliers")
    by_itself = findings.tables["demands"]
    assert row(by_itself, kind="supplier", demand="labs")["until"] == "2026-10-27"
    assert row(by_itself, kind="supplier", demand="plants")["until"] == "2026-02-28"
    # together 1.2 a day: 50 days, of which 20 of the 28 days of February; the cheaper demand goes first
    without = cut(findings, "supplier", "old")
    assert (without["until"], without["short"], without["hit"]) == ("2026-02-18", "plants", "plants")


def test_nothing_is_asked_of_what_is_not_linked(tmp_path: Path) -> None:
    other = [
        "materials.tin={unit: t}",
        "suppliers.tin_mine={material: tin, country: BR, capacity: 10}",
        "demands.cans={material: tin, quantity: 10, shortage: 1}",
    ]
    findings = found(loaded(tmp_path, *other), levers=False)
    assert findings.record["parts"] == 2
    assert set(findings.tables["demands"].query("kind == 'country' and key == 'BR'")["demand"]) == {"cans"}
    assert cut(findings, "supplier", "tin_mine")["until"] == "2026-01-01"


PLANT = (
    "materials.metal={unit: t}",
    "processes.smelter={inputs: {ore: 1}, outputs: {metal: 1}, capacity: 1000}",
    "stockpiles.shelf={material: metal, initial: 30 t}",
    "demands.works={material: metal, quantity: 365.25, shortage: 1000}",
    "demands.plants=null",
)


def test_a_plant_that_stops(tmp_path: Path) -> None:
    """Metal on the shelf lasts 30 days when the only smelter stops; ore in store is of no use."""
    findings = found(loaded(tmp_path, *PLANT), levers=False)
    assert cut(findings, "process", "smelter")["days"] == pytest.approx(30, abs=1)
    # 60 days of ore in store and 30 of metal on the shelf
    assert cut(findings, "supplier", "old")["days"] == pytest.approx(90, abs=1)


def test_a_lane_that_closes(tmp_path: Path) -> None:
    """A party that gets all by one route lives on its own 20 days of stock; the one that ships to it has no need of the route."""
    sets = (
        "parties={east: {}, west: {}}",
        "suppliers.old.sells_to=[east]",
        "stockpiles.store.party=east",
        "stockpiles.shed={material: ore, party: west, initial: 20 t}",
        "demands.plants.party=east",
        "demands.works={material: ore, party: west, quantity: 365.25, shortage: 1000}",
        "routes.lane={from: east, to: west, materials: [ore]}",
    )
    findings = found(loaded(tmp_path, *sets), levers=False)
    lane = cut(findings, "route", "lane")
    assert lane["days"] == pytest.approx(20, abs=1)


def test_two_countries_at_once(tmp_path: Path) -> None:
    """Both suppliers: the store alone, 60 days. With either one: all."""
    second = "suppliers.second={material: ore, country: AU, capacity: 1000, price: 20}"
    findings = found(loaded(tmp_path, second), pairs=True, levers=False, only="countries")
    (pair,) = findings.tables["pairs"].to_dict("records")
    assert (pair["key"], pair["until"]) == ("AU+CN", "2026-02-28")
    assert set(findings.tables["cuts"]["days_lost"]) == {0.0}
    whole = cut(findings, "country", "CN")["days"]
    assert pair["fewer_than_alone"] == whole - pair["days"] > 0
    assert "Pairs of countries that last less than either one alone: 1 of 1; soonest AU and CN: 60 days." in findings.headline


def test_pairs_that_are_no_worse_than_one_of_them_are_left_out(tmp_path: Path) -> None:
    """AU never sells: CN alone lasts as long as both; tin, which nobody wants, has no say."""
    second = "suppliers.second={material: ore, country: AU, capacity: 0, price: 20}"
    findings = found(loaded(tmp_path, second, *TIN), pairs=True, levers=False, only="countries")
    assert set(findings.tables["pairs"]["fewer_than_alone"]) == {0.0}
    assert "Pairs of countries that last less than either one alone: none of 3." in findings.headline
    assert "pairs" not in {section.table for section in findings.sections}


def test_a_hard_share_counts_once_its_year_is_over(tmp_path: Path) -> None:
    """Each of three suppliers may ship 40 %: without one nothing can be shipped, which the year's account shows at its end."""
    findings = found(load(CASES / "share_cap.yaml"), levers=False, only="suppliers")
    without = cut(findings, "supplier", "a")
    assert (without["until"], without["rule"]) == ("2026-12-31", "policies.diversify.share")


def test_a_hard_reserve_ends_it(tmp_path: Path) -> None:
    """30 days stay in the reserve, so 30 are left."""
    without = cut(found(loaded(tmp_path, "stockpiles.store.floor=30"), levers=False, only="suppliers"), "supplier", "old")
    assert without["until"] == "2026-01-31"


def test_no_day_before_a_served_one_is_not(tmp_path: Path) -> None:
    """Yes up to the border, no from there on, on every day of three months; and the border is what the search finds."""
    scenario = loaded(tmp_path, ALTERNATIVE)
    case = one_case(scenario)
    question = Question(frozenset(["plants"]), frozenset([("suppliers", "old")]))
    answer = latest(case, question, case.calendar.start, case.calendar.end)
    days = [dt.date(2026, 1, 2) + dt.timedelta(days=7 * step) for step in range(14)] + [answer.day, answer.day + dt.timedelta(days=1)]
    assert [trial(case, day).ask(question).served for day in days] == [day <= answer.day for day in days]


def one_case(scenario: Loaded) -> Case:
    calendar = scenario.calendar
    return Case(f"test {scenario.digest}", scenario.scenario, quicker(scenario.scenario), calendar, calendar.start, calendar.end)


@pytest.mark.parametrize("name", ["cutoff_ramp", "share_cap", "sailco"])
def test_up_to_an_edge_the_whole_program_is_that_of_the_shorter_horizon(name: str) -> None:
    case = one_case(load(CASES / f"{name}.yaml"))
    first = next(iter(case.scenario.suppliers))
    question = Question(frozenset(case.scenario.demands), frozenset([("suppliers", first)]))
    for period in case.calendar.periods:
        part = Trial(case, period.end, False)
        built = Trial(case, period.end, False)
        built.program, built.weights = Unserved(case, until(case.calendar, period.end), False).before(period.end)
        built.unserved = built._columns("unserved")
        mine, other = part.ask(question), built.ask(question)
        assert (mine.served, mine.since) == (other.served, other.since)
        assert mine.missing == pytest.approx(other.missing, abs=1e-9)


def test_a_year_is_served_if_the_plan_of_a_horizon_that_ends_with_it_runs_short_of_nothing() -> None:
    """The solver's own plans, with each horizon: nothing short in the first year only, where the incumbent fails."""
    event = "events.out={match: {suppliers: [incumbent]}, spot: 0 %, capacity: 0 %}"
    short = {}
    for year in (2027, 2028, 2029):
        sets = [event, f"horizon.end={year}-01", "stockpiles.reserve.holding_cost=0", "demands.plants.shortage=1e6"]
        short[year] = planner.solve(CASES / "cutoff_ramp.yaml", sets=sets).shortage.get("plants", 0.0)
    assert [units > 1e-6 for units in short.values()] == [False, True, True]
    case = one_case(load(CASES / "cutoff_ramp.yaml"))
    question = Question(frozenset(["plants"]), frozenset([("suppliers", "incumbent")]))
    answer = latest(case, question, case.calendar.start, case.calendar.end)
    # 120 in store, 70 a year are missing: 1.714 years, 260 of the 365 days of 2027
    assert answer.day == dt.date(2027, 1, 1) + dt.timedelta(days=260)


def test_grids_keep_their_nominal_time() -> None:
    calendar = load(CASES / "cutoff_ramp.yaml").calendar
    split = with_edges(calendar, [dt.date(2026, 7, 2), dt.date(2027, 1, 1)])
    assert len(split.periods) == len(calendar.periods) + 1
    assert split.years == pytest.approx(calendar.years)
    assert len(set(split.labels)) == len(split.labels)
    assert [later(dt.date(2026, 1, 31), years) for years in (1 / 12, 90 / 365.25)] == [dt.date(2026, 2, 28), dt.date(2026, 5, 1)]
    assert nominal_days(calendar, calendar.start, calendar.end) == pytest.approx(6 * 365.25)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"only": "suppliers.odl"}, "--only suppliers.odl: there is no such thing in the scenario; did you mean 'suppliers.old'"),
        ({"only": "supplier"}, "did you mean 'suppliers'"),
        ({"only": "contracts"}, "--only contracts: the scenario has nothing of the kind"),
        ({"start": "2027-01"}, "--from 2027-01-01: lies outside the horizon; choose a day from 2026-01-01 until before 2027-01-01"),
        ({"start": "soon"}, "--from 'soon' is not a date"),
        ({"recover": "6 monhts"}, "--recover unknown unit 'monhts'"),
        ({"recover": "0 days"}, "--recover 0 days: must be longer than 0"),
        ({"recover": "-1 month"}, "--recover -1 month: must be longer than 0"),
    ],
)
def test_what_cannot_be_asked_is_said(tmp_path: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as error:
        found(loaded(tmp_path), **options)
    assert said in str(error.value)


def test_a_scenario_without_demands_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no demand"):
        found(loaded(tmp_path, "demands.plants=null"))


def test_the_answers_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, ALTERNATIVE)
    one, other = (runway(scenario, workers=workers) for workers in (1, 2))
    assert replace(one, record={}).as_dict() == replace(other, record={}).as_dict()


def test_the_command_tells_it_as_json(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(STORE, encoding="utf-8")
    command = [str(PLAN), "runway", "s.yaml", "--only", "suppliers", "--json", "--out", "days", "--html", "days.html", "--workers", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["tables"]["cuts"][1]["until"] == "2026-02-28"
    assert told["headline"][0].startswith("As it is, if no cost is spared, every demand can be served in full to the end of the horizon")
    assert (tmp_path / "days" / "cuts.csv").exists()
    assert (tmp_path / "days.html").exists()
    wrong = subprocess.run([*command[:3], "--only", "x"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (wrong.returncode, "there is no such thing" in wrong.stderr) == (2, True)
