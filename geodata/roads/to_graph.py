"""Roads as a graph of networkx, of the shape that OSMnx gives and takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from geodata.roads.modes import Mode
    from geodata.roads.network import RoadNetwork

_OTHER_WAY = {"forward": "backward", "backward": "forward"}
_VEHICLES = ("foot", "bicycle", "motorcar")


def to_networkx(network: RoadNetwork, mode: str | Mode | None = None) -> nx.MultiDiGraph[int]:
    """Return the network as a graph that networkx and OSMnx work with.

    Parameters
    ----------
    network
        The roads.
    mode
        Only the arcs that this mode may use, each with its ``minutes``, and the nodes that they
        touch; everything if left out: both directions of two-way roads, one of one-way roads.

    Returns
    -------
    MultiDiGraph
        Nodes have x and y (degrees) and street_count; arcs have osmid, length (metres), highway,
        oneway, reversed (whether the arc goes against its road), geometry, and where stated
        maxspeed (km/h, as text), name and the network's other attributes. ``graph["crs"]`` is
        set. ``from_networkx`` makes the same roads of it; from a graph of one mode, roads with the
        same minutes for that mode.

    Raises
    ------
    DataError
        If there is no such mode, or no road that it may use.

    References
    ----------
    Boeing, G. (2017), "OSMnx: new methods for acquiring, constructing, analyzing, and visualizing
    complex street networks".
    """
    ahead, back = np.ones(len(network.edge_ids), bool), ~network.oneway
    minutes: dict[bool, np.ndarray] = {}
    if mode is not None:
        graph = network.graph(mode)
        minutes = {False: graph.forward, True: graph.backward}
        ahead, back = np.isfinite(graph.forward), np.isfinite(graph.backward)
    usable = ahead | back
    ends = np.concatenate([network.tails[usable], network.heads[usable]])
    streets = np.bincount(ends, minlength=len(network.node_ids))
    made: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs=network.crs.to_string())
    places = zip(network.lon.tolist(), network.lat.tolist(), streets.tolist(), strict=True)
    made.add_nodes_from(
        (node, {"x": x, "y": y, "street_count": count})
        for node, (x, y, count) in zip(network.node_ids.tolist(), places, strict=True)
        if count or mode is None
    )
    attributes = _attributes(network)
    tails, heads = (network.node_ids[ends].tolist() for ends in (network.tails, network.heads))
    for against, may in ((False, ahead), (True, back)):
        lines = shapely.reverse(network.lines) if against else network.lines
        for edge in np.flatnonzero(may).tolist():
            data = attributes[edge] | {"geometry": lines[edge], "reversed": against}
            if against:
                for vehicle in _VEHICLES:
                    if data.get(vehicle) in _OTHER_WAY:
                        data[vehicle] = _OTHER_WAY[data[vehicle]]
            if minutes:
                data["minutes"] = float(minutes[against][edge])
            start, end = (heads, tails) if against else (tails, heads)
            made.add_edge(start[edge], end[edge], **data)
    return made


def _attributes(network: RoadNetwork) -> list[dict[str, Any]]:
    """Return the attributes of each edge along its direction; without those not stated."""
    table = pd.DataFrame(
        {
            "osmid": network.attributes.get("osm_way", pd.Series(network.edge_ids)),
            "edge_id": network.edge_ids,
            "length": network.length_metres,
            "highway": network.road_class,
            "oneway": network.oneway,
            "maxspeed": [f"{kmh!r}".removesuffix(".0") for kmh in network.max_speed_kmh.tolist()],
        }
    ).join(network.attributes.drop(columns="osm_way", errors="ignore"))
    columns = [table[name].astype(object).tolist() for name in table]
    stated = [(~table[name].isna()).tolist() for name in table]
    stated[list(table).index("maxspeed")] = (~np.isnan(network.max_speed_kmh)).tolist()
    names = list(table)
    return [
        {name: value for name, value, said in zip(names, values, there, strict=True) if said}
        for values, there in zip(zip(*columns, strict=True), zip(*stated, strict=True), strict=True)
    ]
