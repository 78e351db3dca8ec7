"""What one more unit is worth: of a material, a stockpile, a capacity, a contract, a rule's number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planner.explain.case import Case, Filter, Statement, amount, proof
from planner.scenario.schema import Budget, MaxEmissions, MinCover, MinService, StockLimit
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR
from planner.words import POLICY_KEYS, Path

FAR = 0.05
"""Steps up to this part of a year's demand are looked at: more than that is another plan."""


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
    change: Callable[[float], dict[Path, Any]]
    most: float
    """Largest step of interest, in units."""
    materials: tuple[str, ...] = ()
    period: str = ""


def worth(case: Case, wanted: Filter) -> Iterator[Statement]:
    """Statements on what one more unit of anything saves, for all that saves or costs something."""
    for step in _steps(case, wanted):
        said = say(case, step)
        if said is not None:
            yield said


def say(case: Case, step: Step) -> Statement | None:
    """What a step is worth, how far that holds, and how to see it; None where it is worth nothing."""
    slope = case.directions.along(step.sides)
    if not abs(slope) > case.smallest * max(map(abs, step.sides.values()), default=1.0) or abs(slope) == float("inf"):
        return None
    far = case.whatif.holds(step.sides, slope, step.most)
    value = case.undiscounted(step.sides, slope)
    text = f"{step.text} {'saves' if value < 0 else 'costs'} {amount(abs(value))} {case.currency}"
    if abs(value - slope) > 1e-6 * abs(value):
        text += f" (present value {amount(abs(slope))})"
    proofs = [proof(step.change(far), case.cost + slope * far)] if far > 1e-6 * step.most else []
    if far >= step.most * (1 - 1e-9):
        text += f", for {amount(step.most)} {step.unit} and more"
    else:
        text += f", up to {amount(far)} {step.unit}"
        further = case.whatif.ask({row: step.most * move for row, move in step.sides.items()})
        if further is not None:
            proofs.append(proof(step.change(step.most), further.cost))
            text += (
                f"; {amount(step.most)} {step.unit} {'save' if further.cost < case.cost else 'cost'} {amount(abs(further.cost - case.cost))} in present value"
            )
    return Statement(
        section=step.section,
        about=step.about,
        text=text,
        value=-value,
        unit=f"{case.currency}/{step.unit}" if "/" not in step.unit else f"{case.currency}/({step.unit})",
        present_value=-slope,
        holds_for=far,
        period=step.period,
        materials=step.materials,
        proofs=tuple(proofs) if step.change(1.0) else (),
        weight=abs(slope) * step.most,
    )


def _steps(case: Case, wanted: Filter) -> Iterator[Step]:
    makers: tuple[Callable[[Case, Filter], Iterator[Step]], ...] = (
        _materials,
        _suppliers,
        _processes,
        _routes,
        _contracts,
        _projects,
        _stockpiles,
        _policies,
        _services,
    )
    for make in makers:
        for step in make(case, wanted):
            if step.sides:
                yield step


def _materials(case: Case, wanted: Filter) -> Iterator[Step]:
    """One more unit of a material, spread over a calendar year or landing in one period."""
    rows = case.rows.get("material_balance", {})
    groups: dict[tuple[str, str, str], list[str]] = {}
    demanded = {(demand.material, demand.party) for demand in case.scenario.demands.values()}
    for m, g, t in rows:
        if (
            wanted.supplier
            or wanted.project
            or (wanted.material is None and wanted.period is None and (m, g) not in demanded)
            or wanted.material not in (None, m)
        ):
            continue
        if wanted.period in (None, t):
            groups.setdefault((m, g, t if wanted.period else str(case.calendar.named(t).start.year)), []).append(t)
    several = len(case.scenario.party_ids) > 1
    for (m, g, label), periods in groups.items():
        years = sum(case.data.time.years[t] for t in periods)
        parts = {t: case.data.time.years[t] / years for t in periods}
        name = f"{m} of {g}" if several else m
        yield Step(
            "one more unit",
            name,
            f"one more {case.unit(m)} of {name} in {label}",
            case.unit(m),
            {rows[m, g, t]: part for t, part in parts.items()},
            _arrives(case, m, g, parts),
            _volume(case, m, g, years),
            (m,),
            label,
        )


def _volume(case: Case, material: str, party: str, years: float) -> float:
    """Some of what is used of a material in some time."""
    own = case.setting.yearly_demand.get((material, party), 0.0)
    return (FAR * own or _rate(case, material)) * years


def _arrives(case: Case, material: str, party: str, parts: Mapping[str, float]) -> Callable[[float], dict[Path, Any]]:
    standing = case.loaded.sources.tree.plain().get("in_transit") or []
    starts = {t: case.calendar.named(t).start.isoformat() for t in parts}

    def change(units: float) -> dict[Path, Any]:
        new = [{"party": party, "material": material, "quantity": units * part, "arrives": starts[t]} for t, part in parts.items()]
        return {("in_transit",): [*standing, *new]}

    return change


def _concerns(wanted: Filter, material: str, supplier: str | None = None, project: str | None = None) -> bool:
    """Whether something is asked for."""
    if wanted.supplier is not None and supplier != wanted.supplier:
        return False
    if wanted.project is not None and project != wanted.project:
        return False
    return wanted.material in (None, material) and wanted.period is None


def _raised(case: Case, path: Path, series: Series, periods: Mapping[str, float]) -> Callable[[float], dict[Path, Any]]:
    """A change that adds a rate in some periods."""
    return lambda units: {path: case.per_period(series, dict.fromkeys(periods, units))}


def _suppliers(case: Case, wanted: Filter) -> Iterator[Step]:
    for s, supplier in case.scenario.suppliers.items():
        if not _concerns(wanted, supplier.material, supplier=s):
            continue
        data, years = case.data.supply, case.data.time.years
        # where a contract alone lets it ship, capacity would open sales that the program does not have
        sells = {t for t in case.data.time.periods if data.capacity.get((s, t)) or (s, t) in case.data.ramp.projects_on}
        rows = {t: row for (key, t), row in case.rows.get("supplier_capacity", {}).items() if key == s and t in sells}
        sides = {row: years[t] * data.availability[s, t] for t, row in rows.items()}
        for (key, g, t), row in case.rows.get("spot_gate", {}).items():
            if key == s and t in sells:
                sides[row] = data.spot[s, g, t] * years[t] * data.availability[s, t]
        unit = f"{case.unit(supplier.material)}/yr"
        text = f"one more {unit} of capacity at {s} throughout"
        change = _raised(case, ("suppliers", s, "capacity"), supplier.capacity, rows)
        yield Step(
            "capacity",
            s,
            text,
            unit,
            {row: move for row, move in sides.items() if move},
            change,
            _rate(case, supplier.material, max(supplier.capacity.values)),
            (supplier.material,),
        )


def _rate(case: Case, material: str, size: float = 0.0) -> float:
    """Some of a year's demand for a material; where nobody wants the material itself, some of the size at hand."""
    own = sum(rate for (m, _), rate in case.setting.yearly_demand.items() if m == material)
    others = [rate for rate in case.setting.yearly_demand.values() if rate]
    return FAR * (own or 2 * size or min(others, default=1.0))


def _processes(case: Case, wanted: Filter) -> Iterator[Step]:
    for p, process in case.scenario.processes.items():
        material = case.data.conversion.material[p]
        if process.capacity is None or not any(_concerns(wanted, m) for m in (*process.inputs, *process.outputs)):
            continue
        rows = {t: row for (key, t), row in case.rows.get("process_capacity", {}).items() if key == p}
        sides = {row: case.data.time.years[t] * case.data.conversion.availability[p, t] for t, row in rows.items()}
        unit = f"{case.unit(material)}/yr"
        change = _raised(case, ("processes", p, "capacity"), process.capacity, rows)
        text = f"one more {unit} of capacity at {p} throughout"
        most = _rate(case, material, max(process.capacity.values))
        yield Step("capacity", p, text, unit, {row: move for row, move in sides.items() if move}, change, most, (*process.inputs, *process.outputs))


def _routes(case: Case, wanted: Filter) -> Iterator[Step]:
    for r, route in case.scenario.routes.items():
        if route.capacity is None or not any(_concerns(wanted, m) for m in route.materials):
            continue
        rows = {t: row for (key, t), row in case.rows.get("route_capacity", {}).items() if key == r}
        sides = {row: case.data.time.years[t] for t, row in rows.items()}
        unit = f"{case.unit(route.materials[0])}/yr"
        change = _raised(case, ("routes", r, "capacity"), route.capacity, rows)
        yield Step("capacity", r, f"one more {unit} of capacity on {r} throughout", unit, sides, change, _rate(case, route.materials[0]), route.materials)


def _contracts(case: Case, wanted: Filter) -> Iterator[Step]:
    """Signed contracts; of optional ones the price at which they are signed is told elsewhere."""
    for c, contract in case.scenario.contracts.items():
        material = case.scenario.suppliers[contract.supplier].material
        if contract.sign is not None or not _concerns(wanted, material, supplier=contract.supplier):
            continue
        data = case.data.contracts
        sides, rows = {}, {}
        for (key, t), row in case.rows.get("contract_volume", {}).items():
            quantity = case.setting.mean(contract.quantity, case.calendar.named(t))
            if key == c and quantity > 0:
                rows[t] = row
                sides[row] = data.volume[c, t] / quantity
                if (c, t) in data.minimum:
                    sides[case.rows["take_or_pay"][c, t]] = data.minimum[c, t] / quantity
        unit = f"{case.unit(material)}/yr"
        change = _raised(case, ("contracts", c, "quantity"), contract.quantity, rows)
        yield Step("contracts", c, f"one more {unit} in {c} throughout", unit, sides, change, _rate(case, material), (material,))


def _projects(case: Case, wanted: Filter) -> Iterator[Step]:
    for e, size in case.data.ramp.size_max.items():
        material = case.data.ramp.material[e]
        if not _concerns(wanted, material, project=e):
            continue
        sides = {case.rows["project_size"][e,]: 1.0} if (e,) in case.rows.get("project_size", {}) else {}
        sides |= {row: case.data.ramp.gate[e, v] for (key, v), row in case.rows.get("commitment_gate", {}).items() if key == e}
        stores = case.scenario.projects[e].adds_to in case.scenario.stockpiles
        unit = case.unit(material) + ("" if stores else "/yr")
        path: Path = ("projects", e, "size", "max")
        yield Step("projects", e, f"one more {unit} of {e} on offer", unit, sides, _plus(path, size), _rate(case, material, size), (material,))


def _plus(path: Path, number: float, factor: float = 1.0) -> Callable[[float], dict[Path, Any]]:
    return lambda units: {path: number + factor * units}


def _stockpiles(case: Case, wanted: Filter) -> Iterator[Step]:
    data = case.data.stock
    first = case.data.time.periods[0]
    for k, pile in case.scenario.stockpiles.items():
        if not _concerns(wanted, pile.material):
            continue
        unit, most = case.unit(pile.material), _rate(case, pile.material)
        sides = {case.rows["stock_balance"][k, first]: data.retention[k, first]}
        if pile.final.min == "initial" and (k,) in case.rows.get("final_stock", {}):
            sides[case.rows["final_stock"][k,]] = 1.0
        yield Step(
            "stockpiles", k, f"one more {unit} in {k} at the start", unit, sides, _plus(("stockpiles", k, "initial"), data.initial[k]), most, (pile.material,)
        )
        room = {row: 1.0 for (key, _), row in case.rows.get("stock_capacity", {}).items() if key == k}
        if pile.capacity is not None:
            own = pile.capacity.units + pile.capacity.years * case.setting.yearly_demand.get((pile.material, pile.party), 0.0)
            yield Step("stockpiles", k, f"one more {unit} of room in {k}", unit, room, _plus(("stockpiles", k, "capacity"), own), most, (pile.material,))
        for name, rule in (("max_draw", "draw_rate"), ("max_fill", "fill_rate")):
            rate, limits = getattr(pile, name), getattr(data, name)
            if rate:
                rates = {row: limits[k, t] / rate for (key, t), row in case.rows.get(rule, {}).items() if key == k}
                text = f"one more {unit}/yr of {name} at {k}"
                yield Step(
                    "stockpiles",
                    k,
                    text,
                    f"{unit}/yr",
                    {row: move for row, move in rates.items() if move},
                    _plus(("stockpiles", k, name), rate),
                    most,
                    (pile.material,),
                )
        yield from _reserves(case, k, unit)


def _reserves(case: Case, k: str, unit: str) -> Iterator[Step]:
    """A lower floor, a smaller duty at the end."""
    data, material = case.data.stock, case.scenario.stockpiles[k].material
    floor = {t: row for (key, t), row in case.rows.get("stock_floor", {}).items() if key == k}
    if floor:
        levels = Series(tuple((period.start, data.floor.get((k, period.label), 0.0)) for period in case.calendar.periods))
        path: Path = ("stockpiles", k, "floor")
        most = min(_rate(case, material), *(data.floor[k, t] for t in floor))
        text = f"one {unit} less of floor at {k} throughout"
        yield Step(
            "stockpiles", k, text, unit, dict.fromkeys(floor.values(), -1.0), lambda units: _raised(case, path, levels, floor)(-units), most, (material,)
        )
    if k in data.final_min:
        path = ("stockpiles", k, "final", "min")
        text = f"one {unit} less to be left in {k} at the end"
        yield Step(
            "stockpiles",
            k,
            text,
            unit,
            {case.rows["final_stock"][k,]: -1.0},
            _plus(path, data.final_min[k], -1.0),
            min(_rate(case, material), data.final_min[k]),
            (material,),
        )


def _policies(case: Case, wanted: Filter) -> Iterator[Step]:
    """One unit of a policy's number, in the direction that eases it."""
    for key, policy in case.scenario.policies.items():
        if not wanted.is_open:
            continue
        rule = "service_level" if policy.kind == "min_service" else policy.kind
        path: Path = ("policies", key, POLICY_KEYS[rule])
        rows = {index: row for index, row in case.rows.get(rule, {}).items() if index[0] == key}
        if isinstance(policy, Budget | MaxEmissions | StockLimit):
            unit = (
                case.currency
                if isinstance(policy, Budget)
                else "t_CO2e"
                if isinstance(policy, MaxEmissions)
                else case.unit(case.scenario.stockpiles[policy.stockpiles[0]].material)
            )
            most = FAR * policy.limit or 1.0
            yield Step("rules", key, f"one more {unit} in {key}.limit", unit, dict.fromkeys(rows.values(), 1.0), _plus(path, policy.limit), most)
        elif isinstance(policy, MinCover):
            sides = {row: -case.setting.yearly_demand.get(tuple(index[1].split(".", 1)), 0.0) / DAYS_PER_YEAR for index, row in rows.items()}
            yield Step("rules", key, f"one day less in {key}.days", "days", sides, _plus(path, policy.days, -1.0), min(7.0, policy.days))
        elif isinstance(policy, MinService):
            windows = {row.key: row.window.periods for row in case.data.policy.service}
            sides = {row: -0.01 * sum(case.data.demand.demand.get((index[1], t), 0.0) for t in windows[index]) for index, row in rows.items()}
            yield Step(
                "rules", key, f"one percentage point less in {key}.share", "points", sides, _plus(path, policy.share, -0.01), min(5.0, 100 * policy.share)
            )


def _services(case: Case, wanted: Filter) -> Iterator[Step]:
    for n, share in case.data.demand.min_service.items():
        material = case.data.demand.material[n]
        if not _concerns(wanted, material):
            continue
        sides = {row: -0.01 * case.data.demand.demand[key, t] for (key, t), row in case.rows.get("min_service", {}).items() if key == n}
        path: Path = ("demands", n, "min_service")
        yield Step("rules", n, f"one percentage point less in {n}.min_service", "points", sides, _plus(path, share, -0.01), min(5.0, 100 * share), (material,))
