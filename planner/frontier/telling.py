"""A frontier as a table and sentences, from the cheapest plan on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planner.cheapest import Cheapest
from planner.decided import Amount, most_alike
from planner.findings import Chart, Column, Section, amount_told
from planner.frontier.curve import Curve, Point
from planner.frontier.quantity import Quantity
from planner.solver.lower import Floats

MOVE = 0.01
"""Changes below this, as a share of the most of its kind and material, are not named."""
NAMES = 2


def frontier_table(quantity: Quantity, curve: Curve, amounts: Sequence[Amount]) -> pd.DataFrame:
    """A row a corner, the largest quantity first; what stands of a segment is about that to the next row."""
    points, gaps = curve.points[::-1], [*curve.gaps[::-1], 0.0]
    values = [_values(amounts, point) for point in points]
    scale = most_alike(amounts, np.max(values, axis=0))
    rows = []
    for place, point in enumerate(points):
        after = points[place + 1] if place + 1 < len(points) else None
        more, less = _moves(amounts, scale, values[place], values[place + 1]) if after is not None else ("", "")
        rows.append(
            {
                "corner": place + 1,
                "quantity": point.quantity,
                "unit": quantity.unit,
                "share": _share(quantity, point.x),
                "cost": point.cost,
                "extra_cost": point.cost - points[0].cost,
                "price": (after.cost - point.cost) / (point.quantity - after.quantity) if after is not None else float("nan"),
                "gap": gaps[place],
                "shortage_cost": float(quantity.harm.values @ point.x[quantity.harm.columns]) + quantity.harm.constant,
                "more": more,
                "less": less,
            }
        )
    return pd.DataFrame(rows)


def _values(amounts: Sequence[Amount], point: Point) -> Floats:
    return np.array([amount.of(point.x) for amount in amounts])


def _share(quantity: Quantity, x: Floats) -> float:
    whole = float(quantity.whole @ x) if quantity.whole is not None else 0.0
    return float(quantity.weights @ x) / whole if whole > 0 else float("nan")


def _moves(amounts: Sequence[Amount], scale: Floats, before: Floats, after: Floats) -> tuple[str, str]:
    """What there is more of and less of at the next corner, the largest change first."""
    change = np.divide(after - before, scale, out=np.zeros(len(scale)), where=scale > 0)
    change[[amount.rotates for amount in amounts]] = 0.0
    order = np.argsort(-np.abs(change), kind="stable").tolist()
    up, down = ([amounts[place].label for place in order if sign * change[place] > MOVE][:NAMES] for sign in (1, -1))
    return " · ".join(up), " · ".join(down)


def decision_table(curve: Curve, amounts: Sequence[Amount]) -> pd.DataFrame:
    """What the plan at each corner does: tidy."""
    rows = [
        {"corner": corner, "kind": a.kind, "id": a.id, "label": a.label, "measure": a.measure, "unit": a.unit, "value": a.of(point.x)}
        for corner, point in enumerate(curve.points[::-1], 1)
        for a in amounts
    ]
    return pd.DataFrame(rows, columns=["corner", "kind", "id", "label", "measure", "unit", "value"])


def headline(case: Cheapest, quantity: Quantity, table: pd.DataFrame) -> tuple[str, ...]:
    """What it comes to."""
    first, last = table.iloc[0], table.iloc[-1]
    title, unit, currency = quantity.title, quantity.unit, case.currency
    has = f"{title}: {amount_told(quantity.at_cheapest, unit)} in the cheapest plan"
    if len(table) == 1:
        if _same(last["quantity"], quantity.at_cheapest):
            return (f"{has}, and no plan has less.",)
        return (f"{has}; {amount_told(last['quantity'], unit)} costs no more, and no plan has less.",)
    ends = f"{has}; from {amount_told(first['quantity'], unit)} to the least, {amount_told(last['quantity'], unit)}, the {quantity.money} rises"
    prices = table["price"].dropna()
    dearer = [amount_told(prices.iloc[place], price_unit(case, quantity)) for place in (0, -1)]
    sentences = [
        f"{ends} by {amount_told(last['extra_cost'], currency)}, from {amount_told(first['cost'], currency)} to {amount_told(last['cost'], currency)}.",
        f"The first unit less costs {dearer[0]}, the last {dearer[1]}.",
    ]
    largest = float(table["gap"].max())
    if largest > 0:
        below = f"between these it lies up to {amount_told(largest, currency)} below the straight line"
        sentences.append(f"The frontier has more corners than the {len(table)} that are told; {below}.")
    return tuple(sentences)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))


def price_unit(case: Cheapest, quantity: Quantity) -> str:
    """Unit of the price of one unit less."""
    return f"{case.currency} per {quantity.unit}"


def sections(case: Cheapest, quantity: Quantity) -> tuple[Section, ...]:
    """One table, and its chart."""
    share = (Column("share", shown="percent"),) if quantity.whole is not None else ()
    shortage = (Column("shortage_cost", "of it shortage", "money"),) if len(quantity.harm.columns) else ()
    return (
        Section(
            title=f"From the cheapest plan to the least: {quantity.title[0].lower()}{quantity.title[1:]}",
            table="frontier",
            columns=(
                Column("quantity", quantity.unit, "money"),
                *share,
                Column("cost", shown="money"),
                *shortage,
                Column("extra_cost", "extra", "money"),
                Column("price", "price of one less", "money"),
                Column("more", "more of, to the next"),
                Column("less", "less of"),
            ),
            note=f"Money in {case.currency}, {quantity.money}; the price in {price_unit(case, quantity)} holds from a row to the next.",
            most=40,
            chart=Chart("line", "quantity", ("cost",), x_title=f"{quantity.title}, {quantity.unit}", y_title=f"{quantity.money}, {case.currency}"),
        ),
    )
