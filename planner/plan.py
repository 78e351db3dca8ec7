"""A plan: its record, its resolved scenario and its tables, in memory and as a folder on disk.

A folder is written beside its place and moved there in one step, so that a plan is either whole or absent. Nothing that
is not a plan is ever replaced. What a killed run leaves behind lies beside the place as well, and goes at the next save.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputError, listed

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "stopgap plan 1"
RECORD = "plan.json"
SCENARIO = "scenario.yaml"
Record = dict[str, Any]
LARGEST_RECORD = 200_000_000
"""Bytes; what is larger is read by nobody."""
REQUIRED = frozenset({"status", "scenario", "title", "currency", "discount_rate", "total_cost", "costs", "tables", "figures", "resolved_sha256"})
"""What the record of a plan cannot do without."""
DIGESTS = ("files", "sha256")
"""What only a record on disk has: the sha256 of every other file of the folder, and the record's own."""
PATIENCE = 20.0
"""Seconds to wait for another run that moves its plan into the same folder."""


@dataclass(frozen=True)
class Plan:
    """One solved scenario. ``record`` is what ``plan.json`` holds."""

    name: str
    record: Record
    resolved: str = field(repr=False)
    tables: dict[str, pd.DataFrame] = field(repr=False)

    @property
    def total_cost(self) -> float:
        """Discounted total cost in the scenario's currency."""
        return float(self.record["total_cost"])

    @property
    def costs(self) -> dict[str, float]:
        """Discounted money by cost line; credits are negative."""
        return dict(self.record["costs"])

    @property
    def shortage(self) -> dict[str, float]:
        """Unmet units by demand over the horizon."""
        return {key: figure["short"] for key, figure in self.record["figures"]["shortage"]["demands"].items()}

    @property
    def commit(self) -> dict[str, float]:
        """Decided nameplate by project, units/yr over all periods; 0 for what could be decided and is not."""
        found = dict.fromkeys(self.record["figures"]["decidable"], 0.0)
        for item in self.record["figures"]["commitments"]:
            found[item["project"]] += item["size"]
        return found

    @property
    def sign(self) -> dict[str, float]:
        """Share signed of each contract that could be signed."""
        found = dict.fromkeys(self.record["figures"]["signable"], 0.0)
        for item in self.record["figures"]["signatures"]:
            found[item["contract"]] += item["share"]
        return found

    @property
    def prices(self) -> pd.DataFrame:
        """Duals in undiscounted money, with their meaning."""
        return self.tables["prices"]

    def summary(self) -> Record:
        """What ``plan solve --json`` prints, but for the folder."""
        return {
            "status": self.record["status"],
            "total_cost": self.total_cost,
            "costs": self.costs,
            "shortage": self.shortage,
            "commit": self.commit,
            "sign": self.sign,
        }

    def save(self, folder: str | Path) -> Path:
        """Write the plan as a folder, replacing an earlier plan there as a whole.

        Args:
            folder: Where to; made with its parents if absent.

        Raises:
            InputError: if something that is not a plan is in the way, or the disk refuses.
        """
        folder = Path(folder)
        refuse_foreign(folder)
        made = [path for path in (folder.parent, *folder.parent.parents) if not path.exists()]
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _staging(folder) as new:
                self._write(new)
                with _lock(folder.parent, PATIENCE):
                    # somebody may have put something there while the tables were written
                    refuse_foreign(folder)
                    _swap(new, folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
        finally:
            for path in made:
                # of a run that failed nothing stays; what is not empty does
                with suppress(OSError):
                    path.rmdir()
        return folder

    def stands_in(self, folder: str | Path) -> bool:
        """Whether a folder holds this very plan, that of another run of the same scenario being another one."""
        try:
            record = read_record(folder)
        except InputError:
            return False
        return digest(_without_digests(record)) == digest(_without_digests(self.record))

    def _write(self, folder: Path) -> None:
        """Write every file, the record last: a folder without it is not a plan."""
        files = {SCENARIO: _write_file(folder / SCENARIO, self.resolved.encode())}
        for name, table in self.tables.items():
            files[f"{name}.csv"] = _write_file(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())
            files[f"{name}.parquet"] = _write_file(folder / f"{name}.parquet", table.to_parquet(index=False))
        record = {**_without_digests(self.record), "files": files}
        record["sha256"] = digest(record)
        _write_file(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False).encode())
        _sync_folder(folder)

    @staticmethod
    def load(folder: str | Path) -> Plan:
        """Read a plan folder.

        Raises:
            InputError: if it is not a whole plan.
        """
        folder = Path(folder)
        record = read_record(folder)
        tables = {path.stem: _read_table(path) for path in sorted(folder.glob("*.parquet"))}
        try:
            resolved = (folder / SCENARIO).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InputError(f"{folder}: the plan is damaged: {error}") from None
        lost = set(record["tables"]) - set(tables)
        if lost:
            raise InputError(f"{folder}: the plan is damaged: without {listed(f'{name}.parquet' for name in lost)}")
        return Plan(str(record["scenario"]), record, resolved, tables)


def read_record(folder: str | Path) -> Record:
    """Read the record of a plan folder alone.

    Raises:
        InputError: if the folder is not a plan.
    """
    folder = Path(folder)
    recover(folder)
    path = folder / RECORD
    if not path.is_file():
        raise InputError(f"{folder}: is not a plan folder; make one with: plan solve SCENARIO --out {folder}")
    try:
        if path.stat().st_size > LARGEST_RECORD:
            raise InputError(f"{path}: is larger than any record of a plan")
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{path}: is not a plan of this version ({FORMAT})")
    lost = REQUIRED - set(record)
    if lost:
        raise InputError(f"{path}: the plan is damaged: without {listed(lost)}")
    odd = [key for key, kind in _KINDS.items() if not isinstance(record[key], kind)]
    odd += [f"costs.{name}" for name, value in _dict(record["costs"]).items() if not isinstance(value, _NUMBER)]
    if odd:
        raise InputError(f"{path}: the plan is damaged: {listed(odd)}: not of the type that it was written with")
    return record


_NUMBER = int | float
_KINDS: dict[str, Any] = {"scenario": str, "currency": str, "discount_rate": _NUMBER, "total_cost": _NUMBER, "costs": dict, "tables": list, "figures": dict}
"""Types that everything which reads a record takes for granted."""


def _dict(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _read_table(path: Path) -> pd.DataFrame:
    """Read one table.

    Raises:
        InputError: if it cannot be read; what pyarrow raises for damaged bytes has no common base.
    """
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except Exception as error:
        raise InputError(f"{path}: the plan is damaged: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None


def digest(record: Record) -> str:
    """sha256 of a record but for its own digest: of its JSON with sorted keys, so that the layout of the file does not matter."""
    # keys become text before they are sorted, as they are when the record is read again
    plain = json.loads(json.dumps({key: value for key, value in record.items() if key != "sha256"}, allow_nan=False))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def changed(folder: Path, record: Record, names: Iterable[str] = ()) -> list[str]:
    """Files of a plan that are not what they were when it was written.

    Args:
        folder: The plan folder.
        record: What :func:`read_record` has read from it.
        names: Files to look at beside the record.

    Returns:
        Names of files; none for a plan of a version that wrote no digests.
    """
    if not set(DIGESTS) & set(record):
        return []
    found = [] if record.get("sha256", "") == _digest_or_none(record) else [RECORD]
    return found + [name for name in names if _dict(record.get("files")).get(name) != _digest_of(folder / name)]


def _digest_or_none(record: Record) -> str | None:
    """The digest of a record that somebody may have put NaN into, or half a character."""
    try:
        return digest(record)
    except ValueError:
        return None


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return "missing"


def _without_digests(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in DIGESTS}


def is_plan(folder: Path) -> bool:
    """Whether a folder holds a plan (of any version)."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8")) if (folder / RECORD).is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and str(record.get("format", "")).startswith("stopgap plan")


def refuse_foreign(folder: Path) -> None:
    """Refuse a place that holds anything but a plan.

    Raises:
        InputError: naming what is in the way.
    """
    if folder.name in ("", ".."):
        raise InputError(f"{folder}: a plan is a folder of its own; name one, such as --out {folder / 'plan'}")
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError(f"{folder}: is not a folder; choose another place with --out")
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        _refuse_unwritable(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    if names and not is_plan(folder):
        raise InputError(f"{folder}: holds something that is not a plan, which is never overwritten; choose another place with --out")
    own = {path for path in names if path in (RECORD, SCENARIO) or path.endswith((".csv", ".parquet"))}
    if names - own:
        raise InputError(f"{folder}: holds {listed(names - own)}, which is not part of a plan; move it, or choose another place with --out")


def _refuse_unwritable(folder: Path) -> None:
    """Refuse early what would fail after the solve."""
    if os.path.ismount(folder):
        raise InputError(f"{folder}: is a mount point, which a plan cannot replace; choose a folder inside it with --out")
    parent = next((path for path in folder.parents if path.exists()), None)
    if parent is None or not parent.is_dir() or os.access(parent, os.W_OK | os.X_OK):
        return
    if hasattr(os, "statvfs") and os.statvfs(parent).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    raise OSError(errno.EACCES, os.strerror(errno.EACCES))


# ------------------------------------------------------------------------------------------------------- on the disk
def _write_file(path: Path, content: bytes) -> str:
    """Write a file down to the disk; its sha256."""
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return hashlib.sha256(content).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Write the names in a folder down to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A new folder beside a place, held by this run, gone in the end with whatever then lies there."""
    path = _beside(folder, "tmp")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        # whoever tidies up must not see it before it is held
        with _lock(folder.parent, PATIENCE):
            _tidy(folder)
            path.mkdir()
            stack.enter_context(_lock(path, 0.0))
        yield path


def _swap(new: Path, folder: Path) -> None:
    """Move a finished folder into place; what was there before goes where the new one was."""
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        _exchange_by_renames(new, folder)
    _sync_folder(folder.parent)


def _exchange(one: Path, two: Path) -> bool:
    """Let two folders change places in one step; False where the system or the disk cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        rename = ctypes.CDLL(None).renameat2
    except (ImportError, OSError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return bool(rename(here, os.fsencode(one), here, os.fsencode(two), exchange) == 0)


def _exchange_by_renames(new: Path, folder: Path) -> None:
    """The same in three steps; killed between the first two, the earlier plan is brought back by :func:`recover`."""
    old = _beside(folder, "old")
    try:
        folder.rename(old)
        new.rename(folder)
    finally:
        # whatever came between, the place does not stay empty; a plan loses the name "old" before it loses its first file
        if old.exists():
            old.rename(new if folder.exists() else folder)


def _beside(folder: Path, kind: str) -> Path:
    """A hidden name beside a place; the number of the process is for people who wonder whose it is."""
    return folder.with_name(f".{_stem(folder)}.{os.getpid()}-{secrets.token_hex(4)}.{kind}")


def _stem(folder: Path) -> str:
    """The name of a folder, made shorter where a few more letters would be too many for the disk."""
    name = os.fsencode(folder.name)
    return folder.name if len(name) <= 200 else hashlib.sha256(name).hexdigest()


def _leftovers(folder: Path, kind: str) -> list[Path]:
    """Folders of that kind that runs into a place have made and not removed (yet), the latest first."""
    pattern = re.compile(rf"\.{re.escape(_stem(folder))}\.\d+-[0-9a-f]{{8}}\.{kind}")
    try:
        found = [path for path in folder.parent.iterdir() if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]
        return sorted(found, key=lambda path: -path.stat().st_ctime)
    except OSError:
        return []


def _tidy(folder: Path) -> None:
    """Remove what killed runs have left beside a place; whoever calls holds the folder above."""
    _restore(folder)
    dead = [path for path in _leftovers(folder, "tmp") if _is_dead(path)]
    if is_plan(folder):
        dead += _leftovers(folder, "old")
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)


def _is_dead(path: Path) -> bool:
    """Whether the run that made a temporary folder has ended.

    It holds the folder as long as it lives. The number of its process says less: in a container it is another one.
    """
    with _lock(path, 0.0) as held:
        if held is None:
            with suppress(OSError):
                return time.time() - path.stat().st_mtime > 86400
        return bool(held)


def recover(folder: str | Path) -> bool:
    """Bring back the earlier plan of a place where a run was killed after it had moved that plan away.

    Returns:
        Whether there was anything to bring back.

    Raises:
        InputError: if it cannot be moved, naming where it is.
    """
    folder = Path(folder)
    if folder.name in ("", "..") or os.path.lexists(folder) or not _leftovers(folder, "old"):
        return False
    with _lock(folder.parent, PATIENCE):
        return _restore(folder)


def _restore(folder: Path) -> bool:
    old = next(filter(is_plan, _leftovers(folder, "old")), None)
    if old is None or os.path.lexists(folder):
        return False
    try:
        old.rename(folder)
    except OSError as error:
        text = f"{folder}: is missing, as a run was killed; the earlier plan is in {old} and cannot be moved back"
        raise InputError(f"{text}: {error.strerror or error}") from None
    return True


@contextmanager
def _lock(folder: Path, patience: float) -> Iterator[bool | None]:
    """Hold a folder for this run alone; nothing stays behind, as the system lets go when the process ends.

    Yields:
        True if it is held, False if another run holds it for longer than the patience in seconds, None where that cannot be told.
    """
    handle = _open_folder(folder)
    if sys.platform == "win32" or handle is None:
        yield None
        return
    import fcntl

    try:
        held = _flock(handle, patience)
        yield held
    finally:
        # closing is not enough where another thread has forked meanwhile
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _open_folder(folder: Path) -> int | None:
    try:
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def _flock(handle: int, patience: float) -> bool | None:
    if sys.platform == "win32":
        return None
    import fcntl

    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        except OSError:
            return None
        else:
            return True
