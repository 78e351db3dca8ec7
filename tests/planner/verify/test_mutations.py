"""Thousands of corrupted plans, judged by their tables alone: no digests, no second copy of a number.

A mutation that passes must be a plan and a proof as good as the one that was solved. That is asserted, not assumed: the
mutated tables are turned back into primal and dual values of the linear program, and the solver's own certificate, which
shares no code with the check, must find them feasible and without gap. That happens where optima are not unique: a price
inside its interval, a share signed of a contract that is never lifted, a gap below a floor whose penalty is 0.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.compile.policy import windows_of
from planner.compile.setting import Setting
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.program import make_program
from planner.results.prices import PRICES
from planner.scenario.load import Loaded
from planner.solver.certificate import certify
from planner.solver.highs import Solution
from planner.solver.lower import LinearProgram
from planner.verify.recheck import TOLERANCE, Check, recheck
from sourcing_lp.data import SourcingData
from tests.oracle.plans import loaded, random_plan
from tests.oracle.random_scenarios import random_scenario
from tests.oracle.reference_solver import load as plain
from tests.samples import number

ROOT = Path(__file__).parents[3]
SEEDS = [6, 45, 51, 74, 80, 86, 115, 137, 138, 145]
"""Between them every table has rows, and every kind of policy stands, hard or soft."""
CASE = -1
TABLES = [
    "purchases", "contracts", "arrivals", "capacity", "commitments", "stockpiles", "demands", "processes", "transfers", "disposals", "violations", "costs",
    "prices",
]  # fmt: skip
DERIVED = {"arrivals", "capacity", "costs"}
"""What follows from other tables can never be another optimum."""
FOLLOWING = {"wanted", "used", "made", "committed"}
"""Nor can rows of these kinds."""
Tables = dict[str, pd.DataFrame]
Json = dict[str, Any]


@cache
def solved(seed: int) -> tuple[Loaded, Plan]:
    """A random scenario with its plan, or the hand case with a contract to sign, a soft policy and a soft floor."""
    if seed != CASE:
        return loaded(random_scenario(seed)), random_plan(seed)
    base = plain(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    base["contracts"] = {"frame": {"supplier": "incumbent", "quantity": 50, "price": 9, "take_or_pay": "60 %", "end": "2029", "sign": {"latest": "2027-01"}}}
    base["stockpiles"]["reserve"] |= {"floor": 20, "floor_penalty": 3}
    base["policies"] = {"cap": {"kind": "max_share", "by": "country", "of": ["AU"], "share": "20 %", "penalty": 7}}
    read = loaded(base)
    return read, solve_scenario(read)


@cache
def program(seed: int) -> tuple[SourcingData, LinearProgram]:
    return make_program(solved(seed)[0])


def check(seed: int, tables: Tables) -> list[Check]:
    read, plan = solved(seed)
    return recheck(read.scenario, read.calendar, plan.tables | tables, plan.costs, plan.total_cost)


def caught(seed: int, tables: Tables) -> set[str]:
    return {one.rule for one in check(seed, tables) if not one.passed}


# -------------------------------------------------------------------------------------------- back to the linear program
def primal(seed: int, tables: Tables) -> np.ndarray:
    """Values of all variables, as the tables say."""
    found: dict[tuple[str, Any], float] = {}

    def put(component: str, rows: pd.DataFrame, *keys: str) -> None:
        for *index, value in rows[[*keys, "value"]].itertuples(index=False, name=None):
            found[component, tuple(index)] = found.get((component, tuple(index)), 0.0) + value

    def only(name: str, measure: str) -> pd.DataFrame:
        table = tables[name]
        return table[table["measure" if "measure" in table else "status"] == measure]

    put("purchase", tables["purchases"], "supplier", "tier", "party", "period")
    for component, measure in (("lift", "lifted"), ("breach", "breached"), ("sign", "signed")):
        put(component, only("contracts", measure), "contract", "period")
    put("commit", only("commitments", "decided"), "project", "period")
    put("available", tables["capacity"][tables["capacity"]["part"] != "standing"], "part", "period")
    for measure in ("stock", "fill", "draw", "floor_gap"):
        put(measure, only("stockpiles", measure), "stockpile", "period")
    put("activity", only("processes", "activity"), "process", "period")
    put("transfer", tables["transfers"], "route", "material", "period")
    for measure in ("served", "substituted"):
        put("serve", only("demands", measure), "demand", "by", "period")
    short = only("demands", "short")
    put("shortage", short.assign(tier=[int(text.split()[1]) for text in short["by"]]), "demand", "tier", "period")
    put("surplus", tables["disposals"], "material", "party", "period")
    put("violation", tables["violations"], "policy", "item", "period")
    columns = program(seed)[1].columns
    x = np.array([found.pop((name, index if isinstance(index, tuple) else (index,)), 0.0) for name, index in columns])
    assert not {key for key, value in found.items() if value}, "what is not a variable of the program can be no part of an optimum"
    return x


def dual(seed: int, tables: Tables) -> np.ndarray:
    """Values of all duals, as the prices say."""
    data, lp = program(seed)
    setting = Setting(solved(seed)[0].scenario, solved(seed)[0].calendar)
    discounts = dict(data.time.discount)
    windows = {(key, window.label): window.discount for key, policy in setting.scenario.policies.items() for window in windows_of(setting, policy)}
    columns = ["rule", "item", "party", "period", "value"]
    found = {(rule, item, party, period): value for rule, item, party, period, value in tables["prices"][columns].itertuples(index=False, name=None)}
    by_row = {key: (party, value) for *key3, party, value in ((r, i, p, g, v) for (r, i, g, p), v in found.items()) for key in [tuple(key3)]}
    y = np.zeros(len(lp.rows))
    used = 0
    for position, (rule, index) in enumerate(lp.rows):
        price = PRICES[rule]
        parts = [str(part) for part in (index if isinstance(index, tuple) else (index,))]
        period = parts.pop() if price.window or parts[-1] in discounts else ""
        party = parts.pop(price.party) if price.party is not None else None
        key = (rule, ".".join(parts), period)
        value = found.get((*key[:2], party, period)) if party is not None else by_row.get(key, (None, None))[1]
        if value is None:
            continue
        used += 1
        discount = windows[parts[0], period] if price.window else discounts.get(period, 1.0)
        sign = price.sign if price.sign is not None else (-1.0 if np.isfinite(lp.row_upper[position]) else 1.0)
        y[position] = value * discount * sign
    assert used == len(found), "a price of no row can be no part of a proof"
    return y


def assert_as_good(seed: int, tables: Tables, about: str) -> None:
    """The certificate of the program accepts the tables; its own tolerance is judged by other sizes, hence ten times."""
    lp = program(seed)[1]
    every = solved(seed)[1].tables | tables
    x, y = primal(seed, every), dual(seed, every)
    proof = certify(lp, Solution(x=x, y=y, d=np.zeros(len(x)), iterations=0, seconds=0.0))
    assert max(proof.primal, proof.dual, proof.gap) <= 10 * TOLERANCE, f"seed {seed}: passed, though wrong: {about}: {proof}"


@pytest.mark.parametrize("seed", [*SEEDS, CASE])
def test_what_was_solved_passes_and_is_read_back(seed: int) -> None:
    assert not caught(seed, {})
    assert_as_good(seed, {}, "nothing")


def test_the_tables_hold_something_to_corrupt() -> None:
    for name in TABLES:
        assert sum(len(solved(seed)[1].tables[name]) for seed in (*SEEDS, CASE)) >= 10, name


# ------------------------------------------------------------------------------------------------------------- mutations
seen: Counter[str] = Counter()
FACTORS = [0.0, 0.5, 0.9, 0.999, 1.001, 1.01, 2.0, -1.0, 1000.0]
OFFSETS = [-0.5, -0.01, -0.001, 0.001, 0.01, 0.5]


def is_derived(name: str, row: pd.Series) -> bool:
    return name in DERIVED or any(row.get(column) in FOLLOWING for column in ("measure", "status"))


def corrupt(data: st.DataObject, table: pd.DataFrame) -> tuple[pd.DataFrame, str, int]:
    """A table with one number changed, or two swapped."""
    fresh = table.copy()
    row = data.draw(st.integers(0, len(table) - 1))
    kind = data.draw(st.sampled_from(["factor", "offset", "swap"]))
    value = float(table["value"].iloc[row])
    if kind == "swap":
        other = data.draw(st.integers(0, len(table) - 1))
        fresh.loc[fresh.index[[row, other]], "value"] = [table["value"].iloc[other], value]
    elif kind == "factor":
        fresh.loc[fresh.index[row], "value"] = value * data.draw(st.sampled_from(FACTORS))
    else:
        same = table[table["unit"] == table["unit"].iloc[row]]["value"].abs()
        fresh.loc[fresh.index[row], "value"] = value + data.draw(st.sampled_from(OFFSETS)) * float(same.max())
    return fresh, kind, row


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
@settings(max_examples=number(120), deadline=None, derandomize=True, database=None)
def test_one_wrong_number_is_caught(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from([seed for seed in (*SEEDS, CASE) if len(solved(seed)[1].tables[name])]))
    table = solved(seed)[1].tables[name]
    fresh, kind, row = corrupt(data, table)
    old, new = table["value"].to_numpy(), fresh["value"].to_numpy()
    # a swap of two equal numbers, or another sign of nothing, is no change
    assume((old != new).any())
    seen[name] += 1
    if caught(seed, {name: fresh}):
        return
    seen["passed " + name] += 1
    about = f"{name} {kind} {dict(table.iloc[row])} -> {new[row]!r}"
    changed = np.flatnonzero(old != new)
    largest = float(np.abs(old).max())
    for place in changed:
        if is_derived(name, table.iloc[place]):
            # below a millionth of a millionth of the largest beside it a number is rounding
            assert abs(old[place] - new[place]) <= 10 * TOLERANCE * max(abs(old[place]), abs(new[place]), 1e-5 * largest), f"seed {seed}: {about}"
    assert_as_good(seed, {name: fresh}, about)


TEXTS = ["", "nothing", "2099-12", "0", "NaN"]


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
@settings(max_examples=number(60), deadline=None, derandomize=True, database=None)
def test_a_wrong_word_or_row_is_caught(name: str, data: st.DataObject) -> None:
    """Any text changed to another one of its column or to nonsense; a row lost, repeated, or repeated under another name."""
    seed = data.draw(st.sampled_from([seed for seed in (*SEEDS, CASE) if len(solved(seed)[1].tables[name])]))
    table = solved(seed)[1].tables[name]
    row = data.draw(st.integers(0, len(table) - 1))
    kind = data.draw(st.sampled_from(["word", "lost", "repeated", "added"]))
    words = [column for column in table.columns if column not in ("value", "meaning", "low", "high")]
    fresh = table.copy()
    if kind == "lost":
        fresh = table.drop(table.index[row])
    if kind in ("repeated", "added"):
        fresh = pd.concat([table, table.iloc[[row]]], ignore_index=True)
    if kind in ("word", "added"):
        place = row if kind == "word" else len(fresh) - 1
        column = data.draw(st.sampled_from(words))
        choices = sorted(set(table[column])) + ([] if column == "tier" else TEXTS)
        word = data.draw(st.sampled_from(choices))
        assume(word != table[column].iloc[row])
        fresh.loc[fresh.index[place], column] = word
    seen[name] += 1
    if caught(seed, {name: fresh}):
        return
    seen["passed " + name] += 1
    about = f"{name} {kind} of {dict(table.iloc[row])}"
    assert kind != "repeated", about
    if kind == "lost" and abs(table["value"].iloc[row]) <= 1e-9 * table["value"].abs().max():
        return
    assert not is_derived(name, table.iloc[row]), about
    assert_as_good(seed, {name: fresh}, about)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e308, "text", None])
def test_what_is_no_number_is_caught(name: str, value: Any) -> None:
    seed = next(seed for seed in (CASE, *SEEDS) if len(solved(seed)[1].tables[name]))
    fresh = solved(seed)[1].tables[name].copy()
    if isinstance(value, str):
        fresh["value"] = fresh["value"].astype(object)
    fresh.loc[fresh.index[-1], "value"] = value
    assert caught(seed, {name: fresh})


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_another_shape_is_caught(name: str) -> None:
    table = solved(SEEDS[0])[1].tables[name]
    table = table if len(table) else next(solved(seed)[1].tables[name] for seed in (CASE, *SEEDS) if len(solved(seed)[1].tables[name]))
    seed = next(seed for seed in (CASE, *SEEDS) if len(solved(seed)[1].tables[name]))
    table = solved(seed)[1].tables[name]
    for fresh in (
        table.rename(columns={"value": "amount"}),
        table.drop(columns="unit"),
        table.assign(extra=1),
        table[table.columns[::-1]],
        table.assign(value=table["value"].astype("int64").astype(object)),
        table.assign(period=range(len(table))),
        table.assign(unit=None),
    ):
        assert caught(seed, {name: fresh}) == {"tables"}
    read, plan = solved(seed)
    assert {one.rule for one in recheck(read.scenario, read.calendar, {k: v for k, v in plan.tables.items() if k != name}, plan.costs, plan.total_cost)} == {
        "tables"
    }


@given(data=st.data())
@settings(max_examples=number(60), deadline=None, derandomize=True, database=None)
def test_a_wrong_cost_line_or_total_is_caught(data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from([*SEEDS, CASE]))
    read, plan = solved(seed)
    line = data.draw(st.sampled_from(sorted(line for line, value in plan.costs.items() if value)))
    factor = data.draw(st.sampled_from([0.0, 0.99, 0.9999, 1.0001, 1.01, -1.0]))
    costs = plan.costs | {line: plan.costs[line] * factor}
    for total in (plan.total_cost, sum(costs.values())):
        assert any(not one.passed for one in recheck(read.scenario, read.calendar, plan.tables, costs, total))
    off = plan.total_cost + (factor - 1) * max(map(abs, plan.costs.values()))
    assert any(not one.passed for one in recheck(read.scenario, read.calendar, plan.tables, plan.costs, off))


def test_a_plan_that_is_not_the_cheapest_is_caught() -> None:
    """Every rule holds and every cost is right; only the prices can tell that another plan is cheaper."""
    base = plain(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    dear = plain(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    dear["projects"]["new_mine"]["size"]["max"] = 50
    plan, read = solve_scenario(loaded(dear)), loaded(base)
    checks = recheck(read.scenario, read.calendar, plan.tables, plan.costs, plan.total_cost)
    assert {one.rule for one in checks if not one.passed} == {"duality gap"}
    assert all(one.passed for one in recheck(loaded(dear).scenario, read.calendar, plan.tables, plan.costs, plan.total_cost))


# --------------------------------------------------------------------------------------------- what no check could refuse
def kinked(price: float) -> tuple[Loaded, Plan, Tables]:
    """100 t are wanted, one mine ships just that at 5, another would at 9: any price from 5 to 9 is right for all rows at once."""
    scenario: Json = {
        "version": 1,
        "horizon": {"start": 2026, "end": 2027, "step": "year"},
        "materials": {"ore": {}},
        "suppliers": {"cheap": {"material": "ore", "capacity": 100, "price": 5}, "dear": {"material": "ore", "capacity": 100, "price": 9}},
        "demands": {"use": {"material": "ore", "quantity": 100, "shortage": 50}},
    }
    read = loaded(scenario)
    plan = solve_scenario(read)
    own = {"material_balance": float(price), "demand_balance": float(price), "supplier_capacity": price - 5.0}
    words = {"material_balance": ("ore", "home"), "demand_balance": ("use", "home"), "supplier_capacity": ("cheap", "")}
    rows = [(rule, *words[rule], "2026", PRICES[rule].meaning, value, "USD/t") for rule, value in own.items()]
    columns = ["rule", "item", "party", "period", "meaning", "value", "unit"]
    return read, plan, {"prices": pd.DataFrame(rows, columns=columns)}


@pytest.mark.parametrize(("price", "right"), [(4.9, False), (5, True), (6.5, True), (9, True), (9.1, False)])
def test_prices_may_move_together_inside_their_interval_only(price: float, right: bool) -> None:
    read, plan, tables = kinked(price)
    found = {one.rule for one in recheck(read.scenario, read.calendar, plan.tables | tables, plan.costs, plan.total_cost) if not one.passed}
    assert bool(found) != right
    assert found <= {"price signs", "reduced costs", "duality gap"}


@pytest.mark.parametrize("rule", ["material_balance", "demand_balance", "supplier_capacity"])
@pytest.mark.parametrize("change", [-0.5, 0.5])
def test_one_of_them_may_not_move_alone(rule: str, change: float) -> None:
    read, plan, tables = kinked(7)
    prices = tables["prices"].assign(value=tables["prices"]["value"] + change * (tables["prices"]["rule"] == rule))
    assert any(not one.passed for one in recheck(read.scenario, read.calendar, plan.tables | {"prices": prices}, plan.costs, plan.total_cost))


@pytest.mark.parametrize(
    ("low", "high", "right"), [(5.0, 9.0, True), (7.0, float("inf"), True), (7.1, 9.0, False), (5.0, 6.9, False), (float("nan"), 9.0, False)]
)
def test_a_price_lies_in_its_own_interval(low: float, high: float, right: bool) -> None:
    read, plan, tables = kinked(7)
    first = tables["prices"]["rule"] == "material_balance"
    value = tables["prices"]["value"]
    prices = tables["prices"].assign(low=value.where(~first, low), high=value.where(~first, high))
    found = {one.rule for one in recheck(read.scenario, read.calendar, plan.tables | {"prices": prices}, plan.costs, plan.total_cost) if not one.passed}
    assert found == (set() if right else {"price intervals"})
