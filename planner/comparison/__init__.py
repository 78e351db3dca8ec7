"""Compares plans: what was changed, what came of it, why the cost differs, and what is done differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from planner.comparison.bridge import bridge_between
from planner.comparison.changes import MOST_SHAPLEY, changes_between, groups_of
from planner.comparison.decisions import decisions_between, first_divergence, with_keep_costs
from planner.comparison.effects import Counter, Effects, effects_of
from planner.comparison.figures import figures_of
from planner.comparison.result import Against, Comparison, stacked
from planner.comparison.sides import Grid, Side, common_grid, folder_of, is_plan_folder, sides_of
from planner.errors import InputError, did_you_mean
from planner.pipeline import solve_scenario
from planner.plan import Plan, change_told, changed_data, read_record
from planner.workers import in_parallel

__all__ = ["Comparison", "compare", "stacked"]
Item = str | Path | Plan


def compare(
    *items: Item,
    base: str | None = None,
    effects: bool = True,
    keep: bool = True,
    root: str | Path | None = None,
    workers: int | None = None,
    progress: Counter | None = None,
) -> Comparison:
    """Compare plans with a base.

    Args:
        items: At least two plans, plan folders or scenario files; files are solved, several at once.
        base: Name or path of the item that the others are compared with; default the first.
        effects: Whether to find by re-solving what each change of input does to the cost.
        keep: Whether to find by re-solving what it would cost to keep each decision of the base.
        root: Folder that no file of a scenario may lie outside of.
        workers: Worker processes; default one a core.
        progress: Called with what is being done, how much of it is done, and how much there is.

    Returns:
        A comparison in the base's currency.

    Raises:
        InputError: for a bad scenario, what is no plan, or plans that cannot be compared.
        NoPlanError: if a scenario has no plan.
    """
    if len(items) < 2:
        raise InputError("a comparison needs two plans or more; name plan folders or scenario files")
    count = progress or _silent
    plans = _plans(items, root, workers, count)
    names = [item.name if isinstance(item, Plan) else _name(Path(item)) for item in items]
    first = _place(base, items, names)
    order = [first, *(place for place in range(len(items)) if place != first)]
    sides = sides_of([plans[place] for place in order], [names[place] for place in order])
    grids = [common_grid([sides[0], side]) for side in sides[1:]]
    against = [_against(sides[0], side, grid, effects, keep, workers, count) for side, grid in zip(sides[1:], grids, strict=True)]
    currency = sides[0].loaded.scenario.money.currency
    notes = (*_tampered(items), *_notes(sides, grids))
    return Comparison(tuple(sides), currency, notes, figures_of(sides, currency), against)


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody wants to know."""


def _name(path: Path) -> str:
    """What a folder or file is called: a plan by its folder, a scenario as its plan would be."""
    if path.suffix.lower() in (".yaml", ".yml", ".json") and path.stem != "scenario":
        return path.stem
    return path.resolve().parent.name if path.stem == "scenario" else path.resolve().name


def _plans(items: Sequence[Item], root: str | Path | None, workers: int | None, count: Counter) -> list[Plan]:
    """Plans of all items; scenario files are solved in worker processes where there are several."""
    found: dict[int, Plan] = {}
    files: list[int] = []
    for place, item in enumerate(items):
        if isinstance(item, Plan):
            found[place] = item
        elif is_plan_folder(Path(item)):
            found[place] = Plan.load(folder_of(Path(item)))
        else:
            files.append(place)
    tasks = [(str(items[place]), None if root is None else str(root)) for place in files]
    count("solve", 0, len(tasks))
    solved = in_parallel(_solve, tasks, workers, lambda done: count("solve", done, len(tasks)))
    found |= dict(zip(files, solved, strict=True))
    return [found[place] for place in range(len(items))]


def _solve(task: tuple[str, str | None]) -> Plan:
    path, root = task
    return solve_scenario(path, root=root)


def _place(base: str | None, items: Sequence[Item], names: Sequence[str]) -> int:
    if base is None:
        return 0
    known = [name if isinstance(item, Plan) else str(item) for item, name in zip(items, names, strict=True)]
    by_path = [place for place, item in enumerate(items) if not isinstance(item, Plan) and Path(base) == Path(item)]
    by_name = [place for place, name in enumerate(names) if base == name]
    if by_path or len(by_name) == 1:
        return (by_path or by_name)[0]
    if by_name:
        raise InputError(f"--base {base}: several plans are called so; name its path")
    raise InputError(f"--base {base}: is none of the plans that are compared; {did_you_mean(base, [*names, *known], 'name one of them')}")


def _against(base: Side, side: Side, grid: Grid, effects: bool, keep: bool, workers: int | None, count: Counter) -> Against:
    changes = changes_between(base, side)
    bridge = bridge_between(base, side, grid)
    shared = Effects("none", "not asked for", 0, [])
    if effects:
        groups = groups_of(base, side, changes)
        shared = effects_of(base, side, groups, workers, count)
        entities = groups_of(base, side, changes, by_key=False)
        if shared.method == "in order" and len(groups) <= MOST_SHAPLEY and entities != groups:
            # keys of one entity may need each other
            whole = effects_of(base, side, entities, workers, count)
            shared = whole if whole.method != "in order" else shared
    decisions, everything = decisions_between(base, side, grid), ""
    if keep:
        decisions, everything = with_keep_costs(decisions, base, side, count)
    return Against(side.name, changes, bridge, shared.summing_to(bridge.difference, bridge.quantum), decisions, everything, first_divergence(base, side, grid))


def _tampered(items: Sequence[Item]) -> Iterator[str]:
    """Which plan folders are not as they were written."""
    for item in items:
        if not isinstance(item, Plan) and is_plan_folder(Path(item)):
            folder = folder_of(Path(item))
            odd = changed_data(folder, read_record(folder))
            if odd:
                yield change_told(folder, odd)


def _notes(sides: Sequence[Side], grids: Sequence[Grid]) -> list[str]:
    """What a reader of the comparison must know of how it was brought together."""
    notes = []
    for side in sides[1:]:
        if side.factor != 1.0:
            there, here = side.loaded.scenario.money.currency, sides[0].loaded.scenario.money.currency
            notes.append(f"{side.name} is converted: 1 {there} = {side.factor:g} {here}")
    for side, grid in zip(sides[1:], grids, strict=True):
        if not grid.same:
            stretches = f"{len(grid.labels)} common stretches of time, {grid.labels[0]} first"
            notes.append(f"{side.name} has another grid than {sides[0].name}; they are compared over {stretches}")
    for side in sides:
        if side.plan.record["status"] == "relaxed":
            notes.append(f"{side.name} is the plan of a relaxed scenario")
    return notes
