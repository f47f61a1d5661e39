"""The plan: what is lacking, what to build, whom to hire, what to buy. Here everything meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from planner import coverage, evidence
from planner.errors import PlanError
from planner.request import PlanRequest
from planner.sites import available_sites, choose_sites
from planner.society import society_of, with_society

if TYPE_CHECKING:
    from geodata.city import City
    from planner.allocation import Allocation
    from planner.of_city.accessibility import Measure
    from planner.of_city.allocation import Method
    from planner.progress import Progress
    from planner.siting import SitingResult
    from planner.standard import Standard

_SHOWN = 10
"""How many recommendations a notebook shows of a plan."""


@dataclass(frozen=True, repr=False)
class Plan:
    """What is lacking in a city and what to do about it, with the evidence.

    FTE are full-time equivalents of social workers. Fields whose need follows from the number of
    sensitive clients (drug control, community correction) are ``estimated``: their tables are made
    from ``geodata.disclosure.publishable`` counts and can be shown to anyone.

    Attributes
    ----------
    city, standard, request
        What the plan was made from.
    summary
        Headline figures: residents served before and after, cost, proof; social work, projects,
        organisations, actions.
    recommendations
        A row per site to build on, by rank, with its evidence.
    gaps
        A row per community: residents unserved, form, functions, floor area and capacity lacking;
        fte_short_FIELD (today), fte_short and fte_short_after (all fields, today and with the
        plan); completeness of its hall (such as ``6+2``), bodies_missing, windows_needed;
        no_organisation_within_reach, organisations (in the community), organisations_per_10000;
        harmony_missed (criteria, joined by ``;``), harmony_meets.
    settlements
        A row per settlement: minutes to the nearest hall before and after, served or not;
        served_from_rank (of the recommended site that first serves it; 0 if served today).
    coverage
        Residents served by tier, for the city, kinds of community and towns, before and after.
    halls
        The open halls and what each lacks.
    siting
        The answer of the siting model, with its bound and gap.
    platforms
        A row per open hall of any tier: ``planner.platforms.platforms``.
    staffing
        A row per community and field, FTE: need, supply (at its own hall), shortage and surplus;
        what outreach, new posts and projects meet of the shortage; shortage_after; share of need
        met before and after; estimated.
    outreach
        A row per visiting worker and community (组织联建): field, worker (hall/field/number),
        base_hall_id, base_hall_name, community_code, community_name, town_code, days, hours (of
        service) and travel_hours in the standard's period; status and gap of the field's answer.
    posts
        A row per hall and field with new posts: hall_id, hall_name, community, town, field, posts,
        yuan_per_year, communities (served), fte_met, persons_met; points of the halls.
    projects
        A row per project to buy: project_id, name, organisation, town, field, running (today),
        paid_by, yuan_per_year, communities (count served), community_codes, fte_met, persons_met;
        points of the organisations.
    organisations
        A row per community: residents without an organisation within reach, none_within_reach,
        nearest_minutes, organisations (in the community), per_10000.
    inspections
        A row per visit of the annual inspection (年检集中上门办理): day, stop, organisation_id,
        name, town_code, arrive_minutes (after leaving the municipal centre), status; points.
    harmony
        A row per community: ``planner.harmony.checklist`` and the remedies (criteria) and
        remedies_yuan that lift its town to the target share at the least cost.
    indicators
        Every indicator now and after the plan, with the target and source of the plan's standard:
        ``planner.indicators.indicator_table``.
    actions
        Halls, posts and projects in one ranking by residents' unmet need met per yuan a year: rank,
        kind (hall, post, project), action, id, name, field, town, community, count, persons_met,
        fte_met, cost_yuan (once), yuan_per_year, yuan_per_person, persons_met_so_far,
        yuan_per_year_so_far; points. See ``planner.actions.rank_actions``.
    """

    city: City
    standard: Standard
    request: PlanRequest
    summary: Mapping[str, Any]
    recommendations: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    coverage: pd.DataFrame
    halls: gpd.GeoDataFrame
    siting: SitingResult
    platforms: gpd.GeoDataFrame
    staffing: pd.DataFrame
    outreach: pd.DataFrame
    posts: gpd.GeoDataFrame
    projects: gpd.GeoDataFrame
    organisations: pd.DataFrame
    inspections: gpd.GeoDataFrame
    harmony: pd.DataFrame
    indicators: pd.DataFrame
    actions: gpd.GeoDataFrame

    def accessibility(self, measure: Measure = "2sfca", **options: Any) -> pd.Series:
        """Return a measure of accessibility today, by settlement id; see ``access_of_city``."""
        from planner.of_city import access_of_city

        return access_of_city(self.city, self.standard, measure, **options)

    def allocation(self, method: Method = "optimal", **options: Any) -> Allocation:
        """Return who is served where today; see ``planner.of_city.allocate``."""
        from planner.of_city import allocate

        return allocate(self.city, self.standard, method=method, **options)

    def isochrones(self, *, halls: bool = True) -> gpd.GeoDataFrame:
        """Return the ground from which halls and recommended sites are reached in time.

        Parameters
        ----------
        halls
            Whether the open halls of the community tier are in it, or recommended sites only.

        Returns
        -------
        GeoDataFrame
            By place two rows, within half the standard's minutes and within all of them: rank (of
            the recommended site, 0 for a hall), from_id (hall_id or site_id) and the other columns
            of ``planner.of_city.isochrones_of_city``. Halls come first.
        """
        from planner.of_city import isochrones_of_city

        there = coverage.open_halls(self.city, "community")[: None if halls else 0]
        sites = self.recommendations.set_index("site_id")
        places = pd.concat([some[["community_code", "geometry"]] for some in (there, sites)])
        ground = isochrones_of_city(self.city, self.standard, places)
        ranks = pd.Series([0] * len(there) + sites["rank"].tolist())
        ground.insert(0, "rank", ranks.repeat(len(ground) // max(len(places), 1)).to_numpy())
        return ground

    def build_order(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the city and its communities after each site; see ``evidence.build_order``."""
        return evidence.build_order(self.settlements, self.recommendations)

    def __repr__(self) -> str:
        """Return the headline."""
        before, after = self.summary["share_before"], self.summary["share_after"]
        count = len(self.recommendations)
        return f"Plan({self.city.name}: {count} new, {before:.1%} -> {after:.1%} served)"

    def _repr_html_(self) -> str:
        """Return the headline, a small map and the first recommendations, as notebooks show it."""
        areas = self.gaps.geometry
        sites = self.recommendations
        picture = shapely.GeometryCollection([*areas.boundary, *sites.geometry])
        columns = ["rank", "name", "town_name", "residents_gained", "minutes_after", "cost_yuan"]
        first = (
            sites[columns].head(_SHOWN).round({"minutes_after": 0}).to_html(index=False, border=0)
        )
        return (
            f"<h4>{escape(repr(self))}</h4>"
            "<div style='display:flex;gap:2em;align-items:start'>"
            f"{picture._repr_svg_()}{first}</div>"
        )


def make_plan(
    city: City,
    standard: Standard,
    *,
    new_halls: int | None = None,
    budget_yuan: float | None = None,
    target_share: float | None = None,
    forbidden_sites: tuple[str, ...] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    new_posts: int | None = None,
    projects_budget_yuan: float | None = None,
    every_town_share: float | None = None,
    rural_at_least_urban: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """Find what is lacking and what to do: halls to build, posts to recruit, projects to buy.

    With a number or a budget, the sites are those that serve most residents (maximal covering
    location problem); with a target share, those that reach it at the least cost (partial set
    covering). Open halls of the community tier stay where they are. Workers of urban bases visit
    rural communities; new posts and projects meet what need is left.

    Parameters
    ----------
    city
        What is on the ground.
    standard
        What residents are entitled to.
    new_halls
        How many to build at the most; 5 where no goal is given.
    budget_yuan
        How much they may cost together, in yuan.
    target_share
        Share of residents to be served, above 0 and at most 1.
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds for the siting model.
    seed
        Seed of everything that draws lots.
    new_posts
        How many posts of social workers to recruit; as the standard says if left out.
    projects_budget_yuan
        How much a year's projects may cost together; as the standard says if left out.
    every_town_share
        Share of its residents that must be served in every town (fair covering); without a goal
        beside it, at the least cost.
    rural_at_least_urban
        Whether the rural share served must not fall below the urban one.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If the request, the halls or the candidate sites cannot be worked with.
    InfeasibleError
        If no plan meets the request.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> plan = planner.make_plan(city, planner.Standard.load("taicang-2013"), new_halls=3)
    >>> len(plan.recommendations)
    3
    """
    request = PlanRequest(
        new_halls=new_halls,
        budget_yuan=budget_yuan,
        target_share=target_share,
        forbidden_sites=tuple(forbidden_sites),
        time_limit_s=time_limit_s,
        seed=seed,
        new_posts=new_posts,
        projects_budget_yuan=projects_budget_yuan,
        every_town_share=every_town_share,
        rural_at_least_urban=rural_at_least_urban,
    )
    say = progress or (lambda _stage: None)
    if len(coverage.open_halls(city, "community")) == 0:
        raise PlanError("no_open_halls")
    say("coverage")
    accesses = coverage.access_by_tier(city, standard)
    services = {tier: coverage.service(reached) for tier, reached in accesses.items()}
    say("travel")
    sites = available_sites(city)
    to_sites = coverage.access(city, standard, "community", sites)
    say("siting")
    answer, chosen = choose_sites(city, request, accesses["community"], to_sites, sites)
    say("evidence")
    recommendations, after = evidence.recommend(
        city, services["community"], to_sites, sites.loc[chosen]
    )
    settlements = evidence.settlements_before_after(city, services["community"], after)
    halls_checked = coverage.halls_against_standard(city, standard)
    covered = _before_after(
        coverage.coverage_table(city, services),
        coverage.coverage_table(city, services | {"community": after}),
    )
    society = society_of(city, standard, request, recommendations, say)
    gaps = evidence.gaps_by_community(city, standard, settlements, halls_checked)
    headline = evidence.summarise(
        city, settlements, recommendations, halls_checked, answer, to_sites.travel.approximate
    )
    return _with_indicators(
        Plan(
            city=city,
            standard=standard,
            request=request,
            summary=headline | society.headline,
            recommendations=recommendations,
            gaps=with_society(gaps, society),
            settlements=settlements,
            coverage=covered,
            halls=halls_checked,
            siting=answer,
            platforms=society.platforms,
            staffing=society.staffing,
            outreach=society.outreach,
            posts=society.posts,
            projects=society.projects,
            organisations=society.organisations,
            inspections=society.inspections,
            harmony=society.harmony,
            indicators=pd.DataFrame(),
            actions=society.actions,
        )
    )


def _with_indicators(plan: Plan) -> Plan:
    """Return the plan with every indicator now and after it."""
    from planner.indicators import indicator_table

    table = indicator_table(plan.city, [plan.standard], plan=plan)
    held = table[table["target"].notna()]
    told = {
        "indicators_with_target": len(held),
        "indicators_met": int(held["met"].eq(True).sum()),
        "indicators_met_after": int(held["met_after"].eq(True).sum()),
    }
    return replace(plan, indicators=table, summary=MappingProxyType({**plan.summary, **told}))


def _before_after(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    return before.assign(
        residents_served_after=after["residents_served"], share_after=after["share"]
    )
