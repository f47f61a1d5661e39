"""Compiled search and bound of the location set covering problem.

A cover is given as in ``mclp_kernels``; ``costs`` are those of the sites.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from planner.siting.mclp_kernels import argsort_descending, draw


@njit(nogil=True, cache=True)
def ascend(
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    costs: np.ndarray,
    price: np.ndarray,
    slope: np.ndarray,
    target: float,
    rate: float,
    steps: int,
) -> tuple[float, np.ndarray, float]:
    """Raise the Lagrangian bound on the cost of a cover (volume algorithm).

    Each row pays ``price`` to have it covered; sites that earn more than they cost are opened. No
    cover costs less than Σᵢ uᵢ + Σⱼ min(0, cⱼ − Σᵢ aᵢⱼ uᵢ). Barahona and Anbil (2000), "The volume
    algorithm", Mathematical Programming 87.

    Parameters
    ----------
    price
        u, shape (rows,), not negative; improved in place.
    slope
        Average of 1 less how often a row is covered; NaN at first; moved on in place.
    target
        Cost of the best cover known.
    rate
        Step length, as the last call returned it; 1 at first.
    steps
        How many evaluations.

    Returns
    -------
    bound
        At ``price``.
    reduced
        What each site costs less what it earns there.
    rate
        To go on with.
    """
    sites, rows = len(site_ptr) - 1, len(price)
    trial = price.copy()
    reduced = np.empty(sites)
    best_reduced = np.empty(sites)
    fresh = np.empty(rows)
    bound = -np.inf
    fails = 0
    for step in range(steps):
        if step > 0:
            norm = 0.0
            for i in range(rows):
                if slope[i] > 0 or price[i] > 0:
                    norm += slope[i] * slope[i]
            if norm <= 1e-12 or bound >= target:
                break
            # the target is a little above the bound at the least, or the search would stand still
            length = rate * max(1.02 * target - bound, 1e-9) / norm
            for i in range(rows):
                trial[i] = max(price[i] + length * slope[i], 0.0)
        value = 0.0
        for i in range(rows):
            value += trial[i]
            fresh[i] = 1.0
        for j in range(sites):
            left = costs[j]
            for k in range(site_ptr[j], site_ptr[j + 1]):
                left -= trial[site_rows[k]]
            reduced[j] = left
            if left < 0:
                value += left
                for k in range(site_ptr[j], site_ptr[j + 1]):
                    fresh[site_rows[k]] -= 1.0
        if step == 0 and np.isnan(slope[0]):
            slope[:] = fresh
        inner, own, mean = 0.0, 0.0, 0.0
        for i in range(rows):
            inner += fresh[i] * slope[i]
            own += fresh[i] * fresh[i]
            mean += slope[i] * slope[i]
        if value > bound:
            price[:] = trial
            best_reduced[:] = reduced
            bound = value
            if step > 0 and inner > 0:
                rate = min(rate * 1.1, 2.0)
                fails = 0
        else:
            fails += 1
            if fails >= 20:
                rate *= 0.66
                fails = 0
        spread = own - 2 * inner + mean
        # as much of the new slope as shortens the average, between a hundredth and a tenth
        part = 0.1
        if spread > 0:
            part = min(max((mean - inner) / spread, 0.01), 0.1)
        for i in range(rows):
            slope[i] = part * fresh[i] + (1 - part) * slope[i]
    return bound, best_reduced, rate


@njit(nogil=True, cache=True)
def greedy(
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    costs: np.ndarray,
    price: np.ndarray,
) -> np.ndarray:
    """Return a cover: at each turn the site that costs least per row, rows paying their price.

    Caprara, Fischetti and Toth (1999), "A heuristic method for the set covering problem",
    Operations Research 47: by γ/μ where γ, the cost less the prices of the rows still open, is
    positive, and by γ·μ elsewhere. Sites not needed in the end are closed, dear ones first.
    """
    sites, rows = len(site_ptr) - 1, len(row_ptr) - 1
    inside = np.zeros(sites, np.bool_)
    count = np.zeros(rows, np.int32)
    left = costs.copy()
    more = np.empty(sites, np.int64)
    for j in range(sites):
        more[j] = site_ptr[j + 1] - site_ptr[j]
        for k in range(site_ptr[j], site_ptr[j + 1]):
            left[j] -= price[site_rows[k]]
    uncovered = rows
    while uncovered > 0:
        pick, least = -1, np.inf
        for j in range(sites):
            if more[j] > 0:
                score = left[j] / more[j] if left[j] > 0 else left[j] * more[j]
                if score < least:
                    pick, least = j, score
        inside[pick] = True
        for k in range(site_ptr[pick], site_ptr[pick + 1]):
            i = site_rows[k]
            count[i] += 1
            if count[i] == 1:
                uncovered -= 1
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    left[row_sites[q]] += price[i]
                    more[row_sites[q]] -= 1
    for j in argsort_descending(costs):
        if not inside[j]:
            continue
        needed = False
        for k in range(site_ptr[j], site_ptr[j + 1]):
            if count[site_rows[k]] == 1:
                needed = True
                break
        if not needed:
            inside[j] = False
            for k in range(site_ptr[j], site_ptr[j + 1]):
                count[site_rows[k]] -= 1
    return inside


@njit(nogil=True, cache=True)
def reweigh(
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    costs: np.ndarray,
    start: np.ndarray,
    weight: np.ndarray,
    steps: int,
    state: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Return the cheapest cover found by local search with row weights, from a cover.

    Whenever all rows are covered the site of least loss is closed; else one more is closed and one
    opened that covers a drawn open row, and rows that stay open grow heavier. Gao, Weise and Li
    (2015), "An efficient local search heuristic with row weighting for the unicost set covering
    problem", European Journal of Operational Research 246.

    Parameters
    ----------
    start
        Which sites are open at first, shape (sites,), bool; they cover every row.
    weight
        Of each row, shape (rows,); ones at first, moved on in place: a search that is gone on with
        finds what one that starts afresh each time does not.
    steps
        How many exchanges.
    state
        State of the random numbers, uint64, shape (1,); not 0.
    """
    sites, rows = len(site_ptr) - 1, len(row_ptr) - 1
    inside = start.copy()
    count = np.zeros(rows, np.int32)
    owner = np.zeros(rows, np.int64)
    score = np.zeros(sites)  # weight a site would newly cover, or covers alone
    may_enter = np.ones(sites, np.bool_)
    moved = np.zeros(sites, np.int64)
    inner = np.empty(sites, np.int64)
    where = np.full(sites, -1, np.int64)
    uncovered = np.empty(rows, np.int64)
    place = np.full(rows, -1, np.int64)
    opened, bare = 0, 0
    cost = 0.0
    for j in range(sites):
        if inside[j]:
            cost += costs[j]
            inner[opened], where[j] = j, opened
            opened += 1
            for k in range(site_ptr[j], site_ptr[j + 1]):
                count[site_rows[k]] += 1
                owner[site_rows[k]] += j
    for i in range(rows):
        if count[i] == 1:
            score[owner[i]] += weight[i]
    best, best_inside = cost, inside.copy()
    last = -1
    step = 0
    while step < steps and opened > 0:
        # close: the first time to make room, the second time to exchange
        pick, least = -1, np.inf
        for r in range(opened):
            j = inner[r]
            if j == last and bare > 0:
                continue
            loss = score[j] / costs[j] if costs[j] > 0 else np.inf
            if loss < least or (loss == least and pick >= 0 and moved[j] < moved[pick]):
                pick, least = j, loss
        if pick < 0:
            break
        inside[pick] = False
        opened -= 1
        inner[where[pick]] = inner[opened]
        where[inner[opened]] = where[pick]
        cost -= costs[pick]
        moved[pick] = step
        may_enter[pick] = False
        lost = 0.0
        for k in range(site_ptr[pick], site_ptr[pick + 1]):
            i = site_rows[k]
            count[i] -= 1
            owner[i] -= pick
            if count[i] == 0:
                place[i] = bare
                uncovered[bare] = i
                bare += 1
                lost += weight[i]
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    if row_sites[q] != pick:
                        score[row_sites[q]] += weight[i]
                        may_enter[row_sites[q]] = True
            elif count[i] == 1:
                score[owner[i]] += weight[i]
        score[pick] = lost
        if bare == 0:
            if cost < best - 1e-9:
                best = cost
                best_inside[:] = inside
            continue
        step += 1
        # open one that covers a drawn row, while it stays cheaper than the best cover
        while bare > 0:
            i = uncovered[draw(state, bare)]
            pick, most, ready = -1, -1.0, False
            for q in range(row_ptr[i], row_ptr[i + 1]):
                j = row_sites[q]
                if cost + costs[j] >= best - 1e-9 or (ready and not may_enter[j]):
                    continue
                worth = score[j] / costs[j] if costs[j] > 0 else np.inf
                if (
                    may_enter[j] > ready
                    or worth > most
                    or (worth == most and moved[j] < moved[pick])
                ):
                    pick, most, ready = j, worth, may_enter[j]
            if pick < 0:
                break
            inside[pick] = True
            inner[opened], where[pick] = pick, opened
            opened += 1
            cost += costs[pick]
            moved[pick] = step
            last = pick
            alone = 0.0
            for k in range(site_ptr[pick], site_ptr[pick + 1]):
                i = site_rows[k]
                count[i] += 1
                owner[i] += pick
                if count[i] == 1:
                    bare -= 1
                    uncovered[place[i]] = uncovered[bare]
                    place[uncovered[bare]] = place[i]
                    alone += weight[i]
                    for q in range(row_ptr[i], row_ptr[i + 1]):
                        if row_sites[q] != pick:
                            score[row_sites[q]] -= weight[i]
                            may_enter[row_sites[q]] = True
                elif count[i] == 2:
                    score[owner[i] - pick] -= weight[i]
            score[pick] = alone
            for r in range(bare):
                weight[uncovered[r]] += 1.0
                i = uncovered[r]
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    score[row_sites[q]] += 1.0
            if opened > 0 and cost >= best - 1e-9:
                break
        if bare == 0 and cost < best - 1e-9:
            best = cost
            best_inside[:] = inside
    return best, best_inside
