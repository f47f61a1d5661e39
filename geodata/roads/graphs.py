"""Roads from a graph of networkx or OSMnx."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geodata.crs import is_kept
from geodata.errors import DataError
from geodata.layers import DIRECTIONS, SOURCES
from geodata.roads.network import RoadNetwork
from geodata.roads.pieces import line_metres
from geodata.roads.tags import VEHICLES, speed_kmh

_SAME_LENGTH = 1e-6


@dataclass(frozen=True)
class _Edge:
    tail: Hashable
    head: Hashable
    data: dict[str, Any]
    oneway: bool


def from_networkx(
    graph: nx.Graph[Any], *, crs: Any = None, road_class: str = "unclassified"
) -> RoadNetwork:
    """Return the roads that a graph of networkx or OSMnx describes.

    Two arcs that are the two directions of one road (the same osmid or edge_id and length) become
    one two-way edge; an arc alone is a one-way road. The edges of an undirected graph are two-way.

    Parameters
    ----------
    graph
        Any graph of networkx whose nodes have x and y. Arcs may have length (metres), highway (of
        several the first counts), maxspeed (of several the lowest), oneway, reversed, name,
        surface, osmid, edge_id, duration_minutes, source, foot, bicycle, motorcar and geometry.
        Lengths that are not stated are geodesic, lines that are not there straight.
    crs
        Coordinate system of x and y, where ``graph.graph["crs"]`` does not say it.
    road_class
        Highway class of edges without one.

    Returns
    -------
    RoadNetwork
        In EPSG:4326 or EPSG:4490. Whole numbers stay the ids of nodes; other nodes are numbered.

    Raises
    ------
    DataError
        If a node has no x and y, the graph no coordinate system or no edge, or a length is not a
        number of 0 or more.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.Graph(crs="EPSG:4326")
    >>> graph.add_node("A", x=121.10, y=31.45)
    >>> graph.add_node("B", x=121.11, y=31.45)
    >>> graph.add_edge("A", "B", highway="residential")
    >>> from_networkx(graph)
    RoadNetwork(2 nodes, 1 edges, 1 km)
    """
    stated = graph.graph.get("crs", crs)
    if stated is None:
        raise DataError("missing_crs", "graph")
    if graph.number_of_edges() == 0:
        raise DataError("empty_layer", "graph")
    kept = is_kept(CRS.from_user_input(stated))
    points = gpd.GeoSeries(gpd.points_from_xy(*_places(graph)), crs=stated)
    places = points if kept else points.to_crs(4326)
    lon, lat = places.x.to_numpy(), places.y.to_numpy()
    position = {node: i for i, node in enumerate(graph)}
    edges = list(_edges(graph))
    tails = np.array([position[edge.tail] for edge in edges], np.int32)
    heads = np.array([position[edge.head] for edge in edges], np.int32)
    drawn = gpd.GeoSeries([edge.data.get("geometry") for edge in edges], crs=stated)
    lines = _lines(
        np.asarray((drawn if kept else drawn.to_crs(4326)).array), tails, heads, lon, lat
    )
    data = [edge.data for edge in edges]
    speeds = [speed_kmh(";".join(map(str, _all(d.get("maxspeed"))))) for d in data]
    whole = all(isinstance(node, int | np.integer) for node in graph)
    edge_ids = [d.get("edge_id") for d in data]
    unique = None not in edge_ids and len(set(edge_ids)) == len(edge_ids)
    return RoadNetwork(
        node_ids=np.array(list(graph), np.int64) if whole else np.arange(len(graph)),
        lon=lon,
        lat=lat,
        edge_ids=np.array(edge_ids) if unique else np.arange(1, len(edges) + 1),
        tails=tails,
        heads=heads,
        length_metres=_lengths(edges, lines),
        road_class=np.array([_first(d.get("highway")) or road_class for d in data], object),
        oneway=np.array([edge.oneway for edge in edges]),
        max_speed_kmh=np.array(speeds),
        lines=lines,
        attributes=_attributes(data),
        crs=places.crs,
    )


def _places(graph: nx.Graph[Any]) -> tuple[np.ndarray, np.ndarray]:
    xy = np.empty((len(graph), 2))
    for row, (node, data) in enumerate(graph.nodes(data=True)):
        try:
            xy[row] = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError):
            raise DataError("node_without_place", "graph", row + 1, str(node)) from None
        if not np.isfinite(xy[row]).all():
            raise DataError("not_finite_geometry", "graph", row + 1, str(node))
    return xy[:, 0], xy[:, 1]


def _all(value: Any) -> list[Any]:
    """Return the values that an arc has under a key: simplified arcs have several."""
    if isinstance(value, list | tuple | set):
        return [one for one in value if not _missing(one)]
    return [] if _missing(value) else [value]


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _first(value: Any) -> Any:
    return next(iter(_all(value)), None)


def _edges(graph: nx.Graph[Any]) -> Iterable[_Edge]:
    arcs = list(graph.edges(data=True))
    if not graph.is_directed():
        return [_Edge(tail, head, data, False) for tail, head, data in arcs]
    twin = _twins(arcs)
    edges = []
    for number, (tail, head, data) in enumerate(arcs):
        other = twin[number]
        if other is None:
            edges.append(_Edge(tail, head, data, True))
        elif (bool(data.get("reversed")), number) < (bool(arcs[other][2].get("reversed")), other):
            edges.append(_Edge(tail, head, data, _flag(data)))
    return edges


def _flag(data: dict[str, Any]) -> bool:
    """Return whether all of what was joined into an arc is one-way."""
    said = _all(data.get("oneway"))
    return bool(said) and all(said)


def _twins(arcs: list[tuple[Any, Any, dict[str, Any]]]) -> list[int | None]:
    """Return for each arc the one that is the other direction of the same road, if there is one."""
    twin: list[int | None] = [None] * len(arcs)
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for number, (tail, head, data) in enumerate(arcs):
        ids = data.get("edge_id", data.get("osmid"))
        road = frozenset(map(str, _all(ids)))
        candidates = waiting[head, tail, road]
        for other in candidates:
            if _are_twins(data, arcs[other][2]):
                twin[number], twin[other] = other, number
                candidates.remove(other)
                break
        else:
            waiting[tail, head, road].append(number)
    return twin


def _are_twins(one: dict[str, Any], other: dict[str, Any]) -> bool:
    lengths = [data.get("length", 0.0) for data in (one, other)]
    if abs(lengths[0] - lengths[1]) > _SAME_LENGTH * max(1.0, *lengths):
        return False
    flags = [data.get("reversed") for data in (one, other)]
    if all(isinstance(flag, bool) for flag in flags):
        return flags[0] != flags[1]
    return not (_flag(one) and _flag(other))


def _lines(
    drawn: np.ndarray, tails: np.ndarray, heads: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> np.ndarray:
    """Return a line from tail to head for each edge: as drawn, else straight."""
    places = np.column_stack([lon, lat])
    ends = np.stack([places[tails], places[heads]], axis=1)
    straight = np.asarray(shapely.linestrings(ends))
    lines = np.where(shapely.is_missing(drawn), straight, drawn)
    start = shapely.get_coordinates(shapely.get_point(lines, 0))
    from_tail, from_head = (np.hypot(*(start - ends[:, side]).T) for side in (0, 1))
    return np.where(from_head < from_tail, shapely.reverse(lines), lines)


def _lengths(edges: list[_Edge], lines: np.ndarray) -> np.ndarray:
    lon, lat = shapely.get_coordinates(lines).T
    starts = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))])
    metres = line_metres(lon, lat, starts)
    for row, edge in enumerate(edges):
        stated = edge.data.get("length")
        if stated is None:
            continue
        if not 0 <= stated < np.inf:
            where = ("graph", row + 1, f"{edge.tail}–{edge.head}")
            raise DataError("bad_length", *where, value=stated)
        metres[row] = stated
    return metres


def _attributes(data: list[dict[str, Any]]) -> pd.DataFrame:
    sources = [d.get("source") for d in data]
    table = pd.DataFrame({"source": [s if s in SOURCES else "real" for s in sources]}, dtype="str")
    for name in ("name", "surface"):
        texts = [str(_first(d.get(name))) if _all(d.get(name)) else None for d in data]
        table[name] = pd.Series(texts, dtype="str")
    for vehicle in VEHICLES:
        words = [d.get(vehicle) for d in data]
        table[vehicle] = pd.Series([w if w in DIRECTIONS else None for w in words], dtype="str")
    table["duration_minutes"] = [float(d.get("duration_minutes", np.nan)) for d in data]
    ways = [_first(d.get("osmid")) for d in data]
    if all(isinstance(way, int) for way in ways):
        table["osm_way"] = ways
    return table
