"""What the models are given: a matrix, travel times or a long table, with ids of demand and sites.

Ids in, ids out: whoever gives a bare matrix names demand and sites by their positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, issparse

from planner.errors import SitingError
from planner.siting.on_demand import OnDemand

_SHOWN = 5  # ids that a message names
LONG_TABLE = ("from_id", "to_id", "travel_time")
ArrayLike: TypeAlias = "np.ndarray | pd.Series | Sequence[float]"
Amount: TypeAlias = "ArrayLike | float"


@dataclass(frozen=True, eq=False)
class Matrix:
    """Numbers between demand (rows) and sites (columns).

    Attributes
    ----------
    values
        Dense, or in compressed sparse rows: absent = this site cannot serve this demand; a stored
        0 is 0. Stored entries are ascending within each row.
    demand_ids, site_ids
        Ids of the rows and of the columns; positions where none were given.
    """

    values: np.ndarray | csr_array
    demand_ids: pd.Index
    site_ids: pd.Index

    @classmethod
    def read(cls, given: Any, name: str = "cost") -> Matrix:
        """Return the matrix that a caller gave.

        Parameters
        ----------
        given
            A ``Matrix``; a dense or sparse matrix demand × sites; a ``TravelTimes``; a long table
            with the columns from_id, to_id and travel_time; a table with demand ids as its index
            and site ids as its columns; or ``Points`` or ``Costs``, if they are few.
        name
            What to call it in an error.

        Raises
        ------
        SitingError
            If it is none of these, an id stands twice, a pair stands in a long table twice, or
            points are too many for a matrix.
        """
        if isinstance(given, Matrix):
            return given
        if isinstance(given, OnDemand):
            return cls(given.dense(), given.demand_ids, given.site_ids)
        if callable(given):
            raise SitingError(
                f"{name} is a function; say how many there are: Costs(function, demand=, sites=)"
            )
        if hasattr(given, "supply_ids"):
            return _once(cls(_sorted(given.minutes), given.demand_ids, given.supply_ids), name)
        if isinstance(given, pd.DataFrame):
            return _once(_from_frame(given, name), name)
        values = _sorted(given) if issparse(given) else np.asarray(given)
        if values.dtype.kind not in "biuf":
            values = numbers(name, values)
        if values.ndim != 2:
            dimensions = values.ndim
            raise SitingError(f"{name} has {dimensions} dimensions; give a matrix demand × sites")
        return cls(values, pd.RangeIndex(values.shape[0]), pd.RangeIndex(values.shape[1]))

    def reach(self, radius: float | None) -> csr_array:
        """Return which site reaches which demand, as sparse bool; exactly at the radius counts.

        Parameters
        ----------
        radius
            Sites up to here reach; None if the values say it already: true or 1 where a site
            reaches, or sparse floating-point minutes, stored where they are within the limit.

        Raises
        ------
        SitingError
            If no radius is given and a dense matrix holds other numbers than 0 and 1, or one is
            given and a number is negative or missing.
        """
        values = self.values
        numeric = values if isinstance(values, np.ndarray) else values.data
        if radius is not None and not (numeric >= 0).all():
            raise SitingError(
                "reach holds a number below 0, or none at all; give 0 or more, and inf where a "
                "site cannot serve"
            )
        if isinstance(values, np.ndarray):
            if radius is not None:
                return csr_array(values <= radius)
            if values.dtype != bool and not np.isin(values, (0, 1)).all():
                raise SitingError(
                    "reach holds other numbers than 0 and 1; give the radius, or compare with it"
                )
            return csr_array(values.astype(bool))
        stored = np.ones(values.nnz, bool)
        if radius is not None:
            stored = values.data <= radius
        elif not np.issubdtype(values.dtype, np.floating):
            stored = values.data.astype(bool)
        reach = csr_array((stored, values.indices, values.indptr), shape=values.shape, copy=True)
        reach.eliminate_zeros()
        return reach

    def site_positions(self, name: str, sites: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Return the positions of sites named by their ids, ascending, each once.

        Raises
        ------
        SitingError
            If there is no such site.
        """
        return positions(self.site_ids, name, sites)


def positions(ids: pd.Index, name: str, sites: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Return the positions of some ids, ascending, each once.

    Raises
    ------
    SitingError
        If an id is not there.
    """
    wanted = list(sites)
    if wanted and not pd.api.types.is_bool_dtype(ids) and isinstance(wanted[0], bool | np.bool_):
        raise SitingError(f"{name} is a mask; give the ids of the sites")
    found = ids.get_indexer(pd.Index(wanted)) if wanted else np.empty(0, np.int64)
    if (found < 0).any():
        missing = wanted[int(np.flatnonzero(found < 0)[0])]
        known = f"{ids[0]} to {ids[-1]}" if len(ids) else "none"
        raise SitingError(f"{name} names site {missing}; there are sites {known}")
    return np.unique(found).astype(np.int64)


def amounts(name: str, values: Amount | None, ids: pd.Index, *, default: float = 1.0) -> np.ndarray:
    """Return a checked vector of amounts, aligned by id; ``default`` where none is given.

    Parameters
    ----------
    name
        What to call it in an error.
    values
        A vector in the order of ``ids``, a Series indexed by them in any order, or one number for
        all.
    ids
        Whose amounts they are.
    default
        What each has where ``values`` is None.

    Raises
    ------
    SitingError
        If an id has no amount, the length is wrong, or an entry is negative or not finite.
    """
    if values is None:
        return np.full(len(ids), default)
    if isinstance(values, pd.Series):
        lost = ids[~ids.isin(values.index)]
        if len(lost):
            raise SitingError(f"{name} has nothing for {lost[0]}; index it by the ids")
        if not values.index.is_unique:
            twice = values.index[values.index.duplicated()][0]
            raise SitingError(f"{name} has two amounts for {twice}; give each id once")
        values = values.loc[ids]
    vector = numbers(name, values)
    if not vector.ndim:
        vector = np.full(len(ids), float(vector))
    if vector.shape != (len(ids),):
        raise SitingError(f"{name} has shape {vector.shape}; give a vector of length {len(ids)}")
    bad = ~(np.isfinite(vector) & (vector >= 0))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise SitingError(f"{name}[{ids[at]}] is {vector[at]}; give a finite number of 0 or more")
    return vector


def numbers(name: str, values: Any) -> np.ndarray:
    """Return values as floating-point numbers.

    Raises
    ------
    SitingError
        If they are none.
    """
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise SitingError(f"{name} holds what is not a number; give numbers") from None


def _sorted(matrix: Any) -> csr_array:
    """Return compressed sparse rows with ascending columns; stored zeros stay."""
    rows = csr_array(matrix)
    if not rows.has_sorted_indices:
        rows = rows.copy()
        rows.sort_indices()
    return rows


def some(ids: pd.Index) -> str:
    """Return a few ids for a message, and how many more there are."""
    named = ", ".join(str(name) for name in ids[:_SHOWN])
    more = len(ids) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named


def _once(matrix: Matrix, name: str) -> Matrix:
    for kind, ids in (("demand", matrix.demand_ids), ("site", matrix.site_ids)):
        if not ids.is_unique:
            twice = ids[ids.duplicated()][0]
            raise SitingError(f"{name}: the {kind} id {twice} stands twice; give each once")
    return matrix


def _from_frame(frame: pd.DataFrame, name: str) -> Matrix:
    if not set(LONG_TABLE) <= set(frame.columns):
        if "geometry" in frame.columns:
            raise SitingError(f"{name} is a layer; siting.from_geodataframe makes a matrix of two")
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
            columns = ", ".join(LONG_TABLE)
            raise SitingError(
                f"{name} is a table without the columns {columns}; rename its columns to these"
            )
        return Matrix(frame.to_numpy(), frame.index, frame.columns)
    for column in LONG_TABLE[:2]:
        if frame[column].isna().any():
            at = int(np.flatnonzero(frame[column].isna())[0])
            raise SitingError(f"{name}, row {at}: {column} is missing; give every pair both ids")
    rows, demand = pd.factorize(frame["from_id"], sort=True)
    columns, sites = pd.factorize(frame["to_id"], sort=True)
    minutes = numbers(f"{name}, travel_time,", frame["travel_time"])
    known = ~np.isnan(minutes)
    shape = (len(demand), len(sites))
    matrix = coo_array((minutes[known], (rows[known], columns[known])), shape=shape)
    twice = frame.duplicated(["from_id", "to_id"])
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        pair = f"{frame['from_id'].iloc[row]} to {frame['to_id'].iloc[row]}"
        raise SitingError(f"{name}, row {row + 1}: the pair {pair} stands in an earlier row too")
    return Matrix(_sorted(matrix), pd.Index(demand), pd.Index(sites))
