"""The horizon test: solve again with a longer horizon, and say which decisions of the first two years move.

A plan that is sound does not depend on where one stopped counting. What is decided soon is compared; the end itself may differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from planner.compile.setting import Setting
from planner.errors import CheckError, InputError, LimitError, NoPlanError
from planner.pipeline import solve_scenario
from planner.plan import SCENARIO, Plan, Record
from planner.results.ending import number
from planner.scenario.dates import STEPS, Period, add_months, make_calendar
from planner.scenario.load import Loaded, load, validate
from planner.scenario.reader import Node, parse_yaml
from planner.stopwatch import Progress

EARLY_YEARS = 2
"""Decisions of so many years are compared."""
TOLERANCE = 0.01
"""A change counts as a move from this share on: of a year's demand for the material, of a project's largest size, of a contract."""


def lengthen(loaded: Loaded, years: float) -> Loaded:
    """The same scenario with a longer horizon: the end of its last part moves, the steps stay.

    Series hold their last value and growth goes on; events, contracts and windows without an end last on.

    Args:
        loaded: The scenario.
        years: How much longer, a whole number of the last part's steps.

    Raises:
        InputError: if the years do not fit the grid, or the longer scenario is not valid.
    """
    step = loaded.scenario.horizon.parts[-1][1]
    months = 12 * years
    if not (0 < months < 12_000) or abs(months - round(months)) > 1e-6 or round(months) % STEPS[step]:
        one = {"month": "a month is 1/12 = 0.083333333", "quarter": "a quarter is 0.25", "year": "write 1, 2, …"}[step]
        raise InputError(f"--horizon-test {years:g}: is not a whole number of {step}s, the step in which the horizon ends; {one}")
    end = add_months(loaded.calendar.start, round(12 * loaded.calendar.years) + round(months))
    tree = loaded.sources.tree.copy()
    place = _end_of(tree)
    place.value = end.isoformat()
    scenario = validate(tree)
    calendar = make_calendar(scenario.horizon.start, scenario.horizon.parts)
    return Loaded(loaded.name, scenario, calendar, replace(loaded.sources, tree=tree))


def _as_solved(loaded: Loaded, plan: Plan) -> Loaded:
    """The scenario that a plan answers: it is another one than was asked where rules had to give way."""
    if plan.resolved == loaded.resolved:
        return loaded
    tree = parse_yaml(plan.resolved, SCENARIO)
    scenario = validate(tree)
    return Loaded(loaded.name, scenario, make_calendar(scenario.horizon.start, scenario.horizon.parts), replace(loaded.sources, tree=tree))


def _end_of(tree: Node) -> Node:
    """The node that holds the end of the last part."""
    horizon = tree.value["horizon"].value
    parts = horizon.get("steps")
    found = horizon["end"] if parts is None or parts.value is None else parts.value[-1].value["until"]
    assert isinstance(found, Node)
    return found


def horizon_test(
    source: str | Path | Loaded,
    plan: Plan,
    years: float,
    *,
    sets: Iterable[str] = (),
    root: str | Path | None = None,
    time_limit: float | None = None,
    tie_break: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Record:
    """Solve a scenario with a longer horizon and compare what is decided in the first two years.

    Args:
        source: Scenario file, or a scenario that :func:`planner.load` has read.
        plan: Its plan. Where rules had to give way for it, the scenario as it was solved is the one that gets longer.
        years: How much longer.
        sets: ``path=value`` changes; only with a file.
        root: Folder that no file may lie outside of; only with a file.
        time_limit: Seconds for the solver.
        tie_break: As for the plan: choose among plans of equal cost, so that ties do not look like moves.
        workers: Processes, as for the plan.
        progress: Called with the stage and the seconds it has taken so far.

    Returns:
        ``status`` (that of the longer run), ``years``, ``until``, ``before`` (the date up to which decisions are compared), ``tolerance``,
        ``verdict`` in words, ``moves`` (largest first: kind, item, when, before, after, unit, relative, text), ``largest`` (the largest
        relative change, also where it is no move), ``total_cost`` of the longer horizon and ``notes``.

    Raises:
        InputError: for a bad scenario, or years that do not fit its grid.
    """
    loaded = _as_solved(source if isinstance(source, Loaded) else load(source, sets, root), plan)
    longer = lengthen(loaded, years)
    compared = _Compared(longer, plan)
    head: Record = {"years": years, "until": f"{longer.calendar.end:%Y-%m}", "before": compared.before, "tolerance": TOLERANCE}
    try:
        other = solve_scenario(longer, time_limit=time_limit, tie_break=tie_break, workers=workers, progress=progress)
    except (NoPlanError, LimitError, CheckError) as error:
        # the plan of the shorter horizon stands all the same
        status = error.status if isinstance(error, NoPlanError) else "limit" if isinstance(error, LimitError) else "check failed"
        failed = f"with the horizon until {head['until']} there is no plan to compare with: {str(error).splitlines()[0]}"
        return {**head, "status": status, "verdict": failed, "moves": [], "largest": None, "total_cost": None, "notes": _notes(loaded)}
    changes = sorted(compared.changes(other), key=lambda change: -change["relative"])
    moves = [change for change in changes if change["relative"] > TOLERANCE]
    largest = changes[0]["relative"] if changes else 0.0
    return {
        **head,
        "status": "optimal",
        "verdict": _verdict(compared.before, moves, largest),
        "moves": moves,
        "largest": largest,
        "total_cost": other.total_cost,
        "notes": _notes(loaded),
    }


def _verdict(before: str, moves: list[Record], largest: float) -> str:
    if not moves:
        return f"nothing that is decided before {before} moves" + (f" (by {100 * largest:.2g} % at most)" if largest > 1e-6 else "")
    first = f"1 decision before {before} moves: " if len(moves) == 1 else f"{len(moves)} decisions before {before} move, most of all "
    small = "" if any(move["kind"] in ("commit", "sign") for move in moves) else " (no commitment and no signature)"
    return first + str(moves[0]["text"]) + small


def _notes(loaded: Loaded) -> list[str]:
    """What does not grow with the horizon and may be why decisions move."""
    totals = [key for key, policy in loaded.scenario.policies.items() if policy.per == "total"]
    return [f"policies.{key} holds for the whole horizon (per: total), and its limit is the same for the longer one" for key in totals]


@dataclass(frozen=True)
class _Compared:
    """Two plans of one question that start alike; the second one looks further."""

    longer: Loaded
    plan: Plan

    @cached_property
    def early(self) -> tuple[Period, ...]:
        """Periods of the first years, as far as both horizons hold them."""
        both = {period["period"] for period in self.plan.record["figures"]["periods"]}
        return tuple(period for period in self.longer.calendar.periods if period.begin < EARLY_YEARS - 1e-9 and period.label in both)

    @property
    def before(self) -> str:
        """End of the time whose decisions are compared."""
        return f"{self.early[-1].end:%Y-%m}"

    @cached_property
    def yearly(self) -> dict[str, float]:
        """A year's demand by material, before events."""
        found: dict[str, float] = {}
        for (material, _), rate in Setting(self.longer.scenario, self.longer.calendar).yearly_demand.items():
            found[material] = found.get(material, 0.0) + rate
        return found

    def changes(self, other: Plan) -> Iterator[Record]:
        """Every decision of the first years that differs at all."""
        yield from self._commitments(other)
        yield from self._signatures(other)
        yield from self._shipments(other)
        yield from self._stocks(other)
        yield from self._shortages(other)

    def _commitments(self, other: Plan) -> Iterator[Record]:
        """A commitment that comes later or elsewhere has moved as much as one of another size: what is committed by each date is compared."""
        pair = self._by_item(other, "commitments", ["project"], {"status": "decided"})
        for (key,), (before, after) in pair.items():
            limit = getattr(self.longer.scenario.projects[key].size, "max", None)
            unit = self._unit(other, "commitments", "project", key)
            yield from self._moved("commit", key, before, after, limit or max(sum(before.values()), sum(after.values())), unit)

    def _signatures(self, other: Plan) -> Iterator[Record]:
        for (key,), (before, after) in self._by_item(other, "contracts", ["contract"], {"measure": "signed"}).items():
            yield from self._moved("sign", key, before, after, 1.0, "share")

    def _moved(self, kind: str, key: str, before: Mapping[str, float], after: Mapping[str, float], base: float, unit: str) -> Iterator[Record]:
        gap = most = 0.0
        for period in self.early:
            gap += after.get(period.label, 0.0) - before.get(period.label, 0.0)
            most = max(most, abs(gap))
        if not most:
            return
        text = f"{kind} {key}: {_dated(before, unit, TOLERANCE * base)} → {_dated(after, unit, TOLERANCE * base)}"
        when = next(period.label for period in self.early if before.get(period.label) or after.get(period.label))
        found = _change(kind, key, when, (sum(before.values()), sum(after.values())), unit, most / base, text)
        yield {**found, "periods": {"before": dict(before), "after": dict(after)}}

    def _shipments(self, other: Plan) -> Iterator[Record]:
        """Purchases and lifts by supplier and calendar year."""
        bought = self._by_item(other, "purchases", ["supplier", "material"], {})
        lifted = self._by_item(other, "contracts", ["supplier", "material"], {"measure": "lifted"})
        year = {period.label: str(period.start.year) for period in self.early}
        rows: dict[tuple[str, str, str], list[float]] = {}
        for pair in (bought, lifted):
            for (key, material), sides in pair.items():
                for side, values in enumerate(sides):
                    for label, value in values.items():
                        rows.setdefault((key, material, year[label]), [0.0, 0.0])[side] += value
        for (key, material, label), (before, after) in rows.items():
            if before != after:
                base = self.yearly.get(material) or max(value for slot, values in rows.items() if slot[1] == material for value in values)
                yield self._amount("ship", key, label, (before, after), material, base)

    def _stocks(self, other: Plan) -> Iterator[Record]:
        """Levels at the end of each of the first years."""
        ends = {len([p for p in self.early if p.begin < year - 1e-9]) - 1 for year in range(1, EARLY_YEARS + 1)}
        mine, theirs = self.plan.record["figures"]["stock"], other.record["figures"]["stock"]
        for key, pile in mine.items():
            for label in (self.early[place].label for place in sorted(ends)):
                levels = float(pile["level"].get(label, 0.0)), float(theirs[key]["level"].get(label, 0.0))
                base = self.yearly.get(pile["material"]) or max(pile["initial"], *levels)
                if levels[0] != levels[1]:
                    yield self._amount("stock", key, f"end {label}", levels, pile["material"], base)

    def _shortages(self, other: Plan) -> Iterator[Record]:
        """What is short within the first years, by material, with the first period of it."""
        for (material,), (before, after) in self._by_item(other, "demands", ["material"], {"measure": "short"}).items():
            totals = sum(before.values()), sum(after.values())
            firsts = [
                next((period.label for period in self.early if side.get(period.label, 0.0) > 1e-6 * sum(side.values())), None) for side in (before, after)
            ]
            change = self._amount("short", material, firsts[0] or firsts[1] or "", totals, material, self.yearly.get(material) or max(totals))
            if totals[0] != totals[1]:
                first = "" if firsts[0] == firsts[1] else f", first {firsts[0] or 'never'} → {firsts[1] or 'never'}"
                yield {**change, "first": {"before": firsts[0], "after": firsts[1]}, "text": change["text"] + first}

    def _amount(self, kind: str, key: str, when: str, values: tuple[float, float], material: str, base: float) -> Record:
        unit = self.longer.scenario.materials[material].unit
        text = f"{kind} {key} {when}: {number(values[0])} → {number(values[1])} {unit}"
        return _change(kind, key, when, values, unit, abs(values[1] - values[0]) / base, text)

    def _by_item(self, other: Plan, name: str, keys: list[str], where: Mapping[str, str]) -> dict[tuple[str, ...], tuple[dict[str, float], dict[str, float]]]:
        """Sums by item and period of both plans, within the first years."""
        found: dict[tuple[str, ...], tuple[dict[str, float], dict[str, float]]] = {}
        early = [period.label for period in self.early]
        for side, table in enumerate((self.plan.tables[name], other.tables[name])):
            chosen = table["period"].isin(early)
            for column, wanted in where.items():
                chosen &= table[column] == wanted
            for key, value in _sums(table[chosen], [*keys, "period"]):
                found.setdefault(key[:-1], ({}, {}))[side][key[-1]] = value
        return found

    def _unit(self, other: Plan, name: str, column: str, key: str) -> str:
        tables = (plan.tables[name] for plan in (self.plan, other))
        return next(str(rows["unit"].iloc[0]) for rows in (table[table[column] == key] for table in tables) if len(rows))


def _sums(table: pd.DataFrame, keys: list[str]) -> list[tuple[tuple[str, ...], float]]:
    return [] if table.empty else [(key, float(value)) for key, value in table.groupby(keys, sort=False)["value"].sum().items()]  # type: ignore[misc]


def _change(kind: str, item: str, when: str, values: tuple[float, float], unit: str, relative: float, text: str) -> Record:
    return {"kind": kind, "item": item, "when": when, "before": values[0], "after": values[1], "unit": unit, "relative": relative, "text": text}


def _dated(values: Mapping[str, float], unit: str, nothing: float) -> str:
    """Sizes with their dates; crumbs are left out."""
    parts = [f"{f'{100 * value:.3g} %' if unit == 'share' else f'{number(value)} {unit}'} in {label}" for label, value in values.items() if value > nothing]
    return " + ".join(parts) or "nothing"
