"""How far levers must move at least: elastic programs, and Newton's method where a share is no linear key."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from planner.negotiate.levers import Levers
from planner.solver.certificate import proven
from planner.solver.elastic import Slack, with_added, with_slacks
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution, Solution
from planner.solver.lower import LinearProgram
from sourcing_lp.data import ShareRow

ROOM = 1e-8
"""Where steps that are known are put into the next program they get so much more, relative to what is usual, that rounding cannot close it."""
NOISE = 1e-9
"""A step below this, relative to what is usual, is rounding."""


class Steps:
    """The elastic program of one infeasible scenario.

    Args:
        levers: What can give way.
        deadline: Value of ``time.monotonic()`` at which every solve stops; None for no limit.
    """

    def __init__(self, levers: Levers, deadline: float | None) -> None:
        self.levers, self.share_rows = levers.all, levers.share_rows
        self.data, self.program, self.deadline = levers.data, levers.program, deadline
        self.binding: dict[int, list[int]] = {}

    def smallest(self) -> dict[int, float] | None:
        """By lever: how far it must move, in units of its key; None where nothing helps."""
        steps = self._smallest_steps()
        return None if steps is None else self._with_exact_shares(steps)

    def _solve(self, program: LinearProgram) -> Solution | None:
        """A proven optimum; None where there is none."""
        left = None if self.deadline is None else self.deadline - time.monotonic()
        outcome = proven(program, left)
        return None if isinstance(outcome, NoSolution) else outcome

    def _smallest_steps(self, within: Mapping[int, float] | None = None) -> dict[int, float] | None:
        """By lever: how far it must move at least, in units of its key; only those that move.

        Args:
            within: Steps that are enough. Those of shares are taken as they are, the others made smaller where they can be.
        """
        shares = {place: step for place, step in (within or {}).items() if self._is_share(place)}
        slacks, owner = [], []
        for place, lever in enumerate(self.levers):
            if place in shares or (within is not None and place not in within):
                continue
            most = np.inf if within is None or lever.adds_up else within[place] / lever.usual + ROOM
            parts: list[Mapping[int, float]] = [{row: 1.0} for row in lever.rows] if lever.adds_up else [lever.rows]
            for rows in parts:
                # counted in what is usual
                eases = {row: step * lever.usual for row, step in rows.items()}
                slacks.append(Slack(("eased", (lever.dotted, *(rows if lever.adds_up else ()))), eases, lever.price * lever.usual, most))
                owner.append(place)
        solution = self._solve(with_slacks(self._with_shares({place: step + ROOM for place, step in shares.items()}), slacks))
        if solution is None:
            return None
        steps = dict(shares)
        for place, part in zip(owner, solution.x[len(self.program.columns) :], strict=True):
            if part > NOISE:
                steps[place] = steps.get(place, 0.0) + float(part) * self.levers[place].usual
        return steps

    def _with_exact_shares(self, steps: dict[int, float]) -> dict[int, float]:
        """Make each share as small as it can be, one after the other; the other keys need less, if anything, beside it.

        A share of what ships is no linear rule: the first steps only ease it by tonnes.
        """
        exact: dict[int, float] = {}
        for place in steps:
            if self._is_share(place):
                exact[place] = self._smallest_share(place, steps, exact)
        if not exact:
            return steps
        steps = {place: step for place, step in {**steps, **exact}.items() if place not in exact or step > NOISE}
        return (self._smallest_steps(steps) or steps) if any(place not in exact for place in steps) else steps

    def _is_share(self, place: int) -> bool:
        return any(row in self.share_rows for row in self.levers[place].rows)

    def _with_shares(self, shares: Mapping[int, float]) -> LinearProgram:
        """The program with shares raised by so much."""
        entries: dict[tuple[int, int], float] = {}
        for place, step in shares.items():
            for row in self.levers[place].rows:
                entries.update(dict.fromkeys(((row, column) for column in self.totals[row]), -step))
        return with_added(self.program, entries) if entries else self.program

    def _tightened(self, program: LinearProgram, steps: Mapping[int, float]) -> LinearProgram:
        """The program with the rows that the steps tighten moved as far as their keys."""
        lower, upper = program.row_lower.copy(), program.row_upper.copy()
        for place, step in steps.items():
            for row, ease in self.levers[place].rows.items():
                if ease < 0:
                    lower[row] -= step * ease
                    upper[row] += step * ease if not np.isfinite(lower[row]) else 0.0
        return replace(program, row_lower=lower, row_upper=upper)

    def _allowed(self, steps: Mapping[int, float]) -> list[tuple[int, Slack]]:
        """Further columns that ease each row as far as the steps allow.

        What adds up costs what it costs; a key that has moved costs nothing more, but for as much as keeps what is not needed at 0.
        """
        found = []
        for place, step in steps.items():
            lever = self.levers[place]
            eased = {row: ease for row, ease in lever.rows.items() if ease > 0}
            for row, ease in eased.items():
                size = lever.usual * ease
                most = np.inf if lever.adds_up else step * ease * (1 + ROOM) + 1e-9 * size
                cost = lever.price * lever.usual * (1.0 if lever.adds_up else 1e-3 / len(eased))
                found.append((place, Slack(("eased", (lever.dotted, row)), {row: size}, cost, most / size)))
        return found

    def where(self, steps: Mapping[int, float]) -> dict[int, dict[int, float]]:
        """By lever and row: by how many units it is eased, as little in sum as the steps allow; levers that add up are absent if not needed at all."""
        shares = {place: step + ROOM for place, step in steps.items() if self._is_share(place)}
        others = {place: step for place, step in steps.items() if place not in shares}
        found = self._eased(self._tightened(self._with_shares(shares), others), self._allowed(others))
        needed = bool(found)
        for place in others:
            if not (needed and self.levers[place].adds_up):
                # every row may be eased as far as its key moves
                found.setdefault(place, {row: steps[place] * ease for row, ease in self.levers[place].rows.items() if ease > 0})
        for place in shares:
            found[place] = {row: steps[place] * self.levers[place].rows[row] for row in self.binding.get(place, self.levers[place].rows)}
        return found

    def serving(self, steps: Mapping[int, float], eased: Mapping[int, Mapping[int, float]]) -> float:
        """What one more unit of any demand costs at most, served or short as far as that was allowed, in undiscounted money, once the keys have moved.

        Args:
            steps: By lever: how far it moves.
            eased: By lever and row: by how many units it may be eased.

        Returns:
            0 where that cannot be found.
        """
        shares = {place: step + ROOM for place, step in steps.items() if self._is_share(place)}
        others = {place: step for place, step in steps.items() if place not in shares}
        slacks = []
        for place in others:
            for row, units in eased[place].items():
                size = self.levers[place].usual * self.levers[place].rows[row]
                slacks.append(Slack(("eased", (self.levers[place].dotted, row)), {row: size}, 0.0, units / size + 1e-6))
        try:
            solution = self._solve(with_slacks(self._tightened(self._with_shares(shares), others), slacks, self.program.cost))
        except SolverError:
            return 0.0
        if solution is None:
            return 0.0
        wanted = ((row, index[-1]) for row, (name, index) in enumerate(self.program.rows) if name == "demand_balance")
        return max((abs(float(solution.y[row])) / self.data.time.discount[t] for row, t in wanted), default=0.0)

    def _eased(self, program: LinearProgram, allowed: Sequence[tuple[int, Slack]]) -> dict[int, dict[int, float]]:
        """By lever and row: units by which it must be eased; nothing where that cannot be found."""
        try:
            solution = self._solve(with_slacks(program, [slack for _, slack in allowed])) if allowed else None
        except SolverError:
            solution = None
        if solution is None:
            return {}
        found: dict[int, dict[int, float]] = {}
        for (place, slack), part in zip(allowed, solution.x[len(self.program.columns) :], strict=True):
            ((row, size),) = slack.eases.items()
            if part > NOISE:
                found.setdefault(place, {})[row] = float(part) * size
        return found

    def _smallest_share(self, place: int, steps: Mapping[int, float], exact: Mapping[int, float]) -> float:
        """How far a share must rise: Newton's method on what is missing at a share, between what was asked and all.

        Args:
            place: The lever.
            steps: Steps that are enough.
            exact: Shares that are known already.
        """
        rows = self.levers[place].rows
        asked = self.share_rows[next(iter(rows))].share
        moved = {other: step for other, step in steps.items() if other != place and other not in exact}
        fixed = {other: step + ROOM for other, step in exact.items()}
        # a change of the share by less than ``least`` cannot be told from rounding
        low, high, guess, least, easily = asked, 1.0, asked, 1e-9, False
        for _ in range(60):
            try:
                missing, slope = self._missing(place, {**fixed, place: guess - asked}, moved)
            except SolverError:
                break
            if slope < 0:
                least = max(least, 10 * NOISE / -slope)
            least = max(least, 1e-6 * (high - asked))
            if missing > NOISE:
                low, newton = guess, guess - missing / slope if slope < 0 else high
                guess, easily = min(newton, high - least), False
            else:
                # a little less must not do; where it does, Newton's step went too far
                high, guess, easily = guess, (low + guess) / 2 if easily else guess - least, True
            if high - low <= 2 * least or guess <= low:
                break
        return high - asked

    def _missing(self, place: int, shares: Mapping[int, float], others: Mapping[int, float]) -> tuple[float, float]:
        """By how much, of what ships about, the rows of a share cannot be kept, and how fast that falls while the share rises."""
        rows = self.levers[place].rows
        slacks = [*(replace(slack, cost=0.0) for _, slack in self._allowed(others)), Slack(("missing", None), dict(rows), 1.0)]
        solution = self._solve(with_slacks(self._tightened(self._with_shares(shares), others), slacks))
        if solution is None:
            return 0.0, 0.0
        slope = sum(float(solution.y[row] * solution.x[self.totals[row]].sum()) for row in rows)
        if solution.x[-1] > NOISE:
            self.binding[place] = [row for row, about in rows.items() if -solution.y[row] * about > 1e-6]
        return float(solution.x[-1]), slope

    @cached_property
    def totals(self) -> dict[int, list[int]]:
        """By row of a share: the columns of all that ships there."""
        return {row: self._columns_of(share) for row, share in self.share_rows.items()}

    def _columns_of(self, row: ShareRow) -> list[int]:
        """Columns of all that ships to the party in the window."""
        return [column for s in row.all_suppliers for t in row.window.periods for column in self._ships.get((s, row.party, t), ())]

    @cached_property
    def _ships(self) -> dict[tuple[str, str, str], list[int]]:
        """By supplier, party and period: the columns of what ships."""
        found: dict[tuple[str, str, str], list[int]] = {}
        for column, (name, index) in enumerate(self.program.columns):
            if name == "purchase":
                s, _, g, t = index
            elif name == "lift":
                c, t = index
                s, g = self.data.contracts.supplier[c], self.data.contracts.party[c]
            else:
                continue
            found.setdefault((s, g, t), []).append(column)
        return found
