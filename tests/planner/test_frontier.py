"""Frontiers known by hand, convex, and confirmed by bounds from scratch."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.cheapest import cheapest
from planner.decided import amounts
from planner.errors import InputError, NoPlanError
from planner.findings import Findings
from planner.frontier import frontier
from planner.frontier.curve import Curve, trace
from planner.frontier.quantity import Quantity, quantity_of
from planner.inquiry import inquire
from planner.pipeline import solve_scenario
from planner.solver.certificate import proven
from planner.solver.elastic import Row, with_rows
from planner.solver.highs import Solution
from tests.command import ROOT, run
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario

CASES = ROOT / "tests" / "cases"


def sources(**more: Any) -> dict[str, Any]:
    """100 t wanted: cn at 10, b up to 60 at 14, c at 20."""
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2027, "step": "year"},
        "materials": {"m": {}},
        "suppliers": {
            "cn": {"material": "m", "country": "CN", "capacity": 100, "price": 10, "emissions": 5},
            "b": {"material": "m", "country": "BR", "capacity": 60, "price": 14, "emissions": 2},
            "c": {"material": "m", "country": "CL", "capacity": 100, "price": 20, "emissions": 4},
        },
        "demands": {"d": {"material": "m", "quantity": 100}},
        **more,
    }


def corners(found: Findings) -> list[tuple[float, float]]:
    table = found.tables["frontier"]
    return list(zip(table["quantity"].tolist(), table["cost"].tolist(), strict=True))


def prices(found: Findings) -> list[float]:
    return list(found.tables["frontier"]["price"].dropna())


def close(expected: list[tuple[float, float]]) -> Any:
    return pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)


def test_less_from_a_country_by_hand() -> None:
    """60 t of cn give way to b at 4 more a tonne, the last 40 to c at 10 more."""
    found = frontier(loaded(sources()), "share:CN")
    assert np.array(corners(found)) == close([(100, 1000), (40, 1240), (0, 1640)])
    assert prices(found) == pytest.approx([4, 10])
    assert found.tables["frontier"]["share"].tolist() == pytest.approx([1, 0.4, 0])
    assert found.tables["frontier"]["gap"].tolist() == [0, 0, 0]


def test_emissions_by_hand() -> None:
    """cn emits 5 a tonne and b 2: 60 t changed save 180 t CO2e for 240. c emits 4: 40 t changed save 40 for 400."""
    found = frontier(loaded(sources()), "emissions")
    assert np.array(corners(found)) == close([(500, 1000), (320, 1240), (280, 1640)])
    assert prices(found) == pytest.approx([4 / 3, 10])


def short_scenario() -> dict[str, Any]:
    """m: cn has 60 at 10, c 30 at 60, missing costs 50. n: 50 wanted, x has 20 at 1, y 20 at 90; missing costs 80."""
    scenario = sources()
    scenario["materials"]["n"] = {}
    scenario["suppliers"] = {
        "cn": {"material": "m", "capacity": 60, "price": 10},
        "c": {"material": "m", "capacity": 30, "price": 60},
        "x": {"material": "n", "capacity": 20, "price": 1},
        "y": {"material": "n", "capacity": 20, "price": 90},
    }
    scenario["demands"] = {"d": {"material": "m", "quantity": 100, "shortage": 50}, "e": {"material": "n", "quantity": 50, "shortage": 80}}
    return scenario


@pytest.mark.parametrize("over", ["shortage:m", "shortage:d"])
def test_shortage_of_one_material_leaves_the_other_penalties(over: str) -> None:
    """40 are short at 600, and 30 of n at 80 stay so: 600 + 20 + 2400. From 40 to 10 each tonne costs 60."""
    found = frontier(loaded(short_scenario()), over)
    assert np.array(corners(found)) == close([(40, 3020), (10, 4820)])
    assert prices(found) == pytest.approx([60])
    assert found.tables["frontier"]["shortage_cost"].tolist() == pytest.approx([2400, 2400])


def test_shortage_as_a_mean_share_of_demand() -> None:
    """40 of 100 and 30 of 50 are short: 50 % in the mean. A tonne of m is half a percent at 60, one of n one percent at 90: n first, 20 %, then 15 %."""
    found = frontier(loaded(short_scenario()), "shortage")
    assert np.array(corners(found)) == close([(50, 620), (30, 2420), (15, 4220)])
    assert prices(found) == pytest.approx([90, 120])


def test_a_frontier_of_shortage_begins_at_the_cheapest_plan() -> None:
    """100 t of d go without, since missing costs 5 and m 60; 50 t of e are served at 190: in the mean 50 % are short, at 9500. To serve d costs 6000 more."""
    scenario = short_scenario()
    scenario["suppliers"] = {"c": {"material": "m", "capacity": 100, "price": 60}, "y": {"material": "n", "capacity": 50, "price": 190}}
    scenario["demands"]["d"]["shortage"], scenario["demands"]["e"]["shortage"] = 5, 1000
    found = frontier(loaded(scenario), "shortage")
    # without the cap the first corner would be e short and d served, at 6000
    assert np.array(corners(found)) == close([(50, 50 * 190), (0, 50 * 190 + 100 * 60)])
    assert found.record["total_cost"] - 100 * 5 == pytest.approx(corners(found)[0][1])


def test_who_goes_shorter_is_told_at_each_corner() -> None:
    """Without cn d has b's 60 t and 40 t short, at 30 each; c is dearer than going short."""
    scenario = sources()
    scenario["demands"]["d"]["shortage"] = 18
    found = frontier(loaded(scenario), "share:CN")
    assert np.array(corners(found)) == close([(100, 1000), (40, 1240), (0, 1560)])
    assert found.tables["frontier"]["shorter"].tolist() == ["", "", "m 40 t"]
    assert found.tables["frontier"]["place"].tolist() == ["as it is", "", ""]
    assert found.headline[-1] == "At the least of it, this goes short by more than in the cheapest plan: m 40 t."
    decisions = found.tables["decisions"]
    assert decisions.loc[decisions["kind"] == "demand", "value"].tolist() == pytest.approx([0, 0, 40])
    less = frontier(loaded(short_scenario()), "shortage:m").tables["frontier"]
    assert less["less_short"].tolist() == ["", "m 30 t"]


def test_capex_by_hand() -> None:
    """A mine of 40 t/yr at 5 replaces b at 14: worth 9 a year, for capex of 3. Without it b's 40 cost 360 more and the capex 120 less."""
    scenario = sources(projects={"e": {"adds_to": "mine", "decide": {}, "size": {"max": 40}, "ramp": 0, "capex": 3}})
    scenario["suppliers"]["cn"]["capacity"] = 50
    scenario["suppliers"]["mine"] = {"material": "m", "country": "AU", "price": 5}
    found = frontier(loaded(scenario), "capex")
    assert np.array(corners(found)) == close([(120, 500 + 200 + 140 + 120), (0, 500 + 700)])
    assert prices(found) == pytest.approx([2])


def test_what_the_opening_stock_is_worth() -> None:
    """Costs with 0, 120 and 121 t in store at the start stand in the expected results of the case."""
    table = frontier(CASES / "cutoff_ramp.yaml", "opening:reserve", 100).tables["frontier"]
    assert (table["gap"] == 0).all()
    at = [np.interp(units, table["quantity"][::-1], table["cost"][::-1]) for units in (0, 120, 121)]
    assert at == pytest.approx([116080, 30128.235294, 30005.894737], rel=1e-9)
    now = table[table["place"] == "as it is"]
    assert (now["quantity"].item(), now["cost"].item()) == pytest.approx((120, 30128.235294))


def test_the_stockpiles_of_a_material_together() -> None:
    """Two stores of 20 and 40 t in the place of b's 60 t at 14: 60 units of opening stock save 14 each, and 40 more cn's 10; kept in their proportion."""
    scenario = sources(stockpiles={"one": {"material": "m", "initial": 20}, "two": {"material": "m", "initial": 40}})
    scenario["suppliers"]["cn"]["capacity"] = 40
    found = frontier(loaded(scenario), "opening:m")
    assert np.array(corners(found)) == close([(100, 0), (60, 400), (0, 400 + 60 * 14)])
    assert found.headline[0].startswith("Opening stock of all stockpiles of m: 60 t in the cheapest plan")
    assert "the next t more saves 10 USD, the next less costs 14 USD" in " ".join(found.headline)


def test_prices_in_sentences_are_exact_with_few_segments() -> None:
    """100 t of cn at 10 and ten sellers of 10 t each at 11, 12, … for 100 t: with two segments the table has means, the sentences 1 and 10."""
    scenario = sources()
    scenario["suppliers"] = {"cn": {"material": "m", "country": "CN", "capacity": 100, "price": 10}}
    for more in range(1, 11):
        scenario["suppliers"][f"s{more}"] = {"material": "m", "country": "BR", "capacity": 10, "price": 10 + more}
    found = frontier(loaded(scenario), "share:CN", 2)
    assert found.tables["frontier"]["gap"].max() > 0
    assert "At first a t less costs 1 USD, at last 10 USD." in found.headline


def test_one_segment_is_exact_where_it_is(tmp_path: Path) -> None:
    """With one segment there is no room for the plan between the ends; with two it is there, and nothing lies below either."""
    scenario = sources(stockpiles={"one": {"material": "m", "initial": 60}})
    scenario["suppliers"]["cn"]["capacity"] = 40
    one, two = (frontier(loaded(scenario), "opening:one", points) for points in (1, 2))
    assert np.array(corners(one)) == close([(100, 0), (0, 1240)])
    assert np.array(corners(two)) == close([(100, 0), (60, 400), (0, 1240)])
    assert two.tables["frontier"]["gap"].tolist() == [0, 0, 0]
    assert one.tables["frontier"]["place"].tolist() == ["", ""]
    assert two.tables["frontier"]["place"].tolist() == ["", "as it is", ""]


@pytest.mark.parametrize(("initial", "marked", "shorter", "less"), [(0, ["", "as it is"], ["", ""], ["m 40 t", ""]), (200, ["", ""], ["", "m 40 t"], ["", ""])])
def test_a_store_that_is_empty_or_holds_too_much(initial: float, marked: list[str], shorter: list[str], less: list[str]) -> None:
    """b has 60 t for 100; each tonne in store, up to 40, saves the 50 of a shortage, and further ones b's 14: all is held against the plan as it is."""
    scenario = sources(stockpiles={"one": {"material": "m", "initial": initial}})
    scenario["suppliers"] = {"b": scenario["suppliers"]["b"]}
    scenario["demands"]["d"]["shortage"] = 50
    table = frontier(loaded(scenario), "opening:one").tables["frontier"]
    assert np.array(list(zip(table["quantity"], table["cost"], strict=True))) == close([(100, 0), (40, 840), (0, 2840)])
    assert table["place"].tolist()[::2] == marked
    assert (table["shorter"].tolist()[::2], table["less_short"].tolist()[::2]) == (shorter, less)


def test_shortage_is_held_against_the_cheapest_plan_itself() -> None:
    """Five demands for m are alike, so that many plans cost the same; a frontier that starts elsewhere may not tell that as a change."""
    scenario = sources(
        suppliers={"cn": {"material": "m", "country": "CN", "capacity": 100, "price": 10}, "b": {"material": "m", "country": "BR", "price": 12, "capacity": 50}}
    )
    scenario["demands"] = {n: {"material": "m", "quantity": 60, "shortage": 50} for n in "abcde"}
    table = frontier(loaded(scenario), "share:CN").tables["frontier"]
    assert table["shorter"].tolist() == ["", "m 100 t"]
    assert table["less_short"].tolist() == ["", ""]


def test_rounding_is_no_shortage() -> None:
    """The cap lets every demand go short by a hundred-millionth of it; nobody is told so."""
    for seed in (35, 75, 107):
        table = frontier(loaded(random_scenario(seed)), "shortage").tables["frontier"]
        for column in ("shorter", "less_short"):
            assert not any(" e-" in text or "e-0" in text for text in table[column]), table[column].tolist()


def test_the_size_of_all_stores_of_a_material() -> None:
    """cn sells 100 t before it closes; 60 t are wanted in the second year, in stores of 30 and 50 t; what is not in store costs 14 more."""
    scenario = sources(
        horizon={"start": "2026-01", "end": "2028-01", "step": "year"},
        stockpiles={"one": {"material": "m", "capacity": 30}, "two": {"material": "m", "capacity": 50}},
        events={"closed": {"from": "2027-01", "match": {"suppliers": ["cn"]}, "capacity": 0}},
    )
    scenario["suppliers"] = {"cn": {"material": "m", "capacity": 100, "price": 10}, "b": {"material": "m", "capacity": 60, "price": 24}}
    scenario["demands"]["d"]["quantity"] = {"2026": 40, "2027": 60}
    found = frontier(loaded(scenario), "stockpile:m")
    assert np.array(corners(found)) == close([(60, 1000), (0, 400 + 60 * 24)])


def test_the_size_of_a_store_by_hand() -> None:
    """Sailco holds 10 boats at the end of the first quarter, at 20 a boat; without them 10 are built overtime in the third, at 50 more."""
    found = frontier(CASES / "sailco.yaml", "stockpile:yard")
    assert np.array(corners(found)) == close([(10, 78450), (0, 78750)])


def test_nothing_to_trade() -> None:
    found = frontier(CASES / "cutoff_ramp.yaml", "shortage")
    assert np.array(corners(found)) == close([(0, 30128.235294)])
    assert "no plan has less" in found.headline[0]


def test_what_costs_nothing_is_no_corner() -> None:
    """b and cn cost the same: all of b may come in for nothing, and the frontier begins there."""
    scenario = sources()
    scenario["suppliers"]["b"]["price"] = 10
    assert np.array(corners(frontier(loaded(scenario), "share:CN"))) == close([(40, 1000), (0, 1400)])


def test_few_segments_say_how_far_they_are_off() -> None:
    """One segment from (100, 1000) to (0, 1640) at 6.4 a tonne stands 1384 at 40, where 1240 is possible."""
    found = frontier(loaded(sources()), "share:CN", 1)
    assert np.array(corners(found)) == close([(100, 1000), (0, 1640)])
    assert found.tables["frontier"]["gap"].tolist() == pytest.approx([144, 0])
    assert "up to 144 USD below" in " ".join(found.headline)


def test_decisions_stand_at_each_corner() -> None:
    table = frontier(loaded(sources()), "share:CN").tables["decisions"]
    b = table[table["id"] == "b"].set_index("corner")["value"]
    assert b.tolist() == pytest.approx([0, 60, 60])


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("shortag", "did you mean 'shortage'"),
        ("profit", "known are shortage"),
        ("shortage:mm", "did you mean 'm'"),
        ("shortage:", "write shortage or shortage:ID"),
        ("share", "write share:COUNTRY"),
        ("share:CH", "known are BR, CL, CN"),
        ("share:CN:n", "no material of origin CN"),
        ("stockpile", "write stockpile:ID"),
        ("stockpile:s", "there are none"),
        ("opening:s", "there are none"),
        ("opening:m", "there are none"),
        ("capex:m", "write capex"),
        ("capex", "zero in every plan"),
        ("shortage", "zero in every plan"),
        ("", "known are"),
    ],
)
def test_a_wrong_quantity_is_told(over: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        frontier(loaded(sources()), over)


def test_a_country_that_ships_several_materials_needs_one() -> None:
    scenario = sources()
    scenario["materials"]["n"] = {}
    scenario["suppliers"]["other"] = {"material": "n", "country": "CN", "capacity": 1}
    with pytest.raises(InputError, match="such as share:CN:m"):
        frontier(loaded(scenario), "share:CN")


def test_stock_that_earns_without_end_is_refused() -> None:
    scenario = sources(stockpiles={"s": {"material": "m", "final": {"value": 5}}})
    with pytest.raises(InputError, match="earns without end"):
        frontier(loaded(scenario), "opening:s")


def test_no_segment_is_no_frontier() -> None:
    with pytest.raises(InputError, match="--points 0"):
        frontier(loaded(sources()), "share:CN", 0)


def _traced(scenario: Any) -> list[tuple[Quantity, Curve]]:
    """Frontiers of a random scenario, for what it has."""
    case = cheapest(inquire(scenario))
    decided = amounts(case.inquiry.loaded.scenario, case.data, case.program)
    found = []
    for over in ("shortage", "capex", "emissions", *(f"stockpile:{key}" for key in case.inquiry.loaded.scenario.stockpiles)):
        try:
            quantity = quantity_of(case, over, decided)
        except InputError:
            continue
        found.append((quantity, trace(quantity, 8, lambda _: None)))
    return found


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 400))
def test_frontiers_are_convex_and_hold_against_bounds(seed: int) -> None:
    scenario = loaded(random_scenario(seed))
    try:
        traced = _traced(scenario)
    except (NoPlanError, InputError):
        return
    for quantity, curve in traced:
        points = curve.points
        size = float(np.abs(quantity.program.cost * points[0].x[: len(quantity.program.cost)]).sum()) + abs(quantity.program.offset)
        # the cheapest plan is on the frontier: nothing that has as much costs less, but for the digits that it is settled to
        now = float(quantity.program.cost @ quantity.today) + quantity.program.offset
        assert _least_cost(quantity, quantity.at_cheapest * (1 + 1e-7)) == pytest.approx(now, abs=1e-5 * size)
        slopes = [(a.cost - b.cost) / (b.quantity - a.quantity) for a, b in pairwise(points)]
        assert all(before >= after * (1 - 1e-5) for before, after in pairwise(slopes))
        for (a, b), gap in zip(pairwise(points), curve.gaps, strict=True):
            middle = (a.quantity + b.quantity) / 2
            bounded = _least_cost(quantity, middle)
            line = (a.cost + b.cost) / 2
            # where it is steep, money is known as well as the quantity is
            steep = 2e-9 * (a.cost - b.cost) / (b.quantity - a.quantity) * (points[-1].quantity - points[0].quantity)
            assert line - gap - 1e-7 * size - steep <= bounded <= line + 1e-7 * size + steep
        for point in points[1:]:
            assert _least_cost(quantity, point.quantity) == pytest.approx(point.cost, rel=1e-6, abs=1e-7 * size)


def _least_cost(quantity: Quantity, bound: float) -> float:
    terms = {int(column): float(quantity.weights[column]) for column in np.flatnonzero(quantity.weights)}
    program = with_rows(replace(quantity.program), [Row(("bound", None), terms, upper=bound)])
    outcome = proven(program)
    assert isinstance(outcome, Solution)
    return float(program.cost @ outcome.x) + program.offset


def test_a_corner_is_what_a_policy_would_cost() -> None:
    """A limit on emissions is the same question asked as a rule: `plan solve` with it costs what the frontier says."""
    limit = {"carbon": {"kind": "max_emissions", "limit": 300, "per": "total"}}
    assert solve_scenario(loaded(sources(policies=limit))).total_cost == pytest.approx(1240 + 20 * 10)


def test_the_command(tmp_path: Path) -> None:
    words: list[str | Path] = ["frontier", CASES / "cutoff_ramp.yaml", "--over", "capex", "--json", "--html", tmp_path / "page.html"]
    told = json.loads(run(*words).stdout)
    assert told["tables"]["frontier"][0]["cost"] == pytest.approx(30128.235294)
    assert told["tables"]["frontier"][-1]["price"] is None
    assert (tmp_path / "page.html").exists()
