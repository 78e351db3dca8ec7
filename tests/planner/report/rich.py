"""A small plan with one of everything that the report shows, in which labels try to break out of the page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planner.pipeline import solve_scenario
from planner.plan import Plan

SCRIPT = "<script>alert(1)</script>"
QUOTE = '" onmouseover="alert(2)" x="'
CLOSE = "</script><img src=x onerror=alert(3)>"
RICH = "{h|bold} {a}"
SCENARIO = f"""
version: 1
title: 'Tiny {CLOSE}'
horizon: {{start: 2026-01, steps: [{{until: 2028-01, step: month}}, {{until: 2033-01, step: year}}]}}
money: {{currency: USD, base_year: 2026, discount_rate: 4 %}}
parties: {{jp: {{label: Japan}}, kr: {{label: 'Korea {SCRIPT}'}}}}
materials:
  ore: {{label: Ore, unit: t, source: {{unit: Trade}}, confidence: high}}
  metal: {{label: 'Metal {SCRIPT}', unit: t, disposal_cost: 0}}
  scrap: {{label: Scrap, unit: t, disposal_cost: 0}}
  saved: {{label: Metal no longer needed, unit: t}}
suppliers:
  cn_ore:
    label: '{SCRIPT}'
    material: ore
    country: CN
    capacity: 1000
    price: 10
    assumption: {{price: 'Guess {CLOSE}; low 8, high 12'}}
    confidence: {{price: low}}
  au_ore: {{label: Australian mine, material: ore, country: AU, capacity: 50, price: 30, lead_time: 45 days, source: A study}}
  br_ore: {{label: '{RICH}', material: ore, country: BR, capacity: 0, price: 35}}
  thrift: {{material: saved, capacity: 0}}
projects:
  au_more: {{label: '{QUOTE}', adds_to: au_ore, committed: 2025-06, size: 60, ramp: {{delay: 12 months, full: 30 months}}}}
  br_mine: {{label: Brazilian mine, adds_to: br_ore, decide: {{latest: 2029-01}}, size: {{max: 200}}, capex: 90, ramp: {{delay: 18 months, full: 3 years}}}}
  br_late: {{label: Second phase, adds_to: br_ore, decide: {{earliest: 2029-01}}, size: {{max: 100}}, capex: 40, ramp: 2 years}}
  saving: {{adds_to: thrift, decide: {{earliest: 2026-04}}, size: {{max: 15}}, capex: 100, ramp: 1 years}}
contracts:
  cn_frame: {{supplier: cn_ore, party: jp, quantity: 60, price: 9, end: 2029-01, take_or_pay: 50 %}}
  au_term: {{label: Australian term, supplier: au_ore, party: kr, quantity: 20, price: 28, sign: {{earliest: 2026-02}}, start: 2026-03, end: 2031-01}}
stockpiles:
  jp_pile:
    label: 'National {QUOTE}'
    owner: government
    party: jp
    material: ore
    initial: 60
    capacity: 80
    release: 2026-03
    floor: 20
    floor_penalty: 5
    final: {{min: 20}}
  jp_metal: {{label: Metal in store, party: jp, material: metal, initial: 12, capacity: 20, holding_cost: 1}}
processes:
  jp_smelt: {{label: Smelter in Japan, party: jp, inputs: {{ore: 1.1}}, outputs: {{metal: 1}}, cost: 2}}
  kr_smelt: {{label: Smelter in Korea, party: kr, inputs: {{ore: 1.1}}, outputs: {{metal: 1}}, cost: 2}}
  recycle: {{label: Recycling, party: jp, inputs: {{scrap: 1}}, outputs: {{metal: 0.8}}, cost: 3, capacity: 30}}
routes: {{boat: {{from: jp, to: kr, materials: [metal], capacity: 30, cost: 1, loss: 1 %, lead_time: 30 days}}}}
in_transit: [{{party: jp, material: ore, quantity: 8, arrives: 2026-01-20}}]
demands:
  jp_motors:
    label: 'Motors {SCRIPT}'
    party: jp
    material: metal
    quantity: {{start: 90, growth: 3 %}}
    shortage: 5000
    substitutes: {{saved: {{ratio: 1}}}}
    returns: {{material: scrap, ratio: 0.5, after: 2 years}}
  jp_other: {{label: Other uses, party: jp, material: metal, quantity: 40, shortage: [{{share: 50 %, cost: 400}}, {{cost: 900}}]}}
  kr_use: {{party: kr, material: metal, quantity: 50, shortage: 700}}
events:
  stop: {{label: 'No more sales {CLOSE}', from: 2026-01-06, match: {{origin: [CN]}}, spot: 0 %}}
  breach: {{from: 2027-04, match: {{origin: [CN]}}, contracts: 0 %}}
policies:
  diversify: {{label: At most half, kind: max_share, by: origin, of: [CN], share: 50 %, from: 2028-01, per: year, penalty: 50}}
"""


def plan_of(text: str) -> Plan:
    """The plan of a scenario text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.yaml"
        path.write_text(text, encoding="utf-8")
        return solve_scenario(path, root=folder)


@lru_cache(maxsize=1)
def rich_plan() -> Plan:
    """The plan with a cutoff."""
    return plan_of(SCENARIO)


@lru_cache(maxsize=1)
def calm_plan() -> Plan:
    """The same without events."""
    return plan_of(SCENARIO[: SCENARIO.index("events:")] + SCENARIO[SCENARIO.index("policies:") :])


def comparison() -> dict[str, Any]:
    """What a comparison of both says, by the contract of ``Comparison.as_dict``; numbers that add up, texts that attack."""
    calm, rich = calm_plan(), rich_plan()
    lines = [
        {"line": key, "price": 0.0, "discounting": 0.0, "volume": rich.costs[key] - calm.costs[key], "mix": 0.0, "timing": 0.0, "given": 0.0}
        for key in rich.costs
    ]
    for line in lines:
        line["total"] = line["volume"]
    difference = rich.total_cost - calm.total_cost
    place = {"base_place": "", "place": "cut.yaml:3"}
    return {
        "base": "calm", "currency": "USD", "notes": [f"a note {SCRIPT}"],
        "plans": [
            {"name": name, "title": plan.record["title"], "status": "optimal", "currency": "USD", "total_cost": plan.total_cost}
            for name, plan in (("calm", calm), (f"cut {SCRIPT}", rich))
        ],
        "changes": [{"plan": f"cut {SCRIPT}", "path": "events.stop.from", "kind": "added", "base_value": None, "value": CLOSE, **place}],
        "figures": [
            {"figure": "total cost", "item": "", "label": "", "year": "", "unit": "USD", "values": {"calm": calm.total_cost, f"cut {SCRIPT}": rich.total_cost}},
            {"figure": "origin share", "item": "CN in metal", "label": SCRIPT, "year": "2030", "unit": "share", "values": {"calm": 0.5, f"cut {SCRIPT}": None}},
            {"figure": "largest origin", "item": "metal", "label": "Metal", "year": "2027", "unit": "", "values": {"calm": "CN", f"cut {SCRIPT}": "AU"}},
        ],
        "bridges": [
            {
                "plan": f"cut {SCRIPT}", "difference": difference, "lines": lines, "materials": [],
                "effects": {
                    "method": "one group", "note": QUOTE,
                    "rows": [{"group": "events.stop", "changes": 1, "effect": difference, "alone": difference, "last": None}],
                },
            }
        ],
        "decisions": [
            {
                "plan": f"cut {SCRIPT}", "kind": kind, "item": item, "label": label, "material": "ore", "period": "2026-04", "base_value": 0.0, "value": 12.0,
                "unit": "t/yr", "keep_cost": cost, "tie": cost is None,
            }
            for kind, item, label, cost in (("commitment", "br_mine", "Brazilian mine", 500.0), ("supply", "cn_ore", SCRIPT, None))
        ],
        "divergence": [{"plan": f"cut {SCRIPT}", "period": "2026-01", "what": CLOSE}],
    }  # fmt: skip
