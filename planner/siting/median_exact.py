"""p-median to proven optimality: search and bound side by side, sites decided, then branching.

1. Greedy, swap search and, once that finds nothing better, path relinking give an answer; ascent
   of the Lagrangian dual gives a bound. They run on two threads in rounds of fixed work, and tell
   each other what they found between rounds, so that the answer does not depend on which is faster.
2. After each round, sites whose reduced cost shows that every better answer has them open, or
   closed, are decided. What is left is a smaller problem of the same kind.
3. When neither gets better, the rest is settled by branch and bound: the node with the least bound
   first, two at a time, each bounded by the same dual from its parent's multipliers.

Christofides and Beasley (1982), "A tree search algorithm for the p-median problem", European
Journal of Operational Research 10; Briant and Naddef (2004), "The optimal diversity management
problem", Operations Research 52 (reduced-cost fixing with an aggregated dual).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from planner.siting.median_bound import Ascent
from planner.siting.median_lists import Lists, between, served_cost
from planner.siting.median_part import Part
from planner.siting.median_relinking import Pool, between_answers
from planner.siting.median_search import Search
from planner.siting.watch import Watch, relative_gap

_ROUND_WORK = 1.5e8
_MOST_STEPS = 600
_IDLE_ROUNDS = 4
_MOST_RELINKED = 4_000_000
_PATIENCE = 120
_AIM = 1e-3
_ENOUGH_FEWER = 0.9
_ROUNDING = 1e-10
_WHOLE_SLACK = 1e-6
_NODES_AT_A_TIME = 2
_NODE_WORK = 4e9
_NODE_STEPS = 300
_NODE_PATIENCE = 20
_KICK_STYLES = ((0.0, 0.0), (0.2, 0.0), (0.2, 1e-3), (0.0, 1e-3), (0.2, 1e-4))


def _ceiling(lists: Lists) -> float:
    """Return what every answer costs less than: each row served by the worst of its list."""
    worst = np.where(np.isfinite(lists.beyond), lists.penalty, 0.0)
    listed = np.diff(lists.indptr) > 0
    last = lists.costs[lists.indptr[1:][listed] - 1]
    worst[listed] = np.maximum(worst[listed], last)
    return float(worst.sum()) + 1.0


class MedianSolver:
    """A p-median problem on lists, being solved.

    Parameters
    ----------
    lists
        The problem.
    p
        Sites to open, at most the number of sites.
    cost_of
        True weighted cost of a set of sites (positions); infinite if it cannot serve a row.
    whole
        Whether every answer costs a whole number.
    watch, gap, seed
        When to stop, and the seed of the search.
    ceiling
        Only answers that cost less are wanted; None for all.
    start, multipliers
        At most p sites and multipliers to begin with; None if none are known.
    most_nodes
        How many nodes may be explored; None for no limit.

    Attributes
    ----------
    chosen
        Positions of the best sites known; None if none is known.
    attempt
        Positions of the sites last tried, where none that can serve all rows is known.
    value, bound
        Its cost (before any is known, a limit that every answer stays below), and a lower bound.
    proven
        Whether nothing better than ``chosen`` exists; with ``chosen`` None: that nothing does.
    multipliers
        Those of the best bound before branching, shape (rows,); None before there are any.
    interrupted
        Whether a KeyboardInterrupt ended it.
    """

    def __init__(
        self,
        lists: Lists,
        p: int,
        cost_of: Callable[[np.ndarray], float],
        *,
        whole: bool,
        watch: Watch,
        gap: float = 0.0,
        seed: int = 0,
        ceiling: float | None = None,
        most_nodes: int | None = None,
        start: np.ndarray | None = None,
        multipliers: np.ndarray | None = None,
    ) -> None:
        self.lists, self.p, self.cost_of = lists, p, cost_of
        self.whole, self.watch, self.gap, self.seed = whole, watch, gap, seed
        self.chosen: np.ndarray | None = None
        self.value = _ceiling(lists) if ceiling is None else ceiling
        self.bound = float(lists.least.sum())
        self.proven = False
        self.interrupted = False
        self._nodes_left = most_nodes
        self._pool = Pool()
        self._start = start
        self.multipliers = multipliers
        self.attempt = np.empty(0, np.int64)

    def run(self) -> None:
        """Solve until proven, good enough or out of time; a KeyboardInterrupt leaves the best."""
        with ThreadPoolExecutor(2) as pool:
            try:
                part, multipliers = self._settle(pool)
                if not self._enough:
                    self._branch(part, multipliers, pool)
            except KeyboardInterrupt:
                self.interrupted = True

    @property
    def target(self) -> float:
        """Bound from which on nothing can be better than the best answer known."""
        if self.whole:
            return self.value - 1.0 + _WHOLE_SLACK
        return self.value - _ROUNDING * abs(self.value)

    @property
    def _enough(self) -> bool:
        if self.proven or self.watch.up:
            return True
        return self.chosen is not None and relative_gap(self.value, self.bound) <= self.gap

    def _offer(self, sites: np.ndarray) -> None:
        """Take a set of sites if it is the best so far; fill it up to p."""
        if len(sites) < self.p:
            others = np.setdiff1d(np.arange(self.lists.site_count), sites)
            sites = np.concatenate([sites, others[: self.p - len(sites)]])
        if self.chosen is None:
            self.attempt = np.sort(sites)
        if self._at_least(sites) >= self.value:
            return
        cost = self.cost_of(sites)
        if cost < self.value:
            self.value, self.chosen = cost, np.sort(sites)
            self.proven = self.bound >= self.target
            self.watch.tell(self.value, self.bound)

    def _at_least(self, sites: np.ndarray) -> float:
        """Return what a set of sites costs by the lists, which may leave out some of it."""
        is_open = np.zeros(self.lists.site_count, np.bool_)
        is_open[sites] = True
        return float(served_cost(*self.lists.arrays, self.lists.beyond, is_open))

    def _raise(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = min(bound, self.value)
            if self.chosen is not None:
                self.watch.tell(self.value, self.bound)
        self.proven = self.proven or bound >= self.target

    def _settle(self, pool: ThreadPoolExecutor) -> tuple[Part, np.ndarray]:
        """Alternate search, ascent and deciding; return what is left, and its multipliers."""
        part = Part.whole(self.lists, self.p)
        search = Search.of(part.lists, part.p)
        start = search.greedy(None if len(part.opened) else self._start)
        if not part.done:
            start, _ = search.improve(start, 0, self.seed)
        self._offer(part.answer(start))
        multipliers = self.multipliers
        if multipliers is None:
            multipliers = self.multipliers = np.zeros(len(self.lists.beyond))
            multipliers[part.rows] = between(*part.lists.arrays, part.lists.penalty, start)
        ascent = Ascent(part.lists, part.p, multipliers[part.rows])
        idle, number, stale = 0, 0, 0
        while not self._enough:
            if part.done:
                self._finish(part)
                break
            before = self.value
            steps, kicks = _work(part)
            climbing = not ascent.over
            work = search, part, start, kicks
            # A search from a random start takes too long for a round of a very large problem.
            few = len(search.near[1]) <= _MOST_RELINKED
            relink = few and stale > 1
            jobs: list[Future[Any]] = [pool.submit(self._search, *work, number, relink)]
            if climbing:
                aim = self.value + _AIM * abs(self.value)
                level = aim - part.settled, self.target - part.settled
                jobs.append(pool.submit(ascent.climb, *level, steps, _PATIENCE))
            else:
                jobs.append(pool.submit(self._search, *work, number + 1, few and not relink))
            for found in [job.result() for job in jobs]:
                for answer, cost in found or ():
                    sites = np.sort(part.answer(answer))
                    self._pool.offer(sites, cost + part.settled)
                    self._offer(sites)
            self._offer(part.answer(ascent.chosen))
            self._raise(ascent.bound + part.settled)
            multipliers[part.rows] = ascent.best
            number += 2
            stale = 0 if self.value < before else stale + 1
            idle = 0 if self.value < before or not ascent.over else idle + 1
            if self.proven:
                break
            opened, closed = ascent.decided(self.target - part.settled)
            left = len(part.sites) - int((opened | closed).sum())
            if left < _ENOUGH_FEWER * len(part.sites) or (idle and left < len(part.sites)):
                part = part.decide(opened, closed)
                step = min(max(ascent.step, 0.05), 1.0)
                ascent = Ascent(part.lists, part.p, multipliers[part.rows], step)
                search, idle = Search.of(part.lists, part.p), 0
            start = self._inside(part)
            if idle > _IDLE_ROUNDS:
                break
        return part, ascent.best

    def _inside(self, part: Part) -> np.ndarray:
        """Return the best answer known as a start within a part, or a greedy one."""
        start = np.isin(part.sites, self.chosen) if self.chosen is not None else None
        if start is None or start.sum() != part.p:
            return Search.of(part.lists, part.p).greedy()
        return start

    def _search(
        self,
        search: Search,
        part: Part,
        start: np.ndarray,
        kicks: int,
        number: int,
        relink: bool,
    ) -> list[tuple[np.ndarray, float]]:
        """Return what a search finds: from the best answer, or between others."""
        style = _KICK_STYLES[number // 2 % len(_KICK_STYLES)]
        seed = self.seed + number
        if not relink:
            return [search.improve(start, kicks, seed, *style)]
        elite = self._pool.inside(part.sites, part.p)
        return between_answers(search, elite, max(kicks // 2, 1), seed, style)

    def _finish(self, part: Part) -> None:
        """Take the only answer of a part in which nothing is left to choose."""
        if np.isfinite(part.cost):
            self._offer(part.answer(part.everything))
        self._raise(min(part.cost, self.value))

    def _branch(self, root: Part, multipliers: np.ndarray, pool: ThreadPoolExecutor) -> None:
        """Settle a part by branch and bound."""
        waiting: list[tuple[float, int, Part, np.ndarray]] = [(self.bound, 0, root, multipliers)]
        count, floor_of_leaves = 1, np.inf
        while waiting and not self._enough:
            if self._nodes_left is not None:
                self._nodes_left -= _NODES_AT_A_TIME
                if self._nodes_left < 0:
                    return
            batch = [heapq.heappop(waiting) for _ in range(min(len(waiting), _NODES_AT_A_TIME))]
            level = self.value, self.target
            jobs = [pool.submit(_explore, part, u, *level) for _, _, part, u in batch]
            results = [job.result() for job in jobs]
            for (floor, _, _, _), explored in zip(batch, results, strict=True):
                for answer in explored.answers:
                    self._offer(answer)
                if not explored.children:
                    floor_of_leaves = min(floor_of_leaves, max(explored.bound, floor))
                for part, u in explored.children:
                    heapq.heappush(waiting, (max(explored.bound, floor), count, part, u))
                    count += 1
            while waiting and max(waiting)[0] >= self.target:
                waiting = [node for node in waiting if node[0] < self.target]
                heapq.heapify(waiting)
            self._raise(min(waiting[0][0] if waiting else self.value, floor_of_leaves))


@dataclass(frozen=True, eq=False)
class _Explored:
    """What a node of the tree came to: a bound, answers met, and what is left to explore."""

    bound: float
    answers: list[np.ndarray]
    children: list[tuple[Part, np.ndarray]]


def _explore(part: Part, u: np.ndarray, value: float, target: float) -> _Explored:
    """Bound a node, decide what its reduced costs allow, and branch on the least certain site."""
    answers: list[np.ndarray] = []
    ascent = Ascent(part.lists, part.p, u, 0.3)
    while True:
        if part.done:
            return _Explored(part.cost, [part.answer(part.everything)], [])
        if not np.isfinite(part.settled):
            return _Explored(np.inf, answers, [])
        steps = int(min(max(_NODE_WORK / _step_work(part), 10), _NODE_STEPS))
        ascent.climb(value - part.settled, target - part.settled, steps, _NODE_PATIENCE)
        answers.append(part.answer(ascent.chosen))
        bound = ascent.bound + part.settled
        if bound >= target:
            return _Explored(bound, answers, [])
        opened, closed = ascent.decided(target - part.settled)
        if not (opened | closed).any():
            break
        rows = part.rows
        part = part.decide(opened, closed)
        best = ascent.best[np.searchsorted(rows, part.rows)]
        ascent = Ascent(part.lists, part.p, best, max(ascent.step, 0.02))
    site = int(np.argmin(np.abs(ascent.shares - 0.5)))
    alone = np.zeros(len(part.sites), np.bool_)
    alone[site] = True
    children = []
    for opened, closed in ((alone, ~alone & alone), (~alone & alone, alone)):
        child = part.decide(opened, closed)
        children.append((child, ascent.best[np.searchsorted(part.rows, child.rows)]))
    return _Explored(bound, answers, children)


def _work(part: Part) -> tuple[int, int]:
    """Return steps and kicks of a round: about the same work on problems of any size."""
    rows, sites, step_work = len(part.rows), len(part.sites), _step_work(part)
    steps = int(min(max(_ROUND_WORK / step_work, 10), _MOST_STEPS))
    kicks = int(max(steps * step_work / (2500 * rows * sites / part.p**2 + 20 * rows), 1))
    return steps, kicks


def _step_work(part: Part) -> float:
    """Return about how many operations a step of the ascent takes."""
    rows, sites = len(part.rows), len(part.sites)
    share = min(len(part.lists.costs) / rows, 3 * sites / part.p)
    return 4 * rows * share + 10 * sites
