"""How far beyond its border a county is looked at, and what lies there.

Nothing that can matter to a county lies farther than a metre for every metre that one could travel:
``reach_metres`` is twice the standard's minutes at the speed of the fastest road of the region, and
the longest way to a road. Twice, for two catchments meet at a hall: whether the residents who share
it are served elsewhere is within one more catchment of them. Within it, what is computed of a
county is what one undivided computation gives, to the last bit, as long as both measure metres in
the same projected system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Geod

from geodata.roads import mode_named
from geodata.roads.modes import KMH_TO_METRES_PER_MINUTE
from geodata.roads.snapping import DEFAULT_MAX_SNAP_METRES

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.roads import RoadNetwork

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

SEEN = 2.0
"""How many times the standard's minutes travel is followed in a region."""
_METRES_PER_DEGREE = 110_500.0  # of latitude, at the least; of longitude at the equator more
_FARTHEST_NORTH = 85.0


def fastest_metres_per_minute(roads: RoadNetwork | None, mode: str) -> float:
    """Return how far a minute of a mode takes anyone at the most, as the crow flies.

    Parameters
    ----------
    roads
        The roads; None where there are none (then the mode's usual speed).
    mode
        Mode of travel.
    """
    if roads is None:
        return float(mode_named(mode).default_kmh * KMH_TO_METRES_PER_MINUTE)
    graph = roads.graph(mode)
    minutes = np.fmin(graph.forward, graph.backward)
    lon, lat = roads.lon, roads.lat
    tails, heads = roads.tails, roads.heads
    *_, metres = Geod(ellps="WGS84").inv(lon[tails], lat[tails], lon[heads], lat[heads])
    going = np.isfinite(minutes) & (minutes > 0)
    walking = mode_named("walk").default_kmh * KMH_TO_METRES_PER_MINUTE
    return float((metres[going] / minutes[going]).max(initial=walking))


def reach_metres(minutes: float, metres_per_minute: float) -> float:
    """Return how far from a county's own points anything can matter to it.

    Parameters
    ----------
    minutes
        The longest that the standard allows.
    metres_per_minute
        As the crow flies, the fastest of the whole region.
    """
    return SEEN * minutes * metres_per_minute + DEFAULT_MAX_SNAP_METRES


def box_of(*layers: gpd.GeoDataFrame) -> Box:
    """Return the box around all geometry of some layers, empty ones left out."""
    bounds = np.array([layer.total_bounds for layer in layers if len(layer)])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def widened(box: Box, metres: float) -> Box:
    """Return a box with at least so many metres more on every side."""
    west, south, east, north = box
    up = metres / _METRES_PER_DEGREE
    farthest = min(max(abs(south - up), abs(north + up)), _FARTHEST_NORTH)
    across = up / float(np.cos(np.radians(farthest)))
    return west - across, south - up, east + across, north + up


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
