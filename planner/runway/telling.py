"""What was found, as tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from planner.errors import counted
from planner.findings import Chart, Column, Findings, Section, told
from planner.runway.asking import ALL, Asked, days
from planner.runway.cuts import AS_IT_IS, KINDS, Cut
from planner.runway.levers import LEVERS
from planner.runway.search import Answer
from planner.runway.unserved import Case
from planner.scenario.schema import Scenario
from planner.words import Rule

Row = dict[str, Any]
NO_PLAN = "no plan keeps all rules"
"""What comes where not even leaving demands unserved helps, such as where what must be bought can no longer be used."""
LIMITS = (
    "The plan that lasts longest is not the cheapest: it spends whatever it takes, knows from the first day who fails and for how long, and may save stock "
    "and turn to others before. Real plans last shorter.",
    "Inside one period of the grid, what comes late can serve what is wanted early: a day inside a year is coarser than one inside a month.",
    "Rules with a price may be broken, hard ones hold. Shares over a year or longer count once that time is over; duties at the end of the horizon never.",
    "A demand by itself is served as long as everything else can give way to it; the times of several demands need not be possible together.",
    "Days are counted for a failure without end, the loss for one that ends at the recovery. A month counts as a twelfth of 365.25 days, whatever its length.",
    "The loss compares cheapest plans, which know of the failure beforehand, on a grid with edges where it begins and ends.",
)


class Lost(NamedTuple):
    """What one demand by itself loses by a cut."""

    days: float
    demand: str
    before: Answer
    after: Answer


def tell(scenario: Scenario, cases: Sequence[Case], asked: Sequence[Asked], record: Mapping[str, Any]) -> Findings:
    """Tables and sentences of all that was asked.

    Args:
        scenario: The whole scenario.
        cases: Its parts.
        asked: The scenario as it is first, then each cut.
        record: How it was found.
    """
    return _Telling(scenario, cases, [item for item in asked if item.parts]).findings(record)


class _Telling:
    """Puts answers into words."""

    def __init__(self, scenario: Scenario, cases: Sequence[Case], asked: Sequence[Asked]) -> None:
        self.scenario, self.base, self.asked = scenario, asked[0], asked
        self.cases = {case.key: case for case in cases}
        self.any = cases[0]
        self.currency = scenario.money.currency

    def findings(self, record: Mapping[str, Any]) -> Findings:
        """All of it."""
        rows = self._cuts()
        tables = {
            "cuts": [row for row in rows if row["kind"] != "pair"],
            "demands": [row for item in self.asked for row in self._demands(item)],
            "levers": [row for item in self.asked for row in self._levers(item)],
            "pairs": [row for row in rows if row["kind"] == "pair"],
        }
        frames = {name: pd.DataFrame(found) for name, found in tables.items() if found}
        if tables["levers"]:
            frames["won"] = _side_by_side(frames["levers"])
        if "pairs" in frames:
            frames["pairs"] = _beyond_each(frames["pairs"], frames["cuts"])
        title = f"{self.scenario.title or record['scenario']}: how long everything is served"
        sections = tuple(section for section in SECTIONS if section.table in frames and len(section.rows(frames[section.table])))
        return Findings("runway", title, self.currency, tuple(self._headline(tables, frames)), sections, frames, record, LIMITS)

    def _cuts(self) -> list[Row]:
        """One row a cut: the scenario as it is, then those under which somebody runs short soonest."""
        rows = [self._cut(item) for item in self.asked]
        for group in ([row for row in rows if row["kind"] != "pair"], [row for row in rows if row["kind"] == "pair"]):
            largest = max((row["loss"] for row in group if row["loss"] is not None and math.isfinite(row["loss"])), default=0.0)
            for row in group:
                row["exposure"] = _part(row["loss"], largest)
        return [rows[0], *sorted(rows[1:], key=lambda row: (row["days_lost"] <= 0, row["days"], -row["days_lost_alone"], -(row["loss"] or 0.0)))]

    def _cut(self, item: Asked) -> Row:
        answer = self._soonest(item)
        base = min((self.base.parts[key].answers[ALL] for key in item.parts), key=lambda found: found.day)
        worst = self._lost(item)[0]
        losses = [found.loss for found in item.parts.values()]
        hit = worst.days > 0
        return {
            "kind": item.cut.kind,
            "key": item.cut.key,
            "label": item.cut.label,
            "who": _who(item.cut),
            **self._time(answer),
            "days_lost": days(self.any, base.day) - days(self.any, answer.day),
            "short": "; ".join(answer.short),
            "short_label": self._demands_named(answer.short) or ("" if answer.open else NO_PLAN),
            **self._why(answer.rule),
            "hit": worst.demand if hit else "",
            "hit_label": self._demand(worst.demand) if hit else "",
            "hit_from_to": f"{self._time(worst.before)['served']} → {self._time(worst.after)['served']}" if hit else "",
            "hit_days": days(self.any, worst.after.day) if hit else None,
            "days_lost_alone": worst.days,
            "loss": None if None in losses else sum(loss.total for loss in losses if loss is not None),
            "loss_penalties": None if None in losses else sum(loss.penalties for loss in losses if loss is not None),
        }

    def _demands(self, item: Asked) -> Iterator[Row]:
        """One row a demand that a cut reaches."""
        for lost in sorted(self._lost(item), key=lambda row: (row.after.day, -row.days)):
            yield {
                "kind": item.cut.kind,
                "key": item.cut.key,
                "label": item.cut.label,
                "who": _who(item.cut),
                "demand": lost.demand,
                "demand_label": self._demand(lost.demand),
                **self._time(lost.after),
                "days_lost": lost.days,
                **self._why(lost.after.rule),
            }

    def _levers(self, item: Asked) -> Iterator[Row]:
        """One row a lever."""
        for found in item.parts.values():
            for gain in found.gains:
                first = f"; first: {self._demand(gain.without.short[0])}" if gain.without.short else ""
                yield {
                    "kind": item.cut.kind,
                    "key": item.cut.key,
                    "label": item.cut.label,
                    "who": _who(item.cut),
                    "demand": gain.name,
                    "demand_label": self._demand(gain.name) if gain.name else f"all{first}",
                    "lever": gain.lever,
                    "lever_label": LEVERS[gain.lever],
                    "days_before": days(self.any, gain.without.day),
                    **self._time(gain.answer),
                    "days_gained": days(self.any, gain.answer.day) - days(self.any, gain.without.day),
                }

    def _soonest(self, item: Asked) -> Answer:
        """The answer for all demands that something reaches."""
        return min((found.answers[ALL] for found in item.parts.values()), key=lambda answer: answer.day)

    def _lost(self, item: Asked) -> list[Lost]:
        """What each demand by itself loses, most first."""
        found = []
        for key, part in item.parts.items():
            base = self.base.parts[key].answers
            for name in self.cases[key].scenario.demands:
                before, after = (answers.get(name, answers[ALL]) for answers in (base, part.answers))
                found.append(Lost(days(self.any, before.day) - days(self.any, after.day), name, before, after))
        return sorted(found, key=lambda row: -row.days)

    def _time(self, answer: Answer) -> Row:
        """How long, as a number and in words."""
        number = days(self.any, answer.day)
        words = f"≥ {number:,.0f} days" if answer.open else f"{number:,.0f} days"
        return {"served": words, "lasts": math.inf if answer.open else number, "days": number, "to_the_end": answer.open, "until": answer.day.isoformat()}

    def _label(self, kind: str, key: str) -> str:
        entity = getattr(self.scenario, kind, {}).get(key)
        return (entity.label if entity is not None else "") or key

    def _demand(self, name: str) -> str:
        """A demand with its material, as people call them."""
        return f"{self._label('materials', self.scenario.demands[name].material)}: {self._label('demands', name)}"

    def _demands_named(self, names: Sequence[str]) -> str:
        """Several demands, as many as can be read."""
        return "; ".join(map(self._demand, names[:1])) + (f" and {len(names) - 1} more" if len(names) > 1 else "")

    def _why(self, rule: Rule | None) -> Row:
        """What stands in the way, as key and in words."""
        if rule is None:
            return {"rule": "", "why": ""}
        kind, key = str(rule.path[0]), str(rule.path[1]) if len(rule.path) > 1 else ""
        words = rule.reached or rule.words
        return {"rule": rule.dotted, "why": words if kind == "horizon" else f"{self._label(kind, key)}: {words}"}

    def _headline(self, tables: Mapping[str, list[Row]], frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
        base, *cuts = tables["cuts"]
        yield self._as_it_is(base)
        hit = [row for row in cuts if row["days_lost"] > 0 or row["days_lost_alone"] > 0]
        if cuts:
            yield f"{len(hit) or 'None'} of {counted(len(cuts), 'failures')} would make somebody run short sooner{_of_kinds(hit)}."
        if hit:
            yield self._worst(hit[0])
        losses = [row for row in cuts if (row["loss"] or 0.0) > 0]
        if losses:
            yield self._dearest(losses)
        if "pairs" in frames:
            yield self._together(TOGETHER.rows(frames["pairs"]), len(frames["pairs"]))
        gains = [row for row in tables["levers"] if row["kind"] == base["kind"] and row["days_gained"] > 0]
        if gains:
            best = max(gains, key=lambda row: row["days_gained"])
            yield f"As it is, one thing wins most time: {best['lever_label']} ({best['days_gained']:,.0f} days more, {best['served']})."

    def _as_it_is(self, base: Row) -> str:
        if base["to_the_end"]:
            return f"As it is, if no cost is spared, every demand can be served in full to the end of the horizon ({base['days']:,.0f} days)."
        why = f" What stops it: {base['why']}." if base["why"] else ""
        time = f"for {base['served']}, until {base['until']}" if base["days"] > 0 else f"until {base['until']} only, so for no day from {self.any.first} on"
        return f"As it is, if no cost is spared, every demand can be served in full {time}; then {_then(base)}.{why}"

    def _worst(self, row: Row) -> str:
        if row["days_lost"] <= 0:
            return f"Without {row['who']}, {row['hit_label']} by itself loses most: {row['hit_from_to']}."
        runs = f"; then {_then(row)}" if row["short_label"] else ""
        fewer = f"{row['served']} ({row['days_lost']:,.0f} fewer), until {row['until']}"
        return f"It would be soonest without {row['who']}: everything that needs it is served for {fewer}{runs}."

    def _together(self, worse: pd.DataFrame, of: int) -> str:
        """How many pairs of countries are worse than each of the two, and which is the worst."""
        said = "Pairs of countries that last less than either one alone"
        if not len(worse):
            return f"{said}: none of {of}."
        worst = worse.iloc[0]
        return f"{said}: {len(worse)} of {of}; soonest {worst['who']}: {worst['served']}."

    def _dearest(self, rows: Sequence[Row]) -> str:
        row = max(rows, key=lambda row: row["loss"])
        while_out = f"from {self.any.first} until {self.any.recovered}"
        if math.isinf(row["loss"]):
            others = sum(math.isinf(other["loss"]) for other in rows) - 1
            return f"Out {while_out}, {row['who']} leaves no plan that keeps all rules" + (f", and so do {others} more." if others else ".")
        return f"Out {while_out}, {row['who']} costs most: {told(row['loss'], 'money')} {self.currency} (discounted)."


def _side_by_side(levers: pd.DataFrame) -> pd.DataFrame:
    """Levers in columns."""
    keys = ["kind", "key", "who", "demand", "demand_label", "days_before"]
    won = levers.pivot_table(index=keys, columns="lever", values="days_gained", sort=False).reset_index()
    won = won.rename_axis(columns=None)[[*keys, *LEVERS]]
    most = won[list(LEVERS)].max(axis=1).where(won["kind"] != AS_IT_IS.kind, math.inf)
    return won.assign(most=most).query("most > 0").sort_values("most", ascending=False, kind="stable").drop(columns="most").reset_index(drop=True)


def _beyond_each(pairs: pd.DataFrame, cuts: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the days that they lose beyond the worse of the two."""
    alone = cuts[cuts["kind"] == "country"].set_index("key")["days"].to_dict()
    # a country that reaches no demand has no row
    worse = [min(alone.get(country, math.inf) for country in key.split("+")) for key in pairs["key"]]
    return pairs.assign(fewer_than_alone=(np.array(worse) - pairs["days"]).clip(lower=0))


def _then(row: Row) -> str:
    """What comes after the last day."""
    return f"{row['short_label']} runs short" if row["short"] else NO_PLAN


def _who(cut: Cut) -> str:
    """Who fails, in a sentence."""
    return cut.kind if cut == AS_IT_IS else cut.label if cut.kind == "pair" else f"{cut.kind} {cut.label}"


def _of_kinds(rows: Sequence[Row]) -> str:
    """How many of each kind, in brackets."""
    found = [counted(number, plural) for plural, kind in KINDS.items() if (number := sum(row["kind"] == kind for row in rows))]
    return f" ({', '.join(found)})" if found else ""


def _part(loss: float | None, largest: float) -> float | None:
    """A loss as a part of the largest one that is finite; infinite where no plan is left."""
    if loss is None or (largest <= 0 and math.isfinite(loss)):
        return None
    return loss / largest if largest > 0 else loss


SHORT = {"stock": "+1 month stock", "substitutes": "+10 % substitutes", "priorities": "unserved tier", "ramps": "quicker ramps"}
"""Levers as headings."""
_LASTS = Column("lasts", "days", "days")
_WHO = Column("who", "without")
_FAILS = (_WHO, _LASTS, Column("short_label", "first to run short"), Column("why", "what stops it"))
_FAILING = f"kind != '{AS_IT_IS.kind}'"
TOGETHER = Section(
    "If two countries fail",
    "pairs",
    (_WHO, _LASTS, Column("fewer_than_alone", "fewer than one alone", "days"), *_FAILS[2:]),
    "days for which all demands are served that their materials can reach",
    most=10,
    says="fewer_than_alone > 0",
    left_out="that last as long as the one of the two that lasts less",
)
SECTIONS = (
    Section(
        "If it fails for good",
        "cuts",
        _FAILS,
        "days for which all demands are served that its material can reach",
        chart=Chart("bar", "who", ("days",), y_title="days until somebody runs short"),
        says=f"days_lost > 0 or not {_FAILING}",
        left_out="that take no day from all demands together",
    ),
    Section(
        "Who loses most time",
        "cuts",
        (_WHO, Column("hit_label", "demand"), Column("hit_days", "days", "days"), Column("days_lost_alone", "fewer", "days")),
        "the demand that loses most by each failure, if everything else can give way to it",
        most=10,
        says="days_lost_alone > 0",
        by="days_lost_alone",
    ),
    Section(
        "What it costs if it is back after a while",
        "cuts",
        (_WHO, Column("loss", "loss", "money"), Column("loss_penalties", "of it penalties", "money"), Column("exposure", "of the largest", "percent")),
        "least cost with it out until recovery, less least cost without; discounted; ∞ where no plan keeps all rules, negative where a duty to buy falls "
        "away; penalties: what shortage and broken rules count for in it, the rest is paid; a stockpile is locked until then, and has its stock again after",
        most=10,
        chart=Chart("bar", "who", ("loss",), y_title="loss"),
        where=_FAILING,
        says="loss.notna() and loss != 0",
        left_out="that cost nothing, or are not known",
        by="loss",
    ),
    Section(
        "Each demand by itself, as it is",
        "demands",
        (Column("demand_label", "demand"), _LASTS, Column("why", "what stops it")),
        "days for which it is served if everything else can give way to it",
        most=10,
        where=f"not {_FAILING}",
        says="not to_the_end",
        left_out="served to the end of the horizon",
        by="-lasts",
    ),
    Section(
        "What wins time",
        "won",
        (_WHO, Column("demand_label", "served"), Column("days_before", "days", "days"), *(Column(lever, words, "days") for lever, words in SHORT.items())),
        "days more by each measure alone, most time won first: a month of demand more in store, substitutes may do 10 points more, the first shortage tiers "
        "go unserved, ramps 6 months quicker",
    ),
    TOGETHER,
)
