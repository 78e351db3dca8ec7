"""The plan in words: one screen for a planner, from the record of a plan alone."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.errors import counted
from planner.plan import Record

WIDTH = 100
FIRST = 34
TOP_SOURCES = 3
_LAST = ("from stock", "substitutes", "other uses", "short")


def render(record: Record) -> RenderableType:
    """A plan as one screen: headline, mix, runway, commitments, marginal values, cost lines."""
    figures = record["figures"]
    years = _years(figures)
    parts: Iterable[RenderableType | None] = (
        _mix(figures, years),
        _runway(figures),
        _commitments(record, figures),
        _values(figures, years),
        _costs(record),
    )
    return Group(_headline(record, figures), *(Group("", part) for part in parts if part is not None))


def print_plan(record: Record, console: Console) -> None:
    """Print a plan."""
    console.print(render(record))


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


def _years(figures: Record, most: int = 8) -> list[str]:
    """Calendar years to show: the first ones, then every so many, and the last."""
    years = sorted({period["start"][:4] for period in figures["periods"]})
    if len(years) <= most:
        return years
    head = years[: most - 3]
    rest = years[most - 3 :]
    return [*head, *{rest[len(rest) // 3]: 0, rest[2 * len(rest) // 3]: 0, rest[-1]: 0}]


def _title(text: str, note: str = "") -> Text:
    return Text.assemble((text, "bold cyan"), (f"  {note}" if note else "", "dim"))


def _grid(title: str, note: str, columns: Iterable[str]) -> Table:
    """A table without lines whose first heading is the section's title."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", width=WIDTH)
    table.add_column(_title(title, note), min_width=FIRST, no_wrap=True, overflow="ellipsis")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


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
    short = [item for item in figures["shortage"]["materials"].values() if item["short"] > 0]
    if not short:
        lines.append(Text("Nothing runs short.", style="green"))
    for item in sorted(short, key=lambda item: -item["short"] / item["wanted"]):
        who = item["who"][0] + (f" +{len(item['who']) - 1}" if len(item["who"]) > 1 else "")
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


def _mix(figures: Record, years: list[str]) -> RenderableType | None:
    table = _grid("Sourcing mix", "per year", years)
    for material, info in figures["shortage"]["materials"].items():
        if info["wanted"] > 0:
            _mix_of(table, info, figures["mix"][material], years)
    return table if table.row_count else None


def _mix_of(table: Table, info: Record, sources: Record, years: list[str]) -> None:
    """One material: what is wanted, the largest sources, the rest together, then stock, substitutes, other uses, shortage."""
    nothing = 1e-5 * info["wanted"] / len(sources["wanted"])

    def row(name: str, parts: list[str], style: str = "") -> None:
        values = [sum(sources[part].get(year, 0.0) for part in parts if part in sources) for year in years]
        table.add_row(Text(name), *[amount(value, nothing) for value in values], style=style)

    def matters(name: str) -> bool:
        return any(abs(value) > nothing for value in sources.get(name, {}).values())

    row(f"{info['label']}, {info['unit']}", ["wanted"], "bold")
    ranked = sorted((name for name in sources if name not in ("wanted", *_LAST) and matters(name)), key=lambda name: -_peak(sources[name], sources["wanted"]))
    for name in ranked[:TOP_SOURCES]:
        row(f"  {name}", [name])
    rest = ranked[TOP_SOURCES:]
    if rest:
        row(f"  {counted(len(rest), 'other sources')}", rest)
    for name in filter(matters, _LAST):
        row(f"  {name}", [name], "red" if name == "short" else "")


def _peak(source: Record, wanted: Record) -> float:
    """Largest share of a year's demand: what matters in any year is named, even if it ends soon."""
    return max((abs(value) / wanted[year] for year, value in source.items() if wanted.get(year)), default=0.0)


def _runway(figures: Record) -> RenderableType | None:
    piles = {key: pile for key, pile in figures["stock"].items() if pile["lowest"] is not None and (pile["initial"] or any(pile["level"].values()))}
    if not piles:
        return None
    ends = {period["end"][:7]: period["period"] for period in figures["periods"]}
    year_ends = {end[:4]: label for end, label in ends.items() if end.endswith("-01")}
    shown = dict(list(year_ends.items())[:5])
    # 2027-01 is the end of 2026
    heads = [f"end {int(year) - 1}" for year in shown]
    table = _grid("Stock runway", "days of demand", ["start", *heads, "lowest", "in"])
    for key, pile in piles.items():
        per_unit = pile["days_per_unit"]
        values = [pile["initial"], *[pile["level"].get(label, 0.0) for label in shown.values()], pile["lowest"]["level"]]
        texts = [f"{value * per_unit:,.0f} d" if per_unit else f"{amount(value)} {pile['unit']}" for value in values]
        table.add_row(f"  {key}", *texts, pile["lowest"]["period"])
    return table


def _commitments(record: Record, figures: Record, most: int = 6) -> RenderableType | None:
    items = [item for item in figures["commitments"] if item["size"] > 1e-6 * (item["of"] or item["size"])]
    if not items:
        return Text.assemble(_title("Commit to"), ("  nothing new", "dim")) if figures["decidable"] else None
    table = _grid("Commit to", "", ["size", "of limit", "commit by", "first output", "capex"])
    for item in items[:most]:
        share = f"{100 * item['size'] / item['of']:.0f} %" if item["of"] else ""
        unit = item["unit"]
        table.add_row(
            f"  {item['project']}",
            f"{amount(item['size'])} {unit}",
            share,
            item["period"],
            item["first_output"] or "",
            money(item["capex"], record["currency"]) if item["capex"] else "",
        )
    if len(items) > most:
        table.add_row(Text(f"  and {len(items) - most} later: plan show … -t commitments", style="dim"))
    return table


def _values(figures: Record, years: list[str]) -> RenderableType | None:
    table = _grid("Worth of one more unit", "", years)
    for name, item in figures["marginal_value"].items():
        table.add_row(f"  {name}, {item['unit']}", *[_price(item["by_year"].get(year)) for year in years])
    return table if figures["marginal_value"] else None


def _price(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} M"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


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
