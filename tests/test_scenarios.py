"""Shipped scenarios: each checks, fits the schema, solves as expected, verifies, and names where its numbers come from."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import planner
from planner.checks import warnings_of
from planner.language import json_schema, schema_text
from planner.proof import verify_folder
from planner.scenario.reader import Node, read_yaml
from planner.sweep.cases import families
from planner.sweep.spec import read_spec
from tests.samples import some
from tests.shipped import (
    DURATIONS,
    DURATIONS_HEAD,
    ENDS,
    SCENARIOS,
    TABLE,
    Variant,
    between,
    early_row,
    expected,
    figures_of,
    parts,
    table,
    usual_cost,
    variants,
    whole,
    world,
)

PARTS, WHOLE = parts(), whole()
FOLDERS = sorted({path.parent for path in WHOLE})
JAPAN = expected(SCENARIOS / "japan")
"""The first test holds each plan to these, so what is true of them is true of the plans."""
VERIFIED = some(WHOLE)


def shown(path: Path) -> str:
    """The path from the scenarios' folder."""
    return str(path.relative_to(SCENARIOS))


@pytest.mark.parametrize("path", [path for path in WHOLE if path != SCENARIOS / "japan" / "base.yaml"], ids=shown)
def test_it_checks_solves_and_verifies_as_expected(path: Path, tmp_path: Path) -> None:
    """One test a scenario, so that each is solved once; what is solved is checked, and some are verified from their folders as well."""
    loaded = planner.load(path)
    assert [str(problem) for problem in (*loaded.sources.warnings, *warnings_of(loaded))] == []
    plan = planner.solve(path)
    _holds(figures_of(plan), expected(path.parent)[path.stem])
    if path in VERIFIED:
        plan.save(tmp_path / "plan")
        assert verify_folder(tmp_path / "plan").passed


def _holds(found: dict[str, Any], held: dict[str, Any]) -> None:
    """Costs are unique; which of the cheapest plans it is, is too, but for the rounding of whole years."""
    assert found["total_cost"] == pytest.approx(held["total_cost"], rel=1e-6)
    # these depend on the plan that is chosen of those that cost the same, to 1e-6 of what is chosen among
    for key in ("shortage_cost", "capex"):
        assert found[key] == pytest.approx(held[key], rel=1e-4, abs=1e-6 * held["total_cost"])
    assert found["shortage"].keys() == held["shortage"].keys()
    for material, (units, first) in held["shortage"].items():
        assert found["shortage"][material] == [pytest.approx(units, rel=1e-3, abs=0.01), first], material
    # a commitment moved from one month to the next at the same cost moves a share by less than a hundredth
    for material, years in held["origin"].items():
        for year, shares in years.items():
            assert found["origin"][material][year] == pytest.approx(shares, abs=0.01), (material, year)
    assert found["commit"] == pytest.approx(held["commit"], rel=1e-3, abs=0.01)


@pytest.mark.parametrize("name", [path.stem for path in WHOLE if path.parent.name == "japan"])
def test_the_measure_costs_what_the_same_world_saves_without_it(name: str) -> None:
    """Where need, stocks, plants or parties differ from the base, so does what would be usual."""
    assert usual_cost(SCENARIOS / "japan" / f"{name}.yaml") == pytest.approx(JAPAN[name]["usual_cost"], rel=1e-6)


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_every_scenario_has_its_expectation(folder: Path) -> None:
    assert set(expected(folder)) == {path.stem for path in WHOLE if path.parent == folder}


def test_the_table_of_findings_shows_what_is_expected() -> None:
    """Every number of the table in Japan's README is one that the scenarios are held to."""
    assert between((SCENARIOS / "japan" / "README.md").read_text(encoding="utf-8"), TABLE) == table(SCENARIOS / "japan")


def test_what_is_committed_early_hangs_on_how_long_it_lasts_as_the_findings_say() -> None:
    text = (SCENARIOS / "japan" / "README.md").read_text(encoding="utf-8")
    lines = between(text, DURATIONS).splitlines()
    assert lines[: len(lines) - len(ENDS)] == "\n".join(DURATIONS_HEAD).splitlines()
    held = dict(zip(ENDS, lines[-len(ENDS) :], strict=True))
    for label in some(list(ENDS)):
        assert held[label] == early_row(label, ENDS[label])


@pytest.mark.parametrize("variant", some(variants(SCENARIOS / "japan")), ids=lambda variant: variant.question)
def test_a_variant_costs_what_the_findings_say(variant: Variant) -> None:
    assert variant.shown == variant.cells(SCENARIOS / "japan")


# ---------------------------------------------------------------------------------------------- truths across overlays
@pytest.mark.parametrize(
    "chain",
    [
        # each widens the one before: fewer purchases allowed, for longer
        ("business_as_usual", "three_months", "one_year", "cutoff", "terminated"),
        ("business_as_usual", "licence_delay"),
        ("business_as_usual", "military_only"),
        ("cutoff", "chip_metals"),
        # dearer sellers, slower plants, less to commit, less in store, more need
        ("cutoff", "export_premium"),
        ("cutoff", "price_shock"),
        ("announced", "cutoff", "slow_ramp"),
        ("tiers_half", "cutoff", "tiers_double"),
        ("one_year", "committed_in_vain"),
        ("cutoff", "capex_capped", "no_ramp"),
        ("stock_180", "cutoff", "stock_60"),
        ("dytb_400", "cutoff", "dytb_1475"),
        # sharing less
        ("pooled", "allies", "alone"),
        ("cutoff", "alone"),
    ],
    ids="-".join,
)
def test_what_is_harder_costs_more(chain: tuple[str, ...]) -> None:
    costs = [JAPAN[name]["total_cost"] for name in chain]
    assert costs == sorted(costs)
    # no overlay is empty: each moves the cost by more than rounding
    assert all(dearer > cheaper * (1 + 1e-6) for cheaper, dearer in itertools.pairwise(costs))


@pytest.mark.parametrize("chain", [("stock_180", "cutoff", "stock_60"), ("dytb_400", "cutoff", "dytb_1475"), ("pooled", "allies", "alone")], ids="-".join)
def test_a_measure_costs_more_where_less_stands_against_it(chain: tuple[str, ...]) -> None:
    """Not only the whole bill: what the measure adds to it, too."""
    added = [JAPAN[name]["total_cost"] - JAPAN[name]["usual_cost"] for name in chain]
    assert added == sorted(added)


def test_business_as_usual_is_the_base() -> None:
    """So the base is not solved twice."""
    base, usual = (world(SCENARIOS / "japan" / f"{name}.yaml") for name in ("base", "business_as_usual"))
    assert base == usual
    assert JAPAN["business_as_usual"] == JAPAN["base"]
    assert JAPAN["base"]["usual_cost"] == JAPAN["base"]["total_cost"]


def test_alone_is_the_sum_of_three_countries_and_pooling_beats_it(tmp_path: Path) -> None:
    """Japan alone is the cutoff itself; the allies alone are what is left of the scenario without Japan."""
    allies = tmp_path / "allies_alone.yaml"
    base = yaml.safe_load((SCENARIOS / "japan" / "base.yaml").read_text(encoding="utf-8"))
    overlay = yaml.safe_load((SCENARIOS / "japan" / "data" / "allies.yaml").read_text(encoding="utf-8"))
    kept = {key: value for key, value in overlay.items() if key in ("parties", "demands", "stockpiles")}
    heavy = yaml.safe_load((SCENARIOS / "japan" / "data" / "heavy_demand.yaml").read_text(encoding="utf-8"))
    materials = {key: heavy["materials"][key] for key in ("dy_oxide", "tb_oxide")}
    suppliers = {key: value for key, value in overlay["suppliers"].items() if "material" in value}
    scenario = {"version": 1, "horizon": base["horizon"], "money": base["money"], **kept, "materials": materials, "suppliers": suppliers}
    allies.write_text(yaml.safe_dump(scenario, sort_keys=False), encoding="utf-8")
    assert planner.solve(allies).total_cost + JAPAN["cutoff"]["total_cost"] == pytest.approx(JAPAN["alone"]["total_cost"], rel=1e-8)
    assert JAPAN["pooled"]["total_cost"] < JAPAN["alone"]["total_cost"]


@pytest.mark.parametrize(("less", "more"), [("stock_60", "cutoff"), ("cutoff", "stock_180")])
def test_more_stock_never_runs_short_earlier_or_more(less: str, more: str) -> None:
    for material, (units, first) in JAPAN[more]["shortage"].items():
        before, start = JAPAN[less]["shortage"][material]
        assert units <= before + 1e-6
        assert first is None or start <= first


def test_a_cutoff_keeps_china_out_and_only_where_it_applies() -> None:
    """Contracts of three years end with 2028; the metals for chips flow on unless they are cut off as well."""
    for name, figures in JAPAN.items():
        rare_earths = [figures["origin"][material]["2030"].get("CN", 0.0) for material in ("dy_oxide", "tb_oxide", "ndfeb_magnet", "y_oxide")]
        if name in ("cutoff", "terminated", "no_ramp", "stock_60", "stock_180", "announced", "slow_ramp", "chip_metals"):
            assert rare_earths == [0.0] * 4, name
        assert (figures["origin"]["gallium"]["2030"].get("CN", 0.0) == 0.0) == (name == "chip_metals"), name


# ------------------------------------------------------------------------------------------------- form and sources
@pytest.mark.parametrize("path", PARTS, ids=shown)
def test_it_fits_the_schema_that_its_first_line_names(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    schema = (path.parent / first.partition("$schema=")[2]).resolve()
    assert schema == SCENARIOS / "plan.schema.json"
    jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(read_yaml(path, path.name).plain())


def test_the_shipped_schema_is_what_the_command_prints() -> None:
    assert (SCENARIOS / "plan.schema.json").read_text(encoding="utf-8") == schema_text()
    jsonschema.Draft7Validator.check_schema(json_schema())


def test_the_schema_refuses_what_the_language_refuses() -> None:
    validator = jsonschema.Draft7Validator(json_schema())
    good = {"version": 1, "suppliers": {"a": {"material": "m", "price": "250 USD/kg"}}}
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "titel": "x"})
    assert not validator.is_valid({"suppliers": {"a": {"capcity": 3}}})
    assert not validator.is_valid({"suppliers": {"Bad Id": {"material": "m"}}})
    assert not validator.is_valid({"horizon": {"start": "2026-01", "end": "2027-01", "step": "monthly"}})
    assert not validator.is_valid({"policies": {"p": {"kind": "budgt"}}})
    assert validator.is_valid({"extends": "base.yaml", "suppliers": {"a": None}, "events": {"table": "events.csv"}})
    # an overlay that changes the form of a value deletes the keys of the other form
    assert validator.is_valid({"projects": {"a": {"ramp": {"curve": None, "delay": "1 year", "full": "2 years"}}}})
    assert not validator.is_valid({"projects": {"a": {"ramp": {"curve": {"1 year": 1}, "delay": "1 year", "full": "2 years"}}}})


_PLAIN = {"version", "title", "extends", "label", "unit", "basis", "material", "party", "kind", "adds_to", "supplier", "owner", "country", "origin", "note"}
_NOTES = ("source", "assumption", "confidence", "note")


def _numbers_without_source(node: Node, path: tuple[str, ...], covered: bool) -> Iterator[str]:
    """Paths of numbers that neither they nor anything above them gives a source or an assumption for.

    A text covers all numbers of its object, a map those of the keys that it names.
    """
    if isinstance(node.value, dict):
        notes = [node.value[key].plain() for key in ("source", "assumption") if key in node.value]
        named = {key for note in notes if isinstance(note, dict) for key in note}
        covered = covered or any(not isinstance(note, dict) for note in notes)
        for key, child in node.value.items():
            if key not in _NOTES:
                yield from _numbers_without_source(child, (*path, key), covered or key in named or "default" in named)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _numbers_without_source(child, (*path, str(index)), covered)
    elif not covered and path[-1] not in _PLAIN and isinstance(node.value, (int, float, str)) and any(c.isdigit() for c in str(node.value)):
        yield f"{node.mark}: {'.'.join(path)}"


@pytest.mark.parametrize("path", PARTS, ids=shown)
def test_every_number_names_its_source_or_assumption(path: Path) -> None:
    assert list(_numbers_without_source(read_yaml(path, path.name), (), covered=False)) == []


@pytest.mark.parametrize("path", PARTS, ids=shown)
def test_every_assumption_says_between_what(path: Path) -> None:
    """A low and a high stand beside it, or it follows from another one, or nothing is assumed but a way of counting."""
    found = [(place, " ".join(str(text).split())) for place, text in _assumptions(read_yaml(path, path.name).plain(), ())]
    bare = [f"{place}: {text}" for place, text in found if not re.search(r"\b(low|high)\b", text, re.I) and not re.match(r"(As|See|By construction)\b", text)]
    assert bare == []


def _assumptions(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "assumption":
                yield from [(".".join((*path, part)), text) for part, text in (value.items() if isinstance(value, dict) else [("", value)])]
            else:
                yield from _assumptions(value, (*path, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _assumptions(value, (*path, str(index)))


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_every_source_key_is_listed_and_every_listed_key_used(folder: Path) -> None:
    texts = (*parts(folder), folder / "README.md", *folder.rglob("*.csv"))
    used = {key for path in texts for key in re.findall(r"\[([A-Z0-9][A-Z0-9-]{2,})\]", path.read_text(encoding="utf-8"))}
    lines = (folder / "sources.md").read_text(encoding="utf-8").splitlines()
    assert {line.split("|")[1].strip() for line in lines if re.match(r"\| [A-Z0-9-]+ \|", line)} == used


@pytest.mark.parametrize("path", sorted(SCENARIOS.rglob("sweeps/*.yaml")), ids=lambda path: path.stem)
def test_shipped_sweeps_name_keys_that_exist(path: Path) -> None:
    """Every value that they vary is tried in the scenario before anything is solved."""
    spec, tree, problems = read_spec(path)
    assert not problems
    runs, _ = families(spec, tree, path, SCENARIOS.parent)
    assert [case.problem for family in runs for case in family.cases] == [""] * sum(len(family.cases) for family in runs)
