"""What tiered models do often, compiled: serving, gains, and who is raised to which tier."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def serve(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    opened: np.ndarray,
    onward: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the open site of the least cost with the way on; -1, infinite if none."""
    least = np.inf
    for j in range(len(opened)):
        if opened[j] and onward[j] < least:
            least = onward[j]
    count = len(starts) - 1
    assigned = np.full(count, -1, np.int64)
    total = np.full(count, np.inf)
    for r in range(count):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] + least >= total[r]:
                break
            j = sites[k]
            if opened[j] and cost[k] + onward[j] < total[r]:
                assigned[r] = j
                total[r] = cost[k] + onward[j]
    return assigned, total


@njit(nogil=True, cache=True)
def gains(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    total: np.ndarray,
    onward: np.ndarray,
    unserved: float,
) -> np.ndarray:
    """Return what each site would save if it were opened too.

    ``total`` is what each row costs now; ``unserved`` what an unserved one is taken to cost.
    """
    saved = np.zeros(len(onward))
    for r in range(len(starts) - 1):
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= total[r]:
                break
            there = cost[k] + onward[sites[k]]
            if total[r] == np.inf:
                if there < np.inf:
                    saved[sites[k]] += unserved - weights[r] * there
            elif there < total[r]:
                saved[sites[k]] += weights[r] * (total[r] - there)
    return saved


@njit(nogil=True, cache=True)
def choose(values: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return the tier that each site is raised to (0: none) so that the sum of values is least.

    Sites and tiers are matched by shortest augmenting paths over the few tiers, so the answer is
    exact: ``values`` (sites × K, infinite where it cannot be) of each tier are taken at most
    ``most`` times.
    """
    count, tiers = values.shape
    raised = np.zeros(count, np.int64)
    used = np.zeros(tiers + 1, np.int64)
    for j in range(count):
        best, least = 0, 0.0
        for k in range(tiers):
            if values[j, k] < least:
                best, least = k + 1, values[j, k]
        raised[j] = best
        used[best] += 1
    free = True
    for k in range(tiers):
        if used[k + 1] > most[k]:
            free = False
    if free:
        return raised
    raised[:] = 0
    used[:] = 0
    step = np.empty((tiers + 1, tiers + 1))  # from a tier to another: the least that a site adds
    mover = np.empty((tiers + 1, tiers + 1), np.int64)
    reach = np.empty(tiers + 1)
    before = np.empty(tiers + 1, np.int64)
    while True:
        step[:] = np.inf
        mover[:] = -1
        for j in range(count):
            here = raised[j]
            stay = values[j, here - 1] if here else 0.0
            for k in range(1, tiers + 1):
                if k != here and values[j, k - 1] - stay < step[here, k]:
                    step[here, k] = values[j, k - 1] - stay
                    mover[here, k] = j
        reach[:] = step[0]
        reach[0] = np.inf
        before[:] = 0
        for _ in range(tiers - 1):
            for a in range(1, tiers + 1):
                for b in range(1, tiers + 1):
                    far = reach[a] + step[a, b]
                    # A hair less, so that rounding closes no circle.
                    if far + 1e-12 * (1 + abs(far)) < reach[b]:
                        reach[b] = far
                        before[b] = a
        end = 0
        for k in range(1, tiers + 1):
            if used[k] < most[k - 1] and reach[k] < 0 and (end == 0 or reach[k] < reach[end]):
                end = k
        if end == 0:
            return raised
        used[end] += 1
        turns = 0
        while end > 0 and turns <= tiers:
            raised[mover[before[end], end]] = end
            end = before[end]
            turns += 1
