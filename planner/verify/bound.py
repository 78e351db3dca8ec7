"""The bound that prices give, and the reduced costs of all decisions, as far as they have been added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.scenario.schema import Budget, MaxEmissions
from planner.verify import money
from planner.verify.arrays import PlanArrays, concerns
from planner.verify.clock import Floats, Ints, Shift
from planner.verify.limits import Flags
from planner.verify.money import CostRows
from planner.verify.prices import Prices
from planner.verify.tables import unit_of

PER_UNIT = "{currency}/{unit}"
PER_SIZE = "{currency}/({unit}/yr)"


@dataclass(frozen=True)
class Column:
    """A decision in several periods."""

    name: str
    labels: Sequence[str]
    """Names of all periods …"""
    here: Ints
    """… and which of them the decision may be taken in."""
    reduced: Floats
    size: Floats
    """Largest term of each reduced cost."""
    cost: Floats


class Proof:
    """The bound and the reduced costs, as far as they have been added up."""

    def __init__(self, plan: PlanArrays) -> None:
        self.plan, self.prices = plan, Prices(plan)
        self.columns: list[Column] = []
        self.worth: list[Floats] = []
        self.balance: dict[tuple[str, str], Floats] = {}
        self.touched: dict[tuple[str, str], Floats] = {}
        self.none = plan.zero
        self.paid: dict[tuple[str, str | None], Floats] = {}
        self.budgets: list[tuple[Budget, Floats]] = []
        self.emitting: list[tuple[MaxEmissions, Floats]] = []
        self.share: dict[tuple[str, str], list[tuple[Floats, Floats]]] = {}
        """[supplier, party] (what policies charge for a unit shipped, the largest part of it)."""
        self.held: dict[str, list[Floats]] = {}
        """[stockpile] what policies charge for a unit in store."""
        self.serving: dict[str, list[Floats]] = {}
        """[demand] what policies charge for a unit served: less than nothing."""
        self.gain: dict[tuple[str, str], Floats] = {}
        """[kind, what a project may add to] what one more unit/yr of capacity saves."""

    def unit(self, material: str, form: str = PER_UNIT) -> str:
        """Unit of a price."""
        return form.replace("{unit}", unit_of(self.plan.scenario, material) or "unit")

    def limit(self, rule: str, item: str, most: Floats, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Price of an upper limit in each period."""
        price = self.prices.series(rule, item, exists, unit, party)
        self.count(-price, most)
        return price

    def duty(self, rule: str, item: str, least: Floats, exists: Flags | bool, unit: str, party: str = "") -> Floats:
        """Price of a lower limit in each period."""
        price = self.prices.series(rule, item, exists, unit, party)
        self.count(price, least)
        return price

    def single(self, rule: str, item: str, side: float, unit: str, party: str = "") -> float:
        """Price of a limit that is no period's; a negative side is an upper one."""
        price = self.prices.labelled(rule, item, [""], unit, party)
        self.count(price, side)
        return float(price[0])

    def count(self, price: Floats, side: Floats | float) -> None:
        """Add right-hand sides at their prices to the bound."""
        self.worth.append(np.where(price == 0, 0.0, price * side))

    def material(self, m: str, g: str) -> Floats:
        """What a unit of a material is worth to a party in each period."""
        if (m, g) not in self.balance:
            self.balance[m, g] = self.prices.series("material_balance", m, True, self.unit(m), g)
        return self.balance[m, g]

    def moves(self, m: str, g: str, coefficients: Floats | float) -> Floats:
        """Note which balances a decision takes part in, and give what a unit is worth there."""
        self.touched[m, g] = np.maximum(self.touched.get((m, g), self.none), coefficients)
        return self.material(m, g)

    def lands(self, m: str, g: str, shift: Shift, exists: Flags, kept: float = 1.0) -> tuple[Floats, Floats]:
        """(what arrives is worth, the largest part of it) for a unit sent in each period, of which a share is kept."""
        worth, largest = shift.worth(kept * self.moves(m, g, kept * shift.reaches(exists)))
        return worth, largest

    def pays(self, line: str, owner: str | None) -> Floats:
        """Present value of a unit of money of a line, with what budgets charge for it."""
        if (line, owner) not in self.paid:
            charged = (price for policy, price in self.budgets if line in policy.covers and concerns(owner, policy.parties))
            self.paid[line, owner] = sum(charged, self.plan.clock.discount)
        return self.paid[line, owner]

    def emits(self, owner: str) -> Floats:
        """What policies charge for a t of CO2e."""
        return sum((price for policy, price in self.emitting if concerns(owner, policy.parties)), self.none)

    def decision(
        self, name: str, exists: Flags | bool, cost: Floats, *terms: Floats, largest: Sequence[Floats] = (), labels: Sequence[str] | None = None
    ) -> None:
        """A decision with its cost and what the rules that it takes part in add; credits are negative."""
        here = np.flatnonzero(np.broadcast_to(exists, cost.shape))
        if not len(here):
            return
        reduced, size = cost, np.abs(cost)
        for term in terms:
            reduced, size = reduced + term, np.maximum(size, np.abs(term))
        for part in largest:
            size = np.maximum(size, np.abs(part))
        self.columns.append(Column(name, self.plan.clock.labels if labels is None else labels, here, reduced[here], size[here], cost[here]))

    def judge_columns(self) -> None:
        """No decision costs less than the rules that it takes part in are worth."""
        reduced, size, costs = (np.concatenate([getattr(column, name) for column in self.columns] or [self.none]) for name in ("reduced", "size", "cost"))
        paid = np.abs(costs[costs != 0])
        # a decision that costs nothing and touches nothing is judged by what others cost
        typical = float(np.median(paid)) if len(paid) else 1.0
        short = np.nan_to_num(np.maximum(-reduced, 0.0), nan=np.inf, posinf=np.inf)
        relative = np.nan_to_num(short / np.maximum(size, 1e-3 * typical), nan=np.inf, posinf=np.inf)
        place = int(np.argmax(relative))
        worst, absolute, where = float(relative[place]), float(short[place]), "all decisions"
        if worst > 0:
            ends = np.cumsum([len(column.here) for column in self.columns])
            number = int(np.searchsorted(ends, place, side="right"))
            column = self.columns[number]
            where = f"{column.name} in {column.labels[column.here[place - ends[number]]]}"
        self.plan.note("reduced costs", where, np.array([absolute]), absolute / worst if worst else 1.0)

    def judge_gap(self, rows: CostRows) -> None:
        """What the plan costs and the bound meet; committed projects are part of neither."""
        single = [value for (_, item, _), value in rows.single.items() if item != money.COMMITTED]
        chosen = np.concatenate([*rows.flows.values(), np.array([*single, 0.0])])
        worth = np.concatenate([*self.worth, np.zeros(1)])
        cost, bound = float(chosen.sum()), float(worth.sum())
        size = max(abs(cost), abs(bound), float(np.abs(chosen).max()), 1e-6 * float(np.abs(worth).max()))
        self.plan.note("duality gap", "total cost", np.array([cost - bound]), size)
