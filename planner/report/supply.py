"""Supply by source against what is needed, per material, party and period."""

from __future__ import annotations

from planner.report.case import Case, Tree, short
from planner.report.flows import Amounts, Flows, Key, name_of


def supply_tree(case: Case, flows: dict[tuple[str, str], Flows]) -> Tree:
    """Per material and party: what comes and what goes in every period, in the material's unit.

    The sources, shortage among them, add up to the uses in every period.

    Returns:
        ``{material: {party: {"in": [source], "out": [use]}}}``, each with ``kind``, ``id``, ``label``, ``origin`` and ``values`` by period.
    """
    found: Tree = {}
    for (material, party), flow in flows.items():
        found.setdefault(material, {})[party] = {"in": _side(case, flow.sources), "out": _side(case, flow.uses)}
    return found


def _side(case: Case, amounts: Amounts) -> list[Tree]:
    labels = [period.label for period in case.periods]
    largest = max((sum(abs(value) for value in periods.values()) for periods in amounts.values()), default=0.0)
    return [
        {
            "kind": key[0],
            "id": key[1],
            "label": name_of(case, key),
            "origin": origin_of(case, key),
            "values": [short(periods.get(label, 0.0)) for label in labels],
        }
        for key, periods in amounts.items()
        # what a solver leaves of zero is nothing
        if sum(periods.values()) > 1e-8 * largest
    ]


def origin_of(case: Case, key: Key) -> str:
    """Country that a supplier's goods were mined in, empty for everything else."""
    return (case.scenario.suppliers[key[1]].mined_in or "") if key[0] == "supplier" else ""
