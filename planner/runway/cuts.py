"""What may fail: each supplier, country, stockpile, contract, process and route, and pairs of countries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.errors import InputError, did_you_mean, listed
from planner.scenario.schema import Scenario

Source = tuple[str, str]
"""(map of the scenario, id) of something that can give nothing any more."""
KINDS = {
    "suppliers": "supplier",
    "countries": "country",
    "stockpiles": "stockpile",
    "contracts": "contract",
    "processes": "process",
    "routes": "route",
}
"""What may fail, as it is written and in words."""


@dataclass(frozen=True)
class Cut:
    """Sources that fail together."""

    kind: str
    """Such as ``supplier``; ``as it is`` where nothing fails, ``pair`` for two countries."""
    key: str
    label: str
    sources: frozenset[Source] = frozenset()
    materials: frozenset[str] = frozenset()


AS_IT_IS = Cut("as it is", "", "as it is")


def cuts_of(scenario: Scenario) -> list[Cut]:
    """Every single failure, by kind, in the order of the scenario; countries in order of their code."""
    suppliers = [_of_suppliers(scenario, "supplier", key, item.label or key, [key]) for key, item in scenario.suppliers.items()]
    return [*suppliers, *countries_of(scenario), *_stockpiles(scenario), *_contracts(scenario), *_processes(scenario), *_routes(scenario)]


def countries_of(scenario: Scenario) -> list[Cut]:
    """Every country that something is exported from or mined in."""
    codes = sorted({code for item in scenario.suppliers.values() for code in (item.country, item.mined_in) if code})
    return [
        _of_suppliers(scenario, "country", code, code, [key for key, item in scenario.suppliers.items() if code in (item.country, item.mined_in)])
        for code in codes
    ]


def pairs_of(cuts: Sequence[Cut]) -> Iterator[Cut]:
    """Every two of some cuts at once."""
    for one, other in itertools.combinations(cuts, 2):
        yield Cut("pair", f"{one.key}+{other.key}", f"{one.label} and {other.label}", one.sources | other.sources, one.materials | other.materials)


def _of_suppliers(scenario: Scenario, kind: str, key: str, label: str, chosen: Sequence[str]) -> Cut:
    """Some suppliers with all contracts that they hold."""
    contracts = {("contracts", contract) for contract, item in scenario.contracts.items() if item.supplier in chosen}
    materials = frozenset(scenario.suppliers[supplier].material for supplier in chosen)
    return Cut(kind, key, label, frozenset({("suppliers", supplier) for supplier in chosen} | contracts), materials)


def _stockpiles(scenario: Scenario) -> Iterator[Cut]:
    for key, item in scenario.stockpiles.items():
        yield Cut("stockpile", key, item.label or key, frozenset({("stockpiles", key)}), frozenset({item.material}))


def _contracts(scenario: Scenario) -> Iterator[Cut]:
    for key, item in scenario.contracts.items():
        yield Cut("contract", key, item.label or key, frozenset({("contracts", key)}), frozenset({scenario.suppliers[item.supplier].material}))


def _processes(scenario: Scenario) -> Iterator[Cut]:
    for key, item in scenario.processes.items():
        yield Cut("process", key, item.label or key, frozenset({("processes", key)}), frozenset({*item.inputs, *item.outputs}))


def _routes(scenario: Scenario) -> Iterator[Cut]:
    for key, item in scenario.routes.items():
        yield Cut("route", key, item.label or key, frozenset({("routes", key)}), frozenset(item.materials))


def chosen(cuts: Sequence[Cut], only: str | None) -> list[Cut]:
    """The cuts that were asked for.

    Args:
        cuts: All of them.
        only: Such as ``suppliers.lynas_dy,countries.CN`` or ``contracts``; None for all.

    Raises:
        InputError: naming what is not there.
    """
    if only is None:
        return list(cuts)
    known = {f"{plural}.{cut.key}": cut for plural, kind in KINDS.items() for cut in cuts if cut.kind == kind}
    found: dict[str, Cut] = {}
    for word in filter(None, map(str.strip, only.split(","))):
        names = [name for name in known if word in (name, name.split(".", 1)[0])]
        if not names and word not in KINDS:
            hint = did_you_mean(word, [*KINDS, *known], f"write {listed(KINDS)}, or one of them as in suppliers.{next(iter(known), 'x').split('.')[-1]}")
            raise InputError(f"--only {word}: there is no such thing in the scenario; {hint}")
        found |= {name: known[name] for name in names}
    if not found:
        raise InputError(f"--only {only}: the scenario has nothing of the kind; leave --only out for all that it has")
    return [cut for cut in cuts if cut in found.values()]
