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
def to_nearest(
    indptr: np.ndarray,
    travel: np.ndarray,
    demand: np.ndarray,
    used: np.ndarray,
    users: np.ndarray,
    count: np.ndarray,
) -> None:
    """Assign each row's demand to the nearest place; of several to the one that stands first.

    ``used`` and ``users`` hold, from ``indptr`` on, the pairs that each row uses and by how many
    residents: ``count`` of them, side by side, so that the long loops over all pairs need not read
    them.
    """
    for i in range(len(indptr) - 1):
        if indptr[i] == indptr[i + 1] or demand[i] == 0:
            continue
        best = indptr[i]
        for k in range(indptr[i] + 1, indptr[i + 1]):
            if travel[k] < travel[best]:
                best = k
        used[indptr[i]], users[indptr[i]], count[i] = best, demand[i], 1


@njit(nogil=True, cache=True)
def _shift(
    start: int,
    used: np.ndarray,
    users: np.ndarray,
    size: int,
    low: int,
    high: int,
    movers: float,
) -> int:
    """Move so many users of a row from one of its pairs to another; return how many it uses."""
    at = -1
    for slot in range(start, start + size):
        if used[slot] == low:
            at = slot
    if at < 0:
        at = start + size
        used[at], users[at] = low, 0.0
        size += 1
    users[at] += movers
    for slot in range(start, start + size):
        if used[slot] == high:
            users[slot] -= movers
            if users[slot] <= 0:
                size -= 1
                used[slot], users[slot] = used[start + size], users[start + size]
            break
    return size


@njit(nogil=True, cache=True)
def look(
    start: int,
    stop: int,
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    supply: np.ndarray,
    demand: np.ndarray,
    used: np.ndarray,
    users: np.ndarray,
    count: np.ndarray,
    load: np.ndarray,
    congestion: np.ndarray,
    step: float,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    movers: np.ndarray,
    gaps: np.ndarray,
) -> None:
    """Find what each row's cheapest pair is, which in use is dearest, and how many would move.

    First the movers of the cycle before are carried out in the row, while it is read anyway. The
    new movers are as many whole residents as make both pairs cost the same, but no more than use
    the dearest, nor than a share of all. Of equal costs the pair that stands first counts.
    """
    for i in range(start, stop):
        first = indptr[i]
        if movers[i] > 0:
            count[i] = _shift(first, used, users, count[i], cheapest[i], dearest[i], movers[i])
        best, low = np.inf, -1
        # Slices, which the compiler reads without checking for negative positions.
        places, away = indices[first : indptr[i + 1]], travel[first : indptr[i + 1]]
        for k in range(len(places)):
            cost = congestion[places[k]] + away[k]
            if cost < best:
                best, low = cost, first + k
        worst, high = -np.inf, -1
        here, there = 0.0, 0.0
        for slot in range(first, first + count[i]):
            k = used[slot]
            if k == low:
                here = users[slot]
            cost = congestion[indices[k]] + travel[k]
            if cost > worst or (cost == worst and k < high):
                worst, high, there = cost, k, users[slot]
        cheapest[i], dearest[i] = low, high
        movers[i], gaps[i] = 0.0, 0.0
        if high < 0 or low == high:
            continue
        gaps[i] = worst - best
        near, far = supply[indices[low]], supply[indices[high]]
        # So many would use the nearer place if both cost the same. Summed up in the authors' order:
        # where minutes are whole numbers, a last digit decides whether one more resident moves.
        others, all_far = load[indices[low]] - here, load[indices[high]] + here
        detour = travel[high] - travel[low]
        level = near * far / (near + far) * (detour + all_far / far - others / near) - here
        movers[i] = max(np.trunc(min(level, there, step * demand[i])), 0.0)


@njit(nogil=True, cache=True)
def move_loads(
    indices: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    movers: np.ndarray,
    load: np.ndarray,
) -> None:
    """Let the movers of all rows weigh on the places they move to, and no more on the others."""
    for i in range(len(movers)):
        if movers[i] > 0:
            load[indices[cheapest[i]]] += movers[i]
            load[indices[dearest[i]]] -= movers[i]


@njit(nogil=True, cache=True)
def settle(
    indptr: np.ndarray,
    used: np.ndarray,
    users: np.ndarray,
    count: np.ndarray,
    cheapest: np.ndarray,
    dearest: np.ndarray,
    movers: np.ndarray,
) -> None:
    """Carry out the movers of the last cycle in each row."""
    for i in range(len(movers)):
        if movers[i] > 0:
            first = indptr[i]
            count[i] = _shift(first, used, users, count[i], cheapest[i], dearest[i], movers[i])
            movers[i] = 0.0


@njit(nogil=True, cache=True)
def costs_in_use(
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    used: np.ndarray,
    users: np.ndarray,
    count: np.ndarray,
    congestion: np.ndarray,
) -> np.ndarray:
    """Return for each row the costs of its pairs, each times the residents who use it, summed."""
    total = np.zeros(len(count))
    for i in range(len(count)):
        for slot in range(indptr[i], indptr[i] + count[i]):
            k = used[slot]
            total[i] += users[slot] * (congestion[indices[k]] + travel[k])
    return total


@njit(nogil=True, cache=True)
def sweep(
    indptr: np.ndarray,
    indices: np.ndarray,
    travel: np.ndarray,
    supply: np.ndarray,
    used: np.ndarray,
    users: np.ndarray,
    count: np.ndarray,
    load: np.ndarray,
    congestion: np.ndarray,
    tolerance: float,
    tries: int,
) -> float:
    """Let one row after the other move its residents until its costs in use are about the same.

    Each move makes the two costs equal and is seen by the rows that follow. It lowers
    Σⱼ load²/(2 s) + Σ users · travel, whose minimum is the equilibrium.

    Returns
    -------
    float
        The largest difference of cost that a row met before its first move.
    """
    largest = 0.0
    for i in range(len(count)):
        first = indptr[i]
        places, away = indices[first : indptr[i + 1]], travel[first : indptr[i + 1]]
        for attempt in range(tries):
            best, low = np.inf, -1
            for k in range(len(places)):
                cost = congestion[places[k]] + away[k]
                if cost < best:
                    best, low = cost, first + k
            worst, high, there = -np.inf, -1, 0.0
            for slot in range(first, first + count[i]):
                k = used[slot]
                cost = congestion[indices[k]] + travel[k]
                if cost > worst:
                    worst, high, there = cost, k, users[slot]
            if high < 0 or low == high:
                break
            if attempt == 0:
                largest = max(largest, worst - best)
            if worst - best <= tolerance:
                break
            near, far = indices[low], indices[high]
            both = supply[near] * supply[far] / (supply[near] + supply[far])
            movers = min(both * (worst - best), there)
            count[i] = _shift(first, used, users, count[i], low, high, movers)
            load[near] += movers
            load[far] -= movers
            congestion[near], congestion[far] = load[near] / supply[near], load[far] / supply[far]
    return largest
