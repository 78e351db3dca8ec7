"""The table ``inputs`` of a plan: every key of its scenario with its place and what stands behind it."""

from __future__ import annotations

import pandas as pd

from planner.scenario.fields import ANNOTATIONS
from planner.scenario.inputs import inputs_of
from planner.scenario.load import Loaded

INPUTS = "inputs"
FACTS = ("path", "value", "unit", *ANNOTATIONS)
"""Columns that follow from the resolved scenario alone."""
PLACES = ("file", "line")
"""Columns that only the files it was put together from can tell."""


def input_table(loaded: Loaded) -> pd.DataFrame:
    """One row a key: dotted path, value as written, default unit of a bare number, annotations, file and line that set it."""
    inputs = inputs_of(loaded)
    table = pd.DataFrame(
        {
            "path": [".".join(found.path) for found in inputs],
            "value": [found.value for found in inputs],
            "unit": [found.unit for found in inputs],
            **{name: [found.notes[name] for found in inputs] for name in ANNOTATIONS},
            "file": [found.file for found in inputs],
            "line": [found.line for found in inputs],
        }
    )
    return table.astype({**dict.fromkeys((*FACTS, "file"), str), "line": int})
