"""Covering problems made small without changing their answer.

Rows that the same sites reach are merged, rows that fixed sites cover are settled, sites that
another stands in for are left out, and a set cover falls apart into islands (Daskin 2013, "Network
and Discrete Location", chapter 4; Toregas and ReVelle 1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from planner.siting import presolve_kernels as kernels

_SEED = 20_130_607  # of the hash keys; any will do, rows of equal hash are compared


@dataclass(frozen=True, eq=False)
class Cover:
    """What is left to decide: distinct demand rows over the sites that may be chosen.

    Attributes
    ----------
    row_ptr, row_sites
        Sites of each row, ascending, in compressed rows (int64, int32).
    weights
        Summed weight of each row.
    sites
        Position of each site among those of the caller.
    costs
        Cost of each site.
    """

    row_ptr: np.ndarray
    row_sites: np.ndarray
    weights: np.ndarray
    sites: np.ndarray
    costs: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and sites there are."""
        return len(self.row_ptr) - 1, len(self.sites)

    def by_site(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of each site, as pointers and rows."""
        return kernels.transposed(self.row_ptr, self.row_sites, len(self.sites))

    def matrix(self) -> csr_array:
        """Return rows × sites as a sparse matrix of ones."""
        ones = np.ones(len(self.row_sites))
        return csr_array((ones, self.row_sites, self.row_ptr), shape=self.shape)

    def part(self, rows: np.ndarray, sites: np.ndarray) -> Cover:
        """Return some rows over some sites, the other sites taken for closed; rows as they are."""
        number = np.full(self.shape[1], -1, np.int32)
        number[sites] = np.arange(len(sites))
        ptr, items = kernels.picked_rows(
            self.row_ptr, self.row_sites, rows.astype(np.int32), number, len(self.row_sites)
        )
        return Cover(ptr, items.copy(), self.weights[rows], self.sites[sites], self.costs[sites])

    def without(self, closed: np.ndarray, opened: np.ndarray) -> tuple[Cover, np.ndarray]:
        """Return what is left where some sites are closed and some are opened.

        Parameters
        ----------
        closed, opened
            Which sites, shape (sites,), bool.

        Returns
        -------
        cover
            Rows merged anew, over the other sites.
        group
            For each row the one it is now, ``kernels.COVERED`` or ``kernels.UNREACHED``.
        """
        role = np.full(self.shape[1], kernels.FREE, np.int8)
        role[closed] = kernels.FORBIDDEN
        role[opened] = kernels.FIXED
        return merged(self.row_ptr, self.row_sites, self.weights, role, self.sites, self.costs)

    def islands(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return rows and sites of each part that shares no site with another, ascending."""
        rows, sites = self.shape
        owner = np.repeat(np.arange(rows), np.diff(self.row_ptr))
        links = coo_array(
            (np.ones(len(owner), bool), (owner, self.row_sites + rows)), shape=(rows + sites,) * 2
        )
        count, label = connected_components(links, directed=False)
        if count == 1:
            return [(np.arange(rows), np.arange(sites))]
        order = np.argsort(label, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
        split = [(part[part < rows], part[part >= rows] - rows) for part in parts]
        return [(part_rows, part_sites) for part_rows, part_sites in split if len(part_rows)]


def merged(
    ptr: np.ndarray,
    items: np.ndarray,
    weights: np.ndarray,
    role: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
) -> tuple[Cover, np.ndarray]:
    """Return the distinct rows over the free sites, and for each row given which one it is.

    Parameters
    ----------
    ptr, items, weights
        Rows and their weights.
    role
        Of each item: ``kernels.FORBIDDEN``, ``FREE`` or ``FIXED``, int8.
    sites, costs
        Position and cost of each item.
    """
    keys = np.random.default_rng(_SEED).integers(0, 2**64, len(role), dtype=np.uint64)
    group, first, entries = kernels.merged_rows(ptr, items, role, keys)
    free = np.flatnonzero(role == kernels.FREE)
    number = np.full(len(role), -1, np.int32)
    number[free] = np.arange(len(free))
    new_ptr, new_items = kernels.picked_rows(ptr, items, first, number, entries)
    left = group >= 0
    mass = np.bincount(group[left], weights[left], minlength=len(first))
    return Cover(new_ptr, new_items, mass, sites[free], costs[free]), group


def without_dominated_sites(cover: Cover) -> Cover:
    """Leave out sites that reach no more than another site that costs no more.

    Only where nothing but reach and cost tells sites apart.
    """
    ptr, rows = cover.by_site()
    gone = kernels.dominated(
        ptr, rows, cover.row_ptr, cover.row_sites, cover.costs, drop_larger=False
    )
    if not gone.any():
        return cover
    return cover.without(gone, np.zeros(len(gone), bool))[0]


def without_dominated_rows(cover: Cover) -> Cover:
    """Leave out rows that are covered whenever another row is; for set covers."""
    ptr, rows = cover.by_site()
    gone = kernels.dominated(
        cover.row_ptr, cover.row_sites, ptr, rows, cover.weights, drop_larger=True
    )
    return cover.part(np.flatnonzero(~gone), np.arange(cover.shape[1])) if gone.any() else cover


def without_dominated(cover: Cover) -> Cover:
    """Leave out dominated sites and rows of a set cover until none is left."""
    while True:
        before = cover.shape
        cover = without_dominated_rows(without_dominated_sites(cover))
        if cover.shape == before:
            return cover
