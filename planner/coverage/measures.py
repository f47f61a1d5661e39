"""Coverage measures of any travel times; functions on ids and vectors, usable alone.

Exactly at the minutes counts as within (Church and ReVelle 1974, "The maximal covering location
problem").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.siting.inputs import ArrayLike, amounts

if TYPE_CHECKING:
    from planner.travel import TravelTimes

ALL = "all"


def covered(
    travel: TravelTimes,
    weights: ArrayLike,
    minutes: float | pd.Series,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Return how much of the weight has a supply within so many minutes.

    Parameters
    ----------
    travel
        Minutes, demand × supply.
    weights
        Weight of each demand, such as residents, by id or in their order.
    minutes
        Within how many; one number, or one for each demand by id.
    groups
        Group of each demand, such as its town, by id; one group for all if left out.

    Returns
    -------
    DataFrame
        By group: weight, covered (weight within the minutes), share (missing where there is no
        weight).

    Raises
    ------
    SitingError
        If weights have the wrong length, lack an id or are negative.

    Examples
    --------
    >>> import geodata
    >>> from planner import travel_times
    >>> city = geodata.open_city("taicang")
    >>> homes = city.settlements.set_index("settlement_id")
    >>> times = travel_times(
    ...     city.roads, homes, city.halls.set_index("hall_id"), mode="walk", limit_minutes=30
    ... )
    >>> table = covered(times, homes["residents"], 15)
    >>> bool(0 < table.at["all", "share"] < 1)
    True
    """
    weight = amounts("weights", weights, travel.demand_ids)
    limit = minutes
    if isinstance(minutes, pd.Series):
        limit = amounts("minutes", minutes, travel.demand_ids)
    within = _nearest(travel) <= limit
    frame = pd.DataFrame({"weight": weight, "covered": np.where(within, weight, 0.0)})
    table = frame.groupby(_aligned(groups, travel.demand_ids)).sum().rename_axis("group")
    table["share"] = (table["covered"] / table["weight"]).where(table["weight"] > 0)
    return table


def curve(
    travel: TravelTimes,
    weights: ArrayLike,
    minutes: Sequence[float] | np.ndarray,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the share of the weight that has a supply within each number of minutes.

    Parameters
    ----------
    travel, weights, groups
        As ``covered`` takes them.
    minutes
        At which minutes, in any order; not beyond the limit of the travel times.

    Returns
    -------
    DataFrame
        Share by minutes (ascending rows) and group (columns); 0 to 1, never falling.

    Raises
    ------
    SitingError
        As ``covered``.
    """
    weight = amounts("weights", weights, travel.demand_ids)
    group = _aligned(groups, travel.demand_ids)
    at = np.unique(np.asarray(minutes, float))
    first = np.searchsorted(at, _nearest(travel), side="left")
    frame = pd.DataFrame({"weight": weight, "first": first, "group": group})
    gained = frame.pivot_table(
        values="weight", index="first", columns="group", aggfunc="sum", fill_value=0.0
    )
    reached = gained.reindex(range(len(at)), fill_value=0.0).cumsum()
    shares = reached / frame.groupby("group")["weight"].sum()
    return shares.set_axis(pd.Index(at, name="minutes"))


def redundancy(travel: TravelTimes, minutes: float | None = None) -> pd.Series:
    """Return how many supplies each demand has within so many minutes (the limit if left out).

    One that has a single place loses service when it closes (Hogan and ReVelle 1986, "Concepts and
    applications of backup coverage", Management Science 32).
    """
    counts = np.diff(travel.reach(minutes).indptr)
    return pd.Series(counts, travel.demand_ids, name="places_within_reach")


def dependence(
    travel: TravelTimes, weights: ArrayLike, minutes: float | pd.Series | None = None
) -> pd.DataFrame:
    """Return who loses what if each supply closes.

    Parameters
    ----------
    travel, weights
        As ``covered`` takes them.
    minutes
        Within how many a supply serves; one number, one for each demand by id, or the limit of
        the travel times.

    Returns
    -------
    DataFrame
        By supply id: within_reach (weight that has it within the minutes), nearest (weight whose
        nearest it is), sole (weight that has no other within the minutes: it loses service),
        minutes_more (mean minutes that those whose nearest it is travel farther to the next, over
        those who have a next one; missing where nobody has).

    Raises
    ------
    SitingError
        As ``covered``.
    """
    weight = amounts("weights", weights, travel.demand_ids)
    matrix, supplies = travel.minutes, len(travel.supply_ids)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    limit = np.full(len(weight), np.inf if minutes is None else np.nan)
    if minutes is not None:
        given = minutes if isinstance(minutes, pd.Series) else np.full(len(weight), float(minutes))
        limit = amounts("minutes", given, travel.demand_ids)
    within = matrix.data <= limit[rows]
    count = np.bincount(rows[within], minlength=len(weight))
    sole = within & (count[rows] == 1)
    order = np.lexsort((matrix.indices, matrix.data, rows))
    begin = np.concatenate([[True], rows[order][1:] != rows[order][:-1]])[: len(order)]
    first = order[begin]
    has_next = np.zeros(len(order), bool)
    has_next[np.flatnonzero(begin)[np.diff(np.append(np.flatnonzero(begin), len(order))) > 1]] = (
        True
    )
    leave = order[has_next]
    after = order[np.flatnonzero(has_next) + 1]
    more = matrix.data[after].astype(float) - matrix.data[leave]

    def by_supply(entries: np.ndarray, amount: np.ndarray) -> np.ndarray:
        return np.bincount(matrix.indices[entries], amount, minlength=supplies)

    moved = by_supply(leave, weight[rows[leave]])
    farther = by_supply(leave, weight[rows[leave]] * more)
    return pd.DataFrame(
        {
            "within_reach": by_supply(np.flatnonzero(within), weight[rows[within]]),
            "nearest": by_supply(first, weight[rows[first]]),
            "sole": by_supply(np.flatnonzero(sole), weight[rows[sole]]),
            "minutes_more": np.divide(
                farther, moved, out=np.full(supplies, np.nan), where=moved > 0
            ),
        },
        index=travel.supply_ids,
    )


def _nearest(travel: TravelTimes) -> np.ndarray:
    """Return the minutes to the nearest supply of each demand; infinite where there is none."""
    least = np.full(len(travel.demand_ids), np.inf)
    rows = np.repeat(np.arange(len(least)), np.diff(travel.minutes.indptr))
    np.minimum.at(least, rows, travel.minutes.data.astype(float))
    return least


def _aligned(groups: pd.Series | None, ids: pd.Index) -> np.ndarray:
    """Return the group of each id."""
    if groups is None:
        return np.full(len(ids), ALL, object)
    return groups.reindex(ids).to_numpy()
