"""Which rules contradict each other, and which prices make money from nothing, by the keys that set them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from planner.errors import Conflict, listed
from planner.scenario.load import Loaded
from planner.solver.highs import NoSolution
from planner.solver.lower import LinearProgram, name_of
from planner.words import STRUCTURAL, Words, spans
from sourcing_lp.data import SourcingData

_SPOKEN = ("policies", "stockpiles", "demands", "contracts", "projects", "events", "processes", "routes", "suppliers", "materials", "horizon")
"""In this order a conflict is told: what is most easily changed comes first."""


def contradictions(loaded: Loaded, words: Words, data: SourcingData, program: LinearProgram, rows: Collection[int]) -> list[Conflict]:
    """The conflicting rows by the key that sets them; what only ties them together comes last."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        key = program.rows[row]
        groups.setdefault((key[0], words.rule(key).dotted), []).append(row)
    found = []
    for (name, dotted), members in groups.items():
        rule = words.rule(program.rows[members[0]])
        indices = [index for _, index in (program.rows[row] for row in members) if isinstance(index, tuple)]
        labels = [str(index[-1]) for index in indices]
        items = [item for item in dict.fromkeys(words.item(program.rows[row]) for row in members) if item]
        meaning = rule.words + (f" ({listed(items)})" if items else "")
        spent = sum(row.constant for row in data.policy.budget if name == "budget" and row.key in indices)
        meaning += f"; projects that are committed already take {spent:.9g} {loaded.scenario.money.currency} of it" if spent else ""
        names = tuple(name_of(program.rows[row]) for row in members)
        found.append(Conflict(name, meaning, names, dotted, str(loaded.mark(*rule.path)), spans(loaded.calendar, labels), name in STRUCTURAL))
    found += _without_capacity(loaded, data, [index for name, index in (program.rows[row] for row in rows) if name == "material_balance"])
    return sorted(found, key=lambda conflict: (conflict.structural, _SPOKEN.index(conflict.path.split(".", 1)[0])))


def _without_capacity(loaded: Loaded, data: SourcingData, balances: Iterable[tuple[str, str, str]]) -> list[Conflict]:
    """Suppliers that ship at other times and have no capacity where it is missed: they have no row that could be named."""
    missed: dict[str, dict[str, None]] = {}
    for m, g, t in balances:
        for s, supplier in loaded.scenario.suppliers.items():
            sells = supplier.material == m and (supplier.sells_to is None or g in supplier.sells_to)
            if sells and (s, t) not in data.supply.buyers and max(supplier.capacity.values) > 0:
                missed.setdefault(s, {})[t] = None
    return [
        Conflict(
            "supplier_capacity", "has no capacity", (), f"suppliers.{s}.capacity", str(loaded.mark("suppliers", s, "capacity")), spans(loaded.calendar, labels)
        )
        for s, labels in missed.items()
    ]


def money_from_nothing(loaded: Loaded, words: Words, program: LinearProgram, outcome: NoSolution) -> list[Conflict]:
    """The prices that earn in what can grow without end, the largest first."""
    found: dict[str, tuple[float, Conflict]] = {}
    for column, growth in zip(outcome.columns, outcome.ray, strict=True):
        earns = -program.cost[column] * growth
        if earns <= 0:
            continue
        path, meaning = words.earning(program.columns[column])
        dotted = ".".join(map(str, path))
        before = found.get(dotted)
        names = (*(before[1].rows if before else ()), name_of(program.columns[column]))
        conflict = Conflict("money from nothing", meaning, names, dotted, str(loaded.mark(*path)))
        found[dotted] = (earns + (before[0] if before else 0.0), conflict)
    return [conflict for _, conflict in sorted(found.values(), key=lambda entry: -entry[0])]
