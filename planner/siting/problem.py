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
from planner.siting.inputs import ArrayLike, Matrix, amounts
from planner.siting.presolve import Cover, merged
from planner.siting.result import NOWHERE, SitingResult
from planner.siting.watch import Watch

_SHOWN = 5
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
        weights: ArrayLike | None = None,
        assigns: bool = False,
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
        assigns
            Whether the model assigns demand to sites, so that a minimum use makes sense.
        **choice
            See ``SiteChoice.checked``.

        Raises
        ------
        SitingError
            If an argument has the wrong shape, is negative or not finite, or names a site that is
            not there; the text says which.
        """
        matrix = Matrix.read(reach, "reach")
        problem = cls(
            reach=matrix.reach(radius),
            weights=amounts("weights", weights, matrix.demand_ids),
            choice=SiteChoice.checked(matrix.site_ids, **choice),
            demand_ids=matrix.demand_ids,
            watch=watch,
        )
        if problem.choice.minimum_use.any() and not assigns:
            raise SitingError(
                "rules asks for a minimum use, but this model assigns no demand to sites; "
                "leave minimum_use out, or give capacity"
            )
        return problem

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
            "message": "" if proven else "the time given was up before optimality was proven",
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
        return SitingResult(
            model=model,
            status="infeasible",
            site_positions=np.array([], dtype=np.int64),
            assigned=np.full(self.reach.shape[0], NOWHERE),
            objective=np.nan,
            bound=np.nan,
            seconds=self.watch.seconds,
            message=message,
            weights=self.weights,
            fixed=self.fixed,
            demand_ids=self.demand_ids,
            site_ids=self.choice.site_ids,
        )

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the reach in the types that the kernels are compiled for."""
        return self.reach.indptr.astype(np.int64), self.reach.indices.astype(np.int32, copy=False)


def some(demand: pd.Index) -> str:
    """Return a few ids, and how many more there are."""
    named = ", ".join(str(name) for name in demand[:_SHOWN])
    more = len(demand) - _SHOWN
    return f"{named} and {more} more" if more > 0 else named
