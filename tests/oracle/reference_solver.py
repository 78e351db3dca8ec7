"""Independent reference solver of the scenario language, version 1.

Written from ``language.md`` and ``formulation.md`` alone. ``solve`` takes the parsed plain dict (dates and
quantities with units are strings), builds one sparse linear program and solves it with HiGHS through SciPy.
Slow, literal and short on purpose: it is an oracle. It checks nothing a validator would check; a malformed
scenario raises ``ValueError`` or ``KeyError``. Choices where the text leaves room are in AMBIGUITIES.md; the
weightier ones are fields of ``Conventions`` so that a disagreement can be traced by flipping them.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

Json = dict[str, Any]
Key = tuple[str, str, int]  # material, party, period

ATOMIC_MASS = {"O": 15.999, "Dy": 162.500, "Tb": 158.925354, "Nd": 144.242, "Pr": 140.90766}
MASS = {"g": 1e-6, "kg": 1e-3, "t": 1.0, "kt": 1e3, "Mt": 1e6, "lb": 0.00045359237}
YEARS = {
    "year": 1.0,
    "years": 1.0,
    "yr": 1.0,
    "y": 1.0,
    "a": 1.0,
    "quarter": 0.25,
    "quarters": 0.25,
    "month": 1 / 12,
    "months": 1 / 12,
    "mo": 1 / 12,
    "week": 7 / 365.25,
    "weeks": 7 / 365.25,
    "day": 1 / 365.25,
    "days": 1 / 365.25,
    "d": 1 / 365.25,
}
STEP_MONTHS = {"month": 1, "quarter": 3, "year": 12}
COST_LINES = (
    "purchases",
    "contracts",
    "breach",
    "freight",
    "tariffs",
    "capex",
    "fixed_cost",
    "process",
    "transport",
    "storage",
    "shortage",
    "disposal",
    "policy_penalties",
    "salvage",
    "final_stock_value",
)
TINY = 1e-9


@dataclass(frozen=True)
class Conventions:
    """Readings of ambiguous sentences; the defaults are the ones argued for in AMBIGUITIES.md."""

    penalty_discount: Literal["row", "policy"] = "row"  # last period of the row's `per` group, or of the policy
    route_cost_prorated: bool = False  # transport of what arrives after the horizon: charged in full, or not
    committed_at_period_start: bool = False  # a committed date inside a period acts from its date, or the period start
    substitute_cost_per: Literal["served", "substitute"] = "served"  # unit of the demand, or of the substitute
    decide_window: Literal["start", "overlap"] = "start"  # period start in [earliest, latest], or any overlap
    tiers_cumulative: bool = False  # tier quantities and shares are widths, or running totals
    of_combined: bool = False  # max_share `of`: each named one alone, or their sum
    min_service_joint: bool = False  # min_service policy: every demand alone, or their sum
    returns_of_substitutes: bool = True  # served by a substitute also returns
    demand_ignores_supplier_keys: bool = False  # `demand`/`draw` of an event that also names e.g. a country


@dataclass
class Result:
    """What the optimum says; figures are empty unless the status is optimal."""

    status: str
    total_cost: float = float("nan")
    costs: dict[str, float] = field(default_factory=dict)  # signed: they sum to total_cost
    shortage: dict[str, float] = field(default_factory=dict)  # demand id -> units over the horizon
    commit: dict[str, float] = field(default_factory=dict)  # decided project id -> units/yr over all periods
    stock: dict[str, list[float]] = field(default_factory=dict)
    signed: dict[str, float] = field(default_factory=dict)  # optional contract id -> share
    gap: float = float("nan")  # relative duality gap
    values: dict[str, float] = field(default_factory=dict)  # every variable by name, for debugging
    size: tuple[int, int] = (0, 0)  # rows, columns


# ---------------------------------------------------------------------------------------------------- reading
class _Loader(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: no timestamps, no yes/no, 1e6 is a number."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("merge", r"^(?:<<)$", "<"),
):
    _Loader.add_implicit_resolver("tag:yaml.org,2002:" + _tag, re.compile(_pattern), list(_first) + [""][: _tag == "null"])


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _construct_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)


def load(path: str | Path) -> Json:
    """Read a YAML file into plain data."""
    data = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_Loader)
    if not isinstance(data, dict):
        raise ValueError(f"{path}: not a map")
    return data


def to_date(value: object) -> date:
    """`2026`, `2026-01` or `2026-01-06`: the earliest day meant."""
    parts = [int(p) for p in str(value).split("-")]
    return date(parts[0], *[*parts[1:], 1, 1][:2])


def add_months(day: date, months: int) -> date:
    """The same day of the month, some months on."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, day.day)


# ----------------------------------------------------------------------------------------------------- the grid
class Grid:
    """Periods: real days for averaging data, nominal years for lengths, discounting, lead times and ramps."""

    def __init__(self, horizon: Json) -> None:
        self.start = to_date(horizon["start"])
        steps = horizon.get("steps") or [{"until": horizon["end"], "step": horizon["step"]}]
        self.begin: list[date] = []
        self.length: list[float] = []
        day = self.start
        for part in steps:
            until = to_date(part["until"])
            while day < until:
                self.begin.append(day)
                self.length.append(STEP_MONTHS[part["step"]] / 12)
                day = add_months(day, STEP_MONTHS[part["step"]])
            if day != until:
                raise ValueError(f"horizon: {part} does not hold whole periods")
        self.end = day
        self.n = len(self.begin)
        self.until = [*self.begin[1:], self.end]
        months = np.cumsum([0] + [round(x * 12) for x in self.length])
        self.at = [float(m) / 12 for m in months]  # nominal years at each period start, and the end
        self.years = self.at[-1]

    def days(self, t: int) -> int:
        """Real days in period t."""
        return (self.until[t] - self.begin[t]).days

    def share(self, t: int, start: date | None, end: date | None) -> float:
        """Share of the real days of period t inside [start, end)."""
        a = max(self.begin[t], start) if start else self.begin[t]
        b = min(self.until[t], end) if end else self.until[t]
        return max((b - a).days, 0) / self.days(t)

    def nominal(self, day: date) -> float:
        """Nominal years from the horizon's start: whole months, and the days within a month in proportion."""
        k = (day.year - self.start.year) * 12 + day.month - self.start.month
        if add_months(self.start, k) > day:
            k -= 1
        a, b = add_months(self.start, k), add_months(self.start, k + 1)
        return (k + (day - a).days / (b - a).days) / 12

    def holding(self, day: date) -> int | None:
        """The period that holds a date."""
        return next((t for t in range(self.n) if self.begin[t] <= day < self.until[t]), None)

    def holding_time(self, years: float) -> int | None:
        """The period that holds a nominal time."""
        return next((t for t in range(self.n) if self.at[t] - TINY <= years < self.at[t + 1] - TINY), None)

    def spread(self, t: int, lag: float) -> list[tuple[int, float]]:
        """Where the interval of period t, shifted by lag years, falls: (period, share)."""
        a, b = self.at[t] + lag, self.at[t + 1] + lag
        out = []
        for u in range(t, self.n):
            part = (min(b, self.at[u + 1]) - max(a, self.at[u])) / (b - a)
            if part > TINY:
                out.append((u, part))
        return out


# ---------------------------------------------------------------------------------------------------- quantities
def formula_mass(formula: str) -> tuple[float, dict[str, int]]:
    """Molar mass and atoms of a formula such as Dy2O3."""
    atoms: dict[str, int] = {}
    for element, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        atoms[element] = atoms.get(element, 0) + int(count or 1)
    return sum(ATOMIC_MASS[e] * k for e, k in atoms.items()), atoms


def basis_factor(written: str, basis: str) -> float:
    """Tonnes of `basis` that hold as much of the shared metal as one tonne of `written`."""
    if written == basis:
        return 1.0
    mass_w, atoms_w = formula_mass(written)
    mass_b, atoms_b = formula_mass(basis)
    shared = [e for e in atoms_w if e in atoms_b and e != "O"]
    if len(shared) != 1:
        raise ValueError(f"{written} cannot be written against {basis}")
    return (atoms_w[shared[0]] / mass_w) / (atoms_b[shared[0]] / mass_b)


class Units:
    """Numbers and strings with units, into own units, years and the scenario's currency."""

    def __init__(self, scenario: Json) -> None:
        money = scenario.get("money") or {}
        self.currency = money.get("currency")
        self.rates = {k: float(v) for k, v in (money.get("rates") or {}).items()}
        self.materials: Json = scenario.get("materials") or {}
        self.discount_rate = self.fraction(money.get("discount_rate", 0))

    @staticmethod
    def split(value: Any) -> tuple[float, str]:
        """Number and unit text."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value), ""
        match = re.match(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$", str(value))
        if not match:
            raise ValueError(f"not a quantity: {value!r}")
        return float(match[1]), match[2]

    def unit(self, text: str, material: str | None) -> float:
        """Own units in one `text`; a process (material None) counts in tonnes."""
        spec = self.materials.get(material, {}) if material else {}
        own = spec.get("unit", "t")
        if text == own:
            return 1.0
        name, _, formula = text.partition("_")
        if name not in MASS or own not in MASS:
            raise ValueError(f"unit {text!r} does not fit {own!r}")
        return MASS[name] / MASS[own] * (basis_factor(formula, spec["basis"]) if formula else 1.0)

    def fraction(self, value: Any) -> float:
        """A share or a factor: 0.65 or `65 %`."""
        number, unit = self.split(value)
        if unit not in ("", "%"):
            raise ValueError(f"not a share: {value!r}")
        return number / 100 if unit else number

    def duration(self, value: Any) -> float:
        """Years."""
        number, unit = self.split(value)
        return number * (YEARS[unit] if unit else 1.0)

    def rate(self, value: Any, material: str | None) -> float:
        """Own units per year."""
        number, unit = self.split(value)
        if not unit:
            return number
        what, _, per = unit.rpartition("/")
        return number * self.unit(what, material) / YEARS[per]

    def amount(self, value: Any, material: str | None) -> float:
        """Own units."""
        number, unit = self.split(value)
        return number * (self.unit(unit, material) if unit else 1.0)

    def money(self, value: Any) -> float:
        """The scenario's currency."""
        number, unit = self.split(value)
        return number * (self.exchange(unit) if unit else 1.0)

    def exchange(self, currency: str) -> float:
        """Scenario currency for one unit of another."""
        return 1.0 if currency == self.currency else self.rates[currency]

    def price(self, value: Any, material: str | None) -> float:
        """Money per own unit; a further `/yr` (unit-year prices) is nominal years."""
        number, unit = self.split(value)
        if not unit:
            return number
        parts = unit.replace("(", "").replace(")", "").split("/")
        number *= self.exchange(parts[0])
        if len(parts) > 1:
            number /= self.unit(parts[1], material)
        if len(parts) > 2:
            number /= YEARS[parts[2]]
        return number


# ------------------------------------------------------------------------------------------------------------- ramp
class Ramp:
    """Share of nameplate available some years after commitment, cut off at the end of the production life."""

    def __init__(self, spec: Any, life: float | None, units: Units) -> None:
        year, share = units.duration, units.fraction
        if spec is None:
            points = [(0.0, 1.0)]
        elif not isinstance(spec, dict):
            points = [(0.0, 0.0), (year(spec), 1.0)]
        elif "curve" in spec:
            curve = spec["curve"]
            pairs = curve.items() if isinstance(curve, dict) else curve
            points = sorted(((year(x), share(y)) for x, y in pairs), key=lambda p: p[0])  # stable: jumps keep order
        else:
            delay = year(spec.get("delay", 0))
            points = [(delay, 0.0), (year(spec.get("full", delay)), 1.0)]
        self.points = points
        first = next((i for i, p in enumerate(points) if p[1] > 0), None)
        self.leaves_zero = float("inf") if first is None else points[max(first - 1, 0)][0]
        self.life = life
        self.stop = float("inf") if life is None else self.leaves_zero + life

    def area(self, x: float) -> float:
        """Integral from 0 to x."""
        x = min(x, self.stop)
        total = 0.0
        for (a, ya), (b, yb) in zip(self.points, self.points[1:], strict=False):
            if x > a and b > a:
                e = min(x, b)
                ye = ya + (yb - ya) * (e - a) / (b - a)
                total += (ya + ye) / 2 * (e - a)
        last, level = self.points[-1]
        return total + max(x - last, 0.0) * level

    def mean(self, a: float, b: float) -> float:
        """Mean over [a, b], years since commitment."""
        value = (self.area(b) - self.area(a)) / (b - a)
        return value if value > 1e-13 else 0.0

    def unused_life(self, age: float) -> float:
        """Share of the production life still ahead, `age` years after commitment."""
        assert self.life is not None, "salvage: straight_line needs life"
        return 1.0 - min(max((age - self.leaves_zero) / self.life, 0.0), 1.0)


# --------------------------------------------------------------------------------------------------------------- LP
@dataclass
class Affine:
    """Linear terms by column, and a constant."""

    terms: dict[int, float] = field(default_factory=dict)
    const: float = 0.0

    def add(self, column: int, coefficient: float) -> Affine:
        """Add coefficient times a variable."""
        self.terms[column] = self.terms.get(column, 0.0) + coefficient
        return self

    def plus(self, other: Affine, scale: float = 1.0) -> Affine:
        """Add another expression."""
        for column, coefficient in other.terms.items():
            self.add(column, coefficient * scale)
        self.const += other.const * scale
        return self


class Program:
    """A linear program collected row by row, with the objective split into cost lines."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.upper: list[float] = []
        self.rows: dict[str, list[tuple[dict[int, float], float]]] = {"<=": [], "=": []}
        self.costs: dict[str, Affine] = {line: Affine() for line in COST_LINES}

    def var(self, name: str, upper: float = np.inf) -> int:
        """A new variable in [0, upper]."""
        self.names.append(name)
        self.upper.append(upper)
        return len(self.names) - 1

    def row(self, left: Affine, sense: str, right: Affine | float) -> None:
        """left <=, >= or = right."""
        both = Affine().plus(left).plus(right if isinstance(right, Affine) else Affine(const=right), -1.0)
        sign = -1.0 if sense == ">=" else 1.0
        terms = {c: sign * v for c, v in both.terms.items() if v != 0.0}
        self.rows["=" if sense == "=" else "<="].append((terms, -sign * both.const))

    def _matrix(self, sense: str) -> tuple[csr_matrix | None, np.ndarray | None]:
        rows = self.rows[sense]
        if not rows:
            return None, None
        data, where, columns, right = [], [], [], []
        for i, (terms, value) in enumerate(rows):
            scale = max((abs(v) for v in terms.values()), default=1.0)
            right.append(value / scale)
            for column, v in terms.items():
                data.append(v / scale)
                where.append(i)
                columns.append(column)
        return csr_matrix((data, (where, columns)), shape=(len(rows), len(self.names))), np.array(right)

    def solve(self) -> tuple[str, np.ndarray, float]:
        """Status, values, relative duality gap."""
        if not self.names:
            self.var("nothing")
        cost = np.zeros(len(self.names))
        for line in self.costs.values():
            for column, v in line.terms.items():
                cost[column] += v
        scale = float(np.median(np.abs(cost[cost != 0]))) if np.any(cost) else 1.0
        a_ub, b_ub = self._matrix("<=")
        a_eq, b_eq = self._matrix("=")
        bounds = np.column_stack([np.zeros(len(cost)), self.upper])
        tight = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        for method, options in (("highs", {}), ("highs-ds", {"presolve": False}), ("highs-ipm", {})):
            r: Any = linprog(  # type: ignore[call-overload,unused-ignore]
                cost / scale, a_ub, b_ub, a_eq, b_eq, bounds, method, options={**tight, **options}
            )
            # presolve has called a feasible program infeasible (seed 974): a "no" counts only without it
            if r.status == 0 or (r.status in (2, 3) and options):
                break
        if r.status == 2:
            return "infeasible", np.zeros(0), float("nan")
        if r.status == 3:
            return "unbounded", np.zeros(0), float("nan")
        if r.status != 0:
            raise RuntimeError(f"solver: {r.message}")
        dual = 0.0
        if b_ub is not None:
            dual += float(b_ub @ r.ineqlin.marginals)
        if b_eq is not None:
            dual += float(b_eq @ r.eqlin.marginals)
        finite = np.isfinite(bounds[:, 1])
        dual += float(bounds[finite, 1] @ r.upper.marginals[finite])
        return "optimal", r.x, abs(r.fun - dual) / max(1.0, abs(r.fun))


# ---------------------------------------------------------------------------------------------------- the scenario
class Model:
    """One scenario as a linear program."""

    def __init__(self, scenario: Json, conventions: Conventions) -> None:
        self.s, self.conv = scenario, conventions
        self.grid = Grid(scenario["horizon"])
        self.units = Units(scenario)
        self.lp = Program()
        self.parties = list(scenario.get("parties") or {"home": {}})
        self.events: list[Json] = list(self.part("events").values())
        self.periods = range(self.grid.n)
        self.delta = self.grid.length
        self.disc = [self.discount((self.grid.at[t] + self.grid.at[t + 1]) / 2) for t in self.periods]
        self.balance: dict[Key, Affine] = {}
        self.shipped: list[tuple[str, str, int, int]] = []  # supplier, party, period, column
        self.spend: list[tuple[str, str | None, int, Affine]] = []  # cover, party, period, undiscounted money
        self.emitted: list[tuple[str, int, int, float]] = []  # party, period, column, t per unit
        self.capacity: dict[tuple[str, str, int], Affine] = {}  # kind, id, period: with projects and events
        self.stock: dict[str, list[int]] = {}
        self.served: dict[str, list[Affine]] = {}
        self.wanted: dict[str, list[float]] = {}
        self.short: dict[str, list[int]] = {}
        self.commit: dict[str, list[int]] = {}
        self.sign: dict[str, list[int]] = {}
        self.first_demand: dict[tuple[str, str], float] = {}  # (party, material): units/yr in the first period
        for d in self.part("demands").values():
            where = (self.party(d), d["material"])
            self.first_demand[where] = self.first_demand.get(where, 0.0) + self.rates(d["quantity"], d["material"])[0]

    # ----------------------------------------------------------------------------------------------- small helpers
    def part(self, name: str) -> Json:
        """An entity map, empty when absent."""
        return self.s.get(name) or {}

    def party(self, spec: Json) -> str:
        """The party named, or the only one."""
        if "party" in spec:
            return str(spec["party"])
        if len(self.parties) != 1:
            raise ValueError("party needed")
        return str(self.parties[0])

    def discount(self, years: float) -> float:
        """Present value of 1 at a nominal time."""
        return float((1.0 + self.units.discount_rate) ** -years)

    def flow(self, key: Key) -> Affine:
        """The balance row (inflow positive) of a material, party and period."""
        return self.balance.setdefault(key, Affine())

    def pay(self, line: str, t: int, column: int | None, amount: float, cover: str = "", party: str | None = None) -> None:
        """Money per unit of a column (or a constant) due in period t."""
        what = Affine(const=amount) if column is None else Affine({column: amount})
        self.lp.costs[line].plus(what, self.disc[t])
        if cover:
            self.spend.append((cover, party, t, what))

    def series(self, spec: Any, read: Any) -> list[float]:
        """Period means of a scalar, a step map or {start, growth}, by real days."""
        g = self.grid
        if not isinstance(spec, dict):
            return [read(spec)] * g.n
        if "start" in spec:
            start, growth = read(spec["start"]), 1.0 + self.units.fraction(spec.get("growth", 0))
            count = int(g.years) + 2
            steps = [(add_months(g.start, 12 * k), start * growth**k) for k in range(count)]
        else:
            steps = sorted((to_date(k), read(v)) for k, v in spec.items())
        out = []
        for t in self.periods:
            total = 0.0
            for i, (day, value) in enumerate(steps):
                total += value * g.share(t, day if i else None, steps[i + 1][0] if i + 1 < len(steps) else None)
            out.append(total)
        return out

    def rates(self, spec: Any, material: str | None) -> list[float]:
        """A series of units per year."""
        return self.series(spec, lambda v: self.units.rate(v, material))

    def prices(self, spec: Any, material: str) -> list[float]:
        """A series of money per unit."""
        return self.series(spec, lambda v: self.units.price(v, material))

    def stock_amount(self, value: Any, party: str, material: str) -> float:
        """An amount, or days of the party's first-period demand."""
        _, unit = Units.split(value)
        if unit in YEARS:
            return self.units.duration(value) * self.first_demand.get((party, material), 0.0)
        return self.units.amount(value, material)

    def widths(self, totals: list[float]) -> list[float]:
        """Tier widths from the written figures."""
        if not self.conv.tiers_cumulative:
            return totals
        return [b - a for a, b in zip([0.0, *totals], totals, strict=False)]

    def window(self, spec: Json) -> list[int]:
        """Periods in which a decision may be taken."""
        g = self.grid
        earliest = to_date(spec["earliest"]) if "earliest" in spec else g.start
        latest = to_date(spec["latest"]) if "latest" in spec else g.end
        if self.conv.decide_window == "start":
            return [t for t in self.periods if earliest <= g.begin[t] <= latest]
        return [t for t in self.periods if g.until[t] > earliest and g.begin[t] <= latest]

    # ------------------------------------------------------------------------------------------------------ events
    def supplier_target(self, sid: str, party: str | None = None) -> dict[str, set[str]]:
        """What an event can match on a supplier, for one party or for none."""
        spec = self.s["suppliers"][sid]
        target = {
            "suppliers": {sid},
            "materials": {spec["material"]},
            "country": {spec.get("country", "")},
            "origin": {spec.get("origin", spec.get("country", ""))},
        }
        if party is not None:
            target["parties"] = {party}
        return target

    def process_target(self, pid: str) -> dict[str, set[str]]:
        """What an event can match on a process."""
        spec = self.s["processes"][pid]
        return {"processes": {pid}, "materials": {*(spec.get("inputs") or {}), *(spec.get("outputs") or {})}}

    def acting(self, effect: str, target: dict[str, set[str]]) -> list[tuple[date | None, date | None, Any]]:
        """(from, until, value) of the matching events that have this effect."""
        out = []
        for event in self.events:
            given = event.get("match") or {}
            if self.conv.demand_ignores_supplier_keys and effect in ("demand", "draw"):
                given = {k: v for k, v in given.items() if k in ("materials", "parties")}
            if effect in event and all(target.get(k, set()) & {str(x) for x in v} for k, v in given.items()):
                start = to_date(event["from"]) if "from" in event else None
                out.append((start, to_date(event["until"]) if "until" in event else None, event[effect]))
        return out

    def factor(self, effect: str, target: dict[str, set[str]]) -> list[float]:
        """Product over events of the period mean of the event's factor."""
        out = [1.0] * self.grid.n
        for start, end, value in self.acting(effect, target):
            v = self.units.fraction(value)
            out = [f * (1.0 + (v - 1.0) * self.grid.share(t, start, end)) for t, f in enumerate(out)]
        return out

    def added(self, effect: str, target: dict[str, set[str]], read: Any) -> list[float]:
        """Sum over events of the period mean of what the event adds."""
        out = [0.0] * self.grid.n
        for start, end, value in self.acting(effect, target):
            out = [a + read(value) * self.grid.share(t, start, end) for t, a in enumerate(out)]
        return out

    def smallest(self, effect: str, target: dict[str, set[str]]) -> list[float]:
        """Period mean of the smallest share in force at each instant."""
        g, out = self.grid, []
        acting = [(a or g.start, b or g.end, self.units.fraction(v)) for a, b, v in self.acting(effect, target)]
        for t in self.periods:
            cuts = sorted({g.begin[t], g.until[t], *(d for a, b, _ in acting for d in (a, b) if g.begin[t] < d < g.until[t])})
            total = 0.0
            for a, b in pairwise(cuts):
                total += (b - a).days * min([1.0] + [v for x, y, v in acting if x <= a < y])
            out.append(total / g.days(t))
        return out

    # ---------------------------------------------------------------------------------------------------- the parts
    def build(self) -> None:
        """Every variable and row."""
        self.projects()
        for sid, spec in self.part("suppliers").items():
            self.supplier(sid, spec)
        for pid, spec in self.part("processes").items():
            self.process(pid, spec)
        for rid, spec in self.part("routes").items():
            self.route(rid, spec)
        for kid, spec in self.part("stockpiles").items():
            self.stockpile(kid, spec)
        for nid, spec in self.part("demands").items():
            self.demand(nid, spec)
        for item in self.s.get("in_transit") or []:
            t = self.grid.holding(to_date(item["arrives"]))
            if t is not None:
                key = (item["material"], self.party(item), t)
                self.flow(key).const += self.units.amount(item["quantity"], item["material"])
        for mid, material in self.part("materials").items():
            if "disposal_cost" in material:
                for g in self.parties:
                    for t in self.periods:
                        x = self.lp.var(f"surplus[{mid},{g},{t}]")
                        self.flow((mid, g, t)).add(x, -1.0)
                        self.pay("disposal", t, x, self.units.price(material["disposal_cost"], mid))
        for expr in self.balance.values():
            self.lp.row(expr, "=", 0.0)
        for policy in self.part("policies").values():
            self.policy(policy)

    def projects(self) -> None:
        """Base capacities, commitments, what they make available, capex, fixed cost and salvage."""
        for kind in ("suppliers", "processes"):
            for oid, spec in self.part(kind).items():
                if kind == "suppliers" or "capacity" in spec:
                    material = spec.get("material")
                    for t, base in enumerate(self.rates(spec.get("capacity", 0), material)):
                        self.capacity[kind, oid, t] = Affine(const=base)
        for eid, spec in self.part("projects").items():
            target = spec["adds_to"]
            kind = "suppliers" if target in self.part("suppliers") else "processes"
            owner = self.s[kind][target]
            material = owner.get("material")
            match = self.supplier_target(target) if kind == "suppliers" else self.process_target(target)
            party = self.party(owner) if kind == "processes" else None
            life = self.units.duration(spec["life"]) if "life" in spec else None
            ramp = Ramp(spec.get("ramp"), life, self.units)
            size = spec.get("size")
            if "committed" in spec:
                day = to_date(spec["committed"])
                when = self.grid.nominal(day)
                held = self.grid.holding(day)
                if self.conv.committed_at_period_start and held is not None:
                    when = self.grid.at[held]
                chosen: list[tuple[float, int | None]] = [(when, None)]
                amount = self.units.rate(size, material)
            else:
                size = size.get("max") if isinstance(size, dict) else size
                limit = np.inf if size is None else self.units.rate(size, material)
                gate = self.smallest("commitments", match)
                total, amount, chosen = Affine(), 1.0, []
                for v in self.window(spec["decide"]):
                    most = 0.0 if gate[v] == 0.0 else gate[v] * limit
                    x = self.lp.var(f"commit[{eid},{v}]", most)
                    total.add(x, 1.0)
                    chosen.append((self.grid.at[v], x))
                if np.isfinite(limit):
                    self.lp.row(total, "<=", limit)
                self.commit[eid] = [x for _, x in chosen if x is not None]
            for when, column in chosen:
                self.commitment(spec, ramp, when, column, amount, (kind, target, material, party))

    def commitment(self, spec: Json, ramp: Ramp, when: float, column: int | None, amount: float, what: tuple[str, str, str | None, str | None]) -> None:
        """Capacity and money of one commitment: `amount` units/yr, times the column if there is one."""
        kind, target, material, party = what
        fixed = self.units.price(spec.get("fixed_cost", 0), material)
        for t in self.periods:
            rho = ramp.mean(self.grid.at[t] - when, self.grid.at[t + 1] - when) * amount
            if rho != 0.0:
                self.capacity[kind, target, t].plus(Affine(const=rho) if column is None else Affine({column: rho}))
                if fixed:
                    self.pay("fixed_cost", t, column, fixed * rho * self.delta[t], "fixed", party)
        capex = spec.get("capex", 0)
        stages = capex["stages"] if isinstance(capex, dict) else [{"cost": capex}]
        paid = 0.0
        for stage in stages:
            due = when + self.units.duration(stage.get("after", 0))
            money = self.units.price(stage["cost"], material) * amount
            held = self.grid.holding_time(due)
            if held is not None:  # earlier is sunk, later is not paid
                paid += money
                part = Affine(const=money) if column is None else Affine({column: money})
                self.lp.costs["capex"].plus(part, self.discount(due))
                self.spend.append(("capex", party, held, part))
        if spec.get("salvage", "none") == "straight_line" and paid:
            back = paid * ramp.unused_life(self.grid.years - when) * self.discount(self.grid.years)
            self.lp.costs["salvage"].plus(Affine(const=-back) if column is None else Affine({column: -back}))

    def supplier(self, sid: str, spec: Json) -> None:
        """Purchases by tier and party, contract lifts, their arrival and their money."""
        lp, mid = self.lp, spec["material"]
        alpha = self.factor("capacity", self.supplier_target(sid))
        room = [Affine().plus(self.capacity["suppliers", sid, t], alpha[t] * self.delta[t]) for t in self.periods]
        use = [Affine() for _ in self.periods]
        price = spec.get("price", 0)
        tiers = price["tiers"] if isinstance(price, dict) and "tiers" in price else [{"price": price}]
        tier_price = [self.prices(tier["price"], mid) for tier in tiers]
        limits = [self.rates(tier["quantity"], mid) if "quantity" in tier else [np.inf] * self.grid.n for tier in tiers]
        tier_use = [[Affine() for _ in self.periods] for _ in tiers]
        for g in spec.get("sells_to") or self.parties:
            target = self.supplier_target(sid, g)
            factor, spot = self.factor("price", target), self.smallest("spot", target)
            for t in self.periods:
                bought = Affine()
                for j in range(len(tiers)):
                    x = lp.var(f"purchase[{sid},{j},{g},{t}]")
                    self.ship(sid, spec, g, t, x, tier_price[j][t] * factor[t], "purchases")
                    bought.add(x, 1.0)
                    tier_use[j][t].add(x, 1.0)
                use[t].plus(bought)
                if spot[t] < 1.0:
                    lp.row(bought, "<=", Affine().plus(room[t], spot[t]))
        for t in self.periods:
            for j, width in enumerate(self.widths([limit[t] for limit in limits])):
                if np.isfinite(width):
                    lp.row(tier_use[j][t], "<=", width * self.delta[t])
        for cid, contract in self.part("contracts").items():
            if contract["supplier"] == sid:
                self.contract(cid, contract, spec, use)
        for t in self.periods:
            lp.row(use[t], "<=", room[t])

    def ship(self, sid: str, spec: Json, g: str, t: int, x: int, price: float, line: str) -> None:
        """What one shipped unit brings, costs and emits."""
        mid = spec["material"]
        target = self.supplier_target(sid, g)
        if not hasattr(self, "_lanes"):
            self._lanes: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
        if (sid, g) not in self._lanes:
            base = self.units.duration(spec.get("lead_time", 0))
            lag = [base + a for a in self.added("lead_time", target, self.units.duration)]
            tariff = self.series(spec.get("tariff", 0), self.units.fraction)
            extra = self.added("tariff", target, self.units.fraction)
            self._lanes[sid, g] = (lag, [a + b for a, b in zip(tariff, extra, strict=True)])
        lag, duty = self._lanes[sid, g]
        inside = 0.0
        for u, part in self.grid.spread(t, lag[t]):
            self.flow((mid, g, u)).add(x, part)
            inside += part
        self.pay(line, t, x, price * inside, line, g)
        self.pay("freight", t, x, self.units.price(spec.get("freight", 0), mid) * inside, "transport", g)
        self.pay("tariffs", t, x, price * duty[t] * inside)
        self.shipped.append((sid, g, t, x))
        self.emitted.append((g, t, x, float(spec.get("emissions", 0))))

    def contract(self, cid: str, spec: Json, supplier: Json, use: list[Affine]) -> None:
        """Lifts between the minimum (or breach) and the quantity, times the share signed."""
        lp, g, sid, mid = self.lp, self.party(spec), spec["supplier"], supplier["material"]
        target = self.supplier_target(sid, g)
        honoured = self.smallest("contracts", target)
        quantity = self.rates(spec["quantity"], mid)
        price = self.prices(spec.get("price", 0), mid)
        breach_price = self.prices(spec["breach_price"], mid) if "breach_price" in spec else price
        minimum = self.units.fraction(spec.get("take_or_pay", 0))
        start = to_date(spec["start"]) if "start" in spec else None
        end = to_date(spec["end"]) if "end" in spec else None
        signed = Affine() if "sign" in spec else Affine(const=1.0)
        windows = self.window(spec["sign"]) if "sign" in spec else []
        spot, gate = self.smallest("spot", target), self.smallest("commitments", self.supplier_target(sid))
        self.sign.update({cid: []} if "sign" in spec else {})
        for t in self.periods:
            if t in windows:
                x = lp.var(f"sign[{cid},{t}]", min(spot[t], gate[t], 1.0))
                self.sign[cid].append(x)
                signed.add(x, 1.0)
            volume = quantity[t] * self.grid.share(t, start, end) * self.delta[t] * honoured[t]
            if volume == 0.0 or not (signed.terms or signed.const):
                continue
            lift = lp.var(f"lift[{cid},{t}]")
            use[t].add(lift, 1.0)
            self.ship(sid, supplier, g, t, lift, price[t], "contracts")
            lp.row(Affine({lift: 1.0}), "<=", Affine().plus(signed, volume))
            if minimum > 0.0:
                breach = lp.var(f"breach[{cid},{t}]")
                self.pay("breach", t, breach, breach_price[t])
                lp.row(Affine({lift: 1.0, breach: 1.0}), ">=", Affine().plus(signed, volume * minimum))
        if self.sign.get(cid):
            lp.row(Affine(dict.fromkeys(self.sign[cid], 1.0)), "<=", 1.0)

    def process(self, pid: str, spec: Json) -> None:
        """Activity within capacity; inputs out of and outputs into the party's balances."""
        g = self.party(spec)
        alpha = self.factor("capacity", self.process_target(pid))
        for t in self.periods:
            x = self.lp.var(f"activity[{pid},{t}]")
            if ("processes", pid, t) in self.capacity:
                room = Affine().plus(self.capacity["processes", pid, t], alpha[t] * self.delta[t])
                self.lp.row(Affine({x: 1.0}), "<=", room)
            elif alpha[t] == 0.0:
                self.lp.upper[x] = 0.0
            for mid, ratio in (spec.get("inputs") or {}).items():
                self.flow((mid, g, t)).add(x, -float(ratio))
            for mid, ratio in (spec.get("outputs") or {}).items():
                self.flow((mid, g, t)).add(x, float(ratio))
            self.pay("process", t, x, self.units.price(spec.get("cost", 0), None), "process", g)
            self.emitted.append((g, t, x, float(spec.get("emissions", 0))))

    def route(self, rid: str, spec: Json) -> None:
        """Transfers between parties: one capacity over all materials, loss on arrival."""
        lag = self.units.duration(spec.get("lead_time", 0))
        keep = 1.0 - self.units.fraction(spec.get("loss", 0))
        first = spec["materials"][0]
        room = self.rates(spec["capacity"], first) if "capacity" in spec else None
        for t in self.periods:
            total = Affine()
            for mid in spec["materials"]:
                x = self.lp.var(f"transfer[{rid},{mid},{t}]")
                own, base = (self.units.materials[m].get("unit", "t") for m in (mid, first))
                total.add(x, MASS[own] / MASS[base] if own in MASS and base in MASS else 1.0)
                self.flow((mid, spec["from"], t)).add(x, -1.0)
                inside = 0.0
                for u, part in self.grid.spread(t, lag):
                    self.flow((mid, spec["to"], u)).add(x, part * keep)
                    inside += part
                cost = self.units.price(spec.get("cost", 0), mid) * (inside if self.conv.route_cost_prorated else 1.0)
                self.pay("transport", t, x, cost, "transport", spec["to"])
            if room is not None:
                self.lp.row(total, "<=", room[t] * self.delta[t])

    def stockpile(self, kid: str, spec: Json) -> None:
        """Levels at period ends, fills and draws, floors, release and the final stock."""
        lp, g, mid = self.lp, self.party(spec), spec["material"]

        def amount(value: Any) -> float:
            return self.stock_amount(value, g, mid)

        initial = amount(spec.get("initial", 0))
        capacity = amount(spec["capacity"]) if "capacity" in spec else np.inf
        keep = 1.0 - self.units.fraction(spec.get("loss", 0))
        floor = self.series(spec["floor"], amount) if "floor" in spec else None
        most = {way: self.units.rate(spec[way], mid) if way in spec else np.inf for way in ("max_draw", "max_fill")}
        cost = {c: self.units.price(spec.get(c, 0), mid) for c in ("holding_cost", "draw_cost", "fill_cost")}
        drawable = self.factor("draw", {"materials": {mid}, "parties": {g}})
        release = to_date(spec["release"]) if "release" in spec else None
        self.stock[kid] = []
        for t in self.periods:
            open_share = self.grid.share(t, release, None) * drawable[t]
            out_limit = 0.0 if open_share == 0.0 else most["max_draw"] * open_share * self.delta[t]
            fill = lp.var(f"fill[{kid},{t}]", most["max_fill"] * self.delta[t])
            draw = lp.var(f"draw[{kid},{t}]", out_limit)
            level = lp.var(f"stock[{kid},{t}]", capacity)
            before = Affine({self.stock[kid][-1]: 1.0}) if t else Affine(const=initial)
            lp.row(Affine({level: 1.0, fill: -1.0, draw: 1.0}), "=", Affine().plus(before, keep ** self.delta[t]))
            self.stock[kid].append(level)
            self.flow((mid, g, t)).add(draw, 1.0).add(fill, -1.0)
            self.pay("storage", t, level, cost["holding_cost"] * self.delta[t], "storage", g)
            self.pay("storage", t, draw, cost["draw_cost"], "storage", g)
            self.pay("storage", t, fill, cost["fill_cost"], "storage", g)
            if floor is not None and floor[t] > 0.0:
                left = Affine({level: 1.0})
                if "floor_penalty" in spec:
                    below = lp.var(f"below_floor[{kid},{t}]")
                    left.add(below, 1.0)
                    penalty = self.units.price(spec["floor_penalty"], mid)
                    self.pay("policy_penalties", t, below, penalty * self.delta[t])
                lp.row(left, ">=", floor[t])
        final = spec.get("final") or {}
        last = self.stock[kid][-1]
        if "min" in final:
            lp.row(Affine({last: 1.0}), ">=", initial if final["min"] == "initial" else amount(final["min"]))
        if "value" in final:
            value = self.units.price(final["value"], mid) * self.discount(self.grid.years)
            lp.costs["final_stock_value"].add(last, -value)

    def demand(self, nid: str, spec: Json) -> None:
        """Served with the own material or substitutes, or short at a rising cost; served units return as scrap."""
        lp, g, mid = self.lp, self.party(spec), spec["material"]
        factor = self.factor("demand", {"materials": {mid}, "parties": {g}})
        quantity = self.rates(spec["quantity"], mid)
        wanted = [quantity[t] * factor[t] * self.delta[t] for t in self.periods]
        tiers = spec.get("shortage", [])
        tiers = tiers if isinstance(tiers, list) else [{"cost": tiers}]
        shares = self.widths([self.units.fraction(x["share"]) if "share" in x else np.inf for x in tiers])
        substitutes: Json = spec.get("substitutes") or {}
        returns = spec.get("returns")
        self.served[nid], self.wanted[nid], self.short[nid] = [], wanted, []
        for t in self.periods:
            own = lp.var(f"serve[{nid},{mid},{t}]")
            self.flow((mid, g, t)).add(own, -1.0)
            served = Affine({own: 1.0})
            for other, sub in substitutes.items():
                since = to_date(sub["from"]) if "from" in sub else None
                limit = self.units.fraction(sub.get("max_share", 1.0)) * self.grid.share(t, since, None) * wanted[t]
                x = lp.var(f"serve[{nid},{other},{t}]", limit)
                ratio = float(sub.get("ratio", 1.0))
                self.flow((other, g, t)).add(x, -ratio)
                if self.conv.substitute_cost_per == "served":
                    cost = self.units.price(sub.get("cost", 0), mid)
                else:
                    cost = self.units.price(sub.get("cost", 0), other) * ratio
                self.pay("process", t, x, cost, "process", g)
                served.add(x, 1.0)
            total = Affine().plus(served)
            for i, tier in enumerate(tiers):
                x = lp.var(f"shortage[{nid},{i},{t}]", shares[i] * wanted[t] if np.isfinite(shares[i]) else np.inf)
                self.pay("shortage", t, x, self.units.price(tier["cost"], mid))
                total.add(x, 1.0)
                self.short[nid].append(x)
            lp.row(total, "=", wanted[t])
            if "min_service" in spec:
                lp.row(served, ">=", self.units.fraction(spec["min_service"]) * wanted[t])
            if returns:
                source = served if self.conv.returns_of_substitutes else Affine({own: 1.0})
                for u, part in self.grid.spread(t, self.units.duration(returns.get("after", 0))):
                    self.flow((returns["material"], g, u)).plus(source, part * float(returns.get("ratio", 1.0)))
            self.served[nid].append(served)

    # ---------------------------------------------------------------------------------------------------- policies
    def policy(self, spec: Json) -> None:
        """One policy: its periods, its groups, its rows."""
        start = to_date(spec["from"]) if "from" in spec else None
        end = to_date(spec["until"]) if "until" in spec else None
        inside = [t for t in self.periods if self.grid.share(t, start, end) > 0.5]
        per = spec.get("per", "period")
        groups: dict[int, list[int]] = {}
        for t in inside:
            key = {"period": t, "year": self.grid.begin[t].year, "total": 0}[per]
            groups.setdefault(key, []).append(t)
        parties = spec.get("parties") or self.parties
        kind = spec["kind"]
        if kind in ("stock_limit", "min_cover"):
            groups = {t: [t] for t in inside}
        for group in groups.values():
            for bounded, sense, right, material in getattr(self, "policy_" + kind)(spec, group, parties):
                left = bounded
                if "penalty" in spec:
                    excess = self.lp.var(f"violation[{kind},{group[-1]}]")
                    left = Affine().plus(bounded).add(excess, -1.0 if sense == "<=" else 1.0)
                    last = group[-1] if self.conv.penalty_discount == "row" else inside[-1]
                    self.pay("policy_penalties", last, excess, self.units.price(spec["penalty"], material))
                self.lp.row(left, sense, right)

    def policy_max_share(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Part of one origin in everything shipped, for each material and party."""
        share, rows = self.units.fraction(spec["share"]), []
        for mid in spec.get("materials") or self.part("materials"):
            for g in parties:
                total = Affine()
                parts: dict[str, Affine] = {}
                for sid, who, t, x in self.shipped:
                    supplier = self.s["suppliers"][sid]
                    if who == g and t in group and supplier["material"] == mid:
                        country = supplier.get("country", "")
                        name = {"supplier": sid, "country": country, "origin": supplier.get("origin", country)}[spec["by"]]
                        total.add(x, share)
                        if "of" in spec and self.conv.of_combined and name in spec["of"]:
                            name = spec["of"][0]
                        parts.setdefault(name, Affine()).add(x, 1.0)
                for name, part in parts.items():
                    if name in spec.get("of", parts):
                        rows.append((part.plus(total, -1.0), "<=", 0.0, mid))
        return rows

    def policy_budget(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Undiscounted money by due date; what belongs to no party counts unless parties are named."""
        left = Affine()
        for cover, party, t, money in self.spend:
            ours = party in parties or (party is None and "parties" not in spec)
            if cover in spec["covers"] and t in group and ours:
                left.plus(money)
        return [(left, "<=", self.units.money(spec["limit"]), None)]

    def policy_max_emissions(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Tonnes CO2e of what suppliers ship and processes do."""
        left = Affine()
        for party, t, x, per_unit in self.emitted:
            if party in parties and t in group:
                left.add(x, per_unit)
        return [(left, "<=", self.units.amount(spec["limit"], None), None)]

    def policy_stock_limit(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Sum of levels at the end of the period."""
        left, piles = Affine(), self.part("stockpiles")
        named = [k for k in spec.get("stockpiles") or piles if self.party(piles[k]) in parties]
        for kid in named:
            left.add(self.stock[kid][group[0]], 1.0)
        first = piles[named[0]]["material"] if named else None
        return [(left, "<=", self.units.amount(spec["limit"], first), first)]

    def policy_min_service(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Served part of each demand, substitutes included."""
        share, rows, demands = self.units.fraction(spec["share"]), [], self.part("demands")
        for nid in spec.get("demands") or demands:
            if self.party(demands[nid]) in parties:
                left = Affine()
                for t in group:
                    left.plus(self.served[nid][t])
                rows.append((left, ">=", share * sum(self.wanted[nid][t] for t in group), demands[nid]["material"]))
        if self.conv.min_service_joint and rows:
            joint = Affine()
            for left, _, _, _ in rows:
                joint.plus(left)
            return [(joint, ">=", sum(r for _, _, r, _ in rows), rows[0][3])]
        return rows

    def policy_min_cover(self, spec: Json, group: list[int], parties: list[str]) -> list[tuple[Affine, str, float, str | None]]:
        """Stock of each party and material against days of its first-period demand."""
        number, unit = Units.split(spec["days"])
        years = number * (YEARS[unit] if unit else YEARS["days"])
        rows = []
        for mid in spec.get("materials") or self.part("materials"):
            for g in parties:
                left = Affine()
                for kid, pile in self.part("stockpiles").items():
                    if pile["material"] == mid and self.party(pile) == g:
                        left.add(self.stock[kid][group[0]], 1.0)
                rows.append((left, ">=", years * self.first_demand.get((g, mid), 0.0), mid))
        return rows


def solve(scenario: Json, conventions: Conventions | None = None) -> Result:
    """Build and solve the linear program of one scenario."""
    model = Model(scenario, conventions or Conventions())
    model.build()
    status, x, gap = model.lp.solve()
    size = (sum(len(r) for r in model.lp.rows.values()), len(model.lp.names))
    if status != "optimal":
        return Result(status, size=size)

    def total(columns: list[int]) -> float:
        return float(sum(x[c] for c in columns))

    costs = {name: line.const + sum(v * x[c] for c, v in line.terms.items()) for name, line in model.lp.costs.items()}
    return Result(
        status,
        float(sum(costs.values())),
        {k: float(v) for k, v in costs.items()},
        {n: total(c) for n, c in model.short.items()},
        {e: total(c) for e, c in model.commit.items()},
        {k: [float(x[c]) for c in cs] for k, cs in model.stock.items()},
        {c: total(v) for c, v in model.sign.items()},
        gap,
        {name: float(x[i]) for i, name in enumerate(model.lp.names)},
        size,
    )


def main() -> None:
    """Print the result of each file named on the command line."""
    for path in sys.argv[1:]:
        result = solve(load(path))
        print(path, result.status, repr(result.total_cost), f"gap {result.gap:.1e}")
        for name, value in result.costs.items():
            if value:
                print(f"  {name:18s} {value:18.6f}")
        print("  shortage", result.shortage, "commit", result.commit, "signed", result.signed)


if __name__ == "__main__":
    main()
