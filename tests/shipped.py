"""What the tests hold the shipped scenarios to; run as a script it solves them all and renews the expectations.

``python tests/shipped.py [FOLDER …]`` writes ``expected.yaml`` beside the scenarios and the table of figures in their ``README.md``.
Read the difference before it is committed: a number that moves needs a reason.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

import planner
from planner.program import make_program
from planner.show.screen import amount
from planner.solver.certificate import proven
from planner.solver.highs import Solution

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
YEARS = ("2011", "2012", "2014", "2028", "2030", "2035")
"""The years whose mix is held; those that a scenario does not reach are left out."""
TABLE = ("<!-- figures: made by tests/shipped.py -->", "<!-- end of figures -->")
DURATIONS = ("<!-- durations: made by tests/shipped.py -->", "<!-- end of durations -->")
VARIANTS = ("<!-- variants: made by tests/shipped.py -->", "<!-- end of variants -->")
Figures = dict[str, Any]


def parts(folder: Path = SCENARIOS) -> list[Path]:
    """Every YAML file of the language: scenarios and the files they are made of."""
    return sorted(path for path in folder.rglob("*.yaml") if path.name != "expected.yaml" and path.parent.name != "sweeps")


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


MEASURES = ("cutoff", "termination", "slow_licences", "notice", "premium_", "shock_")
"""How the ids of events begin that are China's measure or follow from it; without them a file tells what the same world would cost as usual."""
COLUMNS = {"dy_oxide": "Dy", "tb_oxide": "Tb", "ndfeb_magnet": "magnets", "y_oxide": "Y"}
"""What the table of Japan shows of each plan; all else is in ``expected.yaml``."""


def without_measures(path: Path, sets: Sequence[str] = ()) -> list[str]:
    """The changes that take a scenario's measures away again."""
    return [*sets, *(f"events.{key}=null" for key in planner.load(path, sets).scenario.events if key.startswith(MEASURES))]


def world(path: Path, sets: Sequence[str] = ()) -> Figures:
    """What a scenario is without its name: two of the same world have one plan."""
    return planner.load(path, sets).scenario.model_dump(exclude={"title"})


def least_cost(path: Path, sets: Sequence[str] = ()) -> float:
    """The proven least cost of a scenario, without choosing among equals and without tables: a third of the time of a plan."""
    _, program = make_program(planner.load(path, sets))
    outcome = proven(program)
    assert isinstance(outcome, Solution), path
    return float(program.cost @ outcome.x) + program.offset


@lru_cache(maxsize=1)
def _base() -> tuple[Figures, float]:
    path = SCENARIOS / "japan" / "base.yaml"
    return world(path), least_cost(path)


def usual_cost(path: Path, sets: Sequence[str] = ()) -> float:
    """What a scenario of Japan would cost as usual: the same need, stocks, plants and parties, but no measure."""
    changes = without_measures(path, sets)
    base, cost = _base()
    return cost if world(path, changes) == base else least_cost(path, changes)


def row(name: str, figures: Figures) -> str:
    """One line of the table: cost, cost of the measure, first shortage, tonnes short, capex."""
    short = [units for material in COLUMNS for units in figures["shortage"][material][:1]]
    first = min((start for _, start in figures["shortage"].values() if start), default="–")
    cells = [f"[{name}]({name}.yaml)", f"{figures['total_cost'] / 1e9:.2f}", f"{(figures['total_cost'] - figures['usual_cost']) / 1e9:.2f}", first]
    return "| " + " | ".join([*cells, *map(amount, short), f"{figures['capex'] / 1e6:,.0f}"]) + " |"


def table(folder: Path) -> str:
    """The table of figures of Japan's folder, as it stands in its README, from the cheapest to the dearest."""
    heads = ["scenario", "cost", "of it the measure", "first short", *(f"{label} short" for label in COLUMNS.values()), "capex"]
    units = ["", "bn US$", "bn US$", "", *("t" for _ in COLUMNS), "m US$"]
    ranked = sorted(expected(folder).items(), key=lambda item: (item[1]["total_cost"], item[0]))
    lines = [f"| {' | '.join(f'{head}, {unit}' if unit else head for head, unit in zip(heads, units, strict=True))} |", "|---" * len(heads) + "|"]
    return "\n".join([*lines, *(row(name, figures) for name, figures in ranked if name != "base")])


@dataclass(frozen=True)
class Variant:
    """One row of the table of variants: a question and the command that answers it, with what it is said to cost."""

    question: str
    command: str
    shown: tuple[str, str]

    def cells(self, folder: Path) -> tuple[str, str]:
        """Its cost, and what the measure costs in it: solved now, but for what is held already."""
        scenario, *options = shlex.split(self.command)
        sets = [option for option in options if option != "--set"]
        held = expected(folder)[Path(scenario).stem]
        cost = least_cost(folder / scenario, sets) if sets else held["total_cost"]
        usual = usual_cost(folder / scenario, sets) if sets else held["usual_cost"]
        return f"{cost / 1e9:.2f}", f"{(cost - usual) / 1e9:.2f}"


def between(text: str, marks: tuple[str, str]) -> str:
    """What stands between two marks of a page."""
    return text.partition(marks[0])[2].partition(marks[1])[0].strip()


def variants(folder: Path) -> list[Variant]:
    """The variants that the README of a folder names."""
    rows = between((folder / "README.md").read_text(encoding="utf-8"), VARIANTS).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    return [Variant(question, command.strip("`"), (cost, more)) for question, command, cost, more in cells]


EARLY = {
    "diffusion_rollout": "diffusion, t/yr of Dy",
    "magnet_works": "magnet lines",
    "metal_expansion": "metal making",
    "recycling_expansion": "swarf",
    "motor_recycling_plants": "old motors",
    "y_recycling_plants": "yttria",
    "lynas_hre_expansion": "Lynas, second heavy plant",
    "browns_range_mine": "Browns Range",
    "lofdal_mine": "Lofdal",
    "caremag_phase_2": "Caremag, second line",
}
"""Projects whose commitments before 2028 are told by how long the cutoff lasts, with the headings of their columns."""
DURATIONS_HEAD = (f"| it lasts | costs, bn US$ | {' | '.join(EARLY.values())} |", "|---" * (len(EARLY) + 2) + "|")
ENDS = {"the year 2026": "2027-01", "two years": "2028-01", "three": "2029-01", "four": "2030-01", "five": "2031-01", "seven": "2033-01", "for good": None}


def early_row(label: str, end: str | None) -> str:
    """One line of the table of durations: what a cutoff until then costs, and what its plan commits to before 2028."""
    plan = planner.solve(SCENARIOS / "japan" / "cutoff.yaml", sets=[f"events.cutoff.until={end}"] if end else [])
    early: dict[str, float] = {}
    for item in plan.record["figures"]["commitments"]:
        if item["period"] < "2028":
            early[item["project"]] = early.get(item["project"], 0.0) + item["size"]
    cells = [amount(early.get(key, 0.0)) for key in EARLY]
    return f"| {label} | {(plan.total_cost - _base()[1]) / 1e9:.2f} | {' | '.join(cells)} |"


def durations() -> str:
    """The table of durations, as it stands in Japan's README."""
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(early_row, ENDS, ENDS.values()))
    return "\n".join([*DURATIONS_HEAD, *rows])


def _solve(path: Path) -> tuple[str, Figures]:
    found = figures_of(planner.solve(path))
    return path.stem, {**found, "usual_cost": round(usual_cost(path), 3)} if path.parent.name == "japan" else found


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
        _put(page, DURATIONS, durations())
        asked = variants(folder)
        with ProcessPoolExecutor(2) as pool:
            found = list(pool.map(_cells, asked))
        head = between(page.read_text(encoding="utf-8"), VARIANTS).splitlines()[:2]
        rows = [f"| {variant.question} | `{variant.command}` | {' | '.join(cells)} |" for variant, cells in zip(asked, found, strict=True)]
        _put(page, VARIANTS, "\n".join([*head, *rows]))


if __name__ == "__main__":
    for folder in [Path(name).resolve() for name in sys.argv[1:]] or [path.parent for path in SCENARIOS.rglob("expected.yaml")]:
        renew(folder)
