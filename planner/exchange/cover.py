"""The first sheet of an exported plan: what it costs, what runs short, what to commit to, how it was checked, what the other sheets hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from planner.errors import counted
from planner.plan import Plan, Record
from planner.sheets import Chart, Sheet

PREFIX = "plan_"
"""How the names of sheets begin that hold results, and are not read again."""
COVER, MIX, ORIGINS = "plan", f"{PREFIX}mix", f"{PREFIX}origins"
COLUMNS = ("about", "item", "value", "unit", "remark")
CHARTED = 4
"""Materials whose origins are drawn: those that run shortest."""
Row = tuple[str, str, Any, str, str]


def cover(plan: Plan, origins: Sheet, others: Sequence[tuple[str, str]]) -> Sheet:
    """The cover.

    Args:
        plan: The plan.
        origins: The sheet :func:`origins_sheet` makes, for its charts.
        others: (name, what it holds) of the sheets that follow.
    """
    record = plan.record
    costs = list(_costs(record))
    rows = [("cost", "total", record["total_cost"], record["currency"], _discounted(record)), *costs]
    rows += [*_shortage(record["figures"]), *_commitments(record), *_checks(record), *(("sheet", name, None, "", text) for name, text in others)]
    bars = Chart("bar", "Discounted cost by line", "item", ("value",), first=1, last=len(costs), unit=record["currency"], shown="money")
    periods = record["figures"]["periods"]
    notes = (
        f"{periods[0]['start']} until {periods[-1]['end']}, {counted(len(periods), 'periods')}; {record['status']}",
        "What follows on the sheets without plan_ is the scenario: change it there, then: plan import BOOK.xlsx. Numbers of plan_… are results.",
    )
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    charts = ([bars] if costs else []) + _origin_charts(record["figures"], origins)
    title = record["title"] or record["scenario"]
    return Sheet(COVER, frame, title, notes, unit="unit", currency=record["currency"], widest=70, tallest=2, charts=charts)


def _discounted(record: Record) -> str:
    rate = record["discount_rate"]
    return f"discounted at {100 * rate:g} % a year" if rate else "not discounted"


def _costs(record: Record) -> Iterator[Row]:
    """Cost lines in the order of the model; what costs nothing is left out."""
    for line, value in record["costs"].items():
        if value:
            yield "cost", line.replace("_", " "), value, record["currency"], "a credit" if value < 0 else ""


def _shortage(figures: Record) -> Iterator[Row]:
    for item in figures["shortage"]["materials"].values():
        if item["short"] > 0:
            share = f"{100 * item['short'] / item['wanted']:.2g} % of {item['wanted']:,.{0 if item['wanted'] >= 100 else 2}f} wanted" if item["wanted"] else ""
            yield "short", item["label"], item["short"], item["unit"], f"{share}, first in {item['first']}: {', '.join(item['who'])}"


def _commitments(record: Record) -> Iterator[Row]:
    for item in record["figures"]["commitments"]:
        limit = f" of at most {item['of']:g}" if item["of"] else ""
        remark = f"commit by {item['period']}{limit}; first output {item['first_output'] or 'after the horizon'}; capex {item['capex']:,.0f}"
        yield "commit to", item["label"] or item["project"], item["size"], item["unit"], remark
    for item in record["figures"]["signatures"]:
        yield "sign", item.get("label") or item["contract"], item["share"], "share", f"in {item['period']}"


def _checks(record: Record) -> Iterator[Row]:
    checks = record.get("checks", {})
    if "certificate" in checks:
        yield "checked", "distance from the least cost", checks["certificate"]["gap"], "", "relative; proven by the duals of the linear program"
    rules = checks.get("rules", ())
    if rules:
        worst = max(rules, key=lambda rule: rule["relative"])
        remark = f"largest relative residual, in {worst['rule']}; recomputed from the scenario and the tables"
        yield "checked", counted(len(rules), "rules"), worst["relative"], "", remark
    for relaxed in record.get("relaxations", ()):
        yield "relaxed", relaxed["path"], None, "", relaxed["text"]


def mix_sheet(figures: Record) -> Sheet:
    """Where every material comes from, by calendar year, in its own unit."""
    years = _years(figures)
    rows = [
        (material, source, figures["materials"][material]["unit"], *(amounts.get(year) for year in years))
        for material, sources in figures["mix"].items()
        for source, amounts in sorted(sources.items(), key=lambda entry: (" " in entry[0], -sum(entry[1].values())))
    ]
    frame = pd.DataFrame(rows, columns=["material", "source", "unit", *years], dtype=object)
    notes = ("By calendar year. Everything of a material but 'all wanted' adds up to it; what leaves for other uses or into stock is negative.",)
    return Sheet(MIX, frame, "Sourcing mix", notes, unit="unit", frozen=2)


def origins_sheet(figures: Record) -> Sheet:
    """The share of each country of origin in what arrives, by calendar year."""
    years = _years(figures)
    rows = []
    for material, by_year in figures["origin_share"].items():
        for origin in _largest_first(by_year):
            rows.append((material, origin, *(by_year.get(year, {}).get(origin) for year in years)))
    frame = pd.DataFrame(rows, columns=["material", "origin", *years], dtype=object)
    notes = ("Share of each country in what arrives of a material in a calendar year, by where it was mined.",)
    return Sheet(ORIGINS, frame, "Origins", notes, kinds=dict.fromkeys(years, "share"), frozen=2)


def _origin_charts(figures: Record, origins: Sheet) -> list[Chart]:
    """Charts of the materials that run shortest, and of the first ones where nothing does."""
    materials = origins.frame["material"].tolist()
    wanted = figures["shortage"]["materials"]
    shares = {key: item["short"] / item["wanted"] if item["wanted"] else 0.0 for key, item in wanted.items() if key in materials}
    charts = []
    for material in sorted(shares, key=lambda key: -shares[key])[:CHARTED]:
        first = materials.index(material)
        last = first + materials.count(material) - 1
        label = f"{wanted[material]['label'] or material}: who mined what arrives"
        charts.append(Chart("stacked column", label, "origin", _years(figures), ORIGINS, first, last, by="row", unit="share", shown="share"))
    return charts


def _years(figures: Record) -> list[str]:
    return sorted({period["start"][:4] for period in figures["periods"]})


def _largest_first(by_year: dict[str, dict[str, float]]) -> list[str]:
    total: dict[str, float] = {}
    for shares in by_year.values():
        for origin, share in shares.items():
            total[origin] = total.get(origin, 0.0) + share
    return sorted(total, key=lambda origin: (-total[origin], origin))
