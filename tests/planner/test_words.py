"""The rows of the model in the scenario's words: every rule has its key, and the key its place in a file."""

from __future__ import annotations

from pathlib import Path

import pyomo.environ as pyo
import pytest

import sourcing_lp
from planner.compile import compile_scenario
from planner.compile.setting import Setting
from planner.program import make_program
from planner.scenario.load import Loaded, load
from planner.solver.lower import Key
from planner.words import CONSTRAINTS, Words, spans
from tests.oracle.plans import loaded
from tests.oracle.random_scenarios import random_scenario
from tests.planner.scenario.writing import put

ROOT = Path(__file__).parents[2]

FULL = """version: 1
title: Everything once
horizon: {start: 2026, end: 2028, step: year}
parties: {a: {}, b: {}}
materials: {ore: {}, m: {disposal_cost: 1}}
suppliers:
  s: {material: ore, country: CN, capacity: 100, price: {tiers: [{quantity: 50, price: 1}, {price: 2}]}, emissions: 1}
projects:
  e: {adds_to: s, decide: {}, size: {max: 10}, ramp: 1 year, capex: 1}
contracts:
  c: {supplier: s, party: a, quantity: 10, price: 1, take_or_pay: 50 %}
  o: {supplier: s, party: a, quantity: 10, price: 1, sign: {earliest: 2026}}
stockpiles:
  k: {party: a, material: m, initial: 9, capacity: 90, floor: 1, max_draw: 9, max_fill: 9, final: {min: 2}}
demands:
  d: {party: b, material: m, quantity: 9, shortage: [{share: 5 %, cost: 9}, {cost: 99}], min_service: 10 %, substitutes: {ore: {max_share: 5 %}}}
processes:
  p: {party: a, inputs: {ore: 1}, outputs: {m: 1}, capacity: 90, cost: 1}
routes:
  r: {from: a, to: b, materials: [m, ore], capacity: 90}
events:
  stop: {from: 2026, until: 2027, match: {country: [CN]}, spot: 40 %, commitments: 30 %}
policies:
  share: {kind: max_share, by: origin, of: [CN], share: 100 %}
  money: {kind: budget, covers: [purchases], limit: 9999}
  carbon: {kind: max_emissions, limit: 9999}
  store: {kind: stock_limit, stockpiles: [k], limit: 80}
  serve: {kind: min_service, share: 5 %, per: total}
  cover: {kind: min_cover, materials: [m], days: 0, parties: [b]}
  ready: {kind: min_cover, materials: [m], days: 1, parties: [b], penalty: 5}
"""
"""A scenario with every constraint of the model; those of signing, committing and stock cover among them."""


def written(folder: Path, text: str = FULL) -> Loaded:
    put(folder, {"s.yaml": text})
    return load(folder / "s.yaml")


def words_of(given: Loaded) -> Words:
    return Words(Setting(given.scenario, given.calendar))


def rows_of(given: Loaded) -> list[Key]:
    return make_program(given)[1].rows


def test_every_constraint_of_the_model_has_words(tmp_path: Path) -> None:
    given = written(tmp_path)
    model = sourcing_lp.build(compile_scenario(given.scenario, given.calendar))
    assert {constraint.local_name for constraint in model.component_objects(pyo.Constraint)} == CONSTRAINTS


def test_the_scenario_above_has_every_constraint(tmp_path: Path) -> None:
    assert {name for name, _ in rows_of(written(tmp_path))} == CONSTRAINTS


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (("supplier_capacity", ("s", "2026")), "suppliers.s.capacity"),
        (("tier_limit", ("s", 1, "2026")), "suppliers.s.price.tiers.0.quantity"),
        (("spot_gate", ("s", "a", "2026")), "events.stop.spot"),
        (("sign_gate", ("o", "2026")), "events.stop.commitments"),
        (("commitment_gate", ("e", "2026")), "events.stop.commitments"),
        (("sign_once", "o"), "contracts.o.sign"),
        (("take_or_pay", ("c", "2026")), "contracts.c.take_or_pay"),
        (("project_size", "e"), "projects.e.size.max"),
        (("final_stock", "k"), "stockpiles.k.final.min"),
        (("substitute_limit", ("d", "ore", "2026")), "demands.d.substitutes.ore.max_share"),
        (("demand_balance", ("d", "2026")), "demands.d.quantity"),
        (("max_share", ("share", "CN.ore.a", "2026")), "policies.share.share"),
        (("service_level", ("serve", "d", "total")), "policies.serve.share"),
        (("min_cover", ("ready", "m.b", "2026")), "policies.ready.days"),
    ],
)
def test_the_key_of_a_row(row: Key, path: str, tmp_path: Path) -> None:
    given = written(tmp_path)
    assert row in rows_of(given)
    assert words_of(given).rule(row).dotted == path


def test_of_several_events_the_one_that_leaves_least(tmp_path: Path) -> None:
    """`mild` comes first, `hard` closes all in 2026; both are over in 2027."""
    events = "  mild: {until: 2027, match: {suppliers: [s]}, spot: 80 %}\n  hard: {until: 2027, match: {suppliers: [s]}, spot: 0}\n"
    given = written(tmp_path, FULL.replace("events:\n", "events:\n" + events))
    assert words_of(given).rule(("spot_gate", ("s", "a", "2026"))).dotted == "events.hard.spot"
    assert words_of(given).rule(("sign_gate", ("o", "2026"))).dotted == "events.hard.spot"


def present(given: Loaded, path: tuple[str | int, ...]) -> int:
    """How many parts of a path exist in the scenario as it is read."""
    node = given.sources.tree
    for depth, part in enumerate(path):
        value = node.value
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            node = value[part]
        elif isinstance(value, dict) and part in value:
            node = value[str(part)]
        else:
            return depth
    return len(path)


def must_exist(given: Loaded) -> None:
    """Each rule's key stands in the scenario, or else the entity that it belongs to does."""
    words = words_of(given)
    for row in rows_of(given):
        rule = words.rule(row)
        assert rule.words, row
        assert present(given, rule.path) >= min(2, len(rule.path)), (row, rule.path)


def test_every_path_exists(tmp_path: Path) -> None:
    must_exist(written(tmp_path))


@pytest.mark.parametrize("seed", range(0, 40))
def test_every_path_of_random_scenarios_exists(seed: int) -> None:
    must_exist(loaded(random_scenario(seed)))


def test_every_path_of_the_shipped_scenario_exists() -> None:
    must_exist(load(ROOT / "scenarios" / "japan" / "cutoff.yaml"))


def test_a_demand_says_whether_it_may_run_short(tmp_path: Path) -> None:
    words = words_of(written(tmp_path, "version: 1\nhorizon: {start: 2026, end: 2027, step: year}\nmaterials: {m: {}}\n"
                                      "demands: {hard: {material: m, quantity: 1}, soft: {material: m, quantity: 1, shortage: 9}}\n"))  # fmt: skip
    assert words.rule(("demand_balance", ("hard", "2026"))).words == "must be served in full: no 'shortage' allows less"
    assert words.rule(("demand_balance", ("soft", "2026"))).words == "is served, or short as far as 'shortage' allows"
    assert "nothing may be disposed of" in words.rule(("material_balance", ("m", "home", "2026"))).words
    assert "disposed" not in words_of(written(tmp_path)).rule(("material_balance", ("m", "a", "2026"))).words


@pytest.mark.parametrize(
    ("row", "item"),
    [
        (("max_share", ("share", "CN.ore.a", "2026")), "ore of a from CN"),
        (("min_cover", ("ready", "m.b", "2026")), "m of b"),
        (("service_level", ("serve", "d", "total")), "d"),
        (("budget", ("money", "all", "2026")), ""),
        (("stock_floor", ("k", "2026")), ""),
    ],
)
def test_whom_a_row_of_a_policy_is_about(row: Key, item: str, tmp_path: Path) -> None:
    assert words_of(written(tmp_path)).item(row) == item


def test_with_one_party_nobody_names_it(tmp_path: Path) -> None:
    words = words_of(written(tmp_path, "version: 1\nhorizon: {start: 2026, end: 2027, step: year}\nmaterials: {m: {}}\n"))
    assert words.item(("max_share", ("p", "CN.m.home", "2026"))) == "m from CN"
    assert words.item(("min_cover", ("p", "m.home", "2026"))) == "m"


BASE = """version: 1
horizon: {start: 2026, end: 2028, step: year}
materials: {m: {}}
suppliers:
  s: {material: m, capacity: 10, price: 1}
stockpiles:
  k:
    material: m
    floor: 5
demands:
  d: {material: m, quantity: 9}
policies:
  p: {kind: budget, covers: [purchases], limit: 3}
"""
OVERLAY = """extends: base.yaml
policies:
  p:
    limit: 4
"""


def test_marks_point_to_the_file_that_set_a_key(tmp_path: Path) -> None:
    put(tmp_path, {"base.yaml": BASE, "s.yaml": OVERLAY})
    given = load(tmp_path / "s.yaml", sets=["stockpiles.k.floor=6"])
    words = words_of(given)

    def place(row: Key) -> str:
        return str(given.mark(*words.rule(row).path)).replace(f"{tmp_path}/", "")

    assert place(("budget", ("p", "all", "2026"))) == "s.yaml:4:12"
    assert place(("supplier_capacity", ("s", "2026"))) == "base.yaml:5:30"
    assert place(("stock_floor", ("k", "2026"))).startswith("--set stockpiles.k.floor:1:")
    assert place(("demand_balance", ("d", "2027"))) == "base.yaml:11:30"
    assert place(("stock_balance", ("k", "2026"))) == "base.yaml:7:3", "an absent key stands at what it belongs to"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], ""),
        (["2026-01"], "2026-01"),
        (["2026-02", "2026-01", "2026-02"], "2026-01 … 2026-02"),
        (["2026-12", "2027-01", "2027-03"], "2026-12 … 2027-01, 2027-03"),
        (["2026", "2028", "2027"], "2026 … 2028"),
        (["2026", "2028"], "2026, 2028"),
        (["total"], "all of its time"),
        ([""], ""),
    ],
)
def test_periods_in_words(labels: list[str], words: str, tmp_path: Path) -> None:
    given = written(tmp_path, "version: 1\nhorizon: {start: 2026-01, end: 2029-01, step: month}\nmaterials: {m: {}}\n")
    assert spans(given.calendar, labels) == words
