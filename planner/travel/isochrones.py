"""Isochrones: the ground that can be reached within so many minutes, as polygons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from geodata.errors import DataError
from geodata.roads import TICKS_PER_MINUTE, snap
from geodata.roads.snapping import DEFAULT_MAX_SNAP_METRES
from planner.travel.ends import Ends, exits
from planner.travel.great_circle import great_circle_ground
from planner.travel.kernel import reached_nodes
from planner.travel.rows import TOLERANCE_MINUTES, Progress, buckets

if TYPE_CHECKING:
    from pyproj import CRS

    from geodata.roads import Mode, ModeGraph, RoadNetwork

DEFAULT_BUFFER_METRES = 50.0
_QUARTER_CIRCLE_SEGMENTS = 4


def isochrones(
    network: RoadNetwork | None,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    minutes: float | Sequence[float],
    *,
    mode: str | Mode,
    towards: bool = False,
    buffer_metres: float = DEFAULT_BUFFER_METRES,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Return the ground within so many minutes of each origin.

    Roads are cut exactly where the minutes are up; the ground is what lies within
    ``buffer_metres`` of a road that is reached.

    Parameters
    ----------
    network
        The roads; None for circles of great-circle distance with a detour factor.
    origins
        Points with a coordinate system; ids are their index.
    minutes
        One or several limits, not negative.
    mode
        Mode of travel.
    towards
        The ground from which each point is reached (its catchment area), rather than the ground
        that is reached from it: with one-way roads they differ.
    buffer_metres
        How far to the sides of a road counts as reached, above 0.
    max_snap_metres
        A point farther than this from every usable road is an error.
    progress
        Told how many origins are done.

    Returns
    -------
    GeoDataFrame
        A row per origin and limit, limits ascending: from_id, minutes, area_km2, and the polygon
        in the network's coordinate system (without roads, that of the origins); None where not
        even the road is reached in time.

    Raises
    ------
    DataError
        As ``travel_times``; also if a limit is negative or the buffer is not positive.

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> halls = city.halls.set_index("hall_id")[:2]
    >>> areas = isochrones(city.roads, halls, [5, 15], mode="walk")
    >>> areas["minutes"].tolist()
    [5.0, 15.0, 5.0, 15.0]
    """
    limits = np.unique(np.atleast_1d(np.asarray(minutes, float)))
    if not (limits >= 0).all():
        raise DataError("bad_limit", value=float(limits[~(limits >= 0)][0]))
    if not buffer_metres > 0:
        raise DataError("bad_buffer", value=buffer_metres)
    if network is None:
        circles = great_circle_ground(origins.geometry, mode, limits)
        return _table(origins.index, limits, circles, origins.crs)
    graph = network.graph(mode)
    if towards:
        graph = graph.reversed
    snapped = snap(network, origins, mode, max_snap_metres=max_snap_metres, layer="origins")
    ends, by_node = Ends.of(graph, snapped), _roads_by_node(graph)
    ground = []
    for row in range(len(origins)):
        ground += _ground(network, graph, by_node, ends.only(row), limits, buffer_metres)
        if progress is not None:
            progress(row + 1, len(origins))
    return _table(origins.index, limits, gpd.GeoSeries(ground, crs=network.metric), network.crs)


def _table(ids: pd.Index, limits: np.ndarray, ground: gpd.GeoSeries, crs: CRS) -> gpd.GeoDataFrame:
    """Return the rows of all origins; the ground is in metres, one limit after the other."""
    table = pd.DataFrame(
        {
            "from_id": ids.repeat(len(limits)),
            "minutes": np.tile(limits, len(ids)),
            "area_km2": ground.area.to_numpy() / 1e6,
        }
    )
    return gpd.GeoDataFrame(table, geometry=ground.to_crs(crs), crs=crs)


def _roads_by_node(graph: ModeGraph) -> tuple[np.ndarray, np.ndarray]:
    """Return the roads that begin or end at each node, as rows."""
    nodes = np.concatenate([graph.tails, graph.heads])
    order = np.argsort(nodes, kind="stable")
    counts = np.bincount(nodes, minlength=graph.node_count)
    return np.concatenate([[0], np.cumsum(counts)]), order % max(len(graph.tails), 1)


def _ground(
    network: RoadNetwork,
    graph: ModeGraph,
    by_node: tuple[np.ndarray, np.ndarray],
    start: Ends,
    limits: np.ndarray,
    buffer_metres: float,
) -> list[shapely.Geometry | None]:
    """Return the ground that one origin reaches within each limit, in metres."""
    shift, ring = buckets(graph.ticks, graph.ticks)
    most = int((limits[-1] + TOLERANCE_MINUTES) * TICKS_PER_MINUTE)
    arcs = graph.indptr, graph.indices, graph.ticks
    nowhere = exits(Ends.of_none(graph))
    nodes, ticks = reached_nodes(
        arcs, start.nodes[0], start.to_nodes[0], nowhere, most, shift, ring
    )
    indptr, roads_of = by_node
    near = [roads_of[indptr[node] : indptr[node + 1]] for node in nodes]
    roads = np.unique(np.concatenate([*near, start.edge]))
    reached = pd.Series(ticks / TICKS_PER_MINUTE, index=nodes)
    at_tail = reached.reindex(graph.tails[roads]).fillna(np.inf).to_numpy()
    at_head = reached.reindex(graph.heads[roads]).fillna(np.inf).to_numpy()
    lines = network.metric_lines[roads]
    ground: list[shapely.Geometry | None] = []
    done = np.zeros(len(roads), bool)
    for limit in limits:
        begun = _share(limit - at_tail, graph.forward[roads])
        ended = _share(limit - at_head, graph.backward[roads])
        whole = begun + ended >= 1
        # What a shorter limit has reached whole lies in its ground, which is joined below.
        parts = [*lines[whole & ~done], *_own_road(network, graph, start, limit)]
        done |= whole
        parts += [
            substring(lines[road], 0, begun[road], normalized=True)
            for road in np.flatnonzero(~whole & (begun > 0))
        ]
        parts += [
            substring(lines[road], 1 - ended[road], 1, normalized=True)
            for road in np.flatnonzero(~whole & (ended > 0))
        ]
        if not parts:
            ground.append(None)
            continue
        # Joining what lies beside each road is ten times faster than to go around all at once.
        beside = shapely.buffer(parts, buffer_metres, quad_segs=_QUARTER_CIRCLE_SEGMENTS)
        ground.append(shapely.union_all([*beside, *ground[-1:]]))
    return ground


def _share(left: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Return how much of each road can be travelled in the minutes that are left, 0 to 1."""
    usable = np.isfinite(minutes) & (left >= 0)
    share = np.where(usable & (minutes == 0), 1.0, 0.0)
    np.divide(left, minutes, out=share, where=usable & (minutes > 0))
    return np.clip(share, 0, 1)


def _own_road(
    network: RoadNetwork, graph: ModeGraph, start: Ends, limit: float
) -> list[shapely.Geometry]:
    """Return what of its own road the origin reaches; nothing if not even the road."""
    left = np.array([limit - start.off_road[0] / TICKS_PER_MINUTE])
    if left[0] < 0:
        return []
    at, road = float(start.fraction[0]), start.edge
    ahead = min(at + float(_share(left, graph.forward[road])[0]), 1.0)
    back = max(at - float(_share(left, graph.backward[road])[0]), 0.0)
    return [substring(network.metric_lines[road[0]], back, ahead, normalized=True)]
