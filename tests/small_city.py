"""A made-up city of 6 km by 6 km that can be checked by hand, as tables.

Two towns side by side, four communities of 3 km by 3 km, streets every 500 m (so the walk between
two crossings is the sum of the blocks), one hall per community at its south-west inner crossing.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from pyproj import Transformer
from shapely import LineString, Point, box, transform

METRIC = 4549
_EAST, _NORTH = 520_000.0, 3_485_000.0
_TO_DEGREES = Transformer.from_crs(METRIC, 4326, always_xy=True).transform
_FIELDS = ("drug_control", "community_correction", "social_relief", "youth", "women")


def place(x_km: float, y_km: float) -> Point:
    """Return a point by its kilometres from the south-west corner, in EPSG:4326."""
    return transform(
        Point(_EAST + 1000 * x_km, _NORTH + 1000 * y_km), _TO_DEGREES, interleaved=False
    )


def area(west: float, south: float, east: float, north: float):
    """Return a rectangle by its kilometres from the south-west corner, in EPSG:4326."""
    west, east = _EAST + 1000 * west, _EAST + 1000 * east
    south, north = _NORTH + 1000 * south, _NORTH + 1000 * north
    return transform(box(west, south, east, north), _TO_DEGREES, interleaved=False)


def _frame(geometry: list, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({**columns, "source": "modelled"}, geometry=geometry, crs=4326)


def small_city_tables() -> dict[str, pd.DataFrame]:
    """Return fresh tables of the small city; nothing is wrong with them."""
    codes = ["320585100001", "320585100200", "320585101001", "320585101200"]
    corners = [(0, 0), (0, 3), (3, 0), (3, 3)]
    halls_at = [(x + 1.0, y + 1.0) for x, y in corners]
    near = [(x + 1.0, y + 0.5) for x, y in corners]
    far = [(x + 2.5, y + 2.5) for x, y in corners]
    functions = (
        "government_affairs;social_security;civil_affairs;dispute_mediation;"
        "health_family;party_service;agricultural_service"
    )
    towns = ["320585100", "320585101"]
    nodes, edges = _streets()
    return {
        "boundary": _frame([area(0, 0, 6, 6)], code=["320585"], name=["小城"], name_en=["Small"]),
        "towns": _frame(
            [area(0, 0, 3, 6), area(3, 0, 6, 6)],
            code=towns,
            name=["西镇", "东镇"],
            name_en=["West", "East"],
            kind="town",
            residents=[4000, 4000],
        ),
        "communities": _frame(
            [area(x, y, x + 3, y + 3) for x, y in corners],
            code=codes,
            town_code=[code[:9] for code in codes],
            name=["西南社区", "西北村", "东南社区", "东北村"],
            kind=["urban", "rural"] * 2,
            residents=2000,
            households=700,
            age_0_14=200,
            age_60_plus=400,
            harmonious=[True, False, True, True],
            feature=[True, False, False, False],
            **{f"clients_{field}": 6 for field in _FIELDS},
        ),
        "settlements": _frame(
            [place(*at) for pair in zip(near, far, strict=True) for at in pair],
            settlement_id=[f"S{i}" for i in range(8)],
            community_code=[code for code in codes for _ in range(2)],
            name=[f"居民点{i}" for i in range(8)],
            residents=[1200, 800] * 4,
            households=[400, 300] * 4,
            age_60_plus=[250, 150] * 4,
        ),
        "halls": _frame(
            [place(3.0, 3.0), place(1.5, 3.0), place(4.5, 3.0), *(place(*at) for at in halls_at)],
            hall_id=["M1", "T1", "T2", "H1", "H2", "H3", "H4"],
            name=[
                "市中心",
                "西镇平台",
                "东镇平台",
                "西南服务厅",
                "西北服务站",
                "东南服务厅",
                "东北服务站",
            ],
            tier=["municipal", "town", "town"] + ["community"] * 4,
            form=["centre", "platform", "platform", "hall", "station", "hall", "station"],
            community_code=[None, None, None, *codes],
            town_code=["320585100", *towns, *(code[:9] for code in codes)],
            functions=[
                "incubation;resource_pooling;capability_building;exchange;showcase",
                *["government_affairs;social_security;civil_affairs;dispute_mediation"] * 2,
                *[functions] * 4,
            ],
            floor_area_m2=[1200.0, 800.0, 900.0, 950.0, 400.0, 700.0, None],
            windows=[8, 5, 5, 3, 2, 3, 2],
            visits_per_day_capacity=[200.0, 100.0, 100.0, 40.0, 10.0, 40.0, 40.0],
            opened_year=2012,
            status="open",
        ),
        "workers": pd.DataFrame(
            {
                "base_hall_id": ["H1", "H1", "H3"],
                "field": ["youth", "women", "drug_control"],
                "posts": [2, 1, 1],
                "fte": [2.0, 0.5, 1.0],
                "certified": [1, 1, 0],
                "source": "modelled",
            }
        ),
        "organisations": _frame(
            [place(1.2, 1.2), place(4.2, 4.0)],
            organisation_id=["O1", "O2"],
            name=["助老社", "青年社"],
            category=["公益慈善类", "社会服务类"],
            registration="registered",
            town_code=towns,
            fields=["social_relief;women", "youth"],
            members=[20, 12],
        ),
        "projects": pd.DataFrame(
            {
                "project_id": ["P1"],
                "name": ["青年驿站"],
                "organisation_id": ["O2"],
                "field": ["youth"],
                "community_codes": [";".join(codes[:2])],
                "cost_yuan": [120000.0],
                "funder": ["purchase"],
                "volunteers": [15],
                "source": "modelled",
            }
        ),
        "candidates": _frame(
            [place(2.5, 2.5), place(2.5, 5.5), place(5.5, 2.5), place(5.5, 5.5), place(0.5, 0.5)],
            site_id=["C1", "C2", "C3", "C4", "C5"],
            name=["地块一", "地块二", "地块三", "地块四", "地块五"],
            community_code=[*codes, codes[0]],
            form=["hall", "station", "hall", "station", "hall"],
            cost_yuan=[4e6, 1.5e6, 3e6, 2e6, 1e6],
            floor_area_m2=[900.0, 400.0, 900.0, 400.0, 900.0],
            available=[True, True, True, False, True],
        ),
        "road_nodes": nodes,
        "road_edges": edges,
    }


def _streets() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    steps = range(13)
    at = {(i, j): place(i / 2, j / 2) for i in steps for j in steps}
    ids = {crossing: number for number, crossing in enumerate(at)}
    pairs = [((i, j), (i + 1, j)) for i, j in at if i < 12]
    pairs += [((i, j), (i, j + 1)) for i, j in at if j < 12]
    nodes = gpd.GeoDataFrame({"node_id": list(ids.values())}, geometry=list(at.values()), crs=4326)
    edges = _frame(
        [LineString([at[a], at[b]]) for a, b in pairs],
        edge_id=range(len(pairs)),
        from_node=[ids[a] for a, _ in pairs],
        to_node=[ids[b] for _, b in pairs],
        road_class="residential",
        length_m=500.0,
        oneway=False,
        max_speed_kmh=30.0,
        name=None,
    )
    return nodes, edges
