"""What a sweep found: one tidy frame of runs, what moves the cost, and sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import counted
from planner.findings import Chart, Column, Findings, Section, told
from planner.scenario.schema import Scenario
from planner.sweep import figures
from planner.sweep.cases import Case, Family
from planner.sweep.design import Points
from planner.sweep.result import Result
from planner.sweep.sensitivity import COST, RANDOM, SHOWN, doubt_of, sensitivity
from planner.sweep.spec import SweepSpec

MOST_READ = 30
"""Runs that are listed on a terminal."""
QUANTILES = {"least": 0.0, "low": 0.05, "median": 0.5, "high": 0.95, "most": 1.0}


def outputs_of(spec: SweepSpec, families: Sequence[Family]) -> list[str]:
    """Names of the figures to be told, in order."""
    names = figures.names_of(*(family.base.scenario for family in families))
    if not spec.outputs:
        wanted = set().union(*(figures.usual(family.base.scenario) for family in families))
        return [name for name in names if name in wanted]
    return [name for name in names if name == COST or any(fnmatchcase(name, pattern) for pattern in spec.outputs)]


def frame_of(spec: SweepSpec, families: Sequence[Family], results: Mapping[str, Result], outputs: Sequence[str]) -> pd.DataFrame:
    """One row a run: number, key, a column an overlay and an input, status, reason, a column a figure."""
    rows = [(case, _result(case, results)) for family in families for case in family.cases]
    columns: dict[str, Any] = {"run": [case.number for case, _ in rows], "key": [case.key for case, _ in rows]}
    for place, name in enumerate(spec.overlays):
        columns[name] = [case.overlays[place] for case, _ in rows]
    for name in spec.vary:
        columns[name] = _column([case.point.get(name) for case, _ in rows])
    columns["status"], columns["reason"] = [found.status for _, found in rows], [found.reason for _, found in rows]
    for name in outputs:
        values = [found.figures.get(name) for _, found in rows]
        columns[name] = pd.Series(values, dtype=object if name.startswith("short_from.") else float)
    return pd.DataFrame(columns)


def _result(case: Case, results: Mapping[str, Result]) -> Result:
    return Result("failed", case.problem) if case.problem else results[case.key]


def _column(values: Sequence[Any]) -> pd.Series[Any]:
    """Numbers as numbers; anything else as the text that would be written."""
    if all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values):
        return pd.Series(values, dtype=float)
    return pd.Series([value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values], dtype=object)


def findings_of(
    spec: SweepSpec, families: Sequence[Family], points: Points, results: Mapping[str, Result], outputs: Sequence[str], record: Mapping[str, Any]
) -> Findings:
    """Sentences, tables and charts of a sweep.

    Args:
        spec: The sweep.
        families: Its runs.
        points: The points of its design.
        results: By key.
        outputs: Figures to be told.
        record: How it was run.
    """
    runs = frame_of(spec, families, results, outputs)
    scenario = families[0].base.scenario
    currency = scenario.money.currency
    labels = {name: variation.label or name for name, variation in spec.vary.items()}
    moves, note = sensitivity(spec, runs, points, outputs)
    tables = {"runs": runs, "summary": _summary(runs, outputs, families), **({"sensitivity": moves} if len(moves) else {})}
    if len(moves):
        tables["cost_sensitivity"] = _told_moves(spec, moves, labels)
    if spec.overlays:
        tables["cases"] = _cases(spec, runs)
    lost = runs[runs["status"] != "ok"]
    if len(lost):
        tables["without_plan"] = lost.groupby(["status", "reason"], as_index=False).agg(runs=("run", "size"), first=("run", "min"))
    sections = (
        _moves_section(spec, note, currency),
        _cases_section(currency),
        *_charts(spec, runs, moves, labels, currency),
        _summary_section(spec),
        _lost_section(),
    )
    return Findings(
        command="sweep",
        title=spec.title or scenario.title or families[0].base.name,
        currency=currency,
        headline=tuple(_headline(spec, runs, tables, families, record)),
        sections=tuple(section for section in sections if section.table in tables),
        tables=tables,
        record=record,
        limits=tuple(_limits(spec)),
    )


def _cases_section(currency: str) -> Section:
    numbers = (Column("runs", shown="number"), Column("with_plan", "with a plan", "number"))
    money = (Column(name, shown="money") for name in ("least", "median", "most"))
    chart = Chart("range", "label", ("least", "most"), y_title=currency)
    return Section(f"Total cost by case, {currency}", "cases", (Column("label", "case"), *numbers, *money), chart=chart)


def _lost_section() -> Section:
    columns = (Column("status"), Column("reason"), Column("runs", shown="number"), Column("first", "first run", "number"))
    return Section("Runs without a plan", "without_plan", columns)


def _summary(runs: pd.DataFrame, outputs: Sequence[str], families: Sequence[Family]) -> pd.DataFrame:
    """How each figure is spread over the runs that have a plan."""
    rows = []
    scenarios = [family.base.scenario for family in families]
    for name in outputs:
        values = runs.loc[runs["status"] == "ok", name]
        if name.startswith("short_from.") or not (values.fillna(0.0) != 0).any():
            # what is nothing in every run says nothing
            continue
        title, unit = _told(name, scenarios)
        spread = {label: float(values.quantile(at)) for label, at in QUANTILES.items()}
        rows.append({"figure": name, "title": title, "unit": unit, **spread, "mean": float(values.mean()), "above_zero": float((values > 0).mean())})
    return pd.DataFrame(rows, columns=["figure", "title", "unit", *QUANTILES, "mean", "above_zero"])


def _told(name: str, scenarios: Sequence[Scenario]) -> tuple[str, str]:
    """(title, unit) of a figure in the first scenario that has it."""
    return next(figures.told(name, scenario) for scenario in scenarios if name in figures.names_of(scenario))


def _summary_section(spec: SweepSpec) -> Section:
    # parts of the runs mean something where they stand for what may happen
    named = {"least": "least", "low": "5 %", "median": "median", "high": "95 %", "most": "most"}
    shown = named if spec.design.kind in RANDOM else ("least", "median", "most")
    numbers = [Column(name, named[name], "money") for name in shown]
    columns = (Column("title", "figure"), Column("unit"), *numbers, Column("above_zero", "runs above 0", "percent"))
    note = "Of the runs that have a plan; what is nothing in all of them is left out."
    if spec.design.kind in RANDOM:
        note += " 5 %, 95 %: so many of the runs lie below."
    return Section("How the figures are spread over the runs", "summary", columns, note=note, most=30)


def _told_moves(spec: SweepSpec, moves: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """What moves the cost, with the words of the sweep."""
    mine = moves[moves["output"] == COST].drop(columns="output")
    words = [labels[row["input"]] + (f" ({_case_words(spec, row)})" if spec.overlays else "") for _, row in mine.iterrows()]
    by = SHOWN[spec.design.kind].by
    return mine.assign(label=words).sort_values(by, key=abs, ascending=False, kind="stable").reset_index(drop=True)


def _cases(spec: SweepSpec, runs: pd.DataFrame) -> pd.DataFrame:
    """How the cost is spread over the runs of each combination of overlays."""
    names = list(spec.overlays)
    found = runs.groupby(names, sort=False)[COST].agg(["size", "count", "min", "median", "max"]).reset_index()
    words = [_case_words(spec, row) for _, row in found.iterrows()]
    columns = {"size": "runs", "count": "with_plan", "min": "least", "max": "most"}
    return found.rename(columns=columns).assign(label=words)


def _case_words(spec: SweepSpec, row: pd.Series[Any]) -> str:
    """A combination of overlays in words: which list has which file."""
    return ", ".join(f"{name}: {Path(str(row[name])).stem}" for name in spec.overlays)


def _moves_section(spec: SweepSpec, note: str, currency: str) -> Section:
    shown = SHOWN[spec.design.kind]
    columns = (Column("label", "input"), *(Column(name, title, kind) for name, title, kind in shown.columns))
    chart = Chart(shown.chart, "label", shown.y, x_title="", y_title=shown.axis)
    notes = (f"Money in {currency}." if any(kind == "money" for _, _, kind in shown.columns) else "", shown.note, note)
    return Section("What moves the cost", "cost_sensitivity", columns, note=" ".join(filter(None, notes)), chart=chart)


def _charts(spec: SweepSpec, runs: pd.DataFrame, moves: pd.DataFrame, labels: Mapping[str, str], currency: str) -> list[Section]:
    """The cost of each run against the input that moves it most."""
    numeric = [name for name in spec.vary if runs[name].dtype.kind == "f"]
    if not numeric or spec.design.kind in ("one_at_a_time", "morris"):
        return []
    ranked = [name for name in moves.loc[moves["output"] == COST, "input"] if name in numeric] if len(moves) else numeric
    first = (ranked or numeric)[0]
    varied = (*(Column(name) for name in spec.overlays), *_inputs(spec, runs, labels))
    columns = (Column("run", shown="number"), *varied, Column("status"), Column(COST, f"total cost, {currency}", "money"))
    by = next(iter(spec.overlays), "")
    # a few runs can be read, the first of many say nothing
    most = 0 if len(runs) > MOST_READ else MOST_READ
    return [
        Section("The runs", "runs", columns, most=most, chart=Chart("scatter", first, (COST,), by=by, x_title=labels[first], y_title=f"total cost, {currency}"))
    ]


def _inputs(spec: SweepSpec, runs: pd.DataFrame, labels: Mapping[str, str]) -> list[Column]:
    return [Column(name, labels[name], "number" if runs[name].dtype.kind == "f" else "text") for name in spec.vary]


def _headline(spec: SweepSpec, runs: pd.DataFrame, tables: Mapping[str, pd.DataFrame], families: Sequence[Family], record: Mapping[str, Any]) -> list[str]:
    """What it comes to, in sentences."""
    good = runs[runs["status"] == "ok"]
    refused = int((runs["status"] == "failed").sum())
    numbers = {"without a plan": len(runs) - len(good) - refused, "that could not be planned at all": refused}
    lost = [f"{number} {what}" for what, number in numbers.items() if number]
    found = [f"{counted(len(runs), 'runs')}, " + (f"{' and '.join(lost)}; why is told below." if lost else "all with a plan.")]
    if known := record["known_before"]:
        found[0] = f"{found[0][:-1]}; {known:,} of {counted(record['different'], 'different ones')} had been solved before."
    if not len(good):
        return found
    currency = families[0].base.scenario.money.currency
    least, median, most = (f"{told(float(good[COST].quantile(at)), 'money')} {currency}" for at in (0.0, 0.5, 1.0))
    found.append(f"The plan costs between {least} and {most}, half of the runs cost below {median}.")
    found += _moves_told(spec, tables, currency)
    found += _shortages_told(good, families)
    return found


def _moves_told(spec: SweepSpec, tables: Mapping[str, pd.DataFrame], currency: str) -> list[str]:
    if "cost_sensitivity" not in tables or not len(tables["cost_sensitivity"]):
        return []
    shown, first = SHOWN[spec.design.kind], tables["cost_sensitivity"].iloc[0]
    value = first[shown.by]
    if not np.isfinite(value) or value == 0:
        return []
    doubt = doubt_of(spec.design.kind, tables["cost_sensitivity"])
    return [shown.sentence.format(input=first["label"], value=told(abs(value), shown.as_), currency=currency), *([doubt] if doubt else [])]


def _shortages_told(good: pd.DataFrame, families: Sequence[Family]) -> list[str]:
    """How often each material runs short; always and never are told together."""
    scenarios = [family.base.scenario for family in families]
    found: list[tuple[int, str]] = []
    for name in [str(column) for column in good if str(column).startswith("short.")]:
        short = good[name].fillna(0.0)
        often = int((short > 0).sum())
        if often:
            title, unit = _told(name, scenarios)
            how = "in every run" if often == len(good) else f"in {often:,} of {len(good):,} runs"
            what = title.removesuffix(" short")
            least, most = (told(float(end), "number") for end in (short.min(), short.max()))
            found.append((often, f"Short {how}: {what}, {least} to {most} {unit}."))
    return [sentence for _, sentence in sorted(found, key=lambda pair: -pair[0])][:5]


def _limits(spec: SweepSpec) -> list[str]:
    """What a sweep does not say."""
    found = [
        "Each run is planned with its own numbers known from the start: a sweep says what would be best if they were so, not what to do before they are known.",
        "Inputs vary as the sweep says, each independently of the others.",
    ]
    if spec.design.kind == "one_at_a_time":
        found.append("One input moves at a time, so what two of them do together is not seen.")
    if SHOWN[spec.design.kind].by == "size":
        found.append("A rank correlation sees what rises or falls throughout, and not what rises and then falls.")
    return found
