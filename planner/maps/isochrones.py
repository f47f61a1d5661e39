"""Isochrones as data of the page: from where halls and recommended sites are reached in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.maps import compact, society

if TYPE_CHECKING:
    from planner.plan import Plan

_MOST_HALLS = 500
"""Of more open halls, isochrones would take minutes to work out and megabytes to keep."""
_COLUMNS = {"rank": 0, "share": 2, "mode": None, "minutes": 1, "area_km2": 2}


def isochrones(plan: Plan) -> dict[str, Any]:
    """Return isochrones for the page: ``hall`` is the row of the hall, -1 for a recommended site.

    Where there are too many halls, those of the recommended sites only.
    """
    halls = few_halls(plan)
    return {"isochrones": isochrone_rows(plan, halls=halls), "isochrones_of_halls": halls}


def few_halls(plan: Plan) -> bool:
    """Return whether there are few enough open halls for isochrones of all of them."""
    return bool((plan.platforms["tier"] == "community").sum() <= _MOST_HALLS)


def isochrone_rows(plan: Plan, *, halls: bool) -> dict[str, Any]:
    """Return a row per place and limit, those that reach nothing left out."""
    ground = plan.isochrones(halls=halls)
    ground = ground[ground.geometry.notna()]
    rows = society.hall_rows(plan, ground["from_id"].where(ground["rank"] == 0))
    return {
        **compact.columns(ground, _COLUMNS),
        "hall": rows,
        "shape": compact.polygons(ground.geometry),
    }
