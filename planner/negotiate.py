"""Where no plan can keep all rules: which ones contradict each other, and the cheapest way out.

Every rule that somebody could change is made elastic: one number a key, so that the answer reads like the scenario. How
far each moves counts against what is usual for it (a year's demand, a year's bill, the whole share) over how negotiable it
is. What nature, other parties or arithmetic set never moves: balances, ramps, the cutoff itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from planner.compile.setting import Setting
from planner.errors import Conflict, LimitError, NoPlanError, Relaxation, listed
from planner.scenario.changes import changed
from planner.scenario.load import Loaded
from planner.scenario.schema import Budget, MaxEmissions, MaxShare, MinCover, StockLimit, Stockpile
from planner.scenario.series import Series
from planner.scenario.units import DAYS_PER_YEAR
from planner.solver.certificate import certify
from planner.solver.elastic import Slack, with_added, with_slacks
from planner.solver.engine import SolverError
from planner.solver.highs import NoSolution, Solution, solve
from planner.solver.lower import LinearProgram, name_of
from planner.words import POLICY_KEYS, Path, Words, spans
from sourcing_lp.data import ServiceRow, ShareRow, SourcingData

NEGOTIABLE = {"policy": 1.0, "reserve": 0.5, "service": 0.2, "store": 0.1, "surplus": 0.1, "unmet": 0.05, "capacity": 0.01, "terms": 0.005}
"""How readily each kind of rule gives way; ``negotiable`` of a policy, stockpile or demand replaces it."""
MARGIN = 1e-8
"""A relaxed scenario gets so much more room than it needs, relative to its numbers, so that rounding cannot close it."""
_SPOKEN = ("policies", "stockpiles", "demands", "contracts", "projects", "events", "processes", "routes", "suppliers", "materials", "horizon")
"""In this order a conflict is told: what is most easily changed comes first."""
NOISE = 1e-9
"""A step below this, relative to what is usual, is rounding."""
STRUCTURAL = frozenset({"material_balance", "stock_balance", "capacity_ramp"})


@dataclass
class Lever:
    """A key that can give way, and the rows it sets."""

    path: Path
    kind: str
    negotiable: float
    usual: float
    """What a change of it is measured against, in units of the key."""
    unit: str
    sign: float
    """+1 where easing raises the number, -1 where it lowers it."""
    before: float | Series | None
    """The number as it stands; None where the key is absent."""
    adds_up: bool = False
    """Whether its rows ease one by one and the sum counts, instead of one number for all."""
    rows: dict[int, float] = field(default_factory=dict)
    """Units by which each row eases per unit of the key."""
    periods: dict[int, str] = field(default_factory=dict)

    @property
    def dotted(self) -> str:
        """The path as planners write it."""
        return ".".join(map(str, self.path))

    @property
    def price(self) -> float:
        """What one unit of the key costs in the negotiation."""
        return 1.0 / (self.negotiable * self.usual)


@dataclass(frozen=True)
class Settlement:
    """The cheapest way out: what to tell, and the keys to set."""

    relaxations: list[Relaxation]
    changes: dict[Path, Any]


def refusal(loaded: Loaded, data: SourcingData, program: LinearProgram, outcome: NoSolution, deadline: float | None = None) -> tuple[NoPlanError, Settlement]:
    """Why there is no plan, and the cheapest way to one.

    Args:
        loaded: The scenario.
        data: What it compiles to.
        program: What that lowers to.
        outcome: What the solver said of it.
        deadline: Value of ``time.monotonic()`` at which the negotiation gives up.

    Returns:
        The error to raise, and the settlement; empty where the scenario is unbounded or nothing helps.
    """
    words = Words(Setting(loaded.scenario, loaded.calendar))
    if outcome.status == "unbounded":
        text = "the scenario is unbounded: some price makes money from nothing"
        return NoPlanError("unbounded", text, money_from_nothing(loaded, words, program, outcome)), Settlement([], {})
    conflicts = _conflicts(loaded, words, program, outcome.rows)
    text = "the scenario is infeasible: no plan can keep all of its rules"
    text += "" if conflicts else "; which of them contradict each other could not be found in the time allowed"
    try:
        settlement = _Negotiation(loaded, data, program, words, deadline).settle()
        text += "" if settlement.relaxations else "; nothing that is negotiable helps"
    except LimitError:
        settlement = Settlement([], {})
        text += "; the time limit came before a way out was found"
    except SolverError:
        settlement = Settlement([], {})
        text += "; the solver found no way out"
    return NoPlanError("infeasible", text, conflicts, settlement.relaxations), settlement


def relaxed(loaded: Loaded, settlement: Settlement) -> Loaded:
    """The scenario with the keys of a settlement set."""
    return changed(loaded, settlement.changes)


def _conflicts(loaded: Loaded, words: Words, program: LinearProgram, rows: Iterable[int]) -> list[Conflict]:
    """The conflicting rows by the key that sets them; what only ties them together comes last."""
    groups: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        key = program.rows[row]
        groups.setdefault((key[0], words.rule(key).dotted), []).append(row)
    found = []
    for (name, dotted), members in groups.items():
        rule = words.rule(program.rows[members[0]])
        indices = [index for _, index in (program.rows[row] for row in members) if isinstance(index, tuple)]
        labels = [str(index[-1]) for index in indices]
        items = [item for item in dict.fromkeys(words.item(program.rows[row]) for row in members) if item]
        meaning = rule.words + (f" ({listed(items)})" if items else "")
        names = tuple(name_of(program.rows[row]) for row in members)
        found.append(Conflict(name, meaning, names, dotted, str(loaded.mark(*rule.path)), spans(loaded.calendar, labels), name in STRUCTURAL))
    return sorted(found, key=lambda conflict: (conflict.structural, _SPOKEN.index(conflict.path.split(".", 1)[0])))


def money_from_nothing(loaded: Loaded, words: Words, program: LinearProgram, outcome: NoSolution) -> list[Conflict]:
    """The prices that earn in what can grow without end, the largest first."""
    found: dict[str, tuple[float, Conflict]] = {}
    for column, growth in zip(outcome.columns, outcome.ray, strict=True):
        earns = -program.cost[column] * growth
        if earns <= 0:
            continue
        path, meaning = words.earning(program.columns[column])
        dotted = ".".join(map(str, path))
        before = found.get(dotted)
        names = (*(before[1].rows if before else ()), name_of(program.columns[column]))
        conflict = Conflict("money from nothing", meaning, names, dotted, str(loaded.mark(*path)))
        found[dotted] = (earns + (before[0] if before else 0.0), conflict)
    return [conflict for _, conflict in sorted(found.values(), key=lambda entry: -entry[0])]


class _Negotiation:
    """The elastic program of one infeasible scenario."""

    def __init__(self, loaded: Loaded, data: SourcingData, program: LinearProgram, words: Words, deadline: float | None) -> None:
        self.loaded, self.data, self.program, self.words = loaded, data, program, words
        self.scenario, self.setting, self.deadline = loaded.scenario, words.setting, deadline
        self.share_rows: dict[int, ShareRow] = {}
        self.binding: dict[int, list[int]] = {}
        self.levers = self._levers()

    def settle(self) -> Settlement:
        """Find how far each key must move."""
        steps = self._smallest_steps()
        if steps is None:
            return Settlement([], {})
        steps = self._with_exact_shares(steps)
        eased = self._where(steps)
        order = sorted(steps, key=lambda place: -self.levers[place].price * steps[place])
        changes: dict[Path, Any] = {}
        for place in order:
            changes |= self._edits(self.levers[place], steps[place], eased[place])
        return Settlement([self._told(self.levers[place], steps[place], eased[place]) for place in order], changes)

    # what can give way

    def _levers(self) -> list[Lever]:
        found: dict[Path, Lever] = {}
        policies = {row.key: row for rows in _policy_rows(self.data) for row in rows}
        for row, (name, index) in enumerate(self.program.rows):
            parts = index if isinstance(index, tuple) else (index,)
            if name in POLICY_KEYS:
                made = self._policy(policies[parts], name)
                if isinstance(policies[parts], ShareRow):
                    self.share_rows[row] = policies[parts]
            else:
                maker = _MAKERS.get(name)
                made = maker(self, parts) if maker is not None else None
            if made is None:
                continue
            lever, step = made
            if lever.negotiable <= 0 or step <= 0:
                continue
            lever = found.setdefault(lever.path, lever)
            lever.rows[row] = step
            lever.periods[row] = str(parts[-1]) if isinstance(index, tuple) else ""
        return list(found.values())

    def _policy(self, row: Any, name: str) -> tuple[Lever, float] | None:
        policy = self.scenario.policies[row.policy]
        if row.penalty is not None:
            return None
        path: Path = ("policies", row.policy, POLICY_KEYS[name])
        ready = NEGOTIABLE["policy"] if policy.negotiable is None else policy.negotiable
        sign = -1.0 if name in ("min_cover", "service_level") else 1.0
        if isinstance(policy, Budget):
            usual, unit, before, step = max(policy.limit, self._bill), self.scenario.money.currency, policy.limit, 1.0
        elif isinstance(policy, MaxEmissions):
            usual, unit, before, step = max(policy.limit, self._emissions), "t CO2e", policy.limit, 1.0
        elif isinstance(policy, StockLimit):
            material = self.scenario.stockpiles[policy.stockpiles[0]].material
            usual, unit, before, step = max(policy.limit, self._volume(material)), self._unit(material), policy.limit, 1.0
        elif isinstance(policy, MinCover):
            rate = self.setting.yearly_demand.get(tuple(row.item.split(".", 1)), 0.0)
            usual, unit, before, step = DAYS_PER_YEAR, "days", policy.days, rate / DAYS_PER_YEAR
        elif isinstance(policy, MaxShare):
            usual, unit, before, step = 1.0, "share", policy.share, self._shipped_about(row)
        else:
            assert isinstance(row, ServiceRow)
            wanted = sum(self.data.demand.demand.get((row.demand, t), 0.0) for t in row.window.periods)
            usual, unit, before, step = 1.0, "share", policy.share, wanted
        return Lever(path, "policy", ready, usual, unit, sign, before), step

    def _floor(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        pile = self.scenario.stockpiles[parts[0]]
        if pile.floor is None or pile.floor_penalty is not None:
            return None
        return self._of_store(parts[0], ("floor",), "reserve", -1.0, self._floor_series(parts[0])), 1.0

    def _floor_series(self, key: str) -> Series:
        """The floor in units, period by period."""
        return Series(tuple((period.start, self.data.stock.floor.get((key, period.label), 0.0)) for period in self.setting.periods))

    def _final(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        return self._of_store(parts[0], ("final", "min"), "reserve", -1.0, self.data.stock.final_min[parts[0]]), 1.0

    def _store(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        key = parts[0]
        standing = self.data.stock.capacity[key, self.setting.periods[0].label]
        pile = self.scenario.stockpiles[key]
        assert pile.capacity is not None
        own = pile.capacity.units + pile.capacity.years * self.setting.yearly_demand.get((pile.material, pile.party), 0.0)
        return self._of_store(key, ("capacity",), "store", 1.0, own if own else standing), 1.0

    def _fill(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        lever = self._of_store(parts[0], ("max_fill",), "store", 1.0, self.scenario.stockpiles[parts[0]].max_fill)
        lever.unit += "/yr"
        return lever, self.data.time.years[parts[1]]

    def _draw(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        rate = self.scenario.stockpiles[parts[0]].max_draw
        if not rate:
            return None
        lever = self._of_store(parts[0], ("max_draw",), "store", 1.0, rate)
        lever.unit += "/yr"
        return lever, self.data.stock.max_draw[parts] / rate

    def _of_store(self, key: str, tail: Path, kind: str, sign: float, before: float | Series | None) -> Lever:
        pile = self.scenario.stockpiles[key]
        ready = NEGOTIABLE[kind] if pile.negotiable is None else pile.negotiable
        return Lever(("stockpiles", key, *tail), kind, ready, self._volume(pile.material), self._unit(pile.material), sign, before)

    def _served(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        demand = self.scenario.demands[parts[0]]
        ready = NEGOTIABLE["service"] if demand.negotiable is None else demand.negotiable
        step = self.data.demand.demand[parts]
        return Lever(("demands", parts[0], "min_service"), "service", ready, 1.0, "share", -1.0, demand.min_service), step

    def _unmet(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        demand = self.scenario.demands[parts[0]]
        ready = NEGOTIABLE["unmet"] if demand.negotiable is None else demand.negotiable
        lever = Lever(("demands", parts[0], "shortage"), "unmet", ready, self._volume(demand.material), self._unit(demand.material), 1.0, None, adds_up=True)
        return lever, 1.0

    def _surplus(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        material = parts[0]
        if self.scenario.materials[material].disposal_cost is not None:
            return None
        path = ("materials", material, "disposal_cost")
        return Lever(path, "surplus", NEGOTIABLE["surplus"], self._volume(material), self._unit(material), 1.0, None, adds_up=True), 1.0

    def _supplier(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        supplier = self.scenario.suppliers[parts[0]]
        lever = self._capacity(("suppliers", parts[0], "capacity"), supplier.material, supplier.capacity)
        return lever, self.data.time.years[parts[1]] * self.data.supply.availability[parts]

    def _tier(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        s, j, t = parts
        quantity = self.scenario.suppliers[s].tiers[j - 1].quantity
        lever = self._capacity(("suppliers", s, "price", "tiers", j - 1, "quantity"), self.scenario.suppliers[s].material, quantity)
        return lever, self.data.time.years[t]

    def _process(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        process = self.scenario.processes[parts[0]]
        if process.capacity is None:
            return None
        lever = self._capacity(("processes", parts[0], "capacity"), self.data.conversion.material[parts[0]], process.capacity)
        return lever, self.data.time.years[parts[1]] * self.data.conversion.availability[parts]

    def _route(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        route = self.scenario.routes[parts[0]]
        return self._capacity(("routes", parts[0], "capacity"), route.materials[0], route.capacity), self.data.time.years[parts[1]]

    def _project(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        most = self.data.ramp.size_max[parts[0]]
        return self._capacity(("projects", parts[0], "size", "max"), self.data.ramp.material[parts[0]], most), 1.0

    def _contract(self, parts: tuple[Any, ...]) -> tuple[Lever, float] | None:
        contract = self.scenario.contracts[parts[0]]
        if contract.sign is not None:
            # an eased row would deliver what nobody signed
            return None
        quantity = self.setting.mean(contract.quantity, self.setting.calendar.named(parts[1]))
        lever = self._capacity(("contracts", parts[0], "quantity"), self.scenario.suppliers[contract.supplier].material, contract.quantity, "terms")
        return lever, self.data.contracts.volume[parts] / quantity

    def _substitute(self, parts: tuple[Any, ...]) -> tuple[Lever, float]:
        n, m, _ = parts
        share = self.scenario.demands[n].substitutes[m].max_share
        path: Path = ("demands", n, "substitutes", m, "max_share")
        return Lever(path, "terms", NEGOTIABLE["terms"], 1.0, "share", 1.0, share), self.data.demand.substitute_limit[parts] / share

    def _capacity(self, path: Path, material: str, before: float | Series | None, kind: str = "capacity") -> Lever:
        own = max(before.values) if isinstance(before, Series) else before
        return Lever(path, kind, NEGOTIABLE[kind], own or self._volume(material), f"{self._unit(material)}/yr", 1.0, before)

    # what is usual

    def _unit(self, material: str) -> str:
        return self.scenario.materials[material].unit if material in self.scenario.materials else "unit"

    @cached_property
    def _volumes(self) -> dict[str, float]:
        """Yearly demand for each material, else what can be shipped, else what is in store."""
        found: dict[str, float] = {}
        for (material, _), rate in self.setting.yearly_demand.items():
            found[material] = found.get(material, 0.0) + rate
        for supplier in self.scenario.suppliers.values():
            if not found.get(supplier.material):
                found[supplier.material] = max(supplier.capacity.values)
        for key, pile in self.scenario.stockpiles.items():
            if not found.get(pile.material):
                found[pile.material] = self.data.stock.initial[key]
        return found

    def _volume(self, material: str) -> float:
        return self._volumes.get(material) or float(np.median([rate for rate in self._volumes.values() if rate] or [1.0]))

    @cached_property
    def _bill(self) -> float:
        """What a year's demand costs at the dearest prices."""
        prices: dict[str, float] = {}
        for supplier in self.scenario.suppliers.values():
            prices[supplier.material] = max(prices.get(supplier.material, 0.0), *supplier.tiers[-1].price.values)
        return sum(price * self._volume(material) for material, price in prices.items()) or 1.0

    @cached_property
    def _emissions(self) -> float:
        return sum(supplier.emissions * self._volume(supplier.material) for supplier in self.scenario.suppliers.values()) or 1.0

    def _shipped_about(self, row: ShareRow) -> float:
        """What ships in the window of a share, about: what is wanted then."""
        wanted = self.data.demand
        total = sum(
            wanted.demand.get((n, t), 0.0) for n, m in wanted.material.items() if (m, wanted.party[n]) == (row.material, row.party) for t in row.window.periods
        )
        years = sum(self.data.time.years[t] for t in row.window.periods)
        return total or years * self._volume(row.material)

    # how far

    def _solve(self, program: LinearProgram) -> Solution | None:
        """A proven optimum; None where there is none."""
        left = None if self.deadline is None else self.deadline - time.monotonic()
        outcome = solve(program, left, accept=lambda solution: certify(program, solution).passed)
        if isinstance(outcome, NoSolution):
            return None
        if outcome.attempts and not outcome.attempts[-1].accepted:
            raise SolverError("the smallest relaxation could not be proven")
        return outcome

    def _smallest_steps(self, within: Mapping[int, float] | None = None) -> dict[int, float] | None:
        """By lever: how far it must move at least, in units of its key; only those that move.

        Args:
            within: Steps that are enough. Those of shares are taken as they are, the others made smaller where they can be.
        """
        shares = {place: step for place, step in (within or {}).items() if self._is_share(place)}
        slacks, owner = [], []
        for place, lever in enumerate(self.levers):
            if place in shares or (within is not None and place not in within):
                continue
            most = np.inf if within is None or lever.adds_up else within[place] / lever.usual + MARGIN
            parts: list[Mapping[int, float]] = [{row: 1.0} for row in lever.rows] if lever.adds_up else [lever.rows]
            for rows in parts:
                # counted in what is usual
                eases = {row: step * lever.usual for row, step in rows.items()}
                slacks.append(Slack(("eased", (lever.dotted, *(rows if lever.adds_up else ()))), eases, lever.price * lever.usual, most))
                owner.append(place)
        solution = self._solve(with_slacks(self._with_shares({place: step + MARGIN for place, step in shares.items()}), slacks))
        if solution is None:
            return None
        steps = dict(shares)
        for place, part in zip(owner, solution.x[len(self.program.columns) :], strict=True):
            if part > NOISE:
                steps[place] = steps.get(place, 0.0) + float(part) * self.levers[place].usual
        return steps

    def _with_exact_shares(self, steps: dict[int, float]) -> dict[int, float]:
        """Make each share as small as it can be, one after the other; the other keys need less, if anything, beside it.

        A share of what ships is no linear rule: the first steps only ease it by tonnes.
        """
        exact: dict[int, float] = {}
        for place in steps:
            if self._is_share(place):
                exact[place] = self._smallest_share(place, steps, exact)
        if not exact:
            return steps
        steps = {place: step for place, step in {**steps, **exact}.items() if place not in exact or step > NOISE}
        return (self._smallest_steps(steps) or steps) if any(place not in exact for place in steps) else steps

    def _is_share(self, place: int) -> bool:
        return any(row in self.share_rows for row in self.levers[place].rows)

    def _with_shares(self, shares: Mapping[int, float]) -> LinearProgram:
        """The program with shares raised by so much."""
        entries: dict[tuple[int, int], float] = {}
        for place, step in shares.items():
            for row in self.levers[place].rows:
                entries.update(dict.fromkeys(((row, column) for column in self.totals[row]), -step))
        return with_added(self.program, entries) if entries else self.program

    def _allowed(self, steps: Mapping[int, float]) -> list[tuple[int, Slack]]:
        """Further columns that ease each row as far as the steps allow."""
        found = []
        for place, step in steps.items():
            lever = self.levers[place]
            for row, ease in lever.rows.items():
                size = lever.usual * ease
                most = np.inf if lever.adds_up else step * ease * (1 + MARGIN) + 1e-9 * size
                found.append((place, Slack(("eased", (lever.dotted, row)), {row: size}, lever.price * lever.usual, most / size)))
        return found

    def _where(self, steps: Mapping[int, float]) -> dict[int, dict[int, float]]:
        """By lever and row: by how many units it is eased, as little in sum as the steps allow."""
        shares = {place: step + MARGIN for place, step in steps.items() if self._is_share(place)}
        others = {place: step for place, step in steps.items() if place not in shares}
        found = self._eased(self._with_shares(shares), self._allowed(others))
        for place in others:
            # every row may be eased as far as its key moves
            found.setdefault(place, {row: steps[place] * ease for row, ease in self.levers[place].rows.items()})
        for place in shares:
            found[place] = {row: steps[place] * self.levers[place].rows[row] for row in self.binding.get(place, self.levers[place].rows)}
        return found

    def _eased(self, program: LinearProgram, allowed: Sequence[tuple[int, Slack]]) -> dict[int, dict[int, float]]:
        """By lever and row: units by which it must be eased; nothing where that cannot be found."""
        try:
            solution = self._solve(with_slacks(program, [slack for _, slack in allowed])) if allowed else None
        except SolverError:
            solution = None
        if solution is None:
            return {}
        found: dict[int, dict[int, float]] = {}
        for (place, slack), part in zip(allowed, solution.x[len(self.program.columns) :], strict=True):
            ((row, size),) = slack.eases.items()
            if part > NOISE:
                found.setdefault(place, {})[row] = float(part) * size
        return found

    def _smallest_share(self, place: int, steps: Mapping[int, float], exact: Mapping[int, float]) -> float:
        """How far a share must rise: Newton's method on what is missing at a share, between what was asked and all.

        Args:
            place: The lever.
            steps: Steps that are enough.
            exact: Shares that are known already.
        """
        rows = self.levers[place].rows
        asked = self.share_rows[next(iter(rows))].share
        others = [slack for _, slack in self._allowed({other: step for other, step in steps.items() if other != place and other not in exact})]
        fixed = {other: step + MARGIN for other, step in exact.items()}
        # a change of the share by less than ``least`` cannot be told from rounding
        low, high, guess, least, easily = asked, 1.0, asked, 1e-9, False
        for _ in range(60):
            try:
                missing, slope = self._missing(place, {**fixed, place: guess - asked}, others)
            except SolverError:
                break
            if slope < 0:
                least = max(least, 10 * NOISE / -slope)
            least = max(least, 1e-6 * (high - asked))
            if missing > NOISE:
                low, newton = guess, guess - missing / slope if slope < 0 else high
                guess, easily = min(newton, high - least), False
            else:
                # a little less must not do; where it does, Newton's step went too far
                high, guess, easily = guess, (low + guess) / 2 if easily else guess - least, True
            if high - low <= 2 * least or guess <= low:
                break
        return high - asked

    def _missing(self, place: int, shares: Mapping[int, float], others: Sequence[Slack]) -> tuple[float, float]:
        """By how much, of what ships about, the rows of a share cannot be kept, and how fast that falls while the share rises."""
        rows = self.levers[place].rows
        slacks = [*(replace(slack, cost=0.0) for slack in others), Slack(("missing", None), dict(rows), 1.0)]
        solution = self._solve(with_slacks(self._with_shares(shares), slacks))
        if solution is None:
            return 0.0, 0.0
        slope = sum(float(solution.y[row] * solution.x[self.totals[row]].sum()) for row in rows)
        if solution.x[-1] > NOISE:
            self.binding[place] = [row for row, about in rows.items() if -solution.y[row] * about > 1e-6]
        return float(solution.x[-1]), slope

    @cached_property
    def totals(self) -> dict[int, list[int]]:
        """By row of a share: the columns of all that ships there."""
        return {row: self._columns_of(share) for row, share in self.share_rows.items()}

    def _columns_of(self, row: ShareRow) -> list[int]:
        """Columns of all that ships to the party in the window."""
        suppliers, periods = set(row.all_suppliers), set(row.window.periods)
        found = []
        for column, (name, index) in enumerate(self.program.columns):
            if name == "purchase":
                s, _, g, t = index
            elif name == "lift":
                c, t = index
                s, g = self.data.contracts.supplier[c], self.data.contracts.party[c]
            else:
                continue
            if s in suppliers and g == row.party and t in periods:
                found.append(column)
        return found

    # what to say and to set

    def _told(self, lever: Lever, step: float, rows: Mapping[int, float]) -> Relaxation:
        when = spans(self.setting.calendar, [lever.periods[row] for row in (rows or lever.rows)])
        before = _single(lever.before)
        after = None if before is None else float(f"{max(0.0, before + lever.sign * step):.12g}")
        text = self._change(lever, step, rows, when)
        if rows and before is not None and not isinstance(lever.before, Series):
            text += self._needed_for(rows, when)
        return Relaxation(lever.dotted, text, step, lever.unit, None if after is None else before, after, when, str(self.loaded.mark(*lever.path)))

    def _needed_for(self, rows: Iterable[int], when: str) -> str:
        """Whom and when a number must give way for."""
        items = dict.fromkeys(self.words.item(self.program.rows[row]) for row in rows)
        whom = f" for {listed(items)}" if all(items) else ""
        then = f" in {when}" if when and len(self.setting.periods) > 1 else ""
        return f", needed{whom}{then}" if whom or then else ""

    def _change(self, lever: Lever, step: float, rows: Mapping[int, float], when: str) -> str:
        """The change in words; its numbers are those that ``_edits`` sets, a little beyond what is needed."""
        if lever.kind == "unmet":
            share = f"{_number(100 * self._unmet_share(rows))} %"
            part = f"{share} of it" if len(rows) == 1 else f"at most {share} of it in a period"
            return f"let {step:.7g} {lever.unit} ({part}) go unserved in {when}; 'shortage' does not allow it"
        if lever.kind == "surplus":
            return f"let {step:.7g} {lever.unit} be disposed of in {when}; without 'disposal_cost' nothing may be"
        before = _single(lever.before)
        if before is not None:
            after = _beyond(before, step, lever.sign)
            text = self._from_to(lever, before, after)
            return f"{text} in {when}" if isinstance(lever.before, Series) and len(self.setting.periods) > 1 else text
        step = _beyond(0.0, step, 1.0)
        text = f"{'raise' if lever.sign > 0 else 'lower'} by {_number(step)} {lever.unit} in {when}"
        assert isinstance(lever.before, Series)
        standing = {self.setting.mean(lever.before, self.setting.calendar.named(lever.periods[row])) for row in rows}
        if len(standing) != 1:
            return text
        before = standing.pop()
        return f"{text} ({self._from_to(lever, before, max(0.0, before + lever.sign * step))})"

    def _from_to(self, lever: Lever, before: float, after: float) -> str:
        if lever.unit == "share":
            return f"{_number(100 * before)} % → {_number(100 * after)} %"
        return f"{_number(before)} → {_number(after)} {lever.unit}{self._in_days(lever, before, after)}"

    def _in_days(self, lever: Lever, before: float, after: float) -> str:
        """The same in days, where the scenario counts a stockpile in days."""
        if lever.path[0] != "stockpiles" or lever.path[-1] not in ("floor", "min", "capacity"):
            return ""
        pile = self.scenario.stockpiles[str(lever.path[1])]
        rate = self.setting.yearly_demand.get((pile.material, pile.party), 0.0)
        if not rate or not self._counted_in_days(pile, str(lever.path[-1])):
            return ""
        return f"; {before / rate * DAYS_PER_YEAR:.5g} → {after / rate * DAYS_PER_YEAR:.5g} days"

    @staticmethod
    def _counted_in_days(pile: Stockpile, key: str) -> bool:
        if key == "floor":
            return pile.floor is not None and any(pile.floor.years.values)
        least = pile.final.min if key == "min" else pile.capacity
        return getattr(least, "years", 0.0) != 0

    def _edits(self, lever: Lever, step: float, rows: Mapping[int, float]) -> dict[Path, Any]:
        """Keys to set, with a little room."""
        if lever.kind == "unmet":
            return self._shortage_allowed(str(lever.path[1]), rows)
        if lever.kind == "surplus":
            return {lever.path: 0}
        before = _single(lever.before)
        if before is not None and not isinstance(lever.before, Series):
            after = _with_room(_beyond(before, step, lever.sign), lever.sign, before)
            return {lever.path: min(1.0, after) if lever.unit == "share" else after}
        assert isinstance(lever.before, Series)
        eased = {lever.periods[row] for row in rows}
        step = _beyond(0.0, step, 1.0)
        numbers = {}
        for period in self.setting.periods:
            standing = self.setting.mean(lever.before, period)
            numbers[period.start.isoformat()] = _with_room(max(0.0, standing + lever.sign * step), lever.sign, standing) if period.label in eased else standing
        return {lever.path: _without_repeats(numbers)}

    def _unmet_share(self, rows: Mapping[int, float]) -> float:
        """Largest part of a demand that goes unserved in one period, a little more than needed."""
        wanted = {row: self.data.demand.demand[self.program.rows[row][1]] for row in rows}
        most = max((units / wanted[row] for row, units in rows.items() if wanted[row] > 0), default=0.0)
        return min(1.0, _beyond(0.0, most, 1.0))

    def _shortage_allowed(self, key: str, rows: Mapping[int, float]) -> dict[Path, Any]:
        """Shortage up to the share that is needed, at a cost that lets nobody use it for gain."""
        demand = self.scenario.demands[key]
        share = min(1.0, _with_room(self._unmet_share(rows), 1.0, 1.0))
        dearest = max([1.0, *(max(tier.price.values) for supplier in self.scenario.suppliers.values() for tier in supplier.tiers)])
        tiers = [{"share": part, "cost": cost} for part, cost in demand.shortage_tiers if part is not None]
        cost = max([10 * dearest, *(tier["cost"] or 0.0 for tier in tiers)])
        note = f"relaxed: shortage had to be allowed; its cost of {cost:g}, ten times the dearest price, is an assumption that keeps it small"
        return {("demands", key, "shortage"): [*tiers, {"share": share, "cost": cost}], ("demands", key, "assumption"): note}


_MAKERS: dict[str, Callable[[_Negotiation, tuple[Any, ...]], tuple[Lever, float] | None]] = {
    "stock_floor": _Negotiation._floor,
    "final_stock": _Negotiation._final,
    "stock_capacity": _Negotiation._store,
    "fill_rate": _Negotiation._fill,
    "draw_rate": _Negotiation._draw,
    "min_service": _Negotiation._served,
    "demand_balance": _Negotiation._unmet,
    "material_balance": _Negotiation._surplus,
    "supplier_capacity": _Negotiation._supplier,
    "tier_limit": _Negotiation._tier,
    "process_capacity": _Negotiation._process,
    "route_capacity": _Negotiation._route,
    "project_size": _Negotiation._project,
    "contract_volume": _Negotiation._contract,
    "substitute_limit": _Negotiation._substitute,
}
"""What makes a constraint's rows give way; constraints that are absent never do."""


def _beyond(before: float, step: float, sign: float) -> float:
    """A number after a step, rounded away from where it stood: so that who types it has a plan. Five digits of the step stay."""
    after = max(0.0, before + sign * step)
    if step <= 0:
        return after
    unit = 10.0 ** (math.floor(math.log10(max(step, 1e-11 * abs(before)))) - 4)
    places = after / unit
    whole = round(places) if abs(places - round(places)) < 1e-5 else math.ceil(places) if sign > 0 else math.floor(places)
    return float(f"{whole * unit:.12g}")


def _with_room(after: float, sign: float, before: float) -> float:
    """A number with room for rounding."""
    return max(0.0, after + sign * MARGIN * max(after, abs(before)))


def _single(number: float | Series | None) -> float | None:
    """The number of a key that holds one."""
    if isinstance(number, Series):
        return number.values[0] if len(set(number.values)) == 1 and not number.growth else None
    return number


def _policy_rows(data: SourcingData) -> list[tuple[Any, ...]]:
    policy = data.policy
    return [policy.max_share, policy.budget, policy.max_emissions, policy.stock_limit, policy.min_cover, policy.service]


def _without_repeats(numbers: Mapping[str, float]) -> dict[str, float]:
    """A step map without steps that change nothing."""
    kept: dict[str, float] = {}
    last: float | None = None
    for day, value in numbers.items():
        if value != last:
            kept[day] = value
        last = value
    return kept


def _number(value: float) -> str:
    """A number as people write it."""
    value = float(f"{value:.9g}")
    if abs(value) >= 1e6:
        return f"{value:,.10g}" if value != round(value) else f"{value:,.0f}"
    return f"{value:.10g}"
