"""Why the cost differs, with numbers by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.comparison.bridge import _amounts, _causes
from planner.comparison.sides import common_grid, sides_of
from tests.planner.comparison.comparing import causes, compared, plan
from tests.samples import number


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        # 200 t at 12 instead of 10
        ({"suppliers__near__price": 12}, "purchases", {"price": 400.0}),
        # 2 x 50 t more, from the same mine
        ({"demands__plants__quantity": 50}, "purchases", {"volume": -1000.0}),
        # 2 x 60 t move from 10 to 30
        ({"suppliers__near__capacity": 40}, "purchases", {"mix": 2400.0}),
        # 30 t more a year from the dear mine: M rises from 10 to (100 x 10 + 30 x 30)/130 = 14.615; (60)(24.615)/2 volume, the rest mix
        ({"demands__plants__quantity": 130}, "purchases", {"volume": 738.461538462, "mix": 1061.538461538}),
        # 2 t short a year at 1000
        ({"suppliers__far__capacity": 0, "suppliers__near__capacity": 98}, "shortage", {"volume": 4000.0}),
    ],
)  # fmt: skip
def test_causes_by_hand(changes: dict[str, float], line: str, expected: dict[str, float]) -> None:
    found = causes(compared(plan(), plan("other", **changes), effects=False, keep=False), line)
    assert found == pytest.approx(expected, rel=1e-9)


def test_timing_is_the_same_amount_at_another_time() -> None:
    """100 t in 2026 at 10, or in 2027 at 20: the mine's price moves, not the choice of mine."""
    price = {"2026": 10, "2027": 20}
    early = plan("early", suppliers__near__price=price, demands__plants__quantity={"2026": 100, "2027": 0})
    late = plan("late", suppliers__near__price=price, demands__plants__quantity={"2026": 0, "2027": 100})
    assert causes(compared(early, late, effects=False, keep=False), "purchases") == pytest.approx({"timing": 1000.0})


def test_another_rate_is_discounting_and_nothing_else() -> None:
    """1000 in the middle of 2026 and of 2027."""
    found = compared(plan(), plan("other", money__discount_rate=0.1), effects=False, keep=False)
    expected = 1000 * (1.1**-0.5 + 1.1**-1.5) - 2000
    assert causes(found, "purchases") == pytest.approx({"discounting": expected}, rel=1e-9)


def test_price_and_rate_together_are_shared_out_in_the_middle() -> None:
    """Price 10 → 12 is 2 at the mean of both discount factors, the rate the change of the factors at the mean price of 11."""
    found = compared(plan(), plan("other", money__discount_rate=0.1, suppliers__near__price=12), effects=False, keep=False)
    factors = 1.1**-0.5 + 1.1**-1.5
    assert causes(found, "purchases") == pytest.approx({"price": 100 * 2 * (2 + factors) / 2, "discounting": 100 * 11 * (factors - 2)}, rel=1e-9)


def test_what_was_committed_before_is_given() -> None:
    capex = {"adds_to": "near", "committed": "2025", "size": 10, "capex": {"stages": [{"after": "18 months", "cost": 7}]}}
    found = compared(plan(), plan("other", projects={"running": capex}), effects=False, keep=False)
    assert causes(found, "capex") == {"given": 70.0}


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        ({"suppliers__near__tariff": "25 %"}, "tariffs", {"price": 500.0}),
        ({"suppliers__near__freight": 2}, "freight", {"price": 400.0}),
        ({"materials__ore__disposal_cost": 1}, "disposal", {}),
    ],
)
def test_a_charge_from_nothing_is_a_price(changes: dict[str, Any], line: str, expected: dict[str, float]) -> None:
    assert causes(compared(plan(), plan("other", **changes), effects=False, keep=False), line) == pytest.approx(expected, rel=1e-9)


def test_a_new_mine_at_another_rate_has_no_price_effect() -> None:
    """Near gives 50 of 100; the new one takes 50 t/yr from the far one, 30 → 20; the rest is discounting."""
    new = {"material": "ore", "country": "BR", "capacity": 50, "price": 20}
    one = plan("one", suppliers__near__capacity=50)
    other = plan("other", suppliers__near__capacity=50, suppliers__new=new, money__discount_rate=0.1)
    found = causes(compared(one, other, effects=False, keep=False), "purchases")
    factors = 1.1**-0.5 + 1.1**-1.5
    assert set(found) <= {"discounting", "mix", "timing"}
    assert found["mix"] == pytest.approx(-50 * 10 * (2 + factors) / 2, rel=1e-2)


def test_what_is_free_in_both_is_no_volume() -> None:
    """The value of what is left at the end depends on the last level only, however the levels before differ."""
    pile = {"pile": {"material": "ore", "initial": 20, "capacity": 20, "final": {"value": 5}}}
    early = plan("early", stockpiles=pile, suppliers__near__price={"2026": 10, "2027": 1})
    late = plan("late", stockpiles=pile, suppliers__near__price={"2026": 1, "2027": 10}, suppliers__near__capacity=120)
    found = causes(compared(early, late, effects=False, keep=False), "final_stock_value")
    ends = [item.tables["stockpiles"].query("measure == 'stock' and period == '2027'")["value"].sum() for item in (early, late)]
    assert found == ({"volume": -5 * (ends[1] - ends[0])} if ends[0] != ends[1] else {})


RICH = {
    "contracts": {"frame": {"supplier": "far", "quantity": 20, "price": 25, "start": "2025", "end": "2029", "take_or_pay": "90 %", "breach_price": 4}},
    "projects": {"shaft": {"adds_to": "near", "decide": {"earliest": "2026", "latest": "2026"}, "size": {"max": 40}, "capex": 6, "fixed_cost": 1, "ramp": 0,
                           "life": "9 years", "salvage": "straight_line"}},
    "stockpiles": {"pile": {"material": "ore", "initial": 30, "capacity": 50, "holding_cost": 1, "draw_cost": 1, "fill_cost": 1, "final": {"value": 12},
                            "floor": 10, "floor_penalty": 3}},
    "processes": {"recycling": {"inputs": {"scrap": 1}, "outputs": {"ore": 0.5}, "cost": 2}},
    "materials": {"ore": {"unit": "t", "disposal_cost": 1}, "scrap": {"unit": "t", "disposal_cost": 0.5}},
    "suppliers": {
        "near": {"material": "ore", "country": "CN", "capacity": 60, "price": {"tiers": [{"quantity": 30, "price": 9}, {"price": 11}]}, "freight": 1},
        "far": {"material": "ore", "country": "AU", "capacity": 60, "price": 30, "tariff": "5 %"},
        "yard": {"material": "scrap", "country": "JP", "capacity": 10, "price": 1},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"contracts__frame__price": 22, "contracts__frame__breach_price": 9},
        {"projects__shaft__capex": 2, "money__discount_rate": 0.05},
        {"stockpiles__pile__final": {"value": 40}, "stockpiles__pile__holding_cost": 3},
        {"processes__recycling__cost": 0, "suppliers__yard__capacity": 40},
        {"demands__plants__quantity": 140, "suppliers__far__capacity": 20},
        {"horizon__step": "quarter", "money__discount_rate": 0.1, "suppliers__near__price": 8},
    ],
)
def test_causes_explain_every_line_before_anything_is_rounded(changes: dict[str, Any]) -> None:
    """What amounts and unit costs say adds up to what the plans state: the rounding has nothing to hide."""
    one = plan("one", **RICH)
    other = plan("other", **RICH, **changes)
    sides = sides_of([one, other], ["one", "other"])
    amounts, given_ = _amounts(sides[0], sides[1], common_grid(sides))
    for line in one.costs:
        found = given_[line] + sum(sum(_causes(cell).values()) for (name, _, _), cell in amounts.items() if name == line)
        assert found == pytest.approx(other.costs[line] - one.costs[line], abs=1e-6 * (1 + abs(one.costs[line])))


numbers = st.integers(1, 200)


@settings(max_examples=number(25), deadline=None)
@given(capacity=numbers, price=numbers, quantity=numbers, rate=st.sampled_from([0, 0.07]), holding=st.integers(0, 3))
def test_bridges_add_up_to_the_last_digit_and_turn_their_sign(capacity: int, price: int, quantity: int, rate: float, holding: int) -> None:
    stock = {"pile": {"material": "ore", "initial": 30, "capacity": 50, "holding_cost": holding}}
    mines = {"suppliers__near__capacity": capacity, "suppliers__far__price": price}
    other = plan("other", **mines, demands__plants__quantity=quantity, money__discount_rate=rate, stockpiles=stock)
    there, back = (compared(*pair, effects=False, keep=False) for pair in ((plan(), other), (other, plan())))
    for found in (there, back):
        parts = found.against[0].bridge_parts
        units = [round(money / parts.quantum) for row in parts.cells.values() for money in row.values()]
        assert sum(units) == round(parts.difference / parts.quantum)
        assert all(math.isclose(parts.total(row), math.fsum(row.values()), abs_tol=parts.quantum / 4) for row in parts.lines.values())
        assert parts.difference == pytest.approx(found.sides[1].total_cost - found.sides[0].total_cost, abs=parts.quantum)
        assert found.bridge["value"].sum() == pytest.approx(parts.difference, abs=parts.quantum / 4)
    for line, row in there.against[0].bridge_parts.lines.items():
        mirrored = back.against[0].bridge_parts.lines[line]
        assert row == pytest.approx({cause: -money for cause, money in mirrored.items()}, abs=1e-7 * (1 + abs(there.sides[1].total_cost)))
