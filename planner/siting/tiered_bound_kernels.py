"""Prices of hierarchical p-medians, compiled: what sites are worth, and where prices should go."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def second_costs(
    starts: np.ndarray, sites: np.ndarray, cost: np.ndarray, levels: np.ndarray, demands: int
) -> np.ndarray:
    """Return the cost of each row to its second nearest open site; infinite if there is none."""
    second = np.full(len(starts) - 1, np.inf)
    for r in range(len(second)):
        met = 0
        for k in range(starts[r], starts[r + 1]):
            if levels[sites[k]] > r // demands:
                met += 1
                if met == 2:
                    second[r] = cost[k]
                    break
    return second


@njit(nogil=True, cache=True)
def home_values(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    demands: int,
    count: int,
    tiers: int,
) -> np.ndarray:
    """Return Σᵢ min(0, cost - price) of each site at each tier; rows are tier after tier."""
    values = np.zeros((count, tiers))
    for r in range(len(price)):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= price[r]:
                break
            values[sites[k], r // demands] += cost[k] - price[r]
    return values


@njit(nogil=True, cache=True)
def home_slope(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    demands: int,
    opened: np.ndarray,
) -> np.ndarray:
    """Return 1 less how many open sites serve each row at less than its price."""
    slope = np.ones(len(price))
    for r in range(len(price)):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= price[r]:
                break
            if opened[sites[k], r // demands]:
                slope[r] -= 1
    return slope


@njit(nogil=True, cache=True)
def _savings(
    first: int,
    last: int,
    rows: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    price: np.ndarray,
    least: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far a site may refer so that it still serves each row below its price, descending.

    With it the sums of the weights, and of the weights times it, over the rows so far.
    """
    margin, mass, count = np.empty(last - first), np.empty(last - first), 0
    for k in range(first, last):
        room = price[rows[k]] / weights[rows[k]] - cost[k]
        if room > least:
            margin[count], mass[count] = room, weights[rows[k]]
            count += 1
    order = np.argsort(-margin[:count])
    margin, mass = margin[:count][order], mass[:count][order]
    return margin, np.cumsum(mass), np.cumsum(mass * margin)


@njit(nogil=True, cache=True)
def _value(margin: np.ndarray, mass: np.ndarray, paid: np.ndarray, way: float) -> float:
    """Return Σᵢ min(0, wᵢ (dᵢ + way) - uᵢ) from what ``_savings`` returns."""
    low, high = 0, len(margin)
    while low < high:
        middle = (low + high) // 2
        if margin[middle] > way:
            low = middle + 1
        else:
            high = middle
    return mass[low - 1] * way - paid[low - 1] if low else 0.0


@njit(nogil=True, cache=True)
def chain_values(
    starts: np.ndarray,
    rows: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    price: np.ndarray,
    charge: np.ndarray,
    ways: np.ndarray,
    least: np.ndarray,
    tiers: int,
) -> np.ndarray:
    """Return what each site adds at tiers 1 and 2, referral from the facility.

    Entries are by site (``starts``); ``charge`` is the price of a site that refers, ``ways``
    (sites × sites) what referral costs, ``least`` its least from each site.
    """
    count = len(charge)
    values = np.zeros((count, tiers))
    for j in range(count):
        values[j, 0] = -charge[j]
        margin, mass, paid = _savings(
            starts[j], starts[j + 1], rows, cost, weights, price, least[j]
        )
        if not len(margin) or mass[-1] * least[j] - paid[-1] + charge[j] >= 0:
            continue
        for other in range(count):
            if ways[j, other] < margin[0]:
                worth = _value(margin, mass, paid, ways[j, other]) + charge[j]
                if worth < 0:
                    values[other, 1] += worth
    return values


@njit(nogil=True, cache=True)
def chain_slope(
    starts: np.ndarray,
    rows: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    price: np.ndarray,
    charge: np.ndarray,
    ways: np.ndarray,
    least: np.ndarray,
    opened: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 less how often each row is served, and how often each site refers less its opening.

    ``opened``: which sites offer which tier, bool.
    """
    slope = np.ones(len(price))
    used = np.zeros(len(charge))
    above = np.flatnonzero(opened[:, 1])
    for j in range(len(charge)):
        if opened[j, 0]:
            used[j] -= 1
        margin, mass, paid = _savings(
            starts[j], starts[j + 1], rows, cost, weights, price, least[j]
        )
        if not len(margin):
            continue
        for other in above:
            way = ways[j, other]
            if way >= margin[0] or _value(margin, mass, paid, way) + charge[j] >= 0:
                continue
            used[j] += 1
            for k in range(starts[j], starts[j + 1]):
                if price[rows[k]] / weights[rows[k]] - cost[k] > way:
                    slope[rows[k]] -= 1
    return slope, used
