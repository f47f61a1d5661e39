"""Good answers to service problems: regret, shift and exchange, relocation; compiled.

Regret construction as for the generalised assignment problem (Martello and Toth 1990), alternating
location and allocation (Cooper 1964; Mulvey and Beck 1984), sites swapped, opened and closed.
Overload is allowed at a price while searching, so that tight capacities do not trap it.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def open_costs(
    starts: np.ndarray, sites: np.ndarray, cost: np.ndarray, opened: np.ndarray
) -> np.ndarray:
    """Return the costs of each demand to the open sites, infinite where a site cannot serve it."""
    place = np.full(len(opened), -1, np.int64)
    count = 0
    for j in range(len(opened)):
        if opened[j]:
            place[j] = count
            count += 1
    table = np.full((len(starts) - 1, count), np.inf)
    for i in range(len(starts) - 1):
        for k in range(starts[i], starts[i + 1]):
            if place[sites[k]] >= 0:
                table[i, place[sites[k]]] = cost[k]
    return table


@njit(nogil=True, cache=True)
def construct(table: np.ndarray, size: np.ndarray, room: np.ndarray, far: float) -> np.ndarray:
    """Return an assignment to open sites, the demand with most to lose first.

    What fits nowhere goes where most room is left. ``far`` stands for a pair that may not be.
    """
    demands, sites = table.shape
    left = room.copy()
    assigned = np.full(demands, -1, np.int64)
    first = np.full(demands, -1, np.int64)
    second = np.full(demands, -1, np.int64)
    stale = np.ones(demands, np.bool_)
    for _ in range(demands):
        pick, most = -1, -np.inf
        for i in range(demands):
            if assigned[i] >= 0:
                continue
            if stale[i]:
                stale[i] = False
                first[i], second[i] = -1, -1
                for s in range(sites):
                    if size[i] > left[s] + 1e-9 or table[i, s] == np.inf:
                        continue
                    if first[i] < 0 or table[i, s] < table[i, first[i]]:
                        second[i] = first[i]
                        first[i] = s
                    elif second[i] < 0 or table[i, s] < table[i, second[i]]:
                        second[i] = s
            if first[i] < 0:
                regret = far * 4 + size[i]
            elif second[i] < 0:
                regret = far * 2 - table[i, first[i]]
            else:
                regret = table[i, second[i]] - table[i, first[i]]
            if regret > most:
                pick, most = i, regret
        s = first[pick]
        if s < 0:
            s = 0
            for t in range(sites):
                better = left[t] > left[s] and table[pick, t] < np.inf
                if better or (table[pick, s] == np.inf and table[pick, t] < np.inf):
                    s = t
        assigned[pick] = s
        left[s] -= size[pick]
        for i in range(demands):
            if assigned[i] < 0 and (first[i] == s or second[i] == s):
                stale[i] = True
    return assigned


@njit(nogil=True, cache=True)
def _over(load: float, room: float) -> float:
    return load - room if load > room + 1e-9 else 0.0


@njit(nogil=True, cache=True)
def improve(
    table: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    assigned: np.ndarray,
    load: np.ndarray,
    penalty: float,
) -> None:
    """Shift demand to other open sites and exchange pairs, as long as it pays; in place."""
    demands, sites = table.shape
    better = True
    while better:
        better = False
        for i in range(demands):
            a = assigned[i]
            for b in range(sites):
                if b == a or table[i, b] == np.inf:
                    continue
                gain = table[i, a] - table[i, b]
                gain += penalty * (
                    _over(load[a], room[a])
                    + _over(load[b], room[b])
                    - _over(load[a] - size[i], room[a])
                    - _over(load[b] + size[i], room[b])
                )
                if gain > 1e-9 * (1 + table[i, a]):
                    assigned[i] = b
                    load[a] -= size[i]
                    load[b] += size[i]
                    better = True
                    a = b
        for i in range(demands):
            for k in range(i + 1, demands):
                a, b = assigned[i], assigned[k]
                if a == b or table[i, b] == np.inf or table[k, a] == np.inf:
                    continue
                change = size[k] - size[i]
                gain = table[i, a] + table[k, b] - table[i, b] - table[k, a]
                if change != 0:
                    gain += penalty * (
                        _over(load[a], room[a])
                        + _over(load[b], room[b])
                        - _over(load[a] + change, room[a])
                        - _over(load[b] - change, room[b])
                    )
                if gain > 1e-9 * (1 + table[i, a]):
                    assigned[i], assigned[k] = b, a
                    load[a] += change
                    load[b] -= change
                    better = True


@njit(nogil=True, cache=True)
def relocate(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    opening: np.ndarray,
    movable: np.ndarray,
    opened: np.ndarray,
    assigned: np.ndarray,
) -> bool:
    """Move each open site to where those it serves are served best; in place; whether any moved."""
    count = len(opened)
    moved = False
    total = np.empty(count)
    reached = np.empty(count, np.int64)
    for s in range(count):
        if not opened[s] or not movable[s]:
            continue
        total[:] = opening
        reached[:] = 0
        load, members = 0.0, 0
        for i in range(len(assigned)):
            if assigned[i] == s:
                load += size[i]
                members += 1
                for k in range(starts[i], starts[i + 1]):
                    total[sites[k]] += cost[k]
                    reached[sites[k]] += 1
        # Overload that is there already may stay; it must not grow.
        allowed = max(_over(load, room[s]), 0.0)
        best = s
        for j in range(count):
            if opened[j] or not movable[j] or reached[j] < members:
                continue
            if _over(load, room[j]) <= allowed and total[j] < total[best] - 1e-9 * (
                1 + abs(total[best])
            ):
                best = j
        if best != s:
            opened[s], opened[best] = False, True
            for i in range(len(assigned)):
                if assigned[i] == s:
                    assigned[i] = best
            moved = True
    return moved


@njit(nogil=True, cache=True)
def settle(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    opening: np.ndarray,
    movable: np.ndarray,
    opened: np.ndarray,
    far: float,
    penalty: float,
) -> tuple[np.ndarray, float, float]:
    """Serve all demand from open sites, and move those, until neither helps.

    ``opened`` is changed in place. Returns site of each demand, cost, and overload (or demand with
    no open site that reaches it, as overload too).
    """
    assigned = np.full(len(size), -1, np.int64)
    for turn in range(50):
        table = open_costs(starts, sites, cost, opened)
        names = np.flatnonzero(opened)
        for i in range(len(size)):
            if len(names) == 0 or table[i].min() == np.inf:
                return assigned, np.inf, np.inf
        if turn == 0:
            local = construct(table, size, room[names], far)
        else:
            local = np.searchsorted(names, assigned)
        load = np.zeros(len(names))
        for i in range(len(size)):
            load[local[i]] += size[i]
        improve(table, size, room[names], local, load, penalty)
        for i in range(len(size)):
            assigned[i] = names[local[i]]
        if not relocate(starts, sites, cost, size, room, opening, movable, opened, assigned):
            break
    value, over = 0.0, 0.0
    load = np.zeros(len(opened))
    for i in range(len(size)):
        load[assigned[i]] += size[i]
        for k in range(starts[i], starts[i + 1]):
            if sites[k] == assigned[i]:
                value += cost[k]
    for j in range(len(opened)):
        if opened[j]:
            value += opening[j]
            over += _over(load[j], room[j])
    return assigned, value, over


@njit(nogil=True, cache=True)
def explore(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    opening: np.ndarray,
    movable: np.ndarray,
    opened: np.ndarray,
    most: int,
    far: float,
    penalty: float,
    luck: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Swap, open and close sites at random, serve anew, keep what is no worse; return the best.

    ``movable``: sites that are not open already; at most ``most`` of them are opened. ``luck``:
    random numbers from 0 to 1, shape (rounds, 6).
    """
    opened = opened.copy()
    assigned, value, over = settle(
        starts, sites, cost, size, room, opening, movable, opened, far, penalty
    )
    best_opened, best_assigned, best_value, best_over = opened.copy(), assigned, value, over
    places = np.flatnonzero(movable)
    for turn in range(len(luck)):
        draw = luck[turn]
        trial = opened.copy()
        shut = places[opened[places]]
        free = places[~opened[places]]
        kind = int(draw[0] * 10)
        if opening.sum() == 0 and len(shut) == most:
            kind = 9
        if kind >= 2 and len(shut) and len(free):
            times = 1 + int(draw[1] * 2)
            for swap in range(times):
                trial[shut[int(draw[2 + swap] * len(shut))]] = False
                trial[free[int(draw[4 + swap] * len(free))]] = True
        elif kind == 0 and len(shut):
            trial[shut[int(draw[2] * len(shut))]] = False
        elif len(free) and len(shut) < most:
            trial[free[int(draw[4] * len(free))]] = True
        if trial[places].sum() > most:
            continue
        found, value_now, over_now = settle(
            starts, sites, cost, size, room, opening, movable, trial, far, penalty
        )
        if over_now < over or (over_now == over and value_now <= value):
            opened, value, over = trial, value_now, over_now
            if over < best_over or (over == best_over and value < best_value):
                best_opened, best_assigned = opened.copy(), found
                best_value, best_over = value, over
    return best_opened, best_assigned, best_value, best_over


@njit(nogil=True, cache=True)
def exchange_sites(
    starts: np.ndarray,
    sites: np.ndarray,
    cost: np.ndarray,
    by_starts: np.ndarray,
    by_rows: np.ndarray,
    by_cost: np.ndarray,
    opening: np.ndarray,
    movable: np.ndarray,
    opened: np.ndarray,
    most: int,
) -> float:
    """Open, close and swap sites without capacity, best change first, while it pays; in place.

    Swaps are valued for all pairs at once from each demand's nearest and second nearest open site
    (Whitaker 1983; Resende and Werneck 2004). Returns the cost; infinite if some demand has none.
    """
    count, demands = len(opened), len(starts) - 1
    near = np.empty(demands, np.int64)
    first, second = np.empty(demands), np.empty(demands)
    loss, extra = np.empty(count), np.empty(count)
    touched = np.empty(count, np.int64)
    while True:
        loss[:] = 0.0
        value, number, unserved = 0.0, 0, 0
        for j in range(count):
            extra[j] = 0.0
            if opened[j]:
                value += opening[j]
                loss[j] = -opening[j]
                number += movable[j]
        for i in range(demands):
            near[i], first[i], second[i] = -1, np.inf, np.inf
            for k in range(starts[i], starts[i + 1]):
                if not opened[sites[k]]:
                    continue
                if cost[k] < first[i]:
                    second[i] = first[i]
                    near[i], first[i] = sites[k], cost[k]
                elif cost[k] < second[i]:
                    second[i] = cost[k]
            if near[i] < 0:
                unserved += 1
            else:
                value += first[i]
                loss[near[i]] += second[i] - first[i]
        if unserved:
            return np.inf
        best, add, drop = -1e-9 * (1 + abs(value)), -1, -1
        for s in range(count):
            if opened[s] and movable[s] and loss[s] < best:
                best, add, drop = loss[s], -1, s
        for j in range(count):
            if opened[j] or not movable[j]:
                continue
            gain = -opening[j]
            marks = 0
            for k in range(by_starts[j], by_starts[j + 1]):
                i, c = by_rows[k], by_cost[k]
                s = near[i]
                if c < first[i]:
                    gain += first[i] - c
                    back = second[i] - first[i]
                elif c < second[i]:
                    back = second[i] - c
                else:
                    continue
                if 0 < back < np.inf:
                    if extra[s] == 0.0:
                        touched[marks] = s
                        marks += 1
                    extra[s] += back
            if number < most and -gain < best:
                best, add, drop = -gain, j, -1
            # A site that alone serves some demand (infinite loss) is not given up in a swap.
            lost, leaving = np.inf, -1
            for s in range(count):
                if not opened[s] or not movable[s] or loss[s] == np.inf:
                    continue
                change = loss[s] - extra[s] - gain
                if change < lost:
                    lost = change
                    leaving = s
            if lost < best:
                best, add, drop = lost, j, leaving
            for t in range(marks):
                extra[touched[t]] = 0.0
        if add < 0 and drop < 0:
            return value
        if add >= 0:
            opened[add] = True
        if drop >= 0:
            opened[drop] = False
