"""Roads in files of their own."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from geodata.errors import DataError
from geodata.files import read_tables
from geodata.findings import Finding
from geodata.layers import LAYERS, ROAD_LAYERS
from geodata.quality.geometry import inspect_geometry
from geodata.quality.structure import conform
from geodata.roads.network import RoadNetwork


def open_roads(path: str | Path) -> RoadNetwork:
    """Return the network that ``RoadNetwork.save`` wrote, or that of a saved city.

    Parameters
    ----------
    path
        A GeoPackage, or a folder of GeoParquet, with the layers road_nodes and road_edges.

    Raises
    ------
    DataError
        If it cannot be read, or anything is wrong with one of the layers; the text names layer,
        row and remedy.
    """
    path = Path(path)
    if not path.exists():
        raise DataError("no_such_file", str(path))
    tables, _ = read_tables(path)
    findings: list[Finding] = []
    sound: dict[str, gpd.GeoDataFrame] = {}
    for name in ROAD_LAYERS:
        if name not in tables:
            raise DataError("missing_layer", name)
        frame, wrong = conform(LAYERS[name], tables[name])
        placed, misplaced = inspect_geometry(LAYERS[name], frame)
        findings += wrong + misplaced
        if placed is not None:
            sound[name] = placed
    if findings:
        raise DataError.from_findings(findings)
    nodes, edges = (sound[name] for name in ROAD_LAYERS)
    return RoadNetwork.from_tables(nodes.to_crs(edges.crs), edges)
