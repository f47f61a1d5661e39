"""Minutes to the nearest open site, as steps that open sites cover.

With Tᵢ the minutes of demand i to the nearest fixed site and Dᵢ₁ < Dᵢ₂ < … < Tᵢ those of the
free sites that are nearer, tᵢ = Tᵢ - Σₖ (Dᵢ,ₖ₊₁ - Dᵢₖ) yᵢₖ, where yᵢₖ says whether a free site
within Dᵢₖ is open: a covering row. So every function of the nearest minutes is linear in covered
rows.

Cornuéjols, Nemhauser and Wolsey (1980), "A canonical representation of simple plant location
problems and its applications", SIAM Journal on Algebraic and Discrete Methods 1; Elloumi (2010), "A
tighter formulation of the p-median problem", Journal of Combinatorial Optimization 19.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from planner.errors import SitingError
from planner.siting.cover_model import CoverModel, Linear
from planner.siting.inputs import Amount, Matrix, amounts
from planner.siting.problem import CoverProblem

_MOST_ENTRIES = 50_000_000


@dataclass(frozen=True, eq=False)
class MinuteSteps:
    """The steps of all demand that has weight.

    Attributes
    ----------
    today
        Minutes of each demand to its nearest fixed site, shape (demands,); infinite, or what counts
        as the most, where none is near enough. Demand without weight has 0.
    weights
        Weight of each demand.
    owner, near, far
        Of each step its demand, and the minutes up to which and from which on it changes nothing;
        ascending by demand, then minutes.
    reach
        Which site (position) is within ``near`` of the demand: steps × sites, bool.
    minutes
        Minutes to the free sites that are nearer than today: demand × sites.
    """

    today: np.ndarray
    weights: np.ndarray
    owner: np.ndarray
    near: np.ndarray
    far: np.ndarray
    reach: csr_array
    minutes: csr_array

    @classmethod
    def of(cls, problem: CoverProblem, minutes: Any, beyond: Amount | None) -> MinuteSteps:
        """Return the steps of minutes (demand × sites, absent where too far to count).

        Parameters
        ----------
        beyond
            The most minutes that a demand counts, for those without a site too; None for no most.

        Raises
        ------
        SitingError
            If minutes have another shape than the reach or are negative, or are too many.
        """
        shape, most = problem.reach.shape, np.full(problem.reach.shape[0], np.inf)
        if beyond is not None:
            most = amounts("beyond_minutes", beyond, problem.demand_ids)
        rows, columns, values = _entries(minutes, shape)
        most[problem.weights == 0] = 0.0
        fixed = np.isin(columns, problem.fixed)
        today = most.copy()
        np.minimum.at(today, rows[fixed], values[fixed])
        use = np.isin(columns, problem.free) & (values < today[rows])
        order = np.flatnonzero(use)[np.lexsort((values[use], rows[use]))]
        rows, columns, values = rows[order], columns[order], values[order]
        # A step ends where the next entry is farther, or of another demand; it holds all before it.
        last = np.ones(len(rows), bool)
        last[:-1] = (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])
        ends = np.flatnonzero(last) + 1
        owner, near = rows[ends - 1], values[ends - 1]
        starts = np.searchsorted(rows, owner)
        far = np.append(near[1:], np.inf)
        final = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, bool)
        far[: len(owner)][final] = today[owner[final]]
        sizes = ends - starts
        if sizes.sum() > _MOST_ENTRIES:
            raise SitingError(
                f"minutes make {sizes.sum():,} entries; leave out the pairs too far to matter"
            )
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        inside = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - starts, sizes)
        reach = csr_array(
            (np.ones(indptr[-1], bool), columns[inside], indptr), shape=(len(owner), shape[1])
        )
        reach.sort_indices()
        pointers = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=shape[0]))])
        nearer = csr_array((values, columns, pointers), shape=shape)
        return cls(today, problem.weights, owner, near, far[: len(owner)], reach, nearer)

    def total(
        self,
        model: CoverModel,
        name: str,
        of: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda demand, minutes: minutes,
    ) -> Linear:
        """Return Σᵢ wᵢ f(i, tᵢ), linear in the model's rows.

        Parameters
        ----------
        model
            Its further rows are these steps.
        name
            What to call the sum in an error.
        of
            f, of demand (positions) and minutes; 0 at 0 minutes for demand without weight.

        Raises
        ------
        SitingError
            If a demand may be without any site and nothing says what that counts.
        """
        self.check_finite(name)
        everyone = np.arange(len(self.today))
        now = float(self.weights @ of(everyone, self.today))
        falls = self.weights[self.owner] * (of(self.owner, self.far) - of(self.owner, self.near))
        covered = model.covered(falls, of=slice(len(self.today), None))
        return Linear(now, np.zeros(len(covered.sites)), covered.rows * -1.0)

    def check_finite(self, name: str) -> None:
        """Refuse minutes without a most, where a demand may be without any site.

        Raises
        ------
        SitingError
            If there is such a demand.
        """
        if not np.isfinite(self.today).all():
            raise SitingError(
                f"{name} needs beyond_minutes: what a demand counts that no open site is near"
            )

    def rows(self, model: CoverModel) -> np.ndarray:
        """Return the model's row of each step."""
        return model.group[len(self.today) :]


def _entries(given: Any, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return demand, site and minutes of each pair that is there."""
    values = Matrix.read(given, "minutes").values
    if values.shape != shape:
        raise SitingError(f"minutes has shape {values.shape}; give that of reach, {shape}")
    if isinstance(values, np.ndarray):
        rows, columns = np.nonzero(~np.isposinf(values.astype(float)))
        data = values[rows, columns].astype(float)
    else:
        rows = np.repeat(np.arange(shape[0]), np.diff(values.indptr))
        columns, data = values.indices, values.data.astype(float)
    if not (data >= 0).all():
        raise SitingError("minutes holds a number below 0, or none at all; give 0 or more")
    return rows, columns, data
