"""What the tests hold the shipped scenarios to; run as a script it solves them all and renews the expectations.

``python tests/shipped.py [FOLDER …]`` writes ``expected.yaml`` beside the scenarios and the table of figures in their ``README.md``.
Read the difference before it is committed: a number that moves needs a reason.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import planner
from planner.show.screen import amount

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
YEARS = ("2011", "2012", "2014", "2028", "2030", "2035")
"""The years whose mix is held; those that a scenario does not reach are left out."""
TABLE = ("<!-- figures: made by tests/shipped.py -->", "<!-- end of figures -->")
VARIANTS = ("<!-- variants: made by tests/shipped.py -->", "<!-- end of variants -->")
Figures = dict[str, Any]


def parts(folder: Path = SCENARIOS) -> list[Path]:
    """Every YAML file of the language: scenarios and the files they are made of."""
    return sorted(path for path in folder.rglob("*.yaml") if path.name != "expected.yaml")


def whole(folder: Path = SCENARIOS) -> list[Path]:
    """The files that are scenarios by themselves."""
    return [path for path in parts(folder) if path.parent.name != "data"]


def expected(folder: Path) -> Figures:
    """By scenario of a folder: the figures it is held to."""
    found = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def figures_of(plan: planner.Plan) -> Figures:
    """Cost, what runs short and when, who mined what arrives, what is committed: the figures that are held."""
    figures = plan.record["figures"]
    return {
        "total_cost": round(plan.total_cost, 3),
        "shortage_cost": round(plan.costs["shortage"], 3),
        "capex": round(plan.costs["capex"], 3),
        "shortage": {key: [round(item["short"], 3), item["first"]] for key, item in sorted(figures["shortage"]["materials"].items())},
        "origin": {key: held for key in sorted(figures["shortage"]["materials"]) if (held := dict(_origins(figures["origin_share"].get(key, {}))))},
        "commit": {key: round(size, 3) for key, size in sorted(plan.commit.items()) if size > 1e-3},
    }


def _origins(years: dict[str, dict[str, float]]) -> Iterator[tuple[str, dict[str, float]]]:
    """Shares of a hundredth and more, in the years that are held."""
    for year in YEARS:
        if year in years:
            yield year, {origin: round(share, 4) for origin, share in sorted(years[year].items()) if share >= 0.01}


COLUMNS = {"dy_oxide": "Dy", "tb_oxide": "Tb", "ndfeb_magnet": "magnets", "y_oxide": "Y"}
"""What the table of Japan shows of each plan; all else is in ``expected.yaml``."""


def row(name: str, figures: Figures, base: Figures) -> str:
    """One line of the table: cost, cost above the base, first shortage, tonnes short, capex, China's share of dysprosium in 2030."""
    short = [units for material in COLUMNS for units in figures["shortage"][material][:1]]
    first = min((start for _, start in figures["shortage"].values() if start), default="–")
    china = figures["origin"]["dy_oxide"]["2030"].get("CN", 0.0)
    cells = [f"[{name}]({name}.yaml)", f"{figures['total_cost'] / 1e9:.2f}", f"{(figures['total_cost'] - base['total_cost']) / 1e9:+.2f}", first]
    return "| " + " | ".join([*cells, *map(amount, short), f"{figures['capex'] / 1e6:,.0f}", f"{100 * china:.0f} %"]) + " |"


def table(folder: Path) -> str:
    """The table of figures of Japan's folder, as it stands in its README, from the cheapest to the dearest."""
    held = expected(folder)
    base = held["business_as_usual"]
    heads = ["scenario", "cost", "above usual", "first short", *(f"{label} short" for label in COLUMNS.values()), "capex", "China in Dy 2030"]
    units = ["", "bn US$", "bn US$", "", *("t" for _ in COLUMNS), "m US$", ""]
    ranked = sorted(held.items(), key=lambda item: (item[1]["total_cost"], item[0]))
    lines = [f"| {' | '.join(f'{head}, {unit}' if unit else head for head, unit in zip(heads, units, strict=True))} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(row(name, figures, base) for name, figures in ranked if name != "base")])


@dataclass(frozen=True)
class Variant:
    """One row of the table of variants: a question and the command that answers it, with what it is said to cost."""

    question: str
    command: str
    shown: tuple[str, str]

    def cells(self, folder: Path) -> tuple[str, str]:
        """Its cost, and that against the cutoff, solved now."""
        scenario, *options = shlex.split(self.command)
        cost = planner.solve(folder / scenario, sets=[option for option in options if option != "--set"]).total_cost
        return f"{cost / 1e9:.2f}", f"{(cost - expected(folder)['cutoff']['total_cost']) / 1e9:+.2f}"


def between(text: str, marks: tuple[str, str]) -> str:
    """What stands between two marks of a page."""
    return text.partition(marks[0])[2].partition(marks[1])[0].strip()


def variants(folder: Path) -> list[Variant]:
    """The variants that the README of a folder names."""
    rows = between((folder / "README.md").read_text(encoding="utf-8"), VARIANTS).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    return [Variant(question, command.strip("`"), (cost, more)) for question, command, cost, more in cells]


def _solve(path: Path) -> tuple[str, Figures]:
    return path.stem, figures_of(planner.solve(path))


def _cells(variant: Variant) -> tuple[str, str]:
    return variant.cells(SCENARIOS / "japan")


def _put(page: Path, marks: tuple[str, str], lines: str) -> None:
    """Replace what stands between two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(marks[0])
    page.write_text(f"{before}{marks[0]}\n{lines}\n{marks[1]}{rest.partition(marks[1])[2]}", encoding="utf-8")


def renew(folder: Path) -> None:
    """Solve every scenario of a folder and write what it is held to; in Japan's folder the tables of findings too."""
    with ProcessPoolExecutor(2) as pool:
        held = dict(pool.map(_solve, whole(folder)))
    note = (
        "# What the tests hold the scenarios beside this file to, made by tests/shipped.py: costs in the scenario's money, per material in demand\n"
        "# the shortage over the horizon with the first period that runs short, who mined what is supplied, what is committed.\n"
    )
    (folder / "expected.yaml").write_text(note + yaml.safe_dump(held, sort_keys=False, width=140, default_flow_style=None), encoding="utf-8")
    if folder.name == "japan":
        page = folder / "README.md"
        _put(page, TABLE, table(folder))
        asked = variants(folder)
        with ProcessPoolExecutor(2) as pool:
            found = list(pool.map(_cells, asked))
        head = between(page.read_text(encoding="utf-8"), VARIANTS).splitlines()[:2]
        rows = [f"| {variant.question} | `{variant.command}` | {' | '.join(cells)} |" for variant, cells in zip(asked, found, strict=True)]
        _put(page, VARIANTS, "\n".join([*head, *rows]))


if __name__ == "__main__":
    for folder in [Path(name).resolve() for name in sys.argv[1:]] or [path.parent for path in SCENARIOS.rglob("expected.yaml")]:
        renew(folder)
