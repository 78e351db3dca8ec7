"""Every key of a scenario with its place, unit and source."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.results.inputs import input_table
from planner.scenario.inputs import Input, inputs_of
from planner.scenario.load import load

TEXT = """version: 1
horizon: {start: 2026, end: 2028, step: year}
money: {currency: USD, discount_rate: 0.04}
materials: {ore: {unit: kg, disposal_cost: 2}, pieces: {unit: each}}
suppliers:
  mine:
    material: ore
    capacity: {2026: 10, 2027: 20}
    price: {start: 5, growth: 0.1}
    lead_time: 0.5
    source: {price: "a quote", default: "a guess"}
    confidence: low
processes: {works: {inputs: {ore: 2}, outputs: {pieces: 1}, capacity: 3, cost: 4}}
projects:
  shed: {adds_to: pile, decide: {earliest: 2026, latest: 2026}, size: {max: 7}, capex: 8}
  shaft: {adds_to: mine, decide: {earliest: 2026, latest: 2026}, size: {max: 7}, capex: 8, life: 9}
stockpiles: {pile: {material: ore, initial: 1, capacity: 2, holding_cost: 3, loss: 0.01, floor: {2026: 0, 2027: 1}}}
demands: {plants: {material: pieces, quantity: 1, shortage: [{share: 0.5, cost: 6}, {cost: 7}], note: "of all"}}
events: {cut: {from: 2027, match: {country: [CN, RU]}, spot: 0}}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Input]:
    path = tmp_path_factory.mktemp("inputs") / "s.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return {".".join(item.path): item for item in inputs_of(load(path))}


@pytest.mark.parametrize(
    ("path", "value", "unit", "line"),
    [
        ("money.discount_rate", "0.04", "share/yr", 3),
        ("materials.ore.unit", "kg", "", 4),
        ("materials.ore.disposal_cost", "2", "USD/kg", 4),
        ("suppliers.mine.capacity.2027", "20", "kg/yr", 8),
        ("suppliers.mine.price.start", "5", "USD/kg", 9),
        ("suppliers.mine.price.growth", "0.1", "share/yr", 9),
        ("suppliers.mine.lead_time", "0.5", "years", 10),
        ("processes.works.inputs.ore", "2", "ratio", 13),
        ("processes.works.cost", "4", "USD/kg", 13),
        ("projects.shed.size.max", "7", "kg", 15),
        ("projects.shed.capex", "8", "USD/kg", 15),
        ("projects.shaft.size.max", "7", "kg/yr", 16),
        ("projects.shaft.capex", "8", "USD/(kg/yr)", 16),
        ("stockpiles.pile.initial", "1", "kg", 17),
        ("stockpiles.pile.floor.2027", "1", "kg", 17),
        ("stockpiles.pile.holding_cost", "3", "USD/kg/yr", 17),
        ("demands.plants.quantity", "1", "each/yr", 18),
        ("demands.plants.shortage.1.cost", "7", "USD/each", 18),
        ("events.cut.match.country.1", "RU", "", 19),
        ("events.cut.spot", "0", "share", 19),
    ],
)
def test_values_units_and_places(found: dict[str, Input], path: str, value: str, unit: str, line: int) -> None:
    item = found[path]
    assert (item.value, item.unit, item.line) == (value, unit, line)
    assert item.file.endswith("s.yaml")


def test_annotations_speak_of_their_keys(found: dict[str, Input]) -> None:
    assert found["suppliers.mine.price.start"].notes["source"] == "a quote"
    assert found["suppliers.mine.capacity.2026"].notes["source"] == "a guess"
    assert found["suppliers.mine.material"].notes["confidence"] == "low"
    assert found["demands.plants.shortage.0.cost"].notes["note"] == "of all"
    assert found["events.cut.spot"].notes["source"] == ""
    assert not any({"source", "note", "confidence"} & set(path.split(".")) for path in found)


def test_the_table_has_every_key_once(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(TEXT, encoding="utf-8")
    table = input_table(load(tmp_path / "s.yaml"))
    assert table["path"].is_unique
    assert not table.isna().to_numpy().any()
