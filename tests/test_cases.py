"""Cases solved by hand or in print: tests/cases/*.yaml with the optimum and plan that expected.yaml gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planner.errors import NoPlanError
from planner.pipeline import solve_scenario
from planner.plan import Plan
from tests.oracle.reference_solver import load

CASES = Path(__file__).parent / "cases"
EXPECTED: dict[str, Any] = load(CASES / "expected.yaml")
Json = dict[str, Any]


def cases(status: str) -> Iterator[Any]:
    """Every case and variant that ends with a status."""
    for name, base in EXPECTED.items():
        for number, variant in enumerate([base, *base.get("variants", [])]):
            if variant.get("status", "optimal") == status:
                yield pytest.param(name, variant, id=name if number == 0 else f"{name}-{number}")


def solved(name: str, changes: Json) -> Plan:
    return solve_scenario(CASES / f"{name}.yaml", sets=[f"{path}={json.dumps(value)}" for path, value in changes.items()])


def planned(plan: Plan, path: str) -> float | list[float]:
    """A decision, or a stockpile's level at the end of each period."""
    kind, name = path.split(".")
    if kind == "commit":
        return plan.commit[name]
    assert kind == "stock"
    table = plan.tables["stockpiles"]
    return [float(value) for value in table[(table["stockpile"] == name) & (table["measure"] == "stock")]["value"]]


def test_every_case_is_expected() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == {*EXPECTED, "expected"}


@pytest.mark.parametrize(("name", "expected"), list(cases("optimal")))
def test_case(name: str, expected: Json) -> None:
    plan = solved(name, expected.get("set", {}))
    assert plan.record["status"] == "optimal"
    assert plan.total_cost == pytest.approx(expected["total_cost"], rel=1e-6)
    for path, value in expected.get("plan", {}).items():
        assert planned(plan, path) == pytest.approx(value, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("name", "expected"), list(cases("infeasible")))
def test_infeasible_case_names_the_rules(name: str, expected: Json) -> None:
    """The policy that was tightened takes part, and every other rule named is a kind that the case has."""
    with pytest.raises(NoPlanError) as caught:
        solved(name, expected["set"])
    assert caught.value.status == "infeasible"
    assert caught.value.exit_code == 3
    rules = {conflict.rule: conflict for conflict in caught.value.conflicts}
    scenario = load(CASES / f"{name}.yaml")
    for path in expected["set"]:
        _, key, _ = path.split(".")
        kind = scenario["policies"][key]["kind"]
        assert kind in rules
        assert all(row.startswith(f"{kind}({key},") for row in rules[kind].rows)
    physical = {"material_balance", "demand_balance", "supplier_capacity"}
    physical |= {"stock_balance", "final_stock", "stock_capacity"} if "stockpiles" in scenario else set()
    assert set(rules) <= physical | {policy["kind"] for policy in scenario["policies"].values()}
    assert "demand_balance" in rules or "final_stock" in rules
    assert all(conflict.meaning and conflict.rows for conflict in rules.values())


@pytest.mark.parametrize(("name", "expected"), [case for case in cases("infeasible") if "smallest_relaxation" in case.values[1]])
def test_smallest_relaxation_is_the_border(name: str, expected: Json) -> None:
    """Just above the printed relaxation there is a plan, just below there is none."""
    border = expected["smallest_relaxation"]
    assert solved(name, {**expected["set"], **{path: value * (1 + 1e-8) for path, value in border.items()}}).total_cost > 0
    with pytest.raises(NoPlanError):
        solved(name, {**expected["set"], **{path: value * (1 - 1e-6) for path, value in border.items()}})


def test_capacity_of_the_mine_follows_its_ramp() -> None:
    """Period means 0, 0, 0.25, 0.6, 1, 1 of 60/0.85 t/yr, as in the case's comment."""
    plan = solved("cutoff_ramp", {})
    table = plan.tables["capacity"]
    mine = table[(table["id"] == "mine") & (table["part"] == "new_mine")]
    assert dict(zip(mine["period"], mine["value"], strict=True)) == pytest.approx(
        {str(2028 + index): 60 / 0.85 * share for index, share in enumerate((0.25, 0.6, 1.0, 1.0))}
    )


def test_discount_of_the_cutoff_case() -> None:
    """With 5 % and money due at the middle of each year the case is worth what its recomputed lines say."""
    plan = solved("cutoff_ramp", {"money.discount_rate": 0.05})
    factors = [1.05 ** -(year + 0.5) for year in range(6)]
    size = plan.commit["new_mine"]
    mined = [0, 0, 0.25 * size, 0.6 * size]
    purchases = plan.tables["purchases"]
    bought = {(str(s), str(t)): float(units) for s, t, units in zip(purchases["supplier"], purchases["period"], purchases["value"], strict=True)}
    price = {"incumbent": 10, "spot": 60, "mine": 20}
    spent = sum(price[supplier] * units * factors[int(period) - 2026] for (supplier, period), units in bought.items())
    level = planned(plan, "stock.reserve")
    assert isinstance(level, list)
    held = sum(factor * units for factor, units in zip(factors, level, strict=True))
    # the capex falls due at the start, not in the middle of the year
    assert plan.total_cost == pytest.approx(200 * size + spent + held)
    assert size == pytest.approx(60 / 0.85)
    assert [bought.get(("mine", str(2026 + year)), 0.0) for year in range(4)] == pytest.approx(mined)
