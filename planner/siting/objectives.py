"""Objectives of a covering model, each to be small: covered (negative), cost, gap, farthest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.errors import SitingError
from planner.siting.cover_model import CoverModel, Least, Limit, Linear
from planner.siting.fair import covered_share
from planner.siting.inputs import Matrix

_APART = 1e-6  # of the largest value: points nearer than that count as one


class Objective(ABC):
    """What is to be small.

    Attributes
    ----------
    sign
        -1 where what is reported is to be large.
    """

    sign: float = 1.0

    @abstractmethod
    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites (positions) are new."""

    @abstractmethod
    def at_most(self, limit: float) -> list[Limit]:
        """Return the limits that keep it up to a value."""

    @abstractmethod
    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out, and nothing that is better."""

    @abstractmethod
    def least(
        self,
        model: CoverModel,
        limits: Sequence[Limit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which it is least; None where the limits leave none.

        ``known`` are sites that keep the limits.
        """


@dataclass(frozen=True, eq=False)
class Plain(Objective):
    """A linear function; ``sign`` is -1 where its negative is what is reported."""

    of: Linear
    sign: float = 1.0

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        return model.value(self.of, new)

    def at_most(self, limit: float) -> list[Limit]:
        """Return the limits that keep it up to a value."""
        return [Limit(self.of, upper=limit)] if limit < np.inf else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        return value - _step(self.of)

    def least(
        self,
        model: CoverModel,
        limits: Sequence[Limit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which it is least."""
        return model.least(self.of, limits, seed=seed, known=known)


@dataclass(frozen=True, eq=False)
class Absolute(Objective):
    """The absolute value of a linear function."""

    of: Linear

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        return abs(model.value(self.of, new))

    def at_most(self, limit: float) -> list[Limit]:
        """Return the limits that keep it up to a value."""
        return [Limit(self.of, -limit, limit)] if limit < np.inf else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        return value - _step(self.of)

    def least(
        self,
        model: CoverModel,
        limits: Sequence[Limit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the better of the least where it is not negative, and where it is not positive."""
        found = [
            model.least(of, [*limits, Limit(of, lower=0.0)], seed=seed)
            for of in (self.of, self.of * -1.0)
        ]
        some = [one for one in found if one is not None]
        if not some:
            return None
        best = min(some, key=lambda one: abs(one.value))
        proven = all(one.proven for one in some)
        return Least(best.new, abs(best.value), min(one.bound for one in some), proven)


@dataclass(frozen=True, eq=False)
class Farthest(Objective):
    """Minutes of the demand that is worst off to its nearest open site.

    ``minutes`` is demand with weight × sites, dense, infinite where absent; ``sites`` are the
    positions of the model's free sites, ``fixed`` the minutes to the fixed one that is nearest.
    """

    minutes: np.ndarray
    fixed: np.ndarray
    rows: int

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        inside = np.isin(model.cover.sites, new)
        near = np.minimum(self.fixed, self.minutes[:, inside].min(axis=1, initial=np.inf))
        return float(near.max(initial=0.0))

    def at_most(self, limit: float) -> list[Limit]:
        """Return the limits that keep it up to a value."""
        if limit == np.inf:
            return []
        nothing = np.zeros(self.rows)
        if limit < 0:
            return [Limit(Linear(0.0, np.zeros(self.minutes.shape[1]), nothing), lower=1.0)]
        lacking = self.minutes[self.fixed > limit] <= limit
        distinct = np.unique(lacking, axis=0)
        return [Limit(Linear(0.0, row.astype(float), nothing), lower=1.0) for row in distinct]

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        known = self._values()
        return float(known[known < value].max(initial=-1.0))

    def least(
        self,
        model: CoverModel,
        limits: Sequence[Limit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the sites of the least radius within which everyone has one: by bisection."""
        nothing = Linear(0.0, np.zeros(self.minutes.shape[1]), np.zeros(self.rows))
        radii = self._values()
        best = known
        if best is None:
            first = model.least(nothing, limits, seed=seed)
            if first is None:
                return None
            best = first.new
        low, high = 0, int(np.searchsorted(radii, self.value(model, best)))
        while low < high:
            middle = (low + high) // 2
            within = [*limits, *self.at_most(radii[middle])]
            found = model.least(nothing, within, seed=seed)
            if found is None:
                low = middle + 1
            else:
                best = found.new
                high = min(middle, int(np.searchsorted(radii, self.value(model, best))))
        value = self.value(model, best)
        return Least(best, value, value, True)

    def _values(self) -> np.ndarray:
        """Return every value that it can have, ascending."""
        return np.unique(np.concatenate([self.minutes.ravel(), self.fixed, [0.0, np.inf]]))


def _step(of: Linear) -> float:
    """Return what two different values differ by at the least, halved; or what counts as apart."""
    used = np.abs(of.coefficients[of.coefficients != 0])
    whole = np.rint(used)
    if len(used) and (used == whole).all() and used.max() < 2**52:
        return float(np.gcd.reduce(whole.astype(np.int64))) / 2
    return _APART * (float(used.sum()) or 1.0)


def objective_of(name: str, model: CoverModel, *, groups: Any, minutes: Any) -> Objective:
    """Return the objective of a name.

    Raises
    ------
    SitingError
        If there is none, or what it is worked out from is not given.
    """
    problem = model.problem
    if name == "covered":
        return Plain(model.covered(problem.weights) * -1.0, sign=-1.0)
    if name == "cost":
        return Plain(model.cost())
    if name == "number":
        return Plain(model.cost(np.ones(len(problem.choice.site_ids))))
    if name == "gap":
        return Absolute(_gap(model, groups))
    if name == "farthest":
        return _farthest(model, minutes)
    known = "covered, cost, number, gap, farthest"
    raise SitingError(f"there is no objective {name!r}; give two of: {known}")


def _gap(model: CoverModel, groups: Any) -> Linear:
    if groups is None:
        raise SitingError("gap needs groups: the label of each demand, two labels in all")
    ids = model.problem.demand_ids
    labels = groups.loc[ids] if isinstance(groups, pd.Series) else pd.Series(list(groups))
    if len(labels) != len(ids) or labels.nunique() != 2:
        raise SitingError(
            f"groups has {len(labels)} entries and {labels.nunique()} labels; "
            f"give a label for each of the {len(ids)} demands, two labels in all"
        )
    parts = [
        covered_share(model, "groups", ids[(labels == label).to_numpy()])
        for label in sorted(labels.unique())
    ]
    if parts[0] is None or parts[1] is None:
        raise SitingError("one of the groups has no weight; gap needs two that have")
    return parts[0] - parts[1]


def _farthest(model: CoverModel, minutes: Any) -> Farthest:
    if minutes is None:
        raise SitingError("farthest needs minutes: demand × sites, absent where too far to count")
    problem = model.problem
    values = Matrix.read(minutes, "minutes").values
    shape = problem.reach.shape
    if values.shape != shape:
        raise SitingError(f"minutes has shape {values.shape}; give that of reach, {shape}")
    if isinstance(values, np.ndarray):
        dense = np.asarray(values, float)
    else:
        dense = np.full(shape, np.inf)
        owner = np.repeat(np.arange(shape[0]), np.diff(values.indptr))
        dense[owner, values.indices] = values.data
    dense = dense[problem.weights > 0]
    return Farthest(
        dense[:, model.cover.sites],
        dense[:, problem.fixed].min(axis=1, initial=np.inf),
        model.cover.shape[0],
    )
