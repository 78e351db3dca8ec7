"""Key figures: who runs short first, shares, and a mix of sources that adds up to what is wanted."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from planner.pipeline import solve_scenario
from planner.plan import Plan
from tests.oracle.plans import Json, changed, plan_of, random_plan, seeds_with
from tests.oracle.random_scenarios import random_scenario
from tests.oracle.reference_solver import load

ROOT = Path(__file__).parents[3]


def hand_case(**changes: Any) -> Json:
    base = load(ROOT / "tests" / "cases" / "cutoff_ramp.yaml")
    base["stockpiles"]["reserve"] |= changes
    return base


def test_first_shortage_and_who() -> None:
    """Without stock 30 t are put aside in 2026; 2027 has those and 30 of spot, 2028 has 30 of spot and a quarter of the mine."""
    figures = plan_of(hand_case(initial=0)).record["figures"]["shortage"]
    assert figures["demands"]["plants"] == {
        "material": "ore", "party": "home", "label": "plants", "unit": "t", "wanted": pytest.approx(600), "short": pytest.approx(72.5), "first": "2027",
    }  # fmt: skip
    assert figures["materials"]["ore"] == {
        "label": "ore", "unit": "t", "wanted": pytest.approx(600), "short": pytest.approx(72.5), "first": "2027", "who": ["plants"],
    }  # fmt: skip


def test_who_is_short_first_among_several() -> None:
    def split(scenario: Json) -> None:
        scenario["demands"] = {
            "late": {"label": "Dear use", "material": "ore", "quantity": 40, "shortage": 3000},
            "early": {"label": "Cheap use", "material": "ore", "quantity": {"2026": 60, "2029": 0}, "shortage": 900},
            "never": {"material": "ore", "quantity": {"2026": 0, "2031": 1}, "shortage": 9000},
        }

    figures = plan_of(changed(hand_case(initial=0), split)).record["figures"]["shortage"]
    assert figures["materials"]["ore"]["who"] == ["Cheap use"]
    assert figures["materials"]["ore"]["first"] == figures["demands"]["early"]["first"] == "2027"
    assert figures["demands"]["late"]["first"] is None
    assert figures["demands"]["late"]["short"] == 0.0
    assert figures["demands"]["never"]["wanted"] == pytest.approx(1.0)


def test_no_shortage_has_no_first() -> None:
    figures = plan_of(hand_case()).record["figures"]["shortage"]
    assert figures["materials"]["ore"]["first"] is None
    assert figures["materials"]["ore"]["who"] == []
    assert figures["demands"]["plants"]["short"] == 0.0


def unbalanced(plan: Plan) -> dict[tuple[str, str], float]:
    """(material, year) -> wanted less what the sources of the mix add up to, relative to what is wanted, where not zero."""
    found = {}
    for material, sources in plan.record["figures"]["mix"].items():
        for year, wanted in sources["all wanted"].items():
            parts = sum(years.get(year, 0.0) for name, years in sources.items() if name != "all wanted")
            if abs(wanted - parts) > 1e-6 * max(wanted, 1.0):
                found[material, year] = (wanted - parts) / max(wanted, 1.0)
    return found


def elsewhere(plan: Plan, scenario: Json, material: str) -> float:
    """What leaves a material for other uses over the horizon, for one party: substitution in other demands, and disposal."""
    tables = plan.tables
    gone = float(tables["disposals"][tables["disposals"]["material"] == material]["value"].sum())
    replaced = tables["demands"].query("measure == 'substituted'")
    for demand, by, value in zip(replaced["demand"], replaced["by"], replaced["value"], strict=True):
        gone += value * scenario["demands"][demand]["substitutes"][by]["ratio"] if by == material else 0.0
    return gone


def one_party(scenario: Json) -> bool:
    return len(scenario.get("parties", {"home": {}})) == 1


ONE_PARTY = [seed for seed in seeds_with(one_party, 14) if seed not in (2, 4, 40)][:10]


@pytest.mark.parametrize("seed", ONE_PARTY)
def test_the_mix_sums_to_what_is_wanted(seed: int) -> None:
    """Arrivals, processes (net), stock (net), substitutes and shortage are what can meet a demand; the rest left for other uses."""
    plan, scenario = random_plan(seed), random_scenario(seed)
    assert plan.record["figures"]["mix"]
    assert unbalanced(plan) == {}
    for material, sources in plan.record["figures"]["mix"].items():
        other = sum(sources.get("other uses", {}).values())
        assert other == pytest.approx(-elsewhere(plan, scenario, material), abs=2e-6 * sum(sources["all wanted"].values()))


def test_some_of_these_have_other_uses_and_some_have_none() -> None:
    """Else the test above would say little."""
    uses = ["other uses" in sources for seed in ONE_PARTY for sources in random_plan(seed).record["figures"]["mix"].values()]
    assert True in uses
    assert False in uses


def test_the_mix_of_the_hand_case() -> None:
    mix = plan_of(hand_case()).record["figures"]["mix"]["ore"]
    size = 60 / 0.85
    assert mix["incumbent"] == pytest.approx({"2026": 100})
    assert mix["mine"] == pytest.approx({"2028": 0.25 * size, "2029": 0.6 * size, "2030": size, "2031": size})
    assert mix["from stock"]["2026"] == pytest.approx(-30)
    assert sum(mix["from stock"].values()) == pytest.approx(120)
    assert mix["all wanted"] == pytest.approx({str(year): 100 for year in range(2026, 2032)})


def substituting() -> Json:
    """Half of a demand for ore is served with alt, of which some is wanted for itself."""
    return {
        "version": 1,
        "horizon": {"start": 2026, "end": 2028, "step": "year"},
        "materials": {"ore": {}, "alt": {}},
        "suppliers": {
            "mine": {"material": "ore", "country": "AU", "capacity": 100, "price": 90},
            "other": {"material": "alt", "country": "US", "capacity": 100, "price": 10},
        },
        "demands": {"use": {"material": "ore", "quantity": 100, "substitutes": {"alt": {"max_share": 0.5}}}, "own": {"material": "alt", "quantity": 20}},
    }


def test_the_mix_of_what_is_replaced() -> None:
    mix = plan_of(substituting()).record["figures"]["mix"]["ore"]
    assert mix["mine"] == pytest.approx({"2026": 50, "2027": 50})
    assert mix["by substitutes"] == pytest.approx({"2026": 50, "2027": 50})


def other_uses(scenario: Json, material: str) -> dict[str, float]:
    plan = plan_of(scenario)
    assert unbalanced(plan) == {}
    uses = plan.record["figures"]["mix"][material].get("other uses", {})
    assert isinstance(uses, dict)
    return uses


def test_the_mix_of_a_material_that_replaces_another() -> None:
    """70 t of alt arrive, 20 are wanted for itself, and 50 go into the demand for ore."""
    assert other_uses(substituting(), "alt") == pytest.approx({"2026": -50, "2027": -50})


def test_the_mix_of_what_is_disposed_of() -> None:
    """60 t of alt must be taken, and 20 are wanted."""
    scenario = substituting()
    del scenario["demands"]["use"]["substitutes"]
    scenario["materials"]["alt"]["disposal_cost"] = 1
    scenario["contracts"] = {"duty": {"supplier": "other", "quantity": 60, "price": 10, "take_or_pay": 1, "breach_price": 99}}
    assert other_uses(scenario, "alt") == pytest.approx({"2026": -40, "2027": -40})
    assert other_uses(scenario, "ore") == {}


def test_the_mix_of_what_only_processes_use_and_of_what_comes_back() -> None:
    """40 t of scrap come back from the 80 served a year before; 10 are melted, which is all that is wanted, and 30 disposed of."""
    scenario: Json = {
        "version": 1,
        "horizon": {"start": 2026, "end": 2028, "step": "year"},
        "materials": {"ore": {}, "scrap": {"disposal_cost": 0}},
        "suppliers": {"mine": {"material": "ore", "country": "AU", "capacity": 100, "price": 90}},
        "processes": {"melt": {"inputs": {"scrap": 1}, "outputs": {"ore": 1}, "capacity": 10}},
        "demands": {"use": {"material": "ore", "quantity": 80, "returns": {"material": "scrap", "ratio": 0.5, "after": "1 year"}}},
    }
    plan = plan_of(scenario)
    mix = plan.record["figures"]["mix"]["scrap"]
    assert unbalanced(plan) == {}
    assert mix["all wanted"] == pytest.approx({"2027": 10})
    assert mix["returned from use"] == pytest.approx({"2027": 40})
    assert mix["other uses"] == pytest.approx({"2027": -30})
    assert plan.record["figures"]["materials"] == {"ore": {"label": "ore", "unit": "t"}, "scrap": {"label": "scrap", "unit": "t"}}


def test_the_mix_of_two_parties() -> None:
    """62.5 t arrive with one party, 50 with the other: what a route loses is no source."""
    scenario = substituting()
    scenario["parties"] = {"us": {}, "jp": {}}
    scenario["demands"] = {"use": {"party": "jp", "material": "ore", "quantity": 50}}
    scenario["suppliers"]["mine"]["sells_to"] = ["us"]
    scenario["routes"] = {"ship": {"from": "us", "to": "jp", "materials": ["ore"], "loss": 0.2}}
    assert other_uses(scenario, "ore") == pytest.approx({"2026": -12.5, "2027": -12.5})


def test_stock_figures_of_the_hand_case() -> None:
    stock = plan_of(hand_case()).record["figures"]["stock"]["reserve"]
    assert stock["initial"] == 120
    assert list(stock["level"].values()) == pytest.approx([150, 80, 27.647059, 0, 0, 0])
    assert stock["days_per_unit"] == pytest.approx(3.6525)
    assert stock["lowest"] == {"period": "2029", "level": 0.0}


def test_commitment_figures_of_the_hand_case() -> None:
    (decision,) = plan_of(hand_case()).record["figures"]["commitments"]
    assert decision["project"] == "new_mine"
    assert decision["size"] == pytest.approx(60 / 0.85)
    assert decision["capex"] == pytest.approx(200 * 60 / 0.85)
    assert decision["of"] == 150
    assert decision["first_output"] == "2028-01"
    assert decision["latest"] == "2026-01-01"
    assert decision["unit"] == "t/yr"


def test_marginal_values_and_origin_shares_of_the_hand_case() -> None:
    figures = plan_of(hand_case()).record["figures"]
    # stock links the years that it lasts: each year of waiting costs one of holding
    values = figures["marginal_value"]["ore"]["by_year"]
    assert values["2027"] - values["2026"] == pytest.approx(1.0)
    assert values["2028"] - values["2027"] == pytest.approx(1.0)
    assert figures["marginal_value"]["ore"]["unit"] == "USD/t"
    assert figures["origin_share"]["ore"]["2026"] == pytest.approx({"CN": 100 / 130, "AU": 30 / 130})
    assert set(figures["origin_share"]["ore"]["2031"]) <= {"AU", "BR"}


@pytest.mark.parametrize("seed", [0, 51, 74, 95, 115, 137, 145])
def test_shares_add_up_and_figures_agree_with_tables(seed: int) -> None:
    plan = random_plan(seed)
    figures, demands = plan.record["figures"], plan.tables["demands"]
    for years in figures["origin_share"].values():
        assert all(sum(parts.values()) == pytest.approx(1.0) for parts in years.values())
    for key, figure in figures["shortage"]["demands"].items():
        mine = demands[demands["demand"] == key]
        assert figure["wanted"] == pytest.approx(mine[mine["measure"] == "wanted"]["value"].sum())
        assert figure["short"] == pytest.approx(mine[mine["measure"] == "short"]["value"].sum(), abs=2e-6 * figure["wanted"])
        assert (figure["first"] is None) == (figure["short"] == 0)
    for material, figure in figures["shortage"]["materials"].items():
        mine = [one for one in figures["shortage"]["demands"].values() if one["material"] == material]
        assert figure["short"] == pytest.approx(sum(one["short"] for one in mine))
        assert len(figure["who"]) <= len(mine)
    decided = {key: size for key, size in plan.commit.items() if size > 0}
    assert {item["project"] for item in figures["commitments"]} == set(decided)
    assert set(plan.commit) == set(figures["decidable"])
    assert set(figures["stock"]) == set(random_scenario(seed).get("stockpiles", {}))
    periods = figures["periods"]
    assert all(one["end"] == two["start"] for one, two in pairwise(periods))


def test_japan_runs_short_of_what_its_tables_say() -> None:
    """In the shipped scenario the mix of dysprosium, which nothing else uses, sums; shares of origins do as well."""
    plan = solve_scenario(ROOT / "scenarios" / "japan" / "terminated.yaml")
    figures = plan.record["figures"]
    assert not [key for key in unbalanced(plan) if key[0] == "ndpr_oxide"]
    first = figures["shortage"]["materials"]["dy_oxide"]["first"]
    short = plan.tables["demands"].query("measure == 'short' and material == 'dy_oxide'")
    assert first == short["period"].min()
    assert all(sum(parts.values()) == pytest.approx(1.0) for years in figures["origin_share"].values() for parts in years.values())
