"""Points: where people live, where halls stand, where new ones could."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.cities.taicang.model import METRIC_EPSG, Step, lots, whole_shares
from geodata.cities.taicang.model.areas import random_points, spread_points

_URBAN_NAMES = ("一区", "二区", "三区", "四区", "五区", "六区", "七区", "八区", "九区", "十区")
_RURAL_NAMES = ("一组", "二组", "三组", "四组", "五组", "六组", "七组", "八组", "九组", "十组")
_EDGE_METRES = 60.0
_RURAL_OFF_CENTRE = 0.45
"""Share of villages whose hall stands at the edge, where the former village committee was."""

_URBAN_REQUIRED = (
    "government_affairs",
    "social_security",
    "civil_affairs",
    "dispute_mediation",
    "health_family",
    "party_service",
)
_RURAL_REQUIRED = (*_URBAN_REQUIRED, "agricultural_service", "village_accounts")
_TOWN_REQUIRED = (
    "government_affairs",
    "social_security",
    "civil_affairs",
    "dispute_mediation",
    "culture_sports",
)
_MUNICIPAL = ("incubation", "resource_pooling", "capability_building", "exchange", "showcase")
_EXTRAS = (
    "elderly_care",
    "child_care",
    "legal_aid",
    "volunteering",
    "library",
    "culture_sports",
    "convenience_payment",
)
_DEPARTMENTS = (
    "民政局", "司法局", "人力资源和社会保障局", "财政局", "公安局", "团市委", "妇联", "残联",
    "总工会",
)  # fmt: skip
_HOSTED = (
    "社会组织促进会", "社会工作者协会", "志愿者协会", "慈善会", "青少年事务服务社",
    "禁毒服务社", "社区矫正服务社", "妇女儿童服务中心", "为老服务中心", "助残服务社",
)  # fmt: skip
_SEAT_OF_THE_CITY = "320585100"
_URBAN_STATIONS, _RURAL_HALLS = 6, 24
_VISITS_PER_WINDOW = 25
_URBAN_MEAN_M2, _RURAL_MEAN_M2 = 926.0, 1_338.0


def settle(communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return 5 to 10 settlements in each community, with its people shared among them.

    Urban compounds fill the community; rural hamlets lie scattered, of very unequal size.

    Parameters
    ----------
    communities
        In metres, with counts.
    """
    rng = lots(Step.SETTLEMENTS)
    parts = []
    for community in communities.itertuples(index=False):
        urban = community.kind == "urban"
        count = int(rng.integers(5, 9) if urban else rng.integers(6, 11))
        inside = community.geometry.buffer(-_EDGE_METRES)
        area = inside if inside.area > 0.3 * community.geometry.area else community.geometry
        if urban:
            # People of a large urban community live around its middle, not in its fields.
            built = area.representative_point().buffer(700).intersection(area)
            area = built if built.area < 0.8 * area.area else area
        places = spread_points(area, count, rng, tries=16 if urban else 6)
        weights = rng.lognormal(0.0, 0.35 if urban else 0.6, count)
        names = _URBAN_NAMES if urban else _RURAL_NAMES
        residents = whole_shares(community.residents, weights)
        parts.append(
            pd.DataFrame(
                {
                    "settlement_id": [f"{community.code}-{k + 1:02d}" for k in range(count)],
                    "community_code": community.code,
                    "name": [community.name + name for name in names[:count]],
                    "residents": residents,
                    "households": whole_shares(community.households, residents.astype(float)),
                    "age_60_plus": whole_shares(community.age_60_plus, residents.astype(float)),
                    "geometry": shapely.points(places),
                }
            )
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=METRIC_EPSG)


def build_halls(
    communities: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    figures: dict[str, Any],
) -> gpd.GeoDataFrame:
    """Return the municipal centre, nine platforms and a hall or station in every community.

    Parameters
    ----------
    communities, settlements, towns
        In metres.
    figures
        The published figures: counts of new halls and stations, floor areas.
    """
    rng = lots(Step.HALLS)
    report = figures["report_2013"]
    local = _community_halls(communities, settlements, report, rng)
    upper = _upper_tiers(towns, report, rng)
    halls = pd.concat([upper, local], ignore_index=True)
    halls["visits_per_day_capacity"] = halls["windows"] * float(_VISITS_PER_WINDOW)
    halls["status"] = "open"
    return gpd.GeoDataFrame(halls, crs=METRIC_EPSG)


def _community_halls(
    communities: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    report: dict[str, Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    count = len(communities)
    urban = (communities["kind"] == "urban").to_numpy()
    hall = np.where(urban, True, False)
    hall[rng.choice(np.flatnonzero(urban), _URBAN_STATIONS, replace=False)] = False
    hall[rng.choice(np.flatnonzero(~urban), _RURAL_HALLS, replace=False)] = True
    platforms = report["community_platforms"]
    opened = rng.integers(1998, 2012, count)
    new_halls = rng.choice(np.flatnonzero(hall & urban), platforms["new_halls"], replace=False)
    stations = np.flatnonzero(~hall & ~urban)
    new_stations = rng.choice(stations, platforms["new_rural_stations"], replace=False)
    for new in (new_halls, new_stations):
        opened[new] = rng.integers(2012, 2014, len(new))
    area = rng.lognormal(0.0, 0.3, count) * np.where(hall, 1.15, 0.9)
    for mine, mean in ((urban, _URBAN_MEAN_M2), (~urban, _RURAL_MEAN_M2)):
        area[mine] *= mean / area[mine].mean()
    names = np.where(hall, "服务厅", "服务站")
    windows = np.maximum(
        2, np.round(communities["residents"] / 2_300 + rng.normal(0.3, 0.6, count))
    )
    return pd.DataFrame(
        {
            "hall_id": [f"H{code[6:]}" for code in communities["code"]],
            "name": communities["name"].to_numpy() + names,
            "tier": "community",
            "form": np.where(hall, "hall", "station"),
            "community_code": communities["code"].to_numpy(),
            "town_code": communities["town_code"].to_numpy(),
            "functions": [
                _offered(
                    _URBAN_REQUIRED if is_urban else _RURAL_REQUIRED, 0.1 if is_urban else 0.3, rng
                )
                for is_urban in urban
            ],
            "floor_area_m2": np.round(area),
            "windows": windows.astype(int),
            "opened_year": opened,
            "geometry": _hall_places(communities, settlements, rng),
        }
    )


def _hall_places(
    communities: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Return where halls stand: by the settlement in the middle, or by one at the edge."""
    places = []
    for community in communities.itertuples(index=False):
        mine = settlements[settlements["community_code"] == community.code]
        at = shapely.get_coordinates(mine.geometry.array)
        middle = np.average(at, axis=0, weights=mine["residents"])
        distance = np.hypot(*(at - middle).T)
        edge = community.kind != "urban" and rng.random() < _RURAL_OFF_CENTRE
        beside = at[distance.argmax() if edge else distance.argmin()]
        angle = rng.uniform(0, 2 * np.pi)
        moved = shapely.Point(
            beside + rng.uniform(60, 160) * np.array([np.cos(angle), np.sin(angle)])
        )
        places.append(moved if community.geometry.contains(moved) else shapely.Point(beside))
    return np.array(places)


def _upper_tiers(
    towns: gpd.GeoDataFrame, report: dict[str, Any], rng: np.random.Generator
) -> pd.DataFrame:
    points = gpd.GeoSeries(gpd.points_from_xy(towns["lon"], towns["lat"]), crs=4326)
    centres = np.asarray(points.to_crs(METRIC_EPSG).array)
    seat = centres[(towns["code"] == _SEAT_OF_THE_CITY).to_numpy()][0]
    rows = [
        {
            "hall_id": "M320585",
            "name": "太仓市社会组织服务中心",
            "tier": "municipal",
            "form": "centre",
            "community_code": None,
            "town_code": _SEAT_OF_THE_CITY,
            "functions": ";".join(_MUNICIPAL),
            "floor_area_m2": float(report["municipal_centre"]["floor_area_m2"]),
            "windows": 10,
            "opened_year": 2012,
            "investment_yuan": float(report["municipal_centre"]["investment_yuan"]),
            "rooms": ";".join(report["municipal_centre"]["rooms"]),
            "departments": ";".join(_DEPARTMENTS),
            "hosted_organisations": ";".join(_HOSTED),
            "geometry": shapely.Point(seat.x + 300, seat.y + 220),
        }
    ]
    for town, centre in zip(towns.itertuples(index=False), centres, strict=True):
        rows.append(
            {
                "hall_id": f"T{town.code}",
                "name": town.name + "社区服务综合平台",
                "tier": "town",
                "form": "platform",
                "community_code": None,
                "town_code": town.code,
                "functions": _offered(_TOWN_REQUIRED, 0.0, rng),
                "floor_area_m2": float(rng.integers(1_500, 3_200)),
                "windows": int(rng.integers(6, 12)),
                "opened_year": int(rng.integers(2005, 2012)),
                "geometry": centre,
            }
        )
    return pd.DataFrame(rows)


def _offered(required: tuple[str, ...], lacking: float, rng: np.random.Generator) -> str:
    """Return functions on offer: the required ones, perhaps without one or two, and some extras."""
    missing = np.empty(0, int)
    if rng.random() < lacking:
        missing = rng.choice(len(required), int(rng.integers(1, 3)), replace=False)
    offered = [function for k, function in enumerate(required) if k not in missing]
    pool = [function for function in _EXTRAS if function not in required]
    extras = rng.choice(len(pool), int(rng.integers(0, 4)), replace=False)
    return ";".join([*offered, *(pool[k] for k in sorted(extras))])


def find_candidates(
    communities: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, halls: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return sites where a hall or station could be built: public land near people far from one.

    Parameters
    ----------
    communities, settlements, halls
        In metres.
    """
    rng = lots(Step.CANDIDATES)
    local = halls[halls["tier"] == "community"]
    _, metres = local.sindex.nearest(settlements.geometry, return_all=False, return_distance=True)
    burden = settlements["residents"] * np.maximum(metres - 500, 0)
    rows = []
    for community in communities.itertuples(index=False):
        urban = community.kind == "urban"
        mine = burden[settlements["community_code"] == community.code].nlargest(1 if urban else 2)
        for index in mine[mine > 0].index:
            at = settlements.geometry[index]
            near = at.buffer(350).intersection(community.geometry)
            place = shapely.Point(random_points(near, 1, rng)[0])
            form = "hall" if urban or rng.random() < 0.35 else "station"
            area = rng.uniform(900, 1_500) if form == "hall" else rng.uniform(300, 700)
            per_m2 = rng.uniform(4_200, 5_600) if urban else rng.uniform(3_000, 4_200)
            rows.append(
                {
                    "name": community.name
                    + rng.choice(["闲置校舍", "公共用地", "旧厂房", "原村部"]),
                    "community_code": community.code,
                    "form": form,
                    "cost_yuan": float(round(area * per_m2, -4)),
                    "floor_area_m2": float(round(area)),
                    "available": bool(rng.random() < 0.92),
                    "geometry": place,
                }
            )
    table = pd.DataFrame(rows)
    table.insert(0, "site_id", [f"C{number:03d}" for number in range(1, len(table) + 1)])
    return gpd.GeoDataFrame(table, crs=METRIC_EPSG)
