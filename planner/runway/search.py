"""The last day up to which demands can be served in full, exact to the day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from planner.runway.cuts import Source
from planner.runway.trial import Question, Trial, Verdict, trial
from planner.runway.unserved import Case
from planner.words import Rule

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Answer:
    """How long some demands are served in full."""

    day: dt.date
    """First day that is not served any more; the end of the horizon where all are."""
    open: bool
    """Whether they are served up to the end of the horizon at least."""
    short: tuple[str, ...] = ()
    """Demands that run short first."""
    rule: Rule | None = None
    """What stands most in the way of going on."""
    used: frozenset[Source] = frozenset()
    """Sources that a plan lasting so long uses once they may have failed."""


def latest(case: Case, question: Question, low: dt.date, high: dt.date) -> Answer:
    """Find the last day up to which a question is answered by yes.

    A plan up to a day, stopped at an earlier edge of the grid, is a plan up to that edge; so there is one border between yes and no.

    Args:
        case: The part of the scenario.
        question: What must be served, without what.
        low: A day up to which it can be.
        high: The last day of interest.
    """
    return _Search(case, question, low, high).answer()


class _Search:
    """Closes in on the border: over whole periods, then inside one."""

    def __init__(self, case: Case, question: Question, low: dt.date, high: dt.date) -> None:
        self.case, self.question = case, question
        self.low, self.high = low, high
        self.used: frozenset[Source] = frozenset()
        self.beyond: tuple[Trial, Verdict] | None = None
        """The earliest day that is known to be too late."""

    def answer(self) -> Answer:
        if self.low == self.high or self._try(self.high):
            return Answer(self.high, self.high == self.case.calendar.end, used=self.used)
        edges = [period.start for period in self.case.calendar.periods]
        while inside := [edge for edge in edges if self.low < edge < self.high]:
            # plans put off what is missing, so that the border is near the first period with something missing
            self._try(inside[0])
            if inside[0] == self.low and len(inside) > 2:
                self._try(inside[len(inside) // 2])
        halved = True
        while (width := self.high - self.low) > DAY:
            # where a slope leads nowhere the middle does
            self._try(self._guess(by_slope=halved))
            halved = not halved or self.high - self.low <= width / 2
        assert self.beyond is not None
        late, verdict = self.beyond
        return Answer(self.low, False, verdict.short, late.stopped_by(self.question, verdict), self.used)

    def _try(self, day: dt.date) -> bool:
        """Ask for a day, and close in from its side."""
        asked = trial(self.case, day, self.question.lever == "ramps")
        verdict = asked.ask(self.question)
        if verdict.served:
            self.low, self.used = day, asked.used(verdict, day)
            return True
        self.high, self.beyond = day, (asked, verdict)
        if verdict.since is not None and verdict.since > self.low:
            self.low, self.used = verdict.since, asked.used(verdict, verdict.since)
        return False

    def _guess(self, by_slope: bool) -> dt.date:
        """A day between: where what is missing would become nothing along its slope, else the middle."""
        assert self.beyond is not None
        late, verdict = self.beyond
        guess = late.border(verdict) if by_slope else None
        if guess is None:
            guess = self.low + (self.high - self.low) / 2
        return min(max(guess, self.low + DAY), self.high - DAY)
