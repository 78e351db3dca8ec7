"""Scenarios of another shape: no two chains alike, months then quarters then years, and most of what the language can say.

Run: ``python -m tests.benchmarks.mixed SIZE FOLDER [--seed N]``. A chain is an ore that is refined to a metal which suppliers sell, too;
uses of the metal may turn to another material or give scrap back that is recycled. Nothing links chains but events.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.generator import write

CHAINS = {"S": 1, "M": 12, "L": 100, "L3": 300, "XL": 800}
"""Chains of each size, for programs of about as many columns as those of the other family."""
COUNTRIES = ("CN", "AU", "US", "MY", "VN", "FR", "CA", "BR", "KZ")
LEADS = ("0 days", "10 days", "45 days", "10 weeks", "1.5 months", "3 months")
Item = dict[str, Any]


class Chain:
    """One chain of materials, written into a scenario."""

    def __init__(self, tree: Item, number: int, random: np.random.Generator) -> None:
        self.tree, self.random, self.name = tree, random, f"c{number}"
        self.scale, self.price = float(10 ** random.uniform(1, 4)), float(10 ** random.uniform(0.5, 2.5))

    def write(self) -> None:
        """Add everything of this chain."""
        for kind in ("ore", "metal"):
            self.tree["materials"][f"{self.name}_{kind}"] = {"unit": str(self.random.choice(["t", "kg"])) if kind == "metal" else "t"}
        self.suppliers("ore", int(self.random.integers(2, 16)), 1.2)
        self.suppliers("metal", int(self.random.integers(3, 20)), 1.0)
        self.process("refine", {"ore": 1.0}, {"metal": self.between(0.3, 0.9)})
        if self.chance(0.5):
            self.tree["materials"][f"{self.name}_other"] = {}
            self.suppliers("other", int(self.random.integers(1, 4)), 0.3)
        if self.chance(0.6):
            self.tree["materials"][f"{self.name}_scrap"] = {"disposal_cost": self.between(-0.02, 0.05) * self.price}
            self.process("recycle", {"scrap": 1.0}, {"metal": self.between(0.1, 0.5)})
        self.contracts()
        self.stockpiles()
        self.demands(int(self.random.integers(1, 9)))

    def chance(self, share: float) -> bool:
        """Whether something of this likelihood happens."""
        return bool(self.random.random() < share)

    def between(self, low: float, high: float) -> float:
        """A number of three digits."""
        return float(np.round(self.random.uniform(low, high), 3))

    def amount(self, share: float) -> float:
        """A share of the chain's size [units/yr]."""
        return float(np.round(self.scale * share, 4))

    def money(self, low: float, high: float) -> float:
        """A multiple of the chain's price."""
        return float(np.round(self.price * self.random.uniform(low, high), 3))

    def has(self, kind: str) -> bool:
        """Whether this chain has a material of a kind."""
        return f"{self.name}_{kind}" in self.tree["materials"]

    def suppliers(self, kind: str, count: int, total: float) -> None:
        """Suppliers of a material that together sell ``total`` times the chain's size, some of them with a project."""
        for number, share in enumerate(self.random.dirichlet(np.full(count, 1.0))):
            key, capacity = f"{self.name}_{kind}_{number}", self.amount(total * share + 0.001)
            country = str(self.random.choice(COUNTRIES))
            self.tree["suppliers"][key] = {
                "material": f"{self.name}_{kind}",
                "country": country,
                "capacity": {"2026-01": capacity, "2028-07-11": 0.8 * capacity} if self.chance(0.2) else capacity,
                "price": self.prices(0.4 if kind == "ore" else 1.0, capacity),
                "lead_time": str(self.random.choice(LEADS)),
                **({"origin": str(self.random.choice(COUNTRIES))} if self.chance(0.1) else {}),
                **({"freight": self.money(0.005, 0.03)} if self.chance(0.7) else {}),
                **({"tariff": self.between(0.01, 0.2)} if self.chance(0.2) else {}),
                **({"emissions": self.between(0.5, 20.0)} if self.chance(0.3) else {}),
            }
            if country != "CN" and self.chance(0.3):
                self.project(key)

    def prices(self, level: float, capacity: float) -> Any:
        """A number, a growing one, a series of dates, or tiers."""
        kind, first = int(self.random.integers(4)), self.money(0.8 * level, 1.6 * level)
        if kind == 0:
            return first
        if kind == 1:
            return {"start": first, "growth": self.between(-0.02, 0.05)}
        if kind == 2:
            return {"2026-01-01": first, "2027-05-20": 1.3 * first, "2029-01-01": 1.1 * first}
        return {"tiers": [{"quantity": 0.5 * capacity, "price": first}, {"quantity": 0.3 * capacity, "price": 1.2 * first}, {"price": 1.5 * first}]}

    def project(self, target: str) -> None:
        """A project to be decided, or one that is committed."""
        size = self.amount(self.between(0.05, 0.3))
        ramps: tuple[Any, ...] = (
            {"delay": f"{self.between(0.5, 2.0)} years", "full": f"{self.between(2.5, 5.0)} years"},
            f"{self.random.integers(12, 48)} months",
            {"curve": {"1 year": 0.0, "18 months": 0.3, "4 years": 1.0}},
        )
        capex = self.money(2.0, 6.0)
        self.tree["projects"][f"{target}_more"] = {
            "adds_to": target,
            **({"committed": "2025-06-15", "size": size} if self.chance(0.2) else {"decide": {"latest": "2030-12"}, "size": {"max": size}}),
            "ramp": ramps[int(self.random.integers(len(ramps)))],
            "capex": {"stages": [{"after": "0 days", "cost": 0.3 * capex}, {"after": "15 months", "cost": 0.7 * capex}]} if self.chance(0.4) else capex,
            "fixed_cost": self.money(0.02, 0.1),
            **({"life": "15 years", "salvage": "straight_line"} if self.chance(0.3) else {}),
        }

    def process(self, name: str, inputs: dict[str, float], outputs: dict[str, float]) -> None:
        """A process between materials of the chain, half of them with a project."""
        key = f"{self.name}_{name}"
        self.tree["processes"][key] = {
            "inputs": {f"{self.name}_{kind}": ratio for kind, ratio in inputs.items()},
            "outputs": {f"{self.name}_{kind}": ratio for kind, ratio in outputs.items()},
            "capacity": self.amount(self.between(0.2, 0.6)),
            "cost": self.money(0.02, 0.2),
        }
        if self.chance(0.5):
            self.project(key)

    def contracts(self) -> None:
        """Contracts with suppliers of the metal: signed ones, and ones that may be signed."""
        for number in range(int(self.random.integers(0, 4))):
            key = f"{self.name}_metal_{min(number, 2)}"
            start = str(self.random.choice(["2026-01-01", "2026-02-14", "2026-11-05"]))
            signed = self.chance(0.6)
            self.tree["contracts"][f"{self.name}_k{number}"] = {
                "supplier": key,
                "quantity": self.amount(self.between(0.01, 0.05)),
                "price": self.money(0.7, 1.3),
                "take_or_pay": self.between(0.3, 0.9),
                **({"start": start, "end": "2031-08-19"} if signed else {"sign": {"earliest": "2026-03", "latest": "2029-06"}}),
                **({"breach_price": self.money(0.2, 0.6)} if self.chance(0.4) else {}),
            }

    def stockpiles(self) -> None:
        """Up to two stores of the metal."""
        for number in range(int(self.random.integers(0, 3))):
            soft = self.chance(0.4)
            self.tree["stockpiles"][f"{self.name}_store{number}"] = {
                "material": f"{self.name}_metal",
                "initial": f"{self.random.integers(20, 90)} days" if self.chance(0.5) else self.amount(self.between(0.05, 0.3)),
                "holding_cost": self.money(0.01, 0.05),
                **({"max_draw": self.amount(0.5), "max_fill": self.amount(0.4)} if self.chance(0.6) else {}),
                **({"floor": "15 days", "floor_penalty": self.money(1.0, 3.0)} if soft else {}),
                **({"loss": self.between(0.005, 0.03)} if self.chance(0.3) else {}),
                **({"final": {"value": self.money(0.3, 0.9)}} if self.chance(0.5) else {}),
                **({"release": "2026-09-10"} if self.chance(0.2) else {}),
            }

    def demands(self, count: int) -> None:
        """Uses of the metal."""
        for number, share in enumerate(self.random.dirichlet(np.full(count, 2.0))):
            wanted = self.amount(0.95 * share)
            self.tree["demands"][f"{self.name}_use{number}"] = {
                "material": f"{self.name}_metal",
                "quantity": {"start": wanted, "growth": self.between(0.0, 0.06)} if self.chance(0.7) else {"2026-01": wanted, "2029-04-15": 1.2 * wanted},
                "shortage": self.harm(),
                **({"substitutes": {f"{self.name}_other": self.substitute()}} if self.has("other") and self.chance(0.6) else {}),
                **({"returns": self.returns()} if self.has("scrap") and self.chance(0.7) else {}),
            }

    def harm(self) -> Any:
        """What shortage costs: one number, or tiers that rise."""
        first = self.money(4.0, 12.0)
        return [{"share": 0.1, "cost": first}, {"share": 0.3, "cost": 2.2 * first}, {"cost": 6.0 * first}] if self.chance(0.4) else first

    def substitute(self) -> Item:
        """How the other material does the job."""
        late = {"from": "2027-03-10"} if self.chance(0.5) else {}
        return {"ratio": self.between(0.8, 1.6), "cost": self.money(0.1, 0.6), "max_share": self.between(0.1, 0.6), **late}

    def returns(self) -> Item:
        """What comes back after use."""
        return {"material": f"{self.name}_scrap", "ratio": self.between(0.2, 0.8), "after": str(self.random.choice(["0 days", "18 months", "4 years"]))}


def mixed(chains: int, seed: int = 1) -> Item:
    """A scenario of so many chains."""
    random = np.random.default_rng(seed)
    maps = ("materials", "suppliers", "projects", "contracts", "stockpiles", "demands", "processes")
    tree: Item = {
        "version": 1,
        "title": f"Benchmark: {chains} chains, no two alike",
        "horizon": {
            "start": "2026-01",
            "steps": [{"until": "2029-01", "step": "month"}, {"until": "2033-01", "step": "quarter"}, {"until": "2038-01", "step": "year"}],
        },
        "money": {"currency": "USD", "discount_rate": 0.05},
        **{name: {} for name in maps},
    }
    for number in range(chains):
        Chain(tree, number, random).write()
    return tree | {"events": _events(), "policies": _policies(tree)}


def _events() -> Item:
    """A cutoff and what else happens, on odd dates."""
    return {
        "cutoff": {"from": "2026-03-17", "match": {"country": ["CN"]}, "spot": 0.0, "contracts": 0.4},
        "licences": {"from": "2026-02-02", "until": "2026-03-17", "match": {"origin": ["CN"]}, "spot": 0.55},
        "duties": {"from": "2026-06-08", "until": "2029-01-20", "match": {"country": ["MY", "VN"]}, "tariff": 0.15, "lead_time": "20 days"},
        "dear": {"from": "2027-02-10", "until": "2028-05-05", "match": {"country": ["AU", "BR"]}, "price": 1.3},
        "drought": {"from": "2028-07-14", "until": "2028-11-02", "match": {"country": ["CA"]}, "capacity": 0.5},
        "boom": {"from": "2030-01-01", "until": "2032-06-15", "match": {"materials": ["c0_metal"]}, "demand": 1.1},
    }


def _policies(tree: Item) -> Item:
    """Rules that may be broken at a price, none of which links chains."""
    metals = [name for name in tree["materials"] if name.endswith("_metal")]
    stored = sorted({store["material"] for store in tree["stockpiles"].values()})
    found = {
        "spread": {
            "kind": "max_share",
            "by": "origin",
            "of": ["AU", "BR"],
            "materials": metals[::3],
            "share": 0.5,
            "per": "year",
            "from": "2029-01",
            "penalty": 2.0,
        }
    }
    if stored:
        found["cover"] = {"kind": "min_cover", "materials": stored[::2], "days": 10, "from": "2027-01", "penalty": 1.0}
    return found | {"serve": {"kind": "min_service", "demands": list(tree["demands"])[::4], "share": 0.7, "per": "year", "penalty": 3.0}}


def main() -> None:
    """Write one scenario."""
    parser = argparse.ArgumentParser(description="Write a benchmark scenario of chains.")
    parser.add_argument("size", choices=CHAINS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(write(mixed(CHAINS[given.size], given.seed), given.folder))


if __name__ == "__main__":
    main()
