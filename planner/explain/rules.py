"""Which rules bind in one period, or share rules over the horizon, and what easing each is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.explain.case import Case, Filter, Statement, amount, proof
from planner.explain.worth import Step, say
from planner.results.prices import PRICES, unit_of
from planner.scenario.schema import MaxShare
from planner.solver.certificate import proven
from planner.solver.elastic import with_added
from planner.solver.highs import NoSolution
from planner.words import STRUCTURAL, Path

TIES = STRUCTURAL | {"demand_balance"}
"""Rows that tie others together; what their sides are worth is told as the worth of a material."""


def tell_rules(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Share caps as a whole; and, where a period is asked for, every rule that binds in it."""
    if wanted.is_open:
        for key, policy in case.scenario.policies.items():
            if isinstance(policy, MaxShare):
                said = _share(case, key, policy)
                if said is not None:
                    yield said
    if wanted.period is not None:
        yield from _in_period(case, wanted)


def _share(case: Case, key: str, policy: MaxShare) -> Statement | None:
    """One percentage point more: the coefficients move, so the program is solved again."""
    places = case.rows("max_share", key)
    shares = {row.key[1:]: row for row in case.data.policy.max_share if row.policy == key}
    if not case.priced(places) or policy.share > 0.99:
        return None
    shipped = _shipped(case)
    entries = {
        (row, column): -0.01
        for index, row in places.items()
        for s in shares[index].all_suppliers
        for t in shares[index].window.periods
        for column in shipped.get((s, shares[index].party, t), ())
    }
    program = with_added(case.program, entries)
    outcome = proven(program)
    if isinstance(outcome, NoSolution):
        return None
    cost = float(program.cost @ outcome.x) + program.offset
    gain = case.cost - cost
    if not case.matters(gain):
        return None
    path: Path = ("policies", key, "share")
    text = f"one percentage point more in {key}.share saves {amount(gain)} {case.currency} in present value, taken as a whole"
    unit = f"{case.currency}/point, present value"
    return Statement("rules", key, text, value=gain, unit=unit, present_value=gain, proofs=(proof({path: policy.share + 0.01}, cost),), weight=gain)


def _shipped(case: Case) -> dict[tuple[str, str, str], list[int]]:
    """Columns of what a supplier ships to a party in a period, in and outside contracts."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for column, (name, index) in enumerate(case.program.columns):
        if name == "purchase":
            s, _, g, t = index
        elif name == "lift":
            s, g, t = case.data.contracts.supplier[index[0]], case.data.contracts.party[index[0]], index[1]
        else:
            continue
        found.setdefault((s, g, t), []).append(column)
    return found


def _in_period(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Rows of the period with a price: each eased by one unit by itself, which no single key may be able to do."""
    used = case.program.value * case.x[case.program.index]
    sizes = np.bincount(case.program.row_of, weights=np.abs(used), minlength=len(case.program.rows))
    for row, (name, index) in enumerate(case.program.rows):
        if name in TIES or wanted.period not in case.periods_of(row) or not case.directions.priced(row) or not _concerns(case, wanted, row):
            continue
        rule, parts = case.words.rule((name, index)), [str(part) for part in index[:-1]]
        price = PRICES[name].unit.format(currency=case.currency, unit=unit_of(case.scenario, case.data, name, parts))
        unit = price.split("/", 1)[1].strip("()") if "/" in price else "share"
        about = f"{rule.dotted} in {index[-1]}" + (f", {parts[0]}" if parts[0] not in rule.path else "")
        side = 1.0 if case.directions.at_upper[row] else -1.0
        said = say(
            case,
            Step(
                section="rules",
                about=rule.dotted,
                text=f"{about}: easing it by one {unit}",
                unit=unit,
                sides={row: side},
                change=None,
                most=0.1 * float(sizes[row]) or 1.0,
                materials=tuple(sorted(case.materials_of(row))),
                period=str(index[-1]),
            ),
        )
        if said is not None:
            yield said


def _concerns(case: Case, wanted: Filter, row: int) -> bool:
    """Whether a row has to do with what else is asked for."""
    _, index = case.program.rows[row]
    if any(key is not None and key not in index for key in (wanted.supplier, wanted.project)):
        return False
    return wanted.material is None or wanted.material in case.materials_of(row)
