"""Costs that are worked out when they are asked for, for instances too large for a matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import SitingError

_MOST_DENSE = 100_000_000


class OnDemand(ABC):
    """Costs between demand and sites that no matrix holds.

    Attributes
    ----------
    demand_ids, site_ids
        Ids of demand and sites.
    quick_costs
        How many costs to one site at a time take a few seconds.
    """

    demand_ids: pd.Index
    site_ids: pd.Index
    quick_costs: int

    @property
    def shape(self) -> tuple[int, int]:
        """Number of demands and of sites."""
        return len(self.demand_ids), len(self.site_ids)

    @abstractmethod
    def serve(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each demand the nearest of some sites (-1 for none), and the cost to it."""

    @abstractmethod
    def nearest(
        self, demand: np.ndarray, sites: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest of some sites for some demands, and the costs to them, ascending.

        Parameters
        ----------
        demand, sites
            Positions.
        count
            How many, at most as many as there are sites.

        Returns
        -------
        which
            Positions among ``sites``, int32, shape (demands, count).
        costs
            Infinite where a site cannot serve; shape (demands, count).
        """

    @abstractmethod
    def row(self, demand: int, sites: np.ndarray) -> np.ndarray:
        """Return the cost of one demand to each of some sites."""

    @abstractmethod
    def column(self, demand: np.ndarray, site: int) -> np.ndarray:
        """Return the cost of some demands to one site."""

    @abstractmethod
    def near(
        self, demand: np.ndarray, sites: np.ndarray, limits: np.ndarray, most: int
    ) -> csr_array | None:
        """Return the costs of some demands to the sites within a limit of each; None if too many.

        Parameters
        ----------
        demand, sites
            Positions; those of the sites ascending.
        limits
            Cost up to which each demand's sites are wanted, shape (demands,).
        most
            How many entries are not too many.
        """

    def within(self, limit: float) -> csr_array:
        """Return the costs of the pairs that are at most so far apart."""
        n, m = self.shape
        found = self.near(np.arange(n), np.arange(m), np.full(n, float(limit)), n * m)
        assert found is not None
        return found

    def dense(self) -> np.ndarray:
        """Return all costs, shape (demands, sites).

        Raises
        ------
        SitingError
            If they are too many for a matrix.
        """
        n, m = self.shape
        if n * m > _MOST_DENSE:
            raise SitingError(
                f"this model needs a matrix, and {n:,} × {m:,} costs are too many for one; give a "
                "sparse matrix of the pairs that matter, such as within(limit) returns"
            )
        return self._dense()

    @abstractmethod
    def _dense(self) -> np.ndarray:
        """Return all costs."""
