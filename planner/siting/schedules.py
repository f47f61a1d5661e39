"""Which sites to open in which year within yearly means: search, bound, fixing, finish.

One year with a budget is the maximal covering problem with prices. The search gives the start; the
linear relaxation, solved by interior points, the bound (that of the Lagrangian relaxation, whose
subproblem has the integrality property: Geoffrion 1974, "Lagrangean relaxation for integer
programming", Mathematical Programming Study 2). Openings whose reduced cost decides them are left
out, the best schedules found are merged (as the sets of sites of Aggarwal, Orlin and Tai 1997,
"Optimized crossover for the independent set problem", Operations Research 45), and HiGHS settles
what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import block_diag, csr_array, eye_array, hstack, kron, vstack

from planner.siting.choice import SiteChoice
from planner.siting.presolve import Cover
from planner.siting.schedule_kernels import improve
from planner.siting.watch import Watch, attended, relative_gap
from planner.solver import Program

Tell = Callable[[float, float], None]

SAME = 1e-11
_ROOM = 1e-12  # of means, for sums of prices in another order
_SURE = 1e-9  # of the value: reduced costs that exceed the gap by less decide nothing
_LARGE = 1e5  # total weight
_FREE = 1e-9  # least price to divide by, as a share of the means
_ROUNDS, _SEARCHES = 2, 2  # of the search; side by side
_FURTHER = 14  # rounds more where the problem is not easy
_EASY = 3_000  # rows × years that HiGHS settles sooner than a search finds more
_WORK = 200_000_000  # entries looked at in each, about
_MOST_STEPS = 10_000
_MERGED_SHARE = 0.6  # schedules are merged where they use no more of the sites
_MERGING_WORK = 1e12  # nodes times variables to the third, about


@dataclass(frozen=True, eq=False)
class Schedules:
    """The schedules that may be chosen. One is told by the year in which each site opens.

    Attributes
    ----------
    cover
        Rows over the sites that may be opened.
    weights
        Weight of each row in each year, rows × years.
    prices
        What each site takes of each limit (number, money), limits × sites.
    means
        How much there is of each limit in each year, limits × years.
    carry
        Whether what is left over in one year may be used later.
    """

    cover: Cover
    weights: np.ndarray
    prices: np.ndarray
    means: np.ndarray
    carry: bool = True

    @classmethod
    def at_once(cls, cover: Cover, choice: SiteChoice) -> Schedules:
        """Return what number and budget let be opened in one year; the cover has the weights."""
        both = [(np.ones(len(cover.sites)), choice.p), (cover.costs, choice.budget)]
        given = [(price, limit) for price, limit in both if limit is not None]
        prices, limits = np.array([p for p, _ in given]), np.array([[float(x)] for _, x in given])
        return cls(cover, cover.weights[:, None], prices, limits)

    @property
    def years(self) -> int:
        """How many years there are; the year of a site that never opens."""
        return self.means.shape[1]

    @property
    def nothing(self) -> np.ndarray:
        """The schedule that opens no site."""
        return np.full(len(self.cover.sites), self.years)

    @cached_property
    def most(self) -> np.ndarray:
        """How much may be used: up to each year if it is carried over, else in each year."""
        most = np.cumsum(self.means, axis=1) if self.carry else self.means
        return np.ascontiguousarray(most * (1 + _ROOM))

    @cached_property
    def _matrix(self) -> csr_array:
        return self.cover.matrix()

    def open_in(self, opened: np.ndarray) -> np.ndarray:
        """Return which sites are open in which year, years × sites, bool."""
        return opened <= np.arange(self.years)[:, None]

    def covered(self, opened: np.ndarray) -> np.ndarray:
        """Return the weight that a schedule covers in each year."""
        reached = (self._matrix @ self.open_in(opened).T.astype(float)) > 0
        return np.asarray((self.weights * reached).sum(axis=0))

    def value(self, opened: np.ndarray) -> float:
        """Return the weight that a schedule covers in all years together."""
        return float(self.covered(opened).sum())

    def keeps(self, opened: np.ndarray) -> bool:
        """Return whether a schedule keeps the limits."""
        inside = self.open_in(opened)
        if not self.carry:
            inside = np.diff(inside, axis=0, prepend=False)
        return bool((self.prices @ inside.T <= self.most).all())

    def only(self, kept: np.ndarray) -> Schedules:
        """Return the schedules that open no other sites than those kept (bool)."""
        return self._left(*self.cover.without(~kept, np.zeros(len(kept), bool)), kept)

    def next_year(self, year: int, opened: np.ndarray) -> Schedules:
        """Return what may be opened in one year beside the sites (bool) that are open already."""
        left = self._left(*self.cover.without(np.zeros(len(opened), bool), opened), ~opened)
        means = self.means[:, year]
        if self.carry:
            means = self.means[:, : year + 1].sum(axis=1) - self.prices @ opened
        means = np.maximum(means, 0.0)[:, None]
        return replace(left, weights=left.weights[:, year : year + 1], means=means)

    def _left(self, cover: Cover, group: np.ndarray, kept: np.ndarray) -> Schedules:
        left, height = group >= 0, cover.shape[0]
        sums = [np.bincount(group[left], year[left], height) for year in self.weights.T]
        return replace(self, cover=cover, weights=np.array(sums).T, prices=self.prices[:, kept])

    def point(self, opened: np.ndarray) -> np.ndarray:
        """Return a schedule as values of the variables of its program."""
        inside = self.open_in(opened).astype(float)
        return np.concatenate([inside.ravel(), (self._matrix @ inside.T > 0).T.ravel()])

    def schedule(self, x: np.ndarray) -> np.ndarray:
        """Return the schedule that values of the variables tell."""
        inside = x[: self.years * len(self.cover.sites)].reshape(self.years, -1) > 0.5
        return self.years - inside.sum(axis=0)

    def program(self) -> Program:
        """Return the schedules as a program: x of each site in each year, then y of each row."""
        demands, sites = self.cover.shape
        count = self.years
        size, rows = count * sites, count * demands
        reached = block_diag([-self._matrix] * count)
        step = eye_array(count) - eye_array(count, k=-1)
        sums = eye_array(count) if self.carry else step
        nested = [kron(step, eye_array(sites)), *(kron(sums, [price]) for price in self.prices)]
        head = hstack([reached, eye_array(rows)])
        body = [hstack([part, csr_array((part.shape[0], rows))]) for part in nested]
        lower = [np.full(rows, -np.inf), np.zeros(size), np.full(self.most.size, -np.inf)]
        upper = [np.zeros(rows), np.full(size, np.inf), self.most.ravel()]
        return Program(
            cost=np.concatenate([np.zeros(size), -self.weights.T.ravel()]),
            rows=csr_array(vstack([head, *body])),
            row_lower=np.concatenate(lower),
            row_upper=np.concatenate(upper),
            lower=np.zeros(size + rows),
            upper=np.ones(size + rows),
            integral=np.arange(size + rows) < size,
        )


@dataclass
class Best:
    """The best schedule so far, and what none can beat.

    Attributes
    ----------
    opened
        Year in which each site opens, shape (sites,).
    value
        Weight that it covers in all years.
    bound
        What no schedule can beat.
    """

    opened: np.ndarray
    value: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no better schedule exists, but for rounding in the last digits."""
        return self.bound <= self.value * (1 + SAME)


def choose(
    schedules: Schedules,
    watch: Watch,
    *,
    known: Sequence[np.ndarray] = (),
    gap: float = 0.0,
    seed: int = 0,
    tell: Tell = lambda value, bound: None,
) -> Best:
    """Return the schedule that covers most, with a bound.

    Parameters
    ----------
    schedules
        Those that may be chosen.
    watch
        Says when the time is up.
    known
        Schedules to begin with, within the limits.
    gap
        Relative gap at which a schedule is good enough.
    seed
        Seed of the search.
    tell
        Told value and bound when they improve.
    """
    # HiGHS has absolute tolerances: small weights are made larger, by a power of 2 (no rounding).
    total = float(schedules.weights.sum())
    scale = 2.0 ** max(np.ceil(np.log2(_LARGE / total)), 0) if total > 0 else 1.0
    large = replace(schedules, weights=schedules.weights * scale)
    search = _Search(
        large, watch, gap, seed, lambda value, bound: tell(value / scale, bound / scale)
    )
    search.run(known)
    best = search.best
    return Best(best.opened, best.value / scale, best.bound / scale)


class _Search:
    """One search; ``best`` holds at any time."""

    def __init__(
        self, schedules: Schedules, watch: Watch, gap: float, seed: int, tell: Tell
    ) -> None:
        self.schedules, self.watch, self.gap, self.seed = schedules, watch, gap, seed
        self.tell = tell
        self.draws = 0
        self.found: list[np.ndarray] = []
        self.best = Best(schedules.nothing, 0.0, float(schedules.weights.sum()))

    @property
    def done(self) -> bool:
        """Whether the schedule is proven or good enough, or the time is up."""
        best = self.best
        return best.proven or relative_gap(best.value, best.bound) <= self.gap or self.watch.up

    def run(self, known: Sequence[np.ndarray]) -> None:
        """Search, bound, and settle what is left, until it is done."""
        for opened in known:
            self.take(opened)
        attended(lambda: self.explore(known, _ROUNDS), self.watch)
        if self.done:
            return
        program = self.schedules.program()
        price, support = self.relax(program)
        if not self.done and self.schedules.weights.size > _EASY:
            attended(lambda: self.explore((), _FURTHER), self.watch)
            self.merge(support, price)
        if not self.done:
            early = self.ruled_out(price)
            self.finish(np.asarray(~early.all(axis=0)), early)

    def take(self, opened: np.ndarray) -> None:
        """Take a schedule if it is better, its value counted anew."""
        if not self.schedules.keeps(opened):
            return  # rounding in the search
        value = self.schedules.value(opened)
        if value > self.best.value:
            self.best.opened, self.best.value = opened, value
            self.best.bound = max(self.best.bound, value)
            self.tell(value, self.best.bound)

    def bounded(self, bound: float) -> None:
        """Take a bound if it is lower."""
        if bound < self.best.bound:
            self.best.bound = max(bound, self.best.value)
            self.tell(self.best.value, self.best.bound)

    def explore(self, known: Sequence[np.ndarray], rounds: int) -> None:
        """Search from the best schedule and from nothing, so many times."""
        rows, sites = self.schedules.cover.shape
        entries = len(self.schedules.cover.row_sites)
        if not entries:
            return
        look = 8 * self.schedules.years * (sites + entries * entries // (rows * sites))
        steps = int(np.clip(_WORK // look, 20, min(_MOST_STEPS, 20 * sites)))
        if not self.draws:
            self.improve([self.schedules.nothing, *known], 0)
        for _ in range(rounds):
            if self.done:
                return
            self.improve([self.best.opened, self.schedules.nothing], steps)

    def improve(self, starts: Sequence[np.ndarray], steps: int) -> None:
        """Search from some schedules, side by side."""
        one = self.schedules
        ptr, rows = one.cover.by_site()
        totals = one.means.sum(axis=1)
        parts = one.prices[totals > 0] / totals[totals > 0, None]
        price = np.maximum(parts.sum(axis=0), _FREE)
        # By price for the most part; the root of it finds a place for large and dear sites.
        worths = np.array([1 / price, 1 / price, 1 / np.sqrt(price)])
        weights = np.ascontiguousarray(one.weights.T)

        def search(start: np.ndarray, number: int) -> np.ndarray:
            state = np.random.default_rng([self.seed, number]).integers(1, 2**63, 1, np.uint64)
            return improve(
                one.cover.row_ptr,
                one.cover.row_sites,
                ptr,
                rows,
                weights,
                one.prices,
                one.most,
                one.carry,
                worths,
                start,
                steps,
                state,
            )

        numbers = range(self.draws, self.draws + len(starts))
        self.draws += len(starts)
        with ThreadPoolExecutor(_SEARCHES) as pool:
            found = list(pool.map(search, starts, numbers))
        self.found.extend(found)
        for opened in found:
            self.take(opened)

    def relax(self, program: Program) -> tuple[np.ndarray, np.ndarray]:
        """Bound by the linear relaxation.

        Returns
        -------
        price
            Reduced costs, years × sites: what having a site open in a year takes off the bound.
        support
            Which sites the relaxation opens in part.
        """
        shape = (self.schedules.years, len(self.schedules.cover.sites))
        size = shape[0] * shape[1]
        linear = replace(program, integral=np.zeros(len(program.cost), bool))
        found = self.watch.solve(linear, seed=self.seed, method="ipm")
        if found.status != "optimal" or found.reduced is None or found.x is None:
            return np.zeros(shape), np.zeros(shape[1], bool)
        self.bounded(-found.objective)
        price = np.maximum(found.reduced[:size].reshape(shape), 0.0)
        return price, np.any(found.x[:size].reshape(shape) > SAME, axis=0)

    def merge(self, support: np.ndarray, price: np.ndarray) -> None:
        """Look for a better schedule among the sites that the search or the relaxation opens."""
        early = self.ruled_out(price)
        used = support.copy()
        for opened in self.found:
            used |= opened < self.schedules.years
        used &= ~early.all(axis=0)
        if 0 < used.sum() <= _MERGED_SHARE * len(used):
            self.finish(used, early, _MERGING_WORK)

    def ruled_out(self, price: np.ndarray) -> np.ndarray:
        """Return in which years no site of a better schedule opens, years × sites, bool."""
        # A site that opens in a year is open in all later ones.
        lost = np.cumsum(price[::-1], axis=0)[::-1]
        return self.best.bound - lost < self.best.value * (1 - _SURE)

    def finish(self, kept: np.ndarray, early: np.ndarray, work: float = np.inf) -> None:
        """Settle what the sites kept (bool) can do, with HiGHS; with little work, without bound."""
        some = self.schedules.only(kept)
        program = some.program()
        whole = np.isinf(work)
        nodes = None if whole else int(work / float(len(program.cost)) ** 3) + 1
        early = early[:, kept]
        program.upper[: early.size][early.ravel()] = 0.0
        inside = self.best.opened < self.schedules.years
        known = self.best.opened[kept]
        agrees = not (inside & ~kept).any() and not (some.open_in(known) & early).any()
        found = self.watch.solve(
            program,
            gap=self.gap,
            seed=self.seed,
            start=some.point(known) if agrees else None,
            node_limit=nodes,
            tell=lambda value, bound: self.tell(
                max(-value, self.best.value),
                min(-bound, self.best.bound) if whole else self.best.bound,
            ),
        )
        if found.x is not None:
            opened = self.schedules.nothing
            opened[kept] = some.schedule(found.x)
            self.take(opened)
        if whole:
            exact = found.status == "optimal" and self.gap == 0
            self.bounded(self.best.value if exact else -found.bound)
