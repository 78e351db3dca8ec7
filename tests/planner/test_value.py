"""What stockpiles and contracts are worth; every number by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from planner.errors import InputError, NoPlanError
from planner.findings import Findings
from planner.pipeline import solve_scenario
from planner.value import value
from planner.value.curve import Point, pieces, points_between
from tests.command import run

CASES = Path(__file__).parents[1] / "cases"

# 100 t a year for three years: 60 t of the cheap seller at 10, 40 t of the dear one at 50. Keeping a t over the end of a year costs 2.
STOCK = """version: 1
horizon: {start: 2026-01, end: 2029-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  cheap: {label: The cheap seller, material: ore, capacity: 60, price: 10}
  dear: {material: ore, capacity: 200, price: 50}
stockpiles:
  reserve: {label: The reserve, material: ore, initial: 20, holding_cost: 2}
demands:
  plants: {material: ore, quantity: 100, shortage: 1000}
"""
# The same with a cheap seller who can sell all that is wanted.
PLENTY = "extends: s.yaml\nsuppliers: {cheap: {capacity: 100}}\n"
CORNERS = {40.0: 50.0, 80.0: 48.0, 120.0: 46.0, 180.0: 10.0, 240.0: 8.0, 300.0: 6.0}
"""End of each piece and what a unit of it saves: it replaces the dear seller in the first, second and third year, then the cheap one."""


def asked(folder: Path, text: str, *sets: str, futures: tuple[str, ...] = (), prices: tuple[str, ...] = ()) -> Findings:
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return value(folder / "s.yaml", futures, sets=sets, stock_prices=prices, root=folder)


def the(found: Findings, table: str, **keys: str) -> dict[str, Any]:
    """The only row of a table with these values."""
    rows = found.tables[table]
    for name, wanted in keys.items():
        rows = rows[rows[name] == wanted]
    (only,) = rows.to_dict("records")
    return {str(name): cell for name, cell in only.items()}


def curve(found: Findings) -> dict[float, float]:
    """Value per unit by the end of each piece."""
    table = found.tables["stock_value"]
    return {round(end, 6): round(worth, 6) for end, worth in zip(table["to"], table["value_per_unit"], strict=True)}


def test_each_unit_in_store_replaces_the_dearest_purchase_that_is_left(tmp_path: Path) -> None:
    """40 t replace the dear seller in each year, at 50 and 2 less for each year of keeping; 60 t more a year the cheap one at 10, 8 and 6.

    At 10, the cheapest offer, it pays up to 120 t: 20 t at 50, 40 at 48 and 40 at 46, less 100 at 10, are 3760.
    """
    found = asked(tmp_path, STOCK)
    assert curve(found) == CORNERS
    reserve = the(found, "stockpiles", id="reserve")
    assert (reserve["size"], reserve["value_of_one_more"], reserve["worth"]) == pytest.approx((20, 50, 1000))
    assert (reserve["price"], reserve["price_from"], reserve["pays_up_to"], reserve["net_saving"]) == (10, "The cheap seller", pytest.approx(120), 3760)
    assert found.headline == (
        "The reserve: at 10 USD/t (The cheap seller) it pays up to 120 t (now 20 t); that would save 3,760 USD net. "
        "But The cheap seller ships 60 t a year at that price, so the rest is dearer or comes later.",
    )


def test_who_may_not_sell_has_no_price(tmp_path: Path) -> None:
    """Closed in the first year, the cheap seller is no offer: the dear one sells at 50, or at 60 if that is what an event makes of it."""
    shut = "events.shut={match: {suppliers: [cheap]}, until: 2027-01, capacity: 0}"
    for sets, price in (((), 50), (("events.dear={match: {suppliers: [dear]}, price: 1.2}",), 60)):
        reserve = the(asked(tmp_path, STOCK, shut, *sets), "stockpiles")
        assert (reserve["price"], reserve["price_from"], reserve["seller_ships"]) == (pytest.approx(price), "dear", 200)


def test_a_seller_ships_as_much_as_he_sells_at_the_price_that_is_named(tmp_path: Path) -> None:
    tiers = "suppliers.cheap={material: ore, capacity: 60, price: {tiers: [{quantity: 5, price: 10}, {price: 40}]}}"
    assert the(asked(tmp_path, STOCK, tiers), "stockpiles")["seller_ships"] == 5


def test_where_nobody_may_sell_the_price_is_that_of_before(tmp_path: Path) -> None:
    """With both closed in the first year and room for 30 t, 20 t more are worth what 100 t short cost."""
    found = asked(tmp_path, STOCK, "events.shut={match: {materials: [ore]}, until: 2027-01, spot: 0}", "stockpiles.reserve.capacity=30")
    reserve = the(found, "stockpiles")
    assert (reserve["price"], reserve["price_from"], reserve["seller_ships"], reserve["room"]) == (10, "The cheap seller, before events shut it", 0, 30)
    assert found.headline[0] == (
        "The reserve: at 10 USD/t (The cheap seller, before events shut it) it pays up to 30 t, all that there is room for, (now 20 t); that would save "
        "9,900 USD net. Nobody sells it now: that is the price of before. With more room at no cost it would pay up to 180 t."
    )


@pytest.mark.parametrize(("price", "size"), [("49 USD/t", 40), ("0.047 USD/kg", 80), ("9", 180), ("1", 300), ("60", 0)])
def test_it_pays_as_far_as_a_unit_saves_more_than_it_costs(tmp_path: Path, price: str, size: float) -> None:
    for item in ("reserve", "ore"):
        assert the(asked(tmp_path, STOCK, prices=(f"{item}={price}",)), "stockpiles")["pays_up_to"] == pytest.approx(size)


def test_the_cost_of_filling_is_part_of_the_price(tmp_path: Path) -> None:
    assert the(asked(tmp_path, STOCK, "stockpiles.reserve.fill_cost=37"), "stockpiles")["pays_up_to"] == pytest.approx(80)


def test_futures_are_averaged_by_weight(tmp_path: Path) -> None:
    """With plenty 100 t each save 10, 8 and 6: half of this and half of the other."""
    (tmp_path / "plenty.yaml").write_text(PLENTY, encoding="utf-8")
    found = asked(tmp_path, STOCK, futures=(str(tmp_path / "plenty.yaml"),))
    assert curve(found) == {40: 30, 80: 29, 100: 28, 120: 27, 180: 9, 200: 8, 240: 7, 300: 6}
    assert found.record["futures"] == {"s": 0.5, "plenty": 0.5}
    assert found.headline[0] == "Mean over s (50 %), plenty (50 %)."
    assert found.tables["stockpiles_by_future"]["value_of_one_more"].tolist() == pytest.approx([50, 10])


def test_futures_may_start_with_other_amounts(tmp_path: Path) -> None:
    """The other future starts with 10 t of the 20: with 30 t the first one has 30 and the other 20, and both save 50 on the next."""
    (tmp_path / "less.yaml").write_text("extends: s.yaml\nstockpiles: {reserve: {initial: 10}}\n", encoding="utf-8")
    found = asked(tmp_path, STOCK, futures=(str(tmp_path / "less.yaml"),))
    # the first has its corners at 40, 80, … and the other, which has 10 t less, at 50, 90, …
    assert list(curve(found).items())[:4] == [(40, 50), (50, 49), (80, 48), (90, 47)]
    assert math.isnan(the(found, "stockpiles")["worth"])


@pytest.mark.parametrize("weight", ["=1", "=100 %"])
def test_a_future_may_have_all_the_weight(tmp_path: Path, weight: str) -> None:
    (tmp_path / "plenty.yaml").write_text(PLENTY, encoding="utf-8")
    assert curve(asked(tmp_path, STOCK, futures=(f"{tmp_path}/plenty.yaml{weight}",))) == {100: 10, 200: 8, 300: 6}


def test_a_future_that_is_the_scenario_again_counts_with_it(tmp_path: Path) -> None:
    found = asked(tmp_path, STOCK, futures=(f"{tmp_path}/s.yaml=0.4",))
    assert curve(found) == CORNERS
    assert found.record["futures"] == {"s": 1.0}


@pytest.mark.parametrize(("case", "pile", "size"), [("cutoff_ramp", "reserve", 60.0), ("cutoff_ramp", "reserve", 333.0), ("sailco", "yard", 120.0)])
def test_the_curve_is_what_the_scenario_costs_with_that_much(case: str, pile: str, size: float) -> None:
    """What is in the store at the start changes, its room does not."""
    path = CASES / f"{case}.yaml"
    found = value(path).tables["stock_value"]
    width = (found["to"].clip(upper=size) - found["from"]).clip(lower=0)
    saved = float((width * found["value_per_unit"]).sum())
    costs = [solve_scenario(path, sets=[f"stockpiles.{pile}.initial={units}"], tie_break=False).total_cost for units in (0, size)]
    assert saved == pytest.approx(costs[0] - costs[1])


ROOM = """version: 1
horizon: {start: 2026-01, end: 2028-01, step: year}
materials: {ore: {unit: t}}
suppliers: {mine: {material: ore, capacity: 200, price: 50}}
stockpiles: {own: {material: ore, initial: 10, capacity: 20, holding_cost: 1}}
demands: {plants: {material: ore, quantity: 100, shortage: 500}}
events: {cut: {from: 2027-01, match: {suppliers: [mine]}, spot: 0 %}}
"""


def test_what_a_store_holds_and_its_room_are_worth_different_things(tmp_path: Path) -> None:
    """The mine fills it for the second year anyway: one more in store saves a purchase at 50, room for one more a shortage at 500, for 50 and its keeping.

    Beyond 20 t each tonne in store has room of its own: it saves a shortage but for its keeping, up to the 100 t of the second year, and then one of the
    100 t that are bought in the first.
    """
    own = the(asked(tmp_path, ROOM), "stockpiles")
    keeping = 500 - 50 - own["value_of_room"]
    assert (own["value_of_one_more"], own["room"], 0 < keeping < 3) == (pytest.approx(50), 20, True)
    assert (own["pays_up_to"], own["verdict"]) == (10, "about right")
    cheaper = the(asked(tmp_path, ROOM, prices=("own=45 USD/t",)), "stockpiles")
    assert (cheaper["pays_up_to"], cheaper["net_saving"], cheaper["pays_with_room"]) == pytest.approx((20, 50, 200))
    found = asked(tmp_path, ROOM).tables["stock_value"]
    assert found["beyond_room"].tolist() == [False, True, True]
    assert found["to"].tolist() == pytest.approx([20, 100, 200])
    assert found["value_per_unit"].tolist() == pytest.approx([50, 500 - keeping, 50])
    costs = [solve_scenario(tmp_path / "s.yaml", sets=[f"stockpiles.own.{key}"]).total_cost for key in ("capacity=20", "capacity=21", "initial=11")]
    assert costs[0] - costs[1] == pytest.approx(own["value_of_room"])
    assert costs[0] - costs[2] == pytest.approx(own["value_of_one_more"])


def test_what_is_more_than_the_room_is_drawn_at_once(tmp_path: Path) -> None:
    """30 t in room for 20, of which the first year takes 10: one more saves a purchase, and with more room is kept."""
    own = the(asked(tmp_path, ROOM, "stockpiles.own.initial=30"), "stockpiles")
    assert (own["value_of_one_more"], own["pays_up_to"], own["verdict"]) == (pytest.approx(50), 30, "about right")
    assert own["value_of_room"] > 440


def test_what_must_be_left_as_it_was_is_worth_what_it_lends(tmp_path: Path) -> None:
    """Whoever must leave what was there saves nothing but the difference of prices between years: none here, and keeping costs."""
    reserve = the(asked(tmp_path, STOCK, "stockpiles.reserve.final={min: initial}"), "stockpiles")
    # bought back at 50 in the last year at the latest: drawn in the first, kept over the end of the last one for 2
    assert reserve["value_of_one_more"] == pytest.approx(-2)
    assert reserve["pays_up_to"] == 0


def test_what_holds_a_stockpile_back_is_named(tmp_path: Path) -> None:
    reserve = the(asked(tmp_path, STOCK, "stockpiles.reserve.max_draw=5"), "stockpiles")
    assert reserve["held_back"] == "the rate of drawing in 2026 … 2028"
    # a unit beyond the three fives is never drawn, and kept for three years
    assert reserve["value_of_one_more"] == pytest.approx(-6)


def test_a_stock_without_which_there_is_no_plan(tmp_path: Path) -> None:
    """Nothing else can be had and nothing may run short: 300 t are needed, and more is kept for three years at 2."""
    sets = ("suppliers={cheap: {capacity: 0}, dear: {capacity: 0}}", "demands.plants.shortage=null", "stockpiles.reserve.initial=300")
    reserve = the(asked(tmp_path, STOCK, *sets, prices=("reserve=7",)), "stockpiles")
    assert (reserve["worth"], reserve["value_of_one_more"], reserve["pays_up_to"]) == (math.inf, pytest.approx(-6), pytest.approx(300))


# One year, 100 t: 60 t by contract at 30, the rest outside it, up to 70 t at 40 and the rest at 50.
CONTRACT = """version: 1
horizon: {start: 2026-01, end: 2027-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  partner: {label: The partner, material: ore, capacity: 60, price: 1000}
  market: {material: ore, capacity: 200, price: {tiers: [{quantity: 70, price: 40}, {price: 50}]}}
contracts:
  frame: {label: The frame, supplier: partner, quantity: 60, price: 30}
demands:
  plants: {material: ore, quantity: 100, shortage: 2000}
"""


def test_a_contract_is_worth_what_doing_without_costs_and_its_premium_is_exact(tmp_path: Path) -> None:
    """With it 60 · 30 + 40 · 40 = 3400, without 70 · 40 + 30 · 50 = 4300: 900.

    Over its 60 t these are 15, but from a price of 40 on only 30 t are lifted: 30 · p + 2800 is 4300 at p = 50, so the premium is 20.
    """
    frame = the(asked(tmp_path, CONTRACT), "contracts")
    assert (frame["delivered"], frame["saves"], frame["premium"], frame["release"]) == pytest.approx((60, 900, 20, 0))
    assert (frame["verdict"], frame["supplier"]) == ("worth it", "The partner")
    costs = [solve_scenario(tmp_path / "s.yaml", sets=sets).total_cost for sets in (["contracts.frame.price=50"], ["contracts.frame=null"])]
    assert costs[0] == pytest.approx(costs[1])


@pytest.mark.parametrize("penalty", [(), ("contracts.frame.breach_price=70",)])
def test_a_burden_is_told_with_the_payment_to_be_let_out(tmp_path: Path, penalty: tuple[str, ...]) -> None:
    """All 60 t must be taken or paid at 70: 60 · 70 + 40 · 40 = 5800 instead of 4300, so 1500 to be let out.

    It would be worth having at 45: 60 t are 2700 then, and 40 · 40. With a penalty of its own the minimum is lifted all the same.
    """
    found = asked(tmp_path, CONTRACT, "contracts.frame.take_or_pay=100 %", "contracts.frame.price=70", *penalty)
    frame = the(found, "contracts")
    assert (frame["saves"], frame["release"], frame["premium"]) == pytest.approx((-1500, 1500, -25))
    assert frame["verdict"] == "a burden"
    assert found.headline == ("The frame is a burden: being let out of it is worth up to 1,500 USD.",)


def test_contracts_are_valued_future_by_future(tmp_path: Path) -> None:
    """Where the partner breaks the contract it is worth nothing: a quarter of 900 is missing in the mean."""
    (tmp_path / "broken.yaml").write_text("extends: s.yaml\nevents: {broken: {contracts: 0 %}}\n", encoding="utf-8")
    found = asked(tmp_path, CONTRACT, futures=(f"{tmp_path}/broken.yaml=25 %",))
    assert the(found, "contracts")["saves"] == pytest.approx(675)
    assert the(found, "contracts")["premium"] == pytest.approx(20)
    assert found.tables["contracts_by_future"].set_index("future")["saves"].to_dict() == pytest.approx({"s": 900, "broken": 0})


def test_a_contract_that_is_not_signed_is_worth_nothing(tmp_path: Path) -> None:
    frame = the(asked(tmp_path, CONTRACT, "contracts.frame.sign={}", "contracts.frame.price=60"), "contracts")
    assert (frame["status"], frame["saves"], frame["verdict"]) == ("on offer", 0, "not signed")
    assert math.isnan(frame["premium"])


def test_without_a_contract_there_may_be_no_plan(tmp_path: Path) -> None:
    found = asked(tmp_path, CONTRACT, "demands.plants.shortage=null", "suppliers.market.capacity=50", "events.shut={match: {suppliers: [partner]}, spot: 0 %}")
    assert the(found, "contracts")["verdict"] == "no plan without it"
    assert found.headline == ("The frame: without it there is no plan that keeps the rules.",)


def test_where_a_budget_counts_the_price_no_premium_is_claimed(tmp_path: Path) -> None:
    frame = the(asked(tmp_path, CONTRACT, "policies.spending={kind: budget, covers: [contracts], limit: 1e6}"), "contracts")
    assert math.isnan(frame["premium"])
    assert frame["verdict"] == "worth it; spending counts its price"


@pytest.mark.parametrize(
    ("futures", "prices", "said"),
    [
        (("nowhere.yaml=0.3",), (), "nowhere.yaml"),
        (("=0.3",), (), "=0.3: names no file"),
        (("s.yaml=often",), (), "s.yaml= often: 'often' is not a number"),
        (("s.yaml=-1",), (), "is below 0"),
        (("s.yaml=0.7", "s.yaml=0.7"), (), r"add up to 1\.4"),
        (("euro.yaml",), (), "counts in EUR, s in USD"),
        (("longer.yaml",), (), "give both the same horizon"),
        ((), ("reserv=3",), "did you mean 'reserve'"),
        ((), ("reserve",), "is not id=price"),
        ((), ("reserve=3 USD/yr",), "--stock-price reserve=3 USD/yr: "),
        ((), ("reserve=-3",), "is below 0"),
    ],
)
def test_what_cannot_be_valued_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, futures: tuple[str, ...], prices: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "euro.yaml").write_text("extends: s.yaml\nmoney: {currency: EUR}\n", encoding="utf-8")
    (tmp_path / "longer.yaml").write_text("extends: s.yaml\nhorizon: {end: 2030-01}\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        asked(tmp_path, STOCK, futures=futures, prices=prices)


def test_a_scenario_without_stock_and_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a stockpile nor a contract"):
        asked(tmp_path, STOCK, "stockpiles={}", "stockpiles.reserve=null")


def test_a_future_without_a_plan_says_so(tmp_path: Path) -> None:
    (tmp_path / "dry.yaml").write_text("extends: s.yaml\nsuppliers: {dear: {capacity: 0}}\ndemands: {plants: {shortage: null}}\n", encoding="utf-8")
    with pytest.raises(NoPlanError, match="dry"):
        asked(tmp_path, STOCK, futures=(str(tmp_path / "dry.yaml"),))


def test_workers_find_the_same() -> None:
    one, two = (value(CASES / "bim.yaml", workers=number).tables for number in (1, 2))
    assert all(one[name].equals(two[name]) for name in one)


def test_corners_of_a_convex_function_are_found_from_its_tangents() -> None:
    """The largest of three lines: -4 x, -8 - 2 x, -14 - x meet at 4 and at 6."""
    lines = ((0.0, -4.0), (-8.0, -2.0), (-14.0, -1.0))

    def ask(at: float) -> Point:
        height, slope = max((start + slope * at, slope) for start, slope in lines)
        return Point(at, height, slope)

    found = pieces(points_between(ask, ask(0.0), ask(10.0), 1e-9, 0.0), 1e-9)
    assert [piece.end for piece in found] == pytest.approx([4, 6, 10])
    assert [piece.slope for piece in found] == pytest.approx([-4, -2, -1])


def test_the_command_tells_it_as_json(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(STOCK, encoding="utf-8")
    (tmp_path / "plenty.yaml").write_text(PLENTY, encoding="utf-8")
    told = json.loads(run("value", "s.yaml", "plenty.yaml=0.5", "--stock-price", "reserve=28.5", "--json", cwd=tmp_path).stdout)
    assert told["command"] == "value"
    assert told["tables"]["stockpiles"][0]["pays_up_to"] == pytest.approx(80)
