# ruff: noqa: E501 -- messages stand in one line, as users see them
"""What one entity may not say: each problem with its place, path, wording and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.scenario.schema import MinCover
from tests.planner.scenario.writing import loaded, problems

SUPPLIERS = "suppliers: {a: {material: ore}, b: {material: ore}}\n"
PARTIES = "parties: {x: {}, y: {}}\n"
PROJECT = SUPPLIERS + "projects:\n  p:\n    adds_to: a\n    "
CONTRACT = SUPPLIERS + "contracts:\n  c:\n    supplier: a\n    "
DEMAND = "demands:\n  d:\n    material: ore\n    "
SUPPLIER = "suppliers:\n  a:\n    material: ore\n    "
STOCKPILE = "stockpiles:\n  p:\n    material: ore\n    "

WRONG = [
    # unknown keys
    ("supliers: {}", ["4:1: supliers: unknown key 'supliers'; did you mean 'suppliers' or 'policies'?"]),
    ("zzz: {}", ["4:1: zzz: unknown key 'zzz'; known are assumption, confidence, contracts, demands, events, horizon, in_transit, materials, money, note, parties, policies, processes, projects, routes, source, stockpiles, suppliers, title, version"]),
    (SUPPLIER + "capcity: 5", ["7:5: suppliers.a.capcity: unknown key 'capcity'; did you mean 'capacity'?"]),
    (SUPPLIER + "price: {tiers: [{prise: 5, price: 1}]}", ["7:22: suppliers.a.price.tiers.0.prise: unknown key 'prise'; did you mean 'price'?"]),
    (SUPPLIER + "price: {tier: [{price: 1}]}", ["7:13: suppliers.a.price.tier: 'tier' is not a date; write 2026, 2026-01 or 2026-01-06; a series is a number, {date: value, …}, {start, growth} or {table, column}"]),
    (PROJECT + "decide: {}\n    size: {maxx: 5}", ["9:12: projects.p.size.maxx: unknown key 'maxx'; did you mean 'max'?"]),
    (PROJECT + "decide: {}\n    ramp: {dellay: 5 months}", ["9:12: projects.p.ramp.dellay: unknown key 'dellay'; did you mean 'delay'?"]),
    (PROJECT + "decide: {earlest: 2026}", ["8:14: projects.p.decide.earlest: unknown key 'earlest'; did you mean 'earliest' or 'latest'?"]),
    (PROJECT + "decide: {}\n    capex: {stages: [{after: 5 months, costs: 3}]}", ["9:22: projects.p.capex.stages.0.cost: 'cost' is missing; add it", "9:40: projects.p.capex.stages.0.costs: unknown key 'costs'; did you mean 'cost'?"]),
    ("policies: {p: {kind: max_share, by: origins, share: 50 %, sharre: 5}}", ["4:37: policies.p.by: 'origins' is not one of origin, country, supplier; did you mean 'origin'?", "4:59: policies.p.sharre: unknown key 'sharre'; did you mean 'share'?"]),
    ("events: {e: {match: {countries: [CN]}}}", ["4:22: events.e.match.countries: unknown key 'countries'; did you mean 'country'?"]),
    ("money: {curency: USD}", ["4:9: money.curency: unknown key 'curency'; did you mean 'currency'?"]),
    (DEMAND + "quantity: 1\n    shortage: [{share: 5 %, cosst: 1}]", ["8:16: demands.d.shortage.0.cost: 'cost' is missing; add it", "8:29: demands.d.shortage.0.cosst: unknown key 'cosst'; did you mean 'cost'?"]),
    # kinds of policies
    ("policies: {p: {kind: budgett, limit: 5}}", ["4:22: policies.p.kind: unknown kind 'budgett'; did you mean 'budget'?"]),
    ("policies: {p: {kind: zz}}", ["4:22: policies.p.kind: unknown kind 'zz'; known are max_share, budget, max_emissions, stock_limit, min_service, min_cover"]),
    ("policies: {p: {limit: 5}}", ["4:15: policies.p: 'kind' is missing; add for instance kind: budget"]),
    # units and dimensions
    (DEMAND + "quantity: 5 t", ["7:15: demands.d.quantity: unit 't' does not fit here, which takes a unit like t/yr; write for instance 450 t/yr"]),
    (DEMAND + "quantity: 5 ton/yr", ["7:15: demands.d.quantity: unknown unit 'ton' in 'ton/yr'; write t (1000 kg) or lb; 'ton' differs between countries"]),
    (STOCKPILE + "initial: 5 USD", ["7:14: stockpiles.p.initial: unit 'USD' does not fit here, which takes a unit like t; write for instance 450 t"]),
    (STOCKPILE + "capacity: 5 t/yr", ["7:15: stockpiles.p.capacity: unit 't/yr' does not fit here, which takes a unit like t; write for instance 450 t"]),
    (STOCKPILE + "floor: {2026: 5 days, 2027: 6 apples}", ["7:27: stockpiles.p.floor.2027: unknown unit 'apples' in 'apples'; known are t, kg, g, kt, Mt, lb, toz, mtu, each, years, months, weeks, days, %, t_CO2e and currencies"]),
    (CONTRACT + "quantity: {start: 5, growth: 3 t}", ["8:26: contracts.c.quantity.growth: unit 't' does not fit here, which takes a unit like share/yr; write for instance 4 %"]),
    ("policies: {p: {kind: budget, limit: 5 t, covers: [capx]}}", ["4:37: policies.p.limit: unit 't' does not fit here, which takes a unit like USD; write for instance 300 MUSD", "4:51: policies.p.covers.0: 'capx' is not one of purchases, contracts, capex, fixed, storage, process, transport; did you mean 'capex'?"]),
    ("in_transit: [{material: ore, quantity: 5 t/yr, arrives: soon}]", ["4:40: in_transit.0.quantity: unit 't/yr' does not fit here, which takes a unit like t; write for instance 450 t", "4:57: in_transit.0.arrives: 'soon' is not a date; write 2026, 2026-01 or 2026-01-06"]),
    (DEMAND + "quantity: many", ["7:15: demands.d.quantity: 'many' is not a number with a unit; write for instance 450 t/yr"]),
    # dangling references
    (CONTRACT.replace("supplier: a", "supplier: aa") + "quantity: 5", ["7:15: contracts.c.supplier: there is no supplier 'aa'; did you mean 'a'?"]),
    ("contracts: {c: {supplier: zz, quantity: 5}}", ["4:27: contracts.c.supplier: there is no supplier 'zz'; none is defined under suppliers"]),
    ("suppliers: {lynas: {material: ore}}\ncontracts: {c: {supplier: lynass, quantity: 5}}", ["5:27: contracts.c.supplier: there is no supplier 'lynass'; did you mean 'lynas'?"]),
    (PROJECT.replace("adds_to: a", "adds_to: z") + "decide: {}", ["7:14: projects.p.adds_to: there is no supplier or process or stockpile 'z'; known are a, b"]),
    (CONTRACT + "quantity: 5\n    party: x", ["9:12: contracts.c.party: there is no party 'x'; known are home"]),

    (DEMAND + "quantity: 5\n    substitutes: {orr: {}}", ["8:19: demands.d.substitutes.orr: there is no material 'orr'; did you mean 'ore'?"]),
    (DEMAND + "quantity: 5\n    returns: {material: scrap, ratio: 1}", ["8:25: demands.d.returns.material: there is no material 'scrap'; known are dy, ore"]),
    ("processes: {p: {inputs: {orr: 1}, outputs: {ore: -1}}}", ["4:26: processes.p.inputs.orr: there is no material 'orr'; did you mean 'ore'?", "4:50: processes.p.outputs.ore: -1 is negative, which means nothing here; write a number of zero or more"]),
    ("events: {e: {match: {suppliers: [zz]}}}", ["4:34: events.e.match.suppliers.0: there is no supplier 'zz'; none is defined under suppliers"]),
    ("policies: {p: {kind: min_service, share: 50 %, demands: [zz]}}", ["4:58: policies.p.demands.0: there is no demand 'zz'; none is defined under demands"]),
    ("policies: {p: {kind: stock_limit, stockpiles: [zz], limit: 5}}", ["4:48: policies.p.stockpiles.0: there is no stockpile 'zz'; none is defined under stockpiles"]),
    (PARTIES + "routes: {r: {from: x, too: z, materials: []}}", ["5:10: routes.r.to: 'to' is missing; add it", "5:23: routes.r.too: unknown key 'too'; did you mean 'to'?", "5:42: routes.r.materials: is empty; name at least one, or leave the key out"]),
    (PARTIES + DEMAND + "quantity: 5", ["6:3: demands.d.party: is missing: there are several parties; name one of x, y"]),
    (PARTIES + "routes: {r: {from: x, to: x, materials: [ore]}}", ["5:23: routes.r.to: goes from 'x' to itself; name another party"]),
    (SUPPLIERS + "processes: {a: {inputs: {ore: 1}, capacity: 1}}\nprojects: {p: {adds_to: a, decide: {}}}", ["6:25: projects.p.adds_to: 'a' names both a supplier and a process; rename one of them"]),
    # order
    (SUPPLIER + "price: {tiers: [{quantity: 1, price: 5}, {price: 3}]}", ["7:47: suppliers.a.price.tiers.1.price: the price falls from 5 to 3 in 2026; order the tiers by rising price"]),
    (SUPPLIER + "price: {tiers: [{quantity: 1, price: {2026: 5, 2027: 9}}, {price: 7}]}", ["7:64: suppliers.a.price.tiers.1.price: the price falls from 9 to 7 in 2027; order the tiers by rising price"]),
    (SUPPLIER + "price: {tiers: [{price: 5}, {price: 7}]}", ["7:21: suppliers.a.price.tiers.0: has no quantity, so later tiers are never reached; give every tier but the last a quantity"]),
    (SUPPLIER + "price: {tiers: []}", ["7:20: suppliers.a.price.tiers: is empty; name at least one, or leave the key out"]),
    (DEMAND + "quantity: 5\n    shortage: [{share: 10 %, cost: 5}, {cost: 3}]", ["8:41: demands.d.shortage.1.cost: the cost falls from 5 to 3; order the tiers by rising cost"]),
    (DEMAND + "quantity: 5\n    shortage: [{cost: 5}, {cost: 6}]", ["8:16: demands.d.shortage.0: has no share, so later tiers are never reached; give every tier but the last a share"]),
    (DEMAND + "quantity: 5\n    shortage: []", ["8:15: demands.d.shortage: is empty; name at least one, or leave the key out"]),
    (DEMAND + "quantity: 5\n    substitutes: {ore: {}}", ["8:19: demands.d.substitutes.ore: 'ore' cannot replace itself; name another material"]),
    # windows
    (CONTRACT + "quantity: 5\n    start: 2027\n    end: 2026", ["10:5: contracts.c.end: the window is empty: 'end' 2026-01-01 is not after 'start' 2027-01-01; swap or move the dates"]),
    ("events: {e: {from: 2027, until: 2027}}", ["4:26: events.e.until: the window is empty: 'until' 2027-01-01 is not after 'from' 2027-01-01; swap or move the dates"]),
    (PROJECT + "decide: {earliest: 2027, latest: 2026}", ["8:30: projects.p.decide.latest: the window is empty: 'latest' 2026-01-01 lies before 'earliest' 2027-01-01; swap or move the dates"]),
    (PROJECT + "decide: {earliest: 2026-02, latest: 2026-12}", ["8:13: projects.p.decide: the window is empty: no period of the horizon starts inside it; decisions are taken at the start of a period"]),
    (CONTRACT + "quantity: 5\n    sign: {earliest: 2040}", ["9:11: contracts.c.sign: the window is empty: no period of the horizon starts inside it; decisions are taken at the start of a period"]),
    ("policies: {p: {kind: max_share, by: origin, share: 50 %, from: 2027-08}}", ["4:58: policies.p.from: the window is empty: no period lies more than half inside it; move the dates"]),
    ("policies: {p: {kind: max_share, by: origin, share: 50 %, until: 2026-03}}", ["4:58: policies.p.until: the window is empty: no period lies more than half inside it; move the dates"]),
    # numbers
    (DEMAND + "quantity: -5", ["7:15: demands.d.quantity: -5 is negative, which means nothing here; write a number of zero or more"]),
    (DEMAND + "quantity: -5 t/yr", ["7:15: demands.d.quantity: '-5 t/yr' is negative, which means nothing here; write a number of zero or more"]),
    (DEMAND + "quantity: {2026: 5, 2027: -5}", ["7:25: demands.d.quantity.2027: -5 is negative, which means nothing here; write a number of zero or more"]),
    (DEMAND + "quantity: .inf", ["7:15: demands.d.quantity: '.inf' is not a finite number"]),
    (DEMAND + "quantity: 1e999 t/yr", ["7:15: demands.d.quantity: '1e999 t/yr' is too large for a number"]),
    (DEMAND + "quantity: 1e308 Mt/yr", ["7:15: demands.d.quantity: '1e308 Mt/yr' is too large for a number"]),
    ("events: {e: {spot: 50}}", ["4:20: events.e.spot: 50 is above 100 %; did you mean 50 %?"]),
    ("events: {e: {spot: 150 %}}", ["4:20: events.e.spot: '150 %' is above 100 %"]),
    (CONTRACT + "quantity: 5\n    take_or_pay: -5 %", ["9:18: contracts.c.take_or_pay: '-5 %' is negative, which means nothing here; write a number of zero or more"]),
    (SUPPLIER + "tariff: 50", ["7:13: suppliers.a.tariff: 50 is above 1000 %; did you mean 50 %?"]),
    ("money: {discount_rate: 5}", ["4:24: money.discount_rate: 5 is above 100 %; did you mean 5 %?"]),
    # types
    (DEMAND + "quantity: true", ["7:15: demands.d.quantity: true is not a number; write for instance 450 t/yr"]),
    (DEMAND + "quantity: [5]", ["7:15: demands.d.quantity: a list is not a number; write for instance 450 t/yr"]),
    (DEMAND + "quantity: {}", ["7:15: demands.d.quantity: holds no value; write {2026-01: 100, 2028-07: 250}"]),
    (DEMAND + "quantity: {start: 5}", ["7:15: demands.d.quantity: 'growth' is missing; write {start: 100, growth: 3 %}"]),
    (DEMAND + "quantity: {2026: 5, 2026-01: 6}", ["7:25: demands.d.quantity.2026-01: '2026-01' means the same day as an earlier key; a series is a number, {date: value, …}, {start, growth} or {table, column}"]),
    (DEMAND + "quantity: {strat: 5, growth: 3 %}", ["7:15: demands.d.quantity: 'start' is missing; write {start: 100, growth: 3 %}", "7:16: demands.d.quantity.strat: stands beside start and growth; did you mean 'start'?"]),
    (DEMAND + "quantity: 5\n    label: 7", ["8:12: demands.d.label: must be text, not '7'; write '7' in quotes"]),
    ("demands: [{material: ore}]", ["4:10: demands: must be a map of keys, not a list"]),
    ("demands: {d: 5}", ["4:14: demands.d: must be a map of keys, not '5'"]),
    ("in_transit: {material: ore}", ["4:13: in_transit: must be a list, not a map"]),
    ("events: {e: {match: {country: CN}}}", ["4:31: events.e.match.country: must be a list, not 'CN'; write [CN]"]),
    ("processes: {p: {inputs: [ore]}}", ["4:25: processes.p.inputs: must be a map of keys, not a list"]),
    (CONTRACT.replace("supplier: a", "supplier: [a]") + "quantity: 1", ["7:15: contracts.c.supplier: a list is not the id of a supplier"]),
    ("title: [a]", ["4:8: title: must be text, not a list"]),
    (SUPPLIER + "country: 5", ["7:14: suppliers.a.country: must be text, not '5'; write '5' in quotes"]),
    (SUPPLIER + 'country: "C\\nN"', ["7:14: suppliers.a.country: 'C\nN' is not a plain name; use letters, digits, blanks, '.', '_' and '-'"]),
    (SUPPLIER + "note: 5", ["7:11: suppliers.a.note: must be a text, or a map from key to text; quote the text"]),
    (SUPPLIER + "source: {price: 5}", ["7:13: suppliers.a.source: must be a text, or a map from key to text; quote the text"]),
    ("money: {base_year: soon}", ["4:20: money.base_year: 'soon' is not a year; write for instance 2026"]),
    ("money: {base_year: true}", ["4:20: money.base_year: true is not a year; write for instance 2026"]),
    # ids, missing and contradicting keys
    ("suppliers: {D-1: {material: ore}}", ["4:13: suppliers.D-1: 'D-1' is not a valid id; ids are small letters, digits and _, and start with a letter"]),
    ("demands: {1d: {material: ore, quantity: 1}}", ["4:11: demands.1d: '1d' is not a valid id; ids are small letters, digits and _, and start with a letter"]),
    (CONTRACT, ["6:3: contracts.c.quantity: 'quantity' is missing; add it"]),
    ("demands: {d: {}}", ["4:11: demands.d.material: 'material' is missing; add it", "4:11: demands.d.quantity: 'quantity' is missing; add it"]),
    (PROJECT + "committed: 2025", ["7:5: projects.p: a committed project needs its size as a number; write size: 250 t/yr"]),
    (PROJECT + "committed: 2025\n    size: {max: 5}", ["9:5: projects.p.size: a committed project needs its size as a number; write size: 250 t/yr"]),
    (PROJECT + "decide: {}\n    size: 50", ["9:5: projects.p.size: the size of a decision is a choice; write size: {max: 50}"]),
    (PROJECT, ["7:5: projects.p: needs either 'committed' (a fact) or 'decide' (a decision); write decide: {earliest: 2026-03, latest: 2030-01}"]),
    (PROJECT + "decide: {}\n    committed: 2025", ["7:5: projects.p: needs either 'committed' (a fact) or 'decide' (a decision); write decide: {earliest: 2026-03, latest: 2030-01}"]),
    (PROJECT + "decide: {}\n    salvage: straight_line", ["9:5: projects.p.salvage: straight_line needs 'life'; add for instance life: 20 years"]),
    (PROJECT + "decide: {}\n    life: 0", ["9:5: projects.p.life: a life of 0 years means nothing; leave it out for an endless life"]),
    (PROJECT + "decide: {}\n    ramp: {delay: 2 years, full: 1 year}", ["9:28: projects.p.ramp.full: 'full' (1 years) lies before 'delay' (2 years); both count from the commitment"]),
    (PROJECT + "decide: {}\n    ramp: {curve: [[2 years, 0 %], [1 year, 5 %]]}", ["9:19: projects.p.ramp.curve: goes back in time; order the points by time"]),
    (PROJECT + "decide: {}\n    ramp: {curve: {}}", ["9:19: projects.p.ramp.curve: has no points; write {1 year: 0 %, 3 years: 100 %}"]),
    (PROJECT + "decide: {}\n    ramp: {curve: {1 year: 50, 2 apples: 0}}", ["9:20: projects.p.ramp.curve.1 year: 50 is above 200 %; did you mean 50 %?", "9:32: projects.p.ramp.curve.2 apples: unknown unit 'apples' in 'apples'; known are t, kg, g, kt, Mt, lb, toz, mtu, each, years, months, weeks, days, %, t_CO2e and currencies"]),
    ("stockpiles: {s: {material: ore}}\nprojects: {p: {adds_to: s, decide: {}}}", ["5:16: projects.p.adds_to: 's' has no capacity, so it is unlimited and nothing can be added; give s a capacity, 0 if it starts from nothing"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), WRONG, ids=[text.replace("\n", " ")[-60:] for text, _ in WRONG])
def test_every_problem_has_place_path_words_and_hint(tmp_path: Path, text: str, lines: list[str]) -> None:
    found = problems(tmp_path, text + "\n")
    assert sorted(found) == sorted(f"s.yaml:{line}" for line in lines)


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        ("horizon: {start: 2026, end: 2027}", ["1:1: version: 'version' is missing; add it"]),
        ("version: 2\nhorizon: {start: 2026, end: 2027}", ["1:10: version: 2 is not one of 1"]),
        ("version: 1", ["1:1: horizon: 'horizon' is missing; add it"]),
        ("version: 1\nhorizon: {end: 2027}", ["2:1: horizon.start: 'start' is missing; add it"]),
        ("version: 1\nhorizon: {start: 2026}", ["2:10: horizon: needs either 'end' (with 'step') or 'steps'; write {start: 2026-01, end: 2033-01, step: month}"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027, stepp: year}", ["2:35: horizon.stepp: unknown key 'stepp'; did you mean 'step' or 'steps'?"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027, step: week}", ["2:41: horizon.step: 'week' is not one of month, quarter, year"]),
        ("version: 1\nhorizon: {start: 2026, end: 2026}", ["2:24: horizon.end: the window is empty: 'end' 2026-01-01 is not after 'start' 2026-01-01; swap or move the dates"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027-05, step: quarter}", ["2:29: horizon.end: 2027-05-01 is not a whole number of quarters after 2027-04-01; the nearest grid dates are 2027-04-01 and 2027-07-01; the end must lie on the grid of steps"]),
        ("version: 1\nhorizon: {start: 2026, steps: [{until: 2027, step: year}, {until: 2026, step: year}]}", ["2:31: horizon.steps: 2026-01-01 is not after 2027-01-01; put the ends into order"]),
        ("version: 1\nhorizon: {start: 2026, steps: []}\npolicies: {p: {kind: max_emissions, limit: 1}}", ["2:31: horizon.steps: is empty; name at least one, or leave the key out"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027}\nmaterials: {x: {unit: tons}}", ["3:17: materials.x.unit: 'tons' is no unit for a material; known are t, tonne, tonnes, kg, g, kt, Mt, lb, toz, each, pcs"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027}\nmaterials: {x: {basis: Qq2O3}}", ["3:17: materials.x.basis: 'Qq2O3' names no element 'Qq'"]),
        ("version: 1\nhorizon: {start: 2026, end: 2027}\nmaterials: {x: {basis: Dy0}}", ["3:17: materials.x.basis: 'Dy0' is not a chemical formula; write for instance Dy2O3, Dy or WO3"]),
    ],
)  # fmt: skip
def test_the_question_itself(tmp_path: Path, head: str, lines: list[str]) -> None:
    assert problems(tmp_path, "", head=head) == [f"s.yaml:{line}" for line in lines]


def test_lists_in_place_of_materials_do_not_crash(tmp_path: Path) -> None:

    assert problems(tmp_path, "policies: {p: {kind: max_share, by: origin, materials: [[ore]], share: 5 %}}") == [
        "s.yaml:4:57: policies.p.materials.0: a list is not the id of a material"
    ]


def test_tiers_that_fall_later(tmp_path: Path) -> None:
    horizon = "version: 1\nhorizon: {start: 2026-01, end: 2031-01, step: year}\nmaterials: {ore: {}}\n"
    text = "suppliers: {a: {material: ore, price: {tiers: [{quantity: 1, price: {2026: 10, 2029: 50}}, {price: {start: 20, growth: 5 %}}]}}}\n"
    # In 2029 the first tier costs 50 and the second 20 * 1.05**3 = 23.15.

    assert len(problems(tmp_path, text, head=horizon)) == 1


def test_tiers_that_rise_all_the_time_though_the_lower_grows_faster(tmp_path: Path) -> None:
    text = "suppliers: {a: {material: ore, price: {tiers: [{quantity: 1, price: {start: 10, growth: 5 %}}, {price: {start: 20, growth: 3 %}}]}}}\n"
    assert loaded(tmp_path, text)


def test_problems_of_fields_do_not_hide_problems_of_the_entity(tmp_path: Path) -> None:

    assert problems(tmp_path, CONTRACT + "quantity: 5\n    start: 2027\n    end: 2026\n    price: 5 t\n") == [
        "s.yaml:10:5: contracts.c.end: the window is empty: 'end' 2026-01-01 is not after 'start' 2027-01-01; swap or move the dates",
        "s.yaml:11:12: contracts.c.price: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg",
    ]


NOTES = "note: n, source: {price: s}, assumption: 'a', confidence: low"


def test_annotations_stand_everywhere(tmp_path: Path) -> None:
    text = f"""version: 1
{NOTES.replace(", ", chr(10)).replace("{price: s}", "{price: s}")}
horizon: {{start: 2026-01, steps: [{{until: 2028-01, step: year, {NOTES}}}], {NOTES}}}
money: {{currency: USD, {NOTES}}}
parties: {{x: {{{NOTES}}}, y: {{{NOTES}}}}}
materials: {{ore: {{unit: t, {NOTES}}}, tb: {{}}}}
suppliers:
  a:
    material: ore
    {NOTES.replace(", ", chr(10) + "    ")}
    capacity: {{2026: 5, {NOTES}}}
    freight: {{start: 5, growth: 1 %, {NOTES}}}
    price: {{{NOTES}, tiers: [{{quantity: 5, price: 1, {NOTES}}}, {{price: 2, {NOTES}}}]}}
projects:
  p: {{adds_to: a, {NOTES}, decide: {{{NOTES}}}, size: {{max: 5, {NOTES}}}, ramp: {{delay: 1, {NOTES}}}, capex: {{stages: [{{cost: 1, {NOTES}}}], {NOTES}}}}}
  q: {{adds_to: a, decide: {{}}, ramp: {{curve: {{1 year: 0 %, 2 years: 100 %, {NOTES}}}, {NOTES}}}}}
contracts: {{c: {{supplier: a, party: x, quantity: 1, sign: {{{NOTES}}}, {NOTES}}}}}
stockpiles: {{s: {{party: x, material: ore, {NOTES}, floor: {{2026: 1 days, {NOTES}}}, final: {{min: initial, {NOTES}}}}}}}
demands:
  d: {{party: x, material: ore, quantity: 1, {NOTES}, shortage: [{{cost: 1, {NOTES}}}], substitutes: {{tb: {{{NOTES}}}}}, returns: {{material: tb, ratio: 1, {NOTES}}}}}
processes: {{m: {{party: x, inputs: {{ore: 1}}, {NOTES}}}}}
routes: {{r: {{from: x, to: y, materials: [ore], {NOTES}}}}}
in_transit: [{{party: x, material: ore, quantity: 1, arrives: 2026-02, {NOTES}}}]
events: {{e: {{match: {{country: [CN], {NOTES}}}, spot: 0, {NOTES}}}}}
policies: {{b: {{kind: budget, covers: [capex], limit: 1, {NOTES}}}}}
"""
    scenario = loaded(tmp_path, text, head="").scenario
    supplier, project, demand = scenario.suppliers["a"], scenario.projects["p"], scenario.demands["d"]
    for thing in (
        scenario,
        scenario.horizon,
        scenario.money,
        supplier,
        *supplier.tiers,
        project,
        project.decide,
        project.size,
        project.ramp,
        demand,
        scenario.events["e"].match,
    ):
        assert getattr(thing, "source") == {"price": "s"}  # noqa: B009 -- a union of models
        assert getattr(thing, "confidence") == "low"  # noqa: B009
    assert supplier.capacity.values == [5]
    assert scenario.projects["q"].points == ((1, 0), (2, 1))


def test_numbers_take_the_units_of_their_material(tmp_path: Path) -> None:
    text = """
processes: {split: {inputs: {dy: 2}, outputs: {ore: 1}, capacity: 100 t_Dy/yr, cost: 1 USD/kg}}
suppliers: {a: {material: dy, capacity: 100 t_Dy/yr}}
contracts: {c: {supplier: a, quantity: 1 kg/month}}
stockpiles: {s: {material: dy, capacity: 2 kt, initial: 60 days}}
projects:
  p: {adds_to: s, decide: {}, size: {max: 5 kg}, capex: 3 USD/kg, fixed_cost: 2 USD/kg/yr}
  q: {adds_to: split, decide: {}, size: {max: 5 kg/yr}, capex: 3 USD/(kg/yr), fixed_cost: 2 USD/kg}
policies: {l: {kind: stock_limit, stockpiles: [s], limit: 5 t_Dy}}
"""
    scenario = loaded(tmp_path, text).scenario
    dysprosium = (2 * 162.5 + 3 * 15.999) / (2 * 162.5)
    assert scenario.suppliers["a"].capacity.values == pytest.approx([100 * dysprosium])
    capacity = scenario.processes["split"].capacity
    assert capacity is not None
    assert capacity.values == pytest.approx([100 * dysprosium])
    assert scenario.contracts["c"].quantity.values == pytest.approx([0.012])
    pile = scenario.stockpiles["s"]
    assert pile.capacity is not None
    assert [pile.capacity.units, pile.initial.units, pile.initial.years] == pytest.approx([2000, 0, 60 / 365.25])
    p, q = scenario.projects["p"], scenario.projects["q"]
    assert [getattr(p.size, "max", None), p.stages[0][1], p.fixed_cost] == pytest.approx([0.005, 3000, 2000])
    assert [getattr(q.size, "max", None), q.stages[0][1], q.fixed_cost] == pytest.approx([0.005, 3000, 2000])
    assert getattr(scenario.policies["l"], "limit", None) == pytest.approx(5 * dysprosium)


@pytest.mark.parametrize(
    ("ramp", "points"),
    [
        ("4 years", ((0, 0), (4, 1))),
        ("0", ((0, 0), (0, 1))),
        ("{delay: 18 months, full: 4 years}", ((1.5, 0), (4, 1))),
        ("{delay: 18 months}", ((1.5, 0), (1.5, 1))),
        ("{full: 2}", ((0, 0), (2, 1))),
        ("{curve: {3 years: 100 %, 12 months: 20 %}}", ((1, 0.2), (3, 1))),
        ("{curve: [[1, 0], [1, 50 %], [2 years, 100 %]]}", ((1, 0), (1, 0.5), (2, 1))),
    ],
)
def test_forms_of_ramps(tmp_path: Path, ramp: str, points: tuple[tuple[float, float], ...]) -> None:
    found = loaded(tmp_path, PROJECT + f"decide: {{}}\n    ramp: {ramp}\n").scenario.projects["p"].points
    assert [number for point in found for number in point] == pytest.approx([number for point in points for number in point])


def test_a_curve_map_holds_one_share_at_each_time(tmp_path: Path) -> None:
    assert problems(tmp_path, PROJECT + "decide: {}\n    ramp: {curve: {1 year: 0 %, 12 months: 50 %}}\n")


def test_days_of_cover_are_a_number_or_a_duration(tmp_path: Path) -> None:
    for written in ("45", "45 days", "'45'"):
        policy = loaded(tmp_path, f"policies: {{p: {{kind: min_cover, days: {written}}}}}\n").scenario.policies["p"]
        assert isinstance(policy, MinCover)
        assert policy.days == pytest.approx(45)
