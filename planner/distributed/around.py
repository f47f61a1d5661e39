"""A county with what lies in its margin, as one city: its own roads and those of its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.city import City
from geodata.errors import DataError
from geodata.roads import RoadNetwork
from planner.distributed.margin import Box, with_roads
from planner.distributed.prepare import read_attributes, read_kept

_SPATIAL = ("settlements", "halls", "candidates")


@dataclass(frozen=True)
class Neighbourhood:
    """A county and those around it, as ``prepare`` kept them.

    Attributes
    ----------
    county
        Code of the county.
    places
        Folder of each by code: the county's own and those of its neighbours, sorted by code.
    box
        The county's box with its margin, in degrees.
    """

    county: str
    places: Sequence[tuple[str, Path]]
    box: Box

    def read(self) -> City:
        """Return one city of all that lies in the box; layers are sorted by county.

        Raises
        ------
        DataError
            If two counties give the same id to different things.
        """
        layers = {name: self._layer(name) for name in _SPATIAL}
        for name, key in zip(_SPATIAL, ("settlement_id", "hall_id", "site_id"), strict=True):
            _refuse_twice(name, layers[name], key)
        communities = pd.concat(
            [
                read_attributes(place, "communities", ["code", "kind", "town_code", "name"])
                for _, place in self.places
            ],
            ignore_index=True,
        )
        return City(
            code=self.county,
            name=self.county,
            name_en=self.county,
            sources=MappingProxyType({}),
            roads=self._roads(),
            _layers=MappingProxyType({**layers, "communities": communities}),
        )

    def _layer(self, name: str) -> gpd.GeoDataFrame:
        parts = []
        for code, place in self.places:
            part = read_kept(place, name, self.box).assign(county=code)
            if len(part) or code == self.county:
                parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def _roads(self) -> RoadNetwork | None:
        held = [place for _, place in self.places if (place / "road_edges.parquet").exists()]
        if not held:
            return None
        parts = [read_kept(place, "road_edges", with_roads(self.box)) for place in held]
        edges = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        again = edges["edge_id"].duplicated(keep=False)
        if again.any():
            _refuse_different(edges[again])
            edges = edges[~edges["edge_id"].duplicated()].reset_index(drop=True)
        return RoadNetwork.from_tables(_nodes_of(edges), edges)


def _nodes_of(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the nodes at which edges begin and end."""
    lines = np.asarray(edges.geometry.array)
    ids = np.concatenate([edges["from_node"], edges["to_node"]])
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    known, at = np.unique(ids, return_index=True)
    return gpd.GeoDataFrame({"node_id": known}, geometry=ends[at], crs=edges.crs)


def _refuse_twice(layer: str, frame: gpd.GeoDataFrame, key: str) -> None:
    twice = frame[key].duplicated()
    if twice.any():
        again = frame[frame[key] == frame[key][twice].iloc[0]]
        raise DataError(
            "id_of_two_counties",
            layer,
            value=again[key].iloc[0],
            one=again["county"].iloc[0],
            other=again["county"].iloc[1],
        )


def _refuse_different(edges: gpd.GeoDataFrame) -> None:
    """Refuse one id for two roads; a road that two counties hold counts once."""
    same = edges.groupby("edge_id")[["from_node", "to_node", "length_m"]].nunique().max(axis=1)
    if (same > 1).any():
        raise DataError("road_of_two_counties", "road_edges", value=str(same.index[same > 1][0]))
