"""Splits a scenario into parts that nothing links: each is planned by itself, and the plans together are the plan of the whole.

Materials are linked by what uses several of them: processes, substitutes, returns, routes with a capacity, limits on several
stockpiles, budgets and limits on emissions. All else belongs to one material.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from planner.scenario.dates import Calendar
from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, MinService, Policy, Process, Project, Scenario, StockLimit
from planner.scenario.size import LARGEST, LARGEST_PART, size_of, too_large

WHOLE = 60_000
"""Parts smaller than this many coefficients are planned together, since each solve and each table has a price of its own."""
MOST_PAIRS = 1_000_000
"""Events and policies times parts, above which a scenario stays whole: each part is held against each of them."""


def split(scenario: Scenario, calendar: Calendar) -> list[Scenario]:
    """The parts of a scenario, small ones taken together.

    Args:
        scenario: A validated scenario.
        calendar: Its grid.

    Returns:
        Scenarios whose entities are those of the whole, each in one of them; the same list on every machine.
    """
    groups = linked_materials(scenario)
    if len(groups) < 2 or len(groups) * (len(scenario.events) + len(scenario.policies)) > MOST_PAIRS:
        return [scenario]
    parts = _apart(scenario, groups)
    packs: list[list[str]] = [[]]
    size = 0
    for group, part in zip(groups, parts, strict=True):
        if size >= WHOLE:
            packs.append([])
            size = 0
        packs[-1] += group
        size += size_of(part, calendar)
    if len(packs) == 1:
        return [scenario]
    return parts if len(packs) == len(groups) else _apart(scenario, packs)


def oversize(scenario: Scenario, calendar: Calendar) -> tuple[tuple[str, ...], str, str] | None:
    """(path, problem, hint) where the scenario, or what of it must be solved at once, would not fit into memory."""
    found = too_large(scenario, calendar, LARGEST)
    if found is not None or size_of(scenario, calendar) <= LARGEST_PART:
        return found
    return next((found for part in split(scenario, calendar) if (found := too_large(part, calendar, LARGEST_PART))), None)


def smallest_parts(scenario: Scenario) -> list[Scenario]:
    """The parts of a scenario, however small."""
    groups = linked_materials(scenario)
    return [scenario] if len(groups) < 2 else _apart(scenario, groups)


def together(scenario: Scenario, parts: Iterable[Scenario]) -> Scenario:
    """Some parts of a scenario as one: what is left of the scenario without the others."""
    chosen = {material for part in parts for material in part.materials}
    rest = [material for material in scenario.materials if material not in chosen]
    return _apart(scenario, [list(chosen), rest])[0] if rest else scenario


def linked_materials(scenario: Scenario) -> list[list[str]]:
    """Groups of materials that something links, directly or by way of others, in the scenario's order."""
    group = {material: [material] for material in scenario.materials}
    for linked in _links(scenario):
        merged = {id(group[material]): group[material] for material in linked}
        if len(merged) > 1:
            largest, *rest = sorted(merged.values(), key=len, reverse=True)
            for other in rest:
                largest += other
                group.update(dict.fromkeys(other, largest))
    place = {material: number for number, material in enumerate(scenario.materials)}
    groups = {id(found): found for found in group.values()}
    return [sorted(found, key=place.__getitem__) for found in groups.values()]


def _links(scenario: Scenario) -> Iterator[Collection[str]]:
    """Materials that one entity or policy brings into the same rows."""
    for process in scenario.processes.values():
        yield {*process.inputs, *process.outputs}
    for demand in scenario.demands.values():
        yield {demand.material, *demand.substitutes, *((demand.returns.material,) if demand.returns else ())}
    for route in scenario.routes.values():
        if route.capacity is not None:
            yield set(route.materials)
    for policy in scenario.policies.values():
        if isinstance(policy, StockLimit | Budget | MaxEmissions):
            yield _concerned(scenario, policy)


def _concerned(scenario: Scenario, policy: StockLimit | Budget | MaxEmissions) -> set[str]:
    """Materials that a limit adds up."""
    if isinstance(policy, StockLimit):
        return {scenario.stockpiles[key].material for key in policy.stockpiles}
    lines = policy.covers if isinstance(policy, Budget) else ("purchases", "process")
    return {material for line in lines for material in _spent_on(scenario, line)}


def _spent_on(scenario: Scenario, line: str) -> set[str]:
    """Materials that a cost line of a budget may concern."""
    shipped = {supplier.material for supplier in scenario.suppliers.values()}
    made = {material for process in scenario.processes.values() for material in _of_process(scenario, process)}
    replaced = {demand.material for demand in scenario.demands.values() if demand.substitutes}
    stored = {pile.material for pile in scenario.stockpiles.values()}
    sent = {material for route in scenario.routes.values() for material in route.materials}
    added = {_of_project(scenario, project) for project in scenario.projects.values()}
    return {
        "purchases": shipped,
        "contracts": {scenario.suppliers[contract.supplier].material for contract in scenario.contracts.values()},
        "capex": added,
        "fixed": added,
        "storage": stored,
        "process": made | replaced,
        "transport": shipped | sent,
    }[line]


def _of_process(scenario: Scenario, process: Process) -> tuple[str, ...]:
    """Materials of a process; one without any goes with the first material."""
    return (*process.inputs, *process.outputs) or (_first(scenario),)


def _of_project(scenario: Scenario, project: Project) -> str:
    """Material of what a project adds to."""
    return scenario.counted_in(project.adds_to) or _first(scenario)


def _first(scenario: Scenario) -> str:
    """Material with which everything goes that concerns none."""
    return next(iter(scenario.materials))


def _apart(scenario: Scenario, groups: list[list[str]]) -> list[Scenario]:
    """What of a scenario concerns each group of materials; nothing links two groups. What concerns none goes with the first material."""
    number = {material: place for place, group in enumerate(groups) for material in group}
    owners: dict[str, Callable[[Any], str]] = {
        "suppliers": lambda item: item.material,
        "projects": lambda item: _of_project(scenario, item),
        "contracts": lambda item: scenario.suppliers[item.supplier].material,
        "stockpiles": lambda item: item.material,
        "demands": lambda item: item.material,
        "processes": lambda item: _of_process(scenario, item)[0],
    }
    kept: list[dict[str, Any]] = [{"materials": {}, "routes": {}, "policies": {}, "in_transit": (), **{name: {} for name in owners}} for _ in groups]
    for key, material in scenario.materials.items():
        kept[number[key]]["materials"][key] = material
    for name, owner in owners.items():
        for key, item in getattr(scenario, name).items():
            kept[number[owner(item)]][name][key] = item
    for shipment in scenario.in_transit:
        kept[number[shipment.material]]["in_transit"] += (shipment,)
    for key, route in scenario.routes.items():
        for place, materials in _shared_out(route.materials, number).items():
            kept[place]["routes"][key] = route.model_copy(update={"materials": materials})
    for key, policy in scenario.policies.items():
        for place, part in _policy_parts(scenario, policy, number, len(groups)):
            kept[place]["policies"][key] = part
    return [scenario.model_copy(update=found) for found in kept]


def _shared_out(materials: Iterable[str], number: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """Materials by group."""
    found: dict[int, tuple[str, ...]] = {}
    for material in materials:
        found[number[material]] = (*found.get(number[material], ()), material)
    return found


def _policy_parts(scenario: Scenario, policy: Policy, number: Mapping[str, int], groups: int) -> Iterator[tuple[int, Policy]]:
    """A policy as far as it concerns each group."""
    if isinstance(policy, MaxShare | MinCover | MinService):
        key = "demands" if isinstance(policy, MinService) else "materials"
        named = getattr(policy, key)
        if named is None:
            yield from ((place, policy) for place in range(groups))
            return
        owner = {item: number[scenario.demands[item].material] for item in named} if key == "demands" else number
        for place, items in _shared_out(named, owner).items():
            yield place, policy.model_copy(update={key: items})
        return
    concerned = next(iter(_concerned(scenario, policy)), _first(scenario))
    yield number[concerned], policy
