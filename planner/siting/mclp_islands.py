"""The maximal covering problem on islands: every number of sites on each, and a knapsack over all.

Parts that share no site are linked by nothing but how many sites each of them is given. No number
given out covers more than max Σ_c U_c(k_c) over Σ_c k_c ≤ p, where U_c(k) bounds what k sites cover
on island c; the Lagrangian shares of the whole bound every k at once, and only the numbers that the
knapsack gives out are solved, until what it promises is kept. The knapsack is that of the multiple
choice: Nauss (1978), "The 0–1 knapsack problem with multiple choice constraints", European Journal
of Operational Research 2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from planner.siting.presolve import Cover
from planner.siting.watch import Watch

_LARGEST = 0.9  # of all entries on one island, and nothing is gained by splitting
_ROUNDING = 1e-12
Solve = Callable[[Cover, int, Watch], tuple[float, float, np.ndarray]]


@njit(nogil=True, cache=True)
def given_out(worth: np.ndarray, most: np.ndarray, p: int) -> tuple[float, np.ndarray]:
    """Return the most that p sites are worth, and how many each island is given; ties to fewer.

    Parameters
    ----------
    worth
        Of 0 to ``most`` sites on each island, shape (islands, p + 1).
    most
        How many sites each island can take, shape (islands,).
    p
        How many there are.
    """
    islands = len(worth)
    taken = np.zeros((islands, p + 1), np.int32)
    best = np.zeros(p + 1)
    for c in range(islands):
        before = best.copy()
        for total in range(p + 1):
            top, number = -np.inf, 0
            for k in range(min(total, most[c]) + 1):
                value = before[total - k] + worth[c, k]
                if value > top:
                    top, number = value, k
            best[total], taken[c, total] = top, number
    numbers = np.zeros(islands, np.int64)
    left = p
    for c in range(islands - 1, -1, -1):
        numbers[c] = taken[c, left]
        left -= numbers[c]
    return best[p], numbers


class Islands:
    """The islands of what is left to decide; ``value``, ``inside`` and ``bound`` hold at any time.

    Islands of one site each are taken together: k of them cover the k largest weights.
    """

    def __init__(self, cover: Cover, p: int, share: np.ndarray, *, whole: bool) -> None:
        self.p, self.whole = min(p, cover.shape[1]), whole
        parts = cover.islands()
        several = [part for part in parts if len(part[1]) > 1]
        singles = [part for part in parts if len(part[1]) == 1]
        self.pays = len(parts) > 1 and max(
            (len(cover.part(*part).row_sites) for part in several), default=0
        ) <= _LARGEST * len(cover.row_sites)
        if not self.pays:
            return
        self.sites = [sites for _, sites in several]
        self.parts = [cover.part(*part) for part in several]
        self.shares = [share[rows] for rows, _ in several]
        alone = np.array([cover.weights[rows].sum() for rows, _ in singles])
        rank = np.argsort(-alone, kind="stable")
        self.sizes = [len(sites) for sites in self.sites] + [len(singles)]
        self.most = np.minimum(self.sizes, self.p).astype(np.int64)
        self.known = np.zeros((len(self.sizes), self.p + 1))
        self.cap = np.zeros_like(self.known)
        self.chosen: dict[tuple[int, int], np.ndarray] = {}
        self.tried: set[tuple[int, int]] = set()
        places = np.array([sites[0] for _, sites in singles], np.int64)[rank]
        for k in range(self.most[-1] + 1):
            self.known[-1, k] = self.cap[-1, k] = alone[rank][:k].sum()
            self.chosen[len(self.parts), k] = places[:k]
        for c in range(len(self.parts)):
            self._start(c)
        self._settle()

    def _start(self, c: int) -> None:
        """Bound every number of sites on an island by its shares."""
        part, share = self.parts[c], self.shares[c]
        price = np.bincount(part.row_sites, np.repeat(share, np.diff(part.row_ptr)), part.shape[1])
        total = part.weights.sum()
        sums = np.concatenate([[0.0], np.cumsum(np.sort(price)[::-1])])[: self.most[c] + 1]
        self.cap[c, : len(sums)] = self.held(np.minimum((part.weights - share).sum() + sums, total))
        self.cap[c, 0] = 0.0
        for k in range(self.most[c] + 1):
            self.chosen[c, k] = self.sites[c][:0]
        if self.most[c] == self.sizes[c]:
            self._learn(c, int(self.most[c]), total, total, self.sites[c])

    def held(self, bound: np.ndarray) -> np.ndarray:
        """Return bounds that rounding cannot make too low, and whole where weights are."""
        bound = bound * (1 + _ROUNDING)
        return np.floor(bound + 1e-6) if self.whole else bound

    def _learn(self, c: int, k: int, value: float, bound: float, sites: np.ndarray) -> None:
        """Take in what k sites of an island cover, and cannot: fewer cover no more."""
        self.cap[c, : k + 1] = np.minimum(self.cap[c, : k + 1], bound)
        for more in range(k, self.most[c] + 1):
            if self.known[c, more] < value:
                self.known[c, more] = value
                self.chosen[c, more] = sites

    def _settle(self) -> None:
        """Give the sites out by what is known, and by what may be at best."""
        self.cap = np.maximum(self.cap, self.known)
        self.value, numbers = given_out(self.known, self.most, self.p)
        self.inside = np.concatenate([self.chosen[c, k] for c, k in enumerate(numbers.tolist())])
        self.bound, self.wanted = given_out(self.cap, self.most, self.p)

    def run(
        self, solve: Solve, watch: Watch, told: Callable[[], None], done: Callable[[], bool]
    ) -> None:
        """Solve the numbers of sites that may be given out till they are known or the time is up.

        Parameters
        ----------
        solve
            Returns value, bound and sites of an island with so many sites.
        watch
            The clock.
        told
            Called whenever more is known.
        done
            Whether to stop.
        """
        while not done():
            asked = [
                (c, int(k))
                for c, k in enumerate(self.wanted)
                if self.cap[c, k] > self.known[c, k] and (c, int(k)) not in self.tried
            ]
            if not asked:
                return
            asked.sort(key=lambda pair: (self.sizes[pair[0]], pair))
            for left, (c, k) in enumerate(asked):
                slice_s = watch.left / (len(asked) - left)
                value, bound, inside = solve(self.parts[c], k, Watch(slice_s, parent=watch))
                self.tried.add((c, k))
                self._learn(c, k, value, bound, self.sites[c][inside])
                if watch.up:
                    break
            self._settle()
            told()
