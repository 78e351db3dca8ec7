"""What cost is held against: a linear form over plans, with the columns and rows that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.cheapest import SHORTAGE, Cheapest, without
from planner.compile.setting import Setting
from planner.compile.use import stock_units
from planner.decided import Amount, shortage_columns, wanted
from planner.errors import InputError, did_you_mean, listed
from planner.solver.elastic import Column, Row, with_columns, with_rows
from planner.solver.lower import Floats, Line, LinearProgram

FORMS = {
    "shortage": ("shortage", "shortage:ID"),
    "share": ("share:COUNTRY", "share:COUNTRY:MATERIAL"),
    "stockpile": ("stockpile:ID",),
    "opening": ("opening:ID",),
    "capex": ("capex",),
    "emissions": ("emissions",),
}
"""How each quantity is written; an ID of ``shortage`` is that of a material or a demand, of stocks that of a stockpile or of a material in some."""


ROUNDING = 1e-8
"""Part of a demand up to which a shortage is the same."""


@dataclass(frozen=True)
class Quantity:
    """Something that a planner wants less of, or wants to know the worth of."""

    title: str
    """As it stands inside a sentence."""
    unit: str
    program: LinearProgram
    """What is minimised is the money that is held against it."""
    weights: Floats
    """By column of the program; never negative over plans."""
    today: Floats
    """The cheapest plan, by column of the program."""
    up_to: float
    """How much is looked at; infinite: as much as helps."""
    harm: Line
    """The shortage penalties that are part of that money."""
    money: str = "cost"
    whole: Floats | None = None
    """By column, what it is a share of."""
    limits: tuple[str, ...] = ()

    @property
    def at_cheapest(self) -> float:
        """How much the cheapest plan has."""
        return float(self.weights @ self.today)


def quantity_of(case: Cheapest, over: str, amounts: Iterable[Amount]) -> Quantity:
    """What is meant by ``--over``.

    Args:
        case: The cheapest plan.
        over: One of ``FORMS``.
        amounts: What the plan decides.

    Raises:
        InputError: for anything else, or where nothing in the scenario can make it differ.
    """
    readers: dict[str, Callable[..., Quantity]] = {
        "shortage": _shortage,
        "share": lambda case, *parts: _share(case, tuple(amounts), *parts),
        "stockpile": _stockpile,
        "opening": _opening,
        "capex": _capex,
        "emissions": _emissions,
    }
    name, *parts = over.split(":")
    if name not in readers:
        known = ", ".join(form for forms in FORMS.values() for form in forms)
        raise InputError(f"--over {over}: is nothing that cost can be held against; {did_you_mean(name, readers, f'known are {known}')}")
    if len(parts) not in [form.count(":") for form in FORMS[name]] or not all(parts):
        raise InputError(f"--over {over}: write {' or '.join(FORMS[name])}")
    found = readers[name](case, *parts)
    if not found.weights.any():
        raise InputError(f"--over {over}: it is zero in every plan of this scenario, so there is nothing to hold against cost")
    return found


def _known(over: str, key: str, known: Iterable[str], what: str) -> None:
    known = list(known)
    if key not in known:
        hint = did_you_mean(key, known, f"known are {listed(known)}" if known else "there are none")
        raise InputError(f"--over {over}:{key}: there is no {what} '{key}'; {hint}")


def _simple(case: Cheapest, title: str, unit: str, weights: Floats, *limits: str) -> Quantity:
    """A form over the plan's own columns."""
    return Quantity(title, unit, case.program, weights, case.x, float(weights @ case.x), case.program.lines[SHORTAGE], limits=limits)


def _weighted(case: Cheapest, weigh: Mapping[str, Callable[..., float]]) -> Floats:
    """A weight for each column of some variables, from its index."""
    weights = np.zeros(case.program.shape[1])
    for column, (name, index) in enumerate(case.program.columns):
        if name in weigh:
            weights[column] = weigh[name](*index)
    return weights


def _shortage(case: Cheapest, key: str | None = None) -> Quantity:
    """Shortage in units, or as a mean share of demand; the money is what is paid to avoid it, without the penalty for it."""
    scenario, demand = case.scenario, case.data.demand
    if key is not None:
        _known("shortage", key, (*scenario.materials, *scenario.demands), "material or demand")
    counted = {n: units for n, units in wanted(case.data).items() if units > 0}
    per_unit = {n: 100 / len(counted) / units for n, units in counted.items()}
    title, unit = "shortage, mean over demands", "% of demand"
    if key is not None:
        own = {n for n, material in demand.material.items() if key in (material, n)} if key in scenario.materials else {key}
        per_unit = dict.fromkeys(own, 1.0)
        named = scenario.materials[key] if key in scenario.materials else scenario.demands[key]
        title, unit = f"shortage of {named.label or key}", scenario.materials[key if key in scenario.materials else demand.material[key]].unit
    weights = _weighted(case, {"shortage": lambda n, _i, _t: per_unit.get(n, 0.0)})
    limits = ["No demand goes shorter in total than in the cheapest plan, nor at a larger penalty."]
    if key is None:
        limits.append("Each demand's shortage counts as a share of what it wants over the horizon; all demands count alike.")
    found = _simple(case, title, unit, weights, *limits)
    line = case.program.lines[SHORTAGE]
    own_part = weights[line.columns] != 0
    avoided, others = (Line(0.0, line.columns[part], line.values[part]) for part in (own_part, ~own_part))
    money = "cost without shortage penalties" if key is None else "cost without the penalties for this shortage"
    capped = _nobody_worse(case, {n: units for n, units in counted.items() if n in per_unit})
    return replace(found, program=without(capped, [avoided]), money=money, harm=others)


def _nobody_worse(case: Cheapest, demands: Mapping[str, float]) -> LinearProgram:
    """The program in which no demand goes shorter over the horizon than in the cheapest plan, nor at a larger penalty.

    Without its penalties shortage would else be moved to whoever is dearest to serve, or to when that saves most, and the cheapest plan would not be on the
    frontier: of all plans that keep to both, it is the one that pays least.

    Args:
        case: The cheapest plan.
        demands: What each demand wants [units].
    """
    line = case.program.lines[SHORTAGE]
    penalties = dict(zip(line.columns.tolist(), line.values.tolist(), strict=True))
    rows = []
    for n, mine in shortage_columns(case.program).items():
        if n in demands:
            harm = {column: penalties[column] for column in mine if column in penalties}
            rows.append(Row(("shortage_cap", n), dict.fromkeys(mine, 1.0), upper=float(case.x[mine].sum()) + ROUNDING * demands[n]))
            if harm:
                rows.append(Row(("penalty_cap", n), harm, upper=(1 + ROUNDING) * sum(case.x[column] * price for column, price in harm.items())))
    return with_rows(case.program, rows)


def _share(case: Cheapest, amounts: tuple[Amount, ...], country: str, material: str | None = None) -> Quantity:
    """What is shipped of what was mined in a country; a share is no linear form, so it is told beside."""
    scenario = case.scenario
    _known("share", country, dict.fromkeys(item.mined_in for item in scenario.suppliers.values() if item.mined_in), "country of origin")
    theirs = list(dict.fromkeys(item.material for item in scenario.suppliers.values() if item.mined_in == country))
    if material is None:
        if len(theirs) > 1:
            raise InputError(f"--over share:{country}: {country} ships {listed(theirs)}; write which, such as share:{country}:{theirs[0]}")
        material = theirs[0]
    _known(f"share:{country}", material, theirs, f"material of origin {country}")
    width, item = case.program.shape[1], scenario.materials[material]
    own = [amount for amount in amounts if amount.kind == "supplier" and amount.material == material]
    whole = sum((amount.spread(width) for amount in own), np.zeros(width))
    weights = sum((amount.spread(width) for amount in own if scenario.suppliers[amount.id].mined_in == country), np.zeros(width))
    limits = (
        f"Only what ships as {item.label or material} counts, by the country it was mined in.",
        "The share is that of the plan found at each point; others may have another.",
    )
    return replace(_simple(case, f"shipments of {item.label or material} from {country}", item.unit, weights, *limits), whole=whole)


def _stores(case: Cheapest, over: str, key: str) -> tuple[str, list[str]]:
    """(name, stockpiles) of a stockpile, or of all that hold a material."""
    scenario = case.scenario
    if key in scenario.stockpiles:
        return scenario.stockpiles[key].label or key, [key]
    of = [k for k, pile in scenario.stockpiles.items() if pile.material == key]
    if not of:
        _known(over, key, [*scenario.stockpiles, *dict.fromkeys(pile.material for pile in scenario.stockpiles.values())], "stockpile, or material in one,")
    return f"all stockpiles of {scenario.materials[key].label or key}", of


def _stockpile(case: Cheapest, key: str) -> Quantity:
    """The size of stockpiles: the largest level at the end of any period, of all together."""
    name, piles = _stores(case, "stockpile", key)
    levels: dict[str, list[int]] = {}
    for column, (variable, index) in enumerate(case.program.columns):
        if variable == "stock" and index[0] in piles:
            levels.setdefault(index[1], []).append(column)
    size = case.program.shape[1]
    program = with_columns(case.program, [Column(("largest_level", key), {}, group=int(case.program.groups[next(iter(levels.values()))[0]]))])
    rows = [Row(("size_of_store", (key, t)), {**dict.fromkeys(columns, 1.0), size: -1.0}, upper=0.0) for t, columns in levels.items()]
    value = max(float(case.x[columns].sum()) for columns in levels.values())
    limit = "Levels count at the ends of periods. What is in store at the start is given, so a small size means drawing early; for the worth of that: opening."
    return _of_store(case, f"size of {name}", piles[0], with_rows(program, rows), value, value, limit)


def _opening(case: Cheapest, key: str) -> Quantity:
    """What stockpiles hold at the start, from nothing to as much as helps; of several, each in the proportion that it has."""
    name, piles = _stores(case, "opening", key)
    setting = Setting(case.scenario, case.inquiry.loaded.calendar)
    holds = {k: stock_units(setting, pile, pile.initial) for k in piles for pile in (case.scenario.stockpiles[k],)}
    whole = sum(holds.values())
    if len(piles) > 1 and not whole:
        raise InputError(f"--over opening:{key}: {listed(piles)} hold nothing, so it is not known which of them would hold more; name one")
    first = case.data.time.periods[0]
    rows = {case.program.rows.index(("stock_balance", (k, first))): k for k in piles}
    lower, upper = case.program.row_lower.copy(), case.program.row_upper.copy()
    terms: dict[int, float] = {}
    for row, k in rows.items():
        kept = case.data.stock.retention[k, first]
        lower[row] -= kept * holds[k]
        upper[row] -= kept * holds[k]
        terms[row] = -kept * (holds[k] / whole if whole else 1.0)
    level = case.program.columns.index(("stock", (piles[0], first)))
    program = replace(case.program, row_lower=lower, row_upper=upper)
    program = with_columns(program, [Column(("opening", key), terms, group=int(program.groups[level]))])
    limits = ["What is in store at the start is not paid for here: a price above what it costs to buy and to hold says that more of it would pay."]
    if len(piles) > 1:
        limits.append("All of these stockpiles hold more or less in the proportion that they have.")
    return _of_store(case, f"opening stock of {name}", piles[0], program, whole, np.inf, *limits)


def _of_store(case: Cheapest, title: str, key: str, program: LinearProgram, at_cheapest: float, up_to: float, *limits: str) -> Quantity:
    """A quantity that is the last column of a program with one more; ``key`` is a stockpile of its material."""
    weights = np.zeros(program.shape[1])
    weights[-1] = 1.0
    unit, harm = case.scenario.unit(case.scenario.stockpiles[key].material), case.program.lines[SHORTAGE]
    return Quantity(title, unit, program, weights, np.append(case.x, at_cheapest), up_to, harm, limits=limits)


def _capex(case: Cheapest) -> Quantity:
    paid: dict[tuple[str, str], float] = {}
    for (e, v, _), money in case.data.ramp.payments.items():
        paid[e, v] = paid.get((e, v), 0.0) + money
    weights = _weighted(case, {"commit": lambda e, v: paid.get((e, v), 0.0)})
    return _simple(case, "capex of what is still to be decided", case.currency, weights, "Capex is undiscounted and counts what falls due inside the horizon.")


def _emissions(case: Cheapest) -> Quantity:
    supply, conversion, contracts = case.data.supply.emissions, case.data.conversion.emissions, case.data.contracts.supplier
    weigh: dict[str, Callable[..., float]] = {
        "purchase": lambda s, _j, _g, _t: supply.get(s, 0.0),
        "lift": lambda c, _t: supply.get(contracts[c], 0.0),
        "activity": lambda p, _t: conversion.get(p, 0.0),
    }
    return _simple(case, "emissions", "t CO2e", _weighted(case, weigh), "Emissions are those of what suppliers ship and of processes, as scenarios state them.")
