"""What a planner changes in a spreadsheet is what the scenario says afterwards, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planner.exchange import read_book
from tests.planner.exchange.books import Grid, Grids, edited, exported, plain, put, small, told

Edit = Callable[[Grids], Any]


def more(sheet: str, *row: Any) -> Edit:
    """Add a row below the others."""
    return lambda grids: grids[sheet].append(list(row))


def after(edit: Edit, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The scenario before and after an edit, as data."""
    before = small(folder)
    return plain(before), plain(read_book(edited(exported(before, folder / "book.xlsx"), edit)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (500, 500),
        ("500 t/yr", "500 t/yr"),
        ("{2026-01: 5, 2027-01: 7 t/month}", {"2026-01": 5, "2027-01": "7 t/month"}),
        (" 12.5 ", 12.5),
        ("{start: 5, growth: 3 %}", {"start": 5, "growth": "3 %"}),
    ],
)
def test_a_cell(typed: Any, meant: Any, tmp_path: Path) -> None:
    before, now = after(lambda grids: put(grids, "suppliers", "norway", "capacity", typed), tmp_path)
    before["suppliers"]["norway"]["capacity"] = meant
    assert now == before


def test_an_empty_cell_takes_the_key_away(tmp_path: Path) -> None:
    before, now = after(lambda grids: put(grids, "suppliers", "norway", "capacity", ""), tmp_path)
    del before["suppliers"]["norway"]["capacity"]
    assert now == before


def test_a_row_more_and_a_row_less(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        head = grids["suppliers"][0]
        new: dict[Any, Any] = {"id": "chile", "material": "ore", "country": "CL", "capacity": "{2027-01: 30 t/yr}", "price": 8.25}
        grids["suppliers"].insert(2, [new.get(name, "") for name in head])
        grids["projects"] = [row for row in grids["projects"] if row[0] != "second"]
        grids["suppliers"].append(["" for _ in head])

    before, now = after(edit, tmp_path)
    del before["projects"]["second"]
    assert list(now["suppliers"]) == ["norway", "chile", "china"]
    assert now["suppliers"].pop("chile") == {"material": "ore", "country": "CL", "capacity": {"2027-01": "30 t/yr"}, "price": 8.25}
    assert now == before


def test_columns_more(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        columns: Grid = [["lead_time", "tariff", ""], ["45 days", 0.1, ""], ["", 0.25, ""]]
        grids["suppliers"] = [[*row, *added] for row, added in zip(grids["suppliers"], columns, strict=True)]
        # one word beside the keys inside: a row says it one way or the other
        grids["projects"] = [[*row, added] for row, added in zip(grids["projects"], ["ramp", "", "2 years"], strict=True)]
        put(grids, "projects", "second", "ramp.delay", "")
        put(grids, "projects", "second", "ramp.full", "")

    before, now = after(edit, tmp_path)
    before["suppliers"]["norway"] |= {"lead_time": "45 days", "tariff": 0.1}
    before["suppliers"]["china"] |= {"tariff": 0.25}
    before["projects"]["second"]["ramp"] = "2 years"
    assert now == before


def test_rows_in_another_order_and_columns_in_another_order(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        grids["suppliers"] = [grids["suppliers"][0], *reversed(grids["suppliers"][1:])]
        grids["demands"] = [list(reversed(row)) for row in grids["demands"]]

    before, now = after(edit, tmp_path)
    assert now == before
    assert list(now["suppliers"]) == ["china", "norway"]


def test_dates_and_shares_as_a_spreadsheet_makes_them(tmp_path: Path) -> None:
    """``2026-05`` typed into a cell becomes a date, ``65 %`` a number."""

    def edit(grids: Grids) -> None:
        put(grids, "events", "cutoff", "from", dt.date(2026, 5, 1))
        put(grids, "policies", "diversify", "share", 0.5)
        put(grids, "scenario", "horizon.end", "value", dt.date(2029, 1, 1))
        put(grids, "scenario", "money.base_year", "value", 2026)

    before, now = after(edit, tmp_path)
    before["events"]["cutoff"]["from"] = "2026-05-01"
    before["policies"]["diversify"]["share"] = 0.5
    before["horizon"]["end"] = "2029-01-01"
    before["money"]["base_year"] = 2026
    assert now == before


def test_sheets_that_are_not_read(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        grids["_sums"] = [["anything", "#DIV/0!"], ["[", "{"]]
        grids["plan_prices"] = [["["]]
        grids["legend"] = [["gone"]]

    before, now = after(edit, tmp_path)
    assert now == before


def test_a_sheet_that_is_gone_is_told(tmp_path: Path) -> None:
    book = edited(exported(small(tmp_path), tmp_path / "book.xlsx"), lambda grids: [grids.pop(name) for name in ("policies", "routes")])
    found = read_book(book)
    assert not found.scenario.policies
    assert [problem.problem for problem in found.sources.warnings] == ["has no sheet policies, routes: the scenario has none of them"]


def _double_header(grids: Grids) -> None:
    grids["suppliers"][0][grids["suppliers"][0].index("capacity")] = "label"


def _both_ways(grids: Grids) -> None:
    grids["projects"][0].append("ramp")
    grids["projects"][1].append("1 year")


PROBLEMS: list[tuple[str, Edit, list[str]]] = [
    ("a bad unit", lambda g: put(g, "suppliers", "norway", "capacity", "450 t/fortnight"), ["edited.xlsx[suppliers]!E2: suppliers.norway.capacity: "]),
    (
        "a reference",
        lambda g: put(g, "suppliers", "norway", "material", "orr"),
        ["edited.xlsx[suppliers]!C2: suppliers.norway.material: there is no material 'orr'; did you mean 'ore'?"],
    ),
    (
        "a share",
        lambda g: put(g, "policies", "diversify", "share", 65),
        ["edited.xlsx[policies]!D2: policies.diversify.share: 65 is above 100 %; did you mean 65 %?"],
    ),
    ("a bracket", lambda g: put(g, "demands", "works", "quantity", "{2026-01: 5"), ["edited.xlsx[demands]!C2: demands.works.quantity: is not valid YAML: "]),
    (
        "inside a list",
        lambda g: put(g, "demands", "works", "shortage", "[{share: 10 %, cots: 5}]"),
        ["edited.xlsx[demands]!D2: demands.works.shortage.0.cost: 'cost' is missing", "unknown key 'cots'"],
    ),
    (
        "an id twice",
        lambda g: put(g, "suppliers", "china", "id", "norway"),
        ["edited.xlsx[suppliers]!A3: suppliers.norway: duplicate id 'norway'", "projects.second.adds_to"],
    ),
    (
        "no id",
        lambda g: put(g, "suppliers", "china", "id", ""),
        ["edited.xlsx[suppliers]!A3: suppliers: the row has no id; fill column 'id'", "projects.second.adds_to"],
    ),
    ("an odd id", more("parties", "Japan 1"), ["edited.xlsx[parties]!A2: parties.Japan 1: 'Japan 1' is not a valid id"]),
    (
        "a column misspelt",
        lambda g: put(g, "suppliers", "id", "capacity", "capcity"),
        ["edited.xlsx[suppliers]!E1: suppliers.capcity: unknown key 'capcity'; did you mean 'capacity'?"],
    ),
    (
        "a part misspelt",
        lambda g: put(g, "projects", "id", "ramp.delay", "ramp.dely"),
        ["edited.xlsx[projects]!G1: projects.ramp.dely: unknown key 'ramp.dely'; did you mean 'ramp.delay' or 'ramp.note'?"],
    ),
    ("a column twice", _double_header, ["edited.xlsx[suppliers]!E1: suppliers.label: duplicate column 'label'; first used in B1"]),
    ("no header", lambda g: g["suppliers"].insert(0, ["My suppliers"]), ["edited.xlsx[suppliers]!A1: suppliers: the sheet has no column 'id'"]),
    (
        "a sheet renamed",
        lambda g: g.update(Supplier=g.pop("suppliers")),
        ["edited.xlsx[Supplier]!A1: a sheet of this name is not known; did you mean 'suppliers'?"],
    ),
    (
        "a sheet more",
        lambda g: g.update(Sheet1=[["x"]]),
        ["edited.xlsx[Sheet1]!A1: a sheet of this name is not known; delete it, or let its name begin with _ to keep it unread"],
    ),
    ("two ways", _both_ways, ["edited.xlsx[projects]!G2: projects.mine.ramp.delay: stands beside a value in column 'ramp'", "H2: projects.mine.ramp.full"]),
    ("beside the table", lambda g: g["events"][1].append(5), ["edited.xlsx[events]!E2: events.cutoff: the cell stands in a column without a header"]),
    (
        "an unknown setting",
        lambda g: put(g, "scenario", "horizon.step", "key", "horizon.stpe"),
        ["edited.xlsx[scenario]!A6: horizon.stpe: unknown key 'horizon.stpe'; did you mean 'horizon.step'"],
    ),
    ("a setting twice", more("scenario", "title", "x"), ["title: duplicate key 'title'; first used in A3"]),
    ("a setting two ways", more("scenario", "horizon", "{start: 2026-01, end: 2027-01}"), ["horizon: stands beside a value of the same key"]),
    ("a kind as a setting", more("scenario", "suppliers", "{}"), ["suppliers: 'suppliers' has a sheet of its own; write it on the sheet 'suppliers'"]),
    ("a value without a key", more("scenario", "", "x"), ["the row has no key; fill column 'key'"]),
    ("a shipment", lambda g: put(g, "in_transit", "ore", "quantity", "3 days"), ["edited.xlsx[in_transit]!B2: in_transit.0.quantity: "]),
    ("no horizon", lambda g: put(g, "scenario", "horizon.start", "value", ""), ["edited.xlsx[scenario]!A5: horizon.start: 'start' is missing"]),
    ("no settings", lambda g: g.pop("scenario"), ["edited.xlsx:1:1: has no sheet 'scenario'"]),
    (
        "nothing",
        lambda g: [g.pop(name) for name in list(g)] + [g.update(x=[["a"]])],
        ["edited.xlsx:1:1: holds no sheet of a scenario, such as 'scenario'; make one with: plan export FOLDER --xlsx"],
    ),
]


@pytest.mark.parametrize(("edit", "expected"), [pytest.param(edit, expected, id=name) for name, edit, expected in PROBLEMS])
def test_a_problem_is_told_at_its_cell(edit: Edit, expected: list[str], tmp_path: Path) -> None:
    found = told(edited(exported(small(tmp_path), tmp_path / "book.xlsx"), edit))
    assert len(found) == len(expected), found
    for text in expected:
        assert any(text in problem for problem in found), (text, found)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    def edit(grids: Grids) -> None:
        for _, one, _ in PROBLEMS[:4]:
            one(grids)

    assert len(told(edited(exported(small(tmp_path), tmp_path / "book.xlsx"), edit))) == 4
