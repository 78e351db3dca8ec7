"""What a planner asks first: what runs short, what to commit to this year, how much comes from the country that stops selling."""

from __future__ import annotations

from planner.report.case import Case, Tree, amount, money, short
from planner.scenario.units import DAYS_PER_YEAR


def headline_tree(case: Case) -> Tree:
    """First shortage, commitments of the first year, and what follows."""
    return {"cost": money(case.plan.total_cost, case.currency), "shortages": shortages(case), "commit": commitments(case), "year": case.years[0]}


def shortages(case: Case) -> list[Tree]:
    """Materials that run short, the first and worst one first: amounts over all and in the first year of it, who, and days of demand."""
    wanted, missing, last = _demands(case)
    found = []
    for material, figure in case.figures["shortage"]["materials"].items():
        if figure["short"] <= 0:
            continue
        year = case.year_of[figure["first"]]
        share = missing[material][year] / wanted[material][year]
        days = DAYS_PER_YEAR * sum(period.years for period in case.periods if case.year_of[period.label] == year) * share
        found.append(
            {
                "material": material, "label": figure["label"], "unit": figure["unit"], "first": figure["first"], "last": last[material], "year": year,
                "who": figure["who"],
                "amount": amount(missing[material][year]), "share": f"{100 * share:.2g}", "days": f"{days:.0f}" if days >= 1 else "under 1",
                "total": amount(figure["short"]), "total_share": f"{100 * figure['short'] / figure['wanted']:.2g}", "order": short(share),
            }
        )  # fmt: skip
    position = case.calendar.position
    return sorted(found, key=lambda item: (position[item["first"]], -item["order"]))


Sums = dict[str, dict[str, float]]


def _demands(case: Case) -> tuple[Sums, Sums, dict[str, str]]:
    """By material and year what is wanted and what is short, and by material the last period that is short."""
    wanted: Sums = {}
    missing: Sums = {}
    last: dict[str, str] = {}
    real = {key for key, figure in case.figures["shortage"]["demands"].items() if figure["short"] > 0}
    for row in case.rows("demands"):
        year, material = case.year_of[row["period"]], row["material"]
        if row["measure"] == "wanted":
            sums = wanted.setdefault(material, {})
        elif row["measure"] == "short" and row["demand"] in real:
            sums = missing.setdefault(material, {})
            last[material] = max(last.get(material, row["period"]), row["period"], key=case.calendar.position.__getitem__)
        else:
            continue
        sums[year] = sums.get(year, 0.0) + row["value"]
    return wanted, missing, last


def commitments(case: Case) -> Tree:
    """Decisions of the first calendar year and those after it, in order of date; the dearest of a date first."""
    found = []
    for item in case.figures["commitments"]:
        if item["size"] > 1e-6 * (item["of"] or item["size"]):
            of = f"{100 * item['size'] / item['of']:.0f} % of its limit" if item["of"] else ""
            found.append(_decision(case, item, item["project"], item["capex"], of, item["first_output"]))
    for item in case.figures["signatures"]:
        if item["share"] > 1e-6:
            found.append(_decision(case, item, item["contract"], 0.0, f"{100 * item['share']:.0f} % of the contract", None, "Sign: "))
    position = case.calendar.position
    found.sort(key=lambda item: (position[item["period"]], -item["money"], item["id"]))
    now = [item for item in found if case.year_of[item["period"]] == case.years[0]]
    later = [item for item in found if case.year_of[item["period"]] != case.years[0]]
    total = sum(item["money"] for item in now)
    open_ = bool(case.figures["decidable"] or case.figures["signable"])
    return {"now": now, "later": later, "total": money(total, case.currency) if total else "", "open": open_}


def _decision(case: Case, item: Tree, key: str, capex: float, of: str, first: str | None, verb: str = "") -> Tree:
    return {
        "id": key, "label": f"{verb}{item['label']}", "period": item["period"], "size": f"{amount(item['size'])} {item['unit']}", "of": of,
        "first": first or "", "money": capex, "capex": money(capex, case.currency) if capex else "",
    }  # fmt: skip
