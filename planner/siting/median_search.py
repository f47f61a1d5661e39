"""Good answers for p-median fast: greedy, then swap search with random kicks.

A swap opens one site and closes another. For a site to open, one pass over the rows near it gives
the gain of opening, and what closing each open site would cost after it: loss less a correction.
So the best partner is found without looking at the rows again, and after a swap only sites near a
row that changed are looked at anew.

Whitaker (1983), "A fast algorithm for the greedy interchange for large-scale clustering and median
location problems", INFOR 21; Resende and Werneck (2007), "A fast swap-based local search procedure
for location problems", Annals of Operations Research 150. Kicks and restarts: Lourenço, Martin and
Stützle (2003), "Iterated local search", Handbook of Metaheuristics.
"""

# Compiled code has its own legacy generator, one a thread, seeded at each call.
# ruff: noqa: NPY002

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from planner.siting.median_lists import Lists, served_cost

_RANKS_PER_SHARE = 5
_EXTRA_RANKS = 10
_LEAST_PROFIT = 1e-12


@dataclass(frozen=True, eq=False)
class Search:
    """Swap search over the lists of a problem.

    Attributes
    ----------
    lists
        The problem.
    p
        Sites to open among those listed.
    near
        Per site the rows that have it among their nearest: starts, rows, weighted costs.
    rank
        How many of the nearest sites of each row are looked at.
    """

    lists: Lists
    p: int
    near: tuple[np.ndarray, np.ndarray, np.ndarray]
    rank: int

    @classmethod
    def of(cls, lists: Lists, p: int) -> Search:
        """Return the search for p sites."""
        rank = _RANKS_PER_SHARE * lists.site_count // max(p, 1) + _EXTRA_RANKS
        return cls(lists, p, lists.columns(rank), rank)

    def greedy(self, first: np.ndarray | None = None) -> np.ndarray:
        """Return p sites, each the one that saves most after those before it; bool.

        Parameters
        ----------
        first
            Positions of sites to begin with, at most p; none if left out.
        """
        start = np.zeros(self.lists.site_count, np.bool_)
        if first is not None:
            start[first] = True
        return _greedy(*self.near, self.lists.penalty, start, self.p)

    def improve(
        self, start: np.ndarray, kicks: int, seed: int, afar: float = 0.2, worse: float = 0.0
    ) -> tuple[np.ndarray, float]:
        """Return the best set of sites found from a start, and its cost in the lists.

        Parameters
        ----------
        start
            p sites, bool, shape (sites,).
        kicks
            How often to kick and search again.
        seed
            Of the kicks.
        afar
            Share of the kicks that close a site anywhere rather than nearby.
        worse
            How much worse than the best, relatively, an answer may be to go on from.
        """
        if self.p == 0 or self.p == self.lists.site_count or not len(self.lists.costs):
            cost = served_cost(*self.lists.arrays, self.lists.penalty, start)
            return start, float(cost)
        return _kicked(
            *self.lists.arrays,
            *self.near,
            self.lists.penalty,
            start,
            kicks,
            seed,
            self.rank,
            afar,
            worse,
        )


@njit(nogil=True, cache=True)
def _gain(
    j: int, starts: np.ndarray, rows: np.ndarray, values: np.ndarray, first: np.ndarray
) -> float:
    gain = 0.0
    for k in range(starts[j], starts[j + 1]):
        if values[k] < first[rows[k]]:
            gain += first[rows[k]] - values[k]
    return gain


@njit(nogil=True, cache=True)
def _greedy(
    starts: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    penalty: np.ndarray,
    start: np.ndarray,
    p: int,
) -> np.ndarray:
    """Lazy: a gain only falls as sites open, so that an old one is an upper limit (Minoux 1978)."""
    first, is_open, site_count = penalty.copy(), start.copy(), len(start)
    for j in range(site_count):
        for k in range(starts[j], starts[j + 1] if start[j] else starts[j]):
            first[rows[k]] = min(first[rows[k]], values[k])
    known = np.zeros(site_count, np.int64)
    waiting = [
        (-_gain(j, starts, rows, values, first), j) for j in range(site_count) if not start[j]
    ]
    heapq.heapify(waiting)
    for step in range(min(p, site_count) - (site_count - len(waiting))):
        _, j = heapq.heappop(waiting)
        while known[j] < step:
            known[j] = step
            again = (-_gain(j, starts, rows, values, first), j)
            _, j = heapq.heappushpop(waiting, again)
        is_open[j] = True
        for k in range(starts[j], starts[j + 1]):
            first[rows[k]] = min(first[rows[k]], values[k])
    return is_open


@njit(nogil=True, cache=True)
def serve(
    i: int,
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    penalty: np.ndarray,
    is_open: np.ndarray,
    near: np.ndarray,
    by: np.ndarray,
) -> None:
    """Find the two nearest open sites of a row."""
    found = 0
    near[i, 0] = near[i, 1] = penalty[i]
    by[i, 0] = by[i, 1] = -1
    for k in range(indptr[i], indptr[i + 1]):
        if costs[k] >= penalty[i]:
            break
        if is_open[sites[k]]:
            near[i, found] = costs[k]
            by[i, found] = sites[k]
            found += 1
            if found == 2:
                break


@njit(nogil=True, cache=True)
def _try(
    j: int,
    starts: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    near: np.ndarray,
    by: np.ndarray,
    loss: np.ndarray,
    cheapest: int,
    saved: np.ndarray,
    touched: np.ndarray,
) -> tuple[float, int]:
    """Return the profit of opening j and closing its best partner, and that partner."""
    gain, count = 0.0, 0
    for k in range(starts[j], starts[j + 1]):
        i = rows[k]
        cost = values[k]
        if cost < near[i, 1]:
            if cost < near[i, 0]:
                gain += near[i, 0] - cost
                back = near[i, 1] - near[i, 0]
            else:
                back = near[i, 1] - cost
            site = by[i, 0]
            if site >= 0 and back > 0:
                if saved[site] == 0.0:
                    touched[count] = site
                    count += 1
                saved[site] += back
    partner, least = -1, np.inf
    if saved[cheapest] == 0.0:
        partner, least = cheapest, loss[cheapest]
    for x in range(count):
        site = touched[x]
        left = loss[site] - saved[site]
        saved[site] = 0.0
        if left < least or (left == least and site < partner):
            partner, least = site, left
    return gain - least, partner


@njit(nogil=True, cache=True)
def account(i: int, near: np.ndarray, by: np.ndarray, loss: np.ndarray, sign: float) -> None:
    """Add to (or, with sign -1, take from) what closing its nearest site costs a row."""
    if by[i, 0] >= 0:
        loss[by[i, 0]] += sign * (near[i, 1] - near[i, 0])


@njit(nogil=True, cache=True)
def _enqueue(
    i: int,
    limit: float,
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    queue: np.ndarray,
    waiting: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Have the sites near a row looked at again."""
    for k in range(indptr[i], indptr[i + 1]):
        if costs[k] >= limit:
            break
        if not waiting[sites[k]]:
            waiting[sites[k]] = True
            queue[(ends[0] + ends[1]) % len(queue)] = sites[k]
            ends[1] += 1


@njit(nogil=True, cache=True)
def swap(
    enter: int,
    leave: int,
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    starts: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    penalty: np.ndarray,
    is_open: np.ndarray,
    opened: np.ndarray,
    near: np.ndarray,
    by: np.ndarray,
    loss: np.ndarray,
    queue: np.ndarray,
    waiting: np.ndarray,
    ends: np.ndarray,
) -> float:
    """Swap two sites and return by how much the cost rises."""
    rise = 0.0
    is_open[enter] = True
    is_open[leave] = False
    for x in range(len(opened)):
        if opened[x] == leave:
            opened[x] = enter
    for i in range(len(penalty)):
        if by[i, 0] == leave or by[i, 1] == leave:
            before, limit = near[i, 0], near[i, 1]
            account(i, near, by, loss, -1.0)
            serve(i, indptr, sites, costs, penalty, is_open, near, by)
            account(i, near, by, loss, 1.0)
            rise += near[i, 0] - before
            _enqueue(i, max(limit, near[i, 1]), indptr, sites, costs, queue, waiting, ends)
    for k in range(starts[enter], starts[enter + 1]):
        i = rows[k]
        if values[k] < near[i, 1] and by[i, 0] != enter and by[i, 1] != enter:
            limit = near[i, 1]
            account(i, near, by, loss, -1.0)
            if values[k] < near[i, 0]:
                rise += values[k] - near[i, 0]
                near[i, 1], by[i, 1] = near[i, 0], by[i, 0]
                near[i, 0], by[i, 0] = values[k], enter
            else:
                near[i, 1], by[i, 1] = values[k], enter
            account(i, near, by, loss, 1.0)
            _enqueue(i, limit, indptr, sites, costs, queue, waiting, ends)
    loss[leave] = 0.0
    return rise


@njit(nogil=True, cache=True)
def _cheapest(opened: np.ndarray, loss: np.ndarray) -> int:
    best = opened[0]
    for site in opened:
        if loss[site] < loss[best]:
            best = site
    return best


@njit(nogil=True, cache=True)
def _kicked(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    starts: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    penalty: np.ndarray,
    start: np.ndarray,
    kicks: int,
    seed: int,
    rank: int,
    afar: float,
    worse: float,
) -> tuple[np.ndarray, float]:
    """Search from a start, then again from kicked copies of the last accepted answer."""
    np.random.seed(seed)
    n, m = len(penalty), len(start)
    is_open = start.copy()
    opened = np.flatnonzero(is_open)
    near, by = np.empty((n, 2)), np.empty((n, 2), np.int32)
    loss, saved, touched = np.zeros(m), np.zeros(m), np.empty(m, np.int32)
    queue = np.random.permutation(m).astype(np.int32)
    waiting = np.ones(m, np.bool_)
    ends = np.array([0, m])
    total = 0.0
    for i in range(n):
        serve(i, indptr, sites, costs, penalty, is_open, near, by)
        account(i, near, by, loss, 1.0)
        total += near[i, 0]
    best, best_total = is_open.copy(), total
    base, base_near, base_by, base_loss = is_open.copy(), near.copy(), by.copy(), loss.copy()
    base_opened, base_total = opened.copy(), np.inf
    for kick in range(kicks + 1):
        if kick:
            i = np.random.randint(n)
            for _ in range(np.random.randint(1, 5)):
                width = min(indptr[i + 1] - indptr[i], rank)
                enter = sites[indptr[i] + np.random.randint(width)]
                if is_open[enter] or starts[enter] == starts[enter + 1]:
                    continue
                pick = np.random.random()
                neighbour = rows[np.random.randint(starts[enter], starts[enter + 1])]
                leave = by[neighbour, 0 if pick < 0.5 + 0.5 * afar else 1]
                if pick < afar or leave < 0:
                    leave = opened[np.random.randint(len(opened))]
                    for _ in range(3):
                        other = opened[np.random.randint(len(opened))]
                        if loss[other] < loss[leave]:
                            leave = other
                total += swap(
                    enter, leave, indptr, sites, costs, starts, rows, values, penalty,
                    is_open, opened, near, by, loss, queue, waiting, ends,
                )  # fmt: skip
        cheapest = _cheapest(opened, loss)
        while ends[1] > 0:
            enter = queue[ends[0]]
            ends[0] = (ends[0] + 1) % m
            ends[1] -= 1
            waiting[enter] = False
            if is_open[enter]:
                continue
            profit, leave = _try(
                enter, starts, rows, values, near, by, loss, cheapest, saved, touched
            )
            if leave >= 0 and profit > _LEAST_PROFIT * total:
                total += swap(
                    enter, leave, indptr, sites, costs, starts, rows, values, penalty,
                    is_open, opened, near, by, loss, queue, waiting, ends,
                )  # fmt: skip
                cheapest = _cheapest(opened, loss)
        if total <= base_total or total < best_total * (1 + worse * np.random.random()):
            base[:] = is_open
            base_opened[:] = opened
            base_near[:], base_by[:], base_loss[:] = near, by, loss
            base_total = total
            if total < best_total:
                best_total = total
                best[:] = is_open
        else:
            is_open[:] = base
            opened[:] = base_opened
            near[:], by[:], loss[:] = base_near, base_by, base_loss
            total = base_total
    return best, best_total
