"""Build the embedded city of central Porto Alegre: real cells, places and streets as layers.

    python -m geodata.cities.porto_alegre.build

reads ``sources/`` and writes ``data/``. Residents, health facilities and streets are real; what the
sources lack is made of them by a rule and says so in ``source`` and in ``data/city.json``:
communities and towns are the parents of the cells in the H3 grid, households are residents by the
mean size of a household, candidate sites and their costs are planning assumptions.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial.distance import cdist

from geodata.cities.porto_alegre import cells, roads
from geodata.city import City

DATA = Path(__file__).parent / "data"
CODE = "4314902"  # of the municipality, by IBGE
METRIC_EPSG = 31982  # SIRGAS 2000 / UTM 22S
RESOLUTION = 9  # of the cells in the H3 grid
COMMUNITY_RESOLUTION, TOWN_RESOLUTION = 8, 7
LEAST_CELLS = 25  # of 49 in a town: with fewer it is joined to the nearest
PERSONS_PER_HOUSEHOLD = 2.75
M2_PER_100_HOUSEHOLDS, LEAST_M2 = 30.0, 300.0
YUAN_PER_M2 = 4_000.0

PROVENANCE = {
    "boundary": {
        "real": ["code", "name", "name_en"],
        "source": {
            "en": "outline of the 1,227 cells, not an administrative boundary; code of IBGE",
            "zh": "1227 个网格的外廓，非行政区划边界；代码为巴西地理统计局代码",
        },
    },
    "towns": {
        "real": ["residents"],
        "source": {
            "en": "cells of the H3 grid at resolution 7 (about 4 km²) in place of districts, those "
            "cut by the border joined to the nearest; codes are numbered after the municipality's",
            "zh": "以 H3 网格第 7 级（约 4 平方千米）代替行政区，边缘不完整者并入最近一区；"
            "代码在市代码后顺序编号",
        },
    },
    "communities": {
        "real": ["residents"],
        "source": {
            "en": "cells of the H3 grid at resolution 8 (about 0.6 km²) in place of "
            "neighbourhoods; households: residents / 2.75 (planning assumption)",
            "zh": "以 H3 网格第 8 级（约 0.6 平方千米）代替社区；户数为居民数除以 2.75（规划假设）",
        },
    },
    "settlements": {
        "real": ["settlement_id", "residents", "geometry"],
        "source": {
            "en": "cells of the H3 grid at resolution 9 (about 0.09 km²): package r5r (MIT), from "
            "Ipea's Access to Opportunities project; households as in communities",
            "zh": "H3 网格第 9 级（约 0.09 平方千米）：r5r 软件包（MIT），"
            "源自 Ipea 的 Access to Opportunities 项目；户数同社区",
        },
    },
    "halls": {
        "real": ["geometry", "functions"],
        "source": {
            "en": "cells with health facilities, one hall for each cell, in its middle: package "
            "r5r (MIT), from Ipea's Access to Opportunities project",
            "zh": "有医疗设施的网格，每格记一处，位于格心：r5r 软件包（MIT），"
            "源自 Ipea 的 Access to Opportunities 项目",
        },
    },
    "candidates": {
        "real": [],
        "source": {
            "en": "the middle of every cell; floor area: 30 m² per 100 households of its "
            "community, at least 300 m²; cost: 4,000 yuan per m² (planning assumptions)",
            "zh": "每个网格的格心；面积按所在社区每百户 30 平方米、不少于 300 平方米；"
            "造价每平方米 4000 元（规划假设）",
        },
    },
    "roads": {
        "real": True,
        "source": {
            "en": "© OpenStreetMap contributors, ODbL 1.0 (extract of package r5r)",
            "zh": "© OpenStreetMap contributors，ODbL 1.0（r5r 软件包所附）",
        },
    },
}
"""For each layer its real columns, and where they or the rule come from."""


def build() -> City:
    """Return the city that the sources make."""
    people = cells().fillna(0).sort_index().to_crs(METRIC_EPSG)
    own = np.array([int(cell, 16) for cell in people.index], np.uint64)
    shape = hexagons(people.geometry)

    def inside(resolution: int) -> list[str]:
        return [name_of(cell, resolution) for cell in parents(own, resolution)]

    grid = pd.DataFrame(
        {
            "cell": people.index,
            "name": inside(RESOLUTION),
            "community": inside(COMMUNITY_RESOLUTION),
            "town": joined(pd.Series(inside(TOWN_RESOLUTION)), people.geometry),
            "residents": people["population"].to_numpy(int),
            "households": np.rint(people["population"].to_numpy() / PERSONS_PER_HOUSEHOLD),
        }
    ).astype({"households": int})
    towns = _areas(grid, shape, "town").assign(kind="district", name_en=pd.NA)
    towns["code"] = [f"{CODE}{number:02d}" for number in range(1, len(towns) + 1)]
    communities = _areas(grid, shape, "community")
    of_town = grid.groupby("community")["town"].first().map(towns.set_index("name")["code"])
    communities["town_code"] = communities["name"].map(of_town)
    number = communities.groupby("town_code").cumcount() + 1
    communities["code"] = communities["town_code"] + number.map("{:03d}".format)
    grid["code"] = grid["community"].map(communities.set_index("name")["code"])
    nodes, edges = roads().to_tables()
    tables = {
        "boundary": gpd.GeoDataFrame(
            {"code": [CODE], "name": ["阿雷格里港中心城区"], "name_en": ["Porto Alegre (centre)"]},
            geometry=[shapely.union_all(shape)],
            crs=METRIC_EPSG,
        ),
        "towns": towns.drop(columns="households"),
        "communities": _communities(communities),
        "settlements": _settlements(grid, people),
        "halls": _halls(grid, people),
        "candidates": _candidates(grid, people, communities),
    }
    layers = {name: _published(frame, name) for name, frame in tables.items()}
    return City.from_tables(layers | {"road_nodes": nodes, "road_edges": edges}, PROVENANCE)


def parents(own: np.ndarray, resolution: int) -> np.ndarray:
    """Return the cell of a coarser resolution that each cell is in, by the bits of its index.

    The resolution stands in bits 52 to 55, the digits of resolution r in three bits from 45 - 3 r;
    those that are not used are 7 (Uber, "H3 core library overview").
    """
    field = np.uint64(15 << 52)
    unused = np.uint64(sum(7 << (45 - 3 * r) for r in range(resolution + 1, RESOLUTION + 1)))
    return (own & ~field) | np.uint64(resolution << 52) | unused


def name_of(cell: int, resolution: int) -> str:
    """Return the index of a cell in hexadecimal, without the digits that say nothing."""
    return f"{cell:x}"[: 15 - 3 * (15 - resolution) // 4]


def joined(town: pd.Series, middles: gpd.GeoSeries) -> pd.Series:
    """Return the town of each cell where scraps at the border belong to the nearest whole one."""
    size = town.map(town.value_counts())
    whole = (size >= LEAST_CELLS).to_numpy()
    place = shapely.get_coordinates(middles.to_numpy())
    centre = pd.DataFrame(place).groupby(town).mean()
    kept = centre.loc[town[whole].unique()]
    nearest = cdist(centre, kept).argmin(axis=1)
    return town.map(dict(zip(centre.index, kept.index[nearest], strict=True)))


def hexagons(middles: gpd.GeoSeries) -> np.ndarray:
    """Return the cells around their middles (in metres): the tiles of the points of a hexagon grid.

    Points are added around the grid's border, where a neighbour would be, so that all tiles close.
    """
    own = shapely.get_coordinates(middles.to_numpy())
    steps = own[:, None, :] - own[None, :, :]
    far = np.hypot(*np.moveaxis(steps, 2, 0))
    np.fill_diagonal(far, np.inf)
    width = np.median(far.min(axis=1))
    near = steps[far < 1.3 * width]
    turn = np.arctan2(*near.T[::-1])
    # Of the six directions that neighbours lie in, the mean way to each.
    side = np.rint((turn - turn[0]) / (np.pi / 3)).astype(int) % 6
    ways = np.array([near[side == one].mean(axis=0) for one in range(6)])
    points = np.asarray(shapely.points(own))
    there = shapely.STRtree(points)
    around = np.asarray(shapely.points((own[:, None, :] + ways).reshape(-1, 2)))
    beyond = np.ones(len(around), bool)
    beyond[there.query(around, "dwithin", 0.4 * width)[0]] = False
    added = around[beyond]
    first = shapely.STRtree(added).query(added, "dwithin", 0.4 * width)
    twice = np.unique(first[0][first[1] < first[0]])
    every = shapely.multipoints(np.concatenate([points, np.delete(added, twice)]))
    tiles = shapely.get_parts(shapely.voronoi_polygons(every))
    tile, point = there.query(tiles, "contains")
    return tiles[tile[np.argsort(point)]]


def _areas(grid: pd.DataFrame, shape: np.ndarray, by: str) -> gpd.GeoDataFrame:
    """Return the cells of a coarser resolution: their name, residents, households and shape."""
    frame = gpd.GeoDataFrame(grid[["residents", "households"]], geometry=shape, crs=METRIC_EPSG)
    areas = frame.dissolve(by=grid[by], aggfunc="sum")
    return areas.rename_axis("name").reset_index()


def _communities(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    unknown = ["age_0_14", "age_60_plus"] + [
        f"clients_{field}"
        for field in ("drug_control", "community_correction", "social_relief", "youth", "women")
    ]
    areas = areas.assign(kind="urban", harmonious=False, feature=False)
    return areas.assign(**dict.fromkeys(unknown, pd.NA))


def _settlements(grid: pd.DataFrame, people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "settlement_id": grid["cell"],
            "community_code": grid["code"],
            "name": pd.NA,
            "residents": grid["residents"],
            "households": grid["households"],
            "age_60_plus": pd.NA,
        },
        geometry=people.geometry.to_numpy(),
        crs=METRIC_EPSG,
    )


def _halls(grid: pd.DataFrame, people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    there = people["healthcare"].to_numpy() > 0
    some = grid[there]
    unknown = ["floor_area_m2", "windows", "visits_per_day_capacity", "opened_year"]
    return gpd.GeoDataFrame(
        {
            "hall_id": "H" + some["name"],
            "name": "health " + some["name"],
            "tier": "community",
            "form": "station",
            "community_code": some["code"],
            "functions": "health_family",
            "status": "open",
            "town_code": pd.NA,
            **dict.fromkeys(unknown, np.nan),
        },
        geometry=people.geometry.to_numpy()[there],
        crs=METRIC_EPSG,
    )


def _candidates(
    grid: pd.DataFrame, people: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    households = grid["code"].map(communities.set_index("code")["households"])
    area = np.maximum(np.rint(M2_PER_100_HOUSEHOLDS * households / 100), LEAST_M2)
    return gpd.GeoDataFrame(
        {
            "site_id": "C" + grid["name"],
            "name": pd.NA,
            "community_code": grid["code"],
            "form": "station",
            "cost_yuan": YUAN_PER_M2 * area,
            "floor_area_m2": area,
            "available": True,
        },
        geometry=people.geometry.to_numpy(),
        crs=METRIC_EPSG,
    )


def _published(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a layer in degrees, on a grid of about 0.1 m, with its ``source``."""
    source = "real" if name in ("settlements", "halls") else "modelled"
    frame = frame.assign(source=source).to_crs(4326)
    rounded = shapely.transform(np.asarray(frame.geometry.array), lambda xy: np.round(xy, 6))
    return frame.set_geometry(gpd.GeoSeries(rounded, index=frame.index, crs=4326))


if __name__ == "__main__":
    build().save(DATA)
