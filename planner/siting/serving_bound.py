"""Lagrangian bound of service problems: demand priced, each site decides alone; compiled.

With Σⱼ zᵢⱼ = 1 relaxed at prices λ, what is left is a knapsack per site (Geoffrion and McBride
1978; Pirkul 1987): vⱼ = min Σᵢ (wᵢ cᵢⱼ - λᵢ) zᵢⱼ subject to Σᵢ dᵢ zᵢⱼ ≤ qⱼ, and the cheapest
sites by fⱼ + vⱼ. Every price gives a bound; a subgradient search raises it, and what would lift it
above the best known answer is ruled out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, SPLIT, WHOLE = 0, 1, 2
"""How a site's knapsack is solved: no capacity; fractions; whole demand (dynamic programming)."""

OPTIONAL, OPEN, CLOSED = 0, 1, 2
"""What is known of a site."""


@njit(nogil=True, cache=True)
def site_value(
    rows: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    size: np.ndarray,
    room: float,
    mode: int,
    full: bool,
    best: np.ndarray,
    kept: np.ndarray,
    order: np.ndarray,
    taken: np.ndarray,
) -> float:
    """Return the least reduced cost of what one site may serve; ``taken`` gets the shares.

    ``full`` fills ``best`` (least value by capacity) even where all that pays fits; ``best``,
    ``kept`` and ``order`` are room to work in.
    """
    count = 0
    load = 0.0
    value = 0.0
    for k in range(len(rows)):
        taken[k] = 0.0
        reduced = cost[k] - price[rows[k]]
        if reduced < 0:
            order[count] = k
            count += 1
            load += size[rows[k]]
            value += reduced
    if mode == FREE or (load <= room and not full):
        for a in range(count):
            taken[order[a]] = 1.0
        return value
    if mode == SPLIT:
        ratio = np.empty(count)
        for a in range(count):
            row = rows[order[a]]
            ratio[a] = (cost[order[a]] - price[row]) / max(size[row], 1e-300)
        value = 0.0
        left = room
        ranked = np.argsort(ratio, kind="mergesort")
        picked = order[:count].copy()
        for a in range(count):
            k = picked[ranked[a]]
            order[a] = k
            need = size[rows[k]]
            share = 1.0 if need <= left else left / need
            if share <= 0:
                continue
            taken[k] = share
            value += share * (cost[k] - price[rows[k]])
            left -= share * need
        order[count:] = -1
        return value
    whole = int(room)
    best[: whole + 1] = 0.0
    for a in range(count):
        k = order[a]
        need = int(size[rows[k]])
        reduced = cost[k] - price[rows[k]]
        for t in range(whole + 1):
            kept[a, t] = 0
        for t in range(whole, need - 1, -1):
            other = best[t - need] + reduced
            if other < best[t]:
                best[t] = other
                kept[a, t] = 1
    t = whole
    for a in range(count - 1, -1, -1):
        if kept[a, t]:
            taken[order[a]] = 1.0
            t -= int(size[rows[order[a]]])
    return best[whole]


@njit(nogil=True, cache=True)
def select(
    total: np.ndarray, known: np.ndarray, new: np.ndarray, most: int, least: int, chosen: np.ndarray
) -> tuple[float, int, float, float]:
    """Mark the cheapest sites that may be open; return their sum, and the worst and next values.

    ``worst`` is the dearest chosen new site that is not known to be open, ``next`` the cheapest
    site left; with them the numbers chosen and asked for tell what a change of one site costs.
    """
    amount = 0.0
    count = 0
    candidates = np.empty(len(total), np.int64)
    size = 0
    for j in range(len(total)):
        chosen[j] = known[j] == OPEN
        if known[j] == OPEN:
            amount += total[j]
            count += new[j]
        elif known[j] == OPTIONAL:
            candidates[size] = j
            size += 1
    ranked = candidates[:size][np.argsort(total[candidates[:size]], kind="mergesort")]
    worst, following = -np.inf, np.inf
    for j in ranked:
        if count < most and (total[j] < 0 or count < least):
            chosen[j] = True
            amount += total[j]
            count += 1
            worst = total[j]
        else:
            following = total[j]
            break
    return amount, count, worst, following


@njit(nogil=True, cache=True)
def ascend(
    starts: np.ndarray,
    rows: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    mode: int,
    opening: np.ndarray,
    known: np.ndarray,
    new: np.ndarray,
    most: int,
    least: int,
    price: np.ndarray,
    best_price: np.ndarray,
    mean: np.ndarray,
    state: np.ndarray,
    upper: float,
    iterations: int,
    patience: int,
    width: int,
) -> np.ndarray:
    """Raise the bound by subgradient steps; return the sites chosen where it was best.

    ``starts``, ``rows`` and ``cost`` are the pairs by site. Changed in place: ``price``, where the
    search goes on; ``best_price``, where the bound was best; ``mean``, the share of each pair,
    averaged over the last steps, which tends to a solution of the relaxation (Barahona and
    Anbil 2000); ``state``: bound, step, steps in vain.
    """
    sites, demands = len(opening), len(size)
    best, kept, order, _ = _workspace(starts, room, mode, width)
    total = np.empty(sites)
    share = np.empty(len(rows))
    chosen = np.zeros(sites, np.bool_)
    best_chosen = np.zeros(sites, np.bool_)
    direction = np.zeros(demands)
    bound, step, failed = state[0], state[1], state[2]
    for _ in range(iterations):
        for j in range(sites):
            a, b = starts[j], starts[j + 1]
            if known[j] == CLOSED:
                total[j] = np.inf
                continue
            total[j] = opening[j] + site_value(
                rows[a:b], cost[a:b], price, size, room[j], mode, False, best, kept, order,
                share[a:b],
            )  # fmt: skip
        amount, _count, _worst, _following = select(total, known, new, most, least, chosen)
        value = amount + price.sum()
        lack = np.ones(demands)
        for j in range(sites):
            for k in range(starts[j], starts[j + 1]):
                mean[k] *= 0.95
                if chosen[j]:
                    lack[rows[k]] -= share[k]
                    mean[k] += 0.05 * share[k]
        if value > bound:
            failed = 0 if value - 1e-4 * abs(upper - value) > bound else failed + 1
            bound = value
            best_price[:] = price
            best_chosen[:] = chosen
        else:
            failed += 1
        if failed >= patience:
            failed = 0
            step *= 0.5
            price[:] = best_price
            direction[:] = 0.0
            continue
        direction = lack + 0.3 * direction
        norm = (direction * lack).sum()
        if (lack * lack).sum() < 1e-12:
            break
        norm = max(norm, 0.25 * (direction * direction).sum())
        price += step * (1.02 * upper - value) / norm * direction
    state[0], state[1], state[2] = bound, step, failed
    return best_chosen


@njit(nogil=True, cache=True)
def rule_out(
    starts: np.ndarray,
    rows: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    mode: int,
    opening: np.ndarray,
    known: np.ndarray,
    new: np.ndarray,
    most: int,
    least: int,
    price: np.ndarray,
    cutoff: float,
    whole: bool,
    width: int,
    kept_pairs: np.ndarray,
) -> float:
    """Close and open sites, and drop pairs, that cannot be in an answer better than ``cutoff``.

    ``known`` and ``kept_pairs`` are changed in place. ``whole``: each demand goes to one site, so
    that a pair can be tried alone. Returns the bound at these prices.
    """
    sites = len(opening)
    best, kept, order, taken = _workspace(starts, room, mode, width)
    total = np.empty(sites)
    chosen = np.zeros(sites, np.bool_)
    for j in range(sites):
        a, b = starts[j], starts[j + 1]
        total[j] = np.inf
        if known[j] != CLOSED:
            total[j] = opening[j] + site_value(
                rows[a:b], cost[a:b], price, size, room[j], mode, False, best, kept, order,
                taken[: b - a],
            )  # fmt: skip
    amount, count, worst, following = select(total, known, new, most, least, chosen)
    bound = amount + price.sum()
    # What one more open site brings in exchange, and what one fewer costs.
    leaving = worst if count == most else max(0.0, worst if count == least else 0.0)
    coming = following if count == least else min(0.0, following)
    for j in range(sites):
        if known[j] == CLOSED:
            continue
        if chosen[j]:
            entry = bound - total[j]
            if known[j] == OPTIONAL and bound - total[j] + coming > cutoff:
                known[j] = OPEN
        else:
            entry = bound - leaving
            if most == 0 or entry + total[j] > cutoff:
                known[j] = CLOSED
                continue
        if not whole:
            continue
        a, b = starts[j], starts[j + 1]
        base = site_value(
            rows[a:b], cost[a:b], price, size, room[j], mode, True, best, kept, order,
            taken[: b - a],
        )  # fmt: skip
        for k in range(a, b):
            reduced = cost[k] - price[rows[k]]
            value = base
            if reduced >= 0:
                left = room[j] - size[rows[k]]
                if left < 0:
                    kept_pairs[k] = False
                    continue
                value = reduced + _value_with(
                    left, rows[a:b], cost[a:b], price, size, mode, base, best, order
                )
            if entry + opening[j] + value > cutoff:
                kept_pairs[k] = False
    return bound


@njit(nogil=True, cache=True)
def _value_with(
    left: float,
    rows: np.ndarray,
    cost: np.ndarray,
    price: np.ndarray,
    size: np.ndarray,
    mode: int,
    base: float,
    best: np.ndarray,
    order: np.ndarray,
) -> float:
    """Return the least value with only so much capacity, after a full ``site_value``."""
    if mode == FREE:
        return base
    if mode == WHOLE:
        return best[int(left)]
    value = 0.0
    for k in order:
        if k < 0 or left <= 0:
            break
        reduced = cost[k] - price[rows[k]]
        if reduced >= 0:
            break
        need = size[rows[k]]
        share = 1.0 if need <= left else left / need
        value += share * reduced
        left -= share * need
    return value


@njit(nogil=True, cache=True)
def _workspace(
    starts: np.ndarray, room: np.ndarray, mode: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    longest = 1
    for j in range(len(room)):
        longest = max(longest, starts[j + 1] - starts[j])
    capacity = width if mode == WHOLE else 0
    best = np.zeros(capacity + 1)
    kept = np.zeros((longest if mode == WHOLE else 1, capacity + 1), np.uint8)
    return best, kept, np.full(longest, -1, np.int64), np.zeros(longest)
