"""Which candidate sites answer a request: from travel times to a siting model and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from scipy.sparse import csr_array, hstack

from planner import siting
from planner.errors import InfeasibleError, PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.coverage import Access
    from planner.request import PlanRequest
    from planner.siting import SitingResult

_NAMES_SHOWN = 5


def available_sites(city: City) -> gpd.GeoDataFrame:
    """Return the candidate sites that may be built on, by site id.

    Raises
    ------
    PlanError
        If there is none.
    """
    sites = city.candidates.set_index("site_id", drop=False)
    sites = sites[sites["available"].astype(bool)]
    if len(sites) == 0:
        raise PlanError("no_candidates")
    return sites


def choose_sites(
    city: City,
    request: PlanRequest,
    to_halls: Access,
    to_sites: Access,
    sites: gpd.GeoDataFrame,
) -> tuple[SitingResult, list[str]]:
    """Return the siting model's answer and the ids of the new sites, in the layer's order.

    Parameters
    ----------
    city
        Whose residents are the weights.
    request
        A number, a budget or a target share.
    to_halls, to_sites
        Travel from settlements to the open halls, and to the candidate sites.
    sites
        The available candidate sites, in the columns' order of ``to_sites``.

    Raises
    ------
    PlanError
        If a forbidden site does not exist.
    InfeasibleError
        If no choice meets the request.
    """
    open_count = to_halls.travel.minutes.shape[1]
    reach: csr_array = hstack([to_halls.reach(), to_sites.reach()], format="csr")
    residents = city.settlements["residents"].to_numpy(float)
    forbidden = forbidden_positions(city, request.forbidden_sites, sites)
    costs = np.concatenate([np.zeros(open_count), sites["cost_yuan"].to_numpy(float)])
    usable = np.setdiff1d(np.arange(len(sites)), forbidden)
    _check_feasible(city, request, reach, residents, sites, usable, open_count)
    options = {
        "weights": residents,
        "fixed": np.arange(open_count),
        "forbidden": forbidden + open_count,
        "time_limit_s": request.time_limit_s,
        "seed": request.seed,
    }
    shares = fair_shares(city, request.every_town_share, rural=request.rural_at_least_urban)
    if shares:
        answer = _fair(city, request, reach, shares, {"site_costs": costs, **options})
    elif request.target_share is not None:
        answer = siting.partial_cover(
            reach, share=request.target_share, site_costs=costs, **options
        )
    elif request.budget_yuan is not None:
        answer = siting.max_coverage(reach, budget=request.budget_yuan, site_costs=costs, **options)
    else:
        answer = siting.max_coverage(reach, p=request.new_halls, **options)
    new = np.sort(answer.sites[answer.sites >= open_count]) - open_count
    return answer, [str(site) for site in sites.index[new]]


def fair_shares(city: City, every_town: float | None, *, rural: bool = False) -> list[siting.Share]:
    """Return the least shares of groups of settlements (by position) that a request asks for.

    Parameters
    ----------
    city
        Whose settlements they are.
    every_town
        Share of its residents that must be served in every town; None for none.
    rural
        Whether the rural share (new rural communities too) must not fall below the urban one.
    """
    communities = city.communities.set_index("code")
    home = city.settlements["community_code"]
    shares = []
    if every_town is not None:
        names = city.towns.set_index("code")["name"]
        town = home.map(communities["town_code"]).to_numpy()
        shares += [
            siting.Share(np.flatnonzero(town == code), every_town, name=name)
            for code, name in names.items()
            if (town == code).any()
        ]
    if rural:
        urban = (home.map(communities["kind"]) == "urban").to_numpy()
        both = [np.flatnonzero(~urban), np.flatnonzero(urban)]
        shares.append(siting.Share(both[0], at_least_as=both[1], name="rural"))
    return shares


def _fair(
    city: City,
    request: PlanRequest,
    reach: csr_array,
    shares: list[siting.Share],
    options: dict[str, Any],
) -> SitingResult:
    """Return the answer that keeps least shares of groups."""
    if request.new_halls is not None or request.budget_yuan is not None:
        answer = siting.fair_coverage(
            reach, request.new_halls, budget=request.budget_yuan, shares=shares, **options
        )
    else:
        everyone = np.arange(reach.shape[0])
        whole = [siting.Share(everyone, request.target_share or 0.0, name=city.name)]
        answer = siting.fair_cover(reach, shares=[*whole, *shares], **options)
    if answer.status == "infeasible":
        raise InfeasibleError("shares_out_of_reach", reason=answer.message)
    return answer


def forbidden_positions(
    city: City, forbidden: Sequence[str], sites: gpd.GeoDataFrame
) -> np.ndarray:
    """Return the positions among the available sites of those that must not be used.

    Raises
    ------
    PlanError
        If one of them does not exist.
    """
    known = set(city.candidates["site_id"])
    for site in forbidden:
        if site not in known:
            raise PlanError("unknown_site", site=site)
    return np.flatnonzero(sites.index.isin(forbidden))


def _check_feasible(
    city: City,
    request: PlanRequest,
    reach: csr_array,
    residents: np.ndarray,
    sites: gpd.GeoDataFrame,
    usable: np.ndarray,
    open_count: int,
) -> None:
    if request.new_halls is not None and request.new_halls > len(usable):
        raise InfeasibleError("too_many_halls", asked=request.new_halls, available=len(usable))
    if request.budget_yuan is not None:
        cheapest = sites["cost_yuan"].to_numpy(float)[usable].min(initial=np.inf)
        if cheapest > request.budget_yuan:
            raise InfeasibleError("budget_too_small", budget=request.budget_yuan, cheapest=cheapest)
    if request.target_share is not None:
        columns = np.concatenate([np.arange(open_count), usable + open_count])
        reachable = reach[:, columns].sum(axis=1) > 0
        best = residents[reachable].sum() / residents.sum()
        if best < request.target_share:
            raise InfeasibleError(
                "target_out_of_reach",
                target=request.target_share,
                sites=len(usable),
                best=best,
                where=_where(city, residents * ~reachable),
            )


def _where(city: City, unreachable: np.ndarray) -> str:
    """Return the names of the communities where most residents cannot be reached at all."""
    communities = city.communities.set_index("code")["name"]
    people = city.settlements.assign(unreachable=unreachable)
    worst = people.groupby("community_code")["unreachable"].sum().nlargest(_NAMES_SHOWN)
    return ", ".join(communities[code] for code in worst.index)
