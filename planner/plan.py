"""A plan: its record, its resolved scenario and its tables, in memory and as a folder on disk.

A folder is written beside its place and moved there in one step, so that a plan is either whole or absent. Nothing that
is not a plan is ever replaced.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
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
REQUIRED = frozenset({"status", "scenario", "title", "currency", "discount_rate", "total_cost", "costs", "tables", "figures", "resolved_sha256"})
"""What the record of a plan cannot do without."""


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
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
        try:
            self._write(temporary)
            # a private temporary folder becomes one like any other
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o777 & ~mask)
            _swap(temporary, folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder

    def _write(self, folder: Path) -> None:
        (folder / SCENARIO).write_text(self.resolved, encoding="utf-8")
        for name, table in self.tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
            table.to_parquet(folder / f"{name}.parquet", index=False)
        # the record comes last: a folder without it is not a plan
        (folder / RECORD).write_text(json.dumps(self.record, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        for path in folder.iterdir():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())

    @staticmethod
    def load(folder: str | Path) -> Plan:
        """Read a plan folder.

        Raises:
            InputError: if it is not a whole plan.
        """
        import pandas as pd

        folder = Path(folder)
        record = read_record(folder)
        try:
            tables = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
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
    path = Path(folder) / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{folder}: is not a plan folder; make one with: plan solve SCENARIO --out {folder}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{path}: is not a plan of this version ({FORMAT})")
    lost = REQUIRED - set(record)
    if lost:
        raise InputError(f"{path}: the plan is damaged: without {listed(lost)}")
    return record


def is_plan(folder: Path) -> bool:
    """Whether a folder holds a plan (of any version)."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and str(record.get("format", "")).startswith("stopgap plan")


def refuse_foreign(folder: Path) -> None:
    """Refuse a place that holds anything but a plan.

    Raises:
        InputError: naming what is in the way.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError(f"{folder}: is not a folder; choose another place with --out")
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    if names and not is_plan(folder):
        raise InputError(f"{folder}: holds something that is not a plan, which is never overwritten; choose another place with --out")
    own = {path for path in names if path in (RECORD, SCENARIO) or path.endswith((".csv", ".parquet"))}
    if names - own:
        raise InputError(f"{folder}: holds {listed(names - own)}, which is not part of a plan; move it, or choose another place with --out")


def _swap(new: Path, folder: Path) -> None:
    """Move a finished folder into place; an earlier plan goes away only after the new one stands."""
    if not folder.exists():
        new.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".old", dir=folder.parent))
    try:
        folder.rename(old / "plan")
        new.rename(folder)
    except BaseException:
        if not folder.exists() and (old / "plan").exists():
            (old / "plan").rename(folder)
        raise
    finally:
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
