"""models/README.md and the model say the same: every component has its row, and every row its component and file."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

import sourcing_lp
import sourcing_lp.data
from planner.results.prices import PRICES
from planner.words import CONSTRAINTS
from sourcing_lp.cost import COST_LINES

ROOT = Path(__file__).parents[2]
README = ROOT / "models" / "README.md"
PACKAGE = ROOT / "models" / "sourcing_lp"
SOURCES = sorted(PACKAGE.glob("*.py"))
SMALL = """
horizon: {start: 2026-01, end: 2027-01, step: year}
materials: {ore: {unit: t, disposal_cost: 1}}
suppliers: {mine: {material: ore, country: AA, capacity: 9, price: 1}}
stockpiles: {pile: {material: ore, floor: 1, floor_penalty: 1}}
demands: {need: {material: ore, quantity: 5, shortage: 9}}
"""


@pytest.fixture
def model(build: Callable[[str], Any]) -> Any:
    return build(SMALL)


def table(heading: str, first_column: str) -> dict[str, list[str]]:
    """Rows of the README table whose header starts with a column name, below a heading; by the name in the first cell."""
    text = README.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tables = [block.splitlines() for block in re.split(r"\n\s*\n", text) if block.lstrip().startswith(f"| {first_column} ")]
    assert len(tables) == 1, f"{heading}: {len(tables)} tables start with the column {first_column!r}"
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in tables[0][2:]]
    assert all(len(row) == len(cells[0]) and all(row) for row in cells), f"{heading}: a cell is empty, or a formula holds a bar"
    names = [re.split(r"[\[`]", row[0].strip("`"))[0] for row in cells]
    assert len(set(names)) == len(names)
    return dict(zip(names, cells, strict=True))


def names_of(model: Any, kind: Any) -> set[str]:
    return {component.local_name for component in model.component_objects(kind)}


def rule_functions(source: Path) -> dict[str, ast.FunctionDef]:
    """Top-level functions of a file."""
    return {node.name: node for node in ast.parse(source.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_constraint_has_a_row_with_its_file(model: Any) -> None:
    rows = table("Constraints", "name")
    assert set(rows) == names_of(model, pyo.Constraint)
    for name, cells in rows.items():
        assert name in rule_functions(PACKAGE / cells[-1]), f"{cells[-1]} has no rule {name}"


def test_rows_name_the_index_letters_of_their_rule() -> None:
    """`name[s,g,t]` in the table is the argument list of the rule; policy rules take a whole key."""
    for name, cells in table("Constraints", "name").items():
        letters = re.findall(r"\[(.*)\]", cells[0])[0].split(",")
        rule = rule_functions(PACKAGE / cells[-1])[name]
        arguments = [argument.arg for argument in rule.args.args][1:]
        assert arguments == letters or (rule.args.vararg is not None and len(letters) == 3), name


def test_every_variable_has_a_row_with_its_set_and_file(model: Any) -> None:
    rows = table("Variables", "variable")
    assert set(rows) == names_of(model, pyo.Var)
    for name, (_, index, _, _, file) in rows.items():
        source = (PACKAGE / file).read_text(encoding="utf-8")
        assert f"model.{name} = pyo.Var(" in source
        if model.component(name).is_indexed():
            assert model.component(name).index_set().name == index.strip("`")


def test_every_cost_line_has_a_row_in_order(model: Any) -> None:
    rows = table("Objective", "cost line")
    assert tuple(rows) == tuple(COST_LINES)
    assert {f"cost_{name}" for name in rows} == names_of(model, pyo.Expression)
    assert all(cells[-1] == "cost.py" for cells in rows.values())


def test_every_payment_has_a_row() -> None:
    rows = {cells[0].removesuffix("(t)") for cells in table("Objective", "due in t").values()}
    defined = {name for name in rule_functions(PACKAGE / "payments.py") if name.endswith("_due")}
    assert rows == defined - {"transport_due"}, "transport_due is the sum of two rows, as the budget's row says"
    assert "transport_due is freight_due + routes_due" in README.read_text(encoding="utf-8")


def test_every_shorthand_is_a_function() -> None:
    for cells in table("Shorthands", "shorthand").values():
        module, function = cells[-1].strip("`").split(".")
        assert function in rule_functions(PACKAGE / f"{module}.py")


def test_every_parameter_stands_under_its_data_class() -> None:
    rows = table("Parameters", "data class")
    classes = {name: item for name, item in vars(sourcing_lp.data).items() if dataclasses.is_dataclass(item) and name != "SourcingData"}
    assert set(rows) == set(classes)
    for name, cells in rows.items():
        assert re.findall(r"`(\w+)`", cells[1]) == [field.name for field in dataclasses.fields(classes[name])], name


def test_every_variable_and_parameter_of_a_formula_exists(model: Any) -> None:
    """Whatever carries an index in a formula is a variable, a field of the data, or one of the few letters defined above it."""
    fields = {f.name for item in vars(sourcing_lp.data).values() if dataclasses.is_dataclass(item) for f in dataclasses.fields(item)}
    known = fields | names_of(model, pyo.Var) | {"Δ", "d"}
    tables = [("Constraints", "name"), ("Objective", "cost line"), ("Objective", "due in t"), ("Shorthands", "shorthand")]
    used = {word for place in tables for cells in table(*place).values() for word in re.findall(r"(\w+)\[", cells[1])}
    assert used - known == set()
    assert len(used) > 40


def test_rules_and_prices_have_exactly_the_constraints(model: Any) -> None:
    constraints = names_of(model, pyo.Constraint)
    assert constraints == CONSTRAINTS
    assert set(PRICES) == constraints
    assert all(price.meaning for price in PRICES.values())


def test_readme_and_prices_agree_on_what_a_dual_means() -> None:
    """Both say 'saves' or both say 'costs'; and whether a present value is meant."""
    for name, cells in table("Constraints", "name").items():
        meaning = PRICES[name].meaning
        assert ("saves this" in cells[3]) == ("saved" in meaning), name
        assert ("costs this" in cells[3]) == (meaning.startswith("cost of")), name
        assert ("(pv)" in cells[3]) == ("present value" in meaning), name


def test_every_component_says_what_it_is_and_in_which_unit(model: Any) -> None:
    for kind in (pyo.Set, pyo.Var, pyo.Constraint, pyo.Expression, pyo.Objective):
        components = list(model.component_objects(kind))
        assert components
        for component in components:
            assert component.doc, f"{component.name} has no doc"
            if kind is not pyo.Set:
                assert re.search(r"\S \[[^\]]+\]\Z", component.doc), f"{component.name}: {component.doc!r} does not end in a unit"


def test_the_model_has_no_anonymous_sets(model: Any) -> None:
    assert [name for name in names_of(model, pyo.Set) if not name.isupper()] == []


def test_every_rule_says_why_it_exists() -> None:
    for name, cells in table("Constraints", "name").items():
        docstring = ast.get_docstring(rule_functions(PACKAGE / cells[-1])[name])
        assert docstring, name
        assert docstring.endswith("."), name


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_files_are_short_and_never_import_the_planner(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert source.name == "data.py" or len(text.splitlines()) <= 150
    for node in ast.walk(ast.parse(text)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [module for module in modules if module.split(".")[0] in ("planner", "models", "highspy", "tests")]


def test_models_is_a_source_root_and_not_a_package() -> None:
    assert not (ROOT / "models" / "__init__.py").exists()
    assert Path(sourcing_lp.__file__) == PACKAGE / "__init__.py"
    spelt = re.compile(r"^\s*(?:import|from)\s+models\b", re.MULTILINE)
    files = [path for folder in ("planner", "models", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 40
    assert [path for path in files if spelt.search(path.read_text(encoding="utf-8"))] == []


def test_readme_points_to_the_recipe_for_a_constraint() -> None:
    target = re.findall(r"\]\((\S+)#how-to-add-a-constraint\)", README.read_text(encoding="utf-8"))
    assert len(target) == 1
    assert "\n## How to add a constraint\n" in (README.parent / target[0]).read_text(encoding="utf-8")
