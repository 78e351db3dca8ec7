"""A plan folder as one workbook: its cover, its scenario, and all of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planner.errors import InputError
from planner.exchange.cover import PREFIX, cover, mix_sheet, origins_sheet
from planner.exchange.scenario_sheets import LEGEND, scenario_sheets
from planner.plan import SCENARIO, Plan
from planner.scenario.characters import harmless
from planner.scenario.load import loads, meanings_at
from planner.sheets import SUFFIX, Sheet, refuse_foreign_book, write_book

TABLES = {
    "purchases": "bought outside contracts, by supplier, price tier and period of shipping",
    "contracts": "lifted, breached and signed, by contract and period",
    "arrivals": "what arrives, by source and period",
    "capacity": "what stands and what decisions add, by supplier, process, stockpile and period",
    "commitments": "projects: committed already and decided",
    "stockpiles": "level at the end of each period, filled, drawn, missing below the floor",
    "demands": "wanted, served, substituted and short, by demand and period",
    "processes": "activity, materials used and made, by process and period",
    "transfers": "sent from party to party",
    "disposals": "thrown away",
    "violations": "how far soft policies are broken",
    "costs": "discounted money by cost line, by what causes it, and the period in which it is decided",
    "prices": "what one more unit of each rule is worth, undiscounted; from low to high where it is not unique",
    "inputs": "every key of the scenario with its value, place and source",
}


def export_plan(folder: str | Path, path: str | Path | None = None, *, force: bool = False) -> Path:
    """Write a plan folder as a workbook.

    Args:
        folder: The plan folder.
        path: The workbook; default beside the folder, with its name.
        force: Whether to replace a file that is not an untouched workbook of this program.

    Returns:
        Where the workbook is.

    Raises:
        InputError: if the folder is not a whole plan, something is in the way, or a value does not fit a cell.
    """
    folder = Path(folder)
    target = Path(path) if path is not None else _beside(folder)
    # better now than after everything is read
    refuse_foreign_book(target, force=force)
    plan = Plan.load(folder)
    scenario = loads(plan.resolved, harmless(str(folder / SCENARIO)))
    try:
        sheets = plan_book(plan, scenario.sources.tree.plain())
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{folder / 'plan.json'}: the plan is damaged and cannot be exported: {type(error).__name__}: {error}") from None
    return write_book(target, sheets, str(plan.record["title"] or plan.name), force=force)


def _beside(folder: Path) -> Path:
    """``plans/base.xlsx`` for ``plans/base``; a folder that is called ``.`` has a name as well."""
    folder = folder if folder.name not in ("", "..") else folder.resolve()
    return folder.with_name(folder.name + SUFFIX)


def plan_book(plan: Plan, scenario: Mapping[str, Any]) -> list[Sheet]:
    """The sheets of a plan.

    Args:
        plan: The plan.
        scenario: Its resolved scenario as plain data.

    Returns:
        Cover, scenario and legend, key figures by year, and one sheet for each table.

    Raises:
        InputError: for values of the scenario that no cell can hold.
    """
    figures = plan.record["figures"]
    inputs = scenario_sheets(scenario)
    origins = origins_sheet(figures)
    results = [mix_sheet(figures), origins, *(_table(plan, name) for name in [*TABLES, *sorted(set(plan.tables) - set(TABLES))] if name in plan.tables)]
    meanings = meanings_at(())
    others = [(sheet.name, _what(sheet, meanings)) for sheet in inputs if len(sheet.frame)]
    others += [(sheet.name, f"{sheet.title}: {sheet.notes[0]}" if sheet.notes else sheet.title) for sheet in results]
    return [cover(plan, origins, others), *inputs, *results]


def _what(sheet: Sheet, meanings: Mapping[str, str]) -> str:
    if sheet.name == LEGEND:
        return "How the sheets of the scenario are written, and what each key means."
    return f"Scenario: {meanings[sheet.name]}" if sheet.name in meanings else "Scenario: its title, horizon and money."


def _table(plan: Plan, name: str) -> Sheet:
    """One table of the plan, as it is in the folder."""
    frame, note = plan.tables[name], TABLES.get(name, "")
    return Sheet(PREFIX + name, frame, name.capitalize(), (note,) if note else (), {"tier": "count"}, "unit", plan.record["currency"], frozen=1, widest=80)
