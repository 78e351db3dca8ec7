"""Why a plan is what it is: numbers known by hand, and every statement proven by solving the changed scenario."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from planner.errors import CheckError, InputError, NoPlanError
from planner.explain import Explanation, Filter, Statement, explain
from planner.explain.case import Case
from planner.explain.worth import Step, say
from planner.pipeline import solve_scenario
from planner.plan import Plan
from planner.program import make_program
from planner.scenario.load import Loaded, load
from planner.solver.certificate import certify, proven
from planner.solver.highs import Solution, solve
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario
from tests.samples import some

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases"


def two_sources(**more: Any) -> dict[str, Any]:
    """100 t wanted: ``a`` has 60 at 10, ``b`` 100 at 14, ``c`` 100 at 20; a missing tonne costs 50."""
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2027, "step": "year"},
        "materials": {"m": {}},
        "suppliers": {
            "a": {"material": "m", "capacity": 60, "price": 10},
            "b": {"material": "m", "capacity": 100, "price": 14},
            "c": {"material": "m", "capacity": 100, "price": 20},
        },
        "demands": {"d": {"material": "m", "quantity": 100, "shortage": 50}},
        **more,
    }


def explained(scenario: Loaded, folder: Path, wanted: Filter | None = None) -> tuple[Plan, Explanation]:
    plan = solve_scenario(scenario)
    plan.save(folder)
    return plan, explain(folder, wanted)


def said(explanation: Explanation, section: str, about: str) -> Statement:
    found = [statement for statement in explanation.statements if (statement.section, statement.about) == (section, about)]
    assert len(found) == 1, [statement.text for statement in explanation.statements]
    return found[0]


def least_cost(scenario: Loaded) -> float:
    """Cost of the optimum, from scratch."""
    _, program = make_program(scenario)
    outcome = solve(program, accept=lambda solution: certify(program, solution).passed)
    assert isinstance(outcome, Solution)
    return float(program.cost @ outcome.x) + program.offset


def must_be_proven(folder: Path, plan: Plan, explanation: Explanation) -> int:
    """Each proof's change, made to the scenario in the folder, costs what the statement says."""
    count = 0
    for statement in explanation.statements:
        for proof in statement.proofs:
            cost = least_cost(load(folder / "scenario.yaml", proof.set, root=folder))
            room = 1e-7 * abs(plan.total_cost) + 1e-4 * abs(cost - plan.total_cost)
            assert cost == pytest.approx(proof.total_cost, abs=room), statement.text
            count += 1
    return count


def test_borders_of_three_suppliers(tmp_path: Path) -> None:
    """``a`` is full until it costs what ``b`` does, ``b`` is bought until ``c`` can replace its 40 t, ``c`` comes in below ``b``."""
    _, explanation = explained(loaded(two_sources()), tmp_path / "plan")
    assert said(explanation, "suppliers", "a").value == pytest.approx(14)
    assert said(explanation, "suppliers", "b").value == pytest.approx(20)
    assert said(explanation, "suppliers", "c").value == pytest.approx(14)
    words = "a: 60 t bought in 2026 at 10 USD/t on average; its capacity binds in 2026; bought up to a price 4 USD/t higher (10 → 14, 40 %)"
    assert said(explanation, "suppliers", "a").text == words
    assert said(explanation, "suppliers", "c").text == "c: nothing bought; bought only at a price 6 USD/t lower (20 → 14, 30 %)"


def test_less_is_bought_before_nothing_is(tmp_path: Path) -> None:
    """30 t can be had at 12 and the rest at 14: ``a`` loses these first, then all."""
    scenario = two_sources()
    scenario["suppliers"]["c"].update(capacity=30, price=12)
    scenario["demands"]["d"]["quantity"] = 60
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    statement = said(explanation, "suppliers", "a")
    assert "less is bought from 2 USD/t more on, nothing any more at a price 4 USD/t higher (10 → 14, 40 %)" in statement.text
    assert statement.value == pytest.approx(14)


def test_one_more_unit_is_worth_what_the_last_one_costs(tmp_path: Path) -> None:
    """A tonne more replaces one from ``b``; capacity of ``a`` saves the 4 between the two."""
    _, explanation = explained(loaded(two_sources()), tmp_path / "plan")
    assert said(explanation, "one more unit", "m").value == pytest.approx(14)
    assert said(explanation, "one more unit", "m").holds_for == pytest.approx(5)
    capacity = said(explanation, "capacity", "a")
    assert capacity.value == pytest.approx(4)
    assert capacity.unit == "USD/(t/yr)"


def test_a_step_beyond_the_kink_is_worth_less(tmp_path: Path) -> None:
    """With 98 t to be had from ``a`` only 2 come from ``b``: a third tonne more saves 10, so 5 t save 2·14 + 3·10."""
    scenario = two_sources()
    scenario["suppliers"]["a"]["capacity"] = 98
    plan, explanation = explained(loaded(scenario), tmp_path / "plan")
    statement = said(explanation, "one more unit", "m")
    assert statement.holds_for == pytest.approx(2)
    assert [plan.total_cost - proof.total_cost for proof in statement.proofs] == pytest.approx([28, 58])
    assert "up to 2 t; 5 t save 58 in present value" in statement.text


def test_values_are_in_money_of_their_period(tmp_path: Path) -> None:
    """At 10 % the tonne of 2026 is worth 14 in 2026, and 14 / 1.1^0.5 today."""
    _, explanation = explained(loaded(two_sources(money={"discount_rate": "10 %"})), tmp_path / "plan")
    statement = said(explanation, "one more unit", "m")
    assert statement.value == pytest.approx(14)
    assert statement.present_value == pytest.approx(14 / 1.1**0.5)


def test_what_the_cutoff_costs(tmp_path: Path) -> None:
    """Without ``a`` its 60 t cost 4 more each."""
    scenario = two_sources(events={"cutoff": {"match": {"suppliers": ["a"]}, "spot": "0 %"}})
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    costs = [statement for statement in explanation.statements if statement.section == "events"]
    assert costs[0].value == pytest.approx(240)
    assert "events.cutoff keeps it closed in 2026" in said(explanation, "suppliers", "a").text


def test_a_supplier_nobody_can_do_without(tmp_path: Path) -> None:
    scenario = two_sources()
    scenario["suppliers"] = {"a": {"material": "m", "capacity": 100, "price": 10}}
    del scenario["demands"]["d"]["shortage"]
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert "there is no plan without it" in said(explanation, "suppliers", "a").text


def test_a_supplier_that_is_dearer_than_going_without_even_for_nothing(tmp_path: Path) -> None:
    """Freight of 60 alone is more than the 50 of a missing tonne."""
    scenario = two_sources()
    scenario["suppliers"]["c"]["freight"] = 60
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert "it would not be bought even for nothing" in said(explanation, "suppliers", "c").text


def test_projects_at_their_capex(tmp_path: Path) -> None:
    """A plant for 3 per t/yr that makes tonnes at 10 instead of 14 pays up to 4, and is worth 1 for each t/yr more of it."""
    scenario = two_sources(projects={"plant": {"adds_to": "a", "decide": {"latest": 2026}, "size": {"max": 20}, "capex": 3}})
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    worth, border = sorted((statement for statement in explanation.statements if statement.section == "projects"), key=lambda found: found.value or 0)
    assert border.value == pytest.approx(4)
    assert worth.value == pytest.approx(1)
    assert "20 t/yr committed in 2026 (100 % of what is on offer); committed up to a capex 1 USD/(t/yr) higher (3 → 4, 33 %)" in border.text


def test_an_option_at_its_price(tmp_path: Path) -> None:
    """A contract on ``c`` for 12 replaces ``b`` at 14."""
    scenario = two_sources(contracts={"offer": {"supplier": "c", "quantity": 30, "price": 12, "sign": {}}})
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert said(explanation, "contracts", "offer").value == pytest.approx(14)


def test_a_step_is_worth_its_value_as_far_as_there_is_a_plan(tmp_path: Path) -> None:
    """With 97 of the 100 under contract and nothing to throw away, no more than 3 t can arrive beside it; each saves 50."""
    scenario = two_sources(contracts={"c": {"supplier": "a", "quantity": 97, "take_or_pay": 1, "breach_price": 1000}})
    scenario["suppliers"] = {"a": {"material": "m", "capacity": 97, "price": 10}}
    scenario["demands"]["d"]["shortage"] = 50
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    statement = said(explanation, "one more unit", "m")
    assert statement.value == pytest.approx(50)
    assert statement.holds_for == pytest.approx(3, rel=1e-3)


def test_steps_over_years_are_told_in_present_value(tmp_path: Path) -> None:
    """A tonne at 100 is bought in 2026 for the floor and used in 2028: less floor saves 100 now and costs as much, discounted, then."""
    scenario = two_sources(money={"discount_rate": "10 %"}, stockpiles={"k": {"material": "m", "floor": 20, "max_draw": 100}})
    scenario["horizon"] = {"start": 2026, "end": 2029, "step": "year"}
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    floor = next(statement for statement in explanation.statements if "less of floor" in statement.text)
    assert floor.unit == "USD/t, present value"
    assert floor.value == floor.present_value


def test_a_material_of_small_money_is_not_lost_beside_large_sums(tmp_path: Path) -> None:
    """A share of a contract is worth a fortune, a kg of another material 14: both are told."""
    scenario = two_sources(contracts={"dear": {"supplier": "x", "quantity": 1e6, "price": 1, "sign": {}}})
    scenario["materials"]["n"] = {}
    scenario["suppliers"]["x"] = {"material": "n", "capacity": 1e6, "price": 5000}
    scenario["demands"]["e"] = {"material": "n", "quantity": 2e6, "shortage": 1e5}
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert said(explanation, "one more unit", "m").value == pytest.approx(14)


def test_what_an_event_leaves_open(tmp_path: Path) -> None:
    scenario = two_sources(events={"half": {"match": {"suppliers": ["a"]}, "spot": "50 %"}})
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert "events.half lets no more than 50 % through in 2026" in said(explanation, "suppliers", "a").text


def test_a_share_cap_without_anything_to_cap(tmp_path: Path) -> None:
    """``z`` ships nothing, so its cap has no row."""
    scenario = two_sources(policies={"spread": {"kind": "max_share", "by": "supplier", "of": ["z"], "share": "50 %"}})
    scenario["materials"]["n"] = {}
    scenario["suppliers"]["z"] = {"material": "n", "price": 1}
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert not [statement for statement in explanation.statements if statement.about == "spread"]


def test_a_period_and_a_material(tmp_path: Path) -> None:
    """Another material's capacity binds in the same period, and is not asked for; the year's emission limit is."""
    scenario = two_sources(policies={"air": {"kind": "max_emissions", "limit": 10, "per": "year"}})
    scenario["suppliers"]["b"]["emissions"] = 1
    scenario["materials"]["n"] = {}
    scenario["suppliers"]["x"] = {"material": "n", "capacity": 10, "price": 1}
    scenario["demands"]["e"] = {"material": "n", "quantity": 20, "shortage": 100}
    _, explanation = explained(loaded(scenario), tmp_path / "plan", Filter(period="2026", material="m"))
    about = {statement.about for statement in explanation.statements}
    assert "suppliers.a.capacity" in about
    assert "policies.air.limit" in about
    assert "suppliers.x.capacity" not in about


def test_policies_and_reserves(tmp_path: Path) -> None:
    """A budget of 1100 lets b ship 500/14 t; a money unit more replaces 1/14 t missing at 50 by one at 14."""
    scenario = two_sources(policies={"purse": {"kind": "budget", "covers": ["purchases"], "limit": 1100}})
    scenario["suppliers"].pop("c")
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert said(explanation, "rules", "purse").value == pytest.approx(50 / 14 - 1)
    assert "its price counts in policies.purse" in said(explanation, "suppliers", "a").text


def test_a_share_cap_by_percentage_points(tmp_path: Path) -> None:
    """Of 100 t one more from ``a`` at 10 instead of ``b`` at 14."""
    scenario = two_sources(policies={"spread": {"kind": "max_share", "by": "supplier", "of": ["a"], "share": "50 %"}})
    _, explanation = explained(loaded(scenario), tmp_path / "plan")
    assert said(explanation, "rules", "spread").value == pytest.approx(4)


@pytest.mark.parametrize("name", ["bim", "cutoff_ramp", "sailco", "share_cap"])
def test_every_statement_is_proven_on_the_cases(name: str, tmp_path: Path) -> None:
    plan, explanation = explained(load(CASES / f"{name}.yaml"), tmp_path / "plan")
    assert must_be_proven(tmp_path / "plan", plan, explanation) > 1


@pytest.mark.parametrize("seed", [1, 3, 10, 13, 19])
def test_every_statement_is_proven_on_random_scenarios(seed: int, tmp_path: Path) -> None:
    try:
        plan, explanation = explained(loaded(random_scenario(seed)), tmp_path / "plan")
    except NoPlanError:
        pytest.skip("this random scenario has no plan")
    assert must_be_proven(tmp_path / "plan", plan, explanation) > 5


@pytest.mark.parametrize("wanted", some([Filter(project="aclara_stake"), Filter(supplier="lynas_dy")]), ids=str)
def test_every_statement_is_proven_on_japan(wanted: Filter, tmp_path: Path) -> None:
    plan, explanation = explained(load(ROOT / "scenarios/japan/cutoff.yaml"), tmp_path / "plan", wanted)
    assert must_be_proven(tmp_path / "plan", plan, explanation) > 0


def test_one_period(tmp_path: Path) -> None:
    """In 2026 ``a``'s capacity binds; easing it by a tonne saves 4."""
    _, explanation = explained(loaded(two_sources()), tmp_path / "plan", Filter(period="2026"))
    assert said(explanation, "rules", "suppliers.a.capacity").value == pytest.approx(4)
    assert said(explanation, "one more unit", "m").period == "2026"
    assert {statement.section for statement in explanation.statements} == {"rules", "one more unit"}


@pytest.mark.parametrize("seed", [3, 7, 19, 24])
def test_rules_of_a_period_are_worth_what_is_said(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key moves one row alone, so these carry no proof: the row is moved as far as is said, and all is solved again."""
    told: list[tuple[Case, Step, Statement]] = []

    def keeping(case: Case, step: Step) -> Statement | None:
        statement = say(case, step)
        if statement is not None:
            told.append((case, step, statement))
        return statement

    monkeypatch.setattr("planner.explain.rules.say", keeping)
    scenario = loaded(random_scenario(seed))
    plan = solve_scenario(scenario)
    plan.save(tmp_path / "plan")
    for period in list(make_program(scenario)[0].time.periods)[:3]:
        explain(tmp_path / "plan", Filter(period=period))
    assert told
    for case, step, statement in told:
        assert statement.holds_for
        assert statement.present_value is not None
        lower, upper = case.program.row_lower.copy(), case.program.row_upper.copy()
        for row, move in step.sides.items():
            lower[row] += move * statement.holds_for
            upper[row] += move * statement.holds_for
        moved = proven(replace(case.program, row_lower=lower, row_upper=upper))
        assert isinstance(moved, Solution)
        cost = float(case.program.cost @ moved.x) + case.program.offset
        saved = statement.present_value * statement.holds_for
        assert case.cost - cost == pytest.approx(saved, rel=1e-4, abs=1e-7 * abs(case.cost)), statement.text


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Filter(material="n"), "--material n: is not in the plan"),
        (Filter(supplier="aa"), "known are a, b, c|did you mean"),
        (Filter(period="1999-12"), "known are 2026"),
    ],
)
def test_what_is_not_in_the_plan(wanted: Filter, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        explained(loaded(two_sources()), tmp_path / "plan", wanted)


def test_a_scenario_that_is_not_the_plans_is_refused(tmp_path: Path) -> None:
    solve_scenario(loaded(two_sources())).save(tmp_path / "plan")
    text = (tmp_path / "plan" / "scenario.yaml").read_text(encoding="utf-8").replace("price: 10", "price: 11")
    (tmp_path / "plan" / "scenario.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CheckError, match="see plan verify"):
        explain(tmp_path / "plan")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from planner.cli import main

    solve_scenario(loaded(two_sources())).save(tmp_path / "plan")
    monkeypatch.setattr("sys.argv", ["plan", "explain", str(tmp_path / "plan")])
    assert main() == 0
    assert "a price 4 USD/t higher (10 → 14, 40 %)" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr("sys.argv", ["plan", "explain", str(tmp_path / "plan"), "--json", "--supplier", "c"])
    assert main() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["statements"][0]["value"] == pytest.approx(14)
    monkeypatch.setattr("sys.argv", ["plan", "explain", str(tmp_path / "plan"), "--supplier", "x"])
    assert main() == 2
