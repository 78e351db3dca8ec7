"""The plan in words: one screen for a planner, from the record of a plan alone."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.plan import Record

WIDTH = 100
TOP_SOURCES = 4
_SPECIAL = ("wanted", "short", "from stock", "substitutes")


def render(record: Record) -> RenderableType:
    """A plan as one screen: headline, mix, runway, commitments, marginal values, cost lines."""
    figures = record["figures"]
    years = _years(figures)
    parts: Iterable[RenderableType] = (
        _headline(record, figures),
        _mix(figures, years),
        _runway(figures),
        _commitments(record, figures),
        _values(record, figures, years),
        _costs(record),
    )
    return Group(*parts)


def print_plan(record: Record, console: Console) -> None:
    """Print a plan."""
    console.print(render(record))


def money(value: float, currency: str) -> str:
    """Money in words that fit: ``11.74 bn USD``."""
    for size, word in ((1e9, " bn"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (size if word != ' k' else 1e3):,.4g}{word} {currency}"
    return f"{value:,.6g} {currency}"


def amount(value: float) -> str:
    """A quantity in at most six characters or so; a dot for nothing."""
    if abs(value) < 5e-4:
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
    return Text.assemble("\n", (text, "bold"), (f"  {note}" if note else "", "dim"))


def _grid(columns: Iterable[str], first: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=True, header_style="dim", width=WIDTH)
    names = list(columns)
    table.add_column(names[0], min_width=first, max_width=first, no_wrap=True, overflow="ellipsis")
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _headline(record: Record, figures: Record) -> RenderableType:
    periods = figures["periods"]
    rate = record["discount_rate"]
    lines = [
        Text.assemble((record["title"] or record["scenario"], "bold"), (f"   {periods[0]['period']} to {periods[-1]['end'][:7]}, {len(periods)} periods", "dim")),
        Text.assemble("Cost ", (money(record["total_cost"], record["currency"]), "bold"), f" (discounted at {100 * rate:g} %)" if rate else ""),
    ]
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
                f" ({100 * item['short'] / item['wanted']:.2g} % of demand), first in ",
                (item["first"], "bold"),
                f" for {who}",
            )
        )
    return Group(*lines)


def _mix(figures: Record, years: list[str]) -> RenderableType:
    materials = figures["shortage"]["materials"]
    table = _grid(["", *years], 30)
    for material, sources in figures["mix"].items():
        info = materials.get(material)
        if info is None or info["wanted"] <= 0:
            continue
        table.add_row(Text(f"{info['label']}, {info['unit']}", style="bold"), *[amount(sources.get("wanted", {}).get(year, 0.0)) for year in years], style="bold")
        ranked = sorted((name for name in sources if name not in _SPECIAL), key=lambda name: -sum(map(abs, sources[name].values())))
        ranked = [name for name in ranked if any(abs(value) > 5e-4 for value in sources[name].values())]
        for name in ranked[:TOP_SOURCES]:
            table.add_row(f"  {name}", *[amount(sources[name].get(year, 0.0)) for year in years])
        rest = ranked[TOP_SOURCES:]
        if rest:
            table.add_row(f"  {len(rest)} other sources", *[amount(sum(sources[name].get(year, 0.0) for name in rest)) for year in years])
        for name in ("from stock", "substitutes", "short"):
            values = [sources.get(name, {}).get(year, 0.0) for year in years]
            if any(abs(value) > 5e-4 for value in values):
                table.add_row(f"  {name}", *map(amount, values), style="red" if name == "short" else "")
    return Group(_title("Sourcing mix", "wanted in bold, then what arrives, per year"), table)


def _runway(figures: Record) -> RenderableType:
    piles = {key: pile for key, pile in figures["stock"].items() if pile["lowest"] is not None and (pile["initial"] or any(pile["level"].values()))}
    if not piles:
        return Text()
    ends = {period["end"][:7]: period["period"] for period in figures["periods"]}
    year_ends = {end[:4]: label for end, label in ends.items() if end.endswith("-01")}
    shown = dict(list(year_ends.items())[:5])
    # 2027-01 is the end of 2026
    heads = [f"end {int(year) - 1}" for year in shown]
    table = _grid(["", "start", *heads, "lowest", "in"], 30)
    for key, pile in piles.items():
        per_unit = pile["days_per_unit"]
        values = [pile["initial"], *[pile["level"].get(label, 0.0) for label in shown.values()], pile["lowest"]["level"]]
        texts = [f"{value * per_unit:,.0f} d" if per_unit else f"{amount(value)} {pile['unit']}" for value in values]
        table.add_row(f"  {key}", *texts, pile["lowest"]["period"])
    return Group(_title("Stock runway", "days of today's demand in store"), table)


def _commitments(record: Record, figures: Record, most: int = 6) -> RenderableType:
    items = [item for item in figures["commitments"] if item["size"] > 1e-6 * (item["of"] or item["size"])]
    if not items:
        return Group(_title("Commit to"), Text("  nothing new", style="dim"))
    table = _grid(["", "size", "of", "decide by", "first output", "capex"], 30)
    for item in items[:most]:
        share = f"{100 * item['size'] / item['of']:.0f} %" if item["of"] else ""
        unit = item["unit"]
        table.add_row(f"  {item['project']}", f"{amount(item['size'])} {unit}", share, item["period"], item["first_output"] or "", money(item["capex"], record["currency"]) if item["capex"] else "")
    note = f"and {len(items) - most} smaller or later ones: plan show … --table commitments" if len(items) > most else ""
    return Group(_title("Commit to", note), table)


def _values(record: Record, figures: Record, years: list[str]) -> RenderableType:
    table = _grid(["", *years], 30)
    for name, item in figures["marginal_value"].items():
        table.add_row(f"  {name}, {item['unit']}", *[_price(item["by_year"].get(year)) for year in years])
    return Group(_title("What one more unit would be worth"), table) if figures["marginal_value"] else Text()


def _price(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g} M"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _costs(record: Record) -> RenderableType:
    lines = {name: value for name, value in record["costs"].items() if abs(value) > 1e-9 * max(1e-300, abs(record["total_cost"]))}
    ranked = sorted(lines.items(), key=lambda item: -abs(item[1]))
    text = Text("  ")
    for position, (name, value) in enumerate(ranked):
        text.append(" · " if position else "").append(f"{name} ").append(money(value, "").strip(), style="bold")
    return Group(_title("Cost lines", record["currency"]), text)

