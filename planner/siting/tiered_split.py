"""Bounds where referral starts at the facility: each path's cost is split between its two ends.

A demand that site j serves and refers to site l costs cᵢⱼₗ = dᵢⱼ + s tⱼₗ. Whatever aᵢⱼ + bᵢₗ ≤ cᵢⱼₗ
for all j and l makes a problem of two tiers that cost no more, each with travel of its own, whose
bound is one of the problem asked; the best split gives the bound of the path formulation (Aardal,
Chudak and Shmoys 1999), whose dual the a and b are. They are improved in turns: what does not pay
at the prices found is given away, bᵢₗ = minⱼ (cᵢⱼₗ - min(aᵢⱼ, uᵢ₁)), then
aᵢⱼ = minₗ (cᵢⱼₗ - min(bᵢₗ, uᵢ₂)), which never lowers the bound. What tiers above the second add is
taken at its least.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from planner.siting import tiered_bound_kernels as kernels
from planner.siting.inputs import Matrix
from planner.siting.tiered_bound import Ascent, Prices
from planner.siting.tiered_problem import Sorted, TieredProblem
from planner.siting.watch import Watch

_TURNS = 8
_STEPS = 400
_LEAST_PROGRESS = 2e-4
_THREADS = 2


class Split:
    """A problem with referral from the facility, its paths' costs split."""

    def __init__(self, problem: TieredProblem, levels: np.ndarray) -> None:
        """Begin with the split that is tight at a known answer."""
        assert problem.links is not None
        self.problem, self.levels = problem, levels
        near = problem.near[0]
        count = len(levels)
        self.home = np.full((len(problem.weights), count), np.inf)
        self.home[near.rows, near.sites] = near.cost
        ahead, _ = problem.onward(problem.able)
        self.ways = problem.shares[0] * (problem.links[0] + ahead[:, 1])
        self.ways[:, ~problem.able[:, 1]] = np.inf
        opened = levels[:, None] >= np.arange(1, problem.choice.tiers + 1)
        there = np.where(opened[:, 1], 0.0, np.inf)
        on = (self.ways + there).min(axis=1)
        total = self.home + on
        known = np.where(opened[:, 0], total, np.inf)
        at = known.argmin(axis=1)
        two = np.partition(known, min(1, count - 1), axis=1)[:, min(1, count - 1)]
        self.lower = total - on[at][:, None]
        farthest = np.where(np.isfinite(two), two, known.min(axis=1)) - on[at]
        self.lower = np.minimum(self.lower, farthest[:, None])
        self.lower[~np.isfinite(self.home)] = np.inf
        self.upper = self._other(self.home - _zero(self.lower), self.ways)

    def climb(self, value: float, watch: Watch) -> Ascent:
        """Return the best bound found."""
        weights = np.tile(self.problem.weights, 2)
        best: Ascent | None = None
        price, shift = np.zeros(0), np.zeros((2, 0))
        for turn in range(_TURNS):
            shifts = np.stack([_least(self.lower), _least(self.upper)])
            near = [
                _sorted(self.problem, cost - least[:, None], k)
                for k, (cost, least) in enumerate(
                    zip((self.lower, self.upper), shifts, strict=True)
                )
            ]
            offset = float(self.problem.weights @ shifts.sum(axis=0))
            prices = Prices(self.problem.choice, near, weights, self.levels, offset)
            if turn:
                prices.price = np.clip(price + weights * (shift - shifts).ravel(), 0.0, prices.most)
            ascent = Ascent(self.problem.choice, prices)
            ascent.climb(value, _STEPS * (1 + (turn == 0)), watch)
            price, shift = ascent.best, shifts
            before = -np.inf if best is None else best.bound
            if best is None or ascent.bound > before:
                best = ascent
                self.paid = (price + weights * shift.ravel()).reshape(2, -1).sum(axis=0)
            done = ascent.bound - before < _LEAST_PROGRESS * abs(value)
            if watch.up or ascent.bound >= value * (1 - 1e-9) or done:
                break
            if turn + 1 < _TURNS:
                self._improve(price.reshape(2, -1), shifts)
        assert best is not None
        return best

    def _improve(self, price: np.ndarray, shifts: np.ndarray) -> None:
        """Give away what does not pay at these prices."""
        weight = self.problem.weights
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = np.where(weight > 0, price / weight, 0.0) + shifts
        given = np.minimum(self.lower, unit[0][:, None])
        self.upper = self._other(self.home - _zero(given), self.ways)
        self.upper = np.minimum(self.upper, unit[1][:, None])
        self.lower = self.home + self._other(-self.upper, np.ascontiguousarray(self.ways.T))
        self.lower[~np.isfinite(self.home)] = np.inf

    def _other(self, first: np.ndarray, ways: np.ndarray) -> np.ndarray:
        out = np.empty_like(first)
        ends = np.linspace(0, len(first), _THREADS + 1).astype(int)
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = [
                pool.submit(kernels.least_sums, first, ways, begin, end, out)
                for begin, end in itertools.pairwise(ends)
            ]
            for part in parts:
                part.result()
        return out

    def spare(self, slack: float) -> np.ndarray:
        """Return the unit cost beyond which no answer that is better by the slack serves a row."""
        weights = self.problem.weights
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(weights > 0, (self.paid + slack) / weights, np.inf) * (1 + 1e-9)


def _zero(cost: np.ndarray) -> np.ndarray:
    """Return costs with 0 where there is no way: what is infinite elsewhere stays so."""
    return np.where(np.isfinite(cost), cost, 0.0)


def _least(cost: np.ndarray) -> np.ndarray:
    least = cost.min(axis=1, initial=np.inf)
    return np.where(np.isfinite(least), least, 0.0)


def _sorted(problem: TieredProblem, cost: np.ndarray, tier: int) -> Sorted:
    matrix = Matrix(np.maximum(cost, 0.0), problem.demand_ids, problem.choice.site_ids)
    return Sorted.of(matrix, problem.able[:, tier])
