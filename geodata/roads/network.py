"""RoadNetwork: roads as arrays, with a graph of minutes for each mode of travel."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geodata.crs import metric_crs
from geodata.errors import DataError
from geodata.files import write_tables
from geodata.layers import ROAD_LAYERS
from geodata.roads.modes import Mode, mode_named

if TYPE_CHECKING:
    import networkx as nx

TICKS_PER_MINUTE = 100_000_000
"""Sums of a thousand roads are within 1e-5 minutes; 64 bits hold 87,000 years."""


def in_ticks(minutes: np.ndarray) -> np.ndarray:
    """Return finite minutes in ticks (int64)."""
    return np.rint(minutes * TICKS_PER_MINUTE).astype(np.int64)


@dataclass(frozen=True, eq=False)
class ModeGraph:
    """The directed graph of one mode in compressed sparse rows.

    Nodes are numbered along a space-filling curve, so that what is near on the ground is near in
    memory: searches spend most of their time waiting for it.

    Attributes
    ----------
    indptr, indices
        ``indices[indptr[u]:indptr[u + 1]]`` are the nodes that ``u`` leads to (int32).
    ticks
        Minutes along each arc in ticks (int64): whole numbers, so that sums are exact.
    edge
        Position of the road that each arc goes along (int32).
    tails, heads
        Nodes where each road begins and ends (int32).
    forward, backward
        Minutes along each road in and against its direction (float64); infinite where the mode
        may not go.
    """

    indptr: np.ndarray
    indices: np.ndarray
    ticks: np.ndarray
    edge: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    forward: np.ndarray
    backward: np.ndarray

    @classmethod
    def build(
        cls,
        node_count: int,
        tails: np.ndarray,
        heads: np.ndarray,
        forward: np.ndarray,
        backward: np.ndarray,
    ) -> ModeGraph:
        """Return the graph of roads with their minutes in and against their direction."""
        ahead, back = np.flatnonzero(np.isfinite(forward)), np.flatnonzero(np.isfinite(backward))
        starts = np.concatenate([tails[ahead], heads[back]])
        order = np.argsort(starts, kind="stable")
        degree = np.bincount(starts, minlength=node_count)
        return cls(
            indptr=np.concatenate([[0], np.cumsum(degree)]).astype(np.int32),
            indices=np.concatenate([heads[ahead], tails[back]])[order].astype(np.int32),
            ticks=in_ticks(np.concatenate([forward[ahead], backward[back]])[order]),
            edge=np.concatenate([ahead, back])[order].astype(np.int32),
            tails=tails,
            heads=heads,
            forward=forward,
            backward=backward,
        )

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @cached_property
    def reversed(self) -> ModeGraph:
        """The graph for travel the other way: each road's two directions exchanged."""
        return ModeGraph.build(self.node_count, self.tails, self.heads, self.backward, self.forward)


@dataclass(frozen=True, eq=False, repr=False)
class RoadNetwork:
    """Roads as arrays. Nodes and edges are named by their positions; ids are kept beside.

    Attributes
    ----------
    node_ids
        Ids of the nodes, shape (n,).
    lon, lat
        Degrees of the nodes, shape (n,).
    edge_ids
        Ids of the edges, shape (m,).
    tails, heads
        Positions of the nodes where each edge begins and ends, shape (m,).
    length_metres
        Length of each edge, shape (m,).
    road_class
        OpenStreetMap highway class of each edge, shape (m,).
    oneway
        Whether an edge may only be driven in its direction, shape (m,).
    max_speed_kmh
        Maximum speed, NaN where none is stated, shape (m,).
    lines
        Geometry of the edges from tail to head, in ``crs``.
    attributes
        What else the edges' table holds. Of it count: foot, bicycle and motorcar (both, forward,
        backward or no: where these may go, before class and one-way), surface (OpenStreetMap
        value) and duration_minutes (ferries).
    crs
        EPSG:4326 or EPSG:4490.
    """

    node_ids: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    edge_ids: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    length_metres: np.ndarray
    road_class: np.ndarray
    oneway: np.ndarray
    max_speed_kmh: np.ndarray
    lines: np.ndarray
    attributes: pd.DataFrame
    crs: CRS
    _graphs: dict[Mode, ModeGraph] = field(default_factory=dict, repr=False)
    _trees: dict[Mode, tuple[np.ndarray, shapely.STRtree]] = field(default_factory=dict, repr=False)

    @classmethod
    def from_tables(cls, nodes: gpd.GeoDataFrame, edges: gpd.GeoDataFrame) -> RoadNetwork:
        """Return the network that a table of nodes and one of edges describe.

        Parameters
        ----------
        nodes
            Points with node_id.
        edges
            Lines with edge_id, from_node, to_node, road_class, length_m, oneway and
            max_speed_kmh; other columns are kept.

        Raises
        ------
        DataError
            If an edge names a node that is not there.
        """
        ids = pd.Index(nodes["node_id"])
        ends = {name: ids.get_indexer(edges[name]) for name in ("from_node", "to_node")}
        for name, positions in ends.items():
            if (positions < 0).any():
                row = int(np.flatnonzero(positions < 0)[0])
                values = {"column": name, "value": edges[name].iloc[row], "target": "road_nodes"}
                raise DataError("unknown_key", "road_edges", row + 1, **values)
        known = ["edge_id", "from_node", "to_node", "road_class", "length_m", "oneway"]
        known += ["max_speed_kmh", "geometry"]
        return cls(
            node_ids=ids.to_numpy(),
            lon=nodes.geometry.x.to_numpy(),
            lat=nodes.geometry.y.to_numpy(),
            edge_ids=edges["edge_id"].to_numpy(),
            tails=ends["from_node"].astype(np.int32),
            heads=ends["to_node"].astype(np.int32),
            length_metres=edges["length_m"].to_numpy(float),
            road_class=edges["road_class"].to_numpy(object),
            oneway=edges["oneway"].to_numpy(bool),
            max_speed_kmh=edges["max_speed_kmh"].to_numpy(float),
            lines=np.asarray(edges.geometry.array),
            attributes=pd.DataFrame(edges.drop(columns=known)).reset_index(drop=True),
            crs=edges.crs,
        )

    def to_tables(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Return the network as ``from_tables`` takes it: nodes and edges."""
        points = gpd.GeoSeries(gpd.points_from_xy(self.lon, self.lat), crs=self.crs)
        return gpd.GeoDataFrame({"node_id": self.node_ids}, geometry=points), self.to_geodataframe()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the edges as lines with their attributes."""
        columns = {
            "edge_id": self.edge_ids,
            "from_node": self.node_ids[self.tails],
            "to_node": self.node_ids[self.heads],
            "road_class": pd.array(self.road_class, dtype="str"),
            "length_m": self.length_metres,
            "oneway": self.oneway,
            "max_speed_kmh": self.max_speed_kmh,
        }
        frame = pd.DataFrame(columns).join(self.attributes)
        return gpd.GeoDataFrame(frame, geometry=self.lines, crs=self.crs)

    @cached_property
    def metric(self) -> CRS:
        """The projected system in which metres are measured."""
        return metric_crs(gpd.GeoSeries(self.lines, crs=self.crs))

    @cached_property
    def metric_lines(self) -> np.ndarray:
        """Geometry of the edges in metres."""
        return np.asarray(gpd.GeoSeries(self.lines, crs=self.crs).to_crs(self.metric).array)

    def graph(self, mode: str | Mode) -> ModeGraph:
        """Return the directed graph of minutes for a mode, by name or as ``load_modes`` gives it.

        Raises
        ------
        DataError
            If there is no such mode, or no road that it may use.
        """
        how = mode_named(mode)
        if how not in self._graphs:
            self._graphs[how] = self._build_graph(how)
        return self._graphs[how]

    def _build_graph(self, how: Mode) -> ModeGraph:
        ahead, back = how.directions(self.road_class, self.oneway, self._stated(how.vehicle))
        if not (ahead | back).any():
            raise DataError("no_road_for_mode", "roads", mode=how.name)
        minutes = how.minutes(
            self.length_metres,
            self.road_class,
            self.max_speed_kmh,
            self._stated("surface"),
            self._stated("duration_minutes"),
        )
        forward, backward = np.where(ahead, minutes, np.inf), np.where(back, minutes, np.inf)
        place = self.place_in_graph
        tails, heads = place[self.tails], place[self.heads]
        return ModeGraph.build(len(self.node_ids), tails, heads, forward, backward)

    def _stated(self, column: str) -> np.ndarray | None:
        return self.attributes[column].to_numpy() if column in self.attributes else None

    @cached_property
    def place_in_graph(self) -> np.ndarray:
        """The number of each node in the graphs: its place along a Hilbert curve (int32)."""
        points = gpd.GeoSeries(gpd.points_from_xy(self.lon, self.lat))
        order = np.argsort(points.hilbert_distance().to_numpy(), kind="stable")
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return place

    def usable_edges(self, mode: str | Mode) -> tuple[np.ndarray, shapely.STRtree]:
        """Return positions of the edges that a mode may use, and a tree of their metric lines."""
        how = mode_named(mode)
        if how not in self._trees:
            graph = self.graph(how)
            edges = np.flatnonzero(np.isfinite(graph.forward) | np.isfinite(graph.backward))
            self._trees[how] = edges, shapely.STRtree(self.metric_lines[edges])
        return self._trees[how]

    def islands(self, mode: str | Mode) -> pd.DataFrame:
        """Return the parts of the network between which a mode cannot go there and back.

        See ``geodata.roads.islands.islands``.
        """
        from geodata.roads.islands import islands

        return islands(self, mode)

    def to_networkx(self, mode: str | Mode | None = None) -> nx.MultiDiGraph[int]:
        """Return the network as a graph that networkx and OSMnx work with.

        See ``geodata.roads.to_graph.to_networkx``.
        """
        from geodata.roads.to_graph import to_networkx

        return to_networkx(self, mode)

    def save(self, path: str | Path) -> None:
        """Write the network to a GeoPackage (``.gpkg``) or a folder of GeoParquet.

        What was there is replaced as a whole, or left as it was if anything goes wrong;
        ``open_roads`` reads it.

        Raises
        ------
        DataError
            If it cannot be written there.
        """
        write_tables(dict(zip(ROAD_LAYERS, self.to_tables(), strict=True)), {}, Path(path))

    def __repr__(self) -> str:
        """Return the size."""
        km = self.length_metres.sum() / 1000
        return f"RoadNetwork({len(self.node_ids)} nodes, {len(self.edge_ids)} edges, {km:,.0f} km)"
