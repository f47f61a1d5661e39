"""Borders between towns: respected, or crossed at a penalty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import SitingError

if TYPE_CHECKING:
    from planner.travel import TravelTimes


@dataclass(frozen=True, eq=False)
class Bordered:
    """Travel times and what borders do to them; from ``within_borders``.

    Attributes
    ----------
    travel
        Travel times; without pairs across a border where borders are respected.
    penalty
        Minutes on top of each pair, in the order of its entries.
    beyond
        Which demand reaches supply across a border only.
    """

    travel: TravelTimes
    penalty: np.ndarray
    beyond: np.ndarray


def within_borders(
    travel: TravelTimes,
    demand_groups: pd.Series,
    supply_groups: pd.Series,
    *,
    penalty_minutes: float | None = None,
) -> Bordered:
    """Return travel times with the borders between groups (towns) respected or penalised.

    Parameters
    ----------
    travel
        Travel times.
    demand_groups, supply_groups
        Group of each demand and of each supply, such as its town's code, by id.
    penalty_minutes
        What crossing a border costs on top; None if nobody may cross.

    Raises
    ------
    SitingError
        If an id has no group, or the penalty is negative or not finite.

    Examples
    --------
    >>> import geodata, pandas as pd
    >>> from planner import allocation, travel_times
    >>> city = geodata.open_city("taicang")
    >>> homes = city.settlements.set_index("settlement_id")
    >>> halls = city.halls[city.halls["tier"] == "community"].set_index("hall_id")
    >>> times = travel_times(city.roads, homes, halls, mode="walk", limit_minutes=60)
    >>> towns = homes["community_code"].str[:9]
    >>> inside = within_borders(times, towns, halls["community_code"].str[:9])
    >>> bool(inside.travel.minutes.nnz < times.minutes.nnz)
    True
    """
    if penalty_minutes is not None and not 0 <= penalty_minutes < np.inf:
        raise SitingError(f"penalty_minutes is {penalty_minutes}; give 0 or more, or None")
    groups = [
        _groups(name, given, ids)
        for name, given, ids in (
            ("demand_groups", demand_groups, travel.demand_ids),
            ("supply_groups", supply_groups, travel.supply_ids),
        )
    ]
    minutes = travel.minutes
    rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    crosses = groups[0][rows] != groups[1][minutes.indices]
    if penalty_minutes is not None:
        nobody = np.zeros(minutes.shape[0], bool)
        return Bordered(travel, np.where(crosses, penalty_minutes, 0.0), nobody)
    inside = ~crosses
    counts = np.bincount(rows[inside], minlength=minutes.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    kept = csr_array((minutes.data[inside], minutes.indices[inside], indptr), shape=minutes.shape)
    beyond = (counts == 0) & (np.diff(minutes.indptr) > 0)
    return Bordered(replace(travel, minutes=kept), np.zeros(kept.nnz), beyond)


def _groups(name: str, given: pd.Series, ids: pd.Index) -> np.ndarray:
    aligned = given.reindex(ids)
    if aligned.isna().any():
        lost = ids[aligned.isna().to_numpy()][0]
        raise SitingError(f"{name} has nothing for {lost}; index it by the ids")
    return aligned.to_numpy(object)
