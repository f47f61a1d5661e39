"""The plan: who is not served, and where the next halls should go. Here everything meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from planner import coverage, evidence
from planner.errors import PlanError
from planner.request import PlanRequest
from planner.sites import available_sites, choose_sites

if TYPE_CHECKING:
    from geodata.city import City
    from planner.allocation import Allocation
    from planner.of_city.accessibility import Measure
    from planner.of_city.allocation import Method
    from planner.progress import Progress
    from planner.siting import SitingResult
    from planner.standard import Standard


@dataclass(frozen=True, repr=False)
class Plan:
    """What is lacking in a city and what to build, with the evidence.

    Attributes
    ----------
    city, standard, request
        What the plan was made from.
    summary
        Headline figures: residents served before and after, cost, proof.
    recommendations
        A row per site to build on, by rank, with its evidence.
    gaps
        A row per community: residents unserved, form, functions, floor area and capacity lacking.
    settlements
        A row per settlement: minutes to the nearest hall before and after, served or not.
    coverage
        Residents served by tier, for the city, kinds of community and towns, before and after.
    halls
        The open halls and what each lacks.
    siting
        The answer of the siting model, with its bound and gap.
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

    def accessibility(self, measure: Measure = "2sfca", **options: Any) -> pd.Series:
        """Return a measure of accessibility today, by settlement id; see ``access_of_city``."""
        from planner.of_city import access_of_city

        return access_of_city(self.city, self.standard, measure, **options)

    def allocation(self, method: Method = "optimal", **options: Any) -> Allocation:
        """Return who is served where today; see ``planner.of_city.allocate``."""
        from planner.of_city import allocate

        return allocate(self.city, self.standard, method=method, **options)

    def __repr__(self) -> str:
        """Return the headline."""
        before, after = self.summary["share_before"], self.summary["share_after"]
        count = len(self.recommendations)
        return f"Plan({self.city.name}: {count} new, {before:.1%} -> {after:.1%} served)"


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
    progress: Progress | None = None,
) -> Plan:
    """Find who is not served and where the next halls should go.

    With a number or a budget, the sites are those that serve most residents (maximal covering
    location problem); with a target share, those that reach it at the least cost (partial set
    covering). Open halls of the community tier stay where they are.

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
        new_halls, budget_yuan, target_share, tuple(forbidden_sites), time_limit_s, seed
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
    gaps = evidence.gaps_by_community(city, standard, settlements, halls_checked)
    approximate = to_sites.travel.approximate
    return Plan(
        city=city,
        standard=standard,
        request=request,
        summary=MappingProxyType(
            evidence.summarise(
                city, settlements, recommendations, halls_checked, answer, approximate
            )
        ),
        recommendations=recommendations,
        gaps=gaps,
        settlements=settlements,
        coverage=covered,
        halls=halls_checked,
        siting=answer,
    )


def _before_after(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    return before.assign(
        residents_served_after=after["residents_served"], share_after=after["share"]
    )
