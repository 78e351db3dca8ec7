"""Where materials were mined, against what policy allows, and which country stops selling."""

from __future__ import annotations

from planner.report.case import Case, Tree, short
from planner.report.countries import country
from planner.scenario.schema import MaxShare

TARGET_YEAR = 2030
"""The year that policies on dependence are written for."""


def origins_tree(case: Case) -> Tree:
    """Shares by material, calendar year and country (each year adds up to 1), the caps on them, and the country that is cut off."""
    shares = case.figures["origin_share"]
    codes = {code for years in shares.values() for parts in years.values() for code in parts}
    codes |= {supplier.mined_in for supplier in case.scenario.suppliers.values() if supplier.mined_in}
    return {
        "shares": {
            material: {year: {code: short(share) for code, share in parts.items() if share > 1e-6} for year, parts in sorted(shares[material].items())}
            for material in case.materials
            if material in shares
        },
        "names": {code: country(code) for code in sorted(codes)},
        "caps": caps(case),
        "focus": focus(case),
        "year": focus_year(case),
    }


def caps(case: Case) -> list[Tree]:
    """Every limit on the share of a country: of whom (None: of each), of which materials, how much, from when until when."""
    found = []
    for key, policy in case.scenario.policies.items():
        if isinstance(policy, MaxShare) and policy.by in ("origin", "country"):
            found.append(
                {
                    "id": key, "label": case.label("policies", key), "by": policy.by, "of": policy.of, "materials": policy.materials,
                    "share": short(policy.share), "from": (policy.from_ or case.calendar.start).isoformat(),
                    "until": (policy.until or case.calendar.end).isoformat(),
                    "soft": policy.penalty is not None,
                }
            )  # fmt: skip
    return found


def focus(case: Case) -> Tree:
    """The country to watch: the one whose sales events cut, otherwise the largest origin of all.

    Returns:
        ``code``, ``name`` and ``why``: ``cut off`` or ``largest``.
    """
    cut: dict[str, int] = {}
    for event in case.scenario.events.values():
        for code in event.cut_off:
            cut[code] = cut.get(code, 0) + 1
    if cut:
        code = max(cut, key=lambda code: cut[code])
        return {"code": code, "name": country(code), "why": "cut off"}
    sums: dict[str, float] = {}
    for years in case.figures["origin_share"].values():
        for parts in years.values():
            for code, share in parts.items():
                sums[code] = sums.get(code, 0.0) + share
    code = max(sorted(sums), key=lambda code: sums[code], default="")
    return {"code": code, "name": country(code), "why": "largest"}


def focus_year(case: Case) -> str:
    """The year of the horizon that lies nearest to the target year."""
    return min(case.years, key=lambda year: abs(int(year) - TARGET_YEAR))
