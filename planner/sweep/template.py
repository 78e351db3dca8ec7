"""A program that is built once and patched for scenarios with other numbers.

Which number of the data goes into which rows is not written down anywhere, since that would be a second formulation. It is found
out: the rules of the model are called once more, row by row, on data that note who reads them. Where a scenario has other numbers, the
rules of just the rows and cost lines that have read them are called on the new data, and lowered as always. What else must be the same
(who can ship when, which limits exist) is held against the template; where it is not, nothing is patched.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

import pyomo.core as pyo

import sourcing_lp
from planner.collector import collector_paused
from planner.solver.lower import Line, LinearProgram, Relowering, lower, weighted
from sourcing_lp.cost import COST_LINES, Discounted
from sourcing_lp.data import PolicyRow, SourcingData
from sourcing_lp.units import counted_in

Entry = tuple[str, Hashable]
"""(field of the data, key in it): one number, or a few that belong together."""
Row = tuple[str, Any]
"""(constraint, index), whether or not the program has the row; (cost line, None), or (cost line, period) where it is discounted period by period."""
DISCOUNT = "time.discount"
POLICY_ROWS = "policy_rows"
DISCOUNTED = {name: line for name, line in COST_LINES.items() if isinstance(line, Discounted)}


class Template:
    """A built program with its data.

    Args:
        data: A compiled scenario, the base of those that are to come.
    """

    def __init__(self, data: SourcingData) -> None:
        logging.getLogger("pyomo").setLevel(logging.CRITICAL)
        self.data = data
        self.reads: Counter[Entry] = Counter()
        with collector_paused():
            watched: Any = _Watched(data, self.reads)
            self.model = sourcing_lp.build(watched)
            self.program = lower(self.model, counted_in(watched))
            self.relowering = Relowering(self.model, self.program)
            self.readers, self.structure = self._readers()
        self.number = {key: place for place, key in enumerate(self.program.rows)}
        self.model.data = data

    def _readers(self) -> tuple[dict[Entry, list[Row]], set[Entry]]:
        """Who reads each entry, and the entries that say more than numbers: those read while no rule was at work."""
        built = self.reads.copy()
        self.model.policy_rows = _Noting(POLICY_ROWS, self.model.policy_rows, self.reads)
        readers: dict[Entry, list[Row]] = defaultdict(list)
        by_rules: Counter[Entry] = Counter()
        for row in self._rows():
            self.reads.clear()
            self._evaluated(row)
            for entry in self.reads:
                readers[entry].append(row)
            by_rules.update(self.reads)
        for t in self.data.time.periods:
            by_rules[DISCOUNT, t] += len(DISCOUNTED)
        return dict(readers), {entry for entry, times in built.items() if times > by_rules[entry]}

    def _rows(self) -> Iterator[Row]:
        for component in self.model.component_objects(pyo.Constraint, descend_into=False):
            yield from ((component.local_name, key) for key in component.index_set())
        for name in COST_LINES:
            yield from ((name, t) for t in (self.data.time.periods if name in DISCOUNTED else (None,)))

    def _evaluated(self, row: Row) -> Any:
        """The expression of a row or cost line, from the data that the model has now."""
        name, key = row
        if name not in COST_LINES:
            return self.model.component(name).rule(self.model, key)
        return DISCOUNTED[name].due(self.model, key) if key is not None else COST_LINES[name](self.model)

    @cached_property
    def _due(self) -> dict[Row, Line]:
        """What is due by period, of the discounted cost lines."""
        return {row: self._line(row) for row in self._rows() if row[0] in DISCOUNTED}

    def _line(self, row: Row) -> Line:
        return self.relowering.line(self._evaluated(row), row[0])

    def changes(self, data: SourcingData) -> set[Entry] | None:
        """Entries that differ.

        Args:
            data: Another compiled scenario.

        Returns:
            None where more than numbers differs.
        """
        found: set[Entry] = set()
        for name, mine, other in _fields(self.data, data):
            if isinstance(mine, Mapping):
                if mine == other:
                    continue
                if list(mine) != list(other):
                    return None
                found.update((name, key) for key, value in mine.items() if value != other[key])
            elif name.startswith("policy."):
                continue
            elif isinstance(mine, float):
                found.update([(name, None)] if mine != other else [])
            elif mine != other:
                return None
        mine, other = policy_rows(self.data), policy_rows(data)
        if list(mine) != list(other) or any((row.penalty is None) != (other[key].penalty is None) for key, row in mine.items()):
            return None
        found.update((POLICY_ROWS, key) for key, row in mine.items() if row != other[key])
        return found if self.structure.isdisjoint(found) else None

    def program_of(self, data: SourcingData, changes: set[Entry]) -> LinearProgram | None:
        """The program of other data.

        Args:
            data: Another compiled scenario.
            changes: Where it differs from the template.

        Returns:
            What building and lowering it gives, to the last digit; None where rows come or go.
        """
        rows = dict.fromkeys(row for entry in changes for row in self.readers.get(entry, ()))
        anew = {name for name, _ in rows if name in DISCOUNTED} | (set(DISCOUNTED) if any(name == DISCOUNT for name, _ in changes) else set())
        due = dict(self._due) if anew else {}
        self.model.data, self.model.policy_rows = data, policy_rows(data)
        try:
            numbers: list[int] = []
            lines: dict[str, Line] = {}
            for row in rows:
                name, key = row
                if name in DISCOUNTED:
                    due[row] = self._line(row)
                elif name in COST_LINES:
                    lines[f"cost_{name}"] = self._line(row)
                else:
                    expression = self._evaluated(row)
                    if (expression is pyo.Constraint.Skip) != (row not in self.number):
                        return None
                    if row in self.number:
                        numbers.append(self.number[row])
                        self.model.component(name)[key].set_value(expression)
            time = data.time
            for name in anew:
                lines[f"cost_{name}"] = weighted([due[name, t] for t in time.periods], [time.discount[t] for t in time.periods])
            return self.relowering.again(sorted(numbers), lines)
        finally:
            self.model.data = self.data


def policy_rows(data: SourcingData) -> dict[tuple[str, str, str], PolicyRow]:
    """Rows of policies by key, as the model has them."""
    return {row.key: row for row in data.policy.rows}


def _fields(one: SourcingData, other: SourcingData) -> Iterator[tuple[str, Any, Any]]:
    """(name, value, value) of each field of two compiled scenarios."""
    for subject in fields(SourcingData):
        mine, theirs = getattr(one, subject.name), getattr(other, subject.name)
        for part in fields(mine):
            yield f"{subject.name}.{part.name}", getattr(mine, part.name), getattr(theirs, part.name)


class _Noting(dict[Any, Any]):
    """A map that notes which of its values are read; who asks for its keys alone learns what every other map has as well."""

    def __init__(self, name: str, values: Mapping[Any, Any], reads: Counter[Entry]) -> None:
        super().__init__(values)
        self.name, self.noted = name, reads

    def __getitem__(self, key: Any) -> Any:
        self.noted[self.name, key] += 1
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        # the map's own get would read without noting it
        return self[key] if key in self else default  # noqa: SIM401

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


class _Watched:
    """Compiled data, or a subject of them, that note what is read."""

    def __init__(self, data: Any, reads: Counter[Entry], name: str = "") -> None:
        self._reads, self._name, self._data = reads, name, data
        for part in fields(data):
            value, own = getattr(data, part.name), f"{name}.{part.name}" if name else part.name
            if not name:
                setattr(self, part.name, _Watched(value, reads, own))
            elif isinstance(value, Mapping):
                setattr(self, part.name, _Noting(own, value, reads))

    def __getattr__(self, name: str) -> Any:
        # what is no map: numbers may differ, all else is the same for every scenario that is patched
        value = getattr(self._data, name)
        if isinstance(value, float):
            self._reads[f"{self._name}.{name}", None] += 1
        return value
