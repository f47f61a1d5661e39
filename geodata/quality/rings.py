"""Files whose polygons have unclosed rings, read all the same, each ring reported.

Readers refuse such a file as a whole. Here the rings are closed by repeating their first vertex,
as ``sanshe check`` needs them to go on.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from shapely.errors import GEOSException

from geodata.errors import DataError
from geodata.files import METADATA_FILE, read_tables
from geodata.findings import Finding
from geodata.layers import LAYERS
from geodata.quality.fixes import Change
from geodata.quality.structure import row_key


def read_closing(
    path: Path,
) -> tuple[dict[str, pd.DataFrame], dict[str, Any], list[Finding], list[Change]]:
    """Return the layers at a path with their rings closed.

    Parameters
    ----------
    path
        A GeoPackage, or a folder with a ``.parquet`` file per layer.

    Returns
    -------
    tables, metadata
        As ``geodata.files.read_tables`` returns them.
    findings, changes
        One of each for every row with a ring that was not closed.

    Raises
    ------
    DataError
        If there is nothing at the path, or it cannot be read.
    """
    try:
        return *read_tables(path), [], []
    except DataError as error:
        if not isinstance(error.__cause__, GEOSException):
            raise
    read = _from_folder(path) if path.is_dir() else _from_geopackage(path)
    findings, changes = [], []
    for name, (frame, rows) in read.items():
        layer = LAYERS.get(name)
        for row in rows:
            key = None if layer is None else row_key(layer, frame, int(row))
            findings.append(Finding("unclosed_ring", name, int(row) + 1, key))
            shape = frame.geometry.iloc[row]
            vertices = shapely.get_num_coordinates(shape)
            was = f"{shape.geom_type}, {vertices - 1} vertices"
            now = f"{shape.geom_type}, {vertices} vertices"
            changes.append(Change(name, int(row) + 1, key, "geometry", "ring_unclosed", was, now))
    return {name: frame for name, (frame, _) in read.items()}, _metadata(path), findings, changes


def _metadata(path: Path) -> dict[str, Any]:
    if path.is_dir():
        note = path / METADATA_FILE
        text = note.read_text("utf-8") if note.exists() else "{}"
    else:
        first = pyogrio.list_layers(path)[0][0]
        stored = pyogrio.read_info(path, layer=first)["dataset_metadata"] or {}
        text = stored.get(METADATA_FILE, "{}")
    metadata: dict[str, Any] = json.loads(text)
    return metadata


Read = dict[str, tuple[pd.DataFrame, np.ndarray]]


def _from_geopackage(path: Path) -> Read:
    read: Read = {}
    for name, kind in pyogrio.list_layers(path):
        frame = pyogrio.read_dataframe(path, layer=name, on_invalid="fix")
        rows = np.array([], int)
        if kind is not None:
            stored = pyogrio.raw.read(path, layer=name, columns=[])[2]
            rows = _unclosed(stored)
        read[name] = frame, rows
    return read


def _from_folder(folder: Path) -> Read:
    read: Read = {}
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        if b"geo" not in (table.schema.metadata or {}):
            read[file.stem] = table.to_pandas(), np.array([], int)
            continue
        at = table.schema.get_field_index("geometry")
        stored = np.array(table.column(at).to_pylist(), object)
        closed = shapely.to_wkb(shapely.from_wkb(stored, on_invalid="fix"))
        table = table.set_column(at, table.schema.field(at), pa.array(closed, pa.binary()))
        whole = io.BytesIO()
        pq.write_table(table, whole)
        read[file.stem] = gpd.read_parquet(whole), _unclosed(stored)
    return read


def _unclosed(stored: np.ndarray) -> np.ndarray:
    """Return the rows whose geometry can be read only once its rings are closed."""
    there = np.array([shape is not None for shape in stored], bool)
    as_is = shapely.is_missing(shapely.from_wkb(stored, on_invalid="ignore"))
    closed = ~shapely.is_missing(shapely.from_wkb(stored, on_invalid="fix"))
    return np.flatnonzero(there & as_is & closed)
