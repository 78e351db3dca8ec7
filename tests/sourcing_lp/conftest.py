"""Fixtures that take a scenario as YAML text, so that each test shows the whole question it asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import planner
import sourcing_lp
from planner.compile import compile_scenario
from planner.plan import Plan
from tests.sourcing_lp.plan_reading import Solve


def _write(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    return path


@pytest.fixture
def solve(tmp_path: Path) -> Solve:
    """Plan of a scenario; further arguments are ``path=value`` changes."""

    def solved(text: str, *sets: str) -> Plan:
        return planner.solve(planner.load(_write(tmp_path, text), sets))

    return solved


@pytest.fixture
def build(tmp_path: Path) -> Callable[[str], Any]:
    """Pyomo model of a scenario."""

    def built(text: str) -> Any:
        loaded = planner.load(_write(tmp_path, text))
        return sourcing_lp.build(compile_scenario(loaded.scenario, loaded.calendar))

    return built
