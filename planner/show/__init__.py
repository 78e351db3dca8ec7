"""The plan in words: one screen for a planner, from the record of a plan alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.errors import counted
from planner.plan import Record
from planner.scenario.characters import harmless
from planner.show.mix import mix_of, mix_table
from planner.show.screen import WIDEST, Screen, amount, heading, money, years_shown

if TYPE_CHECKING:
    from planner.explain import Explanation


def render(record: Record, width: int = 100) -> RenderableType:
    """A plan as one screen: headline, mix, runway, commitments, marginal values, policies, cost lines.

    Args:
        record: What ``plan.json`` holds.
        width: Columns of the terminal; narrow ones get fewer years, never half a number.
    """
    record = _readable(record)
    figures = record["figures"]
    screen = Screen(min(width, WIDEST))
    years = years_shown(figures, screen.room(8))
    parts: Iterable[RenderableType | None] = (
        mix_table(screen, figures, years),
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


def _runway(screen: Screen, figures: Record, most: int = 8) -> RenderableType | None:
    """Levels at the ends of the first years and the lowest one; of many stores those that are drawn deepest."""
    piles = {key: pile for key, pile in figures["stock"].items() if pile["lowest"] is not None and (pile["initial"] or any(pile["level"].values()))}
    if not piles:
        return None
    ends = {period["end"][:7]: period["period"] for period in figures["periods"]}
    year_ends = {end[:4]: label for end, label in ends.items() if end.endswith("-01")}
    shown = dict(list(year_ends.items())[: min(5, max(1, screen.room(9) - 3))])
    # 2027-01 is the end of 2026
    heads = [f"end {int(year) - 1}" for year in shown]
    table = screen.table("Stock runway", "days of first demand", ["start", *heads, "lowest", "in"])
    deepest = sorted(piles, key=lambda key: _depth(piles[key]))
    for key in [key for key in piles if key in deepest[:most]]:
        pile, per_unit = piles[key], piles[key]["days_per_unit"]
        values = [pile["initial"], *[pile["level"].get(label, 0.0) for label in shown.values()], pile["lowest"]["level"]]
        texts = [f"{value * per_unit:,.0f} d" if per_unit else f"{amount(value)} {pile['unit']}" for value in values]
        table.add_row(f"  {key}", *texts, pile["lowest"]["period"])
    if len(piles) > most:
        table.add_row(Text(f"  and {len(piles) - most} more: -t stockpiles", style="dim"))
    return table


def _depth(pile: Record) -> float:
    """The lowest level as a share of what was there at the start; a store that starts empty has nothing to lose."""
    return float(pile["lowest"]["level"] / pile["initial"]) if pile["initial"] else 1.0


def _commitments(screen: Screen, record: Record, figures: Record, most: int = 10) -> RenderableType | None:
    """What to decide, and by when: capacity to commit to, contracts to sign; of many the first ones that are not small."""
    projects = [item for item in figures["commitments"] if item["size"] > 1e-6 * (item["of"] or item["size"])]
    signed = [item for item in figures["signatures"] if item["share"] > 1e-6]
    if not projects and not signed:
        return Text.assemble(heading("Commit to"), ("  nothing new", "dim")) if figures["decidable"] or figures["signable"] else None
    wide = screen.width >= 96
    table = screen.table("Commit to", "", ["size", *(["of limit"] if wide else []), "commit by", "first output", "capex"])
    small = 0.01 * sum(item["capex"] for item in projects) if len(projects) > most else 0.0
    for item in [item for item in projects if item["capex"] >= small][:most]:
        share = [f"{100 * item['size'] / item['of']:.0f} %" if item["of"] else ""] if wide else []
        capex = money(item["capex"], record["currency"]) if item["capex"] else ""
        table.add_row(f"  {item['project']}", f"{amount(item['size'])} {item['unit']}", *share, item["period"], item["first_output"] or "", capex)
    for item in signed[:most]:
        share = [f"{100 * item['share']:.0f} %"] if wide else []
        table.add_row(f"  sign {item['contract']}", f"{amount(item['size'])} {item['unit']}", *share, item["period"], "", "")
    more = len(projects) + len(signed) - table.row_count
    if more:
        table.add_row(Text(f"  and {more} more: -t {'commitments' if projects else 'contracts'}", style="dim"))
    return table


def _values(screen: Screen, figures: Record, years: list[str]) -> RenderableType | None:
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
    text = heading("Policies")
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
    text = heading("Cost lines", record["currency"])
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
        table.add_row(Text("#", style="dim"), heading(SECTIONS[section]))
        shown = texts if explanation.narrow else texts[:most]
        for text in shown:
            table.add_row(Text("·", style="dim"), Text(text))
        if len(texts) > len(shown):
            table.add_row(Text(), Text(f"and {len(texts) - len(shown)} more: ask with --material, --supplier, --project or --period, or --json", style="dim"))
    if not found:
        table.add_row(Text(), Text("Nothing of this is worth anything to the plan."))
    return Group(headline, table)


def render_mix(record: Record, materials: Iterable[str], width: int = 100) -> RenderableType:
    """Every source of some materials of a plan, by year.

    Args:
        record: What ``plan.json`` holds.
        materials: Ids of materials in demand or used by processes.
        width: Columns of the terminal.

    Raises:
        InputError: A material of which nothing moves in the plan.
    """
    return mix_of(Screen(min(width, WIDEST)), _readable(record)["figures"], materials)


BASES = {"commit": "its largest size", "sign": "the contract"}
"""What a move of the horizon test is measured against, by its kind."""


def _horizon_test(record: Record, most: int = 5) -> RenderableType | None:
    """What a longer horizon changes in the first years."""
    test = record.get("horizon_test")
    if test is None:
        return None
    text = heading("Horizon test", f"until {test['until']}")
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
