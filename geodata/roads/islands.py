"""Islands: parts of a network that a mode cannot leave and come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from geodata.roads.modes import Mode
    from geodata.roads.network import RoadNetwork


def island_of_nodes(network: RoadNetwork, mode: str | Mode) -> np.ndarray:
    """Return the number of the island that each node is on, shape (nodes,).

    Islands are strongly connected: from each of its nodes every other can be reached, and back.
    For modes that one-way streets do not bind that is the same as connected. 0 is the biggest,
    by nodes; -1 stands for nodes that no usable road touches.

    Raises
    ------
    DataError
        If there is no such mode, or no road that it may use.
    """
    graph = network.graph(mode)
    tails = np.repeat(np.arange(graph.node_count), np.diff(graph.indptr))
    part = connected_parts(tails, graph.indices, graph.node_count, directed=True)
    touched = np.zeros(graph.node_count, bool)
    touched[tails] = touched[graph.indices] = True
    place = network.place_in_graph
    return parts_by_size(part[place], touched[place])


def connected_parts(
    tails: np.ndarray, heads: np.ndarray, node_count: int, *, directed: bool
) -> np.ndarray:
    """Return a number for each node, the same within a part; strong parts if ``directed``."""
    links = coo_array((np.ones(len(tails), bool), (tails, heads)), shape=(node_count, node_count))
    return connected_components(links, directed=directed, connection="strong")[1]


def parts_by_size(part: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return parts numbered by size, the first of equal ones first; -1 where not counted."""
    names, first, inverse, sizes = np.unique(
        part[counted], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(names), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(names))
    numbers = np.full(len(part), -1)
    numbers[counted] = rank[inverse]
    return numbers


def parts_table(
    island: np.ndarray,
    tails: np.ndarray,
    heads: np.ndarray,
    length_metres: np.ndarray,
    names: pd.Series | None,
) -> pd.DataFrame:
    """Return nodes, km and name of each part; see ``islands``."""
    count = int(island.max()) + 1
    ends = [island[tails], island[heads]]
    inside = ends[0] == ends[1]
    km = np.bincount(ends[0][inside], weights=length_metres[inside], minlength=count) / 1000
    named = pd.Series(None, index=range(count), dtype="str")
    if names is not None:
        roads = pd.DataFrame({"name": names.to_numpy(object), "metres": length_metres})
        roads["inside"] = inside
        both = pd.concat(
            [roads.assign(island=ends[0]), roads[~inside].assign(island=ends[1][~inside])]
        )
        grouped = both.dropna(subset="name").groupby(["island", "name"], as_index=False)
        total = grouped.agg({"metres": "sum", "inside": "max"})
        total = total.sort_values(["inside", "metres", "name"], ascending=[False, False, True])
        longest = total.drop_duplicates("island").set_index("island")["name"]
        named = longest.astype("str").reindex(range(count))
    sizes = np.bincount(island[island >= 0], minlength=count)
    return pd.DataFrame({"nodes": sizes, "km": km, "name": named})


def islands(network: RoadNetwork, mode: str | Mode) -> pd.DataFrame:
    """Return the islands of a mode, the biggest first; the first is the mainland.

    Parameters
    ----------
    network
        The roads.
    mode
        Mode of travel.

    Returns
    -------
    DataFrame
        By number of the island (``island_of_nodes``): nodes, km (roads whose both ends are on it;
        a road that leads from one island to another, never to return, counts with neither), name
        (of its longest named road, else of the longest that leads there; missing if none has
        one), lon and lat of the node nearest to its middle.

    Raises
    ------
    DataError
        If there is no such mode, or no road that it may use.

    References
    ----------
    Tarjan, R. (1972), "Depth-first search and linear graph algorithms" (strong components).
    """
    island = island_of_nodes(network, mode)
    graph = network.graph(mode)
    usable = np.isfinite(graph.forward) | np.isfinite(graph.backward)
    names = network.attributes.get("name")
    table = parts_table(
        island,
        network.tails[usable],
        network.heads[usable],
        network.length_metres[usable],
        None if names is None else names[usable],
    )
    there = np.flatnonzero(island >= 0)
    on = island[there]
    lon, lat = network.lon[there], network.lat[there]
    nodes = table["nodes"].to_numpy()
    east, north = (np.bincount(on, weights=degrees) / nodes for degrees in (lon, lat))
    away = np.hypot((lon - east[on]) * np.cos(np.radians(north[on])), lat - north[on])
    order = np.lexsort((away, on))
    middle = there[order[np.searchsorted(on[order], np.arange(len(table)))]]
    table["lon"], table["lat"] = network.lon[middle], network.lat[middle]
    return table.rename_axis("island")
