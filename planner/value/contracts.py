"""What a contract is worth: what the expected least cost becomes without it, and how much dearer it may get."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.opened import Opened
from planner.scenario.schema import Budget
from planner.solver.engine import SolverError
from planner.solver.lower import Floats
from planner.solver.whatif import Outcome
from planner.value.known import Known, Weighted, parts_with, rounding_of

MOST_STEPS = 60


@dataclass(frozen=True)
class Kept:
    """What a contract is worth in one future."""

    future: str
    weight: float
    delivered: float
    """Units over the horizon."""
    saves: float
    """Rise of the least cost without it [discounted money]; negative where it is a burden, infinite where there is no plan without it."""


@dataclass(frozen=True)
class Premium:
    """What a contract is worth over all futures."""

    key: str
    by_future: tuple[Kept, ...]
    premium: float
    """What its price may rise by at all times before it is not worth having [money/unit]; NaN where nothing depends on its price."""
    budget: str
    """A budget that counts its price, so that no price decides; empty where none does."""
    rounding: float

    @property
    def saves(self) -> float:
        """Expected rise of the least cost without it [discounted money]."""
        total = sum(kept.weight * kept.saves for kept in self.by_future)
        return total if abs(total) > self.rounding else 0.0

    @property
    def delivered(self) -> float:
        """Expected units over the horizon."""
        return sum(kept.weight * kept.delivered for kept in self.by_future)


def premium_of(futures: Sequence[Weighted], key: str) -> Premium:
    """The worth of a contract, in the futures that have it.

    Args:
        futures: They.
        key: Its id.
    """
    known = parts_with(futures, lambda scenario: key in scenario.contracts)
    without = [_without(one.part, key) for one in known]
    kept = [_kept(one, key, outcome) for one, outcome in zip(known, without, strict=True)]
    budget = next((name for one in known if (name := _budget(one.part))), "")
    gain = sum(item.weight * item.saves for item in kept)
    premium = math.nan if budget else _premium(known, key, gain)
    return Premium(key, tuple(kept), premium, budget, rounding_of(known))


def _without(part: Opened, key: str) -> Outcome | None:
    """The cheapest plan where there is no such contract: nothing is lifted or signed, and no minimum asks for anything."""
    columns = [column for name in ("lift", "breach", "sign") for column in part.columns.get((name, key), {}).values()]
    duties = part.rows.get(("take_or_pay", key), {}).values() if key not in part.data.contracts.sign_windows else ()
    return part.whatif.ask({row: -float(part.program.row_lower[row]) for row in duties}, closed=columns)


def _kept(one: Known, key: str, without: Outcome | None) -> Kept:
    lifted = list(one.part.columns.get(("lift", key), {}).values())
    saves = math.inf if without is None else without.cost - one.part.whatif.now.cost
    return Kept(one.name, one.weight, max(0.0, float(one.part.whatif.now.x[lifted].sum())), saves)


def _budget(part: Opened) -> str:
    """A budget that counts what contracts cost."""
    return next((name for name, policy in part.scenario.policies.items() if isinstance(policy, Budget) and "contracts" in policy.covers), "")


def price_weights(part: Opened, key: str) -> Floats:
    """By column: what one unit of price at all times adds to its cost [discounted]; a penalty that is the price rises with it."""
    data, contract = part.data, part.scenario.contracts[key]
    weights = np.zeros(part.program.shape[1])
    for t, column in part.columns.get(("lift", key), {}).items():
        slot = contract.supplier, contract.party, t
        weights[column] = data.time.discount[t] * data.supply.landed[slot] * (1 + data.supply.tariff[slot])
    if contract.breach_price is None:
        for t, column in part.columns.get(("breach", key), {}).items():
            weights[column] = data.time.discount[t]
    return weights


def _premium(known: Sequence[Known], key: str, gain: float) -> float:
    """The rise of price at which having the contract and not having it cost the same.

    The expected least cost is concave in the price and does not fall, so tangents reach the cost of doing without no later than it does.

    Args:
        known: The futures.
        key: The contract.
        gain: Expected rise of the least cost without it, at the price as it is.
    """
    weights = [price_weights(one.part, key) for one in known]

    def used_by(outcomes: Sequence[Outcome]) -> float:
        return sum(one.weight * float(weight @ outcome.x) for one, weight, outcome in zip(known, weights, outcomes, strict=True))

    now = [one.part.whatif.now for one in known]
    size = sum(one.weight * one.part.whatif.size for one in known)
    level = sum(one.weight * outcome.cost for one, outcome in zip(known, now, strict=True)) + gain
    least = 1e-9 * sum(one.weight * _volume(one.part, key, weight) for one, weight in zip(known, weights, strict=True))
    price, used = 0.0, used_by(now)
    if used <= least or math.isinf(gain):
        return math.nan if used <= least else gain
    for count in range(MOST_STEPS):
        if used <= least or abs(gain) <= 1e-10 * max(size, abs(level)):
            break
        price += gain / used
        found = [_priced(one.part, price * weight, onward=count > 0) for one, weight in zip(known, weights, strict=True)]
        gain = level - sum(one.weight * outcome.cost for one, outcome in zip(known, found, strict=True))
        used = used_by(found)
    return price


def _volume(part: Opened, key: str, weights: Floats) -> float:
    """All that may be lifted, each unit by what one unit of price adds to its cost."""
    return sum(float(weights[column]) * part.data.contracts.volume[key, t] for t, column in part.columns.get(("lift", key), {}).items())


def _priced(part: Opened, more: Floats, onward: bool) -> Outcome:
    """The cheapest plan with other costs; there is one, since a price forbids nothing and a contract has a largest volume."""
    outcome = part.whatif.ask(cost=part.program.cost + more, onward=onward)
    if outcome is None:
        raise SolverError("a change of price leaves no plan")
    return outcome
