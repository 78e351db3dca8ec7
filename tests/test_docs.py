"""What README says is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import plan_here

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATIENCE = 240
"""Seconds for one command, on a machine that does much else."""


def fenced(language: str) -> list[str]:
    """Fenced blocks of a language in README."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_first_screen_has_the_two_commands() -> None:
    first = README.splitlines()[:24]
    assert any(line.startswith("python3 -m venv") and "plan solve scenarios/japan/cutoff.yaml" in line for line in first)
    assert any(line.startswith("python3 -m venv") and "pytest" in line for line in first)


def plan_commands() -> list[list[str]]:
    """The words of every `plan …` line of README."""
    return [shlex.split(line) for block in fenced("bash") for line in block.splitlines() if line.startswith("plan ")]


def made(words: list[str]) -> set[str]:
    """Names of what a command makes or needs, but for what is shipped: `terminated` for plans/terminated.xlsx."""
    paths = [Path(word) for word in words[2:] if "/" in word or words[1] == "new"]
    return {path.stem if path.parts[0] == "plans" else path.parts[0] for path in paths} - {"scenarios"}


def chains() -> list[list[list[str]]]:
    """The commands of README in groups that share nothing they make, each in the order of README."""
    groups: list[tuple[set[str], list[list[str]]]] = []
    for words in plan_commands():
        names, commands = made(words), [words]
        for one in [group for group in groups if group[0] & names]:
            groups.remove(one)
            names, commands = names | one[0], one[1] + commands
        groups.append((names, commands))
    return [commands for _, commands in groups]


CHAINS = chains()


def test_commands_of_readme_are_found() -> None:
    assert sum(map(len, CHAINS)) == len(plan_commands()) > 16
    assert len(CHAINS) > 4


@pytest.mark.timeout(900)
@pytest.mark.parametrize("commands", CHAINS, ids=[" ".join(chain[0][1:3]) for chain in CHAINS])
def test_every_plan_command_of_readme_runs(tmp_path: Path, commands: list[list[str]]) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    for words in commands:
        root = ["--root", str(ROOT)] if words[1] in ("solve", "check") and any(word.startswith("scenarios/") for word in words) else []
        done = plan_here(*words[1:], *root, cwd=tmp_path)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"


def test_the_python_example_of_readme_runs(tmp_path: Path) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    (block,) = fenced("python")
    block = block.replace('.yaml", sets', f'.yaml", root={str(ROOT)!r}, sets')
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plans" / "from_python" / "plan.json").is_file()


def test_error_example_of_readme_is_what_the_command_says(tmp_path: Path) -> None:
    shown = next(block for block in fenced("text") if "capcity" in block).splitlines()
    for line in shown:
        key = line.split(": ")[2]
        assert key.startswith("unknown")
    path = tmp_path / "mine.yaml"
    path.write_text(
        "version: 1\nhorizon: {start: 2026-01, end: 2027-01}\nmaterials:\n  dy_oxide: {}\n\n\n\nsuppliers:\n  china_dy:\n"
        "    material: dy_oxide\n    country: CN\n    capcity: 400 t/yr\n    price: 250 USD/kg\n    lead_time: 45 dys\n"
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("plan"), "check", "mine.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stderr.splitlines()[:2] == shown


def test_readme_shows_what_the_command_prints(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("plan"), "solve", "scenarios/japan/cutoff.yaml", "--out", str(tmp_path / "p")],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True, env={key: value for key, value in os.environ.items() if key != "COLUMNS"},
    )  # fmt: skip
    printed = {line.rstrip() for line in done.stdout.splitlines()}
    block = next(block for block in fenced("text") if "Sourcing mix" in block)
    # a tie between suppliers may show either; headline and cost may not differ
    for line in [line for line in block.splitlines() if line.startswith(("Japan", "Cost", "Short", "Sourcing"))]:
        assert line.rstrip() in printed


PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/README.md", *(str(page.relative_to(ROOT)) for page in (ROOT / "scenarios").rglob("README.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_back_test_prints_the_tables_that_it_shows(tmp_path: Path) -> None:
    """The commands of the page on 2010, as they stand there; shares in per cent and tonnes of the first three rows of each table."""
    text = (ROOT / "scenarios/embargo_2010/README.md").read_text(encoding="utf-8")
    solve, snippet = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)[:2]
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = f"{solve.replace('.yaml --out', f'.yaml --root {ROOT} --out')}\n{snippet}"
    done = subprocess.run(
        ["bash", "-ec", command], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = re.findall(r"^(\w+) +(\d{4})  China +([\d.]+)%  imports +(\d+) t  used +(\d+) t", done.stdout, flags=re.MULTILINE)
    tables = dict(re.findall(r"^\| ([^|]*?) \|[^\n]*2015 \|\n\|[-|]+\|\n(.*?)\n\n", text, flags=re.MULTILINE | re.DOTALL))
    labels = {"October 2010, stop to year end": "october_2010", "October 2010, open end": "october_2010_open_end", "with hindsight": "as_it_was"}
    checked = 0
    for (title, rows), column in zip(tables.items(), (2, 3, 4), strict=True):
        for line in rows.splitlines():
            label, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            name = labels.get(label.partition(" (")[0]) if "demand that forgets" not in label else "demand_forgets"
            for cell, values in zip(cells, [row for row in printed if row[0] == name], strict=False):
                assert round(float(values[column])) == int(cell.split()[0]), (title, label, cell, values)
                checked += 1
    assert checked == 9 * 6


def test_every_key_of_the_language_is_documented() -> None:
    from planner.scenario.base import Base
    from planner.scenario.schema import Scenario

    text = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[a-z_]+", text))

    def fields(model: type[Base]) -> set[str]:
        return {field.alias or name for name, field in model.model_fields.items()}

    models = [model for model in _subclasses(Base) if model.__module__ == Scenario.__module__]
    assert len(models) > 25
    missing = {key for model in models for key in fields(model)} - words
    assert missing == set()


def _subclasses(model: type) -> set[type]:
    found: set[type] = set(model.__subclasses__())
    return found | {deeper for child in found for deeper in _subclasses(child)}


def test_no_machine_paths_or_registry_addresses_in_any_file() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    pattern = re.compile(r"/work/|/root/|pypi\.org|files\.pythonhosted|--index-url|--find-links")
    for name in tracked:
        path = ROOT / name
        if path.suffix not in (".parquet", ".xlsx", ".png") and path.is_file() and name != "tests/test_docs.py":
            assert not pattern.search(path.read_text(encoding="utf-8")), name
