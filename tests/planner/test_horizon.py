"""What a plan wins only because the horizon ends, and which early decisions a longer horizon moves; all numbers by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.errors import InputError
from planner.horizon import horizon_test, lengthen
from planner.pipeline import solve_scenario
from planner.plan import Plan, Record
from planner.scenario.load import Loaded, load
from planner.show import render
from tests.command import ROOT, run


def scenario(folder: Path, text: str, *sets: str) -> Loaded:
    (folder / "s.yaml").write_text("version: 1\n" + text, encoding="utf-8")
    return load(folder / "s.yaml", sets)


def ending(folder: Path, text: str, *sets: str) -> list[str]:
    """Warnings of the solved scenario, without its folder."""
    plan = solve_scenario(scenario(folder, text, *sets))
    return [str(warning).replace(f"{folder}/", "") for warning in plan.record["warnings"]]


# A mine sells what is needed at 50, at 60 in the last year: the 40 t in store are worth most there, and nothing afterwards.
STORE = """horizon: {start: 2026-01, end: 2030-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, capacity: 100, price: {2026-01: 50, 2029-01: 60}}
stockpiles:
  reserve:
    material: ore
    initial: 40
demands:
  plants: {material: ore, quantity: 100, shortage: 1000}
"""


def test_a_store_drained_at_the_end_is_named(tmp_path: Path) -> None:
    assert ending(tmp_path, STORE) == [
        "s.yaml:7:3: stockpiles.reserve.final: ends with 0 t of 40 t: the plan draws 40 t in the last 12 months because nothing after 2030-01 counts; "
        "set final: {min: initial}, or a value above 60 USD/t, which is what it costs at the end"
    ]


@pytest.mark.parametrize(
    "setting",
    [
        "stockpiles.reserve.final={min: initial}",
        "stockpiles.reserve.final={min: 10}",
        "stockpiles.reserve.final={value: 70}",
        "stockpiles.reserve.floor=20",
        # a fifth of 365.25 days of 100 t/yr: 20 t
        "policies.cover={kind: min_cover, days: 73.05}",
        # 2 t in four years
        "stockpiles.reserve.max_draw=0.5",
    ],
)
def test_a_guarded_store_is_not(tmp_path: Path, setting: str) -> None:
    assert ending(tmp_path, STORE, setting) == []


def test_a_minimum_far_below_the_start_guards_nothing(tmp_path: Path) -> None:
    (found,) = ending(tmp_path, STORE, "stockpiles.reserve.final={min: 4}")
    assert "ends with 4 t of 40 t: the plan draws 36 t in the last 12 months" in found


def test_a_value_below_the_price_at_the_end_is_told_with_both_numbers(tmp_path: Path) -> None:
    (found,) = ending(tmp_path, STORE, "stockpiles.reserve.final={value: 55}")
    assert found.startswith("--set stockpiles.reserve.final:1:1: stockpiles.reserve.final: ends with 0 t of 40 t")
    assert "because one t left counts 55 USD in money of 2029, while it costs 60 USD then" in found


def test_the_value_counts_from_the_end_and_the_price_from_mid_year(tmp_path: Path) -> None:
    """At 21 % half a year is a factor of 1.1: 64 at the end are 58.2 in the middle of 2029, so draining wins; 66 are 60, and above that it does not."""
    rate = "money.discount_rate=21 %"
    # at 21 % the stock would be drawn at once, where it saves most
    rising = "suppliers.mine.price={2026-01: 5, 2029-01: 60}"
    (found,) = ending(tmp_path, STORE, rate, rising, "stockpiles.reserve.final={value: 64}")
    assert "counts 58.2 USD in money of 2029, while it costs 60 USD then" in found
    assert "a value above 66 USD/t" in found
    assert ending(tmp_path, STORE, rate, rising, "stockpiles.reserve.final={value: 67}") == []


def test_what_moves_to_another_store_is_not_drained(tmp_path: Path) -> None:
    """The reserve must not hold anything at the end of 2029, the other store may."""
    moved = ("stockpiles.reserve.holding_cost={2026-01: 0, 2029-01: 5}", "stockpiles.other={material: ore, final: {min: 40}}")
    assert ending(tmp_path, STORE, *moved) == []


# Short of 100 t a year at 100 each. The mine is decided in 2027 and ships from 2028 on at 5; 30 of its 40 a unit are due when the horizon ends.
PROJECT = """horizon: {start: 2026-01, end: 2030-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, capacity: 0, price: 5}
projects:
  shaft:
    adds_to: mine
    decide: {earliest: 2027-01, latest: 2027-01}
    size: {max: 100}
    ramp: {delay: 1 year}
    capex: {stages: [{after: 0, cost: 10}, {after: 3 years, cost: 30}]}
demands:
  plants: {material: ore, quantity: 100, shortage: 100}
"""


def test_a_half_paid_project_is_named(tmp_path: Path) -> None:
    assert ending(tmp_path, PROJECT) == [
        "s.yaml:12:12: projects.shaft.capex: 3,000 USD of the 4,000 USD for 100 t/yr fall due at or after the end, 2030-01, and are not in the cost, "
        "while it can make 200 t before; end the horizon after 2030-01, or close its window earlier with decide.latest"
    ]


def test_a_project_that_is_paid_is_not(tmp_path: Path) -> None:
    assert ending(tmp_path, PROJECT, "horizon.end=2031-01") == []


# Ore costs 500 until a new source opens in 2028 at 20. The contract bridges the gap at 60 and obliges until 2034.
RUNS_ON = """horizon: {start: 2026-01, end: 2030-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  old: {material: ore, capacity: 50, price: 500}
  new: {material: ore, capacity: {2026-01: 0, 2028-01: 100}, price: 20}
contracts:
  frame: {supplier: old, quantity: 50, price: 60, take_or_pay: 100 %, start: 2026-01, end: 2034-01, sign: {earliest: 2026-01, latest: 2026-12}}
demands:
  plants: {material: ore, quantity: 100, shortage: 600}
"""


def test_a_contract_that_runs_on_is_named_with_what_is_owed(tmp_path: Path) -> None:
    assert ending(tmp_path, RUNS_ON) == [
        "s.yaml:8:92: contracts.frame.end: is signed at 100 % and runs on after 2030-01: 200 t of its minimum, 12,000 USD until 2034-01, are not in the cost "
        "(inside: 200 t); one t then costs 60 USD and is worth 20 USD; end the horizon at 2034-01, or the contract at 2030-01"
    ]


@pytest.mark.parametrize("setting", ["suppliers.new.price=70", "contracts.frame.end=2030-01", "contracts.frame.sign=null"])
def test_a_duty_that_pays_or_ends_or_was_there_before_is_not(tmp_path: Path, setting: str) -> None:
    assert ending(tmp_path, RUNS_ON, setting) == []


def test_lifts_that_land_after_the_end_are_told_where_the_minimum_was_breached_before(tmp_path: Path) -> None:
    """Lifting at 100 what spot sells at 20 is worse than the breach at 10, until goods land after the end and cost nothing."""
    text = """horizon: {start: 2026-01, end: 2028-01, step: month}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, capacity: 100, price: 20, lead_time: 1 month}
  near: {material: ore, capacity: 100, price: 20}
contracts:
  frame: {supplier: mine, quantity: 12, price: 100, take_or_pay: 100 %, breach_price: 10}
demands:
  plants: {material: ore, quantity: 60, shortage: 1000}
"""
    (found,) = ending(tmp_path, text)
    assert found.startswith("s.yaml:8:3: contracts.frame.end: 1 t of its minimum lifted since 2027-12 land after 2028-01 and are not charged")
    assert "at the pace of the year before it would be 0 t" in found
    # a contract that is always lifted goes on as before
    assert ending(tmp_path, text, "contracts.frame.price=15") == []


def test_breaches_at_the_end_alone_are_told(tmp_path: Path) -> None:
    """In 2029 only 50 t are wanted; nobody stores the other 50 for 50 each where a breach costs 5."""
    text = """horizon: {start: 2026-01, end: 2030-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, capacity: 100, price: 60}
contracts:
  frame: {supplier: mine, quantity: 100, price: 50, take_or_pay: 100 %, breach_price: 5}
stockpiles:
  reserve: {material: ore}
demands:
  plants: {material: ore, quantity: {2026-01: 100, 2029-01: 50}, shortage: 1000}
"""
    (found,) = ending(tmp_path, text)
    assert "contracts.frame.take_or_pay: 50 t of its minimum are breached in the last 12 months for 250 USD" in found
    assert "give what is left a worth: stockpiles.reserve.final.value" in found
    assert ending(tmp_path, text, "stockpiles.reserve.final={value: 55}") == []


# Ore costs 60. A shaft, decided in 2027 for 150 a unit, saves 50 a year from 2028 on: it pays after three years of output.
EARLY = """horizon: {start: 2026-01, end: 2029-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  spot: {material: ore, capacity: 100, price: 60}
  mine: {material: ore, capacity: 0, price: 10}
projects:
  shaft: {adds_to: mine, decide: {earliest: 2027-01, latest: 2027-01}, size: {max: 100}, ramp: {delay: 1 year}, capex: 150}
demands:
  plants: {material: ore, quantity: 100, shortage: 1000}
"""


def compared(folder: Path, text: str, years: float, *sets: str) -> tuple[Plan, Record]:
    loaded = scenario(folder, text, *sets)
    plan = solve_scenario(loaded)
    return plan, horizon_test(loaded, plan, years)


def test_an_early_commitment_that_only_the_longer_horizon_makes(tmp_path: Path) -> None:
    """Until 2032 the shaft gives 4 years of output: 2 x 100 x 60 + 4 x 100 x 10 + 15000 = 31000 instead of 36000."""
    plan, found = compared(tmp_path, EARLY, 3)
    assert plan.total_cost == pytest.approx(18000)
    assert plan.commit == {"shaft": 0.0}
    assert found["total_cost"] == pytest.approx(31000)
    assert (found["until"], found["before"], found["status"]) == ("2032-01", "2028-01", "optimal")
    (move,) = found["moves"]
    assert (move["kind"], move["item"], move["when"], move["unit"]) == ("commit", "shaft", "2027", "t/yr")
    assert (move["before"], move["after"], move["relative"]) == pytest.approx((0.0, 100.0, 1.0))
    assert found["verdict"] == "1 decision before 2028-01 moves: commit shaft: nothing → 100 t/yr in 2027"


def test_nothing_moves_where_the_longer_horizon_is_still_too_short(tmp_path: Path) -> None:
    """Two years of output save 100 of the 150."""
    plan, found = compared(tmp_path, EARLY, 1)
    assert (found["moves"], found["largest"]) == ([], 0.0)
    assert found["verdict"] == "nothing that is decided before 2028-01 moves"
    assert found["total_cost"] == pytest.approx(plan.total_cost + 6000)


def test_shipments_stocks_and_shortages_move_too(tmp_path: Path) -> None:
    """Alone, 2026 is served from the store. With 2027 to come the first 40 t of need go short at 20 in either year, and the store feeds both."""
    text = """horizon: {start: 2026-01, end: 2027-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  mine: {material: ore, capacity: 20, price: 30}
stockpiles:
  reserve: {material: ore, initial: 100}
demands:
  plants: {material: ore, quantity: 100, shortage: {0}}
""".replace("{0}", "[{share: 40 %, cost: 20}, {cost: 1000}]")
    _, found = compared(tmp_path, text, 1)
    moves = {(move["kind"], move["item"]): move for move in found["moves"]}
    short = moves["short", "ore"]
    assert (short["before"], short["after"], short["relative"]) == pytest.approx((0.0, 40.0, 0.4))
    assert short["first"] == {"before": None, "after": "2026"}
    assert short["text"] == "short ore 2026: 0 → 40 t, first never → 2026"
    assert moves["stock", "reserve"]["before"] == pytest.approx(0.0)
    assert moves["stock", "reserve"]["when"] == "end 2026"
    assert "(no commitment and no signature)" in str(found["verdict"])


def test_a_later_signature_is_a_move(tmp_path: Path) -> None:
    """The contract at 60 pays in 2026 and 2027 only; if its duty until 2034 counts (10 times 40 too dear) it is left alone at a gap of 100."""
    text = RUNS_ON.replace("price: 500", "price: 110").replace("shortage: 600", "shortage: 160")
    _, found = compared(tmp_path, text, 4, "demands.plants.shortage=130")
    (move,) = [move for move in found["moves"] if move["kind"] == "sign"]
    assert (move["before"], move["after"], move["text"]) == (1.0, 0.0, "sign frame: 100 % in 2026 → nothing")


def test_the_last_part_of_the_horizon_grows_in_its_own_step(tmp_path: Path) -> None:
    loaded = scenario(tmp_path, EARLY, "horizon.end=null", "horizon={start: 2026-01, steps: [{until: 2027-01, step: month}, {until: 2029-01, step: quarter}]}")
    longer = lengthen(loaded, 0.75)
    assert longer.calendar.end.isoformat() == "2029-10-01"
    assert len(longer.calendar.periods) == len(loaded.calendar.periods) + 3
    assert loaded.resolved != longer.resolved
    # the first tree is left as it was
    assert loaded.calendar.end.isoformat() == "2029-01-01"
    assert "2029-10" not in loaded.resolved


@pytest.mark.parametrize("years", [0.5, 0.0, -1.0, float("nan"), float("inf"), 1.2])
def test_years_off_the_grid_are_refused(tmp_path: Path, years: float) -> None:
    with pytest.raises(InputError, match=r"--horizon-test .*: is not a whole number of years, the step in which the horizon ends"):
        lengthen(scenario(tmp_path, EARLY), years)


def test_a_longer_horizon_without_a_plan_leaves_the_plan_standing(tmp_path: Path) -> None:
    closing = ("suppliers.spot.capacity={2026-01: 100, 2029-01: 0}", "demands.plants.shortage=null", "projects.shaft.size.max=10")
    plan, found = compared(tmp_path, EARLY, 2, *closing)
    assert plan.record["status"] == "optimal"
    assert (found["status"], found["moves"], found["total_cost"]) == ("infeasible", [], None)
    assert str(found["verdict"]).startswith("with the horizon until 2031-01 there is no plan to compare with: ")


def test_the_scenario_that_gets_longer_is_the_one_that_was_solved(tmp_path: Path) -> None:
    """A purse of 1 buys nothing: it has to give way, and the longer horizon has the purse that did."""
    path = tmp_path / "store.yaml"
    path.write_text("version: 1\n" + STORE, encoding="utf-8")
    purse = "policies.purse={kind: budget, covers: [purchases], limit: 1, until: 2030-01}"
    words: list[str | Path] = ["solve", path, "--set", purse, "--set", "demands.plants.shortage=null", "--set", "demands.plants.negotiable=0"]
    done = run(*words, "--relax", "--horizon-test", "1", "--json", "--out", tmp_path / "p")
    report = json.loads(done.stdout)
    assert (report["status"], report["horizon_test"]["status"]) == ("relaxed", "optimal")
    assert [item["path"] for item in report["relaxations"]] == ["policies.purse.limit"]


def test_limits_over_the_whole_horizon_are_noted(tmp_path: Path) -> None:
    _, found = compared(tmp_path, EARLY, 1, "policies.purse={kind: budget, covers: [capex], limit: 1000000, per: total}")
    assert found["notes"] == ["policies.purse holds for the whole horizon (per: total), and its limit is the same for the longer one"]


def test_the_command_tests_records_and_shows(tmp_path: Path) -> None:
    path = tmp_path / "early.yaml"
    path.write_text("version: 1\n" + EARLY, encoding="utf-8")
    words: list[str | Path] = ["solve", path, "--out", tmp_path / "p", "--horizon-test"]
    done = run(*words, "3", "--json")
    report = json.loads(done.stdout)["horizon_test"]
    assert [move["item"] for move in report["moves"]] == ["shaft"]
    assert json.loads((tmp_path / "p" / "plan.json").read_text())["horizon_test"] == report
    shown = run("show", tmp_path / "p").stdout
    assert "Horizon test" in shown
    assert "commit shaft: nothing → 100 t/yr in 2027  (100 % of its largest size)" in shown
    assert "--horizon-test 0.5: is not a whole number of years" in run(*words, "0.5", code=2).stderr


def test_japan_does_not_drain_its_stocks_and_a_longer_horizon_hardly_moves_it(tmp_path: Path) -> None:
    """No end warning on the shipped scenario; with two more years its early commitments move by a few per cent of what is on offer."""
    loaded = load(ROOT / "scenarios" / "japan" / "cutoff.yaml")
    plan = solve_scenario(loaded)
    assert plan.record["warnings"] == []
    found = horizon_test(loaded, plan, 2)
    assert (found["until"], found["before"], found["status"]) == ("2039-01", "2028-01", "optimal")
    moved = {move["item"]: move["relative"] for move in found["moves"] if move["kind"] == "commit"}
    assert moved
    assert max(moved.values()) < 0.06
    assert all(move["relative"] > found["tolerance"] for move in found["moves"])
    plan.record["horizon_test"] = found
    render(plan.record)
