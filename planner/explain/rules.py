"""Which rules bind in one period, or share rules over the horizon, and what easing each is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.explain.case import Case, Filter, Statement, amount, proof
from planner.explain.worth import Step, say
from planner.results.prices import unit_of
from planner.scenario.schema import MaxShare
from planner.solver.elastic import with_added
from planner.solver.highs import Solution, solve
from planner.words import Path

STRUCTURAL = frozenset({"material_balance", "stock_balance", "capacity_ramp", "demand_balance"})


def binding(case: Case, wanted: Filter) -> Iterator[Statement]:
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
    rows = {row: share for share in case.data.policy.max_share if share.policy == key and (row := case.rows["max_share"].get(share.key)) is not None}
    if not any(abs(case.y[row]) > case.smallest for row in rows) or policy.share > 0.99:
        return None
    entries: dict[tuple[int, int], float] = {}
    for (name, index), column in ((key, column) for column, key in enumerate(case.program.columns)):
        if name not in ("purchase", "lift"):
            continue
        s, g = (index[0], index[2]) if name == "purchase" else (case.data.contracts.supplier[index[0]], case.data.contracts.party[index[0]])
        for row, share in rows.items():
            if s in share.all_suppliers and g == share.party and index[-1] in share.window.periods:
                entries[row, column] = -0.01
    program = with_added(case.program, entries)
    outcome = solve(program)
    if not isinstance(outcome, Solution):
        return None
    cost = float(program.cost @ outcome.x) + program.offset
    gain = case.cost - cost
    if gain <= 1e-9 * abs(case.cost):
        return None
    path: Path = ("policies", key, "share")
    text = f"one percentage point more in {key}.share saves {amount(gain)} {case.currency} (present value, of the whole point)"
    proofs = (proof({path: policy.share + 0.01}, cost),)
    return Statement("rules", key, text, value=gain, unit=f"{case.currency}/point", present_value=gain, proofs=proofs, weight=gain)


def _in_period(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Rows of the period with a price: each eased by one unit by itself, which no single key may be able to do."""
    used = case.program.value * case.x[case.program.index]
    sizes = np.bincount(case.program.row_of, weights=np.abs(used), minlength=len(case.program.rows))
    for row, (name, index) in enumerate(case.program.rows):
        if not isinstance(index, tuple) or index[-1] != wanted.period or name in STRUCTURAL or abs(case.y[row]) <= case.smallest:
            continue
        rule, parts = case.words.rule((name, index)), [str(part) for part in index[:-1]]
        unit = case.currency if name == "budget" else "t_CO2e" if name == "max_emissions" else unit_of(case.scenario, case.data, name, parts)
        about = f"{rule.dotted} in {index[-1]}" + (f", {parts[0]}" if parts[0] not in rule.path else "")
        side = 1.0 if case.directions.at_upper[row] else -1.0
        step = Step(
            "rules", rule.dotted, f"{about}: easing it by one {unit}", unit, {row: side}, lambda _: {}, 0.1 * float(sizes[row]) or 1.0, period=str(index[-1])
        )
        said = say(case, step)
        if said is not None:
            yield said
