"""Writes small scenarios for tests, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from planner.errors import InputError, Mark, Problem
from planner.scenario.load import Loaded, load

HEAD = "version: 1\nhorizon: {start: 2026-01, end: 2028-01, step: year}\nmaterials: {ore: {unit: t}, dy: {unit: t, basis: Dy2O3}}\n"
"""Three lines, so that what follows starts in line 4."""


def put(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def loaded(folder: Path, text: str, *, head: str = HEAD, sets: Iterable[str] = (), files: dict[str, str] | None = None) -> Loaded:
    """Load ``head + text``, beside other files."""
    put(folder, {"s.yaml": head + text, **(files or {})})
    return load(folder / "s.yaml", sets=sets)


def said(call: Callable[[], Any], folder: Path | None = None) -> list[str]:
    """All problems that a call raises, without the folder's name."""
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.problems
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def complaints(call: Callable[[], Any]) -> list[Problem]:
    """Problems of a call that may go well; whatever else it raises passes through."""
    try:
        call()
    except InputError as error:
        return error.problems or [Problem(Mark("nowhere", 0, 0), "", "")]
    return []


def problems(folder: Path, text: str, *, head: str = HEAD, sets: Iterable[str] = (), files: dict[str, str] | None = None) -> list[str]:
    """All problems of ``head + text``."""
    return said(lambda: loaded(folder, text, head=head, sets=sets, files=files), folder)
