"""What is kept of a sweep: one SQLite file with the result of each scenario that was solved, whatever ends the run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import InputError
from planner.findings import plain
from planner.sweep.result import Result

FORMAT = 1
"""Of the file; one of another format is begun anew."""
MARK = 0x53746770
"""Application id of the file, by which it is known to be a sweep's."""
AT_ONCE = 500


class Store:
    """Results by key.

    Args:
        path: The file; made where it is absent.
        fresh: Whether to forget what it holds.

    Raises:
        InputError: if something else is there, or it cannot be opened.
    """

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path = path
        try:
            self.connection = sqlite3.connect(path, isolation_level=None)
            self._open(fresh)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: is no store of a sweep, or is damaged ({error}); move it away or choose another place with --out") from None

    def _open(self, fresh: bool) -> None:
        version = self._number("user_version")
        empty = not self.connection.execute("select count(*) from sqlite_master").fetchone()[0]
        if not empty and self._number("application_id") != MARK:
            raise InputError(f"{self.path}: was not written by a sweep; choose another place with --out")
        with self:
            if not empty and (fresh or version != FORMAT):
                self.connection.execute("drop table if exists results")
            self.connection.execute("create table if not exists results (key text primary key, status text, reason text, seconds real, figures text)")
            self.connection.execute(f"pragma application_id = {MARK}")
            self.connection.execute(f"pragma user_version = {FORMAT}")

    def _number(self, name: str) -> int:
        return int(self.connection.execute(f"pragma {name}").fetchone()[0])

    def __enter__(self) -> Store:
        """Begin a transaction: what is written is there as a whole or not at all."""
        self.connection.execute("begin immediate")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.connection.execute("commit" if kind is None else "rollback")

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def add(self, results: Mapping[str, Result]) -> None:
        """Write results down in one transaction."""
        rows = [(key, found.status, found.reason, found.seconds, json.dumps(plain(found.figures))) for key, found in results.items()]
        with self:
            self.connection.executemany("insert or replace into results values (?, ?, ?, ?, ?)", rows)

    def found(self, keys: Collection[str]) -> dict[str, Result]:
        """Results that are there; where a limit ended a run, it is run again."""
        wanted, known = list(dict.fromkeys(keys)), {}
        for place in range(0, len(wanted), AT_ONCE):
            some = wanted[place : place + AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"select key, status, reason, seconds, figures from results where status <> 'limit' and key in ({marks})"  # noqa: S608 - marks alone
            for key, status, reason, seconds, figures in self.connection.execute(query, some):
                known[key] = Result(status, reason, json.loads(figures), seconds)
        return known

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Replace a table of the file by a frame, in one transaction."""
        with self:
            self.connection.execute(f'drop table if exists "{name}"')
            columns = ", ".join(f'"{column}" {_type_of(table[column])}' for column in table)
            self.connection.execute(f'create table "{name}" ({columns})')
            rows: Iterable[tuple[Any, ...]] = (tuple(map(plain, row)) for row in table.itertuples(index=False, name=None))
            self.connection.executemany(f'insert into "{name}" values ({", ".join("?" * len(table.columns))})', rows)  # noqa: S608 - names of our own


def _type_of(values: pd.Series[Any]) -> str:
    return {"i": "integer", "f": "real"}.get(values.dtype.kind, "text")


def is_store(path: Path) -> bool:
    """Whether a file is the store of a sweep."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("pragma application_id").fetchone()[0] == MARK)
    except sqlite3.DatabaseError:
        return False
