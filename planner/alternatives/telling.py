"""Ranges and plans as tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from planner.alternatives.different import Alternative, scales
from planner.alternatives.near import Near
from planner.alternatives.ranges import NearPlan, Range
from planner.cheapest import Cheapest
from planner.decided import KINDS, Amount, most_alike
from planner.findings import Chart, Column, Section, amount_told, named, told
from planner.solver.lower import Floats

NOTHING = 1e-6
"""Below this, as a share of the most of its kind and material, an amount is rounding."""
MUST, MAY_DROP, MAY_ADD, NEVER = VERDICTS = ("must have", "may drop", "may add", "never")
"""In every plan; used by the cheapest but not by all; not used by the cheapest but by some; in none."""
VERDICT_WORDS = "Must have: in every such plan. May drop: in the cheapest, but not in all. May add: not in the cheapest, but in others. Never: in none."
NAMES = 5
"""So many are named in a sentence or a cell."""
Tables = dict[str, pd.DataFrame]


def range_tables(case: Cheapest, amounts: Sequence[Amount], at_cheapest: Floats, ranges: Sequence[Range]) -> Tables:
    """One table a kind: amounts by slack, those that every plan has first."""
    ends = np.array([0.0] * len(amounts))
    for found in ranges:
        ends[found.place] = max(ends[found.place], found.most if np.isfinite(found.most) else max(found.least, at_cheapest[found.place]))
    most = most_alike(amounts, ends)
    wholes = _wholes(case, amounts, at_cheapest, most)
    rows = [_row(case, amounts[item.place], at_cheapest[item.place], item, wholes[item.place], NOTHING * most[item.place]) for item in ranges]
    tables = {KINDS[str(kind)]: part for kind, part in pd.DataFrame(rows).groupby("kind", sort=False)} if rows else {}
    if "stockpiles" in tables:
        tables["stockpiles"] = _by_stockpile(tables["stockpiles"])
    return {kind: _ordered(table) for kind, table in tables.items()}


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """What every plan has first, and of that what is needed most."""
    table = table.assign(order=table["verdict"].map(VERDICTS.index))
    keys = ["slack", "order", "least_share", "cheapest_share", "most_share"]
    return table.sort_values(keys, ascending=[True, True, False, False, False], kind="stable").drop(columns="order").reset_index(drop=True)


def _row(case: Cheapest, amount: Amount, cheapest: float, found: Range, whole: float, trifle: float) -> dict[str, object]:
    least = 0.0 if found.least <= trifle else min(found.least, cheapest)
    most = 0.0 if found.most <= trifle else max(found.most, cheapest)
    material = case.scenario.materials.get(amount.material)
    return {
        "slack": found.slack,
        "kind": amount.kind,
        "id": amount.id,
        "label": amount.label,
        "material": (material.label if material is not None else "") or amount.material,
        "measure": amount.measure,
        "unit": amount.unit,
        "cheapest": float(cheapest),
        "least": least,
        "most": most,
        "verdict": verdict(least, most, cheapest > trifle),
        "cheapest_share": cheapest / whole if whole else 0.0,
        "least_share": least / whole if whole else 0.0,
        "most_share": most / whole if whole else 0.0,
    }


def verdict(least: float, most: float, used: bool) -> str:
    """What a range says of something that the cheapest plan uses or not."""
    if most <= 0:
        return NEVER
    if least > 0:
        return MUST
    return MAY_DROP if used else MAY_ADD


def _wholes(case: Cheapest, amounts: Sequence[Amount], at_cheapest: Floats, most: Floats) -> Floats:
    """By amount, what 100 % is: all that the cheapest plan ships of the material, the largest size, the whole contract; the most, where that is more."""
    shipped: dict[str, float] = {}
    for amount, value in zip(amounts, at_cheapest.tolist(), strict=True):
        if amount.kind == "supplier":
            shipped[amount.material] = shipped.get(amount.material, 0.0) + value
    known: dict[str, Callable[[Amount], float]] = {
        "supplier": lambda amount: shipped[amount.material],
        "project": lambda amount: case.data.ramp.size_max.get(amount.id, 0.0),
        "contract": lambda _: 1.0,
        "stockpile": lambda _: 0.0,
    }
    return np.maximum([known[amount.kind](amount) for amount in amounts], most)


def _by_stockpile(table: pd.DataFrame) -> pd.DataFrame:
    """One row a stockpile and slack: what is drawn decides on the verdict, the level has the range."""
    keys = ["slack", "kind", "id", "label", "material", "unit"]
    drawn, level = (table[table["measure"] == measure].drop(columns="measure") for measure in ("drawn", "mean level"))
    drawn = drawn[[*keys, "cheapest", "least", "verdict"]].rename(columns={"cheapest": "drawn", "least": "least_drawn"})
    return drawn.merge(level.drop(columns="verdict"), on=keys)


NUMBERS = (Column("cheapest", shown="number"), Column("least", shown="number"), Column("most", shown="number"))
SHOWN: Mapping[str, tuple[tuple[Column, ...], str]] = {
    "suppliers": (
        (Column("least_share", "at least", "percent"), *NUMBERS, Column("unit"), Column("material")),
        "What ships and arrives inside the horizon. At least, and bars: shares of what the cheapest plan ships of the material or of the most of one.",
    ),
    "projects": ((*NUMBERS, Column("unit"), Column("material")), "What is committed over the whole horizon. Bars: shares of the largest size."),
    "contracts": (tuple(Column(column.name, shown="percent") for column in NUMBERS), "Share signed."),
    "stockpiles": (
        (
            Column("drawn", shown="number"),
            Column("least_drawn", "least drawn", "number"),
            Column("cheapest", "mean level", "number"),
            Column("least", shown="number"),
            Column("most", shown="number"),
            Column("unit"),
        ),
        "What is drawn over the whole horizon, and the level in the mean over time. Bars: the mean level as a share of the largest of its material.",
    ),
}
"""Columns and note of each kind."""


def range_sections(tables: Tables, several: bool) -> list[Section]:
    """A section for each kind that there is."""
    slack = (Column("slack", "extra cost", "percent"),) if several else ()
    return [
        Section(
            title=f"{plural.capitalize()}: the least and the most over all such plans",
            table=plural,
            columns=(Column("label", kind), *slack, Column("verdict"), *SHOWN[plural][0]),
            note=f"{SHOWN[plural][1]} {VERDICT_WORDS}",
            most=40,
            chart=Chart("range", "label", ("least_share", "most_share"), y_title="share"),
        )
        for kind, plural in KINDS.items()
        if plural in tables
    ]


def plan_tables(case: Cheapest, near: Near, amounts: Sequence[Amount], start: NearPlan, found: Sequence[Alternative]) -> Tables:
    """``plans``: what each costs and how it differs; ``side_by_side``: amounts of all plans, those that differ most first."""
    plans = {"cheapest": start, **{f"plan {number}": item.plan for number, item in enumerate(found, 1)}}
    scale = scales(amounts, list(plans.values()))
    rows = [_plan_row(case, near, amounts, (name, plan), start.values / scale, plan.values / scale) for name, plan in plans.items()]
    table = pd.DataFrame({name: [getattr(amount, name) for amount in amounts] for name in ("kind", "id", "label", "measure", "unit")})
    table = table.assign(**{name: plan.values for name, plan in plans.items()})
    table["spread"] = np.ptp([plan.values / scale for plan in plans.values()], axis=0)
    differing = table[table["spread"] > NOTHING].sort_values("spread", ascending=False, kind="stable").reset_index(drop=True)
    return {"plans": pd.DataFrame(rows).assign(distance=[0.0, *(item.distance for item in found)]), "side_by_side": differing}


def _plan_row(case: Cheapest, near: Near, amounts: Sequence[Amount], named_plan: tuple[str, NearPlan], before: Floats, after: Floats) -> dict[str, object]:
    """What a plan costs, does without and brings in, the largest first; a level of stock is no use of anything."""
    name, plan = named_plan
    used = [place for place, amount in enumerate(amounts) if amount.measure != "mean level"]
    gone = sorted((place for place in used if before[place] > NOTHING >= after[place]), key=lambda place: -before[place])
    new = sorted((place for place in used if after[place] > NOTHING >= before[place]), key=lambda place: -after[place])
    return {
        "plan": name,
        "total_cost": plan.cost,
        "extra_cost": plan.cost - case.cost,
        "extra_share": (plan.cost - case.cost) / near.paid,
        "leaves_out": named((amounts[place].label for place in gone), NAMES),
        "brings_in": named((amounts[place].label for place in new), NAMES),
    }


def plan_sections(slack: float, tables: Tables) -> list[Section]:
    """The plans, and what each does."""
    plans = [Column(name, shown="number") for name in tables["plans"]["plan"].tolist()]
    money = (Column("total_cost", "cost", "money"), Column("extra_share", "extra", "percent"))
    return [
        Section(
            title=f"Plans that differ most, each for at most {percent(slack)} more",
            table="plans",
            columns=(Column("plan"), *money, Column("leaves_out", "does without"), Column("brings_in", "brings in")),
        ),
        Section(
            title="What these plans do, where they differ most",
            table="side_by_side",
            columns=(Column("label", "of"), Column("measure", " "), Column("unit"), *plans),
            most=25,
        ),
    ]


def headline(case: Cheapest, near: Near, slacks: Sequence[float], tables: Tables) -> tuple[str, ...]:
    """What it comes to."""
    paid, cost = (amount_told(money, case.currency) for money in (near.paid, case.cost))
    first = f"The cheapest plan costs {cost}; {paid} of money is paid in it, without penalties and before credits. No plan below leaves anybody shorter."
    return (first, *(sentence for slack in slacks for sentence in _at(case, near, slack, tables)))


def _at(case: Cheapest, near: Near, slack: float, tables: Tables) -> Iterator[str]:
    """What so much more allows, kind by kind."""
    yield f"For up to {percent(slack)} of that more, {amount_told(slack * near.paid, case.currency)}:"
    for kind in (kind for kind in KINDS.values() if kind in tables):
        yield f"{kind.capitalize()}: {_counted(tables[kind][tables[kind]['slack'] == slack])}."


def _counted(table: pd.DataFrame) -> str:
    """How many have each verdict, and who is in every plan."""
    labels = {word: table.loc[table["verdict"] == word, "label"].tolist() for word in VERDICTS}
    must = f" ({named(labels[MUST], NAMES)})" if labels[MUST] else ""
    return ", ".join(f"{len(labels[word])} {word}{must if word == MUST else ''}" for word in VERDICTS if labels[word])


def percent(share: float) -> str:
    """A share in a sentence."""
    return told(share, "percent")
