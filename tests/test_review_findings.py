"""Mistakes that reviewers found once, each with the smallest scenario that showed it."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner
from planner import InputError
from tests.planner.scenario.writing import put

ZOO = Path(__file__).parent / "zoo"
HEAD = "version: 1\nhorizon: {start: 2026, end: 2027, step: year}\n"


def cost(folder: Path, text: str, **files: str) -> float:
    """Cost of a scenario of one year."""
    put(folder, {"s.yaml": HEAD + text, **{name.replace("_", "."): content for name, content in files.items()}})
    return planner.solve(folder / "s.yaml", root=folder).total_cost


ROUTES = """
materials: {{dy: {{unit: t}}, au: {{unit: kg}}}}
parties: {{a: {{}}, b: {{}}}}
suppliers: {{s: {{material: dy, sells_to: [a], capacity: 1, price: 0}}, u: {{material: au, sells_to: [a], capacity: 1000, price: 0}}}}
routes: {{r: {{from: a, to: b, materials: [{order}], cost: 5 USD/kg}}}}
demands: {{d: {{material: dy, party: b, quantity: 1}}, e: {{material: au, party: b, quantity: 1000}}}}
"""


@pytest.mark.parametrize("order", ["dy, au", "au, dy"])
def test_a_route_charges_each_material_in_its_own_unit(tmp_path: Path, order: str) -> None:
    """1 t and 1000 kg at 5 USD/kg: 5000 + 5000."""
    assert cost(tmp_path, ROUTES.format(order=order)) == pytest.approx(10_000)


def test_a_penalty_counts_in_the_unit_of_each_material(tmp_path: Path) -> None:
    """1 t and 1000 kg unserved at 5 USD/kg."""
    text = (
        "materials: {dy: {unit: t}, au: {unit: kg}}\n"
        "demands: {d: {material: dy, quantity: 1, shortage: 0}, e: {material: au, quantity: 1000, shortage: 0}}\n"
        "policies: {p: {kind: min_service, share: 1, penalty: 5 USD/kg}}\n"
    )
    assert cost(tmp_path, text) == pytest.approx(10_000)


def test_a_ratio_is_a_plain_number(tmp_path: Path) -> None:
    text = "materials: {ore: {}, au: {unit: g}}\nprocesses: {mill: {inputs: {ore: 1}, outputs: {au: 5 g/t}}}\n"
    with pytest.raises(InputError, match="plain number"):
        cost(tmp_path, text)


def test_what_stands_twice_in_a_list_does_not_count_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"covers\.1: 'purchases' stands twice"):
        cost(tmp_path, "policies: {b: {kind: budget, covers: [purchases, purchases], limit: 5}}\n")


SERIES = "materials: {m: {}}\nsuppliers: {s: {material: m, capacity: 100, price: {table: p.csv, column: x}}}\ndemands: {d: {material: m, quantity: 10}}\n"


@pytest.mark.parametrize(
    ("over", "value"),
    [("{table: q.csv, column: x}", 20.0), ("{column: y}", 30.0), ("{2026: 7}", 7.0), ("40", 40.0)],
)
def test_an_overlay_replaces_the_table_of_a_series(tmp_path: Path, over: str, value: float) -> None:
    put(tmp_path, {"s.yaml": HEAD + SERIES, "p.csv": "date,x,y\n2026,10,30\n2027,1000,30\n", "q.csv": "date,x\n2026,20\n"})
    put(tmp_path, {"o.yaml": f"extends: s.yaml\nsuppliers: {{s: {{price: {over}}}}}\n"})
    assert planner.solve(tmp_path / "o.yaml", root=tmp_path).total_cost == pytest.approx(10 * value)


def test_a_table_replaces_steps(tmp_path: Path) -> None:
    put(tmp_path, {"s.yaml": HEAD + SERIES.replace("{table: p.csv, column: x}", "{2026: 1, 2026-07: 2}"), "q.csv": "date,x\n2026,20\n"})
    put(tmp_path, {"o.yaml": "extends: s.yaml\nsuppliers: {s: {price: {table: q.csv, column: x}}}\n"})
    assert planner.solve(tmp_path / "o.yaml", root=tmp_path).total_cost == pytest.approx(200)


def test_an_event_shuts_a_process_without_capacity(tmp_path: Path) -> None:
    text = (
        "materials: {a: {}, b: {}}\nsuppliers: {s: {material: a, capacity: 10, price: 1}}\nprocesses: {p: {inputs: {a: 1}, outputs: {b: 1}}}\n"
        "demands: {d: {material: b, quantity: 10, shortage: 100}}\n"
    )
    assert cost(tmp_path, text) == pytest.approx(10)
    assert cost(tmp_path, text + "events: {shut: {match: {processes: [p]}, capacity: 0 %}}\n") == pytest.approx(1000)


@pytest.mark.parametrize("number", ["1e17", "1e22"])
def test_a_lead_time_beyond_all_measure_only_never_arrives(tmp_path: Path, number: str) -> None:
    supplier = f"suppliers: {{s: {{material: m, capacity: 10, price: 1, lead_time: {number}}}}}\n"
    text = "materials: {m: {}}\n" + supplier + "demands: {d: {material: m, quantity: 1, shortage: 9}}\n"
    assert cost(tmp_path, text) == pytest.approx(9)


def test_numbers_whose_products_are_not_finite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too large for a number"):
        cost(tmp_path, "materials: {m: {}}\nsuppliers: {s: {material: m, capacity: 1e300, price: 1e300}}\n")


def test_ids_are_told_apart_by_kind(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "s.yaml": HEAD + "materials: {dy: {}, au: {unit: kg, disposal_cost: 0}}\n"
            "suppliers: {x: {material: dy, capacity: 3, price: 1}, wanted: {material: dy, capacity: 4, price: 1}}\n"
            "processes: {x: {outputs: {au: 1}, capacity: 5}}\ndemands: {d: {material: dy, quantity: 10, shortage: 100}}\n"
        },
    )
    plan = planner.solve(tmp_path / "s.yaml")
    capacity = plan.tables["capacity"].set_index(["kind", "id"])["unit"]
    assert capacity["supplier", "x"] == "t/yr"
    assert capacity["process", "x"] == "kg/yr"
    mix = plan.record["figures"]["mix"]["dy"]
    assert mix["all wanted"] == pytest.approx({"2026": 10})
    assert mix["wanted"] == pytest.approx({"2026": 4})
    assert mix["left short"] == pytest.approx({"2026": 3})


def test_where_one_way_to_solve_gives_up_the_next_is_tried() -> None:
    plan = planner.solve(ZOO / "simplex_gives_up.yaml")
    assert plan.record["options"]["presolve"] == "off"
    assert plan.record["options"].get("simplex_strategy") == 4 or plan.record["options"]["solver"] == "ipm"
    assert max(plan.record["checks"]["certificate"][key] for key in ("primal", "dual", "gap")) < 1e-6
