"""The three-society side of a plan: platforms, social work, organisations, harmony, actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import geopandas as gpd
import pandas as pd

from geodata.disclosure import publishable
from planner import harmony, organisations
from planner.actions import rank_actions
from planner.errors import ArgumentError, PlanError
from planner.platforms import platforms
from planner.workforce import Workforce, workforce

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.request import PlanRequest
    from planner.standard import Standard

_MOST_INSPECTED = 1_000
_TRIES = 4
HARMONY = [
    "community_code", "community_name", "town_code", "town_name", "kind", "criteria_met", "missed",
    "unknown", "meets", "harmonious", "feature", "remedies", "remedies_yuan",
]  # fmt: skip
ORGANISATIONS = [
    "community_code", "community_name", "town_code", "town_name", "kind", "residents",
    "residents_without", "none_within_reach", "nearest_minutes", "organisations", "per_10000",
]  # fmt: skip
INSPECTIONS = [
    "day", "stop", "organisation_id", "name", "town_code", "arrive_minutes", "status",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Society:
    """What a plan says of the three societies: attributes as ``Plan`` has them, and headlines."""

    platforms: gpd.GeoDataFrame
    staffing: pd.DataFrame
    outreach: pd.DataFrame
    posts: gpd.GeoDataFrame
    projects: gpd.GeoDataFrame
    organisations: pd.DataFrame
    inspections: gpd.GeoDataFrame
    harmony: pd.DataFrame
    actions: gpd.GeoDataFrame
    headline: dict[str, Any]


def society_of(
    city: City,
    standard: Standard,
    request: PlanRequest,
    recommendations: gpd.GeoDataFrame,
    say: Progress,
) -> Society:
    """Return the three-society side of a plan; see ``Plan`` for each of its tables.

    Everything is worked out from ``geodata.disclosure.publishable``, so that no table, and nothing
    that can be worked out from all of them, tells a small number of sensitive clients.

    Parameters
    ----------
    city, standard, request
        As of the plan. What the city has no layer for, or the standard no table, is left empty.
    recommendations
        The halls to build.
    say
        Told what is being done.
    """
    asked = (
        standard.model_dump_json(), request.new_posts, request.projects_budget_yuan,
        request.time_limit_s, request.seed,
    )  # fmt: skip
    before = _KNOWN.setdefault(city, {})
    if asked not in before:
        before[asked] = _whatever_is_built(city, standard, request, say)
    found = before[asked]
    ranked = rank_actions(
        found.told, standard, recommendations, found.work.posts, found.work.projects
    )
    headline = found.headline | {
        "actions": len(ranked),
        "actions_yuan_per_year": float(ranked["yuan_per_year"].sum()),
        "actions_persons_met": float(ranked["persons_met"].sum()),
    }
    # Each plan has frames of its own: changing one changes no other.
    work = found.work
    return Society(
        platforms=found.platforms.copy(),
        staffing=work.staffing.copy(),
        outreach=work.outreach.copy(),
        posts=work.posts.copy(),
        projects=work.projects.copy(),
        organisations=found.organisations.copy(),
        inspections=found.inspections.copy(),
        harmony=found.harmony.copy(),
        actions=ranked,
        headline=headline,
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """What does not depend on the halls to build."""

    told: City
    work: Workforce
    platforms: gpd.GeoDataFrame
    organisations: pd.DataFrame
    inspections: gpd.GeoDataFrame
    harmony: pd.DataFrame
    headline: dict[str, Any]


_KNOWN: WeakKeyDictionary[City, dict[tuple[Any, ...], _Found]] = WeakKeyDictionary()
"""What was found for cities that are in use: a second plan for the same city need not wait."""


def _whatever_is_built(
    city: City, standard: Standard, request: PlanRequest, say: Progress
) -> _Found:
    told = publishable(city)
    say("staff")
    work = workforce(told, standard, request)
    say("organisations")
    reach, rounds = _organisations(told, standard), _inspections(told, request.seed)
    checked = _harmony(told, standard)
    headline = work.headline | {
        "organisations": len(told.organisations),
        "communities_without_organisation": int(reach["none_within_reach"].sum()),
        "inspection_days": int(rounds["day"].max()) if len(rounds) else 0,
        "communities_harmonious": int(checked["meets"].sum()),
    }
    return _Found(told, work, platforms(told, standard), reach, rounds, checked, headline)


def with_society(gaps: gpd.GeoDataFrame, society: Society) -> gpd.GeoDataFrame:
    """Return the gaps of communities with what they lack of the three societies; see ``Plan``."""
    code = gaps["community_code"]
    work = society.staffing
    short = work.pivot_table(
        index="community_code", columns="field", values="shortage_fte", aggfunc="sum", sort=False
    )
    new = {f"fte_short_{name}": code.map(short[name]) for name in short}
    for name, column in (("fte_short", "shortage_fte"), ("fte_short_after", "shortage_after_fte")):
        new[name] = code.map(work.groupby("community_code")[column].sum()).astype(float)
    hall = society.platforms.set_index("hall_id")
    new["completeness"] = gaps["hall_id"].map(hall["completeness"])
    new["bodies_missing"] = gaps["hall_id"].map(hall["bodies_missing"])
    new["windows_needed"] = gaps["hall_id"].map(hall["windows_needed"])
    reach = society.organisations.set_index("community_code")
    new["no_organisation_within_reach"] = code.map(reach["none_within_reach"]).astype("boolean")
    new["organisations"] = code.map(reach["organisations"]).astype("Int64")
    new["organisations_per_10000"] = code.map(reach["per_10000"]).astype(float)
    criteria = society.harmony.set_index("community_code")
    new["harmony_missed"] = code.map(criteria["missed"])
    new["harmony_meets"] = code.map(criteria["meets"]).astype("boolean")
    last = gaps[["source", "geometry"]]
    return (
        gaps.drop(columns=["source", "geometry"])
        .assign(**new)
        .join(last)
        .set_geometry("geometry", crs=gaps.crs)
    )


def _organisations(city: City, standard: Standard) -> pd.DataFrame:
    """Return the reach of organisations by community, and how many stand in each."""
    if city.organisations.empty:
        return pd.DataFrame(columns=ORGANISATIONS)
    table = organisations.within_reach(city, standard)
    areas = city.communities[["code", "geometry"]]
    points = city.organisations[["geometry"]].to_crs(areas.crs)
    within = gpd.sjoin(points, areas, predicate="within")
    within = within[~within.index.duplicated()]
    count = table["community_code"].map(within["code"].value_counts()).fillna(0).astype(int)
    residents = table["residents"].astype(float)
    rate = (1e4 * count / residents).where(residents > 0)
    return table.assign(organisations=count, per_10000=rate)[ORGANISATIONS]


def _inspections(city: City, seed: int) -> gpd.GeoDataFrame:
    """Return the rounds of annual inspection, where there are any to make."""
    mine = city.organisations["registration"] == organisations.ANNUAL_INSPECTION
    table = pd.DataFrame(columns=INSPECTIONS)
    if 0 < mine.sum() <= _MOST_INSPECTED:
        try:
            found = organisations.inspection_rounds(city, tries=_TRIES, seed=seed)
            table = found.stops.assign(status=found.rounds.status)
        except (PlanError, ArgumentError):  # no centre to leave from, or no road to one of them
            pass
    at = city.organisations.set_index("organisation_id").geometry.to_dict()
    points = gpd.GeoSeries([at[key] for key in table["organisation_id"]], crs=city.boundary.crs)
    return gpd.GeoDataFrame(table, geometry=points)


def _harmony(city: City, standard: Standard) -> pd.DataFrame:
    """Return the checklist, and the actions that lift towns to their target at the least cost."""
    if standard.harmony is None:
        return pd.DataFrame(columns=HARMONY)
    units = harmony.missing_units(city, standard)
    table = harmony.checklist(city, standard, units)
    lifts = harmony.cheapest_lift(city, standard, units)[0].set_index("community_code")
    code = table["community_code"]
    return table.assign(
        remedies=code.map(lifts["actions"]), remedies_yuan=code.map(lifts["cost_yuan"])
    )[HARMONY]
