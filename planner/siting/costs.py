"""Costs that a function of the caller works out, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import SitingError
from planner.siting.on_demand import OnDemand


class Costs(OnDemand):
    """Costs that a function works out: whatever a network, a formula or a table elsewhere says.

    No model makes a matrix of them unless it is small: they are worked out one demand at a time,
    and only the nearest sites of each are kept.

    Parameters
    ----------
    function
        ``function(i, sites)`` returns what it costs to serve demand ``i`` (its position) from each
        of some sites (an array of positions): as many numbers of 0 or more, in minutes or any other
        unit; infinite where a site cannot serve. It must return the same whenever it is asked, and
        is asked from one thread at a time.
    demand, sites
        How many demands and sites there are.
    demand_ids, site_ids
        Their ids; positions if left out.

    Raises
    ------
    SitingError
        If ``function`` is none, a number is none of 1 or more, ids do not name each once; and, when
        a model asks, if the function returns the wrong shape, negative numbers or NaN.

    Examples
    --------
    >>> from planner import siting
    >>> along = np.array([0.0, 1.0, 5.0, 6.0])
    >>> costs = Costs(lambda i, sites: abs(along[i] - along[sites]), demand=4, sites=4)
    >>> siting.p_median(costs, 2).objective
    2.0
    """

    quick_costs = 2_000_000

    def __init__(
        self,
        function: Any,
        *,
        demand: int,
        sites: int,
        demand_ids: Any = None,
        site_ids: Any = None,
    ) -> None:
        if not callable(function):
            kind = type(function).__name__
            raise SitingError(f"function is a {kind}; give a function of a demand and its sites")
        self.function: Callable[[int, np.ndarray], Any] = function
        self.demand_ids = _ids("demand", demand, demand_ids)
        self.site_ids = _ids("site", sites, site_ids)

    def row(self, demand: int, sites: np.ndarray) -> np.ndarray:
        """Return the costs of one demand to some sites (positions), checked.

        Raises
        ------
        SitingError
            If they have the wrong shape, or one is negative or NaN.
        """
        costs = np.asarray(self.function(int(demand), sites), float)
        if costs.shape != sites.shape:
            raise SitingError(
                f"the costs of demand {self.demand_ids[demand]} to {len(sites)} sites have shape "
                f"{costs.shape}; return one number for each site"
            )
        bad = ~(costs >= 0)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise SitingError(
                f"cost[{self.demand_ids[demand]}, {self.site_ids[sites[at]]}] is {costs[at]}; "
                "return 0 or more, infinity where a site cannot serve"
            )
        return costs

    def serve(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each demand the nearest of some sites (-1 for none), and the cost to it."""
        which, costs = self.nearest(np.arange(len(self.demand_ids)), sites, 1)
        return np.where(np.isfinite(costs[:, 0]), sites[which[:, 0]], -1), costs[:, 0]

    def nearest(
        self, demand: np.ndarray, sites: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest of some sites for some demands, and the costs to them, ascending."""
        which = np.empty((len(demand), count), np.int32)
        costs = np.empty((len(demand), count))
        for at, i in enumerate(demand.tolist()):
            row = self.row(i, sites)
            if count == 1:
                first = np.array([row.argmin()])
            else:
                last = np.partition(row, count - 1)[count - 1]
                near = np.flatnonzero(row <= last)
                first = near[np.argsort(row[near], kind="stable")[:count]]
            which[at], costs[at] = first, row[first]
        return which, costs

    def column(self, demand: np.ndarray, site: int) -> np.ndarray:
        """Return the cost of some demands to one site."""
        sites = np.array([site])
        return np.array([self.row(i, sites)[0] for i in demand.tolist()])

    def near(
        self, demand: np.ndarray, sites: np.ndarray, limits: np.ndarray, most: int
    ) -> csr_array | None:
        """Return the costs of some demands to the sites within a limit of each; None if many."""
        columns, costs, ends = [], [], [0]
        for i, limit in zip(demand.tolist(), limits.tolist(), strict=True):
            row = self.row(i, sites)
            keep = np.flatnonzero((row <= limit) & np.isfinite(row))
            ends.append(ends[-1] + len(keep))
            if ends[-1] > most:
                return None
            columns.append(keep.astype(np.int32))
            costs.append(row[keep])
        data = np.concatenate(costs) if costs else np.empty(0)
        indices = np.concatenate(columns) if columns else np.empty(0, np.int32)
        return csr_array((data, indices, ends), shape=(len(demand), len(sites)))

    def _dense(self) -> np.ndarray:
        sites = np.arange(len(self.site_ids))
        return np.stack([self.row(i, sites) for i in range(len(self.demand_ids))])


def _ids(name: str, count: int, given: Any) -> pd.Index:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise SitingError(f"there are {count} {name}s; give a whole number of 1 or more")
    ids = pd.RangeIndex(count) if given is None else pd.Index(given)
    if len(ids) != count:
        raise SitingError(f"{name}_ids names {len(ids)} of {count} {name}s; name each")
    if not ids.is_unique:
        twice = ids[ids.duplicated()][0]
        raise SitingError(f"{name}_ids names {twice} twice; give each id once")
    return ids
