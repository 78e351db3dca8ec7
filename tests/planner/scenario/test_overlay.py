"""Files that build on files, tables, and values of the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from planner.errors import Mark
from planner.scenario import overlay
from planner.scenario.overlay import MAX_DEPTH, Sources, default_root, gather
from planner.scenario.reader import read_yaml
from tests.planner.scenario.writing import HEAD, loaded, problems, put, said


def tree(folder: Path, files: dict[str, str], *, first: str = "s.yaml", root: Path | None = None, sets: Iterable[str] = ()) -> Sources:
    put(folder, files)
    return gather(folder / first, root or folder, sets)


def plain(folder: Path, files: dict[str, str], *, sets: Iterable[str] = ()) -> Any:
    found = tree(folder, files, sets=sets)
    assert [str(problem) for problem in found.problems] == []
    return found.tree.plain()


def wrong(folder: Path, files: dict[str, str], *, first: str = "s.yaml", root: Path | None = None, sets: Iterable[str] = ()) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in tree(folder, files, first=first, root=root, sets=sets).problems]


def warned(folder: Path, files: dict[str, str]) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in tree(folder, files).warnings]


# ---- extends


def test_maps_merge_deeply_and_all_else_is_replaced(tmp_path: Path) -> None:
    base = "a: {x: {p: 1, q: 2}, l: [1, 2, 3], s: 5, m: {k: 1}}\nb: 1"
    over = "extends: b.yaml\na: {x: {q: 3, r: 4}, l: [9], s: {t: 1}, m: 7}\nc: 2"
    assert plain(tmp_path, {"b.yaml": base, "s.yaml": over}) == {"a": {"x": {"p": 1, "q": 3, "r": 4}, "l": [9], "s": {"t": 1}, "m": 7}, "b": 1, "c": 2}


def test_a_list_is_applied_in_order(tmp_path: Path) -> None:
    files = {"a.yaml": "k: a\nx: {a: 1, both: a}", "b.yaml": "k: b\nx: {b: 1, both: b}", "s.yaml": "extends: [a.yaml, b.yaml]\nx: {c: 1}"}
    assert plain(tmp_path, files) == {"k": "b", "x": {"a": 1, "both": "b", "b": 1, "c": 1}}
    files["s.yaml"] = "extends: [b.yaml, a.yaml]"
    assert plain(tmp_path, files)["k"] == "a"


def test_a_diamond_is_no_circle(tmp_path: Path) -> None:
    files = {"base.yaml": "k: base\nonly: 1", "a.yaml": "extends: base.yaml\na: 1", "b.yaml": "extends: base.yaml\nk: b", "s.yaml": "extends: [a.yaml, b.yaml]"}
    assert plain(tmp_path, files) == {"k": "b", "only": 1, "a": 1}


def test_a_chain_across_folders_is_relative_to_each_file(tmp_path: Path) -> None:
    files = {"s.yaml": "extends: sub/a.yaml", "sub/a.yaml": "extends: ../other/b.yaml\nk: a", "other/b.yaml": "k: b\nv: 1"}
    found = tree(tmp_path, files)
    assert found.tree.plain() == {"k": "a", "v": 1}
    assert list(found.files) == [str(tmp_path / name) for name in ("s.yaml", "sub/a.yaml", "other/b.yaml")]


def test_merging_leaves_the_parents_of_others_alone(tmp_path: Path) -> None:
    files = {"b.yaml": "p: &p {x: {y: 1}, l: [{z: 1}]}\nq: *p", "s.yaml": "extends: b.yaml\np: {x: {y: 2}}"}
    assert plain(tmp_path, files)["q"] == {"x": {"y": 1}, "l": [{"z": 1}]}


def test_null_deletes(tmp_path: Path) -> None:
    files = {"b.yaml": "a: {x: 1, y: 2}\nb: [1]\nc: 3", "s.yaml": "extends: b.yaml\na: {x: null}\nb: ~\nc:"}
    found = tree(tmp_path, files)
    assert found.tree.plain() == {"a": {"y": 2}}
    assert found.warnings == []


def test_null_warns_where_there_is_nothing_to_delete(tmp_path: Path) -> None:
    files = {"b.yaml": "events: {cutoff: {spot: 0}}", "s.yaml": "extends: b.yaml\nevents:\n  cutof: null\ntitle:\n"}
    assert warned(tmp_path, files) == [
        "s.yaml:3:3: events.cutof: is empty: null deletes an entry, and there is none here; did you mean 'cutoff'?",
        "s.yaml:4:1: title: is empty: null deletes an entry, and there is none here; write a value, {} for an entry without keys, or remove the line",
    ]


def test_circles(tmp_path: Path) -> None:
    files = {"s.yaml": "extends: a.yaml", "a.yaml": "k: 1\nextends: [s.yaml]"}
    assert wrong(tmp_path, files) == ["a.yaml:2:11: extends: goes round in a circle: s.yaml → a.yaml → s.yaml; remove one 'extends'"]
    assert wrong(tmp_path, {"s.yaml": "extends: ./s.yaml"}) == ["s.yaml:1:10: extends: goes round in a circle: s.yaml → s.yaml; remove one 'extends'"]


def test_depth(tmp_path: Path) -> None:
    files = {f"f{n}.yaml": f"k{n}: {n}\nextends: f{n + 1}.yaml" for n in range(MAX_DEPTH + 2)} | {f"f{MAX_DEPTH + 2}.yaml": "k: 1"}
    assert wrong(tmp_path, files, first="f0.yaml") == [f"f{MAX_DEPTH}.yaml:2:10: extends: is more than {MAX_DEPTH} files deep"]
    assert wrong(tmp_path, files, first="f2.yaml") == []


def test_files_that_extend_each_other_many_times_do_not_explode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def counted(path: Path, *rest: Any) -> Any:
        reads.append(path)
        return read_yaml(path, *rest)

    monkeypatch.setattr(overlay, "read_yaml", counted)
    files = {f"f{n}.yaml": f"extends: [{', '.join([f'f{n + 1}.yaml'] * 20)}]" for n in range(3)} | {"f3.yaml": "k: 1"}
    found = tree(tmp_path, files, first="f0.yaml")
    assert found.problems or found.tree.plain() == {"k": 1}
    assert len(reads) < 1000


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../out.yaml", "'../out.yaml' lies outside the root 'in'; move the file, or widen the root with --root DIR"),
        ("sub/../../out.yaml", "'sub/../../out.yaml' lies outside the root 'in'; move the file, or widen the root with --root DIR"),
        ("/etc/passwd", "'/etc/passwd' is not a relative path; write it relative to this file, with '/'"),
        ("link.yaml", "'link.yaml' lies outside the root 'in'; move the file, or widen the root with --root DIR"),
        ("folder/out.yaml", "'folder/out.yaml' lies outside the root 'in'; move the file, or widen the root with --root DIR"),
        ("~/x.yaml", "'~/x.yaml' is not a relative path; write it relative to this file, with '/'"),
        ("https://a.b/c.yaml", "'https://a.b/c.yaml' is not a relative path; write it relative to this file, with '/'"),
        ("file:///etc/passwd", "'file:///etc/passwd' is not a relative path; write it relative to this file, with '/'"),
        ("'..\\out.yaml'", "'..\\out.yaml' is not a relative path; write it relative to this file, with '/'"),
        ("loop.yaml", "'loop.yaml' cannot be resolved"),
        ("base2.yaml", "there is no file 'base2.yaml'; did you mean 'base.yaml'"),
        ("sub", "there is no file 'sub'"),
        ("nowhere/base.yaml", "there is no file 'nowhere/base.yaml'"),
        ("a" * 3000, None),
        ("5", "is not a file name; write extends: base.yaml or a list of files"),
        ("{a: b}", "is not a file name; write extends: base.yaml or a list of files"),
    ],
)
def test_no_way_out_of_the_root(tmp_path: Path, name: str, problem: str | None) -> None:
    home = tmp_path / "in"
    put(tmp_path, {"out.yaml": "secret: 1", "in/base.yaml": "k: 1", "in/sub/x.yaml": "k: 1"})
    (home / "link.yaml").symlink_to(tmp_path / "out.yaml")
    (home / "folder").symlink_to(tmp_path)
    (home / "loop.yaml").symlink_to("loop.yaml")
    found = wrong(home, {"s.yaml": f"a: 1\nextends: {name}"})
    assert len(found) == 1
    assert found[0].startswith(f"s.yaml:2:10: extends: {problem or ''}")


def test_an_absolute_path_is_refused_even_inside_the_root(tmp_path: Path) -> None:
    files = {"b.yaml": "k: 1", "s.yaml": f"extends: {tmp_path}/b.yaml"}
    assert len(wrong(tmp_path, files)) == 1


def test_root_widens(tmp_path: Path) -> None:
    files = {"out.yaml": "k: 1", "in/s.yaml": "extends: ../out.yaml"}
    assert len(wrong(tmp_path, files, first="in/s.yaml", root=tmp_path / "in")) == 1
    assert tree(tmp_path, files, first="in/s.yaml").tree.plain() == {"k": 1}


def test_default_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"a/s.yaml": "extends: ../b.yaml", "b.yaml": "k: 1"})
    monkeypatch.chdir(tmp_path)
    assert default_root(Path("a/s.yaml")) == tmp_path.resolve()
    assert gather(Path("a/s.yaml")).problems == []
    monkeypatch.chdir(tmp_path / "a")
    assert default_root(tmp_path / "a" / "s.yaml") == (tmp_path / "a").resolve()
    (problem,) = gather(Path("s.yaml")).problems
    assert "lies outside the root 'a'" in problem.problem
    monkeypatch.chdir("/")
    assert default_root(Path("/usr/../etc/x/s.yaml")) == Path("/")


def test_every_problem_of_every_file(tmp_path: Path) -> None:
    files = {"s.yaml": "extends: [a.yaml, no.yaml, b.yaml]\nk: .nan", "a.yaml": "x: 1\nx: 2", "b.yaml": "y: [1"}
    assert [line.split(": ")[0] for line in wrong(tmp_path, files)] == ["s.yaml:2:4", "a.yaml:2:1", "s.yaml:1:19", "b.yaml:1:4"]


@pytest.mark.parametrize("text", ["[1, 2]", "hello", "5", "null"])
def test_a_scenario_is_a_map(tmp_path: Path, text: str) -> None:
    put(tmp_path, {"s.yaml": text})
    assert said(lambda: gather(tmp_path / "s.yaml"), tmp_path) == ["s.yaml:1:1: a scenario is a map of keys; start with 'version: 1'"]


def test_what_is_no_scenario_file(tmp_path: Path) -> None:
    put(tmp_path, {"cutoff.yaml": ""})
    assert said(lambda: gather(tmp_path), tmp_path) == [f"{tmp_path}:1:1: is a folder; name a scenario file"]
    assert said(lambda: gather(tmp_path / "cutof.yaml"), tmp_path) == ["cutof.yaml:1:1: no such file; did you mean 'cutoff.yaml'?"]


def test_a_scenario_that_is_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").symlink_to("s.yaml")
    assert said(lambda: gather(tmp_path / "s.yaml"), tmp_path)


def test_digests_of_all_files(tmp_path: Path) -> None:
    csv = "id,material\na,ore\n"
    files = {"s.yaml": "extends: sub/b.yaml\nk: 1\n", "sub/b.yaml": "suppliers: {table: t.csv}\n", "sub/t.csv": csv}
    digests = tree(tmp_path, files).files
    assert digests == {str(tmp_path / name): hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}


def test_marks_name_the_file_that_set_the_value(tmp_path: Path) -> None:
    files = {"b.yaml": "a:\n  x: 1\n  y: 2\nl: [1]", "s.yaml": "extends: b.yaml\na:\n   y: 3\n"}
    found = tree(tmp_path, files, sets=["a.z=4"]).tree
    assert found.at(("a", "x"))[0].mark == Mark(f"{tmp_path}/b.yaml", 2, 6)
    assert found.at(("a", "y"))[0].mark == Mark(f"{tmp_path}/s.yaml", 3, 7)
    assert found.at(("l", 0))[0].mark == Mark(f"{tmp_path}/b.yaml", 4, 5)
    assert found.at(("a", "z"))[0].mark == Mark("--set a.z")


def test_problems_of_meaning_name_the_file_that_set_the_value(tmp_path: Path) -> None:
    files = {"b.yaml": HEAD + "suppliers:\n  a: {material: ore, price: 5}\n", "s.yaml": "extends: b.yaml\nsuppliers:\n  a: {material: orr}\n"}
    put(tmp_path, files)
    assert problems(tmp_path, "", head=files["s.yaml"]) == ["s.yaml:3:17: suppliers.a.material: there is no material 'orr'; did you mean 'ore'?"]


# ---- --set


@pytest.mark.parametrize(
    ("item", "path", "value"),
    [
        ("a.x=5", ("a", "x"), 5),
        ("a.x=65 %", ("a", "x"), "65 %"),
        (" a.x = NO ", ("a", "x"), "NO"),
        ("a={y: 2}", ("a",), {"x": 1, "y": 2}),
        ("new.deep.er=[1, 2]", ("new", "deep", "er"), [1, 2]),
        ("a=7", ("a",), 7),
        ("l.1=9", ("l",), [1, 9, {"k": 3}]),
        ("l.2.k=4", ("l",), [1, 2, {"k": 4}]),
        ("l.2.j=4", ("l",), [1, 2, {"k": 3, "j": 4}]),
        ("l=[]", ("l",), []),
        ("t=a=b", ("t",), "a=b"),
    ],
)
def test_set(tmp_path: Path, item: str, path: tuple[str, ...], value: Any) -> None:
    found = plain(tmp_path, {"s.yaml": "a: {x: 1}\nl: [1, 2, {k: 3}]"}, sets=[item])
    for part in path:
        found = found[part]
    assert found == value


def test_set_null_deletes(tmp_path: Path) -> None:
    assert plain(tmp_path, {"s.yaml": "a: {x: 1, y: 2}"}, sets=["a.x=null"]) == {"a": {"y": 2}}


def test_sets_apply_in_order_and_after_extends(tmp_path: Path) -> None:
    assert plain(tmp_path, {"b.yaml": "a: 1", "s.yaml": "extends: b.yaml\na: 2"}, sets=["a=3", "a=4"]) == {"a": 4}


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("a", "--set:1:1: 'a' is not path=value; write --set policies.diversify.share='60 %'"),
        ("=5", "--set:1:1: '=5' is not path=value; write --set policies.diversify.share='60 %'"),
        ("a..b=5", "--set:1:1: 'a..b=5' is not path=value; write --set policies.diversify.share='60 %'"),
        ("a=.nan", "--set a:1:1: a: '.nan' is not a finite number"),
        ("l.5=1", "--set l.5:1:1: l.5: '5' is no position in a list of 2; positions count from 0"),
        ("l.x=1", "--set l.x:1:1: l.x: 'x' is no position in a list of 2; positions count from 0"),
        ("l.-1=1", "--set l.-1:1:1: l.-1: '-1' is no position in a list of 2; positions count from 0"),
        ("l.5.k=1", "--set l.5.k:1:1: l.5.k: '5' is no position in a list of 2; positions count from 0"),
        ("l.²=1", "--set l.²:1:1: l.²: '²' is no position in a list of 2; positions count from 0"),
    ],
)
def test_set_in_a_bad_form(tmp_path: Path, item: str, problem: str) -> None:
    assert wrong(tmp_path, {"s.yaml": "a: 1\nl: [1, 2]"}, sets=[item]) == [problem]


def test_set_of_what_is_no_yaml(tmp_path: Path) -> None:
    (found,) = wrong(tmp_path, {"s.yaml": "a: 1"}, sets=["a=[1"])
    assert found.startswith("--set a:1:1: a: is not valid YAML: ")


def test_set_nothing_is_not_passed_over(tmp_path: Path) -> None:
    found = tree(tmp_path, {"s.yaml": "e: {x: 1}"}, sets=["e="])

    assert found.problems or found.tree.plain() == {}


def test_set_below_an_alias_leaves_its_twin_alone(tmp_path: Path) -> None:
    found = plain(tmp_path, {"s.yaml": "a: &a [{k: 1}]\nb: *a\nc: &c {k: 1}\nd: *c"}, sets=["a.0.k=2", "c.k=2"])
    assert found["c"]["k"] == found["a"][0]["k"] == 2
    assert found["d"]["k"] == 1
    assert found["b"][0]["k"] == 1


def test_a_bad_set_is_reported_at_the_option(tmp_path: Path) -> None:
    text = "suppliers: {a: {material: ore, price: 5}}"
    assert problems(tmp_path, text, sets=["suppliers.a.price=5 t", "suppliers.b.material=ore", "suppliers.b.prise=1"]) == [
        "--set suppliers.a.price:1:1: suppliers.a.price: unit 't' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg",
        "--set suppliers.b.prise:1:1: suppliers.b.prise: unknown key 'prise'; did you mean 'price'?",
    ]


# ---- tables


def test_an_empty_scenario_names_what_is_missing(tmp_path: Path) -> None:
    assert problems(tmp_path, "", head="") == ["s.yaml:1:1: horizon: 'horizon' is missing; add it", "s.yaml:1:1: version: 'version' is missing; add it"]


def test_tables_reach_the_scenario(tmp_path: Path) -> None:
    csv = "id,material,price,ramp\na,ore,5 USD/kg,\n"
    assert problems(tmp_path, "suppliers: {table: t.csv}\n", files={"t.csv": csv.replace("5 USD/kg", "5 USD")}) == [
        "t.csv:2:3: suppliers.a.price: unit 'USD' does not fit here, which takes a unit like USD/t; write for instance 250 USD/kg"
    ]
    assert loaded(tmp_path, "suppliers: {table: t.csv}\n", files={"t.csv": csv}).scenario.suppliers["a"].tiers[0].price.values == [5000]
