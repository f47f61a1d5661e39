"""TravelTimes: sparse bounded minutes between demand and supply, the central structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack


@dataclass(frozen=True, eq=False, repr=False)
class TravelTimes:
    """Minutes from demand (rows) to supply (columns).

    Attributes
    ----------
    minutes
        float32 minutes in compressed sparse rows. What is absent is beyond the limit or cannot be
        reached; a stored 0 means 0 minutes and survives every operation here.
    demand_ids, supply_ids
        Ids of the rows and of the columns.
    mode
        Mode of travel; ``"mixed"`` where rows travel by different modes.
    limit_minutes
        How far travel was followed; None for no limit.
    approximate
        Whether minutes are great-circle distances with a detour factor, for lack of roads.
    demand_snap_metres, supply_snap_metres
        Straight distance from each point to the roads; 0 where approximate.
    searched
        How they were found: ``search`` (bounded Dijkstra) or ``hierarchy`` (contraction hierarchy)
        from origins or destinations, or great circle.
    """

    minutes: csr_array
    demand_ids: pd.Index
    supply_ids: pd.Index
    mode: str
    limit_minutes: float | None
    approximate: bool
    demand_snap_metres: np.ndarray
    supply_snap_metres: np.ndarray
    searched: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of demands and of supplies."""
        return len(self.demand_ids), len(self.supply_ids)

    def reach(self, minutes: float | None = None) -> csr_array:
        """Return which supply is within ``minutes`` (the limit if left out), as sparse bool.

        Exactly at ``minutes`` counts as within.
        """
        within = np.ones(self.minutes.nnz, bool)
        if minutes is not None:
            within = self.minutes.data <= minutes
        # A copy: eliminate_zeros works in place and would change the minutes' structure too.
        parts = within, self.minutes.indices, self.minutes.indptr
        reached = csr_array(parts, shape=self.minutes.shape, copy=True)
        reached.eliminate_zeros()
        return reached

    def within(self, minutes: pd.Series | float) -> TravelTimes:
        """Return only the pairs within so many minutes: one number, or one for each demand by id.

        Exactly at the minutes counts as within.
        """
        rows = np.repeat(np.arange(len(self.demand_ids)), np.diff(self.minutes.indptr))
        allowed = np.broadcast_to(
            minutes.loc[self.demand_ids].to_numpy(float)
            if isinstance(minutes, pd.Series)
            else float(minutes),
            len(self.demand_ids),
        )
        kept = self.minutes.data <= allowed[rows]
        counts = np.bincount(rows[kept], minlength=len(self.demand_ids))
        indptr = np.concatenate([[0], np.cumsum(counts)])
        near = csr_array(
            (self.minutes.data[kept], self.minutes.indices[kept], indptr), shape=self.minutes.shape
        )
        return replace(self, minutes=near, limit_minutes=float(allowed.max(initial=0.0)))

    def nearest(self) -> pd.DataFrame:
        """Return the nearest supply of each demand.

        Returns
        -------
        DataFrame
            By demand id: supply_id and minutes; missing where no supply is within the limit. Of
            several equally near the one whose column stands first.
        """
        rows = np.repeat(np.arange(len(self.demand_ids)), np.diff(self.minutes.indptr))
        order = np.lexsort((self.minutes.indices, self.minutes.data, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        supply = pd.Series(None, index=self.demand_ids, dtype=self.supply_ids.dtype)
        found = pd.Series(np.nan, index=self.demand_ids, dtype="float64")
        supply.iloc[rows[first]] = self.supply_ids[self.minutes.indices[first]]
        found.iloc[rows[first]] = self.minutes.data[first]
        return pd.DataFrame({"supply_id": supply, "minutes": found})

    def to_frame(self) -> pd.DataFrame:
        """Return a long table: from_id, to_id, travel_time (minutes), by row then column."""
        rows = np.repeat(np.arange(len(self.demand_ids)), np.diff(self.minutes.indptr))
        return pd.DataFrame(
            {
                "from_id": self.demand_ids[rows],
                "to_id": self.supply_ids[self.minutes.indices],
                "travel_time": self.minutes.data,
            }
        )

    def select(self, supply_ids: Sequence[object]) -> TravelTimes:
        """Return the columns of some supply, in the order given.

        Raises
        ------
        KeyError
            If an id is not among the supply.
        """
        columns = _positions(self.supply_ids, supply_ids)
        return replace(
            self,
            minutes=_with_zeros(self.minutes, slice(None), columns),
            supply_ids=self.supply_ids[columns],
            supply_snap_metres=self.supply_snap_metres[columns],
        )

    def select_demand(self, demand_ids: Sequence[object]) -> TravelTimes:
        """Return the rows of some demand, in the order given.

        Raises
        ------
        KeyError
            If an id is not among the demand.
        """
        rows = _positions(self.demand_ids, demand_ids)
        return replace(
            self,
            minutes=_with_zeros(self.minutes, rows, slice(None)),
            demand_ids=self.demand_ids[rows],
            demand_snap_metres=self.demand_snap_metres[rows],
        )

    @classmethod
    def vstack(cls, parts: Sequence[TravelTimes]) -> TravelTimes:
        """Return the rows of several under each other; all must have the same supply.

        Raises
        ------
        ValueError
            If their supply differs.
        """
        first = parts[0]
        if not all(part.supply_ids.equals(first.supply_ids) for part in parts):
            raise ValueError("parts have different supply_ids; stack those with the same supply")
        limits = {part.limit_minutes for part in parts}
        return cls(
            minutes=_with_zeros(vstack([part.minutes for part in parts], format="csr")),
            demand_ids=first.demand_ids.append([part.demand_ids for part in parts[1:]]),
            supply_ids=first.supply_ids,
            mode=first.mode if len({part.mode for part in parts}) == 1 else "mixed",
            limit_minutes=None if None in limits else max(limit for limit in limits if limit),
            approximate=any(part.approximate for part in parts),
            demand_snap_metres=np.concatenate([part.demand_snap_metres for part in parts]),
            supply_snap_metres=np.max([part.supply_snap_metres for part in parts], axis=0),
            searched=", ".join(sorted({part.searched for part in parts})),
        )

    def __repr__(self) -> str:
        """Return the size and the mode."""
        rows, columns = self.minutes.shape
        limit = "no limit" if self.limit_minutes is None else f"within {self.limit_minutes:g} min"
        how = ", approximate" if self.approximate else ""
        pairs = self.minutes.nnz
        return f"TravelTimes({rows} × {columns}, {pairs} pairs, {self.mode}, {limit}{how})"


def _positions(ids: pd.Index, wanted: Sequence[object]) -> np.ndarray:
    positions = ids.get_indexer(wanted)
    if (positions < 0).any():
        raise KeyError(list(wanted)[int(np.flatnonzero(positions < 0)[0])])
    return positions


def _with_zeros(
    minutes: csr_array, rows: object = slice(None), columns: object = slice(None)
) -> csr_array:
    """Return a part of a matrix with its stored zeros, columns in order within each row."""
    part = csr_array(minutes[rows][:, columns])
    part.sort_indices()
    return part
