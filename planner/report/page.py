"""The page itself: a template that escapes, data as JSON that cannot end its script, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from planner.report.case import Tree, money

ASSETS = files("planner.report") / "assets"
SCRIPTS = ("core.js", "figure.js", "supply.js", "lines.js", "flow.js", "timeline.js", "compare.js", "sources.js", "main.js")
"""Parts of the page's own script, in order."""
TEMPLATES = ("page.html.jinja", "macros.html.jinja", "headline.html.jinja", "compare.html.jinja", "findings.html.jinja")
GENERATOR = "Stopgap plan report"
"""What the page says it was made by; a file that does not is never overwritten."""
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def asset(name: str) -> str:
    """Text of a file that comes with the package."""
    return (ASSETS / name).read_text(encoding="utf-8")


def script_json(tree: Any) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_UNSAFE)


def policy(scripts: list[str]) -> str:
    """Content-Security-Policy: these very scripts, inline styles, and nothing from anywhere."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(tree: Mapping[str, Any], title: str) -> str:
    """One HTML page that needs nothing but itself; the same bytes for the same data.

    Args:
        tree: ``plans`` and ``comparison`` (or None), as :func:`planner.report.report_page` puts them together.
        title: Title of the window.
    """
    return document("page.html.jinja", SCRIPTS, _light(tree), tree=tree, title=title)


def document(template: str, scripts: Sequence[str], data: Any, **shown: Any) -> str:
    """A page from a template, its own scripts and the data that they draw.

    Args:
        template: Name of an asset.
        scripts: Names of assets, in order.
        data: What the scripts find as JSON.
        shown: What the template shows, ``title`` among it.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    library = asset("echarts.min.js")
    own = "(function () {\n'use strict';\n" + "\n".join(asset(name) for name in scripts) + "\n})();\n"
    environment = Environment(
        loader=DictLoader({name: asset(name) for name in TEMPLATES}),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["change"] = _change
    environment.filters["difference"] = _difference
    embedded = {"library": library, "own": own, "data": script_json(data), "policy": policy([library, own])}
    return environment.get_template(template).render(generator=GENERATOR, css=asset("page.css"), **embedded, **shown)


def _light(tree: Mapping[str, Any]) -> Tree:
    """The data for the script: what only the template shows is left out."""
    plans = [{key: value for key, value in plan.items() if key not in ("checked", "headline")} for plan in tree["plans"]]
    return {**tree, "plans": plans}


def _change(value: Any, currency: str = "") -> str:
    """A difference of money with its sign; a dash where there is none."""
    if not isinstance(value, (int, float)):
        return "–"
    return f"{'+' if value > 0 else ''}{money(value, currency)}".replace("-", "−", 1)


def _difference(value: float, currency: str) -> str:
    """A difference of money in words."""
    return f"{money(abs(value), currency)} {'more' if value >= 0 else 'less'} than"
