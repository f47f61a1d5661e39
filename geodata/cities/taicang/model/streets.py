"""Roads: a planar proximity graph of everything that needs one, with classes by use."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry.base import BaseGeometry

from geodata.cities.taicang.model import METRIC_EPSG, Step, lots
from geodata.cities.taicang.model.areas import spread_points

_URBAN_SPACING, _RURAL_SPACING = 330.0, 800.0
_SAME_PLACE_METRES = 25.0
_SPEED_KMH = {
    "primary": 60.0,
    "secondary": 50.0,
    "tertiary": 40.0,
    "residential": 30.0,
    "unclassified": 40.0,
}


def lay_streets(
    land: BaseGeometry,
    communities: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    places: list[gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return nodes and edges of a connected road network, in metres.

    Crossings lie at every settlement, hall and site, and between them. Two are joined when no
    third lies in the circle between them (Gabriel and Sokal 1969, "A new statistical approach to
    geographic variation analysis"); such graphs are planar and hold the shortest spanning tree.
    Ways between towns become primary, ways from halls to their town secondary or tertiary.

    Parameters
    ----------
    land
        Where roads may be.
    communities, towns
        In metres.
    places
        Points that must be on the roads.
    """
    at = _crossings(communities, places)
    pairs = _gabriel_pairs(at)
    pairs = _on_land(at, pairs, land)
    graph: nx.Graph[int] = nx.Graph()
    lengths = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    graph.add_weighted_edges_from(zip(*pairs.T.tolist(), lengths.tolist(), strict=True))
    classes = _classes(graph, at, communities, towns, places)
    return _tables(
        at, pairs, [classes.get(tuple(pair), "") for pair in pairs.tolist()], communities
    )


def _crossings(communities: gpd.GeoDataFrame, places: list[gpd.GeoDataFrame]) -> np.ndarray:
    rng = lots(Step.STREETS)
    parts = [shapely.get_coordinates(layer.geometry.array) for layer in places]
    for community in communities.itertuples(index=False):
        spacing = _URBAN_SPACING if community.kind == "urban" else _RURAL_SPACING
        count = max(2, round(community.geometry.area / spacing**2))
        parts.append(spread_points(community.geometry, count, rng, tries=12))
    at = np.vstack(parts)
    kept = np.ones(len(at), bool)
    # The first of two crossings at nearly the same place stays; the layers' points come first.
    for first, second in sorted(cKDTree(at).query_pairs(_SAME_PLACE_METRES)):
        if kept[first]:
            kept[second] = False
    return at[kept]


def _gabriel_pairs(at: np.ndarray) -> np.ndarray:
    triangles = Delaunay(at).simplices
    sides = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.unique(np.sort(sides, axis=1), axis=0)
    middle = (at[pairs[:, 0]] + at[pairs[:, 1]]) / 2
    radius = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) / 2
    nearest, _ = cKDTree(at).query(middle)
    return pairs[nearest >= radius * (1 - 1e-9)]


def _on_land(at: np.ndarray, pairs: np.ndarray, land: BaseGeometry) -> np.ndarray:
    """Leave out what crosses water or another city, unless the network would fall apart."""
    lines = shapely.linestrings(at[pairs])
    shapely.prepare(land)
    inside = shapely.covers(land.buffer(30.0), lines)
    graph: nx.Graph[int] = nx.Graph()
    lengths = shapely.length(lines) + np.where(inside, 0.0, 1e6)
    graph.add_weighted_edges_from(zip(*pairs.T.tolist(), lengths.tolist(), strict=True))
    needed = {tuple(sorted(edge)) for edge in nx.minimum_spanning_edges(graph, data=False)}
    return pairs[inside | np.array([tuple(pair) in needed for pair in pairs.tolist()])]


def _classes(
    graph: nx.Graph[int],
    at: np.ndarray,
    communities: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    places: list[gpd.GeoDataFrame],
) -> dict[tuple[int, int], str]:
    """Return the class of the edges that carry traffic between places."""
    tree = cKDTree(at)
    points = gpd.GeoSeries(gpd.points_from_xy(towns["lon"], towns["lat"]), crs=4326)
    seats = tree.query(shapely.get_coordinates(points.to_crs(METRIC_EPSG).array))[1].tolist()
    halls = next(layer for layer in places if "hall_id" in layer)
    local = halls[halls["tier"] == "community"]
    stops = tree.query(shapely.get_coordinates(local.geometry.array))[1].tolist()
    classes: dict[tuple[int, int], str] = {}

    def mark(paths: list[list[int]], road_class: str) -> None:
        for path in paths:
            for pair in pairwise(path):
                classes.setdefault((min(pair), max(pair)), road_class)

    neighbours = _gabriel_pairs(at[seats])
    mark([nx.shortest_path(graph, seats[a], seats[b], "weight") for a, b in neighbours], "primary")
    seat_of = dict(zip(towns["code"], seats, strict=True))
    kinds = local["community_code"].map(communities.set_index("code")["kind"])
    ways = [
        nx.shortest_path(graph, seat_of[town], stop, "weight")
        for town, stop in zip(local["town_code"], stops, strict=True)
    ]
    rural = (kinds != "urban").tolist()
    mark([way for way, far in zip(ways, rural, strict=True) if far], "secondary")
    mark([way for way, far in zip(ways, rural, strict=True) if not far], "tertiary")
    return classes


def _tables(
    at: np.ndarray, pairs: np.ndarray, classes: list[str], communities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    points = gpd.GeoSeries(shapely.points(at), crs=METRIC_EPSG).to_crs(4326)
    degrees = np.round(shapely.get_coordinates(points.array), 6)
    nodes = gpd.GeoDataFrame(
        {"node_id": np.arange(len(at))}, geometry=shapely.points(degrees), crs=4326
    )
    middle = shapely.points((at[pairs[:, 0]] + at[pairs[:, 1]]) / 2)
    urban = shapely.union_all(communities.geometry[communities["kind"] == "urban"].array)
    shapely.prepare(urban)
    local = np.where(shapely.contains(urban, middle), "residential", "unclassified")
    road_class = [given or usual for given, usual in zip(classes, local, strict=True)]
    start, end = degrees[pairs[:, 0]], degrees[pairs[:, 1]]
    _, _, metres = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    edges = gpd.GeoDataFrame(
        {
            "edge_id": np.arange(len(pairs)),
            "from_node": pairs[:, 0],
            "to_node": pairs[:, 1],
            "road_class": road_class,
            "length_m": np.round(metres, 2),
            "oneway": False,
            "max_speed_kmh": pd.Series(road_class).map(_SPEED_KMH),
            "name": pd.Series([None] * len(pairs), dtype="str"),
        },
        geometry=shapely.linestrings(degrees[pairs]),
        crs=4326,
    )
    return nodes, edges
