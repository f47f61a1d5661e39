"""Coordinate systems and datums: degrees to keep, metres to measure with, offsets to take out.

``metres`` says what a layer is kept and measured in, ``zones`` knows the Gauss-Kruger zones of
CGCS2000, ``offsets`` converts between WGS 84, GCJ-02 and BD-09, and ``likely`` finds data whose
stated datum does not fit the roads or the boundary.
"""

from geodata.crs.likely import DatumEvidence, likely_datum
from geodata.crs.metres import GEOGRAPHIC_EPSG, is_kept, metric_crs
from geodata.crs.offsets import (
    DATUMS,
    bd09_to_gcj02,
    convert_datum,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    shift_datum,
    wgs84_to_gcj02,
)
from geodata.crs.zones import outside_area_of_use, zone_of_easting, zone_system

__all__ = [
    "DATUMS",
    "GEOGRAPHIC_EPSG",
    "DatumEvidence",
    "bd09_to_gcj02",
    "convert_datum",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "is_kept",
    "likely_datum",
    "metric_crs",
    "outside_area_of_use",
    "shift_datum",
    "wgs84_to_gcj02",
    "zone_of_easting",
    "zone_system",
]
