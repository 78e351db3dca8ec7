"""The plan in words: one screen for a planner, from the record of a plan alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.errors import counted
from planner.plan import Record
from planner.scenario.characters import harmless

if TYPE_CHECKING:
    from planner.explain import Explanation

WIDEST = 110
TOP_SOURCES = 3
_LAST = ("from stock", "by substitutes", "other uses", "left short")


def render(record: Record, width: int = 100) -> RenderableType:
    """A plan as one screen: headline, mix, runway, commitments, marginal values, policies, cost lines.

    Args:
        record: What ``plan.json`` holds.
        width: Columns of the terminal; narrow ones get fewer years, never half a number.
    """
    record = _readable(record)
    figures = record["figures"]
    screen = _Screen(min(width, WIDEST))
    years = _years(figures, screen.room(8))
    parts: Iterable[RenderableType | None] = (
        _mix(screen, figures, years),
        _runway(screen, figures),
        _commitments(screen, record, figures),
        _values(screen, figures, years),
        _policies(figures),
        _costs(record),
        _horizon_test(record),
    )
    return Group(_headline(record, figures), "", *(part for part in parts if part is not None))


def _readable(value: Any) -> Any:
    """The same record with every text fit for one line of a terminal: a plan folder may come from anywhere."""
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return harmless(" ".join(value.split())) if isinstance(value, str) and not value.isprintable() else value


@dataclass(frozen=True)
class _Screen:
    """How wide everything may be."""

    width: int

    @property
    def first(self) -> int:
        """Width of the first column."""
        return 34 if self.width >= 100 else 26

    def room(self, column: int) -> int:
        """How many columns of a width fit beside the first one."""
        return max(1, (self.width - self.first - 1) // column)

    def table(self, title: str, note: str, columns: Iterable[str]) -> Table:
        """A table without lines whose first heading is the section's title."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", width=self.width)
        table.add_column(_title(title, note), min_width=self.first, no_wrap=True, overflow="ellipsis", ratio=1)
        for name in columns:
            table.add_column(name, justify="right", no_wrap=True)
        return table


def money(value: float, currency: str) -> str:
    """Money in words that fit: ``11.74 bn USD``."""
    for size, word in ((1e9, " bn"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (size if word != ' k' else 1e3):,.4g}{word} {currency}"
    return f"{value:,.6g} {currency}"


def amount(value: float, nothing: float = 0.0) -> str:
    """A quantity in at most six characters or so; a dot for what is not more than ``nothing``."""
    if abs(value) <= nothing:
        return "·"
    if abs(value) >= 99.5:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 0.95 else f"{value:.2g}"


def _years(figures: Record, room: int) -> list[str]:
    """Calendar years to show, as many as there is room for: the first ones, then every so many, and the last."""
    most = min(8, max(3, room))
    years = sorted({period["start"][:4] for period in figures["periods"]})
    if len(years) <= most:
        return years
    head, rest = years[: most - 3], years[most - 3 :]
    return [*head, *{rest[len(rest) // 3]: 0, rest[2 * len(rest) // 3]: 0, rest[-1]: 0}]


def _title(text: str, note: str = "") -> Text:
    return Text.assemble((text, "bold cyan"), (f"  {note}" if note else "", "dim"))


def _headline(record: Record, figures: Record) -> RenderableType:
    periods = figures["periods"]
    rate = record["discount_rate"]
    lines = [
        Text.assemble(
            (record["title"] or record["scenario"], "bold"),
            (f"   {periods[0]['period']} until {periods[-1]['end'][:7]}, {counted(len(periods), 'periods')}", "dim"),
        ),
        Text.assemble("Cost ", (money(record["total_cost"], record["currency"]), "bold"), f" (discounted at {100 * rate:g} %)" if rate else ""),
    ]
    for relaxation in record.get("relaxations", ()):
        lines.append(Text.assemble(("Relaxed: ", "bold yellow"), f"{relaxation['path']}: {relaxation['text']}"))
    short = [item for item in figures["shortage"]["materials"].values() if item["short"] > 0]
    if not short:
        lines.append(Text("Nothing runs short.", style="green"))
    for item in sorted(short, key=lambda item: -item["short"] / item["wanted"]):
        who = item["who"][0] + (f" and {len(item['who']) - 1} more" if len(item["who"]) > 1 else "")
        lines.append(
            Text.assemble(
                ("Short: ", "red"),
                f"{item['label']} ",
                (f"{amount(item['short'])} {item['unit']}", "bold red"),
                f" ({100 * item['short'] / item['wanted']:.2g} % of demand), from ",
                (item["first"], "bold"),
                f": {who}",
            )
        )
    return Group(*lines)


def _mix(screen: _Screen, figures: Record, years: list[str]) -> RenderableType | None:
    table = screen.table("Sourcing mix", "per year", years)
    for material, info in figures["shortage"]["materials"].items():
        if info["wanted"] > 0:
            _mix_of(table, info, figures["mix"][material], years)
    return table if table.row_count else None


def _mix_of(table: Table, info: Record, sources: Record, years: list[str]) -> None:
    """One material: what is wanted, the largest sources, the rest together, then stock, substitutes, other uses, shortage."""
    nothing = 1e-5 * info["wanted"] / len(sources["all wanted"])

    def row(name: str, parts: list[str], style: str = "") -> None:
        values = [sum(sources[part].get(year, 0.0) for part in parts if part in sources) for year in years]
        table.add_row(Text(name), *[amount(value, nothing) for value in values], style=style)

    def matters(name: str) -> bool:
        return any(abs(value) > nothing for value in sources.get(name, {}).values())

    row(f"{info['label']}, {info['unit']}", ["all wanted"], "bold")
    candidates = [name for name in sources if name not in ("all wanted", *_LAST) and matters(name)]
    # what was shipped before the horizon is no decision, and comes last
    ranked = sorted(candidates, key=lambda name: (name == "in_transit", -_peak(sources[name], sources["all wanted"])))
    for name in ranked[:TOP_SOURCES]:
        row(f"  {name}", [name])
    rest = ranked[TOP_SOURCES:]
    if rest:
        row(f"  {counted(len(rest), 'other sources')}", rest)
    for name in filter(matters, _LAST):
        row(f"  {name}", [name], "red" if name == "left short" else "")


def _peak(source: Record, wanted: Record) -> float:
    """Largest share of a year's demand: what matters in any year is named, even if it ends soon."""
    return max((abs(value) / wanted[year] for year, value in source.items() if wanted.get(year)), default=0.0)


def _runway(screen: _Screen, figures: Record) -> RenderableType | None:
    piles = {key: pile for key, pile in figures["stock"].items() if pile["lowest"] is not None and (pile["initial"] or any(pile["level"].values()))}
    if not piles:
        return None
    ends = {period["end"][:7]: period["period"] for period in figures["periods"]}
    year_ends = {end[:4]: label for end, label in ends.items() if end.endswith("-01")}
    shown = dict(list(year_ends.items())[: min(5, max(1, screen.room(9) - 3))])
    # 2027-01 is the end of 2026
    heads = [f"end {int(year) - 1}" for year in shown]
    table = screen.table("Stock runway", "days of first demand", ["start", *heads, "lowest", "in"])
    for key, pile in piles.items():
        per_unit = pile["days_per_unit"]
        values = [pile["initial"], *[pile["level"].get(label, 0.0) for label in shown.values()], pile["lowest"]["level"]]
        texts = [f"{value * per_unit:,.0f} d" if per_unit else f"{amount(value)} {pile['unit']}" for value in values]
        table.add_row(f"  {key}", *texts, pile["lowest"]["period"])
    return table


def _commitments(screen: _Screen, record: Record, figures: Record, most: int = 6) -> RenderableType | None:
    """What to decide, and by when: capacity to commit to, contracts to sign."""
    projects = [item for item in figures["commitments"] if item["size"] > 1e-6 * (item["of"] or item["size"])]
    signed = [item for item in figures["signatures"] if item["share"] > 1e-6]
    if not projects and not signed:
        return Text.assemble(_title("Commit to"), ("  nothing new", "dim")) if figures["decidable"] or figures["signable"] else None
    wide = screen.width >= 96
    table = screen.table("Commit to", "", ["size", *(["of limit"] if wide else []), "commit by", "first output", "capex"])
    for item in projects[:most]:
        share = [f"{100 * item['size'] / item['of']:.0f} %" if item["of"] else ""] if wide else []
        capex = money(item["capex"], record["currency"]) if item["capex"] else ""
        table.add_row(f"  {item['project']}", f"{amount(item['size'])} {item['unit']}", *share, item["period"], item["first_output"] or "", capex)
    for item in signed[:most]:
        share = [f"{100 * item['share']:.0f} %"] if wide else []
        table.add_row(f"  sign {item['contract']}", f"{amount(item['size'])} {item['unit']}", *share, item["period"], "", "")
    later = max(0, len(projects) - most) + max(0, len(signed) - most)
    if later:
        table.add_row(Text(f"  and {later} later: -t commitments, contracts", style="dim"))
    return table


def _values(screen: _Screen, figures: Record, years: list[str]) -> RenderableType | None:
    table = screen.table("Worth of one more unit", "", years)
    for name, item in figures["marginal_value"].items():
        table.add_row(f"  {name}, {item['unit']}", *[_price(item["by_year"].get(year)) for year in years])
    return table if figures["marginal_value"] else None


def _price(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} M"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _policies(figures: Record) -> RenderableType | None:
    """Which policies are broken (and paid for), and which ones cost something."""
    broken = [f"{name} (from {item['broken']})" for name, item in figures["policies"].items() if item["broken"] and not name.endswith(".floor")]
    floors = sorted((item["broken"], name) for name, item in figures["policies"].items() if item["broken"] and name.endswith(".floor"))
    if floors:
        broken.append(f"{counted(len(floors), 'soft floors')}, first {floors[0][1]} ({floors[0][0]})")
    binding = [name for name, item in figures["policies"].items() if item["binds"] and not item["broken"]]
    if not broken and not binding:
        return None
    text = _title("Policies")
    if broken:
        text.append("  broken at a price: ").append(", ".join(broken), style="yellow")
    if binding:
        text.append("  binding: ").append(", ".join(binding), style="bold")
    return text


def _costs(record: Record, most: int = 5) -> RenderableType | None:
    lines = {name: value for name, value in record["costs"].items() if abs(value) > 1e-9 * max(1e-300, abs(record["total_cost"]))}
    if not lines:
        return None
    ranked = sorted(lines.items(), key=lambda item: -abs(item[1]))
    if len(ranked) > most + 1:
        ranked = [*ranked[:most], (f"{len(ranked) - most} others", sum(value for _, value in ranked[most:]))]
    text = _title("Cost lines", record["currency"])
    for position, (name, value) in enumerate(ranked):
        # a line breaks between cost lines, not inside one
        text.append(" · " if position else "  ").append(f"{name} ".replace(" ", "\u00a0")).append(money(value, "").strip().replace(" ", "\u00a0"), style="bold")
    return text


def render_explanation(explanation: Explanation, width: int = 100, most: int = 8) -> RenderableType:
    """Statements by section, those that matter most first.

    Args:
        explanation: What :func:`planner.explain.explain` found.
        width: Columns of the terminal.
        most: So many of each section where everything was asked for.
    """
    from planner.explain import SECTIONS

    table = Table(box=None, show_header=False, pad_edge=False, padding=0, width=min(width, WIDEST))
    table.add_column(width=2)
    table.add_column(overflow="fold")
    found: dict[str, list[str]] = {}
    for statement in explanation.statements:
        found.setdefault(statement.section, []).append(harmless(statement.text))
    headline = Text.assemble((harmless(explanation.title), "bold"), f"   cost {money(explanation.total_cost, explanation.currency)}")
    for section, texts in found.items():
        table.add_row(Text(), Text())
        table.add_row(Text("#", style="dim"), _title(SECTIONS[section]))
        shown = texts if explanation.narrow else texts[:most]
        for text in shown:
            table.add_row(Text("·", style="dim"), Text(text))
        if len(texts) > len(shown):
            table.add_row(Text(), Text(f"and {len(texts) - len(shown)} more: ask with --material, --supplier, --project or --period, or --json", style="dim"))
    if not found:
        table.add_row(Text(), Text("Nothing of this is worth anything to the plan."))
    return Group(headline, table)


BASES = {"commit": "its largest size", "sign": "the contract"}
"""What a move of the horizon test is measured against, by its kind."""


def _horizon_test(record: Record, most: int = 5) -> RenderableType | None:
    """What a longer horizon changes in the first years."""
    test = record.get("horizon_test")
    if test is None:
        return None
    text = _title("Horizon test", f"until {test['until']}")
    if not test["moves"]:
        text.append(f"  {test['verdict']}", style="green" if test["status"] == "optimal" else "yellow")
    else:
        verb = "moves" if len(test["moves"]) == 1 else "move"
        text.append(f"  {counted(len(test['moves']), 'decisions')} before {test['before']} {verb} by more than {100 * test['tolerance']:g} %:", style="yellow")
    for move in test["moves"][:most]:
        base = BASES.get(move["kind"], "a year's demand")
        text.append(f"\n  {move['text']}").append(f"  ({100 * move['relative']:,.0f} % of {base})", style="dim")
    if len(test["moves"]) > most:
        text.append(f"\n  and {len(test['moves']) - most} more in plan.json", style="dim")
    for note in test["notes"]:
        text.append(f"\n  {note}", style="dim")
    return text
