"""What must hold of the roads: one connected network that reaches the city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geodata.findings import Finding
from geodata.layers import ROAD_LAYERS
from geodata.roads.islands import connected_parts, parts_by_size, parts_table


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
    """Return the parts that no road joins to the biggest, whoever may use it."""
    ids = pd.Index(nodes["node_id"])
    tails, heads = (ids.get_indexer(edges[column]) for column in ("from_node", "to_node"))
    part = connected_parts(tails, heads, len(ids), directed=False)
    every = np.ones(len(ids), bool)
    island = parts_by_size(part, every)
    table = parts_table(island, tails, heads, edges["length_m"].to_numpy(float), edges.get("name"))
    findings = []
    for number, row in table.iloc[1:].iterrows():
        first = int(np.flatnonzero(island == number)[0])
        values = {"nodes": row["nodes"], "km": f"{row['km']:.1f}"}
        code = "road_island"
        if isinstance(row["name"], str):
            code, values["name"] = "road_island_named", row["name"]
        findings.append(Finding(code, "road_nodes", first + 1, str(ids[first]), values))
    return findings
