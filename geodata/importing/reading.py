"""A file of any known format as one table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geodata.errors import DataError
from geodata.importing.models import LayerMapping, Source
from geodata.importing.paths import kind_of, locate
from geodata.importing.tables import read_csv, read_sheet
from geodata.importing.vectors import read_places, read_vectors


def read_source(
    folder: Path, mapping: Source, name: str, shape: str | None
) -> tuple[pd.DataFrame, str]:
    """Return the table that a mapping names, and layer and file as messages say them.

    Parameters
    ----------
    folder
        Folder of the mapping.
    mapping
        Which file, and how to read it.
    name
        Layer that it becomes.
    shape
        Geometry that the layer has: point, line, polygon or None.

    Raises
    ------
    DataError
        If the file is not there, outside the folder, not what its name says, or cannot be read.
    """
    path = locate(folder, mapping.file, name)
    where = f"{name} ({path.name})"
    kind = kind_of(path, where)
    if kind == "csv":
        return read_csv(path, mapping, where), where
    if kind == "xlsx":
        return read_sheet(path, mapping, where), where
    if kind == "osm":
        if (
            not isinstance(mapping, LayerMapping)
            or not mapping.tags
            or shape not in ("point", "polygon")
        ):
            raise DataError("import.no_tags", where)
        return read_places(path, mapping, shape, where), where
    return read_vectors(path, kind, mapping, where), where
