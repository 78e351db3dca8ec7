"""Workbooks as a planner leaves them: exported, cells changed in a spreadsheet, saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

import planner
from planner.errors import InputError
from planner.exchange import read_book, scenario_sheets
from planner.scenario.load import Loaded
from planner.sheets import write_book

Grid = list[list[Any]]
Grids = dict[str, Grid]

SMALL = """\
version: 1
title: Small
horizon: {start: 2026-01, end: 2028-01, step: quarter}
money: {currency: USD, discount_rate: 4 %, rates: {EUR: 1.1}}
materials: {ore: {unit: t}, metal: {unit: t, disposal_cost: 0}}
suppliers:
  norway: {material: ore, country: 'NO', capacity: 450 t/yr, price: 5, label: '007'}
  china: {material: ore, country: CN, capacity: {2026-01: 100 t/yr, 2027-07: 250 t/yr}, price: {tiers: [{quantity: 10, price: 4}, {price: 9}]}}
projects:
  mine: {adds_to: norway, decide: {earliest: 2026-04, latest: 2027-01}, size: {max: 40}, ramp: {delay: 6 months, full: 1 year}, capex: 3}
  second: {adds_to: china, committed: 2026-01, size: 20, ramp: {delay: 0 months, full: 1 year}}
stockpiles: {store: {material: ore, initial: 30 days, capacity: 90, final: {min: initial}, source: {initial: a count}}}
demands: {works: {material: metal, quantity: {start: 60, growth: 3 %}, shortage: [{share: 10 %, cost: 200}, {cost: 2500}]}}
processes: {smelter: {inputs: {ore: 1.25}, outputs: {metal: 1}, cost: 2}}
in_transit: [{material: ore, quantity: 3, arrives: 2026-02-10}, {material: metal, quantity: 1, arrives: 2026-03}]
events: {cutoff: {from: 2026-05-06, match: {country: [CN]}, spot: 0 %}}
policies: {diversify: {kind: max_share, by: origin, share: 65 %, penalty: 7}, money: {kind: budget, covers: [capex], limit: 1e6, per: year}}
"""


def small(folder: Path) -> Loaded:
    """A scenario that has something of most kinds."""
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    return planner.load(folder / "small.yaml")


def plain(loaded: Loaded) -> dict[str, Any]:
    """What a scenario says; a kind without entries says nothing."""
    found = loaded.sources.tree.plain()
    assert isinstance(found, dict)
    return {key: value for key, value in found.items() if value != {}}


def exported(loaded: Loaded, path: Path) -> Path:
    """The scenario as a workbook."""
    return write_book(path, scenario_sheets(loaded.sources.tree.plain()), "test", force=True)


def edited(book: Path, edit: Callable[[Grids], Any]) -> Path:
    """The workbook as a spreadsheet program saves it after an edit of its cells."""
    reader = CalamineWorkbook.from_path(book)
    grids = {name: reader.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in reader.sheet_names}
    edit(grids)
    path = book.with_name("edited.xlsx")
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as out:
        date = out.add_format({"num_format": "mmm-yy"})
        for name, grid in grids.items():
            sheet = out.add_worksheet(name)
            for row, values in enumerate(grid):
                for column, value in enumerate(values):
                    if isinstance(value, dt.date):
                        sheet.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), date)
                    elif value != "":
                        sheet.write(row, column, value)
    return path


def cell(grid: Grid, key: str, header: str) -> tuple[int, int]:
    """(row, column) of a key in the row of an id."""
    return next(number for number, row in enumerate(grid) if key in row[:1]), grid[0].index(header)


def put(grids: Grids, sheet: str, key: str, header: str, value: Any) -> None:
    """Type a value into a cell."""
    row, column = cell(grids[sheet], key, header)
    grids[sheet][row][column] = value


def told(book: Path) -> list[str]:
    """The problems of a workbook, without its folder."""
    try:
        read_book(book)
    except InputError as error:
        return [str(problem).replace(f"{book.parent}/", "") for problem in error.problems]
    raise AssertionError("the workbook was read")
