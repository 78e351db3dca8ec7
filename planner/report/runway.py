"""How long the stocks last: levels, floors and releases."""

from __future__ import annotations

import itertools

from planner.compile.use import stock_units
from planner.report.case import Case, Tree, short
from planner.scenario.fields import Stock
from planner.scenario.schema import Stockpile


def runway_tree(case: Case) -> list[Tree]:
    """Every stockpile that ever holds something, largest first.

    Returns:
        Level at the start and at the end of every period and the floor of every period, in the material's unit; ``days`` turns units into
        days of the party's demand at the start, None where there is none.
    """
    found = []
    for key, figure in case.figures["stock"].items():
        pile = case.scenario.stockpiles[key]
        levels = [figure["level"].get(period.label, 0.0) for period in case.periods]
        if max([figure["initial"], *levels]) <= 0:
            continue
        found.append(
            {
                "id": key, "label": figure["label"], "material": pile.material, "party": pile.party, "owner": pile.owner,
                "initial": short(figure["initial"]), "levels": [short(level) for level in levels], "floors": _floors(case, pile),
                "soft": pile.floor_penalty is not None, "release": pile.release.isoformat() if pile.release else None,
                "days": short(figure["days_per_unit"]) if figure["days_per_unit"] else None,
            }
        )  # fmt: skip
    return sorted(found, key=lambda item: -item["initial"])


def _floors(case: Case, pile: Stockpile) -> list[float] | None:
    """Least level of each period in units; one number where it never changes."""
    if pile.floor is None:
        return None
    mean = case.setting.mean
    floors = [short(stock_units(case.setting, pile, Stock(mean(pile.floor.units, period), mean(pile.floor.years, period)))) for period in case.periods]
    return None if not any(floors) else floors[:1] if all(one == two for one, two in itertools.pairwise(floors)) else floors
