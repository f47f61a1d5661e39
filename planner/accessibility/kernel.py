"""Compiled loops over compressed sparse rows: the k-th nearest and rational agents' moves."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def minutes_to_amount(
    indptr: np.ndarray, indices: np.ndarray, minutes: np.ndarray, supply: np.ndarray, amount: float
) -> np.ndarray:
    """Return for each row the minutes within which it reaches an amount of supply."""
    found = np.full(len(indptr) - 1, np.inf)
    for i in range(len(indptr) - 1):
        start = indptr[i]
        row = minutes[start : indptr[i + 1]]
        reached = 0.0
        for k in np.argsort(row, kind="mergesort"):
            reached += supply[indices[start + k]]
            if reached >= amount:
                found[i] = row[k]
                break
    return found


@njit(nogil=True, cache=True)
def nearest(
    indptr: np.ndarray, travel: np.ndarray, demand: np.ndarray, assigned: np.ndarray
) -> None:
    """Assign each row's demand to the nearest place; of several to the one that stands first."""
    for i in range(len(indptr) - 1):
        if indptr[i] == indptr[i + 1]:
            continue
        best = indptr[i]
        for k in range(indptr[i] + 1, indptr[i + 1]):
            if travel[k] < travel[best]:
                best = k
        assigned[best] = demand[i]


@njit(nogil=True, cache=True)
def extremes(
    start: int,
    stop: int,
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    assigned: np.ndarray,
    congestion: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
) -> None:
    """Find each row's cheapest pair, and the dearest of those in use; -1 where there is none."""
    for i in range(start, stop):
        best, worst = np.inf, -np.inf
        low, high = -1, -1
        for k in range(indptr[i], indptr[i + 1]):
            cost = congestion[indices[k]] + travel[k]
            if cost < best:
                best, low = cost, k
            if assigned[k] > 0 and cost > worst:
                worst, high = cost, k
        cheapest[i], dearest[i] = low, high


@njit(nogil=True, cache=True)
def move(
    indices: np.ndarray,
    assigned: np.ndarray,
    load: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    movers: np.ndarray,
) -> None:
    """Move so many residents of each row from its dearest pair to its cheapest."""
    for i in range(len(movers)):
        if movers[i] > 0:
            low, high = cheapest[i], dearest[i]
            assigned[low] += movers[i]
            assigned[high] -= movers[i]
            load[indices[low]] += movers[i]
            load[indices[high]] -= movers[i]


@njit(nogil=True, cache=True)
def sweep(
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    supply: np.ndarray,
    assigned: np.ndarray,
    load: np.ndarray,
    tolerance: float,
    tries: int,
) -> float:
    """Let one row after the other move its residents until its costs in use are about the same.

    Each move makes the two costs equal and is seen by the rows that follow. It lowers
    Σⱼ load²/(2 s) + Σ assigned · travel, whose minimum is the equilibrium.

    Returns
    -------
    float
        The largest difference of cost that a row met before its first move.
    """
    largest = 0.0
    for i in range(len(indptr) - 1):
        for attempt in range(tries):
            best, worst = np.inf, -np.inf
            low, high = -1, -1
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                cost = load[j] / supply[j] + travel[k]
                if cost < best:
                    best, low = cost, k
                if assigned[k] > 0 and cost > worst:
                    worst, high = cost, k
            if high < 0 or worst - best <= 0:
                break
            if attempt == 0:
                largest = max(largest, worst - best)
            if worst - best <= tolerance:
                break
            near, far = indices[low], indices[high]
            both = supply[near] * supply[far] / (supply[near] + supply[far])
            movers = min(both * (worst - best), assigned[high])
            assigned[low] += movers
            assigned[high] -= movers
            load[near] += movers
            load[far] -= movers
    return largest
