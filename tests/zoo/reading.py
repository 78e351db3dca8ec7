"""The zoo: small scenarios with answers computed by hand, in the YAML files beside this one.

Each file maps names to {why, scenario, expect}. ``why`` is the computation in words; numbers in ``expect`` may be written as arithmetic.

``scenario`` is a map or, where the text itself matters, a text. What it leaves out is: version 1, one year 2026 in one period, one material ``m``.

``expect`` has ``total_cost`` or ``status`` (infeasible, unbounded, refused), and more:

- shortage, commit, sign {id: number}; stock {id: level at the end of each period}; costs {line: money};
- purchases, arrivals, capacity, lifted, breached, surplus {id: {period: units}}, of the periods given;
- message: part of a refusal;
- doubtful: unproven, where no answer is right as well (CheckError), since the scenario is at the limit of double precision;
- known: what the planner is known to get wrong, until that is mended;
- relaxation (infeasible) {path: number, or {by: amount}}: each key alone, changed that far, gives a plan, and no less does;
- price (unbounded) {path: number}: each key alone, at that number, is the border up to which there is an optimum.
"""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.oracle.reference_solver import load

FOLDER = Path(__file__).parent
OTHERS = {"simplex_gives_up.yaml"}
"""Scenarios here that belong to other tests."""
DEFAULTS = {"version": 1, "horizon": {"start": 2026, "end": 2027, "step": "year"}, "materials": {"m": {}}}
Json = dict[str, Any]


def animals() -> Iterator[tuple[str, Json]]:
    """Every case with its name."""
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name not in OTHERS:
            yield from load(path).items()


def text_of(scenario: Json | str) -> str:
    """The scenario as a file."""
    if isinstance(scenario, str):
        return "".join(f"{key}: {json.dumps(value)}\n" for key, value in DEFAULTS.items()) + scenario
    return json.dumps(whole(scenario), indent=1)


def whole(scenario: Json) -> Json:
    """A scenario with what it leaves out."""
    return {**DEFAULTS, **scenario}


_OPERATORS: dict[type, Any] = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow}


def number(value: Any) -> float:
    """A number, perhaps written as arithmetic such as ``100 * 28/31``."""
    return float(value) if isinstance(value, int | float) else _evaluated(ast.parse(value, mode="eval").body)


def _evaluated(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluated(node.operand)
    if isinstance(node, ast.BinOp):
        return float(_OPERATORS[type(node.op)](_evaluated(node.left), _evaluated(node.right)))
    raise ValueError(f"no arithmetic: {ast.unparse(node)}")
