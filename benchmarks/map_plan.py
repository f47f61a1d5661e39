"""A plan of many communities for the map: the embedded city's, laid side by side."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, sqrt
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import geodata
import planner

_KEYS = ("community_code", "town_code", "code", "hall_id", "base_hall_id", "nearest_hall_id",
         "settlement_id", "site_id", "organisation_id", "project_id")  # fmt: skip
_TILED = ("gaps", "settlements", "halls", "platforms", "staffing", "outreach", "posts", "projects",
          "organisations", "inspections", "harmony")  # fmt: skip
_APART = 1.05


def plan_of(communities: int) -> Any:
    """Return a plan of about so many communities; fewer than the city's own are cut from it."""
    plan = planner.make_plan(geodata.open_city("taicang"), planner.Standard.load("taicang-2013"))
    own = len(plan.gaps)
    if communities < own:
        return _few(plan, communities)
    copies = ceil(communities / own)
    if copies == 1:
        return plan
    city = plan.city
    west, south, east, north = city.boundary.total_bounds
    size = np.array([east - west, north - south]) * _APART
    side = ceil(sqrt(copies))
    moves = [(k, size * (k % side, k // side)) for k in range(copies)]
    tables = {name: _tiled(getattr(plan, name), moves) for name in _TILED}
    layers = ("boundary", "towns", "communities", "halls", "organisations", "candidates", "workers")
    # What to do is that of the first copy, and so are the isochrones of the recommended sites.
    roads = _Roads(
        city.roads,
        lines=np.concatenate([_moved(city.roads.lines, move) for _, move in moves]),
        road_class=np.tile(np.asarray(city.roads.road_class), copies),
    )
    wide = SimpleNamespace(
        code=city.code, name=city.name, name_en=city.name_en, sources=city.sources, roads=roads,
        **{name: _tiled(getattr(city, name), moves) for name in layers},
    )  # fmt: skip
    first = {
        name: _tiled(getattr(plan, name), moves[:1]) for name in ("recommendations", "actions")
    }
    return replace(plan, city=wide, **tables, **first)


class _Roads:
    """The city's roads, drawn in every copy."""

    def __init__(self, own: Any, **drawn: Any) -> None:
        self._own = own
        self.__dict__.update(drawn)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def _few(plan: Any, communities: int) -> Any:
    codes = set(plan.gaps["community_code"].iloc[:communities])
    tables = {
        name: table[table["community_code"].isin(codes)].reset_index(drop=True)
        for name in _TILED
        if "community_code" in (table := getattr(plan, name)) and name not in ("halls", "platforms")
    }
    return replace(plan, **tables)


def _moved(geometry: Any, move: np.ndarray) -> np.ndarray:
    return shapely.transform(np.asarray(geometry), lambda points: points + move)


def _tiled(frame: pd.DataFrame, moves: list[tuple[int, np.ndarray]]) -> pd.DataFrame:
    parts = []
    for copy, move in moves:
        new = {name: _own_key(frame[name], copy) for name in frame.columns.intersection(_KEYS)}
        if "community_codes" in frame:
            new["community_codes"] = [
                ";".join(f"{copy:04d}{code[4:]}" for code in codes.split(";"))
                for codes in frame["community_codes"]
            ]
        part = frame.assign(**new)
        if isinstance(frame, gpd.GeoDataFrame):
            part = part.set_geometry(gpd.GeoSeries(_moved(frame.geometry, move), crs=frame.crs,
                                                   index=frame.index))  # fmt: skip
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _own_key(keys: pd.Series, copy: int) -> pd.Series:
    numeric = keys.name in ("community_code", "town_code", "code", "settlement_id")
    return keys.map(lambda key: f"{copy:04d}{key[4:]}" if numeric else f"{copy:04d}-{key}",
                    na_action="ignore")  # fmt: skip
