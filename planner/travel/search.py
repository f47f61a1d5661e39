"""travel_times: minutes over the roads between many points."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from scipy.sparse import csr_array

from geodata.errors import DataError
from geodata.roads import mode_named, snap
from geodata.roads.modes import KMH_TO_METRES_PER_MINUTE
from geodata.roads.snapping import DEFAULT_MAX_SNAP_METRES
from planner.travel.great_circle import great_circle_minutes
from planner.travel.kernel import TOLERANCE_MINUTES, bounded_rows
from planner.travel.times import TravelTimes

if TYPE_CHECKING:
    from geodata.roads import ModeGraph, RoadNetwork, Snapped

_CHUNKS_PER_THREAD = 8


def travel_times(
    network: RoadNetwork | None,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    destinations: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    mode: str,
    limit_minutes: float | None,
    max_snap_metres: float = DEFAULT_MAX_SNAP_METRES,
) -> TravelTimes:
    """Return the minutes from every origin to every destination within a limit.

    A point enters the roads where the nearest edge that the mode may use is nearest, also in its
    middle; the way there is walked. The search starts from whichever side has fewer points.

    Parameters
    ----------
    network
        The roads; None for great-circle distance with a detour factor (then ``approximate``).
    origins, destinations
        Points with a coordinate system; ids are their index.
    mode
        walk, bicycle, e_bike or car.
    limit_minutes
        Pairs farther than this are left out; exactly at the limit counts. None for no limit.
    max_snap_metres
        A point farther than this from every usable road is an error.

    Returns
    -------
    TravelTimes
        Origins × destinations. An origin that reaches nothing keeps an empty row.

    Raises
    ------
    DataError
        If a point is missing, not finite or too far from the roads, the mode is unknown or has no
        road, or the limit is negative.
    """
    if limit_minutes is not None and not limit_minutes >= 0:
        raise DataError("bad_limit", value=limit_minutes)
    limit = np.inf if limit_minutes is None else float(limit_minutes)
    if network is None:
        minutes = great_circle_minutes(origins, destinations, mode, limit)
        snaps = np.zeros(len(origins)), np.zeros(len(destinations))
    else:
        ends = [
            snap(network, points, mode, max_snap_metres=max_snap_metres, layer=layer)
            for layer, points in (("origins", origins), ("destinations", destinations))
        ]
        minutes = _over_roads(network.graph(mode), ends[0], ends[1], limit)
        snaps = ends[0].metres, ends[1].metres
    return TravelTimes(
        minutes=minutes,
        demand_ids=origins.index,
        supply_ids=destinations.index,
        mode=mode,
        limit_minutes=limit_minutes,
        approximate=network is None,
        demand_snap_metres=snaps[0],
        supply_snap_metres=snaps[1],
    )


def _over_roads(graph: ModeGraph, start: Snapped, end: Snapped, limit: float) -> csr_array:
    if len(end.ids) < len(start.ids):
        return csr_array(_rows(graph.reversed, end, start, limit).T)
    return _rows(graph, start, end, limit)


def _rows(graph: ModeGraph, start: Snapped, end: Snapped, limit: float) -> csr_array:
    """Return minutes from each start to each end, by way of nodes or along a shared edge."""
    entry_nodes, entry_minutes = _entries(graph, start)
    exits = _exits(graph, end)
    threads = len(os.sched_getaffinity(0))
    pieces = min(len(start.ids), threads * _CHUNKS_PER_THREAD) or 1
    cuts = np.linspace(0, len(start.ids), pieces + 1).astype(int)

    def piece(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        first, last = int(cuts[number]), int(cuts[number + 1])
        graph_arrays = graph.indptr, graph.indices, graph.minutes
        entries = entry_nodes, entry_minutes
        return bounded_rows(*graph_arrays, *entries, *exits, len(end.ids), first, last, limit)

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(piece, range(pieces)))
    counts = np.concatenate([counts for counts, _, _ in results])
    columns = np.concatenate([columns for _, columns, _ in results])
    found = np.concatenate([found for _, _, found in results])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    shape = (len(start.ids), len(end.ids))
    over_nodes = csr_array((found, columns, indptr), shape=shape)
    return _shortest(over_nodes, _along_shared_edges(graph, start, end, limit))


def _off_road(points: Snapped) -> np.ndarray:
    """Return the minutes walked between each point and the road."""
    return points.metres / (mode_named("walk").default_kmh * KMH_TO_METRES_PER_MINUTE)


def _entries(graph: ModeGraph, start: Snapped) -> tuple[np.ndarray, np.ndarray]:
    """Return the two nodes that each start enters by, and the minutes until there."""
    back = _part(start.fraction, graph.backward[start.edge])
    ahead = _part(1 - start.fraction, graph.forward[start.edge])
    nodes = np.column_stack([graph.tails[start.edge], graph.heads[start.edge]])
    return nodes, np.column_stack([back, ahead]) + _off_road(start)[:, None]


def _exits(graph: ModeGraph, end: Snapped) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which ends are left for at each node and the minutes from there, as sparse rows."""
    ahead = _part(end.fraction, graph.forward[end.edge])
    back = _part(1 - end.fraction, graph.backward[end.edge])
    nodes = np.concatenate([graph.tails[end.edge], graph.heads[end.edge]])
    minutes = np.concatenate([ahead, back]) + np.tile(_off_road(end), 2)
    columns = np.tile(np.arange(len(end.ids), dtype=np.int32), 2)
    order = np.argsort(nodes, kind="stable")
    order = order[np.isfinite(minutes[order])]
    indptr = np.cumsum(np.bincount(nodes[order], minlength=graph.node_count))
    return np.concatenate([[0], indptr]), columns[order], minutes[order]


def _part(fraction: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Return the minutes of a part of an edge; infinite where the edge is, even for no part."""
    part = np.where(fraction > 0, np.inf, 0.0)
    return np.multiply(fraction, minutes, out=part, where=np.isfinite(minutes))


def _along_shared_edges(graph: ModeGraph, start: Snapped, end: Snapped, limit: float) -> csr_array:
    """Return minutes between starts and ends on the same edge, without leaving it."""
    order = np.argsort(end.edge, kind="stable")
    left = np.searchsorted(end.edge[order], start.edge, side="left")
    right = np.searchsorted(end.edge[order], start.edge, side="right")
    rows = np.repeat(np.arange(len(start.ids)), right - left)
    within = np.arange(len(rows)) - np.repeat(
        np.cumsum(right - left) - (right - left), right - left
    )
    columns = order[np.repeat(left, right - left) + within]
    run = end.fraction[columns] - start.fraction[rows]
    edge = start.edge[rows]
    minutes = _part(np.abs(run), np.where(run >= 0, graph.forward[edge], graph.backward[edge]))
    minutes += _off_road(start)[rows] + _off_road(end)[columns]
    near = minutes <= limit + TOLERANCE_MINUTES
    pairs = (rows[near], columns[near])
    return csr_array((minutes[near], pairs), shape=(len(start.ids), len(end.ids)))


def _shortest(one: csr_array, other: csr_array) -> csr_array:
    """Return the lesser of two sparse matrices of minutes, where absent means never."""
    rows = [np.repeat(np.arange(m.shape[0]), np.diff(m.indptr)) for m in (one, other)]
    row, column = np.concatenate(rows), np.concatenate([one.indices, other.indices])
    minutes = np.concatenate([one.data, other.data])
    order = np.lexsort((minutes, column, row))
    row, column, minutes = row[order], column[order], minutes[order]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row[first], minlength=one.shape[0]))])
    return csr_array(
        (minutes[first].astype(np.float32), column[first].astype(np.int32), indptr),
        shape=one.shape,
    )
