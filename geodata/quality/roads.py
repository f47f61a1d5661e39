"""What must hold of the roads: one connected network that reaches the city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.findings import Finding
from geodata.layers import ROAD_LAYERS


def road_findings(tables: Mapping[str, pd.DataFrame], findings: Sequence[Finding]) -> list[Finding]:
    """Return what is wrong with the roads as a network.

    Parameters
    ----------
    tables
        Layers that are each in order.
    findings
        What is known already; a network with unknown nodes is not looked at further.
    """
    if not set(ROAD_LAYERS) & set(tables):
        return (
            [] if any(f.layer in ROAD_LAYERS for f in findings) else [Finding("no_roads", "roads")]
        )
    if not set(ROAD_LAYERS) <= set(tables) or any(f.layer == "road_edges" for f in findings):
        lone = [name for name in ROAD_LAYERS if name not in tables]
        known = {f.layer for f in findings}
        return [Finding("missing_layer", name) for name in lone if name not in known]
    return _islands(tables["road_nodes"], tables["road_edges"])


def _islands(nodes: pd.DataFrame, edges: pd.DataFrame) -> list[Finding]:
    ids = pd.Index(nodes["node_id"])
    ends = ids.get_indexer(edges["from_node"]), ids.get_indexer(edges["to_node"])
    links = coo_array((np.ones(len(edges), bool), ends), shape=(len(ids), len(ids)))
    count, island = connected_components(links, directed=False)
    sizes = np.bincount(island, minlength=count)
    mainland = int(sizes.argmax())
    findings = []
    for number in np.flatnonzero(np.arange(count) != mainland):
        first = int(np.flatnonzero(island == number)[0])
        values = {"nodes": int(sizes[number])}
        findings.append(Finding("road_island", "road_nodes", first + 1, str(ids[first]), values))
    return findings
