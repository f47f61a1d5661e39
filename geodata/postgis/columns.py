"""Columns of a layer on both sides: what PostGIS calls them, and what pandas does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api import types
from pyproj import CRS
from pyproj.exceptions import CRSError

from geodata.errors import DataError

ROW = "sanshe_row"
"""Column for the order of the rows, which tables in a database do not have."""
GEOMETRY = "geometry"
_LONGEST_NAME_BYTES = 63
_SYSTEM = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", ROW)
_KINDS_OF_OBJECTS = {
    "string": "text",
    "empty": "text",
    "date": "date",
    "bytes": "bytea",
    "boolean": "boolean",
    "integer": "bigint",
    "floating": "double precision",
    "mixed-integer-float": "double precision",
}


def check_name(layer: str, column: object) -> str:
    """Return the name of a column if a table can have it.

    Raises
    ------
    DataError
        If it cannot.
    """
    reason = None
    if not isinstance(column, str) or column == "":
        reason = "its name is empty or not text"
    elif _bad_text(column):
        reason = "a sign in its name"
    elif len(column.encode()) > _LONGEST_NAME_BYTES:
        reason = "its name is longer than 63 bytes"
    elif column in _SYSTEM:
        reason = "its name is taken"
    if reason is not None:
        raise DataError("postgis_bad_column", layer, column=str(column)[:80], reason=reason)
    return str(column)


def type_of(layer: str, values: pd.Series) -> str:
    """Return the type of the column in PostGIS that keeps these values.

    Raises
    ------
    DataError
        If there is none that keeps them exactly.
    """
    dtype = values.dtype
    if types.is_bool_dtype(dtype) and not types.is_object_dtype(dtype):
        return "boolean"
    if types.is_integer_dtype(dtype):
        return "bigint"
    if types.is_float_dtype(dtype):
        return "double precision"
    if types.is_datetime64_any_dtype(dtype):
        if (values.dropna().dt.nanosecond != 0).any():
            _refuse(layer, values, "times finer than a microsecond")
        return "timestamp with time zone" if values.dt.tz else "timestamp without time zone"
    if isinstance(dtype, pd.StringDtype):
        return "text"
    kind = types.infer_dtype(values, skipna=True) if types.is_object_dtype(dtype) else str(dtype)
    if kind not in _KINDS_OF_OBJECTS:
        _refuse(layer, values, f"values of type {kind}")
    return _KINDS_OF_OBJECTS[kind]


def _refuse(layer: str, values: pd.Series, reason: str) -> None:
    raise DataError("postgis_bad_column", layer, column=str(values.name), reason=reason)


def rows_of(layer: str, frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a layer as the database takes them, numbered from 1.

    Raises
    ------
    DataError
        If a text holds what no database keeps.
    """
    columns = [_plain_values(layer, frame[column]) for column in frame]
    return zip(range(1, len(frame) + 1), *columns, strict=True)


def _plain_values(layer: str, values: pd.Series) -> Sequence[Any]:
    if values.name == GEOMETRY:
        marked = shapely.set_srid(np.asarray(values.array, object), values.crs.to_epsg())
        return list(shapely.to_wkb(marked, hex=True, include_srid=True))
    plain = [
        None if absent else value
        for value, absent in zip(
            values.astype(object).tolist(), values.isna().tolist(), strict=True
        )
    ]
    if type_of(layer, values) == "text":
        for position, value in enumerate(plain):
            if value is not None and _bad_text(value):
                raise DataError("postgis_bad_text", layer, position + 1, column=str(values.name))
    return plain


def _bad_text(text: str) -> bool:
    return "\0" in text or (
        not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)
    )


def frame_of(
    names: Sequence[str],
    kinds: Sequence[str],
    rows: Sequence[Sequence[Any]],
    dtypes: dict[str, str],
    crs: int | None,
) -> pd.DataFrame:
    """Return the layer that rows of the database make.

    Parameters
    ----------
    names, kinds
        Name and PostGIS type of each column.
    rows
        Values, a sequence per row.
    dtypes
        Type of each column as it was when the planner saved it.
    crs
        EPSG code of the geometry, 0 where the rows say it; None for a plain table.
    """
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    data = {
        name: _series(kind, list(values), dtypes.get(name))
        for name, kind, values in zip(names, kinds, columns, strict=True)
    }
    frame = pd.DataFrame(data)
    if crs is None:
        return frame
    shapes = shapely.from_wkb(np.array(frame[GEOMETRY], object))
    if crs == 0 and len(shapes):
        crs = int(shapely.get_srid(shapes[0]))
    shapes = gpd.array.GeometryArray(shapely.set_srid(shapes, 0), crs=_known_crs(crs))
    return gpd.GeoDataFrame(frame.assign(**{GEOMETRY: shapes}), geometry=GEOMETRY)


def _known_crs(epsg: int) -> CRS | None:
    """Return a coordinate system by its code; None if there is none, which a check then says."""
    try:
        return CRS.from_epsg(epsg)
    except CRSError:
        return None


def _series(kind: str, values: list[Any], dtype: str | None) -> pd.Series:
    if kind in ("smallint", "integer", "bigint"):
        series = pd.Series(values, dtype="Int64")
        series = series if series.hasnans or series.isna().any() else series.astype("int64")
    elif kind == "boolean":
        series = pd.Series(values, dtype="boolean")
        series = series if series.isna().any() else series.astype("bool")
    elif kind in ("real", "double precision", "numeric"):
        series = pd.Series(values, dtype="float64")
    elif kind == "timestamp with time zone":
        inside = [None if value is None else value.astimezone(UTC) for value in values]
        series = pd.Series(pd.to_datetime(inside, utc=True), dtype="datetime64[us, UTC]")
    elif kind == "timestamp without time zone":
        series = pd.Series(values, dtype="datetime64[us]")
    elif kind in (GEOMETRY, "bytea", "date"):
        series = pd.Series(values, dtype=object)
    else:
        series = pd.Series(values, dtype="str")
    return series if dtype is None else _as_it_was(series, dtype)


def _as_it_was(series: pd.Series, dtype: str) -> pd.Series:
    """Return the column in the type it was saved in, unless it holds other values by now."""
    if str(series.dtype) == dtype or series.name == GEOMETRY:
        return series
    try:
        return series.astype(dtype)
    except (TypeError, ValueError):
        return series
