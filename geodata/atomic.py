"""Files that change as one: whole or not at all, whoever is killed in between.

A writer works in a hidden folder, the workshop, under a lock that the system takes back when the
process ends, however it ends. What is to be put in place is written and synced there first; then a
journal says so, and from that moment the change counts as made: whoever finds the journal reads
the files in the workshop, and the next writer finishes moving them. Readers take no lock and need
no right to write.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from geodata.errors import DataError

_Read = TypeVar("_Read")

WORKSHOP = ".sanshe"
_JOURNAL = "journal.json"
_LOCK = "lock"
_TRIES = 100
_PAUSE_SECONDS = 0.02
_IN_USE = ("-wal", "-journal")


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` make a file in a workshop beside ``path``, then put it in its place at once.

    Raises
    ------
    DataError
        If the file cannot be written, or another process is writing it; what was at ``path`` is
        then as before.
    """
    target = _resolved(path)
    _refuse_open_database(target)
    with _clear_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _workshop(target.with_name(f".{target.name}{WORKSHOP}"), path) as workshop:
            draft = _emptied(workshop / "new") / target.name
            write(draft)
            _sync(draft)
            draft.replace(target)
            _sync(target.parent)


def replace_files(
    folder: Path,
    writers: Mapping[str, Callable[[Path], object]],
    remove: Collection[str] = (),
) -> list[Path]:
    """Make several files of a folder anew, all of them or none; other files in it stay.

    Parameters
    ----------
    folder
        Made if it is not there.
    writers
        What makes each file, by the file's name. They are called in this order with the path to
        write to; the files before it stand beside it.
    remove
        Names of files that are not to be there any more.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DataError
        If they cannot be written, or another process is writing there; the folder is then as
        before.
    """
    with _clear_errors(folder):
        target = _resolved(folder)
        made = not target.exists()
        target.mkdir(parents=True, exist_ok=True)
        try:
            with _workshop(target / WORKSHOP, folder) as workshop:
                _finish(target, workshop)
                new = _emptied(workshop / "new")
                for name, write in writers.items():
                    write(new / name)
                    _sync(new / name)
                _put_in_place(target, workshop, list(writers), sorted(remove))
        except BaseException:
            if made:
                with suppress(OSError):
                    target.rmdir()
            raise
    return [folder / name for name in writers]


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep a folder for this process, which writes in it as it likes; made if it is not there.

    Raises
    ------
    DataError
        If it cannot be written to, or another process keeps it.
    """
    with ExitStack() as kept:
        with _clear_errors(folder):
            target = _resolved(folder)
            target.mkdir(parents=True, exist_ok=True)
            kept.enter_context(_workshop(target / f".run{WORKSHOP}", folder))
        yield


def standing_files(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by name, each where its content stands.

    Where a writer was stopped after its change counted as made, that is in the workshop still.
    """
    journal = _Journal.found_in(folder / WORKSHOP)
    files = {entry.name: entry for entry in folder.iterdir() if entry.is_file()}
    if journal is not None:
        drafts = folder / WORKSHOP / journal.source
        moving = {name: drafts / name for name in journal.files if (drafts / name).exists()}
        files = {name: at for name, at in files.items() if name not in journal.remove} | moving
    return dict(sorted(files.items()))


def read_whole(
    name: str, locate: Callable[[], dict[str, Path]], read: Callable[[dict[str, Path]], _Read]
) -> _Read:
    """Return what ``read`` makes of files, all of them of the same moment.

    Parameters
    ----------
    name
        What is read, for the message.
    locate
        Says where the files stand.
    read
        Reads them; called again if any was replaced meanwhile.

    Raises
    ------
    DataError
        If they never stood still for long enough.
    """
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            files = locate()
            before = _identities(files)
            try:
                result = read(files)
            except Exception:
                if _identities(locate()) == before:
                    raise
            else:
                if _identities(locate()) == before:
                    return result
        time.sleep(_PAUSE_SECONDS)
    raise DataError("changes_while_read", name)


def _identities(files: Mapping[str, Path]) -> dict[str, tuple[str, int, int, int]]:
    states = {name: (path, path.stat()) for name, path in files.items()}
    return {
        name: (str(path), state.st_ino, state.st_mtime_ns, state.st_size)
        for name, (path, state) in states.items()
    }


@dataclass(frozen=True)
class _Journal:
    """A change that counts as made.

    Attributes
    ----------
    source
        Folder of the workshop that holds the files: ``"new"``, or ``"old"`` to take it back.
    files, remove
        Names of the files to move into place and of those to remove.
    """

    source: str
    files: list[str]
    remove: list[str]

    @classmethod
    def found_in(cls, workshop: Path) -> _Journal | None:
        """Return the journal of a workshop, if there is one.

        Raises
        ------
        DataError
            If it is not one of ours.
        """
        path = workshop / _JOURNAL
        try:
            text = path.read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            journal = cls(**json.loads(text))
            names: list[Any] = [*journal.files, *journal.remove]
        except (ValueError, TypeError) as error:
            raise DataError("damaged_journal", str(path)) from error
        plain = all(isinstance(name, str) and Path(name).name == name != ".." for name in names)
        if journal.source not in ("new", "old") or not plain or WORKSHOP in names:
            raise DataError("damaged_journal", str(path))
        return journal

    def write_to(self, workshop: Path) -> None:
        """Put the journal into the workshop at once."""
        draft = workshop / f"{_JOURNAL}.new"
        draft.write_text(json.dumps(vars(self), ensure_ascii=False), "utf-8")
        _sync(draft)
        draft.replace(workshop / _JOURNAL)
        _sync(workshop)


def _put_in_place(folder: Path, workshop: Path, files: list[str], remove: list[str]) -> None:
    """Move the new files of a workshop into place; take it back if one cannot be moved."""
    old = _emptied(workshop / "old")
    for name in files:
        _refuse_open_database(folder / name)
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    standing = [name for name in (*files, *remove) if (folder / name).exists()]
    for name in standing:
        _keep(folder / name, old / name)
    _sync(workshop / "new")
    _Journal("new", files, remove).write_to(workshop)
    try:
        _finish(folder, workshop)
    except OSError:
        _Journal("old", standing, [name for name in files if name not in standing]).write_to(
            workshop
        )
        _finish(folder, workshop)
        raise


def _keep(file: Path, copy: Path) -> None:
    """Keep what a file holds under a second name; as a copy where the disk knows no such names."""
    try:
        os.link(file, copy)
    except OSError:
        shutil.copy2(file, copy)
        _sync(copy)


def _finish(folder: Path, workshop: Path) -> None:
    """Carry out the change that the journal of a workshop states, if it has one."""
    journal = _Journal.found_in(workshop)
    if journal is None:
        return
    for name in journal.files:
        with suppress(FileNotFoundError):
            (workshop / journal.source / name).replace(folder / name)
    for name in journal.remove:
        (folder / name).unlink(missing_ok=True)
    _sync(folder)
    (workshop / _JOURNAL).unlink()
    _sync(workshop)


@contextmanager
def _workshop(workshop: Path, path: Path) -> Iterator[Path]:
    """Give the workshop to this process alone, and clear it away when it is done with."""
    if workshop.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(workshop))
    lock = _lock(workshop, path)
    try:
        yield workshop
    finally:
        if not (workshop / _JOURNAL).exists():
            for name in ("new", "old"):
                shutil.rmtree(workshop / name, ignore_errors=True)
        with suppress(OSError):
            (workshop / _LOCK).unlink()
            workshop.rmdir()
        os.close(lock)


def _lock(workshop: Path, path: Path) -> int:
    """Return the open lock of a workshop, which is made if it is not there."""
    while True:
        workshop.mkdir(exist_ok=True)
        try:
            lock = os.open(workshop / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # whoever had it has just cleared the workshop away
        try:
            _take(lock)
            if os.path.samestat(os.fstat(lock), (workshop / _LOCK).stat()):
                return lock
        except BlockingIOError as error:
            os.close(lock)
            raise DataError("being_written", str(path)) from error
        except FileNotFoundError:
            pass
        except OSError:
            os.close(lock)
            raise
        os.close(lock)


if sys.platform == "win32":
    import msvcrt

    def _take(lock: int) -> None:
        """Lock an open file, for as long as the process lives and it is open."""
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _take(lock: int) -> None:
        """Lock an open file, for as long as the process lives and it is open."""
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _emptied(folder: Path) -> Path:
    """Return the folder with nothing in it: what a writer that was stopped left there is gone."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    return folder


def _sync(path: Path) -> None:
    """Have the disk hold what was written to a file, or which names a folder has."""
    if sys.platform == "win32" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _resolved(path: Path) -> Path:
    """Return where a link leads, so that what it stands for is replaced and not the link."""
    return path.resolve()


def _refuse_open_database(path: Path) -> None:
    """Refuse to replace a GeoPackage under a program that has it open and would write to it."""
    for ending in _IN_USE:
        if path.with_name(path.name + ending).exists():
            raise DataError("open_elsewhere", str(path), file=path.name + ending)


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn what goes wrong with files into one clear error."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno == errno.ENOSPC else error.strerror
        raise DataError("cannot_write", str(path), reason=reason or str(error)) from error
