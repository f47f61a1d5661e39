"""Road-like graphs of any size: a jittered lattice with gaps, streets, avenues and highways."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.roads import ModeGraph

BLOCK_METRES = 80.0
STREETS_KEPT = 0.68
AVENUE_EVERY, HIGHWAY_EVERY = 12, 48
DRIVING_KMH = np.array([25.0, 40.0, 60.0])
WALKING_KMH = 4.8


def road_like(nodes: int, *, driving: bool, seed: int = 0) -> ModeGraph:
    """Return a connected two-way graph of about so many nodes, 2.9 arcs each.

    Nodes are numbered along a Hilbert curve, as ``RoadNetwork`` numbers them; all tools get the
    same numbers.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(nodes) / 0.98)
    row, column = np.divmod(np.arange(side * side), side)
    x = (column + rng.uniform(-0.35, 0.35, side * side)) * BLOCK_METRES
    y = (row + rng.uniform(-0.35, 0.35, side * side)) * BLOCK_METRES
    east, north = np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)
    tails = np.concatenate([east, north])
    heads = np.concatenate([east + 1, north + side])
    street = np.concatenate([row[east], column[north]])
    kept = (street % AVENUE_EVERY == 0) | (rng.random(len(tails)) < STREETS_KEPT)
    tails, heads, street = tails[kept], heads[kept], street[kept]
    metres = np.hypot(x[tails] - x[heads], y[tails] - y[heads]) * rng.uniform(1, 1.25, len(tails))
    speed = np.full(len(tails), WALKING_KMH)
    if driving:
        rank = (street % AVENUE_EVERY == 0).astype(int) + (street % HIGHWAY_EVERY == 0)
        speed = DRIVING_KMH[rank]
    links = coo_array((np.ones(len(tails)), (tails, heads)), shape=(side * side,) * 2)
    _, island = connected_components(links, directed=False)
    mainland = island == np.bincount(island).argmax()
    curve = gpd.GeoSeries(gpd.points_from_xy(x, y)).hilbert_distance().to_numpy()
    order = np.argsort(np.where(mainland, curve, curve.max() + 1), kind="stable")
    place = np.empty(side * side, np.int32)
    place[order] = np.arange(side * side, dtype=np.int32)
    on = mainland[tails]
    minutes = metres[on] / (speed[on] * 1000 / 60)
    return ModeGraph.build(
        int(mainland.sum()), place[tails[on]], place[heads[on]], minutes, minutes
    )
