"""The page of an analysis: its sentences, a chart and a table for each section, and what it does not say."""

from __future__ import annotations

from typing import Any

from planner.findings import Chart, Findings, Section, plain
from planner.report.case import Tree
from planner.report.page import document

SCRIPTS = ("core.js", "figure.js", "findings.js")
PAGE_ROWS = 400
"""Rows of a table that a page shows."""
CHART_ROWS = 2_000
"""Rows that a chart draws: more points hide each other."""
BAR_ROWS = 60
"""Bars that a chart draws."""
LINES = 8
"""Lines or colours of points that a chart draws: more cannot be told apart."""


def findings_page(found: Findings) -> str:
    """HTML that needs no other file and no network; the same text for the same findings."""
    sections = [_section(found, section) for section in found.sections]
    charts = [None if section.chart is None else _chart(found, section, section.chart) for section in found.sections]
    record = [(key, value) for key, value in plain(found.record).items() if isinstance(value, str | int | float)]
    return document("findings.html.jinja", SCRIPTS, {"plans": [], "charts": charts}, title=found.title, found=found, sections=sections, record=record)


def _section(found: Findings, section: Section) -> Tree:
    cells = found.cells(section)
    by = found.rows(section)[section.chart.by].unique() if section.chart is not None and section.chart.by else ()
    left_out = f"The chart has the first {LINES} of {len(by)}." if len(by) > LINES else ""
    return {
        "title": section.title,
        "note": " ".join(filter(None, (found.note(section), left_out))),
        "chart": section.chart is not None,
        "heads": [column.heading for column in section.columns],
        "counted": [column.shown != "text" for column in section.columns],
        "cells": cells[:PAGE_ROWS],
        "more": max(0, len(cells) - PAGE_ROWS),
    }


def _chart(found: Findings, section: Section, chart: Chart) -> Tree:
    """A chart with the columns that it draws."""
    headings = {column.name: column.heading for column in section.columns}
    names = dict.fromkeys((chart.x, *chart.y, *((chart.by,) if chart.by else ())))
    table = found.rows(section)
    if chart.by:
        table = table[table[chart.by].isin(table[chart.by].unique()[:LINES])]
    table = table.head(BAR_ROWS if chart.kind in ("bar", "range") else CHART_ROWS)
    values: dict[str, Any] = {name: plain(table[name].tolist()) for name in names}
    heads = {name: headings.get(name, name.replace("_", " ")) for name in names}
    told = {"kind": chart.kind, "x": chart.x, "y": list(chart.y), "by": chart.by, "x_title": chart.x_title, "y_title": chart.y_title}
    return {**told, "title": section.title, "heads": heads, "values": values}
