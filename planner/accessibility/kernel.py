"""Compiled loops over compressed sparse rows: the k-th nearest and rational agents' moves."""

from __future__ import annotations

import numpy as np
from numba import njit

UNUSED = -2
"""Marks a pair that is in no chain; -1 ends a chain."""


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
def to_nearest(
    indptr: np.ndarray,
    travel: np.ndarray,
    demand: np.ndarray,
    assigned: np.ndarray,
    first_used: np.ndarray,
    next_used: np.ndarray,
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
        first_used[i], next_used[best] = best, -1


@njit(nogil=True, cache=True)
def look(
    start: int,
    stop: int,
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    assigned: np.ndarray,
    first_used: np.ndarray,
    next_used: np.ndarray,
    congestion: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
) -> None:
    """Find each row's cheapest pair, and the dearest of those in use; -1 where there is none.

    Pairs that were ever in use are chained, so that the long loop reads travel and places alone.
    Of equal costs the pair that stands first counts.
    """
    for i in range(start, stop):
        best, low = np.inf, -1
        for k in range(indptr[i], indptr[i + 1]):
            cost = congestion[indices[k]] + travel[k]
            if cost < best:
                best, low = cost, k
        worst, high = -np.inf, -1
        k = first_used[i]
        while k >= 0:
            if assigned[k] > 0:
                cost = congestion[indices[k]] + travel[k]
                if cost > worst or (cost == worst and k < high):
                    worst, high = cost, k
            k = next_used[k]
        cheapest[i], dearest[i] = low, high


@njit(nogil=True, cache=True)
def wishes(
    indices: np.ndarray,
    travel: np.ndarray,
    supply: np.ndarray,
    demand: np.ndarray,
    assigned: np.ndarray,
    load: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    step: float,
    movers: np.ndarray,
) -> None:
    """Find how many whole residents of each row would move from its dearest pair to its cheapest.

    As many as make both cost the same, but no more than use the dearest, nor than a share of all.
    """
    for i in range(len(demand)):
        movers[i] = 0.0
        low, high = cheapest[i], dearest[i]
        if high < 0 or low == high:
            continue
        near, far = supply[indices[low]], supply[indices[high]]
        here = assigned[low]
        # So many would use the nearer place if both cost the same. Summed up in the authors' order:
        # where minutes are whole numbers, a last digit decides whether one more resident moves.
        others, all_far = load[indices[low]] - here, load[indices[high]] + here
        detour = travel[high] - travel[low]
        level = near * far / (near + far) * (detour + all_far / far - others / near) - here
        movers[i] = max(np.trunc(min(level, assigned[high], step * demand[i])), 0.0)


@njit(nogil=True, cache=True)
def move(
    indices: np.ndarray,
    assigned: np.ndarray,
    first_used: np.ndarray,
    next_used: np.ndarray,
    load: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    movers: np.ndarray,
) -> None:
    """Move so many residents of each row from its dearest pair to its cheapest."""
    for i in range(len(movers)):
        if movers[i] > 0:
            low, high = cheapest[i], dearest[i]
            if next_used[low] == UNUSED:
                next_used[low], first_used[i] = first_used[i], low
            assigned[low] += movers[i]
            assigned[high] -= movers[i]
            load[indices[low]] += movers[i]
            load[indices[high]] -= movers[i]


@njit(nogil=True, cache=True)
def costs_in_use(
    indices: np.ndarray,
    travel: np.ndarray,
    assigned: np.ndarray,
    first_used: np.ndarray,
    next_used: np.ndarray,
    congestion: np.ndarray,
) -> np.ndarray:
    """Return for each row the costs of its pairs, each times the residents who use it, summed."""
    total = np.zeros(len(first_used))
    for i in range(len(first_used)):
        k = first_used[i]
        while k >= 0:
            total[i] += assigned[k] * (congestion[indices[k]] + travel[k])
            k = next_used[k]
    return total


@njit(nogil=True, cache=True)
def sweep(
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    supply: np.ndarray,
    assigned: np.ndarray,
    first_used: np.ndarray,
    next_used: np.ndarray,
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
            best, low = np.inf, -1
            for k in range(indptr[i], indptr[i + 1]):
                cost = load[indices[k]] / supply[indices[k]] + travel[k]
                if cost < best:
                    best, low = cost, k
            worst, high = -np.inf, -1
            k = first_used[i]
            while k >= 0:
                cost = load[indices[k]] / supply[indices[k]] + travel[k]
                if assigned[k] > 0 and cost > worst:
                    worst, high = cost, k
                k = next_used[k]
            if high < 0:
                break
            if attempt == 0:
                largest = max(largest, worst - best)
            if worst - best <= tolerance:
                break
            if next_used[low] == UNUSED:
                next_used[low], first_used[i] = first_used[i], low
            near, far = indices[low], indices[high]
            both = supply[near] * supply[far] / (supply[near] + supply[far])
            movers = min(both * (worst - best), assigned[high])
            assigned[low] += movers
            assigned[high] -= movers
            load[near] += movers
            load[far] -= movers
    return largest
