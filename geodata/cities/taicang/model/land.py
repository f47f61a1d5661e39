"""Land, towns and communities: a partition of the real boundary that meets published areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.cities.taicang.model import METRIC_EPSG, Step, lots
from geodata.cities.taicang.model.areas import fitted_cells, spread_points

PORT_DISTRICT = "320585402"
PORT_COMMUNITIES = tuple(
    f"320585103{number}"
    for number in ("001", "008", "011", "012", "014", "015", "203", "222", "227", "231", "234")
)
"""Communities of Fuqiao that the model gives to the Port District, whose own code is not in use."""

_UNPUBLISHED_KM2 = {
    "320585102": 78.0,
    "320585103": 88.0,
    "320585104": 92.0,
    "320585402": 55.0,
    "320585403": 26.0,
}
"""Areas of the towns for which none was found: what is left of the land, by judgement."""

_URBAN_KM2, _RURAL_KM2 = 0.9, 4.6
_CORE_METRES = 480.0
"""Radius of a town's built-up core for one urban community; it grows with their square root."""


def cut_land(boundary: gpd.GeoDataFrame, land_area_m2: float) -> BaseGeometry:
    """Return the land: the boundary without a strip of the Yangtze along its north-east.

    The boundary follows the middle of the river from its northernmost to its easternmost point.
    The strip's width is the one that leaves the published land area.

    Parameters
    ----------
    boundary
        The real boundary, in degrees.
    land_area_m2
        Published land area.

    Returns
    -------
    Polygon in metres.
    """
    whole = boundary.to_crs(METRIC_EPSG).geometry.iloc[0]
    ring = max(shapely.get_parts(whole), key=shapely.area).exterior
    places = shapely.get_coordinates(ring)[:-1]
    first, last = int(places[:, 1].argmax()), int(places[:, 0].argmax())
    middle_of_river = shapely.LineString(_shorter_way(places, first, last))
    narrow, wide = 0.0, 20_000.0
    for _ in range(50):
        width = (narrow + wide) / 2
        land = whole.difference(middle_of_river.buffer(width))
        narrow, wide = (width, wide) if land.area > land_area_m2 else (narrow, width)
    return max(shapely.get_parts(land), key=shapely.area)


def _shorter_way(ring: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return the part of a closed ring between two of its points that has fewer points."""
    ways = [np.roll(ring, -first, axis=0)[: (last - first) % len(ring) + 1]]
    ways.append(np.roll(ring, -last, axis=0)[: (first - last) % len(ring) + 1])
    return min(ways, key=len)


def divide_towns(land: BaseGeometry, towns: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the towns as cells around their real centres.

    Areas are the published ones where a cell around the real centre can have them; the three
    centres of the built-up core stand too close for that, and there the centres come first.

    Parameters
    ----------
    land
        Polygon in metres.
    towns
        The real table: code, lon, lat, area_km2 and names.

    Returns
    -------
    GeoDataFrame in metres, with the columns of ``towns``.
    """
    points = gpd.GeoSeries(gpd.points_from_xy(towns["lon"], towns["lat"]), crs=4326)
    centres = shapely.get_coordinates(points.to_crs(METRIC_EPSG).array)
    areas = towns["area_km2"].fillna(towns["code"].map(_UNPUBLISHED_KM2)).to_numpy(float)
    cells, _ = fitted_cells(land, centres, areas, rounds=400, moving=0.0, keeping=0.8)
    return gpd.GeoDataFrame(towns.copy(), geometry=cells, crs=METRIC_EPSG)


def divide_communities(towns: gpd.GeoDataFrame, communities: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the communities as cells of their towns: urban small about the centre, rural large.

    Parameters
    ----------
    towns
        As ``divide_towns`` gives it.
    communities
        The real table: code, name, town_code, kind.

    Returns
    -------
    GeoDataFrame in metres, in the order of ``communities``; town_code is the planner's town.
    """
    rng = lots(Step.COMMUNITIES)
    table = communities[["code", "name", "kind"]].copy()
    table["town_code"] = communities["town_code"].where(
        ~communities["code"].isin(PORT_COMMUNITIES), PORT_DISTRICT
    )
    cells: dict[str, BaseGeometry] = {}
    points = gpd.GeoSeries(gpd.points_from_xy(towns["lon"], towns["lat"]), crs=4326)
    centres = points.to_crs(METRIC_EPSG)
    for town, centre in zip(towns.itertuples(index=False), centres, strict=True):
        mine = table[table["town_code"] == town.code].sort_values(["kind", "code"])
        urban = (mine["kind"] == "urban").to_numpy()
        core = centre.buffer(_CORE_METRES * np.sqrt(urban.sum())).intersection(town.geometry)
        seeds = np.empty((len(mine), 2))
        seeds[urban] = spread_points(core, int(urban.sum()), rng)
        if not urban.all():
            country = town.geometry.difference(core)
            seeds[~urban] = spread_points(country, int((~urban).sum()), rng)
        areas = np.where(urban, _URBAN_KM2, _RURAL_KM2) * rng.lognormal(0.0, 0.25, len(mine))
        if not urban.all():
            rest = town.geometry.area / 1e6 - areas[urban].sum()
            areas[~urban] *= rest / areas[~urban].sum()
        shapes, _ = fitted_cells(town.geometry, seeds, areas, rounds=80, moving=0.2)
        cells.update(zip(mine["code"], shapes, strict=True))
    return gpd.GeoDataFrame(
        table, geometry=[cells[code] for code in table["code"]], crs=METRIC_EPSG
    )
