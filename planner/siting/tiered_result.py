"""What the tiered models answer: the tier of each site, who is served where, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from planner.siting.result import NOWHERE, Status
from planner.siting.watch import relative_gap


@dataclass(frozen=True, eq=False, repr=False)
class TieredResult:
    """The answer of a tiered model; tiers are 1 (lowest) to K.

    Attributes
    ----------
    model
        Name of the model.
    status
        ``optimal`` (proven), ``feasible`` (the best found in the time given) or ``infeasible``.
    levels
        Tier of each site: the highest that it offers, 0 where closed; it offers all below too.
    now
        Tier of each site today.
    assigned
        Position of the site that serves each demand at each tier, -1 where none does, shape
        (demands, K).
    legs
        Cost of the way there: from home, or from the site of the tier below; infinite where nobody
        serves, shape (demands, K). None in models of coverage.
    flows
        Weight of each demand at each tier, shape (demands, K).
    objective, bound
        Value of the answer, and what no answer can beat; NaN if infeasible.
    spent
        What the raised sites cost together.
    seconds
        How long it took.
    message
        Why it is infeasible or unproven; empty if optimal.
    demand_ids, site_ids
        Ids of demand and sites; positions where the caller gave none.
    """

    model: str
    status: Status
    levels: np.ndarray
    now: np.ndarray
    assigned: np.ndarray
    legs: np.ndarray | None
    flows: np.ndarray
    objective: float
    bound: float
    spent: float
    seconds: float
    message: str
    demand_ids: pd.Index
    site_ids: pd.Index

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def sites(self) -> tuple[np.ndarray, ...]:
        """Ids of the sites of each tier, the lowest first; those of a higher tier not repeated."""
        tiers = range(1, self.flows.shape[1] + 1)
        return tuple(np.asarray(self.site_ids[self.levels == tier]) for tier in tiers)

    @cached_property
    def assignment(self) -> pd.DataFrame:
        """Site that serves each demand at each tier, by demand id; missing where none does."""
        columns = {
            tier: pd.Series(self.site_ids.take(self.assigned[:, tier - 1], fill_value=np.nan))
            for tier in range(1, self.flows.shape[1] + 1)
        }
        if pd.api.types.is_integer_dtype(self.site_ids):
            columns = {tier: column.astype("Int64") for tier, column in columns.items()}
        return pd.DataFrame(columns).set_axis(self.demand_ids)

    @cached_property
    def raised(self) -> pd.DataFrame:
        """A row per site built or upgraded, by id: from_tier (0: built) and to_tier."""
        at = np.flatnonzero(self.levels > self.now)
        return pd.DataFrame(
            {"from_tier": self.now[at], "to_tier": self.levels[at]},
            index=self.site_ids[at].rename("site"),
        )

    @cached_property
    def travel(self) -> pd.DataFrame:
        """A row per tier: sites, weight, served (weight), cost (weighted), mean and longest leg.

        In models of coverage weight and covered (weight) alone.
        """
        tiers = np.arange(1, self.flows.shape[1] + 1)
        table = pd.DataFrame(
            {"sites": [(self.levels >= tier).sum() for tier in tiers]},
            index=pd.Index(tiers, name="tier"),
        )
        table["weight"] = self.flows.sum(axis=0)
        served = self.assigned != NOWHERE
        if self.legs is None:
            return table.assign(covered=(self.flows * served).sum(axis=0))
        legs = np.where(served, self.legs, 0.0)
        table["served"] = (self.flows * served).sum(axis=0)
        table["cost"] = (self.flows * legs).sum(axis=0)
        table["mean"] = (table["cost"] / table["served"]).where(table["served"] > 0)
        table["longest"] = np.where(self.flows > 0, legs, 0.0).max(axis=0, initial=0.0)
        return table

    def summary(self) -> str:
        """Return the answer in one line."""
        if self.status == "infeasible":
            return f"{self.model}: infeasible. {self.message}"
        counts = np.bincount(self.levels[self.levels > self.now], minlength=2)[1:]
        raised = ", ".join(f"{n} to tier {tier}" for tier, n in enumerate(counts, start=1) if n)
        return (
            f"{self.model}: {self.status}, raised {raised or 'none'}, objective "
            f"{self.objective:,g}, bound {self.bound:,g}, gap {self.gap:.4%}, {self.seconds:.2f} s"
        )

    def __repr__(self) -> str:
        """Return the summary."""
        return f"TieredResult({self.summary()})"
