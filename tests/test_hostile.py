"""Hostile input to the whole command: always an answer with a place, never a traceback, a hang, or all of the memory."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.scenario.characters import steering
from planner.scenario.reader import parse_yaml
from tests.command import plan_here

ROOT = Path(__file__).parents[1]
PLAN = Path(sys.executable).with_name("plan")
GIGABYTE = 1 << 30
SECONDS = 60
"""Ten on a quiet machine; the tests share theirs."""
HEAD = "version: 1\nhorizon: {start: 2026-01, end: 2028-01, step: year}\nmaterials: {ore: {unit: t}}\n"
BASE = HEAD + "suppliers: {a: {material: ore, capacity: 100, price: 5}}\ndemands: {d: {material: ore, quantity: 10, shortage: 1000}}\n"
"""Five lines, so that what follows starts in line 6."""
PLACE = re.compile(r"^\S.*:\d+:\d+: ", re.MULTILINE)
quick = settings(deadline=None, derandomize=True, database=None, max_examples=60)


class Answer:
    """What a run of the command said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert code in (0, 2, 3, 4, 5), err[-2000:]
        assert "internal error" not in err
        assert "Traceback" not in err
        # messages are lines of the command's own; a screen never holds what steers it
        assert steering(out + err) == ""


def run(*words: str | Path) -> Answer:
    """Run the command in this process."""
    done = plan_here(*words, cwd=Path.cwd())
    return Answer(done.returncode, done.stdout, done.stderr)


def run_apart(*words: str | Path, cwd: Path) -> Answer:
    """Run the command as a process of its own that may take a gigabyte and not forever."""
    script = (
        "import resource, sys\n"
        "from planner.__main__ import main\n"
        f"sys.argv = ['plan', *{list(map(str, words))!r}]\n"
        "try:\n    main()\n"
        "finally:\n    sys.stderr.write(f'\\npeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}')\n"
    )
    # address space is more than memory: libraries and threads map what they never touch
    limit = 3 * GIGABYTE
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    err, _, peak = done.stderr.rpartition("\npeak ")
    assert peak, done.stderr[-2000:]
    assert int(peak) * 1024 < GIGABYTE
    return Answer(done.returncode, done.stdout, err)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return path


def refused(text: str | bytes, message: str, command: str = "check") -> Answer:
    """A scenario that the command refuses with a message at a place."""
    answer = run(command, write("s.yaml", text))
    assert answer.code == 2
    assert message in answer.err
    assert PLACE.match(answer.err)
    return answer


# ---- the scenario file

MALFORMED: dict[str, tuple[str | bytes, str]] = {
    "brackets": ("[" * 200_000, "s.yaml:1:66: is nested more than 64 levels deep"),
    "braces": ("{a: " * 50_000, "is nested more than 64 levels deep"),
    "dashes": ("- " * 200_000, "s.yaml:1:131: is nested more than 64 levels deep"),
    "anchor in itself": ("a: &a [*a]", "s.yaml:1:8: a.0: anchor 'a' refers to itself"),
    "anchor merged into itself": ("a: &a\n  <<: *a", "refers to itself"),
    "tabs": (BASE + "parties:\n\thome: {}\n", "indent with spaces, not tabs"),
    "nan": (BASE.replace("price: 5", "price: .nan"), "s.yaml:4:54: suppliers.a.price: '.nan' is not a finite number"),
    "1e400": (BASE.replace("price: 5", "price: 1e400"), "s.yaml:4:54: suppliers.a.price: '1e400' is too large for a number"),
    "1e400 with a unit": (BASE.replace("price: 5", "price: 1e400 USD/kg"), "s.yaml:4:54: suppliers.a.price: '1e400 USD/kg' is too large for a number"),
    "1e300": (BASE.replace("capacity: 100", "capacity: 1e300 t/yr"), "is too large for a number"),
    "long integer": (BASE.replace("price: 5", "price: " + "9" * 5000), "an integer of more than 20 digits"),
    "unit that counts": (BASE.replace("price: 5", "price: 9**9**9 m"), "s.yaml:4:54: suppliers.a.price: unit '**9**9 m' cannot be read"),
    "not utf-8": (BASE.encode() + b"title: \xff\xfe\n", "s.yaml:6:8: is not UTF-8 text"),
    "utf-16": (BASE.encode("utf-16"), "is not UTF-8 text"),
    "nul": (BASE + "title: a\0b\n", "s.yaml:6:9: holds a character that YAML does not allow"),
    "tag": (BASE + "title: !!python/object/apply:os.system ['id']\n", "uses the tag"),
    "second document": (BASE + "---\n" + BASE, "a second document starts here"),
    "duplicate key": (BASE + "title: a\ntitle: b\n", "s.yaml:7:1: title: duplicate key 'title'; first used in line 6"),
    "escape in a title": (BASE + 'title: "\\e]0;owned\\a"\n', "s.yaml:6:8: title: holds the control character U+001B"),
    "eight bit escape": (BASE + 'title: "\\x9b31m"\n', "s.yaml:6:8: title: holds the control character U+009B"),
    "bidi in a label": (BASE.replace("unit: t", 'unit: t, label: "\\u202eevil"'), "materials.ore.label: holds the control character U+202E"),
    "raw bidi in a note": (BASE + "note: 'a\u2067b'\n", "s.yaml:6:7: note: holds the control character U+2067"),
    "escape in a key": (BASE + '"\\e[31mkey": 1\n', "s.yaml:6:1: \\u001b[31mkey: holds the control character U+001B"),
    "escape in an id": (BASE.replace("{a: {", '{"a\\e": {'), "holds the control character U+001B"),
    "escape in a country": (BASE.replace("capacity", 'country: "C\\e", capacity'), "U+001B"),
    "formula as an id": (BASE.replace("{a: {", "{\"=cmd|'/C calc'!A0\": {"), "is not a valid id"),
    "formula as a country": (BASE.replace("capacity", 'country: "=1+1", capacity'), "'=1+1' is not a plain name"),
    "sign as a country": (BASE.replace("capacity", 'country: "+1", capacity'), "is not a plain name"),
    "at as a currency": (BASE + 'money: {currency: "@SUM(1)"}\n', "is not a plain name"),
    "line end in a country": (BASE.replace("capacity", 'country: "CN\\n", capacity'), "is not a plain name"),
    "ids that differ in case": (BASE.replace("{a: {", "{A: {"), "'A' is not a valid id"),
    "ids that differ in form": (BASE.replace("{a: {", "{\uff41: {"), "is not a valid id"),
    "long id": (BASE.replace("{a: {", "{" + "a" * 150 + ": {"), "at most 64 characters"),
    "longer id": (BASE.replace("{a: {", "{" + "a" * 1000 + ": {"), "a key of 1000 characters"),
    "long title": (BASE + f"title: {'a' * 500}\n", "s.yaml:6:8: title: "),
    "year 9999": (BASE.replace("end: 2028-01", "end: 9999-12"), "s.yaml:2:32: horizon.end: '9999-12' lies outside the years 1900 to 2300"),
    "year 10000": (BASE.replace("end: 2028-01", "end: 10000-01"), "s.yaml:2:32: horizon.end: "),
    "year 1": (BASE.replace("start: 2026-01", "start: 0001-01"), "s.yaml:2:18: horizon.start: '0001-01' lies outside"),
    "four centuries of months": (
        BASE.replace("start: 2026-01, end: 2028-01, step: year", "start: 1900, end: 2300, step: month"),
        "s.yaml:2:29: horizon.end: the horizon has more than 1,200 periods; take quarters or years for the later part",
    ),
    "many parts": (BASE.replace("end: 2028-01, step: year", f"steps: [{', '.join(['{until: 2300, step: month}'] * 20_000)}]"), "s.yaml:2:34: horizon.steps: "),
    "growth beyond numbers": (
        BASE.replace("start: 2026-01, end: 2028-01", "start: 1900, end: 2300").replace("quantity: 10", "quantity: {start: 10, growth: 5}"),
        "demands.d.quantity.growth: grows beyond any number within 400 years",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_scenario_is_refused_at_its_place(here: Path, case: str) -> None:
    refused(*MALFORMED[case])


@pytest.mark.parametrize("text", [BASE.replace("\n", "\r\n"), "\ufeff" + BASE, BASE + "# \t tab in a comment\n", BASE + "title: | \n  two\n  lines\n"])
def test_odd_but_harmless_files_are_read(here: Path, text: str) -> None:
    assert run("check", write("s.yaml", text)).code == 0
    assert run("solve", "s.yaml", "--out", "p").code == 0


def bombs() -> dict[str, Callable[[], str]]:
    letters = "abcdefghij"
    aliases = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise(letters)]
    many = "".join(f"  s{i}: {{material: ore, country: c{i}}}\n" for i in range(100_000))
    crowd = "".join(f"  s{i}: {{material: ore, country: c{i}, capacity: 1}}\n" for i in range(2_000))
    projects = "".join(f"  p{i}: {{adds_to: a, decide: {{}}, ramp: 1 year}}\n" for i in range(20))
    century = BASE.replace("start: 2026-01, end: 2028-01, step: year", "start: 2026, end: 2126, step: month")
    return {
        "aliases": lambda: "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "\n".join(aliases),
        "suppliers": lambda: HEAD + "suppliers:\n" + many,
        "suppliers of two files": lambda: "extends: [b.yaml, c.yaml]\n",
        "keys": lambda: HEAD + f"suppliers: {{a: {{{', '.join(f'k{i}: 1' for i in range(15_000))}}}}}",
        "references": lambda: BASE + f"events: {{e: {{match: {{suppliers: [{', '.join(f'b{i}' for i in range(15_000))}]}}}}}}",
        "countries": lambda: BASE + f"policies: {{p: {{kind: max_share, by: country, share: 1, of: [{', '.join(f'b{i}' for i in range(15_000))}]}}}}",
        "one long key": lambda: BASE + f"? {'a' * 9_000_000}\n: 1",
        "one long text": lambda: BASE.replace("material: ore, q", f"material: {'a' * 9_000_000}, q"),
        "projects of a century": lambda: century + "projects:\n" + projects,
        "shares of a crowd": lambda: HEAD + "suppliers:\n" + crowd + "policies: {p: {kind: max_share, by: country, share: 10 %}}\n",
        "larger than a file may be": lambda: "#" * 10_000_001,
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("aliases", "aliases expand to more than 500000 values"),
        ("suppliers", "s.yaml:20005:3: suppliers: holds more than 20000 entries"),
        ("suppliers of two files", "c.yaml:4:1: suppliers: holds more than 20000 entries"),
        ("keys", "unknown key 'k0'"),
        ("references", "there is no supplier 'b0'"),
        ("countries", "no supplier has 'b14999'"),
        ("one long key", "s.yaml:6:3: a key of 9000000 characters"),
        ("one long text", "s.yaml:5:25: demands.d.material: there is no material 'aaa"),
        ("projects of a century", "s.yaml:6:1: projects: makes a model of about"),
        ("shares of a crowd", "policies.p: makes a model of about"),
        ("larger than a file may be", "s.yaml:1:1: the file is larger than 10 MB"),
    ],
)
def test_a_bomb_takes_neither_time_nor_memory(here: Path, name: str, message: str) -> None:
    write("s.yaml", bombs()[name]())
    for n, file in enumerate("bc"):
        write(f"{file}.yaml", HEAD + "suppliers:\n" + "".join(f"  s{n}{i}: {{material: ore}}\n" for i in range(15_000)))
    answer = run_apart("check", "s.yaml", cwd=here)
    assert answer.code == (0 if name == "countries" else 2)
    assert message in answer.err
    assert PLACE.search(answer.err)
    assert max(map(len, answer.err.splitlines())) < 3000


def test_the_largest_model_that_is_let_through_fits(here: Path) -> None:
    projects = "projects: {p: {adds_to: a, decide: {}, size: {max: 10}, ramp: 1 year, capex: 1, life: 20}}\n"
    write("s.yaml", BASE.replace("start: 2026-01, end: 2028-01, step: year", "start: 2026, end: 2066, step: month") + projects)
    assert run_apart("solve", "s.yaml", "-q", cwd=here).code == 0


@pytest.mark.parametrize("value", ["1e-300", "1e-30", "1e30", "9.9e29 t", "1e30 kt"])
@pytest.mark.parametrize("place", ["price: 5", "capacity: 100", "quantity: 10", "shortage: 1000"])
def test_enormous_and_tiny_numbers_have_an_answer(here: Path, place: str, value: str) -> None:
    assert run("solve", write("s.yaml", BASE.replace(place, f"{place.split(':', maxsplit=1)[0]}: {value}")), "-q").code in (0, 2, 3, 4, 5)


# ---- files that a scenario names


@pytest.fixture
def traps(here: Path) -> Path:
    """A folder of things that are no files, beside one that may not be left."""
    folder = here / "in"
    folder.mkdir()
    write("out.yaml", "secret: 1\n")
    write("out.csv", "id,material\na,ore\n")
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.csv").mkdir()
    (folder / "folder.yaml").mkdir()
    for suffix in ("csv", "yaml"):
        (folder / f"zero.{suffix}").symlink_to("/dev/zero")
        (folder / f"stdin.{suffix}").symlink_to("/dev/stdin")
        (folder / f"loop.{suffix}").symlink_to(f"loop.{suffix}")
        (folder / f"link.{suffix}").symlink_to(here / f"out.{suffix}")
        (folder / f"gone.{suffix}").symlink_to("nowhere")
        (folder / f"locked.{suffix}").touch()
        (folder / f"locked.{suffix}").chmod(0)
        with (folder / f"sparse.{suffix}").open("wb") as handle:
            handle.truncate(2_500_000_000)
    os.chdir(folder)
    return folder


@pytest.mark.parametrize("suffix", ["csv", "yaml"])
@pytest.mark.parametrize("name", ["pipe", "zero", "stdin", "loop", "link", "folder", "gone", "sparse", "../out", "/etc/passwd", "nowhere", "a" * 300])
def test_what_is_no_file_inside_the_root_is_not_opened(traps: Path, name: str, suffix: str) -> None:
    reference = name if name.startswith("/") else f"{name}.{suffix}"
    answer = refused(f"extends: {reference}\n" + BASE if suffix == "yaml" else HEAD + f"suppliers: {{table: {reference}}}\n", "")
    assert "secret" not in answer.err
    assert re.search(r"larger than 10 MB|no file|outside the root|cannot be resolved|not a relative path", answer.err)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked for root")
@pytest.mark.parametrize("suffix", ["csv", "yaml"])
def test_an_unreadable_file_is_reported(traps: Path, suffix: str) -> None:
    text = f"extends: locked.{suffix}\n" + BASE if suffix == "yaml" else HEAD + f"suppliers: {{table: locked.{suffix}}}\n"
    refused(text, "cannot be read: Permission denied")


NO_FILES = ["pipe.yaml", "/dev/zero", "/dev/stdin", "folder.yaml", "loop.yaml", "sparse.yaml", "/proc/kmsg", "/proc/self/mem"]
NO_NAMES = ["", ".", "a" * 5000, "a\nb", "\x1b[31m", "\udcff.yaml", "a\0b"]


@pytest.mark.parametrize("name", [*NO_FILES, *NO_NAMES])
def test_a_scenario_argument_that_is_no_file(traps: Path, name: str) -> None:
    assert run("check", name).code == 2


def test_a_file_with_a_name_that_is_no_text_can_be_solved(here: Path) -> None:
    try:
        path = write("\udcff\x1b.yaml", BASE)
    except OSError:
        pytest.skip("this file system takes text only")
    answer = run("solve", path, "--out", "p")
    assert answer.code == 0
    assert "\\udcff\\u001b.yaml" in json.loads(Path("p/plan.json").read_text())["inputs"]


def test_files_that_extend_a_large_one_many_times(here: Path) -> None:
    write("b.yaml", BASE + f"note: {{{', '.join(f'k{i}: v' for i in range(200_000))}}}\n")
    write("s.yaml", f"extends: [{', '.join(['b.yaml'] * 150)}]\n")
    answer = run_apart("check", "s.yaml", cwd=here)
    assert (answer.code, "b.yaml:6:" in answer.err, "holds more than 500000 values" in answer.err) == (2, True, True)


# ---- tables

TABLE = HEAD + "suppliers: {table: t.csv}\n"
SERIES = HEAD + "suppliers:\n" + "".join(f"  s{i}: {{material: ore, price: {{table: t.csv, column: p}}}}\n" for i in range(400))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,material\n\0,ore\n", "t.csv:2"),
        (b"id,material\n\xff,ore\n", "t.csv:2:1: suppliers: is not UTF-8 text"),
        (b'id,material\n"a,ore\n', "is not valid CSV"),
        (b'id,material\na"b"c,ore\n', "t.csv:2:1: suppliers"),
        (b"id,material\n" + b"a" * 200_000 + b",ore\n", "t.csv:2"),
        (b'id,material,label\na,ore,"' + b"[" * 60_000 + b'"\n', "t.csv:2:3: suppliers: is nested more than 64 levels deep"),
        (b"id,material\n=cmd|'/C calc'!A0,ore\n", "is not a valid id"),
        (b"id,material,country\na,ore,+1\n", "t.csv:2:3: suppliers.a.country: "),
        (b"id,material,label\na,ore,\x1b[31m\n", "t.csv:2:3: suppliers: holds the control character U+001B"),
        (b"id,material,price\na,ore,nan\nb,ore,inf\n", "t.csv:2:3: suppliers.a.price: "),
        (b"id,material,price\na,ore,1e400\n", "t.csv:2:3: suppliers: '1e400' is too large for a number"),
        (b"a;b\n1;2\n", "the columns are separated by ';'"),
        (b"\n\n", "the table has no header"),
        (b"id" + b".x" * 100 + b",material\na,ore\n", "more than 32 dots"),
        (",".join(f"c{i}.x" for i in range(5000)).encode(), "t.csv:1:2001: suppliers: the table has more than 2,000 columns"),
    ],
)
def test_a_hostile_csv_file_is_refused_at_its_place(here: Path, content: bytes, message: str) -> None:
    write("t.csv", content)
    refused(TABLE, message)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (TABLE, lambda: "id,material\n" + "," * 9_900_000),
        (TABLE, lambda: "id,material\n" + ",\n" * 4_900_000),
        (TABLE, lambda: "id,material\n" + "".join(f"a{i},ore\n" for i in range(700_000))),
        (TABLE, lambda: "id,material\n" + "".join(f'a{i},"[{"1," * 3000}]"\n' for i in range(1500))),
        (SERIES, lambda: "date,p\n" + "".join(f"d{i},1\n" for i in range(200_000))),
    ],
)
def test_a_csv_bomb_is_refused(here: Path, text: str, content: Callable[[], str]) -> None:
    write("t.csv", content())
    write("s.yaml", text)
    answer = run_apart("check", "s.yaml", cwd=here)
    assert answer.code == 2
    assert re.search("holds more than (500000 values|20000 entries)", answer.err)


def book(sheet: bytes | None = None, more: dict[str, bytes] | None = None) -> None:
    """A workbook with one sheet, of which parts may be replaced."""
    workbook = xlsxwriter.Workbook("plain.xlsx")
    page = workbook.add_worksheet("only")
    page.write_row(0, 0, ["id", "material"])
    page.write_row(1, 0, ["a", "ore"])
    workbook.close()
    with zipfile.ZipFile("plain.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if sheet is not None:
        parts["xl/worksheets/sheet1.xml"] = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + sheet + b"</worksheet>"
    with zipfile.ZipFile("t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (parts | (more or {})).items():
            archive.writestr(name, part)


def rows(xml: bytes) -> bytes:
    return b"<sheetData>" + xml + b"</sheetData>"


FAR = rows(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
SHEETS: dict[str, Callable[[], bytes]] = {
    "far corner": lambda: FAR,
    "far corner in other words": lambda: FAR.replace(b"<c ", b"<x:c ").replace(b"</c>", b"</x:c>").replace(b"<row", b"<x:row").replace(b"</row", b"</x:row"),
    "far corner in other quotes": lambda: FAR.replace(b'"', b"'"),
    "far corner with blanks": lambda: FAR.replace(b"r=", b"r = "),
    "far corner in small letters": lambda: FAR.replace(b"XFD", b"xfd"),
    "row beyond numbers": lambda: rows(b'<row r="4294967295"><c><v>1</v></c></row>'),
    "row zero": lambda: rows(b'<row r="0"><c r="A0"><v>1</v></c></row>'),
    "column beyond numbers": lambda: rows(b'<row r="1"><c r="' + b"A" * 30 + b'1"><v>1</v></c></row>'),
    "extent that lies": lambda: b'<dimension ref="A1:XFD1048576"/>' + rows(b'<row r="1"><c r="A1"><v>1</v></c></row>'),
    "text that is not there": lambda: rows(b'<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'),
    "number beyond numbers": lambda: rows(b'<row r="1"><c r="A1"><v>1e999</v></c><c r="B1"><v>nan</v></c></row>'),
    "style that is not there": lambda: rows(b'<row r="1"><c r="A1" s="99999999999"><v>1</v></c></row>'),
    "date beyond dates": lambda: rows(b'<row r="1"><c r="A1" t="d"><v>9999-99-99T99:99:99</v></c></row>'),
    "broken": lambda: rows(b'<row r="1"><c r="A'),
    "entities": lambda: b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + rows(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row>'),
    "cells without places": lambda: rows(b'<row r="1">' + b"<c><v>1</v></c>" * 3_000_000 + b"</row>"),
    "one cell again and again": lambda: rows(b'<row r="1">' + b'<c r="A1"/>' * 4_000_000 + b"</row>"),
}


def test_a_formula_without_its_value_is_no_empty_cell(here: Path) -> None:
    """Programs that write formulas and do not calculate leave the value out; a lost limit would change the plan in silence."""
    head = b'<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'
    book(rows(head + b'<row r="2"><c r="A2"><f>B1&amp;"a"</f></c><c r="B2"><f>1+1</f><v>2</v></c></row>'))
    refused(TABLE.replace("csv", "xlsx"), "t.xlsx[only]:2:1: suppliers: the cell holds a formula without its value")


def test_an_entity_in_a_sheet_is_no_empty_cell(here: Path) -> None:
    book(rows(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&other;</t></is></c></row>'))
    refused(TABLE.replace("csv", "xlsx"), "it names entities, which no table needs")


def test_more_problems_than_anybody_reads_are_counted(here: Path) -> None:
    demands = "".join(f"  d{i}: {{kuantity: 1}}\n" for i in range(5_000))
    answer = run("check", write("s.yaml", f"version: 1\nhorizon: {{start: 2026, end: 2027, step: year}}\ndemands:\n{demands}"))
    assert answer.code == 2
    assert "more problems; mend these first" in answer.err
    assert len(answer.err.splitlines()) < 1_100


@pytest.mark.parametrize("root", ["nowhere", "s.yaml", "inner"])
def test_a_root_that_cannot_be_one_is_refused(here: Path, root: str) -> None:
    (here / "inner").mkdir()
    write("s.yaml", TABLE)
    answer = run("check", "s.yaml", "--root", root)
    assert answer.code == 2
    assert f"--root {root}: " in answer.err


@pytest.mark.parametrize("name", SHEETS)
def test_a_hostile_sheet_is_refused(here: Path, name: str) -> None:
    book(SHEETS[name]())
    write("s.yaml", TABLE.replace("csv", "xlsx"))
    answer = run_apart("check", "s.yaml", cwd=here)
    assert answer.code in (0, 2)
    assert answer.code == 0 or PLACE.match(answer.err)


@pytest.mark.parametrize(
    "more",
    [
        {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 3_000_000 + b"</sst>"},
        {"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'},
        {"xl/sharedStrings.xml": b" " * 70_000_000},
        {"xl/workbook.xml": b'<workbook xmlns:r="x"><sheets>' + b'<sheet name="s" sheetId="1" r:id="rId1"/>' * 100_000 + b"</sheets></workbook>"},
        {f"xl/worksheets/{i}.xml": b"<a/>" for i in range(2_100)},
        {"xl/workbook.xml": b"\xff\xfe" + "<workbook/>".encode("utf-16-le")},
    ],
)
def test_a_hostile_workbook_is_refused(here: Path, more: dict[str, bytes]) -> None:
    book(more=more)
    write("s.yaml", TABLE.replace("csv", "xlsx"))
    answer = run_apart("check", "s.yaml", cwd=here)
    assert answer.code == 2
    assert PLACE.match(answer.err)


def test_an_archive_that_lies_about_its_sizes_is_refused(here: Path) -> None:
    book(more={"xl/sharedStrings.xml": b"<sst>" + b" " * 50_000_000 + b"</sst>"})
    raw = Path("t.xlsx").read_bytes()
    stated = (50_000_011).to_bytes(4, "little")
    assert stated in raw
    write("t.xlsx", raw.replace(stated, (100).to_bytes(4, "little")))
    refused(TABLE.replace("csv", "xlsx"), "s.yaml:4:20: suppliers: 't.xlsx' cannot be read as a workbook")


@pytest.mark.parametrize("name", ["t.xls", "t.ods", "t.txt", "t"])
def test_other_kinds_of_tables_are_refused(here: Path, name: str) -> None:
    write(name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5000)
    refused(TABLE.replace("t.csv", name), "is neither a CSV file nor an Excel workbook")


@settings(quick, max_examples=40)
@given(st.data())
def test_no_damage_to_a_workbook_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    with contextlib.chdir(tmp_path_factory.mktemp("book")):
        book()
        parts: dict[str, bytes] = {}
        with zipfile.ZipFile("t.xlsx") as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = data.draw(st.sampled_from(sorted(name for name in parts if "docProps" not in name)))
        parts[name] = damaged(parts[name], random.Random(data.draw(st.integers(0, 10**9))))
        with zipfile.ZipFile("t.xlsx", "w") as archive:
            for each, part in parts.items():
                archive.writestr(each, part)
        assert run("check", write("s.yaml", TABLE.replace("csv", "xlsx"))).code in (0, 2)


def damaged(raw: bytes, dice: random.Random) -> bytes:
    """Cut, repeat or replace some bytes."""
    words = [b"", b"<", b'"', b"A1", b"999999999999", b"-1", b"nan", b"\xff", b"<c/>", b"<row/>", b"&#0;", b"r:id"]
    for _ in range(dice.randint(1, 6)):
        first = dice.randrange(len(raw) + 1)
        last = min(len(raw), first + dice.choice([0, 1, 2, 8, 40]))
        raw = raw[:first] + dice.choice([*words, raw[first:last] * 2]) + raw[last:]
    return raw


# ---- options


@pytest.mark.parametrize(
    "item",
    [
        "a" * 100_000 + "=1",
        ".".join("a" * 40) + "=1",
        ".".join(["suppliers", "a", *"price"]) + "=1",
        "suppliers.a.price=" + "[" * 100_000,
        "suppliers.a.price={a: &a [*a]}",
        "suppliers.a.price=9**9**9 m",
        "suppliers.a.price=1e400",
        "suppliers.a.price=.nan",
        "title=\x1b[31m",
        "title=a\0b",
        "title=\udcff",
        "\x1b[31m=5",
        "\udcff=5",
        "suppliers=5",
        "materials.ore=null",
        "version=null",
        "extends=/etc/passwd",
        "suppliers.a.price={table: /etc/passwd, column: a}",
        "suppliers={table: /etc/passwd}",
        "horizon.steps.0.until=2300",
        "horizon.end=2300",
        "=",
        "",
        "a=",
        "materials.ore.label=!!python/name:os.system",
    ],
)
def test_a_hostile_set_is_refused(here: Path, item: str) -> None:
    answer = run("check", write("s.yaml", BASE.replace("step: year", "step: month")), "--set", item)
    assert answer.code == 2
    assert "root:" not in answer.err


def test_a_set_bomb_takes_neither_time_nor_memory(here: Path) -> None:
    write("s.yaml", BASE)
    aliases = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise("abcdefghij")]
    bomb = f"title={{a: &a [1], {', '.join(aliases)}}}"
    assert "aliases expand" in run_apart("check", "s.yaml", "--set", bomb, cwd=here).err


@pytest.mark.parametrize("root", ["/dev/null", "s.yaml", "nowhere", "", "a" * 5000, "a\0b", "\udcff", "/proc/self", "loop"])
def test_a_hostile_root_reads_nothing_outside(here: Path, root: str) -> None:
    write("b.yaml", BASE)
    Path("loop").symlink_to("loop")
    assert run("check", write("s.yaml", "extends: b.yaml\n"), "--root", root).code in (0, 2)


@pytest.mark.parametrize("out", ["/dev/null", "/dev/full", "/proc/x", "/proc/self/fd", "s.yaml", "s.yaml/p", "a" * 300, "loop", "", "/", "..", "full"])
def test_a_place_that_cannot_hold_a_plan_is_refused(here: Path, out: str) -> None:
    write("full/work.txt", "mine")
    Path("loop").symlink_to("loop")
    answer = run("solve", write("s.yaml", BASE), "-q", "--out", out)
    assert answer.code == 2
    assert Path("full/work.txt").read_text() == "mine"
    assert sorted(path.name for path in here.iterdir()) == ["full", "loop", "s.yaml"]


@pytest.mark.parametrize("out", ["-", "-p", "a\nb", "\x1b[31m", "=cmd", "ä"])
def test_a_plan_with_an_odd_name_is_written_and_shown(here: Path, out: str) -> None:
    assert run("solve", write("s.yaml", BASE), "-q", f"--out={out}").code == 0
    assert run("show", "--", out).code == 0


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e400", "x", ""])
def test_a_hostile_time_limit_is_refused(here: Path, seconds: str) -> None:
    assert run("solve", write("s.yaml", BASE), f"--time-limit={seconds}").code == 2


# ---- what is written


FORMULAS = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(1)", "'x", "|x", "%0A", "=HYPERLINK(1)"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_plan_starts_a_formula(here: Path, formula: str) -> None:
    """Labels, notes, owners and titles are free text; it reaches no table but that of the inputs, where an apostrophe keeps it a text."""
    free = json.dumps(formula)
    text = (ROOT / "tests/cases/cutoff_ramp.yaml").read_text()
    write("s.yaml", re.sub(r"^title: .*$", f"title: {free}\nnote: {free}", text, flags=re.MULTILINE))
    words = json.dumps({"label": formula, "note": formula, "owner": formula, "source": formula})
    key = next(iter(parse_yaml(text, "s.yaml").value["stockpiles"].value))
    assert run("solve", "s.yaml", "--set", f"stockpiles.{key}={words}", "--out", "p").code == 0
    tables = list(Path("p").glob("*.csv"))
    assert tables
    for path in tables:
        for column in pd.read_csv(path, dtype=str, keep_default_na=False).select_dtypes(exclude="number"):
            cells = pd.read_csv(path, dtype=str, keep_default_na=False)[column]
            if path.name == "inputs.csv":
                assert not cells.str.match(r"[=@\t\r\0|%]|[+-](?!\.?[0-9])").any()
            else:
                assert column == "value" or not cells.str.match(r"[=+\-@\t\r\0|%']").any()
        assert path.name == "inputs.csv" or formula not in path.read_text() or formula in ("-1", "+1")


# ---- plan folders


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solved") / "p"
    assert run("solve", ROOT / "tests/cases/cutoff_ramp.yaml", "-q", "--out", folder).code == 0
    return folder


NO_RECORDS = [b"", b"[" * 100_000, b"{" * 100_000, b"null", b"[]", b"\xff", b"NaN", b"1e999", b"9" * 100_000, b'{"a": ' * 900 + b"1" + b"}" * 900]


@pytest.mark.parametrize("content", [*NO_RECORDS, b'{"format": "stopgap plan 1"}', b'{"format": 1e999}'])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_record_that_is_none_is_refused(here: Path, content: bytes, form: str) -> None:
    write("p/plan.json", content)
    assert run("show", "p", "--format", form).code == 2


def nodes(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything below the root."""
    for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*path, key)
        yield from nodes(child, (*path, key))


WILD: list[Any] = [None, True, 0, -1, 1e-300, 1e300, 10**19, "", "x", "=1+1", "\x1b[31m", "\u202e", "2026-01", "5 t", "9**9**9 m", "NaN"]
WILD += [[], {}, [[]], {"a": {}}, "1e400", "a" * 500]


def mutated(tree: Any, dice: random.Random, extra: tuple[Any, ...] = ()) -> Any:
    """Delete, replace, rename, repeat or move some nodes of a tree."""
    tree = json.loads(json.dumps(tree))
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        paths = list(nodes(tree))
        if not paths:
            return tree
        path = dice.choice(paths)
        parent = tree
        for part in path[:-1]:
            parent = parent[part]
        what = dice.randrange(5)
        if what == 0:
            del parent[path[-1]]
        elif what == 1:
            parent[path[-1]] = dice.choice([*WILD, *extra])
        elif what == 2 and isinstance(parent, dict):
            parent[str(dice.choice([*WILD[7:16], *extra, path[-1] + "_"]))] = parent.pop(path[-1])
        elif what == 3 and isinstance(parent, list):
            parent.append(parent[path[-1]])
        else:
            other: Any = tree
            for part in dice.choice(paths):
                try:
                    other = other[part]
                except (LookupError, TypeError):
                    break
            parent[path[-1]] = json.loads(json.dumps(other))
    return tree


@settings(quick, max_examples=100)
@given(seed=st.integers(0, 10**9))
def test_no_damage_to_a_record_raises_anything_else(solved: Path, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "p"
    shutil.copytree(solved, folder)
    record = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(mutated(record, random.Random(seed), (float("nan"), float("inf")))))
    assert run("show", folder).code in (0, 2)


def test_escapes_in_a_record_do_not_reach_the_terminal(solved: Path, here: Path) -> None:
    shutil.copytree(solved, "p")
    record = json.loads(Path("p/plan.json").read_text())
    record["title"] = "\x1b]0;owned\x07 \u202e"
    record["currency"] = "\x9b31m"
    write("p/plan.json", json.dumps(record))
    assert "\\u001b]0;owned\\u0007" in run("show", "p").out
    assert json.loads(run("show", "p", "--format", "json").out)["title"] == record["title"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 1000 + b"PAR1"])
def test_a_table_that_is_none_is_refused(solved: Path, here: Path, content: bytes) -> None:
    shutil.copytree(solved, "p")
    write("p/purchases.parquet", content)
    assert run("show", "p", "--table", "purchases").code == 2


def test_escapes_in_a_table_do_not_reach_the_terminal(solved: Path, here: Path) -> None:
    shutil.copytree(solved, "p")
    table = pd.read_parquet("p/purchases.parquet")
    table["supplier"] = "\x1b[31m"
    table.to_parquet("p/purchases.parquet", index=False)
    for form in ("text", "json"):
        run("show", "p", "--table", "purchases", "--format", form)


# ---- whatever else


SOURCES = [ROOT / "tests/cases" / f"{name}.yaml" for name in ("bim", "cutoff_ramp", "sailco", "share_cap")]


@settings(quick, max_examples=80)
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_no_file_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    with contextlib.chdir(tmp_path_factory.getbasetemp()):
        answer = run("check", write("s.yaml", text))
    assert answer.code == 2
    assert PLACE.match(answer.err)


@settings(quick, max_examples=150)
@given(seed=st.integers(0, 10**9), source=st.sampled_from([*SOURCES, ROOT / "scenarios/japan/base.yaml"]))
def test_no_change_to_a_scenario_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, seed: int, source: Path) -> None:
    dice = random.Random(seed)
    with contextlib.chdir(tmp_path_factory.getbasetemp()):
        content = json.dumps(mutated(TREES[source], dice)).encode() if dice.random() < 0.5 else damaged(source.read_bytes(), dice)
        answer = run("check", write("s.yaml", content))
    assert answer.code == 0 or PLACE.match(answer.err)


@settings(quick, max_examples=30)
@given(seed=st.integers(0, 10**9), source=st.sampled_from(SOURCES))
def test_no_changed_scenario_is_solved_with_anything_but_an_answer(tmp_path_factory: pytest.TempPathFactory, seed: int, source: Path) -> None:
    with contextlib.chdir(tmp_path_factory.getbasetemp()):
        run("solve", write("s.yaml", json.dumps(mutated(TREES[source], random.Random(seed)))), "--out", "solved", "--time-limit", "10")


TREES = {path: parse_yaml(path.read_text(), path.name).plain() for path in [*SOURCES, ROOT / "scenarios/japan/base.yaml"]}
KEYS = sorted({part for tree in TREES.values() for path in nodes(tree) for part in path if isinstance(part, str)})
TOP = sorted({key for tree in TREES.values() for key in tree} | {"extends", "routes", "processes", "in_transit"})
LEAVES = st.sampled_from([*WILD, *KEYS, "2027", "3 years", "60 days", "5 USD/kg", "10 %", "t", "max_share", "budget"])
TREE = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), max_leaves=20)


@settings(quick, max_examples=150)
@given(tree=st.dictionaries(st.sampled_from(TOP), TREE, max_size=6))
def test_no_tree_of_the_keys_of_the_language_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    with contextlib.chdir(tmp_path_factory.getbasetemp()):
        whole = {"version": 1, "horizon": {"start": "2026", "end": "2028", "step": "year"}, **tree}
        answer = run("check", write("s.yaml", json.dumps(whole)))
    assert answer.code == 0 or PLACE.match(answer.err)
