"""Results on disk, named by what they were made from: what is there is not computed again.

A result is a folder ``STAGE/COUNTY-KEY`` with ``result.json`` and any tables beside it. It is made
under another name and then renamed, so that it is there whole or not at all, whoever is killed, and
two workers that make the same result do each other no harm. A result that was damaged since, by a
disk or by a copy that was not finished, is made anew.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geodata.errors import DataError
from planner.errors import PlanError

_RESULT = "result.json"
_BYTES = "bytes"
_UNFINISHED = ".unfinished-"
_DIGITS = 20
_OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Store:
    """Where the results of one output folder stand; every worker must see the same folder.

    Attributes
    ----------
    folder
        The folder.
    """

    folder: Path

    def place(self, stage: str, county: str, key: str) -> Path:
        """Return the folder of a result, there or not."""
        return self.folder / stage / f"{county}-{key}"

    def result(
        self, stage: str, county: str, key: str, make: Callable[[Path], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return a result: as it stands, or as ``make`` makes it.

        Parameters
        ----------
        stage, county, key
            Its name.
        make
            Called with an empty folder to put tables in; returns what can be written as JSON.

        Raises
        ------
        PlanError
            If the output folder is not there.
        DataError
            If there is no room on its disk, or it may not be written to.
        """
        place = self.place(stage, county, key)
        known = read_result(place / _RESULT)
        if known is not None:
            return known
        if not self.folder.is_dir():
            raise PlanError("folder_not_seen", path=self.folder)
        try:
            return self._made(place, make)
        except OSError as error:
            if error.errno not in _OF_DISK:
                raise
            reason = os.strerror(error.errno)
            raise DataError("cannot_write", str(self.folder), reason=reason) from error

    @staticmethod
    def _made(place: Path, make: Callable[[Path], Mapping[str, Any]]) -> dict[str, Any]:
        """Return a result that is made in its place."""
        place.parent.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=place.parent))
        try:
            made = make(draft)
            write_result(draft / _RESULT, made)
            _move(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return dict(json.loads(as_text(made)))

    def tidy(self) -> None:
        """Remove what killed workers left unfinished."""
        for draft in self.folder.glob(f"*/{_UNFINISHED}*"):
            shutil.rmtree(draft, ignore_errors=True)


def key_of(**depends: Any) -> str:
    """Return a short SHA-256 of all that a result depends on, this version of the planner too."""
    content = as_text({**depends, "version": version("sanshe-planner")})
    return hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]


def as_text(content: Mapping[str, Any]) -> str:
    """Return JSON in one form: the same content gives the same bytes."""
    return (
        json.dumps(
            content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False, default=_plain
        )
        + "\n"
    )


def _plain(value: Any) -> Any:
    """Return the number inside a numpy one."""
    return value.item()


def write_result(file: Path, told: Mapping[str, Any]) -> None:
    """Write what is told, and how large each of the tables is that stand beside it."""
    tables = sorted(place for place in file.parent.iterdir() if place != file)
    sizes = {place.name: place.stat().st_size for place in tables}
    file.write_text(as_text({**told, _BYTES: sizes}), "utf-8")


def read_result(file: Path) -> dict[str, Any] | None:
    """Return what ``write_result`` was told; None if it, or a table beside it, is not whole."""
    try:
        told: dict[str, Any] = json.loads(file.read_text("utf-8"))
        for name, size in told.pop(_BYTES).items():
            if (file.parent / name).stat().st_size != size:
                return None
    except (FileNotFoundError, ValueError, LookupError, AttributeError, TypeError):
        return None
    return told


def _move(draft: Path, place: Path) -> None:
    """Put a folder in its place; where another worker was faster, its result is the same.

    A damaged result that stands there is put away.
    """
    for file in draft.iterdir():
        with file.open("rb") as written:
            os.fsync(written.fileno())
    if place.exists() and read_result(place / _RESULT) is None:
        with suppress(FileNotFoundError):
            place.rename(f"{draft}-damaged")
    try:
        draft.rename(place)
    except OSError:
        if read_result(place / _RESULT) is None:
            raise
