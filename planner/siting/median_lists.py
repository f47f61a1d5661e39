"""Which sites may serve each demand, nearest first: what search, bound and exact finish work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True, eq=False)
class Lists:
    """Candidate sites per demand (row), nearest first.

    Attributes
    ----------
    indptr, sites, costs
        Compressed rows: sites by position and their weighted costs (weight × cost), ascending.
    beyond
        Least weighted cost at which each row is served by anything that its list leaves out: a site
        that is open already (then exact), or one too far to be listed; infinite if nothing is left
        out. Shape (rows,).
    penalty
        What the search counts for a row that no listed site serves; finite, at least ``beyond``.
    site_count
        Number of sites that positions run over.
    """

    indptr: np.ndarray
    sites: np.ndarray
    costs: np.ndarray
    beyond: np.ndarray
    penalty: np.ndarray
    site_count: int

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The compressed rows, as kernels take them."""
        return self.indptr, self.sites, self.costs

    @property
    def least(self) -> np.ndarray:
        """Least weighted cost at which each row can be served; infinite if by nothing."""
        least = self.beyond.copy()
        listed = np.diff(self.indptr) > 0
        least[listed] = np.minimum(least[listed], self.costs[self.indptr[:-1][listed]])
        return least

    def columns(self, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return per site the rows that have it among their first ``rank``, with their costs."""
        return _columns(*self.arrays, self.site_count, rank)

    def restrict(self, keep: np.ndarray, opened: np.ndarray) -> tuple[Lists, np.ndarray, float]:
        """Return what is left to decide once some sites are open and others closed.

        Parameters
        ----------
        keep
            Sites still to be decided, bool, shape (sites,); their order gives the new positions.
        opened
            Sites now open for good, bool, shape (sites,).

        Returns
        -------
        lists
            Over the kept sites; rows for which nothing is left to decide are dropped.
        rows
            Positions of the rows that are left.
        settled
            Weighted cost of the rows that were dropped; infinite if nothing can serve one.
        """
        names = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
        counts, beyond = _kept(*self.arrays, self.beyond, names, opened)
        rows = np.flatnonzero(counts)
        indptr = np.concatenate([[0], np.cumsum(counts[rows])]).astype(np.int64)
        sites, costs = _filled(*self.arrays, names, rows, indptr)
        served = np.isfinite(beyond) & (beyond < self.beyond)
        penalty = np.where(served, beyond, self.penalty)[rows]
        left = Lists(indptr, sites, costs, beyond[rows], penalty, int(keep.sum()))
        return left, rows, float(beyond[counts == 0].sum())


@njit(nogil=True, cache=True)
def _columns(
    indptr: np.ndarray, sites: np.ndarray, costs: np.ndarray, site_count: int, rank: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    starts = np.zeros(site_count + 1, np.int64)
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], min(indptr[i + 1], indptr[i] + rank)):
            starts[sites[k] + 1] += 1
    for j in range(site_count):
        starts[j + 1] += starts[j]
    at = starts[:-1].copy()
    rows = np.empty(starts[site_count], np.int32)
    values = np.empty(starts[site_count], np.float64)
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], min(indptr[i + 1], indptr[i] + rank)):
            j = sites[k]
            rows[at[j]] = i
            values[at[j]] = costs[k]
            at[j] += 1
    return starts, rows, values


@njit(nogil=True, cache=True)
def _kept(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    beyond: np.ndarray,
    names: np.ndarray,
    opened: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many entries of each row stay, and what it costs to be served otherwise."""
    counts = np.zeros(len(beyond), np.int64)
    served = beyond.copy()
    for i in range(len(beyond)):
        for k in range(indptr[i], indptr[i + 1]):
            j = sites[k]
            if costs[k] >= served[i]:
                break
            if opened[j]:
                served[i] = costs[k]
                break
            if names[j] >= 0:
                counts[i] += 1
    return counts, served


@njit(nogil=True, cache=True)
def _filled(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    names: np.ndarray,
    rows: np.ndarray,
    starts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    new_sites = np.empty(starts[-1], np.int32)
    new_costs = np.empty(starts[-1], np.float64)
    for x in range(len(rows)):
        at = starts[x]
        k = indptr[rows[x]]
        while at < starts[x + 1]:
            if names[sites[k]] >= 0:
                new_sites[at] = names[sites[k]]
                new_costs[at] = costs[k]
                at += 1
            k += 1
    return new_sites, new_costs


@njit(nogil=True, cache=True)
def served_cost(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    otherwise: np.ndarray,
    is_open: np.ndarray,
) -> float:
    """Return the weighted cost with some sites open, rows without one at what they cost otherwise.

    Each row's list is ascending, so that its first open site is its nearest.
    """
    total = 0.0
    for i in range(len(otherwise)):
        cost = otherwise[i]
        for k in range(indptr[i], indptr[i + 1]):
            if costs[k] >= cost:
                break
            if is_open[sites[k]]:
                cost = costs[k]
                break
        total += cost
    return total


@njit(nogil=True, cache=True)
def between(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    otherwise: np.ndarray,
    is_open: np.ndarray,
) -> np.ndarray:
    """Return the mean of each row's two least costs with some sites open: multipliers to start."""
    middle = np.empty(len(otherwise))
    for i in range(len(otherwise)):
        first = second = otherwise[i]
        found = 0
        for k in range(indptr[i], indptr[i + 1]):
            if costs[k] >= otherwise[i] or found == 2:
                break
            if is_open[sites[k]]:
                if found == 0:
                    first = costs[k]
                else:
                    second = costs[k]
                found += 1
        middle[i] = (first + second) / 2
    return middle
