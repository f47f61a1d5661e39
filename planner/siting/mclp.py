"""The maximal covering location problem with p sites: search, bounds, fixing, finish.

The bound is that of the linear relaxation (Church and ReVelle's formulation), reached by the volume
algorithm on the merged rows, or that of pairs of sites where it is lower. Sites whose price decides
them are fixed (as in Galvão and ReVelle 1996, "A Lagrangean heuristic for the maximal covering
location problem", European Journal of Operational Research 88), what is left is merged anew, falls
apart into islands, and goes to branch and bound and to HiGHS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from scipy.sparse import csr_array

from planner.siting import mclp_kernels as kernels
from planner.siting.mclp_branching import branch
from planner.siting.mclp_islands import Islands
from planner.siting.mclp_pairs import branch_pairs, pair_losses, pair_prices
from planner.siting.mclp_program import at_most, program_of
from planner.siting.presolve import Cover
from planner.siting.presolve_kernels import COVERED
from planner.siting.watch import Watch, attended, relative_gap
from planner.solver import solve

_ROUNDING = 1e-12
_SLICE = 200_000_000  # entries looked at between two looks at the clock
_MILP_ENTRIES = 300_000  # more than this and HiGHS does not get past its root in minutes
_BRANCHING_SITES = 30  # with more to choose, the tree is no match for HiGHS
_BRANCHING_BUDGET = 1_000_000_000  # entries looked at, a few seconds
_STILL = 0.01  # step length under which a bound that stands still will go on standing
_SEARCHES = 2  # side by side
_DOWNHILL = 5e-4  # how much worse than those at hand sites may be to go on from
_PATIENCE = 60  # searches without a better answer before going back to the best


@dataclass
class Best:
    """The best sites so far, and what no sites can beat; of what is left to decide alone.

    Attributes
    ----------
    inside
        Which sites of the cover are open, shape (sites,), bool.
    value
        Weight they cover.
    bound
        What none can beat.
    """

    inside: np.ndarray
    value: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no better sites exist, but for rounding in the last digits."""
        return self.bound <= self.value * (1 + _ROUNDING)


@dataclass
class Carried:
    """What a search leaves to the next on the same cover, with another number of sites.

    Attributes
    ----------
    cover
        Rows and sites, made small already.
    inside
        Sites to begin with, shape (sites,), bool; those of the last search.
    share
        Of each row, to begin the bound with: any shares bound every number of sites.
    """

    cover: Cover
    inside: np.ndarray | None = None
    share: np.ndarray | None = None


def choose(
    cover: Cover,
    p: int,
    watch: Watch,
    *,
    gap: float = 0.0,
    seed: int = 0,
    enough: float | None = None,
    carried: Carried | None = None,
    tell: Callable[[float, float], None] = lambda value, bound: None,
) -> Best:
    """Return p sites that cover the most weight, with a bound.

    Parameters
    ----------
    cover
        Rows and sites; costs do not count.
    p
        How many sites at the most.
    watch
        Says when the time is up.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the search.
    enough
        Stop once so much weight is covered, or proven to be out of reach.
    carried
        What an earlier search on this cover left; brought up to date.
    tell
        Told value and bound when they improve.
    """
    sites = cover.shape[1]
    everything = np.ones(sites, bool)
    if p >= sites or cover.shape[0] == 0 or p == 0:
        total = float(cover.weights.sum()) if p else 0.0
        return Best(everything if p else ~everything, total, total)
    search = _Search(cover, p, watch, gap, seed, enough, tell)
    carried = carried or Carried(cover)
    if carried.share is not None:
        search.share = carried.share.copy()
    attended(lambda: search.run(carried.inside), watch)
    carried.inside, carried.share = search.best.inside, search.share
    return search.best


class _Search:
    """One search; ``best`` holds at any time."""

    def __init__(
        self,
        cover: Cover,
        p: int,
        watch: Watch,
        gap: float,
        seed: int,
        enough: float | None,
        tell: Callable[[float, float], None],
    ) -> None:
        self.cover, self.p, self.watch, self.gap, self.seed = cover, p, watch, gap, seed
        self.enough = enough
        self.tell = tell
        self.site_ptr, self.site_rows = cover.by_site()
        self.draws = self.shakes = self.stale = 0
        self.near: csr_array | None = None
        self.best = Best(np.zeros(cover.shape[1], bool), 0.0, float(cover.weights.sum()))
        self.here = (0.0, self.best.inside)
        self.whole = bool((cover.weights == np.round(cover.weights)).all())
        self.price = np.zeros(cover.shape[1])
        self.raw = self.best.bound
        # all of each weight where p sites cannot cover all of it, else half, as a start
        reached = np.sort(cover.matrix().T @ cover.weights)[-p:].sum()
        self.share = cover.weights * (1.0 if reached < cover.weights.sum() else 0.5)

    @property
    def done(self) -> bool:
        """Whether the answer is proven or good enough, or the time is up."""
        best = self.best
        if self.enough is not None and not best.value < self.enough <= best.bound:
            return True
        return best.proven or relative_gap(best.value, best.bound) <= self.gap or self.watch.up

    def run(self, known: np.ndarray | None = None) -> None:
        """Search until it is done, from nothing and from known sites if there are any."""
        entries = max(len(self.cover.row_sites), 1)
        steps = int(np.clip(_SLICE // (entries // self.cover.shape[1] + 1) // 200, 50, 5_000))
        starts = [np.zeros(self.cover.shape[1], bool)]
        if known is not None and known.sum() <= self.p:
            starts.append(known)
        self.improve(starts, steps)
        if self.enough is not None and self.best.value >= self.enough:
            return
        losses = pair_losses(self.cover, self.p)
        most = np.inf
        if losses is not None:
            most = float(np.sort(pair_prices(self.cover, self.p, losses))[-self.p :].sum())
            self.bounded(most)
        self.lower(int(np.clip(_SLICE // entries, 5, 300)))
        if losses is not None and most < self.raw and not self.done:
            self.branch_pairs(losses)
        if self.done:
            return
        closed, opened = self.decided()
        left, group = self.cover.without(closed, opened)
        settled = float(self.cover.weights[group == COVERED].sum())
        share = np.bincount(group[group >= 0], self.share[group >= 0], left.shape[0])
        self.split(left, settled, share, opened)
        if not self.done:
            self.branch(left, settled, share, opened)
        if not self.done and len(left.row_sites) <= _MILP_ENTRIES:
            self.finish(left, settled, closed, opened)
        self.wander(steps)

    def wander(self, steps: int) -> None:
        """Look for better sites till the time is up: all that is to be had of a large problem."""
        while not self.done:
            found = self.improve([self.shaken() for _ in range(_SEARCHES)], steps)
            self.stale += 1
            if self.stale > _PATIENCE:
                self.here, self.stale = (self.best.value, self.best.inside), 0
            elif found[0] >= self.here[0] - _DOWNHILL * self.best.value:
                self.here = found

    def improve(self, starts: Sequence[np.ndarray], steps: int) -> tuple[float, np.ndarray]:
        """Search from some sets of open sites, side by side; return the first best one."""
        cover = self.cover
        self.draws += len(starts)
        numbers = range(self.draws - len(starts), self.draws)

        def search(start: np.ndarray, number: int) -> tuple[float, np.ndarray]:
            state = np.random.default_rng([self.seed, number]).integers(1, 2**63, 1, np.uint64)
            return kernels.tabu(
                cover.row_ptr,
                cover.row_sites,
                self.site_ptr,
                self.site_rows,
                cover.weights,
                self.p,
                start,
                steps,
                state,
            )

        if len(starts) == 1:
            found = [search(starts[0], numbers[0])]
        else:
            with ThreadPoolExecutor(len(starts)) as pool:
                found = list(pool.map(search, starts, numbers))
        value, inside = max(found, key=itemgetter(0))
        if value > self.best.value:
            self.better(inside)
            self.here, self.stale = (self.best.value, self.best.inside), 0
        return value, inside

    def better(self, inside: np.ndarray) -> None:
        """Take sites if they are better, their value counted anew."""
        value = float(self.cover.weights[self.cover.matrix() @ inside.astype(float) > 0].sum())
        if value > self.best.value:
            self.best.value, self.best.inside = value, inside
            self.best.bound = max(self.best.bound, value)
            self.tell(value, self.best.bound)

    def shaken(self) -> np.ndarray:
        """Return the sites at hand without some neighbours, so that the search finds others there.

        Neighbours are sites that cover rows in common with the same other sites.
        """
        if self.near is None:
            matrix = self.cover.matrix()
            self.near = csr_array(matrix.T @ matrix)
        self.shakes += 1
        draw = np.random.default_rng([self.seed, self.shakes, 1])
        inside = np.flatnonzero(self.here[1])
        centre = draw.choice(inside)
        around = self.near @ (self.near[[centre]].toarray().ravel())
        out = draw.integers(2, max(3, min(len(inside) // 2, 12)))
        start = self.here[1].copy()
        start[inside[np.argsort(-around[inside], kind="stable")[:out]]] = False
        return start

    def lower(self, steps: int) -> None:
        """Lower the bound until it stands or proves the best sites."""
        cover = self.cover
        slope = np.full(cover.shape[0], np.nan)
        rate, before = 1.0, self.raw
        for _ in range(60):
            self.raw, self.price, rate = kernels.descend(
                self.site_ptr,
                self.site_rows,
                cover.weights,
                self.p,
                self.share,
                slope,
                self.best.value,
                rate,
                steps,
            )
            gained = before - self.raw
            before = self.raw
            self.bounded(self.raw)
            start = np.zeros(cover.shape[1], bool)
            start[np.argsort(-self.price, kind="stable")[: self.p]] = True
            self.improve([start], 50)
            if self.done or (gained < 2e-3 * (self.raw - self.best.value) and rate < _STILL):
                return

    def bounded(self, bound: float) -> None:
        """Take a bound if it is lower."""
        bound = self.held(bound) if np.isfinite(bound) else bound
        if bound < self.best.bound:
            self.best.bound = bound
            self.tell(self.best.value, bound)

    def held(self, bound: float) -> float:
        """Return a bound that rounding cannot make too low, and whole where weights are."""
        bound *= 1 + _ROUNDING
        return max(float(np.floor(bound + 1e-6)) if self.whole else bound, self.best.value)

    def decided(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which sites are closed, and which open, in all better sets (reduced costs)."""
        order = np.argsort(-self.price, kind="stable")
        last, next_one = self.price[order[self.p - 1]], self.price[order[self.p]]
        inside = np.zeros(len(order), bool)
        inside[order[: self.p]] = True
        least = self.best.value + (1 - 1e-6 if self.whole else 0.0)
        if_open = self.raw - last + self.price
        if_closed = self.raw - self.price + next_one
        margin = 1 + _ROUNDING
        return ~inside & (if_open * margin < least), inside & (if_closed * margin < least)

    def branch_pairs(self, losses: np.ndarray) -> None:
        """Settle all by branch and bound on pairs of sites."""
        ended, value, inside = branch_pairs(
            self.site_ptr,
            self.site_rows,
            self.cover.weights,
            losses,
            self.p,
            self.best.value,
            self.margin,
            self.budget,
        )
        if value > self.best.value:
            self.better(inside)
        if ended:
            self.bounded(self.best.value)

    @property
    def margin(self) -> float:
        """How much better sites must be to count."""
        return 1 - 1e-6 if self.whole else _ROUNDING * self.best.value

    @property
    def budget(self) -> int:
        """How many entries a branch and bound may look at."""
        return int(_BRANCHING_BUDGET * min(1.0, self.watch.limit_s / 60))

    def split(self, left: Cover, settled: float, share: np.ndarray, opened: np.ndarray) -> None:
        """Settle what is undecided island by island, if it falls apart."""
        p = self.p - int(opened.sum())
        if p <= 0:
            return
        islands = Islands(left, p, share, whole=self.whole)
        if not islands.pays:
            return

        def solve(part: Cover, k: int, watch: Watch) -> tuple[float, float, np.ndarray]:
            best = choose(part, k, watch, seed=self.seed)
            return best.value, best.value if best.proven else best.bound, best.inside

        def told() -> None:
            sites = opened.copy()
            sites[np.searchsorted(self.cover.sites, left.sites[islands.inside])] = True
            self.better(sites)
            bound = settled + islands.bound
            proven = bound <= self.best.value * (1 + _ROUNDING)
            self.bounded(self.best.value if proven else bound)

        told()
        islands.run(solve, self.watch, told, lambda: self.done)

    def branch(self, left: Cover, settled: float, share: np.ndarray, opened: np.ndarray) -> None:
        """Settle what is undecided by branch and bound, if few sites are to be chosen."""
        p = self.p - int(opened.sum())
        if not 0 < p <= _BRANCHING_SITES:
            return
        site_ptr, site_rows = left.by_site()
        known = self.best.value - settled
        ended, value, inside = branch(
            site_ptr,
            site_rows,
            left.weights,
            p,
            share,
            np.zeros(left.shape[1], bool),
            known,
            self.margin,
            self.budget,
        )
        if value > known:
            sites = opened.copy()
            sites[np.searchsorted(self.cover.sites, left.sites[inside])] = True
            self.better(sites)
        if ended:
            self.bounded(self.best.value)

    def finish(self, left: Cover, settled: float, closed: np.ndarray, opened: np.ndarray) -> None:
        """Settle what reduced costs leave undecided, with HiGHS."""
        p = self.p - int(opened.sum())
        free = np.flatnonzero(~closed & ~opened)
        inside = self.best.inside[free]
        agrees = (self.best.inside & closed).sum() == 0 and (self.best.inside >= opened).all()
        program = at_most(program_of(left), len(free), p)
        covered = left.matrix() @ inside.astype(float) > 0
        start = np.concatenate([inside, covered]).astype(float) if agrees else None
        found = solve(
            program,
            time_limit_s=self.watch.left,
            gap=self.gap,
            seed=self.seed,
            start=start,
            stopped=lambda: self.watch.up,
            report=lambda value, bound: self.tell(
                max(settled - value, self.best.value), min(settled - bound, self.best.bound)
            ),
        )
        if found.x is not None:
            sites = opened.copy()
            sites[free[found.x[: len(free)] > 0.5]] = True
            self.better(sites)
        if (found.status == "optimal" and self.gap == 0) or found.status == "infeasible":
            self.best.bound = self.best.value
        else:
            self.best.bound = min(self.best.bound, self.held(settled - found.bound))
