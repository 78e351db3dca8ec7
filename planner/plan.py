"""A plan: its record, its resolved scenario and its tables, in memory and as a folder on disk.

A folder is written beside its place and moved there in one step, so that a plan is either whole or absent. Nothing that
is not a plan is ever replaced. What a killed run leaves behind lies beside the place as well, and goes at the next save.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.csvs import csv_bytes
from planner.disk import PATIENCE, leftovers, lock, restore, staging, swap, sync_folder, write_file, writing
from planner.errors import InputError, listed

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "stopgap plan 1"
RECORD = "plan.json"
SCENARIO = "scenario.yaml"
Record = dict[str, Any]
LARGEST = 400_000_000
"""Bytes of the largest file that belongs to a plan."""
MOST_ROWS = 5_000_000
"""Rows of the largest table of a plan."""
REQUIRED = frozenset({"status", "scenario", "title", "currency", "discount_rate", "total_cost", "costs", "tables", "figures", "resolved_sha256"})
"""What the record of a plan cannot do without."""
DIGESTS = ("files", "sha256")
"""What only a record on disk has: the sha256 of every other file of the folder, and the record's own."""


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

    def _repr_html_(self) -> str:
        """What a notebook shows: cost, shortage, commitments, cost lines."""
        from planner.notebook import card

        record = self.record
        figures, currency = record["figures"], record["currency"]
        short = [item for item in figures["shortage"]["materials"].values() if item["short"] > 0]
        told = [f"{item['label']}: {item['short']:,.4g} {item['unit']} short ({item['short'] / item['wanted']:.1%}), from {item['first']}" for item in short]
        commitments = [[item["label"], f"{item['size']:,.4g} {item['unit']}", item["period"]] for item in figures["commitments"]]
        lines = [[name.replace("_", " "), f"{money:,.0f}"] for name, money in self.costs.items() if money]
        heads = ("Commit to", "size", "by"), ("Cost line", currency)
        return card(
            str(record["title"] or self.name),
            [f"Cost {self.total_cost:,.0f} {currency}", *(told or ["Nothing runs short."])],
            [("What to commit to", heads[0], commitments), ("Cost lines, discounted", heads[1], lines)],
        )

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
        with writing(folder), staging(folder, is_plan) as new:
            self._write(new)
            with lock(folder.parent, PATIENCE):
                # somebody may have put something there while the tables were written
                refuse_foreign(folder)
                swap(new, folder)
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
        files = {SCENARIO: write_file(folder / SCENARIO, self.resolved.encode())}
        for name, table in self.tables.items():
            files[f"{name}.csv"] = write_file(folder / f"{name}.csv", csv_bytes(table))
            files[f"{name}.parquet"] = write_file(folder / f"{name}.parquet", _parquet(table))
        record = {**_without_digests(self.record), "files": files}
        record["sha256"] = digest(record)
        write_file(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False).encode())
        sync_folder(folder)

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
            resolved = regular(folder / SCENARIO).read_text(encoding="utf-8")
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
        regular(path)
        record = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_twins)
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


def regular(path: Path) -> Path:
    """The path itself, if a file of a plan can be read there: pipes and devices would never end.

    Raises:
        InputError: if it is none, or larger than any.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: the plan is damaged: it is not a regular file")
    if path.is_file() and path.stat().st_size > LARGEST:
        raise InputError(f"{path}: the plan is damaged: it is larger than any file of a plan")
    return path


def _without_twins(pairs: list[tuple[str, Any]]) -> Record:
    """An object of JSON, unless it says something twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"{listed({key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1})} stands twice")
    return found


_NUMBER = int | float
_KINDS: dict[str, Any] = {"scenario": str, "currency": str, "discount_rate": _NUMBER, "total_cost": _NUMBER, "costs": dict, "tables": list, "figures": dict}
"""Types that everything which reads a record takes for granted."""


def _dict(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _parquet(table: pd.DataFrame) -> bytes:
    """A table as a Parquet file: texts, which repeat, by numbers; no statistics, as nobody reads a part of it."""
    texts = [str(column) for column in table.columns if table[column].dtype.kind not in "iuf"]
    return table.to_parquet(index=False, engine="pyarrow", use_dictionary=texts or False, write_statistics=False)


def _read_table(path: Path) -> pd.DataFrame:
    """Read one table.

    Raises:
        InputError: if it cannot be read; what pyarrow raises for damaged bytes has no common base.
    """
    import pandas as pd
    from pyarrow import parquet

    regular(path)
    try:
        if parquet.read_metadata(path).num_rows > MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS:,} rows are in no plan")
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


def changed_data(folder: Path, record: Record) -> list[str]:
    """The same for what a plan says: its record, scenario and tables, not their copies in CSV."""
    return changed(folder, record, [SCENARIO, *(f"{name}.parquet" for name in record["tables"])])


def change_told(folder: Path, names: Iterable[str]) -> str:
    """What a reader must know of a plan that is not what was written."""
    return f"{folder} was changed after it was written: {', '.join(names)}; see plan verify {folder}"


def _digest_or_none(record: Record) -> str | None:
    """The digest of a record that somebody may have put NaN into, or half a character."""
    try:
        return digest(record)
    except ValueError:
        return None


def _digest_of(path: Path) -> str:
    try:
        with regular(path).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (OSError, InputError):
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


def recover(folder: str | Path) -> bool:
    """Bring back the earlier plan of a place where a run was killed after it had moved that plan away.

    Returns:
        Whether there was anything to bring back.

    Raises:
        InputError: if it cannot be moved, naming where it is.
    """
    folder = Path(folder)
    if folder.name in ("", "..") or os.path.lexists(folder) or not leftovers(folder, "old"):
        return False
    with lock(folder.parent, PATIENCE):
        return restore(folder, is_plan)
