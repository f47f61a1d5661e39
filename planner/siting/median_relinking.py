"""Path relinking for p-median: between two good answers there is often a better one.

A path leads from one set of sites to another by swaps that open a site of the other and close one
that the other does not have, the best such swap each time. The best answer on the way, searched
from anew, joins a small pool of good answers that differ.

Resende and Werneck (2004), "A hybrid heuristic for the p-median problem", Journal of Heuristics 10.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from planner.siting.median_search import Search, account, serve, swap

_MOST_ELITE = 10


@dataclass(eq=False)
class Pool:
    """Good answers that differ, as sets of sites (positions, ascending), the best first.

    Attributes
    ----------
    answers
        Cost and sites of each.
    """

    answers: list[tuple[float, np.ndarray]] = field(default_factory=list)

    def offer(self, sites: np.ndarray, cost: float) -> None:
        """Take an answer in if it is good and new; of those no better, the most alike goes."""
        differences = [len(np.setdiff1d(sites, other)) for _, other in self.answers]
        if 0 in differences:
            return
        if len(self.answers) >= _MOST_ELITE:
            worse = [k for k, (value, _) in enumerate(self.answers) if value >= cost]
            if not worse:
                return
            self.answers.pop(min(worse, key=lambda k: (differences[k], -k)))
        self.answers.append((cost, sites))
        self.answers.sort(key=lambda answer: answer[0])

    def inside(self, sites: np.ndarray, p: int) -> list[tuple[np.ndarray, float]]:
        """Return the answers that open p of some sites, as bool over these, with what they cost."""
        within = [(np.isin(sites, answer), cost) for cost, answer in self.answers]
        return [(answer, cost) for answer, cost in within if answer.sum() == p]


def between_answers(
    search: Search,
    elite: list[tuple[np.ndarray, float]],
    kicks: int,
    seed: int,
    style: tuple[float, float],
) -> list[tuple[np.ndarray, float]]:
    """Return an answer from a random start, and one from between it and one of the elite.

    Parameters
    ----------
    search
        Swap search over the problem.
    elite
        Good answers (bool, shape (sites,)) and what they cost.
    kicks, seed, style
        Of the swap search: see ``Search.improve``.
    """
    draw = np.random.default_rng(seed)
    count = search.lists.site_count
    start = np.zeros(count, np.bool_)
    start[draw.choice(count, search.p, replace=False)] = True
    found = [search.improve(start, kicks, seed, *style)]
    apart = np.array([float((found[0][0] & ~answer).sum()) for answer, _ in elite])
    if not apart.any():
        return found
    other = elite[draw.choice(len(elite), p=apart / apart.sum())]
    better, worse = sorted((found[0], other), key=lambda answer: answer[1])
    middle = relinked(search, worse[0], better[0])
    return [*found, search.improve(middle, kicks, seed, *style)]


def relinked(search: Search, start: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the best set of sites strictly between two, the start if there is none; bool.

    Parameters
    ----------
    search
        Swap search over the problem.
    start, goal
        Two sets of p sites, bool, shape (sites,).
    """
    lists = search.lists
    return np.asarray(_relinked(*lists.arrays, *search.near, lists.penalty, start, goal))


@njit(nogil=True, cache=True)
def _relinked(
    indptr: np.ndarray,
    sites: np.ndarray,
    costs: np.ndarray,
    starts: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    penalty: np.ndarray,
    start: np.ndarray,
    goal: np.ndarray,
) -> np.ndarray:
    n, m = len(penalty), len(start)
    is_open, best, least = start.copy(), start.copy(), np.inf
    opened = np.flatnonzero(is_open)
    near, by = np.empty((n, 2)), np.empty((n, 2), np.int32)
    loss, saved = np.zeros(m), np.zeros(m)
    queue, waiting, ends = np.empty(m, np.int32), np.ones(m, np.bool_), np.array([0, 0])
    total = 0.0
    for i in range(n):
        serve(i, indptr, sites, costs, penalty, is_open, near, by)
        account(i, near, by, loss, 1.0)
    enters, leaves = np.flatnonzero(goal & ~start), np.flatnonzero(start & ~goal)
    for left in range(len(enters), 1, -1):
        one, other, rise = -1, -1, np.inf
        for x in range(left):
            gain = 0.0
            for k in range(starts[enters[x]], starts[enters[x] + 1]):
                i, cost = rows[k], values[k]
                if cost < near[i, 1]:
                    if cost < near[i, 0]:
                        gain += near[i, 0] - cost
                    if by[i, 0] >= 0:
                        saved[by[i, 0]] += near[i, 1] - max(cost, near[i, 0])
            for y in range(left):
                after = loss[leaves[y]] - saved[leaves[y]] - gain
                if after < rise:
                    one, other, rise = x, y, after
            for k in range(starts[enters[x]], starts[enters[x] + 1]):
                if by[rows[k], 0] >= 0:
                    saved[by[rows[k], 0]] = 0.0
        total += swap(
            enters[one], leaves[other], indptr, sites, costs, starts, rows, values, penalty,
            is_open, opened, near, by, loss, queue, waiting, ends,
        )  # fmt: skip
        enters[one], leaves[other] = enters[left - 1], leaves[left - 1]
        if total < least:
            least = total
            best[:] = is_open
    return best
