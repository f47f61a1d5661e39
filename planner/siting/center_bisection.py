"""The least radius within which p sites cover some demand: bisection over the costs that it can be.

Daskin (2000), "A new approach to solving the vertex p-center problem to optimality", Communications
of the Operations Research Society of Japan 45.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit
from scipy.sparse import csr_array, vstack

from planner.siting.choice import SiteChoice
from planner.siting.median_exact import MedianSolver
from planner.siting.median_lists import Lists
from planner.siting.presolve import Cover, without_dominated
from planner.siting.watch import Watch
from planner.solver import Program

_MOST_NODES = 200  # beyond this the solver is faster: many sites, each with few demands
_QUICKLY = 1e-3


@dataclass(eq=False)
class Bisection:
    """The search for the least radius within which the sites allowed cover some demand.

    Attributes
    ----------
    choice
        The sets of sites that may be chosen.
    rows, columns, costs
        Demand, free site (both by position) and weighted cost of each pair; by row.
    already
        Weighted cost of each row to the nearest fixed site; infinite without one.
    radii
        The weighted costs that can be the optimum, ascending.
    low, high
        Positions in ``radii``: below ``low`` nothing is feasible; ``high`` is what ``chosen`` has.
    chosen
        Positions of the best sites known among the free ones; None if none is.
    stopped
        Whether the time was up.
    """

    choice: SiteChoice
    rows: np.ndarray
    columns: np.ndarray
    costs: np.ndarray
    already: np.ndarray
    watch: Watch
    gap: float
    seed: int
    floor: float = 0.0
    radii: np.ndarray = field(init=False)
    low: int = field(init=False, default=0)
    high: int = field(init=False)
    chosen: np.ndarray | None = field(init=False, default=None)
    stopped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        least = self.already.copy()
        np.minimum.at(least, self.rows, self.costs)
        floor = max(least.max(initial=0.0), self.floor)
        served = self.already[np.isfinite(self.already)]
        radii = np.unique(np.concatenate([self.costs, served, [floor]]))
        self.radii = radii[radii >= floor]
        self.high = len(self.radii) - 1

    @property
    def p(self) -> int:
        """How many of the free sites may be opened."""
        free = len(self.choice.free)
        return free if self.choice.p is None else min(self.choice.p, free)

    @property
    def bound(self) -> float:
        """Least radius that is not ruled out."""
        return float(self.radii[self.low])

    def run(self) -> None:
        """Bisect until the least radius is proven, good enough, or the time is up."""
        if self.chosen is None:
            self._try_admitted()
        if self.chosen is None:
            first = self._ask(self.high)
            if not first:
                self.stopped = first is None
                return
        step = 1
        while self.low < self.high and self._relative_gap > self.gap:
            # The optimum lies nearer to the bound than to a greedy answer: gallop from below.
            middle = min(self.low + step, (self.low + self.high) // 2)
            feasible = self._ask(middle)
            if feasible is None:
                self.stopped = True
                return
            if feasible:
                step = 1
            else:
                self.low = middle + 1
                step *= 2
            if self.chosen is not None:
                self.watch.tell(float(self.radii[self.high]), float(self.radii[self.low]))

    def lower(self) -> None:
        """Look for better sites by greedy covers alone."""
        if self.chosen is None:
            self._try_admitted()
        below = self.low
        while self.chosen is not None and self._apart(below, self.high) and not self.watch.up:
            middle = (below + self.high) // 2
            new = self._greedy(self._cover(self.radii[middle]))
            if new is None:
                below = middle + 1
            else:
                self.take(new)

    def rule_out(self) -> None:
        """Rule out radii by demands of which no site covers two."""
        above = self.high
        while self.choice.p is not None and self._apart(self.low, above) and not self.watch.up:
            middle = (self.low + above) // 2
            if _disjoint(self._cover(self.radii[middle])) > self.p:
                self.low = middle + 1
            else:
                above = middle

    def _apart(self, one: int, other: int) -> bool:
        """Return whether two radii differ by enough to look between them in a hurry."""
        return one < other and self.radii[other] > (1 + _QUICKLY) * self.radii[one]

    def _try_admitted(self) -> None:
        """Take sites that keep the rules, if they serve all demand: an answer to begin with."""
        choice = self.choice
        if choice.only_number:
            self._farthest_first()
            return
        most = np.bincount(self.columns, minlength=len(choice.free))
        new = choice.admitted(choice.free[np.argsort(-most, kind="stable")])
        if new is not None:
            self.take(np.searchsorted(choice.free, new))

    def _farthest_first(self) -> None:
        """Take p sites, each the nearest to the demand that is served worst so far.

        Gonzalez (1985), "Clustering to minimize the maximum intercluster distance", Theoretical
        Computer Science 38.
        """
        order = np.argsort(self.columns, kind="stable")
        ends = np.cumsum(np.bincount(self.columns, minlength=len(self.choice.free)))
        bounds = np.searchsorted(self.rows, np.arange(len(self.already) + 1))
        nearest = self.already.copy()
        new: list[int] = []
        while len(new) < self.p and nearest.max(initial=0.0) > self.radii[0]:
            row = slice(*bounds[nearest.argmax() :][:2])
            site = int(self.columns[row][self.costs[row].argmin()])
            new.append(site)
            entries = order[(ends[site - 1] if site else 0) : ends[site]]
            np.minimum.at(nearest, self.rows[entries], self.costs[entries])
        self.take(np.unique(np.array(new, np.int64)))

    @property
    def _relative_gap(self) -> float:
        high = self.radii[self.high]
        return float((high - self.radii[self.low]) / high) if high else 0.0

    def _ask(self, at: int) -> bool | None:
        """Return whether some sites cover all within a radius; None if the time was up."""
        radius = self.radii[at]
        rows = self._cover(radius)
        new = self._greedy(rows)
        if new is None:
            if self.choice.p is not None and _disjoint(rows) > self.p:
                return False
            if self.watch.up:
                return None
            known, new = self._settle(_minimal(rows))
            if not known or new is None:
                return False if known else None
        self.take(new)
        return True

    def _settle(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if allowed sites cover all rows, and which do."""
        if not self.choice.only_number:
            return self._exact(rows)
        rows.sort_indices()
        each = np.ones(rows.shape[1])
        whole = Cover(
            rows.indptr.astype(np.int64),
            rows.indices.astype(np.int32),
            np.ones(rows.shape[0]),
            np.arange(rows.shape[1]),
            each,
        )
        left = without_dominated(whole)
        known, new = self._covered(left.matrix())
        if known:
            return True, None if new is None else left.sites[new]
        few = left.matrix().tocoo()
        place = (few.row, left.sites[few.col])
        return self._exact(csr_array((few.data, place), shape=(few.shape[0], rows.shape[1])))

    def take(self, new: np.ndarray) -> None:
        """Take some free sites as the best known, unless they leave out some demand."""
        open_site = np.zeros(len(self.choice.free), np.bool_)
        open_site[new] = True
        entries = open_site[self.columns]
        nearest = self.already.copy()
        np.minimum.at(nearest, self.rows[entries], self.costs[entries])
        worst = nearest.max(initial=0.0)
        if np.isfinite(worst):
            self.high = int(np.searchsorted(self.radii, max(worst, self.radii[0])))
            self.chosen = new

    def _cover(self, radius: float) -> csr_array:
        """Return demand that the fixed sites leave uncovered × free sites, within a radius."""
        left = self.already > radius
        keep = (self.costs <= radius) & left[self.rows]
        count = int(left.sum())
        lengths = np.bincount(self.rows[keep], minlength=len(left))[left]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        columns = self.columns[keep]
        shape = (count, len(self.choice.free))
        return csr_array((np.ones(len(columns)), columns, indptr), shape=shape)

    def _greedy(self, rows: csr_array) -> np.ndarray | None:
        """Return a cover that keeps the rules, or None if this finds none."""
        choice = self.choice
        most = len(choice.free) if choice.p is None else self.p
        done, sites = _greedy_cover(
            rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.shape[1], most
        )
        if not done:
            return None
        if choice.only_number or not choice.broken(np.union1d(choice.fixed, choice.free[sites])):
            return np.asarray(sites)
        return None

    def _covered(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if p sites cover all, and which do.

        It is a p-median problem: a demand costs 0 where it is covered and 1 where not, and only an
        answer that costs 0 is wanted.
        """
        count = rows.shape[0]
        lists = _counting(rows)
        columns = csr_array(rows.T)

        def uncovered(sites: np.ndarray) -> float:
            return count - len(np.unique(columns[sites].indices))

        solver = MedianSolver(
            lists,
            min(self.p, rows.shape[1]),
            uncovered,
            whole=True,
            watch=self.watch.quiet(),
            seed=self.seed,
            ceiling=1.0,
            most_nodes=_MOST_NODES,
        )
        solver.run()
        if solver.interrupted:
            raise KeyboardInterrupt
        return solver.proven or solver.chosen is not None, solver.chosen

    def _exact(self, rows: csr_array) -> tuple[bool, np.ndarray | None]:
        """Return whether it is known if allowed sites cover all, and which do."""
        choice = self.choice
        limits, least, most = choice.limits()
        free = len(choice.free)
        program = Program(
            cost=np.ones(free),
            rows=csr_array(vstack([rows, limits])),
            row_lower=np.concatenate([np.ones(rows.shape[0]), least]),
            row_upper=np.concatenate([np.full(rows.shape[0], np.inf), most]),
            lower=np.zeros(free),
            upper=np.ones(free),
            integral=np.ones(free, np.bool_),
        )
        # Any cover will do, so that the solver may stop at its first.
        found = self.watch.solve(program, gap=1e9, seed=self.seed)
        if found.x is None:
            return found.status == "infeasible", None
        return True, np.flatnonzero(found.x > 0.5)

    def left_out(self) -> np.ndarray:
        """Return the rows that a good attempt leaves out where p sites cannot serve all."""
        rows = self._cover(self.radii[-1])
        _, sites = _greedy_cover(
            rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.shape[1], self.p
        )
        left = np.asarray(rows[:, sites].sum(axis=1)).ravel() == 0
        return np.flatnonzero(~np.isfinite(self.already))[np.flatnonzero(left)]


@njit(nogil=True, cache=True)
def _greedy_cover(
    indptr: np.ndarray, sites: np.ndarray, site_count: int, most: int
) -> tuple[bool, np.ndarray]:
    """Return whether so many sites cover all rows, each the one that covers most, and which."""
    starts = np.zeros(site_count + 1, np.int64)
    for k in range(len(sites)):
        starts[sites[k] + 1] += 1
    gains = starts[1:].copy()
    for j in range(site_count):
        starts[j + 1] += starts[j]
    at = starts[:-1].copy()
    members = np.empty(len(sites), np.int32)
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            members[at[sites[k]]] = i
            at[sites[k]] += 1
    left = np.ones(len(indptr) - 1, np.bool_)
    open_rows = len(left)
    chosen = np.empty(min(most, site_count), np.int64)
    count = 0
    while open_rows and count < len(chosen):
        site = gains.argmax()
        if gains[site] == 0:
            break
        chosen[count] = site
        count += 1
        for x in range(starts[site], starts[site + 1]):
            i = members[x]
            if left[i]:
                left[i] = False
                open_rows -= 1
                for k in range(indptr[i], indptr[i + 1]):
                    gains[sites[k]] -= 1
    return open_rows == 0, chosen[:count]


def _counting(rows: csr_array) -> Lists:
    """Return lists in which a row costs 0 where it is covered and 1 where not."""
    ones = np.ones(rows.shape[0])
    zeros = np.zeros(rows.nnz)
    indptr, sites = rows.indptr.astype(np.int64), rows.indices.astype(np.int32)
    return Lists(indptr, sites, zeros, ones, ones, rows.shape[1])


def _disjoint(rows: csr_array) -> int:
    """Return how many demands a greedy choice finds that no site covers two of."""
    taken = np.zeros(rows.shape[1], np.bool_)
    count = 0
    for i in np.argsort(np.diff(rows.indptr), kind="stable"):
        sites = rows.indices[rows.indptr[i] : rows.indptr[i + 1]]
        if not taken[sites].any():
            taken[sites] = True
            count += 1
    return count


def _minimal(rows: csr_array) -> csr_array:
    """Return the rows that do not contain another: whoever covers those covers all."""
    order = np.argsort(np.diff(rows.indptr), kind="stable")
    ordered = csr_array(rows[order])
    shared = csr_array(ordered @ ordered.T)
    size = np.diff(ordered.indptr)
    owner = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    # A row is contained in another if they share all of it; of equal ones the first stays.
    holds = (shared.data == size[shared.indices]) & (shared.indices < owner)
    keep = np.ones(len(size), np.bool_)
    keep[owner[holds]] = False
    return csr_array(ordered[keep])
