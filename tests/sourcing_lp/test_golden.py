"""Each constraint alone, written as an LP file and compared with ``golden/<constraint>.lp``.

The files were checked by hand against the formulation when they were accepted. After a change that is meant to change
them, write them anew with ``STOPGAP_GOLDEN=write python -m pytest tests/sourcing_lp/test_golden.py`` and read the diff.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("STOPGAP_GOLDEN") == "write"

SUPPLY = """
# two suppliers, two years; `old` is cut off in part in 2027, `new` can grow
horizon: {start: 2026-01, end: 2028-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  old: {material: ore, country: CN, capacity: 80, price: {tiers: [{quantity: 50, price: 10}, {price: 14}]}}
  new: {material: ore, country: AU, capacity: 10, price: 20}
projects:
  mine: {adds_to: new, decide: {latest: 2027-01}, size: {max: 40}, ramp: 2 years, capex: 5}
contracts:
  frame: {supplier: old, quantity: 20, price: 9, take_or_pay: 50 %}
  offer: {supplier: new, quantity: 8, price: 18, take_or_pay: 25 %, sign: {latest: 2027-01}}
demands: {plants: {material: ore, quantity: 100, shortage: 99}}
events:
  cutoff: {from: 2027-01, until: 2028-01, match: {country: [CN]}, spot: 25 %, contracts: 50 %, capacity: 75 %}
  freeze: {from: 2027-01, match: {country: [AU]}, commitments: 50 %}
"""
"""Suppliers, projects and contracts."""

USE = """
# two materials (ore is made into metal), two years, two parties
horizon: {start: 2026-01, end: 2028-01, step: year}
parties: {home: {}, ally: {}}
materials: {ore: {unit: t, disposal_cost: 1}, metal: {unit: t}}
suppliers: {mine: {material: ore, country: AU, capacity: 100, price: 10, sells_to: [home], lead_time: 3 months}}
stockpiles:
  pile: {party: home, material: ore, initial: 12, capacity: 30, floor: 4, floor_penalty: 3, max_draw: 6, max_fill: 5, loss: 10 %, final: {min: 8}}
  vault: {party: home, material: metal, initial: 2, capacity: 4, floor: 1, max_draw: 2, release: 2027-01}
projects: {hall: {adds_to: pile, decide: {latest: 2026-01}, size: {max: 10}, ramp: 2 years}}
processes: {smelter: {party: home, inputs: {ore: 2}, outputs: {metal: 1}, capacity: 30, cost: 5}}
routes: {ship: {from: home, to: ally, materials: [metal, ore], capacity: 9, loss: 10 %, lead_time: 6 months}}
demands:
  magnets: {party: home, material: metal, quantity: 10, shortage: [{share: 20 %, cost: 50}, {cost: 900}], min_service: 40 %,
            substitutes: {ore: {ratio: 3, max_share: 25 %}}, returns: {material: ore, ratio: 0.5, after: 6 months}}
  allies: {party: ally, material: metal, quantity: 4, shortage: 70}
in_transit: [{party: home, material: ore, quantity: 7, arrives: 2026-03}]
"""
"""Stockpiles, processes, routes, demands and balances."""

POLICY = """
# every kind of policy over two suppliers and two years, a hard and a soft one each
horizon: {start: 2026-01, end: 2028-01, step: year}
materials: {ore: {unit: t}}
suppliers:
  near: {material: ore, country: AA, capacity: 60, price: 10, emissions: 2, freight: 1}
  far: {material: ore, country: BB, capacity: 60, price: 8, emissions: 5, freight: 3}
projects: {pit: {adds_to: near, decide: {latest: 2026-01}, size: {max: 10}, capex: 6, fixed_cost: 2}}
contracts: {frame: {supplier: near, quantity: 4, price: 7}}
stockpiles: {a: {material: ore, initial: 5, holding_cost: 1}, b: {material: ore, initial: 5, draw_cost: 2, fill_cost: 4}}
processes: {wash: {inputs: {ore: 1}, outputs: {ore: 0.5}, cost: 3, emissions: 1}}
demands: {plants: {material: ore, quantity: 70, shortage: 99}}
policies:
  diverse: {kind: max_share, by: origin, share: 75 %, per: total}
  diverse_soft: {kind: max_share, by: supplier, of: [far], share: 50 %, from: 2027-01, penalty: 30}
  money: {kind: budget, covers: [purchases, contracts, capex, fixed, storage, process, transport], limit: 2000, per: total}
  money_soft: {kind: budget, covers: [purchases], limit: 500, from: 2027-01, penalty: 2}
  carbon: {kind: max_emissions, limit: 400, per: year}
  carbon_soft: {kind: max_emissions, limit: 600, per: total, penalty: 9}
  hall: {kind: stock_limit, stockpiles: [a, b], limit: 40}
  hall_soft: {kind: stock_limit, stockpiles: [b], limit: 4, from: 2027-01, penalty: 1}
  ready: {kind: min_cover, days: 36.525}
  ready_soft: {kind: min_cover, days: 73.05, from: 2027-01, penalty: 6}
  serve: {kind: min_service, share: 50 %, per: total}
  serve_soft: {kind: min_service, demands: [plants], share: 80 %, from: 2027-01, penalty: 20}
"""
"""Policies."""

CASES = {
    SUPPLY: (
        "supplier_capacity", "spot_gate", "tier_limit", "capacity_ramp", "project_size", "commitment_gate",
        "contract_volume", "take_or_pay", "sign_once", "sign_gate",
    ),
    USE: (
        "stock_balance", "stock_capacity", "stock_floor", "draw_rate", "fill_rate", "final_stock", "process_capacity", "route_capacity",
        "demand_balance", "substitute_limit", "shortage_tier", "min_service", "material_balance",
    ),
    POLICY: ("max_share", "budget", "max_emissions", "stock_limit", "min_cover", "service_level"),
}  # fmt: skip
ROWS = [(text, name) for text, names in CASES.items() for name in names]


def lp_of(model: Any, constraint: str, path: Path) -> str:
    """One constraint of a model in LP format: its rows and the bounds of its variables."""
    for component in model.component_objects(pyo.Constraint, active=True):
        if component.local_name != constraint:
            component.deactivate()
    model.del_component("total_cost")
    model.zero = pyo.Objective(expr=0 * model.nothing)
    model.write(str(path), format="lp", io_options={"symbolic_solver_labels": True})
    lines = [line.rstrip() for line in path.read_text(encoding="utf-8").splitlines()]
    first = lines.index("s.t.")
    return "\n".join(line for line in lines[first:] if line and "ONE_VAR_CONSTANT" not in line) + "\n"


@pytest.mark.parametrize(("text", "constraint"), ROWS, ids=[name for _, name in ROWS])
def test_constraint_equals_its_golden_file(text: str, constraint: str, build: Callable[[str], Any], tmp_path: Path) -> None:
    written = lp_of(build(text), constraint, tmp_path / "model.lp")
    golden = GOLDEN / f"{constraint}.lp"
    if WRITE:
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")
    assert written.count("\nc_") > 0, "a golden file without rows compares nothing"


def test_every_constraint_has_a_golden_file_and_no_file_is_left_over(build: Callable[[str], Any]) -> None:
    constraints = {component.local_name for component in build(SUPPLY).component_objects(pyo.Constraint)}
    assert {name for _, name in ROWS} == constraints
    assert {path.stem for path in GOLDEN.iterdir()} == constraints
    assert all(path.suffix == ".lp" for path in GOLDEN.iterdir())
