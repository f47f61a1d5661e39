"""Coordinate systems: degrees to keep, metres to measure with.

Geometry is kept in longitude/latitude of CGCS2000 (EPSG:4490) or WGS 84 (EPSG:4326), which
differ by less than a decimetre. Metres come from a projected system that the data choose: in
China the CGCS2000 3-degree Gauss-Kruger zone of the middle of the data (GB/T 22021-2008),
elsewhere the UTM zone.
"""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS

GEOGRAPHIC_EPSG = (4326, 4490)
_CHINA_WEST, _CHINA_SOUTH, _CHINA_EAST, _CHINA_NORTH = 73.0, 3.0, 136.0, 54.0
_FIRST_ZONE_MERIDIAN = 75
_FIRST_ZONE_EPSG = 4534


def is_kept(crs: CRS | None) -> bool:
    """Return whether a layer may be kept in this system: EPSG:4326 or EPSG:4490."""
    return crs is not None and crs.to_epsg() in GEOGRAPHIC_EPSG


def metric_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Return the projected system, in metres, that suits where the data lie.

    Parameters
    ----------
    frame
        Non-empty geometry in EPSG:4326 or EPSG:4490.

    Returns
    -------
    CRS
        In China the CGCS2000 3-degree zone by central meridian (EPSG:4534 for 75° E to
        EPSG:4554 for 135° E), elsewhere the UTM zone on WGS 84.

    Examples
    --------
    >>> from shapely import Point
    >>> metric_crs(gpd.GeoSeries([Point(121.1, 31.5)], crs=4326)).to_epsg()
    4549
    """
    west, south, east, north = frame.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    if _CHINA_WEST <= lon <= _CHINA_EAST and _CHINA_SOUTH <= lat <= _CHINA_NORTH:
        zone = round((lon - _FIRST_ZONE_MERIDIAN) / 3)
        return CRS.from_epsg(_FIRST_ZONE_EPSG + min(max(zone, 0), 20))
    return frame.estimate_utm_crs()
