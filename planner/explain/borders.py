"""Why something is bought, built or signed or not, and at which price that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from planner.compile.events import supplier_target
from planner.errors import listed
from planner.explain.case import Case, Filter, Proof, Statement, amount, percent, proof
from planner.scenario.schema import Budget, Contract, Project, Supplier, Tiers
from planner.scenario.series import Series
from planner.solver.lower import Floats
from planner.solver.whatif import Border
from planner.words import Path, spans

BESIDE = 1e-3
"""A border is proven this far to each side of it, relative to the price."""
Change = Callable[[float], dict[Path, Any]]


def borders(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Statements on every supplier, project and optional contract that is asked about."""
    if wanted.period is not None:
        return
    for s, supplier in case.scenario.suppliers.items():
        if wanted.project is None and wanted.supplier in (None, s) and wanted.material in (None, supplier.material):
            yield _supplier(case, s, supplier)
    for e in case.data.ramp.windows:
        if wanted.supplier is None and wanted.project in (None, e) and wanted.material in (None, case.data.ramp.material[e]):
            yield _project(case, e, case.scenario.projects[e])
    for c in case.data.contracts.sign_windows:
        contract = case.scenario.contracts[c]
        material = case.scenario.suppliers[contract.supplier].material
        if wanted.project is None and wanted.supplier in (None, contract.supplier) and wanted.material in (None, material):
            yield _option(case, c, contract)


def _supplier(case: Case, s: str, supplier: Supplier) -> Statement:
    """A supplier outside contracts."""
    material = supplier.material
    columns = {index: column for index, column in case.columns.get("purchase", {}).items() if index[0] == s}
    if not columns:
        return Statement("suppliers", s, f"{s}: nothing can be bought outside contracts; it has no capacity inside the horizon", materials=(material,))
    weights = np.zeros(len(case.program.columns))
    bought: dict[str, float] = {}
    for (_, _, g, t), column in columns.items():
        weights[column] = case.setting.events.factor("price", supplier_target(s, supplier, g), case.calendar.named(t)) * _landed(case, s, g, t)
        bought[t] = bought.get(t, 0.0) + float(case.x[column])
    used = _used(bought)
    price = case.setting.mean(supplier.tiers[0].price, case.calendar.periods[0])
    unit = f"{case.currency}/{case.unit(material)}"
    done = f"{amount(sum(used.values()))} {case.unit(material)} bought in {spans(case.calendar, used)}" if used else "nothing bought"
    lowest = _lowest(case, [tier.price for tier in supplier.tiers])
    budget = _budgeted(case, "purchases")
    border = None if budget else _border(case, columns.values(), weights, bool(used), lowest)
    words = budget or _border_words(border, price, lowest, unit, bool(used), "bought")
    sentences = [f"{s}: {done} at {amount(price)} {unit}", *_reasons(case, s, list(columns)), words]
    proofs = _proofs(case, border, weights, price, lowest, lambda by: shifted(case, s, supplier, by))
    return Statement("suppliers", s, _joined(sentences), _border_price(border, price), unit, materials=(material,), proofs=proofs, weight=sum(used.values()))


def _used(units: Mapping[str, float]) -> dict[str, float]:
    """Periods in which something is used, but for rounding."""
    return {t: size for t, size in units.items() if size > 1e-7 * max(1e-300, sum(units.values()))}


def _landed(case: Case, s: str, g: str, t: str) -> float:
    """What a unit of price adds to the discounted cost of a unit shipped: discount, part that lands, tariff."""
    data = case.data.supply
    return case.data.time.discount[t] * data.landed[s, g, t] * (1 + data.tariff[s, g, t])


def _border(case: Case, columns: Any, weights: Floats, used: bool, lowest: float) -> Border | None:
    """Where use and no use meet, looked for from as low as a price may fall; None where the price plays no part."""
    # what lands after the horizon is free, whatever the price
    priced = [column for column in columns if weights[column]]
    return case.whatif.border(priced, weights, 0.0 if used else -lowest) if priced else None


def _lowest(case: Case, prices: Iterable[Series]) -> float:
    """How far prices can fall together before one of them is nothing."""
    return min(case.setting.mean(series, period) for series in prices for period in case.calendar.periods)


def _joined(sentences: list[str]) -> str:
    return "; ".join(filter(None, sentences))


def _border_price(border: Border | None, price: float) -> float | None:
    return None if border is None or border.at is None or border.at == float("inf") else price + border.at


def _budgeted(case: Case, line: str) -> str:
    """Which budgets count a cost line: where its price moves, so does what the budget lets through, and no one price decides."""
    found = [f"policies.{key}" for key, policy in case.scenario.policies.items() if isinstance(policy, Budget) and line in policy.covers]
    return f"its price counts in {listed(found)}, so that no price of its own decides" if found else ""


def _border_words(border: Border | None, price: float, lowest: float, unit: str, used: bool, done: str) -> str:
    if border is None:
        return "its price plays no part"
    if border.at is None:
        return "" if used else f"it would not be {done} even {'for nothing' if lowest >= price else f'at {amount(price - lowest)} {unit}'}"
    if border.at == float("inf"):
        return "there is no plan without it, whatever it costs"
    share = f", {percent(abs(border.at) / price)} {'more' if border.at > 0 else 'less'}" if price else ""
    return f"{done} {'up to' if used else 'only below'} {amount(price + border.at)} {unit}{share}"


def _proofs(case: Case, border: Border | None, weights: Floats, price: float, lowest: float, change: Change) -> tuple[Proof, ...]:
    """Just below the border it pays to use it, from just above the cost is that of doing without."""
    if border is None or border.at is None or border.without is None:
        return ()
    aside = BESIDE * max(abs(border.at), price)
    found = [proof(change(border.at + aside), border.without)] if border.at + aside >= -lowest else []
    below = border.at - aside
    if below >= -lowest:
        outcome = case.whatif.ask(cost=case.program.cost + below * weights)
        if outcome is not None:
            found.append(proof(change(below), outcome.cost))
    return tuple(found)


def shifted(case: Case, s: str, supplier: Supplier, by: float) -> dict[Path, Any]:
    """All prices of a supplier moved by an amount."""
    if isinstance(supplier.price, Tiers):
        return {("suppliers", s, "price", "tiers", place, "price"): _moved(case, tier.price, by) for place, tier in enumerate(supplier.price.tiers)}
    return {("suppliers", s, "price"): _moved(case, supplier.price, by)}


def _moved(case: Case, series: Series, by: float) -> dict[str, float] | float:
    if series.is_constant:
        return max(0.0, series.steps[0][1] + by)
    return {day: max(0.0, number) for day, number in case.per_period(series, {period.label: by for period in case.calendar.periods}).items()}


def _reasons(case: Case, s: str, columns: list[tuple[Any, ...]]) -> list[str]:
    """What holds purchases back, and where: rows with a price."""
    priced = [t for (key, t), row in case.rows.get("supplier_capacity", {}).items() if key == s and abs(case.y[row]) > case.smallest]
    sends = {
        t for _, _, _, t in columns if sum(float(case.x[column]) for index, column in case.columns["purchase"].items() if (index[0], index[-1]) == (s, t)) > 0
    }
    full, none = [t for t in priced if t in sends], [t for t in priced if t not in sends]
    found = [f"its capacity binds in {spans(case.calendar, full)}"] if full else []
    found += [f"it has no capacity left for it in {spans(case.calendar, none)}"] if none else []
    closed: dict[str, list[str]] = {}
    for index, row in case.rows.get("spot_gate", {}).items():
        if index[0] == s and abs(case.y[row]) > case.smallest:
            rule = case.words.rule(("spot_gate", index))
            closed.setdefault(rule.dotted.rsplit(".", 1)[0], []).append(index[-1])
    found += [f"{event} keeps it closed in {spans(case.calendar, labels)}" for event, labels in closed.items()]
    if all(case.data.supply.landed[s, g, t] < 1e-9 for _, _, g, t in columns):
        found.append("nothing arrives inside the horizon")
    return found


def _project(case: Case, e: str, project: Project) -> Statement:
    """A project: its capex moves as a whole."""
    data, material = case.data.ramp, case.data.ramp.material[e]
    columns = {v: column for (key, v), column in case.columns.get("commit", {}).items() if key == e}
    weights = np.zeros(len(case.program.columns))
    for v, column in columns.items():
        weights[column] = data.capex[e, v] - data.salvage.get((e, v), 0.0)
    capex = sum(cost for _, cost in project.stages)
    if capex:
        weights /= capex
    when = _used({v: float(case.x[column]) for v, column in columns.items()})
    size, largest = sum(when.values()), data.size_max.get(e)
    unit = case.unit(material) + ("" if project.adds_to in case.scenario.stockpiles else "/yr")
    money = f"{case.currency}/({unit})"
    of = f" ({percent(size / largest)} of what is on offer)" if largest else ""
    done = f"{amount(size)} {unit} committed in {spans(case.calendar, when)}{of}" if when else "not committed"
    budget = _budgeted(case, "capex")
    border = None if budget else _border(case, columns.values(), weights, bool(when), capex)
    words = budget or _border_words(border, capex, capex, money, bool(when), "committed").replace("for nothing", "if its capex were nothing")
    words = words.replace("price", "capex")
    proofs = _proofs(case, border, weights, capex, capex, lambda by: _capex(e, project, by / capex))
    text = _joined([f"{e}: {done}", _closed(case, e), words])
    return Statement("projects", e, text, _border_price(border, capex), money, materials=(material,), proofs=proofs, weight=size * capex)


def _closed(case: Case, e: str) -> str:
    """Which event keeps a project closed where it would be decided."""
    shut = [index for index, row in case.rows.get("commitment_gate", {}).items() if index[0] == e and abs(case.y[row]) > case.smallest]
    if not shut:
        return ""
    event = case.words.rule(("commitment_gate", shut[0])).dotted.rsplit(".", 1)[0]
    return f"{event} keeps it closed in {spans(case.calendar, [v for _, v in shut])}"


def _capex(e: str, project: Project, more: float) -> dict[Path, Any]:
    """All stages of a project dearer by a share."""
    factor = max(0.0, 1 + more)
    return {("projects", e, "capex"): {"stages": [{"after": after, "cost": factor * cost} for after, cost in project.stages]}}


def _option(case: Case, c: str, contract: Contract) -> Statement:
    """A contract that may be signed: its price moves at all times."""
    s, material = contract.supplier, case.scenario.suppliers[contract.supplier].material
    signs = {v: column for (key, v), column in case.columns.get("sign", {}).items() if key == c}
    weights = np.zeros(len(case.program.columns))
    for (key, t), column in case.columns.get("lift", {}).items():
        if key == c:
            weights[column] = _landed(case, s, contract.party, t)
    for (key, t), column in case.columns.get("breach", {}).items():
        if key == c and contract.breach_price is None:
            weights[column] = case.data.time.discount[t]
    price = case.setting.mean(contract.price, case.calendar.periods[0])
    when = _used({v: float(case.x[column]) for v, column in signs.items()})
    unit = f"{case.currency}/{case.unit(material)}"
    done = f"{percent(sum(when.values()))} signed in {spans(case.calendar, when)}" if when else "not signed"
    lowest = _lowest(case, [contract.price])
    budget = _budgeted(case, "contracts")
    border = None if budget or not weights.any() else case.whatif.border(list(signs.values()), weights, 0.0 if when else -lowest)
    proofs = _proofs(case, border, weights, price, lowest, lambda by: {("contracts", c, "price"): _moved(case, contract.price, by)})
    text = _joined([f"{c}: {done} at {amount(price)} {unit}", budget or _border_words(border, price, lowest, unit, bool(when), "signed")])
    return Statement("contracts", c, text, _border_price(border, price), unit, materials=(material,), proofs=proofs, weight=sum(when.values()))
