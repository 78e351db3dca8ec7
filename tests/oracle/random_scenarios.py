"""Small, rich, valid random scenarios of the scenario language, one per seed.

``random_scenario(seed)`` keeps away from the corners listed as "contested" in AMBIGUITIES.md where that costs no
coverage; ``contested=True`` walks into them. Most scenarios are feasible: most demands have a shortage cost,
scrap and by-products have a disposal cost, hard policies are loose; a few are infeasible on purpose.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
MONTHS = {"month": 1, "quarter": 3, "year": 12}
METALS = {"dy_oxide": ("Dy2O3", ["Dy"]), "tb_oxide": ("Tb4O7", ["Tb"]), "nd_oxide": ("Nd2O3", ["Nd"]), "dy_metal": ("Dy", ["Dy2O3"])}
WORTH = {"dy_oxide": 250e3, "tb_oxide": 900e3, "nd_oxide": 60e3, "dy_metal": 330e3, "pr_oxide": 90.0, "gadget": 40.0, "magnet_scrap": 3e3, "slag": 0.0}
RATES = {"USD": 1.0, "EUR": 1.1, "JPY": 0.0064}


def full(day: str) -> date:
    """The earliest day meant."""
    return date.fromisoformat((day + "-01-01")[:10])


class Maker:
    """Random choices and the state of one scenario."""

    def __init__(self, seed: int, contested: bool) -> None:
        self.r = random.Random(seed)
        self.contested = contested
        self.s: Json = {}
        self.main: list[str] = []  # materials people buy
        self.tonnes: list[str] = []  # those measured in t
        self.supply: dict[str, float] = {}
        self.need: dict[tuple[str, str], float] = {}  # (party, material) -> units/yr

    # ------------------------------------------------------------------------------------------- small helpers
    def maybe(self, p: float) -> bool:
        return self.r.random() < p

    def num(self, a: float, b: float, digits: int = 3) -> float:
        """A round number between a and b."""
        x = self.r.uniform(a, b)
        return float(f"{x:.{digits}g}")

    def pick(self, items: Any) -> Any:
        return self.r.choice(list(items))

    def some(self, items: Any, least: int = 1) -> list[Any]:
        items = list(items)
        return self.r.sample(items, self.r.randint(min(least, len(items)), len(items)))

    def share(self, x: float) -> Any:
        return self.pick([round(x, 4), f"{round(100 * x, 2)} %", f"{round(100 * x, 2)}%"])

    def duration(self, years: float) -> Any:
        return self.pick(
            [f"{round(years * 12, 2)} months", f"{round(years, 3)} years", f"{round(years * 365.25)} days", round(years, 3), f"{round(years * 12)} months"]
        )

    def unit(self, material: str | None) -> tuple[str, float]:
        """A unit and the own units in one of it (elements: roughly; the text is what counts)."""
        own = self.s["materials"].get(material, {}).get("unit", "t") if material else "t"
        options: list[tuple[str, float]] = {"t": [("t", 1.0), ("t", 1.0), ("kg", 1e-3)], "kg": [("kg", 1.0), ("t", 1e3)]}.get(own, [(own, 1.0)])
        if material in METALS and self.maybe(0.3):
            written = self.pick([*METALS[material][1], METALS[material][0]])
            options = [(f"t_{written}", 1.0), (f"kg_{written}", 1e-3)]
        return self.r.choice(options)

    def rate(self, x: float, material: str | None) -> Any:
        """Units per year, written somehow."""
        if self.maybe(0.3):
            return float(f"{x:.4g}")
        unit, size = self.unit(material)
        per, n = self.pick([("yr", 1), ("yr", 1), ("year", 1), ("month", 12), ("quarter", 4)])
        return f"{x / size / n:.6g} {unit}/{per}"

    def amount(self, x: float, material: str) -> Any:
        if self.maybe(0.4):
            return float(f"{x:.4g}")
        unit, size = self.unit(material)
        return f"{x / size:.6g} {unit}"

    def price(self, x: float, material: str | None) -> Any:
        """Money per unit, written somehow."""
        if self.maybe(0.3) or material is None:
            return float(f"{x:.4g}")
        unit, size = self.unit(material)
        money = self.pick(["USD", "USD", "EUR", "JPY"])
        return f"{x * size / RATES[money]:.6g} {money}/{unit}"

    def in_rate(self, m: str) -> Callable[[float], Any]:
        """A writer of rates of a material."""
        return lambda v: self.rate(v, m)

    def in_price(self, m: str) -> Callable[[float], Any]:
        """A writer of prices of a material."""
        return lambda v: self.price(v, m)

    def in_amount(self, m: str) -> Callable[[float], Any]:
        """A writer of amounts of a material."""
        return lambda v: self.amount(v, m)

    def day(self, a: float = 0.0, b: float = 1.0) -> str:
        """Any date in a part of the horizon."""
        span = (self.end - self.start).days
        when = self.start + timedelta(days=int(span * self.r.uniform(a, b)))
        return when.isoformat() if self.maybe(0.7) else when.isoformat()[:7]

    def series(self, write: Callable[[float], Any], x: float) -> Any:
        """Scalar, step map or growth."""
        roll = self.r.random()
        if roll < 0.55:
            return write(x)
        if roll < 0.8:
            days = sorted({self.pick([self.day(0, 1), self.begin[self.r.randrange(self.n)].isoformat()[:7]]) for _ in range(3)})
            # the same day written twice (2026-03 and 2026-03-01) would be a duplicate key
            unique = {(d if len(d) > 7 else d + "-01"): d for d in days}
            return {d: write(x * self.num(0.6, 1.5)) for d in unique.values()}
        return {"start": write(x), "growth": self.share(self.num(-0.05, 0.12))}

    def party(self, spec: Json, name: str) -> None:
        """Name the party, or leave out the only one sometimes."""
        if len(self.parties) > 1 or self.maybe(0.3):
            spec["party"] = name

    # --------------------------------------------------------------------------------------------------- parts
    def horizon(self) -> None:
        r = self.r
        self.start = date(2026, r.choice([1, 1, 1, 3, 4, 7, 10]), 1)
        kind = r.choice(["month", "quarter", "year", "mixed", "mixed"])
        if kind == "mixed":
            parts = r.choice(
                [
                    [("month", r.randint(2, 6)), ("year", r.randint(2, 6))],
                    [("month", r.randint(3, 6)), ("quarter", r.randint(2, 4)), ("year", r.randint(1, 4))],
                    [("quarter", r.randint(2, 4)), ("year", r.randint(2, 7))],
                    [("year", r.randint(2, 3)), ("month", r.randint(2, 5))],
                ]
            )
        else:
            parts = [(kind, r.randint(4, {"month": 14, "quarter": 12, "year": 10}[kind]))]
        self.begin: list[date] = []
        steps, day = [], self.start
        for step, count in parts:
            for _ in range(count):
                self.begin.append(day)
                month = day.month - 1 + MONTHS[step]
                day = date(day.year + month // 12, month % 12 + 1, 1)
            steps.append({"until": day.isoformat()[:7], "step": step})
        self.end, self.n = day, len(self.begin)
        self.years = sum(MONTHS[s] * k for s, k in parts) / 12
        begin: Any = self.start.isoformat()[:7]
        if self.start.month == 1 and self.maybe(0.3):
            begin = 2026
        if len(steps) == 1 and self.maybe(0.8):
            self.s["horizon"] = {"start": begin, "end": steps[0]["until"], "step": steps[0]["step"]}
        else:
            self.s["horizon"] = {"start": begin, "steps": steps}

    def materials(self) -> None:
        self.main = self.some(["dy_oxide", "tb_oxide", "nd_oxide", "dy_metal"])[: self.r.randint(1, 3)]
        self.tonnes = list(self.main)
        out: Json = {}
        for m in self.main:
            out[m] = {"unit": "t", "basis": METALS[m][0]}
            if self.maybe(0.2):
                out[m]["label"] = m.replace("_", " ")
            if self.maybe(0.15):
                out[m]["disposal_cost"] = self.pick([0, 500, "0.4 USD/kg"])
        if self.maybe(0.15):
            out["pr_oxide"] = {"unit": "kg"}
            self.main.append("pr_oxide")
        if self.maybe(0.15):
            out["gadget"] = {"unit": "each"}
            self.main.append("gadget")
        if self.maybe(0.7):
            out["magnet_scrap"] = {"unit": "t", "disposal_cost": self.pick([0, 20, 150.0, "0.1 USD/kg"])}
        if self.maybe(0.6):
            out["slag"] = {"unit": "t", "disposal_cost": self.pick([5, 80, "2 JPY/kg"])}
        for m in ("magnet_scrap", "slag"):
            if m in out and self.maybe(0.03):
                del out[m]["disposal_cost"]
        self.s["materials"] = out

    def suppliers(self) -> None:
        out: Json = {}
        for m in self.main:
            scale = self.size[m] * len(self.parties)
            for i in range(self.pick([1, 2, 2, 3, 3])):
                country = self.pick(["CN", "CN", "AU", "AU", "US", "FR", "MY", "NO"])
                x: Json = {"material": m, "country": country}
                if self.maybe(0.35):
                    x["origin"] = self.pick(["CN", "AU", "MM"])
                if len(self.parties) > 1 and self.maybe(0.3):
                    x["sells_to"] = self.some(self.parties)
                if self.maybe(0.9):
                    x["capacity"] = self.series(self.in_rate(m), scale * self.num(0.3, 1.5))
                price = WORTH[m] * self.num(0.6, 1.4)
                if self.maybe(0.3):
                    x["price"] = {"tiers": self.tiers(m, price, scale)}
                else:
                    x["price"] = self.series(self.in_price(m), price)
                if self.maybe(0.6):
                    x["lead_time"] = self.pick(
                        [
                            f"{self.r.randint(10, 150)} days",
                            f"{self.num(0.5, 5, 2)} months",
                            "1 month",
                            "1.5 months",
                            "3 months",
                            0.25,
                            f"{self.num(0.1, 0.6, 2)} years",
                            0,
                        ]
                    )
                if self.maybe(0.4):
                    x["freight"] = self.price(WORTH[m] * self.num(0.005, 0.05), m)
                if self.maybe(0.4):
                    x["tariff"] = self.series(self.share, self.num(0.01, 0.2))
                if self.maybe(0.5):
                    x["emissions"] = self.num(1, 40)
                out[f"{country.lower()}_{m}_{i}"] = x
        if "magnet_scrap" in self.s["materials"] and self.maybe(0.4):
            out["old_scrap"] = {"material": "magnet_scrap", "country": "JP", "capacity": "50 t/yr", "price": 800}
        self.s["suppliers"] = out

    def tiers(self, m: str, price: float, scale: float) -> list[Json]:
        count = self.pick([2, 2, 3])
        money = self.pick(["USD", "EUR", "JPY"])
        unit = self.pick(["t", "kg"]) if m in self.tonnes else self.s["materials"][m]["unit"]
        size = 1e-3 if unit == "kg" and m in self.tonnes else 1.0
        rows: list[Json] = []
        for i in range(count):
            price *= self.num(1.05, 1.5) if i else 1.0
            rows.append({"price": f"{price * size / RATES[money]:.6g} {money}/{unit}"})
            if i < count - 1 or self.maybe(0.2):
                rows[-1]["quantity"] = self.rate(scale * self.num(0.1, 0.5) * (i + 1), m)
        return rows

    def ramp(self) -> Any:
        h = self.years
        a, b, c = sorted(h * self.num(0.02, 0.8) for _ in range(3))
        kind = self.r.randrange(7)
        if kind == 0:
            return self.duration(c)
        if kind == 1:
            return {"delay": self.duration(a), "full": f"{round(c * 12 + 1, 1)} months"}
        if kind == 2:
            return {"full": self.duration(b)}
        if kind == 3:
            return {"delay": "45 days", "full": f"{round(c * 12 + 2, 1)} months"}
        if kind == 4:
            months = sorted({max(1, round(12 * x)) for x in (a, b, c)})
            shares = sorted(round(self.r.uniform(0, 1), 2) for _ in months)
            if self.maybe(0.6):
                shares[0] = 0.0
            shares[-1] = 1.0
            return {"curve": {f"{k} months": f"{round(100 * y)} %" for k, y in zip(months, shares, strict=True)}}
        if kind == 5:
            x, y = f"{round(12 * a, 1)} months", f"{round(12 * b + 0.5, 1)} months"
            return {"curve": [[x, "0 %"], [x, "30 %"], [y, 0.55], [y, "100 %"]]}
        return None

    def capex(self, x: float) -> Any:
        if self.maybe(0.5):
            return float(f"{x:.4g}")
        after = sorted(round(self.years * 12 * self.num(0, 0.9)) for _ in range(self.r.randint(1, 3)))
        first: Any = self.pick(["0 months", 0])
        return {
            "stages": [{"after": first, "cost": round(x / 2)}] + [{"after": self.pick([f"{k} months", f"{k * 30} days"]), "cost": round(x / 3)} for k in after]
        }

    def project(self, target: str, worth: float, scale: float, material: str | None, committed: bool) -> Json:
        x: Json = {"adds_to": target}
        if committed:
            if self.maybe(0.5):
                back = self.start - timedelta(days=self.r.randint(10, 1200))
                x["committed"] = back.isoformat()[: self.pick([7, 10])]
            elif self.contested and self.maybe(0.5):
                x["committed"] = self.day(0, 0.6)
            else:
                x["committed"] = self.begin[self.r.randrange(self.n)].isoformat()[:7]
            x["size"] = self.rate(scale * self.num(0.1, 0.6), material)
        else:
            i = self.r.randrange(max(1, self.n // 2))
            latest = self.begin[self.r.randrange(i, self.n)] + timedelta(days=self.pick([0, 0, 10]))
            window: Json = {"earliest": self.begin[i].isoformat()[:7], "latest": latest.isoformat()[: self.pick([7, 10])]}
            if self.maybe(0.15):
                window.pop(self.pick(["earliest", "latest"]))
            if self.contested and "earliest" in window and self.maybe(0.4):
                window["earliest"] = (self.begin[i] - timedelta(days=self.r.randint(-20, 20))).isoformat()
                window["latest"] = (latest + timedelta(days=40)).isoformat()
            x["decide"] = window
            x["size"] = {"max": self.rate(scale * self.num(0.1, 1.0), material)}
        ramp = self.ramp()
        if ramp is not None:
            x["ramp"] = ramp
        if self.maybe(0.85):
            x["capex"] = self.capex(worth * self.years * self.num(0.02, 0.35))
        if self.maybe(0.5):
            x["fixed_cost"] = float(f"{worth * self.num(0.005, 0.08):.3g}")
        if self.maybe(0.6):
            x["life"] = f"{round(self.years * self.num(0.3, 2.5) * 12 + 1)} months" if self.maybe(0.7) else "20 years"
            if self.maybe(0.7):
                x["salvage"] = self.pick(["straight_line", "straight_line", "none"])
        return x

    def projects(self) -> None:
        out: Json = {}
        suppliers, processes = self.s["suppliers"], self.s.get("processes", {})
        for i in range(self.pick([0, 1, 1, 2, 2, 3])):
            target = self.pick(suppliers)
            m = suppliers[target]["material"]
            out[f"expansion_{i}"] = self.project(target, WORTH[m], self.size.get(m, 50.0), m, self.maybe(0.4))
        bounded = [p for p, x in processes.items() if "capacity" in x]
        if bounded and self.maybe(0.6):
            out["plant"] = self.project(self.pick(bounded), 5e3, 200.0, None, self.maybe(0.35))
        if out:
            self.s["projects"] = out

    def contracts(self) -> None:
        out: Json = {}
        for i in range(self.pick([0, 0, 1, 1, 2])):
            sid = self.pick(self.s["suppliers"])
            supplier = self.s["suppliers"][sid]
            m = supplier["material"]
            x: Json = {"supplier": sid}
            self.party(x, self.pick(supplier.get("sells_to", self.parties)))
            x["quantity"] = self.series(self.in_rate(m), self.size.get(m, 30.0) * self.num(0.1, 0.7))
            x["price"] = self.price(WORTH[m] * self.num(0.5, 1.2), m)
            if self.maybe(0.6):
                x["start"] = self.pick(["2025-04", self.day(0, 0.5)])
            if self.maybe(0.6):
                x["end"] = self.day(0.6, 1.2)
            if "end" in x and full(x["end"]) <= max(full(x.get("start", "2020")), self.start):
                x.pop("end")
            if self.maybe(0.75):
                x["take_or_pay"] = self.share(self.num(0.3, 1.0))
                if self.maybe(0.5):
                    x["breach_price"] = self.price(WORTH[m] * self.num(0.1, 1.2), m)
            if self.maybe(0.5):
                i0 = self.r.randrange(max(1, self.n // 2))
                latest = self.begin[self.r.randrange(i0, self.n)]
                x["sign"] = {"earliest": self.begin[i0].isoformat()[:7], "latest": latest.isoformat()[:7]}
            out[f"frame_{i}"] = x
        if out:
            self.s["contracts"] = out

    def demands(self) -> None:
        out: Json = {}
        for g in self.parties:
            for m in self.main:
                if not self.maybe(0.85):
                    continue
                x: Json = {"material": m}
                self.party(x, g)
                level = self.size[m] * self.num(0.5, 1.1)
                self.need[g, m] = self.need.get((g, m), 0.0) + level
                x["quantity"] = self.series(self.in_rate(m), level)
                worth = WORTH[m]
                roll = self.r.random()
                if roll < 0.4:
                    x["shortage"] = self.price(worth * self.num(2, 20), m)
                elif roll < 0.96:
                    money = self.pick(["USD", "JPY"])
                    unit, size = ("kg", 1e-3) if m in self.tonnes else (self.s["materials"][m]["unit"], 1.0)
                    costs = sorted(worth * self.num(1.5, 40) for _ in range(self.pick([2, 2, 3])))
                    rows = [
                        {"share": self.share(self.num(0.05, 0.25) * (k + 1)), "cost": f"{c * size / RATES[money]:.6g} {money}/{unit}"}
                        for k, c in enumerate(costs)
                    ]
                    rows[-1].pop("share")
                    x["shortage"] = rows
                if self.maybe(0.12):
                    x["min_service"] = self.share(self.num(0.05, 0.3))
                if ("shortage" not in x or "min_service" in x) and self.maybe(0.85):
                    self.s["suppliers"].setdefault(
                        f"backup_{m}",
                        {  # at hand at once, so that hard service can be met
                            "material": m,
                            "country": "JP",
                            "capacity": self.rate(self.size[m] * 9, m),
                            "price": self.price(WORTH[m] * self.num(2, 5), m),
                        },
                    )
                others = [o for o in self.tonnes if o != m] if m in self.tonnes else []
                if self.contested and m == "pr_oxide":
                    others = list(self.tonnes)
                if others and self.maybe(0.5):
                    x["substitutes"] = {o: self.substitute(o) for o in self.some(others)[:2]}
                if "magnet_scrap" in self.s["materials"] and m in self.tonnes and self.maybe(0.6):
                    after: Any = self.duration(self.years * self.num(0.05, 0.9)) if self.maybe(0.9) else "0 days"
                    x["returns"] = {"material": "magnet_scrap", "ratio": self.num(1, 15), "after": after}
                out[f"use_{m}_{g}"] = x
        if not out:
            m = self.main[0]
            x = {"material": m, "quantity": self.rate(self.size[m], m), "shortage": self.price(WORTH[m] * 10, m)}
            self.party(x, self.parties[0])
            self.need[self.parties[0], m] = self.size[m]
            out["use"] = x
        self.s["demands"] = out

    def substitute(self, other: str) -> Json:
        x: Json = {"ratio": self.num(0.3, 1.4)}
        if self.maybe(0.6):
            if self.contested:
                x["cost"] = self.price(2e4, None if not self.s["materials"][other].get("basis") else "slag")
            else:
                x["cost"] = self.price(WORTH["nd_oxide"] * self.num(0.1, 1), None)
        if self.maybe(0.8):
            x["max_share"] = self.share(self.num(0.05, 0.5))
            if self.maybe(0.5):
                x["from"] = self.day(0, 0.8)
        elif self.contested and self.maybe(0.5):
            x["from"] = self.day(0, 0.8)
        return x

    def processes(self) -> None:
        out: Json = {}
        mats = self.s["materials"]
        by = {"slag": self.num(0.1, 3)} if "slag" in mats else {}
        for g in self.parties:
            if "magnet_scrap" in mats and self.maybe(0.7):
                x: Json = {
                    "inputs": {"magnet_scrap": self.num(0.8, 1.2)},
                    "outputs": {m: self.num(0.01, 0.2) for m in self.some(self.tonnes)} | (by if self.maybe(0.7) else {}),
                }
                self.finish(x, g)
                out[f"recycling_{g}"] = x
            if len(self.tonnes) > 1 and self.maybe(0.3):
                a, b = self.r.sample(self.tonnes, 2)
                x = {"inputs": {a: self.num(1, 1.4)}, "outputs": {b: self.num(0.4, 0.95)} | by}
                self.finish(x, g)
                out[f"conversion_{g}"] = x
        if out:
            self.s["processes"] = out

    def finish(self, x: Json, g: str) -> None:
        self.party(x, g)
        if self.maybe(0.85):
            x["capacity"] = self.pick([self.num(20, 400), f"{self.num(20, 400)} t/yr", f"{self.num(2, 30)} t/month"])
        if self.maybe(0.8):
            x["cost"] = self.num(200, 9000)
        if self.maybe(0.5):
            x["emissions"] = self.num(0.5, 8)

    def stockpiles(self) -> None:
        out: Json = {}
        for g in self.parties:
            for m in self.main:
                if not self.maybe(0.6):
                    continue
                need = self.need.get((g, m), 0.0)
                x: Json = {"material": m}
                self.party(x, g)
                days = self.r.randint(5, 120)
                base = days / 365.25 * (need or self.size[m])
                use_days = need > 0 and self.maybe(0.6)
                if self.maybe(0.9):
                    x["initial"] = f"{days} days" if use_days else self.amount(base, m)
                else:
                    base = 0.0
                roomy = base * self.num(2, 6) + self.size[m] * 0.2
                if self.maybe(0.8):
                    x["capacity"] = self.amount(roomy, m)
                if self.maybe(0.5) and base:
                    if self.maybe(0.5):
                        x["floor_penalty"] = float(f"{WORTH[m] * self.num(0.05, 2):.3g}")
                        level = base * self.num(0.2, 2)
                    else:
                        level = base * self.num(0.05, 0.5)
                    if use_days:
                        x["floor"] = self.series(lambda v: f"{v:.3g} days", level / need * 365.25)
                    else:
                        x["floor"] = self.series(self.in_amount(m), level)
                if self.maybe(0.5):
                    x["max_draw"] = self.rate(self.size[m] * self.num(0.1, 1.5), m)
                if self.maybe(0.4):
                    x["max_fill"] = self.rate(self.size[m] * self.num(0.1, 1.5), m)
                if self.maybe(0.25):
                    x["release"] = self.day(0, 0.6)
                for key, p in (("holding_cost", 0.7), ("draw_cost", 0.3), ("fill_cost", 0.3)):
                    if self.maybe(p):
                        x[key] = float(f"{WORTH[m] * self.num(0.002, 0.06):.3g}")
                if self.maybe(0.4):
                    x["loss"] = self.share(self.num(0.001, 0.06))
                if self.maybe(0.5):
                    x["final"] = {}
                    if self.maybe(0.6):
                        x["final"]["min"] = self.pick(["initial", self.amount(base * 0.4, m), f"{days // 2} days" if use_days else 0])
                    if self.maybe(0.6) or not x["final"]:
                        x["final"]["value"] = self.price(WORTH[m] * self.num(0.1, 0.9), m)
                if self.maybe(0.3):
                    x["owner"] = "government"
                out[f"stock_{m}_{g}"] = x
        if out:
            self.s["stockpiles"] = out

    def routes(self) -> None:
        if len(self.parties) < 2 or not self.maybe(0.75):
            return
        out: Json = {}
        for i in range(self.r.randint(1, 2)):
            a, b = self.r.sample(self.parties, 2)
            scrap = ["magnet_scrap"] if self.maybe(0.3) and "magnet_scrap" in self.s["materials"] else []
            x: Json = {"from": a, "to": b, "materials": self.some(self.tonnes + scrap)}
            if self.maybe(0.8):
                x["capacity"] = self.num(5, 200) if self.maybe(0.5) else f"{self.num(1, 20)} t/month"
            if self.maybe(0.7):
                x["cost"] = self.pick([self.num(100, 9000), f"{self.num(0.1, 9)} USD/kg", f"{self.num(20, 900)} JPY/kg"])
            if self.maybe(0.5):
                x["loss"] = self.share(self.num(0.005, 0.1))
            if self.maybe(0.5):
                x["lead_time"] = self.pick(["30 days", "1 month", "2.5 months", "100 days", 0])
            out[f"route_{i}"] = x
        self.s["routes"] = out

    def in_transit(self) -> None:
        rows = []
        for _ in range(self.pick([0, 0, 1, 2])):
            g, m = self.pick(self.need)
            x: Json = {"material": m}
            self.party(x, g)
            x["quantity"] = self.amount(self.need[g, m] * self.num(0.005, 0.03), m)
            x["arrives"] = self.day(0, 0.3)
            x["arrives"] = max(x["arrives"], self.start.isoformat())
            rows.append(x)
        if rows:
            self.s["in_transit"] = rows

    def events(self) -> None:
        out: Json = {}
        suppliers, processes = self.s["suppliers"], self.s.get("processes", {})
        for i in range(self.pick([0, 1, 2, 2, 3, 4])):
            x: Json = {"from": self.day(-0.1, 0.8)}
            if self.maybe(0.65):
                begun = x["from"] if len(x["from"]) > 7 else x["from"] + "-01"
                later = date.fromisoformat(begun) + timedelta(days=self.r.randint(20, int(self.years * 300) + 30))
                x["until"] = max(later, self.start + timedelta(days=15)).isoformat()
            kind = self.r.random()
            if kind < 0.65:
                self.supply_event(x, suppliers)
            elif kind < 0.75 and processes:
                x["match"] = {"processes": self.some(processes)}
                x["capacity"] = self.share(self.num(0, 0.9))
                if self.maybe(0.4):
                    x["commitments"] = self.pick(["0 %", "50 %"])
                if not self.contested:
                    bounded = [p for p in x["match"]["processes"] if "capacity" in processes[p]]
                    if not bounded:
                        continue
                    x["match"]["processes"] = bounded
            else:
                match: Json = {}
                if self.maybe(0.6):
                    match["materials"] = self.some(self.main)
                if self.maybe(0.5):
                    match["parties"] = self.some(self.parties)
                if match or self.maybe(0.7):
                    x["match"] = match
                if self.contested and self.maybe(0.4):
                    x.setdefault("match", {})["country"] = ["CN", "AU"]
                hit = [k for k in self.s.get("stockpiles", {}).values() if k["material"] in match.get("materials", [k["material"]])]
                if hit and not self.contested and self.maybe(0.7):  # without max_draw the effect is contested
                    for k in hit:
                        k.setdefault("max_draw", self.rate(self.size[k["material"]] * self.num(0.1, 1.5), k["material"]))
                if hit and (self.contested or all("max_draw" in k for k in hit)) and self.maybe(0.8):
                    x["draw"] = self.share(self.num(0, 0.9) if self.maybe(0.7) else 0.0)
                if "draw" not in x or self.maybe(0.6):
                    x["demand"] = self.num(0.6, 1.5)
            out[f"event_{i}"] = x
        if out:
            self.s["events"] = out

    def supply_event(self, x: Json, suppliers: Json) -> None:
        match: Json = {}
        some = self.pick(list(suppliers.values()))
        if self.maybe(0.45):
            match["country"] = sorted({some["country"], self.pick(["CN", "AU"])})
        if self.maybe(0.3):
            match["origin"] = sorted({some.get("origin", some["country"]), "CN"})
        if self.maybe(0.25) or not match:
            match["suppliers"] = self.some(suppliers)
        if self.maybe(0.3):
            match["materials"] = self.some(self.main)
        named = self.maybe(0.3)
        if named:
            match["parties"] = self.some(self.parties)
        x["match"] = match
        choices: Json = {
            "spot": self.pick(["0 %", 0, self.share(self.num(0.05, 0.9))]),
            "contracts": self.share(self.pick([0.0, 0.5, 0.8])),
            "price": self.num(0.7, 3),
            "tariff": self.share(self.num(0.02, 0.6)),
            "lead_time": self.pick(["20 days", "1 month", "75 days", "0.2 years"]),
        }
        if not named or self.contested:
            choices |= {"capacity": self.share(self.num(0, 1.1) if self.maybe(0.8) else 0.0), "commitments": self.pick(["0 %", "40 %"])}
        for key in self.some(choices)[:4]:
            x[key] = choices[key]

    def policies(self) -> None:
        out: Json = {}
        for kind in ("max_share", "budget", "max_emissions", "stock_limit", "min_service", "min_cover"):
            if self.maybe(0.35):
                soft = self.maybe(0.8 if kind == "min_service" else 0.5)
                x = getattr(self, kind)(soft)
                if x is None:
                    continue
                x = {"kind": kind, **x}
                if soft:
                    x["penalty"] = self.penalty(kind)
                if self.maybe(0.35):
                    x["from"] = self.day(0, 0.5)
                if self.maybe(0.25):
                    x["until"] = self.day(0.6, 1.2)
                if not self.holds_periods(x):
                    x.pop("until", None)
                if not self.holds_periods(x):
                    x.pop("from")
                if kind in ("max_share", "budget", "max_emissions") or (self.contested and kind == "min_service"):
                    per = self.pick([None, "period", "year", "total"])
                    if per:
                        x["per"] = per
                if self.maybe(0.25) and "parties" not in x:
                    x["parties"] = self.some(self.parties)
                    if kind == "budget" and not self.contested and len(x["parties"]) < len(self.parties):
                        x["covers"] = [c for c in x["covers"] if c in ("purchases", "contracts", "storage", "process")] or ["purchases"]
                out[f"{kind}_rule"] = x
        if out:
            self.s["policies"] = out

    def holds_periods(self, x: Json) -> bool:
        """Does a policy's window hold more than half of any period?"""
        a, b = (full(str(x.get(k, d.isoformat()))) for k, d in (("from", self.start), ("until", self.end)))
        ends = [*self.begin[1:], self.end]
        return any((min(b, e) - max(a, d)).days * 2 > (e - d).days for d, e in zip(self.begin, ends, strict=True))

    def penalty(self, kind: str) -> Any:
        return {
            "max_share": self.num(1e4, 4e5),
            "budget": self.num(0.1, 3),
            "max_emissions": self.num(50, 9000),
            "stock_limit": self.num(1e3, 9e4),
            "min_service": self.num(1e4, 2e6),
            "min_cover": self.num(1e3, 3e5),
        }[kind]

    def max_share(self, soft: bool) -> Json:
        x: Json = {"by": self.pick(["origin", "country", "supplier"]), "share": self.share(self.num(0.1, 0.75))}
        if self.maybe(0.6):
            x["materials"] = self.some(self.main)
        if self.maybe(0.5):
            x["of"] = self.some(self.s["suppliers"])[:2] if x["by"] == "supplier" else self.pick([["CN"], ["AU", "CN"], ["AU", "CN", "US"]])
        return x

    def budget(self, soft: bool) -> Json:
        covers = self.some(["purchases", "contracts", "capex", "fixed", "storage", "process", "transport"])
        substitutes = any("cost" in o for d in self.s["demands"].values() for o in d.get("substitutes", {}).values())
        if substitutes and not self.contested:
            covers = [c for c in covers if c != "process"] or ["purchases"]
        scale = sum(WORTH[m] * v for (_, m), v in self.need.items()) * self.years
        limit = scale * (self.num(0.02, 0.5) if soft or self.maybe(0.3) else self.num(0.5, 3))
        return {"covers": covers, "limit": float(f"{limit:.3g}") if self.maybe(0.7) else f"{limit / 0.0064:.4g} JPY"}

    def max_emissions(self, soft: bool) -> Json:
        scale = sum(v for (_, m), v in self.need.items() if m in self.tonnes) * self.years * 15 + 10
        return {"limit": float(f"{scale * self.num(0.01, 1.0):.3g}")}

    def stock_limit(self, soft: bool) -> Json | None:
        piles = {k: v for k, v in self.s.get("stockpiles", {}).items() if v["material"] in self.tonnes}
        if not piles:
            return None
        named = self.some(piles)
        scale = sum(self.size[piles[k]["material"]] for k in named)
        return {"stockpiles": named, "limit": float(f"{scale * (self.num(0.05, 0.5) if soft else self.num(0.4, 0.9)):.3g}")}

    def min_service(self, soft: bool) -> Json:
        x: Json = {"share": self.share(self.num(0.5, 1.0) if soft else self.num(0.02, 0.2))}
        if self.maybe(0.8):
            x["demands"] = self.some(self.s["demands"])
        return x

    def min_cover(self, soft: bool) -> Json | None:
        piles = list(self.s.get("stockpiles", {}).values())
        piles = [k for k in piles if "initial" in k]
        if not piles:
            return None
        pile = self.pick(piles)
        return {
            "materials": [pile["material"]],
            "days": self.r.randint(20, 90) if soft else self.r.randint(1, 10),
            "parties": [pile.get("party", self.parties[0])],
        }

    def make(self, seed: int) -> Json:
        s = self.s
        s["version"] = 1
        s["title"] = f"Random scenario {seed}"
        self.horizon()
        s["money"] = {
            "currency": "USD",
            "base_year": 2026,
            "discount_rate": self.pick([0, "4 %", 0.075]),
            "rates": {k: v for k, v in RATES.items() if k != "USD"},
        }
        self.parties = self.pick([["home"], ["japan"], ["japan", "us"], ["japan", "us"], ["japan", "us", "eu"]])
        if self.parties != ["home"]:
            s["parties"] = {g: {"label": g.upper()} for g in self.parties}
        self.materials()
        self.size = {m: self.num(60, 500) * (1e3 if m in ("pr_oxide", "gadget") else 1.0) for m in self.main}
        self.suppliers()
        self.processes()
        self.projects()
        self.contracts()
        self.demands()
        self.stockpiles()
        self.routes()
        self.in_transit()
        self.events()
        self.policies()
        return s


def random_scenario(seed: int, contested: bool = False) -> Json:
    """The scenario of a seed; `contested` also visits corners where the text has several readings."""
    return Maker(seed, contested).make(seed)


def write(seed: int, path: str, contested: bool = False) -> None:
    """Write the scenario of a seed as YAML."""
    text = yaml.safe_dump(random_scenario(seed, contested), sort_keys=False, allow_unicode=True, width=140)
    Path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(int(sys.argv[1]), sys.argv[2], "contested" in sys.argv[3:])
