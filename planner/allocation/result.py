"""What an allocation says: who is served where, how full places are, who is not served and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.siting.watch import relative_gap

Status = Literal["optimal", "feasible"]
OUT_OF_REACH = "out_of_reach"
BORDER = "border"
FULL = "full"
REASONS = (OUT_OF_REACH, BORDER, FULL)


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Who is served where.

    Attributes
    ----------
    method
        ``nearest``, ``system optimal``, ``whole`` or ``choice``.
    flows
        How much of each demand each supply serves (sparse, demand × supply), in units of demand.
    minutes
        Minutes of each flow, in the order of its entries; penalties for borders not included.
    demand, capacity
        Units of each demand and what each supply can take, by id; capacity infinite if not given.
    unserved
        Units of each demand that nobody serves, by id.
    reason
        Why not, by id: ``out_of_reach`` (no supply within the limit), ``border`` (only across a
        border that is respected), ``full`` (those within reach are full); missing where all is
        served.
    objective, bound
        Person-minutes of those served, penalties included, and what no allocation that serves as
        many can go below; equal if proven optimal, and for methods that optimise nothing.
    """

    method: str
    flows: csr_array
    minutes: np.ndarray
    demand: pd.Series
    capacity: pd.Series
    unserved: pd.Series
    reason: pd.Series
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def status(self) -> Status:
        """``optimal`` if proven, else ``feasible``."""
        return "optimal" if self.gap == 0 else "feasible"

    @cached_property
    def loads(self) -> pd.DataFrame:
        """A row per supply: load, capacity, use (load / capacity), slack, overload, demands."""
        load = self.flows.sum(axis=0)
        capacity = self.capacity.to_numpy()
        use = np.divide(load, capacity, out=np.full(len(load), np.nan), where=capacity > 0)
        used = self.flows.indices[self.flows.data > 0]
        rounding = 1e-9 * np.maximum(load, 1)
        columns = {
            "load": load,
            "capacity": capacity,
            "use": use,
            "slack": np.where(capacity - load > rounding, capacity - load, 0),
            "overload": np.where(load - capacity > rounding, load - capacity, 0),
            "demands": np.bincount(used, minlength=len(load)),
        }
        return pd.DataFrame(columns, index=self.capacity.index)

    @cached_property
    def served(self) -> pd.DataFrame:
        """A row per demand: demand, served, unserved, reason, supply_id (most of it), minutes.

        Minutes are the mean over what is served; missing where nothing is.
        """
        rows = np.repeat(np.arange(self.flows.shape[0]), np.diff(self.flows.indptr))
        count = self.flows.shape[0]
        units = np.bincount(rows, self.flows.data, minlength=count)
        minutes = np.bincount(rows, self.flows.data * self.minutes, minlength=count)
        order = np.lexsort((self.flows.indices, -self.flows.data, rows))
        order = order[self.flows.data[order] > 0]
        first = order[np.unique(rows[order], return_index=True)[1]]
        place = np.full(count, -1)
        place[rows[first]] = self.flows.indices[first]
        ids = self.capacity.index
        names = pd.Series(ids.take(np.maximum(place, 0)) if len(ids) else None, self.demand.index)
        if pd.api.types.is_integer_dtype(ids):
            names = names.astype("Int64")
        mean = np.divide(minutes, units, out=np.full(count, np.nan), where=units > 0)
        return pd.DataFrame(
            {
                "demand": self.demand,
                "served": units,
                "unserved": self.unserved,
                "reason": self.reason,
                "supply_id": names.where(place >= 0),
                "minutes": mean,
            },
            index=self.demand.index,
        )

    def summary(self) -> str:
        """Return the answer in one line."""
        total, left = self.demand.sum(), self.unserved.sum()
        over = int((self.loads["overload"] > 0).sum())
        return (
            f"{self.method}: {total - left:,.0f} of {total:,.0f} served, {left:,.0f} not; "
            f"{over} of {len(self.capacity)} places over capacity; "
            f"{self.objective:,.0f} person-minutes, {self.status}, gap {self.gap:.4%}"
        )

    def __repr__(self) -> str:
        """Return the summary."""
        return f"Allocation({self.summary()})"
