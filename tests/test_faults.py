"""Faults from outside: a full disk, a read-only one, a run that is killed or interrupted anywhere, two runs at once, edits by hand.

Whatever happens, nothing is half written, nothing is lost, the message is one line and the exit code the right one. Runs are
processes of their own. Most take a stored plan for the answer of the solver, as only what follows the solve touches the disk.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner import cli
from planner.cli.solving import LARGE
from planner.errors import InputError
from planner.pipeline import solve_scenario
from planner.plan import Plan, digest, read_record, recover
from tests.command import plan_here
from tests.samples import some

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
PATHS = os.pathsep.join([str(ROOT), str(ROOT / "models")])

DRIVER = """
import os, sys, time, types
from pathlib import Path
hook, number, stored, *words = sys.argv[1:]
sys.argv = ["plan", *words]
from planner.__main__ import main
import planner.disk as disk
import planner.plan as plans
if stored:
    answer = plans.Plan.load(stored)
    sys.modules["planner.pipeline"] = types.ModuleType("planner.pipeline")
    sys.modules["planner.pipeline"].solve_scenario = lambda *a, **k: answer

def fire():
    os.kill(os.getpid(), int(number))

def after(owner, name, most):
    original, calls = getattr(owner, name), []
    def wrapped(*a, **k):
        value = original(*a, **k)
        calls.append(a)
        if len(calls) == most:
            fire()
        return value
    setattr(owner, name, wrapped)

def half(path, content, original=plans.write_file):
    if path.name != third:
        return original(path, content)
    with path.open("wb") as handle:
        handle.write(content[: len(content) // 2])
        handle.flush()
        fire()
        handle.write(content[len(content) // 2 :])

def meet(new, original=plans.sync_folder):
    original(new)
    if new.name.endswith(".tmp"):
        (sync / str(os.getpid())).touch()
        while len(list(sync.iterdir())) < 2:
            time.sleep(0.005)

kind, _, rest = hook.partition(":")
if kind in ("renames", "meet-renames"):
    disk.exchange = lambda *a: False
if kind == "stage":
    import planner.cli as cli
    show = cli.Progress.show
    def shown(self, stage, seconds):
        show(self, stage, seconds)
        if stage == rest:
            fire()
    cli.Progress.show = shown
elif kind == "half":
    third = f"{list(answer.tables)[2]}.parquet"
    plans.write_file = half
elif kind == "written":
    after(plans, "write_file", 1 + 2 * len(answer.tables) + 1)
elif kind == "exchange":
    after(disk, "exchange", 1)
elif kind == "renames":
    after(Path, "rename", int(rest))
elif kind.startswith("meet"):
    sync = Path(rest)
    plans.sync_folder = meet
    rename = Path.rename
    Path.rename = lambda *a: (time.sleep(0.1), rename(*a))
main()
"""


@cache
def earlier() -> Plan:
    return solve_scenario(CASES / "cutoff_ramp.yaml")


@cache
def later() -> Plan:
    return solve_scenario(CASES / "share_cap.yaml")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan that runs come to without a solver."""
    return later().save(tmp_path_factory.mktemp("stored") / "later")


def start(hook: str, number: int, stored: Path | str, *words: str | Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-c", DRIVER, hook, str(number), str(stored), *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PATHS})


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; whatever happens, there is no traceback."""
    stdout, stderr = process.communicate(timeout=240)
    assert "Traceback" not in stdout + stderr
    assert "internal error" not in stderr
    return process.returncode, stdout, stderr


def solve(hook: str, number: int, stored: Path | str, folder: Path, prefix: tuple[str, ...] = ()) -> tuple[int, str, str]:
    return finish(start(hook, number, stored, "solve", CASES / "share_cap.yaml", "-q", "--out", folder, prefix=prefix))


def plan(*words: str | Path) -> tuple[int, str, str]:
    """The command, as it is."""
    done = plan_here(*words)
    assert "Traceback" not in done.stdout + done.stderr
    assert "internal error" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_whole(folder: Path, title: str) -> None:
    """Every file is the one that the record tells of, by the definition of the two digests; nothing more, nothing less."""
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert record["title"] == title
    assert record["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in content(folder).items() if name != "plan.json"}
    plain = {key: value for key, value in record.items() if key != "sha256"}
    assert record["sha256"] == hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()
    assert set(Plan.load(folder).tables) == set(record["tables"])


def assert_next_save_is_clean(folder: Path) -> None:
    """The next run removes what the killed one has left."""
    later().save(folder)
    assert_whole(folder, later().record["title"])
    assert names(folder.parent) == [folder.name]


# ------------------------------------------------------------------------------------------------ killed and interrupted
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
@pytest.mark.parametrize("stage", ["read", "build", "solve", "check"])
def test_a_run_that_ends_before_it_writes_touches_nothing(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    folder = earlier().save(tmp_path / "p")
    before = content(folder)
    code, stdout, stderr = solve(f"stage:{stage}", number, "", folder)
    assert (code, stdout) == (130 if number == signal.SIGINT else -signal.SIGKILL, "")
    assert stderr == ("interrupted; there is no plan\n" if number == signal.SIGINT else "")
    assert content(folder) == before
    assert names(tmp_path) == ["p"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
@pytest.mark.parametrize("stage", ["read", "build"])
def test_a_worker_that_was_started_ahead_ends_with_its_run(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    """It holds the ends of both pipes, so that they close only once it is gone as well."""
    scenario = tmp_path / "large.yaml"
    scenario.write_text((CASES / "share_cap.yaml").read_text(encoding="utf-8") + "#" * LARGE, encoding="utf-8")
    begun = time.monotonic()
    code, stdout, stderr = finish(start(f"stage:{stage}", number, "", "solve", scenario, "-q", "--workers", "2", "--out", tmp_path / "p"))
    assert (code, stdout) == (130 if number == signal.SIGINT else -signal.SIGKILL, "")
    # after a kill Python's own tracker tells that it has cleaned up
    assert number == signal.SIGKILL or stderr == "interrupted; there is no plan\n"
    assert time.monotonic() - begun < 60
    assert names(tmp_path) == ["large.yaml"]


@pytest.mark.parametrize(
    ("hook", "number"),
    [
        ("stage:write", signal.SIGINT),
        ("half", signal.SIGKILL),
        ("half", signal.SIGINT),
        ("half", signal.SIGTERM),
        ("half", signal.SIGHUP),
        ("written", signal.SIGKILL),
        ("written", signal.SIGTERM),
    ],
)
def test_a_run_that_ends_while_it_writes_leaves_the_earlier_plan(hook: str, number: signal.Signals, tmp_path: Path, stored: Path) -> None:
    """At the start, in the middle of the third table, and with everything written but not in its place."""
    folder = earlier().save(tmp_path / "p")
    before = content(folder)
    code, stdout, stderr = solve(hook, number, stored, folder)
    assert content(folder) == before
    assert stdout == ""
    if number == signal.SIGKILL:
        assert (code, stderr) == (-number, "")
        assert len(names(tmp_path)) == 2, "the test has not killed what it wanted to"
    else:
        assert (code, stderr) == (128 + number, "interrupted; there is no plan\n")
        assert names(tmp_path) == ["p"]
    assert_next_save_is_clean(folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_first_run_that_ends_while_it_writes_leaves_no_folder(number: signal.Signals, tmp_path: Path, stored: Path) -> None:
    solve("half", number, stored, tmp_path / "plans" / "p")
    assert not (tmp_path / "plans" / "p").exists()
    assert number == signal.SIGKILL or names(tmp_path) == []
    assert_next_save_is_clean(tmp_path / "plans" / "p")


@pytest.mark.parametrize(
    ("hook", "number"),
    [
        ("exchange", signal.SIGKILL),
        ("exchange", signal.SIGINT),
        ("exchange", signal.SIGTERM),
        ("renames:2", signal.SIGKILL),
        ("renames:2", signal.SIGINT),
        ("renames:3", signal.SIGKILL),
    ],
)
def test_once_the_new_plan_stands_it_stays(hook: str, number: signal.Signals, tmp_path: Path, stored: Path) -> None:
    """An interruption comes too late then: the run ends as if there had been none."""
    folder = earlier().save(tmp_path / "p")
    code, stdout, stderr = solve(hook, number, stored, folder)
    assert_whole(folder, later().record["title"])
    if number == signal.SIGKILL:
        assert code == -number
    else:
        assert (code, stdout.strip()) == (0, str(folder))
        assert stderr == f"note: replaced the plan of '{earlier().record['title']}' in {folder}\n"
        assert names(tmp_path) == ["p"]
    assert_next_save_is_clean(folder)


@pytest.mark.parametrize("next_step", ["show", "load", "save", "fail"])
def test_a_plan_that_a_killed_run_has_moved_away_comes_back(next_step: str, tmp_path: Path, stored: Path) -> None:
    """Between two renames, where the system knows no exchange, there is no plan in its place for a moment."""
    folder = earlier().save(tmp_path / "p")
    before = content(folder)
    assert solve("renames:1", signal.SIGKILL, stored, folder)[0] == -signal.SIGKILL
    assert not folder.exists()
    if next_step == "show":
        code, stdout, stderr = plan("show", folder)
        assert (code, stderr) == (0, f"note: brought back the plan in {folder}, which a killed run had moved away\n")
        assert earlier().record["title"] in stdout
    elif next_step == "load":
        assert Plan.load(folder).record["title"] == earlier().record["title"]
    elif next_step == "fail":
        assert solve("half", signal.SIGINT, stored, folder)[0] == 130
        assert names(tmp_path) == ["p"]
    if next_step != "save":
        assert content(folder) == before
    assert not recover(folder) or next_step == "save"
    assert_next_save_is_clean(folder)


def test_ctrl_c_between_two_renames_brings_the_earlier_plan_back(tmp_path: Path, stored: Path) -> None:
    folder = earlier().save(tmp_path / "p")
    before = content(folder)
    assert solve("renames:1", signal.SIGINT, stored, folder) == (130, "", "interrupted; there is no plan\n")
    assert content(folder) == before
    assert names(tmp_path) == ["p"]


def test_leftovers_of_the_living_and_of_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a dead run into this very place has left goes."""
    others = [".p.tmp", ".p.1-0123456.tmp", ".pp.1-01234567.tmp", ".p.1-01234567.tmp.txt", "p.1-01234567.tmp"]
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".p.1-76543210.tmp").write_text("no folder")
    seen: list[list[str]] = []

    def nested(self: Plan, folder: Path, write: Callable[[Plan, Path], None] = Plan._write) -> None:
        write(self, folder)
        if not seen:
            seen.append([])
            later().save(tmp_path / "p")
            seen.append(names(tmp_path))

    (tmp_path / ".p.1-01234567.tmp").mkdir()
    monkeypatch.setattr(Plan, "_write", nested)
    earlier().save(tmp_path / "p")
    assert len([name for name in seen[1] if name.startswith(f".p.{os.getpid()}-")]) == 1, "a run has removed what another one is writing"
    assert names(tmp_path) == sorted([*others, ".p.1-76543210.tmp", "p"])
    assert_whole(tmp_path / "p", earlier().record["title"])


def test_names_at_the_limit_of_the_disk_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / ("ü" * 127)
    earlier().save(folder)
    assert_next_save_is_clean(folder)


# --------------------------------------------------------------------------------------------------------- full, read-only
def _mount(place: Path, options: str) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of some size, if this machine and user may."""
    if shutil.which("mount") is None:
        pytest.skip("this system has no mount")
    place = tmp_path / "disk"
    place.mkdir()
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        _mount(place, options)
        mounted.append(place)
        return place

    yield mount
    for path in mounted:
        subprocess.run(["umount", "-l", str(path)], check=False)


@pytest.mark.parametrize("form", ["lp", "mps"])
def test_a_model_that_does_not_fit_on_the_disk_is_not_left_half(form: str, disk: Callable[[str], Path], tmp_path: Path) -> None:
    """HiGHS itself says that all is well, and the end is missing."""
    place = disk("size=16k")
    code, _, stderr = plan("solve", CASES / "bim.yaml", f"--{form}", place / f"m.{form}", "--out", tmp_path / "p")
    assert code == 2
    assert "the model could not be written" in stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "over a plan"])
def test_a_full_disk_is_said_in_one_line(fresh: bool, disk: Callable[[str], Path], stored: Path) -> None:
    place = disk("size=220k")
    folder = place / "p"
    (place / "ballast").write_bytes(bytes(150_000 if fresh else 40_000))
    before = {} if fresh else content(earlier().save(folder))
    code, stdout, stderr = solve("", 0, stored, folder)
    assert (code, stdout) == (2, "")
    assert stderr == f"error: {folder}: cannot be written: No space left on device\n"
    assert names(place) == (["ballast"] if fresh else ["ballast", "p"])
    assert fresh or content(folder) == before
    (place / "ballast").unlink()
    if fresh:
        assert_next_save_is_clean(folder)


def test_a_disk_may_fill_at_any_file(disk: Callable[[str], Path]) -> None:
    """With room for every number of blocks from none to enough, all of it goes or nothing does."""
    place = disk("size=800k")
    folder = earlier().save(place / "p")
    before, outcomes = content(folder), set()
    for blocks in range(0, 60, 4):
        room = os.statvfs(place).f_bavail
        (place / "ballast").write_bytes(bytes(4096 * (room - blocks)))
        try:
            later().save(folder)
            outcomes.add("written")
            assert_whole(folder, later().record["title"])
        except InputError as error:
            outcomes.add(str(error))
            assert content(folder) == before
        assert names(place) == ["ballast", "p"]
        (place / "ballast").unlink()
        before = content(earlier().save(folder))
    assert outcomes == {"written", f"{folder}: cannot be written: No space left on device"}


def test_a_disk_without_room_for_one_more_file_is_full(disk: Callable[[str], Path]) -> None:
    place = disk("size=4m,nr_inodes=40")
    folder = earlier().save(place / "p")
    before = content(folder)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        later().save(folder)
    assert content(folder) == before
    assert names(place) == ["p"]


def test_what_a_killed_run_left_makes_room_on_a_full_disk(disk: Callable[[str], Path], stored: Path) -> None:
    place = disk("size=320k")
    folder = earlier().save(place / "p")
    assert solve("written", signal.SIGKILL, stored, folder)[0] == -signal.SIGKILL
    assert len(names(place)) == 2
    assert_next_save_is_clean(folder)


def test_a_read_only_disk_is_said_before_the_solve(disk: Callable[[str], Path]) -> None:
    place = disk("size=1m")
    folder = earlier().save(place / "p")
    before = content(folder)
    done = subprocess.run(["mount", "-o", "remount,ro", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be made read-only here: {done.stderr.strip()}")
    for target in (folder, place / "new" / "deep"):
        # a stage that is never reached would kill the run
        code, stdout, stderr = solve("stage:read", signal.SIGKILL, "", target)
        assert (code, stdout, stderr) == (2, "", f"error: {target}: cannot be written: Read-only file system\n")
    assert content(folder) == before
    assert plan("show", folder)[0] == 0


def test_a_place_that_may_not_be_written_is_said_before_the_solve(tmp_path: Path) -> None:
    """Root may write anywhere, and gives that up for this."""
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
            pytest.skip("root cannot give up its rights here")
    place = tmp_path / "place"
    folder = earlier().save(place / "p")
    before = content(folder)
    place.chmod(0o555)
    try:
        for target in (folder, place / "new"):
            # a stage that is never reached would kill the run
            code, stdout, stderr = solve("stage:read", signal.SIGKILL, "", target, prefix)
            assert (code, stdout, stderr) == (2, "", f"error: {target}: cannot be written: Permission denied\n")
    finally:
        place.chmod(0o755)
    assert content(folder) == before
    assert names(place) == ["p"]


def test_a_mount_point_and_the_folder_itself_are_no_place_for_a_plan(disk: Callable[[str], Path]) -> None:
    place = disk("size=1m")
    with pytest.raises(InputError, match="is a mount point, which a plan cannot replace"):
        earlier().save(place)
    for odd in (Path(), place / ".."):
        with pytest.raises(InputError, match="a plan is a folder of its own"):
            earlier().save(odd)


# ------------------------------------------------------------------------------------------------------------ two at once
@pytest.mark.parametrize("way", ["meet", "meet-renames"])
@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "over a plan"])
def test_two_runs_into_one_folder_both_end_well(way: str, fresh: bool, tmp_path: Path, stored: Path) -> None:
    """Both have written all their tables before either moves its plan into place."""
    folder, sync = tmp_path / "at" / "p", tmp_path / "sync"
    sync.mkdir()
    if not fresh:
        earlier().save(folder)
    runs = [start(f"{way}:{sync}", 0, stored, "solve", CASES / "share_cap.yaml", "-q", "--out", folder) for _ in range(2)]
    for code, stdout, stderr in list(map(finish, runs)):
        assert (code, stdout) == (0, f"{folder}\n"), stderr
    assert len(names(sync)) == 2
    assert_whole(folder, later().record["title"])
    assert names(folder.parent) == ["p"]


# ---------------------------------------------------------------------------------------------------------- edits by hand
def show(folder: Path, *words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and stderr of ``plan show``, in this process: there are many."""
    monkeypatch.setattr(sys, "argv", ["plan", "show", str(folder), *words])
    code = cli.main()
    return code, capsys.readouterr().err


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything in a record; of long lists the first two."""
    if path:
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ():
        yield from nodes(item, (*path, key))


def edited(record: dict[str, Any], path: tuple[Any, ...], new: Any) -> dict[str, Any]:
    """A copy with one value replaced, or removed if the new one is Ellipsis."""
    record = copy.deepcopy(record)
    owner: Any = record
    for key in path[:-1]:
        owner = owner[key]
    if new is ...:
        del owner[path[-1]]
    else:
        owner[path[-1]] = new
    return record


SPOILS = [..., None, "x", -1, [], {}, [None], {"x": None}]


@pytest.mark.parametrize("first", some([0, 3]))
def test_whatever_is_edited_in_the_record_there_is_no_bug_to_report(
    first: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything in it, removed or of another kind: either it is shown with a warning, or said to be damaged."""
    folder = earlier().save(tmp_path / "p")
    record = json.loads((folder / "plan.json").read_text())
    places = [path for path in nodes(record) if path[0] not in ("checks", "versions", "inputs", "seconds", "options", "size", "files")]
    seen = set()
    warning = f"warning: {folder} was changed after it was written: plan.json; see plan verify {folder}\n"
    for number, path in enumerate(places, first):
        spoilt = edited(record, path, SPOILS[number % len(SPOILS)])
        (folder / "plan.json").write_text(json.dumps(spoilt))
        code, stderr = show(folder, capsys=capsys, monkeypatch=monkeypatch)
        assert code in (0, 2), (path, stderr)
        assert code == 2 or warning in stderr or spoilt == record
        assert code == 0 or "plan.json: " in stderr, path
        assert "Traceback" not in stderr
        seen.add(code)
    assert seen == {0, 2}


def spoil_parquet(folder: Path) -> None:
    data = (folder / "costs.parquet").read_bytes()
    (folder / "costs.parquet").write_bytes(data[: len(data) // 2])


def drop_column(folder: Path) -> None:
    pd.read_parquet(folder / "costs.parquet").drop(columns="value").to_parquet(folder / "costs.parquet")


def edit_table(folder: Path) -> None:
    table = pd.read_parquet(folder / "costs.parquet")
    table["value"] = table["value"] + 1
    table.to_parquet(folder / "costs.parquet")


def append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


def fifo(folder: Path) -> None:
    (folder / "plan.json").unlink()
    os.mkfifo(folder / "plan.json")


EDITS: dict[str, tuple[Callable[[Path], Any], int, str]] = {
    "csv": (lambda folder: append(folder / "costs.csv", b"1\n"), 0, "warning: {0} was changed after it was written: costs.csv; see plan verify {0}"),
    "parquet": (edit_table, 0, "warning: {0} was changed after it was written: costs.parquet; see plan verify {0}"),
    "gone csv": (lambda folder: (folder / "costs.csv").unlink(), 0, "warning: {0} was changed after it was written: costs.csv; see plan verify {0}"),
    "gone parquet": (lambda folder: (folder / "costs.parquet").unlink(), 2, "error: {0}: the plan is damaged: without costs.parquet"),
    "no column": (drop_column, 2, "error: {0}/costs.parquet: the plan is damaged: without the columns value"),
    "half a table": (spoil_parquet, 2, "error: {0}/costs.parquet: the plan is damaged: "),
    "empty table": (lambda folder: (folder / "costs.parquet").write_bytes(b""), 2, "error: {0}/costs.parquet: the plan is damaged: "),
    "no scenario": (lambda folder: (folder / "scenario.yaml").unlink(), 2, "error: {0}: the plan is damaged: "),
    "bad JSON": (lambda folder: append(folder / "plan.json", b"}"), 2, "error: {0}/plan.json: is not valid JSON: "),
    "not UTF-8": (lambda folder: (folder / "plan.json").write_bytes(b"\xff"), 2, "error: {0}/plan.json: is not valid JSON: "),
    "a pipe": (fifo, 2, "error: {0}: is not a plan folder"),
    "nothing": (lambda folder: None, 0, ""),
    "layout": (lambda folder: (folder / "plan.json").write_text(json.dumps(json.loads((folder / "plan.json").read_text()))), 0, ""),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_edited_by_hand_is_noticed(edit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = earlier().save(tmp_path / "p")
    act, wanted, text = EDITS[edit]
    act(folder)
    code, stderr = show(folder, "--table", "costs", capsys=capsys, monkeypatch=monkeypatch)
    assert code == wanted, stderr
    # before an error stands the warning, where it can be given
    assert (stderr.splitlines() or [""])[-1].startswith(text.format(folder))
    assert (stderr == "") == (text == "")
    assert stderr.count("\n") <= 2


def test_an_edited_plan_in_a_process_of_its_own(tmp_path: Path) -> None:
    folder = earlier().save(tmp_path / "p")
    text = (folder / "plan.json").read_text()
    (folder / "plan.json").write_text(text.replace('"title": "', '"title": "My '))
    code, stdout, stderr = plan("show", folder)
    assert (code, stderr) == (0, f"warning: {folder} was changed after it was written: plan.json; see plan verify {folder}\n")
    assert stdout.startswith("My ")
    (folder / "plan.json").write_text(text.replace('"periods": [', '"periods": ["", '))
    code, stdout, stderr = plan("show", folder)
    assert (code, stdout) == (2, "")
    assert stderr.splitlines()[-1].startswith(f"error: {folder}/plan.json: the plan is damaged and cannot be shown: ")


def test_flipped_bytes_in_a_table_are_no_bug(tmp_path: Path) -> None:
    """Whatever pyarrow makes of them."""
    folder = earlier().save(tmp_path / "p")
    data = (folder / "costs.parquet").read_bytes()
    messages = set()
    for place in range(0, len(data), 61):
        (folder / "costs.parquet").write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        try:
            Plan.load(folder)
        except InputError as error:
            messages.add(str(error))
    assert messages
    assert all("the plan is damaged" in message for message in messages)


def test_a_plan_without_digests_is_still_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier version has written it."""
    folder = earlier().save(tmp_path / "p")
    (folder / "plan.json").write_text(json.dumps(earlier().record))
    assert show(folder, capsys=capsys, monkeypatch=monkeypatch) == (0, "")
    assert show(folder, "--table", "costs", capsys=capsys, monkeypatch=monkeypatch) == (0, "")
    assert_whole(Plan.load(folder).save(tmp_path / "copy"), earlier().record["title"])


def test_the_digest_of_a_record_does_not_change_on_the_disk(tmp_path: Path) -> None:
    """Not with its layout, nor with numbers for keys, which sort as text once they are read."""
    odd = {**earlier().record, "figures": {**earlier().record["figures"], "odd": {10: 1, 9: (0.1, -0.0, 1e-300), "ü": None}}}
    folder = Plan("odd", odd, earlier().resolved, earlier().tables).save(tmp_path / "p")
    assert_whole(folder, odd["title"])
    assert digest(read_record(folder)) == read_record(folder)["sha256"]
    again = Plan.load(folder)
    assert again.stands_in(folder)
    assert not later().stands_in(folder)
    assert not again.stands_in(tmp_path / "nowhere")


# ------------------------------------------------------------------------------------------------------------- the streams
def shell(script: str) -> subprocess.CompletedProcess[str]:
    command = script.replace("PLAN", f"'{sys.executable}' -m planner")
    words, environment = ["bash", "-c", f"set -o pipefail; {command}"], {**os.environ, "PYTHONPATH": PATHS}
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False, env=environment)


@pytest.mark.parametrize(
    ("end", "code", "stderr"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        ("| head -n 1", 0, ""),
        (">/dev/full", 2, "error: the output cannot be written: No space left on device\n"),
        (">/dev/full 2>/dev/full", 2, ""),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_bug(end: str, code: int, stderr: str, tmp_path: Path) -> None:
    folder = earlier().save(tmp_path / "p")
    before = content(folder)
    done = shell(f"PLAN show '{folder}' {end}")
    assert (done.returncode, done.stderr) == (code, stderr)
    assert content(folder) == before


def test_with_all_streams_closed_a_plan_is_written_whole(tmp_path: Path) -> None:
    """A file that is opened in the stead of a stream would get its output."""
    done = shell(f"PLAN solve tests/cases/share_cap.yaml --out '{tmp_path / 'p'}' <&- >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert_whole(tmp_path / "p", later().record["title"])
