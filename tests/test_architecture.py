"""Data flows one way; only the command prints; nothing heavy stands in the way of help."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = {
    "planner.errors": 0,
    "planner.collector": 0,
    "planner.noise": 0,
    "planner.stopwatch": 0,
    "planner.versions": 0,
    "sourcing_lp": 0,
    "planner.scenario": 1,
    "planner.compile": 2,
    "planner.solver": 2,
    "planner.verify": 2,
    "planner.checks": 3,
    "planner.language": 8,
    "planner.disk": 1,
    "planner.notebook": 1,
    "planner.sheets": 2,
    "planner.plan": 3,
    "planner.optimum": 3,
    "planner.reach": 3,
    "planner.words": 3,
    "planner.negotiate": 4,
    "planner.results": 4,
    "planner.program": 3,
    "planner.workers": 1,
    "planner.answer": 5,
    "planner.pipeline": 6,
    "planner.inquiry": 4,
    "planner.cheapest": 5,
    "planner.opened": 5,
    "planner.decided": 4,
    "planner.again": 7,
    "planner.proof": 8,
    "planner.explain": 7,
    "planner.horizon": 7,
    "planner.findings": 3,
    "planner.sweep": 7,
    "planner.runway": 7,
    "planner.alternatives": 7,
    "planner.frontier": 7,
    "planner.decide_by": 7,
    "planner.value": 7,
    "planner.comparison": 7,
    "planner.exchange": 7,
    "planner.show": 8,
    "planner.report": 8,
    "planner.cli": 9,
    "planner.__main__": 10,
    "planner": 7,
}
"""What may import what: a module imports modules of lower layers, or of its own package."""
FORBIDDEN = {
    "planner.verify": ("planner.compile", "planner.solver", "planner.results", "sourcing_lp"),
    "planner.solver": ("planner.compile", "planner.scenario", "planner.verify", "planner.results"),
    "planner.compile": ("planner.solver", "planner.verify", "planner.results"),
    "sourcing_lp": ("planner",),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """(dotted name, tree) of every source file."""
    for root in (ROOT, ROOT / "models"):
        for package in ("planner", "sourcing_lp"):
            for path in sorted((root / package).rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                yield ".".join(part for part in parts if part != "__init__"), ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name: str) -> tuple[str, int] | None:
    """(package, layer) of a module; the longest name that is known."""
    known = [package for package in LAYERS if name == package or name.startswith(package + ".")]
    return (max(known, key=len), LAYERS[max(known, key=len)]) if known else None


@pytest.mark.parametrize(("name", "tree"), [pytest.param(name, tree, id=name) for name, tree in modules()])
def test_imports_go_downwards(name: str, tree: ast.Module) -> None:
    own = layer(name)
    assert own is not None
    for target in imports(tree):
        other = layer(target)
        # `planner` itself is a lazy front door; nothing inside may come back in through it
        if other is None or other[0] == own[0] or other[0] == "planner" or name == "planner":
            continue
        assert other[1] < own[1] or (own[0], other[0]) == ("planner.pipeline", "planner.plan"), f"{name} imports {target}"
        assert not any(other[0] == package or other[0].startswith(package + ".") for package in FORBIDDEN.get(own[0], ())), f"{name} imports {target}"


@pytest.mark.parametrize(("name", "tree"), [pytest.param(name, tree, id=name) for name, tree in modules()])
def test_only_the_command_prints_or_exits(name: str, tree: ast.Module) -> None:
    if name.split(".")[:2] == ["planner", "cli"] or name == "planner.__main__":
        return
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"print", "sys.exit", "exit", "quit", "typer.echo"}, name


def test_models_is_a_source_root_and_not_a_package() -> None:
    assert not (ROOT / "models" / "__init__.py").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_nobody_imports_a_second_copy_of_the_model() -> None:
    for path in [*ROOT.glob("planner/**/*.py"), *ROOT.glob("models/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        names = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
        assert not any(name.startswith("models.") for name in names), path


def test_no_top_level_folders_beyond_the_agreed_ones() -> None:
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert {name.split("/")[0] for name in tracked if "/" in name} <= {"planner", "models", "scenarios", "tests", ".ci"}
