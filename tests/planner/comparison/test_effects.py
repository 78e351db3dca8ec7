"""What each change does, where the causes are known by construction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planner import comparison
from planner.comparison import effects as module
from planner.comparison.effects import Effect
from tests.planner.comparison.comparing import compared, plan

ROOT = Path(__file__).parents[3]


def effects(**changes: Any) -> tuple[str, dict[str, Effect]]:
    found = compared(plan(), plan("other", **changes), keep=False).against[0]
    assert sum(row.effect for row in found.effects.rows) == pytest.approx(found.bridge_parts.difference, abs=found.bridge_parts.quantum / 4)
    return found.effects.method, {row.group: row for row in found.effects.rows}


def test_one_change_is_the_whole_difference() -> None:
    method, rows = effects(suppliers__near__price=12)
    assert method == "one group"
    assert rows["suppliers.near.price"].effect == 400


def test_nothing_that_acts_has_changed() -> None:
    method, rows = effects(title="Another title", demands__plants__label="Works")
    assert (method, rows) == ("none", {})


def test_another_spelling_is_no_change() -> None:
    method, rows = effects(suppliers__near__price="10 USD/t", suppliers__near__capacity="100 t/yr")
    assert (method, rows) == ("none", {})


def test_interplay_is_shared_half_and_half() -> None:
    """Price 10 → 12 alone is 2 x 100 x 2, demand 100 → 50 alone 2 x 50 x 10 less; together 200 less than their sum."""
    method, rows = effects(suppliers__near__price=12, demands__plants__quantity=50)
    assert method == "shapley"
    price, demand = rows["suppliers.near.price"], rows["demands.plants.quantity"]
    assert (price.effect, price.alone, price.last) == pytest.approx((300, 400, 200))
    assert (demand.effect, demand.alone, demand.last) == pytest.approx((-1100, -1000, -1200))


def test_what_does_not_meet_adds_up() -> None:
    """Freight on one mine, a store's holding cost, an idle mine's price: each its own, and nothing for the idle one."""
    stock = {"pile": {"material": "ore", "initial": 5, "capacity": 5, "holding_cost": 3, "final": {"min": 5}}}
    one = plan("one", stockpiles=stock)
    other = plan("other", stockpiles__pile={**stock["pile"], "holding_cost": 4}, suppliers__near__freight=1, suppliers__far__price=31)
    found = {row.group: row.effect for row in compared(one, other, keep=False).against[0].effects.rows}
    assert found == pytest.approx({"suppliers.near.freight": 200, "stockpiles.pile.holding_cost": 10, "suppliers.far.price": 0})


def test_what_comes_goes_with_what_names_it() -> None:
    """A new mine, and the event that closes it: no scenario is valid with the event alone."""
    new = {"material": "ore", "country": "BR", "capacity": 50, "price": 5}
    event = {"from": "2027", "match": {"suppliers": ["new"]}, "spot": 0}
    method, rows = effects(suppliers__new=new, events={"closed": event}, suppliers__near__price=11)
    # 2026: 50 x 5 + 50 x 11; 2027: 100 x 11; the base 2 x 100 x 10
    assert method == "shapley"
    assert set(rows) == {"suppliers.new and 1 more", "suppliers.near.price"}
    assert rows["suppliers.new and 1 more"].changes == 7
    assert sum(row.effect for row in rows.values()) == pytest.approx(-100)


def test_too_many_changes_go_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SHAPLEY", 1)
    monkeypatch.setattr(comparison, "MOST_SHAPLEY", 1)
    method, rows = effects(suppliers__near__price=12, demands__plants__quantity=50)
    assert method == "in order"
    assert {name: row.effect for name, row in rows.items()} == pytest.approx({"suppliers.near.price": 400, "demands.plants.quantity": -1200})


def test_what_has_no_plan_alone_waits_for_what_it_needs() -> None:
    """More demand that must be served has no plan before the mine has grown."""
    firm = {"plants": {"material": "ore", "quantity": 100}}
    one = plan("one", suppliers__far__capacity=0, demands=firm)
    other = plan("other", suppliers__far__capacity=0, demands={"plants": {"material": "ore", "quantity": 150}}, suppliers__near__capacity=150)
    found = compared(one, other, keep=False).against[0].effects
    assert found.method == "in order"
    assert [(row.group, row.effect) for row in found.rows] == [("suppliers.near.capacity", 0.0), ("demands.plants.quantity", 1000.0)]
    back = compared(other, one, keep=False).against[0].effects
    assert [(row.group, row.effect) for row in back.rows] == [("suppliers.near.capacity and demands.plants.quantity", -1000.0)]


def test_many_keys_are_put_together_by_entity() -> None:
    changes = {f"suppliers__near__{key}": 1 for key in ("price", "freight", "emissions")} | {"suppliers__far__freight": 1, "suppliers__far__emissions": 2}
    method, rows = effects(**changes)
    assert method == "shapley"
    assert set(rows) == {"suppliers.near", "suppliers.far"}


def test_workers_change_nothing() -> None:
    other = plan("other", suppliers__near__price=12, demands__plants__quantity=50, suppliers__far__price=29)
    one, two = (compared(plan(), other, keep=False).against[0].effects, module_compare(other))
    assert one == two


def module_compare(other: Any) -> Any:
    from planner.comparison import compare

    return compare(plan(), other, keep=False, workers=2).against[0].effects


def test_a_script_without_a_guard_compares_in_worker_processes(tmp_path: Path) -> None:
    """Notebooks and short scripts do not say ``if __name__ == "__main__"``; workers must not run them again."""
    script = tmp_path / "script.py"
    script.write_text(f"""
import planner
print("once")
case = {str(ROOT / "tests/cases/cutoff_ramp.yaml")!r}
plans = [planner.solve(case, sets=sets) for sets in ([], ["stockpiles.reserve.initial=90", "suppliers.spot.price=70", "suppliers.mine.price=21"])]
print(len(planner.compare(*plans, keep=False, workers=2).against[0].effects.rows))
""")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout.split() == ["once", "3"]
