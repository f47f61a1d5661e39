"""Branch and bound on who serves whom, bounded by prices (Ceselli and Righini 2005, section 4)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.siting import serving_bound as bounds
from planner.siting.serving import BySite, ServiceProblem

if TYPE_CHECKING:
    from planner.siting.serving_solver import ServiceSearch

_LARGEST_TABLE = 20_000_000
"""Cells of the largest knapsack table; beyond it knapsacks are bounded by their fractions."""

_STEPS, _PATIENCE = 60, 10
_SMALL = 100
"""Pairs that are few enough to let HiGHS decide."""


def knapsacks(problem: ServiceProblem) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Return sizes and capacities in the units of the knapsacks, how to solve them, and width."""
    size, room = problem.size, np.minimum(problem.room, problem.size.sum())
    if not problem.capacitated:
        return size, room, bounds.FREE, 0
    whole = size == np.round(size)
    if not problem.split and whole.all():
        unit = max(int(np.gcd.reduce(size.astype(np.int64))), 1)
        small, narrow = size / unit, np.floor(room / unit + 1e-9)
        width = int(narrow.max(initial=0))
        if width * len(size) <= _LARGEST_TABLE:
            return small, narrow, bounds.WHOLE, width
    return size, room, bounds.SPLIT, 0


@dataclass(frozen=True, eq=False)
class _Node:
    """A part of the problem; ``kept`` is packed into bits, for there may be many."""

    bound: float
    kept: np.ndarray
    known: np.ndarray
    price: np.ndarray


def grow(search: ServiceSearch) -> None:
    """Split the problem by the sites that may serve one demand, until every part is decided.

    The part with the lowest bound comes first; the search's bound is the lowest of all parts.
    """
    assert search.price is not None
    root = _Node(search.bound, np.packbits(search.kept), search.known, search.price)
    heap: list[tuple[float, int, _Node]] = [(root.bound, 0, root)]
    count = 1
    while heap and not search.watch.up:
        bound, _, node = heapq.heappop(heap)
        search.raise_bound(bound)
        if bound > search.cutoff:
            break
        if search.done:
            return
        for part in _parts(search, node, count):
            heapq.heappush(heap, (part.bound, count, part))
            count += 1
    if not search.watch.up:
        search.proven = True


def _parts(search: ServiceSearch, node: _Node, number: int) -> list[_Node]:
    """Return the halves of a node that may hold a better answer; none if it is decided."""
    problem = search.problem
    kept = np.unpackbits(node.kept, count=len(problem.sites)).astype(bool)
    known = node.known.copy()
    size, room, mode, width = knapsacks(problem)
    new = search.movable.astype(np.int64)
    least = problem.least_sites()
    by_site = BySite.of(problem, kept)
    price, best_price = node.price.copy(), node.price.copy()
    mean = np.zeros(len(by_site.rows))
    state = np.array([-np.inf, 0.3, 0.0])
    assert search.best is not None
    chosen = bounds.ascend(
        by_site.starts, by_site.rows, by_site.cost, size, room, mode, search.opening, known, new,
        search.most, least, price, best_price, mean, state,
        search.best.objective + search.refund, _STEPS,
        _PATIENCE, width,
    )  # fmt: skip
    if number % 10 == 1:
        search.explore(chosen, rounds=10)
    bound = max(node.bound, float(state[0]) - search.refund)
    if bound > search.cutoff:
        return []
    able = np.ones(len(by_site.rows), bool)
    bounds.rule_out(
        by_site.starts, by_site.rows, by_site.cost, size, room, mode, search.opening, known, new,
        search.most, least, best_price, search.cutoff + search.refund, True, width, able,
    )  # fmt: skip
    able &= known[problem.sites[by_site.pair]] != bounds.CLOSED
    kept[by_site.pair[~able]] = False
    served = np.bincount(problem.rows[kept], minlength=len(problem.size))
    if (served == 0).any():
        return []
    if kept.sum() <= _SMALL or (served == 1).all():
        if search.decide(kept, known, 0.0).status not in ("optimal", "infeasible"):
            search.watch.stop()  # the part is undecided, and so is the whole
        return []
    share = np.zeros(len(kept))
    share[by_site.pair] = mean
    return [
        _Node(bound, np.packbits(half), known, best_price)
        for half in _halves(problem, kept, share, served)
    ]


def _halves(
    problem: ServiceProblem, kept: np.ndarray, share: np.ndarray, served: np.ndarray
) -> list[np.ndarray]:
    """Split by the demand whose service is most divided: half of its sites to each part."""
    share = np.where(kept, share, 0.0)
    largest = np.maximum.reduceat(share, problem.starts[:-1])
    divided = np.add.reduceat(share, problem.starts[:-1]) - largest + 1e-6 * served
    # Large demand decides more about what else fits.
    divided *= problem.size + 1e-9
    divided[served < 2] = -1.0
    demand = int(np.argmax(divided))
    pairs = np.arange(problem.starts[demand], problem.starts[demand + 1])
    pairs = pairs[kept[pairs]]
    pairs = pairs[np.lexsort((problem.cost[pairs], -share[pairs]))]
    sides: tuple[list[int], list[int]] = ([], [])
    weight = [0.0, 0.0]
    for pair in pairs.tolist():
        side = 0 if weight[0] <= weight[1] else 1
        sides[side].append(pair)
        weight[side] += share[pair] + 1e-6
    halves = []
    for gone in sides[::-1]:
        half = kept.copy()
        half[gone] = False
        halves.append(half)
    return halves
