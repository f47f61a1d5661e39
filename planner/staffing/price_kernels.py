"""Compiled prices of outreach: the cheapest pattern of every community, exactly.

Patterns are those of ``outreach_kernels``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NEAR = 1e-9
_BIG = 1e18
_TRIED = 12


@njit(nogil=True, cache=True)
def _two_ends(
    low1: float,
    high1: float,
    price1: float,
    low2: float,
    high2: float,
    price2: float,
    least: float,
    most: float,
    value: float,
) -> tuple[float, float, bool]:
    """Return hours (first, second) of two visitors, cheapest, and whether they are possible."""
    s1, s2 = low1, low2
    if s1 + s2 > most + _NEAR or high1 + high2 < least - _NEAR:
        return 0.0, 0.0, False
    for turn in range(2):
        first = (price1 <= price2) == (turn == 0)
        price = price1 if first else price2
        up = most if price < value else least
        room = up - s1 - s2
        if room > 0:
            if first:
                s1 += min(room, high1 - s1)
            else:
                s2 += min(room, high2 - s2)
    return s1, s2, True


@njit(nogil=True, cache=True)
def cheapest_patterns(
    first: int,
    last: int,
    ptr: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    day: np.ndarray,
    most_days: np.ndarray,
    least_hours: np.ndarray,
    shortest: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    price: np.ndarray,
    day_price: np.ndarray,
    value: float,
    pairs: bool,
    cost: np.ndarray,
    pattern: np.ndarray,
) -> None:
    """Fill cost and pattern of communities first to last: the cheapest at these prices.

    The cost of a pattern is Σ price · (hours + trip · days) + day_price · days − value · hours.
    Only integral days near where one of the bounds turns can be the cheapest for the second
    worker: for given days of the first, the cost is convex in those of the second.
    """
    tries = np.empty(2 * _TRIED, np.int64)
    for i in range(first, last):
        a, b, lmin, short = low[i], high[i], least_hours[i], shortest[i]
        best = 0.0 if a <= _NEAR else _BIG
        pattern[i, :] = -1.0
        start, stop = ptr[i], ptr[i + 1]
        for k in range(start, stop):
            p, q = price[worker[k]], day_price[worker[k]]
            for d in range(1, most_days[k] + 1):
                lo, hi = max(lmin, short * d, a), min(day[k] * d, b)
                if lo > b + _NEAR:
                    break
                if lo > hi + _NEAR:
                    continue
                s = hi if p < value else lo
                c = p * (s + trip[k] * d) + q * d - value * s
                if c < best - 1e-12:
                    best = c
                    pattern[i, 0], pattern[i, 1], pattern[i, 2], pattern[i, 3] = k, d, s, -1.0
                if hi >= b - _NEAR:
                    break
        if pairs and b >= 2 * lmin - _NEAR:
            for k in range(start, stop):
                p1, q1 = price[worker[k]], day_price[worker[k]]
                r1 = p1 + (p1 * trip[k] + q1) / day[k]
                for m in range(k + 1, stop):
                    p2, q2 = price[worker[m]], day_price[worker[m]]
                    r2 = p2 + (p2 * trip[m] + q2) / day[m]
                    r = min(r1, r2)
                    # What both cost at the least, whole days or not.
                    under = lmin * (r1 + r2 - 2 * r)
                    under += (r - value) * (b if r < value else max(a, 2 * lmin))
                    if under >= best - 1e-12:
                        continue
                    for d1 in range(1, most_days[k] + 1):
                        l1, h1 = max(lmin, short * d1), min(day[k] * d1, b - lmin)
                        if l1 > h1 + _NEAR:
                            if l1 > b - lmin:
                                break
                            continue
                        n = 0
                        for at in (
                            (a - h1) / day[m],
                            (b - h1) / day[m],
                            (a - l1) / day[m],
                            (b - l1) / day[m],
                            (a - h1) / short,
                            (b - h1) / short,
                            (a - l1) / short,
                            (b - l1) / short,
                            lmin / short,
                            lmin / day[m],
                            (b - lmin) / day[m],
                        ):
                            below = int(np.floor(at + _NEAR))
                            tries[n], tries[n + 1] = below, below + 1
                            n += 2
                        tries[n], tries[n + 1] = 1, most_days[m]
                        n += 2
                        for t in range(n):
                            d2 = tries[t]
                            if d2 < 1 or d2 > most_days[m]:
                                continue
                            l2, h2 = max(lmin, short * d2), min(day[m] * d2, b - lmin)
                            if l2 > h2 + _NEAR:
                                continue
                            s1, s2, fits = _two_ends(l1, h1, p1, l2, h2, p2, a, b, value)
                            if not fits:
                                continue
                            c = p1 * (s1 + trip[k] * d1) + q1 * d1 - value * s1
                            c += p2 * (s2 + trip[m] * d2) + q2 * d2 - value * s2
                            if c < best - 1e-12:
                                best = c
                                pattern[i, 0], pattern[i, 1], pattern[i, 2] = k, d1, s1
                                pattern[i, 3], pattern[i, 4], pattern[i, 5] = m, d2, s2
        cost[i] = best
