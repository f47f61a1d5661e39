"""WGS 84, GCJ-02 and BD-09, each way.

Web maps in China draw in GCJ-02, which moves a place by 100 to 700 metres, or in BD-09, which
moves GCJ-02 by about a kilometre more. Neither has a published definition; the formulas here are
those that the converters in use agree on. CGCS2000 is WGS 84 within a decimetre and is treated
alike. Longitude (x) comes before latitude (y) everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

DATUMS = ("WGS 84", "CGCS2000", "GCJ-02", "BD-09")
"""What coordinates in degrees can be stated to be in."""
_OFFSET_AREA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of where web maps shift places; beyond it they do not."""
_SEMI_MAJOR_METRES, _ECCENTRICITY_2 = 6378245.0, 0.00669342162296594323  # Krassowsky 1940
_BD_TURN = np.pi * 3000.0 / 180.0
_STEPS = 12
_CLOSE_DEGREES = 1e-12

Pair = tuple[np.ndarray, np.ndarray]


def wgs84_to_gcj02(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Return places of WGS 84 as GCJ-02 shows them.

    Parameters
    ----------
    lon, lat
        Longitude and latitude in degrees, of any one shape.

    Returns
    -------
    lon, lat
        In GCJ-02; unchanged outside 72.004-137.8347° E, 0.8293-55.8271° N, and where not finite.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(116.404, 39.915)
    >>> float(lon.round(8)), float(lat.round(8))
    (116.4102445, 39.91640428)
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    west, south, east, north = _OFFSET_AREA
    shifted = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    x, y = np.where(shifted, lon, 105.0), np.where(shifted, lat, 35.0)
    d_lon, d_lat = _gcj02_offset(x, y)
    return np.where(shifted, lon + d_lon, lon), np.where(shifted, lat + d_lat, lat)


def _gcj02_offset(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Return how many degrees GCJ-02 moves a place east and north."""
    x, y = lon - 105.0, lat - 35.0
    root, turn = np.sqrt(np.abs(x)), np.pi
    common = 20.0 * np.sin(6.0 * turn * x) + 20.0 * np.sin(2.0 * turn * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += common * 2 / 3
    north += (20.0 * np.sin(turn * y) + 40.0 * np.sin(turn * y / 3)) * 2 / 3
    north += (160.0 * np.sin(turn * y / 12) + 320.0 * np.sin(turn * y / 30)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += common * 2 / 3
    east += (20.0 * np.sin(turn * x) + 40.0 * np.sin(turn * x / 3)) * 2 / 3
    east += (150.0 * np.sin(turn * x / 12) + 300.0 * np.sin(turn * x / 30)) * 2 / 3
    phi = np.radians(lat)
    w2 = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian = _SEMI_MAJOR_METRES * (1 - _ECCENTRICITY_2) / (w2 * np.sqrt(w2))
    parallel = _SEMI_MAJOR_METRES / np.sqrt(w2) * np.cos(phi)
    return np.degrees(east / parallel), np.degrees(north / meridian)


def gcj02_to_wgs84(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Return places of GCJ-02 in WGS 84, by fixed point, to far less than a centimetre.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(121.1, 31.5))
    >>> float(lon.round(9)), float(lat.round(9))
    (121.1, 31.5)
    """
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Return places of GCJ-02 as BD-09 shows them; unchanged outside the area of offsets.

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09(116.404, 39.915)
    >>> float(lon.round(8)), float(lat.round(8))
    (116.41036949, 39.92133699)
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    west, south, east, north = _OFFSET_AREA
    shifted = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    x, y = np.where(shifted, lon, 105.0), np.where(shifted, lat, 35.0)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    moved_x, moved_y = radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
    return np.where(shifted, moved_x, lon), np.where(shifted, moved_y, lat)


def bd09_to_gcj02(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Return places of BD-09 in GCJ-02, by fixed point, to far less than a centimetre."""
    return _inverse(gcj02_to_bd09, lon, lat)


def _inverse(forward: Callable[[np.ndarray, np.ndarray], Pair], lon: object, lat: object) -> Pair:
    """Return where ``forward`` leads to ``lon``, ``lat``.

    Each step takes the remaining error off. At the rim of the area, where ``forward`` jumps, the
    place before the jump is found if there is one; a place that nothing leads to is left as it is.
    """
    x0, y0 = np.asarray(lon, float), np.asarray(lat, float)
    x, y = x0.copy(), y0.copy()
    for _ in range(_STEPS):
        fx, fy = forward(x, y)
        x, y = x + (x0 - fx), y + (y0 - fy)
        # The last correction is what is left of the error, and more.
        if not np.any(np.hypot(x0 - fx, y0 - fy) > _CLOSE_DEGREES):
            break
    fx, fy = forward(x, y)
    found = np.hypot(x0 - fx, y0 - fy) < 1e-8
    return np.where(found, x, x0), np.where(found, y, y0)


def _same(lon: np.ndarray, lat: np.ndarray) -> Pair:
    return np.asarray(lon, float), np.asarray(lat, float)


_TO_WGS84: dict[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "WGS 84": _same,
    "CGCS2000": _same,
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": lambda lon, lat: gcj02_to_wgs84(*bd09_to_gcj02(lon, lat)),
}
_FROM_WGS84: dict[str, Callable[[np.ndarray, np.ndarray], Pair]] = {
    "WGS 84": _same,
    "CGCS2000": _same,
    "GCJ-02": wgs84_to_gcj02,
    "BD-09": lambda lon, lat: gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)),
}


def convert_datum(lon: np.ndarray, lat: np.ndarray, source: str, target: str) -> Pair:
    """Return coordinates of one datum in another.

    Parameters
    ----------
    lon, lat
        Degrees, of any one shape.
    source, target
        Any of ``DATUMS``.

    Raises
    ------
    ValueError
        If a datum is not one of ``DATUMS``.

    Examples
    --------
    >>> lon, lat = convert_datum(121.1, 31.5, "WGS 84", "BD-09")
    >>> float(lon.round(6)), float(lat.round(6))
    (121.111116, 31.504346)
    """
    for datum in (source, target):
        if datum not in DATUMS:
            raise ValueError(f"datum is {datum!r}; use one of {', '.join(DATUMS)}")
    if source == target:
        return _same(lon, lat)
    return _FROM_WGS84[target](*_TO_WGS84[source](lon, lat))


def shift_datum(shapes: gpd.GeoSeries, source: str, target: str = "WGS 84") -> gpd.GeoSeries:
    """Return geometry in degrees moved from one datum to another; its stated CRS stays.

    Every vertex is moved; lines between vertices stay straight.
    """
    moved = shapely.transform(
        np.asarray(shapes.array),
        lambda xy: np.column_stack(convert_datum(xy[:, 0], xy[:, 1], source, target)),
    )
    return type(shapes)(moved, index=shapes.index, crs=shapes.crs, name=shapes.name)
