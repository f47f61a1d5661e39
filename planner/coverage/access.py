"""Coverage: which residents reach a hall of each tier within the standard's minutes.

A resident is served when the nearest open hall of the tier is within the minutes that the
standard gives for the resident's kind of community and its mode of travel; exactly at the limit
counts as served (Church and ReVelle 1974, "The maximal covering location problem").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geodata.functions import known_functions
from geodata.layers import SEPARATOR
from planner.errors import PlanError
from planner.standard_tables import Tier
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


def open_halls(city: City, tier: Tier, function: str | None = None) -> gpd.GeoDataFrame:
    """Return the open halls of a tier, by hall id: all, or those that offer a function.

    Raises
    ------
    PlanError
        If there is no such function.
    """
    halls = city.halls.set_index("hall_id", drop=False)
    halls = halls[(halls["tier"] == tier) & (halls["status"] == "open")]
    if function is None:
        return halls
    if function not in known_functions():
        raise PlanError(
            "unknown_function", value=function, known=", ".join(sorted(known_functions()))
        )
    offered = halls["functions"].fillna("").str.split(SEPARATOR)
    return halls[[function in functions for functions in offered]]


def settlement_kinds(city: City) -> pd.Series:
    """Return the kind of community (urban, rural, new_rural) of each settlement, by its id."""
    settlements = city.settlements.set_index("settlement_id")
    return settlements["community_code"].map(city.communities.set_index("code")["kind"])


def access(
    city: City,
    standard: Standard,
    tier: Tier,
    places: gpd.GeoDataFrame,
    *,
    mode: str | None = None,
    minutes: float | None = None,
    look_beyond: float = LOOK_BEYOND,
) -> Access:
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
    mode, minutes
        In place of the standard's mode of travel and minutes, for all kinds of community.
    look_beyond
        To how many times the minutes travel is followed, to say how far the unserved are.
    """
    origins = city.settlements.set_index("settlement_id")
    kinds = settlement_kinds(city)
    parts, rules = [], {}
    for kind in sorted(kinds.unique()):
        rules[kind] = standard.reach_of(tier, kind).replaced(mode, minutes)
        parts.append(
            travel_times(
                city.roads,
                origins[(kinds == kind).to_numpy()],
                places,
                mode=rules[kind].mode,
                limit_minutes=look_beyond * rules[kind].minutes,
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


def access_by_tier(
    city: City,
    standard: Standard,
    *,
    function: str | None = None,
    mode: str | None = None,
    minutes: float | None = None,
) -> dict[Tier, Access]:
    """Return ``access`` to the open halls of each tier that the city has."""
    return {
        tier: access(city, standard, tier, halls, mode=mode, minutes=minutes)
        for tier in TIERS
        if len(halls := open_halls(city, tier, function))
    }
