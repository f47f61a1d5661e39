"""Lower bounds for p-median: the Lagrangian dual of the assignment constraints, by ascent.

With a multiplier uᵢ for each demand's constraint "served once", the problem falls apart by sites:
L(u) = Σᵢ uᵢ + the p least of ρⱼ(u), where ρⱼ = Σᵢ min(0, wᵢcᵢⱼ - uᵢ). L(u) is a lower bound for
every u. A row that leaves sites out (too far to be listed) keeps uᵢ at or below the least cost of
what is left out; then those sites add nothing to any ρⱼ, and L(u) stays a bound.

Narula, Ogbu and Samuelsson (1977), "An algorithm for the p-median problem", Operations Research 25.
The steps are Polyak's along a deflected direction: Camerini, Fratta and Maffioli (1975), "On
improving relaxation methods by modified gradient techniques", Mathematical Programming Study 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from planner.siting.median_lists import Lists

DEFLECTION = 0.7
LEAST_STEP = 1e-5
_SHRINK = 0.7
_PROGRESS = 1e-6
_AVERAGING = 0.03


@dataclass
class Ascent:
    """An ascent of L(u) that can be taken up again.

    Attributes
    ----------
    lists
        The problem.
    p
        Sites to open among those listed.
    multipliers
        u, where the ascent is; shape (rows,).
    best
        Multipliers of the best bound so far.
    bound
        The best bound so far.
    step
        Length of a step, as a share of Polyak's.
    shares
        How often each site was among the p lately, 0 to 1: an estimate of the relaxation's x.
    chosen, chosen_cost
        The best set of p sites met on the way (bool, shape (sites,)), and its cost in the lists.
    """

    lists: Lists
    p: int
    multipliers: np.ndarray
    step: float = 1.0
    bound: float = -np.inf
    chosen_cost: float = np.inf
    best: np.ndarray = field(init=False)
    shares: np.ndarray = field(init=False)
    chosen: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        least = self.lists.least
        self._limits = least, np.maximum(self.lists.beyond, least)
        self.multipliers = np.clip(self.multipliers, *self._limits)
        self.best = self.multipliers.copy()
        self.shares = np.zeros(self.lists.site_count)
        self.chosen = np.zeros(self.lists.site_count, np.bool_)
        self._direction = np.zeros(len(self.multipliers))
        self._state = np.array([-np.inf, self.step, 0.0, np.inf])

    def climb(self, value: float, target: float, iterations: int, patience: int) -> None:
        """Take some steps; stop early once the bound reaches a target or steps are too small.

        Parameters
        ----------
        value
            Cost of the best answer known, which the steps aim at.
        target
            Bound that is enough.
        iterations
            How many steps.
        patience
            Steps without progress after which they are made shorter.
        """
        _climb(
            *self.lists.arrays,
            *self._limits,
            self.lists.penalty,
            self.multipliers,
            self.best,
            self._direction,
            self._state,
            self.shares,
            self.chosen,
            self.p,
            value,
            target,
            iterations,
            patience,
        )
        self.bound, self.step, _, self.chosen_cost = self._state.tolist()

    @property
    def over(self) -> bool:
        """Whether the steps have become too small to matter."""
        return self.step < LEAST_STEP

    def decided(self, target: float) -> tuple[np.ndarray, np.ndarray]:
        """Return which sites are open, and which closed, in every answer that costs less.

        Parameters
        ----------
        target
            Cost below which an answer would be an improvement.

        Returns
        -------
        opened, closed
            Bool, shape (sites,).
        """
        rho = np.zeros(self.lists.site_count)
        _reduced_costs(*self.lists.arrays, self.best, rho)
        order = np.argsort(rho, kind="stable")
        inside = np.zeros(len(rho), np.bool_)
        inside[order[: self.p]] = True
        bound = self.best.sum() + rho[inside].sum()
        last = rho[order[self.p - 1]] if self.p else -np.inf
        following = rho[order[self.p]] if self.p < len(rho) else np.inf
        closed = ~inside & (bound + rho - last >= target)
        opened = inside & (bound - rho + following >= target)
        return opened, closed


@njit(nogil=True, cache=True)
def _reduced_costs(
    indptr: np.ndarray, sites: np.ndarray, costs: np.ndarray, u: np.ndarray, rho: np.ndarray
) -> float:
    """Fill ρ and return Σ uᵢ."""
    rho[:] = 0.0
    total = 0.0
    for i in range(len(u)):
        most = u[i]
        total += most
        for k in range(indptr[i], indptr[i + 1]):
            saved = costs[k] - most
            if saved >= 0:
                break
            rho[sites[k]] += saved
    return total


@njit(nogil=True, cache=True)
def _order_statistic(values: np.ndarray, k: int, space: np.ndarray) -> float:
    """Return the k-th least value (from 0), by Hoare's selection in ``space``."""
    space[:] = values
    low, high = 0, len(values) - 1
    while low < high:
        one, middle, other = space[low], space[(low + high) >> 1], space[high]
        pivot = max(min(one, middle), min(max(one, middle), other))
        i, j = low, high
        while i <= j:
            while space[i] < pivot:
                i += 1
            while space[j] > pivot:
                j -= 1
            if i <= j:
                space[i], space[j] = space[j], space[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return space[k]


@njit(nogil=True, cache=True)
def _choose(rho: np.ndarray, p: int, chosen: np.ndarray, space: np.ndarray) -> float:
    """Mark the p least of ρ, the first of equals, and return their sum."""
    total = 0.0
    if p >= len(rho):
        chosen[:] = True
        return rho.sum()
    chosen[:] = False
    if p == 0:
        return total
    last = _order_statistic(rho, p - 1, space)
    left = p
    for j in range(len(rho)):
        if rho[j] < last:
            chosen[j] = True
            total += rho[j]
            left -= 1
    for j in range(len(rho)):
        if left == 0:
            break
        if rho[j] == last:
            chosen[j] = True
            total += last
            left -= 1
    return total


@njit(nogil=True, cache=True)
def _climb(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    penalty: np.ndarray,
    u: np.ndarray,
    best_u: np.ndarray,
    direction: np.ndarray,
    state: np.ndarray,
    shares: np.ndarray,
    best_chosen: np.ndarray,
    p: int,
    value: float,
    target: float,
    iterations: int,
    patience: int,
) -> None:
    """Climb; ``state`` is best bound, step, steps without progress, cost of the best set met."""
    n, m = len(u), len(shares)
    rho, space = np.zeros(m), np.empty(m)
    chosen = np.zeros(m, np.bool_)
    for _ in range(iterations):
        bound = _reduced_costs(indptr, sites, costs, u, rho)
        bound += _choose(rho, p, chosen, space)
        if bound > state[0]:
            if bound > state[0] + _PROGRESS * abs(bound):
                state[2] = 0.0
            state[0] = bound
            best_u[:] = u
            if bound >= target:
                return
        else:
            state[2] += 1.0
        back = state[2] >= patience
        if back:
            state[1] *= _SHRINK
            state[2] = 0.0
            if state[1] < LEAST_STEP:
                return
        for j in range(m):
            shares[j] += _AVERAGING * ((1.0 if chosen[j] else 0.0) - shares[j])
        length, cost = 0.0, 0.0
        for i in range(n):
            least, served = penalty[i], 0.0
            for k in range(indptr[i], indptr[i + 1]):
                if costs[k] >= u[i] and (served > 0 or costs[k] >= penalty[i]):
                    break
                if chosen[sites[k]]:
                    if served == 0 and costs[k] < least:
                        least = costs[k]
                    if costs[k] >= u[i]:
                        break
                    served += 1.0
            cost += least
            direction[i] = 1.0 - served + DEFLECTION * direction[i]
            stuck = (direction[i] < 0 and u[i] <= low[i]) or (direction[i] > 0 and u[i] >= high[i])
            if not stuck:
                length += direction[i] * direction[i]
        if cost < state[3]:
            state[3] = cost
            best_chosen[:] = chosen
        if length == 0.0:
            state[1] = 0.0
            return
        if back:
            u[:] = best_u
        move = state[1] * max(value - bound, 1e-9 * abs(value)) / length
        for i in range(n):
            u[i] = min(max(u[i] + move * direction[i], low[i]), high[i])
