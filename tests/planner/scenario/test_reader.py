"""YAML 1.2 scalars, places, and hostile files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.errors import Mark
from planner.scenario.reader import MAX_BYTES, MAX_DEPTH, Node, parse_yaml, read_yaml, scalar
from tests.planner.scenario.writing import complaints, said


def plain(text: str) -> Any:
    return parse_yaml(text, "f").plain()


def wrong(text: str) -> list[str]:
    return said(lambda: parse_yaml(text, "f"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("y", "y"), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("1e6", 1e6), ("1E-2", 0.01), ("1.", 1.0), (".5", 0.5), ("-.5e1", -5.0), ("+3", 3), ("-0", 0), ("0", 0), ("0x1F", 31), ("0o17", 15),
        ("1_000", "1_000"), ("12:30:45", "12:30:45"), ("2026-01", "2026-01"), ("2026-01-06", "2026-01-06"), ("2026", 2026), ("0b11", "0b11"),
        ("1,000", "1,000"), ("12345678901234567890", 12345678901234567890), ("450 t/yr", "450 t/yr"), ("nan", "nan"), ("inf", "inf"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    result = plain(f"a: {text}")["a"]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", ["NO", "1e6", "012", ".inf", "null", "2026-01", "true", "0x1F"])
def test_quoted_scalars_are_text(text: str) -> None:
    assert plain(f"a: '{text}'\nb: \"{text}\"") == {"a": text, "b": text}


@pytest.mark.parametrize("text", [".inf", "-.inf", "+.INF", ".nan", ".NaN"])
def test_not_finite(text: str) -> None:
    assert wrong(f"a:\n  b: {text}") == [f"f:2:6: a.b: '{text}' is not a finite number"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("012", "'012' starts with a zero; write 12, or quote it if it is text"),
        ("-007", "'-007' starts with a zero; write -7, or quote it if it is text"),
        ("1e400", "'1e400' is too large for a number"),
        ("1" * 21, "an integer of more than 20 digits"),
        ("9" * 6000, "an integer of more than 20 digits"),
        ("0x" + "F" * 400, "an integer of more than 20 digits"),
    ],
)
def test_numbers_out_of_reach(text: str, problem: str) -> None:
    assert wrong(f"a: {text}") == [f"f:1:4: a: {problem}"]


def test_places_of_keys_and_values() -> None:
    root = parse_yaml("a: 1\nbb:\n  - x\n  - {c: [7, 8]}\n'd e':\n    f:   g\n", "f")
    assert (root.value["a"].key, root.value["a"].mark) == (Mark("f", 1, 1), Mark("f", 1, 4))
    assert (root.value["bb"].key, root.value["bb"].mark) == (Mark("f", 2, 1), Mark("f", 3, 3))
    assert root.at(("bb", 1, "c", 1))[0].mark == Mark("f", 4, 13)
    assert root.at(("bb", 1, "c"))[0].key == Mark("f", 4, 6)
    inner = root.value["d e"].value["f"]
    assert (inner.key, inner.mark) == (Mark("f", 6, 5), Mark("f", 6, 10))
    assert str(inner.mark) == "f:6:10"


def test_columns_count_letters_not_bytes() -> None:
    assert parse_yaml("größe: {é: 1}", "f").value["größe"].value["é"].mark == Mark("f", 1, 12)


def test_a_path_passes_over_what_the_tree_does_not_have() -> None:
    node, found = parse_yaml("a: {b: [1, {c: 2}]}", "f").at(("a", "as-map", "b", 1, "tag", "c"))
    assert (node.value, found) == (2, ("a", "b", 1, "c"))
    assert parse_yaml("a: 1", "f").at(("x", 0))[1] == ()


def test_every_duplicate_key_is_reported_with_the_first_line() -> None:
    assert wrong("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\nd:\n  - e: 1\n    'e': 2\n") == [
        "f:2:11: b.c: duplicate key 'c'; first used in line 2",
        "f:3:1: a: duplicate key 'a'; first used in line 1",
        "f:4:1: a: duplicate key 'a'; first used in line 1",
        "f:7:5: d.0.e: duplicate key 'e'; first used in line 6",
    ]


def test_duplicate_keys_and_bad_scalars_come_together() -> None:
    assert wrong("a: .nan\na: 1\nb: 012") == [
        "f:1:4: a: '.nan' is not a finite number",
        "f:2:1: a: duplicate key 'a'; first used in line 1",
        "f:3:4: b: '012' starts with a zero; write 12, or quote it if it is text",
    ]


def test_duplicates_found_before_a_syntax_error_are_kept() -> None:
    found = wrong("a: 1\na: 2\nb: [1\n")
    assert found[0] == "f:2:1: a: duplicate key 'a'; first used in line 1"
    assert found[1].startswith("f:3:4: is not valid YAML: ")


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a:\n\tb: 1\n", "f:2:1", "indent with spaces, not tabs"),
        ("a: b: c", "f:1:5", "check the indentation, and quote text that holds ': '"),
        ("a: [1, 2", "f:1:4", "a bracket that opens here is not closed, or a comma is missing"),
        ("a: {b: 1", "f:1:4", "a bracket that opens here is not closed, or a comma is missing"),
        ("a: 'x", "f:1:4", "a quote or bracket that opens here is not closed"),
        ("a: *b", "f:1:4", ""),
        ("a: @b", "f:1:4", "check indentation, colons and quotes near here"),
    ],
)
def test_syntax_errors_say_where_and_how_to_mend(text: str, place: str, hint: str) -> None:
    (found,) = wrong(text)
    assert found.startswith(f"{place}: ")
    assert found.endswith(hint)


def test_json_is_read() -> None:
    value = {"a": [1, 2.5, "NO", None, True, {"b": "\u2028ü"}], "c": {}}
    assert plain(json.dumps(value)) == value
    assert plain(json.dumps(value, indent=2)) == value


def test_json_with_surrogate_pairs_is_read() -> None:
    value = {"title": "\U0001f6a2 cutoff"}
    assert plain(json.dumps(value, ensure_ascii=False)) == value
    assert plain(json.dumps(value)) == value


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes("\ufeffa: 1\r\nb:\r\n  c: 2\r\n".encode())
    root = read_yaml(file, "f")
    assert root.plain() == {"a": 1, "b": {"c": 2}}
    assert root.value["a"].key == Mark("f", 1, 1)
    assert root.value["b"].value["c"].mark == Mark("f", 3, 6)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_an_empty_map(text: str) -> None:
    assert plain(text) == {}


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.system ['true']", "a: !x 1", "a: !!str 1", "a: !!set {b}", "!!map {a: 1}", "a: [!!int '3']"])
def test_tags_are_refused(text: str) -> None:
    (found,) = wrong(text)
    assert "uses the tag '" in found
    assert found.endswith("; remove it; tags are not part of the scenario language")


def test_tags_on_keys_are_refused() -> None:
    (found,) = wrong("!!python/object:os.system a: 1")
    assert "uses the tag" in found


def test_aliases_and_merge_keys() -> None:
    text = "base: &b {x: 1, y: {z: 2}}\nmore: &m {x: 5, w: 6}\ncopy: *b\none: {<<: *b, x: 3}\ntwo:\n  <<: [*m, *b]\n  v: 9\ntext: {'<<': 1}"
    assert plain(text) == {
        "base": {"x": 1, "y": {"z": 2}},
        "more": {"x": 5, "w": 6},
        "copy": {"x": 1, "y": {"z": 2}},
        "one": {"x": 3, "y": {"z": 2}},
        "two": {"x": 5, "w": 6, "y": {"z": 2}, "v": 9},
        "text": {"<<": 1},
    }


def test_a_merged_key_stands_where_it_was_written() -> None:
    root = parse_yaml("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2", "f")
    assert root.value["b"].value["x"].key == Mark("f", 1, 8)


def test_merging_what_is_no_map() -> None:
    assert wrong("a: &a 1\nb: {<<: *a}\nc: {<<: [*a]}") == [
        "f:2:9: b: '<<' needs a map to merge; merge an alias of a map",
        "f:3:9: c: '<<' needs a map to merge; merge an alias of a map",
    ]


def test_an_anchor_on_a_key_can_be_referred_to() -> None:
    assert plain("&k a: 1\nb: *k") == {"a": 1, "b": "a"}


@pytest.mark.parametrize(
    ("text", "said_at"),
    [
        ("a: &a [1, *a]", "f:1:11: a.1: anchor 'a' refers to itself"),
        ("a: &a {b: {c: *a}}", "f:1:15: a.b.c: anchor 'a' refers to itself"),
        ("a: *b\nb: &b 1", "f:1:4: a: alias '*b' has no anchor before it"),
    ],
)
def test_aliases_that_lead_nowhere(text: str, said_at: str) -> None:
    assert wrong(text) == [said_at]


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (found,) = wrong("\n".join(lines))
    assert "aliases expand to more than 500000 values" in found


def test_aliases_do_not_hide_depth() -> None:
    lines = [f"a{n}: &a{n} {'[' * 60}{f'*a{n - 1}' if n else 1}{']' * 60}" for n in range(60)]
    (found,) = wrong("\n".join(lines))
    assert f"is nested more than {MAX_DEPTH} levels deep" in found


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 100_000, "- " * 50_000, "? " * 50_000, "a: " + "[" * 200 + "]" * 200])
def test_deep_nesting_is_refused_quickly(text: str) -> None:
    (found,) = wrong(text)
    assert f"is nested more than {MAX_DEPTH} levels deep" in found or "a key must be text" in found


def test_nesting_up_to_the_limit() -> None:
    assert isinstance(parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f"), Node)
    assert wrong("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2)) == [f"f:1:{MAX_DEPTH + 2}: is nested more than {MAX_DEPTH} levels deep"]


def test_too_many_values() -> None:
    (found,) = wrong("[" + "1," * 20_001 + "]")
    assert found.endswith(": holds more than 20000 entries; leave out what the scenario does not need")
    (found,) = wrong("[" + f"[{'1,' * 10_000}]," * 51 + "]")
    assert found.endswith(": holds more than 500000 values; leave out what the scenario does not need")


def test_a_second_document_is_refused() -> None:
    assert wrong("a: 1\n---\nb: 2\n") == ["f:2:1: a second document starts here; keep one document a file; remove '---'"]
    assert plain("---\na: 1\n...\n") == {"a": 1}


@pytest.mark.parametrize("key", ["? [a]\n: 1", "? {a: 1}\n: 1", "{[a]: 1}"])
def test_keys_must_be_text(key: str) -> None:
    (found,) = wrong(key)
    assert found.endswith("a key must be text; check the brackets and colons")


def test_keys_stay_text() -> None:
    assert list(plain("2026: a\n2026-01: b\nNO: c\n1e6: d\ntrue: e\n~: f")) == ["2026", "2026-01", "NO", "1e6", "true", "~"]


@pytest.mark.parametrize("char", ["\x00", "\x01", "\x07", "\x1b", "\x7f"])
def test_control_characters(char: str) -> None:
    assert wrong(f"a: 1\nb: x{char}") == ["f:2:5: holds a character that YAML does not allow; remove the control character"]


def test_the_place_of_a_control_character_counts_letters() -> None:
    assert wrong("größe: 1\n" * 30 + "b: \x01\n" + "c: 1\n" * 30)[0].startswith("f:31:4: ")


def test_lone_surrogates_from_the_command_line() -> None:
    assert wrong("a: \udcff")


def test_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert said(lambda: read_yaml(file, "f")) == ["f:2:7: is not UTF-8 text; save the file as UTF-8"]
    file.write_bytes("a: 1".encode("utf-16"))
    assert said(lambda: read_yaml(file, "f")) == ["f:1:1: is not UTF-8 text; save the file as UTF-8"]


def test_a_file_above_10_mb(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    with file.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    assert said(lambda: read_yaml(file, "f")) == ["f:1:1: the file is larger than 10 MB; put long tables into CSV files"]


def test_what_is_no_file(tmp_path: Path) -> None:
    assert said(lambda: read_yaml(tmp_path / "none.yaml", "f")) == ["f:1:1: no such file"]
    assert said(lambda: read_yaml(tmp_path, "f")) == ["f:1:1: is not a regular file"]
    os.mkfifo(tmp_path / "pipe")
    assert said(lambda: read_yaml(tmp_path / "pipe", "f")) == ["f:1:1: is not a regular file"]


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:1 -\n[]{},&*!|>'\"#?%@\t.0e_~<\x85\u2028é"), max_size=60))
@example("a: &a\n<<: *a")
@example("<<: []")
@example("- &a\n- *a")
@example("%YAML 1.1\n---\na")
@example(": ")
@example("? \n? ")
def test_no_yaml_raises_anything_else(text: str) -> None:
    found = complaints(lambda: parse_yaml(text, "f").plain())
    assert all(problem.mark.line >= 1 and problem.mark.column >= 1 and problem.problem for problem in found)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    assert all(problem.problem for problem in complaints(lambda: parse_yaml(text, "f")))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=100))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    file.write_bytes(raw)
    assert all(problem.problem for problem in complaints(lambda: read_yaml(file, "f")))


@settings(deadline=None)
@given(st.one_of(st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_read_back(number: float) -> None:
    assert scalar(repr(number)) == number


TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_characters="\ufffe\uffff", exclude_categories=["Cs", "Cc", "Cf"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
def test_json_reads_back(value: Any) -> None:
    assert plain(json.dumps({"v": value})) == {"v": value}


def test_each_alias_is_a_value_of_its_own() -> None:
    """What is changed at one place stays as it was at the others."""
    root = parse_yaml("a: &x [1]\nb: *x\nc: {<<: &y {d: [2]}}\ne: *y\n", "f")
    root.value["b"].value.clear()
    root.value["e"].value["d"].value.clear()

    assert root.plain() == {"a": [1], "b": [], "c": {"d": [2]}, "e": {"d": []}}
