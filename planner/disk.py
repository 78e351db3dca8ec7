"""Replacing a folder (or a file) as a whole: written beside its place, moved there in one step, under a lock, and brought back after a kill.

What a run that was killed leaves behind lies beside the place, and goes with the next one.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from planner.errors import InputError, listed

PATIENCE = 20.0
"""Seconds to wait for another run that moves its folder into the same place."""
Judge = Callable[[Path], bool]
"""Tells whether a folder is whole."""


def refuse_foreign_folder(folder: Path, foreign: Callable[[Path], Iterable[str]], what: str, option: str = "--out") -> None:
    """Refuse a place that is no folder, or a folder with something foreign in it.

    Args:
        folder: The place.
        foreign: Names of what in a folder is not one's own.
        what: What that is, in words that follow ``which``.
        option: How another place is chosen.

    Raises:
        InputError: naming what is in the way.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError(f"{folder}: is not a folder; choose another place with {option}")
        names = sorted(foreign(folder)) if folder.is_dir() else []
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    if names:
        raise InputError(f"{folder}: holds {listed(names, 3)}, which {what}; choose another place with {option}")


def write_file(path: Path, content: bytes) -> str:
    """Write a file down to the disk; its sha256."""
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    return hashlib.sha256(content).hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """While something is written: its folder is there, and where nothing was written it is gone again.

    Raises:
        InputError: if the disk refuses.
    """
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        for folder in made:
            # of a run that failed nothing stays; what is not empty does
            with suppress(OSError):
                folder.rmdir()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there in one step: it is whole or as it was, whatever comes between.

    Raises:
        InputError: if the disk refuses.
    """
    new = _beside(path, "tmp")
    with writing(path):
        try:
            write_file(new, content)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder down to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def staging(folder: Path, is_whole: Judge) -> Iterator[Path]:
    """A new folder beside a place, held by this run, gone in the end with whatever then lies there."""
    path = _beside(folder, "tmp")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        # whoever tidies up must not see it before it is held
        with lock(folder.parent, PATIENCE):
            _tidy(folder, is_whole)
            path.mkdir()
            stack.enter_context(lock(path, 0.0))
        yield path


def swap(new: Path, folder: Path) -> None:
    """Move a finished folder into place; what was there before goes where the new one was."""
    if not folder.exists():
        new.rename(folder)
    elif not exchange(new, folder):
        _exchange_by_renames(new, folder)
    sync_folder(folder.parent)


def exchange(one: Path, two: Path) -> bool:
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
    """The same in three steps; killed between the first two, what was there is brought back by :func:`restore`."""
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


def leftovers(folder: Path, kind: str) -> list[Path]:
    """Folders of that kind that runs into a place have made and not removed (yet), the latest first."""
    pattern = re.compile(rf"\.{re.escape(_stem(folder))}\.\d+-[0-9a-f]{{8}}\.{kind}")
    try:
        found = [path for path in folder.parent.iterdir() if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]
        return sorted(found, key=lambda path: -path.stat().st_ctime)
    except OSError:
        return []


def _tidy(folder: Path, is_whole: Judge) -> None:
    """Remove what killed runs have left beside a place; whoever calls holds the folder above."""
    restore(folder, is_whole)
    dead = [path for path in leftovers(folder, "tmp") if _is_dead(path)]
    if is_whole(folder):
        dead += leftovers(folder, "old")
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)


def _is_dead(path: Path) -> bool:
    """Whether the run that made a temporary folder has ended.

    It holds the folder as long as it lives. The number of its process says less: in a container it is another one.
    """
    with lock(path, 0.0) as held:
        if held is None:
            with suppress(OSError):
                return time.time() - path.stat().st_mtime > 86400
        return bool(held)


def restore(folder: Path, is_whole: Judge) -> bool:
    """Bring back what a killed run had moved away, if nothing stands in its place.

    Raises:
        InputError: if it cannot be moved, naming where it is.
    """
    old = next(filter(is_whole, leftovers(folder, "old")), None)
    if old is None or os.path.lexists(folder):
        return False
    try:
        old.rename(folder)
    except OSError as error:
        text = f"{folder}: is missing, as a run was killed; the earlier plan is in {old} and cannot be moved back"
        raise InputError(f"{text}: {error.strerror or error}") from None
    return True


@contextmanager
def lock(folder: Path, patience: float) -> Iterator[bool | None]:
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
