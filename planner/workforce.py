"""A plan's side of social work: who is lacking, who visits whom, whom to hire, what to buy.

Need is met once: first by the workers of a community's own hall, then by outreach, then by new
posts, then by projects; each is matched to what those before it leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner import projects, staffing
from planner.errors import InfeasibleError, PlanError
from planner.projects.of_city import candidates_of, known_funders
from planner.staffing.of_city import outreach_rules, travel_to_communities

if TYPE_CHECKING:
    from geodata.city import City
    from planner.projects import ProjectChoice
    from planner.request import PlanRequest
    from planner.standard import Standard

PURCHASE = "purchase"
"""The funder whose yearly budget a plan spends: the government that buys services."""
STAFFING = [
    "community_code", "community_name", "town_code", "kind", "field", "need_fte", "supply_fte",
    "shortage_fte", "surplus_fte", "outreach_fte", "posts_fte", "projects_fte",
    "shortage_after_fte", "share_before", "share_after", "estimated",
]  # fmt: skip
OUTREACH = [
    "field", "worker", "base_hall_id", "base_hall_name", "community_code", "community_name",
    "town_code", "days", "hours", "travel_hours", "status", "gap",
]  # fmt: skip
POSTS = [
    "hall_id", "hall_name", "community_code", "community_name", "town_code", "town_name", "field",
    "posts", "yuan_per_year", "communities", "fte_met", "persons_met",
]  # fmt: skip
PROJECTS = [
    "project_id", "name", "organisation_id", "organisation_name", "town_code", "town_name",
    "field", "running", "paid_by", "yuan_per_year", "communities", "community_codes", "fte_met",
    "persons_met",
]  # fmt: skip
_NOTHING = 1e-9  # FTE


@dataclass(frozen=True, eq=False)
class Workforce:
    """Social work of a plan.

    Attributes
    ----------
    staffing, outreach, posts, projects
        As ``Plan`` has them.
    headline
        Their figures for ``Plan.summary``.
    """

    staffing: pd.DataFrame
    outreach: pd.DataFrame
    posts: gpd.GeoDataFrame
    projects: gpd.GeoDataFrame
    headline: dict[str, Any] = field(default_factory=dict)


def workforce(city: City, standard: Standard, request: PlanRequest) -> Workforce:
    """Return need, outreach, new posts and projects of a city, each met need counted once.

    Persons are residents · share of the city's need of social work that is met: an FTE stands for
    the residents of the city divided by the FTE that they need, times the standard's weight.

    Parameters
    ----------
    city
        The city as ``geodata.disclosure.publishable`` gives it, where the answer is published.
    standard
        What it has no table for is left empty: ``workers`` (all of it), ``outreach``, ``actions``
        (posts) and ``projects``.
    request
        Number of new posts and budget of projects, where they are not the standard's.
    """
    if not standard.workers:
        return _nothing(city)
    table = staffing.needs(city, standard)
    headline = {
        "fte_needed": float(table["need_fte"].sum()),
        "fte": float(table["supply_fte"].sum()),
    }
    home = table.dropna(subset="community_code").set_index(["community_code", "field"])
    visits = pd.DataFrame(columns=OUTREACH)
    given = pd.Series(0.0, home.index)
    if standard.outreach is not None and len(city.workers):
        visits, given, told = _outreach(city, standard, request.seed)
        headline |= told
    left = (home["shortage_fte"].fillna(0.0) - given.reindex(home.index).fillna(0.0)).clip(lower=0)
    weight = standard.actions.weights.social_work if standard.actions else 1.0
    needed = headline["fte_needed"]
    residents = float(city.communities["residents"].sum())
    persons_per_fte = weight * residents / needed if needed > 0 else 0.0
    posts, served, told = _posts(city, standard, request, left, persons_per_fte)
    headline |= told
    left = (left - served).clip(lower=0)
    bought, helped, told = _projects(city, standard, request, left, persons_per_fte)
    headline |= told
    met = {"outreach_fte": given, "posts_fte": served, "projects_fte": helped}
    balance = _balance(home, met, standard)
    headline["fte_short"] = float(balance["shortage_fte"].sum())
    headline["fte_short_after"] = float(balance["shortage_after_fte"].sum())
    return Workforce(balance, visits, posts, bought, headline)


def _nothing(city: City) -> Workforce:
    empty = pd.DataFrame
    return Workforce(
        empty(columns=STAFFING),
        empty(columns=OUTREACH),
        _places(empty(columns=POSTS), city, []),
        _places(empty(columns=PROJECTS), city, []),
    )


def _places(frame: pd.DataFrame, city: City, points: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(list(points), crs=city.boundary.crs))


def _outreach(
    city: City, standard: Standard, seed: int
) -> tuple[pd.DataFrame, pd.Series, dict[str, Any]]:
    """Return visits, FTE given by community and field, and headline figures."""
    answer = staffing.outreach_of_city(city, standard, seed=seed)
    halls = city.halls.set_index("hall_id")["name"]
    communities = city.communities.set_index("code")
    parts = []
    for name, plan in answer.plans.items():
        base = plan.visits["worker"].str.split("/").str[0]
        code = plan.visits["community"]
        parts.append(
            plan.visits.drop(columns="community").assign(
                field=name,
                base_hall_id=base,
                base_hall_name=base.map(halls),
                community_code=code,
                community_name=code.map(communities["name"]),
                town_code=code.map(communities["town_code"]),
                status=plan.status,
                gap=plan.gap,
            )
        )
    visits = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=OUTREACH)
    headline = {
        "outreach_fte": float(answer.fte["outreach_fte"].sum()),
        "outreach_days": int(visits["days"].sum()),
        "outreach_gap": max((plan.gap for plan in answer.plans.values()), default=0.0),
    }
    return visits[OUTREACH], answer.fte["outreach_fte"], headline


def _posts(
    city: City, standard: Standard, request: PlanRequest, left: pd.Series, persons_per_fte: float
) -> tuple[gpd.GeoDataFrame, pd.Series, dict[str, Any]]:
    """Return new posts by hall and field, FTE that they meet, and headline figures."""
    halls = city.halls[(city.halls["status"] == "open") & (city.halls["tier"] == "community")]
    halls = halls.set_index("hall_id")
    none = pd.Series(0.0, left.index)
    if standard.actions is None or halls.empty:
        return _nothing(city).posts, none, {}
    asked = request.new_posts
    number = standard.actions.posts.number if asked is None else int(asked)
    unmet = left.unstack("field", fill_value=0.0)[list(left.index.unique("field"))]
    travel, day = _minutes(city, standard, halls, unmet.index)
    visits, bound = staffing.place_posts(travel, unmet, number, hours_per_day=day)
    served = visits.groupby(["community", "field"])["fte"].sum()
    served.index.names = left.index.names
    table = (
        visits.groupby(["base", "field"], sort=False)
        .agg(
            posts=("post", "nunique"), communities=("community", "nunique"), fte_met=("fte", "sum")
        )
        .reset_index()
        .rename(columns={"base": "hall_id"})
    )
    base = table["hall_id"]
    communities = city.communities.set_index("code")
    table["hall_name"] = base.map(halls["name"])
    table["community_code"] = code = base.map(halls["community_code"])
    table["community_name"] = code.map(communities["name"])
    table["town_code"] = code.map(communities["town_code"])
    table["town_name"] = table["town_code"].map(city.towns.set_index("code")["name"])
    table["yuan_per_year"] = table["posts"] * standard.actions.posts.yuan_per_year
    table["persons_met"] = table["fte_met"] * persons_per_fte
    found = float(visits["fte"].sum())
    headline = {
        "new_posts": int(table["posts"].sum()),
        "new_posts_fte": found,
        "new_posts_gap": (bound - found) / found if found > 0 else 0.0,
        "new_posts_yuan_per_year": float(table["yuan_per_year"].sum()),
    }
    points = base.map(halls.geometry.to_dict())
    served = served.reindex(left.index).fillna(0.0)
    return _places(table[POSTS], city, points), served, headline


def _minutes(
    city: City, standard: Standard, halls: gpd.GeoDataFrame, codes: pd.Index
) -> tuple[pd.DataFrame, float]:
    """Return a long table of one-way minutes from communities to halls, and hours of a day."""
    own = pd.DataFrame(
        {"from_id": halls["community_code"], "to_id": halls.index, "travel_time": 0.0}
    )
    own = own[own["from_id"].isin(codes)]
    if standard.outreach is None:
        return _matrix(own, codes, halls.index), 8.0
    rules = outreach_rules(standard)
    away = travel_to_communities(city, rules, halls.index, codes).to_frame()
    away = away[away["to_id"].map(halls["community_code"]) != away["from_id"]]
    both = pd.concat([own, away[["from_id", "to_id", "travel_time"]]], ignore_index=True)
    return _matrix(both, codes, halls.index), rules.hours_per_day


def _matrix(minutes: pd.DataFrame, codes: pd.Index, bases: pd.Index) -> pd.DataFrame:
    dense = np.full((len(codes), len(bases)), np.inf)
    rows, columns = codes.get_indexer(minutes["from_id"]), bases.get_indexer(minutes["to_id"])
    known = rows >= 0
    dense[rows[known], columns[known]] = minutes["travel_time"].to_numpy(float)[known]
    return pd.DataFrame(dense, codes, bases)


def _projects(
    city: City, standard: Standard, request: PlanRequest, left: pd.Series, persons_per_fte: float
) -> tuple[gpd.GeoDataFrame, pd.Series, dict[str, Any]]:
    """Return projects to buy, FTE of need that they meet, and headline figures."""
    none = pd.Series(0.0, left.index)
    if standard.projects is None or city.projects.empty:
        return _nothing(city).projects, none, {}
    per_fte = _clients_per_fte(standard)
    rate = left.index.get_level_values("field").map(per_fte).to_numpy(float)
    need = (left * rate)[left > _NOTHING]
    worth = persons_per_fte / pd.Series(rate, left.index)[need.index]
    choice, quota = _chosen(city, standard, request, need, worth)
    if choice is None or choice.projects.empty:
        told = {"projects_status": "unknown" if choice is None else choice.status}
        return _nothing(city).projects, none, told
    met = choice.met / choice.met.index.get_level_values("field").map(per_fte).to_numpy(float)
    fte = met.groupby("project_id").sum()
    served = met.groupby("project_id").agg(
        lambda part: SEPARATOR.join(sorted(part.index.get_level_values("community_code").unique()))
    )
    organisations = city.organisations.set_index("organisation_id")
    table = choice.projects.rename_axis("project_id").reset_index()
    owner = table["organisation_id"]
    table["organisation_name"] = owner.map(organisations["name"])
    table["town_code"] = owner.map(organisations["town_code"])
    table["town_name"] = table["town_code"].map(city.towns.set_index("code")["name"])
    table["running"] = table["status"].eq("running") if "status" in table else False
    table["yuan_per_year"] = table["cost_yuan"]
    table["community_codes"] = table["project_id"].map(served).fillna("")
    table["communities"] = table["community_codes"].map(
        lambda codes: codes.count(SEPARATOR) + 1 if codes else 0
    )
    table["fte_met"] = table["project_id"].map(fte).fillna(0.0)
    table["persons_met"] = table["fte_met"] * persons_per_fte
    headline = {
        "projects": len(table),
        "projects_fte": float(table["fte_met"].sum()),
        "projects_yuan_per_year": float(table["yuan_per_year"].sum()),
        "projects_status": choice.status,
        "projects_gap": float(choice.gap),
        "projects_per_town": quota,
    }
    helped = met.groupby(level=["community_code", "field"]).sum()
    points = owner.map(organisations.geometry.to_dict())
    return _places(table[PROJECTS], city, points), helped.reindex(left.index).fillna(0.0), headline


def _clients_per_fte(standard: Standard) -> dict[str, float]:
    """Return how many clients are an FTE of need, by field."""
    assert standard.projects is not None
    other = standard.projects.clients_per_worker_fte
    return {name: rule.clients_per_fte or other for name, rule in standard.workers.items()}


def _chosen(
    city: City, standard: Standard, request: PlanRequest, need: pd.Series, worth: pd.Series
) -> tuple[ProjectChoice | None, int]:
    """Return the projects to buy and the quota of each town that they keep.

    The quota is given up where it cannot be kept.
    """
    rules = standard.projects
    assert rules is not None
    yuan = request.projects_budget_yuan
    if yuan is None:
        yuan = standard.actions.projects.yuan_per_year if standard.actions else 0.0
    candidates = candidates_of(city, standard)
    if PURCHASE not in known_funders(city):
        candidates = candidates.assign(funder=None)  # who pays is not told apart
    for quota in dict.fromkeys([rules.per_town, 0]):
        try:
            return projects.choose_projects(
                candidates,
                need,
                {PURCHASE: yuan},
                weights=worth,
                towns=city.communities.set_index("code")["town_code"],
                per_organisation=rules.per_organisation,
                per_town=quota,
                time_limit_s=request.time_limit_s,
                seed=request.seed,
            ), quota
        except InfeasibleError:
            continue
        except PlanError:  # no time
            break
    return None, 0


def _balance(home: pd.DataFrame, met: dict[str, pd.Series], standard: Standard) -> pd.DataFrame:
    """Return need and what meets it, by community and field; see ``Plan.staffing``."""
    table = home.assign(
        **{name: part.reindex(home.index).fillna(0.0) for name, part in met.items()}
    )
    after = table["shortage_fte"] - sum(table[name] for name in met)
    table["shortage_after_fte"] = after.clip(lower=0).where(after.abs() > _NOTHING, 0.0)
    table["shortage_after_fte"] = table["shortage_after_fte"].where(after.notna())
    need = table["need_fte"].where(table["need_fte"] > 0)
    table["share_before"] = 1 - table["shortage_fte"] / need
    table["share_after"] = 1 - table["shortage_after_fte"] / need
    table = table.reset_index()
    table["estimated"] = table["field"].isin(staffing.sensitive_fields(standard))
    return table[STAFFING]
