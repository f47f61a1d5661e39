"""A covering problem, checked, and made small without changing its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, issparse

from planner.errors import SitingError

ArrayLike = np.ndarray | Sequence[float]


@dataclass(frozen=True, eq=False)
class CoverProblem:
    """Which site covers which demand, and which sites may be chosen.

    Attributes
    ----------
    reach
        Demand × sites, bool; stored entries are all True and ascending within each row.
    weights
        Weight of each demand, not negative.
    site_costs
        Cost of each site, not negative.
    fixed
        Positions of sites that are open already, ascending.
    free
        Positions of sites that may be chosen, ascending.
    """

    reach: csr_array
    weights: np.ndarray
    site_costs: np.ndarray
    fixed: np.ndarray
    free: np.ndarray

    @classmethod
    def checked(
        cls,
        reach: object,
        *,
        weights: ArrayLike | None,
        site_costs: ArrayLike | None,
        fixed: Sequence[int] | np.ndarray,
        forbidden: Sequence[int] | np.ndarray,
    ) -> CoverProblem:
        """Return the problem that a caller's arguments state.

        Raises
        ------
        SitingError
            If an argument has the wrong shape, is negative or not finite, or names a site that is
            not there; the text says which.
        """
        matrix = csr_array(reach, dtype=bool) if issparse(reach) else csr_array(_dense(reach))
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        matrix.sort_indices()
        demands, sites = matrix.shape
        opened = _positions("fixed", fixed, sites)
        closed = _positions("forbidden", forbidden, sites)
        both = np.intersect1d(opened, closed)
        if len(both):
            raise SitingError(f"site {both[0]} is both fixed and forbidden; take it out of one")
        free = np.setdiff1d(np.arange(sites), np.concatenate([opened, closed]))
        return cls(
            reach=matrix,
            weights=amounts("weights", weights, demands),
            site_costs=amounts("site_costs", site_costs, sites),
            fixed=opened,
            free=free,
        )

    def covered_by(self, sites: np.ndarray) -> np.ndarray:
        """Return which demand some of the given sites cover, shape (demands,)."""
        chosen = np.zeros(self.reach.shape[1], bool)
        chosen[sites] = True
        entries = chosen[self.reach.indices]
        rows = np.repeat(np.arange(self.reach.shape[0]), np.diff(self.reach.indptr))
        return np.bincount(rows[entries], minlength=self.reach.shape[0]) > 0

    def first_cover(self, sites: np.ndarray) -> np.ndarray:
        """Return for each demand the first of the given sites that covers it, -1 where none."""
        chosen = np.zeros(self.reach.shape[1], bool)
        chosen[sites] = True
        rows = np.repeat(np.arange(self.reach.shape[0]), np.diff(self.reach.indptr))
        keep = chosen[self.reach.indices]
        first = np.full(self.reach.shape[0], -1)
        served, at = np.unique(rows[keep], return_index=True)
        first[served] = self.reach.indices[keep][at]
        return first

    def out_of_reach(self) -> np.ndarray:
        """Return the positions of the demand that no fixed or free site reaches, ascending."""
        return np.flatnonzero(~self.covered_by(np.concatenate([self.fixed, self.free])))

    def open_rows(self) -> tuple[csr_array, np.ndarray]:
        """Return what is left to decide: identical rows merged, settled rows left out.

        Returns
        -------
        rows
            Distinct demands that no fixed site covers × free sites.
        weights
            Summed weight of each.
        """
        left = np.flatnonzero(~self.covered_by(self.fixed))
        rows = self.reach[left][:, self.free]
        rows.sort_indices()
        keys = [
            rows.indices[a:b].tobytes() for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)
        ]
        _, first, which = np.unique(np.array(keys, object), return_index=True, return_inverse=True)
        order = np.argsort(first)
        weights = np.bincount(which, self.weights[left], minlength=len(first))[order]
        return rows[first[order]], weights


def amounts(name: str, values: ArrayLike | None, length: int) -> np.ndarray:
    """Return a checked vector of amounts; ones where none is given.

    Raises
    ------
    SitingError
        If its length is wrong, or an entry is negative or not finite.
    """
    if values is None:
        return np.ones(length)
    vector = np.asarray(values, dtype=float)
    if vector.shape != (length,):
        raise SitingError(f"{name} has shape {vector.shape}; give a vector of length {length}")
    bad = ~(np.isfinite(vector) & (vector >= 0))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise SitingError(f"{name}[{at}] is {vector[at]}; give a finite number of 0 or more")
    return vector


def _dense(reach: object) -> np.ndarray:
    matrix = np.asarray(reach)
    if matrix.ndim != 2:
        raise SitingError(f"reach has {matrix.ndim} dimensions; give a matrix demand × sites")
    if matrix.dtype != bool and not np.isin(matrix, (0, 1)).all():
        raise SitingError(
            "reach holds other numbers than 0 and 1; compare it with the radius first"
        )
    return matrix.astype(bool)


def _positions(name: str, sites: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    positions = np.unique(np.asarray(sites, dtype=np.int64))
    if len(positions) and not (positions[0] >= 0 and positions[-1] < count):
        wrong = positions[0] if positions[0] < 0 else positions[-1]
        raise SitingError(f"{name} names site {wrong}; there are sites 0 to {count - 1}")
    return positions
