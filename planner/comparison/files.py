"""A comparison as files: CSV tables, an Excel workbook, a page."""
from __future__ import annotations

from pathlib import Path

from planner.comparison.result import Comparison


def write_comparison(comparison: Comparison, csv: Path | None = None, xlsx: Path | None = None, html: Path | None = None) -> list[Path]:
    """Placeholder while the parts meet."""
    return []
