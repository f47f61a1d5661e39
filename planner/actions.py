"""One ranking of halls to build, posts to recruit and projects to buy: need met per yuan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from planner import coverage

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Actions

COLUMNS = [
    "rank", "kind", "action", "id", "name", "field", "town_code", "town_name", "community_code",
    "community_name", "count", "persons_met", "fte_met", "cost_yuan", "yuan_per_year",
    "yuan_per_person", "persons_met_so_far", "yuan_per_year_so_far",
]  # fmt: skip


def rank_actions(
    city: City,
    standard: Standard,
    recommendations: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    projects: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return halls, posts and projects by the residents' unmet need that a yuan a year meets.

    Need met is counted in persons: residents · change of the share of a need that is met, times
    the need's weight in the standard. Of a hall, these are the residents newly within reach; of a
    post or a project, residents of the city · FTE of need met / FTE that the city needs. Yuan a
    year are cost / years of service + running cost of a hall, the yearly cost of a post, the cost
    of a project. No need is met twice: a hall counts those whom the halls before it leave, a post
    what workers at home, outreach and earlier posts leave, a project what all these leave. So the
    sums are what all actions together do.

    Parameters
    ----------
    city, standard
        Whose floor areas, costs and weights.
    recommendations, posts, projects
        As ``Plan`` has them.

    Returns
    -------
    GeoDataFrame
        A row per action; see ``Plan.actions``. Without rows where the standard has no ``actions``.
    """
    if standard.actions is None:
        none = pd.DataFrame(columns=COLUMNS)
        return gpd.GeoDataFrame(none, geometry=gpd.GeoSeries([], crs=city.boundary.crs))
    parts = [
        _halls(city, standard, standard.actions, recommendations),
        posts.assign(
            kind="post",
            action="new_posts",
            id=posts["hall_id"],
            name=posts["hall_name"],
            count=posts["posts"],
        ),
        projects.assign(
            kind="project",
            action=projects["running"].map({True: "renew_project", False: "new_project"}),
            id=projects["project_id"],
            count=1,
        ),
    ]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    table = table.reindex(columns=[*COLUMNS, "geometry"])
    table["persons_met"] = table["persons_met"].astype(float)
    cost = table["yuan_per_year"] / table["persons_met"]
    table["yuan_per_person"] = cost.where(table["persons_met"] > 0)
    table = table.sort_values(["yuan_per_person", "kind", "id", "field"], ignore_index=True)
    table["rank"] = range(1, len(table) + 1)
    table["persons_met_so_far"] = table["persons_met"].cumsum()
    table["yuan_per_year_so_far"] = table["yuan_per_year"].cumsum()
    floats = ["persons_met", "fte_met", "cost_yuan", "yuan_per_year"]
    table = table.astype(dict.fromkeys(floats, float) | {"count": "int64"})
    return gpd.GeoDataFrame(table, geometry="geometry", crs=city.boundary.crs)


def _halls(city: City, standard: Standard, rules: Actions, sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the halls to build, with their cost a year."""
    candidates = city.candidates.set_index("site_id")
    area = sites["site_id"].map(candidates["floor_area_m2"]).to_numpy(float)
    running = running_yuan_per_year(city, standard, rules, sites["community_code"], area)
    return sites.assign(
        kind="hall",
        id=sites["site_id"],
        count=1,
        persons_met=sites["residents_gained"] * rules.weights.hall,
        yuan_per_year=rules.yuan_per_year(sites["cost_yuan"].to_numpy(float), running),
    )


def running_yuan_per_year(
    city: City,
    standard: Standard,
    rules: Actions,
    community_codes: Iterable[str],
    floor_area_m2: np.ndarray,
) -> np.ndarray:
    """Return what halls cost to run, by floor area; by the area required where it is not known.

    Parameters
    ----------
    city, standard, rules
        Whose required areas, and the cost of a square metre.
    community_codes, floor_area_m2
        Community and floor area (NaN where it is not known) of each hall.
    """
    required = coverage.floor_area_required(city, standard, community_codes)
    area = np.where(np.isnan(floor_area_m2), required, floor_area_m2)
    return area * rules.hall_running.yuan_per_m2_per_year
