"""Money: cost lines, and what one more unit would be worth."""

from __future__ import annotations

from collections import defaultdict

from planner.report.case import Case, Tree, short

LINES = {
    "purchases": "Purchases outside contracts", "contracts": "Purchases under contracts", "breach": "Contract minima not lifted", "freight": "Freight",
    "tariffs": "Tariffs", "capex": "New capacity (capex)", "fixed_cost": "Keeping new capacity", "process": "Processing and recycling",
    "transport": "Routes between parties", "storage": "Storage", "shortage": "Shortage, as valued", "disposal": "Disposal (sales are credits)",
    "policy_penalties": "Soft rules broken", "salvage": "Salvage of new capacity", "final_stock_value": "Value of the final stock",
}  # fmt: skip


def costs_tree(case: Case) -> list[Tree]:
    """Discounted money by cost line, largest first; credits are negative."""
    lines = [(name, value) for name, value in case.plan.costs.items() if abs(value) > 1e-9 * max(1e-300, abs(case.plan.total_cost))]
    return [{"id": name, "label": LINES.get(name, name), "value": short(value)} for name, value in sorted(lines, key=lambda item: -item[1])]


def values_tree(case: Case) -> Tree:
    """Per material and party: what one more unit is worth in every period, undiscounted money per unit; None where no price is known."""
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in case.rows("prices"):
        if row["rule"] == "material_balance" and row["item"] in case.figures["mix"]:
            found[row["item"]][row["party"]][row["period"]] = row["value"]
    return {
        material: {
            party: [short(by_period[period.label]) if period.label in by_period else None for period in case.periods] for party, by_period in parties.items()
        }
        for material, parties in found.items()
    }
