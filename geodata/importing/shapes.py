"""Geometry of a layer from a file of its own, and shapes joined into one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing.columns import planner_columns, without_left_out
from geodata.importing.links import Surroundings, Ties, tie
from geodata.importing.models import LayerMapping
from geodata.importing.persons import refuse_persons
from geodata.importing.placing import place
from geodata.importing.reading import read_source
from geodata.layers import LAYERS


def shapes_of(
    folder: Path,
    name: str,
    mapping: LayerMapping,
    rows: pd.DataFrame,
    layers: Mapping[str, pd.DataFrame],
    ties: Ties,
) -> tuple[gpd.GeoSeries, list[Finding]]:
    """Return the geometry of a layer's rows; several shapes that are tied to one row are joined.

    Parameters
    ----------
    folder
        Folder of the mapping.
    name, mapping
        The layer, with ``shapes``.
    rows
        Its columns; those that the file of shapes gives are added.
    layers
        The layers that were read before.
    ties
        What is open goes into its candidates.

    Raises
    ------
    DataError
        If the file cannot be read or placed, or shapes to be joined are broken.
    """
    source = mapping.shapes
    assert source is not None  # the caller asks where there is one
    shape = LAYERS[name].geometry
    frame, where = read_source(folder, source, name, shape)
    frame = without_left_out(frame, source.leave_out, source.file, where)
    named = [one for one in (source.code, source.name, source.town) if one is not None]
    refuse_persons(frame, [*source.columns.values(), *named], where)
    shapes, findings = place(frame, source, shape, where)
    file = mapping.answers_file(name, "shapes")
    own = Ties(np.ones(len(frame), bool))
    keys, how = tie(frame, rows, source, name, file, Surroundings(folder, layers, where), own)
    ties.candidates |= own.candidates
    findings += own.findings
    if own.candidates:
        return gpd.GeoSeries([None] * len(rows), crs=shapes.crs), findings
    left_out = int(np.isin(how, ("left_out", "empty")).sum())
    if left_out:
        values = {"column": source.code or source.name, "count": left_out}
        findings.append(Finding("import.rows_left_out", where, values=values))
    array = np.asarray(shapes.array)
    key = LAYERS[name].key or "code"
    texts = LayerMapping(file=source.file, columns=source.columns)
    made = planner_columns(frame, texts, LAYERS[name], where)
    findings += [finding for finding in made.findings if finding.code != "import.left_empty"]
    first = keys[keys.notna()].drop_duplicates()
    for column in source.columns:
        known = pd.Series(made.frame.loc[first.index, column].to_numpy(), first, dtype=object)
        rows[column] = rows[key].map(known)
    parts = keys.groupby(keys, sort=False).indices
    joined = {one: _joined(array, at, where) for one, at in parts.items()}
    findings += [
        Finding("import.no_shape", where, key=str(one)) for one in rows[key] if one not in joined
    ]
    return gpd.GeoSeries([joined.get(one) for one in rows[key]], crs=shapes.crs), findings


def dissolved(shapes: gpd.GeoSeries, where: str) -> gpd.GeoSeries:
    """Return all shapes as one.

    Raises
    ------
    DataError
        If a shape is broken.
    """
    array = np.asarray(shapes.array)
    return gpd.GeoSeries([_joined(array, np.arange(len(array)), where)], crs=shapes.crs)


def _joined(shapes: np.ndarray, rows: np.ndarray, where: str) -> object:
    if len(rows) == 1:
        return shapes[rows[0]]
    for row in rows.tolist():
        if shapes[row] is not None and not shapely.is_valid(shapes[row]):
            reason = shapely.is_valid_reason(shapes[row])
            raise DataError("broken_geometry", where, row + 1, reason=reason)
    return shapely.union_all(shapes[rows])
