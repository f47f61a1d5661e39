"""The evidence of a plan: what each recommendation changes, and what is lacking where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner.coverage.access import Access, service

if TYPE_CHECKING:
    from geodata.city import City
    from planner.siting import SitingResult
    from planner.standard import Standard


def recommend(
    city: City, before: pd.DataFrame, to_sites: Access, chosen: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Rank the chosen sites by the residents that each adds to those before it.

    Parameters
    ----------
    city
        The city.
    before
        ``coverage.service`` of the settlements today.
    to_sites
        Travel from the settlements to all candidate sites.
    chosen
        The sites to build on; those that would serve nobody new are left out.

    Returns
    -------
    recommendations
        A row per site, by rank; see ``Plan.recommendations``.
    after
        ``coverage.service`` of the settlements once all are built, and served_from_rank: the rank
        of the site that first serves each one, 0 if it is served today, missing if none does.
    """
    people = city.settlements.set_index("settlement_id")
    reach = _columns(to_sites, chosen.index)
    today = pd.Series(0, index=before.index, dtype="Int64").where(before["served"])
    now = before.assign(served_from_rank=today)
    rows = []
    left = list(chosen.index)
    while left:
        fresh = {
            site: int(people["residents"][reach[site] & ~now["served"]].sum()) for site in left
        }
        site = max(left, key=lambda s: (fresh[s], -chosen.index.get_loc(s)))
        if fresh[site] == 0:
            break
        left.remove(site)
        then = _with_site(now, to_sites, site)
        rows.append(_evidence_row(city, people, chosen.loc[site], reach[site], now, then))
        fresh_now = then["served"] & ~now["served"]
        then["served_from_rank"] = then["served_from_rank"].mask(fresh_now, len(rows))
        now = then
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table = table.astype({"elderly_gained": "Int64"})
    table.insert(0, "rank", range(1, len(table) + 1))
    points = chosen.geometry.loc[table["site_id"]].to_numpy()
    return gpd.GeoDataFrame(table, geometry=points, crs=chosen.crs), now


_COLUMNS = [
    "site_id",
    "action",
    "name",
    "form",
    "town_code",
    "town_name",
    "community_code",
    "community_name",
    "cost_yuan",
    "residents_gained",
    "elderly_gained",
    "residents_within_reach",
    "communities_served",
    "communities_served_names",
    "minutes_before",
    "minutes_after",
    "yuan_per_resident",
    "approximate",
    "source",
]


def _columns(to_sites: Access, sites: pd.Index) -> pd.DataFrame:
    """Return which settlements each site reaches: settlements × sites, bool."""
    columns = to_sites.travel.supply_ids.get_indexer(sites)
    reached = to_sites.reach()[:, columns].toarray()
    return pd.DataFrame(reached, index=to_sites.travel.demand_ids, columns=sites)


def _with_site(now: pd.DataFrame, to_sites: Access, site: str) -> pd.DataFrame:
    """Return the service of each settlement once a site is open too."""
    opened = service(
        Access(to_sites.travel.select([site]), to_sites.minutes_allowed, to_sites.modes)
    )
    nearer = opened["minutes"] < now["minutes"].fillna(np.inf)
    columns = ["supply_id", "minutes"]
    then = now.copy()
    then[columns] = now[columns].where(~nearer, opened[columns])
    then["served"] = now["served"] | opened["served"]
    return then


def _evidence_row(
    city: City,
    people: pd.DataFrame,
    site: pd.Series,
    reached: pd.Series,
    now: pd.DataFrame,
    then: pd.DataFrame,
) -> dict[str, Any]:
    communities = city.communities.set_index("code")
    home = communities.loc[site["community_code"]]
    gained = reached & ~now["served"] & then["served"]
    residents = people["residents"][gained]
    served = people["community_code"][gained & (people["residents"] > 0)].drop_duplicates()
    return {
        "site_id": site["site_id"],
        "action": f"new_{site['form']}",
        "name": site["name"] if isinstance(site["name"], str) else home["name"],
        "form": site["form"],
        "town_code": home["town_code"],
        "town_name": city.towns.set_index("code").at[home["town_code"], "name"],
        "community_code": site["community_code"],
        "community_name": home["name"],
        "cost_yuan": float(site["cost_yuan"]),
        "residents_gained": int(residents.sum()),
        "elderly_gained": _sum_if_known(people["age_60_plus"][gained]),
        "residents_within_reach": int(people["residents"][reached].sum()),
        "communities_served": SEPARATOR.join(served),
        "communities_served_names": SEPARATOR.join(communities.loc[served, "name"]),
        "minutes_before": _mean_minutes(now["minutes"][gained], residents),
        "minutes_after": _mean_minutes(then["minutes"][gained], residents),
        "yuan_per_resident": float(site["cost_yuan"]) / int(residents.sum()),
        "approximate": city.roads is None,
        "source": site["source"],
    }


def _sum_if_known(counts: pd.Series) -> Any:
    """Return the sum of counts; missing where one of them is."""
    return pd.NA if counts.isna().any() else int(counts.sum())


def _mean_minutes(minutes: pd.Series, residents: pd.Series) -> float:
    """Return the mean over residents whose minutes are known; NaN if none are."""
    known = minutes.notna()
    weights = residents[known]
    return float(np.average(minutes[known], weights=weights)) if weights.sum() > 0 else np.nan


def settlements_before_after(
    city: City, before: pd.DataFrame, after: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return the settlements with minutes and service before and after; see ``Plan``."""
    settlements = city.settlements
    columns = {
        "mode": before["mode"],
        "limit_minutes": before["limit_minutes"],
        "nearest_hall_id": before["supply_id"],
        "minutes_before": before["minutes"],
        "minutes_after": after["minutes"],
        "served_before": before["served"],
        "served_after": after["served"],
        "served_from_rank": after["served_from_rank"],
    }
    aligned = {name: column.array for name, column in columns.items()}
    return settlements.assign(**aligned)


def build_order(
    settlements: gpd.GeoDataFrame, recommendations: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is served once the first so many of the recommended sites are built.

    Parameters
    ----------
    settlements, recommendations
        As ``Plan`` has them.

    Returns
    -------
    city : DataFrame
        A row per step, from 0 (today) to the number of sites: residents_unserved, share_served,
        cost_yuan (of the sites so far).
    communities : DataFrame
        Residents not served, community code × step.
    """
    steps = range(len(recommendations) + 1)
    rank, residents = settlements["served_from_rank"], settlements["residents"]
    waiting = {step: residents.where((rank > step).fillna(True), 0) for step in steps}
    table = pd.DataFrame(waiting)
    unserved = table.sum()
    city = pd.DataFrame(
        {
            "residents_unserved": unserved,
            "share_served": 1 - unserved / residents.sum(),
            "cost_yuan": np.concatenate([[0.0], recommendations["cost_yuan"].cumsum()]),
        }
    )
    return city, table.groupby(settlements["community_code"]).sum()


def gaps_by_community(
    city: City, standard: Standard, settlements: gpd.GeoDataFrame, halls: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return what each community lacks: see ``Plan.gaps``.

    Parameters
    ----------
    city, standard
        What there is, and what there should be.
    settlements
        As ``settlements_before_after`` gives it.
    halls
        As ``coverage.halls_against_standard`` gives it.
    """
    communities = city.communities.rename(
        columns={"code": "community_code", "name": "community_name"}
    )
    towns = city.towns.set_index("code")["name"]
    gaps = communities[["community_code", "community_name", "town_code", "kind"]].assign(
        town_name=communities["town_code"].map(towns)
    )
    gaps = gaps.merge(_service_by_community(settlements), on="community_code", how="left")
    gaps = gaps.merge(_own_halls(halls, settlements, standard), on="community_code", how="left")
    gaps["without_hall"] = gaps["hall_id"].isna()
    gaps["form_gap"] = gaps["form_gap"].astype("boolean").fillna(True).astype(bool)
    whole = ["residents", *_UNSERVED.values()]
    gaps[whole] = gaps[whole].fillna(0).astype("int64")
    gaps["source"] = communities["source"].to_numpy()
    return gpd.GeoDataFrame(gaps, geometry=communities.geometry.to_numpy(), crs=city.boundary.crs)


_UNSERVED = {"before": "residents_unserved", "after": "residents_unserved_after"}


def _service_by_community(settlements: gpd.GeoDataFrame) -> pd.DataFrame:
    residents = settlements["residents"]
    sums = pd.DataFrame({"community_code": settlements["community_code"], "residents": residents})
    for when in ("before", "after"):
        minutes, served = settlements[f"minutes_{when}"], settlements[f"served_{when}"]
        sums[_UNSERVED[when]] = residents.where(~served, 0)
        sums[f"person_minutes_{when}"] = residents * minutes
        sums[f"known_{when}"] = residents.where(minutes.notna(), 0)
    table = sums.groupby("community_code").sum().reset_index()
    for when in ("before", "after"):
        inhabited = table["residents"] > 0
        share = 1 - table[_UNSERVED[when]] / table["residents"]
        table[f"share_served_{when}"] = share.where(inhabited)
        known = table.pop(f"known_{when}")
        mean = table.pop(f"person_minutes_{when}") / known
        table[f"mean_minutes_{when}"] = mean.where(known > 0)
    return table


_HALL_COLUMNS = [
    "community_code",
    "hall_id",
    "form",
    "form_gap",
    "functions_missing",
    "floor_area_m2",
    "floor_area_required_m2",
    "floor_area_gap_m2",
    "visits_per_day",
    "capacity_gap_visits_per_day",
]


def _own_halls(
    halls: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, standard: Standard
) -> pd.DataFrame:
    """Return the largest open hall of each community, with what it lacks."""
    own = pd.DataFrame(halls[halls["tier"] == "community"])
    visitors = settlements.groupby("nearest_hall_id")["residents"].sum()
    rate = standard.visits.rate("community")
    own["visits_per_day"] = own["hall_id"].map(visitors).fillna(0) * rate
    over = own["visits_per_day"] - own["visits_per_day_capacity"].astype(float)
    own["capacity_gap_visits_per_day"] = over.clip(lower=0)
    own = own.sort_values(["floor_area_m2", "hall_id"], ascending=[False, True])
    return own.drop_duplicates("community_code")[_HALL_COLUMNS]


def summarise(
    city: City,
    settlements: gpd.GeoDataFrame,
    recommendations: gpd.GeoDataFrame,
    halls: gpd.GeoDataFrame,
    answer: SitingResult,
    approximate: bool,
) -> dict[str, Any]:
    """Return the headline figures of a plan: see ``Plan.summary``."""
    residents = settlements["residents"]
    total = int(residents.sum())
    before = int(residents[settlements["served_before"]].sum())
    after = int(residents[settlements["served_after"]].sum())
    local = halls[halls["tier"] == "community"]
    served_on_paper = city.communities["code"].isin(local["community_code"])
    layers = city.tables()
    modelled = {
        "roads" if name == "road_edges" else name: (frame["source"] == "modelled").any()
        for name, frame in layers.items()
        if "source" in frame
    }
    return {
        "residents": total,
        "communities": len(city.communities),
        "share_institutional": float(served_on_paper.mean()),
        "served_before": before,
        "served_after": after,
        "unserved_before": total - before,
        "unserved_after": total - after,
        "share_before": before / total,
        "share_after": after / total,
        "new_halls": len(recommendations),
        "cost_yuan": float(recommendations["cost_yuan"].sum()),
        "halls_incomplete": int((~halls["complete"]).sum()),
        "stations_not_halls": int(halls["form_gap"].sum()),
        "floor_area_short": int((local["floor_area_gap_m2"] > 0).sum()),
        "model": answer.model,
        "status": answer.status,
        "objective": float(answer.objective),
        "bound": float(answer.bound),
        "gap": float(answer.gap),
        "approximate": bool(approximate),
        "real_layers": sorted(name for name, is_modelled in modelled.items() if not is_modelled),
        "modelled_layers": sorted(name for name, is_modelled in modelled.items() if is_modelled),
    }
