"""Compiled search of schedules: which site opens in which year, within yearly means.

A cover is given as in ``mclp_kernels``; weights are years × rows. ``opened`` holds the year in
which each site opens, the number of years where it never does. Each year has counts, gains and
losses of its own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from planner.siting.mclp_kernels import close_site, draw, open_site

_RUINED = 4  # sites put off in a step at the most
_BLINKS = 20  # one in so many candidates is not seen
_WARM = 1e-3  # of the value: how much worse a schedule may be at first to go on from


@njit(nogil=True, cache=True)
def _retime(
    site: int,
    year: int,
    opened: np.ndarray,
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    count: np.ndarray,
    owner: np.ndarray,
    gain: np.ndarray,
    loss: np.ndarray,
) -> float:
    """Open a site in another year; return the weight gained over all years."""
    worth = 0.0
    for t in range(year, opened[site]):
        worth += gain[t, site]
        open_site(
            site, row_ptr, row_sites, site_ptr, site_rows, weights[t],
            count[t], owner[t], gain[t], loss[t],
        )  # fmt: skip
    for t in range(opened[site], year):
        worth -= loss[t, site]
        close_site(
            site, row_ptr, row_sites, site_ptr, site_rows, weights[t],
            count[t], owner[t], gain[t], loss[t],
        )  # fmt: skip
    opened[site] = year
    return worth


@njit(nogil=True, cache=True)
def _spend(opened: np.ndarray, prices: np.ndarray, carry: bool, used: np.ndarray) -> None:
    """Sum what is used of each limit: up to each year where what is left is carried over."""
    limits, years = used.shape
    used[:] = 0.0
    for k in range(limits):
        for j in range(len(opened)):
            if opened[j] < years:
                used[k, opened[j]] += prices[k, j]
        if carry:
            for t in range(1, years):
                used[k, t] += used[k, t - 1]


@njit(nogil=True, cache=True)
def _pay(
    site: int, before: int, after: int, prices: np.ndarray, carry: bool, used: np.ndarray
) -> None:
    """Bring up to date what is used where a site opens in another year than before."""
    limits, years = used.shape
    for k in range(limits):
        if carry:
            for t in range(after, before):
                used[k, t] += prices[k, site]
            for t in range(before, after):
                used[k, t] -= prices[k, site]
        else:
            if before < years:
                used[k, before] -= prices[k, site]
            if after < years:
                used[k, after] += prices[k, site]


@njit(nogil=True, cache=True)
def _fits(
    site: int,
    before: int,
    after: int,
    prices: np.ndarray,
    most: np.ndarray,
    carry: bool,
    used: np.ndarray,
) -> bool:
    """Whether the limits let a site open in another year."""
    limits, years = used.shape
    for k in range(limits):
        if carry:
            for t in range(after, before):
                if used[k, t] + prices[k, site] > most[k, t]:
                    return False
        elif after < years and used[k, after] + prices[k, site] > most[k, after]:
            return False
    return True


@njit(nogil=True, cache=True)
def improve(
    row_ptr: np.ndarray,
    row_sites: np.ndarray,
    site_ptr: np.ndarray,
    site_rows: np.ndarray,
    weights: np.ndarray,
    prices: np.ndarray,
    most: np.ndarray,
    carry: bool,
    worths: np.ndarray,
    start: np.ndarray,
    steps: int,
    state: np.ndarray,
) -> np.ndarray:
    """Return the best schedule found by putting sites off and opening others (ruin and recreate).

    In each step some neighbouring sites are closed or open later; then sites are opened, or opened
    earlier, as long as the means last, those first that gain most for their price and year. What
    is worse is taken as simulated annealing does. Schrimpf, Schneider, Stamm-Wilbrandt and Dueck
    (2000), "Record breaking optimization results using the ruin and recreate principle", Journal
    of Computational Physics 159; blinks after Christiaens and Vanden Berghe (2020), "Slack
    induction by string removals for vehicle routing problems", Transportation Science 54.

    Parameters
    ----------
    weights
        Years × rows.
    prices, most
        What each site takes of each limit, limits × sites; how much there is, limits × years: up
        to each year where ``carry``, else in each year.
    worths
        Sites are opened by gain times this, ways × sites; a way is drawn in each step.
    start
        Year in which each site opens, int64; within the limits.
    steps
        How many steps.
    state
        State of the random numbers, uint64, shape (1,); not 0.
    """
    years, rows = weights.shape
    sites = len(site_ptr) - 1
    count = np.zeros((years, rows), np.int32)
    owner = np.zeros((years, rows), np.int64)
    gain = np.zeros((years, sites))
    loss = np.zeros((years, sites))
    used = np.zeros(most.shape)
    opened = np.full(sites, years)
    changed = np.empty(sites * (years + 1) + _RUINED, np.int64)
    for t in range(years):
        for j in range(sites):
            for k in range(site_ptr[j], site_ptr[j + 1]):
                gain[t, j] += weights[t, site_rows[k]]
    value = 0.0
    for j in range(sites):
        value += _retime(
            j, start[j], opened, row_ptr, row_sites, site_ptr, site_rows, weights,
            count, owner, gain, loss,
        )  # fmt: skip
    _spend(opened, prices, carry, used)
    best, here = value, value
    best_opened, here_opened = opened.copy(), opened.copy()
    for step in range(steps + 1):
        changes = 0
        if step > 0:
            inside = np.flatnonzero(opened < years)
            if len(inside) == 0:
                break
            j = inside[draw(state, len(inside))]
            if site_ptr[j] == site_ptr[j + 1]:
                continue
            wanted = 1 + draw(state, _RUINED)
            near = j
            for tried in range(30 * wanted):
                if tried > 0:  # another one that shares rows with what shares rows with it
                    row = site_rows[site_ptr[j] + draw(state, site_ptr[j + 1] - site_ptr[j])]
                    near = row_sites[row_ptr[row] + draw(state, row_ptr[row + 1] - row_ptr[row])]
                    row = site_rows[
                        site_ptr[near] + draw(state, site_ptr[near + 1] - site_ptr[near])
                    ]
                    near = row_sites[row_ptr[row] + draw(state, row_ptr[row + 1] - row_ptr[row])]
                before = opened[near]
                if before == years:
                    continue
                after = years
                if years > 1 and draw(state, 2) == 0:
                    after = before + 1 + draw(state, years - before)
                    if not carry and not _fits(near, before, after, prices, most, carry, used):
                        after = years
                _pay(near, before, after, prices, carry, used)
                value += _retime(
                    near, after, opened, row_ptr, row_sites, site_ptr, site_rows, weights,
                    count, owner, gain, loss,
                )  # fmt: skip
                changed[changes] = near
                changes += 1
                if changes == wanted:
                    break
        worth = worths[draw(state, len(worths)) if step > 0 else 0]
        while True:
            pick, pick_year, largest = -1, years, 0.0
            for j in range(sites):
                before = opened[j]
                got = 0.0
                for t in range(before - 1, -1, -1):
                    got += gain[t, j]
                    rate = got * worth[j] / (before - t)
                    if (
                        rate > largest
                        and _fits(j, before, t, prices, most, carry, used)
                        and (step == 0 or draw(state, _BLINKS) > 0)
                    ):
                        pick, pick_year, largest = j, t, rate
            if pick < 0:
                break
            _pay(pick, opened[pick], pick_year, prices, carry, used)
            value += _retime(
                pick, pick_year, opened, row_ptr, row_sites, site_ptr, site_rows, weights,
                count, owner, gain, loss,
            )  # fmt: skip
            changed[changes] = pick
            changes += 1
        heat = _WARM * best * (1 - step / (steps + 1))
        chance = (draw(state, 1 << 30) + 1) / (1 << 30)
        if step == 0 or value > here + heat * np.log(chance):
            here = value
            for k in range(changes):
                here_opened[changed[k]] = opened[changed[k]]
            if value > best * (1 + 1e-12):
                best = value
                best_opened[:] = opened
        else:
            for k in range(changes):
                _retime(
                    changed[k], here_opened[changed[k]], opened, row_ptr, row_sites, site_ptr,
                    site_rows, weights, count, owner, gain, loss,
                )  # fmt: skip
            value = here
        _spend(opened, prices, carry, used)  # anew, so that rounding does not add up
    return best_opened
