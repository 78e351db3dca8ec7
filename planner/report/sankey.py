"""The way of a material in one year: origin, supplier, process, demand; what goes in and out of every node is the same."""

from __future__ import annotations

from collections import defaultdict

from planner.report.case import Case, Tree, short
from planner.report.flows import Flows, Key, name_of
from planner.report.supply import origin_of

SMALL = 0.008
"""Sources below this share of the year are shown together."""
DEPTH = 3
"""So many processes in a row are followed upstream."""
Amounts = dict[Key, float]
Node = tuple[str, str]
"""(layer, id)."""


def sankey_tree(case: Case, flows: dict[tuple[str, str], Flows]) -> Tree:
    """The ways of every material, party and year.

    Returns:
        ``nodes``, each said once, and ``links`` by material, party and year as [from, to, units of the material], nodes by their position.
    """
    yearly = {key: _by_year(case, flow) for key, flow in flows.items()}
    nodes: dict[Node, Tree] = {}
    links: Tree = {}
    for material, party in yearly:
        for year in case.years:
            diagram = _Diagram(case, yearly, party, year)
            diagram.draw(material)
            for node, (label, kind) in diagram.labels.items():
                nodes.setdefault(node, {"id": ".".join(node), "label": label, "kind": kind})
            place = {node: position for position, node in enumerate(nodes)}
            made = [[place[one], place[two], short(units)] for (one, two), units in diagram.links.items()]
            links.setdefault(material, {}).setdefault(party, {})[year] = made
    return {"nodes": list(nodes.values()), "links": links}


Yearly = dict[str, tuple[Amounts, Amounts]]
"""Year -> (sources, uses)."""


def _by_year(case: Case, flow: Flows) -> Yearly:
    found: Yearly = {year: ({}, {}) for year in case.years}
    for side, amounts in enumerate((flow.sources, flow.uses)):
        for key, periods in amounts.items():
            for period, units in periods.items():
                target = found[case.year_of[period]][side]
                target[key] = target.get(key, 0.0) + units
    for sources, uses in found.values():
        # within a year a store that fills and empties has only lent
        for key in [key for key in sources if key[0] == "stock" and key in uses]:
            lent = min(sources[key], uses[key])
            sources[key] -= lent
            uses[key] -= lent
    return found


class _Diagram:
    """One diagram under construction."""

    def __init__(self, case: Case, yearly: dict[tuple[str, str], Yearly], party: str, year: str) -> None:
        self.case, self.yearly, self.party, self.year = case, yearly, party, year
        self.links: dict[tuple[Node, Node], float] = defaultdict(float)
        self.labels: dict[Node, tuple[str, str]] = {}
        self.above: dict[Node, set[Node]] = defaultdict(set)

    def draw(self, material: str) -> None:
        """Lay out links: a shortage goes straight to the demand that runs short, all else through the material."""
        sources, uses = self.yearly[material, self.party][self.year]
        hub = self.node(("material", material), self.case.label("materials", material), "material")
        whole = self.total(uses)
        self.supply(material, hub, 1.0, whole, 0)
        for key, units in uses.items():
            missing = sources.get(("short", key[1]), 0.0) if key[0] == "demand" else 0.0
            node = self.node(("use", ".".join(key)), name_of(self.case, key), "use")
            if missing > 1e-5 * whole:
                self.link(self.node(("short", ""), "Short", "short"), node, missing)
            if units - missing > 1e-5 * whole:
                self.link(hub, node, units - missing)

    @staticmethod
    def total(amounts: Amounts) -> float:
        return sum(amounts.values())

    def node(self, key: Node, label: str, kind: str) -> Node:
        self.labels[key] = label, kind
        return key

    def link(self, one: Node, two: Node, units: float) -> None:
        self.links[one, two] += units
        self.above[two] |= {one, *self.above[one]}
        for node, higher in self.above.items():
            if two in higher:
                self.above[node] = higher | self.above[two]

    def supply(self, material: str, target: Node, scale: float, whole: float, depth: int) -> None:
        """Everything that a material comes from, scaled to the units of the material that the diagram is about."""
        small = 0.0
        for key, value in self.yearly[material, self.party][self.year][0].items():
            units = scale * value
            if units <= 1e-5 * whole or key[0] == "short":
                continue
            if units < SMALL * whole:
                small += units
            else:
                self.source(key, units, target, whole, depth)
        if small:
            self.link(self.node(("small", material), "Small sources", "other"), target, small)

    def source(self, key: Key, units: float, target: Node, whole: float, depth: int) -> None:
        node = "source", ".".join(key)
        if node == target or target in self.above[node]:
            # the diagram may not go round, though scrap does
            node = "again", ".".join(key)
        self.node(node, name_of(self.case, key), key[0])
        self.link(node, target, units)
        if key[0] == "supplier":
            code = origin_of(self.case, key)
            if code:
                self.link(self.node(("origin", code), code, "origin"), node, units)
        elif key[0] == "process" and node[0] == "source" and depth < DEPTH:
            self.process(key[1], units, node, whole, depth)

    def process(self, process: str, units: float, node: Node, whole: float, depth: int) -> None:
        """What a process is fed with: the sources of its first input, in proportion."""
        first = next(iter(self.case.scenario.processes[process].inputs), None)
        feeding = self.yearly.get((first or "", self.party))
        if first is None or feeding is None:
            return
        amount = self.total({key: value for key, value in feeding[self.year][0].items() if key[0] != "short"})
        if amount > 0:
            self.supply(first, node, units / amount, whole, depth + 1)
