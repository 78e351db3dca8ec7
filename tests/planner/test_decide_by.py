"""By when decisions must be taken; every number by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from planner.decide_by import decide_by
from planner.errors import InputError, NoPlanError
from planner.findings import Findings
from planner.language import new_scenario
from planner.pipeline import solve_scenario
from tests.command import run

# 10 t a month are wanted, 180 t in store last 18 months. A mine gives nothing for 12 months and then its size at once; three years are planned.
# Another one would come too late.
MINE = """version: 1
horizon: {start: 2026-01, end: 2029-01, step: month}
materials: {ore: {unit: t, label: Iron ore}}
suppliers:
  mine: {label: The mine, material: ore, price: 1}
  rich_mine: {material: ore, price: 1}
projects:
  shaft: {label: A shaft, adds_to: mine, decide: {}, size: {max: 200}, ramp: {delay: 12 months}, capex: 12}
  late_mine: {adds_to: rich_mine, decide: {}, size: {max: 200}, ramp: {delay: 40 months}, capex: 12}
stockpiles:
  reserve: {material: ore, initial: 180}
demands:
  plants: {material: ore, quantity: 120, shortage: 100}
"""


def asked(folder: Path, text: str, *sets: str, within: float = 0.01) -> Findings:
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return decide_by(folder / "s.yaml", sets=sets, within=within)


def row(found: Findings, key: str) -> dict[str, Any]:
    (only,) = found.tables["decisions"].query("id == @key").to_dict("records")
    return {str(name): value for name, value in only.items()}


def test_a_stock_gives_time_until_the_ramp_must_have_begun(tmp_path: Path) -> None:
    """Stock until June 2027 and a ramp of 12 months: the shaft is decided by July 2026, or some months are short.

    The mine must give 180 t in what is left of the three years after its ramp, 24 - m months for a decision after m months, so it is 12 · 180 / (24 - m)
    t/yr large and costs 25920 / (24 - m): 1080 at once, 360 more after six months. After 12 months it can give no more than the 120 t of the last
    year, 60 t are short at 100 and not bought at 1, and 120 t/yr cost 1440: 6000 - 60 + 1440 - 1080 = 6300 more. Without it 180 t are short:
    18000 - 180 - 1080 = 16740 more.
    """
    found = asked(tmp_path, MINE, within=0.30)
    shaft = row(found, "shaft")
    assert (shaft["label"], shaft["adds_to"], shaft["first"], shaft["unit"]) == ("A shaft", "The mine", "2026-01", "t/yr")
    assert shaft["size"] == pytest.approx(90)
    assert (shaft["latest_without_more_shortage"], shaft["latest_at_no_cost"], shaft["slack_months"]) == ("2026-07", "2026-01", 6)
    # 30 % of 1260 are 378
    assert shaft["latest_within"] == "2026-07"
    costs = {months: shaft[f"delay_{months}"] for months in (1, 3, 6, 12, 24)}
    assert costs == pytest.approx({1: 25920 / 23 - 1080, 3: 25920 / 21 - 1080, 6: 360, 12: 6300, 24: 16740})
    assert shaft["never"] == pytest.approx(16740)
    assert shaft["cost_a_month_after"] == pytest.approx(25920 / 23 - 1080)
    assert shaft["verdict"] == "more runs short without it"
    decide = "Decide on A shaft (90 t/yr) by 2026-07, or more must run short, whatever is paid"
    assert found.headline[1].startswith(f"{decide}; each month after 2026-01 costs 46.96 USD at first")


def test_what_the_plan_does_not_take_can_wait_for_ever(tmp_path: Path) -> None:
    late = row(asked(tmp_path, MINE), "late_mine")
    assert (late["first"], late["latest_without_more_shortage"], late["slack_months"], late["never"]) == ("–", "not needed", math.inf, 0)
    assert late["verdict"] == "not in the cheapest plan"


def test_all_together_are_the_one_that_counts(tmp_path: Path) -> None:
    found = asked(tmp_path, MINE)
    assert found.tables["decisions"]["id"].tolist() == ["all_decisions", "shaft", "late_mine"]
    together, shaft = row(found, "all_decisions"), row(found, "shaft")
    same = ("latest_without_more_shortage", "latest_at_no_cost", "latest_within", "delay_6", "never")
    assert [together[name] for name in same] == [shaft[name] for name in same]


@pytest.mark.parametrize(("day", "months"), [("2026-04-01", 3), ("2026-12-01", 11)])
def test_a_delay_costs_what_the_scenario_costs_whose_window_opens_later(tmp_path: Path, day: str, months: int) -> None:
    found = asked(tmp_path, MINE, within=0.7)
    points = found.tables["delays"].query("id == 'shaft'").set_index("months")["extra_cost"]
    now, later = (solve_scenario(tmp_path / "s.yaml", sets=sets).total_cost for sets in ([], [f"projects.shaft.decide.earliest={day}"]))
    if months in points:
        assert points[months] == pytest.approx(later - now)
    below, above = points[points.index <= months].max(), points[points.index >= months].min()
    assert below * (1 - 1e-6) <= later - now <= above * (1 + 1e-6)


def test_where_nothing_may_run_short_there_is_no_plan_later(tmp_path: Path) -> None:
    """Without a price of shortage July 2026 is the last date at which there is a plan at all."""
    shaft = row(asked(tmp_path, MINE, "demands.plants.shortage=null"), "shaft")
    assert (shaft["latest_without_more_shortage"], shaft["verdict"], shaft["never"]) == ("2026-07", "there is no plan without it", math.inf)
    assert (shaft["delay_6"], shaft["delay_12"]) == (pytest.approx(360), math.inf)


def test_of_two_alike_neither_is_needed(tmp_path: Path) -> None:
    """The second shaft is as cheap as the first: the plan does as well without either, and not without both."""
    found = asked(tmp_path, MINE, "projects.late_mine.ramp.delay=12 months")
    assert {row(found, key)["verdict"] for key in ("shaft", "late_mine")} <= {"the plan does as well without it", "not in the cheapest plan"}
    assert row(found, "all_decisions")["never"] == pytest.approx(16740)
    assert found.headline[0].endswith("it does as well without any one of the 2 open decisions.")


def test_shortage_that_is_cheaper_than_the_mine_is_accepted_and_can_be_avoided(tmp_path: Path) -> None:
    """At 2 a unit short the mine (6 a unit of 180, and 1 to buy) is not built; whoever wants no shortage at all must still build it by July 2026."""
    found = asked(tmp_path, MINE, "demands.plants.shortage=2")
    shaft = row(found, "shaft")
    assert (shaft["latest_without_more_shortage"], shaft["latest_at_no_cost"]) == ("not needed", "not needed")
    assert shaft["latest_with_least_shortage"] == "2026-07"


def test_a_dear_way_to_avoid_shortage_is_one_all_the_same(tmp_path: Path) -> None:
    """The other mine at 10,000 times the price keeps all served: nobody need run short without the shaft at some price."""
    found = asked(tmp_path, MINE, "projects.late_mine={ramp: {delay: 12 months}, capex: 120000}")
    shaft = row(found, "shaft")
    assert (shaft["latest_without_more_shortage"], shaft["verdict"]) == ("not needed", "saves money; nobody need run shorter without it")
    assert shaft["never"] == pytest.approx(16740)


CONTRACT = """version: 1
horizon: {start: 2026-01, end: 2027-01, step: month}
materials: {ore: {unit: t}}
suppliers:
  seller: {material: ore, capacity: 1000, price: 10}
contracts:
  frame: {supplier: seller, quantity: 120, price: 5, sign: {}}
demands:
  plants: {material: ore, quantity: 120, shortage: 100}
"""


def test_a_contract_that_is_signed_later_saves_later(tmp_path: Path) -> None:
    """Each month without it 10 t cost 5 more: 50; the whole year 600."""
    frame = row(asked(tmp_path, CONTRACT, within=0.25), "frame")
    assert (frame["kind"], frame["size"], frame["unit"], frame["first"]) == ("contract", pytest.approx(120), "t/yr", "2026-01")
    assert {name: frame[name] for name in ("delay_1", "delay_6", "never")} == pytest.approx({"delay_1": 50, "delay_6": 300, "never": 600})
    # a quarter of 600 are three months; nobody runs short without it
    assert (frame["latest_within"], frame["latest_without_more_shortage"]) == ("2026-04", "not needed")
    assert frame["verdict"] == "saves money; nobody need run shorter without it"


def test_a_delay_within_a_period_of_the_grid_is_not_told(tmp_path: Path) -> None:
    frame = row(asked(tmp_path, CONTRACT, "horizon={start: 2026-01, end: 2029-01, step: year}"), "frame")
    assert math.isnan(frame["delay_1"])
    assert frame["delay_12"] == pytest.approx(600)


@pytest.mark.parametrize(
    ("text", "sets", "within", "said"),
    [
        (CONTRACT, ["contracts.frame.sign=null"], 0.01, "s: nothing is open to decide"),
        (CONTRACT, [], -1.0, "--within -1: is no share of the cost"),
        (CONTRACT, [], math.nan, "--within nan: is no share of the cost"),
        (MINE, ["projects.shaft.adds_to=min"], 0.01, "did you mean 'mine'"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, text: str, sets: list[str], within: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        asked(tmp_path, text, *sets, within=within)


def test_without_a_plan_the_rules_in_conflict_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoPlanError) as caught:
        asked(tmp_path, MINE, "demands.plants.shortage=null", "stockpiles.reserve.initial=10")
    assert any("stockpiles.reserve" in relaxation.path or "demands" in relaxation.path for relaxation in caught.value.relaxations)


def test_workers_find_the_same(tmp_path: Path) -> None:
    """Decisions of two parts that nothing links, in one process and in two."""
    (tmp_path / "s.yaml").write_text(MINE, encoding="utf-8")
    one, two = (decide_by(tmp_path / "s.yaml", workers=number).tables for number in (1, 2))
    assert all(one[name].equals(two[name]) for name in one)


def test_the_scenario_to_begin_with_has_its_dates(tmp_path: Path) -> None:
    """What must not get shorter cannot be kept more exactly than the plan was written: a least of next to nothing is proven all the same."""
    for path in new_scenario(tmp_path / "question"):
        if path.name == "cutoff.yaml":
            assert row(decide_by(path), "second_source_plant")["first"] == "2026-01"


def test_the_command_tells_it_as_json(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(CONTRACT, encoding="utf-8")
    told = json.loads(run("decide-by", "s.yaml", "--within", "25 %", "--json", cwd=tmp_path).stdout)
    assert told["command"] == "decide-by"
    assert told["tables"]["decisions"][0]["latest_within"] == "2026-04"
    assert told["tables"]["decisions"][0]["slack_months"] is None


def test_the_command_refuses_a_share_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(CONTRACT, encoding="utf-8")
    assert "--within soon: " in run("decide-by", "s.yaml", "--within", "soon", cwd=tmp_path, code=2).stderr
