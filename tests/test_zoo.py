"""The zoo: boundary, degenerate, badly scaled, infeasible and unbounded scenarios against answers computed by hand (tests/zoo/reading.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import planner
from planner import CheckError, InputError, LimitError, NoPlanError, Plan, StopgapError
from tests.zoo.reading import FOLDER, OTHERS, animals, number, text_of

Json = dict[str, Any]
ANIMALS = list(animals())
KEYS = {"total_cost", "status", "doubtful", "known", "message", "relaxation", "price", "shortage", "commit", "sign", "stock", "costs"}
TABLES = {
    "purchases": ("purchases", "supplier", "", ""),
    "arrivals": ("arrivals", "source", "", ""),
    "capacity": ("capacity", "id", "", ""),
    "lifted": ("contracts", "contract", "measure", "lifted"),
    "breached": ("contracts", "contract", "measure", "breached"),
    "surplus": ("disposals", "material", "", ""),
}
"""Table, column of the id, and the measure that is meant."""


def written(folder: Path, case: Json) -> Path:
    """A case as a scenario file."""
    path = folder / "zoo.yaml"
    path.write_text(text_of(case["scenario"]), encoding="utf-8")
    return path


def amounts(plan: Plan, name: str, item: str, period: object) -> float:
    """Units of one id in one period; 0 where the table has no line."""
    key, column, measure, value = TABLES[name]
    table = plan.tables[key]
    rows = table[(table[column] == item) & (table["period"] == str(period))]
    return float((rows[rows[measure] == value] if measure else rows)["value"].sum())


def near(value: float) -> Any:
    """A number within a millionth of itself, however small it is."""
    return pytest.approx(value, rel=1e-6, abs=0.0 if value else 1e-9)


def compared(plan: Plan, expect: Json) -> Iterator[tuple[float, Any]]:
    """Everything that a case foresees but the total: found, and worked out by hand."""
    found: dict[str, dict[str, float]] = {"shortage": plan.shortage, "commit": plan.commit, "sign": plan.sign, "costs": plan.costs}
    for key in found.keys() & expect.keys():
        for item, value in expect[key].items():
            yield found[key][item], value
    for item, levels in expect.get("stock", {}).items():
        table = plan.tables["stockpiles"]
        rows = table[(table["stockpile"] == item) & (table["measure"] == "stock")]
        assert len(rows) == len(levels)
        yield from zip(rows["value"], levels, strict=True)
    for key in TABLES.keys() & expect.keys():
        for item, periods in expect[key].items():
            for period, value in periods.items():
                yield amounts(plan, key, item, period), value


def parameter(name: str, case: Json) -> Any:
    """A case, expected to fail where the planner is known to err."""
    known = case["expect"].get("known")
    return pytest.param(case, id=name, marks=[pytest.mark.xfail(reason=known, raises=AssertionError)] if known else [])


def outcome(path: Path) -> tuple[str, Plan | StopgapError]:
    """How a scenario ends: optimal, infeasible, unbounded, refused (bad input) or unproven (the answer failed its check)."""
    try:
        return "optimal", planner.solve(planner.load(path))
    except InputError as error:
        return "refused", error
    except NoPlanError as error:
        return error.status, error
    except CheckError as error:
        return "unproven", error


@pytest.mark.parametrize("case", [parameter(name, case) for name, case in ANIMALS])
def test_zoo(case: Json, tmp_path: Path) -> None:
    expect = case["expect"]
    status, found = outcome(written(tmp_path, case))
    assert status in (expect.get("status", "optimal"), expect.get("doubtful")), str(found)
    assert expect.get("message", "") in str(found)
    if isinstance(found, Plan):
        assert found.total_cost == near(number(expect["total_cost"]))
        pairs = [(one, number(other)) for one, other in compared(found, expect)]
        size = max((abs(value) for _, value in pairs), default=1.0)
        for one, other in pairs:
            assert one == pytest.approx(other, rel=1e-6, abs=1e-7 * size)
    elif isinstance(found, NoPlanError):
        assert found.conflicts


def test_names_are_told_apart() -> None:
    """Each name stands once, and each case says why, with keys that are compared."""
    lines = [line for path in FOLDER.glob("*.yaml") if path.name not in OTHERS for line in path.read_text(encoding="utf-8").splitlines()]
    names = [line[:-1] for line in lines if line[:1].isalpha() and line.endswith(":")]
    assert sorted(names) == sorted(name for name, _ in ANIMALS)
    assert len(set(names)) == len(names)
    for name, case in ANIMALS:
        assert case.keys() == {"why", "scenario", "expect"}, name
        assert case["expect"].keys() <= KEYS | TABLES.keys(), name
        assert ("total_cost" in case["expect"]) != ("status" in case["expect"]), name


def test_arithmetic() -> None:
    assert number("100 * 28/31 - 2**(-0.5)") == pytest.approx(100 * 28 / 31 - 1 / math.sqrt(2))
    with pytest.raises(ValueError, match="no arithmetic"):
        number("print(1)")


def test_a_time_limit_of_nothing_yields_no_plan(tmp_path: Path) -> None:
    """A solver at its limit has been seen to hand out a point that breaks its rules."""
    path = written(tmp_path, dict(ANIMALS)["any_month_will_do"])
    with pytest.raises(LimitError):
        planner.solve(path, time_limit=0)
