"""Objectives, each to be small: covered (negative), cost, gap, minutes to the nearest open site."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array, hstack

from planner.siting.cover_model import Auxiliary, CoverModel, Least, Limit, Linear
from planner.siting.gini import GiniCurve, GiniLimit, Sum, least
from planner.siting.median import p_median
from planner.siting.minute_steps import MinuteSteps

AnyLimit = Limit | GiniLimit
_MANY_ENTRIES = 1_000_000


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
    def at_most(self, limit: float) -> list[AnyLimit]:
        """Return the limits that keep it up to a value."""

    @abstractmethod
    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out, and nothing that is better."""

    @abstractmethod
    def part(self, model: CoverModel, weight: float) -> Sum:
        """Return what it adds to a sum in which it counts with a weight of 0 or more."""

    def least(
        self,
        model: CoverModel,
        limits: Sequence[AnyLimit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which it is least; None where the limits leave none.

        ``known`` are sites that keep the limits.
        """
        return least(model, self.part(model, 1.0), limits, seed=seed, known=known)


@dataclass(frozen=True, eq=False)
class Plain(Objective):
    """A linear function; ``sign`` is -1 where its negative is what is reported."""

    of: Linear
    sign: float = 1.0

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        return model.value(self.of, new)

    def at_most(self, limit: float) -> list[AnyLimit]:
        """Return the limits that keep it up to a value."""
        return [Limit(self.of, upper=limit)] if limit < np.inf else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        return value - self.of.step / 2

    def part(self, model: CoverModel, weight: float) -> Sum:
        """Return what it adds to a sum."""
        return Sum(self.of * weight)


@dataclass(frozen=True, eq=False)
class PersonMinutes(Plain):
    """The sum of all minutes to the nearest open site: a p-median where many sites are in question.

    ``minutes`` are those that ``of`` sums up.
    """

    minutes: MinuteSteps = field(kw_only=True)

    def least(
        self,
        model: CoverModel,
        limits: Sequence[AnyLimit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the new sites for which it is least."""
        choice = model.problem.choice
        few = self.minutes.reach.nnz <= _MANY_ENTRIES
        if few or limits or known is not None or choice.p is None or not choice.only_number:
            return super().least(model, limits, seed, known)
        # What fixed sites and the most that counts leave is one site more, open already.
        today = csr_array(self.minutes.today[:, None])
        cost = csr_array(hstack([self.minutes.minutes[:, choice.free], today], format="csr"))
        some = np.flatnonzero(self.minutes.weights > 0)
        found = p_median(
            cost[some], choice.p, weights=self.minutes.weights[some], fixed=[len(choice.free)],
            time_limit_s=model.problem.watch.left, seed=seed,
        )  # fmt: skip
        new = choice.free[found.site_positions[:-1]]
        proven = found.status == "optimal"
        value = self.value(model, new)
        return Least(new, value, value if proven else min(found.bound, value), proven)


@dataclass(frozen=True, eq=False)
class Absolute(Objective):
    """The absolute value of a linear function."""

    of: Linear

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        return abs(model.value(self.of, new))

    def at_most(self, limit: float) -> list[AnyLimit]:
        """Return the limits that keep it up to a value."""
        return [Limit(self.of, -limit, limit)] if limit < np.inf else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        return value - self.of.step / 2

    def part(self, model: CoverModel, weight: float) -> Sum:
        """Return what it adds to a sum: z with z ≥ f and z ≥ -f."""
        slopes, constant = self.of.coefficients, self.of.constant
        far = abs(constant) + float(np.abs(slopes).sum())
        size = Auxiliary(
            cost=np.array([weight]),
            rows=csr_array(np.array([np.append(-slopes, 1.0), np.append(slopes, 1.0)])),
            lower=np.array([constant, -constant]),
            upper=np.full(2, np.inf),
            low=np.zeros(1),
            high=np.array([far]),
            at=lambda point: np.array([abs(constant + slopes @ point)]),
            exact=True,
        )
        return Sum(self.of * 0.0, (size,))


@dataclass(frozen=True, eq=False)
class Farthest(Objective):
    """Minutes of the demand that is worst off to its nearest open site."""

    model: CoverModel
    minutes: MinuteSteps

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        inside = np.zeros(self.minutes.reach.shape[1])
        inside[new] = 1.0
        reached = self.minutes.reach @ inside > 0
        nearest = self.minutes.today.copy()
        np.minimum.at(nearest, self.minutes.owner[reached], self.minutes.near[reached])
        return float(nearest.max(initial=0.0))

    def at_most(self, limit: float) -> list[AnyLimit]:
        """Return the limits that keep it up to a value."""
        if limit == np.inf:
            return []
        rows = self._needed(limit)
        if rows is None:
            return [Limit(self._rows(np.zeros(0, int)), lower=1.0)]
        return [Limit(self._rows(rows), lower=float(len(rows)))] if len(rows) else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        known = self._values()
        return float(known[known < value].max(initial=-1.0))

    def part(self, model: CoverModel, weight: float) -> Sum:
        """Return what it adds to a sum: what each number of minutes that all are within saves.

        z says for each number whether they are, and is no more than any row that must be covered.
        """
        self.minutes.check_finite("farthest")
        known = self._values()
        now = float(self.minutes.today.max(initial=0.0))
        needed = [(at, self._needed(at)) for at in known[known < now]]
        levels = [(at, rows) for at, rows in needed if rows is not None]
        falls = np.diff([at for at, _ in levels] + [now])
        count = len(self._rows(np.zeros(0, int)).coefficients)
        sites = model.cover.shape[1]
        pairs = [(z, sites + row) for z, (_, rows) in enumerate(levels) for row in rows]
        which, row = np.array(pairs, int).reshape(-1, 2).T
        owner = np.repeat(np.arange(len(pairs)), 2)
        columns = np.stack([row, count + which], axis=1).ravel()
        signs = np.tile([1.0, -1.0], len(pairs))
        shape = (len(pairs), count + len(levels))

        def reached(point: np.ndarray) -> np.ndarray:
            return np.array([point[sites + rows].min(initial=1.0) for _, rows in levels])

        saved = Auxiliary(
            cost=-weight * falls,
            rows=csr_array((signs, (owner, columns)), shape=shape),
            lower=np.zeros(len(pairs)),
            upper=np.full(len(pairs), np.inf),
            low=np.zeros(len(levels)),
            high=np.ones(len(levels)),
            at=reached,
        )
        nothing = self._rows(np.zeros(0, int))
        return Sum(Linear(weight * now, nothing.sites, nothing.rows), (saved,))

    def least(
        self,
        model: CoverModel,
        limits: Sequence[AnyLimit],
        seed: int,
        known: np.ndarray | None = None,
    ) -> Least | None:
        """Return the sites of the least radius within which everyone has one: by bisection."""
        nothing = Sum(self._rows(np.zeros(0, int)))
        radii = self._values()
        best = known
        if best is None:
            first = least(model, nothing, limits, seed=seed)
            if first is None:
                return None
            best = first.new
        low, high = 0, int(np.searchsorted(radii, self.value(model, best)))
        while low < high:
            middle = (low + high) // 2
            within = [*limits, *self.at_most(radii[middle])]
            found = least(model, nothing, within, seed=seed)
            if found is None:
                low = middle + 1
            else:
                best = found.new
                high = min(middle, int(np.searchsorted(radii, self.value(model, best))))
        value = self.value(model, best)
        return Least(best, value, value, True)

    def _values(self) -> np.ndarray:
        """Return every value that it can have, ascending."""
        return np.unique(np.concatenate([self.minutes.near, self.minutes.today, [0.0, np.inf]]))

    def _needed(self, limit: float) -> np.ndarray | None:
        """Return the rows to be covered so that all are within a limit; None if some never are."""
        minutes = self.minutes
        within = np.flatnonzero(minutes.near <= limit)
        last = np.full(len(minutes.today), -1)
        np.maximum.at(last, minutes.owner[within], within)
        steps = last[minutes.today > limit]
        return None if (steps < 0).any() else np.unique(minutes.rows(self.model)[steps])

    def _rows(self, rows: np.ndarray) -> Linear:
        """Return how many of some rows are covered."""
        demands, sites = self.model.cover.shape
        return Linear(0.0, np.zeros(sites), np.isin(np.arange(demands), rows).astype(float))


@dataclass(frozen=True, eq=False)
class Gini(Objective):
    """The Gini index of the minutes to the nearest open site."""

    curve: GiniCurve

    def value(self, model: CoverModel, new: np.ndarray) -> float:
        """Return its value where some sites are new."""
        return self.curve.value(model.point(new)[model.cover.shape[1] :])

    def at_most(self, limit: float) -> list[AnyLimit]:
        """Return the limits that keep it up to a value."""
        return [GiniLimit(self.curve, limit)] if limit < np.inf else []

    def below(self, value: float) -> float:
        """Return the largest limit that leaves a value out."""
        return value - 1e-6

    def part(self, model: CoverModel, weight: float) -> Sum:
        """Return what it adds to a sum."""
        return Sum(model.cost() * 0.0, curve=self.curve, weight=weight)
