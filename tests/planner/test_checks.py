"""Every warning comes where it is meant, and not on a good scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.checks import warnings_of
from planner.scenario.load import load
from tests.planner.scenario.writing import loaded

ROOT = Path(__file__).parents[2]

GOOD = """
materials: {ore: {unit: t}, scrap: {unit: t, disposal_cost: 0}}
suppliers:
  a: {material: ore, country: CN, capacity: 100, price: 10}
  b: {material: ore, country: FR, capacity: 0, price: 20}
contracts: {c: {supplier: a, quantity: 10, take_or_pay: 80 %}}
projects: {p: {adds_to: b, decide: {}, size: {max: 50}, ramp: 2 years}}
stockpiles: {s: {material: ore, initial: 60 days, capacity: 40}}
demands: {d: {material: ore, quantity: 50, shortage: 1000, returns: {material: scrap, ratio: 0.5, after: 1 year}}}
processes: {m: {inputs: {scrap: 1}, outputs: {ore: 0.1}, capacity: 10}}
in_transit: [{material: ore, quantity: 5, arrives: 2026-03}]
events: {cut: {match: {country: [CN]}, spot: 0 %}}
policies: {cover: {kind: min_cover, materials: [ore], days: 5, penalty: 1}}
"""
HORIZON = "version: 1\nhorizon: {start: 2026-01, end: 2028-01, step: year}"


def warned(folder: Path, *changes: tuple[str, str], text: str = GOOD) -> list[str]:
    """Warnings of the good scenario after changes to its text."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found = warnings_of(loaded(folder, text, head=HORIZON))
    assert all(problem.mark.file.endswith("s.yaml") for problem in found)
    return [f"{problem.mark.line}:{problem.mark.column}: {problem.path}: {problem.problem}; {problem.hint}" for problem in found]


def test_a_good_scenario_has_no_warnings(tmp_path: Path) -> None:
    assert warned(tmp_path) == []


@pytest.mark.parametrize("name", ["sailco", "cutoff_ramp", "share_cap"])
def test_good_cases_have_no_warnings(name: str) -> None:
    assert [str(problem) for problem in warnings_of(load(ROOT / "tests" / "cases" / f"{name}.yaml"))] == []


NO_DISPOSAL = (", disposal_cost: 0", "")
NO_PROCESS = ("processes: {m: {inputs: {scrap: 1}, outputs: {ore: 0.1}, capacity: 10}}", "processes: {}")

CASES = {
    "by-product without outlet": (
        [
            NO_DISPOSAL,
            NO_PROCESS,
            (", returns: {material: scrap, ratio: 0.5, after: 1 year}", ""),
            ("processes: {}", "processes: {m: {outputs: {scrap: 1, ore: 1}}}"),
        ],
        ["11:35: processes.m.outputs.scrap: 'scrap' has no outlet, so the process cannot run; give scrap a disposal_cost, a stockpile or a use"],
    ),
    "returns without outlet": (
        [NO_DISPOSAL, NO_PROCESS],
        ["10:73: demands.d.returns: 'scrap' comes back but has no outlet, so the demand cannot be served; give scrap a disposal_cost, a stockpile or a use"],
    ),
    "shipment without use": (
        [("scrap: {", "slag: {}, scrap: {"), ("in_transit: [{material: ore", "in_transit: [{material: slag")],
        ["12:14: in_transit.0: 'slag' arrives but 'home' has no use for it; give slag a disposal_cost, a stockpile or a use"],
    ),
    "shipment too late": (
        [("arrives: 2026-03", "arrives: 2028-01")],
        ["12:51: in_transit.0.arrives: lies outside the horizon and is left out; count it in the initial stock if it has arrived"],
    ),
    "shipment too early": (
        [("arrives: 2026-03", "arrives: 2025-12-31")],
        ["12:51: in_transit.0.arrives: lies outside the horizon and is left out; count it in the initial stock if it has arrived"],
    ),
    "demand without source": (
        [("scrap: {", "gold: {}, scrap: {"), ("demands: {", "demands: {g: {material: gold, quantity: 5, shortage: 1}, ")],
        ["10:14: demands.g: nobody could ever serve it; add a supplier, stockpile or process for gold"],
    ),
    "demand without source or shortage": (
        [("scrap: {", "gold: {}, scrap: {"), ("demands: {", "demands: {g: {material: gold, quantity: 5}, ")],
        ["10:14: demands.g: nobody could ever serve it, and shortage is forbidden, so there is no plan; add a supplier, stockpile or process for gold"],
    ),
    "stock above all demand": (
        [("initial: 60 days, capacity: 40", "initial: 101")],
        ["9:40: stockpiles.s.initial: 101 is more than all demand of the horizon (100); check the unit"],
    ),
    "days of no demand": (
        [("stockpiles: {", "stockpiles: {t: {material: scrap, initial: 5 days}, ")],
        ["9:44: stockpiles.t.initial: days of demand, but 'home' has no demand for 'scrap'; write an amount"],
    ),
    "stock above capacity": (
        [("initial: 60 days", "initial: 41")],
        ["9:40: stockpiles.s.initial: 41 is more than the capacity, which holds from the end of the first period on; raise the capacity"],
    ),
    "quantities of different size": (
        [("quantity: 50, shortage", "quantity: 50 g/yr, shortage"), ("initial: 60 days", "initial: 0")],
        ["10:40: demands.d.quantity: 5e-05 t/yr is 2e+06 times smaller than suppliers.a.capacity; check the units"],
    ),
    "prices of different size": (
        [("price: 20", "price: 20 USD/kg")],
        ["5:58: suppliers.a.price: 10 is 2000 times below suppliers.b.price; check the unit: per kg or per t?"],
    ),
    "event without effect": (
        [("spot: 0 %", "note: none")],
        ["13:15: events.cut: changes nothing; add an effect such as spot: 0 %"],
    ),
    "event that matches nothing": (
        [("country: [CN]}, spot", "country: [CM]}, spot")],
        ["13:23: events.cut.match: matches nothing; check its countries and ids; all given keys must match at once"],
    ),
    "event of parties with what belongs to nobody": (
        [("match: {country: [CN]}, spot: 0 %", "match: {parties: [home]}, capacity: 0, commitments: 0")],
        [
            "13:51: events.cut.capacity: does nothing in an event that names parties; put capacity into an event without parties",
            "13:67: events.cut.commitments: does nothing in an event that names parties; put commitments into an event without parties",
        ],
    ),
    "event after the horizon": ([("{cut: {", "{cut: {from: 2028-01, ")], ["13:15: events.cut: lies outside the horizon; check its dates"]),
    "event before the horizon": ([("{cut: {", "{cut: {until: 2026-01, ")], ["13:15: events.cut: lies outside the horizon; check its dates"]),
    "project without size": ([(", size: {max: 50}", "")], ["8:15: projects.p: has no largest size; add size: {max: …}"]),
    "ramp that stays at zero": (
        [("ramp: 2 years", "ramp: {curve: {1 year: 0 %}}")],
        ["8:62: projects.p.ramp: never leaves 0 %; let the ramp rise above 0 %"],
    ),
    "levels added up over time": (
        [("penalty: 1", "per: year")],
        ["14:71: policies.cover.per: levels do not add up over time: this holds at the end of each period; remove 'per'"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_warnings(tmp_path: Path, name: str) -> None:
    changes, lines = CASES[name]
    found = [line.split(": ", 1) for line in warned(tmp_path, *changes)]
    assert [line for _, line in found] == [line.split(": ", 1)[1] for line in lines]
    assert [place.split(":")[0] for place, _ in found] == [line.split(":")[0] for line in lines]


@pytest.mark.parametrize(
    "change",
    [
        ("suppliers:\n", "suppliers:\n  g: {material: scrap, capacity: {2026: 0, 2027: 5}, price: 10}\n"),
        ("capacity: 100, price: 10", "capacity: 0, price: 10"),
        ("price: 20}", "price: {tiers: [{quantity: 1, price: 20}, {price: 99999}]}}"),
        ("initial: 60 days, capacity: 40", "initial: 60 days, capacity: 60 days"),
        ("{cut: {", "{cut: {until: 2026-01-02, "),
    ],
)
def test_no_false_alarms(tmp_path: Path, change: tuple[str, str]) -> None:
    assert warned(tmp_path, change) == []


def test_a_contract_reaches_a_party_that_its_supplier_does_not_sell_to(tmp_path: Path) -> None:
    text = """
parties: {x: {}, y: {}}
materials: {ore: {}}
suppliers: {a: {material: ore, sells_to: [x], capacity: 5, price: 1}}
contracts: {c: {supplier: a, party: y, quantity: 1}}
demands: {d: {party: y, material: ore, quantity: 5, shortage: 9}}
"""
    assert warned(tmp_path, text=text) == []
    assert len(warned(tmp_path, ("contracts: {c: {supplier: a, party: y, quantity: 1}}", "contracts: {}"), text=text)) == 1


def test_routes_and_processes_and_returns_reach(tmp_path: Path) -> None:
    text = """
parties: {x: {}, y: {}}
materials: {ore: {}, metal: {}, scrap: {disposal_cost: 0}, powder: {}}
suppliers: {a: {material: ore, sells_to: [x], capacity: 5, price: 1}}
processes: {melt: {party: y, inputs: {ore: 2}, outputs: {metal: 1}}, grind: {party: y, inputs: {scrap: 1}, outputs: {powder: 1}}}
routes: {r: {from: x, to: y, materials: [ore]}}
demands:
  d: {party: y, material: metal, quantity: 1, shortage: 9, returns: {material: scrap, ratio: 1}}
  e: {party: y, material: powder, quantity: 1, shortage: 9}
"""
    assert warned(tmp_path, text=text) == []
    assert [line.split(": ")[1] for line in warned(tmp_path, ("from: x, to: y", "from: y, to: x"), text=text)] == ["demands.d", "demands.e"]


SLIPS = [
    (("quantity: 10, take_or_pay", "quantity: 10, price: 0.02, take_or_pay"), "contracts.c.price", "per kg or per t?"),
    (("shortage: 1000", "shortage: 2"), "demands.d.shortage", "is below every price"),
    (("ramp: 2 years", "ramp: {delay: 18}"), "projects.p.ramp", "beyond the horizon"),
    (("quantity: 50,", "quantity: {start: 50, growth: 4},"), "demands.d.quantity.growth", "did you mean 4 %?"),
    (("spot: 0 %", "demand: 80"), "events.cut.demand", "did you mean 80 %?"),
    (("{country: [CN]}", "{country: [CN, ZZ]}"), "events.cut.match.country.1", "no supplier has 'ZZ'"),
    (("kind: min_cover, materials: [ore], days: 5", "kind: max_share, by: origin, of: [NN], share: 50 %"), "policies.cover.of.0", "no supplier has 'NN'"),
    (("quantity: 10, take_or_pay", "quantity: 900, take_or_pay"), "contracts.c.quantity", "more than a can ship"),
    (("initial: 60 days, capacity: 40", "initial: 60 days, capacity: 40, floor: 900"), "stockpiles.s.floor", "more than the capacity"),
]


@pytest.mark.parametrize(("change", "path", "said"), SLIPS, ids=[path for _, path, _ in SLIPS])
def test_slips_of_a_unit_or_a_name_are_noticed(tmp_path: Path, change: tuple[str, str], path: str, said: str) -> None:
    assert any(f" {path}: " in warning and said in warning for warning in warned(tmp_path, change))


def test_suppliers_that_ship_for_nothing_or_never_are_noticed(tmp_path: Path) -> None:
    more = "suppliers:\n  x: {material: ore, capacity: 5}\n  y: {material: ore, country: cn, price: 10}\n"
    found = warned(tmp_path, ("suppliers:\n", more))
    assert any("suppliers.x: has no price" in warning for warning in found)
    assert any("suppliers.y: never ships" in warning for warning in found)
    assert any("'cn' and 'CN' differ only in their case" in warning for warning in found)


def test_a_lead_time_of_days_without_its_unit_is_noticed(tmp_path: Path) -> None:
    found = warned(tmp_path, ("suppliers:\n", "suppliers:\n  x: {material: ore, capacity: 5, price: 10, lead_time: 45}\n"))
    assert any("suppliers.x.lead_time: 45 years is longer than the horizon" in warning for warning in found)


def test_a_country_that_only_exports_is_no_origin(tmp_path: Path) -> None:
    found = warned(tmp_path, ("country: FR,", "country: FR, origin: AU,"), ("{country: [CN]}", "{origin: [CN, FR]}"))
    assert any("events.cut.match.origin.1: no supplier has 'FR'" in warning for warning in found)


def test_a_store_that_a_project_enlarges_may_start_full(tmp_path: Path) -> None:
    project = "projects: {q: {adds_to: s, committed: 2025-01, size: 90}, p: {"
    assert warned(tmp_path, ("projects: {p: {", project), ("initial: 60 days, capacity: 40", "initial: 50, capacity: 40")) == []
