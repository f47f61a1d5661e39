"""Branch and bound for the maximal covering problem with few sites to choose.

The sites of a node's best Lagrangian prices are tried in turn, each with those before it closed, so
that the bound of a branch is read off the sorted prices; prices are improved at every node. After
Downs and Camm (1996), "An exact algorithm for the maximal covering problem", Naval Research
Logistics 43.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from planner.siting.mclp_kernels import argsort_descending


@njit(nogil=True, cache=True)
def _node_bound(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    count: np.ndarray,
    sites: np.ndarray,
    k: int,
    share: np.ndarray,
    covered: float,
    least: float,
    steps: int,
    price: np.ndarray,
    trial: np.ndarray,
    times: np.ndarray,
) -> tuple[float, float, np.ndarray]:
    """Return a bound on opening k of some sites, without the prices' sum, and their best order.

    ``share`` is improved in place, ``price`` is left as it belongs to it.
    """
    rows = len(weights)
    best = np.inf
    best_base = covered
    best_order = sites.copy()
    best_price = np.empty(len(sites))
    trial[:] = share
    rate = 1.0
    for _ in range(steps):
        base = covered
        for i in range(rows):
            if count[i] == 0:
                base += weights[i] - trial[i]
                times[i] = -1
        value = np.empty(len(sites))
        for c in range(len(sites)):
            total = 0.0
            for q in range(site_ptr[sites[c]], site_ptr[sites[c] + 1]):
                i = site_rows[q]
                if count[i] == 0:
                    total += trial[i]
            value[c] = total
        order = argsort_descending(value)
        bound = base
        for r in range(min(k, len(sites))):
            bound += value[order[r]]
        if bound < best:
            best, best_base = bound, base
            for r in range(len(sites)):
                best_order[r] = sites[order[r]]
                best_price[r] = value[order[r]]
            share[:] = trial
        else:
            rate *= 0.7
        if best < least:
            break
        for r in range(min(k, len(sites))):
            j = sites[order[r]]
            for q in range(site_ptr[j], site_ptr[j + 1]):
                times[site_rows[q]] += 1
        norm = 0.0
        for i in range(rows):
            if count[i] == 0:
                norm += times[i] * times[i] * weights[i]
        if norm == 0:
            break
        length = rate * (bound - least) / norm
        for i in range(rows):
            if count[i] == 0 and times[i] != 0:
                trial[i] = min(max(trial[i] - length * times[i] * weights[i], 0.0), weights[i])
    for c in range(len(sites)):
        price[c] = best_price[c]
    return best, best_base, best_order


@njit(nogil=True, cache=True)
def branch(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    p: int,
    share: np.ndarray,
    inside: np.ndarray,
    value: float,
    margin: float,
    budget: int,
) -> tuple[bool, float, np.ndarray]:
    """Return whether the search came to its end, and the best value and sites.

    Parameters
    ----------
    share
        Of each row, as ``mclp_kernels.descend`` leaves it.
    inside, value
        The best sites known, and the weight they cover.
    margin
        How much better a set must be to count: nearly 1 where all weights are whole.
    budget
        How many entries may be looked at.
    """
    sites, rows = len(site_ptr) - 1, len(weights)
    best_inside = inside.copy()
    count = np.zeros(rows, np.int32)
    times = np.zeros(rows, np.int32)
    trial = np.empty(rows)
    shares = np.empty((p + 1, rows))
    orders = np.empty((p + 1, sites), np.int64)
    prices = np.empty((p + 1, sites))
    lengths = np.zeros(p + 1, np.int64)
    bases = np.zeros(p + 1)
    covers = np.zeros(p + 1)
    at = np.zeros(p + 1, np.int64)
    path = np.full(p + 1, -1, np.int64)
    shares[0] = share
    first = np.arange(sites)
    depth = 0
    entries = len(site_rows) + rows
    fresh = True
    while depth >= 0:
        k = p - depth
        if fresh:
            if depth > 0:
                first = orders[depth - 1, at[depth - 1] : lengths[depth - 1]].copy()
            lengths[depth], at[depth] = len(first), 0
            fresh = False
            if k == 1 or len(first) <= k:
                # the last one, or all that are left, by their true gain
                for c in range(len(first)):
                    gain = 0.0
                    for q in range(site_ptr[first[c]], site_ptr[first[c] + 1]):
                        if count[site_rows[q]] == 0:
                            gain += weights[site_rows[q]]
                    prices[depth, c] = gain
                budget -= entries * max(len(first), 1) // sites
                if k == 1 and len(first) > 0:
                    c = 0
                    for other in range(1, len(first)):
                        if prices[depth, other] > prices[depth, c]:
                            c = other
                    if covers[depth] + prices[depth, c] > value + 1e-12 * value:
                        value = covers[depth] + prices[depth, c]
                        best_inside[:] = False
                        for d in range(depth):
                            best_inside[path[d]] = True
                        best_inside[first[c]] = True
                    at[depth] = lengths[depth]
                else:
                    orders[depth, : len(first)] = first
                    bases[depth] = np.inf  # always worth opening
            else:
                steps = 12 if depth > 0 else 60
                bound, base, order = _node_bound(
                    site_ptr,
                    site_rows,
                    weights,
                    count,
                    first,
                    k,
                    shares[depth],
                    covers[depth],
                    value + margin,
                    steps,
                    prices[depth],
                    trial,
                    times,
                )
                budget -= steps * entries * len(first) // sites
                orders[depth, : len(first)] = order
                bases[depth] = base
                if bound < value + margin:
                    at[depth] = lengths[depth]
            if budget < 0:
                return False, value, best_inside
        # the branch that opens the next site in order, those before it closed
        bound = bases[depth]
        for r in range(at[depth], min(at[depth] + k, lengths[depth])):
            bound += prices[depth, r]
        if at[depth] >= lengths[depth] or bound < value + margin:
            depth -= 1
            if depth >= 0:
                j = path[depth]
                for q in range(site_ptr[j], site_ptr[j + 1]):
                    count[site_rows[q]] -= 1
            continue
        j = orders[depth, at[depth]]
        at[depth] += 1
        path[depth] = j
        gain = 0.0
        for q in range(site_ptr[j], site_ptr[j + 1]):
            if count[site_rows[q]] == 0:
                gain += weights[site_rows[q]]
            count[site_rows[q]] += 1
        covers[depth + 1] = covers[depth] + gain
        shares[depth + 1] = shares[depth]
        if covers[depth + 1] > value + 1e-12 * value:
            value = covers[depth + 1]
            best_inside[:] = False
            for d in range(depth + 1):
                best_inside[path[d]] = True
        depth += 1
        fresh = True
    return True, value, best_inside
