"""Barriers: nodes that stop some vehicles and let others through.

A network has no rules for nodes, so a barrier becomes a piece of road: at a node with a barrier
the last few millimetres of every edge but one that end there are an edge of their own, closed to
those whom the barrier stops. Whoever passes from one edge to another passes one of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from geodata.roads.pieces import Pieces
from geodata.roads.tags import Vehicle

BARRIER_METRES = 0.005
"""Half of the resolution of positions in OpenStreetMap."""
_METRES_PER_DEGREE = 111_000.0


def close_barriers(
    pieces: Pieces, node_ids: np.ndarray, bars: Mapping[int, frozenset[Vehicle]]
) -> Pieces:
    """Return the edges with barriers as edges of their own.

    Parameters
    ----------
    pieces
        Edges that end at every barrier.
    node_ids
        Ids of the nodes, in order.
    bars
        Whom the barrier on a node stops, by the node's id.
    """
    names = np.fromiter(bars, np.int64, len(bars))
    present = names[np.isin(names, node_ids)]
    places = np.searchsorted(node_ids, present)
    barrier_at = {int(i): bars[name] for i, name in zip(places, present.tolist(), strict=True)}
    at_barrier = np.zeros(len(node_ids), bool)
    at_barrier[list(barrier_at)] = True
    ends = [
        (int(node), int(edge), is_head)
        for is_head, nodes in ((False, pieces.tails), (True, pieces.heads))
        for edge, node in zip(
            np.flatnonzero(at_barrier[nodes]), nodes[at_barrier[nodes]], strict=True
        )
    ]
    ends.sort()
    spared = [ends[i] for i in range(len(ends)) if i and ends[i][0] == ends[i - 1][0]]
    return _with_gates(pieces, spared, barrier_at)


def _with_gates(
    pieces: Pieces,
    gated: list[tuple[int, int, bool]],
    barrier_at: Mapping[int, frozenset[Vehicle]],
) -> Pieces:
    """Return the edges with a closed piece at each of some ends: (node, edge, whether its head)."""
    if not gated:
        return pieces
    lon, lat = pieces.lon.copy(), pieces.lat.copy()
    tails, heads = pieces.tails.copy(), pieces.heads.copy()
    made: list[tuple[int, int, int]] = []
    line_lon: list[float] = []
    line_lat: list[float] = []
    new = len(pieces.node_lon)
    places: list[tuple[float, float]] = []
    for node, edge, is_head in gated:
        vertex = int(pieces.starts[edge + 1]) - 1 if is_head else int(pieces.starts[edge])
        towards = vertex - 1 if is_head else vertex + 1
        x, y = lon[vertex], lat[vertex]
        dx, dy = lon[towards] - x, lat[towards] - y
        metres = float(np.hypot(dx * np.cos(np.radians(y)), dy)) * _METRES_PER_DEGREE
        part = 0.5 if metres < 2 * BARRIER_METRES else BARRIER_METRES / metres
        lon[vertex], lat[vertex] = x + part * dx, y + part * dy
        places.append((lon[vertex], lat[vertex]))
        (heads if is_head else tails)[edge] = new
        order = (new, node) if is_head else (node, new)
        made.append((edge, *order))
        line_lon += [lon[vertex], x] if is_head else [x, lon[vertex]]
        line_lat += [lat[vertex], y] if is_head else [y, lat[vertex]]
        new += 1
    edges, new_tails, new_heads = np.array(made).T
    stopped = [barrier_at[node] for node, _, _ in gated]
    return replace(
        pieces,
        way=np.concatenate([pieces.way, pieces.way[edges]]),
        tails=np.concatenate([tails, new_tails]),
        heads=np.concatenate([heads, new_heads]),
        lon=np.concatenate([lon, line_lon]),
        lat=np.concatenate([lat, line_lat]),
        starts=np.concatenate(
            [pieces.starts, pieces.starts[-1] + 2 * np.arange(1, len(gated) + 1)]
        ),
        closed={
            vehicle: np.concatenate([shut, [vehicle in who for who in stopped]])
            for vehicle, shut in pieces.closed.items()
        },
        node_lon=np.concatenate([pieces.node_lon, [x for x, _ in places]]),
        node_lat=np.concatenate([pieces.node_lat, [y for _, y in places]]),
    )
