"""What indicators are computed from: the layers of a city, or of one of its towns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geodata.crs import metric_crs
from geodata.layers import SEPARATOR
from planner import coverage

if TYPE_CHECKING:
    from geodata.city import City
    from planner.plan import Plan
    from planner.standard import Standard
    from planner.standard_tables import Tier


@dataclass(frozen=True, eq=False)
class View:
    """The layers of a place, joined so far that each row knows its town and kind.

    Attributes
    ----------
    towns, organisations
        As the layers have them.
    communities
        With ``area_km2``.
    settlements
        With town_code, kind and, for each tier that has open halls, ``served_TIER``.
    halls
        The open ones as ``coverage.halls_against_standard`` gives them, with ``kind`` (that of
        their community) and ``is_new`` (of a plan).
    workers
        With town_code (that of their base hall).
    projects
        Those that run, with town_code (that of their organisation).
    """

    towns: pd.DataFrame
    communities: pd.DataFrame
    settlements: pd.DataFrame
    halls: pd.DataFrame
    workers: pd.DataFrame
    organisations: pd.DataFrame
    projects: pd.DataFrame

    @classmethod
    def of_city(cls, city: City, standard: Standard) -> View:
        """Return the view of a whole city; reach and completeness as a standard says."""
        communities = city.communities
        metres = communities.to_crs(metric_crs(city.boundary))
        communities = pd.DataFrame(communities.drop(columns="geometry")).assign(
            area_km2=metres.area.to_numpy() / 1e6
        )
        home = communities.set_index("code")
        settlements = pd.DataFrame(city.settlements.drop(columns="geometry"))
        settlements["town_code"] = settlements["community_code"].map(home["town_code"])
        settlements["kind"] = settlements["community_code"].map(home["kind"])
        for tier, reached in coverage.access_by_tier(city, standard).items():
            settlements[f"served_{tier}"] = coverage.service(reached)["served"].to_numpy()
        halls = _with_kind(coverage.halls_against_standard(city, standard), home["kind"])
        at = city.halls.set_index("hall_id")["town_code"]
        owner = city.organisations.set_index("organisation_id")["town_code"]
        projects = city.projects
        if "status" in projects:
            projects = projects[projects["status"] == "running"]
        return cls(
            towns=pd.DataFrame(city.towns.drop(columns="geometry")),
            communities=communities,
            settlements=settlements,
            halls=halls.assign(is_new=False),
            workers=city.workers.assign(town_code=city.workers["base_hall_id"].map(at)),
            organisations=pd.DataFrame(city.organisations.drop(columns="geometry")),
            projects=projects.assign(town_code=projects["organisation_id"].map(owner)),
        )

    def after(self, plan: Plan) -> View:
        """Return the view once a plan is carried out.

        Its new halls offer all functions that are required, and stand for their community beside
        those that are there. Its new posts go to workers who are certified. Its projects run in
        place of those that run now and that the same funder pays for.
        """
        sites = plan.city.candidates.set_index("site_id")
        chosen = plan.recommendations
        kinds = self.communities.set_index("code")["kind"]
        kind = chosen["community_code"].map(kinds)
        new = pd.DataFrame(
            {
                "hall_id": chosen["site_id"],
                "name": chosen["name"],
                "tier": "community",
                "form": chosen["form"],
                "community_code": chosen["community_code"],
                "town_code": chosen["town_code"],
                "functions": [
                    SEPARATOR.join(plan.standard.functions_of("community", k).required)
                    for k in kind
                ],
                "floor_area_m2": chosen["site_id"].map(sites["floor_area_m2"]).astype(float),
                "complete": True,
                "kind": kind,
                "is_new": True,
            }
        )
        served = plan.settlements.set_index("settlement_id")["served_after"]
        posts = plan.posts[["town_code", "field", "posts"]].assign(
            base_hall_id=plan.posts["hall_id"],
            fte=plan.posts["posts"].astype(float),
            certified=plan.posts["posts"],
        )
        bought = plan.projects[["project_id", "name", "organisation_id", "town_code", "field"]]
        bought = bought.assign(
            cost_yuan=plan.projects["yuan_per_year"], funder=plan.projects["paid_by"]
        )
        kept = self.projects[~self.projects["funder"].isin(bought["funder"])]
        return replace(
            self,
            workers=_joined(self.workers, posts),
            projects=_joined(kept, bought),
            halls=pd.concat([self.halls, new], ignore_index=True),
            settlements=self.settlements.assign(
                served_community=self.settlements["settlement_id"].map(served).to_numpy()
            ),
        )

    def of_town(self, code: str) -> View:
        """Return the part of one town; the municipal centre is the city's and in none."""
        halls = self.halls[(self.halls["town_code"] == code) & (self.halls["tier"] != "municipal")]
        return View(
            towns=self.towns[self.towns["code"] == code],
            communities=self.communities[self.communities["town_code"] == code],
            settlements=self.settlements[self.settlements["town_code"] == code],
            halls=halls,
            workers=self.workers[self.workers["town_code"] == code],
            organisations=self.organisations[self.organisations["town_code"] == code],
            projects=self.projects[self.projects["town_code"] == code],
        )

    def tier(self, tier: Tier) -> pd.DataFrame:
        """Return the open halls of a tier."""
        return self.halls[self.halls["tier"] == tier]


def _joined(there: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return two frames as one, without warnings where one is empty."""
    new = pd.DataFrame(new.drop(columns="geometry", errors="ignore"))
    if new.empty:
        return there
    return new if there.empty else pd.concat([there, new], ignore_index=True)


def _with_kind(halls: gpd.GeoDataFrame, kinds: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame(halls.drop(columns="geometry"))
    return table.assign(kind=table["community_code"].map(kinds))
