# ruff: noqa: NPY002  # numba compiles the legacy generator alone; it is seeded at each call
"""Compiled parts of outreach: visits of one community at a time, to what is free.

A pattern is what one community gets: none, one or two workers, each with whole days and hours.
It is a row of six: link, days, hours of the first, and of the second (link -1 where there is none).
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NEAR = 1e-9
_BIG = 1e18


@njit(nogil=True, cache=True)
def put(
    i: int,
    pattern: np.ndarray,
    sign: float,
    worker: np.ndarray,
    trip: np.ndarray,
    load: np.ndarray,
    days: np.ndarray,
) -> None:
    """Add (sign 1) or take away (-1) a community's pattern from its workers' hours and days."""
    for at in (0, 3):
        k = int(pattern[i, at])
        if k >= 0:
            load[worker[k]] += sign * (pattern[i, at + 2] + trip[k] * pattern[i, at + 1])
            days[worker[k]] += sign * pattern[i, at + 1]


@njit(nogil=True, cache=True)
def _excess(
    w: int,
    work: float,
    d: float,
    load: np.ndarray,
    days: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    weight: np.ndarray,
    per_day: float,
) -> float:
    """Return by how much more a worker is overloaded with this work, weighted."""
    over = max(load[w] + work - hours[w], 0.0) - max(load[w] - hours[w], 0.0)
    more = max(days[w] + d - most[w], 0.0) - max(days[w] - most[w], 0.0)
    return weight[w] * (over + per_day * more)


@njit(nogil=True, cache=True)
def _best_fit(
    i: int,
    ptr: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    day: np.ndarray,
    lmin: float,
    short: float,
    a: float,
    load: np.ndarray,
    days: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    weight: np.ndarray,
    per_day: float,
    price: np.ndarray,
    pairs: bool,
    bar_link: int,
    enough: float,
    out: np.ndarray,
) -> float:
    """Fill ``out`` with the pattern of a hours that overloads least; return that and its work.

    Two workers are not looked for where they would cost ``enough`` or more.
    """
    best, heavy = _BIG, True
    out[:] = -1.0
    for k in range(ptr[i], ptr[i + 1]):
        if k == bar_link:
            continue
        s = max(a, lmin)
        d = max(np.ceil(s / day[k] - _NEAR), 1.0)
        if short * d > s + _NEAR:
            continue
        w, work = worker[k], s + trip[k] * d
        over = _excess(w, work, d, load, days, hours, most, weight, per_day)
        c = over + price[w] * work
        if c < best:
            best, heavy = c, over > 0
            out[0], out[1], out[2], out[3] = k, d, s, -1.0
    if not pairs or not heavy or a < 2 * lmin - _NEAR:
        return best
    alone = best
    best = min(best, enough)
    for k in range(ptr[i], ptr[i + 1]):
        if k == bar_link:
            continue
        w = worker[k]
        free = hours[w] - load[w]
        d = 0.0
        while True:
            d += 1.0
            full = min(day[k] * d, a - lmin)
            for option in range(2):
                s = full if option == 0 else free - trip[k] * d
                if (option == 1 and s >= full) or s < max(lmin, short * d) - _NEAR:
                    continue
                work = s + trip[k] * d
                c1 = _excess(w, work, d, load, days, hours, most, weight, per_day) + price[w] * work
                if c1 >= best:
                    continue
                rest = a - s
                for m in range(ptr[i], ptr[i + 1]):
                    if m in (k, bar_link) or worker[m] == w:
                        continue
                    e = max(np.ceil(rest / day[m] - _NEAR), 1.0)
                    if short * e > rest + _NEAR:
                        continue
                    more = rest + trip[m] * e
                    c = c1 + price[worker[m]] * more
                    if c >= best:
                        continue
                    c += _excess(worker[m], more, e, load, days, hours, most, weight, per_day)
                    if c < best:
                        best = c
                        out[0], out[1], out[2] = k, d, s
                        out[3], out[4], out[5] = m, e, rest
            if full >= a - lmin - _NEAR:
                break
    return best if out[3] >= 0 else alone


@njit(nogil=True, cache=True)
def _own_excess(
    i: int,
    pattern: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    load: np.ndarray,
    days: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    weight: np.ndarray,
    per_day: float,
    price: np.ndarray,
) -> float:
    """Return what a community's pattern costs on top of the others' (its load taken away)."""
    cost = 0.0
    for at in (0, 3):
        k = int(pattern[i, at])
        if k >= 0:
            work, d = pattern[i, at + 2] + trip[k] * pattern[i, at + 1], pattern[i, at + 1]
            cost += _excess(worker[k], work, d, load, days, hours, most, weight, per_day)
            cost += price[worker[k]] * work
    return cost


@njit(nogil=True, cache=True)
def _mark(
    w: int,
    load: np.ndarray,
    days: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    over: np.ndarray,
    place: np.ndarray,
    count: int,
) -> int:
    """Keep the list of overloaded workers up to date; return its length."""
    heavy = load[w] > hours[w] + 1e-7 or days[w] > most[w] + 1e-7
    if heavy and place[w] < 0:
        over[count], place[w] = w, count
        return count + 1
    if not heavy and place[w] >= 0:
        count -= 1
        last = over[count]
        over[place[w]], place[last] = last, place[w]
        place[w] = -1
    return count


@njit(nogil=True, cache=True)
def pack(
    ptr: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    day: np.ndarray,
    least_hours: np.ndarray,
    shortest: np.ndarray,
    by_worker: np.ndarray,
    of_worker: np.ndarray,
    community: np.ndarray,
    low: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    per_day: float,
    price: np.ndarray,
    pairs: bool,
    order: np.ndarray,
    pattern: np.ndarray,
    weight: np.ndarray,
    light: float,
    grow: float,
    patience: int,
    seed: int,
) -> bool:
    """Look for patterns that give every community ``low`` hours; return whether they were found.

    From the patterns given (row of -1: none yet), communities of overloaded workers move to where
    they cost least, work priced and overload weighted; workers that stay overloaded weigh more
    (guided local search, Voudouris and Tsang 1999). ``weight`` is left as it was at the end.
    """
    np.random.seed(seed)
    workers, n = len(hours), len(ptr) - 1
    load, days = np.zeros(workers), np.zeros(workers)
    out, kept = np.empty(6), np.empty(6)
    over, place, count = np.empty(workers, np.int64), np.full(workers, -1), 0
    for i in range(n):
        total = 0.0
        for at in (0, 3):
            if pattern[i, at] >= 0:
                total += pattern[i, at + 2]
        if total < low[i] - 1e-9:
            pattern[i, :] = -1.0
        put(i, pattern, 1.0, worker, trip, load, days)
    for i in order:
        if low[i] > _NEAR and pattern[i, 0] < 0:
            _best_fit(
                i, ptr, worker, trip, day, least_hours[i], shortest[i], low[i], load, days, hours,
                most, weight, per_day, price, pairs, -1, _BIG, out,
            )  # fmt: skip
            if out[0] < 0:
                return False
            pattern[i] = out
            put(i, pattern, 1.0, worker, trip, load, days)
    for w in range(workers):
        count = _mark(w, load, days, hours, most, over, place, count)
    moved = np.full(n, -1000, np.int64)
    fewest, step, until = count, 0, patience
    while step < until:
        if count == 0:
            return True
        if count < fewest:
            fewest, until = count, step + patience
        step += 1
        w = over[np.random.randint(count)]
        best, chosen = _BIG, -1
        for at in range(by_worker[w], by_worker[w + 1]):
            link = of_worker[at]
            i = community[link]
            if pattern[i, 0] != link and pattern[i, 3] != link:
                continue
            if step - moved[i] < 3 + np.random.randint(5):
                continue
            put(i, pattern, -1.0, worker, trip, load, days)
            before = _own_excess(
                i, pattern, worker, trip, load, days, hours, most, weight, per_day, price
            )
            # Only a change that beats the best so far, and gains at all, is of use.
            enough = before + min(best, -1e-9) + 1e-9 * (1.0 + before)
            after = _best_fit(
                i, ptr, worker, trip, day, least_hours[i], shortest[i], low[i], load, days, hours,
                most, weight, per_day, price, pairs, link, enough, out,
            )  # fmt: skip
            put(i, pattern, 1.0, worker, trip, load, days)
            if out[0] >= 0 and after - before < best:
                best, chosen = after - before, i
                kept[:] = out
        if chosen >= 0 and best < -1e-9:
            put(chosen, pattern, -1.0, worker, trip, load, days)
            for at in (0, 3):
                if pattern[chosen, at] >= 0:
                    old = worker[int(pattern[chosen, at])]
                    count = _mark(old, load, days, hours, most, over, place, count)
            pattern[chosen] = kept
            put(chosen, pattern, 1.0, worker, trip, load, days)
            for at in (0, 3):
                if pattern[chosen, at] >= 0:
                    new = worker[int(pattern[chosen, at])]
                    count = _mark(new, load, days, hours, most, over, place, count)
            moved[chosen] = step
        else:
            weight[w] *= grow
            if weight[w] > 1e3:
                weight[:] = np.maximum(weight * 1e-3, light)
    return count == 0


@njit(nogil=True, cache=True)
def _most_hours(
    i: int,
    ptr: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    day: np.ndarray,
    lmin: float,
    short: float,
    a: float,
    b: float,
    load: np.ndarray,
    days: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    price: np.ndarray,
    pairs: bool,
    out: np.ndarray,
) -> float:
    """Fill ``out`` with the pattern of most hours, work priced, that fits; return its worth."""
    best = 0.0 if a <= _NEAR else -_BIG
    out[:] = -1.0
    start, stop = ptr[i], ptr[i + 1]
    for k in range(start, stop):
        w = worker[k]
        free, left, p = hours[w] - load[w], most[w] - days[w], price[w]
        if free - trip[k] < lmin - _NEAR:
            continue
        d = 0.0
        while d < left - 0.5:
            d += 1.0
            s = min(day[k] * d, free - trip[k] * d, b)
            if s < max(lmin, short * d) - _NEAR:
                if free - trip[k] * d < lmin or short * d > b:
                    break
                continue
            own = s - p * (s + trip[k] * d)
            if s >= a - _NEAR and own > best + 1e-12:
                best = own
                out[0], out[1], out[2], out[3] = k, d, s, -1.0
            if pairs and b >= 2 * lmin - _NEAR:
                s = min(s, b - lmin)
                own = s - p * (s + trip[k] * d)
                rest = b - s
                if own + rest > best and s >= max(lmin, short * d) - _NEAR:
                    for m in range(start, stop):
                        v = worker[m]
                        if m == k or own + rest * (1 - price[v]) <= best + 1e-12:
                            continue
                        room, more = hours[v] - load[v], most[v] - days[v]
                        e = 0.0
                        while e < more - 0.5:
                            e += 1.0
                            r = min(day[m] * e, room - trip[m] * e, rest)
                            if r < max(lmin, short * e) - _NEAR:
                                if room - trip[m] * e < lmin or short * e > rest:
                                    break
                                continue
                            worth = own + r - price[v] * (r + trip[m] * e)
                            if s + r >= a - _NEAR and worth > best + 1e-12:
                                best = worth
                                out[0], out[1], out[2] = k, d, s
                                out[3], out[4], out[5] = m, e, r
                            if day[m] * e >= rest:
                                break
            if day[k] * d >= b - _NEAR:
                break
    return best


@njit(nogil=True, cache=True)
def fill(
    ptr: np.ndarray,
    worker: np.ndarray,
    trip: np.ndarray,
    day: np.ndarray,
    least_hours: np.ndarray,
    shortest: np.ndarray,
    by_worker: np.ndarray,
    of_worker: np.ndarray,
    community: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    hours: np.ndarray,
    most: np.ndarray,
    price: np.ndarray,
    pairs: bool,
    pattern: np.ndarray,
    steps: int,
    warmth: float,
    seed: int,
) -> None:
    """Raise the hours of a feasible plan in place, at least ``low`` and at most ``high`` each.

    A few communities near each other lose their visits and get them anew, one after the other, as
    many hours as fit; what is lost now and then grows smaller with time (simulated annealing).
    """
    np.random.seed(seed)
    workers, n = len(hours), len(ptr) - 1
    load, days = np.zeros(workers), np.zeros(workers)
    for i in range(n):
        put(i, pattern, 1.0, worker, trip, load, days)
    out = np.empty(6)
    picked, before = np.empty(6, np.int64), np.empty((6, 6))
    scaled = price.copy()
    for step in range(steps):
        i = np.random.randint(n)
        if ptr[i] == ptr[i + 1]:
            continue
        size, wanted = 1, 1 + np.random.randint(5)
        picked[0] = i
        for _ in range(4 * wanted):
            if size > wanted:
                break
            w = worker[ptr[i] + np.random.randint(ptr[i + 1] - ptr[i])]
            j = community[
                of_worker[by_worker[w] + np.random.randint(by_worker[w + 1] - by_worker[w])]
            ]
            known = False
            for at in range(size):
                known = known or picked[at] == j
            if not known:
                picked[size] = j
                size += 1
        was = now = 0.0
        for at in range(size):
            j = picked[at]
            before[at] = pattern[j]
            was += max(pattern[j, 2], 0.0) + max(pattern[j, 5], 0.0)
            put(j, pattern, -1.0, worker, trip, load, days)
        factor = np.random.random()
        if step % 4 == 0:
            factor = 0.0
        scaled[:] = price * factor
        fits = True
        for at in np.random.permutation(size):
            j = picked[at]
            _most_hours(
                j, ptr, worker, trip, day, least_hours[j], shortest[j], low[j], high[j], load, days,
                hours, most, scaled, pairs, out,
            )  # fmt: skip
            if out[0] < 0 and low[j] > _NEAR:
                fits = False
                pattern[j, :] = -1.0
                continue
            pattern[j] = out
            put(j, pattern, 1.0, worker, trip, load, days)
            now += max(out[2], 0.0) + max(out[5], 0.0)
        heat = warmth * (1 - step / steps)
        if not fits or now < was + heat * np.log(max(np.random.random(), 1e-12)) - 1e-12:
            for at in range(size):
                put(picked[at], pattern, -1.0, worker, trip, load, days)
            for at in range(size):
                pattern[picked[at]] = before[at]
                put(picked[at], pattern, 1.0, worker, trip, load, days)
