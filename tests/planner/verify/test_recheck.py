"""The check of an answer: passes what was solved, catches any one number that was changed.

Rows that repeat the scenario or follow from others are left out here; test_mutations.py corrupts those and the prices too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.scenario.load import Loaded, load
from planner.verify.recheck import TOLERANCE, Check, recheck
from tests.oracle.plans import Json, changed, loaded, plan_of, random_plan
from tests.oracle.random_scenarios import random_scenario
from tests.oracle.reference_solver import load as plain
from tests.samples import number

ROOT = Path(__file__).parents[3]
DERIVED = {"wanted", "used", "made", "committed"}
SEEDS = [51, 74, 115, 137, 145]
"""Between them: soft policies and floors that are broken, transfers, signed and broken contracts, decisions, shortage."""
READ = ["purchases", "contracts", "commitments", "stockpiles", "demands", "processes", "transfers", "disposals", "violations"]
Solved = tuple[Loaded, Plan]


@cache
def solved(seed: int) -> Solved:
    """A random scenario with its plan; -1 is Japan after the contracts' end, where recheck takes longest."""
    if seed >= 0:
        return loaded(random_scenario(seed)), random_plan(seed)
    read = load(ROOT / "scenarios" / "japan" / "terminated.yaml")
    return read, solve_scenario(read)


def check(solution: Solved, **changes: pd.DataFrame) -> list[Check]:
    read, plan = solution
    return recheck(read.scenario, read.calendar, plan.tables | changes, plan.costs, plan.total_cost)


def caught(checks: list[Check]) -> set[str]:
    return {one.rule for one in checks if not one.passed}


def rows(table: pd.DataFrame) -> list[int]:
    """Positions of the rows that the check reads."""
    kind = next((table[name] for name in ("measure", "status") if name in table), None)
    return list(range(len(table))) if kind is None else [position for position, value in enumerate(kind) if value not in DERIVED]


@pytest.mark.parametrize("seed", [*SEEDS, -1])
def test_what_was_solved_passes(seed: int) -> None:
    checks = check(solved(seed))
    assert not caught(checks)
    assert max(one.relative for one in checks) < 1e-7
    assert len({one.rule for one in checks}) == len(checks) >= 10


@pytest.mark.parametrize("name", READ)
def test_the_corrupted_rows_are_there(name: str) -> None:
    """The property below would say nothing about an empty table."""
    assert sum(len(rows(solved(seed)[1].tables[name])) for seed in SEEDS) >= 3


def corrupted(table: pd.DataFrame, position: int, factor: float, offset: float) -> pd.DataFrame:
    """A table with one number changed; the offset is a share of the largest number in its unit."""
    fresh = table.copy()
    same = table["unit"] == table["unit"].iloc[position]
    value = float(table["value"].iloc[position])
    fresh.loc[fresh.index[position], "value"] = value * factor + offset * float(table.loc[same, "value"].abs().max())
    return fresh


# the check judges a residual by the largest number beside it, so that a change must be more than 1e-6 of that one to matter
factors, offsets = st.sampled_from([0.0, 0.5, 0.99, 1.0, 1.01, 1.5, -1.0]), st.sampled_from([-0.5, -0.01, 0.0, 0.01, 0.5])
changes = st.tuples(factors, offsets).filter(lambda pair: pair != (1.0, 0.0))


@pytest.mark.parametrize("name", READ)
@given(data=st.data())
@settings(max_examples=number(40), deadline=None, derandomize=True, database=None)
def test_one_changed_number_is_caught(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from([seed for seed in SEEDS if rows(solved(seed)[1].tables[name])]))
    table = solved(seed)[1].tables[name]
    position = data.draw(st.sampled_from(rows(table)))
    factor, offset = data.draw(changes)
    fresh = corrupted(table, position, factor, offset)
    # a level that is zero and stays so, or a factor and an offset that cancel, is no change
    assume(abs(fresh["value"].iloc[position] - table["value"].iloc[position]) > 1e-3 * table["value"].abs().max())
    assert caught(check(solved(seed), **{name: fresh})), f"seed {seed}: {name} {dict(table.iloc[position])} -> {fresh['value'].iloc[position]}"


@given(data=st.data())
@settings(max_examples=number(40), deadline=None, derandomize=True, database=None)
def test_one_changed_number_is_caught_in_japan(data: st.DataObject) -> None:
    tables = solved(-1)[1].tables
    name = data.draw(st.sampled_from([name for name in READ if rows(tables[name])]))
    table = tables[name]
    position = data.draw(st.sampled_from(rows(table)))
    fresh = corrupted(table, position, data.draw(st.sampled_from([0.97, 1.03, 2.0])), data.draw(st.sampled_from([0.003, 0.3])))
    # an overstated gap is seen by its cost alone, and one tonne is less than 1e-6 of what shortage costs here
    assume(table.get("measure", table["unit"]).iloc[position] != "floor_gap")
    # 0.97 x + 0.003 of the largest may come back to x
    assume(abs(fresh["value"].iloc[position] - table["value"].iloc[position]) > 1e-3 * table["value"].abs().max())
    assert caught(check(solved(-1), **{name: fresh})), f"{name} {dict(table.iloc[position])} -> {fresh['value'].iloc[position]}"


@pytest.mark.parametrize("name", READ)
def test_a_number_that_is_not_a_number_is_caught(name: str) -> None:
    seed = next(seed for seed in SEEDS if rows(solved(seed)[1].tables[name]))
    fresh = solved(seed)[1].tables[name].copy()
    fresh.loc[fresh.index[rows(fresh)[0]], "value"] = float("nan")
    assert caught(check(solved(seed), **{name: fresh}))


@pytest.mark.parametrize("name", READ)
def test_a_lost_row_is_caught(name: str) -> None:
    seed = next(seed for seed in SEEDS if rows(solved(seed)[1].tables[name]))
    table = solved(seed)[1].tables[name]
    for position in rows(table)[:25]:
        if abs(table["value"].iloc[position]) > 1e-3 * table["value"].abs().max():
            assert caught(check(solved(seed), **{name: table.drop(table.index[position])}))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_a_changed_cost_line_or_total_is_caught(seed: int, factor: float) -> None:
    read, plan = solved(seed)
    size = max(abs(value) for value in plan.costs.values())
    lines = [line for line, value in plan.costs.items() if abs(value) > 1e-2 * size]
    assert lines
    for line in lines:
        costs = plan.costs | {line: plan.costs[line] * factor}
        assert "cost lines" in caught(recheck(read.scenario, read.calendar, plan.tables, costs, sum(costs.values())))
        assert "cost lines add up" in caught(recheck(read.scenario, read.calendar, plan.tables, costs, plan.total_cost))
    off = plan.total_cost + (factor - 1) * size
    assert caught(recheck(read.scenario, read.calendar, plan.tables, plan.costs, off)) == {"cost lines add up"}


def test_an_invented_or_lost_cost_line_is_caught() -> None:
    read, plan = solved(115)
    size = max(abs(value) for value in plan.costs.values())
    assert "cost lines" in caught(recheck(read.scenario, read.calendar, plan.tables, {**plan.costs, "gifts": 0.01 * size}, plan.total_cost + 0.01 * size))
    largest = max(plan.costs, key=lambda line: abs(plan.costs[line]))
    rest = {line: value for line, value in plan.costs.items() if line != largest}
    assert "cost lines" in caught(recheck(read.scenario, read.calendar, plan.tables, rest, sum(rest.values())))


CASES: Json = {
    "supplier capacity": {"suppliers": {"spot": {"capacity": 20}}},
    "export cutoff": {"events": {"cutoff": {"from": "2026-06-01"}}},
    "stock balance": {"stockpiles": {"reserve": {"initial": 100}}},
    "stock capacity": {"stockpiles": {"reserve": {"capacity": 149}}},
    "stock floor": {"stockpiles": {"reserve": {"floor": 5}}},
    "draw rate": {"stockpiles": {"reserve": {"max_draw": 40}}},
    "fill rate": {"stockpiles": {"reserve": {"max_fill": 20}}},
    "final stock": {"stockpiles": {"reserve": {"final": {"min": 5}}}},
    "demand balance": {"demands": {"plants": {"quantity": 101}}},
    "project size": {"projects": {"new_mine": {"size": {"max": 70}}}},
    "decision windows": {"projects": {"new_mine": {"decide": {"earliest": "2027-01", "latest": "2028-01"}}}},
    "commitment gate": {"events": {"closed": {"until": "2026-08-01", "match": {"country": ["BR"]}, "commitments": "0 %"}}},
    "price tiers": {"suppliers": {"spot": {"price": {"tiers": [{"quantity": 25, "price": 60}, {"price": 61}]}}}},
    "material balance": {"in_transit": [{"material": "ore", "quantity": 1, "arrives": "2027-01-01"}]},
    "who may buy": {"parties": {"home": {}, "us": {}}, "suppliers": {"spot": {"sells_to": ["us"]}}},
    "policy max_share": {"policies": {"cap": {"kind": "max_share", "by": "country", "of": ["AU"], "share": "20 %"}}},
    "policy budget": {"policies": {"cap": {"kind": "budget", "covers": ["capex"], "limit": 14000}}},
    "policy max_emissions": {"suppliers": {"mine": {"emissions": 2}}, "policies": {"cap": {"kind": "max_emissions", "limit": 100, "per": "total"}}},
    "policy stock_limit": {"policies": {"cap": {"kind": "stock_limit", "stockpiles": ["reserve"], "limit": 100}}},
    "policy min_cover": {"policies": {"cap": {"kind": "min_cover", "days": 30}}},
    "cost lines": {"suppliers": {"spot": {"price": 60.1}}},
}
"""One change of the question for each rule: the plan of the old question must fail that rule."""


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_bites(rule: str) -> None:
    """The plan of the hand case is judged by a question in which one rule is tighter; only the tables are kept."""

    def merge(into: Json, change: Json) -> None:
        for key, value in change.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict) and key not in ("price", "decide", "size"):
                merge(into[key], value)
            else:
                into[key] = value

    base = plain(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    plan = plan_of(base)
    assert not caught(check((loaded(base), plan)))
    tighter = changed(base, lambda scenario: merge(scenario, CASES[rule]))
    if rule == "who may buy":
        for entity in (tighter["stockpiles"]["reserve"], tighter["demands"]["plants"]):
            entity["party"] = "home"
    assert rule in caught(check((loaded(tighter), plan)))


def test_contract_rules_bite() -> None:
    base = plain(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    base["contracts"] = {"frame": {"supplier": "incumbent", "quantity": 50, "price": 9, "take_or_pay": "60 %", "end": "2029", "sign": {"latest": "2027-01"}}}
    plan = plan_of(base)
    assert "frame" in set(plan.tables["contracts"]["contract"])
    for rule, change in {
        "contract volume": {"quantity": 40},
        "take or pay": {"quantity": 90},
        "signatures": {"sign": {"earliest": "2028-01"}},
    }.items():
        other = changed(base, lambda scenario, change=change: scenario["contracts"]["frame"].update(change))  # type: ignore[misc]
        assert rule in caught(check((loaded(other), plan))), rule
    twice = plan.tables["contracts"].copy()
    twice.loc[twice["measure"] == "signed", "value"] = 1 + 10 * TOLERANCE
    assert "signatures" in caught(check((loaded(base), plan), contracts=twice))


def test_a_residual_is_judged_by_the_size_of_its_numbers() -> None:
    """The same relative error passes or fails alike in grams and in megatonnes."""
    for size in (1e-6, 1.0, 1e6):
        base = plain(ROOT / "tests" / "cases" / "share_cap.yaml")
        base["demands"]["need"]["quantity"] = 100 * size
        for supplier in base["suppliers"].values():
            supplier["capacity"] = 1000 * size
        read, plan = loaded(base), plan_of(base)
        for error, passes in ((0.1 * TOLERANCE, True), (10 * TOLERANCE, False)):
            served = plan.tables["demands"].copy()
            served.loc[served["measure"] == "served", "value"] *= 1 + error
            assert bool(caught(check((read, plan), demands=served))) != passes, (size, error)
