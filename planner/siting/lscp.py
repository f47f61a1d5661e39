"""The location set covering problem: presolve, islands, search, Lagrangian bound, fixing, finish.

After Caprara, Fischetti and Toth (1999), "A heuristic method for the set covering problem",
Operations Research 47, with the volume algorithm for the bound and row weighting for the search.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.sparse import csr_array

from planner.siting import lscp_kernels as kernels
from planner.siting.presolve import Cover, without_dominated
from planner.siting.presolve_kernels import UNREACHED
from planner.siting.watch import Watch, attended, relative_gap
from planner.solver import Program, solve

_ROUNDING = 1e-12
_SLICE = 200_000_000  # entries looked at between two looks at the clock
_SEARCHES = 2  # side by side
_LP_ENTRIES = 500_000  # more than this, and interior points take minutes for little
_MILP_ENTRIES = 60_000  # more than this, and farther from the proof than
_MILP_GAP = 0.02  # this, HiGHS does not get past its root in minutes
Tell = Callable[[float, float], None]


def cheapest(
    cover: Cover, watch: Watch, *, gap: float = 0.0, seed: int = 0, tell: Tell
) -> tuple[np.ndarray, float]:
    """Return the sites of a cheapest cover, and what no cover costs less than.

    Parameters
    ----------
    cover
        Rows and sites; each row has a site.
    watch
        Says when the time is up.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the search.
    tell
        Told cost and bound when they improve.

    Returns
    -------
    sites
        Positions among the caller's sites, as ``cover.sites`` gives them.
    bound
        Equal to the sites' cost, but for rounding, where the proof is complete.
    """
    cover = without_dominated(cover)
    if cover.shape[0] == 0:
        return np.empty(0, np.int64), 0.0
    parts = [cover.part(rows, sites) for rows, sites in cover.islands()]
    parts.sort(key=lambda part: len(part.row_sites))
    chosen, value, bound = [], 0.0, 0.0
    for number, part in enumerate(parts):
        search = _Search(part, watch, gap, seed)
        if number == len(parts) - 1:
            search.tell = _beside(tell, value, bound)
        attended(search.run, watch)
        chosen.append(part.sites[search.inside])
        value += search.value
        bound += search.bound
    return np.sort(np.concatenate(chosen)), bound


def _beside(tell: Tell, settled: float, below: float) -> Tell:
    """Return a listener to one island that tells of all, the others' cost and bound settled."""
    return lambda value, bound: tell(settled + value, below + bound)


class _Search:
    """The search on one island; ``inside``, ``value`` and ``bound`` hold at any time."""

    def __init__(self, cover: Cover, watch: Watch, gap: float, seed: int) -> None:
        self.cover, self.watch, self.gap, self.seed = cover, watch, gap, seed
        self.tell: Tell = lambda value, bound: None
        self.site_ptr, self.site_rows = cover.by_site()
        self.whole = bool((cover.costs == np.round(cover.costs)).all())
        self.draws = 0
        self.bound = self.raw = 0.0
        self.reduced = cover.costs
        self.inside = np.ones(cover.shape[1], bool)
        self.value = float(cover.costs.sum())
        self.at = [self.inside] * _SEARCHES
        self.row_weights = np.ones((_SEARCHES, cover.shape[0]))

    @property
    def done(self) -> bool:
        """Whether the answer is proven or good enough, or the time is up."""
        proven = self.bound >= self.value * (1 - _ROUNDING)
        return proven or relative_gap(self.value, self.bound) <= self.gap or self.watch.up

    def run(self) -> None:
        """Search until it is done."""
        self.take(self.greedy(np.zeros(self.cover.shape[0])))
        self.improve(2_000)
        self.raise_bound()
        if not self.done:
            self.improve(20_000)
            self.finish()
        if not self.done:
            self.settle_prices()
        while not self.done:  # too large to finish: better covers are all that is to be had
            self.improve(100_000)

    def greedy(self, price: np.ndarray) -> np.ndarray:
        """Return a cover that the prices of rows suggest."""
        cover = self.cover
        return kernels.greedy(
            cover.row_ptr, cover.row_sites, self.site_ptr, self.site_rows, cover.costs, price
        )

    def improve(self, steps: int) -> None:
        """Go on with the searches, each from its own cover unless another's is cheaper."""
        cover = self.cover
        self.draws += 1

        def search(number: int) -> np.ndarray:
            drawn = np.random.default_rng([self.seed, self.draws, number])
            here = self.at[number]
            _, inside = kernels.reweigh(
                cover.row_ptr,
                cover.row_sites,
                self.site_ptr,
                self.site_rows,
                cover.costs,
                self.inside if cover.costs[here].sum() > self.value else here,
                self.row_weights[number],
                steps,
                drawn.integers(1, 2**63, 1, np.uint64),
            )
            return inside

        with ThreadPoolExecutor(_SEARCHES) as pool:
            self.at = list(pool.map(search, range(_SEARCHES)))
        for inside in self.at:
            self.take(inside)

    def take(self, inside: np.ndarray) -> None:
        """Take a cover if it is cheaper."""
        value = float(self.cover.costs[inside].sum())
        if value < self.value:
            self.inside, self.value = inside, value
            self.tell(value, self.bound)

    def raise_bound(self) -> None:
        """Raise the bound until it stands or proves the best cover."""
        cover = self.cover
        share = cover.costs / np.maximum(np.diff(self.site_ptr), 1)
        price = np.minimum.reduceat(share[cover.row_sites], cover.row_ptr[:-1])
        slope = np.full(cover.shape[0], np.nan)
        rate = 1.0
        steps = int(np.clip(_SLICE // len(cover.row_sites), 5, 300))
        for _ in range(60):
            raw, self.reduced, rate = kernels.ascend(
                self.site_ptr,
                self.site_rows,
                cover.costs,
                price,
                slope,
                self.value,
                rate,
                steps,
            )
            gained = raw - self.raw
            self.raw = raw
            self.bound = max(self.bound, self.held(raw))
            self.tell(self.value, self.bound)
            self.take(self.greedy(price))
            if self.done or gained < 2e-3 * (self.value - self.bound):
                return

    def settle_prices(self) -> None:
        """Raise the bound to that of the linear relaxation, which ascent may stay 1 % below.

        The dual program, max Σᵢ uᵢ with Σᵢ aᵢⱼ uᵢ ≤ cⱼ, is solved for its prices alone; what they
        prove is counted anew.
        """
        rows, sites = self.cover.shape
        if len(self.cover.row_sites) > _LP_ENTRIES:
            return
        dual = Program(
            cost=np.full(rows, -1.0),
            rows=csr_array(self.cover.matrix().T),
            row_lower=np.full(sites, -np.inf),
            row_upper=self.cover.costs,
            lower=np.zeros(rows),
            upper=np.full(rows, np.inf),
            integral=np.zeros(rows, bool),
        )
        found = solve(
            dual, time_limit_s=self.watch.left, method="ipm", stopped=lambda: self.watch.up
        )
        if found.x is not None:
            self.take_prices(np.maximum(found.x, 0.0))

    def take_prices(self, price: np.ndarray) -> None:
        """Take what prices prove, if it is more."""
        reduced = self.cover.costs - np.bincount(
            self.cover.row_sites, np.repeat(price, np.diff(self.cover.row_ptr)), self.cover.shape[1]
        )
        raw = float(price.sum() + np.minimum(reduced, 0.0).sum())
        if raw > self.raw:
            self.raw, self.reduced = raw, reduced
            self.bound = max(self.bound, self.held(raw))
            self.tell(self.value, self.bound)

    def held(self, bound: float) -> float:
        """Return a bound that rounding cannot make too high, and whole where costs are."""
        bound -= _ROUNDING * max(abs(bound), 1.0)
        return min(float(np.ceil(bound - 1e-6)) if self.whole else bound, self.value)

    def finish(self) -> None:
        """Fix what reduced costs decide and give the rest to HiGHS, where it is small enough."""
        most = self.value - (1 - 1e-6 if self.whole else 0.0)
        margin = _ROUNDING * max(abs(self.raw), 1.0)
        closed = (self.reduced > 0) & (self.raw + self.reduced - margin > most)
        opened = (self.reduced < 0) & (self.raw - self.reduced - margin > most)
        left, group = self.cover.without(closed, opened)
        if (group == UNREACHED).any():  # no cheaper cover without the closed sites
            self.bound = self.value
            return
        left = without_dominated(left)
        far = relative_gap(self.value, self.bound) > _MILP_GAP
        if far and len(left.row_sites) > _MILP_ENTRIES:
            return
        settled = float(self.cover.costs[opened].sum())
        number = np.searchsorted(self.cover.sites, left.sites)
        start = self.inside[number].astype(float)
        kept = (left.matrix() @ start >= 1).all()
        found = solve(
            program_of(left),
            time_limit_s=self.watch.left,
            gap=self.gap,
            seed=self.seed,
            start=start if kept else None,
            stopped=lambda: self.watch.up,
            report=lambda value, bound: self.tell(
                min(settled + value, self.value), max(settled + bound, self.bound)
            ),
        )
        self.bound = max(self.bound, self.held(settled + found.bound))
        if found.x is not None:
            inside = opened.copy()
            inside[number[found.x > 0.5]] = True
            self.take(inside)
        if (found.status == "optimal" and self.gap == 0) or found.status == "infeasible":
            self.bound = self.value


def program_of(cover: Cover) -> Program:
    """Return the LSCP as a program over the sites: Σⱼ aᵢⱼ xⱼ ≥ 1 for each row."""
    demands, sites = cover.shape
    return Program(
        cost=cover.costs,
        rows=cover.matrix(),
        row_lower=np.ones(demands),
        row_upper=np.full(demands, np.inf),
        lower=np.zeros(sites),
        upper=np.ones(sites),
        integral=np.ones(sites, bool),
    )
