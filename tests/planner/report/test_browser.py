"""The page in a real browser, without a network: every control, the keyboard, contrast, a phone, paper, and texts that attack."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from planner.findings import Chart, Column, Findings, Section
from planner.report import report_page
from planner.report.findings import findings_page
from tests.planner.report.rich import calm_plan, comparison, rich_plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "google-chrome", "chromium-browser")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--no-first-run"]
DESK, PHONE = (1280, 800), (375, 667)
CHARTS = ("supply", "runway", "ramps", "origins", "value", "sankey", "timeline", "costs")
ATTACK = "<img src=x onerror=alert(1)></script><b>"
PATIENCE = 30.0
"""Seconds within which a page does what it is asked, on a machine that does much else."""


def chromium() -> str | None:
    """An installed Chromium; the variable STOPGAP_CHROMIUM names another one."""
    named = os.environ.get("STOPGAP_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    needed = os.environ.get("STOPGAP_BROWSER") == "required"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if needed:
            raise
        pytest.skip("playwright is not installed")
    if path is None:
        assert not needed, "no Chromium is installed"
        pytest.skip("no Chromium is installed (set STOPGAP_CHROMIUM)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of the pages of a plan, of a comparison and of an analysis."""
    folder = tmp_path_factory.mktemp("pages")
    pages = {"plan": report_page([rich_plan()]), "comparison": report_page([calm_plan(), rich_plan()], comparison()), "findings": findings_page(findings())}
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in pages}


Opener = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, files: dict[str, str]) -> Iterator[Opener]:
    """Open a page offline; in the end nothing may have been fetched, complained of or run that is not the page's own."""
    contexts, asked, said = [], [], []

    def visiting(name: str = "plan", size: tuple[int, int] = DESK, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce")
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.goto(files[name])
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        return page

    yield visiting
    for context in contexts:
        context.close()
    assert not [url for url in asked if not url.startswith("data:") and url not in files.values()]
    assert not said


def findings() -> Findings:
    """An analysis with a chart of each kind, and a name that attacks."""
    table = pd.DataFrame({"who": ["mine", ATTACK], "least": [25e9, 26e9], "most": [30e9, 33e9], "by": ["a", "b"], "day": ["2026-01", "2026-06"]})
    columns = (Column("who"), Column("least", shown="money"), Column("most", shown="money"))
    charts = {
        "bar": Chart("bar", "who", ("least", "most")), "range": Chart("range", "who", ("least", "most")), "scatter": Chart("scatter", "least", ("most",)),
        "line": Chart("line", "least", ("most",), by="by"), "step": Chart("step", "day", ("most",)),
    }  # fmt: skip
    sections = tuple(Section(name, "rows", columns, chart=chart) for name, chart in charts.items())
    return Findings("sweep", ATTACK, "USD", ("Said.",), sections, {"rows": table})


def drawn(page: Page, chart: str) -> str:
    """What a chart shows, as its text and shapes."""
    return str(page.evaluate("id => document.querySelector(`#${id} .chart`).innerHTML", chart))


def eventually(page: Page, holds: Callable[[], bool], words: object = "") -> None:
    """Ask again until something holds: a page may draw later than it is asked to."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, words
        page.wait_for_timeout(50)


def drawn_anew(page: Page, chart: str, before: str) -> None:
    """Wait until a chart shows something else than before."""
    eventually(page, lambda: drawn(page, chart) != before, chart)


def hover(page: Page, chart: str, words: str) -> None:
    """Move the mouse across a chart, in small steps, until its tip says these words; the chart may move or be drawn anew meanwhile."""
    deadline = time.monotonic() + PATIENCE
    inside, tips = page.locator(f"#{chart} .chart"), page.locator(f"#{chart} .tip", has_text=words)
    while time.monotonic() < deadline:
        for place in range(10, 95, 5):
            inside.scroll_into_view_if_needed()
            box = inside.bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + 0.01 * place * box["width"], box["y"] + 0.6 * box["height"], steps=3)
            page.wait_for_timeout(50)
            if tips.first.is_visible():
                return
    raise AssertionError(f"no tip over {chart} says {words}")


def test_every_chart_is_drawn_and_described(visit: Opener) -> None:
    page = visit()
    for chart in CHARTS:
        assert drawn(page, chart).count("<path") > 3, chart
        label = page.get_attribute(f"#{chart} .chart", "aria-label")
        assert label is not None
        assert len(label) > 20


@pytest.mark.parametrize("name", ["plan", "comparison"])
def test_the_three_answers_stand_in_the_first_view(visit: Opener, name: str) -> None:
    page = visit(name)
    if name == "comparison":
        page.click("[data-show-plan='1']")
    inside = "box => { const r = box.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.width > 0; }"
    head = rich_plan().record["figures"]["shortage"]["materials"]["metal"]
    for selector, words in ((".card.short .big", head["first"]), (".card.commit .mini", "Brazilian mine"), (".card.share .shares", "%")):
        box = page.locator(f"{selector}:visible").first
        assert box.evaluate(inside), selector
        assert words in box.inner_text()
    assert page.locator(".card.share h2:visible").inner_text().startswith("China share in")


def test_every_control_changes_what_is_shown(visit: Opener) -> None:
    page = visit()
    for control, value, charts in (
        ("#pick-theme", "dark", CHARTS),
        ("#pick-material", "ore", ("supply", "runway", "value", "sankey")),
        ("#pick-party", "kr", ("supply", "sankey")),
        ("#pick-year", "2027", ("sankey",)),
        ("#pick-grain", "period", ("supply",)),
        ("#pick-scope", "all", ("timeline",)),
    ):
        before = {chart: drawn(page, chart) for chart in charts}
        page.select_option(control, value)
        for chart in charts:
            drawn_anew(page, chart, before[chart])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 18, 23)"


def test_the_year_of_the_shares(visit: Opener) -> None:
    page = visit()
    before = page.locator(".card.share .shares").inner_text()
    page.select_option(".card.share select", "2026")
    eventually(page, lambda: page.locator(".card.share .shares").inner_text() != before)
    assert page.input_value("#pick-year") == "2026"


def test_legends_hide_and_show_what_they_name(visit: Opener) -> None:
    page = visit()
    whole = drawn(page, "supply")
    button = page.locator("#supply .legend button").first
    button.focus()
    page.keyboard.press("Enter")
    eventually(page, lambda: button.get_attribute("aria-pressed") == "false")
    drawn_anew(page, "supply", whole)
    page.keyboard.press("Space")
    eventually(page, lambda: button.get_attribute("aria-pressed") == "true")
    eventually(page, lambda: drawn(page, "supply").count("<path") == whole.count("<path"))


def test_numbers_of_every_chart(visit: Opener) -> None:
    page = visit()
    for chart in CHARTS:
        page.click(f"#{chart} details.numbers summary")
        page.locator(f"#{chart} .numbers tbody tr").first.wait_for()
    needed = page.locator("#supply .numbers tbody tr", has_text="Needed in all").inner_text().split("\t")
    wanted = rich_plan().record["figures"]["mix"]["metal"]["all wanted"]["2032"]
    assert float(needed[-1]) == pytest.approx(wanted, rel=0.01)


def test_sources_are_found_and_filtered(visit: Opener) -> None:
    page = visit()
    rows = page.locator("#sources tbody tr")
    page.fill("#sources input", "cn_ore guess")
    eventually(page, lambda: rows.count() == 1)
    assert "low 8, high 12" in rows.first.inner_text()
    page.fill("#sources input", "")
    eventually(page, lambda: rows.count() > 1)
    before = page.locator("#sources .found").inner_text()
    page.select_option("#sources select", "assumption")
    eventually(page, lambda: page.locator("#sources .found").inner_text() != before)
    page.select_option("#sources select", "")
    eventually(page, lambda: page.locator("#sources .found").inner_text() == before)
    shown = rows.count()
    page.click("#sources .more")
    eventually(page, lambda: rows.count() > shown)


def test_hover_shows_numbers_as_text(visit: Opener) -> None:
    page = visit()
    hover(page, "supply", "Needed in all")
    page.select_option("#pick-material", "ore")
    hover(page, "supply", "<script>alert(1)</script>")


def test_a_comparison_shows_one_plan_or_the_other(visit: Opener) -> None:
    page = visit("comparison")
    for chart in (*CHARTS, "across", "bridge-0"):
        assert drawn(page, chart).count("<path") > 1, chart
    before = drawn(page, "supply")
    page.click("[data-show-plan='1']")
    drawn_anew(page, "supply", before)
    assert page.get_attribute("[data-show-plan='1']", "aria-pressed") == "true"
    assert page.get_attribute("[data-show-plan='0']", "aria-pressed") == "false"
    assert page.locator(".card.short:visible").count() == 1
    decisions, figures = page.locator("#decisions tbody tr"), page.locator("#keyfigures tbody tr")
    assert decisions.count() == 2
    page.select_option("#decisions select.kind", "commitment")
    eventually(page, lambda: decisions.count() == 1)
    assert figures.count() == 2
    page.select_option("#keyfigures select", "all")
    eventually(page, lambda: figures.count() == 3)
    assert "</script><img" in page.locator("#changed tbody").inner_text()


def test_the_keyboard_alone_reaches_and_uses_everything(visit: Opener) -> None:
    page = visit("comparison")
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e); const r = e.getBoundingClientRect();
            return { id: e.id || e.dataset.showPlan || e.className || e.tagName, ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                     seen: r.bottom > 0 && r.top < innerHeight, body: e === document.body }; }"""
        )
        if state["body"]:
            break
        assert state["ring"], state
        assert state["seen"], state
        reached.append(state["id"])
    assert {"pick-material", "pick-party", "pick-year", "pick-grain", "pick-theme", "pick-scope", "1"} <= set(reached)
    page.locator("[data-show-plan='1']").focus()
    page.keyboard.press("Space")
    eventually(page, lambda: page.get_attribute("[data-show-plan='1']", "aria-pressed") == "true")
    page.locator("#pick-year").focus()
    before = drawn(page, "sankey")
    page.keyboard.press("ArrowDown")
    drawn_anew(page, "sankey", before)


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const level = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let e = node; e; e = e.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
      if (a > 0.99 && r !== undefined) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const bad = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim() || ['SCRIPT', 'STYLE', 'OPTION', 'NOSCRIPT'].includes(parent.tagName)) continue;
    const box = parent.getBoundingClientRect(), style = getComputedStyle(parent);
    if (!box.width || !box.height || style.visibility === 'hidden') continue;
    const colour = parse(parent.closest('svg') ? style.fill : style.color);
    const one = level(colour), two = level(ground(parent));
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    seen += 1;
    if (ratio < 4.5) bad.push([node.textContent.trim().slice(0, 40), ratio.toFixed(2), style.color, style.fill]);
  }
  return { seen, bad };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plan", "comparison"])
def test_all_text_stands_out_from_its_ground(visit: Opener, name: str, scheme: str) -> None:
    page = visit(name, scheme=scheme)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    page.locator("#supply .legend button").first.click()
    found = page.evaluate(CONTRAST)
    assert found["seen"] > 300
    assert not found["bad"], json.dumps(found["bad"][:10])


@pytest.mark.parametrize("name", ["plan", "comparison"])
def test_a_phone_needs_no_sideways_scrolling(visit: Opener, name: str) -> None:
    page = visit(name, size=PHONE)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for selector in (".glance:visible li", ".card.short:visible .big"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 1.6 * PHONE[1]
    widths = page.evaluate("[...document.querySelectorAll('.chart svg')].map((svg) => svg.getBoundingClientRect().width)")
    assert all(width > 250 for width in widths)


def test_paper_cuts_no_chart(visit: Opener, tmp_path: Path) -> None:
    page = visit(scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    cut = "[...document.querySelectorAll('figure.panel, .card')].map((box) => getComputedStyle(box).breakInside)"
    assert set(page.evaluate(cut)) == {"avoid"}
    heights = page.evaluate("[...document.querySelectorAll('figure.panel')].map((box) => box.getBoundingClientRect().height)")
    # A4 less its margins, at 96 dots an inch
    assert max(heights) < 1030
    assert max(page.evaluate("[...document.querySelectorAll('.chart svg')].map((svg) => svg.getBoundingClientRect().width)")) <= 704
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()") == "#18212c"
    assert page.locator("#controls").is_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen", color_scheme="dark")
    written = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert 4 <= written.count(b"/Type /Page\n") + written.count(b"/Type /Page ") + written.count(b"/Type/Page/") <= 14
    assert page.evaluate("document.documentElement.dataset.theme") == "auto"


@pytest.mark.parametrize("name", ["plan", "comparison"])
def test_texts_of_the_plan_stay_texts(visit: Opener, name: str) -> None:
    page = visit(name)
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    for material in ("ore", "metal"):
        page.select_option("#pick-material", material)
    page.select_option("#pick-scope", "all")
    assert page.evaluate("document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet]').length") == 0
    assert page.evaluate("document.scripts.length") == 3
    assert page.evaluate("[...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).length") == 0
    assert "<script>alert(1)</script>" in page.locator("body").inner_text()


def test_nothing_else_may_run(visit: Opener, files: dict[str, str]) -> None:
    page = visit()
    policy = page.get_attribute("meta[http-equiv]", "content") or ""
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert Path(files["plan"].removeprefix("file://")).stat().st_size < 2_500_000


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_every_chart_of_an_analysis_is_drawn_and_no_text_is_run(visit: Opener, size: tuple[int, int]) -> None:
    page = visit("findings", size)
    for place, section in enumerate(findings().sections):
        picture = drawn(page, f"chart-{place}")
        assert picture.count("<path") > 1, section.title
        assert "bn" in picture, section.title
        assert "<img" not in picture
    assert page.locator("table.data tbody tr").count() == 10
    assert page.locator("h1").inner_text() == ATTACK


def test_the_lines_of_an_analysis_can_be_hidden(visit: Opener) -> None:
    page = visit("findings")
    before = drawn(page, "chart-3")
    page.locator("#chart-3 .legend button").first.click()
    eventually(page, lambda: drawn(page, "chart-3") != before)


def test_ranges_far_from_zero_fill_the_chart(visit: Opener) -> None:
    """From 25 to 33 bn: an axis from 0 would leave three quarters of the chart empty."""
    page = visit("findings")
    assert ">0<" not in drawn(page, "chart-1")
    assert ">0<" in drawn(page, "chart-0")
