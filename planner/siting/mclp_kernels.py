"""Compiled search and bound of the maximal covering location problem.

A cover is given by the sites of each row (``row_ptr``, ``row_sites``), the rows of each site
(``site_ptr``, ``site_rows``) and the weight of each row.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def draw(state: np.ndarray, below: int) -> int:
    """Return a whole number under ``below`` and move the generator on (xorshift64)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return np.int64((x >> np.uint64(11)) % np.uint64(below))  # type: ignore[return-value]  # an int to numba


@njit(nogil=True, cache=True)
def argsort_descending(values: np.ndarray) -> np.ndarray:
    """Return the order of values, largest first, the first of equals first."""
    return np.argsort(-values, kind="mergesort")


@njit(nogil=True, cache=True)
def open_site(
    site: int,
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    count: np.ndarray,
    owner: np.ndarray,
    gain: np.ndarray,
    loss: np.ndarray,
) -> None:
    """Open a site: keep how often each row is covered, by which sites (sum), gains and losses."""
    alone = 0.0
    for k in range(site_ptr[site], site_ptr[site + 1]):
        i = site_rows[k]
        count[i] += 1
        owner[i] += site
        if count[i] == 1:
            alone += weights[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                gain[row_sites[q]] -= weights[i]
        elif count[i] == 2:
            loss[owner[i] - site] -= weights[i]
    loss[site] = alone


@njit(nogil=True, cache=True)
def close_site(
    site: int,
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    count: np.ndarray,
    owner: np.ndarray,
    gain: np.ndarray,
    loss: np.ndarray,
) -> None:
    """Close a site."""
    for k in range(site_ptr[site], site_ptr[site + 1]):
        i = site_rows[k]
        count[i] -= 1
        owner[i] -= site
        if count[i] == 0:
            for q in range(row_ptr[i], row_ptr[i + 1]):
                gain[row_sites[q]] += weights[i]
        elif count[i] == 1:
            loss[owner[i]] += weights[i]


@njit(nogil=True, cache=True)
def tabu(
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    p: int,
    start: np.ndarray,
    steps: int,
    state: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Return the best cover found by dropping and adding sites, and its sites.

    From the start, sites are added greedily until there are p; then the site of least loss is
    dropped and the one of most gain added, ``steps`` times, and neither may move again for a
    drawn number of steps (Glover 1989).

    Parameters
    ----------
    start
        Which sites are open at first, shape (sites,), bool; at most p.
    steps
        How many swaps.
    state
        State of the random numbers, uint64, shape (1,); not 0.
    """
    sites = len(site_ptr) - 1
    count = np.zeros(len(weights), np.int32)
    owner = np.zeros(len(weights), np.int64)
    gain = np.zeros(sites)
    loss = np.zeros(sites)
    free_at = np.zeros(sites, np.int64)
    inside = np.zeros(sites, np.bool_)
    for j in range(sites):
        for k in range(site_ptr[j], site_ptr[j + 1]):
            gain[j] += weights[site_rows[k]]
    value = 0.0
    size = 0
    for j in range(sites):
        if start[j]:
            value += gain[j]
            open_site(j, row_ptr, row_sites, site_ptr, site_rows, weights, count, owner, gain, loss)
            inside[j] = True
            size += 1
    best, best_inside = value, inside.copy()
    step = 0
    while step < steps or size < p:
        if size < p:
            pick, most = -1, -1.0
            for j in range(sites):
                if not inside[j] and free_at[j] <= step and gain[j] > most:
                    pick, most = j, gain[j]
            if pick < 0:
                break
            value += most
            open_site(
                pick, row_ptr, row_sites, site_ptr, site_rows, weights, count, owner, gain, loss
            )
            inside[pick] = True
            size += 1
            free_at[pick] = step + 1 + draw(state, 1 + min(8, p // 2))
            if value > best * (1 + 1e-12):
                best = value
                best_inside[:] = inside
        else:
            step += 1
            pick, least = -1, np.inf
            for j in range(sites):
                if inside[j] and free_at[j] <= step and loss[j] < least:
                    pick, least = j, loss[j]
            if pick < 0:
                continue
            value -= least
            close_site(
                pick, row_ptr, row_sites, site_ptr, site_rows, weights, count, owner, gain, loss
            )
            inside[pick] = False
            size -= 1
            free_at[pick] = step + 1 + draw(state, 1 + min(16, (sites - p) // 2))
    return best, best_inside


@njit(nogil=True, cache=True)
def _prices(
    site_ptr: np.ndarray, site_rows: np.ndarray, share: np.ndarray, price: np.ndarray
) -> None:
    """Sum what the rows of each site give it."""
    for j in range(len(site_ptr) - 1):
        total = 0.0
        for k in range(site_ptr[j], site_ptr[j + 1]):
            total += share[site_rows[k]]
        price[j] = total


@njit(nogil=True, cache=True)
def descend(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    p: int,
    share: np.ndarray,
    slope: np.ndarray,
    target: float,
    rate: float,
    steps: int,
) -> tuple[float, np.ndarray, float]:
    """Lower the Lagrangian bound on the weight that p sites cover (volume algorithm).

    Each row splits its weight: ``share`` to every site that covers it, the rest kept. No p sites
    cover more than the rests and the p largest sums of shares. Barahona and Anbil (2000), "The
    volume algorithm", Mathematical Programming 87.

    Parameters
    ----------
    share
        Of each row, between 0 and its weight; improved in place.
    slope
        Average of how often a row is covered, less 1; all NaN at first; moved on in place.
    target
        Value of the best cover known.
    rate
        Step length, as the last call returned it; 1 at first.
    steps
        How many evaluations.

    Returns
    -------
    bound
        At ``share``.
    price
        Sum of shares of each site there.
    rate
        To go on with.
    """
    sites, rows = len(site_ptr) - 1, len(weights)
    trial = share.copy()
    price = np.empty(sites)
    best_price = np.empty(sites)
    fresh = np.empty(rows)
    bound = np.inf
    fails = 0
    for step in range(steps):
        if step > 0:
            norm = 0.0
            for i in range(rows):
                v = slope[i]
                if not ((v > 0 and share[i] <= 0) or (v < 0 and share[i] >= weights[i])):
                    norm += v * v * weights[i]
            if norm <= 0 or bound <= target:
                break
            length = rate * (bound - target) / norm
            for i in range(rows):
                trial[i] = min(max(share[i] - length * slope[i] * weights[i], 0.0), weights[i])
        _prices(site_ptr, site_rows, trial, price)
        value = 0.0
        for i in range(rows):
            value += weights[i] - trial[i]
            fresh[i] = -1.0
        order = argsort_descending(price)
        for r in range(min(p, sites)):
            value += price[order[r]]
            for k in range(site_ptr[order[r]], site_ptr[order[r] + 1]):
                fresh[site_rows[k]] += 1.0
        if step == 0 and np.isnan(slope[0]):
            slope[:] = fresh
        inner, own = 0.0, 0.0
        for i in range(rows):
            inner += fresh[i] * slope[i] * weights[i]
            own += fresh[i] * fresh[i] * weights[i]
        if value < bound:
            share[:] = trial
            best_price[:] = price
            bound = value
            if step > 0 and inner > 0:
                rate = min(rate * 1.1, 2.0)
                fails = 0
        else:
            fails += 1
            if fails >= 20:
                rate *= 0.66
                fails = 0
        # as much of the new point as shortens the average slope, a tenth at the most
        mean = 0.0
        for i in range(rows):
            mean += slope[i] * slope[i] * weights[i]
        gap = own - 2 * inner + mean
        most = max(min(0.1, rate), 0.005)
        part = most
        if gap > 0:
            part = (mean - inner) / gap
            part = most if part > most else (most / 10 if part < most / 10 else part)
        for i in range(rows):
            slope[i] = part * fresh[i] + (1 - part) * slope[i]
    return bound, best_price, rate
