"""What is known of every open decision, as sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.compile.setting import Setting
from planner.decide_by.asking import MONTHS, Answer
from planner.decided import short_told
from planner.errors import counted
from planner.findings import Chart, Column, Findings, Section, amount_told, told
from planner.scenario.dates import Calendar
from planner.scenario.load import Loaded
from planner.words import spans

ALL = "all_decisions"
ANY_TIME = "not needed"
"""Stands for a date where a decision need not be taken at all."""
MOST_TOLD = 4
"""So many decisions are told in sentences."""
LIMITS = (
    "Everything else is planned anew for each delay, with the whole future known: other projects, stocks and contracts make up for it as well as they can, "
    "so real delays cost more. Delays of several decisions do not add up; the first row has all of them together.",
    "Decisions are taken when a period begins. A delay that ends inside a period of the grid cannot be told from one until the next, and is left out.",
    "Shortage that a demand's own price accepts is no reason to decide; the dates say what the scenario's prices and limits say.",
)


@dataclass(frozen=True)
class Asked:
    """All answers on one scenario."""

    cost: float
    """Least cost [discounted money]."""
    within: float
    answers: Sequence[Answer]
    together: Answer | None
    """All decisions delayed together; None where there is but one."""
    calendar: Calendar
    wanted: Mapping[str, float]
    """By demand: all that is wanted [units]."""


def tell(loaded: Loaded, asked: Asked, record: Mapping[str, Any]) -> Findings:
    """Findings on all open decisions, the most pressing first."""
    teller = _Teller(loaded, asked)
    answers = sorted(asked.answers, key=teller.urgency)
    every = [asked.together, *answers] if asked.together is not None else answers
    decisions = pd.DataFrame([teller.row(answer) for answer in every])
    delays = pd.DataFrame([row for answer in every for row in teller.delays(answer)], columns=list(DELAY_COLUMNS))
    return Findings(
        command="decide-by",
        title=loaded.scenario.title or loaded.name,
        currency=loaded.scenario.money.currency,
        headline=tuple(teller.headline(answers)),
        sections=(*_sections(decisions, asked, loaded.scenario.money.currency),),
        tables={"decisions": decisions, "delays": delays},
        record=record,
        limits=LIMITS,
    )


DELAY_COLUMNS = ("id", "label", "decided_from", "months", "extra_cost", "share_of_cost", "has_plan", "most_short", "also_short")


class _Teller:
    def __init__(self, loaded: Loaded, asked: Asked) -> None:
        self.scenario, self.asked, self.calendar = loaded.scenario, asked, asked.calendar
        self.setting = Setting(loaded.scenario, asked.calendar)
        self.currency = loaded.scenario.money.currency

    def money(self, amount: float) -> str:
        return amount_told(amount, self.currency)

    def date(self, place: int | None) -> str:
        if place is None:
            return ANY_TIME
        day = self.calendar.periods[place].start
        return f"{day:%Y-%m}" if day.day == 1 else day.isoformat()

    def slack(self, answer: Answer) -> float:
        """Months from the first date on which it can be decided to the last one without more shortage."""
        return math.inf if answer.served is None else self.months(answer.opens, answer.served)

    def months(self, first: int, last: int) -> float:
        return float(round(12 * (self.calendar.periods[last].begin - self.calendar.periods[first].begin)))

    def urgency(self, answer: Answer) -> tuple[int, int, float]:
        """What must be decided soonest comes first: for the sake of shortage, then of cost."""
        never = len(self.calendar.periods)
        dates = [never if place is None else place for place in (answer.served, answer.free)]
        return dates[0], dates[1], -answer.never

    def label(self, answer: Answer) -> str:
        if answer.decision is None:
            return "All decisions together"
        item = (self.scenario.projects if answer.decision.kind == "project" else self.scenario.contracts)[answer.decision.key]
        return item.label or answer.decision.key

    def adds_to(self, answer: Answer) -> str:
        """What gains capacity, or who delivers."""
        if answer.decision is None:
            return ""
        scenario, key = self.scenario, answer.decision.key
        target = scenario.projects[key].adds_to if answer.decision.kind == "project" else scenario.contracts[key].supplier
        for entities in (scenario.suppliers, scenario.processes, scenario.stockpiles):
            if target in entities:
                return entities[target].label or target
        return target

    def size(self, answer: Answer) -> tuple[float, float, str]:
        """(size in the cheapest plan, largest size, unit)."""
        if answer.decision is None:
            return math.nan, math.nan, ""
        key, chosen = answer.decision.key, sum(answer.size.values())
        if answer.decision.kind == "contract":
            contract = self.scenario.contracts[key]
            rate = self.setting.rate_once_signed(contract, self.calendar.periods[answer.opens if answer.first is None else answer.first].start)
            return chosen * rate, rate, self.scenario.unit(self.scenario.suppliers[contract.supplier].material) + "/yr"
        project = self.scenario.projects[key]
        largest = getattr(project.size, "max", None)
        return chosen, math.nan if largest is None else largest, self.scenario.size_unit(key)

    def row(self, answer: Answer) -> dict[str, Any]:
        size, largest, unit = self.size(answer)
        return {
            "id": answer.decision.key if answer.decision is not None else ALL,
            "kind": answer.decision.kind if answer.decision is not None else "all",
            "label": self.label(answer),
            "adds_to": self.adds_to(answer),
            "opens": self.date(answer.opens),
            "first": "–" if answer.first is None else self.date(answer.first),
            "decided": self.decided(answer),
            "much": f"{told(size, 'number')} {unit}" if size > 0 else "",
            "size": size,
            "largest_size": largest,
            "unit": unit,
            "latest_without_more_shortage": self.date(answer.served),
            "latest_with_least_shortage": self.date(answer.least),
            "latest_at_no_cost": self.date(answer.free),
            "latest_within": self.date(answer.within),
            "slack_months": self.slack(answer),
            "cost_a_month_after": answer.after,
            **{f"delay_{months}": answer.delayed(self.calendar, months) for months in MONTHS},
            "never": answer.never,
            "short_without": "; ".join(self.short(answer.points[-1].shorter)) if answer.points else "",
            "verdict": self.verdict(answer),
        }

    def decided(self, answer: Answer) -> str:
        """When the cheapest plan decides it."""
        return spans(self.calendar, [self.calendar.periods[place].label for place in answer.size]) or "–"

    def verdict(self, answer: Answer) -> str:
        if answer.first is None:
            return "not in the cheapest plan"
        if answer.free is None:
            return "the plan does as well without it"
        if answer.never == math.inf:
            return "there is no plan without it"
        if answer.served is None:
            return "saves money; nobody need run shorter without it"
        return "more runs short without it"

    def delays(self, answer: Answer) -> Iterator[dict[str, Any]]:
        since = answer.opens if answer.first is None else answer.first
        for point in answer.points:
            if point.place >= len(self.calendar.periods):
                continue
            short = self.short(point.shorter)
            yield {
                "id": answer.decision.key if answer.decision is not None else ALL,
                "label": self.label(answer),
                "decided_from": self.date(point.place),
                "months": self.months(since, point.place),
                "extra_cost": point.extra_cost,
                "share_of_cost": point.extra_cost / abs(self.asked.cost) if self.asked.cost else math.nan,
                "has_plan": point.extra_cost < math.inf,
                "most_short": short[0] if short else "",
                "also_short": "; ".join(short),
            }

    def short(self, shorter: Mapping[str, float]) -> list[str]:
        """Which materials run shorter and by how much."""
        return short_told(self.scenario, shorter, self.asked.wanted)

    def headline(self, answers: Sequence[Answer]) -> Iterator[str]:
        used = [answer for answer in answers if answer.first is not None]
        needed = [answer for answer in used if answer.free is not None]
        yield self.overview(len(answers), len(used), needed)
        for answer in needed[:MOST_TOLD]:
            yield self.sentence(answer)
        if len(needed) > MOST_TOLD:
            dated = sum(answer.served is not None for answer in needed[MOST_TOLD:])
            yield f"{len(needed) - MOST_TOLD} more decisions save money{f', {dated} of them with such a date' if dated else ''}; the table has them."
        together = self.asked.together
        if together is not None and together.first is not None and together.free is not None:
            yield self.moratorium(together)

    def overview(self, count: int, used: int, needed: Sequence[Answer]) -> str:
        pressing = [answer for answer in needed if answer.served is not None]
        cost = f"The cheapest plan costs {self.money(self.asked.cost)} (discounted)"
        if not needed:
            return f"{cost}; it does as well without {'any one of the ' if count > 1 else 'the '}{counted(count, 'open decisions')}."
        dates = f"for {len(pressing)} of them there is a date after which more runs short" if pressing else "nobody need run shorter without any one of them"
        return f"{cost} and takes {used} of {counted(count, 'open decisions')}; {dates}."

    def sentence(self, answer: Answer) -> str:
        name, size = self.label(answer), self.size(answer)
        much = f" ({told(size[0], 'number')} {size[2]})"
        if answer.served is None:
            start = f"Decide on {name}{much} by {self.date(answer.free)}, for the sake of cost alone"
        elif answer.never == math.inf:
            start = f"Decide on {name}{much} by {self.date(answer.served)}: later there is no plan that keeps the rules, or more must run short"
        else:
            start = f"Decide on {name}{much} by {self.date(answer.served)}, or more must run short, whatever is paid{self.sooner(answer)}"
        return f"{start}; {self.costs(answer)}."

    def sooner(self, answer: Answer) -> str:
        """Whether a shorter delay already makes the cheapest plan run shorter, since shortage is cheaper than what else could be done."""
        for point in answer.points:
            short = self.short(point.shorter)
            if short and answer.served is not None and point.place <= answer.served:
                return f" (decided {self.date(point.place)}, the cheapest plan already leaves {short[0]} more short)"
        return ""

    def costs(self, answer: Answer) -> str:
        """What waiting costs, in words."""
        later = {months: answer.delayed(self.calendar, months) for months in (12, 24)}
        parts = [f"{months} months {self.money(cost)}" for months, cost in later.items() if 0 < cost < answer.never]
        parts.append("without it there is no plan" if answer.never == math.inf else f"doing without {self.money(answer.never)}")
        if answer.after < math.inf:
            parts.insert(0, f"each month after {self.date(answer.free)} costs {self.money(answer.after)} at first")
        return ", ".join(parts)

    def moratorium(self, answer: Answer) -> str:
        if answer.served is None:
            return f"If nothing is decided at all, nobody need run shorter; {self.costs(answer)}."
        return f"If nothing is decided before {self.date(answer.served)}, nobody need run shorter, and later somebody must; {self.costs(answer)}."


def _sections(decisions: pd.DataFrame, asked: Asked, currency: str) -> Iterator[Section]:
    name = Column("label", "decision")
    differs = (decisions["latest_with_least_shortage"] != decisions["latest_without_more_shortage"]).any()
    least = [Column("latest_with_least_shortage", "least short")] if differs else []
    dates = (
        Column("latest_without_more_shortage", "safe until"),
        *least,
        Column("latest_at_no_cost", "free until"),
        Column("latest_within", f"in {told(asked.within, 'percent')}"),
    )
    yield Section(
        "Decide by",
        "decisions",
        (name, Column("first", "decided"), Column("much", "size"), *dates, Column("slack_months", "slack", "number")),
        note="Safe until: the last date after which there still is a plan, at whatever cost, in which no demand runs shorter than in the cheapest one; where "
        "shortage is cheaper than that, the cheapest answer to a delay runs shorter before. Free until: at no cost. "
        f"In {told(asked.within, 'percent')}: for no more than that of the least cost. "
        + ("Least short: the last date for the least shortage that any plan could have. " if differs else "")
        + f"Slack: months from the first date on which it can be decided to the last safe one. {ANY_TIME}: it may be left out altogether.",
    )
    delays = [Column(f"delay_{months}", f"{months} mo", "money") for months in MONTHS if decisions[f"delay_{months}"].notna().any()]
    yield Section(
        f"What waiting costs, {currency}",
        "decisions",
        (name, *delays, Column("never", "never", "money")),
        note="Extra discounted cost of deciding so many months later than the cheapest plan does. ∞: no plan keeps the rules",
        says="never > 0",
        left_out="that save nothing",
        chart=Chart("bar", "label", ("never",), x_title="decision", y_title=f"extra cost without it, {currency}"),
    )
    costs = (Column("extra_cost", "extra cost", "money"), Column("share_of_cost", "of the cost", "percent"))
    yield Section(
        "Delay by delay",
        "delays",
        (name, Column("decided_from", "decided from"), Column("months", "months later", "number"), *costs, Column("most_short", "more short, most of all")),
        note=f"Money in {currency}, discounted.",
        # the table above has the months that matter
        most=0,
        chart=Chart("line", "months", ("extra_cost",), by="label", x_title="months later than in the cheapest plan", y_title=f"extra cost, {currency}"),
    )
