"""A p-median problem, checked, and the lists of candidate sites it is solved on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import SitingError
from planner.siting.choice import SiteChoice
from planner.siting.inputs import Amount, Matrix, amounts, some
from planner.siting.median_lists import Lists
from planner.siting.median_merge import merged_rows
from planner.siting.on_demand import OnDemand
from planner.siting.points import Points, merged
from planner.siting.result import SitingResult

_MOST_ENTRIES = 40_000_000
_SMALL_ENTRIES = 4_000_000
_RANKS_PER_SHARE = 8
_LEAST_RANKS = 60
_CHUNK_ROWS = 256


@dataclass(frozen=True, eq=False)
class MedianProblem:
    """Costs between demand and sites, weights, and which sites may be chosen.

    Attributes
    ----------
    values
        Dense costs (infinite: cannot serve), sparse costs (absent: cannot serve), or costs
        that are worked out when asked for.
    weights
        Weight of each demand, not negative.
    choice
        The sets of sites that may be chosen.
    demand_ids
        Ids of the demand.
    """

    values: np.ndarray | csr_array | OnDemand
    weights: np.ndarray
    choice: SiteChoice
    demand_ids: pd.Index

    @classmethod
    def checked(cls, cost: Any, *, weights: Amount | None = None, **choice: Any) -> MedianProblem:
        """Return the problem that a caller's arguments state.

        Parameters
        ----------
        cost
            See ``Matrix.read``; or ``Points`` or ``Costs``, of which no matrix is made.
        weights
            Weight of each demand; 1 if left out.
        **choice
            See ``SiteChoice.checked``.

        Raises
        ------
        SitingError
            If an argument cannot be worked with; the text says which, and the remedy.
        """
        given = cost if isinstance(cost, OnDemand) else Matrix.read(cost)
        values = given if isinstance(given, OnDemand) else _costs(given)
        return cls(
            values=values,
            weights=amounts("weights", weights, given.demand_ids),
            choice=SiteChoice.checked(given.site_ids, **choice),
            demand_ids=given.demand_ids,
        )

    @property
    def p(self) -> int:
        """How many of the free sites to open."""
        free = len(self.choice.free)
        return free if self.choice.p is None else min(self.choice.p, free)

    def serve(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each demand the nearest of some sites (-1 for none), and the cost to it."""
        if not len(sites):
            nothing = np.full(len(self.demand_ids), -1)
            return nothing, np.full(len(nothing), np.inf)
        if isinstance(self.values, OnDemand):
            return self.values.serve(sites)
        if isinstance(self.values, np.ndarray):
            near = self.values[:, sites]
            at = near.argmin(axis=1)
            costs = near[np.arange(len(near)), at].astype(float)
            return np.where(np.isfinite(costs), sites[at], -1), costs
        entries = self.entries(sites)
        first = np.full(len(self.demand_ids), -1)
        costs = np.full(len(first), np.inf)
        rows, at = np.unique(entries[0], return_index=True)
        first[rows], costs[rows] = sites[entries[1][at]], entries[2][at]
        return first, costs

    def cost_to(self, site: int) -> np.ndarray:
        """Return the cost of each demand to one site; infinite where it cannot serve."""
        return self.serve(np.array([site]))[1]

    def entries(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows, positions among the given sites, and costs; by row, then by cost."""
        values = self.values.dense() if isinstance(self.values, OnDemand) else self.values
        if isinstance(values, np.ndarray):
            near = values[:, sites].astype(float)
            rows, columns = np.nonzero(np.isfinite(near))
            costs = near[rows, columns]
        else:
            near = values[:, sites]
            near.sort_indices()
            rows = np.repeat(np.arange(near.shape[0]), np.diff(near.indptr))
            columns, costs = near.indices, near.data.astype(float)
        order = np.lexsort((columns, costs, rows))
        return rows[order], columns[order], costs[order]

    def cost_of(self, new: np.ndarray) -> float:
        """Return the weighted cost with the fixed sites and some free ones (by position there)."""
        sites = np.union1d(self.choice.fixed, self.choice.free[new])
        assigned, costs = self.serve(sites)
        if (assigned < 0).any():
            return np.inf
        return float(self.weights @ costs)

    def named(self, demand: np.ndarray) -> str:
        """Return a few ids of demand (positions), and how many more there are."""
        return f"demand {some(self.demand_ids[demand])}"

    def infeasible(self, model: str, message: str, seconds: float) -> SitingResult:
        """Return the result that says why there is no answer."""
        return SitingResult.impossible(
            model,
            message,
            choice=self.choice,
            demand_ids=self.demand_ids,
            weights=self.weights,
            seconds=seconds,
        )

    @property
    def whole(self) -> bool:
        """Whether every answer costs a whole number."""
        if isinstance(self.values, OnDemand) or (self.weights != np.round(self.weights)).any():
            return False
        data = self.values if isinstance(self.values, np.ndarray) else self.values.data
        data = data[np.isfinite(data)]
        return bool((data == np.round(data)).all()) and float(data.max(initial=0)) < 2**40

    @property
    def _ranks(self) -> int:
        """How many sites a list needs so that what it leaves out hardly matters."""
        sites = len(self.choice.free)
        return min(sites, max(_LEAST_RANKS, _RANKS_PER_SHARE * sites // max(self.p, 1)))

    @property
    def crowded(self) -> bool:
        """Whether points are too many for the lists, so that neighbours are made one."""
        entries = len(self.weights) * self._ranks
        return isinstance(self.values, Points) and entries > _MOST_ENTRIES

    def lists(self) -> Lists:
        """Return the free sites of each demand, nearest first, in weighted costs."""
        _, already = self.serve(self.choice.fixed)
        if isinstance(self.values, OnDemand):
            return self._lists_on_demand(self.values, already)
        if isinstance(self.values, np.ndarray):
            return self._lists_of_rows(self.values, already)
        rows, columns, costs = self.entries(self.choice.free)
        counts = np.bincount(rows, minlength=len(already))
        return _lists(counts, columns, costs, already, self.weights, len(self.choice.free))

    def _lists_of_rows(self, values: np.ndarray, already: np.ndarray) -> Lists:
        pieces = []
        for at in range(0, len(values), _CHUNK_ROWS):
            near = values[at : at + _CHUNK_ROWS, self.choice.free].astype(float)
            order = np.argsort(near, axis=1, kind="stable")
            costs = np.take_along_axis(near, order, axis=1)
            keep = np.isfinite(costs)
            pieces.append((keep.sum(axis=1), order[keep].astype(np.int32), costs[keep]))
        counts, columns, costs = (
            np.concatenate([piece[k] for piece in pieces]) if pieces else np.empty(0, np.int32)
            for k in range(3)
        )
        return _lists(counts, columns, costs, already, self.weights, len(self.choice.free))

    def _lists_on_demand(self, costs: OnDemand, already: np.ndarray) -> Lists:
        sites, weights = self.choice.free, self.weights
        needed = self._ranks
        if isinstance(costs, Points) and self.crowded:
            demand, weights = merged(costs.demand, weights, max(_MOST_ENTRIES // needed, 1))
            costs = Points(demand, costs.sites)
            already = np.full(len(demand), np.inf)
            if len(self.choice.fixed):
                _, already = costs.serve(self.choice.fixed)
        all_fit = len(weights) * len(sites) <= _SMALL_ENTRIES
        ranks = len(sites) if all_fit else min(needed, max(_MOST_ENTRIES // len(weights), 1))
        which, amounts = costs.nearest(np.arange(len(weights)), sites, ranks)
        farther = amounts[:, -1] if ranks < len(sites) else np.full(len(weights), np.inf)
        keep = np.isfinite(amounts)
        counts = keep.sum(axis=1)
        return _lists(counts, which[keep], amounts[keep], already, weights, len(sites), farther)


def _costs(given: Matrix) -> np.ndarray | csr_array:
    data = given.values if isinstance(given.values, np.ndarray) else given.values.data
    bad = ~(data >= 0)
    if bad.any():
        at = np.argwhere(bad)[0]
        if isinstance(given.values, np.ndarray):
            row, column, value = at[0], at[1], given.values[at[0], at[1]]
        else:
            row = np.searchsorted(given.values.indptr, at[0], side="right") - 1
            column, value = given.values.indices[at[0]], data[at[0]]
        pair = f"cost[{given.demand_ids[row]}, {given.site_ids[column]}]"
        raise SitingError(f"{pair} is {value}; give 0 or more, infinity where a site cannot serve")
    if isinstance(given.values, np.ndarray) or np.isfinite(data).all():
        return given.values
    rows = np.repeat(np.arange(given.values.shape[0]), np.diff(given.values.indptr))
    keep = np.isfinite(data)
    return csr_array((data[keep], (rows[keep], given.values.indices[keep])), given.values.shape)


def _lists(
    counts: np.ndarray,
    columns: np.ndarray,
    costs: np.ndarray,
    already: np.ndarray,
    weights: np.ndarray,
    site_count: int,
    farther: np.ndarray | None = None,
) -> Lists:
    """Return lists of what is nearer than the fixed sites, weighted, without rows that say nothing.

    Rows that are the same become one, of the weight of all.

    Parameters
    ----------
    counts, columns, costs
        Entries of each row, ascending costs.
    already
        Cost of each row to the nearest fixed site.
    weights
        Weight of each row.
    site_count
        Number of free sites.
    farther
        Least cost of the sites that were too far to be listed; infinite for none.
    """
    rows = np.repeat(np.arange(len(counts)), counts)
    otherwise = already if farther is None else np.minimum(already, farther)
    anywhere = (counts == site_count) | np.isfinite(otherwise)
    useful = (weights > 0) | ~anywhere
    keep = (costs < already[rows]) & useful[rows]
    left = np.flatnonzero(useful)
    kept = np.bincount(rows[keep], minlength=len(counts))[left]
    indptr = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    otherwise, already, anywhere = otherwise[left], already[left], anywhere[left]
    indptr, columns, costs, first, weights = merged_rows(
        indptr,
        columns[keep].astype(np.int32, copy=False),
        costs[keep],
        np.stack([otherwise, already, anywhere], axis=1),
        weights[left],
    )
    otherwise, already, anywhere = otherwise[first], already[first], anywhere[first]
    kept = np.diff(indptr)
    weighted = costs * np.repeat(weights, kept)
    infinite = ~np.isfinite(otherwise)
    beyond = np.where(infinite, np.inf, np.where(infinite, 0, otherwise) * weights)
    last = np.zeros(len(first))
    last[kept > 0] = weighted[indptr[1:][kept > 0] - 1]
    unserved = 1 + last.sum() + beyond[~infinite].sum()
    penalty = np.where(anywhere, 2 * last + 1, unserved)
    penalty = np.where(infinite, penalty, 2 * beyond)
    fixed = np.isfinite(already)
    penalty[fixed] = already[fixed] * weights[fixed]
    return Lists(indptr, columns, weighted, beyond, penalty, site_count)
