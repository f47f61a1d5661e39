"""Routes: the way itself, as a line with its length and minutes."""

from __future__ import annotations

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
from planner.travel.kernel import NEVER, reached_nodes
from planner.travel.rows import buckets

if TYPE_CHECKING:
    from geodata.roads import Mode, ModeGraph, RoadNetwork

Step = tuple[int, float, float]
"""A road and from where to where on it: fractions of its length, falling against its direction."""


def route(
    network: RoadNetwork,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    mode: str | Mode,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
) -> gpd.GeoDataFrame:
    """Return the fastest way from each origin to the destination in the same row.

    Parameters
    ----------
    network
        The roads.
    origins, destinations
        As many points each, with a coordinate system; ids are their index.
    mode
        Mode of travel.
    max_snap_metres
        A point farther than this from every usable road is an error.

    Returns
    -------
    GeoDataFrame
        A row per pair: from_id, to_id, minutes, length_metres (along roads), off_road_metres
        (walked to and from them) and the line from point to point, in the network's coordinate
        system. Where there is no way, minutes and lengths are missing and the line is None.

    Raises
    ------
    DataError
        If there are not as many origins as destinations, or as ``travel_times``.

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> ways = route(city.roads, city.settlements[:1], city.halls[:1], mode="walk")
    >>> ways.geometry[0].geom_type
    'LineString'
    """
    if len(origins) != len(destinations):
        raise DataError(
            "pairs_differ", "origins", origins=len(origins), destinations=len(destinations)
        )
    graph = network.graph(mode)
    snapped = [
        snap(network, points, mode, max_snap_metres=max_snap_metres, layer=layer)
        for layer, points in (("origins", origins), ("destinations", destinations))
    ]
    start, end = (Ends.of(graph, points) for points in snapped)
    metric = [np.asarray(p.geometry.to_crs(network.metric).array) for p in (origins, destinations)]
    rows, lines = [], []
    for row in range(len(origins)):
        ticks, steps = _way(graph, start.only(row), end.only(row))
        walked = float(snapped[0].metres[row] + snapped[1].metres[row])
        along = sum(network.length_metres[road] * abs(b - a) for road, a, b in steps)
        found = ticks < NEVER
        rows.append(
            {
                "from_id": origins.index[row],
                "to_id": destinations.index[row],
                "minutes": ticks / TICKS_PER_MINUTE if found else np.nan,
                "length_metres": along if found else np.nan,
                "off_road_metres": walked if found else np.nan,
            }
        )
        lines.append(_line(network, metric[0][row], steps, metric[1][row]) if found else None)
    columns = ["from_id", "to_id", "minutes", "length_metres", "off_road_metres"]
    shapes = gpd.GeoSeries(lines, crs=network.metric).to_crs(network.crs)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=network.crs)


def _way(graph: ModeGraph, start: Ends, end: Ends) -> tuple[int, list[Step]]:
    """Return the ticks of the fastest way between two points, and its steps."""
    shift, ring = buckets(graph.ticks, graph.ticks)
    arcs = graph.indptr, graph.indices, graph.ticks
    nodes, ticks = reached_nodes(
        arcs, start.nodes[0], start.to_nodes[0], exits(end), int(NEVER) - 1, shift, ring
    )
    reached = dict(zip(nodes.tolist(), ticks.tolist(), strict=True))
    direct = _direct(start, end)
    best, side = direct, -1
    for last in range(2):
        there = reached.get(int(end.nodes[0, last]), int(NEVER)) + int(end.from_nodes[0, last])
        if there < best:
            best, side = there, last
    if best >= NEVER:
        return int(NEVER), []
    from_fraction, to_fraction = float(start.fraction[0]), float(end.fraction[0])
    if side < 0:
        return best, [(int(start.edge[0]), from_fraction, to_fraction)]
    arcs_back, first = _trace(graph, reached, start, int(end.nodes[0, side]))
    steps: list[Step] = [(int(start.edge[0]), from_fraction, float(first))]
    steps += [_whole(graph, road, tail, head) for road, tail, head in arcs_back]
    steps.append((int(end.edge[0]), float(side), to_fraction))
    return best, steps


def _direct(start: Ends, end: Ends) -> int:
    """Return the ticks between two points on the same road without leaving it."""
    if start.edge[0] != end.edge[0]:
        return int(NEVER)
    off = int(start.off_road[0] + end.off_road[0])
    if start.fraction[0] == end.fraction[0]:
        return off
    ahead = start.fraction[0] < end.fraction[0]
    near, far = (start.ahead, end.ahead) if ahead else (end.back, start.back)
    return int(NEVER) if max(near[0], far[0]) >= NEVER else int(far[0] - near[0]) + off


def _trace(
    graph: ModeGraph, reached: dict[int, int], start: Ends, node: int
) -> tuple[list[tuple[int, int, int]], int]:
    """Return the roads (road, from node, to node) that lead to a node, and by which end they begin.

    Ticks are whole, so a road is on a fastest way exactly if its ticks are the difference between
    its ends. Roads of no length could lead around in a circle: each node is tried once.
    """
    back = graph.reversed
    entries = {
        int(start.nodes[0, side]): side
        for side in (1, 0)
        if start.to_nodes[0, side] == reached.get(int(start.nodes[0, side]))
    }
    trail: list[tuple[int, int, int]] = []
    seen = {node}
    while node not in entries:
        arcs = range(int(back.indptr[node]), int(back.indptr[node + 1]))
        tight = [
            (reached[tail], tail, int(back.edge[a]))
            for a in arcs
            if (tail := int(back.indices[a])) not in seen
            and reached.get(tail, int(NEVER)) + int(back.ticks[a]) == reached[node]
        ]
        if tight:
            _, tail, road = min(tight)
            trail.append((road, tail, node))
            seen.add(tail)
            node = tail
        else:
            node = trail.pop()[2]
    return trail[::-1], entries[node]


def _whole(graph: ModeGraph, road: int, tail: int, head: int) -> Step:
    """Return a whole road as a step, in the direction in which it is travelled."""
    if graph.tails[road] != graph.heads[road] and graph.tails[road] == tail:
        return road, 0.0, 1.0
    return road, 1.0, 0.0


def _line(
    network: RoadNetwork, origin: shapely.Point, steps: list[Step], destination: shapely.Point
) -> shapely.LineString:
    """Return the line from point to point along the steps, in metres."""
    parts = [shapely.get_coordinates(origin)]
    for road, begin, end in steps:
        part = substring(network.metric_lines[road], begin, end, normalized=True)
        parts.append(shapely.get_coordinates(part))
    places = np.concatenate([*parts, shapely.get_coordinates(destination)])
    fresh = np.concatenate([[True], (np.diff(places, axis=0) != 0).any(axis=1)])
    places = places[fresh]
    return shapely.LineString(places if len(places) > 1 else np.repeat(places, 2, axis=0))
