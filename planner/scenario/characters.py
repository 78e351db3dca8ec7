"""Characters that do more than show: they steer a terminal, turn the order of a line round, or are no text at all."""

from __future__ import annotations

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb]")
"""Controls but for tab and line end, bidirectional overrides and isolates, half characters."""
_LINE_ENDS = re.compile("\r\n?")
_FORMULA = re.compile(r"[=@|%\t\r\0]|[+-](?!\.?[0-9])")
"""How texts begin that a spreadsheet takes for a formula or worse; what begins like a number is left alone."""
LONGEST_MESSAGE = 2000


def steering(text: str) -> str:
    """The first character of a text that steers, as ``U+001B``; empty where there is none."""
    if text.isprintable():
        # what Unicode calls printable holds none of them
        return ""
    match = _STEERING.search(_LINE_ENDS.sub("\n", text))
    return f"U+{ord(match[0]):04X}" if match else ""


def harmless(text: str) -> str:
    """A text whose steering characters are written out by their number; fit for a terminal, and inside JSON the same text."""
    return text if text.isprintable() else _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def message(text: str) -> str:
    """A message for one line of a terminal: harmless, without line ends of its own, and cut where it would fill the screen."""
    cut = text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE // 2]} … {text[-LONGEST_MESSAGE // 2 :]}"
    return harmless(cut).replace("\n", "\\n").replace("\t", "\\t")


def inert(text: str) -> str:
    """A text for a cell of a CSV file: with an apostrophe before it where a spreadsheet would run it (OWASP, CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text
