"""A plan as the data that the page shows: what is in it is in the plan, nothing is worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.functions import function_name, known_functions
from geodata.language import LANGUAGES
from planner.maps import compact, society
from planner.maps.isochrones import isochrones
from planner.maps.pinyin import readings

if TYPE_CHECKING:
    from geodata.city import City
    from planner.plan import Plan

_RECOMMENDATIONS = {
    "rank": 0,
    "site_id": None,
    "action": None,
    "name": None,
    "form": None,
    "town_code": None,
    "community_name": None,
    "cost_yuan": 0,
    "residents_gained": 0,
    "elderly_gained": 0,
    "residents_within_reach": 0,
    "communities_served": None,
    "communities_served_names": None,
    "minutes_before": 1,
    "minutes_after": 1,
    "yuan_per_resident": 0,
    "source": None,
}
_COMMUNITIES = {
    "community_code": None,
    "community_name": None,
    "town_code": None,
    "kind": None,
    "residents": 0,
    "residents_unserved": 0,
    "residents_unserved_after": 0,
    "share_served_before": 3,
    "share_served_after": 3,
    "mean_minutes_before": 1,
    "mean_minutes_after": 1,
    "hall_id": None,
    "form": None,
    "form_gap": 0,
    "functions_missing": None,
    "floor_area_m2": 0,
    "floor_area_required_m2": 0,
    "floor_area_gap_m2": 0,
    "capacity_gap_visits_per_day": 0,
    "source": None,
    **society.COMMUNITIES,
}
_SETTLEMENTS = {
    "name": None,
    "residents": 0,
    "minutes_before": 1,
    "minutes_after": 1,
    "served_before": 0,
    "served_after": 0,
    "served_from_rank": 0,
    "mode": None,
    "limit_minutes": 0,
}
_CANDIDATES = {
    "site_id": None,
    "name": None,
    "form": None,
    "cost_yuan": 0,
    "floor_area_m2": 0,
    "source": None,
}
_ORGANISATIONS = {"name": None, "category": None, "registration": None, "members": 0}
_TOWNS = {"code": None, "name": None, "name_en": None, "kind": None, "residents": 0, "source": None}
_WORKERS = {"base_hall_id": None, "field": None, "posts": 0, "certified": 0}
_WEIGHT = {"motorway": 5, "trunk": 5, "primary": 4, "secondary": 3, "tertiary": 2}
"""How heavily a class of roads (OpenStreetMap highway value) is drawn; 1 for the others."""
_MOST_ROADS = 60_000


def payload(plan: Plan) -> dict[str, Any]:
    """Return what the page embeds about a plan.

    Counts of clients are left out: they do not appear on the map.

    Returns
    -------
    dict
        Values that JSON can hold. Frames are columns (``compact.columns``), geometry is
        ``compact.polygons``, ``compact.lines`` or columns x and y.
    """
    city = plan.city
    steps, unserved = _steps(plan)
    west, south, east, north = city.towns.total_bounds
    return {
        "city": {"code": city.code, "name": {"zh": city.name, "en": city.name_en}},
        "bounds": [[south, west], [north, east]],
        "summary": dict(plan.summary),
        "standard": _standard(plan),
        "sources": {layer: city.sources[layer] for layer in sorted(city.sources)},
        "functions": {
            function: {language: function_name(function, language) for language in LANGUAGES}
            for function in sorted(known_functions())
        },
        "boundary": compact.polygons(city.boundary.geometry),
        "towns": _towns(city),
        "steps": steps,
        "communities": _communities(plan, unserved),
        "settlements": _settlements(plan),
        "halls": _halls(plan),
        "recommendations": _places(plan.recommendations, _RECOMMENDATIONS),
        "candidates": _places(_other_candidates(plan), _CANDIDATES),
        "organisations": _places(city.organisations, _ORGANISATIONS),
        "workers": compact.columns(city.workers, _WORKERS),
        **_roads(city),
        **isochrones(plan),
        **society.society(plan),
    }


def _steps(plan: Plan) -> tuple[dict[str, list[Any]], pd.DataFrame]:
    """Return the city after each site of the build order, and the communities' residents unserved.

    The last step is what the plan's own columns say, so the figures of both agree.
    """
    city, communities = plan.build_order()
    decimals = {"residents_unserved": 0, "share_served": 5, "cost_yuan": 0}
    return compact.columns(city, decimals), communities


def _communities(plan: Plan, unserved: pd.DataFrame) -> dict[str, Any]:
    """Return the communities; ``unserved_by_step`` is None where the sites change nothing."""
    gaps = plan.gaps
    changed = unserved[unserved.iloc[:, 0] != unserved.iloc[:, -1]]
    steps = {
        code: list(map(int, row))
        for code, row in zip(changed.index, changed.to_numpy(), strict=True)
    }
    return {
        **_areas(gaps, _COMMUNITIES),
        **society.shortages(plan),
        **society.remedies(plan),
        "pinyin": readings(gaps["community_name"]),
        "unserved_by_step": [steps.get(code) for code in gaps["community_code"]],
    }


def _halls(plan: Plan) -> dict[str, Any]:
    """Return the halls of all tiers, with who has each of them nearest."""
    halls = plan.platforms
    nearest = plan.settlements.groupby("nearest_hall_id")["residents"].sum()
    return {
        **_places(halls, society.PLATFORMS),
        "community": society.community_rows(plan, halls["community_code"]),
        "residents_nearest": [int(nearest.get(hall, 0)) for hall in halls["hall_id"]],
        "pinyin": readings(halls["name"]),
    }


def _standard(plan: Plan) -> dict[str, Any]:
    standard = plan.standard
    rules = {kind: standard.reach_of("community", kind) for kind in ("urban", "rural", "new_rural")}
    return {
        "id": standard.id,
        "name": standard.name.model_dump(),
        "source": standard.source.model_dump(),
        "reach": {
            kind: {"mode": rule.mode, "minutes": rule.minutes} for kind, rule in rules.items()
        },
    }


def _towns(city: City) -> dict[str, Any]:
    towns = city.towns
    return _areas(towns, _TOWNS) | compact.points(towns.geometry.representative_point())


def _areas(frame: gpd.GeoDataFrame, wanted: dict[str, int | None]) -> dict[str, Any]:
    return compact.columns(frame, wanted) | {"shape": compact.polygons(frame.geometry)}


def _places(frame: gpd.GeoDataFrame, wanted: dict[str, int | None]) -> dict[str, Any]:
    return compact.columns(frame, wanted) | compact.points(frame.geometry)


def _settlements(plan: Plan) -> dict[str, Any]:
    """Return the settlements with the rows of their community and nearest hall, -1 for none."""
    settlements = plan.settlements
    return _places(settlements, _SETTLEMENTS) | {
        "community": society.community_rows(plan, settlements["community_code"]),
        "hall": society.hall_rows(plan, settlements["nearest_hall_id"]),
    }


def _other_candidates(plan: Plan) -> gpd.GeoDataFrame:
    candidates = plan.city.candidates
    return candidates[~candidates["site_id"].isin(plan.recommendations["site_id"])]


def _roads(city: City) -> dict[str, Any]:
    """Return the roads by how heavily they are drawn, lightest first: one multi-line each.

    Of more roads than can be told apart, only the heaviest classes are there.
    """
    if city.roads is None:
        return {"roads": {}, "roads_left_out": False}
    classes = pd.Series(city.roads.road_class).str.removesuffix("_link")
    weights = classes.map(_WEIGHT).fillna(1).to_numpy()
    every = np.unique(weights)
    shown = [w for w in every if w == every[-1] or (weights >= w).sum() <= _MOST_ROADS]
    lines = {str(int(w)): compact.lines(city.roads.lines[weights == w]) for w in shown}
    return {"roads": lines, "roads_left_out": len(shown) < len(every)}
