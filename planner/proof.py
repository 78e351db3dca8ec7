"""Verifies a plan from its folder alone: files, record, tables, and a proof that the plan is right and that none is cheaper.

The scenario that the plan carries and the tables are enough for that: nothing is solved and the model is not built. Last, and apart
from the proof, prices are compared with those that a solver finds again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planner.again import price_problems
from planner.csvs import csv_text
from planner.errors import CheckError, InputError
from planner.plan import DIGESTS, FORMAT, RECORD, SCENARIO, Plan, changed, regular
from planner.results.figures import key_figures
from planner.results.inputs import FACTS, INPUTS, input_table
from planner.results.prices import PRICES
from planner.scenario.changes import relaxed_keys
from planner.scenario.load import Loaded, load
from planner.verify.recheck import Check, recheck
from planner.verify.units import unit_of_residual

EXACT = 1e-9
"""What follows from the same numbers by adding them up agrees to this share of their size."""

LIMITS = (
    "what plan.json says of how the plan was made (inputs, options, versions, seconds, warnings) is covered by its digest alone",
    "prices of a plan whose ties were not broken are not solved again",
)
"""What a verification leaves open."""


@dataclass(frozen=True)
class Report:
    """What the verification of a plan found."""

    folder: str
    checks: list[Check]
    units: dict[str, str]
    """Unit of each rule's residual, where it has one."""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> list[str]:
        """One sentence a failed check."""
        return [f"{check.rule}: {self._words(check)}" for check in self.checks if not check.passed]

    def _words(self, check: Check) -> str:
        if check.rule not in self.units:
            return check.where
        unit = f" {self.units[check.rule]}" if self.units[check.rule] else ""
        return f"off by {check.absolute:.6g}{unit} ({check.relative:.1e} of its size) at {check.where}"

    def residual(self, check: Check) -> str:
        """The worst residual of a rule with its unit."""
        return f"{check.absolute:.3g} {self.units[check.rule]}".strip() if check.rule in self.units else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, fit for JSON."""
        rules = [{**_finite(asdict(check)), "unit": self.units.get(check.rule, ""), "passed": check.passed} for check in self.checks]
        return {"status": "ok" if self.passed else "check failed", "folder": self.folder, "rules": rules, "failed": self.failed, "limits": list(LIMITS)}

    def raise_if_failed(self) -> None:
        """Refuse a plan that failed.

        Raises:
            CheckError: naming every rule that failed.
        """
        if not self.passed:
            raise CheckError(f"{self.folder}: the plan failed its check:\n  " + "\n  ".join(self.failed))


def _finite(check: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity."""
    return {key: 1e308 if isinstance(value, float) and not math.isfinite(value) else value for key, value in check.items()}


def verify_folder(folder: str | Path) -> Report:
    """Verify a plan.

    Args:
        folder: A plan folder.

    Returns:
        One check a rule; those on numbers are judged by the largest residual.

    Raises:
        InputError: if the folder is no plan.
    """
    folder = Path(folder)
    try:
        plan = Plan.load(folder)
    except InputError as error:
        if not _says_it_is_a_plan(folder):
            raise
        return Report(str(folder), [_verdict("files", [str(error)])], {})
    checks = [_verdict("files", _file_problems(folder, plan)), _verdict("csv and parquet", _twin_problems(folder, plan))]
    try:
        loaded = load(folder / SCENARIO, root=folder)
    except InputError as error:
        return Report(str(folder), [*checks, _verdict("scenario", str(error).splitlines())], {})
    checks.append(_verdict("record", [*_record_problems(folder, plan, loaded), *_cost_problems(plan)]))
    found = recheck(loaded.scenario, loaded.calendar, plan.tables, plan.costs, plan.total_cost)
    # what is wrong altogether says so in a sentence; what is off has a size
    units = {check.rule: unit_of_residual(loaded.scenario, check) for check in found if ": " not in check.where}
    if not any(check.rule == "tables" for check in found):
        checks.append(_verdict("meanings", _meaning_problems(plan)))
        checks.append(_verdict("figures", _figure_problems(plan, loaded)))
        checks.append(_verdict("inputs", list(_input_problems(plan, loaded))))
    if all(check.passed for check in (*checks, *found)):
        # only a plan that is right is worth solving again
        checks.append(_verdict("prices solved again", list(price_problems(plan, loaded))))
    return Report(str(folder), [*checks, *found], units)


def _says_it_is_a_plan(folder: Path) -> bool:
    """Whether there is a record of this version, however damaged the rest."""
    try:
        record = json.loads(regular(folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, InputError):
        return False
    return isinstance(record, dict) and record.get("format") == FORMAT


def _verdict(rule: str, problems: list[str]) -> Check:
    """A check of what is right or wrong, not near or far."""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Check(rule, 1.0, float(len(problems)), problems[0] + more) if problems else Check(rule, 0.0, 0.0, "")


def _file_problems(folder: Path, plan: Plan) -> list[str]:
    """Files that are not those that were written."""
    tables = sorted(str(name) for name in plan.record["tables"])
    names = [SCENARIO, *(f"{name}{suffix}" for name in tables for suffix in (".csv", ".parquet"))]
    odd = changed(folder, plan.record, names)
    problems = [f"{name} was changed after the plan was written" if (folder / name).exists() else f"{name} is missing" for name in odd]
    strange = {path.name for path in folder.iterdir() if path.suffix in (".csv", ".parquet")} - set(names)
    listed = plan.record.get("files", {})
    problems += [f"{name} is no file of this plan" for name in sorted(strange | ((set(listed) if isinstance(listed, dict) else set()) - set(names)))]
    if plan.record.keys() & set(DIGESTS) and not plan.record.keys() >= set(DIGESTS):
        problems.append(f"{RECORD} has lost its digests")
    return problems


def _twin_problems(folder: Path, plan: Plan) -> list[str]:
    """Tables whose two files differ."""
    problems = []
    for name, table in plan.tables.items():
        try:
            written = regular(folder / f"{name}.csv").read_bytes().decode(errors="replace")
        except OSError as error:
            problems.append(f"{name}.csv cannot be read: {error.strerror or error}")
            continue
        except InputError as error:
            problems.append(str(error))
            continue
        expected = csv_text(table)
        if written != expected:
            problems.append(f"{name}.csv and {name}.parquet differ: {_first_difference(written, expected)}")
    return problems


def _first_difference(written: str, expected: str) -> str:
    one, other = written.split("\n"), expected.split("\n")
    line = next((line for line, (left, right) in enumerate(zip(one, other, strict=False), 1) if left != right), min(len(one), len(other)) + 1)
    left, right = (lines[line - 1] if line <= len(lines) else "nothing" for lines in (one, other))
    return f"line {line} is {left[:120]!r} in one and {right[:120]!r} in the other"


def _record_problems(folder: Path, plan: Plan, loaded: Loaded) -> Iterator[str]:
    """What the record repeats of the scenario."""
    # a scenario that had to give way is in the folder as it was solved, and names the keys itself
    relaxed = relaxed_keys(loaded.scenario)
    facts = {
        "status": "relaxed" if relaxed else "optimal",
        "title": loaded.scenario.title,
        "currency": loaded.scenario.money.currency,
        "discount_rate": loaded.scenario.money.discount_rate,
        "tables": sorted(plan.tables),
        "resolved_sha256": hashlib.sha256((folder / SCENARIO).read_bytes()).hexdigest(),
    }
    for key, fact in facts.items():
        if plan.record[key] != fact or isinstance(plan.record[key], bool):
            yield f"{RECORD}: {key} is {str(plan.record[key])[:80]!r} where the scenario and the tables say {str(fact)[:80]!r}"
    told = plan.record.get("relaxations", [])
    keys = [item.get("path") if isinstance(item, dict) else None for item in told] if isinstance(told, list) else None
    if keys != relaxed:
        yield f"{RECORD}: relaxations are of {str(keys)[:80]} where the scenario says {str(relaxed)[:80]}"


def _cost_problems(plan: Plan) -> Iterator[str]:
    """Costs are the sums of their table, and the total is theirs."""
    table = plan.tables.get("costs")
    rows: dict[str, list[float]] = {}
    if table is not None and {"line", "value"} <= set(table.columns) and table["value"].dtype == float:
        for line, value in zip(table["line"].tolist(), table["value"].tolist(), strict=True):
            rows.setdefault(str(line), []).append(value)
    for line, money in plan.costs.items():
        size = sum(map(abs, rows.get(line, ())))
        if not abs(money - sum(rows.get(line, ()))) <= EXACT * size:
            yield f"{RECORD}: costs.{line} is {money!r} where the table costs adds up to {sum(rows.get(line, ()))!r}"
    if not abs(sum(plan.costs.values()) - plan.total_cost) <= EXACT * 1e-3 * sum(map(abs, plan.costs.values())):
        yield f"{RECORD}: total_cost is {plan.total_cost!r} where the costs add up to {sum(plan.costs.values())!r}"


def _meaning_problems(plan: Plan) -> list[str]:
    """Prices whose words are not those of their rule."""
    told = plan.prices[["rule", "meaning"]]
    odd = {(rule, text) for rule, text in told.drop_duplicates().itertuples(index=False) if rule not in PRICES or PRICES[rule].meaning != text}
    if not odd:
        return []
    wrong = ((row, rule, text) for row, (rule, text) in enumerate(told.itertuples(index=False), 1) if (rule, text) in odd)
    return [f"prices: row {row}, column meaning: {text!r} is not what a price of {rule} means" for row, rule, text in wrong]


def _figure_problems(plan: Plan, loaded: Loaded) -> list[str]:
    """Key figures that do not follow from the tables."""
    try:
        figures = json.loads(json.dumps(key_figures(loaded.scenario, loaded.calendar, plan.tables)))
    except (ArithmeticError, LookupError, ValueError) as error:
        return [f"{RECORD}: figures cannot be made from the tables: {type(error).__name__}: {error}"]
    return list(_differences("figures", plan.record["figures"], figures))


def _input_problems(plan: Plan, loaded: Loaded) -> Iterator[str]:
    """Rows of the table of inputs that are not what the scenario says; where they were set, only the files it came from know."""
    if INPUTS not in plan.tables:
        # plans of earlier versions have none
        return
    table, expected = plan.tables[INPUTS], input_table(loaded)
    if list(map(str, table.columns)) != list(map(str, expected.columns)):
        yield f"{INPUTS}: has the columns {', '.join(map(str, table.columns))} instead of {', '.join(expected.columns)}"
        return
    rows, facts = (frame[list(FACTS)].to_numpy().tolist() for frame in (table, expected))
    if len(rows) != len(facts):
        yield f"{INPUTS}: has {len(rows)} rows where the scenario has {len(facts)} keys"
    for place, (row, fact) in enumerate(zip(rows, facts, strict=False), 1):
        if row != fact:
            yield f"{INPUTS}: row {place} says {str(row)[:120]} where the scenario says {str(fact)[:120]}"


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    """Places where two trees of plain data differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from _differences(f"{path}.{key}", one[key], other[key])
            else:
                yield f"{RECORD}: {path}.{key} " + ("does not follow from the tables" if key in one else "is missing")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}.{place}", left, right)
    elif _is_number(one) and _is_number(other):
        if not abs(one - other) <= EXACT * max(abs(one), abs(other)):
            yield f"{RECORD}: {path} is {one!r} where the tables give {other!r}"
    elif one != other or type(one) is not type(other):
        yield f"{RECORD}: {path} is {str(one)[:80]!r} where the tables give {str(other)[:80]!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
