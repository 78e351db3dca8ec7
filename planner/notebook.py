"""Plans and comparisons as a notebook shows them: a heading and small tables, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 25


def card(title: str, lines: Iterable[str], tables: Iterable[tuple[str, Sequence[str], Sequence[Sequence[str]]]]) -> str:
    """HTML of one object.

    Args:
        title: Its heading.
        lines: Sentences below.
        tables: (caption, headers, rows); numbers come as they are to be shown and stand right of the first column.
    """
    parts = [f"<h4>{escape(title)}</h4>", *(f"<p>{escape(line)}</p>" for line in lines)]
    for caption, heads, rows in tables:
        if not rows:
            continue
        head = "".join(f"<th>{escape(text)}</th>" for text in heads)
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows[:MOST_ROWS])
        more = f"<p>and {len(rows) - MOST_ROWS} more</p>" if len(rows) > MOST_ROWS else ""
        parts.append(f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}")
    return f"<div class='stopgap'>{''.join(parts)}</div>"


def _cells(row: Sequence[str]) -> str:
    first, *others = row
    return f"<td style='text-align:left'>{escape(first)}</td>" + "".join(f"<td>{escape(text)}</td>" for text in others)
