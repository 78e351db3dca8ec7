"""A frontier as a table and sentences, from the cheapest plan on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from planner.cheapest import Cheapest
from planner.decided import Amount, most_alike, short_told, wanted
from planner.findings import Chart, Column, Section, amount_told, apart, named
from planner.frontier.curve import Curve
from planner.frontier.quantity import Quantity
from planner.solver.lower import Floats

MOVE = 0.01
"""Changes below this, as a share of the most of its kind and material, are not named."""
NAMES = 3
NOTHING = 1e-5
"""Quantities below this part of the largest are rounding."""
AS_IT_IS = "as it is"
"""Marks the cheapest plan."""
SAME = 1e-6
"""Differences below this, as a part of what is compared, are rounding."""


def frontier_table(case: Cheapest, quantity: Quantity, curve: Curve, amounts: Sequence[Amount], short: Sequence[Amount]) -> pd.DataFrame:
    """A row a corner, the largest quantity first; what stands of a segment is about that to the next row.

    Args:
        case: The cheapest plan.
        quantity: What cost is held against.
        curve: The frontier.
        amounts: What plans decide.
        short: What demands go without.
    """
    points, gaps = curve.points[::-1], [*curve.gaps[::-1], 0.0]
    values = [_values(amounts, point.x) for point in points]
    scale = most_alike(amounts, np.max(values, axis=0))
    lacking = _values(short, quantity.today)
    rows = []
    for place, point in enumerate(points):
        after = points[place + 1] if place + 1 < len(points) else None
        more, less = _moves(amounts, scale, values[place], values[place + 1]) if after is not None else ("", "")
        rows.append(
            {
                "corner": place + 1,
                "place": AS_IT_IS if point.x is quantity.today else "",
                "quantity": point.quantity if point.quantity > NOTHING * points[0].quantity else 0.0,
                "unit": quantity.unit,
                "share": _share(quantity, point.x),
                "cost": point.cost,
                "extra_cost": point.cost - points[0].cost,
                "price": (after.cost - point.cost) / (point.quantity - after.quantity) if after is not None else float("nan"),
                "gap": gaps[place],
                "shortage_cost": float(quantity.harm.values @ point.x[quantity.harm.columns]) + quantity.harm.constant,
                "more": more,
                "less": less,
                **_shorter(case, short, _values(short, point.x) - lacking),
            }
        )
    return pd.DataFrame(rows)


def _values(amounts: Sequence[Amount], x: Floats) -> Floats:
    return np.array([amount.of(x) for amount in amounts])


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


def _shorter(case: Cheapest, short: Sequence[Amount], change: Floats) -> dict[str, str]:
    """Which materials are shorter than in the cheapest plan, and which less; plans of equal cost differ in who of them goes without."""
    whole = wanted(case.data)
    up, down = (short_told(case.scenario, {amount.id: sign * units for amount, units in zip(short, change.tolist(), strict=True)}, whole) for sign in (1, -1))
    return {"shorter": named(up, NAMES), "less_short": named(down, NAMES)}


def decision_table(curve: Curve, amounts: Sequence[Amount]) -> pd.DataFrame:
    """What the plan at each corner does: tidy."""
    rows = [
        {"corner": corner, "kind": a.kind, "id": a.id, "label": a.label, "measure": a.measure, "unit": a.unit, "value": a.of(point.x)}
        for corner, point in enumerate(curve.points[::-1], 1)
        for a in amounts
    ]
    return pd.DataFrame(rows, columns=["corner", "kind", "id", "label", "measure", "unit", "value"])


def headline(case: Cheapest, quantity: Quantity, curve: Curve, table: pd.DataFrame) -> tuple[str, ...]:
    """What it comes to; prices are exact where they are told, those of the table are means where the frontier has more corners."""
    first, last = table.iloc[0], table.iloc[-1]
    title, unit, currency = _begun(quantity.title), quantity.unit, case.currency
    has = f"{title}: {amount_told(quantity.at_cheapest, unit)} in the cheapest plan"
    if len(table) == 1:
        if _same(last["quantity"], quantity.at_cheapest):
            return (f"{has}, and no plan has less.",)
        return (f"{has}; {amount_told(last['quantity'], unit)} costs no more, and no plan has less.",)
    ends = f"{has}; from {amount_told(first['quantity'], unit)} to the least, {amount_told(last['quantity'], unit)}, the {quantity.money} rises"
    dearer = [amount_told(price, currency) for price in (curve.prices[-1][0], curve.prices[0][1])]
    costs = apart([first["cost"], last["cost"]], "money")
    between = f", from {costs[0]} to {costs[1]} {currency}" if costs[0] != costs[1] else ""
    sentences = [f"{ends} by {amount_told(last['extra_cost'], currency)}{between}.", f"At first a {unit} less costs {dearer[0]}, at last {dearer[1]}."]
    sentences += _as_it_is(quantity, curve, currency)
    if last["shorter"]:
        sentences.append(f"At the least of it, this goes short by more than in the cheapest plan: {last['shorter']}.")
    largest = float(table["gap"].max())
    if largest > 0:
        below = f"between these it lies up to {amount_told(largest, currency)} below the straight line"
        sentences.append(f"The frontier has more corners than the {len(table)} that are told; {below}.")
    return tuple(sentences)


def _begun(words: str) -> str:
    """Words at the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def _as_it_is(quantity: Quantity, curve: Curve, currency: str) -> list[str]:
    """What a unit more and a unit less are worth where the plan is, if that is no end."""
    now = next((place for place, point in enumerate(curve.points) if point.x is quantity.today), 0)
    if not 0 < now < len(curve.points) - 1:
        return []
    less, more = (amount_told(price, currency) for price in curve.prices[now])
    return [f"As it is, at {amount_told(quantity.at_cheapest, quantity.unit)}, the next {quantity.unit} more saves {more}, the next less costs {less}."]


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(abs(one), abs(other))


def price_unit(case: Cheapest, quantity: Quantity) -> str:
    """Unit of the price of one unit less."""
    return f"{case.currency} per {quantity.unit}" if quantity.unit != case.currency else f"{case.currency} of cost per {quantity.unit} of capex"


def sections(case: Cheapest, quantity: Quantity, table: pd.DataFrame) -> tuple[Section, ...]:
    """The frontier with its chart, and what changes along it."""
    share = (Column("share", shown="percent"),) if quantity.whole is not None else ()
    shortage = (Column("shortage_cost", "penalties in it", "money"),) if len(quantity.harm.columns) else ()
    # what nobody does at any corner needs no column
    who = [Column(name, title) for name, title in (("shorter", "short by more"), ("less_short", "short by less")) if table[name].any()]
    penalties = " Penalties: what shortage counts for in it, which nobody pays." if shortage else ""
    note = f"Money in {case.currency}, {quantity.money}; the price in {price_unit(case, quantity)} holds from a row to the next.{penalties}"
    changes = Section(
        title="What changes on the way",
        table="frontier",
        columns=(Column("quantity", quantity.unit, "money"), *who, Column("more", "more of, to the next"), Column("less", "less of, to the next")),
        note="Short by more, by less: over the horizon, than in the cheapest plan." if who else "",
        most=12,
    )
    return (
        Section(
            title=f"From the cheapest plan to the least: {quantity.title}",
            table="frontier",
            columns=(
                Column("quantity", quantity.unit, "money"),
                *share,
                Column("cost", shown="money"),
                *shortage,
                Column("extra_cost", "extra", "money"),
                Column("price", "price of one less", "money"),
                Column("place", " "),
            ),
            note=note,
            most=40,
            chart=Chart("line", "quantity", ("cost",), x_title=f"{_begun(quantity.title)}, {quantity.unit}", y_title=f"{quantity.money}, {case.currency}"),
        ),
        *([changes] if who or table["more"].any() or table["less"].any() else ()),
    )
