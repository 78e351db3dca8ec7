"""How large the model of a scenario will be, before it is built: what would not fit into memory is refused at its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from planner.scenario.dates import Calendar
from planner.scenario.schema import MaxShare, Project, Scenario

LARGEST = 100_000_000
"""Coefficients of a scenario. Each was measured to take about 80 bytes in the tables of all parts together, so these take some 8 GB."""
LARGEST_PART = 8_000_000
"""Coefficients of what must be solved at once. Each was measured to take some 600 bytes while its part is solved, so a part takes up to 5 GB."""
OF_A_VARIABLE = 15
"""A variable with its rows, its cost and its line in the tables weighs as much as so many coefficients."""

Part = tuple[tuple[str, ...], int]


def parts_of(scenario: Scenario, calendar: Calendar) -> Iterator[Part]:
    """(path, coefficients) of everything that grows with the number of periods."""
    periods, parties = len(calendar.periods), len(scenario.party_ids)
    for key, supplier in scenario.suppliers.items():
        yield ("suppliers", key), OF_A_VARIABLE * periods * (len(supplier.sells_to) if supplier.sells_to else parties) * len(supplier.tiers)
    for kind, of_each in (("contracts", 2), ("stockpiles", 3), ("processes", 2)):
        for key in getattr(scenario, kind):
            yield (kind, key), OF_A_VARIABLE * periods * of_each
    for key, demand in scenario.demands.items():
        yield ("demands", key), OF_A_VARIABLE * periods * (1 + len(demand.substitutes) + len(demand.shortage_tiers))
    for key, route in scenario.routes.items():
        yield ("routes", key), OF_A_VARIABLE * periods * len(route.materials)
    for key, project in scenario.projects.items():
        yield ("projects", key), _decisions(project, calendar)
    yield ("materials",), OF_A_VARIABLE * periods * parties * len(scenario.materials)
    yield from _policies(scenario, periods, parties)
    yield from _events(scenario, periods, parties)


def _decisions(project: Project, calendar: Calendar) -> int:
    """Every period in which a project may be decided acts on every later one, and pays every stage."""
    if project.decide is None:
        return len(calendar.periods)
    opens = [place for place, period in enumerate(calendar.periods) if project.decide.holds(period.start)]
    return len(opens) * (len(calendar.periods) + len(project.stages) + OF_A_VARIABLE) - sum(opens)


def _policies(scenario: Scenario, periods: int, parties: int) -> Iterator[Part]:
    """A share counts every supplier of a material once for each member that it bounds."""
    sources = Counter(supplier.material for supplier in scenario.suppliers.values())
    for key, policy in scenario.policies.items():
        wide = len(policy.parties or ()) or parties
        if isinstance(policy, MaxShare):
            bounded = sum(sources[material] * min(sources[material], len(policy.of or ()) or sources[material]) for material in policy.materials or sources)
            yield ("policies", key), periods * wide * bounded
        else:
            yield ("policies", key), periods * (OF_A_VARIABLE + len(scenario.suppliers) + len(scenario.projects) + len(scenario.stockpiles))


def _events(scenario: Scenario, periods: int, parties: int) -> Iterator[Part]:
    """An event is held against everything that it might act on; that takes time, not memory."""
    targets = len(scenario.suppliers) * (1 + parties) + len(scenario.processes) + len(scenario.demands) + len(scenario.stockpiles)
    for key, event in scenario.events.items():
        listed = sum(len(value or ()) for value in (event.match.country, event.match.origin, event.match.suppliers, event.match.materials))
        yield ("events", key), targets * (20 + periods + listed) // 20


def size_of(scenario: Scenario, calendar: Calendar) -> int:
    """Coefficients of a scenario's model."""
    return sum(number for _, number in parts_of(scenario, calendar))


def too_large(scenario: Scenario, calendar: Calendar, limit: int) -> tuple[tuple[str, ...], str, str] | None:
    """(path, problem, hint) where the model would not fit; the path is that of the largest kind, or of a single entry that is too large."""
    total: Counter[str] = Counter()
    largest: dict[str, Part] = {}
    for path, number in parts_of(scenario, calendar):
        total[path[0]] += number
        if number > largest.get(path[0], ((), -1))[1]:
            largest[path[0]] = path, number
    size = sum(total.values())
    if size <= limit:
        return None
    kind, number = total.most_common(1)[0]
    path, alone = largest[kind]
    found = len(getattr(scenario, kind))
    problem = f"makes a model of about {size / 1e6:.3g} million coefficients, {number / 1e6:.3g} million of them here, in {len(calendar.periods)} periods"
    hint = f"{limit / 1e6:g} million fit: take longer steps (quarter, year) for the later part of the horizon, " + (
        "or narrow the window in which it may be decided" if kind == "projects" else f"or fewer {kind} than {found}"
    )
    return (path if 2 * alone > number else (kind,)), problem, hint
