"""A covering problem, checked, and made small without changing its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from planner.errors import SitingError
from planner.siting import presolve_kernels as kernels
from planner.siting.choice import SiteChoice
from planner.siting.inputs import Amount, Matrix, amounts
from planner.siting.on_demand import OnDemand
from planner.siting.presolve import Cover, merged
from planner.siting.result import NOWHERE, TIME_UP, SitingResult
from planner.siting.watch import Watch

_ROUNDING = 1e-11  # of sums over millions of rows


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
    watch
        Runs since the arguments came in.
    """

    reach: csr_array
    weights: np.ndarray
    choice: SiteChoice
    demand_ids: pd.Index
    watch: Watch = field(default_factory=lambda: Watch(np.inf))

    @classmethod
    def checked(
        cls,
        reach: Any,
        radius: float | None = None,
        *,
        watch: Watch,
        weights: Amount | None = None,
        **choice: Any,
    ) -> CoverProblem:
        """Return the problem that a caller's arguments state.

        Parameters
        ----------
        reach, radius
            See ``Matrix.reach``.
        watch
            The clock.
        weights
            Weight of each demand; 1 if left out.
        **choice
            See ``SiteChoice.checked``; no assignment if ``assigns`` is left out.

        Raises
        ------
        SitingError
            If an argument has the wrong shape, is negative or not finite, or names a site that is
            not there; the text says which.
        """
        if radius is not None and not radius >= 0:
            raise SitingError(f"radius is {radius}; give minutes or metres, 0 or more")
        if isinstance(reach, OnDemand):
            if radius is None:
                kind = type(reach).__name__
                raise SitingError(f"reach is {kind}; give the radius up to which they cover")
            reach = Matrix(reach.within(radius), reach.demand_ids, reach.site_ids)
        matrix = Matrix.read(reach, "reach")
        return cls(
            reach=matrix.reach(radius),
            weights=amounts("weights", weights, matrix.demand_ids),
            choice=SiteChoice.checked(matrix.site_ids, **({"assigns": False} | choice)),
            demand_ids=matrix.demand_ids,
            watch=watch,
        )

    @property
    def fixed(self) -> np.ndarray:
        """Positions of the sites that are open already, ascending."""
        return self.choice.fixed

    @property
    def free(self) -> np.ndarray:
        """Positions of the sites that may be chosen, ascending."""
        return self.choice.free

    def first_cover(self, sites: np.ndarray) -> np.ndarray:
        """Return for each demand the first of the given sites that covers it, -1 where none."""
        chosen = np.zeros(self.reach.shape[1], bool)
        chosen[sites] = True
        return kernels.first_cover(*self.rows(), chosen)

    def covered_by(self, sites: np.ndarray) -> np.ndarray:
        """Return which demand some of the given sites cover, shape (demands,)."""
        return self.first_cover(sites) != NOWHERE

    def out_of_reach(self) -> np.ndarray:
        """Return the positions of the demand that no fixed or free site reaches, ascending."""
        return np.flatnonzero(~self.covered_by(np.concatenate([self.fixed, self.free])))

    def open_rows(self) -> tuple[Cover, np.ndarray]:
        """Return what is left to decide: identical rows merged, settled rows left out.

        Returns
        -------
        cover
            Distinct demands that no fixed site covers × free sites.
        group
            For each demand its row, ``kernels.COVERED`` or ``kernels.UNREACHED``.
        """
        role = np.full(self.reach.shape[1], kernels.FORBIDDEN, np.int8)
        role[self.free] = kernels.FREE
        role[self.fixed] = kernels.FIXED
        everything = np.arange(self.reach.shape[1])
        return merged(*self.rows(), self.weights, role, everything, self.choice.costs)

    def result(
        self,
        model: str,
        new: np.ndarray,
        bound: float,
        *,
        objective: float | None = None,
        **more: Any,
    ) -> SitingResult:
        """Return the answer that some new sites (positions) make.

        Parameters
        ----------
        model
            Its name.
        new
            Positions of the new sites.
        bound
            What no answer can beat; the answer is proven where that is its objective, but for
            rounding.
        objective
            Its value; the cost of the new sites if left out.
        **more
            Further fields of the result, in place of those made here.
        """
        sites = np.union1d(self.fixed, new)
        value = float(self.choice.costs[new].sum()) if objective is None else float(objective)
        proven = abs(value - bound) <= _ROUNDING * abs(value)
        fields: dict[str, Any] = {
            "assigned": self.first_cover(sites) if "assigned" not in more else None,
            "message": "" if proven else TIME_UP,
        }
        return SitingResult(
            model=model,
            status="optimal" if proven else "feasible",
            site_positions=sites,
            objective=value,
            bound=value if proven else float(bound),
            seconds=self.watch.seconds,
            weights=self.weights,
            fixed=self.fixed,
            demand_ids=self.demand_ids,
            site_ids=self.choice.site_ids,
            **(fields | more),
        )

    def infeasible(self, model: str, message: str) -> SitingResult:
        """Return that there is no answer, and why."""
        return SitingResult.impossible(
            model,
            message,
            choice=self.choice,
            demand_ids=self.demand_ids,
            weights=self.weights,
            seconds=self.watch.seconds,
        )

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the reach in the types that the kernels are compiled for."""
        return self.reach.indptr.astype(np.int64), self.reach.indices.astype(np.int32, copy=False)
