"""Outreach, recruitment and circuits of a city: its bases, its communities, its roads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.errors import PlanError
from planner.staffing.need import needs
from planner.staffing.outreach import OutreachPlan, outreach
from planner.travel import TravelTimes, travel_times

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Outreach

WORK_DAYS_PER_WEEK = 5


@dataclass(frozen=True, eq=False)
class CityOutreach:
    """Outreach plans of every field.

    Attributes
    ----------
    plans
        By field; fields without anybody to send or anything lacking are left out.
    fte
        By community code and field: need_fte, supply_fte, outreach_fte, share of the need met
        with outreach, reached. Like the plans it tells sensitive clients by community: internal;
        ``published_outreach`` tells what may be shown.
    hours_per_fte
        Hours of work of one FTE in a period.
    """

    plans: dict[str, OutreachPlan]
    fte: pd.DataFrame
    hours_per_fte: float


def outreach_of_city(
    city: City,
    standard: Standard,
    *,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> CityOutreach:
    """Return how urban-based workers can serve the rural communities, field by field.

    A post is a worker of fte / posts; its hours beyond its own community's need (and never more
    than the standard leaves) can go to outreach. Rural communities are reached at their open hall,
    or, without one, at the settlement with most residents. Fields do not share workers, so each
    is solved on its own.

    Parameters
    ----------
    city, standard
        The city; the standard's tables ``workers`` and ``outreach``.
    time_limit_s
        Seconds for each field; none if left out, and then the plan does not depend on the machine.
    seed
        Seed of the solver's own choices.

    Raises
    ------
    PlanError
        If the standard lacks one of the tables.

    Examples
    --------
    >>> import geodata, planner
    >>> standard = planner.Standard.load("taicang-2013")
    >>> answer = outreach_of_city(geodata.open_city("taicang"), standard)
    >>> bool(answer.fte["outreach_fte"].sum() > 0)
    True
    """
    rules = outreach_rules(standard)
    table = needs(city, standard)
    lacking = table[table["kind"].isin(["rural", "new_rural"]) & (table["shortage_fte"] > 0)]
    workers = outreach_workers(city, standard, table)
    rate = hours_per_fte(rules)
    travel = travel_to_communities(city, rules, workers["base_hall_id"], lacking["community_code"])
    plans = {}
    for field, rows in lacking.groupby("field", sort=False):
        staff = workers[workers["field"] == field]
        if staff.empty:
            continue
        home = rows.set_index("community_code")
        times = _by_worker(travel, home.index, staff)
        options: dict[str, Any] = {
            "met": (home["need_fte"] - home["shortage_fte"]) * rate,
            "hours_per_day": rules.hours_per_day,
            "visit_hours": rules.visit_hours,
            "hours_per_community": rules.hours_per_community,
            "workers_per_community": rules.workers_per_community,
            "seed": seed,
        }
        asked = (times, staff["hours"], staff["days"], home["need_fte"] * rate)
        plans[str(field)] = outreach(*asked, **options, time_limit_s=time_limit_s)
    return CityOutreach(plans, _in_fte(table, plans, rate), rate)


def outreach_rules(standard: Standard) -> Outreach:
    """Return the standard's outreach table.

    Raises
    ------
    PlanError
        If there is none.
    """
    if standard.outreach is None:
        raise PlanError("standard_without", name=standard.id, table="outreach")
    return standard.outreach


def hours_per_fte(rules: Outreach) -> float:
    """Return the hours of work of one FTE in a period."""
    return rules.hours_per_fte_per_week * rules.period_weeks


def outreach_workers(city: City, standard: Standard, table: pd.DataFrame) -> pd.DataFrame:
    """Return the workers of urban bases with the hours and days they can give to outreach.

    hours = FTE · hours_per_fte · min(1 − own_community_share, surplus / supply), where surplus
    and supply are the base's community's; platforms, which have no community, have no surplus cap.

    Returns
    -------
    DataFrame
        By worker id (hall/field/number): base_hall_id, field, fte, hours, days.
    """
    rules = outreach_rules(standard)
    halls = city.halls[city.halls["status"] == "open"].set_index("hall_id")
    kinds = city.communities.set_index("code")["kind"]
    posts = city.workers[
        city.workers["base_hall_id"].isin(halls.index)
        & city.workers["field"].isin(list(standard.workers))
        & (city.workers["posts"] > 0)
    ]
    community = posts["base_hall_id"].map(halls["community_code"])
    urban = community.isna() | (community.map(kinds) == "urban")
    posts, community = posts[urban], community[urban]
    own = table.dropna(subset="community_code").set_index(["community_code", "field"])
    surplus = (own["surplus_fte"] / own["supply_fte"]).where(own["supply_fte"] > 0)
    keys = pd.MultiIndex.from_arrays([community, posts["field"]])
    spare = surplus.reindex(keys).to_numpy(float)
    spare = np.where(community.isna(), 1.0, np.nan_to_num(spare))
    part = np.minimum(spare, 1 - rules.own_community_share)
    fte = posts["fte"] / posts["posts"]
    frame = posts[["base_hall_id", "field", "posts"]].assign(
        fte=fte,
        hours=fte * hours_per_fte(rules) * part,
        days=np.floor(fte * WORK_DAYS_PER_WEEK * rules.period_weeks + 1e-9),
    )
    frame = frame.loc[frame.index.repeat(frame["posts"])].drop(columns="posts")
    number = frame.groupby(["base_hall_id", "field"]).cumcount() + 1
    ids = frame["base_hall_id"] + "/" + frame["field"] + "/" + number.astype(str)
    return frame[frame["hours"] > 0].set_index(ids[frame["hours"] > 0].rename("worker"))


def places_of(city: City, codes: pd.Series | pd.Index) -> gpd.GeoSeries:
    """Return where each community is visited: its open hall, else its largest settlement."""
    halls = city.halls[(city.halls["status"] == "open") & (city.halls["tier"] == "community")]
    hall = halls.drop_duplicates("community_code").set_index("community_code")["geometry"]
    largest = city.settlements.sort_values("residents", ascending=False, kind="stable")
    home = largest.drop_duplicates("community_code").set_index("community_code")["geometry"]
    unique = pd.Index(codes).unique()
    known = hall.reindex(unique).combine_first(home.reindex(unique)).reindex(unique)
    return gpd.GeoSeries(known.dropna(), crs=city.halls.crs)


def travel_to_communities(
    city: City, rules: Outreach, base_hall_ids: pd.Series | pd.Index, codes: pd.Series | pd.Index
) -> TravelTimes:
    """Return one-way minutes from bases to communities, communities × bases."""
    halls = city.halls.set_index("hall_id")
    bases = halls.loc[pd.Index(base_hall_ids).unique()]
    return travel_times(
        city.roads, places_of(city, codes), bases, mode=rules.mode, limit_minutes=rules.minutes
    )


def _by_worker(travel: TravelTimes, codes: pd.Index, staff: pd.DataFrame) -> pd.DataFrame:
    """Return a long table of minutes from communities to workers, infinite pairs left out."""
    dense = np.full(travel.shape, np.inf)
    rows = np.repeat(np.arange(travel.shape[0]), np.diff(travel.minutes.indptr))
    dense[rows, travel.minutes.indices] = travel.minutes.data
    wide = pd.DataFrame(dense, travel.demand_ids, travel.supply_ids)
    wide = wide.reindex(index=codes, fill_value=np.inf)[staff["base_hall_id"]]
    return wide.set_axis(staff.index, axis=1)


def _in_fte(table: pd.DataFrame, plans: dict[str, OutreachPlan], rate: float) -> pd.DataFrame:
    """Return need, supply and outreach of the communities in FTE."""
    frame = table.dropna(subset="community_code").set_index(["community_code", "field"])
    given = [
        plan.communities.assign(field=field).set_index("field", append=True)
        for field, plan in plans.items()
    ]
    hours = pd.concat([part["hours"] for part in given]) if given else pd.Series(dtype=float)
    reached = pd.concat([part["reached"] for part in given]) if given else pd.Series(dtype=bool)
    met = frame["need_fte"] - frame["shortage_fte"]
    frame["outreach_fte"] = (hours / rate).reindex(frame.index).fillna(0.0)
    frame["share"] = ((met + frame["outreach_fte"]) / frame["need_fte"]).where(
        frame["need_fte"] > 0
    )
    frame["reached"] = reached.reindex(frame.index).fillna(False).astype(bool)
    columns = ["community_name", "town_code", "kind", "need_fte", "supply_fte", "shortage_fte"]
    return frame[[*columns, "outreach_fte", "share", "reached"]]
