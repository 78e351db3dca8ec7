"""Tables as codes: groups of rows, kinds of cells, and an effort that grows with a scenario and not with its square."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.pipeline import solve_scenario
from planner.verify import columns
from planner.verify.columns import Table, read_table
from planner.verify.recheck import recheck
from tests.oracle.plans import Json, loaded

ROWS: dict[str, list[Any]] = {
    "item": ["b", "a", "b", "a", "c"],
    "tier": [1, 1, 1, 2, 1],
    "period": ["2027", "2026", "2026", "2026", "2027"],
    "value": [1.0, 2.0, 3.0, 4.0, 5.0],
}


def table(**changes: Any) -> Table:
    read, problems = read_table(pd.DataFrame(ROWS).assign(**changes))
    assert not problems
    return read


def test_groups_are_in_order_of_appearance() -> None:
    read = table()
    group, first = read.groups(["item", "tier"])
    assert group.tolist() == [0, 1, 0, 2, 3]
    assert read.keys(["item", "tier"], first) == [("b", 1), ("a", 1), ("a", 2), ("c", 1)]
    some = np.array([1, 3, 4])
    group, first = read.groups(["item"], some)
    assert (group.tolist(), first.tolist()) == ([0, 0, 1], [1, 4])


def test_categories_that_do_not_stand_in_a_column_are_no_words_of_it() -> None:
    """The tables of a plan in memory share one list of texts; read row by row they would still be right, but slowly."""
    shared = pd.CategoricalDtype(pd.Index(["2026", "2027", "a", "b", "c"], dtype="str"))
    read = table(item=pd.Categorical(ROWS["item"], dtype=shared), period=pd.Categorical(ROWS["period"], dtype=shared))
    assert (read.words["item"], read.words["period"]) == (["a", "b", "c"], ["2026", "2027"])
    assert (read.column("item"), read.column("period")) == (ROWS["item"], ROWS["period"])
    empty = pd.DataFrame(ROWS).assign(item=pd.Categorical(["b", None, "b", "a", "c"], dtype=shared))
    assert read_table(empty)[1] == ["row 2, column item: nan is not a text (the column holds category)"]


def test_groups_of_more_combinations_than_a_number_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table().groups(["item", "tier", "period"])
    monkeypatch.setattr(columns, "LARGEST", 3)
    for one, other in zip(whole, table().groups(["item", "tier", "period"]), strict=True):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_texts_of_any_type_of_column_are_the_same(kind: Any) -> None:
    read = table(item=pd.Series(ROWS["item"]).astype(kind))
    assert sorted(read.words["item"]) == ["a", "b", "c"]
    assert read.column("item") == ROWS["item"]
    assert read.rows_with("item", "a").tolist() == [1, 3]
    assert read.rows_with("item", "nobody").tolist() == []


@pytest.mark.parametrize("change", [{"item": ["a", None, "b", "a", "c"]}, {"value": [1, 2, 3, 4, 5]}, {"tier": [1.0, 1, 1, 2, 1]}, {"tier": [True] * 5}])
def test_cells_of_another_kind_are_named(change: dict[str, Any]) -> None:
    problems = read_table(pd.DataFrame(ROWS).assign(**change))[1]
    assert len(problems) == 1
    assert f"column {next(iter(change))}" in problems[0]


def market(number: int) -> Json:
    """Suppliers, projects, demands and soft caps, a number of each."""
    every = range(number)
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2028, "step": "quarter"},
        "materials": {f"m{i}": {} for i in every},
        "suppliers": {f"s{i}": {"material": f"m{i}", "country": "CN", "capacity": 100, "price": 2 + i} for i in every},
        "projects": {f"p{i}": {"adds_to": f"s{i}", "decide": {}, "size": {"max": 50}, "ramp": "6 months", "capex": 1} for i in every},
        "contracts": {f"c{i}": {"supplier": f"s{i}", "quantity": 10, "price": 1, "take_or_pay": 0.5} for i in every},
        "stockpiles": {f"k{i}": {"material": f"m{i}", "initial": 10} for i in every},
        "demands": {f"d{i}": {"material": f"m{i}", "quantity": 120, "shortage": 50} for i in every},
        "events": {f"e{i}": {"from": 2027, "match": {"materials": [f"m{i}"]}, "spot": 0.5} for i in every},
        "policies": {"cap": {"kind": "max_share", "by": "country", "share": 0.5, "penalty": 1}, "money": {"kind": "budget", "covers": ["capex"], "limit": 1e9}},
    }


def effort(number: int) -> int:
    """Instructions of the interpreter that the recheck of a market takes."""
    given = loaded(market(number))
    plan = solve_scenario(given)
    counted = 0

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal counted
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return count if "verify" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(count)
    try:
        checks = recheck(given.scenario, given.calendar, plan.tables, plan.costs, plan.total_cost)
    finally:
        sys.settrace(before)
    assert all(check.passed for check in checks)
    return counted


def test_the_effort_grows_with_the_scenario() -> None:
    """Twice as many of everything is twice the work at most; a search of all things for each thing would double the growth."""
    few, some, many = (effort(number) for number in (10, 20, 40))
    assert many - some <= 2.1 * (some - few)
