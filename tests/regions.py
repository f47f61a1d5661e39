"""Small regions: a city cut into counties, and counties that are boundaries alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import City
from geodata.layers import LAYERS
from geodata.region.stored import write_region

TOWNS = {"320511": ["320585100"], "320512": ["320585101"]}
"""Two counties of the small city, each of one town."""
NOTE = {"code": "320500", "name": "小省", "name_en": "Small Province", "sources": {}}


def split_city(
    city: City, towns: Mapping[str, Sequence[str]], of_node=None, make=City.from_tables
) -> list[City]:
    """Return counties that a city is cut into.

    Parameters
    ----------
    city
        With roads; no project or hall of it may refer to another county than its own.
    towns
        Codes of the towns of each county, by the county's code.
    of_node
        Position of the county that each road node lies in; where it lies on the map if left out.
    make
        ``City.from_inspected`` where nothing can be wrong.
    """
    tables = city.tables()
    shapes = [
        shapely.union_all(city.towns.set_index("code").geometry[list(codes)].to_numpy())
        for codes in towns.values()
    ]
    if of_node is None:
        points = tables["road_nodes"].geometry.to_numpy()
        of_node = np.argmin([shapely.distance(shape, points) for shape in shapes], axis=0)
    of_edge = np.asarray(of_node)[city.roads.tails]
    counties = []
    for number, (code, codes) in enumerate(towns.items()):
        roads = tables["road_edges"][of_edge == number]
        held = set(tables["road_nodes"]["node_id"][np.asarray(of_node) == number])
        held |= set(roads["from_node"]) | set(roads["to_node"])
        nodes = tables["road_nodes"]
        mine = _of_towns(tables, list(codes))
        mine |= {"road_nodes": nodes[nodes["node_id"].isin(held)], "road_edges": roads}
        mine["boundary"] = tables["boundary"].assign(
            code=code, name=f"{code}县", name_en=f"County {code}", geometry=[shapes[number]]
        )
        mine = {name: mine[name].reset_index(drop=True) for name in LAYERS if name in mine}
        counties.append(make(mine, city.sources))
    return counties


def _of_towns(tables: Mapping[str, pd.DataFrame], codes: list[str]) -> dict[str, pd.DataFrame]:
    towns, communities = tables["towns"], tables["communities"]
    mine = {
        "towns": towns[towns["code"].isin(codes)],
        "communities": communities[communities["town_code"].isin(codes)],
    }
    for name in ("settlements", "candidates"):
        frame = tables[name]
        mine[name] = frame[frame["community_code"].isin(mine["communities"]["code"])]
    for name in ("halls", "organisations"):
        mine[name] = tables[name][tables[name]["town_code"].isin(codes)]
    for name, column, target, key in (
        ("workers", "base_hall_id", "halls", "hall_id"),
        ("projects", "organisation_id", "organisations", "organisation_id"),
    ):
        mine[name] = tables[name][tables[name][column].isin(mine[target][key])]
    return mine


def save_counties(folder: Path, counties: Sequence[City]) -> Path:
    """Write counties where a region has them, without its list."""
    for county in counties:
        county.save(folder / "counties" / county.code)
    return folder


def listed(shapes: Mapping[str, shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    """Return the table of counties with these boundaries (degrees), by code."""
    codes = list(shapes)
    table = {
        "code": codes,
        "name": [f"{code}县" for code in codes],
        "name_en": [f"County {code}" for code in codes],
        "folder": [f"counties/{code}" for code in codes],
        **dict.fromkeys(("communities", "residents", "candidates", "road_nodes"), 10),
    }
    return gpd.GeoDataFrame(table | columns, geometry=list(shapes.values()), crs=4326)


def write_listed(folder: Path, table: pd.DataFrame, note: Mapping[str, object] = NOTE) -> Path:
    """Write a region whose counties are empty folders."""
    for name in table.get("folder", []):
        (folder / str(name)).mkdir(parents=True, exist_ok=True)
    write_region(folder, note, table)
    return folder


def save_region(folder: Path, counties: Sequence[City]) -> Path:
    """Write counties and a list of them that is not made by opening them."""
    shapes = {county.code: county.boundary.geometry.iloc[0] for county in counties}
    return write_listed(save_counties(folder, counties), listed(shapes))
