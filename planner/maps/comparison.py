"""Two plans of one city on one page: the other plan's side of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.maps import compact
from planner.maps.isochrones import isochrone_rows

if TYPE_CHECKING:
    from planner.plan import Plan

_COMMUNITIES = {"share_served_after": 3, "residents_unserved_after": 0, "fte_short_after": 2}
_SITES = {
    "rank": 0,
    "site_id": None,
    "name": None,
    "form": None,
    "town_code": None,
    "community_name": None,
    "cost_yuan": 0,
    "residents_gained": 0,
}


def other_plan(plan: Plan, other: Plan) -> dict[str, Any]:
    """Return what the page shows of another plan for the same communities.

    Raises
    ------
    ValueError
        If the plans are not of the same communities.
    """
    codes = plan.gaps["community_code"]
    if set(codes) != set(other.gaps["community_code"]):
        raise ValueError("the two plans are of different communities; compare plans of one city")
    gaps = other.gaps.set_index("community_code").loc[codes]
    sites = other.recommendations
    served = other.settlements.set_index("settlement_id")["served_after"]
    settlements = plan.settlements["settlement_id"].map(served).fillna(True)
    return {
        "summary": dict(other.summary),
        "communities": compact.columns(gaps, _COMMUNITIES),
        "settlements_served": settlements.astype(int).tolist(),
        "isochrones": isochrone_rows(other, halls=False),
        "recommendations": compact.columns(sites, _SITES) | compact.points(sites.geometry),
    }
