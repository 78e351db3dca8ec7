"""What one more unit is worth: of a material, a stockpile, a capacity, a contract, a rule's number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planner.compile.use import stock_units
from planner.explain.case import Case, Filter, Statement, amount, proof
from planner.scenario.schema import Budget, MaxEmissions, MinCover, MinService, StockLimit, Stockpile
from planner.scenario.series import Series
from planner.solver.engine import SolverError
from planner.words import POLICY_KEYS, Path, spans

FAR = 0.05
"""Steps up to this part of a year's demand are looked at: more than that is another plan."""
MOST = 60
"""Where everything is asked for, so many steps that are worth most at first sight are looked at."""
Change = Callable[[float], dict[Path, Any]]


@dataclass(frozen=True)
class Step:
    """A small change of the scenario, as the sides of rows that it moves per unit, and as keys to set."""

    section: str
    about: str
    text: str
    """What is changed by one unit; the sentence goes on with what it saves."""
    unit: str
    """What one unit is."""
    sides: Mapping[int, float]
    change: Change | None
    """Keys to set for so many units; None where no key does just this."""
    most: float
    """Largest step of interest, in units."""
    materials: tuple[str, ...] = ()
    period: str = ""


def tell_worth(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Statements on what one more unit of anything saves, for all that saves or costs something."""
    steps = [step for step in _steps(case, wanted) if step.sides]
    if wanted.is_open:
        steps = sorted(steps, key=lambda step: -abs(sum(case.y[row] * move for row, move in step.sides.items())) * step.most)[:MOST]
    for step in steps:
        said = say(case, step)
        if said is not None:
            yield said


def say(case: Case, step: Step) -> Statement | None:
    """What a step is worth, how far that holds, and how to see it; None where it is worth nothing, or what it is worth cannot be proven."""
    try:
        slope = case.directions.along(step.sides)
        if not slope or abs(slope) == float("inf"):
            return None
        far = case.whatif.holds(step.sides, slope, step.most)
        further = case.whatif.ask({row: step.most * move for row, move in step.sides.items()}) if far < step.most else None
    except SolverError:
        return None
    discount = case.discount(step.sides)
    value = slope if discount is None else slope / discount
    text = _sentence(case, step, slope, discount, far, None if further is None else further.cost - case.cost)
    per = f"{case.currency}/{step.unit}" if "/" not in step.unit else f"{case.currency}/({step.unit})"
    return Statement(
        section=step.section,
        about=step.about,
        text=text,
        value=-value,
        unit=per if discount is not None else f"{per}, present value",
        present_value=-slope,
        holds_for=far,
        period=step.period,
        materials=step.materials,
        proofs=_proofs(case, step, slope, far, None if further is None else further.cost),
        weight=abs(slope) * step.most,
    )


def _sentence(case: Case, step: Step, slope: float, discount: float | None, far: float, total: float | None) -> str:
    """A step in words: what the first unit is worth, how far that holds, and what all of the step comes to."""
    value = slope if discount is None else slope / discount
    text = f"{step.text} {_saves(value)} {amount(abs(value))} {case.currency}"
    if discount is None:
        text += " in present value"
    elif discount != 1:
        text += f" (present value {amount(abs(slope))})"
    if far >= step.most:
        return f"{text}, and so do the next ones up to {amount(step.most)} {step.unit} at least"
    # a kink after crumbs is true and of no use: the whole step says more
    text += f", up to {amount(far)} {step.unit}" if far >= 0.01 * step.most else " at first"
    if total is None:
        return text if far >= 0.01 * step.most else f"{text}, up to {amount(far)} {step.unit}"
    return f"{text}; {amount(step.most)} {step.unit} {_saves(total).removesuffix('s')} {amount(abs(total))} in present value"


def _saves(cost: float) -> str:
    return "saves" if cost < 0 else "costs"


def _proofs(case: Case, step: Step, slope: float, far: float, further: float | None) -> tuple[Any, ...]:
    if step.change is None:
        return ()
    found = [proof(step.change(far), case.cost + slope * far)] if far > 1e-6 * step.most else []
    return (*found, proof(step.change(step.most), further)) if further is not None else tuple(found)


def _steps(case: Case, wanted: Filter) -> Iterator[Step]:
    for make in (_materials, _suppliers, _processes, _routes, _contracts, _projects, _stockpiles, _policies, _services):
        yield from make(case, wanted)


def _materials(case: Case, wanted: Filter) -> Iterator[Step]:
    """One more unit of a material, spread over a calendar year or landing in one period."""
    if wanted.supplier or wanted.project:
        return
    demanded = {(demand.material, demand.party) for demand in case.scenario.demands.values()}
    groups: dict[tuple[str, str, str], dict[str, int]] = {}
    for m in case.scenario.materials:
        if wanted.material not in (None, m):
            continue
        for (g, t), row in case.rows("material_balance", m).items():
            asked = wanted.material is not None or wanted.period is not None or (m, g) in demanded
            if asked and wanted.period in (None, t):
                groups.setdefault((m, g, t if wanted.period else str(case.calendar.named(t).start.year)), {})[t] = row
    several = len(case.scenario.party_ids) > 1
    for (m, g, label), rows in groups.items():
        years = sum(case.data.time.years[t] for t in rows)
        parts = {t: case.data.time.years[t] / years for t in rows}
        name = f"{m} of {g}" if several else m
        own = case.setting.yearly_demand.get((m, g), 0.0)
        yield Step(
            section="one more unit",
            about=name,
            text=f"one more {case.unit(m)} of {name} in {label}",
            unit=case.unit(m),
            sides={rows[t]: part for t, part in parts.items()},
            change=_arrives(case, m, g, parts),
            most=(FAR * own or _rate(case, m)) * years,
            materials=(m,),
            period=label,
        )


def _arrives(case: Case, material: str, party: str, parts: Mapping[str, float]) -> Change:
    standing = case.loaded.sources.tree.plain().get("in_transit") or []
    starts = {t: case.calendar.named(t).start.isoformat() for t in parts}

    def change(units: float) -> dict[Path, Any]:
        new = [{"party": party, "material": material, "quantity": units * part, "arrives": starts[t]} for t, part in parts.items()]
        return {("in_transit",): [*standing, *new]}

    return change


def _rate(case: Case, material: str, size: float = 0.0) -> float:
    """Some of a year's demand for a material; where nobody wants the material itself, some of the size at hand."""
    own = sum(rate for (m, _), rate in case.setting.yearly_demand.items() if m == material)
    others = [rate for rate in case.setting.yearly_demand.values() if rate]
    return FAR * (own or 2 * size or min(others, default=1.0))


def _raised(case: Case, path: Path, series: Series, periods: Mapping[str, Any]) -> Change:
    """A change that adds a rate in some periods."""
    return lambda units: {path: case.per_period(series, dict.fromkeys(periods, units))}


def _plus(path: Path, number: float, factor: float = 1.0) -> Change:
    return lambda units: {path: number + factor * units}


def _when(case: Case, periods: Mapping[str, Any]) -> str:
    """Periods in a sentence."""
    return "throughout" if len(periods) == len(case.calendar.periods) else f"in {spans(case.calendar, periods)}"


def _more_of_a_rate(
    case: Case, section: str, path: Path, place: str, material: str, series: Series, sides: Mapping[int, float], rule: str, materials: tuple[str, ...]
) -> Step:
    """One more unit a year of a rate, in the periods in which it bounds something."""
    unit, about = f"{case.unit(material)}/yr", str(path[1])
    periods = {index[-1]: row for index, row in case.rows(rule, about).items() if row in sides}
    return Step(
        section=section,
        about=about,
        text=f"one more {unit} {place} {about} {_when(case, periods)}",
        unit=unit,
        sides=sides,
        change=lambda units: {path: case.per_period(series, dict.fromkeys(periods, units))},
        most=_rate(case, material, max(series.values)),
        materials=materials,
    )


def _suppliers(case: Case, wanted: Filter) -> Iterator[Step]:
    for s, supplier in case.scenario.suppliers.items():
        if not wanted.concerns((supplier.material,), supplier=s):
            continue
        # where a contract alone lets it ship, capacity would open sales that the program does not have
        sells = {t for t in case.data.time.periods if case.data.supply.capacity.get((s, t)) or (s, t) in case.data.ramp.projects_on}
        sides = case.moving("supplier_capacity", s, sells) | case.moving("spot_gate", s, sells)
        path, m = ("suppliers", s, "capacity"), supplier.material
        yield _more_of_a_rate(case, "capacity", path, "of capacity at", m, supplier.capacity, sides, "supplier_capacity", (m,))


def _processes(case: Case, wanted: Filter) -> Iterator[Step]:
    for p, process in case.scenario.processes.items():
        materials = (*process.inputs, *process.outputs)
        if process.capacity is not None and wanted.concerns(materials):
            sides, m = case.moving("process_capacity", p), case.data.conversion.material[p]
            yield _more_of_a_rate(case, "capacity", ("processes", p, "capacity"), "of capacity at", m, process.capacity, sides, "process_capacity", materials)


def _routes(case: Case, wanted: Filter) -> Iterator[Step]:
    for r, route in case.scenario.routes.items():
        if route.capacity is not None and wanted.concerns(route.materials):
            sides, m = case.moving("route_capacity", r), route.materials[0]
            yield _more_of_a_rate(case, "capacity", ("routes", r, "capacity"), "of capacity on", m, route.capacity, sides, "route_capacity", route.materials)


def _contracts(case: Case, wanted: Filter) -> Iterator[Step]:
    """Signed contracts; of optional ones the price at which they are signed is told elsewhere."""
    for c, contract in case.scenario.contracts.items():
        m = case.scenario.suppliers[contract.supplier].material
        if contract.sign is None and wanted.concerns((m,), supplier=contract.supplier):
            sides = case.moving("contract_volume", c) | case.moving("take_or_pay", c)
            yield _more_of_a_rate(case, "contracts", ("contracts", c, "quantity"), "in", m, contract.quantity, sides, "contract_volume", (m,))


def _projects(case: Case, wanted: Filter) -> Iterator[Step]:
    for e, size in case.data.ramp.size_max.items():
        material = case.data.ramp.material[e]
        if not wanted.concerns((material,), project=e):
            continue
        unit = case.scenario.size_unit(e)
        yield Step(
            section="projects",
            about=e,
            text=f"one more {unit} of {e} on offer",
            unit=unit,
            sides=case.moving("project_size", e) | case.moving("commitment_gate", e),
            change=_plus(("projects", e, "size", "max"), size),
            most=_rate(case, material, size),
            materials=(material,),
        )


def _stockpiles(case: Case, wanted: Filter) -> Iterator[Step]:
    for k, pile in case.scenario.stockpiles.items():
        if wanted.concerns((pile.material,)):
            yield from _stores(case, k, pile)
            yield from _reserves(case, k, pile)


def _store(case: Case, k: str, pile: Stockpile, text: str, sides: Mapping[int, float], change: Change, most: float, per: str = "") -> Step:
    unit = case.unit(pile.material) + per
    return Step(
        section="stockpiles",
        about=k,
        text=text.format(unit=unit, k=k),
        unit=unit,
        sides=sides,
        change=change,
        most=most,
        materials=(pile.material,),
    )


def _stores(case: Case, k: str, pile: Stockpile) -> Iterator[Step]:
    """More in store at the start, more room, quicker flows."""
    data, first, most = case.data.stock, case.data.time.periods[0], _rate(case, pile.material)
    sides = {case.rows("stock_balance", k)[first,]: data.retention[k, first]}
    duty = case.rows("final_stock", k)
    if pile.final.min == "initial":
        sides |= dict.fromkeys(duty.values(), 1.0)
    if duty or pile.final.min != "initial":
        # of nothing that must be left as it was, more would be a duty that the program does not have
        yield _store(case, k, pile, "one more {unit} in {k} at the start", sides, _plus(("stockpiles", k, "initial"), data.initial[k]), most)
    if pile.capacity is not None:
        own, room = stock_units(case.setting, pile, pile.capacity), case.moving("stock_capacity", k)
        yield _store(case, k, pile, "one more {unit} of room in {k}", room, _plus(("stockpiles", k, "capacity"), own), most)
    for name, rule in (("max_draw", "draw_rate"), ("max_fill", "fill_rate")):
        rate = getattr(pile, name)
        if rate:
            yield _store(case, k, pile, "one more {unit} of " + name + " at {k}", case.moving(rule, k), _plus(("stockpiles", k, name), rate), most, "/yr")


def _reserves(case: Case, k: str, pile: Stockpile) -> Iterator[Step]:
    """A lower floor, a smaller duty at the end."""
    data, most = case.data.stock, _rate(case, pile.material)
    floor = {t: row for (t,), row in case.rows("stock_floor", k).items()}
    if floor:
        lower = _raised(case, ("stockpiles", k, "floor"), case.reach.floors(k), floor)
        least = min(most, *(data.floor[k, t] for t in floor))
        text = "one {unit} less of floor at {k} " + _when(case, floor)
        yield _store(case, k, pile, text, dict.fromkeys(floor.values(), -1.0), lambda units: lower(-units), least)
    if k in data.final_min:
        duty = dict.fromkeys(case.rows("final_stock", k).values(), -1.0)
        change = _plus(("stockpiles", k, "final", "min"), data.final_min[k], -1.0)
        yield _store(case, k, pile, "one {unit} less to be left in {k} at the end", duty, change, min(most, data.final_min[k]))


def _policies(case: Case, wanted: Filter) -> Iterator[Step]:
    """One unit of a policy's number, in the direction that eases it."""
    for key, policy in case.scenario.policies.items():
        if not wanted.is_open:
            return
        rule = "service_level" if policy.kind == "min_service" else policy.kind
        path: Path = ("policies", key, POLICY_KEYS[rule])
        if isinstance(policy, Budget | MaxEmissions | StockLimit):
            stores = case.unit(case.scenario.stockpiles[policy.stockpiles[0]].material) if isinstance(policy, StockLimit) else ""
            unit = stores or (case.currency if isinstance(policy, Budget) else "t_CO2e")
            factor = 1.0
            change, most, text = _plus(path, policy.limit), FAR * policy.limit or 1.0, f"one more {unit} in {key}.limit"
        elif isinstance(policy, MinCover):
            factor = -1.0
            unit, change, most, text = "days", _plus(path, policy.days, -1.0), min(7.0, policy.days), f"one day less in {key}.days"
        elif isinstance(policy, MinService):
            factor = -0.01
            unit, change, most = "points", _plus(path, policy.share, -0.01), min(5.0, 100 * policy.share)
            text = f"one percentage point less in {key}.share"
        else:
            continue
        sides = {row: factor * move for row, move in case.moving(rule, key).items()}
        yield Step(section="rules", about=key, text=text, unit=unit, sides=sides, change=change, most=most)


def _services(case: Case, wanted: Filter) -> Iterator[Step]:
    for n, share in case.data.demand.min_service.items():
        material = case.data.demand.material[n]
        if not wanted.concerns((material,)):
            continue
        yield Step(
            section="rules",
            about=n,
            text=f"one percentage point less in {n}.min_service",
            unit="points",
            sides={row: -0.01 * move for row, move in case.moving("min_service", n).items()},
            change=_plus(("demands", n, "min_service"), share, -0.01),
            most=min(5.0, 100 * share),
            materials=(material,),
        )
