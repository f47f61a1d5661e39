"""Ways cut into edges, on their way to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.roads.tags import Vehicle

_EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Pieces:
    """Edges: the line of edge i is ``lon`` and ``lat`` from ``starts[i]`` to ``starts[i + 1]``.

    Attributes
    ----------
    way
        Position of the way that each is part of.
    tails, heads
        Positions of the nodes where each begins and ends.
    lon, lat, starts
        Degrees of the lines' vertices, and where each line begins among them.
    closed
        Whether each is closed to a vehicle by a barrier, whatever its way says.
    node_lon, node_lat
        Degrees of the nodes.
    """

    way: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    starts: np.ndarray
    closed: Mapping[Vehicle, np.ndarray]
    node_lon: np.ndarray
    node_lat: np.ndarray

    @property
    def count(self) -> int:
        """Number of edges."""
        return len(self.way)

    def kept(self, chosen: np.ndarray) -> Pieces:
        """Return some of the edges (a mask)."""
        counts = np.diff(self.starts)
        vertices = np.repeat(chosen, counts)
        return replace(
            self,
            way=self.way[chosen],
            tails=self.tails[chosen],
            heads=self.heads[chosen],
            lon=self.lon[vertices],
            lat=self.lat[vertices],
            starts=np.concatenate([[0], np.cumsum(counts[chosen])]),
            closed={vehicle: shut[chosen] for vehicle, shut in self.closed.items()},
        )

    def length_metres(self) -> np.ndarray:
        """Return the geodesic length of each."""
        return line_metres(self.lon, self.lat, self.starts)


def line_metres(lon: np.ndarray, lat: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the geodesic length of lines (WGS 84), shape (n,).

    Parameters
    ----------
    lon, lat
        Degrees of all vertices, line after line.
    starts
        Where each line begins among them, and their number at the end, shape (n + 1,).
    """
    step = np.zeros(len(lon))
    step[1:] = _EARTH.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    step[starts[:-1]] = 0.0
    return np.add.reduceat(step, starts[:-1]) if len(starts) > 1 else np.zeros(0)


def without_zero_length(pieces: Pieces) -> Pieces:
    """Return the edges without those between nodes at one place, which become one node."""
    metres = pieces.length_metres()
    if (metres > 0).all():
        return pieces
    none = metres == 0
    count = len(pieces.node_lon)
    links = coo_array(
        (np.ones(none.sum(), bool), (pieces.tails[none], pieces.heads[none])), shape=(count, count)
    )
    _, group = connected_components(links, directed=False)
    first = np.unique(group, return_index=True)[1][group]
    merged = replace(pieces, tails=first[pieces.tails], heads=first[pieces.heads])
    return merged.kept(~none)
