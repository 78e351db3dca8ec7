"""A workbook as a scenario file."""

from __future__ import annotations

import os
from pathlib import Path

from planner.disk import replace_file
from planner.errors import InputError, Problem
from planner.exchange.reading import read_book
from planner.scenario.characters import message

SUFFIXES = (".yaml", ".yml")


def import_book(book: str | Path, out: str | Path | None = None, *, force: bool = False) -> tuple[Path, list[Problem]]:
    """Write the scenario that a workbook holds as a scenario file.

    Args:
        book: The workbook.
        out: A scenario file, or a folder for one with the workbook's name; default beside the workbook.
        force: Whether to replace a file that is there.

    Returns:
        Where the scenario is, and what looked odd.

    Raises:
        InputError: with all problems of the workbook at their cells, or where the file cannot be written.
    """
    book = Path(book)
    path = _target(book, None if out is None else Path(out))
    _refuse_taken(path, force=force)
    loaded = read_book(book)
    text = f"# From {message(book.name)}, by plan import.\n{loaded.resolved}"
    _refuse_taken(path, force=force)
    replace_file(path, text.encode())
    return path, loaded.sources.warnings


def _target(book: Path, out: Path | None) -> Path:
    if out is None:
        return book.with_suffix(".yaml")
    return out if out.suffix.lower() in SUFFIXES and not out.is_dir() else out / f"{book.stem}.yaml"


def _refuse_taken(path: Path, *, force: bool) -> None:
    """Refuse a place that holds something; a scenario is somebody's work.

    Raises:
        InputError: naming it.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise InputError(f"{path}: is not a regular file; choose another place with --out")
        if os.path.lexists(path) and not force:
            raise InputError(f"{path}: is there already; choose another place with --out, or replace it with --force")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
