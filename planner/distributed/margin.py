"""How far beyond its border a county is looked at, and what lies there.

Nothing that can matter to a county lies farther than a metre for every metre that one could travel:
``reach_metres`` is twice the standard's minutes at the speed of the fastest road of the region, and
all roads that take no time. Twice, for two catchments meet at a hall: whether the residents who
share it are served elsewhere is within one more catchment of them. Roads are read farther by the
longest way from a point to a road, so that every point there is finds the road that it has. Within
it, what is computed of a county is what one undivided computation gives, to the last bit, as long
as both measure metres in the same projected system.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.roads import mode_named
from geodata.roads.modes import KMH_TO_METRES_PER_MINUTE
from geodata.roads.pieces import line_metres
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


@dataclass(frozen=True)
class Pace:
    """How far a mode takes anyone at the most, along the roads of a county.

    Attributes
    ----------
    metres_per_minute
        On the fastest road; walking, where that is faster.
    metres_at_once
        Of all roads together that take no time.
    """

    metres_per_minute: float
    metres_at_once: float


def pace(roads: RoadNetwork | None, mode: str) -> Pace:
    """Return how far a mode takes anyone at the most.

    The lines count, not the straight way between their ends: journeys begin in their middle too.

    Parameters
    ----------
    roads
        The roads; None where there are none (then the mode's usual speed).
    mode
        Mode of travel.
    """
    if roads is None:
        return Pace(float(mode_named(mode).default_kmh * KMH_TO_METRES_PER_MINUTE), 0.0)
    graph = roads.graph(mode)
    minutes = np.fmin(graph.forward, graph.backward)
    starts = np.cumsum([0, *shapely.get_num_coordinates(roads.lines)])
    lon, lat = shapely.get_coordinates(roads.lines).T
    metres = line_metres(lon, lat, starts)
    going, at_once = np.isfinite(minutes) & (minutes > 0), minutes == 0
    walking = mode_named("walk").default_kmh * KMH_TO_METRES_PER_MINUTE
    fastest = (metres[going] / minutes[going]).max(initial=walking)
    return Pace(float(fastest), float(metres[at_once].sum()))


def reach_metres(minutes: float, paces: Collection[Pace]) -> float:
    """Return how far from a county's own points anything can matter to it.

    Parameters
    ----------
    minutes
        The longest that the standard allows.
    paces
        Of the mode, in every county of the region.
    """
    fastest = max(pace.metres_per_minute for pace in paces)
    return SEEN * minutes * fastest + sum(pace.metres_at_once for pace in paces)


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


def with_roads(box: Box) -> Box:
    """Return where the roads are that points of a box may be on."""
    return widened(box, DEFAULT_MAX_SNAP_METRES)
