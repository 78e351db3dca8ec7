"""What the page shows is what the tables of the plan say, both sides adding up, and nothing in it can break out of the page."""

from __future__ import annotations

import hashlib
import html.parser
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.errors import InputError
from planner.plan import Plan
from planner.report import plan_tree, read_plan, report_page
from planner.report.files import default_file, write_report
from planner.report.page import asset, policy, script_json
from tests.planner.report.rich import CLOSE, SCRIPT, calm_plan, comparison, rich_plan

ECHARTS = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
"""sha256 of dist/echarts.min.js of the npm package echarts 6.1.0."""


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return plan_tree(rich_plan())


def sides(tree: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for material, parties in tree["supply"].items():
        for party, flows in parties.items():
            yield material, party, flows


def test_the_library_is_the_one_that_was_published() -> None:
    assert hashlib.sha256(asset("echarts.min.js").encode()).hexdigest() == ECHARTS
    assert "Apache License" in asset("echarts.LICENSE")
    assert "Apache Software Foundation" in asset("echarts.NOTICE")


def test_sources_and_shortage_add_up_to_what_is_needed(tree: dict[str, Any]) -> None:
    checked = 0
    for material, party, flows in sides(tree):
        came = [sum(values) for values in zip(*(flow["values"] for flow in flows["in"]), strict=True)]
        went = [sum(values) for values in zip(*(flow["values"] for flow in flows["out"]), strict=True)]
        for period, one, two in zip(tree["periods"], came, went, strict=True):
            assert one == pytest.approx(two, rel=1e-4, abs=1e-4), (material, party, period["label"])
            checked += 1
    assert checked > 200


def test_supply_says_what_the_tables_say(tree: dict[str, Any]) -> None:
    demands = rich_plan().tables["demands"]
    for measure, side, kind in (("wanted", "out", "demand"), ("short", "in", "short")):
        rows = demands[(demands["measure"] == measure) & (demands["material"] == "metal")]
        shown = sum(sum(flow["values"]) for flow in tree["supply"]["metal"][""][side] if flow["kind"] == kind)
        assert shown == pytest.approx(rows["value"].sum(), rel=1e-4)
        assert shown > 0
    parties = [sum(sum(flow["values"]) for flow in tree["supply"]["metal"][party]["out"] if flow["kind"] == "demand") for party in ("jp", "kr")]
    whole = sum(sum(flow["values"]) for flow in tree["supply"]["metal"][""]["out"] if flow["kind"] == "demand")
    assert sum(parties) == pytest.approx(whole, rel=1e-4)


def test_parties_by_themselves_and_together(tree: dict[str, Any]) -> None:
    assert {party for parties in tree["supply"].values() for party in parties} == {"", "jp", "kr"}
    sent = [flow["label"] for flow in tree["supply"]["metal"]["jp"]["out"] if flow["kind"] == "sent"]
    came = [flow["label"] for flow in tree["supply"]["metal"]["kr"]["in"] if flow["kind"] == "returned"]
    together = {flow["kind"] for flow in tree["supply"]["metal"][""]["out"]}
    assert "sent" not in together
    assert len(sent) == len(came)


def test_what_flows_into_a_node_flows_out_again(tree: dict[str, Any]) -> None:
    nodes, checked = tree["sankey"]["nodes"], 0
    for material, parties in tree["sankey"]["links"].items():
        for party, years in parties.items():
            for year, links in years.items():
                into: dict[int, float] = defaultdict(float)
                out: dict[int, float] = defaultdict(float)
                for one, two, units in links:
                    assert units > 0
                    out[one] += units
                    into[two] += units
                for place in into.keys() & out.keys():
                    assert into[place] == pytest.approx(out[place], rel=2e-3), (material, party, year, nodes[place])
                    checked += 1
    assert checked > 50


def test_the_way_of_a_material_never_goes_round(tree: dict[str, Any]) -> None:
    for parties in tree["sankey"]["links"].values():
        for links in itertools.chain.from_iterable(years.values() for years in parties.values()):
            left = {(one, two) for one, two, _ in links}
            while left:
                ends = {two for _, two in left} - {one for one, _ in left}
                assert ends, left
                left = {(one, two) for one, two in left if two not in ends}


def test_the_diagram_carries_what_is_wanted(tree: dict[str, Any]) -> None:
    nodes = tree["sankey"]["nodes"]
    demands = rich_plan().tables["demands"]
    wanted = demands[(demands["measure"] == "wanted") & (demands["demand"] == "jp_other") & demands["period"].str.startswith("2027")]["value"].sum()
    links = tree["sankey"]["links"]["metal"][""]["2027"]
    assert sum(units for _, two, units in links if nodes[two]["id"] == "use.demand.jp_other") == pytest.approx(wanted, rel=1e-3)


def test_origin_shares_are_whole_and_the_country_cut_off_is_watched(tree: dict[str, Any]) -> None:
    for years in tree["origins"]["shares"].values():
        for parts in years.values():
            assert sum(parts.values()) == pytest.approx(1, abs=1e-4)
    assert tree["origins"]["focus"] == {"code": "CN", "name": "China", "why": "cut off"}
    assert tree["origins"]["year"] == "2030"
    assert [(cap["of"], cap["share"], cap["soft"]) for cap in tree["origins"]["caps"]] == [(("CN",), 0.5, True)]
    assert plan_tree(calm_plan())["origins"]["focus"]["why"] == "largest"


def test_ramps_say_what_stands_and_what_was_announced(tree: dict[str, Any]) -> None:
    ramps = {ramp["id"]: ramp for ramp in tree["ramps"]}
    committed = ramps["au_more"]
    assert committed["decisions"] == [["2025-06-01", 60]]
    # twelve months after June 2025 nothing, thirty months after it everything
    assert committed["values"][:5] == [0, 0, 0, 0, 0]
    assert committed["values"][-1] == 60
    assert committed["feeds"] == {"ore": 1, "metal": pytest.approx(1 / 1.1, rel=1e-5)}
    capacity = rich_plan().tables["capacity"]
    mine = capacity[capacity["part"] == "br_mine"]
    assert sum(ramps["br_mine"]["values"]) == pytest.approx(mine["value"].sum(), rel=1e-4)
    assert ramps["saving"]["feeds"] == {"saved": 1, "metal": 1}


def test_the_headline_names_shortage_and_commitments(tree: dict[str, Any]) -> None:
    head, record = tree["headline"], rich_plan().record
    figure = record["figures"]["shortage"]["materials"]["metal"]
    assert [item["material"] for item in head["shortages"]] == ["metal"]
    assert head["shortages"][0]["first"] == figure["first"]
    now = [item["id"] for item in head["commit"]["now"]]
    assert set(now) == {item["project"] for item in record["figures"]["commitments"] if item["period"].startswith("2026")} | {
        item["contract"] for item in record["figures"]["signatures"] if item["period"].startswith("2026")
    }
    assert "br_mine" in now
    assert plan_tree(calm_plan())["headline"]["shortages"] == []


def test_the_timeline_ends_contracts_when_events_do(tree: dict[str, Any]) -> None:
    rows = {row["id"]: row for row in tree["timeline"]}
    assert [bar[:3] for bar in rows["cn_frame"]["bars"]] == [["2026-01-01", "2027-04-01", "contract"], ["2027-04-01", "2029-01-01", "ended"]]
    assert rows["cn_frame"]["label"] == f"{SCRIPT}: cn_frame"
    assert rows["stop"]["bars"][0][:3] == ["2026-01-06", "2033-01-01", "cut"]
    assert rows["jp_pile"]["bars"][1][:3] == ["2026-03-01", "2033-01-01", "release"]
    assert rows["br_mine"]["group"] == "New commitments"


def test_stocks_with_floor_and_release(tree: dict[str, Any]) -> None:
    pile = next(pile for pile in tree["stock"] if pile["id"] == "jp_pile")
    assert (pile["initial"], pile["floors"], pile["release"], pile["soft"]) == (60, [20], "2026-03-01", True)
    levels = rich_plan().tables["stockpiles"]
    levels = levels[(levels["stockpile"] == "jp_pile") & (levels["measure"] == "stock")]
    assert pile["levels"] == pytest.approx(levels["value"].tolist(), rel=1e-4, abs=1e-6)


def test_cost_lines_add_up(tree: dict[str, Any]) -> None:
    assert sum(line["value"] for line in tree["costs"]) == pytest.approx(rich_plan().total_cost, rel=1e-4)


def test_sources_of_every_key(tree: dict[str, Any]) -> None:
    texts, rows = tree["sources"]["texts"], {row[0]: row for row in tree["sources"]["rows"]}
    said = [texts[place] for place in rows["suppliers.cn_ore.price"][2:]]
    if "inputs" not in rich_plan().tables:
        assert said == ["", "", f"Guess {CLOSE}; low 8, high 12", "low", ""]
    assert [texts[place] for place in rows["suppliers.au_ore.price"][3:5]] == ["A study", ""]
    assert [texts[place] for place in rows["suppliers.cn_ore.capacity"][3:6]] == ["", "", ""]
    assert len(texts) == len(set(texts))


def test_places_come_from_the_table_of_inputs() -> None:
    plan = rich_plan()
    row = {"path": "suppliers.cn_ore.price", "value": "10", "file": "a.yaml", "line": 7, "source": "", "assumption": SCRIPT, "confidence": "low", "note": ""}
    found = plan_tree(Plan(plan.name, plan.record, plan.resolved, {**plan.tables, "inputs": pd.DataFrame([row])}))["sources"]
    assert [[found["texts"][place] for place in row[2:]] for row in found["rows"]] == [["a.yaml:7", "", SCRIPT, "low", ""]]


def test_a_relaxed_plan_says_so_at_once() -> None:
    plan = rich_plan()
    relaxed = {**plan.record, "status": "relaxed", "relaxations": [{"path": "policies.diversify.share", "text": f"50 % → 60 % {SCRIPT}"}]}
    page = report_page([Plan(plan.name, relaxed, plan.resolved, plan.tables)])
    assert "this plan gives way in policies.diversify.share" in page
    assert SCRIPT not in page


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert report_page([rich_plan()]) == report_page([rich_plan()])


class Elements(html.parser.HTMLParser):
    """What a browser makes of a page: elements, attributes, and what stands in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.values: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.values += [(name, value or "") for name, value in attrs]


@pytest.mark.parametrize("compared", [False, True])
def test_texts_of_a_plan_cannot_become_markup(compared: bool) -> None:
    page = report_page([calm_plan(), rich_plan()], comparison()) if compared else report_page([rich_plan()])
    found = Elements(page)
    assert found.tags.count("script") == 3
    assert "img" not in found.tags
    assert not [name for name in found.names if name.startswith("on")]
    assert not [value for name, value in found.values if name in ("src", "href") and not value.startswith(("#", "data:"))]
    assert SCRIPT not in page
    assert CLOSE not in page


def test_only_these_scripts_may_run() -> None:
    page = report_page([rich_plan()])
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    wanted = policy(scripts)
    assert len(scripts) == 2
    assert f'content="{wanted.replace(chr(39), "&#39;")}"' in page
    assert wanted.startswith("default-src 'none'; script-src 'sha256-")


def test_json_cannot_end_its_script() -> None:
    text = script_json({"a": "</script><!-- & \u2028"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"a": "</script><!-- & \u2028"}


def test_a_report_replaces_only_reports(tmp_path: Path) -> None:
    page = report_page([rich_plan()])
    path = tmp_path / "new" / "page.html"
    assert write_report(path, page) == path
    assert write_report(path, page).read_text(encoding="utf-8") == page
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]
    other = tmp_path / "mine.html"
    other.write_text("<html>mine</html>", encoding="utf-8")
    for place in (other, tmp_path, tmp_path / "page.txt", other / "page.html"):
        with pytest.raises(InputError):
            write_report(place, page)
    assert other.read_text(encoding="utf-8") == "<html>mine</html>"


def test_a_report_never_lies_in_a_plan_folder(tmp_path: Path) -> None:
    folder = rich_plan().save(tmp_path / "plan")
    with pytest.raises(InputError, match="inside a plan folder"):
        write_report(folder / "page.html", report_page([rich_plan()]))
    assert default_file(folder) == tmp_path / "plan.html"
    plan, odd = read_plan(folder)
    assert not odd
    assert report_page([plan]) == report_page([rich_plan()])


def test_a_damaged_plan_is_bad_input(tmp_path: Path) -> None:
    folder = rich_plan().save(tmp_path / "plan")
    plan = Plan.load(folder)
    tables = {**plan.tables, "demands": plan.tables["demands"].rename(columns={"value": "worth"})}
    with pytest.raises(InputError, match="damaged"):
        plan_tree(Plan(plan.name, plan.record, plan.resolved, tables))
    with pytest.raises(InputError, match="damaged"):
        plan_tree(Plan(plan.name, plan.record, "version: 1\n", plan.tables))
