"""The file of a report: where it goes, what it may replace, and how it gets there whole."""

from __future__ import annotations

import os
from pathlib import Path

from planner.disk import replace_file
from planner.errors import InputError
from planner.report.page import GENERATOR

HEAD = 4000
"""Bytes in which a report says what it is."""


def default_file(folder: Path) -> Path:
    """``plans/cutoff.html`` for ``plans/cutoff``: beside the plan, as nothing else may lie in it."""
    place = folder.resolve()
    return folder.parent / f"{place.name}.html" if folder.name not in ("", "..") else place.parent / f"{place.name or 'plan'}.html"


def refuse_other(path: Path) -> None:
    """Refuse to write over anything that is not a report.

    Raises:
        InputError: naming what is in the way.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{path}: the file name must end in .html")
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; choose another place with --html")
        if os.path.lexists(path) and not _is_report(path):
            raise InputError(f"{path}: is not a report of this program, which alone is overwritten; choose another place with --html")
        if (path.parent / "plan.json").exists():
            raise InputError(f"{path}: lies inside a plan folder, which holds its plan alone; choose another place with --html")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _is_report(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return f'<meta name="generator" content="{GENERATOR}">'.encode() in handle.read(HEAD)


def write_report(path: Path, text: str) -> Path:
    """Write a report as a whole or not at all; an earlier report there is replaced.

    Args:
        path: File that ends in ``.html``; folders above it are made.
        text: The page.

    Raises:
        InputError: if something else is in the way, or the disk refuses.
    """
    # somebody may have put something there while the page was made
    refuse_other(path)
    replace_file(path, text.encode())
    return path
