"""Coverage: which residents reach a hall of each tier within the standard's minutes.

A resident is served when the nearest open hall of the tier is within the minutes that the
standard gives for the resident's kind of community and its mode of travel; exactly at the limit
counts as served (Church and ReVelle 1974, "The maximal covering location problem").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geodata.layers import SEPARATOR
from planner.standard import Tier
from planner.travel import TravelTimes, travel_times

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard

TIERS: tuple[Tier, ...] = get_args(Tier)
LOOK_BEYOND = 6.0
"""Travel is followed to this many times the standard's minutes, to say how far the unserved are."""


@dataclass(frozen=True)
class Access:
    """Travel minutes from every settlement to places of one tier, and what the standard allows.

    Attributes
    ----------
    travel
        Minutes, settlements × places; rows in the order of ``city.settlements``.
    minutes_allowed
        The standard's minutes for each settlement.
    modes
        Mode of travel of each settlement.
    """

    travel: TravelTimes
    minutes_allowed: pd.Series
    modes: pd.Series

    def reach(self) -> csr_array:
        """Return which place is within the standard's minutes: settlements × places, bool."""
        minutes = self.travel.minutes
        rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
        within = minutes.data <= self.minutes_allowed.to_numpy()[rows]
        # A copy: eliminate_zeros works in place and would change the minutes' structure too.
        reach = csr_array((within, minutes.indices, minutes.indptr), shape=minutes.shape, copy=True)
        reach.eliminate_zeros()
        return reach


def open_halls(city: City, tier: Tier) -> gpd.GeoDataFrame:
    """Return the open halls of a tier, by hall id."""
    halls = city.halls.set_index("hall_id", drop=False)
    return halls[(halls["tier"] == tier) & (halls["status"] == "open")]


def settlement_kinds(city: City) -> pd.Series:
    """Return the kind of community (urban, rural, new_rural) of each settlement, by its id."""
    settlements = city.settlements.set_index("settlement_id")
    return settlements["community_code"].map(city.communities.set_index("code")["kind"])


def access(city: City, standard: Standard, tier: Tier, places: gpd.GeoDataFrame) -> Access:
    """Return travel minutes from all settlements to places, by the modes of the standard.

    Parameters
    ----------
    city
        The city, with roads or without (then travel is approximate).
    standard
        Which mode and how many minutes, by kind of community.
    tier
        The tier that the places are of, or would be.
    places
        Points, identified by their index: halls or candidate sites.
    """
    origins = city.settlements.set_index("settlement_id")
    kinds = settlement_kinds(city)
    parts, rules = [], {}
    for kind in sorted(kinds.unique()):
        rules[kind] = standard.reach_of(tier, kind)
        parts.append(
            travel_times(
                city.roads,
                origins[(kinds == kind).to_numpy()],
                places,
                mode=rules[kind].mode,
                limit_minutes=LOOK_BEYOND * rules[kind].minutes,
            )
        )
    return Access(
        travel=TravelTimes.vstack(parts).select_demand(origins.index),
        minutes_allowed=kinds.map({kind: rule.minutes for kind, rule in rules.items()}),
        modes=kinds.map({kind: rule.mode for kind, rule in rules.items()}),
    )


def service(reached: Access) -> pd.DataFrame:
    """Return the nearest place of each settlement and whether it serves it.

    Returns
    -------
    DataFrame
        By settlement id: supply_id and minutes of the nearest place (missing where none is
        within sight), mode, limit_minutes, served.
    """
    nearest = reached.travel.nearest()
    return nearest.assign(
        mode=reached.modes,
        limit_minutes=reached.minutes_allowed,
        served=nearest["minutes"] <= reached.minutes_allowed,
    )


def access_by_tier(city: City, standard: Standard) -> dict[Tier, Access]:
    """Return ``access`` to the open halls of each tier that the city has."""
    return {
        tier: access(city, standard, tier, halls)
        for tier in TIERS
        if len(halls := open_halls(city, tier))
    }


def coverage_table(city: City, services: dict[Tier, pd.DataFrame]) -> pd.DataFrame:
    """Return residents, residents served and their share, by tier, for city, towns and kinds.

    Parameters
    ----------
    city
        The city.
    services
        ``service`` by tier.

    Returns
    -------
    DataFrame
        tier; by (city, kind or town); group, its code or kind; group_name; residents and
        residents_served (persons); share (0 to 1); approximate: whether minutes are, for lack of
        roads.
    """
    people = city.settlements.set_index("settlement_id")
    towns = people["community_code"].map(city.communities.set_index("code")["town_code"])
    groups = {
        "city": pd.Series(city.code, index=people.index),
        "kind": settlement_kinds(city),
        "town": towns,
    }
    names = city.towns.set_index("code")["name"].to_dict() | {city.code: city.name}
    rows = []
    for tier, served in services.items():
        residents = people["residents"]
        counts = pd.DataFrame(
            {"residents": residents, "residents_served": residents.where(served["served"], 0)}
        )
        for by, group in groups.items():
            summed = counts.groupby(group.rename("group")).sum().reset_index()
            rows.append(summed.assign(tier=tier, by=by))
    table = pd.concat(rows, ignore_index=True)
    table["group_name"] = table["group"].map(names).fillna(table["group"])
    table["share"] = (table["residents_served"] / table["residents"]).where(table["residents"] > 0)
    columns = ["tier", "by", "group", "group_name", "residents", "residents_served", "share"]
    return table[columns].assign(approximate=city.roads is None)


def halls_against_standard(city: City, standard: Standard) -> gpd.GeoDataFrame:
    """Return the open halls with what each lacks against the standard.

    Returns
    -------
    GeoDataFrame
        The layer's columns and: functions_missing (ids joined by ``;``), functions_extra
        (count, the x of "N+x"), complete (at least N of the required functions),
        floor_area_required_m2, floor_area_gap_m2 (both for the community tier; missing where the
        area is not known), form_gap (a station where the standard asks for a hall).
    """
    halls = city.halls
    halls = halls[halls["status"] == "open"].reset_index(drop=True)
    communities = city.communities.set_index("code")
    rows = []
    for hall in halls.itertuples(index=False):
        home = communities.loc[hall.community_code] if hall.tier == "community" else None
        kind: Any = None if home is None else home["kind"]
        functions = standard.functions_of(hall.tier, kind)
        offered = set(hall.functions.split(SEPARATOR)) if isinstance(hall.functions, str) else set()
        missing = [function for function in functions.required if function not in offered]
        present = len(functions.required) - len(missing)
        rows.append(
            {
                "functions_missing": SEPARATOR.join(missing),
                "functions_extra": len(offered) - present,
                "complete": present >= functions.minimum,
                "floor_area_required_m2": (
                    None if home is None else standard.floor_area_m2(kind, home["households"])
                ),
                "form_gap": (
                    home is not None and hall.form == "station" and standard.form_of(kind) == "hall"
                ),
            }
        )
    lacking = pd.DataFrame(rows, index=halls.index).astype({"floor_area_required_m2": float})
    shortfall = lacking["floor_area_required_m2"] - halls["floor_area_m2"]
    return halls.join(lacking.assign(floor_area_gap_m2=shortfall.clip(lower=0)))
