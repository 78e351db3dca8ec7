"""Shipped scenarios: each checks, fits the schema, solves as expected, and names where its numbers come from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import planner
from planner.checks import warnings_of
from planner.language import json_schema, schema_text
from planner.scenario.reader import Node, read_yaml

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
FILES = sorted(SCENARIOS.rglob("*.yaml"))
WHOLE = [path for path in FILES if path.parent.name != "data" and path.name != "expected.yaml"]


def _expected() -> dict[Path, dict[str, Any]]:
    return {
        path.parent / f"{name}.yaml": figures
        for path in sorted(SCENARIOS.rglob("expected.yaml"))
        for name, figures in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    }


@cache
def solved(path: Path) -> planner.Plan:
    """The plan of a shipped scenario, solved once."""
    return planner.solve(path)


def shown(path: Path) -> str:
    """The path from the scenarios' folder."""
    return str(path.relative_to(SCENARIOS))


@pytest.mark.parametrize("path", WHOLE, ids=shown)
def test_it_checks_without_warnings(path: Path) -> None:
    loaded = planner.load(path)
    assert [str(problem) for problem in (*loaded.sources.warnings, *warnings_of(loaded))] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "expected.yaml"], ids=shown)
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


@pytest.mark.parametrize(("path", "figures"), [pytest.param(path, figures, id=shown(path)) for path, figures in _expected().items()])
def test_it_solves_as_expected(path: Path, figures: dict[str, Any]) -> None:
    plan = solved(path)
    assert plan.total_cost == pytest.approx(figures["total_cost"], rel=1e-6)
    materials = plan.record["figures"]["shortage"]["materials"]
    for material, (units, first) in figures["shortage"].items():
        # ties between plans of the same cost may move single tonnes between months
        assert materials[material]["short"] == pytest.approx(units, rel=0.02, abs=0.5)
        assert materials[material]["first"] == first


def test_every_whole_scenario_has_its_expectation() -> None:
    assert set(_expected()) == set(WHOLE)


def test_a_wider_cutoff_never_costs_less() -> None:
    japan = SCENARIOS / "japan"
    costs = [solved(japan / f"{name}.yaml").total_cost for name in ("base", "cutoff", "terminated")]
    assert costs == sorted(costs)


_PLAIN = {"version", "title", "extends", "label", "unit", "basis", "material", "party", "kind", "adds_to", "supplier", "owner", "country", "origin", "note"}


def _numbers_without_source(node: Node, path: tuple[str, ...], covered: bool) -> Iterator[str]:
    """Paths of numbers that neither they nor anything above them gives a source or an assumption for."""
    if isinstance(node.value, dict):
        covered = covered or bool({"source", "assumption"} & set(node.value))
        for key, child in node.value.items():
            if key not in ("source", "assumption", "confidence", "note"):
                yield from _numbers_without_source(child, (*path, key), covered)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _numbers_without_source(child, (*path, str(index)), covered)
    elif not covered and path[-1] not in _PLAIN and isinstance(node.value, (int, float, str)) and any(c.isdigit() for c in str(node.value)):
        yield f"{node.mark}: {'.'.join(path)}"


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "expected.yaml"], ids=shown)
def test_every_number_names_its_source_or_assumption(path: Path) -> None:
    assert list(_numbers_without_source(read_yaml(path, path.name), (), covered=False)) == []


def test_every_source_key_is_listed() -> None:
    import re

    for path in FILES:
        listing = next((folder / "sources.md" for folder in path.parents if (folder / "sources.md").is_file()), None)
        keys = set(re.findall(r"\[([A-Z][A-Z0-9-]{2,})\]", path.read_text(encoding="utf-8")))
        assert listing is not None or not keys
        if listing is not None:
            known = {line.split("|")[1].strip() for line in listing.read_text(encoding="utf-8").splitlines() if line.startswith("| ")}
            assert keys <= known, path
