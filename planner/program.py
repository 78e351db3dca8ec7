"""From a scenario to the arrays of its linear program, and from an optimum to money."""

from __future__ import annotations

import logging
import math

import sourcing_lp
from planner.collector import collector_paused
from planner.compile import compile_scenario
from planner.scenario.dates import Calendar
from planner.scenario.load import Loaded
from planner.scenario.schema import Scenario
from planner.solver.highs import Solution
from planner.solver.lower import Floats, LinearProgram, lower
from sourcing_lp.data import SourcingData
from sourcing_lp.units import counted_in


def make_program(loaded: Loaded) -> tuple[SourcingData, LinearProgram]:
    """Compile a scenario, build its model and lower it to arrays."""
    return program_of(loaded.scenario, loaded.calendar)


def program_of(scenario: Scenario, calendar: Calendar) -> tuple[SourcingData, LinearProgram]:
    """The same for a scenario that was not read from files, such as a part of one."""
    with collector_paused():
        data = compile_scenario(scenario, calendar)
        return data, lowered(data)


def lowered(data: SourcingData) -> LinearProgram:
    """The linear program of compiled data."""
    # Pyomo logs to stdout, which belongs to --json
    logging.getLogger("pyomo").setLevel(logging.CRITICAL)
    with collector_paused():
        model = sourcing_lp.build(data)
        program = lower(model, counted_in(data))
        # taken apart it is gone at once; whole, it is one great cycle that waits for the collector
        model.clear()
        return program


def cost_lines(program: LinearProgram, solution: Solution) -> dict[str, float]:
    """Discounted money by cost line; credits are negative, so that the lines sum to the objective."""
    return {name.removeprefix("cost_"): money for name, money in lines_at(program, solution.x).items()}


def lines_at(program: LinearProgram, x: Floats) -> dict[str, float]:
    """The same by the names of the expressions, at any plan."""
    return {name: line.constant + math.fsum((line.values * x[line.columns]).tolist()) for name, line in program.lines.items()}
