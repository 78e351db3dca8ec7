# ruff: noqa: E501 -- messages stand in one line, as users see them
"""From files to a scenario: all problems at once, in order, and a resolved scenario that means the same."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.errors import InputError, Mark
from planner.scenario.load import keys_at, load, validate
from planner.scenario.reader import parse_yaml
from tests.oracle.random_scenarios import random_scenario
from tests.planner.scenario.writing import HEAD, complaints, loaded, problems, put

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(path for folder in ("tests/cases", "scenarios/japan") for path in (ROOT / folder).glob("*.yaml") if path.name != "expected.yaml")


def test_all_problems_at_once_in_order_of_place(tmp_path: Path) -> None:
    text = """suppliers:
  a: {material: orr, capcity: 5}
  b: {material: ore, price: 5 t}
contracts: {c: {supplier: bb, quantity: .nan, start: 2027-13}}
demands: {d: {material: ore}, d: {material: ore}}
titel: x
policies: {p: {kind: budget, covers: [], limit: -1}}
"""
    assert problems(tmp_path, text) == [
        "s.yaml:5:17: suppliers.a.material: there is no material 'orr'; did you mean 'ore'?",
        "s.yaml:5:22: suppliers.a.capcity: unknown key 'capcity'; did you mean 'capacity'?",
        "s.yaml:6:29: suppliers.b.price: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg",
        "s.yaml:7:27: contracts.c.supplier: there is no supplier 'bb'; did you mean 'b'?",
        "s.yaml:7:41: contracts.c.quantity: '.nan' is not a finite number",
        "s.yaml:7:54: contracts.c.start: '2027-13' does not exist in the calendar",
        "s.yaml:8:11: demands.d.quantity: 'quantity' is missing; add it",
        "s.yaml:8:31: demands.d: duplicate key 'd'; first used in line 8",
        "s.yaml:9:1: titel: unknown key 'titel'; did you mean 'title'?",
        "s.yaml:10:38: policies.p.covers: is empty; name at least one, or leave the key out",
        "s.yaml:10:49: policies.p.limit: -1 is negative, which means nothing here; write a number of zero or more",
    ]


def test_problems_of_several_files_are_sorted_by_file(tmp_path: Path) -> None:
    files = {"b.yaml": HEAD + "suppliers: {a: {material: orr}}\n", "t.csv": "id,material,quantity\nd,ore,5 t\n"}
    found = problems(tmp_path, "extends: b.yaml\nzz: 1\ndemands: {table: t.csv}\n", head="", files=files)
    assert [line.split(": ")[0] for line in found] == ["b.yaml:4:27", "s.yaml:2:1", "t.csv:2:3"]


def test_the_message_is_all_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, "zz: 1\nyy: 2\n")
    assert str(caught.value).count("\n") == 1
    assert caught.value.exit_code == 2
    assert [problem.path for problem in caught.value.problems] == ["zz", "yy"]


def test_mark_finds_a_value(tmp_path: Path) -> None:
    found = loaded(tmp_path, "suppliers: {a: {material: ore}}\n", sets=["suppliers.a.price=5"])
    assert found.mark("suppliers", "a", "material") == Mark(f"{tmp_path}/s.yaml", 4, 27)
    assert found.mark("suppliers", "a", "price") == Mark("--set suppliers.a.price")
    assert found.mark("suppliers", "a", "freight") == Mark(f"{tmp_path}/s.yaml", 4, 13)


def test_the_name_of_a_scenario(tmp_path: Path) -> None:
    put(tmp_path, {"cut.yaml": HEAD, "market/scenario.yaml": HEAD})
    assert load(tmp_path / "cut.yaml").name == "cut"
    assert load(str(tmp_path / "market" / "scenario.yaml")).name == "market"


def test_root_is_handed_on(tmp_path: Path) -> None:
    put(tmp_path, {"b.yaml": HEAD, "in/s.yaml": "extends: ../b.yaml\n"})
    assert load(tmp_path / "in" / "s.yaml", root=tmp_path).scenario.version == 1
    with pytest.raises(InputError, match="lies outside the root 'in'"):
        load(tmp_path / "in" / "s.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "NO",
        "1e6",
        "012",
        ".inf",
        "0x1F",
        "null",
        "~",
        "true",
        "yes",
        "2026-01",
        "=",
        "<<",
        "!x",
        "&a",
        "*b",
        "a: b",
        "# c",
        " x ",
        "ünï",
        "a\nb",
        "-",
        "'",
        "0o7",
        "1_0",
        "\ufeff",
        "\u2028",
    ],
)
def test_resolved_keeps_text_as_text(tmp_path: Path, value: str) -> None:
    quoted = yaml.safe_dump(value, default_style='"', width=1000).strip()
    found = loaded(tmp_path, f"title: {quoted}\n")
    assert found.scenario.title == value
    put(tmp_path, {"again.yaml": found.resolved})
    assert load(tmp_path / "again.yaml").scenario == found.scenario


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_resolve_to_themselves(tmp_path: Path, path: Path) -> None:
    found = load(path, root=ROOT)
    put(tmp_path, {"r.yaml": found.resolved})
    again = load(tmp_path / "r.yaml")
    assert again.scenario == found.scenario
    assert again.resolved == found.resolved
    assert again.digest == found.digest
    assert again.sources.warnings == []


def test_a_misspelt_entry_names_the_one_that_was_meant() -> None:
    """What an overlay writes under a wrong id becomes an entry of its own, that lacks what every entry needs."""
    with pytest.raises(InputError) as caught:
        load(ROOT / "scenarios" / "japan" / "cutoff.yaml", ["stockpiles.national_dyy.initial=120 days"])
    (problem,) = caught.value.problems
    assert problem.path == "stockpiles.national_dyy.material"
    assert problem.hint.startswith("add it; or did you mean 'national_dy'")


def test_there_are_shipped_scenarios() -> None:
    assert {"bim", "sailco", "cutoff_ramp", "share_cap", "base", "cutoff", "terminated"} <= {path.stem for path in SHIPPED}


@pytest.mark.parametrize("seed", range(41))
def test_random_scenarios_resolve_to_themselves(tmp_path: Path, seed: int) -> None:
    put(tmp_path, {"s.yaml": yaml.safe_dump(random_scenario(seed), sort_keys=False, allow_unicode=True)})
    found = load(tmp_path / "s.yaml")
    put(tmp_path, {"r.yaml": found.resolved})
    assert load(tmp_path / "r.yaml").scenario == found.scenario


def test_tables_and_overlays_resolve_to_one_file(tmp_path: Path) -> None:
    files = {
        "b.yaml": HEAD + "suppliers: {table: t.csv}\n",
        "t.csv": "id,material,country,capacity,price\na,ore,NO,1e3,5 USD/kg\nb,ore,CN,0,\n",
        "p.csv": "date,p\n2026,7\n2027-07,8\n",
    }
    text = "extends: b.yaml\nsuppliers: {b: null, a: {price: {table: p.csv, column: p}, lead_time: 1 month}}\n"
    found = loaded(tmp_path, text, head="", files=files, sets=["suppliers.a.freight=2"])
    put(tmp_path / "alone", {"r.yaml": found.resolved})
    again = load(tmp_path / "alone" / "r.yaml")
    assert again.scenario == found.scenario
    assert list(again.scenario.suppliers) == ["a"]
    assert again.scenario.suppliers["a"].country == "NO"
    assert len(found.sources.files) == 4
    assert len(again.sources.files) == 1


def test_digests_differ_when_a_number_does(tmp_path: Path) -> None:
    text = "demands: {d: {material: ore, quantity: 5}}\n"
    first = loaded(tmp_path, text).digest
    assert loaded(tmp_path, text + "# a comment\n").digest == first
    assert loaded(tmp_path, text.replace("5", "6")).digest != first


def test_a_missing_base_does_not_hide_the_rest(tmp_path: Path) -> None:
    found = problems(tmp_path, "extends: none.yaml\nzz: 1\n")
    assert found == [
        "s.yaml:4:10: extends: there is no file 'none.yaml'; did you mean 's.yaml'?",
        "s.yaml:5:1: zz: unknown key 'zz'; " + found[-1].split("; ")[1],
    ]


def test_known_keys() -> None:
    assert "capacity" in keys_at(("suppliers", "any"))
    assert set(keys_at(("suppliers", "any", "price", "tiers", 0))) == {"quantity", "price", "note", "source", "assumption", "confidence"}
    assert "curve" in keys_at(("projects", "any", "ramp"))
    assert "from" in keys_at(("policies", "any", "budget"))
    assert "covers" not in keys_at(("policies", "any", "max_share"))


ODD: list[Any] = [
    None, True, -1, 0, 10**19, "", "x", "5 t", "5 USD/kg", "3 years", "50 %", [], {}, [[1]], [{}], [None], {"a": 1}, {"2026": 1}, {"start": 1}, {"table": "x"}, "2026-01", "2200",
    [{"a": [1]}], ["zz"], [["zz"]], "initial", "1e400", {"tiers": [{}]}, {"tiers": 5}, {"curve": []}, {"curve": {}}, {"stages": 5}, {"kind": "budget"}, {"kind": ["a"]}, "é" * 500,
]  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in items for found in _paths(child, (*path, key)))]


@pytest.mark.parametrize("seed", range(12))
def test_damaged_scenarios_raise_nothing_but_input_errors(seed: int) -> None:
    generator = random.Random(seed)
    for _ in range(25):
        raw = random_scenario(generator.randrange(60))
        for _ in range(generator.randint(1, 3)):
            *path, last = generator.choice(_paths(raw)[1:])
            target = raw
            for part in path:
                target = target[part]
            target[last] = copy.deepcopy(generator.choice(ODD))
        text = yaml.safe_dump(raw, sort_keys=False)
        found = complaints(lambda text=text: validate(parse_yaml(text, "f")))  # type: ignore[misc]
        assert all(problem.mark.file == "f" and problem.problem and 1 <= problem.mark.line <= text.count("\n") for problem in found)
