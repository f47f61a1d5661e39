"""What the measures are given: minutes between ids, and amounts that are aligned with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from planner.accessibility.impedance import Impedance, Step
from planner.errors import MeasureError, SitingError
from planner.siting.inputs import Matrix

Amounts: TypeAlias = "pd.Series | np.ndarray | Sequence[float]"
Decay: TypeAlias = "Impedance | Callable[[np.ndarray], np.ndarray] | float | None"
_BLOCK = 1 << 18
"""Pairs that are weighed at a time, so that what a function makes on its way stays in the cache."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Minutes from demand to supply, checked.

    Attributes
    ----------
    minutes
        In compressed sparse rows; a stored 0 is 0 minutes, what is absent cannot be reached.
    demand_ids, supply_ids
        Ids of the rows and of the columns.
    named
        Whether the ids were given, rather than being positions.
    """

    minutes: csr_array
    demand_ids: pd.Index
    supply_ids: pd.Index
    named: bool

    @classmethod
    def read(cls, travel: Any) -> Pairs:
        """Return the pairs that a caller gave.

        Parameters
        ----------
        travel
            ``TravelTimes``; a long table with from_id, to_id and travel_time; a table of minutes
            by demand and supply id; a sparse matrix demand × supply; or a dense one, in which
            NaN or infinite is out of reach.

        Raises
        ------
        MeasureError
            If it is none of these, or minutes are negative or missing.
        """
        try:
            matrix = Matrix.read(travel, "travel")
        except SitingError as wrong:
            raise MeasureError(str(wrong)) from None
        minutes = matrix.values
        if isinstance(minutes, np.ndarray):
            rows, columns = np.nonzero(np.isfinite(minutes))
            entries = (minutes[rows, columns], (rows, columns))
            minutes = csr_array(coo_array(entries, shape=minutes.shape))
        named = hasattr(travel, "supply_ids") or isinstance(travel, pd.DataFrame)
        pairs = cls(minutes, matrix.demand_ids, matrix.site_ids, named)
        data = minutes.data
        if len(data) and not (data.min() >= 0 and data.max() < np.inf):
            at = int(np.flatnonzero(~((data >= 0) & (data < np.inf)))[0])
            row = int(np.searchsorted(minutes.indptr, at, side="right")) - 1
            where = f"{matrix.demand_ids[row]} to {matrix.site_ids[minutes.indices[at]]}"
            raise MeasureError(
                f"travel from {where} takes {data[at]} minutes; give 0 or more, and leave out "
                "what cannot be reached"
            )
        return pairs

    def supply(self, values: Amounts, name: str = "supply") -> np.ndarray:
        """Return the checked supply of each column."""
        return amounts(name, values, self.supply_ids, named=self.named)

    def demand(self, values: Amounts) -> np.ndarray:
        """Return the checked demand of each row."""
        return amounts("demand", values, self.demand_ids, named=self.named)

    def weigh(
        self, impedance: Decay, catchment_minutes: float | None = None, *, once: bool = False
    ) -> Weights:
        """Return the weights of the pairs.

        Parameters
        ----------
        impedance
            A function on minutes; a number for one cut-off; None for 1 wherever travel is known.
        catchment_minutes
            Pairs beyond weigh 0; None for no such limit.
        once
            Whether they are summed only once, so that keeping them does not pay.

        Raises
        ------
        MeasureError
            If a function gives negative or missing weights, or not one for each number of minutes.
        """
        decay = _function(impedance)
        inside = None if catchment_minutes is None else Step(catchment_minutes)
        weights = Weights(self.minutes, decay, inside)
        cheap = impedance is None or isinstance(decay, Step)
        return weights if once or cheap else weights.kept()

    def by_demand(self, values: np.ndarray, name: str) -> pd.Series:
        """Return a result of each row as a Series by demand id."""
        return pd.Series(values, index=self.demand_ids, name=name)


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of pairs, worked out some rows at a time, so that they need no memory of their own.

    Attributes
    ----------
    minutes
        In compressed sparse rows.
    decay, inside
        Their product is the weight of a number of minutes.
    squared
        Whether to square it.
    whole
        All weights, where working them out again would take longer than reading them.
    """

    minutes: csr_array
    decay: Callable[[np.ndarray], np.ndarray]
    inside: Step | None = None
    squared: bool = False
    whole: csr_array | None = None

    def over_supply(self, values: np.ndarray) -> np.ndarray:
        """Return Σⱼ wᵢⱼ vⱼ for each row."""
        total = np.empty(self.minutes.shape[0])
        for start, stop, weights in self._blocks():
            total[start:stop] = weights @ values
        return total

    def over_demand(self, values: np.ndarray) -> np.ndarray:
        """Return Σᵢ wᵢⱼ vᵢ for each column."""
        total = np.zeros(self.minutes.shape[1])
        for start, stop, weights in self._blocks():
            total += weights.T @ values[start:stop]
        return total

    def square(self) -> Weights:
        """Return the squares of the weights; what was kept is overwritten."""
        if self.whole is None:
            return replace(self, squared=True)
        self.whole.data *= self.whole.data
        return self

    def kept(self) -> Weights:
        """Return the same weights, worked out now."""
        data = np.empty(self.minutes.nnz)
        indptr = self.minutes.indptr
        for start, stop, weights in self._blocks():
            data[indptr[start] : indptr[stop]] = weights.data
        whole = csr_array((data, self.minutes.indices, indptr), shape=self.minutes.shape)
        return replace(self, whole=whole)

    def _blocks(self) -> Iterator[tuple[int, int, csr_array]]:
        """Yield the weights of some rows after the other, with the first row and the one after."""
        rows, columns = self.minutes.shape
        if self.whole is not None:
            yield 0, rows, self.whole
            return
        indptr = self.minutes.indptr
        cuts = np.unique(np.searchsorted(indptr[:-1], np.arange(0, self.minutes.nnz, _BLOCK)))
        # Where they are cut depends on the pairs alone, so that sums come out the same each time.
        for start, stop in itertools.pairwise([0, *cuts[cuts > 0].tolist(), rows]):
            part = slice(indptr[start], indptr[stop])
            minutes = self.minutes.data[part]
            data = self.decay(minutes)
            if self.inside is not None:
                data = data * self.inside(minutes)
            if self.squared:
                data = data * data
            structure = (data, self.minutes.indices[part], indptr[start : stop + 1] - indptr[start])
            yield start, stop, csr_array(structure, shape=(stop - start, columns))


def _function(impedance: Decay) -> Callable[[np.ndarray], np.ndarray]:
    if impedance is None:
        return lambda minutes: np.ones(len(minutes))
    if isinstance(impedance, Impedance):
        return impedance
    if not callable(impedance):
        return Step(impedance)
    given = impedance

    def checked(minutes: np.ndarray) -> np.ndarray:
        weights = np.asarray(given(minutes.astype(float)), float)
        if weights.shape != minutes.shape:
            raise MeasureError(
                f"the impedance gives shape {weights.shape} for {minutes.shape}; let it give one "
                "weight for each number of minutes"
            )
        bad = ~((weights >= 0) & (weights < np.inf))
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise MeasureError(
                f"the impedance gives {weights[at]} at {minutes[at]} minutes; let it give finite "
                "weights of 0 or more"
            )
        return weights

    return checked


def amounts(name: str, values: Amounts, ids: pd.Index, *, named: bool) -> np.ndarray:
    """Return a checked vector of amounts, float64, in the order of ``ids``.

    Parameters
    ----------
    name
        What to call it in an error.
    values
        A Series indexed by the ids in any order (ids that are not asked for are left out), or,
        where ids are positions, a vector of that length.
    ids
        Whose amounts they are.
    named
        Whether the ids were given, rather than being positions.

    Raises
    ------
    MeasureError
        If an id has no amount or several, a bare vector comes with named ids, the length is wrong,
        or an amount is negative or not finite.
    """
    given = aligned(name, values, ids, named=named)
    try:
        vector = np.asarray(given, float)
    except (TypeError, ValueError):
        raise MeasureError(f"{name} holds other things than numbers; give numbers") from None
    bad = ~((vector >= 0) & (vector < np.inf))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise MeasureError(f"{name} of {ids[at]} is {vector[at]}; give a finite number, 0 or more")
    return vector


def aligned(name: str, values: Any, ids: pd.Index, *, named: bool) -> np.ndarray:
    """Return values of any kind in the order of some ids; see ``amounts``."""
    if isinstance(values, pd.Series):
        return _in_order(name, values, ids)
    if named:
        raise MeasureError(
            f"{name} is a bare vector, but there are ids; give a Series that is indexed by them"
        )
    vector = np.asarray(values)
    if vector.shape != (len(ids),):
        raise MeasureError(f"{name} has shape {vector.shape}; give a vector of length {len(ids)}")
    return vector


def _in_order(name: str, values: pd.Series, ids: pd.Index) -> np.ndarray:
    plain = values.to_numpy()
    if pd.api.types.is_any_real_numeric_dtype(values) and plain.dtype == object:
        plain = values.to_numpy(float, na_value=np.nan)
    if values.index.equals(ids):
        return plain
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise MeasureError(f"{name} has several values for {twice}; give one for each id")
    places = values.index.get_indexer(ids)
    if (places < 0).any():
        lost = ids[places < 0]
        more = f" and {len(lost) - 1} others" if len(lost) > 1 else ""
        raise MeasureError(
            f"{name} has nothing for {lost[0]}{more}; index it by the same ids, each with a value"
        )
    return plain[places]
