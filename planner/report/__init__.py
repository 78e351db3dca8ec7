"""One self-contained HTML page per plan or comparison.

Charts are drawn by Apache ECharts 6.1.0 (Apache-2.0), unmodified in ``assets/echarts.min.js`` and embedded in each page: 1.1 MB with
Sankey, custom bars, crisp SVG for print, and its own descriptions for screen readers. Weighed against it: plotly.js 4.7 MB a page;
Vega 0.9 MB, but no Sankey and no bars over time without drawing them by hand; bokeh 1.25 MB without a Sankey, and still naming a CDN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from planner.comparison import Comparison
from planner.errors import InputError
from planner.plan import DIGESTS, Plan, changed_data
from planner.report.case import Case, Tree, money, short
from planner.report.flows import flows_of
from planner.report.headline import headline_tree
from planner.report.origins import origins_tree
from planner.report.page import render
from planner.report.ramps import ramps_tree
from planner.report.runway import runway_tree
from planner.report.sankey import sankey_tree
from planner.report.sources import sources_tree
from planner.report.supply import supply_tree
from planner.report.timeline import timeline_tree
from planner.report.worth import costs_tree, values_tree

__all__ = ["comparison_page", "plan_tree", "read_plan", "report_page"]


def report_page(plans: Sequence[Plan], comparison: Mapping[str, Any] | None = None) -> str:
    """The page of one plan, or of several that are compared.

    Args:
        plans: At least one; of a comparison its plans, the base first.
        comparison: What ``Comparison.as_dict()`` gives: plain data, see its contract.

    Returns:
        HTML that needs no other file and no network; the same text for the same plans.

    Raises:
        InputError: if a plan is damaged.
    """
    names = [str(item["name"]) for item in comparison["plans"]] if comparison is not None else [plan.name for plan in plans]
    trees = [plan_tree(plan, name) for plan, name in zip(plans, names, strict=True)]
    title = " / ".join(tree["title"] for tree in trees)
    return render({"plans": trees, "comparison": comparison}, title if len(title) <= 120 else f"{title[:119]}…")


def comparison_page(comparison: Comparison) -> str:
    """The page of a comparison.

    Raises:
        InputError: if a plan is damaged.
    """
    return report_page(list(comparison.plans.values()), comparison.as_dict())


def read_plan(folder: str | Path) -> tuple[Plan, list[str]]:
    """A plan, and the names of its files that are not what they were when it was written.

    Raises:
        InputError: if the folder holds no whole plan.
    """
    plan = Plan.load(folder)
    return plan, changed_data(Path(folder), plan.record)


def plan_tree(plan: Plan, name: str = "") -> Tree:
    """Everything that the page shows of a plan, as plain data.

    Args:
        plan: The plan.
        name: What the page calls it; default its own name.

    Raises:
        InputError: if the plan is damaged.
    """
    try:
        return _tree(Case.of(plan), name or plan.name)
    except InputError:
        raise
    except Exception as error:
        # a plan in memory, or one that stands as it was written, shows a bug
        if DIGESTS[0] not in plan.record:
            raise
        raise InputError(f"{plan.name}: the plan is damaged and cannot be shown: {type(error).__name__}: {error}") from error


def _tree(case: Case, name: str) -> Tree:
    record, flows = case.plan.record, flows_of(case)
    demanded = {item.material for item in case.scenario.demands.values()}
    return {
        "name": name,
        "title": record["title"] or name,
        "currency": case.currency,
        "base_year": case.scenario.money.base_year,
        "rate": case.scenario.money.discount_rate,
        "cost": short(case.plan.total_cost),
        "span": [case.calendar.start.isoformat(), case.calendar.end.isoformat()],
        "periods": [{"label": p.label, "start": p.start.isoformat(), "end": p.end.isoformat(), "years": short(p.years)} for p in case.periods],
        "years": case.years,
        "parties": [{"id": key, "label": case.label("parties", key)} for key in case.scenario.party_ids],
        "materials": [{"id": key, "label": case.label("materials", key), "unit": case.unit(key), "demanded": key in demanded} for key in case.materials],
        "headline": headline_tree(case),
        "supply": supply_tree(case, flows),
        "stock": runway_tree(case),
        "ramps": ramps_tree(case),
        "timeline": timeline_tree(case),
        "origins": origins_tree(case),
        "sankey": sankey_tree(case, flows),
        "costs": costs_tree(case),
        "values": values_tree(case),
        "sources": sources_tree(case),
        "checked": _checked(case),
    }


def _checked(case: Case) -> Tree:
    """How the plan came about and how it was checked, as texts."""
    record = case.plan.record
    checks = record.get("checks", {})
    worst = max((float(rule.get("relative") or 0.0) for rule in checks.get("rules", [])), default=0.0)
    return {
        "status": record["status"],
        "rules": len(checks.get("rules", [])),
        "worst": f"{worst:.1e}",
        "gap": f"{abs(float(checks.get('certificate', {}).get('gap', 0.0))):.1e}",
        "versions": [f"{name} {version}" for name, version in sorted(record.get("versions", {}).items())],
        "solver": str(record.get("options", {}).get("solver", "")),
        "digest": str(record["resolved_sha256"]),
        "set": [str(item) for item in record.get("set", [])],
        "warnings": [str(text) for text in record.get("warnings", [])],
        "relaxations": [{"path": str(item["path"]), "text": str(item["text"])} for item in record.get("relaxations", [])],
        "size": record.get("size", {}),
        "total": money(case.plan.total_cost, case.currency),
    }
