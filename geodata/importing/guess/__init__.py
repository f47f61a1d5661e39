"""Look at files and write a first mapping: what was recognised, how surely, what to answer.

A guess never goes into a city by itself: the mapping says ``confirmed = false``, and everything
that the files do not state stands as a question (a text that begins with ``?``), which an import
refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from geodata.errors import DataError
from geodata.importing.guess.joints import tie_tables
from geodata.importing.guess.recognise import Table, recognise
from geodata.importing.guess.samples import look_at
from geodata.importing.guess.text import mapping_text

__all__ = ["guess_mapping"]

_ANSWERS = {"candidate", "score", "confirmed"}
_SHAPEFILE_PARTS = frozenset({".cpg", ".dbf", ".prj", ".qix", ".sbn", ".sbx", ".shx"})


def _belongs_to_a_shapefile(path: Path) -> bool:
    """Return whether a file is read with the ``.shp`` of the same name, as a ``*`` finds both."""
    return path.suffix.lower() in _SHAPEFILE_PARTS and path.with_suffix(".shp").exists()


def guess_mapping(
    files: Sequence[str | Path],
    folder: str | Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> str:
    """Return the text of a first mapping for some files.

    Parameters
    ----------
    files
        Files of any format that ``import_city`` reads.
    folder
        Where the mapping will stand; the files are in it or below.
    progress
        Called with the stage that begins: ``import_look``.

    Returns
    -------
    str
        TOML with comments in the language in use, not confirmed.

    Raises
    ------
    DataError
        If a file cannot be read, is not below the folder, or nothing is recognised.
    """
    base = Path(folder).resolve()
    if progress is not None:
        progress("import_look")
    tables: list[Table] = []
    for file in files:
        path = Path(file)
        if _belongs_to_a_shapefile(path):
            continue
        inside = path.resolve()
        if not inside.is_relative_to(base):
            raise DataError("import.files_apart", value=path.name)
        for sample in look_at(path):
            if sample.frame is not None and set(sample.frame.columns) >= _ANSWERS:
                continue  # candidates of an earlier import, among the files of a folder
            said = inside.relative_to(base).as_posix()
            source = sample.source.model_copy(update={"file": said})
            tables.append(
                recognise(type(sample)(path, sample.kind, source, sample.frame, sample.notes))
            )
    chosen: dict[str, Table] = {}
    for table in tables:
        if table.layer is None:
            continue
        if table.layer not in chosen or table.score > chosen[table.layer].score:
            chosen[table.layer] = table
    if not chosen:
        raise DataError("import.nothing_recognised")
    tie_tables(chosen, tables)
    used = [*chosen.values(), *(table.shapes for table in chosen.values())]
    return mapping_text(chosen, [table for table in tables if table not in used])
