"""Roads from a layer of lines, such as a city's own survey of its streets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from geodata.crs import is_kept, metric_crs
from geodata.errors import DataError
from geodata.layers import DIRECTIONS, SOURCES
from geodata.roads.network import RoadNetwork
from geodata.roads.noding import Noded, node_lines
from geodata.roads.pieces import line_metres
from geodata.roads.tags import VEHICLES, duration_minutes, speed_kmh

COLUMNS = (
    "road_class",
    "oneway",
    "max_speed_kmh",
    "name",
    "surface",
    "duration_minutes",
    "source",
    "level",
    *VEHICLES,
)
"""What a layer's columns can be mapped to."""
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "1.0": 1, "f": 1, "forward": 1}
_ONEWAY |= dict.fromkeys(("no", "false", "0", "0.0", "b", "both", ""), 0)
_ONEWAY |= dict.fromkeys(("-1", "-1.0", "reverse", "t", "backward"), -1)
_OTHER_WAY = {"forward": "backward", "backward": "forward"}


def from_lines(
    lines: gpd.GeoDataFrame | str | Path,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    *,
    road_class: str = "unclassified",
    node_at_crossings: bool = False,
    snap_metres: float = 0.5,
    layer: str | None = None,
) -> RoadNetwork:
    """Return the roads that a layer of lines draws.

    Lines meet at shared ends, at an end on another's vertex, and at vertices that lines share
    exactly: streets that cross are drawn and exported with a common vertex, and a bridge over a
    street without one. Where a layer has no such vertices, ``node_at_crossings`` makes lines meet
    wherever they cross; map a column to ``level`` to keep bridges and tunnels apart.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in any coordinate system that they state, or a file of them.
    columns
        Where to find what: any of road_class (OpenStreetMap highway classes), oneway (yes, no, -1;
        also forward, backward, F, T, B), max_speed_kmh (0 stands for not stated), name, surface,
        duration_minutes, source, foot, bicycle, motorcar (both, forward, backward, no), level ->
        the layer's column.
    values
        What the layer's words mean: for instance ``{"road_class": {"主干路": "primary"}}``. Words
        that are not named stay as they are.
    road_class
        Class of lines without one.
    node_at_crossings
        Whether lines of one level meet wherever they cross or touch.
    snap_metres
        Ends this near to an end or a vertex of another line are taken to be at it.
    layer
        Layer of the file, where it has several; what to call the lines in an error.

    Returns
    -------
    RoadNetwork
        In EPSG:4490 if the layer is, else in EPSG:4326. Its attributes keep in ``line`` the number
        of the row, from 1, that each edge is part of. Lengths are geodesic.

    Raises
    ------
    DataError
        If the file cannot be read; the layer has no coordinate system, no row or no column of a
        mapped name; a row is not a line, has a coordinate that is not finite or a word that is not
        known; the text names the row.

    Examples
    --------
    >>> from shapely import LineString
    >>> streets = gpd.GeoDataFrame(
    ...     {"kind": ["main", "side"]},
    ...     geometry=[LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (50, 80)])],
    ...     crs=4549,
    ... )
    >>> from_lines(streets, {"road_class": "kind"}, {"road_class": {"main": "primary"}})
    RoadNetwork(4 nodes, 3 edges, 0 km)
    """
    if isinstance(lines, str | Path):
        lines, layer = _read(Path(lines), layer), layer or str(lines)
    layer = layer or "lines"
    _check_geometry(lines, layer)
    table = _columns(lines, columns or {}, values or {}, layer)
    kept = lines if is_kept(lines.crs) else lines.to_crs(4326)
    parts = kept.geometry.reset_index(drop=True).explode()
    row_of = parts.index.to_numpy()
    metric = metric_crs(parts)
    noded = node_lines(
        np.asarray(parts.to_crs(metric).array),
        table["level"].to_numpy()[row_of],
        snap_metres=snap_metres,
        at_crossings=node_at_crossings,
    )
    if not len(noded.lines):
        raise DataError("lines_without_length", layer)
    drawn = gpd.GeoSeries(noded.lines, crs=metric).to_crs(kept.crs)
    places = gpd.GeoSeries(gpd.points_from_xy(*noded.places.T), crs=metric).to_crs(kept.crs)
    return _network(noded, np.asarray(drawn.array), places, table, row_of, road_class)


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        raise DataError("no_such_file", str(path))
    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            return gpd.read_parquet(path)
        frame = pyogrio.read_dataframe(path, layer=layer)
    except (DataSourceError, DataLayerError, OSError, ValueError) as error:
        raise DataError("unreadable_lines", str(path), reason=str(error)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError("missing_geometry", str(path))
    return frame


def _check_geometry(lines: gpd.GeoDataFrame, layer: str) -> None:
    if not len(lines):
        raise DataError("empty_layer", layer)
    if lines.crs is None:
        raise DataError("missing_crs", layer)
    shapes = np.asarray(lines.geometry.array)
    kinds = shapely.get_type_id(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    coordinates, of = shapely.get_coordinates(shapes, return_index=True)
    infinite = np.zeros(len(shapes), bool)
    infinite[of[~np.isfinite(coordinates).all(axis=1)]] = True
    wrong = ~np.isin(kinds, (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING))
    bad = np.flatnonzero(empty | infinite | wrong)
    if not len(bad):
        return
    row = int(bad[0])
    if empty[row]:
        raise DataError("empty_geometry", layer, row + 1)
    if wrong[row]:
        found = {"found": shapes[row].geom_type, "expected": "line"}
        raise DataError("wrong_geometry", layer, row + 1, **found)
    raise DataError("not_finite_geometry", layer, row + 1)


def _columns(
    lines: gpd.GeoDataFrame,
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[Any, Any]],
    layer: str,
) -> pd.DataFrame:
    """Return the mapped columns in our words, a row per line."""
    for ours, theirs in columns.items():
        if ours not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise DataError("unknown_value", layer, column="columns", value=ours, choices=known)
        if theirs not in lines.columns:
            raise DataError("missing_column", layer, column=theirs)
    said = {}
    for ours in COLUMNS:
        column: list[Any] = [None] * len(lines)
        if ours in columns:
            meaning = values.get(ours, {})
            read = lines[columns[ours]].astype(object)
            column = [meaning.get(v, v) for v in read.where(read.notna(), None)]
        said[ours] = column
    table = pd.DataFrame(index=range(len(lines)))
    for ours in ("road_class", "name", "surface"):
        words = [None if v is None or not str(v).strip() else str(v).strip() for v in said[ours]]
        table[ours] = pd.Series(words, dtype="str")
    for ours in ("foot", "bicycle", "motorcar"):
        table[ours] = _known(said[ours], DIRECTIONS, ours, layer)
    table["source"] = _known(said["source"], SOURCES, "source", layer).fillna("real")
    table["oneway"] = _oneway(said["oneway"], layer)
    table["max_speed_kmh"] = [speed_kmh(str(v)) for v in said["max_speed_kmh"]]
    table["duration_minutes"] = [duration_minutes(str(v)) for v in said["duration_minutes"]]
    table["level"] = pd.factorize(pd.Series([str(v or 0) for v in said["level"]]))[0]
    return table


def _known(words: list[Any], known: tuple[str, ...], column: str, layer: str) -> pd.Series:
    for row, word in enumerate(words):
        if word is not None and word not in known:
            told = {"column": column, "value": word, "choices": ", ".join(known)}
            raise DataError("unknown_value", layer, row + 1, **told)
    return pd.Series(words, dtype="str")


def _oneway(words: list[Any], layer: str) -> list[int]:
    """Return 1 for one-way along the line, -1 against it, else 0."""
    found = []
    for row, word in enumerate(words):
        key = "" if word is None else str(word).strip().lower()
        if key not in _ONEWAY:
            told = {"column": "oneway", "value": word, "choices": "yes, no, -1"}
            raise DataError("unknown_value", layer, row + 1, **told)
        found.append(_ONEWAY[key])
    return found


def _network(
    noded: Noded,
    drawn: np.ndarray,
    places: gpd.GeoSeries,
    table: pd.DataFrame,
    row_of: np.ndarray,
    road_class: str,
) -> RoadNetwork:
    row = row_of[noded.line_of]
    edges = table.iloc[row].reset_index(drop=True)
    against = edges["oneway"].to_numpy() < 0
    lines = np.where(against, shapely.reverse(drawn), drawn)
    lon, lat = shapely.get_coordinates(lines).T
    starts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))])
    metres = line_metres(lon, lat, starts)
    attributes = edges[["source", "name", *VEHICLES, "surface"]].copy()
    for vehicle in VEHICLES:
        turned = attributes[vehicle].replace(_OTHER_WAY)
        attributes[vehicle] = attributes[vehicle].where(~against, turned)
    whole = np.bincount(row, weights=metres)[row]
    attributes["duration_minutes"] = edges["duration_minutes"] * metres / whole
    attributes["line"] = row + 1
    return RoadNetwork(
        node_ids=np.arange(1, len(places) + 1),
        lon=places.x.to_numpy(),
        lat=places.y.to_numpy(),
        edge_ids=np.arange(1, len(lines) + 1),
        tails=np.where(against, noded.heads, noded.tails).astype(np.int32),
        heads=np.where(against, noded.tails, noded.heads).astype(np.int32),
        length_metres=metres,
        road_class=edges["road_class"].fillna(road_class).to_numpy(object),
        oneway=edges["oneway"].to_numpy() != 0,
        max_speed_kmh=edges["max_speed_kmh"].to_numpy(float),
        lines=lines,
        attributes=attributes,
        crs=places.crs,
    )
