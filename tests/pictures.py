"""Makes the pictures in README.md from the shipped scenarios: ``python tests/pictures.py``.

The page is opened in a real Chromium without a network; the terminal is what ``plan compare`` prints, drawn as a page and photographed.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

import planner
from planner.comparison import Comparison
from planner.report import comparison_page, report_page
from planner.show.comparison import render_comparison
from tests.planner.report.test_browser import OPTIONS, chromium

ROOT = Path(__file__).parents[1]
JAPAN = ROOT / "scenarios" / "japan"
PICTURES = JAPAN / "pictures"
TERMINAL = """<!doctype html><meta charset="utf-8"><style>body {{ margin: 0; padding: 18px 22px; background: #14181d; color: #d7dde3; width: max-content }}
pre {{ margin: 0; font: 13px/1.36 'DejaVu Sans Mono', monospace }} {stylesheet}</style><pre>{code}</pre>"""


def main() -> None:
    """Solve, compare, photograph."""
    path = chromium()
    if path is None:
        sys.exit("no Chromium is installed (set STOPGAP_CHROMIUM)")
    usual, cutoff = (planner.solve(JAPAN / f"{name}.yaml") for name in ("base", "cutoff"))
    comparison = planner.compare(usual, cutoff)
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        pages = {"report": report_page([cutoff]), "comparison": comparison_page(comparison), "terminal": terminal(comparison)}
        for name, text in pages.items():
            page = Path(folder) / f"{name}.html"
            page.write_text(text, encoding="utf-8")
            photograph(browser, page, PICTURES / f"{name}.png")
        browser.close()


def terminal(comparison: Comparison) -> str:
    """The first screen of ``plan compare`` as a page."""
    console = Console(width=100, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(render_comparison(comparison, 100))
    return console.export_html(code_format=TERMINAL, inline_styles=False)


def photograph(browser: Browser, page: Path, picture: Path) -> None:
    """The top of a page as a planner opens it, once its charts stand."""
    with browser.new_context(viewport={"width": 1280, "height": 1180}, offline=True) as context:
        tab = context.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1500)
        width = min(1280, int(tab.evaluate("document.body.getBoundingClientRect().width")))
        tab.screenshot(path=picture, clip={"x": 0, "y": 0, "width": width, "height": 1180})
    print(f"wrote {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
