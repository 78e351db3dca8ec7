"""The languages of scenarios and sweeps for editors: JSON Schema of the pydantic models, and a small scenario to start from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from planner.errors import InputError
from planner.scenario.fields import ANNOTATIONS, ID_PATTERN
from planner.scenario.overlay import ENTITY_MAPS
from planner.scenario.schema import Scenario

DRAFT = "http://json-schema.org/draft-07/schema#"
SCHEMA_FILE, SWEEP_SCHEMA_FILE = "plan.schema.json", "sweep.schema.json"
MODELINE, SWEEP_MODELINE = (f"# yaml-language-server: $schema={name}" for name in (SCHEMA_FILE, SWEEP_SCHEMA_FILE))


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft-07) of a scenario file.

    An overlay holds only part of a scenario, so nothing is required and ``null`` (deletion) is allowed everywhere; what a
    whole scenario needs is checked by ``plan check``.
    """
    generated = Scenario.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = {name: _loosened(part) for name, part in generated.pop("$defs", {}).items()}
    properties = {name: _loosened(part) for name, part in generated["properties"].items()}
    _let_go_of_siblings(properties, definitions)
    for name in ENTITY_MAPS:
        properties[name] = _entity_map(properties[name])
    file_name = {"type": "string", "description": "Path relative to this file."}
    properties["extends"] = {"anyOf": [file_name, {"type": "array", "items": file_name}], "description": "Files to build on, in order."}
    return {
        "$schema": DRAFT,
        "title": "Stopgap scenario",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "definitions": definitions,
    }


def _entity_map(part: dict[str, Any]) -> dict[str, Any]:
    """A map from id to entity, or a table of them."""
    entity = part.get("additionalProperties") or next(iter(part.get("patternProperties", {}).values()))
    entries = {"type": "object", "patternProperties": {ID_PATTERN: {"anyOf": [entity, {"type": "null"}]}}, "additionalProperties": False}
    table = {
        "type": "object",
        "required": ["table"],
        "properties": {"table": {"type": "string"}, "sheet": {"type": "string"}, "entries": entries, **{name: {} for name in ANNOTATIONS}},
        "additionalProperties": False,
    }
    return {"anyOf": [entries, table, {"type": "null"}], "description": part.get("description", "")}


def _loosened(part: Any) -> Any:
    """Drop what a partial file cannot promise: required keys, defaults, and the ban on null."""
    if isinstance(part, list):
        return [_loosened(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _loosened(value) for key, value in part.items() if key not in ("required", "default", "discriminator")}
    if "properties" in kept:
        kept["properties"] = {name: _nullable(value, part["properties"][name]) for name, value in kept["properties"].items()}
    if "title" in kept and isinstance(kept["title"], str):
        del kept["title"]
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    return kept


def _let_go_of_siblings(properties: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Where a value has several forms, an overlay may set one and delete the keys of another: ``{curve: null, delay: 1 year}``."""
    for forms in list(_alternatives([properties, definitions])):
        keys = {name: set(definitions[name]["properties"]) for name in forms}
        for name in forms:
            definitions[name]["properties"].update({key: {"type": "null"} for key in sorted(set().union(*keys.values()) - keys[name])})


def _alternatives(part: Any) -> Iterator[list[str]]:
    """The names of the definitions that stand as alternatives to each other, wherever they do."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and "anyOf" in part:
        names = [option["$ref"].rpartition("/")[2] for option in part["anyOf"] if "$ref" in option]
        if len(names) > 1:
            yield names
    for item in inner:
        yield from _alternatives(item)


def _nullable(value: Any, original: Any) -> Any:
    description = original.get("description") if isinstance(original, dict) else None
    if not isinstance(value, dict) or "const" in value:
        return value
    inner = {key: part for key, part in value.items() if key != "description"}
    options = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    if {"type": "null"} not in options:
        options = [*options, {"type": "null"}]
    return {**({"description": description} if description else {}), "anyOf": options}


def sweep_schema() -> dict[str, Any]:
    """JSON Schema (draft-07) of a sweep file."""
    from planner.sweep.spec import BY_NAME, KINDS, SweepSpec

    generated = _as_draft_7(SweepSpec.model_json_schema(by_alias=True, ref_template="#/definitions/{model}"))
    definitions, properties = generated["$defs"], generated["properties"]
    definitions["Variation"]["allOf"] = [
        {"oneOf": [{"required": [name]} for name in KINDS]},
        {"anyOf": [{"required": ["path"]}, {"required": ["paths"]}]},
    ]
    definitions["Design"].update(minProperties=1, maxProperties=1)
    for name in ("vary", "overlays"):
        properties[name]["additionalProperties"] = False
    properties["design"] = {"anyOf": [{"enum": [*BY_NAME]}, {"$ref": "#/definitions/Design"}], "description": properties["design"]["description"]}
    return {
        "$schema": DRAFT,
        "title": "Stopgap sweep",
        "type": "object",
        "additionalProperties": False,
        "required": generated["required"],
        "anyOf": [{"required": ["vary"]}, {"required": ["overlays"]}],
        "properties": properties,
        "definitions": definitions,
    }


def _as_draft_7(part: Any) -> Any:
    """A generated schema with lists of fixed length as draft-07 writes them, without defaults and titles."""
    if isinstance(part, list):
        return [_as_draft_7(item) for item in part]
    if not isinstance(part, dict):
        return part
    # keys may be called title as well; those are maps
    kept = {key: value for key, value in part.items() if key not in ("title", "default") or isinstance(value, dict)}
    return {"items" if key == "prefixItems" else key: _as_draft_7(value) for key, value in kept.items()}


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {"scenario": json_schema, "sweep": sweep_schema}
"""By what a file is."""


def schema_text(of: str = "scenario") -> str:
    """A schema as text, as ``plan schema`` prints it.

    Args:
        of: ``scenario`` or ``sweep``.
    """
    return json.dumps(SCHEMAS[of](), indent=1, ensure_ascii=False) + "\n"


def new_scenario(folder: Path) -> list[Path]:
    """Write a small, commented scenario with an overlay, a sweep and the schemas into a folder.

    Raises:
        InputError: if a file of that name exists, or the folder cannot be written.
    """
    texts = {
        "scenario.yaml": f"{MODELINE}\n{TEMPLATE}",
        "cutoff.yaml": f"{MODELINE}\n{OVERLAY}",
        "sweep.yaml": f"{SWEEP_MODELINE}\n{SWEEP}",
        SCHEMA_FILE: schema_text("scenario"),
        SWEEP_SCHEMA_FILE: schema_text("sweep"),
    }
    files = {folder / name: text for name, text in texts.items()}
    taken = [path for path in files if path.exists()]
    if taken:
        raise InputError(f"{taken[0]}: exists already, and is not overwritten; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return list(files)


TEMPLATE = """\
# A planning question in the Stopgap scenario language. Solve it with: plan solve scenario.yaml
# Every number here is invented to show the language; replace it, and say where yours comes from (source:) or why you
# believe it (assumption:). Numbers without a unit stand in the material's unit, per year for rates, money per unit for prices.
version: 1
title: My first scenario
assumption: Every number in this file is invented to show the language.

horizon: {start: 2026-01, end: 2031-01, step: quarter}   # end is exclusive; step: month, quarter or year
money: {currency: USD, discount_rate: 4 %, rates: {EUR: 1.1}}

materials:
  dy_oxide: {label: Dysprosium oxide, unit: t, basis: Dy2O3}

suppliers:
  incumbent:                       # cheap, and about to be cut off by cutoff.yaml
    material: dy_oxide
    country: CN
    capacity: 400 t/yr
    price: 250 USD/kg
    lead_time: 45 days
  second_source:                   # starts from nothing: its project adds the capacity
    material: dy_oxide
    country: FR
    capacity: 0 t/yr
    price: 350 EUR/kg
    lead_time: 60 days
  spot_market:
    material: dy_oxide
    country: DE
    capacity: 40 t/yr
    price: {tiers: [{quantity: 20 t/yr, price: 700 USD/kg}, {price: 900 USD/kg}]}

projects:
  second_source_plant:             # a decision: how much, and when, is for the plan to say
    adds_to: second_source
    decide: {earliest: 2026-01, latest: 2028-01}
    size: {max: 300 t/yr}
    ramp: {delay: 18 months, full: 4 years}   # nothing for 18 months, then linear to 100 % four years after the decision
    capex: 90 USD/(kg/yr)
    life: 20 years
    salvage: straight_line

stockpiles:
  reserve:
    material: dy_oxide
    owner: government
    initial: 60 days               # days of demand
    capacity: 200 t
    holding_cost: 900 USD/t/yr
    final: {min: 30 days}          # without this the cheapest plan ends with an empty store

demands:
  motors:
    material: dy_oxide
    quantity: {start: 300 t/yr, growth: 4 %}
    shortage: [{share: 10 %, cost: 2000 USD/kg}, {cost: 25000 USD/kg}]   # the cheapest uses stop first
"""

OVERLAY = """\
# The same question with the incumbent cut off from 6 January 2026: an overlay states only what differs.
# Solve it with: plan solve cutoff.yaml
extends: scenario.yaml
title: My first scenario, cut off
events:
  cutoff:
    from: 2026-01-06
    match: {country: [CN]}
    spot: 0 %                      # no purchases outside contracts, and no new contracts
"""

SWEEP = """\
# Many variations of the question at once. Solve them with: plan sweep sweep.yaml
scenario: cutoff.yaml
seed: 1                            # the same seed draws the same
vary:
  demand: {path: demands.*.quantity, triangular: [0.9, 1, 1.2], as: factor}
  stock: {path: stockpiles.reserve.initial, values: [30 days, 60 days, 120 days]}
  price: {path: suppliers.second_source.price, uniform: [300, 400], unit: EUR/kg}
design: {latin_hypercube: {runs: 40}}
"""
