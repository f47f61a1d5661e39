"""Minutes where there are no roads: great-circle distance times a detour factor.

Roads are longer than the straight line by a factor of about 1.3 in towns and countryside alike
(Boscoe, Henry and Zdeb 2012, "A nationwide comparison of driving distance versus straight-line
distance to hospitals": 1.417 on average by car; Ballou, Rahardja and Sakai 2002: 1.3 for China).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from geodata.crs import metric_crs
from geodata.roads import Mode, mode_named
from geodata.roads.modes import KMH_TO_METRES_PER_MINUTE

DETOUR_FACTOR = 1.3
EARTH_RADIUS_METRES = 6_371_008.8


def great_circle_minutes(
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    mode: str | Mode,
    limit: float,
    *,
    nearest: int = 0,
) -> csr_array:
    """Return approximate minutes, float32, origins × destinations, within a limit.

    Parameters
    ----------
    origins, destinations
        Points with a coordinate system.
    mode
        Mode of travel; its default speed counts.
    limit
        Minutes; infinite for no limit.
    nearest
        Only so many nearest destinations of each origin; 0 for all.
    """
    metres_per_minute = mode_named(mode).default_kmh * KMH_TO_METRES_PER_MINUTE
    angle = min(limit * metres_per_minute / DETOUR_FACTOR / EARTH_RADIUS_METRES, np.pi)
    chord = 2.0 * np.sin(angle / 2) + 1e-12
    trees = [cKDTree(_on_unit_sphere(points)) for points in (origins, destinations)]
    if nearest:
        k = min(nearest, len(destinations))
        chords, columns = trees[1].query(trees[0].data, k=range(1, k + 1))
        near = chords <= chord
        rows, columns, chords = np.nonzero(near)[0], columns[near], chords[near]
    else:
        pairs = trees[0].sparse_distance_matrix(trees[1], chord, output_type="ndarray")
        rows, columns, chords = pairs["i"], pairs["j"], pairs["v"]
    metres = 2.0 * np.arcsin(np.minimum(chords / 2, 1)) * EARTH_RADIUS_METRES * DETOUR_FACTOR
    minutes = np.minimum(metres / metres_per_minute, limit).astype(np.float32)
    shape = (len(origins), len(destinations))
    found = csr_array(coo_array((minutes, (rows, columns)), shape=shape))
    found.sort_indices()
    return found


def great_circle_ground(
    origins: gpd.GeoSeries, mode: str | Mode, minutes: np.ndarray
) -> gpd.GeoSeries:
    """Return the circle around each origin that is within each of some minutes, in metres.

    Parameters
    ----------
    origins
        Points with a coordinate system.
    mode
        Mode of travel; its default speed counts.
    minutes
        The limits; all circles of the first origin come first.
    """
    degrees = origins.to_crs(4326)
    places = degrees.to_crs(metric_crs(degrees))
    metres = minutes * mode_named(mode).default_kmh * KMH_TO_METRES_PER_MINUTE / DETOUR_FACTOR
    circles = shapely.buffer(np.repeat(np.asarray(places.array), len(metres)),
                             np.tile(metres, len(places)))  # fmt: skip
    return gpd.GeoSeries(circles, crs=places.crs)


def _on_unit_sphere(points: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    degrees = points.geometry.to_crs(4326)
    lon, lat = np.radians(degrees.x.to_numpy()), np.radians(degrees.y.to_numpy())
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
