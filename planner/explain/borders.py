"""Why something is bought, built or signed or not, and at which price that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.compile.events import supplier_target
from planner.errors import listed
from planner.explain.case import Case, Filter, Index, Proof, Statement, amount, percent, proof
from planner.scenario.schema import Budget, Contract, Project, Supplier, Tiers
from planner.scenario.series import Series
from planner.solver.engine import SolverError
from planner.solver.lower import Floats
from planner.solver.whatif import Border
from planner.words import Path, spans

BESIDE = 1e-3
"""A border is proven this far to each side of it, relative to the price."""
MOST = 30
"""Where everything is asked for, so many of a kind are looked at, those that most is spent on first: each takes some twenty solves."""
Change = Callable[[float], dict[Path, Any]]


def tell_borders(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Statements on every supplier, project and optional contract that is asked about."""
    suppliers = [(s, item) for s, item in case.scenario.suppliers.items() if wanted.concerns((item.material,), supplier=s)]
    projects = [e for e in case.data.ramp.windows if wanted.concerns((case.data.ramp.material[e],), project=e)]
    if wanted.is_open:
        suppliers = sorted(suppliers, key=lambda pair: -_spent(case, "purchase", pair[0]))[:MOST]
        projects = sorted(projects, key=lambda e: -_spent(case, "commit", e))[:MOST]
    for s, supplier in suppliers:
        yield _supplier(case, s, supplier)
    for e in projects:
        yield _project(case, e, case.scenario.projects[e])
    for c in case.data.contracts.sign_windows:
        contract = case.scenario.contracts[c]
        material = case.scenario.suppliers[contract.supplier].material
        if wanted.concerns((material,), supplier=contract.supplier):
            yield _option(case, c, contract)


def _spent(case: Case, variable: str, key: str) -> float:
    """Discounted money in the plan's cost, in units of the solver's objective."""
    return sum(float(case.program.cost[column] * case.x[column]) for column in case.columns(variable, key).values())


@dataclass(frozen=True)
class _Offer:
    """Something that may be used at a price: what its border is looked for with, and how it is told."""

    columns: tuple[int, ...]
    """What is used; what costs nothing, whatever the price, is left out."""
    weights: Floats
    """By column, what one unit of price adds to its cost."""
    price: float
    lowest: float
    """How far the price can fall."""
    used: bool
    unit: str
    done: str
    """In the past: bought, committed, signed."""
    what: str
    """What the price is called."""
    change: Change
    budget: str = ""
    """Budgets that count it: where the price moves, so does what they let through, and no one price decides."""


def _settled(case: Case, offer: _Offer) -> tuple[str, float | None, tuple[Proof, ...]]:
    """(words, price at the border, proofs) of an offer."""
    if offer.budget:
        return f"its {offer.what} counts in {offer.budget}, so that no {offer.what} of its own decides", None, ()
    if not offer.columns:
        return f"its {offer.what} plays no part", None, ()
    try:
        return _bordered(case, offer)
    except SolverError:
        return f"the {offer.what} at which that changes could not be proven", None, ()


def _bordered(case: Case, offer: _Offer) -> tuple[str, float | None, tuple[Proof, ...]]:
    border = case.whatif.border(offer.columns, offer.weights, 0.0 if offer.used else -offer.lowest)
    proofs = _proofs(case, offer, border)
    if border.at is None:
        low = "nothing" if offer.lowest >= offer.price else f"{amount(offer.price - offer.lowest)} {offer.unit}"
        return ("" if offer.used else f"it would not be {offer.done} even for {low}"), None, ()
    if border.at == float("inf"):
        return "there is no plan without it, whatever it costs", None, ()
    return _border_words(case, offer, border.at), offer.price + border.at, proofs


def _border_words(case: Case, offer: _Offer, at: float) -> str:
    share = f", {percent(abs(at) / offer.price)}" if offer.price else ""
    move = f"{offer.what} {amount(abs(at))} {offer.unit} {'higher' if at > 0 else 'lower'} ({amount(offer.price)} → {amount(offer.price + at)}{share})"
    if not offer.used:
        return f"{offer.done} only at a {move}"
    start = case.whatif.stays(offer.weights, at) if at > 0 else 0.0
    if start >= at * (1 - 1e-6):
        return f"{offer.done} up to a {move}"
    less = f"less is {offer.done} from {amount(start)} {offer.unit} more on" if start > 1e-6 * at else f"at any higher {offer.what} less is {offer.done}"
    return f"{less}, nothing any more at a {move}"


def _proofs(case: Case, offer: _Offer, border: Border) -> tuple[Proof, ...]:
    """Just below the border it pays to use it, from just above the cost is that of doing without."""
    if border.at is None or border.without is None:
        return ()
    aside = BESIDE * max(abs(border.at), offer.price)
    found = [proof(offer.change(border.at + aside), border.without)] if border.at + aside >= -offer.lowest else []
    below = border.at - aside
    if below >= -offer.lowest:
        outcome = case.whatif.ask(cost=case.program.cost + below * offer.weights)
        if outcome is not None:
            found.append(proof(offer.change(below), outcome.cost))
    return tuple(found)


def _priced(columns: Iterable[int], weights: Floats) -> tuple[int, ...]:
    # what lands after the horizon is free, whatever the price
    return tuple(column for column in columns if weights[column])


def _used(units: Mapping[str, float]) -> dict[str, float]:
    """Periods in which something is used, but for rounding."""
    least = 1e-7 * max(1e-300, sum(units.values()))
    return {t: size for t, size in units.items() if size > least}


def _lowest(case: Case, prices: Iterable[Series]) -> float:
    """How far prices can fall together before one of them is nothing."""
    return min(case.setting.mean(series, period) for series in prices for period in case.calendar.periods)


def _budgets(case: Case, line: str) -> str:
    found = [f"policies.{key}" for key, policy in case.scenario.policies.items() if isinstance(policy, Budget) and line in policy.covers]
    return listed(found) if found else ""


def _joined(sentences: Iterable[str]) -> str:
    return "; ".join(filter(None, sentences))


def _supplier(case: Case, s: str, supplier: Supplier) -> Statement:
    """A supplier outside contracts."""
    material, unit = supplier.material, f"{case.currency}/{case.unit(supplier.material)}"
    columns = case.columns("purchase", s)
    if not columns:
        stands = max(supplier.capacity.values) > 0 or any(project.adds_to == s for project in case.scenario.projects.values())
        why = "nobody who handles the material inside the horizon can buy from it" if stands else "it has no capacity inside the horizon"
        return Statement("suppliers", s, f"{s}: nothing can be bought outside contracts; {why}", materials=(material,))
    weights = np.zeros(len(case.program.columns))
    bought: dict[str, float] = {}
    paid = landed = 0.0
    for (j, g, t), column in columns.items():
        weights[column] = case.setting.events.on(supplier_target(s, supplier, g)).factor("price")[case.calendar.position[t]] * _landed(case, s, g, t)
        bought[t] = bought.get(t, 0.0) + float(case.x[column])
        landed += case.data.supply.landed[s, g, t] * float(case.x[column])
        paid += case.data.supply.price[s, j, g, t] * case.data.supply.landed[s, g, t] * float(case.x[column])
    used = _used(bought)
    average = f" at {amount(paid / landed)} {unit} on average" if landed else ""
    done = f"{amount(sum(used.values()))} {case.unit(material)} bought in {spans(case.calendar, used)}{average}" if used else "nothing bought"
    offer = _Offer(
        columns=_priced(columns.values(), weights),
        weights=weights,
        price=case.setting.mean(supplier.tiers[0].price, case.calendar.periods[0]),
        lowest=_lowest(case, [tier.price for tier in supplier.tiers]),
        used=bool(used),
        unit=unit,
        done="bought",
        what="price",
        change=lambda by: shifted(case, s, supplier, by),
        budget=_budgets(case, "purchases"),
    )
    words, value, proofs = _settled(case, offer)
    text = _joined([f"{s}: {done}", *_reasons(case, s, columns, bought), words])
    return Statement("suppliers", s, text, value, unit, materials=(material,), proofs=proofs, weight=paid if used else 0.0)


def _landed(case: Case, s: str, g: str, t: str) -> float:
    """What a unit of price adds to the discounted cost of a unit shipped: discount, part that lands, tariff."""
    data = case.data.supply
    return case.data.time.discount[t] * data.landed[s, g, t] * (1 + data.tariff[s, g, t])


def shifted(case: Case, s: str, supplier: Supplier, by: float) -> dict[Path, Any]:
    """All prices of a supplier moved by an amount."""
    if isinstance(supplier.price, Tiers):
        return {("suppliers", s, "price", "tiers", place, "price"): _moved(case, tier.price, by) for place, tier in enumerate(supplier.price.tiers)}
    return {("suppliers", s, "price"): _moved(case, supplier.price, by)}


def _moved(case: Case, series: Series, by: float) -> dict[str, float] | float:
    if series.is_constant:
        return max(0.0, series.steps[0][1] + by)
    return {day: max(0.0, number) for day, number in case.per_period(series, {period.label: by for period in case.calendar.periods}).items()}


def _reasons(case: Case, s: str, columns: Mapping[Index, int], bought: Mapping[str, float]) -> list[str]:
    """What holds purchases back, and where: rows with a price."""
    priced = [t for (t,) in case.priced(case.rows("supplier_capacity", s))]
    full, none = [t for t in priced if bought.get(t)], [t for t in priced if not bought.get(t)]
    found = [f"its capacity binds in {spans(case.calendar, full)}"] if full else []
    found += [f"it has no capacity left for it in {spans(case.calendar, none)}"] if none else []
    gates: dict[str, dict[str, float]] = {}
    for g, t in case.priced(case.rows("spot_gate", s)):
        rule = case.words.rule(("spot_gate", (s, g, t)))
        gates.setdefault(rule.dotted.rsplit(".", 1)[0], {})[t] = case.data.supply.spot[s, g, t]
    found += [_gate(case, event, open_share) for event, open_share in gates.items()]
    if all(case.data.supply.landed[s, g, t] < 1e-9 for _, g, t in columns):
        found.append("nothing arrives inside the horizon")
    return found


def _gate(case: Case, event: str, open_share: Mapping[str, float]) -> str:
    """What an event lets through, in words."""
    most = max(open_share.values())
    return f"{event} {'keeps it closed' if not most else f'lets no more than {percent(most)} through'} in {spans(case.calendar, open_share)}"


def _project(case: Case, e: str, project: Project) -> Statement:
    """A project: its capex moves as a whole."""
    data, material = case.data.ramp, case.data.ramp.material[e]
    columns = {v: column for (v,), column in case.columns("commit", e).items()}
    weights = np.zeros(len(case.program.columns))
    for v, column in columns.items():
        weights[column] = data.capex[e, v] - data.salvage.get((e, v), 0.0)
    capex = sum(cost for _, cost in project.stages)
    weights /= capex or 1.0
    when = _used({v: float(case.x[column]) for v, column in columns.items()})
    size, largest = sum(when.values()), data.size_max.get(e)
    unit = case.scenario.size_unit(e)
    of = f" ({percent(size / largest)} of what is on offer)" if largest else ""
    done = f"{amount(size)} {unit} committed in {spans(case.calendar, when)}{of}" if when else "not committed"
    shut = case.priced(case.rows("commitment_gate", e))
    gates: dict[str, dict[str, float]] = {}
    for (v,) in shut:
        gates.setdefault(case.words.rule(("commitment_gate", (e, v))).dotted.rsplit(".", 1)[0], {})[v] = data.gate[e, v]
    offer = _Offer(
        columns=_priced(columns.values(), weights),
        weights=weights,
        price=capex,
        lowest=capex,
        used=bool(when),
        unit=f"{case.currency}/({unit})",
        done="committed",
        what="capex",
        change=lambda by: _capex(e, project, by / capex),
        budget=_budgets(case, "capex"),
    )
    words, value, proofs = _settled(case, offer)
    text = _joined([f"{e}: {done}", *(_gate(case, event, open_share) for event, open_share in gates.items()), words])
    return Statement("projects", e, text, value, offer.unit, materials=(material,), proofs=proofs, weight=size * capex)


def _capex(e: str, project: Project, more: float) -> dict[Path, Any]:
    """All stages of a project dearer by a share."""
    factor = max(0.0, 1 + more)
    return {("projects", e, "capex"): {"stages": [{"after": after, "cost": factor * cost} for after, cost in project.stages]}}


def _option(case: Case, c: str, contract: Contract) -> Statement:
    """A contract that may be signed: its price moves at all times."""
    s, material = contract.supplier, case.scenario.suppliers[contract.supplier].material
    signs = {v: column for (v,), column in case.columns("sign", c).items()}
    weights = np.zeros(len(case.program.columns))
    for (t,), column in case.columns("lift", c).items():
        weights[column] = _landed(case, s, contract.party, t)
    for (t,), column in case.columns("breach", c).items():
        weights[column] = case.data.time.discount[t] if contract.breach_price is None else 0.0
    when = _used({v: float(case.x[column]) for v, column in signs.items()})
    offer = _Offer(
        columns=tuple(signs.values()) if weights.any() else (),
        weights=weights,
        price=case.setting.mean(contract.price, case.calendar.periods[0]),
        lowest=_lowest(case, [contract.price]),
        used=bool(when),
        unit=f"{case.currency}/{case.unit(material)}",
        done="signed",
        what="price",
        change=lambda by: {("contracts", c, "price"): _moved(case, contract.price, by)},
        budget=_budgets(case, "contracts"),
    )
    done = f"{percent(sum(when.values()))} signed in {spans(case.calendar, when)}" if when else "not signed"
    words, value, proofs = _settled(case, offer)
    text = _joined([f"{c}: {done}", words])
    return Statement("contracts", c, text, value, offer.unit, materials=(material,), proofs=proofs, weight=sum(when.values()))
