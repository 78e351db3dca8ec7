"""A comparison as sheets of a workbook, and as CSV tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from planner.comparison.bridge import CAUSES
from planner.comparison.result import FRAMES, Against, Comparison
from planner.csvs import csv_text
from planner.disk import refuse_foreign_folder, replace_file
from planner.sheets import Chart, Sheet, write_book

_HEADS = {"group": "set of changes", "changes": "keys", "keep": "keeping the base's", "keep_cost": "would cost", "effect": "effect on cost"}


def write_workbook(comparison: Comparison, path: str | Path, *, force: bool = False) -> Path:
    """Write a comparison as one Excel workbook: plans, changes, figures side by side, bridges and effects with charts, decisions.

    Args:
        comparison: The comparison.
        path: Ends in ``.xlsx``.
        force: Whether to replace whatever file is there.

    Raises:
        InputError: if something else is in the way, or the disk refuses.
    """
    return write_book(path, sheets_of(comparison), f"Plans compared with {comparison.base}", force=force)


def sheets_of(comparison: Comparison) -> list[Sheet]:
    """The sheets of a comparison in the order in which an analyst asks."""
    frames, currency = comparison.frames(), comparison.currency
    sheets = [_plans(comparison), Sheet("changes", frames["changes"], "What was changed", frozen=2)]
    sheets.append(_figures(comparison))
    sheets += [_bridge(each, currency, place) for place, each in enumerate(comparison.against, 1)]
    shared = frames["effects"].rename(columns=_HEADS)
    notes = [f"{each.name}: {each.effects.method}: {each.effects.note}" for each in comparison.against]
    chart = Chart("bar", "Effect of each set of changes on the cost", _HEADS["group"], (_HEADS["effect"],), unit=currency, shown="money")
    sheets.append(Sheet("effects", shared, "What each change does to the cost", notes, unit="unit", currency=currency, charts=[chart] if len(shared) else []))
    decided = frames["decisions"].rename(columns=_HEADS)
    notes = ["A tie costs nothing: the base's way would be as cheap. Costs of keeping the base's way are of all years of an item together."]
    sheets.append(Sheet("decisions", decided, "What is done differently", notes, unit="unit", currency=currency, kinds={"would cost": "money"}, frozen=3))
    sheets.append(Sheet("divergence", frames["divergence"], "When plans first differ", frozen=1))
    return sheets


def _plans(comparison: Comparison) -> Sheet:
    base = comparison.sides[0].total_cost
    rows = [
        (side.name, str(side.plan.record["title"] or ""), side.plan.record["status"], side.total_cost, side.total_cost - base, comparison.currency)
        for side in comparison.sides
    ]
    frame = pd.DataFrame(rows, columns=["plan", "title", "status", "cost", "difference", "unit"], dtype=object)
    chart = Chart("bar", "Discounted cost", "plan", ("cost",), unit=comparison.currency, shown="money")
    title = f"Plans compared with {comparison.base}"
    return Sheet("plans", frame, title, comparison.notes, unit="unit", currency=comparison.currency, charts=[chart], frozen=1)


def _figures(comparison: Comparison) -> Sheet:
    """One row a figure, one column a plan."""
    names = [side.name for side in comparison.sides]
    rows: list[tuple[Any, ...]] = [
        (figure.figure, figure.item, figure.label, figure.year, figure.unit, *(figure.values[name] for name in names)) for figure in comparison.figures
    ]
    frame = pd.DataFrame(rows, columns=["figure", "item", "label", "year", "unit", *names], dtype=object)
    lines = [place for place, figure in enumerate(comparison.figures) if figure.figure == "cost line"]
    chart = [Chart("column", "Cost lines", "label", names, first=lines[0], last=lines[-1], unit=comparison.currency, shown="money")] if lines else []
    return Sheet("figures", frame, "Key figures side by side", unit="unit", currency=comparison.currency, charts=chart, frozen=3)


def _bridge(each: Against, currency: str, place: int) -> Sheet:
    """Cost lines by cause, with a row that adds them up."""
    parts = each.bridge_parts
    rows: list[tuple[Any, ...]] = [(line, *(causes[cause] for cause in CAUSES), parts.total(causes)) for line, causes in parts.lines.items()]
    sums = parts.by_cause()
    frame = pd.DataFrame([*rows, ("all", *sums.values(), parts.difference)], columns=["line", *CAUSES, "total"], dtype=object)
    title = f"Why {each.name} costs what it does, in {currency}"
    chart = Chart("stacked column", title, "line", CAUSES, first=0, last=len(rows) - 1, unit=currency, shown="money")
    notes = ("Rows and columns add up to the difference. Causes: both plans priced with the unit costs of both scenarios.",)
    return Sheet(f"bridge {place} {each.name}", frame, title, notes, kinds=dict.fromkeys((*CAUSES, "total"), "money"), charts=[chart] if rows else [], frozen=1)


def write_tables(comparison: Comparison, folder: str | Path) -> Path:
    """Write a comparison as CSV tables, one file each.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Args:
        comparison: The comparison.
        folder: Where to; made if absent. Only tables of an earlier comparison are replaced.

    Raises:
        InputError: if the folder holds anything else, or the disk refuses.
    """
    folder = Path(folder)
    refuse_other_tables(folder)
    for name, frame in comparison.frames().items():
        replace_file(folder / f"{name}.csv", csv_text(frame).encode())
    return folder


def refuse_other_tables(folder: Path) -> None:
    """Refuse a folder that holds anything but tables of a comparison.

    Raises:
        InputError: naming what is in the way.
    """
    refuse_foreign_folder(folder, _foreign, "is no table of a comparison", "--csv")


def _foreign(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not _is_table(path)]


def _is_table(path: Path) -> bool:
    """Whether a file is a table of an earlier comparison: its name and its columns are."""
    columns = FRAMES.get(path.stem)
    if columns is None or path.suffix != ".csv" or not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.readline(4000).rstrip() == ",".join(columns).encode()
