"""What stockpiles and contracts are worth, as sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.findings import Chart, Column, Findings, Section, amount_told, told
from planner.scenario.load import Loaded
from planner.value.contracts import Premium
from planner.value.futures import Future
from planner.value.prices import Bought
from planner.value.stock import Worth

MOST_TOLD = 3
"""So many stockpiles, contracts and burdens are told in sentences."""
SAME = 1e-3
"""A size that saves less than this part of what all of the stock costs is as good as the present one."""
STOCK_COLUMNS = (
    "id", "label", "material", "unit", "size", "value_of_one_more", "worth", "price", "price_from",
    "seller_ships", "room", "value_of_room", "pays_up_to", "pays_with_room", "change", "net_saving", "held_back", "verdict",
)  # fmt: skip
PIECE_COLUMNS = ("id", "label", "unit", "from", "to", "beyond_room", "value_per_unit", "saves", "saves_from_nothing", "times_now", "times_price")
CONTRACT_COLUMNS = ("id", "label", "supplier", "unit", "status", "delivered", "price", "saves", "premium", "premium_share", "release", "verdict")
STOCK_FUTURE_COLUMNS = ("id", "label", "future", "weight", "unit", "value_of_one_more", "value_of_room")
FUTURE_COLUMNS = ("id", "label", "future", "weight", "delivered", "unit", "saves")
LIMITS = (
    "Each future is planned with all of it known from the first day; only the stock at the start is the same in all. Who does not know what comes "
    "would use a stock less well and need it more.",
    "A stockpile of another size has more or less in it at the start, in the room that it has; sizes beyond that have more room at no cost. What it costs to "
    "hold is in the plan, what it costs to buy is the price of one unit from the seller that is named, however many are bought.",
    "Each stockpile and each contract is looked at by itself, with the others as they are: values of several do not add up.",
    "A premium raises the price at all times alike; a contract's other terms stay.",
)


@dataclass(frozen=True)
class Valued:
    """All that was found."""

    loaded: Loaded
    futures: Sequence[Future]
    prices: Mapping[str, Bought]
    worths: Sequence[Worth]
    premiums: Sequence[Premium]


def tell(found: Valued, record: Mapping[str, Any]) -> Findings:
    """Findings on all stockpiles and contracts."""
    teller = _Teller(found)
    stockpiles = pd.DataFrame([teller.stock(worth) for worth in found.worths], columns=list(STOCK_COLUMNS))
    contracts = pd.DataFrame([teller.contract(premium) for premium in found.premiums], columns=list(CONTRACT_COLUMNS))
    tables = {
        "stockpiles": stockpiles,
        "stockpiles_by_future": pd.DataFrame([row for worth in found.worths for row in teller.stock_by_future(worth)], columns=list(STOCK_FUTURE_COLUMNS)),
        "stock_value": pd.DataFrame([row for worth in found.worths for row in teller.pieces(worth)], columns=list(PIECE_COLUMNS)),
        "contracts": contracts,
        "contracts_by_future": pd.DataFrame([row for premium in found.premiums for row in teller.by_future(premium)], columns=list(FUTURE_COLUMNS)),
    }
    scenario = found.loaded.scenario
    return Findings(
        command="value",
        title=scenario.title or found.loaded.name,
        currency=teller.currency,
        headline=tuple(teller.headline(stockpiles, contracts)),
        sections=tuple(teller.sections(tables)),
        tables=tables,
        record=record,
        limits=(*LIMITS, *teller.left_out()),
    )


class _Teller:
    def __init__(self, found: Valued) -> None:
        self.found, self.scenario = found, found.loaded.scenario
        self.currency = self.scenario.money.currency

    def money(self, amount: float) -> str:
        return amount_told(amount, self.currency)

    def stock(self, worth: Worth) -> dict[str, Any]:
        pile = self.scenario.stockpiles[worth.key]
        unit = self.scenario.materials[pile.material].unit
        bought = self.found.prices.get(worth.key)
        pays = math.nan if bought is None else worth.pays_up_to(bought.price)
        with_room = math.nan if bought is None else worth.pays_with_room(bought.price)
        last = (worth.beyond or worth.curve)[-1:]
        if bought is not None and not worth.level and last and with_room >= last[0].end:
            with_room = math.inf
            pays = pays if worth.beyond else math.inf
        change = pays - worth.initial
        saving = worth.cost(worth.initial) - worth.cost(pays) - change * bought.price if bought is not None and math.isfinite(change) else math.nan
        if bought is not None and saving <= SAME * bought.price * max(worth.initial, pays):
            pays, change, saving = worth.initial, 0.0, 0.0
        return {
            "id": worth.key,
            "label": pile.label or worth.key,
            "material": self.scenario.materials[pile.material].label or pile.material,
            "unit": unit,
            "size": worth.initial,
            "value_of_one_more": worth.value_now,
            "worth": worth.worth,
            "price": math.nan if bought is None else bought.price,
            "price_from": "" if bought is None else bought.source,
            "seller_ships": math.nan if bought is None else bought.yearly,
            "room": worth.room,
            "value_of_room": worth.room_value,
            "pays_up_to": pays,
            "pays_with_room": with_room,
            "change": change,
            "net_saving": saving,
            "held_back": worth.held_back,
            "verdict": _stock_verdict(change, worth.value_now),
        }

    def stock_by_future(self, worth: Worth) -> Iterator[dict[str, Any]]:
        pile = self.scenario.stockpiles[worth.key]
        head = {"id": worth.key, "label": pile.label or worth.key, "unit": self.scenario.unit(pile.material)}
        for saved in worth.by_future:
            yield {**head, "future": saved.future, "weight": saved.weight, "value_of_one_more": saved.value_now, "value_of_room": saved.room}

    def pieces(self, worth: Worth) -> Iterator[dict[str, Any]]:
        pile = self.scenario.stockpiles[worth.key]
        head = {"id": worth.key, "label": pile.label or worth.key, "unit": self.scenario.materials[pile.material].unit}
        price = self.found.prices[worth.key].price if worth.key in self.found.prices else 0.0
        for place, piece in enumerate((*worth.curve, *worth.beyond)):
            saves = piece.first - piece.last
            total = (worth.curve or worth.beyond)[0].first - piece.last
            relative = {"times_now": _ratio(piece.start, worth.initial), "times_price": _ratio(-piece.slope, price)}
            ends = {"from": piece.start, "to": piece.end, "beyond_room": place >= len(worth.curve)}
            yield {**head, **ends, "value_per_unit": -piece.slope, "saves": saves, "saves_from_nothing": total, **relative}

    def contract(self, premium: Premium) -> dict[str, Any]:
        contract = self.scenario.contracts[premium.key]
        supplier = self.scenario.suppliers[contract.supplier]
        price = contract.price.steps[0][1]
        saves = premium.saves
        return {
            "id": premium.key,
            "label": contract.label or premium.key,
            "supplier": supplier.label or contract.supplier,
            "unit": self.scenario.materials[supplier.material].unit,
            "status": "signed" if contract.sign is None else "on offer",
            "delivered": premium.delivered,
            "price": price,
            "saves": saves,
            "premium": 0.0 if saves == 0 and not math.isnan(premium.premium) else premium.premium,
            "premium_share": premium.premium / price if price else math.nan,
            "release": max(0.0, -saves),
            "verdict": _contract_verdict(premium, contract.sign is not None),
        }

    def by_future(self, premium: Premium) -> Iterator[dict[str, Any]]:
        contract = self.scenario.contracts[premium.key]
        unit = self.scenario.materials[self.scenario.suppliers[contract.supplier].material].unit
        for kept in premium.by_future:
            head = {"id": premium.key, "label": contract.label or premium.key, "future": kept.future, "weight": kept.weight}
            yield {**head, "delivered": kept.delivered, "unit": unit, "saves": kept.saves if abs(kept.saves) > premium.rounding else 0.0}

    def left_out(self) -> Iterator[str]:
        """What could not be looked at, and why."""
        found = {worth.key for worth in self.found.worths}
        missing = [key for key in self.scenario.stockpiles if key not in found]
        if missing:
            yield f"Left out, since not every future has them: {', '.join(missing)}."

    def headline(self, stockpiles: pd.DataFrame, contracts: pd.DataFrame) -> Iterator[str]:
        futures = self.found.futures
        if len(futures) > 1:
            yield "Mean over " + ", ".join(f"{future.name} ({told(future.weight, 'percent')})" for future in futures) + "."
        yield from self.stock_sentences(stockpiles)
        yield from self.contract_sentences(contracts)

    def stock_sentences(self, table: pd.DataFrame) -> Iterator[str]:
        pays = table[table["change"] != 0].sort_values("net_saving", ascending=False, na_position="first").dropna(subset=["change"])
        for row in pays.head(MOST_TOLD).to_dict("records"):
            unit, net = row["unit"], self.money(row["net_saving"])
            price = f"{told(row['price'], 'number')} {self.currency}/{unit} ({row['price_from']})"
            size = f"{told(row['size'], 'number')} {unit}"
            doubts = self.doubts(row)
            if row["change"] == math.inf:
                yield f"{row['label']}: at {price} any larger size that was looked at pays for itself; it holds {size}.{doubts}"
            elif row["change"] > 0:
                full = ", all that there is room for," if row["pays_up_to"] >= row["room"] else ""
                upto = f"{told(row['pays_up_to'], 'number')} {unit}{full}"
                yield f"{row['label']}: at {price} it pays up to {upto} (now {size}); that would save {net} net.{doubts}"
            else:
                less = told(-row["change"], "number")
                yield f"{row['label']}: its last {less} {unit} of {size} save less than the {price} that they cost, by {net} in all."
        if len(table) and not len(pays):
            yield "No stockpile of another size would pay at the prices named."

    def doubts(self, row: Mapping[Any, Any]) -> str:
        """What may stand in the way of a larger size, and what would come of more room."""
        unit, found = row["unit"], []
        if row["change"] > row["seller_ships"]:
            ships = f"{row['price_from']} ships {told(row['seller_ships'], 'number')} {unit} a year"
            shut = self.found.prices[row["id"]].shut
            found.append("Nobody sells it now: that is the price of before." if shut else f"But {ships} at that price, so the rest is dearer or comes later.")
        if row["pays_with_room"] > row["pays_up_to"]:
            upto = "any size that was looked at" if row["pays_with_room"] == math.inf else f"up to {told(row['pays_with_room'], 'number')} {unit}"
            found.append(f"With more room at no cost it would pay {upto}.")
        return "".join(f" {sentence}" for sentence in found)

    def contract_sentences(self, table: pd.DataFrame) -> Iterator[str]:
        worth = table[table["saves"] > 0].sort_values("saves", ascending=False)
        for row in worth.head(MOST_TOLD).to_dict("records"):
            if row["saves"] == math.inf:
                yield f"{row['label']}: without it there is no plan that keeps the rules."
                continue
            price = f"; it is worth keeping up to {self.money(row['premium'])}/{row['unit']} above its price" if row["premium"] > 0 else ""
            yield f"{row['label']}: without it the plan costs {self.money(row['saves'])} more{price}."
        burdens = table[table["saves"] < 0].sort_values("saves")
        for row in burdens.head(MOST_TOLD).to_dict("records"):
            yield f"{row['label']} is a burden: being let out of it is worth up to {self.money(row['release'])}."

    def sections(self, tables: Mapping[str, pd.DataFrame]) -> Iterator[Section]:
        several = len(self.found.futures) > 1
        if len(tables["stockpiles"]):
            yield from self.stock_sections(tables["stock_value"])
        if len(tables["stockpiles_by_future"]) and several:
            yield Section(
                "Stockpiles, future by future",
                "stockpiles_by_future",
                (
                    Column("label", "stockpile"),
                    Column("future"),
                    Column("weight", shown="percent"),
                    Column("value_of_one_more", "one more", "number"),
                    Column("value_of_room", "more room", "number"),
                ),
                note=f"What one more unit in store from the start, and room for one more, save: {self.currency} per unit, discounted.",
            )
        if len(tables["contracts"]):
            yield self.contract_section()
        if len(tables["contracts_by_future"]) and several:
            yield Section(
                "Contracts, future by future",
                "contracts_by_future",
                (Column("label", "contract"), Column("future"), Column("delivered", "delivered", "number"), Column("unit"), Column("saves", "saves", "money")),
                note=f"Saves: what doing without would add to the cost, {self.currency}, discounted.",
            )

    def stock_sections(self, curves: pd.DataFrame) -> Iterator[Section]:
        sizes = (Column("size", "size", "number"), Column("pays_up_to", "pays up to", "number"), Column("room", "room", "number"), Column("unit"))
        values = (Column("value_of_one_more", "one more", "number"), Column("price", "price", "number"), Column("net_saving", "net saving", "money"))
        limits = (Column("value_of_room", "more room", "number"), Column("seller_ships", "seller ships", "number"))
        yield Section(
            "Stockpiles: the size that pays for itself",
            "stockpiles",
            (Column("label", "stockpile"), *sizes, *values, *limits, Column("verdict", "")),
            note=f"One more: what one more unit in store from the start saves, {self.currency} per unit, discounted; more room: the same of room for one more. "
            "Pays up to: inside its room (∞ where nothing limits it). Price: what it costs to buy today from the cheapest seller who may sell; ships: what he "
            "can in a year at that price, as things stand.",
            chart=Chart("bar", "label", ("value_of_one_more", "price"), x_title="stockpile", y_title=f"{self.currency} per unit"),
        )
        yield Section(
            "Stockpiles: value by size",
            "stock_value",
            (
                Column("label", "stockpile"), Column("from", "from", "number"), Column("to", "to", "number"), Column("unit"),
                Column("beyond_room", "beyond its room"),
                Column("value_per_unit", "value a unit", "number"), Column("saves", "saves", "money"), Column("saves_from_nothing", "in all", "money"),
            ),
            note=f"What each further unit saves, {self.currency}, discounted; the sums are against the smallest size. Beyond its room: with more at no cost.",
            most=0,
            chart=self.curve_chart(curves),
        )  # fmt: skip

    def curve_chart(self, curves: pd.DataFrame) -> Chart:
        """Value by size; where they can be, sizes and values are told against what there is and what it costs, so that small stockpiles are seen as well."""
        if curves[["times_now", "times_price"]].isna().to_numpy().any():
            return Chart("step", "from", ("value_per_unit",), by="label", x_title="size, units", y_title=f"{self.currency} per unit")
        return Chart("step", "times_now", ("times_price",), by="label", x_title="size, times the present one", y_title="value of a unit, times its price")

    def contract_section(self) -> Section:
        head = (Column("label", "contract"), Column("delivered", "delivered", "number"), Column("unit"), Column("price", "price", "number"))
        worth = (Column("saves", "saves", "money"), Column("premium", "premium", "number"), Column("premium_share", "of price", "percent"))
        return Section(
            "Contracts: what each is worth",
            "contracts",
            (*head, *worth, Column("verdict", "")),
            note=f"Saves: what doing without would add to the cost, {self.currency}, discounted. Premium: {self.currency} per unit that its price may rise by.",
            most=30,
            chart=Chart("bar", "label", ("saves",), x_title="contract", y_title=self.currency),
        )


def _ratio(number: float, base: float) -> float:
    return number / base if base else math.nan


def _stock_verdict(change: float, value: float) -> str:
    if math.isnan(change):
        return "no price" if value > 0 else "more is worth nothing"
    if change > 0:
        return "more pays"
    return "less would do" if change < 0 else "about right"


def _contract_verdict(premium: Premium, on_offer: bool) -> str:
    saves = premium.saves
    if saves == math.inf:
        return "no plan without it"
    if saves < 0:
        return "a burden"
    if saves == 0:
        return "not signed" if on_offer and not premium.delivered else "worth nothing"
    return f"worth it; {premium.budget} counts its price" if premium.budget else "worth it"
