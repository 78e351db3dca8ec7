"""Which plans can be compared, and how they are brought together."""

from __future__ import annotations

import pytest

from planner.comparison import compare
from planner.errors import InputError
from tests.planner.comparison.comparing import causes, compared, plan


def test_different_horizons_are_refused_with_a_way_out() -> None:
    with pytest.raises(InputError, match=r"base covers 2026-01 to 2028-01 and other covers 2026-01 to 2029-01.*--set horizon.end=2028-01"):
        compare(plan(), plan("other", horizon__end="2029"))


def test_different_price_years_and_units_are_refused_together() -> None:
    one = plan("one", money__base_year=2020)
    other = plan("other", money__base_year=2026, materials__ore__unit="kg")
    with pytest.raises(InputError) as refusal:
        compare(one, other)
    assert "money of 2020, other in money of 2026" in str(refusal.value)
    assert "ore (t and kg)" in str(refusal.value)


def test_currencies_convert_by_the_rate_of_either() -> None:
    """The same scenario in yen at 160 to the dollar costs the same."""
    yen = {"money__currency": "JPY", "suppliers__near__price": 1600, "suppliers__far__price": 4800, "demands__plants__shortage": 160000}
    for one, other in ((plan("usd", money__rates={"JPY": 1 / 160}), plan("jpy", **yen)), (plan("usd"), plan("jpy", **yen, money__rates={"USD": 160}))):
        found = compared(one, other)
        assert found.against[0].bridge_parts.difference == pytest.approx(0, abs=1e-6)
        assert found.sides[1].total_cost == pytest.approx(2000)
        assert found.notes == ("jpy is converted: 1 JPY = 0.00625 USD",)
        assert found.against[0].effects.method == "none"


def test_currencies_without_a_rate_are_refused() -> None:
    with pytest.raises(InputError, match=r"base counts in USD, other in EUR: give one of them a rate"):
        compare(plan(), plan("other", money__currency="EUR"))
    with pytest.raises(InputError, match=r"one EUR is 1\.1 USD in one, but 1\.25 USD in other"):
        compare(plan("one", money__rates={"EUR": 1.1}), plan("other", money__currency="EUR", money__rates={"USD": 0.8}))


def test_months_and_years_are_compared_by_year() -> None:
    """At a rate of zero the grid changes nothing; a price change on the other grid is a price change."""
    months = plan("months", horizon__step="month")
    found = compared(plan(), months, keep=False)
    assert found.against[0].bridge_parts.difference == pytest.approx(0, abs=1e-6)
    assert found.notes == ("months has another grid than base; they are compared over 2 common stretches of time, 2026 first",)
    dearer = compared(plan(), plan("dearer", horizon__step="month", suppliers__near__price=12), keep=False, effects=False)
    assert causes(dearer, "purchases")["price"] == pytest.approx(400, rel=1e-8)
    assert sum(map(abs, causes(dearer, "purchases").values())) == pytest.approx(400, rel=1e-8)


def test_names_are_told_apart_and_the_base_comes_first() -> None:
    found = compare(plan(), plan(title="Twin"), plan("third"), effects=False, keep=False, base="third", workers=1)
    assert [side.name for side in found.sides] == ["third", "base (1)", "base (2)"]
    assert found.base == "third"
    with pytest.raises(InputError, match=r"--base thrid: is none of the plans that are compared; did you mean 'third'"):
        compare(plan(), plan("third"), base="thrid")


def test_one_plan_alone_is_no_comparison() -> None:
    with pytest.raises(InputError, match="needs two plans"):
        compare(plan())
