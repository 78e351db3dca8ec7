"""Capacity that was announced or decided, and what of it stands when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from planner.compile.projects import ramp_of
from planner.report.case import Case, Tree, short
from planner.scenario.dates import nominal_years


def ramps_tree(case: Case) -> list[Tree]:
    """Every project that is committed or that the plan decides.

    Returns:
        Per project its nameplate steps (``decisions``: date, size), its available capacity by period, and ``feeds``: units of each material
        that one unit of its capacity can bring or take the place of; processes without a limit are followed, as they only part what comes.
    """
    feeds = {(kind, key): dict(_feeds(case, kind, key)) for kind in ("suppliers", "processes") for key in getattr(case.scenario, kind)}
    decided = _decided(case)
    found = []
    for key, project in case.scenario.projects.items():
        kind = next(kind for kind in ("suppliers", "processes", "stockpiles") if project.adds_to in getattr(case.scenario, kind))
        if project.committed is not None and isinstance(project.size, float):
            decisions, values = [[project.committed.isoformat(), short(project.size)]], _standing(case, key)
        elif key in decided:
            decisions, values = decided[key]
        else:
            continue
        status = "committed" if project.committed is not None else "decided"
        common = {"id": key, "label": case.label("projects", key), "to": case.label(kind, project.adds_to), "kind": kind, "status": status}
        outlets = {material: short(ratio) for material, ratio in feeds.get((kind, project.adds_to), {}).items()}
        found.append({**common, "decisions": decisions, "values": [short(value) for value in values], "feeds": outlets})
    return found


def _standing(case: Case, key: str) -> list[float]:
    """Available capacity of a committed project, mean of each period."""
    project = case.scenario.projects[key]
    assert project.committed is not None
    assert isinstance(project.size, float)
    ramp, decided = ramp_of(project), nominal_years(case.calendar.start, project.committed)
    return [project.size * ramp.mean(period.begin - decided, period.begin + period.years - decided) for period in case.periods]


def _decided(case: Case) -> dict[str, tuple[list[list[str | float]], list[float]]]:
    """Per project that the plan decides: its decisions, and its capacity by period from the plan's table."""
    sizes: dict[str, list[list[str | float]]] = defaultdict(list)
    for row in case.rows("commitments"):
        if row["status"] == "decided":
            sizes[row["project"]].append([case.calendar.named(row["period"]).start.isoformat(), short(row["value"])])
    available: dict[str, dict[str, float]] = defaultdict(dict)
    for row in case.rows("capacity"):
        if row["part"] in sizes:
            available[row["part"]][row["period"]] = row["value"]
    return {key: (sorted(steps, key=str), [available[key].get(period.label, 0.0) for period in case.periods]) for key, steps in sizes.items()}


def _feeds(case: Case, kind: str, key: str) -> Iterator[tuple[str, float]]:
    """(material, units of it per unit of capacity) of a supplier or a process."""
    if kind == "suppliers":
        yield from _onwards(case, case.scenario.suppliers[key].material, 1.0, 4)
    else:
        for material, ratio in case.scenario.processes[key].outputs.items():
            yield from _onwards(case, material, ratio, 4)


def _onwards(case: Case, material: str, units: float, depth: int) -> Iterator[tuple[str, float]]:
    yield material, units
    demanded = {demand.material for demand in case.scenario.demands.values()}
    for demand in case.scenario.demands.values():
        # thrift: what nobody wants for itself, but takes the place of another material
        if material in demand.substitutes and material not in demanded and demand.substitutes[material].ratio:
            yield demand.material, units / demand.substitutes[material].ratio
    for process in case.scenario.processes.values():
        # a process with a capacity is a bottleneck of its own, with projects of its own
        if process.capacity is None and depth and process.inputs.get(material):
            for made, ratio in process.outputs.items():
                yield from _onwards(case, made, units * ratio / process.inputs[material], depth - 1)
