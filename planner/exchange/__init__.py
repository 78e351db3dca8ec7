"""A plan as a workbook, and a workbook as a scenario.

The sheets of the scenario hold everything that its file says, so that a workbook that was exported comes back as the same
scenario, and one that a planner has edited as what the planner means.
"""

from __future__ import annotations

from planner.exchange.export import export_plan, plan_book
from planner.exchange.imports import import_book
from planner.exchange.reading import read_book
from planner.exchange.scenario_sheets import scenario_sheets

__all__ = ["export_plan", "import_book", "plan_book", "read_book", "scenario_sheets"]
