"""What tiered models do often, compiled: serving, gains, prices, matching sites to tiers."""

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
def gains_of_ways(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    total: np.ndarray,
    opened: np.ndarray,
    able: np.ndarray,
    then: np.ndarray,
    unserved: float,
) -> np.ndarray:
    """Return what each of some sites would save if it were raised, others' ways on with it.

    ``then`` is the way on from each site if one of those able is raised, shape (sites, able).
    """
    count = then.shape[1]
    saved = np.zeros(count)
    place = np.full(len(then), -1)
    place[able] = np.arange(count)
    best = np.empty(count)
    for r in range(len(starts) - 1):
        best[:] = total[r]
        for k in range(starts[r], starts[r + 1]):
            if cost[k] >= total[r]:
                break
            j = sites[k]
            if opened[j]:
                way = then[j]
                for x in range(count):
                    best[x] = min(best[x], cost[k] + way[x])
            elif place[j] >= 0:
                x = place[j]
                best[x] = min(best[x], cost[k] + then[j, x])
        if total[r] < np.inf:
            for x in range(count):
                saved[x] += weights[r] * (total[r] - best[x])
        else:
            for x in range(count):
                if best[x] < np.inf:
                    saved[x] += unserved - weights[r] * best[x]
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


def sorted_ways(ways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each site where its ways lead, the shortest first, and how long they are."""
    order = np.argsort(ways, axis=1, kind="stable")
    return order.astype(np.int32), np.take_along_axis(ways, order, axis=1)


@njit(nogil=True, cache=True)
def _least_way(
    order: np.ndarray, ways: np.ndarray, ahead: np.ndarray, least: float, less: float
) -> tuple[int, float]:
    """Return where the cheapest way on leads and its cost, if that is below ``less``; -1 if none.

    ``order`` and ``ways`` are those of a site, ``ahead`` what a row pays from each end on, at
    least ``least``.
    """
    best = -1
    for x in range(len(ways)):
        if ways[x] + least >= less:
            break
        there = ways[x] + ahead[order[x]]
        if there < less:
            best = order[x]
            less = there
    return best, less


@njit(nogil=True, cache=True)
def add_ways(
    order: np.ndarray,
    ways: np.ndarray,
    ahead: np.ndarray,
    here: np.ndarray,
    begin: int,
    end: int,
) -> None:
    """Add to what some rows pay at each site of a tier the cheapest way on from there."""
    for i in range(begin, end):
        least = ahead[i].min()
        for j in range(len(ways)):
            here[i, j] += _least_way(order[j], ways[j], ahead[i], least, np.inf)[1]


@njit(nogil=True, cache=True)
def chain_values(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    weights: np.ndarray,
    price: np.ndarray,
    order: np.ndarray,
    ways: np.ndarray,
    ahead: np.ndarray,
    values: np.ndarray,
    begin: int,
    end: int,
) -> None:
    """Add Σᵢ wᵢ min(0, aᵢⱼ - price) of some rows to the value of each site at tier 1."""
    for i in range(begin, end):
        least = ahead[i].min()
        for k in range(starts[i], starts[i + 1]):
            room = price[i] - cost[k]
            if least >= room:
                break
            j = sites[k]
            values[j] += weights[i] * (
                _least_way(order[j], ways[j], ahead[i], least, room)[1] - room
            )


@njit(nogil=True, cache=True)
def chain_uses(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    order: np.ndarray,
    ways: np.ndarray,
    ahead: np.ndarray,
    opened: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a row and an end for each open site of tier 1 that serves a row below its price."""
    rows, ends = [], []
    for i in range(len(price)):
        least = ahead[i].min()
        for k in range(starts[i], starts[i + 1]):
            room = price[i] - cost[k]
            if least >= room:
                break
            j = sites[k]
            if opened[j]:
                way = _least_way(order[j], ways[j], ahead[i], least, room)[0]
                if way >= 0:
                    rows.append(i)
                    ends.append(way)
    return np.array(rows, np.int64), np.array(ends, np.int64)


@njit(nogil=True, cache=True)
def ways_on(
    rows: np.ndarray, at: np.ndarray, order: np.ndarray, ways: np.ndarray, ahead: np.ndarray
) -> np.ndarray:
    """Return where the cheapest way on leads each of some rows from where it is."""
    ends = np.empty(len(rows), np.int64)
    for x in range(len(rows)):
        i, j = rows[x], at[x]
        ends[x] = _least_way(order[j], ways[j], ahead[i], ahead[i].min(), np.inf)[0]
    return ends
