"""Gauss-Kruger zones of CGCS2000: 3 and 6 degrees wide, with and without zone in the easting.

Metric data of survey offices come in one of four families (GB/T 22021-2008). An easting of eight
digits begins with the number of its zone (40,512,345 is in the 3-degree zone 40); one of six
digits says nothing of its zone. The axes are x = easting, y = northing always, whatever order the
authority's definition has.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from pyproj import CRS

_FALSE_EASTING = 500_000.0
_METRES_PER_ZONE = 1_000_000.0
AREA_TOLERANCE_DEGREES = 1.0
"""How far beyond a system's area of use data may lie: a city that crosses the rim of its zone is
mapped in one zone as a whole."""
_FIRST_EPSG = {(6, True): 4491 - 13, (6, False): 4502 - 13, (3, True): 4513 - 25}
_FIRST_EPSG[3, False] = 4534 - 25
_ZONES = {6: range(13, 24), 3: range(25, 46)}


def zone_system(zone: int, *, width_degrees: int = 3, prefix: bool = True) -> CRS:
    """Return the CGCS2000 Gauss-Kruger system of a zone.

    Parameters
    ----------
    zone
        25 to 45 for zones of 3 degrees, 13 to 23 for those of 6 degrees.
    width_degrees
        3 or 6.
    prefix
        Whether eastings begin with the zone's number.

    Raises
    ------
    ValueError
        If there is no such zone in China.

    Examples
    --------
    >>> zone_system(40).to_epsg(), zone_system(40, prefix=False).to_epsg()
    (4528, 4549)
    """
    if width_degrees not in _ZONES or zone not in _ZONES[width_degrees]:
        raise ValueError(f"there is no {width_degrees}-degree zone {zone} of CGCS2000 in China")
    return CRS.from_epsg(_FIRST_EPSG[width_degrees, prefix] + zone)


def central_meridian_degrees(zone: int, width_degrees: int = 3) -> int:
    """Return the central meridian of a zone, in degrees east."""
    return 3 * zone if width_degrees == 3 else 6 * zone - 3


def zone_of_easting(easting: float) -> tuple[int, int] | None:
    """Return zone and width in degrees that an easting with zone prefix tells, or None.

    Zones 25 to 45 are 3 degrees wide and 13 to 23 are 6: the numbers do not overlap in China.

    Examples
    --------
    >>> zone_of_easting(40_512_345.6), zone_of_easting(21_400_000), zone_of_easting(512_345.6)
    ((40, 3), (21, 6), None)
    """
    if not np.isfinite(easting):
        return None
    zone = int(easting // _METRES_PER_ZONE)
    within = easting - zone * _METRES_PER_ZONE
    if not abs(within - _FALSE_EASTING) < 400_000:
        return None
    for width, zones in _ZONES.items():
        if zone in zones:
            return zone, width
    return None


def outside_area_of_use(degrees: gpd.GeoSeries, crs: CRS) -> np.ndarray:
    """Return which shapes lie outside the area that a coordinate system is meant for.

    A transformation of a place in another zone succeeds with a wrong answer; only this tells.

    Parameters
    ----------
    degrees
        Shapes in longitude and latitude, transformed from ``crs``.
    crs
        The system they were in.

    Returns
    -------
    ndarray of bool
        True where a shape is not finite, or beyond the area of use by more than a degree.
    """
    bounds = degrees.bounds.to_numpy(float)
    bad = ~np.isfinite(bounds).all(axis=1)
    area = crs.area_of_use
    if area is None:
        return bad
    wide = AREA_TOLERANCE_DEGREES
    if area.west <= area.east:
        bad |= (bounds[:, 0] < area.west - wide) | (bounds[:, 2] > area.east + wide)
    bad |= (bounds[:, 1] < area.south - wide) | (bounds[:, 3] > area.north + wide)
    return bad
