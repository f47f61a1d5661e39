"""The three-society side of a plan as data of the page: social work, projects, organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.layers import SEPARATOR
from planner.maps import compact

if TYPE_CHECKING:
    from planner.plan import Plan

_FTE = 2
COMMUNITIES = {
    "visits_per_day": 0,
    "completeness": None,
    "bodies_missing": None,
    "windows_needed": 0,
    "fte_short": _FTE,
    "fte_short_after": _FTE,
    "no_organisation_within_reach": 0,
    "organisations": 0,
    "organisations_per_10000": 1,
    "harmony_missed": None,
    "harmony_meets": 0,
}
"""Columns of ``Plan.gaps`` on the three societies, with their decimals."""
PLATFORMS = {
    "hall_id": None,
    "name": None,
    "tier": None,
    "form": None,
    "town_code": None,
    "completeness": None,
    "functions": None,
    "functions_missing": None,
    "bodies_missing": None,
    "rooms": None,
    "departments": None,
    "hosted_organisations": None,
    "floor_area_m2": 0,
    "floor_area_required_m2": 0,
    "floor_area_gap_m2": 0,
    "m2_per_100_households": 1,
    "windows": 0,
    "windows_needed": 0,
    "visits_per_day": 0,
    "visits_per_day_capacity": 0,
    "capacity_gap_visits_per_day": 0,
    "upgrade": None,
    "opened_year": 0,
    "source": None,
}
"""Columns of ``Plan.platforms``, with their decimals."""
_POSTS = {
    "hall_id": None,
    "hall_name": None,
    "community_name": None,
    "town_code": None,
    "field": None,
    "posts": 0,
    "yuan_per_year": 0,
    "communities": 0,
    "fte_met": _FTE,
    "persons_met": 0,
}
_PROJECTS = {
    "project_id": None,
    "name": None,
    "organisation_name": None,
    "town_code": None,
    "field": None,
    "running": 0,
    "paid_by": None,
    "yuan_per_year": 0,
    "fte_met": _FTE,
    "persons_met": 0,
}
_VISITS = {"field": None, "worker": None, "days": 0, "hours": 1, "travel_hours": 1}
_STOPS = {
    "day": 0,
    "stop": 0,
    "organisation_id": None,
    "name": None,
    "town_code": None,
    "arrive_minutes": 0,
}
_ACTIONS = {
    "rank": 0,
    "kind": None,
    "action": None,
    "id": None,
    "name": None,
    "field": None,
    "town_code": None,
    "community_name": None,
    "count": 0,
    "persons_met": 0,
    "cost_yuan": 0,
    "yuan_per_year": 0,
    "yuan_per_person": 1,
}


def society(plan: Plan) -> dict[str, Any]:
    """Return fields, posts, visits, projects, inspection stops and actions for the page.

    Things name communities and halls by their row on the page, -1 for none. Visits of fields with
    sensitive clients are left out: where they go tells where the clients are.
    """
    return {
        "fields": _fields(plan),
        "posts": _rows(plan.posts, _POSTS),
        "outreach": _outreach(plan),
        "projects": _rows(plan.projects, _PROJECTS) | _served(plan),
        "inspections": _rows(plan.inspections, _STOPS),
        "actions": _rows(plan.actions, _ACTIONS),
    }


def shortages(plan: Plan) -> dict[str, list[Any]]:
    """Return the shortage of workers by community and field, in FTE, today and with the plan."""
    code = plan.gaps["community_code"]
    found: dict[str, list[Any]] = {}
    for when, column in (("", "shortage_fte"), ("_after", "shortage_after_fte")):
        wide = plan.staffing.pivot_table(index="community_code", columns="field", values=column)
        for field in wide:
            name = f"fte_short{when}_{field}"
            found |= compact.columns(pd.DataFrame({name: code.map(wide[field])}), {name: _FTE})
    return found


def remedies(plan: Plan) -> dict[str, list[Any]]:
    """Return by community the criteria to remedy so that its town meets its target, and cost."""
    rows = plan.harmony.set_index("community_code").reindex(plan.gaps["community_code"])
    return compact.columns(rows, {"remedies": None, "remedies_yuan": 0})


def community_rows(plan: Plan, codes: pd.Series) -> list[int]:
    """Return the row of each community on the page, -1 for none."""
    return pd.Index(plan.gaps["community_code"]).get_indexer(codes).tolist()


def hall_rows(plan: Plan, ids: pd.Series) -> list[int]:
    """Return the row of each hall on the page, -1 for none."""
    return pd.Index(plan.platforms["hall_id"]).get_indexer(ids).tolist()


def _fields(plan: Plan) -> list[dict[str, Any]]:
    """Return the fields, with whether their need is estimated from published counts."""
    estimated = plan.staffing.groupby("field", sort=False)["estimated"].any()
    return [{"id": field, "estimated": bool(value)} for field, value in estimated.items()]


def _outreach(plan: Plan) -> dict[str, Any]:
    sensitive = [field["id"] for field in _fields(plan) if field["estimated"]]
    shown = plan.outreach[~plan.outreach["field"].isin(sensitive)]
    return compact.columns(shown, _VISITS) | {
        "base": hall_rows(plan, shown["base_hall_id"]),
        "community": community_rows(plan, shown["community_code"]),
    }


def _served(plan: Plan) -> dict[str, list[list[int]]]:
    rows = {code: row for row, code in enumerate(plan.gaps["community_code"])}
    return {
        "served": [
            [rows.get(code, -1) for code in codes.split(SEPARATOR)]
            for codes in plan.projects["community_codes"]
        ]
    }


def _rows(frame: Any, wanted: dict[str, int | None]) -> dict[str, Any]:
    return compact.columns(frame, wanted) | compact.points(frame.geometry)
