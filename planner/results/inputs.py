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
    rows = [(".".join(i.path), i.value, i.unit, *(i.notes[name] for name in ANNOTATIONS), i.file, i.line) for i in inputs_of(loaded)]
    table = pd.DataFrame(rows, columns=[*FACTS, *PLACES])
    return table.astype({**dict.fromkeys((*FACTS, "file"), str), "line": int})
