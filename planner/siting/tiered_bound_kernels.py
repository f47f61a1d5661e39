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
def values(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    demands: int,
    count: int,
    tiers: int,
) -> np.ndarray:
    """Return Σᵢ min(0, cost - price) of each site at each tier; rows are tier after tier."""
    worth = np.zeros((count, tiers))
    for r in range(len(price)):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= price[r]:
                break
            worth[sites[k], r // demands] += cost[k] - price[r]
    return worth


@njit(nogil=True, cache=True)
def slope(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    demands: int,
    opened: np.ndarray,
) -> np.ndarray:
    """Return 1 less how many open sites serve each row at less than its price."""
    less = np.ones(len(price))
    for r in range(len(price)):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= price[r]:
                break
            if opened[sites[k], r // demands]:
                less[r] -= 1
    return less


@njit(nogil=True, cache=True)
def least_sums(first: np.ndarray, ways: np.ndarray, begin: int, end: int, out: np.ndarray) -> None:
    """Write to some rows of ``out`` the least of ``first[i, j] + ways[j, l]`` over j.

    Shapes (rows, j), (j, l), (rows, l); infinite where there is none.
    """
    for i in range(begin, end):
        best = out[i]
        best[:] = np.inf
        for j in range(len(ways)):
            base = first[i, j]
            if base == np.inf:
                continue
            way = ways[j]
            for other in range(len(way)):
                there = base + way[other]
                if there < best[other]:
                    best[other] = there
