"""Key figures of a plan: what a planner reads first, as plain numbers for ``plan.json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from planner.compile.projects import ramp_of
from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.results.mix import sourcing_mix
from planner.results.origins import origin_shares
from planner.scenario.dates import Calendar, add_months
from planner.scenario.schema import Scenario
from planner.scenario.units import DAYS_PER_YEAR

Figures = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def key_figures(scenario: Scenario, calendar: Calendar, tables: Tables) -> Figures:
    """Shortage, sourcing mix, stock runway, commitments and marginal values.

    Args:
        scenario: The validated scenario.
        calendar: Its grid.
        tables: The plan's tables.

    Returns:
        A tree of plain numbers and texts; quantities in each material's unit, money in the scenario's currency.
    """
    setting = Setting(scenario, calendar)
    year_of = _year_of(setting)
    mix = sourcing_mix(scenario, tables, year_of)
    return {
        "periods": [{"period": p.label, "start": p.start.isoformat(), "end": p.end.isoformat(), "years": p.years} for p in setting.calendar.periods],
        "shortage": _shortage(setting, tables),
        "mix": mix,
        "materials": {key: {"label": _label(setting, key), "unit": _unit(setting, key)} for key in mix},
        "stock": _stock(setting, tables),
        "commitments": _commitments(setting, tables),
        "signatures": _signatures(setting, tables),
        "signable": sorted(key for key, contract in setting.scenario.contracts.items() if contract.sign is not None),
        "policies": _policies(setting, tables),
        "decidable": sorted(key for key, project in setting.scenario.projects.items() if project.decide is not None),
        "marginal_value": _marginal_values(setting, tables),
        "origin_share": origin_shares(scenario, tables, year_of),
    }


def _year_of(setting: Setting) -> dict[str, str]:
    return {period.label: str(period.start.year) for period in setting.calendar.periods}


def _sums(table: pd.DataFrame, keys: list[str]) -> dict[Any, float]:
    return {} if table.empty else {key: float(value) for key, value in table.groupby(keys, sort=False)["value"].sum().items()}


def _shortage(setting: Setting, tables: Tables) -> Figures:
    """Per demand and per material: wanted, short, share, first period and everybody who runs short."""
    demands = tables["demands"]
    order = setting.calendar.position
    short = demands[demands["measure"] == "short"]
    wanted, missing = _sums(demands[demands["measure"] == "wanted"], ["demand"]), _sums(short, ["demand"])
    # below a millionth of what is wanted a shortage is rounding
    missing = {key: units for key, units in missing.items() if units > 1e-6 * wanted[key]}
    first: dict[str, str] = {}
    for key, period in sorted(_sums(short[short["demand"].isin(list(missing))], ["demand", "period"]), key=lambda pair: order[pair[1]]):
        first.setdefault(key, period)
    per_demand: Figures = {
        key: {
            "material": item.material, "party": item.party, "label": item.label or key, "unit": _unit(setting, item.material),
            "wanted": wanted.get(key, 0.0), "short": missing.get(key, 0.0), "first": first.get(key),
        }
        for key, item in setting.scenario.demands.items()
    }  # fmt: skip
    per_material: Figures = {}
    for key, figure in per_demand.items():
        blank = {"label": _label(setting, figure["material"]), "unit": figure["unit"], "wanted": 0.0, "short": 0.0, "first": None, "who": []}
        total = per_material.setdefault(figure["material"], blank)
        total["wanted"] += figure["wanted"]
        total["short"] += figure["short"]
        start = first.get(key)
        if start is not None:
            total["who"].append(key)
            total["first"] = start if total["first"] is None else min(total["first"], start, key=order.__getitem__)
    for total in per_material.values():
        # who lacks most is named first
        total["who"] = [per_demand[key]["label"] for key in sorted(total["who"], key=lambda key: -per_demand[key]["short"])]
    return {"demands": per_demand, "materials": per_material}


def _unit(setting: Setting, material: str) -> str:
    return setting.scenario.materials[material].unit


def _label(setting: Setting, material: str) -> str:
    return setting.scenario.materials[material].label or material


def _stock(setting: Setting, tables: Tables) -> Figures:
    """Per stockpile: level at start and end of each period, in units and in days of the party's demand at the start."""
    table = tables["stockpiles"]
    levels = table[table["measure"] == "stock"]
    found: Figures = {}
    for key, pile in setting.scenario.stockpiles.items():
        mine = levels[levels["stockpile"] == key]
        rate = setting.yearly_demand.get((pile.material, pile.party), 0.0)
        initial = stock_units(setting, pile, pile.initial)
        values = [float(value) for value in mine["value"]]
        least = min(range(len(values)), key=values.__getitem__) if values else 0
        found[key] = {
            "label": pile.label or key,
            "material": pile.material,
            "unit": _unit(setting, pile.material),
            "initial": initial,
            "level": dict(zip(mine["period"], values, strict=True)),
            "days_per_unit": DAYS_PER_YEAR / rate if rate else None,
            "lowest": {"period": setting.calendar.periods[least].label, "level": values[least]} if values else None,
        }
    return found


def _commitments(setting: Setting, tables: Tables) -> list[Figures]:
    """Decisions in order of date: size, first output, money."""
    table = tables["commitments"]
    found = []
    for _, row in table[table["status"] == "decided"].iterrows():
        project = setting.scenario.projects[row["project"]]
        period = setting.calendar.named(row["period"])
        begins = ramp_of(project).begins
        first = add_months(period.start, round(12 * begins)).isoformat()[:7] if begins < 200 else None
        window = project.decide
        found.append(
            {
                "project": row["project"],
                "label": project.label or row["project"],
                "period": row["period"],
                "size": float(row["value"]),
                "unit": row["unit"],
                "of": getattr(project.size, "max", None),
                "first_output": first,
                "latest": window.latest.isoformat() if window is not None and window.latest is not None else None,
                "capex": float(row["value"]) * sum(cost for _, cost in project.stages),
            }
        )
    return sorted(found, key=lambda item: (setting.calendar.position[item["period"]], item["project"]))


def _signatures(setting: Setting, tables: Tables) -> list[Figures]:
    """Contracts that the plan signs: share and date, and the yearly quantity that share stands for when it starts."""
    table = tables["contracts"]
    found = []
    for _, row in table[table["measure"] == "signed"].iterrows():
        contract = setting.scenario.contracts[row["contract"]]
        period = setting.calendar.named(row["period"])
        quantity = contract.quantity.at(max(period.start, contract.start or period.start), setting.calendar.start)
        found.append(
            {
                "contract": row["contract"],
                "label": contract.label or row["contract"],
                "period": row["period"],
                "share": float(row["value"]),
                "size": float(row["value"]) * quantity,
                "unit": _unit(setting, row["material"]) + "/yr",
            }
        )
    return sorted(found, key=lambda item: (setting.calendar.position[item["period"]], item["contract"]))


def _policies(setting: Setting, tables: Tables) -> Figures:
    """Per policy and soft floor: first window in which it is broken, and whether keeping it costs something."""
    prices, violations, stocks = tables["prices"], tables["violations"], tables["stockpiles"]
    found: Figures = {}
    for key, policy in setting.scenario.policies.items():
        mine = violations[violations["policy"] == key]
        rule = "service_level" if policy.kind == "min_service" else policy.kind
        rows = prices[(prices["rule"] == rule) & ((prices["item"] == key) | prices["item"].str.startswith(f"{key}."))]
        binds = bool((rows["value"].abs() > 0).any())
        found[key] = {"broken": None if mine.empty else str(mine["period"].iloc[0]), "binds": binds}
    gaps = stocks[stocks["measure"] == "floor_gap"]
    for key, pile in setting.scenario.stockpiles.items():
        if pile.floor is not None and pile.floor_penalty is not None:
            mine = gaps[gaps["stockpile"] == key]
            found[f"{key}.floor"] = {"broken": None if mine.empty else str(mine["period"].iloc[0]), "binds": False}
    return found


def _marginal_values(setting: Setting, tables: Tables) -> Figures:
    """Per demanded material, party and year: what one more unit is worth, undiscounted, mean over the year."""
    prices = tables["prices"]
    balance = prices[prices["rule"] == "material_balance"]
    year, length = _year_of(setting), {period.label: period.years for period in setting.calendar.periods}
    wanted = {(item.material, item.party) for item in setting.scenario.demands.values()}
    sums: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for material, party, period, value in zip(balance["item"], balance["party"], balance["period"], balance["value"], strict=True):
        if (material, party) in wanted:
            slot = sums[material, party][year[period]]
            slot[0] += length[period] * value
            slot[1] += length[period]
    several = len(setting.scenario.party_ids) > 1
    return {
        f"{material} ({party})" if several else material: {
            "material": material,
            "unit": f"{setting.scenario.money.currency}/{_unit(setting, material)}",
            "by_year": {label: total / years for label, (total, years) in slots.items()},
        }
        for (material, party), slots in sums.items()
    }
