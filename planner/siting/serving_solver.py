"""Service problems solved: search, Lagrangian bound, what is ruled out, HiGHS on what is left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from planner.siting import serving_bound as bounds
from planner.siting import serving_search as search
from planner.siting.result import TIME_UP, SitingResult
from planner.siting.serving import BySite, ServiceProblem, cost_of, first_prices, nearest
from planner.siting.serving_start import likely, mended
from planner.siting.serving_tree import grow, knapsacks
from planner.siting.watch import Watch, attended, relative_gap
from planner.solver import Solution

_BATCH, _BATCHES, _ROUNDS = 25, 100, 6
_PATIENCE = 40
_LEAST_STEP = 2e-3
_LP_TRIES = 12
_WORK = 1.5e7
_CHUNK = 10
_TOLLS = 14


@dataclass(frozen=True, eq=False)
class Answer:
    """Open sites (mask over the usable ones), the share each pair serves, and what it costs."""

    opened: np.ndarray
    shares: np.ndarray
    objective: float


def _branches(problem: ServiceProblem) -> bool:
    """Whether knapsacks of whole demand bound the problem far better than its program does.

    With a budget or rules, which the knapsacks do not know, the program is better again; and with
    charges, for then most of the gap lies in which sites open.
    """
    plain = problem.choice.only_number and not problem.opening.any()
    return plain and knapsacks(problem)[2] == bounds.WHOLE


class ServiceSearch:
    """The state of one search: best answer, bound, what is known of sites and pairs."""

    def __init__(self, problem: ServiceProblem, watch: Watch, gap: float, seed: int) -> None:
        self.problem, self.watch, self.gap, self.seed = problem, watch, gap, seed
        self.best: Answer | None = None
        # Each demand at its nearest site, in any of a row's pairs.
        nearest_costs = np.minimum.reduceat(problem.cost, problem.starts[:-1])
        self.bound = float(nearest_costs.sum()) * (1 - 1e-12)
        self.proven = False
        self.known = np.zeros(len(problem.usable), np.int64)
        self.known[problem.already] = bounds.OPEN
        self.kept = np.ones(len(problem.sites), bool)
        self.far = float(problem.cost.max(initial=0.0) + problem.opening.max(initial=0.0) + 1.0)
        sizes = problem.size[problem.size > 0]
        self.penalty = 2 * self.far / sizes.min() if len(sizes) else 1.0
        self.movable = ~problem.already
        p = problem.choice.p
        self.most = int(self.movable.sum()) if p is None else min(p, int(self.movable.sum()))
        self.tried: set[bytes] = set()
        self.price: np.ndarray | None = None
        self.toll = 0.0
        self.charges = problem.choice.costs[problem.usable] * self.movable

    @property
    def cutoff(self) -> float:
        """An answer that costs more is not better than the best known."""
        if self.best is None:
            return np.inf
        value = self.best.objective
        if self.problem.whole_objective:
            return value - 1 + 1e-6
        return value + 1e-9 * max(1.0, abs(value))

    @property
    def opening(self) -> np.ndarray:
        """What each site costs to open in the relaxation: its part of the objective, and a toll.

        The budget is relaxed at a price, the toll: each new site pays toll times its cost, and the
        whole gets back ``refund`` (Narula, Ogbu and Samuelsson's way with p, applied to a budget).
        """
        return self.problem.opening + self.toll * self.charges

    @property
    def refund(self) -> float:
        """Toll times the budget."""
        return self.toll * (self.problem.choice.budget or 0.0)

    @property
    def done(self) -> bool:
        """Whether the answer is proven, good enough, or the time is up."""
        if self.best is not None and (self.proven or self.bound > self.cutoff):
            self.proven = True
            return True
        objective = np.inf if self.best is None else self.best.objective
        close = self.gap > 0 and relative_gap(objective, self.bound) <= self.gap
        return close or self.watch.up

    def run(self) -> None:
        """Search until the answer is proven or the time is up; Ctrl-C ends it early."""
        try:
            if len(self.problem.size):
                self._search()
                if self.best is not None and not self.done:
                    self._bound()
            if not self.done and self.price is not None and _branches(self.problem):
                grow(self)
            if not self.done:
                self._finish()
        except KeyboardInterrupt:
            pass

    def offer(self, opened: np.ndarray, assigned: np.ndarray, over: float) -> None:
        """Take an assignment as an answer if it keeps every limit and is better."""
        problem = self.problem
        opened = opened | self.problem.already
        if over <= 0 and (assigned >= 0).all():
            load = np.bincount(assigned, problem.size, minlength=len(problem.usable))
            if not problem.broken(opened, load):
                self.keep(opened, (problem.sites == assigned[problem.rows]).astype(float))
        if problem.split:
            self._offer_split(opened)

    def _offer_split(self, opened: np.ndarray) -> None:
        """Serve from these sites at the least cost (a transport problem), if that is possible."""
        key = np.packbits(opened).tobytes()
        if key in self.tried or self.problem.choice.broken(self.problem.usable[opened]):
            return
        self.tried.add(key)
        program = self.problem.program(opened[self.problem.sites])
        sites = len(opened)
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[:sites] = upper[:sites] = opened
        fixed = replace(
            program, lower=lower, upper=upper, integral=np.zeros(len(program.cost), bool)
        )
        found = self.watch.solve(fixed, seed=self.seed)
        if found.status == "optimal" and found.x is not None:
            shares = np.zeros(len(self.problem.sites))
            shares[opened[self.problem.sites]] = found.x[sites:]
            self.keep(opened, shares)

    def keep(self, opened: np.ndarray, shares: np.ndarray) -> None:
        """Keep an answer if it is better than the best so far."""
        objective = cost_of(self.problem, opened, shares)
        if self.best is None or objective < self.best.objective:
            self.best = Answer(opened.copy(), shares, objective)
            self.watch.tell(objective, self.bound)

    def raise_bound(self, bound: float) -> None:
        """Take a bound if it is better, and say so."""
        assert self.best is not None
        bound = min(bound, self.best.objective)
        if bound > self.bound:
            self.bound = bound
            self.watch.tell(self.best.objective, bound)

    def _search(self) -> None:
        problem = self.problem
        opened = problem.already.copy()
        if not problem.choice.only_number:
            self._try_admitted()
        for j in self._likely():
            if opened[self.movable].sum() < self.most:
                opened[j] = True
        if problem.capacitated:
            # Each round takes time that grows with the square of the demand.
            most = 60 if problem.split else 1500
            self.explore(opened, rounds=int(np.clip(_WORK / len(problem.size) ** 2, 20, most)))
        else:
            self._exchange(opened)

    def _try_admitted(self) -> None:
        """Offer some sites that keep the rules: an answer to begin with, if they can serve all."""
        problem = self.problem
        opened = mended(problem, problem.already, self._likely())
        assigned = nearest(problem, opened)
        load = np.bincount(assigned[assigned >= 0], problem.size[assigned >= 0], len(opened))
        self.offer(opened, assigned, float(np.maximum(load - problem.room, 0.0).sum()))

    def _likely(self) -> np.ndarray:
        return likely(self.problem, self.kept, self.most, self.far)

    def explore(self, opened: np.ndarray, rounds: int) -> None:
        """Search from some open sites, in so many rounds, and offer what is found."""
        problem = self.problem
        opened = opened | problem.already  # the bound may have met no choice yet
        luck = np.random.default_rng(self.seed).random((rounds, 6))
        for first in range(0, rounds, _CHUNK):
            found, assigned, _, over = search.explore(
                problem.starts, problem.sites, problem.cost, problem.size, problem.room,
                problem.opening, self.movable, opened, self.most, self.far, self.penalty,
                luck[first : first + _CHUNK],
            )  # fmt: skip
            self.offer(found, assigned, over)
            opened = found
            if self.watch.up:
                return

    def _exchange(self, opened: np.ndarray) -> None:
        problem = self.problem
        opened = opened | problem.already
        by_site = BySite.of(problem, np.ones(len(problem.sites), bool))
        value = search.exchange_sites(
            problem.starts, problem.sites, problem.cost, by_site.starts, by_site.rows,
            by_site.cost, self.opening, self.movable, opened, self.most,
        )  # fmt: skip
        if np.isfinite(value):
            if problem.choice.broken(problem.usable[opened]):
                opened = mended(problem, opened, self._likely())
            self.offer(opened, nearest(problem, opened), 0.0)

    def _bound(self) -> None:
        """Raise the bound and rule out sites and pairs, on fewer and fewer of them."""
        problem, answer = self.problem, self.best
        assert answer is not None
        size, room, mode, width = knapsacks(problem)
        price = first_prices(problem, answer.opened)
        if problem.choice.budget is not None:
            self._find_toll(price, least_sites=problem.least_sites())
        new = self.movable.astype(np.int64)
        least = problem.least_sites()
        for turn in range(_ROUNDS):
            by_site = BySite.of(problem, self.kept)
            before = self.kept.sum()
            best_price, state = price.copy(), np.array([-np.inf, 1.0 if turn == 0 else 0.5, 0.0])
            mean = np.zeros(len(by_site.rows))
            for batch in range(_BATCHES):
                assert self.best is not None
                chosen = bounds.ascend(
                    by_site.starts, by_site.rows, by_site.cost, size, room, mode,
                    self.opening, self.known, new, self.most, least, price, best_price,
                    mean, state, self.best.objective + self.refund, _BATCH, _PATIENCE, width,
                )  # fmt: skip
                self.raise_bound(float(state[0]) - self.refund)
                if self.done:
                    return
                if turn == 0 or batch % 10 == 0:
                    self._from_bound(chosen, batch)
                if state[1] < _LEAST_STEP or self.done:
                    break
            kept = np.ones(len(by_site.rows), bool)
            bounds.rule_out(
                by_site.starts, by_site.rows, by_site.cost, size, room, mode, self.opening,
                self.known, new, self.most, least, best_price, self.cutoff + self.refund,
                not problem.split, width, kept,
            )  # fmt: skip
            kept &= self.known[problem.sites[by_site.pair]] != bounds.CLOSED
            self.kept[by_site.pair[~kept]] = False
            self.price = price = best_price
            if self.done or self.kept.sum() > 0.97 * before:
                return

    def _find_toll(self, price: np.ndarray, least_sites: int) -> None:
        """Choose the toll with which the relaxation spends about the budget."""
        problem, budget = self.problem, self.problem.choice.budget
        assert self.best is not None
        assert budget is not None
        size, room, mode, width = knapsacks(problem)
        by_site = BySite.of(problem, self.kept)
        new = self.movable.astype(np.int64)
        low, high, best = 0.0, np.inf, (-np.inf, 0.0)
        toll = max(self.best.objective - self.bound, 0.0) / max(budget, 1e-9)
        for _ in range(_TOLLS):
            if self.watch.up:
                break
            self.toll = toll
            state, mean = np.array([-np.inf, 1.0, 0.0]), np.zeros(len(by_site.rows))
            chosen = bounds.ascend(
                by_site.starts, by_site.rows, by_site.cost, size, room, mode, self.opening,
                self.known, new, self.most, least_sites, price.copy(), price, mean, state,
                self.best.objective + self.refund, 2 * _BATCH, _PATIENCE, width,
            )  # fmt: skip
            bound = float(state[0]) - self.refund
            best = max(best, (bound, toll))
            self.raise_bound(bound)
            self._from_bound(chosen, 0)
            if self.charges[chosen].sum() > budget:
                low = toll
            else:
                high = toll
            toll = 2 * toll if np.isinf(high) else (low + high) / 2
        self.toll = best[1]

    def _from_bound(self, chosen: np.ndarray, batch: int) -> None:
        """Make an answer of the sites that the bound chose."""
        problem = self.problem
        if not problem.capacitated:
            self._exchange(chosen)
        elif not problem.split:
            self.explore(chosen, rounds=int(np.clip(_WORK / len(problem.size) ** 2, 1, 20)))
        elif batch % 4 == 0 and len(self.tried) < _LP_TRIES:
            self._offer_split(chosen)

    def decide(self, left: np.ndarray, known: np.ndarray, gap: float) -> Solution:
        """Let HiGHS look for a better answer with some of the pairs and sites; keep it."""
        problem = self.problem
        program = problem.program(left, known, self.cutoff)
        found = self.watch.solve(program, gap=gap, seed=self.seed, tell=self._told)
        if found.x is not None:
            sites = len(problem.usable)
            opened = found.x[:sites] > 0.5
            shares = np.zeros(len(problem.sites))
            shares[left] = np.clip(found.x[sites:], 0.0, 1.0)
            if not program.integral[sites:].any() and not problem.split:
                assigned = nearest(problem, opened)
                shares = (problem.sites == assigned[problem.rows]).astype(float)
            self.keep(opened, shares)
        return found

    def _told(self, value: float, bound: float) -> None:
        """Tell of an answer that HiGHS found; its bound is that of the part that it was given."""
        if self.best is None or value < self.best.objective:
            self.watch.tell(value, self.bound)

    def _finish(self) -> None:
        """Let HiGHS decide what is left."""
        best = self.best
        found = self.decide(self.kept, self.known, self.gap)
        if found.status == "infeasible":
            self.proven = True
            return
        self.bound = max(self.bound, found.bound)
        if found.status == "optimal" and self.gap == 0:
            self.proven = True
        elif self.best is not None:
            self.bound = min(self.bound, self.best.objective)
        if self.best is not None and self.best is not best:
            self.watch.tell(self.best.objective, self.bound)


def solve_service(
    problem: ServiceProblem, model: str, watch: Watch, gap: float, seed: int
) -> SitingResult:
    """Return the best answer to a service problem, with its bound."""
    obstacle = problem.obstacle()
    if not obstacle:
        found = ServiceSearch(problem, watch, gap, seed)
        attended(found.run, watch)
        if found.best is None and not found.proven:
            raise watch.nothing_found()
    if obstacle or found.best is None:
        return SitingResult.impossible(
            model,
            obstacle
            or "no set of sites keeps all limits; explain_infeasible says what stands in the way",
            choice=problem.choice,
            demand_ids=problem.demand_ids,
            weights=problem.weights,
            seconds=watch.seconds,
        )
    best = found.best
    bound = best.objective if found.proven else min(found.bound, best.objective)
    shares = best.shares
    serving = np.zeros(len(problem.size), np.int64)
    order = np.lexsort((problem.sites, -shares, problem.rows))
    serving[:] = order[problem.starts[:-1]]
    costs = np.add.reduceat(shares * problem.unit_cost, problem.starts[:-1])
    return SitingResult(
        model=model,
        status="optimal" if found.proven else "feasible",
        site_positions=problem.usable[best.opened],
        assigned=problem.usable[problem.sites[serving]],
        objective=best.objective,
        bound=bound,
        seconds=watch.seconds,
        message="" if found.proven else TIME_UP,
        weights=problem.weights,
        fixed=problem.choice.fixed,
        demand_ids=problem.demand_ids,
        site_ids=problem.choice.site_ids,
        costs=costs,
        shares=_share_matrix(problem, shares) if problem.split else None,
        capacity=_capacity(problem) if problem.capacitated else None,
        sizes=problem.size,
    )


def _share_matrix(problem: ServiceProblem, shares: np.ndarray) -> csr_array:
    some = shares > 1e-12
    shape = (len(problem.size), len(problem.choice.site_ids))
    cells = (problem.rows[some], problem.usable[problem.sites[some]])
    return csr_array((shares[some], cells), shape=shape)


def _capacity(problem: ServiceProblem) -> np.ndarray:
    capacity = np.full(len(problem.choice.site_ids), np.inf)
    capacity[problem.usable] = problem.room
    return capacity
