"""What must hold of a layer's geometry: its coordinate system, its kind, its place on the earth."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import is_kept, metric_crs
from geodata.findings import Finding
from geodata.layers import Layer
from geodata.quality.structure import finding_at

OUTSIDE_TOLERANCE_METRES = 2_000.0
_SHAPELY_TYPES = {
    "point": ("Point",),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
}


def inspect_geometry(
    layer: Layer, frame: pd.DataFrame
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return the layer in degrees and what is wrong with its geometry.

    A layer in a projected or another geographic system that it states is converted to
    EPSG:4326; one that states none is never guessed at.

    Returns
    -------
    frame
        The layer in EPSG:4326 or EPSG:4490; None where its geometry cannot be worked with.
    findings
        What is wrong, row by row.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame.columns:
        return None, [Finding("missing_geometry", layer.name)]
    if frame.active_geometry_name != "geometry":
        frame = frame.rename_geometry("geometry")
    if frame.crs is None:
        return None, [Finding("missing_crs", layer.name)]
    findings = _broken_rows(layer, frame)
    if findings:
        return None, findings
    if not is_kept(frame.crs):
        frame = frame.to_crs(4326)
    findings = _not_on_earth(layer, frame)
    return (None, findings) if findings else (_simplest(frame), [])


def _broken_rows(layer: Layer, frame: gpd.GeoDataFrame) -> list[Finding]:
    shapes = frame.geometry.array
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    bounds = shapely.bounds(shapes)
    not_finite = ~absent & ~np.isfinite(bounds).all(axis=1)
    wrong_kind = ~absent & ~np.isin(
        [shape.geom_type if shape is not None else "" for shape in shapes],
        _SHAPELY_TYPES[layer.geometry or "point"],
    )
    invalid = ~absent & ~not_finite & ~wrong_kind & ~shapely.is_valid(shapes)
    findings = []
    for position in np.flatnonzero(absent | not_finite | wrong_kind | invalid):
        shape = shapes[position]
        code, values = "empty_geometry", {}
        if not_finite[position]:
            code = "not_finite_geometry"
        elif wrong_kind[position]:
            code, values = "wrong_geometry", {"found": shape.geom_type, "expected": layer.geometry}
        elif invalid[position]:
            code, values = "broken_geometry", {"reason": shapely.is_valid_reason(shape)}
        findings.append(finding_at(layer, frame, int(position), code, **values))
    return findings


def _not_on_earth(layer: Layer, frame: gpd.GeoDataFrame) -> list[Finding]:
    bounds = shapely.bounds(frame.geometry.array)
    west, south, east, north = bounds.T
    metres = (np.abs(bounds) > 400).any(axis=1)
    swapped = ~metres & ((np.abs(south) > 90) | (np.abs(north) > 90))
    beyond = ~metres & ~swapped & ((np.abs(west) > 180) | (np.abs(east) > 180))
    findings = []
    for code, rows in (
        ("not_degrees", metres),
        ("swapped_lon_lat", swapped),
        ("not_degrees", beyond),
    ):
        for position in np.flatnonzero(rows):
            x, y = f"{west[position]:.6g}", f"{south[position]:.6g}"
            findings.append(finding_at(layer, frame, int(position), code, x=x, y=y))
    return findings


def _simplest(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return multi-geometries of one part as that part, so that every format agrees."""
    shapes = np.asarray(frame.geometry.array)
    single = np.char.startswith(frame.geom_type.to_numpy(str), "Multi") & (
        shapely.get_num_geometries(shapes) == 1
    )
    return frame.set_geometry(
        gpd.GeoSeries(
            np.where(single, shapely.get_geometry(shapes, 0), shapes),
            index=frame.index,
            crs=frame.crs,
            name="geometry",
        )
    )


def outside_findings(
    layer: Layer, frame: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame
) -> list[Finding]:
    """Return a finding for each row that lies off the city: swapped, or simply elsewhere.

    Parameters
    ----------
    layer
        The layer that ``frame`` is.
    frame
        Its rows, in the boundary's coordinate system.
    boundary
        The city's boundary.
    """
    metric = metric_crs(boundary)
    city = boundary.to_crs(metric).union_all()
    shapes = frame.geometry.representative_point()
    metres = shapes.to_crs(metric).distance(city)
    far = np.flatnonzero(~(metres.to_numpy() <= OUTSIDE_TOLERANCE_METRES))
    if len(far) == 0:
        return []
    xs, ys = shapes.x.to_numpy(), shapes.y.to_numpy()
    west, south, east, north = boundary.total_bounds
    swapped = (west <= ys) & (ys <= east) & (south <= xs) & (xs <= north)
    findings = []
    for position in far:
        values: dict[str, object] = {"x": f"{xs[position]:.6g}", "y": f"{ys[position]:.6g}"}
        code = "swapped_lon_lat" if swapped[position] else "outside_boundary"
        if code == "outside_boundary":
            distance = metres.iloc[position]
            values["km"] = f"{distance / 1000:.1f}" if np.isfinite(distance) else "?"
        findings.append(finding_at(layer, frame, int(position), code, **values))
    return findings
