"""What a siting model answers: the sites, how good they are, and how good any could be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.siting.watch import relative_gap

if TYPE_CHECKING:
    from planner.siting.choice import SiteChoice
    from planner.siting.request import Request

Status = Literal["optimal", "feasible", "infeasible"]
NOWHERE = -1
_SHOWN_SITES = 20
TIME_UP = "the time given was up before optimality was proven"
CLOSE_ENOUGH = "the gap asked for was reached before optimality was proven"


@dataclass(frozen=True, eq=False, repr=False)
class SitingResult:
    """The answer of a siting model.

    Attributes
    ----------
    model
        Name of the model, such as ``"MCLP"``.
    status
        ``optimal`` (proven), ``feasible`` (the best found in the time given) or ``infeasible``.
    site_positions
        Positions of the open sites, ascending, sites that are open already included; empty if
        infeasible.
    assigned
        For each demand the position of the site that serves it (most of it, where it is split),
        -1 where none does.
    objective
        Value of the answer: weight covered, or cost; NaN if infeasible.
    bound
        What no answer can beat: at least the objective where it is maximised, at most where it is
        minimised.
    seconds
        How long it took.
    message
        Why it is infeasible or unproven, and the demand that makes it so; empty if optimal.
    weights
        Weight of each demand.
    fixed
        Positions of the sites that were open already.
    demand_ids, site_ids
        Ids of demand and sites; positions where the caller gave none.
    costs
        Cost of each demand to the site that serves it, NaN where none does; None in models without.
    shares
        Share of each demand that each site serves (sparse, demand × sites), where demand is split.
    capacity
        Capacity of each site, where the model has one.
    covered_share
        Share of each demand that counts as covered, where that is not all or nothing.
    sizes
        What each demand takes of the capacity of its site; None where that is its weight.
    request
        What the model was asked, so that ``alternatives`` can ask it again.
    """

    model: str
    status: Status
    site_positions: np.ndarray
    assigned: np.ndarray
    objective: float
    bound: float
    seconds: float
    message: str
    weights: np.ndarray
    fixed: np.ndarray
    demand_ids: pd.Index
    site_ids: pd.Index
    costs: np.ndarray | None = None
    shares: csr_array | None = None
    capacity: np.ndarray | None = None
    covered_share: np.ndarray | None = field(default=None)
    sizes: np.ndarray | None = None
    request: Request | None = field(default=None)

    @classmethod
    def impossible(
        cls,
        model: str,
        message: str,
        *,
        choice: SiteChoice,
        demand_ids: pd.Index,
        weights: np.ndarray,
        seconds: float,
    ) -> SitingResult:
        """Return that there is no answer, and why."""
        return cls(
            model=model,
            status="infeasible",
            site_positions=np.array([], dtype=np.int64),
            assigned=np.full(len(demand_ids), NOWHERE),
            objective=np.nan,
            bound=np.nan,
            seconds=seconds,
            message=message,
            weights=weights,
            fixed=choice.fixed,
            demand_ids=demand_ids,
            site_ids=choice.site_ids,
        )

    @property
    def gap(self) -> float:
        """How far the answer may be from the best: |objective - bound| / |objective|."""
        return relative_gap(self.objective, self.bound)

    @property
    def sites(self) -> np.ndarray:
        """Ids of the open sites, in the order of the sites given."""
        return np.asarray(self.site_ids[self.site_positions])

    @cached_property
    def assignment(self) -> np.ndarray:
        """For each demand the id of the site that serves it; -1 (None among text ids) for none."""
        if isinstance(self.site_ids, pd.RangeIndex):
            return self.assigned
        nowhere = NOWHERE if pd.api.types.is_numeric_dtype(self.site_ids) else None
        # -1 points at the last, which stands for no site.
        return np.array([*self.site_ids, nowhere], object)[self.assigned]

    @cached_property
    def demand(self) -> pd.DataFrame:
        """A row per demand: weight, site (missing where none serves it), cost, covered, share."""
        served = self.assigned != NOWHERE
        site = pd.Series(self.site_ids.take(self.assigned, fill_value=np.nan))
        if pd.api.types.is_integer_dtype(self.site_ids):
            site = site.astype("Int64")
        share = served.astype(float) if self.covered_share is None else self.covered_share
        columns = {"weight": self.weights, "site": site.to_numpy(), "covered": served}
        columns["share"] = share
        if self.costs is not None:
            columns["cost"] = self.costs
        frame = pd.DataFrame(columns, index=self.demand_ids)
        return frame.astype({"site": site.dtype})

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """A row per open site, by id: fixed, demands, load (what it serves), use of capacity."""
        served = self.assigned != NOWHERE
        sites = len(self.site_ids)
        demands = np.bincount(self.assigned[served], minlength=sites)
        sizes = self.weights if self.sizes is None else self.sizes
        load = np.bincount(self.assigned[served], sizes[served], minlength=sites)
        if self.shares is not None:
            demands = np.bincount(self.shares.indices[self.shares.data > 0], minlength=sites)
            load = self.shares.T @ sizes
        at = self.site_positions
        table = pd.DataFrame(
            {"fixed": np.isin(at, self.fixed), "demands": demands[at], "load": load[at]},
            index=self.site_ids[at].rename("site"),
        )
        if self.capacity is not None:
            table["use"] = table["load"] / self.capacity[at]
        return table

    def summary(self) -> str:
        """Return the answer in one line."""
        if self.status == "infeasible":
            return f"{self.model}: infeasible. {self.message}"
        new = len(self.site_positions) - len(self.fixed)
        return (
            f"{self.model}: {self.status}, {new} new sites beside {len(self.fixed)} fixed, "
            f"objective {self.objective:,g}, bound {self.bound:,g}, gap {self.gap:.4%}, "
            f"{self.seconds:.2f} s"
        )

    def __repr__(self) -> str:
        """Return the summary."""
        return f"SitingResult({self.summary()})"

    def _repr_html_(self) -> str:
        """Return the summary and the open sites, as notebooks show it."""
        table = self.facilities.to_html(max_rows=_SHOWN_SITES, border=0)
        return f"<p>{escape(self.summary())}</p>{table}"
