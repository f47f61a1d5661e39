"""A covering problem, checked, and made small without changing its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.siting.choice import SiteChoice
from planner.siting.inputs import ArrayLike, Matrix, amounts


@dataclass(frozen=True, eq=False)
class CoverProblem:
    """Which site covers which demand, and which sites may be chosen.

    Attributes
    ----------
    reach
        Demand × sites, bool; stored entries are all True and ascending within each row.
    weights
        Weight of each demand, not negative.
    choice
        The sets of sites that may be chosen.
    demand_ids
        Ids of the demand.
    """

    reach: csr_array
    weights: np.ndarray
    choice: SiteChoice
    demand_ids: pd.Index

    @classmethod
    def checked(
        cls,
        reach: Any,
        radius: float | None = None,
        *,
        weights: ArrayLike | None = None,
        **choice: Any,
    ) -> CoverProblem:
        """Return the problem that a caller's arguments state.

        Parameters
        ----------
        reach, radius
            See ``Matrix.reach``.
        weights
            Weight of each demand; 1 if left out.
        **choice
            See ``SiteChoice.checked``.

        Raises
        ------
        SitingError
            If an argument has the wrong shape, is negative or not finite, or names a site that is
            not there; the text says which.
        """
        matrix = Matrix.read(reach, "reach")
        return cls(
            reach=matrix.reach(radius),
            weights=amounts("weights", weights, matrix.demand_ids),
            choice=SiteChoice.checked(matrix.site_ids, **choice),
            demand_ids=matrix.demand_ids,
        )

    @property
    def fixed(self) -> np.ndarray:
        """Positions of the sites that are open already, ascending."""
        return self.choice.fixed

    @property
    def free(self) -> np.ndarray:
        """Positions of the sites that may be chosen, ascending."""
        return self.choice.free

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
