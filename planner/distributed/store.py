"""Results on disk, named by what they were made from: what is there is not computed again.

A result is a folder ``STAGE/COUNTY-KEY`` with ``result.json`` and any tables beside it. It is made
under another name and then renamed, so that it is there whole or not at all, whoever is killed, and
two workers that make the same result do each other no harm.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_RESULT = "result.json"
_UNFINISHED = ".unfinished-"
_DIGITS = 20


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
        """
        place = self.place(stage, county, key)
        known = read_result(place / _RESULT)
        if known is not None:
            return known
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=place.parent))
        try:
            made = as_text(make(draft))
            (draft / _RESULT).write_text(made, "utf-8")
            _move(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return dict(json.loads(made))

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
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"


def read_result(file: Path) -> dict[str, Any] | None:
    """Return what stands in a file of ``as_text``; None if there is none."""
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None


def _move(draft: Path, place: Path) -> None:
    """Put a folder in its place; where another worker was faster, its result is the same."""
    for file in draft.iterdir():
        with file.open("rb") as written:
            os.fsync(written.fileno())
    try:
        draft.rename(place)
    except OSError:
        if not (place / _RESULT).exists():
            raise
