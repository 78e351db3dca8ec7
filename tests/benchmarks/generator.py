"""Makes sourcing scenarios of any size: as arrays, which peers start from, and as files in the scenario language.

Run: ``python tests/benchmarks/generator.py SIZE FOLDER [--linked] [--bare] [--processes] [--parties] [--tables] [--seed N]``. Every
material is a market of its own with suppliers, three of them with a project, a stockpile and demands; one country is cut off. What may
link markets: one capex budget over all (``linked``), processes that turn one material into the next within groups of five
(``processes``), and further parties that buy from the same suppliers and send to each other (``parties``). A ``bare`` market has
neither projects nor lead times.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

Floats = npt.NDArray[np.float64]

SIZES = {"S": (1, 20, 120, 5), "M": (10, 20, 120, 5), "L": (50, 40, 120, 8), "L3": (150, 40, 120, 8), "XL": (500, 40, 120, 8)}
"""Materials, suppliers of each, months, demands for each; L3 is three times L."""
PROJECTS = 3
"""Suppliers of each material that may grow."""
WINDOW = 36
"""Months in which projects may be decided."""
RATE = 0.04
"""Discount rate a year."""
CUT = 3
"""First month without sales of the country that is cut off."""
GROUP = 5
"""Materials that processes link."""
COUNTRIES = ("CN", "AU", "US", "MY", "VN", "FR", "CA", "BR")


@dataclass(frozen=True)
class Market:
    """Numbers of a scenario; ``m`` material, ``s`` supplier, ``e`` project of supplier ``e``, ``n`` demand, ``t, v`` months."""

    capacity: Floats
    """[m, s] units/yr."""
    price: Floats
    """[m, s] money/unit in the first year."""
    growth: Floats
    """[m, s] of the price, a year."""
    freight: Floats
    """[m, s] money/unit."""
    lead: npt.NDArray[np.int64]
    """[m, s] months."""
    country: npt.NDArray[np.int64]
    """[m, s] place in COUNTRIES; the first is cut off."""
    demand: Floats
    """[m, n] units/yr in the first year, grown by 3 % a year."""
    shortage: Floats
    """[m, n] money/unit."""
    size: Floats
    """[m, e] units/yr."""
    capex: Floats
    """[m, e] money per unit/yr."""
    fixed: Floats
    """[m, e] money per unit/yr and year."""
    delay: Floats
    """[m, e] years from commitment to first production."""
    full: Floats
    """[m, e] years from commitment to full production."""
    initial: Floats
    """[m] units in store."""
    draw: Floats
    """[m] units a month."""
    holding: Floats
    """[m] money per unit-year."""
    months: int
    budget: float | None
    """Capex a year over all materials, undiscounted."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(materials, suppliers, months, demands)."""
        return *self.capacity.shape, self.months, self.demand.shape[1]

    @property
    def discount(self) -> Floats:
        """[t] of the middle of each month."""
        return np.asarray((1 + RATE) ** -((np.arange(self.months) + 0.5) / 12))

    @property
    def unit_cost(self) -> Floats:
        """[m, s, t] price and freight, undiscounted."""
        year = np.arange(self.months) // 12
        return np.asarray(self.price[:, :, None] * (1 + self.growth[:, :, None]) ** year + self.freight[:, :, None])

    @property
    def wanted(self) -> Floats:
        """[m, n, t] units a month."""
        return np.asarray(self.demand[:, :, None] * 1.03 ** (np.arange(self.months) // 12) / 12)

    @property
    def ramp(self) -> Floats:
        """[m, e, v, t] mean share of nameplate in month t after a commitment at the start of month v."""
        after = (np.arange(self.months)[None, :] - np.arange(WINDOW)[:, None]) / 12
        delay, full = self.delay[:, :, None, None], self.full[:, :, None, None]

        def produced(years: Floats) -> Floats:
            """Integral of the ramp from the commitment on."""
            grown = np.clip(years, delay, full)
            return np.asarray((grown - delay) ** 2 / (2 * (full - delay)) + np.maximum(years - full, 0.0))

        return np.asarray((produced(after + 1 / 12) - produced(after)) * 12)

    @property
    def gated(self) -> npt.NDArray[np.bool_]:
        """[m, s, t] whether the cutoff closes the supplier."""
        return np.asarray((self.country == 0)[:, :, None] & (np.arange(self.months) >= CUT))

    @property
    def arrays(self) -> dict[str, Any]:
        """What peers start from, by name."""
        derived = {name: getattr(self, name) for name in ("discount", "unit_cost", "wanted", "ramp", "gated")}
        return {**vars(self), **derived, "budget": np.nan if self.budget is None else self.budget}


def make(materials: int, suppliers: int, months: int, demands: int, *, linked: bool = False, bare: bool = False, seed: int = 1) -> Market:
    """Numbers that leave every market short for some years."""
    random = np.random.default_rng(seed)

    def draw(low: float, high: float, *shape: int) -> Floats:
        return np.round(random.uniform(low, high, shape), 3)

    scale = np.round(10 ** random.uniform(1, 4, materials), 1)
    price = 10 ** random.uniform(0.5, 2.5, materials)
    demand = np.round(scale[:, None] * random.dirichlet(np.full(demands, 4.0), materials), 4)
    weight = random.dirichlet(np.full(suppliers, 1.0), materials)
    country = random.integers(1, len(COUNTRIES), (materials, suppliers))
    country[:, : max(1, suppliers // 4)] = 0
    market = Market(
        # a supplier without any capacity is none
        capacity=np.maximum(np.round(1.3 * scale[:, None] * weight, 4), 1e-4),
        price=np.round(price[:, None] * draw(0.8, 1.6, materials, suppliers), 3),
        growth=draw(0.0, 0.04, materials, suppliers),
        freight=np.round(price[:, None] * draw(0.005, 0.02, materials, suppliers), 3),
        lead=random.integers(0, 4, (materials, suppliers)),
        country=country,
        demand=demand,
        shortage=np.round(price[:, None] * draw(5.0, 40.0, materials, demands), 3),
        size=np.round(scale[:, None] * draw(0.1, 0.3, materials, PROJECTS), 3),
        capex=np.round(price[:, None] * draw(2.0, 6.0, materials, PROJECTS), 3),
        fixed=np.round(price[:, None] * draw(0.02, 0.1, materials, PROJECTS), 3),
        delay=draw(1.0, 2.0, materials, PROJECTS),
        full=draw(3.0, 5.0, materials, PROJECTS),
        initial=np.round(scale * draw(0.1, 0.3, materials), 3),
        draw=np.round(scale * draw(0.02, 0.05, materials), 3),
        holding=np.round(price * draw(0.01, 0.03, materials), 3),
        months=months,
        budget=float(np.round(0.15 * (scale * price).sum(), 1)) if linked else None,
    )
    return _bare(market) if bare else market


def _bare(market: Market) -> Market:
    """The market without projects and lead times."""
    without = {name: getattr(market, name)[:, :0] for name in ("size", "capex", "fixed", "delay", "full")}
    return replace(market, lead=np.zeros_like(market.lead), **without)


def projects_at(suppliers: int) -> range:
    """Places of the suppliers that may grow: the last ones, which are not cut off."""
    return range(suppliers - PROJECTS, suppliers)


def scenario(market: Market, *, processes: bool = False, parties: bool = False) -> dict[str, Any]:
    """The scenario of a market in the scenario language."""
    materials, suppliers, months, demands = market.shape
    who = ["home", "ally"] if parties else []
    found: dict[str, Any] = {
        "version": 1,
        "title": f"Benchmark: {materials} materials, {suppliers} suppliers each, {months} months, {demands} demands each",
        "horizon": {"start": "2026-01", "end": f"{2026 + months // 12}-{months % 12 + 1:02d}", "step": "month"},
        "money": {"currency": "USD", "discount_rate": RATE},
    }
    if parties:
        found["parties"] = {party: {} for party in who}
    for name in ("materials", "suppliers", "projects", "stockpiles", "demands"):
        found[name] = {}
    for m in range(materials):
        material = f"m{m}"
        found["materials"][material] = {"unit": "t"}
        for s in range(suppliers):
            found["suppliers"][f"m{m}_s{s}"] = {
                "material": material,
                "country": COUNTRIES[market.country[m, s]],
                "capacity": _number(market.capacity[m, s]),
                "price": {"start": _number(market.price[m, s]), "growth": _number(market.growth[m, s])},
                "freight": _number(market.freight[m, s]),
                "lead_time": f"{market.lead[m, s]} months",
            }
        for e, s in enumerate(projects_at(suppliers)[: market.size.shape[1]]):
            found["projects"][f"m{m}_p{e}"] = {
                "adds_to": f"m{m}_s{s}",
                "decide": {"earliest": "2026-01", "latest": "2028-12"},
                "size": {"max": _number(market.size[m, e])},
                "ramp": {"delay": f"{market.delay[m, e]:g} years", "full": f"{market.full[m, e]:g} years"},
                "capex": _number(market.capex[m, e]),
                "fixed_cost": _number(market.fixed[m, e]),
            }
        found["stockpiles"][f"m{m}_k"] = {
            "material": material,
            "initial": _number(market.initial[m]),
            "max_draw": f"{market.draw[m]:g} t/month",
            "holding_cost": _number(market.holding[m]),
            **({"party": who[0]} if parties else {}),
        }
        for n in range(demands):
            found["demands"][f"m{m}_d{n}"] = {
                "material": material,
                "quantity": {"start": _number(market.demand[m, n]), "growth": 0.03},
                "shortage": _number(market.shortage[m, n]),
                **({"party": who[n % 2]} if parties else {}),
            }
    cut = f"{2026 + CUT // 12}-{CUT % 12 + 1:02d}"
    found["events"] = {"cutoff": {"from": cut, "match": {"country": [COUNTRIES[0]]}, "spot": 0}}
    if market.budget is not None:
        found["policies"] = {"invest": {"kind": "budget", "covers": ["capex"], "limit": market.budget, "per": "year"}}
    if processes:
        found["processes"] = {
            f"from_{m}": {"inputs": {f"m{m}": 1.0}, "outputs": {f"m{m + 1}": 0.5}, "capacity": _number(market.initial[m]), "cost": _number(market.holding[m])}
            | ({"party": who[0]} if parties else {})
            for m in range(materials - 1)
            if m % GROUP != GROUP - 1
        }
    if parties:
        found["routes"] = {
            f"give_{m}": {"from": "home", "to": "ally", "materials": [f"m{m}"], "capacity": _number(market.initial[m])} for m in range(materials)
        }
    return found


def _number(value: np.float64) -> float:
    return float(value)


def write(tree: dict[str, Any], folder: Path, *, tables: bool = False) -> Path:
    """Write a scenario as one file, or its maps as CSV tables beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    if tables:
        tree = dict(tree)
        for name in ("materials", "suppliers", "projects", "stockpiles", "demands"):
            rows = [{"id": key, **_flat(item)} for key, item in tree[name].items()]
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as handle:
                writer = csv.DictWriter(handle, list(dict.fromkeys(key for row in rows for key in row)))
                writer.writeheader()
                writer.writerows(rows)
            tree[name] = {"table": f"{name}.csv"}
    path = folder / "scenario.yaml"
    path.write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    return path


def _flat(item: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in item.items():
        found.update(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value})
    return found


def main() -> None:
    """Write one scenario."""
    parser = argparse.ArgumentParser(description="Write a benchmark scenario.")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("folder", type=Path)
    for name in ("linked", "bare", "processes", "parties", "tables"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    market = make(*SIZES[given.size], linked=given.linked, bare=given.bare, seed=given.seed)
    print(write(scenario(market, processes=given.processes, parties=given.parties), given.folder, tables=given.tables))


if __name__ == "__main__":
    main()
