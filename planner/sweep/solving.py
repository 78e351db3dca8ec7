"""Solves runs: each part of a scenario by itself, from the program and basis of an earlier run where it has the same structure.

What comes of a run depends on its scenario alone: a patched program is the one that would be built, its optimum is proven and ties are
settled as ``plan solve`` settles them, so neither the basis from which a solve starts nor what was solved before leaves a trace.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

from planner.collector import collector_paused
from planner.compile import compile_scenario
from planner.compile.setting import Memory, Setting
from planner.errors import InputError, Interrupted, LimitError, StopgapError, listed
from planner.optimum import find_best
from planner.program import lowered
from planner.scenario.changes import changed
from planner.scenario.dates import Calendar
from planner.scenario.load import Loaded
from planner.scenario.parts import split
from planner.scenario.schema import Scenario
from planner.solver.engine import Basis
from planner.solver.highs import NoSolution
from planner.solver.lower import LinearProgram
from planner.sweep.cases import Values
from planner.sweep.figures import Reading, figures_of, put_together
from planner.sweep.result import Result, Status
from planner.sweep.template import Template
from planner.words import STRUCTURAL, Words
from sourcing_lp.data import SourcingData

MOST_BASES = 2
"""Bases that a process keeps; runs come base by base."""
MOST_STRUCTURES = 8
"""Programs of different structure that are kept of a part."""
MOST_REMEMBERED = 5_000
"""Results of parts that a process remembers for each base: in a grid the same part comes again and again."""


@dataclass(frozen=True)
class Chunk:
    """Runs on one base, to be solved in any process."""

    digest: str
    """Of the base, by which a process knows it again."""
    base: bytes
    """The base, pickled."""
    runs: tuple[tuple[str, Values], ...]
    """Key and what is set."""
    time_limit: float | None = None
    """Seconds of each run."""


_bases: OrderedDict[str, Base] = OrderedDict()


def solve_chunk(chunk: Chunk) -> dict[str, Result]:
    """Results by key."""
    base = _bases.pop(chunk.digest, None)
    if base is None:
        base = Base(pickle.loads(chunk.base))  # noqa: S301 - made by the process that started the sweep
    _bases[chunk.digest] = base
    while len(_bases) > MOST_BASES:
        _bases.popitem(last=False)
    # what a run leaves is gone through once, when all are done
    with collector_paused():
        return {key: base.run(values, chunk.time_limit) for key, values in chunk.runs}


class Base:
    """A scenario of which many variations are solved.

    Args:
        loaded: The scenario.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.parts: dict[tuple[str, ...], Part] = defaultdict(Part)
        """By their materials."""
        self.remembered: OrderedDict[bytes, Result] = OrderedDict()

    def run(self, values: Values, time_limit: float | None = None) -> Result:
        """Solve one variation; whatever goes wrong is part of the result.

        Args:
            values: What it sets.
            time_limit: Seconds of solving.

        Raises:
            Interrupted: if the user pressed Ctrl-C.
        """
        started = time.process_time()
        status: Status = "failed"
        try:
            return self._solved(changed(self.loaded, values), time_limit, started)
        except Interrupted:
            raise
        except InputError as error:
            reason = str(error.problems[0]).removeprefix(f"{error.problems[0].mark}: ") if error.problems else str(error)
        except LimitError as error:
            status, reason = "limit", str(error)
        except StopgapError as error:
            reason = str(error).split("\n", 1)[0]
        except Exception as error:  # one run that meets a bug is no reason to lose the others
            reason = f"a bug of the planner: {type(error).__name__}: {error}"
        return Result(status, reason, seconds=time.process_time() - started)

    def _solved(self, loaded: Loaded, time_limit: float | None, started: float) -> Result:
        found = [self._part(part, loaded.calendar, time_limit) for part in split(loaded.scenario, loaded.calendar)]
        worst = min(found, key=lambda part: ("infeasible", "unbounded", "ok").index(part.status))
        seconds = time.process_time() - started
        if worst.status != "ok":
            return Result(worst.status, worst.reason, seconds=seconds)
        return Result("ok", figures=put_together(part.figures for part in found), seconds=seconds)

    def _part(self, scenario: Scenario, calendar: Calendar, time_limit: float | None) -> Result:
        """The result of a part, which may be known already."""
        mark = hashlib.sha256(pickle.dumps((scenario, calendar), pickle.HIGHEST_PROTOCOL)).digest()
        result = self.remembered.pop(mark, None)
        if result is None:
            result = self.parts[tuple(scenario.materials)].solve(scenario, calendar, time_limit)
        self.remembered[mark] = result
        while len(self.remembered) > MOST_REMEMBERED:
            self.remembered.popitem(last=False)
        return result


class Part:
    """One part of the base and of its variations."""

    def __init__(self) -> None:
        self.prepared: list[Prepared] = []
        """Programs of different structure, the one that was used last first."""
        self.memory: Memory = {}

    def solve(self, scenario: Scenario, calendar: Calendar, time_limit: float | None) -> Result:
        """Solve the part of a variation: its program is patched where one of the same structure is at hand, else built."""
        data = compile_scenario(scenario, calendar, self.memory)
        for place, prepared in enumerate(self.prepared):
            program = prepared.template.program_of(data)
            if program is not None:
                self.prepared.insert(0, self.prepared.pop(place))
                return solve_part(scenario, calendar, data, program, time_limit, prepared)
        if len(self.prepared) == MOST_STRUCTURES:
            # where every run is of another structure, templates cost more than they save
            return solve_part(scenario, calendar, data, lowered(data), time_limit)
        prepared = Prepared(Template(data))
        self.prepared.insert(0, prepared)
        return solve_part(scenario, calendar, data, prepared.template.program, time_limit, prepared)


class Prepared:
    """What programs of the same structure share.

    Args:
        template: Patched for each.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        self.reading = Reading(template.program)
        self.basis: Basis | None = None
        """Of the first optimum."""


def solve_part(
    scenario: Scenario, calendar: Calendar, data: SourcingData, program: LinearProgram, time_limit: float | None, prepared: Prepared | None = None
) -> Result:
    """Solve one part of a variation.

    Args:
        scenario: The part.
        calendar: Its grid.
        data: What it compiles to.
        program: What that lowers to.
        time_limit: Seconds for it.
        prepared: What programs of its structure share, if others were solved; learns from this one.

    Raises:
        LimitError: if the time limit was reached.
        SolverError: if there is no proven answer.
    """
    best = find_best(scenario, data, program, time_limit=time_limit, start=prepared.basis if prepared else None, prices=False)
    if isinstance(best, NoSolution):
        return Result("infeasible" if best.status == "infeasible" else "unbounded", _reason(scenario, calendar, program, best))
    if not best.certificate.passed:
        return Result("failed", "the solver's answer could not be proven")
    if prepared is not None and prepared.basis is None and best.solution.optimum is not None:
        prepared.basis = best.solution.optimum.basis
    return Result("ok", figures=figures_of(scenario, data, program, best.solution, prepared.reading if prepared else Reading(program)))


def _reason(scenario: Scenario, calendar: Calendar, program: LinearProgram, found: NoSolution) -> str:
    """Which rules contradict each other, or what earns without limit."""
    words = Words(Setting(scenario, calendar))
    if found.status == "unbounded":
        return "a price makes money from nothing: " + listed({".".join(map(str, words.earning(program.columns[column])[0])) for column in found.columns} - {""})
    rules = {words.rule(program.rows[row]).dotted for row in found.rows if program.rows[row][0] not in STRUCTURAL}
    return "no plan can keep all of its rules" + (f": {listed(rules)}" if rules else "")
