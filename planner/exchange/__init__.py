"""A plan as a workbook, and a workbook as a scenario.

The sheets of the scenario hold everything that its file says, so that a workbook that was exported comes back as the same
scenario, and one that a planner has edited as what the planner means.
"""

from __future__ import annotations


