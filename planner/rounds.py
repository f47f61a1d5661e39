"""Rounds of visits from one base: the fewest days, with a bound.

Days are built by inserting visits until each is full, many times over with other beginnings. Of
all days that came up, the fewest that visit everyone are chosen by integer programming where there
are few places; where there are many, a routing solver (PyVRP) looks for fewer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from planner.errors import ArgumentError
from planner.solver import Program, solve

_SLACK = 1e-6  # minutes
_TRIES = 100
_STEPS = 150
_NOISE = 0.2
_FEW = 60  # places: up to so many, the choice among the days built is soon proven
_BEGINNINGS = 8
_NODES = 1_000
_ITERATIONS = 500
_DAY_COSTS = 1_000_000  # seconds of travel: fewer days come first
_PULLS = (0.1, 0.2, 0.3, 0.5)
"""How much a place far from the base is taken first, per minute of its way there and back."""


@dataclass(frozen=True, eq=False, repr=False)
class Rounds:
    """Days of visits.

    Attributes
    ----------
    days
        The places that each day visits, in order (positions from 0).
    minutes
        Length of each day: travel from the base and back, and visits.
    bound
        No rounds take fewer days.
    gap
        (days - bound) / days.
    status
        ``optimal`` (proven) or ``feasible``.
    """

    days: list[np.ndarray]
    minutes: np.ndarray
    bound: int
    gap: float
    status: str

    def __repr__(self) -> str:
        """Return the headline."""
        return f"Rounds({len(self.days)} days, at least {self.bound}, {self.status})"


def fewest_days(
    minutes: Any,
    *,
    visit_minutes: float,
    day_minutes: float,
    tries: int = _TRIES,
    time_limit_s: float | None = None,
    seed: int = 0,
) -> Rounds:
    """Return rounds that visit every place once in few days, and a bound on the fewest.

    A day leaves the base, visits, and is back within ``day_minutes``.

    Parameters
    ----------
    minutes
        Travel between base and places, shape (n + 1, n + 1); the base stands first.
    visit_minutes
        Time at each place.
    day_minutes
        Working time of a day, travel included.
    tries
        How often days are built anew; at most 8 times for more than 60 places.
    time_limit_s
        Seconds for the choice among the days built; none if left out: all work is limited in steps,
        so that the same input and seed give the same rounds.
    seed
        Seed of the beginnings.

    Raises
    ------
    ArgumentError
        If an argument cannot be worked with, or a place is too far for a day.

    Notes
    -----
    The bound is that of Fisher (1994), "Optimal solution of vehicle routing problems using minimum
    K-trees", Operations Research 42: K days are a connected graph of n + K edges in which every
    place has two and the base 2K; degrees are priced, prices found by subgradients. K days are too
    few where such a graph and the visits take longer than K working days.

    Examples
    --------
    >>> fewest_days([[0, 9, 9], [9, 0, 1], [9, 1, 0]], visit_minutes=20, day_minutes=60)
    Rounds(1 days, at least 1, optimal)
    """
    travel = _checked(minutes, visit_minutes, day_minutes)
    count = len(travel) - 1
    if count == 0:
        return Rounds([], np.zeros(0), 0, 0.0, "optimal")
    draws = np.random.default_rng(seed)
    best: list[list[int]] = []
    pool: dict[frozenset[int], list[int]] = {}
    # Among many places the routing solver does better than more beginnings.
    for attempt in range(tries if count <= _FEW else min(tries, _BEGINNINGS)):
        noise = np.ones(count + 1)
        if attempt:
            noise = np.exp(draws.normal(0.0, _NOISE, count + 1))
        pull = _PULLS[attempt % len(_PULLS)]
        days = list(_packed(travel, visit_minutes, day_minutes, noise, pull))
        pool |= {frozenset(day): day for day in days}
        if not best or len(days) < len(best):
            best = days
    bound = _least_days(travel, visit_minutes, day_minutes, len(best))
    if bound < len(best):
        if count > _FEW:
            best = _routed(travel, visit_minutes, day_minutes, best, seed)
        limit = math.inf if time_limit_s is None else time_limit_s
        fewer = best
        if count <= _FEW:
            fewer = _chosen(list(pool.values()), best, count, limit, seed)
        longest = max(_length(travel, day) + visit_minutes * len(day) for day in fewer)
        best = fewer if longest <= day_minutes + _SLACK else best
    best = [_shortened(travel, day) for day in best]
    lengths = np.array([_length(travel, day) + visit_minutes * len(day) for day in best])
    order = np.argsort(-lengths, kind="stable")
    gap = (len(best) - bound) / len(best)
    return Rounds(
        days=[np.array(best[k]) - 1 for k in order],
        minutes=lengths[order],
        bound=bound,
        gap=gap,
        status="optimal" if gap == 0 else "feasible",
    )


def _checked(minutes: Any, visit_minutes: float, day_minutes: float) -> np.ndarray:
    travel = np.array(minutes, float)
    if travel.ndim != 2 or travel.shape[0] != travel.shape[1] or len(travel) < 1:
        raise ArgumentError(f"minutes has shape {travel.shape}; give base and places × the same")
    if not (np.isfinite(travel).all() and (travel >= 0).all()):
        raise ArgumentError("minutes are negative or not finite; leave out places without a road")
    for name, value in (("visit_minutes", visit_minutes), ("day_minutes", day_minutes)):
        if not (math.isfinite(value) and value >= 0):
            raise ArgumentError(f"{name} is {value}; give minutes, 0 or more")
    np.fill_diagonal(travel, 0.0)
    alone = travel[0, 1:] + travel[1:, 0] + visit_minutes
    far = np.flatnonzero(alone > day_minutes + _SLACK)
    if len(far):
        raise ArgumentError(
            f"place {far[0]} takes {alone[far[0]]:.0f} minutes there and back, more than the "
            f"{day_minutes:g} of a day; lengthen the day or leave it out"
        )
    return travel


def _length(travel: np.ndarray, day: list[int]) -> float:
    stops = np.array([0, *day, 0])
    return float(travel[stops[:-1], stops[1:]].sum())


def _packed(
    travel: np.ndarray, visit: float, most: float, noise: np.ndarray, pull: float
) -> Iterator[list[int]]:
    """Yield days, each begun with the farthest place left and filled with what adds least."""
    left = np.ones(len(travel), bool)
    left[0] = False
    away = (travel[0] + travel[:, 0]) * noise
    while left.any():
        first = int(np.argmax(np.where(left, away, -1.0)))
        day = [first]
        left[first] = False
        length = _length(travel, day) + visit
        shortened = False
        while True:
            waiting = np.flatnonzero(left)
            if not len(waiting):
                break
            before, after = np.array([0, *day]), np.array([*day, 0])
            extra = travel[np.ix_(before, waiting)] + travel[np.ix_(waiting, after)].T
            extra = extra - travel[before, after][:, None]
            at = extra.argmin(axis=0)
            added = extra[at, np.arange(len(waiting))]
            fits = length + added + visit <= most + _SLACK
            if not fits.any():
                if shortened:
                    break
                day, shortened = _shortened(travel, day), True
                length = _length(travel, day) + visit * len(day)
                continue
            # A place that would be a long way for another day counts as nearer.
            score = added - pull * away[waiting]
            pick = int(np.argmin(np.where(fits, score, np.inf)))
            day.insert(int(at[pick]), int(waiting[pick]))
            left[waiting[pick]] = False
            length += float(added[pick]) + visit
            shortened = False
        yield day


def _shortened(travel: np.ndarray, day: list[int]) -> list[int]:
    """Return the places in an order that no reversal of a part shortens (2-opt)."""
    best, shortest = list(day), _length(travel, day)
    improved = True
    while improved:
        improved = False
        for i in range(len(best) - 1):
            for j in range(i + 1, len(best)):
                other = best[:i] + best[i : j + 1][::-1] + best[j + 1 :]
                length = _length(travel, other)
                if length < shortest - _SLACK:
                    best, shortest, improved = other, length, True
    return best


def _routed(
    travel: np.ndarray, visit: float, most: float, start: list[list[int]], seed: int
) -> list[list[int]]:
    """Return fewer days, by hybrid genetic search (PyVRP), or the days given."""
    import pyvrp

    # Rounded up to seconds, a day that fits there fits in minutes.
    seconds: Any = np.ceil(travel * 60 - _SLACK).astype(np.int64)
    np.fill_diagonal(seconds, 0)
    count = len(travel) - 1
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(count + 1)],
        clients=[
            pyvrp.Client(place, service_duration=math.ceil(visit * 60))
            for place in range(1, count + 1)
        ],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[
            pyvrp.VehicleType(len(start), shift_duration=int(most * 60), fixed_cost=_DAY_COSTS)
        ],
        distance_matrices=[seconds],
        duration_matrices=[seconds],
    )
    stop = pyvrp.stop.MaxIterations(_ITERATIONS)
    best = pyvrp.solve(data, stop, seed=seed, collect_stats=False, display=False).best
    if not best.is_feasible():
        return start
    found: list[list[int]] = [
        [activity.idx + 1 for activity in route if activity.is_client()] for route in best.routes()
    ]
    return found if len(found) < len(start) else start


def _chosen(
    pool: list[list[int]], start: list[list[int]], count: int, time_limit_s: float, seed: int
) -> list[list[int]]:
    """Return the fewest days of a pool that visit every place, each once."""
    rows = np.concatenate([np.array(day) - 1 for day in pool])
    columns = np.repeat(np.arange(len(pool)), [len(day) for day in pool])
    known = {frozenset(day) for day in start}
    program = Program(
        cost=np.ones(len(pool)),
        rows=csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, len(pool))),
        row_lower=np.ones(count),
        row_upper=np.full(count, np.inf),
        lower=np.zeros(len(pool)),
        upper=np.ones(len(pool)),
        integral=np.ones(len(pool), bool),
    )
    begin = np.array([frozenset(day) in known for day in pool], float)
    found = solve(program, time_limit_s=time_limit_s, seed=seed, start=begin, node_limit=_NODES)
    if found.x is None or found.x.sum() >= len(start) - 0.5:
        return start
    seen: set[int] = set()
    days = []
    for k in np.flatnonzero(found.x > 0.5):
        # Who is visited on an earlier day already is left out: a shorter day by the triangle
        # inequality of travel times.
        day = [place for place in pool[k] if place not in seen]
        seen |= set(day)
        if day:
            days.append(day)
    return days


def _least_days(travel: np.ndarray, visit: float, most: float, days: int) -> int:
    """Return how many days it takes at least; ``days`` are known to do."""
    count = len(travel) - 1
    cost = _shortest(np.minimum(travel, travel.T))
    least = min(_days_by_fullest(cost, visit, most), days)
    prices = np.zeros(count + 1)
    while least < days:
        length, prices = _tree_bound(cost, least, prices, least * most - count * visit)
        if length + count * visit <= least * most + _SLACK:
            break
        least += 1
    return least


def _shortest(cost: np.ndarray) -> np.ndarray:
    """Return the shortest ways over any places (Floyd 1962): the bounds need no detour shorter."""
    for k in range(len(cost)):
        cost = np.minimum(cost, cost[:, k, None] + cost[k])
    return cost


def _days_by_fullest(cost: np.ndarray, visit: float, most: float) -> int:
    """Return how many days it takes at least, by the most visits of a day that goes to each place.

    If no day that goes to place i has more than mᵢ visits, the places of one day have Σ 1/mᵢ ≤ 1,
    so that Σ 1/mᵢ over all is no more than the days. A day with m visits goes from the base to i,
    to a place no nearer to i than its (m - 1)th neighbour, and back to the base.
    """
    count = len(cost) - 1
    total = 0.0
    for i in range(1, count + 1):
        others = np.delete(np.arange(1, count + 1), i - 1)
        others = others[np.argsort(cost[i, others], kind="stable")]
        loops = cost[0, i] + cost[i, others] + cost[others, 0]
        # The least loop over any place from the (m - 1)th neighbour on; alone: there and back.
        loops = np.minimum.accumulate(loops[::-1])[::-1]
        loops = np.maximum(np.concatenate([[0.0], loops]), 2 * cost[0, i])
        fits = loops + visit * np.arange(1, count + 1) <= most + _SLACK
        total += 1 / max(int(np.flatnonzero(fits).max(initial=0)) + 1, 1)
    return max(math.ceil(total - 1e-9), 1)


def _tree_bound(
    cost: np.ndarray, days: int, prices: np.ndarray, enough: float
) -> tuple[float, np.ndarray]:
    """Return a length that the travel of so many days cannot be under, and its prices.

    Ends as soon as the length is over ``enough``.
    """
    count = len(cost) - 1
    wanted = np.full(count + 1, 2.0)
    wanted[0] = 2.0 * days
    best, best_prices = -math.inf, prices
    aim = max(enough * 1.02, enough + 1.0)
    scale = 1.0
    since = 0
    for _ in range(_STEPS):
        priced = cost + prices[:, None] + prices[None, :]
        weight, degree = _tree(priced, days)
        length = weight - float(prices @ wanted)
        if length > best + 1e-9:
            best, best_prices, since = length, prices, 0
        else:
            since += 1
        if best > enough + _SLACK:
            break
        if since >= 10:
            scale, since = scale / 2, 0
        off = degree - wanted
        norm = float(off @ off)
        if norm == 0:
            break
        prices = prices + scale * (aim - length) / norm * off
    return best, best_prices


def _tree(priced: np.ndarray, days: int) -> tuple[float, np.ndarray]:
    """Return weight and degrees of the lightest connected graph of n + K edges.

    The lightest spanning tree (Prim) and the K lightest edges beside it: greedy is optimal, for
    such edge sets are the bases of a matroid. Edges at the base may be used twice.
    """
    size = len(priced)
    inside = np.zeros(size, bool)
    inside[0] = True
    near = priced[0].copy()
    parent = np.zeros(size, int)
    degree = np.zeros(size)
    used = np.zeros((size, size), bool)
    weight = 0.0
    for _ in range(size - 1):
        node = int(np.argmin(np.where(inside, np.inf, near)))
        weight += float(near[node])
        degree[[node, parent[node]]] += 1
        used[node, parent[node]] = used[parent[node], node] = True
        inside[node] = True
        closer = priced[node] < near
        parent[closer] = node
        near = np.where(closer, priced[node], near)
    upper, lower = np.triu_indices(size, 1)
    free = ~used[upper, lower]
    ends = np.concatenate([upper[free], np.zeros(size - 1, int)])
    others = np.concatenate([lower[free], np.arange(1, size)])
    extra = priced[ends, others]
    if len(extra) < days:
        return -math.inf, degree
    lightest = np.argpartition(extra, days - 1)[:days]
    np.add.at(degree, ends[lightest], 1)
    np.add.at(degree, others[lightest], 1)
    return weight + float(extra[lightest].sum()), degree
