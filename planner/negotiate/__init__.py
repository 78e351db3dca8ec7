"""Where no plan can keep all rules: which ones contradict each other, and the cheapest way out.

Every rule that somebody could change is made elastic: one number a key, so that the answer reads like the scenario. How
far each moves counts against what is usual for it (a year's demand, a year's bill, the whole share) over how negotiable it
is. What nature, other parties or arithmetic set never moves: balances, ramps, the cutoff itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planner.compile.setting import Setting
from planner.errors import LimitError, NoPlanError, Relaxation
from planner.negotiate.conflicts import contradictions, money_from_nothing
from planner.negotiate.levers import Levers
from planner.negotiate.steps import Steps
from planner.negotiate.telling import Telling
from planner.scenario.changes import changed
from planner.scenario.load import Loaded
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution
from planner.solver.lower import LinearProgram
from planner.words import Path, Words
from sourcing_lp.data import SourcingData

__all__ = ["Settlement", "refusal", "relaxed"]


@dataclass(frozen=True)
class Settlement:
    """The cheapest way out: what to tell, and the keys to set."""

    relaxations: list[Relaxation]
    changes: dict[Path, Any]


def refusal(loaded: Loaded, data: SourcingData, program: LinearProgram, outcome: NoSolution, deadline: float | None = None) -> tuple[NoPlanError, Settlement]:
    """Why there is no plan, and the cheapest way to one.

    Args:
        loaded: The scenario.
        data: What it compiles to.
        program: What that lowers to.
        outcome: What the solver said of it.
        deadline: Value of ``time.monotonic()`` at which the negotiation gives up.

    Returns:
        The error to raise, and the settlement; empty where the scenario is unbounded or nothing helps.
    """
    words = Words(Setting(loaded.scenario, loaded.calendar))
    if outcome.status == "unbounded":
        text = "the scenario is unbounded: some price makes money from nothing"
        return NoPlanError("unbounded", text, money_from_nothing(loaded, words, program, outcome)), Settlement([], {})
    conflicts = contradictions(loaded, words, data, program, outcome.rows)
    text = "the scenario is infeasible: no plan can keep all of its rules"
    text += "" if conflicts else "; which of them contradict each other could not be found in the time allowed"
    try:
        settlement = _settle(loaded, words, data, program, deadline)
        text += "" if settlement.relaxations else "; nothing that is negotiable helps"
    except LimitError:
        settlement = Settlement([], {})
        text += "; the time limit came before a way out was found"
    except SolverError:
        settlement = Settlement([], {})
        text += "; the solver found no way out"
    return NoPlanError("infeasible", text, conflicts, settlement.relaxations), settlement


def relaxed(loaded: Loaded, settlement: Settlement) -> Loaded:
    """The scenario with the keys of a settlement set."""
    return changed(loaded, settlement.changes)


def _settle(loaded: Loaded, words: Words, data: SourcingData, program: LinearProgram, deadline: float | None) -> Settlement:
    """Find how far each key must move, the most important first."""
    levers = Levers(words.setting, data, program)
    finder = Steps(levers, deadline)
    steps = finder.smallest()
    if steps is None:
        return Settlement([], {})
    eased = finder.where(steps)
    # what adds up is needed as far as it is eased, row by row
    steps = {place: sum(eased[place].values()) if levers.all[place].adds_up else step for place, step in steps.items() if place in eased}
    telling = Telling(loaded, words, data, program, finder.serving(steps, eased))
    order = sorted(steps, key=lambda place: -levers.all[place].price * steps[place])
    changes: dict[Path, Any] = {}
    for place in order:
        changes |= telling.edits(levers.all[place], steps[place], eased[place])
    return Settlement([telling.told(levers.all[place], steps[place], eased[place]) for place in order], changes)
