"""The centre of Porto Alegre, Brazil: real streets, residents and places to try things on.

``geodata.open_city("porto_alegre")`` opens it as a city, made by ``build.py``: cells are
settlements, health facilities are halls, every cell is a candidate site. ``sources/sources.md``
says where the data come from and what is modelled; the streets are © OpenStreetMap contributors,
ODbL 1.0.

Examples
--------
>>> int(cells()["population"].sum())
812935
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from geodata.roads import RoadNetwork

OSM_FILE = Path(__file__).parent / "sources" / "poa_osm.pbf"


def roads() -> RoadNetwork:
    """Return the streets, read from the OpenStreetMap extract."""
    from geodata.roads import read_osm

    return read_osm(OSM_FILE)


def cells() -> gpd.GeoDataFrame:
    """Return the 1,227 H3 cells by id: their middles, population, schools, jobs, healthcare."""
    return _points("poa_hexgrid.csv")


def points_of_interest() -> gpd.GeoDataFrame:
    """Return well-known places by id."""
    return _points("poa_points_of_interest.csv")


def _points(name: str) -> gpd.GeoDataFrame:
    table = pd.read_csv(OSM_FILE.with_name(name), index_col="id")
    places = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table, geometry=places, crs=4326)
