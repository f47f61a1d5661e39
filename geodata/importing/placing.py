"""Geometry of an imported layer, brought to degrees of WGS 84 or CGCS2000."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from geodata.crs.metres import GEOGRAPHIC_EPSG
from geodata.crs.offsets import shift_datum
from geodata.crs.zones import outside_area_of_use, zone_of_easting
from geodata.errors import DataError
from geodata.findings import Finding
from geodata.importing import numbers
from geodata.importing.columns import MOST_FINDINGS, find_column
from geodata.importing.models import GeometryColumns, PlacedSource, Source
from geodata.importing.numbers import NotUnderstoodError

_WEB_DATUMS = ("GCJ-02", "BD-09")
_OLD_DATUMS = ("Xian 1980", "Beijing 1954", "New Beijing")
_CGCS2000 = "China Geodetic Coordinate System 2000"
_LONGEST_WKT = 50_000_000


def place(
    frame: pd.DataFrame, mapping: PlacedSource, shape: str | None, where: str
) -> tuple[gpd.GeoSeries, list[Finding]]:
    """Return the geometry of a layer in EPSG:4326 or EPSG:4490, and what is to be said of it.

    Parameters
    ----------
    frame
        The file's table; a GeoDataFrame where the file has geometry.
    mapping
        Its ``geometry``, ``crs`` and ``datum`` say what the file does not.
    shape
        Geometry that the layer has: point, line or polygon.
    where
        Layer and file, for messages.

    Raises
    ------
    DataError
        If there is no geometry, the coordinate system is not stated or contradicted, or a place
        lies outside the area that the system is meant for.
    """
    if mapping.geometry is not None:
        shapes, findings = _from_columns(frame, mapping.geometry, where)
        own_crs = None
    elif isinstance(frame, gpd.GeoDataFrame) and frame._geometry_column_name in frame.columns:
        shapes, findings = frame.geometry.reset_index(drop=True), []
        own_crs = shapes.crs
        shapes = gpd.GeoSeries(shapely.force_2d(np.asarray(shapes.array)), crs=own_crs)
    else:
        raise DataError("import.no_geometry", where)
    crs = stated_crs(mapping, own_crs, where)
    degrees, said = in_degrees(shapes, crs, mapping.datum, where)
    if mapping.as_point and shape == "point":
        degrees = degrees.representative_point()
    return degrees.rename("geometry"), findings + said


def _from_columns(
    frame: pd.DataFrame, columns: GeometryColumns, where: str
) -> tuple[gpd.GeoSeries, list[Finding]]:
    if columns.wkt is not None:
        return _from_wkt(frame, columns.wkt, where)
    findings: list[Finding] = []
    axes = []
    for name in (columns.x, columns.y):
        column = find_column(frame, str(name), where)
        values = np.full(len(frame), np.nan)
        for i, cell in enumerate(frame[column]):
            try:
                if numbers.is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
                    raise NotUnderstoodError("import.no_coordinate")
                values[i] = numbers.number(numbers.native(cell), "x_m")
            except NotUnderstoodError as error:
                if len(findings) < MOST_FINDINGS:
                    said = {"column": column, "value": repr(cell)[:60], "known": "-"}
                    findings.append(Finding(error.code, where, i + 1, values=said))
        axes.append(values)
    if findings:
        raise DataError.from_findings(findings)
    return gpd.GeoSeries(gpd.points_from_xy(*axes)), []


def _from_wkt(
    frame: pd.DataFrame, names: str | list[str], where: str
) -> tuple[gpd.GeoSeries, list[Finding]]:
    parts = [names] if isinstance(names, str) else names
    columns = [
        frame[find_column(frame, name, where)].astype(object).fillna("").astype(str)
        for name in parts
    ]
    shapes = np.empty(len(frame), object)
    findings: list[Finding] = []
    for row, cells in enumerate(zip(*columns, strict=True)):
        text = "".join(cells)
        try:
            if len(text) > _LONGEST_WKT or not text.strip():
                raise ValueError(text)
            shapes[row] = shapely.force_2d(shapely.from_wkt(text))
        except (shapely.errors.GEOSException, ValueError, TypeError):
            said = {"column": parts[0], "value": repr(text[:60])}
            findings.append(Finding("import.not_wkt", where, row + 1, values=said))
            if len(findings) >= MOST_FINDINGS:
                break
    if findings:
        raise DataError.from_findings(findings)
    return gpd.GeoSeries(shapes), []


def stated_crs(mapping: Source, own: CRS | None, where: str) -> CRS:
    """Return the coordinate system that the file or the mapping states.

    Raises
    ------
    DataError
        If neither does, or they contradict each other and the mapping does not say that it is
        right (``override_crs``).
    """
    stated = None
    if mapping.crs is not None:
        try:
            stated = CRS.from_user_input(mapping.crs)
        except ProjError as error:
            raise DataError("import.unknown_crs", where, value=mapping.crs) from error
        if not (stated.is_geographic or stated.is_projected):
            raise DataError("import.unknown_crs", where, value=mapping.crs)
    elif mapping.datum is not None and (own is None or mapping.override_crs):
        stated = CRS.from_epsg(4490 if mapping.datum == "CGCS2000" else 4326)
    if own is None:
        if stated is None:
            raise DataError("import.no_crs", where)
        return stated
    if stated is None or own.equals(stated, ignore_axis_order=True):
        return own
    if not mapping.override_crs:
        raise DataError("import.crs_differs", where, own=own.name, stated=stated.name)
    return stated


def in_degrees(
    shapes: gpd.GeoSeries, crs: CRS, datum: str | None, where: str
) -> tuple[gpd.GeoSeries, list[Finding]]:
    """Return shapes in degrees of WGS 84 or CGCS2000, and a warning where that is not exact.

    Raises
    ------
    DataError
        If a datum of web maps is stated for metric data, or a place lies outside the area of use.
    """
    findings: list[Finding] = []
    name = crs.geodetic_crs.name if crs.geodetic_crs is not None else ""
    if name.startswith(_OLD_DATUMS):
        findings.append(Finding("import.old_datum", where, values={"datum": name}))
    if datum in _WEB_DATUMS and not crs.is_geographic:
        raise DataError("import.datum_of_metres", where, datum=datum, crs=crs.name)
    _check_prefix(shapes, crs, where)
    target = 4490 if name == _CGCS2000 else 4326
    shapes = shapes.set_crs(crs, allow_override=True)
    try:
        degrees = shapes if crs.to_epsg() in GEOGRAPHIC_EPSG else shapes.to_crs(target)
    except (ProjError, shapely.errors.GEOSException, ValueError) as error:
        raise DataError("import.unknown_crs", where, value=crs.name) from error
    if crs.is_projected:
        _check_area(degrees, shapes, crs, where)
    if datum in _WEB_DATUMS:
        degrees = shift_datum(degrees, str(datum))
        findings.append(Finding("import.datum_moved", where, values={"datum": datum}))
    return degrees, findings


def _check_prefix(shapes: gpd.GeoSeries, crs: CRS, where: str) -> None:
    """Refuse eastings that begin with a zone which is not the system's own."""
    if crs.coordinate_operation is None or not crs.is_projected or len(shapes) == 0:
        return
    east = float(np.nanmedian(shapely.bounds(np.asarray(shapes.array))[:, 0]))
    found = zone_of_easting(east)
    false_easting = next(
        (p.value for p in crs.coordinate_operation.params if p.name == "False easting"), None
    )
    own = zone_of_easting(float(false_easting)) if false_easting is not None else None
    if found is not None and found != own and false_easting is not None:
        zone, width = found
        raise DataError(
            "import.wrong_zone", where, zone=zone, width=width, x=f"{east:,.0f}", crs=crs.name
        )


def _check_area(degrees: gpd.GeoSeries, shapes: gpd.GeoSeries, crs: CRS, where: str) -> None:
    outside = np.flatnonzero(
        outside_area_of_use(degrees, crs)
        & ~shapely.is_missing(np.asarray(shapes.array))
        & ~shapely.is_empty(np.asarray(shapes.array))
    )
    findings = []
    for i in outside[:MOST_FINDINGS].tolist():
        x, y = shapely.bounds(shapes.iloc[i])[:2]
        swapped = _would_fit(shapes.iloc[[i]], crs)
        code = "import.swapped_axes" if swapped else "import.outside_area"
        values = {"x": f"{x:,.0f}", "y": f"{y:,.0f}", "crs": crs.name}
        findings.append(Finding(code, where, i + 1, values=values))
    if findings:
        raise DataError.from_findings(findings)


def _would_fit(shape: gpd.GeoSeries, crs: CRS) -> bool:
    """Return whether a shape lies in the area of use once its axes are exchanged."""
    turned = shapely.transform(np.asarray(shape.array), lambda xy: xy[:, ::-1])
    degrees = gpd.GeoSeries(turned, crs=crs).to_crs(4326)
    return not outside_area_of_use(degrees, crs).any()
