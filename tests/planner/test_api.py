"""The words of the package are those of the command; what its documentation shows is what it does."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import planner

ROOT = Path(__file__).parents[2]


def test_examples_in_the_documentation_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(planner)
    assert found.attempted >= 8
    assert found.failed == 0


@pytest.mark.parametrize("name", planner.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(planner, name).__doc__


def test_compare_is_the_function_whatever_was_imported_before() -> None:
    code = "import planner.comparison.bridge, planner; assert callable(planner.compare) and callable(planner.load) and callable(planner.solve)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240, cwd=ROOT)


def test_the_walkthrough_runs_as_a_script() -> None:
    done = subprocess.run([sys.executable, "scenarios/japan/walkthrough.py"], capture_output=True, text=True, timeout=240, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "difference 3,723.6 M USD, bridge 3,723.6 M USD" in done.stdout
    assert "Browns Range mine" in done.stdout
