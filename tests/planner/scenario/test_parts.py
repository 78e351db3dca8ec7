"""A scenario falls into parts that nothing links, and each entity belongs to one of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from planner.scenario import parts
from planner.scenario.parts import linked_materials, split, together
from planner.scenario.schema import Scenario
from tests.oracle.plans import loaded

KINDS = ("materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes")
ALONE = [["a"], ["b"], ["c"]]


def three(**more: Any) -> Scenario:
    """Three materials, each with a supplier, a stockpile and a demand."""
    names = "abc"
    made: dict[str, Any] = {
        "version": 1,
        "horizon": {"start": 2026, "end": 2028, "step": "year"},
        "parties": {"one": {}, "two": {}},
        "materials": {name: {} for name in names},
        "suppliers": {f"from_{name}": {"material": name, "country": "CN", "capacity": 9} for name in names},
        "stockpiles": {f"store_{name}": {"material": name, "party": "one", "initial": 1} for name in names},
        "demands": {f"need_{name}": {"material": name, "party": "one", "quantity": 5, "shortage": 50} for name in names},
    }
    return loaded({**made, **more}).scenario


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ({}, ALONE),
        ({"processes": {"p": {"party": "one", "inputs": {"a": 1}, "outputs": {"c": 1}}}}, [["a", "c"], ["b"]]),
        ({"routes": {"r": {"from": "one", "to": "two", "materials": ["b", "c"]}}}, ALONE),
        ({"routes": {"r": {"from": "one", "to": "two", "materials": ["b", "c"], "capacity": 5}}}, [["a"], ["b", "c"]]),
        ({"policies": {"p": {"kind": "stock_limit", "stockpiles": ["store_c", "store_a"], "limit": 5}}}, [["a", "c"], ["b"]]),
        ({"policies": {"p": {"kind": "max_share", "by": "origin", "share": 0.5}}}, ALONE),
        ({"policies": {"p": {"kind": "min_cover", "days": 1}}}, ALONE),
        ({"policies": {"p": {"kind": "min_service", "share": 0.5}}}, ALONE),
        ({"policies": {"p": {"kind": "budget", "covers": ["purchases"], "limit": 5}}}, [["a", "b", "c"]]),
        ({"policies": {"p": {"kind": "budget", "covers": ["contracts"], "limit": 5}}}, ALONE),
        ({"policies": {"p": {"kind": "max_emissions", "limit": 5}}}, [["a", "b", "c"]]),
        (
            {
                "projects": {f"more_{name}": {"adds_to": f"from_{name}", "decide": {}, "size": {"max": 1}, "ramp": "1 year"} for name in "bc"},
                "policies": {"p": {"kind": "budget", "covers": ["capex"], "limit": 5}},
            },
            [["a"], ["b", "c"]],
        ),
    ],
)
def test_what_links_materials(more: dict[str, Any], groups: list[list[str]]) -> None:
    assert linked_materials(three(**more)) == groups


@pytest.mark.parametrize("use", [{"substitutes": {"c": {}}}, {"returns": {"material": "c", "ratio": 1}}])
def test_a_demand_links_what_serves_it_and_what_comes_back(use: dict[str, Any]) -> None:
    scenario = three()
    demands = {key: item.model_dump(by_alias=True, exclude_none=True, include={"party", "material"}) for key, item in scenario.demands.items()}
    for item in demands.values():
        item.update(quantity=5, shortage=50)
    demands["need_a"].update(use)
    assert linked_materials(three(demands=demands)) == [["a", "c"], ["b"]]


def test_every_entity_is_in_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "WHOLE", 1)
    scenario = three(
        routes={"r": {"from": "one", "to": "two", "materials": ["b", "c"]}},
        contracts={"deal": {"supplier": "from_b", "party": "one", "quantity": 1}},
        in_transit=[{"party": "one", "material": "c", "quantity": 1, "arrives": 2026}],
        policies={"cover": {"kind": "min_cover", "materials": ["c", "a"], "days": 1}, "spend": {"kind": "budget", "covers": ["contracts"], "limit": 9}},
        processes={"idle": {"party": "one"}},
    )
    found = split(scenario, loaded_calendar())
    assert [list(part.materials) for part in found] == ALONE
    for kind in KINDS:
        assert Counter(key for part in found for key in getattr(part, kind)) == Counter(list(getattr(scenario, kind)))
    assert [len(part.in_transit) for part in found] == [0, 0, 1]
    assert [route.materials for part in found for route in part.routes.values()] == [("b",), ("c",)]
    assert [sorted(part.policies) for part in found] == [["cover"], ["spend"], ["cover"]]
    assert [part.policies["cover"].materials for part in (found[0], found[2])] == [("a",), ("c",)]  # type: ignore[union-attr]
    assert list(together(scenario, found[1:]).materials) == ["b", "c"]
    assert together(scenario, found) is scenario


def test_small_parts_are_planned_together() -> None:
    assert split(three(), loaded_calendar()) == [three()]


def loaded_calendar() -> Any:
    """Two years."""
    return loaded({"version": 1, "horizon": {"start": 2026, "end": 2028, "step": "year"}, "materials": {"a": {}}}).calendar
