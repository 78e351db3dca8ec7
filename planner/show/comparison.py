"""A comparison on a terminal: what was changed, key figures side by side, why the cost differs, what is done differently."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.comparison.changes import Change
from planner.comparison.decisions import Decision
from planner.comparison.figures import Figure, Value
from planner.comparison.result import Against, Comparison
from planner.errors import counted
from planner.scenario.characters import harmless
from planner.show.bridge import bridge_table, effect_tables, matters
from planner.show.screen import WIDEST, Screen, amount, heading, money

MOST_CHANGES = 14
MOST_ROWS = 12


def render_comparison(comparison: Comparison, width: int = 100) -> RenderableType:
    """A comparison in the order in which an analyst asks.

    Args:
        comparison: What :func:`planner.compare` found.
        width: Columns of the terminal.
    """
    screen = Screen(min(width, WIDEST))
    parts: list[RenderableType] = [_plans(screen, comparison)]
    parts += [Text(harmless(note), style="yellow") for note in comparison.notes]
    parts += [_changes(each) for each in comparison.against]
    parts.append(_figures(screen, comparison))
    for each in comparison.against:
        parts += [bridge_table(screen, comparison, each), *effect_tables(screen, comparison, each)]
    for each in comparison.against:
        parts += _differently(screen, comparison, each)
    return Group(*(part for each in parts for part in (each, Text(""))))


def _plans(screen: Screen, comparison: Comparison) -> Table:
    table = screen.table("Plans", f"compared with {comparison.base}", ["cost", "difference", "in %"])
    base = comparison.sides[0].total_cost
    for side in comparison.sides:
        step = side.total_cost - base if matters(side.total_cost - base, comparison) else 0.0
        share = f"{100 * step / abs(base):+.3g} %" if base and side is not comparison.sides[0] else ""
        title = harmless(str(side.plan.record["title"] or ""))
        name = Text.assemble((f"  {side.name}", "bold"), (f"  {title}", "dim"))
        table.add_row(name, money(side.total_cost, comparison.currency), "" if side is comparison.sides[0] else _signed(step, comparison.currency), share)
    return table


def _signed(value: float, currency: str) -> str:
    return ("+" if value > 0 else "") + money(value, currency)


def _changes(each: Against) -> RenderableType:
    """Keys that were changed; what belongs together is one line."""
    rows = [row for row in _told(each.changes) if row[0] != "title"]
    text = heading(f"What was changed in {each.name}", "" if rows else "nothing")
    for path, what, place in rows[:MOST_CHANGES]:
        text.append(f"\n  {harmless(path)}  ").append(harmless(what), style="bold").append(f"  {harmless(place)}", style="dim")
    if len(rows) > MOST_CHANGES:
        text.append(f"\n  and {len(rows) - MOST_CHANGES} more: --json, --csv or --xlsx has all", style="dim")
    return text


def _told(changes: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
    """(path, what became of it, place): one line for an entity that comes or goes, and for what was set below one key of an entity."""
    together: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        parts = change.path.split(".")
        together[".".join(parts[: 3 if change.kind == "set" else 2]), change.kind].append(change)
    for (path, kind), members in together.items():
        first = members[0]
        place = _place(first.place or first.base_place) + (f", was {_place(first.base_place)}" if kind == "set" else "")
        if kind == "set":
            told = [f"{change.path[len(path) + 1 :]} {_short(change.base_value)} → {_short(change.value)}".strip() for change in members]
            yield path, "; ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else ""), place
        elif len(members) == 1:
            yield first.path, f"{kind}: {_short(first.value if kind == 'added' else first.base_value)}", place
        else:
            yield path, f"{kind}: {counted(len(members), 'keys')}", place


def _place(place: str) -> str:
    """A place without its folders: the whole path is in the files."""
    return place.rsplit("/", 1)[-1]


def _short(value: str | None, most: int = 40) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"


_ONCE = frozenset({"cost line", "first short", "emissions"})
_BY_YEAR = {"origin share": "share", "HHI": "HHI", "months of cover": "cover, months"}


def _figures(screen: Screen, comparison: Comparison) -> Table:
    """What fits a screen: of materials in demand, of years the first, 2030 (or a middle one) and the last, and only what differs.

    The share of a country that is cut off is shown in any case.
    """
    names = [side.name for side in comparison.sides]
    table = screen.table("Key figures", "", names)
    wanted = {figure.item for figure in comparison.figures if figure.figure == "short"}
    years = sorted({figure.year for figure in comparison.figures if figure.year})
    shown = dict.fromkeys([years[0], "2030" if "2030" in years else years[len(years) // 2], years[-1]]) if years else {}
    for rows in _together(comparison.figures):
        first = rows[0]
        if first.figure in _BY_YEAR:
            _add_years(table, [figure for figure in rows if figure.year in shown and figure.item.split(" in ")[-1] in wanted], names)
        elif first.figure == "short":
            shares = {figure.item: figure for figure in comparison.figures if figure.figure == "short share"}
            if any(first.values.values()):
                table.add_row(f"  {harmless(first.label)}, short, {first.unit}", *(_short_cell(first, shares.get(first.item), plan) for plan in names))
        elif first.figure in ("total cost", "capex") or (first.figure in _ONCE and _differs(first)):
            table.add_row(f"  {_figure_name(first)}", *(_shown(first, first.values[plan], comparison.currency) for plan in names))
    return table


def _add_years(table: Table, rows: Sequence[Figure], names: Sequence[str]) -> None:
    """One row of a figure in some years."""
    if rows and (rows[0].figure == "origin share" or any(map(_differs, rows))):
        years = " ".join("'" + figure.year[2:] for figure in rows)
        table.add_row(f"  {harmless(rows[0].label)}, {_BY_YEAR[rows[0].figure]} {years}", *(_years_cell(rows, plan) for plan in names))


def _together(figures: Sequence[Figure]) -> Iterator[list[Figure]]:
    """Figures of one item, all of its years together."""
    found: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for figure in figures:
        found[figure.figure, figure.item].append(figure)
    yield from found.values()


def _years_cell(rows: Sequence[Figure], plan: str) -> str:
    """The same figure in several years: ``71 0 0 %``."""
    unit = " %" if rows[0].unit == "share" else ""
    numbers = [figure.values[plan] for figure in rows]
    texts = ["·" if not isinstance(value, float | int) else f"{100 * value:.0f}" if unit else amount(value) for value in numbers]
    return " ".join(texts) + unit


def _short_cell(figure: Figure, share: Figure | None, plan: str) -> str:
    value, part = figure.values[plan], share.values[plan] if share is not None else None
    if not isinstance(value, float | int) or not value:
        return "·"
    return amount(value) + (f" ({100 * part:.2g} %)" if isinstance(part, float | int) else "")


def _differs(figure: Figure) -> bool:
    values = list(figure.values.values())
    numbers = [value for value in values if isinstance(value, float | int)]
    if len(numbers) == len(values):
        return max(numbers) - min(numbers) > 5e-4 * max(map(abs, numbers))
    return len(set(values)) > 1


def _figure_name(figure: Figure) -> str:
    label = harmless(figure.label)
    return f"{label}, first short" if figure.figure == "first short" else f"{label}, {figure.unit}" if figure.figure == "emissions" else label


def _shown(figure: Figure, value: Value, currency: str) -> str:
    if value is None:
        return "never" if figure.figure.startswith("first") else "·"
    if isinstance(value, str):
        return harmless(value)
    if figure.unit == "share":
        return f"{100 * value:.3g} %"
    if figure.unit == currency:
        return money(value, "").strip()
    return amount(value)


def _differently(screen: Screen, comparison: Comparison, each: Against) -> Iterator[RenderableType]:
    text = heading(f"What {each.name} does differently")
    if each.divergence is None:
        yield text.append("  nothing", style="green")
        return
    text.append(f"  first in {each.divergence.period}: {harmless(each.divergence.what)}")
    if each.keep_all == "tie":
        text.append("\n  All of it is a tie: what the base does would cost nothing more here.", style="green")
    yield text
    for kinds, name in (
        (("commitment", "signature"), "Commitments"), (("supply", "contract", "process", "transfer"), "Supply, over all years"),
        (("stock",), "Stocks, mean level"), (("shortage",), "Shortage, over all years"),
    ):  # fmt: skip
        yield from _decisions(screen, comparison, each, kinds, name)


def _decisions(screen: Screen, comparison: Comparison, each: Against, kinds: Sequence[str], name: str) -> Iterator[RenderableType]:
    """One row an entity: the base, the plan, and what keeping the base's would cost."""
    groups: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for decision in each.decisions:
        if decision.kind in kinds:
            groups[decision.kind, decision.item].append(decision)
    if not groups:
        return
    table = screen.table(name, "", [comparison.base, each.name, "keeping costs"])
    ranked = sorted(groups.values(), key=_weight, reverse=True)
    for members in ranked[:MOST_ROWS]:
        first = members[0]
        table.add_row(f"  {first.item}, {first.unit}", _told_amount(members, base=True), _told_amount(members, base=False), _kept(first, comparison.currency))
    if len(ranked) > MOST_ROWS:
        table.add_row(Text(f"  and {len(ranked) - MOST_ROWS} more: --json, --csv or --xlsx has all", style="dim"))
    yield table


def _weight(members: Sequence[Decision]) -> tuple[float, float]:
    """What matters more is shown first: what cannot be kept or is dear to keep, then what differs by much."""
    keep = members[0].keep_cost if members[0].keep_cost is not None else (math.inf if members[0].keep == "not possible" else -1.0)
    return (1.0 if keep == math.inf else 0.0, abs(members[0].total - members[0].base_total)) if keep == math.inf else (0.5, keep)


def _told_amount(members: Sequence[Decision], base: bool) -> str:
    """Sizes with their dates where something is decided once, the sum or mean where it goes on."""
    values = [(item.period, item.base_value if base else item.value) for item in members]
    if members[0].kind in ("commitment", "signature"):
        periods = [period for period, value in values if value]
        total = members[0].base_total if base else members[0].total
        size = amount(total) if members[0].kind == "commitment" else f"{100 * total:.0f} %"
        return f"{size} {'from' if len(periods) > 1 else 'in'} {periods[0]}" if periods else "·"
    return amount(members[0].base_total if base else members[0].total)


def _kept(decision: Decision, currency: str) -> Text:
    if decision.keep == "tie":
        return Text("nothing: a tie", style="green")
    if decision.keep == "costs" and decision.keep_cost is not None:
        return Text(_signed(decision.keep_cost, currency))
    return Text(decision.keep, style="dim")
