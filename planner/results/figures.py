"""Key figures of a plan: what a planner reads first, as plain numbers for ``plan.json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from planner.compile.projects import ramp_of
from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.results.mix import sourcing_mix
from planner.results.origins import origin_shares
from planner.results.sums import summed
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


def _shortage(setting: Setting, tables: Tables) -> Figures:
    """Per demand and per material: wanted, short, share, first period and everybody who runs short."""
    demands = tables["demands"]
    order = setting.calendar.position
    short = demands[demands["measure"] == "short"]
    wanted = {key: units for (key,), units in summed(demands[demands["measure"] == "wanted"], ["demand"]).items()}
    # below a millionth of what is wanted a shortage is rounding
    missing = {key: units for (key,), units in summed(short, ["demand"]).items() if units > 1e-6 * wanted[key]}
    first: dict[str, str] = {}
    for key, period in sorted(summed(short, ["demand", "period"]), key=lambda pair: order[pair[1]]):
        if key in missing:
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
    levels: dict[str, dict[str, float]] = {}
    for (key, period), level in summed(table[table["measure"] == "stock"], ["stockpile", "period"]).items():
        levels.setdefault(key, {})[period] = level
    found: Figures = {}
    for key, pile in setting.scenario.stockpiles.items():
        mine = levels.get(key, {})
        rate = setting.yearly_demand.get((pile.material, pile.party), 0.0)
        initial = stock_units(setting, pile, pile.initial)
        values = list(mine.values())
        least = min(range(len(values)), key=values.__getitem__) if values else 0
        found[key] = {
            "label": pile.label or key,
            "material": pile.material,
            "unit": _unit(setting, pile.material),
            "initial": initial,
            "level": mine,
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
        found.append(
            {
                "contract": row["contract"],
                "label": contract.label or row["contract"],
                "period": row["period"],
                "share": float(row["value"]),
                "size": float(row["value"]) * setting.rate_once_signed(contract, period.start),
                "unit": _unit(setting, row["material"]) + "/yr",
            }
        )
    return sorted(found, key=lambda item: (setting.calendar.position[item["period"]], item["contract"]))


def _policies(setting: Setting, tables: Tables) -> Figures:
    """Per policy and soft floor: first window in which it is broken, and whether keeping it costs something."""
    stocks, scenario = tables["stockpiles"], setting.scenario
    rules = {key: "service_level" if policy.kind == "min_service" else policy.kind for key, policy in scenario.policies.items()}
    prices = tables["prices"].loc[tables["prices"]["rule"].isin(list(set(rules.values()))), ["rule", "item", "value"]]
    # ids have no dot; what follows one says to what the policy is applied
    binding = {(rule, item.split(".")[0]) for rule, item, value in _rows(prices) if value != 0}
    broken = _first_period(tables["violations"], "policy")
    found: Figures = {key: {"broken": broken.get(key), "binds": (rule, key) in binding} for key, rule in rules.items()}
    gaps = _first_period(stocks[stocks["measure"] == "floor_gap"], "stockpile")
    for key, pile in scenario.stockpiles.items():
        if pile.floor is not None and pile.floor_penalty is not None:
            found[f"{key}.floor"] = {"broken": gaps.get(key), "binds": False}
    return found


def _first_period(table: pd.DataFrame, key: str) -> dict[str, str]:
    """Period of the first row of each key."""
    found: dict[str, str] = {}
    for name, period in _rows(table[[key, "period"]]):
        found.setdefault(name, period)
    return found


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[column].tolist() for column in table), strict=True)


def _marginal_values(setting: Setting, tables: Tables) -> Figures:
    """Per demanded material, party and year: what one more unit is worth, undiscounted, mean over the year."""
    prices = tables["prices"]
    balance = prices.loc[prices["rule"] == "material_balance", ["item", "party", "period", "value"]]
    year, length = _year_of(setting), {period.label: period.years for period in setting.calendar.periods}
    wanted = {(item.material, item.party) for item in setting.scenario.demands.values()}
    sums: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for material, party, period, value in _rows(balance):
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
