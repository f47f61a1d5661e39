"""Social organisations: density, reach, incubation, and rounds of inspection at their door."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner import coverage
from planner.errors import PlanError
from planner.rounds import Rounds, fewest_days
from planner.travel import travel_times

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard

ANNUAL_INSPECTION = "annual_inspection"
INCUBATION = "incubation"
_SEEK_MINUTES = 120.0


def density(city: City, by: str = "category") -> pd.DataFrame:
    """Return the organisations per 10,000 residents, by town and category or registration.

    Parameters
    ----------
    city
        With organisations.
    by
        ``category`` or ``registration``.

    Returns
    -------
    DataFrame
        A row per town and for the city (town_code missing): town_code, town_name, residents,
        organisations, per_10000, and a column of counts for each category or class.

    Examples
    --------
    >>> import geodata
    >>> int(density(geodata.open_city("taicang"))["organisations"].iloc[-1])
    942
    """
    organisations = _organisations(city)
    towns = city.towns.set_index("code")
    counts = pd.crosstab(organisations["town_code"], organisations[by])
    counts = counts.reindex(towns.index, fill_value=0)
    table = pd.DataFrame({"town_name": towns["name"], "residents": towns["residents"].astype(int)})
    table["organisations"] = counts.sum(axis=1)
    table = table.join(counts).rename_axis("town_code").reset_index()
    whole = table.drop(columns=["town_code", "town_name"]).sum()
    whole = pd.DataFrame([{"town_code": None, "town_name": city.name, **whole.to_dict()}])
    table = pd.concat([table, whole], ignore_index=True)
    residents = table["residents"].astype(float)
    rate = (1e4 * table["organisations"] / residents).where(residents > 0)
    table.insert(4, "per_10000", rate)
    return table


def within_reach(
    city: City,
    standard: Standard,
    *,
    field: str | None = None,
    mode: str | None = None,
    minutes: float | None = None,
) -> pd.DataFrame:
    """Return how many residents of each community have an organisation within reach.

    Parameters
    ----------
    city, standard
        Reach is that of a community hall, by kind of community.
    field
        Only organisations that work in this field.
    mode, minutes
        In place of the standard's.

    Returns
    -------
    DataFrame
        A row per community: community_code, community_name, town_code, town_name, kind, residents,
        residents_without (nobody within reach), none_within_reach (true of all its residents),
        nearest_minutes (mean of residents, of those that have one in sight).
    """
    organisations = _organisations(city).set_index("organisation_id")
    if field is not None:
        fields = organisations["fields"].fillna("").str.split(SEPARATOR)
        organisations = organisations[[field in each for each in fields]]
        if organisations.empty:
            raise PlanError("no_organisations_of_field", field=field)
    reached = coverage.access(
        city, standard, "community", organisations, mode=mode, minutes=minutes
    )
    service = coverage.service(reached)
    homes = city.settlements.set_index("settlement_id")
    residents = homes["residents"].astype(float)
    near = service["minutes"]
    parts = pd.DataFrame(
        {
            "residents": residents,
            "residents_without": residents.where(~service["served"], 0.0),
            "spent": (residents * near).fillna(0.0),
            "known": residents.where(near.notna(), 0.0),
        }
    )
    sums = parts.groupby(homes["community_code"]).sum()
    communities = city.communities.set_index("code")
    sums = sums.reindex(communities.index, fill_value=0.0)
    names = city.towns.set_index("code")["name"]
    return pd.DataFrame(
        {
            "community_code": communities.index,
            "community_name": communities["name"],
            "town_code": communities["town_code"],
            "town_name": communities["town_code"].map(names),
            "kind": communities["kind"],
            "residents": sums["residents"].round().astype(int),
            "residents_without": sums["residents_without"].round().astype(int),
            "none_within_reach": (sums["residents"] > 0)
            & (sums["residents_without"] == sums["residents"]),
            "nearest_minutes": (sums["spent"] / sums["known"]).where(sums["known"] > 0),
        }
    ).reset_index(drop=True)


def incubation(city: City, *, mode: str = "car") -> pd.DataFrame:
    """Return the platforms that incubate, and the filed organisations nearest to each.

    An organisation that is filed only is one that could be incubated.

    Returns
    -------
    DataFrame
        A row per open hall that offers incubation: hall_id, name, tier, hosted (organisations; None
        where the layer does not say), filed_nearest (count), mean_minutes and most_minutes from
        those to the hall.

    Raises
    ------
    PlanError
        If no open hall offers incubation.
    """
    halls = city.halls.set_index("hall_id")
    functions = halls["functions"].fillna("").str.split(SEPARATOR)
    offers = np.array([INCUBATION in each for each in functions])
    halls = halls[offers & (halls["status"] == "open").to_numpy()]
    if halls.empty:
        raise PlanError("no_incubation")
    organisations = _organisations(city).set_index("organisation_id")
    filed = organisations[organisations["registration"] == "filed"]
    travel = travel_times(city.roads, filed, halls, mode=mode, limit_minutes=_SEEK_MINUTES)
    nearest = travel.nearest()
    minutes = nearest.groupby("supply_id")["minutes"]
    hosted = halls.get("hosted_organisations", pd.Series(None, index=halls.index, dtype=object))
    return pd.DataFrame(
        {
            "hall_id": halls.index,
            "name": halls["name"],
            "tier": halls["tier"],
            "hosted": [
                len(names.split(SEPARATOR)) if isinstance(names, str) else None for names in hosted
            ],
            "filed_nearest": minutes.size().reindex(halls.index, fill_value=0),
            "mean_minutes": minutes.mean().reindex(halls.index),
            "most_minutes": minutes.max().reindex(halls.index),
        }
    ).reset_index(drop=True)


class InspectionRounds(NamedTuple):
    """Rounds of inspection.

    Attributes
    ----------
    stops
        A row per visit: day, stop (from 1), organisation_id, name, town_code, arrive_minutes (after
        leaving the municipal centre).
    days
        A row per day: day, visits, minutes (travel and visits), travel_minutes, towns (count).
    rounds
        The answer with its bound and gap.
    """

    stops: pd.DataFrame
    days: pd.DataFrame
    rounds: Rounds


def inspection_rounds(
    city: City,
    *,
    registration: str = ANNUAL_INSPECTION,
    visit_minutes: float = 30.0,
    day_minutes: float = 420.0,
    mode: str = "car",
    tries: int = 100,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> InspectionRounds:
    """Return visiting days that inspect every organisation of a class at its door, in few days.

    Each day starts at the municipal centre and ends there (年检集中上门办理).

    Parameters
    ----------
    city
        With organisations and an open municipal centre.
    registration
        Class of registration.
    visit_minutes
        Time at each organisation.
    day_minutes
        Working time of a day, travel included.
    mode
        Mode of travel.
    tries, time_limit_s, seed
        See ``fewest_days``.

    Raises
    ------
    PlanError
        If there is no such class, no open municipal centre, or an organisation cannot be reached.
    ArgumentError
        If an organisation is too far for a day.
    """
    organisations = _organisations(city).set_index("organisation_id")
    mine = organisations[organisations["registration"] == registration]
    if mine.empty:
        known = ", ".join(sorted(organisations["registration"].unique()))
        raise PlanError("no_such_registration", value=registration, known=known)
    centres = coverage.open_halls(city, "municipal")
    if centres.empty:
        raise PlanError("no_open_halls_of_tier", tier="municipal")
    points = pd.concat([centres.geometry.iloc[:1], mine.geometry])
    travel = travel_times(city.roads, points, points, mode=mode, limit_minutes=None)
    minutes = np.full(travel.shape, np.inf)
    rows = np.repeat(np.arange(len(points)), np.diff(travel.minutes.indptr))
    minutes[rows, travel.minutes.indices] = travel.minutes.data
    apart = np.flatnonzero(~np.isfinite(minutes).all(axis=1))
    if len(apart):
        raise PlanError("organisation_unreachable", key=points.index[apart[-1]])
    found = fewest_days(
        minutes,
        visit_minutes=visit_minutes,
        day_minutes=day_minutes,
        tries=tries,
        time_limit_s=time_limit_s,
        seed=seed,
    )
    stops, days = [], []
    for number, (places, length) in enumerate(zip(found.days, found.minutes, strict=True), 1):
        visited = mine.iloc[places]
        legs = minutes[np.r_[0, places[:-1] + 1], places + 1]
        arrive = np.cumsum(legs) + visit_minutes * np.arange(len(places))
        stops.append(
            pd.DataFrame(
                {
                    "day": number,
                    "stop": np.arange(1, len(places) + 1),
                    "organisation_id": visited.index,
                    "name": visited["name"].to_numpy(),
                    "town_code": visited["town_code"].to_numpy(),
                    "arrive_minutes": arrive,
                }
            )
        )
        days.append(
            {
                "day": number,
                "visits": len(places),
                "minutes": length,
                "travel_minutes": length - visit_minutes * len(places),
                "towns": visited["town_code"].nunique(),
            }
        )
    return InspectionRounds(pd.concat(stops, ignore_index=True), pd.DataFrame(days), found)


def _organisations(city: City) -> pd.DataFrame:
    organisations = city.organisations
    if organisations.empty:
        raise PlanError("no_organisations")
    return organisations
