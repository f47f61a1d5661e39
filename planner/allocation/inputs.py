"""What allocations are given, checked and aligned by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.allocation.borders import Bordered
from planner.allocation.result import BORDER, FULL, OUT_OF_REACH
from planner.errors import SitingError
from planner.siting.inputs import ArrayLike, Matrix, amounts


@dataclass(frozen=True, eq=False)
class Problem:
    """Minutes, demand and capacity.

    Attributes
    ----------
    minutes
        Minutes of each possible pair: demand × supply in compressed sparse rows.
    penalty
        Minutes that count on top for crossing a border, in the order of the entries.
    demand, capacity
        By id.
    beyond_border
        Which demand reaches some supply, but only across a border that is respected.
    """

    minutes: csr_array
    penalty: np.ndarray
    demand: pd.Series
    capacity: pd.Series
    beyond_border: np.ndarray

    @classmethod
    def read(cls, travel: Any, demand: ArrayLike, capacity: ArrayLike | None) -> Problem:
        """Return the problem that a caller's arguments state.

        Parameters
        ----------
        travel
            ``TravelTimes``, what ``within_borders`` makes of them, a sparse matrix of minutes, or
            a long table; demand × supply.
        demand
            Units of each demand, by id or in their order.
        capacity
            What each supply can take in the same units; None for no limit.

        Raises
        ------
        SitingError
            If an argument cannot be worked with: a wrong length, an id without an amount, a
            negative amount, or minutes that are negative or not finite.
        """
        borders = travel if isinstance(travel, Bordered) else None
        matrix = Matrix.read(travel.travel if borders else travel, "travel")
        values = matrix.values
        if isinstance(values, np.ndarray):
            values = _finite_pairs(values)
        bad = ~(np.isfinite(values.data) & (values.data >= 0))
        if bad.any():
            row = int(np.searchsorted(values.indptr, np.flatnonzero(bad)[0], side="right")) - 1
            worst = values.data[bad][0]
            raise SitingError(
                f"minutes of demand {matrix.demand_ids[row]} are {worst}; "
                "give 0 or more, and leave out what cannot be reached"
            )
        limit = np.inf if capacity is None else 1.0
        supply = np.full(len(matrix.site_ids), limit)
        if capacity is not None:
            supply = amounts("capacity", capacity, matrix.site_ids)
        return cls(
            minutes=values,
            penalty=np.zeros(values.nnz) if borders is None else borders.penalty,
            demand=pd.Series(amounts("demand", demand, matrix.demand_ids), matrix.demand_ids),
            capacity=pd.Series(supply, matrix.site_ids),
            beyond_border=(
                np.zeros(len(matrix.demand_ids), bool) if borders is None else borders.beyond
            ),
        )

    @property
    def rows(self) -> np.ndarray:
        """Row of each possible pair."""
        return np.repeat(np.arange(self.minutes.shape[0]), np.diff(self.minutes.indptr))

    def flows(self, units: np.ndarray) -> csr_array:
        """Return units by pair as a matrix, zeros included."""
        return csr_array(
            (units, self.minutes.indices, self.minutes.indptr), shape=self.minutes.shape
        )

    def reasons(self, unserved: np.ndarray) -> pd.Series:
        """Return why each demand is not served; missing where it is."""
        nowhere = np.diff(self.minutes.indptr) == 0
        why = np.where(nowhere, np.where(self.beyond_border, BORDER, OUT_OF_REACH), FULL)
        return pd.Series(why, self.demand.index, dtype="str").where(unserved > 0)


def _finite_pairs(minutes: np.ndarray) -> csr_array:
    """Return a dense matrix as pairs, those at infinity left out, zeros kept."""
    possible = ~np.isinf(minutes)
    counts = np.concatenate([[0], np.cumsum(possible.sum(axis=1))])
    return csr_array((minutes[possible], np.nonzero(possible)[1], counts), shape=minutes.shape)
